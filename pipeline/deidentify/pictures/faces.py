"""Faces and eyes in a picture: proposals for a person, found by CenterFace (templates/models/README.md).

Two looks. One at the picture as it is, in tiles where it is large, so that small faces keep their pixels. One
at the picture with its border continued outwards, because the detector was taught whole heads: a close-up of
the eyes, cropped tightly, is seen as a face only when there is room around it. Whole faces are found in any
direction, eyes alone only upright: where nothing was found, the second look is repeated at the picture turned
by a quarter to either side. Nothing here proves that there is no face: a person always looks.
"""

from __future__ import annotations

import importlib
from collections.abc import Iterator
from functools import cache
from typing import Any

import numpy as np
import numpy.typing as npt

from pipeline.core import resources
from pipeline.deidentify.pictures.boxes import Box, Do

Pixels = npt.NDArray[np.uint8]
Found = npt.NDArray[np.float32]  # rows: left, top, right, bottom, score, then x and y of 5 landmarks

PHOTOGRAPH = 0.2  # score from which a face is proposed
RADIOLOGY = 0.5  # a skull base reaches 0.3
MODEL = "templates/models/centerface.onnx"
OUTPUTS = ("537", "538", "539", "540")  # heat map, size, offset, landmarks
ACROSS, DOWN = [0, 2, 5, 7, 9, 11, 13], [1, 3, 6, 8, 10, 12, 14]  # columns of Found that are x, that are y
STRIDE = 32  # the network halves its input five times
CELL = 4  # pixels of the input per cell of the heat map
WHOLE = 1024  # long side of the picture in the look at all of it
TILE, OVERLAP = 1120, 192  # of the look at large pictures, after they are shrunk
FINEST = 2048  # long side up to which faces are looked for pixel by pixel
SHORTEST = 1152  # short side, as 16:9 has it then: a panorama is not shrunk further, lest its faces vanish
COARSER = 4  # times: between looks at a long picture, for faces too large for the overlap of tiles
PADDED = 960  # long side of the picture with its border continued; at 640 eyes alone score 0.2, here 0.6
BORDER = 0.5  # of the long side, on each side
TURNED = 0.4  # score from which eyes are believed in a picture that was turned to find them
SAME = 0.3  # overlap (intersection over union) of two boxes of one face
PART = 0.6  # share of a face inside the picture below which it is called a part of one
# The network marks forehead to chin. These shares of its box are added for hair, ears and chin to be inside;
# ALL_ROUND on every side where it is not clear which way is up.
ABOVE, BESIDE, BELOW, ALL_ROUND = 0.55, 0.35, 0.25, 0.5
# An eye bar: rows within BAR_ROWS of the face, flat within BAR_RANGE shades over the middle BAR_WIDTH of it,
# and at least BAR_STEP shades from the skin above and below.
BAR_ROWS, BAR_WIDTH, BAR_THICK = (0.05, 0.65), 0.6, 0.06
BAR_RANGE, BAR_STEP = 14, 30

FACE = "looks like a face; cropping to the lesion is better than covering it"
EYES = "looks like eyes or a part of a face; cropping to the lesion is better than covering it"
BARRED = "a face with a bar over the eyes: an eye bar does not hide who it is"


def find(picture: Pixels, threshold: float = PHOTOGRAPH) -> list[Box]:
    """Faces ("face") and parts of faces ("eyes") in a picture, best first, grown to the whole head.

    `picture` is uint8, height x width x 3 in RGB or height x width. `threshold` is the score from which a box
    is proposed: PHOTOGRAPH or RADIOLOGY. Every box is Do.LOOK. Some 0.2 GB of memory are needed beside the
    picture, whatever its size.
    """
    height, width = picture.shape[:2]
    if min(height, width) < 8:
        return []
    found = _distinct(np.concatenate([_padded(picture, threshold), *_plain(picture, threshold)]))
    if not len(found) and threshold < TURNED:
        found = _distinct(np.concatenate([_turned(picture, 1), _turned(picture, 3)]))
    return [box for row in found if (box := _box(row, picture)) is not None]


