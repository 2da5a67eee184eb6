"""Is the place for a signature on a scanned page clearly empty?

The page is laid over the form by its code, then by the four marks in its corners (consent/form.typ). Only an
area that is as light as bare paper counts as empty; whether ink is a signature, and whose, a person must see.
"""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipeline.consent.binding import page_code
from pipeline.consent.scan import ScanPage

# Measures of consent/form.typ, in mm on A4: x, y and side of the code, centres of the marks.
CODE = (154.0, 15.0, 29.0)
MARKS = ((19.0, 19.0), (191.0, 19.0), (19.0, 278.0), (191.0, 278.0))
MARK, RING, CORE, MARGIN = (
    8.0,
    1.0,
    2.6,
    1.0,
)  # outer side, thickness of the ring, filled square, white around
FINE = 4.0  # samples per mm
REACH = 7.0  # mm a mark may lie from where the code alone says
ALIKE = 0.6  # correlation from which a dark shape is a mark
STRAIGHT = 1.0  # mm by which the marks may miss a flat, undistorted sheet
INSET = 1.5  # mm inside the frame of a signature
PAPER = 0.9  # of the median brightness: darker is ink
EMPTY = 0.997  # of an area that is bare paper: less is ink

Grey = NDArray[np.float32]
Lay = NDArray[np.float64]  # 3 x 2: (x, y, 1) in mm -> (column, row) in pixels


def signer_spots(spots: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """Where the person who gives permission signs: the first signature area of a form, thumb included."""
    signed = [spot for spot in spots if spot["kind"] in {"sign", "thumb"}]
    first = signed[0]["id"].partition(":")[0] if signed else ""
    return [spot for spot in signed if spot["id"].partition(":")[0] == first]


def empty(pages: Sequence[ScanPage], spots: Sequence[Mapping[str, Any]]) -> bool | None:
    """True when every one of `spots` is bare paper, False when one holds ink, None when it cannot be told."""
    found = [_spot_empty(pages, spot) for spot in spots]
    if False in found:
        return False
    return None if None in found or not found else True


def _spot_empty(pages: Sequence[ScanPage], spot: Mapping[str, Any]) -> bool | None:
    page = next((p for p in pages if any(code.page == spot["page"] for code in p.codes)), None)
    if page is None:
        return None
    from PIL import Image, ImageFilter

    with Image.open(io.BytesIO(page.jpeg)) as opened:
        picture = opened.convert("L")
    lay = _lay(picture)
    if lay is None:
        return None
    grey = np.asarray(picture.filter(ImageFilter.GaussianBlur(1)), dtype=np.float32)
    width, height = spot["w"] - 2 * INSET, spot["h"] - 2 * INSET
    area = _sample(grey, lay, spot["x"] + INSET, spot["y"] + INSET, width, height)
    if area is None:
        return None
    return bool(np.mean(area > PAPER * np.median(area)) >= EMPTY)


def _lay(picture: Any) -> Lay | None:
    """How the form lies on the page; None unless all four marks are found where a flat sheet has them."""
    rough = _by_code(picture)
    if rough is None:
        return None
    grey = np.asarray(picture, dtype=np.float32)
    seen = [_mark(grey, rough, x, y) for x, y in MARKS]
    centres = np.array([place for place in seen if place is not None])
    if len(centres) < len(MARKS):
        return None
    fine = _fit(MARKS, centres)
    pixels_per_mm = float(np.sqrt(abs(np.linalg.det(fine[:2]))))
    missed = np.linalg.norm(_points(MARKS) @ fine - centres, axis=1).max()
    return fine if missed <= STRAIGHT * pixels_per_mm else None


def _by_code(picture: Any) -> Lay | None:
    import zxingcpp

    wanted = zxingcpp.barcode_formats_from_str("QRCode")
    ours = [c for c in zxingcpp.read_barcodes(picture, formats=wanted) if page_code(c.text)]
    if len(ours) != 1:
        return None
    at, (x, y, side) = ours[0].position, CODE
    corners = (at.top_left, at.top_right, at.bottom_right, at.bottom_left)
    measured = np.array([(corner.x, corner.y) for corner in corners], dtype=np.float64)
    return _fit(((x, y), (x + side, y), (x + side, y + side), (x, y + side)), measured)


def _points(places: Sequence[tuple[float, float]]) -> NDArray[np.float64]:
    return np.array([(x, y, 1.0) for x, y in places], dtype=np.float64)


def _fit(places: Sequence[tuple[float, float]], pixels: NDArray[np.float64]) -> Lay:
    """The affine map (least squares) that takes places in mm to pixels."""
    found = np.linalg.lstsq(_points(places), pixels, rcond=None)[0]
    return found.astype(np.float64)


def _sample(grey: Grey, lay: Lay, x: float, y: float, w: float, h: float) -> Grey | None:
    """A part of the form as it lies on the page; None when it reaches beyond the picture."""
    xs, ys = np.meshgrid(np.arange(x, x + w, 1 / FINE), np.arange(y, y + h, 1 / FINE))
    places = np.stack([xs, ys, np.ones_like(xs)], axis=-1) @ lay
    columns, rows = np.rint(places[..., 0]).astype(int), np.rint(places[..., 1]).astype(int)
    if min(columns.min(), rows.min()) < 0 or columns.max() >= grey.shape[1] or rows.max() >= grey.shape[0]:
        return None
    part: Grey = grey[rows, columns]
    return part


def _mark(grey: Grey, rough: Lay, x: float, y: float) -> tuple[float, float] | None:
    """The centre, in pixels, of the mark that should lie about (x, y); None when nothing there is like it."""
    shape = _drawn_mark()
    reach = REACH + len(shape) / FINE / 2
    reach = min(reach, x - 1, 209 - x)  # a scan ends at the edge of the sheet
    window = _sample(grey, rough, x - reach, y - reach, 2 * reach, 2 * reach)
    if window is None:
        return None
    views = np.lib.stride_tricks.sliding_window_view(window, shape.shape)
    centred = views - views.mean(axis=(2, 3), keepdims=True)
    wanted = shape - shape.mean()
    power = np.sqrt((centred**2).sum(axis=(2, 3)) * (wanted**2).sum())
    likeness = (centred * wanted).sum(axis=(2, 3)) / np.maximum(power, 1e-6)
    row, column = np.unravel_index(int(likeness.argmax()), likeness.shape)
    if likeness[row, column] < ALIKE:
        return None
    half = len(shape) / 2 - 0.5  # samples
    place = np.array([x - reach + (column + half) / FINE, y - reach + (row + half) / FINE, 1.0]) @ rough
    return float(place[0]), float(place[1])


def _drawn_mark() -> Grey:
    """A mark as the form prints it: ring, filled square, white around; 1 is white."""
    side = round((MARK + 2 * MARGIN) * FINE)
    away = np.abs((np.arange(side) + 0.5) / FINE - side / FINE / 2)
    far = np.maximum(away[:, None], away[None, :])  # from the centre, in mm, by the longer way
    black = (far <= CORE / 2) | ((far <= MARK / 2) & (far >= MARK / 2 - RING))
    drawn: Grey = np.where(black, 0, 1).astype(np.float32)
    return drawn
