"""Words and codes drawn into pictures, and onto pages that are pictures. Run in the worker.

The same reader as the cleaner's (core/lines.py), but none of its judgement: whatever was read is searched. It
reads print in Latin letters; handwriting and print in other scripts only a person can see.
"""

from __future__ import annotations

import io
from collections.abc import Iterator
from typing import Any

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageOps, ImageSequence

from pipeline.core import lines, picture
from pipeline.verify.pieces import Piece, Unreadable

READ, CODE = "(writing in the picture)", "(code in the picture)"
FORMATS = (
    "JPEG",
    "PNG",
    "TIFF",
    "WEBP",
    "GIF",
    "BMP",
    "HEIF",
    "AVIF",
    "JPEG2000",
    "ICO",
    "PSD",
    "PCX",
    "PPM",
    "TGA",
)
FRAMES = 12  # of one file that are read, evenly spread; text is burned into all of them or the first
SURE = 0.5  # of a line: below, the reader makes letters of bone and hair
CLEAR, WORD = 0.9, 4  # score and letters of a line that is surely read the right way round
SMALL, SPECK = (
    1200,
    24,
)  # pixels: of a picture read enlarged too (its width); of one without words (a side)
PAGE_DOTS = 130 / 72  # pixels per point at which a page is looked at
PAGES = 60  # of one PDF
CLEARABLE, OPAQUE = {"RGBA", "LA", "PA", "P"}, 255
Bytes = npt.NDArray[np.uint8]
Image.init()  # every format once, here: else each child loads them again


def look(data: bytes, place: str, kind: str) -> Iterator[Piece]:
    """What can be read in the pixels of a picture or a PDF. Raises Unreadable when it cannot be decoded."""
    frames = {"dicom": _dicom, "pdf": _pages}.get(kind, _photo)
    try:
        for number, pixels in enumerate(frames(data), 1):
            here = f"{place} › {number}" if number > 1 or kind == "pdf" else place
            yield from _read(pixels, here, kind == "pdf")
    except (MemoryError, Unreadable):
        raise
    except Exception as e:  # whatever the library calls it; its message may quote the file
        raise Unreadable(f"{place}: its pixels could not be looked at") from e


def _read(pixels: Bytes, place: str, page: bool) -> Iterator[Piece]:
    import zxingcpp

    said = dict.fromkeys(text for turned in _ways(pixels, page) for text in turned)
    if said:
        yield Piece(f"{place} {READ}", "\n \n \n".join(said))
    if codes := [code.text for code in zxingcpp.read_barcodes(pixels) if code.text]:
        yield Piece(f"{place} {CODE}", "\n \n \n".join(codes))


def _ways(pixels: Bytes, page: bool) -> Iterator[list[str]]:
    """Lines read upright; enlarged where it is a small picture; turned, until clear writing is read."""
    found = lines.read(pixels, lines.find(pixels, photo=True))
    yield _said(found)
    if not page and pixels.shape[1] < SMALL and min(pixels.shape[:2]) >= SPECK:
        large = np.asarray(Image.fromarray(pixels).resize((2 * pixels.shape[1], 2 * pixels.shape[0])))
        more = lines.read(large, lines.find(large, photo=True))
        yield _said(more)
        found = [*found, *more]
    for turns in (1, 2, 3) if found else ():  # lines are found whichever way they lie
        if any(line.score >= CLEAR and len(line.text) >= WORD for line in found):
            return
        turned = np.ascontiguousarray(np.rot90(pixels, turns))
        found = lines.read(turned, lines.find(turned, photo=True))
        yield _said(found)


def _said(found: list[lines.Line]) -> list[str]:
    return [line.text for line in found if line.score >= SURE and line.text.strip()]


