"""Files, safely: refuse links and giants, publish whole folders or nothing, prove with hashes."""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import json
import os
import shutil
import stat
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from pipeline.core.errors import MAKE_ROOM, InputError, OutputError

MAX_FILE = 2 << 30  # bytes, one source file
MAX_FILES = 20_000  # files in one case folder
RECEIPT = "receipt.json"
LEFTOVERS = (".*.part", ".*.old")


def sha256(path: Path) -> str:
    """SHA-256 of a file, lower-case hex."""
    with path.open("rb") as f:
        return hashlib.file_digest(f, "sha256").hexdigest()


def canonical(value: Any) -> bytes:
    """One spelling of a JSON value: sorted keys, no spaces, UTF-8. Digests are taken over this."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def digest(value: Any) -> str:
    """SHA-256 over the canonical JSON of `value`, lower-case hex."""
    return hashlib.sha256(canonical(value)).hexdigest()


def write_json(path: Path, value: Any) -> None:
    """Write readable JSON, the same bytes every time."""
    path.write_text(json.dumps(value, indent=1, sort_keys=True, ensure_ascii=False) + "\n", encoding="utf-8")


def read_json(path: Path) -> Any:
    """Read JSON that we wrote ourselves."""
    return json.loads(path.read_text(encoding="utf-8"))


def unsafe(path: Path, largest: int = MAX_FILE) -> str:
    """Why `path` must not be opened, or "" when it is a plain file of bearable size. Looks, never opens."""
    st = path.lstat()
    kinds: tuple[tuple[Callable[[int], bool], str], ...] = (
        (stat.S_ISLNK, "a link: it could point outside the case"),
        (stat.S_ISFIFO, "a pipe, not a file"),
        (stat.S_ISSOCK, "a socket, not a file"),
        (stat.S_ISCHR, "a device, not a file"),
        (stat.S_ISBLK, "a device, not a file"),
    )
    for is_kind, words in kinds:
        if is_kind(st.st_mode):
            return words
    if st.st_size > largest:
        return f"larger than {largest >> 30} GB"
    return ""


def walk(folder: Path) -> Iterator[Path]:
    """Everything under `folder` that is not a folder, sorted, without following links.

    Raises InputError beyond MAX_FILES, and for a folder that cannot be opened.
    """

    def closed(error: OSError) -> None:
        name = Path(error.filename or folder).name
        raise InputError("a folder that may not be opened", code="FILE006", where=name) from error

    count = 0
    for root, dirs, names in os.walk(folder, onerror=closed, followlinks=False):
        dirs.sort()
        linked = [d for d in dirs if Path(root, d).is_symlink()]
        dirs[:] = [d for d in dirs if d not in linked]
        for name in sorted([*names, *linked]):
            count += 1
            if count > MAX_FILES:
                raise InputError(f"more than {MAX_FILES} files", code="FILE003", where=folder.name)
            yield Path(root, name)


def plain_files(folder: Path) -> tuple[Path, ...]:
    """Every file under one of *our* folders. Raises InputError if anything there is not a plain file."""
    found = tuple(walk(folder))
    for path in found:
        if problem := unsafe(path):
            raise InputError(problem, code="FILE001", where=path.relative_to(folder))
    return found


def _fsync(path: Path) -> None:
    fd = os.open(path, os.O_RDONLY)
    try:
        os.fsync(fd)
    finally:
        os.close(fd)


@contextlib.contextmanager
def publish(final: Path, made_from: Any) -> Iterator[Path]:
    """Give an empty private folder (mode 0700); on success it becomes `final`, else `final` is untouched.

    The receipt records `made_from` and the hash of every file. Raises OutputError when the disk refuses.
    """
    try:
        final.parent.mkdir(parents=True, exist_ok=True)
        part = Path(tempfile.mkdtemp(prefix=f".{final.name}.", suffix=".part", dir=final.parent))
    except OSError as e:
        raise OutputError(f"cannot write ({e.strerror})", where=final.parent.name) from e
    try:
        yield part
        made = plain_files(part)
        products = {p.relative_to(part).as_posix(): sha256(p) for p in made}
        write_json(part / RECEIPT, {"made_from": made_from, "files": products})
        for path in (*part.rglob("*"), part):
            _fsync(path)
        _swap(part, final)
        _fsync(final.parent)
    except OSError as e:
        shutil.rmtree(part, ignore_errors=True)
        raise OutputError(
            f"cannot write ({e.strerror})",
            where=final.name,
            fix=MAKE_ROOM,
        ) from e
    except BaseException:
        shutil.rmtree(part, ignore_errors=True)
        raise
    sweep(final.parent)


def _swap(part: Path, final: Path) -> None:
    """Put `part` in the place of `final`; if that fails, the last good result is back where it was."""
    if not final.exists():
        part.rename(final)
        return
    was = Path(tempfile.mkdtemp(prefix=f".{final.name}.", suffix=".old", dir=final.parent)) / "was"
    final.rename(was)
    try:
        part.rename(final)
    except OSError:
        was.rename(final)
        raise


def sweep(folder: Path) -> None:
    """Put back a result that a killed run had moved aside, then remove what it left. Only under the lock."""
    for trash in folder.glob(".*.old"):
        home = folder / trash.name[1:].rsplit(".", 2)[0]
        if (trash / "was").is_dir() and not home.exists():
            (trash / "was").rename(home)
    for pattern in LEFTOVERS:
        for left in folder.glob(pattern):
            shutil.rmtree(left, ignore_errors=True)


def receipt_of(folder: Path) -> dict[str, Any] | None:
    """The receipt of `folder` as it is written, its files not compared; None when there is none."""
    try:
        known: dict[str, Any] = read_json(folder / RECEIPT)
    except (OSError, ValueError):
        return None
    return known


def receipt(folder: Path) -> dict[str, Any] | None:
    """The receipt of `folder` if every file still matches it, else None."""
    try:
        known: dict[str, Any] = read_json(folder / RECEIPT)
        have = {p.relative_to(folder).as_posix() for p in plain_files(folder)} - {RECEIPT}
        whole = have == set(known["files"]) and all(
            sha256(folder / n) == h for n, h in known["files"].items()
        )
    except (OSError, ValueError, KeyError, TypeError, InputError):
        return None
    return known if whole else None


@contextlib.contextmanager
def lock(folder: Path) -> Iterator[None]:
    """One run per case at a time; the kernel drops the lock if we die. OutputError when it is taken."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        f = (folder / ".lock").open("a")
    except OSError as e:
        raise OutputError(f"cannot write ({e.strerror})", where=folder.name) from e
    with f:
        try:
            fcntl.flock(f, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise OutputError(
                "another run is working on this case", where=folder.name, fix="wait for it, then run again"
            ) from None
        sweep(folder)
        yield
