"""Words that may point to one person although they are no name: the only one, a public office, the news."""

from __future__ import annotations

import re
from collections.abc import Iterator

from pipeline.core.resources import data
from pipeline.identify.found import ASK, Find, Rank
from pipeline.identify.page import Page
from pipeline.identify.words import alternation

_ROWS = data("templates/rules/identify-rare.yaml")
_JOBS = alternation(_ROWS["jobs"])
_PEOPLE = alternation(_ROWS["people"])
_OFFICES = alternation(_ROWS["offices"])
_RULES = (
    rf"(?:\b[Tt]he\s+(?:{_JOBS})\s+of\s+)?\b(?:the|The|is the|was the|as the)\s+(?:only|sole|youngest|oldest|tallest|richest|famous|well-known|first(?=\s(?:\w+\s){{1,3}}to\s))\s+(?:\w+\s+){{0,2}}(?:{_JOBS}|{_PEOPLE})\b(?:\s+(?:in|of|at|from|on|to)\b(?:\s+(?:the|his|her|this|their)\b)?(?:\s+(?:village|district|town|state|hospital|family|country|school|island|tehsil|block|city|area))?)?",
    rf"\b(?:the|The)\s+(?:{_JOBS})\s+(?:of|at|in)\s+(?:the\s+(?:only|local|village)\s+\w+(?:\s+(?:in|of|at))?)?",
    rf"\b(?:an?\s+|the\s+|our\s+|[Tt]he\s+)?(?:{_JOBS})\s+(?:of|at|from|in)(?=\s+(?:the\s+)?[A-Z])",
    rf"(?<![\w-])(?:(?:an?|the|former|ex|serving|sitting|retired|late|local)[\s-]+){{0,3}}(?:ex[\s-]?)?(?:{_OFFICES})(?![\w-])(?:\s+(?:of|from)\b)?",
    rf"(?i:\b(?:{'|'.join(_ROWS['events'])})\b)",
)
_ANY = [re.compile(rule) for rule in _RULES]


def find(page: Page) -> Iterator[Find]:
    """Every phrase of this kind; a person decides about each."""
    for rule in _ANY:
        for hit in rule.finditer(page.text):
            end = hit.start() + len(hit[0].rstrip())
            yield Find(hit.start(), end, "rare", "", ASK, Rank.RARE, "may point to one person: is it needed?")
