"""The words of a case as one journal prints them: the title without what it drops, ages as it wants them."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import Any

from pipeline.core import ages
from pipeline.core.journal import Journal
from pipeline.core.model import CleanCase

LISTS = ("highlights", "learning_points")
PRINTED = ("title", "running_title", "novelty", "abstract", "text", "timeline", "figures", "legends", *LISTS)


def fitted(clean: CleanCase, journal: Journal) -> CleanCase:
    """The same clean case with the words that this journal's readers get. Digests and pictures stay."""
    patient = clean.record["patient"]
    record = {**clean.record, "title": journal.title(clean.record["title"])}
    style = journal.layout["people"]["age"]
    if style != "exact":
        years, sex = int(patient["age_years"]), patient["sex"]
        for name in (part for part in PRINTED if record.get(part)):
            record[name] = _each(record[name], lambda text: ages.rewritten(text, years, sex, style))
    return dataclasses.replace(clean, record=record)


def _each(value: Any, change: Callable[[str], str]) -> Any:
    """`change` applied to every text inside a part of the record; ids and digests hold no ages."""
    if isinstance(value, dict):
        return {name: _each(inner, change) for name, inner in value.items()}
    if isinstance(value, list):
        return [_each(inner, change) for inner in value]
    return change(value) if isinstance(value, str) else value
