"""`casereport clean IN OUT`: any folder of images becomes copies without identity; what could not be, is
said.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
import pydicom
import pytest
from PIL import Image
from pydicom.data import get_testdata_file
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.sequence import Sequence
from pydicom.uid import ExplicitVRLittleEndian

from tests.conftest import ROOT, Ran, casereport
from tests.test_deidentify_dicom import blank, seen

KEY, OTHER = "ab" * 32, "cd" * 32
PATIENT, NUMBER = "Dhalvinder Testkaran", "MRN-0451177"


def slice_of(folder: Path, name: str, **values: Any) -> Path:
    """One small CT slice of an invented patient."""
    ds = blank()
    ds.PatientName, ds.PatientID = "Testkaran^Dhalvinder", NUMBER
    ds.SOPInstanceUID = ds.file_meta.MediaStorageSOPInstanceUID = f"1.2.826.0.1.77.{sum(name.encode())}"
    for keyword, value in values.items():
        setattr(ds, keyword, value)
    folder.mkdir(parents=True, exist_ok=True)
    ds.save_as(folder / name, enforce_file_format=True)
    return folder / name


@pytest.fixture
def source(tmp_path: Path) -> Path:
    """Two patients in folders that name them, and what lies about in such folders."""
    top = tmp_path / "in"
    one, two = top / f"{PATIENT} {NUMBER}", top / "Abel Quillby"
    slice_of(one / "CT", "Testkaran-1.dcm", StudyDate="20250314", InstanceNumber=1)
    slice_of(one / "CT", "Testkaran-2.dcm", StudyDate="20250321", InstanceNumber=2)
    slice_of(two, "a.dcm", PatientID="MRN-2", PatientName="Quillby^Abel", StudyDate="20250314")
    (top / ".DS_Store").write_bytes(b"Bud1")
    return top


def photograph(path: Path) -> Path:
    """Skin without anything on it, and the patient's name beside the pixels."""
    rng = np.random.default_rng(3)
    skin = (rng.normal(0, 4, (60, 80, 3)) + np.array([214, 170, 142])).clip(0, 255).astype(np.uint8)
    exif = Image.Exif()
    exif[0x013B] = PATIENT
    Image.fromarray(skin).save(path, "JPEG", exif=exif)
    return path


def clean(source: Path, out: Path, *words: object, key: str = KEY) -> tuple[Ran, dict[str, Any]]:
    """Run the command with a key of its own; the run and its report."""
    secret = out.parent / f"{key[:2]}.key"
    secret.write_text(key)
    report = out.parent / f"{out.name}.json"
    ran = casereport("clean", source, out, "--key", secret, "--json", report, *words)
    return ran, json.loads(report.read_text()) if report.exists() else {}


def tree(folder: Path) -> dict[str, bytes]:
    return {
        p.relative_to(folder).as_posix(): p.read_bytes() for p in sorted(folder.rglob("*")) if p.is_file()
    }


def test_a_folder_keeps_its_layout_under_neutral_names(source, tmp_path):
    photograph(next(source.glob("Dhal*")) / f"{PATIENT}.jpg")
    before = {p: (p.read_bytes(), p.stat().st_mtime_ns) for p in source.rglob("*") if p.is_file()}
    ran, report = clean(source, tmp_path / "out")
    assert ran.code == 0, ran.everything
    assert list(tree(tmp_path / "out")) == ["01/0001.dcm", "02/0001.png", "02/01/0001.dcm", "02/01/0002.dcm"]
    assert before == {p: (p.read_bytes(), p.stat().st_mtime_ns) for p in source.rglob("*") if p.is_file()}
    assert report["totals"] == {"clean": 4}
    said = ran.everything + json.dumps(report) + "".join(tree(tmp_path / "out"))
    for word in ("testkaran", "dhalvinder", "0451177", "quillby"):
        assert word not in said.lower()
        assert not any(seen(data, word) for data in tree(tmp_path / "out").values())


def test_intervals_and_links_stay_and_each_patient_moves_alone(source, tmp_path):
    clean(source, tmp_path / "out")
    a, b, other = (
        pydicom.dcmread(tmp_path / "out" / name)
        for name in ("02/01/0001.dcm", "02/01/0002.dcm", "01/0001.dcm")
    )
    day = pydicom.valuerep.DA
    assert (day(b.StudyDate) - day(a.StudyDate)).days == 7
    assert a.PatientID == b.PatientID != other.PatientID
    assert a.StudyInstanceUID == b.StudyInstanceUID
    assert a.StudyDate != other.StudyDate  # the same day before


