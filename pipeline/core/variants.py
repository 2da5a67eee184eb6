"""How one identifier may be written: the folded spellings to look for and how each must sit in its text.

Names in any order, with initials or joined; numbers spaced, masked or without their zeros; dates in the
styles of India, Britain and America, Hindi and Punjabi months included. A form is `hard` when finding it is
proof enough to stop, soft when a person has to look.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from enum import Enum
from functools import cache
from itertools import permutations
from typing import NamedTuple

from pipeline.core import resources
from pipeline.core.fold import letters
from pipeline.core.identity import Identifier, Kind, real_date, words


class Edge(Enum):
    """What must surround a form, and what may stand inside it."""

    FREE = "anywhere"
    WORD = "between word boundaries"
    SOLID = "one word, between word boundaries"
    TITLE = "one word written like a name: Asha, not asha or ASHA"
    CAPITALS = "one word in capitals"
    INITIALS = "capital initials set apart from a surname"
    DIGITS = "no further digit on either side, digits only inside"
    CODE = "no further letter or digit on either side"
    DATE = "day, month and year with the same separator"
    DAY_MONTH = "no year behind it"


class Form(NamedTuple):
    """One spelling."""

    stream: str  # folded
    rule: str
    hard: bool
    edge: Edge


MIN_STREAM = 3  # shorter forms would be found everywhere
SURE_TOKEN = 5  # letters from which a single uncommon word is proof
SURE_NUMBER = 6  # characters from which a number is proof


def forms(identifier: Identifier) -> tuple[Form, ...]:
    """Every form of an identifier, without repeats. None when its value is too short or not understood."""
    best: dict[tuple[str, Edge], Form] = {}
    for form in _WRITTEN[identifier.kind](identifier.value):
        if len(form.stream) >= MIN_STREAM:
            kept = best.get((form.stream, form.edge))
            if kept is None or form.hard > kept.hard:
                best[form.stream, form.edge] = form
    return tuple(best.values())


def name_parts(value: str) -> tuple[str, ...]:
    """The folded words of a person's name, titles and "w/o" left out."""
    parts = map(letters, re.split(r"[\s,.^=/;:()\[\]]+", value))
    return tuple(p for p in parts if p and p not in words("titles") and p not in words("links"))


def _person(value: str) -> Iterator[Form]:
    parts = name_parts(value)
    if len(parts) < 2:
        yield from (_only_name(part) for part in parts)
        return
    yield Form("".join(parts), "full", True, Edge.WORD)
    for order in permutations(parts[:4]):
        yield Form("".join(order), "order", True, Edge.WORD)
    for one, two in permutations([p for p in parts if len(p) >= MIN_STREAM], 2):
        yield Form(one + two, "pair", not (common(one) and common(two)), Edge.WORD)
    for part in parts:
        yield Form(part, "token", False, _token_edge(part))
    for surname, given in ((parts[-1], parts[:-1]), (parts[0], parts[1:])):
        if len(surname) >= MIN_STREAM:
            for initials in dict.fromkeys((given[0][0], "".join(g[0] for g in given))):
                yield Form(initials + surname, "initials", True, Edge.INITIALS)
                yield Form(surname + initials, "initials", True, Edge.INITIALS)


def _only_name(part: str) -> Form:
    sure = len(part) >= SURE_TOKEN and not common(part) and part not in words("dummies")
    return Form(part, "full" if sure else "token", sure, _token_edge(part))


def _token_edge(word: str) -> Edge:
    return Edge.TITLE if word in words("ordinary") else Edge.SOLID


def common(word: str) -> bool:
    """Whether a word is the name of so many, or so ordinary a word, that it says little."""
    return word in words("common_names") or word in words("ordinary")


