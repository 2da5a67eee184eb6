"""The tables drawn from the record: the course of events (CARE 7) and laboratory results (CARE 8a)."""

from __future__ import annotations

from typing import Any

from pipeline.core import ranges
from pipeline.core.numbering import TIMELINE
from pipeline.render import markdown, tree, wording
from pipeline.render.tree import Node, Nodes

ABSENT = "–"  # not measured on that day
NARROW, WIDE = 9, 34  # characters: no column is set narrower or wider than text of this length needs
NOTE = "table-note"  # kind of the Div under a table that explains its signs
WHOLE = 18  # a table of at most so many rows is not broken across pages


def build(record: dict[str, Any], layout: dict[str, Any], numbers: dict[str, int]) -> dict[str, Node]:
    """Every table of the record by its id, each inside a Div that bears the id."""
    made = {}
    if TIMELINE in numbers:
        made[TIMELINE] = [_timeline(record, layout["timeline"], numbers[TIMELINE])]
    for entry in record.get("tables", []):
        made[entry["id"]] = _results(entry, layout["laboratory"], numbers[entry["id"]])
    return {name: tree.div(name, "table", blocks) for name, blocks in made.items()}


def home(name: str, layout: dict[str, Any]) -> str:
    """The part of the text that a table follows when nothing mentions it."""
    return str(layout[TIMELINE if name == TIMELINE else "laboratory"]["after"])


def _timeline(record: dict[str, Any], titles: dict[str, str], number: int) -> Node:
    rows = [[tree.words(row["when"]), markdown.inline(row["event"])] for row in record["timeline"]]
    head = [tree.words(titles["time"]), tree.words(titles["event"])]
    return tree.table(number, tree.words(f"{titles['title']}."), head, rows, [0.24, 0.76])


def _results(entry: dict[str, Any], titles: dict[str, str], number: int) -> Nodes:
    """One row for each test: unit, reference range, then a column for each day of results, in order.

    A result outside its range bears an arrow, and a note under the table says what the arrows mean.
    """
    days = sorted({day for row in entry["rows"] for day in row["results"]}, key=int)
    fixed = ("test", "unit", "reference")
    head = [
        tree.words(title)
        for title in (*(titles[name] for name in fixed), *(markdown.clean(f"Day {day}") for day in days))
    ]
    rows = [
        [
            *(markdown.inline(row[name]) for name in fixed),
            *(_flagged(row["results"].get(day, ABSENT), row["reference"]) for day in days),
        ]
        for row in entry["rows"]
    ]
    caption = markdown.inline(entry["title"].rstrip(".") + ".")
    table = tree.table(number, caption, head, rows, _widths([head, *rows]))
    flags = {ranges.flag(text, row["reference"]) for row in entry["rows"] for text in row["results"].values()}
    said = [words for flag, words in wording.ours()["flags"]["notes"].items() if flag in flags]
    note = (
        [tree.styled("First Paragraph", NOTE, [tree.para(tree.words("; ".join(said) + "."))])] if said else []
    )
    return [table, *note]


def _flagged(text: str, reference: str) -> Nodes:
    """A result with its arrow, if it is above or below its range. Never by colour alone."""
    mark = wording.ours()["flags"]["marks"].get(ranges.flag(text, reference))
    shown = markdown.inline(text)
    return [*shown, {"t": "Str", "c": f"\u00a0{mark}"}] if mark else shown


def _widths(rows: list[list[Nodes]]) -> list[float]:
    """Fractions of the line, in proportion to the longest text in each column, within reason."""
    longest = [max(len(tree.plain(cell)) for cell in column) for column in zip(*rows, strict=True)]
    weights = [min(max(length, NARROW), WIDE) for length in longest]
    return [round(weight / sum(weights), 4) for weight in weights]
