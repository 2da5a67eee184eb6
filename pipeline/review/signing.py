"""The signature, and a second person's beside it: written into decisions.yaml, bound to digests."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from typing import Any

from pipeline.core import decisions, files, identity, retouch
from pipeline.core.decisions import Data, Row, stop
from pipeline.core.errors import NotReady
from pipeline.review import since
from pipeline.review.deeds import line
from pipeline.review.desk import Desk
from pipeline.review.leaving import paragraphs
from pipeline.review.lying import KINDS
from pipeline.review.people import looks_like_a_name, same_person
from pipeline.review.signoff import APPROVE, REJECT, contradicted

LONGEST_NAME = 120  # characters


def sign(desk: Desk, said: dict[str, Any]) -> dict[str, Any]:
    """Write the sign-off. `said`: name, role, revision.

    Raises NotReady when something is still open, when another page wrote in the meantime (REV008), when the
    copies do not hold every decision yet (REV015) or are no longer the ones on the page (REV009).
    """
    if desk.signed:
        raise NotReady("already signed")
    book = desk.book
    if str(said.get("revision", "")) != book.revision:
        raise stop("REV008")
    stops = desk.stops(book)
    rejected = [p.name for p in desk.pictures.values() if stops[p.id]["state"] == REJECT]
    rejected += [stack.name for stack in desk.stacks.values() if stops[stack.id]["state"] == REJECT]
    wrong = [id_ for id_, s in stops.items() if s["kind"] in ("law", "vouch") and s["state"] == "no"]
    _stop_if_open(desk, stops, rejected=bool(rejected), wrong=wrong)
    if not rejected:
        _stop_if_contradicted(desk, stops)
    name, role = _who(desk, said)
    if desk.stale(book):
        raise stop("REV015")
    _stop_if_other_copies(desk)
    entry = _entry(desk, stops, name, role)

    def edit(data: Data) -> None:
        data["sign-offs"].append(entry)
        for part in ("pictures", "series", "answers", "marks", "history"):
            data[part] = []
        for row in data["words"]:
            row.setdefault("by", name)

    decisions.change(desk.case.folder, edit, seen=book.revision)
    desk.signed = True
    return {"signed": True, "rejected": [*rejected, *(f"answer {id_}" for id_ in wrong)]}


def countersign(desk: Desk, said: dict[str, Any]) -> dict[str, Any]:
    """A second person signs beside the first, for the same copies. `said`: name, role, revision.

    Raises NotReady when there is nothing to countersign or the person is the first one, and as `sign`.
    """
    held = standing(desk)
    if held is None:
        raise NotReady("nobody has signed for these copies yet")
    if str(said.get("revision", "")) != desk.book.revision:
        raise stop("REV008")
    _stop_if_contradicted(desk, desk.stops(desk.book))
    if "no" in held.get("answers", {}).values():
        raise NotReady("the person who signed said that an answer is wrong", fix="correct the record first")
    name, role = _who(desk, said)
    if same_person(name, str(held.get("name"))):
        raise NotReady(
            "the person who signed cannot countersign; a second pair of eyes is a second person",
            fix="if these are two people, write the second name out in full",
        )
    _stop_if_other_copies(desk)
    second = {"name": name, "role": role, "signed": _today(), "clean": desk.clean.digest}

    def edit(data: Data) -> None:
        data["sign-offs"][-1]["countersigned"] = second

    decisions.change(desk.case.folder, edit, seen=desk.book.revision)
    desk.signed = True
    return {"signed": True, "rejected": []}


def standing(desk: Desk) -> dict[str, Any] | None:
    """The last sign-off, if it is for these copies and nothing in it was rejected."""
    last = since.last(desk.book)
    rows = [*last.get("pictures", []), *last.get("series", [])]
    mine = last.get("clean") == desk.clean.digest and not desk.stale(desk.book)
    return last if mine and all(row.get("decision") == APPROVE for row in rows) else None


def vouched(desk: Desk) -> list[str]:
    """What a signature stands for, in plain words and counts."""
    texts = sum(len(since.sentences([part])) for part in paragraphs(desk.clean))
    slices = sum(len(stack.slices) for stack in desk.stacks.values())
    spots = sum(spot.asked for picture in desk.pictures.values() for spot in picture.spots)
    law = sum(q["about"] == "law" for q in desk.questions())
    vouch = len(desk.questions()) - law
    lines = (
        (len(desk.pictures), "picture, as it would leave", "pictures, as they would leave"),
        (len(desk.stacks), f"series with {slices} slices", f"series with {slices} slices"),
        (spots, "place that the machine was not sure of", "places that the machine was not sure of"),
        (texts, "sentence or line of text", "sentences and lines of text"),
        (len(desk.words), "question about words", "questions about words"),
        (len(desk.marks), "box on the consent form", "boxes on the consent form"),
        (law, "special-law answer", "special-law answers"),
        (vouch, "sentence that only a person can confirm", "sentences that only a person can confirm"),
    )
    return [f"{count} {one if count == 1 else many}" for count, one, many in lines if count]


def _stop_if_open(desk: Desk, stops: dict[str, Any], *, rejected: bool, wrong: list[str]) -> None:
    """A rejected case needs its pictures decided, nothing else; any other needs everything."""
    undecided = [p.name for p in desk.pictures.values() if not stops[p.id]["state"]]
    if undecided:
        raise NotReady(f"not decided yet: {', '.join(undecided)}")
    if wrong and not rejected:
        raise NotReady(
            f"said to be wrong: {len(wrong)} answers",
            fix="correct the record, then run casereport review again: every decision is kept",
        )
    open_ = [s["kind"] for s in stops.values() if not s["state"]]
    if open_ and not rejected:
        told = [f"{open_.count(kind)} of {words}" for kind, words in KINDS.items() if kind in open_]
        raise NotReady(f"still open: {', '.join(told)}")


def _stop_if_contradicted(desk: Desk, stops: dict[str, Any]) -> None:
    """Nobody signs for a consent that the person saw is not there (REV010)."""
    seen = [str(stops[f"mark-{number}"]["state"]) for number in range(len(desk.marks))]
    if wrong := contradicted(desk.marks, seen):
        raise stop("REV010", boxes=", ".join(wrong))


def _who(desk: Desk, said: dict[str, Any]) -> tuple[str, str]:
    name, role = line(said.get("name"), LONGEST_NAME), line(said.get("role"), LONGEST_NAME)
    if len(name) < 2 or len(role) < 2:
        raise NotReady("name and role of the person who vouches are needed")
    if not looks_like_a_name(name):
        raise NotReady("write the name in letters, as it would be printed", fix="for example: Dr Asha Verma")
    if set("<>") & set(role):
        raise NotReady("write the role in plain words", fix="for example: resident, dermatology")
    if _hunted_for(desk, f"{name}, {role}"):
        raise NotReady(
            "this name is on the list of what must not leave (private.yaml); a package states who signed",
            fix="let an author sign, or somebody who did not treat the patient",
        )
    return name, role


def _hunted_for(desk: Desk, typed: str) -> bool:
    """Would the last hunt find this in the package? What authors publish of themselves is not hunted."""
    from pipeline.core.match import Matcher

    known = identity.identifiers(desk.case.private)
    others = identity.outside_byline(known, identity.byline_lines(desk.case.record))
    return any(hit.hard for hit in Matcher(others).find(typed))


def _stop_if_other_copies(desk: Desk) -> None:
    receipt = files.receipt(desk.clean.folder)
    if receipt is None or receipt != desk.receipt:
        raise stop("REV009", (desk.clean.folder.name, 0))


def _entry(desk: Desk, stops: dict[str, Any], name: str, role: str) -> Row:
    def state(id_: str) -> dict[str, Any]:
        return {"reason": "", "recognisable": "", **stops[id_]}

    pictures = [
        decisions.about(p.panel, s["state"], s["reason"], s["recognisable"])
        for p in desk.pictures.values()
        for s in (state(p.id),)
    ]
    series = [
        {"image": stack.name, "decision": stops[stack.id]["state"], "copies": stack.copies}
        for stack in desk.stacks.values()
    ]
    places = [
        {**p.key, **{side: str(s.at[side]) for side in retouch.SIDES}, "decision": stops[s.id]["state"]}
        for p in desk.pictures.values()
        for s in p.spots
        if s.asked and stops[s.id]["state"]
    ]
    answers = {q["id"]: stops[q["id"]]["state"] or "no" for q in desk.questions()}
    boxes = [
        {"box": m.box, "seen": stops[f"mark-{n}"]["state"], "read": m.read, "scan": m.scan}
        for n, m in enumerate(desk.marks)
        if stops[f"mark-{n}"]["state"]
    ]
    more = {"series": series, "places": places, "answers": answers, "boxes": boxes}
    return {
        "signed": _today(),
        "name": name,
        "role": role,
        "clean": desk.clean.digest,
        "pictures": pictures,
        **{part: rows for part, rows in more.items() if rows},
        "sentences": _digests(paragraphs(desk.clean)),
    }


def _digests(parts: Iterable[str]) -> str:
    """Every sentence by its digest, so that after a change the page can show what is new."""
    return " ".join(sorted({digest for _, digest in since.sentences(parts)}))


def _today() -> str:
    return dt.datetime.now().astimezone().date().isoformat()
