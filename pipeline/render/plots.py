"""Trend plots: one small plot for each test, with its own scale, its reference range as a band, days below.

A result inside its range is hollow, one outside is filled; one without a range is a cross; one that is only a
bound ("<5") is a triangle that points the way. So nothing depends on colour.
"""

from __future__ import annotations

import math
from typing import Any

from pipeline.core import ranges, words
from pipeline.render import ink, wording

ROW, TALL = 34.0, 46.0  # mm: one plot among several, one alone
NARROWEST = 50.0  # mm: of a plot with the numbers of its axis, so that they and its name have room
LEFT, RIGHT, BELOW, GAP = 13.0, 3.0, 5.0, 5.0  # mm around each plot
TICKS = 4  # on the vertical axis, about
MANY, POINT, DOT = 25, 4.5, 2.5  # more results than this are drawn as smaller points
UNJUDGED = "x"  # a result of a test without a range that can be read: neither inside nor outside
FOOT = 5.0  # mm for the words of the time axis
UNITS = (
    (120, 1.0, "days"),
    (730, 7.0, "weeks"),
    (math.inf, 30.4375, "months"),
)  # up to so many days: days each


def data(table: dict[str, Any], numbers: words.Numbers) -> dict[str, Any]:
    """What a plot of a cleaned table shows: its tests with at least two results that are numbers."""
    tests = []
    for n in table["plot"]:
        row = table["rows"][n]
        results = [(int(day), text) for day, text in row["results"].items() if ranges.result(text)]
        if len(results) > 1:
            test = {"name": ink.prose(row["test"], numbers), "unit": ink.prose(row["unit"], numbers)}
            tests.append({**test, "reference": row["reference"], "results": sorted(results)})
    return {"title": table["title"], "tests": tests}


def unit_of(days: list[int]) -> tuple[float, str]:
    """Days in one step of the time axis, and what the step is called."""
    span = max(days) - min(days)
    return next((each, name) for limit, each, name in UNITS if span <= limit)


