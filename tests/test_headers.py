"""What hides in places of a DICOM header where nobody expects words: UIDs, the file meta, numbers, bytes."""

from __future__ import annotations

import random
from pathlib import Path

import pydicom
import pytest
from pydicom.data import get_testdata_file
from pydicom.dataelem import RawDataElement
from pydicom.dataset import Dataset
from pydicom.filebase import DicomBytesIO
from pydicom.filewriter import write_dataset
from pydicom.sequence import Sequence
from pydicom.tag import Tag
from pydicom.uid import CTImageStorage, ExplicitVRBigEndian, ExplicitVRLittleEndian, ImplicitVRLittleEndian

from pipeline.core.identity import Identifier, Kind
from pipeline.core.match import Matcher
from pipeline.core.picture import Trouble, each
from pipeline.deidentify.headers import binary, dicom, elements, header
from pipeline.deidentify.headers.pseudonym import Pseudonyms
from pipeline.deidentify.headers.rules import chosen, rules
from tests.conftest import casereport
from tests.test_deidentify_dicom import KEY, blank, cleaned, cleaner, saved, seen

ORIGINAL = "1.3.12.2.1107.5.1.4.66045.30000025031407"


def raw(ds: Dataset, keyword: str, value: bytes, vr: str = "") -> None:
    """Set bytes as they are, whatever pydicom thinks of them."""
    tag = Tag(keyword)
    vr = vr or pydicom.datadict.dictionary_VR(tag)
    ds[tag] = RawDataElement(
        tag, vr, len(value) + len(value) % 2, value + b" " * (len(value) % 2), 0, False, True
    )


def with_syntax(source: Path, stated: bytes) -> Path:
    """The same file with another Transfer Syntax UID of the same length."""
    data = source.read_bytes()
    at = data.index(b"\x02\x00\x10\x00UI") + 6
    size = int.from_bytes(data[at : at + 2], "little")
    assert len(stated) <= size
    source.write_bytes(data[: at + 2] + stated.ljust(size, b"\0") + data[at + 2 + size :])
    return source


# --- file meta --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("syntax", [ExplicitVRLittleEndian, ImplicitVRLittleEndian])
def test_a_transfer_syntax_that_is_text_is_not_repeated(tmp_path, syntax):
    source = with_syntax(saved(blank(syntax), tmp_path), b"MEERA TESTWALA")
    copy, data, _ = cleaned(source)
    assert copy.file_meta.TransferSyntaxUID == syntax
    assert not seen(data, "testwala")


@pytest.mark.parametrize("stated", [b"TESTWALA", b"1.2.840.10008.1.2.4.9"])
def test_compressed_pixels_with_an_unknown_transfer_syntax_are_held(tmp_path, stated):
    (tmp_path / "in.dcm").write_bytes(Path(get_testdata_file("JPEG2000.dcm", download=False)).read_bytes())
    job = dicom.Job(with_syntax(tmp_path / "in.dcm", stated), tmp_path / "out.dcm")
    trouble = each(cleaner(on=chosen(["no-pixels"])), [job], "in.dcm")[0]
    assert isinstance(trouble, Trouble)
    assert trouble.code == "IMG027"
    assert stated.decode() not in str(trouble)
    assert not job.target.exists()


def test_a_class_that_only_the_file_meta_says_is_no_place_for_words(tmp_path):
    ds = blank()
    ds.file_meta.MediaStorageSOPClassUID = "1.2.840.10008.TESTWALA"
    del ds.SOPClassUID
    ds.save_as(tmp_path / "in.dcm")
    copy, data, _ = cleaned(tmp_path / "in.dcm")
    assert not seen(data, "testwala")
    assert copy.SOPClassUID == copy.file_meta.MediaStorageSOPClassUID
    assert copy.SOPClassUID.startswith("2.25.")


