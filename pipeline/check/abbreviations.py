"""Is every abbreviation explained where it is first used, once, and worth its while? Abstract and text apart.

Two capitals can be a person's initials: only abbreviations of our own lists are named.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from pipeline.check.schema import Form, apart, spot
from pipeline.core import abbreviations, findings, words
from pipeline.core.journal import Journal
from pipeline.core.model import Case, Finding, Path_, Place, Severity

FEWEST = 2  # uses that make an abbreviation worth explaining


@dataclass
class _Seen:
    """What happens to one abbreviation in the abstract, or in the text."""

    first: Place
    uses: int = 0
    early: int = 0  # uses before the first explanation
    explained: list[Place] = field(default_factory=list)


def check(case: Case, form: Form, journal: Journal) -> list[Finding]:
    """Findings about abbreviations in abstract, text (in the journal's order), title and keywords."""
    parts = [(path, text) for path, text in apart(form) if path[0] == "abstract"]
    order = [row["part"] for section in journal.layout.get("sections", []) for row in section["parts"]]
    prose = {str(path[-1]): (path, text) for path, text in form.prose()}
    body = [prose[name] for name in order or words.SECTIONS if name in prose]
    return [
        *_judge(_read(case, parts), "the abstract"),
        *_judge(_read(case, body), "the text"),
        *_named(case, form),
    ]


def _read(case: Case, parts: list[tuple[Path_, str]]) -> dict[str, _Seen]:
    seen: dict[str, _Seen] = {}
    for path, text in parts:
        for use in abbreviations.uses(text):
            place = spot(case, path, use.down)
            row = seen.setdefault(use.short, _Seen(place))
            if use.long:
                row.explained.append(place)
            else:
                row.uses += 1
                row.early += not row.explained
    return seen


def _judge(seen: dict[str, _Seen], where: str) -> list[Finding]:
    found = []
    for short, row in seen.items():
        if not row.explained:
            if not abbreviations.known(short):
                found.append(_finding("REC082", row.first, short, count=row.uses, where=where))
            continue
        if row.early and not abbreviations.known(short):
            found.append(_finding("REC081", row.first, short, count=row.early, where=where))
        if len(row.explained) > 1:
            found.append(_finding("REC083", row.explained[1], short, count=len(row.explained), where=where))
        elif row.uses < FEWEST:
            found.append(_finding("REC084", row.explained[0], short, count=row.uses, where=where))
    return found


def _named(case: Case, form: Form) -> list[Finding]:
    """Abbreviations in the title and the keywords, which are read without the text."""
    rows = [(case.where("title"), form.get("title") or "", "the title")]
    rows += [
        (case.where("keywords", n), text, "the keywords") for n, text in enumerate(form.get("keywords") or [])
    ]
    return [
        _finding("REC085", place, short, count=1, where=where)
        for place, text, where in rows
        for short in dict.fromkeys(use.short for use in abbreviations.uses(text) if not use.long)
        if not abbreviations.known(short)
    ]


def _finding(code: str, place: Place, short: str, *, count: int, where: str) -> Finding:
    """A finding in which an abbreviation is named only if it is one of our own lists."""
    long = abbreviations.common(short)
    ours = bool(long) or abbreviations.known(short)
    severity = Severity.NOTE if not long and code in {"REC081", "REC082", "REC085"} else None
    return findings.make(
        code,
        place,
        severity=severity,
        what=f"'{short}'" if ours else f"an abbreviation of {len(short)} letters",
        count=count,
        where=where,
        example=f"{long} ({short})" if long else "magnetic resonance imaging (MRI)",
    )
