"""Audit any file or folder: is anyone in it whom this private.yaml lists? No case, no package needed.

All is unpacked, down to the pixels, in capped children; what cannot be opened is said, not passed over.
"""

from __future__ import annotations

import functools
import importlib
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pipeline.core import files, findings, kinds, lines, worker, yamltext
from pipeline.core.errors import Exit, UsageError
from pipeline.core.identity import (
    Identifier,
    byline_lines,
    dates_of,
    identifiers,
    letter_lines,
    outside_byline,
)
from pipeline.core.model import Finding
from pipeline.core.near import NearMatcher
from pipeline.verify import entries, hunt, thorough
from pipeline.verify.hunt import Found
from pipeline.verify.thorough import Looked

SECONDS = 300.0  # for one file, and one more for each MB
READERS = ("pikepdf", "pypdfium2", "PIL.Image", "pi_heif", "pydicom", "pydicom.pixels.utils", "zxingcpp")
CANNOT = (
    "faces, tattoos, handwriting and print in other than Latin letters in pictures",
    "what is said or shown in sound and films",
    "a story so rare that relatives, colleagues or the patient would recognise it",
    "names, places and numbers that private.yaml does not list",
)
WHY = {
    "slow": "took too long to read; it may be damaged",
    "died": "needs more memory than is safe, or crashed its reader; it may be damaged",
    "memory": "needs more memory than is safe; it may be damaged",
    "unreadable": "cannot be read; it is damaged or not what it seems",
}
Items = list[tuple[Path, str]]
BEST = ("full", "order", "pair", "digits")  # of several rules in one place the one to name


@dataclass(frozen=True, slots=True)
class Listed:
    """Whom to look for: everywhere, and in the cover letter, which names reviewers."""

    anywhere: tuple[Identifier, ...]
    in_letter: tuple[Identifier, ...]


@dataclass(frozen=True, slots=True)
class Answer:
    """What the audit found."""

    hard: tuple[Found, ...]
    soft: tuple[Found, ...]
    unreadable: tuple[tuple[str, str], ...]  # place, why
    files: int
    pieces: int
    identifiers: int
    too_short: tuple[str, ...]
    cannot_judge: tuple[str, ...] = CANNOT

    @property
    def findings(self) -> tuple[Finding, ...]:
        """All of it as findings, the surest first."""
        said = [("LEAK004", f) for f in self.hard] + [("LEAK005", f) for f in self.soft]
        rows = [findings.make(code, (f.place, 0), field=f.field, rule=f.rule) for code, f in said]
        return (*rows, *(findings.make("LEAK006", (place, 0), why=why) for place, why in self.unreadable))


def audit(
    target: Path, private: Path | None, progress: Callable[[int, int], None] = lambda *_: None
) -> Answer:
    """Look for everyone `private` lists in a file or a folder.

    Raises UsageError when there is nothing to look at or nobody to look for, InputError for a private.yaml
    that cannot be read or a folder that may not be opened.
    """
    if private is None:
        raise UsageError(
            "say whom to look for",
            why="without a list no program can tell a patient's name from another word",
            fix="fill in a private.yaml (`casereport new` makes one) and give it with --private; without one "
            "`casereport clean` makes copies of pictures without their metadata",
        )
    listed = whom(private)
    items, refused = _files(target, private)
    if not items and not refused:
        raise UsageError("there is nothing in it to look at", where=target.name)
    preload(pictures=any(kinds.look(path).kind != "text" for path, _ in items))
    look = functools.partial(_alone, NearMatcher(listed.anywhere), NearMatcher(listed.in_letter))
    jobs = max(1, min(worker.processors(), len(items)))
    answers = worker.each(look, items, jobs=jobs, memory=worker.READING, seconds=_seconds)
    looked: list[Looked] = []
    closed = list(refused)
    for count, (n, got) in enumerate(answers, 1):
        progress(count, len(items))
        if isinstance(got, worker.Failed):
            closed.append((items[n][1], WHY[got.why]))
        else:
            looked.append(got)
    return _answer(looked, closed, len(items) + len(refused), listed)


