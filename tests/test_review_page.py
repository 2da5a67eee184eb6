"""The review page: who may talk to it, what it writes, and a walk through it in a browser without a mouse."""

from __future__ import annotations

import io
import json
import re
import shutil
import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pydicom
import pytest
from PIL import Image
from pydicom.data import get_testdata_file
from starlette.testclient import TestClient

from pipeline import deidentify, intake, review
from pipeline.core import decisions, files, findings
from pipeline.core.errors import NotReady, PipelineError
from pipeline.core.model import Case, CleanCase, Finding
from pipeline.core.proposal import Query
from pipeline.core.tell import Tell
from pipeline.review import app, before, deeds, people, server, sheet, signing, terminal
from pipeline.review.desk import Desk
from pipeline.review.guard import ENTER, MAX_BODY, Guard, Keys
from pipeline.review.lying import Picture
from tests.conftest import edit
from tests.desk_case import CLEAN, desk_case, marks, queries, remake

HOST = "127.0.0.1:40213"
ORIGIN = f"http://{HOST}"


@pytest.fixture
def lying(tmp_path: Path) -> tuple[Case, CleanCase]:
    return desk_case(tmp_path)


@pytest.fixture
def desk(lying: tuple[Case, CleanCase]) -> Desk:
    return Desk(*lying, marks(), (), queries())


@pytest.fixture
def keys() -> Keys:
    return Keys(HOST, link="right-link", cookie="right-cookie")


@pytest.fixture
def stranger(desk: Desk, keys: Keys) -> Iterator[TestClient]:
    """Somebody on the right address without the cookie."""
    with TestClient(Guard(app.build(desk, keys), keys), base_url=ORIGIN, follow_redirects=False) as client:
        yield client


@pytest.fixture
def person(stranger: TestClient) -> TestClient:
    """The person at the desk: has used the link; sends what a browser sends from the page."""
    assert stranger.get(f"{ENTER}right-link").status_code == 200
    stranger.headers["origin"] = ORIGIN
    return stranger


# --- who may talk to it ------------------------------------------------------------------------------


def test_without_the_link_there_is_nothing(stranger: TestClient, desk: Desk) -> None:
    picture = next(iter(desk.pictures))
    for path in (
        "/",
        "/static/desk.js",
        f"/picture/{picture}/before",
        f"/picture/{picture}/after",
        "/nothing",
    ):
        answer = stranger.get(path)
        assert answer.status_code == 403, path
        assert "ring" not in answer.text


def test_a_wrong_link(stranger: TestClient) -> None:
    assert stranger.get(f"{ENTER}wrong").status_code == 403
    assert "set-cookie" not in stranger.get(f"{ENTER}ünicode").headers


def test_a_look_ahead_does_not_use_the_link_up(stranger: TestClient, keys: Keys) -> None:
    assert stranger.head(f"/enter/{keys.link}").status_code == 405
    assert stranger.get(f"/enter/{keys.link}").status_code == 200


def test_the_link_works_once(stranger: TestClient, keys: Keys) -> None:
    first = stranger.get(f"{ENTER}right-link")
    cookie = first.headers["set-cookie"]
    assert "HttpOnly" in cookie
    assert "samesite=strict" in cookie.lower()
    assert keys.link not in first.text
    stranger.cookies.clear()
    assert stranger.get(f"{ENTER}right-link").status_code == 403


@pytest.mark.parametrize(
    "host", ["localhost:40213", "127.0.0.1", "127.0.0.1:80", "evil.example", f"{HOST}.evil.example", ""]
)
def test_a_rebound_name_gets_nothing(person: TestClient, host: str) -> None:
    assert person.get("/", headers={"host": host}).status_code == 421


@pytest.mark.parametrize(
    "origin",
    [None, "null", "http://evil.example", "http://127.0.0.1:1", f"https://{HOST}", f"{ORIGIN}.evil.example"],
)
def test_another_site_cannot_decide(person: TestClient, desk: Desk, origin: str | None) -> None:
    del person.headers["origin"]
    headers = {"origin": origin} if origin else {}
    said = {"stop": "mark-0", "do": "marked"}
    assert person.post("/act", json=said, headers=headers).status_code == 403
    assert person.post("/again", json={}, headers=headers).status_code == 403
    assert not (desk.case.folder / "decisions.yaml").exists()


def test_another_site_cannot_even_look(person: TestClient) -> None:
    assert person.get("/", headers={"sec-fetch-site": "cross-site"}).status_code == 403
    assert person.get("/", headers={"sec-fetch-site": "same-site"}).status_code == 403
    assert person.get("/", headers={"sec-fetch-site": "none"}).status_code == 200


def test_a_wrong_cookie(person: TestClient, keys: Keys) -> None:
    person.cookies.clear()
    assert person.get("/", headers={"cookie": f"{keys.cookie_name}=guessed"}).status_code == 403


