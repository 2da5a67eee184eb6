"""A photograph becomes its pixels: upright, in sRGB, on white, 8 bits, nothing beside them.

Editing metadata away leaves some of it in every format; decoding to a bare array leaves none. Truncated files
are refused: Pillow raises for them as long as nobody asks it not to. Sizes are checked before anything is
decoded, and one copy of the picture is let go before the next is made: 60 megapixels are 240 MB in Pillow.
"""

from __future__ import annotations

import errno
import io
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pi_heif
from PIL import ExifTags, Image, ImageCms, ImageFile, ImageOps, PngImagePlugin

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
DEPTHS = (8, 10, 12, 14, 16)  # bits that devices store in 16
TEXT = 64 << 20  # bytes of text in a PNG that are skipped; Pillow's own limit refuses harmless files
BAND = 512  # rows that are converted at a time
Image.init()  # every format once, here: else each worker loads them again


@dataclass(frozen=True, slots=True)
class Page:
    """One page or frame, and what had to be converted (keys of templates/rules/photographs.yaml, `notes`)."""

    pixels: npt.NDArray[np.uint8]  # height x width (grey) or height x width x 3 (sRGB)
    changed: frozenset[str]


def render(
    path: Path,
    kind: str,
    frame: int | None,
    crop: dict[str, int] | None,
    cover: tuple[dict[str, int], ...] = (),
) -> Picture:
    """One photograph or scan. `frame` counts from 1 and must be given where a file holds several.

    Raises NoPictureError in our words; what Pillow or libheif raise means a damaged file. Run in the worker.
    """
    if kind == "heic":
        image = _heic(path, frame)
    else:
        image = _opened(path, kind)
        _seek(image, kind, frame)
        check_size(*image.size)
        image.load()
    image = _flat(image, set())
    for area in cover:
        image.paste(0, check_crop(area, image.width, image.height))
    box = check_crop(crop, image.width, image.height)
    image = image.crop(box)
    return Picture(image.mode, image.width, image.height, image.tobytes())


def pages(path: Path, kind: str, most: int) -> tuple[int, Iterator[Page]]:
    """How many pages or frames a file holds, and each of them, decoded when it is asked for.

    A JPEG or HEIC holds one; previews and second images of the scene are not read. Raises NoPictureError,
    also while iterating: IMG050 for more than `most` pages, IMG022 for too many pixels, IMG021 for everything
    a decoder dislikes. Run in the worker.
    """
    with _Refusing():
        if kind == "heic" and not _is_avif(path):
            return 1, _decoded(_loaded(path))
        image = _opened(path, kind)
        count = 1 if kind in FIRST_IS_THE_PICTURE else int(getattr(image, "n_frames", 1))
    if count > most:
        raise NoPictureError("IMG050", frames=count, limit=most)
    return count, _decoded(_frames(image, count))


def _frames(image: ImageFile.ImageFile, count: int) -> Iterator[tuple[Image.Image, set[str]]]:
    """Each page loaded; of several each as a copy, because the file loads the next in its place."""
    for n in range(count):
        if count > 1:
            image.seek(n)
        check_size(*image.size)
        deep = any(";16" in str(tile.args) for tile in image.tile)  # colours of 16 bits: Pillow keeps 8
        image.load()
        yield image.copy() if count > 1 else image, {"depth"} if deep else set()


def _loaded(path: Path) -> Iterator[tuple[Image.Image, set[str]]]:
    image = _heic(path, None)
    yield image, {"depth"} if int(image.info.get("bit_depth", 8)) > 8 else set()


def _decoded(images: Iterator[tuple[Image.Image, set[str]]]) -> Iterator[Page]:
    while True:
        with _Refusing():
            shown = next(images, None)
            if shown is None:
                return
            image, changed = shown
            del shown
            flat = _flat(image, changed)
            if flat is not image:
                image.close()  # the file still refers to it: let its pixels go
            pixels = _array(flat)
            flat.close()
            del image, flat
        yield Page(pixels, frozenset(changed))


def _array(image: Image.Image) -> npt.NDArray[np.uint8]:
    """The pixels of an L or RGB image. Band by band: at once, Pillow makes two more copies on the way."""
    shape = (image.height, image.width) if image.mode == "L" else (image.height, image.width, 3)
    pixels = np.empty(shape, np.uint8)
    for top in range(0, image.height, BAND):
        band = image.crop((0, top, image.width, min(top + BAND, image.height)))
        pixels[top : top + BAND] = np.asarray(band)
    return pixels


class _Refusing:
    """Whatever a decoder raises becomes IMG021: its message may quote the file. Lack of memory stays that."""

    def __enter__(self) -> None:
        """Nothing to prepare."""

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _trace: object) -> None:
        if isinstance(error, OSError) and error.errno == errno.ENOMEM:
            raise MemoryError from None
        if isinstance(error, Exception) and not isinstance(error, NoPictureError | MemoryError):
            raise NoPictureError("IMG021") from None


