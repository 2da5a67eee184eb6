"""Figure files: size, resolution, letters, and nothing but pixels."""

from __future__ import annotations

import dataclasses
import hashlib
import io
import struct

import numpy as np
import pytest
from PIL import Image, ImageCms

from pipeline.core import journal
from pipeline.core.model import CleanPanel
from pipeline.render import figures, markdown, panels, srgb
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
        assert set(picture.info) <= {
            "jfif",
            "jfif_version",
            "jfif_unit",
            "jfif_density",
            "dpi",
            "icc_profile",
        }
        assert picture.info["icc_profile"] == srgb.profile()
        assert not picture.getexif()


def test_png_carries_its_resolution_and_nothing_else(tmp_path):
    drawn, _ = draw(tmp_path, square(1200, (9, 9, 9), "RGB"), name="jmcr")
    data, kinds, at = drawn.file.read_bytes(), [], 8
    while at < len(data):
        length, kind = struct.unpack(">I4s", data[at : at + 8])
        kinds.append(kind.decode())
        at += 12 + length
    assert set(kinds) == {"IHDR", "sRGB", "pHYs", "IDAT", "IEND"}
    with Image.open(drawn.file) as picture:
        assert tuple(map(round, picture.info["dpi"])) == (300, 300)


def test_tiff_holds_only_what_describes_pixels(tmp_path):
    drawn, _ = draw(tmp_path, square(900, (9, 9, 9), "RGB"))
    with Image.open(drawn.file) as picture:
        assert not set(picture.tag_v2) & {270, 271, 272, 305, 306, 315, 316, 700, 33432, 34665, 34853}
        assert picture.tag_v2[34675] == srgb.profile()
    with Image.open(draw(tmp_path / "grey", square(900))[0].file) as picture:
        assert 34675 not in picture.tag_v2


