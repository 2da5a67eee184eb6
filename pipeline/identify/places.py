"""Villages, towns, districts, streets and houses: by the words around them and by a list of places."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache

from pipeline.identify import addresses
from pipeline.identify.found import ASK, REMOVE, Find, Rank
from pipeline.identify.page import Page, Token
from pipeline.identify.words import NAME, Trait, group, places

SAID = {
    "village": "a village",
    "vill": "a village",
    "vpo": "a village",
    "pind": "a village",
    "gaon": "a village",
    "hamlet": "a village",
    "tehsil": "a tehsil",
    "tahsil": "a tehsil",
    "taluk": "a taluk",
    "taluka": "a taluk",
    "mandal": "a mandal",
    "block": "a block",
    "district": "a district",
    "distt": "a district",
    "dist": "a district",
    "town": "a town",
    "city": "a city",
    "county": "a county",
}
MOST = 3  # words of a place
_BEFORE = re.compile(r"[.:]{0,2}\s{0,2}(?:[-:]\s?)?|\s?\(\s?")


def find(page: Page) -> Iterator[Find]:
    """Every place."""
    yield from addresses.find(page)
    tokens = page.tokens
    i = 0
    while i < len(tokens):
        hit, i = _at(page, i)
        if hit:
            yield hit


def _at(page: Page, i: int) -> tuple[Find | None, int]:
    """A place that begins at or behind token `i`, and where to go on."""
    tokens = page.tokens
    token = tokens[i]
    if token.low in group("place_before") and (
        token.low not in _SHORT or token.shape == "U" or token.capital
    ):
        j = i + 1
        if token.low in ("post", "village") and j < len(tokens) and tokens[j].low in ("office", "and", "&"):
            j += 1
        if j < len(tokens) and tokens[j].low in ("of", "named", "called", "no", "is") and j + 1 < len(tokens):
            j += 1
        if (
            j < len(tokens)
            and _BEFORE.fullmatch(page.gap(j))
            and _can_be(
                tokens[j],
                said=tokens[j - 1].low in ("of", "called", "named"),
                sure=token.low not in _SHORT | {"block", "ward", "post", "native", "division", "parish"},
            )
        ):
            end = _grown(page, j)
            if page.locked.find(1, tokens[j].start, tokens[end - 1].end) < 0:
                what = SAID.get(token.low, "a place")
                start = token.start if j == i + 1 and token.low in SAID else tokens[j].start
                return Find(
                    start, tokens[end - 1].end, "place", what, REMOVE, Rank.CONTEXT, "the name of a place"
                ), end
    if (
        token.low in group("place_heads")
        and token.shape == "U"
        and i + 1 < len(tokens)
        and page.gap(i + 1) in (" ", ", ", "-", " - ")
    ):
        after = tokens[i + 1]
        if (
            after.capital
            and not after.has(Trait.WORD | Trait.KEEP | Trait.REGION)
            and len(after.text) > 3
            and after.shape != "I"
        ):
            end = _grown(page, i + 1)
            return Find(
                token.start,
                tokens[end - 1].end,
                "hospital",
                "a health centre",
                REMOVE,
                Rank.CONTEXT,
                "the name of an institution",
            ), end
    if token.capital and token.shape != "I":
        listed = _listed(page, i)
        if listed:
            return listed
        end = _before_kind(page, i)
        if end:
            what = SAID.get(tokens[end].low, "a place")
            last = (
                end
                if tokens[end].low in SAID or tokens[end].low in ("panchayat", "mohalla", "basti")
                else end - 1
            )
            return Find(
                token.start, tokens[last].end, "place", what, REMOVE, Rank.CONTEXT, "the name of a place"
            ), end + 1
    return None, i + 1


_SHORT = frozenset(
    {
        "po",
        "ps",
        "sc",
        "para",
        "mandi",
        "ward",
        "dera",
        "post",
        "native",
        "city",
        "town",
        "county",
        "tola",
        "block",
        "gram",
        "jila",
    }
)


def _can_be(token: Token, *, sure: bool, said: bool = False) -> bool:
    if (
        not token.capital
        or token.shape == "I"
        or token.has(Trait.REGION)
        and token.low not in group("city_states")
    ):
        return False
    if token.has(Trait.WORD | Trait.KEEP) and not token.has(Trait.PLACE):
        return (
            sure
            and token.shape == "C"
            and (said or token.has(Trait.NAMESAKE))
            and token.low not in group("generic_org")
        )
    return True


def _grown(page: Page, j: int) -> int:
    """The end of a place that begins at token `j` (exclusive)."""
    tokens = page.tokens
    end = j + 1
    while end < len(tokens) and end - j < MOST and page.gap(end) in (" ", "-", " - "):
        token = tokens[end]
        if (
            token.shape == "n"
            and re.fullmatch(r"\d{1,3}[A-Z]{0,2}", token.text)
            and tokens[end - 1].low == "chak"
        ):
            end += 1
            continue
        if token.shape not in "CU" or (
            token.has(Trait.WORD | Trait.KEEP | Trait.REGION)
            and not token.has(NAME)
            and token.low not in group("village_words")
        ):
            break
        if (
            token.low in group("place_before")
            or token.low in group("health_heads")
            or token.low in group("titles")
        ):
            break
        end += 1
    return end


def _before_kind(page: Page, i: int) -> int:
    """The index of "village" in "Rampur Kalan village" when a place begins at token `i`; else 0."""
    tokens = page.tokens
    if not _can_be(tokens[i], sure=False):
        return 0
    end = _grown(page, i)
    if end < len(tokens) and tokens[end].low in group("place_after") and page.gap(end) in (" ", ", ", "-"):
        if tokens[end].low in ("ke", "mein", "division", "railway") and not tokens[i].has(
            Trait.PLACE | Trait.PLACELIKE
        ):
            return 0
        if tokens[end].shape in "lC":
            return end
    return 0


# --- the list -------------------------------------------------------------------------------------------------


@cache
def _many() -> dict[str, list[tuple[str, ...]]]:
    """First word -> the other words of places of several words."""
    table: dict[str, list[tuple[str, ...]]] = {}
    for country in ("in", "gb", "us"):
        for place in places(country):
            words = place.replace("-", " ").split()
            if len(words) > 1:
                table.setdefault(words[0], []).append(tuple(words[1:]))
    return table


def _listed(page: Page, i: int) -> tuple[Find, int] | None:
    tokens = page.tokens
    token = tokens[i]
    longest = 0
    for rest in _many().get(token.low, ()):
        stop = i + len(rest)
        if (
            len(rest) > longest
            and stop < len(tokens)
            and all(
                tokens[i + 1 + k].low == word
                and page.gap(i + 1 + k) in (" ", "-")
                and tokens[i + 1 + k].capital
                for k, word in enumerate(rest)
            )
        ):
            longest = len(rest)
    if longest:
        end = i + longest + 1
        if all(t.has(Trait.WORD) and not t.has(Trait.NAMESAKE | NAME) for t in tokens[i:end]) and not _placed(
            page, i
        ):
            return None
        return Find(token.start, tokens[end - 1].end, "place", "a place", REMOVE, Rank.LISTED, "a place"), end
    if not token.has(Trait.PLACE | Trait.ABROAD) or (
        token.has(Trait.REGION) and token.low not in group("city_states")
    ):
        return None
    if token.low in group("city_states") and not _alone_state(page, i):
        return None
    if token.has(Trait.KEEP) or (
        token.has(Trait.WORD)
        and not (token.has(Trait.PLACE) and _placed(page, i) and not token.opens and len(token.low) > 3)
    ):
        return None
    placed = _placed(page, i)
    if token.has(Trait.EPONYM | NAME) and not placed:
        return None
    if not token.has(Trait.PLACE) and not placed:
        return None
    if token.shape == "U" and len(token.text) < 5 and not placed:
        return None
    person = (
        token.has(NAME)
        and i + 1 < len(tokens)
        and page.gap(i + 1) == " "
        and tokens[i + 1].capital
        and tokens[i + 1].has(NAME)
    )
    if person:
        return None
    end = i + 1
    if (
        end < len(tokens)
        and page.gap(end) == " "
        and tokens[end].shape == "C"
        and tokens[end].low in group("village_words")
    ):
        end += 1
    return Find(
        token.start,
        tokens[end - 1].end,
        "place",
        "a place",
        REMOVE if placed or not token.has(Trait.WORD) else ASK,
        Rank.LISTED,
        "a place",
    ), end


def _placed(page: Page, i: int) -> bool:
    """Whether a word before token `i` says that a place follows, or a place stands before it."""
    if not i:
        return False
    before, gap = page.tokens[i - 1], page.gap(i)
    if gap == " " and before.low in group("place_prepositions") and before.shape in "lC":
        return True
    return (
        gap in (", ", " - ", ",", " (", "; ")
        and before.capital
        and before.has(Trait.PLACE | Trait.PLACELIKE | Trait.ABROAD | Trait.WORD)
    )


def _alone_state(page: Page, i: int) -> bool:
    """Whether a city that is a state of its own stands for the city: no other city stands before it."""
    tokens = page.tokens
    if i > 1 and tokens[i - 1].low in ("and", "or") and tokens[i - 2].has(Trait.REGION):
        return False
    return not (i and page.gap(i) == ", " and tokens[i - 1].has(Trait.PLACE | Trait.PLACELIKE | Trait.REGION))
