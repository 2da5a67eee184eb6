"""Identity planted in every corner of a DICOM file is gone from the copy; what a reader needs stays."""

from __future__ import annotations

import datetime as dt
import io
from collections import Counter
from pathlib import Path

import numpy as np
import pydicom
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydicom.data import get_testdata_file
from pydicom.dataelem import DataElement, RawDataElement
from pydicom.dataset import Dataset, FileDataset, FileMetaDataset
from pydicom.filebase import DicomBytesIO
from pydicom.filewriter import write_dataset
from pydicom.sequence import Sequence
from pydicom.tag import Tag
from pydicom.uid import (
    UID,
    CTImageStorage,
    DeflatedExplicitVRLittleEndian,
    ExplicitVRBigEndian,
    ExplicitVRLittleEndian,
    ImplicitVRLittleEndian,
)

from pipeline.core import resources, slices
from pipeline.core.identity import Identifier, Kind
from pipeline.core.match import Matcher
from pipeline.core.picture import Trouble, each
from pipeline.deidentify.headers import dicom, series
from pipeline.deidentify.headers.pseudonym import Pseudonyms
from pipeline.deidentify.headers.rules import Action, chosen, rules

KEY, OTHER_KEY = "11" * 32, "22" * 32
NAME = "Meera Testwala"
KNOWN = Matcher(
    [Identifier(Kind.NAME, NAME, "name"), Identifier(Kind.NUMBER, "UH-0099812", "numbers.hospital.0")]
)
SYNTAXES = [
    ExplicitVRLittleEndian,
    ImplicitVRLittleEndian,
    ExplicitVRBigEndian,
    DeflatedExplicitVRLittleEndian,
]


def blank(syntax: str = ExplicitVRLittleEndian) -> FileDataset:
    meta = FileMetaDataset()
    meta.TransferSyntaxUID = syntax
    meta.MediaStorageSOPClassUID = CTImageStorage
    meta.MediaStorageSOPInstanceUID = "1.2.826.0.1.99.1"
    ds = FileDataset("", {}, file_meta=meta, preamble=b"TESTWALA MEERA".ljust(128, b"\0"))
    ds.set_original_encoding(syntax == ImplicitVRLittleEndian, syntax != ExplicitVRBigEndian)
    ds.SOPClassUID, ds.SOPInstanceUID = CTImageStorage, "1.2.826.0.1.99.1"
    ds.StudyInstanceUID, ds.SeriesInstanceUID = "1.2.826.0.1.99.2", "1.2.826.0.1.99.3"
    ds.PatientName, ds.PatientID, ds.Modality = "Testwala^Meera", "UH-0099812", "CT"
    ds.StudyDate, ds.StudyTime = "20250314", "101500"
    ds.Rows = ds.Columns = 4
    ds.BitsAllocated, ds.BitsStored, ds.HighBit, ds.PixelRepresentation = 16, 12, 11, 0
    ds.SamplesPerPixel, ds.PhotometricInterpretation = 1, "MONOCHROME2"
    ds.PixelData = np.arange(16, dtype=">u2" if syntax == ExplicitVRBigEndian else "<u2").tobytes()
    return ds


def saved(ds: Dataset, folder: Path, name: str = "in.dcm") -> Path:
    ds.save_as(folder / name, enforce_file_format=True)
    return folder / name


def cleaner(key: str = KEY, *, on: frozenset[str] | None = None) -> object:
    setting = dicom.Setting(rules(on), Pseudonyms(key), {}, KNOWN, pictures_only=True)
    return dicom.cleaner(setting)


def cleaned(
    source: Path, key: str = KEY, *, on: frozenset[str] | None = None
) -> tuple[Dataset, bytes, Counter[str]]:
    target = source.with_name(f"{source.stem}-{key[:2]}.out.dcm")
    target.unlink(missing_ok=True)
    outcome = each(cleaner(key, on=on), [dicom.Job(source, target)], "in.dcm")[0]
    assert isinstance(outcome, dicom.Outcome), outcome
    assert not outcome.held
    return pydicom.dcmread(target), target.read_bytes(), Counter(outcome.removed)


