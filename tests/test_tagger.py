"""The small tagger proposes names and places; it never breaks on a text and never moves an offset."""

from __future__ import annotations

import itertools
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from pipeline.identify import tagger

TOP = Path(__file__).parents[1]
ORDINARY = TOP / "bench/text/ordinary.txt"


def found(text: str) -> dict[str, str]:
    return {text[s.start : s.end]: s.label for s in tagger.spans(text)}


@settings(max_examples=150, deadline=None)
@given(st.text(max_size=300))
@example("")
@example("\ud800 Dr \udfff Sharma")
@example("A\x00B. \u202e Smt. R\u0301ita")
@example("रोगी राहुल")
@example("İİİ ŉ ß Mr. ǅ")
def test_any_text_gives_spans_in_order_inside_it(text):
    spans = tagger.spans(text)
    assert [s.start for s in spans] == sorted(s.start for s in spans)
    for one, after in itertools.pairwise(spans):
        assert one.end <= after.start
    for s in spans:
        assert 0 <= s.start < s.end <= len(text)
        assert s.label in tagger.LABELS
        assert tagger.THRESHOLD <= s.score <= 1.0
        assert text[s.start].isalnum()


def test_a_long_line_without_a_full_stop_is_read_to_its_end():
    text = "Patient Name: Harpreet Sekhon " + "x y z " * 3000 + "seen by Dr Rajesh Venugopal today"
    spans = tagger.spans(text)
    assert text[spans[0].start : spans[0].end] == "Harpreet Sekhon"
    assert text[spans[-1].start : spans[-1].end] == "Rajesh Venugopal"


def test_a_word_without_end_costs_no_memory():
    before = tagger.word.cache_info().currsize
    for letter in "ABC":
        tagger.spans(f"Mr {letter * 300_000} was seen.")
    assert max(len(tagger.word(letter * tagger.LONGEST_WORD).low) for letter in "ABC") == tagger.LONGEST_WORD
    assert tagger.word.cache_info().currsize - before < 20


@pytest.mark.parametrize(
    ("text", "what", "label"),
    [
        ("Mrs Tarunjeet Bhandarwal was admitted on 3 May.", "Tarunjeet Bhandarwal", "name"),
        ("Her son, Zubaid Malkani, gave the history.", "Zubaid Malkani", "name"),
        ("She was reviewed by Dr S.K. Pothuraju.", "S.K. Pothuraju", "name"),
        ("Patient Name : LALTHANPUII RALTE   Age : 40", "LALTHANPUII RALTE", "name"),
        ("Mera naam Kavinder hai.", "Kavinder", "name"),
        ("A farmer from Chak Sundarwal in Mehrangpur district had fever.", "Chak Sundarwal", "place"),
        ("Resident of village Dhanauli Khurd.", "Dhanauli Khurd", "place"),
        (
            "He was treated at Sardar Kartar Singh Memorial Hospital, Rajwara for sepsis.",
            "Sardar Kartar Singh Memorial Hospital, Rajwara",
            "hospital",
        ),
        ("The slides came from Shanti Path Labs.", "Shanti Path Labs", "hospital"),
        ("He works at Bhagwati Textile Mills as a fitter.", "Bhagwati Textile Mills", "employer"),
    ],
)
def test_it_proposes_what_nobody_told_it(text, what, label):
    assert found(text).get(what) == label


@pytest.mark.parametrize(
    "text",
    [
        "Hodgkin lymphoma and Sjögren syndrome were excluded; the Coombs test was negative.",
        "Blood culture grew Klebsiella pneumoniae sensitive to meropenem.",
        "Kumar et al. [12] reported nine cases.",
        "1. Sharma RK, Gupta S. Dengue in pregnancy. Indian J Med Res. 2019;150(2):101-9.",
        "HISTORY OF PRESENT ILLNESS",
        "The Department of Dermatology and the World Health Organization agreed.",
        "Images were acquired with a Magnetom scanner (Siemens Healthineers, Erlangen, Germany).",
    ],
)
def test_what_medicine_is_full_of_is_left_alone(text):
    assert tagger.spans(text) == []


def test_the_same_text_gives_the_same_answer_whatever_came_before():
    text = "Smt. Meena Rathwal, wife of Shri Dinesh Rathwal, lives in Kot Bhagaur."
    first = tagger.spans(text)
    tagger.spans("Mr John Smith of Leeds. " * 50)
    assert first
    assert tagger.spans(text) == first


def test_a_lower_threshold_only_adds():
    text = ORDINARY.read_text(encoding="utf-8")
    few = {i for s in tagger.spans(text, 0.8) for i in range(s.start, s.end)}
    many = {i for s in tagger.spans(text, 0.2) for i in range(s.start, s.end)}
    assert few < many


def test_ordinary_case_reports_get_few_proposals():
    text = ORDINARY.read_text(encoding="utf-8")
    assert len(tagger.spans(text)) <= 8 * len(text.split()) / 1000


def test_the_model_is_small_and_read_only_when_asked():
    assert (TOP / "templates/models/tagger.crf.xz").stat().st_size < 2_000_000
    code = "import sys; from pipeline.identify import tagger; print('pycrfsuite' in sys.modules)"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=TOP)
    assert run.stdout.strip() == "False"
