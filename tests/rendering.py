"""A small clean case made by hand, so that render can be tested without the rooms before it."""

from __future__ import annotations

import copy
import hashlib
import io
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pypdfium2
from PIL import Image

from pipeline import render
from pipeline.core import journal, resources
from pipeline.core.model import CareLine, CleanCase, CleanPanel

DIGEST = "d0" * 32

# Everything here must come out as these letters in every format.
HOSTILE = (
    r"\input{/etc/passwd}",
    "![x](/etc/passwd)",
    "[site](javascript:alert(1))",
    "{{ 7*7 }}",
    "<script>alert(1)</script>",
    "<!-- gone -->",
    "$x^2+y$",
    '#read("/etc/passwd")',
    "`raw`{=openxml}",
    "&amp;",
    "^[a note]",
    "~~struck~~",
    "--- ... -- q",  # quotation marks are set on purpose: test_render_typography.py
    "@import",
    "HLA-B*27:05/CYP2C9*2",
    "]]>",
    "%%EOF",
)

RECORD: dict[str, Any] = {
    "synthetic": True,
    "title": "Ring-shaped plaque of the *forearm*: a case report",
    "running_title": "Ring-shaped plaque",
    "article_type": "case report",
    "keywords": ["case report", "annular plaque", "dermoscopy"],
    "novelty": "Nobody had looked under the ring before.",
    "abstract": {
        "background": "Rings are common.",
        "case_presentation": "A woman had a ring; it healed.",
        "conclusions": "Look twice.",
    },
    "patient": {
        "age_years": 44,
        "sex": "female",
        "deceased": False,
        "can_decide": True,
        "reads_form_language": True,
    },
    "timeline": [
        {"day": -60, "when": "about 2 months before", "event": "First ring"},
        {"day": 0, "when": "Day 0", "event": "First visit"},
        {"day": 12, "when": "Day 12", "event": "Healed"},
    ],
    "text": {
        "introduction": "Rings are seen often [@second].\n\nThey are rarely described [@first; @second].",
        "patient_information": "A 44-year-old woman came on Day 0. {table:timeline} gives the course.",
        "clinical_findings": "A plaque 12 mm wide with a count of 4 × 10^9^/L and CO~2~ ({fig:scan:b}).",
        "diagnostic_assessment": "Tests were normal ({table:labs}). The ring is shown in {fig:ring}.",
        "therapeutic_intervention": "A cream was given twice daily.",
        "follow_up": "It healed by Day 12.",
        "discussion": "One strength is the picture; a limitation is the single patient [@third].",
        "conclusion": "Look twice at rings.",
        "perspective": None,
    },
    "figures": [
        {"id": "ring", "panels": [{"image": "x"}], "legend": "The ring.", "alt": "A red ring on skin."},
        {
            "id": "scan",
            "panels": [{"image": "y"}, {"image": "z"}],
            "legend": "Two scans. (A) Before. (B) After.",
            "alt": "Two grey squares & a bar.",
        },
    ],
    "tables": [
        {
            "id": "labs",
            "title": "Blood tests",
            "rows": [
                {
                    "test": "Haemoglobin",
                    "unit": "g/dL",
                    "reference": "12–15",
                    "results": {"0": "11.9", "12": "12.4"},
                },
                {
                    "test": "White cells",
                    "unit": "10^9^/L",
                    "reference": "4–11",
                    "results": {"0": "6.1", "3": "6.0"},
                },
            ],
        }
    ],
    "questions": {"posted_before": False},
}
BYLINE: dict[str, Any] = {
    "authors": [
        {
            "given": "Meher Jot",
            "family": "Sandhawalia",
            "degrees": "MD",
            "position": "Resident",
            "affiliations": ["skin"],
            "email": "meher.sandhawalia@example.org",
            "phone": None,
            "orcid": "0000-0002-1825-0097",
            "credit": ["writing-original-draft", "investigation"],
            "corresponding": True,
        },
        {
            "given": "Anand",
            "family": "Krishnappa-Rao",
            "degrees": None,
            "position": None,
            "affiliations": ["skin", "lab"],
            "email": None,
            "phone": None,
            "orcid": None,
            "credit": ["supervision"],
            "corresponding": False,
        },
    ],
    "affiliations": {
        "skin": {
            "department": "Department of Dermatology",
            "institution": "Silver Fir Medical College",
            "city": "Patiala",
            "country": "India",
            "country_code": "IN",
        },
        "lab": {
            "department": "Laboratory",
            "institution": "Blue Pine Research Institute",
            "city": "Mysuru",
            "country": "India",
            "country_code": "IN",
        },
    },
    "declarations": {
        "ethics": "Approved by the committee of Silver Fir Medical College.",
        "funding": "Paid by the Copper Kettle Fund.",
        "conflicts": "None declared.",
        "data": "No other data.",
        "ai_use": "None used.",
        "acknowledgements": "We thank Gurbani Thethi.",
    },
}
NAMES = (
    "Sandhawalia",
    "Krishnappa",
    "Silver Fir",
    "Blue Pine",
    "Copper Kettle",
    "Gurbani",
    "0000-0002-1825-0097",
)

