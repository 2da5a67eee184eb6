"""Replacements in prose, collected first and made in one pass, so that none sees the words of another."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Edit:
    """One replacement: `prose[start:end]` becomes `words`, by `rule`."""

    start: int
    end: int
    words: str
    rule: str


def applied(prose: str, edits: Iterable[Edit]) -> str:
    """`prose` after all edits at once; none sees the words of another. Where two overlap the first wins."""
    out, at = [], 0
    for edit in sorted(edits, key=lambda e: e.start):
        if edit.end > at:
            out += [prose[at : max(at, edit.start)], edit.words]
            at = edit.end
    return "".join((*out, prose[at:]))
