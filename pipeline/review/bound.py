"""What a decision does to a consent that was signed before: said at the decision, and on the sign card.

Which parts of a case a form is bound to is the consent room's knowledge; after the copies are made again that
room is asked. Before, only this much is told: a picture or a legend, the facts, or the words.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from pipeline.core import decided
from pipeline.core.model import Case, CleanCase, Finding
from pipeline.core.proposal import Query
from pipeline.review.lying import Picture

# What differs from what was signed.
LAPSED = {"CON020", "CON021", "CON022", "CON023", "CON024", "CON025", "CON026"}
WORDS = (
    "abstract",
    "title",
    "running_title",
    "keywords",
    "novelty",
    "highlights",
    "learning_points",
    "legends",
)
TOLD = "This changes what the patient signed for ({what}): a new signature or an addendum will be needed."

Held = Callable[[CleanCase], Iterable[Finding]]  # every reason against the consent of these copies


def lapsed(case: Case, clean: CleanCase, held: Held | None) -> list[str]:
    """How these copies differ from what was signed, as the consent room says; nothing without a form."""
    if held is None or not _entry(case):
        return []
    return [finding.message for finding in held(clean) if finding.code in LAPSED]


def picture(case: Case, shown: Picture) -> str:
    """What is said at a decision that changes this picture, or ""."""
    return TOLD.format(what=f"figure {shown.panel.figure}") if _entry(case) else ""


def words(case: Case, query: Query, row: Mapping[str, Any]) -> str:
    """What is said at a decision to replace these words, or ""."""
    if not _entry(case) or row.get("state") != decided.REPLACE:
        return ""
    what = _part(case, query.part)
    agreed = _entry(case).get("agreed")
    edits = isinstance(agreed, Mapping) and agreed.get("wording_may_be_edited") == "yes"
    return "" if what == "the words" and edits else TOLD.format(what=what)


def _part(case: Case, part: str) -> str:
    head, _, rest = part.partition(".")
    number = rest.partition(".")[0]
    if head == "figures" and not rest.endswith("alt"):
        figures = case.record.get("figures") or []
        known = number.isdigit() and int(number) < len(figures)
        return f"figure {figures[int(number)]['id']}" if known else "a figure"
    if head in WORDS or head == "figures" or (head == "text" and rest != "perspective"):
        return "the words"
    return "the facts"


def _entry(case: Case) -> Mapping[str, Any]:
    """The consent entry of the record: there is a signed form."""
    entry = case.record.get("consent")
    return entry if isinstance(entry, Mapping) else {}
