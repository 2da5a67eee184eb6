"""Whom the source pictures name: identifiers in DICOM headers and photo metadata, not the cleaner's list.

Untrusted files: everything here runs in core.worker's capped child.
"""

from __future__ import annotations

import importlib
import re
from collections.abc import Iterator

from pipeline.core import worker
from pipeline.core.errors import InputError
from pipeline.core.identity import Identifier, Kind
from pipeline.core.model import Case

# DICOM attributes (PS3.6) whose values name a person, a place or a number. Nested ones are read too.
DICOM = {
    "PatientName": Kind.NAME,
    "OtherPatientNames": Kind.NAME,
    "PatientBirthName": Kind.NAME,
    "PatientMotherBirthName": Kind.RELATIVE,
    "ResponsiblePerson": Kind.RELATIVE,
    "ReferringPhysicianName": Kind.DOCTOR,
    "PerformingPhysicianName": Kind.DOCTOR,
    "RequestingPhysician": Kind.DOCTOR,
    "NameOfPhysiciansReadingStudy": Kind.DOCTOR,
    "OperatorsName": Kind.DOCTOR,
    "PatientID": Kind.NUMBER,
    "OtherPatientIDs": Kind.NUMBER,
    "IssuerOfPatientID": Kind.NUMBER,
    "AccessionNumber": Kind.NUMBER,
    "AdmissionID": Kind.NUMBER,
    "DeviceSerialNumber": Kind.NUMBER,
    "PatientTelephoneNumbers": Kind.PHONE,
    "PatientAddress": Kind.ADDRESS,
    "InstitutionAddress": Kind.ADDRESS,
    "InstitutionName": Kind.HOSPITAL,
    "PatientBirthDate": Kind.DATE,
    "StudyDate": Kind.DATE,
    "SeriesDate": Kind.DATE,
    "AcquisitionDate": Kind.DATE,
    "ContentDate": Kind.DATE,
    "InstanceCreationDate": Kind.DATE,
}
# TIFF 6.0 and Exif 2.32 tags that hold people, serial numbers and dates.
EXIF = {
    0x013B: Kind.DOCTOR,  # Artist
    0x8298: Kind.DOCTOR,  # Copyright
    0xA430: Kind.DOCTOR,  # CameraOwnerName
    0xA431: Kind.NUMBER,  # BodySerialNumber
    0xA435: Kind.NUMBER,  # LensSerialNumber
    0x0132: Kind.DATE,
    0x9003: Kind.DATE,
    0x9004: Kind.DATE,
}
Row = tuple[Kind, str, str]  # what it is, the value, the name of the element
SHORT = 5  # letters or digits; "1" or "CT1" in an id field is found everywhere and means nothing


def read(case: Case) -> tuple[Identifier, ...]:
    """Every identifier in the headers of the case's pictures.

    A picture nobody can read names nobody: it cannot have been copied, and de-identification has already
    refused it if a figure needs it.
    """
    pictures = [(str(case.file(s)), s.kind) for s in case.used_as("image")]
    if not pictures:
        return ()
    _load_readers({kind for _, kind in pictures})
    try:
        rows = worker.call(_all, pictures, where="images")
    except InputError:  # one of them brought the reader down: read each by itself
        rows = [_alone(path, kind) for path, kind in pictures]
    found: dict[tuple[Kind, str], Identifier] = {}
    for number, named in enumerate(rows, 1):
        for kind, value, name in named:
            found.setdefault((kind, value), Identifier(kind, value, f"header of picture {number}: {name}"))
    return tuple(found.values())


def _load_readers(kinds: set[str]) -> None:
    """Import what the child will need before it is forked: once, not once per child."""
    if "dicom" in kinds:
        importlib.import_module("pydicom")
    if kinds - {"dicom"}:
        importlib.import_module("PIL.Image")
        importlib.import_module("pi_heif")


def _alone(path: str, kind: str) -> list[Row]:
    try:
        rows: list[Row] = worker.call(_rows, path, kind, where="images")
    except InputError:
        return []
    return rows


def _all(pictures: list[tuple[str, str]]) -> list[list[Row]]:
    """In the child: what each picture names; damaged ones name nobody."""
    found = []
    for path, kind in pictures:
        try:
            found.append(_rows(path, kind))
        except Exception:  # whatever the library calls it; its message may quote the file
            found.append([])
    return found


def _rows(path: str, kind: str) -> list[Row]:
    rows = _dicom(path) if kind == "dicom" else _photo(path)
    return [(k, v, name) for k, value, name in rows if (v := _usable(k, value))]


def _dicom(path: str) -> Iterator[tuple[Kind, str, str]]:
    import pydicom

    dataset = pydicom.dcmread(path, stop_before_pixels=True, force=True)
    for element in dataset.iterall():
        if kind := DICOM.get(element.keyword):
            values = element.value if element.VM > 1 else [element.value]
            for value in values:
                yield kind, str(value), element.keyword


def _photo(path: str) -> Iterator[tuple[Kind, str, str]]:
    import pi_heif
    from PIL import Image

    pi_heif.register_heif_opener()
    with Image.open(path) as picture:
        exif = picture.getexif()
    for tags in (exif, exif.get_ifd(0x8769)):  # the Exif sub-directory
        for tag, value in tags.items():
            if kind := EXIF.get(tag):
                yield kind, str(value), f"tag {tag:04x}"


def _usable(kind: Kind, value: str) -> str:
    """The value as an identifier, or "" when it is too short or empty to search for."""
    text = value.replace("\0", " ").replace("^", " ").strip()
    if kind is Kind.DATE:
        found = re.match(r"(\d{4})[:\-]?(\d{2})[:\-]?(\d{2})", text)
        return "-".join(found.groups()) if found and found[1] > "1900" else ""
    return text if sum(c.isalnum() for c in text) >= SHORT else ""
