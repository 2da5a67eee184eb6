"""A photograph becomes its pixels: upright, in sRGB, on white, 8 bits, nothing beside them.

Editing metadata away leaves some of it in every format; decoding to a bare array leaves none. Truncated files
are refused: Pillow raises for them as long as nobody asks it not to. Sizes are checked before anything is
decoded, and one copy of the picture is let go before the next is made: 60 megapixels are 240 MB in Pillow.
"""

from __future__ import annotations

import errno
import io
import os
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pi_heif
from PIL import ExifTags, Image, ImageCms, ImageFile, ImageOps, PngImagePlugin, TiffImagePlugin

from pipeline.core import depth, kinds
from pipeline.core.picture import Extent, NoPictureError, Picture, check_crop, check_size

FORMATS = {
    "jpeg": ("JPEG", "MPO"),
    "png": ("PNG",),
    "tiff": ("TIFF",),
    "webp": ("WEBP",),
    "gif": ("GIF",),
    "bmp": ("BMP",),
}
FIRST_IS_THE_PICTURE = {"jpeg", "heic"}  # what follows are previews and gain maps of the same scene
ORIENTATION, PHOTOMETRIC = 274, 262  # tags of a TIFF
ADOBE_RGB = "R03"  # DCF 2.0, 3.3.3: colours of its option file, which cameras write without an ICC profile
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
    changed: set[str] = set()
    if kind == "heic" and not kinds.is_avif(path):
        image = _heic(path, frame)
    else:
        image = _opened(path, kind)
        _seek(image, kind, frame)
        image = _loaded(image, path, (frame or 1) - 1, changed)
    image = _flat(image, changed)
    for area in cover:
        image.paste(0, check_crop(area, image.width, image.height))
    box = check_crop(crop, image.width, image.height)
    image = image.crop(box)
    return Picture(image.mode, image.width, image.height, image.tobytes())


def extent(path: Path, kind: str, most: int) -> Extent:
    """How many pages or frames a file holds, `most` at most, and their pixels, from its headers alone.

    Raises NoPictureError and whatever a decoder raises. Run in the worker.
    """
    if kind == "heic" and not kinds.is_avif(path):
        wide, high = pi_heif.open_heif(path).size
        return Extent(1, wide * high)
    image = _opened(path, kind)
    count = min(_count(image, kind), most)
    if kind != "tiff":
        return Extent(count, count * image.width * image.height)
    pixels = 0
    for n in range(count):
        image.seek(n)
        pixels += image.width * image.height
    return Extent(count, pixels)


def pages(path: Path, kind: str, most: int) -> tuple[int, Iterator[Page]]:
    """How many pages or frames a file holds, and each of them, decoded when it is asked for.

    A JPEG or HEIC holds one; previews and second images of the scene are not read. Raises NoPictureError,
    also while iterating: IMG050 for more than `most` pages, IMG022 for too many pixels, IMG088 for a sound
    file that no decoder here knows, IMG021 for everything a decoder dislikes. Run in the worker.
    """
    with _Refusing():
        if kind == "heic" and not kinds.is_avif(path):
            return 1, _decoded(_heic_alone(path))
        image = _opened(path, kind)
        count = _count(image, kind)
    if count > most:
        raise NoPictureError("IMG050", frames=count, limit=most)
    return count, _decoded(_frames(image, path, count))


def _count(image: Image.Image, kind: str) -> int:
    return 1 if kind in FIRST_IS_THE_PICTURE else int(getattr(image, "n_frames", 1))


def _frames(image: ImageFile.ImageFile, path: Path, count: int) -> Iterator[tuple[Image.Image, set[str]]]:
    """Each page loaded; of several each as a copy, because the file loads the next in its place."""
    for n in range(count):
        if n and image.format == "TIFF":  # Pillow keeps what the page before said
            for key in ("icc_profile", "xmp"):
                image.info.pop(key, None)
        if count > 1:
            image.seek(n)
        changed: set[str] = set()
        page = _loaded(image, path, n, changed)
        yield page.copy() if page is image and count > 1 else page, changed


def _loaded(image: ImageFile.ImageFile, path: Path, n: int, changed: set[str]) -> Image.Image:
    """The page that the file is at, in 8 bits. `n` is its number, from 0."""
    check_size(*image.size)
    deep = any(";16" in str(tile.args) for tile in image.tile)
    tags = getattr(image, "tag_v2", {})
    if tags.get(ORIENTATION, 1) not in (0, 1):  # Pillow turns a TIFF while it loads it
        changed.add("turned")
    white_is_zero = tags.get(PHOTOMETRIC) == 0
    image.load()
    if image.mode in depth.DEEP:
        return depth.grey(image, changed, white_is_zero=white_is_zero)
    if deep:
        return depth.colour(image, path, n, changed)
    if image.format == "BMP" and image.mode == "RGBA" and image.getchannel("A").getextrema() == (0, 0):
        return image.convert("RGB")  # many programs leave the fourth byte zero and mean no transparency
    return image


