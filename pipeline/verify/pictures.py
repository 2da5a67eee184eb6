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
                    said = zlib.decompressobj().decompress(body[start:], 1 << 20)
                    yield from runs(said, here)
                    if walk.thorough and name != b"iCCP":  # some hold Exif, as digits
                        yield from walk.into(said.lstrip(), here, depth + 1)
                    break
                except zlib.error:
                    continue
        if name == b"IEND":
            break
    if at < len(data):
        yield from walk.into(data[at:], f"{place} (after the picture)", depth + 1)


def jpeg(data: bytes, place: str, walk: Walk, depth: int) -> Iterator[Piece]:
    """Every segment that is not pixels; small pictures in them, and what follows the picture."""
    beside, after = jpeg_without_scan(data, place)
    yield from runs(beside + after, place)
    if walk.thorough:
        yield from thumbnails(beside, place, walk, depth)
        if not (after.endswith(b"SEFT") and b"ftyp" not in after):  # a phone's notes; its films have one
            yield from _after(after, place, walk, depth)


def webp(data: bytes, place: str, walk: Walk, depth: int) -> Iterator[Piece]:
    """All runs; small pictures in the Exif chunk (RFC 9649, 2.7.1.5), and what follows the picture."""
    yield from runs(data, place)
    end = 8 + int.from_bytes(data[4:8], "little")
    at = 12
    while walk.thorough and at + 8 <= min(end, len(data)):
        length = int.from_bytes(data[at + 4 : at + 8], "little")
        if data[at : at + 4] == b"EXIF":
            yield from thumbnails(data[at + 8 : at + 8 + length], place, walk, depth)
        at += 8 + length + length % 2
    if walk.thorough:
        yield from _after(data[end:], place, walk, depth)


def _after(data: bytes, place: str, walk: Walk, depth: int) -> Iterator[Piece]:
    """What follows a picture, if it is more than padding, as a file of its own."""
    if data.strip(b"\0\xff\r\n\t "):
        yield from walk.into(data.lstrip(b"\0\r\n\t "), f"{place} (after the picture)", depth + 1)


THUMBNAIL = re.compile(rb"\xff\xd8\xff[\xc0\xc4\xdb\xe0-\xef\xfe]")


def thumbnails(beside: bytes, place: str, walk: Walk, depth: int) -> Iterator[Piece]:
    """JPEG pictures in metadata (Exif 3.0, 4.5.5): often of what was there before somebody cropped it."""
    at = 0
    while found := THUMBNAIL.search(beside, at):
        end = beside.find(b"\xff\xd9", found.end())
        at = end + 2 if end > 0 else len(beside)
        yield from walk.into(beside[found.start() : at], f"{place} › thumbnail", depth + 1)


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


def jpeg_without_scan(data: bytes, place: str) -> tuple[bytes, bytes]:
    """Every marker segment without the pixels (ITU-T T.81, B.1.1), and what follows the picture."""
    kept, at = bytearray(), 2
    while at + 4 <= len(data):
        if data[at] != 0xFF:
            raise Unreadable(f"{place}: not a whole JPEG")
        marker, length = data[at + 1], int.from_bytes(data[at + 2 : at + 4], "big")
        if marker == 0xD9:
            return bytes(kept), data[at + 2 :]
        kept += data[at : at + 2 + length] + b"\0"
        at += 2 + length
        if marker == 0xDA:  # pixels until the next marker that is neither stuffing nor a restart
            found = re.compile(rb"\xff[^\x00\xd0-\xd7\xff]", re.DOTALL).search(data, at)
            at = found.start() if found else len(data)
            if found and data[at + 1] == 0xD9:
                return bytes(kept), data[at + 2 :]
    return bytes(kept), b""


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
