"""The restricted markup of the record, read into a tree. This is the only place where record text is parsed.

*italic*  **bold**  10^9^  H~2~O  [@key; @other]  {fig:id}  {fig:id:b}  {fig:id:a-c}  {table:id}
{table:timeline}, and a blank line between paragraphs. Nothing else is markup: HTML, TeX, links, pictures,
headings, footnotes and templates come out as the letters that were typed, because nothing here gives them a
meaning.

An asterisk opens only before a letter and not after one, so that HLA-B*27 and CYP2C9*2 stay as they are; a
superscript or subscript holds no space, so that "~5 cm to ~7 cm" stays too.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from pipeline.core import words
from pipeline.core.model import CleanCase
from pipeline.render import tree
from pipeline.render.tree import Node, Nodes

# Characters that a reader never sees but that change what is seen, or that XML 1.0 does not allow: direction
# overrides (Unicode Standard Annex 9), the byte order mark, non-characters.
HIDDEN = re.compile("[\u202a-\u202e\u2066-\u2069\ufeff\ufffe\uffff\ud800-\udfff]")
MINUS = re.compile(r"(?<=\bDay )-(?=\d)")  # days before Day 0 are negative numbers, not hyphenated words
MARKS = re.compile(r"\*\*|[*^~\[{]")
TIGHT = {
    "^": ("Superscript", re.compile(r"(?<!\^)\^([^\s^]+)\^(?!\^)")),
    "~": ("Subscript", re.compile(r"(?<!~)~([^\s~]+)~(?!~)")),
}
LOOSE = {
    "**": (
        "Strong",
        re.compile(r"(?<![\w*])\*\*(?=[^\s*]|\*[^\s*])"),
        re.compile(r"(?<=\S)\*\*(?![\w*])"),
    ),
    "*": ("Emph", re.compile(r"(?<![\w*])\*(?=[^\s*])"), re.compile(r"(?<=[^\s*])\*(?![\w*])")),
}


def paragraphs(text: str, *, links: bool = True) -> Nodes:
    """Prose as paragraphs; see `inline`."""
    parts = re.split(r"\n[ \t]*\n", clean(text))
    return [tree.para(inline(part, links=links)) for part in parts if part.strip(tree.GAPS)]


def inline(text: str, *, links: bool = True) -> Nodes:
    """One paragraph, title, legend or table cell.

    Citations and mentions become nodes of their own, for document.py to number; without `links`, where there
    is nothing to lead to (titles, letters), they stay the letters they are.
    """
    return _parse(clean(text).strip(tree.GAPS), links)


def clean(text: str) -> str:
    """The text without unseen characters; controls become spaces, and days before Day 0 get their minus."""
    text = HIDDEN.sub("", text.replace("\r\n", "\n"))
    text = "".join(c if c in "\n\t" or unicodedata.category(c) != "Cc" else " " for c in text)
    return MINUS.sub("−", text)


def _parse(text: str, links: bool) -> Nodes:
    """Read `text` from left to right. A span ends at the first mark that closes it: nesting stays low."""
    out: Nodes = []
    plain_from = at = 0
    hopeless: set[str] = set()  # marks that are not closed anywhere further on
    while mark := MARKS.search(text, at):
        found = _span(text, mark, links, hopeless)
        if found is None:
            at = mark.end()
            continue
        node, end = found
        out += [*tree.spaced(text[plain_from : mark.start()]), node]
        plain_from = at = end
    return out + tree.spaced(text[plain_from:])


def _span(text: str, mark: re.Match[str], links: bool, hopeless: set[str]) -> tuple[Node, int] | None:
    """The node that starts at `mark` and where it ends, or None if the mark is just a letter here."""
    sign, at = mark.group(), mark.start()
    if sign in LINKS:
        pattern, made = LINKS[sign]
        found = pattern.match(text, at) if links else None
        return (made(found), found.end()) if found else None
    if sign in TIGHT:
        kind, pattern = TIGHT[sign]
        found = pattern.match(text, at)
        return (tree.wrap(kind, _parse(found.group(1), links)), found.end()) if found else None
    kind, opening, closing = LOOSE[sign]
    if sign in hopeless or not opening.match(text, at):
        return None
    end = closing.search(text, mark.end() + 1)
    if end is None:
        hopeless.add(sign)
        return None
    return tree.wrap(kind, _parse(text[mark.end() : end.start()], links)), end.end()


def _citation(found: re.Match[str]) -> Node:
    keys = [key.group(1) for key in words.KEY.finditer(found.group(1))]
    return {"t": "Citation", "c": {"keys": keys, "typed": found.group()}}


def _mention(found: re.Match[str]) -> Node:
    kind, name, panel = found.groups()
    return {
        "t": "Mention",
        "c": {"kind": kind, "id": name, "panel": (panel or "").lower(), "typed": found.group()},
    }


LINKS: dict[str, tuple[re.Pattern[str], Callable[[re.Match[str]], Node]]] = {
    "[": (words.CITATION, _citation),
    "{": (words.REFERENCE, _mention),
}


def cleaned(clean_case: CleanCase) -> CleanCase:
    """The same case with every text passed through `clean`."""
    return replace(clean_case, record=_texts(clean_case.record), byline=_texts(clean_case.byline))


def _texts(value: Any) -> Any:
    if isinstance(value, str):
        return clean(value)
    if isinstance(value, list):
        return [_texts(inner) for inner in value]
    if isinstance(value, dict):
        return {key: _texts(inner) for key, inner in value.items()}
    return value
