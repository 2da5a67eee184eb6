"""A text made ready for the rules: one spelling of digits, dashes and spaces, its words, and what is known of each.

Every rule sees `Page.text`, which has one character for each kept one of the original; `Page.original` leads back.
"""

from __future__ import annotations

import re
import sys
import unicodedata
from dataclasses import dataclass, field, replace
from functools import cache, cached_property

from pipeline.identify.words import NAME, Trait, traits

INDIC = "\u0900-\u0dff"
_L = "[A-Za-z\u00c0-\u024f\u1e00-\u1eff\u0300-\u036f\u0370-\u052f]"
TOKEN = re.compile(
    rf"(?P<i>(?:[A-Z]\.[ ]?(?=[A-Z]))*[A-Z]\.(?=[\s,;:)^'-]|$|[A-Z]))"  # A. or A.K. or A. K.
    rf"|(?P<n>{_L}*\d[\w]*)|(?P<w>{_L}+(?:['-]{_L}+)*)|(?P<x>[{INDIC}]+)"
)
_MIXED = re.compile(
    r"^(?!(?:Mc|Mac|Fitz|De|La|Le|Di|Du|Van|Al|El|Abd)[A-Z][a-z]).*[a-z][A-Z]|^[A-Z]{2,}[a-z]"
)
LONGEST = (
    200  # characters of a run without (or of nothing but) spaces that are looked at: base64 says nothing
)
_ENDLESS = re.compile(rf"\S{{{LONGEST + 1},}}|\s{{{LONGEST + 1},}}")
_INVISIBLE = re.compile("[\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2064\ufeff]")
SENTENCE_END = re.compile(r".*?(?:[.!?|>\u0964]['\")\]*_]*\s+|\n\s*)['\"(\[*_#-]*\s*", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Token:
    """One word. `shape`: C Capitalised, U CAPITALS, I initials, l lower case, m mIxed, n with digits, x of an Indian script."""

    start: int
    end: int  # without a possessive 's
    text: str
    low: str  # folded, without a possessive 's
    shape: str
    trait: int  # bits of words.Trait
    opens: bool  # whether a sentence or a line begins with it

    def has(self, trait: int) -> bool:
        """Whether any of these traits is known of the word."""
        return self.trait & trait != 0

    @property
    def proper(self) -> bool:
        """Whether it can be part of the name of a company or an institution ("MedGenome")."""
        return self.shape in "CUIm"

    @property
    def capital(self) -> bool:
        """Whether it is written like a name."""
        return self.shape in "CUI"


@dataclass
class Page:
    """A text for the rules."""

    original: str
    text: str
    back: (
        list[int] | None
    )  # position in `original` of each character of `text`; None where nothing was left out
    locked: bytearray = field(default_factory=bytearray)  # nothing here is ever proposed
    kept: bytearray = field(default_factory=bytearray)  # proposed only with proof

    @cached_property
    def tokens(self) -> list[Token]:
        """The words of the text in order."""
        tokens = _tokens(self.text)
        return _loose(tokens) if _is_loose(tokens, self.text) else tokens

    def gap(self, i: int) -> str:
        """What stands between token `i` and the one before it."""
        before = self.tokens[i - 1].end if i else 0
        return self.text[before : self.tokens[i].start]

    def origin(self, start: int, end: int) -> tuple[int, int]:
        """A span of `text` as a span of `original`."""
        if self.back is None:
            return start, end
        return self.back[start], self.back[end - 1] + 1


def read(original: str) -> Page:
    """`original` as a page."""
    back = None
    text = original
    if _INVISIBLE.search(original):
        back = [i for i, char in enumerate(original) if not _INVISIBLE.match(char)]
        text = "".join(original[i] for i in back)
    if not text.isascii():
        text = text.translate(_table())
    text = _ENDLESS.sub(lambda run: run[0][:LONGEST] + "\u00b7" * (len(run[0]) - LONGEST), text)
    return Page(original, text, back, bytearray(len(text)), bytearray(len(text)))


@cache
def _table() -> dict[int, str]:
    """Digits of all scripts, typographic quotes, dashes and spaces, and full-width forms: one plain character each."""
    table = {ord(c): "'" for c in "’‘ʼ´`"} | {ord(c): "-" for c in "‐‑‒–—―−"} | {ord(c): '"' for c in "“”„"}
    for code in range(0x80, min(sys.maxunicode, 0x1FFFF)):
        char = chr(code)
        digit = unicodedata.digit(char, None)
        if digit is not None and unicodedata.category(char) == "Nd":
            table[code] = str(digit)
        elif unicodedata.category(char) == "Zs":
            table[code] = " "
        elif 0xFF01 <= code <= 0xFF5E:
            table[code] = chr(code - 0xFEE0)
    return table


def _tokens(text: str) -> list[Token]:
    found: list[Token] = []
    last = 0
    for match in TOKEN.finditer(text):
        start, end = match.span()
        word = match[0]
        kind = match.lastgroup or "w"
        if kind == "w" and len(word) > 3 and word[-2] == "'" and word[-1] in "sS":
            word, end = word[:-2], end - 2
        elif kind == "w" and word[0] == "'":
            word, start = word[1:], start + 1
        gap = text[last:start]
        opens = not found or (gap != " " and SENTENCE_END.fullmatch(gap) is not None)
        low, trait = _known(word)
        found.append(Token(start, end, word, low, _shape(kind, word), trait, opens))
        last = end
    return found


_ROMAN_HINDI = re.compile(
    r"\b(?:hai|hain|tha|thi|mein|mera|meri|mere|ka|ki|ke|ko|aur|nahi|nahin|hoon|raha|rahi|gaya|gayi|se|ne|bhi|wala|wali|tak|uska|uski|karta|karti|tarikh)\b"
)


def _is_loose(tokens: list[Token], text: str) -> bool:
    """Whether names may be in lower case: Hindi in Latin letters, or notes with hardly a capital letter."""
    if len(_ROMAN_HINDI.findall(text)) >= 3:
        return True
    words = [t for t in tokens if t.shape in "lCU" and len(t.text) > 1]
    return len(words) > 5 and sum(t.shape != "l" for t in words) * 25 < len(words)


def _loose(tokens: list[Token]) -> list[Token]:
    """Words in lower case that are names or places and nothing else count as capitalised."""
    sure = Trait.GIVEN | Trait.FAMILY | Trait.PLACE
    other = Trait.WORD | Trait.KEEP | Trait.EPONYM | Trait.REGION
    made: list[Token] = []
    for t in tokens:
        known = t.has(sure) and not t.has(other) and len(t.text) > 3
        behind = bool(made) and made[-1].shape == "C" and t.start - made[-1].end == 1 and t.has(NAME)
        loose = t.shape == "l" and (known or behind) and t.low not in _HINDI_WORDS
        made.append(replace(t, shape="C") if loose else t)
    return made


_HINDI_WORDS = frozenset(
    "hain mera meri mere aapka hamara unka uska iska tumhara bukhar dard khoon pet sir haath pair dawa dawai ilaj ilaaj bimari mareez doctor sahab gaya gayi kiya liya diya raha rahi rahe karta karti karne hota hoti hone baad pehle saal mahine din raat subah shaam teen char paanch chhe saat aath lekin isliye kyunki phir abhi bahut thoda zyada kuch sabhi bhai behen beta beti pati patni pita mata maa baap bachcha bacche ghar gaon paani khana saans takleef jaanch report umar naam tarikh bharti chhutti".split()
)


def _shape(kind: str, word: str) -> str:
    if kind == "i" or (kind == "w" and len(word) == 1 and word.isupper()):
        return "I"
    if kind in "nx":
        return kind
    if not word.islower() and _MIXED.search(word):
        return "m"
    if word[0].isupper() or (word[0] in "dlo" and word[1:2] == "'" and word[2:3].isupper()):
        return "U" if len(word) > 1 and word.isupper() else "C"
    return "l"


@cache
def _seen() -> dict[str, tuple[str, int]]:
    return {}


def _known(word: str) -> tuple[str, int]:
    """The folded word and its traits, remembered for all texts of a run."""
    memory = _seen()
    if word not in memory:
        if len(memory) > 1 << 16:
            memory.clear()
        low = fold(word)
        memory[word] = (low, traits(low))
    return memory[word]


def fold(word: str) -> str:
    """`word` in lower case without accents; vowel signs of Indian scripts stay."""
    if word.isascii():
        return word.lower()
    if "\u0900" <= word[0] <= "\u0dff":
        return unicodedata.normalize("NFC", word)
    parts = unicodedata.normalize("NFKD", word.lower())
    return "".join(c for c in parts if not unicodedata.combining(c))
