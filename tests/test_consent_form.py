from __future__ import annotations

import json
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline import consent
from pipeline.consent import binding, content, elements, form
from pipeline.core import files, findings, resources
from pipeline.core.conditions import names
from pipeline.core.errors import NotReady, ToolError, UsageError
from tests import consent_cases as cases
from tests.consent_cases import text_of

ADULT = cases.RECORD["patient"]
WHO = resources.data("templates/rules/consent-who.yaml")
SOURCES = resources.data("consent/sources.yaml")


def printed(tmp_path, **parts):
    record = cases.record(**parts)
    case, clean = cases.case(tmp_path / "case", record), cases.clean(tmp_path / "clean", record)
    dest = tmp_path / "form"
    dest.mkdir()
    said = consent.print_form(case, clean, dest)
    return said, json.loads((dest / "form.json").read_bytes()), text_of(dest / "form.pdf"), dest


def facts(**patient):
    record = cases.record(patient={**ADULT, **patient})
    return elements.facts(elements.Record.model_validate(record))


@pytest.fixture(scope="module")
def base(tmp_path_factory):
    folder = tmp_path_factory.mktemp("manifest")
    record = cases.record()
    return cases.case(folder / "case", record), cases.clean(folder / "clean", record)


# --- the register and its words ---


def test_every_source_exists_and_is_used():
    register = elements.register()
    rows = [*register["elements"], *WHO, *register["not_yet"].values()]
    posting = resources.data("consent/policy.yaml")["rules"]
    cited = {key for row in rows for key in row["sources"]} | {rule["source"] for rule in posting}
    assert cited == set(SOURCES)
    assert {row["level"] for row in SOURCES.values()} <= {"read", "reported", "recalled", "ours"}


def test_rows_have_no_stray_fields():
    """An unquoted comma inside a row would silently start a field of its own."""
    allowed = {"id", "section", "as", "when", "checked", "sources", "asks", "kept"}
    for row in elements.register()["elements"]:
        assert set(row) <= allowed
        assert row["asks"]
    for rule in WHO:
        assert set(rule) <= {"id", "when", "require", "finding", "place", "sources"}


def test_conditions_ask_only_about_facts_that_exist():
    known = facts()
    asked = {
        n
        for row in [*elements.register()["elements"], *elements.register()["signatures"]]
        for n in names(row.get("when", {}))
    }
    assert not any(name.startswith("consent.") for name in asked), (
        "what is signed later must not change the form"
    )
    for name in asked:
        part, leaf = name.split(".")
        assert leaf in known[part]
    entry = set(elements.Record.model_fields["consent"].annotation.__args__[0].model_fields) | {
        "last_signed_by"
    }
    for rule in WHO:
        for name in names(rule["when"]) | names(rule.get("require", {})):
            part, leaf = name.split(".")[:2]
            assert leaf in (entry if part == "consent" else known[part])
        assert rule["finding"] in findings.catalogue()


@pytest.mark.parametrize("language", elements.languages())
def test_every_language_says_everything(language):
    words, register = elements.wording(language), elements.register()
    stated = {row["id"] for row in register["elements"] if row.get("as") == "statement"}
    assert set(words["statements"]) == stated
    assert set(words["sections"]) == set(register["sections"])
    assert set(words["signers"]) == {row["id"] for row in register["signatures"]}
    assert {name for row in register["signatures"] for name in row["lines"]} <= set(words["labels"])
    assert {row["id"] for row in register["choices"]} <= set(words["choices"])
    assert {row["id"] for row in register["elements"]} >= {row["element"] for row in register["choices"]}
    assert words["language"] == language
    assert words["translation"]["status"] in words["footer"]
    assert words["direction"] in {"ltr", "rtl"}


def test_the_words_of_a_version_do_not_change():
    """What people signed must stay what they read: new words need a new version, and its digest here."""
    unspoken = {
        "translation",
        "fonts",
        "leading",
    }  # fonts: shapes for what a record may hold, no word of ours
    said = {language: elements.wording(language) for language in elements.languages()}
    words = {language: {k: v for k, v in w.items() if k not in unspoken} for language, w in said.items()}
    assert {(language, w["version"], files.digest(w)[:16]) for language, w in words.items()} == {
        ("en", "1.1", "c522bce482e3262b"),
        ("hi", "1.1", "253e05327b9eff69"),
        ("pa", "1.1", "2e863e5abe0fb77c"),
    }


