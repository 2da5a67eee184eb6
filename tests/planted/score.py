"""What leaked and what was lost: the outputs of a cleaner against the answer sheet."""

from __future__ import annotations

import json
import warnings
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np

from tests.planted.answers import Canary, Corpus, Look, Planted, spell
from tests.planted.read import Seen, read
from tests.planted.useful import Useful

OUTSIDE = ("output paths", "report and logs")


@dataclass
class Score:
    """Counts per class, and a line for each leak and loss."""

    checked: Counter[str] = field(default_factory=Counter)
    leaked: Counter[str] = field(default_factory=Counter)
    leaks: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))
    wanted: Counter[str] = field(default_factory=Counter)
    kept: Counter[str] = field(default_factory=Counter)
    losses: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))
    lost: list[str] = field(default_factory=list)  # files that did not come out and should have
    held: list[str] = field(default_factory=list)  # with text in their pixels: holding them back is an answer
    unreadable: list[str] = field(default_factory=list)

    def leak(self, group: str, where: str) -> None:
        """Count one leak."""
        self.leaked[group] += 1
        self.leaks[group].append(where)

    def keep(self, group: str, good: bool, where: str) -> None:
        """Count one thing to keep."""
        self.wanted[group] += 1
        self.kept[group] += good
        if not good:
            self.losses[group].append(where)

    def percent(self, group: str) -> float:
        """How much of a class was kept, 100 where nothing was asked."""
        return 100.0 * self.kept[group] / self.wanted[group] if self.wanted[group] else 100.0

    @staticmethod
    def total(counts: Counter[str]) -> int:
        """The sum over what was planted; names of files and words are asked for all of it again."""
        return sum(n for group, n in counts.items() if group not in OUTSIDE)

    def table(self) -> str:
        """All classes as markdown."""
        rows = ["| class | leaked | checked |", "| --- | ---: | ---: |"]
        rows += [f"| {g} | {self.leaked[g]} | {n} |" for g, n in sorted(self.checked.items())]
        rows.append(f"| all but names and words | {self.total(self.leaked)} | {self.total(self.checked)} |")
        rows += ["", "| kept | % | of |", "| --- | ---: | ---: |"]
        rows += [f"| {g} | {self.percent(g):.2f} | {n} |" for g, n in sorted(self.wanted.items())]
        rows += [
            "",
            f"files lost {len(self.lost)}, held back {len(self.held)}, unreadable {len(self.unreadable)}",
        ]
        return "\n".join(rows)


def by_digest(report: dict[str, Any]) -> dict[str, list[str]]:
    """Where the report says each input, known by its SHA-256, went."""
    found: dict[str, list[str]] = defaultdict(list)
    for entry in report["files"]:
        found[entry["sha256"]] += entry.get("outputs") or ([entry["output"]] if entry.get("output") else [])
    return found


def score(corpus: Corpus, out: Path, where: dict[str, list[str]], said: str = "") -> Score:
    """Judge the folder `out`; `where` gives the outputs of each input by digest, `said` what was printed."""
    result = Score()
    useful = Useful(result)
    for planted in corpus.files:
        outputs = where.get(planted.sha256, [])
        name = str(planted.path)
        if planted.drop:
            result.checked["label, overview, DICOMDIR"] += 1
            if outputs:
                result.leak("label, overview, DICOMDIR", name)
        elif not outputs:
            (result.held if planted.may_hold else result.lost).append(name)
        for output in outputs:
            seen = read(out / output)
            try:
                _ = seen.text
            except Exception as error:
                result.unreadable.append(f"{name}: {type(error).__name__}")
                continue
            _leaks(planted, seen, result, name)
            useful.file(planted, seen, name)
    useful.links()
    _outside(corpus, out, said, result)
    return result


def _leaks(planted: Planted, seen: Seen, result: Score, name: str) -> None:
    shift = _shift(planted, seen)
    explained = {c.needle for c in planted.canaries if c.look is Look.DATE}
    for canary in planted.canaries:
        result.checked[canary.group] += 1
        if found(canary, seen, shift, explained):
            result.leak(canary.group, f"{canary} in {name}")


def found(canary: Canary, seen: Seen, shift: int = 0, days: set[str] = frozenset()) -> bool:  # type: ignore[assignment]
    """Is this canary still there?"""
    match canary.look:
        case Look.TEXT:
            return seen.holds(canary.needle)
        case Look.UID:
            return canary.needle.encode() in seen.bytes or canary.needle in seen.text
        case Look.DATE:
            if str(seen.at(canary.place) or "").startswith(canary.needle):
                return True
            return canary.needle in seen.dates and (not shift or moved(canary.needle, -shift) not in days)
        case Look.VALUE:
            return str(seen.at(canary.place)) == str(canary.needle)
        case Look.BYTES:
            return canary.needle.lower() in seen.bytes
        case Look.HIGH:
            return bool((np.frombuffer(seen.ds.PixelData, "<u2") & canary.needle).any())
        case Look.INK:
            return _ink(canary, seen)


def _ink(canary: Canary, seen: Seen) -> bool:
    """Do more than a tenth of the drawn letters' pixels still have their value, and stand out?"""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        array = seen.ds.pixel_array
    rows, columns = int(seen.ds.Rows), int(seen.ds.Columns)
    frames = array.reshape(-1, rows, columns, array.shape[-1] if array.shape[-1] == 3 else 1)[..., 0]
    ink = np.unpackbits(canary.needle)[: rows * columns].reshape(rows, columns).astype(bool)
    near = np.zeros_like(ink)
    for down in range(-3, 4):
        near |= np.roll(ink, down, 0)
    near &= ~ink
    full = int(canary.note)
    return any((f[ink] == full).mean() > 0.1 and (f[near] == full).mean() < 0.5 for f in frames)


def moved(day: str, by: int) -> str:
    """A day (YYYYMMDD) moved by a number of days."""
    try:
        return f"{date.fromordinal(date.fromisoformat(day).toordinal() + by):%Y%m%d}"
    except (ValueError, OverflowError):
        return ""


def _shift(planted: Planted, seen: Seen) -> int:
    """By how many days the study date moved; 0 when it is gone."""
    before, after = str(planted.source.get("StudyDate", "")), str(seen.ds.get("StudyDate", ""))
    try:
        return date.fromisoformat(after).toordinal() - date.fromisoformat(before).toordinal()
    except ValueError:
        return 0


def _outside(corpus: Corpus, out: Path, said: str, result: Score) -> None:
    """Identifiers in the names of files and folders and in everything that was printed or reported."""
    paths = "\n".join(str(p.relative_to(out)) for p in sorted(out.rglob("*"))).casefold()
    said = said.casefold()
    for needle in dict.fromkeys(corpus.needles):
        for group, text in zip(OUTSIDE, (paths, said), strict=True):
            result.checked[group] += 1
            if needle.casefold() in text:
                result.leak(group, f"an identifier of {len(needle)} characters")


def control(corpus: Corpus) -> Score:
    """Judge the inputs themselves: every canary must be seen, or it was planted in vain."""
    result = Score()
    for planted in corpus.files:
        seen = read(corpus.folder / planted.path)
        for canary in planted.canaries:
            result.checked[canary.group] += 1
            if found(canary, seen):
                result.leaked[canary.group] += 1
            else:
                result.losses[canary.group].append(f"{canary} in {planted.path}")
    return result


def load(report: Path) -> dict[str, Any]:
    """A report as written by --json."""
    data: dict[str, Any] = json.loads(report.read_text(encoding="utf-8"))
    return data


__all__ = ["Score", "by_digest", "control", "found", "load", "score", "spell"]