def _organisation(value: str) -> Iterator[Form]:
    head, *rest = [part for part in re.split(r"[,;()]", value) if letters(part)] or [value]
    parts = _words_of(head)
    own = [p for p in parts if p not in words("hospital_words") and p not in words("regions")]
    telling = bool(own) and (len(parts) > 1 or (len(parts[0]) >= SURE_TOKEN and not common(parts[0])))
    yield Form(letters(value), "full", telling or bool(rest), Edge.WORD)
    yield Form("".join(parts), "full", telling, Edge.WORD)
    if len(own) == 1 and len(parts) > 1 and len(own[0]) > MIN_STREAM:
        yield Form(own[0], "token", False, Edge.TITLE)
    elif 1 < len(own) < len(parts):
        yield Form("".join(own), "core", not all(map(common, own)), Edge.WORD)
    initials = "".join(p[0] for p in parts if p not in {"of", "and", "the", "for"})
    if len(initials) >= 4:
        yield Form(initials, "acronym", True, Edge.CAPITALS)
    for part in rest:
        if re.fullmatch(r"\s*[A-Z]{4,}\s*", part):
            yield Form(letters(part), "acronym", True, Edge.CAPITALS)
        else:
            yield from _one_place(part, "place-part")


def own_words(identifier: Identifier) -> tuple[str, ...]:
    """The folded words that an organisation or a place does not share with others of its kind."""
    shared = (
        ("regions", "place_noise", "place_words")
        if identifier.kind is Kind.PLACE
        else ("regions", "hospital_words")
    )
    spoken = [w for w in _words_of(identifier.value) if not w.isdigit()]
    return tuple(w for w in spoken if not any(w in words(group) for group in shared))


def _place(value: str) -> Iterator[Form]:
    yield Form(letters(value), "full", "," in value, Edge.WORD)
    for part in re.split(r"[,;()]", value):
        yield from _one_place(part, "place")


def _one_place(text: str, rule: str) -> Iterator[Form]:
    everything = [p for p in _words_of(text) if not p.isdigit()]
    own = [p for p in everything if p not in words("place_words") and p not in words("place_noise")]
    ordinary = all(map(common, own))
    parts = everything if ordinary else own  # "Model Town" says something, "Model" nothing
    stream = "".join(parts)
    if not own or stream in words("regions"):
        return
    edge = Edge.WORD if len(parts) > 1 else _token_edge(stream)
    yield Form(stream, rule, rule == "place" and not ordinary and len(stream) >= SURE_TOKEN, edge)


def _address(value: str) -> Iterator[Form]:
    yield Form(letters(value), "full", True, Edge.FREE if len(letters(value)) >= 12 else Edge.CODE)
    for pin in re.findall(r"(?<!\d)\d{3}\s?\d{3}(?!\d)", value):
        yield Form(letters(pin), "pin code", True, Edge.DIGITS)
    for part in re.split(r"[,;\n]", value):
        stream = letters(part)
        if any(c.isdigit() for c in stream) and any(c.isalpha() for c in stream) and len(stream) >= 6:
            yield Form(stream, "part", True, Edge.CODE)
        elif len(_words_of(part)) >= 3 and stream not in words("regions"):
            yield Form(stream, "part", True, Edge.WORD)
        else:
            yield from _one_place(part, "address-place")


def _number(value: str) -> Iterator[Form]:
    stream = letters(value)
    digits = "".join(c for c in stream if c.isdigit()).lstrip("0")
    edge = Edge.DIGITS if stream.isdigit() else Edge.CODE
    sure = len(stream) >= SURE_NUMBER and bool(digits)
    yield Form(stream, "full" if sure else "short", sure, edge)
    for run in (digits, *(letters(run).lstrip("0") for run in re.findall(r"\d+", value))):
        if len(run) >= SURE_NUMBER:
            yield Form(run, "digits", True, Edge.DIGITS)
    if stream.isdigit() and MIN_STREAM < len(digits) < SURE_NUMBER:
        yield Form(digits, "short", False, Edge.DIGITS)
    if stream.isdigit() and len(stream) == 12:  # an Aadhaar number is shown as XXXX XXXX 1234
        yield Form(stream[:8], "first eight", True, Edge.DIGITS)
        yield Form("x" * 8 + stream[8:], "masked", True, Edge.CODE)


