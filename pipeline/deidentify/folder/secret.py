"""The secret behind the pseudonyms of a folder that belongs to no case.

Without a key, anyone who knows a patient number can compute what became of it. A case has its key in
private.yaml; for other folders one is made once and kept with the settings of this user, so that a second run
gives the same copies.
"""

from __future__ import annotations

import os
import re
import secrets
from pathlib import Path

from pipeline.core.errors import InputError, OutputError


def kept() -> str:
    """The key of this user (64 hexadecimal characters), made on first use with mode 0600.

    Raises OutputError when it cannot be kept, InputError when what is kept is no key.
    """
    home = Path(os.environ.get("XDG_CONFIG_HOME") or Path.home() / ".config") / "casereport"
    path = home / "clean.key"
    try:
        home.mkdir(parents=True, exist_ok=True, mode=0o700)
        try:
            fd = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        except FileExistsError:
            return read(path)
        key = secrets.token_hex(32)
        with os.fdopen(fd, "w") as f:
            f.write(key + "\n")
        return key
    except OSError as e:
        raise OutputError(
            f"the key for pseudonyms cannot be kept ({e.strerror})",
            where="clean.key",
            fix="name one with --key FILE, or give --private private.yaml, which holds one",
        ) from e


def read(path: Path) -> str:
    """The key in a file. Raises InputError when there is none."""
    try:
        key = path.read_text(encoding="ascii").strip()
    except (OSError, ValueError):
        key = ""
    if not is_key(key):
        raise InputError(
            "holds no key", where=path.name, fix="a key is 64 characters 0-9 a-f: openssl rand -hex 32 > FILE"
        )
    return key


def is_key(text: str) -> bool:
    """Whether a text is a key: 64 characters 0-9 a-f."""
    return re.fullmatch(r"[0-9a-f]{64}", text) is not None
