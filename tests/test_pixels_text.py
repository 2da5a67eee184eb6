"""Text and codes drawn into pictures: found, judged, filled, read again. Names and numbers are invented."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
import zxingcpp
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageDraw, ImageFilter, ImageFont, ImageOps
from pydicom import dcmread
from pydicom.data import get_testdata_file

from pipeline.core import lines, resources, worker
from pipeline.core.identity import Identifier, Kind
from pipeline.core.match import Matcher
from pipeline.deidentify.pictures import barcodes, pixelmarks, textboxes
from pipeline.deidentify.pictures.boxes import Box, Do
from tests.conftest import some

FONTS = {
    "latin": "NotoSans_400Regular",
    "devanagari": "NotoSansDevanagari_400Regular",
    "gurmukhi": "NotoSansGurmukhi_400Regular",
}


def face(size, script="latin"):
    return ImageFont.truetype(str(resources.path(f"consent/fonts/{FONTS[script]}.ttf")), size)


def anatomy(width=512, height=384):
    values = dcmread(get_testdata_file("693_J2KI.dcm", download=False), force=True).pixel_array
    low, high = np.percentile(values, [1, 99.5])
    grey = ((values - low) / (high - low) * 255).clip(0, 255).astype(np.uint8)
    return np.asarray(Image.fromarray(grey).resize((width, height)))


def drawn(picture, *texts):
    """The picture with (words, x, y, size, script) drawn in white, and a mask of each one's glyphs."""
    out, masks = Image.fromarray(picture), []
    for words, x, y, size, script in texts:
        mask = Image.new("L", out.size)
        ImageDraw.Draw(mask).text((x, y), words, fill=255, font=face(size, script))
        white = 255 if out.mode == "L" else (255, 255, 255)
        out.paste(white, (0, 0, *out.size), mask)
        masks.append(np.asarray(mask) > 80)
    return np.asarray(out), masks


def covered(mask, boxes, do=Do.FILL):
    painted = np.zeros(mask.shape, bool)
    for box in boxes:
        painted[box.top : box.bottom, box.left : box.right] |= box.do is do
    return painted[mask].mean()


# --- the allow-list -----------------------------------------------------------------------------------------

KEPT = """L|R|AP|PA|LAT|RCC|LMLO|AP SUPINE|PA ERECT|RT LAT KNEE|5 cm|D1 23.4 mm|Dist 1.23 cm|2.5 cm x 3.1 cm
120 kVp|80 mAs|kVp 120|TE 80|TR 3000|TR3000|TE:80 TR:3000|MI 0.8|TIS 0.4|MI 0.8TIS 0.4|MI=0.8|FR 32
Gn 45|GA 22w3d|22w3d|HR 72 bpm|W:400 L:40|WL: 40 WW: 400|T1|T2 FLAIR|DWI b1000|STIR|AXIAL|Ax T2|SAG
Im: 12/30|SL 3.0 mm|Zoom 1.5x|100%|C5-1|RAO 30°|EFW 1.2 kg|FHR 145 bpm|LYMPH NODE|C+|512 x 512"""
FILLED = """12|67|45Y|45 Y/M|M 45
45 M|1961|12-03-1961|12/03/61|3.12.61|14 MAR|Mar 1961|19610312|12:30|10:45:12
10.30 am|MRN 4471902|4471902|UHID 12|ID C123|98140 12345|+91 98140 12345|A123456|IM 12345|TE 12345
Bed 12|Ward 5 cm|KAUR|L KAUR|KAUR L|AP 1234|R P|A.S.|Rao|RAO|Dr L|HARI|SARI|PALLAVI|ALPA|LAL|D1 23
R 12|MAX 45|T 1234|सिमरन|ਸਿਮਰਨ|٤ cm|५ cm|?|-"""


@pytest.mark.parametrize("words", KEPT.replace("\n", "|").split("|"))
def test_clinical_marks_are_kept(words):
    assert pixelmarks.judge(words, 0.97).keep


