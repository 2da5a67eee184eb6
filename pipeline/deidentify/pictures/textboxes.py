"""Text drawn into a picture: found, judged, filled, and read again.

The detector and recogniser are PP-OCRv6 as packed in rapidocr. What makes them usable on medical pictures is
around them: low thresholds, so that faint and small print is found; a size gate, without which half of a
text-free radiograph counts as text; tiles for large photographs; and the rule that every box is filled
unless pixelmarks.py gives it back.
"""

from __future__ import annotations

import functools
import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from pipeline.core.match import Matcher
from pipeline.deidentify.pictures import barcodes, pixelmarks
from pipeline.deidentify.pictures.blending import blended
from pipeline.deidentify.pictures.boxes import Box, Do

Bytes = npt.NDArray[np.uint8]
Quad = npt.NDArray[np.float32]  # 4 x 2: x, y of the corners, clockwise from the top left of the writing

THRESH, BOX_THRESH = 0.2, 0.3  # rapidocr's own 0.3 and 0.5 miss print of little contrast
LEAST = 736  # pixels of the short side; smaller pictures are enlarged to it before they are read
AGAIN = 608  # pixels of the long side at which a filled picture is read again
GATE = 0.12  # of the picture's short side; higher letters must be read to count
GATE_PIXELS, GATE_SIDE = 18, 400  # a cut-out strip may be hardly higher than its writing
GATE_SCORE, GATE_CHARACTERS = 0.85, 3
# Higher letters that could not be read, the other way up either, may be of a script that the recogniser does
# not know: covered where they have the shape of a word, else pointed out. What fills the picture is its
# subject.
UNREAD, UNREAD_SURE, UNREAD_RATIO, SUBJECT, SUBJECT_RATIO = 0.5, 0.55, 1.6, 0.7, 1.5
# A place in which the recogniser sees not even two letters is no writing but bone, a ruler, hair or a vessel,
# unless the detector is sure, or it is small and long as a word is. Of scripts that it cannot read the
# recogniser makes several letters, or spaces.
BLANK_SCORE, CLEARLY, WORD_RATIO, WORD_GATE, WORD_PIXELS = 0.5, 0.75, 2.3, 0.035, 34
GROW, GROW_PIXELS = 0.25, 2  # of the height of the writing, and pixels, so that no stroke is left outside
BLANK = "perhaps writing; nothing could be read"
THINNEST = 32  # pixels: the detector takes no less
LONG_SIDE = 2000  # pixels: the engine shrinks what is longer
TILE, OVERLAP = 1280, 160
ONE_PASS = TILE * TILE  # pixels at most at a time: more than that needs more memory than the capped child has
FLAT = 6  # grey levels: a tile with less between its darkest and lightest pixel holds nothing
LONGEST = 14.0  # width by height; longer lines are no clinical marks, and reading them takes most of the time
TILT = 8.0  # degrees; steeper lines are covered by several boxes instead of one large one
APART = 0.8  # of the height: writing closer than this to other writing belongs to it


@dataclass(frozen=True, slots=True)
class _Line:
    """One line of writing: where, how sure the detector is, what was read and how surely."""

    quad: Quad
    found: float
    text: str = ""
    score: float = 0.0
    cut: bool = False  # touches the edge of a tile, so that it may be part of a longer line
    unread: bool = False  # higher than the gate, and nothing in it could be read

    @property
    def height(self) -> float:
        """Short side in pixels."""
        return min(_sides(self.quad))

    @property
    def ratio(self) -> float:
        """Long side by short side."""
        return max(_sides(self.quad)) / max(self.height, 1.0)


def find(picture: Bytes, *, photo: bool = False, known: Matcher | None = None) -> list[Box]:
    """Every text and code in `picture`: Do.FILL, or Do.KEEP where the allow-list vouches for all of it.

    `picture` is uint8, H x W grey or H x W x 3 RGB. `photo` also reads a picture of middling size in tiles:
    print in a photograph may be small. Text that `known` finds an identifier in is never kept. Raises
    ValueError for another shape or type.
    """
    picture = _checked(picture)
    codes = barcodes.find(picture)
    lines = _read(picture, _lines(picture, photo=photo))
    return _boxes(lines, picture.shape, known) + codes


def fill(picture: npt.NDArray[Any], boxes: Iterable[Box], value: int = 0) -> npt.NDArray[Any]:
    """A copy of `picture` with every Do.FILL box painted solid with `value`, other pixels as they were."""
    filled = picture.copy()
    for box in boxes:
        if box.do is Do.FILL:
            filled[box.top : box.bottom, box.left : box.right] = value
    return filled