def seen(data: bytes, canary: str) -> bool:
    """A search that shares nothing with the cleaner: raw bytes in four encodings, any case."""
    low = data.lower()
    encodings = ("utf-8", "utf-16-le", "utf-16-be", *(("latin-1",) if canary.isascii() else ()))
    return any(canary.lower().encode(e) in low for e in encodings)


def inflated(data: bytes) -> bytes:
    ds = pydicom.dcmread(io.BytesIO(data))
    if ds.file_meta.TransferSyntaxUID != DeflatedExplicitVRLittleEndian:
        return data
    out = io.BytesIO()
    ds.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    ds.save_as(out)
    return data + out.getvalue()


NEEDED = """PatientSex PatientAge PatientSize PatientWeight PixelSpacing SliceThickness KVP WindowCenter
WindowWidth RescaleIntercept RescaleSlope Rows Columns BitsStored StudyTime Modality PixelData"""
TABLE = resources.data("templates/rules/dicom-basic.yaml")["rows"]
KEPT = {tag for tag, action in rules().actions.items() if action is Action.KEEP}
VALUES = {
    "AE": "ZQ{n:04d}",
    "CS": "ZQ{n:04d}",
    "SH": "ZQ{n:04d}",
    "PN": "Zq^{n:04d}",
    "UI": "1.2.3.99{n:04d}",
}


def planted(tag: int, vr: str, n: int) -> tuple[object, str]:
    """(value, what must not be found again) for one attribute of the table."""
    if vr in ("DA", "DT"):
        date = f"19{n % 90 + 10}{n % 12 + 1:02d}{n % 28 + 1:02d}"
        return (date if vr == "DA" else date + "113344.5"), date
    if vr in ("OB", "OW", "UN"):
        return f"ZQ{n:04d}canary ".encode(), f"ZQ{n:04d}"
    if vr == "SQ":
        item = Dataset()
        item.PatientName = f"Zq^{n:04d}"
        item.add_new(0x00104000, "LT", f"ZQ{n:04d} comment")
        return Sequence([item]), f"{n:04d} comment"
    text = VALUES.get(vr, "ZQ{n:04d} of Ludhiana").format(n=n)
    return text, text


@pytest.mark.parametrize("syntax", SYNTAXES, ids=lambda s: s.name)
@pytest.mark.parametrize("nested", [False, True])
def test_every_row_of_the_table_is_applied_at_every_depth(tmp_path, syntax, nested):
    ds = blank(syntax)
    inner = Dataset() if nested else ds
    canaries = []
    for n, (name, row) in enumerate(TABLE.items()):
        tag, vr = int(name, 16), row.get("vr", "LO")
        if (
            tag in KEPT
            or vr in ("TM", "AS", "US", "DS", "IS")
            or tag >> 16 in (0, 2)
            or (tag == 0x00080018 and not nested)
        ):
            continue
        value, canary = planted(tag, vr, n)
        inner[tag] = DataElement(tag, vr, value)
        canaries.append((name, canary))
    if nested:
        outer = Dataset()
        outer.add_new(0x00540016, "SQ", Sequence([inner]))
        ds.add_new(0x00081140, "SQ", Sequence([outer]))
    assert len(canaries) > 550
    _, data, _ = cleaned(saved(ds, tmp_path))
    data = inflated(data)
    assert [tag for tag, canary in canaries if seen(data, canary)] == []


def test_private_unknown_overlay_icon_and_preamble_are_gone(tmp_path):
    ds = blank()
    block = ds.private_block(0x0009, "TESTWALA VENDOR", create=True)
    block.add_new(1, "LO", "private Meera Testwala")
    block.add_new(2, "SQ", Sequence([Dataset()]))
    ds.add_new(0x60003000, "OW", b"OVERLAY ")
    ds.add_new(0x60004000, "LT", "overlay comment")
    ds.add_new(0x50000022, "LO", "curve label")
    ds.add_new(0x00091003, "UN", b"in UN")
    icon = Dataset()
    icon.BitsAllocated, icon.PixelData = 8, b"ICONICON"
    ds.IconImageSequence = Sequence([icon])
    ds.add_new(0xFFFCFFFC, "OB", b"PADDINGS")
    ds.add_new(0x00280300, "CS", "TESTWALA")
    source = saved(ds, tmp_path)
    source.write_bytes(source.read_bytes())
    _, data, counts = cleaned(source)
    for word in ("testwala", "overlay", "curve label", "in UN", "icon", "padding"):
        assert not seen(data, word), word
    assert counts["private"] >= 3
    assert counts["overlays and curves"] == 3


