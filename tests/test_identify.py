"""`casereport find-identifiers`: what nobody listed is found and proposed, and what identifies nobody stays."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.identify import checksums, find
from tests.conftest import ROOT, casereport


def found(text: str, region: str = "IN") -> list[str]:
    return [text[hit.start : hit.end] for hit in find(text, region)]


def covered(text: str, words: str) -> bool:
    """Whether every letter and digit of `words` lies in a proposal."""
    start = text.index(words)
    hits = find(text)
    places = [i for i in range(start, start + len(words)) if text[i].isalnum()]
    return all(any(hit.start <= i < hit.end for hit in hits) for i in places)


FOUND = [
    ("Smt. Rukmini Tambe was seen.", "Rukmini Tambe"),
    ("Gopal Tambe S/o Keshav Tambe came.", "Keshav Tambe"),
    ("SUNITA DEVI, 61/F, has a cough.", "SUNITA DEVI"),
    ("mera naam rahul hai", "rahul"),
    ("Reported by B.U. Kurup, Regn. No. KMC/28378.", "B.U. Kurup"),
    ("Reported by B.U. Kurup, Regn. No. KMC/28378.", "KMC/28378"),
    ("PatientName: TAMBE^RUKMINI", "TAMBE^RUKMINI"),
    ("Case 2: S.G., F, 28.", "S.G."),
    ("She lives in village Naduvattom.", "Naduvattom"),
    ("He came from Ludhiana today.", "Ludhiana"),
    (
        "Seen at Amrit Dhara Institute of Medical Sciences, Thrissur.",
        "Amrit Dhara Institute of Medical Sciences",
    ),
    ("Slides from PHC Bhimasar were read.", "Bhimasar"),
    ("He works at Vardhman Spinning Mill.", "Vardhman Spinning Mill"),
    ("Address: H. No. 12, MG Road, Pune.", "12, MG Road"),
    ("Seen on 04-08-2023.", "04-08-2023"),
    ("Seen on 13AUG2021.", "13AUG2021"),
    ("Seen on the 4th of January, 2023.", "4th of January, 2023"),
    ("दिनांक १५ मार्च २०२३ को", "१५ मार्च २०२३"),
    ("ਮਿਤੀ ੧੫ ਜੂਨ ੨੦੨੪ ਨੂੰ", "੧੫ ਜੂਨ ੨੦੨੪"),
    ("12 மார்ச் 2022 அன்று", "12 மார்ச் 2022"),
    ("Pain since 09/2021.", "09/2021"),
    ("Ill since last Holi.", "last Holi"),
    ("A man aged 97 fell.", "97"),
    ("A ninety-three-year-old woman fell.", "ninety-three"),
    ("Phone +91 98140 55231.", "98140 55231"),
    ("Tel 01926 512345.", "01926 512345"),
    ("Write to asha.k@example.org now.", "asha.k@example.org"),
    ("Paid by asha.k@okaxis once.", "asha.k@okaxis"),
    ("IFSC SBIN0001234 was read.", "SBIN0001234"),
    ("PAN ABCPS1234K.", "ABCPS1234K"),
    ("GSTIN 33AAACM1234F1Z5.", "33AAACM1234F1Z5"),
    ("Voter id XYZ1234567.", "XYZ1234567"),
    ("ABHA 87-6424-8803-6398.", "87-6424-8803-6398"),
    ("SSN 219-09-9999.", "219-09-9999"),
    ("Kenilworth CV8 1LL.", "CV8 1LL"),
    ("Boise, Idaho 83702.", "83702"),
    ("UHID: 887879872.", "887879872"),
    ("Specimen 7976/24 was cut.", "7976/24"),
    ("His car CG27AW1763 was sold.", "CG27AW1763"),
    ("Serial no. SN973408348.", "SN973408348"),
    ("From IP 103.206.201.37.", "103.206.201.37"),
    ("See www.example.org/bib/7200 there.", "www.example.org/bib/7200"),
    ("She died at 92 after a fall.", "92"),
    ("He was in his 91st year.", "91st year"),
    ("A woman in her nineties fell.", "her nineties"),
    ("श्रीमती कमला, आयु ९४ वर्ष।", "९४"),
    ("चौरानवे साल की महिला", "चौरानवे"),
    ("Her form said age 90. She walks.", "90"),
    ("Discharged on the 23rd and well.", "23rd"),
    ("2021-07-08 First dose\n24th IVIG 1 g/kg", "24th"),
    ("Collected on Tuesday 5/3 by him.", "Tuesday 5/3"),
    ("Ill since the winter of 2019.", "winter of 2019"),
    ("The rash came in early December.", "early December"),
    ("২০২২ সালের মার্চ থেকে", "২০২২ সালের মার্চ"),
    ("Seen on 1 .3. 2021 there.", "1 .3. 2021"),
    ("Born on the 5th of March, two thousand twenty one.", "5th of March, two thousand twenty one"),
    ("Admitted 12-15/03/2023 there.", "12-15/03/2023"),
    ("पुणे – ४१२३०१ येथे", "४१२३०१"),
    ("Vidisha (M.P.) 464 001 was named.", "464 001"),
    ("He wrote from PHAGWARA 144401 then.", "144401"),
    ("REG N0. 2O23-884l2 was read.", "2O23-884l2"),
    ("Writ petition 4471 of 2021 was heard.", "4471 of 2021"),
    ("रजि. नं. ४४७१ पर", "४४७१"),
    ("Template FT-91c0-77ad was kept.", "FT-91c0-77ad"),
    ("Card 4417 1234 5678 9113 was used.", "4417 1234 5678 9113"),
    ("Paid to eknath@ybl-example once.", "eknath@ybl-example"),
    ("Her Instagram id rahul_29 was named.", "rahul_29"),
    ("results at ftp://results.lab.example.in/WG-2024/", "ftp://results.lab.example.in/WG-2024/"),
    ("0600h pt gopinath restless", "gopinath"),
    ("0930h wife kamala says he is calm", "kamala"),
    ('He calls for "bablu" at night.', "bablu"),
    ("handover to s/n jincy mol at two", "jincy mol"),
    ("நோயாளி கலைச்செல்வி, க/பெ முருகேசன், வயது 34", "முருகேசன்"),
    ("पत्ता: घर क्र. २१८, वरची आळी, ता. पुरंदर, जि. पुणे", "पुरंदर"),
    ("ਪਿੰਡ ਚੱਕ ਭਾਈਕਾ, ਤਹਿਸੀਲ ਮਲੋਟ", "ਚੱਕ ਭਾਈਕਾ"),
    ("Employer: Big Otter Poultry Processing, Springdale", "Big Otter Poultry Processing"),
    ("A sepoy in 14 Rajputana Rifles fell.", "14 Rajputana Rifles"),
    ("He stoked on INS Satpura then.", "INS Satpura"),
    ("Admitted to Cedar Hollow Children's that night.", "Cedar Hollow Children's"),
    ("She was seen at Addenbrooke's.", "Addenbrooke's"),
    ("She lives behind the old Plaza cinema, Sadar Bazaar, Jhansi.", "the old Plaza cinema, Sadar Bazaar"),
    ("He lives at 9 Chandlers\nWynd, Berwick.", "9 Chandlers\nWynd"),
]

# Phrases that point to one person: always a question, never removed unasked.
RARE = [
    ("She was the state's first woman ice-hockey goalkeeper, now well.", "the state's first woman ice-hockey goalkeeper"),
    ("He was the only dentist in the town then.", "the only dentist in the town"),
    ("The patient, a serving officer's spouse, was well.", "a serving officer's spouse"),
    ("All know me as the dhadi singer with the dark hands.", "the dhadi singer with the dark hands"),
    ("Known to the city as the tabla player who performed, he fell.", "Known to the city as the tabla player who performed"),
    ("रोगिणी जिले की एकमात्र महिला ऑटो चालक है।", "जिले की एकमात्र महिला ऑटो चालक"),
    ("An ex-MLA came with fever.", "An ex-MLA"),
    ("Her accident was in the newspapers.", "was in the newspapers"),
    ("He had a tattoo of a peacock on the arm.", "tattoo of a peacock on the arm"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "words"), RARE)
def test_what_points_to_one_person_is_asked_about(text, words):
    assert covered(text, words), find(text)
    start = text.index(words)
    inside = [hit for hit in find(text) if hit.start < start + len(words) and hit.end > start]
    assert {hit.action for hit in inside} == {"ask"}


@pytest.mark.parametrize(("text", "words"), FOUND)
def test_what_identifies_is_found(text, words):
    assert covered(text, words), find(text)


KEPT = [
    "Nair et al. (2018) and Pillai (2011) reported similar findings.",
    "1. Verma A, Joshi N. Melioidosis in coastal India. Trop Doct 2016;46:88-91.",
    "Kumar and Bose [12] disagreed, as did (Deshpande 2016; Naik et al., 2019).",
    "doi:10.1016/j.japi.2019.03.004 and PMID: 31234567 and NCT01234567",
    "@article{singh2019,\n author = {Singh, Gurpreet},\n journal = {Trop Doct}\n}",
    "References\n1. Sharma R, Gupta N. Scrub typhus. Indian J Med Res 2014;139:55-60.\n2. WHO. Report. Geneva: WHO; 2022.",
    "Raynaud phenomenon, Hodgkin lymphoma and Zollinger-Ellison syndrome were considered.",
    "Babinski was positive; a Foley catheter was passed.",
    "mRSS 22/51, GCS 15/15, vision 6/9 and BP 130/85 mmHg.",
    "Titre 1:320, platelets 12,000/mm3, TTN truncation, L4-L5 disc.",
    "Similar findings in Karnataka and in the United Kingdom in 2022.",
    "Nifedipine 20 mg for five days; Mycobacterium leprae was seen.",
    "Images from a Siemens Somatom Definition Edge; R 4.2.2; SPSS version 26.",
    "NICE NG37, IDSA 2016, NYHA III, Day 14, week 12.",
    "Alkaline phosphatase 214 U/L. Glycated haemoglobin (HbA1c) was 5.4%.",
    "The plaques followed the lines of Blaschko, as in linear atrophoderma of Moulin.",
    "The first doctor thought it was a boil; the only finding was pallor.",
    "This is the first case from India, to our knowledge.",
    "Rose 2014 and Khan 2015 disagree; see Patel 2019 and Mehta TY, 2009.",
    "According to Banerjee and Roy,7 as Das showed in 2001, and Das et al⁵ agreed.",
    "Reddy (personal communication, 2018). J Assoc Physicians India 2011.",
    "Deshmukh P, Kulkarni S. Letter. BMJ 2012.",
    "Reports from Tamil Nadu, Jammu and Kashmir and Sri Lanka, Ladakh and Goa exist.",
    "The American College of Rheumatology criteria and the UK Cancer Genetics Group 2023.",
    "Variants were called by GATK 4.4.0.0; anti-PF4 OD 2.9; oxygen saturation was 91.",
    "He was transferred to the Intensive Care Unit. Myo-inositol raised on MRS. Findings fit.",
]


@pytest.mark.parametrize("text", KEPT)
def test_what_identifies_nobody_stays(text):
    assert found(text) == []


names = st.sampled_from(["Sharma", "Singh", "Reddy", "Nair", "Fernandes", "Smith"])


@given(names, names, st.integers(1990, 2024), st.integers(1, 90), st.integers(1, 900))
@settings(max_examples=30)
def test_a_reference_is_never_proposed(one, two, year, volume, page):
    text = f"3. {one} A, {two} BC. A case of fever. Indian J Med Res {year};{volume}:{page}-{page + 4}."
    assert found(text) == []
    assert found(f"As {one} and {two} ({year}) said, and {two} et al. [{volume}] too.") == []


@given(
    st.text(max_size=200)
    | st.lists(
        st.sampled_from(["Dr", "Ram", "Singh,", "12/03/2023", "@ok", ".", "(", ")", "98140", "अ", "\u200b"])
    ).map(" ".join)
)
@settings(max_examples=80)
def test_proposals_lie_in_the_text_and_never_overlap(text):
    at = 0
    for hit in find(text):
        assert at <= hit.start < hit.end <= len(text)
        assert hit.action in {"remove", "ask"}
        at = hit.end
    assert find(text) == find(text)


def test_invisible_characters_hide_nothing_and_do_not_move_places():
    text = "Phone 98140\u200b55231 is hers."
    assert found(text) == ["98140\u200b55231"]


GAPS = st.sampled_from(["", " ", "-"])


@given(st.integers(2, 9), st.integers(0, 10**10 - 1), GAPS)
@settings(max_examples=40)
def test_a_valid_aadhaar_number_is_found_however_it_is_spaced(first, rest, gap):
    body = f"{first}{rest:010d}"
    number = next(body + str(d) for d in range(10) if checksums.verhoeff(body + str(d)))
    written = gap.join((number[:4], number[4:8], number[8:]))
    assert covered(f"The card said {written} on it.", written)


@given(st.integers(0, 10**9 - 1), st.sampled_from([" ", "-"]))
@settings(max_examples=40)
def test_a_valid_nhs_number_is_found(body, gap):
    ten = next((f"{body:09d}{d}" for d in range(10) if checksums.nhs(f"{body:09d}{d}")), None)
    if ten:
        written = gap.join((ten[:3], ten[3:6], ten[6:]))
        assert covered(f"It was {written} there.", written)


def test_check_digits():
    assert checksums.verhoeff("234567890124")
    assert checksums.nhs("9434765919")


# --- the command ----------------------------------------------------------------------------------------------


def test_lines_in_proposals_out(tmp_path: Path):
    text = "Phone +919350888614 of Smt. Meena Rao."
    (tmp_path / "in.jsonl").write_bytes(
        b"\xef\xbb\xbf" + json.dumps({"id": 7, "text": text}).encode() + b"\r\n\r\n"
    )
    ran = casereport("find-identifiers", "--jsonl", tmp_path / "in.jsonl", tmp_path / "out.jsonl", "--json")
    assert ran.code == 0, ran.everything
    rows = [json.loads(line) for line in (tmp_path / "out.jsonl").read_text().splitlines()]
    assert [set(row) for row in rows] == [{"id", "start", "end", "label", "replacement", "action"}] * 2
    assert text[rows[0]["start"] : rows[0]["end"]] == "+919350888614"
    assert ran.json["texts"] == 1
    assert "Meena" not in ran.everything


def test_bad_lines_are_named_and_nothing_is_written(tmp_path: Path):
    (tmp_path / "in.jsonl").write_text(
        '{"id": 1, "text": "x"}\n{"id": 2}\nnonsense\n[]\n{"id": 3, "text": 4}\n'
    )
    ran = casereport("find-identifiers", "--jsonl", tmp_path / "in.jsonl", tmp_path / "out.jsonl")
    assert ran.code == 5
    for words in (
        'line 2: no "text"',
        "line 3: not JSON",
        "line 4: not an object",
        'line 5: "text" is no text',
    ):
        assert words in ran.err
    assert [p.name for p in tmp_path.iterdir()] == ["in.jsonl"]


def test_streams_an_empty_file_and_one_text(tmp_path: Path):
    command = [sys.executable, "-m", "pipeline", "find-identifiers"]
    piped = subprocess.run(
        [*command, "--jsonl", "-", "-"], input=b'{"id":"a","text":"Aadhaar no. 3431-9722-0642"}', capture_output=True, cwd=ROOT, check=True
    )  # fmt: skip
    assert json.loads(piped.stdout)["label"] == "aadhaar"
    (tmp_path / "empty").write_text("")
    assert casereport("find-identifiers", "--jsonl", tmp_path / "empty", tmp_path / "o").code == 0
    assert (tmp_path / "o").read_bytes() == b""
    (tmp_path / "note.md").write_text("First line.\nSmt. Meena Rao came on 3 May 2021.\n")
    shown = casereport("find-identifiers", tmp_path / "note.md")
    assert "Meena Rao" in shown.out
    assert "3 May 2021" in shown.out


def test_what_cannot_be_done_is_said(tmp_path: Path):
    (tmp_path / "in").write_text('{"id": 1, "text": "x"}')
    same = casereport("find-identifiers", "--jsonl", tmp_path / "in", tmp_path / "in")
    assert (same.code, "same file" in same.err) == (2, True)
    assert casereport("find-identifiers", "--jsonl", tmp_path / "none", tmp_path / "o").code == 5
    assert casereport("find-identifiers", "--jsonl", tmp_path / "in", tmp_path / "no" / "o").code == 6
    assert casereport("find-identifiers").code == 2


@pytest.mark.parametrize(
    ("text", "words", "said"),
    [
        ("Pt Harjit Singh (2021) came with pain.", "Harjit Singh", "the patient"),
        ("Our patient, Sunita Devi (2021), was admitted.", "Sunita Devi", "the patient"),
        ("Mr. Ravi Kumar et al. came to our ward.", "Ravi Kumar", "the patient"),
        ("Her brother Kulwinder came.", "Kulwinder", "brother"),
        ("His GP Dr Patel wrote.", "Patel", "the doctor"),
        ("(555) 123-4567 is the number", "(555) 123-4567", "[phone number]"),
    ],
)
def test_a_patient_is_nobody_who_is_cited_and_keeps_their_part(text, words, said):
    found = [hit for hit in find(text) if words in text[hit.start : hit.end]]
    assert [hit.replacement for hit in found] == [said]


@pytest.mark.parametrize(
    "text",
    [
        "See ref. 12/13 for this.",
        "Rao and Sidhu^6^ agree with this.",
        "https://pubmed.ncbi.nlm.nih.gov/12345678/ has it.",
        "Smith (2019) showed that; Kumar et al. (2019) did not.",
        "Rocky Mountain spotted fever, Aleppo boil and the Queen Anne sign",
    ],
)
def test_sources_and_eponyms_are_left_alone(text):
    assert find(text) == []
