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
from pipeline.core.words import CITATION, REFERENCE

FAR_DAYS = 730  # beyond two years a day count says less than "about 6 years"
PLAUSIBLE_YEARS = 10  # "1.2.10" in a record of 2026 is no date
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


@dataclass(frozen=True, slots=True)
class Problem:
    """A date that no rule may convert. `what` is ambiguous, impossible or yearless."""

    offset: int
    what: str


@dataclass(frozen=True, slots=True)
class Rewritten:
    """Prose with relative dates. Offsets are those of the prose before."""

    text: str
    changes: tuple[tuple[int, str], ...]  # (offset, rule)
    problems: tuple[Problem, ...]
    unlisted_months: tuple[int, ...]  # offsets of a month and year that no list knows; left as they are


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

_NAMES = (
    *("January", "February", "March", "April", "May", "June"),
    *("July", "August", "September", "October", "November", "December"),
)
_CAPITAL = "|".join((*_NAMES, *(f"{name[:3]}\\b\\.?" for name in _NAMES), "Sept\\b\\.?"))
_MONTH = f"(?i:{_CAPITAL})"
_DAY = r"(?:[12]\d|3\d|0?[1-9])(?:st|nd|rd|th)?"
_YEAR = r"(?:19|20)\d{2}"
_WEEKDAY = r"(?:(?:Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day,?\s+(?:the\s+)?)?"
_JOIN = r"\s*(?:,\s*and|,|and|&|to|until|till|through|–|—|-)\s*"
_DATE = re.compile(
    rf"""(?<![\w/-])(?<!\d\.)(?P<on>[Oo]n\s+(?:the\s+)?)?(?:
      (?P<many>{_DAY}(?:{_JOIN}{_DAY}){{1,6}})\s+(?:of\s+)?(?P<many_m>{_MONTH}),?\s+(?P<many_y>{_YEAR})
    | (?P<span_m1>{_MONTH})\s+(?P<span>{_DAY}(?:{_JOIN}{_DAY}){{1,6}}),?\s+(?P<span_y>{_YEAR})
    | (?P<two_d>{_DAY})\s+(?:of\s+)?(?P<two_m>{_MONTH})(?P<two_join>{_JOIN})
        (?P<two_d2>{_DAY})\s+(?:of\s+)?(?P<two_m2>{_MONTH}),?\s+(?P<two_y>{_YEAR})
    | {_WEEKDAY}(?:the\s+)?(?P<d>{_DAY})[\s-]*(?:of\s+)?(?P<m>{_MONTH})[\s,.-]*(?P<y>{_YEAR}|['’-]\d{{2}})
    | {_WEEKDAY}(?P<us_m>{_MONTH})\s*(?P<us_d>{_DAY}),?\s+(?P<us_y>{_YEAR})
    | (?P<iso_y>{_YEAR})(?P<iso>[-/.])(?P<iso_m>\d{{1,2}})(?P=iso)(?P<iso_d>\d{{1,2}})(?:T[\d:.]+Z?)?
    | (?P<n1>\d{{1,2}})(?P<sign>[/.-])(?P<n2>\d{{1,2}})(?P=sign)(?P<n_y>\d{{4}}|\d{{2}})(?![/.-]\d)
    | (?P<p_d>{_DAY})\s+(?:of\s+)?(?P<p_m>{_CAPITAL})
    | (?P<q_m>{_CAPITAL})\s+(?P<q_d>{_DAY})
    | (?:[Ii]n\s+)?(?P<my_m>{_MONTH}),?\s+(?P<my_y>{_YEAR})
    )(?![\w])""",
    re.VERBOSE,
)
_COUNTED = re.compile(
    r"\b(?:days?|weeks?|months?|grades?|stages?|types?|levels?|cycles?|doses?|visits?)\s+$", re.IGNORECASE
)
_VERSION = re.compile(r"\b(?:v|ver|version|release|section|chapter|item)\.?\s*$", re.IGNORECASE)
_ADDRESSES = re.compile(r"https?://\S+|\bdoi:\s*\S+|\b10\.\d{4,9}/\S+", re.IGNORECASE)


def protected(prose: str) -> list[tuple[int, int]]:
    """Spans no rule may touch: citations, references to figures and tables, web addresses and DOIs."""
    return [m.span() for rule in (CITATION, REFERENCE, _ADDRESSES) for m in rule.finditer(prose)]


def sentence_start(prose: str, offset: int) -> bool:
    """Whether a sentence begins at `offset` (markup in front of it does not count)."""
    before = prose[max(0, offset - 40) : offset].rstrip("*^~\"'“‘( ")
    return not before.strip() or before.rstrip()[-1] in ".!?" or before.endswith("\n\n")


