"""The form in other languages and in large print, the sheet for reading aloud, and the form for programs."""

from __future__ import annotations

import json
import re
import shutil
from html.parser import HTMLParser

import pikepdf
import pypdfium2
import pytest

from pipeline import consent
from pipeline.consent import content, elements, form
from pipeline.core import findings, resources
from pipeline.core.errors import ToolError, UsageError
from pipeline.core.permission import Consent
from tests import consent_cases as cases
from tests.conftest import casereport, some

LANGUAGES = elements.languages()
TRANSLATED = [language for language in LANGUAGES if language != "en"]
CHILD = {**cases.RECORD["patient"], "age_years": "9", "reads_form_language": "no"}
EVERYTHING = dict.fromkeys(
    ("hiv", "mental_illness", "in_custody", "pregnancy_terminated", "dependent_on_author"), "yes"
)


def everything(**patient):
    """A record that needs as many statements and signatures as one record can."""
    record = cases.record(patient={**CHILD, **patient}, questions={**cases.RECORD["questions"], **EVERYTHING})
    record["figures"][0]["recognisable"] = "yes"
    return record


def printed(folder, record=None, **how):
    record = record or cases.record()
    case, clean = cases.case(folder / "case", record), cases.clean(folder / "clean", record)
    dest = folder / "form"
    dest.mkdir()
    consent.print_form(case, clean, dest, **how)
    return dest


def places(value, at=""):
    """(place, placeholders) of every text in a file of words."""
    if isinstance(value, dict):
        for key, part in value.items():
            yield from places(part, f"{at}/{key}")
    elif isinstance(value, list):
        for number, part in enumerate(value):
            yield from places(part, f"{at}/{number}")
    else:
        yield at, frozenset(re.findall(r"\{\w*\}", value)) if isinstance(value, str) else frozenset()


# --- the words ---


@pytest.mark.parametrize("language", TRANSLATED)
def test_every_language_has_the_same_keys_voices_and_placeholders(language):
    own = {"fonts", "translation"}
    here, english = ({k: v for k, v in elements.wording(n).items() if k not in own} for n in (language, "en"))
    assert dict(places(here)) == dict(places(english))
    assert here["version"] == english["version"]


@pytest.mark.parametrize("language", TRANSLATED)
def test_a_translation_is_written_in_its_script(language):
    """No sentence was left in English, but for the few names that are written in Latin letters everywhere."""
    words = elements.wording(language)
    block = {"Devanagari": "\u0900-\u097f", "Gurmukhi": "\u0a00-\u0a7f\u0964"}[words["script"]]
    spoken = (
        "title",
        "empty_box",
        "sections",
        "contacts",
        "statements",
        "choices",
        "signers",
        "labels",
        "aloud",
    )
    foreign = r"WhatsApp|CC BY|HIV|Data Protection Board of India|European Economic Area|\{\w+\}|Figure"
    for part in spoken:
        for text in texts(words[part]):
            assert re.search(f"[{block}]", text), text
            assert not re.search("[A-Za-z]", re.sub(foreign, "", text)), text
            assert not re.search("[०-९੦-੯]", text), "numbers are written 0 to 9"


def texts(value):
    if isinstance(value, str):
        yield value
    else:
        for part in value.values() if isinstance(value, dict) else value:
            yield from texts(part)


@pytest.mark.parametrize(
    ("state", "said"),
    [
        ({"status": "draft", "by": None, "day": None}, "certified translation is needed"),
        ({"status": "certified", "by": "Example Bureau", "day": "2026-12-01"}, "Example Bureau, 2026-12-01"),
    ],
)
def test_the_foot_of_the_page_says_who_vouches_for_the_translation(state, said):
    foot = content.footer({**elements.wording("hi"), "translation": state})
    own, english = foot.split("\n")
    assert said in english
    assert re.search("[\u0900-\u097f]", own)
    assert content.footer(elements.wording("en")).startswith("English is the original")


