"""The room as a whole: an identifying case goes in, and no byte of what comes out names anyone."""

from __future__ import annotations

import dataclasses
import json
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pydicom
import pytest
from PIL import Image
from pydicom.data import get_testdata_file

from pipeline import deidentify, intake
from pipeline.core import files
from pipeline.core.errors import InputError, NotReady, PipelineError, PrivacyError
from pipeline.core.model import Case, CleanCase
from tests.conftest import ROOT, edit
from tests.test_deidentify_dicom import blank, saved, seen

PLANTED = (
    " Mrs Meera Testwala (मीरा टेस्टवाला) and Ramesh Testwala, UH-0099812, +91 98000 00001, of Nowherepur, "
    "seen by Dr Onewhile at City Test Hospital on 14 March 2025, born 2/7/1990."
)
WORDS = [
    "Meera",
    "Testwala",
    "Ramesh",
    "मीरा",
    "0099812",
    "98000",
    "Nowherepur",
    "Onewhile",
    "City Test",
    "14 March",
]
STRUCTURE = {
    "id",
    "date",
    "taken_on",
    "panels",
    "sex",
    "kind",
    "article_type",
    "authors",
    "affiliations",
    "day0",
}


def made(case: Case, out: Path) -> CleanCase:
    with files.publish(out, {"made": "by a test"}) as part:
        deidentify.make(case, part)
    return deidentify.load(out)


def stopped(case: Case, out: Path) -> PipelineError:
    with pytest.raises(PipelineError) as caught, files.publish(out, {}) as part:
        deidentify.make(case, part)
    assert not out.exists()
    return caught.value


def with_planted_text(value: Any, key: str = "") -> Any:
    """Every piece of prose with the same telling sentence behind it."""
    if key in STRUCTURE:
        return value
    if isinstance(value, dict):
        return {k: with_planted_text(v, "" if key == "results" else k) for k, v in value.items()}
    if isinstance(value, list):
        return [with_planted_text(v, key) for v in value]
    prose = isinstance(value, str) and key not in {"running_title", "synthetic", "age_years"}
    fixed = value in {"yes", "no", "none"} or key in {"orcid", "email", "slice", "frame"}
    return value + PLANTED if prose and not fixed else value


def everything(folder: Path) -> dict[str, bytes]:
    return {
        p.relative_to(folder).as_posix(): p.read_bytes() for p in sorted(folder.rglob("*")) if p.is_file()
    }


def add_series(folder: Path, slices: int = 3) -> None:
    """A DICOM series beside the drawn ring, with a name in every header, as second and third panel."""
    (folder / "images" / "Testwala CT").mkdir()
    for n in range(slices):
        ds = blank()
        ds.PatientName, ds.InstanceNumber, ds.SOPInstanceUID = "Testwala^Meera", n + 1, f"1.2.3.{n}"
        ds.ImageOrientationPatient, ds.ImagePositionPatient = [1, 0, 0, 0, 1, 0], [0, 0, -n]
        ds.SoftwareVersions, ds.PixelData = "Testwala edition", bytes([n, 0] * 16)
        saved(ds, folder / "images" / "Testwala CT", f"Meera{n}.dcm")
    edit(
        folder,
        "      - image: images/ring.png\n",
        "      - image: images/ring.png\n"
        "      - {image: images/Testwala CT, slice: 1, window: {centre: 1, width: 3}}\n"
        "      - {image: images/Testwala CT, slice: 3, window: {centre: 1, width: 3}}\n",
    )


def test_no_byte_names_anyone_wherever_it_was_typed(case, tmp_path):
    add_series(case)
    read = intake.read(case)
    told = dataclasses.replace(read, record=with_planted_text(read.record))
    assert json.dumps(told.record, ensure_ascii=False).count("Testwala") > 60
    clean = made(told, tmp_path / "out")
    for name, data in everything(clean.folder).items():
        assert [word for word in WORDS if seen(data, word) or seen(name.encode(), word)] == [], name
    assert not re.search(r"\d{4}-\d{2}-\d{2}", json.dumps([clean.record, clean.byline, clean.report]))
    assert clean.report["text"]["counts"]["name"] > 60


