"""What people do to boxes and what scanners do to paper: read back, and held against the entry."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest

from pipeline import consent as room
from pipeline.consent import boxes, gate, scan
from pipeline.core.errors import ConsentError
from tests import consent_cases as cases
from tests import paper, signing
from tests.conftest import some


@pytest.fixture(scope="module")
def desk(tmp_path_factory):
    return cases.desk(tmp_path_factory.mktemp("boxes"))


@pytest.fixture(scope="module")
def sheets(desk):
    return paper.printed(desk.form / "form.pdf")


@pytest.fixture(scope="module")
def spots(desk):
    return json.loads((desk.form / "form.json").read_bytes())["spots"]


def read(picture, spots, folder):
    picture.save(folder / "page.tiff")
    pages = scan.read(folder / "page.tiff", "tiff", 0)
    return pages, {box.id: box for box in boxes.read(pages, spots)}


@pytest.mark.parametrize("name", some(paper.CONDITIONS, 3))
def test_every_mark_is_seen_and_no_empty_box_is_marked(sheets, spots, tmp_path, name):
    """One page of each condition: all kinds of marks in some boxes, dust and tails in the others."""
    rng = np.random.default_rng(3)
    by_page = {}
    for spot in spots:
        if spot["kind"] == "tick":
            by_page.setdefault(spot["page"], []).append(spot)
    number, asked = max(by_page.items(), key=lambda row: len(row[1]))
    sheet, truth = sheets[number - 1].copy(), {}
    for n, spot in enumerate(asked):
        how = paper.MARKS[n % len(paper.MARKS)] if n % 2 else paper.BLANKS[n % len(paper.BLANKS)]
        paper.mark(sheet, spot, how, rng)
        truth[spot["id"]] = bool(n % 2)
    pages, found = read(paper.CONDITIONS[name](sheet, rng), spots, tmp_path)
    assert [code.page for page in pages for code in page.codes] == [number]
    assert set(found) == set(truth)
    for box, yes in truth.items():
        assert found[box].verdict in ({"marked", "look"} if yes else {"blank", "look"}), box
    assert sum(box.verdict == "look" for box in found.values()) <= 1


def test_a_fold_through_an_empty_box_is_not_a_mark(sheets, spots, tmp_path):
    spot = next(s for s in spots if s["kind"] == "tick" and s["id"] == "text")
    sheet = sheets[spot["page"] - 1].copy()
    from PIL import ImageDraw

    middle = (spot["y"] + spot["h"] / 2) * paper.MM
    ImageDraw.Draw(sheet).line([(0, middle - 20), (sheet.width, middle + 20)], fill=(120, 120, 120), width=7)
    _, found = read(sheet, spots, tmp_path)
    assert found["text"].verdict == "look"
    assert "fold" in found["text"].why


def test_a_blackened_box_goes_to_a_person(sheets, spots, tmp_path):
    spot = next(s for s in spots if s["id"] == "text")
    sheet = sheets[spot["page"] - 1].copy()
    from PIL import ImageDraw

    corners = [spot["x"], spot["y"], spot["x"] + spot["w"], spot["y"] + spot["h"]]
    ImageDraw.Draw(sheet).rectangle([c * paper.MM for c in corners], fill=(20, 20, 60))
    _, found = read(sheet, spots, tmp_path)
    assert found["text"].verdict == "look"


# --- held against the entry ---


def codes(case, desk):
    return [finding.code for finding in gate.read(case, desk.clean).report]


def signed(desk, folder, ticked):
    words = {"patient:name": "A. B. Example", "patient:date": "20 March 2026"}
    pages = signing.sign(desk.form, ticked, ("patient", "explainer"), words=words)
    return replace(desk, pages=pages).case(folder)


def test_an_empty_box_that_the_record_calls_marked_stops(desk, tmp_path):
    case = signed(desk, tmp_path / "case", [b for b in cases.BOXES if b != "figure:scope"])
    assert codes(case, desk) == ["CON039"]
    (finding,) = gate.read(case, desk.clean).report
    assert "figure:scope" in finding.message


def test_a_person_may_say_that_it_is_marked_after_all(desk, tmp_path):
    case = signed(desk, tmp_path / "case", [b for b in cases.BOXES if b != "figure:scope"])
    case.record["consent"]["marked_by_eye"] = ["figure:scope"]
    assert codes(case, desk) == ["CON029"]


def test_a_mark_that_the_record_does_not_know_is_named(desk, tmp_path):
    case = signed(desk, tmp_path / "case", [*cases.BOXES, "teaching"])
    assert codes(case, desk) == ["CON064"]


def test_a_form_with_all_boxes_empty_gives_nothing(desk, tmp_path):
    case = signed(desk, tmp_path / "case", [])
    assert codes(case, desk) == ["CON039"] * len(cases.BOXES)
    with pytest.raises(ConsentError, match="empty on the scan"):
        room.make(case, desk.clean, tmp_path)


def test_a_cross_counts_as_a_mark_and_a_person_confirms_what_it_means(desk, sheets, spots, tmp_path):
    spot = next(s for s in spots if s["id"] == "figure:arm")
    sheet = sheets[spot["page"] - 1].copy()
    paper.mark(sheet, spot, "cross", np.random.default_rng(1))
    _, found = read(sheet, spots, tmp_path)
    assert found["figure:arm"].verdict == "marked"
    case = signed(desk, tmp_path / "case", cases.BOXES)
    marks, points = room.to_confirm(case, desk.clean)
    assert [point.split()[0] for point in points] == ["CON035"]
    assert {mark.box for mark in marks} >= set(cases.BOXES)
    assert all(mark.picture.startswith(b"\x89PNG") for mark in marks)
    arm = next(mark for mark in marks if mark.box == "figure:arm")
    assert (arm.read, arm.entered, arm.words) == ("marked", True, "Figure 1 may be published.")
