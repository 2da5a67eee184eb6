"""Words that a person typed to stand for others: refused where they would stop the case or break its text."""

from __future__ import annotations

import re

from pipeline.core import decided, identity
from pipeline.core.errors import NotReady
from pipeline.core.model import Case
from pipeline.core.proposal import Query

LONGEST = 600  # characters
MARKUP = {  # what the text files mean by it
    r"\*\*": "**",
    r"\[\s*@": "[@",
    r"\{\s*(?:fig|tab)": "{fig:",
    r"\]\(": "](",
}


class Sure(NotReady):
    """Done when the person says it again."""


def check(case: Case, query: Query, typed: str, *, sure: bool = False) -> None:
    """Return only if `typed` may stand in the place of the words asked about.

    Raises NotReady for what may not, and Sure, with the sentence as it would read, for no words at all unless
    the person is `sure`.
    """
    if len(typed) > LONGEST:
        raise NotReady(
            f"the new words have {len(typed)} characters; at most {LONGEST} are kept",
            fix="shorten them, or rewrite the sentence in your file",
        )
    if met := next((sign for pattern, sign in MARKUP.items() if re.search(pattern, typed)), None):
        raise NotReady(
            f"“{met}” is markup of the text files (bold, a citation, a figure, a link), not words",
            fix="type plain words here; change markup in your file",
        )
    if _listed(case, query, typed):
        raise NotReady(
            "these words are listed in private.yaml, or are a real date: the next run would stop at them",
            fix="type words that name nobody, such as “the patient” or “a village”",
        )
    if not typed and not sure:
        raise Sure(f"This takes the words out. The sentence would read: “{read(query, typed)}”")


def read(query: Query, typed: str) -> str:
    """The sentence with `typed` in the place of the words asked about, on one line."""
    return " ".join(decided.replaced(query.sentence, query.found, typed).split())


def _listed(case: Case, query: Query, typed: str) -> bool:
    """Would the hunt find someone in them, alone or in their sentence?"""
    from pipeline.core.near import NearMatcher

    matcher = NearMatcher((*identity.identifiers(case.private), *identity.dates_of(case.record)))

    def sure(text: str) -> int:
        return sum(hit.hard for hit in matcher.find(text))

    return sure(typed) > 0 or sure(read(query, typed)) > sure(" ".join(query.sentence.split()))
