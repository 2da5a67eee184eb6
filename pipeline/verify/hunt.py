"""Hunt known identifiers in files, folders and packages. Reads the written bytes back; cleans nothing."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from pipeline.core import files
from pipeline.core.identity import Identifier
from pipeline.core.match import Hit, Matcher
from pipeline.verify import unpack
from pipeline.verify.pieces import Piece, Skip, never

OUR_EPOCH = re.compile(r"(?:D:)?1980-?01-?01T?00:?00:?00")  # the date our own files carry, never a patient's


@dataclass(frozen=True, slots=True)
class Found:
    """One find: where, which entry of private.yaml (its name, never its value), by which rule."""

    place: str
    field: str
    kind: str
    rule: str
    hard: bool  # blocks; a soft find (one word, a day without year) may be a coincidence and is listed


def hunt(path: Path, known: Iterable[Identifier]) -> list[Found]:
    """Every find in a file or folder. Raises pieces.Unreadable for what cannot be opened."""
    matcher = Matcher(known)
    return search(read(path), lambda _place: matcher)


def read(
    path: Path, zone: Callable[[str], object] = lambda _place: None, skip: Skip = never
) -> Iterator[Piece]:
    """Every piece of text in a file or folder, by path; the same content only once in each zone.

    A zone is a part that is searched in one way, given by its places. `skip` as for unpack.pieces.
    """
    seen = set()

    def again(place: str, content: bytes) -> bool:
        key = (zone(place), hashlib.sha256(content).digest())
        known = key in seen
        seen.add(key)
        return known or skip(place, content)

    if path.is_file():
        yield from unpack.pieces(path, path.name, again)
        return
    for file in files.plain_files(path):
        name = file.relative_to(path).as_posix()
        if name != files.RECEIPT:
            yield from unpack.pieces(file, name, again)


def in_letter(place: str) -> bool:
    """Is it the cover letter, packed or not? It names reviewers, and goes to the editor only."""
    return "cover-letter.docx" in place and "for-review/" not in place


def search(
    pieces: Iterable[Piece],
    matcher_for: Callable[[str], Matcher],
    excused: Callable[[Piece, Hit], bool] = lambda _piece, _hit: False,
    asked: Callable[[Piece, Hit], bool] = lambda _piece, _hit: False,
) -> list[Found]:
    """Every find in `pieces`, each searched with the matcher for its place; hard ones first.

    `excused(piece, hit)` says of a find that it is known to mean someone or something else,
    `asked(piece, hit)` that a person decides about it: that one is soft.
    """
    found: dict[Found, None] = {}
    for piece in pieces:
        for hit in matcher_for(piece.place).find(OUR_EPOCH.sub("", piece.text)):
            if excused(piece, hit):
                continue
            who, hard = hit.identifier, hit.hard and not asked(piece, hit)
            found[Found(piece.place, who.field, str(who.kind), hit.rule, hard)] = None
    return sorted(found, key=lambda f: (not f.hard, f.place, f.field, f.rule))
