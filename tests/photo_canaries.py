"""Pictures with a unique canary in every metadata slot their format has, and the hunt for what survives."""

from __future__ import annotations

import io
import re
import struct
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
from PIL import Image, ImageCms, PngImagePlugin, TiffImagePlugin

DATA = Path(__file__).parent / "data"
SHAPE = re.compile(r"Zq[A-Z]{2}\d{4}w")


class Slots:
    """Hands out canaries and remembers where each was planted."""

    def __init__(self, family: str) -> None:
        self._family = family
        self.planted: dict[str, str] = {}

    def __call__(self, where: str) -> str:
        canary = f"Zq{self._family}{len(self.planted) + 1:04d}w"
        self.planted[where] = canary
        return canary

    def raw(self, where: str) -> bytes:
        return self(where).encode()


def picture(seed: int = 0, size: tuple[int, int] = (160, 120)) -> Image.Image:
    """A soft colour gradient: nothing a detector could take for text or a face."""
    y, x = np.mgrid[: size[1], : size[0]]
    red = 150 + 60 * np.sin(x / 40 + seed)
    green = 120 + 40 * np.cos(y / 35 + seed)
    return Image.fromarray(np.stack([red, green, 130 + 0 * x], axis=2).astype(np.uint8))


def encoded(image: Image.Image, form: str, **how: object) -> bytes:
    out = io.BytesIO()
    image.save(out, form, **how)
    return out.getvalue()


def profile(canary: str) -> bytes:
    """An sRGB profile whose description holds a canary (13 UTF-16 characters in the place of its name)."""
    made = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    name = "sRGB built-in".encode("utf-16-be")
    assert name in made
    return made.replace(name, canary.ljust(13)[:13].encode("utf-16-be"))


# --- Exif and TIFF directories ------------------------------------------------------------------------------


def directory(entries: dict[int, tuple[int, bytes]], at: int, after: int = 0) -> bytes:
    """One little-endian TIFF directory at `at`: tag -> (type, value as bytes); long values behind it."""
    sizes = {1: 1, 2: 1, 3: 2, 4: 4, 5: 8, 7: 1}
    rows, behind = b"", b""
    start = at + 2 + 12 * len(entries) + 4
    for tag, (kind, value) in sorted(entries.items()):
        count = len(value) // sizes[kind]
        if len(value) <= 4:
            rows += struct.pack("<HHI", tag, kind, count) + value.ljust(4, b"\0")
        else:
            rows += struct.pack("<HHII", tag, kind, count, start + len(behind))
            behind += value + b"\0" * (len(value) % 2)
    return struct.pack("<H", len(entries)) + rows + struct.pack("<I", after) + behind


def exif(slot: Slots, orientation: int = 1) -> bytes:
    """An Exif block: descriptive fields, camera fields, a maker note, GPS and a thumbnail with a comment."""
    text = {270: "description", 271: "make", 272: "model", 305: "software", 315: "artist", 33432: "copyright"}
    main = {tag: (2, slot.raw(f"exif {name}") + b"\0") for tag, name in text.items()}
    main[274] = (3, struct.pack("<H", orientation))
    main[40093] = (1, slot("exif XPAuthor").encode("utf-16-le"))
    inner = {
        tag: (2, slot.raw(f"exif {name}") + b"\0")
        for tag, name in {36867: "taken", 42016: "unique id", 42032: "owner", 42033: "body serial"}.items()
    }
    inner[37500] = (7, b"Maker\0" + slot.raw("maker note"))
    inner[37510] = (7, b"ASCII\0\0\0" + slot.raw("user comment"))
    gps = {tag: (2, slot.raw(f"gps {tag}") + b"\0") for tag in (8, 18, 29)}
    gps |= {2: (5, struct.pack("<6I", 31, 1, 38, 1, 5, 1)), 27: (7, b"ASCII\0\0\0" + slot.raw("gps method"))}
    thumb = encoded(picture(3, (32, 24)), "JPEG", comment=slot.raw("exif thumbnail"))
    at = 8
    main |= {34665: (4, b"\0" * 4), 34853: (4, b"\0" * 4)}
    sub_at = at + len(directory(main, at))
    gps_at = sub_at + len(directory(inner, sub_at))
    next_at = gps_at + len(directory(gps, gps_at))
    small = {259: (3, struct.pack("<H", 6)), 513: (4, b"\0" * 4), 514: (4, struct.pack("<I", len(thumb)))}
    small[513] = (4, struct.pack("<I", next_at + len(directory(small, next_at))))
    main |= {34665: (4, struct.pack("<I", sub_at)), 34853: (4, struct.pack("<I", gps_at))}
    parts = directory(main, at, next_at) + directory(inner, sub_at) + directory(gps, gps_at)
    return b"II*\0\x08\0\0\0" + parts + directory(small, next_at) + thumb


