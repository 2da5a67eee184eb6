"""A photograph becomes its pixels: upright, in sRGB, on white, 8 bits, nothing beside them.

Editing metadata away leaves some of it in every format; decoding to a bare array leaves none. Truncated files
are refused: Pillow raises for them as long as nobody asks it not to.
"""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import numpy as np
import pi_heif
from PIL import Image, ImageCms, ImageOps

from pipeline.core.picture import NoPictureError, Picture, check_crop, check_size

FORMATS = {
    "jpeg": ("JPEG", "MPO"),
    "png": ("PNG",),
    "tiff": ("TIFF",),
    "webp": ("WEBP",),
    "gif": ("GIF",),
    "bmp": ("BMP",),
}
FIRST_IS_THE_PICTURE = {"jpeg", "heic"}  # what follows are previews and gain maps of the same scene
DEEP = ("I;16", "I;16L", "I;16B", "I", "F")
TWELVE_BITS = 4095
Image.init()  # every format once, here: else each worker loads them again


def render(path: Path, kind: str, frame: int | None, crop: dict[str, int] | None) -> Picture:
    """One photograph or scan. `frame` counts from 1 and must be given where a file holds several.

    Raises NoPictureError in our words; what Pillow or libheif raise means a damaged file. Run in the worker.
    """
    Image.MAX_IMAGE_PIXELS = None  # check_size decides, before anything is decoded
    image = _heic(path, frame) if kind == "heic" else _opened(path, kind, frame)
    image = _flat(ImageOps.exif_transpose(image))
    box = check_crop(crop, image.width, image.height)
    image = image.crop(box)
    return Picture(image.mode, image.width, image.height, image.tobytes())


def _opened(path: Path, kind: str, frame: int | None) -> Image.Image:
    image = Image.open(path, formats=FORMATS[kind])
    check_size(*image.size)
    _seek(image, kind, frame)
    check_size(*image.size)
    image.load()
    return image


def _seek(image: Image.Image, kind: str, frame: int | None) -> None:
    frames = getattr(image, "n_frames", 1)
    if frame is None and frames > 1 and kind not in FIRST_IS_THE_PICTURE:
        raise NoPictureError("IMG025", frames=frames)
    if frame is not None and frame > frames:
        raise NoPictureError("IMG025", frames=frames)
    if frame is not None and frame > 1:
        image.seek(frame - 1)


def _heic(path: Path, frame: int | None) -> Image.Image:
    file: Any = pi_heif.open_heif(path, convert_hdr_to_8bit=True)
    if frame is not None and frame > len(file):
        raise NoPictureError("IMG025", frames=len(file))
    chosen = file[file.primary_index if frame is None else frame - 1]
    check_size(*chosen.size)
    image: Image.Image = chosen.to_pillow()
    return image


def _flat(image: Image.Image) -> Image.Image:
    """Grey stays grey (L), all else becomes sRGB; what is transparent shows white."""
    profile = image.info.get("icc_profile")
    if image.mode in DEEP:
        return _eight_bits(image)
    if image.mode in ("1", "L"):
        return image.convert("L")
    if image.has_transparency_data:
        layer = image.convert("RGBA")
        white = Image.new("RGBA", layer.size, "white")
        image = Image.alpha_composite(white, layer).convert("RGB")
    elif image.mode not in ("RGB", "CMYK"):
        image = image.convert("RGB")
    return _srgb(image, profile) if profile else image.convert("RGB")


def _srgb(image: Image.Image, profile: bytes) -> Image.Image:
    """Colours as the embedded ICC profile means them; a profile that does not fit the picture is ignored."""
    try:
        source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
        turned = ImageCms.profileToProfile(image, source, ImageCms.createProfile("sRGB"), outputMode="RGB")
    except (ImageCms.PyCMSError, OSError):
        turned = None
    return turned or image.convert("RGB")


def _eight_bits(image: Image.Image) -> Image.Image:
    """16-bit grey, or 12 bits stored in 16, without the lowest bits; others stretched over their range."""
    values = np.asarray(image)
    if image.mode.startswith("I;16"):
        shift = 4 if int(values.max(initial=0)) <= TWELVE_BITS else 8
        return Image.fromarray((values >> shift).astype(np.uint8))
    low, high = float(values.min()), float(values.max())
    scaled = (values.astype(np.float64) - low) * (255.0 / ((high - low) or 1.0))
    return Image.fromarray(np.floor(scaled + 0.5).astype(np.uint8))
