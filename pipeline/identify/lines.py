"""Texts in, proposals out: a JSON object a line, or one text file as a table for a person.

JSON Lines (jsonlines.org): UTF-8, one value a line. Nothing of a text is repeated in what is written about it
except where it stands, so that the answer identifies nobody.
"""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

from pipeline.core.errors import MAKE_ROOM, InputError, OutputError, UsageError
from pipeline.core.proposal import Proposal
from pipeline.identify.engine import find

STREAM = Path("-")
MAX_LINE = 8 << 20  # bytes of one line, and of one text file
SHOWN = 10  # lines with mistakes that are named
UTF8_SIGN = b"\xef\xbb\xbf"
SHAPE = '{"id": …, "text": "…"}'


@dataclass(frozen=True, slots=True)
class Counts:
    """What was read and written."""

    texts: int
    proposals: int
    remove: int
    repeated: int = 0  # ids that came more than once

    @property
    def ask(self) -> int:
        """Proposals that a person must decide about."""
        return self.proposals - self.remove


def convert(source: Path, target: Path, region: str) -> Counts:
    """Read `{"id","text"}` lines from `source`, write a line for each proposal to `target`; "-" is a stream.

    `target` is written whole or not at all. Raises InputError with line numbers when a line is not of that shape,
    UsageError when both are one file, OutputError when the disk refuses.
    """
    if (
        source != STREAM
        and target != STREAM
        and source.exists()
        and target.exists()
        and source.samefile(target)
    ):
        raise UsageError(
            "IN and OUT are the same file", where=target.name, fix="name another file for the answer"
        )
    with _opened(source) as lines, _whole(target) as out:
        return _each(lines, out, region, "standard input" if source == STREAM else source.name)


def read_text(path: Path) -> str:
    """A text or Markdown file as text. Raises InputError when it is none, or too long."""
    with _opened(path) as file:
        raw = file.read(MAX_LINE + 1)
    name = "standard input" if path == STREAM else path.name
    if len(raw) > MAX_LINE:
        raise InputError(f"longer than {MAX_LINE >> 20} MB", where=name, fix="divide it into several files")
    try:
        return raw.removeprefix(UTF8_SIGN).decode("utf-8")
    except UnicodeDecodeError:
        raise InputError("is not UTF-8 text", where=name, fix="save it as plain text (UTF-8)") from None


def row(name: Any, hit: Proposal) -> dict[str, Any]:
    """One proposal as it is written for programs."""
    return {"id": name, "start": hit.start, "end": hit.end, "label": hit.label} | {
        "replacement": hit.replacement,
        "action": hit.action,
    }


def table(text: str, found: list[Proposal]) -> str:
    """The proposals for a person: line, words, what they may be, what could stand there, what to do."""
    rows = [("line", "words", "may be", "could become", "action")]
    for hit in found:
        words = " ".join(text[hit.start : hit.end].split())
        line = str(text.count("\n", 0, hit.start) + 1)
        rows.append((line, words, hit.label, hit.replacement or "-", hit.action))
    widths = [min(40, max(len(r[i]) for r in rows)) for i in range(4)]
    return "\n".join(
        "  ".join((*(cell[:w].ljust(w) for cell, w in zip(r, widths, strict=False)), r[4])) for r in rows
    )


# --- lines --------------------------------------------------------------------------------------------------


def _each(lines: BinaryIO, out: BinaryIO, region: str, where: str) -> Counts:
    bad: list[tuple[int, str]] = []
    seen: set[Any] = set()
    texts = proposals = remove = repeated = 0
    for number, raw in _lines(lines, where):
        try:
            name, text = _parsed(raw)
        except ValueError as e:
            bad.append((number, str(e)))
            continue
        texts += 1
        repeated += name in seen
        seen.add(name)
        if bad:
            continue
        for hit in find(text, region):
            out.write(json.dumps(row(name, hit), ensure_ascii=True).encode() + b"\n")
            proposals += 1
            remove += hit.action == "remove"
    if bad:
        told = "; ".join(f"line {number}: {what}" for number, what in bad[:SHOWN])
        more = f"; and {len(bad) - SHOWN} more" if len(bad) > SHOWN else ""
        raise InputError(
            f"{len(bad)} line{'s' * (len(bad) > 1)} cannot be read ({told}{more}). Nothing was written.",
            where=where,
            fix=f"each line must be {SHAPE}",
        )
    return Counts(texts, proposals, remove, repeated)


def _lines(file: BinaryIO, where: str) -> Iterator[tuple[int, bytes]]:
    """The lines that are not empty, with their numbers from 1."""
    number = 0
    while raw := file.readline(MAX_LINE + 1):
        number += 1
        if len(raw) > MAX_LINE:
            raise InputError(
                f"line {number} is longer than {MAX_LINE >> 20} MB. Nothing was written.", where=where
            )
        if number == 1:
            raw = raw.removeprefix(UTF8_SIGN)
        if raw.strip():
            yield number, raw


def _parsed(raw: bytes) -> tuple[Any, str]:
    """(id, text) of a line. Raises ValueError with the mistake in plain words, none of them from the line."""
    try:
        value = json.loads(raw.decode("utf-8"))
    except UnicodeDecodeError:
        raise ValueError("not UTF-8") from None
    except (ValueError, RecursionError):
        raise ValueError("not JSON") from None
    if not isinstance(value, dict):
        raise ValueError("not an object in braces")
    for key in ("id", "text"):
        if key not in value:
            raise ValueError(f'no "{key}"')
    name, text = value["id"], value["text"]
    if isinstance(name, bool) or not isinstance(name, str | int):
        raise ValueError('"id" is neither text nor a whole number')
    if not isinstance(text, str):
        raise ValueError('"text" is no text')
    return name, text


# --- files --------------------------------------------------------------------------------------------------


@contextlib.contextmanager
def _opened(path: Path) -> Iterator[BinaryIO]:
    if path == STREAM:
        yield sys.stdin.buffer
        return
    if path.is_dir():
        raise InputError("is a folder, not a file", where=path.name)
    if not path.exists():
        raise InputError("no such file", where=path.name)
    try:
        file = path.open("rb")
    except OSError as e:
        raise InputError(f"cannot be opened ({e.strerror})", where=path.name) from e
    with file:
        yield file


@contextlib.contextmanager
def _whole(path: Path) -> Iterator[BinaryIO]:
    """A file that takes the place of `path` only when everything went well; "-" is printed only then."""
    if path == STREAM:
        with tempfile.TemporaryFile() as part:
            yield part
            part.seek(0)
            shutil.copyfileobj(part, sys.stdout.buffer)
            sys.stdout.buffer.flush()
        return
    if path.is_dir():
        raise OutputError("is a folder, not a file", where=path.name, fix="name a file")
    if not path.parent.is_dir():
        raise OutputError("the folder does not exist", where=path.parent.name, fix="make it first")
    try:
        handle, name = tempfile.mkstemp(prefix=f".{path.name[:80]}.", suffix=".part", dir=path.parent)
    except OSError as e:
        raise OutputError(f"cannot write ({e.strerror})", where=path.name, fix=MAKE_ROOM) from e
    try:
        with os.fdopen(handle, "wb") as part:
            yield part
            part.flush()
            os.fsync(part.fileno())
        Path(name).replace(path)
    except OSError as e:
        Path(name).unlink(missing_ok=True)
        raise OutputError(f"cannot write ({e.strerror})", where=path.name, fix=MAKE_ROOM) from e
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
