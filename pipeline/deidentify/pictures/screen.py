"""A quick look at one frame: is anything drawn into it that could be text?

Reading a frame takes some hundred milliseconds, this takes about one. Two things tell drawn text from
anatomy. Its strokes are ridges, brighter or darker than what lies two pixels to either side, and many have
exactly one value (the ink), which blurred and noisy anatomy has not. And where strokes are smoothed so that
no two pixels agree, they still stand closer together than ridges of anatomy do. Looked for along rows and
columns, so that turned text is seen, at three sizes of letters.

Yes costs a reading, no is final for the caller: thresholds lean to yes. Noise all over the frame is no text.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

Values = npt.NDArray[Any]
Words = npt.NDArray[np.int16]
Mask = npt.NDArray[np.bool_]

REACH = 2  # pixels to either side of a stroke's middle
STEP = 12 / 255  # of the frame's range: what counts as an edge
STRIDES = (1, 2, 4)  # letters of about 8-24, 24-60 and 60-130 pixels
INK = {1: 8, 2: 20, 4: 20}  # strokes of one and the same value that make it ink, at each stride
RIVALS = 5  # values nearly as frequent as the ink: more of them, and it is no ink
RIVAL = 0.4  # "nearly": this share of the ink's strokes
USUAL = 4.5  # times the mean of all values met: a picture repeated in tiles has every value several times
PLATEAU = {
    1: 0.06,
    2: 0.2,
    4: 0.2,
}  # share of the highest or lowest value that is strokes; less: clipping
WINDOW = (40, 4)  # along and across a line, in pixels of the view
ALONG = 10  # pixels of the view that are taken together along a line
DENSE = 0.155  # strokes in such a window: CT has up to 0.08, MR of the abdomen 0.14, small text 0.17 and more
OUTSTANDING = 5.0  # times as dense as the whole frame
NOISE = 0.2  # share of stroke pixels in all of a view: grain


@dataclass(frozen=True, slots=True)
class _Strokes:
    """Ridges of one polarity in one thinned view of a frame; the mask is REACH pixels narrower each side."""

    view: Words
    mask: Mask
    count: int
    stride: int
    ends: tuple[int, int]  # lowest and highest value of the frame, where clipped areas lie
    turned: bool  # strokes of writing that runs down the columns


def suspicious(values: Values) -> bytes | None:
    """None if nothing in one frame looks like drawn text, else a digest of what does.

    `values` are stored values, H x W of 8 to 32 bits or H x W x 3 of 8 bits. Frames with the same drawing at
    the same place mostly share a digest, so that a header burned into a whole series is read once; frames
    whose text differs never share one.
    """
    found = hashlib.blake2b(digest_size=16)
    any_found = False
    for plane in _planes(values):
        step = _step(plane)
        if step is None:
            continue
        for number, strokes in enumerate(_strokes(plane, step)):
            for seen in (_ink(strokes), _dense(strokes)):
                if seen is not None:
                    any_found = True
                    found.update(repr((number, strokes.mask.shape, len(seen))).encode())
                    found.update(seen)
    return found.digest() if any_found else None


def _planes(values: Values) -> Iterator[Words]:
    """The frame as signed 16-bit numbers, for cheap differences; colour as its lightest and darkest."""
    if values.ndim == 3:
        from pipeline.core.opencv import cv2

        red, green, blue = cv2.split(values)
        yield cv2.max(cv2.max(red, green), blue).astype(np.int16)
        yield cv2.min(cv2.min(red, green), blue).astype(np.int16)
    elif values.dtype == np.int16:
        yield values
    elif values.dtype.itemsize == 1:
        yield values.astype(np.int16)
    elif values.dtype == np.uint16 and int(values.max(initial=0)) < 1 << 15:
        yield values.view(np.int16)
    else:
        low, high = float(values.min(initial=0)), float(values.max(initial=0))
        scale = min(1.0, 32_000 / max(high - low, 1.0))
        yield ((values.astype(np.float32) - low) * scale).astype(np.int16)


def _step(plane: Words) -> int | None:
    """What counts as an edge: a share of the range of most values; None for a frame of one value."""
    if min(plane.shape) < 4 * REACH:
        return None
    sample = np.sort(plane[::11, ::7], axis=None)
    low, high = int(sample[sample.size // 200]), int(sample[-1 - sample.size // 200])
    if low == high:  # an empty frame, but for what may be drawn into it
        low, high = int(plane.min()), int(plane.max())
    return max(1, min(16_000, round((high - low) * STEP))) if high > low else None


def _strokes(plane: Words, step: int) -> Iterator[_Strokes]:
    """Strokes along rows and along columns, bright and dark, at each size. Every second line is enough."""
    ends = int(plane.min()), int(plane.max())
    for stride in STRIDES:
        along = plane[:: 2 * stride, ::stride]
        down = plane[::stride, :: 2 * stride]
        for turned, view in enumerate((along, down)):
            if view.shape[turned] >= WINDOW[1] and view.shape[1 - turned] >= WINDOW[0]:
                yield from _ridges(np.ascontiguousarray(view), step, stride, ends, turned=bool(turned))


def _ridges(
    view: Words, step: int, stride: int, ends: tuple[int, int], *, turned: bool
) -> Iterator[_Strokes]:
    """Where values rise and fall again, or fall and rise, along rows; down columns if `turned`."""
    wide = np.int16 if ends[1] - ends[0] < 1 << 15 else np.int32  # no difference wraps around
    later, earlier = (view[REACH:], view[:-REACH]) if turned else (view[:, REACH:], view[:, :-REACH])
    rise = np.subtract(later, earlier, dtype=wide)
    up, down = rise > step, rise < -step
    for first, second in ((up, down), (down, up)):
        mask = first[:-REACH] & second[REACH:] if turned else first[:, :-REACH] & second[:, REACH:]
        count = int(np.count_nonzero(mask))
        if INK[1] <= count < NOISE * mask.size:
            yield _Strokes(view, mask, count, stride, ends, turned)


def _ink(strokes: _Strokes) -> bytes | None:
    """Where the strokes of one value are, if that value stands out from all others."""
    wide = strokes.mask.shape[1]
    places = np.flatnonzero(strokes.mask)
    if strokes.turned:  # as places in the larger view
        places += REACH * wide
    else:
        places += REACH + places // wide * (2 * REACH)
    flat = strokes.view.reshape(-1)
    under = flat[places]
    low = int(under.min())
    counts = np.bincount(under.astype(np.int64) - low)
    ink = int(counts.argmax())
    most = int(counts[ink])
    if most < INK[strokes.stride] or int(np.count_nonzero(counts > RIVAL * most)) > RIVALS:
        return None
    others = int(np.count_nonzero(counts)) - 1
    if others and most < USUAL * (under.size - most) / others:
        return None
    if low + ink in strokes.ends and most < PLATEAU[strokes.stride] * np.count_nonzero(flat == low + ink):
        return None
    return bytes(places[under == low + ink].tobytes())


def _dense(strokes: _Strokes) -> bytes | None:
    """The strokes where they stand as close as letters do, if they do not so everywhere."""
    if strokes.stride > 1 or strokes.count < DENSE * WINDOW[0] * WINDOW[1]:
        return None  # thinned anatomy is as dense as text
    from pipeline.core.opencv import cv2

    mask = np.ascontiguousarray(strokes.mask.T) if strokes.turned else strokes.mask
    high, wide = mask.shape
    # Sliding across the line, where it is thin, but in steps along it: as good as a window and far cheaper.
    steps = wide // ALONG  # a whole number of them: only then is the averaging fast
    shown = mask[:, : steps * ALONG].view(np.uint8) * np.uint8(255)
    part = cv2.resize(shown, (steps, high), interpolation=cv2.INTER_AREA)
    near = cv2.boxFilter(part, cv2.CV_32F, (WINDOW[0] // ALONG, WINDOW[1]), borderType=cv2.BORDER_CONSTANT)
    hot = near >= 255 * max(DENSE, OUTSTANDING * strokes.count / strokes.mask.size)
    if not hot.any():
        return None
    around = cv2.dilate(hot.view(np.uint8), np.ones((WINDOW[1], WINDOW[0] // ALONG), np.uint8))
    here = np.asarray(cv2.resize(around, shown.shape[::-1], interpolation=cv2.INTER_NEAREST), np.uint8)
    return bytes(np.packbits(here & shown).tobytes())