def test_the_same_key_gives_the_same_bytes_with_any_number_of_workers(source, tmp_path):
    for n, words in enumerate((("--jobs", 1), ("--jobs", 2))):
        assert clean(source, tmp_path / f"out{n}", *words)[0].code == 0
    assert tree(tmp_path / "out0") == tree(tmp_path / "out1")
    clean(source, tmp_path / "other", key=OTHER)
    mine, theirs = (pydicom.dcmread(tmp_path / f / "02/01/0001.dcm") for f in ("out0", "other"))
    assert mine.PatientID != theirs.PatientID
    assert mine.SOPInstanceUID != theirs.SOPInstanceUID
    assert mine.StudyDate != theirs.StudyDate


def test_cleaning_a_copy_again_changes_nothing(source, tmp_path):
    clean(source, tmp_path / "once")
    assert clean(tmp_path / "once", tmp_path / "twice")[0].code == 0
    assert tree(tmp_path / "once") == tree(tmp_path / "twice")


@pytest.mark.parametrize("options", ["device", "no-private", "full-dates", "no-modified-dates", "no-pixels"])
def test_a_copy_made_with_other_options_is_not_cleaned_again(options, source, tmp_path):
    clean(source, tmp_path / "once")
    slice_of(tmp_path / "once" / "new", "a.dcm")
    ran, report = clean(tmp_path / "once", tmp_path / "twice", "--options", options)
    assert ran.code == 1
    assert [f["code"] for f in report["files"]] == ["IMG085"] * 3 + [""]
    assert "other options" in ran.out
    assert len(tree(tmp_path / "twice")) == 1
    clean(source, tmp_path / "wide", "--options", options)
    assert clean(tmp_path / "wide", tmp_path / "back")[0].code == 1
    assert clean(tmp_path / "wide", tmp_path / "same", "--options", options)[0].code == 0
    assert tree(tmp_path / "same") == tree(tmp_path / "wide")


def test_a_copy_that_was_edited_is_cleaned_anew(source, tmp_path):
    clean(source, tmp_path / "once")
    path = tmp_path / "once" / "01" / "0001.dcm"
    ds = pydicom.dcmread(path)
    ds.StudyDescription, ds.StudyDate = "CHEST for Dhalvinder Testkaran", "20250314"
    ds.save_as(path)
    clean(tmp_path / "once", tmp_path / "twice")
    again = pydicom.dcmread(tmp_path / "twice" / "01" / "0001.dcm")
    assert "Testkaran" not in again.StudyDescription
    assert again.StudyDate != "20250314"


