"""A rectangle in a picture that something was found in, and what is done about it."""

from __future__ import annotations

from dataclasses import dataclass
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
