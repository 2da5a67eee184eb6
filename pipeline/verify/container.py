"""A zip from a stranger: is it safe to read? Judged by its directory, read without trusting it."""

from __future__ import annotations

import copy
import hashlib
import json
import re
import stat
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from pipeline.core import allowlist, files

MAX_TOTAL = 2 << 30  # bytes, unpacked
MAX_RATIO = 200  # unpacked : packed; text and empty pictures stay below, bombs are at 1000
SMALL = 1 << 12  # bytes; below this no ratio is judged
MAX_TEXT = 16 << 20  # bytes of a JSON or text member that is read whole
PIECE = 1 << 20  # bytes read at once
ENCRYPTED = 1  # APPNOTE 4.4.4, bit 0
LOCAL = 30  # bytes of a local header without its name (APPNOTE 4.3.7)
# Python unpacks these two piece by piece; of BZIP2 (12) and LZMA (14) one piece may become gigabytes.
METHODS = frozenset({zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED})  # APPNOTE 4.4.5
OUTSIDE = re.compile(r'[\\:\x00-\x1f"*?<>|]')  # not in a name that is the same file on every system
# What a member that is not what it should be raises on the way; the words of the exception may quote it.
UNREADABLE = (
    KeyError,
    ValueError,
    TypeError,
    AttributeError,
    RuntimeError,  # also RecursionError and NotImplementedError
    EOFError,
    OSError,
    MemoryError,
    zipfile.BadZipFile,
    zlib.error,
)


class BadMember(ValueError):  # noqa: N818 - a state of the zip, not a fault
    """A member that cannot be read; the message is its name if it is one of ours, never a stranger's."""


@dataclass(frozen=True, slots=True)
class Zip:
    """A zip judged safe to read. `part` is its allow-list: "package" or "meca"."""

    archive: zipfile.ZipFile
    names: tuple[str, ...]
    part: str = "package"

    def read(self, name: str, limit: int) -> bytes:
        """A member as bytes. Raises KeyError if there is none, BadMember if damaged or over `limit` bytes."""
        info = self.archive.getinfo(name)
        try:
            return whole(self.archive, info, limit)
        except UNREADABLE as e:
            raise BadMember(self.shown(name)) from e

    def size(self, name: str) -> int:
        """Bytes of a member, unpacked, as the directory says. Raises KeyError."""
        return self.archive.getinfo(name).file_size

    def sha256(self, name: str) -> str:
        """SHA-256 of a member, read in pieces. Raises KeyError, BadMember."""
        info, digest = self.archive.getinfo(name), hashlib.sha256()
        try:
            for piece in pieces(self.archive, info):
                digest.update(piece)
        except UNREADABLE as e:
            raise BadMember(self.shown(name)) from e
        return digest.hexdigest()

    def json(self, name: str) -> dict[str, Any]:
        """A member that must be a JSON object. Raises KeyError, BadMember."""
        try:
            found = json.loads(self.read(name, MAX_TEXT))
        except (ValueError, RecursionError) as e:
            raise BadMember(self.shown(name)) from e
        if not isinstance(found, dict):
            raise BadMember(self.shown(name))
        return found

    def shown(self, name: str) -> str:
        """A member's name if the allow-list has it; a stranger's name may be a patient's."""
        where = "" if self.part == "package" else "meca.zip › "
        return where + (name if allowlist.row(self.part, name) else "a file that it needs")


def pieces(archive: zipfile.ZipFile, info: zipfile.ZipInfo) -> Iterator[bytes]:
    """A member piece by piece, and never more than one byte beyond the size its directory entry gives.

    Raises BadZipFile if it holds fewer or more bytes, or another checksum, than that entry says.
    """
    wider, left = copy.copy(info), info.file_size
    wider.file_size += 1  # else the library cuts a longer member off in silence
    with archive.open(wider) as f:
        while piece := f.read(min(PIECE, left + 1)):
            left -= len(piece)
            if left < 0:
                break
            yield piece
    if left:
        raise zipfile.BadZipFile("a member of another size")


def whole(archive: zipfile.ZipFile, info: zipfile.ZipInfo, limit: int) -> bytes:
    """A member as bytes. Raises BadZipFile as `pieces` does, and when it is larger than `limit` bytes."""
    if info.file_size > limit:
        raise zipfile.BadZipFile("a member too big")
    return b"".join(pieces(archive, info))


def dangers(infos: list[zipfile.ZipInfo]) -> Iterator[str]:
    """Reasons not to read a zip, in words. Looks at names, sizes and methods only."""
    if len(infos) > files.MAX_FILES:
        yield "too many files"
    if sum(i.file_size for i in infos) > MAX_TOTAL:
        yield f"larger than {MAX_TOTAL >> 30} GB when unpacked"
    if len({i.filename.casefold() for i in infos}) < len(infos):
        yield "two files of the same name"
    end = 0
    for info in sorted(infos, key=lambda i: i.header_offset):
        name, kind = info.orig_filename, stat.S_IFMT(info.external_attr >> 16)
        if name.startswith("/") or ".." in name.split("/") or OUTSIDE.search(name):
            yield "a name that leads outside the folder it is unpacked in"
        if kind not in {0, stat.S_IFREG} or name.endswith("/"):
            yield "a link, folder or device instead of a file"
        if info.flag_bits & ENCRYPTED:
            yield "an encrypted file"
        if info.compress_type not in METHODS:
            yield "a file packed by a method that can grow without bounds"
        if info.file_size > max(info.compress_size, SMALL) * MAX_RATIO:
            yield "a file that grows without bounds when unpacked"
        if info.header_offset < end:
            yield "files that overlap each other"
        end = info.header_offset + LOCAL + info.compress_size
