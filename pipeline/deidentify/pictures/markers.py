"""Marker segments of compressed frames: does one carry anything but what its pixels need to be decoded?

JPEG: ITU-T T.81 Annex B; JPEG-LS: T.87 Annex C; SPIFF: T.84 Annex F; JPEG 2000: T.800 Annex A; HTJ2K: T.814.
A frame is walked whole, from marker to marker up to its end. Only segments that a decoder needs may be there,
as long as what they define, and application data of a fixed form; an encoder may sign with its name. All else
says more, as does what is not understood: such frames are decoded and stored anew.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator

from pipeline.deidentify.pictures.picturekind import rules

Check = Callable[[bytes], bool]
SOF_LS, PROGRESSIVE, SOS, EOI = 0xF7, 0xC2, 0xDA, b"\xff\xd9"
_TABLES = {
    0xC4: lambda body, at: 16 + sum(body[at + 1 : at + 17]),
    0xDB: lambda body, at: 64 << (body[at] >> 4),
}
_STARTS = (0xC0, 0xC1, PROGRESSIVE, 0xC3, SOF_LS)
_TEXT = re.compile(rb"[ -~]{10,}\Z")  # by chance in one frame of 20 000
_IN_SCAN = re.compile(
    rb"\xff[^\x00\xff\xd0-\xd7]"
)  # stuffed zeros, fill bytes and restarts stay inside (B.1.1.5)
_IN_SCAN_LS = re.compile(rb"\xff[\x80-\xcf\xd8-\xfe]")  # a bit is stuffed: less than 0x80 is data (T.87 A.1)


def says_more(stream: bytes) -> bool:
    """Whether a frame holds comments, application data, or bytes beside or behind its coded data."""
    if stream[:2] == b"\xff\xd8":
        return _jpeg(stream)
    if stream[:4] == b"\xff\x4f\xff\x51":
        return _jpeg_2000(stream)
    return True  # a whole file with boxes of its own, or something unknown


def _of_encoder(comment: bytes) -> bool:
    """Whether a comment is the name that an encoder signs with, and nothing else."""
    text = comment.rstrip(b"\0 \n").decode("latin-1")
    return not text or any(re.fullmatch(pattern, text) for pattern in rules()["encoders"])


def _padded(rest: bytes) -> bool:
    """Whether what stands behind the end only fills up; some writers do so with the last byte's ones."""
    return not rest.strip(b"\0" if len(rest) > 2 else b"\0\xff")


def _written(data: bytes, end: int) -> bool:
    """Whether coded data ends in something like text, which no decoder notices behind the last pixel."""
    tail = _TEXT.search(data[max(end - 64, 0) : end].rstrip(b"\0\xff"))
    return tail is not None and len(set(tail.group())) > 4  # repeated codes of flat areas are no text


# --- JPEG and JPEG-LS ---------------------------------------------------------------------------------


def _jpeg(stream: bytes) -> bool:
    at, frame, scanned = 2, 0, b""
    tables: list[int] = []  # defined since the last scan, each once
    while stream[at : at + 2] != EOI:
        marker, length = int.from_bytes(stream[at : at + 2]), int.from_bytes(stream[at + 2 : at + 4])
        kind, body = marker & 0xFF, stream[at + 4 : at + 2 + length]
        if marker < 0xFF00 or length < 2 or len(body) != length - 2 or not _jpeg_needs(kind, body):
            return True
        at += 2 + length
        if kind in _TABLES:
            tables += [kind << 8 | table for table in _tables(kind, body)]
        elif kind in _STARTS:
            if frame:
                return True
            frame = kind
        elif kind == SOS:
            components = body[1:-3:2]
            coded = (_IN_SCAN_LS if frame == SOF_LS else _IN_SCAN).search(stream, at)
            again = frame != PROGRESSIVE and not set(components).isdisjoint(scanned)
            if not coded or again or len(set(tables)) < len(tables) or _written(stream, coded.start()):
                return True
            at, scanned, tables = coded.start(), scanned + components, []
    return bool(tables) or not scanned or not _padded(stream[at + 2 :])


def _jpeg_needs(kind: int, body: bytes) -> bool:
    """Whether a decoder needs this segment, all of it; or it is known to say nothing.

    Arithmetic and hierarchical coding and mapping tables are of no transfer syntax (PS3.5 8.2.1, 8.2.3).
    """
    if kind in _TABLES:
        return bool(_tables(kind, body))
    if kind in _STARTS:
        return len(body) > 6 and len(body) == 6 + 3 * body[5]
    if kind == SOS:
        return len(body) > 4 and len(body) == 4 + 2 * body[0]
    form = _FORMS.get(kind)
    return form is not None and form(body)


def _tables(kind: int, body: bytes) -> list[int]:
    """The numbers of the quantization or Huffman tables of a segment; none if it holds anything else."""
    found, at = [], 0
    while at < len(body):
        found.append(body[at])
        end = at + 1 + _TABLES[kind](body, at)
        symbols = body[at + 17 : end] if kind == 0xC4 else b""
        if len(set(symbols)) < len(symbols):  # each has one code
            return []
        at = end
    return found if at == len(body) else []


def _application(*forms: tuple[bytes, int]) -> Check:
    """Application data of exactly these beginnings and lengths."""
    return lambda body: any(len(body) == length and body.startswith(start) for start, length in forms)


