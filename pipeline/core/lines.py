"""Lines of writing in a picture: where they are, and what can be read in them.

The detector and recogniser are PP-OCRv6 as packed in rapidocr. What makes them usable on medical pictures is
around them: low thresholds, so that faint and small print is found; tiles for large photographs; and a second
reading of what could not be read, in the other three directions, since a label may lie upside down.
"""

from __future__ import annotations

import functools
import importlib
import os
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt

Bytes = npt.NDArray[np.uint8]
Quad = npt.NDArray[np.float32]  # 4 x 2: x, y of the corners, clockwise from the top left of the writing

THRESH, BOX_THRESH = 0.2, 0.3  # rapidocr's own 0.3 and 0.5 miss print of little contrast
LEAST = 736  # pixels of the short side; smaller pictures are enlarged to it before they are read
GATE = 0.12  # of the picture's short side; of larger letters the detector sees many in anatomy
GATE_PIXELS = 18  # a cut-out strip may be hardly higher than its writing
GATE_SIDE = 400  # pixels: a long strip is not judged by its own height
READABLE, CHARACTERS = 0.85, 3  # large writing that was read so surely, in so many letters, is writing
THINNEST = 32  # pixels: the detector takes no less
LONG_SIDE = 2000  # pixels: the engine shrinks what is longer
TILE, OVERLAP = 1280, 160
ONE_PASS = TILE * TILE  # pixels at most at a time: more than that needs more memory than the capped child has
FLAT = 6  # grey levels: a tile with less between its darkest and lightest pixel holds nothing
LONGEST = 14.0  # width by height; longer lines are no clinical marks, and reading them takes most of the time
LEVEL = 64  # pixels of height at which edges are counted
BARS = str.maketrans("", "", "一二三丨|—–-_=")  # what the recogniser makes of the bars of a ruler
TURNED = 0.5  # score from which three letters read in another direction are better than what was read upright


@dataclass(frozen=True, slots=True)
class Line:
    """One line of writing: where, how sure the detector is, what was read and how surely."""

    quad: Quad
    found: float
    share: float = 0.0  # of the view that it was found in
    text: str = ""
    score: float = 0.0
    cut: bool = False  # touches the edge of a tile, so that it may be part of a longer line
    large: bool = False  # higher than the gate
    edges: float = 0.0  # of strokes that a row crosses, per height of the line; told of unread lines

    @property
    def height(self) -> float:
        """Short side in pixels."""
        return min(sides(self.quad))

    @property
    def ratio(self) -> float:
        """Long side by short side."""
        return max(sides(self.quad)) / max(self.height, 1.0)

    @property
    def letters(self) -> int:
        """How many characters were read, bars left out."""
        return len(self.text.translate(BARS).strip())

    @property
    def readable(self) -> bool:
        """Whether it was read so well that it is writing, whatever its size."""
        return self.score > READABLE and self.letters >= CHARACTERS


# --- the engine ------------------------------------------------------------------------------------------


def preload() -> None:
    """Import the reader where children are forked off afterwards: alone, each spends a second on that."""
    importlib.import_module("rapidocr.main")


def _engine() -> Any:
    """The models, loaded once per process."""
    return _loaded(os.getpid())


@functools.lru_cache(maxsize=1)
def _loaded(_process: int) -> Any:
    from rapidocr import RapidOCR

    return RapidOCR(
        params={
            "Global.log_level": "critical",
            "Global.text_score": 0.0,
            "EngineConfig.onnxruntime.intra_op_num_threads": 1,
            "EngineConfig.onnxruntime.inter_op_num_threads": 1,
            "Det.thresh": THRESH,
            "Det.box_thresh": BOX_THRESH,
            "Det.limit_side_len": 32,  # sizes are chosen here, not there
            # Each line is read at its own width: "L" costs 6 ms, not the 25 of a long line.
            "Rec.rec_img_shape": [3, 48, 48],
            "Rec.rec_batch_num": 1,
        }
    )


def _detect(picture: Bytes) -> list[Line]:
    from pipeline.core.opencv import cv2

    high, wide = picture.shape[:2]
    below, beside = max(0, THINNEST - high), max(0, THINNEST - wide)
    shown = cv2.cvtColor(picture, cv2.COLOR_GRAY2BGR) if picture.ndim == 2 else picture[..., ::-1]
    if below or beside:
        shown = cv2.copyMakeBorder(shown, 0, below, 0, beside, cv2.BORDER_REPLICATE)
    # Every flag each time: the engine remembers the last ones.
    found = _engine()(np.ascontiguousarray(shown), use_det=True, use_cls=False, use_rec=False)
    if found.boxes is None:
        return []
    quads = [np.asarray(quad, np.float32) for quad in found.boxes]
    whole = float(high * wide)
    return [
        Line(quad, float(score), share=float(np.prod(sides(quad))) / whole)
        for quad, score in zip(quads, found.scores, strict=True)
    ]


def scaled(picture: Bytes, side: int, *, enlarge: bool = False) -> list[Line]:
    """Lines found in `picture` shrunk to a long side of `side` pixels, or enlarged to a short side of it."""
    from pipeline.core.opencv import cv2

    high, wide = picture.shape[:2]
    factor = max(1.0, side / min(high, wide)) if enlarge else min(1.0, side / max(high, wide))
    if enlarge:  # a long strip would become many megapixels
        factor = max(1.0, min(factor, (ONE_PASS / (high * wide)) ** 0.5, LONG_SIDE / max(high, wide)))
    way = cv2.INTER_LINEAR if enlarge else cv2.INTER_AREA
    size = max(1, round(wide * factor)), max(1, round(high * factor))  # of a thin picture a side may vanish
    shown = picture if factor == 1 else cv2.resize(picture, size, interpolation=way)
    back = np.array([wide / size[0], high / size[1]], np.float32)
    return [replace(line, quad=line.quad * back) for line in _detect(np.asarray(shown, np.uint8))]


