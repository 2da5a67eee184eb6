"""decisions.yaml: what people decided about pictures and words, and who signed. All that we write in a case.

`pictures` holds decisions not signed yet, each bound to the pixels it is about; `sign-offs` is the history,
oldest first. Written whole, aside, then renamed; nobody's decision is lost when two pages are open.
"""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from pipeline.core import files, findings, yamltext
from pipeline.core.errors import InputError, NotReady, OutputError
from pipeline.core.model import CleanPanel, Path_, Place

NAME = "decisions.yaml"
PART = ".decisions.yaml.part"
HEADER = """\
# What people decided about this case on the review page (casereport review). Written by that page.
# pictures:  decided, not signed yet; each decision is about the picture with exactly these pixels
# words:     kept, or replaced by other words; each decision is about these words in exactly this sentence
# sign-offs: who vouched for which copies, oldest first; only one whose `clean` is the present digest counts
"""

Data = dict[str, list[dict[str, Any]]]


@dataclass(frozen=True, slots=True)
class Book:
    """The file as it was read. `revision` changes with every byte of it."""

    pictures: list[dict[str, Any]]
    words: list[dict[str, Any]]  # core/decided.py
    signoffs: list[dict[str, Any]]
    places: dict[Path_, Place]
    revision: str

    def where(self, *path: str | int) -> Place:
        """File and line of a part of the file."""
        return self.places.get(path, (NAME, 1))


def stop(code: str, place: Place = (NAME, 0), **words: Any) -> NotReady:
    """The error for a finding of this room."""
    return findings.stop(NotReady, code, place, **words)


def read(folder: Path) -> Book:
    """What decisions.yaml of a case says; an absent file says nothing.

    Raises InputError for a link or YAML that cannot be read, NotReady (REV006) for one of another shape.
    """
    path = folder / NAME
    try:
        content = _content(path)
    except FileNotFoundError:
        return Book([], [], [], {(): (NAME, 1)}, "")
    found, places = yamltext.load(content, NAME)
    book = Book(
        _rows(found, "pictures", places),
        _rows(found, "words", places),
        _rows(found, "sign-offs", places),
        places,
        hashlib.sha256(content).hexdigest(),
    )
    for number, entry in enumerate(book.signoffs):
        for field, kind in (("pictures", list), ("answers", dict), ("boxes", list)):
            if not isinstance(entry.get(field, kind()), kind):
                raise stop("REV006", book.where("sign-offs", number, field), field=field)
        for field in ("pictures", "boxes"):
            if not all(isinstance(row, dict) for row in entry.get(field, [])):
                raise stop("REV006", book.where("sign-offs", number, field), field=field)
    return book


def change(folder: Path, edit: Callable[[Data], None], seen: str | None = None) -> str:
    """Apply `edit` to the file under a lock and return its new revision.

    `seen` is the revision the change was decided upon; NotReady (REV008) if the file is another one by now.
    Raises OutputError when the disk refuses or the file has grown beyond what can be read back.
    """
    with _locked(folder):
        book = read(folder)
        if seen is not None and seen != book.revision:
            raise stop("REV008")
        data: Data = {"pictures": book.pictures, "words": book.words, "sign-offs": book.signoffs}
        edit(data)
        content = (HEADER + yaml.safe_dump(data, sort_keys=False, allow_unicode=True, width=100)).encode()
        if len(content) > yamltext.MAX_BYTES:
            fix = "move decisions.yaml out of the case (it is yours to keep) and sign again"
            raise OutputError("the history of decisions is larger than 1 MB", where=NAME, fix=fix)
        yamltext.load(content, NAME)
        _replace(folder, content)
        return hashlib.sha256(content).hexdigest()


def about(panel: CleanPanel, decision: str, reason: str = "") -> dict[str, Any]:
    """One decision about one picture, as it is written."""
    row = {"figure": panel.figure, "panel": panel.letter, "decision": decision, "pixels": panel.pixels}
    return {**row, "reason": reason} if reason else row


def _rows(found: dict[str, Any], field: str, places: dict[Path_, Place]) -> list[dict[str, Any]]:
    rows = found.get(field) or []
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise stop("REV006", places.get((field,), (NAME, 1)), field=field)
    return rows


def _content(path: Path) -> bytes:
    if problem := files.unsafe(path):
        raise InputError(f"not opened: it is {problem}", code="FILE001", where=NAME)
    fd = os.open(path, os.O_RDONLY | os.O_NOFOLLOW)
    with os.fdopen(fd, "rb") as f:
        return f.read(yamltext.MAX_BYTES + 1)


@contextlib.contextmanager
def _locked(folder: Path) -> Iterator[None]:
    """One writer at a time. The lock is on the folder itself: nothing may be left behind in a case."""
    fd = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        fcntl.flock(fd, fcntl.LOCK_EX)
        yield
    finally:
        os.close(fd)


def _replace(folder: Path, content: bytes) -> None:
    part = folder / PART
    try:
        part.unlink(missing_ok=True)  # left by a run that was killed; we hold the lock
        fd = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o666)
        with os.fdopen(fd, "wb") as f:
            f.write(content)
            f.flush()
            os.fsync(f.fileno())
        part.replace(folder / NAME)
        folder_fd = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(folder_fd)
        finally:
            os.close(folder_fd)
    except OSError as e:
        with contextlib.suppress(OSError):
            part.unlink(missing_ok=True)
        raise OutputError(
            f"cannot write ({e.strerror})", where=NAME, fix="check space and permissions of the case folder"
        ) from e
