"""Hospitals, laboratories, schools and employers: capitalised words around a word that says what they are."""

from __future__ import annotations

import re
from collections.abc import Iterator

from pipeline.identify.found import ASK, REMOVE, Action, Find, Rank
from pipeline.identify.page import Page, Token
from pipeline.identify.words import NAME, Trait, group

LONGEST = 8  # words before the one that says what it is
_NUMBER = re.compile(r",?\s(?:No\.?|Number|Unit)\s?\d{1,3}\b|\s(?:II|III|IV)\b")
CONNECT = {"of", "and", "for", "the", "de", "in", "at", "on"}
_JOINED = re.compile(r"[ \t]{1,2}|\. |-|'s? |, |\s?&\s?|/|'")

_SAID = {
    "hospital": "a hospital",
    "lab": "a laboratory",
    "school": "a school or college",
    "work": "an employer",
}


def find(page: Page) -> Iterator[Find]:
    """Every organisation."""
    tokens = page.tokens
    i = 0
    while i < len(tokens):
        kind = _kind(page, i)
        hit = _around(page, i, kind) if kind else None
        if hit:
            yield hit
            while i < len(tokens) and tokens[i].start < hit.end:
                i += 1
        else:
            i += 1


def _kind(page: Page, i: int) -> str:
    token = page.tokens[i]
    low = token.low
    if low in group("health_heads"):
        return "hospital"
    if (
        token.capital
        and low in group("known_orgs")
        and (token.shape == "U" or low not in ("cmc", "narayana", "apollo", "aster", "metropolis", "amrita"))
    ):
        return "known"
    if not token.capital:
        before = page.tokens[i - 1] if i else None
        lowly = low in group("lower_heads")
        named = (
            before is not None
            and before.capital
            and not before.has(Trait.WORD | Trait.KEEP | Trait.REGION | Trait.EPONYM)
            and page.gap(i) == " "
        )
        return (
            ("school" if low in group("school_heads") else "work")
            if lowly and named and before is not None and not before.opens
            else ""
        )
    if token.shape == "U" and low in group("place_heads") and i and _stands_before(page, i):
        return "known"
    for name, kind in (
        ("lab_heads", "lab"),
        ("school_heads", "school"),
        ("work_heads", "work"),
        ("weak_heads", "weak"),
    ):
        if low in group(name):
            return kind
    return ""


def _stands_before(page: Page, i: int) -> bool:
    """Whether a place stands right before "PHC": "Rampur PHC"."""
    before = page.tokens[i - 1]
    return (
        before.shape == "C" and page.gap(i) == " " and not before.has(Trait.WORD | Trait.KEEP | Trait.REGION)
    )


def _around(page: Page, i: int, kind: str) -> Find | None:
    """The organisation around token `i`, or None when nothing there tells it from others."""
    tokens = page.tokens
    head = tokens[i]
    first = _left(page, i)
    last = _right(page, i)
    span = tokens[first : last + 1]
    telling = [t for t in span if _telling(t, kind, _sure_weak(span))]
    city = _city(page, last, needed=not telling, kind=kind)
    if kind == "weak" and not telling:
        return None
    if kind in ("weak", "work", "lab") and not [t for t in telling if t.start < head.start or kind == "weak"]:
        if not (city and kind == "lab" and len(span) > 1):
            return None
    if kind == "known":
        telling = telling or [head]
        after = tokens[last + 1] if last + 1 < len(tokens) else None
        if (
            after
            and not city
            and after.shape == "C"
            and page.gap(last + 1) == " "
            and not after.has(Trait.KEEP)
            and not after.opens
        ):
            city = after.end
    if head.shape == "l" and not telling:
        return None
    if not telling and not city:
        generic = (
            len(span) > 1
            and head.capital
            and any(
                t.low in ("civil", "district", "government", "govt", "general", "children's") for t in span
            )
        )
        return _made(page, first, span[-1].end, kind, ASK) if generic and kind == "hospital" else None
    end = city or span[-1].end
    if head.shape == "l" and len(span) == 1:
        return None
    if kind == "weak" and not _sure_weak(span):
        return _made(page, first, end, kind, ASK)
    kept = (
        page.kept.find(1, span[0].start, span[-1].end) >= 0 and not city and kind in ("weak", "work", "lab")
    )
    kept = kept and (head.shape == "l" or (kind == "weak" and not _sure_weak(span)))
    return None if kept else _made(page, first, end, kind, REMOVE)


def _sure_weak(span: list[Token]) -> bool:
    lows = {t.low for t in span}
    return bool(lows & group("sure_beside"))


def _made(page: Page, first: int, end: int, kind: str, action: Action) -> Find:
    said = _SAID.get(kind, "an institution")
    if kind in ("weak", "known"):
        said = "a hospital" if kind == "known" else "an institution"
    start = page.tokens[first].start
    numbered = _NUMBER.match(page.text, end)
    end = numbered.end() if numbered else end
    if page.text[max(0, start - 4) : start] == "The ":
        start -= 4
    return Find(
        start, end, "employer" if kind == "work" else "school" if kind == "school" else "hospital",
        said, action, Rank.ORGANISATION, "the name of an institution",
    )  # fmt: skip


