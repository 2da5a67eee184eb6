"""How far a name reaches, and how surely a word is one."""

from __future__ import annotations

import re

from pipeline.identify.found import Action, Find, Rank
from pipeline.identify.page import Page, Token
from pipeline.identify.words import KNOWN, NAME, Trait, group

LONGEST = 5  # words of a name
GAP = re.compile(r" {1,2}|\.? ?|\. |-")


def plain(token: Token) -> bool:
    """Whether the word is ordinary and no name."""
    return (
        token.has(Trait.WORD | Trait.KEEP | Trait.REGION)
        and not token.has(Trait.NAMESAKE | NAME)
        and token.shape != "I"
    )


def strength(token: Token) -> int:
    """3 a listed name, 2 a listed name that is also something else, 1 it may be one, 0 it is none."""
    if token.shape == "I":
        return 1
    if token.has(NAME):
        return 2 if token.has(Trait.WORD | Trait.EPONYM | Trait.KEEP | Trait.REGION) else 3
    if token.has(Trait.NAMELIKE) and not token.has(KNOWN):
        return 2
    if token.has(Trait.WORD | Trait.KEEP | Trait.REGION) and not token.has(Trait.NAMESAKE):
        return 0
    return 1


def grown(page: Page, j: int, *, sure: bool) -> int:
    """The end (exclusive) of the name that begins at token `j`; `j` itself when none does."""
    tokens = page.tokens
    end = j
    while end < len(tokens) and end - j < LONGEST:
        token = tokens[end]
        if end > j and not GAP.fullmatch(page.gap(end)):
            break
        if end > j and "." in page.gap(end) and tokens[end - 1].shape != "I":
            break
        low = token.low
        if (
            end > j
            and low in group("particles")
            and token.shape == "l"
            and end + 1 < len(tokens)
            and tokens[end + 1].capital
        ):
            end += 1
            continue
        if not token.capital or (end > j and low in group("degrees") and token.shape == "U") or low in STOP:
            break
        if (
            token.shape == "I"
            and end > j
            and end + 1 < len(tokens)
            and not tokens[end + 1].capital
            and not token.text.endswith(".")
            and token.text == "I"
        ):
            break
        if plain(token) and not (
            sure and end == j and token.shape == "C" and not token.has(Trait.KEEP | Trait.REGION)
        ):
            break
        if token.has(Trait.WORD) and end > j and token.shape == "U" and tokens[j].shape == "C":
            break
        end += 1
    while (
        end > j + 1
        and tokens[end - 1].shape == "U"
        and tokens[j].shape == "C"
        and (len(tokens[end - 1].text) < 4 and strength(tokens[end - 1]) < 3)
    ):
        end -= 1
    if end > j and all(t.shape == "I" for t in tokens[j:end]) and not (sure and "." in tokens[j].text):
        return j
    return end


STOP = frozenset(
    {
        "hospital",
        "the",
        "he",
        "she",
        "they",
        "his",
        "her",
        "who",
        "figure",
        "table",
        "fig",
        "case",
        "patient",
        "dr",
        "mr",
        "mrs",
        "smt",
        "ms",
        "institute",
        "department",
        "dob",
        "mrn",
        "uhid",
        "age",
        "sex",
        "male",
        "female",
        "diagnosis",
        "history",
        "village",
        "vill",
        "vpo",
        "district",
        "tehsil",
        "house",
        "phone",
        "mobile",
        "address",
        "date",
        "day",
        "pod",
        "ct",
        "mri",
        "ecg",
        "icu",
        "opd",
        "ipd",
        "regn",
        "reg",
        "aadhaar",
        "no",
        "yes",
        "in",
        "on",
        "at",
        "of",
        "to",
        "and",
        "for",
        "with",
        "by",
    }
)


def made(page: Page, j: int, end: int, label: str, said: str, action: Action, rank: Rank, why: str) -> Find:
    """A find of the tokens j … end, with the "ji" or "ben" behind them."""
    behind = page.tokens[end] if end < len(page.tokens) else None
    if behind and behind.shape == "l" and behind.low in group("after_name") and page.gap(end) == " ":
        end += 1
    return Find(page.tokens[j].start, page.tokens[end - 1].end, label, said, action, rank, why)