# --- the paper ---


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("large", [False, True])
def test_every_language_prints_everything_it_can_be_asked_for(tmp_path, language, large):
    dest = printed(tmp_path, everything(), language=language, large=large)
    words, text = elements.wording(language), form.folded(cases.text_of(dest / "form.pdf"))
    for key in ("B4", "C7", "F2", "F6", "F7", "F8", "F10", "F11", "H1"):
        assert form.folded(content.in_voice(words["statements"][key], "other")) in text
    for who in ("parent", "child-spoken", "witness", "interpreter", "explainer"):
        assert form.folded(words["signers"][who]["text"]) in text
    assert form.folded(words["english"]) in text or language == "en"
    assert form.folded(elements.wording("en")["footer"][words["translation"]["status"]]) in text


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize(
    "patient",
    some([{}, {"deceased": "yes"}, {"can_decide": "no"}, {"age_years": "15"}, {"age_years": "40"}], 2),
)
def test_every_signer_has_a_form_in_every_language(tmp_path, language, patient):
    record = cases.record(patient={**cases.RECORD["patient"], **patient})
    record["affiliations"]["skin"]["country_code"] = "US" if patient else "GB"
    made = json.loads((printed(tmp_path, record, language=language) / "form.json").read_bytes())
    assert made["manifest"]["form"]["language"] == language


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize(
    "lost", ['if s.id != "C7" { statement(s) }', "statement((id: s.id, words: s.words.slice(0, 6)))"]
)
def test_a_sentence_that_is_not_whole_on_the_paper_is_noticed(tmp_path, monkeypatch, language, lost):
    source = resources.text("consent/form.typ")
    broken = source.replace("{ statement(s) }", f"{{ {lost} }}")
    assert broken != source
    monkeypatch.setattr(form.resources, "text", lambda name: broken if name == "consent/form.typ" else "")
    with pytest.raises(ToolError, match="sentences of the consent form are not in the printed PDF"):
        printed(tmp_path, language=language)


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_pdf_is_read_from_left_to_right_in_its_language(tmp_path, language):
    """typst takes Punjabi for a script that runs the other way."""
    with pikepdf.open(printed(tmp_path, language=language) / "form.pdf") as pdf:
        assert pdf.Root.Lang == language
        assert pdf.Root.ViewerPreferences.Direction == "/L2R"


@pytest.mark.parametrize("language", TRANSLATED)
def test_english_words_of_the_case_keep_their_letters(tmp_path, language):
    """Title and legends are English: the Latin font draws them, the font of the script draws the rest."""
    with pikepdf.open(printed(tmp_path, language=language) / "form.pdf") as pdf:
        fonts = {str(f.BaseFont) for page in pdf.pages for f in page.Resources.Font.values()}
    names = {name.partition("+")[2] for name in fonts}
    script = elements.wording(language)["script"]
    assert names == {
        "NotoSans-Regular",
        "NotoSans-Bold",
        f"NotoSans{script}-Regular",
        f"NotoSans{script}-Bold",
    }
    text = cases.text_of(tmp_path / "form" / "form.pdf")
    assert "The left forearm at the first visit: one red, scaly plaque" in text


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("large", [False, True])
def test_nothing_is_drawn_beyond_the_page_or_into_its_margins(tmp_path, language, large):
    """Every picture of a page is white where the paper is held, around the code and below the foot."""
    record = everything()
    record["figures"][0]["legend"] = "One red, scaly plaque and a very long description of it. " * 60
    dest = printed(tmp_path, record, language=language, large=large)
    with pypdfium2.PdfDocument(dest / "form.pdf") as pdf:
        for page in pdf:
            ink = page.render(scale=2, grayscale=True).to_numpy().squeeze() < 200
            mm = ink.shape[1] / 210
            left, right, top, foot = (round(v * mm) for v in (13, 197, 13, 291))
            assert not ink[:, :left].any()
            assert not ink[:, right:].any()
            assert not ink[:top].any()
            assert not ink[foot:].any()
            body = ink[round(47 * mm) : round(270 * mm), round(186 * mm) :]
            assert not body.any(), "text runs into the right margin"
            between = ink[round(271 * mm) : round(274 * mm), round(24 * mm) : round(186 * mm)]
            assert not between.any(), "text runs into the foot"


# --- large print ---


def test_large_print_says_the_same_under_the_same_code(tmp_path):
    usual, large = (printed(tmp_path / str(big), everything(), large=big) for big in (False, True))
    one, other = (json.loads((dest / "form.json").read_bytes()) for dest in (usual, large))
    assert one["root"] == other["root"]
    assert (one["print"], other["print"]) == ("usual", "large")
    assert other["pages"] > one["pages"]
    assert [spot["id"] for spot in one["spots"]] == [spot["id"] for spot in other["spots"]]
    sizes = {round(size, 1) for size in heights(large / "form.pdf")}
    assert 18.0 in sizes
    assert 18.0 not in {round(size, 1) for size in heights(usual / "form.pdf")}