def test_a_sequence_written_as_un_is_opened(tmp_path):
    inner = Dataset()
    inner.PatientName, inner.PatientComments, inner.CodeMeaning = "Zq^Hidden", "zq comment", "Fluorine"
    buffer = DicomBytesIO()
    buffer.is_little_endian, buffer.is_implicit_VR = True, True
    write_dataset(buffer, inner)
    body = buffer.getvalue()
    item = b"\xfe\xff\x00\xe0" + len(body).to_bytes(4, "little") + body
    ds = blank()
    ds[0x00540016] = RawDataElement(Tag(0x00540016), "UN", len(item), item, 0, False, True)
    copy, data, _ = cleaned(saved(ds, tmp_path))
    assert not seen(data, "hidden")
    assert not seen(data, "zq comment")
    assert copy.RadiopharmaceuticalInformationSequence[0].CodeMeaning == "Fluorine"


def test_bytes_behind_the_last_element_do_not_come_along(tmp_path):
    source = saved(blank(), tmp_path)
    source.write_bytes(source.read_bytes() + b"\0\0 Testwala^Meera born 1980 \0\0")
    target = tmp_path / "out.dcm"
    result = each(cleaner(), [dicom.Job(source, target)], "x")[0]
    if isinstance(result, Trouble):
        assert not target.exists() or not seen(target.read_bytes(), "testwala")
    else:
        assert not seen(target.read_bytes(), "testwala")


def test_text_the_table_does_not_list_goes_only_when_it_names_someone(tmp_path):
    ds = blank()
    ds.Manufacturer, ds.SoftwareVersions = "Example Scanners", "built for MEERA TESTWALA"
    ds.ManufacturerModelName, ds.PositionReferenceIndicator = "Model UH 0099812", "XY"
    ds.ScanOptions = "HELICAL"
    copy, data, counts = cleaned(saved(ds, tmp_path))
    assert (copy.Manufacturer, copy.ScanOptions, copy.PositionReferenceIndicator) == (
        "Example Scanners",
        "HELICAL",
        "XY",
    )
    assert not seen(data, "testwala")
    assert not seen(data, "0099812")
    assert counts["text"] == 2


@pytest.mark.parametrize(
    ("keyword", "raw"),
    [
        ("KVP", b"Meera Testwala"),
        ("InstanceNumber", b"Testwala"),
        ("PatientAge", b"Testwala"),
        ("StudyTime", b"Meera"),
    ],
)
def test_a_number_that_is_a_name_is_removed(tmp_path, keyword, raw):
    ds = blank()
    tag = Tag(keyword)
    vr = pydicom.datadict.dictionary_VR(tag)
    ds[tag] = RawDataElement(tag, vr, len(raw), raw.ljust(len(raw) + len(raw) % 2), 0, False, True)
    _, data, _ = cleaned(saved(ds, tmp_path))
    assert not seen(data, raw.decode())


def test_what_a_reader_needs_is_kept(tmp_path):
    ds = blank()
    ds.PatientSex, ds.PatientAge, ds.PatientSize, ds.PatientWeight = "F", "046Y", "1.6", "58"
    ds.PixelSpacing, ds.SliceThickness, ds.KVP = [0.5, 0.5], "5", "120"
    ds.WindowCenter, ds.WindowWidth, ds.RescaleIntercept, ds.RescaleSlope = "40", "400", "-1024", "1"
    source = saved(ds, tmp_path)
    copy, _, _ = cleaned(source)
    before = pydicom.dcmread(source)
    for keyword in NEEDED.split():
        assert copy[keyword].value == before[keyword].value, keyword
    assert copy.PatientIdentityRemoved == "YES"
    assert copy.DeidentificationMethodCodeSequence[0].CodeValue == "113100"
    assert copy.LongitudinalTemporalInformationModified == "MODIFIED"
    assert copy.preamble == b"\0" * 128


