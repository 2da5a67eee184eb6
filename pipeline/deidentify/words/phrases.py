"""Names that a phrase gives away: after a title, after a label, before "Hospital", around "Road".

What such a phrase holds goes even where each word alone would be an ordinary one ("Dr Young", "Hope Clinic").
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import cache

from pipeline.core.identity import words as identifier_words
from pipeline.deidentify.words.vocabulary import Class, judge, patterns

Span = tuple[int, int]
Vouched = Callable[[str], bool]  # whether a word is nobody's name where the text comes from

WORD = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)*")
NAMES = 4  # words of one name at most
BACK = 6  # words of an institution before its head at most
_GAP = re.compile(r"[ \t.,'’&-]{1,3}")
_CLOSE = re.compile(r"[ \t.'’-]{0,3}")


@dataclass(frozen=True, slots=True)
class _Lists:
    trigger: re.Pattern[str]  # whether a text has any of the phrases at all
    title: re.Pattern[str]
    strong: frozenset[str]
    label: re.Pattern[str]
    strong_labels: frozenset[str]
    institution: re.Pattern[str]
    weak_institutions: frozenset[str]
    institution_name: re.Pattern[str]
    place: re.Pattern[str]
    place_number: re.Pattern[str]
    parts: frozenset[str]  # words of phrases of several words


@cache
def _lists() -> _Lists:
    rules = patterns()
    titles, labels = rules["titles"], rules["labels"]
    by_length = {
        "titles": _any(dict.fromkeys((*titles["strong"], *titles["weak"]))),
        "labels": _any(dict.fromkeys((*labels["strong"], *labels["weak"]))),
        "institutions": _any(rules["institutions"]),
        "names": _any(rules["institution_names"]),
        "places": _any(rules["places"]),
        "numbers": _any(rules["place_numbers"]),
    }
    several = (
        *titles["weak"],
        *labels["strong"],
        *labels["weak"],
        *rules["institutions"],
        *rules["place_numbers"],
    )
    alone = r"(?<![^\W_])(?:{})(?![^\W_])"
    return _Lists(
        trigger=re.compile(alone.format("|".join(by_length.values())), re.IGNORECASE),
        title=re.compile(rf"(?<![^\W_])(?P<title>{by_length['titles']})(?![^\W_])\.?[ \t]*", re.IGNORECASE),
        strong=frozenset(titles["strong"]),
        label=re.compile(
            rf"(?<![^\W_])(?P<label>{by_length['labels']})[ \t]*(?:[:=]|[-–]{{1,2}}(?=[ \t]))[ \t]*",
            re.IGNORECASE,
        ),
        strong_labels=frozenset(label.lower() for label in labels["strong"]),
        institution=re.compile(alone.format(by_length["institutions"]), re.IGNORECASE),
        weak_institutions=frozenset(rules["institutions_weak"]),
        institution_name=re.compile(alone.format(by_length["names"])),
        place=re.compile(alone.format(by_length["places"]), re.IGNORECASE),
        place_number=re.compile(
            rf"(?<![^\W_])(?:{by_length['numbers']})\.?[ \t]*[:#-]?[ \t]*[A-Za-z]?-?\d[\w/-]*", re.IGNORECASE
        ),
        parts=frozenset(part for phrase in several if " " in phrase for part in phrase.lower().split()),
    )


def _any(phrases: Iterable[str]) -> str:
    """An alternation, the longest first; a space stands for any number of them."""
    return "|".join(
        re.escape(p).replace(r"\ ", r"[ \t]+") for p in sorted(map(str, phrases), key=len, reverse=True)
    )


def triggers(word: str) -> bool:
    """Whether a word can begin or end one of the phrases."""
    return _lists().trigger.search(word) is not None or word.lower() in _lists().parts


def spans(text: str, vouched: Vouched) -> Iterator[Span]:
    """What goes because of the phrase it stands in. `vouched` says which words are nobody's name here."""
    lists = _lists()
    if not lists.trigger.search(text):
        return
    for found in lists.title.finditer(text):
        strong = found["title"] in lists.strong
        word = not strong and all(judge(w) is Class.PLAIN for w in WORD.findall(found["title"]))
        end = _name_after(text, found.end(), _trusting(vouched) if word else vouched, strong=strong)
        if end > found.end():
            yield (found.end() if word else found.start()), end
    for found in lists.label.finditer(text):
        strong = found["label"].lower() in lists.strong_labels
        end = _name_after(text, found.end(), vouched, strong=strong)
        if end > found.end():
            yield found.end(), end
    for found in lists.institution.finditer(text):
        yield from _institution(text, found, vouched, weak=found[0].lower() in lists.weak_institutions)
    yield from (found.span() for found in lists.institution_name.finditer(text))
    for found in lists.place.finditer(text):
        yield from _place(text, found, vouched)
    yield from (found.span() for found in lists.place_number.finditer(text))


