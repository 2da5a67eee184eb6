"""Draw docs/consent.png: the boxes of the dermatology example's signed form, and how they are read.

python docs/make_consent_picture.py
"""

from __future__ import annotations

import io
import json
import sys
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageFont

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

from pipeline.consent import boxes, scan  # noqa: E402
from pipeline.consent.lay import straightened  # noqa: E402
from pipeline.core import resources  # noqa: E402

CASE = ROOT / "cases/dermatology-example/consent"
FINE = 6.0  # pixels per mm
COLOURS = {"marked": "#0b7a4b", "blank": "#5a5a5a", "look": "#b3261e"}
WORDS = {"marked": "marked", "blank": "empty", "look": "look"}


def main() -> None:
    """Read the form, straighten the page with most boxes, and write beside each what was read."""
    spots = json.loads((CASE / "form.json").read_bytes())["spots"]
    pages = scan.read(CASE / "signed-form.pdf", "pdf", 0)
    readings = boxes.read(pages, spots)
    numbers = [box.page for box in readings]
    number = max(set(numbers), key=numbers.count)
    page = next(p for p in pages if p.codes[0].page == number)
    here = [spot for spot in spots if spot["kind"] == "tick" and spot["page"] == number]
    top, bottom = min(s["y"] for s in here) - 12, max(s["y"] for s in here) + 16
    with Image.open(io.BytesIO(page.jpeg)) as opened:
        picture = np.asarray(opened.convert("RGB"))
    flat = Image.fromarray(straightened(picture, page.lay, 8, top, 182, bottom - top, FINE))
    pen = ImageDraw.Draw(flat)
    font = ImageFont.truetype(str(resources.path("consent/fonts/NotoSans_700Bold.ttf")), 22)
    for spot, box in ((s, b) for s in here for b in readings if b.id == s["id"]):
        x, y, side = (spot["x"] - 8) * FINE, (spot["y"] - top) * FINE, spot["w"] * FINE
        pen.rectangle((x - 7, y - 7, x + side + 7, y + side + 7), outline=COLOURS[box.verdict], width=4)
        words = WORDS[box.verdict]
        pen.text((x - 14 - pen.textlength(words, font), y + 4), words, COLOURS[box.verdict], font)
    flat.quantize(64).save(ROOT / "docs/consent.png", optimize=True)


if __name__ == "__main__":
    main()
