"""Where somebody lives: houses, streets, sectors, landmarks, and what follows them."""

from __future__ import annotations

import re
from collections.abc import Iterator

from pipeline.identify.found import ASK, REMOVE, Find, Rank
from pipeline.identify.page import Page
from pipeline.identify.words import Trait, group, traits

_STREET = "|".join(
    sorted(
        (
            w
            for w in group("street_words")
            if w
            not in (
                "park",
                "view",
                "hill",
                "green",
                "block",
                "complex",
                "close",
                "way",
                "cross",
                "extension",
                "phase",
                "place",
                "camp",
                "para",
                "pet",
                "st",
                "row",
                "grove",
                "walk",
                "circle",
                "junction",
                "parade",
                "square",
                "terrace",
                "court",
                "heights",
                "towers",
                "tower",
                "drive",
            )
        ),
        key=len,
        reverse=True,
    )
)
_STREETS_ABROAD = "Street|St|Road|Rd|Lane|Ln|Avenue|Ave|Drive|Dr|Close|Court|Ct|Crescent|Way|Boulevard|Blvd|Gardens|Grove|Row|Square|Terrace|Mews|Place|Pl|Circle|Parkway|Pkwy|Highway|Hwy|Trail|Walk|View|Hill|Green|Parade|Rise|Park|Wynd|Brae|Vennel|Gate|Croft|Fold|Garth|Quay|Wharf|Alley|Pike|Turnpike|Loop|Run|Bend|Trace|Cove|Plaza|Crossing|Mount|Bank|Path|Drove|Gill|Close|Drove|Loan|Esplanade|Promenade|Embankment|Hollow|Ridge|Point|Pass|Creek"
_W = r"[A-Z][\w'.]*(?:-[A-Z]?\w+)?"
_MARKS = "cinema|temple|school|mill|factory|church|mosque|station|stand|market|bazaa?r|chowk|bridge|tank|gate|hospital|bank|ground|stadium|college|theatre|hotel|shop|tower|pump|office|post|park|club|dairy|depot|godown|tree|well|pond|canal|library|hall|talkies|crossing|roundabout|junction|field|farm|pub|inn|works|mandi|gurdwara|mandir|masjid|dargah|lake|river|dam|quarry|level crossing|workshop|garage|bakery|kiln|house|barracks|jail|court|thana|police station|bus stand|railway station|petrol pump|water tank|post office"
_RURAL = r"(?:RR|R\.R\.|Rural Route|Star Route|County Road|County Rd|State Route|State Road|Farm to Market|FM|Interstate|Route|Rte|Highway|Hwy|NH|National Highway|State Highway|Mile|Milepost|Lot|Trailer|Apt|Survey|Gat|Gut)(?:\s(?:No|Marker|no)\.?)?[\s-]\d+[A-Z]?\b(?:,?\s(?:Box|Lot|Apt|Unit)\s\d+\w?|\s(?:North|South|East|West))?"
_PART = (
    r"(?:"
    rf"(?i:(?:house|h(?=\.?\s?no)|door|d(?=\.?\s?no)|flat|plot|shop|quarters?|qtr|room|villa|apt|apartment|unit|suite|bungalow|jhuggi|hut|shanty|tent|cabin|bunk|site|old|new|khasra|tower|floor|block|wing|phase|sector|sec|street|gali|galli|lane|ward|w\.|zone|stage|pocket|booth|scf|sco|kothi|chawl|mkn|makan|row house|cross|main|road|बिल्डिंग|मकान|वार्ड|गली|सेक्टर)\.?\s?(?:no|num|number|nos|न०|नंबर|नं|#)?\.?\s?[:#-]?\s?)(?:#\s?)?(?:[A-Z]{{0,3}}-?\d[\w/-]*(?:\s?\(?[A-Z]\)?(?=[\s,.]))?|[A-Z]\b(?!\.[A-Z]))"
    rf"|#\s?\d[\w/-]*"
    rf"|\d{{1,4}}(?:st|nd|rd|th)\s(?:[Ff]loor|[Cc]ross|[Mm]ain|[Ss]treet|[Aa]venue|[Bb]lock|[Ss]tage|[Pp]hase|[Ll]ane)(?:\s(?:Road|Main|Street))?"
    rf"|(?:{_W}\s){{0,4}}(?i:{_STREET})(?:\s(?:No\.?\s?)?\d[\w-]*)?\b(?:\s(?:{_W}))?(?:\s(?:Road|Colony|Nagar|Phase|Extension|Street|East|West|North|South))?"
    rf"|\d{{1,5}}[A-Za-z]?(?:[/-]\d+\w?)?,?\s(?:(?:{_W}|\d{{1,3}}(?:st|nd|rd|th))\s){{1,4}}(?:{_STREETS_ABROAD})\b\.?"
    rf"|(?:[Nn]ear|[Oo]pp(?:\.|osite)?|[Bb]ehind|[Bb]eside|[Aa]djacent to|[Nn]ext to)\s(?:the\s)?(?:old\s|new\s)?(?:{_W}(?:\s(?=[A-Z])|\b)){{1,5}}(?:\.?\s?\d[\w/-]*)?(?:\s(?:{_MARKS})\b)?"
    rf"|{_RURAL}"
    rf"|(?:Qr|Qtr|Qrs)\.?\s?(?:No\.?\s?)?[A-Z]?-?\d[\w/-]*|[A-Z]{{1,2}}-?\d{{1,4}}(?:[/-]\d+)?[A-Z]?(?=,\s(?:{_W}\s){{1,3}}(?i:{_STREET})\b)"
    rf"|(?:P\.?\s?O\.?\s?)?[Bb]ox\s?(?:[Nn]o\.?\s?)?\d+|(?i:c/o)\s{_W}(?:\s{_W}){{0,3}}"
    r")"
)
_LEAD = re.compile(
    r"(?<![\w/.-])(?:[a-z]+ )?(?:colony|basti|slum|quarters?|hostel|house|lane|street|road|hut|shop|flat|room|building|camp|chawl|market|area|settlement|jhuggi|village) $"
)
_MORE = rf"(?:\s?[,;]\s?(?:{_PART})|,\s(?:{_W})(?:\s(?:{_W})){{0,3}}(?=[,.;)]|\s-|\s\d|$))"
ADDRESS = re.compile(rf"(?<![\w/.-])(?:{_PART})(?:{_MORE}){{0,6}}")
_NUMBERED = re.compile(
    r"\d|#|(?i:\b(?:road|street|marg|colony|nagar|enclave|vihar|layout|apartments?|society|mohalla|bazaa?r|chowk|gali|lane|avenue|near|opp|opposite|behind|quarters|chawl|residency|bhavan|bhawan|niwas|sadan|kunj|villa|terrace|wadi|peth|katra|bagh|gunj|puram|salai|sarani|highway|cantt|cantonment|basti|camp|box|next|beside|adjacent)\b)"
)
_CLINICAL = re.compile(
    r"(?i:^(?:room|ward|unit|bed|floor|block|phase|stage|zone|wing|street|old|new|site|main|cross|sector|sec|w\.|plot|pocket|lane|road|d|h|apt|tower|flat|w)\.?\s?(?:no)?\.?\s?[:#-]?\s?(?:\d{1,3}|[A-Z]|I{1,3})?[A-Za-z]?$)"
)
_STUDY = re.compile(r"(?i:(?:study|trial|stage|phase|unit|ward|room|block|bed|zone|site)\b)")


