"""Named tests of checklist lines (`test` and `said` in templates/rules): what filled fields cannot tell."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from pipeline.check.schema import Form
from pipeline.core import words
from pipeline.core.journal import Journal

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
CASE_REPORT = re.compile(r"\bcase (report|study)\b", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Result:
    """reported, partial or missing, and what is missing."""

    status: str
    note: str = ""


@dataclass(frozen=True, slots=True)
class Asked:
    """One line of a checklist, and the journal it is asked for. `override` is the journal's reason, or ""."""

    rule: Mapping[str, Any]
    journal: Journal
    override: str = ""


REPORTED = Result("reported")
Test = Callable[[Form, Asked], Result]


def prose(form: Form, section: str) -> str:
    """What will be printed in a section, in the title or in the abstract."""
    if section == "title":
        return str(form.get("title") or "")
    if section == "abstract":
        abstract = form.get("abstract")
        return "\n\n".join(abstract.model_dump().values()) if abstract else ""
    return str((form.get("text") or {}).get(section, ""))


def said(form: Form, rule: Mapping[str, Any]) -> Result:
    """Does the text of the rule's sections hold each of its patterns?"""
    text = "\n\n".join(prose(form, section) for section in rule["sections"])
    lacks = [name for name, pattern in rule["said"].items() if not re.search(pattern, text, re.IGNORECASE)]
    if not lacks:
        return REPORTED
    where = " and ".join(section.replace("_", " ") for section in rule["sections"])
    status = "missing" if len(lacks) == len(rule["said"]) else "partial"
    return Result(status, f"no words found in {where} for: {', '.join(lacks)}")


def _title(form: Form, asked: Asked) -> Result:
    title, diagnosis = asked.journal.title(str(form.get("title") or "")), form.get("diagnosis")
    says_so = bool(CASE_REPORT.search(title))
    names_it = diagnosis and any(t.lower() in title.lower() for t in (diagnosis.primary, *diagnosis.terms))
    if asked.override and says_so:
        return Result("partial", "the title says 'case report', which this journal does not want")
    fits = says_so or bool(asked.override)
    if fits and names_it:
        return REPORTED
    lacks = "the title does not " + ("name the diagnosis" if fits else "say 'case report'")
    return Result("partial" if says_so or names_it else "missing", lacks)


def _keywords(form: Form, asked: Asked) -> Result:
    keywords = [k.lower() for k in form.get("keywords") or []]
    if not keywords:
        return Result("missing", "no keywords")
    least, most = asked.rule.get("between", (2, 5))
    whose = f"asked for are {least} to {most}"
    if asked.override and (bounds := asked.journal.value("keywords")):
        (least, most), whose = bounds, f"the journal asks for {bounds[0]} to {bounds[1]}"
    if not int(least) <= len(keywords) <= int(most or len(keywords)):
        return Result("partial", f"{len(keywords)} keywords; {whose}")
    if len(set(keywords)) < len(keywords):
        return Result("partial", "a keyword is given twice")
    if "case report" in keywords:
        return REPORTED
    return Result("partial", "'case report' is not among the keywords")


def _abstract_names_diagnosis(form: Form, _: Asked) -> Result:
    abstract, diagnosis = prose(form, "abstract").lower(), form.get("diagnosis")
    if not abstract or not diagnosis:
        return Result("missing", "abstract or diagnosis is not filled in")
    named = any(t.lower() in abstract for t in (diagnosis.primary, *diagnosis.terms))
    return REPORTED if named else Result("partial", "the abstract does not name the diagnosis")


def _abstract_headings(form: Form, asked: Asked) -> Result:
    if not prose(form, "abstract"):
        return Result("missing", "there is no abstract")
    shown, wanted = len(asked.journal.layout.get("abstract", {}).get("labels") or ()), asked.rule["headings"]
    if shown >= wanted:
        return REPORTED
    return Result("partial", f"this journal prints the abstract under {shown or 'no'} headings, not {wanted}")