@pytest.mark.parametrize("words", FILLED.replace("\n", "|").split("|"))
def test_everything_else_is_filled(words):
    assert not pixelmarks.judge(words, 0.99).keep


@pytest.mark.parametrize("words", ["L", "5 cm", "TR 3000", "T2 FLAIR"])
def test_a_mark_that_was_read_badly_is_filled(words):
    assert not pixelmarks.judge(words, 0.7).keep


def test_reasons_are_our_words():
    assert pixelmarks.judge("12-03-1961", 0.99).reason == "text, looks like a date"
    assert pixelmarks.judge("12:30", 0.99).reason == "text, looks like a time"
    assert pixelmarks.judge("98140 12345", 0.99).reason == "text, looks like a telephone number"
    assert pixelmarks.judge("12-03-1961", 0.3).reason == pixelmarks.UNREAD
    assert pixelmarks.judge("LMLO", 0.99).reason == "projection or position marker"


def test_a_known_identifier_is_never_kept():
    known = Matcher(
        [Identifier(Kind.NAME, "Sinus Axial", "name"), Identifier(Kind.NUMBER, "TE 80", "numbers.0")]
    )
    assert pixelmarks.judge("SINUS AXIAL", 0.99).keep
    assert pixelmarks.judge("SINUS AXIAL", 0.99, known).reason == pixelmarks.KNOWN
    assert pixelmarks.judge("TE 80", 0.99, known).reason == pixelmarks.KNOWN
    assert pixelmarks.judge("STIR", 0.99, known).keep


def test_a_box_too_wide_for_what_was_read_is_not_kept():
    assert pixelmarks.plausible("5 cm", 2.4)
    assert not pixelmarks.plausible("5 cm", 9.0)
    assert not pixelmarks.plausible("L", 4.0)


def marks(*numbers, size=10.0):
    return [pixelmarks.Mark(text, 0.99, place, size) for text, *place in ((t, x, y) for t, x, y in numbers)]


def test_numbers_beside_a_scale_are_kept():
    assert pixelmarks.ticks(marks(("0", 20, 10), ("5", 20, 60), ("10", 21, 110), ("15", 20, 160))) == {
        0,
        1,
        2,
        3,
    }


@pytest.mark.parametrize(
    "numbers",
    [
        [("0", 20, 10), ("5", 20, 60)],  # two make no scale
        [("14", 20, 10), ("3", 60, 10), ("61", 100, 10)],  # a date in pieces
        [("0", 20, 10), ("5", 80, 60), ("10", 140, 110)],  # not in line
        [("67", 20, 10), ("67", 20, 60), ("67", 20, 110)],
        [("4471", 20, 10), ("4472", 20, 60), ("4473", 20, 110)],
    ],
)
def test_other_numbers_are_not(numbers):
    assert pixelmarks.ticks(marks(*numbers)) == set()


# --- filling ------------------------------------------------------------------------------------------------


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_filling_changes_nothing_outside_and_everything_inside(data):
    colour = data.draw(st.booleans())
    dice = np.random.default_rng(data.draw(st.integers(0, 99)))
    picture = dice.integers(1, 256, (40, 60, 3) if colour else (40, 60), dtype=np.uint8)
    edges = st.tuples(st.integers(0, 59), st.integers(0, 39), st.integers(1, 30), st.integers(1, 30))
    boxes = [
        Box(x, y, min(60, x + w), min(40, y + h), "text", "text", 1.0, data.draw(st.sampled_from(Do)))
        for x, y, w, h in data.draw(st.lists(edges, max_size=5))
    ]
    before = picture.copy()
    filled = textboxes.fill(picture, boxes)
    inside = np.zeros((40, 60), bool)
    for box in boxes:
        inside[box.top : box.bottom, box.left : box.right] |= box.do is Do.FILL
    assert (picture == before).all()
    assert (filled[~inside] == before[~inside]).all()
    assert (filled[inside] == 0).all()


