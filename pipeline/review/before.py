"""The original beside its clean copy: a preview of an untrusted picture, made in the capped worker.

Only for the eyes of the person at the desk: it holds identity, goes over 127.0.0.1 once and is never written.
Whole picture, not cropped, so that what the crop takes away can be seen.
"""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

from pipeline.core import kinds, worker

LARGEST = 1600  # pixels of the longer side
MAX_PIXELS = 60_000_000  # as intake: more is a bomb, not a picture
SECONDS = 40.0


def preview(case_folder: Path, panel: dict[str, Any]) -> bytes:
    """PNG of what `panel` (a panel of the record) was made from.

    Raises InputError, in our own words, when the file is damaged or of a kind that cannot be shown here.
    """
    image = str(panel.get("image", ""))
    shown: bytes = worker.call(_draw, case_folder, panel, where=image, seconds=SECONDS)
    return shown


def _draw(case_folder: Path, panel: dict[str, Any]) -> bytes:
    path = case_folder / str(panel["image"])
    if not path.resolve().is_relative_to(case_folder.resolve()):
        raise worker.Refused("lies outside the case")
    wanted = int(panel.get("slice") or 1)
    source = _slice(path, wanted) if path.is_dir() else path
    if kinds.look(source).kind == "dicom":
        return _png(_from_dicom(source, int(panel.get("frame") or 1), panel.get("window")))
    return _png(_from_photo(source))


def _slice(folder: Path, number: int) -> Path:
    """File of the `number`-th slice, counted from 1: by position along the normal, else by instance number.

    Position: PS3.3 C.7.6.2.1.1 (Image Position and Orientation (Patient)).
    """
    import pydicom

    tags = ["ImagePositionPatient", "ImageOrientationPatient", "InstanceNumber", "Rows"]
    found = []
    for path in sorted(p for p in folder.rglob("*") if p.is_file() and not p.is_symlink()):
        if kinds.look(path).kind == "dicom":
            header = pydicom.dcmread(path, stop_before_pixels=True, specific_tags=tags, force=True)
            if "Rows" in header:
                found.append((_along(header), int(header.get("InstanceNumber") or 0), path))
    if not 1 <= number <= len(found):
        raise worker.Refused(f"has no slice {number}")
    if any(position is None for position, _, _ in found):
        found = [(0.0, instance, path) for _, instance, path in found]
    return sorted(found)[number - 1][-1]


def _along(header: Any) -> float | None:
    """Where a slice lies along the normal of its plane, in mm; None when the header does not say."""
    position, orientation = header.get("ImagePositionPatient"), header.get("ImageOrientationPatient")
    if not position or not orientation or len(position) != 3 or len(orientation) != 6:
        return None
    (a, b, c), (d, e, f) = [float(v) for v in orientation[:3]], [float(v) for v in orientation[3:]]
    normal = (b * f - c * e, c * d - a * f, a * e - b * d)
    return round(sum(n * float(p) for n, p in zip(normal, position, strict=True)), 4)


def _from_dicom(path: Path, frame: int, window: Any) -> Any:
    """One frame as 8-bit grey or RGB: rescaled and windowed as the record says, else as the file says."""
    import numpy as np
    import pydicom
    from pydicom.pixels.processing import apply_modality_lut, apply_windowing
    from pydicom.pixels.utils import pixel_array

    header = pydicom.dcmread(path, force=True)
    frames = int(header.get("NumberOfFrames") or 1)
    if int(header.Rows) * int(header.Columns) * frames > 20 * MAX_PIXELS:
        raise worker.Refused("has more pixels than can be shown here")
    if not 1 <= frame <= frames:
        raise worker.Refused(f"has no frame {frame}")
    pixels = pixel_array(header, index=frame - 1)
    if pixels.ndim == 3:
        return pixels.astype(np.uint8) if pixels.dtype == np.uint8 else (pixels >> 8).astype(np.uint8)
    values = apply_modality_lut(pixels, header).astype(np.float64)
    if isinstance(window, dict):
        centre, width = float(window["centre"]), max(float(window["width"]), 1.0)
        low, high = centre - width / 2, centre + width / 2
    elif header.get("WindowWidth") is not None:
        values = apply_windowing(values, header)
        low, high = float(values.min()), float(values.max())
    else:
        low, high = (float(v) for v in np.percentile(values, (0.5, 99.5)))
    grey = np.clip((values - low) / max(high - low, 1e-6), 0, 1) * 255
    if header.get("PhotometricInterpretation") == "MONOCHROME1":
        grey = 255 - grey
    return grey.round().astype(np.uint8)


def _from_photo(path: Path) -> Any:
    import numpy as np
    import pi_heif
    from PIL import Image, ImageOps

    pi_heif.register_heif_opener()
    Image.MAX_IMAGE_PIXELS = MAX_PIXELS
    with Image.open(path) as picture:
        if picture.width * picture.height > MAX_PIXELS:
            raise worker.Refused("has more pixels than can be shown here")
        upright = ImageOps.exif_transpose(picture)
        return np.asarray(upright.convert("RGB"))


def _png(pixels: Any) -> bytes:
    from PIL import Image

    picture = Image.fromarray(pixels)
    picture.thumbnail((LARGEST, LARGEST), Image.Resampling.LANCZOS)
    out = io.BytesIO()
    picture.save(out, "PNG", compress_level=1)
    return out.getvalue()