@pytest.mark.parametrize(("age", "shown"), [("089Y", "089Y"), ("090Y", "090Y"), ("097Y", "090Y")])
def test_ages_over_89_become_one_group(tmp_path, age, shown):
    ds = blank()
    ds.PatientAge = age
    assert cleaned(saved(ds, tmp_path))[0].PatientAge == shown


def test_links_and_intervals_survive_and_depend_on_the_key(tmp_path):
    one, two = blank(), blank()
    two.SOPInstanceUID = "1.2.826.0.1.99.7"
    two.StudyDate, two.AcquisitionDateTime = "20250321", "20250321101500.000000+0530"
    referenced = Dataset()
    referenced.ReferencedSOPClassUID, referenced.ReferencedSOPInstanceUID = CTImageStorage, one.SOPInstanceUID
    two.ReferencedImageSequence = Sequence([referenced])
    files = saved(one, tmp_path, "a.dcm"), saved(two, tmp_path, "b.dcm")
    a, b = (cleaned(f)[0] for f in files)
    assert (
        b.ReferencedImageSequence[0].ReferencedSOPInstanceUID
        == a.SOPInstanceUID
        == a.file_meta.MediaStorageSOPInstanceUID
    )
    assert b.ReferencedImageSequence[0].ReferencedSOPClassUID == CTImageStorage
    assert (a.StudyInstanceUID, a.PatientID, str(a.PatientName)) == (
        b.StudyInstanceUID,
        b.PatientID,
        a.PatientID,
    )
    assert a.StudyInstanceUID.startswith("2.25.")
    assert len(a.StudyInstanceUID) <= 64
    day = pydicom.valuerep.DA
    assert (day(b.StudyDate) - day(a.StudyDate)).days == 7
    assert b.AcquisitionDateTime[:8] == b.StudyDate
    assert b.AcquisitionDateTime[8:] == "101500.000000"  # the offset from UTC says where
    assert day(a.StudyDate) < day("20250314")
    other = cleaned(files[0], OTHER_KEY)[0]
    assert {other.StudyInstanceUID, other.PatientID, other.StudyDate}.isdisjoint(
        {a.StudyInstanceUID, a.PatientID, a.StudyDate}
    )


KEYS = st.binary(min_size=32, max_size=32).map(bytes.hex)
DATES = st.dates(dt.date(1950, 1, 1), dt.date(2035, 1, 1))


@given(KEYS, st.lists(st.from_regex(r"1\.2(\.[1-9]\d{0,9}){2,5}", fullmatch=True), min_size=2, unique=True))
def test_pseudonyms_are_valid_and_never_shared(key, originals):
    made = Pseudonyms(key)
    uids, names = [made.uid(o) for o in originals], [made.patient(o) for o in originals]
    assert len(set(uids)) == len(set(names)) == len(originals)
    assert all(len(uid) <= 64 and UID(uid).is_valid for uid in uids)
    assert [Pseudonyms(key).uid(o) for o in originals] == uids


@given(KEYS, DATES, DATES)
def test_the_shift_keeps_every_interval_and_moves_into_the_past(key, one, two):
    made = Pseudonyms(key)
    moved = [dt.date.fromisoformat(made.date(f"{d:%Y%m%d}")) for d in (one, two)]
    assert moved[1] - moved[0] == two - one
    assert dt.timedelta(days=365) <= one - moved[0] <= dt.timedelta(days=3650)
    assert made.date(f"{one:%Y.%m.%d}") == f"{moved[0]:%Y%m%d}"
    assert [made.date(value) for value in ("2025", "202503", "soon", "20250231", "")] == [""] * 5


def test_same_file_and_key_give_the_same_bytes(tmp_path):
    source = saved(blank(), tmp_path)
    assert cleaned(source)[1] == cleaned(source)[1]


def test_high_bits_that_hold_an_old_overlay_are_cleared(tmp_path):
    ds = blank()
    ds.add_new(0x60000010, "US", 4)
    ds.add_new(0x60000011, "US", 4)
    ds.add_new(0x60000102, "US", 12)
    ds.PixelData = (np.arange(16, dtype="<u2") | 0x1000).tobytes()
    copy, _, _ = cleaned(saved(ds, tmp_path))
    assert np.array_equal(np.frombuffer(copy.PixelData, "<u2"), np.arange(16))


