"""Where the slices of a DICOM series lie, and which one a figure means: the same count for every room."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pydicom
from pydicom.dataset import Dataset

from pipeline.core.picture import NoPictureError


@dataclass(frozen=True, slots=True)
class Slice:
    """What the header of one file says of its place in a series."""

    has_pixels: bool
    instance: int
    orientation: tuple[float, ...]
    position: float | None  # mm along the normal of the slices


def read(path: Path) -> Slice:
    """The place of one file. Raises NoPictureError when it holds nothing. Run in the worker."""
    return of(header(path))


def header(path: Path) -> Dataset:
    """Everything in front of the pixels. Raises NoPictureError when there is nothing. Run in the worker."""
    ds = pydicom.dcmread(path, force=True, stop_before_pixels=True)
    if not len(ds):
        raise NoPictureError("IMG021")
    return ds


def of(ds: Dataset) -> Slice:
    """The place of a file whose header is read."""
    return Slice(
        has_pixels="Rows" in ds and "Columns" in ds and "BitsAllocated" in ds,
        instance=whole(ds.get("InstanceNumber")),
        orientation=_numbers(ds.get("ImageOrientationPatient"), 6),
        position=_along_normal(ds),
    )


def ordered(slices: Sequence[tuple[Path, Slice]]) -> list[Path]:
    """One series from its first slice to its last: by position along the normal, else by instance number.

    PS3.3 C.7.6.2.1.1: ImagePositionPatient projected on the normal of ImageOrientationPatient.
    """
    one_stack = len({lies.orientation for _, lies in slices}) == 1
    if one_stack and all(lies.position is not None for _, lies in slices):
        return [path for path, _ in sorted(slices, key=lambda s: (s[1].position, s[1].instance, s[0]))]
    return [path for path, _ in sorted(slices, key=lambda s: (s[1].instance, s[0]))]


def chosen(series: Sequence[Path], number: int | None) -> Path:
    """The slice that a panel asks for, counted from 1; a single one need not be counted.

    Raises NoPictureError (IMG024) when the number is missing or there is no such slice.
    """
    if not 1 <= (number or 1) <= len(series) or (number is None and len(series) > 1):
        raise NoPictureError("IMG024", slices=len(series))
    return series[(number or 1) - 1]


def whole(value: Any) -> int:
    """A whole number of a header, or 0."""
    try:
        return int(value)
    except (TypeError, ValueError):
        return 0


def _along_normal(ds: Dataset) -> float | None:
    axes, origin = _numbers(ds.get("ImageOrientationPatient"), 6), _numbers(ds.get("ImagePositionPatient"), 3)
    if not axes or not origin:
        return None
    (a, b, c), (d, e, f) = axes[:3], axes[3:]
    normal = (b * f - c * e, c * d - a * f, a * e - b * d)
    return round(sum(n * p for n, p in zip(normal, origin, strict=True)), 4)


def _numbers(value: Any, count: int) -> tuple[float, ...]:
    try:
        found = tuple(round(float(v), 4) for v in value)
    except (TypeError, ValueError):
        return ()
    return found if len(found) == count else ()
