"""Prose loses its names, numbers and calendar dates and still reads like prose."""

from __future__ import annotations

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.core.identity import identifiers
from pipeline.core.match import Matcher
from pipeline.deidentify.prose import dates
from pipeline.deidentify.prose.text import Remover

PRIVATE = {
    "name": "Sunita Testwala",
    "aliases": ["सुनीता टेस्टवाला"],
    "relatives": [
        {"name": "Rajesh Testwala", "relation": "husband"},
        {"name": "Kamla Devi", "relation": "mother-in-law"},
        {"name": "Mohan Lal", "relation": "someone she knows"},
    ],
    "birth_date": "1980-06-05",
    "numbers": {"hospital": ["CH/2025/0012345", "0045871"], "national": ["2345 0000 6789"]},
    "phones": ["+91 55550 10017"],
    "emails": ["sunita.t85@example.org"],
    "addresses": ["H.No. 123, Model Town, Sutlejgarh, Punjab 000417"],
    "places": ["Village Kot Surjan, Tehsil Sadhanwal", "Sutlejgarh"],
    "hospitals": [
        "Civil Hospital, Noorbagh",
        "Aurora University Hospital",
        "Doab Reference Laboratory",
        "Indra Scans",
    ],
    "doctors": ["Dr. Anil Bainswal"],
    "employers": ["Akal Jyoti Public School", "Harikpur Sugar Mill"],
    "dates": ["2025-03-14", "2024-11-03"],
    "posts": ["@sunita_fights", "https://social.example/sunita/posts/998877"],
}
KNOWN = identifiers(PRIVATE)
CALENDAR = dates.calendar("2025-03-02", KNOWN, ["2024-12"])
REMOVER = Remover(KNOWN, CALENDAR, ["aurorauniversityhospital"], "female")

SENTENCES = {
    "Mrs. Sunita Testwala, a 45-year-old woman, came.": "The patient, a 45-year-old woman, came.",
    "We saw Mrs Sunita Testwala.": "We saw the patient.",
    "Sunita's pain and SUNITA TESTWALA's fever": "The patient's pain and the patient's fever",
    "The patient, Smt Sunita Testwala, was seen.": "The patient was seen.",
    "The patient (Sunita Testwala) was seen.": "The patient was seen.",
    "A woman named Sunita Testwala came.": "A woman came.",
    "seen by Sunita Testwala (सुनीता टेस्टवाला) today": "seen by the patient today",
    "the Testwala family": "The patient family",
    "Sunita ji said": "The patient said",
    "*Sunita* Testwala improved": "The patient improved",
    "S. Testwala improved": "The patient improved",
    "seen by Rajesh Testwala": "seen by the patient's husband",
    "Her husband, Mr Rajesh Testwala, agreed.": "Her husband agreed.",
    "Her husband Rajesh agreed.": "Her husband agreed.",
    "her mother-in-law (Kamla Devi) too": "her mother-in-law too",
    "Mohan Lal drove her.": "A relative of the patient drove her.",
    "Mr Testwala agreed": "The patient's husband agreed",
    "seen by Dr. Anil Bainswal and Dr Bainswal": "seen by the treating doctor and the treating doctor",
    "at the Civil Hospital, Noorbagh, she": "at a hospital, she",
    "at Aurora University Hospital she": "at our hospital she",
    "sent to Doab Reference Laboratory and Indra Scans": "sent to a laboratory and an imaging centre",
    "She teaches at Akal Jyoti Public School.": "She teaches at a school.",
    "He worked at the Harikpur Sugar Mill.": "He worked at their workplace.",
    "She lives in village Kot Surjan, tehsil Sadhanwal.": "She lives in a village.",
    "A resident of Sutlejgarh, Punjab.": "A resident of the region, Punjab.",
    "He drove to Sutlejgarh.": "He drove to their place of residence.",
    "was admitted (registration number CH/2025/0012345). Her": "was admitted. Her",
    "UHID: CH/2025/0012345, phone 55550 10017": "UHID: [number removed], phone [phone number removed]",
    "mail sunita.t85@example.org, @sunita_fights": "mail [e-mail address removed], [link removed]",
    "H.No. 123, Model Town, Sutlejgarh, Punjab 000417": "[address removed]",
    "hospital no. 45871; platelets 45871": "hospital no. [number removed]; platelets 45871",
    "A 92-year-old man": "An over-89-year-old man",
    "aged 95 years, 91 years of age, 95 years ago": "aged over 89 years, over 89 years of age, 95 years ago",
    "a 95-yr-old, a 95 y old": "an over-89-yr-old, an over 89 y old",
    "the ninety-five-year-old": "the over-89-year-old",
    "She was 95. She was 95% sure, ninety years ago": "She was over 89. She was 95% sure, ninety years ago",
    "an 89-year-old man": "an 89-year-old man",
    "Testwala syndrome [@testwala2020] {fig:sunita:a} {table:sunita}": (
        "Testwala syndrome [@testwala2020] {fig:sunita:a} {table:sunita}"
    ),
    "Testwala et al. [@t2019] and Testwala and Other [@testwala2020]": (
        "Testwala et al. [@t2019] and Testwala and Other [@testwala2020]"
    ),
    "given to Sunita [@a2019]": "given to the patient [@a2019]",
    "aged 95 days": "aged 95 days",
    "She had **fever** and H~2~O [@a2019; @b2020].": "She had **fever** and H~2~O [@a2019; @b2020].",
    "She came.\n\nSunita left\nand Sunita slept.": "She came.\n\nThe patient left\nand the patient slept.",
}


