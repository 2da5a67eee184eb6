"""The thorough search of one file: every reader, the pixels, what is nearly an identifier. In the worker."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from pipeline.core import kinds
from pipeline.core.fold import letters
from pipeline.core.match import Hit, Matcher, longest
from pipeline.verify import pixels, unpack
from pipeline.verify.cited import Cited
from pipeline.verify.hunt import OUR_EPOCH, Found
from pipeline.verify.pieces import Piece, Skip, Walk, never

LONG = 8  # letters or digits from which words read in a picture are no chance
Search = Callable[[str], Matcher]


@dataclass(frozen=True, slots=True)
class Looked:
    """What was found in one file."""

    found: tuple[Found, ...]
    closed: tuple[tuple[str, str], ...]  # places that could not be opened, and why
    pieces: int


def look(
    path: Path,
    place: str,
    matcher_for: Search,
    *,
    skip: Skip = never,
    pictures: Callable[[str], bool] = lambda _place: True,
) -> Looked:
    """Everything found in one file. Places are given with the names of entries where they hold identifiers.

    `skip` as for unpack.pieces; `pictures(place)` says whose pixels are read.
    """
    closed: list[str] = []
    walk = Walk(unpack.inside, skip, pixels.look, pictures, closed, thorough=True)
    typed = kinds.look(path).kind == "text"
    found: dict[Found, None] = {}
    count = 0
    for piece in unpack.walked(path, place, walk):
        count += 1
        text, matcher = OUR_EPOCH.sub("", piece.text), matcher_for(piece.place)
        where, cited = "", Cited(text)
        for hit in matcher.find(text):
            where = where or shown(piece.place, matcher)
            at = text.count("\n", 0, hit.start) + 1
            line = f", line {at}" if typed and piece.place == place else ""
            who, sure = hit.identifier, hit.hard and _no_chance(piece, hit) and not cited.holds(hit)
            found[Found(where + line, who.field, str(who.kind), hit.rule, sure)] = None
    told = (said.rpartition(": ") for said in closed)
    return Looked(tuple(found), tuple((shown(at, matcher_for(at)), why) for at, _, why in told), count)


def shown(place: str, matcher: Matcher) -> str:
    """A place with every find in it replaced by its entry: a file may be named after the patient."""
    out, at = "", 0
    for hit in longest(matcher.find(place)):
        out += f"{place[at : hit.start]}[{hit.identifier.field}]"
        at = hit.end
    return out + place[at:]


def _no_chance(piece: Piece, hit: Hit) -> bool:
    """Words in a picture may be misread: only long ones are proof."""
    return not piece.place.endswith(pixels.READ) or len(letters(piece.text[hit.start : hit.end])) >= LONG