def test_the_words_are_plain():
    sentences = []
    for said in elements.wording("en")["statements"].values():
        for text in said.values() if isinstance(said, dict) else [said]:
            sentences += [len(s.split()) for s in re.split(r"[.:?!]\s", text)]
    assert max(sentences) <= 38
    assert sum(sentences) / len(sentences) <= 16


def test_fonts_travel_with_their_licence():
    fonts = resources.path("consent/fonts")
    assert {p.suffix for p in fonts.iterdir()} == {".ttf", ".txt", ".md"}
    assert "SIL OPEN FONT LICENSE Version 1.1" in (fonts / "NotoSans-OFL.txt").read_text()


# --- which elements a case needs ---


@pytest.mark.parametrize(
    ("patient", "there", "not_there"),
    [
        ({}, {"E1", "H1"}, {"E4", "E5", "F1", "F2", "F3", "F4", "H2"}),
        ({"reads_form_language": "no"}, {"E4", "E5"}, {"F1"}),
        ({"age_years": "9"}, {"F1", "F2", "H2"}, {"F3", "F4"}),
        ({"deceased": "yes"}, {"F1", "F3"}, {"F2", "F4"}),
        ({"can_decide": "no"}, {"F1", "F4"}, {"F2", "F3"}),
        ({"age_years": "9", "can_decide": "no"}, {"F1", "F2"}, {"F4"}),
        ({"age_years": "9", "deceased": "yes"}, {"F1", "F3"}, {"F2", "H2"}),
    ],
)
def test_elements_follow_the_patient(patient, there, not_there):
    told = set(elements.told(facts(**patient)))
    assert there <= told
    assert not not_there & told


@pytest.mark.parametrize(
    ("question", "element"),
    [
        ("hiv", "F8"),
        ("mental_illness", "F7"),
        ("in_custody", "F6"),
        ("pregnancy_terminated", "F10"),
        ("dependent_on_author", "F11"),
    ],
)
def test_elements_follow_the_questions(question, element):
    record = cases.record(questions={**cases.RECORD["questions"], question: "yes"})
    known = elements.facts(elements.Record.model_validate(record))
    assert element in elements.told(known)
    assert element not in elements.told(facts())


@pytest.mark.parametrize(("country", "element"), [("IN", "H1"), ("US", "H3"), ("GB", "H4"), ("NO", "H4")])
def test_the_privacy_notice_follows_the_country(country, element):
    record = cases.record()
    record["affiliations"]["skin"]["country_code"] = country
    told = elements.told(elements.facts(elements.Record.model_validate(record)))
    assert {"H1", "H3", "H4"} & set(told) == {element}


@pytest.mark.parametrize(
    ("patient", "signers"),
    [
        ({}, ["patient", "explainer"]),
        ({"reads_form_language": "no"}, ["patient", "witness", "interpreter", "explainer"]),
        ({"age_years": "6"}, ["parent", "explainer"]),
        ({"age_years": "7"}, ["parent", "child-spoken", "explainer"]),
        ({"age_years": "11"}, ["parent", "child-spoken", "explainer"]),
        ({"age_years": "12"}, ["parent", "child-written", "explainer"]),
        ({"age_years": "17"}, ["parent", "child-written", "explainer"]),
        ({"age_years": "18"}, ["patient", "explainer"]),
        ({"deceased": "yes"}, ["kin", "explainer"]),
        ({"can_decide": "no"}, ["representative", "explainer"]),
    ],
)
def test_the_form_has_room_for_exactly_who_must_sign(base, patient, signers):
    case, clean = base
    known = facts(**patient)
    stated = binding.manifest(case, clean, elements.read(case), "en")
    areas = content.build(clean, known, stated, "0" * 64, nameless=False)["sections"][-1]["areas"]
    assert [area["id"] for area in areas] == signers
    thumbs = [area["id"] for area in areas if area["thumb"]]
    assert thumbs == (signers[:1] if patient.get("reads_form_language") == "no" else [])


# --- the printed form ---


def test_the_form_shows_every_picture_with_a_box_and_a_code(tmp_path):
    said, record, text, _ = printed(tmp_path)
    assert "form code" in said
    ticks = {spot["id"] for spot in record["spots"] if spot["kind"] == "tick"}
    choices = {"text", "seen_final", "wording_may_be_edited", "teaching", "article_copy", "journal_copy"}
    assert ticks == choices | {"figure:arm", "figure:scope"}
    for digest in record["manifest"]["figures"].values():
        assert binding.grouped(digest[:16]) in text
    assert "one red, scaly plaque" in text, "markup is not printed"
    assert "treatment of the plaque in Figure 1" in text
    assert text.count(binding.grouped(record["code"])) == record["pages"]
    assert all(f"Page {n} of {record['pages']}" in text for n in range(1, record["pages"] + 1))
    assert binding.root(record["manifest"]) == record["root"]
    assert set(record["elements"]) == set(record["manifest"]["told"])


