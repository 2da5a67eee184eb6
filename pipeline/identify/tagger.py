"""A small tagger that proposes names, places, hospitals and employers nobody told us about.

A linear-chain CRF over hand-made features, trained by templates/models/make_tagger.py on made-up text only.
It proposes; keep masks, rules and a person decide. What it looks at: the shape and letters of a word, whether
the word lists know it (templates/rules/medical-words.txt), the words around it (its cues.yaml)
and the run of capitalised words it stands in. It changes no text and needs no network.
"""

from __future__ import annotations

import lzma
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import Any

from pipeline.core import resources

MODEL = "templates/models/tagger.crf.xz"
CUES = "templates/models/tagger/cues.yaml"
WORDS = "templates/rules/medical-words.txt"
LABELS = ("name", "place", "hospital", "employer")
THRESHOLD = 0.3  # chosen on held-out sentences: templates/models/README.md
LONGEST_WORD = 40  # letters looked at: base64 runs are not kept in memory
LONGEST = 200  # tokens of one sequence: the cost of a line grows with its length only

_TOKEN = re.compile(r"[\u0900-\u0DFF]+|[^\W\d_]{1,2}['’][A-Z][^\W\d_]+|[^\W_]+|\S|\n")
_CLASSES = {"plain": "p", "context": "c", "eponym": "e", "namesake": "n", "technical": "t"}
_JOINS = frozenset({"of", "and", "the", "for", "&", "de", "da", "-", "'", "’", ".", "/"})
_STOPS = frozenset(".?!")
_ABBREVIATED = frozenset({"title", "doctor", "label", "cite", "place"})
_CLOSERS = frozenset(")]\"'”’")
_BEFORE_NAMES = frozenset({"title", "doctor", "named", "hindikin"})
_ENDINGS = ("ed", "ing", "ly", "s")
_VOLUME = re.compile(r"(?:19|20)\d\d\s*;\s*\d+|\d+\s*\(\d+\)\s*:\s*[Ee]?\d|\bdoi\b", re.IGNORECASE)
_AUTHORS = re.compile(r"\bet al\b|\b(?:18|19|20)\d\d\)|\[\d+[,\]-]", re.IGNORECASE)
REACH = 160  # characters after a sentence in which a volume and page still make it part of a reference


@dataclass(frozen=True, slots=True)
class Span:
    """Characters `start` to `end` may be a `label`; `score` (0 to 1) is the model's mean certainty."""

    start: int
    end: int
    label: str
    score: float


@dataclass(frozen=True, slots=True)
class Word:
    """What does not depend on where a word stands."""

    low: str
    shape: str  # Aa, AA, A, aa, 9, a9, or the character
    key: str  # its cue class, else shape and list
    cue: str
    own: tuple[str, ...]  # features
    capital: bool
    strange: bool  # no list has it, or it may be a name


@dataclass(frozen=True, slots=True)
class Token:
    """A word and where it is."""

    text: str
    start: int
    end: int


def spans(text: str, threshold: float = THRESHOLD) -> list[Span]:
    """Proposals in order of place, never overlapping; every token in one is at least `threshold` likely.

    Raises nothing on any text; a text without words gives an empty list.
    """
    readable = text if text.isascii() else text.encode("utf-8", "replace").decode("utf-8")
    found: list[Span] = []
    model = None
    for sentence in sentences(readable):
        words = [word(t.text[:LONGEST_WORD]) for t in sentence]
        if not _worth_asking(words):
            continue
        model = model or _model()
        model.set(features(readable, sentence, words))
        found += _grouped(sentence, model, threshold)
    return found


def sentences(text: str) -> Iterator[list[Token]]:
    """Tokens, one list a sentence; a line end always ends one."""
    now: list[Token] = []
    before = ""
    for match in _TOKEN.finditer(text):
        piece = match.group()
        if piece == "\n":
            if now:
                yield now
            now = []
        else:
            if now and (len(now) >= LONGEST or (piece[0].isupper() and _ends(now, before))):
                yield now
                now = []
            now.append(Token(piece, match.start(), match.end()))
        before = piece
    if now:
        yield now


