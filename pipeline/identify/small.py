"""Names written in small letters, behind a word that a name follows: "pt gopinath", "wife kamala", "s/n jincy mol".

Notes of a ward and messages between doctors are written so. A word no list knows is a question.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from pipeline.identify.found import ASK, REMOVE, Find, Rank
from pipeline.identify.page import Page, Token
from pipeline.identify.words import NAME, Trait, group

SHORTEST = 3  # letters
LONGEST = 3  # words
_CUES = frozenset(
    "pt pts patient dr drs mr mrs ms smt shri sri miss prof sn s/n sr sis sister staff nurse bro brother named naam alias baby mast master kum km late".split()
)
_SLASHED = re.compile(r"(?<![\w/])[swdhbfmcr]/[nosw](?:\.| of)?\s(?=[a-z])")
_QUOTED = re.compile(
    r"\b(?:call(?:s|ed|ing)?(?:\s(?:for|out|out for|him|her|himself|herself|me))?|named?|known (?:locally |widely |fondly |popularly )?as|answers? to|nick-?named?|alias|aka|a\.k\.a\.|pet name|by the name(?: of)?|asks? for|asking for|shout(?:s|ed|ing)? for|"
    r"tattoo(?:ed)?(?:\s(?:of|reading|saying|with(?:\sthe\s(?:name|word|words))?|with the name))?|inscribed|engraved|the name|the words?|labelled|marked|signed|reads|reading|reply to|responds? to)\s?[,:]?\s?[\"'](?P<v>[^\"'\n]{2,60}?)[\"']"
)
_OTHER = Trait.WORD | Trait.KEEP | Trait.REGION | Trait.EPONYM


def find(page: Page) -> Iterator[Find]:
    """Every name of this kind."""
    tokens, relations = page.tokens, group("relations")
    for i, token in enumerate(tokens[:-1]):
        if token.low not in _CUES and token.low not in relations:
            continue
        if page.gap(i + 1) in (" ", ". ", ".", ": ") and page.text[token.start - 1 : token.start] != "-":
            yield from _behind(page, i + 1, sure=token.low in _TITLES)
    starts = {t.start: k for k, t in enumerate(tokens)}
    for hit in _SLASHED.finditer(page.text):
        if hit.end() in starts:
            yield from _behind(page, starts[hit.end()], sure=True)
    for hit in _QUOTED.finditer(page.text):
        yield Find(*hit.span("v"), "name", "the patient", ASK, Rank.CONTEXT, "may be a name somebody goes by")


_TITLES = frozenset("dr drs mr mrs smt shri sri s/n named naam".split())


def _may_be(token: Token, *, sure: bool) -> bool:
    if token.shape != "l" or len(token.low) < SHORTEST or not token.low.isalpha():
        return False
    if token.has(NAME | Trait.NAMELIKE) and not token.has(_OTHER):
        return True
    return not token.trait or (sure and not token.has(_OTHER))


def _behind(page: Page, i: int, *, sure: bool) -> Iterator[Find]:
    tokens = page.tokens
    end = i
    while (
        end < len(tokens)
        and end - i < LONGEST
        and (end == i or page.gap(end) == " ")
        and _may_be(tokens[end], sure=sure)
    ):
        end += 1
    if end == i:
        return
    if end < len(tokens) and page.gap(end) == " " and tokens[end].low in _LAST and end - i < LONGEST:
        end += 1
    listed = any(t.has(NAME) for t in tokens[i:end])
    if not listed and not sure and tokens[i].low.endswith(_ORDINARY):
        return
    yield Find(
        tokens[i].start, tokens[end - 1].end, "name", "the patient", REMOVE if listed else ASK, Rank.CONTEXT,
        "a name in small letters",
    )  # fmt: skip


_LAST = frozenset("mol ji bhai ben devi bai kumar kumari lal singh kaur khan rani amma raj das bi".split())
_ORDINARY = (
    "ence",
    "ance",
    "sis",
    "itis",
    "oma",
    "emia",
    "aemia",
    "pathy",
    "logy",
    "graphy",
    "ism",
    "ing",
    "ed",
    "ly",
    "tion",
    "ive",
    "ic",
    "al",
    "ous",
    "ness",
    "ity",
    "ent",
    "ant",
    "s",
)
