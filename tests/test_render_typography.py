"""The typographic pass: what it sets, what it leaves, and that it never changes a word."""

from __future__ import annotations

import copy

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from pipeline.core import journal, words
from pipeline.render import document, markdown, references, tree, typography
from tests import rendering

ALL = frozenset(typography.PARTS)
PIECES = [
    "5 mg",
    "10-20",
    "37.2 °C",
    "p < 0.05",
    "120/80 mm Hg",
    "Day 3",
    "Day -3",
    "E. coli",
    "S. aureus",
    '"',
    "'",
    "it's",
    "*Candida*",
    "**B. henselae**",
    "10^-9^",
    "H~2~O",
    "[@a]",
    "{fig:a}",
    "{fig:a:b}",
    "https://x.org/1-2",
    "2020-03-04",
    "IL-6",
    "4-0",
    "\u2009",
    "\u202f",
    "\u2003",
    "(",
    ")",
    ",",
    ".",
    "-",
    "–",
    "1-",
    "-1",
    "12 000",
    "“",
    "”",
    "‘",
    "’",
    "5'",
    '6"',
    "Staphylococcus aureus",
    "Proteus",
    "x",
    "\n\n",
    " ",
]


def shown(typed, parts=ALL):
    """A paragraph after the pass: _ for a no-break space, <…> for italics."""
    out = ""
    for node in typography.line(markdown.inline(typed), parts):
        if node["t"] == "Emph":
            out += f"<{tree.plain([node])}>"
        else:
            out += node["c"] if node["t"] == "Str" else " " if node["t"] == "Space" else f"{{{node['t']}}}"
    return out.replace("\u00a0", "_").replace("\u202f", "=")


@pytest.mark.parametrize(
    ("typed", "done"),
    [
        ("5 mg, 12 mm wide, 39 °C, 5 men, 3 months", "5_mg, 12_mm wide, 39_°C, 5 men, 3 months"),
        ("2.5 mg/kg and 7 µmol/L, 140 mmol/L", "2.5_mg/kg and 7_µmol/L, 140_mmol/L"),
        ("120/80 mm Hg at 3 T", "120/80_mm_Hg at 3_T"),
        ("5 a day, 6 got well, 7 units", "5 a day, 6 got well, 7 units"),
        ("p < 0.05, P = 0.3, n = 12, 4 × 5 cm, 3 ± 1", "p_<_0.05, P_=_0.3, n_=_12, 4_×_5_cm, 3_±_1"),
        (
            "on Day 3, in Figure 1, stage IV, Grade 2, No. 5",
            "on Day_3, in Figure_1, stage_IV, Grade_2, No._5",
        ),
        ("Type A, a type of ring, case I saw", "Type_A, a type of ring, case_I saw"),
        ("5\u2009mg, 12\u2009000, a\u2003b, 7\u202f%", "5_mg, 12=000, a b, 7_%"),
    ],
)
def test_spaces(typed, done):
    assert shown(typed) == done


@pytest.mark.parametrize(
    ("typed", "done"),
    [
        (
            "10-20 mg, 1998-2004, 5-10%, 10%-20%, 37.2-38.5 °C",
            "10–20_mg, 1998–2004, 5–10%, 10%–20%, 37.2–38.5_°C",
        ),
        ("(2-3 weeks; pages 7-9.)", "(2–3 weeks; pages_7–9.)"),
        ("-5 °C, (-2.1), Day -3, 10 to -10", "−5_°C, (−2.1), Day_−3, 10 to −10"),
        ("2020-03-04, 2020-03, 2020-12, 03-14", "2020-03-04, 2020-03, 2020-12, 03-14"),
        (
            "IL-6, CD4-8, COVID-19, p16-18, T10-L1, L4-5, BRCA1-2",
            "IL-6, CD4-8, COVID-19, p16-18, T10-L1, L4-5, BRCA1-2",
        ),
        (
            "4-0 silk, a 6-8-week course, 3-5-fold, 34-year-old",
            "4-0 silk, a 6-8-week course, 3-5-fold, 34-year-old",
        ),
        (
            "https://x.org/10-20 10.1000/10-20 a@b-1-2.org 12-34-56",
            "https://x.org/10-20 10.1000/10-20 a@b-1-2.org 12-34-56",
        ),
        ("HLA-B*27-28 and NCT-1", "HLA-B*27-28 and NCT-1"),
    ],
)
def test_dashes(typed, done):
    assert shown(typed) == done


def test_a_raised_minus():
    made = typography.line(markdown.inline("10^-9^ and 10^9^-10"), ALL)
    assert tree.plain(made) == "10−9 and 109-10"


