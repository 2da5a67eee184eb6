"""What charts are drawn with: one font, sizes in points and millimetres, colours that all eyes tell apart.

The font is the DejaVu Sans that comes with matplotlib, never one of the computer's, so that the same record
gives the same bytes everywhere. Nothing in a text is read as mathematics or markup.
"""

from __future__ import annotations

import importlib.util
import json
import os
import re
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any

from pipeline.core import words

INCH, POINT = 25.4, 25.4 / 72  # mm
SIZE = 8.0  # points, of every word and number; JMCR asks for 8 or more, others for 6
LINE = 1.3  # distance of lines, in sizes
DARK, PALE, RULE = "#000000", "#e6e6e6", "#8c8c8c"
# Okabe and Ito, Color Universal Design (2008), without the yellow that white paper swallows. Each goes with a
# marker and a kind of line of its own.
COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#56B4E9", "#E69F00")
GREYS = ("#000000", "#4d4d4d")
MARKERS = ("o", "s", "^", "D", "v", "p")
LINES: tuple[Any, ...] = ("-", (0, (5, 1.5)), (0, (2, 1)), (0, (6, 1.5, 1.5, 1.5)))
FONTS: dict[str, Any] = {  # the one font, as matplotlib writes its list of fonts
    "__class__": "FontManager",
    "_FontManager__default_weight": "normal",
    "default_size": None,
    "defaultFamily": {"ttf": "DejaVu Sans", "afm": "Helvetica"},
    "afmlist": [],
    "ttflist": [
        {
            "__class__": "FontEntry",
            "fname": "fonts/ttf/DejaVuSans.ttf",
            "name": "DejaVu Sans",
            "style": "normal",
            "variant": "normal",
            "weight": 400,
            "stretch": "normal",
            "size": "scalable",
        }
    ],
}
RAISED = str.maketrans("0123456789+-−=()ni", "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁻⁼⁽⁾ⁿⁱ")
LOWERED = str.maketrans("0123456789+-−=()aeox", "₀₁₂₃₄₅₆₇₈₉₊₋₋₌₍₎ₐₑₒₓ")
SHIFTED = re.compile(r"\^([^\s^]+)\^|~([^\s~]+)~")


@contextmanager
def drawing() -> Iterator[None]:
    """Draw with the defaults of matplotlib, not the computer's."""
    _imported()
    import matplotlib

    with matplotlib.rc_context():
        matplotlib.rcdefaults()
        matplotlib.rcParams.update(
            {"pdf.fonttype": 42, "text.parse_math": False, "axes.linewidth": 0.6, "font.size": SIZE}
        )
        yield


@cache
def _imported() -> None:
    """Import matplotlib with a private folder for what it would keep in the user's home.

    There it finds a list of fonts in the form of its own cache, so that it does not read every font of the
    computer, which takes seconds. A version that does not know this form makes its own list.
    """
    before = os.environ.get("MPLCONFIGDIR")
    with tempfile.TemporaryDirectory(prefix="casereport-") as folder:
        os.environ["MPLCONFIGDIR"] = folder
        try:
            found = importlib.util.find_spec("matplotlib.font_manager")
            source = Path(found.origin).read_text(encoding="utf-8") if found and found.origin else ""
            version = re.search(r"__version__ = [\"']([\w.]+)", source)
            name = version.group(1) if version else ""
            (Path(folder) / f"fontlist-v{name}.json").write_text(json.dumps(FONTS | {"_version": name}))
            importlib.import_module("matplotlib.font_manager")
        finally:
            del os.environ["MPLCONFIGDIR"]
            if before is not None:
                os.environ["MPLCONFIGDIR"] = before


def prose(text: str, numbers: words.Numbers) -> str:
    """Prose of the record as plain letters: raised and lowered ones as their own signs, no markup."""

    def shifted(found: re.Match[str]) -> str:
        up, down = found.groups()
        turned = up.translate(RAISED) if up else down.translate(LOWERED)
        changed = all(a != b for a, b in zip(up or down, turned, strict=True))
        return turned if changed else f"({up})" if up else str(down)

    return " ".join(words.plain(SHIFTED.sub(shifted, text), numbers).split())


@cache
def _file(*, bold: bool = False) -> Path:
    import matplotlib

    return Path(matplotlib.get_data_path()) / "fonts" / "ttf" / f"DejaVuSans{'-Bold' if bold else ''}.ttf"


@cache
def font(size: float = SIZE, *, bold: bool = False) -> Any:
    """The font for matplotlib."""
    from matplotlib.font_manager import FontProperties

    return FontProperties(fname=_file(bold=bold), size=size)


def lacking(figure: Any) -> str:
    """The characters in a matplotlib figure that the font has no shape for, sorted."""
    from matplotlib.ft2font import FT2Font
    from matplotlib.text import Text

    shapes = FT2Font(str(_file())).get_charmap()
    used = {c for text in figure.findobj(Text) for c in text.get_text() if c != "\n"}
    return "".join(sorted(c for c in used if ord(c) not in shapes))


@cache
def _ruler(*, bold: bool) -> Any:
    from PIL import ImageFont

    return ImageFont.truetype(_file(bold=bold), 100, layout_engine=ImageFont.Layout.BASIC)


def wide(text: str, size: float = SIZE, *, bold: bool = False) -> float:
    """Width of one line in mm."""
    return float(_ruler(bold=bold).getlength(text)) / 100 * size * POINT


def high(lines: int, size: float = SIZE) -> float:
    """Height of so many lines in mm."""
    return lines * size * LINE * POINT


def wrap(text: str, width: float, size: float = SIZE, *, bold: bool = False) -> list[str]:
    """Lines of at most `width` mm, broken between words; a word that is longer is broken too."""
    lines = [""]
    for word in text.split():
        longer = f"{lines[-1]} {word}".strip()
        if wide(longer, size, bold=bold) <= width:
            lines[-1] = longer
            continue
        if lines[-1]:
            lines.append("")
        for letter in word:
            if lines[-1] and wide(lines[-1] + letter, size, bold=bold) > width:
                lines.append("")
            lines[-1] += letter
    return lines


def apart(wanted: Sequence[float], sizes: Sequence[float]) -> list[float]:
    """Middles of things of these sizes, in this order, as near to `wanted` as they get without overlapping.

    The least squares solution (pool adjacent violators; Barlow et al. 1972).
    """
    offsets = [sum(sizes[:n]) + sizes[n] / 2 for n in range(len(sizes))]
    pools: list[tuple[float, int]] = []  # mean of wanted minus offset, how many
    for want, offset in zip(wanted, offsets, strict=True):
        mean, count = want - offset, 1
        while pools and pools[-1][0] > mean:
            other, more = pools.pop()
            mean, count = (mean * count + other * more) / (count + more), count + more
        pools.append((mean, count))
    starts = [mean for mean, count in pools for _ in range(count)]
    return [start + offset for start, offset in zip(starts, offsets, strict=True)]


def inside(middles: Iterable[float], sizes: Sequence[float], end: float) -> list[float]:
    """The same with nothing before 0 or after `end`; they must have room."""
    room = sum(sizes)
    out, before, left = [], 0.0, room
    for middle, size in zip(middles, sizes, strict=True):
        left -= size
        out.append(min(max(middle, before + size / 2), end - left - size / 2))
        before = out[-1] + size / 2
    return out