def find(page: Page) -> Iterator[Find]:
    """Every address."""
    yield from _lives(page)
    for hit in ADDRESS.finditer(page.text):
        words = hit[0]
        end = _cut(hit)
        words = page.text[hit.start() : end]
        if not _NUMBERED.search(words):
            continue
        one = "," not in words
        low = words.lower()
        if one and (
            _CLINICAL.match(words)
            and not re.match(
                r"(?i:house|h\.? ?no|flat|ward no|sector|street no|gali|door|d\.? ?no|plot no|lane no)", words
            )
        ):
            continue
        if (
            one
            and re.match(
                r"(?i:unit|site|floor|room|suite|phase|stage|zone|block|main|cross|road|new|old|tower|wing|site|ward \d|bed)",
                words,
            )
            and not re.search(r"(?i:colony|nagar|road|street)\b", words)
        ):
            continue
        if (
            one
            and not re.search(r"\d|#", words)
            and len(re.findall(r"[A-Z][\w']+", words)) < 2
            and not re.match(r"(?i:near|opp|behind)", words)
        ):
            continue
        near = re.match(r"(?i:near|opp|behind|beside|adjacent|next)", words)
        if near and one and not _named_place(page, hit):
            continue
        sure = not near and (not one or bool(re.search(r"\d", low)))
        lead = _LEAD.search(page.text, max(0, hit.start() - 40), hit.start())
        yield Find(
            lead.start() if lead else hit.start(),
            end,
            "address",
            "[address]",
            REMOVE if sure else ASK,
            Rank.ADDRESS,
            "part of an address",
        )


