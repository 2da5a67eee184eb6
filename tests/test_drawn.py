"""Figures drawn from the record: timeline, trend plots, pedigree. Numbered, described, reproducible."""

from __future__ import annotations

import copy
import dataclasses
import hashlib
import io
import itertools
import os
import re
import subprocess
import sys

import numpy as np
import pikepdf
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree
from PIL import Image

from pipeline.check import drawings
from pipeline.core import illustration, journal, numbering
from pipeline.render import charts, ink, pedigree, plots, tree
from tests import rendering
from tests.conftest import ROOT

LABS = {
    "id": "labs",
    "title": "Blood tests",
    "plot": [0, 1],
    "rows": [
        {
            "test": "Haemoglobin",
            "unit": "g/dL",
            "reference": "12.0–15.0",
            "results": {"0": "9.8", "10": "10.9", "42": "12.4"},
        },
        {"test": "C-reactive protein", "unit": "mg/L", "reference": "<5", "results": {"0": "96", "42": "<3"}},
    ],
}


def person(sex, *parents, **marks):
    blank = {"sex": sex, "parents": list(parents), "affected": False, "proband": False, "deceased": False}
    return blank | marks


COUSINS = [
    person("male", deceased=True),
    person("female"),
    person("male", 0, 1),
    person("female"),
    person("female", 0, 1),
    person("male"),
    person("male", 2, 3),
    person("female", 4, 5),
    person("unknown", 6, 7, affected=True, proband=True),
]
FAMILY = {"affected_by": "spherocytosis", "individuals": COUSINS}
DRAWN = {"timeline_as": "both", "tables": [LABS], "pedigree": FAMILY, "day0": {"event": "first visit"}}


def record(**parts):
    return {**copy.deepcopy(rendering.RECORD), **copy.deepcopy(DRAWN), **parts}


def plans(made):
    return {plan.id: plan for plan in charts.plans(made, numbering.by_mention(made, []))}


def profile(**figure):
    ours = journal.load("aujmsr")
    return dataclasses.replace(ours, layout={**ours.layout, "figure": {**ours.layout["figure"], **figure}})


def drawn(plan, **figure):
    chart = charts.draw(plan, profile(**{"dpi": 100, **figure}))
    assert isinstance(chart, charts.Chart), chart
    return chart


@pytest.fixture(scope="module")
def done(tmp_path_factory):
    """One manuscript with all three kinds, and its clean case."""
    text = {
        **rendering.RECORD["text"],
        "patient_information": "She came ({fig:timeline}); her family is shown in {fig:pedigree}.",
        "follow_up": "Her blood recovered ({fig:labs}, {table:labs}; {table:timeline}).",
    }
    clean = rendering.clean_case(tmp_path_factory.mktemp("drawn") / "clean", record(text=text))
    out = tmp_path_factory.mktemp("drawn-out")
    return rendering.rendered(clean, "aujmsr", out / "a"), rendering.rendered(clean, "aujmsr", out / "b")


def test_every_drawn_figure_is_numbered_and_comes_as_pixels_and_lines(done):
    names = sorted(path.name for path in (done[0] / "figures").iterdir())
    assert names == [
        "figure-1.pdf",
        "figure-1.tif",
        "figure-2.pdf",
        "figure-2.tif",
        "figure-3.tif",
        "figure-4.tif",
        "figure-5.pdf",
        "figure-5.tif",
    ]
    with Image.open(done[0] / "figures" / "figure-1.tif") as picture:
        assert picture.width == round(176 / 25.4 * 300)
        assert tuple(map(round, picture.info["dpi"])) == (300, 300)


def test_the_same_record_gives_the_same_bytes(done):
    for path in sorted(p for p in done[0].rglob("*") if p.is_file()):
        assert path.read_bytes() == (done[1] / path.relative_to(done[0])).read_bytes(), path.name


