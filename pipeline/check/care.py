"""The lines of CARE and of the checklists that add to it: what software can establish about each.

Most lines also need a person: software sees that something is written, not that it is right. The lists are
data (templates/rules); core/guidelines.py reads them.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from pipeline.check.lines import REPORTED, TESTS, Asked, Result, said
from pipeline.check.schema import Form
from pipeline.core import findings, guidelines
from pipeline.core.journal import Journal
from pipeline.core.model import CareLine, Case, Finding, Severity

UNCONFIRMED = {"missing": Severity.WARNING, "partial": Severity.NOTE}  # never block on what nobody has read
OVERRIDDEN = ("title", "keywords")  # tests that know the journal's own rule; other lines are not tested then


def check(case: Case, form: Form, journal: Journal) -> tuple[tuple[CareLine, ...], list[Finding]]:
    """Every line of the chosen checklists with its status, and findings for what is missing or partial."""
    asked = form.get("reporting") or journal.layout.get("checklists") or ()
    lists = [guidelines.load(name) for name in guidelines.chosen(asked)]
    excused = form.get("not_applicable") or {}
    lines, found = [], []
    for guideline in lists:
        for rule in guideline.lines:
            line = _line(guideline, rule, form, excused, journal)
            lines.append(line)
            found += _told(case, guideline, rule, line)
    known = {line.key for line in lines}
    found += [
        findings.make("CARE003", case.where("not_applicable", i), id=i) for i in sorted(set(excused) - known)
    ]
    return tuple(lines), [*found, *_choice(case, form, journal, {guideline.id for guideline in lists})]


def _line(
    guideline: guidelines.Guideline,
    rule: dict[str, Any],
    form: Form,
    excused: dict[str, str],
    journal: Journal,
) -> CareLine:
    line = CareLine(
        rule["id"],
        rule["topic"],
        rule["requirement"],
        "",
        rule["decided"],
        "",
        tuple(rule["sections"]),
        guideline.id,
        rule["confirmed"],
    )
    override = str((journal.value("care_overrides") or {}).get(line.key, ""))
    result = _judge(Asked(rule, journal, override), line.key, form, excused)
    return replace(line, status=result.status, note=result.note)


def _judge(asked: Asked, key: str, form: Form, excused: dict[str, str]) -> Result:
    rule = asked.rule
    if asked.override:
        result = TESTS[rule["test"]](form, asked) if rule.get("test") in OVERRIDDEN else REPORTED
        told = f"reported: journal override – {asked.override}"
        return Result("reported", told) if result == REPORTED else result
    if key in excused:
        return Result("not applicable", excused[key])
    if rule.get("series"):
        return Result("not applicable", "a record holds one patient; a series cannot be judged")
    if "test" in rule:
        return TESTS[rule["test"]](form, asked)
    if "said" in rule:
        return said(form, rule)
    filled = [path for path in rule["filled"] if _filled(form, path)]
    if len(filled) == len(rule["filled"]):
        return REPORTED
    absent = ", ".join(p for p in rule["filled"] if p not in filled)
    return Result("partial" if filled else "missing", f"{absent} is not filled in")


def _told(case: Case, guideline: guidelines.Guideline, rule: dict[str, Any], line: CareLine) -> list[Finding]:
    """The finding for a line that is missing or partly reported, unless another finding says so already."""
    code = {"missing": "CARE001", "partial": "CARE002"}.get(line.status)
    if not code or "told_by" in rule:
        return []
    sure = line.confirmed == "yes"
    return [
        findings.make(
            code,
            _place(case, rule),
            severity=None if sure else UNCONFIRMED[line.status],
            list=guideline.name,
            id=line.id,
            key=line.key,
            topic=line.topic,
            note=line.note,
            requirement=line.requirement
            + ("" if sure else " (not confirmed against the published guideline)"),
        )
    ]


def _choice(case: Case, form: Form, journal: Journal, chosen: set[str]) -> list[Finding]:
    """What record or journal speak for and the author did not choose; and a list for several patients."""
    place = case.where("reporting")
    found = [
        findings.make("CARE004", place, list=guidelines.load(name).name, id=name, reason=reason)
        for name, reason in _fitting(case, form)
        if name not in chosen
    ]
    wanted = set(guidelines.chosen(journal.layout.get("checklists") or ()))
    found += [
        findings.make("CARE005", place, list=guidelines.load(name).name, id=name)
        for name in sorted(wanted - chosen)
    ]
    return [*found, *([findings.make("CARE006", place)] if "process" in chosen else [])]


def _fitting(case: Case, form: Form) -> list[tuple[str, str]]:
    """Lists that fit this record, each with the reason."""
    fitting = []
    if any(item.kind == "surgery" for item in form.get("interventions") or []):
        fitting.append(("scare", "an operation is among the interventions"))
    panels = [case.pictures(panel.image) for _, figure in form.items("figures") for panel in figure.panels]
    scans = sum(any(source.kind == "dicom" for source in sources) for sources in panels)
    if scans * 2 > len(panels):
        fitting.append(("care-radiology", f"{scans} of {len(panels)} panels are DICOM images"))
    return fitting


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
