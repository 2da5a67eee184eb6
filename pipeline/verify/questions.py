"""Soft finds as questions: is this word of the text the listed person, or a coincidence? A person answers."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from pipeline.core import decided, resources
from pipeline.core.fold import letters
from pipeline.core.identity import Identifier
from pipeline.core.match import Hit, longest
from pipeline.core.model import Case, CleanCase, Path_
from pipeline.core.near import NEARLY, NearMatcher, ordinary
from pipeline.core.proposal import Query
from pipeline.core.words import CITATION, REFERENCE

STRUCTURE = {"id", "when", "file", "pixels", "letter", "sex", "kind", "timeline_as"}  # no prose
# Who writes, where, and whom they suggest: named on purpose.
NAMED = {"authors", "affiliations", "suggested_reviewers", "opposed_reviewers"}
WHY = "perhaps the entry {field} of private.yaml (found as: {rule})"


def asked(
    case: Case, clean: CleanCase, known: tuple[Identifier, ...], in_byline: tuple[Identifier, ...]
) -> Iterator[Query]:
    """A question for every find in the clean record and the byline that nobody has decided to keep.

    What the exact search finds for sure stops the case before anybody is asked; what is nearly an identifier,
    however surely, is asked.
    """
    kept = frozenset(clean.report.get("words", {}).get("kept", []))
    return (query for query in every(case, clean, known, in_byline) if query.id not in kept)


def every(
    case: Case, clean: CleanCase, known: tuple[Identifier, ...], in_byline: tuple[Identifier, ...]
) -> Iterator[Query]:
    """The same, with what was decided to be kept."""
    seen: set[str] = set()
    for whole, matcher in ((clean.record, NearMatcher(known)), (clean.byline, NearMatcher(in_byline))):
        for path, text in _prose(whole, ()):
            for query in _in_text(case, path, text, matcher):
                if query.id not in seen:
                    seen.add(query.id)
                    yield query


def _in_text(case: Case, path: Path_, text: str, matcher: NearMatcher) -> Iterator[Query]:
    marks = [m.span() for rule in (CITATION, REFERENCE) for m in rule.finditer(text)]
    hits = [h for h in matcher.find(text) if all(h.end <= a or h.start >= b for a, b in marks)]
    hits = [h for h in hits if not (h.rule == "token" and _in_passing(text[h.start : h.end]))]
    if not hits:
        return
    spans = list(decided.sentences(text))
    for hit in longest(_joined(hits)):
        span = next(((a, b) for a, b in spans if a <= hit.start and hit.end <= b), None)
        start, end = span or (hit.start, hit.end)  # a name over a full stop: "Meera. Testwala"
        sentence = text[start:end]
        rules = resources.data("templates/rules/soft-finds.yaml")[str(hit.identifier.kind)]
        down = text.count("\n", 0, hit.start)
        yield Query(
            id=decided.ident(str(case.private.get("key", "")), text[hit.start : hit.end], sentence),
            place=case.where_in(path, down) if "\n" in text else case.where(*path),
            part=".".join(map(str, path)),
            sentence=sentence,
            start=hit.start - start,
            end=hit.end - start,
            label=rules["label"],
            replacement=_said(rules["replacement"], hit),
            action="ask",
            why=WHY.format(field=hit.identifier.field, rule=hit.rule),
            known=True,
        )


def _joined(hits: list[Hit]) -> list[Hit]:
    """With one find in place of several that overlap, each near to two of the three parts of one name."""
    last: dict[str, Hit] = {}
    wider: list[Hit] = []
    for hit in sorted((h for h in hits if h.rule in NEARLY), key=lambda h: (h.start, h.end)):
        before = last.get(hit.identifier.field, hit)
        if before.end > hit.start:
            hit = replace(before if before.hard else hit, start=before.start, end=max(before.end, hit.end))
            wider.append(hit)
        last[hit.identifier.field] = hit
    return [*hits, *wider]


def _in_passing(found: str) -> bool:
    """An ordinary word in small letters: "hospital", of whoever is called Hospital in a picture's header."""
    return found.islower() and ordinary(letters(found))


def _said(words: str, hit: Hit) -> str:
    relation = hit.identifier.relation.strip()
    return words.format(relation=relation if re.fullmatch(r"[a-z -]+", relation) else "relative")


def _prose(value: Any, path: Path_) -> Iterator[tuple[Path_, str]]:
    """Every string that people wrote, with its path."""
    if isinstance(value, dict):
        for key, child in value.items():
            if key not in STRUCTURE and not (not path and key in NAMED):
                yield from _prose(child, (*path, key))
    elif isinstance(value, list):
        for n, child in enumerate(value):
            yield from _prose(child, (*path, n))
    elif isinstance(value, str) and value:
        yield path, value