def rewrite(prose: str, known: Calendar) -> Rewritten:
    """`prose` with every calendar date as a day, and what could not be converted."""
    kept_out = protected(prose)
    changes: list[tuple[int, str]] = []
    problems: list[Problem] = []
    unlisted: list[int] = []

    def turn(found: re.Match[str]) -> str:
        if any(found.start() < end and start < found.end() for start, end in kept_out):
            return found[0]
        try:
            rule, words = _turned(found, known, prose)
        except _UnclearError as e:
            problems.append(Problem(found.start(), str(e)))
            return found[0]
        if not words:
            if rule == "unlisted month":
                unlisted.append(found.start())
            return found[0]
        changes.append((found.start(), rule))
        if found["on"] and not words.startswith("about"):
            return found["on"].split()[0] + " " + words
        return words[:1].upper() + words[1:] if sentence_start(prose, found.start()) else words

    text = _DATE.sub(turn, prose)
    return Rewritten(text, tuple(changes), tuple(problems), tuple(unlisted))


class _UnclearError(ValueError):
    """Says in one word why a date may not be converted."""


def _turned(found: re.Match[str], known: Calendar, prose: str) -> tuple[str, str]:
    """(rule, replacement) of one match; an empty replacement leaves the text as it is."""
    first = next(name for name, value in found.groupdict().items() if value and name != "on")
    return _TURNS[first](found, known, prose)


def _many(found: re.Match[str], known: Calendar, prose: str) -> tuple[str, str]:
    group, month, year = ("many", "many_m", "many_y") if found["many"] else ("span", "span_m1", "span_y")
    days = found[group]
    if _COUNTED.search(prose[: found.start()]):  # "on days 3 and 14 March": only the last is a date
        head, _, last = re.match(rf"(.*{_JOIN})()({_DAY})$", days, re.DOTALL).groups()  # type: ignore[union-attr]
        return "date", head + said(known, _real(found[year], found[month], last))
    text = re.sub(_DAY, lambda d: said(known, _real(found[year], found[month], d[0])), days)
    return "dates", re.sub(r"\s*[–—-]\s*(?=Day|about|\[)", " to ", text)


def _two_months(found: re.Match[str], known: Calendar, _prose: str) -> tuple[str, str]:
    later = _real(found["two_y"], found["two_m2"], found["two_d2"])
    earlier = _real(found["two_y"], found["two_m"], found["two_d"])
    if earlier > later:  # "28 December to 3 January 2026"
        earlier = earlier.replace(year=earlier.year - 1)
    join = re.sub(r"^\s*[–—-]\s*$", " to ", found["two_join"])
    return "dates", f"{said(known, earlier)}{join}{said(known, later)}"


def _day_month_year(found: re.Match[str], known: Calendar, _prose: str) -> tuple[str, str]:
    year = found["y"] if len(found["y"]) == 4 else f"20{found['y'][-2:]}"
    return "date", said(known, _real(year, found["m"], found["d"]))


def _month_day_year(found: re.Match[str], known: Calendar, _prose: str) -> tuple[str, str]:
    return "date", said(known, _real(found["us_y"], found["us_m"], found["us_d"]))


def _iso(found: re.Match[str], known: Calendar, _prose: str) -> tuple[str, str]:
    return "date", said(known, _made(int(found["iso_y"]), int(found["iso_m"]), int(found["iso_d"])))


def _numeric(found: re.Match[str], known: Calendar, prose: str) -> tuple[str, str]:
    """14/03/2026 day first; month first only where that is the sole reading or the one that is listed."""
    if _VERSION.search(prose[: found.start()]):
        return "no date", ""
    one, two, short = int(found["n1"]), int(found["n2"]), len(found["n_y"]) == 2
    year = int(found["n_y"]) + (0 if not short else 2000 if int(found["n_y"]) < 70 else 1900)
    readings = {date for date in (_maybe(year, two, one), _maybe(year, one, two)) if date}
    if short and all(abs(date.year - known.day0.year) > PLAUSIBLE_YEARS for date in readings):
        return "no date", ""
    if len(readings) > 1:
        readings = (readings & known.listed) or readings
    if len(readings) != 1:
        raise _UnclearError("ambiguous" if readings else "impossible")
    return "date", said(known, readings.pop())


def _yearless(found: re.Match[str], known: Calendar, _prose: str) -> tuple[str, str]:
    day, month = _number(found["p_d"] or found["q_d"]), _month(found["p_m"] or found["q_m"])
    if _maybe(2024, month, day) is None:  # "March 31st" exists, "30 Feb" does not: then it is no date
        return "no date", ""
    fitting = [date for date in known.listed if (date.day, date.month) == (day, month)]
    if len(fitting) != 1:
        raise _UnclearError("yearless")
    return "day and month", said(known, fitting[0])


def _month_year(found: re.Match[str], known: Calendar, _prose: str) -> tuple[str, str]:
    year, month = int(found["my_y"]), _month(found["my_m"])
    if (year, month) not in known.months:
        return "unlisted month", ""
    if words := _about_month(known, year, month, "earlier", "later"):
        return "month and year", words
    return "month and year", "in the same month" if found[0][:2].lower() == "in" else "the same month"


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
    "my_m": _month_year,
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


def _month(name: str) -> int:
    return next(n for n, full in enumerate(_NAMES, 1) if full.startswith(name[:3].title()))


def _number(day: str) -> int:
    return int(re.sub(r"\D", "", day))
