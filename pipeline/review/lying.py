"""What lies on the desk: pictures and the places found in them, series, words, boxes of the form, questions.

Everything has an opaque id, new in every run: no path or name of the case is ever part of an address.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pipeline.core import files, numbering, words
from pipeline.core.decisions import Row
from pipeline.core.model import Case, CleanCase, CleanPanel
from pipeline.core.retouch import SIDES

FACES = {"face", "eyes"}
LETTERS = "abcdef"
KINDS = {  # in the order of the queue
    "picture": "Pictures",
    "face": "Faces",
    "writing": "Burned-in text",
    "words": "Text proposals",
    "mark": "Consent marks",
    "law": "Special-law questions",
    "soft": "Words to look at again",
    "vouch": "Only you can see",
}


@dataclass(frozen=True, slots=True)
class Spot:
    """A place in a picture that the machine found, in pixels of the original."""

    id: str
    at: dict[str, int]  # left, top, width, height
    what: str  # text, barcode, face, eyes, region
    done: str  # filled, kept, look
    reason: str
    confidence: float

    @property
    def kind(self) -> str:
        """The part of the queue it belongs to."""
        return "face" if self.what in FACES else "writing"

    @property
    def asked(self) -> bool:
        """Must a person decide about it?"""
        return self.done == "look"


@dataclass
class Picture:
    """One panel on the desk."""

    id: str
    number: int  # of its figure, counted from 1
    panel: CleanPanel
    source: dict[str, Any]  # the panel as the record has it: image, slice, frame, window, crop
    legend: str
    alt: str
    recognisable: bool
    alone: bool  # the only panel of its figure
    spots: list[Spot] = field(default_factory=list)
    looks: list[str] = field(default_factory=list)

    @property
    def name(self) -> str:
        """What the page calls it: "Figure 2B"."""
        return f"Figure {self.number}{'' if self.alone else self.panel.letter.upper()}"

    @property
    def key(self) -> dict[str, str]:
        """How decisions.yaml calls it."""
        return {"figure": self.panel.figure, "panel": self.panel.letter}

    @property
    def croppable(self) -> bool:
        """Marks and insets are counted from the corner of the crop: there, only the record can change it."""
        return not self.source.get("marks") and not self.source.get("inset")


@dataclass
class Stack:
    """A DICOM series, as its clean copies."""

    id: str
    name: str  # image-02
    slices: tuple[Path, ...]
    copies: str  # digest over their content
    flagged: tuple[int, ...]  # slices in which something was found, from 1
    shown: tuple[tuple[str, int], ...]  # figures made from it, and their slice


def pictures(case: Case, clean: CleanCase) -> list[Picture]:
    """The panels of the clean copies beside what the record says about them, by number of figure."""
    numbers = numbering.narrative(clean.record)
    cleaned = {figure["id"]: figure for figure in clean.record.get("figures", [])}
    typed = {figure["id"]: figure for figure in case.record.get("figures") or []}
    out = []
    for panel in clean.panels:
        figure, panels = cleaned[panel.figure], typed[panel.figure]["panels"]
        source = panels[LETTERS.index(panel.letter)]
        image = _image(clean.report, panel)
        out.append(
            Picture(
                id=secrets.token_hex(8),
                number=numbers["fig"][panel.figure],
                panel=panel,
                source=source,
                legend=words.plain(figure["legend"], numbers),
                alt=words.plain(figure["alt"], numbers),
                recognisable=figure.get("recognisable") is True,
                alone=len(panels) == 1,
                spots=list(_spots(image, source)),
                looks=list(image.get("look", [])),
            )
        )
    return sorted(out, key=lambda picture: (picture.number, picture.panel.letter))


def stacks(clean: CleanCase, shown: list[Picture]) -> list[Stack]:
    """Every DICOM series of more than one slice, by the order of the report."""
    known = (files.receipt_of(clean.folder) or {}).get("files", {})
    out = []
    for image in series(clean):
        names = sorted(name for name in known if name.startswith(f"{image['dicom_copies']}/"))
        boxes = (box for box in image.get("boxes", []) if box["done"] != "kept")
        mine = (p for p in shown if f"{p.panel.figure}-{p.panel.letter}" in image["panels"])
        out.append(
            Stack(
                secrets.token_hex(8),
                image["name"],
                tuple(clean.folder / name for name in names),
                copies(known, image),
                tuple(sorted({box["file"] for box in boxes})),
                tuple((p.name, int(p.source.get("slice") or 1)) for p in mine),
            )
        )
    return out


def series(clean: CleanCase) -> Iterator[dict[str, Any]]:
    """The rows of the report about a series with more than one slice, whose copies are there."""
    known = (files.receipt_of(clean.folder) or {}).get("files", {})
    for image in clean.report.get("images", []):
        folder = image.get("dicom_copies")
        if folder and image["files"] > 1 and any(name.startswith(f"{folder}/") for name in known):
            yield image


def copies(known: dict[str, str], image: dict[str, Any]) -> str:
    """The digest by which an approved series is known: its copies, slice by slice."""
    return files.digest(sorted(v for k, v in known.items() if k.startswith(f"{image['dicom_copies']}/")))[:32]


def asked_spots(clean: CleanCase, typed: dict[tuple[str, str], Row]) -> Iterator[tuple[str, str, list[int]]]:
    """Figure, panel and rectangle of every place that a person must decide about."""
    for panel in clean.panels:
        source = typed.get((panel.figure, panel.letter), {})
        for spot in _spots(_image(clean.report, panel), source):
            if spot.asked:
                yield panel.figure, panel.letter, [spot.at[side] for side in SIDES]


def typed_panels(case: Case) -> dict[tuple[str, str], Row]:
    """The panels of the record as typed, by figure and letter."""
    figures = case.record.get("figures") or []
    return {(f["id"], LETTERS[n]): panel for f in figures for n, panel in enumerate(f.get("panels", []))}


def _image(report: dict[str, Any], panel: CleanPanel) -> dict[str, Any]:
    name = f"{panel.figure}-{panel.letter}"
    return next((image for image in report.get("images", []) if name in image["panels"]), {})


def _spots(image: dict[str, Any], source: dict[str, Any]) -> Iterator[Spot]:
    """What was found in the very slice or page that a panel shows."""
    where = (int(source.get("slice") or 1), int(source.get("frame") or 1))
    for box in image.get("boxes", []):
        if (box["file"], box["frame"] or 1) == where:
            left, top, right, bottom = box["at"]
            at = {"left": left, "top": top, "width": right - left, "height": bottom - top}
            spot = (at, box["what"], box["done"], box["reason"], box["confidence"])
            yield Spot(secrets.token_hex(8), *spot)