@pytest.mark.parametrize(
    "wrong",
    [
        np.zeros((4, 4), np.uint16),
        np.zeros((4, 4, 4), np.uint8),
        np.zeros(4, np.uint8),
        np.zeros((0, 4), np.uint8),
    ],
)
def test_what_is_no_picture_is_refused(wrong):
    with pytest.raises(ValueError, match="8-bit"):
        textboxes.find(wrong)


# --- reading ------------------------------------------------------------------------------------------------


def test_a_header_goes_and_the_marks_stay():
    picture, masks = drawn(
        anatomy(),
        ("VIRDEE^ANVIKA", 8, 6, 14, "latin"),
        ("UHID 4471902", 8, 28, 11, "latin"),
        ("12-03-1961 10:42", 330, 6, 12, "latin"),
        ("R", 20, 190, 22, "latin"),
        ("MI 0.8 TIS 0.4", 360, 340, 14, "latin"),
    )
    boxes = textboxes.find(picture)
    assert all(covered(mask, boxes) >= 0.95 for mask in masks[:3])
    assert all(covered(mask, boxes) == 0 for mask in masks[3:])
    assert all(covered(mask, boxes, Do.KEEP) >= 0.9 for mask in masks[3:])
    assert "text, looks like a date" in {box.reason for box in boxes}
    assert not any("VIRDEE" in box.reason or "4471902" in box.reason for box in boxes)
    filled = textboxes.fill(picture, boxes)
    assert textboxes.residue(filled, boxes) == []
    assert (filled[masks[3]] == picture[masks[3]]).all()
    for box in boxes:
        assert 0 <= box.left < box.right <= 512
        assert 0 <= box.top < box.bottom <= 384


def test_the_residue_says_what_was_not_filled():
    picture, (mask,) = drawn(anatomy(), ("TANDAN TEJVEER", 20, 12, 20, "latin"))
    boxes = textboxes.find(picture)
    elsewhere = [Box(5, 300, 40, 320, "text", "text", 1.0)]
    left = textboxes.residue(textboxes.fill(picture, elsewhere), elsewhere)
    assert covered(mask, left) > 0.9
    assert textboxes.residue(textboxes.fill(picture, boxes), boxes) == []


@pytest.mark.parametrize(("script", "words"), [("devanagari", "सिमरन कौर"), ("gurmukhi", "ਸਿਮਰਨ ਕੌਰ")])
def test_indic_scripts_are_found_and_never_kept(script, words):
    picture, masks = drawn(anatomy(), (words, 10, 8, 18, script), (words, 200, 180, 26, script))
    boxes = textboxes.find(picture)
    assert all(covered(mask, boxes) >= 0.95 for mask in masks)
    assert not any(box.do is Do.KEEP for box in boxes)


LARGE = {"devanagari": "हरप्रीत", "gurmukhi": "ਹਰਪ੍ਰੀਤ", "latin": "HARPREET"}


@pytest.mark.parametrize("script", LARGE)
@pytest.mark.parametrize("quarters", some([1, 0, 2, 3], 4))
def test_large_writing_is_covered_whatever_its_script_and_direction(script, quarters):
    """Higher than the gate, and in most of these cases unreadable for the recogniser."""
    flat, (glyphs,) = drawn(np.full((300, 600), 30, np.uint8), (LARGE[script], 140, 90, 60, script))
    picture, mask = (np.ascontiguousarray(np.rot90(part, quarters)) for part in (flat, glyphs))
    assert covered(mask, textboxes.find(picture)) >= 0.95


@pytest.mark.parametrize("example", ["leg-before.jpg", "edge.jpg"])
def test_what_the_picture_is_about_is_not_covered(example):
    """A leg, a lesion and a ruler: long, sharply bounded, and without the strokes of writing."""
    path = Path(__file__).parents[1] / "cases/dermatology-example/images" / example
    with Image.open(path) as opened:
        picture = np.asarray(ImageOps.exif_transpose(opened).convert("RGB"))
    assert not [box for box in textboxes.find(picture, photo=True) if box.do is Do.FILL]


