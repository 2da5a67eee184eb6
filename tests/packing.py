"""Made-up results of the earlier rooms, published with receipts, so that packing can be tested by itself."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image
from reportlab.pdfgen.canvas import Canvas

from pipeline import pack
from pipeline.core import files
from pipeline.core.model import CleanCase, CleanPanel, Grant, Manuscript, Package, Proof, SignOff

DIGEST = "c1" * 32
FORM = "0123456789abcdef"
FIGURES = ("plaque", "scan")
NUMBERS = {"fig": {"plaque": 1, "scan": 2}, "table": {"timeline": 1}}


@dataclass(frozen=True)
class Rooms:
    """One of each noun that pack takes."""

    clean: CleanCase
    paper: Manuscript
    grant: Grant
    signoff: SignOff
    proof: Proof

    @property
    def all(self) -> tuple[CleanCase, Manuscript, Grant, SignOff, Proof]:
        return self.clean, self.paper, self.grant, self.signoff, self.proof

    def but(self, **other: Any) -> Rooms:
        return replace(self, **other)


@cache
def pdf(text: str, pages: int = 1) -> bytes:
    out = io.BytesIO()
    canvas = Canvas(out, invariant=1)
    for page in range(pages):
        canvas.drawString(72, 720, f"{text} {page + 1}")
        canvas.showPage()
    canvas.save()
    return out.getvalue()


def docx(text: str) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as z:
        z.writestr(zipfile.ZipInfo("word/document.xml", (1980, 1, 1, 0, 0, 0)), f"<w:t>{text}</w:t>")
    return out.getvalue()


def picture(number: int, size: tuple[int, int] = (900, 600)) -> Image.Image:
    """Soft rings on skin-coloured or black ground: something to look at."""
    y, x = np.mgrid[: size[1], : size[0]]
    away = np.hypot(x - size[0] * 0.45, y - size[1] * 0.5)
    ring = np.exp(-(((away - 140) / 60) ** 2))[..., None]
    ground = np.array((214, 170, 142) if number == 1 else (24, 26, 28))
    mark = np.array((176, 78, 80) if number == 1 else (205, 208, 210))
    return Image.fromarray((ground + ring * (mark - ground)).astype(np.uint8))


def record() -> dict[str, Any]:
    legends = {
        "plaque": "Annular plaque of the forearm with a raised border [@smith2020]; compare {fig:scan}.",
        "scan": "Ultrasonography: thickened dermis <b>without</b> a collection & no *deep* vessel.",
    }
    return {
        "synthetic": True,
        "title": "Granuloma annulare of the forearm mistaken for ringworm: a case report",
        "article_type": "case report",
        "abstract": {
            "background": "Rings look alike.",
            "case_presentation": "A ring.",
            "conclusions": "Scrape first.",
        },
        "timeline": [{"day": 0, "when": "Day 0", "exact": True, "event": "First visit"}],
        "text": {"introduction": "Rings are common [@smith2020].\n\nOn [Day 3] the patient came."},
        "figures": [
            {
                "id": name,
                "legend": legends[name],
                "alt": f"A ring, number {n}",
                "recognisable": False,
                "panels": [{}],
            }
            for n, name in enumerate(FIGURES, 1)
        ],
        "tables": [],
    }


def report() -> dict[str, Any]:
    """As deidentify counts what it did."""
    return {
        "dicom_profile": {"edition": "2026c", "options": ["Clean Pixel Data Option"]},
        "images": [
            {
                "name": "image-01",
                "kind": "jpeg",
                "files": 1,
                "panels": ["plaque-a"],
                "dicom_copies": None,
                "removed": {"everything but the pixels": 1},
                "look": ["a photograph: look for a face or eyes, tattoos, jewellery, the room"],
            },
            {
                "name": "image-02",
                "kind": "dicom",
                "files": 3,
                "panels": ["scan-a", "chest-a"],
                "dicom_copies": "dicom/02",
                "removed": {
                    "patient": 21,
                    "dates and times": 44,
                    "people and institutions": 12,
                    "private": 9,
                },
                "look": [],
            },
        ],
        "images_not_used": {"png": 1},
        "text": {
            "counts": {"date": 9, "name": 3, "place": 1},
            "replaced": [
                {"place": "text/follow_up.md:3", "kind": "date", "rule": "day", "count": 2},
                {"place": "record.yaml:41", "kind": "name", "rule": "full name", "count": 1},
            ],
            "look": [{"place": "record.yaml:41", "look": "a month and a year that no date explains"}],
        },
        "cannot_judge": ["Text drawn into pictures was not read."],
    }


def attestation() -> dict[str, Any]:
    return {
        "schema": "casereport-attestation/1",
        "clean": DIGEST,
        "case": "0A1B2C3D4E5F",
        "form": {"id": "CR", "version": "1.0", "language": "pa", "code": FORM, "pages": 3},
        "signed_for": {},
        "covers": {},
        "boxes": [],
        "addenda": [],
        "published": {"figures": list(FIGURES), "dropped": [], "wording_edited": False},
        "signed": {
            "by": "parent",
            "day": 12,
            "method": "paper",
            "explained_by": "the treating dermatologist",
            "witness": False,
            "interpreter": False,
            "assent": {"given": "spoken", "day": 12},
        },
        "agreed": {
            "text": True,
            "figures": list(FIGURES),
            "wording_may_be_edited": True,
            "seen_final": True,
            "teaching": False,
            "journal_copy": True,
        },
        "checks": {
            "scan": "0" * 64,
            "software": [],
            "person": [],
            "to_confirm": ["CON040 page 2 is faint"],
            "cannot_prove": [],
        },
        "original": {"kept_by": "Medical records department of the treating hospital", "copy_given": True},
        "withdrawn": False,
    }


def care() -> list[dict[str, Any]]:
    states = ["reported", "reported", "partial", "missing", "not applicable"]
    topics = ["Title", "Keywords", "Abstract", "Timeline", "Patient perspective"]
    return [
        {
            "id": str(n + 1),
            "topic": topics[n % 5],
            "requirement": "the course of events as a table or figure, so that a reader can follow it",
            "status": states[n % 5],
            "decided_by": "software and a person" if n % 2 else "software",
            "note": "no dates" if n % 5 == 2 else "",
            "sections": ["timeline"],
            "guideline": "care",
            "where": f"Title: page\u00a0{n % 7 + 1}, line\u00a03",
        }
        for n in range(12)
    ]


def counts(words: int = 1432) -> dict[str, Any]:
    source = "Example Journal: https://example.org/authors (unknown)"
    return {
        "words": {"count": words, "limit": 1500, "sure": False, "source": source},
        "abstract": {"count": 187, "limit": 200, "sure": True, "source": source},
        "figures": {"count": 2, "limit": 6, "sure": False, "source": source},
        "tables": {"count": 1, "limit": None, "sure": False, "source": source},
        "references": {"count": 17, "limit": 15, "sure": False, "source": source},
    }


def with_authors() -> bytes:
    """The editor's copy of the article, as far as the names go."""
    name = "<name><surname>Bhattacharya</surname><given-names>Anindita Rose</given-names></name>"
    aff = "<aff><institution>Department</institution>, <institution>Riverbend Institute</institution></aff>"
    return f'<article><contrib contrib-type="author">{name}</contrib>{aff}</article>'.encode()


