"""A known identifier is found however it is written, and only there."""

from __future__ import annotations

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.core import resources
from pipeline.core.fold import LOOKALIKES, fold, letters
from pipeline.core.identity import Identifier, Kind, byline_lines, dates_of, identifiers, outside_byline
from pipeline.core.match import Matcher, longest

PRIVATE = {
    "key": "0" * 64,
    "name": "Meera Testwala",
    "aliases": ["मीरा टेस्टवाला", "ਮੀਰਾ ਟੈਸਟਵਾਲਾ"],
    "relatives": [{"name": "Ravi Kumar Testwala", "relation": "husband"}],
    "birth_date": "1980-06-05",
    "numbers": {
        "hospital": ["CH/2025/0012345", "0045871"],
        "national": ["2345 0000 6789"],
        "insurance": [],
        "vehicle": ["PB 00 EX 1234"],
    },
    "phones": ["+91 55550 10017"],
    "emails": ["meera.t85@example.org"],
    "addresses": ["H.No. 123, Gali Tootan, Model Town, Sutlejgarh, Punjab 000417"],
    "places": ["Village Kot Surjan, Tehsil Sadhanwal", "Sutlejgarh"],
    "hospitals": ["Civil Hospital, Noorbagh", "Postgraduate Institute of Example Medical Research"],
    "doctors": ["Dr. Anil Bainswal"],
    "employers": ["Akal Jyoti Public School"],
    "dates": ["2025-03-14"],
    "posts": ["@meera_fights", "https://social.example/meera/posts/998877"],
}
KNOWN = identifiers(PRIVATE)
MATCHER = Matcher(KNOWN)


def finds(text: str, hard: bool = True) -> set[str]:
    """The fields found in a text: those that block, or all."""
    return {hit.identifier.field for hit in MATCHER.find(text) if hit.hard or not hard}


NAMES = [
    "Meera Testwala",
    "MEERA TESTWALA",
    "Mrs. Meera Testwala",
    "Testwala Meera",
    "Testwala, Meera",
    "TESTWALA^MEERA^^MRS",
    "M. Testwala",
    "M Testwala",
    "Testwala M",
    "Testwala M.",
    "Meera Rani Testwala",
    'Meera "Mini" Testwala',
    "Testwala, Mrs Meera",
    "MeeraTestwala_knee_2.jpg",
    "meera-testwala.png",
    "meera_testwala",
    "Mee\u200bra\u00a0Test\u00adwala",
    "Meera Test-\nwala",
    "Meera\nTestwala",
    "Méérà Testwälå",
    "Mee\u0301ra Testwala\u0301",
    "\uff2deera Te\uff53twala",
    "\u041ceera T\u0435stwala",
    "M E E R A  T E S T W A L A",
    "*Meera* Testwala",
]


@pytest.mark.parametrize("text", NAMES)
def test_the_name_is_found_and_blocks(text):
    assert "name" in finds(f"Then {text} came.")


