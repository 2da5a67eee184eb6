"""Read a signed form back: PDF, JPEG, PNG, HEIC or TIFF, pages in any order and any way up.

Only pixels come back, never text, attachments, scripts or metadata of the file, and only from a capped
child process; and whether a PDF page is the form as we printed it, never scanned. Reading a page means
reading its code; whether a box is ticked or a name signed, a person must see.
"""

from __future__ import annotations

import io
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pipeline.consent import elements
from pipeline.consent.binding import PageCode, page_code
from pipeline.consent.form import folded
from pipeline.core import worker

if TYPE_CHECKING:
    from PIL.Image import Image

MAX_PAGES = 50
MAX_PIXELS = 100_000_000
DPI = 200  # of a PDF page; the code needs about 75 (module 0.7 mm)
LONG_SIDE = 4000  # pixels, the most that is looked at
KEPT_SIDE = 2400  # pixels, the most that is kept for the dossier: A4 at 200 dpi
SHEET = 0.5  # of a page: a picture this large is the scan itself, and words with it were read by a machine
PICTURES = {"jpeg": "JPEG", "png": "PNG", "tiff": "TIFF", "heic": "HEIF"}


@dataclass(frozen=True, slots=True)
class ScanPage:
    """One page of a scan: the codes of ours that were read on it, and its picture, upright."""

    file: int  # which of consent.files, from 0
    number: int  # which page of that file, from 1
    codes: tuple[PageCode, ...]
    jpeg: bytes
    printed: bool = False  # the page of our own PDF, not a scan of the paper


def read(path: Path, kind: str, file: int) -> tuple[ScanPage, ...]:
    """Every page of one file of `kind` (by content).

    Raises InputError in plain words: not a scan, damaged, locked, empty, too long or too large.
    """
    wordings = [elements.wording(language) for language in elements.languages()]
    ours = [folded(words["empty_box"]) for words in wordings]  # stands at the foot of every page of a form
    pages = worker.call(_pages, path, kind, ours, where=f"file {file + 1} of consent.files")
    return tuple(
        ScanPage(file, number, tuple(filter(None, map(page_code, texts))), jpeg, printed)
        for number, (texts, jpeg, printed) in enumerate(pages, start=1)
    )


def _pages(path: Path, kind: str, ours: list[str]) -> list[tuple[list[str], bytes, bool]]:
    """Inside the worker: (texts of the QR codes, JPEG, printed by us) of every page."""
    if kind == "pdf":
        return [(*_page(image), printed) for image, printed in _pdf(path, ours)]
    if kind in PICTURES:
        return [(*_page(image), False) for image in _pictures(path, PICTURES[kind])]
    raise worker.Refused("is not a PDF, JPEG, PNG, HEIC or TIFF file, whatever its name says")


def _pdf(path: Path, ours: list[str]) -> Iterator[tuple[Image, bool]]:
    import pypdfium2

    try:
        document = pypdfium2.PdfDocument(path)
    except pypdfium2.PdfiumError as e:
        if e.err_code == pypdfium2.raw.FPDF_ERR_PASSWORD:
            raise worker.Refused("is locked with a password; save a copy without one") from None
        raise worker.Refused("is not a PDF that can be opened; it may be damaged") from None
    with document:
        _count(len(document))
        for page in document:
            image = page.render(scale=min(DPI / 72, LONG_SIDE / max(page.get_size()))).to_pil()
            yield image, _is_printed(page, ours)


def _is_printed(page: Any, ours: list[str]) -> bool:
    """Does the page hold the form's words as text and no picture of a sheet of paper?

    A scanner that recognises text lays it, unseen, over the picture of the sheet: that is still a scan.
    """
    import pypdfium2

    layer = folded(page.get_textpage().get_text_range())
    if not any(sentence in layer for sentence in ours):
        return False
    width, height = page.get_size()
    for shown in page.get_objects(filter=[pypdfium2.raw.FPDF_PAGEOBJ_IMAGE]):
        left, bottom, right, top = shown.get_bounds()
        if (right - left) * (top - bottom) >= SHEET * width * height:
            return False
    return True


def _pictures(path: Path, name: str) -> Iterator[Image]:
    import pi_heif
    from PIL import Image, ImageOps, ImageSequence

    Image.MAX_IMAGE_PIXELS = None  # the limit below comes before any pixel is decoded, and says so in words
    pi_heif.register_heif_opener()
    with Image.open(path, formats=[name]) as opened:
        _count(getattr(opened, "n_frames", 1))
        for frame in ImageSequence.Iterator(opened):
            if frame.width * frame.height > MAX_PIXELS:
                raise worker.Refused(f"is larger than {MAX_PIXELS // 1_000_000} megapixels")
            frame.draft("RGB", (LONG_SIDE, LONG_SIDE))  # JPEG only: decode no more than is looked at
            page = ImageOps.exif_transpose(frame).convert("RGB")
            page.thumbnail((LONG_SIDE, LONG_SIDE))
            yield page


def _count(pages: int) -> None:
    if not 1 <= pages <= MAX_PAGES:
        raise worker.Refused(f"has {pages} pages; a signed form has 1 to {MAX_PAGES}")


def _page(image: Image) -> tuple[list[str], bytes]:
    found = _codes(image)
    turned = image.rotate(round(found[0][1] / 90) * 90, expand=True) if found else image
    turned.thumbnail((KEPT_SIDE, KEPT_SIDE))
    jpeg = io.BytesIO()
    turned.convert("RGB").save(jpeg, "JPEG", quality=80)
    return [text for text, _ in found], jpeg.getvalue()


def _codes(image: Image) -> list[tuple[str, int]]:
    """Our codes on a page with the angle they stand at (degrees): look again, harder, until one is found."""
    import zxingcpp

    wanted = zxingcpp.barcode_formats_from_str("QRCode")
    for view in _views(image.convert("L")):
        for binarizer in (zxingcpp.Binarizer.LocalAverage, zxingcpp.Binarizer.GlobalHistogram):
            codes: list[Any] = zxingcpp.read_barcodes(view, formats=wanted, binarizer=binarizer)
            ours = {code.text: code.orientation for code in codes if page_code(code.text)}
            if ours:
                return sorted(ours.items())
    return []


def _views(grey: Image) -> Iterator[Image]:
    """The page as it is, then larger, sharper, softer and turned a little."""
    from PIL import ImageFilter

    yield grey
    factor = min(2.0, LONG_SIDE / max(grey.size))
    large = grey.resize((round(grey.width * factor), round(grey.height * factor))) if factor > 1 else grey
    yield large
    yield large.filter(ImageFilter.UnsharpMask(radius=3, percent=250, threshold=0))
    yield large.filter(ImageFilter.GaussianBlur(2))
    yield large.rotate(10, expand=True, fillcolor=255)