def test_no_order_of_hashing_and_no_home_changes_the_bytes(tmp_path):
    """Another seed for Python's hashes, another home with a matplotlibrc in it: the same PDF.

    And drawing needs no window system and leaves no global state.
    """
    code = (
        "import hashlib, sys, matplotlib\n"
        "names = ('pdf.fonttype', 'text.parse_math', 'font.size', 'axes.linewidth')\n"
        "before = [matplotlib.rcParams[n] for n in names]\nfrom tests import test_drawn as t\n"
        "for p in t.plans(t.record()).values():\n"
        "    c = t.drawn(p)\n    print(hashlib.sha256(c.vector + c.sheet.tobytes()).hexdigest())\n"
        "assert 'matplotlib.pyplot' not in sys.modules\n"
        "assert [matplotlib.rcParams[n] for n in names] == before"
    )
    (tmp_path / "matplotlibrc").write_text("lines.linewidth: 9\nfont.size: 30\nsavefig.facecolor: red\n")
    said = set()
    for seed in ("1", "2"):
        home = {"MPLCONFIGDIR": str(tmp_path)} if seed == "2" else {}
        environment = {**os.environ, "PYTHONHASHSEED": seed, **home}
        run = subprocess.run(
            [sys.executable, "-c", code],
            cwd=ROOT,
            env=environment,
            capture_output=True,
            text=True,
            check=True,
        )
        said.add(run.stdout)
    assert len(said) == 1
    assert [p.name for p in tmp_path.iterdir()] == ["matplotlibrc"]  # nothing is left there


def test_the_pdf_holds_letters_not_shapes_and_says_nothing_of_itself(done):
    with pikepdf.open(done[0] / "figures" / "figure-1.pdf") as pdf:
        assert not pdf.docinfo.keys()
        fonts = pdf.pages[0].Resources.Font
        subtypes = {str(fonts[name].Subtype) for name in fonts.keys()}  # noqa: SIM118 - a PDF dictionary
        width = float(pdf.pages[0].MediaBox[2])
    assert "/Type3" not in subtypes
    assert width == pytest.approx(176 / 25.4 * 72, abs=0.5)
    text = "".join(rendering.pdf_text(done[0] / "figures" / "figure-1.pdf"))
    assert "First visit" in text
    assert "Day 12" in text


def test_words_and_numbers_reach_every_format(done):
    article = etree.parse(done[0] / "manuscript.xml")
    figures = article.findall(".//fig")
    assert [f.findtext("label") for f in figures] == [f"Figure {n}" for n in range(1, 6)]
    alts = [f.findtext("alt-text") for f in figures]
    assert alts[0].startswith("Timeline of 3 events")
    assert (
        "Haemoglobin in g/dL, reference 12.0–15.0: day 0: 9.8 (low); day 10: 10.9 (low); day 42: 12.4."
        in alts[4]
    )
    assert "III-1: man, child of II-1 and II-2." in alts[1]
    assert "IV-1: person, affected, the patient of this report, child of III-1 and III-2." in alts[1]
    assert figures[1].find(".//graphic").get("{http://www.w3.org/1999/xlink}href") == "figures/figure-2.tif"
    page = (done[0] / "manuscript.html").read_text(encoding="utf-8")
    assert "Timeline of 3 events" in page
    assert "Double line: the parents are relatives." in page
    words = " ".join("".join(rendering.pdf_text(done[0] / "manuscript.pdf")).split())  # no-break spaces too
    assert "Course of events. Time is counted from day 0" in words


def test_a_table_tells_high_from_low_without_colour(done):
    article = etree.parse(done[0] / "manuscript.xml")
    table = next(t for t in article.findall(".//table-wrap") if "Blood" in "".join(t.itertext()))
    cells = ["".join(td.itertext()).replace("\u00a0", " ") for td in table.findall(".//td")]
    assert {"9.8 ↓", "10.9 ↓", "12.4", "96 ↑", "<3"} <= set(cells)
    note = "".join(table.find("table-wrap-foot").itertext())
    assert note == "↓ below the reference range; ↑ above the reference range."


