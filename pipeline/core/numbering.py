"""What each figure and table is called: numbered from 1 by first mention, in the order the text is read in.

Every place that prints "Figure 2" takes the number from here: the manuscript from its journal's order of
sections, and from it the editor's page; the consent form and the review desk from the record's own order.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from pipeline.core import illustration, words

TIMELINE = illustration.TIMELINE  # the id of the table and of the figure that are drawn from the timeline


def by_mention(record: Mapping[str, Any], prose: Iterable[str]) -> words.Numbers:
    """Kind ("fig" or "table") -> id -> number, by first mention in `prose`.

    What is never mentioned follows in the order of the record, the timeline first among the tables, drawn
    figures after the pictures.
    """
    known = {
        "fig": [*(figure["id"] for figure in record.get("figures", [])), *illustration.drawn(record)],
        "table": [*generated(record.get("timeline_as")), *(t["id"] for t in record.get("tables", []))],
    }
    mentioned = [(kind, name) for text in prose for kind, name, _ in words.referred(text)]
    return {kind: _ranked(ids, [n for k, n in mentioned if k == kind]) for kind, ids in known.items()}


def generated(timeline_as: str | None) -> tuple[str, ...]:
    """Ids of the tables that are drawn from the record."""
    return () if timeline_as == "figure" else (TIMELINE,)


def narrative(record: Mapping[str, Any]) -> words.Numbers:
    """The numbers where no journal has a say: in the order of `words.SECTIONS`."""
    return by_mention(record, (record["text"].get(section) or "" for section in words.SECTIONS))


def _ranked(known: list[str], mentioned: list[str]) -> dict[str, int]:
    first = dict.fromkeys([*(name for name in mentioned if name in known), *known])
    return {name: number for number, name in enumerate(first, 1)}
