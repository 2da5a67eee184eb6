"""Data sets of kinds that pydicom bundles no file of, small and with what a reader needs."""

from __future__ import annotations

import io

import numpy as np
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.sequence import Sequence
from pydicom.uid import ExplicitVRLittleEndian

from tests.planted.answers import Keep, Look, Place, Planted
from tests.planted.names import Mint

SOP = "1.2.840.10008.5.1.4.1.1."
KINDS = {
    "XA": "12.1", "MG": "1.2", "DX": "1.1", "NM": "20", "PT": "128", "US": "3.1", "CR": "1", "SC": "7",
    "OP": "77.1.5.1",
}  # fmt: skip


def blank(sop_class: str, modality: str, mint: Mint) -> Dataset:
    """A data set with what every composite object has."""
    ds = Dataset()
    ds.file_meta = FileMetaDataset()
    ds.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    ds.SOPClassUID, ds.SOPInstanceUID, ds.Modality = sop_class, mint.uid(), modality
    ds.StudyInstanceUID, ds.SeriesInstanceUID = mint.uid(), mint.uid()
    ds.StudyTime, ds.StudyID, ds.SeriesNumber, ds.InstanceNumber = "101500", "", 1, 1
    ds.ReferringPhysicianName, ds.PatientSex, ds.Manufacturer = "", "F", "TOSHIBA"
    ds.ImageType = ["ORIGINAL", "PRIMARY"]
    return ds


def ground(mint: Mint, rows: int, columns: int, frames: int = 1, top: int = 800) -> np.ndarray:
    """Smooth pixels without letters: (frames, rows, columns) uint16 up to about `top`."""
    rng = np.random.default_rng(mint.random.randrange(2**32))
    y, x = np.mgrid[:rows, :columns]
    away = np.hypot((x - columns / 2) / columns, (y - rows / 2) / rows)
    body = np.clip(0.9 - 1.7 * away, 0.02, 1) * top * 0.8
    noisy: np.ndarray = (body[None] + rng.normal(0, top / 100, (frames, rows, columns))).clip(0, top)
    return noisy.astype("<u2")


def pixels(ds: Dataset, array: np.ndarray, *, stored: int = 12) -> Dataset:
    """Put (frames, rows, columns[, 3]) into a data set."""
    colour = array.ndim == 4
    ds.Rows, ds.Columns = array.shape[1:3]
    ds.SamplesPerPixel, ds.PixelRepresentation = (3 if colour else 1), 0
    ds.PhotometricInterpretation = "RGB" if colour else "MONOCHROME2"
    if colour:
        ds.PlanarConfiguration = 0
    bits = 8 * array.dtype.itemsize
    ds.BitsAllocated = bits
    ds.BitsStored = min(bits, stored)
    ds.HighBit = ds.BitsStored - 1
    if array.shape[0] > 1:
        ds.NumberOfFrames = array.shape[0]
    data = array.tobytes()
    ds.add_new(0x7FE00010, "OW" if bits > 8 else "OB", data + b"\0" * (len(data) % 2))
    return ds


def plain(kind: str, mint: Mint, frames: int = 1) -> Dataset:
    """A grey or colour image of one of KINDS."""
    ds = blank(SOP + KINDS[kind], kind, mint)
    if kind in ("US", "SC", "OP"):
        grey = ground(mint, 96, 128, frames, 200).astype("u1")
        return pixels(ds, np.repeat(grey[..., None], 3, axis=3), stored=8)
    if kind == "PT":
        ds.Units, ds.DecayCorrection, ds.CorrectedImage = "BQML", "START", ["ATTN", "DECY"]
        ds.RescaleSlope, ds.RescaleIntercept = "1.5", "0"
    if kind == "MG":
        ds.ImageLaterality, ds.ViewPosition, ds.PresentationIntentType = "L", "MLO", "FOR PRESENTATION"
        ds.ImagerPixelSpacing = [0.07, 0.07]
    return pixels(ds, ground(mint, 96, 128, frames))


