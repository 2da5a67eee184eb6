"""Words that advertise are found with their line; honest science is left alone."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline import intake
from pipeline.check import advertising, schema
from pipeline.core import resources
from tests.conftest import ROOT, edit

ADVERTISING = {
    "REC110": [
        "This is the first case in India.",
        "We report the first-ever patient treated so.",
        "Ours is the first of its kind.",
        "It was never before reported.",
        "We are the only centre that offers it.",
        "Our unit has the largest experience in the state.",
    ],
    "REC111": [
        "It was done by a world-renowned surgeon.",
        "She came to our centre of excellence.",
        "A state-of-the-art scanner was used.",
        "In experienced hands it is safe.",
        "It was done at the best hospital in town.",
    ],
    "REC112": [
        "It was a miracle.",
        "Cure is guaranteed.",
        "A 100% success was seen.",
        "The drug has no side effects.",
        "It gives a permanent cure.",
    ],
    "REC113": [
        "The results were excellent: stunning results.",
        "Spectacular recovery followed.",
        "Our team is proud of it.",
        "The pictures speak for themselves.",
    ],
    "REC114": [
        "She was grateful to the doctors.",
        "He would highly recommend this hospital.",
        "“I thank the team.”",
    ],
    "POL020": [
        "Contact us for details.",
        "For appointments ring 98140 12345.",
        "See our Facebook page; visit us.",
        "More is on our website.",
    ],
    "POL021": [
        "Book an appointment today.",
        "Patients may contact our team.",
        "We offer a discount.",
    ],
    "POL022": ["A male fetus was delivered.", "Fetal sex was told to the parents."],
}
HONEST = """To our knowledge, this is the first reported case of it in a child.
We believe this is the first report; a search of PubMed found none.
First-line therapy failed. It was first seen in March. The first report of the biopsy was negative.
The first case was described in 1954 [@first1954]. Our patient had her first operation at five.
The largest diameter was 3 cm. Best-corrected visual acuity was 6/6. Response was excellent.
Convergence is not guaranteed. There were no side effects. Magnetic resonance imaging was normal.
The largest series has 14 cases [@series]. Contact dermatitis was excluded. He was in contact with his uncle.
Her mother recommended rest. She was grateful that it was not contagious. Unmatched control samples were used.
The registry is at www.clinicaltrials.gov; the code is 8412345678901 and the level was 15 to 35.
An X-linked disease of the male fetus was known. Improvement was remarkable in two of nine reports [@a; @b].
It was the first time she had fever.
She was seen in our hospital with number 9814012345. The best available evidence is weak.
A reference centre confirmed it."""


def codes(text: str) -> list[str]:
    return [row.code for row, _ in advertising._found(text)]


@pytest.mark.parametrize(
    ("code", "text"), [(code, text) for code, rows in ADVERTISING.items() for text in rows]
)
def test_words_that_advertise_are_found(code, text):
    assert code in codes(text)
    assert code in codes(text.upper())
    assert code in codes(text.replace(" ", "\n"))


@pytest.mark.parametrize("line", HONEST.splitlines())
def test_honest_science_is_left_alone(line):
    assert codes(line) == []


def test_every_row_of_the_data_is_whole_and_has_a_calmer_wording():
    rows = resources.data(advertising.WORDS)
    assert {row["finding"] for row in rows} == set(ADVERTISING)
    for row in rows:
        assert row["instead"]
        assert row["what"]
        for pattern in (*row["find"], *row.get("unless", ())):
            assert not re.compile(pattern).search("")


@pytest.mark.parametrize("name", ["radiology-example", "dermatology-example"])
def test_the_examples_advertise_nobody(name):
    case = intake.read(ROOT / "cases" / name)
    assert advertising.check(case, schema.read(case)[0]) == []


def test_a_finding_has_the_line_and_a_calmer_wording_and_only_invitations_block(case, run):
    boast = "our world-class team\n    is proud. Visit our website."
    line = edit(case, "a limitation is the short follow-up.", boast)
    found = {f["code"]: f for f in run("check", case, "--json").json["findings"]}
    assert found["REC111"]["line"] == line
    assert found["REC113"]["line"] == line
    assert found["POL020"]["line"] == line + 1
    assert found["POL020"]["severity"] == "error"
    assert found["REC111"]["severity"] == "warning"
    assert found["REC111"]["fix"]


@given(st.text(max_size=300))
def test_any_text_is_read_to_its_end(text):
    assert all(0 <= at <= len(text) for _, at in advertising._found(text))