def test_a_strip_is_not_judged_by_its_own_height():
    flat, (glyphs,) = drawn(np.full((60, 900), 30, np.uint8), ("हरप्रीत", 300, 12, 24, "devanagari"))
    assert covered(glyphs, textboxes.find(flat)) >= 0.95


@pytest.mark.parametrize("shape", [(4000, 1), (2, 4000), (1, 1)])
def test_very_thin_pictures(shape):
    assert textboxes.find(np.full(shape, 40, np.uint8)) == []


def test_turned_and_tilted_text():
    for angle in (90, 40):
        flat, (glyphs,) = drawn(np.zeros((300, 300), np.uint8), ("OBEROY PARNEET", 60, 135, 20, "latin"))
        mask = np.asarray(Image.fromarray(glyphs).rotate(angle))
        boxes = textboxes.find(
            np.asarray(Image.fromarray(flat).rotate(angle, resample=Image.Resampling.BICUBIC))
        )
        assert covered(mask, boxes) >= 0.95
        area = sum((b.right - b.left) * (b.bottom - b.top) for b in boxes if b.do is Do.FILL)
        assert area < 0.3 * 300 * 300


NAMES = {"latin": "HARPREET", "devanagari": "हरप्रीत", "gurmukhi": "ਹਰਪ੍ਰੀਤ"}


def turned(script, size, shape, quarters):
    """A name in the middle of a white picture, turned by quarters, and the mask of its glyphs."""
    left, top, right, bottom = face(size, script).getbbox(NAMES[script])
    mask = Image.new("L", (right - left + 8, bottom - top + 8))
    ImageDraw.Draw(mask).text((4 - left, 4 - top), NAMES[script], fill=255, font=face(size, script))
    glyphs = np.rot90(np.asarray(mask), quarters)
    whole = np.zeros(shape, np.uint8)
    y, x = (shape[0] - glyphs.shape[0]) // 2, (shape[1] - glyphs.shape[1]) // 2
    whole[y : y + glyphs.shape[0], x : x + glyphs.shape[1]] = glyphs
    picture = Image.fromarray(np.full((*shape, 3), (245, 245, 240), np.uint8))
    picture.paste((20, 40, 120), (0, 0), Image.fromarray(whole))
    return np.asarray(picture), whole > 80


@pytest.mark.parametrize("script", NAMES)
@pytest.mark.parametrize("quarters", some([2, 0, 1, 3], 4))
def test_large_writing_is_never_dropped(script, quarters):
    picture, mask = turned(script, 50, (300, 600), quarters)
    boxes = textboxes.find(picture, photo=True)
    assert covered(mask, boxes) >= 0.95 or covered(mask, boxes, Do.LOOK) >= 0.9
    assert not any(box.do is Do.KEEP for box in boxes)


@pytest.mark.parametrize(
    ("script", "quarters"),
    [("latin", 1), ("latin", 2), ("latin", 3), ("devanagari", 0), ("gurmukhi", 0), ("gurmukhi", 2)],
)
def test_large_writing_that_looks_like_a_word_is_filled(script, quarters):
    picture, mask = turned(script, 50, (300, 600), quarters)
    assert covered(mask, textboxes.find(picture, photo=True)) >= 0.95


def test_large_writing_left_in_a_filled_picture_is_the_residue():
    picture, mask = turned("latin", 50, (300, 600), 2)
    assert covered(mask, textboxes.residue(picture, [])) >= 0.95


def test_a_label_cropped_to_its_writing_is_looked_at():
    words = Image.new("RGB", (285, 243), (245, 245, 240))
    for row, name in enumerate(("ਰਾਮ", "ਕੌਰ")):
        ImageDraw.Draw(words).text((40, 10 + 100 * row), name, (20, 40, 120), face(90, "gurmukhi"))
    label = np.rot90(np.asarray(words))
    boxes = textboxes.find(np.ascontiguousarray(label), photo=True)
    assert covered(np.asarray(label).min(2) < 100, boxes, Do.LOOK) >= 0.9


