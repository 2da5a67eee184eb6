"""Figures drawn from the record: which ones there are, their legends and descriptions, and their drawing.

They show what the record says and nothing else, with days in place of dates. Each is a matplotlib figure,
printed as pixels at the journal's resolution and as a PDF whose letters and lines stay letters and lines.
"""

from __future__ import annotations

import io
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from pipeline.core import illustration, words
from pipeline.core.journal import Journal
from pipeline.render import chartwords, ink, pedigree, plots, timeline
from pipeline.render.tree import Nodes

if TYPE_CHECKING:
    from PIL.Image import Image as Picture

HIGHEST = 225.0  # mm; journals' pages leave about this much
DRAW = {"timeline": timeline.draw, "plot": plots.draw, "pedigree": pedigree.draw}


@dataclass(frozen=True, slots=True)
class Plan:
    """One figure to be drawn."""

    id: str
    kind: str  # timeline, plot or pedigree
    data: dict[str, Any] = field(repr=False)
    legend: Nodes = field(repr=False)
    alt: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Chart:
    """One drawn figure."""

    sheet: Picture
    vector: bytes  # PDF
    dpi: int
    width_mm: float


@dataclass(frozen=True, slots=True)
class Unprintable:
    """A figure with characters that its font has no shape for."""

    characters: str


@dataclass(frozen=True, slots=True)
class TooLarge:
    """A figure that no page takes."""

    mm: float
    limit: float
    side: str  # high or wide


def plans(record: dict[str, Any], numbers: words.Numbers) -> list[Plan]:
    """What is to be drawn from a clean record, with what is said about it."""
    out = []
    tables = {table["id"]: table for table in record.get("tables", [])}
    for name in illustration.drawn(record):
        if name == illustration.TIMELINE:
            kind, data = "timeline", timeline.data(record, numbers)
        elif name == illustration.PEDIGREE:
            kind, data = "pedigree", pedigree.data(record, numbers)
        else:
            kind, data = "plot", plots.data(tables[name], numbers)
        legend, alt = chartwords.legend(record, name, kind, data), chartwords.alt(kind, data)
        out.append(Plan(name, kind, data, legend, alt))
    return out


def draw(plan: Plan, journal: Journal) -> Chart | TooLarge | Unprintable:
    """The figure at one of the journal's two widths."""
    form = journal.layout["figure"]
    grey, dpi = form.get("colour") == "grey", int(form.get("line_dpi") or form["dpi"])
    single, double = map(float, form["widths_mm"])
    with ink.drawing():
        figure, width_mm = DRAW[plan.kind](plan.data, single, double, grey=grey)
        height_mm = figure.get_figheight() * ink.INCH
        if width_mm > double:
            return TooLarge(float(width_mm), double, "wide")
        if height_mm > HIGHEST:
            return TooLarge(float(height_mm), HIGHEST, "high")
        if lacking := ink.lacking(figure):
            return Unprintable(lacking)
        return Chart(_pixels(figure, dpi, grey=grey), _vector(figure), dpi, width_mm)


def _pixels(figure: Any, dpi: int, *, grey: bool) -> Picture:
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from PIL import Image

    whole = [round(side * dpi) / dpi for side in figure.get_size_inches()]
    figure.set_size_inches(*whole)  # exactly as many pixels as the width has
    figure.set_dpi(dpi)
    canvas: Any = FigureCanvasAgg(figure)
    canvas.draw()
    size = canvas.get_width_height()
    return Image.frombytes("RGBA", size, bytes(canvas.buffer_rgba())).convert("L" if grey else "RGB")


def _vector(figure: Any) -> bytes:
    out = io.BytesIO()
    nothing = dict.fromkeys(("Creator", "Producer", "CreationDate"))
    figure.savefig(out, format="pdf", metadata=nothing)
    return out.getvalue()