def test_bodies_are_small_json_of_known_length(person: TestClient) -> None:
    big = {"name": "x" * MAX_BODY}
    assert person.post("/sign", json=big).status_code == 413
    assert (
        person.post(
            "/sign", content=b"name=x", headers={"content-type": "application/x-www-form-urlencoded"}
        ).status_code
        == 415
    )
    assert (
        person.post("/sign", content=iter([b"{}"]), headers={"content-type": "application/json"}).status_code
        == 411
    )
    for nonsense in (b"", b"[]", b"3", b"{", b"\xff", b"[" * 5000):
        answer = person.post("/sign", content=nonsense, headers={"content-type": "application/json"})
        assert answer.status_code == 400, nonsense


@pytest.mark.parametrize("method", ["PUT", "DELETE", "OPTIONS", "TRACE", "CONNECT"])
def test_other_methods(person: TestClient, method: str) -> None:
    assert person.request(method, "/").status_code == 405


@pytest.mark.parametrize(
    "path",
    [
        "/static/../record.yaml",
        "/static/%2e%2e/%2e%2e/private.yaml",
        "/static/desk.html.j2",
        "/picture/../../private.yaml/after",
        "/picture/%2e%2e%2fprivate.yaml/after",
        "/picture/plaque/after",
        "/picture/{id}/private",
        "/picture/{id}/after/..%2f..%2frecord.json",
        "/favicon.ico",
    ],
)
def test_no_path_leads_to_a_file(person: TestClient, desk: Desk, path: str) -> None:
    answer = person.get(path.replace("{id}", next(iter(desk.pictures))))
    assert answer.status_code == 404
    assert "Testwala" not in answer.text


def test_every_answer_is_kept_out_of_caches_and_frames(person: TestClient, desk: Desk) -> None:
    picture = next(iter(desk.pictures))
    for path in ("/", "/nothing", f"/picture/{picture}/after", "/static/desk.css"):
        headers = person.get(path).headers
        assert headers["cache-control"] == "no-store"
        assert headers["x-frame-options"] == "DENY"
        policy = headers["content-security-policy"]
        for part in (
            "default-src 'none'",
            "img-src 'self'",
            "script-src 'self'",
            "style-src 'self'",
            "form-action 'self'",
        ):
            assert part in policy
        assert "unsafe" not in policy
    assert "no-store" in person.get("/", headers={"host": "evil.example"}).headers["cache-control"]


def test_the_page_has_no_inline_script_or_style_and_no_record_text_as_markup(person: TestClient) -> None:
    text = person.get("/").text
    assert "<script>alert" not in text
    assert "&lt;script&gt;alert" in text
    scripts = [f'<script src="/static/{name}.js" defer>' for name in ("stage", "series", "desk")]
    assert re.findall(r"<script[^>]*>", text) == scripts
    assert " style=" not in text
    assert not re.findall(r" on[a-z]+=", text)
    assert "http://" not in text.replace(ORIGIN, "")
    assert "https://" not in text


# --- what it shows -----------------------------------------------------------------------------------


def test_before_is_the_original_and_after_is_the_copy(person: TestClient, desk: Desk) -> None:
    photo, broken, scan = desk.pictures.values()
    assert [p.name for p in (photo, broken, scan)] == ["Figure 1A", "Figure 1B", "Figure 2"]
    original = Image.open(io.BytesIO(person.get(f"/picture/{photo.id}/before").content))
    assert original.size == (900, 600)
    assert original.getpixel((22, 35)) != original.getpixel(
        (5, 5)
    )  # the name burned into it is there to be seen
    assert person.get(f"/picture/{photo.id}/after").content == photo.panel.file.read_bytes()
    answer = person.get(f"/picture/{broken.id}/before")
    assert answer.status_code == 422
    assert "cannot be shown here" in answer.text
    grey = Image.open(io.BytesIO(person.get(f"/picture/{scan.id}/before").content))
    assert (grey.mode, grey.size) == ("L", (128, 128))


@pytest.mark.parametrize(
    ("panel", "words"),
    [
        ({"image": "../secret.png"}, "not in the case"),
        ({"image": "images/series", "slice": "3"}, "slice"),
        ({"image": "images/series/8.dcm", "frame": "2"}, "frame"),
        ({"image": "images/none.png"}, "not in the case"),
        ({"image": "images/broken.jpg"}, "cannot"),
    ],
)
def test_what_cannot_be_shown_says_why(
    lying: tuple[Case, CleanCase], panel: dict[str, str], words: str
) -> None:
    (lying[0].folder.parent / "secret.png").write_bytes(b"\x89PNG")
    with pytest.raises(PipelineError) as caught:
        before.preview(lying[0], panel)
    assert words in caught.value.what