def _heic_alone(path: Path) -> Iterator[tuple[Image.Image, set[str]]]:
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
    try:
        image = Image.open(path, formats=formats)
    except OSError as e:  # UnidentifiedImageError is one too
        if (kind == "tiff" and _is_sound_tiff(path)) or str(e).startswith("Unsupported "):
            raise NoPictureError("IMG088", kind=kind.upper()) from None
        raise
    check_size(*image.size)
    return image


def _is_sound_tiff(path: Path) -> bool:
    """Whether the first page of a TIFF is described and its last strip or tile lies in it (TIFF 6.0, 8).

    Raises whatever Pillow raises for one that is not.
    """
    with path.open("rb") as f:
        head = f.read(8)
        tags = TiffImagePlugin.ImageFileDirectory_v2(head + f.read(8) if head[2] == 43 else head)
        f.seek(tags.next)
        tags.load(f)
        size = f.seek(0, os.SEEK_END)
    starts, lengths = tags.get(273, tags.get(324)), tags.get(279, tags.get(325))
    whole = bool(starts and lengths) and starts[-1] + lengths[-1] <= size
    return whole and all(tags.get(tag) for tag in (256, 257, 258))


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
    upright: Image.Image = chosen.to_pillow()
    return upright


def _flat(image: Image.Image, changed: set[str]) -> Image.Image:
    """Upright. Grey stays grey (L), all else becomes sRGB; what is transparent shows white."""
    profile = image.info.get("icc_profile")
    if not profile and _is_adobe_rgb(image):
        changed.add("adobe")
    grey = image.mode in ("1", "L", "LA", "La")
    _upright(image, changed)
    if image.has_transparency_data:
        changed.add("alpha")
        image = _on_white(image, changed)
    if grey:
        image = image.getchannel("R") if image.mode == "RGB" else image.convert("L")
    elif image.mode not in ("RGB", "CMYK"):
        changed.add("palette" if image.mode == "P" else "colour")
        image = image.convert("RGB")
    if profile:
        return _srgb(image, profile, changed)
    if image.mode == "CMYK":
        changed.add("colour")
        return image.convert("RGB")
    return image


def _upright(image: Image.Image, changed: set[str]) -> None:
    """Turn and mirror it as its Exif orientation says, in place; a damaged Exif block says nothing."""
    try:
        turned = image.getexif().get(ORIENTATION, 1) not in (0, 1)
        ImageOps.exif_transpose(image, in_place=True)
    except (ValueError, TypeError, KeyError, SyntaxError, struct.error, OSError):
        changed.add("unsure_up")
        return
    if turned:
        changed.add("turned")


def _is_adobe_rgb(image: Image.Image) -> bool:
    """Whether its Exif block says so; what is damaged says nothing."""
    try:
        return image.getexif().get_ifd(ExifTags.IFD.Interop).get(1) == ADOBE_RGB
    except (ValueError, TypeError, KeyError, SyntaxError, struct.error, OSError):
        return False


def _on_white(image: Image.Image, changed: set[str]) -> Image.Image:
    """The picture as it shows on white paper, RGB. One that does not show at all is noted ("unseen")."""
    layer = image if image.mode == "RGBA" else image.convert("RGBA")
    if layer.getchannel("A").getextrema() == (0, 0):
        changed.add("unseen")
    paper = Image.new("RGB", layer.size)
    for top in range(0, layer.height, BAND):
        band = layer.crop((0, top, layer.width, min(top + BAND, layer.height)))
        white = Image.new("RGBA", band.size, "white")
        white.alpha_composite(band)
        paper.paste(white.convert("RGB"), (0, top))
    return paper


def _srgb(image: Image.Image, profile: bytes, changed: set[str]) -> Image.Image:
    """Colours or shades as the embedded ICC profile means them; one that does not fit is ignored."""
    try:
        source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
        turned = ImageCms.profileToProfile(image, source, ImageCms.createProfile("sRGB"), outputMode="RGB")
    except (ImageCms.PyCMSError, OSError):
        changed.add("profile")
        turned = None
    if turned is None:
        return image if image.mode == "L" else image.convert("RGB")
    changed.add("colour")
    return turned.getchannel("G") if image.mode == "L" else turned