def _name_after(text: str, start: int, vouched: Vouched, *, strong: bool) -> int:
    """Where the name that begins at `start` ends; `start` when none does."""
    end, shouting = start, not any(map(str.islower, text))
    for n in range(NAMES):
        gap = _CLOSE.match(text, end) if n else None
        found = WORD.match(text, gap.end() if gap else end)
        if found is None:
            break
        word = found[0]
        initial = len(word) == 1 and word.isupper() and (n > 0 or strong)
        named = word[0].isupper() and not (shouting and n) and (strong or _surname_next(text, found, vouched))
        if not (initial or named or not _ordinary(word, vouched)) or (
            not strong and word.islower() and vouched(word)
        ):
            break
        end = found.end()
    return end


def _trusting(vouched: Vouched) -> Vouched:
    """After a plain word ("by", "patient") a word that is also a name proves nothing."""
    return lambda word: vouched(word) or judge(word) is not Class.UNKNOWN


def _surname_next(text: str, found: re.Match[str], vouched: Vouched) -> bool:
    """Whether a capitalised word that no list knows follows: "Lover Khosan"."""
    if not found[0].istitle():
        return False
    gap = _CLOSE.match(text, found.end())
    following = WORD.match(text, gap.end() if gap else found.end())
    return following is not None and following[0].istitle() and not vouched(following[0])


def _ordinary(word: str, vouched: Vouched) -> bool:
    return len(word) == 1 or vouched(word)


def _institution(text: str, head: re.Match[str], vouched: Vouched, *, weak: bool) -> Iterator[Span]:
    """The words before "Hospital" that name it, and "of …" behind it."""
    start, named, known = head.start(), False, identifier_words("hospital_words")
    for found in _backwards(text, head.start(), BACK):
        word = found[0]
        low = word.lower()
        own = not _ordinary(word, vouched)
        titled = word[0].isupper() and not word.isupper() and low not in known
        if weak and not own and low not in known:
            break
        if not (own or titled or (low in known and (word[0].isupper() or low in ("of", "and")))):
            break
        named = named or own or (not weak and word[0].isupper())
        start = found.start()
    end = head.end()
    behind = re.compile(r"[ \t]*(?:,|of|at|in)[ \t]*", re.IGNORECASE).match(text, end)
    if behind:
        last = _name_after(text, behind.end(), vouched, strong=False)
        if last > behind.end() and not weak:
            named, end = named or head[0][0].isupper(), last
    if named:
        yield start, end


def _place(text: str, head: re.Match[str], vouched: Vouched) -> Iterator[Span]:
    """The head with the names beside it: "near Model Town", "Bhupindra Road", "village Kakrala"."""
    start, named = head.start(), False
    mixed = any(map(str.islower, text))
    for found in _backwards(text, head.start(), 3):
        word = found[0]
        own = not _ordinary(word, vouched)
        titled = mixed and head[0][0].isupper() and word[0].isupper() and not word.isupper()
        if not (own or titled):
            break
        named, start = True, found.start()
    end = _name_after(text, _skip(text, head.end()), vouched, strong=False)
    if end > _skip(text, head.end()):
        named = True
    else:
        end = head.end()
    if named:
        yield start, end


def _skip(text: str, at: int) -> int:
    found = re.compile(r"[ \t.,:-]{0,3}").match(text, at)
    return found.end() if found else at


def _backwards(text: str, end: int, most: int) -> Iterator[re.Match[str]]:
    """Words before `end`, nearest first, while only small gaps separate them."""
    before = list(WORD.finditer(text, max(0, end - 120), end))
    for found in reversed(before[-most:]):
        if not _GAP.fullmatch(text, found.end(), end):
            return
        yield found
        end = found.start()
