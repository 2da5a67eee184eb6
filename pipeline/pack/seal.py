"""The zip: sorted names, the date 1980-01-01, mode 0644, no compression and no extra fields.

Nothing is compressed because two zlib builds may give different bytes for the same input, and what is heavy
in a package (figures, DOCX, PDF) is compressed already.
"""

from __future__ import annotations

import hashlib
import io
import stat
import zipfile
from pathlib import Path
from typing import IO

from pipeline.core import files

Members = dict[str, Path | bytes]

EPOCH = (1980, 1, 1, 0, 0, 0)  # the earliest date a zip can hold
MODE = (stat.S_IFREG | 0o644) << 16
UNIX = 3  # APPNOTE 4.4.2.2: the system that wrote the attributes
MANIFEST = "manifest-sha256.txt"


def write(target: Path, members: Members) -> int:
    """Write `members` and a manifest of their hashes to `target`. Returns its size in bytes."""
    lines = "".join(f"{_hash(members[name])}  {name}\n" for name in sorted(members))
    with target.open("wb") as f:
        _fill(f, {**members, MANIFEST: lines.encode("ascii")})
    return target.stat().st_size


def inner(members: Members) -> bytes:
    """A zip inside the package, written the same way, without a manifest of hashes."""
    out = io.BytesIO()
    _fill(out, members)
    return out.getvalue()


def sum_line(path: Path) -> str:
    """The line that `sha256sum -c` reads."""
    return f"{files.sha256(path)}  {path.name}\n"


def _fill(out: IO[bytes], members: Members) -> None:
    with zipfile.ZipFile(out, "w", zipfile.ZIP_STORED) as z:
        for name in sorted(members):
            entry = zipfile.ZipInfo(name, EPOCH)
            entry.create_system, entry.external_attr = UNIX, MODE
            member = members[name]
            z.writestr(entry, member if isinstance(member, bytes) else member.read_bytes())


def _hash(member: Path | bytes) -> str:
    return hashlib.sha256(member).hexdigest() if isinstance(member, bytes) else files.sha256(member)
