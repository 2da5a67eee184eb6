"""What is left: capitalised words that no list and no rule explains. A person is asked about each, once."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from pipeline.identify.found import ASK, Find, Rank
from pipeline.identify.page import Page, Token
from pipeline.identify.words import KNOWN, NAME, Trait, group

SHORTEST = 6  # letters of a lonely word in capitals
_TREATED = re.compile(
    r"[ -]+(?:\d|[A-Z]\d|[IVX]+\b|[+]|tablets?|capsules?|injections?|syrup|drops|ointment|cream|gel|was (?:started|given|added|administered|stopped|continued|advised|prescribed|initiated|tapered|withheld|increased|infused|positive|negative|used|performed|done|isolated|grown)|were (?:started|given)|therapy|treatment|dose|infusion|prophylaxis|levels?|mg|resistance|sensitive|staining|titres?)\b"
)


def find(page: Page, known: Sequence[Find]) -> Iterator[Find]:
    """Capitalised words outside of `known` that look like a name or a place."""
    taken = bytearray(len(page.text))
    for hit in known:
        taken[hit.start : hit.end] = b"\1" * (hit.end - hit.start)
    tokens, i = page.tokens, 0
    while i < len(tokens):
        token = tokens[i]
        if not _strange(page, token, taken):
            i += 1
            continue
        end = i + 1
        while (
            end < len(tokens)
            and page.gap(end) in (" ", "-")
            and tokens[end].capital
            and not taken[tokens[end].start]
            and not page.kept[tokens[end].start]
            and (_strange(page, tokens[end], taken) or tokens[end].has(NAME | Trait.NAMESAKE | Trait.PLACE))
        ):
            end += 1
        run = tokens[i:end]
        if _suspicious(page, run):
            place = i and tokens[i - 1].low in group("place_prepositions") and page.gap(i) == " "
            label, said = (
                ("place", "a place")
                if place or any(t.has(Trait.PLACELIKE) for t in run)
                else ("name", "the patient")
            )
            yield Find(
                run[0].start,
                run[-1].end,
                label,
                said,
                ASK,
                Rank.LEFT,
                "no list explains this word: is it a name or a place?",
            )
        i = end


def _begins(page: Page, token: Token) -> bool:
    """Whether a sentence begins with the word, also behind a unit: "214 U/L. Glycated …"."""
    return token.opens or page.text[max(0, token.start - 4) : token.start].lstrip(
        "mcdgU/L0123456789%"
    ).startswith(". ")


def _strange(page: Page, token: Token, taken: bytearray) -> bool:
    if (
        not token.capital
        or token.shape == "I"
        or (token.low.endswith(("ed", "ing", "ly")) and not token.has(NAME) and _begins(page, token))
        or taken[token.start]
        or page.kept[token.start]
        or page.locked[token.start]
    ):
        return False
    if token.has(KNOWN):
        return (
            token.has(NAME)
            and not token.has(Trait.KEEP | Trait.REGION)
            and not token.opens
            and token.shape == "C"
            and token.has(Trait.WORD | Trait.EPONYM) is False
        )
    if token.shape == "U":
        return token.has(NAME | Trait.PLACE) and len(token.text) >= SHORTEST
    return len(token.text) > 2 and not re.search(
        r"[a-z][A-Z]", token.text.removeprefix("Mc").removeprefix("Mac")
    )


def _suspicious(page: Page, run: Sequence[Token]) -> bool:
    """Whether the words look like somebody or some place rather than like a drug or a product."""
    last = run[-1]
    if len(run) == 1 and _TREATED.match(page.text, last.end):
        return False
    behind = page.text[last.end : last.end + 1]
    return not (behind in "®™" and behind)
