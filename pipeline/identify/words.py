"""What is known of a word: ordinary, a name, a place, an eponym … Read from lists of names and of medical words.

Origins and licences stand in templates/rules/identify-lists.txt and medical-words.txt.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import cache

from pipeline.core import resources

LISTS = "templates/rules/identify-lists.txt"
MEDICAL = "templates/rules/medical-words.txt"
WORDS = "templates/rules/identify-words.yaml"
KEEP = "templates/rules/identify-keep.yaml"
PATTERNS = "templates/rules/value-patterns.yaml"
MIN_ENDING = 3  # letters that must stand before an ending of names, places or drugs


class Trait:
    """What may be known of a word: bits (plain integers, since every word is asked many times)."""

    NONE = 0
    WORD = 1  # an ordinary or medical word
    NAMESAKE = 2  # a word that is also a name ("Hope")
    EPONYM = 4  # a name that stands for a finding or a method
    GIVEN = 8
    FAMILY = 16
    PLACE = 32  # of India
    ABROAD = 64  # a place of Britain or America
    REGION = 128  # a state or a country: may stay
    KEEP = 256  # makers, models, organisms, peoples, months, journals
    NAMELIKE = 512  # ends like an Indian name
    PLACELIKE = 1024  # ends like an Indian village


NAME = Trait.GIVEN | Trait.FAMILY
KNOWN = Trait.WORD | Trait.NAMESAKE | Trait.EPONYM | Trait.REGION | Trait.KEEP


@cache
def _sections(name: str) -> dict[str, frozenset[str]]:
    parts = resources.text(name).split("\n== ")[1:]
    split = str.splitlines if name == LISTS else str.split
    return {part.partition("\n")[0]: frozenset(split(part.partition("\n")[2])) for part in parts}


@cache
def group(name: str) -> frozenset[str]:
    """A list of identify-words.yaml or identify-keep.yaml."""
    for file in (WORDS, KEEP):
        rows = resources.data(file)
        if name in rows:
            return frozenset(rows[name])
    raise KeyError(name)


def places(country: str) -> frozenset[str]:
    """The places of "in", "gb" or "us" and, as "indic", those written in Indian scripts; some of several words."""
    return _sections(LISTS)["indic-place" if country == "indic" else f"place-{country}"]


def indic_names() -> frozenset[str]:
    """Names in Indian scripts."""
    return _sections(LISTS)["indic-name"]


def alternation(patterns: Iterable[str]) -> str:
    """The patterns as one, longest first, those with the same first letter together: `re` tries few of them."""
    first: dict[str, list[str]] = {}
    for pattern in sorted(set(patterns), key=len, reverse=True):
        plain = pattern[0].isalnum() and pattern[1:2] not in ("?", "*", "|", "{")
        first.setdefault(pattern[0] if plain and "|" not in _outer(pattern) else "", []).append(pattern)
    grouped = [f"{c}(?:{'|'.join(p[1:] for p in rows)})" for c, rows in first.items() if c]
    return "|".join((*grouped, *first.get("", ())))


def _outer(pattern: str) -> str:
    """A pattern without what stands in its brackets."""
    return re.sub(r"\([^()]*\)|\[[^\]]*\]", "", pattern)


@cache
def _table() -> dict[str, int]:
    """Word -> traits, for every word of all lists."""
    medical, lists = _sections(MEDICAL), _sections(LISTS)
    table: dict[str, int] = {}
    kept = (
        "makers",
        "models",
        "genera",
        "nationalities",
        "calendar",
        "journals",
        "titles_kept",
        "form_words",
    )
    rows: list[tuple[int, frozenset[str]]] = [
        (Trait.WORD, medical["plain"] | medical["technical"] | group("drugs") | group("heads")),
        (Trait.WORD, frozenset(resources.data(PATTERNS)["technical"].split())),
        (Trait.WORD | Trait.NAMESAKE, medical["context"]),
        (Trait.NAMESAKE, medical["namesake"]),
        (Trait.EPONYM, medical["eponym"] | group("eponyms")),
        (Trait.GIVEN, lists["given"]),
        (Trait.FAMILY, lists["family"]),
        (Trait.PLACE, lists["place-in"]),
        (Trait.ABROAD, lists["place-gb"] | lists["place-us"]),
        (Trait.REGION, group("regions")),
        *((Trait.KEEP, group(name)) for name in kept),
    ]
    for bits, words in rows:
        for word in words:
            table[word] = table.get(word, 0) | bits
    return table


@cache
def _endings(name: str) -> re.Pattern[str]:
    rows = sorted(group(name), key=len, reverse=True)
    return re.compile(rf"[a-z]{{{MIN_ENDING},}}(?:{'|'.join(map(re.escape, rows))})")


@cache
def _medical() -> re.Pattern[str]:
    rules = resources.data(PATTERNS)
    return re.compile(rf"[a-z]{{4,}}(?:{'|'.join(rules['medical_endings'])})s?")


@cache
def _beginning() -> re.Pattern[str]:
    rules = resources.data(PATTERNS)
    return re.compile(rf"(?:{'|'.join(rules['medical_beginnings'])})(?P<rest>[a-z]{{4,}})")


def traits(low: str) -> int:
    """What is known of a folded word."""
    table = _table()
    found = table.get(low, 0)
    if not found and "-" in low:
        return _joined(low.split("-"))
    if not found and low.endswith("s"):
        found = table.get(low[:-1], 0) & (Trait.WORD | Trait.NAMESAKE | Trait.EPONYM)
    if not found & ~(Trait.PLACE | Trait.ABROAD) and len(low) > MIN_ENDING:
        if _medical().fullmatch(low) or _drug(low):
            return found | Trait.WORD
        begun = _beginning().fullmatch(low)
        if begun and table.get(begun["rest"], 0) & Trait.WORD:
            return found | Trait.WORD
    if not found & Trait.WORD:
        if _endings("name_endings").fullmatch(low):
            found |= Trait.NAMELIKE
        if _endings("village_endings").fullmatch(low):
            found |= Trait.PLACELIKE
    return found


def _drug(low: str) -> bool:
    return len(low) > 6 and bool(
        _endings("drug_endings").fullmatch(low) or _endings("word_endings").fullmatch(low)
    )


def _joined(parts: list[str]) -> int:
    """Of a word with hyphens: a name if a part is one, ordinary if all are, an eponym if all parts can be."""
    each = [traits(part) for part in parts if part]
    if not each:
        return Trait.NONE
    if all(
        t & (Trait.WORD | Trait.KEEP | Trait.REGION) or len(p) < 3 for t, p in zip(each, parts, strict=False)
    ):
        return Trait.WORD
    if all(t & (Trait.EPONYM | Trait.WORD) for t in each):
        return Trait.EPONYM
    return Trait.NAMESAKE & each[0] | (
        NAME if any(t & NAME and not t & Trait.WORD for t in each) else Trait.NONE
    )
