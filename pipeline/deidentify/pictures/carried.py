"""What a photograph's file carries beside its pixels, counted by class; no value is read out or returned.

For the report only: the copy is made from pixels and does not depend on it. A scan of the container, so a
damaged file ends it early instead of failing: the decoder is who refuses files.
"""

from __future__ import annotations

import mmap
import re
import struct
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

from pipeline.core import kinds, resources

RULES = "templates/rules/photographs.yaml"
MOST = 100_000  # parts of one container that are looked at
DIRECTORIES = 2_000  # of a TIFF
JPEG_START, VIDEO = b"\xff\xd8\xff", b"ftyp"
EXIF, SUB, GPS, MAKER, INTEROP = 34665, 330, 34853, 37500, 40965  # TIFF tags that lead elsewhere
REDUCED, PHOTOMETRIC, DNG = 254, 262, 50706  # NewSubfileType, what samples mean, DNGVersion
SENSOR = {32803, 34892}  # CFA and LinearRaw (TIFF/EP; DNG 1.7): what a sensor saw, not a picture yet
SIZES = {
    1: 1,
    2: 1,
    3: 2,
    4: 4,
    5: 8,
    6: 1,
    7: 1,
    8: 2,
    9: 4,
    10: 8,
    11: 4,
    12: 8,
    13: 4,
    16: 8,
    17: 8,
    18: 8,
}


@dataclass(slots=True)
class Carried:
    """Counts by class, whether the pixels were compressed with loss, whether they are those of a sensor."""

    removed: Counter[str] = field(default_factory=Counter)
    lossy: bool = False
    raw: bool = False


def scan(path: Path, kind: str) -> Carried:
    """What the file of `kind` (core.kinds) carries. Run in the worker."""
    found = Carried(lossy=kind in {"jpeg", "heic"})
    if not path.stat().st_size:
        return found
    with path.open("rb") as f, mmap.mmap(f.fileno(), 0, access=mmap.ACCESS_READ) as data:
        try:
            _SCANS[kind](data, found)
        except (struct.error, IndexError):  # cut short: what was seen so far is said
            found.removed["damaged part"] += 1
    if kind == "heic":
        _heic_items(path, found)
    found.removed = Counter({name: count for name, count in sorted(found.removed.items()) if name and count})
    return found


@cache
def _rules() -> dict[str, Any]:
    table: dict[str, Any] = resources.data(RULES)
    return table


@cache
def _class_of(group: str) -> dict[Any, str]:
    """A table of the rules turned round: member -> class."""
    return {member: name for name, members in _rules()[group].items() for member in members}


def _rest(data: Any, at: int, found: Carried, known: bytes = b"") -> None:
    """What follows the end of the picture: other images, a video, anything else."""
    rest = data[at : at + (64 << 20)]
    if not rest.strip(b"\0") or rest == known:
        return
    if video := rest.count(VIDEO):
        found.removed["video"] += video
    images = len(re.findall(re.escape(JPEG_START) + b"[\xc0-\xfe]", rest))
    if images:
        found.removed["second image"] += images
    if not (video or images):
        found.removed["trailing bytes"] += len(data) - at


# --- JPEG -----------------------------------------------------------------------------------------------


def _jpeg(data: Any, found: Carried) -> None:
    at, end_of_scan = 2, re.compile(rb"\xff[^\x00\xd0-\xd7\xff]")
    for _ in range(MOST):
        while data[at] == 0xFF and data[at + 1] == 0xFF:  # fill bytes, T.81 B.1.1.2
            at += 1
        marker = data[at + 1]
        if data[at] != 0xFF or marker == 0xD9:
            break
        length = struct.unpack(">H", data[at + 2 : at + 4])[0]
        body = data[at + 4 : at + 2 + length]
        if 0xE0 <= marker <= 0xEF or marker == 0xFE:
            _segment(marker, body, found)
        at += 2 + length
        if marker == 0xDA:  # entropy-coded data up to the next marker
            following = end_of_scan.search(data, at)
            if following is None:
                return
            at = following.start()
    _rest(data, at + 2, found)


def _segment(marker: int, body: bytes, found: Carried) -> None:
    rows = (r for r in _rules()["jpeg_segments"] if r["marker"] == marker)
    row = next((r for r in rows if body.startswith(r["start"].encode("ascii"))), None)
    name = row["class"] if row else "application segment"
    if name == "exif":
        _exif(body[6:], found)
    elif name == "photoshop":
        _photoshop(body[14:], found)
    else:
        found.removed[name] += 1


def _photoshop(body: bytes, found: Carried) -> None:
    """Image resources (Photoshop File Formats, Image Resources Section): IPTC, thumbnails, others."""
    at = 0
    while body[at : at + 4] == b"8BIM":
        number = struct.unpack(">H", body[at + 4 : at + 6])[0]
        at += 6 + (body[at + 6] + 2) // 2 * 2  # a name, padded to even with its length
        size = struct.unpack(">I", body[at : at + 4])[0]
        at += 4 + size + size % 2
        found.removed[
            {0x0404: "iptc", 0x0409: "thumbnail", 0x040C: "thumbnail"}.get(number, "photoshop")
        ] += 1