def test_pictures_are_numbered_by_first_mention(tmp_path):
    """As in the manuscript of a journal that keeps the record's order of sections."""
    listed = list(reversed(cases.RECORD["figures"]))
    _, _, text, _ = printed(tmp_path, figures=listed)
    assert text.index("Figure 1 The left forearm") < text.index("Figure 2 Dermoscopy")
    assert "plaque in Figure 1." in text


def test_boxes_lie_on_their_pages_and_apart(tmp_path):
    child = {**ADULT, "age_years": "9", "reads_form_language": "no"}
    _, record, text, _ = printed(tmp_path, patient=child)
    kinds = [spot["kind"] for spot in record["spots"]]
    assert (kinds.count("sign"), kinds.count("thumb")) == (5, 1)
    assert "Parent or guardian of the child" in text
    for spot in record["spots"]:
        assert 1 <= spot["page"] <= record["pages"]
        assert spot["x"] >= 20
        assert spot["x"] + spot["w"] <= 190
        assert spot["y"] >= 45
        assert spot["y"] + spot["h"] <= 272
    ids = [spot["id"] for spot in record["spots"]]
    assert len(ids) == len(set(ids))


def test_a_recognisable_picture_has_its_own_words(tmp_path):
    record = cases.record()
    record["figures"][0]["recognisable"] = "yes"
    _, stated, text, _ = printed(tmp_path, figures=record["figures"])
    assert "B4" in stated["manifest"]["told"]
    assert "although people may recognise me in it" in text
    assert "Figure 2 may be published." in text


def test_a_case_without_pictures_has_a_form(tmp_path):
    record = cases.record(figures="none")
    record["text"] |= {"clinical_findings": "One plaque.", "diagnostic_assessment": "By eye."}
    _, stated, text, _ = printed(tmp_path, figures="none", text=record["text"])
    assert stated["manifest"]["figures"] == {}
    assert "B1" not in stated["manifest"]["told"]
    assert "These are all the pictures" not in text


def test_record_text_is_printed_never_run(tmp_path):
    evil = '#panic("x") #read("/etc/passwd") $x$ <b>&amp;</b> \\ @ref "quoted" ] ) // ende'
    figures = cases.record()["figures"]
    figures[0]["legend"] = evil
    _, _, text, _ = printed(tmp_path, title=evil, figures=figures)
    assert text.count('#panic("x") #read("/etc/passwd") $x$ <b>&amp;</b> \\ @ref "quoted" ] ) // ende') == 2
    assert "root:" not in text


def test_a_letter_the_fonts_lack_stops_the_form(tmp_path):
    figures = cases.record()["figures"]
    figures[0]["legend"] = "A word in another script: 漢字."
    with pytest.raises(NotReady) as stop:
        printed(tmp_path, figures=figures)
    assert stop.value.code == "CON091"
    assert "legend of figure 'arm'" in str(stop.value)
    assert "U+5B57, U+6F22" in str(stop.value)
    assert "漢" not in str(stop.value)


@pytest.mark.parametrize("legend", ["≤ ≥ → √ ∑ ✓ ♀ ①", "ਪੰਜਾਬੀ ਮਰੀਜ਼", "रोगी की त्वचा", "μ β Ж é"])
def test_signs_and_scripts_of_the_clinic_are_printed(tmp_path, legend):
    figures = cases.record()["figures"]
    figures[0]["legend"] = f"Seen here: {legend}."
    _, record, _, _ = printed(tmp_path, figures=figures)
    assert record["pages"] >= 5


def test_a_dropped_sentence_is_noticed(tmp_path, monkeypatch):
    monkeypatch.setattr(content, "statements", lambda _: ["a sentence nobody printed"])
    with pytest.raises(ToolError, match="1 sentences"):
        printed(tmp_path)


def test_same_case_same_bytes(tmp_path):
    one = printed(tmp_path / "one")[3]
    other = printed(tmp_path / "other")[3]
    assert sorted(p.name for p in one.iterdir()) == ["form.json", "form.pdf", "read-aloud.html"]
    for name in ("form.json", "form.pdf", "read-aloud.html"):
        assert (one / name).read_bytes() == (other / name).read_bytes()


