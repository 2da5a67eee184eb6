"""Under blinding nobody is told who stands behind the authors, nor on whose computer they wrote."""

from __future__ import annotations

import pytest

from pipeline.verify import backers, blind
from pipeline.verify.pieces import Piece

RECORD = {
    "authors": [{"given": "Asha", "family": "Example"}],
    "declarations": {
        "ethics": "Approved by the Institutional Ethics Committee of Jeevan Jyot Medical College "
        "(No. JJMC/IEC/2025/114). "
        "The work conforms to the Declaration of Helsinki.",
        "funding": "The Nihal Trust for Rare Diseases (grant NT-2024-0091) paid for sequencing.",
        "acknowledgements": "We thank Sister Rosamma Thekkekara and the boy's family.",
    },
}
HIDDEN = blind.who(RECORD)


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("at Jeevan Jyot Medical College", "ethics"),
        ("see JJMC/IEC/2025/114", "ethics number"),
        ("the Nihal Trust for Rare Diseases", "funding"),
        ("NT-2024-0091", "funding number"),
        ("our colleague Rosamma Thekkekara", "acknowledgements"),
        ("SISTER ROSAMMA THEKKEKARA", "acknowledgements"),
        ("/home/asha/case/figure.png", "path"),
        (r"C:\Users\Asha\Desktop\case.docx", "path"),
        ("<dc:creator>Asha E</dc:creator>", "property creator"),
        ("<cp:lastModifiedBy>ward pc 4</cp:lastModifiedBy>", "property lastModifiedBy"),
        ("<Company>Jeevan</Company>", "property Company"),
        ("/Author\nAsha E\n/Title\nRings", "property Author"),
    ],
)
def test_who_stands_behind_the_authors_is_seen(text: str, what: str):
    found = blind.seen([Piece("for-review/manuscript.docx › x", text)], HIDDEN)
    assert any(what in said for _, said in found), found


@pytest.mark.parametrize(
    "text",
    [
        "The institutional ethics committee approved it.",
        "conforms to the Declaration of Helsinki",
        "We thank the family; rare diseases; a trust.",
        "<dc:creator></dc:creator><dc:creator>casereport</dc:creator>",
        "/Author\n/Title\nRings",
        "at home/work; the users",
    ],
)
def test_ordinary_words_tell_nobody(text: str):
    assert blind.seen([Piece("for-review/manuscript.docx › x", text)], HIDDEN) == []


def test_a_record_that_names_nobody_hides_nobody():
    none = {
        "ethics": "No approval was needed. The CARE guideline was followed.",
        "funding": "None.",
        "acknowledgements": None,
    }
    assert list(backers.named({"declarations": none})) == []
    assert list(backers.named({})) == []
