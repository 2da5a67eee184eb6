"""Laboratory results and reference ranges as numbers: "12.0–15.0", "<5", "≥ 60". What is unclear is not read.

A flag or a point in a plot that rests on a guess misleads; so all that is not exactly a number, a bound or
two numbers with a dash or "to" between them gives None.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

# 1,234.5 and 1,50,000 (Indian grouping): a comma stands before groups of 2 or 3 digits, the last of 3.
NUMBER = r"[-−+]?(?:\d{1,3}(?:,\d{2,3})*,\d{3}|\d{1,9})(?:\.\d{1,6})?"
BOUND = re.compile(rf"(<=|>=|<|>|≤|≥|≦|≧|up to|below|above|under|over)\s*({NUMBER})", re.IGNORECASE)
ONE = re.compile(NUMBER)
TWO = re.compile(rf"({NUMBER})\s*(?:–|—|-|−|to)\s*({NUMBER})", re.IGNORECASE)
AT_MOST, BELOW = {"<=", "≤", "≦", "up to"}, {"<", "below", "under"}
AT_LEAST = {">=", "≥", "≧"}


@dataclass(frozen=True, slots=True)
class Span:
    """Numbers from `low` to `high`; None is no limit, `*_open` leaves out the limit itself."""

    low: float | None
    high: float | None
    low_open: bool = False
    high_open: bool = False


def reference(text: str) -> Span | None:
    """A reference range: "12–15", "<5", "≥ 60", "up to 40"."""
    if pair := TWO.fullmatch(text.strip()):
        low, high = _number(pair[1]), _number(pair[2])
        return Span(low, high) if low <= high else None
    return _bound(text)


def result(text: str) -> Span | None:
    """A result: "9.8" is a span of one number, "<0.5" is everything below it."""
    if ONE.fullmatch(text.strip()):
        value = _number(text.strip())
        return Span(value, value)
    return _bound(text)


def flag(measured: str, normal: str) -> str:
    """Whether a result is "low" or "high"; "" when it may lie inside, or one of the two is no number."""
    found, range_ = result(measured), reference(normal)
    if found is None or range_ is None:
        return ""
    if _below(found.high, range_.low, found.high_open or range_.low_open):
        return "low"
    return "high" if _below(range_.high, found.low, found.low_open or range_.high_open) else ""


def _below(lower: float | None, upper: float | None, touching: bool) -> bool:
    if lower is None or upper is None:
        return False
    return lower < upper or (touching and lower == upper)


def _bound(text: str) -> Span | None:
    found = BOUND.fullmatch(text.strip())
    if not found:
        return None
    sign, value = found[1].lower(), _number(found[2])
    if sign in AT_MOST or sign in BELOW:
        return Span(None, value, high_open=sign in BELOW)
    return Span(value, None, low_open=sign not in AT_LEAST)


def _number(text: str) -> float:
    return float(text.replace(",", "").replace("−", "-"))
