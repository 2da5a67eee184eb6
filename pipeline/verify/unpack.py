"""Everything readable in a file, however deep: zip members, office parts, PDF text and properties, metadata.

Knows nothing of how things were cleaned. Yields pieces of text with the place they were found in; what cannot
be opened raises Unreadable, because a file nobody could look into is not a pass.
"""

from __future__ import annotations

import base64
import binascii
import io
import re
import string
import zipfile
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pipeline.core import kinds
from pipeline.verify import container

MAX_DEPTH = 8
MAX_BYTES = 2 << 30  # in all members of one archive, unpacked
BASE64 = re.compile(rb"(?:[A-Za-z0-9+/]{4}[\r\n]{0,2}){8,}(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?")
HEX = re.compile(rb"(?:[0-9a-fA-F]{2}){12,}")
ASCII_RUN = re.compile(rb"[\x09\x0a\x0d\x20-\x7e]{4,}")
INDIC_RUN = re.compile(rb"(?:\xe0[\xa4-\xb7][\x80-\xbf]|[ .,:;\-]){3,}")
LATIN_RUN = re.compile(rb"[\x20-\x7e\xa0-\xff]{6,}")
WIDE_RUNS = (
    (re.compile(rb"(?:[\x09\x0a\x0d\x20-\x7e\x80-\xff]\x00|[\x00-\x7f][\x09-\x0d]){4,}"), "utf-16-le"),
    (re.compile(rb"(?:\x00[\x09\x0a\x0d\x20-\x7e\x80-\xff]|[\x09-\x0d][\x00-\x7f]){4,}"), "utf-16-be"),
)
WIDE_MARKS = re.compile(rb"[\x00\x09-\x0d](?:[\x00-\xff][\x00\x09-\x0d]){3}")  # in each of WIDE_RUNS
LITERAL = re.compile(rb"\((?:[^()\\]|\\.){3,}\)", re.DOTALL)
COMMENT = re.compile(rb"%[\t -~]{4,}")
PLAIN = (string.ascii_letters + string.digits + " ").encode()
# Cells and paragraphs stay apart, so that numbers in neighbouring cells do not make another number.
BLOCK = re.compile(r"</?(?:w:p|w:tc|td|th|p|div|li|h[1-6]|title|sec|caption)\b[^<>]*>")
APART = "\n \n \n"
TAG = re.compile(r"<[^<>]*>")


Skip = Callable[[str, bytes], bool]


def never(_place: str, _content: bytes) -> bool:
    """Search everything."""
    return False


class Unreadable(Exception):  # noqa: N818 - a state of the file, not a fault
    """A file that could not be looked into; the message is the place."""


@dataclass(frozen=True, slots=True)
class Piece:
    """Some text and where it was found: "for-review/manuscript.docx › word/document.xml"."""

    place: str
    text: str


def pieces(path: Path, place: str, skip: Skip = never) -> Iterator[Piece]:
    """Every piece of text in a file, its name included. Raises Unreadable.

    `skip(place, content)` may pass over content that was searched before (a copy inside a second archive).
    """
    yield Piece(f"{place} (name)", place)
    yield from inside(path.read_bytes(), place, skip)


def inside(data: bytes, place: str, skip: Skip = never, depth: int = 0) -> Iterator[Piece]:
    """Every piece of text in some bytes, by what they are."""
    if depth > MAX_DEPTH:
        raise Unreadable(f"{place}: packed more than {MAX_DEPTH} deep")
    if skip(place, data):
        return
    kind = kinds.sniff(data[: kinds.HEAD])
    if kind == "zip":
        yield from _zip(data, place, skip, depth)
    elif kind == "pdf":
        yield from _pdf(data, place, depth)
    elif kind == "png":
        yield from _png(data, place, depth)
    elif kind == "tiff":
        yield from _runs(_tiff_without_strips(data, place), place)
    elif kind == "jpeg":
        yield from _runs(_jpeg_without_scan(data, place), place)
    elif kind == "text":
        yield from _text(data, place, depth)
    elif kind != "empty":
        yield from _runs(data, place)


def _text(data: bytes, place: str, depth: int) -> Iterator[Piece]:
    text = data.decode("utf-8", errors="replace")
    short = BASE64.sub(b"", data) if len(data) > 1 << 16 else data
    yield Piece(place, short.decode("utf-8", errors="replace"))
    if "<" in text:
        apart = BLOCK.sub(APART, short.decode("utf-8", errors="replace"))
        yield Piece(f"{place} (without tags)", TAG.sub("", apart))
    yield from _encoded(data, place, depth)


