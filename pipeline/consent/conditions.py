"""When does a rule apply? Conditions are data, read here and never run as code.

    {}                                      always
    {patient.deceased: true}                a plain value means "equal to"
    {patient.age_years: {ge: 7, lt: 12}}    every comparison of a line must hold, and every line
    {any: [ … ]}  {all: [ … ]}  {not: { … }}

Comparisons: lt, le, gt, ge, in (one of a list), has (a list that contains). A fact nobody knows about is our
own mistake and raises KeyError: silence is never "no".
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping
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
    return all(_line(name, wanted, facts) for name, wanted in condition.items())


def names(condition: Mapping[str, Any]) -> set[str]:
    """Every fact that a condition asks about."""
    found: set[str] = set()
    for name, wanted in condition.items():
        if name in {"any", "all"}:
            found = found.union(*(names(part) for part in wanted))
        else:
            found |= names(wanted) if name == "not" else {name}
    return found


def _line(name: str, wanted: Any, facts: Mapping[str, Any]) -> bool:
    if name == "any":
        return any(holds(part, facts) for part in wanted)
    if name == "all":
        return all(holds(part, facts) for part in wanted)
    if name == "not":
        return not holds(wanted, facts)
    value = fact(name, facts)
    if not isinstance(wanted, Mapping):
        return bool(value == wanted)
    return value is not None and all(COMPARE[how](value, limit) for how, limit in wanted.items())


def fact(name: str, facts: Mapping[str, Any]) -> Any:
    """The fact "patient.age_years". Below something that is not there (None) there is nothing (None)."""
    here: Any = facts
    for part in name.split("."):
        if here is None:
            return None
        here = here[part]
    return here
