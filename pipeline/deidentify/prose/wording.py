"""What stands in the place of an identifier, so that the sentence still reads well.

A name becomes the role its bearer plays; a number, phone or address becomes a bracket that says what was
there. ICMJE asks to omit identifying details that are not essential and not to falsify the others: nothing is
made up.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from functools import cache
from typing import NamedTuple

from pipeline.core import resources
from pipeline.core.fold import letters
from pipeline.core.identity import Identifier, Kind
from pipeline.core.match import PEOPLE, Hit
from pipeline.deidentify.prose.datewords import sentence_start

BACK = 60  # characters looked at in front of a name


class Said(NamedTuple):
    """`prose[start:end]` becomes `words`."""

    start: int
    end: int
    words: str


def replace(prose: str, hit: Hit, ours: frozenset[str]) -> Said:
    """The replacement of one find. `ours` holds the folded names of the authors' own institutions."""
    worded = _place if hit.rule in {"place-part", "address-place"} else _WORDED[hit.identifier.kind]
    said = worded(prose, hit, ours)
    start, end = _with_markup(prose, said.start, said.end)
    if not said.words:
        return Said(start, end, "")
    if said.words.split()[0] in {"the", "a", "an", "our", "their"}:
        start = _back(prose, start, _ARTICLE)
    words = said.words
    if sentence_start(prose, start):
        words = words[:1].upper() + words[1:]
    return Said(start, end, words)


def role(identifier: Identifier) -> str:
    """What a person is called: the patient, the patient's husband, the treating doctor."""
    if identifier.kind is Kind.NAME:
        return "the patient"
    if identifier.kind is Kind.DOCTOR:
        return "the treating doctor"
    relation = identifier.relation.lower()
    return f"the patient's {relation}" if relation in _raw("relations") else "a relative of the patient"


def title_before(prose: str, start: int) -> str:
    """The title in front of a name, folded; "" when there is none."""
    found = _TITLE.search(prose, max(0, start - BACK), start)
    return letters(found[1]) if found else ""


def relation_before(prose: str, start: int) -> str:
    """The word for a relative in front of a name ("her husband, Mr"), or ""."""
    found = _apposed("relations").search(prose, 0, _back(prose, start, _TITLE))
    return found[1].lower() if found else ""


def kept_as_someone_else(prose: str, hit: Hit) -> bool:
    """Whether a single name part names a disease ("Hodgkin lymphoma") or a cited author ("Singh et al.")."""
    if hit.rule != "token":
        return False
    follows = _NEXT_WORD.match(prose, hit.end)
    cited = _CITED.match(prose, hit.end)
    own_key = cited and cited["key"] and cited["key"].lower().startswith(letters(prose[hit.start : hit.end]))
    eponym = follows and follows[1].lower() in _raw("eponym_heads")
    return bool(eponym or own_key or (cited and not cited["key"]))


def month_here(prose: str, hit: Hit) -> bool:
    """Is a name that is also a month (May, June) used as the month: "in May", "May 2024"?"""
    if prose[hit.start : hit.end].casefold() not in _raw("months"):
        return False
    return bool(_IN_MONTH.search(prose, 0, hit.start) or re.compile(r"\s*\d").match(prose, hit.end))


def ordinary_word(prose: str, hit: Hit) -> bool:
    """Whether a single name part is a word of the language ("Day", "Grace") without a title in front.

    Two parts of one name beside each other are one find of their own; they never come here.
    """
    shown = letters(prose[hit.start : hit.end])
    alone = hit.rule == "token" and hit.identifier.kind in PEOPLE and not title_before(prose, hit.start)
    return alone and shown in _raw("ordinary") and shown not in _raw("names_first")


def labelled(prose: str, start: int) -> bool:
    """Whether a short number is announced as one that identifies: "UHID: 4521"."""
    return _LABEL.search(prose, max(0, start - BACK), start) is not None


