"""Make the DICOM images of the radiology example: real test pictures, an invented patient in their headers.

    python cases/make_radiology.py

The pictures come from the test files distributed with pydicom (MIT licence); the MR one reached pydicom from
GDCM (Copyright (c) 2006-2016 Mathieu Malaterre, (c) 1993-2005 CREATIS; BSD licence). Only pixels and a short
list of technical elements are taken: every header is written anew. The identity planted in the headers is
read from private.yaml and the examination dates from record.yaml, so that the program has work to do.
Running the script twice gives the same bytes.
"""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any

import numpy as np
import yaml
from pydicom import Dataset, dcmread
from pydicom.data import get_testdata_file
from pydicom.dataset import FileMetaDataset
from pydicom.uid import ExplicitVRLittleEndian, generate_uid

CASE = Path(__file__).resolve().parent / "radiology-example"

# fmt: off
TECHNICAL = [
    "SOPClassUID", "Modality", "ImageType", "BodyPartExamined", "PatientPosition", "PatientOrientation",
    "SliceThickness", "SpacingBetweenSlices", "KVP", "XRayTubeCurrent", "Exposure", "ConvolutionKernel",
    "ContrastBolusRoute", "ScanningSequence", "SequenceVariant", "ScanOptions", "MRAcquisitionType",
    "RepetitionTime", "EchoTime", "FlipAngle", "MagneticFieldStrength", "ImagePositionPatient",
    "ImageOrientationPatient", "SliceLocation", "PixelSpacing", "SamplesPerPixel",
    "PhotometricInterpretation", "PlanarConfiguration", "BitsAllocated", "BitsStored", "HighBit",
    "PixelRepresentation", "PixelPaddingValue", "RescaleIntercept", "RescaleSlope", "WindowCenter",
    "WindowWidth",
]
# fmt: on

# File names in an order that differs from the slice order, as exported archives often have them.
CT_FILES = ["IM0004.dcm", "IM0001.dcm", "IM0005.dcm", "IM0002.dcm", "IM0003.dcm"]

# Left, top, right, bottom of the scan area of the ultrasound test file, without the text around it.
US_AREA = (23, 56, 298, 166)


def load(name: str) -> dict[str, Any]:
    """A YAML file of the case with every scalar as text."""
    return yaml.load((CASE / name).read_text(encoding="utf-8"), Loader=yaml.BaseLoader)


def source(name: str) -> Dataset:
    """One of the test files that come with pydicom itself (nothing is downloaded)."""
    return dcmread(get_testdata_file(name, download=False))


def uid(*parts: str) -> str:
    """A unique identifier that is the same on every run."""
    return generate_uid(entropy_srcs=["casereport radiology example", *parts])


def pn(name: str) -> str:
    """'Jasvinder Kaur Khemwal' -> 'Khemwal^Jasvinder^Kaur' (PS3.5 6.2, value representation PN)."""
    *given, family = name.removeprefix("Dr ").split()
    return "^".join([family, *given])


def exam_dates() -> dict[str, dt.date]:
    """Folder under images/ -> day of the examination, from the figures of the record."""
    return {
        panel["image"].split("/")[1]: dt.date.fromisoformat(figure["taken_on"])
        for figure in load("record.yaml")["figures"]
        for panel in figure["panels"]
    }


