"""A PDF: pages, outline, annotations, forms, properties, attachments, every string of every object."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from typing import Any

from pipeline.verify import known
from pipeline.verify.pieces import MAX_DEPTH, Piece, Unreadable, Walk, runs

LITERAL = re.compile(rb"\((?:[^()\\]|\\.){3,}\)", re.DOTALL)
PLAIN = {"/Length", "/Filter", "/DecodeParms"}  # what a stream says of which nobody knows the part
DRAWN = re.compile(  # operators of pages and glyphs, and tables of letters (ISO 32000-2, annex A; 9.10.3)
    rb"begincmap|(?:^|\s)(?:BT|ET|d[01]|[qQ]|cm|re|Do|BMC|BDC|gs|Tf|W\*?\s+n|f\*?)(?:\s|$)"
)
DRAWING = 1 << 14  # bytes that are looked at for them
COMMENT = re.compile(rb"%[\t -~]{4,}")


def read(data: bytes, place: str, walk: Walk, depth: int) -> Iterator[Piece]:
    """Text layer, every string and stream of every object, attachments; and the raw bytes around them."""
    import pikepdf
    import pypdfium2

    yield from _literals(data, f"{place} (raw)")
    yield from _after(data, f"{place} (after the end)", walk, depth)
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
                yield from _stream(item, f"{place} › stream", walk, depth)
            elif isinstance(item, pikepdf.Stream) and walk.thorough and item.get("/Filter") == "/DCTDecode":
                yield from walk.into(item.read_raw_bytes(), f"{place} › picture", depth + 1)
        for name, attached in pdf.attachments.items():
            here = f"{place} › attachment"
            yield Piece(f"{here} (name)", f"{name} {attached.filename} {attached.description}")
            yield from walk.into(attached.get_file().read_bytes(), here, depth + 1)


def _after(data: bytes, place: str, walk: Walk, depth: int) -> Iterator[Piece]:
    """What follows the last end mark, and a zip archive after the first one."""
    end = data.rfind(b"%%EOF")
    yield from runs(data[end:], place)
    if walk.thorough and end > 0:
        zipped = data.find(b"PK\x03\x04", data.find(b"%%EOF"))
        if rest := data[zipped if zipped > 0 else end + len(b"%%EOF") :].lstrip(b"\0\r\n\t "):
            yield from walk.into(rest, place, depth + 1)


def _stream(stream: Any, place: str, walk: Walk, depth: int) -> Iterator[Piece]:
    """A decoded stream. Properties (XMP) are read whole; drawing operators and fonts only for their strings,
    because their many numbers would be taken for dates.
    """
    import pikepdf

    try:
        data = stream.read_bytes()
    except pikepdf.PdfError as e:
        raise Unreadable(f"{place}: cannot be decoded") from e
    if stream.get("/Type") == "/Metadata" or (walk.thorough and data.lstrip().startswith(b"<")):  # XFA forms
        yield from runs(data, place)
    elif walk.thorough and (stream.get("/Type") == "/EmbeddedFile" or _loose(stream, data)):
        yield from walk.into(data, place, depth + 1)  # that of a note on a page, too
    else:
        yield from _literals(data, place)


def _loose(stream: Any, data: bytes) -> bool:
    """Whether a stream is a file that hangs somewhere: not said to be a part, of a known kind, no drawing."""
    if set(stream.keys()) - PLAIN or known.sniff(data) in {"other", "empty", "dicom", "utf-16"}:
        return False
    return not DRAWN.search(data[:DRAWING])


def _literals(data: bytes, place: str) -> Iterator[Piece]:
    """Literal strings and comments (ISO 32000-2, 7.3.4.2, 7.2.4), also those of orphaned objects."""
    for found in (LITERAL.findall(data), COMMENT.findall(data)):
        yield from runs(b"\n".join(found), place)


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