def photoshop(slot: Slots) -> bytes:
    """Image resources: IPTC with two data sets, a thumbnail, a caption."""
    sets = b"".join(
        b"\x1c\x02" + bytes([number]) + struct.pack(">H", 9) + slot.raw(f"iptc {number}")
        for number in (80, 120)
    )
    thumb = encoded(picture(4, (32, 24)), "JPEG", comment=slot.raw("photoshop thumbnail"))
    rows = {0x0404: sets, 0x040C: b"\0" * 28 + thumb, 0x03F0: slot.raw("photoshop caption")}
    out = b""
    for number, value in rows.items():
        out += b"8BIM" + struct.pack(">HHI", number, 0, len(value)) + value + b"\0" * (len(value) % 2)
    return out


def xmp(slot: Slots, where: str = "xmp") -> bytes:
    words = f'<rdf:Description xmlns:dc="http://purl.org/dc/elements/1.1/" dc:creator="{slot(where)}"/>'
    return f'<x:xmpmeta xmlns:x="adobe:ns:meta/">{words}</x:xmpmeta>'.encode()


def video(slot: Slots) -> bytes:
    """The boxes of a short MP4, as motion photos append it."""
    body = slot.raw("video")
    return (
        struct.pack(">I4s8s", 16, b"ftyp", b"mp42mp42") + struct.pack(">I4s", 8 + len(body), b"mdat") + body
    )


# --- the formats --------------------------------------------------------------------------------------------


def jpeg() -> tuple[bytes, dict[str, str]]:
    slot = Slots("JP")
    plain = encoded(picture(), "JPEG", quality=92)

    def segment(marker: int, body: bytes) -> bytes:
        return struct.pack(">BBH", 0xFF, marker, len(body) + 2) + body

    extended = b"http://ns.adobe.com/xmp/extension/\0" + b"A" * 32 + struct.pack(">II", 40, 0)
    parts = [
        segment(0xE0, b"JFXX\0\x10" + encoded(picture(2, (16, 16)), "JPEG", comment=slot.raw("jfxx"))),
        segment(0xE1, b"Exif\0\0" + exif(slot)),
        segment(0xE1, b"http://ns.adobe.com/xap/1.0/\0" + xmp(slot)),
        segment(0xE1, extended + slot.raw("extended xmp")),
        segment(0xE2, b"ICC_PROFILE\0\x01\x01" + profile(slot("icc"))),
        segment(0xED, b"Photoshop 3.0\0" + photoshop(slot)),
        segment(0xE4, slot.raw("app4")),
        segment(0xEA, b"AROT" + slot.raw("app10")),
        segment(0xEB, b"JP\0\x01" + slot.raw("app11")),
        segment(0xEC, b"Ducky" + slot.raw("app12")),
        segment(0xFE, slot.raw("comment")),
        segment(0xFE, slot("comment utf-16").encode("utf-16-le")),
    ]
    second = encoded(picture(5), "JPEG", comment=slot.raw("second image"))
    tail = second + video(slot) + slot.raw("trailer")
    return plain[:2] + b"".join(parts) + plain[2:] + tail, slot.planted


def png() -> tuple[bytes, dict[str, str]]:
    slot = Slots("PN")
    info = PngImagePlugin.PngInfo()
    info.add_text("Author", slot("tEXt"))
    info.add_text("Comment", slot("zTXt") * 9, zip=True)
    info.add_itxt("Title", slot("iTXt"), "en", slot("iTXt translated keyword"))
    info.add_itxt("Description", slot("iTXt compressed") * 9, zip=True)
    info.add_itxt("XML:com.adobe.xmp", xmp(slot).decode())
    info.add_text("Raw profile type iptc", f"\niptc\n       9\n{slot.raw('raw profile').hex()}\n")
    info.add(b"tIME", struct.pack(">H5B", 2024, 3, 12, 10, 5, 1))
    info.add(b"sPLT", slot.raw("sPLT") + b"\0\x08" + b"\1\2\3\4\0\1")
    info.add(b"prVt", slot.raw("private"))
    info.add(b"caBX", slot.raw("c2pa"))
    made = encoded(picture(), "PNG", pnginfo=info, icc_profile=profile(slot("icc")), exif=exif(slot))
    late = slot.raw("private after the pixels")
    chunk = struct.pack(">I", len(late)) + b"laTe" + late + struct.pack(">I", zlib.crc32(b"laTe" + late))
    return made[:-12] + chunk + made[-12:] + slot.raw("trailer"), slot.planted


