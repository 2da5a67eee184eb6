"""How words are counted: as a word processor would count the printed text, without citations and markup."""

from __future__ import annotations

import re
from collections.abc import Iterable

SECTIONS = (  # of the narrative, in the order of the article
    "introduction",
    "patient_information",
    "clinical_findings",
    "diagnostic_assessment",
    "therapeutic_intervention",
    "follow_up",
    "discussion",
    "conclusion",
    "perspective",
)
KEY = re.compile(r"@([\w:.+/-]*\w)")
CITATION = re.compile(rf"\[({KEY.pattern}(?:\s*;\s*{KEY.pattern})*)\]")
NEARLY = re.compile(r"\[\s*@")  # begins like a citation
REFERENCE = re.compile(r"\{(fig|table):([a-z0-9-]+)(?:[: ]([A-Fa-f](?:[-,][A-Fa-f])*))?\}")
NEARLY_REFERENCE = re.compile(r"\{\s*(?:fig|tab)[a-z]*\b", re.IGNORECASE)  # begins like a reference
MARKUP = re.compile(r"[*^~]")
PRINTED = {"fig": "Figure", "table": "Table"}

Numbers = dict[str, dict[str, int]]  # "fig" | "table" -> id -> number


def count(prose: str) -> int:
    """Words in a piece of prose. A figure reference counts as the two words it prints ("Figure 1")."""
    printed = REFERENCE.sub("Figure 1", CITATION.sub("", prose))
    return sum(1 for word in MARKUP.sub("", printed).split() if any(c.isalnum() for c in word))


def cited(prose: str) -> Iterable[tuple[str, int]]:
    """Every citation key in a piece of prose with its line in it, counted from 0, in order of appearance."""
    for group in CITATION.finditer(prose):
        for key in KEY.finditer(group.group(1)):
            yield key.group(1), prose.count("\n", 0, group.start())


def miscited(prose: str) -> Iterable[int]:
    """The line, counted from 0, of everything that begins like a citation and is not written as one."""
    good = {group.start() for group in CITATION.finditer(prose)}
    for group in NEARLY.finditer(prose):
        if group.start() not in good:
            yield prose.count("\n", 0, group.start())


def referred(prose: str) -> Iterable[tuple[str, str, int]]:
    """Every ("fig" | "table", id, line) that a piece of prose refers to, in order of appearance."""
    for found in REFERENCE.finditer(prose):
        yield found.group(1), found.group(2), prose.count("\n", 0, found.start())


def panels(prose: str) -> Iterable[tuple[str, str, str, int]]:
    """Every ("fig" | "table", id, panels in lower case: "a", "a-c", "a,b", line) where panels are named."""
    for found in REFERENCE.finditer(prose):
        if found.group(3):
            yield found[1], found[2], found[3].lower(), prose.count("\n", 0, found.start())


def misreferred(prose: str) -> Iterable[int]:
    """The line, counted from 0, of everything that begins like a reference and is not written as one."""
    good = {found.start() for found in REFERENCE.finditer(prose)}
    for found in NEARLY_REFERENCE.finditer(prose):
        if found.start() not in good:
            yield prose.count("\n", 0, found.start())


def lettered(panels: str) -> str:
    """Panels as printed behind a figure's number: "a-c" -> "A–C"."""
    return panels.upper().replace("-", "–")


def absent(panels: str, count: int) -> str:
    """The panels named that a figure of `count` panels has not, as letters: ("a-c", 2) -> "c"."""
    return "".join(c for c in panels if c.isalpha() and ord(c) - ord("a") >= count)


def plain(prose: str, numbers: Numbers) -> str:
    """Prose as printed: no citations or markup, "Figure 2" for a reference. Paragraphs stay apart.

    `numbers` are those of core/numbering.py; what leads nowhere stays as typed.
    """

    def said(found: re.Match[str]) -> str:
        kind, name, letter = found.groups()
        number = numbers[kind].get(name)
        return f"{PRINTED[kind]} {number}{lettered(letter or '')}" if number else found.group()

    bare = MARKUP.sub("", REFERENCE.sub(said, re.sub(rf"\s*{CITATION.pattern}", "", prose)))
    return "\n\n".join(" ".join(part.split()) for part in re.split(r"\n\s*\n", bare) if part.strip())
