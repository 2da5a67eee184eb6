"""The panels of one figure on one sheet: side by side at equal height, lettered A, B, … at the top left."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pipeline.render import marks

if TYPE_CHECKING:
    from PIL.Image import Image as Picture

INCH = 25.4  # mm
GAP = 1.5  # mm between panels
ROWS = {1: (1,), 2: (2,), 3: (3,), 4: (2, 2), 5: (3, 2), 6: (3, 3)}  # panels in each row
LETTERS = "ABCDEF"
LETTER = 4.0  # mm, height of the panel letters; journals ask for 8 pt (2.8 mm) or more

Marked = tuple["Picture", dict[str, Any]]  # one panel and what is drawn over it (see marks)


def effective_dpi(pictures: list[Picture], width_mm: float) -> int:
    """Dots per inch of the original pixels when the sheet is `width_mm` wide: the poorest panel counts."""
    rows = _rows(pictures)
    heights = [_row_height(row, width_mm) for row in rows]
    scales = [p.height / high * INCH for row, high in zip(rows, heights, strict=True) for p in row]
    return round(min(scales))


def height_mm(pictures: list[Picture], width_mm: float) -> float:
    """Height of the sheet when it is `width_mm` wide."""
    rows = _rows(pictures)
    return sum(_row_height(row, width_mm) for row in rows) + GAP * (len(rows) - 1)


def _rows(pictures: list[Picture]) -> list[list[Picture]]:
    ordered = iter(pictures)
    return [[next(ordered) for _ in range(count)] for count in ROWS[len(pictures)]]


def _row_height(row: list[Picture], width: float, gap: float = GAP) -> float:
    """The height at which the pictures of a row, side by side, fill `width` (same unit as `gap`)."""
    return (width - gap * (len(row) - 1)) / sum(picture.width / picture.height for picture in row)


def compose(panels: list[Marked], width_mm: float, dpi: int) -> tuple[Picture, list[tuple[str, int, str]]]:
    """All panels on one sheet, `width_mm` wide at `dpi`; and marks that do not show: panel, number, code."""
    from PIL import Image

    width, gap = round(width_mm / INCH * dpi), round(GAP / INCH * dpi)
    mode = "L" if all(picture.mode == "L" for picture, _ in panels) else "RGB"
    strips: list[list[Picture]] = []
    unseen: list[tuple[str, int, str]] = []
    high = round(LETTER / INCH * dpi)
    names = iter(LETTERS)
    start = 0
    for count in ROWS[len(panels)]:
        row = panels[start : start + count]
        start += count
        height = max(1, round(_row_height([picture for picture, _ in row], width, gap)))
        sized = []
        for picture, marked in row:
            size = (max(1, round(picture.width * height / picture.height)), height)
            shown = picture.resize(size, Image.Resampling.LANCZOS)
            name = next(names)
            box = _letter_box(name, high) if len(panels) > 1 else None
            unseen += [(name, *told) for told in marks.draw(shown, picture, marked, dpi, box)]
            sized.append(shown)
        strips.append(sized)
    total = sum(strip[0].height for strip in strips) + gap * (len(strips) - 1)
    sheet = Image.new(mode, (width, total), "white")
    letters = iter(LETTERS)
    top = 0
    for strip in strips:
        left = 0
        for picture in strip:
            sheet.paste(picture, (left, top))
            if len(panels) > 1:
                _letter(sheet, next(letters), left, top, high)
            left += picture.width + gap
        top += strip[0].height + gap
    return sheet, unseen


def _letter(sheet: Picture, letter: str, left: int, top: int, height: int) -> None:
    """A white letter with a black rim, readable on any background and in greyscale."""
    from PIL import ImageDraw, ImageFont

    pen = ImageDraw.Draw(sheet)
    font, edge = ImageFont.load_default(size=height), _rim(height)
    where = (left + height // 2, top + height // 2)
    pen.text(where, letter, font=font, fill="white", stroke_fill="black", stroke_width=edge, anchor="lt")


def _letter_box(letter: str, height: int) -> marks.Box:
    """What the letter and its rim cover, in pixels of its panel."""
    from PIL import ImageFont

    left, top, right, bottom = ImageFont.load_default(size=height).getbbox(
        letter, stroke_width=_rim(height), anchor="lt"
    )
    return left + height // 2, top + height // 2, right + height // 2, bottom + height // 2


def _rim(height: int) -> int:
    return max(1, height // 12)
