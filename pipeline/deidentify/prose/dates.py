"""Calendar dates become days counted from Day 0. Nothing is shifted and nothing is guessed.

Journals ask for relative time instead of calendar dates (BMJ Case Reports, guidance on dates), and altered
details must not distort meaning (ICMJE Recommendations, Protection of Research Participants). A date that can
be read in two ways, or that does not exist, is handed back as a problem for a person.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from pipeline.core.identity import Identifier, real_date
from pipeline.deidentify.prose import datewords as dw
from pipeline.deidentify.prose.datewords import month as _month
from pipeline.deidentify.prose.datewords import number as _number
from pipeline.deidentify.prose.edits import Edit, applied

FAR_DAYS = 730  # beyond two years a day count says less than "about 6 years"
LIFETIME = (-100, 1)  # years around Day 0: where eight digits are believed
PLAUSIBLE_YEARS = 10  # "1.2.10" in a record of 2026 is no date
NEAR_YEARS = (-3, 1)  # before and after Day 0: where a year of two digits is believed
BIRTH = "[date of birth removed]"


@dataclass(frozen=True, slots=True)
class Calendar:
    """Day 0 and the dates that the record and private.yaml list."""

    day0: dt.date
    listed: frozenset[dt.date]
    months: frozenset[tuple[int, int]]  # (year, month) of every listed date, and of those known by month only
    birth: dt.date | None = None

    def day(self, date: dt.date) -> int:
        """Days from Day 0 to `date`; negative before it."""
        return (date - self.day0).days

    def near(self, date: dt.date) -> bool:
        """Whether a year of two digits may mean this date: it is listed, or close to Day 0."""
        before, after = NEAR_YEARS
        return date in self.listed or before <= self.day(date) / 365.25 <= after

    def centuries(self, two_digits: int) -> tuple[int, int]:
        """The years that two digits can stand for, the century of Day 0 first."""
        this = self.day0.year - self.day0.year % 100
        return this + two_digits, this - 100 + two_digits


@dataclass(frozen=True, slots=True)
class Problem:
    """A date that no rule may convert. `what` is ambiguous, impossible, yearless or unclear."""

    offset: int
    what: str


@dataclass(frozen=True, slots=True)
class Rewritten:
    """Prose with relative dates. Offsets are those of the prose before."""

    text: str
    edits: tuple[Edit, ...]
    problems: tuple[Problem, ...]
    look: tuple[tuple[int, str], ...]  # (offset, what) of what was left as it is and may be a date


def calendar(day0: str, listed: Iterable[Identifier], months: Iterable[str]) -> Calendar:
    """The calendar of a case. `months` are entries like "2024-11"; `day0` must be a real date."""
    dates = {i.field: real_date(i.value) for i in listed}
    zero = dt.date.fromisoformat(day0)
    known = frozenset({zero, *(date for date in dates.values() if date)})
    by_month = {(int(m[:4]), int(m[5:7])) for m in months}
    return Calendar(
        zero, known, frozenset({(d.year, d.month) for d in known} | by_month), dates.get("birth_date")
    )


# --- the timeline -----------------------------------------------------------------------------------------


def when(known: Calendar, text: str) -> tuple[int, str, bool]:
    """(day, words, exact) of a date field: "2026-03-14", or "2026-03" when only the month is known.

    A month is placed at its middle, the 15th.
    """
    date = real_date(text)
    if date:
        return known.day(date), f"Day {known.day(date)}", True
    year, month = int(text[:4]), int(text[5:7])
    words = _about_month(known, year, month, "before", "after") or "the month of Day 0"
    return known.day(dt.date(year, month, 15)), words, False


def _about_month(known: Calendar, year: int, month: int, before: str, after: str) -> str:
    months = (year - known.day0.year) * 12 + month - known.day0.month
    return f"{_about(months)} {before if months < 0 else after}" if months else ""


def _about(months: int) -> str:
    count, unit = (abs(months), "month") if abs(months) < 24 else (round(abs(months) / 12), "year")
    return f"about {count} {unit}{'s' if count > 1 else ''}"


# --- prose ------------------------------------------------------------------------------------------------


def rewrite(prose: str, known: Calendar) -> Rewritten:
    """`prose` with every calendar date as a day, and what could not be converted."""
    kept_out = dw.protected(prose)
    edits: list[Edit] = []
    problems: list[Problem] = []
    look: list[tuple[int, str]] = []
    judged = list(kept_out)
    for found in dw.DATE.finditer(prose):
        if _meets(found, kept_out):
            continue
        try:
            rule, words = _turned(found, known, prose)
        except _UnclearError as e:
            problems.append(Problem(found.start(), str(e)))
            judged.append(found.span())
            continue
        if words:
            words = _in_sentence(prose, found.start(), words, found["on"])
            edits.append(Edit(found.start(), found.end(), words, rule))
        elif rule == "month and year":
            look.append((found.start(), rule))
        if words or rule != "no date":
            judged.append(found.span())
    whole, unsure = _eight_digits(prose, known, judged)
    edits, problems = edits + whole, problems + unsure
    look += [
        (found.start(), "month and number")
        for found in dw.LEFT_MONTH.finditer(prose)
        if not _meets(found, judged) and not dw.UNIT.match(prose, found.end())
    ]
    return Rewritten(applied(prose, edits), tuple(edits), tuple(problems), tuple(look))


def _meets(found: re.Match[str], spans: Iterable[tuple[int, int]]) -> bool:
    return any(found.start() < end and start < found.end() for start, end in spans)


def _in_sentence(prose: str, start: int, words: str, on: str | None = None) -> str:
    if on and not words.startswith("about"):
        return on.split()[0] + " " + words
    return words[:1].upper() + words[1:] if dw.sentence_start(prose, start) else words


def _eight_digits(
    prose: str, known: Calendar, judged: list[tuple[int, int]]
) -> tuple[list[Edit], list[Problem]]:
    """20250422 is a date when the case has it; otherwise it may be a number, and a person must say."""
    edits, problems = [], []
    first, last = LIFETIME
    for found in dw.EIGHT.finditer(prose):
        digits = found["date"]
        date = _maybe(int(digits[:4]), int(digits[4:6]), int(digits[6:]))
        catalogued = dw.CATALOGUED.search(prose[: found.start()])
        if date is None or catalogued or _meets(found, judged):
            continue
        if date in known.listed:
            edits.append(
                Edit(
                    found.start(), found.end(), _in_sentence(prose, found.start(), said(known, date)), "date"
                )
            )
        elif first <= known.day(date) / 365.25 <= last:
            problems.append(Problem(found.start(), "unclear"))
    return edits, problems


class _UnclearError(ValueError):
    """Says in one word why a date may not be converted."""


def _turned(found: re.Match[str], known: Calendar, prose: str) -> tuple[str, str]:
    """(rule, replacement) of one match; an empty replacement leaves the text as it is."""
    first = next(name for name, value in found.groupdict().items() if value and name != "on")
    return _TURNS[first](found, known, prose)


def _many(found: re.Match[str], known: Calendar, prose: str) -> tuple[str, str]:
    group, named, year = ("many", "many_m", "many_y") if found["many"] else ("span", "span_m1", "span_y")
    month = _month(found[named])
    return _days(found, found[group], known, prose, lambda day: _made(int(found[year]), month, day))


def _many_yearless(found: re.Match[str], known: Calendar, prose: str) -> tuple[str, str]:
    """14–16 March: the year is that of the days among them that are listed."""
    month = _month(found["pm_m"])
    days = {_number(day) for day in dw.DAY.findall(found["pm"])}
    years = {date.year for date in known.listed if date.month == month and date.day in days}
    if len(years) != 1 or dw.YEAR_FOLLOWS.match(prose, found.end()):
        raise _UnclearError("yearless")
    year = years.pop()
    return _days(found, found["pm"], known, prose, lambda day: _made(year, month, day))


def _days(
    found: re.Match[str], days: str, known: Calendar, prose: str, date: Callable[[int], dt.date]
) -> tuple[str, str]:
    last = dw.LAST_DAY.match(days)
    if last and dw.COUNTED.search(
        prose[: found.start()]
    ):  # "on days 3 and 14 March": only the last is a date
        return "date", last[1] + said(known, date(_number(last[2])))
    text = dw.DAY.sub(lambda day: said(known, date(_number(day[0]))), days)
    return "dates", re.sub(r"\s*[–—-]\s*(?=Day|about|\[)", " to ", text)


def _two_months(found: re.Match[str], known: Calendar, _prose: str) -> tuple[str, str]:
    later = _real(found["two_y"], found["two_m2"], found["two_d2"])
    earlier = _real(found["two_y"], found["two_m"], found["two_d"])
    if earlier > later:  # "28 December to 3 January 2026"
        earlier = earlier.replace(year=earlier.year - 1)
    join = re.sub(r"^\s*[–—-]\s*$", " to ", found["two_join"])
    return "dates", f"{said(known, earlier)}{join}{said(known, later)}"


def _day_month_year(found: re.Match[str], known: Calendar, prose: str) -> tuple[str, str]:
    if len(found["y"]) == 4:
        if "," in found["d_gap"] and found["d"].isdigit():  # "at the age of 14, March 2025"
            raise _UnclearError("unclear")
        return "date", said(known, _real(found["y"], found["m"], found["d"]))
    years = known.centuries(_number(found["y"]))
    readings = {_maybe(year, _month(found["m"]), _number(found["d"])) for year in years} - {None}
    if not readings:
        raise _UnclearError("impossible")
    bare = found["y"].isdigit() and prose[found.start("y") - 1].isspace()  # 25 of what?
    if bare and (not readings & known.listed or dw.COUNTS.match(prose, found.end())):
        raise _UnclearError("unclear")
    return "date", said(known, _only_near(readings, known))


def _only_near(readings: Iterable[dt.date | None], known: Calendar) -> dt.date:
    near = [date for date in readings if date and known.near(date)]
    if len(near) != 1:
        raise _UnclearError("unclear")
    return near[0]


def _month_day_year(found: re.Match[str], known: Calendar, _prose: str) -> tuple[str, str]:
    return "date", said(known, _real(found["us_y"], found["us_m"], found["us_d"]))


def _year_first(found: re.Match[str], known: Calendar, prose: str) -> tuple[str, str]:
    if dw.COUNTS.match(prose, found.end()):  # "in 2025 March 14 patients were seen"
        raise _UnclearError("unclear")
    return "date", said(known, _real(found["yf_y"], found["yf_m"], found["yf_d"]))


def _roman(found: re.Match[str], known: Calendar, _prose: str) -> tuple[str, str]:
    return "date", said(known, _real(found["r_y"], found["r_m"], found["r_d"]))


def _iso(found: re.Match[str], known: Calendar, prose: str) -> tuple[str, str]:
    spaced = found["iso"].isspace()
    if spaced and _maybe(int(found["iso_y"]), int(found["iso_m"]), int(found["iso_d"])) is None:
        return "no date", ""
    if dw.UNIT.match(prose, found.end()):
        return "no date", ""
    return "date", said(known, _made(int(found["iso_y"]), int(found["iso_m"]), int(found["iso_d"])))


def _numeric(found: re.Match[str], known: Calendar, prose: str) -> tuple[str, str]:
    """14/03/2026 day first; month first only where that is the sole reading or the one that is listed."""
    if dw.VERSION.search(prose[: found.start()]) or dw.UNIT.match(prose, found.end()):
        return "no date", ""
    if found["sign"].strip() != found["sign2"].strip():
        return "no date", ""
    one, two, short = int(found["n1"]), int(found["n2"]), len(found["n_y"]) == 2
    years = known.centuries(int(found["n_y"])) if short else (int(found["n_y"]),)
    readings = {d for year in years for d in (_maybe(year, two, one), _maybe(year, one, two)) if d}
    apart = found["sign"] != found["sign"].strip() or not found["sign"].strip()
    if apart and not (readings & known.listed if short else readings and 1900 <= years[0] < 2100):
        return "no date", ""  # "3 - 4 - 25", "10 12 1850"
    if short and _is_number(found, readings, known):
        return "no date", ""
    if len(readings) > 1:
        readings = (readings & known.listed) or readings
    if short and readings:
        readings = {date for date in readings if known.near(date)}
        if not readings:
            raise _UnclearError("unclear")
    if len(readings) != 1:
        raise _UnclearError("ambiguous" if readings else "impossible")
    return "date", said(known, readings.pop())


def _is_number(found: re.Match[str], readings: set[dt.date], known: Calendar) -> bool:
    """Whether three short numbers are something else: 1.2.10 is a section, 60/40/20 are shares."""
    if not readings:
        low, high = sorted((int(found["n1"]), int(found["n2"])))
        return found["sign"] == "." or low > 12 or high > 31
    padded = len(found["n1"]) == len(found["n2"]) == 2
    far = all(abs(date.year - known.day0.year) > PLAUSIBLE_YEARS for date in readings)
    return found["sign"] == "." and far and not padded


def _yearless(found: re.Match[str], known: Calendar, prose: str) -> tuple[str, str]:
    day, month = _number(found["p_d"] or found["q_d"]), _month(found["p_m"] or found["q_m"])
    if _maybe(2024, month, day) is None:  # "March 31st" exists, "30 Feb" does not: then it is no date
        return "no date", ""
    if found["q_d"] and dw.UNIT.match(prose, found.end()):  # "in May 10 mg was given"
        return "no date", ""
    counted = found["q_d"] and not found["on"] and dw.COUNTS.match(prose, found.end())
    inside = found["q_d"] and re.search(r"\b[Ii]n\s+$", prose[: found.start()])
    if counted or inside or dw.YEAR_FOLLOWS.match(prose, found.end()):
        raise _UnclearError("unclear")
    fitting = [date for date in known.listed if (date.day, date.month) == (day, month)]
    if len(fitting) != 1:
        raise _UnclearError("yearless")
    return "day and month", said(known, fitting[0])


def _month_year(found: re.Match[str], known: Calendar, _prose: str) -> tuple[str, str]:
    year = int(found["my_y"] or found["nm_y"] or found["ym_y"])
    month = _month(found["my_m"]) if found["my_m"] else int(found["nm_m"] or found["ym_m"])
    if (year, month) not in known.months:
        return "month and year", ""  # no list knows it: left for a person
    if words := _about_month(known, year, month, "earlier", "later"):
        return "month and year", words
    return "month and year", "in the same month" if found[0][:2].lower() == "in" else "the same month"


def _fraction(found: re.Match[str], known: Calendar, prose: str) -> tuple[str, str]:
    """24/2 is a date only where the case has one on that day; behind "on" and day first it is sure."""
    one, two = int(found["f1"]), int(found["f2"])
    day_first = [date for date in known.listed if (date.day, date.month) == (one, two)]
    month_first = [date for date in known.listed if (date.month, date.day) == (one, two)]
    before = prose[: found.start()]
    if not (day_first or month_first) or dw.SCORE.search(before) or dw.COUNTS.match(prose, found.end()):
        return "no date", ""
    if len(day_first) != 1 or one <= len(dw.MONTHS) or not (found["on"] or dw.WHEN.search(before)):
        raise _UnclearError("unclear")
    return "day and month", said(known, day_first[0])


_TURNS: dict[str, Callable[[re.Match[str], Calendar, str], tuple[str, str]]] = {
    "many": _many,
    "span_m1": _many,
    "two_d": _two_months,
    "d": _day_month_year,
    "us_m": _month_day_year,
    "iso_y": _iso,
    "n1": _numeric,
    "p_d": _yearless,
    "q_m": _yearless,
    "pm": _many_yearless,
    "yf_y": _year_first,
    "r_d": _roman,
    "f1": _fraction,
    "my_m": _month_year,
    "nm_m": _month_year,
    "ym_y": _month_year,
}


def said(known: Calendar, date: dt.date) -> str:
    """How prose names a date: Day 12, or roughly where it is years away."""
    if date == known.birth:
        return BIRTH
    days = known.day(date)
    if abs(days) <= FAR_DAYS:
        return f"Day {days}"
    return f"{_about(round(days / 30.4375))} {'before' if days < 0 else 'after'} Day 0"


def _real(year: str, month: str, day: str) -> dt.date:
    return _made(int(year), _month(month), _number(day))


def _made(year: int, month: int, day: int) -> dt.date:
    date = _maybe(year, month, day)
    if date is None:
        raise _UnclearError("impossible")
    return date


def _maybe(year: int, month: int, day: int) -> dt.date | None:
    try:
        return dt.date(year, month, day)
    except ValueError:
        return None