def _photo(data: bytes) -> Iterator[Bytes]:
    import pi_heif

    pi_heif.register_heif_opener()
    with Image.open(io.BytesIO(data), formats=FORMATS) as opened:
        count = int(getattr(opened, "n_frames", 1))
        wanted = set(_spread(count))
        for number, frame in enumerate(ImageSequence.Iterator(opened)):
            if number in wanted:
                picture.check_size(*frame.size)
                shown = ImageOps.exif_transpose(frame)
                yield _eight_bits(shown)
                if (
                    shown.mode in CLEARABLE
                    and shown.convert("RGBA").getchannel("A").histogram()[OPAQUE] < shown.width * shown.height
                ):
                    yield np.asarray(shown.convert("RGBA").convert("RGB"), np.uint8)  # what lies under it


def _eight_bits(frame: Image.Image) -> Bytes:
    if frame.mode.startswith(("I", "F")):
        return _stretched(np.asarray(frame, np.float32))
    if frame.mode in CLEARABLE:
        white = Image.new("RGBA", frame.size, "white")
        white.alpha_composite(frame.convert("RGBA"))
        frame = white
    return np.asarray(frame.convert("RGB"), np.uint8)


def _stretched(values: npt.NDArray[Any]) -> Bytes:
    low, high = float(values.min()), float(values.max())
    return np.asarray((values - low) * (255 / max(high - low, 1e-6)), np.uint8)


def _dicom(data: bytes) -> Iterator[Bytes]:
    import pydicom
    from pydicom.dataset import FileMetaDataset

    whole = pydicom.dcmread(io.BytesIO(data), force=True)
    yield from _frames(whole)
    for group in range(0x6000, 0x6020, 2):  # overlays: PS3.3 C.9.2
        if (group, 0x3000) in whole:
            drawn = np.asarray(whole.overlay_array(group), np.uint8) * np.uint8(255)
            yield drawn[0] if drawn.ndim == 3 else drawn
    for icon in whole.get("IconImageSequence") or ():  # PS3.3 C.7.6.1.1.6
        icon.file_meta = FileMetaDataset()
        coded = "PixelData" in icon and icon["PixelData"].is_undefined_length
        icon.file_meta.TransferSyntaxUID = (
            whole.file_meta.TransferSyntaxUID if coded else _native(whole.original_encoding)
        )
        yield from _frames(icon)


def _native(encoding: tuple[bool | None, bool | None]) -> str:
    from pydicom.uid import ExplicitVRBigEndian, ExplicitVRLittleEndian, ImplicitVRLittleEndian

    implicit, little = encoding
    if not little:
        return ExplicitVRBigEndian
    return ImplicitVRLittleEndian if implicit else ExplicitVRLittleEndian


def _frames(dataset: Any) -> Iterator[Bytes]:
    from pydicom.pixels.utils import pixel_array

    if "Rows" not in dataset or "PixelData" not in dataset:
        return
    picture.check_size(int(dataset.Columns), int(dataset.Rows))
    for number in _spread(int(dataset.get("NumberOfFrames") or 1)):
        values = np.asarray(pixel_array(dataset, index=number))
        yield values.astype(np.uint8) if values.dtype == np.uint8 else _stretched(values.astype(np.float32))


def _pages(data: bytes) -> Iterator[Bytes]:
    """The pages of a PDF that show pictures, as they are seen."""
    import pypdfium2

    document = pypdfium2.PdfDocument(data)
    pictured = [n for n in range(len(document)) if _has_picture(document[n])]
    if len(pictured) > PAGES:
        raise Unreadable(f"more than {PAGES} pages of pictures")
    for number in pictured:
        page = document[number]
        scale = min(PAGE_DOTS, 3000 / max(page.get_size()))
        yield np.asarray(page.render(scale=scale).to_pil().convert("RGB"), np.uint8)


def _has_picture(page: Any) -> bool:
    import pypdfium2.raw

    return any(True for _ in page.get_objects(filter=[pypdfium2.raw.FPDF_PAGEOBJ_IMAGE], max_depth=5))


def _spread(count: int) -> list[int]:
    """Which of `count` frames are read."""
    if count <= FRAMES:
        return list(range(count))
    return sorted({round(n * (count - 1) / (FRAMES - 1)) for n in range(FRAMES)})