def heights(pdf):
    """The font sizes of a PDF in points."""
    with pypdfium2.PdfDocument(pdf) as document:
        for page in document:
            for shown in page.get_objects(filter=[pypdfium2.raw.FPDF_PAGEOBJ_TEXT]):
                size = pypdfium2.raw.c_float()
                pypdfium2.raw.FPDFTextObj_GetFontSize(shown, size)
                yield size.value * abs(shown.get_matrix().d)


@pytest.fixture(scope="module")
def large_desk(tmp_path_factory):
    return cases.desk(tmp_path_factory.mktemp("large"), large=True)


def test_a_large_print_is_read_back(large_desk, tmp_path):
    assert list(consent.check(large_desk.case(tmp_path / "case"), large_desk.clean)) == []


def test_boxes_of_the_other_print_are_not_looked_for(large_desk, tmp_path):
    """The usual print's form.json says where boxes stand that are elsewhere on this paper."""
    case = large_desk.case(tmp_path / "case", with_form=False)
    usual = printed(tmp_path, large_desk.record)
    shutil.copy(usual / "form.json", case.folder / "consent" / "a.json")
    case = large_desk.case(tmp_path / "case", with_form=False)
    assert [f.code for f in consent.check(case, large_desk.clean)] == ["CON072"]
    shutil.copy(large_desk.form / "form.json", case.folder / "consent" / "b.json")
    case = large_desk.case(tmp_path / "case", with_form=False)
    assert list(consent.check(case, large_desk.clean)) == []


# --- signed in another language ---


@pytest.mark.parametrize("language", some(TRANSLATED, 2))
def test_a_form_in_another_language_is_read_back(tmp_path, language):
    desk = cases.desk(tmp_path, language=language)
    report = consent.check(desk.case(tmp_path / "signed", language=language), desk.clean)
    assert [f.code for f in report] == ["CON058"], "a person must confirm what a draft of a translation says"
    assert not report.blocking
    assert [f.code for f in consent.check(desk.case(tmp_path / "en"), desk.clean)] == ["CON018", "CON058"]
    dest = tmp_path / "granted"
    dest.mkdir()
    consent.make(desk.case(tmp_path / "made", language=language), desk.clean, dest)
    with pikepdf.open(dest / "receipt-for-the-patient.pdf") as receipt:
        assert len(receipt.pages) == 1
    words = elements.wording(language)
    for name, said in (
        ("blank-form", words["title"]),
        ("receipt-for-the-patient", words["receipt"]["title"]),
    ):
        assert form.folded(said) in form.folded(cases.text_of(dest / f"{name}.pdf"))


@pytest.mark.parametrize("language", TRANSLATED)
def test_the_printed_file_is_refused_in_every_language(tmp_path, language):
    desk = cases.desk(tmp_path, language=language)
    desk.case(tmp_path / "case", language=language)
    shutil.copy(desk.form / "form.pdf", tmp_path / "case" / "consent" / "signed-form.pdf")
    case = cases.case(
        tmp_path / "case", desk.record, {**cases.CONSENT, "form": desk.code, "language": language}
    )
    assert "CON036" in [f.code for f in consent.check(case, desk.clean)]


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("large", [False, True])
def test_a_form_for_digital_signatures_is_printed_in_every_language_too(tmp_path, language, large):
    entry = {**cases.CONSENT, "method": "digital", "language": language}
    case = cases.case(tmp_path / "case", cases.record(), entry)
    consent.print_digital(case, cases.clean(tmp_path / "clean"), tmp_path, large=large)
    with pikepdf.open(tmp_path / "form.pdf") as pdf:
        assert (pdf.Root.Lang, pdf.Root.ViewerPreferences.Direction) == (language, "/L2R")
    usual = json.loads((printed(tmp_path / "paper", language=language) / "form.json").read_bytes())
    made = json.loads((tmp_path / "form.json").read_bytes())
    assert made["root"] == usual["root"]
    assert (made["pages"] > usual["pages"]) is large


# --- the sheet for reading aloud ---


class Sheet(HTMLParser):
    """What a browser would show and what it would fetch."""

    def __init__(self, html):
        super().__init__()
        self.html, self.words, self.fetched, self.boxes, self.ids, self.tags = html, [], [], [], [], []
        self.feed(html)
        self.text = " ".join(" ".join(self.words).split())

    def handle_starttag(self, tag, attributes):
        said = dict(attributes)
        self.tags.append((tag, said))
        self.fetched += [said[name] for name in ("src", "href", "srcset", "action") if said.get(name)]
        self.boxes += [said["data-box"]] if "data-box" in said else []
        self.ids += [said["id"]] if "id" in said else []

    def handle_data(self, data):
        self.words.append(data)