def test_a_place_to_look_at_hides_no_residue():
    picture, mask = turned("latin", 50, (300, 600), 0)
    whole = Box(0, 0, 600, 300, "text", textboxes.LARGE, 0.6, Do.LOOK)
    assert covered(mask, textboxes.residue(picture, [whole])) >= 0.95


def test_what_looks_like_a_word_only_when_read_again_is_not_filled(monkeypatch):
    """Crossing hairs did: a third of the picture was blackened."""
    quad = np.array([(200, 200), (600, 200), (600, 400), (200, 400)], np.float32)
    monkeypatch.setattr(lines, "scaled", lambda *_, **__: [lines.Line(quad, 0.8, share=0.13)])
    skin = np.full((700, 900, 3), (200, 150, 130), np.uint8)
    assert [box.do for box in textboxes.residue(skin, [])] == [Do.LOOK]


def test_a_large_letter_is_looked_at_and_not_filled():
    picture, (mask,) = drawn(np.full((400, 500), 60, np.uint8), ("K", 200, 100, 150, "latin"))
    boxes = textboxes.find(picture)
    assert covered(mask, boxes, Do.LOOK) >= 0.9
    assert covered(mask, boxes) == 0


@pytest.mark.parametrize("script", ["devanagari", "gurmukhi"])
@pytest.mark.parametrize("quarters", [1, 3])
def test_small_turned_writing_in_another_script_is_filled(script, quarters):
    picture, mask = turned(script, 26, (700, 900), quarters)
    assert covered(mask, textboxes.find(picture, photo=True)) >= 0.95


@pytest.mark.parametrize("script", NAMES)
@pytest.mark.parametrize("size", some([22, 24], 2))
def test_a_low_strip_is_not_judged_by_its_height(script, size):
    picture, mask = turned(script, size, (60, 900), 0)
    boxes = textboxes.find(picture, photo=True)
    assert covered(mask, boxes) >= 0.95 or covered(mask, boxes, Do.LOOK) >= 0.9


def test_a_picture_without_text_is_left_alone():
    assert textboxes.find(anatomy()) == []


def test_a_known_name_is_filled_though_the_list_would_keep_it():
    picture, (mask,) = drawn(anatomy(), ("SINUS", 20, 12, 20, "latin"))
    assert covered(mask, textboxes.find(picture), Do.KEEP) > 0.9
    known = Matcher([Identifier(Kind.NAME, "Sinus", "name")])
    boxes = textboxes.find(picture, known=known)
    assert covered(mask, boxes) >= 0.95
    assert pixelmarks.KNOWN in {box.reason for box in boxes}


def test_large_photographs_are_read_in_tiles():
    photo = np.full((700, 1940, 3), (190, 150, 130), np.uint8)
    picture, masks = drawn(
        photo, ("ZUTSHE 4471902", 1700, 640, 22, "latin"), ("Ilisha", 100, 80, 140, "latin")
    )
    boxes = textboxes.find(picture, photo=True)
    assert all(covered(mask, boxes) >= 0.95 for mask in masks)


def count_boxes(shape):
    picture = np.full(shape, 120, np.uint8)
    picture[::37, ::41] = 255
    return len(textboxes.find(picture))


@pytest.mark.parametrize(
    "shape",
    [
        (200, 6000),
        pytest.param((1280, 1280, 3), marks=pytest.mark.slow),
        pytest.param((60, 20_000), marks=pytest.mark.slow),
    ],
)
def test_the_capped_child_has_memory_enough(shape):
    assert worker.call(count_boxes, shape, where="a picture") >= 0


def test_a_strip_is_read():
    strip = np.zeros((26, 2300), np.uint8)
    picture, masks = drawn(
        strip, ("UHID 4471902", 2050, 4, 14, "latin"), ("VIRDEE ANVIKA", 5, 4, 14, "latin")
    )
    boxes = textboxes.find(picture)
    assert all(covered(mask, boxes) >= 0.95 for mask in masks)