def _phone(value: str) -> Iterator[Form]:
    digits = "".join(c for c in letters(value) if c.isdigit())
    local = digits[-10:] if len(digits) > 10 else digits
    hard = len(local) >= 7
    for prefix in ("", "0", "91", "091", "0091"):
        yield Form(prefix + local, "full", hard, Edge.DIGITS)
    yield Form(digits, "full", hard, Edge.DIGITS)
    if len(local) == 10:
        for shown in (2, 3, 4):
            yield Form(local[:shown] + "x" * (6 - shown + 2) + local[8:], "masked", True, Edge.CODE)
        yield Form("x" * 6 + local[6:], "masked", True, Edge.CODE)


def _email(value: str) -> Iterator[Form]:
    local = letters(value.partition("@")[0])
    yield Form(letters(value), "full", True, Edge.FREE)
    yield Form(local, "mailbox", len(local) >= 6 and any(c.isdigit() for c in local), Edge.CODE)


def _post(value: str) -> Iterator[Form]:
    bare = re.sub(r"^(https?://)?(www\.)?", "", value.strip())
    stream = letters(bare)
    yield Form(stream, "full", len(stream) >= SURE_TOKEN, Edge.FREE if len(stream) >= 12 else Edge.CODE)
    last = letters(re.split(r"[/?=&]", bare.rstrip("/"))[-1])
    if last != stream and (len(last) >= 10 or (len(last) >= 6 and any(c.isdigit() for c in last))):
        yield Form(last, "part", True, Edge.CODE)


@cache
def months() -> tuple[tuple[str, ...], ...]:
    """For each month its folded names: English, English short, Hindi, Punjabi."""
    table = resources.data("templates/rules/identifier-words.yaml")["months"]
    return tuple(tuple(dict.fromkeys(letters(name) for name in row)) for row in table)


def _date(value: str) -> Iterator[Form]:
    date = real_date(value)
    if date is None:
        return
    days = dict.fromkeys((f"{date.day}", f"{date.day:02d}"))
    numbers = dict.fromkeys((f"{date.month}", f"{date.month:02d}"))
    years = (f"{date.year}", f"{date.year % 100:02d}")
    suffix = "th" if 10 <= date.day <= 20 else {1: "st", 2: "nd", 3: "rd"}.get(date.day % 10, "th")
    for day in days:
        for month in numbers:
            yield Form(years[0] + month + day, "year first", True, Edge.DATE)
            for year in years:
                yield Form(day + month + year, "day first", True, Edge.DATE)
                yield Form(month + day + year, "month first", True, Edge.DATE)
        for month in months()[date.month - 1]:
            for ordinal in (day, day + suffix):
                for of in ("", "of"):
                    for year in years:
                        yield Form(ordinal + of + month + year, "day month year", True, Edge.CODE)
                    yield Form(ordinal + of + month, "day month", False, Edge.DAY_MONTH)
                for year in years:
                    yield Form(month + ordinal + year, "month day year", True, Edge.CODE)
                yield Form(month + ordinal, "day month", False, Edge.DAY_MONTH)
            yield Form(years[0] + month + day, "year month day", True, Edge.CODE)


def _words_of(text: str) -> list[str]:
    return [w for w in map(letters, re.split(r"[\s,.;:()/]+", text)) if w]


_WRITTEN: dict[Kind, Callable[[str], Iterator[Form]]] = {
    Kind.NAME: _person,
    Kind.RELATIVE: _person,
    Kind.DOCTOR: _person,
    Kind.DATE: _date,
    Kind.NUMBER: _number,
    Kind.PHONE: _phone,
    Kind.EMAIL: _email,
    Kind.ADDRESS: _address,
    Kind.PLACE: _place,
    Kind.HOSPITAL: _organisation,
    Kind.EMPLOYER: _organisation,
    Kind.POST: _post,
}
