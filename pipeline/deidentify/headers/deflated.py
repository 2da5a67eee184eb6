"""A deflated data set, unpacked piece by piece (PS3.5 A.5)."""

from __future__ import annotations

import os
import zlib
from pathlib import Path

from pipeline.core.picture import NoPictureError

PIECE = 1 << 16  # packed bytes read at once
MAX_INFLATED = 1 << 29  # bytes a deflated data set may grow to


def inflate(fd: int, at: int, target: Path) -> None:
    """Unpack what stands at `at` into `target`. Raises NoPictureError beyond MAX_INFLATED bytes."""
    unpacker, made = zlib.decompressobj(-zlib.MAX_WBITS), 0
    with target.open("wb") as out:
        while not unpacker.eof:
            packed = unpacker.unconsumed_tail or os.pread(fd, PIECE, at)
            if not packed:
                raise NoPictureError("IMG021")
            if not unpacker.unconsumed_tail:
                at += len(packed)
            try:
                piece = unpacker.decompress(packed, 1 << 20)
            except zlib.error:
                raise NoPictureError("IMG021") from None
            made += len(piece)
            if made > MAX_INFLATED:
                raise NoPictureError("IMG073", limit=MAX_INFLATED >> 20)
            out.write(piece)
