"""Can what is to be drawn from the record be drawn? Trend plots, the pedigree, legends of drawn figures."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pipeline.check.schema import Form
from pipeline.core import findings, illustration, ranges, words
from pipeline.core.model import Case, Finding, Path_

MOST_TESTS = 12  # small plots on one page that can still be read
MOST_EVENTS = 34  # of one line each, in a timeline figure as high as a page


def check(case: Case, form: Form) -> list[Finding]:
    """Findings about plots, ranges and results that give no flags, the pedigree, legends, and mentions."""
    parts = (_mentions, _timeline, _plots, _ranges, _results, _pedigree, _legends)
    return [finding for part in parts for finding in part(case, form)]


def drawn(form: Form) -> tuple[str, ...]:
    """Ids of the figures that are drawn from the record, as far as it can be read."""
    tables = [table.model_dump() for _, table in form.items("tables")]
    return illustration.ids(form.get("timeline_as"), tables, form.get("pedigree"))


def typed(record: Mapping[str, Any]) -> tuple[str, ...]:
    """As `drawn`, from the record as typed, also where a part has mistakes."""
    tables = record.get("tables")
    rows = [row for row in tables if isinstance(row, dict)] if isinstance(tables, list) else []
    plots = [{"id": str(row.get("id", "")), "plot": row.get("plot")} for row in rows]
    asked = [row for row in plots if row["plot"] not in (None, "", "no")]
    return illustration.ids(record.get("timeline_as"), asked, record.get("pedigree"))


def _mentions(case: Case, form: Form) -> list[Finding]:
    mentioned = {(k, name) for _, prose in form.prose() for k, name, _ in words.referred(prose)}
    tables = {table.id: t for t, table in form.items("tables")}
    places: dict[str, Path_] = {name: ("tables", t, "plot") for name, t in tables.items()}
    places |= {illustration.TIMELINE: ("timeline_as",), illustration.PEDIGREE: ("pedigree",)}
    return [
        findings.make("REC021", case.where(*places[name]), kind="figure", id=name, short="fig")
        for name in (drawn(form) if form.get("text") else ())
        if ("fig", name) not in mentioned
    ]


def _timeline(case: Case, form: Form) -> list[Finding]:
    count = len(list(form.items("timeline")))
    if form.get("timeline_as") not in ("figure", "both") or count <= MOST_EVENTS:
        return []
    return [findings.make("REC078", case.where("timeline_as"), count=count, limit=MOST_EVENTS)]


def _plots(case: Case, form: Form) -> list[Finding]:
    found = []
    for t, table in form.items("tables"):
        if table.plot is None:
            continue
        tests = {row.test: row for row in table.rows}
        place, said = case.where("tables", t, "plot"), {"id": table.id}
        if unknown := [name for name in table.plot if name not in tests]:
            found.append(findings.make("REC070", place, count=len(unknown), **said))
            continue
        wanted = [tests[name] for name in table.plot] or list(table.rows)
        few = [row for row in wanted if sum(map(bool, map(ranges.result, row.results.values()))) < 2]
        if few and (table.plot or len(few) == len(wanted)):
            found.append(findings.make("REC071", place, count=len(few), **said))
        elif few:
            found.append(findings.make("REC072", place, count=len(few), **said))
        if (count := len(wanted) - len(few)) > MOST_TESTS:
            found.append(findings.make("REC073", place, count=count, limit=MOST_TESTS, **said))
    return found


def _ranges(case: Case, form: Form) -> list[Finding]:
    unread = [
        (
            t,
            table.id,
            sum(_numbers(row.reference) and not ranges.reference(row.reference) for row in table.rows),
        )
        for t, table in form.items("tables")
    ]
    return [
        findings.make("REC074", case.where("tables", t), id=name, count=count)
        for t, name, count in unread
        if count
    ]


def _results(case: Case, form: Form) -> list[Finding]:
    """Results with a digit that are no plain number, in rows where numbers are flagged or plotted."""
    found = []
    for t, table in form.items("tables"):
        for r, row in enumerate(table.rows):
            unread = [text for text in row.results.values() if not ranges.result(text)]
            plotted = table.plot is not None and (not table.plot or row.test in table.plot)
            count = sum(map(_numbers, unread))
            if count and (ranges.reference(row.reference) or (plotted and len(unread) < len(row.results))):
                place = case.where("tables", t, "rows", r, "results")
                found.append(findings.make("REC077", place, id=table.id, number=r + 1, count=count))
    return found


def _numbers(text: str) -> bool:
    return any(c.isdigit() for c in text)


def _pedigree(case: Case, form: Form) -> list[Finding]:
    pedigree = form.get("pedigree")
    if not pedigree:
        return []
    people = pedigree.individuals
    parents = {person.id: person.parents for person in people}
    problems = {
        "an id is used twice": len(parents) != len(people),
        "nobody is marked as proband": not any(person.proband for person in people),
        "somebody has one parent: give both, and add the other to the list": any(
            len(set(pair)) == 1 for pair in parents.values()
        ),
        "a parent is not in the list": any(p not in parents for pair in parents.values() for p in pair),
        "somebody is their own ancestor": any(name in _ancestors(name, parents) for name in parents),
    }
    place = case.where("pedigree")
    return [findings.make("REC075", place, problem=words) for words, wrong in problems.items() if wrong]


def _ancestors(name: str, parents: dict[str, list[str]]) -> set[str]:
    found: set[str] = set()
    waiting = list(parents[name])
    while waiting:
        person = waiting.pop()
        if person not in found:
            found.add(person)
            waiting += parents.get(person, [])
    return found


def _legends(case: Case, form: Form) -> list[Finding]:
    known = drawn(form)
    return [
        findings.make("REC076", case.where("legends", name), id=name)
        for name in form.get("legends") or {}
        if name not in known
    ]
