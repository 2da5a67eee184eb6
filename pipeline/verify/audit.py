"""Audit any file or folder: is anyone in it whom this private.yaml lists? No case and no package needed.

Everything is unpacked, down to the pixels, in capped children; what cannot be opened is said, never passed over.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pipeline.core import files, findings, lines, worker, yamltext
from pipeline.core.errors import Exit, UsageError
from pipeline.core.fold import letters
from pipeline.core.identity import (
    Identifier,
    byline_lines,
    dates_of,
    identifiers,
    letter_lines,
    outside_byline,
)
from pipeline.core.match import PEOPLE, Hit
from pipeline.core.model import Finding
from pipeline.core.near import NearMatcher
from pipeline.verify import hunt, pixels, unpack
from pipeline.verify.hunt import Found
from pipeline.verify.pieces import Piece, Skip, Walk, never

SECONDS = 300.0  # for one file, and one more for each MB
CANNOT = (
    "faces, tattoos, handwriting and print in other than Latin letters in pictures",
    "what is said or shown in sound and films",
    "a story so rare that relatives, colleagues or the patient would recognise it",
    "names, places and numbers that private.yaml does not list",
)
LONG = 8  # letters or digits from which words read in a picture are no chance
REFERENCE = re.compile(r"(?:19|20)\d\d\s*;\s*\d+|doi\s*[:.]|et al\.", re.IGNORECASE)
WHY = {
    "slow": "took too long to read; it may be damaged",
    "died": "needs more memory than is safe, or crashed its reader; it may be damaged",
    "memory": "needs more memory than is safe; it may be damaged",
    "unreadable": "cannot be read; it is damaged or not what it seems",
}


@dataclass(frozen=True, slots=True)
class Listed:
    """Whom to look for: everywhere, and in the cover letter, which names reviewers."""

    anywhere: tuple[Identifier, ...]
    in_letter: tuple[Identifier, ...]


@dataclass(frozen=True, slots=True)
class Looked:
    """What the audit of one file found."""

    found: tuple[Found, ...]
    closed: tuple[str, ...]  # places that could not be opened, with the reason
    pieces: int


@dataclass(frozen=True, slots=True)
class Answer:
    """What the audit found."""

    findings: tuple[Finding, ...]
    hard: tuple[Found, ...]
    soft: tuple[Found, ...]
    unreadable: tuple[str, ...]
    files: int
    pieces: int
    identifiers: int
    too_short: tuple[str, ...]
    cannot_judge: tuple[str, ...] = CANNOT


def audit(
    target: Path, private: Path | None, progress: Callable[[int, int], None] = lambda *_: None
) -> Answer:
    """Look for everyone `private` lists in a file or a folder.

    Raises UsageError when there is nothing to look at or nobody to look for, InputError for a private.yaml
    that cannot be read.
    """
    if private is None:
        raise UsageError(
            "say whom to look for",
            why="without a list nobody can tell a patient's name from another word; metadata alone (camera, owner, "
            "place) is shown by `casereport clean`, which takes it off",
            fix="write a private.yaml (casereport new makes one) and give it with --private",
        )
    listed = whom(private)
    paths, refused = _files(target, private)
    look = functools.partial(_alone, NearMatcher(listed.anywhere), NearMatcher(listed.in_letter))
    preload()
    found: list[Looked] = []
    closed, count = list(refused), 0
    items = [(path, name) for path, name in paths]
    seconds = lambda item: SECONDS + item[0].stat().st_size / 1e6  # noqa: E731
    jobs = min(worker.processors(), len(items) or 1)
    for n, got in worker.each(look, items, jobs=jobs, memory=worker.READING, seconds=seconds):
        count += 1
        progress(count, len(items))
        if isinstance(got, worker.Failed):
            closed.append(f"{items[n][1]}: {WHY[got.why]}")
        else:
            found.append(got)
    return _answer(found, closed, len(items) + len(refused), listed)


def whom(private: Path) -> Listed:
    """Everyone that a private.yaml lists; with the record beside it, without what authors say of themselves.

    Raises UsageError when it lists nobody, InputError when it cannot be read.
    """
    if not private.is_file():
        raise UsageError("no such list of identifiers", where=private.name)
    listed, _ = yamltext.load(private.read_bytes(), private.name)
    beside = private.with_name("record.yaml")
    record: dict[str, Any] = {}
    if beside.is_file() and not files.unsafe(beside):
        record, _ = yamltext.load(beside.read_bytes(), beside.name)
    everyone = (*identifiers(listed), *dates_of(record))
    if not everyone:
        raise UsageError(
            "nobody is listed in it",
            where=private.name,
            fix="fill in at least the name; every line more makes the audit surer",
        )
    known = outside_byline(everyone, byline_lines(record))
    return Listed(known, outside_byline(known, letter_lines(record)))


def preload() -> None:
    """Import what the children need, once, before they are forked."""
    import pi_heif  # noqa: F401
    import pikepdf  # noqa: F401
    import pydicom  # noqa: F401
    import pypdfium2  # noqa: F401
    import zxingcpp  # noqa: F401

    lines.preload()


def exit_code(answer: Answer) -> Exit:
    """4 if someone was found for sure, 5 if something could not be opened, else 0."""
    if answer.hard:
        return Exit.PRIVACY
    return Exit.INPUT if answer.unreadable else Exit.OK


def to_json(answer: Answer) -> dict[str, Any]:
    """For programs: places, fields and rules; never a value."""

    def rows(found: Iterable[Found]) -> list[dict[str, str]]:
        return [{"place": f.place, "field": f.field, "kind": f.kind, "rule": f.rule} for f in found]

    return {
        "hard": rows(answer.hard),
        "soft": rows(answer.soft),
        "unreadable": [
            dict(zip(("place", "why"), u.rpartition(": ")[::2], strict=True)) for u in answer.unreadable
        ],
        "files": answer.files,
        "pieces": answer.pieces,
        "identifiers": answer.identifiers,
        "too_short_to_search": list(answer.too_short),
        "cannot_judge": list(answer.cannot_judge),
    }


def to_text(answer: Answer) -> str:
    """In plain words, one find per line."""
    said = [str(f) for f in answer.findings]
    short = f", {len(answer.too_short)} of them too short to search" if answer.too_short else ""
    said.append(
        f"{answer.files} files looked through for {answer.identifiers} identifiers{short}: {len(answer.hard)} sure "
        f"finds, {len(answer.soft)} to look at, {len(answer.unreadable)} places that could not be opened"
    )
    if not answer.hard and not answer.unreadable:
        said.append("No listed identifier was found for sure. What no search can judge:")
        said += [f"  - {words}" for words in answer.cannot_judge]
    return "\n".join(said)


def look(
    path: Path,
    place: str,
    matcher_for: Callable[[str], NearMatcher],
    skip: Skip = never,
    pictures: bool = True,
) -> Looked:
    """Everything found in one file, by the thorough walk. Run in the worker."""
    closed: list[str] = []
    walk = Walk(unpack.inside, skip, closed, thorough=True, look=pixels.look if pictures else None)
    seen: dict[Found, None] = {}
    count = 0
    for piece in unpack.walked(path, place, walk):
        count += 1
        for hit in matcher_for(piece.place).find(hunt.OUR_EPOCH.sub("", piece.text)):
            if not _someone_cited(piece.text, hit):
                who = hit.identifier
                where = shown(piece.place, matcher_for(piece.place))
                seen[
                    Found(where, who.field, str(who.kind), hit.rule, hit.hard and _no_chance(piece, hit))
                ] = None
    matcher = matcher_for(place)
    return Looked(tuple(seen), tuple(shown(c, matcher) for c in closed), count)


def shown(place: str, matcher: NearMatcher) -> str:
    """A place with every find in it replaced by the name of its entry: a file may be named after the patient."""
    out, at = "", 0
    for hit in sorted(matcher.find(place), key=lambda h: (h.start, -h.end)):
        if hit.start >= at:
            out += f"{place[at : hit.start]}[{hit.identifier.field}]"
            at = hit.end
    return out + place[at:]


def _no_chance(piece: Piece, hit: Hit) -> bool:
    """Words read in a picture may be misread: only long ones are proof."""
    return not piece.place.endswith(pixels.READ) or len(letters(piece.text[hit.start : hit.end])) >= LONG


def _someone_cited(text: str, hit: Hit) -> bool:
    """A single name in a line of a reference list is an author's."""
    if hit.hard or hit.identifier.kind not in PEOPLE:
        return False
    start, end = text.rfind("\n", 0, hit.start) + 1, text.find("\n", hit.end)
    return bool(REFERENCE.search(text[start : end if end > 0 else len(text)][:2000]))


