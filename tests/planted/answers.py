"""What was planted where: the answer sheet of a corpus."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Any

Place = tuple[int, ...]  # tag, item, tag, item, ... tag


class Look(StrEnum):
    """How a canary is looked for."""

    TEXT = "text"  # its letters, anywhere in the file in any encoding
    DATE = "date"  # the same day at the same place, or anywhere where no shifted date explains it
    UID = "uid"
    VALUE = "value"  # the same value at the same place
    BYTES = "bytes"  # these bytes anywhere
    INK = "ink"  # drawn letters still stand out in the pixels
    HIGH = "high"  # bits above the stored ones


@dataclass(frozen=True)
class Canary:
    """One thing that must not come through. `group` is the class it is counted in."""

    group: str
    needle: Any
    place: Place = ()
    look: Look = Look.TEXT
    note: str = ""

    def __str__(self) -> str:
        return f"{self.group} at {spell(self.place) or self.note or 'the file'}"


@dataclass(frozen=True)
class Keep:
    """One thing that must come through: at `place`, or in a private block of `creator`."""

    group: str
    value: Any
    place: Place = ()
    creator: str = ""
    words: tuple[str, ...] = ()  # of a sentence; then each word counts


@dataclass
class Planted:
    """One file of the corpus."""

    path: Path  # below the corpus folder
    source: Any = None  # what the file holds, as a Dataset
    patient: str = ""
    canaries: list[Canary] = field(default_factory=list)
    keeps: list[Keep] = field(default_factory=list)
    touched: set[Place] = field(default_factory=set)  # planted places: not counted as unlisted elements
    drop: bool = False  # not to come out at all: a label image, a DICOMDIR
    burned: bool = False  # text in the pixels: they may change
    may_hold: bool = False  # holding it back is an answer too
    same_pixels: bool = True
    sha256: str = ""
    patches: dict[int, str] = field(
        default_factory=dict
    )  # VRs that no library would write, put in afterwards

    def hide(
        self, group: str, needle: Any, place: Place = (), look: Look = Look.TEXT, note: str = ""
    ) -> None:
        """Remember a canary; its place no longer counts as an element to keep."""
        self.canaries.append(Canary(group, needle, place, look, note))
        self.touched.add(place)


@dataclass
class Corpus:
    """All files, and needles that may stand nowhere: file names, reports, logs."""

    folder: Path
    files: list[Planted] = field(default_factory=list)

    @property
    def needles(self) -> Iterator[str]:
        """Every text and UID planted."""
        for planted in self.files:
            for canary in planted.canaries:
                if canary.look in (Look.TEXT, Look.UID):
                    yield canary.needle


def spell(place: Place) -> str:
    """(0008,1115)[0](0008,103E)"""
    said = []
    for n, part in enumerate(place):
        said.append(f"[{part}]" if n % 2 else f"({part >> 16:04X},{part & 0xFFFF:04X})")
    return "".join(said)
