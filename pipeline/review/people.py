"""Whether two names that were typed may be one person. In doubt they are."""

from __future__ import annotations

import re
import unicodedata
from itertools import permutations

from pipeline.core import identity, resources
from pipeline.core.fold import letters

BRACKETS = re.compile(r"\([^)]*\)|\[[^\]]*\]|\{[^}]*\}")
DOTTED = re.compile(r"(?<!\w)(?:[^\W\d_]{1,2}\.){2,}")  # M.D., Ph.D., A.K.
JOINED = 5  # parts of a name that are tried in every order


def looks_like_a_name(typed: str) -> bool:
    """Letters of any script, with what stands in and around names; at least one word of two letters."""
    plain = all(c.isspace() or c in ".,'’‘()-‐/&" or unicodedata.category(c)[0] in "LM" for c in typed)
    return plain and any(len(letters(word)) > 1 for word in re.split(r"[\s.,()/&-]+", typed))


def same_person(one: str, other: str) -> bool:
    """Whether two names may be the same person's.

    Titles, degrees, brackets, dots, capitals, accents, look-alike letters, what cannot be seen, the order and
    the spaces tell nobody apart; an initial is the name it begins; a name left out is no other person.
    """
    first, second = _parts(one), _parts(other)
    return _covered(first, second) or _covered(second, first) or _run_together(first, second)


def _parts(typed: str) -> list[str]:
    """The words of a name, folded; initials one by one. All of it when nothing else is left."""
    seen = "".join(c for c in typed if unicodedata.category(c) != "Cf")
    bare = DOTTED.sub(lambda found: found[0].replace(".", "") + " ", BRACKETS.sub(" ", seen))
    words = [word for word in re.split(r"[^\w'’]+|_", bare) if word]
    shouted = bare.upper() == bare
    out: list[str] = []
    for word in words:
        folded = letters(word)
        if not folded or folded in _beside():
            continue
        initials = word.isupper() and not shouted and 2 <= len(folded) <= 3
        out += folded if initials else [folded]
    return out or [folded for word in words if (folded := letters(word))]


def _beside() -> frozenset[str]:
    rows = resources.data("templates/review/signers.yaml")
    return identity.words("titles") | frozenset(rows["degrees"]) | frozenset(rows["titles"])


def _covered(short: list[str], long: list[str]) -> bool:
    """Whether every part of one name is in the other, or its initial is; one whole word at least."""
    left, whole = list(long), False
    for part in sorted(short, key=len, reverse=True):
        met = next((x for x in left if x == part), None)
        whole |= met is not None and len(part) > 1
        met = met or next((x for x in left if part[0] == x[0] and 1 in (len(part), len(x))), None)
        if met is None:
            return False
        left.remove(met)
    return whole


def _run_together(one: list[str], other: list[str]) -> bool:
    """The same letters with the spaces elsewhere: "AshaVerma"."""
    if max(len(one), len(other)) > JOINED:
        return False
    ways = {"".join(way) for way in permutations(one)}
    return any("".join(way) in ways for way in permutations(other))
