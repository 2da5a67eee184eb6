"""What pictures say beside their pixels: chunks, segments, tags, headers, and what follows the picture."""

from __future__ import annotations

import io
import re
import zlib
from collections.abc import Iterator

from pipeline.verify.pieces import Piece, Unreadable, Walk, runs


def png(data: bytes, place: str, walk: Walk, depth: int) -> Iterator[Piece]:
    """Every chunk that is not pixels, inflated where it is deflated (PNG 3rd edition, 11.3)."""
    at = 8
    while at + 8 <= len(data):
        length, name = int.from_bytes(data[at : at + 4], "big"), data[at + 4 : at + 8]
        body = data[at + 8 : at + 8 + length]
        at += 12 + length
        if name in {b"IDAT", b"fdAT", b"PLTE"}:
            continue
        here = f"{place} › {name.decode('latin-1')}"
        yield from runs(body, here)
        if name in {b"zTXt", b"iTXt", b"iCCP"}:
            for start in (m.end() for m in re.finditer(b"\0", body)):
                try:
                    yield from runs(zlib.decompressobj().decompress(body[start:], 1 << 20), here)
                    break
                except zlib.error:
                    continue
        if name == b"IEND":
            break
    if at < len(data):
        yield from walk.into(data[at:], f"{place} (after the picture)", depth + 1)


def jpeg(data: bytes, place: str, _walk: Walk, _depth: int) -> Iterator[Piece]:
    """Every segment that is not pixels."""
    yield from runs(jpeg_without_scan(data, place), place)


def tiff(data: bytes, place: str, _walk: Walk, _depth: int) -> Iterator[Piece]:
    """Every byte that is not pixels."""
    yield from runs(tiff_without_strips(data, place), place)


def dicom(data: bytes, place: str, walk: Walk, depth: int) -> Iterator[Piece]:
    """Every value of the header, in the character set it is written in, and documents inside it (PS3.3 C.24).

    The bytes are read too: private elements and what follows the data set.
    """
    yield from runs(data, place)
    if not walk.thorough:
        return
    import pydicom

    try:
        dataset = pydicom.dcmread(io.BytesIO(data), force=True)
        if not any(name in dataset for name in WHOLE) and not dataset.file_meta:
            raise ValueError
        values: list[str] = []
        for element in (*dataset.file_meta, *dataset.iterall()):
            if element.VR in BULK:
                if element.keyword == "EncapsulatedDocument":
                    yield from walk.into(bytes(element.value), f"{place} › document", depth + 1)
                elif element.keyword != "PixelData" and isinstance(element.value, bytes):
                    yield from runs(element.value, f"{place} › {element.tag}")
            elif element.VR != "SQ":
                said = element.value if element.VM > 1 else [element.value]
                values += [str(value).replace("^", " ").replace("=", "\n") for value in said or ()]
    except Exception as e:  # whatever the library calls it; its message may quote the file
        raise Unreadable(f"{place}: not a whole DICOM file") from e
    yield Piece(f"{place} › header", "\n".join(values))


WHOLE = ("SOPClassUID", "Rows", "Modality", "PatientName", "PatientID", "DirectoryRecordSequence")
BULK = {"OB", "OW", "OD", "OF", "OL", "OV", "UN"}  # PS3.5 6.2: bytes, no text


def jpeg_without_scan(data: bytes, place: str) -> bytes:
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


def tiff_without_strips(data: bytes, place: str) -> bytes:
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