@pytest.mark.parametrize(
    ("typed", "done"),
    [
        ('the "ring" sign ("so-called")', "the “ring” sign (“so-called”)"),
        (
            "the 'ring' sign; Crohn's, dogs' tails, the 1990's",
            "the ‘ring’ sign; Crohn’s, dogs’ tails, the 1990’s",
        ),
        ('"a \'b\' c" and "*x* y"', "“a ‘b’ c” and “<x> y”"),
        ('"aged 15" but 5\'10" tall, 5\'-UTR', "“aged 15” but 5'10\" tall, 5'-UTR"),
        ("in '90s \" alone", 'in ’90s " alone'),
        ("“set” already, it’s", "“set” already, it’s"),
        ('x="1" `"raw"` #read("/etc")', 'x="1" `"raw"` #read("/etc")'),
    ],
)
def test_quotes(typed, done):
    assert shown(typed) == done


@pytest.mark.parametrize(
    ("typed", "done"),
    [
        ("Grew S. aureus, Escherichia coli.", "Grew <S. aureus>, <Escherichia coli>."),
        ("*E. coli* and (Bartonella henselae)", "<E. coli> and (<Bartonella henselae>)"),
        ("anti-Bartonella IgG; Candida spp.", "anti-<Bartonella> IgG; <Candida> spp."),
        (
            "Proteus syndrome, Proteus mirabilis, P. mirabilis",
            "Proteus syndrome, <Proteus mirabilis>, <P. mirabilis>",
        ),
        (
            "staphylococci, E. Smith, X. coli, Candidal, SALMONELLA",
            "staphylococci, E. Smith, X. coli, Candidal, SALMONELLA",
        ),
        ("Salmonella Typhi", "<Salmonella> Typhi"),
        ("https://x.org/Candida", "https://x.org/Candida"),
    ],
)
def test_organisms(typed, done):
    assert shown(typed) == done


def test_every_organism_of_the_list_is_set_in_full_and_short():
    for genus, species in typography._data()["organisms"].items():
        for name in species:
            assert shown(f"{genus} {name}") == f"<{genus} {name}>"
            assert shown(f"{genus[0]}. {name}") == f"<{genus[0]}. {name}>"


@given(st.lists(st.sampled_from(PIECES) | st.text(max_size=4), max_size=14), st.booleans())
@example(['"', '"', "'", "'"], True)
def test_a_second_pass_changes_nothing_and_no_word_is_lost(pieces, spaced):
    typed = (" " if spaced else "").join(pieces)
    made = markdown.paragraphs(typed)
    before = [(n["t"], n["c"]["typed"]) for n in tree.every(made) if n["t"] in {"Citation", "Mention"}]
    counted = [len(tree.plain([block]).split()) for block in made], words.count(tree.plain(made))
    typography.blocks(made, ALL)
    assert [
        (n["t"], n["c"]["typed"]) for n in tree.every(made) if n["t"] in {"Citation", "Mention"}
    ] == before
    assert ([len(tree.plain([block]).split()) for block in made], words.count(tree.plain(made))) == counted
    once = copy.deepcopy(made)
    typography.blocks(made, ALL)
    assert made == once


@pytest.mark.parametrize("piece", ["'", '"', "5 mg ", "1-2 ", "E. coli ", "\"a' ", "*a* ", "^-1^"])
def test_long_paragraphs_are_set_at_once(piece):
    assert typography.line(markdown.inline(piece * 1500), ALL)


def test_each_part_can_be_switched_off():
    typed = '"E. coli" 5-6 mg'
    assert shown(typed, typography.chosen({})) == "“<E. coli>” 5–6_mg"
    assert shown(typed, typography.chosen({"typography": False})) == typed
    assert shown(typed, typography.chosen({"typography": {"quotes": False}})) == '"<E. coli>" 5–6_mg'
    assert (
        shown(typed, typography.chosen({"typography": {"italics": False, "spaces": False}}))
        == "“E. coli” 5–6 mg"
    )


def test_the_manuscript_is_set_but_for_names_and_references(tmp_path):
    text = {**rendering.RECORD["text"], "conclusion": 'The "ring" took 10-20 mg of E. coli [@first].'}
    byline = {
        "authors": [{**rendering.BYLINE["authors"][0], "family": "O'Brien"}, rendering.BYLINE["authors"][1]]
    }
    clean = rendering.clean_case(
        tmp_path / "clean", {"title": "Bartonella henselae at 5 mg", "text": text}, byline
    )
    paper = document.assemble(
        markdown.cleaned(clean), journal.load("jmcr"), references.read(clean.references), draft=False
    )
    assert [n["t"] for n in paper.title if n["t"] != "Space"] == ["Emph", "Str", "Str"]
    said = tree.plain(paper.blocks)
    assert "The “ring” took 10–20 mg of E. coli" in said
    assert "Meher Jot O'Brien" in said
    assert paper.counts["words"]["count"] == sum(words.count(t) for t in text.values() if t)
