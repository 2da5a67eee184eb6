"""What scanners, fax machines and telephones make of a signed sheet. For tests and for bench/consent.py.

A page is a picture of the whole sheet at 300 dpi. Every condition takes it and a random generator, and gives
back the picture that would arrive.
"""

from __future__ import annotations

import io
import math
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pypdfium2
from PIL import Image, ImageDraw, ImageFilter

DPI = 300
MM = DPI / 25.4
Sheet = Image.Image
Condition = Callable[[Sheet, np.random.Generator], Sheet]


def printed(pdf: Path) -> list[Sheet]:
    """The pages of a form as a printer puts them on paper."""
    with pypdfium2.PdfDocument(pdf) as document:
        return [page.render(scale=DPI / 72).to_pil().convert("RGB") for page in document]


# --- what people do to boxes --------------------------------------------------------------------------


def mark(sheet: Sheet, spot: Mapping[str, Any], how: str, rng: np.random.Generator) -> None:
    """Draw one of MARKS (a person means yes) or BLANKS (nothing that a person put there as an answer)."""
    pen = _Pen(sheet, spot, rng)
    getattr(pen, how)()


MARKS = ("tick", "small_tick", "cross", "slash", "scribble", "initials", "wide_tick", "pencil")
BLANKS = ("nothing", "nothing", "nothing", "specks", "dot", "neighbour")


class _Pen:
    def __init__(self, sheet: Sheet, spot: Mapping[str, Any], rng: np.random.Generator) -> None:
        self.draw, self.rng = ImageDraw.Draw(sheet), rng
        self.x, self.y, self.side = (float(spot[key]) for key in ("x", "y", "w"))
        self.ink = [(25, 40, 120), (20, 20, 25), (40, 60, 150), (15, 25, 60)][int(rng.integers(4))]
        self.width = float(rng.uniform(0.35, 0.7))

    def stroke(self, points: Sequence[tuple[float, float]], ink: Any = None, width: float = 0) -> None:
        """Points in parts of the box, a little shaken."""
        at = [
            ((self.x + self.side * px) * MM, (self.y + self.side * py) * MM)
            for px, py in (np.array(points) + self.rng.normal(0, 0.02, (len(points), 2)))
        ]
        thick = round((width or self.width) * MM)
        self.draw.line(at, fill=ink or self.ink, width=thick, joint="curve")
        for px, py in (at[0], at[-1]):
            self.draw.ellipse(
                (px - thick / 2, py - thick / 2, px + thick / 2, py + thick / 2), fill=ink or self.ink
            )

    def tick(self) -> None:
        dx, dy = self.rng.normal(0, 0.06, 2)
        self.stroke([(0.15 + dx, 0.55 + dy), (0.42 + dx, 0.88 + dy), (1.1 + dx, -0.1 + dy)])

    def wide_tick(self) -> None:
        dx, dy = self.rng.uniform(-0.1, 0.25), self.rng.uniform(-0.15, 0.1)
        self.stroke([(-0.1 + dx, 0.4 + dy), (0.35 + dx, 0.95 + dy), (1.5 + dx, -0.5 + dy)])

    def small_tick(self) -> None:
        dx, dy = self.rng.uniform(0.1, 0.35, 2)
        self.stroke([(dx, 0.2 + dy), (0.15 + dx, 0.4 + dy), (0.5 + dx, dy)])

    def cross(self) -> None:
        self.stroke([(0.12, 0.12), (0.9, 0.88)])
        self.stroke([(0.88, 0.1), (0.1, 0.9)])

    def slash(self) -> None:
        self.stroke([(0.85, 0.12), (0.15, 0.9)])

    def scribble(self) -> None:
        self.stroke([(0.15 + 0.7 * t, 0.5 + 0.3 * math.sin(9 * t)) for t in np.linspace(0, 1, 24)])

    def initials(self) -> None:
        self.stroke([(0.15, 0.85), (0.35, 0.15), (0.55, 0.85)])
        self.stroke([(0.22, 0.6), (0.48, 0.6)])
        self.stroke([(0.65, 0.85), (0.65, 0.2), (0.85, 0.35), (0.65, 0.5)])

    def pencil(self) -> None:
        grey = int(self.rng.integers(105, 140))
        self.stroke([(0.15, 0.55), (0.42, 0.88), (1.0, 0.0)], (grey,) * 3, 0.5)

    def nothing(self) -> None:
        return

    def specks(self) -> None:
        for px, py in self.rng.uniform(0, 1, (3, 2)):
            r = self.rng.uniform(0.06, 0.16) * MM
            cx, cy = (self.x + self.side * px) * MM, (self.y + self.side * py) * MM
            self.draw.ellipse((cx - r, cy - r, cx + r, cy + r), fill=(60, 60, 60))

    def dot(self) -> None:
        """A pen that rested."""
        r = self.rng.uniform(0.15, 0.3) * MM
        cx, cy = (self.x + self.side * 0.4) * MM, (self.y + self.side * 0.6) * MM
        self.draw.ellipse((cx - r, cy - r, cx + r, cy + r), fill=self.ink)

    def neighbour(self) -> None:
        """The tail of a tick in the box below."""
        self.stroke([(0.5, 1.52), (1.15, 1.04)])


