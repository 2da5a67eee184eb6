"""Every journal's package of the same case, and the example cases in all ten (the rest: make test-all)."""

from __future__ import annotations

import io
import re
import shutil
import zipfile
from pathlib import Path

import pikepdf
import pytest
from lxml import etree

from pipeline import intake
from pipeline.core import journal
from pipeline.core.identity import identifiers
from tests.conftest import ROOT, casereport, some
from tests.rendering import pdf_text
from tests.test_deidentify_dicom import seen

EXAMPLES = ("radiology-example", "dermatology-example")
FIRST = "aujmsr"
FAST = {(example, FIRST) for example in EXAMPLES}
FAST |= {("radiology-example", "cureus"), ("dermatology-example", "bmj-case-reports")}
PAIRS = [
    pytest.param(example, name, marks=() if (example, name) in FAST else pytest.mark.slow)
    for example in EXAMPLES
    for name in journal.known()
]


@pytest.fixture(scope="module")
def out(built, tmp_path_factory) -> Path:
    """One folder of results: clean copies are made once and serve every journal."""
    folder = tmp_path_factory.mktemp("journals") / "out"
    shutil.copytree(built[1].parent, folder)
    return folder


def packed(case: Path, name: str, out: Path) -> dict[str, bytes]:
    """The members of the package of a case for a journal, after the editor's check has passed."""
    ran = casereport("submit", case, "--journal", name, "--accept-all", "--out", out)
    assert ran.code == 0, ran.err
    checked = casereport("verify", ran.out.strip())
    assert checked.code == 0, checked.everything
    with zipfile.ZipFile(ran.out.strip()) as package:
        return {member: package.read(member) for member in package.namelist()}


def as_the_profile_says(members: dict[str, bytes], name: str) -> None:
    profile = journal.load(name)
    page = members["for-review/manuscript.html"].decode()
    headings = [re.sub("<[^>]+>", "", h) for h in re.findall(r"<h2[^>]*>(.*?)</h2>", page, re.DOTALL)]
    wanted = [s["heading"] for s in profile.layout["sections"] if s["heading"] in headings]
    assert len(wanted) >= 4
    assert [h for h in headings if h in wanted] == wanted
    article = etree.fromstring(members["for-review/manuscript.xml"])
    assert article.get("article-type") == "case-report"
    assert article.findtext(".//article-categories//subject") == profile.value("article_type")
    assert bool(article.findall(".//contrib")) is not profile.layout["blinded"]
    drawn = [m for m in members if m.startswith("for-review/figures/figure-")]
    assert {Path(m).suffix[1:] for m in drawn} - {"pdf"} == {profile.layout["figure"]["format"]}
    with pikepdf.open(io.BytesIO(members["for-review/manuscript.pdf"])) as document:
        assert document.Root.Lang == "en-GB"
        assert len(document.pages) > 1
    text = "".join(pdf_text(members["for-review/manuscript.pdf"]))
    assert not re.search(r"[([] \w", text), "an anchor for the checklist leaves no space behind"


@pytest.mark.parametrize(
    "name", some(sorted({*journal.known()} - {"cureus"}), 2)
)  # it asks for more keywords
def test_the_small_case_in_every_journal(signed_case, out, name):
    as_the_profile_says(packed(signed_case, name, out), name)


@pytest.mark.parametrize(("example", "name"), PAIRS)
def test_the_examples_in_every_journal(out, example, name):
    as_the_profile_says(packed(ROOT / "cases" / example, name, out), name)


@pytest.mark.parametrize("example", EXAMPLES)
def test_nothing_of_the_patient_is_in_the_copies_or_the_package(out, example):
    """A check of another kind: a plain search for each listed value in every byte of the clean copies."""
    case = ROOT / "cases" / example
    packed(case, FIRST, out)  # made already, if the tests above ran
    sealed = out / example / f"5-pack-{FIRST}" / f"submission-{FIRST}.zip"
    verified = casereport("verify", sealed, "--private", case / "private.yaml")
    assert verified.code == 0, verified.everything
    private = intake.read(case).private
    values = [private["key"], *(i.value for i in identifiers(private) if len(i.value) > 5)]
    copies = [p for p in (out / example / "1-deidentify").rglob("*") if p.is_file()]
    assert len(copies) > 5
    for copy in copies:
        data = copy.read_bytes()
        assert [v for v in values if seen(data, v) or seen(data, v.replace(" ", ""))] == [], copy
