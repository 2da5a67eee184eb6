"""Where the evidence for each line of a checklist stands: anchors in a copy of the manuscript for its PDF.

What to look for is data (`find` and `said` in templates/rules/<checklist>.yaml). An anchor stands right
before the words, so that the checklist can say on which line; without evidence the section's beginning has
to do.
"""

from __future__ import annotations

import copy
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

from pipeline.core import guidelines, words
from pipeline.core.model import CareLine
from pipeline.render import tree
from pipeline.render.document import CONSENT, Paper
from pipeline.render.tree import Node, Nodes

ANYTHING = ("#figure-", "#table-")  # where links to figures and tables lead
OPENING = 4  # words by which a paragraph is known
SHORTEST = 3  # letters; shorter words of the record are found everywhere


@dataclass(frozen=True, slots=True)
class Wanted:
    """What to look for: words, a link or a citation."""

    patterns: tuple[re.Pattern[str], ...] = ()
    links: tuple[str, ...] = ()
    cites: bool = False


def marked(
    paper: Paper, care: tuple[CareLine, ...], record: dict[str, Any]
) -> tuple[Paper, dict[str, list[tuple[str, str]]]]:
    """A copy of `paper` with anchors, and for each line's key the (anchor, section) to be read from the PDF.

    An anchor is a node {"t": "Anchor", "c": name} that only the PDF's template knows. Lines are in the order
    of `care`, sections in the order of the line; without any evidence the anchors are those of the sections.
    """
    blocks = copy.deepcopy(paper.blocks)
    parts = {name: list(paragraphs) for name, paragraphs in _parts(blocks)}
    rules = {(g.id, rule["id"]): rule for g in map(guidelines.load, guidelines.KNOWN) for rule in g.lines}
    marks: dict[str, list[tuple[str, str]]] = {}
    pending: list[tuple[Nodes, int, str]] = []
    for line in care:
        rule = rules[line.guideline, line.id]
        wanted = _wanted(rule, record, paper.numbers)
        sections = [CONSENT if s == "statements" else s for s in line.sections]
        searched = rule.get("find", {}).get("in")
        found: list[tuple[str, str]] = []
        for section in searched or sections:
            if wanted is None or (searched and found):
                continue
            if place := _first(parts.get(section, []), wanted):
                name = f"{line.key}@{section}"
                pending.append((*place, name))
                found.append((name, section))
        if searched or not found:
            found += [(s, s) for s in sections if s not in {section for _, section in found}]
        marks[line.key] = found
    for inlines, index, name in sorted(pending, key=lambda p: (id(p[0]), -p[1])):
        inlines.insert(index, {"t": "Anchor", "c": name})
    return replace(paper, blocks=blocks), marks


def _parts(blocks: Nodes) -> Iterator[tuple[str, Iterator[Nodes]]]:
    """Each named part with the inlines of its paragraphs; tables and figures are parts by themselves."""
    for node in tree.every(blocks):
        if node["t"] == "Div" and (name := node["c"][0][0]):
            yield name, _paragraphs(node["c"][1])


def _paragraphs(nodes: Nodes) -> Iterator[Nodes]:
    for node in nodes:
        if node["t"] in {"Para", "Plain"}:
            yield node["c"]
        elif node["t"] == "BulletList":
            for item in node["c"]:
                yield from _paragraphs(item)
        elif node["t"] == "Div":
            yield from _paragraphs(node["c"][1])


def _wanted(rule: dict[str, Any], record: dict[str, Any], numbers: words.Numbers) -> Wanted | None:
    """What the rule tells to look for, or None when it does not say."""
    find = rule.get("find", {})
    typed = [*rule.get("said", {}).values(), *([find["words"]] if "words" in find else [])]
    patterns = [re.compile(pattern, re.IGNORECASE) for pattern in typed]
    for path in find.get("record", []):
        typed_there = _values(record, path.split("."))
        patterns += [_literal(value) for value in typed_there if len(value) >= SHORTEST]
    if "begins" in find:
        for value in _values(record, find["begins"].split(".")):
            opening = words.plain(value, numbers).split()[:OPENING]
            patterns.append(_literal(" ".join(opening)))
    links: tuple[str, ...] = ()
    if find.get("shows") == "any":
        links = ANYTHING
    elif "shows" in find and find["shows"] in numbers["table"]:
        links = (f"#table-{numbers['table'][find['shows']]}",)
    found = Wanted(tuple(patterns), links, "cites" in find)
    return None if found == Wanted() else found


def _literal(text: str) -> re.Pattern[str]:
    """These words, whatever the white space between them."""
    return re.compile(r"\s+".join(map(re.escape, text.split())), re.IGNORECASE)


def _values(value: Any, path: list[str]) -> Iterator[str]:
    """Every text at the end of a path, through lists."""
    if isinstance(value, list):
        for inner in value:
            yield from _values(inner, path)
    elif path and isinstance(value, dict):
        yield from _values(value.get(path[0]), path[1:])
    elif not path and isinstance(value, str) and value.strip():
        yield value


def _first(paragraphs: list[Nodes], wanted: Wanted) -> tuple[Nodes, int] | None:
    """The paragraph and the node in it that come first."""
    for inlines in paragraphs:
        hits = [*_linked(inlines, wanted), *_worded(inlines, wanted.patterns)]
        if hits:
            return inlines, min(hits)
    return None


def _linked(inlines: Nodes, wanted: Wanted) -> Iterator[int]:
    for index, node in enumerate(inlines):
        for inner in tree.every([node]):
            if (wanted.cites and inner["t"] == "Cite") or (
                inner["t"] == "Link" and wanted.links and _leads(inner, wanted.links)
            ):
                yield index
                break


def _leads(link: Node, targets: tuple[str, ...]) -> bool:
    """Does it lead to one of these? A beginning, as in ANYTHING, fits whatever follows."""
    target = link["c"][2][0]
    return any(target.startswith(t) if t.endswith("-") else target == t for t in targets)


def _worded(inlines: Nodes, patterns: tuple[re.Pattern[str], ...]) -> Iterator[int]:
    text, starts = "", []
    for node in inlines:
        starts.append(len(text))
        text += tree.plain([node]) or " "
    for pattern in patterns:
        if hit := pattern.search(text):
            yield max(n for n, start in enumerate(starts) if start <= hit.start())
