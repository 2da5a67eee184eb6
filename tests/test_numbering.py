"""What figures and tables are called, in every place that prints it: one number for one thing."""

from __future__ import annotations

import base64
import io
import re
import zipfile

import docx
import numpy as np
import pypdfium2
import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree, html
from PIL import Image

from pipeline.core import numbering, words
from pipeline.review import sheet
from pipeline.review.desk import Desk
from tests.conftest import casereport, edit, make_case, sign_case
from tests.desk_case import desk_case

IDS = ("arm", "leg", "scan")


def record(text, figures=IDS, tables=("labs",)):
    return {
        "text": text,
        "figures": [{"id": name} for name in figures],
        "tables": [{"id": name} for name in tables],
    }


@pytest.mark.parametrize(
    ("text", "figures", "tables"),
    [
        ({}, ["arm", "leg", "scan"], ["timeline", "labs"]),
        ({"conclusion": "{fig:scan:b}"}, ["scan", "arm", "leg"], ["timeline", "labs"]),
        (
            {"discussion": "{fig:arm}", "introduction": "{fig:leg}"},
            ["leg", "arm", "scan"],
            ["timeline", "labs"],
        ),
        ({"introduction": "{table:labs}{fig:nothing}"}, ["arm", "leg", "scan"], ["labs", "timeline"]),
        (
            {"perspective": None, "follow_up": "{fig:leg} {fig:leg}"},
            ["leg", "arm", "scan"],
            ["timeline", "labs"],
        ),
    ],
)
def test_the_narrative_order_of_the_record(text, figures, tables):
    found = numbering.narrative(record(text))
    assert list(found["fig"]) == figures
    assert list(found["table"]) == tables
    assert [list(numbers.values()) for numbers in found.values()] == [[1, 2, 3], [1, 2]]


@given(st.permutations(IDS), st.lists(st.sampled_from([*IDS, "nothing"])))
def test_every_figure_has_one_number_whatever_is_mentioned(listed, mentioned):
    prose = [f"See {{fig:{name}}}." for name in mentioned]
    found = numbering.by_mention(record({}, listed), prose)["fig"]
    assert set(found) == set(IDS)
    assert list(found.values()) == [1, 2, 3]
    named = [name for name in dict.fromkeys(mentioned) if name in IDS]
    assert list(found)[: len(named)] == named


def test_prose_as_printed():
    numbers = numbering.narrative(record({"introduction": "{fig:leg} {table:timeline} {table:labs}"}))
    prose = "See {fig:leg:b}, {table:timeline}, {table:labs} and {fig:none} [@x]."
    assert words.plain(prose, numbers) == "See Figure 1B, Table 1, Table 2 and {fig:none}."


def test_the_review_desk_numbers_by_first_mention(tmp_path):
    case, clean = desk_case(tmp_path)
    clean.record["text"]["introduction"] = "First {fig:chest}, then {fig:plaque}; {table:timeline}."
    desk = Desk(case, clean)
    assert [p.name for p in desk.pictures.values()] == ["Figure 1", "Figure 2A", "Figure 2B"]
    page = " ".join(sheet.render(desk).split())
    assert "First Figure 1, then Figure 2; Table 1." in page
    assert "border; see Figure 1." in page


# --- the whole way: listed in one order, mentioned in the other ---


@pytest.fixture(scope="module")
def package(tmp_path_factory):
    """The members of a package whose record lists the ring, mentioned second, before the square."""
    folder = make_case(tmp_path_factory.mktemp("two") / "two-case")
    square = np.full((240, 320), 40, np.uint8)
    square[60:180, 100:220] = 220
    Image.fromarray(square).save(folder / "images" / "square.png")
    edit(
        folder,
        "tables:\n",
        "  - id: square\n"
        "    panels: [{image: images/square.png}]\n"
        "    legend: Square seen before {fig:ring}.\n"
        "    alt: A grey square.\n"
        "    recognisable: no\n"
        "    taken_on: 2025-03-14\n"
        "tables:\n",
    )
    edit(folder, "papules ({fig:ring})", "papules ({fig:square}; {fig:ring})")
    sign_case(folder)
    edit(folder, "figures: [ring]", "figures: [ring, square]")
    out = folder.parent / "build"
    ran = casereport("submit", folder, "--accept-all", "--out", out)
    assert ran.code == 0, ran.err
    with zipfile.ZipFile(ran.out.strip()) as z:
        return {name: z.read(name) for name in z.namelist()}


CAPTIONS = [
    "Figure 1. Square seen before Figure 2.",
    "Figure 2. Annular plaque of firm papules on the forearm.",
]


def flat(text):
    return " ".join(text.split())


def is_grey(content):
    """The square is grey, the ring is not."""
    with Image.open(io.BytesIO(content)) as picture:
        red, _, blue = np.asarray(picture.convert("RGB"), float).mean(axis=(0, 1))
    return bool(abs(red - blue) < 2)


def test_the_figure_files(package):
    assert is_grey(package["for-review/figures/figure-1.tif"])
    assert not is_grey(package["for-review/figures/figure-2.tif"])


def test_jats(package):
    figures = etree.fromstring(package["for-review/manuscript.xml"]).iter("fig")
    found = [(f.find("label").text, flat("".join(f.find("caption").itertext()))) for f in figures]
    assert [f"{label}. {caption}" for label, caption in found] == CAPTIONS
    assert b"figures/figure-1.tif" in package["for-review/manuscript.xml"]


def test_word(package):
    paragraphs = docx.Document(io.BytesIO(package["for-review/manuscript.docx"])).paragraphs
    assert [flat(p.text) for p in paragraphs if p.text.startswith(("Figure 1.", "Figure 2."))] == CAPTIONS
    assert any("papules (Figure 1; Figure 2)" in flat(p.text) for p in paragraphs)


def test_the_editors_page(package):
    figures = html.fromstring(package["index.html"].decode()).findall(".//figure")
    assert [flat(f.find("figcaption/p").text_content()) for f in figures] == CAPTIONS
    assert [f.find(".//a").get("href") for f in figures] == [
        f"for-review/figures/figure-{n}.tif" for n in (1, 2)
    ]
    thumbs = [re.sub("^data:image/jpeg;base64,", "", f.find(".//img").get("src")) for f in figures]
    assert [is_grey(base64.b64decode(thumb)) for thumb in thumbs] == [True, False]


def test_the_consent_form(package):
    with pypdfium2.PdfDocument(package["editor-only/blank-consent-form.pdf"]) as pdf:
        text = flat(" ".join(page.get_textpage().get_text_range() for page in pdf))
    assert text.index("Figure 1 Square seen before Figure 2.") < text.index("Figure 2 Annular plaque")
