"""Figure files: size, resolution, letters, and nothing but pixels."""

from __future__ import annotations

import dataclasses
import hashlib
import struct

import numpy as np
import pytest
from PIL import Image

from pipeline.core import journal
from pipeline.core.model import CleanPanel
from pipeline.render import figures, markdown
from pipeline.render.document import Figure
from tests import rendering


def draw(tmp_path, *pictures, name="aujmsr", **layout):
    """One figure of the given pictures, drawn for a journal."""
    folder = tmp_path / "clean"
    clean = rendering.clean_case(folder)
    panels = []
    for n, picture in enumerate(pictures):
        file = folder / f"{n}.png"
        picture.save(file)
        panels.append(CleanPanel("f", "abcdef"[n], file, hashlib.sha256(picture.tobytes()).hexdigest()))
    profile = journal.load(name)
    profile = dataclasses.replace(
        profile, layout={**profile.layout, "figure": {**profile.layout["figure"], **layout}}
    )
    wanted = (Figure(1, "f", markdown.inline("A legend."), "words", len(pictures)),)
    made, found = figures.draw(dataclasses.replace(clean, panels=tuple(panels)), wanted, profile, tmp_path)
    return made[1], found


def square(side, colour="white", mode="L"):
    return Image.new(mode, (side, side), colour)


@pytest.mark.parametrize(("count", "width_mm"), [(1, 85), (2, 176), (3, 176), (4, 176), (5, 176), (6, 176)])
def test_width_and_resolution_are_the_journals(tmp_path, count, width_mm):
    drawn, _ = draw(tmp_path, *[square(1200)] * count)
    with Image.open(drawn.file) as picture:
        assert picture.width == round(width_mm / 25.4 * 300)
        assert tuple(map(round, picture.info["dpi"])) == (300, 300)
        assert picture.info["compression"] == "tiff_lzw"


def test_jpeg_keeps_its_colours_and_carries_nothing_else(tmp_path):
    stripes = np.zeros((1200, 1200, 3), np.uint8)
    stripes[:, ::2] = (255, 0, 0)
    drawn, _ = draw(tmp_path, Image.fromarray(stripes), format="jpg")
    assert drawn.file.name == "figure-1.jpg"
    with Image.open(drawn.file) as picture:
        assert (picture.format, picture.mode) == ("JPEG", "RGB")
        assert tuple(map(round, picture.info["dpi"])) == (300, 300)
        assert {layer[1:3] for layer in picture.layer} == {(1, 1)}  # 4:4:4: no colour is thinned out
        assert max(picture.quantization[0]) <= 12  # quality 95
        assert set(picture.info) <= {"jfif", "jfif_version", "jfif_unit", "jfif_density", "dpi"}
        assert not picture.getexif()


def test_png_carries_its_resolution_and_nothing_else(tmp_path):
    drawn, _ = draw(tmp_path, square(1200, (9, 9, 9), "RGB"), name="jmcr")
    data, kinds, at = drawn.file.read_bytes(), [], 8
    while at < len(data):
        length, kind = struct.unpack(">I4s", data[at : at + 8])
        kinds.append(kind.decode())
        at += 12 + length
    assert set(kinds) == {"IHDR", "pHYs", "IDAT", "IEND"}
    with Image.open(drawn.file) as picture:
        assert tuple(map(round, picture.info["dpi"])) == (300, 300)


def test_tiff_holds_only_what_describes_pixels(tmp_path):
    drawn, _ = draw(tmp_path, square(900, (9, 9, 9), "RGB"))
    with Image.open(drawn.file) as picture:
        assert not set(picture.tag_v2) & {270, 271, 272, 305, 306, 315, 316, 700, 33432, 34665, 34675, 34853}


def test_grey_stays_grey_and_one_colour_panel_makes_colour(tmp_path):
    with Image.open(draw(tmp_path / "grey", square(400), square(400))[0].file) as picture:
        assert picture.mode == "L"
    with Image.open(draw(tmp_path / "mixed", square(400), square(400, (1, 2, 3), "RGB"))[0].file) as picture:
        assert picture.mode == "RGB"


def test_panels_of_a_row_are_equally_high_and_in_order(tmp_path):
    drawn, _ = draw(tmp_path, Image.new("L", (400, 200), 0), Image.new("L", (200, 200), 90))
    with Image.open(drawn.file) as picture:
        middle = np.asarray(picture)[picture.height - 30]
    assert middle[100] == 0
    assert middle[-100] == 90
    assert 255 in middle[round(picture.width * 0.6) : round(picture.width * 0.7)]  # the gap between them


def test_several_panels_bear_letters_and_one_does_not(tmp_path):
    def corner(drawn):
        with Image.open(drawn.file) as picture:
            return np.asarray(picture.convert("L"))[:100, :100]

    assert (corner(draw(tmp_path / "one", square(1200, 128))[0]) == 128).all()
    lettered = corner(draw(tmp_path / "two", square(1200, 128), square(1200, 128))[0])
    assert lettered.max() > 250
    assert lettered.min() < 5


def test_effective_resolution_is_said_honestly(tmp_path):
    drawn, found = draw(tmp_path, square(512))
    assert drawn.effective_dpi == round(512 / (85 / 25.4))
    assert [f.code for f in found] == ["IMG501"]
    assert "153 dots per inch" in found[0].message


def test_a_sharp_original_raises_nothing(tmp_path):
    drawn, found = draw(tmp_path, square(1600))
    assert drawn.effective_dpi >= 300
    assert found == []


def test_a_tiny_original_is_not_blown_up_without_end(tmp_path):
    drawn, _ = draw(tmp_path, square(50))
    with Image.open(drawn.file) as picture:
        assert picture.width == pytest.approx(50 * figures.ENLARGE, abs=3)
        assert picture.width / picture.info["dpi"][0] * 25.4 == pytest.approx(85, rel=0.02)


def test_a_missing_panel_is_an_error_and_no_file(tmp_path):
    clean = rendering.clean_case(tmp_path / "clean")
    wanted = (Figure(1, "scan", [], "words", 3),)
    made, found = figures.draw(clean, wanted, journal.load("aujmsr"), tmp_path)
    assert made == {}
    assert [(f.code, f.severity) for f in found] == [("IMG502", "error")]
    assert not (tmp_path / "figures").exists()


def test_a_tall_picture_fits_on_a_page_with_its_legend(tmp_path):
    drawn, _ = draw(tmp_path, Image.new("L", (300, 1500), 50))
    assert drawn.reading_mm * 5 <= figures.TALLEST + 0.1
