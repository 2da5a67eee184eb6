"""Words and legends that are too long for a page: nothing runs off it, nothing is added to the text."""

from __future__ import annotations

import re

import pypdfium2
import pytest

from tests import rendering

URL = "https://example.org/" + "a-very/long/path/" * 12
WORD = "Pneumonoultramicroscopicsilicovolcanoconiosis" * 4
CELL = "W" * 60
LEGEND = " ".join(f"word{n}" for n in range(3000))


@pytest.fixture(scope="module")
def pages(tmp_path_factory):
    """Of each page: its words, and the right and lower edges of what stands on it, in points."""
    folder = tmp_path_factory.mktemp("long")
    figures = [{**f, "legend": LEGEND} if f["id"] == "ring" else f for f in rendering.RECORD["figures"]]
    table = rendering.RECORD["tables"][0]
    rows = [{**table["rows"][0], "test": CELL}, *table["rows"][1:]]
    record = {
        "text": {**rendering.RECORD["text"], "conclusion": f"See {URL} and **{WORD}** there."},
        "figures": figures,
        "tables": [{**table, "rows": rows}],
    }
    out = rendering.rendered(rendering.clean_case(folder / "clean", record), "aujmsr", folder / "out")
    found = []
    with pypdfium2.PdfDocument(out / "manuscript.pdf") as pdf:
        for page in pdf:
            text = page.get_textpage()
            boxes = [text.get_charbox(n) for n in range(text.count_chars())]
            shown = [b for b in boxes if b[2] > b[0]]
            found.append(
                (text.get_text_range(), max(b[2] for b in shown), min(b[1] for b in shown), page.get_width())
            )
    return found


def test_nothing_runs_off_the_page(pages):
    for _, right, low, width in pages:
        assert right <= width - 72 + 1  # a margin of 2.54 cm
        assert low > 20


def test_every_letter_is_there_and_none_more(pages):
    text = re.sub(r"\s", "", "".join(words for words, *_ in pages))
    bare = re.sub(r"(?<=\D)\d+(?=\D)", "", text)
    assert "\u200b" not in text
    assert bare.count("W") >= len(CELL)
    assert "Pneumonoultramicroscop" in bare
    said = " ".join(words for words, *_ in pages)
    for n in (0, 1, 1500, 2999):
        assert re.search(rf"\bword{n}\b", said), n
