"""Something was changed after the form was signed: what lapses, what is asked again, what counts then."""

from __future__ import annotations

import copy
import json
import shutil

import pytest

from pipeline import consent as room
from pipeline.consent import binding, gate
from pipeline.core.errors import ConsentError
from tests import consent_cases as cases
from tests import signing


@pytest.fixture(scope="module")
def desk(tmp_path_factory):
    return cases.desk(tmp_path_factory.mktemp("addendum"))


def changed(**parts):
    return cases.record(**parts)


def signed_addendum(
    desk, folder, content, clean, ticked, *, number=1, case=None, day="2026-04-02", by="patient", **entered
):
    """The case with an addendum printed, signed, scanned and entered."""
    case = case or desk.case(folder / "case", content=content)
    printed = folder / f"addendum-{number}"
    printed.mkdir()
    room.print_addendum(case, clean, printed)
    form = json.loads((printed / "form.json").read_bytes())
    words = {"patient:name": "A. B. Example", "patient:date": "2 April 2026"}
    pages = signing.sign(printed, ticked, (by, "explainer"), words=words)
    signing.save(pages, case.folder / "consent" / f"addendum-{number}.pdf")
    shutil.copy(printed / "form.json", case.folder / "consent" / f"addendum-{number}.json")
    agreed = {
        "figures": [t.removeprefix("figure:") for t in ticked if t.startswith("figure:")],
        **{t: "yes" for t in ticked if not t.startswith("figure:")},
    }
    entry = copy.deepcopy(case.record["consent"])
    entry.setdefault("addenda", []).append(
        {
            "form": form["code"],
            "files": [f"consent/addendum-{number}.pdf"],
            "signed_on": day,
            "agreed": agreed,
            **entered,
        }
    )
    return cases.case(case.folder, content, entry), printed


def codes(case, clean):
    return [finding.code for finding in gate.read(case, clean).report]


def test_a_changed_picture_is_asked_again_on_one_page(desk, tmp_path):
    clean = cases.clean(tmp_path / "clean", nudge="arm")
    before = desk.case(tmp_path / "before")
    assert codes(before, clean) == ["CON021"]
    case, printed = signed_addendum(desk, tmp_path, cases.record(), clean, ["figure:arm"])
    text = cases.text_of(printed / "form.pdf")
    assert "Something was changed" in text
    assert "Figure 1 may be published" in text
    assert "Dermoscopy before" not in text  # the other figure was not changed
    form = json.loads((printed / "form.json").read_bytes())
    assert list(form["manifest"]["figures"]) == ["arm"]
    assert codes(case, clean) == []


def test_a_changed_fact_is_listed_and_nothing_else(desk, tmp_path):
    content = changed(outcomes__clinician="Healed, with a scar.")
    clean = cases.clean(tmp_path / "clean", content)
    case, printed = signed_addendum(desk, tmp_path, content, clean, ["facts"])
    text = cases.text_of(printed / "form.pdf")
    assert "Result Healed, with a scar." in text
    assert "Healed, with a scar." in (printed / "read-aloud.html").read_text(encoding="utf-8")
    assert "Healed, with a scar." in text
    assert "Content." not in text
    assert codes(case, clean) == []


def test_an_event_put_in_is_asked_about_alone_and_may_be_newer_than_the_form(desk, tmp_path):
    content = cases.record()
    last = content["timeline"][-1]
    content["timeline"].insert(1, {**last, "date": "2026-02-01", "event": "A call."})
    content["timeline"].append({**last, "date": "2026-03-28", "event": "Still healed."})
    clean = cases.clean(tmp_path / "clean", content)
    case, printed = signed_addendum(desk, tmp_path, content, clean, ["facts"])
    text = cases.text_of(printed / "form.pdf")
    assert "A call." in text
    assert "Still healed." in text
    assert last["event"] not in text
    assert codes(case, clean) == []
    case.record["consent"]["addenda"][0]["signed_on"] = "2026-03-25"
    assert codes(case, clean) == ["CON063"]


def test_an_addendum_adds_only_what_it_asked_about(desk, tmp_path):
    clean = cases.clean(tmp_path / "clean", nudge="arm")
    case, _ = signed_addendum(desk, tmp_path, cases.record(), clean, ["figure:arm"])
    entry = case.record["consent"]
    entry["agreed"]["figures"] = ["arm"]  # the other was refused
    entry["addenda"][0]["agreed"]["figures"] = ["arm", "scope"]
    assert "CON075" in codes(case, clean)


def test_after_the_patient_died_the_kin_sign_the_addendum(desk, tmp_path):
    content = cases.record()
    content["patient"]["deceased"] = "yes"
    clean = cases.clean(tmp_path / "clean", content)
    case, printed = signed_addendum(
        desk, tmp_path, content, clean, ["facts"], by="kin", signed_by="next of kin"
    )
    assert "kin:signature" in {
        spot["id"] for spot in json.loads((printed / "form.json").read_bytes())["spots"]
    }
    assert [f.code for f in gate.read(case, clean).report.blocking] == []
    case.record["consent"]["addenda"][0]["signed_by"] = "patient"
    assert "CON042" in codes(case, clean)


