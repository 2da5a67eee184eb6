"""Which tokens of a text nobody can vouch for: word by word in free text, runs of names in technical text."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from pipeline.deidentify.words.vocabulary import (
    GREEK,
    Class,
    camel,
    clinical,
    foreign,
    judge,
    namesake,
    plain_letters,
    technical,
    vocabulary,
)

Span = tuple[int, int]

TOKEN = re.compile(r"\d+(?:\.\d+)+(?![^\W_])|[^\W_]+(?:['’][^\W\d_]+)*")
_NEXT_WORD = re.compile(r"[ \t,.'’-]{1,3}")
_WORDY = re.compile(r"[^\s\\,;:()\[\]{}<>\"=/|+]+")  # what stands together between separators
_NUMBER = re.compile(r"\d+(?:\.\d+)*")
_BETWEEN_DIGITS = re.compile(r"[ \t.()+-]{1,3}")
PHONE_DIGITS = 8  # digits of numbers in a row from which they are one number in pieces
FOUR_DIGITS_AFTER = frozenset(("b", "bvalue", "te", "tr", "ti", "jpeg", "sum", "ratio", "hu"))
_SIGNS = GREEK | frozenset("axX")  # letters that stand alone
MATRIX = frozenset(("1024", "2048", "4096"))
TARGET_REACH = 3
_JOINED = re.compile(r"[\w ^.!+~-]+")
EPONYM_REACH = 4  # tokens after an eponym within which its head stands
VOWELS = frozenset("aeiouy")


@dataclass(slots=True)
class _Piece:
    start: int
    end: int
    text: str
    kind: Class
    number: bool = False


# --- free text ---------------------------------------------------------------------------------------------


def unvouched(text: str, gone: Sequence[Span]) -> Iterator[Span]:
    """Everything in a free text that no list, shape or neighbour vouches for. `gone` is cut already."""
    if not text.isascii():
        yield from foreign_tokens(text)
        gone = [*gone, *foreign_tokens(text)]
    cut = bytearray(len(text))
    for start, end in gone:
        cut[start:end] = b"\1" * (end - start)
    pieces = [_piece(found, cut) for found in TOKEN.finditer(text)]
    _numbers(text, pieces)
    _eponyms(text, pieces)
    _contexts(text, pieces)
    _namesakes(text, pieces)
    for piece in pieces:
        if piece.kind is Class.UNKNOWN:
            yield piece.start, piece.end


def _piece(found: re.Match[str], cut: bytearray) -> _Piece:
    shown = found[0]
    start, end = found.span()
    number = shown[0].isdigit() and _NUMBER.fullmatch(shown) is not None
    kind = Class.UNKNOWN if any(cut[start:end]) else _kind(shown, number=number)
    return _Piece(start, end, shown, kind, number)


def _kind(shown: str, *, number: bool) -> Class:
    if number:
        return Class.PLAIN if _plausible(shown) else Class.UNKNOWN
    if any(map(str.isdigit, shown)):
        return Class.PLAIN if clinical(shown) else Class.UNKNOWN
    if len(shown) == 1:
        return Class.PLAIN if shown in _SIGNS else Class.CONTEXT
    kind = judge(shown)
    if kind is Class.UNKNOWN:
        humps = camel(shown)
        if len(humps) > 1 and all(judge(hump) is Class.PLAIN for hump in humps):
            return Class.PLAIN
    return kind


def _plausible(number: str) -> bool:
    """A measurement: at most four digits, and six behind one point."""
    whole, *rest = number.split(".")
    return len(whole) <= 4 and (not rest or (len(rest) == 1 and len(rest[0]) <= 6))


def _numbers(text: str, pieces: list[_Piece]) -> None:
    """Four digits need a unit or a target; numbers in a row that make a telephone number go."""
    for n, piece in enumerate(pieces):
        if piece.number and piece.text.isdigit() and len(piece.text) == 4:
            behind = text[piece.end : piece.end + 2].strip()[:1]
            after = pieces[n + 1].text.lower() if n + 1 < len(pieces) else ""
            before = pieces[n - 1].text.lower() if n else ""
            if not (
                piece.text in MATRIX
                or behind == "%"
                or after in vocabulary().units
                or before in FOUR_DIGITS_AFTER
                or _target(text, pieces, n)
            ):
                piece.kind = Class.UNKNOWN
    for row in _rows(text, pieces):
        if len(row) > 1 and sum(sum(map(str.isdigit, part.text)) for part in row) >= PHONE_DIGITS:
            for part in row:
                part.kind = Class.UNKNOWN


def _target(text: str, pieces: list[_Piece], n: int) -> bool:
    """Whether a target volume stands up to TARGET_REACH tokens before; nothing there or behind is unknown."""
    if n + 1 < len(pieces) and pieces[n + 1].kind is Class.UNKNOWN:
        return False
    for piece in pieces[max(0, n - TARGET_REACH) : n][::-1]:
        if piece.kind is Class.UNKNOWN or not _JOINED.fullmatch(text, piece.end, pieces[n].start):
            return False
        if piece.text.lower().rstrip("nps0123456789") in vocabulary().targets:
            return True
    return False


def _rows(text: str, pieces: list[_Piece]) -> Iterator[list[_Piece]]:
    """Numbers with no more than a space or a sign between them."""
    row: list[_Piece] = []
    for piece in pieces:
        if row and not (piece.number and _BETWEEN_DIGITS.fullmatch(text, row[-1].end, piece.start)):
            yield row
            row = []
        if piece.number:
            row.append(piece)
    if row:
        yield row


def _eponyms(text: str, pieces: list[_Piece]) -> None:
    """An eponym stays before the head of a disease: "Hodgkin's lymphoma", "Guillain-Barre syndrome"."""
    heads = vocabulary().heads
    for n, piece in enumerate(pieces):
        if piece.kind is not Class.EPONYM:
            continue
        following = pieces[n + 1 : n + 1 + EPONYM_REACH]
        fits = False
        for m, other in enumerate(following):
            if "\\" in text[piece.end : other.start] or other.kind is Class.UNKNOWN:
                break
            if other.text.lower() in heads:
                fits = True
                break
            joined = text[following[m - 1].end : other.start] == "-" if m else True
            if m and other.kind is not Class.EPONYM and not joined:
                break
        piece.kind = Class.PLAIN if fits else Class.UNKNOWN


def _contexts(text: str, pieces: list[_Piece]) -> None:
    """A word that is also a name stays between plain words; in lower case one plain neighbour is enough.

    Letters with a stroke between are an abbreviation: "H/O", "T/S/C".
    """
    for one, two in pairwise(pieces):
        if len(one.text) == len(two.text) == 1 and text[one.end : two.start] == "/":
            one.kind = two.kind = Class.PLAIN
    kinds = [piece.kind for piece in pieces]
    for n, piece in enumerate(pieces):
        if piece.kind is not Class.CONTEXT:
            continue
        sides = [
            kinds[m] if 0 <= m < len(pieces) and "\\" not in _between(text, pieces, n, m) else None
            for m in (n - 1, n + 1)
        ]
        plain = sum(side is Class.PLAIN for side in sides)
        small = piece.text.islower() or (len(piece.text) == 1 and Class.UNKNOWN not in sides)
        if plain < (1 if small else 2) or Class.UNKNOWN in sides:
            piece.kind = Class.UNKNOWN


def _namesakes(text: str, pieces: list[_Piece]) -> None:
    """A plain word that is also a name goes with an unknown word beside it: "Dhalvinder Brown"."""
    for order in (pieces, pieces[::-1]):
        for beside, piece in pairwise(order):
            cut = beside.kind is Class.UNKNOWN and judge(beside.text) is not Class.PLAIN
            open_side = piece.kind is Class.PLAIN and cut
            if open_side and namesake(piece.text, small=beside.text.islower()):
                first, second = sorted((beside, piece), key=lambda p: p.start)
                if beside.text.isalpha() and _NEXT_WORD.fullmatch(text, first.end, second.start):
                    piece.kind = Class.UNKNOWN


def _between(text: str, pieces: list[_Piece], n: int, m: int) -> str:
    first, second = sorted((n, m))
    return text[pieces[first].end : pieces[second].start]


def foreign_tokens(text: str) -> list[Span]:
    """Runs of text that hold a letter, mark or number of another script, whole: "Дhalvinder" too."""
    found: list[Span] = []
    for run in _WORDY.finditer(text):
        if any(map(foreign, run[0])) and run[0] not in GREEK:
            letters = [c for c in run[0] if c.isalpha()]
            if any(foreign(c) and c not in GREEK for c in run[0]) or len(letters) > 1:
                found.append(run.span())
    return found


# --- technical text ----------------------------------------------------------------------------------------

_RANDOM = re.compile(r"(?<![A-Za-z0-9])[A-Z0-9]{8,}(?![A-Za-z0-9])")
ACRONYM = 8  # letters; longer ones without vowels are not made by people


def nobody(word: str) -> bool:
    """Whether a word of a technical text is nobody's name at all."""
    return vouched(word) and (technical(word) or judge(word) in (Class.PLAIN, Class.UNKNOWN))


