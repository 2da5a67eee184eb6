"""Who stands behind the authors: ethics committees, funders, people thanked, and the computers they used.

A reviewer knows the authors by them. Read from the declarations, which name them in plain sentences: proper
nouns are runs of capitalised words (templates/rules/blinding.yaml says which words make none).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from pipeline.core import resources
from pipeline.core.fold import letters
from pipeline.core.identity import words
from pipeline.verify.pieces import Piece

PROPER = re.compile(r"[A-Z][\w'’.-]*(?:,?\s+(?:(?:of|and|for|the|&)\s+)*[A-Z][\w'’.-]*)*")
NUMBER = re.compile(r"(?<![\w/-])(?=[\w/.-]*\d{2})(?=[\w/.-]*[A-Z/])[A-Z0-9][\w/.-]{5,}\w")
PATH = re.compile(r"(?:/home/|/Users/|[A-Za-z]:\\+(?:Users|Documents and Settings)\\+)([^/\\\s\"'<>)]{2,})")
PROPERTY = re.compile(
    r"<(?:\w+:)?(creator|lastModifiedBy|Company|Manager|Template)\b[^>]*>([^<]+)<"
    r"|^/(Author|Company|Manager)\n(?!/)(.+)$",
    re.MULTILINE,
)
FEWEST = 8  # folded letters of a name that is sought


def named(record: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """(what, name or number) of everyone whom the declarations of a record name."""
    said = record.get("declarations")
    rules = resources.data("templates/rules/blinding.yaml")
    for part, row in rules["declarations"].items():
        text = str(said.get(part) or "") if isinstance(said, Mapping) else ""
        for found in PROPER.finditer(text):
            around = text[max(0, found.start() - 30) : found.end() + 30].casefold()
            if not row["with"] or any(word in around for word in row["with"]):
                for name in _names(found[0], rules["no_names"]):
                    yield f"declarations {part}", name
        for found in NUMBER.finditer(text) if row["numbers"] else ():
            yield f"declarations {part} number", found[0]


def _names(run: str, no_names: Iterable[str]) -> Iterator[str]:
    """The names in a run of capitalised words: two words at least, one of them nobody else's."""
    group: list[str] = []
    for word in (*run.split(), ""):
        if word and word.strip(".,").lower() not in no_names:
            group.append(word.strip("., "))
            continue
        while group and group[-1].islower():
            group.pop()
        while group and group[0].islower():
            group.pop(0)
        parts = [letters(part) for part in group]
        own = [p for p in parts if p not in words("hospital_words") and p not in words("regions")]
        if len(parts) > 1 and own and len("".join(parts)) >= FEWEST:
            yield " ".join(group)
        group = []


def traces(pieces: Iterable[Piece]) -> Iterator[tuple[str, str]]:
    """(place, what) of paths of somebody's computer and of properties that name who wrote a document."""
    ours = {letters(word) for word in resources.data("templates/rules/blinding.yaml")["own_properties"]}
    for piece in pieces:
        if PATH.search(piece.text):
            yield piece.place, "a path on somebody's computer"
        for found in PROPERTY.finditer(piece.text):
            name, value = (found[1], found[2]) if found[1] else (found[3], found[4])
            if letters(value) and letters(value) not in ours:
                yield piece.place, f"document property {name}"
