"""Do the pictures of pages show the manuscript beside them? Each is drawn again. Run in the worker."""

from __future__ import annotations

import io
import re
from importlib import metadata
from typing import Any

from pipeline.core import leaves
from pipeline.verify.claims import REVIEW, SHEET, Claim, State, claim
from pipeline.verify.container import Zip

NAME = "The pictures of the pages show manuscript.pdf, page by page"
LEAF = re.compile(rf"{REVIEW}pages/page-(\d\d)\.png")
MAX_BYTES, MAX_PDF = 8 << 20, 200 << 20  # of one picture; of the manuscript
DRAW = ("pypdfium2", "pillow")  # whose versions decide about single pixels
ALIKE = 12  # levels of grey: another version of them draws letters a little differently
SMALL = (50, 70)


def judge(package: Zip) -> Claim | None:
    """The claim, or None for a package that has no such pictures and says so.

    Raises KeyError, BadMember or pypdfium2.PdfiumError for what cannot be read.
    """
    numbers = sorted(int(found[1]) for name in package.names if (found := LEAF.fullmatch(name)))
    sheet = package.json(SHEET)
    if not numbers and not sheet.get("pages"):
        return None
    manuscript = package.read(f"{REVIEW}manuscript.pdf", MAX_PDF)
    count = min(leaves.count(manuscript), leaves.MAX_PAGES)
    if numbers != list(range(1, count + 1)) or sheet.get("pages") != count:
        said = sheet.get("pages")
        return claim(NAME, f"{len(numbers)} pictures of {count} pages; package.json says {said}")
    other: list[int] = []
    differ: list[int] = []
    for number, page in enumerate(leaves.drawn(manuscript), 1):
        shown = _decoded(package.read(f"{REVIEW}pages/page-{number:02}.png", MAX_BYTES), page.size)
        if shown is not None and shown.convert("RGB").tobytes() == page.convert("RGB").tobytes():
            continue
        (differ if shown is not None and _alike(shown, page) else other).append(number)
    same = all(sheet["tools"].get(name) == metadata.version(name) for name in DRAW)
    if other:
        return claim(NAME, f"another page is shown as page {_list(other)}")
    if differ and same:
        return claim(NAME, f"something was changed on page {_list(differ)}")
    if differ:
        words = (
            f"alike; drawn with other versions of {' and '.join(DRAW)}, so small changes would not be seen"
        )
        return Claim(NAME, State.UNKNOWN, words)
    return claim(NAME, "", f"{count} pages drawn again")


def _decoded(content: bytes, size: tuple[int, int]) -> Any:
    """The picture, if it is a PNG of this size; its size is known before a pixel is decoded."""
    from PIL import Image, UnidentifiedImageError

    try:
        picture = Image.open(io.BytesIO(content), formats=("PNG",))
        if picture.size != size:
            return None
        picture.load()
    except (UnidentifiedImageError, OSError, ValueError, SyntaxError):
        return None
    return picture


def _alike(one: Any, other: Any) -> bool:
    """Would a person who looks from afar take both for the same page?"""
    from PIL import ImageChops

    small = [picture.convert("RGB").convert("L").resize(SMALL, 4) for picture in (one, other)]
    apart: Any = ImageChops.difference(*small)
    return bool(apart.getextrema()[1] <= ALIKE)


def _list(numbers: list[int]) -> str:
    return ", ".join(map(str, numbers))
