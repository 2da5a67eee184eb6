"""How the printed form lies on a picture of a page: the map from millimetres on the sheet to pixels.

Four marks stand in the corners of every page and a QR code in the upper right (consent/form.typ). A mark is
known by its shape, so a page is found even where its code cannot be read yet; the code tells which way up it
is. Where marks are cut off, the code and what is left of them carry the map, and `marks` says how many.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

# Measures of consent/form.typ, in mm on A4: x, y and side of the code, centres of the marks.
CODE = (154.0, 15.0, 29.0)
MARKS = ((19.0, 19.0), (191.0, 19.0), (191.0, 278.0), (19.0, 278.0))  # clockwise from the upper left
MARK, RING, CORE = 8.0, 1.0, 2.6  # outer side, thickness of the ring, side of the filled square
SMALLEST, LARGEST = 0.010, 0.033  # side of a mark, in parts of the longer side of the picture
HOLE, HEART = (0.35, 0.75), (0.06, 0.30)  # areas: hole to outer square (0.56), core to hole (0.19; QR: 0.36)
SQUARE = 0.72  # of its smallest rectangle that a mark fills
CENTRED = 0.14  # of its side by which a core may be off the middle
FEWEST = 3  # marks; with fewer the code carries the map alone
NEAR, FAR = 9.0, 30.0  # mm from where a mark should lie, first by the code alone, then by what was found
ALIKE = 0.55  # correlation from which a dark shape is a mark
STRAIGHT = 1.5  # mm by which a point may miss a flat sheet
FINE = 4.0  # samples per mm when a mark is looked for by its looks
REACH = 8.0  # mm around where it should be

Picture = NDArray[np.uint8]
Points = NDArray[np.float64]  # n x 2
Corners = Sequence[tuple[float, float]]  # of the code: upper left, upper right, lower right, lower left


@dataclass(frozen=True, slots=True)
class Lay:
    """`matrix` (3 x 3) takes (x, y, 1) in mm on the sheet to pixels; it rests on this many corner marks."""

    matrix: tuple[tuple[float, float, float], ...]
    marks: int

    @property
    def trusted(self) -> bool:
        """Whether enough marks were found to know every place on the page."""
        return self.marks >= FEWEST

    def pixels(self, places: Corners) -> Points:
        """Places in mm as pixels, n x 2."""
        there = np.array([(x, y, 1.0) for x, y in places]) @ np.array(self.matrix).T
        return np.asarray(there[:, :2] / there[:, 2:], dtype=np.float64)

    def scaled(self, factor: float) -> Lay:
        """The same for the picture made larger or smaller by `factor`."""
        return _lay(np.diag([factor, factor, 1.0]) @ np.array(self.matrix), self.marks)

    def turned(self, quarters: int, width: int, height: int) -> Lay:
        """The same for the picture (`width` x `height`) turned counter-clockwise by quarters."""
        turn = {
            0: [[1, 0, 0], [0, 1, 0], [0, 0, 1]],
            1: [[0, 1, 0], [-1, 0, width - 1], [0, 0, 1]],
            2: [[-1, 0, width - 1], [0, -1, height - 1], [0, 0, 1]],
            3: [[0, -1, height - 1], [1, 0, 0], [0, 0, 1]],
        }[quarters % 4]
        return _lay(np.array(turn, dtype=float) @ np.array(self.matrix), self.marks)


def straightened(picture: Picture, lay: Lay, x: float, y: float, w: float, h: float, fine: float) -> Picture:
    """A part of the form in mm, flat and upright, `fine` pixels per mm; white beyond the picture."""
    from pipeline.core.opencv import cv2

    place = np.array([[1 / fine, 0, x], [0, 1 / fine, y], [0, 0, 1]])
    size = (round(w * fine), round(h * fine))
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    matrix = np.array(lay.matrix) @ place
    flat = cv2.warpPerspective(picture, matrix, size, flags=flags, borderValue=(255, 255, 255))
    return np.asarray(flat, dtype=np.uint8)


def by_code(grey: Picture, corners: Corners) -> Lay | None:
    """The map for a page whose code was read at these corners; None when not even the code fits a sheet."""
    x, y, side = CODE
    places = [(x, y), (x + side, y), (x + side, y + side), (x, y + side)]
    pixels = [tuple(map(float, corner)) for corner in corners]
    rough = _affine(places, pixels)
    if rough is None:
        return None
    candidates = marks(grey)
    found: dict[int, tuple[float, float]] = {}
    for number in (1, 0, 2, 3):  # the nearest to the code first, the opposite corner last
        lay = _affine(places + [MARKS[n] for n in found], pixels + list(found.values())) or rough
        if len(found) == FEWEST:
            lay = _homography([MARKS[n] for n in found] + places, list(found.values()) + pixels, 0) or lay
        near = NEAR if number == 1 else FAR
        place = _nearest(candidates, lay, MARKS[number], near) or _by_looks(grey, lay, MARKS[number])
        if place is not None:
            found[number] = place
    return _settled(places, pixels, found) or rough


def by_marks(grey: Picture) -> Iterator[Lay]:
    """Maps for the four ways up that four marks allow, without reading the code; nothing without marks."""
    seen = marks(grey)[:8]
    fours = [_clockwise(four) for four in itertools.combinations(seen, 4)]
    for four in sorted(fours, key=_area, reverse=True)[:2]:
        for up in range(4):
            lay = _homography(list(MARKS), [tuple(four[(n + up) % 4]) for n in range(4)], 4)
            if lay is not None:
                yield lay


def marks(grey: Picture) -> list[tuple[float, float]]:
    """The centres of what is shaped like a corner mark: a ring with a small square in it, the best first."""
    from pipeline.core.opencv import cv2

    longer = max(grey.shape)
    block = max(longer // 24, 15) | 1
    dark = cv2.adaptiveThreshold(grey, 255, cv2.ADAPTIVE_THRESH_MEAN_C, cv2.THRESH_BINARY_INV, block, 14)
    outlines, tree = cv2.findContours(dark, cv2.RETR_TREE, cv2.CHAIN_APPROX_SIMPLE)
    if tree is None:
        return []
    inner = {n: tree[0][n][2] for n in range(len(outlines))}  # first outline inside each
    found: list[tuple[float, tuple[float, float]]] = []
    for n, outline in enumerate(outlines):
        hole = _widest(outlines, tree[0], inner[n])
        core = _widest(outlines, tree[0], inner[hole]) if hole >= 0 else -1
        if core < 0:
            continue
        shape = _mark_shape(outline, outlines[hole], outlines[core], longer)
        if shape is not None:
            found.append(shape)
    return [centre for _, centre in sorted(found)]


def _widest(outlines: Any, tree: Any, first: int) -> int:
    """The largest of the outlines that lie side by side, from `first` on; -1 for none."""
    from pipeline.core.opencv import cv2

    best, size = -1, 0.0
    while first >= 0:
        area = cv2.contourArea(outlines[first])
        if area > size:
            best, size = first, area
        first = tree[first][0]
    return best


def _mark_shape(outer: Any, hole: Any, core: Any, longer: int) -> tuple[float, tuple[float, float]] | None:
    """(how far from a mark, centre) of three outlines within each other; None for another shape."""
    from pipeline.core.opencv import cv2

    areas = [float(cv2.contourArea(outline)) for outline in (outer, hole, core)]
    side = areas[0] ** 0.5
    if not SMALLEST * longer <= side <= LARGEST * longer or min(areas) <= 0:
        return None
    _, (wide, high), _ = cv2.minAreaRect(outer)
    if min(wide, high) < 0.5 * max(wide, high) or areas[0] < SQUARE * wide * high:
        return None
    if not HOLE[0] <= areas[1] / areas[0] <= HOLE[1] or not HEART[0] <= areas[2] / areas[1] <= HEART[1]:
        return None
    centres = [_middle(outline) for outline in (outer, hole, core)]
    off = max(np.hypot(*(np.array(c) - centres[0])) for c in centres)
    if off > CENTRED * side:
        return None
    x, y = np.mean(centres, axis=0)
    return abs(areas[2] / areas[1] - 0.19) + off / side, (float(x), float(y))


def _middle(outline: Any) -> tuple[float, float]:
    from pipeline.core.opencv import cv2

    moments = cv2.moments(outline)
    return moments["m10"] / moments["m00"], moments["m01"] / moments["m00"]


def _nearest(
    candidates: Sequence[tuple[float, float]], lay: Lay, place: tuple[float, float], near: float
) -> tuple[float, float] | None:
    expected = lay.pixels([place])[0]
    within = near * _pixels_per_mm(lay)
    gaps = [(float(np.hypot(*(np.array(c) - expected))), c) for c in candidates]
    gap, best = min(gaps, default=(within, (0.0, 0.0)))
    return best if gap < within else None


def _by_looks(grey: Picture, lay: Lay, place: tuple[float, float]) -> tuple[float, float] | None:
    """The mark at `place`, found by correlation with the drawn one, where its outline was not closed."""
    from pipeline.core.opencv import cv2

    half = REACH + MARK / 2 + 1
    window = straightened(grey, lay, place[0] - half, place[1] - half, 2 * half, 2 * half, FINE)
    likeness = cv2.matchTemplate(window, _drawn_mark(), cv2.TM_CCOEFF_NORMED)
    _, best, _, (column, row) = cv2.minMaxLoc(np.nan_to_num(likeness, posinf=0, neginf=0))
    if best < ALIKE:
        return None
    middle = _drawn_mark().shape[0] / 2
    x = place[0] - half + (column + middle) / FINE
    y = place[1] - half + (row + middle) / FINE
    (pixel,) = lay.pixels([(x, y)])
    return float(pixel[0]), float(pixel[1])


def _drawn_mark() -> Picture:
    """A mark as the form prints it, with 1 mm of paper around."""
    side = round((MARK + 2) * FINE)
    away = np.abs((np.arange(side) + 0.5) / FINE - side / FINE / 2)
    far = np.maximum(away[:, None], away[None, :])  # from the centre, in mm, by the longer way
    black = (far <= CORE / 2) | ((far <= MARK / 2) & (far >= MARK / 2 - RING))
    return np.where(black, 0, 255).astype(np.uint8)


def _settled(
    places: list[tuple[float, float]], pixels: list[Any], found: dict[int, tuple[float, float]]
) -> Lay | None:
    """The map over the code and the marks; a mark that does not fit a flat sheet with the others is left."""
    while True:
        where = [MARKS[n] for n in found] + places
        there = list(found.values()) + pixels
        lay = _homography(where, there, len(found)) if len(found) >= FEWEST else _affine(where, there)
        if lay is None or not found:
            return lay
        missed = np.linalg.norm(lay.pixels(where) - np.array(there), axis=1)
        if missed.max() <= STRAIGHT * _pixels_per_mm(lay):
            return _lay(np.array(lay.matrix), len(found))
        del found[list(found)[int(missed[: len(found)].argmax())]]


def _homography(places: Sequence[Any], pixels: Sequence[Any], count: int) -> Lay | None:
    from pipeline.core.opencv import cv2

    matrix, _ = cv2.findHomography(np.array(places, dtype=float), np.array(pixels, dtype=float), 0)
    return None if matrix is None else _lay(matrix, count)


def _affine(places: Sequence[Any], pixels: Sequence[Any]) -> Lay | None:
    known = np.array([(x, y, 1.0) for x, y in places])
    solved, _, rank, _ = np.linalg.lstsq(known, np.array(pixels, dtype=float), rcond=None)
    if rank < 3 or abs(np.linalg.det(solved[:2])) < 1e-3:
        return None
    return _lay(np.vstack([solved.T, [0.0, 0.0, 1.0]]), 0)


def _lay(matrix: NDArray[Any], count: int) -> Lay:
    rows = matrix / matrix[2, 2]
    return Lay(tuple(tuple(float(v) for v in row) for row in rows), count)  # type: ignore[misc]


def _pixels_per_mm(lay: Lay) -> float:
    a, b, c = lay.pixels([(105.0, 148.0), (106.0, 148.0), (105.0, 149.0)])
    return float((np.hypot(*(b - a)) + np.hypot(*(c - a))) / 2)


def _clockwise(four: Sequence[tuple[float, float]]) -> list[tuple[float, float]]:
    middle = np.mean(four, axis=0)
    return sorted(four, key=lambda p: float(np.arctan2(p[1] - middle[1], p[0] - middle[0])))


def _area(four: Sequence[tuple[float, float]]) -> float:
    x, y = np.array(four).T
    return float(abs(np.dot(x, np.roll(y, -1)) - np.dot(y, np.roll(x, -1))) / 2)
