"""How dates are written in prose: one pattern for all styles, and what stands around other numbers."""

from __future__ import annotations

import re

from pipeline.core.words import CITATION, REFERENCE

MONTHS = (
    *("January", "February", "March", "April", "May", "June"),
    *("July", "August", "September", "October", "November", "December"),
)
_ROMAN = ("I", "II", "III", "IV", "V", "VI", "VII", "VIII", "IX", "X", "XI", "XII")
_TENS = ("", "twenty-", "thirty-")
_ONES = ("", "first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth")
_TEENS = ("tenth", "eleventh", "twelfth", "thirteenth", "fourteenth", "fifteenth", "sixteenth")
_ORDINALS = {
    **{tens + one: 10 * t + o for t, tens in enumerate(_TENS) for o, one in enumerate(_ONES) if one},
    **{word: n for n, word in enumerate((*_TEENS, "seventeenth", "eighteenth", "nineteenth"), 10)},
    "twentieth": 20,
    "thirtieth": 30,
}
_ANY = "|".join((*MONTHS, *(f"{name[:3]}(?![^\\W\\d_])\\.?" for name in MONTHS), "Sept(?![^\\W\\d_])\\.?"))
_MONTH = f"(?i:{_ANY})"
# Without a year, "may" is a verb and OCT is a scan of the eye.
_ALONE = f"(?!may\\b|OCT\\b){_MONTH}"
_WORD_DAY = "(?i:" + "|".join(sorted(_ORDINALS, key=lambda w: -len(w))).replace("-", "[- ]") + ")"
_DAY = r"(?:[12]\d|3\d|0?[1-9])(?:st|nd|rd|th)?"
_NAMED_DAY = rf"(?:{_DAY}|{_WORD_DAY})"
_YEAR = r"(?:19|20)\d{2}"
_DASH = r"\-‐‑‒–—"
_WEEKDAY = r"(?:(?:Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day,?\s+(?:the\s+)?)?"
JOIN = r"\s*(?:,\s*and|,|and|&|to|until|till|through|–|—|-)\s*"
DAY = re.compile(_DAY)
LAST_DAY = re.compile(rf"(.*{JOIN})({_DAY})$", re.DOTALL)
DATE = re.compile(
    rf"""(?<![\w/-])(?<!\d\.)(?<!\d[–—])(?P<on>[Oo]n\s+(?:the\s+)?)?(?:
      (?P<many>{_DAY}(?:{JOIN}{_DAY}){{1,6}})\s*(?:of\s+)?(?P<many_m>{_MONTH}),?\s*(?P<many_y>{_YEAR})
    | (?P<span_m1>{_MONTH})\s+(?P<span>{_DAY}(?:{JOIN}{_DAY}){{1,6}}),?\s+(?P<span_y>{_YEAR})
    | (?P<two_d>{_DAY})\s+(?:of\s+)?(?P<two_m>{_MONTH})(?P<two_join>{JOIN})
        (?P<two_d2>{_DAY})\s+(?:of\s+)?(?P<two_m2>{_MONTH}),?\s+(?P<two_y>{_YEAR})
    | {_WEEKDAY}(?:the\s+)?(?P<d>{_NAMED_DAY})(?P<d_gap>[\s./,{_DASH}]*(?:(?:day\s+)?of\s+)?)
        (?P<m>{_MONTH})[\s,./{_DASH}]*(?:of\s+)?(?P<y>{_YEAR}|['’-]?\d{{2}})
    | {_WEEKDAY}(?P<us_m>{_MONTH})[\s./{_DASH}]*(?:the\s+)?(?P<us_d>{_NAMED_DAY})
        (?:,\s*|\s+|[./{_DASH}])(?:of\s+)?(?P<us_y>{_YEAR})
    | (?P<yf_y>{_YEAR})(?:,?\s+|[./{_DASH}]|(?=[A-Za-z]))(?P<yf_m>{_MONTH})(?:\s+(?:the\s+)?|[./{_DASH}]?)
        (?P<yf_d>{_DAY})(?!,?\s*\d)
    | (?P<iso_y>{_YEAR})(?P<iso>\s?[/.{_DASH}]\s?|\s)(?P<iso_m>\d{{1,2}})(?P=iso)(?P<iso_d>\d{{1,2}})
        (?:T[\d:.]+Z?)?
    | (?P<r_d>\d{{1,2}})(?P<r>\s?[/.{_DASH}]\s?|\s)(?P<r_m>X?I{{1,3}}|IV|VI{{0,3}}|IX|X)(?P=r)(?P<r_y>{_YEAR})
    | (?P<n1>\d{{1,2}})(?P<sign>\s*[/.{_DASH}]\s*|\s)(?P<n2>\d{{1,2}})(?P<sign2>\s*[/.{_DASH}]\s*|\s)
        (?P<n_y>\d{{4}}|\d{{2}})(?![/.-]\d)
    | (?P<pm>{_DAY}(?:{JOIN}{_DAY}){{1,6}})\s*(?:of\s+)?(?P<pm_m>{_ALONE})
    | (?:the\s+)?(?P<p_d>{_NAMED_DAY})[\s{_DASH}]*(?:(?:day\s+)?of\s+)?(?P<p_m>{_ALONE})
    | (?P<q_m>{_ALONE})\s+(?:the\s+)?(?P<q_d>{_DAY})
    | (?:[Ii]n\s+)?(?:(?P<my_m>{_MONTH})(?:,?\s+(?:of\s+)?|[./{_DASH}]?)(?P<my_y>{_YEAR})
        | (?P<nm_m>0?[1-9]|1[0-2])[/-](?P<nm_y>{_YEAR})(?![/.-]\d)
        | (?P<ym_y>{_YEAR})-(?P<ym_m>0[1-9]|1[0-2])(?![/.-]\d))
    | (?P<f1>\d{{1,2}})\s?/\s?(?P<f2>\d{{1,2}})(?![/.-]\d)
    )(?![\w])""",
    re.VERBOSE,
)
COUNTED = re.compile(
    r"\b(?:days?|weeks?|months?|grades?|stages?|types?|levels?|cycles?|doses?|visits?)\s+$", re.IGNORECASE
)
UNIT = re.compile(
    r"\s*(?:%|°|(?:[µμ]|m|mc|k|n|p)?g\b|[µμmd]?[lL]\b|[mck]?m\b|mm\s?Hg\b|I?U\b|m?mol|/\s?(?:[µμu]?L|mm|min|d?L)\b)"
)
# In "March 14 patients were seen" 14 is no day; in "14 March 98 mg/dL" 98 is no year.
COUNTS = re.compile(
    rf"{UNIT.pattern}|\s*(?:new\s|other\s|more\s|further\s|(?:out\s)?of\s|"
    r"children\b|people\b|persons\b|men\b|women\b|"
    r"(?!(?:was|is|has|does|this|his|its|as|thus|us|across)\b)[a-z]{2,}s\b)"
)
YEAR_FOLLOWS = re.compile(r"[\s,./'’-]{0,3}(?:\d{4}|\d{2})(?!\d)")
VERSION = re.compile(r"\b(?:v|ver|version|release|section|chapter|item)\.?\s*$", re.IGNORECASE)
# "4/5" behind one of these is a score, "3/7" behind "day" a duration.
SCORE = re.compile(
    r"\b(?:power|strength|vision|acuity|grade|murmur|bp|pressure|score|scores|scored|gcs|apgar|ratio|day|pain|"
    r"stage|titre|eyes?)\s+(?:(?:was|is|of|at|from|to)\s+)*$",
    re.IGNORECASE,
)
WHEN = re.compile(r"\b(?:on|since|from|until|till|by|dated?|before|after)\s+$", re.IGNORECASE)
# The last net: a month beside a number, and eight digits that may be a date.
_PLAIN_MONTH = rf"(?!may\b|mar\b|march\b|OCT\b){_MONTH}"
LEFT_MONTH = re.compile(
    rf"(?<![^\W\d_])(?:(?:\d{{1,2}}|{_YEAR})(?:st|nd|rd|th)?[\s,./'’{_DASH}]{{0,3}}(?:of\s+)?{_PLAIN_MONTH}(?![^\W\d_])"
    rf"|{_PLAIN_MONTH}[\s,./'’{_DASH}]{{0,3}}(?:(?:the|of)\s+)?(?:{_YEAR}|\d{{1,2}})(?!\d))"
)
EIGHT = re.compile(
    r"(?<!\d)(?<!\d[.,])(?<!NCT)(?P<date>(?:19|20)\d{6})(?:[T_]?\d{4}(?:\d{2}(?:\.\d+)?)?)?(?!\d|\.\d)"
)
CATALOGUED = re.compile(r"\b(?:PMID|PMC|PubMed|RRID|CAS)\W{0,3}$", re.IGNORECASE)

