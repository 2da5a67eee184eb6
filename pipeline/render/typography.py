"""The typographic pass: spaces that do not break, quotation marks, dashes, names of organisms in italics.

It works on the tree, never on what was typed: each paragraph is read as one line of letters, in which every
rule puts one character in the place of another. So no word is added, lost or joined, a second pass changes
nothing, and citations, mentions and links (one letter of the line each) stay as they are. The words are in
templates/rules/typography.yaml.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from functools import cache
from typing import Any

from pipeline.core import resources
from pipeline.render import tree
from pipeline.render.tree import Nodes

PARTS = ("spaces", "quotes", "dashes", "italics")
NO_BREAK, NARROW = "\u00a0", "\u202f"
SOLID = "\ufffc"  # a citation, a mention, a link: not looked into
RAISED, LEVEL = "\ufdd0", "\ufdd1"  # around what is raised or lowered
FLAT = {"Emph", "Strong", "SmallCaps"}
SHIFTED = {"Superscript", "Subscript"}
AS_TYPED = {"byline", "list"}  # names and addresses; the reference list, which its style sets
CODE = re.compile(r"[^\s\u00a0]*(?:://|www\.|[@\\`$#_{}|]|10\.\d{4,9}/|=[\"'])[^\s\u00a0]*")

ODD_SPACES = "\u1680\u2000-\u200a\u202f\u205f\u3000"
THOUSANDS = re.compile(r"(?<=\d)[\u2009\u202f](?=\d{3}(?!\d))")
ODD_SPACE = re.compile(f"[{ODD_SPACES}]")
PRESSURE = re.compile(r"(?<=\bmm) (?=Hg\b)|(?<=\bcm) (?=H2O\b|H\ufdd02)")
SIGN_AFTER = re.compile(r"(?<=[\w%)\ufdd1]) (?=[<>=≤≥≈±×] ?[\d.−-])")
SIGN_BEFORE = re.compile(r"(?<=[<>=≤≥≈±×]) (?=[\d.−-])")

NUMBER = r"\d+(?:[.,]\d+)?"
RANGE = re.compile(
    rf"(?<![\w.,:/*–−-])({NUMBER})(%?)-({NUMBER})(?=%?(?:[\s\u00a0,;:.!?)\]°\ufdd0\ufdd1\ufffc]|$))(?![.,]?\d)"
)
MINUS = re.compile(rf"(?<![^\s\u00a0(\[=<>≤≥±≈~,;/–\ufdd0])-(?={NUMBER}(?![\w-]))")

OPENS = set(" \t\n\u00a0\u202f([{—–/“‘\ufdd0")
CLOSES = set(" \t\n\u00a0\u202f)]}—–-/.,;:!?…”’\ufdd0\ufdd1\ufffc")

Rule = Callable[[str], str]


def chosen(layout: dict[str, Any]) -> frozenset[str]:
    """The parts of the pass that a layout wants: all, unless `typography` says otherwise."""
    wanted = layout.get("typography", True)
    if isinstance(wanted, dict):
        return frozenset(part for part in PARTS if wanted.get(part, True))
    return frozenset(PARTS if wanted else ())


def blocks(nodes: Nodes, parts: frozenset[str]) -> None:
    """Set every paragraph, heading, caption and cell, in place; byline and reference list stay as typed."""
    for node in nodes:
        if node["t"] == "Div" and AS_TYPED & set(node["c"][0][1]):
            continue
        for inner in tree.children(node):
            if node["t"] in {"Para", "Plain", "Header"}:
                inner[:] = line(inner, parts)
            else:
                blocks(inner, parts)


def line(nodes: Nodes, parts: frozenset[str]) -> Nodes:
    """The inlines of one paragraph, set."""
    rules = [rule for part, rule in RULES.items() if part in parts]
    typed = "".join(_letters(nodes))
    done = _settled(typed, rules)
    nodes = _rebuilt(nodes, iter(done))
    return _italics(nodes) if "italics" in parts else nodes


def _settled(text: str, rules: list[Rule]) -> str:
    """`text` after the rules, until they change nothing more: each only ever goes one way."""
    kept = [m.span() for m in CODE.finditer(text)]
    while True:
        new = text
        for rule in rules:
            new = rule(new)
        letters = list(new)
        for start, end in kept:
            letters[start:end] = text[start:end]
        if (new := "".join(letters)) == text:
            return text
        text = new


def _letters(nodes: Nodes) -> Iterator[str]:
    """The line of a paragraph: see the rules for what stands for what."""
    for node in nodes:
        kind = node["t"]
        if kind == "Str":
            yield node["c"]
        elif kind in {"Space", "SoftBreak", "LineBreak"}:
            yield " "
        elif kind in FLAT:
            yield from _letters(node["c"])
        elif kind in SHIFTED:
            yield RAISED
            yield from _letters(node["c"])
            yield LEVEL
        else:
            yield SOLID


def _rebuilt(nodes: Nodes, letters: Iterator[str]) -> Nodes:
    """The same nodes with the letters of the line put back in order."""
    out: Nodes = []
    plain = ""
    for node in nodes:
        kind = node["t"]
        if kind == "Str":
            plain += "".join(next(letters) for _ in node["c"])
            continue
        if kind in {"Space", "SoftBreak"}:
            plain += next(letters)
            continue
        out += tree.spaced(plain)
        plain = ""
        if kind in FLAT:
            out.append(tree.wrap(kind, _rebuilt(node["c"], letters)))
        elif kind in SHIFTED:
            next(letters)
            out.append(tree.wrap(kind, _rebuilt(node["c"], letters)))
            next(letters)
        else:
            next(letters)
            out.append(node)
    return out + tree.spaced(plain)


def _spaces(text: str) -> str:
    """Numbers with units and signs, labels with numbers, an organism's initial with its species: one line."""
    text = THOUSANDS.sub(NARROW, text)
    text = ODD_SPACE.sub(lambda m: _plain_space(text, m), text)
    text = _units().sub(NO_BREAK, text)
    for joint in (PRESSURE, SIGN_AFTER, SIGN_BEFORE):
        text = joint.sub(NO_BREAK, text)
    text = _labels().sub(lambda m: f"{m.group(1)}{NO_BREAK}", text)
    return _organisms().sub(lambda m: m.group().replace(". ", f".{NO_BREAK}"), text)