def residue(filled: Bytes, boxes: Sequence[Box]) -> list[Box]:
    """What a second reading of a filled picture still finds, text inside Do.KEEP boxes left out.

    The picture is read at another size than the first time, since the same reading would miss the same
    print: smaller, which takes out speckle and makes faint broad strokes firm.
    """
    painted = fill(np.zeros(filled.shape[:2], np.uint8), boxes, 1).view(bool)
    shown = blended(_checked(filled), painted)
    lines = _read(shown, _scaled(shown, AGAIN))
    again = _boxes(lines, shown.shape, None) + barcodes.find(filled)
    return [box for box in again if box.do is Do.FILL and not any(_inside(box, b) for b in boxes)]


def _inside(box: Box, other: Box) -> bool:
    """Whether most of `box` lies in `other`."""
    wide = min(box.right, other.right) - max(box.left, other.left)
    high = min(box.bottom, other.bottom) - max(box.top, other.top)
    return wide > 0 and high > 0 and wide * high >= 0.6 * (box.right - box.left) * (box.bottom - box.top)


def _checked(picture: Bytes) -> Bytes:
    if picture.dtype != np.uint8 or picture.ndim not in {2, 3} or 0 in picture.shape:
        raise ValueError("a picture of 8-bit grey or RGB pixels is needed")
    if picture.ndim == 3 and picture.shape[2] != 3:
        raise ValueError("a picture of 8-bit grey or RGB pixels is needed")
    return np.ascontiguousarray(picture)


# --- the engine ------------------------------------------------------------------------------------------


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


def _detect(picture: Bytes) -> list[_Line]:
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
    return [
        _Line(np.asarray(q, np.float32), float(s)) for q, s in zip(found.boxes, found.scores, strict=True)
    ]


def _scaled(picture: Bytes, side: int, *, enlarge: bool = False) -> list[_Line]:
    """Lines found in `picture` shrunk to a long side of `side` pixels, or enlarged to a short side of it."""
    from pipeline.core.opencv import cv2

    high, wide = picture.shape[:2]
    factor = max(1.0, side / min(high, wide)) if enlarge else min(1.0, side / max(high, wide))
    if enlarge:  # a long strip would become many megapixels
        factor = max(1.0, min(factor, (ONE_PASS / (high * wide)) ** 0.5, LONG_SIDE / max(high, wide)))
    way = cv2.INTER_LINEAR if enlarge else cv2.INTER_AREA
    size = [max(1, round(side * factor)) for side in (wide, high)]
    shown = picture if factor == 1 else cv2.resize(picture, size, interpolation=way)
    return [replace(line, quad=line.quad / factor) for line in _detect(np.asarray(shown, np.uint8))]


def _recognise(crops: list[Bytes]) -> list[tuple[str, float]]:
    if not crops:
        return []
    read = _engine().recognize_txt(crops)
    return [(str(text), float(score)) for text, score in zip(read.txts, read.scores, strict=True)]


# --- lines ----------------------------------------------------------------------------------------------


