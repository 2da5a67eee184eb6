"""How a name sounds, whatever script or spelling it is written in: Wasim = Waseem = वसीम = ਵਸੀਮ.

Aspirates, doubled letters, v/w, f/ph, z/j and s/sh fall together; "a" is left out, since no spelling in Latin
letters tells the short one (often not spoken at all) from the long one. Brahmic letters are known by their
Unicode names (The Unicode Standard, chapter 12), which are alike from Devanagari to Sinhala.
"""

from __future__ import annotations

import re
import unicodedata
from functools import cache, lru_cache

from pipeline.core import resources
from pipeline.core.fold import INDIC, letters

VOWELS = "aeiou"
RULES = "templates/rules/sounds.yaml"


@lru_cache(maxsize=1 << 16)
def sound(word: str) -> str:
    """The sounds of one word, "a" only where it begins: "sunit" for Sunita, सुनीता and ਸੁਨੀਤਾ."""
    heard = _of_brahmic(word) if is_indic(word) else _of_latin(letters(word))
    heard = re.sub(r"m(?=[pbkgcjtds])", "n", heard)
    first, rest = heard[:1], re.sub("[ahy]", "", heard[1:])
    return re.sub(r"(.)\1+", r"\1", first + rest)


def skeleton(word: str) -> str:
    """Only the consonants of `sound`, and whether it begins with a vowel."""
    heard = sound(word)
    head = "a" if heard[:1] in VOWELS else heard[:1]
    return re.sub(r"(.)\1+", r"\1", head + re.sub("[eiou]", "", heard[1:])) if heard else ""


def is_indic(word: str) -> bool:
    """Whether a word is written in one of the Brahmic scripts."""
    return any(ord(c) in INDIC for c in word)


@cache
def _latin() -> tuple[tuple[re.Pattern[str], str], ...]:
    return tuple((re.compile(pattern), to) for pattern, to in resources.data(RULES)["latin"])


def _of_latin(word: str) -> str:
    for pattern, to in _latin():
        word = pattern.sub(to, word)
    return word


def _of_brahmic(word: str) -> str:
    letter, nasals = resources.data(RULES)["brahmic"], tuple(resources.data(RULES)["nasals"])
    heard = ""
    for char in unicodedata.normalize("NFD", word):
        name = unicodedata.name(char, "")
        if name.endswith(nasals):
            heard += "n"
        elif name.endswith("NUKTA"):
            heard = heard[:-1] + "r" if heard.endswith("d") else heard  # ड़ is heard as an r
        else:
            heard += letter.get(re.split(r" LETTER | VOWEL SIGN ", name)[-1], "")
            heard = re.sub(r"jn$", "gy", heard)  # ज्ञ
            if name.endswith(("LETTER GHA", "LETTER HA")):
                heard = re.sub(r"n[gh]$", "n", heard)  # सिंह, ਸਿੰਘ
    return heard
