"""Numbering, placing and checking: the manuscript as a tree."""

from __future__ import annotations

import dataclasses

import pytest

from pipeline.core import journal, resources, words
from pipeline.render import document, markdown, references, tree, wording
from tests import rendering


def paper(tmp_path, name="aujmsr", record=None, byline=None):
    clean = markdown.cleaned(rendering.clean_case(tmp_path / "clean", record, byline))
    library = references.read(clean.references)
    return document.assemble(clean, journal.load(name), library, draft=False)


def text(**parts):
    return {"text": {**rendering.RECORD["text"], **parts}}


def codes(made):
    return [finding.code for finding in made.findings]


def part(made, name):
    return next(n for n in tree.every(made.blocks) if n["t"] == "Div" and n["c"][0][0] == name)


def test_a_sound_case_has_no_findings(tmp_path):
    assert codes(paper(tmp_path)) == []


def test_figures_are_numbered_by_first_mention(tmp_path):
    made = paper(tmp_path)
    assert [(f.number, f.id) for f in made.figures] == [(1, "scan"), (2, "ring")]
    assert "(Figure 1B)" in tree.plain([part(made, "clinical_findings")])
    assert "Figure 2." in tree.plain([part(made, "diagnostic_assessment")])


def test_tables_follow_the_paragraph_that_mentions_them(tmp_path):
    made = paper(tmp_path)
    labels = {n["c"][0][0]: tree.attribute(n, "label") for n in tree.every(made.blocks) if n["t"] == "Table"}
    assert labels == {"table-1": "Table 1", "table-2": "Table 2"}
    assert [n["t"] for n in part(made, "patient_information")["c"][1]] == ["Header", "Para", "Div"]


def test_a_table_nobody_mentions_is_placed_and_said(tmp_path):
    made = paper(tmp_path, record=text(patient_information="A woman."))
    assert codes(made) == ["REN003"]
    assert part(made, "clinical_findings")["c"][1][-1]["c"][0][0] == "timeline"


def test_results_stand_in_order_of_time(tmp_path):
    rows = [{"test": "x", "unit": "y", "reference": "z", "results": {"12": "3", "-4": "1", "5": "2"}}]
    made = paper(tmp_path, record={"tables": [{"id": "labs", "title": "Tests", "rows": rows}]})
    head, body = tree.cells(part(made, "labs")["c"][1][0])
    assert [tree.plain(c) for c in head][3:] == ["Day −4", "Day 5", "Day 12"]
    assert [tree.plain(c) for c in body[0]][3:] == ["1", "2", "3"]


def test_a_missing_result_is_a_dash(tmp_path):
    _, body = tree.cells(part(paper(tmp_path), "labs")["c"][1][0])
    assert [tree.plain(c) for c in body[0]] == ["Haemoglobin", "g/dL", "12–15", "11.9 ↓", "–", "12.4"]


def test_references_are_numbered_by_first_citation(tmp_path):
    made = paper(tmp_path)
    assert [item["title"].split()[0] for item in made.cited.values()] == ["Rings", "Ring", "A"]
    assert list(made.cited) == ["1", "2", "3"]


@pytest.mark.parametrize(
    ("typed", "code"),
    [
        ("Seen [@nobody].", "REF001"),
        ("See {fig:nothing}.", "REC020"),
        ("See {table:nothing}.", "REC020"),
        ("See {fig:scan:c}.", "REN001"),
        ("See {fig:ring:b}.", "REN001"),
        ("Seen [@first, page 3].", "REN002"),
    ],
)
def test_what_leads_nowhere_is_a_finding_and_stays_as_typed(tmp_path, typed, code):
    made = paper(tmp_path, record=text(conclusion=typed))
    assert codes(made) == [code]
    assert typed in tree.plain([part(made, "conclusion")])


@pytest.mark.parametrize(
    ("typed", "printed"),
    [("{fig:scan:a-b}", "Figure 1A–B"), ("{fig:scan B}", "Figure 1B"), ("{fig:scan:a,b}", "Figure 1A,B")],
)
def test_panels(tmp_path, typed, printed):
    made = paper(tmp_path, record=text(clinical_findings=f"See {typed}."))
    assert codes(made) == []
    assert f"See {printed}." in tree.plain([part(made, "clinical_findings")])


def test_a_list_of_abbreviations_where_the_layout_asks(tmp_path):
    clean = rendering.clean_case(
        tmp_path / "clean",
        text(discussion="A magnetic resonance imaging (MRI) and computed tomography (CT)."),
    )
    plain = journal.load("aujmsr")
    asks = dataclasses.replace(
        plain, layout={**plain.layout, "abbreviations": {"heading": "List of abbreviations"}}
    )
    said = [
        tree.plain(document.assemble(markdown.cleaned(clean), j, {}, draft=False).blocks)
        for j in (plain, asks)
    ]
    listed = "List of abbreviations CT: computed tomography; MRI: magnetic resonance imaging."
    assert [listed in blocks for blocks in said] == [False, True]


