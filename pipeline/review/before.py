"""The original beside its clean copy: a preview of an untrusted picture, made in the capped worker.

Only for the eyes of the person at the desk: it holds identity, goes over 127.0.0.1 once and is never written.
Same slice, frame and window as the clean copy, by the same code, but the whole picture: what the crop takes
away can be seen.
"""

from __future__ import annotations

import io
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pipeline.core import findings, worker
from pipeline.core.model import Case
from pipeline.core.record import Panel

if TYPE_CHECKING:
    from pipeline.core.picture import Picture

LARGEST = 1600  # pixels of the longer side
SECONDS = 40.0


def preview(case: Case, panel: dict[str, Any]) -> bytes:
    """PNG of what `panel` (a panel of the record) was made from.

    Raises InputError, in our own words, when the file is damaged or of a kind that cannot be shown here.
    """
    from pipeline.core import dicomview  # noqa: F401 - loaded here once, not again in every child

    asked = Panel.model_validate(panel)
    files = [(case.file(source), source.kind) for source in case.pictures(asked.image)]
    shown: bytes = worker.call(_draw, files, asked, where=asked.image, seconds=SECONDS)
    return shown


def _draw(files: list[tuple[Path, str]], asked: Panel) -> bytes:
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
        return _png(dicomview.render(dicomview.Wanted(path, dict(files)[path], asked.frame, window)))
    except NoPictureError as e:
        said = findings.make(e.trouble.code, (asked.image, 0), **e.trouble.words)
        raise worker.Refused(said.message) from None


def _png(shown: Picture) -> bytes:
    from PIL import Image

    picture = Image.frombytes(shown.mode, (shown.width, shown.height), shown.data)
    picture.thumbnail((LARGEST, LARGEST), Image.Resampling.LANCZOS)
    out = io.BytesIO()
    picture.save(out, "PNG", compress_level=1)
    return out.getvalue()
