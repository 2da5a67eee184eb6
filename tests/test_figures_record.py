"""What the record may ask of figures: judged with file and line, checked on the picture, bound by consent."""

from __future__ import annotations

import json

import pytest

from pipeline import check, intake
from pipeline.check import drawings
from pipeline.consent import binding
from pipeline.core import journal
from pipeline.core.errors import InputError
from tests.conftest import casereport, edit
from tests.test_deidentify import add_series, made, stopped
from tests.test_deidentify_dicom import blank, saved
from tests.test_deidentify_pictures import ramp, shown

PANEL = "      - image: images/ring.png\n"
GLUCOSE = "results: {2025-03-14: 4.9}"
TITLE = "    title: Laboratory results\n"
TWICE = "results: {2025-03-14: 4.9, 2025-03-20: 5.1}"
FAMILY = (
    "pedigree:\n  affected_by: granuloma annulare\n  individuals:\n"
    "    - {id: asha-devi, sex: female}\n    - {id: father, sex: male}\n"
    "    - {id: patient, sex: female, parents: [father, asha-devi], affected: yes, proband: yes}\n"
)


def findings_of(case):
    return list(check.check(intake.read(case), journal.load("aujmsr")))


def codes_of(case):
    return {f.code for f in findings_of(case) if f.severity != "note"}


def panel(case, words):
    """Ask something of the drawn ring; returns its line."""
    edit(case, PANEL, f"{PANEL}        {words}\n")


def plotted(case, asked="yes", results=TWICE):
    """A plot of the table, mentioned in the text."""
    edit(case, TITLE, f"{TITLE}    plot: {asked}\n")
    edit(case, GLUCOSE, results)
    edit(case, "Blood results are in {table:labs}", "Blood results are in {table:labs} and {fig:labs}")


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ("window: lun", "no CT window has this name; known: lung, mediastinum"),
        ("window: {centre: 4}", "width is missing"),
        ("marks: [{kind: star, at: [1, 2]}]", "must be one of: 'arrow', 'arrowhead' or 'asterisk'"),
        ("marks: [{kind: arrow, at: [1]}]", "needs at least 2 entry"),
        ("marks: [{kind: arrow, at: [-1, 2]}]", "must be at least 0"),
        ("marks: [{kind: arrow, at: [1, 2], side: north}]", "must be one of: 'left'"),
        ("scale_bar: {mm: 0}", "must be more than 0"),
        ("inset: {left: 1, top: 1, width: 9, height: 9, zoom: 1}", "must be more than 1"),
    ],
)
def test_a_slip_is_told_in_words(case, typed, words):
    panel(case, typed)
    said = [f.message for f in findings_of(case) if f.severity == "error"]
    assert any(words in message for message in said), said


def test_a_good_plot_raises_nothing(case):
    plotted(case, "[Fasting glucose]")
    assert codes_of(case) == set()


@pytest.mark.parametrize(
    ("asked", "results", "code"),
    [
        ("[Glucose]", TWICE, "REC070"),
        ("[Fasting glucose]", GLUCOSE, "REC071"),  # one point is no course
        ("[Fasting glucose]", "results: {2025-03-14: high, 2025-03-20: low}", "REC071"),
        ("yes", GLUCOSE, "REC071"),
        ("sometimes", TWICE, "REC003"),
    ],
)
def test_a_plot_that_cannot_be_drawn(case, asked, results, code):
    plotted(case, asked, results)
    found = [f for f in findings_of(case) if f.code == code]
    assert found
    assert found[0].path == "record.yaml"
    assert found[0].line > 1
    assert "REC020" not in codes_of(case)  # the mention leads somewhere


def test_a_test_without_numbers_is_left_out_and_said(case):
    plotted(case)
    assert [f.severity for f in findings_of(case) if f.code == "REC072"] == ["note"]


def test_too_many_tests_in_one_plot(case):
    row = "      - {{test: T{n}, unit: x, reference: 1–2, results: {{2025-03-14: 1, 2025-03-20: 2}}}}\n"
    edit(case, "    rows:\n", "    rows:\n" + "".join(row.format(n=n) for n in range(13)))
    plotted(case)
    assert "REC073" in codes_of(case)


