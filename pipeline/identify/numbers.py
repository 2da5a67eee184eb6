"""Numbers and addresses of the net: by the word before them, by their shape, by their check digit."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache

from pipeline.core import resources
from pipeline.identify.found import ASK, REMOVE, Find, Rank
from pipeline.identify.page import Page
from pipeline.identify.shapes import SHAPES, WORDY
from pipeline.identify.words import KNOWN, Trait, alternation, traits

RULES = "templates/rules/identify-numbers.yaml"
# "PIN 143 001": the digits of a postal code behind its label, or behind a state or a city.
PIN = re.compile(
    r"(?:\b(?:pin(?:[ -]?code)?|p\.?i\.?n\.?|post(?:al|[ -]?)code|zip(?:[ -]?code)?)|पिन(?:[ -]?कोड)?|पिनकोड|ਪਿੰਨ(?: ਕੋਡ)?|ਪਿਨ(?: ਕੋਡ)?|பின்(?:கோடு| கோடு| குறியீடு)?|அஞ்சல்(?: குறியீடு| எண்)?|পিন(?:[ -]?কোড)?|పిన్(?: ?కోడ్)?|ಪಿನ್(?: ?ಕೋಡ್)?|പിൻ(?: ?കോഡ്)?|પિન(?: ?કોડ)?|ପିନ୍?(?: ?କୋଡ୍)?)"
    r"\s*(?:no\.?|number|prefix|starting|beginning|with)?\s*(?:with)?\s*[:.-]{0,2}\s*(?:is|was|of)?\s*(?P<v>[1-9OIl][\dOIl]{2}[ -]?[\dOIlXx*]{3}|(?:\d ){5}\d|\d{5}(?:[ -]\d{4})?|\d{3}(?=[^\w]|$)(?![ .-]?\d)|[A-Z]{1,2}\d[A-Z\d]?(?:\s?\d[A-Z]{2})?)(?!\w)",
    re.IGNORECASE,
)
ZIP = re.compile(
    r"\b(?:A[KLRZ]|C[AOT]|D[CE]|FL|GA|HI|I[ADLN]|K[SY]|LA|M[ADEINOST]|N[CDEHJMVY]|O[HKR]|PA|RI|S[CD]|T[NX]|UT|V[AT]|W[AIVY]|Alabama|Alaska|Arizona|Arkansas|California|Colorado|Connecticut|Delaware|Florida|Georgia|Hawaii|Idaho|Illinois|Indiana|Iowa|Kansas|Kentucky|Louisiana|Maine|Maryland|Massachusetts|Michigan|Minnesota|Mississippi|Missouri|Montana|Nebraska|Nevada|Ohio|Oklahoma|Oregon|Pennsylvania|Tennessee|Texas|Utah|Vermont|Virginia|Washington|Wisconsin|Wyoming|Jersey|Mexico|York|Carolina|Dakota|Hampshire|Island|Rico|D\.C\.|N\.Y\.|N\.J\.|[A-Z]\.[A-Z]\.),?[ -]{1,2}(?P<v>\d{5}(?:-\d{4})?)(?![\w-])"
)
BEHIND_PLACE = re.compile(
    r"\b(?P<place>[A-Z][A-Za-z]{2,})\)?[,.]?\s{0,2}(?:[-:(]\s?)?(?P<v>[1-9]\d{2} ?\d{3}|\d{5}(?:-\d{4})?)(?!\w|[.,/]\d|-\d)"
)
# "Vidisha (M.P.) 464 001", "पुणे - 412 301"
BEHIND_STATE = re.compile(
    r"(?:(?:\b(?:[A-Z]\.\s?){2}|\b(?:AP|AR|AS|BR|CG|GA|GJ|HP|HR|JK|J&K|JH|KA|KL|MH|ML|MN|MP|MZ|NL|OD|OR|PB|RJ|SK|TN|TS|TR|UK|UP|WB))\)?[,.]?\s?[-:(]?\s?|[\u0900-\u0dff]{2,}\)?[,.]?\s?(?:[-:(]\s?|\s))(?P<v>[1-9]\d{2} ?\d{3})(?!\w|[.,/-]\d|\s?\d)"
)
# "Writ petition 4471 of 2021", "crime no. 118/22"
COURT = re.compile(
    r"(?<![\w-])(?:petition|appeal|suit|case|crime|FIR|F\.I\.R\.|complaint|application|[OWCS]\.?[APCS]\.?|M\.?A\.?C\.?T?\.?)(?:\s?\([A-Za-z]{1,8}\))?\s?(?:no\.?|number|nos\.?|#)?\s?[:.-]?\s?(?P<v>\d{1,7}\s?(?:of\s(?:the\syear\s)?|/|-)\s?(?:(?:19|20)\d\d|\d\d))(?![\w/]|\s(?:patients|cases|who))",
    re.IGNORECASE,
)
# "user=steno.radiology", "handle: tenzin.goalie29", "Instagram id rahul_29"
KEYED = re.compile(
    r"(?<![\w.])(?:(?:user(?:[ _]?name|[ _]?id)?|login|log-?in|host(?:name)?|handle|screen ?name|session|token|api[ _]?key|key|password|passwd|pwd|otp|uuid|guid)\s?[:=]\s?(?P<v1>[^\s,;)\"']{3,})"
    r"|(?:insta(?:gram)?|facebook|fb|twitter|x|snapchat|telegram|youtube|tiktok|linkedin|skype|discord|reddit|threads|sharechat|koo)(?:\s(?:id|handle|account|user(?:name)?|page|profile|name|channel))*\s?(?:[:=-]|is|was|as|named|called)?\s?[\"']?(?P<v2>@?[A-Za-z][A-Za-z0-9]*[._\d][\w.]*\w)"
    r"|(?:handle|username|user name|screen name|account|channel)\s(?:is\s|was\s|named\s|called\s)?[\"']?(?P<v3>@?[A-Za-z][A-Za-z0-9]*[._\d][\w.]*\w))",
    re.IGNORECASE,
)
# "nine eight one four …"
SPOKEN = re.compile(
    r"\b(?P<v>(?:zero|oh|one|two|three|four|five|six|seven|eight|nine|double|triple)(?:[\s,-]{1,2}(?:zero|oh|one|two|three|four|five|six|seven|eight|nine|double|triple)){5,})\b",
    re.IGNORECASE,
)
HASHTAG = re.compile(r"(?<![\w&/#])(?P<v>#[A-Za-z_]\w{4,})")
HEX = re.compile(
    r"\b(?:[Ll]ocker|[Ss]eat|[Rr]oll|[Bb]erth|[Bb]adge|[Jj]ersey|[Cc]hest|[Bb]ib|[Tt]oken|[Cc]oach|[Cc]abin)\s(?:no\.?\s?|number\s)?(?P<v1>[A-Z]{0,2}-?\d{1,4}[A-Z]?)\b"
    r"|\b(?P<v2>[a-z]{1,2}\d[a-z\d]? \d(?!st|nd|rd|th|mg|ml|mm|cm|kg|hr|am|pm|yr|mo|wk|dl|hz|mv|ma|mt|mu|in|to|of|or|is|on|at|by)[a-z]{2})\b|"
    r"(?<![\w-])(?P<v>(?=[\w-]*\d)(?:[A-Z]{1,6}[-_])?(?:[0-9a-f]{4,}-){1,6}[0-9a-f]{2,}|[A-Z]{1,6}[-_](?=[0-9a-f]*\d)[0-9a-f]{4,}(?:[-_][0-9a-fA-F]{2,})*|(?=[0-9a-f]*\d[0-9a-f]*[a-f])(?=[0-9a-f]*[a-f])[0-9a-f]{12,}|[A-Z]{1,5}_[A-Z0-9_]*\d{3,}[A-Z0-9_]*|[A-Z]{1,3}-(?!(?:19|20)\d\d\b)\d{4}|(?:[A-Z]{2,}[ -])\d{3,}[ -]\d{3,}(?:[ -]\d{2,})*)(?![\w-])"
)
INDIC_NUMBER = re.compile(
    r"(?:संख्या|क्रमांक|नंबर|नम्बर|नं|न०|क्र|क्रं|ਨੰਬਰ|ਨੰ|எண்|எண|నంబర్|నంబరు|నెం|సంఖ్య|ಸಂಖ್ಯೆ|ನಂ|ನಂಬರ್|നമ്പർ|നം|নম্বর|নং|নাম্বার|ନମ୍ବର|ନଂ|નંબર|નં)\s?[:.०-]{0,2}\s?(?P<v>[A-Z]{0,5}[ /-]?\d[\dA-Z]*(?:[ /-][\dA-Z]+){0,5})(?!\w)"
)
UNIT = re.compile(
    r"\s?(?:%|x ?10|×|°|(?:[µμ]|mc|m|k|n|p)?g\b|[µμmd]?[lL]\b|[mck]?m\b|mm|cells|copies|IU\b|U\b|m?mol|/ ?(?:[µμ]?L|mm|cumm|cu|dl|dL|hpf|HPF|lpf|min)|per |Hz|kg|bpm|msec|ms\b|lakh|crore|rupees|platelets|leu[ck]ocytes|patients|people|population|inhabitants|steps|words|reads|bp\b|kb\b)",
)
_MONEY = re.compile(r"(?:Rs\.?|INR|₹|\$|£|€|USD)\s?$")
_COUNTED = re.compile(
    r"\b(?:count|counts|TLC|WBC|RBC|platelets?|titre|titer|load|LDH|CPK|CK|ferritin|troponin|BNP|AFP|HCG|CA ?\d+|CEA|PSA|IgE|ALP|AST|ALT|GGT|amylase|lipase|score|p|n|N|version|v|build|dose|units?)\s*(?:of|was|were|is|=|:|-|>|<)*\s*$",
    re.IGNORECASE,
)


def _place(word: str) -> bool:
    """Whether a postal code may stand behind the word."""
    known = traits(word.lower())
    return bool(known & (Trait.PLACE | Trait.ABROAD | Trait.PLACELIKE | Trait.REGION)) or not known & KNOWN


@cache
def _shapes() -> tuple[re.Pattern[str], re.Pattern[str]]:
    """The addresses of the net, and the numbers."""
    named = [f"(?P<s{i}>{row[3]})" for i, row in enumerate(SHAPES)]
    words, digits = named[:WORDY], named[WORDY:]
    return re.compile("|".join(words)), re.compile(rf"(?=[0-9A-Z(+*Xx•#OolI])(?:{'|'.join(digits)})")


# No address of the net does without one of these.
_NET = re.compile(
    r"@|\(at\)|\[at\]| at [\w-]+\.[a-z]|://|www\.|\w\.[a-z]{2,}|\\|/(?:home|data|mnt|user|srv|var|media|export|archive|pacs)"
)
_NET_REACH = 64  # characters before and four times as many behind


@cache
def _labels() -> tuple[re.Pattern[str], dict[str, tuple[str, str]]]:
    rows = resources.data(RULES)["labelled"]
    said = {f"l{i}": (label, what) for i, (label, what, _) in enumerate(rows)}
    # The longest word first, whichever label it belongs to.
    words = [(word, f"l{i}") for i, (_, _, alternatives) in enumerate(rows) for word in _split(alternatives)]
    return _label_pattern(words), said


def _split(alternatives: str) -> list[str]:
    """The top-level alternatives of a regular expression."""
    parts, depth, start = [], 0, 0
    for i, char in enumerate(alternatives):
        depth += (char in "([") - (char in ")]")
        if char == "|" and not depth:
            parts.append(alternatives[start:i])
            start = i + 1
    return [*parts, alternatives[start:]]


def _label_pattern(words: list[tuple[str, str]]) -> re.Pattern[str]:
    joined = alternation(word for word, _ in words)
    return re.compile(
        rf"(?<![\w/-])(?P<word>{joined})(?![a-z])"
        r"(?P<more>(?:\.?[ /]{0,2}(?:card|cards|id|ids|i\.d\.|number|numbers|num|n[o0]s?|n[o0]\.s?|ending|ends|last|digits|in|with|being|reads|allotted|given|as|under|template|band|sl|enrolment|print|photo|scan|id-?no|code|ref|#|reg|regn|registration|identification|identity|account|plate|record|slip|tag|identifier|label|contact|helpline|on file|is|was|of|संख्या|नंबर|नम्बर|न०|नं|ਨੰਬਰ|ਨੰ|எண்|కార్డు|कार्ड)\b\.?){0,5})"
        r"(?P<sign>\s{0,2}[:.#=)|\u2013-]{0,2}\s{0,3}|\s?\(\s?)"
        r"(?-i:(?P<value>(?:\(?\+\d{1,3}\)?[ -]?)?(?:[A-Z0-9]|[a-z]{1,4}(?=[/-]?\d))"
        r"(?:[A-Z0-9]|[a-z](?=\d)|(?<=\d)[a-z]|[/_.:-](?=[A-Z0-9])|\s?[/-]\s?(?=\d)|(?<=\d) (?=\d{2})|(?<=[A-Z]) (?=\d)"
        r"|(?<=\d) (?=[A-Z]{1,3} ?\d)){1,40})(?![\w@]))",
        re.IGNORECASE,
    )


@cache
def _each() -> tuple[tuple[re.Pattern[str], str, str], ...]:
    rows = resources.data(RULES)["labelled"]
    return tuple((re.compile(f"(?:{words})", re.IGNORECASE), label, what) for label, what, words in rows)


_SURE_MORE = re.compile(
    r"(?:id|number|num|no|nos|code|ref|#|record|slip|tag|plate|card|file|संख्या|नंबर|ਨੰਬਰ|எண்)\b", re.IGNORECASE
)
_DATE_LIKE = re.compile(
    r"(?:0?[1-9]|[12]\d|3[01])[/.-](?:0?[1-9]|[12]\d|3[01])[/.-](?:(?:19|20)\d\d|\d\d)|(?:19|20)\d\d[/.-]\d{1,2}[/.-]\d{1,2}|(?:19|20)\d\d"
)
_NUMBERING = re.compile(
    r"\b(?:Figure|Fig|Table|Case|Patient|Panel|Box|Image|Video|Group|Grade|Stage|Type|Day|Week|Phase)s?\.?\s*$"
)


def find(page: Page) -> Iterator[Find]:
    """Every number that may identify somebody."""
    text = page.text
    yield from _shaped(page)
    yield from _labelled(page)
    for rule, what in (
        (PIN, "a postal code"),
        (ZIP, "a ZIP code"),
        (BEHIND_PLACE, "a postal code"),
        (BEHIND_STATE, "a postal code"),
    ):
        for hit in rule.finditer(text):
            if UNIT.match(text, hit.end()) or (rule is BEHIND_PLACE and not _place(hit["place"])):
                continue
            yield Find(*hit.span("v"), "PIN code", "[postal code]", REMOVE, Rank.SHAPE, what)
    yield from _others(text)
    yield from _numbered(page)
    yield from _long(page)


def _others(text: str) -> Iterator[Find]:
    """Numbers of courts, accounts of the net, codes of machines, and numbers behind an Indian word for "number"."""
    for rule, action, rank, label, said in (
        (COURT, REMOVE, Rank.LABELLED, "number", "[number]"),
        (KEYED, REMOVE, Rank.LABELLED, "account", "[account name]"),
        (INDIC_NUMBER, REMOVE, Rank.LABELLED, "number", "[number]"),
        (SPOKEN, REMOVE, Rank.LABELLED, "phone", "[phone number]"),
        (HASHTAG, ASK, Rank.LISTED, "social media", "[hashtag]"),
        (HEX, ASK, Rank.LISTED, "number", "[code]"),
    ):
        for hit in rule.finditer(text):
            span = hit.span(hit.lastgroup or "v")
            if any(c.isalnum() for c in text[slice(*span)]) and not UNIT.match(text, span[1]):
                yield Find(*span, label, said, action, rank, "a number or a name of an account")


def _shaped(page: Page) -> Iterator[Find]:
    net, number = _shapes()
    start = end = 0
    for hit in _NET.finditer(page.text):
        if hit.start() - _NET_REACH > end:
            yield from _shaped_in(page.text, net, start, end)
            start = hit.start() - _NET_REACH
        end = min(hit.end() + 4 * _NET_REACH, len(page.text))
    yield from _shaped_in(page.text, net, start, end)
    yield from _shaped_in(page.text, number, 0, len(page.text))


def _shaped_in(text: str, pattern: re.Pattern[str], at: int, end: int) -> Iterator[Find]:
    at = max(0, at)
    while hit := pattern.search(text, at, end):
        name = hit.lastgroup or "s0"
        label, said, what, _, check = SHAPES[int(name[1:])]
        at = hit.end()
        if (check and not check(hit[0])) or _is_value(text, hit, label):
            at = hit.start() + 1
            while at < hit.end() and text[at].isalnum() and text[at - 1].isalnum():
                at += 1
            other = _other_shape(text, hit)
            if other:
                yield other
                at = other.end
            continue
        yield Find(hit.start(), hit.end(), label, said, REMOVE, Rank.SHAPE, what)


def _other_shape(text: str, hit: re.Match[str]) -> Find | None:
    """The next shape that fits at the same place, when the first did not pass its check."""
    first = int((hit.lastgroup or "s0")[1:])
    for i in range(first + 1, len(SHAPES)):
        label, said, what, _, check = SHAPES[i]
        other = _one(i).match(text, hit.start())
        if other and (not check or check(other[0])) and not _is_value(text, other, label):
            return Find(other.start(), other.end(), label, said, REMOVE, Rank.SHAPE, what)
    return None


@cache
def _one(i: int) -> re.Pattern[str]:
    return re.compile(SHAPES[i][3])


def _is_value(text: str, hit: re.Match[str], label: str) -> bool:
    """Whether what looks like a number of somebody is a measured value."""
    if label in ("email", "URL", "UPI", "ABHA address", "social media", "PAN", "GSTIN"):
        return False
    if UNIT.match(text, hit.end()) or _MONEY.search(text, max(0, hit.start() - 8), hit.start()):
        return True
    return label in ("PIN code", "phone", "IP address", "aadhaar") and bool(
        _COUNTED.search(text, max(0, hit.start() - 30), hit.start())
    )


def _labelled(page: Page) -> Iterator[Find]:
    text = page.text
    unsure = frozenset(resources.data(RULES)["unsure"])
    pattern, at = _labels()[0], 0
    while hit := pattern.search(text, at):
        at = hit.end("word")
        value = hit["value"]
        if not _plausible(text, hit, value, unsure):
            continue
        label, what = _meaning(hit["word"])
        yield Find(
            hit.start("value"), hit.end("value"), label, f"[{what}]", REMOVE, Rank.LABELLED,
            "a number that belongs to one person or thing",
        )  # fmt: skip
        at = hit.end("value")


def _meaning(word: str) -> tuple[str, str]:
    return next(
        ((label, what) for rule, label, what in _each() if rule.fullmatch(word)), ("number", "number")
    )


def _plausible(text: str, hit: re.Match[str], value: str, unsure: frozenset[str]) -> bool:
    digits = sum(c.isdigit() for c in value)
    size = sum(c.isalnum() for c in value)
    if not digits or size < 2 or _DATE_LIKE.fullmatch(value) or UNIT.match(text, hit.end()):
        return False
    word = hit["word"].lower()
    said = bool(_SURE_MORE.search(hit["more"])) or hit["sign"].strip() in (":", "#", "=", ".:")
    if _NUMBERING.search(text, max(0, hit.start("word") - 12), hit.start("word")):
        return False
    if word in unsure:
        if said:
            return (digits >= 3 or (digits >= 2 and size >= 4)) and not re.fullmatch(r"\d+\.\d+", value)
        return digits >= 5 or (
            digits >= 3
            and bool(re.search(r"\d/\d{2}$|^[A-Z]{1,4}[-/]?\d|\d-\d", value))
            and word not in ("ct", "icd", "ni", "pan", "pm", "model")
        )
    if said:
        return digits >= 2
    return digits >= 3 and not re.fullmatch(r"\d{1,3}\.\d+", value)


# "Hall ticket no. 4471", "case number 118/22": whatever has a number of its own.
_NUMBER_OF = re.compile(
    r"(?<![\w-])(?P<what>[A-Za-z]{2,})?[ .]{0,2}\b(?:no|nos|number|num|code|id|ID|No|NO|Number|Code|NUMBER|CODE|Id|Nr|nr|no\.s)\b(?:\.|\s(?:was|is|of|as))?\s{0,2}[:#=.-]{0,2}\s{0,2}"
    r"(?P<value>[A-Z0-9a-z]{0,6}(?:[/ _.-]{0,1}[A-Z]{1,6}){0,3}[-/ _.]?\d[A-Z0-9]*(?:[/_.-][A-Z0-9]+){0,6})(?![\w@])"
)
_NO_NUMBER = frozenset(
    "figure fig table panel box ward bed room day week month visit case grade stage type chromosome copy patient sample group "
    "ryles foley french size lane street plot house flat sector block gali gate platform cycle dose line lead question item page volume issue "
    "article chapter section schedule annexure appendix slice image series sr sl serial s equation model session course trial attempt tooth teeth level "
    "and or with in a the had was for to total mean average large small high low same of has is by at on be great any".split()
)
_UNSURE_NUMBER = frozenset(
    "figure fig table panel box and or with in a the of chromosome copy grade stage type dose cycle tooth teeth foley ryles french size day week".split()
)


def _numbered(page: Page) -> Iterator[Find]:
    text = page.text
    for hit in _NUMBER_OF.finditer(text):
        what, value = (hit["what"] or "").lower(), hit["value"]
        digits = sum(c.isdigit() for c in value)
        if what in _UNSURE_NUMBER or (what in _NO_NUMBER and digits < 4) or digits < 2 or len(value) < 3:
            continue
        if UNIT.match(text, hit.end()) or _DATE_LIKE.fullmatch(value) or re.fullmatch(r"\d+\.\d+", value):
            continue
        action = REMOVE if len(value) > 4 else ASK
        yield Find(*hit.span("value"), "number", "[number]", action, Rank.LABELLED, "a number of its own")


# A long number or a code of letters and digits that nothing explains.
_BARE = re.compile(
    r"(?<![\w.,/-])(?:\d{7,}|(?=[A-Z0-9]*\d[A-Z]*\d[A-Z]*\d[A-Z]*\d)(?=\d*[A-Z])[A-Z0-9]{6,}|[A-Z]{2,}(?:[/-][A-Z0-9]+){1,4}[/-]\d+[A-Z0-9]*|[A-Z]{1,6}[-/]?\d{5,}[A-Z0-9/-]*|\d{2,6}[/-][A-Z]{1,4}[/-]\d{2,}|[A-Z]{1,5}[-/]\d{1,6}[-/]\d{2,6}(?:[-/]\d+)*|[A-Z]{2,5}-\d{3,}(?:-[A-Z0-9]+)*)(?![\w%]|[.,]\d)"
)


def _long(page: Page) -> Iterator[Find]:
    text = page.text
    for hit in _BARE.finditer(text):
        if UNIT.match(text, hit.end()) or _COUNTED.search(text, max(0, hit.start() - 30), hit.start()):
            continue
        if _MONEY.search(text, max(0, hit.start() - 8), hit.start()) or _is_date(hit[0]):
            continue
        yield Find(
            hit.start(),
            hit.end(),
            "number",
            "[number]",
            ASK,
            Rank.LISTED,
            "a long number or code: does it belong to the patient or to a sample?",
        )


def _is_date(value: str) -> bool:
    return bool(re.fullmatch(r"(?:19|20)\d\d(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])", value))
