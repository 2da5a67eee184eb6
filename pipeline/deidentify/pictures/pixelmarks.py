"""Which words drawn into a picture may stay: templates/rules/pixel-words.yaml as a judge.

Masking everything takes side markers, scales and exposure data with it. A box is given back only when the
recogniser was sure, when the allow-list accounts for every character read in it, when it is as wide as that
many characters are, and when nothing in it is a known identifier or looks like a date, a time or a number of
a person. A number alone is kept only as a tick of a scale: several of them, in line, evenly counted.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from pipeline.core import resources
from pipeline.core.match import Matcher

RULES = "templates/rules/pixel-words.yaml"
UNREAD = "unread text"
TEXT = "text"
KNOWN = "text, holds a known identifier"
TICK = "tick of a scale"
READABLE = 0.6  # below this score what was read is not worth a reason
TICKS = 3  # so many numbers in line make a scale
_NUMBER = r"[-+]?\d{1,4}(?:[.,]\d{1,3})?"
_LONE = re.compile(r"[-+]?\d{1,3}(?:\.\d)?", re.ASCII)
_JOIN = r"(?:\s*[,;|/]\s*|\s+)"


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether a box may stay, and in our words why."""

    keep: bool
    reason: str


@dataclass(frozen=True, slots=True)
class Mark:
    """What was read in one box: `centre` in pixels, `size` the height of its letters in pixels."""

    text: str
    score: float
    centre: tuple[float, float]
    size: float


def judge(text: str, score: float, known: Matcher | None = None) -> Verdict:
    """What to do with a box in which `text` was read with `score` (0 … 1)."""
    words = " ".join(text.split())
    if not any(c.isalnum() for c in words):
        return Verdict(False, UNREAD)
    if known is not None and known.find(words):
        return Verdict(False, KNOWN)
    # What looks like a date or a number is never kept, however badly it was read.
    for reason, pattern in _shapes():
        if pattern.search(words):
            return Verdict(False, reason if score >= READABLE else UNREAD)
    least = resources.data(RULES)["least_score"]
    if score >= least["short" if len(words) <= 2 else "long"]:
        for reason, whole in _groups():  # the first mark names the group
            if whole.fullmatch(words):
                return Verdict(True, reason)
    return Verdict(False, TEXT if score >= READABLE else UNREAD)


def plausible(text: str, ratio: float) -> bool:
    """Whether a box `ratio` times as wide as high can be filled by `text` alone.

    Something beside a mark that was not read, such as a name in another script, makes the box too wide.
    """
    shown = len("".join(text.split()))
    return 0.12 * shown <= ratio <= 1.0 * len(text.strip()) + 1.2


def ticks(marks: Sequence[Mark], known: Matcher | None = None) -> set[int]:
    """Which of `marks` are numbers beside a scale: three or more in line, evenly counted."""
    numbers = [
        (n, mark, float(mark.text.strip()))
        for n, mark in enumerate(marks)
        if _LONE.fullmatch(mark.text.strip())
        and mark.score >= READABLE
        and not (known and known.find(mark.text))
    ]
    kept: set[int] = set()
    for along in (0, 1):
        for _, first, _ in numbers:
            row = [
                (mark.centre[along], value, n, mark.size)
                for n, mark, value in numbers
                if abs(mark.centre[1 - along] - first.centre[1 - along]) <= 0.6 * first.size
                and abs(mark.size - first.size) <= 0.4 * first.size
            ]
            if len(row) >= TICKS and _even(sorted(row)):
                kept |= {n for _, _, n, _ in row}
    return kept


def _even(row: list[tuple[float, float, int, float]]) -> bool:
    """Whether the numbers rise or fall in proportion to where they stand."""
    (start, low, _, size), (end, high, _, _) = row[0], row[-1]
    if end - start < 2 * size or low == high:
        return False
    slope = (high - low) / (end - start)
    return all(abs(start + (value - low) / slope - place) <= 0.6 * size for place, value, _, _ in row)


# --- the list as patterns --------------------------------------------------------------------------------


@cache
def _shapes() -> tuple[tuple[str, re.Pattern[str]], ...]:
    return tuple((row["reason"], re.compile(row["pattern"])) for row in resources.data(RULES)["shapes"])


@cache
def _groups() -> tuple[tuple[str, re.Pattern[str]], ...]:
    """For each group: a first mark of this group, then any marks of any group, nothing else."""
    groups = list(resources.data(RULES)["groups"].values())
    keyed_of = [_keyed(group) for group in groups]
    loose_of = [_loose(group) for group in groups]
    measure = rf"(?:{_NUMBER}\s?(?:[x*×]\s?{_NUMBER}\s?)?{_unit()})"
    keyed = _any(k for k in keyed_of if k)
    every = _any(part for part in (*loose_of, *keyed_of, measure) if part)
    # The recogniser drops spaces: "MI 0.8TIS 0.4". After a number a new key may follow at once.
    rest = rf"(?:{_JOIN}{every}|(?<=[\d%]){keyed})*"
    out = []
    for group, loose, key in zip(groups, loose_of, keyed_of, strict=True):
        own = (loose, key, measure if group.get("bare_measures") else "")
        out.append((str(group["reason"]), re.compile(_any(p for p in own if p) + rest, re.ASCII)))
    return tuple(out)


def _any(patterns: Iterable[str]) -> str:
    return f"(?:{'|'.join(patterns)})"


def _loose(group: dict[str, Any]) -> str:
    """The words and patterns of a group that stand for themselves."""
    words = sorted(map(str, group.get("words", ())), key=lambda word: (-len(word), word))
    parts = [*map(_word, words), *group.get("patterns", ())]
    return _any(parts) if parts else ""


def _keyed(group: dict[str, Any]) -> str:
    """The keys of a group, each with its number."""
    strict = set(map(str, group.get("with_unit", ())))
    free = set(map(str, group.get("keys", ()))) - strict
    sign = r"\s?[:=<>~]?\s?"
    parts = []
    if free:
        parts.append(rf"{_keys(free)}{sign}{_NUMBER}(?:\s?{_unit()})?")
    if strict:
        parts.append(rf"{_keys(strict)}{sign}{_NUMBER}\s?{_unit()}")
    return _any(parts) if parts else ""


def _keys(words: Iterable[str]) -> str:
    spelled = sorted(words, key=lambda word: (-len(word), word))
    return rf"(?i:{'|'.join(map(re.escape, spelled))})"


@cache
def _unit() -> str:
    units = sorted(map(str, resources.data(RULES)["units"]), key=lambda unit: (-len(unit), unit))
    return rf"(?:{'|'.join(map(re.escape, units))})(?![a-z])"


def _word(word: str) -> str:
    """One word of the list; two letters or fewer as written, since "Ma" and "MA" are different things."""
    spelled = r"\s?".join(map(re.escape, word.split()))
    return rf"(?i:{spelled})" if len(word) > 2 else spelled