def joins_places(between: str) -> bool:
    """Whether two place names with this between them are one description: "Kot Kalan, tehsil Phillaur"."""
    return _BETWEEN_PLACES.fullmatch(between) is not None


# --- each kind ------------------------------------------------------------------------------------------


def _person(prose: str, hit: Hit, _ours: frozenset[str]) -> Said:
    start, end = _back(prose, hit.start, _TITLE), hit.end
    if honorific := _HONORIFIC.match(prose, end):
        end = honorific.end()
    groups = {Kind.NAME: "patient_words", Kind.RELATIVE: "relations", Kind.DOCTOR: "doctor_words"}
    for before in (_NAMED, _apposed(groups[hit.identifier.kind])):
        if found := before.search(prose, max(0, start - BACK), start):
            gap_start, gap = found.start("gap"), found["gap"]
            if "(" in gap and prose[end : end + 1] != ")":
                continue
            closes = "(" in gap or ("," in gap and prose[end : end + 1] == ",")
            return Said(gap_start, end + closes, "")
    return Said(start, end, role(hit.identifier))


def _place(prose: str, hit: Hit, _ours: frozenset[str]) -> Said:
    table: dict[str, str] = resources.data(WORDS)["place_words"]
    start, end = hit.start, hit.end
    shown = letters(prose[start:end])
    inside = [w for w in re.findall(r"\w+", prose[start:end].lower()) if w in table]
    listed = [part for part in re.split(r"[,;()]", hit.identifier.value) if shown in letters(part)]
    said = [w for part in listed for w in re.findall(r"\w+", part.lower()) if w in table]
    if before := _PLACE_BEFORE.search(prose, max(0, start - BACK), start):
        start, inside = before.start(), [before[1].lower(), *inside]
    elif after := _PLACE_AFTER.match(prose, end):
        end, inside = after.end(), [after[1].lower(), *inside]
    word = next(iter((*inside, *said)), "")
    living_there = _LIVING.search(prose, max(0, start - BACK), start)
    return Said(start, end, table.get(word, "the region" if living_there else "their place of residence"))


def _hospital(_prose: str, hit: Hit, ours: frozenset[str]) -> Said:
    if is_ours(hit.identifier.value, ours):
        return Said(hit.start, hit.end, "our hospital")
    words = re.findall(r"\w+", hit.identifier.value.lower())
    kinds = (("laboratory_words", "a laboratory"), ("imaging_words", "an imaging centre"))
    named = next((phrase for group, phrase in kinds if any(w in _raw(group) for w in words)), "a hospital")
    return Said(hit.start, hit.end, named)


def is_ours(name: str, ours: Iterable[str]) -> bool:
    """Whether a hospital's name is that of an author's institution, give or take a city behind a comma."""
    full, head = letters(name), letters(name.split(",")[0])
    return any(full == own or head == own or own in full for own in ours)


def _employer(_prose: str, hit: Hit, _ours: frozenset[str]) -> Said:
    words = re.findall(r"\w+", hit.identifier.value.lower())
    kinds = (("school_words", "a school"), ("college_words", "a college"))
    named = next(
        (phrase for group, phrase in kinds if any(w in _raw(group) for w in words)), "their workplace"
    )
    return Said(hit.start, hit.end, named)


def _bracket(what: str) -> Callable[[str, Hit, frozenset[str]], Said]:
    def said(prose: str, hit: Hit, _ours: frozenset[str]) -> Said:
        opened, closed = _OPENS.search(prose, 0, hit.start), _CLOSES.match(prose, hit.end)
        if opened and closed:  # "(registration number 25-0044)": nothing is left to say
            return Said(opened.start(), closed.end(), "")
        handle = prose[hit.start - 1 : hit.start] == "@"
        return Said(hit.start - handle, hit.end, f"[{what} removed]")

    return said


