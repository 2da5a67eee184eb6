"""Every way to stop, with its exit code. One class per cause; nothing prints here."""

from __future__ import annotations

from enum import IntEnum
from pathlib import Path

MAKE_ROOM = "free some space or check permissions, then run again"


class Exit(IntEnum):
    """Exit codes of the command. Stable: scripts and Makefiles may rely on them."""

    OK = 0
    NOT_READY = 1  # the case has findings a person must fix
    USAGE = 2  # the command line is wrong
    CONSENT = 3  # no valid consent for this use
    PRIVACY = 4  # identity was found where it must not be
    INPUT = 5  # a file is damaged, unsafe or too big
    OUTPUT = 6  # cannot write: full, read-only, locked
    TOOL = 7  # pandoc, typst or a font is missing or failed
    BUG = 70  # our fault
    INTERRUPTED = 130  # Ctrl-C, or asked to end


class PipelineError(Exception):
    """A stop. Says what, where, why and what to do next; never quotes file content.

    `code` is the finding it stands for (see `casereport explain`), `where` is relative to the case.
    """

    exit = Exit.BUG

    def __init__(
        self, what: str, *, code: str = "", where: Path | str | None = None, why: str = "", fix: str = ""
    ) -> None:
        super().__init__(what)
        self.what, self.code, self.where, self.why, self.fix = what, code, where, why, fix

    def __str__(self) -> str:
        head = " ".join(
            part for part in (f"{self.where}:" if self.where else "", self.code, self.what) if part
        )
        return "".join(
            (head, f"\n   why: {self.why}" if self.why else "", f"\n  next: {self.fix}" if self.fix else "")
        )


class NotReady(PipelineError):  # noqa: N818 - a state of the case, not a fault
    """The case has findings a person must fix."""

    exit = Exit.NOT_READY


class UsageError(PipelineError):
    """The command was asked for something that does not exist or must not be done."""

    exit = Exit.USAGE


class ConsentError(PipelineError):
    """No valid consent covers what would be published."""

    exit = Exit.CONSENT


class PrivacyError(PipelineError):
    """Identity was found where it must not be."""

    exit = Exit.PRIVACY


class InputError(PipelineError):
    """A file is damaged, unsafe or too big."""

    exit = Exit.INPUT


class OutputError(PipelineError):
    """Results cannot be written: disk full, read-only, or another run holds the case."""

    exit = Exit.OUTPUT


class ToolError(PipelineError):
    """A program we depend on (pandoc, typst) is missing or failed."""

    exit = Exit.TOOL
