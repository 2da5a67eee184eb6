"""Data elements as bytes: where each one stands in a file, and how one is written (PS3.5 7.1, 7.5, A.1 -
A.5).

Values are not decoded and pixels are not read: a header is a list of places in a buffer. That is what makes
cleaning as fast as copying, and it is why nothing can come along that was not looked at.
"""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

from pipeline.core.picture import NoPictureError
from pipeline.deidentify.headers.deflated import inflate
from pipeline.deidentify.headers.encoding import (
    BIG_ENDIAN,
    DEFLATED,
    EXPLICIT,
    IMPLICIT,
    LENGTH,
    LONG_VRS,
    SEQUENCE,
    SHORT,
    SHORT_VRS,
    TAG_LENGTH,
    UNDEFINED,
    VRS,
    Encoding,
)

HEAD = 1 << 16  # bytes read at first; more are read when the header is longer
MAX_HEADER = 1 << 28  # bytes in front of the pixels that are taken into memory
MAX_DEPTH = 100  # sequences within sequences
MAX_ELEMENTS = 1_000_000  # in one data set, sequences included

PLAIN = {IMPLICIT, EXPLICIT, DEFLATED, BIG_ENDIAN}
ITEM, ITEM_END, SEQUENCE_END = 0xFFFEE000, 0xFFFEE00D, 0xFFFEE0DD
PIXELS = frozenset((0x7FE00008, 0x7FE00009, 0x7FE00010))  # float, double float and integer pixels
OPAQUE = b"--"  # no value representation: only where the value ends is known, so it is never kept
STRAY = 8  # bytes; fewer are no element
PADDING = b"\0 "  # bytes with which blocks of tapes and disks are filled
PADDED = frozenset((0, 0x20202020))  # what they look like as a tag


class Element(NamedTuple):
    """One data element in a buffer: `buffer[start:end]` is all of it, `buffer[at:end]` its value.

    `items` is filled where a sequence had to be read to find its end; then `end` is behind its delimiter.
    """

    tag: int
    vr: bytes  # two letters; b"" in implicit files, where only a dictionary knows
    start: int
    at: int
    end: int
    items: list[list[Any]] | None = None


class _More(Exception):  # noqa: N818 - not a fault: the header is longer than what was read
    """The buffer ends before this position."""

    def __init__(self, needed: int) -> None:
        self.needed = needed


