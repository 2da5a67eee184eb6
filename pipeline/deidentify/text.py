"""Known identifiers, calendar dates and ages over 89 leave the prose; citations and markup stay untouched."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from pipeline.core.identity import Identifier, Kind, real_date, words
from pipeline.core.match import PEOPLE, Hit, Matcher, longest
from pipeline.core.words import CITATION, REFERENCE
from pipeline.deidentify import dates, wording

OVER = 89  # years; HIPAA Safe Harbor groups all higher ages (45 CFR 164.514(b)(2)(i)(C))


@dataclass(frozen=True, slots=True)
class Change:
    """One replacement: on which line of the prose (from 0), what kind of identifier, by which rule."""

    line: int
    kind: str
    rule: str


@dataclass(frozen=True, slots=True)
class Cleaned:
    """Prose as it may leave, what was replaced, and what a person has to decide."""

    text: str
    changes: tuple[Change, ...] = ()
    problems: tuple[tuple[int, str], ...] = ()  # (line, what): dates that no rule may convert
    look: tuple[tuple[int, str], ...] = ()  # (line, what): worth reading again


class Remover:
    """Removes the identifiers of one case from its prose."""

    def __init__(
        self, known: Iterable[Identifier], calendar: dates.Calendar, ours: Iterable[str] = (), sex: str = ""
    ) -> None:
        self._matcher = Matcher(known)
        self._calendar = calendar
        self._ours = frozenset(ours)
        self._sex = sex

    def clean(self, prose: str, *, convert_dates: bool = True) -> Cleaned:
        """`prose` without what is known to identify.

        `convert_dates=False` leaves dates that nobody listed: an ethics approval has its own.
        """
        changes: list[Change] = []
        problems: list[tuple[int, str]] = []
        look: list[tuple[int, str]] = []
        if convert_dates:
            dated = dates.rewrite(prose, self._calendar)
            changes += [Change(_line(prose, at), Kind.DATE, rule) for at, rule in dated.changes]
            problems += [(_line(prose, p.offset), p.what) for p in dated.problems]
            look += [(_line(prose, at), "month and year") for at in dated.unlisted_months]
            prose = dated.text
        prose = self._without_names(prose, changes, look)
        ages = [found for found in _AGE.finditer(prose) if found["before"] or found["after"]]
        changes += [Change(_line(prose, found.start()), "age", f"over {OVER}") for found in ages]
        return Cleaned(_once(_AGE.sub(_over_89, prose)), tuple(changes), tuple(problems), tuple(look))

    def mentions(self, text: str) -> bool:
        """Whether a short text, such as an id, holds any identifier."""
        return bool(self._matcher.find(text))

    def _without_names(self, prose: str, changes: list[Change], look: list[tuple[int, str]]) -> str:
        marks = [m.span() for rule in (CITATION, REFERENCE) for m in rule.finditer(prose)]
        spans = {Kind.DATE: dates.protected(prose)}  # a date inside a web address is part of the address
        found = [h for h in self._matcher.find(prose) if not _inside(h, spans.get(h.identifier.kind, marks))]
        usable = []
        for hit in longest(found):
            if wording.kept_as_someone_else(prose, hit):
                look.append((_line(prose, hit.start), "someone else"))
            elif hit.rule == "short" and not wording.labelled(prose, hit.start):
                look.append((_line(prose, hit.start), "short number"))
            else:
                usable.append(hit)
        chosen = _joined_places(prose, usable)
        out, at = [], 0
        for hit in chosen:
            owner, sure = self._owner(prose, hit, found)
            if not sure:
                look.append((_line(prose, hit.start), "shared name"))
            said = self._said(prose, Hit(hit.start, hit.end, owner, hit.rule, hit.hard))
            out += [prose[at : max(at, said.start)], said.words]
            at = max(at, said.end)
            changes.append(Change(_line(prose, hit.start), owner.kind, hit.rule))
        return "".join((*out, prose[at:]))

    def _said(self, prose: str, hit: Hit) -> wording.Said:
        date = real_date(hit.identifier.value)
        if date and hit.identifier.kind is Kind.DATE:
            return wording.Said(hit.start, hit.end, dates.said(self._calendar, date))
        return wording.replace(prose, hit, self._ours)

    def _owner(self, prose: str, hit: Hit, hits: list[Hit]) -> tuple[Identifier, bool]:
        """Whose name this is, and whether that is sure. Families share surnames; titles tell them apart."""
        same = [h.identifier for h in hits if (h.start, h.end) == (hit.start, hit.end)]
        people = {wording.role(i): i for i in same if i.kind in PEOPLE}
        if len(people) < 2 or hit.identifier.kind not in PEOPLE:
            return hit.identifier, True
        title, relation = wording.title_before(prose, hit.start), wording.relation_before(prose, hit.start)
        of_kind = {kind: [who for who in people.values() if who.kind is kind] for kind in PEOPLE}
        if title in {"dr", "doctor", "prof", "professor"} and of_kind[Kind.DOCTOR]:
            return of_kind[Kind.DOCTOR][0], True
        if relation and of_kind[Kind.RELATIVE]:
            fitting = [who for who in of_kind[Kind.RELATIVE] if who.relation.lower() == relation]
            return (fitting or of_kind[Kind.RELATIVE])[0], bool(fitting)
        other_sex = words({"female": "male_titles", "male": "female_titles"}.get(self._sex, "no_titles"))
        patient = [who for who in of_kind[Kind.NAME] if title not in other_sex]
        others = (*of_kind[Kind.RELATIVE], *of_kind[Kind.DOCTOR])
        return (*patient, *others)[0], bool(title and patient)


_AGE = re.compile(
    r"\b(?:(?P<article>[Aa]n?)\s+)?(?P<before>(?:aged|age of|age)\s+(?:about\s+)?)?"
    r"(?P<years>9\d|1[01]\d|120)(?!\s*(?:days?|weeks?|months?|hours?|minutes?)\b)"
    r"(?P<after>[-\s]years?[-\s]old|\s*(?:years|yrs)\s+of\s+age|\s*y/?o\b|\s?/\s?[MF]\b)?"
)


def _over_89(found: re.Match[str]) -> str:
    if not found["before"] and not found["after"]:
        return found[0]
    number = f"over-{OVER}" if (found["after"] or "").startswith("-") else f"over {OVER}"
    article = {"a": "an ", "A": "An "}.get((found["article"] or "")[:1], "")
    return f"{article}{found['before'] or ''}{number}{found['after'] or ''}"


def _inside(hit: Hit, spans: list[tuple[int, int]]) -> bool:
    return any(hit.start < end and start < hit.end for start, end in spans)


def _joined_places(prose: str, hits: list[Hit]) -> list[Hit]:
    """Places that follow each other or a hospital ("Kot Kalan, tehsil Phillaur") are described once."""
    kept: list[Hit] = []
    for hit in hits:
        last = kept[-1] if kept else None
        local = hit.identifier.kind is Kind.PLACE or hit.rule in {"place-part", "address-place"}
        follows = last and local and last.identifier.kind in {Kind.PLACE, Kind.HOSPITAL, Kind.ADDRESS}
        if last and follows and wording.joins_places(prose[last.end : hit.start]):
            kept[-1] = Hit(last.start, hit.end, last.identifier, last.rule, last.hard)
        else:
            kept.append(hit)
    return kept


def _once(prose: str) -> str:
    """Say it once: not "the patient (the patient)", not "[address removed], [address removed]"."""
    named = re.sub(r"\b([Tt]he patient)(?:,? \(?the patient\)?)+(?!['’]s)", r"\1", prose)
    return re.sub(r"(\[[a-z -]+ removed\])(?:[,;\s]+\1)+", r"\1", named)


def _line(prose: str, offset: int) -> int:
    return prose.count("\n", 0, offset)