# --- UIDs -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "keyword", ["SOPClassUID", "ReferencedSOPClassUID", "RelatedGeneralSOPClassUID", "ContextUID"]
)
@pytest.mark.parametrize(
    "tail", ["TESTWALA", "9876543210", "5.1.4.98.76.543.210", "5.1.4.1.1.2\\MEERA TESTWALA"]
)
@pytest.mark.parametrize("on", [[], ["uids"]])
def test_nothing_hides_behind_the_root_of_dicom(tmp_path, keyword, tail, on):
    ds = blank()
    raw(ds, keyword, f"1.2.840.10008.{tail}".encode())
    _, data, _ = cleaned(saved(ds, tmp_path), on=chosen(on))
    assert not seen(data, "testwala")
    assert on or not any(seen(data, number) for number in ("9876543210", "98.76.543.210"))


def test_uids_that_everybody_knows_stay(tmp_path):
    ds = blank()
    item = Dataset()
    item.CodingSchemeUID, item.ContextUID, item.MappingResourceUID = (
        "2.16.840.1.113883.6.96",
        "1.2.840.10008.6.1.1370",
        "1.2.840.10008.8.1.1",
    )
    ds.CodingSchemeIdentificationSequence = Sequence([item])
    ds.ReferencedSOPClassUID = "1.2.840.10008.5.1.4.1.1.77.1.5.9"  # younger than the dictionary
    copy, _, _ = cleaned(saved(ds, tmp_path))
    assert copy.CodingSchemeIdentificationSequence[0] == item
    assert (copy.ReferencedSOPClassUID, copy.SOPClassUID) == (ds.ReferencedSOPClassUID, CTImageStorage)


def test_a_uid_in_a_text_is_replaced_like_any_other(tmp_path):
    ds = blank()
    ds.SeriesInstanceUID = ds.SoftwareVersions = ds.StudyDescription = ORIGINAL
    ds.ScanOptions = "HELICAL"
    ds.ManufacturerModelName = ["Model", ORIGINAL]
    ds.SeriesDescription = f"CHEST of {ORIGINAL} for review"
    copy, data, _ = cleaned(saved(ds, tmp_path))
    new = copy.SeriesInstanceUID
    assert not seen(data, ORIGINAL)
    assert not seen(data, "30000025031407")
    assert copy.SoftwareVersions == copy.StudyDescription == new
    assert list(copy.ManufacturerModelName) == ["Model", new]
    assert copy.SeriesDescription == f"CHEST of {new} for review"
    kept = cleaned(saved(ds, tmp_path), on=chosen(["uids"]))[0]
    assert kept.SoftwareVersions == kept.SeriesInstanceUID == ORIGINAL


def test_versions_are_no_uids(tmp_path):
    ds = blank()
    ds.SoftwareVersions = ["1.2.3.4.5.6", "syngo 5.0.1"]
    assert list(cleaned(saved(ds, tmp_path))[0].SoftwareVersions) == ds.SoftwareVersions


# --- numbers ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("keyword", "value"),
    [
        ("PatientAge", b"19470815"),
        ("PatientAge", b"1947Y0815"),
        ("StudyTime", b"9876543210"),
        ("StudyTime", b"98:76:54:32"),
        ("StudyTime", b"1947-08-15"),
        ("KVP", b"1234-5678-9012"),
        ("InstanceNumber", b"1234 5678 9012"),
        ("ExposureTime", b"451177"),
        ("KVP", b"5\\00451177\\7"),
    ],
)
def test_a_number_that_is_not_what_it_says_goes(tmp_path, keyword, value):
    ds = blank()
    raw(ds, keyword, value)
    job = dicom.Job(saved(ds, tmp_path), tmp_path / "out.dcm")
    known = Matcher([Identifier(Kind.NUMBER, "451177", "numbers.hospital.0")])
    clean = dicom.cleaner(dicom.Setting(rules(), Pseudonyms(KEY), {}, known))
    assert not each(clean, [job], "in.dcm")[0].held
    assert keyword not in pydicom.dcmread(job.target)