def test_before_is_drawn_as_the_copy_is(case: Path, tmp_path: Path) -> None:
    """Whatever the picture: the clean copy of an uncropped panel and the preview beside it are the same."""
    images = case / "images"
    Image.new("RGBA", (4, 4), (10, 20, 30, 90)).save(images / "clear.png")
    Image.fromarray(np.full((4, 4), 0x8000, np.uint16)).save(images / "deep.png")
    pages = [Image.new("RGB", (4, 4), (n, 0, 0)) for n in (10, 20, 30)]
    pages[0].save(images / "pages.tif", save_all=True, append_images=pages[1:])
    shutil.copy(get_testdata_file("examples_palette.dcm", download=False), images / "palette.dcm")
    (images / "ct" / "deeper").mkdir(parents=True)
    for n in range(3):  # one slice lies across the others: they are counted by number, not by position
        ds = pydicom.dcmread(get_testdata_file("CT_small.dcm", download=False))
        ds.InstanceNumber, ds.ImagePositionPatient, ds.SOPInstanceUID = 3 - n, [0, n, n], f"1.2.3.{n}"
        ds.ImageOrientationPatient = [1, 0, 0, 0, 0, -1] if n == 1 else [1, 0, 0, 0, 1, 0]
        ds.PixelData = bytes([n, 0]) * 8192 + b"\xff\x07" * 8192
        ds.save_as(images / "ct" / f"{n}.dcm")
    shutil.copy(images / "ct" / "0.dcm", images / "ct" / "deeper" / "0.dcm")
    everywhere = {"left": "0", "top": "0", "width": "800", "height": "350"}
    panels = [
        {"image": "./images/ct/", "slice": "1"},
        {"image": "images/ct", "slice": "3", "window": {"centre": "40", "width": "400"}},
        {"image": "images/pages.tif", "frame": "2"},
        *({"image": f"images/{name}"} for name in ("clear.png", "deep.png")),
        {"image": "images/palette.dcm", "show": [everywhere]},  # an author answers for its text
    ]
    edit(case, "    panels:\n      - image: images/ring.png\n", f"    panels: {json.dumps(panels)}\n")
    read = intake.read(case)
    with files.publish(tmp_path / "clean", {}) as part:
        deidentify.make(read, part)
    for panel, copy in zip(panels, deidentify.load(tmp_path / "clean").panels, strict=True):
        shown = Image.open(io.BytesIO(before.preview(read, panel)))
        with Image.open(copy.file) as clean:
            assert (shown.mode, shown.size, shown.tobytes()) == (clean.mode, clean.size, clean.tobytes()), (
                panel
            )


# --- what it writes ----------------------------------------------------------------------------------


def do(person: TestClient, stop: str, what: str, **more: object) -> dict[str, Any]:
    answer = person.post("/act", json={"stop": stop, "do": what, **more})
    assert answer.status_code == 200, answer.text
    state: dict[str, Any] = answer.json()
    return state


def decide_all(person: TestClient, desk: Desk, decision: str = "approve") -> str:
    """Everything on the desk, as somebody would who agrees with all of it. Gives the revision."""
    for spot, (_, found) in desk.spots.items():
        if found.asked:
            do(person, spot, "leave")
    for picture in desk.pictures.values():
        seen = "agreed" if picture.recognisable else "no"
        do(person, picture.id, decision, reason="the room", recognisable=seen)
    for stack in desk.stacks.values():
        do(person, stack.id, "approve", seen=["all", *map(str, stack.flagged)])
    for word in desk.words:
        do(person, word, "keep")
    for number, mark in enumerate(desk.marks):
        do(person, f"mark-{number}", "marked" if mark.entered else "empty")
    for question in desk.questions():
        do(person, question["id"], "yes")
    return str(desk.book.revision)


def signature(revision: str, **other: object) -> dict[str, object]:
    return {"name": "Dr Asha Verma", "role": "resident", "revision": revision, **other}


def signed(person: TestClient, desk: Desk) -> None:
    answer = person.post("/sign", json=signature(decide_all(person, desk)))
    assert answer.status_code == 200, answer.text


def test_approve_all_and_sign_opens_the_gate(person: TestClient, desk: Desk) -> None:
    revision = decide_all(person, desk)
    with pytest.raises(NotReady):
        review.gate(desk.case, desk.clean)  # decided is not signed
    answer = person.post("/sign", json=signature(revision, name="  Dr\u202e Asha \n Verma "))
    assert answer.status_code == 200, answer.text
    signoff = review.gate(desk.case, desk.clean, desk.marks, queries=desk.queries)
    assert signoff.by == "Dr Asha Verma"
    assert re.fullmatch(r"\d{4}-\d{2}-\d{2}", signoff.on)
    assert desk.signed
    book = decisions.read(desk.case.folder)
    assert book.pictures == book.rows["history"] == []
    assert {row["by"] for row in book.words} == {"Dr Asha Verma"}
    assert sorted(p.name for p in desk.case.folder.iterdir()) == ["decisions.yaml", "images"]


def test_the_queue_counts_every_kind(person: TestClient, desk: Desk) -> None:
    counts = person.get("/state").json()["counts"]
    assert counts == {
        "picture": [0, 4],  # three panels and a series
        "face": [0, 1],
        "words": [0, 1],
        "mark": [0, 2],
        "law": [0, 3],
        "soft": [0, 1],
        "vouch": [0, 7],
    }
    decide_all(person, desk)
    state = person.get("/state").json()
    assert state["done"] == state["all"] == sum(n for _, n in counts.values())


