"""A DICOM series from its clean copies: any slice in any window, and all of them on one sheet.

Drawn in the capped worker, a few neighbours at a time, and kept in memory only: a slider asks for the next
slice before the person does.
"""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pipeline.core import worker

AHEAD, AHEAD_IN_WINDOW = 8, 4  # slices drawn together: a changed window is to be seen at once
MOST = 96 << 20  # bytes of slices in memory
COLUMNS, ROWS, SIDE = 8, 8, 160  # of a sheet; pixels of one small picture
SECONDS = 60.0

Window = tuple[float, float]  # centre, width


@dataclass(frozen=True, slots=True)
class Facts:
    """What the page needs to know of a series."""

    modality: str
    centre: float | None  # of the window that the header asks for
    width: float | None


class Shelf:
    """The series of one desk."""

    def __init__(self, series: dict[str, tuple[Path, ...]]) -> None:
        self._series = series
        self._drawn: dict[tuple[str, int, Window | None], bytes] = {}
        self._sheets: dict[tuple[str, int], bytes] = {}
        self._facts: dict[str, Facts] = {}

    def slice(self, series: str, number: int, window: Window | None) -> bytes:
        """PNG of slice `number`, from 1. Raises KeyError for none such, InputError as the worker."""
        paths = self._series[series]
        if not 1 <= number <= len(paths):
            raise KeyError(number)
        if (series, number, window) not in self._drawn:
            ahead = AHEAD if window is None else AHEAD_IN_WINDOW
            first = (number - 1) // ahead * ahead
            asked = paths[first : first + ahead]
            drawn = worker.call(_slices, asked, window, where="dicom", seconds=SECONDS)
            for n, content in enumerate(drawn, first + 1):
                self._drawn[series, n, window] = content
            self._forget(series, number, window)
        return self._drawn[series, number, window]

    def sheet(self, series: str, page: int) -> bytes:
        """PNG of the small pictures of up to COLUMNS x ROWS slices, `page` from 0. Raises as `slice`."""
        asked = self._series[series][page * COLUMNS * ROWS : (page + 1) * COLUMNS * ROWS]
        if not asked:
            raise KeyError(page)
        if (series, page) not in self._sheets:
            drawn = worker.call(_sheet, asked, where="dicom", seconds=SECONDS)
            self._sheets[series, page] = drawn[0]
            for n, content in enumerate(drawn[1], page * COLUMNS * ROWS + 1):
                self._drawn[series, n, None] = content  # drawn already: the slider finds them here
            self._forget()
        return self._sheets[series, page]

    def facts(self, series: str) -> Facts:
        """Modality and window of the series. Raises as `slice`."""
        if series not in self._facts:
            told = worker.call(_facts, self._series[series][0], where="dicom", seconds=SECONDS)
            self._facts[series] = Facts(*told)
        return self._facts[series]

    def _forget(self, *kept: object) -> None:
        while sum(map(len, self._drawn.values())) > MOST and len(self._drawn) > AHEAD:
            oldest = next(iter(self._drawn))
            if oldest == kept:
                break
            del self._drawn[oldest]


def _slices(paths: Sequence[Path], window: Window | None) -> list[bytes]:
    from pipeline.core import dicomview
    from pipeline.review.before import png

    drawn = (dicomview.render(dicomview.Wanted(path, "dicom", None, window)) for path in paths)
    return [png(shown, packed=0) for shown in drawn]


def _sheet(paths: Sequence[Path]) -> tuple[bytes, list[bytes]]:
    """All of them small, and each as it is."""
    from PIL import Image

    from pipeline.core import dicomview
    from pipeline.review.before import png

    high = -(-len(paths) // COLUMNS)
    sheet = Image.new("RGB", (min(COLUMNS, len(paths)) * SIDE, high * SIDE))
    slices = []
    for n, path in enumerate(paths):
        shown = dicomview.render(dicomview.Wanted(path, "dicom"))
        slices.append(png(shown, packed=0))
        small = Image.frombytes(shown.mode, (shown.width, shown.height), shown.data)
        small.thumbnail((SIDE - 4, SIDE - 4), Image.Resampling.BILINEAR)
        sheet.paste(small, (n % COLUMNS * SIDE + 2, n // COLUMNS * SIDE + 2))
    out = io.BytesIO()
    sheet.save(out, "PNG", compress_level=1)
    return out.getvalue(), slices


def _facts(path: Path) -> tuple[str, float | None, float | None]:
    from pipeline.core import slices

    header = slices.header(path)
    pair = [_first(header.get(name)) for name in ("WindowCenter", "WindowWidth")]
    return str(header.get("Modality", "")), pair[0], pair[1]


def _first(value: Any) -> float | None:
    """The first of one or several numbers of a header, or None."""
    several = isinstance(value, list | tuple) or hasattr(value, "append")
    try:
        return float(value[0] if several else value)
    except (TypeError, ValueError, IndexError):
        return None