def test_the_key_of_this_user_is_made_once_and_kept_from_others(source, tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    for name in ("one", "two"):
        assert casereport("clean", source, tmp_path / name, real=True).code == 0
    assert tree(tmp_path / "one") == tree(tmp_path / "two")
    kept = tmp_path / "config" / "casereport" / "clean.key"
    assert kept.stat().st_mode & 0o777 == 0o600
    assert not any(seen(data, kept.read_text().strip()) for data in tree(tmp_path / "one").values())


def test_private_yaml_is_looked_for_and_makes_one_patient_of_the_folder(source, tmp_path, case):
    private = case / "private.yaml"
    slice_of(source / "x", "y.dcm", PatientID="OTHER-1", StudyDate="20250315", Manufacturer="MEERA TESTWALA")
    ran = casereport("clean", source, tmp_path / "out", "--private", private, "--json", tmp_path / "r.json")
    assert ran.code == 0, ran.everything
    days = {
        str(ds.StudyDate)
        for path in (tmp_path / "out").rglob("*.dcm")
        if (ds := pydicom.dcmread(path)).StudyDate
    }
    assert len(days) == 3  # the 14th of two patients fell on one day


def test_what_cannot_be_read_is_said_and_the_rest_is_cleaned(source, tmp_path):
    bad = source / "bad"
    bad.mkdir()
    (bad / "empty.dcm").write_bytes(b"")
    (bad / "cut.dcm").write_bytes(slice_of(tmp_path / "x", "y.dcm").read_bytes()[:-9])
    (bad / "letter.pdf").write_bytes(b"%PDF-1.4 Dhalvinder %%EOF")
    (bad / "noise.jpg").write_bytes(os.urandom(999))
    photograph(bad / "photo.dcm")
    os.mkfifo(bad / "pipe.dcm")
    (bad / "loop").symlink_to(bad)
    (bad / "link.dcm").symlink_to("/etc/passwd")
    ran, report = clean(source, tmp_path / "out")
    assert ran.code == 5
    assert "Traceback" not in ran.everything
    states = [f["state"] for f in report["files"]]
    assert states.count("clean") == 4  # the photograph with the wrong ending among them
    assert states.count("unreadable") == 7
    assert all(f["why"] and f["next"] for f in report["files"] if f["state"] == "unreadable")
    assert len(list((tmp_path / "out").rglob("*.*"))) == 4
    assert "dhalvinder" not in ran.everything.lower()
    assert "letter" not in ran.everything
    assert "letter.pdf" in casereport("clean", source, tmp_path / "named", "--names").out


def test_a_dicomdir_is_left_out_with_a_note(source, tmp_path):
    shutil.copy(get_testdata_file("DICOMDIR", download=False), source / "DICOMDIR")
    ran, report = clean(source, tmp_path / "out")
    assert ran.code == 0
    (row,) = [f for f in report["files"] if f["state"] == "left out"]
    assert (row["code"], row["outputs"]) == ("IMG076", [])


@pytest.mark.parametrize("kind", ["nothing", "empty folder", "no pictures"])
def test_a_folder_without_pictures_leaves_no_copies(kind, tmp_path):
    folder = tmp_path / "in"
    if kind != "nothing":
        folder.mkdir()
    if kind == "no pictures":
        (folder / "notes.txt").write_text("words")
    ran, _ = clean(folder, tmp_path / "out")
    assert ran.code != 0
    assert not (tmp_path / "out").exists()


def test_nothing_is_overwritten_and_copies_do_not_lie_in_the_source(source, tmp_path):
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "mine.txt").write_text("keep")
    assert clean(source, tmp_path / "out")[0].code == 2
    assert (tmp_path / "out" / "mine.txt").read_text() == "keep"
    assert clean(source, source / "out")[0].code == 2
    assert clean(source, tmp_path / "new", "--options", "no-such-thing")[0].code == 2
    assert not list(tmp_path.glob(".*.part"))


@pytest.mark.parametrize("ending", [signal.SIGTERM, signal.SIGHUP, signal.SIGINT])
def test_a_run_that_is_ended_leaves_nothing_behind(ending, tmp_path):
    ds = blank()
    for n in range(600):
        ds.SOPInstanceUID = f"1.2.826.0.1.77.{n}"
        (tmp_path / "in").mkdir(exist_ok=True)
        ds.save_as(tmp_path / "in" / f"{n}.dcm", enforce_file_format=True)
    (tmp_path / "key").write_text(KEY)
    command = [
        "-m",
        "pipeline",
        "clean",
        tmp_path / "in",
        tmp_path / "out",
        "--key",
        tmp_path / "key",
        "-j",
        "1",
    ]
    with subprocess.Popen(
        [sys.executable, *map(str, command)],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        preexec_fn=lambda: signal.signal(ending, signal.SIG_DFL),  # whoever runs this may ignore it (nohup)
    ) as run:
        until = time.monotonic() + 60
        while not list(tmp_path.glob(".out.*.part/*")) and time.monotonic() < until:
            time.sleep(0.01)
        assert run.poll() is None, "it was done before it could be ended"
        run.send_signal(ending)
        said = run.communicate(timeout=60)[0].decode()
    assert run.returncode == 130
    assert "interrupted" in said
    assert sorted(p.name for p in tmp_path.iterdir()) == ["in", "key"]


def report_with(text: str) -> Dataset:
    """A small structured report (PS3.3 A.35.1)."""
    ds = blank()
    del ds.PixelData, ds.Rows, ds.Columns, ds.BitsAllocated, ds.BitsStored, ds.HighBit, ds.PixelRepresentation
    del ds.SamplesPerPixel, ds.PhotometricInterpretation
    ds.SOPClassUID = ds.file_meta.MediaStorageSOPClassUID = "1.2.840.10008.5.1.4.1.1.88.11"
    ds.PatientName, ds.PatientID = "Testkaran^Dhalvinder", NUMBER
    item = Dataset()
    item.RelationshipType, item.ValueType, item.TextValue = "CONTAINS", "TEXT", text
    ds.ContentSequence = Sequence([item])
    return ds