def sheet(folder, **how):
    record = everything()
    dest = printed(folder, record, **how)
    return Sheet((dest / "read-aloud.html").read_text(encoding="utf-8")), json.loads(
        (dest / "form.json").read_bytes()
    )


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_sheet_reads_out_all_that_the_paper_says_and_asks_every_box(tmp_path, language):
    read, made = sheet(tmp_path, language=language)
    words = elements.wording(language)
    for key, row in made["elements"].items():
        if row["as"] == "statement":
            assert content.in_voice(words["statements"][key], "other") in read.text
    assert read.boxes == [spot["id"] for spot in made["spots"] if spot["kind"] == "tick"]
    said = words["aloud"]
    assert read.text.count(said["wait"]) == len(read.boxes)
    assert read.text.count(said["pause"]) >= sum(
        row["as"] == "statement" for row in made["elements"].values()
    )
    assert {"witness", "interpreter", "sign-parent", "sign-witness"} <= set(read.ids)
    assert all(rule in read.text for who in ("witness", "interpreter") for rule in said[who]["rules"])
    assert read.tags[0][0] == "html"
    assert read.tags[0][1] == {"lang": language, "dir": "ltr"}
    numbers = [int(n) for n in re.findall(r'class="number">(\d+)<', read.html)]
    assert numbers == list(range(1, len(numbers) + 1))


def test_the_sheet_shows_the_clean_pictures_and_needs_nothing_from_anywhere(tmp_path):
    read, _ = sheet(tmp_path, language="hi")
    pictures = [said for tag, said in read.tags if tag == "img"]
    assert len(pictures) == 3
    assert all(p["src"].startswith("data:image/jpeg;base64,") and p["alt"] for p in pictures)
    assert all(source.startswith("data:") for source in read.fetched)
    assert set(re.findall(r'url\("(\w+:)', read.html)) == {"data:"}
    assert not any(tag == "script" for tag, _ in read.tags)
    assert "Kamla" not in read.html
    assert "A red plaque on a forearm" in read.text


def test_helpers_are_told_what_to_do_only_where_they_are_needed(tmp_path):
    read = Sheet((printed(tmp_path) / "read-aloud.html").read_text(encoding="utf-8"))
    assert not {"witness", "interpreter"} & set(read.ids)


def test_record_text_is_shown_on_the_sheet_never_run(tmp_path):
    record = cases.record()
    record["figures"][0]["legend"] = '<script>alert(1)</script> {{ 7 }} <img src="https://example.org/x">'
    read = Sheet((printed(tmp_path, record) / "read-aloud.html").read_text(encoding="utf-8"))
    assert "<script>alert(1)</script> {{ 7 }}" in read.text
    assert not any(tag == "script" for tag, _ in read.tags)
    assert not any("example.org" in source for source in read.fetched)


# --- the form for programs ---


@pytest.mark.parametrize(
    "record",
    [cases.record(), everything(), everything(age_years="40", can_decide="no"), everything(deceased="yes")],
)
def test_the_twin_names_every_element_with_its_sources_and_pages(tmp_path, record):
    made = json.loads((printed(tmp_path, record) / "form.json").read_bytes())
    register = {row["id"]: row for row in elements.register()["elements"]}
    on_paper = {key for key, row in register.items() if "as" in row}
    assert set(made["elements"]) == set(made["manifest"]["told"])
    assert set(made["elements"]) | set(made["not_needed"]) == on_paper
    assert not set(made["elements"]) & set(made["not_needed"])
    for key, row in made["elements"].items():
        assert row["sources"] == register[key]["sources"]
        assert row["pages"], f"{key} is on no page"
        assert set(row["pages"]) <= set(range(1, made["pages"] + 1))
    assert all(row["when"] == register[key]["when"] for key, row in made["not_needed"].items())
    for spot in made["spots"]:
        assert spot["elements"], spot["id"]
        assert set(spot["elements"]) <= set(made["elements"]), spot["id"]


