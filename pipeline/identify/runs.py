"""Names by lists, and by what was found elsewhere in the text."""

from __future__ import annotations

import re
from collections.abc import Iterator

from pipeline.identify.found import ASK, REMOVE, Find, Rank
from pipeline.identify.nameparts import GAP, STOP, made, plain, strength
from pipeline.identify.page import Page, Token
from pipeline.identify.words import NAME, Trait, group

_VERB = re.compile(
    r"\s+(?:presented|complained|reported (?:to|with|that|a|having|no)|was (?:admitted|brought|referred|seen|diagnosed|operated|discharged|born|taken|started|counselled|a \d|an? |limping|advised|treated|well|found|asked|accompanied|told|last|living|first|referred|unable|reluctant|happy|worried|afraid)|had (?:been|a|an|no|noticed|fever|come|gone|her|his|worked|two|three)|has (?:been|a|no|two|three|consented|given|agreed)|is (?:a|an|the|now|alive|married|doing|well|currently|asymptomatic)|underwent|noticed|denied|lives|lived|works|worked|returned|came|told|said|says|died|recovered|consented|gave|visited|sought|attended|called|telephoned|agreed|refused|accompanied|felt|fell|collapsed|stopped|went|wishes|wanted|remembered|and (?:his|her)|who (?:was|is|had|has|lives|works)|'s (?:mother|father|husband|wife|family|parents|brother|sister|son|daughter|home|house))\b"
)


def remembered(page: Page, spans: list[Find]) -> set[str]:
    """The words of names that the text itself gave away."""
    words: set[str] = set()
    for hit in spans:
        for word in re.findall(r"[^\W\d_]{4,}", page.text[hit.start : hit.end]):
            words.add(word.lower())
    return {w for w in words if w not in group("generic_org")}


def find(page: Page, known: set[str]) -> Iterator[Find]:
    """Every name among the capitalised words; `known` are words of names that the text gave away."""
    tokens = page.tokens
    i = 0
    while i < len(tokens):
        if not tokens[i].capital or plain(tokens[i]) or page.kept[tokens[i].start]:
            i += 1
            continue
        end = i + 1
        while (
            end < len(tokens)
            and tokens[end].capital
            and not plain(tokens[end])
            and not page.kept[tokens[end].start]
            and GAP.fullmatch(page.gap(end))
            and not ("." in page.gap(end) and tokens[end - 1].shape != "I")
        ):
            end += 1
        yield from _judged(page, i, end, known)
        i = end


_LETTERED = {
    "vitamin",
    "hepatitis",
    "type",
    "grade",
    "class",
    "group",
    "influenza",
    "stage",
    "factor",
    "panel",
    "figure",
    "fig",
    "table",
    "case",
    "protein",
    "immunoglobulin",
    "plan",
    "box",
    "part",
    "section",
    "and",
    "patient",
    "child",
    "child-pugh",
    "score",
    "level",
}


def _initialled(page: Page, i: int, run: list[Token]) -> bool:
    """Whether an initial with a dot stands before or behind the one word: "K. Subramaniyan", "Topno R."."""
    first = run[0].shape == "I"
    if page.text[run[0].start - 1 : run[0].start] in "/-%" and run[0].start:  # "214 U/L. Glycated …"
        return False
    if first and "." in run[0].text:
        return not (i and page.tokens[i - 1].low in _LETTERED)
    return not first and "." in run[-1].text and len(run[-1].text) > 2


def _judged(page: Page, i: int, end: int, known: set[str]) -> Iterator[Find]:
    """A name among the capitalised words i … end, if one is there."""
    tokens = page.tokens
    while i < end and (
        tokens[i].low in STOP
        or (
            tokens[i].opens
            and tokens[i].has(Trait.WORD)
            and strength(tokens[i]) < 3
            and tokens[i].low not in known
        )
    ):
        if tokens[i].has(NAME) and i + 1 < end and strength(tokens[i + 1]) > 1 and tokens[i].low not in STOP:
            break
        i += 1
    while end > i and (
        tokens[end - 1].low in STOP
        or (
            tokens[end - 1].shape == "U"
            and tokens[i].shape != "U"
            and strength(tokens[end - 1]) < 3
            and tokens[end - 1].low not in known
        )
    ):
        end -= 1
    run = tokens[i:end]
    words = [t for t in run if t.shape != "I"]
    if not words:
        return
    best = max(strength(t) for t in words)
    capitals = all(t.shape == "U" for t in words)
    if any(t.low in known for t in words) and (best > 1 or not any(t.has(Trait.WORD) for t in words)):
        yield made(
            page,
            i,
            end,
            "name",
            "the patient",
            REMOVE,
            Rank.CONTEXT,
            "a name that stands elsewhere in the text",
        )
        return
    listed = [t for t in words if strength(t) == 3]
    given = any(t.has(Trait.GIVEN) for t in words)
    if len(words) == 1 and len(run) > 1 and best > 0 and not capitals and _initialled(page, i, run):
        yield made(page, i, end, "name", "the patient", REMOVE, Rank.LISTED, "initials and a name")
        return
    if len(run) > 1 and (listed or (len([t for t in words if strength(t) == 2]) > 1 and given)):
        if any(t.has(Trait.PLACE) for t in words) and len([t for t in words if t.has(NAME)]) < 2:
            return
        if capitals and not (len(listed) > 1 or (listed and given)):
            return
        yield made(page, i, end, "name", "the patient", REMOVE, Rank.LISTED, "a name")
    elif len(words) == 1 and best == 3 and not words[0].has(Trait.PLACE | Trait.ABROAD):
        if words[0].shape == "U" and len(words[0].text) < 5:
            return
        verb = _VERB.match(page.text, words[0].end)
        given = words[0].has(Trait.GIVEN)
        yield made(
            page, i, end, "name", "the patient", REMOVE if verb and given else ASK, Rank.LISTED, "a name"
        )
