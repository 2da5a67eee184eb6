"""Any folder of images, without a case: copies without identity under neutral names, and a report per file.

The folders keep their layout; folders and files are numbered in the order of their names, so that no name of
a patient comes along and the same folder gives the same copy. The input is not changed.
"""

from __future__ import annotations

import os
import re
import shutil
import tempfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Any

from pipeline.core import files, findings, kinds, resources, worker
from pipeline.core.errors import MAKE_ROOM, OutputError, UsageError
from pipeline.core.identity import Identifier
from pipeline.core.match import Matcher
from pipeline.core.picture import PER_FILE_SECONDS, Extent, Trouble, guarded
from pipeline.core.tell import Tell
from pipeline.deidentify.folder.wish import Wish
from pipeline.deidentify.headers import dicom, elements, header, patients
from pipeline.deidentify.headers.pseudonym import Pseudonyms
from pipeline.deidentify.headers.rules import Rules, rules
from pipeline.deidentify.headers.walk import Memory
from pipeline.deidentify.pictures.boxes import Box
from pipeline.deidentify.pictures.pixels import Stored

CHUNK = 50  # slices of one series that one worker cleans in a row
LARGEST = 16 << 30  # bytes of one file: pixels are streamed, never loaded whole
UNREADABLE = {f"IMG0{n}" for n in (21, 28, 29, 70, 77, 78, 79, 86, 88, 89)}
PER_SECOND = 4 << 20  # bytes of a file that are allowed to take a second, beyond worker.SECONDS
MIXED = "files of its study have several patient numbers: they are taken for one patient"
JUNK = {".ds_store", "thumbs.db", "desktop.ini"}  # written by file managers, about nobody


@dataclass(slots=True)
class Item:
    """One file of the folder and what became of it. `name` is neutral, without suffix."""

    source: Path = field(repr=False)
    name: str
    kind: str = ""
    state: str = "waiting"  # clean, held, unreadable, left out
    code: str = ""
    words: dict[str, Any] = field(default_factory=dict)
    outputs: list[str] = field(default_factory=list)
    sha256: str = ""
    removed: dict[str, int] = field(default_factory=dict)
    boxes: list[tuple[int, Box]] = field(default_factory=list)
    read: int = 0
    look: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    lies: Stored | None = field(default=None, repr=False)
    extent: Extent = field(default_factory=Extent)  # of a photograph

    def stop(self, code: str, **words: Any) -> None:
        """It has no copy, for the reason that the catalogue gives."""
        self.code, self.words = code, words
        blocked = findings.catalogue()[code]["severity"] == "error"
        self.state = ("unreadable" if code in UNREADABLE else "held") if blocked else "left out"


@dataclass(frozen=True, slots=True)
class Done:
    """One run."""

    items: tuple[Item, ...]
    rules: Rules

    @property
    def whole(self) -> bool:
        """Whether every picture of the folder has a copy."""
        return all(item.state in {"clean", "left out"} for item in self.items)


def clean(source: Path, out: Path, wish: Wish, tell: Tell) -> Done:
    """Write clean copies of everything under `source` to the new folder `out`.

    Raises UsageError when the folders are not as they must be, OutputError when the disk refuses. What is
    wrong with a file is in the result; the others are cleaned all the same, and `out` appears whole or not at
    all.
    """
    _check_folders(source, out)
    table = rules(wish.on)
    items = list(_listed(source))
    part = Path(tempfile.mkdtemp(prefix=f".{out.name}.", suffix=".part", dir=out.parent))
    try:
        if wish.digests:
            for item, digest in _each(_digest, [i for i in items if i.kind], wish.jobs, tell, "digests"):
                item.sha256 = digest if isinstance(digest, str) else ""
        named = _headers(items, part, wish, table, tell)
        _photographs(items, part, wish, Matcher((*wish.known, *named)), tell)
        _check_heads(items, part, wish)
        for leftover in sorted(part.rglob("*"), reverse=True):
            if leftover.is_dir() and not any(leftover.iterdir()):
                leftover.rmdir()
        if any(part.iterdir()):
            os.sync()
            part.chmod(0o755)
            part.rename(out)
    except OSError as e:
        raise OutputError(f"cannot write ({e.strerror})", where=out.name, fix=MAKE_ROOM) from e
    finally:
        shutil.rmtree(part, ignore_errors=True)
    return Done(tuple(items), table)


def _check_folders(source: Path, out: Path) -> None:
    if not source.is_dir():
        raise UsageError("no such folder of images", where=source.name)
    inside, outside = source.resolve(), out.resolve()
    if outside.is_relative_to(inside) or inside.is_relative_to(outside):
        raise UsageError("the copies must not lie in the folder they are made from", where=out.name)
    if out.is_symlink() or (out.exists() and (not out.is_dir() or any(out.iterdir()))):
        raise UsageError("is there already", where=out.name, fix="name a new folder: nothing is overwritten")
    out.parent.mkdir(parents=True, exist_ok=True)


