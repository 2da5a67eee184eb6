"""The restricted markup: what it knows, and that nothing else has a meaning."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.render import markdown, tree
from tests.rendering import HOSTILE

MARKS = "*^~"
SHORT = {"Emph": "i", "Strong": "b", "Superscript": "sup", "Subscript": "sub"}


def shown(nodes):
    """Nodes as a short text: i(…) b(…) sup(…) sub(…), <…> for citations and mentions."""
    out = ""
    for node in nodes:
        kind, content = node["t"], node.get("c")
        if kind == "Str":
            out += content
        elif kind == "Space":
            out += " "
        elif kind in SHORT:
            out += f"{SHORT[kind]}({shown(content)})"
        else:
            out += f"<{content['typed']}>"
    return out


@pytest.mark.parametrize(
    ("typed", "read"),
    [
        ("*a* b", "i(a) b"),
        ("a *b c* d", "a i(b c) d"),
        ("**x** *y*", "b(x) i(y)"),
        ("***x***", "b(i(x))"),
        ("**a *b* c**", "b(a i(b) c)"),
        ("*a **b** c*", "i(a b(b) c)"),
        ("(*B. henselae*),", "(i(B. henselae)),"),
        ("10^9^/L H~2~O HbA~1c~", "10sup(9)/L Hsub(2)O HbAsub(1c)"),
        ("see [@a; @b_2:c] and {fig:x-1:b}.", "see <[@a; @b_2:c]> and <{fig:x-1:b}>."),
        ("*in [@a] one*", "i(in <[@a]> one)"),
        ("line one\n  line two", "line one line two"),
    ],
)
def test_markup_is_read(typed, read):
    assert shown(markdown.inline(typed)) == read


@pytest.mark.parametrize(
    "typed",
    [
        *HOSTILE,
        "HLA-B*27:05 and HLA-DRB1*15:01",
        "CYP2C19 *1/*17 and *2",
        "about ~5 cm to ~7 cm",
        "x^2 and y^2",
        "5 * 3 * 2",
        "* item",
        "# heading",
        "[@a, p. 3]",
        "{fig:UPPER} {page:1} {fig:x:z}",
        "[text][ref] [^1]: note",
        "---\ntitle: x\n---",
        "| a | b |",
        "****x****",
    ],
)
def test_nothing_else_is_markup(typed):
    """Front matter, headings, lists, links, TeX, HTML, templates, alleles: letters and no more."""
    assert shown(markdown.inline(typed)).replace("\u00a0", " ") == " ".join(typed.split())


@given(st.text(max_size=200))
def test_every_letter_survives(text):
    """Whatever is typed, the letters come out in order: only marks and unseen characters may go."""
    kept = "".join(
        node["c"] if node["t"] == "Str" else _typed(node) for node in tree.every(markdown.inline(text))
    )

    def letters(s):
        return [c for c in markdown.clean(s) if c not in MARKS and not tree.GAP.match(c)]

    assert letters(kept) == letters(text)


@given(st.text(alphabet="*^~[]@{}:;fig abtle\n", max_size=120))
def test_any_mixture_of_marks_gives_known_nodes(text):
    for block in markdown.paragraphs(text):
        assert {n["t"] for n in tree.every([block])} <= tree.ALLOWED | {"Citation", "Mention"}


def _typed(node):
    return node["c"]["typed"] if node["t"] in {"Citation", "Mention"} else ""


@pytest.mark.parametrize("piece", ["*a ", "**a ", "^*", "[@", "{", "*^", "* "])
def test_many_open_marks_are_read_at_once(piece):
    assert markdown.inline(piece * 7000)


def test_a_blank_line_begins_a_paragraph():
    assert [tree.plain([p]) for p in markdown.paragraphs("one\ntwo\n\nthree\n \n\nfour")] == [
        "one two",
        "three",
        "four",
    ]


def test_unseen_characters_go():
    """A direction override shows other words than the file holds."""
    assert markdown.clean("a\u202eb\ufeffc\x00d\r\ne") == "abc d\ne"


@pytest.mark.parametrize("piece", ["*a **b ", "*^~", "**a ~b^c "])
def test_deep_nesting_is_read(piece):
    assert markdown.inline(piece * 3000 + "x" + "".join(reversed(piece)) * 3000)
