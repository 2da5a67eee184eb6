"""Values with a grammar of their own: numbers, ages, dates and times as text (PS3.5 6.2).

Whoever writes a telephone number where a length belongs keeps to the grammar. So what is known of the patient
is looked for in numbers as well.
"""

from __future__ import annotations

import re

from pipeline.core.match import Matcher
from pipeline.deidentify.headers.header import Header

OLDEST = "090Y"  # HIPAA Safe Harbor: ages over 89 become one group
LONG = 6  # digits from which a number can be somebody's
BY_CHANCE = 8  # characters: a shorter number with a decimal point inside is a measurement
DATES = (0x00080020, 0x00080021, 0x00080022, 0x00080023, 0x00100030)  # study … content; birth
_DATE = re.compile(r"(\d{4})\.?(\d\d)\.?(\d\d)", re.ASCII)
_AGE = re.compile(r"\s*(\d{1,5})([YMWD])\s*", re.ASCII)
_PER_YEAR = {"Y": 1.0, "M": 12.0, "W": 52.18, "D": 365.25}


def dates(top: Header) -> frozenset[str]:
    """The dates that a file states of itself, year first and day first, as eight digits."""
    found = (_DATE.match(top.raw(tag).decode("latin-1").strip()) for tag in DATES)
    days = [date.groups() for date in found if date]
    return frozenset(form for y, m, d in days for form in (y + m + d, d + m + y))


def over_89(age: str) -> bool:
    """Whether an age (AS) is more than 89 years."""
    found = _AGE.fullmatch(age)
    return found is not None and int(found[1]) / _PER_YEAR[found[2]] >= 90


def somebodys(text: str, known: Matcher, dates: frozenset[str]) -> bool:
    """Whether one of the numbers in a value is known, or begins with a date of this file."""
    if len(text) < LONG:
        return False
    found = (text[hit.start : hit.end] for hit in known.find(text))
    return any("\\" not in one and ("." not in one or len(one) > BY_CHANCE) for one in found) or (
        any(date in text for date in dates)
        and any(part.strip(" \0+-")[:8] in dates for part in text.split("\\"))
    )
