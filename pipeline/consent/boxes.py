"""What stands in the boxes of a scanned form: a mark, nothing, or something a person must look at.

Software proves "marked", never "agrees": a cross may mean no. So each reading comes with the cut-out it was
made from, and a person confirms it. A box counts as marked only when strokes of a pen's size are in it, as
blank only when next to nothing is; everything between, and whatever lies outside the frame or crosses it like
a fold, goes to the person.
"""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from pipeline.consent.lay import Lay, straightened
from pipeline.consent.scan import ScanPage

FINE = 8.0  # pixels per mm of a straightened box
AROUND = 3.0  # mm around it that are looked at
SLACK, WIDE_SLACK = 1.6, 2.8  # mm by which a frame may be off: with corner marks, with the code alone
FRAME = 0.42  # correlation from which a frame is a frame
LINE = 0.32  # mm: the stroke of the frame (0.9 pt)
INSIDE = 0.55  # mm from the middle of the frame to what counts as its inside
CLOSE = 2.0  # mm outside the frame that a stroke may reach
DARK = (0.13, 0.30)  # least and most darkness that counts as ink, of the paper around
OF_FRAME = 0.5  # of the darkness of the frame: less is not ink
STROKE, REACH = 0.7, 1.8  # mm2 and mm: the least mark of a pen
SPECK, DOT = 0.45, 1.1  # mm2 in all and mm of the longest: the most that an empty box may hold
SHADE, SHADED = 0.6, 1.2  # of the darkness of ink, and mm2: the most that a faint stroke may leave in it
BESIDE, TAIL = (
    1.5,
    4.0,
)  # mm2 of ink outside the frame that make a box doubtful; if it comes from further away
FULL = 0.62  # of the inside: a box blackened, or a mark struck out
FOLD = 0.22  # mm by which a line through the box may bend and still be a fold
BEYOND = 1.6  # mm outside the frame where a fold goes on
COARSE = 2.2  # pixels per mm of the scan: below that nothing is certain

Verdict = Literal["marked", "blank", "look"]
Bytes = NDArray[np.uint8]
Floats = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class BoxReading:
    """One box of a scanned form. `ink` is what is dark inside its frame, in mm2."""

    id: str  # "text", "figure:arm" …
    page: int  # of the form, from 1
    verdict: Verdict
    why: str  # why a person must look; "" otherwise
    ink: float
    picture: bytes  # PNG of the box and a little around it, enlarged

    def named(self, name: str) -> BoxReading:
        """The same under another name."""
        return replace(self, id=name)


def read(pages: Sequence[ScanPage], spots: Sequence[Mapping[str, Any]]) -> tuple[BoxReading, ...]:
    """Every box among `spots` (of form.json), in their order, as far as its page is there."""
    by_number = {code.page: page for page in pages for code in page.codes}
    pictures: dict[int, Bytes] = {}
    found = []
    for spot in spots:
        page = by_number.get(int(spot["page"]))
        if spot["kind"] != "tick" or page is None:
            continue
        if page.lay is None:
            found.append(BoxReading(spot["id"], int(spot["page"]), "look", NO_LAY, 0.0, b""))
            continue
        number = int(spot["page"])
        if number not in pictures:
            pictures[number] = _opened(page.jpeg)
        found.append(_read(pictures[number], page.lay, spot))
    return tuple(found)


NO_LAY = "the form could not be laid over this page"
WORDS = {
    "frame": "the frame of the box was not found where it should be",
    "coarse": "the picture of the page is too small",
    "faint": "there is something in the box, less than a mark",
    "full": "the box is blackened, or a mark was struck out",
    "fold": "a straight line runs through the box: a fold of the paper, or a mark",
    "beside": "there is ink beside the box",
}


def _opened(jpeg: bytes) -> Bytes:
    from PIL import Image

    with Image.open(io.BytesIO(jpeg)) as opened:
        return np.asarray(opened.convert("RGB"))


