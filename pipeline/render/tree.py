"""pandoc's document tree as plain data: the few node types we use, made by small functions.

A node is {"t": type, "c": content} as in pandoc's JSON (pandoc-types 1.23). The tree holds words as data,
so nothing in it is ever parsed as markup by a writer. Writers stop at any node that is not in `ALLOWED`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any

Node = dict[str, Any]
Nodes = list[Node]

API = [1, 23, 1]  # pandoc-types version of the JSON
SPACE: Node = {"t": "Space"}
INLINES = {"Str", "Space", "SoftBreak", "LineBreak", "Emph", "Strong", "Superscript", "Subscript"} | {
    "SmallCaps",
    "Quoted",
    "Cite",
    "Span",
    "Link",
    "Image",
}
BLOCKS = {"Para", "Plain", "Header", "Div", "Table", "Figure", "BulletList"}
ALLOWED = INLINES | BLOCKS
# Where a node keeps the nodes inside it: all of its content, or one place in it.
WRAPPERS = {"Emph", "Strong", "Superscript", "Subscript", "SmallCaps", "Para", "Plain"}
LAST = {"Quoted": 1, "Cite": 1, "Span": 1, "Link": 1, "Div": 1, "Header": 2, "Image": 1}
# White space at which a line may break. No-break spaces are letters.
GAPS = " \t\n\r\f\v\x1c\x1d\x1e\x1f\x85\u2028\u2029"
GAP = re.compile(f"[{GAPS}]+")


def words(text: str) -> Nodes:
    """Plain text as words and spaces; every letter stays, runs of white space become one space."""
    out: Nodes = []
    for word in filter(None, GAP.split(text)):
        out += [SPACE, {"t": "Str", "c": word}]
    return out[1:]


def spaced(text: str) -> Nodes:
    """Plain text that stands between other nodes: a space at either end is kept."""
    middle = words(text)
    before = [SPACE] if middle and GAP.match(text) else []
    after = [SPACE] if text and GAP.match(text[-1]) else []
    return before + middle + after


def wrap(kind: str, inner: Nodes) -> Node:
    """An Emph, Strong, Superscript, Subscript, Para or Plain around `inner`."""
    return {"t": kind, "c": inner}


def para(inner: Nodes) -> Node:
    """A paragraph."""
    return wrap("Para", inner)


def strong(text: str) -> Node:
    """Words of ours in bold."""
    return wrap("Strong", words(text))


def bullets(items: list[Nodes]) -> Node:
    """A list, one line of inlines for each point."""
    return {"t": "BulletList", "c": [[para(item)] for item in items]}


def header(level: int, text: str) -> Node:
    """A heading of ours."""
    return {"t": "Header", "c": [level, ["", [], []], words(text)]}


def div(name: str, kind: str, inner: Nodes, **extra: str) -> Node:
    """A named part of the document; `kind` says what it is to the writers, `extra` what else they need."""
    return {"t": "Div", "c": [[name, [kind], [list(pair) for pair in sorted(extra.items())]], inner]}


def styled(style: str, kind: str, inner: Nodes) -> Node:
    """Blocks of a kind that Word sets in a named style."""
    return div("", kind, inner, **{"custom-style": style})


def link(inner: Nodes, target: str) -> Node:
    """A link inside the document ("#figure-1") or, from the reference list, to the web."""
    return {"t": "Link", "c": [["", [], []], inner, [target, ""]]}


def cite(keys: list[str]) -> Node:
    """A citation for citeproc."""
    rows = [
        {
            "citationId": key,
            "citationPrefix": [],
            "citationSuffix": [],
            "citationMode": {"t": "NormalCitation"},
            "citationNoteNum": 0,
            "citationHash": 0,
        }
        for key in keys
    ]
    return {"t": "Cite", "c": [rows, []]}


def figure(number: int, legend: Nodes, alt: str) -> Node:
    """A figure with its legend. The image's target is "figure-<n>"; each writer puts its own file there."""
    name = f"figure-{number}"
    image = {"t": "Image", "c": [["", [], [["alt", alt]]], words(alt), [name, ""]]}
    attributes = [name, ["figure"], [["label", f"Figure {number}"]]]
    return {"t": "Figure", "c": [attributes, [None, [wrap("Plain", legend)]], [wrap("Plain", [image])]]}