def _alone(anywhere: NearMatcher, letter: NearMatcher, item: tuple[Path, str]) -> Looked:
    path, place = item
    return look(path, place, lambda where: letter if hunt.in_letter(where) else anywhere)


def _files(target: Path, private: Path) -> tuple[list[tuple[Path, str]], list[str]]:
    """(files with their names, what is not opened). The list itself is no find."""
    if not target.exists() and not target.is_symlink():
        raise UsageError("no such file or folder", where=target.name)
    found: list[tuple[Path, str]] = []
    refused = []
    for path in [target] if not target.is_dir() else files.walk(target):
        name = path.name if path == target else f"{target.name}/{path.relative_to(target).as_posix()}"
        if problem := files.unsafe(path):
            refused.append(f"{name}: not opened, it is {problem}")
        elif not path.samefile(private):
            found.append((path, name))
    return found, refused


def _answer(looked: list[Looked], closed: list[str], count: int, listed: Listed) -> Answer:
    found = sorted(
        {f for one in looked for f in one.found}, key=lambda f: (not f.hard, f.place, f.field, f.rule)
    )
    unreadable = sorted({*closed, *(c for one in looked for c in one.closed)})
    sure = {(f.place, f.field) for f in found if f.hard}
    hard = tuple(f for f in found if f.hard)
    soft = tuple(f for f in found if not f.hard and (f.place, f.field) not in sure)
    said = [findings.make("LEAK004", (f.place, 0), field=f.field, rule=f.rule) for f in hard]
    said += [findings.make("LEAK005", (f.place, 0), field=f.field, rule=f.rule) for f in soft]
    said += [
        findings.make("LEAK006", (u.rpartition(": ")[0], 0), why=u.rpartition(": ")[2]) for u in unreadable
    ]
    short = tuple(sorted(set(NearMatcher(listed.anywhere).unsearched)))
    return Answer(
        tuple(said),
        hard,
        soft,
        tuple(unreadable),
        count,
        sum(x.pieces for x in looked),
        len(listed.anywhere),
        short,
    )