@pytest.mark.parametrize("left", ["face", "series", "words", "mark", "law", "vouch"])
def test_one_open_question_keeps_the_signature_back(person: TestClient, desk: Desk, left: str) -> None:
    decide_all(person, desk)
    stop = {
        "face": next(id_ for id_, (_, spot) in desk.spots.items() if spot.asked),
        "series": next(iter(desk.stacks)),
        "words": next(iter(desk.words)),
        "mark": "mark-1",
        "law": "law-hiv-no",
        "vouch": "story",
    }[left]
    state = do(person, stop, "")
    answer = person.post("/sign", json=signature(state["revision"]))
    assert answer.status_code == 409
    assert "still open: 1 of" in answer.json()["problem"]
    assert decisions.read(desk.case.folder).signoffs == []


def test_the_boxes_of_the_consent_form_are_shown_and_confirmed(person: TestClient, desk: Desk) -> None:
    page = person.get("/").text
    assert "The report may be published." in page
    assert "Teaching &lt;b&gt;too&lt;/b&gt;." in page
    assert "not certain: ink beside the box" in page
    assert person.get("/box/0").headers["content-type"] == "image/png"
    assert person.get("/box/1").status_code == 404  # no picture of it: look at the paper
    assert person.get("/box/2").status_code == 404
    assert person.post("/act", json={"stop": "mark-0", "do": "perhaps"}).status_code == 409
    signed(person, desk)
    assert review.gate(desk.case, desk.clean, desk.marks).by == "Dr Asha Verma"
    (entry,) = decisions.read(desk.case.folder).signoffs
    assert [(row["box"], row["seen"], row["read"]) for row in entry["boxes"]] == [
        ("text", "marked", "marked"),
        ("teaching", "empty", "look"),
    ]


def test_a_rejection_needs_a_reason_and_keeps_the_gate_closed(person: TestClient, desk: Desk) -> None:
    first, *_ = desk.pictures
    assert person.post("/act", json={"stop": first, "do": "reject"}).status_code == 409
    for picture in desk.pictures:
        revision = do(person, picture, "reject", reason="the room")["revision"]
    answer = person.post("/sign", json=signature(revision))
    assert answer.json()["rejected"] == ["Figure 1A", "Figure 1B", "Figure 2"]
    with pytest.raises(NotReady) as caught:
        review.gate(desk.case, desk.clean)
    assert caught.value.code == "REV003"


@pytest.mark.parametrize(
    "other",
    [
        {"name": ""},
        {"name": None},
        {"role": " "},
        {"name": "Meera Testwala"},
        {"name": "Dr Kiran Nobody"},
        {"role": "for UH-0099812"},
        {"name": "<b>Asha</b>"},
        {"name": "12345"},
        {"name": "A. V."},
    ],
)
def test_an_incomplete_signature_is_not_written(
    person: TestClient, desk: Desk, other: dict[str, object]
) -> None:
    revision = decide_all(person, desk)
    assert person.post("/sign", json=signature(revision, **other)).status_code == 409
    assert decisions.read(desk.case.folder).signoffs == []


def test_no_signature_before_every_picture_is_decided(person: TestClient, desk: Desk) -> None:
    answer = person.post("/sign", json=signature(desk.book.revision))
    assert answer.status_code == 409
    assert "Figure 2" in answer.json()["problem"]


@pytest.mark.parametrize(
    "said",
    [{}, {"stop": "x", "do": "approve"}, {"do": "maybe"}, {"stop": ["a"]}, {"stop": "mark-9", "do": ""}],
)
def test_a_decision_about_nothing(person: TestClient, desk: Desk, said: dict[str, object]) -> None:
    assert person.post("/act", json=said).status_code == 409
    assert not (desk.case.folder / "decisions.yaml").exists()


def test_a_closed_tab_loses_nothing(person: TestClient, desk: Desk) -> None:
    decide_all(person, desk)
    again = Desk(*desk_case_again(desk))
    assert not any(again.progress().values())
    assert set(again.pictures).isdisjoint(desk.pictures)  # new opaque ids in every run


def desk_case_again(desk: Desk) -> tuple[Any, ...]:
    return desk.case, desk.clean, desk.marks, desk.points, desk.queries


def test_a_decision_is_about_pixels_not_about_names(person: TestClient, desk: Desk) -> None:
    decide_all(person, desk)
    other = tuple(replace(p, pixels="0" * 64) if p.figure == "chest" else p for p in desk.clean.panels)
    again = Desk(desk.case, replace(desk.clean, panels=other))
    stops = again.stops(again.book)
    assert [stops[p]["state"] for p in again.pictures] == ["approve", "approve", ""]


def test_two_tabs_the_second_signature_is_refused(person: TestClient, desk: Desk) -> None:
    revision = decide_all(person, desk)
    elsewhere = Desk(*desk_case_again(desk))
    said = {"stop": next(iter(elsewhere.pictures)), "do": "reject", "reason": "face"}
    deeds.act(elsewhere, said)
    answer = person.post("/sign", json=signature(revision))
    assert answer.status_code == 409
    assert answer.json()["code"] == "REV008"
    assert not desk.signed
    assert person.get("/state").json()["counts"]["picture"] == [4, 4]  # and what the other said is shown


