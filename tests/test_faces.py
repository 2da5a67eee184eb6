"""Faces are proposed: drawn ones, whatever was done to them; and nothing where there is none."""

from __future__ import annotations

import hashlib

import numpy as np
import pytest

from pipeline.core import resources
from pipeline.deidentify.pictures import faces
from pipeline.deidentify.pictures.boxes import Do
from tests import drawn_faces
from tests.conftest import some

Crop = tuple[float, float, float, float]


def holds(box, points) -> bool:
    return all(box.left <= x < box.right and box.top <= y < box.bottom for x, y in points)


@pytest.mark.parametrize("seed", range(5))
def test_a_face_is_proposed_with_the_whole_head(seed):
    picture, eyes, (left, top, right, bottom) = drawn_faces.face(seed)
    best = faces.find(picture)[0]
    assert (best.what, best.do) == ("face", Do.LOOK)
    assert holds(best, eyes)
    assert best.left < left, "an ear is outside"
    assert best.right > right, "an ear is outside"
    assert best.top < top - (bottom - top) * 0.2, "hair is outside"
    assert best.bottom > bottom, "the chin is outside"
    assert "crop" in best.reason


@pytest.mark.parametrize("quarters", [1, 2, 3])
def test_a_turned_face_is_found_with_its_hair(quarters):
    picture, eyes, _ = drawn_faces.face(1)
    points = eyes
    for _ in range(quarters):
        points = [(y, picture.shape[0] - 1 - x) for x, y in points]
    best = faces.find(np.ascontiguousarray(np.rot90(picture, quarters)))[0]
    assert holds(best, points)


def eyes_only(seed: int) -> tuple[np.ndarray, list[tuple[float, float]]]:
    picture, ((ax, ay), (bx, by)), _ = drawn_faces.face(seed)
    apart = bx - ax
    left, top = int(ax - 0.65 * apart), int(ay - 0.45 * apart)
    part = picture[top : int(by + 0.45 * apart), left : int(bx + 0.65 * apart)]
    return part, [(ax - left, ay - top), (bx - left, by - top)]


def test_eyes_alone_are_found_and_called_a_part():
    part, points = eyes_only(3)
    best = faces.find(part)[0]
    assert best.what == "eyes"
    assert holds(best, points)


def test_eyes_alone_are_found_in_a_picture_lying_on_its_side():
    part, points = eyes_only(3)
    lying = np.ascontiguousarray(np.rot90(part))
    assert any(holds(box, [(y, part.shape[1] - 1 - x) for x, y in points]) for box in faces.find(lying))


def test_grey_dark_and_small_faces_are_found():
    picture, _, _ = drawn_faces.face(3)
    assert faces.find(picture.mean(axis=2).astype(np.uint8))
    assert faces.find((picture * 0.2).astype(np.uint8))
    assert faces.find(np.pad(picture[::6, ::6], ((200, 200), (200, 200), (0, 0)), constant_values=120))


@pytest.mark.parametrize("shade", [0, 255])
def test_an_eye_bar_is_called_what_it_is(shade):
    picture, ((ax, ay), (bx, _)), _ = drawn_faces.face(1)
    barred = picture.copy()
    barred[int(ay - 22) : int(ay + 22), int(ax - 45) : int(bx + 45)] = shade
    best = faces.find(barred)[0]
    assert best.reason == faces.BARRED
    assert faces.find(picture)[0].reason == faces.FACE


def test_a_small_face_in_a_large_photograph_is_found_where_it_is():
    large = np.full((3024, 4032, 3), 140, np.uint8)
    picture, eyes, _ = drawn_faces.face(1, 200)
    large[2500:2700, 1950:2150] = picture  # across the border between two tiles
    best = faces.find(large)[0]
    assert holds(best, [(x + 1950, y + 2500) for x, y in eyes])
    assert best.right - best.left < 300


def test_small_faces_in_a_long_screenshot_are_found():
    long = np.full((4500, 1080, 3), 140, np.uint8)
    places = []
    for n, top in enumerate((600, 2200, 4100)):
        picture, eyes, _ = drawn_faces.face(n, 120)
        long[top : top + 120, 480:600] = picture
        places.append([(x + 480, y + top) for x, y in eyes])
    found = faces.find(long)
    assert all(any(holds(box, eyes) for box in found) for eyes in places)


@pytest.mark.parametrize(
    ("shape", "size", "at"),
    [
        ((1080, 6000), 900, (90, 4300)),
        pytest.param((1080, 14_000), 900, (90, 9300), marks=pytest.mark.slow),
        pytest.param((14_000, 1080), 160, (3000, 500), marks=pytest.mark.slow),
        pytest.param((2500, 20_000), 240, (900, 6700), marks=pytest.mark.slow),
    ],
)
def test_a_face_in_a_panorama_or_a_scrolled_screenshot_is_found(shape, size, at):
    long = np.full((*shape, 3), 140, np.uint8)
    picture, eyes, _ = drawn_faces.face(1, size)
    long[at[0] : at[0] + size, at[1] : at[1] + size] = picture
    assert any(holds(box, [(x + at[1], y + at[0]) for x, y in eyes]) for box in faces.find(long))


@pytest.mark.parametrize("part", some(range(3), 3))
def test_pictures_without_a_face_give_none(part):
    hit = [name for name, picture in [*drawn_faces.without()][part::3] if faces.find(picture)]
    assert hit == []


def test_radiology_asks_for_more():
    picture, _, _ = drawn_faces.face(0)
    score = faces.find(picture)[0].confidence
    assert faces.PHOTOGRAPH < score < faces.RADIOLOGY
    assert faces.find(picture, faces.RADIOLOGY) == []


@pytest.mark.parametrize("shape", [(1, 1), (7, 300), (8, 8, 3), (33, 900, 3), (900, 9)])
def test_odd_sizes(shape):
    assert faces.find(np.zeros(shape, np.uint8)) == []


def test_boxes_lie_inside_the_picture_and_repeat():
    picture, _, _ = drawn_faces.face(2)
    for shown in (picture, picture[:260], picture[:, 180:], picture[150:, :280]):
        first = faces.find(np.ascontiguousarray(shown))
        assert first == faces.find(np.ascontiguousarray(shown))
        for box in first:
            assert 0 <= box.left < box.right <= shown.shape[1]
            assert 0 <= box.top < box.bottom <= shown.shape[0]


def test_the_model_is_the_one_the_readme_names():
    digest = hashlib.sha256(resources.path(faces.MODEL).read_bytes()).hexdigest()
    assert digest in resources.text("templates/models/README.md")
    assert "MIT License" in resources.text("templates/models/centerface-LICENSE.txt")