OPTIONS = [
    ("device", "StationName", "CT-ROOM-2", "CT-ROOM-2"),
    ("institution", "InstitutionName", "Invented Hospital", "Invented Hospital"),
    ("uids", "SeriesInstanceUID", "1.2.826.0.1.99.3", "1.2.826.0.1.99.3"),
    ("full-dates", "StudyDate", "20250314", "20250314"),
    ("no-modified-dates", "StudyDate", "20250314", ""),
    ("no-patient", "PatientSex", "F", ""),
    ("no-descriptors", "SeriesDescription", "CHEST", None),
]


@pytest.mark.parametrize(("option", "keyword", "value", "expected"), OPTIONS, ids=[o[0] for o in OPTIONS])
def test_options_can_be_switched(option, keyword, value, expected, tmp_path):
    slice_of(tmp_path / "in", "a.dcm", **{keyword: value})
    ran, _ = clean(tmp_path / "in", tmp_path / "out", "--options", option)
    assert ran.code == 0, ran.everything
    copy = pydicom.dcmread(tmp_path / "out" / "0001.dcm")
    assert copy.get(keyword, None) == expected
    default, _ = clean(tmp_path / "in", tmp_path / "default")
    assert default.code == 0
    usual = pydicom.dcmread(tmp_path / "default" / "0001.dcm")
    assert usual.get(keyword, None) != expected


def test_dummies_inside_graphics_are_legal(tmp_path):
    line, text, note = Dataset(), Dataset(), Dataset()
    line.GraphicAnnotationUnits, line.GraphicType, line.GraphicFilled = "DISPLAY", "POLYLINE", "TESTKARAN"
    line.GraphicDimensions, line.NumberOfGraphicPoints, line.GraphicData = 2, 2, [0.0, 0.0, 1.0, 1.0]
    text.BoundingBoxAnnotationUnits, text.UnformattedTextValue = "PIXEL", "of Dhalvinder"
    note.GraphicLayer, note.GraphicObjectSequence, note.TextObjectSequence = (
        "ONE",
        Sequence([line]),
        Sequence([text]),
    )
    slice_of(tmp_path / "in", "a.dcm", GraphicAnnotationSequence=Sequence([note]))
    assert clean(tmp_path / "in", tmp_path / "out", "--options", "no-graphics")[0].code == 0
    copy = pydicom.dcmread(tmp_path / "out" / "0001.dcm").GraphicAnnotationSequence[0]
    drawn = copy.GraphicObjectSequence[0]
    assert (drawn.GraphicAnnotationUnits, drawn.GraphicType, drawn.GraphicFilled) == (
        "DISPLAY",
        "POLYLINE",
        "N",
    )
    written = copy.TextObjectSequence[0]
    assert (written.BoundingBoxAnnotationUnits, written.UnformattedTextValue) == ("PIXEL", "REMOVED")


def test_a_report_without_its_dates_stays_valid(tmp_path):
    ds = report_with("No metastases in the liver.")
    ds.ContentDate, ds.ContentTime = "20250314", "101500"
    item = Dataset()
    item.RelationshipType, item.ValueType, item.DateTime = "CONTAINS", "DATETIME", "20250314101500"
    ds.ContentSequence.append(item)
    (tmp_path / "in").mkdir()
    ds.save_as(tmp_path / "in" / "sr.dcm", enforce_file_format=True)
    options = "no-modified-dates,no-structured"
    assert clean(tmp_path / "in", tmp_path / "out", "--options", options)[0].code == 0
    copy = pydicom.dcmread(tmp_path / "out" / "0001.dcm")
    assert (copy.ContentDate, copy.StudyDate) == ("19000101", "")
    text, when = copy.ContentSequence
    assert (text.ValueType, text.RelationshipType, text.TextValue) == ("TEXT", "CONTAINS", "REMOVED")
    assert (when.ValueType, when.DateTime) == ("DATETIME", "19000101000000")