def _box(row: Found, picture: Pixels) -> Box | None:
    """What is proposed for one face; None where next to nothing of it lies inside the picture."""
    height, width = picture.shape[:2]
    left, top, right, bottom = (float(v) for v in row[:4])
    inside = max(0.0, min(right, width) - max(left, 0)) * max(0.0, min(bottom, height) - max(top, 0))
    share = inside / max((right - left) * (bottom - top), 1e-6)
    up = _up(row)
    what, reason = ("face", FACE) if share >= PART else ("eyes", EYES)
    if _barred(row, picture, up):
        what, reason = "face", BARRED
    x0, y0, x1, y1 = (int(v) for v in _grown((left, top, right, bottom), up))
    x0, y0, x1, y1 = max(0, x0), max(0, y0), min(width, x1), min(height, y1)
    if x0 >= x1 or y0 >= y1:
        return None
    return Box(x0, y0, x1, y1, what, reason, round(float(row[4]), 3), Do.LOOK)


def _up(row: Found) -> int | None:
    """Where the hair is: 0 above, 1 right, 2 below, 3 left of the face; None if landmarks disagree."""
    eyes, mouth = (row[5:7] + row[7:9]) / 2, (row[11:13] + row[13:15]) / 2
    across, down = (float(v) for v in (eyes - mouth) / (row[2:4] - row[:2]))
    if max(abs(across), abs(down)) < 0.2 or 0.6 < abs(across) / max(abs(down), 1e-6) < 1.7:
        return None
    if abs(down) > abs(across):
        return 0 if down < 0 else 2
    return 1 if across > 0 else 3


def _grown(box: tuple[float, float, float, float], up: int | None) -> tuple[float, float, float, float]:
    """The box grown from the face to the head."""
    left, top, right, bottom = box
    wide, tall = right - left, bottom - top
    shares = [ALL_ROUND] * 4 if up is None else np.roll((ABOVE, BESIDE, BELOW, BESIDE), up).tolist()
    return (
        left - wide * shares[3],
        top - tall * shares[0],
        right + wide * shares[1],
        bottom + tall * shares[2],
    )