def _read(picture: Bytes, lay: Lay, spot: Mapping[str, Any]) -> BoxReading:
    x, y, side = float(spot["x"]), float(spot["y"]), float(spot["w"])
    slack = SLACK if lay.trusted else WIDE_SLACK
    reach = AROUND + slack
    flat = straightened(picture, lay, x - reach, y - reach, side + 2 * reach, side + 2 * reach, FINE)
    dark = _darkness(flat)
    shift, likeness = _frame(dark, side, slack)
    corner = round((reach - AROUND + shift[1]) * FINE), round((reach - AROUND + shift[0]) * FINE)
    size = round((side + 2 * AROUND) * FINE)
    rows, columns = (slice(at, at + size) for at in corner)
    shown = flat[rows, columns]
    if likeness < FRAME:
        return _reading(spot, "look", "frame", 0.0, flat)
    verdict, why, ink = _judge(dark[rows, columns], side, _scale(lay, x, y))
    return _reading(spot, verdict, why, ink, shown)


def _reading(spot: Mapping[str, Any], verdict: Verdict, why: str, ink: float, shown: Bytes) -> BoxReading:
    words = WORDS[why] if why else ""
    return BoxReading(spot["id"], int(spot["page"]), verdict, words, round(ink, 2), _png(shown))


def _png(shown: Bytes) -> bytes:
    from PIL import Image

    out = io.BytesIO()
    enlarged = Image.fromarray(shown).resize(
        (shown.shape[1] * 3, shown.shape[0] * 3), Image.Resampling.BICUBIC
    )
    enlarged.save(out, "PNG")
    return out.getvalue()


def _scale(lay: Lay, x: float, y: float) -> float:
    """Pixels of the scan per mm where the box is."""
    a, b, c = lay.pixels([(x, y), (x + 5, y), (x, y + 5)])
    return float(min(np.hypot(*(b - a)), np.hypot(*(c - a))) / 5)


def _darkness(flat: Bytes) -> Floats:
    """0 for the paper around, 1 for black: the darkest colour, so that blue ink counts as black does."""
    from pipeline.core.opencv import cv2

    smooth = cv2.GaussianBlur(flat, (0, 0), 0.10 * FINE)
    wide = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (round(3.2 * FINE) | 1,) * 2)
    paper = cv2.GaussianBlur(cv2.dilate(smooth, wide), (0, 0), 1.5 * FINE)
    part: Floats = 1 - (smooth.astype(np.float32) + 1) / (paper.astype(np.float32) + 1)
    darkest: Floats = np.clip(part.max(axis=2), 0, 1)
    return darkest


def _frame(dark: Floats, side: float, slack: float) -> tuple[tuple[float, float], float]:
    """How far (mm, right and down) the frame is off, and how much it looks like one."""
    from pipeline.core.opencv import cv2

    drawn = _drawn(side)
    reach = AROUND + slack
    start = round((reach - slack - 1.0) * FINE)
    window = dark[start : dark.shape[0] - start, start : dark.shape[1] - start]
    mask = _near_the_frame(side)
    likeness = cv2.matchTemplate(window, drawn, cv2.TM_CCOEFF_NORMED, mask=mask)
    likeness = np.nan_to_num(likeness, nan=0, posinf=0, neginf=0)
    _, best, _, (column, row) = cv2.minMaxLoc(likeness)
    middle = (likeness.shape[0] - 1) / 2
    return ((column - middle) / FINE, (row - middle) / FINE), float(best)


def _drawn(side: float) -> Floats:
    """The frame as the form prints it, with 1 mm of paper around, 1 for black."""
    away = _from_middle(side)
    drawn: Floats = (np.abs(away - side / 2) <= LINE / 2 + 0.06).astype(np.float32)
    return drawn


def _near_the_frame(side: float) -> Floats:
    """Where the frame is compared: not in the middle of the box, where the mark is."""
    near: Floats = (np.abs(_from_middle(side) - side / 2) <= 0.9).astype(np.float32)
    return near