OTHERS = {
    "aliases.0": ["मीरा टेस्टवाला", "मीरा  टेस्टवाला ने", "मीरा\u200cटेस्टवाला"],
    "aliases.1": ["ਮੀਰਾ ਟੈਸਟਵਾਲਾ", "ਟੈਸਟਵਾਲਾ ਮੀਰਾ"],
    "relatives.0.name": [
        "Ravi Kumar Testwala",
        "Ravi Testwala",
        "Testwala, Ravi",
        "R.K. Testwala",
        "RK Testwala",
    ],
    "numbers.hospital.0": [
        "CH/2025/0012345",
        "CH-2025-0012345",
        "ch 2025 0012345",
        "20250012345",
        "CH/2025/\n0012345",
    ],
    "numbers.hospital.1": ["0045871", "00 45 871"],
    "numbers.national.0": [
        "234500006789",
        "2345-0000-6789",
        "२३४५ ०००० ६७८९",
        "XXXX XXXX 6789",
        "xxxxxxxx6789",
    ],
    "numbers.vehicle.0": ["PB00EX1234", "PB-00-EX-1234", "pb 00 ex1234"],
    "phones.0": [
        "5555010017",
        "+915555010017",
        "0 55550 10017",
        "55550-10017",
        "00915555010017",
        "55XXXXXX17",
    ],
    "emails.0": ["meera.t85@example.org", "MEERA.T85 (at) x", "mailto:meera.t85@example.org"],
    "addresses.0": [
        "H.No. 123, Gali Tootan, Model Town, Sutlejgarh, Punjab 000417",
        "H No 123",
        "PIN 000 417",
    ],
    "places.0": ["Kot Surjan", "kot surjan", "Sadhanwal", "KotSurjan"],
    "places.1": ["Sutlejgarh", "SUTLEJGARH", "sutlejgarh"],
    "hospitals.0": ["Civil Hospital, Noorbagh", "civil hospital noorbagh", "Civil Hospital (Noorbagh)"],
    "hospitals.1": ["PIEMR", "Postgraduate Institute of Example Medical Research"],
    "doctors.0": ["Dr Anil Bainswal", "Bainswal^Anil", "A. Bainswal", "Dr. A Bainswal"],
    "employers.0": ["Akal Jyoti Public School", "Akal Jyoti"],
    "posts.0": ["@meera_fights", "meera_fights"],
    "posts.1": ["social.example/meera/posts/998877", "http://www.social.example/meera/posts/998877/"],
}


@pytest.mark.parametrize(("field", "text"), [(f, t) for f, texts in OTHERS.items() for t in texts])
def test_every_kind_is_found_and_blocks(field, text):
    assert field in finds(f"see {text}; and")


SOFT = {
    "name": ["Meera", "meera", "MEERA", "Meera's", "Mee-\nra", "SunilMeera", "M E E R A", "Meera2"],
    "relatives.0.name": ["Ravi", "Testwala"],
    "dates.0": ["14 March", "March 14", "14th of March"],
    "numbers.hospital.1": ["45871"],
    "hospitals.0": ["Civil Hospital", "Noorbagh"],
}


@pytest.mark.parametrize(("field", "text"), [(f, t) for f, texts in SOFT.items() for t in texts])
def test_a_single_part_is_found_but_does_not_block(field, text):
    assert field in finds(f"then {text} came", hard=False)
    assert field not in finds(f"then {text} came")


@pytest.mark.parametrize(
    "text",
    [
        "A chimera is no name",
        "the test was allowed",
        "seen in the civil court",
        "haemoglobin 12345 and 10045871 and 98765",
        "14 March 2024 and 15 March 2025",
        "section 1.14.3.25.6",
        "in March, 14 patients",
        "Vitamin M",
        "model towns",
        "Punjab, India",
        "lal and das",
    ],
)
def test_nothing_is_found_where_nothing_is(text):
    assert finds(text, hard=False) == set()


def test_an_ordinary_word_is_a_name_only_where_it_is_written_like_one():
    matcher = Matcher([Identifier(Kind.NAME, "Asha Testwala", "name")])
    assert matcher.find("Then Asha came")
    assert not matcher.find("an ASHA worker had asha")


def test_our_own_day_is_no_name():
    matcher = Matcher([Identifier(Kind.DOCTOR, "Dr Meera Day", "doctors.0")])
    assert not matcher.find("On Day 0 and Day -12 she")
    assert matcher.find("Dr Day 2 weeks later")


def test_a_round_number_is_no_value_of_the_laboratory():
    matcher = Matcher([Identifier(Kind.NUMBER, "100000", "numbers.hospital.0")])
    for text in ("100,000/µL", "1,00,000", "100000/µL", "100000 cells", "100000 /mm3"):
        assert not matcher.find(f"platelets {text} then"), text
    assert matcher.find("UHID 100000 and")


