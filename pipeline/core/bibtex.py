"""BibTeX as far as its words and lines go: entries, fields, macros, accents. pandoc sets what is printed.

Patashnik, BibTeXing (1988): @kind{key, name = {value} # macro, …}. An entry that breaks off keeps what was
read of it; what follows it is read on its own.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator

HEAD = re.compile(r"^[ \t]*@(\w+)[ \t]*[{(][ \t]*", re.MULTILINE)
KEY = re.compile(r"([^\s,{}()\"=]*)[ \t]*,")
NAME = re.compile(r"[\s,]*([A-Za-z][\w:+.-]*)\s*=\s*")
JOIN = re.compile(r"\s*#\s*")
BARE = re.compile(r"[^\s,{}\"#]+")
MARK = re.compile(r"\\.|[{}\"]", re.DOTALL)
LONGEST = 50_000  # characters of one value; an abstract has a tenth of that
ACCENT = re.compile(
    r"\\[\"'`^~=.]\s*\{?\\?([A-Za-z])\}?|\\[uvHcdbkrt]\s*\{\\?([A-Za-z])\}|\\[uvHcdbkrt]\s+([A-Za-z])"
)
ACCENTS = dict(
    zip(
        "\"'`^~=.uvHcdbkr",
        "\u0308\u0301\u0300\u0302\u0303\u0304\u0307\u0306\u030c\u030b\u0327\u0323\u0331\u0328\u030a",
        strict=True,
    )
)
LETTERS = {
    "ss": "ß",
    "o": "ø",
    "O": "Ø",
    "ae": "æ",
    "AE": "Æ",
    "oe": "œ",
    "OE": "Œ",
    "aa": "å",
    "AA": "Å",
    "l": "ł",
    "L": "Ł",
    "i": "ı",
}
LETTER = re.compile(r"\\(ss|ae|AE|oe|OE|aa|AA|o|O|l|L|i)(?![A-Za-z])\s*(?:\{\})?")
COMMAND = re.compile(r"\\[A-Za-z]+\*?\s*")
NOT_ENTRIES = {"comment", "preamble", "string"}

Fields = dict[str, tuple[str, int]]  # name in lower case -> value, and where it begins in the text


def entries(text: str) -> Iterator[tuple[str, str, int, Fields]]:
    """Every entry: its kind, its key ("" when it has none), where it begins, and its fields as typed."""
    macros: dict[str, str] = {}
    end = 0
    for head in HEAD.finditer(text):
        if head.start() < end:
            continue  # inside a value of the entry before
        kind = head.group(1).lower()
        if kind == "string":
            found, end = _fields(text, head.end(), macros)
            macros.update({name: value for name, (value, _) in found.items()})
        elif kind not in NOT_ENTRIES:
            key = KEY.match(text, head.end())
            found, end = _fields(text, key.end() if key else head.end(), macros)
            yield kind, key.group(1) if key else "", head.start(1), found


def _fields(text: str, at: int, macros: dict[str, str]) -> tuple[Fields, int]:
    """The fields that begin at `at`, and where they end."""
    found: Fields = {}
    while name := NAME.match(text, at):
        pieces: list[str] = []
        start = at = name.end()
        while True:
            piece, after = _value(text, at, macros)
            if after == at:
                break
            pieces.append(piece)
            at = after
            if not (joined := JOIN.match(text, at)):
                break
            at = joined.end()
        if at == start:
            break
        found.setdefault(name.group(1).lower(), ("".join(pieces), name.start(1)))
    return found, at


def _value(text: str, at: int, macros: dict[str, str]) -> tuple[str, int]:
    """One value in braces (which may nest), in quotes, or a number or macro, and where it ends."""
    first = text[at : at + 1]
    if first not in {"{", '"'}:
        bare = BARE.match(text, at)
        return (macros.get(bare.group().lower(), bare.group()), bare.end()) if bare else ("", at)
    depth = 0
    for mark in MARK.finditer(text, at, at + LONGEST):
        sign, i = mark.group(), mark.start()
        depth += (sign == "{") - (sign == "}")
        closed = sign == "}" if first == "{" else sign == '"' and i > at
        if closed and depth == 0:
            return text[at + 1 : i], i + 1
    return "", at


def words(value: str) -> str:
    """A value as words: accents as letters, no braces and no commands."""
    value = ACCENT.sub(_accented, value)
    value = LETTER.sub(lambda m: LETTERS[m.group(1)], value)
    value = re.sub(r"\\([&%$#_{}])", r"\1", value)
    value = COMMAND.sub(" ", value).replace("~", " ").replace("--", "–")
    return " ".join(re.sub(r"[{}]", "", value).split())


def _accented(found: re.Match[str]) -> str:
    letter = next(filter(None, found.groups()))
    return unicodedata.normalize("NFC", letter + ACCENTS.get(found.group()[1], ""))
