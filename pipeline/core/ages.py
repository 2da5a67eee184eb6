"""Ages as decades, for journals that do not print an exact age ("a man in his 30s").

Only plain wordings are rewritten ("A 34-year-old man", and "aged 34 years" for the patient's own age); what
else looks like an age is counted, so that a person can be told. Nothing is guessed.
"""

from __future__ import annotations

import re
from functools import cache
from typing import Any

from pipeline.core import resources

LEFT = re.compile(
    r"\b\d{1,3}[- ](?:years?|yrs?)[- ]old\b|\b(?:aged|age of|age was|age:) ?\d{1,3}\b"
    r"|\b\d{1,3} years of age\b",
    re.IGNORECASE,
)
OURS = re.compile(r"\b(?:under 10|over 89) years of age\b")
AN = re.compile(r"[aio]|e(?!u)|un(?!i)", re.IGNORECASE)  # "an unwell boy", "a unilateral", "a European"


def as_decade(text: str, years: int, sex: str) -> str:
    """`text` with its ages as decades. `years` and `sex` are the patient's (record.patient)."""
    table = _table()
    own = table["pronouns"][sex]

    def described(found: re.Match[str]) -> str:
        noun = found["noun"]
        pronoun = table["nouns"][noun.lower()]
        whose = own if pronoun == "own" else pronoun
        rest = f"{found['adjectives']}{noun} {_said(int(found['age']), whose)}"
        article = found["article"]
        if article is None:
            return rest
        fitting = "an" if AN.match(rest) else "a"
        return f"{fitting.capitalize() if article[0] == 'A' else fitting} {rest}"

    text = _described().sub(described, text)
    stated = rf"aged {years}(?: years)?(?: old)?|at (?:the|an) age of {years}(?: years)?"
    text = re.sub(rf"\b(?:{stated})\b", _said(years, own), text)
    return re.sub(rf"\b(was|is) {years} years old\b", rf"\1 {_said(years, own)}", text)


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
        rf"(?:\b(?P<article>[Aa]n?) )?\b(?P<age>1[0-4]\d|\d?\d)[- ]years?[- ]old "
        rf"(?P<adjectives>(?:[A-Za-z][a-z-]* ){{0,3}}?)(?P<noun>{nouns})(?=[^\w\s-]|\s*$| (?:{follows})\b)"
    )
