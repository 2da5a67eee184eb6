"""Our own data files: templates/ and consent/, from the checkout or from inside the installed wheel."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

import yaml

HERE = Path(__file__).resolve().parents[1]
LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # fast, and safe here: these files are ours


def path(name: str) -> Path:
    """Where "templates/…" or "consent/…" is. Raises FileNotFoundError if this installation lacks it."""
    for root in (HERE / "_data", HERE.parent):
        if (root / name).exists():
            return root / name
    raise FileNotFoundError(f"this installation lacks {name}")


def names(folder: str) -> tuple[str, ...]:
    """The names in one of our folders, sorted, hidden ones left out."""
    return tuple(sorted(p.name for p in path(folder).iterdir() if not p.name.startswith((".", "_"))))


@cache
def data(name: str) -> Any:
    """One of our YAML files. Shared between callers: do not change what it returns."""
    return yaml.load(path(name).read_text(encoding="utf-8"), LOADER)  # noqa: S506 - a safe loader


def text(name: str) -> str:
    """One of our text files."""
    return path(name).read_text(encoding="utf-8")