def draw(shown: dict[str, Any], single: float, double: float, *, grey: bool) -> tuple[Any, float]:
    """The matplotlib figure and its width in mm."""
    from matplotlib.figure import Figure

    tests = shown["tests"]
    most = max(1, int(double // NARROWEST))
    columns = min(most, 1 if len(tests) == 1 else 2 if len(tests) <= 8 else 3)
    width = single if len(tests) == 1 else double
    labels = [label for test in tests for label in _ticks(_scale(test))]
    left_of = max(LEFT, max(ink.wide(label) for label in labels) + 3)
    inner = width / columns - left_of - RIGHT
    heads = [ink.wrap(_title(test), inner + left_of - 2, bold=True) for test in tests]
    rows = [range(start, min(start + columns, len(tests))) for start in range(0, len(tests), columns)]
    plot = TALL if len(tests) == 1 else ROW
    above = [ink.high(max(len(heads[n]) for n in row)) + 1.5 for row in rows]
    height = sum(above) + len(rows) * (plot + BELOW) + (len(rows) - 1) * GAP + FOOT
    figure = Figure(figsize=(width / ink.INCH, height / ink.INCH))
    each, unit = unit_of([day for test in tests for day, _ in test["results"]])
    span = _padded([day / each for test in tests for day, _ in test["results"]])
    top = 0.0
    for row, head in zip(rows, above, strict=True):
        for column, n in enumerate(row):
            left = column * width / columns
            bottom = height - top - head - plot
            box = ((left + left_of) / width, bottom / height, inner / width, plot / height)
            axes = figure.add_axes(box)
            words_at = (left + 1) / width, 1 - (top + 0.3) / height
            figure.text(
                *words_at, "\n".join(heads[n]), font=ink.font(bold=True), va="top", linespacing=ink.LINE - 0.1
            )
            _one(axes, tests[n], n, each, span, grey=grey)
            if n + columns >= len(tests):
                axes.set_xlabel(
                    wording.ours()["figures"]["axis"].format(unit=unit), font=ink.font(), labelpad=2
                )
        top += head + plot + BELOW + GAP
    return figure, width


def _title(test: dict[str, Any]) -> str:
    return (
        f"{test['name']} ({test['unit']})"
        if any(c.isalnum() or c == "%" for c in test["unit"])
        else test["name"]
    )


def _one(
    axes: Any, test: dict[str, Any], n: int, each: float, span: tuple[float, float], *, grey: bool
) -> None:
    from matplotlib.ticker import FuncFormatter, MaxNLocator

    days = [day / each for day, _ in test["results"]]
    found = [ranges.result(text) for _, text in test["results"]]
    values = [s.high if s.high is not None else s.low for s in found if s]
    normal = ranges.reference(test["reference"])
    limits = _limits(test)
    low, high = _scale(test)
    axes.set_xlim(*span)
    axes.set_ylim(low, high)
    if normal:
        bottom, top = (
            (low if normal.low is None else normal.low),
            (high if normal.high is None else normal.high),
        )
        axes.axhspan(bottom, top, facecolor=ink.PALE, edgecolor="none", zorder=0)
        for limit in limits:
            axes.axhline(limit, color=ink.RULE, linewidth=0.5, zorder=1)
    colour = (ink.GREYS if grey else ink.COLOURS)[n % len(ink.GREYS if grey else ink.COLOURS)]
    axes.plot(days, values, color=colour, linewidth=1.0, linestyle=ink.LINES[n % len(ink.LINES)], zorder=2)
    size = DOT if len(days) > MANY else POINT
    for day, value, span_of, (_, text) in zip(days, values, found, test["results"], strict=True):
        bound = span_of is not None and span_of.low != span_of.high
        plain = ink.MARKERS[n % 2] if normal else UNJUDGED
        marker = plain if not bound else "v" if span_of and span_of.low is None else "^"
        outside = bool(ranges.flag(text, test["reference"]))
        face = colour if outside else "white"
        axes.plot(
            day, value, marker, color=colour, markerfacecolor=face, markersize=size, zorder=3, clip_on=False
        )
    axes.spines[["top", "right"]].set_visible(False)
    axes.xaxis.set_major_locator(MaxNLocator(nbins=5, integer=True, min_n_ticks=2))
    axes.yaxis.set_major_locator(MaxNLocator(nbins=TICKS))
    axes.xaxis.set_major_formatter(FuncFormatter(_plain))
    axes.yaxis.set_major_formatter(FuncFormatter(_plain))
    axes.tick_params(width=0.6, length=2.5, pad=2)
    for label in (*axes.get_xticklabels(), *axes.get_yticklabels()):
        label.set_font(ink.font())


def _limits(test: dict[str, Any]) -> list[float]:
    normal = ranges.reference(test["reference"])
    return [v for v in (normal.low, normal.high) if v is not None] if normal else []


def _scale(test: dict[str, Any]) -> tuple[float, float]:
    """The ends of the vertical axis: all results and the limits of the range are on it."""
    spans = [ranges.result(text) for _, text in test["results"]]
    values = [v for span in spans if span for v in (span.low, span.high) if v is not None]
    return _padded([*values, *_limits(test)])


def _ticks(ends: tuple[float, float]) -> list[str]:
    from matplotlib.ticker import MaxNLocator

    return [_plain(value, 0) for value in MaxNLocator(nbins=TICKS).tick_values(*ends)]


def _plain(value: float, _position: int) -> str:
    """A number as people write it: 150,000, 0.05, −2."""
    return f"{round(value, 9) + 0.0:,.10g}".replace("-", "−")


def _padded(values: list[float]) -> tuple[float, float]:
    low, high = min(values), max(values)
    edge = (high - low) * 0.08 or abs(high) * 0.1 or 1.0
    return low - edge, high + edge
