"""What authors state: findings, forms to sign, title page, letter; learning points and highlights."""

from __future__ import annotations

import dataclasses
import json
import re
import shutil
import zipfile
from pathlib import Path

import docx
import pikepdf
import pytest
from lxml import etree, html

from pipeline import check, deidentify, intake, render, verify
from pipeline.check.authorship import NOTHING
from pipeline.core import allowlist, files, journal
from pipeline.core.errors import PrivacyError
from pipeline.core.record import Author
from tests import packing, rendering
from tests.conftest import casereport, edit
from tests.test_render_outputs import assert_valid, words_of

KINDS = 13


def found(case: Path, **profile: object) -> dict[str, list]:
    target = journal.load("aujmsr")
    layout = {**target.layout, **profile.get("layout", {})}
    rules = {**target.rules, **profile.get("rules", {})}
    by_code: dict[str, list] = {}
    for one in check.check(intake.read(case), dataclasses.replace(target, layout=layout, rules=rules)):
        by_code.setdefault(one.code, []).append(one)
    return by_code


def declare(case: Path, text: str) -> None:
    edit(case, "    corresponding: yes\n", f"    corresponding: yes\n{text}")


# --- what check says --------------------------------------------------------------------------------------


def test_an_author_without_a_writing_role_is_asked_about(case):
    assert "REC060" not in found(case)
    edit(case, "[writing-original-draft]", "[investigation]")
    one = found(case)["REC060"][0]
    assert (one.severity, "author 1" in one.message) == ("warning", True)


def test_a_statement_of_none_beside_a_disclosure(case):
    assert "REC061" not in found(case)
    declare(case, "    disclosures: {consulting: Example Pharma}\n")
    one = found(case)["REC061"][0]
    assert "author 1" in one.message
    assert "consulting" in one.message
    assert "Pharma" not in str(one), "findings quote no one"


def test_interests_in_the_statement_that_no_author_has(case):
    edit(case, "  conflicts: |\n    None.", "  conflicts: |\n    AE was paid by Example Pharma.")
    assert "REC062" not in found(case), "an author who said nothing may have some"
    declare(case, "    disclosures: none\n")
    said = found(case)
    assert "REC062" in said
    assert "REC063" not in said


def test_silence_is_noted_and_never_taken_for_none(case):
    assert found(case)["REC063"][0].severity == "note"
    declare(case, "    disclosures: {grants: none}\n")
    assert "REC063" in found(case), "one answer is not thirteen"
    author = {"given": "A", "family": "B", "affiliations": ["x"], "credit": ["software"]}
    assert Author.model_validate(author).disclosures is None
    stated = Author.model_validate({**author, "disclosures": "none"}).model_dump()["disclosures"]
    assert list(stated.values()) == [["none"]] * KINDS


@pytest.mark.parametrize(
    ("text", "nothing"),
    [
        ("None.", True),
        ("None declared.", True),
        ("No generative AI was used in the care of the patient.", True),
        ("The authors declare that they have no competing interests.", True),
        ("The authors have no known conflicts to disclose.", True),
        ("ChatGPT (OpenAI, GPT-4) was used to shorten the introduction.", False),
        ("AE has received fees from Example Pharma; the others report grants.", False),
        ("Notion AI was used for notes.", False),
    ],
)
def test_what_counts_as_nothing(text, nothing):
    assert bool(NOTHING.search(text)) is nothing


def test_a_tool_that_the_manuscript_would_not_name(case):
    edit(case, "  ai_use: |\n    None.", "  ai_use: |\n    ChatGPT shortened the introduction.")
    assert "REC064" not in found(case), "this journal prints the statement"
    kept = [row for row in journal.load("aujmsr").layout["statements"] if row["from"] != "ai_use"]
    assert "REC064" in found(case, layout={"statements": kept})


@pytest.mark.parametrize(
    ("reviewer", "what"),
    [
        ("{name: R One, affiliation: 'Example Institute, Sampleton', why: x}", "the same institution"),
        ("{name: R One, affiliation: Else, email: r@example.org, why: x}", "the same e-mail domain"),
        ("{name: Dr Asha Example, affiliation: Else, why: x}", "the same person"),
        ("{name: R One, affiliation: Else, email: r@example.net, why: x}", ""),
    ],
)
def test_a_suggested_reviewer_with_ties(case, reviewer, what):
    edit(case, "questions:", f"suggested_reviewers:\n  - {reviewer}\nquestions:")
    said = found(case).get("REC065", [])
    assert [one.severity for one in said] == (["warning"] if what else [])
    assert all(what in one.message for one in said)


def test_a_public_mail_address_is_no_tie(case):
    edit(case, "asha@example.org", "asha@gmail.com")
    edit(
        case,
        "questions:",
        "suggested_reviewers:\n  - {name: R, affiliation: E, email: r@gmail.com, why: x}\nquestions:",
    )
    assert "REC065" not in found(case)


