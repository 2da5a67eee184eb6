"""The pages of a package in a real browser, opened from the unpacked folder as an editor would."""

from __future__ import annotations

import base64
import io
import zipfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pypdfium2
import pytest

from pipeline import pack
from pipeline.core.model import Countersigner
from tests import seeing
from tests.browser import CHROMIUM, MISSING, Page, browser
from tests.packing import attestation, rooms

pytestmark = pytest.mark.skipif(CHROMIUM is None, reason=MISSING)
POLICY = [
    {
        "id": "SEEN",
        "clause": "ICMJE",
        "standing": "in force",
        "state": state,
        "words": "a face",
        "checked_by": by,
    }
    for state, by in (("met", ""), ("stop", ""), ("needs", ""), ("later", "consent"))
]


@pytest.fixture(scope="module")
def unpacked(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A package with everything its pages can show, unpacked."""
    folder = tmp_path_factory.mktemp("pages")
    said = attestation()
    said["boxes"] = [{"box": "figure:scan", "page": 2, "read": "marked", "why": "", "entered": True}]
    said["checks"] |= {"software": ["All 3 pages are there."], "cannot_prove": ["who signed"]}
    made = rooms(folder)
    second = Countersigner("Dr B. Second", "professor", "2026-03-15")
    made = made.but(
        grant=replace(made.grant, summary=said), signoff=replace(made.signoff, countersigned=second)
    )
    (folder / "out").mkdir()
    pack.make(*made.all, folder / "out", policy=POLICY)
    with zipfile.ZipFile(pack.load(folder / "out").zip) as z:
        z.extractall(folder / "unpacked")
    return folder / "unpacked"


@pytest.fixture(scope="module")
def page() -> Iterator[Page]:
    with browser() as opened:
        yield opened


@pytest.mark.parametrize("width", [1440, 390])
@pytest.mark.parametrize("name", ["index.html", "for-review/index.html", "editor-only/how-to-submit.html"])
def test_it_opens_offline_and_is_for_everyone(unpacked: Path, page: Page, name: str, width: int) -> None:
    seeing.look(page, unpacked / name, width)
    seeing.keep(page, f"package-{name.replace('/', '-').removesuffix('.html')}-{width}")
    assert seeing.findings(page) == []


def test_it_is_read_without_a_script(unpacked: Path, page: Page) -> None:
    page.send("Emulation.setScriptExecutionDisabled", value=True)
    try:
        page.open((unpacked / "index.html").as_uri())
    finally:
        page.send("Emulation.setScriptExecutionDisabled", value=False)
    assert page.run("document.scripts.length") == 0
    seen = page.run("document.body.innerText")
    for words in ("Granuloma annulare", "What was done", "Verified by software", "1432", "What may remain"):
        assert words in seen


def test_by_keyboard_from_the_checklist_to_the_page_and_back(unpacked: Path, page: Page) -> None:
    page.open((unpacked / "index.html").as_uri())
    page.press("Tab")
    assert page.run("document.activeElement.textContent") == "Skip to the report"
    page.press("Enter")
    page.wait("location.hash === '#main'")
    small = page.run("document.querySelector('#page-2').clientWidth")
    page.run("[...document.querySelectorAll('#care a')].find((a) => a.hash === '#page-2').focus()")
    page.press("Enter")
    page.wait("location.hash === '#page-2'")
    assert page.run("document.querySelector('#page-2').clientWidth") > 2 * small  # to be read
    page.run("document.activeElement.blur()")
    page.run("document.querySelector('#page-2 a').focus()")
    page.press("Tab")
    assert page.run("document.activeElement.textContent") == "back to the checklist"
    page.press("Enter")
    page.wait("location.hash === '#care'")


def test_by_keyboard_one_state_of_the_checklist_and_larger_pages(unpacked: Path, page: Page) -> None:
    page.open((unpacked / "index.html").as_uri())
    rows = "[...document.querySelectorAll('#care tbody tr')].filter((r) => r.offsetHeight).length"
    everything = page.run(rows)
    page.run("document.querySelector('#care .only-missing').focus()")
    page.press(" ")
    shown = page.run(rows)
    assert 0 < shown < everything
    assert shown == page.run("document.querySelectorAll('#care tr.missing').length")
    for control, changed in ((".one", ".leaf"), (".larger input", "figure .thumbs img")):
        before = page.run(f"document.querySelector('{changed}').clientWidth")
        page.run(f"document.querySelector('{control}').focus()")
        page.press(" ")
        assert page.run(f"document.querySelector('{changed}').clientWidth") > before


def test_it_prints_on_a4_with_everything_on_it(unpacked: Path, page: Page) -> None:
    page.open((unpacked / "index.html").as_uri())
    page.run("document.querySelector('#care .only-missing').click()")  # a filter is for the screen only
    printed = page.send("Page.printToPDF", preferCSSPageSize=True, printBackground=False)
    pdf = pypdfium2.PdfDocument(io.BytesIO(base64.b64decode(printed["data"])))
    sizes = {(round(leaf.get_width()), round(leaf.get_height())) for leaf in pdf}
    assert sizes <= {(595, 842), (594, 842), (595, 841), (596, 842)}
    assert 4 <= len(pdf) <= 8
    text = "".join(leaf.get_textpage().get_text_bounded() for leaf in pdf)
    for words in ("reported", "partial", "not applicable", "What may remain", "manifest-sha256.txt"):
        assert words in text
    assert "back to the checklist" not in text
