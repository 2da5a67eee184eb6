"""The pages of a PDF as pictures, the same bytes every time: to look at, and to compare with a page again."""

from __future__ import annotations

import io
from collections.abc import Iterator
from typing import Any

WIDTH = 1000  # pixels of every page: read at arm's length, small enough for a screen
MAX_PAGES = 99  # a manuscript; more are not drawn
GREYS = 16  # for pages of black letters
COLOURS = 128  # for pages with pictures
TINT = 24  # levels between the channels of a pixel that is seen as coloured


def count(content: bytes) -> int:
    """How many pages a PDF has. Raises pypdfium2.PdfiumError for what is none."""
    import pypdfium2

    document = pypdfium2.PdfDocument(content)
    try:
        return len(document)
    finally:
        document.close()


def pictures(content: bytes) -> Iterator[bytes]:
    """Every page as a PNG of WIDTH pixels: 16 greys, or 128 colours where there are pictures.

    Pixels and nothing else are in it (no text, no date). Raises pypdfium2.PdfiumError for what is no PDF.
    """
    for page in drawn(content):
        out = io.BytesIO()
        page.save(out, "PNG", bits=4 if page.info["greys"] else 8)
        yield out.getvalue()


def drawn(content: bytes) -> Iterator[Any]:
    """Every page as it is before it becomes a PNG: a PIL image with few colours. Raises as `pictures`."""
    import pypdfium2

    document = pypdfium2.PdfDocument(content)
    try:
        for number in range(min(len(document), MAX_PAGES)):
            page = document[number]
            yield _few_colours(page.render(scale=WIDTH / page.get_width()).to_pil().convert("RGB"))
    finally:
        document.close()


def _few_colours(page: Any) -> Any:
    """The page with a palette; `info["greys"]` says which of the two."""
    from PIL import Image, ImageChops

    red, green, blue = page.split()
    apart: Any = ImageChops.lighter(ImageChops.difference(red, green), ImageChops.difference(green, blue))
    if apart.getextrema()[1] <= TINT:
        step = 256 // GREYS
        few = page.convert("L").point([level // step for level in range(256)])
        few = Image.frombytes("P", few.size, few.tobytes())
        few.putpalette([level * 255 // (GREYS - 1) for level in range(GREYS) for _ in range(3)])
        few.info["greys"] = True
        return few
    few = page.quantize(COLOURS, Image.Quantize.MEDIANCUT)
    few.info["greys"] = False
    return few
