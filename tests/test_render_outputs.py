"""The files themselves, read by something that is not us: JATS DTD, python-docx, pikepdf, PDFium, lxml."""

from __future__ import annotations

import dataclasses
import io
import json
import os
import re
import zipfile
from pathlib import Path

import Bio.Entrez
import docx
import pikepdf
import pytest
from docx.oxml.ns import qn
from lxml import etree, html

from pipeline import check, deidentify, intake, render
from pipeline.core import files, journal
from pipeline.core.errors import Exit, NotReady, ToolError
from pipeline.render import pandoc
from tests import rendering
from tests.conftest import edit
from tests.rendering import HOSTILE, NAMES

JOURNALS = ("aujmsr", "jmcr")
MANUSCRIPTS = ("manuscript.docx", "manuscript.pdf", "manuscript.xml", "manuscript.html")
OLDER = "manuscript-jats-1.1.xml"
TOLD = "manuscript-with-authors.xml"  # only where the journal blinds
ALL = {
    *MANUSCRIPTS,
    OLDER,
    "title-page.docx",
    "cover-letter.docx",
    "disclosure-forms.pdf",
    "care-checklist.pdf",
    "care-checklist.docx",
    "care.json",
    "manuscript.json",
}
DTD = Path(Bio.Entrez.__file__).parent / "DTDs" / "JATS-archivearticle1-3-mathml3.dtd"


@pytest.fixture(scope="session")
def done(tmp_path_factory):
    """Each journal's manuscript of the same case."""
    clean = rendering.clean_case(tmp_path_factory.mktemp("case") / "clean")
    out = tmp_path_factory.mktemp("out")
    return {name: rendering.rendered(clean, name, out / name) for name in JOURNALS}


@pytest.fixture(scope="session")
def hostile(tmp_path_factory):
    """A manuscript whose every text is an attack on some parser."""
    lines = "\n\n".join(f"Typed {n} {line} end." for n, line in enumerate(HOSTILE))
    record = {
        "title": "A case report " + HOSTILE[4],
        "running_title": HOSTILE[0],
        "keywords": ["case report", HOSTILE[3], HOSTILE[1]],
        "novelty": lines,
        "abstract": {"background": HOSTILE[2], "case_presentation": HOSTILE[7], "conclusions": HOSTILE[9]},
        "text": {**rendering.RECORD["text"], "discussion": lines + "\n\n[@third]"},
        "timeline": [{"day": 0, "when": "Day 0", "event": line} for line in HOSTILE],
        "figures": [
            {**f, "legend": lines, "alt": HOSTILE[4] + HOSTILE[7]} for f in rendering.RECORD["figures"]
        ],
    }
    byline = {"declarations": {**rendering.BYLINE["declarations"], "ai_use": lines}}
    clean = rendering.clean_case(tmp_path_factory.mktemp("hostile") / "clean", record, byline)
    return rendering.rendered(clean, "aujmsr", tmp_path_factory.mktemp("hostile-out") / "x")


def words_of(path: Path) -> str:
    """All text of a manuscript, in whichever format, without white space."""
    if path.suffix == ".docx":
        document = docx.Document(str(path))
        text = "".join(t.text or "" for t in document.element.body.iter(qn("w:t")))
    elif path.suffix == ".pdf":
        pages = (re.sub(r"(?m)^\s*\d+\s*$", "", page) for page in rendering.pdf_text(path))
        text = "".join(pages)
    elif path.suffix == ".xml":
        text = "".join(etree.parse(path).getroot().itertext())
    else:
        text = "".join(html.parse(str(path)).getroot().body.itertext())
    return re.sub(r"\s", "", text)


# --- what is there --------------------------------------------------------------------------------------


@pytest.mark.parametrize(("name", "ending"), [("aujmsr", "tif"), ("jmcr", "png")])
def test_everything_is_made(done, name, ending):
    made = {p.relative_to(done[name]).as_posix() for p in files.walk(done[name])}
    told = {TOLD} if name == "aujmsr" else set()
    assert made == ALL | told | {f"figures/figure-{n}.{ending}" for n in (1, 2)}


