"""Ages for journals that do not print an exact one: as a decade ("a man in his 30s"), or not at all.

Only plain wordings are rewritten ("A 34-year-old man", "She was 34 years old" of the patient); what else
looks like an age is counted, so that a person can be told. Nothing is guessed.
"""

from __future__ import annotations

import re
from functools import cache
from typing import Any

from pipeline.core import resources

HYPHEN = "[-\u2010\u2011\u2013 ]"
UNIT = "(?:years?|yrs?|y|months?|weeks?|days?)"
WORDS = (
    "(?:one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|thirteen|fourteen|fifteen|sixteen|seventeen"
    f"|eighteen|nineteen|(?:twenty|thirty|forty|fifty|sixty|seventy|eighty|ninety)(?:{HYPHEN}\\w+)?)"
)
LEFT = re.compile(
    rf"\b(?:\d{{1,3}}|{WORDS}){HYPHEN}{UNIT}{HYPHEN}old\b"
    rf"|\b(?:aged|age of|age was|age:) ?(?:\d{{1,3}}|{WORDS})\b"
    rf"|\b(?:\d{{1,3}}|{WORDS}) years of age\b|\b\d{{1,3}} ?(?:y/o|yo)\b|\b\d{{2}}/(?-i:[MF])\b"
    r"|\b(?:man|woman|boy|girl|male|female|patient|child) of \d{1,3}(?: years)?\b",
    re.IGNORECASE,
)
OURS = re.compile(r"\b(?:under 10|over 89|between 10 and 12) years of age\b")
AN = re.compile(r"[aio]|e(?!u)|un(?!i)|hono?u?r|hour", re.IGNORECASE)  # "an unwell boy", "a unilateral"
NO_AGE = "none"


def rewritten(text: str, years: int, sex: str, style: str) -> str:
    """`text` with its ages as `style` says: "decade", "none" or "exact" (as typed).

    `years` and `sex` are the patient's (record.patient).
    """
    if style == "exact":
        return text
    table = _table()
    own = table["pronouns"][sex]

    def described(found: re.Match[str]) -> str:
        noun = found["noun"]
        pronoun = table["nouns"][noun.lower()]
        whose = own if pronoun == "own" else pronoun
        said = "" if style == NO_AGE else f" {_said(int(found['age']), whose)}"
        rest = f"{found['adjectives']}{noun}{said}"
        article = found["article"]
        if article is None:
            return rest
        fitting = "an" if AN.match(rest) else "a"
        return f"{fitting.capitalize() if article[0] == 'A' else fitting} {rest}"

    text = _described().sub(described, text)
    if style == NO_AGE:
        return text
    stated = rf"\b(He|She|They|The patient|The child)( was| is| were) {years} years old\b(?! (?:or|and))"
    return re.sub(stated, rf"\1\2 {_said(years, own)}", text)


def left(text: str) -> int:
    """How many exact ages a text still seems to hold."""
    return len(LEFT.findall(OURS.sub("", text)))


def _said(age: int, whose: str) -> str:
    row = next(row for row in _table()["forms"] if age <= row["up_to"])
    return str(row["said"]).format(whose=whose, decade=age // 10 * 10)


def _table() -> dict[str, Any]:
    table: dict[str, Any] = resources.data("templates/manuscript/ages.yaml")
    return table


@cache
def _described() -> re.Pattern[str]:
    nouns = "|".join(sorted(_table()["nouns"], key=len, reverse=True))
    follows = "|".join(_table()["follows"])
    return re.compile(
        rf"(?:\b(?P<article>[Aa]n?)\s+)?\b(?P<age>1[0-4]\d|\d?\d){HYPHEN}years?{HYPHEN}old\s+"
        rf"(?P<adjectives>(?:[A-Za-z][a-z-]*\s+){{0,3}}?)(?P<noun>{nouns})(?=[^\w\s'’-]|\s*$|\s+(?:{follows})\b)"
    )
