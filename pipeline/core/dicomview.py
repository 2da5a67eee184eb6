"""One panel of a figure from its image file: the right frame, windowed, upright pixels, cropped.

DICOM grey values go through modality LUT, VOI window and inversion as PS3.3 C.11.1, C.11.2 and C.7.6.3.1.2
say; each stored value is mapped once, so the result does not depend on the picture around it.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pydicom
from PIL import Image
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.pixels.decoders.base import get_decoder
from pydicom.pixels.processing import apply_color_lut, apply_modality_lut, apply_voi
from pydicom.pixels.utils import pixel_array

from pipeline.core import photo
from pipeline.core.picture import NoPictureError, Picture, check_crop, check_size
from pipeline.core.stored import clear_overlay_bits, transfer_syntax

Values = npt.NDArray[Any]
PERCENTILES = (1, 99)  # the window where neither the author nor the header gives one
WHOLE_RANGE = 1 << 16  # stored values up to which a table is cheaper than the picture
PROJECTIONS = {"CR", "DX", "MG", "RF", "XA", "PX", "IO", "RG"}
CALIBRATED = {"GEOMETRY", "FIDUCIAL"}  # Pixel Spacing Calibration Type (PS3.3 10.7.1.2)
SQUARE = 1e-3  # relative difference up to which pixels count as square


@dataclass(frozen=True, slots=True)
class Wanted:
    """What the record asks of one image file. Window in units after rescale, crop in pixels as stored."""

    path: Path
    kind: str
    frame: int | None = None
    window: tuple[float, float] | None = None  # centre, width
    crop: dict[str, int] | None = None
    cover: tuple[dict[str, int], ...] = ()  # parts to cover, in pixels as stored


def render(wanted: Wanted) -> Picture:
    """The picture, 8 bits. Raises NoPictureError in our words. Run in the worker."""
    if wanted.kind != "dicom":
        return photo.render(wanted.path, wanted.kind, wanted.frame, wanted.crop, wanted.cover)
    ds = pydicom.dcmread(wanted.path, force=True)
    if "Rows" not in ds or "Columns" not in ds:
        raise NoPictureError("IMG028")
    check_size(ds.Columns, ds.Rows)
    frame = _frame(ds, wanted.frame)
    pixels = _grey_or_colour(ds, frame, wanted.window)
    for area in wanted.cover:
        left, top, right, bottom = check_crop(area, pixels.shape[1], pixels.shape[0])
        pixels[top:bottom, left:right] = 0
    left, top, right, bottom = check_crop(wanted.crop, pixels.shape[1], pixels.shape[0])
    pixels = np.ascontiguousarray(pixels[top:bottom, left:right])
    return _square(pixels, *_spacing(ds, frame))


def _frame(ds: Dataset, wanted: int | None) -> int:
    frames = int(ds.get("NumberOfFrames") or 1)
    if (frames > 1 and wanted is None) or (wanted or 1) > frames:
        raise NoPictureError("IMG025", frames=frames)
    return (wanted or 1) - 1


def _grey_or_colour(ds: Dataset, frame: int, window: tuple[float, float] | None) -> Values:
    """Rows x columns of uint8 (grey), or rows x columns x 3."""
    syntax = transfer_syntax(ds)
    if syntax.is_encapsulated and not get_decoder(syntax).is_available:
        raise NoPictureError("IMG027", syntax=str(syntax))
    if not hasattr(ds, "file_meta"):
        ds.file_meta = FileMetaDataset()
    ds.file_meta.TransferSyntaxUID = syntax
    clear_overlay_bits(ds)
    pixels = _decoded(ds, frame)
    if ds.PhotometricInterpretation == "PALETTE COLOR":
        mapped = apply_color_lut(pixels, ds)
        return _eight_bits(mapped, 8 * mapped.dtype.itemsize)
    if pixels.ndim == 3:
        return _eight_bits(pixels, int(ds.BitsStored))
    low, high = pixels.min(), pixels.max()
    if pixels.dtype.kind == "f" or int(high) - int(low) >= WHOLE_RANGE:
        return _shown(pixels, pixels, ds, frame, window)
    table = _shown(np.arange(int(low), int(high) + 1), pixels, ds, frame, window)
    return table[pixels.astype(np.int64) - int(low)]


def _decoded(ds: Dataset, frame: int) -> Values:
    try:
        return pixel_array(ds, index=frame)
    except Exception:  # whatever the plugin raises; its message may quote the file
        code = "IMG027" if ds.file_meta.TransferSyntaxUID.is_encapsulated else "IMG021"
        raise NoPictureError(code, syntax=str(ds.file_meta.TransferSyntaxUID)) from None


def _eight_bits(colour: Values, bits: int) -> Values:
    """Samples of `bits` bits without the lowest ones."""
    samples: Values = np.clip(colour >> max(bits - 8, 0), 0, 255).astype(np.uint8)
    return samples


def _shown(
    stored: Values, picture: Values, ds: Dataset, frame: int, window: tuple[float, float] | None
) -> Values:
    """The grey shade 0-255 of each stored value."""
    values = _rescaled(stored, ds, frame)
    voi = _functional(ds, frame, "FrameVOILUTSequence")
    function = voi.get("VOILUTFunction") or "LINEAR"
    stated = _first(voi.get("WindowCenter")), _first(voi.get("WindowWidth"))
    if window is None and stated[0] is not None and (stated[1] or 0) > 0:
        window = stated[0], stated[1] or 1.0
    if window is None and "VOILUTSequence" in ds:
        mapped = apply_voi(values.astype(np.int64), ds)
        bits = int(ds.VOILUTSequence[0].LUTDescriptor[2])
        shades = np.floor(mapped.astype(np.float64) * (255.0 / ((1 << bits) - 1)) + 0.5)
    else:
        shades = _window(values, *(window or _percentiles(picture, ds, frame)), function)
    shades = np.clip(shades, 0, 255).astype(np.uint8)
    return 255 - shades if ds.PhotometricInterpretation == "MONOCHROME1" else shades


def _rescaled(stored: Values, ds: Dataset, frame: int) -> Values:
    if "ModalityLUTSequence" in ds:
        return apply_modality_lut(stored, ds).astype(np.float64)
    transform = _functional(ds, frame, "PixelValueTransformationSequence")
    slope, intercept = _first(transform.get("RescaleSlope")), _first(transform.get("RescaleIntercept"))
    return stored.astype(np.float64) * (1.0 if slope is None else slope) + (intercept or 0.0)


def _window(values: Values, centre: float, width: float, function: str) -> Values:
    """PS3.3 C.11.2.1.2 (LINEAR), C.11.2.1.3.1 (SIGMOID), C.11.2.1.3.2 (LINEAR_EXACT); rounded half up."""
    if function == "SIGMOID":
        shades = 255.0 / (1.0 + np.exp(-4.0 * (values - centre) / width))
    elif function == "LINEAR_EXACT":
        shades = ((values - centre) / width + 0.5) * 255.0
    elif width <= 1:
        shades = np.where(values <= centre - 0.5, 0.0, 255.0)
    else:
        shades = ((values - (centre - 0.5)) / (width - 1.0) + 0.5) * 255.0
    return np.floor(np.clip(shades, 0.0, 255.0) + 0.5)


def _percentiles(picture: Values, ds: Dataset, frame: int) -> tuple[float, float]:
    """Centre and width of the window between the percentiles of the picture, padding left out.

    Padding is one value, or all from it to its limit, in either direction (PS3.3 C.7.5.1.1.2).
    """
    padding = ds.get("PixelPaddingValue")
    inside = picture
    if padding is not None:
        low, high = sorted((padding, ds.get("PixelPaddingRangeLimit", padding)))
        inside = picture[(picture < low) | (picture > high)]
    ends = np.percentile(inside if inside.size else picture, PERCENTILES, method="lower")
    black, white = sorted(float(v) for v in _rescaled(np.asarray(ends), ds, frame))
    return (black + white) / 2.0 + 0.5, max(white - black, 1.0) + 1.0


def _functional(ds: Dataset, frame: int, sequence: str) -> Dataset:
    """Where an attribute of this frame stands: per frame, shared, or in the data set (PS3.3 C.7.6.16)."""
    per_frame = ds.get("PerFrameFunctionalGroupsSequence") or []
    groups = [*per_frame[frame : frame + 1], *(ds.get("SharedFunctionalGroupsSequence") or [])]
    found = [group[sequence].value[0] for group in groups if group.get(sequence)]
    return found[0] if found else ds


def _spacing(ds: Dataset, frame: int) -> tuple[float, float, str]:
    """Distance between rows and between columns, and where it is measured: patient, detector or "".

    In a projection, Pixel Spacing is a length in the patient only if the header says that it was calibrated
    (PS3.3 10.7.1.3); else it is one on the detector, which magnification makes too long.
    """
    measures = _functional(ds, frame, "PixelMeasuresSequence")
    projected = "ImagerPixelSpacing" in ds or ds.get("Modality") in PROJECTIONS
    calibrated = ds.get("PixelSpacingCalibrationType") in CALIBRATED
    in_patient = calibrated or not projected
    for source, where in (
        (measures.get("PixelSpacing") if in_patient else None, "patient"),
        (ds.get("ImagerPixelSpacing"), "detector"),
        (measures.get("PixelSpacing"), "detector"),
        (ds.get("NominalScannedPixelSpacing"), ""),
        (ds.get("PixelAspectRatio"), ""),
    ):
        pair = [float(v) for v in source] if source is not None else []
        if len(pair) == 2 and min(pair) > 0:
            return pair[0], pair[1], where
    return 1.0, 1.0, ""


def _square(pixels: Values, row: float, column: float, where: str) -> Picture:
    """The picture with square pixels: the coarser direction is interpolated."""
    mode, (height, width) = ("RGB" if pixels.ndim == 3 else "L"), pixels.shape[:2]
    side = min(row, column)
    mm = round(side, 6) if where else None
    known = (mm, None) if where == "patient" else (None, mm)
    if abs(row - column) <= SQUARE * side:
        return Picture(mode, width, height, pixels.tobytes(), *known)
    size = (max(1, round(width * column / side)), max(1, round(height * row / side)))
    check_size(*size)
    image = Image.frombytes(mode, (width, height), pixels.tobytes()).resize(size, Image.Resampling.BICUBIC)
    return Picture(mode, *size, image.tobytes(), *known)


def _first(value: Any) -> float | None:
    try:
        return float(value[0] if isinstance(value, list | tuple) or hasattr(value, "append") else value)
    except (TypeError, ValueError, IndexError):
        return None