@pytest.mark.parametrize("name", JOURNALS)
def test_the_same_bytes_every_time(done, name, tmp_path, monkeypatch):
    """Another day, place, language and folder change nothing."""
    monkeypatch.setenv("TZ", "Asia/Kolkata")
    monkeypatch.setenv("LANG", "hi_IN.UTF-8")
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1700000000")
    again = rendering.rendered(rendering.clean_case(tmp_path / "elsewhere"), name, tmp_path / "again")
    for path in files.walk(done[name]):
        assert (again / path.relative_to(done[name])).read_bytes() == path.read_bytes(), path.name


def test_load_gives_the_noun_back(done):
    paper = render.load(done["aujmsr"])
    assert (paper.journal, paper.clean, paper.blinded) == ("aujmsr", rendering.DIGEST, True)
    assert paper.counts["figures"]["count"] == 2
    assert render.load(done["jmcr"]).blinded is False


def test_needs_follow_what_is_printed(tmp_path):
    clean, profile = rendering.clean_case(tmp_path / "clean"), journal.load("aujmsr")
    first = files.digest(render.needs(clean, profile, rendering.care()))
    clean.byline["authors"][0]["position"] = "Registrar"
    changed = files.digest(render.needs(clean, profile, rendering.care()))
    (tmp_path / "clean" / "references.bib").write_text("")
    emptied = files.digest(render.needs(clean, profile, rendering.care()))
    draft = files.digest(render.needs(clean, profile, rendering.care(), True))
    assert len({first, changed, emptied, draft}) == 4


# --- what reviewers may know ----------------------------------------------------------------------------


def test_a_blinded_manuscript_names_nobody_in_any_byte(done):
    for name in (
        *MANUSCRIPTS,
        OLDER,
        "care-checklist.pdf",
        "care-checklist.docx",
        "care.json",
        "figures/figure-1.tif",
    ):
        content = rendering.everything(done["aujmsr"] / name)
        text = content + words_of(done["aujmsr"] / name).encode() if name in MANUSCRIPTS else content
        for wanted in NAMES:
            assert wanted.encode() not in text, (name, wanted)
            assert wanted.replace(" ", "").encode() not in text, (name, wanted)


def test_the_editor_of_a_blinding_journal_gets_the_article_with_its_authors(done):
    tree, blinded = (etree.parse(done["aujmsr"] / name) for name in (TOLD, "manuscript.xml"))
    dtd = etree.DTD(str(DTD))
    assert dtd.validate(tree), dtd.error_log
    assert tree.xpath("//contrib/name/surname/text()") == ["Sandhawalia", "Krishnappa-Rao"]
    for path in ("//contrib-id[@contrib-id-type='orcid']", "//role[@vocab='credit']", "//funding-statement"):
        assert tree.xpath(path), path
    assert blinded.xpath("//contrib | //funding-statement") == []
    assert b"withheld" not in (done["aujmsr"] / TOLD).read_bytes()
    for part in ("//body", "//ref-list", "//floats-group"):
        assert etree.tostring(tree.xpath(part)[0]) == etree.tostring(blinded.xpath(part)[0])
    assert not (done["jmcr"] / TOLD).exists()


def test_an_open_manuscript_names_its_authors(done):
    for name in MANUSCRIPTS:
        assert "Sandhawalia" in words_of(done["jmcr"] / name), name


@pytest.mark.parametrize("name", JOURNALS)
def test_no_path_of_this_computer_is_in_it(done, name):
    for path in files.walk(done[name]):
        content = rendering.everything(path)
        for wanted in (str(Path.home()).encode() + b"/", b"/tmp/", b"/usr/", os.fsencode(Path.cwd())):
            assert wanted not in content, path.name


# --- hostile words --------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", MANUSCRIPTS)
def test_hostile_text_comes_out_as_letters(hostile, name):
    text = words_of(hostile / name)
    for n, line in enumerate(HOSTILE):
        wanted = re.sub(r"\s", "", f"Typed {n} {line} end.")
        assert text.count(wanted) >= 3, line  # discussion, legend and declaration
        assert re.sub(r"\s", "", line) in text