def test_a_drawn_figure_is_mentioned_and_its_id_is_its_own(case):
    edit(case, TITLE, f"{TITLE}    plot: yes\n")
    edit(case, GLUCOSE, TWICE)
    assert "REC021" in codes_of(case)
    edit(case, "- id: ring", "- id: labs")
    edit(case, "({fig:ring})", "({fig:labs})")
    assert "REC023" in codes_of(case)


def test_a_timeline_that_is_only_a_figure_is_no_table(case):
    edit(case, "\ntext:\n", "\ntimeline_as: figure\ntext:\n")
    assert {"REC020", "REC021"} <= codes_of(case)
    edit(case, "{table:timeline}", "{fig:timeline}")
    assert codes_of(case) == set()


def test_a_timeline_with_too_many_events_for_a_figure_is_said_at_once(case):
    have = (case / "record.yaml").read_text(encoding="utf-8").partition("\ntimeline:\n")[2].count("{date:")
    row = '  - {date: 2025-03-14, event: "Seen again"}\n'
    edit(case, "\ntimeline:\n", "\ntimeline:\n" + row * (drawings.MOST_EVENTS - have))
    edit(case, "\ntext:\n", "\ntimeline_as: both\ntext:\n")
    assert "REC078" not in codes_of(case)
    edit(case, "\ntimeline:\n", "\ntimeline:\n" + row)
    assert [f.severity for f in findings_of(case) if f.code == "REC078"] == ["error"]
    edit(case, "timeline_as: both", "timeline_as: table")
    assert "REC078" not in codes_of(case)


def test_legends_are_for_figures_that_are_drawn(case):
    edit(case, "tables:\n", "legends: {labs: Glucose over time.}\ntables:\n")
    assert "REC076" in codes_of(case)
    plotted(case)
    assert "REC076" not in codes_of(case)


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("", "", None),
        ("{id: father,", "{id: asha-devi,", "an id is used twice"),
        (", proband: yes", "", "proband"),
        ("[father, asha-devi]", "[father]", "one parent"),
        ("[father, asha-devi]", "[father, nobody]", "not in the list"),
        ("{id: father, sex: male}", "{id: father, sex: male, parents: [asha-devi, patient]}", "own ancestor"),
    ],
)
def test_a_pedigree_that_cannot_be(case, old, new, words):
    edit(case, "tables:\n", FAMILY.replace(old, new) + "tables:\n")
    edit(case, "({fig:ring})", "({fig:ring}, {fig:pedigree})")
    said = [f.message for f in findings_of(case) if f.code == "REC075"]
    assert bool(said) == bool(words)
    assert all("asha" not in message for message in said)
    if words:
        assert any(words in message for message in said)


def test_ranges_that_are_no_ranges_are_said_once(case):
    edit(case, "reference: 3.9–5.5", "reference: 3.9–5.5 (fasting)")
    assert [f.severity for f in findings_of(case) if f.code == "REC074"] == ["note"]


@pytest.mark.parametrize("typed", ["214*", "132 (H)", "0.9 (L)", "1e5", '"1,4"'])
def test_a_result_that_gets_no_flag_is_said(case, typed):
    edit(case, GLUCOSE, f"results: {{2025-03-14: {typed}, 2025-03-20: negative}}")
    found = [f for f in findings_of(case) if f.code == "REC077"]
    assert [f.severity for f in found] == ["warning"]
    assert "1 results" in found[0].message
    assert found[0].line > 1
    edit(case, "reference: 3.9–5.5", "reference: negative")  # nothing here is flagged or plotted
    assert "REC077" not in codes_of(case)


def test_a_result_that_vanishes_from_a_plot_is_said(case):
    plotted(case, "yes", "results: {2025-03-14: 4.9, 2025-03-20: 5.1, 2025-03-25: 5.2*}")
    edit(case, "reference: 3.9–5.5", "reference: unknown")
    assert "REC077" in codes_of(case)


