"""One picture for an urgent discussion inside the hospital: cleaned as `clean` does, and marked as such.

The mark stands in a band above and below the picture and, faintly, in its corners, so that cutting the bands
off does not take it away; the middle of the picture stays as it is.
"""

from __future__ import annotations

import os
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from pipeline.core import dicomview, findings, picture, resources, worker
from pipeline.core.errors import InputError, OutputError, UsageError
from pipeline.deidentify.folder.glance import Look

if TYPE_CHECKING:
    from PIL import Image, ImageFont

WORDS = "for discussion in hospital only, do not forward"
FONT = "consent/fonts/NotoSans_700Bold.ttf"
BAND, CORNER = 0.06, 0.42  # of the shorter side: height of a band; of the width: length of a corner mark
FAINT = 110  # of 255
SMALLEST = 320  # pixels of the shorter side: a smaller picture is enlarged, lest the mark hide what it shows


def check_place(target: Path) -> None:
    """Raises UsageError where the picture must not be written."""
    if target.suffix.lower() != ".png" or target.exists() or target.is_symlink():
        raise UsageError(
            "the marked picture needs a new name that ends in .png", fix="nothing is overwritten"
        )


def write(looked: Look, target: Path) -> None:
    """Write the cleaned, marked PNG of the one picture looked at to `target`, whole or not at all.

    Raises UsageError for several pictures or where `target` is there already, InputError when there is no
    clean copy, OutputError when the disk refuses.
    """
    check_place(target)
    marked = _marked(_pixels(*looked.copy()))
    try:
        fd, part = tempfile.mkstemp(prefix=f".{target.stem}.", suffix=".part", dir=target.parent)
        with os.fdopen(fd, "wb") as f:
            marked.save(f, "PNG")
        Path(part).replace(target)
    except OSError as e:
        raise OutputError(f"cannot write ({e.strerror})", where=target.name) from e


def _pixels(copy: Path, kind: str) -> Image.Image:
    from PIL import Image

    wanted = dicomview.Wanted(copy, "dicom" if kind == "dicom" else "png")
    made = worker.call(picture.guarded, dicomview.render, wanted, where="picture", memory=worker.READING)
    if isinstance(made, picture.Trouble):
        said = findings.make(made.code, **made.words)
        raise InputError(said.message, code=said.code, why=said.why, fix=said.fix)
    return Image.frombytes(made.mode, (made.width, made.height), made.data).convert("RGB")


def _marked(shown: Image.Image) -> Image.Image:
    """The picture between two bands with the mark, and the mark faintly in its corners."""
    from PIL import Image, ImageDraw

    times = -(-SMALLEST // min(shown.size))
    shown = shown.resize((shown.width * times, shown.height * times), Image.Resampling.NEAREST)
    width, height = shown.size
    band = max(18, round(min(width, height) * BAND))
    page = Image.new("RGB", (width, height + 2 * band), "white")
    page.paste(shown, (0, band))
    over = Image.new("RGBA", page.size, (0, 0, 0, 0))
    draw = ImageDraw.Draw(over)
    large = _fitting(width * 0.96, band * 0.8)
    for middle in (band / 2, height + 1.5 * band):
        draw.text((width / 2, middle), WORDS, (160, 0, 0, 255), large, "mm")
    small = _fitting(width * CORNER, band * 0.6)
    for x, side in ((width * 0.02, "l"), (width * 0.98, "r")):
        for y, line in ((band * 1.2, "a"), (height + band * 0.8, "d")):
            draw.text(
                (x, y),
                WORDS,
                (255, 255, 255, FAINT),
                small,
                side + line,
                stroke_width=1,
                stroke_fill=(0, 0, 0, FAINT),
            )
    return Image.alpha_composite(page.convert("RGBA"), over).convert("RGB")


def _fitting(width: float, height: float) -> ImageFont.FreeTypeFont:
    """The font in the largest size in which the mark is no wider and no higher than this."""
    from PIL import ImageFont

    path = str(resources.path(FONT))
    one = ImageFont.truetype(path, 100)
    return ImageFont.truetype(path, max(6, int(min(height, 100 * width / one.getlength(WORDS)))))