@pytest.mark.parametrize("before", SENTENCES)
def test_sentences_still_read_well(before):
    assert REMOVER.clean(before).text == SENTENCES[before]


def test_every_replacement_is_counted_by_line_kind_and_rule_without_its_text():
    cleaned = REMOVER.clean("Sunita came.\nDr Bainswal saw her on 14 March 2025.")
    assert {(c.line, str(c.kind)) for c in cleaned.changes} == {(0, "name"), (1, "doctor"), (1, "date")}
    assert "Sunita" not in repr(cleaned.changes)
    old = REMOVER.clean("Fine for 95 years.\nA 92-year-old man of 45 years aged 99.")
    assert [(c.line, c.kind, c.rule) for c in old.changes] == [(1, "age", "over 89")] * 2


def test_what_a_person_must_decide_is_said():
    cleaned = REMOVER.clean(
        "Testwala came.\nTestwala disease, 45871 platelets,\nguidelines of June 2021.\n"
        "Seen 7/2026\nand 2025-11."
    )
    assert set(cleaned.look) == {
        (0, "shared name"),
        (1, "someone else"),
        (1, "short number"),
        (2, "month and year"),
        (3, "month and year"),
        (4, "month and year"),
    }


WITHOUT_IDS = [
    sentence for sentence in SENTENCES if "{" not in sentence
]  # ids with names are refused elsewhere


def test_an_article_taken_for_an_initial_hides_no_age():
    once = REMOVER.clean("seen by Dr. Anil Bainswal and Dr Bainswal A 92-year-old man").text
    assert "92" not in once
    assert REMOVER.clean(once).text == once


@given(st.lists(st.sampled_from(WITHOUT_IDS), min_size=1, max_size=6), st.sampled_from([" ", "\n", "\n\n"]))
def test_nothing_known_is_left_and_cleaning_again_changes_nothing(sentences, joint):
    once = REMOVER.clean(joint.join(sentences)).text
    assert not [hit for hit in Matcher(KNOWN).find(once) if hit.hard]
    assert REMOVER.clean(once).text == once


# --- dates ------------------------------------------------------------------------------------------------

