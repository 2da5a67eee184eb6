"""Hunt what must be gone, in every byte that leaves. Knows nothing of how it was cleaned.

Twice: over the clean copies (-> Proof), and over the finished package before it is published (guard).
"""

from __future__ import annotations

import hashlib
import io
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
    from pipeline.core.proposal import Query

CANNOT_JUDGE = (
    "faces, eyes, tattoos, jewellery, scars, clothing and rooms in pictures",
    "words drawn into the pixels of a picture, printed or written by hand",
    "a story so rare that relatives, colleagues or the patient would recognise it",
    "names, places and numbers that neither private.yaml nor an image header lists",
)
WITH_AUTHORS = "manuscript-with-authors.xml"  # for the editor; has the reference list too
WORD = re.compile(r"[^\W\d_]+")
PEOPLE = {"name", "relative", "doctor"}
DOSSIER, SIGNED_FORM = "editor-only/consent-dossier.pdf", "editor-only/signed-consent-form.pdf"
# A digital signature names its signer and where they are; the signer agreed to show it to the editor.
# Numbers and addresses are no part of that, and stop the package.
ON_CERTIFICATES = {*PEOPLE, "hospital", "place", "employer"}


def needs(case: Case, clean: CleanCase) -> Any:
    """What the proof depends on: who is hunted, and in what."""
    known = files.receipt(clean.folder) or {"files": clean.digest}
    pictures = [files.sha256(case.file(s)) for s in case.used_as("image")]
    return {"private": case.private, "record": case.record, "pictures": pictures, "clean": known["files"]}


def make(case: Case, clean: CleanCase, dest: Path) -> str:
    """Hunt through the clean copies. Raises PrivacyError (LEAK001) at the surest find, with file and line.

    What is but nearly an identifier (a name in another spelling) is no stop where a person is asked about it.
    """
    from pipeline.core.fold import letters
    from pipeline.core.match import Matcher
    from pipeline.core.near import NEARLY, NearMatcher
    from pipeline.verify import hunt, questions

    known, _, outside_letter = _hunted(case)
    everyone, not_named = NearMatcher(known), NearMatcher(outside_letter)

    def matcher(place: str) -> Matcher:
        return not_named if place.startswith("byline.json") else everyone

    excused = _said_by_others(case, None, frozenset())
    phrases = {letters(q.found) for q in questions.every(case, clean, known, outside_letter)}

    def decidable(piece: Any, hit: Any) -> bool:
        in_text = piece.place.startswith(("record.json", "byline.json"))
        found = letters(piece.text[hit.start : hit.end])
        return in_text and hit.rule in NEARLY and any(found in phrase for phrase in phrases)

    found = hunt.search(hunt.read(clean.folder, matcher), matcher, excused, decidable)
    if hard := [f for f in found if f.hard]:
        first, place = hard[0], _typed_at(case, clean, everyone, hard[0])
        raise findings.stop(
            PrivacyError, "LEAK001", place, field=first.field, rule=first.rule, count=len(hard)
        )
    made = [p for p in files.plain_files(clean.folder) if p.name != files.RECEIPT]
    report = {
        "clean": clean.digest,
        "identifiers": len(known) - len(set(everyone.unsearched)),
        "files": len(made),
        "bytes": sum(p.stat().st_size for p in made),
        "cannot_judge": list(CANNOT_JUDGE),
        "soft": [{"place": f.place, "field": f.field, "rule": f.rule} for f in found],
        "too_short_to_search": sorted(set(everyone.unsearched)),
    }
    report["asked"] = [[query.id, *query.place] for query in asked(case, clean)]
    files.write_json(dest / "report.json", report)
    return f"0 of {report['identifiers']} identifiers found" + (
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
        asked=tuple((id_, (path, line)) for id_, path, line in report["asked"]),
        folder=folder,
    )


def asked(case: Case, clean: CleanCase) -> tuple[Query, ...]:
    """What a person has to say about the finds in the text: the listed person, or a coincidence?

    Without those that `clean.report` says were decided to be kept, and what the byline names on purpose.
    """
    from pipeline.verify import questions

    known, _, in_byline = _hunted(case)
    return tuple(questions.asked(case, clean, known, in_byline))


def guard(case: Case, journal: Journal, signed_off: str = "") -> Callable[[Path], None]:
    """The last hunt: give it the folder with the finished package; it raises PrivacyError if anything leaks.

    Identifiers that the authors publish about themselves (their own hospital) are hunted only where blinding
    journals' reviewers look; there, the authors are hunted as well (LEAK010). `signed_off` is the ISO date of
    the sign-off: the package says it, even if something else happened on that day.
    """

    def veto(part: Path) -> None:
        from pipeline.core.match import Matcher
        from pipeline.verify import blind, hunt
        from pipeline.verify.pieces import Unreadable

        known, others, outside_letter = _hunted(case)
        blinded, not_authors = bool(journal.layout.get("blinded")), Matcher(others)
        everyone = Matcher(known) if blinded else not_authors
        not_named = Matcher(outside_letter)
        excused = _said_by_others(case, journal, frozenset({signed_off} if signed_off else ()))

        def matcher(place: str) -> Matcher:
            if hunt.in_letter(place):
                return not_named
            return everyone if blinded and _for_review(place) else not_authors

        try:
            found = list(hunt.read(part, matcher, _passed_over()))
        except Unreadable as e:
            raise findings.stop(PrivacyError, "LEAK003", (str(e), 0)) from None
        if hard := [f for f in hunt.search(found, matcher, excused) if f.hard]:
            first = hard[0]
            raise findings.stop(
                PrivacyError, "LEAK002", (first.place, 0), field=first.field, rule=first.rule, count=len(hard)
            )
        if blinded:
            shown, cited = (p for p in found if _for_review(p.place)), "\n".join(_cited(case))
            named = blind.seen(shown, blind.who(case.record), cited)
            for place, what in named[:1]:
                raise findings.stop(PrivacyError, "LEAK010", (place, 0), what=what, count=len(named))

    return veto