# --- on the clean picture ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("typed", "code"),
    [
        ("marks: [{kind: arrow, at: [320, 10]}]", "IMG090"),  # 320 × 240: the last column is 319
        ("marks: [{kind: arrow, at: [9, 9]}, {kind: asterisk, at: [10, 240]}]", "IMG090"),
        (
            "crop: {left: 0, top: 0, width: 99, height: 99}\n        marks: [{kind: arrow, at: [100, 9]}]",
            "IMG090",
        ),
        ("scale_bar: {mm: 10}", "IMG091"),  # a photograph has no measure
        ("scale_bar: {mm: 10, mm_per_pixel: 0.05}", "IMG092"),  # 200 of 320 pixels
        ("scale_bar: {mm: 10, mm_per_pixel: 9}", "IMG092"),
        ("inset: {left: 300, top: 9, width: 30, height: 9}", "IMG093"),
        ("inset: {left: 9, top: 9, width: 150, height: 9, zoom: 2}", "IMG093"),
        ("window: lung", "IMG094"),  # no CT
    ],
)
def test_what_does_not_fit_the_picture_stops_with_its_line(case, tmp_path, typed, code):
    panel(case, typed)
    error = stopped(intake.read(case), tmp_path / "out")
    assert (type(error), error.code) == (InputError, code)
    assert error.where.startswith("record.yaml:")
    assert error.fix


def test_what_fits_is_kept_with_the_picture_and_changes_no_pixel(case, tmp_path):
    before = made(intake.read(case), tmp_path / "before")
    panel(
        case,
        "scale_bar: {mm: 5, mm_per_pixel: 0.1}\n        marks: [{kind: arrow, at: [319, 239], side: left}]\n"
        "        inset: {left: 10, top: 20, width: 30, height: 40}",
    )
    after = made(intake.read(case), tmp_path / "after")
    assert after.panels[0].pixels == before.panels[0].pixels
    assert before.panels[0].marked == {}
    assert after.panels[0].marked == {
        "scale_bar": {"mm": 5.0, "corner": "bottom-left", "pixels": 50.0},
        "marks": [{"kind": "arrow", "at": [319, 239], "side": "left"}],
        "inset": {"left": 10, "top": 20, "width": 30, "height": 40, "zoom": 2.0, "corner": "bottom-right"},
    }
    assert after.digest != before.digest  # a sign-off is for the figure with its marks
    assert binding.figures(after) == binding.figures(before)  # consent is for the patient's pixels
    assert binding.shown(after) == binding.shown(before)


def test_what_is_drawn_leaves_no_trace_where_it_is_not_asked(case, tmp_path):
    """Records of before keep their digests: signed consent stays valid."""
    record = made(intake.read(case), tmp_path / "out").record
    assert not {"timeline_as", "pedigree", "legends"} & set(record)
    assert all("plot" not in table for table in record["tables"])
    assert not {"scale_bar", "marks", "inset"} & set(record["figures"][0]["panels"][0])


def test_a_plot_is_no_new_fact_and_a_family_is(case, tmp_path):
    before = made(intake.read(case), tmp_path / "before")
    edit(case, GLUCOSE, TWICE)
    facts = binding.shown(made(intake.read(case), tmp_path / "twice"))["facts"]
    edit(case, TITLE, f"{TITLE}    plot: [Haemoglobin, Fasting glucose]\n")
    clean = made(intake.read(case), tmp_path / "plot")
    assert clean.record["tables"][0]["plot"] == [0, 1]  # rows, not words that the cleaning may change
    assert binding.shown(clean)["facts"] == facts != binding.shown(before)["facts"]
    edit(case, "tables:\n", FAMILY + "legends: {labs: Glucose.}\ntables:\n")
    clean = made(intake.read(case), tmp_path / "family")
    shown_now = binding.shown(clean)
    assert shown_now["facts"]["pedigree"]["individuals"][2]["parents"] == [1, 0]
    assert shown_now["text"]["legends"] == {"labs": "Glucose."}
    assert b"asha-devi" not in (clean.folder / "record.json").read_bytes()  # an id may be a name


def test_a_named_window_is_its_numbers(case, tmp_path):
    add_series(case)
    edit(case, "slice: 1, window: {centre: 1, width: 3}", "slice: 1, window: {centre: -600, width: 1500}")
    edit(case, "slice: 3, window: {centre: 1, width: 3}", "slice: 1, window: lung")
    clean = made(intake.read(case), tmp_path / "out")
    numbers, named = (p.pixels for p in clean.panels if p.letter in "bc")
    assert numbers == named