DATED = {
    "On 14 March 2025 she was admitted.": "On Day 12 she was admitted.",
    "14 March 2025 to 16 March 2025": "Day 12 to Day 14",
    "from 14 to 16 March 2025": "from Day 12 to Day 14",
    "14–16 March 2025": "Day 12 to Day 14",
    "14, 15 and 16 March 2025": "Day 12, Day 13 and Day 14",
    "March 14–16, 2025": "Day 12 to Day 14",
    "28 February to 2 March 2025": "Day -2 to Day 0",
    "28 December – 3 January 2025": "Day -64 to Day -58",
    "on days 3 and 14 March 2025": "on days 3 and Day 12",
    "On Friday, the 14th of March, 2025, she": "On Day 12, she",
    "On the 14th March 2025 she": "On Day 12 she",
    "14 MARCH 2025, 14-Mar-25, 14 Mar. 2025": "Day 12, Day 12, Day 12",
    "March 14, 2025; Mar 14 2025": "Day 12; Day 12",
    "2025-03-14, 2025/03/14, 2025-03-14T10:30:00Z": "Day 12, Day 12, Day 12",
    "14/03/2025, 14.3.25, 14-3-2025": "Day 12, Day 12, Day 12",
    "03/11/2024": "Day -119",  # 3 November is listed, 11 March is not
    "03/14/2025": "Day 12",  # there is no month 14
    "on १४ मार्च २०२५ and 20250314": "on Day 12 and Day 12",
    "on 14 March she": "on Day 12 she",
    "On 14 March 2019 she": "About 6 years before Day 0 she",
    "born on 5 June 1980": "born on [date of birth removed]",
    "In November 2024 she": "About 4 months earlier she",
    "since November 2024": "since about 4 months earlier",
    "in December 2024": "About 3 months earlier",
    "it began in March 2025": "it began in the same month",
    "in 2019, and in June 2021": "in 2019, and in June 2021",
    "*On 14 March 2025*, **14 March 2025**": "*On Day 12*, **Day 12**",
    "section 1.2.10, version 4.1.22": "section 1.2.10, version 4.1.22",
    "UID 1.2.840.14.3.25.6": "UID 1.2.840.14.3.25.6",
    "BP 120/80, vision 6/6, titre 1:64, day 3/7": "BP 120/80, vision 6/6, titre 1:64, day 3/7",
    "[@smith2025-03-14] https://x.example/2025/03/14 doi:10.1234/2025.03.14": (
        "[@smith2025-03-14] https://x.example/2025/03/14 doi:10.1234/2025.03.14"
    ),
    "patients may 10 times": "patients may 10 times",
    "03-Jan-26, 12-Mar-22, 14 March 25": "Day 307, about 3 years before Day 0, Day 12",
    "born 05-Jun-80 (5/6/80)": "born [date of birth removed] ([date of birth removed])",
    "On March 14 antibiotics were started": "On Day 12 antibiotics were started",
    "In 11/2024 she": "About 4 months earlier she",
    "since 03-2025 and 2024-12": "since the same month and about 3 months earlier",
    "rows 1.2.10 and 4.1.98": "rows 1.2.10 and 4.1.98",
    "February the 24th, 2025; the fourteenth of March 2025": "Day -6; Day 12",
    "22APR2025, 14.III.2025, 2025 March 14": "Day 51, Day 12, Day 12",
    "22–04–2025, 22 / 04 / 2025, 22 04 2025": "Day 51, Day 51, Day 51",
    "seen 14–16 mar and 14th, March 2025": "seen Day 12 to Day 14 and Day 12",
    "since March of 2025": "since the same month",
    "on 14/3 and 14 march": "on Day 12 and Day 12",
    "10-20-30 mg, 10-12-20 mL, 24/2, power 4/5, in May 10 mg, in May": (
        "10-20-30 mg, 10-12-20 mL, 24/2, power 4/5, in May 10 mg, in May"
    ),
    "PMID 20121015, 20253344, OCT 14 showed": "PMID 20121015, 20253344, OCT 14 showed",
    "shares of 60/40/20": "shares of 60/40/20",
    "HbA1c 11.2024, code AB/2025-11, season 2011-13": "HbA1c 11.2024, code AB/2025-11, season 2011-13",
}


@pytest.mark.parametrize("before", DATED)
def test_dates_become_days(before):
    cleaned = REMOVER.clean(before)
    assert cleaned.text == DATED[before]
    assert cleaned.problems == ()


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("on 05/04/2025", "ambiguous"),
        ("on 5.4.25", "ambiguous"),
        ("on 31/02/2025", "impossible"),
        ("on 45/13/2025", "impossible"),
        ("on 31 February 2025", "impossible"),
        ("on 2025-02-30", "impossible"),
        ("on 7 March she", "yearless"),
        ("on June 7 she", "yearless"),
        ("since 12-Mar-98", "unclear"),
        ("born 03-Jul-58", "unclear"),
        ("on 12-Mar-27", "unclear"),
        ("on 31-Feb-25", "impossible"),
        ("Appendectomy on 12/03/98", "unclear"),
        ("born 03/07/52", "unclear"),
        ("on 03.07.52", "unclear"),
        ("on 31/02/25", "impossible"),
        ("14 March 98", "unclear"),
        ("March 14, 98", "unclear"),
        ("14 March 1850", "unclear"),
        ("on 14 March 25 patients", "unclear"),
        ("on 7 March 25 she", "unclear"),
        ("In March 14 patients were seen", "unclear"),
        ("Since March 14 new cases", "unclear"),
        ("Seen 14/3 and well", "unclear"),
        ("seen 22 april", "yearless"),
        ("seen 22–24 apr", "yearless"),
        ("IMG_20250422_101010", "unclear"),
        ("of 20250422 and", "unclear"),
        ("aged 14, March 2025", "unclear"),
    ],
)
def test_a_date_that_cannot_be_counted_is_a_question_and_stays(text, what):
    cleaned = REMOVER.clean(f"First line.\n{text}")
    assert cleaned.problems == ((1, what),)
    assert dates.rewrite(text, CALENDAR).text == text