def _hunted(case: Case) -> tuple[tuple[Identifier, ...], ...]:
    """All that is hunted; without what the byline says; and without what the letter says of reviewers too."""
    from pipeline.core.identity import byline_lines, dates_of, identifiers, letter_lines, outside_byline
    from pipeline.verify import headers

    known = (*identifiers(case.private), *dates_of(case.record), *headers.read(case))
    others = outside_byline(known, byline_lines(case.record))
    return known, others, outside_byline(others, letter_lines(case.record))


def _said_by_others(case: Case, journal: Journal | None, dates: frozenset[str]) -> Callable[[Any, Any], bool]:
    """Excuses finds that are known to mean someone or something else, where reviewers' copies hold them.

    Names and initials of cited authors, places and hospitals in the titles of cited papers, the journal's own
    name, and the day of the sign-off. The narrative was hunted without these excuses before it was rendered.
    """
    from pipeline.core.fold import letters

    people, titles = _cited(case)
    ours = letters(journal.name) if journal else ""

    def excused(piece: Any, hit: Any) -> bool:
        kind, found = str(hit.identifier.kind), piece.text[hit.start : hit.end]
        if _member(piece.place) == SIGNED_FORM:
            return kind in ON_CERTIFICATES
        if kind == "date":
            return hit.identifier.value in dates
        if kind in {"hospital", "employer", "place"} and letters(found) in ours:
            return True
        listed = piece.place.startswith("references.") or WITH_AUTHORS in piece.place
        if not (listed or _for_review(piece.place)):
            return False
        if kind in PEOPLE:
            return _made_of(found, people)
        return kind in {"hospital", "place", "employer"} and letters(found) in letters(titles)

    return excused


def _cited(case: Case) -> tuple[str, str]:
    """What the reference files say of authors and editors, and of titles and journals."""
    from pipeline.verify.citations import fields

    files_ = [case.file(s).read_text(encoding="utf-8", errors="replace") for s in case.used_as("references")]
    return fields("\n".join(files_))


def _made_of(found: str, people: str) -> bool:
    """Is a find made only of words that cited authors' names hold? Tags taken out run names together."""
    from pipeline.core.fold import letters

    words = [w for w in WORD.findall(found.casefold()) if len(w) > 1]
    known = set(WORD.findall(people.casefold()))
    return bool(words) and (all(w in known for w in words) or letters(found) in letters(people))


def _passed_over() -> Callable[[str, bytes], bool]:
    """What is not searched: the locked dossier, and in upload/ the same bytes as a member of the zip."""
    sealed: set[bytes] = set()

    def skip(place: str, content: bytes) -> bool:
        digest = hashlib.sha256(content).digest()
        if place.startswith("upload/"):
            return digest in sealed
        sealed.add(digest)
        return _locked_dossier(place, content)

    return skip


def _locked_dossier(place: str, content: bytes) -> bool:
    """The dossier under a password: pictures of pages, and what attestation.pdf says too."""
    import pikepdf

    if _member(place) != DOSSIER:
        return False
    try:
        pikepdf.open(io.BytesIO(content)).close()
    except pikepdf.PasswordError:
        return True
    except pikepdf.PdfError:
        return False  # the hunt will say so
    return False


def _member(place: str) -> str:
    """The member of a package that a place is in; "" outside of one."""
    package, _, inside = place.partition(" › ")
    return inside.partition(" ")[0] if package.startswith("submission-") else ""


def _for_review(place: str) -> bool:
    """Is it inside what a reviewer receives? In a package "for-review/…" and the import archive; before it is
    packed, the manuscript and its figures.
    """
    package, _, member = place.partition(" › ")
    if package.startswith("submission-"):
        return member.startswith(("for-review/", "meca.zip"))
    if place.startswith(WITH_AUTHORS):
        return False
    return place.startswith(("manuscript", "figures/", "care", "scare", "process", "highlights."))


def _typed_at(case: Case, clean: CleanCase, matcher: Any, found: Any) -> Place:
    """Where the author typed what was found: in the record, the byline or the references; else the copies."""
    place = found.place.partition(" ")[0]
    if place.startswith("references."):
        source = case.used_as("references")[0]
        text = case.file(source).read_text(encoding="utf-8", errors="replace")
        hits = [hit for hit in matcher.find(text) if hit.identifier.field == found.field]
        return source.path, text.count("\n", 0, hits[0].start) + 1 if hits else 0
    name = "byline.json" if place == "byline.json" else "record.json"
    for path, text in _texts(files.read_json(clean.folder / name), ()):
        for hit in matcher.find(text):
            if hit.hard and hit.identifier.field == found.field:
                down = text.count("\n", 0, hit.start)
                return case.where_in(path, down) if "\n" in text else case.where(*path)
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