def _plain_space(text: str, found: re.Match[str]) -> str:
    """A space of some special width: kept between thousands, else one of the two every font has."""
    if THOUSANDS.match(text, found.start()):
        return found.group()
    before = text[found.start() - 1 : found.start()]
    return NO_BREAK if found.group() in {"\u2007", NARROW} or before.isdigit() else " "


def _dashes(text: str) -> str:
    """En dashes in ranges that rise, minus signs before numbers. Dates, codes and compounds keep hyphens."""
    text = RANGE.sub(
        lambda m: m.group() if _no_range(m.group(1), m.group(3)) else f"{m[1]}{m[2]}–{m[3]}", text
    )
    return MINUS.sub("−", text)


def _no_range(low: str, high: str) -> bool:
    """Numbers that do not rise, or begin with 0: sutures ("4-0"), months ("2020-03"), days ("03-14")."""
    padded = any(n.startswith("0") and n[1:2].isdigit() for n in (low, high))
    return padded or float(low.replace(",", ".")) >= float(high.replace(",", "."))


def _quotes(text: str) -> str:
    """Straight marks as opening, closing or apostrophe, by what stands beside them; others stay."""
    out = list(text)
    last = max((i for i, c in enumerate(text) if c in "'’" and _ends(text, i)), default=-1)
    open_ = {'"': 0, "'": 0}
    for i, sign in enumerate(text):
        before, after = (out[i - 1] if i else " "), text[i + 1 : i + 2] or " "
        if sign in "“‘":
            open_['"' if sign == "“" else "'"] += 1
        elif sign == "”":
            open_['"'] -= 1
        elif sign == "’" and _ends(text, i):
            open_["'"] -= open_["'"] > 0
        elif sign == '"':
            if before in OPENS and (after not in CLOSES or after == SOLID):
                out[i], open_[sign] = "“", open_[sign] + 1
            elif before not in OPENS and after in CLOSES and (open_[sign] > 0 or not before.isdigit()):
                out[i], open_[sign] = "”", open_[sign] - 1
        elif sign == "'":
            out[i] = _single(before, after, i < last, open_[sign] > 0)
            open_[sign] += (out[i] == "‘") - (out[i] == "’" and after in CLOSES and open_[sign] > 0)
    return "".join(out)