def test_copies_made_anew_are_neither_shown_nor_signed(person: TestClient, desk: Desk) -> None:
    revision = decide_all(person, desk)
    remake(desk.clean)
    changed = list(desk.pictures.values())[2]
    assert person.get(f"/picture/{changed.id}/after").status_code == 409
    answer = person.post("/sign", json=signature(revision))
    assert answer.json()["code"] == "REV009"


def test_undo_takes_back_one_after_the_other_and_says_what(person: TestClient, desk: Desk) -> None:
    _, second, _ = desk.pictures
    do(person, second, "reject", reason="room")
    do(person, "mark-0", "marked")
    assert person.post("/all-no", json={}).json()["counts"]["law"] == [2, 3]  # one answer is yes
    assert person.post("/undo", json={}).json()["counts"]["law"] == [0, 3]
    assert person.post("/undo", json={}).json()["at"] == "mark-0"
    state = person.post("/undo", json={}).json()
    assert (state["at"], state["stops"][second]["state"], state["can_undo"]) == (second, "", False)


# --- pictures ----------------------------------------------------------------------------------------


def face_of(desk: Desk) -> tuple[str, Picture]:
    return next((id_, picture) for id_, (picture, spot) in desk.spots.items() if spot.asked)


def test_a_picture_waits_for_its_places_and_for_who_is_in_it(person: TestClient, desk: Desk) -> None:
    face, photo = face_of(desk)
    approve = {"stop": photo.id, "do": "approve", "recognisable": "no"}
    assert "places" in person.post("/act", json=approve).json()["problem"]
    do(person, face, "leave")
    for seen, words in (("", "say first"), ("yes", "did not agree"), ("agreed", "nobody can recognise")):
        answer = person.post("/act", json={**approve, "recognisable": seen})
        assert words in answer.json()["problem"]
    do(person, photo.id, "approve", recognisable="no")
    assert decisions.read(desk.case.folder).pictures[0]["recognisable"] == "no"


def test_a_covered_face_waits_for_new_copies(person: TestClient, desk: Desk) -> None:
    face, photo = face_of(desk)
    state = do(person, face, "cover")
    assert state["stale"]
    assert state["pending"] == [photo.id]
    (row,) = decisions.read(desk.case.folder).boxes
    assert {key: row[key] for key in ("do", "left", "top", "width", "height")} == {
        "do": "cover",
        "left": "300",
        "top": "200",
        "width": "120",
        "height": "180",
    }
    answer = person.post("/act", json={"stop": photo.id, "do": "approve", "recognisable": "no"})
    assert "make the copies again" in answer.json()["fix"]
    assert not do(person, face, "leave")["stale"]


def test_boxes_are_drawn_moved_and_taken_away(person: TestClient, desk: Desk) -> None:
    photo = next(iter(desk.pictures.values()))
    at = {"do": "cover", "left": 10, "top": 20, "width": 30, "height": 40}

    def change(remove: list[Any], add: list[Any]) -> Any:
        return person.post("/boxes", json={"picture": photo.id, "remove": remove, "add": add})

    assert change([], [at]).json()["boxes"][photo.id] == [at]
    moved = {**at, "left": 860}
    assert change([at], [moved]).json()["boxes"][photo.id] == [moved]
    for wrong in (
        {**at, "left": 880},
        {**at, "width": 0},
        {**at, "top": -1},
        {**at, "do": "blur"},
        {**at, "left": True},
        {**at, "left": "1"},
        "x",
    ):
        assert change([], [wrong]).status_code == 409, wrong
    crop = {**at, "do": "crop", "width": 500, "height": 500}
    assert change([], [crop]).json()["boxes"][photo.id] == [moved, crop]
    second = {**crop, "width": 400}
    assert change([], [second]).json()["boxes"][photo.id] == [moved, second]  # one crop at a time
    state = change([moved, second], []).json()
    assert state["boxes"][photo.id] == []
    assert not state["stale"]


@pytest.mark.parametrize(("do", "width", "height"), [("crop", 31, 200), ("cover", 9999, 9999)])
def test_what_leaves_next_to_nothing_is_asked_again(
    person: TestClient, desk: Desk, do: str, width: int, height: int
) -> None:
    _, picture = face_of(desk)
    wide, high = desk.size(picture)
    at = {"do": do, "left": 0, "top": 0, "width": min(width, wide), "height": min(height, high)}
    said = {"picture": picture.id, "add": [at]}
    answer = person.post("/boxes", json=said)
    assert (answer.status_code, answer.json()["again"]) == (409, True)
    assert not desk.book.boxes
    assert person.post("/boxes", json={**said, "sure": True}).status_code == 200