@pytest.mark.parametrize("shape", [(1, 4000), (4000, 1), (2, 4000), (4000, 2, 3), (20_000, 3)])
def test_a_very_thin_picture_is_no_error(shape):
    picture = np.full(shape, 120, np.uint8)
    picture[::7] = 255
    boxes = textboxes.find(picture, photo=True)
    filled = textboxes.fill(picture, [*boxes, Box(0, 0, 1, 1, "text", "text", 1.0)])
    assert filled.shape == shape
    assert textboxes.residue(filled, [*boxes, Box(0, 0, 1, 1, "text", "text", 1.0)]) == []


def test_tiles_cover_all_and_overlap():
    for size in (1280, 1281, 2000, 3024, 4032, 9000):
        starts = lines.starts(size)
        assert starts[0] == 0
        assert starts[-1] == max(0, size - lines.TILE)
        assert all(b - a <= lines.TILE - lines.OVERLAP for a, b in pairwise(starts))


# --- codes --------------------------------------------------------------------------------------------------


def code(form, scale=3, turn=0, blur=0.0):
    made = zxingcpp.create_barcode("UHID4471902", zxingcpp.barcode_format_from_str(form))
    symbol = Image.fromarray(np.asarray(zxingcpp.write_barcode_to_image(made, scale=scale)))
    symbol = symbol.rotate(turn, expand=True, fillcolor=255, resample=Image.Resampling.BICUBIC)
    symbol = symbol.filter(ImageFilter.GaussianBlur(blur)) if blur else symbol
    picture = np.full((420, 640), 90, np.uint8)
    picture[:] = anatomy(640, 420) // 3
    picture[40 : 40 + symbol.height, 60 : 60 + symbol.width] = np.asarray(symbol)
    mask = np.zeros(picture.shape, bool)
    mask[40 : 40 + symbol.height, 60 : 60 + symbol.width] = np.asarray(symbol) < 100
    return picture, mask


@pytest.mark.parametrize("form", ["QRCode", "Code39", "Code128", "DataMatrix", "PDF417", "Aztec"])
@pytest.mark.parametrize("turn", [0, 90])
def test_codes_are_found(form, turn):
    picture, mask = code(form, 1 if form.startswith("Code") else 3, turn)
    boxes = barcodes.find(picture)
    assert covered(mask, boxes) >= 0.99
    assert zxingcpp.read_barcodes(textboxes.fill(picture, boxes)) == []


def test_a_bar_code_too_blurred_to_read_is_found():
    picture, mask = code("Code128", 2, blur=1.9)
    assert zxingcpp.read_barcodes(picture) == []
    assert covered(mask, barcodes.find(picture)) >= 0.95


def test_a_damaged_qr_code_is_found():
    picture, mask = code("QRCode", 4)
    picture[75:100, 95:125] = 128
    assert covered(mask, barcodes.find(picture)) >= 0.9


def test_a_tilted_bar_code_is_covered_whole():
    for form in ("Code39", "PDF417"):
        picture, mask = code(form, 2, turn=12)
        assert covered(mask, barcodes.find(picture)) >= 0.99


def test_a_ruler_is_no_bar_code():
    ruler = np.full((300, 500), 225, np.uint8)
    ruler[100:140, 20:480:8] = ruler[100:140, 21:480:8] = 20
    assert barcodes.find(ruler) == []
    assert barcodes.find(np.random.default_rng(1).integers(0, 256, (400, 400), dtype=np.uint8)) == []


def test_codes_in_very_large_pictures_are_found():
    picture, mask = code("QRCode", 4)
    large = np.repeat(np.repeat(picture, 10, 0), 10, 1)
    boxes = barcodes.find(large)
    assert covered(np.repeat(np.repeat(mask, 10, 0), 10, 1), boxes) >= 0.99