def test_the_copy_says_which_options_made_it(tmp_path):
    slice_of(tmp_path / "in", "a.dcm")
    clean(tmp_path / "in", tmp_path / "out", "--options", "device,no-private")
    copy = pydicom.dcmread(tmp_path / "out" / "0001.dcm")
    codes = {item.CodeValue for item in copy.DeidentificationMethodCodeSequence}
    assert {"113100", "113109"} <= codes
    assert "113111" not in codes


def test_a_report_keeps_its_findings_and_loses_its_people(tmp_path):
    (tmp_path / "in").mkdir()
    ds = report_with(
        "No metastases in the liver. Discussed with Dr Pravleen Khosan, +91 91149 30270, for Dhalvinder."
    )
    ds.save_as(tmp_path / "in" / "sr.dcm", enforce_file_format=True)
    ran, _ = clean(tmp_path / "in", tmp_path / "out")
    assert ran.code == 0, ran.everything
    text = pydicom.dcmread(tmp_path / "out" / "0001.dcm").ContentSequence[0].TextValue
    assert "metastases in the liver" in text
    for word in ("Pravleen", "Khosan", "91149", "30270", "Dhalvinder"):
        assert word not in text


def test_an_encapsulated_document_becomes_a_blank_one(tmp_path):
    ds = report_with("x")
    del ds.ContentSequence
    ds.SOPClassUID = ds.file_meta.MediaStorageSOPClassUID = "1.2.840.10008.5.1.4.1.1.104.1"
    ds.MIMETypeOfEncapsulatedDocument = "application/pdf"
    ds.EncapsulatedDocument = b"%PDF-1.4 report of Dhalvinder Testkaran %%EOF"
    (tmp_path / "in").mkdir()
    ds.save_as(tmp_path / "in" / "pdf.dcm", enforce_file_format=True)
    ran, report = clean(tmp_path / "in", tmp_path / "out")
    assert ran.code == 0, ran.everything
    copy = pydicom.dcmread(tmp_path / "out" / "0001.dcm")
    assert copy.EncapsulatedDocument.startswith(b"%PDF")
    assert not seen((tmp_path / "out" / "0001.dcm").read_bytes(), "dhalvinder")
    assert report["files"][0]["removed"]["document"] == 1


def document(folder: Path, mime: str, content: bytes) -> None:
    """A file that encapsulates a document, and a picture beside it."""
    ds = report_with("x")
    del ds.ContentSequence
    ds.SOPClassUID = ds.file_meta.MediaStorageSOPClassUID = "1.2.840.10008.5.1.4.1.1.104.1"
    ds.MIMETypeOfEncapsulatedDocument, ds.EncapsulatedDocument = mime, content
    slice_of(folder, "b.dcm")
    ds.save_as(folder / "a.dcm", enforce_file_format=True)


@pytest.mark.parametrize(
    ("mime", "content"),
    [
        ("application/pdf", b"%PDF-1.4 of Dhalvinder"),
        ("Application/PDF; version=1.7", b"%PDF-1.7 of Dhalvinder"),
        ("text/XML ;charset=utf-8", b"<ClinicalDocument>Dhalvinder</ClinicalDocument>"),
    ],
)
def test_that_a_document_is_blank_now_is_told(mime, content, tmp_path):
    document(tmp_path / "in", mime, content)
    ran, report = clean(tmp_path / "in", tmp_path / "out")
    assert ran.code == 0, ran.everything
    assert "0001: look: the document in it is blank now" in ran.out
    assert [any("blank" in words for words in f["look"]) for f in report["files"]] == [True, False]
    blank_one = pydicom.dcmread(tmp_path / "out" / "0001.dcm").EncapsulatedDocument
    assert blank_one[:5] == (b"%PDF-" if b"%PDF" in content else b"<?xml")
    again, report = clean(tmp_path / "out", tmp_path / "again")
    assert again.code == 0
    assert not any(f["look"] for f in report["files"])


@pytest.mark.parametrize(
    "mime", ["model/stl", "model/obj", "model/mtl", "application/x-pdf", "text/plain", ""]
)
def test_a_document_of_another_kind_is_held_back(mime, tmp_path):
    document(tmp_path / "in", mime, b"solid head of Dhalvinder")
    ran, report = clean(tmp_path / "in", tmp_path / "out")
    assert ran.code == 1
    assert [(f["state"], f["code"]) for f in report["files"]] == [("held", "IMG084"), ("clean", "")]
    assert "3D model" in ran.out or "neither a PDF nor XML" in ran.out
    assert list(tree(tmp_path / "out")) == ["0002.dcm"]