def published(folder: Path, members: dict[str, bytes]) -> Path:
    with files.publish(folder, {"fake": True}) as part:
        for name, content in members.items():
            (part / name).parent.mkdir(parents=True, exist_ok=True)
            (part / name).write_bytes(content)
    return folder


@cache
def image_bytes(number: int, kind: str) -> bytes:
    out = io.BytesIO()
    picture(number).save(out, kind, compression="tiff_lzw" if kind == "TIFF" else None)
    return out.getvalue()


def rooms(folder: Path, *, journal: str = "aujmsr", blinded: bool = True) -> Rooms:
    """The nouns, on disk under `folder`."""
    written = record()
    clean_folder = published(
        folder / "1-deidentify",
        {
            "record.json": files.canonical(written),
            "report.json": files.canonical(report()),
            **{f"figures/{name}-a.png": image_bytes(n, "PNG") for n, name in enumerate(FIGURES, 1)},
        },
    )
    panels = tuple(
        CleanPanel(name, "a", clean_folder / f"figures/{name}-a.png", f"{n:064d}")
        for n, name in enumerate(FIGURES)
    )
    paper = published(
        folder / f"4-render-{journal}",
        {
            "manuscript.docx": docx("body"),
            "manuscript.pdf": pdf("body", 3),
            "manuscript.xml": b"<article/>",
            "manuscript-jats-1.1.xml": b"<article/>",
            "manuscript.html": b"<!doctype html><title>body</title>",
            "title-page.docx": docx("names"),
            **({"manuscript-with-authors.xml": with_authors()} if blinded else {}),
            "cover-letter.docx": docx("letter"),
            "care-checklist.pdf": pdf("care"),
            "care.json": files.canonical(care()),
            **{f"figures/figure-{n}.tif": image_bytes(n, "TIFF") for n in (1, 2)},
        },
    )
    consent = published(
        folder / "3-consent",
        {
            "attestation.json": json.dumps(attestation()).encode(),
            "attestation.pdf": pdf("attestation"),
            "blank-form.pdf": pdf("form"),
            "consent-fhir.json": b"{}",
            "receipt-for-the-patient.pdf": pdf("receipt"),
            "consent-dossier.pdf": pdf("signed"),
        },
    )
    proof = published(folder / "2-verify", {"proof.json": b"{}"})
    cannot = ("faces and bodies in pictures", "a story so rare that it names the patient")
    return Rooms(
        CleanCase(clean_folder, written, {}, panels, None, report(), DIGEST),
        Manuscript(paper, journal, DIGEST, blinded, counts(), NUMBERS),
        Grant(consent, DIGEST, FORM, FIGURES, attestation()),
        SignOff("Dr A. Example", "resident, dermatology", "2026-03-14", DIGEST),
        Proof(DIGEST, 62, 14, 3_456_789, cannot, proof),
    )


def packed(all_rooms: Rooms, dest: Path) -> Package:
    """Make the package in `dest`."""
    dest.mkdir(parents=True, exist_ok=True)
    pack.make(*all_rooms.all, dest)
    return pack.load(dest)


def rezip(package: Path, target: Path, change: Callable[[dict[str, bytes]], object]) -> Path:
    """The package written again by another program after `change` to its members."""
    with zipfile.ZipFile(package) as z:
        members = {name: z.read(name) for name in z.namelist()}
    change(members)
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as z:
        for name, content in members.items():
            z.writestr(name, content)
    return target
