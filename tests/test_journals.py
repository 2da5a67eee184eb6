"""Journals: the list, what changes between two, where a case stands with all, and a profile of one's own."""

from __future__ import annotations

import json
import re
import subprocess
import sys

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from pipeline.core import ages, journal, profile, resources
from pipeline.core.errors import InputError
from tests.conftest import ROOT, casereport, edit

TEN = ("aujmsr", "bmj-case-reports", "cureus", "ijabmr", "ijcr-mansa", "ijscr", "japi", "jmcr", "jpgm")
TEN += ("ojs-generic",)


def test_the_ten_journals_are_known():
    assert set(TEN) <= set(journal.known())


def test_the_list_says_how_certain_it_is(run):
    ran = run("journals", real=True)
    assert ran.code == 0
    rows = {line.split()[0]: line for line in ran.out.splitlines() if line.split()[:1]}
    assert set(TEN) <= set(rows)
    assert " 1000 " in rows["jpgm"]  # read on the journal's page
    assert "(1000)" in rows["ijabmr"]  # the publisher's general rule
    assert "not known" in rows["jmcr"]
    listed = {row["id"]: row for row in run("journals", "--json").json["journals"]}
    assert listed["jpgm"]["certain"] > 0
    assert not listed["jpgm"]["own"]


@pytest.mark.parametrize("name", TEN)
def test_every_value_has_a_source_and_a_status(name):
    raw = yaml.safe_load((resources.path(f"templates/journals/{name}") / "profile.yaml").read_text())
    for rule, row in raw["rules"].items():
        assert row["source"], rule
        assert row["status"] in {"confirmed", "dated", "secondary", "publisher", "knowledge", "unknown"}, rule
        assert "value" in row, rule
        assert row["status"] != "unknown" or row["value"] is None, rule


@pytest.mark.parametrize("name", [*TEN, "_new"])
def test_profiles_fit_the_schema_that_editors_use(name):
    where = "templates/journals/" + ("_new.yaml" if name == "_new" else f"{name}/profile.yaml")
    found = Draft202012Validator(profile.schema()).iter_errors(yaml.safe_load(resources.text(where)))
    assert [e.message for e in found] == []


# --- one case, every journal ---


def test_a_case_against_every_journal(run, case):
    ran = run("check", case, "--journal", "all")
    assert ran.code == 0, ran.everything
    header, *rows = [line for line in ran.out.splitlines() if line and not line.startswith(" ")]
    assert header.split()[:2] == ["journal", "ready"]
    assert [row.split()[0] for row in rows[: len(journal.known())]] == list(journal.known())
    answer = run("check", case, "--journal", "all", "--json").json
    assert set(answer["journals"]) == set(journal.known())
    wanted = answer["journals"]["cureus"]
    assert any(f["code"] == "JRN002" and f["severity"] == "error" for f in wanted["findings"])
    assert "cureus" not in answer["ready"]


def test_what_is_wrong_everywhere_is_said_once(run, case):
    edit(case, "  family: |", "  familiy: |")
    ran = run("check", case, "--journal", "all")
    assert ran.code == 1
    assert len(re.findall("did you mean 'family'", ran.out)) == 1
    assert run("check", case, "--journal", "all", "--json").json["ready"] == []


def test_an_editors_exception_warns_instead(run, case):
    assert "JRN002" in run("check", case, "--journal", "cureus").out
    record = case / "record.yaml"
    record.write_text(record.read_text() + "\neditor_allows:\n  cureus: {keywords: 'three are enough'}\n")
    ran = run("check", case, "--journal", "cureus")
    assert ran.code == 0, ran.everything
    assert "warning JRN002" in ran.out


@pytest.mark.parametrize("said", ["cureos: {keywords: x}", "cureus: {keyword: x}"])
def test_an_exception_that_fits_nothing_is_an_error(run, case, said):
    record = case / "record.yaml"
    record.write_text(record.read_text() + f"\neditor_allows:\n  {said}\n")
    ran = run("check", case)
    assert ran.code == 1
    assert "JRN011" in ran.out


# --- two journals ---


def test_compare_shows_what_changes_for_this_case(run, case):
    ran = run("journals", "compare", "aujmsr", "bmj-case-reports", case)
    assert ran.code == 0, ran.everything
    assert "bmj-case-reports: 4" in ran.out  # authors
    assert re.search(r"this case: \d+/2000", ran.out)
    assert "shortened" in ran.out  # the title
    assert "in his 30s" in ran.out or "decade" in ran.out
    assert run("journals", "compare", "jmcr", "jmcr").out.startswith("nothing that we know of changes")


@pytest.mark.parametrize(
    ("typed", "says"),
    [
        (["compare", "aujmsr"], "compare aujmsr jmcr"),
        (["compare", "aujmsr", "jmrc"], "did you mean 'jmcr'"),
        (["list", "a", "b"], "compare aujmsr jmcr"),
        (["compare", "aujmsr", "jmcr", "no/such/case"], "no such case folder"),
    ],
)
def test_compare_misused(run, typed, says):
    ran = run("journals", *typed)
    assert ran.code == 2
    assert says in ran.err


