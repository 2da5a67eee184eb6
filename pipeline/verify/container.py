"""A zip from a stranger: is it safe to read, and is anything hidden in it? Judged by its directory alone."""

from __future__ import annotations

import hashlib
import json
import re
import stat
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from pipeline.core import files

MAX_TOTAL = 2 << 30  # bytes, unpacked
MAX_RATIO = 200  # unpacked : packed; text and empty pictures stay below, bombs are at 1000
SMALL = 1 << 12  # bytes; below this no ratio is judged
MAX_TEXT = 16 << 20  # bytes of a JSON or text member that is read whole
ENCRYPTED = 1  # APPNOTE 4.4.4, bit 0
LOCAL, CENTRAL, END = 30, 46, 22  # bytes of a zip's own headers without names (APPNOTE 4.3.7, 4.3.12, 4.3.16)
OUTSIDE = re.compile(r'[\\:\x00-\x1f"*?<>|]')  # not in a name that is the same file on every system
# What a member that is not what it should be raises on the way; the words of the exception may quote it.
UNREADABLE = (KeyError, ValueError, TypeError, AttributeError, RecursionError, zipfile.BadZipFile, zlib.error)


@dataclass(frozen=True, slots=True)
class Zip:
    """A zip judged safe to read."""

    archive: zipfile.ZipFile
    names: tuple[str, ...]

    def read(self, name: str, limit: int) -> bytes:
        """A member as bytes. Raises one of UNREADABLE, ValueError if it is larger than `limit` bytes."""
        if self.archive.getinfo(name).file_size > limit:
            raise ValueError("too big")
        return self.archive.read(name)

    def size(self, name: str) -> int:
        """Bytes of a member, unpacked."""
        return self.archive.getinfo(name).file_size

    def sha256(self, name: str) -> str:
        """SHA-256 of a member, read in pieces."""
        with self.archive.open(name) as f:
            return hashlib.file_digest(f, "sha256").hexdigest()  # type: ignore[arg-type]

    def json(self, name: str) -> dict[str, Any]:
        """A member that must be a JSON object. Raises one of UNREADABLE."""
        found = json.loads(self.read(name, MAX_TEXT))
        if not isinstance(found, dict):
            raise TypeError("not an object")
        return found


def dangers(infos: list[zipfile.ZipInfo]) -> Iterator[str]:
    """Reasons not to read a zip, in words. Looks at names and sizes only."""
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
        if info.file_size > max(info.compress_size, SMALL) * MAX_RATIO:
            yield "a file that grows without bounds when unpacked"
        if info.header_offset < end:
            yield "files that overlap each other"
        end = info.header_offset + LOCAL + info.compress_size


def nothing_hidden(archive: zipfile.ZipFile, size: int) -> bool:
    """Is every one of the `size` bytes part of a listed file or a header? For zips never packed again."""
    infos = archive.infolist()
    listed = sum(LOCAL + CENTRAL + 2 * len(i.orig_filename.encode()) + i.file_size for i in infos) + END
    plain = all(i.compress_type == zipfile.ZIP_STORED and not i.extra and not i.comment for i in infos)
    return plain and listed == size and not archive.comment
