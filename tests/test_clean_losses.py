"""One odd element loses no file: what cannot be understood is left out, and the rest is cleaned."""

from __future__ import annotations

import io
from pathlib import Path

import pydicom
import pytest
from pydicom.data import get_testdata_file
from pydicom.dataset import Dataset
from pydicom.encaps import encapsulate
from pydicom.filebase import DicomBytesIO
from pydicom.filewriter import write_dataset
from pydicom.sequence import Sequence

from pipeline.core import kinds
from tests.test_clean import clean, report_with, slice_of
from tests.test_deidentify_dicom import blank, seen

HIDDEN = "Testkaran"
MR = "1.2.840.10008.5.1.4.1.1.4"


def written(ds: Dataset) -> bytes:
    out = io.BytesIO()
    ds.save_as(out, enforce_file_format=True)
    return out.getvalue()


def with_element(raw: bytes, before: int = 0x00100010) -> bytes:
    """A small explicit file with bytes of an element put in front of an attribute."""
    whole = written(blank())
    at = whole.index(before.to_bytes(4, "big")[1::-1] + before.to_bytes(4, "big")[:1:-1], 400)
    return whole[:at] + raw + whole[at:]


def tag(number: int) -> bytes:
    return (number >> 16).to_bytes(2, "little") + (number & 0xFFFF).to_bytes(2, "little")


ITEM, ITEM_END, END = tag(0xFFFEE000), tag(0xFFFEE00D) + bytes(4), tag(0xFFFEE0DD) + bytes(4)
UNDEFINED = b"\xff" * 4
TEXT = HIDDEN.encode() + b" "
INSIDE = tag(0x00091001) + b"LO" + len(TEXT).to_bytes(2, "little") + TEXT
ODD = {
    "private fragments": tag(0x00091010) + b"OB\0\0" + UNDEFINED + ITEM + b"\x0a\0\0\0" + TEXT + END,
    "an unknown representation": tag(0x00091010) + b"ZZ\0\0" + b"\x0a\0\0\0" + TEXT,
    "an unknown representation of the old form": tag(0x00091010) + b"ZZ\x0a\0" + TEXT,
    "an unknown sequence": tag(0x00091010)
    + b"ZZ\0\0"
    + UNDEFINED
    + ITEM
    + UNDEFINED
    + INSIDE
    + ITEM_END
    + END,
    "explicit in unknown": tag(0x00091010)
    + b"UN\0\0"
    + UNDEFINED
    + ITEM
    + UNDEFINED
    + INSIDE
    + ITEM_END
    + END,
    "anything in unknown": tag(0x00091010) + b"UN\0\0" + UNDEFINED + ITEM + b"\x0a\0\0\0" + TEXT + END,
}


@pytest.mark.parametrize("what", ODD)
def test_an_odd_element_is_left_out_and_the_file_is_not(what, tmp_path):
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "a.dcm").write_bytes(with_element(ODD[what]))
    ran, report = clean(tmp_path / "in", tmp_path / "out")
    assert ran.code == 0, ran.everything
    copy = pydicom.dcmread(tmp_path / "out" / "0001.dcm")
    assert copy.PixelData == blank().PixelData
    assert copy.StudyTime == "101500"
    assert not seen((tmp_path / "out" / "0001.dcm").read_bytes(), HIDDEN)
    assert report["files"][0]["removed"]["private"] >= 1


def test_an_odd_element_of_the_standard_is_left_out_too(tmp_path):
    raw = tag(0x00081140) + b"UN\0\0" + UNDEFINED + ITEM + b"\x0a\0\0\0" + TEXT + END
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "a.dcm").write_bytes(with_element(raw))
    ran, report = clean(tmp_path / "in", tmp_path / "out")
    assert ran.code == 0, ran.everything
    assert not seen((tmp_path / "out" / "0001.dcm").read_bytes(), HIDDEN)
    assert report["files"][0]["removed"]["not what it says"] == 1


def test_an_element_without_an_end_stops_the_file(tmp_path):
    raw = tag(0x00081140) + b"UN\0\0" + UNDEFINED + ITEM + UNDEFINED + TEXT * 3
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "a.dcm").write_bytes(with_element(raw))
    assert clean(tmp_path / "in", tmp_path / "out")[1]["files"][0]["code"] == "IMG021"


