"""What some bytes are: the kinds that a case may hold, and those that only others' files are."""

from __future__ import annotations

import re
import string

from pipeline.core import kinds

MORE = (  # beside core.kinds, which knows what a case may hold
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", 0, "compound"),
    (b"\x1f\x8b", 0, "packed"),
    (b"BZh", 0, "packed"),
    (b"\xfd7zXZ\0", 0, "packed"),
    (b"ustar", 257, "tar"),
    (b"7z\xbc\xaf\x27\x1c", 0, "7-Zip archive"),
    (b"Rar!\x1a\x07", 0, "RAR archive"),
    (b"OggS", 0, "sound"),
    (b"ID3", 0, "sound"),
    (b"fLaC", 0, "sound"),
    (b"WAVE", 8, "sound"),
    (b"#!AMR", 0, "sound"),
    (b"\xff\xfe", 0, "utf-16"),
    (b"\xfe\xff", 0, "utf-16"),
    (b"8BPS", 0, "raster"),  # Photoshop
)
RASTERS = {"jp2", "icon", "raster"}  # pictures that no case may hold; their pixels can be read
NETPBM = re.compile(rb"P[456]\s+(?:#[^\n]*\s+)?\d{1,6}\s+(?:#[^\n]*\s+)?\d{1,6}\s")
PAINTBRUSH = re.compile(rb"\x0a[\x00-\x05][\x00\x01][\x01\x02\x04\x08]", re.DOTALL)
TARGA_END = b"TRUEVISION-XFILE.\0"
SEALED = (  # texts that are encrypted bytes: RFC 9580, age v1, `openssl enc -a`, RFC 8551
    re.compile(rb"^-----BEGIN (?:PGP MESSAGE|AGE ENCRYPTED FILE|PKCS7|CMS)-----|^U2FsdGVkX1", re.MULTILINE),
    re.compile(rb"^Content-Type:\s*application/(?:x-)?pkcs7-mime", re.MULTILINE | re.IGNORECASE),
)
FONTS = (b"\0\1\0\0", b"OTTO", b"wOFF", b"wOF2", b"ttcf", b"true")
NAMELESS = (".odttf", ".fntdata")  # fonts in Office files, scrambled or wrapped (ECMA-376 part 1, 15.2.13)
PRINTER = re.compile(r"/printerSettings\d*\.bin$")
FEW = 0.02  # of a text: control characters, which a form feed or a bell may be
CONTROLS = bytes(c for c in range(32) if c not in b"\t\n\v\f\r")
ASCII = string.printable.encode()


def sniff(data: bytes) -> str:
    """The kind of some bytes, with more kinds than a case may hold."""
    kind = kinds.sniff(data[: kinds.HEAD])
    if kind in {"other", "text"}:
        if NETPBM.match(data) or PAINTBRUSH.match(data) or data.endswith(TARGA_END):
            return "raster"
        return next((name for magic, at, name in MORE if data[at : at + len(magic)] == magic), kind)
    return kind


def sealed(data: bytes) -> bool:
    """Whether a text is a cipher written in letters."""
    return any(rule.search(data) for rule in SEALED)


def nameless(data: bytes, place: str) -> bool:
    """Whether bytes are a part that is no text and says nothing else: a font, a colour profile, a printer."""
    profile = data[36:40] == b"acsp" and data[:4] == len(data).to_bytes(4, "big")  # ICC.1:2022, 7.2
    inside = " › " in place and (place.endswith(NAMELESS) or bool(PRINTER.search(place)))
    return profile or inside or data.startswith(FONTS) or data[4:8] == b"Bud1"  # what a Mac leaves in folders


def worded(data: bytes) -> bool:
    """Whether bytes are text: UTF-8, UTF-16 without its mark, or Latin letters in an encoding of 8 bits."""
    odd = len(data) - len(data.translate(None, CONTROLS))
    try:
        data.decode("utf-8")
        return odd <= FEW * len(data) or _wide(data)
    except UnicodeDecodeError:
        return (not odd and len(data.translate(None, ASCII)) <= 0.25 * len(data)) or _wide(data)


def _wide(data: bytes) -> bool:
    """UTF-16 of letters with few signs of other blocks between them."""
    for order in ("utf-16-le", "utf-16-be"):
        text = data[: len(data) // 2 * 2].decode(order, "replace")
        known = sum(
            (c.isprintable() and (c < "\u0300" or "\u0900" <= c < "\u0e00")) or c.isspace() for c in text
        )
        if known >= 0.9 * len(text) and len(data) % 2 == 0:
            return True
    return False
