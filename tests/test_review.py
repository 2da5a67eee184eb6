"""Has a named person looked at exactly these copies? decisions.yaml in, a sign-off or a stop out."""

from __future__ import annotations

import hashlib
import os
import threading
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from pipeline import review
from pipeline.core import decided, decisions
from pipeline.core.errors import InputError, NotReady, OutputError, UsageError
from pipeline.core.model import Case, CleanCase, CleanPanel, Mark
from pipeline.core.proposal import Query
from pipeline.review.signoff import questions

CLEAN = "c" * 64


def made_up_clean(folder: Path, *, synthetic: bool = True, panels: str = "ab") -> CleanCase:
    looked_at = tuple(
        CleanPanel(
            "rash", letter, folder / f"figures/rash-{letter}.png", hashlib.sha256(letter.encode()).hexdigest()
        )
        for letter in panels
    )
    return CleanCase(folder, {"synthetic": synthetic, "figures": []}, {}, looked_at, None, {}, CLEAN)


def case_in(folder: Path) -> Case:
    folder.mkdir(exist_ok=True)
    return Case(folder, folder.name, {"figures": []}, {}, {}, {})


def entry(copies: CleanCase, **other: Any) -> dict[str, Any]:
    return {
        "signed": "2026-03-14",
        "name": "Dr A. Example",
        "role": "resident",
        "clean": copies.digest,
        "pictures": [decisions.about(panel, "approve") for panel in copies.panels],
        "answers": {q["id"]: "yes" for q in questions(pictures=bool(copies.panels))},
        **other,
    }


def write(case: Case, *entries: dict[str, Any]) -> None:
    (case.folder / "decisions.yaml").write_text(yaml.safe_dump({"sign-offs": list(entries)}, sort_keys=False))


@pytest.fixture
def clean(tmp_path: Path) -> CleanCase:
    return made_up_clean(tmp_path / "clean")


@pytest.fixture
def case(tmp_path: Path) -> Case:
    return case_in(tmp_path / "case")


def stopped(case: Case, clean: CleanCase) -> NotReady:
    with pytest.raises(NotReady) as caught:
        review.gate(case, clean)
    assert caught.value.why
    assert caught.value.fix
    return caught.value


def mark(box: str, *, entered: bool, scan: str = "s" * 64) -> Mark:
    return Mark(box, "", 3, "marked", "", entered, scan)


def seen(box: str, what: str, scan: str = "s" * 64) -> dict[str, str]:
    return {"box": box, "seen": what, "read": "marked", "scan": scan}


def test_each_box_of_the_consent_form_is_confirmed(case: Case, clean: CleanCase) -> None:
    marks = [mark("text", entered=True), mark("teaching", entered=False)]
    write(case, entry(clean, boxes=[seen("text", "marked"), seen("teaching", "empty")]))
    assert review.gate(case, clean, marks).by


@pytest.mark.parametrize(
    ("boxes", "code"),
    [
        ([], "REV005"),
        ([seen("text", "marked")], "REV005"),
        ([seen("text", "perhaps"), seen("teaching", "empty")], "REV005"),
        ([seen("text", "marked", "o" * 64), seen("teaching", "empty", "o" * 64)], "REV005"),  # other scans
        ([seen("text", "empty"), seen("teaching", "empty")], "REV010"),
        ("yes", "REV006"),
        (["text"], "REV006"),
    ],
)
def test_a_box_left_open_or_seen_empty_stops(case: Case, clean: CleanCase, boxes: Any, code: str) -> None:
    write(case, entry(clean, boxes=boxes))
    with pytest.raises(NotReady) as caught:
        review.gate(case, clean, [mark("text", entered=True), mark("teaching", entered=False)])
    assert caught.value.code == code


def test_each_point_that_software_could_not_prove_is_answered(case: Case, clean: CleanCase) -> None:
    points = ["CON035 a person compares the marks", "CON057 a person confirms that no other relative objects"]
    write(case, entry(clean))
    with pytest.raises(NotReady, match="con035-") as caught:
        review.gate(case, clean, (), points)
    assert caught.value.code == "REV005"
    ids = [row["id"] for row in questions(pictures=False, points=points) if row["about"] == "consent"]
    answered = entry(clean)
    write(case, {**answered, "answers": {**answered["answers"], **dict.fromkeys(ids, "yes")}})
    assert review.gate(case, clean, (), points).by
    with pytest.raises(NotReady, match="con035-"):  # another point under the same code is another question
        review.gate(case, clean, (), [f"{points[0]} again"])


