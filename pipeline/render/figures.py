"""One file for each figure at the journal's width, resolution and format, a smaller one for reading.

Figures are pictures (panels of clean copies) or drawn from the record (charts); charts as vector PDF too.
Beside the pixels a file says its size, its resolution and that its colours are sRGB: no date, text or device.
"""

from __future__ import annotations

import io
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pipeline.core import findings
from pipeline.core.journal import Journal
from pipeline.core.model import CleanCase, CleanPanel, Finding
from pipeline.render import charts, document, panels, srgb

if TYPE_CHECKING:
    from PIL.Image import Image as Picture

INCH = 25.4  # mm
LARGEST = (
    60e6  # pixels of one figure; only a narrow strip, higher than any page, has fewer dots per inch instead
)
READING_DPI, LINES_DPI = 150, 300  # for the copies inside DOCX, PDF and HTML: of pictures, of charts
TALLEST = 175.0  # mm, so that a legend fits on the same page
QUALITIES = (95, 90, 85, 80, 75)  # of JPEG, until the journal's limit is kept; below, text and edges suffer
SAVING: dict[str, dict[str, Any]] = {
    "tif": {"format": "TIFF", "compression": "tiff_lzw"},
    "png": {"format": "PNG", "compress_level": 3},  # a third of the time of level 6, for a tenth more bytes
    "jpg": {"format": "JPEG", "subsampling": "4:4:4"},  # colours at full resolution: red edges stay sharp
}


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
        if figure.drawn:
            chart = charts.draw(figure.drawn, journal)
            if isinstance(chart, charts.TooLarge):
                said: dict[str, Any] = {"id": figure.id, "size": round(chart.mm), "limit": round(chart.limit)}
                found.append(findings.make("IMG504", document.PLACE, side=chart.side, **said))
                continue
            if isinstance(chart, charts.Unprintable):
                codes = ", ".join(f"U+{ord(c):04X}" for c in chart.characters[:10])
                count = len(chart.characters)
                found.append(findings.make("IMG505", document.PLACE, id=figure.id, count=count, codes=codes))
                continue
            drawn = _chart(chart, figure, journal, dest / "figures")
        else:
            shown = sorted((p for p in clean.panels if p.figure == figure.id), key=lambda p: p.letter)
            if len(shown) != figure.panels:
                have, want = len(shown), figure.panels
                found.append(findings.make("IMG502", document.PLACE, id=figure.id, have=have, want=want))
                continue
            drawn, unseen = _pictures(shown, figure, journal, dest / "figures")
            found += [*_bars(shown), *unseen]
        made[figure.number] = drawn
        found += _judge(drawn, figure, journal)
    return made, found


def _pictures(
    shown: list[CleanPanel], figure: document.Figure, journal: Journal, folder: Path
) -> tuple[Drawn, list[Finding]]:
    from PIL import Image

    pictures = []
    for panel in shown:
        with Image.open(panel.file) as picture:
            pictures.append(picture.convert("L" if picture.mode == "L" or _grey(journal) else "RGB"))
    width_mm, dpi = document.width_mm(journal, figure.panels), int(journal.layout["figure"]["dpi"])
    effective = panels.effective_dpi(pictures, width_mm)
    size = width_mm / INCH * panels.height_mm(pictures, width_mm) / INCH
    dpi = min(dpi, max(1, int((LARGEST / size) ** 0.5)))
    marked = [(picture, panel.marked) for picture, panel in zip(pictures, shown, strict=True)]
    sheet, unseen = panels.compose(marked, width_mm, dpi)
    found = [
        findings.make(code, document.PLACE, id=figure.id, letter=letter, number=number)
        for letter, number, code in unseen
    ]
    return _finish(sheet, dpi, effective, width_mm, figure, journal, folder), found