def test_the_layout_is_what_the_other_rooms_expect(case, tmp_path):
    add_series(case)
    clean = made(intake.read(case), tmp_path / "out")
    assert set(everything(clean.folder)) == {
        "record.json",
        "byline.json",
        "report.json",
        "receipt.json",
        "references.bib",
        "figures/ring-a.png",
        "figures/ring-b.png",
        "figures/ring-c.png",
        "dicom/02/0001.dcm",
        "dicom/02/0002.dcm",
        "dicom/02/0003.dcm",
    }
    assert clean.references is not None
    assert clean.references.read_bytes() == (case / "references.bib").read_bytes()
    named = {"presented_at", "suggested_reviewers", "opposed_reviewers"}
    assert set(clean.byline) == {"authors", "affiliations", "declarations", *named}
    assert not {"authors", "affiliations", "declarations", "consent"} & set(clean.record)
    assert [(p.figure, p.letter) for p in clean.panels] == [("ring", "a"), ("ring", "b"), ("ring", "c")]
    for panel, shown in zip(clean.panels, clean.record["figures"][0]["panels"], strict=True):
        with Image.open(panel.file) as image:
            assert image.size == (shown["width"], shown["height"])
    corners = [Image.open(panel.file).getpixel((0, 0)) for panel in clean.panels[1:]]
    assert corners == [255, 64]  # the slices lie at z = -2 and 0: the last file comes first


def test_copies_are_numbered_in_the_order_of_the_series(case, tmp_path):
    add_series(case)
    clean = made(intake.read(case), tmp_path / "out")
    copies = [pydicom.dcmread(clean.folder / f"dicom/02/000{n}.dcm") for n in (1, 2, 3)]
    assert [float(copy.ImagePositionPatient[2]) for copy in copies] == [-2, -1, 0]


@pytest.mark.parametrize(
    ("said", "found"),
    [("./images/ring.png", True), ("images/Testwala CT/", True), ("images/../images/ring.png", False)],
)
def test_one_name_of_a_picture_may_be_written_in_several_ways(case, said, found):
    add_series(case)
    assert bool(intake.read(case).pictures(said)) is found


def test_image_libraries_are_loaded_before_the_first_worker_starts():
    code = (
        "import sys; from pipeline.deidentify import images;"
        "print({'pydicom', 'numpy', 'pi_heif', 'PIL.TiffImagePlugin'} <= set(sys.modules))"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT, check=True)
    assert run.stdout.strip() == "True"


def test_dates_are_days(case, tmp_path):
    clean = made(intake.read(case), tmp_path / "out")
    assert clean.record["day0"] == {"event": "First visit"}
    assert [(e["day"], e["when"]) for e in clean.record["timeline"]] == [
        (-58, "about 2 months before"),
        (0, "Day 0"),
        (6, "Day 6"),
        (92, "Day 92"),
    ]
    assert clean.record["tables"][0]["rows"][0]["results"] == {"0": "4.9"}
    assert "taken_on" not in clean.record["figures"][0]
    assert clean.record["text"]["patient_information"] == (
        "On Day 0 the patient came from the region to a hospital with a ring on the forearm."
    )


def test_old_patients_share_one_age(case, tmp_path):
    edit(case, "age_years: 34", "age_years: 93")
    assert made(intake.read(case), tmp_path / "out").record["patient"]["age_years"] == 90


def test_the_byline_keeps_authors_and_loses_patients(case, tmp_path):
    edit(
        case,
        "    None.\n  conflicts",
        "    Dr Asha Example thanks Meera Testwala of Example Institute.\n  conflicts",
    )
    edit(case, "doctors: [Dr Some Onewhile]", "doctors: [Dr Asha Example]", "private.yaml")
    edit(case, "hospitals: [City Test Hospital]", "hospitals: [Example Institute]", "private.yaml")
    edit(case, "hug my children", "hug my children at Example Institute, Dr Example")
    clean = made(intake.read(case), tmp_path / "out")
    assert clean.byline["authors"][0]["given"] == "Asha"
    assert (
        clean.byline["declarations"]["funding"] == "Dr Asha Example thanks the patient of Example Institute."
    )
    assert clean.record["text"]["perspective"].endswith('at our hospital, the treating doctor."')


