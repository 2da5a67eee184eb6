"""Hunt what must be gone, in every byte that leaves. Knows nothing of how it was cleaned.

Twice: over the clean copies (-> Proof), and over the finished package before it is published (guard).
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pipeline.core import files, findings
from pipeline.core.errors import InputError, PrivacyError
from pipeline.core.journal import Journal
from pipeline.core.model import Case, CleanCase, Place, Proof

if TYPE_CHECKING:
    from pipeline.core.identity import Identifier

CANNOT_JUDGE = (
    "faces, eyes, tattoos, jewellery, scars, clothing and rooms in pictures",
    "words drawn into the pixels of a picture, printed or written by hand",
    "a story so rare that relatives, colleagues or the patient would recognise it",
    "names, places and numbers that neither private.yaml nor an image header lists",
)
WORD = re.compile(r"[^\W\d_]+")
REFERENCE_KINDS = {"number", "phone", "email"}  # papers may have authors who share the patient's name


def needs(case: Case, clean: CleanCase) -> Any:
    """What the proof depends on: who is hunted, and in what."""
    known = files.receipt(clean.folder) or {"files": clean.digest}
    pictures = [files.sha256(case.file(s)) for s in case.used_as("image")]
    return {"private": case.private, "record": case.record, "pictures": pictures, "clean": known["files"]}


def make(case: Case, clean: CleanCase, dest: Path) -> str:
    """Hunt through the clean copies. Raises PrivacyError (LEAK001) at the surest find, with file and line."""
    from pipeline.core.match import Matcher
    from pipeline.verify import hunt

    known, others = _hunted(case)
    everyone, not_authors = Matcher(known), Matcher(others)
    numbers = Matcher(i for i in known if str(i.kind) in REFERENCE_KINDS)

    def matcher(place: str) -> Matcher:
        if place.startswith("byline.json"):
            return not_authors
        return numbers if place.startswith("references.") else everyone

    found = hunt.search(hunt.read(clean.folder, matcher), matcher)
    if hard := [f for f in found if f.hard]:
        first, place = hard[0], _typed_at(case, clean, everyone, hard[0].field)
        raise _privacy("LEAK001", place, field=first.field, rule=first.rule, count=len(hard))
    made = [p for p in files.plain_files(clean.folder) if p.name != files.RECEIPT]
    report = {
        "clean": clean.digest,
        "identifiers": len(known),
        "files": len(made),
        "bytes": sum(p.stat().st_size for p in made),
        "cannot_judge": list(CANNOT_JUDGE),
        "soft": [{"place": f.place, "field": f.field, "rule": f.rule} for f in found],
        "too_short_to_search": sorted(set(everyone.unsearched)),
    }
    files.write_json(dest / "report.json", report)
    return f"0 of {len(known)} identifiers found" + (
        f", {len(found)} single words to look at" if found else ""
    )


def load(folder: Path) -> Proof:
    """The proof in `folder`. Raises InputError when it is missing or was changed by hand."""
    if files.receipt(folder) is None:
        raise InputError(
            "the proof is missing or was changed by hand", where=folder.name, fix="run the command again"
        )
    report = files.read_json(folder / "report.json")
    return Proof(
        clean=report["clean"],
        identifiers=report["identifiers"],
        files=report["files"],
        bytes=report["bytes"],
        cannot_judge=tuple(report["cannot_judge"]),
        folder=folder,
    )


def guard(case: Case, journal: Journal) -> Callable[[Path], None]:
    """The last hunt: give it the folder with the finished package; it raises PrivacyError if anything leaks.

    Identifiers that the authors publish about themselves (their own hospital) are hunted only where blinding
    journals' reviewers look; there, the authors are hunted as well (LEAK010).
    """

    def veto(part: Path) -> None:
        from pipeline.core.match import Matcher
        from pipeline.verify import blind, hunt, unpack

        known, others = _hunted(case)
        everyone, not_authors = Matcher(known), Matcher(others)
        blinded = bool(journal.layout.get("blinded"))

        def matcher(place: str) -> Matcher:
            return everyone if blinded and _for_review(place) else not_authors

        try:
            pieces = list(hunt.read(part, matcher))
        except unpack.Unreadable as e:
            raise _privacy("LEAK003", (str(e), 0)) from None
        if hard := [f for f in hunt.search(pieces, matcher, _cited(case)) if f.hard]:
            first = hard[0]
            raise _privacy("LEAK002", (first.place, 0), field=first.field, rule=first.rule, count=len(hard))
        if blinded:
            named = blind.seen((p for p in pieces if _for_review(p.place)), blind.who(case.record))
            for place, what in named[:1]:
                raise _privacy("LEAK010", (place, 0), what=what, count=len(named))

    return veto


def _hunted(case: Case) -> tuple[tuple[Identifier, ...], tuple[Identifier, ...]]:
    """Everyone and everything that is hunted; and the same without what the authors' byline says anyway."""
    from pipeline.core.identity import byline_lines, dates_of, identifiers, outside_byline
    from pipeline.verify import headers

    known = (*identifiers(case.private), *dates_of(case.record), *headers.read(case))
    return known, outside_byline(known, byline_lines(case.record))


def _cited(case: Case) -> Callable[[Any, Any], bool]:
    """Excuses words of the printed reference list: a cited author may share the patient's name.

    Only where the reference list is printed, only names and places, only if every word of the find is in the
    reference file. The narrative was hunted without this excuse before anything was rendered.
    """
    lists = (case.file(s).read_text(encoding="utf-8", errors="replace") for s in case.used_as("references"))
    cited = set(WORD.findall(" ".join(lists).casefold()))

    def excused(piece: Any, hit: Any) -> bool:
        if str(hit.identifier.kind) in REFERENCE_KINDS | {"date"} or not _for_review(piece.place):
            return False
        found = WORD.findall(piece.text[hit.start : hit.end].casefold())
        return bool(found) and all(word in cited for word in found if len(word) > 1)

    return excused


def _for_review(place: str) -> bool:
    """Is it inside what a reviewer receives? In a package "for-review/…" and the import archive; before it is
    packed, the manuscript and its figures.
    """
    package, _, member = place.partition(" › ")
    if package.startswith("submission-"):
        return member.startswith(("for-review/", "meca.zip"))
    return place.startswith(("manuscript.", "figures/", "care"))


def _privacy(code: str, place: Place, **words: Any) -> PrivacyError:
    row = findings.make(code, place, **words)
    where = f"{place[0]}:{place[1]}" if place[1] else place[0]
    return PrivacyError(row.message, code=row.code, where=where, why=row.why, fix=row.fix)


def _typed_at(case: Case, clean: CleanCase, matcher: Any, field: str) -> Place:
    """Where the author typed what was found, if it is in the record; else the clean copies as a whole."""
    record = json.loads((clean.folder / "record.json").read_text(encoding="utf-8"))
    for path, text in _texts(record, ()):
        for hit in matcher.find(text):
            if hit.hard and hit.identifier.field == field:
                return (
                    case.where_in(path, text.count("\n", 0, hit.start)) if "\n" in text else case.where(*path)
                )
    return ("clean copies", 0)


def _texts(value: Any, path: tuple[str | int, ...]) -> Iterator[tuple[tuple[str | int, ...], str]]:
    if isinstance(value, dict):
        for key, child in value.items():
            yield from _texts(child, (*path, key))
    elif isinstance(value, list):
        for n, child in enumerate(value):
            yield from _texts(child, (*path, n))
    elif isinstance(value, str):
        yield path, value