def _ends(text: str, i: int) -> bool:
    """Could a single mark here close a quotation: something before it, nothing of a word after it?"""
    return i > 0 and text[i - 1] not in OPENS and (text[i + 1 : i + 2] or " ") in CLOSES


def _single(before: str, after: str, more: bool, is_open: bool) -> str:
    word = before.isalpha() or before == SOLID
    if word and (after.isalnum() or after in CLOSES):
        return "’"
    if before.isdigit() and after == "s":
        return "’"  # the 1990's
    if before in OPENS and after not in CLOSES:
        return "‘" if more and not after.isdigit() else "’"
    if before not in OPENS and after in CLOSES and is_open:
        return "’"
    return "'"  # a prime (5'-UTR), or nothing we know


RULES: dict[str, Rule] = {"spaces": _spaces, "quotes": _quotes, "dashes": _dashes}


def _italics(nodes: Nodes) -> Nodes:
    """Names of organisms in italics, unless they stand in italics already."""
    out: Nodes = []
    plain = ""
    for node in [*nodes, None]:
        if node is not None and node["t"] in {"Str", "Space"}:
            plain += node["c"] if node["t"] == "Str" else " "
            continue
        out, plain = out + _named(plain), ""
        if node is not None:
            inner = node["t"] in {"Strong", "SmallCaps"}
            out.append(tree.wrap(node["t"], _italics(node["c"])) if inner else node)
    return out


def _named(text: str) -> Nodes:
    out: Nodes = []
    at = 0
    kept = [m.span() for m in CODE.finditer(text)]
    for name in _organisms().finditer(text):
        if any(start < name.end() and name.start() < end for start, end in kept):
            continue
        out += [*tree.spaced(text[at : name.start()]), tree.wrap("Emph", tree.words(name.group()))]
        at = name.end()
    return out + tree.spaced(text[at:])


def _data() -> dict[str, Any]:
    found: dict[str, Any] = resources.data("templates/rules/typography.yaml")
    return found


@cache
def _units() -> re.Pattern[str]:
    rows = _data()["units"]
    prefixed, alone = ("|".join(map(re.escape, rows[kind])) for kind in ("prefixed", "alone"))
    return re.compile(rf"(?<=\d) (?=(?:[munkµμdcMGfp]?(?:{prefixed})|{alone})(?!\w))")


@cache
def _labels() -> re.Pattern[str]:
    labels = "|".join(re.escape(label) for row in _data()["labels"] for label in row)
    return re.compile(rf"(?<!\w)({labels}) (?=[−-]?\d|[IVX]+\b|[A-H]\b)")


@cache
def _organisms() -> re.Pattern[str]:
    """A genus, with or without its species, or its initial with a species that it has."""
    data = _data()
    full, short = [], []
    for genus, species in data["organisms"].items():
        names = "|".join(species)
        optional = "" if genus in data["not_alone"] else "?"
        full.append(rf"{genus}(?:[ \u00a0](?:{names})){optional}")
        short.append(rf"{genus[0]}\.[ \u00a0]?(?:{names})")
    return re.compile(rf"(?<![\w.])(?:{'|'.join([*full, *short])})(?!\w)")
