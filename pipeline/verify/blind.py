"""Under blinding, the authors are hunted too: names, institutions, addresses, in all a reviewer receives.

Surnames alone are not: the reference list may hold them (authors cite themselves).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from pipeline.core.fold import letters
from pipeline.verify.unpack import Piece

SHORTEST = 6  # folded letters; a shorter institution ("AIMS") would be found inside other words


def who(record: Mapping[str, Any]) -> dict[str, str]:
    """What must not be found in a blinded copy: folded text -> what it is ("authors 1 name")."""
    return {stream: what for what, text in _named(record) if len(stream := letters(text)) >= SHORTEST}


def _named(record: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    for n, author in enumerate(record.get("authors") or [], 1):
        given, family = str(author.get("given", "")), str(author.get("family", ""))
        yield f"authors {n} name", f"{given}{family}"
        yield f"authors {n} name", f"{family}{given}"
        for field in ("email", "orcid", "phone"):
            yield f"authors {n} {field}", str(author.get(field) or "")
    for name, place in (record.get("affiliations") or {}).items():
        yield f"affiliations {name} institution", str(place.get("institution", ""))


def seen(pieces: Iterable[Piece], hidden: Mapping[str, str]) -> list[tuple[str, str]]:
    """(place, what) for every author detail found in `pieces`."""
    found: dict[tuple[str, str], None] = {}
    for piece in pieces:
        stream = letters(piece.text)
        for wanted, what in hidden.items():
            if wanted in stream:
                found[(piece.place, what)] = None
    return list(found)
