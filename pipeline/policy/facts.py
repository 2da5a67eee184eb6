"""What a case folder tells about itself, as facts for the judgement. What it does not tell stays unknown.

Read from the record as it was typed: it may be half filled in, and nothing here may stop for that.
"""

from __future__ import annotations

from typing import Any

from pipeline.core import resources
from pipeline.core.conditions import names
from pipeline.core.model import Case, Place
from pipeline.policy.rules import Rule

QUESTIONS = {  # questions.* of the record that are facts under the same name
    *("mental_illness", "sexual_offence", "child_in_legal_process", "hiv"),
    *("pregnancy_terminated", "in_custody", "transgender"),
}
POSTED = "earlier_posts"
OF_POST = {
    "earlier_post_removed": "removed",
    "editor_told": "editor_told",
    "consent_covers_earlier_post": "consent_covers",
}
YES, NO = {"yes", "true"}, {"no", "false"}


def of_case(case: Case, kind: str) -> dict[str, Any]:
    """Facts of a case for a channel of this kind; None for what the record leaves open.

    A consent that was given for a journal covers no other use: a seminar only where teaching was agreed to.
    """
    kinds = _kinds(case)
    signed = _signed(case, kind)
    by_patient = _text(case, "consent", "signed_by") == "patient"
    facts: dict[str, Any] = {
        "photo": bool(kinds - {"dicom"}),
        "scan": bool(kinds & {"dicom"}) or None,  # a photograph of a film is in no DICOM file
        "video": False,
        "case_text": True,
        "treatment": True,
        "pedigree": isinstance(case.record.get("pedigree"), dict),
        "peer_reviewed": False,
        "age_years": _number(_text(case, "patient", "age_years")),
        "deceased": _yes(case, "patient", "deceased"),
        "cannot_decide": _not(_yes(case, "patient", "can_decide")),
        "identifiable": _recognisable(case),
        "consent_signed": signed,
        "own_consent": signed and by_patient,
        "consent_withdrawn": _yes(case, "consent", "withdrawn") or False,
        "lost_to_follow_up": _yes(case, "patient", "cannot_be_reached") or False,
        "cannot_read": _not(_yes(case, "patient", "reads_form_language")),
        "interpreter_used": _yes(case, "consent", "interpreter") or False,
        "child_dissent": _text(case, "consent", "assent", "given") == "refused",
        "seen_final": _yes(case, "consent", "agreed", "seen_final") or False,
        "already_posted": _yes(case, "questions", "posted_before"),
        **{name: _yes(case, POSTED, field) for name, field in OF_POST.items()},
        **{name: _yes(case, "questions", name) for name in QUESTIONS},
        **_where(case),
    }
    return {name: value for name, value in facts.items() if value is not None}


def _signed(case: Case, kind: str) -> bool:
    if not isinstance(case.record.get("consent"), dict) or _text(case, "consent", "method") == "spoken":
        return False
    agreed = {"journal": "text", "seminar": "teaching"}.get(kind)
    return agreed is not None and _yes(case, "consent", "agreed", agreed) is True


def _kinds(case: Case) -> set[str]:
    """The kinds of the pictures that the figures use."""
    figures = case.record.get("figures")
    rows = [row for row in figures if isinstance(row, dict)] if isinstance(figures, list) else []
    panels = [panel for row in rows if isinstance(row.get("panels"), list) for panel in row["panels"]]
    images = [panel["image"] for panel in panels if isinstance(panel, dict) and panel.get("image")]
    return {source.kind for image in images for source in case.pictures(str(image))}


def _recognisable(case: Case) -> bool | None:
    """Known only where a figure is said to be recognisable: that none is says nothing of the story."""
    figures = case.record.get("figures")
    count = len(figures) if isinstance(figures, list) else 0
    return True if any(_yes(case, "figures", n, "recognisable") for n in range(count)) else None


def _where(case: Case) -> dict[str, bool]:
    """Whose law applies, by the countries of the authors' institutions (consent/elements.yaml)."""
    listed = case.record.get("affiliations")
    codes = {
        row["country_code"]
        for row in (listed.values() if isinstance(listed, dict) else ())
        if isinstance(row, dict) and row.get("country_code")
    }
    law = resources.data("consent/elements.yaml")["jurisdictions"]
    both = (("jurisdiction_us", "US"), ("jurisdiction_eu", "EU_UK"))
    return {fact: bool(codes & set(law[area])) for fact, area in both} if codes else {}


def _value(case: Case, *path: str | int) -> Any:
    here: Any = case.record
    for step in path:
        if isinstance(step, int):
            here = here[step]
        elif isinstance(here, dict):
            here = here.get(step)
        else:
            return None
    return here


def _text(case: Case, *path: str | int) -> str:
    value = _value(case, *path)
    return value.strip().lower() if isinstance(value, str) else ""


def _yes(case: Case, *path: str | int) -> bool | None:
    text = _text(case, *path)
    return True if text in YES else False if text in NO else None


def _not(known: bool | None) -> bool | None:
    return None if known is None else not known


def _number(text: str) -> int | None:
    return int(text) if text.isdecimal() and len(text) < 4 else None


def contradicts_itself(case: Case) -> bool:
    """Whether an earlier post is described although nothing is said to have been posted."""
    return isinstance(case.record.get(POSTED), dict) and _yes(case, "questions", "posted_before") is False


def asked_by(rule: Rule) -> set[str]:
    """The facts that make a rule apply, those about the kind of content left out."""
    return names(rule.when)


def where(case: Case, name: str) -> Place:
    """Where in the record a fact is told; of an earlier post nobody described, where it was admitted."""
    if name == "age_years":
        return case.where("patient", "age_years")
    if name in OF_POST and isinstance(case.record.get(POSTED), dict):
        return case.where(POSTED, OF_POST[name])
    return case.where("questions", "posted_before" if name in {"already_posted", *OF_POST} else name)
