"""Has a named person approved exactly these copies? Answers from decisions.yaml; asks nobody."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Any

from pipeline.core import decisions, files, findings, resources
from pipeline.core.decisions import Book, stop
from pipeline.core.errors import UsageError
from pipeline.core.model import Case, CleanCase, Mark, SignOff

UNSEEN = "nobody (--accept-all)"
APPROVE, REJECT = "approve", "reject"
MARKED, EMPTY = "marked", "empty"  # what a person sees in a box of the consent form
BLANK = {"", "~", "null"}  # YAML's ways to write nothing; here every scalar is text


def gate(
    case: Case,
    clean: CleanCase,
    marks: Sequence[Mark] = (),
    points: Sequence[str] = (),
    *,
    accept_all: bool = False,
) -> SignOff:
    """The sign-off that holds for `clean`: the last one in the history with its digest.

    Raises NotReady (REV001 to REV006, REV010) when there is none that approves every picture, confirms every
    box of the signed form in `marks` and answers every question, those about the consent in `points`
    included, UsageError (REV007) for `accept_all` on a
    record that is not marked as made up.
    """
    if accept_all:
        return _unseen(clean)
    book = decisions.read(case.folder)
    if not book.signoffs:
        raise stop("REV001")
    mine = [number for number, entry in enumerate(book.signoffs) if entry.get("clean") == clean.digest]
    if not mine:
        where = book.where("sign-offs", len(book.signoffs) - 1)
        raise stop("REV002", where, changed=_changed(book.signoffs[-1], clean))
    number = mine[-1]
    _judge(book, number, clean, points)
    entry = book.signoffs[number]
    _confirmed(book, number, marks)
    return SignOff(by=entry["name"], role=entry["role"], on=entry["signed"], clean=clean.digest)


def summary(signoff: SignOff) -> str:
    """A few words for the step line."""
    if signoff.accepted_unseen:
        return "ACCEPTED UNSEEN with --accept-all: made-up case"
    return f"signed on {signoff.on} for these copies"


def questions(*, pictures: bool, points: Sequence[str] = ()) -> list[dict[str, str]]:
    """What the person must vouch for: about pictures only where there are any, and each point of the consent.

    A point is asked in its own words and its answer kept under a digest of them: another point is another
    question.
    """
    rows: list[dict[str, str]] = resources.data("templates/review/questions.yaml")
    asked = [row for row in rows if pictures or row["about"] != "pictures"]
    return [*asked, *(_about_consent(point) for point in points)]


def _about_consent(point: str) -> dict[str, str]:
    code, _, words = point.partition(" ")
    known = findings.catalogue().get(code)
    kept = f"{code.lower()}-{files.digest(point)[:12]}"
    help_ = f"Consent. {known['why'].partition(' ({')[0]}" if known else "Consent."
    return {"id": kept, "about": "consent", "text": words[:1].upper() + words[1:], "help": help_}


def _unseen(clean: CleanCase) -> SignOff:
    if clean.record.get("synthetic") is not True:
        raise findings.stop(UsageError, "REV007")
    return SignOff(by=UNSEEN, role="nobody looked", on="", clean=clean.digest, accepted_unseen=True)


def _judge(book: Book, number: int, clean: CleanCase, points: Sequence[str]) -> None:
    """Return only if sign-off `number` approves every picture, names its person and answers everything."""
    entry = book.signoffs[number]
    where = book.where("sign-offs", number)
    for field, words in (("name", "a name"), ("role", "a role"), ("signed", "a date")):
        value = entry.get(field)
        if (
            not isinstance(value, str)
            or value.strip() in BLANK
            or (field == "signed" and not _is_date(value))
        ):
            raise stop(
                "REV004", book.where("sign-offs", number, field) if field in entry else where, field=words
            )
    for row_number, row in enumerate(entry.get("pictures", [])):
        if row.get("decision") != APPROVE:
            place = book.where("sign-offs", number, "pictures", row_number)
            raise stop("REV003", place, picture=f"{row.get('figure')}:{row.get('panel')}")
    approved = {_key(row) for row in entry.get("pictures", [])}
    missing = [
        f"{p.figure}:{p.letter}" for p in clean.panels if (p.figure, p.letter, p.pixels) not in approved
    ]
    if missing:
        raise stop("REV005", where, what="pictures " + ", ".join(missing))
    answers = entry.get("answers", {})
    unanswered = [
        q["id"]
        for q in questions(pictures=bool(clean.panels), points=points)
        if answers.get(q["id"]) != "yes"
    ]
    if unanswered:
        raise stop("REV005", where, what="the questions " + ", ".join(unanswered))


def _confirmed(book: Book, number: int, marks: Sequence[Mark]) -> None:
    """Return only if a person confirmed each box of these scans, and saw there what the record says."""
    rows = book.signoffs[number].get("boxes", [])
    said = {row.get("box"): row.get("seen") for row in rows if row.get("scan") in {m.scan for m in marks}}
    where = book.where("sign-offs", number, "boxes") if rows else book.where("sign-offs", number)
    if missing := [mark.box for mark in marks if said.get(mark.box) not in {MARKED, EMPTY}]:
        raise stop("REV005", where, what="boxes of the consent form: " + ", ".join(missing))
    if wrong := [mark.box for mark in marks if mark.entered and said[mark.box] != MARKED]:
        raise stop("REV010", where, boxes=", ".join(wrong))


def _is_date(text: str) -> bool:
    try:
        dt.date.fromisoformat(text)
    except ValueError:
        return False
    return True


def _key(row: dict[str, Any]) -> tuple[Any, Any, Any]:
    return row.get("figure"), row.get("panel"), row.get("pixels")


def _changed(entry: dict[str, Any], clean: CleanCase) -> str:
    """Which pictures differ from those an older sign-off was about, in ids."""
    before = {(row.get("figure"), row.get("panel")): row.get("pixels") for row in entry.get("pictures", [])}
    now = {(panel.figure, panel.letter): panel.pixels for panel in clean.panels}
    names = [
        f"{words} {', '.join(f'{figure}:{letter}' for figure, letter in found)}"
        for words, found in (
            ("changed", [key for key in now if key in before and before[key] != now[key]]),
            ("new", [key for key in now if key not in before]),
            ("gone", [key for key in before if key not in now]),
        )
        if found
    ]
    return "; ".join(names) or "no picture changed, but the text did"
