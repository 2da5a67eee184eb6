"""Everything readable in a file, however deep: zip members, office parts, PDF text and properties, metadata.

Knows nothing of how things were cleaned. Yields pieces of text with the place they were found in; what cannot
be opened raises Unreadable, or is collected, because a file nobody could look into is not a pass.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

from pipeline.core import kinds
from pipeline.verify import archives, known, pictures, portable, texts
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
    "webp": pictures.webp,
    "dicom": pictures.dicom,
    "text": texts.read,
    "utf-16": texts.wide,
}
CLOSED = {  # kinds that nobody here can look into
    "7-Zip archive": "an archive that cannot be opened here; unpack it and give the folder",
    "RAR archive": "an archive that cannot be opened here; unpack it and give the folder",
    "sound": "sound; what is said in it cannot be searched",
    "video": "a film; what is shown and said in it cannot be searched",
    "unknown": "of a kind that nothing here can read, compressed, or encrypted",
    "sealed": "encrypted",
}
PICTURED = kinds.IMAGES | known.RASTERS | {"pdf"}


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
    kind = known.sniff(data)
    reader = READERS.get(kind)
    if reader is not None:
        yield from reader(data, place, walk, depth)
    elif kind != "empty":
        yield from runs(data, place)
    if walk.thorough and (why := CLOSED.get(_closed(kind, data, place))):
        raise Unreadable(f"{place}: {why}")
    if walk.look and kind in PICTURED and walk.pictured(place):
        yield from walk.look(data, place, kind)


def _closed(kind: str, data: bytes, place: str) -> str:
    """Bytes of no known kind are "unknown"; so is a text that goes on in other bytes. Fonts name nobody."""
    if kind in {"other", "text", "utf-16"}:
        if kind == "text" and known.sealed(data):
            return "sealed"
        return "" if known.nameless(data, place) or known.worded(data) else "unknown"
    return kind