def test_spellings_of_one_indic_name_are_one_name():
    matcher = Matcher([Identifier(Kind.NAME, "ज़ाँगिड़ टेस्टवाला", "name")])
    for text in ("जांगिड टेस्टवाला", "ज\u093cाँगिड\u093c\u200c टेस्टवाला", "टेस्टवाला जाँगिड"):
        assert any(hit.hard for hit in matcher.find(text)), text


def test_what_is_too_short_to_search_is_said():
    matcher = Matcher(
        [Identifier(Kind.NUMBER, "7", "numbers.hospital.0"), Identifier(Kind.DATE, "soon", "dates.0")]
    )
    assert matcher.unsearched == ["numbers.hospital.0", "dates.0"]
    assert matcher.find("7 of 7 soon") == []


def test_no_identifier_no_find():
    assert Matcher([]).find("Meera") == []


def test_the_longest_find_wins_and_stands_where_it_says():
    text = "On Monday Mrs Meera Rani Testwala, UHID CH/2025/0012345, came."
    kept = longest(MATCHER.find(text))
    assert [text[h.start : h.end] for h in kept] == ["Meera Rani Testwala", "CH/2025/0012345"]


# --- properties -------------------------------------------------------------------------------------------

LIKE = {}
for strange, plain in LOOKALIKES.items():
    LIKE.setdefault(plain, []).append(strange)
NOISE = ["\u200b", "\u00ad", "\u0301", "\u2060", "'", "\ufeff"]


@st.composite
def disguised(draw: st.DrawFn, name: str = "meera testwala") -> str:
    """The name with random case, accents, look-alikes, full-width letters and invisible characters."""
    out = []
    for n, char in enumerate(name):
        if char == " ":
            out.append(draw(st.sampled_from([" ", "  ", "\u00a0", "^", ", ", "_", "-", "\n"])))
            continue
        ways = [char, char.upper(), chr(ord(char) + 0xFEE0), *LIKE.get(char, [])]
        out.append(draw(st.sampled_from(ways)))
        if n + 1 < len(name):
            out.append(draw(st.sampled_from(["", "", "", *NOISE])))
    return "".join(out)


@given(
    disguised(), st.sampled_from(["", "x ", "(", "été ", "1. "]), st.sampled_from(["", " x", ")", "'s", ". "])
)
def test_a_disguised_name_is_still_found(name, before, after):
    text = before + name + after
    hard = [hit for hit in MATCHER.find(text) if hit.hard and hit.identifier.field == "name"]
    assert hard
    assert letters(text[hard[0].start : hard[0].end]) == "meeratestwala"


@given(
    st.lists(st.sampled_from(["", " ", "-", ".", "\u00a0", " - "]), min_size=11, max_size=11),
    st.integers(0, 2),
)
def test_a_spaced_number_is_still_found(gaps, script):
    zero = (ord("0"), 0x0966, 0x0A66)[script]
    digits = [chr(zero + int(c)) for c in "234500006789"]
    assert "numbers.national.0" in finds(
        "no. " + "".join(d + g for d, g in zip(digits, [*gaps, ""], strict=True))
    )


STYLES = [
    "{d.day} {month} {d.year}",
    "{d.day:02d} {month:.3} {d.year}",
    "{month} {d.day}, {d.year}",
    "{month:.3} {d.day} {d.year}",
    "{d.day}-{month:.3}-{y:02d}",
    "{d.day} of {month}, {d.year}",
    "{d.day}/{d.month}/{d.year}",
    "{d.day:02d}.{d.month:02d}.{y:02d}",
    "{d.day:02d}-{d.month:02d}-{d.year}",
    "{d.month}/{d.day}/{d.year}",
    "{d.year}-{d.month:02d}-{d.day:02d}",
    "{d.year}/{d.month}/{d.day}",
    "{d.year}{d.month:02d}{d.day:02d}",
    "{d.year}{d.month:02d}{d.day:02d}101500.000",
    "{d.day:02d}{d.month:02d}{d.year}",
    "{d.day} {hindi} {d.year}",
    "{d.day} {punjabi} {d.year}",
]


