"""The ways to name an author or where authors work that give them away to reviewers under blinding.

Names written out in full, addresses and institutions are for the callers; here are initials with a family
name in either order, titles, short names, and a city beside "our hospital" (templates/rules/blinding.yaml).
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from pipeline.core import resources
from pipeline.core.identity import words
from pipeline.core.match import INVISIBLE

MARKS = re.compile(rf"[\u0300-\u036f{INVISIBLE}]")
DASHES = re.compile(r"[‐‑‒–]")
ARTICLES = {"A", "I"}  # single capitals that are words too: "A Brown Plaque"


@dataclass(frozen=True, slots=True)
class Sign:
    """One way to be recognised. `citable` is what a reference list may say of authors who cite themselves:
    the family name, or the city; "" if only the authors' own sentences can say it.
    """

    what: str  # "authors 1 name", "affiliations skin city"
    citable: str = field(repr=False)
    pattern: re.Pattern[str] = field(repr=False)


def signs(record: Mapping[str, Any]) -> tuple[Sign, ...]:
    """All signs of the authors and affiliations of a record (or byline), to be searched in `plain` text."""
    return (*_people(record.get("authors") or []), *_places(record.get("affiliations") or {}))


def plain(text: str) -> str:
    """The text without accents, invisible characters and odd dashes or spaces."""
    if text.isascii():
        return text
    return DASHES.sub("-", MARKS.sub("", unicodedata.normalize("NFKD", text)))


def _people(authors: list[dict[str, Any]]) -> Iterator[Sign]:
    for n, author in enumerate(authors, 1):
        given, family = plain(str(author.get("given", ""))), plain(str(author.get("family", "")))
        firsts = [first for first in re.split(r"[\s.-]+", given) if first[:1].isupper()]
        if not family:
            continue
        what = f"authors {n} name"
        yield Sign(what, "", _titled(family))
        if firsts:
            yield Sign(what, family, _given_first(firsts, family))
            yield Sign(what, family, _family_first(firsts, family))


def _titled(family: str) -> re.Pattern[str]:
    """As in "Dr Vermani", "Prof. R. K. Vermani", "DR VERMANI"."""
    titles = resources.data("templates/rules/blinding.yaml")["titles"]
    small, capital = "|".join(map(str.title, titles)), "|".join(map(str.upper, titles))
    initials = r"\.?\s+(?:[A-Z]\b[.\s-]*){0,3}"
    upper = _typed(family.upper())
    return _whole(rf"(?:{small}){initials}{_typed(family)}|(?:{small}|{capital}){initials}{upper}")


def _given_first(firsts: list[str], family: str) -> re.Pattern[str]:
    """As in "I. Vermani", "RK Vermani", "Rajesh K. Vermani"; for Dr Brown "A. Brown", but not "A Brown"."""
    article = len(firsts) == 1 and firsts[0][0] in ARTICLES and family.casefold() in words("ordinary")
    first = rf"(?:{re.escape(firsts[0])}|{firsts[0][0]}{'[.]' if article else ''})"
    more = "".join(rf"(?:(?:{re.escape(f)}|{f[0]})[.\s-]{{0,3}})?" for f in firsts[1:])
    return _whole(rf"{first}[.\s-]{{0,3}}{more}(?<=[.\s])(?:{_typed(family)}|{_typed(family.upper())})")


def _family_first(firsts: list[str], family: str) -> re.Pattern[str]:
    """As in "Vermani I", "Vermani, R. K.", "Vermani RK"; also short names in full: "Wu Li"."""
    first = rf"(?:{re.escape(firsts[0])}|{firsts[0][0]})"
    more = "".join(rf"(?:[.\s-]{{0,3}}(?:{re.escape(f)}|{f[0]}))?" for f in firsts[1:])
    return _whole(rf"(?:{_typed(family)}|{_typed(family.upper())}),?(?:[ \t]|\r?\n){first}{more}")


def _places(affiliations: Mapping[str, Mapping[str, Any]]) -> Iterator[Sign]:
    near = "|".join(resources.data("templates/rules/blinding.yaml")["near"])
    for key, place in affiliations.items():
        institution, city = plain(str(place.get("institution", ""))), plain(str(place.get("city", "")))
        if institution:
            yield Sign(f"affiliations {key} institution", "", _whole(_typed(institution)))
        if town := _typed(city):
            between = r"(?:,?\s+[\w'’-]+){0,2}?,?\s+"
            beside = rf"(?i:{near}){between}{town}|{town}{between}(?i:{near})"
            yield Sign(f"affiliations {key} city", city, _whole(beside))


def _typed(name: str) -> str:
    """A name as a pattern, however its words are set apart."""
    parts = (re.escape(part).replace("'", "['’]") for part in re.split(r"[\s-]+", name) if part)
    return r"[\s-]+".join(parts)


def _whole(pattern: str) -> re.Pattern[str]:
    """The pattern where no word goes on before or after it."""
    return re.compile(rf"(?<![\w-])(?:{pattern})(?![\w-])")
