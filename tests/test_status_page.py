"""`casereport status cases/ --open`: every case on one page, which its script only sorts and filters."""

from __future__ import annotations

import json
import os
import shutil
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from lxml import etree

from pipeline import status
from tests import seeing
from tests.browser import CHROMIUM, MISSING, Page, browser
from tests.conftest import CONSENT, Ran, casereport, edit, make_case

DAYS = 24 * 3600


@pytest.fixture(scope="module")
def cases(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Four cases: complete, lacking things, unreadable, withdrawn."""
    folder = tmp_path_factory.mktemp("department") / "cases"
    complete = make_case(folder / "case-2")
    lacking = make_case(folder / "case-10")
    edit(lacking, "\ntitle:", "\nx_title:")
    for section in ("history", "examination", "outcomes"):
        edit(lacking, f"\n{section}:", f"\nx_{section}:")
    make_case(folder / "<i>odd").joinpath("record.yaml").write_text("title: [\n")
    withdrawn = make_case(folder / "case-3")
    with (withdrawn / "record.yaml").open("a", encoding="utf-8") as record:
        record.write(CONSENT.format(form="0" * 16).replace("withdrawn: no", "withdrawn: yes"))
    (withdrawn / "consent" / "signed-form.pdf").write_bytes(b"%PDF-1.4\n%%EOF\n")
    old = time.time() - 12 * DAYS
    for path in complete.rglob("*"):
        os.utime(path, (old, old))
    return folder


@pytest.fixture(scope="module")
def written(cases: Path) -> Path:
    """The page, as the command writes it."""
    out = cases.parent / "build"
    ran = casereport("status", cases, "--open", "--no-browser", "--out", out)
    assert ran.code == 0, ran.err
    assert f"page: {out / 'status.html'}" in ran.err
    assert ran.out.count("next:") == 4
    return out / "status.html"


def rows(path: Path) -> dict[str, list[str]]:
    """Case -> its cells, as words."""
    tree = etree.HTML(path.read_text(encoding="utf-8"))
    return {
        "".join(row.find("th").itertext()): [
            " ".join(" ".join(cell.itertext()).split()) for cell in row.iterfind("td")
        ]
        for row in tree.iterfind(".//tbody/tr")
    }


def test_what_it_says_of_each_case(written: Path) -> None:
    found = rows(written)
    assert set(found) == {"case-2", "case-10", "case-3", "<i>odd"}
    stage, ago, missing, ready, following = found["case-2"]
    assert (stage, ago) == ("record complete", "12 days ago")
    assert missing == f"{status.NO_CONSENT} {status.UNSIGNED}"
    assert "jmcr" in ready or "all 10 journals" in ready
    assert "have it signed" in following
    stage, ago, missing, ready, following = found["case-10"]
    assert stage.startswith("record: ")
    assert ago == "today"
    assert missing.count("record.yaml:") == status.FIRST
    assert "more: casereport check" in missing
    assert ready == "none yet"
    assert found["<i>odd"][0] == "unreadable"
    assert "record.yaml:" in found["<i>odd"][2]
    assert found["case-3"][0] == "withdrawn" or found["case-3"][0].startswith("record: ")
    assert written.stat().st_mode & 0o077 == 0


def test_what_is_remembered_is_asked_again_when_the_case_changes(cases: Path, tmp_path: Path) -> None:
    def ready() -> tuple[str, ...] | None:
        (row,) = status.read(cases / "case-2", tmp_path, "aujmsr", everywhere=True)
        return row.ready

    before, memory = ready(), tmp_path / status.MEMORY
    assert before
    (key,) = json.loads(memory.read_text())
    assert len(key) == 64  # a digest: no name of a folder
    memory.write_text(json.dumps({key: {"ready": ["remembered"]}}))
    assert ready() == ("remembered",)
    record = cases / "case-2" / "record.yaml"
    whole = record.read_bytes()
    try:
        record.write_bytes(whole + b"# a note\n")
        assert ready() == before
    finally:
        record.write_bytes(whole)
    memory.write_text("[not json")
    assert ready() == before


def test_no_cases_and_one_case(cases: Path, tmp_path: Path) -> None:
    assert "No cases here" in status.page(status.read(tmp_path, tmp_path, "aujmsr", everywhere=True))
    only = status.read(cases / "case-2", tmp_path, "aujmsr", everywhere=True)
    assert [row.case for row in only] == ["case-2"]
    assert "1 case<" in status.page(only)


def test_folders_that_are_no_cases_are_counted(cases: Path, tmp_path: Path) -> None:
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
    make_case(tmp_path / "case-1")
    ran = casereport("status", tmp_path, "--open", "--no-browser", "--out", tmp_path / ".build")
    assert "2 folders are not cases" in ran.out
    assert "2 folders are not cases" in (tmp_path / ".build" / "status.html").read_text(encoding="utf-8")
    assert "not cases" not in casereport("status", tmp_path / "case-1").out


def test_stages_are_judged_by_digests(built: tuple[Ran, Path], signed_case: Path, tmp_path: Path) -> None:
    """A package is as the case is now, or it is not, whatever the times of files say."""
    case, out = tmp_path / "ring-case", tmp_path / "results"
    shutil.copytree(signed_case, case, copy_function=shutil.copyfile)  # new times, same bytes
    shutil.copytree(built[1], out / "ring-case")

    def row() -> status.Row:
        (one,) = status.read(case, out)
        return one

    assert row().stage == "packed for aujmsr"
    assert any("REV001" in words for words in row().open)  # packed unseen: said
    (picture,) = (case / "images").iterdir()
    (case / "more.txt").write_text("listed, and nothing depends on it")
    assert row().stage == "packed for aujmsr"
    whole, was = picture.read_bytes(), picture.stat()
    picture.write_bytes(whole + b" ")
    os.utime(picture, ns=(was.st_atime_ns, 0))  # as cp -p brings an old file
    assert row().stage == "changed since it was packed"
    picture.write_bytes(whole)
    assert row().stage == "packed for aujmsr"
    shutil.rmtree(out / "ring-case" / "5-pack-aujmsr")
    assert row().stage == "to sign off"
    signoffs = "sign-offs:\n- {clean: '" + "0" * 64 + "', name: A, role: doctor, signed: '2026-01-01'}\n"
    (case / "decisions.yaml").write_text(signoffs)
    assert row().stage == "to sign off"
    assert any("REV002" in words for words in row().open)
    (case / "decisions.yaml").write_text("sign-offs: {}\npictures: 3\n")
    assert "signed" not in row().stage
    assert "REV006" in row().next


@pytest.fixture(scope="module")
def page() -> Iterator[Page]:
    if CHROMIUM is None:
        pytest.skip(MISSING)
    with browser() as opened:
        yield opened


@pytest.mark.parametrize("width", [1440, 390])
def test_in_a_browser(written: Path, page: Page, width: int) -> None:
    seeing.look(page, written, width)
    seeing.keep(page, f"status-{width}")
    assert seeing.findings(page) == []


def test_sorting_and_filtering_by_keyboard(written: Path, page: Page) -> None:
    page.open(written.as_uri())
    shown = "[...document.querySelectorAll('tbody tr')].filter((r) => !r.hidden).map((r) => r.dataset.case)"
    head = "document.querySelector('th[data-by=case]')"
    page.run(f"{head}.querySelector('button').focus()")
    page.press("Enter")
    first = page.run(shown)
    assert [name for name in first if name.startswith("case")] == ["case-2", "case-3", "case-10"]
    assert page.run(f"{head}.getAttribute('aria-sort')") == "ascending"
    page.press("Enter")
    assert page.run(shown) == first[::-1]
    page.run("document.querySelector('#find').focus()")
    page.type("CASE-1")
    assert page.run(shown) == ["case-10"]
    assert page.run("document.querySelector('#shown').textContent") == "1 of 4 shown"
    page.run(
        "document.querySelector('#find').value = ''; const one = document.querySelector('#journal');"
        "one.value = 'jmcr'; one.dispatchEvent(new Event('input', {bubbles: true}))"
    )
    assert page.run(shown) == ["case-2"]


def test_it_is_whole_without_its_script(written: Path, page: Page) -> None:
    page.send("Emulation.setScriptExecutionDisabled", value=True)
    try:
        page.open(written.as_uri())
    finally:
        page.send("Emulation.setScriptExecutionDisabled", value=False)
    assert page.run("document.querySelectorAll('tbody tr').length") == 4
    assert page.run("document.querySelector('form').offsetHeight") == 0  # nothing that would do nothing
