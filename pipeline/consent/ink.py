"""Is the place for a signature on a scanned page clearly empty?

Only an area that is as light as bare paper counts as empty; whether ink is a signature, and whose, a person
must see.
"""

from __future__ import annotations

import functools
import io
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from pipeline.consent.lay import straightened
from pipeline.consent.scan import ScanPage

FINE = 4.0  # samples per mm
INSET = 1.5  # mm inside the frame of a signature
PAPER = 0.9  # of the median brightness: darker is ink
EMPTY = 0.997  # of an area that is bare paper: less is ink


def areas(spots: Sequence[Mapping[str, Any]]) -> dict[str, list[Mapping[str, Any]]]:
    """Where everybody signs, thumb included: "patient" or who signs instead first, then the others."""
    found: dict[str, list[Mapping[str, Any]]] = {}
    for spot in spots:
        if spot["kind"] in {"sign", "thumb"}:
            found.setdefault(spot["id"].partition(":")[0], []).append(spot)
    return found


def empty(pages: Sequence[ScanPage], spots: Sequence[Mapping[str, Any]]) -> bool | None:
    """True when every one of `spots` is bare paper, False when one holds ink, None when it cannot be told."""
    found = [_spot_empty(pages, spot) for spot in spots]
    if False in found:
        return False
    return None if None in found or not found else True


def _spot_empty(pages: Sequence[ScanPage], spot: Mapping[str, Any]) -> bool | None:
    page = next((p for p in pages if any(code.page == spot["page"] for code in p.codes)), None)
    if page is None or page.lay is None or not page.lay.trusted:
        return None
    picture = _smooth(page.jpeg)
    corner = spot["x"] + INSET, spot["y"] + INSET
    width, height = spot["w"] - 2 * INSET, spot["h"] - 2 * INSET
    shown = page.lay.pixels([corner, (corner[0] + width, corner[1] + height)])
    if shown.min() < 0 or (shown > np.array(picture.shape[::-1]) - 1).any():
        return None
    area = straightened(picture, page.lay, *corner, width, height, FINE)
    return bool(np.mean(area > PAPER * np.median(area)) >= EMPTY)


@functools.lru_cache(maxsize=2)  # everybody signs on the same one or two pages
def _smooth(jpeg: bytes) -> npt.NDArray[np.uint8]:
    from PIL import Image, ImageFilter

    with Image.open(io.BytesIO(jpeg)) as opened:
        return np.asarray(opened.convert("L").filter(ImageFilter.GaussianBlur(1)))