def vouched(word: str) -> bool:
    """Whether a word of a technical text is no name that no list knows."""
    return len(word) < 3 or technical(word) or (len(word) < ACRONYM and not _pronounceable(word))


def _pronounceable(word: str) -> bool:
    low = plain_letters(word)
    return len(low) > 3 and not VOWELS.isdisjoint(low) and not _CLUSTER.search(low)


_CLUSTER = re.compile(r"[^aeiouy]{5}")


def names(text: str, *, shortest: int, codes: bool) -> Iterator[Span]:
    """Words in a row that look like somebody's name, and single ones from `shortest` letters on.

    With `codes` a text that is one word in capitals is a code.
    """
    if codes and text.isupper() and not any(map(str.isspace, text)):
        return
    run: list[re.Match[str]] = []
    for found in TOKEN.finditer(text):
        if not _open(found[0]) or (codes and judge(found[0]) is Class.EPONYM):
            yield from _judged(run, shortest)
            run = []
        elif run and not _NEXT_WORD.fullmatch(text, run[-1].end(), found.start()):
            yield from _judged(run, shortest)
            run = [found]
        else:
            run.append(found)
    yield from _judged(run, shortest)


def _open(token: str) -> bool:
    """Whether a token could be part of a name: an initial, a word that is also a name, an unknown word."""
    if not token.replace("'", "").replace("’", "").isalpha():
        return False
    if len(token) == 1:
        return token.isupper()
    return (
        not vouched(token)
        or namesake(token)
        or (len(token) > 2 and judge(token) is not Class.PLAIN and not technical(token))
    )