def test_the_timeline_may_be_a_figure_instead_of_a_table():
    numbers = numbering.by_mention(record(timeline_as="figure"), [])
    assert "timeline" not in numbers["table"]
    assert "timeline" in numbers["fig"]
    plain = numbering.by_mention(rendering.RECORD, [])
    assert "timeline" in plain["table"]
    assert list(plain["fig"]) == ["ring", "scan"]


def test_every_sentence_of_the_description_begins_with_a_capital():
    events = [{"day": -9000, "when": "about 25 years before", "exact": False, "event": "Born"}]
    alt = plans(record(timeline=events))["timeline"].alt
    assert alt.endswith(". About 25 years before: Born.")


def test_an_author_may_write_the_legend():
    plan = plans(record(legends={"labs": "Blood, *week by week*."}))["labs"]
    assert tree.plain(plan.legend) == "Blood, week by week."
    ours = tree.plain(plans(record())["labs"].legend)
    assert ours.startswith("Blood tests over time. Grey bands")
    assert "Triangles" in ours  # there is a "<3"


def test_many_results_are_summed_up_in_the_description():
    rows = [LABS["rows"][0] | {"results": {str(day): str(10 + day % 7) for day in range(30)}}]
    alt = plans(record(tables=[LABS | {"rows": rows, "plot": [0]}]))["labs"].alt
    assert "30 results; first day 0: 10 (low); last day 29: 11 (low)" in alt
    assert "highest" in alt


def test_record_text_is_never_read_as_mathematics():
    events = [{"day": 0, "when": "Day 0", "exact": True, "event": r"$\frac{1}{0}$ 10^9^/L and CO~2~ \n $"}]
    plan = plans(record(timeline=events))["timeline"]
    assert "10⁹/L and CO₂" in plan.alt
    assert r"$\frac{1}{0}$" in plan.alt
    drawn(plan)


def test_a_letter_without_a_shape_is_told_not_printed_as_a_box():
    events = [{"day": 0, "when": "Day 0", "exact": True, "event": "ਪੰਜਾਬੀ"}]
    made = charts.draw(plans(record(timeline=events))["timeline"], profile())
    assert isinstance(made, charts.Unprintable)
    assert "ਪ" in made.characters


@pytest.mark.parametrize(("more", "kind"), [(0, charts.Chart), (1, charts.TooLarge)])
def test_check_and_render_agree_on_how_many_events_a_page_takes(more, kind):
    count = drawings.MOST_EVENTS + more
    events = [{"day": n, "when": f"Day {n}", "exact": True, "event": "Seen again"} for n in range(count)]
    plan = plans(record(timeline=events))["timeline"]
    assert isinstance(charts.draw(plan, profile(dpi=50)), kind)


@pytest.mark.parametrize(
    ("parts", "name", "side"),
    [
        (
            {"timeline": [{"day": n, "when": f"Day {n}", "event": "Something"} for n in range(200)]},
            "timeline",
            "high",
        ),
        (
            {"timeline": [{"day": n, "when": f"Day {n}", "event": "W" * 399} for n in range(9)]},
            "timeline",
            "high",
        ),
        (
            {
                "pedigree": {
                    "affected_by": "x",
                    "individuals": [person("male"), person("female"), *[person("male", 0, 1)] * 14],
                }
            },
            "pedigree",
            "wide",
        ),
    ],
)
def test_what_no_page_takes_is_refused(parts, name, side):
    made = charts.draw(plans(record(**parts))[name], profile())
    assert isinstance(made, charts.TooLarge)
    assert made.side == side
    assert made.mm > made.limit


