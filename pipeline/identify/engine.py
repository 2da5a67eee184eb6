"""All rules over one text, joined to proposals that do not overlap."""

from __future__ import annotations

from collections.abc import Iterable

from pipeline.core.proposal import Proposal
from pipeline.identify import (
    REGIONS,
    ages,
    clinics,
    dates,
    indic,
    keep,
    left,
    names,
    numbers,
    organisations,
    places,
    rare,
    tagged,
    works,
)
from pipeline.identify.found import PROOF, Find, Rank
from pipeline.identify.page import Page, read
from pipeline.identify.replace import replacement


def find(text: str, region: str = "IN") -> list[Proposal]:
    """What in `text` may identify someone: by position, without overlaps, in characters of `text`.

    The rules of all REGIONS are tried on every text, since Indian reports quote British and American ones;
    `region` is where the text says it is from, and none of them depends on it. Raises ValueError for another.
    """
    if region not in REGIONS:
        raise ValueError(f"region must be one of {', '.join(REGIONS)}")
    if not text.strip():
        return []
    page = read(text)
    keep.mark(page)
    finds = [
        *numbers.find(page),
        *dates.find(page),
        *ages.find(page),
        *organisations.find(page),
        *clinics.find(page),
        *works.find(page),
        *places.find(page),
        *names.find(page),
        *indic.find(page),
        *rare.find(page),
    ]
    known = _joined(page, finds)
    known = _joined(page, [*known, *left.find(page, known), *tagged.find(page)])
    return [_proposal(page, hit) for hit in known]


def _joined(page: Page, finds: Iterable[Find]) -> list[Find]:
    """Without overlaps: the better rank keeps the words, of the other what is left of it stays."""
    owner: list[int] = [-1] * len(page.text)
    kept: list[Find] = []
    for hit in sorted(finds, key=lambda f: (f.rank, f.start - f.end, f.start)):
        if page.locked.find(1, hit.start, hit.end) >= 0:
            continue
        if hit.rank > PROOF and hit.rank != Rank.RARE and page.kept.find(1, hit.start, hit.end) >= 0:
            continue
        for start, end in _free(owner, hit.start, hit.end):
            start, end = _alnum(page.text, start, end)
            whole = (start, end) == (hit.start, hit.end)
            if end - start < (1 if whole else 2):
                continue
            number = len(kept)
            owner[start:end] = [number] * (end - start)
            kept.append(
                hit if whole else Find(start, end, hit.label, hit.replacement, hit.action, hit.rank, hit.why)
            )
    return sorted(kept, key=lambda f: f.start)


def _free(owner: list[int], start: int, end: int) -> list[tuple[int, int]]:
    """The parts of a span that nobody owns."""
    parts, at = [], start
    while at < end:
        if owner[at] >= 0:
            at += 1
            continue
        stop = at
        while stop < end and owner[stop] < 0:
            stop += 1
        parts.append((at, stop))
        at = stop
    return parts


def _alnum(text: str, start: int, end: int) -> tuple[int, int]:
    """The span without punctuation and spaces around it; a closing dot of initials stays."""
    while start < end and not (text[start].isalnum() or text[start] in "+(#@*'"):
        start += 1
    while (
        end > start
        and not (text[end - 1].isalnum() or text[end - 1] in ".)*")
        and not "\u0900" <= text[end - 1] <= "\u0dff"
    ):
        end -= 1
    return start, end


def _proposal(page: Page, hit: Find) -> Proposal:
    start, end = page.origin(hit.start, hit.end)
    return Proposal(start, end, hit.label, replacement(page, hit), hit.action, hit.why)