def test_a_compressed_icon_goes_and_the_compressed_picture_stays(tmp_path):
    ds = pydicom.dcmread(get_testdata_file("MR_small_RLE.dcm", download=False))
    icon = Dataset()
    icon.Rows = icon.Columns = 2
    icon.PixelData = encapsulate([b"icon of Testkaran "])
    icon["PixelData"].VR, icon["PixelData"].is_undefined_length = "OB", True
    ds.IconImageSequence = Sequence([icon])
    ds["IconImageSequence"].is_undefined_length = icon.is_undefined_length_sequence_item = True
    (tmp_path / "in").mkdir()
    ds.save_as(tmp_path / "in" / "a.dcm")
    ran, _ = clean(tmp_path / "in", tmp_path / "out", "--options", "no-pixels")
    assert ran.code == 0, ran.everything
    copy = pydicom.dcmread(tmp_path / "out" / "0001.dcm")
    assert copy.PixelData == ds.PixelData
    assert not seen((tmp_path / "out" / "0001.dcm").read_bytes(), HIDDEN)


TAILS = {"zeros": bytes(1000), "blanks": b" " * 1000, "a few bytes": b"Testka", "many zeros": bytes(200_000)}


@pytest.mark.parametrize("what", TAILS)
@pytest.mark.parametrize("syntax", ["1.2.840.10008.1.2.1", "1.2.840.10008.1.2"])
def test_what_pads_a_report_does_not_come_along(what, syntax, tmp_path):
    ds = report_with("No metastases in the liver.")
    ds.file_meta.TransferSyntaxUID = syntax
    (tmp_path / "in").mkdir()
    ds.save_as(tmp_path / "in" / "a.dcm", implicit_vr=syntax == "1.2.840.10008.1.2", little_endian=True)
    whole = (tmp_path / "in" / "a.dcm").read_bytes()
    (tmp_path / "in" / "a.dcm").write_bytes(whole + TAILS[what])
    ran, report = clean(tmp_path / "in", tmp_path / "out")
    assert ran.code == 0, ran.everything
    copy = (tmp_path / "out" / "0001.dcm").read_bytes()
    assert len(copy) < len(whole) + 1000
    assert pydicom.dcmread(tmp_path / "out" / "0001.dcm").ContentSequence[0].TextValue
    assert not seen(copy, "Testka")
    assert report["files"][0]["removed"]["behind the data set"] == 1


@pytest.mark.parametrize("tail", [b"\0\0 Testkaran^Dhalvinder \0\0", bytes(999) + b"T"])
def test_other_bytes_behind_a_report_stop_it(tail, tmp_path):
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "a.dcm").write_bytes(written(report_with("Liver.")) + tail)
    assert clean(tmp_path / "in", tmp_path / "out")[1]["files"][0]["code"] == "IMG021"


def test_a_picture_whose_pixels_became_zeros_is_damaged(tmp_path):
    whole = written(blank())
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "a.dcm").write_bytes(whole[: whole.index(tag(0x7FE00010) + b"OW")] + bytes(500))
    assert clean(tmp_path / "in", tmp_path / "out")[1]["files"][0]["code"] == "IMG021"


def test_a_number_of_frames_that_is_none_is_said(tmp_path):
    whole = written(blank())
    at = whole.index(tag(0x00280010))
    odd = whole[:at] + tag(0x00280008) + b"IS\x04\0many" + whole[at:]
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "a.dcm").write_bytes(odd)
    slice_of(tmp_path / "in", "b.dcm")
    _, report = clean(tmp_path / "in", tmp_path / "out")
    assert [f["code"] for f in report["files"]] == ["IMG061", ""]


def bare(ds: Dataset, *, implicit: bool) -> bytes:
    out = DicomBytesIO()
    out.is_little_endian, out.is_implicit_VR = True, implicit
    write_dataset(out, ds)
    return out.getvalue()


@pytest.mark.parametrize("implicit", [False, True])
@pytest.mark.parametrize("start", ["a long ImageType", "a command"])
def test_a_file_without_preamble_may_start_with_anything(start, implicit, tmp_path):
    ds = blank()
    ds.ImageType = [
        "DERIVED",
        "SECONDARY",
        "AXIAL",
        "CT_SOM5 SPI",
        "REFORMATTED",
        "AVERAGE",
        "HEADER_CORRECTED",
    ]
    raw = bare(ds, implicit=implicit)
    if start == "a command" and implicit:
        raw = tag(0) + b"\4\0\0\0" + bytes(4) + raw
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "a").write_bytes(raw)
    ran, _ = clean(tmp_path / "in", tmp_path / "out")
    assert ran.code == 0, ran.everything
    copy = tmp_path / "out" / "0001.dcm"
    assert pydicom.dcmread(copy).PixelData == ds.PixelData
    assert not seen(Path(copy).read_bytes(), "testwala")


@pytest.mark.parametrize(
    "head", [bytes(400), b"\x08\0" * 200, b"\x08\0\x60\0\4\0\0\0abcd", b"\4\0\0\0data" * 9]
)
def test_other_bytes_are_no_dicom(head):
    assert kinds.sniff(head) == "other"
