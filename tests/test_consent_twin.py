"""The consent for programs, and the page the patient keeps."""

from __future__ import annotations

import json

import pytest
from fhir.resources.consent import Consent

from pipeline import consent as room
from tests import consent_cases as cases


@pytest.fixture(scope="module")
def desk(tmp_path_factory):
    return cases.desk(tmp_path_factory.mktemp("twin"))


@pytest.fixture(scope="module")
def granted(desk, tmp_path_factory):
    folder = tmp_path_factory.mktemp("granted")
    room.make(desk.case(folder / "case"), desk.clean, folder)
    return folder


def test_it_is_a_fhir_r5_consent(desk, granted):
    said = json.loads((granted / "consent-fhir.json").read_bytes())
    consent = Consent.model_validate(said)
    assert consent.status == "active"
    assert consent.decision == "deny"  # whatever is not permitted below
    form = json.loads((desk.form / "form.json").read_bytes())
    assert consent.identifier[0].value == f"urn:sha256:{form['root']}"
    permitted = [row.data[0].reference for row in consent.provision]
    assert [reference.display for reference in permitted] == [
        "the text of the report",
        "the facts of the report",
        "figure arm with its legend",
        "figure scope with its legend",
        "the signed form",
    ]
    digests = {f"urn:sha256:{digest}" for digest in form["manifest"]["figures"].values()}
    assert digests < {reference.identifier.value for reference in permitted}


def test_it_names_nobody(granted):
    text = (granted / "consent-fhir.json").read_text()
    for word in ("Kamla", "Verma", "Asha", "2026", "+91", "Mission"):
        assert word not in text


def test_the_receipt_says_what_was_agreed_and_how_to_take_it_back(desk, granted):
    text = cases.text_of(granted / "receipt-for-the-patient.pdf")
    assert "What you agreed to" in text
    assert text.count("YES") == 6
    assert "NO" in text
    assert "take this permission back" in text
    assert "+91 00000 00000" in text
    assert "Kamla" not in text


def test_a_receipt_is_never_taken_for_a_signed_page(desk, granted, tmp_path):
    from tests import paper

    sheets = paper.printed(granted / "receipt-for-the-patient.pdf")
    case = desk.case(tmp_path / "case", [*desk.pages, *(s.resize(desk.pages[0].size) for s in sheets)])
    from pipeline.consent import gate

    assert "CON016" in [finding.code for finding in gate.read(case, desk.clean).report]
