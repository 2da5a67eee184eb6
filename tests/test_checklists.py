"""The reporting checklists: which apply, what is tested, and whether page and line are right."""

from __future__ import annotations

import dataclasses
import json
import re
from pathlib import Path

import docx
import pypdfium2
import pytest

from pipeline import check, intake
from pipeline.check.lines import TESTS
from pipeline.core import allowlist, guidelines, journal
from pipeline.core.model import CareLine
from pipeline.render import checklist, document, evidence, markdown, references
from tests import rendering
from tests.conftest import edit

EXTENSIONS = [name for name in guidelines.KNOWN if name != guidelines.BASE]
ALL = "reporting: [care, scare, process, care-radiology]\n"


def judged(case: Path, **profile: object):
    """The report for a journal with other rules or another layout."""
    target = journal.load("aujmsr")
    layout = {**target.layout, **profile.get("layout", {})}
    rules = {**target.rules, **profile.get("rules", {})}
    return check.check(intake.read(case), dataclasses.replace(target, layout=layout, rules=rules))


def line(report, key: str) -> CareLine:
    return next(one for one in report.care if one.key == key)


def codes(report) -> list[str]:
    return [f.code for f in report]


# --- the lists ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", guidelines.KNOWN)
def test_every_line_says_what_it_asks_how_it_is_judged_and_how_sure_it_is(name):
    listed = guidelines.load(name)
    assert len({rule["id"] for rule in listed.lines}) == len(listed.lines)
    for rule in listed.lines:
        assert rule["confirmed"] in {"yes", "partial", "no"}
        assert rule["decided"] in {"software", "software and a person", "a person"}
        assert rule.get("test", "title") in TESTS
        assert {"test", "said", "filled", "series"} & set(rule), rule["id"]
        assert name == "care" or rule["source"], "an extension says where each line comes from"
        for pattern in [*rule.get("said", {}).values(), rule.get("find", {}).get("words", "")]:
            re.compile(pattern)


def test_care_alone_is_filled_unless_somebody_wants_more(case):
    assert {one.guideline for one in judged(case).care} == {"care"}
    assert {one.guideline for one in judged(case, layout={"checklists": ["scare"]}).care} == {"care", "scare"}
    edit(case, "questions:", "reporting: [scare]\nquestions:")
    report = judged(case)
    assert [one.guideline for one in report.care] == ["care"] * 30 + ["scare"] * 10
    assert "10 SCARE lines" in check.summary(report)


def test_a_list_is_suggested_by_what_was_done(case):
    assert "CARE004" not in codes(judged(case))
    edit(case, "kind: drug, name: mometasone", "kind: surgery, details: excised, name: mometasone")
    found = next(f for f in judged(case) if f.code == "CARE004")
    assert "SCARE" in found.message
    assert found.severity == "note"
    edit(case, "questions:", "reporting: [care, scare]\nquestions:")
    assert "CARE004" not in codes(judged(case))


def test_a_list_the_journal_wants_is_missed(case):
    edit(case, "questions:", "reporting: [care]\nquestions:")
    report = judged(case, layout={"checklists": ["care", "scare"]})
    assert "CARE005" in codes(report)
    assert list(report.blocking) == []


def test_a_series_is_not_judged_and_that_is_said(case):
    edit(case, "questions:", "reporting: [process]\nquestions:")
    report = judged(case)
    assert "CARE006" in codes(report)
    assert (line(report, "process:P-who").status, line(report, "process:P-ai").status) == (
        "not applicable",
        "reported",
    )


def test_what_nobody_confirmed_never_blocks_and_says_so(case):
    edit(case, "questions:", f"{ALL}questions:")
    report = judged(case)
    assert list(report.blocking) == []
    missing = [f for f in report if f.code == "CARE001"]
    assert missing
    for found in missing:
        assert found.severity == "warning"
        assert "not confirmed against the published guideline" in found.why


def test_the_words_a_line_asks_for_are_looked_for_in_its_sections(case):
    edit(case, "questions:", "reporting: [scare]\nquestions:")
    assert line(judged(case), "scare:S-op").status == "missing"
    edit(case, "Mometasone ointment was used", "Under spinal anaesthesia, supine, mometasone was used")
    partly = line(judged(case), "scare:S-op")
    assert (partly.status, partly.note) == (
        "partial",
        "no words found in therapeutic intervention for: equipment, sutures or implants",
    )
    edit(case, "mometasone was used once daily", "mometasone was used after sutures")
    assert line(judged(case), "scare:S-op").status == "reported"


