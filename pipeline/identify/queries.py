"""What a person is asked about words of a case: every proposal in the clean copies that nobody has decided.

Only prose that would leave is read. Authors, affiliations and the reference list are left out by structure:
what authors publish about themselves is theirs to publish.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

from pipeline.core import decided
from pipeline.core.fold import letters
from pipeline.core.identity import byline_lines
from pipeline.core.model import Case, CleanCase, Path_, Place
from pipeline.core.proposal import Proposal, Query

Find = Callable[[str], list[Proposal]]
NOT_PROSE = {
    "id",
    "when",
    "exact",
    "day",
    "file",
    "letter",
    "pixels",
    "panels",
    "width",
    "height",
    "sex",
    "kind",
}
# What a declaration has to name: the committee that approved, the funder, the place of a congress.
TO_DECLARE = {"hospital", "employer", "place", "city", "date", "reference", "url"}
DECLARED = ("declarations", "presented_at")


def asked(case: Case, clean: CleanCase, find: Find) -> tuple[Query, ...]:
    """Every open question about words of the case, in the order of its fields, each once."""
    key = str(case.private["key"])
    answered = set(clean.report.get("words", {}).get("kept", ()))
    ours = letters(byline_lines(case.record))
    open_: dict[str, Query] = {}
    for path, text in _prose(clean):
        for proposal, start, end in _in_sentences(text, find(text)):
            sentence, words = text[start:end], text[proposal.start : proposal.end]
            ident = decided.ident(key, words, sentence)
            if ident in answered or ident in open_ or not _to_ask(path, proposal.label, words, ours):
                continue
            open_[ident] = Query(
                id=ident,
                place=_place(case, path, text, proposal.start),
                part=".".join(map(str, path)),
                sentence=sentence,
                start=proposal.start - start,
                end=proposal.end - start,
                label=proposal.label,
                replacement=proposal.replacement,
                action=proposal.action,
                why=proposal.why,
            )
    return tuple(open_.values())


def _to_ask(path: Path_, label: str, words: str, ours: str) -> bool:
    if path[0] in DECLARED and label in TO_DECLARE:
        return False
    own = letters(words)
    return not (len(own) > 3 and own in ours)


def _prose(clean: CleanCase) -> Iterator[tuple[Path_, str]]:
    """Every text a reader would see, with its path in the record."""
    yield from _strings(clean.record, ())
    for part in DECLARED:
        yield from _strings(clean.byline.get(part), (part,))
    for n, author in enumerate(clean.byline.get("authors") or []):
        yield from _strings(author.get("disclosures"), ("authors", n, "disclosures"))


def _strings(value: Any, path: Path_) -> Iterator[tuple[Path_, str]]:
    if isinstance(value, dict):
        for name, inner in value.items():
            if name not in NOT_PROSE:
                yield from _strings(inner, (*path, name))
    elif isinstance(value, list):
        for n, inner in enumerate(value):
            yield from _strings(inner, (*path, n))
    elif isinstance(value, str) and value.strip():
        yield path, value


def _in_sentences(text: str, proposals: list[Proposal]) -> Iterator[tuple[Proposal, int, int]]:
    """Each proposal with the sentence around it; one that crosses a border is asked about in parts."""
    spans = list(decided.sentences(text))
    for proposal in proposals:
        for start, end in spans:
            inside = max(start, proposal.start), min(end, proposal.end)
            if any(c.isalnum() for c in text[slice(*inside)]):
                yield replace(proposal, start=inside[0], end=inside[1]), start, end


def _place(case: Case, path: Path_, text: str, offset: int) -> Place:
    return case.where_in(path, text.count("\n", 0, offset)) if "\n" in text else case.where(*path)