def test_a_crop_that_would_move_arrows_is_left_to_the_record(person: TestClient, desk: Desk) -> None:
    photo = next(iter(desk.pictures.values()))
    photo.source["marks"] = [{"kind": "arrow", "at": ["1", "1"]}]
    crop = {"do": "crop", "left": 1, "top": 1, "width": 9, "height": 9}
    answer = person.post("/boxes", json={"picture": photo.id, "remove": [], "add": [crop]})
    assert "arrows" in answer.json()["problem"]


def test_a_box_is_about_this_very_file(person: TestClient, desk: Desk) -> None:
    face, photo = face_of(desk)
    do(person, face, "leave")
    name = desk.case.folder / str(photo.source["image"])
    name.write_bytes(name.read_bytes() + b"\0")
    again = Desk(*desk_case_again(desk))
    assert again.progress()["face"] == 1


def test_a_series_is_approved_by_all_slices_and_the_flagged_ones(person: TestClient, desk: Desk) -> None:
    (stack,) = desk.stacks.values()
    assert stack.flagged == (1,)
    for seen in ([], ["all"], ["1"], ["2", "all"], "all"):
        said = {"stop": stack.id, "do": "approve", "seen": seen}
        assert person.post("/act", json=said).status_code == 409, seen
    do(person, stack.id, "approve", seen=["all", "1"])
    (row,) = decisions.read(desk.case.folder).rows["series"]
    assert (row["image"], row["slices"], row["copies"]) == ("image-03", "2", stack.copies)


def test_slices_in_any_window_and_all_on_a_sheet(person: TestClient, desk: Desk) -> None:
    (stack,) = desk.stacks.values()

    def shown(path: str) -> Any:
        answer = person.get(f"/series/{stack.id}/{path}")
        assert answer.status_code == 200, answer.text
        return Image.open(io.BytesIO(answer.content))

    plain, hard = shown("1"), shown("1?c=40&w=1")
    assert (plain.mode, plain.size) == ("L", (128, 128))
    assert set(hard.tobytes()) == {0, 255}
    assert shown("1?c=x&w=nan").tobytes() == plain.tobytes()
    assert shown("all/0").size == (320, 160)
    for nothing in ("3", "0", "all/1"):
        assert person.get(f"/series/{stack.id}/{nothing}").status_code == 404
    assert person.get("/series/none/1").status_code == 404


# --- words -------------------------------------------------------------------------------------------


def test_words_are_shown_in_their_sentence_and_decided(person: TestClient, desk: Desk) -> None:
    page = person.get("/").text
    assert "She came from <mark>Kotla</mark> by &lt;b&gt;bus&lt;/b&gt;." in page
    village = next(id_ for id_, query in desk.words.items() if not query.known)
    said = {"with": " a  small\nvillage", "everywhere": True}
    state = do(person, village, "replace", **said)
    assert state["stale"]
    assert state["stops"][village] | {"kind": ""} == {
        "kind": "",
        "state": "replace",
        "with": "a small village",
        "everywhere": True,
    }
    (row,) = decisions.read(desk.case.folder).words
    assert row["id"] == desk.words[village].id
    assert (row["found"], row["decision"], row["with"]) == ("Kotla", "replace", "a small village")
    assert do(person, village, "keep")["stale"] is False
    assert person.post("/act", json={"stop": village, "do": "blur"}).status_code == 409


@pytest.mark.parametrize(
    ("typed", "told"),
    [
        ("Meera Testwala", "private.yaml"),
        ("mEEra  Testw\u200bala", "private.yaml"),
        ("Meera Testwalla", "private.yaml"),  # nearly
        ("x" * 601, "at most 600"),
        ("**a village**", "markup"),
        ("a village [@smith]", "markup"),
        ("{fig:chest}", "markup"),
        ("[a](b)", "markup"),
        (" \u200b ", "would read: “She came from by <b>bus</b>.”"),
    ],
)
def test_words_that_would_stop_or_break_the_text_are_refused_when_typed(
    person: TestClient, desk: Desk, typed: str, told: str
) -> None:
    village = next(id_ for id_, query in desk.words.items() if not query.known)
    answer = person.post("/act", json={"stop": village, "do": "replace", "with": typed})
    assert answer.status_code == 409
    assert told in answer.json()["problem"] + answer.json()["fix"]
    assert decisions.read(desk.case.folder).words == []
    again = person.post("/act", json={"stop": village, "do": "replace", "with": typed, "sure": True})
    assert again.status_code == (200 if not typed.strip(" \u200b") else 409)  # only no words can be meant
    said: list[str] = []
    lines = iter(["e", typed, "n", "q"] if answer.json()["again"] else ["e", typed, "q"])
    (desk.case.folder / "decisions.yaml").unlink(missing_ok=True)
    terminal.ask(desk.case, desk.queries, "", lambda prompt: said.append(prompt) or next(lines), said.append)
    assert decisions.read(desk.case.folder).words == []
    assert told in "".join(said)


