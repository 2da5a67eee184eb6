"""Which abbreviations a text uses, and where it explains them: "magnetic resonance imaging (MRI)".

Long forms are found as Schwartz and Hearst did (A simple algorithm for identifying abbreviation definitions
in biomedical text, Pac Symp Biocomput 2003:451-62). The lists are in templates/rules/abbreviations.yaml.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from pipeline.core import resources, words

LONGEST = 7  # letters; longer words of capitals are names of studies and firms
TOKEN = re.compile(r"(?<![\w.@/~^-])(?:anti-|non-|pre-|post-)?([A-Za-z]{2,8})(?![\w@~^]|-\d|\.\w)")
ROMAN = re.compile(r"[IVXL]+")
BEFORE, AFTER = 120, 80  # characters in which a long form is looked for
SENTENCE = re.compile(r"[.;:!?()]\s|\n\n")


@dataclass(frozen=True, slots=True)
class Use:
    """One place where an abbreviation stands; `long` is what it is explained as there, or ""."""

    short: str
    down: int  # line in the prose, counted from 0
    long: str = ""


def uses(prose: str) -> Iterator[Use]:
    """Every abbreviation in a piece of prose, in order, those that need no explanation included."""
    text = words.REFERENCE.sub(_blank, words.CITATION.sub(_blank, prose))
    for token in TOKEN.finditer(text):
        short = _short(token.group(1))
        if short:
            long = _long(text, token.start(1), token.end(1), short)
            yield Use(short, text.count("\n", 0, token.start()), words.MARKUP.sub("", long))


def explained(proses: Iterable[str]) -> dict[str, str]:
    """Abbreviation -> what it stands for, as first explained, in the order of the alphabet."""
    found: dict[str, str] = {}
    for prose in proses:
        for use in uses(prose):
            if use.long:
                found.setdefault(use.short, use.long)
    return dict(sorted(found.items(), key=lambda row: (row[0].casefold(), row[0])))


def known(short: str) -> bool:
    """Does every reader know it, so that it is never written out?"""
    return short in _data()["known"]


def common(short: str) -> str:
    """What a common medical abbreviation stands for, or ""."""
    return str(_data()["common"].get(short, ""))


def _data() -> dict[str, Any]:
    data: dict[str, Any] = resources.data("templates/rules/abbreviations.yaml")
    return data


def _blank(found: re.Match[str]) -> str:
    """Spaces in the place of a citation or a mention; its lines stay."""
    return re.sub(r"[^\n]", " ", found.group())


def _short(token: str) -> str:
    """The abbreviation that a word is, without the s of a plural; "" if it is none."""
    if token[-1] == "s" and token[:-1].isupper() and len(token) > 2:
        token = token[:-1]
    capitals = sum(c.isupper() for c in token)
    if capitals < 2 or capitals * 2 < len(token) or len(token) > LONGEST or ROMAN.fullmatch(token):
        return ""
    return token


def _long(text: str, start: int, end: int, short: str) -> str:
    """The long form beside an abbreviation: before "(MRI)", or inside the brackets of "MRI (magnetic …)"."""
    if text[start - 1 : start] == "(" and re.match(r"s?\s*[);,]", text[end:]):
        before = SENTENCE.split(text[max(0, start - 1 - BEFORE) : start - 1])[-1]
        return _matched(before.strip(), short)
    if inside := re.match(rf"s? \(([^()]{{3,{AFTER}}})\)", text[end:]):
        whole = " ".join(inside.group(1).split())
        return whole if _matched(whole, short) == whole else ""
    return ""


def _matched(before: str, short: str) -> str:
    """The shortest end of `before` with the letters of `short` in order, the first at a word's start."""
    at = len(before)
    for n in range(len(short) - 1, -1, -1):
        letter = short[n].lower()
        at -= 1
        while at >= 0 and (before[at].lower() != letter or (n == 0 and before[at - 1 : at].isalnum())):
            at -= 1
        if at < 0:
            return ""
    long = " ".join(before[at:].split())
    return long if len(short) < len(long) and len(long.split()) <= min(len(short) + 5, 2 * len(short)) else ""