def test_who_comes_of_age_signs_the_addendum(tmp_path):
    content = cases.record()
    content["patient"]["age_years"] = "17"
    child = cases.desk(tmp_path / "child", content, by=("parent", "child-written", "explainer"))
    case = child.case(tmp_path / "case", signed_by="parent", assent={"given": "written", "on": "2026-03-20"})
    assert codes(case, child.clean) == []
    case.private["birth_date"] = "2008-03-15"  # 18 five days before the form was signed
    assert {"CON041"} <= set(codes(case, child.clean))


def test_a_picture_left_out_needs_nothing_new(desk, tmp_path):
    content = cases.record()
    content["figures"] = content["figures"][:1]
    content["text"] = {name: prose.replace(" {fig:scope}", "") for name, prose in content["text"].items()}
    clean = cases.clean(tmp_path / "clean", content)
    case = desk.case(tmp_path / "case", content=content, agreed={"wording_may_be_edited": "no"})
    assert [f.code for f in gate.read(case, clean).report.blocking] == []


def test_an_addendum_with_an_empty_box_changes_nothing(desk, tmp_path):
    content = changed(outcomes__clinician="Healed, with a scar.")
    clean = cases.clean(tmp_path / "clean", content)
    case, _ = signed_addendum(desk, tmp_path, content, clean, [])
    assert codes(case, clean) == ["CON024"]


def test_a_second_change_needs_a_second_addendum(desk, tmp_path):
    first = changed(outcomes__clinician="Healed, with a scar.")
    clean = cases.clean(tmp_path / "one", first)
    case, _ = signed_addendum(desk, tmp_path, first, clean, ["facts"])
    second = changed(outcomes__clinician="Healed, with a scar and an itch.")
    later = cases.clean(tmp_path / "two", second)
    case = cases.case(case.folder, second, case.record["consent"])
    assert codes(case, later) == ["CON024"]
    case, printed = signed_addendum(
        desk, tmp_path, second, later, ["facts"], number=2, case=case, day="2026-05-02"
    )
    assert "an itch" in cases.text_of(printed / "form.pdf")
    assert codes(case, later) == []
    case.record["consent"]["addenda"].reverse()
    assert "CON067" in codes(case, later)


def test_an_addendum_of_another_state_or_without_its_form_record_is_named(desk, tmp_path):
    content = changed(outcomes__clinician="Healed, with a scar.")
    clean = cases.clean(tmp_path / "clean", content)
    case, _ = signed_addendum(desk, tmp_path, content, clean, ["facts"])
    (case.folder / "consent" / "addendum-1.json").unlink()
    case = cases.case(case.folder, content, case.record["consent"])
    assert "CON066" in codes(case, clean)


def test_nothing_changed_nothing_asked(desk, tmp_path):
    case = desk.case(tmp_path / "case")
    with pytest.raises(ConsentError, match="nothing was changed") as caught:
        room.print_addendum(case, desk.clean, tmp_path)
    assert caught.value.code == "CON065"


def test_edited_wording_is_counted(desk, tmp_path):
    content = changed(text__discussion="Rare, and worth a second look.")
    clean = cases.clean(tmp_path / "clean", content)
    case = desk.case(tmp_path / "case", content=content)
    reading = gate.read(case, clean)
    assert [f.code for f in reading.report] == ["CON027"]
    room.make(case, clean, tmp_path)
    stated = json.loads((tmp_path / "attestation.json").read_bytes())
    count, words = stated["published"]["words_changed"]
    assert count == 6  # "Rare." became six words
    assert words > 40
    assert f"{count} of {words} words" in " ".join(stated["checks"]["software"])


def test_the_attestation_tells_of_the_addendum_without_a_date_or_a_word(desk, tmp_path):
    content = changed(outcomes__clinician="Healed, with a scar.")
    clean = cases.clean(tmp_path / "clean", content)
    case, _ = signed_addendum(desk, tmp_path, content, clean, ["facts"])
    room.make(case, clean, tmp_path)
    stated = json.loads((tmp_path / "attestation.json").read_bytes())
    assert [row["agreed"]["facts"] for row in stated["addenda"]] == [True]
    text = cases.text_of(tmp_path / "attestation.pdf")
    assert "Asked again (1)" in text
    assert "2026" not in json.dumps(stated["addenda"])
    assert "scar" not in json.dumps(stated)


def test_words_are_counted_as_a_reader_would():
    assert binding.words_changed({"a": "one two three"}, {"a": "one two four five"}) == (2, 3)
    assert binding.words_changed({"a": "one"}, {"a": "one"}) == (0, 1)