def test_replacements_are_reported_by_line_kind_and_rule(case, tmp_path):
    line = edit(case, "Microscopy of a scraping", "Meera's scraping")
    report = made(intake.read(case), tmp_path / "out").report
    rows = [r for r in report["text"]["replaced"] if r["place"] == f"record.yaml:{line}"]
    assert [(r["kind"], r["rule"], r["count"]) for r in rows] in ([("name", "token", 1)], [])
    assert ("name", "token") in {(r["kind"], r["rule"]) for r in report["text"]["replaced"]}
    assert report["cannot_judge"]


def test_pictures_to_look_at_and_pictures_left_out_are_said(case, tmp_path):
    add_series(case)
    shutil.copy(case / "images" / "ring.png", case / "images" / "Meera Testwala spare.png")
    ds = blank()
    ds.Modality = "US"
    saved(ds, case / "images", "echo.dcm")
    edit(
        case,
        "      - image: images/ring.png\n",
        "      - image: images/ring.png\n      - image: images/echo.dcm\n",
    )
    report = made(intake.read(case), tmp_path / "out").report
    ring, echo, series = report["images"]
    assert (ring["name"], ring["kind"], ring["panels"]) == ("image-01", "png", ["ring-a"])
    assert "photograph" in ring["look"][0]
    assert "text" in echo["look"][0]
    assert (series["files"], series["look"], series["dicom_copies"]) == (3, [], "dicom/03")
    assert series["removed"]["identity"] >= 3
    assert report["images_not_used"] == {"png": 1}


@pytest.mark.parametrize(("said", "asked"), [("YES", True), ("NO", False)])
def test_what_the_header_says_of_burned_in_text_counts(case, tmp_path, said, asked):
    """Without it the picture is read all the same, and a person is asked to look once more."""
    ds = blank()
    ds.Modality, ds.BurnedInAnnotation = "US", said
    saved(ds, case / "images", "echo.dcm")
    edit(case, "images/ring.png", "images/echo.dcm")
    (echo,) = made(intake.read(case), tmp_path / "out").report["images"]
    assert any("the header says" in words for words in echo["look"]) is asked
    assert any("once more" in words for words in echo["look"])


def test_same_inputs_same_bytes_and_another_key_another_pseudonym(case, tmp_path):
    add_series(case)
    first, second = (made(intake.read(case), tmp_path / name) for name in ("one", "two"))
    assert everything(first.folder) == everything(second.folder)
    edit(case, "0f1e2d3c", "ffffffff", "private.yaml")
    other = made(intake.read(case), tmp_path / "three")
    differing = {n for n, d in everything(other.folder).items() if d != everything(first.folder).get(n)}
    assert differing == {"dicom/02/0001.dcm", "dicom/02/0002.dcm", "dicom/02/0003.dcm", "receipt.json"}
    assert other.digest == first.digest


def test_the_case_itself_is_not_touched(case, tmp_path):
    add_series(case)
    before = {p: (p.read_bytes(), p.stat().st_mtime_ns) for p in case.rglob("*") if p.is_file()}
    made(intake.read(case), tmp_path / "out")
    assert {p: (p.read_bytes(), p.stat().st_mtime_ns) for p in case.rglob("*") if p.is_file()} == before


def test_a_changed_copy_is_not_loaded(case, tmp_path):
    clean = made(intake.read(case), tmp_path / "out")
    with (clean.folder / "record.json").open("a") as f:
        f.write(" ")
    with pytest.raises(InputError) as caught:
        deidentify.load(clean.folder)
    assert caught.value.code == "FILE040"


def test_the_digest_follows_words_and_pixels_not_the_encoder(case, tmp_path):
    clean = made(intake.read(case), tmp_path / "out")
    with files.publish(tmp_path / "again", {}) as part:
        shutil.copytree(clean.folder, part, dirs_exist_ok=True)
        (part / files.RECEIPT).unlink()
        with Image.open(part / "figures/ring-a.png") as image:
            image.save(part / "figures/ring-a.png", compress_level=0)
    assert deidentify.load(tmp_path / "again").digest == clean.digest
    edit(case, "a second look", "a third look")
    assert made(intake.read(case), tmp_path / "other").digest != clean.digest