def _encoded(data: bytes, place: str, depth: int) -> Iterator[Piece]:
    """What is hidden as base64 (pictures in HTML, attachments) or as hexadecimal digits."""
    for found in BASE64.finditer(data):
        run = re.sub(rb"\s", b"", found.group())
        for shift in range(4 if len(run) < 1 << 12 else 1):  # a run may begin inside the letters before it
            part = run[shift:]
            try:
                decoded = base64.b64decode(part[: len(part) // 4 * 4])
            except binascii.Error:
                continue
            if shift == 0 and kinds.sniff(decoded[: kinds.HEAD]) != "other":
                yield from inside(decoded, f"{place} › base64", depth=depth + 1)
            else:
                yield from _runs(decoded, f"{place} › base64")
    for found in HEX.finditer(data):
        yield from _runs(bytes.fromhex(found.group().decode()), f"{place} › hexadecimal")


def _runs(data: bytes, place: str) -> Iterator[Piece]:
    """Readable runs in bytes of no particular kind: ASCII, Indic UTF-8, Latin-1 and UTF-16 of both orders."""
    readings = [(ASCII_RUN, "ascii")]
    if not data.isascii():  # else they would only say again what the first says
        readings += [(INDIC_RUN, "utf-8"), (LATIN_RUN, "latin-1")]
    if WIDE_MARKS.search(data):
        readings += WIDE_RUNS
    for pattern, encoding in readings:
        found = (m.group() for m in pattern.finditer(data))
        if encoding == "latin-1":
            found = (run for run in found if _like_words(run))
        if text := "\n".join(run.decode(encoding, errors="ignore") for run in found):
            yield Piece(place, text)


def _like_words(run: bytes) -> bool:
    """Compressed pixels are full of Latin-1 "letters"; words are mostly ASCII with an accent or two."""
    odd = len(run.translate(None, PLAIN))
    return 0 < odd <= 0.25 * len(run)


def _zip(data: bytes, place: str, skip: Skip, depth: int) -> Iterator[Piece]:
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            members = archive.infolist()
            if sum(m.file_size for m in members) > MAX_BYTES:
                raise Unreadable(f"{place}: unpacks to more than {MAX_BYTES >> 30} GB")
            yield from _runs(archive.comment, f"{place} (comment)")
            for member in members:
                here = f"{place} › {member.filename}"
                yield Piece(f"{here} (name)", member.filename)
                yield from _runs(member.comment + b"\n" + member.extra, f"{here} (comment)")
                if member.flag_bits & 1:
                    raise Unreadable(f"{here}: encrypted")
                if member.compress_type not in container.METHODS:
                    raise Unreadable(f"{here}: packed by a method that can grow without bounds")
                yield from inside(container.whole(archive, member, MAX_BYTES), here, skip, depth + 1)
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, OSError, MemoryError) as e:
        raise Unreadable(f"{place}: not a whole archive") from e
    yield from _between_members(data, place)


def _between_members(data: bytes, place: str) -> Iterator[Piece]:
    """Bytes before the first member and after the end record, which archive readers skip."""
    first, end = data.find(b"PK\x03\x04"), data.rfind(b"PK\x05\x06")
    yield from _runs(data[:first], f"{place} (before the archive)")
    yield from _runs(data[end:], f"{place} (after the archive)")


def _png(data: bytes, place: str, depth: int) -> Iterator[Piece]:
    """Every chunk that is not pixels, inflated where it is deflated (PNG 3rd edition, 11.3)."""
    at = 8
    while at + 8 <= len(data):
        length, name = int.from_bytes(data[at : at + 4], "big"), data[at + 4 : at + 8]
        body = data[at + 8 : at + 8 + length]
        at += 12 + length
        if name in {b"IDAT", b"fdAT", b"PLTE"}:
            continue
        here = f"{place} › {name.decode('latin-1')}"
        yield from _runs(body, here)
        if name in {b"zTXt", b"iTXt", b"iCCP"}:
            for start in (m.end() for m in re.finditer(b"\0", body)):
                try:
                    yield from _runs(zlib.decompressobj().decompress(body[start:], 1 << 20), here)
                    break
                except zlib.error:
                    continue
        if name == b"IEND":
            break
    if at < len(data):
        yield from inside(data[at:], f"{place} (after the picture)", depth=depth + 1)


def _jpeg_without_scan(data: bytes, place: str) -> bytes:
    """Every marker segment and what follows the picture, without the pixels (ITU-T T.81, B.1.1)."""
    kept, at = bytearray(), 2
    while at + 4 <= len(data):
        if data[at] != 0xFF:
            raise Unreadable(f"{place}: not a whole JPEG")
        marker, length = data[at + 1], int.from_bytes(data[at + 2 : at + 4], "big")
        if marker == 0xD9:
            return bytes(kept) + data[at + 2 :]
        kept += data[at : at + 2 + length] + b"\0"
        at += 2 + length
        if marker == 0xDA:  # pixels until the next marker that is neither stuffing nor a restart
            found = re.compile(rb"\xff[^\x00\xd0-\xd7\xff]", re.DOTALL).search(data, at)
            at = found.start() if found else len(data)
            if found and data[at + 1] == 0xD9:
                return bytes(kept) + data[at + 2 :]
    return bytes(kept)


def _tiff_without_strips(data: bytes, place: str) -> bytes:
    """All of a TIFF but its pixels: StripOffsets 273, TileOffsets 324 (TIFF 6.0, sections 3 and 15)."""
    from PIL import Image, ImageSequence, UnidentifiedImageError

    pixels: list[tuple[int, int]] = []
    try:
        with Image.open(io.BytesIO(data), formats=("TIFF",)) as picture:
            for page in ImageSequence.Iterator(picture):
                tags = page.tag_v2  # type: ignore[attr-defined]
                for offsets, counts in ((273, 279), (324, 325)):
                    for start, count in zip(tags.get(offsets, ()), tags.get(counts, ()), strict=True):
                        pixels.append((start, start + count))
    except (UnidentifiedImageError, OSError, ValueError, TypeError, SyntaxError) as e:
        raise Unreadable(f"{place}: not a whole TIFF") from e
    kept, at = [], 0
    for start, end in sorted(pixels):
        kept.append(data[at:start])
        at = max(at, end)
    return b"\0".join([*kept, data[at:]])


def _pdf(data: bytes, place: str, depth: int) -> Iterator[Piece]:
    """Text layer, every string and stream of every object, attachments; and the raw bytes around them."""
    import pikepdf
    import pypdfium2

    yield from _literals(data, f"{place} (raw)")
    yield from _runs(data[data.rfind(b"%%EOF") :], f"{place} (after the end)")
    try:
        document = pypdfium2.PdfDocument(data)
        for number, page in enumerate(document, 1):
            yield Piece(f"{place} › page {number}", page.get_textpage().get_text_bounded())
        document.close()
        pdf = pikepdf.open(io.BytesIO(data))  # kept alive: attachments of a collected Pdf crash
    except (pypdfium2.PdfiumError, pikepdf.PdfError) as e:
        raise Unreadable(f"{place}: not a whole PDF, or encrypted") from e
    with pdf:
        for item in pdf.objects:
            strings = "\n".join(_strings(item))
            if strings:
                yield Piece(f"{place} › strings", strings)
            if isinstance(item, pikepdf.Stream) and item.get("/Subtype") != "/Image":
                yield from _stream(item, f"{place} › stream")
        for name, attached in pdf.attachments.items():
            here = f"{place} › attachment"
            yield Piece(f"{here} (name)", f"{name} {attached.filename} {attached.description}")
            yield from inside(attached.get_file().read_bytes(), here, depth=depth + 1)


def _stream(stream: Any, place: str) -> Iterator[Piece]:
    """A decoded stream. Properties (XMP) are read whole; drawing operators and fonts only for their strings,
    because their many numbers would be taken for dates.
    """
    import pikepdf

    try:
        data = stream.read_bytes()
    except pikepdf.PdfError as e:
        raise Unreadable(f"{place}: cannot be decoded") from e
    if stream.get("/Type") == "/Metadata":
        yield from _runs(data, place)
    else:
        yield from _literals(data, place)


def _literals(data: bytes, place: str) -> Iterator[Piece]:
    """Literal strings and comments (ISO 32000-2, 7.3.4.2, 7.2.4), also those of orphaned objects."""
    for found in (LITERAL.findall(data), COMMENT.findall(data)):
        yield from _runs(b"\n".join(found), place)


def _strings(item: object, depth: int = 0) -> Iterator[str]:
    """Every text string in a PDF object (dictionaries and arrays included, not their references)."""
    import pikepdf

    if depth > MAX_DEPTH:
        return
    if isinstance(item, pikepdf.String | pikepdf.Name):
        yield str(item)
    elif isinstance(item, pikepdf.Array):
        for child in item:
            if not getattr(child, "is_indirect", False):
                yield from _strings(child, depth + 1)
    elif isinstance(item, pikepdf.Dictionary | pikepdf.Stream):
        for key in item.keys():  # noqa: SIM118 - pikepdf objects iterate differently
            yield str(key)
            child = item[key]
            if not getattr(child, "is_indirect", False):
                yield from _strings(child, depth + 1)
