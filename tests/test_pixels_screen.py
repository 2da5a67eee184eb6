"""The quick look at a frame: drawn text is seen in stored values, anatomy and noise are not taken for it."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageFont
from pydicom import dcmread
from pydicom.data import get_testdata_file

from pipeline.core import resources
from pipeline.deidentify.pictures import screen

FONT = str(resources.path("consent/fonts/NotoSans_400Regular.ttf"))
REAL = ["J2K_pixelrep_mismatch.dcm", "693_J2KI.dcm", "examples_overlay.dcm"]


def real(name):
    return dcmread(get_testdata_file(name, download=False), force=True).pixel_array


def drawn(frame, words, size, *, contrast=None, at=(6, 6), turned=False, smooth=True):
    """Text in stored values: `contrast` is in 255ths of the frame's range, None for the highest value."""
    face = ImageFont.truetype(FONT, size)
    left, top, right, bottom = (int(v) for v in face.getbbox(words))
    glyphs = Image.new("L", (right - left + 4, bottom - top + 4))
    pen = ImageDraw.Draw(glyphs)
    pen.fontmode = "L" if smooth else "1"
    pen.text((2 - left, 2 - top), words, fill=255, font=face)
    share = np.asarray(glyphs.rotate(90, expand=True) if turned else glyphs) / 255
    share = share[: frame.shape[0] - at[0], : frame.shape[1] - at[1]]
    here = slice(at[0], at[0] + share.shape[0]), slice(at[1], at[1] + share.shape[1])
    low, high = np.percentile(frame, [0.5, 99.5])
    ground = frame[here].astype(float)
    ink = frame.max() if contrast is None else ground.mean() + contrast / 255 * (high - low)
    out = frame.copy()
    out[here] = np.rint(ground * (1 - share) + np.rint(ink) * share)
    return out


@pytest.mark.parametrize("name", REAL)
@pytest.mark.parametrize("size", [8, 12, 16, 24, 40])
@pytest.mark.parametrize("turned", [False, True])
def test_white_text_in_stored_values_is_seen(name, size, turned):
    frame = drawn(real(name), "VIRDEE^ANVIKA 1961", size, turned=turned)
    assert screen.suspicious(frame) is not None


@pytest.mark.parametrize("name", REAL)
@pytest.mark.parametrize("contrast", [35, 80])
def test_grey_text_over_anatomy_is_seen(name, contrast):
    frame = real(name)
    middle = frame.shape[0] // 2, frame.shape[1] // 3
    seen = drawn(frame, "UHID 4471902", 14, contrast=contrast, at=middle)
    assert screen.suspicious(seen) is not None


@pytest.mark.parametrize("kind", [np.int8, np.uint8, np.int16, np.uint16, np.int32, np.uint32])
def test_every_kind_of_stored_value(kind):
    frame = np.zeros((256, 320), kind)
    assert screen.suspicious(frame) is None
    frame[:128] = 20
    assert (
        screen.suspicious(drawn(frame, "TANDAN 12-03-1958", 12, contrast=None, at=(30, 30))) is None
    )  # ink = ground
    frame[-1, -1] = 100
    assert screen.suspicious(drawn(frame, "TANDAN 12-03-1958", 12, at=(30, 30))) is not None


def test_the_whole_range_of_sixteen_bits_does_not_wrap_around():
    frame = np.full((256, 256), -32_768, np.int16)
    frame[-1, -1] = 32_767
    assert screen.suspicious(drawn(frame, "MRN 4471902", 12)) is not None
    assert screen.suspicious(np.tile(np.array([-32_768, 32_767], np.int16), (256, 128))) is None  # a grid


def test_colour_frames():
    frame = np.full((200, 300, 3), 90, np.uint8)
    assert screen.suspicious(frame) is None
    red = frame.copy()
    red[..., 0] = drawn(np.pad(frame[..., 0][:-1], ((0, 1), (0, 0)), constant_values=230), "OBEROY 1971", 14)
    assert screen.suspicious(red) is not None


@pytest.mark.parametrize("name", [*REAL, "CT_small.dcm", "JPEG2000.dcm"])
def test_anatomy_is_not_taken_for_text(name):
    frame = real(name)
    for seen in (frame, frame[::-1], frame.T, frame[8:-8, 8:-8]):
        assert screen.suspicious(seen) is None


def test_tiles_and_enlargements_of_anatomy_are_not_taken_for_text():
    small = real("CT_small.dcm")
    assert screen.suspicious(np.tile(small, (4, 4))) is None
    assert screen.suspicious(np.kron(small, np.ones((4, 4), small.dtype))) is None


def test_noise_is_not_taken_for_text():
    dice = np.random.default_rng(4)
    assert screen.suspicious(dice.integers(0, 4096, (512, 512)).astype(np.int16)) is None
    assert screen.suspicious(dice.integers(0, 256, (512, 512)).astype(np.uint8)) is None
    assert screen.suspicious(dice.normal(1000, 60, (512, 512)).astype(np.int16)) is None
    coarse = dice.integers(0, 4096, (64, 64)).astype(np.int16)
    assert screen.suspicious(np.kron(coarse, np.ones((8, 8), np.int16))) is None


def test_one_header_on_many_slices_is_one_digest_and_another_is_not():
    dice = np.random.default_rng(5)
    slices = []
    for n in range(4):
        anatomy = np.zeros((512, 512), np.int16)
        anatomy[100:400, 100:400] = 900 + np.rint(dice.normal(0, 8, (300, 300))) + 30 * n
        slices.append(anatomy)
    headed = [screen.suspicious(drawn(s, "ZUTSHE^SIMRAT 1944", 12, contrast=255)) for s in slices]
    other = screen.suspicious(drawn(slices[0], "ZUTSHE^SIMRAT 1945", 12, contrast=255))
    assert None not in headed
    assert headed[0] != other
    moved = screen.suspicious(drawn(slices[0], "ZUTSHE^SIMRAT 1944", 12, contrast=255, at=(6, 40)))
    assert headed[0] != moved


def test_tiny_frames():
    for shape in ((1, 1), (3, 200), (200, 3), (10, 10)):
        assert screen.suspicious(np.zeros(shape, np.uint16)) is None