# "resident of 4/118-A, Pillaiyar Kovil North Street, Melaseval Post": everything up to the end of it.
LIVES = re.compile(
    rf"\b(?:lives?|lived|living|resid(?:es|ed|ing|ent)|r/o|R/o|R/O|stay(?:s|ed|ing)?|address|Address|ADDRESS|ADD|Add|addr|domiciled|home|found|collapsed|picked up)\.?\s{{0,2}}(?:is\s|was\s)?(?:alone\s|with\s\w+\s\w+\s|together\s)?(?::|at|of|in|on|near|behind|opposite|above|below|beside)?:?\s{{0,2}}(?P<v>(?:the\s)?(?:old\s|new\s)?(?:[#\d][\w/-]*|{_W}[ ](?=(?:[A-Z][\w']*\s)*(?:[A-Z]\w*|{_MARKS}|{_STREETS_ABROAD})\b[^.;\n]{{0,12}},))(?:,?\s(?:{_W}|\d[\w/-]*|{_MARKS}))*(?:,\s(?:{_W}|\d[\w/-]*)(?:\s(?:{_W}|\d[\w/-]*)){{0,3}}){{0,3}})"
)


def _lives(page: Page) -> Iterator[Find]:
    for hit in LIVES.finditer(page.text):
        start, end = hit.span("v")
        if re.search(r"\d", hit["v"]) and not re.fullmatch(r"\d+", hit["v"]) or _NUMBERED.search(hit["v"]):
            yield Find(start, end, "address", "[address]", ASK, Rank.LISTED, "part of an address")


_STOP_AT = re.compile(
    r"(?:hospital|clinic|college|institute|university|dr|mr|mrs|smt|shri|phone|mobile|mob|age|date|dob|tel|email|patient|diagnosis|figure|school)\b",
    re.IGNORECASE,
)


def _cut(hit: re.Match[str]) -> int:
    """The end of an address: before a state, and before a part that is something else."""
    at = hit.start()
    parts = re.split(r"([,;])", hit[0])
    end = at + len(parts[0])
    for i in range(1, len(parts) - 1, 2):
        part = parts[i + 1].strip()
        known = [traits(w.lower()) for w in re.findall(r"[A-Za-z]{2,}", part)]
        if _STOP_AT.search(part) or (
            known and all(t & Trait.REGION for t in known) and part.lower() not in group("city_states")
        ):
            break
        if (
            known
            and all(t & (Trait.WORD | Trait.EPONYM) for t in known)
            and not re.search(r"\d", part)
            and not _NUMBERED.search(part)
            and len(known) == 1
        ):
            break
        end += len(parts[i]) + len(parts[i + 1])
    return end


def _named_place(page: Page, hit: re.Match[str]) -> bool:
    """Whether "near …" stands before a place and not before a part of the body."""
    inside = [t for t in page.tokens if hit.start() < t.start < hit.end() and t.capital]
    if page.kept.find(1, hit.start(), hit.end()) >= 0:
        return False
    if re.search(r"\d", hit[0]):
        return True
    return any(
        not t.has(Trait.WORD | Trait.KEEP | Trait.EPONYM)
        or t.low
        in (
            "bus",
            "railway",
            "temple",
            "mandir",
            "school",
            "park",
            "station",
            "chowk",
            "market",
            "bazar",
            "church",
            "mosque",
            "masjid",
            "gurdwara",
            "gurudwara",
            "bank",
            "post",
            "police",
            "petrol",
            "water",
            "bridge",
            "stand",
            "gate",
            "tank",
        )
        for t in inside
    )