def test_the_colour_profile_is_srgb_and_has_no_date_of_today():
    """Read by littlecms: colours come out of it as they went in."""
    ours = ImageCms.ImageCmsProfile(io.BytesIO(srgb.profile()))
    assert ImageCms.getProfileDescription(ours).strip() == "sRGB"
    colours = Image.new("RGB", (256, 3))
    colours.putdata([(n, 255 - n, n // 2) for n in range(256)] * 3)
    seen = ImageCms.profileToProfile(colours, ours, ImageCms.createProfile("sRGB"))
    assert np.abs(np.asarray(seen).astype(int) - np.asarray(colours)).max() <= 1
    assert srgb.profile()[24:36] == struct.pack(">6H", 2000, 1, 1, 0, 0, 0)


def noise(side):
    return Image.fromarray(np.random.default_rng(1).integers(0, 256, (side, side, 3)).astype(np.uint8))


def test_a_jpeg_steps_down_to_the_journals_size(tmp_path):
    free = draw(tmp_path / "free", noise(1010), format="jpg")[0].file.stat().st_size / 1e6
    kept, found = draw(tmp_path / "kept", noise(1010), format="jpg", max_mb=free * 0.8)
    assert kept.file.stat().st_size <= free * 0.8 * 1e6
    assert found == []
    with Image.open(kept.file) as picture:
        assert tuple(map(round, picture.info["dpi"])) == (300, 300)
    _, found = draw(tmp_path / "never", noise(1010), format="jpg", max_mb=0.001)
    assert [f.code for f in found] == ["IMG503"]


def test_a_journal_that_prints_grey_gets_grey(tmp_path):
    with Image.open(draw(tmp_path, noise(400), square(400), colour="grey")[0].file) as picture:
        assert picture.mode == "L"


# --- what is drawn over the pictures --------------------------------------------------------------------


def marked(tmp_path, picture, **parts):
    """One figure of one panel with something over it, as an array of grey values, and the findings."""
    folder = tmp_path / "clean"
    clean = rendering.clean_case(folder)
    picture.save(folder / "p.png")
    panel = CleanPanel("f", "a", folder / "p.png", "x", None, parts)
    wanted = (Figure(1, "f", [], "words", 1),)
    made, found = figures.draw(
        dataclasses.replace(clean, panels=(panel,)), wanted, journal.load("aujmsr"), tmp_path
    )
    with Image.open(made[1].file) as opened:
        return np.asarray(opened.convert("L")), [f for f in found if f.code != "IMG501"]


@pytest.mark.parametrize("ground", [0, 128, 255])
@pytest.mark.parametrize("kind", ["arrow", "arrowhead", "asterisk"])
def test_marks_are_seen_on_every_ground_and_point_to_their_pixel(tmp_path, ground, kind):
    plain, _ = marked(tmp_path / "plain", square(1000, ground))
    mark = {"kind": kind, "at": [400, 600], "side": "right"}
    seen, found = marked(tmp_path / "marked", square(1000, ground), marks=[mark])
    assert found == []
    assert seen.shape == plain.shape
    rows, columns = np.nonzero(seen != ground)
    scale, mm = seen.shape[1] / 1000, 300 / 25.4
    if kind == "asterisk":
        assert (columns.min() + columns.max()) / 2 / scale == pytest.approx(400, abs=3)
    else:
        assert columns.min() / scale == pytest.approx(400, abs=6)  # its tip; the rest lies to the right
    assert (rows.min() + rows.max()) / 2 / scale == pytest.approx(600, abs=3)
    lengths = {"arrow": 8.0, "arrowhead": 3.0, "asterisk": 3.2}
    assert (columns.max() - columns.min()) / mm == pytest.approx(lengths[kind], abs=1.0)
    spot = seen[rows.min() : rows.max() + 1, columns.min() : columns.max() + 1]
    assert (spot > 250).any()
    assert (spot < 5).any()


@pytest.mark.parametrize("side", ["left", "top-left", "top", "top-right", "right", "bottom-right", "bottom"])
def test_an_arrow_comes_from_its_side(tmp_path, side):
    seen, _ = marked(tmp_path, square(1000, 128), marks=[{"kind": "arrow", "at": [500, 500], "side": side}])
    rows, columns = np.nonzero(seen != 128)
    middle = seen.shape[0] / 2
    right, down = columns.mean() - middle, rows.mean() - middle
    assert (right < -10) == ("left" in side)
    assert (right > 10) == ("right" in side)
    assert (down < -10) == ("top" in side)
    assert (down > 10) == ("bottom" in side)


def test_a_mark_cut_off_by_the_edge_is_said(tmp_path):
    mark = {"kind": "arrow", "at": [3, 500], "side": "left"}
    _, found = marked(tmp_path, square(1600), marks=[mark, mark | {"side": "right"}])
    assert [f.code for f in found] == ["IMG507"]
    assert "mark 1 " in found[0].message


@pytest.mark.parametrize(
    ("kind", "at", "side", "cut"),
    [
        ("asterisk", [30, 800], "left", True),  # its strokes, not only its middle
        ("asterisk", [45, 800], "left", False),
        ("arrow", [140, 800], "left", True),  # its shaft
        ("arrow", [165, 800], "left", False),
        ("arrow", [800, 20], "left", True),  # a wing
        ("arrow", [800, 40], "left", False),
        ("arrowhead", [800, 1580], "right", True),
    ],
)
def test_a_mark_of_which_a_part_is_cut_off_is_said(tmp_path, kind, at, side, cut):
    _, found = marked(tmp_path, square(1600), marks=[{"kind": kind, "at": at, "side": side}])
    assert [f.code for f in found] == ["IMG507"] * cut


def test_what_lies_over_the_picture_is_no_place_for_a_mark(tmp_path):
    inset = {"left": 700, "top": 700, "width": 200, "height": 200, "zoom": 2.0, "corner": "bottom-right"}
    bar = {"mm": 20.0, "pixels": 300.0, "corner": "bottom-left"}
    spots = [[1500, 1500], [150, 1480], [150, 1540], [800, 800], [1000, 1000]]
    over = [{"kind": "arrow", "at": at, "side": "top"} for at in spots]
    seen, found = marked(tmp_path, square(1600, 128), marks=over, inset=inset, scale_bar=bar)
    assert [f.code for f in found] == ["IMG508"] * 3
    assert [n for n in range(1, 6) if any(f"mark {n} " in f.message for f in found)] == [1, 2, 3]
    tip = seen[round(1440 / 1600 * 1004) : round(1500 / 1600 * 1004), round(1500 / 1600 * 1004)]
    assert (tip > 250).any()  # the arrow is over the inset, not under it


def test_a_mark_under_the_panel_letter_is_said(tmp_path):
    over = [{"kind": "arrowhead", "at": at, "side": "bottom-right"} for at in ([50, 50], [300, 300])]
    panels_ = [(square(1000, 128), {"marks": over}), (square(1000, 128), {})]
    assert panels.compose(panels_, 176, 300)[1] == [("A", 1, "IMG508")]
    assert panels.compose(panels_[:1], 85, 300)[1] == []


@pytest.mark.parametrize("corner", ["bottom-left", "bottom-right", "top-right"])
def test_a_scale_bar_has_its_length_on_the_page(tmp_path, corner):
    """300 of 1000 pixels are 300 thousandths of the 85 mm, whatever the resolution."""
    bar = {"mm": 20.0, "pixels": 300.0, "corner": corner}
    seen, found = marked(tmp_path, square(1000, 128), scale_bar=bar)
    rows = [row for row in seen if (row > 250).sum() > 200]
    assert len(rows) >= 5
    assert (rows[3] > 250).sum() / seen.shape[1] == pytest.approx(0.3, abs=0.01)
    where = np.nonzero(rows[3] > 250)[0].mean() / seen.shape[1]
    assert (where < 0.5) == ("left" in corner)
    assert found == []


def test_a_bar_at_the_detector_says_so(tmp_path):
    bar = {"mm": 20.0, "pixels": 300.0, "corner": "bottom-left"}
    plain, _ = marked(tmp_path / "plain", square(1600, 128), scale_bar=bar)
    seen, found = marked(tmp_path / "said", square(1600, 128), scale_bar=bar | {"at_detector": True})
    assert [f.code for f in found] == ["IMG506"]
    assert (seen != 128).sum() > (plain != 128).sum() * 1.2  # more words


def test_a_measure_that_contradicts_the_picture_is_said(tmp_path):
    bar = {"mm": 20.0, "pixels": 300.0, "corner": "bottom-left", "contradicted": True}
    _, found = marked(tmp_path, square(1600, 128), scale_bar=bar)
    assert [(f.code, f.severity) for f in found] == [("IMG509", "warning")]


def test_an_inset_shows_its_part_enlarged_in_its_corner(tmp_path):
    picture = square(1000, 100)
    picture.paste(200, (400, 400, 450, 450))
    inset = {"left": 390, "top": 390, "width": 70, "height": 70, "zoom": 4.0, "corner": "top-right"}
    bar = {"mm": 5.0, "pixels": 200.0, "corner": "top-right"}
    seen, _ = marked(tmp_path, picture, inset=inset, scale_bar=bar)
    half = seen.shape[1] // 2
    enlarged, whole = (seen[:half, half:] == 200).sum(), (seen[:, :half] == 200).sum()
    assert enlarged / whole == pytest.approx(16, rel=0.15)
    assert ((seen[half:] > 250).sum(axis=1) > 150).any()  # the bar moved out of the way, to the lower edge


def test_records_without_marks_print_as_before(tmp_path):
    picture = Image.fromarray(np.linspace(0, 255, 90000).reshape(300, 300).astype(np.uint8))
    nothing, _ = marked(tmp_path, picture)
    assert nothing.shape == (1004, 1004)
    assert (
        np.abs(nothing[::3, ::3][50:250, 50:250].astype(int) - nothing[1::3, ::3][50:250, 50:250]).max() < 3
    )


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


def test_a_tiny_original_has_the_journals_resolution_and_its_own_is_said(tmp_path):
    drawn, found = draw(tmp_path, square(50))
    with Image.open(drawn.file) as picture:
        assert picture.width == round(85 / 25.4 * 300)
        assert tuple(map(round, picture.info["dpi"])) == (300, 300)
    assert drawn.effective_dpi == 15
    assert [f.code for f in found] == ["IMG501"]


def test_a_narrow_strip_does_not_fill_the_memory(tmp_path):
    drawn, _ = draw(tmp_path, Image.new("L", (10, 1000), 50))
    with Image.open(drawn.file) as picture:
        assert 0.9 * figures.LARGEST < picture.width * picture.height <= 1.02 * figures.LARGEST


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
