"""What a person does on the desk: one function for each, written down at once and answered with the state.

What may not be done raises NotReady with words for the person at the page.
"""

from __future__ import annotations

import datetime as dt
import unicodedata
from typing import Any

from pipeline.core import decided, decisions, retouch
from pipeline.core.decisions import Row
from pipeline.core.errors import NotReady
from pipeline.core.model import Mark
from pipeline.core.proposal import Query
from pipeline.review import wording
from pipeline.review.desk import Desk
from pipeline.review.lying import Picture, Spot, Stack
from pipeline.review.signoff import APPROVE, EMPTY, MARKED, REJECT

LONGEST_REASON = 400  # characters
NARROW, MOST = 32, 0.9  # pixels of a crop; share of a picture under one box: smaller or more is asked again
RECOGNISABLE = ("no", "yes", "agreed")
Written = tuple[str, list[tuple[str, Row, bool]]]  # what it was about; list, row, and whether the row stays


def act(desk: Desk, said: dict[str, Any]) -> dict[str, Any]:
    """Decide one stop, or take the decision back ("do": ""), and write it down. Gives back the state.

    Raises NotReady for what does not exist or what may not be decided like this.
    """
    at, do = str(said.get("stop")), str(said.get("do"))
    if at in desk.pictures:
        what, rows = _act_picture(desk, desk.pictures[at], do, said)
    elif at in desk.spots:
        what, rows = _act_spot(desk, *desk.spots[at], do)
    elif at in desk.stacks:
        what, rows = _act_stack(desk.stacks[at], do, said)
    elif at in desk.words:
        what, rows = _act_words(desk, desk.words[at], do, said)
    elif at in {f"mark-{n}" for n in range(len(desk.marks))}:
        what, rows = _act_mark(desk.marks[int(at.removeprefix("mark-"))], do)
    else:
        what, rows = _act_answers(desk, [at], do)
    decisions.put(desk.case.folder, what, rows)
    return desk.state()


def act_all_no(desk: Desk) -> dict[str, Any]:
    """Confirm every special-law question that the record answers with no."""
    asked = [q["id"] for q in desk.questions() if q["about"] == "law" and q["answer"] == "no"]
    what, rows = _act_answers(desk, asked, "yes")
    decisions.put(desk.case.folder, what, rows)
    return desk.state()


def undo(desk: Desk) -> dict[str, Any]:
    """Take the last change back, whoever made it. Gives back the state and the stop it was about."""
    _, undone = decisions.undo(desk.case.folder)
    state = desk.state()
    rows = [change.was or change.now or {} for change in undone]
    return {**state, "at": next(filter(None, map(desk.stop_of, rows)), "")}


def _act_picture(desk: Desk, picture: Picture, do: str, said: dict[str, Any]) -> Written:
    reason, seen = line(said.get("reason"), LONGEST_REASON), said.get("recognisable")
    if do not in (APPROVE, REJECT, ""):
        raise NotReady("no such picture or decision")
    if do == REJECT and not reason:
        raise NotReady("say why it is rejected; the author needs to know what to change")
    if do == APPROVE:
        _may_approve(desk, picture, str(seen))
    recognisable = str(seen) if seen in RECOGNISABLE else ""
    row = decisions.about(picture.panel, do, reason if do == REJECT else "", recognisable)
    return f"picture {picture.panel.figure}:{picture.panel.letter}", [("pictures", row, bool(do))]


def _may_approve(desk: Desk, picture: Picture, seen: str) -> None:
    if seen == "yes":
        fix = "cover or crop what gives the patient away, or reject the picture"
        raise NotReady("the patient can be recognised and did not agree to that", fix=fix)
    if seen == "agreed" and not picture.recognisable:
        fix = "set recognisable: yes in the record and have the form signed for it"
        raise NotReady("the record says that nobody can recognise the patient in it", fix=fix)
    if seen not in RECOGNISABLE:
        raise NotReady("say first whether the patient can be recognised in it")
    book = desk.book
    if any(s.asked and not desk.judged(picture, s, book) for s in picture.spots):
        raise NotReady("decide first about the places that are marked in it")
    if desk.pending(picture, book):
        fix = "make the copies again (key m), then look at this one"
        raise NotReady("this copy does not hold your boxes yet", fix=fix)


def _act_spot(desk: Desk, picture: Picture, spot: Spot, do: str) -> Written:
    if do not in ("cover", "leave", ""):
        raise NotReady("no such decision")
    rows = [("boxes", desk.box(p, other, spot.at), other == do) for p in _same_picture(desk, picture)
            for other in ("cover", "leave")]  # fmt: skip
    return f"{spot.what} in {picture.panel.figure}:{picture.panel.letter}", rows


def _same_picture(desk: Desk, picture: Picture) -> list[Picture]:
    """Panels that show the same slice or page: what is covered in one is covered in all."""
    keys = ("image", "slice", "frame")
    same = [picture.source.get(key) for key in keys]
    return [p for p in desk.pictures.values() if [p.source.get(key) for key in keys] == same]


