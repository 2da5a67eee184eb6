"""A rectangle in a picture that something was found in, and what is done about it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum


class Do(StrEnum):
    """What happens to a box. A person confirms every one of them."""

    FILL = "filled"  # solid, never blurred: blur and pixelation can be undone
    KEEP = "kept"  # an allow-list vouches for what stands there
    LOOK = "look"  # proposed only


@dataclass(frozen=True, slots=True)
class Box:
    """Pixels left <= x < right, top <= y < bottom of the picture as shown, from its top left corner.

    `reason` is in our own words: never what was read there.
    """

    left: int
    top: int
    right: int
    bottom: int
    what: str  # text, barcode, face, region
    reason: str
    confidence: float  # 0 … 1, of the detector
    do: Do = Do.FILL


Area = tuple[int, int, int, int]  # left, top, right, bottom
ON_SIGHT = "an author looked at this place: nobody is named there"
MOSTLY = 0.8  # share of a box that lies in an area an author answers for


def on_sight(boxes: Iterable[Box], shown: Sequence[Area]) -> list[Box]:
    """`boxes`; those of text and codes inside an area of `shown` are kept: a person answers for them."""
    return [
        replace(box, do=Do.KEEP, reason=ON_SIGHT)
        if box.what in {"text", "barcode"} and any(_share(box, area) >= MOSTLY for area in shown)
        else box
        for box in boxes
    ]


def _share(box: Box, area: Area) -> float:
    wide = min(box.right, area[2]) - max(box.left, area[0])
    high = min(box.bottom, area[3]) - max(box.top, area[1])
    whole = (box.right - box.left) * (box.bottom - box.top)
    return wide * high / whole if wide > 0 and high > 0 and whole else 0.0