def enhanced(modality: str, mint: Mint) -> Dataset:
    """Enhanced CT or MR with functional groups (PS3.3 C.7.6.16)."""
    ds = blank(SOP + {"CT": "2.1", "MR": "4.1"}[modality], modality, mint)
    pixels(ds, ground(mint, 48, 48, 3))
    shared = Dataset()
    measures = Dataset()
    measures.PixelSpacing, measures.SliceThickness = [0.7, 0.7], "2.5"
    shared.PixelMeasuresSequence = Sequence([measures])
    ds.SharedFunctionalGroupsSequence = Sequence([shared])
    frames = []
    for n in range(3):
        frame, place, content = Dataset(), Dataset(), Dataset()
        place.ImagePositionPatient = [0, 0, 2.5 * n]
        content.FrameAcquisitionDateTime = f"202403{n + 10}101500"
        content.StackID, content.InStackPositionNumber = "1", n + 1
        frame.PlanePositionSequence, frame.FrameContentSequence = Sequence([place]), Sequence([content])
        frames.append(frame)
    ds.PerFrameFunctionalGroupsSequence = Sequence(frames)
    return ds


def code(value: str, meaning: str, scheme: str = "DCM") -> Dataset:
    """One coded entry."""
    entry = Dataset()
    entry.CodeValue, entry.CodingSchemeDesignator, entry.CodeMeaning = value, scheme, meaning
    return entry


def report(mint: Mint, planted: Planted, day: str, image: tuple[str, str]) -> Dataset:
    """A Comprehensive SR with every value type (PS3.3 C.17.3). `image` is the class and UID it speaks of."""
    ds = blank(SOP + "88.33", "SR", mint)
    del ds.ImageType
    ds.CompletionFlag, ds.VerificationFlag = "COMPLETE", "UNVERIFIED"
    ds.ContentDate, ds.ContentTime = day, "101500"
    ds.ValueType, ds.ContinuityOfContent = "CONTAINER", "SEPARATE"
    ds.ConceptNameCodeSequence = Sequence([code("18748-4", "Diagnostic Imaging Report", "LN")])
    items: list[Dataset] = []

    def item(kind: str, value: str, meaning: str, scheme: str = "DCM") -> tuple[Dataset, Place]:
        one = Dataset()
        one.RelationshipType, one.ValueType = "CONTAINS", kind
        one.ConceptNameCodeSequence = Sequence([code(value, meaning, scheme)])
        place: Place = (0x0040A730, len(items))
        planted.keeps.append(Keep("SR findings", meaning, (*place, 0x0040A043, 0, 0x00080104)))
        items.append(one)
        return one, place

    for _ in range(3):
        one, place = item("TEXT", "121071", "Finding")
        one.TextValue, needles, words = mint.sentence(day)
        planted.keeps.append(Keep("descriptor words", one.TextValue, (*place, 0x0040A160), words=words))
        for needle in needles:
            planted.hide("SR items", needle, (*place, 0x0040A160))
    one, place = item("PNAME", "121008", "Person Observer Name")
    one.PersonName = f"{mint.family()}^{mint.given()}"
    for part in str(one.PersonName).split("^"):
        planted.hide("SR items", part, (*place, 0x0040A123))
    one, place = item("UIDREF", "121012", "Device Observer UID")
    one.UID = mint.uid()
    planted.hide("SR items", one.UID, (*place, 0x0040A124), Look.UID)
    one, place = item("DATE", "111060", "Study Date")
    one.Date = day
    planted.hide("SR items", day, (*place, 0x0040A121), Look.DATE)
    one, place = item("DATETIME", "111526", "DateTime Started")
    one.DateTime = f"{day}101530"
    planted.hide("SR items", day, (*place, 0x0040A120), Look.DATE)
    for value, unit in (("23.4", "mm"), ("7.1", "cm2")):
        one, place = item("NUM", "103339001", "Long Axis", "SCT")
        measured = Dataset()
        measured.NumericValue, measured.MeasurementUnitsCodeSequence = (
            value,
            Sequence([code(unit, unit, "UCUM")]),
        )
        one.MeasuredValueSequence = Sequence([measured])
        planted.keeps.append(Keep("SR findings", value, (*place, 0x0040A300, 0, 0x0040A30A)))
    one, place = item("CODE", "121071", "Finding")
    one.ConceptCodeSequence = Sequence([code("27550009", "Vascular disorder", "SCT")])
    planted.keeps.append(Keep("SR findings", "27550009", (*place, 0x0040A168, 0, 0x00080100)))
    one, place = item("IMAGE", "121112", "Source of Measurement")
    reference = Dataset()
    reference.ReferencedSOPClassUID, reference.ReferencedSOPInstanceUID = image
    one.ReferencedSOPSequence = Sequence([reference])
    one, place = item("CONTAINER", "121070", "Findings")
    inner = Dataset()
    inner.RelationshipType, inner.ValueType = "CONTAINS", "TEXT"
    inner.ConceptNameCodeSequence = Sequence([code("121073", "Impression")])
    inner.TextValue, needles, words = mint.sentence(day)
    one.ContentSequence = Sequence([inner])
    planted.keeps.append(
        Keep("descriptor words", inner.TextValue, (*place, 0x0040A730, 0, 0x0040A160), words=words)
    )
    for needle in needles:
        planted.hide("SR items", needle, (*place, 0x0040A730, 0, 0x0040A160))
    observer = Dataset()
    observer.VerifyingObserverName, observer.VerifyingOrganization = mint.family(), mint.token()
    observer.VerificationDateTime = f"{day}101530"
    ds.VerifyingObserverSequence = Sequence([observer])
    for needle in (str(observer.VerifyingObserverName), observer.VerifyingOrganization):
        planted.hide("SR items", needle, (0x0040A073, 0))
    ds.ContentSequence = Sequence(items)
    planted.touched |= {(0x0040A730,)}
    return ds


