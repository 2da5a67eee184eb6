"""Sign a printed consent form as a person would: ticks, a scrawl, a date, a thumb; then scan it.

For tests and for the example cases. The places come from form.json; everything drawn is made up and the same
each time. What comes out is a PDF of JPEG pages, like a scanner's, or the pages as pictures.
"""

from __future__ import annotations

import json
import math
import random
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import pypdfium2
from PIL import Image, ImageDraw, ImageFont

from pipeline.core import resources

PEN = (25, 40, 120)  # blue ink
DPI = 150


def sign(
    folder: Path,
    ticked: Iterable[str],
    by: Iterable[str],
    *,
    words: dict[str, str] | None = None,
    thumb: bool = False,
) -> list[Image.Image]:
    """The pages of folder/form.pdf with these boxes ticked and these areas signed, as scanned at 150 dpi.

    `ticked`: "text", "figure:arm" …; `by`: "patient", "explainer" …; `words`: what is written on a line
    ("patient:name") or as a date ("patient:date").
    """
    form = json.loads((folder / "form.json").read_bytes())
    pages = _pages(folder / "form.pdf")
    ticked, by, words = set(ticked), set(by), words or {}
    for spot in form["spots"]:
        pen = _Pen(pages[spot["page"] - 1], spot)
        signer = spot["id"].split(":")[0]
        if spot["kind"] == "tick" and spot["id"] in ticked:
            pen.tick()
        elif spot["kind"] in {"line", "date"} and spot["id"] in words:
            pen.write(words[spot["id"]])
        elif spot["kind"] == "sign" and signer in by:
            pen.scrawl()
        elif spot["kind"] == "thumb" and signer in by and thumb:
            pen.thumb()
    return pages


def save(pages: Sequence[Image.Image], path: Path, *, quality: int = 70) -> None:
    """Write the pages as a scanner's PDF: one JPEG a page, no text. The same bytes every time."""
    fixed: dict[str, Any] = {"creationDate": None, "modDate": None}
    # Copies: Pillow leaves its options, the appended pages among them, on a picture it has appended.
    first, *others = [page.copy() for page in pages]
    first.save(path, "PDF", save_all=True, append_images=others, resolution=DPI, quality=quality, **fixed)


def _pages(pdf: Path) -> list[Image.Image]:
    with pypdfium2.PdfDocument(pdf) as document:
        return [page.render(scale=DPI / 72).to_pil().convert("RGB") for page in document]


class _Pen:
    """Draws in one place of a page; coordinates are parts of the place, 0 to 1."""

    def __init__(self, page: Image.Image, spot: dict[str, Any]) -> None:
        self.draw = ImageDraw.Draw(page)
        self.mm = DPI / 25.4
        self.box = tuple(spot[k] * self.mm for k in ("x", "y", "w", "h"))
        self.hand = random.Random(spot["id"])

    def at(self, x: float, y: float) -> tuple[float, float]:
        left, top, wide, high = self.box
        return left + x * wide, top + y * high

    def line(self, points: Sequence[tuple[float, float]], width: float = 0.5) -> None:
        self.draw.line([self.at(*p) for p in points], fill=PEN, width=round(width * self.mm), joint="curve")

    def tick(self) -> None:
        self.line([(0.15, 0.55), (0.42, 0.88), (1.15, -0.15)], 0.6)

    def scrawl(self) -> None:
        steps, loops = 160, self.hand.uniform(5, 8)
        points = []
        for i in range(steps):
            t = i / steps
            fade = 1 - 0.6 * t
            points.append(
                (
                    0.08 + 0.7 * t + 0.05 * math.sin(loops * 6.3 * t),
                    0.5 + 0.3 * fade * math.cos(loops * 6.3 * t) + 0.08 * math.sin(40 * t),
                )
            )
        self.line(points)
        self.line([(0.1, 0.86), (0.85, 0.78)])

    def write(self, words: str) -> None:
        size = round(min(self.box[3] * 0.62, 5 * self.mm))
        font = ImageFont.truetype(str(resources.path("consent/fonts/NotoSans_400Regular.ttf")), size)
        self.draw.text(self.at(0.04, 0.2), words, fill=PEN, font=font)

    def thumb(self) -> None:
        for ring in range(1, 11):
            r = ring / 24
            left, top = self.at(0.5 - r * 0.8, 0.5 - r)
            right, bottom = self.at(0.5 + r * 0.8, 0.5 + r)
            start = self.hand.randrange(360)
            self.draw.arc(
                (left, top, right, bottom), start, start + 300, fill=(70, 60, 90), width=round(0.5 * self.mm)
            )