def test_a_box_says_what_it_answers(tmp_path):
    made = json.loads((printed(tmp_path, everything()) / "form.json").read_bytes())
    answers = {spot["id"]: spot["elements"] for spot in made["spots"]}
    assert answers["figure:arm"] == ["D2", "B4"]
    assert answers["figure:scope"] == ["D2"]
    assert answers["article_copy"] == ["D4"]
    assert answers["parent:relationship"] == ["F1"]
    assert answers["parent:identity"] == ["H2"]
    assert answers["parent:thumb"] == ["E4"]
    assert answers["witness:signature"] == ["E4"]
    assert answers["interpreter:signature"] == ["E5"]
    assert answers["explainer:signature"] == ["E3", "E2"]


def test_a_statement_stands_on_the_page_the_twin_says(tmp_path):
    dest = printed(tmp_path, everything(), language="hi")
    made, words = json.loads((dest / "form.json").read_bytes()), elements.wording("hi")
    with pypdfium2.PdfDocument(dest / "form.pdf") as pdf:
        pages = [form.folded(page.get_textpage().get_text_range()) for page in pdf]
    for key, row in made["elements"].items():
        if row["as"] == "statement" and key != "C13":  # C13 also stands where English words are explained
            said = form.folded(content.in_voice(words["statements"][key], "other"))
            stands = [n for n, text in enumerate(pages, start=1) if said in text]
            answered = {spot["page"] for spot in made["spots"] if key in spot["elements"]}
            assert sorted({*stands, *answered}) == row["pages"]
            assert stands


# --- the register ---

LISTED = {"A": 4, "B": 5, "C": 13, "D": 5, "E": 7, "F": 11, "G": 5, "H": 5}


def test_every_element_of_a_defensible_consent_is_somewhere():
    """On the paper, in the record, in the package, or the case stops: 55 in all."""
    register = elements.register()
    known = {row["id"] for row in register["elements"]} | set(register["not_yet"])
    assert known == {f"{group}{n}" for group, count in LISTED.items() for n in range(1, count + 1)}
    assert not {row["id"] for row in register["elements"]} & set(register["not_yet"])
    fields, package = set(Consent.model_fields), resources.text("templates/rules/package.yaml")
    for row in register["elements"]:
        if "as" not in row:
            field = row["kept"].removeprefix("consent.")
            assert field in fields or f"- {row['kept']}" in package, row["id"]
    for row in register["not_yet"].values():
        assert findings.catalogue()[row["finding"]]["severity"] == "error"


def test_a_patient_nobody_can_reach_stops_before_anybody_is_asked(tmp_path):
    record = cases.record(patient={**cases.RECORD["patient"], "cannot_be_reached": "yes"})
    case, clean = cases.case(tmp_path / "case", record), cases.clean(tmp_path / "clean", record)
    report = consent.check(case, clean)
    assert [f.code for f in report] == ["CON001", "CON071"]
    assert "BMJ policy" in report.findings[1].why


def test_spoken_consent_alone_stops(tmp_path):
    desk = cases.desk(tmp_path)
    report = consent.check(desk.case(tmp_path / "case", method="spoken"), desk.clean)
    assert [f.code for f in report] == ["CON059"]
    assert report.blocking


# --- the command ---


def test_the_command_prints_any_language_and_large(case, tmp_path):
    out = tmp_path / "out"
    ran = casereport("consent", case, "-q", "--out", out, "--language", "pa", "--large-print", "--json")
    assert ran.code == 0, ran.everything
    folder = out / case.name / "form-pa-large"
    assert json.loads(ran.out)["form"] == str(folder / "form.pdf")
    made = json.loads((folder / "form.json").read_bytes())
    assert (made["manifest"]["form"]["language"], made["print"]) == ("pa", "large")
    assert {"form.pdf", "form.json", "read-aloud.html"} <= {p.name for p in folder.iterdir()}


def test_a_language_without_a_form_is_named_before_anything_is_done(case, tmp_path):
    ran = casereport("consent", case, "--out", tmp_path / "out", "--language", "ta")
    assert ran.code == 2
    assert "no consent form in 'ta'" in ran.err
    assert "en, hi, pa" in ran.err
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("what", ["--check", "--addendum", "--digital", "--protect", "--sign"])
def test_a_signed_form_has_its_language(case, tmp_path, what):
    ran = casereport("consent", case, "--out", tmp_path / "out", "--language", "hi", what)
    assert ran.code == 2
    assert "not allowed with" in ran.err


def test_no_form_without_its_words():
    with pytest.raises(UsageError):
        consent.check_language("../en")
