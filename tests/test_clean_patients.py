"""Files of one study are one patient's, whatever number each of them states; nothing else joins patients."""

from __future__ import annotations

from pathlib import Path

import pydicom
import pytest
from pydicom.dataset import Dataset
from pydicom.sequence import Sequence

from tests.test_clean import clean, slice_of, tree

DAY = pydicom.valuerep.DA


def made(folder: Path, *files: tuple[str, str, str]) -> list[Dataset]:
    """Clean copies of files with these studies, patient numbers and study dates, in this order."""
    for n, (study, number, date) in enumerate(files):
        slice_of(
            folder / "in",
            f"{n}.dcm",
            StudyInstanceUID=f"1.2.826.0.1.{study}",
            PatientID=number,
            StudyDate=date,
        )
    ran, report = clean(folder / "in", folder / "out")
    assert ran.code == 0, ran.everything
    for n, file in enumerate(report["files"]):
        shared = {number.lower().strip() for study, number, _ in files if study == files[n][0]} - {"", "anon"}
        assert any("several patient numbers" in look for look in file["look"]) == (len(shared) > 1)
    return [pydicom.dcmread(folder / "out" / f"{n:04d}.dcm") for n in range(1, len(files) + 1)]


def days(one: Dataset, other: Dataset) -> int:
    return int((DAY(other.StudyDate) - DAY(one.StudyDate)).days)


@pytest.mark.parametrize("other", ["", "mrn-1", "MRN-1 ", "MRN-77", "ANON"])
def test_files_of_one_study_move_together(other, tmp_path):
    one, two, three = made(
        tmp_path, ("5", "MRN-1", "20250314"), ("5", other, "20250321"), ("6", "MRN-1", "20250401")
    )
    assert (days(one, two), days(one, three)) == (7, 18)
    assert one.PatientID == two.PatientID == three.PatientID
    assert one.StudyInstanceUID == two.StudyInstanceUID != three.StudyInstanceUID


def test_numbers_that_share_a_study_are_one_patient_everywhere(tmp_path):
    copies = made(
        tmp_path,
        ("5", "C-3", "20250301"),
        ("5", "B-2", "20250302"),
        ("6", "B-2", "20250303"),
        ("6", "A-1", "20250304"),
        ("7", "C-3", "20250305"),
        ("8", "D-4", "20250306"),
    )
    assert [days(copies[0], copy) for copy in copies[:5]] == [0, 1, 2, 3, 4]
    assert len({copy.PatientID for copy in copies}) == 2


def test_a_number_of_nobody_joins_no_patients(tmp_path):
    one, two, other, third = made(
        tmp_path,
        ("5", "MRN-1", "20250314"),
        ("5", "ANON", "20250321"),
        ("6", "MRN-2", "20250314"),
        ("6", "ANON", "20250321"),
    )
    assert days(one, two) == days(other, third) == 7
    assert one.PatientID != other.PatientID
    assert one.StudyDate != other.StudyDate


def test_patients_with_other_names_are_not_joined_by_a_study_that_everyone_has(tmp_path):
    for name, number, date in (("Testkaran^A", "1-A", "20250314"), ("Quillby^Abel", "2-B", "20250314")):
        slice_of(tmp_path / "in", f"{number}.dcm", PatientID=number, PatientName=name, StudyDate=date)
    slice_of(tmp_path / "in", "3.dcm", PatientID="3-C", PatientName="TESTKARAN D", StudyDate="20250315")
    clean(tmp_path / "in", tmp_path / "out")
    one, other, three = (pydicom.dcmread(tmp_path / "out" / f"000{n}.dcm") for n in (1, 2, 3))
    assert one.PatientID == three.PatientID != other.PatientID
    assert days(one, three) == 1
    assert one.StudyDate != other.StudyDate


def test_another_order_of_the_files_gives_the_same_copies(tmp_path):
    files = [
        ("5", "C-3", "20250301"),
        ("5", "", "20250302"),
        ("6", "B-2", "20250303"),
        ("6", "C-3", "20250304"),
    ]
    there, back = made(tmp_path / "a", *files), made(tmp_path / "b", *files[::-1])
    said = [{(copy.PatientID, copy.StudyDate) for copy in copies} for copies in (there, back)]
    assert said[0] == said[1]
    clean(tmp_path / "a" / "in", tmp_path / "more", "--jobs", 3)
    assert tree(tmp_path / "more") == tree(tmp_path / "a" / "out")


def test_a_number_inside_a_sequence_is_the_same_patients(tmp_path):
    inner = Dataset()
    inner.PatientID = "mrn 1"
    slice_of(tmp_path / "in", "a.dcm", PatientID="MRN1", EnergyWindowInformationSequence=Sequence([inner]))
    assert clean(tmp_path / "in", tmp_path / "out")[0].code == 0
    copy = pydicom.dcmread(tmp_path / "out" / "0001.dcm")
    assert copy.EnergyWindowInformationSequence[0].PatientID == copy.PatientID
