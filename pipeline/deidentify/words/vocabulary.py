"""The words that may stay in a DICOM value, and how its pieces are judged.

The classes of words come from templates/rules/medical-words.txt (origin and licences stand there), products,
clinical tokens and endings from templates/rules/value-patterns.yaml. Nothing here knows a patient.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from enum import IntEnum
from functools import cache, lru_cache
from typing import Any

from pipeline.core import resources
from pipeline.core.identity import words as identifier_words

WORDS = "templates/rules/medical-words.txt"
PATTERNS = "templates/rules/value-patterns.yaml"


class Class(IntEnum):
    """How far a word can be vouched for."""

    UNKNOWN = 0  # no list has it: it may be anybody's name
    EPONYM = 1  # a name that stands in the names of diseases
    CONTEXT = 2  # a word that is also a name
    PLAIN = 3  # a word and nobody's name


@dataclass(frozen=True, slots=True)
class Words:
    """The lists, lower case."""

    plain: frozenset[str]
    context: frozenset[str]
    eponym: frozenset[str]
    namesake: frozenset[str]  # plain words that are also names
    technical: frozenset[str]
    makers: frozenset[str]  # technical words that are also names
    particles: frozenset[str]  # "van", "bin": parts of names
    heads: frozenset[str]  # what follows an eponym
    units: frozenset[str]
    targets: frozenset[str]  # volumes of radiotherapy
    ending: re.Pattern[str]
    beginning: re.Pattern[str]
    clinical: re.Pattern[str]


def patterns() -> dict[str, Any]:
    """The rule file of shapes; shared, do not change."""
    found: dict[str, Any] = resources.data(PATTERNS)
    return found


@cache
def vocabulary() -> Words:
    """All lists, read once on first use."""
    sections = {
        name: frozenset(body.split())
        for name, _, body in (part.partition("\n") for part in resources.text(WORDS).split("\n== ")[1:])
    }
    rules = patterns()
    endings = "|".join(rules["medical_endings"])
    return Words(
        plain=sections["plain"],
        context=sections["context"],
        eponym=sections["eponym"],
        namesake=sections["namesake"],
        technical=sections["technical"] | frozenset(rules["technical"].split()),
        makers=frozenset(rules["makers"].split()),
        particles=frozenset(rules["particles"]),
        heads=identifier_words("eponym_heads") | frozenset(rules["eponym_heads"]),
        units=frozenset(rules["units"]),
        targets=frozenset(rules["targets"]),
        ending=re.compile(rf"[a-z]{{{int(rules['ending_letters']) - 4},}}(?:{endings})s?"),
        beginning=re.compile(
            rf"(?:{'|'.join(rules['medical_beginnings'])})(?P<rest>[a-z]{{{int(rules['rest_letters'])},}})"
        ),
        clinical=re.compile("|".join(f"(?:{token})" for token in rules["clinical_tokens"])),
    )


def plain_letters(word: str) -> str:
    """`word` in lower case without accents: "Ménière's" -> "meniere's"."""
    if word.isascii():
        return word.lower()
    parts = unicodedata.normalize("NFKD", word.lower())
    return "".join(c for c in parts if not unicodedata.combining(c)).replace("’", "'")


@lru_cache(maxsize=1 << 14)
def judge(word: str) -> Class:
    """How far one word of letters can be vouched for; capital letters do not matter."""
    lists = vocabulary()
    low = plain_letters(word)
    for form in _forms(low):
        if form in lists.plain:
            return Class.PLAIN
        if form in lists.context:
            return Class.CONTEXT
        if form in lists.eponym:
            return Class.EPONYM
    if low in lists.technical:
        return Class.PLAIN
    if low in lists.makers:
        return Class.CONTEXT
    begun = lists.beginning.fullmatch(low)
    built = lists.ending.fullmatch(low) or (begun and begun["rest"] in lists.plain)
    return Class.PLAIN if built else Class.UNKNOWN


def namesake(word: str, *, small: bool = False) -> bool:
    """Whether a plain word is also a name: beside an unknown word it is part of one.

    A word in lower case is none, except with `small`: beside an unknown word in lower case.
    """
    lists = vocabulary()
    return (
        (small or not word.islower()) and plain_letters(word) in lists.namesake
    ) or word in lists.particles


def _forms(low: str) -> Iterator[str]:
    yield low
    if low.endswith(("'s", "s'")):
        yield low[:-2]
    if len(low) > 6:
        yield low.replace("ae", "e").replace("oe", "e").replace("our", "or")  # British spelling
    if low.endswith("s") and len(low) > 5:
        yield low[:-1]


@lru_cache(maxsize=1 << 14)
def technical(word: str) -> bool:
    """Whether a word may stand in a technical value: a list has it, or its humps are all in lists."""
    lists = vocabulary()
    low = word.lower()
    if low in lists.makers or judge(word) is Class.PLAIN:
        return True
    humps = camel(word)
    return len(humps) > 1 and all(h.lower() in lists.makers or judge(h) is Class.PLAIN for h in humps)


_HUMP = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+|[^\W\d_]+")


def camel(word: str) -> list[str]:
    """The humps of a word, ["Chest", "Abdomen"] of "ChestAbdomen"; a word with accents stays whole."""
    return _HUMP.findall(word) if word.isascii() else [word]


@lru_cache(maxsize=1 << 14)
def clinical(token: str) -> bool:
    """Whether letters with digits are a vertebra, a stage, a measure, a sequence: "L4", "5mm", "T2w"."""
    lists = vocabulary()
    if lists.clinical.fullmatch(token):
        return True
    apart = re.fullmatch(r"([^\W\d_]{2,})(\d{1,3})|(\d{1,3})([^\W\d_]{2,})", token)  # "CHEST2", "64slices"
    return bool(apart) and judge(apart[1] or apart[4]) is Class.PLAIN if apart else False


# --- arithmetic --------------------------------------------------------------------------------------------

_D5 = (
    "0123456789", "1234067895", "2340178956", "3401289567", "4012395678",
    "5987604321", "6598710432", "7659821043", "8765932104", "9876543210",
)  # fmt: skip
_PERMUTED = (
    "0123456789",
    "1576283094",
    "5803796142",
    "8916043527",
    "9453126870",
    "4286573901",
    "2793806415",
    "7046913258",
)


def verhoeff(digits: str) -> bool:
    """Whether the last digit is the Verhoeff check digit of the others (J. Verhoeff 1969), as in Aadhaar."""
    check = 0
    for place, digit in enumerate(reversed(digits)):
        check = int(_D5[check][int(_PERMUTED[place % 8][int(digit)])])
    return check == 0


def calendar(found: re.Match[str]) -> bool:
    """Whether groups y, m, d name a day, in either order of day and month."""
    one, two = int(found["m"]), int(found["d"])
    return (1 <= one <= 12 and 1 <= two <= 31) or (1 <= two <= 12 and 1 <= one <= 31)


# --- letters -----------------------------------------------------------------------------------------------

SYMBOLS = frozenset("µμ°º²³¹±×·–—‘’“”…≤≥≈≠√½¼¾→←↑↓∆•€£§©®™")
GREEK = frozenset("αβγδεκλμπσφχψωΔΣΩ")


@lru_cache(maxsize=4096)
def foreign(char: str) -> bool:
    """Whether `char` is a letter, mark or number that is neither Latin nor a unit."""
    if char.isascii() or char in SYMBOLS:
        return False
    kind = unicodedata.category(char)
    if kind[0] not in "LMN" and kind not in ("Co", "Cn", "Cs"):
        return False
    return not unicodedata.name(char, "").startswith(("LATIN", "ANGSTROM", "MICRO", "OHM", "COMBINING"))
