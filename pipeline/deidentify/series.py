"""What a DICOM header says that we need before cleaning: who is named, and where the slice lies."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import pydicom
from pydicom.dataset import Dataset

from pipeline.core import resources
from pipeline.core.fold import letters
from pipeline.core.identity import Identifier, Kind, words
from pipeline.deidentify.picture import NoPictureError

# Person names that are not a doctor's: the patient, other and birth names, mother, responsible person.
PEOPLE = {
    0x00100010: Kind.NAME,
    0x00101001: Kind.NAME,
    0x00101005: Kind.NAME,
    0x00101060: Kind.RELATIVE,
    0x00102297: Kind.RELATIVE,
}
OF_THE_PATIENT = {
    0x00100020: Kind.NUMBER,
    0x00101000: Kind.NUMBER,
    0x00080050: Kind.NUMBER,
    0x00380010: Kind.NUMBER,
    0x00080080: Kind.HOSPITAL,
    0x00101040: Kind.ADDRESS,
    0x00102154: Kind.PHONE,
}


@dataclass(frozen=True, slots=True)
class Header:
    """One file. `identity` is identifying and stays in memory."""

    series: str = field(repr=False)
    identity: tuple[Identifier, ...] = field(repr=False)
    has_pixels: bool
    frames: int
    modality: str  # one of modalities("known") or ""
    burned_in: str  # YES, NO or "" where the header does not say
    instance: int
    orientation: tuple[float, ...]
    position: float | None  # mm along the normal of the slices


@cache
def modalities(group: str) -> frozenset[str]:
    """The defined terms of Modality that are `known`, or those whose pictures `carry_text` as a rule."""
    return frozenset(resources.data("templates/rules/dicom-options.yaml")["modalities"][group])


def read(path: Path) -> Header:
    """The header of one file. Run in the worker."""
    ds = pydicom.dcmread(path, force=True, stop_before_pixels=True)
    if not len(ds):
        raise NoPictureError("IMG021")
    has_pixels = "Rows" in ds and "Columns" in ds and "BitsAllocated" in ds
    return Header(
        series=str(ds.get("SeriesInstanceUID", "")),
        identity=tuple(_identity(ds)),
        has_pixels=has_pixels,
        frames=_whole(ds.get("NumberOfFrames")) or 1,
        modality=str(ds.get("Modality", "")) if ds.get("Modality") in modalities("known") else "",
        burned_in=ds.get("BurnedInAnnotation", "") if ds.get("BurnedInAnnotation") in {"YES", "NO"} else "",
        instance=_whole(ds.get("InstanceNumber")),
        orientation=_numbers(ds.get("ImageOrientationPatient"), 6),
        position=_along_normal(ds),
    )


def ordered(headers: Sequence[tuple[Path, Header]]) -> list[tuple[Path, Header]]:
    """One series from its first slice to its last: by position along the normal, else by instance number.

    PS3.3 C.7.6.2.1.1: ImagePositionPatient projected on the normal of ImageOrientationPatient.
    """
    one_stack = len({header.orientation for _, header in headers}) == 1
    if one_stack and all(header.position is not None for _, header in headers):
        return sorted(headers, key=lambda h: (h[1].position, h[1].instance, h[0]))
    return sorted(headers, key=lambda h: (h[1].instance, h[0]))


def _along_normal(ds: Dataset) -> float | None:
    axes, origin = _numbers(ds.get("ImageOrientationPatient"), 6), _numbers(ds.get("ImagePositionPatient"), 3)
    if not axes or not origin:
        return None
    (a, b, c), (d, e, f) = axes[:3], axes[3:]
    normal = (b * f - c * e, c * d - a * f, a * e - b * d)
    return round(sum(n * p for n, p in zip(normal, origin, strict=True)), 4)


def _identity(ds: Dataset) -> Iterator[Identifier]:
    """People, numbers and institutions named anywhere in the header, sequences included."""
    for tag in list(ds.keys()):
        try:
            element = ds[tag]
        except Exception:  # noqa: S112 - an element that cannot be read names nobody we could look for
            continue
        if element.VR == "SQ":
            for item in element.value:
                yield from _identity(item)
            continue
        kind = OF_THE_PATIENT.get(int(tag))
        if element.VR == "PN":
            kind = PEOPLE.get(int(tag), Kind.DOCTOR)
        if kind is None or not element.value:
            continue
        many = element.value if isinstance(element.value, Sequence) and element.VM > 1 else [element.value]
        for value in (str(v) for v in many):
            for part in (
                value.split("=") if element.VR == "PN" else [value]
            ):  # alphabetic=ideographic=phonetic
                if letters(part) and letters(part) not in words("dummies"):
                    yield Identifier(kind, part, f"image header {element.keyword}")


def _whole(value: Any) -> int:
    try:
        return int(value)
    except (TypeError, ValueError):
        return 0


def _numbers(value: Any, count: int) -> tuple[float, ...]:
    try:
        found = tuple(round(float(v), 4) for v in value)
    except (TypeError, ValueError):
        return ()
    return found if len(found) == count else ()