# --- a profile of one's own ---


@pytest.fixture
def desk(tmp_path, monkeypatch):
    """An empty folder in which commands are run."""
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    return tmp_path


def test_a_new_profile_works_at_once(desk, case):
    ran = casereport("new", "--journal", "my-institution", cwd=desk)
    assert ran.code == 0, ran.everything
    text = (desk / "journals" / "my-institution" / "profile.yaml").read_text()
    assert "my-institution" in text
    assert "{{" not in text
    ran = casereport("check", case, "--journal", "my-institution", cwd=desk)
    assert ran.code == 0, ran.everything
    listed = {row["id"]: row for row in casereport("journals", "--json", cwd=desk).json["journals"]}
    assert listed["my-institution"]["own"]
    ran = casereport("new", "--journal", "my-institution", cwd=desk)
    assert (ran.code, (desk / "journals" / "my-institution" / "profile.yaml").read_text()) == (2, text)


@pytest.mark.parametrize("name", ["My Institution", "../x", "all", "compare", "jmcr", "ä", "x" * 50])
def test_names_that_are_no_ids(desk, name):
    ran = casereport("new", "--journal", name, cwd=desk)
    assert ran.code == 2
    assert not (desk / "journals").exists()


@pytest.mark.parametrize(
    ("old", "new", "line", "says"),
    [
        ("blinded: true", "blinded: perhaps", "blinded: perhaps", "layout.blinded"),
        ("  consent_delivery: embed", "  consent_deliver: embed", "consent_deliver:", "a misspelling?"),
        ("value: null            # a number\n", "value: many\n", "value: many", "rules.words_max.value"),
        ("status: unknown\n  keywords", "status: sure\n  keywords", "status: sure", "rules.abstract.status"),
        ("name: The name of the journal", "nome: x", "", "'name' is missing"),
        ("layout:\n", "layout:\n  blinded: true\n", "", "written twice"),
        ("layout:\n", "layout: &a\n", "", "anchors"),
        ("layout:\n", "layout:\n  title_page: [title, names]\n", "title_page:", "no entry of a title page"),
        ("layout:\n", "layout:\n  cover_letter: ['Dear {name}']\n", "cover_letter:", "nothing fills: name"),
        ("layout:\n", "layout:\n  submission: {platform: fax}\n", "submission:", "submission.platform"),
        ("  csl: nlm", "  csl: ../nlm", "csl: ../", "layout.csl"),
        (
            "  # page: {font: Arial",
            "  figure: {widths_mm: [176, 85]}\n  # page: {font",
            "[176, 85]",
            "larger number",
        ),
        ("  tables_max:", "  tabels_max:", "tabels_max:", "did you mean 'tables_max'"),
        (
            "    value: null            # {max: 15",
            "    value: {max: 15, style: apa}\n    # {",
            "csl: nlm",
            "the style that the rule",
        ),
        (
            "  # sections: ",
            "  sections: [{heading: X, type: x, parts: [{part: introduction}]}]\n  # ",
            "  sections: [",
            "leaves out",
        ),
        (
            "layout:\n",
            "layout:\n  statements: [{heading: A, from: contributions, type: x}]\n",
            "",
            "contributions need",
        ),
    ],
)
def test_a_mistake_is_told_with_its_line(desk, case, old, new, line, says):
    casereport("new", "--journal", "ours", cwd=desk)
    path = desk / "journals" / "ours" / "profile.yaml"
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new, 1))
    ran = casereport("check", case, "--journal", "ours", cwd=desk)
    assert ran.code == 5, ran.everything
    assert says in ran.err
    if line:
        number = next(n for n, row in enumerate(path.read_text().splitlines(), 1) if line in row)
        assert f"ours/profile.yaml:{number}:" in ran.err
    assert "Traceback" not in ran.err


@pytest.mark.parametrize(
    "content", [b"", b"name: x\n", b"\xff\xfe\x00", b"- a\n", b"rules: text\nlayout: text\nname: x\n"]
)
def test_a_profile_that_is_none(tmp_path, monkeypatch, content):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "journals" / "odd").mkdir(parents=True)
    (tmp_path / "journals" / "odd" / "profile.yaml").write_bytes(content)
    with pytest.raises(InputError):
        journal.load("odd")


def test_a_style_that_is_none_and_one_that_is_missing(desk, case):
    casereport("new", "--journal", "ours", cwd=desk)
    path = desk / "journals" / "ours" / "profile.yaml"
    path.write_text(re.sub(r"csl: nlm\S+", "csl: house", path.read_text()))
    for content, says in ((None, "no such style"), ("<style/>", "no CSL style"), ("not xml", "no CSL style")):
        if content:
            (path.parent / "house.csl").write_text(content)
        ran = casereport("check", case, "--journal", "ours", cwd=desk)
        assert ran.code == 5, ran.everything
        assert says in ran.err