def table(
    number: int, caption: Nodes, head: list[Nodes], rows: list[list[Nodes]], widths: list[float]
) -> Node:
    """A table with one header row. `widths` are fractions of the line, one for each column."""

    def line(cells: list[Nodes]) -> list[Any]:
        empty = ["", [], []]
        return [empty, [[empty, {"t": "AlignLeft"}, 1, 1, [wrap("Plain", cell)]] for cell in cells]]

    columns = [[{"t": "AlignLeft"}, {"t": "ColWidth", "c": width}] for width in widths]
    empty: list[Any] = ["", [], []]
    return {
        "t": "Table",
        "c": [
            [f"table-{number}", ["table"], [["label", f"Table {number}"]]],
            [None, [wrap("Plain", caption)]],
            columns,
            [empty, [line(head)]],
            [[empty, 0, [], [line(row) for row in rows]]],
            [empty, []],
        ],
    }


def attribute(node: Node, name: str) -> str:
    """A named attribute of a Div, Figure, Table or Image; "" when it has none."""
    return next((value for key, value in node["c"][0][2] if key == name), "")


def cells(node: Node) -> tuple[list[Nodes], list[list[Nodes]]]:
    """The header cells and the rows of one of our tables, each cell as inlines."""

    def inlines(line: list[Any]) -> list[Nodes]:
        return [cell[4][0]["c"] if cell[4] else [] for cell in line[1]]

    return inlines(node["c"][3][1][0]), [inlines(line) for line in node["c"][4][0][3]]


def children(node: Node) -> list[Nodes]:
    """The lists of nodes right inside a node."""
    kind: str = node["t"]
    content: Any = node.get("c")
    if kind in WRAPPERS:
        return [content]
    if kind in LAST:
        return [content[LAST[kind]]]
    if kind == "BulletList":
        return list(content)
    if kind == "Figure":
        return [content[1][1], content[2]]
    if kind == "Table":
        head, rows = content[3][1], content[4][0][3]
        return [content[1][1], *(cell[4] for line in (*head, *rows) for cell in line[1])]
    return []


def every(nodes: Nodes) -> Iterator[Node]:
    """Every node in reading order, parents before their children."""
    for node in nodes:
        yield node
        for inner in children(node):
            yield from every(inner)


def replace(nodes: Nodes, change: Callable[[Node], Nodes | None]) -> None:
    """Put `change(node)` in the place of each node for which it is not None, in reading order, in place."""
    out: Nodes = []
    for node in nodes:
        new = change(node)
        if new is None:
            for inner in children(node):
                replace(inner, change)
            new = [node]
        out += new
    nodes[:] = out


def plain(nodes: Nodes) -> str:
    """The words of a tree without their markup."""
    return " ".join("".join(_letters(nodes)).split())


def _letters(nodes: Nodes) -> Iterator[str]:
    for node in nodes:
        kind = node["t"]
        if kind == "Str":
            yield node["c"]
        elif kind in {"Space", "SoftBreak", "LineBreak"}:
            yield " "
        elif kind == "Image":
            continue  # its words are the description, which is not part of the running text
        else:
            for inner in children(node):
                yield from _letters(inner)
            yield " " if kind in BLOCKS else ""


def document(blocks: Nodes, meta: dict[str, Any] | None = None) -> Node:
    """The whole document, ready for `pandoc -f json`."""
    return {"pandoc-api-version": API, "meta": meta or {}, "blocks": blocks}


def meta_text(inner: Nodes) -> Node:
    """A metadata value with formatting."""
    return {"t": "MetaInlines", "c": inner}
