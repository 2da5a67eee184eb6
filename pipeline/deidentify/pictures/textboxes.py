"""Text drawn into a picture: found, judged, filled, and read again.

lines.py finds and reads. What makes it usable on medical pictures is the rule that every box is filled unless
pixelmarks.py gives it back, and care with what is large: half of all text-free radiographs count as one large
letter. Large writing must be read, or look like a word, to be filled; else a person looks.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import numpy.typing as npt

from pipeline.core import lines
from pipeline.core.lines import Bytes, Line, Quad
from pipeline.core.match import Matcher
from pipeline.deidentify.pictures import barcodes, pixelmarks
from pipeline.deidentify.pictures.boxes import Box, Do

AGAIN = 608  # pixels of the long side at which a filled picture is read again
# A place in which the recogniser sees not even two letters is no writing but bone, a ruler, hair or a vessel,
# unless the detector is sure, or it is small and long as a word is. Of scripts that it cannot read the
# recogniser makes several letters, or spaces.
BLANK_SCORE, CLEARLY, WORD_RATIO, WORD_GATE, WORD_PIXELS = 0.5, 0.75, 2.3, 0.035, 34
# A place is a word, in whatever script, if it is as long as one, takes no more than this share of the view,
# and the detector is sure of it (of rows of coins: 0.69) or three letters were made of it (of coins: 0.48).
LONG, WHOLE, SURELY, SPELLED = 1.6, 0.6, 0.7, 0.6
STROKES = 3.5  # edges per height that writing has at least (Devanagari, Gurmukhi: 5 to 7; a leg: 2)
SMALL = 0.6  # as sure need the detector be of small ones in photographs; radiographs have leads and scales
NEVER = 1.0
PERHAPS = 0.5  # the detector's score from which a person looks at a large place that is no word
GROW, GROW_PIXELS = 0.25, 2  # of the height of the writing, and pixels, so that no stroke is left outside
BLANK = "perhaps writing; nothing could be read"
LARGE = "perhaps large writing; it could not be read"
TILT = 8.0  # degrees; steeper lines are covered by several boxes instead of one large one
APART = 0.8  # of the height: writing closer than this to other writing belongs to it


def find(picture: Bytes, *, photo: bool = False, known: Matcher | None = None) -> list[Box]:
    """Every text and code in `picture`: Do.FILL, or Do.KEEP where the allow-list vouches for all of it.

    `picture` is uint8, H x W grey or H x W x 3 RGB. `photo` also reads a picture of middling size in tiles:
    print in a photograph may be small. Text that `known` finds an identifier in is never kept. Raises
    ValueError for another shape or type.
    """
    picture = _checked(picture)
    codes = barcodes.find(picture)
    found = lines.read(picture, lines.find(picture, photo=photo))
    return _boxes(found, picture.shape, known, photo=photo) + codes


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
    print: smaller, which takes out speckle and makes faint broad strokes firm. Crossing hairs then look like
    a word: what is large is Do.FILL only if letters can be made of it, else Do.LOOK.
    """
    painted = fill(np.zeros(filled.shape[:2], np.uint8), boxes, 1).view(bool)
    blended = _blended(_checked(filled), painted)
    found = lines.read(blended, lines.scaled(blended, AGAIN))
    again = _boxes(found, blended.shape, None, again=True) + barcodes.find(filled)
    asked = [box for box in again if box.do is Do.FILL or box.reason == LARGE]
    done = [box for box in boxes if box.do is not Do.LOOK]
    return [box for box in asked if not any(_inside(box, b) for b in (done if box.do is Do.FILL else boxes))]


def _blended(picture: Bytes, painted: npt.NDArray[np.bool_]) -> Bytes:
    """A copy in which paint takes the colour of its surroundings: edges of filled boxes look like letters."""
    from pipeline.core.opencv import cv2

    if not painted.any():
        return picture
    quarter = max(1, round(picture.shape[1] / 4)), max(1, round(picture.shape[0] / 4))
    small = cv2.resize(picture, quarter, interpolation=cv2.INTER_AREA)
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


# --- boxes ----------------------------------------------------------------------------------------------