def test_one_broken_profile_hides_no_other(desk, case):
    (desk / "journals" / "broken").mkdir(parents=True)
    (desk / "journals" / "broken" / "profile.yaml").write_text("{{{")
    ran = casereport("journals", cwd=desk)
    assert ran.code == 0, ran.everything
    assert "broken" in ran.out
    assert "cannot be read" in ran.out
    ran = casereport("check", case, "--journal", "all", cwd=desk)
    assert ran.code == 0, ran.everything
    assert "jmcr" in ran.out


def test_groups_are_filled_in_key_by_key(desk, case):
    casereport("new", "--journal", "ours", cwd=desk)
    path = desk / "journals" / "ours" / "profile.yaml"
    path.write_text(path.read_text() + "  page: {font_pt: 11}\n")
    assert casereport("check", case, "--journal", "ours", cwd=desk).code == 0


def test_a_folder_without_a_profile_is_no_journal(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "journals" / "odd").mkdir(parents=True)
    assert "odd" not in journal.known()


def test_a_profile_of_ones_own_travels_to_the_package(desk, signed_case):
    """An institution's words reach the manuscript."""
    casereport("new", "--journal", "ours", cwd=desk)
    path = desk / "journals" / "ours" / "profile.yaml"
    path.write_text(path.read_text() + "  figures_heading: Pictures of this institution\n")
    ran = casereport("submit", signed_case, "--journal", "ours", "--accept-all", cwd=desk)
    assert ran.code == 0, ran.everything
    page = next(desk.glob("build/*/4-render-ours/manuscript.html")).read_text()
    assert "Pictures of this institution" in page


# --- ages ---


@pytest.mark.parametrize(
    ("typed", "printed"),
    [
        ("A 34-year-old man presented", "A man in his 30s presented"),
        ("An 8-year-old girl with fever", "A girl under 10 years of age with fever"),
        ("a 17 year old female.", "a female in her teens."),
        ("An 18-year-old unwell boy came", "An unwell boy in his teens came"),
        ("A 92-year-old lady", "A lady over 89 years of age"),
        ("the 34-year-old patient was", "the patient in his 30s was"),
        ("A 34-year-old\nman came", "A man in his 30s came"),
        ("A 10-year-old boy", "A boy between 10 and 12 years of age"),
        ("He was 34 years old at onset", "He was in his 30s at onset"),
        ("A 34-year-old right-handed male farmer, known", "A right-handed male farmer in his 30s, known"),
    ],
)
def test_ages_as_decades(typed, printed):
    assert ages.rewritten(typed, 34, "male", "decade") == printed
    assert ages.left(ages.rewritten(typed, 34, "male", "decade")) == 0


@pytest.mark.parametrize(
    "typed",
    [
        "A 34-year-old male carpenter came",  # not understood: left, and told
        "women aged 34 years and over",
        "aged 34-60 years",
        "a 34-year-old man's wife",
        "the nine-year-old boy",
        "a 34 y/o",
        "34/M",
        "a woman of 34 years",
        "a 3-month-old",
        "His brother, aged 41, is well",
        "at the age of 12",
        "a 34-year-old",
    ],
)
def test_what_is_not_understood_is_left_and_counted(typed):
    """Another wording, someone else, a group: nothing is guessed, a person is told."""
    assert ages.rewritten(typed, 34, "male", "decade") == typed
    assert ages.left(typed) == 1


@given(
    st.text(max_size=80), st.integers(0, 120), st.sampled_from(["male", "female", "intersex", "undisclosed"])
)
def test_rewriting_ages_twice_changes_nothing_more(text, years, sex):
    once = ages.rewritten(f"{text} A {years}-year-old man. {text}", years, sex, "decade")
    assert ages.rewritten(once, years, sex, "decade") == once


def test_decades_and_title_in_the_manuscript(signed_case, tmp_path):
    """BMJ Case Reports: no exact age, no 'a case report' in the title, and the record stays as it is."""
    before = (signed_case / "record.yaml").read_bytes()
    ran = casereport(
        "submit", signed_case, "--journal", "bmj-case-reports", "--accept-all", "-o", tmp_path / "out"
    )
    assert ran.code == 0, ran.everything
    page = next(tmp_path.glob("out/*/4-render-bmj-case-reports/manuscript.html")).read_text()
    assert "-year-old" not in page
    title = re.search(r"<title>(.*?)</title>", page)
    assert title
    assert "case report" not in title[1].lower()
    assert (signed_case / "record.yaml").read_bytes() == before
    care = json.loads(next(tmp_path.glob("out/*/4-render-bmj-case-reports/care.json")).read_text())
    assert "override" in next(row for row in care if row["id"] == "1")["note"]


def test_the_list_is_light():
    """`casereport journals` needs no image, PDF or document library."""
    code = (
        "import sys; from pipeline import journals; journals.listed();"
        "print(sorted({'pydicom', 'PIL', 'numpy', 'typst', 'lxml', 'jinja2'} & set(sys.modules)))"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT)
    assert run.stdout.strip() == "[]"
