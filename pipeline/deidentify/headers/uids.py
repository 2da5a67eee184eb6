"""UIDs: those of the standards stay, all others become keyed new ones, also where they stand in a text.

A UID that only begins like one of DICOM may hold a telephone number behind it. So what stays is in the
registry (PS3.6 Annex A), is a coding scheme (PS3.16 8), or is short and in a branch that the standard still
extends.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import cache, lru_cache

from pipeline.core import resources
from pipeline.deidentify.headers import dictionary
from pipeline.deidentify.headers.pseudonym import Pseudonyms
from pipeline.deidentify.headers.rules import CHOICES

ROOT = "1.2.840.10008."
LONGEST = 64  # characters (PS3.5 9.1)
TELLING = 20  # characters of digits and dots in a text that are no version of a program

_BRANCHES = re.compile(
    r"1\.2\.840\.10008\.(?:"
    r"1\.\d\d?(?:\.\d\d?)?(?:\.\d{1,3})?(?:\.\d)?|2\.(?:6|16)\.\d\d?|3\.1(?:\.\d\d?){1,4}|4\.\d|[78]\.1\.\d"
    r"|5\.1\.1(?:\.\d\d?){1,3}|5\.1\.4\.\d\d?(?:\.\d\d?)?(?:\.\d{1,3}(?:\.\d\d?){0,3})?"
    r"|6\.1\.\d{1,4}|10\.\d|15\.\d(?:\.\d\d?){1,2})",
    re.ASCII,
)
_DIGITS = 11  # in such a branch: ten of a telephone do not fit behind 5.1.4
_FORM = re.compile(r"[0-9]+(?:\.[0-9]+)*")
_IN_TEXT = re.compile(r"(?<![\d.])[0-2](?:\.\d+){5,}(?!\d)", re.ASCII)


@lru_cache(maxsize=4096)
def standard(uid: str) -> bool:
    """Whether a UID is known to everybody, and so says nothing about a patient."""
    if not uid.startswith(ROOT):
        return uid in _coding_schemes()
    new = _BRANCHES.fullmatch(uid) and sum(map(str.isdigit, uid[len(ROOT) :])) <= _DIGITS
    return bool(new) or uid in dictionary.uids()


@cache
def _coding_schemes() -> frozenset[str]:
    return frozenset(resources.data(CHOICES)["coding_schemes"])


def public(uid: str, pseudonyms: Pseudonyms, *, retained: bool = False) -> str:
    """What stands for a UID in the copy; with `retained` any that has the form of one (PS3.5 9.1)."""
    if not uid or standard(uid) or (retained and len(uid) <= LONGEST and _FORM.fullmatch(uid)):
        return uid
    return pseudonyms.uid(uid)


def all_public(value: bytes, pseudonyms: Pseudonyms, *, retained: bool = False) -> bytes:
    """The same for every UID of a value."""
    parts = (part.strip(" \0") for part in value.decode("latin-1").strip(" \0").split("\\"))
    return "\\".join(public(part, pseudonyms, retained=retained) for part in parts).encode("latin-1")


def apart(text: str, pseudonyms: Pseudonyms, clean: Callable[[str], str]) -> str:
    """`text` with new UIDs for those in it, and what stands between them as `clean` leaves it."""
    pieces, at = [], 0
    for found in _IN_TEXT.finditer(text):
        if len(found[0]) >= TELLING:
            pieces += [_inside(text[at : found.start()], clean), public(found[0], pseudonyms)]
            at = found.end()
    return "".join((*pieces, _inside(text[at:], clean))).strip(" ") if pieces else clean(text)


def _inside(text: str, clean: Callable[[str], str]) -> str:
    """A piece of a longer text: a space beside a UID stays."""
    bare = text.strip(" ")
    left = clean(bare) if bare else ""
    return " " * text.startswith(" ") + left + " " * (text.endswith(" ") and bool(left))