def test_the_label_of_a_slide_is_left_out(tmp_path):
    ds = blank()
    ds.SOPClassUID = ds.file_meta.MediaStorageSOPClassUID = "1.2.840.10008.5.1.4.1.1.77.1.6"
    ds.Modality, ds.ImageType = "SM", ["ORIGINAL", "PRIMARY", "LABEL", "NONE"]
    (tmp_path / "in").mkdir()
    ds.save_as(tmp_path / "in" / "label.dcm", enforce_file_format=True)
    slice_of(tmp_path / "in", "slice.dcm")
    ran, report = clean(tmp_path / "in", tmp_path / "out")
    assert ran.code == 0
    assert [f["code"] for f in report["files"]] == ["IMG075", ""]


def test_a_deflate_bomb_and_deep_nesting_are_refused(tmp_path):
    import zlib

    folder = tmp_path / "in"
    slice_of(folder, "good.dcm")
    meta = FileMetaDataset()
    meta.TransferSyntaxUID = "1.2.840.10008.1.2.1.99"
    ds = Dataset()
    ds.file_meta = meta
    ds.SOPClassUID = meta.MediaStorageSOPClassUID = "1.2.840.10008.5.1.4.1.1.2"
    ds.SOPInstanceUID = meta.MediaStorageSOPInstanceUID = "1.2.3"
    ds.save_as(folder / "bomb.dcm", enforce_file_format=True)
    head = (folder / "bomb.dcm").read_bytes()
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    body = b"".join(packer.compress(bytes(1 << 20)) for _ in range(1024)) + packer.flush()
    at = head.index(b"1.2.840.10008.1.2.1.99") + 22
    (folder / "bomb.dcm").write_bytes(head[:at] + body)
    deep = Dataset()
    for _ in range(500):
        outer = Dataset()
        outer.add_new(0x00540016, "SQ", Sequence([deep]))
        deep = outer
    ds.file_meta = FileMetaDataset()
    ds.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    ds.add_new(0x00540016, "SQ", deep[0x00540016].value)
    import sys

    sys.setrecursionlimit(20_000)
    ds.save_as(folder / "deep.dcm", enforce_file_format=True)
    ran, report = clean(folder, tmp_path / "out")
    assert ran.code in {1, 5}
    assert min(f["state"] for f in report["files"]) == "clean"
    assert list(tree(tmp_path / "out")) == ["0003.dcm"]


def test_a_report_that_has_nowhere_to_go_is_said_before_anything_is_cleaned(source, tmp_path):
    ran = casereport("clean", source, tmp_path / "out", "--json", tmp_path / "no" / "report.json")
    assert ran.code == 2
    assert not (tmp_path / "out").exists()
    assert "report" in ran.err


@pytest.mark.parametrize("place", ["a picture", "the key", "in the source", "in the copies"])
def test_a_report_overwrites_nothing(source, tmp_path, place):
    key = tmp_path / "k"
    key.write_text(KEY)
    picture = next(source.rglob("*.dcm"))
    report = {
        "a picture": picture,
        "the key": key,
        "in the source": source / "report.json",
        "in the copies": tmp_path / "out" / "report.json",
    }[place]
    before = tree(source), key.read_text()
    ran = casereport("clean", source, tmp_path / "out", "--key", key, "--json", report)
    assert ran.code == 2
    assert (tree(source), key.read_text()) == before
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("wrong", ["numbers: [KRZ-771]", "number: KRZ-771", "birth_date: 03/02/1961"])
def test_a_private_yaml_that_is_not_understood_stops(source, tmp_path, wrong):
    private = tmp_path / "private.yaml"
    private.write_text(f"key: {KEY}\nname: Dhalvinder Testkaran\n{wrong}\n")
    ran = casereport("clean", source, tmp_path / "out", "--private", private)
    assert ran.code == 5
    assert wrong.split(":")[0] in ran.err
    assert "771" not in ran.everything
    private.write_text(f"key: {'z' * 64}\nname: Dhalvinder Testkaran\n")
    assert casereport("clean", source, tmp_path / "out", "--private", private).code == 5