def test_a_guarantor_where_the_journal_names_one(case):
    entries = {"title_page": ["title", {"entry": "guarantor", "heading": "Guarantor"}]}
    assert "REC066" not in found(case)
    assert "REC066" in found(case, layout=entries)
    declare(case, "    guarantor: yes\n")
    assert "REC066" not in found(case, layout=entries)


def test_highlights_are_counted_and_measured(case):
    rules = {"highlights": {"value": {"min": 3, "max": 5, "chars": 20}, "source": "s", "status": "dated"}}
    assert found(case, rules=rules)["JRN020"][0].severity == "error"
    edit(case, "questions:", "highlights: [one, two, three is far too long a sentence]\nquestions:")
    said = found(case, rules=rules)
    assert "JRN020" not in said
    assert "highlights 3 has 32 characters" in said["JRN021"][0].message
    assert "far too long" not in str(said)
    assert "JRN021" not in found(case), "a journal without the rule"


# --- what is made -----------------------------------------------------------------------------------------

POINTS = ["Look *twice* at rings.", "Scrape before you treat & wait."]
AUTHORS = [
    {
        **rendering.BYLINE["authors"][0],
        "guarantor": True,
        "disclosures": {"grants": ["Example Council, to the institution", "Small fund"], "stock": ["none"]},
    },
    {**rendering.BYLINE["authors"][1], "disclosures": None},
]
BYLINE = {
    "authors": AUTHORS,
    "presented_at": "A meeting of ring doctors",
    "suggested_reviewers": [
        {
            "name": "Prof Knows Rings",
            "affiliation": "Elsewhere",
            "email": "k@example.net",
            "why": "wrote on them",
        }
    ],
    "opposed_reviewers": [{"name": "Dr Rival", "affiliation": "Third", "email": None, "why": "a rival"}],
    "declarations": {**rendering.BYLINE["declarations"], "registration": "REG-12"},
}


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """A manuscript for a journal that wants everything."""
    folder = tmp_path_factory.mktemp("wants")
    record = {"learning_points": POINTS, "highlights": ["First *point*.", "Second."]}
    clean = rendering.clean_case(folder / "clean", record, BYLINE)
    target = journal.load("aujmsr")
    points = {"heading": "Learning points", "type": "learning-points", "parts": [{"part": "learning_points"}]}
    layout = {
        **target.layout,
        "sections": [*target.layout["sections"], points],
        "highlights": True,
        "title_page": [
            "title",
            {"entry": "guarantor", "heading": "Who answers"},
            "presented_at",
            "registration",
        ],
        "cover_letter": ["It adds to the literature: {novelty}"],
    }
    out = folder / "out"
    out.mkdir()
    render.make(clean, dataclasses.replace(target, layout=layout), rendering.care(), out)
    return out


def paragraphs(path: Path) -> list[str]:
    return [p.text for p in docx.Document(str(path)).paragraphs]


def test_each_author_has_a_page_that_never_says_none_for_them(made):
    pages = [" ".join(page.split()) for page in rendering.pdf_text(made / "disclosure-forms.pdf")]
    assert len(pages) == 2
    first, second = pages
    assert "Meher Jot Sandhawalia, MD" in first
    assert "Example Council, to the institution Small fund" in first
    assert first.count("None, as the author stated.") == 1
    assert first.count("Not stated: to be filled in by the author.") == KINDS - 2
    assert second.count("Not stated: to be filled in by the author.") == KINDS
    assert "None, as" not in second
    for page in pages:
        assert "Ring-shaped plaque of the forearm" in page
        assert "An author meets all four" in page
        assert page.index("Signature") < page.index("Date")
    with pikepdf.open(made / "disclosure-forms.pdf") as opened:
        assert opened.Root.MarkInfo.Marked


def test_the_title_page_has_the_journals_entries_in_its_order(made):
    assert paragraphs(made / "title-page.docx") == [
        "Title page",
        "Title",
        "Ring-shaped plaque of the forearm: a case report",
        "Who answers",
        "Meher Jot Sandhawalia, MD",
        "Presented at",
        "A meeting of ring doctors",
        "Registration number",
        "REG-12",
    ]


def test_the_letter_says_what_the_journal_wants_and_names_reviewers(made):
    text = "\n".join(paragraphs(made / "cover-letter.docx"))
    for wanted in (
        "It adds to the literature: Nobody had looked under the ring before.",
        "article type: Case Report",
        "The case was presented at: A meeting of ring doctors",
        "Registration number: REG-12",
        "We suggest as reviewers:\n– Prof Knows Rings, Elsewhere, k@example.net: wrote on them",
        "We ask you not to invite as reviewers:\n– Dr Rival, Third: a rival",
    ):
        assert wanted in text


def test_learning_points_are_a_list_in_every_format(made):
    for name in ("manuscript.docx", "manuscript.pdf", "manuscript.xml", "manuscript.html"):
        text = words_of(made / name)
        assert "Looktwiceatrings." in text, name
        assert "Scrapebeforeyoutreat&wait." in text, name
    assert_valid(made / "manuscript.xml")
    root = etree.parse(made / "manuscript.xml").getroot()
    assert [li.findtext("p") for li in root.iter("list-item")][1] == "Scrape before you treat & wait."
    page = html.fromstring((made / "manuscript.html").read_text())
    assert len(page.xpath("//ul/li")) == 2
    with zipfile.ZipFile(made / "manuscript.docx") as z:
        assert len(re.findall(b"<w:numId ", z.read("word/document.xml"))) == 2
    assert len([h for h in paragraphs(made / "manuscript.docx") if h == "Learning points"]) == 1