# --- what machines do to the sheet ----------------------------------------------------------------------


def at_dpi(sheet: Sheet, dpi: float) -> Sheet:
    """The sheet scanned at another resolution."""
    size = (round(sheet.width * dpi / DPI), round(sheet.height * dpi / DPI))
    return sheet.resize(size, Image.Resampling.BOX)


def turned(sheet: Sheet, degrees: float, *, whole: bool = True) -> Sheet:
    """Laid in at an angle; `whole` False cuts off what leaves the glass."""
    return sheet.rotate(degrees, expand=whole, fillcolor="white", resample=Image.Resampling.BICUBIC)


def noisy(sheet: Sheet, rng: np.random.Generator, strength: float = 8) -> Sheet:
    """Sensor noise and grey paper."""
    pixels = np.asarray(sheet, dtype=np.float32) * 0.93 + 10
    pixels += rng.normal(0, strength, (*pixels.shape[:2], 1)).astype(np.float32)
    return Image.fromarray(np.clip(pixels, 0, 255).astype(np.uint8))


def jpeg(sheet: Sheet, quality: int) -> Sheet:
    """Through a JPEG file."""
    out = io.BytesIO()
    sheet.save(out, "JPEG", quality=quality)
    return Image.open(io.BytesIO(out.getvalue())).convert("RGB")


def fax(sheet: Sheet) -> Sheet:
    """Black and white at 200 dpi."""
    return at_dpi(sheet, 200).convert("L").point(lambda v: 255 * (v > 150)).convert("RGB")