def _cites(section: str, least: int) -> Test:
    def test(form: Form, _: Asked) -> Result:
        text = prose(form, section)
        if words.count(text) < MIN_WORDS:
            return Result("missing", f"there is no {section}")
        count = len({key for key, _ in words.cited(text)})
        if count >= least:
            return REPORTED
        return Result("partial", f"{count} references cited; at least {least} expected")

    return test


def _past_interventions(form: Form, _: Asked) -> Result:
    if form.get("history") is not None:
        return REPORTED
    return Result("missing", "history.past_interventions is not filled in")


def _timeline(form: Form, _: Asked) -> Result:
    events = list(form.items("timeline"))
    if not events:
        return Result("missing", "there is no timeline")
    if len(events) < 3:
        return Result("partial", f"{len(events)} events; at least 3 make a course")
    mentioned = any(i == "timeline" for _, text in form.prose() for _, i, _ in words.referred(text))
    return REPORTED if mentioned else Result("partial", "the text does not refer to {table:timeline}")


def _methods(form: Form, _: Asked) -> Result:
    has_results = any(True for _ in form.items("tables")) or any(True for _ in form.items("figures"))
    described = words.count(prose(form, "diagnostic_assessment")) >= MIN_WORDS
    if has_results and described:
        return REPORTED
    lacks = "no result table and no image" if described else "the section diagnostic_assessment is missing"
    return Result("partial" if has_results or described else "missing", lacks)


def _differential(form: Form, _: Asked) -> Result:
    diagnosis = form.get("diagnosis")
    count = len(diagnosis.differential) if diagnosis else 0
    if count >= 2:
        return REPORTED
    return Result(
        "partial" if count else "missing", f"{count} other diagnoses considered; at least 2 expected"
    )


def _administration(form: Form, _: Asked) -> Result:
    given = form.get("interventions") or []
    if not given:
        return Result("missing", "no interventions")
    for n, item in enumerate(given, 1):
        if lacks := [name for name in WANTED.get(item.kind, ()) if not getattr(item, name)]:
            return Result("partial", f"intervention {n} ({item.kind}) lacks {', '.join(lacks)}")
    return REPORTED


def _changes(form: Form, _: Asked) -> Result:
    if form.get("changes") is not None:
        return REPORTED
    return Result("missing", "say what changed and why, or 'none'")


def _strengths_and_limits(form: Form, _: Asked) -> Result:
    text = prose(form, "discussion")
    lacks = [name for name, pattern in SECTION_WORDS.items() if not re.search(pattern, text, re.IGNORECASE)]
    if not lacks:
        return REPORTED
    status = "partial" if len(lacks) == 1 else "missing"
    return Result(status, f"the discussion names no {' and no '.join(lacks)}")


def _conclusion(form: Form, _: Asked) -> Result:
    text = prose(form, "conclusion")
    if words.count(text) < MIN_WORDS:
        return Result("missing", "there is no conclusion")
    if "\n\n" in text.strip():
        return Result("partial", "the conclusion has more than one paragraph")
    return Result("partial", "the conclusion cites references") if any(words.cited(text)) else REPORTED


def _consent(form: Form, _: Asked) -> Result:
    if form.get("consent"):
        return REPORTED
    return Result("partial", "consent is not recorded yet; the package cannot be made without it")


def _closing(form: Form, _: Asked) -> Result:
    authors = [author for _, author in form.items("authors")]
    if not authors or not form.get("declarations"):
        return Result("missing", "authors or declarations are not filled in")
    return (
        REPORTED if any(a.guarantor for a in authors) else Result("partial", "no author is marked guarantor")
    )


TESTS: dict[str, Test] = {
    "title": _title,
    "keywords": _keywords,
    "abstract_names_diagnosis": _abstract_names_diagnosis,
    "abstract_headings": _abstract_headings,
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
    "closing": _closing,
}