def test_a_line_of_an_extension_may_not_apply(case):
    edit(case, "questions:", "not_applicable: {'scare:S-pre': No operation.}\nquestions:")
    assert "CARE003" in codes(judged(case)), "the list was not chosen"
    edit(case, "questions:", "reporting: [scare]\nquestions:")
    report = judged(case)
    assert "CARE003" not in codes(report)
    assert line(report, "scare:S-pre").status == "not applicable"


# --- the journal's rule before CARE's ---------------------------------------------------------------------


def overrides(**reasons: str) -> dict[str, object]:
    value = {key.removeprefix("line"): reason for key, reason in reasons.items()}
    return {"care_overrides": {"value": value, "source": "the journal", "status": "confirmed"}}


def test_an_override_turns_the_title_test_round(case):
    rules = overrides(line1="titles never say so here")
    asked = line(judged(case, rules=rules), "1")
    assert asked.status == "partial"
    assert "does not want" in asked.note
    edit(case, ": a case report", "")
    followed = line(judged(case, rules=rules), "1")
    assert (followed.status, followed.note) == (
        "reported",
        "reported: journal override – titles never say so here",
    )
    assert line(judged(case), "1").status == "partial", "without it CARE's rule holds"
    edit(case, 'title: "Granuloma annulare of the forearm"', 'title: "A ring"')
    assert line(judged(case, rules=rules), "1").status == "missing", "the diagnosis is wanted all the same"


def test_an_override_takes_the_journals_number_of_keywords(case):
    wide = {
        **overrides(line2="three to ten"),
        "keywords": {"value": [3, 10], "source": "s", "status": "dated"},
    }
    edit(case, "dermatology]", "dermatology, skin, ring, papule]")
    assert line(judged(case), "2").status == "partial"
    assert line(judged(case, rules=wide), "2").note == "reported: journal override – three to ten"
    edit(
        case, "keywords: [case report, granuloma annulare, dermatology, skin, ring, papule]", "keywords: [a]"
    )
    assert "the journal asks for 3 to 10" in line(judged(case, rules=wide), "2").note


# --- page and line ----------------------------------------------------------------------------------------


def printed_line(pdf: Path, page: int, number: int) -> str:
    """What stands on a numbered line of the real PDF, read by its place on the page."""
    with pypdfium2.PdfDocument(pdf) as opened:
        text, height = opened[page - 1].get_textpage(), opened[page - 1].get_height()
        for n in range(text.count_rects()):
            left, bottom, right, top = text.get_rect(n)
            if right < 72 and text.get_text_bounded(left, bottom, right, top).strip() == str(number):
                assert 0 < bottom < height
                return " ".join(text.get_text_bounded(72, bottom - 4, 595, top + 6).split())
    raise AssertionError(f"no line {number} on page {page}")


def places(rows, key: str) -> list[tuple[str, int, int]]:
    row = next(row for row in rows if row["id"] == key)
    found = re.findall(r"([^;:]+): page\s(\d+), line\s(\d+)", row["where"])
    return [(name.strip(), int(page), int(number)) for name, page, number in found]


WHERE = [  # line of the checklist, what stands there in the case of tests/rendering.py
    ("1", "Ring-shaped plaque"),
    ("3a", "Rings are common"),
    ("3b", "A woman had a ring"),
    ("3d", "Look twice."),
    ("4", "[1]"),
    ("5a", "44-year-old"),
    ("7", "Table 1 gives the course"),
    ("8a", "Table 2"),
    ("11a", "strength"),
    ("11b", "[3]"),
    ("11d", "Look twice at rings"),
]


@pytest.fixture(scope="module", params=[0, 9, 23])
def shifted(request, tmp_path_factory):
    """One case with more or less text before, so that lines fall elsewhere on their pages."""
    text = dict(rendering.RECORD["text"])
    text["introduction"] += "\n\n" + "\n\n".join(f"Filling line {n}." for n in range(request.param))
    folder = tmp_path_factory.mktemp("shifted")
    clean = rendering.clean_case(folder / "clean", {"text": text})
    return rendering.rendered(clean, "jmcr", folder / "out")


