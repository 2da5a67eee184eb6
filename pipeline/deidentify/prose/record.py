"""The record as it may leave: no consent, no byline, no calendar date, no known identifier in its prose."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from pipeline.core import decided, findings
from pipeline.core.fold import letters
from pipeline.core.identity import (
    BYLINE,
    Identifier,
    Kind,
    byline_lines,
    dates_of,
    identifiers,
    outside_byline,
)
from pipeline.core.match import PEOPLE
from pipeline.core.model import Case, Finding, Path_, Place
from pipeline.core.variants import name_parts
from pipeline.deidentify.prose import dates
from pipeline.deidentify.prose.text import Cleaned, Remover
from pipeline.deidentify.prose.wording import is_ours

HEADER = "image header"  # how the field of an identifier begins that was read from a picture
DRAWN = ("timeline_as", "pedigree", "legends")
OLDEST = 90  # years; stands for "90 or older" (45 CFR 164.514(b)(2)(i)(C))
PROBLEMS = {"ambiguous": "LEAK020", "impossible": "LEAK021", "yearless": "LEAK022", "unclear": "LEAK024"}
LOOK = {
    "month and year": "a month and a year that no date of the case explains: is it the patient's?",
    "month and number": "a month stands beside a number and was not converted: is it a date of the patient?",
    "ordinary word": "a name of the case that is also an ordinary word: is what stands there now right?",
    "someone else": "a name of the case was kept: it looks like that of a disease, a test or a cited author",
    "short number": "a short number of the case stands without a label: the patient's number, or a value?",
    "shared name": "a replaced name belongs to more than one person: does it still say the right one?",
}


@dataclass
class Written:
    """What became of the text of a case."""

    record: dict[str, Any]
    byline: dict[str, Any]
    changes: list[tuple[Place, str, str]] = field(default_factory=list)  # place, kind, rule
    look: list[tuple[Place, str]] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)
    asked: Sequence[decided.Row] = ()  # what people decided about words
    kept: set[str] = field(default_factory=set)  # ids of words that a person decided to keep
    decided: int = 0  # replacements that a person decided


def write(
    case: Case, record: dict[str, Any], known: tuple[Identifier, ...], asked: Sequence[decided.Row] = ()
) -> Written:
    """Clean the whole record. `known` are the identifiers of private.yaml and of the image headers, `asked`
    what people decided about other words.
    """
    months = [event["date"] for event in record["timeline"] if len(event["date"]) == len("2026-03")]
    calendar = dates.calendar(record["day0"]["date"], (*dates_of(record), *identifiers(case.private)), months)
    institutions = {row["institution"] for row in record["affiliations"].values()}
    ours = frozenset(map(letters, institutions))
    own = tuple(Identifier(Kind.HOSPITAL, name, "record affiliations") for name in sorted(institutions))
    sex = record["patient"]["sex"]
    written = Written(
        _relative(
            {k: v for k, v in record.items() if k not in (*BYLINE, "consent", "earlier_posts")}, calendar
        ),
        {},
        asked=asked,
    )

    known = _each_person_once(known)
    remover = Remover((*known, *own), calendar, ours, sex)
    written.record = _each(written.record, (), _visitor(case, written, remover.clean))
    for part in ("figures", "tables"):
        for n, entry in enumerate(written.record[part]):
            if remover.mentions(entry["id"]):
                written.findings.append(findings.make("LEAK023", case.where(part, n, "id")))
    written.record["timeline"].sort(key=lambda event: event["day"])

    published = tuple(i for i in outside_byline(known, byline_lines(record)) if not _is_institution(i, ours))
    for_byline = Remover(published, calendar, ours, sex)
    written.byline = {part: record[part] for part in BYLINE}
    clean = _visitor(case, written, lambda prose: for_byline.clean(prose, convert_dates=False))
    for part in ("declarations", "presented_at"):
        written.byline[part] = _each(record[part], (part,), clean)
    if record.get(
        "earlier_posts"
    ):  # for the cover letter alone; a case without leaves no trace of the question
        written.byline["earlier_posts"] = _each(record["earlier_posts"], ("earlier_posts",), clean)
    written.byline["authors"] = [
        dict(author, disclosures=_each(author["disclosures"], ("authors", n, "disclosures"), clean))
        for n, author in enumerate(record["authors"])
    ]
    return written


def _each_person_once(known: tuple[Identifier, ...]) -> tuple[Identifier, ...]:
    """Without the people of image headers whom private.yaml lists too: it knows better who they are."""
    listed = [set(name_parts(i.value)) for i in known if i.kind in PEOPLE and not i.field.startswith(HEADER)]
    return tuple(
        i
        for i in known
        if i.kind not in PEOPLE
        or not i.field.startswith(HEADER)
        or not any(set(name_parts(i.value)) <= parts for parts in listed)
    )


def _is_institution(identifier: Identifier, ours: frozenset[str]) -> bool:
    return identifier.kind is Kind.HOSPITAL and is_ours(identifier.value, ours)


def _relative(record: dict[str, Any], calendar: dates.Calendar) -> dict[str, Any]:
    """Date fields as days: Day 0 keeps its event, events and results their day, pictures lose theirs."""
    out = dict(record)
    out["day0"] = {"event": record["day0"]["event"]}
    out["patient"] = dict(record["patient"], age_years=min(record["patient"]["age_years"], OLDEST))
    out["timeline"] = []
    for event in record["timeline"]:
        day, words, exact = dates.when(calendar, event["date"])
        out["timeline"].append({"day": day, "when": words, "exact": exact, "event": event["event"]})
    out["figures"] = [
        {key: value for key, value in figure.items() if key not in ("taken_on", "panels")}
        for figure in record["figures"]
    ]
    out["tables"] = [
        dict(table, rows=[dict(row, results=_by_day(row["results"], calendar)) for row in table["rows"]])
        for table in record["tables"]
    ]
    return _drawn(out)


def _drawn(record: dict[str, Any]) -> dict[str, Any]:
    """What is asked to be drawn, by positions in place of names; what is not asked leaves no trace."""
    out = {k: v for k, v in record.items() if k not in DRAWN or v not in (None, {}, "table")}
    for n, table in enumerate(out["tables"]):
        out["tables"][n] = {k: v for k, v in table.items() if k != "plot" or v is not None}
        if table.get("plot") is not None:
            tests = [row["test"] for row in table["rows"]]
            out["tables"][n]["plot"] = [r for r, test in enumerate(tests) if test in (table["plot"] or tests)]
    if pedigree := out.get("pedigree"):
        people = [person["id"] for person in pedigree["individuals"]]
        out["pedigree"] = dict(
            pedigree,
            individuals=[
                {k: v for k, v in person.items() if k != "id"}
                | {"parents": [people.index(p) for p in person["parents"] if p in people]}
                for person in pedigree["individuals"]
            ],
        )
    return out


def _by_day(results: dict[str, str], calendar: dates.Calendar) -> dict[str, str]:
    by_day = {dates.when(calendar, date)[0]: value for date, value in results.items()}
    return {str(day): by_day[day] for day in sorted(by_day)}


def _each(value: Any, path: Path_, visit: Callable[[Path_, str], str]) -> Any:
    """A copy of `value` in which `visit` has seen every string."""
    if isinstance(value, dict):
        return {key: _each(inner, (*path, key), visit) for key, inner in value.items()}
    if isinstance(value, list):
        return [_each(inner, (*path, n), visit) for n, inner in enumerate(value)]
    return visit(path, value) if isinstance(value, str) else value


def _visitor(case: Case, written: Written, clean: Callable[[str], Cleaned]) -> Callable[[Path_, str], str]:
    def visit(path: Path_, prose: str) -> str:
        if path[-1] in ("id", "when"):
            return prose

        def place(line: int) -> Place:
            return case.where_in(path, line) if "\n" in prose else case.where(*path)

        cleaned = clean(prose)
        written.changes += [(place(c.line), c.kind, c.rule) for c in cleaned.changes]
        written.look += [(place(line), LOOK[what]) for line, what in cleaned.look]
        written.findings += [findings.make(PROBLEMS[what], place(line)) for line, what in cleaned.problems]
        said = decided.apply(cleaned.text, written.asked, str(case.private.get("key", "")))
        written.changes += [(place(line), "decided", "a person") for line in said.lines]
        written.decided += len(said.lines)
        written.kept |= said.kept
        return said.text

    return visit
