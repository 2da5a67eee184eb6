"""Is every byte of a zip part of a listed file or of a header? Walked over the bytes themselves.

Readers of zips start at the end and jump, so whatever lies between, before or after is not seen by them.
"""

from __future__ import annotations

import struct
import zipfile
from collections.abc import Iterator
from typing import BinaryIO

# mark, version, flags, method, time, date, CRC, packed, size, length of name, of extra (APPNOTE 4.3.7)
LOCAL = struct.Struct("<4s5H3L2H")
ENTRY = struct.Struct("<4s6H3L5H2L")  # the directory's (APPNOTE 4.3.12)
END = struct.Struct("<4s4H2LH")  # APPNOTE 4.3.16
UTF8 = 1 << 11  # the name is UTF-8 (APPNOTE 4.4.4)
DESCRIPTORS = (0, 12, 16, 20, 24)  # bytes, with and without signature and zip64 (APPNOTE 4.3.9)
AROUND, BETWEEN = "bytes stand before or after the files", "bytes stand between the files"
DAMAGE = ("disagree", "cut off", "is not where")  # words for a directory that no program writes


def stored(archive: zipfile.ZipFile) -> bool:
    """Is nothing in it compressed? So casereport writes it; other programs compress when they pack again."""
    return all(i.compress_type == zipfile.ZIP_STORED for i in archive.infolist())


def strays(archive: zipfile.ZipFile, f: BinaryIO) -> str:
    """What is in the bytes `f` besides the files and headers, in words, or "".

    Of a zip that another program packed again, only bytes outside every record count; its headers may carry
    that program's extra fields. Raises ValueError or OSError for an offset that no file has.
    """
    return "; ".join(dict.fromkeys(_strays(archive, f, strict=stored(archive))))


def _strays(archive: zipfile.ZipFile, f: BinaryIO, *, strict: bool) -> Iterator[str]:
    size, at = f.seek(0, 2), 0
    for info in sorted(archive.infolist(), key=lambda i: i.header_offset):
        if info.header_offset not in _ends(at, strict):
            yield f"{abs(info.header_offset - at)} {BETWEEN if at else AROUND}"
        f.seek(info.header_offset)
        head = f.read(LOCAL.size)
        if len(head) < LOCAL.size:
            yield "a header is cut off"
            return
        mark, _, flags, method, time, date, crc, packed, full, name, extra = LOCAL.unpack(head)
        spelled = f.read(name).decode("utf-8" if flags & UTF8 else "cp437", "replace")
        if (mark, flags, method, spelled) != (
            b"PK\x03\x04",
            info.flag_bits,
            info.compress_type,
            info.orig_filename,
        ):
            yield "a header and the directory disagree"
        if strict and (crc, packed, full, info.compress_size) != (info.CRC, *[info.file_size] * 3):
            yield "a header and the directory disagree about a size"
        if strict and (extra or flags & ~UTF8 or _when(time, date) != info.date_time):
            yield "a header carries more than a package's does"
        at = info.header_offset + LOCAL.size + name + extra + info.compress_size
    yield from _directory(archive, f, at, size, strict=strict)


def _directory(archive: zipfile.ZipFile, f: BinaryIO, at: int, size: int, *, strict: bool) -> Iterator[str]:
    """The central directory and the end record, which must end where the file ends."""
    if archive.start_dir not in _ends(at, strict):  # 3.11 to 3.14 have it, though undocumented
        yield f"{abs(archive.start_dir - at)} {BETWEEN if at else AROUND}"
    at = archive.start_dir
    for _ in archive.infolist():
        f.seek(at)
        entry = f.read(ENTRY.size)
        if len(entry) < ENTRY.size:
            yield "the directory is cut off"
            return
        name, extra, comment = ENTRY.unpack(entry)[10:13]
        if strict and (extra or comment):
            yield "the directory carries more than a package's does"
        at += ENTRY.size + name + extra + comment
    f.seek(at)
    tail, count = f.read(END.size), len(archive.infolist())
    if len(tail) < END.size or tail[:4] != b"PK\x05\x06":
        if strict:
            yield "the directory is not where a package has it"
        return
    _, disk, first, here, listed, length, start, comment = END.unpack(tail)
    if after := size - at - END.size - comment:
        yield f"{after} {AROUND}"
    if strict and comment:
        yield f"{comment} {AROUND}"
    told = (disk, first, here, listed, length, start)
    if strict and told != (0, 0, count, count, at - archive.start_dir, archive.start_dir):
        yield "the end record and the directory disagree"


def _ends(at: int, strict: bool) -> tuple[int, ...]:
    """Where the next record may begin after data that ends at `at`."""
    return (at,) if strict or not at else tuple(at + more for more in DESCRIPTORS)


def _when(time: int, date: int) -> tuple[int, int, int, int, int, int]:
    """A DOS time (APPNOTE 4.4.6) as zipfile gives it."""
    return (
        (date >> 9) + 1980,
        date >> 5 & 15,
        date & 31,
        time >> 11,
        time >> 5 & 63,
        (time & 31) * 2,
    )