def test_hostile_text_comes_out_as_letters_in_the_letters(hostile):
    text = words_of(hostile / "cover-letter.docx")
    for n, line in enumerate(HOSTILE):
        assert re.sub(r"\s", "", f"Typed {n} {line} end.") in text


@pytest.mark.parametrize("name", [*MANUSCRIPTS, "cover-letter.docx", "title-page.docx"])
def test_hostile_text_does_nothing(hostile, name):
    content = rendering.everything(hostile / name)
    assert b"root:" not in content
    if name.endswith("html"):
        page = html.fromstring(content.decode())
        assert page.xpath("//script | //iframe | //link | //object") == []
        assert all(a.get("href").startswith(("#", "https://")) for a in page.xpath("//a"))
    if name.endswith("docx"):
        assert len(re.findall(rb"word/media/[^\n]+\.png\n", content)) == (2 if "manuscript" in name else 0)


def test_hostile_jats_is_valid(hostile):
    assert_valid(hostile / "manuscript.xml")


# --- JATS -----------------------------------------------------------------------------------------------


def assert_valid(path):
    dtd = etree.DTD(str(DTD))
    dtd.validate(etree.parse(path))
    assert [f"{e.line}: {e.message}" for e in dtd.error_log] == []


@pytest.mark.parametrize("name", JOURNALS)
def test_jats_fits_the_dtd(done, name):
    assert_valid(done[name] / "manuscript.xml")


@pytest.mark.parametrize("name", JOURNALS)
def test_jats_says_what_it_is(done, name):
    root = etree.parse(done[name] / "manuscript.xml").getroot()
    assert root.get("article-type") == "case-report"
    assert [len(root.findall(f".//{tag}")) for tag in ("fig", "table-wrap", "ref")] == [2, 2, 3]
    assert [f.findtext("alt-text") for f in root.iter("fig")] == [
        "Two grey squares & a bar.",
        "A red ring on skin.",
    ]
    ids = {e.get("id") for e in root.iter() if e.get("id")}
    assert {x.get("rid") for x in root.iter("xref")} <= ids
    assert {x.get("ref-type") for x in root.iter("xref")} >= {"bibr", "fig", "table"}
    for graphic in root.iter("graphic"):
        assert (done[name] / graphic.get("{http://www.w3.org/1999/xlink}href")).is_file()
    assert root.findtext(".//fn[@fn-type='coi-statement']/p") == "None declared."


def test_jats_of_an_open_journal_has_contributors(done):
    root = etree.parse(done["jmcr"] / "manuscript.xml").getroot()
    assert [c.findtext("name/surname") for c in root.iter("contrib")] == ["Sandhawalia", "Krishnappa-Rao"]
    assert root.findtext(".//contrib-id") == "https://orcid.org/0000-0002-1825-0097"
    assert root.find(".//role").get("vocab-term") == "Writing – original draft"
    assert etree.parse(done["aujmsr"] / "manuscript.xml").getroot().find(".//contrib-group") is None


def test_jats_references_have_their_parts(done):
    article = etree.parse(done["jmcr"] / "manuscript.xml").getroot().findall(".//element-citation")[1]
    assert article.findtext("article-title") == "Ring disease in Kerala: Crohn’s lesson"
    assert [article.findtext(t) for t in ("source", "year", "volume", "issue", "fpage", "lpage")] == [
        "Skin J",
        "2020",
        "12",
        "3",
        "101",
        "109",
    ]
    assert article.findtext("pub-id[@pub-id-type='doi']") == "10.1000/ring.1"


# --- DOCX -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", JOURNALS)
def test_docx_is_set_for_review(done, name):
    document = docx.Document(str(done[name] / "manuscript.docx"))
    page = journal.load(name).layout["page"]
    section = document.sections[0]
    assert section._sectPr.find(qn("w:lnNumType")).get(qn("w:restart")) == "continuous"
    assert round(section.page_width.mm) == 210
    assert section.left_margin.cm == pytest.approx(page["margin_cm"], abs=0.01)
    for style in ("Body Text", "First Paragraph", "Bibliography"):
        assert document.styles[style].paragraph_format.line_spacing == page["spacing"]
        assert (document.styles[style].font.name, document.styles[style].font.size.pt) == (
            "Times New Roman",
            12,
        )
    assert "PAGE" in "".join(e.text for e in section.footer._element.iter(qn("w:instrText")))


