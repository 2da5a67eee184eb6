"""Villages, towns, districts, streets and houses: by the words around them and by a list of places."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache

from pipeline.identify.found import ASK, REMOVE, Find, Rank
from pipeline.identify.page import Page, Token
from pipeline.identify.words import NAME, Trait, group, places, traits

SAID = {
    "village": "a village",
    "vill": "a village",
    "vpo": "a village",
    "pind": "a village",
    "gaon": "a village",
    "hamlet": "a village",
    "tehsil": "a tehsil",
    "tahsil": "a tehsil",
    "taluk": "a taluk",
    "taluka": "a taluk",
    "mandal": "a mandal",
    "block": "a block",
    "district": "a district",
    "distt": "a district",
    "dist": "a district",
    "town": "a town",
    "city": "a city",
    "county": "a county",
}
MOST = 3  # words of a place
_BEFORE = re.compile(r"[.:]{0,2}\s{0,2}(?:[-:]\s?)?|\s?\(\s?")
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
_STREETS_ABROAD = "Street|St|Road|Rd|Lane|Ln|Avenue|Ave|Drive|Dr|Close|Court|Ct|Crescent|Way|Boulevard|Blvd|Gardens|Grove|Row|Square|Terrace|Mews|Place|Pl|Circle|Parkway|Pkwy|Highway|Hwy|Trail|Walk|View|Hill|Green|Parade|Rise|Park"
_W = r"[A-Z][\w'.]*(?:-[A-Z]?\w+)?"
_PART = (
    r"(?:"
    rf"(?i:(?:house|h(?=\.?\s?no)|door|d(?=\.?\s?no)|flat|plot|shop|quarters?|qtr|room|villa|apt|apartment|unit|suite|bungalow|site|old|new|khasra|tower|floor|block|wing|phase|sector|sec|street|gali|galli|lane|ward|w\.|zone|stage|pocket|booth|scf|sco|kothi|chawl|mkn|makan|row house|cross|main|road|बिल्डिंग|मकान|वार्ड|गली|सेक्टर)\.?\s?(?:no|num|number|nos|न०|नंबर|नं|#)?\.?\s?[:#-]?\s?)(?:#\s?)?(?:[A-Z]{{0,3}}-?\d[\w/-]*(?:\s?\(?[A-Z]\)?(?=[\s,.]))?|[A-Z]\b(?!\.[A-Z]))"
    rf"|#\s?\d[\w/-]*"
    rf"|\d{{1,4}}(?:st|nd|rd|th)\s(?:[Ff]loor|[Cc]ross|[Mm]ain|[Ss]treet|[Aa]venue|[Bb]lock|[Ss]tage|[Pp]hase|[Ll]ane)(?:\s(?:Road|Main|Street))?"
    rf"|(?:{_W}\s){{0,4}}(?i:{_STREET})(?:\s(?:No\.?\s?)?\d[\w-]*)?\b(?:\s(?:{_W}))?(?:\s(?:Road|Colony|Nagar|Phase|Extension|Street|East|West|North|South))?"
    rf"|\d{{1,5}}[A-Za-z]?(?:[/-]\d+\w?)?,?\s(?:{_W}\s){{1,4}}(?:{_STREETS_ABROAD})\b\.?"
    rf"|(?:[Nn]ear|[Oo]pp(?:\.|osite)?|[Bb]ehind|[Bb]eside|[Aa]djacent to|[Nn]ext to)\s(?:the\s)?(?:old\s|new\s)?(?:{_W}(?:\s(?=[A-Z])|\b)){{1,5}}"
    rf"|(?:P\.?\s?O\.?\s?)?[Bb]ox\s?(?:[Nn]o\.?\s?)?\d+|(?i:c/o)\s{_W}(?:\s{_W}){{0,3}}"
    r")"
)
_LEAD = r"(?:(?:[a-z]+ )?(?:colony|basti|slum|quarters?|hostel|house|lane|street|road|hut|shop|flat|room|building|camp|chawl|market|area|settlement|jhuggi|village) )?"
_MORE = rf"(?:\s?[,;]\s?(?:{_PART})|,\s(?:{_W})(?:\s(?:{_W})){{0,3}}(?=[,.;)]|\s-|\s\d|$))"
ADDRESS = re.compile(rf"(?<![\w/.-])(?:{_LEAD}(?:{_PART}))(?:{_MORE}){{0,6}}")
_NUMBERED = re.compile(
    r"\d|#|(?i:\b(?:road|street|marg|colony|nagar|enclave|vihar|layout|apartments?|society|mohalla|bazaa?r|chowk|gali|lane|avenue|near|opp|opposite|behind|quarters|chawl|residency|bhavan|bhawan|niwas|sadan|kunj|villa|terrace|wadi|peth|katra|bagh|gunj|puram|salai|sarani|highway|cantt|cantonment|basti|camp|box|next|beside|adjacent)\b)"
)
_CLINICAL = re.compile(
    r"(?i:^(?:room|ward|unit|bed|floor|block|phase|stage|zone|wing|street|old|new|site|main|cross|sector|sec|w\.|plot|pocket|lane|road|d|h|apt|tower|flat|w)\.?\s?(?:no)?\.?\s?[:#-]?\s?(?:\d{1,3}|[A-Z]|I{1,3})?[A-Za-z]?$)"
)
_STUDY = re.compile(r"(?i:(?:study|trial|stage|phase|unit|ward|room|block|bed|zone|site)\b)")


def find(page: Page) -> Iterator[Find]:
    """Every place."""
    yield from _addresses(page)
    tokens = page.tokens
    i = 0
    while i < len(tokens):
        hit, i = _at(page, i)
        if hit:
            yield hit


def _addresses(page: Page) -> Iterator[Find]:
    for hit in ADDRESS.finditer(page.text):
        words = hit[0]
        end = _cut(page, hit)
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
            and len([w for w in re.findall(r"[A-Z][\w']+", words)]) < 2
            and not re.match(r"(?i:near|opp|behind)", words)
        ):
            continue
        near = re.match(r"(?i:near|opp|behind|beside|adjacent|next)", words)
        if near and one and not _named_place(page, hit):
            continue
        sure = not near and (not one or bool(re.search(r"\d", low)))
        yield Find(
            hit.start(),
            end,
            "address",
            "[address]",
            REMOVE if sure else ASK,
            Rank.ADDRESS,
            "part of an address",
        )


_STOP_AT = re.compile(
    r"(?:hospital|clinic|college|institute|university|dr|mr|mrs|smt|shri|phone|mobile|mob|age|date|dob|tel|email|patient|diagnosis|figure|school)\b",
    re.IGNORECASE,
)


def _cut(page: Page, hit: re.Match[str]) -> int:
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


def _at(page: Page, i: int) -> tuple[Find | None, int]:
    """A place that begins at or behind token `i`, and where to go on."""
    tokens = page.tokens
    token = tokens[i]
    if token.low in group("place_before") and (
        token.low not in _SHORT or token.shape == "U" or token.capital
    ):
        j = i + 1
        if token.low in ("post", "village") and j < len(tokens) and tokens[j].low in ("office", "and", "&"):
            j += 1
        if j < len(tokens) and tokens[j].low in ("of", "named", "called", "no", "is") and j + 1 < len(tokens):
            j += 1
        if (
            j < len(tokens)
            and _BEFORE.fullmatch(page.gap(j))
            and _can_be(
                tokens[j],
                sure=token.low not in _SHORT | {"block", "ward", "post", "native", "division", "parish"},
            )
        ):
            end = _grown(page, j)
            if page.locked.find(1, tokens[j].start, tokens[end - 1].end) < 0:
                what = SAID.get(token.low, "a place")
                start = token.start if j == i + 1 and token.low in SAID else tokens[j].start
                return Find(
                    start, tokens[end - 1].end, "place", what, REMOVE, Rank.CONTEXT, "the name of a place"
                ), end
    if (
        token.low in group("place_heads")
        and token.shape == "U"
        and i + 1 < len(tokens)
        and page.gap(i + 1) in (" ", ", ", "-", " - ")
    ):
        after = tokens[i + 1]
        if (
            after.capital
            and not after.has(Trait.WORD | Trait.KEEP | Trait.REGION)
            and len(after.text) > 3
            and after.shape != "I"
        ):
            end = _grown(page, i + 1)
            return Find(
                token.start,
                tokens[end - 1].end,
                "hospital",
                "a health centre",
                REMOVE,
                Rank.CONTEXT,
                "the name of an institution",
            ), end
    if token.capital and token.shape != "I":
        listed = _listed(page, i)
        if listed:
            return listed
        end = _before_kind(page, i)
        if end:
            what = SAID.get(tokens[end].low, "a place")
            last = (
                end
                if tokens[end].low in SAID or tokens[end].low in ("panchayat", "mohalla", "basti")
                else end - 1
            )
            return Find(
                token.start, tokens[last].end, "place", what, REMOVE, Rank.CONTEXT, "the name of a place"
            ), end + 1
    return None, i + 1


_SHORT = frozenset(
    {
        "po",
        "ps",
        "sc",
        "para",
        "mandi",
        "ward",
        "dera",
        "post",
        "native",
        "city",
        "town",
        "county",
        "tola",
        "block",
        "gram",
        "jila",
    }
)


def _can_be(token: Token, *, sure: bool) -> bool:
    if (
        not token.capital
        or token.shape == "I"
        or (token.has(Trait.REGION) and token.low not in group("city_states"))
    ):
        return False
    if token.has(Trait.WORD | Trait.KEEP) and not token.has(Trait.PLACE):
        return (
            sure
            and token.shape == "C"
            and token.has(Trait.NAMESAKE)
            and token.low not in group("generic_org")
        )
    return True


def _grown(page: Page, j: int) -> int:
    """The end of a place that begins at token `j` (exclusive)."""
    tokens = page.tokens
    end = j + 1
    while end < len(tokens) and end - j < MOST and page.gap(end) in (" ", "-", " - "):
        token = tokens[end]
        if (
            token.shape == "n"
            and re.fullmatch(r"\d{1,3}[A-Z]{0,2}", token.text)
            and tokens[end - 1].low == "chak"
        ):
            end += 1
            continue
        if token.shape not in "CU" or (
            token.has(Trait.WORD | Trait.KEEP | Trait.REGION)
            and not token.has(NAME)
            and token.low not in group("village_words")
        ):
            break
        if (
            token.low in group("place_before")
            or token.low in group("health_heads")
            or token.low in group("titles")
        ):
            break
        end += 1
    return end


def _before_kind(page: Page, i: int) -> int:
    """The index of "village" in "Rampur Kalan village" when a place begins at token `i`; else 0."""
    tokens = page.tokens
    if not _can_be(tokens[i], sure=False):
        return 0
    end = _grown(page, i)
    if end < len(tokens) and tokens[end].low in group("place_after") and page.gap(end) in (" ", ", ", "-"):
        if tokens[end].low in ("ke", "mein", "division", "railway") and not tokens[i].has(
            Trait.PLACE | Trait.PLACELIKE
        ):
            return 0
        if tokens[end].shape in "lC":
            return end
    return 0


# --- the list -------------------------------------------------------------------------------------------------


@cache
def _many() -> dict[str, list[tuple[str, ...]]]:
    """First word -> the other words of places of several words."""
    table: dict[str, list[tuple[str, ...]]] = {}
    for country in ("in", "gb", "us"):
        for place in places(country):
            words = place.replace("-", " ").split()
            if len(words) > 1:
                table.setdefault(words[0], []).append(tuple(words[1:]))
    return table


def _listed(page: Page, i: int) -> tuple[Find, int] | None:
    tokens = page.tokens
    token = tokens[i]
    longest = 0
    for rest in _many().get(token.low, ()):
        stop = i + len(rest)
        if (
            len(rest) > longest
            and stop < len(tokens)
            and all(
                tokens[i + 1 + k].low == word
                and page.gap(i + 1 + k) in (" ", "-")
                and tokens[i + 1 + k].capital
                for k, word in enumerate(rest)
            )
        ):
            longest = len(rest)
    if longest:
        end = i + longest + 1
        if all(t.has(Trait.WORD) and not t.has(Trait.NAMESAKE | NAME) for t in tokens[i:end]) and not _placed(
            page, i
        ):
            return None
        return Find(token.start, tokens[end - 1].end, "place", "a place", REMOVE, Rank.LISTED, "a place"), end
    if not token.has(Trait.PLACE | Trait.ABROAD) or (
        token.has(Trait.REGION) and token.low not in group("city_states")
    ):
        return None
    if token.low in group("city_states") and not _alone_state(page, i):
        return None
    if token.has(Trait.KEEP) or (
        token.has(Trait.WORD)
        and not (token.has(Trait.PLACE) and _placed(page, i) and not token.opens and len(token.low) > 3)
    ):
        return None
    placed = _placed(page, i)
    if token.has(Trait.EPONYM | NAME) and not placed:
        return None
    if not token.has(Trait.PLACE) and not placed:
        return None
    if token.shape == "U" and len(token.text) < 5 and not placed:
        return None
    person = (
        token.has(NAME)
        and i + 1 < len(tokens)
        and page.gap(i + 1) == " "
        and tokens[i + 1].capital
        and tokens[i + 1].has(NAME)
    )
    if person:
        return None
    end = i + 1
    if (
        end < len(tokens)
        and page.gap(end) == " "
        and tokens[end].shape == "C"
        and tokens[end].low in group("village_words")
    ):
        end += 1
    return Find(
        token.start,
        tokens[end - 1].end,
        "place",
        "a place",
        REMOVE if placed or not token.has(Trait.WORD) else ASK,
        Rank.LISTED,
        "a place",
    ), end


def _placed(page: Page, i: int) -> bool:
    """Whether a word before token `i` says that a place follows, or a place stands before it."""
    if not i:
        return False
    before, gap = page.tokens[i - 1], page.gap(i)
    if gap == " " and before.low in group("place_prepositions") and before.shape in "lC":
        return True
    return (
        gap in (", ", " - ", ",", " (", "; ")
        and before.capital
        and before.has(Trait.PLACE | Trait.PLACELIKE | Trait.ABROAD | Trait.WORD)
    )


def _alone_state(page: Page, i: int) -> bool:
    """Whether a city that is a state of its own stands for the city: no other city stands before it."""
    return not (i and page.gap(i) == ", " and page.tokens[i - 1].has(Trait.PLACE | Trait.PLACELIKE))