def _ends(now: list[Token], before: str) -> bool:
    if before in _CLOSERS and len(now) > 1:
        now, before = now[:-1], now[-2].text
    if before not in _STOPS:
        return False
    if before != "." or len(now) < 2:
        return True
    last = word(now[-2].text)
    return len(last.low) > 1 and last.cue not in _ABBREVIATED and last.low != "st"


@cache
def _model() -> Any:
    import pycrfsuite

    tagger = pycrfsuite.Tagger()
    tagger.open_inmemory(_weights())
    return tagger


@cache
def _weights() -> bytes:
    """Kept for as long as the program runs: the tagger reads from this memory and holds no copy."""
    return lzma.decompress(resources.path(MODEL).read_bytes())


@cache
def lists() -> dict[str, str]:
    """Word -> the letter of its list."""
    found: dict[str, str] = {}
    letter = ""
    for line in resources.text(WORDS).splitlines():
        if line.startswith("== "):
            letter = _CLASSES.get(line[3:].strip(), "")
        elif letter and line and not line.startswith("#"):
            found.setdefault(line, letter) if letter == "p" else found.update({line: letter})
    return found


@cache
def cues() -> dict[str, str]:
    """Word -> the name of its class in cues.yaml."""
    return {str(w): str(name) for name, words in resources.data(CUES).items() for w in words}


def _shape(text: str) -> str:
    if text.isdigit():
        return "9" if len(text) < 5 else "99999"
    if text.isalpha():
        if text.islower():
            return "aa"
        if text.isupper():
            return "A" if len(text) == 1 else "AA"
        return "Aa" if text[0].isupper() and text[1:].islower() else "aA"
    if text.isalnum():
        return "a9"
    return text if len(text) == 1 else "Aa"  # D'Souza


@lru_cache(maxsize=20_000)
def word(text: str, *, known: bool = True) -> Word:
    """What `text` looks like; `known=False` hides it from the word lists (training does, now and then)."""
    shape = _shape(text)
    low = shape if shape[0] == "9" else text.lower()
    letters = text[0].isalpha()
    cue = cues().get(low, "") if letters else ""
    listed = (lists().get(low, "") if known else "") if letters else ""
    sort = f"{shape}{listed or ('u' if letters else '')}"
    own = [f"w={low}", f"s={sort}"]
    if cue:
        own.append(f"q={cue}{shape}")
    if letters and (shape != "aa" or not listed) and len(low) > 1:
        size = min(len(low), 9)
        own += [f"n={size}{shape}", f"p2={low[:2]}", f"p3={low[:3]}", f"p4={low[:4]}"]
        own += [f"e1={low[-1]}", f"e2={low[-2:]}", f"e3={low[-3:]}", f"e4={low[-4:]}"]
        if not listed:
            own += [f"t={low[i : i + 3]}" for i in range(1, min(len(low), 12) - 3)]
    key = low if cue == "itself" else cue or sort
    if not cue and sort == "aap":
        key += next((e for e in _ENDINGS if low.endswith(e)), "")
    return Word(
        low, shape, key, cue, tuple(own), text[0].isupper(), bool(letters and listed not in ("p", "t"))
    )


def _worth_asking(words: list[Word]) -> bool:
    """Whether anything but the first word is capitalised or a cue stands before a name in small letters."""
    if words[0].capital and words[0].strange:
        return True
    return any(w.capital or w.key == "aau" or w.cue in _BEFORE_NAMES for w in words[1:])


def features(text: str, tokens: list[Token], words: list[Word]) -> list[list[str]]:
    """One list of features a token of one sentence of `text`, for the model."""
    size = len(words)
    low = ["<<", "<", *(w.low for w in words), ">", ">>"]
    key = ["<<", "<", *(w.key for w in words), ">", ">>"]
    whole = _line(text, tokens, words)
    runs = _runs(tokens, words)
    rows: list[list[str]] = []
    for i in range(size):
        j = i + 2
        a2, a1, me, b1, b2 = key[j - 2 : j + 3]
        row = [
            *words[i].own,
            f"-w={low[j - 1]}",
            f"+w={low[j + 1]}",
            f"-k={a1}",
            f"+k={b1}",
            f"--k={a2}",
            f"++k={b2}",
            f"-0={a1}|{me}",
            f"0+={me}|{b1}",
            f"-0+={a1}|{me}|{b1}",
            f"--0={a2}|{a1}|{me}",
            f"0++={me}|{b1}|{b2}",
            f"-ww={low[j - 2]}|{low[j - 1]}",
            f"++w={low[j + 2]}",
            f"-0w={a1}|{low[j + 1]}|{me}",
            f"-w0={low[j - 1]}|{me}",
        ]
        row += whole
        row += runs[i]
        rows.append(row)
    return rows