@pytest.mark.parametrize("name", JOURNALS)
def test_docx_has_real_headings_captions_headers_and_alt_text(done, name):
    document = docx.Document(str(done[name] / "manuscript.docx"))
    sections = [s["heading"] for s in journal.load(name).layout["sections"] if s["heading"][:7] != "Patient"]
    headings = [p.text for p in document.paragraphs if p.style.name == "Heading 1"]
    assert [h for h in headings if h in sections] == sections
    captions = [
        p.text.split(".")[0]
        for p in document.paragraphs
        if p.style.name in {"Table Caption", "Image Caption"}
    ]
    assert captions == ["Table 1", "Table 2", "Figure 1", "Figure 2"]
    assert all(t._tbl.find(f".//{qn('w:tblHeader')}") is not None for t in document.tables)
    alts = [e.get("descr") for e in document.element.body.iter(qn("wp:docPr"))]
    assert alts == ["Two grey squares & a bar.", "A red ring on skin."]
    raised = [r.text for p in document.paragraphs for r in p.runs if r.font.superscript]
    assert "9" in raised


@pytest.mark.parametrize(
    "name", ["manuscript.docx", "title-page.docx", "cover-letter.docx", "care-checklist.docx"]
)
def test_docx_parts_are_stored_so_that_no_zlib_decides_their_bytes(done, name):
    with zipfile.ZipFile(done["aujmsr"] / name) as z:
        assert {entry.compress_type for entry in z.infolist()} == {zipfile.ZIP_STORED}


def test_docx_holds_each_picture_once(done):
    with zipfile.ZipFile(done["aujmsr"] / "manuscript.docx") as z:
        assert b"base64" not in z.read("word/document.xml")


@pytest.mark.parametrize(
    "name", ["manuscript.docx", "title-page.docx", "cover-letter.docx", "care-checklist.docx"]
)
def test_docx_properties_are_bare(done, name):
    with zipfile.ZipFile(done["aujmsr"] / name) as z:
        assert [i.date_time for i in z.infolist()] == [(1980, 1, 1, 0, 0, 0)] * len(z.infolist())
        assert len(etree.fromstring(z.read("docProps/custom.xml"))) == 0
    properties = docx.Document(str(done["aujmsr"] / name)).core_properties
    assert (properties.author, properties.last_modified_by) == ("", "")


def test_links_inside_the_docx_lead_somewhere(done):
    body = docx.Document(str(done["aujmsr"] / "manuscript.docx")).element.body
    marks = {b.get(qn("w:name")) for b in body.iter(qn("w:bookmarkStart"))}
    anchors = {a for h in body.iter(qn("w:hyperlink")) if (a := h.get(qn("w:anchor")))}
    assert {"figure-1", "table-1", "ref-1"} <= anchors <= marks


def test_a_path_in_the_docx_stops_the_build():
    raw = io.BytesIO()
    with zipfile.ZipFile(raw, "w") as z:
        z.writestr("word/settings.xml", "<x>/home/resident/case</x>")
    from pipeline.render import docx as ours

    with pytest.raises(ToolError):
        ours.tidy(raw.getvalue())


# --- PDF ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["manuscript.pdf", "care-checklist.pdf", "disclosure-forms.pdf"])
def test_pdf_says_it_is_archival_and_accessible(done, name):
    with pikepdf.open(done["aujmsr"] / name) as document:
        assert document.check_pdf_syntax() == []
        assert document.Root.MarkInfo.Marked
        assert str(document.Root.Lang).startswith("en")
        with document.open_metadata() as meta:
            assert (meta["pdfaid:part"], meta["pdfaid:conformance"], meta["pdfuaid:part"]) == ("2", "A", "1")
            assert meta["dc:title"]
            assert "Sandhawalia" not in str(meta)


def test_pdf_pictures_have_their_words(done):
    with pikepdf.open(done["aujmsr"] / "manuscript.pdf") as document:
        alts = [str(o.Alt) for o in document.objects if isinstance(o, pikepdf.Dictionary) and "/Alt" in o]
    assert alts == ["Two grey squares & a bar.", "A red ring on skin."] or set(alts) >= {
        "Two grey squares & a bar.",
        "A red ring on skin.",
    }