def test_it_can_be_read_in_greyscale():
    """Inside and outside the range, and the band, differ in grey; `colour: grey` draws no colour at all."""
    plan = plans(record())["labs"]
    grey = np.asarray(drawn(plan, dpi=200).sheet.convert("L"))
    assert ((grey > 220) & (grey < 240)).mean() > 0.02  # the band
    assert (grey < 130).mean() > 0.005  # lines, points, letters
    assert drawn(plan, colour="grey").sheet.mode == "L"

    def coloured(vector):
        with pikepdf.open(io.BytesIO(vector)) as pdf:
            inks = re.findall(rb"([\d.]+) ([\d.]+) ([\d.]+) (?:rg|RG)\b", pdf.pages[0].Contents.read_bytes())
        return any(not r == g == b for r, g, b in inks)

    assert coloured(drawn(plan).vector)
    assert not coloured(drawn(plan, colour="grey").vector)


def test_a_result_without_a_range_is_neither_hollow_nor_filled():
    rows = [{**LABS["rows"][0], "reference": reference} for reference in ("12.0–15.0", "12 or so")]
    plain, bare = (
        plans(record(tables=[LABS | {"rows": [row], "plot": [0]}]))["labs"] for row in (rows[0], rows[1])
    )
    assert "Crosses" not in tree.plain(plain.legend)
    assert tree.plain(bare.legend) == (
        "Blood tests over time. Crosses: results of tests without a range in numbers."
    )
    with ink.drawing():
        figures = [plots.draw(plan.data, 85, 176, grey=False)[0] for plan in (plain, bare)]
    signs = [{line.get_marker() for line in figure.axes[0].lines} - {"None"} for figure in figures]
    assert signs[0].isdisjoint({"x", "+"})
    assert signs[1] == {"x"}


@pytest.mark.parametrize(("double", "columns"), [(40, 1), (90, 1), (120, 2), (176, 3)])
def test_no_more_plots_stand_side_by_side_than_have_room(double, columns):
    tables = [LABS | {"rows": [LABS["rows"][0]] * 9, "plot": list(range(9))}]
    plan = plans(record(tables=tables))["labs"]
    with ink.drawing():
        figure, width = plots.draw(plan.data, 40, double, grey=False)
    assert width == double
    boxes = [axes.get_position() for axes in figure.axes]
    assert len({round(box.x0, 4) for box in boxes}) == columns
    assert min(box.width for box in boxes) * double >= 20


def test_no_letter_is_smaller_than_8_points():
    with ink.drawing():
        from matplotlib.text import Text  # only here: its first import is to be ours

        for plan in plans(record()).values():
            figure, _ = charts.DRAW[plan.kind](plan.data, 85, 176, grey=False)
            figure.canvas.draw()
            assert {t.get_fontsize() for t in figure.findobj(Text) if t.get_text()} == {8.0}, plan.id


def test_text_stays_on_the_sheet():
    """No letter is cut off: the outermost pixels are white, also with large numbers and long names."""
    rows = [
        {
            "test": "Erythrocyte sedimentation rate by the method of Westergren in the first hour",
            "unit": "copies/mL",
            "reference": "<50",
            "results": {"0": "125000000", "3000": "40"},
        }
    ] * 3
    events = [
        {"day": -9000, "when": "about 25 years before", "exact": False, "event": "W" * 150},
        {"day": 0, "when": "Day 0", "exact": True, "event": "First visit"},
    ]
    made = plans(record(timeline=events, tables=[LABS | {"rows": rows, "plot": [0, 1, 2]}]))
    for plan in made.values():
        grey = np.asarray(drawn(plan).sheet.convert("L"))
        border = np.concatenate([grey[0], grey[-1], grey[:, 0], grey[:, -1]])
        assert border.min() > 200, plan.id


def test_relatives_are_joined_by_a_double_line_and_generations_stand_level():
    data = plans(record())["pedigree"].data
    assert data["related"] == [(6, 7)]
    assert [len(row) for row in data["order"]] == [2, 4, 2, 1]
    assert data["names"][8] == "IV-1"
    across = data["across"]
    assert across[8] == pytest.approx((across[6] + across[7]) / 2, abs=0.01)


