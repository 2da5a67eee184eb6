"""What a DICOM header says that we need before cleaning: who is named, and where the slice lies."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

from pydicom.dataset import Dataset

from pipeline.core import resources, slices
from pipeline.core.fold import letters
from pipeline.core.identity import Identifier, Kind, words

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
    lies: slices.Slice
    modality: str  # one of modalities("known") or ""
    burned_in: str  # YES, NO or "" where the header does not say


@cache
def modalities(group: str) -> frozenset[str]:
    """The defined terms of Modality that are `known`, or those whose pictures `carry_text` as a rule."""
    return frozenset(resources.data("templates/rules/dicom-options.yaml")["modalities"][group])


def read(path: Path) -> Header:
    """The header of one file. Raises NoPictureError when it holds nothing. Run in the worker."""
    ds = slices.header(path)
    return Header(
        series=str(ds.get("SeriesInstanceUID", "")),
        identity=tuple(_identity(ds)),
        lies=slices.of(ds),
        modality=str(ds.get("Modality", "")) if ds.get("Modality") in modalities("known") else "",
        burned_in=ds.get("BurnedInAnnotation", "") if ds.get("BurnedInAnnotation") in {"YES", "NO"} else "",
    )


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