def test_pdf_lines_are_numbered(done):
    numbers = [
        int(n)
        for n in re.findall(
            r"(?m)^(\d{1,3})\s*$", "\n".join(rendering.pdf_text(done["aujmsr"] / "manuscript.pdf"))
        )
    ]
    assert set(range(1, 40)) <= set(numbers)


def test_a_character_without_a_shape_is_named_not_dropped(tmp_path):
    text = {**rendering.RECORD["text"], "conclusion": "A seal \ue123 here."}
    clean = rendering.clean_case(tmp_path / "clean", {"text": text})
    with pytest.raises(NotReady) as stop:
        rendering.rendered(clean, "aujmsr", tmp_path / "out")
    assert stop.value.code == "REN005"
    assert "U+E123" in stop.value.what


def test_indian_scripts_and_signs_are_set(tmp_path):
    text = {**rendering.RECORD["text"], "conclusion": "ठीक है ≥ µ − ± → α β ½ … ‘x’ “y” ₂ ²"}
    clean = rendering.clean_case(tmp_path / "clean", {"text": text})
    assert "≥" in words_of(rendering.rendered(clean, "aujmsr", tmp_path / "out") / "manuscript.pdf")


# --- citations ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("name", "said"), [("aujmsr", "often.[1]"), ("jmcr", "often[1].")])
def test_citations_are_numbered_in_the_journals_style(done, name, said):
    for file in MANUSCRIPTS:
        text = words_of(done[name] / file)
        assert said in text, file
        assert "described.[1,2]" in text or "described[1,2]." in text or "described[1,2]" in text, file
        assert "[@" not in text
    text = words_of(done[name] / "manuscript.docx")
    assert text.index("WorldRingSociety") < text.index("RaoPK") < text.index("AbleA")
    assert "Nobody" not in text
    assert "privateremark" not in text


@pytest.mark.parametrize("name", JOURNALS)
def test_a_manuscript_without_references_has_no_empty_list(tmp_path, name):
    plain = {part: re.sub(r" \[@[^\]]+\]", "", t) if t else t for part, t in rendering.RECORD["text"].items()}
    clean = dataclasses.replace(rendering.clean_case(tmp_path / "clean", {"text": plain}), references=None)
    out = rendering.rendered(clean, name, tmp_path / "out")
    assert "References" not in words_of(out / "manuscript.docx")
    assert_valid(out / "manuscript.xml")


def test_a_dead_citation_stops_before_anything_is_written(tmp_path):
    text = {**rendering.RECORD["text"], "conclusion": "Seen [@nobody]."}
    with pytest.raises(NotReady) as stop:
        rendering.rendered(
            rendering.clean_case(tmp_path / "clean", {"text": text}), "aujmsr", tmp_path / "out"
        )
    assert (stop.value.code, stop.value.exit) == ("REF001", Exit.NOT_READY)
    assert list((tmp_path / "out").iterdir()) == []


def test_a_citation_where_none_can_be_stays_as_typed(tmp_path):
    typed = "*Ring* [@first] {fig:ring}"
    record = {"title": typed, "running_title": typed, "keywords": [typed], "novelty": typed}
    out = rendering.rendered(rendering.clean_case(tmp_path / "clean", record), "jmcr", tmp_path / "out")
    for name in (*MANUSCRIPTS, "title-page.docx", "cover-letter.docx"):
        assert "Ring[@first]{fig:ring}" in words_of(out / name), name
    assert_valid(out / "manuscript.xml")


# --- HTML -----------------------------------------------------------------------------------------------


def test_html_needs_nothing_from_outside(done):
    page = html.fromstring((done["aujmsr"] / "manuscript.html").read_text())
    policy = page.xpath("//meta[@http-equiv='Content-Security-Policy']/@content")[0]
    assert policy.startswith("default-src 'none'")
    assert page.xpath("//script | //link | //iframe") == []
    assert all(src.startswith("data:image/png;base64,") for src in page.xpath("//img/@src"))
    assert page.xpath("//img/@alt") == ["Two grey squares & a bar.", "A red ring on skin."]
    assert set(page.xpath("//a/@href[starts-with(., '#')]")) <= {f"#{i}" for i in page.xpath("//@id")}
    assert page.xpath("//th/@scope").count("col") == 8


