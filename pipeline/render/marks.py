"""Scale bar, arrows, asterisks and inset over one panel, drawn at print resolution.

White with a black rim, so that each is seen on dark and on bright ground and in greyscale. Sizes are in
millimetres on the page; places are pixels of the clean picture, as the record gives them.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from pipeline.render import wording

if TYPE_CHECKING:
    from PIL.Image import Image as Picture
    from PIL.ImageDraw import ImageDraw as Pen

INCH = 25.4  # mm
RIM = 0.3  # mm of black around everything
LENGTH, HEAD, WING, SHAFT = (
    8.0,
    3.0,
    1.5,
    0.4,
)  # mm: whole arrow, its head, half of the head, half of the shaft
STAR, STROKE = 1.6, 0.8  # mm: radius of an asterisk, width of its strokes
BAR, LABEL, EDGE = 0.9, 2.9, 2.5  # mm: height of the bar and of its words (8 pt), distance from the edge
FRAME = 0.35  # mm of white around an inset
FINER = 4  # shapes are drawn so many times larger and made smaller: smooth edges
AWAY = {  # where an arrow comes from -> a step in that direction
    side: (x / math.hypot(x, y), y / math.hypot(x, y))
    for side, (x, y) in {
        "left": (-1, 0),
        "top-left": (-1, -1),
        "top": (0, -1),
        "top-right": (1, -1),
        "right": (1, 0),
        "bottom-right": (1, 1),
        "bottom": (0, 1),
        "bottom-left": (-1, 1),
    }.items()
}
Spot = tuple[float, float]
Box = tuple[float, float, float, float]  # left, top, right, bottom
Shape = Callable[
    ["Pen", float, float, float, float], None
]  # pen, x and y of the spot, pixels per mm, rim in mm


def draw(
    panel: Picture, original: Picture, marked: dict[str, Any], dpi: int, letter: Box | None = None
) -> list[tuple[int, str]]:
    """Draw what the record asks for over `panel`, which shows `original` in another size.

    `letter` is where the panel letter will stand. Returns the numbers, from 1, of marks that do not show what
    they should, with the code of the finding: the edge of the panel cuts them off (IMG507), their spot lies
    under the inset, the scale bar or the letter (IMG508).
    """
    scale, mm = panel.width / original.width, dpi / INCH
    inset, found = marked.get("inset"), []
    taken = [letter] if letter else []
    if inset:
        taken.append(_inset(panel, original, inset, mm))
    if bar := marked.get("scale_bar"):
        corner = bar["corner"]
        if inset and inset["corner"] == corner:
            corner = "bottom-left" if corner == "bottom-right" else "bottom-right"
        taken.append(_scale_bar(panel, bar, bar["pixels"] * scale, mm, corner))
    for number, mark in enumerate(marked.get("marks", []), 1):
        spot = ((mark["at"][0] + 0.5) * scale, (mark["at"][1] + 0.5) * scale)
        left, top, right, bottom = _reach(mark, *spot, mm)
        if min(left, top) < -0.5 or right > panel.width + 0.5 or bottom > panel.height + 0.5:
            found.append((number, "IMG507"))
        body = (left, top, right, bottom) if mark["kind"] == "asterisk" else (*spot, *spot)
        if any(_meet(body, box) for box in taken):
            found.append((number, "IMG508"))
        _stamp(panel, spot, mm, _star if mark["kind"] == "asterisk" else _arrow(mark))
    return found


def _reach(mark: dict[str, Any], x: float, y: float, mm: float) -> Box:
    """The box around a whole mark and its rim, in pixels."""
    if mark["kind"] == "asterisk":
        points, rim = [(x, y)], math.hypot(STAR + RIM, STROKE / 2 + RIM) * mm
    else:
        points, rim = _outline(mark, x, y, mm), RIM * mm
    xs, ys = zip(*points, strict=True)
    return min(xs) - rim, min(ys) - rim, max(xs) + rim, max(ys) + rim


def _meet(one: Box, other: Box) -> bool:
    return one[0] <= other[2] and other[0] <= one[2] and one[1] <= other[3] and other[1] <= one[3]


def _stamp(panel: Picture, spot: Spot, mm: float, shape: Shape) -> None:
    """Paint a shape around a spot of the panel; what would lie outside of the panel is cut off."""
    from PIL import Image, ImageDraw

    reach = math.ceil((LENGTH + 1) * mm)
    left, top = round(spot[0]) - reach, round(spot[1]) - reach
    size = (2 * reach, 2 * reach)
    large = (size[0] * FINER, size[1] * FINER)
    x, y = (spot[0] - left) * FINER, (spot[1] - top) * FINER
    for rim, colour in ((RIM, "black"), (0.0, "white")):
        mask = Image.new("L", large, 0)
        shape(ImageDraw.Draw(mask), x, y, mm * FINER, rim)
        small = mask.resize(size, Image.Resampling.BOX)
        panel.paste(Image.new(panel.mode, size, colour), (left, top), small)


def _arrow(mark: dict[str, Any]) -> Shape:
    """An arrow, or only its head, with its tip on the spot."""

    def paint(pen: Pen, x: float, y: float, mm: float, rim: float) -> None:
        points = _outline(mark, x, y, mm)
        pen.polygon(points, fill=255)
        if rim:
            pen.line([*points, *points[:2]], fill=255, width=round(2 * rim * mm), joint="curve")

    return paint


def _outline(mark: dict[str, Any], x: float, y: float, mm: float) -> list[Spot]:
    """The corners of an arrow or its head, without the rim, which ends on the spot x, y."""
    dx, dy = AWAY[mark["side"]]
    half = [(0.0, 0.0), (HEAD, WING), (HEAD, SHAFT), (LENGTH, SHAFT)]
    if mark["kind"] == "arrowhead":
        half = [(0.0, 0.0), (HEAD, WING)]
    both = [*half, *((along, -across) for along, across in reversed(half[1:]))]
    gap = RIM * mm
    return [(x + dx * (a * mm + gap) - dy * b * mm, y + dy * (a * mm + gap) + dx * b * mm) for a, b in both]


def _star(pen: Pen, x: float, y: float, mm: float, rim: float) -> None:
    """An asterisk of three strokes."""
    for turn in (90, 30, 150):
        dx, dy = (math.cos(math.radians(turn)), math.sin(math.radians(turn)))
        reach = (STAR + rim) * mm
        ends = [(x - dx * reach, y - dy * reach), (x + dx * reach, y + dy * reach)]
        pen.line(ends, fill=255, width=round((STROKE + 2 * rim) * mm))


def _inset(panel: Picture, original: Picture, inset: dict[str, Any], mm: float) -> Box:
    """The part enlarged in its corner, and a frame around where it comes from. Returns the box it covers."""
    from PIL import Image, ImageDraw

    scale = panel.width / original.width
    left, top = inset["left"], inset["top"]
    part = original.crop((left, top, left + inset["width"], top + inset["height"]))
    size = tuple(max(1, round(side * scale * inset["zoom"])) for side in part.size)
    part = part.resize((size[0], size[1]), Image.Resampling.LANCZOS)
    pen = ImageDraw.Draw(panel)
    source = [round(v * scale) for v in (left, top, left + inset["width"], top + inset["height"])]
    white, black = max(1, round(FRAME * mm)), max(1, round(RIM * mm / 2))
    _frame(pen, source, white, black)
    edge = round(EDGE * mm / 2)
    x = edge if "left" in inset["corner"] else panel.width - size[0] - edge
    y = edge if "top" in inset["corner"] else panel.height - size[1] - edge
    _frame(pen, [x, y, x + size[0], y + size[1]], white, black)
    panel.paste(part, (x, y))
    out = white + 2 * black
    return x - out, y - out, x + size[0] + out, y + size[1] + out


def _frame(pen: Pen, box: list[int], white: int, black: int) -> None:
    """A white frame around a box with a black line on either side."""
    left, top, right, bottom = box
    for out, wide, colour in (
        (white + 2 * black, white + 2 * black, "black"),
        (white + black, white, "white"),
    ):
        pen.rectangle((left - out, top - out, right - 1 + out, bottom - 1 + out), outline=colour, width=wide)


def _scale_bar(panel: Picture, bar: dict[str, Any], length: float, mm: float, corner: str) -> Box:
    """The bar in a corner with its length above it. Returns the box of both."""
    from PIL import ImageDraw, ImageFont

    pen, edge, rim = ImageDraw.Draw(panel), round(EDGE * mm), max(1, round(RIM * mm))
    wide, high = round(length), max(2, round(BAR * mm))
    left = edge if "left" in corner else panel.width - edge - wide
    top = panel.height - edge - high if "bottom" in corner else edge + round(LABEL * mm)
    pen.rectangle((left - rim, top - rim, left + wide - 1 + rim, top + high - 1 + rim), fill="black")
    pen.rectangle((left, top, left + wide - 1, top + high - 1), fill="white")
    words = wording.ours()["figures"]["at_detector" if bar.get("at_detector") else "scale_bar"]
    font = ImageFont.load_default(size=round(LABEL * mm))
    middle = (left + wide / 2, top - 2 * rim)
    label = words.format(mm=f"{bar['mm']:g}")
    half = pen.textlength(label, font=font) / 2 + rim
    x = min(max(middle[0], half + rim), panel.width - half - rim)
    place = (x, middle[1])
    pen.text(place, label, font=font, fill="white", stroke_fill="black", stroke_width=rim, anchor="mb")
    words_at = pen.textbbox(place, label, font=font, stroke_width=rim, anchor="mb")
    return (
        min(left - rim, words_at[0]),
        words_at[1],
        max(left + wide + rim, words_at[2]),
        top + high + rim,
    )
