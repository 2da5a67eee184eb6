"""When does a rule apply? Conditions are data, read here and never run as code.

    {}                                      always
    {patient.deceased: true}                a plain value means "equal to"
    {patient.age_years: {ge: 7, lt: 12}}    every comparison of a line must hold, and every line
    {any: [ … ]}  {all: [ … ]}  {not: { … }}

Comparisons: lt, le, gt, ge, in (one of a list), has (a list that contains). A fact that does not exist is our
own mistake and raises KeyError: silence is never "no". `holds` answers about facts that are all there, with
None for "there is none"; `truth` about facts that may be unknown, with None for "nobody said".
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterable, Mapping
from typing import Any

COMPARE: dict[str, Callable[[Any, Any], bool]] = {
    "lt": operator.lt,
    "le": operator.le,
    "gt": operator.gt,
    "ge": operator.ge,
    "in": lambda value, allowed: value in allowed,
    "has": lambda value, wanted: wanted in value,
}


def holds(condition: Mapping[str, Any], facts: Mapping[str, Any]) -> bool:
    """Is `condition` true of `facts`? Raises KeyError for a fact or a comparison that does not exist."""
    return bool(_every(_line(name, wanted, facts, _compared) for name, wanted in condition.items()))


def truth(condition: Mapping[str, Any], facts: Mapping[str, Any]) -> bool | None:
    """Is `condition` true of `facts`, some of which are unknown (None)? None when it depends on those.

    Kleene's strong three-valued logic: an answer that is given stays the same whatever is learned later.
    Raises KeyError as `holds` does.
    """
    return _every(_line(name, wanted, facts, _judged) for name, wanted in condition.items())


def names(condition: Mapping[str, Any]) -> set[str]:
    """Every fact that a condition asks about."""
    found: set[str] = set()
    for name, wanted in condition.items():
        if name in {"any", "all"}:
            found = found.union(*(names(part) for part in wanted))
        else:
            found |= names(wanted) if name == "not" else {name}
    return found


def unknown(condition: Mapping[str, Any], facts: Mapping[str, Any]) -> set[str]:
    """The unknown facts on which `truth` depends: parts that are decided without them ask nothing."""
    found: set[str] = set()
    if truth(condition, facts) is not None:
        return found
    for name, wanted in condition.items():
        if truth({name: wanted}, facts) is not None:
            continue
        parts = wanted if name in {"any", "all"} else [wanted] if name == "not" else ()
        found = found.union(*(unknown(part, facts) for part in parts if truth(part, facts) is None))
        found |= set() if parts else {name}
    return found


Compared = Callable[[Any, Any], bool | None]


def _line(name: str, wanted: Any, facts: Mapping[str, Any], compared: Compared) -> bool | None:
    def whole(part: Mapping[str, Any]) -> bool | None:
        return _every(_line(inner, limit, facts, compared) for inner, limit in part.items())

    if name == "all":
        return _every(whole(part) for part in wanted)
    if name == "any":
        return _denied(_every(_denied(whole(part)) for part in wanted))
    if name == "not":
        return _denied(whole(wanted))
    return compared(fact(name, facts), wanted)


def _compared(value: Any, wanted: Any) -> bool:
    if not isinstance(wanted, Mapping):
        return bool(value == wanted)
    return value is not None and all(COMPARE[how](value, limit) for how, limit in wanted.items())


def _judged(value: Any, wanted: Any) -> bool | None:
    for how in wanted if isinstance(wanted, Mapping) else ():
        COMPARE[how]  # a comparison that does not exist is our mistake, also where nothing is known
    return None if value is None else _compared(value, wanted)


def _denied(answer: bool | None) -> bool | None:
    return None if answer is None else not answer


def _every(answers: Iterable[bool | None]) -> bool | None:
    """False if one is; else None if one is unknown; else True."""
    listed = tuple(answers)  # all of them: a fact that does not exist is an error wherever it stands
    return False if False in listed else None if None in listed else True


def fact(name: str, facts: Mapping[str, Any]) -> Any:
    """The fact "patient.age_years". Below something that is not there (None) there is nothing (None)."""
    here: Any = facts
    for part in name.split("."):
        if here is None:
            return None
        here = here[part]
    return here
