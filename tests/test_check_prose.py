"""Abbreviations and references to figures: what a reader stumbles over, with its place."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline import check, intake
from pipeline.core import abbreviations, journal, words
from tests.conftest import edit


def found(case, family):
    report = check.check(intake.read(case), journal.load("aujmsr"))
    return [f for f in report if f.code.startswith(family)]


def abbreviated(case):
    return [(f.code, f.severity) for f in found(case, "REC08") if f.code < "REC086"]


@pytest.mark.parametrize(
    ("typed", "long"),
    [
        ("by magnetic resonance imaging (MRI).", "magnetic resonance imaging"),
        ("by magnetic resonance imaging (MRI; {fig:x})", "magnetic resonance imaging"),
        ("by MRI (magnetic resonance imaging)", "magnetic resonance imaging"),
        ("the estimated glomerular filtration rate (eGFR)", "estimated glomerular filtration rate"),
        ("a fine-needle aspiration cytology (FNAC)", "fine-needle aspiration cytology"),
        ("two computed tomography scans (CTs)", "computed tomography scans"),
        ("two urinary tract infections (UTIs)", "urinary tract infections"),
        ("*Mycobacterium tuberculosis* (MTB)", "Mycobacterium tuberculosis"),
        ("It was seen. Early images (CT)", ""),
        ("the scan (MRI)", ""),
        ("MRI (see below)", ""),
    ],
)
def test_where_an_abbreviation_is_explained(typed, long):
    (use,) = abbreviations.uses(typed)
    assert use.long == long or (not long and not use.long)


@pytest.mark.parametrize(
    "typed",
    [
        "Stage IV",
        "Dr McColl saw",
        "IL-6 and CD4",
        "HbA~1c~",
        "[@MRI2020] {fig:ct}",
        "x@MRI.org",
        "A. B. C.",
        "I was",
    ],
)
def test_what_is_no_abbreviation(typed):
    assert not list(abbreviations.uses(typed))


ONCE = "A strength of this report is the histology;"


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("A magnetic resonance imaging (MRI) scan. MRI was normal. MRI again.", []),
        ("MRI first. Magnetic resonance imaging (MRI). MRI, MRI.", [("REC081", "warning")]),
        ("MRI was done.", [("REC082", "warning")]),
        ("QXZ was done.", [("REC082", "note")]),
        ("DNA and HIV and 5 IU and pH.", []),
        (
            "Magnetic resonance imaging (MRI). MRI, MRI. Magnetic resonance imaging (MRI).",
            [("REC083", "note")],
        ),
        ("Magnetic resonance imaging (MRI). MRI.", [("REC084", "note")]),
    ],
)
def test_abbreviations_in_the_text(case, text, wanted):
    assert abbreviated(case) == []
    line = edit(case, ONCE, f"{text} {ONCE}")
    assert abbreviated(case) == wanted
    assert {f.line for f in found(case, "REC08")} <= {line}


def test_the_abstract_is_read_apart(case):
    edit(case, ONCE, f"Magnetic resonance imaging (MRI). MRI, MRI. {ONCE}")
    line = edit(case, "Granuloma annulare is often", "MRI shows rings. Granuloma annulare is often")
    (only,) = found(case, "REC08")
    assert (only.code, only.line, "the abstract" in only.message) == ("REC082", line, True)


def test_title_and_keywords(case):
    line = edit(case, ": a case report", " on MRI with DNA: a case report")
    edit(case, "keywords: [case report, ", "keywords: [case report, PCR, ")
    rows = [(f.code, f.line, f.message) for f in found(case, "REC08")]
    assert ("REC085", line, "'MRI' stands in the title") in rows
    assert [code for code, _, _ in rows] == ["REC085", "REC085"]


def test_initials_are_never_quoted(case):
    edit(case, ONCE, f"RKS was seen. Ravi Kumar Singh (RKS) came. RKS left. RKS died. {ONCE}")
    for finding in found(case, "REC08"):
        assert "RKS" not in f"{finding} {finding.why} {finding.fix}"
        assert "an abbreviation of 3 letters" in finding.message


@given(st.text(alphabet="aMRI (),.;\n-s{}[]@~^*", max_size=120))
def test_any_text_is_searched(text):
    for use in abbreviations.uses(text):
        assert 0 <= use.down <= text.count("\n")


def test_long_texts_are_searched_at_once():
    assert sum(1 for _ in abbreviations.uses("magnetic resonance imaging (MRI) " * 5000)) == 5000


@pytest.mark.parametrize(
    ("typed", "code"),
    [
        ("{fig:ring:b}", "REC087"),
        ("{fig:ring B}", "REC087"),
        ("{fig:ring:a-c}", "REC087"),
        ("{table:labs:a}", "REC087"),
        ("{fig:ring:g}", "REC086"),
        ("{Fig:ring}", "REC086"),
        ("{figure:ring}", "REC086"),
        ("{ fig:ring}", "REC086"),
        ("{table: labs}", "REC086"),
        ("{fig:ring:a}", None),
        ("{fig:ring A}", None),
    ],
)
@pytest.mark.parametrize("where", [ONCE, "legend"])
def test_references_that_lead_nowhere(case, typed, code, where):
    if "legend" in where:
        line = edit(case, "legend: Annular plaque of firm papules on the forearm.", f'legend: "{typed}"')
    else:
        line = edit(case, where, f"{typed} {where}")
    rows = [(f.code, f.severity, f.line) for f in found(case, "REC08")]
    assert rows == ([(code, "error", line)] if code else [])


def test_a_figure_only_the_abstract_mentions(case):
    edit(case, " ({fig:ring})", "")
    line = edit(case, "taken for ringworm", "taken for {fig:ring} [@piette2016]")
    assert [(f.code, f.line) for f in found(case, "REC088")] == [("REC088", line)] * 2
    assert [f.code for f in found(case, "REC021")] == ["REC021"]


@pytest.mark.parametrize("typed", ["{fig:ring}", "{table:labs}", "[@piette2016]"])
@pytest.mark.parametrize("name", ["novelty", "highlights", "learning_points"])
def test_what_is_read_alone_refers_to_nothing(case, typed, name):
    if name == "novelty":
        line = edit(case, "A ring of papules that", f"A ring {typed} that")
    else:
        line = edit(case, "novelty:", f'{name}: ["One.", "See {typed}."]\nnovelty:')
    shown = name if name == "novelty" else f"{name} 2"
    rows = [(f.severity, f.line, f.message.partition(" refers")[0]) for f in found(case, "REC097")]
    assert rows == [("error", line, shown)]


def test_who_the_authors_are_is_told_with_its_line_for_blinded_journals_only(case):
    line = edit(case, ONCE, f"Read by A. Example. {ONCE}")
    assert [(f.severity, f.line) for f in found(case, "REC096")] == [("warning", line)]
    report = check.check(intake.read(case), journal.load("jmcr"))
    assert [f for f in report if f.code == "REC096"] == []


def test_a_legend_may_cite(case):
    edit(case, "dermatosis [@piette2016]", "dermatosis")
    edit(case, "[@piette2016; ", "[")
    assert "REF002" in {f.code for f in found(case, "REF")}
    line = edit(case, "forearm.\n    alt", "forearm [@piette2016; @nobody].\n    alt")
    assert [(f.code, f.line) for f in found(case, "REF00")] == [("REF001", line)]


def test_panels_as_printed():
    numbers = {"fig": {"x": 2}, "table": {}}
    assert words.plain("{fig:x:a-c} {fig:x B} {fig:x:a,c}", numbers) == "Figure 2A–C Figure 2B Figure 2A,C"
    assert words.count("{fig:x:a-c} {fig:x B}") == 4


@pytest.mark.parametrize(
    ("typed", "code"),
    [
        ("The the ring.", "REC091"),
        ("It was\n    was seen.", "REC091"),
        ("He had had it; Loa loa; 10 10; the re-re do", None),
        ("5mg daily", "REC092"),
        ("37.2°C", "REC092"),
        ("A 3D view, 5T, CD4, 10^9^/L, T1mm", None),
        ("the ring (as seen.", "REC093"),
        ('the "ring.', "REC093"),
        ('a) one, b) two, 5" wide', None),
        ("XXX patients", "REC094"),
        ("seen [ref].", "REC094"),
        ("seen ??", "REC094"),
        ("the xxy chromosome", None),
    ],
)
def test_slips(case, typed, code):
    assert found(case, "REC09") == []
    line = edit(case, ONCE, f"{typed} {ONCE}")
    assert [(f.code, f.severity, f.line) for f in found(case, "REC09")] == (
        [(code, "warning", line)] if code else []
    )