def act_box(desk: Desk, said: dict[str, Any]) -> dict[str, Any]:
    """Draw, move or take away boxes: `remove` and `add` are lists of {do, left, top, width, height}.

    Gives back the state. Raises NotReady for boxes outside the picture or a crop that would move marks, Sure
    (once) for a box that leaves next to nothing of it.
    """
    picture = desk.pictures.get(str(said.get("picture")))
    if picture is None:
        raise NotReady("no such picture")
    remove, add = (_boxes(said.get(part)) for part in ("remove", "add"))
    if any(row["do"] == "crop" for row in add) and not picture.croppable:
        fix = "change crop in the record, and the positions with it"
        raise NotReady("arrows or insets of this picture are counted from the corner of its crop", fix=fix)
    wide, high = desk.size(picture)
    for at in add:
        if at["left"] + at["width"] > wide or at["top"] + at["height"] > high:
            raise NotReady("this box leaves the picture")
    if said.get("sure") is not True:
        _ask_again(add, wide, high)
    rows = [("boxes", desk.box(picture, row["do"], row), False) for row in remove]
    if any(row["do"] == "crop" for row in add):
        crops = [row for row in desk.boxes(picture, desk.book) if row["do"] == "crop"]
        rows += [("boxes", desk.box(picture, "crop", row), False) for row in crops]
    rows += [("boxes", desk.box(picture, row["do"], row), True) for row in add]
    decisions.put(desk.case.folder, f"boxes in {picture.panel.figure}:{picture.panel.letter}", rows)
    return desk.state()


def _ask_again(add: list[dict[str, Any]], wide: int, high: int) -> None:
    for at in add:
        if at["do"] == "crop" and min(at["width"], at["height"]) < NARROW:
            size = f"{at['width']} × {at['height']}"
            raise wording.Sure(
                f"This crop leaves a copy of {size} pixels: nobody can read a picture that small"
            )
        if at["do"] == "cover" and at["width"] * at["height"] > MOST * wide * high:
            raise wording.Sure(
                "This box covers more than nine tenths of the picture: little is left to publish"
            )


def _act_stack(stack: Stack, do: str, said: dict[str, Any]) -> Written:
    reason = line(said.get("reason"), LONGEST_REASON)
    seen = {str(n) for n in said["seen"]} if isinstance(said.get("seen"), list) else set()
    if do not in (APPROVE, REJECT, ""):
        raise NotReady("no such decision")
    if do == REJECT and not reason:
        raise NotReady("say why it is rejected; the author needs to know what to change")
    left = {"all", *map(str, stack.flagged)} - seen
    if do == APPROVE and left:
        slices = ", ".join(sorted(left - {"all"}, key=int))
        raise NotReady(
            f"look first at slice {slices}" if slices else "scroll first through all slices, to the last one"
        )
    row = {"image": stack.name, "decision": do, "slices": str(len(stack.slices)), "copies": stack.copies}
    row |= {"reason": reason} if do == REJECT else {}
    return f"series {stack.name}", [("series", row, bool(do))]


def _act_words(desk: Desk, query: Query, do: str, said: dict[str, Any]) -> Written:
    if do not in (decided.KEEP, decided.REPLACE, ""):
        raise NotReady("no such decision")
    typed = line(said.get("with"))
    if do == decided.REPLACE:
        wording.check(desk.case, query, typed, sure=said.get("sure") is True)
    return "words", [word_row(query, do, typed, said.get("everywhere") is True)]


def _act_mark(mark: Mark, do: str) -> Written:
    if do not in (MARKED, EMPTY, ""):
        raise NotReady("say of the box whether it is marked or empty")
    row = {"box": mark.box, "seen": do, "read": mark.read, "scan": mark.scan}
    return f"box {mark.box}", [("marks", row, bool(do))]


def _act_answers(desk: Desk, asked: list[str], do: str) -> Written:
    known = {q["id"] for q in desk.questions()}
    if not set(asked) <= known or do not in ("yes", "no", ""):
        raise NotReady("no such question or answer")
    rows = []
    for question in asked:
        about = {"about": desk.about(question)} if desk.about(question) else {}
        rows.append(("answers", {"question": question, "answer": do, **about}, bool(do)))
    return "answers", rows


def word_row(query: Query, do: str, words: str, everywhere: bool) -> tuple[str, Row, bool]:
    """A decision about words as `decisions.put` takes it."""
    row = {"id": query.id, "found": query.found, "decision": do}
    row |= {"with": words} if do == decided.REPLACE else {}
    on = dt.datetime.now().astimezone().date().isoformat()
    return "words", row | {"everywhere": "yes" if everywhere else "no", "on": on}, bool(do)


def line(value: Any, longest: int | None = None) -> str:
    """One line of typed text without control characters, and without what cannot be seen."""
    text = value if isinstance(value, str) else ""
    seen = (c if c.isprintable() else " " for c in text if unicodedata.category(c) != "Cf")
    return " ".join("".join(seen).split())[:longest]


def _boxes(said: Any) -> list[dict[str, Any]]:
    """Boxes as typed by the page. Raises NotReady for anything else."""
    rows = said if isinstance(said, list) else []
    good = []
    for row in rows:
        if not isinstance(row, dict) or row.get("do") not in (*decisions.IN_COPIES, "leave"):
            raise NotReady("no such box")
        at = {side: row.get(side) for side in retouch.SIDES}
        if not all(type(n) is int and 0 <= n < 1_000_000 for n in at.values()) or not (
            at["width"] and at["height"]
        ):
            raise NotReady("no such box")
        good.append({"do": row["do"], **at})
    return good
