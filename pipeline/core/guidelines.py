"""Reporting guidelines as data: CARE, and the lists that add to it (templates/rules/<id>.yaml)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from pipeline.core import resources

BASE = "care"  # always filled; the others hold only what they add to it
KNOWN = (BASE, "scare", "process", "care-radiology")


@dataclass(frozen=True, slots=True)
class Guideline:
    """One checklist. A line without `confirmed` of its own is as sure as the whole list."""

    id: str
    name: str
    title: str
    origin: str  # where the items come from, in words that are printed
    lines: tuple[dict[str, Any], ...] = field(repr=False)


def load(name: str) -> Guideline:
    """One of KNOWN, its lines with `confirmed` (yes, partial, no) filled in."""
    data = resources.data(f"templates/rules/{name}.yaml")
    lines = tuple({"confirmed": data["confirmed"], **line} for line in data["lines"])
    return Guideline(name, data["name"], data["title"], data["origin"], lines)


def chosen(wanted: Iterable[str]) -> tuple[str, ...]:
    """Ids of the checklists to fill, in the order of KNOWN; CARE is always among them."""
    return tuple(name for name in KNOWN if name in {BASE, *wanted})
