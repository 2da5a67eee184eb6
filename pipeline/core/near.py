"""Find what is nearly a known identifier: slips, other spellings and scripts, masked and mistyped numbers.

A second pass after match.py. Each word is looked at once, not at each place, so that megabytes take seconds.
What is found here is soft (a person looks), unless two parts of one name agree in one place: then it is hard.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import IntEnum
from functools import cache
from itertools import pairwise, permutations

from rapidfuzz import process
from rapidfuzz.distance import OSA

from pipeline.core import resources
from pipeline.core.fold import letters
from pipeline.core.identity import Identifier, Kind, real_date, words
from pipeline.core.match import PEOPLE, Hit, Matcher, belong_together
from pipeline.core.skeleton import is_indic, skeleton, sound
from pipeline.core.variants import common, name_parts, own_words

NUMBERS = {Kind.NUMBER, Kind.PHONE}
TYPED, LONG = 5, 9  # letters from which one slip is looked for, and two
JOINED = 9  # letters of a whole name typed as one word
HEARD, CONSONANTS = 3, 4  # sounds that must all agree; consonants that may agree alone
DIGITS = 8  # a shorter number with one other digit is another number
WORD = re.compile(  # letters of any script with their marks, and what is invisible between them
    r"[A-Za-z\u00aa\u00ad\u00b5\u00ba\u00c0-\u00d6\u00d8-\u00f6\u00f8-\u0963\u0966-\u1fff"
    r"\u200b-\u200d\u2060\u2c00-\u2fef\u3040-\ud7ff\uf900-\ufdff\ufe70-\uffef]{2,}"
)
CODE = re.compile(r"(?<![^\W_])[A-Za-z]{1,5}[ \-/]?\d{3,}(?:[\-/]\d+)*(?![^\W_])")
CODED = 7  # letters and digits of such a number from which one other digit is looked for
CAMEL = re.compile(r"(?<=[^\W\d_A-Z])(?=[A-Z])")
RUN = re.compile(r"(?<![\d.])\d(?:[ \-./\u00a0]{0,2}\d){6,15}(?![\d.]*\d)")
MASK = r"[xX*#•●█]"
MASKED = re.compile(rf"(?<!\w)(\d*)[ -]?({MASK}(?:[ -]?{MASK}){{1,14}})[ -]?(\d{{2,8}})(?!\w)")
NEARLY = {  # the rules of this pass: what only they find, an identifier was not typed as it is listed
    "typing slip",
    "other spelling",
    "nearly the full name",
    "one digit off",
    "partly masked",
    "month in Roman numerals",
}
SHOWN = 4  # digits beside a mask that say something
ROMAN_DATE = re.compile(r"(?<![\w.])(\d{1,2})[-./ ]{1,3}([IVX]{1,4})[-./ ]{1,3}(\d{4}|\d{2})(?!\w)")
ROMAN = {
    month: n
    for n, month in enumerate(("I", "II", "III", "IV", "V", "VI", "VII", "VIII", "IX", "X", "XI", "XII"), 1)
}


class Close(IntEnum):
    """How near a word is to a part of a name."""

    ORDINARY = 0  # a word of the language: counts only beside another part, and is no proof
    PAIRED = 1  # counts only beside another part
    ALONE = 2  # worth a look by itself
    EXACT = 3


@dataclass(frozen=True, slots=True)
class Target:
    """One word to be near to."""

    identifier: Identifier
    word: str  # folded
    whole: bool = False  # a full name as one word


@dataclass(frozen=True, slots=True)
class Seen:
    """A word of the text that is near to a target."""

    start: int
    end: int
    target: Target
    close: Close
    rule: str


class NearMatcher(Matcher):
    """A Matcher whose `find` adds what `near` finds."""

    def __init__(self, identifiers: Iterable[Identifier]) -> None:
        super().__init__(identifiers)
        self._targets = [t for i in self.identifiers for t in _targets(i)]
        self._digits = [(i, d) for i in self.identifiers if i.kind in NUMBERS and (d := _digits_of(i))]
        self._codes = [
            (i, code)
            for i in self.identifiers
            if i.kind is Kind.NUMBER and CODE.fullmatch(i.value) and len(code := letters(i.value)) >= CODED
        ]
        self._dates = {
            day: i for i in self.identifiers if i.kind is Kind.DATE and (day := real_date(i.value))
        }
        self._known: dict[str, tuple[tuple[int, int, Target, Close, str], ...]] = {}

    def find(self, text: str) -> list[Hit]:
        """Every find of `Matcher.find`, and what is nearly one where that found nothing as sure."""
        found = super().find(text)
        sure = {(h.start, h.end, h.identifier.field) for h in found}
        more = [h for h in self.near(text) if (h.start, h.end, h.identifier.field) not in sure]
        return sorted({*found, *more}, key=lambda h: (h.start, -h.end, h.identifier.field, h.rule))

    def near(self, text: str) -> Iterator[Hit]:
        """What is nearly an identifier; of words that are one, only where they help another to be."""
        seen = self._seen(text) if self._targets else []
        yield from _alone(seen)
        yield from _together(text, seen)
        if self._digits:
            yield from self._mistyped(text)
            yield from self._masked(text)
        if self._codes:
            yield from self._miscoded(text)
        if self._dates:
            yield from self._roman(text)

    def _seen(self, text: str) -> list[Seen]:
        self._learn(set(WORD.findall(text)) - self._known.keys())
        near = {word: rows for word, rows in self._known.items() if rows}
        if not near:
            return []
        return [
            Seen(found.start() + a, found.start() + b, target, close, rule)
            for found in WORD.finditer(text)
            for a, b, target, close, rule in near.get(found[0], ())
        ]

    def _learn(self, new: set[str]) -> None:
        """Compare words that were not met before with every target."""
        if len(self._known) > 1 << 20:
            self._known.clear()
        pieces: dict[str, list[tuple[str, int, int]]] = {}
        for word in new:
            at = 0
            for piece in CAMEL.split(word):
                if len(piece) >= 2:
                    pieces.setdefault(letters(piece), []).append((word, at, at + len(piece)))
                at += len(piece)
        rows: dict[str, list[tuple[int, int, Target, Close, str]]] = {word: [] for word in new}
        for folded, target, close, rule in _near_words(list(pieces), self._targets):
            for word, a, b in pieces[folded]:
                rows[word].append((a, b, target, close, rule))
        self._known |= {word: tuple(found) for word, found in rows.items()}

    def _mistyped(self, text: str) -> Iterator[Hit]:
        """Numbers that differ in one digit from a listed one, or have two digits swapped."""
        runs = [(m.start(), m.end(), letters(m[0])) for m in RUN.finditer(text)]
        distinct = sorted({digits for _, _, digits in runs})
        slips: dict[str, list[Identifier]] = {}
        for identifier, digits in self._digits:
            if len(digits) >= DIGITS:
                for other, away, _ in process.extract_iter(
                    digits, distinct, scorer=OSA.distance, score_cutoff=1
                ):
                    if away == 1:
                        slips.setdefault(other, []).append(identifier)
        for start, end, digits in runs:
            for identifier in slips.get(digits, ()):
                yield Hit(start, end, identifier, "one digit off", False)

    def _miscoded(self, text: str) -> Iterator[Hit]:
        """Numbers that begin with letters, with one other digit or two swapped: UH-0098813."""
        for found in CODE.finditer(text):
            said = letters(found[0])
            for identifier, code in self._codes:
                same = said.rstrip("0123456789") == code.rstrip("0123456789")
                if same and len(said) == len(code) and OSA.distance(said, code, score_cutoff=1) == 1:
                    yield Hit(found.start(), found.end(), identifier, "one digit off", False)

    def _masked(self, text: str) -> Iterator[Hit]:
        """Numbers of which stars or crosses hide a part: **** **** 6789."""
        for found in MASKED.finditer(text):
            head, hidden, tail = letters(found[1]), len(re.findall(MASK, found[2])), letters(found[3])
            if len(head) + len(tail) < SHOWN:
                continue
            for identifier, digits in self._digits:
                if digits.startswith(head) and digits.endswith(tail) and len(digits) > len(head) + len(tail):
                    whole = len(head) + hidden + len(tail) == len(digits)
                    yield Hit(found.start(), found.end(), identifier, "partly masked", whole)

    def _roman(self, text: str) -> Iterator[Hit]:
        """Dates with the month in Roman numerals: 14-III-2025."""
        for found in ROMAN_DATE.finditer(text):
            month, year = ROMAN.get(found[2], 0), int(found[3])
            date = real_date(f"{year + 2000 if year < 100 else year:04d}-{month:02d}-{int(found[1]):02d}")
            if date in self._dates:
                yield Hit(found.start(), found.end(), self._dates[date], "month in Roman numerals", True)


def _targets(identifier: Identifier) -> Iterator[Target]:
    parts = _parts(identifier)
    for part in dict.fromkeys(parts):
        if len(part) >= 3 or is_indic(part):
            yield Target(identifier, part)
    if identifier.kind in PEOPLE and len(parts) > 1:
        ends = [p for p in (parts[0], parts[-1]) if len(p) > 1]
        for order in {"".join(way) for way in (*permutations(ends, 2), tuple(parts))}:
            if len(order) >= JOINED and not is_indic(order):
                yield Target(identifier, order, whole=True)


def _parts(identifier: Identifier) -> tuple[str, ...]:
    """The words of a name that tell whose it is."""
    if identifier.kind in PEOPLE:
        return name_parts(identifier.value)
    if identifier.kind in {Kind.PLACE, Kind.HOSPITAL, Kind.EMPLOYER}:
        return tuple(w for w in own_words(identifier) if len(w) >= TYPED or is_indic(w))
    return ()


def _digits_of(identifier: Identifier) -> str:
    digits = "".join(c for c in letters(identifier.value) if c.isdigit())
    return digits[-10:] if identifier.kind is Kind.PHONE else digits


def _near_words(met: list[str], targets: list[Target]) -> Iterator[tuple[str, Target, Close, str]]:
    """(word, target, how close, rule) for every pair of near words."""
    by_word: dict[str, list[Target]] = {}
    for target in targets:
        by_word.setdefault(target.word, []).append(target)
    for word, wanted, close, rule in _near_pairs(met, list(by_word)):
        for target in by_word[wanted]:
            yield word, target, close, rule


def _near_pairs(met: list[str], wanted: list[str]) -> Iterator[tuple[str, str, Close, str]]:
    latin = [w for w in met if not is_indic(w)]
    heard: dict[str, list[str]] = {}
    for word in met:
        heard.setdefault(skeleton(word), []).append(word)
    for target in wanted:
        found: dict[str, tuple[Close, str]] = {}
        if not is_indic(target):
            most = 2 if len(target) >= LONG else 1
            for word, away, _ in process.extract_iter(target, latin, scorer=OSA.distance, score_cutoff=most):
                if away and len(target) >= TYPED - 1:
                    alone = word[0] == target[0] and len(target) >= TYPED
                    found[word] = (_unless_ordinary(word, target, alone), "typing slip")
        for word in heard.get(skeleton(target), ()):
            if word != target and (close_ := _sounds_alike(word, target)):
                found[word] = max(found.get(word, (close_, "")), (close_, "other spelling"))
        if target in heard.get(skeleton(target), ()):
            found[target] = (Close.EXACT, "exact")
        for word, (close, rule) in found.items():
            yield word, target, close, rule


def _sounds_alike(word: str, target: str) -> Close | None:
    one, two = sound(word), sound(target)
    away = OSA.distance(one, two, score_cutoff=2)
    across = is_indic(word) or is_indic(target)
    bones = len(skeleton(target))
    if away > 1 and not (across and bones >= CONSONANTS and away == 2):
        return None
    if bones < 2 and away:
        return None
    telling = len(two) >= HEARD if away == 0 else bones >= CONSONANTS
    return _unless_ordinary(word, target, telling and (across or min(len(word), len(target)) >= TYPED))


def ordinary(word: str) -> bool:
    """Whether a folded word stands in a list of words of medicine and of English."""
    return word in words("ordinary") or word in _dictionary()


def _unless_ordinary(word: str, target: str, alone: bool) -> Close:
    if ordinary(word):
        return Close.ORDINARY
    return Close.ALONE if alone and not common(target) else Close.PAIRED


def _alone(seen: list[Seen]) -> Iterator[Hit]:
    for one in seen:
        if one.close is Close.ALONE:
            yield Hit(one.start, one.end, one.target.identifier, one.rule, one.target.whole)


def _together(text: str, seen: list[Seen]) -> Iterator[Hit]:
    """Two different parts of one name side by side, at least one of them not as it is listed."""
    by_field: dict[str, list[Seen]] = {}
    for one in seen:
        if not one.target.whole:
            by_field.setdefault(one.target.identifier.field, []).append(one)
    for rows in by_field.values():
        for one, two in _neighbours(rows):
            if one.target.word == two.target.word or one.close is two.close is Close.EXACT:
                continue
            least, most = sorted((one.close, two.close))
            if most <= Close.PAIRED and (
                least is Close.ORDINARY or min(len(one.target.word), len(two.target.word)) < TYPED
            ):
                continue
            if belong_together(
                text[one.start : one.end], text[one.end : two.start], text[two.start : two.end]
            ):
                sure = least > Close.ORDINARY and not (common(one.target.word) and common(two.target.word))
                yield Hit(one.start, two.end, one.target.identifier, "nearly the full name", sure)


def _neighbours(rows: list[Seen]) -> Iterator[tuple[Seen, Seen]]:
    """Finds that follow each other; one place may be near to several parts."""
    groups: list[list[Seen]] = []
    for one in sorted(rows, key=lambda s: s.start):
        if groups and groups[-1][0].start == one.start:
            groups[-1].append(one)
        else:
            groups.append([one])
    for these, those in pairwise(groups):
        for one in these:
            for two in those:
                yield one, two


@cache
def _dictionary() -> frozenset[str]:
    """Words of medicine and of English that nobody takes for a misspelt name."""
    lists = resources.text("templates/rules/medical-words.txt").split("\n== ")[1:]
    return frozenset(word for one in lists for word in one.split("\n", 1)[1].split())