def test_a_full_signoff_counts(case: Case, clean: CleanCase) -> None:
    write(case, entry(clean))
    signoff = review.gate(case, clean)
    assert (signoff.by, signoff.role, signoff.on) == ("Dr A. Example", "resident", "2026-03-14")
    assert signoff.clean == clean.digest
    assert not signoff.accepted_unseen
    assert "2026-03-14" in review.summary(signoff)
    assert "Example" not in review.summary(signoff)


def test_nobody_looked(case: Case, clean: CleanCase) -> None:
    assert stopped(case, clean).code == "REV001"


def test_other_copies_name_what_changed(case: Case, clean: CleanCase) -> None:
    rows = entry(clean)["pictures"]
    gone = {**rows[0], "figure": "scan"}
    old = entry(clean, clean="d" * 64, pictures=[{**rows[0], "pixels": "0" * 64}, gone])
    write(case, old)
    stop = stopped(case, clean)
    assert stop.code == "REV002"
    assert "changed rash:a" in stop.what
    assert "new rash:b" in stop.what
    assert "gone scan:a" in stop.what
    assert str(stop.where).startswith("decisions.yaml:")


def test_same_pictures_but_other_words(case: Case, clean: CleanCase) -> None:
    write(case, entry(clean, clean="d" * 64))
    assert "text did" in stopped(case, clean).what


def test_a_rejected_picture_stops_at_its_line(case: Case, clean: CleanCase) -> None:
    said = entry(clean)
    said["pictures"][1] = decisions.about(clean.panels[1], "reject", "the face can be seen")
    write(case, said)
    stop = stopped(case, clean)
    assert stop.code == "REV003"
    assert "rash:b" in stop.what
    line = int(str(stop.where).rpartition(":")[2])
    text = (case.folder / "decisions.yaml").read_text().splitlines()
    assert "figure: rash" in text[line - 1]
    assert "panel: b" in text[line]
    assert "face" not in str(stop)


@pytest.mark.parametrize("field", ["name", "role", "signed"])
@pytest.mark.parametrize("value", ["", "   ", None])
def test_an_unnamed_signoff_does_not_count(case: Case, clean: CleanCase, field: str, value: Any) -> None:
    write(case, entry(clean, **{field: value}))
    assert stopped(case, clean).code == "REV004"


def test_a_date_that_does_not_exist(case: Case, clean: CleanCase) -> None:
    write(case, entry(clean, signed="2026-02-30"))
    assert stopped(case, clean).code == "REV004"


def test_an_undecided_picture(case: Case, clean: CleanCase) -> None:
    write(case, entry(clean, pictures=[decisions.about(clean.panels[0], "approve")]))
    stop = stopped(case, clean)
    assert stop.code == "REV005"
    assert "rash:b" in stop.what


def test_other_pixels_under_the_same_name(case: Case, clean: CleanCase) -> None:
    said = entry(clean)
    said["pictures"][0]["pixels"] = "0" * 64
    write(case, said)
    assert stopped(case, clean).code == "REV005"


@pytest.mark.parametrize("answer", ["no", "", "true", None])
def test_an_unanswered_question(case: Case, clean: CleanCase, answer: Any) -> None:
    said = entry(clean)
    said["answers"]["faces"] = answer
    write(case, said)
    assert "faces" in stopped(case, clean).what


def test_without_pictures_only_the_story_is_asked(case: Case, tmp_path: Path) -> None:
    clean = made_up_clean(tmp_path / "clean", panels="")
    write(case, entry(clean))
    assert set(entry(clean)["answers"]) == {"story"}
    assert review.gate(case, clean).by


def query(found: str = "Kotla") -> Query:
    sentence = f"She came from {found} by bus."
    at = sentence.index(found)
    ident = decided.ident("k" * 64, found, sentence)
    place = ("text/follow_up.md", 7)
    return Query(
        ident, place, "text.follow_up", sentence, at, at + len(found), "village", "a village", "ask", "?"
    )


def test_undecided_words_stop_and_kept_ones_do_not(case: Case, clean: CleanCase) -> None:
    write(case, entry(clean))
    asked = [query(), query("Banga")]
    with pytest.raises(NotReady) as caught:
        review.gate(case, clean, queries=asked)
    assert caught.value.code == "REV011"
    assert "2" in caught.value.what
    assert caught.value.where == "text/follow_up.md:7"
    assert "Kotla" not in str(caught.value)
    rows = [
        {"id": asked[0].id, "found": "Kotla", "decision": "keep"},
        {"id": "other", "found": "Banga", "decision": "keep", "everywhere": "yes"},
    ]
    decisions.change(case.folder, lambda data: data["words"].extend(rows))
    assert review.gate(case, clean, queries=asked).by
    edited = replace(asked[0], id=decided.ident("k" * 64, "Kotla", "She left Kotla."))
    with pytest.raises(NotReady):
        review.gate(case, clean, queries=[edited])
    assert review.gate(case, clean, queries=[edited], accept_all=True).accepted_unseen