_FORMS: dict[int, Check] = {
    0xDD: lambda body: len(body) == 2,  # restart interval
    0xDC: lambda body: len(body) == 2,  # number of lines
    0xF8: lambda body: len(body) == 11 and body[0] == 1,  # preset coding parameters
    0xFE: _of_encoder,
    0xE0: lambda body: (
        len(body) == 14 and body.startswith(b"JFIF\0") and body[12:] == b"\0\0"
    ),  # no thumbnail
    0xE8: _application(
        (b"mrfx", 5),  # colour transformation of HP's encoder, CharLS too
        (b"SPIFF\0", 30),
        (b"\0\0\0\1\xff\xd8", 6),  # end of SPIFF's directory, with the start of the image in it
    ),
    0xEE: _application(
        (b"Adobe", 12), (b"Adobe\0\0\0\0\0", 10)
    ),  # some writers leave out a byte and say nothing
}


# --- JPEG 2000 ----------------------------------------------------------------------------------------

SIZ, COD, SOT, SOD = 0x51, 0x52, 0x90, 0x93


def _jpeg_2000(stream: bytes) -> bool:
    at, start, end, levels = 2, 0, 0, -1
    parts: list[tuple[int, int]] = []  # tile and length of every tile-part
    told: list[tuple[int, int]] = []  # the same as the main header has it
    packets = b""  # their lengths as a tile-part has them
    while stream[at : at + 2] != EOI or not parts or start:
        kind, length = stream[at + 1 : at + 2], int.from_bytes(stream[at + 2 : at + 4])
        marker, body = kind[0] if kind else 0, stream[at + 4 : at + 2 + length]
        if stream[at : at + 1] != b"\xff":
            return True
        if marker == SOD and start:
            if not at + 2 <= end <= len(stream) or _written(stream, end):
                return True
            if packets and sum(_varints(packets)) != end - at - 2:
                return True
            at, start, packets = end, 0, b""
            continue
        if length < 2 or len(body) != length - 2 or (parts and not start and marker != SOT):
            return True
        if marker == SOT and not start and len(body) == 8:
            size = int.from_bytes(body[2:6])
            start, end = at, at + size if size else stream.find(EOI, at)  # coded data holds no such marker
            parts.append((int.from_bytes(body[:2]), end - start))
        elif marker == 0x55 and not parts:
            told += _tile_parts(body)
        elif marker == 0x58 and start:
            packets += body[1:]
        elif not _jpeg_2000_needs(marker, body, levels):
            return True
        levels = body[5] if marker == COD and len(body) > 5 else levels
        at += 2 + length
    agreed = not told or [size for _, size in told] == [size for _, size in parts]
    named = all(tile in (-1, part) for (tile, _), (part, _) in zip(told, parts, strict=False))
    return not (agreed and named and _padded(stream[at + 2 :]))


def _jpeg_2000_needs(marker: int, body: bytes, levels: int) -> bool:
    """Whether a decoder needs this segment, all of it, or an encoder signs with it.

    `levels` of wavelet decomposition say how long others are. Packed packet headers (PPM, PPT), lengths of
    packets in the main header (PLM) and registration (CRG) can hold anything and hardly ever occur.
    """
    known = _FORMS_2000.get(marker)
    return known is not None and known(body, levels)


def _coded(body: bytes) -> bool:
    """Levels, code-blocks and transformation in five bytes; then a size for every resolution, or none."""
    return len(body) == 5 or (len(body) > 5 and len(body) == 6 + body[0])


def _quantized(body: bytes, levels: int) -> bool:
    """A step for every sub-band, or one for all."""
    if not body or levels < 0:
        return False
    bands = 3 * levels + 1
    return len(body) == 1 + {0: bands, 1: 2, 2: 2 * bands}.get(body[0] & 31, -1)


_FORMS_2000: dict[int, Callable[[bytes, int], bool]] = {
    SIZ: lambda body, _: len(body) > 36 and len(body) == 36 + 3 * int.from_bytes(body[34:36]),
    0x50: lambda body, _: len(body) == 4 + 2 * int.from_bytes(body[:4]).bit_count(),  # capabilities
    0x59: lambda body, _: len(body) == 2,  # profile of HTJ2K, in one word
    COD: lambda body, _: _coded(body[5:]) and bool(body[0] & 1) == (len(body) > 10),
    0x53: lambda body, _: _coded(body[2:]) and bool(body[1] & 1) == (len(body) > 7),
    0x5C: _quantized,
    0x5D: lambda body, levels: _quantized(body[1:], levels),
    0x5E: lambda body, _: len(body) == 3,  # region of interest
    0x5F: lambda body, _: len(body) % 7 == 0,  # order of progression
    0x64: lambda body, _: _of_encoder(body[2:]),
}


def _tile_parts(body: bytes) -> Iterator[tuple[int, int]]:
    """Tile (or -1) and length of the tile-parts that a TLM segment lists."""
    sizes = body[1] if len(body) > 1 else 0
    tile, length = sizes >> 4 & 3, 4 if sizes & 0x40 else 2
    for at in range(2, len(body), tile + length):
        number = int.from_bytes(body[at : at + tile]) if tile else -1
        yield number, int.from_bytes(body[at + tile : at + tile + length])


def _varints(data: Iterable[int]) -> Iterator[int]:
    """Numbers of seven bits a byte; the last byte of each has its first bit clear."""
    number = 0
    for byte in data:
        number = number << 7 | byte & 127
        if byte < 128:
            yield number
            number = 0
