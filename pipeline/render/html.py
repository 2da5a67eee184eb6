"""The manuscript as one HTML file: pictures inside, no script, and it forbids itself any request."""

from __future__ import annotations

import base64
from html import escape
from pathlib import Path
from typing import Any

from pipeline.core import resources
from pipeline.core.errors import ToolError
from pipeline.render import pandoc, tree, wording
from pipeline.render.document import Paper
from pipeline.render.figures import Drawn
from pipeline.render.tree import Node, Nodes

POLICY = "default-src 'none'; img-src data:; style-src 'unsafe-inline'; form-action 'none'; base-uri 'none'"
TAGS = {
    "Emph": "em",
    "Strong": "strong",
    "Superscript": "sup",
    "Subscript": "sub",
    "SmallCaps": "span",
    "Para": "p",
}


def manuscript(paper: Paper, drawn: dict[int, Drawn], target: Path) -> None:
    """Write the page. Raises ToolError on a node no manuscript has (our bug, not the text's)."""
    name = escape(tree.plain(paper.title))
    banner = f'<p class="draft">{escape(wording.ours()["draft"])}</p>\n' if paper.draft else ""
    target.write_text(
        f'<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{POLICY}">\n'
        f'<meta name="viewport" content="width=device-width, initial-scale=1">\n<title>{name}</title>\n'
        f"<style>\n{resources.text('templates/manuscript/manuscript.css')}</style>\n</head>\n<body>\n<main>\n{banner}"
        f"<h1>{_inlines(paper.title)}</h1>\n{_blocks(paper.blocks, drawn)}</main>\n</body>\n</html>\n",
        encoding="utf-8",
    )


def _inlines(nodes: Nodes) -> str:
    return "".join(map(_inline, nodes))


def _inline(node: Node) -> str:
    kind: str = node["t"]
    content: Any = node.get("c")
    if kind == "Str":
        return escape(content)
    if kind in {"Space", "SoftBreak"}:
        return " "
    if kind == "LineBreak":
        return "<br>"
    if kind in TAGS:
        return f"<{TAGS[kind]}>{_inlines(content)}</{TAGS[kind]}>"
    if kind == "Cite":
        return _inlines(content[1])
    if kind == "Span":
        number = ' class="number"' if "csl-left-margin" in content[0][1] else ""
        return f"<span{number}>{_inlines(content[1])}</span>"
    if kind == "Quoted":
        left, right = "‘’" if content[0]["t"] == "SingleQuote" else "“”"
        return f"{left}{_inlines(content[1])}{right}"
    if kind == "Link":
        return f'<a href="{escape(content[2][0])}">{_inlines(content[1])}</a>'
    raise ToolError(f"the HTML writer met a {kind}", fix=pandoc.FIX)


def _blocks(nodes: Nodes, drawn: dict[int, Drawn]) -> str:
    return "".join(_block(node, drawn) for node in nodes)


def _block(node: Node, drawn: dict[int, Drawn]) -> str:
    kind, content = node["t"], node["c"]
    if kind in {"Para", "Plain"}:
        return f"<p>{_inlines(content)}</p>\n"
    if kind == "Header":
        return f"<h{content[0] + 1}>{_inlines(content[2])}</h{content[0] + 1}>\n"
    if kind == "BulletList":
        points = "".join(f"<li>{_inlines(item[0]['c'])}</li>\n" for item in content)
        return f"<ul>\n{points}</ul>\n"
    if kind == "Table":
        return _table(node)
    if kind == "Figure":
        return _figure(node, drawn)
    if kind == "Div":
        (name, classes, _), inner = content
        if "csl-entry" in classes:
            return f'<p class="reference" id="{escape(name)}">{_inlines(inner[0]["c"])}</p>\n'
        mark = f' id="{escape(name)}"' if name else ""
        if (
            "table" in classes
        ):  # may be wider than a telephone: whoever has only a keyboard must scroll it too
            label = _quoted(tree.attribute(inner[0], "label"))
            mark += f' tabindex="0" role="region" aria-label="{label}"'
        return f'<div{mark} class="{escape(" ".join(classes))}">\n{_blocks(inner, drawn)}</div>\n'
    raise ToolError(f"the HTML writer met a {kind}", fix=pandoc.FIX)


def _caption(node: Node) -> str:
    return f"<strong>{escape(tree.attribute(node, 'label'))}.</strong> {_inlines(node['c'][1][1][0]['c'])}"


def _table(node: Node) -> str:
    head, rows = tree.cells(node)
    titles = "".join(f'<th scope="col">{_inlines(cell)}</th>' for cell in head)
    body = ""
    for first, *others in rows:
        fields = "".join(f"<td>{_inlines(cell)}</td>" for cell in others)
        body += f'<tr><th scope="row">{_inlines(first)}</th>{fields}</tr>\n'
    return (
        f'<table id="{escape(node["c"][0][0])}">\n<caption>{_caption(node)}</caption>\n'
        f"<thead><tr>{titles}</tr></thead>\n<tbody>\n{body}</tbody>\n</table>\n"
    )


def _figure(node: Node, drawn: dict[int, Drawn]) -> str:
    name = node["c"][0][0]
    one = drawn[int(name.removeprefix("figure-"))]
    alt = _quoted(tree.attribute(node["c"][2][0]["c"][0], "alt"))
    data = base64.b64encode(one.reading).decode()
    return (
        f'<figure id="{escape(name)}">\n<img src="data:image/png;base64,{data}" alt="{alt}" '
        f'style="width:{one.reading_mm:.1f}mm">\n<figcaption>{_caption(node)}</figcaption>\n</figure>\n'
    )


def _quoted(text: str) -> str:
    """Text as the value of an attribute; without "=", so that "onset = day 3" is not taken for a program."""
    return escape(text).replace("=", "&#61;")