def test_words_to_be_replaced_that_still_stand_there_stop(case: Case, clean: CleanCase) -> None:
    write(case, entry(clean))
    row = {"id": query().id, "found": "Kotla", "decision": "replace", "with": "a village"}
    decisions.change(case.folder, lambda data: data["words"].append(row))
    with pytest.raises(NotReady):
        review.gate(case, clean, queries=[query()])


def with_boxes(clean: CleanCase) -> CleanCase:
    box = {"at": [1, 2, 11, 22], "file": 1, "frame": 1, "what": "face", "reason": "", "confidence": 0.5}
    boxes = [{**box, "done": "look"}, {**box, "at": [0, 0, 5, 5], "done": "filled"}]
    image = {"name": "image-01", "files": 1, "dicom_copies": None, "panels": ["rash-a"], "boxes": boxes}
    return replace(clean, report={"images": [image]})


def test_a_place_that_may_be_a_face_is_judged_by_a_person(case: Case, clean: CleanCase) -> None:
    found = with_boxes(clean)
    write(case, entry(found))
    with pytest.raises(NotReady, match="rash:a") as caught:
        review.gate(case, found)
    assert caught.value.code == "REV012"
    row = {"figure": "rash", "panel": "a", "decision": "leave"}
    place = {"left": "1", "top": "2", "width": "10", "height": "20"}
    write(case, entry(found, places=[{**row, **place}]))
    assert review.gate(case, found).by
    write(case, entry(found, places=[{**row, **place, "left": "0"}]))
    with pytest.raises(NotReady):
        review.gate(case, found)


@pytest.mark.parametrize(
    ("typed", "seen", "stops"),
    [
        (False, "no", False),
        (False, "yes", True),
        (False, "agreed", True),
        (True, "agreed", False),
        (True, "yes", True),
    ],
)
def test_recognisable_without_agreement_stops(
    case: Case, clean: CleanCase, typed: bool, seen: str, stops: bool
) -> None:
    told = replace(clean, record={"figures": [{"id": "rash", "recognisable": typed}]})
    said = entry(told)
    said["pictures"][0]["recognisable"] = seen
    write(case, said)
    if stops:
        with pytest.raises(NotReady) as caught:
            review.gate(case, told)
        assert caught.value.code == "REV013"
    else:
        assert review.gate(case, told).by


def test_each_special_law_answer_is_confirmed_as_it_is(case: Case, clean: CleanCase) -> None:
    told = replace(clean, record={"questions": {"hiv": False, "in_custody": True}, "figures": []})
    write(case, entry(told))
    with pytest.raises(NotReady, match="law-hiv-no, law-in_custody-yes"):
        review.gate(case, told)
    answers = entry(told)["answers"] | {"law-hiv-no": "yes", "law-in_custody-yes": "yes"}
    write(case, entry(told, answers=answers))
    assert review.gate(case, told).by
    other = replace(told, record={"questions": {"hiv": True, "in_custody": True}, "figures": []})
    with pytest.raises(NotReady, match="law-hiv-yes"):
        review.gate(case, other)


SECOND = {"name": "Prof B. Second", "role": "faculty", "signed": "2026-03-15", "clean": CLEAN}


def test_a_second_person_countersigns_and_lapses_alone(case: Case, clean: CleanCase) -> None:
    write(case, entry(clean, countersigned=SECOND))
    second = review.gate(case, clean).countersigned
    assert second
    assert (second.by, second.role, second.on) == ("Prof B. Second", "faculty", "2026-03-15")
    assert "countersigned" in review.summary(review.gate(case, clean))
    write(case, entry(clean, countersigned={**SECOND, "clean": "d" * 64}))
    assert review.gate(case, clean).countersigned is None


@pytest.mark.parametrize("wrong", [{"name": "dr a example"}, {"name": ""}, {"role": " "}, {"signed": "soon"}])
def test_a_countersignature_by_nobody_else_stops(case: Case, clean: CleanCase, wrong: Any) -> None:
    write(case, entry(clean, countersigned={**SECOND, **wrong}))
    assert stopped(case, clean).code == "REV014"