def _opened(path: Path, kind: str) -> ImageFile.ImageFile:
    Image.MAX_IMAGE_PIXELS = None  # check_size decides, before anything is decoded
    PngImagePlugin.MAX_TEXT_CHUNK = PngImagePlugin.MAX_TEXT_MEMORY = TEXT
    formats = ("AVIF",) if kind == "heic" else FORMATS[kind]
    image = Image.open(path, formats=formats)
    check_size(*image.size)
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
    if _is_avif(path):  # the same boxes, another codec: Pillow brings it
        image: Image.Image = _opened(path, "heic")
        _seek(image, "heic", frame)
        image.load()
        return image
    file: Any = pi_heif.open_heif(path, convert_hdr_to_8bit=True)
    if frame is not None and frame > len(file):
        raise NoPictureError("IMG025", frames=len(file))
    chosen = file[file.primary_index if frame is None else frame - 1]
    check_size(*chosen.size)
    upright: Image.Image = chosen.to_pillow()
    return upright


def _is_avif(path: Path) -> bool:
    """Whether the file's major brand is AVIF (AV1 Image File Format, 6.2)."""
    with path.open("rb") as f:
        return f.read(12)[8:12] in (b"avif", b"avis")


def _flat(image: Image.Image, changed: set[str]) -> Image.Image:
    """Upright. Grey stays grey (L), all else becomes sRGB; what is transparent shows white."""
    profile = image.info.get("icc_profile")
    _upright(image, changed)
    if image.mode in DEEP:
        changed.add("depth")
        return _eight_bits(image)
    if image.mode in ("1", "L") and not image.has_transparency_data:
        return image.convert("L")
    if image.has_transparency_data:
        changed.add("alpha")
        image = _on_white(image)
    elif image.mode not in ("RGB", "CMYK"):
        changed.add("palette" if image.mode == "P" else "colour")
        image = image.convert("RGB")
    if profile:
        return _srgb(image, profile, changed)
    if image.mode == "CMYK":
        changed.add("colour")
    return image if image.mode == "RGB" else image.convert("RGB")


def _upright(image: Image.Image, changed: set[str]) -> None:
    """Turn and mirror it as its Exif orientation says, in place; a damaged Exif block says nothing."""
    try:
        turned = image.getexif().get(ExifTags.Base.Orientation, 1) not in (0, 1)
        ImageOps.exif_transpose(image, in_place=True)
    except (ValueError, TypeError, KeyError, SyntaxError, struct.error, OSError):
        changed.add("unsure_up")
        return
    if turned:
        changed.add("turned")


def _on_white(image: Image.Image) -> Image.Image:
    """The picture as it shows on white paper, RGB."""
    layer = image if image.mode == "RGBA" else image.convert("RGBA")
    paper = Image.new("RGB", layer.size)
    for top in range(0, layer.height, BAND):
        band = layer.crop((0, top, layer.width, min(top + BAND, layer.height)))
        white = Image.new("RGBA", band.size, "white")
        white.alpha_composite(band)
        paper.paste(white.convert("RGB"), (0, top))
    return paper


def _srgb(image: Image.Image, profile: bytes, changed: set[str]) -> Image.Image:
    """Colours as the embedded ICC profile means them; a profile that does not fit the picture is ignored."""
    try:
        source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
        turned = ImageCms.profileToProfile(image, source, ImageCms.createProfile("sRGB"), outputMode="RGB")
    except (ImageCms.PyCMSError, OSError):
        changed.add("profile")
        turned = None
    if turned is not None:
        changed.add("colour")
    return turned or image.convert("RGB")


def _eight_bits(image: Image.Image) -> Image.Image:
    """Grey of more than 8 bits without the lowest ones; 32 bits and fractions stretched over their range.

    How many of the 16 bits were used is not written in the file: the fewest of DEPTHS that hold the brightest
    pixel. The scale is a power of two, the order of the shades stays.
    """
    values = np.asarray(image)
    if image.mode.startswith("I;16"):
        used = int(values.max(initial=0)).bit_length()
        shift = next(bits for bits in DEPTHS if bits >= used) - 8
        return Image.fromarray((values >> shift).astype(np.uint8))
    finite = np.nan_to_num(values.astype(np.float32 if image.mode == "F" else np.float64), posinf=0, neginf=0)
    low, high = float(finite.min()), float(finite.max())
    scaled = (finite - low) * (255.0 / ((high - low) or 1.0))
    return Image.fromarray(np.floor(np.clip(scaled, 0, 255) + 0.5).astype(np.uint8))