def test_high_bits_are_cleared_where_no_overlay_is_declared(tmp_path):
    ds = blank()
    hidden = np.tile(np.array([0x1000, 0x3000, 0x6000, 0], "<u2"), 4)
    ds.PixelData = (np.arange(16, dtype="<u2") | hidden).tobytes()
    copy, _, _ = cleaned(saved(ds, tmp_path))
    assert np.array_equal(np.frombuffer(copy.PixelData, "<u2"), np.arange(16))


@pytest.mark.parametrize("overlay", [0, 3])
def test_the_highest_bit_says_where_the_pixel_is(tmp_path, overlay):
    ds = blank()
    ds.HighBit = 15  # 12 bits stored at the top; the lowest four are not the picture's
    ds.add_new(0x60000102, "US", overlay)
    ds.PixelData = (np.arange(16, dtype="<u2") << 4 | 1 << overlay).tobytes()
    copy, _, _ = cleaned(saved(ds, tmp_path))
    assert np.array_equal(np.frombuffer(copy.PixelData, "<u2"), np.arange(16) << 4)


def test_nothing_but_the_pixels_stays_in_their_group(tmp_path):
    ds = blank()
    whole = ds.PixelData
    ds.add_new(0x7FE00099, "LT", "Testwala beside the pixels")
    ds.add_new(0x7FE00001, "OV", b"Testwala")
    item = Dataset()
    item.CodeMeaning, item.PixelData = "Fluorine", b"Testwala inside a sequence"
    item["PixelData"].VR = "OW"
    ds.RadiopharmaceuticalInformationSequence = Sequence([item])
    ds.PixelData += b"Testwala behind the pixels"
    copy, data, counts = cleaned(saved(ds, tmp_path))
    assert not seen(data, "testwala")
    assert copy.PixelData == whole
    assert copy.RadiopharmaceuticalInformationSequence[0].CodeMeaning == "Fluorine"
    assert counts["beside the pixels"] == 2
    assert counts["behind the pixels"] == 2  # an element after them, and bytes in their own value


def test_offsets_into_compressed_frames_stay_unless_they_are_words(tmp_path):
    ds = pydicom.dcmread(get_testdata_file("JPEG2000.dcm", download=False))
    offsets = bytes(8)
    ds.add_new(0x7FE00001, "OV", offsets)
    ds.add_new(0x7FE00002, "LT", "words, not offsets")
    copy, data, _ = cleaned(saved(ds, tmp_path), on=chosen(["no-pixels"]))
    assert copy[0x7FE00001].value == offsets
    assert not seen(data, "words, not")
    ds.add_new(0x7FE00001, "OV", b"UH-0099812 about")
    assert not seen(cleaned(saved(ds, tmp_path), on=chosen(["no-pixels"]))[1], "0099812")


def test_pixels_of_an_odd_length_are_padded_with_zero(tmp_path):
    ds = blank()
    ds.Rows, ds.Columns, ds.BitsAllocated, ds.BitsStored, ds.HighBit = 3, 3, 8, 8, 7
    ds.PixelData = b"\1" * 9 + b"T"
    ds["PixelData"].VR = "OB"
    assert cleaned(saved(ds, tmp_path))[0].PixelData == b"\1" * 9 + b"\0"


def test_what_only_the_file_meta_says_counts(tmp_path):
    ds = blank()
    expected = cleaned(saved(ds, tmp_path))[0]
    del ds.SOPClassUID, ds.SOPInstanceUID
    ds.save_as(tmp_path / "bare.dcm")
    copy, data, _ = cleaned(tmp_path / "bare.dcm")
    assert (copy.SOPClassUID, copy.SOPInstanceUID) == (CTImageStorage, expected.SOPInstanceUID)
    assert not seen(data, "1.2.826.0.1.99")
    del ds.file_meta.MediaStorageSOPClassUID
    ds.save_as(tmp_path / "in.dcm")
    job = dicom.Job(tmp_path / "in.dcm", tmp_path / "out.dcm")
    assert each(cleaner(), [job], "in.dcm") == [Trouble("IMG029")]