def _telling(token: Token, kind: str, sure: bool) -> bool:
    """Whether the word tells this institution from others."""
    if token.low in CONNECT or token.low in group("generic_org") or token.shape in "l":
        return False
    if token.low in _heads() or token.has(Trait.KEEP) and not token.has(NAME):
        return False
    if token.shape == "n":
        return False
    if kind == "weak" and sure and token.capital and not token.opens:
        return token.low not in group("openers")
    if kind in ("weak", "work", "lab") and token.has(Trait.WORD) and not token.has(Trait.NAMESAKE | NAME):
        return kind == "work" and token.capital
    return (
        token.proper
        and (
            not token.has(Trait.WORD)
            or token.has(Trait.NAMESAKE | NAME | Trait.PLACE)
            or kind in ("hospital", "school")
        )
        and token.low not in group("openers")
    )


def _heads() -> frozenset[str]:
    return group("health_heads") | group("lab_heads") | group("school_heads") | group("weak_heads")


def _left(page: Page, i: int) -> int:
    """The first token of the name that ends with token `i`."""
    tokens = page.tokens
    first = j = i
    while j and i - j < LONGEST:
        before, gap = tokens[j - 1], page.gap(j)
        if "," in gap and not (tokens[j].low in _heads() and before.low in _heads()):
            break
        if not _JOINED.fullmatch(gap):
            break
        if before.proper:
            if before.opens and before.low in group("openers") | group("relations"):
                break
            if before.low in ("figure", "fig", "table", "department", "dept") and before.opens:
                break
            if before.low in group("titles") and before.low not in (
                "dr",
                "sardar",
                "shri",
                "sri",
                "smt",
                "lady",
                "prof",
                "capt",
                "maj",
                "col",
                "st",
                "swami",
                "bhai",
                "haji",
                "pandit",
                "maharaja",
                "shree",
                "rev",
                "lt",
            ):
                break
            if (
                gap == ". "
                and before.shape not in "I"
                and before.low
                not in (
                    "dr",
                    "st",
                    "smt",
                    "sh",
                    "shri",
                    "sri",
                    "govt",
                    "pt",
                    "prof",
                    "dist",
                    "distt",
                    "col",
                    "maj",
                    "capt",
                    "mt",
                )
            ):
                break
            first = j - 1
        elif (
            before.low not in CONNECT
            or before.shape != "l"
            or j - 1 == 0
            or not tokens[j - 2].capital
            or before.low in ("in", "at", "on")
            or not re.fullmatch(r" ", page.gap(j - 1))
            or tokens[j - 2].low in group("openers")
            and tokens[j - 2].opens
            or before.low in ("of", "for", "the")
            and not (
                tokens[j - 2].low in _heads() | group("generic_org")
                or tokens[j - 2].low in ("of", "and", "for", "school", "lady", "sisters", "our")
            )
        ):
            break
        j -= 1
    return first


def _right(page: Page, i: int) -> int:
    """The last token of the name: "Institute of Medical Sciences and Research"."""
    tokens = page.tokens
    last = j = i
    while j + 1 < len(tokens) and j - i < LONGEST:
        after, gap = tokens[j + 1], page.gap(j + 1)
        if re.fullmatch(r"\s?(?:&|,)\s|[ \t]{1,2}|\. (?=[A-Z])|-", gap) is None or (
            "," in gap and after.low not in _heads() and after.low not in group("generic_org")
        ):
            break
        if after.proper and (
            after.low in _heads()
            or after.low in group("generic_org")
            or after.low in group("work_heads")
            or (tokens[j].low in CONNECT and j > i)
            or (after.shape == "C" and any(t.low in CONNECT for t in tokens[i + 1 : j]) and gap == " ")
        ):
            if gap == ". " and after.low not in ("ltd", "limited", "of"):
                break
            last = j + 1
        elif not (after.shape == "l" and after.low in ("of", "and", "for", "the") and gap == " "):
            break
        j += 1
    return last


def _city(page: Page, last: int, *, needed: bool, kind: str) -> int:
    """Where the place behind a name ends: "…, Thrissur"; 0 when there is none."""
    tokens = page.tokens
    at, end = last + 1, 0
    for step in range(2):
        if at >= len(tokens):
            break
        gap, token = page.gap(at), tokens[at]
        between = re.fullmatch(r"(?:'s)?(?:\s?,\s?|\s?\(|\s-\s|\s|,?\s(?:in|at|of)\s)", gap) or (
            token.low in ("in", "at") and token.shape == "l" and not step and re.fullmatch(r",? ", gap)
        )
        if not between or kind == "weak" and "," in gap and not needed and step:
            break
        if token.shape == "l":
            at += 1
            if at >= len(tokens) or page.gap(at) != " ":
                break
            token, gap = tokens[at], " in "
        if (
            not token.capital
            or token.shape == "I"
            or token.has(Trait.REGION)
            and token.low not in group("city_states")
        ):
            break
        stop = at
        while (
            stop + 1 < len(tokens)
            and stop - at < 2
            and page.gap(stop + 1) in (" ", "-")
            and tokens[stop + 1].shape == "C"
            and not tokens[stop + 1].has(Trait.WORD | Trait.KEEP | Trait.REGION)
        ):
            stop += 1
        placed = any(t.has(Trait.PLACE | Trait.ABROAD | Trait.PLACELIKE) for t in tokens[at : stop + 1])
        plain = token.has(Trait.WORD | Trait.KEEP) and not token.has(Trait.PLACE)
        person = token.has(NAME) and not placed
        if (plain and not placed) or person or (gap == " " and not placed) or token.low in group("titles"):
            break
        end = tokens[stop].end
        at = stop + 1
        if step or not placed:
            break
    return end
