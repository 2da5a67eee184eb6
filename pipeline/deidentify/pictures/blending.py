"""Paint that takes the colour of its surroundings, for reading a picture again."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Bytes = npt.NDArray[np.uint8]


def blended(picture: Bytes, painted: npt.NDArray[np.bool_]) -> Bytes:
    """A copy in which paint takes the colour of its surroundings: edges of filled boxes look like letters."""
    from pipeline.core.opencv import cv2

    if not painted.any():
        return picture
    size = (max(1, picture.shape[1] // 4), max(1, picture.shape[0] // 4))
    small = cv2.resize(picture, size, interpolation=cv2.INTER_AREA)
    bare = cv2.resize((~painted).astype(np.float32), small.shape[1::-1], interpolation=cv2.INTER_AREA)
    bare = np.where(bare > 0.999, np.float32(1), np.float32(0))
    small = small.reshape(*small.shape[:2], -1)
    seen = small.astype(np.float32) * bare[..., None]
    around = np.full(small.shape, seen.sum((0, 1)) / max(float(bare.sum()), 1.0), np.float32)
    for reach in (61, 21, 9):  # the nearest surroundings there are
        share = cv2.boxFilter(bare, -1, (reach, reach))[..., None]
        near = cv2.boxFilter(seen, -1, (reach, reach)).reshape(seen.shape) / np.maximum(share, 1e-6)
        around = np.where(share > 0.02, near, around)
    soft = cv2.resize(around.astype(np.uint8), picture.shape[1::-1], interpolation=cv2.INTER_LINEAR)
    out = picture.copy()
    out[painted] = soft.reshape(picture.shape)[painted]
    return out
