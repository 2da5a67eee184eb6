"""What may stay of one text value in a DICOM header: PS3.15 E.3.5, Clean Descriptors, for free text.

Three ways, by where the text stands:
    described   free text: only words, numbers and marks that something vouches for stay
    unlisted    technical text: everything stays except identity by name, by shape or by looks
    code        codes and their meanings: as unlisted, but a single unknown word is no proof
What goes is cut out and the rest stays in its order. Cleaning twice changes nothing more.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache, lru_cache

from pipeline.core.identity import Kind
from pipeline.core.match import Hit, Matcher
from pipeline.deidentify.words import phrases, vouch
from pipeline.deidentify.words.vocabulary import (
    Class,
    calendar,
    judge,
    namesake,
    patterns,
    technical,
    verhoeff,
)

Span = tuple[int, int]

WAYS = ("described", "unlisted", "code")
ROUNDS = 8  # each round cuts something, so few are enough; a text that needs more goes whole
NAME_ALONE = {"unlisted": 4, "code": 5}  # letters from which one unknown word is proof enough
RANDOM_RUNS = {"unlisted": 1, "code": 1}  # changes between letters and digits that make a token random
SHORT = 256  # characters of a value that is worth remembering
LONG = 1 << 16  # characters; a longer text is no description and is not searched word by word
PADDING = " \0"


@dataclass(frozen=True, slots=True)
class Cleaned:
    """A text that may stay, and how many pieces were cut out of it."""

    text: str
    removed: int


def clean(text: str, known: Matcher, *, how: str) -> Cleaned:
    """`text` without identity. `known` are this patient's identifiers; `how` is one of WAYS.

    Never longer than `text`, with as many backslashes. A text beyond LONG characters is emptied. Raises
    ValueError for an unknown way.
    """
    if how not in WAYS:
        raise ValueError("how must be described, unlisted or code")
    return _remembered(text, known, how) if len(text) <= SHORT else _clean(text, known, how)


@lru_cache(maxsize=1 << 13)
def _remembered(text: str, known: Matcher, how: str) -> Cleaned:
    """The same few values stand in every slice of a series."""
    return _clean(text, known, how)


def _clean(text: str, known: Matcher, how: str) -> Cleaned:
    current = _readable(text)
    if len(current) > LONG:
        return Cleaned("\\" * current.count("\\"), 1)
    removed = 0
    for _ in range(ROUNDS):
        cut = _merged(_spans(current, known, how))
        if not cut:
            return Cleaned(current, removed)
        removed += len(cut)
        current = _without(current, cut)
    return Cleaned("\\" * current.count("\\"), removed + 1)


def _spans(text: str, known: Matcher, how: str) -> list[Span]:
    """Everything to cut in one round."""
    found = [(hit.start, hit.end) for hit in known.find(text) if how == "described" or _proof(text, hit)]
    text = text.replace("_", " ")  # what joins words hides none of them; as long as before
    found += _shapes(text, how)
    if how == "described":
        found += phrases.spans(text, _plain)
        found += vouch.unvouched(text, found)
        return found
    if text.isascii():
        if all(map(_dull, _RUN.findall(text))):
            return found
    else:
        found += vouch.foreign_tokens(text)
    found += phrases.spans(text, vouch.nobody)
    found += vouch.names(text, shortest=NAME_ALONE[how], codes=how == "code")
    found += vouch.random_tokens(text, runs=RANDOM_RUNS[how])
    return found


_RUN = re.compile(r"[A-Za-z0-9]{8,}|[A-Za-z]{2,}|\d{4,}")


@lru_cache(maxsize=1 << 14)
def _dull(run: str) -> bool:
    """Whether a run of letters is technical and part of no phrase; digits are never dull."""
    return run.isalpha() and (len(run) < 3 or technical(run)) and not phrases.triggers(run)


def _plain(word: str) -> bool:
    return judge(word) is Class.PLAIN


def _proof(text: str, hit: Hit) -> bool:
    """Outside free text a soft hit on a word of technique is no proof: someone is called "Philips".

    Nor is a maker that the header also gives as its institution, as phantoms and test pictures do.
    """
    words = _LETTERS.findall(text[hit.start : hit.end])
    if hit.identifier.kind is Kind.HOSPITAL and words and all(map(technical, words)):
        return not any(word.lower() in patterns()["vendors"] for word in words)
    return hit.hard or not words or not all(technical(word) and not namesake(word) for word in words)


_LETTERS = re.compile(r"[^\W\d_]+")


# --- shapes ------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Shape:
    find: re.Pattern[str]
    needs: str
    check: Callable[[re.Match[str]], bool] | None
    part: bool  # only the group "cut" goes
    code: bool  # a code may look like it: a value that is nothing else stays


@cache
def _table(how: str) -> tuple[_Shape, ...]:
    rows = [row for row in patterns()["shapes"] if how in row["where"]]
    return tuple(
        _Shape(
            re.compile(row["find"], re.IGNORECASE if row.get("flags") == "i" else 0),
            row["needs"],
            _CHECKS[row["check"]] if "check" in row else None,
            "(?P<cut>" in row["find"],
            how == "code" and row.get("code", False),
        )
        for row in rows
    )


def _shapes(text: str, how: str) -> Iterator[Span]:
    has = _needs(text)
    if not has:
        return
    for shape in _table(how):
        if shape.needs in has:
            for found in shape.find.finditer(text):
                if shape.code and len(found[0]) == len(text):
                    continue
                if shape.check is None or shape.check(found):
                    whole = not shape.part or found["cut"] is None
                    yield found.span() if whole else found.span("cut")


_DIGIT = re.compile(r"\d").search
_SIGNS = re.compile(r"[@^:]|//|\.[A-Za-z]|www|[(\[]at[)\]]|-[0-9A-Fa-f]{2}-").search
_YEARS = re.compile(r"(?i)ninety|hundred|narian").search
_NEEDS: dict[str, Callable[[str], object]] = {
    "digits": re.compile(r"\d(?:\D{0,4}\d){3}").search,
    "words": re.compile(r"(?i)(?<![A-Za-z])(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)").search,
    "age": re.compile(r"(?<![\d.])(?:0?9\d|1[0-2]\d)(?!\d)").search,
}


def _needs(text: str) -> set[str]:
    """What a text has of what shapes need: most technical values have nothing."""
    has = {need for need, search in _NEEDS.items() if search(text)} if _DIGIT(text) else set()
    if _SIGNS(text):
        has.add("signs")
    if _YEARS(text):
        has.add("age")
    return has


def _digits(found: re.Match[str]) -> str:
    return "".join(filter(str.isdigit, found[0]))


def _phone(found: re.Match[str]) -> bool:
    """Ten digits that a decimal point does not divide: "9.811234567" is a number."""
    return not re.fullmatch(r"\d\.\d+", found[0])


def _stranger(found: re.Match[str]) -> bool:
    """Not "Head^Routine" nor the isotope "F^18^"."""
    return not _ISOTOPE.fullmatch(found[0]) and not all(map(_plain, _LETTERS.findall(found[0])))


_ISOTOPE = re.compile(r"[A-Z][a-z]?\^\d{1,3}m?\^\w*")

_CHECKS: dict[str, Callable[[re.Match[str]], bool]] = {
    "calendar": calendar,
    "verhoeff": lambda found: verhoeff(_digits(found)),
    "phone": _phone,
    "stranger": _stranger,
}


# --- text in and out ---------------------------------------------------------------------------------------

_SPACES = dict.fromkeys(
    map(
        ord,
        "\u00a0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u202f\u205f\u3000",
    ),
    " ",
)
_FULL_WIDTH = {code: chr(code - 0xFEE0) for code in range(0xFF01, 0xFF5F)}
_OUT = dict.fromkeys((*range(9), 11, *range(14, 32), 127))


def _readable(text: str) -> str:
    """`text` with nothing hidden in it: no padding, controls, invisible or full-width characters."""
    text = text.translate(_OUT) if not text.isprintable() else text
    if not text.isascii():
        text = unicodedata.normalize("NFC", text).translate({**_SPACES, **_FULL_WIDTH})
        text = "".join(c for c in text if unicodedata.category(c) not in ("Cf", "Cc") or c in "\t\n\f\r")
    return text.strip(PADDING)


def _merged(spans: list[Span]) -> list[Span]:
    merged: list[Span] = []
    for start, end in sorted(spans):
        if start >= end:
            continue
        if merged and start <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
        else:
            merged.append((start, end))
    return merged


def _without(text: str, cut: list[Span]) -> str:
    """`text` with the spans out, backslashes kept, and what the cuts left dangling tidied up."""
    pieces, at = [], 0
    for start, end in cut:
        pieces += [text[at:start], "\x01", "\\\x01" * text.count("\\", start, end)]
        at = end
    values = "".join((*pieces, text[at:])).split("\\")
    return "\\".join(_tidy(value) if "\x01" in value else value for value in values)


_HOLE = re.compile(r"[ \t]*[,;:=/&|+~^_#'’\"-]*[ \t]*(?:\x01[ \t,;:=/&|+~^_#'’\".-]*)+")
_EMPTY = re.compile(r"\(\s*\)|\[\s*\]|\{\s*\}|<\s*>|\"\s*\"")


def _tidy(value: str) -> str:
    value = _HOLE.sub(" ", value)
    while True:
        shorter = _EMPTY.sub(" ", value)
        shorter = re.sub(r"[ \t]{2,}", " ", shorter)
        shorter = re.sub(r"[ \t]+(?=[,;:.)\]\n\r])|(?<=[(\[])[ \t]+|(?<=[\n\r])[ \t]+", "", shorter)
        shorter = shorter.strip(" \t,;:=/&|+~^_#-")
        if shorter == value:
            return value
        value = shorter