@given(st.dates(dt.date(1930, 1, 1), dt.date(2035, 12, 31)), st.sampled_from(STYLES))
def test_a_date_is_found_in_every_style(date, style):
    months = resources.data("templates/rules/identifier-words.yaml")["months"][date.month - 1]
    text = style.format(
        d=date,
        y=date.year % 100,
        month=months[0].title(),
        hindi=next(m for m in months if "ऀ" <= m[0] <= "ॿ"),
        punjabi=next(m for m in months if "਀" <= m[0] <= "੿"),
    )
    matcher = Matcher([Identifier(Kind.DATE, date.isoformat(), "dates.0")])
    assert any(hit.hard for hit in matcher.find(f"on {text} she")), text
    other = Matcher([Identifier(Kind.DATE, (date + dt.timedelta(days=400)).isoformat(), "dates.0")])
    assert not any(hit.hard for hit in other.find(f"on {text} she")), text


@given(st.text(max_size=200))
def test_any_text_can_be_folded_and_searched(text):
    folded = fold(text)
    places = [folded.origin(i) for i in range(len(folded.stream))]
    assert places == sorted(places)
    assert all(0 <= place < len(text) for place in places)
    for hit in MATCHER.find(text):
        assert 0 <= hit.start < hit.end <= len(text)


# --- identity ---------------------------------------------------------------------------------------------


def test_entries_know_where_they_were_listed_and_never_show_themselves():
    fields = [i.field for i in KNOWN]
    assert fields[:5] == ["name", "aliases.0", "aliases.1", "relatives.0.name", "birth_date"]
    assert "numbers.hospital.1" in fields
    assert not any(i.value in repr(i) for i in KNOWN)
    assert "key" not in fields
    assert {i.relation for i in KNOWN if i.kind is Kind.RELATIVE} == {"husband"}


def test_empty_and_half_filled_lists_are_bearable():
    assert identifiers({}) == ()
    odd = {
        "name": "",
        "aliases": "",
        "relatives": ["x"],
        "numbers": "",
        "phones": "98765 43210",
        "dates": [None],
    }
    assert [i.field for i in identifiers(odd)] == ["phones.0"]


def test_dates_of_the_record_are_identifiers_but_consent_dates_are_not():
    record = {
        "day0": {"date": "2025-03-14"},
        "timeline": [{"date": "2025-03"}, {"date": "2025-03-20"}, {"date": "2025-03-14"}],
        "figures": [{"taken_on": "2025-03-15"}, {}],
        "tables": [{"rows": [{"results": {"2025-03-16": "9"}}]}],
        "consent": {"signed_on": "2025-06-01"},
    }
    assert {i.value for i in dates_of(record)} == {"2025-03-14", "2025-03-15", "2025-03-16", "2025-03-20"}
    assert dates_of({}) == ()


def test_what_the_byline_says_is_not_hunted_outside_it():
    record = {
        "authors": [{"given": "Anil K", "family": "Bainswal"}],
        "affiliations": {"a": {"institution": "Civil Hospital", "city": "Noorbagh", "country": "India"}},
    }
    left = {i.field for i in outside_byline(KNOWN, byline_lines(record))}
    assert {"doctors.0", "hospitals.0"}.isdisjoint(left)
    assert {"name", "places.0", "places.1", "hospitals.1", "employers.0"} <= left
    assert set(KNOWN) == set(outside_byline(KNOWN, ""))


def test_the_word_lists_hold_words():
    table = resources.data("templates/rules/identifier-words.yaml")
    for group, entries in table.items():
        rows = [name for row in entries for name in row] if group == "months" else list(entries)
        assert all(isinstance(word, str) and word == word.lower() for word in rows), group
        assert len(rows) == len(set(rows)), group
    assert len(table["months"]) == 12
