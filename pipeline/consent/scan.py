"""Read a signed form back: PDF, JPEG, PNG, HEIC or TIFF, pages in any order and any way up.

Only pixels come back, never text, attachments, scripts or metadata of the file, and only from a capped
child process; and whether a PDF page is the form as we printed it, never scanned. Reading a page means
reading its code and how the form lies on it; what stands in the boxes is read afterwards (boxes.py).
"""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pipeline.consent import elements
from pipeline.consent.binding import PageCode, page_code
from pipeline.consent.form import folded
from pipeline.core import worker

if TYPE_CHECKING:
    from PIL.Image import Image

    from pipeline.consent.lay import Corners, Lay, Picture

MAX_PAGES = 50
MAX_PIXELS = 100_000_000
DPI = 200  # of a PDF page; the code needs about 75 (module 0.7 mm)
LONG_SIDE = 4000  # pixels, the most that is looked at
KEPT_SIDE = 2400  # pixels, the most that is kept for the dossier: A4 at 200 dpi
CODE_DPI = 400  # of a code that is straightened
SOFT = 0.35  # mm: what is taken away when a straightened code is sharpened, half a module
SOMETHING = 25.0  # deviation of brightness: less is no code
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
    lay: Lay | None = None  # how the form lies on `jpeg`; None without exactly one code


def read(path: Path, kind: str, file: int) -> tuple[ScanPage, ...]:
    """Every page of one file of `kind` (by content).

    Raises InputError in plain words: not a scan, damaged, locked, empty, too long or too large.
    """
    wordings = [elements.wording(language) for language in elements.languages()]
    ours = [folded(words["empty_box"]) for words in wordings]  # stands at the foot of every page of a form
    pages = worker.call(_pages, path, kind, ours, where=f"file {file + 1} of consent.files")
    return tuple(
        ScanPage(file, number, tuple(filter(None, map(page_code, texts))), jpeg, printed, lay)
        for number, (texts, jpeg, lay, printed) in enumerate(pages, start=1)
    )


def _pages(path: Path, kind: str, ours: list[str]) -> list[tuple[list[str], bytes, Lay | None, bool]]:
    """Inside the worker: (texts of the QR codes, JPEG, lay of the form, printed by us) of every page."""
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


def _page(image: Image) -> tuple[list[str], bytes, Lay | None]:
    import numpy as np
    from PIL import Image as Pictures

    from pipeline.consent import lay as lying

    factor = min(1.0, KEPT_SIDE / max(image.size))
    kept = image.convert("RGB")
    kept.thumbnail((KEPT_SIDE, KEPT_SIDE), Pictures.Resampling.BILINEAR)
    grey = np.asarray(kept.convert("L"))
    found = _codes(grey)
    if not found and factor < 1:
        there = _codes(np.asarray(image.convert("L")))
        found = [(text, [(x * factor, y * factor) for x, y in corners]) for text, corners in there]
    lay = lying.by_code(grey, found[0][1]) if len(found) == 1 else None
    quarters = _quarters(found[0][1]) if found else 0
    upright = kept.rotate(90 * quarters, expand=True) if quarters else kept
    jpeg = io.BytesIO()
    upright.save(jpeg, "JPEG", quality=80)
    turned = lay.turned(quarters, *kept.size) if lay else None
    return [text for text, _ in found], jpeg.getvalue(), turned


def _quarters(corners: Corners) -> int:
    """How often a page must be turned by 90 degrees counter-clockwise for its code to stand upright."""
    import math

    (left, top), (right, below) = corners[0], corners[1]
    return round(math.degrees(math.atan2(below - top, right - left)) / 90) % 4


def _codes(grey: Picture) -> list[tuple[str, Corners]]:
    """Our codes on a page and their corners in pixels: look again, harder, until one is found."""
    for view in _views(grey):
        if found := view():
            return sorted(found.items())
    return []


Found = dict[str, Any]  # text of a code -> its corners


def _views(grey: Picture) -> Iterator[Callable[[], Found]]:
    """The page as it is; its code alone, straightened by the corner marks; the page larger and sharper."""
    yield lambda: _read(grey)
    yield lambda: _read_straightened(grey)
    yield lambda: _read_larger(grey)


def _read(picture: Any, back: Callable[[Corners], Corners] = lambda corners: corners) -> Found:
    import zxingcpp

    wanted = zxingcpp.barcode_formats_from_str("QRCode")
    for binarizer in (zxingcpp.Binarizer.LocalAverage, zxingcpp.Binarizer.GlobalHistogram):
        codes: list[Any] = zxingcpp.read_barcodes(picture, formats=wanted, binarizer=binarizer)
        ours = {code.text: back(_corners(code.position)) for code in codes if page_code(code.text)}
        if ours:
            return ours
    return {}


def _corners(at: Any) -> Corners:
    corners = (at.top_left, at.top_right, at.bottom_right, at.bottom_left)
    return [(float(corner.x), float(corner.y)) for corner in corners]


def _read_straightened(grey: Picture) -> Found:
    """The code where the corner marks say it stands, at CODE_DPI and sharpened, the page any way up."""
    from pipeline.consent import lay as lying
    from pipeline.core.opencv import cv2

    fine, around = CODE_DPI / 25.4, 3.0
    x, y, side = lying.CODE[0] - around, lying.CODE[1] - around, lying.CODE[2] + 2 * around
    for lay in lying.by_marks(grey):
        flat = lying.straightened(grey, lay, x, y, side, side, fine)
        if float(flat.std()) < SOMETHING:
            continue

        def back(corners: Corners, lay: Lay = lay) -> Corners:
            there = lay.pixels([(x + px / fine, y + py / fine) for px, py in corners])
            return [(float(px), float(py)) for px, py in there]

        for sharpness in (0.0, 1.5, 4.0):
            soft = cv2.GaussianBlur(flat, (0, 0), SOFT * fine)
            found = _read(cv2.addWeighted(flat, 1 + sharpness, soft, -sharpness, 0), back)
            if found:
                return found
    return {}


def _read_larger(grey: Picture) -> Found:
    from pipeline.core.opencv import cv2

    factor = min(2.0, LONG_SIDE / max(grey.shape))
    large = (
        cv2.resize(grey, None, fx=factor, fy=factor, interpolation=cv2.INTER_CUBIC) if factor > 1 else grey
    )
    scale = large.shape[1] / grey.shape[1]

    def back(corners: Corners) -> Corners:
        return [(x / scale, y / scale) for x, y in corners]

    soft = cv2.GaussianBlur(large, (0, 0), 2)
    for view in (large, cv2.addWeighted(large, 3.5, soft, -2.5, 0), soft):
        if found := _read(view, back):
            return found
    return {}
