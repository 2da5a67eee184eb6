"""A journal's profile: a folder under templates/journals/, every value with its source and how sure it is."""

from __future__ import annotations

import difflib
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pipeline.core import resources
from pipeline.core.errors import UsageError

SURE = {"confirmed", "dated"}  # only these may block; everything else warns (facts gathered at second hand)


@dataclass(frozen=True, slots=True)
class Journal:
    """One profile. `rules` maps a name to {value, source, status}; `layout` is ours and needs no source."""

    id: str
    folder: Path
    name: str
    rules: dict[str, dict[str, Any]] = field(repr=False)
    layout: dict[str, Any] = field(repr=False)

    def value(self, rule: str, default: Any = None) -> Any:
        """What the journal asks for, or our working default where it could not be found out."""
        row = self.rules.get(rule, {})
        found = row.get("value")
        return row.get("working_default", default) if found is None else found

    def sure(self, rule: str) -> bool:
        """May this rule block a build? Only if it was read on the journal's own page."""
        row = self.rules.get(rule, {})
        return row.get("status") in SURE and row.get("value") is not None

    def source(self, rule: str) -> str:
        """Where the value comes from and how sure we are, in words."""
        row = self.rules.get(rule, {})
        return f"{self.name}: {row.get('source', 'no source')} ({row.get('status', 'unknown')})"


def known() -> tuple[str, ...]:
    """Ids of every profile that is installed."""
    return resources.names("templates/journals")


def load(journal_id: str) -> Journal:
    """The profile of a journal. Raises UsageError with near names when there is none."""
    if journal_id not in known():
        near = difflib.get_close_matches(journal_id, known(), 1)
        hint = f"did you mean '{near[0]}'? " if near else ""
        raise UsageError(f"no journal profile '{journal_id}'", fix=f"{hint}known: {', '.join(known())}")
    profile = resources.data(f"templates/journals/{journal_id}/profile.yaml")
    return Journal(
        journal_id,
        resources.path(f"templates/journals/{journal_id}"),
        profile["name"],
        profile["rules"],
        profile["layout"],
    )
