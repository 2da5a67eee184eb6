"""What may lie in a package, and who may see it (templates/rules/package.yaml). Nothing else is."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from typing import Any

from pipeline.core import resources

RULES = "templates/rules/package.yaml"


@dataclass(frozen=True, slots=True)
class Row:
    """One kind of member. `twin` is the member of the package that must hold the same bytes, or ""."""

    name: re.Pattern[str]
    audience: str  # reviewer | editor | everyone
    why: str
    twin: str = ""


def rules() -> dict[str, Any]:
    """The whole rule file: `package` and `meca` (allow-lists), `taken`, `required`."""
    found: dict[str, Any] = resources.data(RULES)
    return found


@cache
def rows(part: str) -> tuple[Row, ...]:
    """The allow-list of "package" or "meca"."""
    return tuple(
        Row(re.compile(r["name"]), r["audience"], r["why"], r.get("twin", "")) for r in rules()[part]
    )


def row(part: str, member: str) -> Row | None:
    """The row that allows `member` in "package" or "meca", or None. The whole name must fit."""
    return next((r for r in rows(part) if r.name.fullmatch(member)), None)
