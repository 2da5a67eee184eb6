"""Names, places and institutions written in Indian scripts: by the words around them and by lists."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache

from pipeline.core.resources import data
from pipeline.identify.found import ASK, REMOVE, Find, Rank
from pipeline.identify.page import INDIC, Page
from pipeline.identify.words import indic_names, places

_ROWS = data("templates/rules/identify-indic.yaml")
_X = rf"[{INDIC}]+"


def _any(name: str) -> str:
    return "|".join(map(re.escape, sorted(_ROWS[name], key=len, reverse=True)))


_NOT = rf"(?!(?:{_any('stop')})(?![{INDIC}]))"
_WORDS = rf"{_NOT}{_X}(?: {_NOT}{_X}){{0,2}}"
_E = rf"(?![{INDIC}])"
_B = rf"(?<![{INDIC}])"
TITLE = re.compile(rf"{_B}(?:{_any('titles')}){_E}\.? ?(?P<v>{_WORDS})")
LABEL = re.compile(
    rf"{_B}(?:{_any('labels')}){_E}\s*(?:{_any('is')})?\s*[:=.-]?\s*(?:(?:{_any('titles')}){_E}\.? ?){{0,2}}(?P<v>{_WORDS}|[A-Z][a-z]+(?: [A-Z][a-z]+){{0,2}})"
)
_PLACE = rf"(?:(?:{_any('village_before')}){_E} )?{_NOT}{_X}(?: (?:{_any('village_words')}){_E})?"
_TO_COMMA = rf"{_NOT}{_X}(?: {_NOT}{_X}){{1,2}}(?=[,)\u0964(]|\s-)"
PLACE_AFTER = re.compile(
    rf"{_B}(?:{_any('place_before')}){_E}\s*(?:{_any('is')})?\s?[.:-]{{0,2}}\s{{0,2}}(?P<v>{_TO_COMMA}|{_PLACE})"
)
PLACE_BEFORE = re.compile(rf"{_B}(?P<v>{_PLACE}) (?:{_any('place_after')}){_E}")
HOSPITAL = re.compile(
    rf"{_B}(?P<v>{_NOT}{_X}(?: {_NOT}{_X}){{0,3}} (?:{_any('hospitals')}){_E}(?:,? {_NOT}(?:{_X}))?)"
)
ENDED = re.compile(
    rf"{_B}(?P<v>(?:{_NOT}{_X} ){{1,2}}(?:{_any('surnames')}){_E}(?: (?:{_any('surnames')}){_E})?)"
)
_HOUSE = rf"(?:{_any('houses')}){_E}[\s.:#-]{{0,4}}\d[\w/-]*"
_STREET = rf"(?:{_X} ){{1,3}}(?:{_any('streets')}){_E}"
ADDRESS = re.compile(rf"{_B}(?:{_HOUSE}(?:\s?,\s?(?:{_STREET}|{_HOUSE})){{0,3}}|{_STREET}(?=\s?,))")
ADDRESSED = re.compile(
    rf"{_B}(?:{_any('addresses')}){_E}\s?[:.-]{{1,2}}\s{{0,2}}(?P<v>[^\u0964\n]{{3,60}}?)(?=[.\u0964;\n]|$)"
)
RARE = re.compile(
    rf"{_B}(?:{_X} (?:की|का|के|ਦੀ|ਦਾ|ਦੇ|च्या|ची|चा) )?(?:{_any('rare')}){_E}(?: (?!(?:{_any('verbs')}){_E}){_X}){{0,4}}"
)
OF = re.compile(rf"{_B}(?P<v>{_NOT}{_X}(?: {_NOT}{_X})?) (?:{_any('of')}){_E}")
WORD = re.compile(_X)
_WHY = {"address": "part of an address", "rare": "may point to one person: is it needed?"}


def find(page: Page) -> Iterator[Find]:
    """Every name, place and institution in an Indian script."""
    text = page.text
    if not WORD.search(text):
        return
    for rule, label, said, why in (
        (TITLE, "name", "the patient", "a name behind a title"),
        (LABEL, "name", "the patient", "a name behind a label"),
        (PLACE_AFTER, "place", "a place", "the name of a place"),
        (PLACE_BEFORE, "place", "a place", "the name of a place"),
    ):
        for hit in rule.finditer(text):
            yield Find(*hit.span("v"), label, said, REMOVE, Rank.CONTEXT, why)
    for hit in ENDED.finditer(text):
        yield Find(*hit.span("v"), "name", "the patient", REMOVE, Rank.CONTEXT, "a name with a surname")
    for rule, said, action, rank in (
        (ADDRESS, "address", REMOVE, Rank.ADDRESS),
        (RARE, "rare", ASK, Rank.RARE),
    ):
        for hit in rule.finditer(text):
            yield Find(*hit.span(), said, "[address]" if said == "address" else "", action, rank, _WHY[said])
    for hit in ADDRESSED.finditer(text):
        yield Find(*hit.span("v"), "address", "[address]", ASK, Rank.LISTED, _WHY["address"])
    for hit in OF.finditer(text):
        yield Find(*hit.span("v"), "name", "the patient", ASK, Rank.LISTED, "may be the name of a relative")
    for hit in HOSPITAL.finditer(text):
        yield Find(
            *hit.span("v"), "hospital", "a hospital", REMOVE, Rank.ORGANISATION, "the name of an institution"
        )
    yield from _listed(page)


@cache
def _places() -> frozenset[str]:
    return places("indic")


def _listed(page: Page) -> Iterator[Find]:
    names, common = indic_names(), frozenset(_ROWS["stop"]) | frozenset(_ROWS["common"])
    tokens = [t for t in page.tokens if t.shape == "x"]
    i = 0
    while i < len(tokens):
        end = i
        while (
            end < len(tokens)
            and tokens[end].low in names
            and tokens[end].low not in common
            and (end == i or page.text[tokens[end - 1].end : tokens[end].start] == " ")
        ):
            end += 1
        if end > i:
            yield Find(
                tokens[i].start,
                tokens[end - 1].end,
                "name",
                "the patient",
                REMOVE if end - i > 1 else ASK,
                Rank.LISTED,
                "a name",
            )
            i = end
            continue
        low, ending = tokens[i].low, 0
        stem = next(
            (
                low[: len(low) - len(s)]
                for s in ("", *_ROWS["place_endings"])
                if low.endswith(s) and low[: len(low) - len(s)] in _places()
            ),
            "",
        )
        if len(stem) > 2 and low not in common:
            ending = tokens[i].end
            yield Find(tokens[i].start, ending, "place", "a place", REMOVE, Rank.LISTED, "a place")
        i += 1