def _chart(chart: charts.Chart, figure: document.Figure, journal: Journal, folder: Path) -> Drawn:
    folder.mkdir(exist_ok=True)
    (folder / f"{figure.file}.pdf").write_bytes(chart.vector)
    return _finish(chart.sheet, chart.dpi, chart.dpi, chart.width_mm, figure, journal, folder, LINES_DPI)


def _finish(
    sheet: Picture,
    dpi: int,
    effective: int,
    width_mm: float,
    figure: document.Figure,
    journal: Journal,
    folder: Path,
    reading_dpi: int = READING_DPI,
) -> Drawn:
    folder.mkdir(exist_ok=True)
    target = folder / f"{figure.file}.{journal.layout['figure']['format']}"
    target.write_bytes(_encoded(sheet, target.suffix[1:], dpi, _max_mb(journal)))
    fits = min(width_mm, document.text_width_mm(journal.layout), TALLEST * sheet.width / sheet.height)
    return Drawn(target, _reading(sheet, dpi, reading_dpi), width_mm, fits, effective)


def _encoded(sheet: Picture, kind: str, dpi: int, max_mb: float | None) -> bytes:
    """The bytes of a figure file. A JPEG steps down in quality while it is larger than `max_mb`."""
    from PIL.PngImagePlugin import PngInfo

    extra: dict[str, Any] = {}
    if kind == "png":
        extra["pnginfo"] = PngInfo()
        extra["pnginfo"].add(b"sRGB", b"\x00")  # perceptual (PNG 3rd edition, 11.3.2.5)
    elif sheet.mode == "RGB":
        extra["icc_profile"] = srgb.profile()
    content = b""
    steps: list[dict[str, Any]] = [{"quality": q} for q in QUALITIES] if kind == "jpg" else [{}]
    for quality in steps:
        out = io.BytesIO()
        sheet.save(out, dpi=(dpi, dpi), **quality, **SAVING[kind], **extra)
        content = out.getvalue()
        if max_mb is None or len(content) <= max_mb * 1e6:
            break
    return content


def _grey(journal: Journal) -> bool:
    return bool(journal.layout["figure"].get("colour") == "grey")


def _max_mb(journal: Journal) -> float | None:
    """The largest file the journal takes: of its layout, else of its rules."""
    limit = journal.layout["figure"].get("max_mb") or (journal.value("figures") or {}).get("max_mb")
    return float(limit) if limit else None


def _reading(sheet: Picture, dpi: int, wanted: int) -> bytes:
    """A PNG of the sheet at reading resolution."""
    if dpi > wanted:
        size = (round(sheet.width * wanted / dpi), max(1, round(sheet.height * wanted / dpi)))
        sheet = sheet.resize(size, reducing_gap=2.0)
    out = io.BytesIO()
    sheet.save(out, **SAVING["png"])
    return out.getvalue()


def _judge(drawn: Drawn, figure: document.Figure, journal: Journal) -> list[Finding]:
    """Findings about resolution and size, against the profile."""
    rule, source = journal.value("figures") or {}, journal.source("figures")
    found = []
    if drawn.effective_dpi < (rule.get("dpi") or 0):
        said = {"id": figure.id, "effective": drawn.effective_dpi, "dpi": rule["dpi"], "source": source}
        found.append(findings.make("IMG501", document.PLACE, **said, width=round(drawn.width_mm)))
    size, limit = drawn.file.stat().st_size / 1e6, _max_mb(journal)
    if limit is not None and size > limit:
        said = {"id": figure.id, "size": f"{size:.1f}", "limit": f"{limit:g}", "source": source}
        found.append(findings.make("IMG503", document.PLACE, **said))
    return found


def _bars(shown: list[CleanPanel]) -> list[Finding]:
    """Scale bars true at the detector only (nobody calibrated it), or not as the author measured."""
    return [
        findings.make(code, document.PLACE, id=panel.figure, letter=panel.letter.upper())
        for panel in shown
        for reason, code in (("at_detector", "IMG506"), ("contradicted", "IMG509"))
        if panel.marked.get("scale_bar", {}).get(reason)
    ]