def _lines(picture: Bytes, *, photo: bool) -> list[_Line]:
    high, wide = picture.shape[:2]
    if high * wide <= ONE_PASS and max(high, wide) <= (TILE * 3 // 2 if photo else LONG_SIDE):
        return _scaled(picture, LEAST, enlarge=True)
    lines = _scaled(picture, TILE)
    for top in _starts(high):
        for left in _starts(wide):
            tile = picture[top : top + TILE, left : left + TILE]
            if int(tile.max()) - int(tile.min()) < FLAT:
                continue
            for line in _scaled(tile, LEAST, enlarge=True):
                (x0, y0), (x1, y1) = line.quad.min(0), line.quad.max(0)
                cut = (
                    (left > 0 and x0 <= 3)
                    or (top > 0 and y0 <= 3)
                    or (left + TILE < wide and x1 >= TILE - 4)
                    or (top + TILE < high and y1 >= TILE - 4)
                )
                lines.append(replace(line, quad=line.quad + np.array([left, top], np.float32), cut=bool(cut)))
    return lines


def _starts(size: int) -> list[int]:
    """Where tiles begin along one side, evenly spread and overlapping by OVERLAP at least."""
    if size <= TILE:
        return [0]
    count = -(-(size - OVERLAP) // (TILE - OVERLAP))
    return [round(n * (size - TILE) / (count - 1)) for n in range(count)]


def _read(picture: Bytes, lines: list[_Line]) -> list[_Line]:
    """The lines that count, with what was read in those that could be vouched for."""
    gate = max(GATE * max(min(picture.shape[:2]), GATE_SIDE), GATE_PIXELS)
    asked = [n for n, line in enumerate(lines) if line.height > gate or line.ratio <= LONGEST]
    crops = [_crop(picture, lines[n].quad) for n in asked]
    for n, (text, score) in zip(asked, _recognise(crops), strict=True):
        lines[n] = replace(lines[n], text=text, score=score)
    high = [n for n, line in enumerate(lines) if line.height > gate and not _sure(line)]
    turned = [np.ascontiguousarray(np.rot90(_crop(picture, lines[n].quad), 2)) for n in high]
    for n, (text, score) in zip(high, _recognise(turned), strict=True):
        other = replace(lines[n], text=text, score=score)
        lines[n] = other if _sure(other) else replace(lines[n], text="", score=0.0, unread=True)
    side = min(picture.shape[:2])
    return [line for line in lines if not line.unread or (line.found >= UNREAD and not _subject(line, side))]


def _subject(line: _Line, side: int) -> bool:
    return line.height > SUBJECT * side and line.ratio < SUBJECT_RATIO


def _sure(line: _Line) -> bool:
    return line.score > GATE_SCORE and len(line.text.strip()) >= GATE_CHARACTERS


def _crop(picture: Bytes, quad: Quad) -> Bytes:
    """The writing in `quad`, level. A narrow high one is turned, unless it may be a single upright letter."""
    from pipeline.core.opencv import cv2

    wide, high = _sides(quad)
    wide, high = max(wide, 1.0), max(high, 1.0)
    level = np.array([[0, 0], [wide, 0], [wide, high], [0, high]], np.float32)
    turn = cv2.getPerspectiveTransform(quad, level)
    size = (max(1, round(wide)), max(1, round(high)))
    cut = cv2.warpPerspective(picture, turn, size, flags=cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE)
    cut = cv2.cvtColor(cut, cv2.COLOR_GRAY2BGR) if cut.ndim == 2 else cut[..., ::-1]
    if high / wide >= 2.2:
        cut = np.rot90(cut)
    return np.ascontiguousarray(cut, np.uint8)


def _sides(quad: Quad) -> tuple[float, float]:
    """Width and height of a quadrilateral."""
    wide = max(np.linalg.norm(quad[1] - quad[0]), np.linalg.norm(quad[2] - quad[3]))
    high = max(np.linalg.norm(quad[3] - quad[0]), np.linalg.norm(quad[2] - quad[1]))
    return float(wide), float(high)


# --- boxes ----------------------------------------------------------------------------------------------


def _boxes(lines: list[_Line], shape: tuple[int, ...], known: Matcher | None) -> list[Box]:
    marks = [pixelmarks.Mark(x.text, x.score, _centre(x.quad), x.height) for x in lines]
    ticks = pixelmarks.ticks(marks, known)
    verdicts = [
        pixelmarks.Verdict(True, pixelmarks.TICK) if n in ticks else _verdict(line, known)
        for n, line in enumerate(lines)
    ]
    blank = {n for n, line in enumerate(lines) if not verdicts[n].keep and _blank(line, shape)}
    others = [n for n, verdict in enumerate(verdicts) if not verdict.keep and n not in blank]
    kept, filled, look = [], [], []
    for n, (line, verdict) in enumerate(zip(lines, verdicts, strict=True)):
        if n in blank:
            look.append(Box(*_bounds(line.quad, 0, shape), "text", BLANK, line.found, Do.LOOK))
        elif verdict.keep and not any(_touch(line, lines[other]) for other in others):
            left, top, right, bottom = _bounds(line.quad, 0, shape)
            kept.append(Box(left, top, right, bottom, "text", verdict.reason, line.score, Do.KEEP))
        else:
            reason = "text beside other text" if verdict.keep else verdict.reason
            filled += [
                Box(*_bounds(part, line.height * GROW + GROW_PIXELS, shape), "text", reason, line.found)
                for part in _parts(line)
            ]
    return _merged(filled) + _single(kept) + _merged(look)


def _blank(line: _Line, shape: tuple[int, ...]) -> bool:
    """Whether a place that the detector takes for writing holds none that could be read."""
    if line.unread:
        return line.found < UNREAD_SURE or line.ratio < UNREAD_RATIO
    small = line.height <= max(WORD_GATE * min(shape[:2]), WORD_PIXELS)
    if line.ratio > LONGEST or line.found > CLEARLY or (small and line.ratio >= WORD_RATIO):
        return False
    spaces = bool(line.text) and not line.text.strip() and line.score >= BLANK_SCORE
    return len(line.text.strip()) < 2 and not spaces


def _verdict(line: _Line, known: Matcher | None) -> pixelmarks.Verdict:
    if line.unread:
        return pixelmarks.Verdict(False, pixelmarks.TEXT)
    verdict = pixelmarks.judge(line.text, line.score, known)
    wide, high = _sides(line.quad)
    if verdict.keep and (line.cut or not pixelmarks.plausible(line.text, wide / max(high, 1.0))):
        return pixelmarks.Verdict(False, pixelmarks.TEXT)
    return verdict


def _touch(line: _Line, other: _Line) -> bool:
    """Whether two lines stand so close on one level that they may be one."""
    (left, top), (right, bottom) = line.quad.min(0), line.quad.max(0)
    (left2, top2), (right2, bottom2) = other.quad.min(0), other.quad.max(0)
    gap = max(left2 - right, left - right2)
    shared = min(bottom, bottom2) - max(top, top2)
    return bool(
        gap < APART * min(line.height, other.height) and shared > 0.3 * min(line.height, other.height)
    )


def _parts(line: _Line) -> list[Quad]:
    """`quad` itself, or for tilted writing pieces of it whose upright boxes cover little else."""
    wide, high = _sides(line.quad)
    quad = line.quad if wide >= high else np.roll(line.quad, -1, 0)
    way = quad[1] - quad[0]
    angle = abs(float(np.degrees(np.arctan2(way[1], way[0])))) % 90
    if min(angle, 90 - angle) < TILT:
        return [line.quad]
    count = max(1, int(max(wide, high) / max(min(wide, high), 1.0)))
    shares = np.linspace(0, 1, count + 1, dtype=np.float32)
    upper = quad[0] + shares[:, None] * (quad[1] - quad[0])
    lower = quad[3] + shares[:, None] * (quad[2] - quad[3])
    return [np.array([upper[n], upper[n + 1], lower[n + 1], lower[n]], np.float32) for n in range(count)]


def _centre(quad: Quad) -> tuple[float, float]:
    x, y = quad.mean(0)
    return float(x), float(y)


def _bounds(quad: Quad, grow: float, shape: tuple[int, ...]) -> tuple[int, int, int, int]:
    left, top = np.floor(quad.min(0) - grow).astype(int)
    right, bottom = np.ceil(quad.max(0) + grow).astype(int) + 1
    return max(0, int(left)), max(0, int(top)), min(shape[1], int(right)), min(shape[0], int(bottom))


def _merged(boxes: list[Box]) -> list[Box]:
    """Without boxes that lie in others; two that are nearly one become one."""
    out: list[Box] = []
    for box in sorted(boxes, key=lambda b: (-_area(b), b.top, b.left)):
        for n, other in enumerate(out):
            joined = replace(
                other,
                left=min(box.left, other.left),
                top=min(box.top, other.top),
                right=max(box.right, other.right),
                bottom=max(box.bottom, other.bottom),
                confidence=max(box.confidence, other.confidence),
            )
            if _area(joined) <= 1.1 * (_area(box) + _area(other) - _overlap(box, other)) and _overlap(
                box, other
            ):
                out[n] = joined
                break
        else:
            out.append(box)
    return sorted(out, key=lambda b: (b.top, b.left, b.right, b.bottom))


def _single(boxes: list[Box]) -> list[Box]:
    """Each kept mark once, though two readings found it."""
    out: list[Box] = []
    for box in sorted(boxes, key=lambda b: (-b.confidence, b.top, b.left)):
        if not any(_overlap(box, other) > 0.5 * min(_area(box), _area(other)) for other in out):
            out.append(box)
    return sorted(out, key=lambda b: (b.top, b.left))


def _area(box: Box) -> int:
    return (box.right - box.left) * (box.bottom - box.top)


def _overlap(box: Box, other: Box) -> int:
    wide = min(box.right, other.right) - max(box.left, other.left)
    high = min(box.bottom, other.bottom) - max(box.top, other.top)
    return max(0, wide) * max(0, high)
