"""Slips that nobody should meet in a manuscript: words written twice, open brackets, placeholders."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache

from pipeline.check.schema import Form, apart, spot
from pipeline.core import findings, resources, words
from pipeline.core.model import Case, Finding

TWICE = re.compile(r"(?<![\w-])([^\W\d_]{2,})\s+\1(?![\w-])", re.IGNORECASE)
RIGHT_TWICE = {"that", "had", "his", "her", "loa", "very"}  # "the fact that that patient", Loa loa
PLACEHOLDER = re.compile(
    r"(?<!\w)(?:TODO|TBD|TBC|FIXME|XX+|\?\?+|_{3,})(?!\w)|\[(?:ref|citation|add)[^\]]*\]", re.IGNORECASE
)
PARAGRAPH = re.compile(r"\n[ \t]*\n")
INCHES = re.compile(r"(?<=\d)\"")


def check(case: Case, form: Form) -> list[Finding]:
    """Findings about the wording of text, abstract and legends, each with its line."""
    return [
        findings.make(code, spot(case, path, text.count("\n", 0, at)), field=path[-1])
        for path, text in (*form.prose(), *apart(form))
        for code, at in sorted(_slips(text), key=lambda slip: (slip[1], slip[0]))
    ]


def _slips(prose: str) -> Iterator[tuple[str, int]]:
    """Codes of findings, and where in the prose they are."""
    for found in TWICE.finditer(prose):
        if found.group(1).lower() not in RIGHT_TWICE and "\n\n" not in found.group():
            yield "REC091", found.start()
    for found in _stuck().finditer(prose):
        yield "REC092", found.start()
    start = 0
    for part in PARAGRAPH.split(prose):
        bare = words.REFERENCE.sub("", words.CITATION.sub("", part))
        quotes = INCHES.sub("", bare).count('"')
        if any(bare.count(a) > bare.count(b) for a, b in ("()", "[]", "“”")) or quotes % 2:
            yield "REC093", prose.index(part, start)
        start += len(part)
    for found in PLACEHOLDER.finditer(prose):
        yield "REC094", found.start()


@cache
def _stuck() -> re.Pattern[str]:
    units = "|".join(map(re.escape, resources.data("templates/rules/typography.yaml")["stuck"]))
    return re.compile(rf"(?<![\w.,/-])\d+(?:[.,]\d+)?(?:{units})(?!\w)")