def photographed(
    sheet: Sheet,
    rng: np.random.Generator,
    side: int,
    *,
    tilt: float = 0.06,
    glare: bool = False,
    crease: bool = False,
    blur: float = 0.0,
    quality: int = 75,
) -> Sheet:
    """A sheet on a table under a lamp: `side` pixels high, its corners moved by up to `tilt`."""
    if crease:
        sheet = _creased(sheet, rng)
    border = 0.05
    wide, high = round(side * 0.75), side
    inner = np.array([[0, 0], [sheet.width, 0], [sheet.width, sheet.height], [0, sheet.height]], float)
    frame = np.array([[border, border], [1 - border, border], [1 - border, 1 - border], [border, 1 - border]])
    outer = (frame + rng.uniform(-tilt / 2, tilt / 2, (4, 2)) * [1, 0.7]) * [wide, high]
    factor = max(1, min(sheet.height // (2 * high), 2))
    small = sheet.reduce(factor) if factor > 1 else sheet
    table = Image.new("RGB", (wide, high), tuple(int(v) for v in rng.integers(40, 110, 3)))
    coefficients = _perspective(outer, inner / factor)
    mask = Image.new("L", small.size, 255)
    kind, way = Image.Transform.PERSPECTIVE, Image.Resampling.BICUBIC
    flat = small.filter(ImageFilter.GaussianBlur(small.height / high * 0.35))
    table.paste(
        flat.transform((wide, high), kind, coefficients, way),
        (0, 0),
        mask.transform((wide, high), kind, coefficients, way),
    )
    y, x = np.mgrid[0 : 1 : high * 1j, 0 : 1 : wide * 1j]
    angle = rng.uniform(0, 2 * math.pi)
    light = 0.8 + 0.28 * (math.cos(angle) * (x - 0.5) + math.sin(angle) * (y - 0.5))
    edge = 1 / (1 + np.exp(-40 * (x * rng.uniform(0.5, 1) + y - rng.uniform(0.3, 1.2))))
    light *= 1 - 0.3 * edge  # the shadow of the telephone
    pixels = np.asarray(table, dtype=np.float32) * light[..., None]
    if glare:
        cx, cy = rng.uniform(0.3, 0.7, 2)
        spot = np.exp(-(((x - cx) / 0.16) ** 2 + ((y - cy) / 0.12) ** 2))
        pixels += 120 * spot[..., None]
    pixels += rng.normal(0, 5, (high, wide, 1))
    photo = Image.fromarray(np.clip(pixels, 0, 255).astype(np.uint8))
    return jpeg(photo.filter(ImageFilter.GaussianBlur(blur)) if blur else photo, quality)


def _creased(sheet: Sheet, rng: np.random.Generator) -> Sheet:
    """Folded twice and opened again: darker and lighter lines, each half a little askew."""
    pixels = np.asarray(sheet, dtype=np.float32).copy()
    for axis in (0, 1):
        at = int(pixels.shape[axis] * rng.uniform(0.42, 0.58))
        ramp = np.exp(-(((np.arange(pixels.shape[axis]) - at) / (0.4 * MM)) ** 2))
        shape = (-1, 1, 1) if axis == 0 else (1, -1, 1)
        pixels *= 1 - 0.28 * ramp.reshape(shape)
        half = np.where(np.arange(pixels.shape[axis]) > at, 0.93, 1.0)
        pixels *= half.reshape(shape)
    return Image.fromarray(np.clip(pixels, 0, 255).astype(np.uint8))


def _perspective(there: np.ndarray, here: np.ndarray) -> list[float]:
    """The eight numbers with which PIL takes places in the result to places in the source."""
    rows, values = [], []
    for (x, y), (u, v) in zip(there, here, strict=True):
        rows += [[x, y, 1, 0, 0, 0, -u * x, -u * y], [0, 0, 0, x, y, 1, -v * x, -v * y]]
        values += [u, v]
    return [float(v) for v in np.linalg.solve(np.array(rows), np.array(values))]


def _scan(dpi: float, angle: float, quality: tuple[int, int] = (50, 90), *, whole: bool = True) -> Condition:
    def condition(sheet: Sheet, rng: np.random.Generator) -> Sheet:
        laid = turned(
            sheet, rng.uniform(-angle, angle) if whole else rng.choice([-angle, angle]), whole=whole
        )
        return jpeg(noisy(at_dpi(laid, dpi), rng), int(rng.integers(*quality)))

    return condition


def _photo(side: int, **how: Any) -> Condition:
    return lambda sheet, rng: photographed(sheet, rng, side, **how)


CONDITIONS: dict[str, Condition] = {
    "300 dpi, ±2°": _scan(300, 2),
    "200 dpi, ±2°": _scan(200, 2),
    "150 dpi, ±2°": _scan(150, 2),
    "150 dpi, ±6°": _scan(150, 6),
    "150 dpi, 6°, corners cut off": _scan(150, 6, whole=False),
    "150 dpi, 180°": lambda sheet, rng: _scan(150, 1)(turned(sheet, 180), rng),
    "150 dpi, 90°": lambda sheet, rng: _scan(150, 1)(turned(sheet, 90), rng),
    "100 dpi, ±3°": _scan(100, 3, (60, 90)),
    "75 dpi, ±2°": _scan(75, 2, (70, 90)),
    "fax, 200 dpi": lambda sheet, rng: fax(turned(sheet, rng.uniform(-1, 1))),
    "phone 3000 px": _photo(3000),
    "phone 2000 px, glare": _photo(2000, glare=True),
    "phone 1600 px": _photo(1600),
    "phone 1600 px, tilted": _photo(1600, tilt=0.14),
    "phone 1600 px, glare": _photo(1600, glare=True),
    "phone 1600 px, crease": _photo(1600, crease=True),
    "phone 1280 px, blurred": _photo(1280, blur=0.9, quality=50),
}
