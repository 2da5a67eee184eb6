"""Small made-up cases for the consent tests: a Case, its CleanCase, its form, signed."""

from __future__ import annotations

import copy
import hashlib
import json
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pypdfium2
from PIL import Image

from pipeline import consent as room
from pipeline.core import files, kinds
from pipeline.core.model import Case, CleanCase, CleanPanel, Source
from tests import signing, warm

warm.load()  # every look at a scan and every signature is a child forked from this process
KEY = "a1" * 32
RECORD: dict[str, Any] = {
    "synthetic": "yes",
    "title": "A solitary plaque of the forearm: a case report",
    "running_title": "A solitary plaque",
    "keywords": ["case report", "plaque"],
    "novelty": "A common plaque in an uncommon place.",
    "abstract": {"background": "Rare.", "case_presentation": "A plaque.", "conclusions": "Look twice."},
    "authors": [
        {
            "given": "Asha",
            "family": "Verma",
            "affiliations": ["skin"],
            "email": "asha@example.org",
            "phone": "+91 00000 00000",
            "credit": ["investigation"],
            "corresponding": "yes",
        }
    ],
    "affiliations": {
        "skin": {
            "department": "Dermatology",
            "institution": "Example Institute of Medical Sciences",
            "city": "Exampur",
            "country": "India",
            "country_code": "IN",
        }
    },
    "patient": {
        "age_years": "41",
        "sex": "female",
        "deceased": "no",
        "can_decide": "yes",
        "reads_form_language": "yes",
    },
    "day0": {"date": "2026-01-10", "event": "first visit"},
    "history": {
        "complaint": "A red plaque for three months.",
        "medical": "None.",
        "family": "None.",
        "psychosocial": "Teacher.",
        "past_interventions": "none",
    },
    "examination": {"vital_signs": "Normal.", "findings": "One plaque.", "negatives": "No nodes."},
    "diagnosis": {
        "primary": "Plaque",
        "terms": ["plaque"],
        "differential": [{"diagnosis": "Eczema", "against": "No itch"}],
        "challenges": "None.",
    },
    "interventions": [{"kind": "drug", "name": "Ointment", "dose": "thin layer"}],
    "changes": "none",
    "outcomes": {
        "clinician": "Healed.",
        "patient": "Content.",
        "follow_up": "8 weeks",
        "tests": "None.",
        "adherence": "Asked at each visit.",
        "adverse_events": "None.",
    },
    "timeline": [
        {"date": "2026-01-10", "event": "First visit"},
        {"date": "2026-03", "event": "Healed"},
    ],
    "text": {
        "introduction": "Plaques are common.",
        "patient_information": "A woman came.",
        "clinical_findings": "One plaque {fig:arm}.",
        "diagnostic_assessment": "By eye {fig:scope}.",
        "therapeutic_intervention": "Ointment.",
        "follow_up": "Healed.",
        "discussion": "Rare.",
        "conclusion": "Look.",
        "perspective": "I am glad.",
    },
    "figures": [
        {
            "id": "arm",
            "panels": [{"image": "images/arm.png"}],
            "legend": "The left forearm at the first visit: one *red*, scaly plaque of 3 cm.",
            "alt": "A red plaque on a forearm",
            "recognisable": "no",
            "taken_on": "2026-01-10",
        },
        {
            "id": "scope",
            "panels": [{"image": "images/before.png"}, {"image": "images/after.png"}],
            "legend": "Dermoscopy before (a) and after (b) treatment of the plaque in {fig:arm}.",
            "alt": "Two round pictures",
            "recognisable": "no",
            "taken_on": "2026-03-05",
        },
    ],
    "tables": "none",
    "declarations": {
        "ethics": "Waived.",
        "funding": "None.",
        "conflicts": "None.",
        "data": "None.",
        "ai_use": "None.",
    },
    "questions": dict.fromkeys(
        (
            "mental_illness",
            "sexual_offence",
            "child_in_legal_process",
            "hiv",
            "pregnancy_terminated",
            "in_custody",
            "transgender",
            "dependent_on_author",
            "posted_before",
        ),
        "no",
    ),
}
CONSENT: dict[str, Any] = {
    "signed_by": "patient",
    "language": "en",
    "method": "paper",
    "signed_on": "2026-03-20",
    "explained_by": "senior resident who did not treat the patient",
    "form": "0" * 16,
    "files": ["consent/signed-form.pdf"],
    "agreed": {
        "text": "yes",
        "figures": ["arm", "scope"],
        "wording_may_be_edited": "yes",
        "seen_final": "yes",
        "teaching": "no",
        "journal_copy": "yes",
    },
    "original_kept": "medical records department",
    "copy_given": "yes",
}
PRIVATE: dict[str, Any] = {
    "key": KEY,
    "name": "Kamla Devi Example",
    "hospitals": ["Example Mission Hospital"],
}


def record(**parts: Any) -> dict[str, Any]:
    """The plain record with some parts replaced; "patient.age_years" style names reach inside."""
    made = copy.deepcopy(RECORD)
    for name, value in parts.items():
        where, _, leaf = name.replace("__", ".").rpartition(".")
        (made[where] if where else made)[leaf] = value
    return made


