"""Files in files: zip, tar, gzip and its like, and the compound files of old Office and of Outlook."""

from __future__ import annotations

import bz2
import io
import lzma
import struct
import tarfile
import zipfile
import zlib
from collections.abc import Callable, Iterator
from typing import Any

from pipeline.verify import container
from pipeline.verify.pieces import MAX_BYTES, Piece, Unreadable, Walk, runs

PACKED_MOST = 1 << 30  # bytes that one gzip, bzip2 or xz stream may unpack to


def zipped(data: bytes, place: str, walk: Walk, depth: int) -> Iterator[Piece]:
    """Members, their names, comments and extra fields; and the bytes around them (APPNOTE 4.3)."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            members = archive.infolist()
            if sum(m.file_size for m in members) > MAX_BYTES:
                raise Unreadable(f"{place}: unpacks to more than {MAX_BYTES >> 30} GB")
            yield from runs(archive.comment, f"{place} (comment)")
            for member in members:
                here = f"{place} › {member.filename}"
                yield Piece(f"{here} (name)", member.filename)
                yield from runs(member.comment + b"\n" + member.extra, f"{here} (comment)")
                if why := _closed(member):
                    walk.miss(f"{here}: {why}")
                    continue
                try:
                    content = container.whole(archive, member, MAX_BYTES)
                except (zipfile.BadZipFile, zlib.error, EOFError, RuntimeError, MemoryError):
                    walk.miss(f"{here}: damaged")
                    continue
                yield from walk.into(content, here, depth + 1)
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, OSError, MemoryError) as e:
        raise Unreadable(f"{place}: not a whole archive") from e
    yield from _between_members(data, place)


def _closed(member: zipfile.ZipInfo) -> str:
    if member.flag_bits & 1:
        return "encrypted"
    if member.compress_type not in container.METHODS:
        return "packed by a method that can grow without bounds"
    return ""


def _between_members(data: bytes, place: str) -> Iterator[Piece]:
    """Bytes before the first member and after the end record, which archive readers skip."""
    first, end = data.find(b"PK\x03\x04"), data.rfind(b"PK\x05\x06")
    yield from runs(data[: max(0, first)], f"{place} (before the archive)")
    yield from runs(data[end:], f"{place} (after the archive)")


def tarred(data: bytes, place: str, walk: Walk, depth: int) -> Iterator[Piece]:
    """Members of a tar, their names, owners and links (POSIX.1-2017, pax)."""
    try:
        with tarfile.open(fileobj=io.BytesIO(data), mode="r:") as archive:
            for member in archive:
                here = f"{place} › {member.name}"
                said = (
                    member.name,
                    member.linkname,
                    member.uname,
                    member.gname,
                    *member.pax_headers.values(),
                )
                yield Piece(f"{here} (name)", "\n".join(map(str, said)))
                if member.isreg() and (content := archive.extractfile(member)):
                    yield from walk.into(content.read(), here, depth + 1)
    except (tarfile.TarError, EOFError, ValueError, OSError) as e:
        raise Unreadable(f"{place}: not a whole archive") from e


def packed(data: bytes, place: str, walk: Walk, depth: int) -> Iterator[Piece]:
    """One stream of gzip (RFC 1952, with the name in its header), bzip2 or xz, and what follows it."""
    if data[:2] == b"\x1f\x8b":
        yield from runs(data[:512], f"{place} (header)")
    out, left = bytearray(), data
    try:
        while left:
            reader = _reader(left)
            if reader is None:
                break
            out += reader.decompress(left, PACKED_MOST - len(out))
            if not reader.eof:
                raise Unreadable(f"{place}: unpacks to more than {PACKED_MOST >> 30} GB, or is cut off")
            left = reader.unused_data
    except (zlib.error, lzma.LZMAError, OSError, EOFError, ValueError) as e:
        raise Unreadable(f"{place}: damaged") from e
    yield from walk.into(bytes(out), f"{place} › unpacked", depth + 1)
    yield from runs(left, f"{place} (after the end)")


def _reader(data: bytes) -> Any:
    makers: tuple[tuple[bytes, Callable[[], Any]], ...] = (
        (b"\x1f\x8b", lambda: zlib.decompressobj(31)),
        (b"BZh", bz2.BZ2Decompressor),
        (b"\xfd7zXZ\0", lambda: lzma.LZMADecompressor(memlimit=256 << 20)),
    )
    return next((make() for magic, make in makers if data.startswith(magic)), None)


# --- compound files (MS-CFB): .doc, .xls, .ppt, .msg, objects in presentations --------------------------

END = 0xFFFFFFFA  # this and above are no sectors
LOCKED = {"EncryptedPackage", "EncryptedSummary", "EncryptionInfo"}


def compound(data: bytes, place: str, walk: Walk, depth: int) -> Iterator[Piece]:
    """Every stream of a compound file, joined from its sectors, and the names of all."""
    try:
        streams = dict(_streams(data))
    except (struct.error, IndexError, ValueError, OverflowError) as e:
        raise Unreadable(f"{place}: not a whole compound file") from e
    if why := _locked(streams):
        raise Unreadable(f"{place}: {why}")
    yield Piece(f"{place} (names)", "\n".join(streams))
    for name, content in streams.items():
        here = f"{place} › {name.translate(CONTROLS)}"
        yield from runs(content, here)
        starts = [at for magic in EMBEDDED if (at := content.find(magic)) >= 0]
        if starts:
            yield from walk.into(content[min(starts) :], f"{here} › embedded", depth + 1)
    yield from runs(data, f"{place} (raw)")


EMBEDDED = (b"\x89PNG\r\n\x1a\n", b"PK\x03\x04", b"%PDF-", b"\xff\xd8\xff\xe0")
CONTROLS = dict.fromkeys(range(32))


def _locked(streams: dict[str, bytes]) -> str:
    """Why the text in the streams is not to be read (MS-OFFCRYPTO 2.3; MS-DOC 2.5.1; MS-XLS 2.4.117)."""
    names = {name.rpartition("/")[2].translate(CONTROLS) for name in streams}
    word = next((s for n, s in streams.items() if n.endswith("WordDocument")), b"")
    book = next((s for n, s in streams.items() if n.endswith(("Workbook", "Book"))), b"")
    encrypted = len(word) > 12 and struct.unpack_from("<H", word, 10)[0] & 0x100
    first = 4 + struct.unpack_from("<H", book, 2)[0] if len(book) > 8 else 0
    filepass = first and book[first : first + 2] == b"\x2f\0"
    return "protected by a password" if names & LOCKED or encrypted or filepass else ""


def _streams(data: bytes) -> Iterator[tuple[str, bytes]]:
    """(path, content) of every stream (MS-CFB 2.2 to 2.6). Raises ValueError for chains without end."""
    shift, small_shift = struct.unpack_from("<HH", data, 30)
    if not 7 <= shift <= 16 or not 4 <= small_shift <= 12:
        raise ValueError
    size, small = 1 << shift, 1 << small_shift
    directory, cutoff, mini_fat = struct.unpack_from("<I4xII", data, 48)
    (more,) = struct.unpack_from("<I", data, 68)

    def sector(number: int) -> bytes:
        return data[(number + 1) * size : (number + 2) * size]

    def table(sectors: list[int]) -> list[int]:
        joined = b"".join(map(sector, sectors))
        return list(struct.unpack(f"<{len(joined) // 4}I", joined[: len(joined) // 4 * 4]))

    def chain(start: int, nexts: list[int]) -> list[int]:
        found: list[int] = []
        while start < END:
            if len(found) > len(nexts):
                raise ValueError
            found.append(start)
            start = nexts[start]
        return found

    fat_sectors = [n for n in struct.unpack_from("<109I", data, 76) if n < END]
    for _ in range(len(data) // size):
        if more >= END:
            break
        row = table([more])
        fat_sectors += [n for n in row[:-1] if n < END]
        more = row[-1]
    fat = table(fat_sectors)
    minis = table(chain(mini_fat, fat))
    entries = b"".join(map(sector, chain(directory, fat)))
    pool = b""
    for at in range(0, len(entries) - 127, 128):
        length, kind = struct.unpack_from("<HB", entries, at + 64)
        start, count = struct.unpack_from("<II", entries, at + 116)
        name = entries[at : at + max(0, min(length, 64) - 2)].decode("utf-16-le", "replace")
        if kind == 5:
            pool = b"".join(map(sector, chain(start, fat)))
        elif kind == 2 and count >= cutoff:
            yield f"{at // 128}/{name}", b"".join(map(sector, chain(start, fat)))[:count]
        elif kind == 2:
            found = b"".join(pool[n * small : (n + 1) * small] for n in chain(start, minis))
            yield f"{at // 128}/{name}", found[:count]