def test_needs_change_with_what_the_copies_are_made_from(case):
    def digest() -> str:
        return files.digest(deidentify.needs(intake.read(case)))

    before = digest()
    assert before == digest()
    for change in (
        lambda: edit(case, "firm papules", "soft papules"),
        lambda: edit(case, "Nowherepur", "Elsewherepur", "private.yaml"),
        lambda: Image.new("RGB", (320, 240)).save(case / "images/ring.png"),
        lambda: (case / "references.bib").write_text((case / "references.bib").read_text() + "\n"),
    ):
        change()
        assert digest() != before
        before = digest()


def test_a_run_in_which_nothing_changed_loads_no_image_library(case):
    code = (
        "import sys; from pathlib import Path; from pipeline import deidentify, intake;"
        "deidentify.needs(intake.read(Path(sys.argv[1])));"
        "heavy = {'pydicom', 'PIL', 'numpy', 'pipeline.deidentify.prose.dates', 'pipeline.core.match'};"
        "print(sorted(heavy & set(sys.modules)))"
    )
    run = subprocess.run(
        [sys.executable, "-c", code, str(case)], capture_output=True, text=True, cwd=ROOT, check=True
    )
    assert run.stdout.strip() == "[]"


# --- stops ------------------------------------------------------------------------------------------------


def test_all_pictures_that_cannot_be_read_are_listed_at_once(case, tmp_path):
    (case / "images" / "empty.dcm").write_bytes(Path(get_testdata_file("CT_small.dcm")).read_bytes()[:9000])
    (case / "images" / "half.jpg").write_bytes(b"\xff\xd8\xff\xe0" + b"\0" * 99 + b"\xff\xd9")
    panels = "".join(f"      - image: images/{n}\n" for n in ("empty.dcm", "half.jpg", "gone.png"))
    edit(case, "      - image: images/ring.png\n", panels)
    error = stopped(intake.read(case), tmp_path / "out")
    assert isinstance(error, InputError)
    assert "and 2 more" in str(error)
    assert {"empty.dcm", "half.jpg"} <= set(re.findall(r"images/(\S+?):", str(error)))
    assert "IMG020" in str(error)
    assert "IMG021" in str(error)


def break_by(old: str, new: str) -> Callable[[Path], object]:
    return lambda case: edit(case, old, new)


STOPS: dict[str, tuple[Callable[[Path], object], str, type[PipelineError]]] = {
    "a missing picture": (break_by("images/ring.png", "images/rang.png"), "IMG020", InputError),
    "a crop outside": (
        break_by(
            "image: images/ring.png",
            "image: images/ring.png\n        crop: {left: 300, top: 0, width: 90, height: 9}",
        ),
        "IMG026",
        InputError,
    ),
    "an ambiguous date": (break_by("Microscopy of a", "On 05/04/2025 a"), "LEAK020", PrivacyError),
    "a date that does not exist": (break_by("Microscopy of a", "On 31 June 2025 a"), "LEAK021", PrivacyError),
    "a day without a year": (break_by("Microscopy of a", "On 7 June a"), "LEAK022", PrivacyError),
    "a year of two digits": (break_by("Microscopy of a", "On 12-Mar-98 a"), "LEAK024", PrivacyError),
    "a name as an id": (break_by("- id: ring", "- id: meera-testwala"), "LEAK023", PrivacyError),
    "a record with gaps": (break_by("sex: female", "sex: unknown"), "", NotReady),
}


@pytest.mark.parametrize("what", STOPS)
def test_it_stops_with_place_reason_and_next_step(case, tmp_path, what):
    change, code, kind = STOPS[what]
    change(case)
    error = stopped(intake.read(case), tmp_path / "out")
    assert (type(error), error.code) == (kind, code)
    assert error.where
    assert error.fix
    assert not [word for word in WORDS[:5] if word in str(error)]


def test_series_need_a_slice_and_only_one_series(case, tmp_path):
    add_series(case)
    edit(case, "slice: 1, ", "")
    error = stopped(intake.read(case), tmp_path / "out")
    assert error.code == "IMG024"
    assert "3 slices" in str(error)
    edit(case, "window: {centre: 1, width: 3}}", "slice: 2, window: {centre: 1, width: 3}}")
    ds = blank()
    ds.SeriesInstanceUID = "1.2.3.4"
    saved(ds, case / "images" / "Testwala CT", "other.dcm")
    assert stopped(intake.read(case), tmp_path / "out").code == "IMG023"