def test_spacing_reaches_the_scale_bar_through_crop_and_slice(case, tmp_path):
    (case / "images" / "ct").mkdir()
    for n in range(3):
        ds = blank()
        ds.Rows, ds.Columns = 20, 40
        ds.PixelData = bytes([n, 0] * 800)
        ds.PixelSpacing = ["0.5", "0.5"]
        ds.InstanceNumber, ds.SOPInstanceUID = n + 1, f"1.2.3.{n}"
        ds.ImageOrientationPatient, ds.ImagePositionPatient = [1, 0, 0, 0, 1, 0], [0, 0, n]
        saved(ds, case / "images" / "ct", f"{n}.dcm")
    edit(
        case,
        PANEL,
        "      - image: images/ct\n        slice: 2\n        scale_bar: {mm: 5}\n"
        "        crop: {left: 4, top: 4, width: 30, height: 10}\n",
    )
    bar = made(intake.read(case), tmp_path / "out").panels[0].marked["scale_bar"]
    assert bar == {"mm": 5.0, "corner": "bottom-left", "pixels": 10.0}
    edit(case, "scale_bar: {mm: 5}", "scale_bar: {mm: 5, mm_per_pixel: 0.51}")
    assert made(intake.read(case), tmp_path / "near").panels[0].marked["scale_bar"] == bar
    edit(case, "mm_per_pixel: 0.51", "mm_per_pixel: 0.53")  # the picture goes before; render says so
    assert made(intake.read(case), tmp_path / "off").panels[0].marked["scale_bar"] == bar | {
        "contradicted": True
    }


@pytest.mark.parametrize(
    ("attributes", "patient", "detector"),
    [
        ({"PixelSpacing": ["0.2", "0.2"]}, 0.2, None),  # CT
        ({"Modality": "DX", "ImagerPixelSpacing": ["0.2", "0.2"]}, None, 0.2),
        ({"Modality": "DX", "ImagerPixelSpacing": ["0.2", "0.2"], "PixelSpacing": ["0.2", "0.2"]}, None, 0.2),
        (
            {
                "Modality": "DX",
                "ImagerPixelSpacing": ["0.2", "0.2"],
                "PixelSpacing": ["0.15", "0.15"],
                "PixelSpacingCalibrationType": "FIDUCIAL",
            },
            0.15,
            None,
        ),
        ({"Modality": "CR", "PixelSpacing": ["0.1", "0.1"]}, None, 0.1),
        ({"NominalScannedPixelSpacing": ["0.1", "0.1"]}, None, None),  # of a film: says nothing of the body
        ({}, None, None),
    ],
)
def test_a_projection_is_measured_at_its_detector(tmp_path, attributes, patient, detector):
    picture = shown(ramp(tmp_path, **attributes))
    assert (picture.mm_per_pixel, picture.mm_at_detector) == (patient, detector)


def test_an_uncalibrated_radiograph_gets_a_bar_that_says_so(case, tmp_path):
    ds = blank()
    ds.Modality, ds.Rows, ds.Columns, ds.PixelData = "DX", 20, 40, bytes(1600)
    ds.ImagerPixelSpacing = ["0.5", "0.5"]
    saved(ds, case / "images", "chest.dcm")
    edit(case, PANEL, "      - {image: images/chest.dcm, scale_bar: {mm: 5}}\n")
    bar = made(intake.read(case), tmp_path / "out").panels[0].marked["scale_bar"]
    assert bar["at_detector"] is True
    edit(case, "scale_bar: {mm: 5}", "scale_bar: {mm: 5, mm_per_pixel: 0.4}")  # a ruler lay in the plane
    bar = made(intake.read(case), tmp_path / "ruler").panels[0].marked["scale_bar"]
    assert bar == {"mm": 5.0, "corner": "bottom-left", "pixels": 12.5}


def test_the_draft_shows_everything_and_the_package_is_sound(case, tmp_path):
    """From the command line: the three drawn figures beside the picture, in a draft."""
    plotted(case)
    edit(case, "tables:\n", FAMILY + "tables:\n")
    edit(case, "\ntext:\n", "\ntimeline_as: both\ntext:\n")
    edit(case, "({fig:ring})", "({fig:ring}; {fig:pedigree}, {fig:timeline})")
    ran = casereport("render", "--draft", case, "--out", tmp_path / "b")
    assert ran.code == 0, ran.everything
    made_in = next((tmp_path / "b" / case.name).glob("draft-*"))
    names = {p.name for p in (made_in / "figures").iterdir()}
    assert {"figure-1.tif", "figure-2.pdf", "figure-3.pdf", "figure-4.pdf", "figure-4.tif"} <= names
    said = json.loads((made_in / "manuscript.json").read_bytes())
    assert said["counts"]["figures"]["count"] == 4
    assert {row["id"] for row in said["drawn"]} == {"timeline", "labs", "pedigree"}