REFERENCES = """
@article{first, title = {Ring disease in Kerala: Crohn's lesson},
  author = {Rao, P. K. and M{\\"u}ller, Jos{\\'e}}, journal = {Skin J}, year = 2020, volume = 12, number = 3,
  pages = {101--109}, doi = {10.1000/ring.1},
  note = {private remark}, file = {/home/someone/ring.pdf}, abstract = {Long.}}
@book{second, title = {Rings and Circles}, author = {{World Ring Society}}, publisher = {Round Press},
  address = {Geneva}, year = 2018}
@article{third, title = {A later ring}, author = {Able, Ann}, journal = {Skin J}, year = 2021, pages = {e55}}
@article{unused, title = {Never cited}, author = {Nobody, Nil}, journal = {Skin J}, year = 2001}
"""


def clean_case(
    folder: Path, record: dict[str, Any] | None = None, byline: dict[str, Any] | None = None
) -> CleanCase:
    """The case on disk as de-identification leaves it, with parts of the record or byline replaced."""
    (folder / "figures").mkdir(parents=True)
    (folder / "references.bib").write_text(REFERENCES, encoding="utf-8")
    panels = []
    for name, pixels in (("ring-a", ring()), ("scan-a", grey(60, 40)), ("scan-b", grey(80, 40))):
        figure, _, letter = name.rpartition("-")
        file = folder / "figures" / f"{name}.png"
        pixels.save(file)
        panels.append(CleanPanel(figure, letter, file, hashlib.sha256(pixels.tobytes()).hexdigest()))
    return CleanCase(
        folder,
        {**copy.deepcopy(RECORD), **(record or {})},
        {**copy.deepcopy(BYLINE), **(byline or {})},
        tuple(panels),
        folder / "references.bib",
        {},
        DIGEST,
    )


def ring() -> Image.Image:
    y, x = np.mgrid[:90, :120]
    pixels = np.full((90, 120, 3), (214, 170, 142), np.uint8)
    pixels[np.abs(np.hypot(x - 60, y - 45) - 30) < 6] = (188, 96, 92)
    return Image.fromarray(pixels)


def grey(width: int, height: int) -> Image.Image:
    return Image.fromarray(np.linspace(0, 255, width * height).reshape(height, width).astype(np.uint8))


def care() -> tuple[CareLine, ...]:
    """Every CARE line, reported but one."""
    rows = resources.data("templates/rules/care.yaml")["lines"]
    return tuple(
        CareLine(
            row["id"],
            row["topic"],
            row["requirement"],
            "partial" if row["id"] == "8d" else "reported",
            row["decided"],
            "diagnosis.prognosis is not filled in" if row["id"] == "8d" else "",
            tuple(row["sections"]),
        )
        for row in rows
    )


def rendered(clean: CleanCase, name: str, dest: Path, *, draft: bool = False) -> Path:
    """The result of `render.make` in the new folder `dest`."""
    dest.mkdir(parents=True)
    if draft:
        render.make(clean, journal.load(name), care(), True, dest)
    else:
        render.make(clean, journal.load(name), care(), dest)
    return dest


def pdf_text(path: Path) -> list[str]:
    """The words of each page."""
    with pypdfium2.PdfDocument(path) as pdf:
        return [page.get_textpage().get_text_range() for page in pdf]


def everything(path: Path) -> bytes:
    """All bytes of a file, the parts of a zip unpacked."""
    if path.suffix != ".docx":
        return path.read_bytes()
    with zipfile.ZipFile(io.BytesIO(path.read_bytes())) as z:
        return b"\n".join(name.encode() + b"\n" + z.read(name) for name in z.namelist())
