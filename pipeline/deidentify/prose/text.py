"""Known identifiers, calendar dates and ages over 89 leave the prose; citations and markup stay untouched."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from pipeline.core.identity import Identifier, Kind, real_date, words
from pipeline.core.match import PEOPLE, Hit, Matcher, longest
from pipeline.core.words import CITATION, REFERENCE
from pipeline.deidentify.prose import dates, datewords, wording
from pipeline.deidentify.prose.edits import Edit, applied

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


OWN_PEOPLE = {Kind.NAME, Kind.RELATIVE}


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
        look: list[tuple[int, str]] = []
        dated = dates.Rewritten(prose, (), (), ())
        if convert_dates:
            dated = dates.rewrite(prose, self._calendar)
        named, hidden = self._without_names(prose, dated.edits, look)
        ages = [_of_age(m, [edit for edit, _ in named]) for m in _AGE.finditer(prose)]
        edits = [(e, str(Kind.DATE)) for e in dated.edits if not _within(e.start, hidden)]
        for kind_edits in (named, [(e, "age") for e in ages if e.words != prose[e.start : e.end]]):
            edits += [(e, kind) for e, kind in kind_edits if not _taken(e, edits)]
        # Everything is replaced in one pass over the text as it was: no rule sees the words of another.
        text = _once(applied(prose, (edit for edit, _ in edits)))
        problems = [(_line(prose, p.offset), p.what) for p in dated.problems if not _within(p.offset, hidden)]
        look += [(_line(prose, at), what) for at, what in dated.look if not _within(at, hidden)]
        changes = [Change(_line(prose, edit.start), kind, edit.rule) for edit, kind in edits]
        return Cleaned(text, tuple(changes), tuple(problems), tuple(look))

    def mentions(self, text: str) -> bool:
        """Whether a short text, such as an id, holds any identifier."""
        return bool(self._matcher.find(text))

    def _without_names(
        self, prose: str, dated: tuple[Edit, ...], look: list[tuple[int, str]]
    ) -> tuple[list[tuple[Edit, str]], list[tuple[int, int]]]:
        """(replacements with their kinds, spans in which no date is judged since all of it is removed)."""
        marks = [m.span() for rule in (CITATION, REFERENCE) for m in rule.finditer(prose)]
        days = [(edit.start, edit.end) for edit in dated]
        # A date inside a web address is part of the address; a listed date that became a day is done.
        spans = {Kind.DATE: [*datewords.protected(prose), *days]}
        found = [h for h in self._matcher.find(prose) if not _inside(h, spans.get(h.identifier.kind, marks))]
        found = [h for h in found if h.hard or not _inside(h, days)]
        usable = []
        for hit in longest(found):
            if wording.kept_as_someone_else(prose, hit):
                look.append((_line(prose, hit.start), "someone else"))
            elif wording.ordinary_word(prose, hit):
                look.append((_line(prose, hit.start), "ordinary word"))
                if hit.identifier.kind in OWN_PEOPLE and not wording.month_here(prose, hit):
                    usable.append(hit)  # the patient's own name: rather a word too many than a name
            elif hit.rule == "short" and not wording.labelled(prose, hit.start):
                look.append((_line(prose, hit.start), "short number"))
            else:
                usable.append(hit)
        edits = []
        for hit in _joined_places(prose, usable):
            owner, sure = self._owner(prose, hit, found)
            if not sure:
                look.append((_line(prose, hit.start), "shared name"))
            said = self._said(prose, Hit(hit.start, hit.end, owner, hit.rule, hit.hard))
            edits.append((Edit(said.start, said.end, said.words, hit.rule), str(owner.kind)))
        return edits, [(hit.start, hit.end) for hit in usable if hit.identifier.kind is not Kind.DATE]

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


_UNITS = "one|two|three|four|five|six|seven|eight|nine"
_NINETY = rf"9\d|1[01]\d|120|(?i:ninety(?:[- ](?:{_UNITS}))?|(?:a|one) hundred(?: and (?:{_UNITS}|ten))?)"
_AGE = re.compile(
    rf"\b(?:(?P<article>[Aa]n?)\s+)?(?P<before>(?:aged|age of|age)\s+(?:about\s+)?)?"
    rf"(?P<years>{_NINETY})\b(?!\s*(?:days?|weeks?|months?|hours?|minutes?)\b)"
    r"(?P<after>[-\s](?:years?|yrs?|y)\.?[-\s]old|\s*(?:years|yrs)\s+of\s+age|\s*y/?o\b|\s?/\s?[MF]\b)?"
    r"(?P<alone>(?=[.,;)](?!\d)|\s+(?:when|and|at the time)\b|\s*$))?"
)
_BEING = re.compile(
    r"\b(?:s?he|who|patient|wom[ae]n|man|lady)\s+(?:was|is|turned)\s+(?:now\s+)?$", re.IGNORECASE
)


def _of_age(found: re.Match[str], names: list[Edit]) -> Edit:
    """The edit for an age: without its article if a name took that for an initial ("Rao A 92-year-old")."""
    said, begin = _over_89(found), found.start()
    initial = found["article"] and any(e.start < found.end("article") and e.end > begin for e in names)
    if initial and said != found[0]:
        begin = found.start("before") if found["before"] else found.start("years")
        said = said[len("an ") :]
    return Edit(begin, found.end(), said, f"over {OVER}")


def _over_89(found: re.Match[str]) -> str:
    being = found["alone"] is not None and _BEING.search(found.string[: found.start()])
    if not found["before"] and not found["after"] and not being:
        return found[0]
    number = f"over-{OVER}" if (found["after"] or "").startswith("-") else f"over {OVER}"
    article = {"a": "an ", "A": "An "}.get((found["article"] or "")[:1], "")
    return f"{article}{found['before'] or ''}{number}{found['after'] or ''}"


def _within(offset: int, spans: list[tuple[int, int]]) -> bool:
    return any(start <= offset < end for start, end in spans)


def _taken(edit: Edit, edits: list[tuple[Edit, str]]) -> bool:
    return any(edit.start < other.end and other.start < edit.end for other, _ in edits)


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
