"""What the user sees (stderr): our words, step names and counts; no patient text, no control characters."""

from __future__ import annotations

import contextlib
import os
import sys
import time
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

COLOURS = {"error": "31", "warning": "33", "ok": "32", "done": "32", "stopped": "31"}


def plain(text: object) -> str:
    """Text safe for a terminal: control and invisible formatting characters removed."""
    return "".join(c for c in str(text) if c == "\n" or not unicodedata.category(c).startswith("C"))


def colour(word: str, stream: object = None) -> str:
    """A status word, coloured only on a terminal that wants colour (no-color.org)."""
    stream = stream or sys.stderr
    wanted = getattr(stream, "isatty", lambda: False)() and not os.environ.get("NO_COLOR")
    return f"\x1b[{COLOURS[word]}m{word}\x1b[0m" if wanted and word in COLOURS else word


@dataclass
class Step:
    """The line of one step while it runs."""

    detail: str = ""
    status: str = "done"


class Tell:
    """The voice of a run."""

    def __init__(self, quiet: bool = False) -> None:
        self.quiet = quiet

    def say(self, text: object) -> None:
        """One line of our own words."""
        if not self.quiet:
            print(plain(text), file=sys.stderr)

    def ask(self, text: object) -> None:
        """A question: also where no progress is wanted."""
        print(plain(text), file=sys.stderr)

    def line(self, name: str, status: str, detail: str = "", seconds: float | None = None) -> None:
        """One step line: name, status, time, detail."""
        if not self.quiet:
            took = f"{seconds:6.1f} s" if seconds is not None else " " * 8
            text = f"{plain(name):.<26} {colour(status)}{' ' * (9 - len(status))} {took}  {plain(detail)}"
            print(text.rstrip(), file=sys.stderr)

    def notes(self, findings: Iterable[object]) -> None:
        """What a person should look at, under the line of the step that found it."""
        for finding in findings:
            self.say(f"    {finding}")

    def progress(self, name: str, done: int, total: int) -> None:
        """How far long work has come: on a terminal only, in one line that is written over."""
        if not self.quiet and sys.stderr.isatty() and total > 1:
            end = "\n" if done == total else "\r"
            print(f"{plain(name):.<26} {done} of {total}", end=end, file=sys.stderr, flush=True)

    @contextlib.contextmanager
    def step(self, name: str) -> Iterator[Step]:
        """Time a step and say how it ended."""
        step, began = Step(), time.monotonic()
        if not self.quiet and sys.stderr.isatty():
            print(f"{plain(name):.<26} …", end="\r", file=sys.stderr, flush=True)
        try:
            yield step
        except BaseException:
            self.line(name, "stopped", "", time.monotonic() - began)
            raise
        self.line(name, step.status, step.detail, time.monotonic() - began)
