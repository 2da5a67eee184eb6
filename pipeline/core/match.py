"""Find known identifiers in any text: one matcher, used by the remover and by the hunter.

The text is folded to one stream of letters and digits, every form of every identifier is looked up in one
pass (Aho-Corasick), and each find is then judged by what surrounds it in the text. near.py adds a second pass
for misspellings and other scripts.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import pairwise

import ahocorasick

from pipeline.core.fold import INDIC, fold, letters
from pipeline.core.identity import Identifier, Kind
from pipeline.core.variants import Edge, Form, forms, name_parts

PEOPLE = {Kind.NAME, Kind.RELATIVE, Kind.DOCTOR}
NEAR = 40  # characters within which two parts of one name belong together
LONG = 12  # a folded form this long is proof even without word boundaries


@dataclass(frozen=True, slots=True)
class Hit:
    """One find: `text[start:end]` stands for `identifier`."""

    start: int
    end: int
    identifier: Identifier
    rule: str
    hard: bool


class Matcher:
    """All forms of some identifiers, ready to be found. Build once, use for many texts."""

    def __init__(self, identifiers: Iterable[Identifier]) -> None:
        self.identifiers = tuple(identifiers)
        table: dict[str, list[tuple[Identifier, Form]]] = {}
        self.unsearched: list[str] = []
        for identifier in self.identifiers:
            spelled = forms(identifier)
            if not spelled:
                self.unsearched.append(identifier.field)
            for form in spelled:
                table.setdefault(form.stream, []).append((identifier, form))
        self._automaton = ahocorasick.Automaton()
        for stream, rows in table.items():
            self._automaton.add_word(stream, rows)
        self._automaton.make_automaton()

    def find(self, text: str) -> list[Hit]:
        """Every find in `text`, by position; finds may overlap (see `longest`)."""
        if not len(self._automaton):
            return []
        folded = fold(text)
        hits = []
        for last, rows in self._automaton.iter(folded.stream):
            end = folded.origin(last) + 1
            while end < len(text) and not folded.pieces[end] and unicodedata.category(text[end])[0] == "M":
                end += 1  # an accent typed as a character of its own
            for identifier, form in rows:
                start = folded.origin(last + 1 - len(form.stream))
                if end - start <= 3 * len(form.stream) + 6 and _JUDGES[form.edge](text, start, end, form):
                    hits.append(Hit(start, end, identifier, form.rule, form.hard))
        hits += _neighbours(text, hits)
        return sorted(set(hits), key=lambda h: (h.start, -h.end, h.identifier.field, h.rule))


def longest(hits: Iterable[Hit]) -> list[Hit]:
    """Of overlapping finds the longest, of equally long ones the surest; by position."""
    kept: list[Hit] = []
    for hit in sorted(hits, key=lambda h: (h.start - h.end, not h.hard, h.start, h.identifier.field)):
        if all(hit.end <= other.start or hit.start >= other.end for other in kept):
            kept.append(hit)
    return sorted(kept, key=lambda h: h.start)


def _neighbours(text: str, hits: list[Hit]) -> Iterator[Hit]:
    """Two different parts of one name with at most two words between: "Sunita Rani, Sharma"."""
    by_field: dict[str, list[Hit]] = {}
    for hit in sorted(hits, key=lambda h: h.start):
        if hit.rule == "token" and hit.identifier.kind in PEOPLE:
            by_field.setdefault(hit.identifier.field, []).append(hit)
    for parts in by_field.values():
        for one, two in pairwise(parts):
            first, second = text[one.start : one.end], text[two.start : two.end]
            if belong_together(first, text[one.end : two.start], second):
                sure = len(name_parts(one.identifier.value)) > 1
                yield Hit(one.start, two.end, one.identifier, "parts", sure)


def belong_together(one: str, between: str, two: str) -> bool:
    """Whether two different words with `between` them may be one name."""
    if len(between) > NEAR or letters(one) == letters(two):
        return False
    new_sentence = re.search(r"\w{2,}[.!?]\s|^[.!?]\s|[;:]|\n\s*\n", between)
    return len(re.findall(r"\w+", between)) <= 2 and not new_sentence


# --- how a find sits in its text ------------------------------------------------------------------------

INVISIBLE = "\u00ad\u200b\u200c\u200d\u200e\u200f\u2060\u2061\u2062\u2063\u2064\ufeff\ufffe\x02"
_IN_WORD = re.compile(rf"[{INVISIBLE}'’`*_^~.]*(?:[-‐‑‒–][ \t]*(?:\r?\n\s*)?)?[{INVISIBLE}'’`*_^~.]*")
_INITIALS_FIRST = re.compile(r"(?P<initials>(?:[^\W\d_][\s.]{0,2}){1,4})(?<=[\s.])\S{3,}")
_INITIALS_LAST = re.compile(r"\S{3,}?[\s.,^]+(?P<initials>(?:[^\W\d_][\s.]{0,2}){1,4})")
_SEPARATOR = re.compile(r"[/.\-–_:]?")
_OWN_DAY = re.compile(r"(?<!Dr )(?<!Dr\. )Day -?\d")  # how this project writes relative dates: no name
_THOUSANDS = re.compile(r"\d{1,3}(?:,\d{2,3})*,\d{3}")  # 100,000 and 1,00,000
_UNIT = re.compile(
    r"\s*(?:%|×|/\s?(?:[µμu]?[lL]\b|c?mm|cu|HPF)|per\b|cells\b|(?:[µμ]|mc|m|k)?g\b|[µμmd]?[lL]\b|[mc]m\b|I?U\b|copies\b)"
)
LAB_DIGITS = 9  # values of the laboratory are not longer
_YEAR_FOLLOWS = re.compile(r"[\s,./'’-]{0,3}\d{4}(?!\d)|[\s./'’-]\d{2}(?!\d)")


def _free(_text: str, _start: int, _end: int, _form: Form) -> bool:
    return True


def _word(text: str, start: int, end: int, form: Form) -> bool:
    return len(form.stream) >= LONG or (_begins(text, start) and _stops(text, end))


def _solid(text: str, start: int, end: int, _form: Form) -> bool:
    if not (_begins(text, start) and _stops(text, end)):
        return False
    gaps = [gap for gap in _gaps(text[start:end]) if gap]
    spelled_out = len(gaps) >= 3 and len(gaps) == sum(map(_wordy, text[start:end])) - 1
    return all(map(_IN_WORD.fullmatch, gaps)) or (spelled_out and all(len(gap) == 1 for gap in gaps))


def _title(text: str, start: int, end: int, form: Form) -> bool:
    shown = text[start:end]
    if _OWN_DAY.match(text, start):
        return False
    uncased = not (shown[0].islower() or shown[0].isupper())
    return _solid(text, start, end, form) and (uncased or (shown[0].isupper() and not shown.isupper()))


def _capitals(text: str, start: int, end: int, form: Form) -> bool:
    return _solid(text, start, end, form) and text[start:end].isupper()


def _initials(text: str, start: int, end: int, _form: Form) -> bool:
    shown = text[start:end]
    apart = _INITIALS_FIRST.fullmatch(shown) or _INITIALS_LAST.fullmatch(shown)
    if apart is None or not apart["initials"].isupper():
        return False
    return _begins(text, start) and _stops(text, end) and text[end : end + 1] not in {"'", "’"}


def _digits(text: str, start: int, end: int, form: Form) -> bool:
    while start and text[start - 1] == "0":
        start -= 1
    outside = text[max(0, start - 1) : start] + text[end : end + 1]
    if any(c.isdigit() for c in outside):
        return False
    shown = text[start:end]
    if len(form.stream) <= LAB_DIGITS and (_THOUSANDS.fullmatch(shown) or _UNIT.match(text, end)):
        return False  # 100,000/µL is a count of cells
    return all(len(gap) <= 3 and not any(map(_wordy, gap)) for gap in re.split(r"\d+", text[start:end]))


def _code(text: str, start: int, end: int, form: Form) -> bool:
    if any(len(gap) > 3 for gap in _gaps(text[start:end])):
        return False
    outside = text[max(0, start - 1) : start] + text[end : end + 1]
    return (len(form.stream) >= LONG and not form.stream.isdigit()) or not any(map(_wordy, outside))


def _date(text: str, start: int, end: int, form: Form) -> bool:
    gaps = [gap for gap in re.split(r"\d+", text[start:end]) if gap]
    if not gaps:  # 20260314, perhaps with a time behind it; 14032026
        whole = form.rule == "year first" or _digits(text, start, end, form)
        return len(form.stream) == len("20260314") and whole
    if not _parts_of_a_date(re.findall(r"\d+", text[start:end])):
        return False
    signs = {gap.strip() for gap in gaps}
    if len(gaps) != 2 or len(signs) != 1 or not _SEPARATOR.fullmatch(sign := signs.pop()):
        return False
    return not (sign and _goes_on(text, start, end, sign)) and _digits(text, start, end, form)


def _parts_of_a_date(numbers: list[str]) -> bool:
    """A year and two numbers up to 31: "2 64 64" are three values in a column, not the 26th of April 1964."""
    years, others = [n for n in numbers if len(n) > 2], [n for n in numbers if len(n) <= 2]
    small = sum(int(n) <= 31 for n in others)
    return len(numbers) == 3 and len(years) <= 1 and small >= 2 and int(others[0]) <= 31


def _goes_on(text: str, start: int, end: int, sign: str) -> bool:
    """Whether more numbers follow: "1.14.3.26.7" is a section or a UID, not the 14th of March."""
    before, after = text[max(0, start - 2) : start], text[end : end + 2]
    return bool(re.fullmatch(rf"\d{re.escape(sign)}", before) or re.fullmatch(rf"{re.escape(sign)}\d", after))


def _day_month(text: str, start: int, end: int, form: Form) -> bool:
    listed = "," in text[start:end]  # "in March, 14 patients"
    return not listed and _code(text, start, end, form) and not _YEAR_FOLLOWS.match(text, end)


_JUDGES: dict[Edge, Callable[[str, int, int, Form], bool]] = {
    Edge.FREE: _free,
    Edge.WORD: _word,
    Edge.SOLID: _solid,
    Edge.TITLE: _title,
    Edge.CAPITALS: _capitals,
    Edge.INITIALS: _initials,
    Edge.DIGITS: _digits,
    Edge.CODE: _code,
    Edge.DATE: _date,
    Edge.DAY_MONTH: _day_month,
}


def _wordy(char: str) -> bool:
    return char.isalnum() or (ord(char) in INDIC and unicodedata.category(char)[0] == "M")


def _gaps(shown: str) -> list[str]:
    """What the folding dropped inside a find, combining marks left out."""
    plain = "".join(c for c in shown if unicodedata.category(c) != "Mn" or ord(c) in INDIC)
    return re.split(r"[^\W_]+", plain)[1:-1]


def _begins(text: str, start: int) -> bool:
    """A word begins here; so does the second word of CamelCase."""
    if not start or not _wordy(text[start - 1]):
        return True
    return text[start - 1].isdigit() or (text[start - 1].islower() and text[start].isupper())


def _stops(text: str, end: int) -> bool:
    if end >= len(text) or not _wordy(text[end]):
        return True
    return text[end].isdigit() or (text[end - 1].islower() and text[end].isupper())