def whom(private: Path) -> Listed:
    """Everyone that a private.yaml lists; with a record beside it, without what authors say of themselves.

    Raises UsageError when it lists nobody or has entries that would not be searched for, InputError when it
    cannot be read.
    """
    if not private.is_file():
        raise UsageError("no such list of identifiers", where=private.name)
    listed, _ = yamltext.load(private.read_bytes(), private.name)
    entries.check(listed, private.name)
    beside = private.with_name("record.yaml")
    record: dict[str, Any] = {}
    if beside.is_file() and not files.unsafe(beside):
        record, _ = yamltext.load(beside.read_bytes(), beside.name)
    everyone = (*identifiers(listed), *dates_of(record))
    if not everyone:
        fix = "fill in at least the name; every line more makes the audit surer"
        raise UsageError("nobody is listed in it", where=private.name, fix=fix)
    if {i.field for i in everyone} <= set(NearMatcher(everyone).unsearched):
        fix = "write names in full, numbers with all their digits, dates as 2026-03-14"
        raise UsageError("nothing in it is long enough to be searched for", where=private.name, fix=fix)
    known = outside_byline(everyone, byline_lines(record))
    return Listed(known, outside_byline(known, letter_lines(record)))


def preload(*, pictures: bool = True) -> None:
    """Import what the children need, once, before they are forked. Raises ImportError."""
    if pictures:
        for reader in READERS:
            importlib.import_module(reader)
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
        "unreadable": [{"place": place, "why": why} for place, why in answer.unreadable],
        "files": answer.files,
        "pieces": answer.pieces,
        "identifiers": answer.identifiers,
        "too_short_to_search": list(answer.too_short),
        "cannot_judge": list(answer.cannot_judge),
    }


def to_text(answer: Answer) -> str:
    """In plain words, one find per line."""
    said = [str(f) for f in answer.findings]
    short = f" ({len(answer.too_short)} of them too short to search)" if answer.too_short else ""
    said.append(
        f"{answer.files} files searched for {answer.identifiers} identifiers{short}: {len(answer.hard)} "
        f"found for sure, {len(answer.soft)} to look at, {len(answer.unreadable)} places not opened"
    )
    if not answer.hard and not answer.unreadable:
        said.append("No listed identifier was found for sure. What no search can judge:")
        said += [f"  - {words}" for words in answer.cannot_judge]
    return "\n".join(said)


def _alone(anywhere: NearMatcher, letter: NearMatcher, item: tuple[Path, str]) -> Looked:
    path, place = item
    return thorough.look(path, place, lambda where: letter if hunt.in_letter(where) else anywhere)


def _seconds(item: tuple[Path, str]) -> float:
    return SECONDS + item[0].stat().st_size / 1e6


def _files(target: Path, private: Path) -> tuple[Items, list[tuple[str, str]]]:
    """(files with their names, what is not opened and why). The list itself is no find."""
    if not target.exists() and not target.is_symlink():
        raise UsageError("no such file or folder", where=target.name)
    found: Items = []
    refused: list[tuple[str, str]] = []
    inside = target.is_dir() and not target.is_symlink()
    for path in files.walk(target) if inside else [target]:
        name = f"{target.name}/{path.relative_to(target).as_posix()}" if inside else path.name
        if problem := files.unsafe(path):
            refused.append((name, f"it is {problem}"))
        elif not path.samefile(private):
            found.append((path, name))
    return found, refused


def _answer(looked: list[Looked], closed: list[tuple[str, str]], count: int, listed: Listed) -> Answer:
    best: dict[tuple[str, str], Found] = {}  # one find for each entry in each place: the surest
    for found in sorted({f for one in looked for f in one.found}, key=_rank):
        best.setdefault((found.place, found.field), found)
    rows = sorted(best.values(), key=lambda f: (f.place, f.field))
    return Answer(
        hard=tuple(f for f in rows if f.hard),
        soft=tuple(f for f in rows if not f.hard),
        unreadable=tuple(sorted({*closed, *(c for one in looked for c in one.closed)})),
        files=count,
        pieces=sum(one.pieces for one in looked),
        identifiers=len(listed.anywhere),
        too_short=tuple(sorted(set(NearMatcher(listed.anywhere).unsearched))),
    )


def _rank(found: Found) -> tuple[bool, int, str]:
    return not found.hard, BEST.index(found.rule) if found.rule in BEST else len(BEST), found.rule
