"""Words that advertise instead of telling a case: claims, praise, promises, thanks, invitations.

The words, what makes them honest and a calmer wording are data: templates/rules/advertising.yaml.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any

from pipeline.check.schema import Form, apart, called, spot
from pipeline.core import findings, resources
from pipeline.core.model import Case, Finding, Path_

WORDS = "templates/rules/advertising.yaml"
SPACE = re.compile(r"\s")
TITLES = ("title", "running_title")
# A sentence ends before a capital or a line that is empty; "Dr. Rao" and "et al. found" hardly matter here.
SENTENCE = re.compile(r"(?<=[.!?])[\"”’)]*\s+(?=[A-Z“\"])|\n[ \t]*\n")


@dataclass(frozen=True, slots=True)
class Wording:
    """One kind of words."""

    code: str
    what: str
    find: tuple[re.Pattern[str], ...]
    unless: tuple[re.Pattern[str], ...]
    instead: str

    def places(self, sentence: str) -> Iterator[int]:
        """Where it stands in a sentence; nowhere in one that is honest about it."""
        if not any(pattern.search(sentence) for pattern in self.unless):
            yield from (found.start() for pattern in self.find for found in pattern.finditer(sentence))


def check(case: Case, form: Form) -> list[Finding]:
    """Findings about words that advertise, each with its line: once per kind and line.

    IMC Regulations 2002, 6.1.1 and 7.11; Box 1 of the editorial, items 4 to 6 and 8.
    """
    found = []
    for path, text in (*_titles(form), *form.prose(), *apart(form)):
        for row, at in _found(text):
            place = spot(case, path, text.count("\n", 0, at))
            words: dict[str, Any] = {"field": called(path), "what": row.what, "instead": row.instead}
            found.append(findings.make(row.code, place, **words))
    return list(dict.fromkeys(found))


def _titles(form: Form) -> Iterator[tuple[Path_, str]]:
    yield from (((name,), form.get(name)) for name in TITLES if form.get(name))


def _found(text: str) -> Iterator[tuple[Wording, int]]:
    """Kinds of words in the order of the text, and where they are."""
    start, hits = 0, []
    for end in [*(found.end() for found in SENTENCE.finditer(text)), len(text)]:
        sentence = SPACE.sub(" ", text[start:end])  # the end of a line hides nothing
        hits += [(start + at, n) for n, row in enumerate(_wordings()) for at in row.places(sentence)]
        start = end
    yield from ((_wordings()[n], at) for at, n in sorted(hits))


@cache
def _wordings() -> tuple[Wording, ...]:
    return tuple(
        Wording(
            row["finding"],
            row["what"],
            tuple(re.compile(words, re.IGNORECASE) for words in row["find"]),
            tuple(re.compile(words, re.IGNORECASE) for words in row.get("unless", ())),
            row["instead"],
        )
        for row in resources.data(WORDS)
    )