_WORDED: dict[Kind, Callable[[str, Hit, frozenset[str]], Said]] = {
    Kind.NAME: _person,
    Kind.RELATIVE: _person,
    Kind.DOCTOR: _person,
    Kind.PLACE: _place,
    Kind.HOSPITAL: _hospital,
    Kind.EMPLOYER: _employer,
    Kind.DATE: _bracket("date"),
    Kind.NUMBER: _bracket("number"),
    Kind.PHONE: _bracket("phone number"),
    Kind.EMAIL: _bracket("e-mail address"),
    Kind.ADDRESS: _bracket("address"),
    Kind.POST: _bracket("link"),
}

# --- the words around a find -------------------------------------------------------------------------------

WORDS = "templates/rules/identifier-words.yaml"


@cache
def _raw(group: str) -> frozenset[str]:
    return frozenset(resources.data(WORDS)[group])


def _any_of(group: str) -> str:
    return "|".join(re.escape(word) for word in sorted(_raw(group), key=lambda w: (-len(w), w)))


@cache
def _apposed(group: str) -> re.Pattern[str]:
    return re.compile(rf"\b({_any_of(group)})(?P<gap>,\s*|\s*\(\s*|\s+)$", re.IGNORECASE)


_TITLE = re.compile(rf"(?<!\w)({_any_of('titles')})(?:\.\s*|\s+)$", re.IGNORECASE)
_HONORIFIC = re.compile(r"[ -](?:ji|saheb|sahib)\b")
_NAMED = re.compile(r"(?P<gap>,?\s*\b(?:named|called|by the name of|known as|alias)\s+)$")
_NEXT_WORD = re.compile(r"(?:['’]s)?\s+(\w+)")
_CITED = re.compile(
    r"(?:\s+(?:and|&)\s+[A-Z]\w+)?,?\s*(?:et al\b|and (?:colleagues|co-?workers|associates)|\[@(?P<key>\w+))"
)
_OPENS = re.compile(r"\s*\([^\W\d_.]*(?:[ .:#-]+[^\W\d_.]+){0,5}[ .:#-]*$")
_CLOSES = re.compile(r"\s*\)")
_ARTICLE = re.compile(r"(?<!\w)(?:the|an?)\s+$", re.IGNORECASE)
_IN_MONTH = re.compile(
    r"\b(?:in|since|until|till|from|by|of|last|early|late|mid|before|after|during)[ -]+$", re.IGNORECASE
)
_LABEL = re.compile(
    r"\b(?:no|number|id|uhid|mrn|mrd|ipd|opd|cr|reg|registration|accession|hospital|file|case|sample|lab|specimen)"
    r"\.?\s*[:#-]?\s*$",
    re.IGNORECASE,
)
_PLACE_BEFORE = re.compile(
    rf"\b({_any_of('place_words')})\b\.?\s+(?:of\s+|called\s+|named\s+)?$", re.IGNORECASE
)
_PLACE_AFTER = re.compile(rf"\s+({_any_of('place_words')})\b", re.IGNORECASE)
_LIVING = re.compile(
    r"\b(?:from|resident of|native of|resid\w+ (?:in|at)|liv\w+ (?:in|at))\s+$", re.IGNORECASE
)
_BETWEEN_PLACES = re.compile(
    rf"[\s,]*(?:(?:in|of|near|at|{_any_of('place_words')})\b\.?[\s,]*)*", re.IGNORECASE
)


def _back(prose: str, start: int, before: re.Pattern[str]) -> int:
    """Where the words that `before` describes begin, all that stand directly in front of `start`."""
    while found := before.search(prose, max(0, start - BACK), start):
        start = found.start()
    return start


def _with_markup(prose: str, start: int, end: int) -> tuple[int, int]:
    """Take in a mark of emphasis whose partner would be removed: "*Sunita* Sharma"."""
    for mark in "*^~":
        if prose[start:end].count(mark) % 2:
            start -= prose[start - 1 : start] == mark
            end += prose[end : end + 1] == mark and prose[start:end].count(mark) % 2
    return start, end
