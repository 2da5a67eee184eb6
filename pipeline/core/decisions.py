"""decisions.yaml: what people decided about a case, and who signed. All that we write in a case.

Everything but `sign-offs` and `history` is decided and not signed yet, or (words, boxes) takes effect in the
clean copies. Written whole, aside, then renamed; nobody's decision is lost when two pages are open.
"""

from __future__ import annotations

import contextlib
import copy
import datetime as dt
import fcntl
import hashlib
import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any

import yaml

from pipeline.core import decidedrows, files, findings, yamltext
from pipeline.core.decidedrows import KEYS, LISTS
from pipeline.core.errors import InputError, NotReady, OutputError
from pipeline.core.model import CleanPanel, Path_, Place

NAME = "decisions.yaml"
PART = ".decisions.yaml.part"
HEADER = """\
# What people decided about this case on the review page (casereport review). Written by that page.
# pictures:  decided, not signed yet; each decision is about the picture with exactly these pixels
# series:    whole DICOM series that were looked through
# boxes:     places in a picture to cover, show, crop to, or leave as they are, in pixels of the original
# words:     kept, or replaced by other words; each decision is about these words in exactly this sentence
# answers:   sentences confirmed; marks: what a person sees in the boxes of the consent form
# sign-offs: who vouched for which copies, oldest first; only one whose `clean` is the present digest counts
# history:   the last changes, so that they can be taken back one by one
# The page writes this file anew at every click: comments and lines of your own are not kept in it.
"""
REMEMBERED = 60  # changes that can be taken back
IN_COPIES = ("cover", "show", "crop")  # what is done to the copies; "leave" is only remembered

Row = dict[str, Any]
Data = dict[str, list[Row]]


class _Dumper(getattr(yaml, "CSafeDumper", yaml.SafeDumper)):  # type: ignore[misc]
    """Writes a row that stands in two lists twice: the reader allows no aliases."""

    def ignore_aliases(self, data: Any) -> bool:  # noqa: ARG002 - PyYAML's signature
        return True


@dataclass(frozen=True, slots=True)
class Change:
    """One row that takes the place of another: `was` and `now` may be empty."""

    part: str  # "pictures", "words" …
    was: Row | None
    now: Row | None


@dataclass(frozen=True, slots=True)
class Book:
    """The file as it was read. `revision` changes with every byte of it."""

    rows: Data = field(default_factory=lambda: {part: [] for part in LISTS})
    places: dict[Path_, Place] = field(default_factory=lambda: {(): (NAME, 1)})
    revision: str = ""

    @property
    def pictures(self) -> list[Row]:
        """Pictures decided, not signed yet."""
        return self.rows["pictures"]

    @property
    def words(self) -> list[Row]:
        """What was decided about words: core/decided.py."""
        return self.rows["words"]

    @property
    def boxes(self) -> list[Row]:
        """What was decided about places in pictures: core/retouch.py."""
        return self.rows["boxes"]

    @property
    def signoffs(self) -> list[Row]:
        """Every sign-off, oldest first."""
        return self.rows["sign-offs"]

    def where(self, *path: str | int) -> Place:
        """File and line of a part of the file."""
        return self.places.get(path, (NAME, 1))

    def find(self, part: str, **keys: str) -> Row | None:
        """The row of a list with these values, or None."""
        return next((row for row in self.rows[part] if keys.items() <= row.items()), None)


def stop(code: str, place: Place = (NAME, 0), **words: Any) -> NotReady:
    """The error for a finding of this room."""
    return findings.stop(NotReady, code, place, **words)


def read(folder: Path) -> Book:
    """What decisions.yaml of a case says; an absent file says nothing. Shared: do not change what it returns.

    Raises InputError for a link or YAML that cannot be read, NotReady (REV006) for a row or a key that the
    page does not write.
    """
    try:
        content = _content(folder / NAME)
    except FileNotFoundError:
        return Book()
    return _parsed(content)


@lru_cache(maxsize=4)
def _parsed(content: bytes) -> Book:
    found, places = yamltext.load(content, NAME)
    for path, what in decidedrows.wrong(found):
        raise stop("REV006", places.get(path, (NAME, 1)), field=what)
    rows: Data = {part: found.get(part) or [] for part in LISTS}
    return Book(rows, places, hashlib.sha256(content).hexdigest())