@st.composite
def families(draw):
    """Any pedigree without a cycle: parents stand before their children in the list."""
    people = [person(draw(st.sampled_from(["male", "female", "unknown"]))) for _ in range(2)]
    for _ in range(draw(st.integers(0, 14))):
        pair = draw(st.lists(st.integers(0, len(people) - 1), min_size=2, max_size=2, unique=True))
        people.append(person("male", *(pair if draw(st.booleans()) else [])))
    return people


def test_an_uncle_stands_on_the_floor_of_his_sibs_and_not_of_his_niece():
    people = [person("male"), person("female"), person("male", 0, 1), person("female", 0, 1)]
    people += [person("male"), person("female", 3, 4), person("unknown", 2, 5)]
    data = plans(record(pedigree=FAMILY | {"individuals": people}))["pedigree"].data
    assert [set(row) for row in data["order"]] == [{0, 1}, {2, 3, 4}, {5}, {6}]
    assert data["related"] == [(2, 5)]


def test_the_line_of_a_couple_of_two_floors_passes_beside_who_stands_between():
    over_the_niece = {0: (20.0, 10.0), 1: (20.0, 34.0), 2: (35.0, 34.0)}
    way = pedigree._down(over_the_niece, 0, 34.0, 0.6)
    assert way[0] == (20.6, 10.0 + pedigree.SIDE / 2)
    assert all(abs(way[-1][0] - x) > pedigree.SIDE / 2 for x in (20.0, 35.0))
    assert len(pedigree._down(over_the_niece, 1, 34.0, 0.6)) == 1  # nobody below: straight down


def test_sibs_who_marry_for_many_generations_are_laid_out_at_once():
    """Each generation doubles the number of ways up; nobody is walked to twice."""
    people = [person("male"), person("female")]
    for n in range(0, 58, 2):
        people += [person("male", n, n + 1), person("female", n, n + 1)]
    data = plans(record(pedigree=FAMILY | {"individuals": people}))["pedigree"].data
    assert [len(row) for row in data["order"]] == [2] * 30
    assert len(data["related"]) == 28  # all but the first couple


@settings(max_examples=60, deadline=None)
@given(families())
def test_any_family_is_laid_out_without_two_people_in_one_place(people):
    data = pedigree.data({"pedigree": {"affected_by": "x", "individuals": people}}, {"fig": {}, "table": {}})
    assert sorted(p for row in data["order"] for p in row) == list(range(len(people)))
    for row in data["order"]:
        places = [data["across"][p] for p in row]
        assert all(b - a >= 0.99 for a, b in itertools.pairwise(places))
    floors = {p: g for g, row in enumerate(data["order"]) for p in row}
    for child, known in enumerate(people):
        assert all(floors[parent] < floors[child] for parent in known["parents"])


@given(st.lists(st.tuples(st.floats(-1e4, 1e4), st.floats(0.1, 50)), min_size=1, max_size=40).map(sorted))
def test_labels_are_moved_apart_and_stay_inside(things):
    wanted, sizes = [w for w, _ in things], [s for _, s in things]
    end = sum(sizes) * 1.1
    placed = ink.inside(ink.apart(wanted, sizes), sizes, end)
    edges = [(m - s / 2, m + s / 2) for m, s in zip(placed, sizes, strict=True)]
    assert edges[0][0] > -1e-6
    assert edges[-1][1] < end + 1e-6
    assert all(b[0] - a[1] > -1e-6 for a, b in itertools.pairwise(edges))


def test_ids_of_drawn_figures_come_from_what_asks_for_them():
    assert illustration.drawn(record()) == ("timeline", "labs", "pedigree")
    assert illustration.drawn(rendering.RECORD) == ()
    assert len({hashlib.sha256(p.alt.encode()).hexdigest() for p in plans(record()).values()}) == 3
