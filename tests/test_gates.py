"""A broken case per gate: each stops where it must, with its exit code, a place, a reason and a next step."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pydicom
import pytest
from pydicom.data import get_testdata_file

from tests.conftest import casereport, edit, some


@pytest.fixture
def mine(signed_case, tmp_path) -> Path:
    folder = tmp_path / signed_case.name
    shutil.copytree(signed_case, folder)
    return folder


@dataclass(frozen=True)
class Gate:
    """How a case is broken, the code and exit it must give, and words the message must hold."""

    breaks: Callable[[Path], object]
    exit: int
    says: tuple[str, ...]


def picture(name: str) -> Callable[[Path], None]:
    """Replace the figure's picture by one of pydicom's own test files, or by bytes."""

    def change(case: Path) -> None:
        (case / "images" / "ring.png").unlink()
        shutil.copy(str(get_testdata_file(name, download=False)), case / "images" / "scan.dcm")
        edit(case, "images/ring.png", "images/scan.dcm")

    return change


def half_a_dicom(case: Path) -> None:
    picture("CT_small.dcm")(case)
    whole = (case / "images" / "scan.dcm").read_bytes()
    (case / "images" / "scan.dcm").write_bytes(whole[:9000])


def many_frames(case: Path) -> None:
    (case / "images" / "ring.png").unlink()
    two = pydicom.dcmread(str(get_testdata_file("SC_rgb_rle_2frame.dcm", download=False)))
    two.save_as(case / "images" / "scan.dcm")
    edit(case, "images/ring.png", "images/scan.dcm")


def broken_jpeg(case: Path) -> None:
    from PIL import Image

    with Image.open(case / "images" / "ring.png") as im:
        im.save(case / "images" / "ring.jpg", quality=95)
    data = (case / "images" / "ring.jpg").read_bytes()
    (case / "images" / "ring.jpg").write_bytes(data[: len(data) // 2])
    edit(case, "images/ring.png", "images/ring.jpg")


def not_a_pdf(case: Path) -> None:
    for scan in (case / "consent").glob("*.pdf"):
        scan.write_bytes(b"%PDF-1.7\nthis is not one\n%%EOF\n")


def no_consent(case: Path) -> None:
    text = (case / "record.yaml").read_text()
    (case / "record.yaml").write_text(text[: text.index("\nconsent:") + 1])


def other_picture(case: Path) -> None:
    from PIL import Image

    with Image.open(case / "images" / "ring.png") as im:
        changed = im.convert("RGB")
    changed.putpixel((5, 5), (0, 0, 0))
    changed.save(case / "images" / "ring.png")


GATES = {
    "intake: a link": Gate(
        lambda c: (c / "images" / "x.png").symlink_to("/etc/hostname"), 5, ("FILE001", "images/x.png")
    ),
    "intake: not YAML": Gate(
        lambda c: (c / "record.yaml").write_text("a: b: c"), 5, ("FILE010", "record.yaml:1")
    ),
    "check: a field is missing": Gate(
        lambda c: edit(c, "  sex: female\n", ""), 1, ("REC001", "record.yaml:")
    ),
    "check: nobody to protect": Gate(lambda c: (c / "private.yaml").unlink(), 1, ("PRV001",)),
    "deidentify: half a DICOM": Gate(half_a_dicom, 5, ("images/scan.dcm",)),
    "deidentify: broken JPEG": Gate(broken_jpeg, 5, ("images/ring.jpg",)),
    "deidentify: which frame?": Gate(many_frames, 5, ("frame",)),
    "consent: none": Gate(no_consent, 3, ("consent",)),
    "consent: not a PDF": Gate(not_a_pdf, 3, ("consent/",)),
    "consent: another picture": Gate(other_picture, 3, ("ring",)),
    "consent: another legend": Gate(
        lambda c: edit(c, "Annular plaque of firm", "Annular plaque of soft"), 3, ("ring",)
    ),
    "consent: another fact": Gate(lambda c: edit(c, "None of note.", "Diabetes."), 3, ("facts",)),
    "consent: box left empty": Gate(lambda c: edit(c, "figures: [ring]", "figures: []"), 3, ("ring",)),
    "consent: withdrawn": Gate(lambda c: edit(c, "withdrawn: no", "withdrawn: yes"), 3, ("withdrawn",)),
}


@pytest.mark.parametrize("name", some(GATES, 2))
def test_gate(mine, results, name):
    """On top of an earlier good run, as it comes: what did not change is not made again."""
    gate = GATES[name]
    package = [p.read_bytes() for p in results.glob("*/5-pack-*/*.zip")]
    gate.breaks(mine)
    ran = casereport("submit", mine, "--accept-all", "--out", results)
    assert ran.code == gate.exit, ran.everything
    for words in (*gate.says, "next:"):
        assert words in ran.err, ran.err
    assert "Traceback" not in ran.everything
    assert [p.read_bytes() for p in results.glob("*/5-pack-*/*.zip")] == package
    as_json = json.loads(casereport("submit", mine, "--accept-all", "-q", "--json", "--out", results).out)
    assert as_json["exit"] == gate.exit


def test_review_gate_nobody_has_looked(mine, results):
    ran = casereport("submit", mine, "--out", results)
    assert ran.code == 1
    assert "REV001" in ran.err
    assert "casereport review" in ran.err or "make review CASE=" in ran.err


def test_accept_all_is_refused_for_a_real_case(mine, tmp_path):
    edit(mine, "synthetic: yes", "synthetic: no")
    ran = casereport("submit", mine, "--accept-all", "--out", tmp_path / "b")
    assert ran.code == 2, ran.everything
    assert not list((tmp_path / "b").glob("*/5-pack-*"))


def test_a_hundred_megapixels_and_zero_bytes(mine, tmp_path):
    from PIL import Image

    Image.new("L", (10_000, 10_000)).save(mine / "images" / "ring.png")
    ran = casereport("submit", mine, "--out", tmp_path / "b")
    assert (ran.code, "FILE022" in ran.err) == (5, True), ran.err
    (mine / "images" / "ring.png").write_bytes(b"")
    ran = casereport("submit", mine, "--out", tmp_path / "b")
    assert ran.code == 1, ran.err
    assert "images/ring.png" in ran.everything or "IMG00" in ran.err


def test_an_unmarked_manuscript_needs_consent_and_sign_off(mine, results, tmp_path):
    """Without --draft, render makes only what was consented to and looked at."""
    shutil.copytree(results, tmp_path / "b", ignore=shutil.ignore_patterns("4-*", "5-*"))
    ran = casereport("render", mine, "--out", tmp_path / "b")
    assert (ran.code, "REV001" in ran.err) == (1, True), ran.err
    no_consent(mine)
    ran = casereport("render", mine, "--out", tmp_path / "b")
    assert ran.code == 3, ran.err
    assert not list((tmp_path / "b").glob("*/4-render-*"))
    draft = casereport("render", mine, "--draft", "--out", tmp_path / "b", real=True)
    assert draft.code == 0, draft.err
    assert (tmp_path / "b" / mine.name / "draft-aujmsr" / "manuscript.pdf").is_file()


def test_a_draft_is_hunted_too(mine, tmp_path):
    edit(mine, "institution: Example Institute", "institution: Sampleton Medical College")
    edit(mine, "The plaque was flat at six weeks and", "At Sampleton Medical College the plaque was flat and")
    ran = casereport("render", mine, "--draft", "--out", tmp_path / "b")
    assert ran.code in {0, 1, 4}, ran.everything
    made = tmp_path / "b" / mine.name / "draft-aujmsr" / "manuscript.html"
    assert not made.exists() or "Sampleton Medical College" not in made.read_text()
