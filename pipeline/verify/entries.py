"""Is a private.yaml written so that all of it is searched for? What it means is core/identity.py's."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from pipeline.core.errors import UsageError
from pipeline.core.identity import LISTS
from pipeline.core.private import Private, Relative

FIX = "the names of all entries are in the private.yaml that `casereport new` makes"
SINGLE = {"key", "name", "birth_date"}


def check(listed: Mapping[str, Any], where: str) -> None:
    """Raises UsageError (with the entry's name, never its value) for what would be passed over in silence."""
    _known(listed, Private.model_fields, where)
    for field, what in _shapes(listed):
        raise UsageError(f"the entry '{field}' {what}: it would not be searched for", where=where, fix=FIX)


def _known(fields: Iterable[Any], names: Iterable[str], where: str, of: str = "") -> None:
    known = list(names)
    for field in map(str, fields):
        if field not in known:
            near = difflib.get_close_matches(field.lower(), known, 1, 0.5)
            meant = f"; did you mean '{of}{near[0]}'?" if near else ""
            raise UsageError(
                f"there is no entry '{of}{field}'{meant}",
                where=where,
                why="what stands under a name that is not known would not be searched for",
                fix=FIX,
            )


def _shapes(listed: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """(entry, what is wrong with it) where a value is of a shape that holds no identifier."""
    for field in SINGLE:
        if isinstance(listed.get(field), list | Mapping):
            yield field, "must be one value"
    for field in (*LISTS, "aliases"):
        yield from _plain(field, listed.get(field))
    numbers = listed.get("numbers")
    if isinstance(numbers, Mapping):
        for group, rows in numbers.items():
            yield from _plain(f"numbers.{group}", rows)
    elif numbers not in (None, "", "none", []):
        yield "numbers", 'must have the kinds of numbers under it, as in `hospital: ["…"]`'
    rows = listed.get("relatives")
    if rows in (None, "", "none"):
        return
    for n, row in enumerate(rows if isinstance(rows, list) else [rows]):
        if not isinstance(row, Mapping) or "name" not in row or not set(row) <= Relative.model_fields.keys():
            yield f"relatives.{n}", "must read {name: …, relation: …}"


def _plain(field: str, rows: Any) -> Iterator[tuple[str, str]]:
    for row in rows if isinstance(rows, list) else [rows]:
        if isinstance(row, list | Mapping):
            yield field, "must be a list of plain values"
