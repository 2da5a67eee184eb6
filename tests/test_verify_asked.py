"""Soft finds are put to a person once, in their sentence; what was kept is not asked again."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from pipeline import verify
from pipeline.core import decided, files
from pipeline.core.errors import PrivacyError
from pipeline.core.model import Case, CleanCase
from pipeline.core.proposal import Query

PRIVATE = {
    "key": "0" * 64,
    "name": "Meera Testwala",
    "relatives": [{"name": "Sukhdev Testwala", "relation": "father"}],
    "doctors": ["Dr Anil Bainswal"],
    "dates": ["2025-03-14"],
}
RECORD = {"authors": [{"given": "Anil", "family": "Bainswal"}], "affiliations": {}, "timeline": []}


def queries(record: dict[str, Any], byline: dict[str, Any] | None = None, kept: tuple[str, ...] = ()):
    places = {("text", "presentation"): ("text/presentation.md", 1)}
    case = Case(Path(), "x", RECORD, PRIVATE, places, {})
    clean = CleanCase(Path(), record, byline or {}, (), None, {"words": {"kept": list(kept)}}, "d")
    return verify.asked(case, clean)


def test_a_single_name_is_asked_with_its_sentence_and_its_line():
    text = "A ring grew.\n\nHer father Sukhdev came. The ring was red."
    (query,) = queries({"text": {"presentation": text}})
    assert (query.found, query.sentence) == ("Sukhdev", "Her father Sukhdev came.")
    assert query.place == ("text/presentation.md", 3)
    assert (query.part, query.label, query.replacement) == (
        "text.presentation",
        "relative",
        "the patient's father",
    )
    assert query.known
    assert query.id == decided.ident(PRIVATE["key"], "Sukhdev", query.sentence)
    assert "Sukhdev" not in query.why


def test_what_was_kept_is_not_asked_again_and_the_same_sentence_is_asked_once():
    text = {"a": "Sukhdeo came.", "b": "Sukhdeo came."}
    (query,) = queries({"text": text})
    assert "spelling" in query.why or "slip" in query.why
    assert queries({"text": text}, kept=(query.id,)) == ()


def test_an_edited_sentence_is_a_new_question():
    (one,) = queries({"text": {"a": "Meera came."}})
    (two,) = queries({"text": {"a": "Meera left."}})
    assert one.id != two.id


def test_authors_and_citations_are_not_asked():
    byline = {"authors": [{"given": "Meera", "family": "Q"}], "declarations": {"funding": "none"}}
    assert (
        queries({"text": {"a": "As shown [@meera2020; @sukhdev]."}, "figures": [{"id": "meera"}]}, byline)
        == ()
    )


def test_acknowledgements_are_asked():
    (query,) = queries({}, {"authors": [], "declarations": {"acknowledgements": "We thank Sukhdev."}})
    assert query.part == "declarations.acknowledgements"


def test_a_day_without_its_year_is_asked():
    (query,) = queries({"text": {"a": "He came on 14 March at noon."}})
    assert (query.label, query.found) == ("date", "14 March")


def proven(
    folder: Path, text: str, kept: tuple[str, ...] = (), known: dict[str, Any] = PRIVATE, **record: str
) -> tuple[dict[str, Any], tuple[Query, ...]]:
    """verify.make over clean copies that hold `text`."""
    whole = {"text": {"presentation": text}, **record}
    for name, content in (("record.json", whole), ("byline.json", {})):
        (folder / "clean").mkdir(exist_ok=True)
        files.write_json(folder / "clean" / name, content)
    case = Case(folder, "x", RECORD, known, {("text", "presentation"): ("text/presentation.md", 1)}, {})
    clean = CleanCase(folder / "clean", whole, {}, (), None, {"words": {"kept": list(kept)}}, "d")
    (folder / "proof").mkdir(exist_ok=True)
    verify.make(case, clean, folder / "proof")
    return files.read_json(folder / "proof" / "report.json"), verify.asked(case, clean)


def test_a_respelled_full_name_is_asked_and_gone_after_its_replacement(tmp_path: Path):
    text = "Mira Testvala came. The ring was red."
    report, (query,) = proven(tmp_path, text)
    assert (query.found, query.known) == ("Mira Testvala", True)
    assert query.replacement
    assert [row[0] for row in report["asked"]] == [query.id]  # what stops a sign-off
    row = {"id": query.id, "found": query.found, "decision": "replace", "with": query.replacement}
    said = decided.apply(text, [row], PRIVATE["key"]).text
    assert "Testvala" not in said
    report, left = proven(tmp_path, said)
    assert (report["asked"], left) == ([], ())
    report, left = proven(tmp_path, text, kept=(query.id,))
    assert (report["asked"], left) == ([], ())


def test_three_parts_that_are_all_respelled_are_one_question(tmp_path: Path):
    known = {**PRIVATE, "name": "Jasvinder Kaur Khemwal"}
    _, (query,) = proven(tmp_path, "Today Jasvindar Kour Khemval came.", known=known)
    assert query.found == "Jasvindar Kour Khemval"


def test_the_exact_name_and_a_respelled_one_outside_of_prose_still_stop(tmp_path: Path):
    with pytest.raises(PrivacyError):
        proven(tmp_path, "Meera Testwala came.")
    with pytest.raises(PrivacyError):
        proven(tmp_path, "A ring.", id="Mira Testvala")
