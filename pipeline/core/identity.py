"""Who must not be recognised: private.yaml and the dates of the record as one list of identifiers.

The classes follow HIPAA Safe Harbor (45 CFR 164.514(b)(2)(i)), which covers the patient's relatives,
employers and household too; the Indian ones (Aadhaar, ABHA, UHID …) are under `numbers`.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
import re
from collections.abc import Iterator, Mapping
from enum import StrEnum
from functools import cache
from typing import Any

from pipeline.core import resources
from pipeline.core.fold import letters


class Kind(StrEnum):
    """What an identifier is; decides how it is searched for and what replaces it."""

    NAME = "name"
    RELATIVE = "relative"
    DATE = "date"
    NUMBER = "number"
    PHONE = "phone"
    EMAIL = "email"
    ADDRESS = "address"
    PLACE = "place"
    HOSPITAL = "hospital"
    DOCTOR = "doctor"
    EMPLOYER = "employer"
    POST = "post"


NONE = "none"  # said instead of a list: there are none

# What authors may publish about themselves.
BYLINE = (  # who writes, and whom they name to the editor: kept apart from all that reviewers get
    "authors",
    "affiliations",
    "declarations",
    "presented_at",
    "suggested_reviewers",
    "opposed_reviewers",
)
BYLINE_KINDS = {Kind.DOCTOR, Kind.HOSPITAL, Kind.PLACE, Kind.EMPLOYER}


@dataclasses.dataclass(frozen=True, slots=True)
class Identifier:
    """One thing to look for. `field` says where it was listed ("relatives.0.name"): only that is shown."""

    kind: Kind
    value: str = dataclasses.field(repr=False)
    field: str
    relation: str = ""  # of a relative to the patient: "husband"


LISTS = {
    "phones": Kind.PHONE,
    "emails": Kind.EMAIL,
    "addresses": Kind.ADDRESS,
    "villages": Kind.PLACE,
    "tehsils": Kind.PLACE,
    "districts": Kind.PLACE,
    "places": Kind.PLACE,
    "hospitals": Kind.HOSPITAL,
    "laboratories": Kind.HOSPITAL,
    "doctors": Kind.DOCTOR,
    "employers": Kind.EMPLOYER,
    "dates": Kind.DATE,
    "posts": Kind.POST,
}


def identifiers(private: Mapping[str, Any]) -> tuple[Identifier, ...]:
    """Every identifier that private.yaml lists, in its order; empty entries are passed over."""
    return tuple(i for i in _listed(private) if i.value)


def _listed(private: Mapping[str, Any]) -> Iterator[Identifier]:
    yield Identifier(Kind.NAME, _text(private.get("name")), "name")
    for n, alias in enumerate(_items(private.get("aliases"))):
        yield Identifier(Kind.NAME, _text(alias), f"aliases.{n}")
    for n, row in enumerate(_items(private.get("relatives"))):
        if isinstance(row, Mapping):
            relation = _text(row.get("relation"))
            yield Identifier(Kind.RELATIVE, _text(row.get("name")), f"relatives.{n}.name", relation)
    yield Identifier(Kind.DATE, _text(private.get("birth_date")), "birth_date")
    numbers = private.get("numbers")
    for group, entries in numbers.items() if isinstance(numbers, Mapping) else ():
        for n, number in enumerate(_items(entries)):
            yield Identifier(Kind.NUMBER, _text(number), f"numbers.{group}.{n}")
    for name, kind in LISTS.items():
        for n, entry in enumerate(_items(private.get(name))):
            yield Identifier(kind, _text(entry), f"{name}.{n}")


def dates_of(record: Mapping[str, Any]) -> tuple[Identifier, ...]:
    """The exact dates in the record's date fields, except those of the consent: its papers show them."""
    found: list[tuple[str, Any]] = [("day0.date", _of(record.get("day0"), "date"))]
    for n, event in enumerate(_items(record.get("timeline"))):
        found.append((f"timeline.{n}.date", _of(event, "date")))
    for n, figure in enumerate(_items(record.get("figures"))):
        found.append((f"figures.{n}.taken_on", _of(figure, "taken_on")))
    for t, table in enumerate(_items(record.get("tables"))):
        for r, row in enumerate(_items(_of(table, "rows"))):
            results = _of(row, "results")
            dates = results if isinstance(results, Mapping) else ()
            found += [(f"tables.{t}.rows.{r}.results", date) for date in dates]
    seen: dict[str, str] = {}
    for field, value in found:
        if real_date(_text(value)):
            seen.setdefault(_text(value), field)
    return tuple(Identifier(Kind.DATE, value, f"record {field}") for value, field in seen.items())


def real_date(text: str) -> dt.date | None:
    """The date that `text` (2026-03-14) names, or None when it names none."""
    try:
        return dt.date.fromisoformat(text) if re.fullmatch(r"\d{4}-\d{2}-\d{2}", text) else None
    except ValueError:
        return None


def byline_lines(record: Mapping[str, Any]) -> str:
    """The authors and affiliations of a record, one per line: what the authors publish about themselves."""
    authors = (f"{_of(a, 'given')} {_of(a, 'family')}" for a in _items(record.get("authors")))
    places = record.get("affiliations")
    rows = places.values() if isinstance(places, Mapping) else ()
    return "\n".join((*authors, *(" ".join(map(_text, r.values())) for r in rows if isinstance(r, Mapping))))


def letter_lines(record: Mapping[str, Any]) -> str:
    """The reviewers whom the authors suggest or oppose, one per line: named only in the letter."""
    rows = [*_items(record.get("suggested_reviewers")), *_items(record.get("opposed_reviewers"))]
    return "\n".join(f"{_of(row, 'name')} {_of(row, 'affiliation')}" for row in rows)


def outside_byline(known: tuple[Identifier, ...], byline_text: str) -> tuple[Identifier, ...]:
    """`known` without doctors, hospitals, places and employers whose every word is on one byline line.

    An initial counts as the word it begins: "Dr A. Gupta" is in "Anil Gupta".
    """
    lines = [set(_tokens(line)) for line in byline_text.splitlines()]
    return tuple(i for i in known if i.kind not in BYLINE_KINDS or not _on_a_line(i.value, lines))


def _on_a_line(value: str, lines: list[set[str]]) -> bool:
    wanted = _tokens(value.split(",")[0])
    return bool(wanted) and any(all(_in_line(word, line) for word in wanted) for line in lines)


def _in_line(word: str, line: set[str]) -> bool:
    return word in line or (len(word) == 1 and any(other.startswith(word) for other in line))


def _tokens(text: str) -> list[str]:
    return [t for t in map(letters, re.split(r"[\s,.;^/()]+", text)) if t and t not in words("titles")]


@cache
def words(group: str) -> frozenset[str]:
    """One list of templates/rules/identifier-words.yaml, folded."""
    return frozenset(letters(word) for word in resources.data("templates/rules/identifier-words.yaml")[group])


def _items(value: Any) -> list[Any]:
    """What stands in a list field: nothing, "none", one scalar, or a list."""
    if isinstance(value, list):
        return value
    return [value] if value and value != NONE else []


def _text(value: Any) -> str:
    return str(value).strip() if value is not None and not isinstance(value, list | dict) else ""


def _of(row: Any, name: str) -> Any:
    return row.get(name) if isinstance(row, Mapping) else None