def presentation(mint: Mint, planted: Planted, image: tuple[str, str]) -> Dataset:
    """A grayscale softcopy presentation state with a text object and a line (PS3.3 C.10.5)."""
    ds = blank(SOP + "11.1", "PR", mint)
    ds.ContentLabel, ds.ContentDescription, ds.ContentCreatorName = (
        "LABEL",
        f"Brain {mint.family()}",
        mint.family(),
    )
    for tag, name in (
        (0x00700081, ds.ContentDescription.split()[1]),
        (0x00700084, str(ds.ContentCreatorName)),
    ):
        planted.hide("graphics", name, (tag,))
    words, line, note = Dataset(), Dataset(), Dataset()
    words.BoundingBoxAnnotationUnits, words.AnchorPointVisibility = "PIXEL", "N"
    words.UnformattedTextValue = f"23 mm infarct, Dr {mint.given()} {mint.family()} {mint.phone()}"
    named = words.UnformattedTextValue.split("Dr ")[1].split(" ", 2)
    place: Place = (0x00700001, 0, 0x00700008, 0, 0x00700006)
    for needle in (named[0], named[1], named[2]):
        planted.hide("graphics", needle, place)
    planted.keeps.append(Keep("descriptor words", words.UnformattedTextValue, place, words=("infarct",)))
    words.BoundingBoxTopLeftHandCorner, words.BoundingBoxBottomRightHandCorner = [1.0, 1.0], [20.0, 8.0]
    line.GraphicAnnotationUnits, line.GraphicDimensions, line.NumberOfGraphicPoints = "PIXEL", 2, 2
    line.GraphicData, line.GraphicType, line.GraphicFilled = [3.0, 4.0, 30.0, 40.0], "POLYLINE", "N"
    planted.keeps.append(
        Keep("graphics kept", [3.0, 4.0, 30.0, 40.0], (0x00700001, 0, 0x00700009, 0, 0x00700022))
    )
    reference = Dataset()
    reference.ReferencedSOPClassUID, reference.ReferencedSOPInstanceUID = image
    note.ReferencedImageSequence, note.GraphicLayer = Sequence([reference]), "DRAW"
    note.TextObjectSequence, note.GraphicObjectSequence = Sequence([words]), Sequence([line])
    ds.GraphicAnnotationSequence = Sequence([note])
    planted.touched |= {(0x00700001,)}
    layer = Dataset()
    layer.GraphicLayer, layer.GraphicLayerOrder, layer.GraphicLayerDescription = "DRAW", 1, mint.family()
    planted.hide("graphics", layer.GraphicLayerDescription, (0x00700060, 0, 0x00700068))
    ds.GraphicLayerSequence = Sequence([layer])
    series = Dataset()
    series.SeriesInstanceUID, series.ReferencedImageSequence = mint.uid(), Sequence([reference])
    ds.ReferencedSeriesSequence = Sequence([series])
    return ds


