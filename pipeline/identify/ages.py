"""Ages over 89, in figures and in words, and years of birth that give one away.

45 CFR 164.514(b)(2)(i)(C): all ages over 89, and all elements of dates that show such an age.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from pipeline.core.resources import data
from pipeline.identify.dates import RULES
from pipeline.identify.found import ASK, REMOVE, Find, Rank
from pipeline.identify.near import near
from pipeline.identify.page import Page
from pipeline.identify.words import alternation

_ROWS = data(RULES)
_OLD = r"(?:9\d|1[0-2]\d)"
_READ = r"(?:9[0-9Oo]|1[O0o][0-9Oo])"  # as OCR reads it
_WHO = (
    "man|woman|lady|gentleman|patient|who|father|mother|grandfather|grandmother|great-grandmother|great-grandfather|aunt|uncle|"
    r"widow|widower|priest|farmer|resident|husband|wife|sister|brother|(?:Mrs?|Ms|Smt|Shri)\.?\s[A-Z]\w+"
)
_NO_AGE = r"(?!\d|[.,:]\d|\s?(?:%|/|°|-\s?\d|x\b|×|kg|g\b|cm|mm|m\b|bpm|beats|mg|mcg|ml|mL|IU|U\b|per\b|percent|on\b|in\b(?!\s(?:19|20)\d\d)|over\b|and\s\d|patients|cases|days?|weeks?|months?|hours?|minutes?|seconds?|breaths|to\s\d|degrees))"
_LATER = r"(?!\s(?:later|ago|after|before|survival|follow|apart|previously|earlier|of\s(?:experience|follow|service|data)))"
AGE = re.compile(
    rf"""(?<![\w./-])(?:
      (?:aged?(?:\s(?:about|around|approximately|nearly|almost|over|of))?|age[d]?\s*(?:is|was|:|-|=|of|/\s?sex\s*[:-]?|\(?\s?(?:in\s)?(?:years|yrs)\s?\)?\s*:?)?)\s*[:=-]?\s*(?P<a>{_READ})(?!\w|[.]\d|%|/\d|\s?(?:days?|weeks?|months?|hours?|patients|-\s?\d))
    | (?:{_ROWS["age_words"]})\s*[:=-]?\s*(?P<i>{_OLD})(?!\d|[.]\d|%)
    | (?P<b>{_OLD})\s?-?\s?(?:years?|yrs?|yr|y|Y)(?![^\W\d_]){_LATER}
    | (?P<c>{_OLD})\s?(?:y/o|yo\b|y\.o\.|/\s?[MF]\b|y\s?/\s?[MF]\b|Y?[MF]\b(?=\s*[,.;)]))
    | (?P<d>{_OLD}(?:st|nd|rd|th)\s+(?:birthday|year\b(?!\sof\s(?:publication|its))|birth\sanniversary))
    | (?:an?\s)?(?P<e>ninety(?:[-\s]?(?:one|two|three|four|five|six|seven|eight|nine)|[-\s]?odd)?)(?![\s-]?(?:per|%|degrees?|minutes?|seconds?|days?|weeks?|months?|hours?|patients|cases|mg|ml|mm|cm|nine\sper))
    | (?P<w>ninet(?:ieth|y[-\s](?:first|second|third|fourth|fifth|sixth|seventh|eighth|ninth))|hundred(?:th|\sand\s\w+))\s+(?:birthday|year)
    | (?:(?<=age\sof\s)|(?<=aged\s)|(?<=turned\s))(?P<e2>(?:a|one)\shundred(?:\s(?:and\s)?\w+)?)
    | (?P<e3>(?:(?:a|one)[\s-])?hundred(?:[\s-]and[\s-]\w+)?)[\s-]years?[\s-](?:old|of\sage)
    | [MFmf]\s?[/,]\s?(?P<m>{_OLD})(?![\d.%/])
    | (?:turned|turning|lived\s(?:to(?:\sbe)?|until|till)|die[sd]\s(?:at|aged)|death\sat|passed\saway\sat|expired\sat|at\sthe\sage\sof|reached|past|nearing|approaching|going\son|pushing)\s(?:about\s|nearly\s|almost\s|the\sage\sof\s)?(?P<t>{_OLD}){_NO_AGE}
    | (?P<s>(?:in\s)?(?:his|her|their|the|your|my)\s(?:early\s|late\s|mid[\s-]?)?(?:nineties|90'?s))\b(?!\s(?:per|and\s19))
    | (?P<f>nonagenarian|centenarian|supercentenarian)s?
    | (?P<g>{_OLD})\s?(?:{_ROWS["year_words"]})
    )""",
    re.VERBOSE | re.IGNORECASE,
)
WEAK = re.compile(
    rf"""(?:
      (?:\b(?:[Hh]e|[Ss]he|{_WHO})|(?<=[a-z)]),|[a-z]\s?\()\s?(?:(?:is|was|now|about|around|nearly|almost|over|only|already|approximately)\s){{0,2}}(?P<a>{_OLD}){_NO_AGE}(?=\s?[,.;:)]|\s(?:when|at|and|but|last|this|in|with|now|by|who|has|had|was)\b|\s?$|\s?—|\s-\s)
    | \b(?:man|woman|lady|gentleman|farmer|widow|widower|patient|priest|age)\sof\s(?:about\s)?(?P<e>{_OLD}){_NO_AGE}
    | \b[Aa]t\s(?P<b>{_OLD})(?=,?\s(?:he|she|the\spatient)\b|\s?[,.;]\s(?:he|she)\b)
    | (?<![\w./-])(?P<c>{_OLD})\sat\s(?:diagnosis|presentation|death|onset|admission)
    | (?:\b[Bb]orn\s(?:in|on)\s|\b(?:DOB|YOB|[Yy]ear\sof\sbirth|[Bb]irth\syear)\s?[:=-]?\s?)(?:[\w/.-]+[\s/.-])?(?P<d>19[0-2]\d|193[0-5])(?!\d)
    )""",
    re.VERBOSE,
)
_OLD_SAID = re.compile(
    r"(?<!\d)9[\dOo]|(?<!\d)1[O0-2][\dOo]|inet|undred|genarian|tenarian|(?<!\d)19[0-3]\d|(?<!\d)90'?s"
)
_HINDI = re.compile(r"n[vb]e\b|sau ")
WORDS = re.compile(rf"(?:{alternation(_ROWS['ninety_words'])})")


def find(page: Page) -> Iterator[Find]:
    """Every age over 89; an unlabelled one, or a year of birth, is a question."""
    for rule, action in ((AGE, REMOVE), (WEAK, ASK)):
        for hit in near(rule, page.text, _OLD_SAID, 40, 50):
            group = hit.lastgroup or "a"
            yield Find(*hit.span(group), "age over 89", "90 or older", action, Rank.DATE, "an age over 89")
    for hit in WORDS.finditer(page.text) if not page.text.isascii() or _HINDI.search(page.text) else ():
        yield Find(*hit.span(), "age over 89", "90 or older", ASK, Rank.DATE, "an age over 89 in words")
