"""Where a reference list is, by its structure: Vancouver, APA, numbered lines, BibTeX, RIS, or under its heading.

Citing Medicine (NLM) for the order of the parts; what is found here is locked: no rule proposes anything in it.
"""

from __future__ import annotations

import re

from pipeline.identify.page import Page

HEADING = re.compile(
    r"^[ \t]*(?:#+[ \t]*|\*\*|\d{1,2}\.[ \t]+)?(?:references?(?: list)?|bibliography|literature cited|works cited|citations|संदर्भ(?: सूची)?)[ \t]*(?:\*\*)?[ \t]*(?P<sign>:?)[ \t]*(?:\*\*)?(?P<rest>.*)$",
    re.IGNORECASE | re.MULTILINE,
)
NEXT_HEADING = re.compile(
    r"^[ \t]*(?:#+[ \t]*\S|(?:\*\*)?(?:figure legends?|legends?|tables?|appendix|acknowledge?ments?|consent|conflicts? of interest|funding|author|"
    r"figure \d|table \d|supplementary|declarations?|patient|case)\b)",
    re.IGNORECASE | re.MULTILINE,
)
_WORD = r"(?:O'|Mc|Mac|van |von |de |del |Van |Von |De |Al-|El-|al-)*[A-Z][^\W\d_]+(?:[- ][A-Z][^\W\d_]+)?"
AUTHORS = re.compile(
    rf"{_WORD},? (?:[A-Z]{{1,4}}(?![A-Za-z])|(?:[A-Z]\.[ -]?){{1,3}})(?:(?:[,;]| and| &)|\.| et al|\s\()|{_WORD}(?:,| &| and| et al)[^.\n]{{0,80}}?et al|{_WORD} (?:[A-Z]\.?){{1,3}}, "
)
START = re.compile(r"(?:^|(?<=[\s.;]))(?:\[\d{1,3}\]|\(\d{1,3}\)|\d{1,3}[.)])\s{1,4}(?=[A-Z\"'])")
ANCHOR = re.compile(
    r"(?:19|20)\d\d[a-z]?(?:\s(?:[A-Z][a-z]{2,8}\.?(?:-[A-Z][a-z]{2})?)(?:\s\d{1,2})?)?\s?;\s?(?:\d+|S\d+|Suppl[. ]\S*)?\s?(?:\([^)\n]{1,25}\))?\s?(?:(?<=[\d)]):\s?[A-Za-z]{0,4}\d[\w.]*(?:\s?-\s?\w+)?)"
    r"|(?:19|20)\d\d[a-z]?[,;] ?\d{1,4}(?: ?\(\d[^)\n]{0,10}\))?[:,] ?(?:pp?\.? ?)?e?\d[\w-]*"
    r"|\((?:19|20)\d\d[a-z]?(?:, [A-Z][a-z]+(?: \d{1,2})?)?\)\.? [A-Z\"'][^\n]{8,400}?,\s?\d{1,4}\s?(?:\(\d[^)\n]{0,10}\))?(?:,\s?|:\s?)(?:pp?\. ?)?e?\d[\w-]*"
    r"|\b[A-Z][^\W\d_]+(?: [A-Z][^\W\d_]+)?(?:, [A-Z]{2})?: [A-Z][^.;:\n]{2,60}[;,] ?(?:19|20)\d\d"
    r"|\d+(?:\.\d+|\(\d+\))? ?\((?:19|20)\d\d\):? ?(?:pp?\. ?)?e?\d[\w-]*"
    r"|\[cited (?:19|20)\d\d[^\]\n]*\]"
)
AFTER = re.compile(
    r"[.,;]?\s*(?:p(?:p|ages)?\.? ?\d[\d-]*\.?\s*)?(?:\[?(?:Epub|PMID|PMCID|doi|DOI|https?:|Available|Accessed|Cited|Erratum|PMC)\b[^\n]{0,300}?(?=\s(?:\[\d{1,3}\]|\d{1,3}\.)\s|\n|$))?"
)
BIBTEX = re.compile(r"@\s*[A-Za-z]{3,20}\s*[{(][^@]*?(?:\n\s*[})]|\}\s*\}|\}\s*$)", re.DOTALL)
RIS = re.compile(
    r"^(?:TY|AU|A[1-4]|FAU|TI|T[1-3]|JO|JF|JA|JT|TA|PY|Y1|VL|IS|SP|EP|DO|UR|ER|AB|KW|PB|CY|SN|ID|DP|PMID|IP|PG|AD|LID|SO)  ?- ?.*$",
    re.MULTILINE,
)
NUMBERED = re.compile(
    r"^[ \t]*(?:\[\d{1,3}\]|\(\d{1,3}\)|\d{1,3}[.)])[ \t]+\S.*(?:\n(?![ \t]*(?:\[\d{1,3}\]|\(\d{1,3}\)|\d{1,3}[.)])[ \t])[ \t]*\S.*)*",
    re.MULTILINE,
)
YEAR = re.compile(r"(?:19|20)\d\d")
MAX_REFERENCE = 600  # characters before the year and pages where its authors may begin


def lock_references(page: Page) -> None:
    """Lock every reference of `page`."""
    text = page.text
    for rule in (BIBTEX, RIS):
        for found in rule.finditer(text):
            _lock(page, *found.span())
    _sections(page)
    if not YEAR.search(text):
        return
    last = 0
    for found in ANCHOR.finditer(text):
        volume = ";" in found[0] and ":" in found[0]
        start = _beginning(text, last, found.start(), sure=volume)
        if start is None:
            continue
        after = AFTER.match(text, found.end())
        last = after.end() if after else found.end()
        _lock(page, start, last)
    _numbered(page)


def _lock(page: Page, start: int, end: int) -> None:
    page.locked[start:end] = b"\1" * (end - start)


def _sections(page: Page) -> None:
    for found in HEADING.finditer(page.text):
        rest = found["rest"].strip()
        if rest and not (found["sign"] and (START.match(rest) or AUTHORS.match(rest))):
            continue
        after = NEXT_HEADING.search(page.text, found.end())
        _lock(page, found.start(), after.start() if after else len(page.text))


def _beginning(text: str, last: int, anchor: int, sure: bool) -> int | None:
    """Where the reference begins whose year stands at `anchor`; None when no authors or title stand before it."""
    line = max(last, text.rfind("\n", 0, anchor) + 1, anchor - MAX_REFERENCE)
    starts = list(START.finditer(text, line, anchor))
    for start in reversed(starts):
        if (
            AUTHORS.match(text, start.end())
            or start.start() == line
            or text[line : start.start()].strip(" .") == ""
        ):
            return start.start()
    authors = AUTHORS.search(text, line, anchor)
    if authors:
        return authors.start()
    if not sure:
        return None
    opened = text.rfind("(", line, anchor)
    if opened >= 0 and ")" not in text[opened:anchor]:
        return opened
    if starts:
        return starts[-1].start()
    stop = text.rfind(". ", line, anchor)
    title = text.rfind(". ", line, stop) if stop > 0 else -1
    return title + 2 if title > 0 else line


def _numbered(page: Page) -> None:
    """Lines that are numbered and look like references; among two or more of these, every numbered line."""
    lines = list(NUMBERED.finditer(page.text))
    like = [m for m in lines if YEAR.search(m[0]) and (AUTHORS.search(m[0]) or ANCHOR.search(m[0]))]
    if len(like) >= 2 and len(like) * 2 >= len(lines):
        for found in lines:
            _lock(page, *found.span())
    else:
        for found in like:
            _lock(page, *found.span())