def selection(mint: Mint, image: tuple[str, str]) -> Dataset:
    """A key object selection of one image (PS3.3 C.17.6)."""
    ds = blank(SOP + "88.59", "KO", mint)
    one, reference = Dataset(), Dataset()
    reference.ReferencedSOPClassUID, reference.ReferencedSOPInstanceUID = image
    one.RelationshipType, one.ValueType, one.ReferencedSOPSequence = (
        "CONTAINS",
        "IMAGE",
        Sequence([reference]),
    )
    ds.ValueType, ds.ContentSequence = "CONTAINER", Sequence([one])
    ds.ConceptNameCodeSequence = Sequence([code("113000", "Of Interest")])
    return ds


def document(mint: Mint, planted: Planted, kind: str) -> Dataset:
    """An encapsulated PDF or CDA with a report in it (PS3.3 C.24)."""
    ds = blank(SOP + {"pdf": "104.1", "cda": "104.2"}[kind], "DOC", mint)
    name, token = mint.family(), mint.token()
    if kind == "pdf":
        from reportlab.pdfgen import canvas

        out = io.BytesIO()
        page = canvas.Canvas(out, pageCompression=0, invariant=True)
        page.setTitle(token)
        page.drawString(72, 700, f"Report of {name}")
        page.save()
        data, mime = out.getvalue(), "application/pdf"
    else:
        inner = f'<id extension="{token}"/><name>{name}</name>'
        data = f'<?xml version="1.0"?><ClinicalDocument>{inner}</ClinicalDocument>'.encode()
        mime = "text/XML"
    ds.EncapsulatedDocument, ds.MIMETypeOfEncapsulatedDocument = data + b"\0" * (len(data) % 2), mime
    ds.EncapsulatedDocumentLength = len(data)
    ds.DocumentTitle, ds.BurnedInAnnotation = f"Brain {mint.family()}", "YES"
    planted.hide("PDF and CDA", ds.DocumentTitle.split()[1], (0x00420010,))
    for needle in (name, token):
        planted.hide("PDF and CDA", needle, (0x00420011,))
    planted.touched |= {(0x00420015,), (0x00280301,)}
    return ds


def slide(mint: Mint, flavour: str) -> Dataset:
    """A VL whole slide microscopy image; LABEL and OVERVIEW show what is written on it (PS3.3 C.8.12)."""
    ds = blank(SOP + "77.1.6", "SM", mint)
    ds.ImageType = ["ORIGINAL" if flavour == "VOLUME" else "DERIVED", "PRIMARY", flavour, "NONE"]
    grey = ground(mint, 64, 64, 1, 200).astype("u1")
    pixels(ds, np.repeat(grey[..., None], 3, axis=3), stored=8)
    ds.NumberOfFrames, ds.TotalPixelMatrixColumns, ds.TotalPixelMatrixRows = 1, 64, 64
    ds.ContainerIdentifier, ds.SpecimenLabelInImage = mint.token(), "YES" if flavour != "VOLUME" else "NO"
    return ds