def tiff() -> tuple[bytes, dict[str, str]]:
    slot = Slots("TI")

    def info(page: int) -> TiffImagePlugin.ImageFileDirectory_v2:
        tags = TiffImagePlugin.ImageFileDirectory_v2()
        for tag in (269, 270, 271, 272, 285, 305, 306, 315, 316, 33432, 65001):
            tags[tag] = slot(f"page {page} tag {tag}")
            tags.tagtype[tag] = 2
        for tag, value in (
            (700, xmp(slot, f"page {page} xmp")),
            (33723, b"\x1c\x02\x50\x00\x09" + slot.raw(f"page {page} iptc")),
            (34377, photoshop(slot) if page == 1 else slot.raw("page 2 photoshop")),
            (37724, slot.raw(f"page {page} layers")),
            (65000, slot.raw(f"page {page} private")),
            (40092, slot(f"page {page} XPComment").encode("utf-16-le")),
        ):
            tags[tag] = value
            tags.tagtype[tag] = 1 if tag in (700, 34377, 40092) else 7
        return tags

    out = io.BytesIO()
    first, second = picture(), picture(6)
    second.encoderinfo = {"tiffinfo": info(2)}
    first.save(
        out, "TIFF", tiffinfo=info(1), save_all=True, append_images=[second], icc_profile=profile(slot("icc"))
    )
    return out.getvalue() + slot.raw("trailer"), slot.planted


def webp() -> tuple[bytes, dict[str, str]]:
    slot = Slots("WE")
    made = encoded(
        picture(), "WEBP", quality=90, exif=exif(slot), xmp=xmp(slot), icc_profile=profile(slot("icc"))
    )
    extra = slot.raw("private chunk") + b"\0"
    made += b"PRIV" + struct.pack("<I", len(extra)) + extra
    return made[:4] + struct.pack("<I", len(made) - 8) + made[8:] + slot.raw("trailer"), slot.planted


def gif() -> tuple[bytes, dict[str, str]]:
    slot = Slots("GI")
    made = encoded(picture().quantize(16), "GIF", comment=slot.raw("comment"))
    more = b"".join(
        b"\x21" + label + bytes([len(head)]) + head + bytes([len(body)]) + body + b"\0"
        for label, head, body in (
            (b"\xff", b"XMP DataXMP", slot.raw("xmp")),
            (b"\xff", b"ZZTESTZZ1.0", slot.raw("application")),
            (b"\x01", b"\0" * 12, slot.raw("plain text")),
        )
    )
    return made[:-1] + more + made[-1:] + slot.raw("trailer"), slot.planted


def bmp() -> tuple[bytes, dict[str, str]]:
    slot = Slots("BM")
    made = encoded(picture(), "BMP")
    gap = slot.raw("gap") + b"\0" * 3
    start = struct.unpack("<I", made[10:14])[0]
    moved = made[:10] + struct.pack("<I", start + len(gap)) + made[14:start] + gap + made[start:]
    return moved + slot.raw("trailer"), slot.planted


def heic() -> tuple[bytes, dict[str, str]]:
    """canaries.heic, which bench/photos.py --heic wrote; the slots it has and two boxes at its end."""
    slot = Slots("XX")
    made = (DATA / "canaries.heic").read_bytes()
    planted = {f"in the file {n}": c for n, c in enumerate(sorted(set(hunted(made))), 1)}
    body = slot.raw("private box")
    made += struct.pack(">I4s", 8 + len(body), b"uuid") + body + slot.raw("trailer")
    return made, planted | slot.planted


FORMATS: dict[str, Callable[[], tuple[bytes, dict[str, str]]]] = {
    "jpeg": jpeg,
    "png": png,
    "tiff": tiff,
    "heic": heic,
    "webp": webp,
    "gif": gif,
    "bmp": bmp,
}


# --- the hunt -----------------------------------------------------------------------------------------------


def _readings(data: bytes) -> Iterator[bytes]:
    """The bytes, all that zlib can inflate in them and hexadecimal written out, each also as UTF-16."""
    parts = [data]
    for at in re.finditer(rb"\x78[\x01\x5e\x9c\xda]", data):
        try:
            parts.append(zlib.decompressobj().decompress(data[at.start() :], 1 << 24))
        except zlib.error:
            continue
    chunks = [m for m in re.finditer(b"IDAT", data) if m.start() >= 4]
    if chunks:
        lengths = [struct.unpack(">I", data[m.start() - 4 : m.start()])[0] for m in chunks]
        whole = b"".join(data[m.end() : m.end() + n] for m, n in zip(chunks, lengths, strict=True))
        parts.append(zlib.decompress(whole))
    for part in parts:
        yield part
        yield part[::2]
        yield part[1::2]
        yield from (bytes.fromhex(m[0].decode()) for m in re.finditer(rb"(?:[0-9a-f]{2}){9,4096}", part))


def hunted(data: bytes) -> list[str]:
    """Every canary that can still be read in `data`."""
    found = (m for reading in _readings(data) for m in SHAPE.findall(reading.decode("latin-1")))
    return sorted(set(found))
