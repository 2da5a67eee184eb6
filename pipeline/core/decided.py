"""What people decided about words: kept or replaced, remembered by a digest of the words in their sentence.

A row of decisions.yaml: {id, found, decision: keep | replace, with, everywhere: yes | no, by, on}. Edit the
sentence and its questions are asked again, unless the row says "everywhere": then the same words, at word
boundaries, are treated the same way in every sentence of the case.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from pipeline.core import files

KEEP, REPLACE = "keep", "replace"
YES = {"yes", "True"}
Row = Mapping[str, Any]
_END = re.compile(r"(?:(?<=[.!?।])|(?<=[.!?][\"'”’)]))\s+(?=[^a-z\s])|\s*\n\s*\n\s*")
_ABBREVIATED = re.compile(
    r"(?<!\w)(?:Dr|Mrs?|Ms|Prof|Smt|Sh|St|No|Regn|Distt?|Vill|vs|Fig|e\.g|i\.e|approx|[A-Z])\.$"
)
ROUNDS = 50  # replacements in one sentence; more means that one makes room for another without end


@dataclass(frozen=True, slots=True)
class Decided:
    """Text after the decisions."""

    text: str
    lines: tuple[int, ...]  # of the text as it was (from 0): one entry for each replacement
    kept: frozenset[str]  # ids, in the sentences as they are now, that a person decided to keep


def ident(key: str, found: str, sentence: str) -> str:
    """The digest under which a decision about `found` in `sentence` is remembered; `key` is the case's."""
    return files.digest([key, found, " ".join(sentence.split())])[:20]


def sentences(text: str) -> Iterator[tuple[int, int]]:
    """Start and end of every sentence of `text`, without the space between them; a blank line ends one."""
    start = 0
    for gap in _END.finditer(text):
        if _ABBREVIATED.search(text, start, gap.start()) and "\n\n" not in gap[0]:
            continue
        if gap.start() > start:
            yield start, gap.start()
        start = gap.end()
    if start < len(text):
        yield start, len(text)


def apply(text: str, rows: Iterable[Row], key: str) -> Decided:
    """`text` with every decided replacement made, and what was kept."""
    known = list(rows)
    if not known:
        return Decided(text, (), frozenset())
    out, at, lines, kept = [], 0, [], set()
    for start, end in sentences(text):
        said, count, ids = _sentence(text[start:end], known, key)
        out += [text[at:start], said]
        lines += [text.count("\n", 0, start)] * count
        kept |= ids
        at = end
    return Decided("".join([*out, text[at:]]), tuple(lines), frozenset(kept))


def _sentence(sentence: str, rows: list[Row], key: str) -> tuple[str, int, set[str]]:
    """The sentence after its decisions, how many replacements, and the ids of what stays in it.

    A decision may be about the sentence as it was before another one changed it.
    """
    versions, done = [sentence], set[int]()
    for _ in range(ROUNDS):
        changed = False
        for number, row in enumerate(rows):
            found = str(row.get("found", ""))
            if number in done or not found or not _meant(row, found, versions, key):
                continue
            done.add(number)
            if row.get("decision") == REPLACE:
                new = replaced(versions[-1], found, str(row.get("with") or ""))
                if new != versions[-1]:
                    versions.append(new)
                    changed = True
        if not changed:
            break
    keeps = {str(rows[n]["found"]) for n in done if rows[n].get("decision") == KEEP}
    kept = {ident(key, found, versions[-1]) for found in keeps if found in versions[-1]}
    return versions[-1], len(versions) - 1, kept


def _meant(row: Row, found: str, versions: list[str], key: str) -> bool:
    if str(row.get("everywhere")) in YES:
        return found in versions[-1]
    return any(found in said and row.get("id") == ident(key, found, said) for said in versions)


def replaced(sentence: str, found: str, into: str) -> str:
    """`sentence` with `into` wherever `found` stands as words of its own; unchanged where it does not."""
    new = words(found).sub(into.replace("\\", r"\\"), sentence)
    return sentence if new == sentence else _tidy(new)


def words(found: str) -> re.Pattern[str]:
    """`found` where it stands as words of its own."""
    return re.compile(rf"(?<!\w){re.escape(found)}(?!\w)")


def _tidy(sentence: str) -> str:
    """What an empty replacement leaves behind: double spaces, a space before a comma, an empty bracket."""
    sentence = re.sub(r"\s*\(\s*\)", "", sentence)
    return re.sub(r"(?<=\S) +(?=[ ,;:)]|[.](?!\d))", "", sentence)