def _judged(run: list[re.Match[str]], shortest: int) -> Iterator[Span]:
    words = [found for found in run if len(found[0]) > 2 and not (namesake(found[0]) and vouched(found[0]))]
    unknown = [found for found in words if judge(found[0]) is Class.UNKNOWN and not vouched(found[0])]
    several = len(words) > 2 or (len(words) == 2 and all(w[0][0].isupper() for w in words))
    if (unknown and len(run) > 1) or several:
        yield run[0].start(), run[-1].end()
    elif unknown and unknown[0][0][0].isupper() and len(unknown[0][0]) >= shortest:
        yield unknown[0].span()


def random_tokens(text: str, *, runs: int) -> Iterator[Span]:
    """Capitals and digits in no order that a maker would choose: "K7Q9F3X1AB".

    `runs`: how often letters and digits must change places at least for it.
    """
    for found in _RANDOM.finditer(text):
        token = found[0]
        parts = re.findall(r"[A-Z]+|\d+", token)
        letters = [part for part in parts if part.isalpha() and len(part) > 3]
        if (
            len(parts) <= runs
            or token.isdigit()
            or clinical(token.lower())
            or (letters and all(map(technical, letters)))
        ):
            continue
        longest = max((len(part) for part in letters if not technical(part)), default=0)
        if len(parts) > 3 or longest > (4 if len(parts) == 2 else 3):
            yield found.span()
