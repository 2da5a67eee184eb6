"""Pictures of more than 8 bits per sample become 8 bits.

How many of the 16 bits a device used is written nowhere: the fewest of DEPTHS that hold all but RARE of the
pixels. The scale is a power of two: the order of the shades stays. What is brighter shows white and is said.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from PIL import Image

from pipeline.core.picture import NoPictureError

DEEP = ("I;16", "I;16L", "I;16B", "I", "F")
DEPTHS = (8, 10, 12, 14, 16)  # bits that devices store in 16
RARE = 0.1  # percent of the pixels: hot pixels and dust must not darken all others
SAMPLE = 1 << 21  # pixels that the share is measured on
ORDER = {"RGB": [2, 1, 0], "RGBA": [2, 1, 0, 3]}  # of the planes as OpenCV gives them


def grey(image: Image.Image, changed: set[str], *, white_is_zero: bool) -> Image.Image:
    """One of the modes DEEP, loaded, as L; 32 bits and fractions are stretched over their range."""
    changed.add("depth")
    values = np.asarray(image)
    scaled = _scaled if image.mode.startswith("I;16") else _stretched
    shown = scaled(values, changed)
    if white_is_zero:
        shown = 255 - shown
    key = image.info.get("transparency")  # PNG 3rd edition, 11.3.1.1: one shade that is not there
    if isinstance(key, int):
        changed.add("alpha")
        shown[values == key] = 255
    return _as(shown, image)


def colour(image: Image.Image, path: Path, page: int, changed: set[str]) -> Image.Image:
    """16 bits per colour, loaded: Pillow kept the higher 8, wanted are those that were used.

    `page` counts from 0. Raises NoPictureError IMG089 where the colours lie in the lower bits and no second
    decoder gives the same picture.
    """
    changed.add("depth")
    if image.mode not in ORDER or _most(high := np.asarray(image)[..., :3]) >> (DEPTHS[-2] - 8):
        return image
    planes = _planes(path, page)
    if planes is None or planes.ndim != 3 or planes.shape[2] != len(ORDER[image.mode]):
        raise NoPictureError("IMG089")
    planes = planes[..., ORDER[image.mode]]
    if not np.array_equal(planes[..., :3] >> 8, high):
        raise NoPictureError("IMG089")
    shown = _scaled(planes[..., :3], changed)
    if planes.shape[2] == 4:
        shown = np.dstack([shown, _scaled(planes[..., 3], changed)])
    return _as(shown, image)


def _as(shown: npt.NDArray[np.uint8], image: Image.Image) -> Image.Image:
    """A picture with those pixels, and what `image` says of itself."""
    made = Image.fromarray(shown)
    made.info = {key: value for key, value in image.info.items() if key != "transparency"}
    return made


def _planes(path: Path, page: int) -> Any:
    """The samples of a page in 16 bits, or None."""
    from pipeline.core.opencv import cv2

    try:
        _, pages = cv2.imreadmulti(str(path), page, 1, flags=cv2.IMREAD_UNCHANGED)
    except cv2.error:
        return None
    return pages[0] if len(pages) == 1 and pages[0].dtype == np.uint16 else None


def _most(values: npt.NDArray[Any]) -> int:
    """A value that all but RARE of the samples do not exceed."""
    return int(np.percentile(_sample(values), 100 - RARE, method="higher"))


def _sample(values: npt.NDArray[Any]) -> npt.NDArray[Any]:
    return values.ravel()[:: values.size // SAMPLE | 1]


def _scaled(values: npt.NDArray[np.uint16], changed: set[str]) -> npt.NDArray[np.uint8]:
    """Samples of 16 bits without the lowest ones of those in use."""
    used = _most(values).bit_length()
    bits = next(bits for bits in DEPTHS if bits >= used)
    if values.max(initial=0) >> bits:
        changed.add("clipped")
    shown: npt.NDArray[np.uint8] = np.minimum(values >> (bits - 8), 255).astype(np.uint8)
    return shown


def _stretched(values: npt.NDArray[Any], changed: set[str]) -> npt.NDArray[np.uint8]:
    """The range of the samples as 0 to 255, without the RARE ones at its ends if they more than double it."""
    kind = np.float32 if values.dtype == np.float32 else np.float64
    finite: npt.NDArray[Any] = values.astype(kind)  # worked on in place: 60 megapixels are 480 MB
    np.nan_to_num(finite, copy=False, posinf=0, neginf=0)
    least, most = float(finite.min()), float(finite.max())
    low, high = (float(end) for end in np.percentile(_sample(finite), (RARE, 100 - RARE)))
    if low < high and most - least > 2 * (high - low):
        changed.add("clipped")
    else:  # usual, or a drawing on an even ground: what it shows is rare
        low, high = least, most
    finite -= low
    finite *= 255.0 / ((high - low) or 1.0)
    np.clip(finite, 0, 255, out=finite)
    finite += 0.5
    shown: npt.NDArray[np.uint8] = finite.astype(np.uint8)
    return shown
