"""QR codes, bar codes and the like in a picture: text detectors do not see them, telephones read them.

A code is found whether or not it can be decoded; what stands in it is never looked at. Two detectors, since
each misses some: zxing-cpp knows every usual symbology and also reports symbols with broken check digits;
OpenCV finds the corner marks of QR codes too damaged to read, and fields of parallel bars.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import numpy.typing as npt

from pipeline.deidentify.pictures.boxes import Box

Bytes = npt.NDArray[np.uint8]
Corners = npt.NDArray[np.float64]

READ = "bar code or QR code"
BROKEN = "bar code or QR code that cannot be read"
MARGIN = 3  # pixels added on every side
LEAST = 16  # pixels: a symbol smaller than this in both directions cannot be printed and read
MOST = 24_000_000  # pixels searched; larger pictures are shrunk to that, for the memory of the capped child
TWO_KINDS = 0.8  # share of the variance between dark and light pixels: print has 0.9, speckle and skin 0.65
ALIKE = 0.6  # correlation of a row of pixels with the row that was read: still the same bars
FIELD_WORK = 1024  # pixels of the long side at which fields of bars are looked for
FIELD = 15  # pixels: size of the neighbourhood in which edges are counted
EDGES = 32.0  # grey levels per pixel, root mean square of the slope there
ONE_WAY = 0.6  # share of the slope that runs in one direction
BARS = 20  # a bar code of one character has more
UNEVEN = 0.3  # standard deviation of their widths by the mean: the ticks of a ruler have 0.1
WORK = 2000  # pixels of the long side at which the second detector looks


def find(picture: Bytes) -> list[Box]:
    """A box to fill for every code in `picture` (uint8, H x W grey or H x W x 3 RGB), clipped to it."""
    import zxingcpp

    from pipeline.core.opencv import cv2

    plain = picture if picture.ndim == 2 else cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY)
    grey: Bytes = np.ascontiguousarray(plain, np.uint8)
    if grey.size > MOST:
        factor = 0.99 * (MOST / grey.size) ** 0.5  # surely below it, whatever the rounding
        return [_scaled(box, 1 / factor, grey.shape) for box in find(_shrunk(grey, factor))]
    linear = set(zxingcpp.barcode_formats_list(zxingcpp.BarcodeFormats(zxingcpp.BarcodeFormat.AllLinear)))
    boxes = []
    for found in zxingcpp.read_barcodes(grey, return_errors=True):
        at = found.position
        corners = np.array(
            [(p.x, p.y) for p in (at.top_left, at.top_right, at.bottom_right, at.bottom_left)], np.float64
        )
        if not found.valid and not _printed(grey, corners):
            continue  # noise that happens to begin like a symbol
        if found.format in linear:
            corners = _whole_bars(grey, corners)
        boxes.append(_box(corners, grey.shape, READ if found.valid else BROKEN, 1.0 if found.valid else 0.5))
    for box in (*_second(grey), *_fields(grey)):
        same = next((n for n, b in enumerate(boxes) if _mostly_in(box, b) or _mostly_in(b, box)), None)
        if same is None:
            boxes.append(box)
        else:  # of a tilted bar code the reader may name a few rows only
            boxes[same] = _joined(boxes[same], box)
    return boxes


def _fields(grey: Bytes) -> list[Box]:
    """Fields of many strong edges that are bar codes when turned level: tilted, or too blurred to be read.

    A ruler has edges like that too, but its ticks are thin and evenly spaced; bars are of several widths.
    """
    from pipeline.core.opencv import cv2

    factor = min(1.0, FIELD_WORK / max(grey.shape))
    small = _shrunk(grey, factor)
    across, down = (cv2.Sobel(small, cv2.CV_32F, *way, ksize=3, scale=0.25) for way in ((1, 0), (0, 1)))
    near = (FIELD, FIELD)
    xx, yy, xy = (cv2.boxFilter(product, -1, near) for product in (across**2, down**2, across * down))
    strong = ((xx + yy > EDGES**2) & (np.hypot(xx - yy, 2 * xy) > ONE_WAY * (xx + yy))).astype(np.uint8)
    # Bars leave gaps where a wide one is; a field is closed over them before it is measured.
    strong = cv2.morphologyEx(strong, cv2.MORPH_CLOSE, np.ones(near, np.uint8))
    outlines, _ = cv2.findContours(strong, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_SIMPLE)
    found = []
    for outline in outlines:
        inside = np.zeros(small.shape, np.uint8)
        cv2.drawContours(inside, [outline], -1, 1, cv2.FILLED)
        sums = [cv2.mean(product, inside)[0] for product in (xx, yy, xy)]
        corners = (
            _level_box(outline.reshape(-1, 2), 0.5 * np.arctan2(2 * sums[2], sums[0] - sums[1])) / factor
        )
        if _bars(grey, corners):
            found.append(_box(np.asarray(corners, np.float64), grey.shape, BROKEN, 0.5))
    return found


def _level_box(points: npt.NDArray[Any], angle: float) -> npt.NDArray[np.float32]:
    """Corners of the smallest rectangle around `points` two of whose sides run at `angle` (radians)."""
    way = np.array([np.cos(angle), np.sin(angle)])
    turned = points @ np.array([way, [-way[1], way[0]]]).T
    (left, top), (right, bottom) = turned.min(0), turned.max(0)
    corners = np.array([(left, top), (right, top), (right, bottom), (left, bottom)])
    return np.asarray(corners @ np.array([way, [-way[1], way[0]]]), np.float32)


def _bars(grey: Bytes, corners: npt.NDArray[Any]) -> bool:
    """Whether a turned rectangle, made level, holds bars of several widths, or can be read."""
    import zxingcpp

    from pipeline.core.opencv import cv2

    sides = np.linalg.norm(corners - np.roll(corners, -1, 0), axis=1)
    wide, high = round(float(sides[0])), round(float(sides[1]))
    if wide < 4 * LEAST or high < LEAST or wide * high > grey.size:
        return False
    level = np.array([[0, 0], [wide, 0], [wide, high], [0, high]], np.float32)
    level += np.array([LEAST, LEAST], np.float32)
    turn = cv2.getPerspectiveTransform(corners.astype(np.float32), level)
    size = (wide + 2 * LEAST, high + 2 * LEAST)
    part = cv2.warpPerspective(grey, turn, size, flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    twice = cv2.resize(part, None, fx=2, fy=2, interpolation=cv2.INTER_CUBIC)
    if any(zxingcpp.read_barcodes(np.ascontiguousarray(image, np.uint8)) for image in (part, twice)):
        return True
    rows = part[LEAST:-LEAST, LEAST:-LEAST].astype(np.float32)
    middle = rows[high // 3 : high - high // 3].mean(0)
    ends = [rows[: max(1, high // 4)].mean(0), rows[-max(1, high // 4) :].mean(0)]
    if not all(_alike(middle.astype(np.float64), end.astype(np.float64)) for end in ends):
        return False
    light = middle > (middle.min() + middle.max()) / 2
    widths = np.diff(np.flatnonzero(np.diff(light)))
    if len(widths) < BARS or not 0.3 < light.mean() < 0.7:
        return False
    # Bars and gaps each: a ruler's ticks are all alike, and so are the gaps between them.
    return all(float(kind.std() / kind.mean()) > UNEVEN for kind in (widths[::2], widths[1::2]))


def _second(grey: Bytes) -> list[Box]:
    """What OpenCV takes for a QR code or a field of bars, decoded or not."""
    from pipeline.core.opencv import cv2

    factor = min(1.0, WORK / max(grey.shape))
    small = _shrunk(grey, factor)
    if min(small.shape) < LEAST:
        return []
    boxes = []
    for detector, square in ((cv2.QRCodeDetector(), True), (cv2.barcode.BarcodeDetector(), False)):
        found, points = detector.detectMulti(small)
        for corners in points if found and points is not None else ():
            placed = np.asarray(corners, np.float64).reshape(-1, 2) / factor
            if _square(placed) and _printed(grey, placed) if square else _bars(grey, np.roll(placed, -1, 0)):
                boxes.append(_box(placed, grey.shape, BROKEN, 0.5))
    return boxes


def _printed(grey: Bytes, corners: Corners) -> bool:
    """Whether the pixels there are of two kinds, as in print, with little in between (Otsu's measure)."""
    from pipeline.core.opencv import cv2

    left, top, right, bottom = _edges(corners, grey.shape)
    part = np.ascontiguousarray(grey[top:bottom, left:right])
    if min(part.shape) < LEAST:
        return False
    level, _ = cv2.threshold(part, 0, 255, cv2.THRESH_BINARY | cv2.THRESH_OTSU)
    light = part > level
    spread, share = float(part.var()), float(light.mean())
    if not spread or not 0.15 < share < 0.85:
        return False
    apart = float(part[light].mean()) - float(part[~light].mean())
    return share * (1 - share) * apart**2 / spread > TWO_KINDS


def _square(corners: Corners) -> bool:
    """Whether four corners are those of a square seen from the front or somewhat from the side."""
    sides = np.linalg.norm(corners - np.roll(corners, 1, 0), axis=1)
    return bool(sides.min() > 0.6 * sides.max())


def _whole_bars(grey: Bytes, corners: Corners) -> Corners:
    """`corners` of the rows that were read, drawn out to where the bars end.

    A bar code can be read from one row; its other rows can be read as well.
    """
    along = corners[1] - corners[0]
    length = float(np.linalg.norm(along))
    if length < LEAST:
        return corners
    along /= length
    across = np.array([-along[1], along[0]])
    middle = corners.mean(0)
    steps = (np.arange(int(length)) - length / 2)[:, None] * along
    half = abs(float((corners[3] - corners[0]) @ across)) / 2
    read = _row(grey, middle, steps)
    ends = []
    for way in (-1, 1):
        reach = half
        while (row := _row(grey, middle + way * (reach + 1) * across, steps)).size and _alike(read, row):
            reach += 1
        ends.append(way * reach)
    left, right = middle - along * length / 2, middle + along * length / 2
    return np.array([p + end * across for end in ends for p in (left, right)])


def _row(grey: Bytes, centre: Corners, steps: Corners) -> npt.NDArray[np.float64]:
    """Grey levels along a line; empty when it leaves the picture."""
    at = np.rint(centre + steps).astype(int)
    inside = (at >= 0).all(1) & (at[:, 0] < grey.shape[1]) & (at[:, 1] < grey.shape[0])
    if inside.mean() < 0.9:
        return np.empty(0)
    at = at.clip(0, np.array(grey.shape[::-1]) - 1)
    levels: npt.NDArray[np.float64] = grey[at[:, 1], at[:, 0]].astype(np.float64)
    return levels


def _alike(one: npt.NDArray[np.float64], other: npt.NDArray[np.float64]) -> bool:
    one, other = one - one.mean(), other - other.mean()
    size = float(np.linalg.norm(one) * np.linalg.norm(other))
    return size > 0 and float(one @ other) / size > ALIKE


def _box(corners: Corners, shape: tuple[int, ...], reason: str, confidence: float) -> Box:
    return Box(*_edges(corners, shape, MARGIN), "barcode", reason, confidence)


def _edges(corners: Corners, shape: tuple[int, ...], margin: int = 0) -> tuple[int, int, int, int]:
    """Left, top, right, bottom of what holds all corners, clipped to the picture."""
    left, top = np.floor(corners.min(0)).astype(int) - margin
    right, bottom = np.ceil(corners.max(0)).astype(int) + 1 + margin
    return max(0, int(left)), max(0, int(top)), min(shape[1], int(right)), min(shape[0], int(bottom))


def _shrunk(grey: Bytes, factor: float) -> Bytes:
    from pipeline.core.opencv import cv2

    if factor == 1:
        return grey
    size = max(1, round(grey.shape[1] * factor)), max(1, round(grey.shape[0] * factor))  # thin pictures
    return np.asarray(cv2.resize(grey, size, interpolation=cv2.INTER_AREA), np.uint8)


def _scaled(box: Box, factor: float, shape: tuple[int, ...]) -> Box:
    return replace(
        box,
        left=int(box.left * factor),
        top=int(box.top * factor),
        right=min(shape[1], int(box.right * factor) + 1),
        bottom=min(shape[0], int(box.bottom * factor) + 1),
    )


def _joined(box: Box, other: Box) -> Box:
    return replace(
        box,
        left=min(box.left, other.left),
        top=min(box.top, other.top),
        right=max(box.right, other.right),
        bottom=max(box.bottom, other.bottom),
    )


def _mostly_in(box: Box, other: Box) -> bool:
    wide = min(box.right, other.right) - max(box.left, other.left)
    high = min(box.bottom, other.bottom) - max(box.top, other.top)
    own = (box.right - box.left) * (box.bottom - box.top)
    return wide > 0 and high > 0 and wide * high >= 0.8 * own