def test_the_form_does_not_name_the_patient_or_the_folder(tmp_path):
    _, record, text, dest = printed(tmp_path)
    assert "Kamla" not in text
    assert b"Kamla" not in (dest / "form.pdf").read_bytes()
    assert "case" not in record["manifest"]["case"]
    assert re.fullmatch(r"[0-9A-F]{12}", record["manifest"]["case"])


def test_no_form_in_a_language_we_do_not_have(tmp_path):
    record = cases.record()
    case, clean = cases.case(tmp_path / "case", record), cases.clean(tmp_path / "clean", record)
    with pytest.raises(UsageError, match="'xx'"):
        consent.print_form(case, clean, tmp_path, "xx")


def test_a_record_with_mistakes_has_no_form(tmp_path):
    record = cases.record(patient={**ADULT, "age_years": "young"})
    case = cases.case(tmp_path / "case", record)
    with pytest.raises(NotReady) as stop:
        consent.print_form(case, cases.clean(tmp_path / "clean"), tmp_path)
    assert stop.value.code == "CON009"
    assert "young" not in str(stop.value)


def test_the_empty_copy_names_no_author(tmp_path):
    record = cases.record()
    case, clean = cases.case(tmp_path / "case", record), cases.clean(tmp_path / "clean", record)
    typed = elements.read(case)
    stated = binding.manifest(case, clean, typed, "en")
    text = text_of(form.blank(clean, elements.facts(typed), stated, binding.root(stated), tmp_path))
    assert "Asha" not in text
    assert "Verma" not in text
    assert "Example Institute" not in text
    assert "+91" not in text
    assert binding.grouped(binding.root(stated)[:16]) in text
    assert cases.RECORD["title"] in text


# --- the manifest ---


@given(st.randoms(use_true_random=False))
def test_the_manifest_does_not_depend_on_order(base, chance):
    case, clean = base
    typed = elements.read(case)
    shuffled = _shuffled(clean.record, chance)
    panels = list(clean.panels)
    chance.shuffle(panels)
    chance.shuffle(shuffled["figures"])
    other = cases.CleanCase(clean.folder, shuffled, clean.byline, tuple(panels), None, {}, clean.digest)
    assert binding.manifest(case, other, typed, "en") == binding.manifest(case, clean, typed, "en")


def _shuffled(value, chance):
    """The same mapping with its keys in another order; lists keep theirs."""
    if isinstance(value, dict):
        keys = list(value)
        chance.shuffle(keys)
        return {key: _shuffled(value[key], chance) for key in keys}
    return [_shuffled(v, chance) for v in value] if isinstance(value, list) else value


def test_consent_itself_does_not_change_the_manifest(base, tmp_path):
    case, clean = base
    signed = cases.case(tmp_path, cases.record(), cases.CONSENT)
    before = binding.manifest(case, clean, elements.read(case), "en")
    assert binding.manifest(signed, clean, elements.read(signed), "en") == before


def test_another_key_is_another_case(base):
    case, _ = base
    name = binding.case_id(case)
    case.private["key"] = "b2" * 32
    assert binding.case_id(case) != name
    case.private["key"] = cases.KEY
    assert binding.case_id(case) == name


@given(
    st.builds(
        binding.PageCode,
        case=st.from_regex(r"[0-9A-F]{12}", fullmatch=True),
        form=st.just("PUBCON"),
        language=st.sampled_from(["en", "hi", "pa"]),
        version=st.sampled_from(["1.0", "2.13"]),
        page=st.integers(1, 99),
        pages=st.integers(1, 99),
        root=st.from_regex(r"[0-9a-f]{64}", fullmatch=True),
    )
)
def test_a_page_code_reads_back(code):
    assert binding.page_code(str(code)) == code
    assert str(code) == str(code).upper()


@pytest.mark.parametrize("text", ["", "CC1:", "https://example.org", "CC1:X:Y.EN:1.0:1/2:00", "\x00" * 40])
def test_a_foreign_code_is_not_ours(text):
    assert binding.page_code(text) is None


def test_the_page_for_ethics_committees_names_every_element():
    page = (resources.HERE.parent / "docs" / "consent.md").read_text(encoding="utf-8")
    for row in elements.register()["elements"]:
        cited = "; ".join(SOURCES[key]["short"] for key in row["sources"])
        assert f"| {row['id']} | {row['asks']} |" in page
        assert f"{cited} |" in page
    for key in elements.register()["not_yet"]:
        assert f"| {key} |" in page
