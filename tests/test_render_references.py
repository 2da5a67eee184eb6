"""Reference lists in, allow-listed items out."""

from __future__ import annotations

import json

import pytest

from pipeline.core import journal
from pipeline.core.errors import Exit, InputError
from pipeline.render import citations, document, markdown, references, tree
from tests import rendering
from tests.rendering import REFERENCES

NBIB = """
PMID- 31209876
TI  - Ring disease of the
      forearm.
FAU - Rao, Prem Kumar
AU  - Rao PK
FAU - Müller, José
TA  - Skin J
DP  - 2020 Mar 4
VI  - 12
IP  - 3
PG  - 101-9
AID - 10.1000/ring.1 [doi]
PMC - PMC1234567
AB  - A long abstract.

PMID- 31209877
TI  - Another.
DP  - 2021
"""
RIS = """TY  - JOUR
ID  - rao2020
AU  - Rao, Prem
TI  - Ring disease in Kerala
T2  - Skin J
PY  - 2020
VL  - 12
SP  - 101
EP  - 109
DO  - 10.1000/ring.1
N1  - private remark
ER  -
"""


def write(tmp_path, name, text):
    path = tmp_path / name
    path.write_text(text, encoding="utf-8")
    return references.read(path)


def test_bibtex_keeps_titles_as_typed_and_drops_private_fields(tmp_path):
    found = write(tmp_path, "references.bib", REFERENCES)
    assert found["first"]["title"] == "Ring disease in Kerala: Crohn’s lesson"
    assert found["first"]["author"][1] == {"family": "Müller", "given": "José"}
    assert found["first"]["DOI"] == "10.1000/ring.1"
    assert found["second"]["author"] == [{"literal": "World Ring Society"}]
    assert "private" not in str(found)
    assert "/home" not in str(found)
    assert "Long" not in str(found)


def test_ris(tmp_path):
    found = write(tmp_path, "references.ris", RIS)
    assert found["rao2020"]["title"] == "Ring disease in Kerala"
    assert found["rao2020"]["page"] == "101-109"
    assert "private" not in str(found)


def test_what_pandoc_leaves_out_of_a_list_is_filled_in(tmp_path):
    full = RIS.replace("PY  - 2020", "PY  - 2020/03/04").replace("DO  - ", "DO  - https://doi.org/")
    item = write(tmp_path, "references.ris", full.replace("VL  -", "DB  - PubMed\nAN  - 123\nVL  -"))[
        "rao2020"
    ]
    assert (item["DOI"], item["PMID"], item["issued"]) == ("10.1000/ring.1", "123", {"date-parts": [[2020]]})
    bib = "@article{a, title={T}, journal={J}, year=2020, eprint={456}, eprinttype={pubmed}}"
    item = write(tmp_path, "references.bib", bib)["a"]
    assert item["PMID"] == "456"
    assert "URL" not in item


def test_pubmed_books_and_groups(tmp_path):
    text = (
        "PMID- 5\nBTI - StatPearls.\nTI  - Rings.\nCN  - Ring Group\nFED - Able, Ann\nPB  - P\nDP  - 2020\n"
    )
    item = write(tmp_path, "references.nbib", text)["5"]
    assert (item["type"], item["title"], item["container-title"]) == ("chapter", "Rings", "StatPearls")
    assert item["author"] == [{"literal": "Ring Group"}]
    assert item["editor"] == [{"family": "Able", "given": "Ann"}]


@pytest.mark.parametrize(
    ("name", "printed"),
    [
        ("aujmsr", "doi:10.1000/ring.1 PubMed PMID: 123."),
        ("jmcr", "https://doi.org/10.1000/ring.1"),
    ],
)
def test_identifiers_are_printed_as_the_style_wants(tmp_path, name, printed):
    clean = markdown.cleaned(rendering.clean_case(tmp_path / "clean"))
    listed = REFERENCES.replace("doi = {", "pmid = {123}, doi = {https://doi.org/")
    clean.references.write_text(listed, encoding="utf-8")
    library = references.read(clean.references)
    paper = citations.resolve(document.assemble(clean, journal.load(name), library, draft=False))
    said = tree.plain(paper.blocks)
    assert printed in said
    assert "doi.org/https" not in said


def test_pubmed(tmp_path):
    found = write(tmp_path, "references.nbib", NBIB)
    assert set(found) == {"31209876", "31209877"}
    first = found["31209876"]
    assert first["title"] == "Ring disease of the forearm"
    assert first["author"] == [
        {"family": "Rao", "given": "Prem Kumar"},
        {"family": "Müller", "given": "José"},
    ]
    assert (first["DOI"], first["PMCID"], first["issued"]) == (
        "10.1000/ring.1",
        "PMC1234567",
        {"date-parts": [[2020]]},
    )
    assert "abstract" not in str(first).lower()


def test_csl_json_takes_only_known_shapes(tmp_path):
    item = {
        "id": "x",
        "title": ["not", "text"],
        "author": [{"family": "Able", "secret": "y"}, "text"],
        "issued": {"date-parts": [["2020", "3"]]},
        "URL": "javascript:alert(1)",
        "note": "private",
    }
    assert write(tmp_path, "references.json", json.dumps([item])) == {
        "x": {
            "author": [{"family": "Able"}],
            "issued": {"date-parts": [[2020, 3]]},
            "type": "article-journal",
        }
    }


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("references.bib", "@article{x, title = {open"),
        ("references.json", "{"),
        ("references.json", "[" * 5000),
    ],
)
def test_an_unreadable_list_is_said_without_quoting_it(tmp_path, name, text):
    with pytest.raises(InputError) as stop:
        write(tmp_path, name, text)
    assert (stop.value.code, stop.value.exit) == ("REF006", Exit.INPUT)
    assert "title" not in str(stop.value)


def test_no_list_is_no_references():
    assert references.read(None) == {}


@pytest.mark.parametrize(
    ("typed", "kinds"),
    [
        ("a <i>b</i> c", ["Emph"]),
        ("<sup>13</sup>C &amp; <sub>2</sub>", ["Superscript", "Subscript"]),
        ("<span class='nocase'>DICOM</span>", []),
        ("<i>open & <script>x</script>", []),
        ("</i> closed", []),
    ],
)
def test_rich_text_in_titles(typed, kinds):
    nodes = references.rich(typed)
    assert [n["t"] for n in nodes if n["t"] not in {"Str", "Space"}] == kinds
    if "script" in typed:
        assert tree.plain(nodes) == typed
