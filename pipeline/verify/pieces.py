"""A piece of text and where it was found; how readers pass over, go deeper and say what they cannot open."""

from __future__ import annotations

import re
import string
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

MAX_DEPTH = 8
MAX_BYTES = 2 << 30  # in all members of one archive, unpacked
ASCII_RUN = re.compile(rb"[\x09\x0a\x0d\x20-\x7e]{4,}")
INDIC_RUN = re.compile(rb"(?:\xe0[\xa4-\xb7][\x80-\xbf]|[ .,:;\-]){3,}")
LATIN_RUN = re.compile(rb"[\x20-\x7e\xa0-\xff]{6,}")
WIDE_RUNS = (
    (re.compile(rb"(?:[\x09\x0a\x0d\x20-\x7e\x80-\xff]\x00|[\x00-\x7f][\x09-\x0d]){4,}"), "utf-16-le"),
    (re.compile(rb"(?:\x00[\x09\x0a\x0d\x20-\x7e\x80-\xff]|[\x09-\x0d][\x00-\x7f]){4,}"), "utf-16-be"),
)
WIDE_MARKS = re.compile(rb"[\x00\x09-\x0d](?:[\x00-\xff][\x00\x09-\x0d]){3}")  # in each of WIDE_RUNS
PLAIN = (string.ascii_letters + string.digits + " ").encode()

Skip = Callable[[str, bytes], bool]


def never(_place: str, _content: bytes) -> bool:
    """Search everything."""
    return False


class Unreadable(Exception):  # noqa: N818 - a state of the file, not a fault
    """A file that could not be looked into; the message is the place and, after a colon, why."""


@dataclass(frozen=True, slots=True)
class Piece:
    """Some text and where it was found: "for-review/manuscript.docx › word/document.xml"."""

    place: str
    text: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Walk:
    """One walk through some files."""

    inside: Callable[[bytes, str, Walk, int], Iterator[Piece]]  # reads whatever some bytes are
    skip: Skip = never  # passes over content that was searched before
    look: Callable[[bytes, str, str], Iterator[Piece]] | None = None  # reads pixels, where they are wanted
    pictured: Callable[[str], bool] = lambda _place: True  # says where they are wanted
    missed: list[str] | None = None  # collects what cannot be opened; None: that ends the walk
    thorough: bool = False  # a stranger's file: what no reader here knows is not a pass

    def into(self, data: bytes, place: str, depth: int) -> Iterator[Piece]:
        """Every piece of text in some bytes found in others. Raises Unreadable if nobody collects."""
        try:
            if depth > MAX_DEPTH:
                raise Unreadable(f"{place}: packed more than {MAX_DEPTH} deep")
            if not self.skip(place, data):
                yield from self.inside(data, place, self, depth)
        except Unreadable as e:
            self.miss(str(e))

    def miss(self, what: str) -> None:
        """Note that something could not be opened. Raises Unreadable if nobody collects."""
        if self.missed is None:
            raise Unreadable(what)
        self.missed.append(what)


def runs(data: bytes, place: str) -> Iterator[Piece]:
    """Readable runs in bytes of no particular kind: ASCII, Indic UTF-8, Latin-1 and UTF-16 of both orders."""
    readings = [(ASCII_RUN, "ascii")]
    if not data.isascii():  # else they would only say again what the first says
        readings += [(INDIC_RUN, "utf-8"), (LATIN_RUN, "latin-1")]
    if WIDE_MARKS.search(data):
        readings += WIDE_RUNS
    for pattern, encoding in readings:
        found = (m.group() for m in pattern.finditer(data))
        if encoding == "latin-1":
            found = (run for run in found if like_words(run))
        if text := "\n".join(run.decode(encoding, errors="ignore") for run in found):
            yield Piece(place, text)


def like_words(run: bytes) -> bool:
    """Compressed pixels are full of Latin-1 "letters"; words are mostly ASCII with an accent or two."""
    odd = len(run.translate(None, PLAIN))
    return 0 < odd <= 0.25 * len(run)