def test_findings_never_quote_the_text(tmp_path):
    made = paper(tmp_path, record=text(conclusion="Jasvinder saw [@nobody] at {fig:nothing}."))
    assert "Jasvinder" not in " ".join(map(str, made.findings))


@pytest.mark.parametrize(
    "typed",
    [
        "We at silver fir  Medical College.",
        "Seen by Meher Jot Sandhawalia.",
        "meher.sandhawalia@example.org",
        "Two readers (MJ Sandhawalia and another) agreed.",
        "Prof. Krishnappa-Rao reviewed the slides.",
        "Our hospital in Patiala has no scanner.",
    ],
)
def test_blinding_finds_who_we_are(tmp_path, typed):
    made = paper(tmp_path, record=text(discussion=typed))
    assert "REN004" in codes(made)
    assert codes(paper(tmp_path / "open", "jmcr", text(discussion=typed))) == []


def test_withheld_and_left_out_when_blinded(tmp_path):
    blinded = tree.plain(paper(tmp_path).blocks)
    assert "Ethical approval [withheld for peer review]" in blinded
    assert "Copper Kettle" not in blinded
    assert "Gurbani" not in blinded
    opened = tree.plain(paper(tmp_path / "open", "jmcr").blocks)
    for name in ("Copper Kettle", "Gurbani", "Silver Fir", "Sandhawalia"):
        assert name in opened


def test_every_statement_of_the_profile_is_there(tmp_path):
    for n, name in enumerate(("aujmsr", "jmcr")):
        layout = journal.load(name).layout
        made = paper(tmp_path / str(n), name)
        headings = [tree.plain([b]) for b in tree.every([part(made, "statements")]) if b["t"] == "Header"][1:]
        wanted = [
            row["heading"]
            for row in layout["statements"]
            if not (layout["blinded"] and row.get("blinded") == "omit")
        ]
        assert headings == wanted


def test_counts_stand_beside_the_limits(tmp_path):
    made = paper(tmp_path)
    body = sum(words.count(t) for t in rendering.RECORD["text"].values() if t)
    assert made.counts["words"] == {
        "count": body,
        "limit": 1500,
        "sure": False,
        "source": journal.load("aujmsr").source("words_max"),
    }
    assert {name: row["count"] for name, row in made.counts.items()} == {
        "words": body,
        "abstract": 12,
        "keywords": 3,
        "figures": 2,
        "tables": 2,
        "references": 3,
    }


@pytest.mark.parametrize(
    ("patient", "who"),
    [
        ({"age_years": 44, "deceased": False, "can_decide": True}, "the patient"),
        ({"age_years": 17, "deceased": False, "can_decide": True}, "the patient’s parent or legal guardian"),
        ({"age_years": 44, "deceased": True, "can_decide": True}, "the patient’s next of kin"),
        ({"age_years": 44, "deceased": False, "can_decide": False}, "the patient’s legal representative"),
    ],
)
def test_who_consented_follows_from_the_patient(patient, who):
    assert wording.who_consented(patient) == who


def test_contributions_by_initials():
    assert tree.plain(wording.contributions(rendering.BYLINE)) == (
        "MJS: Writing – original draft, investigation; AKR: Supervision."
    )


def test_filled_blanks_are_never_read_as_markup():
    filled = wording.fill("Dear {name}, hello.", {"name": tree.words("*x* {name}")})
    assert tree.plain(filled) == "Dear *x* {name}, hello."


@pytest.mark.parametrize("name", journal.known())
def test_every_profile_is_whole(name):
    """Each rule has a value and says where it was read and how sure we are; the layout names what exists."""
    profile = journal.load(name)
    known = {"confirmed", "dated", "secondary", "publisher", "knowledge", "unknown"}
    for rule, row in profile.rules.items():
        assert {"value", "source", "status"} <= set(row), rule
        assert row["status"] in known, rule
        assert row["value"] is not None or row["status"] in {"unknown", "knowledge"}, rule
    parts = {row["part"] for section in profile.layout["sections"] for row in section["parts"]}
    assert parts - {"learning_points"} == set(rendering.RECORD["text"])
    assert set(profile.layout["counted"]) <= parts
    assert {row["from"] for row in profile.layout["statements"]} <= {
        *rendering.BYLINE["declarations"],
        "consent",
        "contributions",
    }
    assert resources.path(f"templates/manuscript/csl/{profile.layout['csl']}.csl").is_file()
    assert profile.layout["figure"]["format"] in (profile.value("figures") or {})["formats"]
    assert profile.layout["consent_delivery"] in {"embed", "attest", "on_request"}
