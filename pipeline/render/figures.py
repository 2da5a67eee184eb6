"""Clean panels -> one file for each figure at the journal's width and resolution, a smaller one for reading.

Panels of one figure stand side by side at equal height, lettered A, B, … in the top left corner. Pixels, size
and resolution are all that is written: no colour profile, date, text or other metadata.
"""

from __future__ import annotations

import io
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pipeline.core import findings
from pipeline.core.journal import Journal
from pipeline.core.model import CleanCase, CleanPanel, Finding
from pipeline.render import document

if TYPE_CHECKING:
    from PIL.Image import Image as Picture

INCH = 25.4  # mm
GAP = 1.5  # mm between panels
ROWS = {1: (1,), 2: (2,), 3: (3,), 4: (2, 2), 5: (3, 2), 6: (3, 3)}  # panels in each row
ENLARGE = 4.0  # enlarging further than this only makes the file bigger
READING_DPI = 150  # for the copies inside DOCX, PDF and HTML
TALLEST = 175.0  # mm, so that a legend fits on the same page
SAVING: dict[str, dict[str, Any]] = {
    "tif": {"compression": "tiff_lzw"},
    "png": {"compress_level": 3},  # a third of the time of the default level 6, for a tenth more bytes
    "jpg": {"quality": 95, "subsampling": "4:4:4"},  # colours at full resolution: red edges stay sharp
}
LETTER = 4.0  # mm, height of the panel letters; journals ask for 8 pt (2.8 mm) or more


@dataclass(frozen=True, slots=True)
class Drawn:
    """One finished figure."""

    file: Path  # for the journal
    reading: bytes  # PNG for the manuscript
    width_mm: float  # in the journal
    reading_mm: float  # in the manuscript: not wider than the lines, not taller than a page
    effective_dpi: int  # what the original pixels give at that width, before enlarging


def draw(
    clean: CleanCase, wanted: tuple[document.Figure, ...], journal: Journal, dest: Path
) -> tuple[dict[int, Drawn], list[Finding]]:
    """Write `dest/figures/figure-<n>.<ext>` for every figure; one that lacks a panel is a finding."""
    made: dict[int, Drawn] = {}
    found: list[Finding] = []
    for figure in wanted:
        panels = sorted((p for p in clean.panels if p.figure == figure.id), key=lambda p: p.letter)
        if len(panels) != figure.panels:
            have, want = len(panels), figure.panels
            found.append(findings.make("IMG502", document.PLACE, id=figure.id, have=have, want=want))
            continue
        drawn = made[figure.number] = _draw(panels, figure, journal, dest / "figures")
        found += _judge(drawn, figure, journal)
    return made, found


def _draw(panels: list[CleanPanel], figure: document.Figure, journal: Journal, folder: Path) -> Drawn:
    from PIL import Image

    pictures = []
    for panel in panels:
        with Image.open(panel.file) as picture:
            pictures.append(picture.convert("L" if picture.mode == "L" else "RGB"))
    form = journal.layout["figure"]
    width_mm, dpi = document.width_mm(journal, figure.panels), int(form["dpi"])
    effective = _effective_dpi(pictures, width_mm)
    factor = min(1.0, effective * ENLARGE / dpi)  # a tiny original is not blown up to the full size
    print_dpi = max(1, round(dpi * factor))
    sheet = _compose(pictures, width_mm, print_dpi)
    folder.mkdir(exist_ok=True)
    target = folder / f"{figure.file}.{form['format']}"
    sheet.save(target, dpi=(print_dpi, print_dpi), **SAVING[form["format"]])
    fits = min(width_mm, document.text_width_mm(journal.layout), TALLEST * sheet.width / sheet.height)
    return Drawn(target, _reading(sheet, print_dpi), width_mm, fits, effective)


def _effective_dpi(pictures: list[Picture], width_mm: float) -> int:
    """Dots per inch of the original pixels when the sheet is `width_mm` wide: the poorest panel counts."""
    scales = []
    start = 0
    for count in ROWS[len(pictures)]:
        row = pictures[start : start + count]
        start += count
        height_mm = _row_height(row, width_mm)
        scales += [picture.height / height_mm * INCH for picture in row]
    return round(min(scales))


def _row_height(row: list[Picture], width: float, gap: float = GAP) -> float:
    """The height at which the pictures of a row, side by side, fill `width` (same unit as `gap`)."""
    return (width - gap * (len(row) - 1)) / sum(picture.width / picture.height for picture in row)


def _compose(pictures: list[Picture], width_mm: float, dpi: int) -> Picture:
    """All panels on one white sheet, `width_mm` wide at `dpi`."""
    from PIL import Image

    width, gap = round(width_mm / INCH * dpi), round(GAP / INCH * dpi)
    mode = "L" if all(p.mode == "L" for p in pictures) else "RGB"
    strips: list[list[Picture]] = []
    start = 0
    for count in ROWS[len(pictures)]:
        row = pictures[start : start + count]
        start += count
        height = max(1, round(_row_height(row, width, gap)))
        sized = []
        for picture in row:
            size = (max(1, round(picture.width * height / picture.height)), height)
            sized.append(picture.resize(size, Image.Resampling.LANCZOS))
        strips.append(sized)
    total = sum(strip[0].height for strip in strips) + gap * (len(strips) - 1)
    sheet = Image.new(mode, (width, total), "white")
    letters = iter("ABCDEF")
    top = 0
    for strip in strips:
        left = 0
        for picture in strip:
            sheet.paste(picture, (left, top))
            if len(pictures) > 1:
                _letter(sheet, next(letters), left, top, round(LETTER / INCH * dpi))
            left += picture.width + gap
        top += strip[0].height + gap
    return sheet


def _letter(sheet: Picture, letter: str, left: int, top: int, height: int) -> None:
    """A white letter with a black rim, readable on any background and in greyscale."""
    from PIL import ImageDraw, ImageFont

    pen = ImageDraw.Draw(sheet)
    font = ImageFont.load_default(size=height)
    edge = max(1, height // 12)
    where = (left + height // 2, top + height // 2)
    pen.text(where, letter, font=font, fill="white", stroke_fill="black", stroke_width=edge, anchor="lt")


def _reading(sheet: Picture, dpi: int) -> bytes:
    """A PNG of the sheet at reading resolution."""
    if dpi > READING_DPI:
        size = (round(sheet.width * READING_DPI / dpi), max(1, round(sheet.height * READING_DPI / dpi)))
        sheet = sheet.resize(size, reducing_gap=2.0)
    out = io.BytesIO()
    sheet.save(out, "PNG", **SAVING["png"])
    return out.getvalue()


def _judge(drawn: Drawn, figure: document.Figure, journal: Journal) -> list[Finding]:
    """Findings about resolution and size, against the profile."""
    rule, source = journal.value("figures") or {}, journal.source("figures")
    found = []
    if drawn.effective_dpi < (rule.get("dpi") or 0):
        said = {"id": figure.id, "effective": drawn.effective_dpi, "dpi": rule["dpi"], "source": source}
        found.append(findings.make("IMG501", document.PLACE, **said, width=round(drawn.width_mm)))
    size = drawn.file.stat().st_size / 1e6
    if size > (rule.get("max_mb") or size):
        said = {"id": figure.id, "size": f"{size:.1f}", "limit": rule["max_mb"], "source": source}
        found.append(findings.make("IMG503", document.PLACE, **said))
    return found