def test_words_are_decided_on_a_terminal(desk: Desk) -> None:
    typed = iter(["?", "e", "the woman", "u", "s", "a", "k"])
    said: list[str] = []
    left = terminal.ask(desk.case, desk.queries, "Dr V", lambda _: next(typed), said.append)
    assert left == 0
    village, name = decisions.read(desk.case.folder).words
    assert (village["found"], village["with"], village["everywhere"]) == ("Kotla", "a village", "yes")
    assert (name["found"], name["decision"], name["by"]) == ("Meera", "keep", "Dr V")
    assert "She came from [Kotla] by" in "".join(said)


def test_a_terminal_that_ends_keeps_what_was_said(desk: Desk) -> None:
    typed = iter(["a"])

    def answer(_: str) -> str:
        for said in typed:
            return said
        raise EOFError

    assert terminal.ask(desk.case, desk.queries, "", answer, lambda _: None) == 1
    (left,) = terminal.open_queries(desk.case, desk.queries)
    assert terminal.listed([left])[0]["place"] == "text/follow_up.md:3"


# --- after the signature -----------------------------------------------------------------------------


def test_after_a_change_only_what_changed_is_asked_again(person: TestClient, desk: Desk) -> None:
    signed(person, desk)
    other = tuple(replace(p, pixels="0" * 64) if p.figure == "chest" else p for p in desk.clean.panels)
    text = {**desk.clean.record["text"], "introduction": "Rings are rare. Most are ringworm, some are not."}
    changed = replace(desk.clean, panels=other, record={**desk.clean.record, "text": text}, digest="e" * 64)
    again = Desk(desk.case, changed, *desk_case_again(desk)[2:])
    assert again.progress() == {"picture": 1, "vouch": 7}
    page = sheet.render(again)
    assert "<mark>Rings are rare.</mark>" in page
    assert "<mark>Most are" not in page
    assert "New since Dr Asha Verma signed" in page
    assert "The signature of Dr Asha Verma, resident, of" in page
    assert "changed chest:a; 1 new sentence" in page
    assert "countersignature" not in page
    assert "has lapsed" not in sheet.render(Desk(*desk_case_again(desk)))
    decisions.change(desk.case.folder, lambda data: data["sign-offs"][-1].update(countersigned=SECOND))
    assert "with it the countersignature of Prof Second of 2026-03-15" in sheet.render(again)


SECOND = {"name": "Prof Second", "role": "faculty", "signed": "2026-03-15", "clean": CLEAN}


def test_a_decision_that_voids_the_consent_says_so(desk: Desk) -> None:
    desk.case.record["consent"] = {"agreed": {"text": "yes"}}
    against = [findings.make("CON021", ("record.yaml", 3), id="plaque")]
    against.append(findings.make("CON031", ("record.yaml", 3)))
    made: list[CleanCase] = []

    def held(clean: CleanCase) -> list[Finding]:
        return against if made else []

    desk.held = held
    desk.again = lambda: (desk.clean, desk.marks, (), desk.queries)
    face, picture = face_of(desk)
    assert not desk.state()["voids"]
    state = deeds.act(desk, {"stop": face, "do": "cover"})
    assert "(figure plaque): a new signature or an addendum" in state["voids"][face]
    assert state["voids"][picture.id] == state["voids"][face]
    village = next(id_ for id_, query in desk.words.items() if not query.known)
    state = deeds.act(desk, {"stop": village, "do": "replace", "with": "a village"})
    assert "(the words)" in state["voids"][village]
    desk.case.record["consent"] = {"agreed": {"wording_may_be_edited": "yes"}}
    assert village not in desk.state()["voids"]
    assert "not what the patient signed for" not in sheet.render(desk)
    made.append(desk.clean)
    desk.make_again()
    page = sheet.render(desk)
    assert "These copies are not what the patient signed for." in page
    assert "figure &#39;plaque&#39;" in page
    assert page.count("<li>figure") == 1  # only what differs from what was signed


def test_a_question_is_shown_as_plain_words(desk: Desk) -> None:
    asked = Query(
        "x", ("t.md", 1), "text.a", "In *Kotla*\n[@smith2020] she fell.", 4, 9, "village", "", "ask", ""
    )
    desk.words = {"q": asked}
    assert '<p class="sentence">In <mark>Kotla</mark> she fell.</p>' in sheet.render(desk)


def test_a_second_person_countersigns(person: TestClient, desk: Desk) -> None:
    signed(person, desk)
    again = Desk(*desk_case_again(desk))
    said = {"name": "dr. asha verma", "role": "faculty", "revision": again.book.revision}
    with pytest.raises(NotReady, match="second person"):
        signing.countersign(again, said)
    assert "Countersign these copies" in sheet.render(again)
    signing.countersign(again, {**said, "name": "Dr Tanvi Second"})
    second = review.gate(desk.case, desk.clean, desk.marks, queries=desk.queries).countersigned
    assert second
    assert (second.by, second.role) == ("Dr Tanvi Second", "faculty")
    other = Desk(desk.case, replace(desk.clean, digest="e" * 64))
    with pytest.raises(NotReady, match="nobody has signed"):
        signing.countersign(other, {**said, "name": "Dr Tanvi Second"})