def test_highlights_are_a_file_of_their_own(made, tmp_path):
    assert paragraphs(made / "highlights.docx") == ["Highlights", "First point.", "Second."]
    row = allowlist.row("package", "for-review/highlights.docx")
    assert row is not None
    plain = rendering.rendered(rendering.clean_case(tmp_path / "clean"), "aujmsr", tmp_path / "out")
    assert not (plain / "highlights.docx").exists()


def test_reviewers_and_disclosures_stand_only_in_what_the_editor_gets(made):
    for path in files.walk(made):
        name = path.relative_to(made).as_posix()
        if name in {"cover-letter.docx", "disclosure-forms.pdf", "title-page.docx"}:
            row = allowlist.row("package", f"editor-only/{name}")
            assert row is not None
            assert row.audience == "editor"
            continue
        content = rendering.everything(path)
        for secret in (b"Knows Rings", b"Rival", b"Example Council", b"ring doctors"):
            assert secret not in content, name


# --- hunter and remover -----------------------------------------------------------------------------------

REVIEWERS = """suggested_reviewers:
  - {name: Prof Knows Rings, affiliation: "City Test Hospital, Nowherepur", why: has written on rings}
presented_at: A meeting at City Test Hospital
"""


def test_the_remover_leaves_reviewers_alone_and_keeps_them_apart(case, tmp_path):
    edit(case, "questions:", f"{REVIEWERS}questions:")
    declare(case, "    disclosures: {grants: paid by City Test Hospital}\n")
    edit(case, "questions:", "learning_points: [Meera Testwala taught us to look.]\nquestions:")
    with files.publish(tmp_path / "1", {}) as part:
        deidentify.make(intake.read(case), part)
    clean = deidentify.load(tmp_path / "1")
    assert clean.byline["suggested_reviewers"][0]["affiliation"] == "City Test Hospital, Nowherepur"
    assert "City Test" not in clean.byline["presented_at"]
    assert "City Test" not in json.dumps(clean.byline["authors"])
    assert "Testwala" not in json.dumps(clean.record)
    assert not {"suggested_reviewers", "opposed_reviewers", "presented_at"} & set(clean.record)


@pytest.fixture(scope="module")
def submitted(signed_case, tmp_path_factory):
    """A package of the signed case with a reviewer from the hospital that treated the patient."""
    folder = tmp_path_factory.mktemp("letter") / "ring-case"
    shutil.copytree(signed_case, folder)
    edit(folder, "questions:", f"reporting: [care, scare]\n{REVIEWERS}questions:")
    out = folder.parent / "build"
    return folder, casereport("submit", folder, "--accept-all", "--out", out), out / folder.name


def test_a_hospital_of_a_reviewer_is_no_leak_in_the_letter_and_one_anywhere_else(submitted):
    folder, ran, out = submitted
    assert ran.code == 0, ran.everything
    package = next(out.glob("5-pack-*/submission-*.zip"))
    with zipfile.ZipFile(package) as z:
        names = set(z.namelist())
        assert {
            "for-review/scare-checklist.pdf",
            "for-review/scare-checklist.docx",
            "for-review/care-checklist.docx",
            "editor-only/disclosure-forms.pdf",
        } <= names
        page = z.read("index.html").decode()
        assert "scare-checklist.docx" in page
        assert page.count('aria-label="Reporting checklist ') == 2
        for name in names:
            if name.startswith("for-review/") or name == "meca.zip":
                assert b"Knows Rings" not in z.read(name), name
    verified = casereport("verify", package, "--private", folder / "private.yaml")
    assert verified.code == 0, verified.everything
    assert "ALTERED" not in verified.out


def test_a_reviewer_who_is_the_patient_is_a_leak(case, tmp_path):
    edit(case, "questions:", f"{REVIEWERS}questions:".replace("Prof Knows Rings", "Meera Testwala"))
    ran = casereport("deidentify", case, "--out", tmp_path / "build")
    assert ran.code == 4, ran.everything
    assert "Testwala" not in ran.everything


def test_the_reviewers_hospital_is_spared_in_the_letter_only(case, tmp_path):
    edit(case, "questions:", f"{REVIEWERS}questions:")
    veto = verify.guard(intake.read(case), journal.load("jmcr"))
    for name, leaks in (("cover-letter.docx", False), ("title-page.docx", True), ("manuscript.docx", True)):
        folder = tmp_path / name
        folder.mkdir()
        (folder / name).write_bytes(packing.docx("City Test Hospital"))
        if leaks:
            with pytest.raises(PrivacyError) as stop:
                veto(folder)
            assert stop.value.code == "LEAK002", name
        else:
            veto(folder)