@pytest.mark.parametrize(
    ("keyword", "value"),
    [
        ("PatientAge", "046Y"),
        ("PatientAge", "46Y"),
        ("PatientAge", "012W"),
        ("StudyTime", "10"),
        ("StudyTime", "235960"),
        ("StudyTime", "101500.123456"),
        ("StudyTime", "10:15:00.5"),
        ("KVP", "-1.5E-03"),
        ("KVP", ".5"),
        ("KVP", "20250315"),
        ("ImagePositionPatient", "-99.8120\\+0.5\\ 7 "),
        ("InstanceNumber", "-12"),
    ],
)
def test_a_number_that_is_what_it_says_stays(tmp_path, keyword, value):
    ds = blank()
    raw(ds, keyword, value.encode())
    source = saved(ds, tmp_path)
    copy, _, _ = cleaned(source)
    assert copy[keyword].value == pydicom.dcmread(source)[keyword].value


@pytest.mark.parametrize("value", [b"20250314", b"14032025", b"20250314101500", b"7\\20250314.0"])
def test_a_date_of_the_study_is_no_length(tmp_path, value):
    ds = blank()
    raw(ds, "SliceThickness", value)
    assert "SliceThickness" not in cleaned(saved(ds, tmp_path))[0]


# --- bytes ------------------------------------------------------------------------------------------------

NAMES = ["Jörg Müller", "ਮੀਰਾ ਟੈਸਟਵਾਲਾ", "मीरा टेस्टवाला", "Мария Иванова", "王小明", "Meera Testwala"]
EVERYBODY = Matcher([Identifier(Kind.NAME, name, f"name.{n}") for n, name in enumerate(NAMES)])