def _recognise(crops: list[Bytes]) -> list[tuple[str, float]]:
    if not crops:
        return []
    read = _engine().recognize_txt(crops)
    return [(str(text), float(score)) for text, score in zip(read.txts, read.scores, strict=True)]


# --- lines ----------------------------------------------------------------------------------------------


def find(picture: Bytes, *, photo: bool) -> list[Line]:
    """Every place in `picture` that may be a line of writing; `photo` as textboxes.find has it."""
    high, wide = picture.shape[:2]
    if high * wide <= ONE_PASS and max(high, wide) <= (TILE * 3 // 2 if photo else LONG_SIDE):
        return scaled(picture, LEAST, enlarge=True)
    lines = scaled(picture, TILE)
    for top in starts(high):
        for left in starts(wide):
            tile = picture[top : top + TILE, left : left + TILE]
            if int(tile.max()) - int(tile.min()) < FLAT:
                continue
            for line in scaled(tile, LEAST, enlarge=True):
                (x0, y0), (x1, y1) = line.quad.min(0), line.quad.max(0)
                cut = (
                    (left > 0 and x0 <= 3)
                    or (top > 0 and y0 <= 3)
                    or (left + TILE < wide and x1 >= TILE - 4)
                    or (top + TILE < high and y1 >= TILE - 4)
                )
                lines.append(replace(line, quad=line.quad + np.array([left, top], np.float32), cut=bool(cut)))
    return lines


def starts(size: int) -> list[int]:
    """Where tiles begin along one side, evenly spread and overlapping by OVERLAP at least."""
    if size <= TILE:
        return [0]
    count = -(-(size - OVERLAP) // (TILE - OVERLAP))
    return [round(n * (size - TILE) / (count - 1)) for n in range(count)]


def read(picture: Bytes, lines: list[Line]) -> list[Line]:
    """`lines` with what was read in those that could be vouched for or are large.

    What stays unread is read again in the three other directions: the recogniser takes every line for one
    that runs to the right.
    """
    high, wide = picture.shape[:2]
    gate = max(GATE * max(min(high, wide), min(GATE_SIDE, max(high, wide))), GATE_PIXELS)
    lines = [replace(line, large=line.height > gate) for line in lines]
    asked = [n for n, line in enumerate(lines) if line.large or line.ratio <= LONGEST]
    crops = {n: _crop(picture, lines[n].quad) for n in asked}
    for n, (text, score) in zip(asked, _recognise(list(crops.values())), strict=True):
        lines[n] = replace(lines[n], text=text, score=score)
    for n in asked:
        if not lines[n].readable and (lines[n].large or lines[n].letters < 2):
            lines[n] = replace(_turned(lines[n], crops[n]), edges=_edges(crops[n]))
    return lines


def _turned(line: Line, crop: Bytes) -> Line:
    """`line` with what was read in the best direction."""
    others = _recognise([np.ascontiguousarray(np.rot90(crop, quarters)) for quarters in (2, 1, 3)])
    read_ = [replace(line, text=text, score=score) for text, score in others]
    return max((line, *(r for r in read_ if r.letters >= CHARACTERS and r.score >= TURNED)), key=_clearness)


def _edges(crop: Bytes) -> float:
    """How many edges of dark and light a row through the middle crosses, per height of the writing."""
    from pipeline.core.opencv import cv2

    grey = cv2.cvtColor(crop, cv2.COLOR_BGR2GRAY)
    grey = np.ascontiguousarray(np.rot90(grey)) if grey.shape[0] > grey.shape[1] else grey
    size = (max(2, round(grey.shape[1] * LEVEL / grey.shape[0])), LEVEL)
    smooth = cv2.GaussianBlur(cv2.resize(grey, size, interpolation=cv2.INTER_AREA), (0, 0), 1.5)
    _, two = cv2.threshold(smooth, 0, 1, cv2.THRESH_OTSU)
    crossed = np.count_nonzero(np.diff(np.asarray(two), axis=1), axis=1)[LEVEL // 4 : LEVEL * 3 // 4]
    return float(np.median(crossed) * LEVEL / size[0])


def _clearness(line: Line) -> tuple[bool, float]:
    return line.letters >= CHARACTERS, line.score


def _crop(picture: Bytes, quad: Quad) -> Bytes:
    """The writing in `quad`, level. A narrow high one is turned, unless it may be a single upright letter."""
    from pipeline.core.opencv import cv2

    wide, high = sides(quad)
    wide, high = max(wide, 1.0), max(high, 1.0)
    level = np.array([[0, 0], [wide, 0], [wide, high], [0, high]], np.float32)
    turn = cv2.getPerspectiveTransform(quad, level)
    size = (max(1, round(wide)), max(1, round(high)))
    cut = cv2.warpPerspective(picture, turn, size, flags=cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE)
    cut = cv2.cvtColor(cut, cv2.COLOR_GRAY2BGR) if cut.ndim == 2 else cut[..., ::-1]
    if high / wide >= 2.2:
        cut = np.rot90(cut)
    return np.ascontiguousarray(cut, np.uint8)


def sides(quad: Quad) -> tuple[float, float]:
    """Width and height of a quadrilateral."""
    wide = max(np.linalg.norm(quad[1] - quad[0]), np.linalg.norm(quad[2] - quad[3]))
    high = max(np.linalg.norm(quad[3] - quad[0]), np.linalg.norm(quad[2] - quad[1]))
    return float(wide), float(high)