class Scanner:
    """Finds the elements of one buffer in one encoding."""

    def __init__(self, buffer: bytes, encoding: Encoding, size: int) -> None:
        self.buffer, self.encoding, self.size = buffer, encoding, size
        self._found = 0

    def dataset(self, at: int, end: int, *, depth: int = 0, whole: bool = False) -> tuple[list[Element], int]:
        """The elements from `at` to `end`, or to an item delimiter; and where they stop.

        At the top (`whole`) it stops in front of the pixels, and in front of padding at the end of the file.
        Raises NoPictureError for what is damaged.
        """
        if depth > MAX_DEPTH:
            raise NoPictureError("IMG072", depth=MAX_DEPTH)
        implicit, big = self.encoding.implicit, self.encoding.big
        unpack = (TAG_LENGTH if implicit else SHORT)[big].unpack_from
        length_at = LENGTH[big].unpack_from
        buffer, have, new = self.buffer, len(self.buffer), tuple.__new__
        found: list[Element] = []
        while at < end:
            if at + STRAY > end:
                if whole:
                    break
                raise NoPictureError("IMG021")
            if at + 12 > have < self.size:
                raise _More(at + 12)
            if implicit:
                group, number, length = unpack(buffer, at)
                vr, value = b"", at + 8
            else:
                group, number, vr, length = unpack(buffer, at)
                value = at + 8
                if group == 0xFFFE:
                    length = length_at(buffer, at + 4)[0]
                elif vr in LONG_VRS:
                    if at + 12 > have:
                        raise NoPictureError("IMG021")
                    length, value = length_at(buffer, at + 8)[0], at + 12
                elif vr not in SHORT_VRS:
                    if whole and self._is_padding(at):
                        break
                    length, value, vr = self._unknown(at, vr)
            tag = group << 16 | number
            if group == 0xFFFE:
                if tag == ITEM_END and depth:
                    return found, value
                raise NoPictureError("IMG021")
            if whole and tag in PIXELS:
                found.append(
                    Element(tag, vr, at, value, UNDEFINED if length == UNDEFINED else value + length)
                )
                return found, at
            items = None
            if implicit and whole and tag in PADDED and self._is_padding(at):
                break
            if length == UNDEFINED:
                vr, items, stop = self.undefined(vr, value, end, depth)
            else:
                stop = value + length
                if stop > end:
                    raise NoPictureError("IMG021")
                if stop > have:
                    raise _More(stop)
            found.append(new(Element, (tag, vr, at, value, stop, items)))
            at = stop
        self._found += len(found)
        if self._found > MAX_ELEMENTS:
            raise NoPictureError("IMG072", depth=MAX_ELEMENTS)
        return found, at

    def _unknown(self, at: int, vr: bytes) -> tuple[int, int, bytes]:
        """Length and place of a value whose representation is not known, which then is OPAQUE.

        New ones have a length of 32 bits behind two bytes of zero (PS3.5 7.1.2); other bytes there are a
        length of the older form.
        """
        if not (vr.isalpha() and vr.isupper()):
            raise NoPictureError("IMG021")
        if self.buffer[at + 6 : at + 8] != b"\0\0":
            return SHORT[self.encoding.big].unpack_from(self.buffer, at)[3], at + 8, OPAQUE
        if at + 12 > len(self.buffer):
            raise NoPictureError("IMG021")
        return LENGTH[self.encoding.big].unpack_from(self.buffer, at + 8)[0], at + 12, OPAQUE

    def _is_padding(self, at: int) -> bool:
        """Whether nothing but zeros or blanks stands from here to the end of the file."""
        if self.buffer[at : at + STRAY].strip(PADDING):
            return False
        if len(self.buffer) < self.size:
            raise _More(self.size)
        return not self.buffer[at:].strip(PADDING)

    def undefined(
        self, vr: bytes, at: int, end: int, depth: int
    ) -> tuple[bytes, list[list[Element]] | None, int]:
        """A value of undefined length: its representation, items and end.

        It is a sequence, implicit in UN (PS3.5 6.2.2), although some write that as all else. Fragments (PS3.5
        A.4) belong to pixels at the top; what else holds some, an icon say, is OPAQUE, as is what can be
        skipped but not read.
        """
        first = Scanner(self.buffer, Encoding(implicit=True), self.size) if vr == b"UN" else self
        ways = (first, self) if vr == b"UN" else (self,) if vr in (SEQUENCE, b"", OPAQUE) else ()
        for scanner in ways:
            try:
                items, stop = scanner.items(at, end, depth, delimited=True)
            except NoPictureError as e:
                if vr == SEQUENCE or e.trouble.code != "IMG021":
                    raise
            else:
                return (vr, items, stop) if scanner is first and vr != OPAQUE else (OPAQUE, None, stop)
        return OPAQUE, None, first._behind_fragments(at, end)

    def _behind_fragments(self, at: int, end: int) -> int:
        """Behind the delimiter of items that are not looked into; each must state its length."""
        unpack = TAG_LENGTH[self.encoding.big].unpack_from
        while at + 8 <= end:
            if at + 8 > len(self.buffer):
                raise _More(at + 8)
            group, number, length = unpack(self.buffer, at)
            tag = group << 16 | number
            if tag == SEQUENCE_END:
                return at + 8
            if tag != ITEM or length == UNDEFINED:
                break
            at += 8 + length
        raise NoPictureError("IMG021")

    def items(
        self, at: int, end: int, depth: int, *, delimited: bool = False
    ) -> tuple[list[list[Element]], int]:
        """The items from `at` to `end`, or to the sequence delimiter."""
        unpack = TAG_LENGTH[self.encoding.big].unpack_from
        found: list[list[Element]] = []
        while at < end:
            if at + 8 > len(self.buffer):
                if len(self.buffer) >= self.size:
                    raise NoPictureError("IMG021")
                raise _More(at + 8)
            group, number, length = unpack(self.buffer, at)
            tag = group << 16 | number
            if tag == SEQUENCE_END:
                return found, at + 8
            if tag != ITEM:
                raise NoPictureError("IMG021")
            at += 8
            stop = end if length == UNDEFINED else at + length
            if stop > end:
                raise NoPictureError("IMG021")
            if length != UNDEFINED and stop > len(self.buffer):
                raise _More(stop)
            item, after = self.dataset(at, stop, depth=depth + 1)
            found.append(item)
            at = after
        if delimited:
            raise NoPictureError("IMG021")  # the delimiter never came
        return found, at


@dataclass(frozen=True, slots=True)
class Dicom:
    """One file, found but not changed. `elements` are those in front of the pixels."""

    path: Path  # what the places mean: the source, or its inflated data set
    size: int
    buffer: bytes = field(repr=False)
    preamble: bytes = field(repr=False)
    meta: dict[int, bytes] = field(repr=False)
    syntax: str  # as found, also where the file does not say; DEFLATED where `path` is inflated
    encoding: Encoding
    elements: list[Element] = field(repr=False)
    pixels: Element | None  # `end` is behind the value, delimiters included
    encapsulated: bool
    after: int  # bytes behind the pixels, or behind the data set where there are none

    def value(self, element: Element) -> bytes:
        """The bytes of a value that is in front of the pixels."""
        return self.buffer[element.at : element.end]

    def items(self, element: Element, encoding: Encoding, depth: int) -> list[list[Element]]:
        """The items of a sequence that is written in `encoding`, `depth` sequences deep."""
        if element.items is not None:
            return element.items
        scanner = Scanner(self.buffer, encoding, len(self.buffer))
        return scanner.items(element.at, element.end, depth)[0]


