"""Under blinding, the authors are hunted too: names, institutions, addresses, in all a reviewer receives;
and who stands behind them (backers.py).

Where a reference list may stand, names that it holds are excused (authors cite themselves); the manuscript
was searched without its list when it was rendered (REN004).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from pipeline.core import authors
from pipeline.core.fold import letters
from pipeline.verify import backers
from pipeline.verify.pieces import Piece

SHORTEST = 6  # folded letters; what is shorter ("AIMS") would be found inside other words
NO_TEXT = ("stream", "base64", "hexadecimal", "(raw)")  # bytes that look like initials by chance
LISTED = re.compile(r"\b(manuscript|article)\b")  # files with a reference list in them


@dataclass(frozen=True, slots=True)
class Hidden:
    """What must not be found in a blinded copy."""

    streams: Mapping[str, str] = field(repr=False)  # folded text -> what it is ("authors 1 name")
    signs: tuple[authors.Sign, ...] = field(repr=False)


def who(record: Mapping[str, Any]) -> Hidden:
    """What must not be found in a blinded copy of the case with this record."""
    streams = {stream: what for what, text in _named(record) if len(stream := letters(text)) >= SHORTEST}
    return Hidden(streams, authors.signs(record))


def _named(record: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    for n, author in enumerate(record.get("authors") or [], 1):
        given, family = str(author.get("given", "")), str(author.get("family", ""))
        yield f"authors {n} name", f"{given}{family}"
        yield f"authors {n} name", f"{family}{given}"
        for field_ in ("email", "orcid", "phone"):
            yield f"authors {n} {field_}", str(author.get(field_) or "")
    for name, place in (record.get("affiliations") or {}).items():
        yield f"affiliations {name} institution", str(place.get("institution", ""))
    yield from backers.named(record)


def seen(pieces: Iterable[Piece], hidden: Hidden, cited: str = "") -> list[tuple[str, str]]:
    """(place, what) for every author detail found in `pieces`.

    `cited` is all that the reference file says of authors, titles and journals.
    """
    excused = [sign for sign in hidden.signs if sign.citable and _says(cited, sign.citable)]
    pieces = list(pieces)
    found = dict.fromkeys(backers.traces(pieces))
    for piece in pieces:
        stream = letters(piece.text)
        for wanted, what in hidden.streams.items():
            if wanted in stream:
                found[(piece.place, what)] = None
        if piece.place.endswith(NO_TEXT):
            continue
        text, listed = authors.plain(piece.text), LISTED.search(piece.place)
        for sign in hidden.signs:
            if not (listed and sign in excused) and sign.pattern.search(text):
                found[(piece.place, sign.what)] = None
    return list(found)


def _says(cited: str, name: str) -> bool:
    """Does the reference file hold this name? Its accents may be commands of TeX."""
    stream = letters(name)
    return stream in map(letters, re.findall(r"\w+", cited)) or (len(stream) > 3 and stream in letters(cited))
