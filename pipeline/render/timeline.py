"""The timeline figure: the axis at the left is true to scale, the events stand beside it in order.

An event whose month only is known is a hollow point. Where events crowd, their words move apart and a line
leads from each to its place on the axis.
"""

from __future__ import annotations

from typing import Any

from pipeline.core import words
from pipeline.render import ink, plots, wording

AXIS, LABELS, WHEN = 22.0, 36.0, 27.0  # mm: where the axis is, where words begin, how wide the time is
LOOSE, LEAST, EDGE, ROWGAP = 1.15, 25.0, 4.0, 1.8  # height over that of the words; mm
HEAD = 6.0  # mm for the name of the axis


def data(record: dict[str, Any], numbers: words.Numbers) -> dict[str, Any]:
    """What the figure shows: the events of a clean record in order of time."""
    events = [
        {
            "day": event["day"],
            "when": event["when"],
            "exact": bool(event.get("exact", True)),
            "event": ink.prose(event["event"], numbers),
        }
        for event in sorted(record["timeline"], key=lambda event: event["day"])
    ]
    return {"events": events, "start": ink.prose((record.get("day0") or {}).get("event", ""), numbers)}


def draw(shown: dict[str, Any], single: float, double: float, *, grey: bool) -> tuple[Any, float]:  # noqa: ARG001
    """The matplotlib figure and its width in mm: always the double column."""
    from matplotlib.figure import Figure

    events = shown["events"]
    room = double - LABELS - WHEN - EDGE
    when = [ink.wrap(_capital(event["when"]), WHEN - 2, bold=True) for event in events]
    said = [ink.wrap(event["event"], room) for event in events]
    sizes = [ink.high(max(len(w), len(s))) + ROWGAP for w, s in zip(when, said, strict=True)]
    length = max(sum(sizes) * LOOSE, LEAST)
    height = length + HEAD + EDGE
    figure = Figure(figsize=(double / ink.INCH, height / ink.INCH))
    axes = figure.add_axes((0, 0, 1, 1))
    axes.set_xlim(0, double)
    axes.set_ylim(height, 0)
    axes.set_axis_off()
    days = [event["day"] for event in events]
    first, last = min(days), max(days)
    at = [
        HEAD + sizes[0] / 2 + _share(d, first, last) * (length - sizes[0] / 2 - sizes[-1] / 2) for d in days
    ]
    rows = ink.inside(ink.apart([y - HEAD for y in at], sizes), sizes, length)
    colour = ink.GREYS[0] if grey else ink.COLOURS[0]
    _axis(axes, first, last, at)
    for n, (event, y, row) in enumerate(zip(events, at, rows, strict=True)):
        middle = row + HEAD
        top = middle - sizes[n] / 2 + ROWGAP / 2
        first_line = top + ink.high(1) / 2
        lead = [AXIS, AXIS + 4, LABELS - 4, LABELS - 1.5]
        axes.plot(lead, [y, y, first_line, first_line], color=ink.RULE, linewidth=0.5, zorder=1)
        face = colour if event["exact"] else "white"
        axes.plot(AXIS, y, "o", color=colour, markerfacecolor=face, markersize=4.5, zorder=3)
        for x, lines, bold in ((LABELS, when[n], True), (LABELS + WHEN, said[n], False)):
            for k, line in enumerate(lines):
                axes.text(x, top + ink.high(1) * (k + 0.8), line, font=ink.font(bold=bold), va="baseline")
    return figure, double


def _axis(axes: Any, first: int, last: int, at: list[float]) -> None:
    """The line, its ticks and its name."""
    from matplotlib.ticker import MaxNLocator

    each, unit = plots.unit_of([first, last])
    axes.plot([AXIS, AXIS], [at[0], at[-1]], color=ink.DARK, linewidth=1.2, solid_capstyle="butt", zorder=2)
    axes.text(1, HEAD / 2, wording.ours()["figures"]["axis"].format(unit=unit), font=ink.font(), va="center")
    if first == last:
        return
    for tick in MaxNLocator(nbins=8, integer=True, min_n_ticks=2).tick_values(first / each, last / each):
        share = _share(tick * each, first, last)
        if 0 <= share <= 1:
            y = at[0] + share * (at[-1] - at[0])
            axes.plot([AXIS - 2, AXIS], [y, y], color=ink.DARK, linewidth=0.6, zorder=2)
            label = f"{tick:,.10g}".replace("-", "−")
            axes.text(AXIS - 3, y, label, font=ink.font(), ha="right", va="center_baseline")


def _share(day: float, first: int, last: int) -> float:
    return (day - first) / (last - first) if last > first else 0.5


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]