@pytest.mark.parametrize(("key", "words"), WHERE)
def test_the_page_and_line_are_those_of_the_words(shifted, key, words):
    rows = json.loads((shifted / "care.json").read_text())
    _, page, number = places(rows, key)[0]
    assert words in printed_line(shifted / "manuscript.pdf", page, number)


def test_a_timeline_is_found_where_it_is_mentioned_and_where_it_stands(shifted):
    rows = json.loads((shifted / "care.json").read_text())
    assert [name for name, _, _ in places(rows, "7")] == ["Patient information", "Table 1"]


def test_an_anchor_leaves_the_other_formats_alone(tmp_path):
    clean = markdown.cleaned(rendering.clean_case(tmp_path / "clean"))
    paper = document.assemble(clean, journal.load("jmcr"), references.read(clean.references), draft=False)
    before = json.dumps(paper.blocks)
    marked, marks = evidence.marked(paper, rendering.care(), clean.record)
    assert json.dumps(paper.blocks) == before
    assert '"Anchor"' in json.dumps(marked.blocks)
    assert marks["12"] == [("perspective", "perspective")], "no evidence: the section"


# --- the files --------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def surgical(tmp_path_factory):
    """A manuscript with CARE and SCARE, and one line excused."""
    rules = guidelines.load("scare").lines
    extra = tuple(
        CareLine(
            rule["id"],
            rule["topic"],
            rule["requirement"],
            "not applicable" if rule["id"] == "S-pre" else "reported",
            rule["decided"],
            "as typed",
            tuple(rule["sections"]),
            "scare",
            rule["confirmed"],
        )
        for rule in rules
    )
    folder = tmp_path_factory.mktemp("surgical")
    clean = rendering.clean_case(folder / "clean", {"not_applicable": {"scare:S-pre": "as cleaned"}})
    out = folder / "out"
    out.mkdir()
    from pipeline import render

    render.make(clean, journal.load("jmcr"), (*rendering.care(), *extra), out)
    return out


def test_each_list_has_a_pdf_and_a_word_file_that_say_the_same(surgical):
    for name, count in (("care", 30), ("scare", 10)):
        table = docx.Document(str(surgical / f"{name}-checklist.docx")).tables[0]
        ids = [row.cells[0].text for row in table.rows][1:]
        assert ids == [rule["id"] for rule in guidelines.load(name).lines]
        printed = " ".join(" ".join(rendering.pdf_text(surgical / f"{name}-checklist.pdf")).split())
        squeezed = re.sub(r"\s", "", printed)
        for row in table.rows:
            for cell in row.cells:
                assert re.sub(r"\s", "", cell.text) in squeezed, cell.text
        assert f"of {count} lines were decided by software alone" in printed


def test_the_word_file_lies_on_its_side_with_a_header_row(surgical):
    opened = docx.Document(str(surgical / "scare-checklist.docx"))
    section = opened.sections[0]
    assert section.page_width > section.page_height
    assert "tblHeader" in opened.tables[0]._tbl.xml


def test_unconfirmed_lines_are_marked_where_they_are_printed(surgical):
    text = " ".join(" ".join(rendering.pdf_text(surgical / "scare-checklist.pdf")).split())
    assert text.count("Not confirmed against the published guideline.") == 9
    assert text.count("Only partly confirmed against the published guideline.") == 1
    assert "confirmed against" not in " ".join(rendering.pdf_text(surgical / "care-checklist.pdf"))
    assert "as cleaned" in text
    rows = json.loads((surgical / "care.json").read_text())
    assert next(row["where"] for row in rows if row["id"] == "S-pre") == "", "nothing to find"
    assert "S-ai Artificial intelligence" in text


def test_the_letter_names_the_lists(surgical):
    letter = docx.Document(str(surgical / "cover-letter.docx"))
    assert any("The CARE and SCARE checklists are enclosed" in p.text for p in letter.paragraphs)


@pytest.mark.parametrize("name", guidelines.KNOWN)
def test_both_files_of_each_list_may_travel_to_reviewers(name):
    for ending in ("pdf", "docx"):
        row = allowlist.row("package", f"for-review/{name}-checklist.{ending}")
        assert row is not None
        assert row.audience == "reviewer"


def test_a_place_is_said_once():
    marks = [("a", "x"), ("b", "x"), ("gone", "y")]
    assert checklist._where(marks, {"a": (2, 7), "b": (2, 7)}, {"x": "X"}) == "X: page\u00a02, line\u00a07"