def read(path: Path, scratch: Path | None = None) -> Dicom:
    """Find the elements of one file. A deflated one is inflated into `scratch` (a file name) first.

    Raises NoPictureError when the file is damaged, cut short, nested or packed beyond reason. Run in the
    worker.
    """
    fd = os.open(path, os.O_RDONLY | os.O_NOFOLLOW)
    try:
        size = os.fstat(fd).st_size
        head = os.pread(fd, HEAD, 0)
        preamble, at = (head[:128], 132) if head[128:132] == b"DICM" else (b"", 0)
        meta, at = _meta(head, at)
        syntax = meta.get(0x00020010, b"").strip(b" \0").decode("latin-1")
        if syntax == DEFLATED:
            if scratch is None:
                raise NoPictureError("IMG027", syntax="deflated")
            inflate(fd, at, scratch)
            return _inflated(scratch, preamble, meta)
        return _found(path, fd, head, at, size, preamble, meta, syntax)
    finally:
        os.close(fd)


def _inflated(path: Path, preamble: bytes, meta: dict[int, bytes]) -> Dicom:
    fd = os.open(path, os.O_RDONLY)
    try:
        size = os.fstat(fd).st_size
        return _found(path, fd, os.pread(fd, HEAD, 0), 0, size, preamble, meta, DEFLATED)
    finally:
        os.close(fd)


def _found(
    path: Path, fd: int, head: bytes, at: int, size: int, preamble: bytes, meta: dict[int, bytes], syntax: str
) -> Dicom:
    encoding = _encoding(head, at, syntax)
    stated = syntax or {Encoding(): EXPLICIT, Encoding(implicit=True): IMPLICIT}.get(encoding, BIG_ENDIAN)
    while True:
        try:
            elements, behind = Scanner(head, encoding, size).dataset(at, size, whole=True)
            break
        except _More as more:
            if more.needed > MAX_HEADER:
                raise NoPictureError("IMG071") from None
            head = os.pread(fd, min(size, MAX_HEADER, max(2 * len(head), more.needed + HEAD)), 0)
    if not elements:
        raise NoPictureError("IMG021")
    pixels = elements.pop() if elements[-1].tag in PIXELS else None
    encapsulated = pixels is not None and pixels.end == UNDEFINED
    after = size - behind
    if pixels is not None:
        if encapsulated and stated in PLAIN:
            raise NoPictureError("IMG021")
        stop = _fragments_end(fd, pixels.at, size, encoding) if encapsulated else pixels.end
        if stop > size:
            raise NoPictureError("IMG021")
        pixels = pixels._replace(end=stop)
        after = size - stop
    return Dicom(path, size, head, preamble, meta, stated, encoding, elements, pixels, encapsulated, after)


def _meta(head: bytes, at: int) -> tuple[dict[int, bytes], int]:
    """The file meta information (PS3.10 7.1): always explicit little endian; its stated length is not
    believed.
    """
    meta: dict[int, bytes] = {}
    while head[at : at + 2] == b"\x02\x00":
        if head[at + 4 : at + 6] not in VRS:
            break
        long = head[at + 4 : at + 6] in LONG_VRS
        if at + (12 if long else 8) > len(head):
            raise NoPictureError("IMG021")
        _, number, _, length = SHORT[False].unpack_from(head, at)
        value = at + 8
        if long:
            length, value = LENGTH[False].unpack_from(head, at + 8)[0], at + 12
        if value + length > len(head):
            raise NoPictureError("IMG021")
        meta[0x00020000 | number] = head[value : value + length]
        at = value + length
    return meta, at


def _encoding(head: bytes, at: int, syntax: str) -> Encoding:
    """What the data set is written in: as stated, unless its first element shows that this is not so."""
    explicit = head[at + 4 : at + 6] in VRS
    if syntax == BIG_ENDIAN:
        return Encoding(big=True, implicit=not explicit)
    if explicit:
        group = int.from_bytes(head[at : at + 2], "little")
        return Encoding(big=not syntax and group > 0xFF and not group & 0xFF)
    return Encoding(implicit=True)


def _fragments_end(fd: int, at: int, size: int, encoding: Encoding) -> int:
    """Behind the sequence delimiter of encapsulated pixels (PS3.5 A.4); a cut file has none."""
    unpack = TAG_LENGTH[encoding.big].unpack
    while at + 8 <= size:
        group, number, length = unpack(os.pread(fd, 8, at))
        tag = group << 16 | number
        if tag == SEQUENCE_END:
            return at + 8
        if tag != ITEM or length == UNDEFINED:
            break
        at += 8 + length
    raise NoPictureError("IMG021")