def _from_middle(side: float, around: float = 1.0) -> Floats:
    """Distance from the middle of the box in mm, by the longer way, over the box and `around` mm."""
    pixels = round((side + 2 * around) * FINE)
    away = np.abs((np.arange(pixels) + 0.5) / FINE - pixels / FINE / 2).astype(np.float32)
    far: Floats = np.maximum(away[:, None], away[None, :])
    return far


def _judge(dark: Floats, side: float, scale: float) -> tuple[Verdict, str, float]:
    from pipeline.core.opencv import cv2

    away = _from_middle(side, AROUND)
    frame = dark[np.abs(away - side / 2) <= LINE / 2]
    least = float(np.clip(OF_FRAME * np.percentile(frame, 60), *DARK))
    ink = dark >= least
    inside = away <= side / 2 - INSIDE
    outside = (away >= side / 2 + INSIDE) & (away <= side / 2 + CLOSE)
    within = ink & inside
    area = float(within.sum()) / FINE**2
    count, labels, stats, _ = cv2.connectedComponentsWithStats(within.astype(np.uint8), connectivity=8)
    sizes = [(float(stats[n][4]) / FINE**2, _length(stats[n]), n) for n in range(1, count)]
    mark = max((s for s in sizes if s[0] >= STROKE and s[1] >= REACH), default=None)
    longest = max((s[1] for s in sizes), default=0.0)
    if scale < COARSE:
        return "look", "coarse", area
    if area >= FULL * float(inside.sum()) / FINE**2:
        return "look", "full", area
    if mark is not None:
        if len([s for s in sizes if s[0] >= SPECK]) == 1 and _fold(labels == mark[2], ink, side):
            return "look", "fold", area
        return "marked", "", area
    faint = float(((dark >= SHADE * least) & inside).sum()) / FINE**2
    if area <= SPECK and longest <= DOT and faint <= SHADED:
        return (
            ("look", "beside", area)
            if _beside(ink & (away >= side / 2 + INSIDE), outside)
            else ("blank", "", area)
        )
    return "look", "faint", area


def _beside(beyond: NDArray[np.bool_], outside: NDArray[np.bool_]) -> bool:
    """Whether somebody may have marked beside the box: the tail of a tick in another box does not count."""
    from pipeline.core.opencv import cv2

    count, labels = cv2.connectedComponents(beyond.astype(np.uint8))
    edge = set(np.unique(np.concatenate([labels[0], labels[-1], labels[:, 0], labels[:, -1]])))
    own = far = 0.0
    for n in range(1, count):
        area = float(((labels == n) & outside).sum()) / FINE**2
        if n in edge:
            far += area
        else:
            own += area
    return own > BESIDE or far > TAIL


def _length(stats: Any) -> float:
    return float(np.hypot(stats[2], stats[3])) / FINE


def _fold(mark: NDArray[np.bool_], ink: NDArray[np.bool_], side: float) -> bool:
    """Whether a mark is one straight line that goes on beyond the frame at both ends, as no pen's does."""
    rows, columns = np.nonzero(mark)
    points = np.stack([columns, rows], axis=1).astype(np.float64)
    middle = points.mean(axis=0)
    across, along = np.linalg.eigh(np.cov((points - middle).T))
    if np.sqrt(max(across[0], 0)) > FOLD * FINE:
        return False
    centre, way = np.array(ink.shape)[::-1] / 2, along[:, 1]
    reach = (side / 2 + BEYOND) * FINE
    ends = []
    for sign in (-1, 1):
        # from the middle of the mark along its line until it is BEYOND the frame
        steps = np.arange(0, 3 * reach)[:, None] * sign * way + middle
        outside = steps[np.abs(steps - centre).max(axis=1) >= reach]
        x, y = np.rint(outside[0]).astype(int)
        near = ink[max(y - 3, 0) : y + 4, max(x - 3, 0) : x + 4]
        ends.append(bool(near.any()))
    return all(ends)