@pytest.mark.parametrize("size", [0, 5000, 3 << 20])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-16-le", "utf-16-be"])
@pytest.mark.parametrize("name", NAMES)
def test_a_name_in_bytes_is_found_in_every_script(name, encoding, size):
    around = bytes((1, 2, 3, 6, 7, 8, 14, 15)) * (size // 8)
    for odd in (b"", b"\1"):
        assert binary.named(b"\2\3" + around + odd + name.encode(encoding) + b"\6\7" + around, EVERYBODY)
    assert not binary.named(b"\2\3" + around + "Nobody Else".encode(encoding) + b"\6\7" + around, EVERYBODY)


def test_random_bytes_name_nobody():
    noise = random.Random(7).randbytes(8 << 20)  # always the same: chance may spell a short name
    assert not binary.named(noise, EVERYBODY)


def test_a_name_in_a_large_table_of_bytes_is_found(tmp_path):
    ds = blank()
    ds.add_new(0x00281221, "OW", bytes(range(32)) * 40_000 + b"MEERA TESTWALA" + bytes(2))
    ds.add_new(0x00281222, "OW", bytes(range(32)) * 40_000)
    copy, data, _ = cleaned(saved(ds, tmp_path))
    assert not seen(data, "testwala")
    assert 0x00281221 not in copy
    assert copy[0x00281222].value == ds[0x00281222].value


# --- who is named -----------------------------------------------------------------------------------------

NUMBERED = [
    "StudyID",
    "StationName",
    "DeviceSerialNumber",
    "PlateID",
    "GantryID",
    "DetectorID",
    "MedicalRecordLocator",
    "CurrentPatientLocation",
    "RequestedProcedureID",
    "ScheduledProcedureStepID",
    "PerformedProcedureStepID",
    "PlacerOrderNumberImagingServiceRequest",
    "FillerOrderNumberImagingServiceRequest",
]


@pytest.mark.parametrize("syntax", [ExplicitVRLittleEndian, ImplicitVRLittleEndian, ExplicitVRBigEndian])
@pytest.mark.parametrize("nested", [False, True])
def test_numbers_of_orders_and_machines_are_known(tmp_path, syntax, nested):
    ds = blank(syntax)
    inner = Dataset() if nested else ds
    for n, keyword in enumerate(NUMBERED):
        setattr(inner, keyword, f"ZK-77{n:04d}")
    inner.AccessionNumber = "ACC-2205518"
    if nested:
        ds.RequestAttributesSequence = Sequence([inner])
    about = each(named, [saved(ds, tmp_path)], "x")[0]
    found = {i.value for i in about.identity if i.kind is Kind.NUMBER}
    assert {f"ZK-77{n:04d}" for n in range(len(NUMBERED))} | {"ACC-2205518", "UH-0099812"} <= found


def named(path: Path) -> header.About:
    return header.about(elements.read(path))


@pytest.mark.parametrize("syntax", [ExplicitVRLittleEndian, ImplicitVRLittleEndian])
def test_a_doctor_is_known_where_nothing_says_that_it_is_a_name(tmp_path, syntax):
    ds, inner = blank(syntax), Dataset()
    inner.ReferringPhysicianName = "Someone^Else"
    out = DicomBytesIO()
    out.is_little_endian, out.is_implicit_VR = True, True
    write_dataset(out, inner)
    item = b"\xfe\xff\x00\xe0" + len(out.getvalue()).to_bytes(4, "little") + out.getvalue()
    vr = "UN" if syntax == ExplicitVRLittleEndian else "SQ"
    ds[0x00400275] = RawDataElement(Tag(0x00400275), vr, len(item), item, 0, vr == "SQ", True)
    raw(ds, "PixelPaddingValue", b"\xfe\xff\x00\xe0\0\0", "UN")  # looks like a sequence and is none
    about = each(named, [saved(ds, tmp_path)], "x")[0]
    assert (Kind.DOCTOR, "Someone^Else") in {(i.kind, i.value) for i in about.identity}


def test_a_short_or_plain_word_is_no_number(tmp_path):
    ds = blank()
    ds.StudyID, ds.StationName, ds.DetectorID, ds.PlateID = "12345", "CT01", "DETECTOR", "1"
    ds.DeviceSerialNumber, ds.GantryID, ds.PerformedProcedureStepID = "000000000", "-0000200", "100000"
    about = each(named, [saved(ds, tmp_path)], "x")[0]
    assert [i.value for i in about.identity if i.kind is Kind.NUMBER] == ["UH-0099812"]


def test_a_number_of_the_study_is_gone_from_every_text(tmp_path):
    ds = blank()
    ds.StudyID, ds.ScanOptions, ds.SoftwareVersions = "770031", "HELICAL", "export 770031"
    ds.ExposureTime = "770031"
    (tmp_path / "in").mkdir()
    saved(ds, tmp_path / "in")
    assert casereport("clean", tmp_path / "in", tmp_path / "out").code == 0
    (copy,) = (tmp_path / "out").rglob("*.dcm")
    assert not seen(copy.read_bytes(), "770031")
    assert pydicom.dcmread(copy).ScanOptions == "HELICAL"


def test_the_character_set_is_found_wherever_it_stands(tmp_path):
    ds = blank()
    for tag in (0x00080000, 0x00080001, 0x00080002, 0x00080003, 0x00080004):
        raw_at(ds, tag)
    ds.SpecificCharacterSet = "ISO_IR 144"
    ds.Manufacturer = "Testwala Мира"
    ds.StudyDescription = "CHEST"
    inner = Dataset()
    inner.SpecificCharacterSet, inner.PatientName = "ISO_IR 144", "Иванова^Мария"
    ds.RequestAttributesSequence = Sequence([inner])
    source = saved(ds, tmp_path)
    about = each(named, [source], "x")[0]
    assert "Иванова^Мария" in {i.value for i in about.identity}
    job = dicom.Job(source, tmp_path / "out.dcm")
    known = Matcher([Identifier(Kind.NAME, "Мира", "name")])
    clean = dicom.cleaner(dicom.Setting(rules(), Pseudonyms(KEY), {}, known))
    assert not each(clean, [job], "in.dcm")[0].held
    assert "Мира".encode("iso8859_5") not in job.target.read_bytes()


def raw_at(ds: Dataset, tag: int) -> None:
    ds[tag] = RawDataElement(Tag(tag), "UL", 4, b"\0\0\0\0", 0, False, True)
