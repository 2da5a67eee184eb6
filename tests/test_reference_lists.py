"""Reference lists in four formats, with their mistakes: the right finding on the right line."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline import check, intake
from pipeline.core import bibtex, journal, reflist
from tests.conftest import edit

GOOD = {
    "references.bib": """% a comment with an @ sign
@string{sj = "Skin Journal"}
@article{piette2016, author = {Rao, P. K. and M{\\"u}ller, Jos{\\'e}},
  title = {Ring {D}isease in \\textit{Kerala}}, journal = sj, year = 2016,
  doi = {https://doi.org/10.1000/ring_1}, pmid = {31209876},
}
@article{keimig2015, author = {Able, Ann}, title = "Another {"}ring{"}", journal = "Skin J", date = {2015-03}}
@book{thornsberry2013, author = {{World Ring Society}}, title = {Rings}, publisher = {Round}, year = 2013}
""",
    "references.ris": """TY  - JOUR
ID  - piette2016
AU  - Rao, P. K.
TI  - Ring Disease in Kerala
T2  - Skin Journal
PY  - 2016/03/04
DO  - doi:10.1000/ring_1
AN  - 31209876
DB  - PubMed
ER  -

TY  - JOUR
ID  - keimig2015
A1  - Able, Ann
T1  - Another ring
JF  - Skin J
Y1  - 2015
ER  -

TY  - BOOK
ID  - thornsberry2013
AU  - World Ring Society
TI  - Rings
PB  - Round
PY  - 2013
ER  -
""",
    "references.json": json.dumps(
        [
            {
                "id": "piette2016",
                "type": "article-journal",
                "title": "Ring Disease in <i>Kerala</i>",
                "container-title": "Skin Journal",
                "author": [{"family": "Rao", "given": "P. K."}],
                "issued": {"date-parts": [["2016", 3]]},
                "DOI": "https://dx.doi.org/10.1000/ring_1",
                "note": "PMID: 31209876",
            },
            {
                "id": "keimig2015",
                "title": "Another ring",
                "container-title": "Skin J",
                "author": [{"family": "Able"}],
                "issued": {"date-parts": [[2015]]},
            },
            {
                "id": "thornsberry2013",
                "type": "book",
                "title": "Rings",
                "publisher": "Round",
                "author": [{"literal": "World Ring Society"}],
                "issued": {"raw": "2013"},
            },
        ],
        indent=1,
    ),
}
NBIB = """PMID- 31209876
OWN - NLM
PT  - Journal Article
TI  - Ring disease in
      Kerala.
FAU - Rao, Prem Kumar
AU  - Rao PK
JT  - Skin journal
TA  - Skin J
DP  - 2016 Mar 4
AID - 10.1000/ring_1 [doi]
{more}
PMID- 31209877
PT  - Journal Article
TI  - Another ring.
FAU - Able, Ann
TA  - Skin J
DP  - 2015
"""


def findings_of(case, *codes):
    found = check.check(intake.read(case), journal.load("aujmsr"))
    return [f for f in found if f.code in codes or (not codes and f.code.startswith("REF"))]


def relist(case, name, text):
    """Put another reference list in the place of the small case's own."""
    (case / "references.bib").unlink(missing_ok=True)
    (case / name).write_text(text, encoding="utf-8")


def cite_pubmed(case):
    """The small case with PubMed numbers as keys."""
    path = case / "record.yaml"
    text = path.read_text(encoding="utf-8")
    text = text.replace("@piette2016", "@31209876").replace("@keimig2015", "@31209877")
    path.write_text(
        text.replace("; @thornsberry2013", "").replace("@thornsberry2013", "@31209877"), encoding="utf-8"
    )


@pytest.mark.parametrize("name", GOOD)
def test_three_formats_say_the_same(case, name):
    first, second, third = reflist.read(name, GOOD[name])
    assert (first.key, second.key, third.key) == ("piette2016", "keimig2015", "thornsberry2013")
    assert reflist.folded(first.get("title")) == "ringdiseaseinkerala"
    got = {part: first.get(part) for part in ("container", "year", "author", "doi", "pmid")}
    assert got == {
        "container": "Skin Journal",
        "year": "2016",
        "author": "Rao",
        "doi": "10.1000/ring_1",
        "pmid": "31209876",
    }
    assert (second.get("year"), second.get("author"), third.get("year")) == ("2015", "Able", "2013")
    assert [e.kind for e in (first, third)] == ["article", "book"]
    relist(case, name, GOOD[name])
    assert {f.code for f in findings_of(case)} == {"REF017"}


def test_pubmed_from_file_to_finding(case):
    cite_pubmed(case)
    relist(case, "references.nbib", NBIB.format(more=""))
    assert findings_of(case) == []


@pytest.mark.parametrize(
    ("more", "code", "severity"),
    [
        ("PT  - Retracted Publication", "REF013", "error"),
        ("RIN - Skin J. 2019 Jan;1(1):1. PMID: 33", "REF013", "error"),
        ("PRIN- Skin J. 2019 Jan;1(1):1. PMID: 33", "REF013", "error"),
        ("ECI - Skin J. 2019 Jan;1(1):1. PMID: 33", "REF014", "warning"),
        ("EIN - Skin J. 2019 Jan;1(1):1. PMID: 33", "REF015", "note"),
        ("CRI - Skin J. 2019 Jan;1(1):1. PMID: 33", "REF015", "note"),
        ("PT  - Retraction of Publication", "REF016", "warning"),
        ("ROF - Skin J. 2009 Jan;1(1):1. PMID: 33", "REF016", "warning"),
        ("CIN - Skin J. 2019 Jan;1(1):2. PMID: 34", None, None),
        ("CON - Skin J. 2009 Jan;1(1):2. PMID: 34", None, None),
    ],
)
def test_what_pubmed_says_became_of_a_paper(case, more, code, severity):
    cite_pubmed(case)
    relist(case, "references.nbib", NBIB.format(more=more))
    found = [(f.code, f.severity, f.path, f.line) for f in findings_of(case)]
    assert found == ([(code, severity, "references.nbib", 1)] if code else [])


@pytest.mark.parametrize(
    ("title", "code"),
    [
        ("RETRACTED: Ring disease", "REF013"),
        ("[Retracted] Ring disease", "REF013"),
        ("Retracted Article: Ring disease", "REF013"),
        ("WITHDRAWN: Ring disease", "REF013"),
        ("Retraction notice to: Ring disease", "REF016"),
        ("Retraction: Ring disease", "REF016"),
        ("Retraction to: Ring disease", "REF016"),
        ("Eyelid retraction: a ring disease", None),
        ("Retracted nipples in ring disease", None),
        ("Withdrawal: what happens after alcohol", None),
    ],
)
def test_titles_say_it_where_the_format_does_not(case, title, code):
    edit(case, "Granuloma Annulare}", f"{title}}}", "references.bib")
    assert [f.code for f in findings_of(case) if f.code != "REF017"] == ([code] if code else [])


def test_crossref_items_say_what_became_of_them():
    item = {"id": "a", "updated-by": [{"DOI": "10.1/x", "type": "retraction"}, "odd", {"type": None}]}
    notice = {"id": "b", "update-to": [{"DOI": "10.1/x", "type": "partial_retraction"}]}
    one, other = reflist.read("references.json", json.dumps([item, notice]))
    assert (one.said, one.told, other.said) == ({"retracted"}, True, {"notice"})


def test_a_retracted_paper_may_be_cited_knowingly(case):
    line = edit(case, "title = {Granuloma Annulare}", "title = {RETRACTED: Granuloma}", "references.bib")
    (blocks,) = findings_of(case, "REF013")
    assert (blocks.severity, blocks.line) == ("error", line - 2)
    edit(case, "questions:", "retracted_cited_on_purpose: [keimig2015]\nquestions:")
    (noted,) = findings_of(case, "REF013")
    assert noted.severity == "note"
    line = edit(case, "[keimig2015]", "[keimig2015, nobody]")
    (odd,) = findings_of(case, "REF018")
    assert odd.line == line


def test_a_retracted_paper_nobody_cites_only_warns(case):
    more = "\n@article{old, title = {RETRACTED: X}, author = {A, B}, journal = {J}, year = 2001}\n"
    with (case / "references.bib").open("a") as listed:
        listed.write(more)
    assert {(f.code, f.severity) for f in findings_of(case, "REF002", "REF013")} == {
        ("REF002", "warning"),
        ("REF013", "warning"),
    }


@pytest.mark.parametrize(
    ("extra", "what", "severity"),
    [
        ("doi = {10.1000/A}", "DOI", "error"),
        ("pmid = {77}", "PMID", "error"),
    ],
)
def test_the_same_paper_twice(case, extra, what, severity):
    edit(case, "year = {2016},", f"year = {{2016}}, {extra.lower()},", "references.bib")
    line = edit(case, "year = {2015},", f"year = {{2015}}, {extra},", "references.bib")
    (twice,) = findings_of(case, "REF012")
    assert (twice.severity, twice.line, what in twice.message) == (severity, line, True)


def test_the_same_title_and_year_unless_the_dois_differ(case):
    for old, new in (
        (
            "{Granuloma Annulare}",
            "{Granuloma annulare: {C}linical and histologic variants, epidemiology, and genetics.}",
        ),
        ("year = {2015}", "year = {2016}"),
    ):
        edit(case, old, new, "references.bib")
    assert [f.severity for f in findings_of(case, "REF012")] == ["error"]
    edit(case, "volume = {75}", "volume = {75}, doi = {10.1000/1}", "references.bib")
    edit(case, "volume = {33}", "volume = {33}, doi = {10.1000/2}", "references.bib")
    assert findings_of(case, "REF012") == []


@pytest.mark.parametrize(
    ("field", "code"),
    [
        ("doi = {10.1000/abc}", None),
        ("doi = {10.1002/1097-0096(200103/04)29:3<140::AID-JCU1013>3.0.CO;2-R}", None),
        ("doi = {doi: 10.1000/abc}", None),
        ("doi = {10.1000/abc.}", "REF010"),
        ("doi = {10.1/abc}", "REF010"),
        ("doi = {www.skinj.org/12}", "REF010"),
        ("pmid = {31209876}", None),
        ("pmid = {PMC31209876}", "REF011"),
        ("pmid = {123456789}", "REF011"),
    ],
)
def test_identifiers_that_are_none(case, field, code):
    line = edit(case, "year = {2016},", f"year = {{2016}},\n  {field},", "references.bib")
    found = [(f.code, f.severity, f.line) for f in findings_of(case, "REF010", "REF011")]
    assert found == ([(code, "error", line + 1)] if code else [])


@pytest.mark.parametrize(
    ("old", "what"),
    [
        ("journal = {Dermatologic Clinics},", "journal or book"),
        ("author = {Keimig, Emily Louise},", "author"),
        ("year = {2015},", "year"),
        ("title = {Granuloma Annulare},", "title"),
    ],
)
def test_a_cited_reference_that_lacks_something(case, old, what):
    edit(case, old, "", "references.bib")
    (lacks,) = findings_of(case, "REF009")
    assert (lacks.severity, lacks.message) == ("warning", f"reference 'keimig2015' has no {what}")


def test_two_lists_are_one_too_many(case):
    (case / "references.ris").write_text(GOOD["references.ris"])
    assert [(f.code, f.severity) for f in findings_of(case)] == [("REF007", "error")]


@pytest.mark.parametrize("name", ["references.bib", "references.ris", "references.nbib", "references.json"])
@pytest.mark.parametrize(
    "text",
    ["", "\ufeff", "nothing of the kind\n", "@article{", "TY  -", "PMID-", "[[]]", "[1, null]", "\x00{}"],
)
def test_a_list_of_nothing_is_said(case, name, text):
    relist(case, name, text)
    assert {"REF001", "REF006", "FILE011"} & {
        f.code for f in check.check(intake.read(case), journal.load("aujmsr"))
    }


def test_five_thousand_references(case):
    rows = "".join(
        f"@article{{k{n}, author = {{A{n}, B}}, title = {{Title {n}}}, journal = {{J}}, year = 2001,\n"
        f"  abstract = {{{'words and {braces} ' * 40}}}, doi = {{10.1000/{n % 4990}}}}}\n"
        for n in range(5000)
    )
    with (case / "references.bib").open("a") as listed:
        listed.write(rows)
    found = findings_of(case)
    assert sum(f.code == "REF002" for f in found) == 5000
    assert [(f.code, f.line) for f in found if f.code == "REF012"][-1] == ("REF012", 18 + 10000)


def test_an_entry_that_breaks_off_does_not_hide_the_next():
    broken = "@article{a, title = {never closed, year = 2001\n}\n\n@article{b, title = {B}}\n"
    assert [e.key for e in reflist.read("references.bib", broken)] == ["a", "b"]


@pytest.mark.parametrize(
    ("typed", "read"),
    [
        ('M{\\"u}ller', "Müller"),
        ("Jos\\'{e} \\'{\\i}", "José í"),
        ("Szczepanik-Ku{\\l}ak", "Szczepanik-Kułak"),
        ("{\\AA}rhus \\& {S}\\o{}n", "Århus & Søn"),
        ("\\v{C}ech \\c{c}a", "Čech ça"),
        ("\\textit{Bartonella} {henselae}", "Bartonella henselae"),
    ],
)
def test_tex_accents(typed, read):
    assert bibtex.words(typed) == read


@given(
    st.text(alphabet='@article{}"\\#=,\n ab1TY-PMIDER[]:', max_size=300),
    st.sampled_from(["x.bib", "x.ris", "x.nbib", "x.json"]),
)
def test_any_text_is_read_without_falling_over(text, name):
    for entry in reflist.read(name, text):
        assert 1 <= entry.line <= text.count("\n") + 1