def case(folder: Path, content: dict[str, Any] | None = None, consent: dict[str, Any] | None = None) -> Case:
    """A case in `folder` with whatever lies in its consent/ folder on the ledger."""
    content = copy.deepcopy(content or RECORD)
    if consent is not None:
        content["consent"] = consent
    (folder / "consent").mkdir(parents=True, exist_ok=True)
    ledger = tuple(_source(folder, path) for path in files.walk(folder))
    places = {("consent",): ("record.yaml", 100), ("consent", "signed_by"): ("record.yaml", 101)}
    return Case(folder, folder.name, content, copy.deepcopy(PRIVATE), places, {}, ledger)


def _source(folder: Path, path: Path) -> Source:
    kind = kinds.look(path).kind
    usable = kind in kinds.IMAGES | {"pdf"} or path.suffix == ".json"
    why = "" if usable else f"not a scan, a PDF or a form record (it is: {kind})"
    name = path.relative_to(folder).as_posix()
    use = "sealed" if name.startswith("sealed/") else "consent"
    return Source(name, kind, path.stat().st_size, use if usable else "left-out", why)


def clean(folder: Path, content: dict[str, Any] | None = None, *, nudge: str = "") -> CleanCase:
    """The clean copies of a record: one drawn picture per panel. `nudge` changes one pixel of that figure."""
    from pipeline.core.record import Record

    folder.mkdir(parents=True, exist_ok=True)
    typed = Record.model_validate({k: v for k, v in (content or RECORD).items() if k != "consent"})
    said = typed.model_dump()
    byline = {name: said.pop(name) for name in ("authors", "affiliations")}
    panels = []
    for figure in typed.figures:
        for i in range(len(figure.panels)):
            pixels = _picture(figure.id, i)
            if figure.id == nudge and i == 0:
                pixels[5, 5] ^= 1
            path = folder / f"{figure.id}-{'abcdef'[i]}.png"
            Image.fromarray(pixels).save(path)
            digest = hashlib.sha256(pixels.tobytes()).hexdigest()
            panels.append(CleanPanel(figure.id, "abcdef"[i], path, digest))
    digest = files.digest([said, [p.pixels for p in panels]])
    return CleanCase(folder, said, byline, tuple(panels), None, {}, digest)


def _picture(figure: str, panel: int) -> Any:
    seed = sum(map(ord, figure)) + panel
    y, x = np.mgrid[:300, :400]
    spot = np.exp(-(((x - 200) / 80) ** 2 + ((y - 150) / 60) ** 2))
    noise = np.random.default_rng(seed).normal(0, 5, (300, 400))
    red, other = 205 + noise, 165 - 80 * spot + noise
    return np.clip(np.stack([red, other, other - 20], axis=2), 0, 255).astype(np.uint8)


BOXES = ("text", "seen_final", "wording_may_be_edited", "journal_copy", "figure:arm", "figure:scope")


@dataclass
class Desk:
    """A printed and signed form, ready to be scanned into case folders."""

    form: Path  # folder with form.pdf and form.json
    pages: list[Image.Image]
    record: dict[str, Any]
    clean: CleanCase
    code: str

    def case(
        self,
        folder: Path,
        pages: Sequence[Image.Image] | None = None,
        *,
        content: dict[str, Any] | None = None,
        with_form: bool = True,
        agreed: dict[str, Any] | None = None,
        **entry: Any,
    ) -> Case:
        """A case whose consent/ holds these pages (default: all); `entry` changes its consent entry."""
        (folder / "consent").mkdir(parents=True, exist_ok=True)
        if pages is None or pages:
            signing.save(self.pages if pages is None else pages, folder / "consent" / "signed-form.pdf")
        if with_form:
            shutil.copy(self.form / "form.json", folder / "consent" / "form.json")
        filled = {**CONSENT, "form": self.code, **entry, "agreed": {**CONSENT["agreed"], **(agreed or {})}}
        return case(folder, content or self.record, filled)


def desk(
    folder: Path,
    content: dict[str, Any] | None = None,
    by: Sequence[str] = ("patient", "explainer"),
    **how: Any,
) -> Desk:
    """Print the form of a record and have it signed. `how`: language, large."""
    content = content or record()
    cleaned = clean(folder / "clean", content)
    printed = folder / "form"
    printed.mkdir()
    room.print_form(case(folder / "case", content), cleaned, printed, **how)
    words = {f"{who}:name": "A. B. Example" for who in by} | {f"{who}:date": "20 March 2026" for who in by}
    pages = signing.sign(printed, BOXES, by, words=words)
    code = json.loads((printed / "form.json").read_bytes())["code"]
    return Desk(printed, pages, content, cleaned, code)


def text_of(pdf: bytes | Path) -> str:
    """The words that can be copied out of a PDF."""
    with pypdfium2.PdfDocument(pdf) as document:
        return " ".join(" ".join(p.get_textpage().get_text_range().split()) for p in document)