def _listed(source: Path) -> Iterator[Item]:
    """Every file, under its neutral name: the numbers of its folders and its own, in the order of their
    names.
    """
    numbers: dict[Path, dict[str, int]] = {}
    for path in files.walk(source):
        inside = path.relative_to(source)
        names = []
        for parent, name in zip(
            (source, *(source / p for p in list(inside.parents)[-2::-1])), inside.parts, strict=True
        ):
            if parent not in numbers:
                entries = sorted(os.scandir(parent), key=lambda e: e.name)
                folders = [e.name for e in entries if e.is_dir(follow_symlinks=False)]
                plain = [e.name for e in entries if not e.is_dir(follow_symlinks=False)]
                numbers[parent] = {n: i for names_ in (folders, plain) for i, n in enumerate(names_, 1)}
            names.append(numbers[parent].get(name, 0))
        neutral = "/".join((*(f"{n:02d}" for n in names[:-1]), f"{names[-1]:04d}"))
        item = Item(path, neutral)
        if path.name.lower() in JUNK:
            continue
        if problem := files.unsafe(path, LARGEST):
            item.stop("IMG077", problem=problem)
        else:
            item.kind = kinds.look(path).kind
            if item.kind not in kinds.IMAGES:
                named: dict[str, str] = resources.data("templates/rules/photographs.yaml")["no_pictures"]
                item.stop("IMG070", kind=named[item.kind])
        yield item


# --- DICOM --------------------------------------------------------------------------------------------


def _headers(items: list[Item], part: Path, wish: Wish, table: Rules, tell: Tell) -> tuple[Identifier, ...]:
    """Copy every DICOM file; gives everyone whom their headers name."""
    waiting = [item for item in items if item.state == "waiting" and item.kind == "dicom"]
    found: list[tuple[Item, header.About]] = []
    series: dict[str, list[Item]] = {}
    for item, about in _each(partial(_about, part), waiting, wish.jobs, tell, "headers"):
        if not isinstance(about, header.About):
            _stopped(item, about)
        elif about.directory:
            item.stop("IMG076")
        else:
            found.append((item, about))
            series.setdefault(about.series, []).append(item)
    found.sort(key=lambda row: row[0].name)
    whose = patients.joined(about.owner for _, about in found)
    told: dict[str, dict[Identifier, None]] = {}
    for _, about in found:
        told.setdefault(whose.whose(about.owner), {}).update(dict.fromkeys(about.identity))
    setting = dicom.Setting(
        rules=table,
        pseudonyms=Pseudonyms(wish.key, per_patient=not wish.one_patient, patients=whose),
        known={patient: Matcher((*wish.known, *named)) for patient, named in sorted(told.items())},
        everyone=Matcher(wish.known),
    )
    if "pixels" in wish.on and series:
        from pipeline.deidentify.pictures import frames  # noqa: F401 - once here, not in every worker

    make = partial(_copied, setting, Memory(), part)
    chunks = sorted(_chunks(series.values()), key=lambda chunk: chunk[0].name)
    alone: list[list[Item]] = []
    for chunk, outcomes in _each(make, chunks, wish.jobs, tell, "DICOM"):
        if isinstance(outcomes, Trouble | worker.Failed) and len(chunk) > 1:
            alone += [[item] for item in chunk]  # one of them brought the worker down
        else:
            _note(part, chunk, outcomes)
    for chunk, outcomes in _each(make, alone, wish.jobs, tell, "DICOM, one by one"):
        _note(part, chunk, outcomes)
    for item, about in found:
        if item.state == "clean" and about.owner.study in whose.mixed:
            item.look.append(MIXED)
    return tuple(dict.fromkeys(identifier for named in told.values() for identifier in named))


def _chunks(series: Iterable[list[Item]]) -> Iterator[list[Item]]:
    """Slices that are cleaned together, in order: text that repeats in a series is read once in each chunk.

    Chunks depend on the folder alone, so that the copies do not depend on the number of workers.
    """
    for items in series:
        ordered = sorted(items, key=lambda item: item.name)
        yield from (ordered[n : n + CHUNK] for n in range(0, len(ordered), CHUNK))


def _note(part: Path, chunk: list[Item], outcomes: Any) -> None:
    """Write down what became of the files of a chunk; what is half-written of those that failed goes."""
    if not isinstance(outcomes, list):
        outcomes = [outcomes] * len(chunk)
    for item, outcome in zip(chunk, outcomes, strict=True):
        if not isinstance(outcome, dicom.Outcome):
            for left in (part / item.name).parent.glob(f"{Path(item.name).name}.*"):
                left.unlink()
            _stopped(item, outcome)
            continue
        item.removed, item.boxes, item.read = outcome.removed, list(outcome.boxes), outcome.read
        item.look, item.notes, item.lies = list(outcome.look), list(outcome.notes), outcome.lies
        if outcome.held:
            item.stop(outcome.held)
        else:
            item.state, item.outputs = "clean", [f"{item.name}.dcm"]