@pytest.mark.parametrize(
    "name",
    [
        "CT_small.dcm",
        "MR_small_RLE.dcm",
        "JPEG2000.dcm",
        "ExplVR_BigEnd.dcm",
        "image_dfl.dcm",
        "examples_palette.dcm",
    ],
)
def test_pixel_bytes_are_copied_as_they_are(tmp_path, name):
    source = Path(get_testdata_file(name, download=False))
    (tmp_path / "in.dcm").write_bytes(source.read_bytes())
    copy, _, _ = cleaned(tmp_path / "in.dcm", on=chosen(["no-pixels"]))
    before = pydicom.dcmread(source)
    assert copy.PixelData == before.PixelData
    stated = before.file_meta.TransferSyntaxUID
    inflated = stated == DeflatedExplicitVRLittleEndian
    assert copy.file_meta.TransferSyntaxUID == (ExplicitVRLittleEndian if inflated else stated)


def test_a_file_without_preamble_and_meta_is_understood(tmp_path):
    ds = blank()
    buffer = DicomBytesIO()
    buffer.is_little_endian, buffer.is_implicit_VR = True, True
    write_dataset(buffer, ds)
    (tmp_path / "in.dcm").write_bytes(buffer.getvalue())
    copy, data, _ = cleaned(tmp_path / "in.dcm")
    assert copy.file_meta.TransferSyntaxUID == ImplicitVRLittleEndian
    assert not seen(data, "testwala")


def damaged() -> dict[str, bytes]:
    out = io.BytesIO()
    blank().save_as(out, enforce_file_format=True)
    whole = out.getvalue()
    report = blank()
    del report.PixelData
    out = io.BytesIO()
    report.save_as(out, enforce_file_format=True)
    return {
        "empty": b"",
        "cut in the pixels": whole[:-9],
        "cut in the header": whole[:400],
        "no picture": out.getvalue(),
    }


@pytest.mark.parametrize("what", ["empty", "cut in the pixels", "cut in the header", "no picture"])
def test_a_damaged_file_is_a_trouble_and_not_an_exception(tmp_path, what):
    (tmp_path / "in.dcm").write_bytes(damaged()[what])
    job = dicom.Job(tmp_path / "in.dcm", tmp_path / "out.dcm")
    result = each(cleaner(), [job], "in.dcm")[0]
    assert isinstance(result, Trouble)
    assert not job.target.exists()


def test_slices_are_ordered_by_position_then_by_number(tmp_path):
    def lying(z: float | None, number: int) -> tuple[Path, slices.Slice]:
        ds = blank()
        ds.InstanceNumber = number
        if z is not None:
            ds.ImageOrientationPatient, ds.ImagePositionPatient = [1, 0, 0, 0, 1, 0], [0, 0, z]
        path = saved(ds, tmp_path, f"{number}-{z}.dcm")
        return path, each(slices.read, [path], "x")[0]

    def order(*found: tuple[Path, slices.Slice]) -> list[str]:
        return [path.name[0] for path in slices.ordered(found)]

    assert order(lying(30, 1), lying(-5, 2), lying(12.5, 3)) == ["2", "3", "1"]
    assert order(lying(None, 3), lying(9, 2), lying(8, 1)) == ["1", "2", "3"]


def test_who_is_named_in_a_header_is_known(tmp_path):
    ds = blank()
    ds.ReferringPhysicianName, ds.InstitutionName = "Someone^Else", "Example Hospital"
    nested = Dataset()
    nested.PatientName = "Testwala^M"
    ds.RequestAttributesSequence = Sequence([nested])
    header = each(series.read, [saved(ds, tmp_path)], "x")[0]
    found = {(i.kind, i.value) for i in header.identity}
    assert (Kind.NAME, "Testwala^Meera") in found
    assert (Kind.NAME, "Testwala^M") in found
    assert (Kind.DOCTOR, "Someone^Else") in found
    assert (Kind.HOSPITAL, "Example Hospital") in found
    assert "Meera" not in repr(header)
