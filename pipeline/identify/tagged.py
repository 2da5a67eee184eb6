"""What the tagger proposes: names, places and institutions that no rule and no list knows. Always a question."""

from __future__ import annotations

from collections.abc import Iterator

from pipeline.identify import tagger
from pipeline.identify.found import ASK, Find, Rank
from pipeline.identify.page import Page

SAID = {
    "name": "the patient",
    "place": "a place",
    "hospital": "a hospital",
    "employer": "their workplace",
}
WHY = "a program trained on made-up reports takes this for a {}"


def find(page: Page) -> Iterator[Find]:
    """Spans of the tagger, as questions."""
    for span in tagger.spans(page.text):
        yield Find(
            span.start, span.end, span.label, SAID[span.label], ASK, Rank.TAGGED, WHY.format(span.label)
        )