def _about(part: Path, item: Item) -> header.About:
    scratch = part / f"{item.name.replace('/', '-')}.scratch"
    try:
        return header.about(elements.read(item.source, scratch))
    finally:
        scratch.unlink(missing_ok=True)


def _copied(setting: dicom.Setting, memory: Memory, part: Path, chunk: list[Item]) -> list[Any]:
    make = dicom.cleaner(setting, memory)
    return [guarded(partial(_copy, make, part), item) for item in chunk]


def _copy(make: Callable[[dicom.Job], dicom.Outcome], part: Path, item: Item) -> dicom.Outcome:
    outcome = make(dicom.Job(item.source, part / f"{item.name}.dcm"))
    if outcome.lies is not None:
        outcome = replace(outcome, lies=replace(outcome.lies, path=item.source, palette=None))
    return outcome


def _check_heads(items: list[Item], part: Path, wish: Wish) -> None:
    """Hold back what a face can be rebuilt from: that shows only when all slices of a series are known."""
    slices = [item for item in items if item.state == "clean" and item.lies is not None]
    if not slices or "pixels" not in wish.on:
        return
    from pipeline.deidentify.pictures import heads

    verdicts = heads.judge([item.lies for item in slices if item.lies], faces_agreed=wish.faces_agreed)
    for item in slices:
        verdict = verdicts.get(item.source)
        if verdict is None:
            continue
        item.look += [words for words in verdict.look if words not in item.look]
        if verdict.held:
            for name in item.outputs:
                (part / name).unlink()
            item.outputs = []
            item.stop(verdict.held)


# --- photographs --------------------------------------------------------------------------------------


def _photographs(items: list[Item], part: Path, wish: Wish, known: Matcher, tell: Tell) -> None:
    waiting = [item for item in items if item.state == "waiting"]
    if not waiting:
        return
    from pipeline.deidentify.pictures import photograph  # noqa: F401 - once here, not in every worker

    for item, extent in _each(_extent, waiting, wish.jobs, tell, "sizes"):
        if isinstance(extent, Extent):  # else reading it will say why not
            item.extent = extent
    make = partial(_photograph, part, known, wish.faces_agreed, "pixels" in wish.on)
    for item, result in _each(make, waiting, wish.jobs, tell, "photographs"):
        if isinstance(result, Trouble | worker.Failed):
            _unmade(part / item.name)
            _stopped(item, result)
            continue
        item.removed, item.look, item.notes = dict(result.removed), list(result.look), list(result.notes)
        item.boxes = [(page, box) for page, boxes in enumerate(result.boxes, 1) for box in boxes]
        if result.held:
            item.stop(result.held)
        else:
            folder = item.name.rpartition("/")[0]
            item.state = "clean"
            item.outputs = [f"{folder}/{name}" if folder else name for name in result.pages]


def _extent(item: Item) -> Any:
    from pipeline.deidentify.pictures import photograph

    return photograph.extent(item.source, item.kind)


def _photograph(part: Path, known: Matcher, faces_agreed: bool, read_text: bool, item: Item) -> Any:
    from pipeline.deidentify.pictures import photograph

    target = part / item.name
    target.parent.mkdir(parents=True, exist_ok=True)
    result = photograph.clean(
        item.source, item.kind, target, known=known, fill_faces=not faces_agreed, read_text=read_text
    )
    if result.held:
        _unmade(target)
    return result


def _unmade(target: Path) -> None:
    """Take back pages that were written before something went wrong."""
    for page in target.parent.glob("*.png"):
        if re.fullmatch(rf"{re.escape(target.name)}(-\d+)?\.png", page.name):
            page.unlink()


# --- both ---------------------------------------------------------------------------------------------


def _each(
    function: Callable[[Any], Any], items: Sequence[Any], jobs: int, tell: Tell, what: str
) -> Iterator[tuple[Any, Any]]:
    """Each item, or chunk of items, with what `function` made of it; a Trouble or Failed if it could not."""
    safe = partial(guarded, function)
    answers = worker.each(safe, items, jobs=jobs, memory=worker.READING, seconds=_allowed)
    for count, (i, answer) in enumerate(answers, 1):
        tell.progress(what, count, len(items))
        yield items[i], answer


def _digest(item: Item) -> str:
    return files.sha256(item.source)


def _allowed(work: Item | list[Item]) -> float:
    """Seconds that one file, or a chunk of them, may take."""
    chunk = work if isinstance(work, list) else [work]
    size = sum(item.source.stat().st_size for item in chunk)
    reading = sum(item.extent.seconds for item in chunk)
    return worker.SECONDS + len(chunk) * PER_FILE_SECONDS + size / PER_SECOND + reading


def _stopped(item: Item, why: Any) -> None:
    """Note why there is no copy: our own words, or how the worker ended."""
    if isinstance(why, Trouble):
        item.stop(why.code, **why.words)
    elif why.why == "slow":
        item.stop("IMG078", seconds=round(_allowed(item)))
    elif why.why in {"died", "memory"}:
        item.stop("IMG079")
    else:
        item.stop("IMG021")
