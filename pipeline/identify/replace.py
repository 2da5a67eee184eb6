"""What could stand where something identifying stood."""

from __future__ import annotations

import re

from pipeline.identify.found import Find
from pipeline.identify.page import Page
from pipeline.identify.words import group

_BEFORE = re.compile(
    r"(?:\b([Hh]is|[Hh]er|[Tt]heir|[Mm]y|[Pp]atient's|[Tt]he)\s+)?\b([a-z]+(?:-in-law)?)\s*(?:[,:(-]|named|called)?\s*$"
)


_DOCTOR = re.compile(r"(?:GP )?(?:Dr|Prof)\b")
_RELATION = re.compile(r"[a-z]+(?:-in-law)?(?= )")


def replacement(page: Page, hit: Find) -> str:
    """The words of the rule, made to fit: "her brother" where "her brother Ravi Kumar" stood."""
    if hit.label != "name":
        return hit.replacement
    words = page.text[hit.start : hit.end]
    if _DOCTOR.match(words):
        return "the doctor"
    own = _RELATION.match(words)
    if own and own[0] in group("relations"):
        return own[0]
    found = _BEFORE.search(page.text, max(0, hit.start - 40), hit.start)
    if found and found[2] in group("relations"):
        return ""  # the relation before the name says enough
    return hit.replacement
