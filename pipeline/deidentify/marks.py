"""Scale bars, marks and insets of the panels: do they fit the clean picture? Render draws them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from pipeline.core import findings
from pipeline.core.model import Case, Finding
from pipeline.core.picture import Picture
from pipeline.deidentify.images import Panel

AGREE = 0.05  # share by which a typed measure may differ from the picture's own, as a ruler is read
PARTS = ("scale_bar", "marks", "inset")


def check(case: Case, panel: Panel, picture: Picture) -> Iterator[Finding]:
    """What cannot be drawn on this clean picture: IMG090 to IMG093."""
    size: dict[str, Any] = {"width": picture.width, "height": picture.height}
    for n, mark in enumerate(panel.wanted["marks"]):
        if mark["at"][0] >= picture.width or mark["at"][1] >= picture.height:
            yield findings.make("IMG090", case.where(*panel.path, "marks", n), number=n + 1, **size)
    if panel.wanted["scale_bar"]:
        place, wide = case.where(*panel.path, "scale_bar"), _bar(panel, picture)
        if wide is None:
            yield findings.make("IMG091", place)
        elif not 4 <= wide <= picture.width / 2:
            yield findings.make("IMG092", place, pixels=round(wide), **size)
    if inset := panel.wanted["inset"]:
        right, bottom = inset["left"] + inset["width"], inset["top"] + inset["height"]
        inside = right <= picture.width and bottom <= picture.height
        larger = max(inset["width"] / picture.width, inset["height"] / picture.height) * inset["zoom"]
        if not inside or larger > 0.6:
            yield findings.make("IMG093", case.where(*panel.path, "inset"), **size)


def of(panel: Panel, picture: Picture) -> dict[str, Any]:
    """What is to be drawn over this picture; empty for most. A bar has its length in pixels of it."""
    asked = {part: panel.wanted[part] for part in PARTS if panel.wanted[part]}
    if "scale_bar" in asked:
        bar = {key: panel.wanted["scale_bar"][key] for key in ("mm", "corner")}
        bar |= {"pixels": round(_bar(panel, picture) or 0, 3)}
        bar |= {"at_detector": True} if _at_detector(panel, picture) else {}
        asked["scale_bar"] = bar | ({"contradicted": True} if _contradicted(panel, picture) else {})
    return asked


def _bar(panel: Panel, picture: Picture) -> float | None:
    """Length of the scale bar in pixels; what the picture says goes before what was typed."""
    asked = panel.wanted["scale_bar"]
    mm = picture.mm_per_pixel or asked["mm_per_pixel"] or picture.mm_at_detector
    return float(asked["mm"] / mm) if mm else None


def _at_detector(panel: Panel, picture: Picture) -> bool:
    typed = panel.wanted["scale_bar"]["mm_per_pixel"]
    return bool(picture.mm_at_detector and not typed)


def _contradicted(panel: Panel, picture: Picture) -> bool:
    """Was a measure typed that is not the picture's own? The picture's is used; render says so."""
    typed, own = panel.wanted["scale_bar"]["mm_per_pixel"], picture.mm_per_pixel
    return bool(typed and own and abs(typed - own) > AGREE * own)