# --- letters, checklist, draft --------------------------------------------------------------------------


def test_title_page_has_what_icmje_asks(done):
    page = docx.Document(str(done["aujmsr"] / "title-page.docx"))
    text = " ".join(p.text for p in page.paragraphs)
    rows = [[cell.text for cell in row.cells] for row in page.tables[0].rows]
    assert rows[1:] == [
        ["Meher Jot Sandhawalia, MD", "Writing – original draft; Investigation"],
        ["Anand Krishnappa-Rao", "Supervision"],
    ]
    for wanted in (
        "Ring-shaped plaque of the forearm: a case report",
        "1. Meher Jot Sandhawalia, MD; Resident; affiliation 1; ORCID https://orcid.org/0000-0002-1825-0097",
        "2. Anand Krishnappa-Rao; affiliation 1, 2",
        "1. Department of Dermatology, Silver Fir Medical College, Patiala, India",
        "meher.sandhawalia@example.org",
        "abstract 12 words; 2 figures; 2 tables; 3 references.",
        "Paid by the Copper Kettle Fund.",
        "None declared.",
        "We thank Gurbani Thethi.",
    ):
        assert wanted in text


def test_cover_letter_says_why_and_what(done):
    blinded, opened = (
        " ".join(p.text for p in docx.Document(str(done[n] / "cover-letter.docx")).paragraphs)
        for n in JOURNALS
    )
    for text in (blinded, opened):
        for wanted in (
            "Nobody had looked under the ring before.",
            "was",
            "consent",
            "None declared.",
            "By sending this letter the corresponding author confirms: the manuscript has not been",
            "Meher Jot",
        ):
            assert wanted in text
    assert "your review is blinded" in blinded
    assert "your review is blinded" not in opened
    assert "available for review by the Editor-in-Chief" in opened


def test_a_case_shown_before_is_disclosed(tmp_path):
    clean = rendering.clean_case(tmp_path / "clean", {"questions": {"posted_before": True}})
    letter = docx.Document(str(rendering.rendered(clean, "aujmsr", tmp_path / "out") / "cover-letter.docx"))
    assert any("social media" in p.text for p in letter.paragraphs)


def test_the_editor_is_told_what_became_of_an_earlier_post_and_no_more_than_the_record_says(tmp_path):
    told = {"where": "a WhatsApp group", "removed": True, "editor_told": True, "consent_covers": False}
    posted = {"questions": {"posted_before": True}}
    clean = rendering.clean_case(tmp_path / "clean", posted, {"earlier_posts": told})
    letter = docx.Document(str(rendering.rendered(clean, "aujmsr", tmp_path / "out") / "cover-letter.docx"))
    said = [p.text for p in letter.paragraphs if "before this submission" in p.text]
    assert len(said) == 1
    assert said[0].endswith("a WhatsApp group; it has been taken down.")


def test_checklist_leads_to_the_right_page_and_line(done):
    rows = json.loads((done["aujmsr"] / "care.json").read_text())
    assert len(rows) == 30
    pages = rendering.pdf_text(done["aujmsr"] / "manuscript.pdf")
    assert [row["id"] for row in rows if not row["where"]] == ["12"]  # this case has no patient perspective
    for row in rows:
        if not row["where"]:
            continue
        page, line = re.search(r"page\s(\d+), line\s(\d+)", row["where"]).groups()
        name = (
            row["where"]
            .split(":")[0]
            .replace("Title", "Ring-shaped")
            .replace("Declaration of patient consent", "consent")
        )
        assert name in pages[int(page) - 1], row["id"]
        assert re.search(rf"(?m)^\s*{line}\s*$", pages[int(page) - 1]), row["id"]


