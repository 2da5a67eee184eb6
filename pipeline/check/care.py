"""The 30 lines of the CARE checklist: what software can establish about each (templates/rules/care.yaml).

Most lines also need a person: software sees that something is written, not that it is right.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from pipeline.check.schema import Form
from pipeline.core import findings, resources, words
from pipeline.core.journal import Journal
from pipeline.core.model import CareLine, Case, Finding

SECTION_WORDS = {"strength": r"\bstrengths?\b", "limitation": r"\blimit(ation|ations|ed)\b"}
DESCRIBED = ("details",)
WANTED: dict[str, tuple[str, ...]] = {  # what CARE 9b asks about each kind of intervention
    "drug": ("dose", "route", "frequency", "duration"),
    "surgery": DESCRIBED,
    "procedure": DESCRIBED,
    "device": DESCRIBED,
    "supportive": DESCRIBED,
    "preventive": DESCRIBED,
    "self-care": DESCRIBED,
}
MIN_WORDS = 5  # fewer words than this in a section say nothing


@dataclass(frozen=True, slots=True)
class Result:
    """reported, partial or missing, and what is missing."""

    status: str
    note: str = ""


REPORTED = Result("reported")


def check(case: Case, form: Form, journal: Journal) -> tuple[tuple[CareLine, ...], list[Finding]]:
    """Every CARE line with its status, and findings for those that are missing or partial."""
    rules = resources.data("templates/rules/care.yaml")["lines"]
    excused = form.get("not_applicable") or {}
    lines, found = [], []
    for rule in rules:
        result = _judge(rule, form, excused, journal)
        line = CareLine(
            rule["id"],
            rule["topic"],
            rule["requirement"],
            result.status,
            rule["decided"],
            result.note,
            tuple(rule["sections"]),
        )
        lines.append(line)
        code = {"missing": "CARE001", "partial": "CARE002"}.get(result.status)
        if code and "told_by" not in rule:
            place = _place(case, rule)
            found.append(
                findings.make(
                    code, place, id=line.id, topic=line.topic, note=line.note, requirement=line.requirement
                )
            )
    unknown = set(excused) - {rule["id"] for rule in rules}
    found += [findings.make("CARE003", case.where("not_applicable", i), id=i) for i in sorted(unknown)]
    return tuple(lines), found


def _judge(rule: dict[str, Any], form: Form, excused: dict[str, str], journal: Journal) -> Result:
    override = (journal.value("care_overrides") or {}).get(rule["id"])
    if override:
        return Result("reported", f"journal override: {override}")
    if rule["id"] in excused:
        return Result("not applicable", excused[rule["id"]])
    if "test" in rule:
        return TESTS[rule["test"]](form)
    filled = [path for path in rule["filled"] if _filled(form, path)]
    if len(filled) == len(rule["filled"]):
        return REPORTED
    absent = ", ".join(p for p in rule["filled"] if p not in filled)
    return Result("partial" if filled else "missing", f"{absent} is not filled in")


def _filled(form: Form, path: str) -> bool:
    part, *rest = path.split(".")
    value: Any = form.get(part)
    for name in rest:
        value = value.get(name) if isinstance(value, dict) else getattr(value, name, None)
    if isinstance(value, str):
        return bool(value.strip())
    return value is not None and value != []


def _place(case: Case, rule: dict[str, Any]) -> tuple[str, int]:
    """Where a person would start to mend a line."""
    paths = (
        [p.split(".") for p in rule.get("filled", [])]
        + [["text", s] for s in rule["sections"]]
        + [rule["sections"][:1]]
    )
    known = [p for p in paths if tuple(p) in case.places]
    return case.where(*known[0]) if known else ("record.yaml", 0)


def _prose(form: Form, section: str) -> str:
    return str((form.get("text") or {}).get(section, ""))


def _title(form: Form) -> Result:
    title, diagnosis = str(form.get("title") or ""), form.get("diagnosis")
    says_so = re.search(r"\bcase (report|study)\b", title, re.IGNORECASE)
    names_it = diagnosis and any(t.lower() in title.lower() for t in (diagnosis.primary, *diagnosis.terms))
    if says_so and names_it:
        return REPORTED
    lacks = "the title does not " + ("name the diagnosis" if says_so else "say 'case report'")
    return Result("partial" if says_so or names_it else "missing", lacks)


def _keywords(form: Form) -> Result:
    keywords = [k.lower() for k in form.get("keywords") or []]
    if not keywords:
        return Result("missing", "no keywords")
    if not 2 <= len(keywords) <= 5:
        return Result("partial", f"{len(keywords)} keywords; CARE asks for two to five")
    if len(set(keywords)) < len(keywords):
        return Result("partial", "a keyword is given twice")
    return (
        REPORTED
        if "case report" in keywords
        else Result("partial", "'case report' is not among the keywords")
    )


def _abstract_names_diagnosis(form: Form) -> Result:
    abstract, diagnosis = form.get("abstract"), form.get("diagnosis")
    if not abstract or not diagnosis:
        return Result("missing", "abstract or diagnosis is not filled in")
    text = " ".join(abstract.model_dump().values()).lower()
    named = any(t.lower() in text for t in (diagnosis.primary, *diagnosis.terms))
    return REPORTED if named else Result("partial", "the abstract does not name the diagnosis")


def _cites(section: str, least: int) -> Callable[[Form], Result]:
    def test(form: Form) -> Result:
        prose = _prose(form, section)
        if words.count(prose) < MIN_WORDS:
            return Result("missing", f"there is no {section}")
        count = len({key for key, _ in words.cited(prose)})
        return (
            REPORTED
            if count >= least
            else Result("partial", f"{count} references cited; at least {least} expected")
        )

    return test


def _past_interventions(form: Form) -> Result:
    history = form.get("history")
    return (
        REPORTED if history is not None else Result("missing", "history.past_interventions is not filled in")
    )


def _timeline(form: Form) -> Result:
    events = list(form.items("timeline"))
    if not events:
        return Result("missing", "there is no timeline")
    if len(events) < 3:
        return Result("partial", f"{len(events)} events; at least 3 make a course")
    mentioned = any(i == "timeline" for _, prose in form.prose() for _, i, _ in words.referred(prose))
    return REPORTED if mentioned else Result("partial", "the text does not refer to {table:timeline}")


def _methods(form: Form) -> Result:
    has_results = any(True for _ in form.items("tables")) or any(True for _ in form.items("figures"))
    described = words.count(_prose(form, "diagnostic_assessment")) >= MIN_WORDS
    if has_results and described:
        return REPORTED
    lacks = "no result table and no image" if described else "the section diagnostic_assessment is missing"
    return Result("partial" if has_results or described else "missing", lacks)


def _differential(form: Form) -> Result:
    diagnosis = form.get("diagnosis")
    count = len(diagnosis.differential) if diagnosis else 0
    if count >= 2:
        return REPORTED
    return Result(
        "partial" if count else "missing", f"{count} other diagnoses considered; at least 2 expected"
    )


def _administration(form: Form) -> Result:
    given = form.get("interventions") or []
    if not given:
        return Result("missing", "no interventions")
    for n, item in enumerate(given, 1):
        if lacks := [name for name in WANTED.get(item.kind, ()) if not getattr(item, name)]:
            return Result("partial", f"intervention {n} ({item.kind}) lacks {', '.join(lacks)}")
    return REPORTED


def _changes(form: Form) -> Result:
    return (
        REPORTED
        if form.get("changes") is not None
        else Result("missing", "say what changed and why, or 'none'")
    )


def _strengths_and_limits(form: Form) -> Result:
    prose = _prose(form, "discussion")
    lacks = [name for name, pattern in SECTION_WORDS.items() if not re.search(pattern, prose, re.IGNORECASE)]
    if not lacks:
        return REPORTED
    status = "partial" if len(lacks) == 1 else "missing"
    return Result(status, f"the discussion names no {' and no '.join(lacks)}")


def _conclusion(form: Form) -> Result:
    prose = _prose(form, "conclusion")
    if words.count(prose) < MIN_WORDS:
        return Result("missing", "there is no conclusion")
    if "\n\n" in prose.strip():
        return Result("partial", "the conclusion has more than one paragraph")
    return Result("partial", "the conclusion cites references") if any(words.cited(prose)) else REPORTED


def _consent(form: Form) -> Result:
    consent = form.get("consent")
    if not consent:
        return Result("partial", "consent is not recorded yet; the package cannot be made without it")
    return REPORTED


TESTS: dict[str, Callable[[Form], Result]] = {
    "title": _title,
    "keywords": _keywords,
    "abstract_names_diagnosis": _abstract_names_diagnosis,
    "introduction_cites": _cites("introduction", 1),
    "past_interventions": _past_interventions,
    "timeline": _timeline,
    "methods": _methods,
    "differential": _differential,
    "administration": _administration,
    "changes": _changes,
    "strengths_and_limits": _strengths_and_limits,
    "discussion_cites": _cites("discussion", 3),
    "conclusion": _conclusion,
    "consent": _consent,
}
