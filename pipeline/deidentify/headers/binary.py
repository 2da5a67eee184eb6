"""Names in values that are numbers or bytes: what can be read in them, in several encodings, is searched."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache

import ahocorasick

from pipeline.core.match import Matcher

READ = 1 << 20  # bytes that are read from end to end; in more only what is near a piece of something known
SMALL = 4096  # bytes; in more of them a few letters of a name stand by chance
SURE = 5  # bytes of letters, which do not
PIECE = 4  # bytes
AROUND = 256  # bytes of a neighbourhood, on each side
_UTF8 = re.compile(r"[^\x00-\x1f\x7f-\x9f\ufffd]{4,}|[\xc0-\ufffc]{2,}")
_LATIN = re.compile(rb"[A-Za-z\xc0-\xff ^,.-]{4,}")
_ENCODINGS = ("utf-8", "latin-1", "utf-16-le", "utf-16-be")


def named(value: bytes, known: Matcher) -> bool:
    """Whether something known can be read in `value`: as UTF-8, Latin-1 or UTF-16, at any place.

    In long values a find of a few letters is no proof: random bytes spell them too.
    """
    shortest = 0 if len(value) <= SMALL else SURE
    if len(value) > READ:
        value = _near(value, _pieces(known))
    text = "\n".join(_readable(value, _pages(known)))
    return any(hit.hard or len(text[hit.start : hit.end].encode()) >= shortest for hit in known.find(text))


def _readable(value: bytes, pages: bytes) -> Iterator[str]:
    """Runs of characters. `pages` are the high bytes of UTF-16 to expect, beside 00."""
    yield from _UTF8.findall(value.decode("utf-8", errors="replace"))
    if not value.isascii():
        yield from (run.decode("latin-1") for run in _LATIN.findall(value) if not run.isascii())
    if pages or b"\0" in value:
        little, big = _wide(pages)
        yield from (run.decode("utf-16-le", errors="replace") for run in little.findall(value))
        yield from (run.decode("utf-16-be", errors="replace") for run in big.findall(value))


@lru_cache(maxsize=64)
def _pages(known: Matcher) -> bytes:
    """The high bytes of UTF-16 in which known names are written."""
    units = "".join(identifier.value for identifier in known.identifiers).encode("utf-16-be", "replace")
    return bytes(sorted(set(units[::2]) - {0}))


@lru_cache(maxsize=64)
def _wide(pages: bytes) -> tuple[re.Pattern[bytes], re.Pattern[bytes]]:
    """Runs of UTF-16, little and big endian."""
    latin = rb"[\x20-\x7e\xc0-\xff]"
    other = b"[" + b"".join(b"\\x%02x" % page for page in pages) + b"]"

    def run(one: bytes, two: bytes) -> re.Pattern[bytes]:
        both = rb"(?:%b|%b){4,}|(?:%b){2,}" % (one, two, two)
        return re.compile(both if pages else rb"(?:%b){4,}" % one, re.DOTALL)

    return run(latin + rb"\0", b"." + other), run(rb"\0" + latin, other + b".")


@lru_cache(maxsize=64)
def _pieces(known: Matcher) -> ahocorasick.Automaton:
    """Words and numbers of everything known as bytes in every encoding, letters of ASCII in lower case."""
    pieces = ahocorasick.Automaton()
    for value in {identifier.value for identifier in known.identifiers}:
        words = re.findall(r"[^\W_]+", value)
        for word in (*words, "".join(words), " ".join(words), "^".join(words)):
            for spelled in (word, word.lower(), word.upper(), word.title()):
                for encoding in _ENCODINGS:
                    piece = spelled.encode(encoding, errors="replace").lower()
                    if len(piece) >= PIECE * (2 if "16" in encoding and spelled.isascii() else 1):
                        pieces.add_word(piece.decode("latin-1"), len(piece))
    pieces.make_automaton()
    return pieces


def _near(value: bytes, pieces: ahocorasick.Automaton) -> bytes:
    """The neighbourhoods of every piece that stands in `value`."""
    if not len(pieces):
        return b""
    found, last = [], 0
    for end, length in pieces.iter(value.lower().decode("latin-1")):
        start = max(last, end - length - AROUND)
        last = max(last, min(len(value), end + AROUND))
        found.append(value[start:last])
    return b"".join(found)
