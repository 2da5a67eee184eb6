"""The original beside its clean copy: a preview of an untrusted picture, made in the capped worker.

Only for the eyes of the person at the desk: it holds identity, goes over 127.0.0.1 once and is never written.
Same slice, frame and window as the clean copy, by the same code, but the whole picture: what the crop takes
away can be seen.
"""

from __future__ import annotations

import io
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pipeline.core import findings, worker
from pipeline.core.model import Case
from pipeline.core.record import Panel

if TYPE_CHECKING:
    from pipeline.core.picture import Picture

LARGEST = 1600  # pixels of the longer side, unless it is zoomed into
SECONDS = 40.0
KEPT = 6  # previews in memory: going back and forth draws nothing twice


@dataclass(frozen=True, slots=True)
class Shown:
    """A preview, and the size of the original that it shows: boxes are counted in pixels of that."""

    png: bytes = field(repr=False)
    wide: int
    high: int


class Kept:
    """The last previews of one desk."""

    def __init__(self) -> None:
        self._shown: dict[str, Shown] = {}

    def preview(self, case: Case, panel: dict[str, Any], *, full: bool = False) -> Shown:
        """As `look`, drawn once."""
        key = f"{full} {panel}"
        shown = self._shown.pop(key, None) or look(case, panel, full=full)
        self._shown[key] = shown
        while len(self._shown) > KEPT:
            self._shown.pop(next(iter(self._shown)))
        return shown


def look(case: Case, panel: dict[str, Any], *, full: bool = False) -> Shown:
    """What `panel` (a panel of the record) was made from; `full`: with every pixel.

    Raises InputError, in our own words, when the file is damaged or of a kind that cannot be shown here.
    """
    from pipeline.core import dicomview  # noqa: F401 - loaded here once, not again in every child

    asked = Panel.model_validate(panel)
    files = [(case.file(source), source.kind) for source in case.pictures(asked.image)]
    shown = worker.call(_draw, files, asked, 0 if full else LARGEST, where=asked.image, seconds=SECONDS)
    return Shown(*shown)


def preview(case: Case, panel: dict[str, Any]) -> bytes:
    """PNG of what `panel` was made from. Raises as `look`."""
    return look(case, panel).png


def png_size(png: bytes) -> tuple[int, int]:
    """Width and height of a PNG that we wrote (IHDR, PNG specification 11.2.1)."""
    return int.from_bytes(png[16:20], "big"), int.from_bytes(png[20:24], "big")


def _draw(files: list[tuple[Path, str]], asked: Panel, largest: int) -> tuple[bytes, int, int]:
    from pipeline.core import dicomview, slices
    from pipeline.core.picture import NoPictureError

    if not files:
        raise worker.Refused(findings.make("IMG020", (asked.image, 0)).message)
    window = (asked.window.centre, asked.window.width) if asked.window else None
    try:
        if len(files) > 1:
            lying = [(path, slices.read(path)) for path, _ in files]
            series = slices.ordered([(path, lies) for path, lies in lying if lies.has_pixels])
        else:
            series = [path for path, _ in files]
        path = slices.chosen(series, asked.slice)
        shown = dicomview.render(dicomview.Wanted(path, dict(files)[path], asked.frame, window))
        wide, high = shown.width, shown.height
        if dict(files)[path] == "dicom":  # drawn with square pixels; counted as stored
            header = slices.header(path)
            wide, high = int(header.Columns), int(header.Rows)
        return png(shown, largest), wide, high
    except NoPictureError as e:
        said = findings.make(e.trouble.code, (asked.image, 0), **e.trouble.words)
        raise worker.Refused(said.message) from None


def png(shown: Picture, largest: int = 0, *, packed: int = 1) -> bytes:
    """A picture as PNG, at most `largest` pixels wide or high; `packed` from 0 (fast) to 9 (small)."""
    from PIL import Image

    picture = Image.frombytes(shown.mode, (shown.width, shown.height), shown.data)
    if largest:
        picture.thumbnail((largest, largest), Image.Resampling.LANCZOS)
    out = io.BytesIO()
    picture.save(out, "PNG", compress_level=packed)
    return out.getvalue()