def test_the_last_word_counts(case: Case, clean: CleanCase) -> None:
    rejected = entry(clean)
    rejected["pictures"][0] = decisions.about(clean.panels[0], "reject", "room")
    write(case, entry(clean), rejected)
    assert stopped(case, clean).code == "REV003"
    write(case, rejected, entry(clean), entry(clean, clean="e" * 64))
    assert review.gate(case, clean).by


@pytest.mark.parametrize(
    "text",
    [
        "sign-offs: yes\n",
        "sign-offs: [a, b]\n",
        f"sign-offs:\n- {{clean: {CLEAN}, pictures: none}}\n",
        f"sign-offs:\n- {{clean: {CLEAN}, pictures: [x]}}\n",
        f"sign-offs:\n- {{clean: {CLEAN}, answers: [x]}}\n",
        "pictures: 3\n",
        "wrods:\n- {id: a}\n",
        "words:\n- {id: [a, b], found: Kotla, decision: keep}\n",
        "words:\n- {id: a, found: Kotla, decision: blur}\n",
        "words:\n- {id: a, found: Kotla, decision: keep, fuond: x}\n",
        "words:\n- nonsense\n",
        "boxes:\n- {figure: rash, panel: a, do: cover, left: one, top: '2', width: '3', height: '4'}\n",
        "boxes:\n- {figure: rash, panel: a, do: cover, left: '1', top: '2', width: '0', height: '4'}\n",
        "answers:\n- {question: {a: b}, answer: 'yes'}\n",
        "history:\n- {changes: [{list: words, was: {id: a}}]}\n",
        "history:\n- {changes: [{list: [words]}]}\n",
    ],
)
def test_a_file_of_another_shape_is_never_approval(case: Case, clean: CleanCase, text: str) -> None:
    (case.folder / "decisions.yaml").write_text(text)
    assert stopped(case, clean).code == "REV006"


def test_a_key_that_nobody_knows_is_named_with_its_line_and_what_was_meant(
    case: Case, clean: CleanCase
) -> None:
    text = "answers: []\n# mine\nwrods:\n- {id: a, found: b, decision: keep}\n"
    (case.folder / "decisions.yaml").write_text(text)
    stop = stopped(case, clean)
    assert (stop.code, str(stop.where)) == ("REV006", "decisions.yaml:3")
    assert "“wrods” (did you mean words?)" in stop.what
    with pytest.raises(NotReady, match="wrods"):
        decisions.put(case.folder, "words", [])  # and the first click drops nothing
    assert (case.folder / "decisions.yaml").read_text() == text


def test_a_link_is_not_followed(case: Case, clean: CleanCase, tmp_path: Path) -> None:
    other = case_in(tmp_path / "other")
    write(other, entry(clean))
    (case.folder / "decisions.yaml").symlink_to(other.folder / "decisions.yaml")
    with pytest.raises(InputError):
        review.gate(case, clean)


@given(st.text(max_size=300))
def test_any_text_is_an_answer_or_a_stop(tmp_path_factory: pytest.TempPathFactory, text: str) -> None:
    case = case_in(tmp_path_factory.mktemp("any"))
    (case.folder / "decisions.yaml").write_text(text, encoding="utf-8", newline="")
    with pytest.raises((NotReady, InputError)):
        review.gate(case, made_up_clean(case.folder))


def test_accept_all_is_for_made_up_cases_and_says_so(case: Case, clean: CleanCase) -> None:
    signoff = review.gate(case, clean, accept_all=True)
    assert signoff.accepted_unseen
    assert signoff.on == ""
    assert signoff == review.gate(case, clean, accept_all=True)
    assert "UNSEEN" in review.summary(signoff)


@pytest.mark.parametrize("synthetic", [False, "yes", 1, None])
def test_accept_all_is_refused_for_a_patient(case: Case, clean: CleanCase, synthetic: Any) -> None:
    real = replace(clean, record={**clean.record, "synthetic": synthetic})
    with pytest.raises(UsageError) as caught:
        review.gate(case, real, accept_all=True)
    assert caught.value.code == "REV007"


# --- writing -----------------------------------------------------------------------------------------


def test_what_is_written_is_read_back_and_readable(case: Case, clean: CleanCase) -> None:
    said = entry(clean, name="ਡਾ. ਉਦਾਹਰਣ: 'x' # \"y\"", role="- faculty\t{a: b}")
    decisions.change(case.folder, lambda data: data["sign-offs"].append(said))
    assert decisions.read(case.folder).signoffs[0] == said
    text = (case.folder / "decisions.yaml").read_text(encoding="utf-8")
    assert text.startswith("# What people decided")
    assert "ਡਾ. ਉਦਾਹਰਣ" in text
    assert review.gate(case, clean).by == said["name"]


