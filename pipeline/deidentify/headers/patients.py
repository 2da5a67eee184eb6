"""Whose a file is: files of one patient get one number and move by the same days, whatever each of them says.

Files of one study are of one patient (PS3.3 A.1.2), also where the number was mistyped, left out or
replaced in some of them. Two numbers that share a study, and a name if there is one, are one patient's in all
other studies too.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from pipeline.core.fold import letters
from pipeline.core.identity import words


@dataclass(frozen=True, slots=True)
class Owner:
    """What one file says."""

    number: str = field(repr=False)  # Patient ID
    name: str = field(repr=False)
    study: str = field(repr=False)  # its instance UID


@dataclass(frozen=True, slots=True)
class Patients:
    """The patients of a folder; where nothing is known of it, each file is taken at its word."""

    numbers: Mapping[str, str] = field(
        default_factory=dict, repr=False
    )  # number -> the one that stands for it
    studies: Mapping[str, str] = field(default_factory=dict, repr=False)  # study -> whose it is
    mixed: frozenset[str] = field(default=frozenset(), repr=False)  # studies with several numbers

    def whose(self, owner: Owner) -> str:
        """What tells the patient of a file from others: a number, or a name where there is none."""
        of_study = "" if _tells(owner.number) else self.studies.get(owner.study, "")
        return of_study or self.number(owner.number or owner.name)

    def number(self, stated: str) -> str:
        """The number that stands for all numbers of one patient."""
        key = folded(stated)
        return self.numbers.get(key, key)


def folded(number: str) -> str:
    """A number as it is compared: case and spaces say nothing."""
    return "".join(number.casefold().split())


def joined(owners: Iterable[Owner]) -> Patients:
    """The patients of a folder, by what all its files say, in whatever order they come."""
    studies: dict[str, set[Owner]] = defaultdict(set)
    for owner in owners:
        if owner.study:
            studies[owner.study].add(owner)
    lower: dict[str, str] = {}  # a number -> a smaller one of the same patient

    def least(number: str) -> str:
        while number in lower:
            number = lower[number]
        return number

    numbers = {study: _numbers(found) for study, found in studies.items()}
    for names in numbers.values():
        for one, other in _same(names):
            low, high = sorted((least(one), least(other)))
            if low != high:
                lower[high] = low
    unnumbered = {
        study: min(filter(None, (folded(o.number or o.name) for o in found)), default="")
        for study, found in studies.items()
    }
    return Patients(
        {number: least(number) for number in lower},
        {study: least(min(names)) if names else unnumbered[study] for study, names in numbers.items()},
        frozenset(study for study, names in numbers.items() if len({least(n) for n in names}) < len(names)),
    )


def _numbers(owners: Iterable[Owner]) -> dict[str, set[str]]:
    """The numbers of one study, each with the words of the names that stand beside it."""
    found: dict[str, set[str]] = defaultdict(set)
    for owner in owners:
        if _tells(owner.number):
            found[folded(owner.number)] |= {letters(w) for w in _APART.split(owner.name) if _tells(w)}
    return found


def _same(names: Mapping[str, set[str]]) -> Iterator[tuple[str, str]]:
    """Pairs of numbers of one study that are one patient's, as no name speaks against it.

    Some devices give the same study UID to everyone: then not a word of the names agrees.
    """
    first: dict[str, str] = {}
    for number in sorted(names):
        for word in names[number]:
            yield number, first.setdefault(word, number)
        if not names[number]:
            yield number, min(names)


def _tells(number: str) -> bool:
    """Whether a number or name can tell one patient from another: "ANONYMOUS" and "000" stand for many."""
    kept = letters(number)
    return bool(kept.strip("0")) and kept not in words("dummies")


_APART = re.compile(r"[\^=,\s]+")
