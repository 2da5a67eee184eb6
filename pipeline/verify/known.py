"""What some bytes are: the kinds that a case may hold, and those that only others' files are."""

from __future__ import annotations

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
)


def sniff(data: bytes) -> str:
    """The kind of some bytes, with more kinds than a case may hold."""
    kind = kinds.sniff(data[: kinds.HEAD])
    if kind in {"other", "text"}:
        return next((name for magic, at, name in MORE if data[at : at + len(magic)] == magic), kind)
    return kind