def test_history_is_kept_and_nothing_else_appears(case: Case, clean: CleanCase) -> None:
    for day in ("2026-01-01", "2026-01-02", "2026-01-03"):
        decisions.change(
            case.folder, lambda data, day=day: data["sign-offs"].append(entry(clean, signed=day))
        )
    assert [e["signed"] for e in decisions.read(case.folder).signoffs] == [
        "2026-01-01",
        "2026-01-02",
        "2026-01-03",
    ]
    assert [p.name for p in case.folder.iterdir()] == ["decisions.yaml"]


def test_every_change_can_be_taken_back(case: Case, clean: CleanCase) -> None:
    first = decisions.about(clean.panels[0], "approve")
    second = {**first, "decision": "reject", "reason": "the room"}
    words = {"id": "x", "found": "Kotla", "decision": "keep"}
    decisions.put(case.folder, "picture rash:a", [("pictures", first, True)])
    decisions.put(case.folder, "both", [("pictures", second, True), ("words", words, True)])
    book = decisions.read(case.folder)
    assert (book.pictures, book.words) == ([second], [words])
    assert "&" not in (case.folder / "decisions.yaml").read_text().split("history:")[1]
    _, undone = decisions.undo(case.folder)
    assert [change.part for change in undone] == ["words", "pictures"]
    book = decisions.read(case.folder)
    assert (book.pictures, book.words) == ([first], [])
    decisions.undo(case.folder)
    assert decisions.read(case.folder).pictures == []
    assert decisions.undo(case.folder)[1] == []


def test_the_history_is_bounded_and_the_same_again_is_no_change(
    case: Case, clean: CleanCase, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(decisions, "REMEMBERED", 5)
    row = decisions.about(clean.panels[0], "approve")
    for n in range(6):
        decisions.put(case.folder, "again", [("pictures", {**row, "reason": f"d{n // 2}"}, True)])
    assert len(decisions.read(case.folder).rows["history"]) == 3
    for n in range(4):
        decisions.put(case.folder, "again", [("pictures", {**row, "reason": f"e{n}"}, True)])
    assert len(decisions.read(case.folder).rows["history"]) == 5


@pytest.mark.parametrize("changes", ["x", ["x"], [{"list": "sign-offs"}], [{"list": "words", "was": "x"}]])
def test_a_history_of_another_shape_is_not_followed(case: Case, changes: Any) -> None:
    (case.folder / "decisions.yaml").write_text(yaml.safe_dump({"history": [{"changes": changes}]}))
    with pytest.raises(NotReady):
        decisions.undo(case.folder)


def test_two_tabs_cannot_overwrite_each_other(case: Case, clean: CleanCase) -> None:
    seen = decisions.read(case.folder).revision
    decisions.change(case.folder, lambda data: data["sign-offs"].append(entry(clean)), seen=seen)
    with pytest.raises(NotReady) as caught:
        decisions.change(case.folder, lambda data: data["sign-offs"].clear(), seen=seen)
    assert caught.value.code == "REV008"
    assert len(decisions.read(case.folder).signoffs) == 1


def test_many_writers_lose_nothing(case: Case, clean: CleanCase) -> None:
    def work(number: int) -> None:
        row = {"figure": str(number), "panel": "a", "decision": "approve"}
        decisions.change(case.folder, lambda data: data["pictures"].append(row))

    threads = [threading.Thread(target=work, args=(n,)) for n in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(int(r["figure"]) for r in decisions.read(case.folder).pictures) == list(range(12))


def test_a_failed_write_leaves_the_old_file(
    case: Case, clean: CleanCase, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(case, entry(clean))
    before = (case.folder / "decisions.yaml").read_bytes()

    def full(*_: Any) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OutputError):
        decisions.change(case.folder, lambda data: data["sign-offs"].clear())
    assert (case.folder / "decisions.yaml").read_bytes() == before
    assert [p.name for p in case.folder.iterdir()] == ["decisions.yaml"]


def test_the_left_over_of_a_killed_run_does_not_block(case: Case, clean: CleanCase, tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.write_text("untouched")
    (case.folder / decisions.PART).symlink_to(elsewhere)
    decisions.change(case.folder, lambda data: data["sign-offs"].append(entry(clean)))
    assert elsewhere.read_text() == "untouched"
    assert [p.name for p in case.folder.iterdir()] == ["decisions.yaml"]


def test_a_history_that_could_not_be_read_back_is_not_written(case: Case) -> None:
    with pytest.raises(OutputError):
        decisions.change(case.folder, lambda data: data["pictures"].append({"reason": "x" * 1_000_001}))
    assert not (case.folder / "decisions.yaml").exists()
