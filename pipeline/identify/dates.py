"""Calendar dates, parts of them and festivals, in English and in Indian languages.

45 CFR 164.514(b)(2)(i)(C): all elements of dates except the year. A year alone stays. Which
of two readings a date has ("04-08-2023") matters to whoever converts it, not here: both identify.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from pipeline.core.resources import data
from pipeline.identify.found import ASK, REMOVE, Find, Rank
from pipeline.identify.near import near
from pipeline.identify.numbers import UNIT
from pipeline.identify.page import Page
from pipeline.identify.words import alternation

RULES = "templates/rules/identify-dates.yaml"
_ROWS = data(RULES)
_ENGLISH = alternation(_ROWS["months"])
_M = rf"(?i:{_ENGLISH})"
_INDIC = alternation(_ROWS["indic_months"])
_MI = rf"(?:{_M}(?![^\W\d_])\.?|{_INDIC})"
_INDIC_ALONE = "|".join(
    m for m in sorted(_ROWS["indic_months"], key=len, reverse=True) if len(m) > 2 and m[0] > "z"
)
_D = r"(?:3[01]|[12]\d|0?[1-9])"
_ORD = r"(?:\s?(?:st|nd|rd|th|ST|ND|RD|TH)\b)?"
_WORD_D = "(?i:" + alternation(_ROWS["ordinals"]) + ")"
_DAY = rf"(?:{_D}{_ORD}|{_WORD_D})"
_Y4 = r"(?:(?:18|19|20)\d\d)"
_WORD_Y = r"(?i:two\s?thousand(?:[\s-]and)?(?:[\s-]\w+){1,2}|twenty[\s-](?:oh[\s-]\w+|ten|eleven|twelve|\w+teen|twenty(?:[\s-](?:one|two|three|four|five|six|seven|eight|nine))?)|nineteen[\s-]\w+ty(?:[\s-]\w+)?)"
_JOIN = r"\s*(?:-|/|to|and|&|,|through|till|until|से|ਤੋਂ)\s*"
_SEP = r"[\s.,/_-]{0,3}"
_WEEKDAY = r"(?:(?i:mon|tues?|wed(?:nes)?|thu(?:rs)?|fri|sat(?:ur)?|sun)(?:day)?,?\s+)?"
_TIME = r"(?:(?:T|\s|,\s?|\s?@\s?|\sat\s)\d{1,2}:\d{2}(?::\d{2}(?:\.\d+)?)?(?:\s?(?:[AaPp]\.?[Mm]\.?|[Hh]rs?|Z|IST|GMT))?)?"
FULL = re.compile(
    rf"""(?<![^\W_])(?<![\d]\.)(?:\d{{1,2}}[:.]\d\d\s?(?:[AaPp]\.?[Mm]\.?|[Hh]rs?|h|IST)?,?\s(?:on\s)(?:the\s)?)?(?:
      {_WEEKDAY}(?:the\s+)?{_DAY}(?:{_JOIN}{_DAY})?(?:\s+day)?{_SEP}(?:of\s+)?(?:the\s+)?(?:{_M}\b\.?|{_INDIC}){_SEP}(?:of\s+)?(?:the\s+year\s+)?(?:{_Y4}|{_WORD_Y}|'\d\d|(?<=[-/.])\d\d|(?<=\s)\d\d(?=\s*(?:[,;:.)\]]|$)))(?![\d])
    | {_WEEKDAY}{_DAY}(?:\s?(?:of\s+)?{_M}\.?)?{_JOIN}{_DAY}\s?(?:of\s+)?{_M}\.?,?\s+{_Y4}
    | \d{{1,2}}[-]?{_M}[-]?(?:{_Y4}|\d\d)(?![\d])
    | {_WEEKDAY}{_M}\b{_SEP}(?:the\s+)?{_DAY}(?:{_JOIN}(?:{_M}\s+)?{_DAY})?(?:\s*,\s*|\s+|[./-]|\s+of\s+)(?:{_Y4}|'\d\d)(?!\d)
    | {_Y4}{_SEP}{_M}\b{_SEP}{_D}{_ORD}(?![\d.]|\s?%)
    | {_Y4}(?:\s?(?:[\u0900-\u0dff]{{1,9}}|\u06c1|,))?\s(?:{_D}{_ORD}\s)?(?:{_INDIC})(?:\s?{_D})?(?!\d)
    | {_D}\s?[/.-]\s?(?:1[0-2]|0?[1-9])\s?(?:-|to|till|until|&|and)\s?{_D}\s?[/.-]\s?(?:1[0-2]|0?[1-9])\s?[/.-]\s?(?:{_Y4}|\d\d)(?!\d)
    | {_D}\s?(?:-|to|&|and|,)\s?{_D}[/.](?:1[0-2]|0?[1-9])[/.](?:{_Y4}|\d\d)(?!\d)
    | {_Y4}\s?(?P<a>[/._-])\s?(?:1[0-2]|0?[1-9])\s?(?P=a)\s?{_D}(?![\d])
    | (?P<n1>\d{{1,2}})(?:\s{{0,2}}(?P<b>[/._\\-])\s{{0,2}}|\s)(?P<n2>\d{{1,2}})(?(b)\s{{0,2}}(?P=b)\s{{0,2}}|\s)(?P<y>{_Y4}|'?\d\d)(?![\d]|[/-]\d|\.\d)
    | {_D}\s?[/.-]\s?(?:X?I{{1,3}}|IV|VI{{0,3}}|IX|X)\s?[/.-]\s?{_Y4}
    | (?P<n8>{_Y4}(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01]))(?:T?\d{{4}}(?:\d\d)?)?
    | (?=[\dOIl/.-]*[OIl])[0-3OIl][\dOIl](?P<o>[/.-])[01OIl][\dOIl](?P=o)[12lI][09O][\dOIl]{{2}}
    | {_D}{_ORD}\s?(?:/|-|\.)\s?{_M}\s?(?:/|-|\.)\s?\d\d(?!\d)
    ){_TIME}(?![^\W_]|%)""",
    re.VERBOSE,
)
PART = re.compile(
    rf"""(?<![\w])(?<!\d[.,/])(?:
      (?:the\s+)?{_DAY}(?:{_JOIN}{_DAY}){{0,4}}\s?-?(?:day\s+)?(?:of\s+)?(?:{_M}(?![^\W\d_])\.?|{_INDIC})
    | {_M}(?![^\W\d_])\.?\s?(?:the\s+)?(?:{_D}{_ORD}|{_WORD_D})(?:{_JOIN}{_D}{_ORD})?(?![\d:]|\.\d|\s?%)
    | {_MI}(?:{_JOIN}{_MI})?(?:\s*,\s*|\s+(?:of\s+)?|[./-]|\s*'|\s+of\s+the\s+year\s+)(?:{_Y4}|(?<=['-])\d\d)(?!\d)
    | (?i:(?:early|late|mid)?[\s-]?(?:winters?|summers?|monsoons?|midsummer|midwinter|fall|spring|autumn|rainy\sseason|rains|harvest(?:ing)?|post-?monsoon|pre-?monsoon|garmi|sardi|barsaat)(?:\s(?:season|months?|term|break|vacations?|holidays?))?(?:,?\s(?:of|in)(?:\sthe\syear)?)?\s(?:{_Y4}|(?:last|this|that|the\s(?:previous|same))\syear))
    | (?:Q[1-4]|(?i:(?:first|second|third|fourth|last)\s(?:quarter|half|week|fortnight)\sof))\s(?:{_M}\s)?{_Y4}
    | \d{{1,2}}(?:st|nd|rd|th)?\s(?:tarikh|tareekh|तारीख|ਤਾਰੀਖ|inst\.?|ult\.?)
    | (?:the\s)?{_D}(?:st|nd|rd|th)\s(?:of\s)?(?:this|last|the\s(?:same|following|next|previous))\smonth
    | (?:{_INDIC_ALONE})(?=\s(?:में|से|के|माह|महीने|ਵਿੱਚ|ਤੋਂ|ਮਹੀਨੇ|மாதம்|মাসে))
    | (?:0?[1-9]|1[0-2])\s?[/-]\s?(?:19|20)\d\d(?![\d/-])
    | (?:19|20)\d\d[/-](?:0[1-9]|1[0-2])(?![\d/-])
    | (?:(?i:(?:the\s)?(?:early|late|mid|end\sof|beginning\sof|middle\sof|last|this|next|previous|first\sweek\sof|second\sweek\sof|third\sweek\sof|last\sweek\sof|month\sof))[\s-]+|(?<=[Ss]ince\s)|(?<=[Ii]n\s)|(?<=[Dd]uring\s)|(?<=[Uu]ntil\s)|(?<=[Tt]ill\s)|(?<=[Ff]rom\s)|(?<=[Bb]y\s)|(?<=[Bb]efore\s)|(?<=[Aa]fter\s)|(?<=\sof\s))
        (?-i:January|February|March|April|May|June|July|August|September|October|November|December|Jan|Feb|Mar|Apr|Jun|Jul|Aug|Sept?|Oct|Nov|Dec)(?![^\W\d_])(?:,?\s+(?:of\s+)?(?:{_Y4}|(?:last|this|that|the\s(?:same|previous|following))\s+year))?
    )(?![\w%])""",
    re.VERBOSE,
)
_LONE = r"(?=\s?[,.;:)\]]|\s(?:and|she|he|we|they|it|of|for|with|when|at|in|to|the|his|her|after|before|as|by|was|were|but|who|which|night|morning|evening|afternoon|from|[A-Z(])|\s?-\s|\s?$)"
LONE_DAY = re.compile(
    rf"""(?mx)(?:
      \b(?i:on|by|until|till|since|from|before|after|due|dated|of|to|and)\s(?P<v1>(?:the\s)?(?:3[01]|[12]?\d)(?:st|nd|rd|th)\b(?:\s(?:itself|instant|inst\.?))?){_LONE}
    | \b(?i:on)\s(?P<v2>(?:the\s)?{_WORD_D})(?=\s?[,.;](?:\s|$)|\s(?:she|he|and\s(?:she|he|was)|was|of\sthe\smonth)\b)
    | ^[\s|*-]{{0,4}}(?P<v3>(?:3[01]|[12]?\d)(?:st|nd|rd|th))(?=\s?[:|-]|\s[A-Z])
    | (?P<v4>\b(?i:mon|tues?|wed(?:nes)?|thu(?:rs)?|fri|sat(?:ur)?|sun)(?:day)?[,.]?\s(?:the\s)?(?:\d{{1,2}}\s?[/.-]\s?\d{{1,2}}(?!\d)|(?:3[01]|[12]?\d)(?:st|nd|rd|th)?(?=[\s,.;)]|$)(?!\s(?:mg|ml|g|hours?|days?|am|pm|patients)\b)))
    | (?P<v5>\b(?:[Ll]ast|[Tt]his|[Nn]ext|[Tt]he\s(?:first|second|third|fourth|last|following|previous))\s(?:Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day(?:\s(?:of|in)\s(?:{_M}|the\smonth|that\smonth))?)
    | ^[\s|*-]{{0,4}}(?P<v6>(?:3[01]|[12]\d|0?[1-9])\s?/\s?(?:1[0-2]|0?[1-9]))(?=\s?[:|-]|\s[A-Z])
    | (?<=[.;]\s)(?P<v9>(?:3[01]|[12]\d|0?[1-9])\s?/\s?(?:1[0-2]|0?[1-9]))(?=\s?:|\s(?:discharged|admitted|seen|reviewed|operated|died|shifted|extubated|intubated|started|stopped|transferred|repeat|fever|well|better|afebrile|taken)\b)
    | \b(?i:w\.?e\.?f\.?|from|till|until|by|to|since|review|due|seen|next|admitted|discharged|appointment|op|d/c|doa|dod|dt|dos|lmp|edd)\s?[:.]?\s(?P<v7>(?:3[01]|[12]\d|0?[1-9])/(?:1[0-2]|0?[1-9]))(?![\d/]|\s?(?:mmHg|%|days|weeks|months|on\b|visits?|of\b|with|in\b|for\s(?:power|muscle)))
    | \b(?i:since|in|from|till|until|by|before|after|around|expiry|exp)\s(?P<v8>(?:1[0-2]|0?[1-9])\s?[/-]\s?'?(?:[12]\d|0[1-9]))(?![\d/.]|\s?(?:%|mm))
    )"""
)
SEASON = re.compile(
    rf"(?P<v>\b(?:(?i:in|during|since|until|till|before|after|by|through|every|each|of|the|that|this|last|next|previous|early|late|mid|following|on)[\s-])+(?:(?:early|late|mid|peak|same|wheat|paddy|rice|cotton|cane|sugarcane|potato|previous|following)[\s-])?(?i:{_ROWS['seasons']}|fall(?=\s(?:of\s)?(?:19|20)\d\d))(?:\s(?:season|months?|term|break|vacations?|holidays?))?(?:,?\s(?:of\s|in\s)?(?:the\s)?(?:{_Y4}(?:-\d\d)?|(?:last|this|that|same|previous)\syear))?)(?![\w-])"
)
_MONTHS = "January|February|April|June|July|August|September|October|November|December"
MONTH = re.compile(
    rf"(?P<v>(?<![\w.@-])(?:(?:[Mm]id|[Ee]arly|[Ll]ate|[Ee]nd|[Ee]nd\sof|[Bb]eginning\sof|[Mm]iddle\sof)[\s-])?(?:(?:{_MONTHS}|(?<=[Tt]ill\s)(?:May|March)|(?<=[Uu]ntil\s)(?:May|March)|(?<=[Bb]etween\s)(?:May|March)|(?<=[Aa]round\s)(?:May|March)|(?<=mid-)(?:May|March)|(?<=early\s)(?:May|March)|(?<=late\s)(?:May|March))(?:\s?(?:-|/|to|and|or|until|till|through)\s?(?:{_MONTHS}|May|March))?|(?:May|March)\s?(?:-|/|to|and|or|until|till|through)\s?(?:{_MONTHS}))"
    rf"|(?<=\s)(?:Jan|Feb|Mar|Apr|Jun|Jul|Aug|Sept?|Oct|Nov|Dec)(?:\s?[-/]\s?(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sept?|Oct|Nov|Dec))(?![\w])"
    rf")(?![\w]|'s\s(?:mother|father|husband))"
)
INDIC_MONTH = re.compile(
    rf"(?:(?:[Ii]n|[Ss]ince|[Dd]uring|[Uu]ntil|[Oo]f|the month of)\s(?P<v>(?:{alternation(m for m in _ROWS['indic_months'] if m.isascii())})(?:\s(?:month|mahina|maas|masam))?)"
    rf"|(?P<v2>(?:{_INDIC_ALONE})[\u0900-\u0dff]{{0,8}}(?:\s(?:माह|महीने|महिन्या\S*|ਮਹੀਨੇ|மாத\S*|মাস\S*|నెల\S*|ತಿಂಗ\S*|മാസ\S*|મહિન\S*))?)"
    rf"|(?P<v3>(?:मई|मे|ਮਈ|மே|মে|మే|ಮೇ|મે)\s(?:में|से|के|माह|महीने|तक|महिन्या\S*|ਵਿੱਚ|ਤੋਂ|ਮਹੀਨੇ|மாத\S*|মাস\S*|నెల\S*|ತಿಂಗ\S*|માં|મહિન\S*)))(?!\w)"
)
# What the slow rules cannot do without.
_DAY_SAID = re.compile(
    r"\d(?:st|nd|rd|th)\b|\d\s?[/.-]\s?'?\d|day\b|\b(?i:mon|tues?|wed|thu|fri|sat|sun)[.,]?\s\d|\b[Oo]n\s(?:the\s)?(?:first|second|third|fourth|fifth|sixth|seventh|eighth|ninth|t[ehw]|elev|four|fif|six|seven|eigh|nine)"
)
_SEASON_SAID = re.compile(
    r"season|[Ww]inter|[Ss]ummer|[Mm]onsoon|[Ss]pring|[Aa]utumn|rains|[Hh]arvest|[Gg]armi|[Ss]ardi|[Bb]arsaat|[Bb]arish|[Kk]harif|[Rr]abi\b|[Ss]owing|[Ll]ambing|holidays|half-?term|fall\b"
)
_PART_SAID = re.compile(
    r"[JFMASONDjfmasond](?<![^\W\d_].)(?i:an|eb|ar|pr|ay|un|ul|ug|ep|ct|ov|ec)|\d(?:\s?[/-]\s?\d|st|nd|rd|th)|[Tt]ar(?:ikh|eekh)|inst\b|ult\b|Q[1-4]|(?:quarter|half|week|fortnight)\sof|[Ss]eason"
    rf"|[\u0900-\u0dff\u0600-\u06ff]+|(?:{alternation(m for m in _ROWS['indic_months'] if m.isascii())})(?![a-z])|{_SEASON_SAID.pattern}"
)
_MONTH_SAID = re.compile(r"\b(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)")
_MONTH_OF = re.compile(r"\b(?:[Ii]n|[Ss]ince|[Dd]uring|[Uu]ntil|[Oo]f)\s[A-Z]|[\u0900-\u0dff]+")
SLASHED = re.compile(
    r"(?:\b(?:[Oo]n|[Dd]ated?|[Ss]ince|[Dd]t\.?)\s+)(?P<v>(?P<d>\d{1,2})/(?P<m>\d{1,2}))(?![\d/]|\s?(?:mmHg|%|days|weeks|months|on\b|visits?))"
)
_FESTIVALS = alternation(re.escape(f).replace(r"\ ", r"[\s-]") for f in _ROWS["festivals"])
_INDIC_FESTIVALS = alternation(f for f in _ROWS["festivals"] if "\u0900" <= f[0] <= "\u0dff" and len(f) > 2)
FESTIVAL = re.compile(
    rf"(?<![\w-])(?:(?:{_INDIC_FESTIVALS})[\u0900-\u0dff]{{0,8}}|(?:(?:last|this|previous|next|coming|past)(?:\s+year(?:'s)?)?\s+|(?:the\s+)?(?:eve|night|day|morning|evening|week|time|month|feast)\s+(?:of|before|after)\s+)?(?:(?-i:{_FESTIVALS}))"
    rf"(?:'s)?(?:\s+(?:day|eve|night|week|festival|celebrations?|holidays?|vacations?|mela|procession|of)\b)*(?:,?\s+(?:of\s+)?(?:(?:last|this|that|previous)\s+year|{_Y4}))?(?![\w-]))",
    re.IGNORECASE,
)
_NOT_FESTIVAL = re.compile(r"\s+(?:disease|factor|tree|island|rash|lily|egg|eggs)\b", re.IGNORECASE)
_VERB_MAY = re.compile(r"\b[Mm]ay\b")


def find(page: Page) -> Iterator[Find]:
    """Every date, part of a date and festival."""
    text = page.text
    taken: list[tuple[int, int]] = []
    for hit in FULL.finditer(text):
        if _numeric_date(hit, text):
            taken.append(hit.span())
            yield Find(*hit.span(), "date", "[date]", REMOVE, Rank.DATE, "a calendar date")
    for hit in near(PART, text, _PART_SAID, 50, 50):
        if any(a < hit.end() and hit.start() < b for a, b in taken) or _no_part(hit, text):
            continue
        sure = bool(re.search(r"\d", hit[0]))
        yield Find(
            *hit.span(), "date", "[date]", REMOVE if sure else ASK, Rank.DATE, "part of a calendar date"
        )
    for hit in SLASHED.finditer(text):
        if 1 <= int(hit["m"]) <= 12 and 1 <= int(hit["d"]) <= 31:
            yield Find(*hit.span("v"), "date", "[date]", ASK, Rank.DATE, "a day and a month, or a score?")
    for hit in FESTIVAL.finditer(text):
        if not _NOT_FESTIVAL.match(text, hit.end()):
            yield Find(*hit.span(), "festival", "[date]", REMOVE, Rank.DATE, "a festival tells the day")
    for rule, anchor, before, after in (
        (LONE_DAY, _DAY_SAID, 40, 40),
        (SEASON, _SEASON_SAID, 50, 60),
        (MONTH, _MONTH_SAID, 20, 40),
        (INDIC_MONTH, _MONTH_OF, 1, 40),
    ):
        for hit in near(rule, text, anchor, before, after):
            span = hit.span(hit.lastgroup or "v")
            yield Find(*span, "date", "[date]", ASK, Rank.LISTED, "may be part of a calendar date")


def _numeric_date(hit: re.Match[str], text: str) -> bool:
    """Whether three numbers are a date and no score, share or section; eight digits need a date's surroundings."""
    if hit["n8"]:
        return not re.search(
            r"(?:PMID|PMC|NCT|CRD|no\.?|ID|MRN|UHID)\W{0,3}$",
            text[max(0, hit.start() - 24) : hit.start()],
            re.IGNORECASE,
        )
    if not hit["n1"]:
        may = _VERB_MAY.search(hit[0])
        return not (may and UNIT.match(text, hit.end()))
    one, two, sign = int(hit["n1"]), int(hit["n2"]), hit["b"] or ""
    if not ((1 <= one <= 31 and 1 <= two <= 12) or (1 <= one <= 12 and 1 <= two <= 31)):
        return False
    if UNIT.match(text, hit.end()) or re.search(
        r"\b(?:v|ver|version|section|chapter|item|ratio|release)\.?\s*$",
        text[max(0, hit.start() - 24) : hit.start()],
    ):
        return False
    short = len(hit["y"].strip("'")) == 2
    padded = len(hit["n1"]) == len(hit["n2"]) == 2
    if not sign:
        return not short and (
            padded
            or bool(
                re.search(
                    r"\b(?:on|dated?|dob|since)\W+$",
                    text[max(0, hit.start() - 24) : hit.start()],
                    re.IGNORECASE,
                )
            )
        )
    if short and sign == ".":
        return padded or two <= 12 <= int(hit["y"].strip("'"))
    if short and sign == "-" and not padded:
        return (
            bool(
                re.search(
                    r"\b(?:on|dated?|dt|dob|doa|dod|since|from|to|till)\W+$",
                    text[max(0, hit.start() - 24) : hit.start()],
                    re.IGNORECASE,
                )
            )
            or one > 12
        )
    return True


def _no_part(hit: re.Match[str], text: str) -> bool:
    words = hit[0]
    low = words.lower()
    if re.search(r"\b(?:may|mar|march|dec|oct|sec)\b", low):
        may = re.search(r"\b(?:may|march)\b", low)
        if may and words[may.start()] in "m" and not re.search(r"\d", words):
            return True
        if re.fullmatch(r"may\s+\d{1,3}", low) and UNIT.match(text, hit.end()):
            return True
        if (
            re.search(r"\d\s?-?(?:may|mar|march|oct|dec)$", low)
            and words[-3:].islower()
            and not re.search(r"(?:st|nd|rd|th|of)\s", low)
        ):
            return True
        if "OCT" in words or "MAY" in words or "MAR" in words:
            return not re.search(r"\d", words)
    if re.match(r"[^\W\d_]", words) and re.search(r"\d$", words) and UNIT.match(text, hit.end()):
        return True
    if re.fullmatch(r"\d{1,2}\s?[/-]\s?\d{4}|\d{4}[/-]\d\d", words):
        before = text[max(0, hit.start() - 16) : hit.start()]
        return bool(
            re.search(
                r"(?:No|no|no\.|No\.|[A-Z]{2,}|[Ss]pecimen|[Ss]lide|[Bb]iopsy|HPE|lab)[ .:/#-]*$", before
            )
        )
    return False