def test_a_reason_why_a_line_does_not_apply_is_printed_as_cleaned(case, tmp_path):
    """The report of `check` holds what the author typed; only the clean copies may leave."""
    said = "Meera Testwala could not be reached after 3 April 2025."
    edit(case, "questions:", f"not_applicable: {{'12': '{said}'}}\nquestions:")
    found = intake.read(case)
    report = check.check(found, journal.load("aujmsr"))
    assert said in {line.note for line in report.care}
    (tmp_path / "out").mkdir()
    with files.publish(tmp_path / "1-deidentify", {}) as part:
        deidentify.make(found, part)
    clean = deidentify.load(tmp_path / "1-deidentify")
    render.make(clean, journal.load("aujmsr"), report.care, True, tmp_path / "out")
    rows = json.loads((tmp_path / "out/care.json").read_text())
    note = next(row["note"] for row in rows if row["id"] == "12")
    assert "could not be reached" in note
    printed = note + " ".join(rendering.pdf_text(tmp_path / "out/care-checklist.pdf"))
    assert "could not be" in printed
    for typed in ("Meera", "Testwala", "April", "2025"):
        assert typed not in printed


def test_checklist_does_not_claim_more_than_it_knows(done):
    text = " ".join(" ".join(rendering.pdf_text(done["aujmsr"] / "care-checklist.pdf")).split())
    person = sum(line.decided_by != "software" for line in rendering.care())
    assert (
        f"{30 - person} of 30 lines were decided by software alone; {person} lines also need the judgement"
        in text
    )
    assert "Reported: 29; partial: 1; missing: 0; not applicable: 0." in text
    assert "diagnosis.prognosis is not filled in" in text
    assert "compliant" not in text.lower()


def test_a_draft_is_marked_and_cannot_be_submitted(tmp_path):
    clean = rendering.clean_case(tmp_path / "clean")
    out = rendering.rendered(clean, "aujmsr", tmp_path / "out", draft=True)
    assert {p.name for p in out.iterdir()} == ALL - {
        "manuscript.xml",
        OLDER,
        "title-page.docx",
        "cover-letter.docx",
        "disclosure-forms.pdf",
    } | {"figures"}
    pages = rendering.pdf_text(out / "manuscript.pdf")
    assert all("DRAFT – not for submission" in page for page in pages)
    assert "DRAFT – not for submission" in (out / "manuscript.html").read_text()
    assert (
        "DRAFT – not for submission"
        in docx.Document(str(out / "manuscript.docx")).sections[0].header.paragraphs[0].text
    )
    assert json.loads((out / "manuscript.json").read_text())["draft"] is True


def test_a_draft_shows_dead_citations_as_typed(tmp_path):
    text = {**rendering.RECORD["text"], "conclusion": "Seen [@nobody]."}
    clean = rendering.clean_case(tmp_path / "clean", {"text": text})
    out = rendering.rendered(clean, "aujmsr", tmp_path / "out", draft=True)
    assert "Seen[@nobody]." in words_of(out / "manuscript.docx")
    findings = json.loads((out / "manuscript.json").read_text())["findings"]
    assert findings[0]["code"] == "REF001"


# --- tools ----------------------------------------------------------------------------------------------


def test_a_missing_pandoc_is_said(tmp_path, monkeypatch):
    monkeypatch.setattr(pandoc, "program", lambda: "/nonexistent/pandoc")
    with pytest.raises(ToolError) as stop:
        rendering.rendered(rendering.clean_case(tmp_path / "clean"), "aujmsr", tmp_path / "out")
    assert stop.value.exit == Exit.TOOL


def test_a_failing_pandoc_is_not_quoted():
    with pytest.raises(ToolError) as stop:
        pandoc.run(b'{"patient": "Jasvinder"}', "json", "docx")
    assert "Jasvinder" not in str(stop.value)


def test_pandoc_sees_no_environment_and_no_files(monkeypatch, tmp_path):
    monkeypatch.setenv("HOME", "/home/resident")
    secret = tmp_path / "secret.png"
    secret.write_bytes(b"secret")
    image = {"t": "Image", "c": [["", [], []], [], [str(secret), ""]]}
    document = {"pandoc-api-version": [1, 23, 1], "meta": {}, "blocks": [{"t": "Para", "c": [image]}]}
    with pytest.raises(ToolError):
        pandoc.write(document, "docx")
