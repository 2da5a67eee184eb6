"""Has a named person approved exactly these copies? Answers from decisions.yaml; asks nobody."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Any, TypeVar

from pipeline.core import decided, decisions, files, findings, resources, retouch
from pipeline.core.decisions import Book, stop
from pipeline.core.errors import UsageError
from pipeline.core.model import Case, CleanCase, Countersigner, Mark, SignOff
from pipeline.core.proposal import Open, Query
from pipeline.review import lying
from pipeline.review.people import same_person

Asked = TypeVar("Asked", Query, Open)
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
    queries: Sequence[Asked] = (),
    accept_all: bool = False,
) -> SignOff:
    """The sign-off that holds for `clean`: the last one in the history with its digest.

    Raises NotReady (REV001 to REV006, REV010 to REV014) when words in `queries` are not decided, or when
    there is no sign-off that approves every picture, series and place found in them, confirms every box of
    the signed form in `marks` and answers every question, those about the consent in `points` included.
    Raises UsageError (REV007) for `accept_all` on a record that is not marked as made up.
    """
    if accept_all:
        return _unseen(clean)
    book = decisions.read(case.folder)
    if undecided := unanswered(queries, book):
        raise stop("REV011", undecided[0].place, count=len(undecided))
    if not book.signoffs:
        raise stop("REV001")
    mine = [number for number, entry in enumerate(book.signoffs) if entry.get("clean") == clean.digest]
    if not mine:
        where = book.where("sign-offs", len(book.signoffs) - 1)
        raise stop("REV002", where, changed=changed(book.signoffs[-1], clean))
    number = mine[-1]
    _judge(book, number, clean, points)
    _places(book, number, case, clean)
    entry = book.signoffs[number]
    _confirmed(book, number, marks)
    second = _countersigner(book, number, clean)
    return SignOff(entry["name"], entry["role"], entry["signed"], clean.digest, countersigned=second)


def summary(signoff: SignOff) -> str:
    """A few words for the step line."""
    if signoff.accepted_unseen:
        return "ACCEPTED UNSEEN with --accept-all: made-up case"
    second = f", countersigned on {signoff.countersigned.on}," if signoff.countersigned else ""
    return f"signed on {signoff.on}{second} for these copies"


def unanswered(queries: Sequence[Asked], book: Book) -> list[Asked]:
    """The words that nobody has decided to keep. Replaced ones are not in the copies any more."""
    keeps = [row for row in book.words if row.get("decision") == decided.KEEP]
    ids = {str(row.get("id")) for row in keeps}
    everywhere = {str(row.get("found")) for row in keeps if str(row.get("everywhere")) in decided.YES}
    return [query for query in queries if query.id not in ids and query.found not in everywhere]


def questions(
    *, pictures: bool, points: Sequence[str] = (), law: dict[str, Any] | None = None
) -> list[dict[str, str]]:
    """What the person must vouch for: about pictures only where there are any, each point of the consent, and
    each special-law question with the answer of the record, `law`.

    A point is asked in its own words and its answer kept under a digest of them: another point, or another
    answer of the record, is another question.
    """
    rows: list[dict[str, str]] = resources.data("templates/review/questions.yaml")
    asked = [row for row in rows if pictures or row["about"] != "pictures"]
    about_law = [_about_law(name, answer) for name, answer in (law or {}).items()]
    return [*asked, *(_about_consent(point) for point in points), *about_law]


def _about_law(name: str, answer: Any) -> dict[str, str]:
    said = {True: "yes", False: "no"}.get(answer, str(answer))
    words: str = resources.data("templates/rules/fields.yaml")["record"][f"questions.{name}"]
    question, _, help_ = words.partition(" (")
    shown = {"text": question[:1].upper() + question[1:], "help": help_.removesuffix(")"), "answer": said}
    return {"id": f"law-{name}-{said}", "about": "law", **shown}


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
        for q in questions(pictures=bool(clean.panels), points=points, law=clean.record.get("questions", {}))
        if answers.get(q["id"]) != "yes"
    ]
    if unanswered:
        raise stop("REV005", where, what="the questions " + ", ".join(unanswered))


def _places(book: Book, number: int, case: Case, clean: CleanCase) -> None:
    """Return only if each series was looked through and each unsure place was judged."""
    entry = book.signoffs[number]
    known = (files.receipt_of(clean.folder) or {}).get("files", {})
    looked = {(row.get("image"), row.get("copies")) for row in entry.get("series", []) if _approved(row)}
    wanted = {image["name"]: lying.copies(known, image) for image in lying.series(clean)}
    if missing := [name for name, copies in wanted.items() if (name, copies) not in looked]:
        raise stop("REV005", book.where("sign-offs", number), what=f"the series {', '.join(missing)}")
    judged = {
        (row.get("figure"), row.get("panel"), *(str(row.get(side)) for side in retouch.SIDES))
        for row in entry.get("places", [])
    }
    asked = lying.asked_spots(clean, lying.typed_panels(case))
    left = [
        f"{figure}:{panel}" for figure, panel, at in asked if (figure, panel, *map(str, at)) not in judged
    ]
    if left:
        pictures = ", ".join(dict.fromkeys(left))
        raise stop("REV012", book.where("sign-offs", number), count=len(left), pictures=pictures)
    shown = {figure["id"]: figure.get("recognisable") is True for figure in clean.record.get("figures", [])}
    for row_number, row in enumerate(entry.get("pictures", [])):
        agreed, said = shown.get(str(row.get("figure"))), row.get("recognisable")
        if said == "yes" or (said == "agreed" and agreed is False):
            place = book.where("sign-offs", number, "pictures", row_number)
            raise stop("REV013", place, picture=f"{row.get('figure')}:{row.get('panel')}")


def _approved(row: dict[str, Any]) -> bool:
    return row.get("decision") == APPROVE


def _countersigner(book: Book, number: int, clean: CleanCase) -> Countersigner | None:
    """The second person, if one looked at the same copies. Raises NotReady (REV014) for one who is nobody."""
    entry = book.signoffs[number]
    second = entry.get("countersigned", {})
    if not second or second.get("clean") != clean.digest:
        return None
    said = [second.get(field) for field in ("name", "role", "signed")]
    whole = all(isinstance(value, str) and value.strip() not in BLANK for value in said)
    if not whole or not _is_date(str(said[2])) or same_person(str(said[0]), str(entry.get("name"))):
        raise stop("REV014", book.where("sign-offs", number, "countersigned"))
    return Countersigner(by=str(said[0]), role=str(said[1]), on=str(said[2]))


def _confirmed(book: Book, number: int, marks: Sequence[Mark]) -> None:
    """Return only if a person confirmed each box of these scans, and saw there what the record says."""
    rows = book.signoffs[number].get("boxes", [])
    said = {row.get("box"): row.get("seen") for row in rows if row.get("scan") in {m.scan for m in marks}}
    where = book.where("sign-offs", number, "boxes") if rows else book.where("sign-offs", number)
    if missing := [mark.box for mark in marks if said.get(mark.box) not in {MARKED, EMPTY}]:
        raise stop("REV005", where, what="boxes of the consent form: " + ", ".join(missing))
    if wrong := contradicted(marks, [str(said[mark.box]) for mark in marks]):
        raise stop("REV010", where, boxes=", ".join(wrong))


def contradicted(marks: Sequence[Mark], seen: Sequence[str]) -> list[str]:
    """The boxes that the record says are marked and a person saw empty."""
    return [mark.box for mark, said in zip(marks, seen, strict=True) if mark.entered and said == EMPTY]


def _is_date(text: str) -> bool:
    try:
        dt.date.fromisoformat(text)
    except ValueError:
        return False
    return True


def _key(row: dict[str, Any]) -> tuple[Any, Any, Any]:
    return row.get("figure"), row.get("panel"), row.get("pixels")


def changed(entry: dict[str, Any], clean: CleanCase) -> str:
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