@pytest.mark.parametrize(
    "typed",
    [
        "Asha Verma, MD",
        "A. Verma",
        "AK Verma",
        "Asha K Verma",
        "Shri Asha Verma",
        "AshaVerma",
        "Asha Verma (resident)",
        "As\u200bha Verma",
        "Verma, Asha",
        "Verma A",
        "\u0410sha Verma",  # a Cyrillic letter
        "Prof. (Dr.) ASHA VERMA MBBS M.D.",
        "Asha",
    ],
)
def test_one_person_does_not_sign_twice_under_another_spelling(typed: str) -> None:
    assert people.same_person(typed, "Dr Asha Verma")
    assert people.same_person("Dr Asha Verma", typed)


@pytest.mark.parametrize("typed", ["Dr Tanvi Verma", "Asha Sharma", "T. Verma", "Prof Second", "V. Asher"])
def test_two_people_are_two(typed: str) -> None:
    assert not people.same_person(typed, "Dr Asha Verma")


def test_a_box_seen_empty_that_the_record_has_marked_keeps_the_signature_back(
    person: TestClient, desk: Desk
) -> None:
    decide_all(person, desk)
    state = do(person, "mark-0", "empty")
    answer = person.post("/sign", json=signature(state["revision"]))
    assert (answer.status_code, answer.json()["code"]) == (409, "REV010")
    assert decisions.read(desk.case.folder).signoffs == []
    state = do(person, "mark-0", "marked")
    assert person.post("/sign", json=signature(state["revision"])).status_code == 200
    again = Desk(*desk_case_again(desk))
    do_again = {"stop": "mark-0", "do": "empty"}
    deeds.act(again, do_again)
    said = {"name": "Dr Tanvi Second", "role": "faculty", "revision": again.book.revision}
    with pytest.raises(NotReady) as caught:
        signing.countersign(again, said)
    assert caught.value.code == "REV010"


def test_new_copies_are_laid_out_when_they_were_made_again(person: TestClient, desk: Desk) -> None:
    assert person.post("/again", json={}).status_code == 409
    face, _ = face_of(desk)
    do(person, face, "cover")
    made = replace(desk.clean, digest="e" * 64)
    desk.again = lambda: (made, desk.marks, (), ())
    assert person.post("/again", json={}).json() == {"reload": True}
    assert desk.clean is made
    assert not person.get("/state").json()["stale"]
    assert face not in person.get("/").text


def test_a_signature_is_for_copies_that_hold_every_decision(person: TestClient, desk: Desk) -> None:
    decide_all(person, desk)
    village = next(id_ for id_, query in desk.words.items() if not query.known)
    state = do(person, village, "replace", **{"with": "a village"})
    answer = person.post("/sign", json=signature(state["revision"]))
    assert answer.json()["code"] == "REV015"


# --- the server --------------------------------------------------------------------------------------


class Listener(Tell):
    """Hears the link the page is announced with."""

    def __init__(self) -> None:
        super().__init__(quiet=True)
        self.link, self.heard = "", threading.Event()

    def say(self, text: object) -> None:
        if found := re.search(r"http://\S+", str(text)):
            self.link = found.group()
            self.heard.set()


def test_it_ends_by_itself_when_nobody_is_there(lying: tuple[Case, CleanCase]) -> None:
    assert server.serve(*lying, Listener(), browser=False, idle=0.0) is False


def test_it_listens_on_this_machine_only() -> None:
    with server._listen() as listener:
        assert listener.getsockname()[0] == "127.0.0.1"


def test_every_word_that_leaves_can_be_read_before_signing(tmp_path: Path) -> None:
    case, clean = desk_case(tmp_path)
    listed = tmp_path / "references.bib"
    listed.write_text("@article{a,\n  title = {Rings <b>of</b> the skin},\n}\n")
    words = {
        "running_title": "RUNNING",
        "keywords": ["KEYWORD"],
        "novelty": "COVER LETTER",
        "not_applicable": {"5a": "REASON"},
        "tables": [
            {
                "id": "lab",
                "title": "TABLE",
                "rows": [{"test": "TEST", "unit": "UNIT", "results": {"3": "14 x"}}],
            }
        ],
    }
    byline = {
        "authors": [{"given": "Asha", "family": "FAMILY", "affiliations": ["skin"]}],
        "affiliations": {"skin": {"institution": "INSTITUTION"}},
        "declarations": {"funding": "FUNDING", "acknowledgements": "THANKS"},
    }
    shown = replace(clean, record={**clean.record, **words}, byline=byline, references=listed)
    page = sheet.render(Desk(case, shown))
    read = page[page.index('id="t-read"') :]
    for word in ("RUNNING", "KEYWORD", "COVER LETTER", "REASON", "TABLE", "TEST", "UNIT", "14 x", "FAMILY"):
        assert word in read
    for word in ("INSTITUTION", "FUNDING", "THANKS", "Ring of small bumps", "references.bib"):
        assert word in read
    assert "Rings &lt;b&gt;of&lt;/b&gt; the skin" in read