def in_copies(book: Book) -> dict[str, list[Row]]:
    """The decisions that take effect in the clean copies, without who decided and when."""
    told = ("id", "found", "decision", "with", "everywhere")
    words = [{key: row.get(key) for key in told} for row in book.words]
    return {"words": words, "boxes": [row for row in book.boxes if row.get("do") in IN_COPIES]}


def change(folder: Path, edit: Callable[[Data], None], seen: str | None = None) -> str:
    """Apply `edit` to the file under a lock and return its new revision.

    `seen` is the revision the change was decided upon; NotReady (REV008) if the file is another one by now.
    Raises OutputError when the disk refuses or the file has grown beyond what can be read back.
    """
    with _locked(folder):
        book = read(folder)
        if seen is not None and seen != book.revision:
            raise stop("REV008")
        data = copy.deepcopy(book.rows)
        edit(data)
        kept = {part: rows for part, rows in data.items() if rows}
        text = yaml.dump(kept, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=100)
        content = (HEADER + text).encode()
        if len(content) > yamltext.MAX_BYTES:
            fix = "move decisions.yaml out of the case (it is yours to keep) and sign again"
            raise OutputError("the history of decisions is larger than 1 MB", where=NAME, fix=fix)
        if content != _read_before(folder):
            _parsed(content)  # what cannot be read back is not written
            _replace(folder, content)
        return hashlib.sha256(content).hexdigest()


def put(folder: Path, what: str, changes: Sequence[tuple[str, Row, bool]]) -> str:
    """Write rows, each in the place of the one about the same, and remember the change under `what`.

    `changes`: list, row, and whether the row stays (False takes it away). Returns the new revision. Raises as
    `change`.
    """

    def edit(data: Data) -> None:
        done = []
        for part, row, stays in changes:
            same = [old for old in data[part] if all(str(old.get(k)) == str(row.get(k)) for k in KEYS[part])]
            was, now = (same[0] if same else None), (row if stays else None)
            if was == now:
                continue
            _exchange(data[part], was, now)
            done.append({"list": part} | ({"was": was} if was else {}) | ({"now": now} if now else {}))
        if done:
            at = dt.datetime.now().astimezone().isoformat(" ", "seconds")
            data["history"] = [*data["history"], {"at": at, "what": what, "changes": done}][-REMEMBERED:]

    return change(folder, edit)


def undo(folder: Path) -> tuple[str, list[Change]]:
    """Take the last change back. Returns the new revision and what was taken back (nothing: nothing left).

    Raises as `change`.
    """
    undone: list[Change] = []

    def edit(data: Data) -> None:
        if not data["history"]:
            return
        last = data["history"].pop()
        for row in reversed(last["changes"]):
            _exchange(data[row["list"]], row.get("now"), row.get("was"))
            undone.append(Change(row["list"], row.get("now"), row.get("was")))

    return change(folder, edit), undone


def about(panel: CleanPanel, decision: str, reason: str = "", recognisable: str = "") -> Row:
    """One decision about one picture, as it is written."""
    row = {"figure": panel.figure, "panel": panel.letter, "decision": decision, "pixels": panel.pixels}
    more = {"reason": reason, "recognisable": recognisable}
    return row | {key: value for key, value in more.items() if value}


def _exchange(rows: list[Row], was: Row | None, now: Row | None) -> None:
    """`now` in the place of `was`, which another page may have changed in the meantime: then beside it."""
    at = rows.index(was) if was in rows else None
    rows[at if at is not None else len(rows) : at + 1 if at is not None else len(rows)] = [now] if now else []


def _content(path: Path) -> bytes:
    if problem := files.unsafe(path):
        raise InputError(f"not opened: it is {problem}", code="FILE001", where=NAME)
    fd = os.open(path, os.O_RDONLY | os.O_NOFOLLOW)
    with os.fdopen(fd, "rb") as f:
        return f.read(yamltext.MAX_BYTES + 1)


def _read_before(folder: Path) -> bytes | None:
    try:
        return _content(folder / NAME)
    except FileNotFoundError:
        return None


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
