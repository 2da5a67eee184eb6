"""Everything readable in a file, however deep: zip members, office parts, PDF text and properties, metadata.

Knows nothing of how things were cleaned. Yields pieces of text with the place they were found in; what cannot
be opened raises Unreadable, or is collected, because a file nobody could look into is not a pass.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

from pipeline.core import kinds
from pipeline.verify import archives, pictures, portable, texts
from pipeline.verify.pieces import Piece, Skip, Unreadable, Walk, never, runs

Reader = Callable[[bytes, str, Walk, int], Iterator[Piece]]
READERS: dict[str, Reader] = {
    "zip": archives.zipped,
    "tar": archives.tarred,
    "packed": archives.packed,
    "compound": archives.compound,
    "pdf": portable.read,
    "png": pictures.png,
    "tiff": pictures.tiff,
    "jpeg": pictures.jpeg,
    "dicom": pictures.dicom,
    "text": texts.read,
    "utf-16": texts.wide,
}
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
)
CLOSED = {  # kinds that nobody here can look into
    "7-Zip archive": "an archive that cannot be opened here: unpack it and give the folder",
    "RAR archive": "an archive that cannot be opened here: unpack it and give the folder",
    "sound": "sound: what is said in it cannot be searched",
    "video": "a film: what is shown and said in it cannot be searched",
    "unknown": "compressed or encrypted in a way that cannot be opened here",
}
PICTURED = kinds.IMAGES | {"pdf"}
FONTS = (b"\0\1\0\0", b"OTTO", b"wOFF", b"wOF2", b"ttcf", b"true")
DENSE, SAMPLE = 7.5, 1 << 14  # bits per byte, and bytes, from which something is packed or encrypted


def pieces(path: Path, place: str, skip: Skip = never) -> Iterator[Piece]:
    """Every piece of text in a file, its name included. Raises Unreadable.

    `skip(place, content)` may pass over content that was searched before (a copy inside a second archive).
    """
    return walked(path, place, Walk(inside, skip))


def walked(path: Path, place: str, walk: Walk) -> Iterator[Piece]:
    """Every piece of text in a file, its name included, by a walk of one's own."""
    yield Piece(f"{place} (name)", place)
    yield from walk.into(path.read_bytes(), place, 0)


def inside(data: bytes, place: str, walk: Walk, depth: int) -> Iterator[Piece]:
    """Every piece of text in some bytes, by what they are. Raises Unreadable."""
    kind = sniff(data)
    reader = READERS.get(kind)
    if reader is not None:
        yield from reader(data, place, walk, depth)
    elif kind != "empty":
        yield from runs(data, place)
        if walk.thorough and (why := CLOSED.get(_unknown(data, place) if kind == "other" else kind)):
            raise Unreadable(f"{place}: {why}")
    if walk.look and kind in PICTURED:
        yield from walk.look(data, place, kind)


def sniff(data: bytes) -> str:
    """The kind of some bytes, with more kinds than a case may hold."""
    kind = kinds.sniff(data[: kinds.HEAD])
    if kind in {"other", "text"}:
        return next((name for magic, at, name in MORE if data[at : at + len(magic)] == magic), kind)
    return kind


def _unknown(data: bytes, place: str) -> str:
    """Bytes of no known kind that look packed or encrypted are "unknown"; fonts do too, and name nobody."""
    sample = data[:SAMPLE]
    if len(sample) < SAMPLE or data.startswith(FONTS) or place.endswith(".odttf"):
        return ""
    shares = (count / len(sample) for count in Counter(sample).values())
    return "unknown" if -sum(p * math.log2(p) for p in shares) > DENSE else ""