def _line(text: str, tokens: list[Token], words: list[Word]) -> list[str]:
    """How the whole sentence looks: capitals, a reference."""
    letters = [w for w in words if w.shape[0] in "aA" and len(w.low) > 1]
    upper = sum(w.shape == "AA" for w in letters)
    title = sum(w.capital for w in letters)
    found = []
    if letters and upper > 0.7 * len(letters):
        found.append("line=caps")
    elif letters and title > 0.7 * len(letters):
        found.append(f"line=title{min(len(letters), 4)}")
    elif not title:
        found.append("line=small")
    start, end = tokens[0].start, tokens[-1].end
    if _VOLUME.search(text[start : end + REACH].partition("\n")[0]):
        found.append("line=reference")
    elif _AUTHORS.search(text, start, end):
        found.append("line=authors")
    return found


def _runs(tokens: list[Token], words: list[Word]) -> list[list[str]]:
    """For every token the features of the run of capitalised words it belongs to."""
    rows: list[list[str]] = [[] for _ in words]
    at, size = 0, len(words)
    while at < size:
        if not words[at].capital:
            at += 1
            continue
        end = at + 1
        last = at
        while end < size:
            if words[end].capital:
                last = end
            elif not (tokens[end].text in _JOINS and end - last <= 2):
                break
            end += 1
        end = last + 1
        inside = {w.cue for w in words[at:end]} & {
            "hospital",
            "employer",
            "acronym",
            "eponymhead",
            "body",
            "maker",
        }
        after = words[end].key if end < size else ">"
        before = words[at - 1].key if at else "<"
        strange = sum(w.strange for w in words[at:end])
        length = min(end - at, 6)
        tags = [f"r>={after}", f"r<={before}", f"r<>={before}|{after}", f"rn={length}|{min(strange, 3)}"]
        tags += [f"r={cue}" for cue in sorted(inside)]
        if not inside:
            tags.append("r=none")
        if "hospital" in inside or "employer" in inside:
            tags.append(f"rh={'+'.join(sorted(inside))}|{words[end - 1].cue}")
        for k in range(at, end):
            rows[k] = [
                *tags,
                f"rp={min(k - at, 3)}|{min(end - 1 - k, 3)}",
                f"ri={words[k].key}|{'+'.join(sorted(inside))}",
            ]
        at = end
    return rows


def _grouped(tokens: list[Token], model: Any, threshold: float) -> list[Span]:
    """Neighbours that are likely the same kind, joined over full stops and small words."""
    labels, certain = [], []
    for i in range(len(tokens)):
        sure = 1.0 - model.marginal("O", i)
        certain.append(sure)
        labels.append(max(LABELS, key=lambda x: model.marginal(x, i)) if sure >= threshold else "")
    found: list[Span] = []
    i, size = 0, len(tokens)
    while i < size:
        if not labels[i]:
            i += 1
            continue
        last = i
        k = i + 1
        while k < size and k - last <= 2:
            if labels[k] == labels[i]:
                last = k
            elif labels[k] or tokens[k].text not in _JOINS:
                break
            k += 1
        first, end = i, last
        while first <= end and not tokens[first].text[0].isalnum():
            first += 1
        while end >= first and not tokens[end].text[0].isalnum():
            end -= 1
        if first <= end:
            sure = [certain[m] for m in range(first, end + 1) if labels[m]]
            found.append(
                Span(tokens[first].start, tokens[end].end, labels[i], round(sum(sure) / len(sure), 4))
            )
        i = last + 1
    return found
