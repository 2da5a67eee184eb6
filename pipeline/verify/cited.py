"""Where a text names cited authors: in its reference list, and where a citation mark follows the name.

Authors are printed there on purpose (ICMJE Recommendations, IV.A.3.g). A find there may still be the patient.
"""

from __future__ import annotations

import re

from pipeline.core.match import PEOPLE, Hit

TAG = re.compile(r"<(/?)([a-zA-Z][\w:.-]*)[^<>]*>")
LINES = re.compile(r"(?:w:|a:|text:)?(?:p|h|h[1-6]|li|div|td|th|tr|tc|br|title|ref|ref-list|sec|ol|ul)")
HEADING = re.compile(
    r"^[ \t]*(?:#+[ \t]*|\*\*|\d{1,2}\.[ \t]+)?(?:references?(?: list)?|bibliography|literature cited|"
    r"works cited)[ \t]*(?:\*\*)?:?[ \t]*$",
    re.IGNORECASE | re.MULTILINE,
)
NEXT = re.compile(  # what ends the list: another heading, or a line that speaks of the patient
    r"^[ \t]*(?:#+[ \t]*\S|(?:\*\*)?(?:figure|legends?|tables?|appendix|acknowledge?ments?|consent|funding|"
    r"conflicts? of interest|contribut|correspond|author|supplement|declaration|patient|case|name|address|"
    r"phone)\w*\b)",
    re.IGNORECASE | re.MULTILINE,
)
NUMBERED = re.compile(
    r"^[ \t]*(?:\[\d{1,3}\]|\(\d{1,3}\)|\d{1,3}[.)])[ \t]+\S.{0,1000}?"
    r"(?:(?:19|20)\d\d[^\n;]{0,12};[ \t]*\d+|\bdoi[ \t]*[:.]|\bdoi\.org/).*$",
    re.IGNORECASE | re.MULTILINE,
)
MARK = re.compile(
    r"(?:,? et al\.?)?,?\s{0,2}(?:\[\d{1,3}(?:\s?[,;–-]\s?\d{1,3})*\]|\^\d{1,3}(?:[,–-]\d{1,3})*\^)"
)


class Cited:
    """The parts of one text that name cited authors."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._spans: list[tuple[int, int]] | None = None

    def holds(self, hit: Hit) -> bool:
        """Whether a find is a person's name where cited authors are named."""
        if hit.identifier.kind not in PEOPLE:
            return False
        if self._spans is None:
            self._spans = _lists(_bare(self._text))
        if any(start <= hit.start and hit.end <= end for start, end in self._spans):
            return True
        return bool(MARK.match(self._text, hit.end))


def _bare(text: str) -> str:
    """The text with its tags blanked, as long as it was: those of paragraphs become ends of lines."""

    def blank(tag: re.Match[str]) -> str:
        end = "\n" if LINES.fullmatch(tag[2]) else " "
        return " " * (len(tag[0]) - 1) + end

    return TAG.sub(blank, text) if "<" in text else text


def _lists(text: str) -> list[tuple[int, int]]:
    spans = [m.span() for m in NUMBERED.finditer(text)]
    for heading in HEADING.finditer(text):
        after = NEXT.search(text, heading.end())
        spans.append((heading.end(), after.start() if after else len(text)))
    return spans