# --- TIFF and Exif --------------------------------------------------------------------------------------


def _exif(blob: bytes, found: Carried) -> None:
    """An Exif block: fields, GPS fields, a maker note, and in its second directory a thumbnail."""
    for n, (tag, _where, _value) in enumerate(_fields(blob, Counter(), follow=(EXIF, GPS, INTEROP))):
        if n > MOST:
            break
        if tag == 513:
            found.removed["thumbnail"] += 1
        elif _where == GPS:
            found.removed["gps"] += 1
        elif tag == MAKER:
            found.removed["maker note"] += 1
        elif tag not in (EXIF, GPS, INTEROP):
            found.removed["exif"] += 1


def _tiff(data: Any, found: Carried) -> None:
    classes, technical = _class_of("tiff_classes"), frozenset(_rules()["tiff_technical"])
    ends: Counter[str] = Counter()
    first: dict[int, int] = {}  # of the first directory
    found.raw = data[8:10] == b"CR"  # Canon's mark behind the header
    for tag, where, value in _fields(data, ends, follow=(EXIF, GPS, SUB, INTEROP)):
        if where == 0:
            first.setdefault(tag, value)
        found.raw |= tag == DNG or (tag == PHOTOMETRIC and value in SENSOR)
        if tag == SUB:
            found.removed["second image"] += max(1, value)
        elif where in (EXIF, INTEROP):
            found.removed["maker note" if tag == MAKER else "exif"] += 1
        elif where == GPS:
            found.removed["gps"] += 1
        elif where == SUB or tag in technical:
            found.lossy |= tag == 259 and value in (6, 7, 34892)  # JPEG, lossy DNG
        elif tag not in (EXIF, GPS, INTEROP):
            found.removed[classes.get(tag, "private tag")] += 1
    found.raw |= SUB in first and bool(first.get(REDUCED, 0) & 1)  # the picture shown is only a preview
    if ends["end"] < len(data) - 16:
        _rest(data, ends["end"], found)


def _fields(data: Any, ends: Counter[str], follow: tuple[int, ...]) -> Iterator[tuple[int, int, int]]:
    """Every field of every directory: tag, the tag that led to its directory (0: the file), value or count.

    `ends["end"]` becomes the last byte that any field, strip or tile uses. TIFF 6.0, 2; BigTIFF too.
    """
    order = "<" if data[:2] == b"II" else ">"
    big = struct.unpack(order + "H", data[2:4])[0] == 43
    word, size = (order + "Q", 8) if big else (order + "I", 4)
    counted, row = (order + "Q", 20) if big else (order + "H", 12)
    waiting = [(struct.unpack(word, data[8 if big else 4 :][:size])[0], 0)]
    seen: set[int] = set()
    while waiting and len(seen) < DIRECTORIES:
        at, where = waiting.pop()
        if at in seen or not at:
            continue
        seen.add(at)
        head = struct.calcsize(counted)
        count = struct.unpack(counted, data[at : at + head])[0]
        at += head
        spans: dict[int, list[int]] = {}
        for n in range(min(count, MOST)):
            entry = data[at + n * row : at + (n + 1) * row]
            tag, kind = struct.unpack(order + "HH", entry[:4])
            many = struct.unpack(word, entry[4 : 4 + size])[0]
            long = many * SIZES.get(kind, 1)
            start = at + n * row + 4 + size if long <= size else struct.unpack(word, entry[-size:])[0]
            ends["end"] = max(ends["end"], start + long if start + long <= len(data) else 0)
            values = _numbers(data, start, kind, min(many, MOST), order)
            if tag in follow:
                waiting += [(offset, tag) for offset in values[:64]]
            if tag in (273, 279, 324, 325, 513, 514):  # strips, tiles, a JPEG stream: offsets and lengths
                spans[tag] = values
            yield tag, where, (many if tag == SUB else values[0] if values else 0)
        after = at + count * row
        ends["end"] = max(ends["end"], after + size)
        for offsets, lengths in ((273, 279), (324, 325), (513, 514)):
            for offset, length in zip(spans.get(offsets, []), spans.get(lengths, []), strict=False):
                ends["end"] = max(ends["end"], offset + length)
        if where in (0, SUB):
            waiting.append((struct.unpack(word, data[after : after + size])[0], where))


def _numbers(data: Any, at: int, kind: int, many: int, order: str) -> list[int]:
    letter = {3: "H", 4: "I", 13: "I", 16: "Q", 18: "Q"}.get(kind)
    if letter is None or at + many * SIZES[kind] > len(data):
        return []
    return list(struct.unpack(f"{order}{many}{letter}", data[at : at + many * SIZES[kind]]))


# --- the others -----------------------------------------------------------------------------------------


