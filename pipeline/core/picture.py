"""A picture is its pixels and nothing else. What can be said of one, or why there is none.

Pictures are decoded in the capped worker and come back as bare bytes; only then are they encoded again, so
that nothing that stood beside the pixels can come along.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

from pipeline.core import worker
from pipeline.core.errors import InputError

MAX_PIXELS = 60_000_000  # of one picture; decoding needs several times this in bytes
PER_FILE_SECONDS = 2.0  # allowed for each further file of a batch
PER_PAGE_SECONDS, PER_MEGAPIXEL_SECONDS = (
    20.0,
    5.0,
)  # a dense page of 4 megapixels takes 13 alone
MOST_SECONDS = 3600.0  # for one file

Item = TypeVar("Item")


@dataclass(frozen=True, slots=True)
class Trouble:
    """Why a file gives no picture: a finding code and the words for its sentence (our own, counts only)."""

    code: str
    words: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Extent:
    """How much there is to look at in a photograph or scan."""

    pages: int = 0
    pixels: int = 0

    @property
    def seconds(self) -> float:
        """What reading its text may take, beyond worker.SECONDS."""
        read = self.pages * PER_PAGE_SECONDS + self.pixels / 1e6 * PER_MEGAPIXEL_SECONDS
        return min(read, MOST_SECONDS)


class NoPictureError(Exception):
    """Raised inside the worker, turned into a Trouble at its edge."""

    def __init__(self, code: str, **words: Any) -> None:
        super().__init__(code)
        self.trouble = Trouble(code, words)


@dataclass(frozen=True, slots=True)
class Picture:
    """Pixels, row by row from the top left, 8 bits per sample."""

    mode: str  # L (grey) or RGB
    width: int
    height: int
    data: bytes = field(repr=False)
    mm_per_pixel: float | None = None  # in both directions, measured in the patient
    mm_at_detector: float | None = None  # of a projection: magnified by an unknown factor

    @property
    def digest(self) -> str:
        """SHA-256 over mode, size and pixels: the same whatever encoder wrote the PNG."""
        head = f"{self.mode}:{self.width}x{self.height}:".encode()
        return hashlib.sha256(head + self.data).hexdigest()

    def save(self, path: Path) -> None:
        """Write a PNG of the chunks IHDR, IDAT and IEND (PNG specification, 11.2)."""
        from PIL import Image

        Image.frombytes(self.mode, (self.width, self.height), self.data).save(path, "PNG", compress_level=3)


def each(
    function: Callable[[Item], Any], items: Sequence[Item], where: str, memory: int = worker.MEMORY
) -> list[Any]:
    """`function` of every item, in one capped child; a Trouble in the place of what failed.

    An item that brings the child down is found by running each alone. Raises OutputError when the disk
    refuses.
    """
    if not items:
        return []
    allowed = worker.SECONDS + PER_FILE_SECONDS * len(items)
    try:
        outcome: list[Any] = worker.call(_all, function, items, where=where, memory=memory, seconds=allowed)
    except InputError:
        if len(items) == 1:
            return [Trouble("IMG021")]
        return [result for item in items for result in each(function, [item], where, memory)]
    return outcome


def spread(
    function: Callable[[Item], Any],
    items: Sequence[Item],
    memory: int = worker.MEMORY,
    seconds: Callable[[Item], float] = lambda _: worker.SECONDS,
) -> list[Any]:
    """As `each`, in as many capped children as there are processors: for work that takes seconds an item."""
    outcome: list[Any] = [None] * len(items)
    safe = partial(guarded, function)
    for n, answer in worker.each(safe, items, jobs=worker.processors(), memory=memory, seconds=seconds):
        if not isinstance(answer, worker.Failed):
            outcome[n] = answer
        elif answer.why == "slow":
            outcome[n] = Trouble("IMG078", {"seconds": round(seconds(items[n]))})
        else:
            outcome[n] = Trouble("IMG021" if answer.why == "unreadable" else "IMG079")
    return outcome


def _all(function: Callable[[Item], Any], items: Sequence[Item]) -> list[Any]:
    return [guarded(function, item) for item in items]


def guarded(function: Callable[[Item], Any], item: Item) -> Any:
    """`function(item)`, or the Trouble it ran into. Raises OSError when the disk refuses, and MemoryError."""
    try:
        return function(item)
    except NoPictureError as e:
        return e.trouble
    except OSError as e:
        if e.errno:  # the disk, not the file
            raise
        return Trouble("IMG021")
    except (MemoryError, ImportError, NameError):  # not the file
        raise
    except Exception:  # whatever a decoder raises; its message may quote the file
        return Trouble("IMG021")


def check_size(width: int, height: int) -> None:
    """Refuse a picture of more than MAX_PIXELS before it is decoded."""
    if width * height > MAX_PIXELS:
        raise NoPictureError("IMG022", megapixels=width * height // 1_000_000, limit=MAX_PIXELS // 1_000_000)


def check_crop(crop: dict[str, int] | None, width: int, height: int) -> tuple[int, int, int, int]:
    """(left, top, right, bottom) in pixels of the uncropped picture. Refuses a crop that leaves it."""
    if crop is None:
        return 0, 0, width, height
    right, bottom = crop["left"] + crop["width"], crop["top"] + crop["height"]
    if right > width or bottom > height:
        raise NoPictureError("IMG026", width=width, height=height)
    return crop["left"], crop["top"], right, bottom
