"""What a reference file says in its author and title fields: the only words of it that excuse a find.

Enough of BibTeX, RIS, PubMed (nbib) and CSL-JSON to tell these fields from notes, file names and the rest.
"""

from __future__ import annotations

import json
import re

BIB = re.compile(r"\b(author|editor|title|booktitle|journal)\s*=\s*", re.IGNORECASE)
TAGGED = re.compile(r"^(A[U1-4]|FAU|ED|T[I12]|JO|JF|JT|J2|TA|SO)\s{0,2}- *(.*)$", re.MULTILINE)
PEOPLE = {"author", "editor", "AU", "A1", "A2", "A3", "A4", "FAU", "ED"}


def fields(text: str) -> tuple[str, str]:
    """(authors and editors, titles and journals), each as one text with a line per field."""
    people: list[str] = []
    titles: list[str] = []
    for name, value in (*_bibtex(text), *TAGGED.findall(text), *_csl(text)):
        (people if name in PEOPLE else titles).append(value)
    return "\n".join(people), "\n".join(titles)


def _bibtex(text: str) -> list[tuple[str, str]]:
    return [(m[1].lower(), _braced(text, m.end())) for m in BIB.finditer(text)]


def _braced(text: str, start: int) -> str:
    """The value that begins at `start`: in braces (which may nest), in quotes, or a bare word."""
    if text[start : start + 1] == '"':
        return text[start + 1 : text.find('"', start + 1)]
    if text[start : start + 1] != "{":
        return text[start : start + 80].split(",")[0]
    depth = 0
    for at in range(start, min(len(text), start + 10_000)):
        depth += (text[at] == "{") - (text[at] == "}")
        if depth == 0:
            return text[start + 1 : at]
    return ""


def _csl(text: str) -> list[tuple[str, str]]:
    try:
        rows = json.loads(text)
    except (ValueError, RecursionError):
        return []
    found = []
    for row in rows if isinstance(rows, list) else []:
        if not isinstance(row, dict):
            continue
        for role in ("author", "editor"):
            found += [(role, _person(person)) for person in row.get(role) or []]
        found += [("title", str(row.get(part, ""))) for part in ("title", "container-title")]
    return found


def _person(person: object) -> str:
    return (
        " ".join(str(person.get(part, "")) for part in ("family", "given"))
        if isinstance(person, dict)
        else ""
    )