def _png(data: Any, found: Carried) -> None:
    at, classes = 8, _class_of("png_chunks")
    for _ in range(MOST):
        length = struct.unpack(">I", data[at : at + 4])[0]
        name = data[at + 4 : at + 8]
        body = at + 8
        word = classes.get(name.decode("latin-1"), "private chunk")
        key = data[body : body + 40]
        if name == b"eXIf":
            _exif(data[body : body + length], found)
        elif word == "text" and b"xmp" in key.lower():
            found.removed["xmp"] += 1
        elif word == "text" and key.startswith(b"Raw profile type "):
            found.removed["exif" if b"exif" in key or b"APP1" in key else "iptc"] += 1
        else:
            found.removed[word] += 1
        at = body + length + 4
        if name == b"IEND":
            break
    _rest(data, at, found)


def _webp(data: Any, found: Carried) -> None:
    end = min(8 + struct.unpack("<I", data[4:8])[0], len(data))
    at, classes = 12, _class_of("webp_chunks")
    while at + 8 <= end:
        name, length = data[at : at + 4], struct.unpack("<I", data[at + 4 : at + 8])[0]
        if name == b"EXIF":
            blob = data[at + 8 : at + 8 + length]
            _exif(blob.removeprefix(b"Exif\0\0"), found)
        else:
            found.removed[classes.get(name.decode("latin-1"), "private chunk")] += 1
        found.lossy |= name == b"VP8 " or (name == b"ANMF" and data[at + 24 : at + 28] == b"VP8 ")
        at += 8 + length + length % 2
    _rest(data, end + end % 2, found)


def _gif(data: Any, found: Carried) -> None:
    classes, technical = _class_of("gif_classes"), _rules()["gif_technical"]
    at = 13 + (3 << ((data[10] & 7) + 1) if data[10] & 0x80 else 0)
    for _ in range(MOST):
        if data[at] == 0x2C:  # an image: its own palette, then its blocks
            at += 11 + (3 << ((data[at + 9] & 7) + 1) if data[at + 9] & 0x80 else 0)
        elif data[at] == 0x21:
            label, name = data[at + 1], data[at + 3 : at + 14].decode("latin-1")
            if label == 0xFE:
                found.removed["comment"] += 1
            elif label == 0x01:
                found.removed["text"] += 1
            elif label == 0xFF and name not in technical:
                found.removed[classes.get(name, "application data")] += 1
            at += 2
        else:
            break
        while data[at]:
            at += 1 + data[at]
        at += 1
    _rest(data, at + 1, found)


def _bmp(data: Any, found: Carried) -> None:
    """Between header and pixels only a palette belongs; after the pixels nothing, or a profile (V5)."""
    start, header = struct.unpack("<I", data[10:14])[0], struct.unpack("<I", data[14:18])[0]
    if header < 40:
        return
    width, height, _, bits, packed = struct.unpack("<iiHHI", data[18:34])
    colours = struct.unpack("<I", data[46:50])[0] or (1 << bits if bits <= 8 else 0)
    gap = start - (14 + header + 4 * min(colours, 256) + (12 if packed == 3 and header == 40 else 0))
    if gap > 0:
        found.removed["gap bytes"] += gap
    if header >= 124 and struct.unpack("<I", data[70:74])[0] in (0x4D424544, 0x4C494E4B):
        found.removed["icc"] += 1
    if packed in (0, 3):
        _rest(data, start + (width * bits + 31) // 32 * 4 * abs(height), found)


def _boxes(data: Any, found: Carried) -> None:
    """Top-level boxes of HEIF and AVIF (ISO 14496-12, 4.2)."""
    at = 0
    for _ in range(MOST):
        if at + 8 > len(data):
            break
        size, name = struct.unpack(">I4s", data[at : at + 8])
        if size == 1:
            size = struct.unpack(">Q", data[at + 8 : at + 16])[0]
        size = size or len(data) - at
        if size < 8 or at + size > len(data):
            _rest(data, at, found)
            break
        if name in (b"moov", b"ftyp") and at:
            found.removed["video"] += 1
        elif name not in (b"ftyp", b"meta", b"mdat", b"idat", b"free", b"skip", b"moof", b"wide"):
            found.removed["private box"] += 1
        at += size


def _heic_items(path: Path, found: Carried) -> None:
    """Items of a HEIF as libheif lists them; an AVIF is read by Pillow."""
    import pi_heif
    from PIL import Image

    try:
        images = (
            [Image.open(path, formats=("AVIF",))] if kinds.is_avif(path) else list(pi_heif.open_heif(path))
        )
    except Exception:  # the decoder refuses it as well, in our words
        found.removed["damaged part"] += 1
        return
    found.removed["second image"] += len(images) - 1
    for image in images:
        info = image.info
        if blob := info.get("exif"):
            _exif(blob.removeprefix(b"Exif\0\0"), found)
        found.removed["xmp"] += bool(info.get("xmp"))
        found.removed["icc"] += bool(info.get("icc_profile"))
        found.removed["text"] += len(info.get("metadata") or ())
        found.removed["thumbnail"] += len(info.get("thumbnails") or ())
        found.removed["gain map"] += sum(len(ids) for ids in (info.get("aux") or {}).values())
        found.removed["depth map"] += len(info.get("depth_images") or ())


_SCANS = {
    "jpeg": _jpeg,
    "png": _png,
    "tiff": _tiff,
    "webp": _webp,
    "gif": _gif,
    "bmp": _bmp,
    "heic": _boxes,
}