def header(original: Dataset, exam: str, description: str, date: dt.date, order: int) -> Dataset:
    """A new header: technical elements of the original, identity of the invented patient."""
    private, record = load("private.yaml"), load("record.yaml")
    numbers, name = private["numbers"], private["name"]
    accession, day = numbers["accession"][order], date.strftime("%Y%m%d")
    birth = dt.date.fromisoformat(private["birth_date"])
    technologist = private["doctors"][-1]

    ds = Dataset()
    for keyword in TECHNICAL:
        if keyword in original:
            ds[keyword] = original[keyword]

    ds.SpecificCharacterSet = "ISO_IR 192"
    ds.PatientName = pn(name)
    ds.PatientID = numbers["hospital"][0]
    ds.IssuerOfPatientID = private["hospitals"][0]
    ds.PatientBirthDate = birth.strftime("%Y%m%d")
    ds.PatientSex = record["patient"]["sex"][0].upper()
    ds.PatientAge = f"{int(record['patient']['age_years']):03d}Y"
    ds.OtherPatientIDs = [numbers["hospital"][1], numbers["national"][0]]
    ds.OtherPatientNames = [alias for alias in private["aliases"] if not alias.isascii()]
    other_id = Dataset()
    other_id.PatientID, other_id.TypeOfPatientID = numbers["national"][1], "TEXT"
    ds.OtherPatientIDsSequence = [other_id]
    ds.PatientAddress = private["addresses"][0].rpartition(",")[0]
    ds.PatientTelephoneNumbers = private["phones"][0]
    ds.ResponsiblePerson = pn(private["relatives"][0]["name"])
    ds.PatientComments = f"{name}, {private['places'][0]}; calls from {private['phones'][1]}"

    ds.InstitutionName = private["hospitals"][0]
    ds.InstitutionAddress = f"{private['places'][1]}, {private['places'][2]}"
    ds.ReferringPhysicianName = pn(private["doctors"][0])
    ds.PerformingPhysicianName = pn(private["doctors"][1])
    ds.NameOfPhysiciansReadingStudy = pn(private["doctors"][2])
    ds.OperatorsName = pn(technologist)
    ds.StationName = f"SATKIRAN-{exam.upper()}-1"
    ds.Manufacturer = "Example"
    ds.DeviceSerialNumber = f"EX-{exam.upper()}-0417"

    ds.AccessionNumber = accession
    ds.StudyID = accession[-8:]
    ds.StudyDescription = f"{description} {name}".upper()
    ds.SeriesDescription = description
    ds.StudyDate = ds.SeriesDate = ds.AcquisitionDate = ds.ContentDate = ds.InstanceCreationDate = day
    ds.StudyTime = ds.SeriesTime = ds.AcquisitionTime = ds.ContentTime = ds.InstanceCreationTime = "104500"
    ds.AcquisitionDateTime = f"{day}104500+0530"
    ds.StudyInstanceUID, ds.SeriesInstanceUID = uid(exam, "study"), uid(exam, "series")
    if "ImagePositionPatient" in ds:
        ds.FrameOfReferenceUID = uid(exam, "frame of reference")
    ds.SeriesNumber = ds.InstanceNumber = 1
    ds.BurnedInAnnotation = "NO"

    request = Dataset()
    request.AccessionNumber = accession
    request.RequestingPhysician = pn(private["doctors"][0])
    request.RequestedProcedureID = accession
    request.RequestedProcedureDescription = f"{description} for {name}"
    patient = Dataset()
    patient.PatientName, patient.PatientID = pn(name), numbers["hospital"][0]
    request.ReferencedPatientSequence = [patient]
    ds.RequestAttributesSequence = [request]

    block = ds.private_block(0x0011, "EXAMPLE PACS 1.0", create=True)
    block.add_new(0x01, "LO", name)
    block.add_new(0x02, "UN", f"{numbers['hospital'][0]} {private['phones'][0]}".encode().ljust(32))
    return ds


def write(ds: Dataset, pixels: np.ndarray, path: Path) -> None:
    """Attach the pixels, complete the file meta information and write a DICOM file."""
    ds.Rows, ds.Columns = pixels.shape[:2]
    data = pixels.tobytes()
    ds.PixelData = data + b"\0" * (len(data) % 2)
    ds["PixelData"].VR = "OW" if ds.BitsAllocated > 8 else "OB"
    ds.SOPInstanceUID = uid(path.relative_to(CASE).as_posix())
    ds.file_meta = FileMetaDataset()
    ds.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    ds.file_meta.ImplementationClassUID = uid("implementation")
    ds.file_meta.ImplementationVersionName = "EXAMPLE"
    path.parent.mkdir(parents=True, exist_ok=True)
    ds.save_as(path, enforce_file_format=True)


def make_ultrasound(date: dt.date) -> None:
    """A colour (RGB) power Doppler picture of a lymph node, cropped to the scan area."""
    original = source("examples_rgb_color.dcm")
    left, top, right, bottom = US_AREA
    ds = header(original, "us", "USG axilla", date, order=0)
    write(ds, original.pixel_array[top:bottom, left:right], CASE / "images/us/axilla.dcm")


def make_ct(date: dt.date) -> None:
    """Five slices, 5 mm apart, from one thoracic slice: each is moved down a pixel more than the last."""
    original = source("CT_small.dcm")
    x, y, z = (float(value) for value in original.ImagePositionPatient)
    for index, name in enumerate(CT_FILES):
        ds = header(original, "ct", "CT thorax", date, order=1)
        ds.InstanceNumber = index + 1
        ds.SliceLocation = round(z + 5 * index, 6)
        ds.ImagePositionPatient = [x, y, ds.SliceLocation]
        pixels = np.pad(original.pixel_array, ((index, 0), (0, 0)), mode="edge")[: original.Rows]
        write(ds, pixels, CASE / "images/ct" / name)


def make_mr(date: dt.date) -> None:
    """One contrast-enhanced T1-weighted slice of the abdomen, without the marks drawn over the original."""
    original = source("examples_overlay.dcm")
    ds = header(original, "mr", "MRI liver", date, order=2)
    write(ds, original.pixel_array, CASE / "images/mr/liver.dcm")


def main() -> None:
    dates = exam_dates()
    make_ultrasound(dates["us"])
    make_ct(dates["ct"])
    make_mr(dates["mr"])


if __name__ == "__main__":
    main()