def _barred(row: Found, picture: Pixels, up: int | None) -> bool:
    """Whether a solid bar lies over the eyes of a face: flat rows between rows that are not."""
    height, width = picture.shape[:2]
    left, right = max(0, int(row[0])), min(width, int(row[2]) + 1)
    top, bottom = max(0, int(row[1])), min(height, int(row[3]) + 1)
    if min(right - left, bottom - top) < 16:
        return False
    crop = picture[top:bottom, left:right]
    grey = crop.mean(axis=2) if crop.ndim == 3 else crop.astype(np.float64)
    upright = np.rot90(grey, up or 0)
    tall, wide = upright.shape
    margin = int(wide * (1 - BAR_WIDTH) / 2)
    middle = upright[:, margin : wide - margin]
    low, high = np.percentile(middle, (4, 96), axis=1)
    shade = np.median(middle, axis=1)
    flat = high - low <= BAR_RANGE
    first = int(tall * BAR_ROWS[0])
    for start, end in _runs(flat[: int(tall * BAR_ROWS[1])]):
        thick = end - start
        if start < first or thick < max(3, tall * BAR_THICK) or np.ptp(shade[start:end]) > BAR_RANGE:
            continue
        gap = max(2, thick // 6)
        inside = float(np.median(shade[start:end]))
        beside = float(shade[max(0, start - gap)]), float(shade[min(tall - 1, end - 1 + gap)])
        if all(abs(outside - inside) >= BAR_STEP for outside in beside):
            return True
    return False


def _runs(flags: npt.NDArray[np.bool_]) -> Iterator[tuple[int, int]]:
    """Start and end of every unbroken run of true values."""
    edges = np.flatnonzero(np.diff(np.concatenate(([0], flags.astype(np.int8), [0]))))
    yield from zip(edges[::2].tolist(), edges[1::2].tolist(), strict=True)


# --- the two looks ------------------------------------------------------------------------------------------


def _plain(picture: Pixels, threshold: float) -> Iterator[Found]:
    """The picture shrunk to WHOLE; where that made it smaller, also tiles of it at finer scales."""
    long = max(picture.shape[:2])
    yield _detect(_scaled(picture, WHOLE / long) if long > WHOLE else picture, threshold, picture.shape)
    if long > WHOLE * 1.25:
        for scale in _scales(long, min(picture.shape[:2])):
            yield from _tiled(_scaled(picture, scale) if scale < 1 else picture, threshold, 1 / scale)


def _scales(long: int, short: int) -> Iterator[float]:
    """Scales of the looks in tiles: one, and coarser ones where a picture is very long."""
    finest = min(1.0, max(FINEST / long, SHORTEST / short))
    scale = FINEST / long
    while scale * COARSER < finest:
        yield scale
        scale *= COARSER
    yield finest


def _tiled(fine: Pixels, threshold: float, back: float) -> Iterator[Found]:
    """Faces in tiles of a picture, in pixels of one `back` times as large."""
    for top in _starts(fine.shape[0]):
        for left in _starts(fine.shape[1]):
            tile = fine[top : top + TILE, left : left + TILE]
            rows = _detect(tile, threshold, tile.shape)
            rows = rows[~_cut(rows, tile.shape, (left, top), fine.shape)]
            rows[:, ACROSS] += left
            rows[:, DOWN] += top
            rows[:, :4] *= back
            rows[:, 5:] *= back
            yield rows


def _padded(picture: Pixels, threshold: float) -> Found:
    """The picture with its border continued outwards, shrunk or enlarged to PADDED."""
    from pipeline.core.opencv import cv2

    height, width = picture.shape[:2]
    scale = PADDED / (max(height, width) * (1 + 2 * BORDER))
    small = _scaled(picture, scale)
    border = round(PADDED * BORDER / (1 + 2 * BORDER))
    wide = cv2.copyMakeBorder(small, border, border, border, border, cv2.BORDER_REPLICATE)
    rows = _detect(wide, threshold, wide.shape)  # type: ignore[arg-type]
    rows[:, :4] -= border
    rows[:, 5:] -= border
    across, down = width / small.shape[1], height / small.shape[0]
    rows[:, ACROSS] *= across
    rows[:, DOWN] *= down
    return rows


def _turned(picture: Pixels, quarters: int) -> Found:
    """The padded look at the picture turned by quarters, anticlockwise; its boxes turned back."""
    from pipeline.core.opencv import cv2

    height, width = picture.shape[:2]
    way = cv2.ROTATE_90_COUNTERCLOCKWISE if quarters == 1 else cv2.ROTATE_90_CLOCKWISE
    long = max(height, width)
    turned: Any = cv2.rotate(_scaled(picture, min(1.0, PADDED / long)), way)
    rows = _padded(turned, TURNED)
    rows *= np.where(np.arange(15) == 4, 1, max(1.0, long / PADDED)).astype(np.float32)
    x, y = rows[:, ACROSS], rows[:, DOWN]
    across, down = (width - y, x) if quarters == 1 else (y, height - x)
    back = rows.copy()
    back[:, ACROSS], back[:, DOWN] = across, down
    back[:, :2], back[:, 2:4] = np.minimum(back[:, :2], back[:, 2:4]), np.maximum(back[:, :2], back[:, 2:4])
    return back


def _starts(length: int) -> range | list[int]:
    """Where tiles begin that cover `length` pixels and overlap by at least OVERLAP."""
    if length <= TILE:
        return [0]
    count = -(-(length - OVERLAP) // (TILE - OVERLAP))
    return [round(n * (length - TILE) / (count - 1)) for n in range(count)]


def _cut(
    rows: Found, tile: tuple[int, ...], at: tuple[int, int], whole: tuple[int, ...]
) -> npt.NDArray[np.bool_]:
    """Which boxes touch an edge of the tile that is none of the picture: another view shows them whole."""
    near = 2.0
    left, top = at
    cut = (rows[:, 0] <= near) & (left > 0)
    cut |= (rows[:, 1] <= near) & (top > 0)
    cut |= (rows[:, 2] >= tile[1] - near) & (left + tile[1] < whole[1])
    cut |= (rows[:, 3] >= tile[0] - near) & (top + tile[0] < whole[0])
    return cut


# --- the network --------------------------------------------------------------------------------------------


@cache
def _session() -> Any:
    """One session per process: a single thread, and no arena, because every picture has its own size."""
    onnxruntime: Any = importlib.import_module("onnxruntime")  # it has no types
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.enable_cpu_mem_arena = False
    options.enable_mem_pattern = False
    options.log_severity_level = 4
    return onnxruntime.InferenceSession(
        str(resources.path(MODEL)), options, providers=["CPUExecutionProvider"]
    )


def _detect(view: Pixels, threshold: float, shape: tuple[int, ...]) -> Found:
    """Faces in one view, in pixels of a picture of `shape` that the view shows whole."""
    from pipeline.core.opencv import cv2

    height, width = (max(STRIDE, -(-side // STRIDE) * STRIDE) for side in view.shape[:2])
    if (height, width) != view.shape[:2]:
        view = cv2.resize(view, (width, height), interpolation=cv2.INTER_LINEAR)  # type: ignore[assignment]
    if view.ndim == 2:
        view = np.repeat(view[:, :, None], 3, axis=2)
    planes = np.ascontiguousarray(view.transpose(2, 0, 1)[None], dtype=np.float32)
    heat, size, offset, marks = _session().run(list(OUTPUTS), {"input.1": planes})
    rows = _decoded(heat[0, 0], size[0], offset[0], marks[0], threshold)
    rows[:, ACROSS] *= shape[1] / width
    rows[:, DOWN] *= shape[0] / height
    return rows


def _decoded(heat: Found, size: Found, offset: Found, marks: Found, threshold: float) -> Found:
    """Boxes and landmarks from the cells of the heat map over `threshold` (arXiv 1911.03599, section 3)."""
    y, x = np.nonzero(heat > threshold)
    tall, wide = np.exp(size[0, y, x]) * CELL, np.exp(size[1, y, x]) * CELL
    top = (y + offset[0, y, x] + 0.5) * CELL - tall / 2
    left = (x + offset[1, y, x] + 0.5) * CELL - wide / 2
    rows = [left, top, left + wide, top + tall, heat[y, x]]
    for n in range(5):  # eye, eye, nose, mouth corner, mouth corner
        rows += [marks[2 * n + 1, y, x] * wide + left, marks[2 * n, y, x] * tall + top]
    return _distinct(np.stack(rows, axis=1).astype(np.float32))


def _distinct(rows: Found) -> Found:
    """One box per face: the best of all that overlap it."""
    rest = rows[np.argsort(-rows[:, 4], kind="stable")]
    kept = []
    while len(rest):
        kept.append(rest[0])
        rest = rest[_overlap(rest[0], rest) <= SAME]
    return np.stack(kept) if kept else rows


def _overlap(one: Found, many: Found) -> Found:
    """Intersection over union of one box with many."""
    across = np.minimum(one[2], many[:, 2]) - np.maximum(one[0], many[:, 0])
    down = np.minimum(one[3], many[:, 3]) - np.maximum(one[1], many[:, 1])
    shared = np.clip(across, 0, None) * np.clip(down, 0, None)
    areas = (many[:, 2] - many[:, 0]) * (many[:, 3] - many[:, 1])
    union = (one[2] - one[0]) * (one[3] - one[1]) + areas - shared
    return np.asarray(shared / np.maximum(union, 1e-6), dtype=np.float32)


def _scaled(picture: Pixels, scale: float) -> Pixels:
    """The picture at another size; averaged where it shrinks, so that no pixel is skipped."""
    from pipeline.core.opencv import cv2

    size = max(1, round(picture.shape[1] * scale)), max(1, round(picture.shape[0] * scale))
    way = cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR
    return cv2.resize(picture, size, interpolation=way)  # type: ignore[return-value]