_ADDRESSES = re.compile(r"https?://\S+|\bdoi:\s*\S+|\b10\.\d{4,9}/\S+", re.IGNORECASE)


def month(name: str) -> int:
    """The number of a month, 1 to 12, from its name, its first three letters or a Roman numeral."""
    if name in _ROMAN:
        return _ROMAN.index(name) + 1
    return next(n for n, full in enumerate(MONTHS, 1) if full.startswith(name[:3].title()))


def number(day: str) -> int:
    """The day or short year in figures or as a word: 14, "14th", "fourteenth", "twenty fourth"."""
    return _ORDINALS.get(day.lower().replace(" ", "-")) or int(re.sub(r"\D", "", day))


def protected(prose: str) -> list[tuple[int, int]]:
    """Spans no rule may touch: citations, references to figures and tables, web addresses and DOIs."""
    return [m.span() for rule in (CITATION, REFERENCE, _ADDRESSES) for m in rule.finditer(prose)]


def sentence_start(prose: str, offset: int) -> bool:
    """Whether a sentence begins at `offset` (markup in front of it does not count)."""
    before = prose[max(0, offset - 40) : offset].rstrip("*^~\"'“‘( ")
    return not before.strip() or before.rstrip()[-1] in ".!?" or before.endswith("\n\n")
