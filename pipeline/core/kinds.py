"""What a file is, by its first bytes and its end; never by its name. Decodes nothing."""

from __future__ import annotations

import os
import struct
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

IMAGES = {"dicom", "jpeg", "png", "tiff", "heic", "webp", "gif", "bmp"}
HEAD, TAIL = 1 << 16, 1 << 12  # bytes looked at

MAGIC = (
    (b"\xff\xd8\xff", "jpeg"),
    (b"\x89PNG\r\n\x1a\n", "png"),
    (b"II*\0", "tiff"),
    (b"MM\0*", "tiff"),
    (b"II+\0", "tiff"),
    (b"MM\0+", "tiff"),
    (b"GIF87a", "gif"),
    (b"GIF89a", "gif"),
    (b"%PDF-", "pdf"),
    (b"PK\x03\x04", "zip"),
    (b"\0\0\0\x0cjP  \r\n\x87\n", "jp2"),
    (b"\xff\x4f\xff\x51", "jp2"),
    (b"\x1aE\xdf\xa3", "video"),  # Matroska, WebM
    (b"0&\xb2u\x8ef\xcf\x11", "video"),  # Windows Media
    (b"\0\0\x01\xba", "video"),  # MPEG
    (b"\0\0\x01\xb3", "video"),
    (b"\0\0\x01\0", "icon"),
)
BMP_HEADERS = {12, 16, 40, 52, 56, 64, 108, 124}  # bytes of the second header of a BMP
TARGA_END = b"TRUEVISION-XFILE.\0"
LONG_VRS = set(b"OB OD OF OL OV OW SQ SV UC UN UR UT UV".split())  # their length takes 4 bytes
BYTE_ORDERS: dict[str, Literal["little", "big"]] = {"<": "little", ">": "big"}
MAX_FIRST = 1 << 12  # bytes of the first value of a file
AVIF_BRANDS = {b"avif", b"avis"}
HEVC_BRANDS = set(b"heic heix hevc hevx heim heis hevm hevs MiHE MiHB".split())
HEIF_BRANDS = AVIF_BRANDS | HEVC_BRANDS | {b"mif1", b"mif2", b"msf1", b"heif", b"miaf"}
MOVIE_BOXES = {b"ftyp", b"moov", b"mdat", b"wide"}  # what a film starts with: ISO 14496-12, QuickTime


@dataclass(frozen=True, slots=True)
class Look:
    """What a glance at a file tells."""

    kind: str
    whole: bool = True  # False: the format's own end mark is missing
    pixels: tuple[int, int] | None = None  # width, height where the header says so


def look(path: Path) -> Look:
    """Glance at a plain file. A link that appeared since it was listed is not followed (OSError)."""
    fd = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    with os.fdopen(fd, "rb") as f:
        head = f.read(HEAD)
        size = f.seek(0, os.SEEK_END)
        f.seek(max(0, size - TAIL))
        tail = f.read(TAIL)
    kind = sniff(head)
    if kind == "jpeg":
        return Look(kind, b"\xff\xd9" in tail, _jpeg_size(head))
    if kind == "png":
        size_px = struct.unpack(">II", head[16:24]) if len(head) >= 24 else None
        return Look(kind, b"IEND" in tail, size_px)
    if kind == "pdf":
        return Look(kind, b"%%EOF" in tail)
    return Look("targa" if kind == "other" and tail.endswith(TARGA_END) else kind)


def sniff(head: bytes) -> str:
    """The kind of a file from its first bytes."""
    if not head:
        return "empty"
    if head[128:132] == b"DICM" or _dicom_without_preamble(head):
        return "dicom"
    for start, kind in MAGIC:
        if head.startswith(start):
            return kind
    if head.startswith(b"BM") and int.from_bytes(head[14:18], "little") in BMP_HEADERS:
        return "bmp"
    if head[:4] == b"RIFF" and head[8:12] in (b"WEBP", b"AVI "):
        return "webp" if head[8:12] == b"WEBP" else "video"
    if brands(head) & HEIF_BRANDS:
        return "heic"
    if head[4:8] in MOVIE_BOXES and head[:1] == b"\0":
        return "video"
    try:
        text = head[: 1 << 12].decode("utf-8", errors="strict" if len(head) < 1 << 12 else "ignore")
    except UnicodeDecodeError:
        return "other"
    return "other" if any(c < " " and c not in "\t\n\r\f" for c in text) else "text"


def brands(head: bytes) -> set[bytes]:
    """What a file of boxes says it is: major brand and those it is compatible with (ISO 14496-12, 4.3)."""
    if head[4:8] != b"ftyp":
        return set()
    end = min(int.from_bytes(head[:4], "big"), len(head))
    return {head[8:12], *(head[at : at + 4] for at in range(16, end - 3, 4))}


def is_avif(path: Path) -> bool:
    """Whether a file of kind "heic" is coded in AV1 (AV1 Image File Format, 6)."""
    with path.open("rb") as f:
        said = brands(f.read(1 << 10))
    return bool(said & AVIF_BRANDS) and not said & HEVC_BRANDS


def _dicom_without_preamble(head: bytes) -> bool:
    """Old files start straight with a data set (PS3.10 allows readers to cope with it).

    Most start with something short at the beginning of group 0002 or 0008. Others count where a second
    element follows the first.
    """
    for order in "<>":
        tag, end = _element(head, 0, order)
        if tag >> 16 in (2, 8) and tag & 0xFFFF <= 0x18 and end <= 72:
            return True
        if tag >> 16 in (0, 2, 4, 8) and end <= MAX_FIRST and _element(head, end, order)[0] > tag:
            return True
    return False


def _element(head: bytes, at: int, order: str) -> tuple[int, int]:
    """Tag and end of a data element (PS3.5 7.1), explicit or implicit little endian; or (-1, 0)."""
    if len(head) < at + 8:
        return -1, 0
    group, number = struct.unpack_from(f"{order}HH", head, at)
    vr = head[at + 4 : at + 6]
    if vr.isalpha() and vr.isupper():
        if vr in LONG_VRS:
            start, length = at + 12, int.from_bytes(head[at + 8 : at + 12], BYTE_ORDERS[order])
        else:
            start, length = at + 8, struct.unpack_from(f"{order}H", head, at + 6)[0]
    elif order == "<":
        start, length = at + 8, int.from_bytes(head[at + 4 : at + 8], "little")
    else:
        return -1, 0
    return group << 16 | number, start + length


def _jpeg_size(head: bytes) -> tuple[int, int] | None:
    """Width and height from the first start-of-frame marker (ITU-T T.81, B.2.2) in the bytes looked at."""
    at = 2
    while at + 9 < len(head) and head[at] == 0xFF:
        marker, length = head[at + 1], struct.unpack(">H", head[at + 2 : at + 4])[0]
        if 0xC0 <= marker <= 0xCF and marker not in (0xC4, 0xC8, 0xCC):
            height, width = struct.unpack(">HH", head[at + 5 : at + 9])
            return width, height
        at += 2 + length
    return None