def _boxes(
    found: list[Line],
    shape: tuple[int, ...],
    known: Matcher | None,
    *,
    photo: bool = False,
    again: bool = False,
) -> list[Box]:
    large, small = NEVER if again else SURELY, SMALL if photo else NEVER
    words = [_word(line, large if line.large else small) for line in found]
    counts = [not line.large or line.readable or word for line, word in zip(found, words, strict=True)]
    read = list(itertools.compress(found, counts))
    plain = list(itertools.compress(words, counts))
    marks = [pixelmarks.Mark(x.text, x.score, _centre(x.quad), x.height) for x in read]
    ticks = pixelmarks.ticks(marks, known)
    verdicts = [
        pixelmarks.Verdict(True, pixelmarks.TICK) if n in ticks else _verdict(line, known)
        for n, line in enumerate(read)
    ]
    blank = {
        n
        for n, line in enumerate(read)
        if not (verdicts[n].keep or line.large or plain[n]) and _blank(line, shape)
    }
    others = [n for n, verdict in enumerate(verdicts) if not verdict.keep and n not in blank]
    kept, filled = [], []
    look = [
        _box(line, shape, LARGE, Do.LOOK)
        for line, sure in zip(found, counts, strict=True)
        if not sure and _perhaps(line, photo)
    ]
    for n, (line, verdict) in enumerate(zip(read, verdicts, strict=True)):
        if n in blank:
            look.append(_box(line, shape, BLANK, Do.LOOK))
        elif verdict.keep and not any(_touch(line, read[other]) for other in others):
            kept.append(replace(_box(line, shape, verdict.reason, Do.KEEP), confidence=line.score))
        else:
            reason = "text beside other text" if verdict.keep else verdict.reason
            filled += [
                Box(*_bounds(part, line.height * GROW + GROW_PIXELS, shape), "text", reason, line.found)
                for part in _parts(line)
            ]
    look = [box for box in _merged(look) if not any(_inside(box, other) for other in filled)]
    return _merged(filled) + _single(kept) + look


def _box(line: Line, shape: tuple[int, ...], reason: str, do: Do) -> Box:
    return Box(*_bounds(line.quad, 0, shape), "text", reason, line.found, do)


def _word(line: Line, surely: float) -> bool:
    """Whether a place looks like a word, though it could not be read."""
    if (line.large or line.letters < 2) and line.edges < STROKES:
        return False
    clear = line.found > surely or _spelled(line)
    return clear and line.ratio >= LONG and line.share < WHOLE


def _spelled(line: Line) -> bool:
    """Whether a word was made of it, if not the right one."""
    return line.letters >= lines.CHARACTERS and line.score > SPELLED


def _perhaps(line: Line, photo: bool) -> bool:
    """Whether a person has to look at a large place that is no word for sure.

    In radiology one that takes most of the view, is no longer than a picture is and has no letters is the
    picture itself: a whole skull is an O. In a photograph it may be a label that was cropped to its writing.
    """
    whole = line.share >= WHOLE and line.ratio < LONG and line.letters < lines.CHARACTERS
    return _spelled(line) or (line.found >= PERHAPS and (photo or not whole))


def _blank(line: Line, shape: tuple[int, ...]) -> bool:
    """Whether a place that the detector takes for writing holds none that could be read."""
    small = line.height <= max(WORD_GATE * min(shape[:2]), WORD_PIXELS)
    if line.ratio > lines.LONGEST or line.found > CLEARLY or (small and line.ratio >= WORD_RATIO):
        return False
    spaces = bool(line.text) and not line.text.strip() and line.score >= BLANK_SCORE
    strokes = bool(line.text.strip()) and line.edges >= STROKES
    return line.letters < 2 and not spaces and not strokes


def _verdict(line: Line, known: Matcher | None) -> pixelmarks.Verdict:
    verdict = pixelmarks.judge(line.text, line.score, known)
    wide, high = lines.sides(line.quad)
    unsure = line.cut or (line.large and not line.readable)
    if verdict.keep and (unsure or not pixelmarks.plausible(line.text, wide / max(high, 1.0))):
        return pixelmarks.Verdict(False, pixelmarks.TEXT)
    return verdict


def _touch(line: Line, other: Line) -> bool:
    """Whether two lines stand so close on one level that they may be one."""
    (left, top), (right, bottom) = line.quad.min(0), line.quad.max(0)
    (left2, top2), (right2, bottom2) = other.quad.min(0), other.quad.max(0)
    gap = max(left2 - right, left - right2)
    shared = min(bottom, bottom2) - max(top, top2)
    return bool(
        gap < APART * min(line.height, other.height) and shared > 0.3 * min(line.height, other.height)
    )


def _parts(line: Line) -> list[Quad]:
    """`quad` itself, or for tilted writing pieces of it whose upright boxes cover little else."""
    wide, high = lines.sides(line.quad)
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
