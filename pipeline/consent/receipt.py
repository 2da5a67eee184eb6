"""The patient's receipt, to keep: what was agreed to, where the paper lies, and how to take it back."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pipeline.consent import binding, content, elements, entry, form
from pipeline.core.model import CleanCase
from pipeline.core.permission import Consent

ONE_PAGE = 10.5  # points: smaller than the form, where that keeps the receipt on one page
KEPT = "R"  # behind the id of a form: a receipt is never taken for a signed page


def pdf(
    clean: CleanCase,
    known: Mapping[str, Any],
    signed: Mapping[str, Any],
    consent: Consent,
    dest: Path,
) -> bytes:
    """The receipt in the language of the form that was signed (`signed`, a manifest). Raises ToolError."""
    stated = {**signed, "form": {**signed["form"], "id": f"{signed['form']['id']}{KEPT}"}}
    root = binding.root(signed)
    text = build(clean, known, stated, root, consent)
    usual = form.typeset(text, stated, root, dest)
    if usual.pages == 1:
        return usual.pdf
    smaller = form.typeset({**text, "size": ONE_PAGE}, stated, root, dest)
    return (smaller if smaller.pages == 1 else usual).pdf


def build(
    clean: CleanCase, known: Mapping[str, Any], stated: Mapping[str, Any], root: str, consent: Consent
) -> dict[str, Any]:
    """The receipt as plain data for consent/form.typ: no box, no place to sign."""
    whole = content.build(clean, known, stated, root, nameless=False)
    wording = elements.wording(stated["form"]["language"])
    said, voice = wording["receipt"], content.voice_of(known)
    titles = wording["sections"]
    sections = {section["title"]: section for section in whole["sections"]}
    answers = [
        (box["words"], content.yes_or_no(wording, _agreed(consent, box["id"])))
        for section in whole["sections"]
        for box in (
            *(picture["box"] for picture in section["pictures"]),
            *(box for group in section["boxes"] for box in group["boxes"]),
        )
    ]
    rights = [s for s in sections[titles["rights"]]["statements"] if s["id"] in {"C4", "G5", "C12"}]
    days = ", ".join((consent.signed_on, *(one.signed_on for one in consent.addenda)))
    kept = [(said["signed_on"], days), (said["kept"], consent.original_kept)]
    empty: dict[str, Any] = {"statements": [], "contacts": [], "pictures": [], "boxes": [], "areas": []}
    return {
        **whole,
        "title": said["title"],
        "sections": [
            {
                **empty,
                "title": "",
                "statements": [{"id": "E6", "words": content.in_voice(said["intro"], voice)}],
                "contacts": [*sections[titles["report"]]["contacts"], *_rows(kept)],
            },
            {**empty, "title": titles["choices"], "contacts": _rows(answers), "answers": True},
            {**empty, "title": titles["rights"], "statements": rights},
        ],
    }


def _agreed(consent: Consent, box: str) -> bool:
    """Whether a box was marked, on the form or on an addendum."""
    later = any(entry.entered(addendum.agreed, box) for addendum in consent.addenda)
    return later or entry.entered(consent.agreed, box)


def _rows(pairs: list[tuple[str, str]]) -> list[dict[str, str]]:
    return [{"label": label, "value": value} for label, value in pairs]
