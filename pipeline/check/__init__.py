"""Is the record complete and well-formed for this journal? Answers with every finding at once.

Reads text only (no picture is decoded), so that the answer is there at once.
"""

from __future__ import annotations

from pipeline.check import (
    abbreviations,
    advertising,
    authorship,
    blinding,
    care,
    chronology,
    drawings,
    limits,
    links,
    pictures,
    private,
    prose,
    references,
    schema,
)
from pipeline.core import guidelines
from pipeline.core.journal import Journal
from pipeline.core.model import Case, Finding, Report, Severity

ORDER = {Severity.ERROR: 0, Severity.WARNING: 1, Severity.NOTE: 2}


def check(case: Case, journal: Journal, *, online: bool = False, at: str = "") -> Report:
    """Every finding about a case, errors first, and the state of every line of the checklists.

    Only with `online` is anyone asked: Crossref and PubMed, about DOIs and PubMed numbers (see online.py).
    """
    form, found = schema.read(case)
    found += schema.private(case)
    found += private.check(case)
    found += links.check(case, form)
    found += chronology.check(case, form)
    found += pictures.check(case, form)
    found += drawings.check(case, form)
    found += references.check(case, form, online=online)
    found += ask_others(case, form, at) if online else []
    found += limits.check(case, form, journal)
    found += prose.check(case, form)
    found += advertising.check(case, form)
    found += abbreviations.check(case, form, journal)
    found += blinding.check(case, form, journal)
    lines, about_care = care.check(case, form, journal)
    told = {(f.path, f.line) for f in found if f.code.startswith("REC")}  # a missing field is told once
    found += [f for f in about_care if (f.path, f.line) not in told]
    found += authorship.check(case, form, journal)
    everything = dict.fromkeys((*case.findings, *found))  # a set that keeps its order
    ranked = sorted(everything, key=lambda f: (ORDER[f.severity], f.path, f.line, f.code))
    return Report(tuple(ranked), lines)


def counts(case: Case, journal: Journal) -> tuple[limits.Count, ...]:
    """What the journal counts in this case, beside what it asks for; unreadable parts are left out."""
    form, _ = schema.read(case)
    return tuple(limits.counts(case, form, journal))


def ask_others(case: Case, form: schema.Form, at: str) -> list[Finding]:
    """Findings from the public record. What opens a connection is not even loaded without it."""
    from pipeline.check import online

    return online.check(case, form, at=at)


def summary(report: Report) -> str:
    """A few words for the step line."""
    parts = []
    for name in dict.fromkeys(line.guideline for line in report.care):
        states = [line.status for line in report.care if line.guideline == name]
        parts.append(f"{states.count('reported')} of {len(states)} {guidelines.load(name).name} lines")
    warnings = sum(f.severity is Severity.WARNING for f in report)
    return f"{', '.join(parts)} reported" + (f", {warnings} warnings" if warnings else "")
