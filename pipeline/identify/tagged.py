"""What the tagger proposes: names, places and institutions that no rule and no list knows. Always a question."""

from __future__ import annotations

import re
from collections.abc import Iterator

from pipeline.identify import tagger
from pipeline.identify.found import ASK, Find, Rank
from pipeline.identify.page import INDIC, Page, Token
from pipeline.identify.words import NAME, Trait

SAID = {
    "name": "the patient",
    "place": "a place",
    "hospital": "a hospital",
    "employer": "their workplace",
}
_INDIC = re.compile(rf"[{INDIC}]")
SHORTEST = 3  # letters of a name that stands alone
WHY = "a program trained on made-up reports takes this for a {}"


def find(page: Page) -> Iterator[Find]:
    """Spans of the tagger, as questions."""
    tokens = {t.start: t for t in page.tokens}
    for span in tagger.spans(page.text):
        if _INDIC.search(page.text, span.start, span.end):
            continue  # trained on Latin letters only
        word = tokens.get(span.start)
        if word and word.end >= span.end and _says_nothing(page, word):
            continue
        yield Find(
            span.start, span.end, span.label, SAID[span.label], ASK, Rank.TAGGED, WHY.format(span.label)
        )


def _says_nothing(page: Page, word: Token) -> bool:
    """A single word that is ordinary ("Leucocytes" in a cell of a table) or a sign ("mm Hg")."""
    if len(word.text) < SHORTEST:
        return True
    alone = word.opens and page.text[word.end : word.end + 1] in (".", "", "\n")
    if alone and word.has(Trait.WORD):
        return True
    whole = page.text.strip(" .") == word.text
    return word.has(Trait.WORD | Trait.KEEP | Trait.REGION) and (whole or not word.has(NAME | Trait.PLACE))
