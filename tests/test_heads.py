"""Stacks from which a face can be rebuilt are held back; pictures that show one are pointed out."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from pipeline.core import findings
from pipeline.deidentify.pictures import heads
from pipeline.deidentify.pictures.picturekind import words
from pipeline.deidentify.pictures.pixels import Stored

AXIAL, SAGITTAL = (1.0, 0.0, 0.0, 0.0, 1.0, 0.0), (0.0, 1.0, 0.0, 0.0, 0.0, -1.0)
CORONAL = (1.0, 0.0, 0.0, 0.0, 0.0, -1.0)
CT, MR, PT = (f"1.2.840.10008.5.1.4.1.1.{n}" for n in ("2", "4", "128"))


def facts(name: str = "1.dcm", **changed: object) -> Stored:
    usual: dict[str, object] = {
        "path": Path(name),
        "offset": 0,
        "length": 0,
        "syntax": "1.2.840.10008.1.2.1",
        "big_endian": False,
        "rows": 512,
        "columns": 512,
        "frames": 1,
        "samples": 1,
        "bits_allocated": 16,
        "bits_stored": 12,
        "high_bit": 11,
        "signed": False,
        "photometric": "MONOCHROME2",
        "planar": 0,
        "modality": "CT",
        "sop_class": CT,
        "image_type": ("ORIGINAL", "PRIMARY", "AXIAL"),
        "burned_in": "",
        "body": "HEAD",
        "regions": (),
        "window": None,
        "slope": 1.0,
        "intercept": 0.0,
        "padding": None,
        "palette": None,
        "series": "1.2.3",
        "position": (0.0, 0.0, 0.0),
        "orientation": AXIAL,
        "spacing": (0.45, 0.45),
        "thickness": 1.0,
    }
    return Stored(**{**usual, **changed})  # type: ignore[arg-type]


def stack(count: int = 160, between: float = 1.0, axis: int = 2, **changed: object) -> list[Stored]:
    def place(n: int) -> tuple[float, ...]:
        return tuple(n * between if i == axis else -100.0 for i in range(3))

    changed = {"thickness": between, **changed}
    return [facts(f"{n}.dcm", position=place(n), **changed) for n in range(count)]


def held(slices: list[Stored], **how: bool) -> set[str]:
    return {v.held for v in heads.judge(slices, **how).values()} - {""}


HEADS = [
    *(
        "HEAD",
        "BRAIN",
        "CT HEAD W/O",
        "CTHEAD",
        "Head0.75 H31s",
        "H&N",
        "FACE_NECK",
        "t1_mprage_sag_iso",
        "Skull base",
    ),
    *(
        "PNS coronal",
        "Orbits",
        "Schädel nativ",
        "KopfMRT",
        "Crâne sans injection",
        "Cráneo simple",
        "cabeça",
        "TÊTE",
    ),
    *("Мозг", "頭部単純", "सिर", "ਦਿਮਾਗ", "Femoral head and BRAIN", "ANGIO CAROTIDS", "temporal bone"),
]
NOT_HEADS = [
    "CHEST",
    "femoral head",
    "Neck of femur",
    "CT Abdomen HEAD FIRST",
    "knee facet joint",
    "LSPINE",
    "cardiac",
]


@pytest.mark.parametrize("body", HEADS)
def test_thin_stacks_of_heads_are_held_in_any_words(body):
    assert held(stack(body=body)) == {"IMG064"}


@pytest.mark.parametrize("body", NOT_HEADS)
def test_other_parts_are_not(body):
    assert heads.judge(stack(body=body)) == {}


@pytest.mark.parametrize(
    ("what", "changed"),
    [
        ("thick", {"count": 30, "between": 6.0}),
        ("few", {"count": 11, "between": 5.0}),
        ("short", {"count": 40, "between": 1.0}),
        ("coarse", {"spacing": (4.0, 4.0)}),
        ("of low resolution", {"modality": "PT", "sop_class": PT}),
        ("of one place over time", {"between": 0.0}),
    ],
)
def test_stacks_without_a_face(what, changed):
    assert heads.judge(stack(**changed)) == {}, what


@pytest.mark.parametrize(("axis", "orientation"), [(2, AXIAL), (0, SAGITTAL), (1, CORONAL)])
def test_any_orientation_and_order_counts(axis, orientation):
    slices = stack(axis=axis, orientation=orientation, modality="MR", sop_class=MR)
    assert held(slices[::-1]) == {"IMG064"}
    assert set(heads.judge(slices)) == {one.path for one in slices}


def test_frames_of_one_file_are_slices():
    assert held([facts(frames=120, sop_class="1.2.840.10008.5.1.4.1.1.2.1", position=())]) == {"IMG064"}
    assert held([facts(frames=120, thickness=0.0, spacing=(), orientation=(), position=())]) == {"IMG064"}
    assert held([facts(frames=20, position=())]) == set()


def test_consent_to_faces_turns_it_into_a_remark():
    found = heads.judge(stack(), faces_agreed=True)
    assert {v.held for v in found.values()} == {""}
    assert {v.look for v in found.values()} == {(words("head_agreed"),)}


def test_an_unnamed_stack_of_the_size_of_a_head_is_pointed_out():
    unknown = heads.judge(stack(body=""))
    assert {(v.held, v.look) for v in unknown.values()} == {("", (words("head_unknown"),))}
    assert heads.judge(stack(body="", spacing=(0.9, 0.9))) == {}


def test_single_axial_slices_are_nothing():
    assert heads.judge([facts()]) == {}
    assert heads.judge([facts(f"{n}", series=f"1.{n}") for n in range(200)]) == {}


@pytest.mark.parametrize(
    ("changed", "key"),
    [
        ({"image_type": ("DERIVED", "SECONDARY", "3D")}, "head_rendering"),
        ({"body": "HEAD VRT", "orientation": ()}, "head_rendering"),
        ({"body": "", "image_type": ("DERIVED", "SECONDARY", "VOLUME RENDERING")}, "head_rendering"),
        ({"body": "THORAX VRT"}, None),
        ({"body": "BRAIN 3D FSPGR"}, None),
        ({"image_type": ("ORIGINAL", "PRIMARY", "LOCALIZER"), "orientation": SAGITTAL}, "head_scout"),
        ({"body": "Topogram Kopf", "orientation": ()}, "head_scout"),
        ({"body": "Topogram Kopf", "orientation": CORONAL}, None),
        ({"body": "Scout chest", "orientation": SAGITTAL}, None),
        ({"orientation": SAGITTAL}, "head_middle"),
        ({"orientation": SAGITTAL, "body": "LSPINE"}, None),
    ],
)
def test_single_pictures_that_show_a_face(changed, key):
    found = heads.judge([facts(**changed)])
    assert found == ({Path("1.dcm"): heads.Verdict(look=(words(key),))} if key else {})


def test_only_the_middle_of_a_sagittal_series_shows_the_profile():
    slices = stack(21, 6.0, axis=0, orientation=SAGITTAL, modality="MR", sop_class=MR)
    found = heads.judge(slices)
    assert {int(p.stem) for p in found} == set(range(4, 17))  # 60 mm is the middle, 40 mm on either side
    assert not held(slices)


def test_two_series_do_not_make_a_stack_and_scouts_do_not_count():
    assert held([replace(one, series=f"1.{n % 20}") for n, one in enumerate(stack())]) == set()
    scouts = stack(image_type=("ORIGINAL", "PRIMARY", "LOCALIZER"), orientation=AXIAL)
    assert heads.judge(scouts) == {}


def test_the_finding_is_catalogued():
    assert findings.make("IMG064").severity == "error"