def test_a_month_beside_a_number_that_was_not_converted_is_worth_a_look():
    assert REMOVER.clean("seen 2025 March; 30 Feb").look == ((0, "month and number"),) * 2
    assert REMOVER.clean("It may 10 times, in March, [@march2025] {fig:may-14}").look == ()


def test_a_name_that_is_an_ordinary_word_leaves_our_own_words_alone():
    listed = identifiers({"doctors": ["Dr Meera Day", "Technician"]})
    remover = Remover(listed, CALENDAR, [], "female")
    cleaned = remover.clean("On 2 March 2025 Dr Day saw her; each Day the Technician and Meera Day came.")
    assert cleaned.text == (
        "On Day 0 the treating doctor saw her; each Day the Technician and the treating doctor came."
    )
    assert cleaned.look == ((0, "ordinary word"),) * 2
    again = remover.clean(cleaned.text)
    assert (again.text, len(again.look)) == (cleaned.text, 2)


def test_dates_of_the_byline_stay_unless_they_are_the_patients():
    cleaned = REMOVER.clean("Approved on 12 January 2025; seen on 14 March 2025.", convert_dates=False)
    assert cleaned.text == "Approved on 12 January 2025; seen on Day 12."


def test_the_timeline_counts_from_day_0():
    assert dates.when(CALENDAR, "2025-03-02") == (0, "Day 0", True)
    assert dates.when(CALENDAR, "2025-02-27") == (-3, "Day -3", True)
    assert dates.when(CALENDAR, "2024-11") == (-107, "about 4 months before", False)
    assert dates.when(CALENDAR, "2025-03") == (13, "the month of Day 0", False)
    assert dates.when(CALENDAR, "2025-04") == (44, "about 1 month after", False)
    assert dates.when(CALENDAR, "2020-01") == (-1873, "about 5 years before", False)


WORDED = [
    "{d.day} {month} {d.year}",
    "{d.day} {month:.3} {d.year}",
    "{month} {d.day}, {d.year}",
    "the {d.day}th of {month}, {d.year}",
    "{d.year}-{d.month:02d}-{d.day:02d}",
    "{d.day}-{month:.3}-{d.year}",
]
NUMERIC = ["{d.day}/{d.month}/{d.year}", "{d.day:02d}.{d.month:02d}.{d.year}", "{d.day}-{d.month}-{d.year}"]
DAYS = st.dates(dt.date(2023, 6, 1), dt.date(2026, 12, 31))


def day(date: dt.date) -> str:
    return f"Day {(date - CALENDAR.day0).days}"


@given(DAYS, st.sampled_from(WORDED), st.sampled_from(["On", "before"]))
def test_any_date_with_a_clear_month_is_counted(date, style, word):
    text = f"{word} {style.format(d=date, month=date.strftime('%B'))} she"
    result = dates.rewrite(text, CALENDAR)
    assert (result.text, result.problems) == (f"{word} {day(date)} she", ())


@given(DAYS, st.sampled_from(NUMERIC))
def test_any_date_in_figures_is_counted_or_asked_about(date, style):
    text = f"On {style.format(d=date)} she"
    result = dates.rewrite(text, CALENDAR)
    readings = {date} if date.day > 12 else {date, dt.date(date.year, date.day, date.month)}
    listed = readings & CALENDAR.listed
    if len(readings) == 1 or len(listed) == 1:
        assert (result.text, result.problems) == (f"On {day((listed or readings).pop())} she", ())
    else:
        assert (result.text, [p.what for p in result.problems]) == (text, ["ambiguous"])
