"""Draw docs/figures.png: figures of both examples, as they come out for a journal.

python docs/make_figures_picture.py BUILD

BUILD is a folder of results that holds both examples (casereport submit … --out BUILD).
"""

from __future__ import annotations

import sys
from pathlib import Path

from PIL import Image

SHOWN = (
    "radiology-example/4-render-aujmsr/figures/figure-3.tif",
    "radiology-example/4-render-aujmsr/figures/figure-4.tif",
    "dermatology-example/4-render-aujmsr/figures/figure-1.tif",
)
WIDTH, GAP = 1100, 24  # pixels


def main(build: Path) -> None:
    """Put the figures under each other on white."""
    pictures = []
    for name in SHOWN:
        with Image.open(build / name) as opened:
            picture = opened.convert("RGB")
        pictures.append(picture.resize((WIDTH, round(picture.height * WIDTH / picture.width))))
    height = sum(picture.height for picture in pictures) + GAP * (len(pictures) + 1)
    sheet, top = Image.new("RGB", (WIDTH + 2 * GAP, height), "white"), GAP
    for picture in pictures:
        sheet.paste(picture, (GAP, top))
        top += picture.height + GAP
    sheet.save(Path(__file__).with_name("figures.png"), optimize=True)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
