"""The page itself. Record text enters it only as autoescaped values."""

from __future__ import annotations

import json
from typing import Any

from pipeline.core import decided, files, numbering, pages, words
from pipeline.core.decisions import Book
from pipeline.core.model import Mark
from pipeline.core.proposal import Query
from pipeline.review import leaving, signing, signoff, since
from pipeline.review.desk import Desk
from pipeline.review.lying import KINDS, Picture, Spot, Stack
from pipeline.review.stacks import COLUMNS, ROWS


def render(desk: Desk) -> str:
    """The HTML of the desk as it is now."""
    book = desk.book
    state = desk.state()
    known = since.known_sentences(book)
    fresh = list(since.new(leaving.paragraphs(desk.clean), known))
    questions = desk.questions()
    numbers = numbering.narrative(desk.clean.record)
    page: str = pages.template("templates/review/desk.html.j2").render(
        case_id=desk.case.id,
        clean=desk.clean.digest,
        state=json.dumps(state),
        kinds=[{"id": kind, "title": title} for kind, title in KINDS.items() if kind in state["counts"]],
        synthetic=desk.clean.record.get("synthetic") is True,
        pictures=[_picture(desk, picture, book) for picture in desk.pictures.values()],
        stacks=[_stack(desk, stack) for stack in desk.stacks.values()],
        words=[_query(id_, q, numbers) for id_, q in desk.words.items() if not q.known],
        soft=[_query(id_, q, numbers) for id_, q in desk.words.items() if q.known],
        marks=[_mark(number, mark) for number, mark in enumerate(desk.marks)],
        law=[q for q in questions if q["about"] == "law"],
        vouch=[q for q in questions if q["about"] != "law"],
        last=since.last(book),
        standing=signing.standing(desk),
        fresh=fresh,
        sections=[_section(section, known) for section in leaving.sections(desk.clean)],
        vouched=signing.vouched(desk),
        unconsented=desk.lapsed,
        lapse=_lapse(desk, book, len(fresh)),
        **_report(desk.clean.report),
    )
    return page


def _lapse(desk: Desk, book: Book, fresh: int) -> dict[str, Any] | None:
    """Who signed last and what changed since; None while that signature holds, or without one."""
    last = since.last(book)
    if not last or last.get("clean") == desk.clean.digest:
        return None
    sentences = f"{fresh} new {'sentence' if fresh == 1 else 'sentences'} or lines" if fresh else ""
    second = last.get("countersigned")
    return {
        "last": last,
        "changed": list(filter(None, [signoff.changed(last, desk.clean), sentences])),
        "second": second if isinstance(second, dict) and second.get("clean") == last.get("clean") else None,
    }


def _picture(desk: Desk, picture: Picture, book: Book) -> dict[str, Any]:
    done = [spot for spot in picture.spots if not spot.asked]
    return {
        "id": picture.id,
        "name": picture.name,
        "legend": picture.legend,
        "alt": picture.alt,
        "recognisable": picture.recognisable,
        "earlier": _earlier(book).get(picture.panel.pixels),
        "looks": picture.looks,
        "spots": [_spot(spot) for spot in picture.spots if spot.asked],
        "filled": sum(spot.done == "filled" for spot in done),
        "kept": sum(spot.done == "kept" for spot in done),
        "croppable": picture.croppable,
        "stage": json.dumps(
            {
                "crop": desk.crop(picture),
                "copy": desk.size_of_copy(picture),
                "cover": [{k: int(v) for k, v in row.items()} for row in picture.source.get("cover") or []],
                "croppable": picture.croppable,
                "spots": [
                    {"id": s.id, "what": s.what, "done": s.done, "reason": s.reason, "at": s.at}
                    for s in picture.spots
                ],
            }
        ),
    }


def _spot(spot: Spot) -> dict[str, Any]:
    told = {"face": "Perhaps a face", "eyes": "Perhaps eyes", "barcode": "Perhaps a code"}
    title = told.get(spot.what, "Perhaps writing")
    return {
        "id": spot.id,
        "title": title,
        "reason": spot.reason,
        "sure": f"{round(spot.confidence * 100)} %",
        "kind": spot.kind,
    }


def _stack(desk: Desk, stack: Stack) -> dict[str, Any]:
    facts = desk.shelf.facts(stack.id)
    count = len(stack.slices)
    each = COLUMNS * ROWS
    return {
        "id": stack.id,
        "name": stack.name.replace("image-", "Series "),
        "count": count,
        "sheets": list(range(-(-count // each))),
        "flagged": list(stack.flagged),
        "shown": [f"{name}: slice {number}" for name, number in stack.shown],
        "modality": facts.modality,
        "data": json.dumps(
            {
                "count": count,
                "flagged": stack.flagged,
                "columns": min(COLUMNS, count),
                "each": each,
                "centre": facts.centre,
                "width": facts.width,
                "shown": [number for _, number in stack.shown],
            }
        ),
    }


def _query(id_: str, query: Query, numbers: words.Numbers) -> dict[str, Any]:
    before, after = query.sentence[: query.start], query.sentence[query.end :]
    return {
        "id": id_,
        "before": _flat(before, numbers),
        "found": _flat(query.found, numbers),
        "after": _flat(after, numbers),
        "label": query.label,
        "replacement": query.replacement,
        "why": query.why,
        "place": f"{query.place[0]}:{query.place[1]}" if query.place[1] else query.place[0],
    }


def _flat(prose: str, numbers: words.Numbers) -> str:
    """A piece of a sentence as plain words on one line; the space at its ends stays."""
    bare = words.MARKUP.sub("", prose)
    ends = [" " if side.isspace() else "" for side in (bare[:1], bare[-1:])]
    flat = " ".join(words.plain(prose, numbers).split())
    return f"{ends[0]}{flat}{ends[1]}" if flat else ends[0]


def _mark(number: int, mark: Mark) -> dict[str, Any]:
    return {
        "number": number,
        "words": mark.words,
        "page": mark.page,
        "read": {"marked": "marked", "blank": "empty"}.get(mark.read, f"not certain: {mark.why}"),
        "entered": mark.entered,
        "look": mark.read == "look" or (mark.read == "marked") != mark.entered,
        "shown": bool(mark.picture),
    }


def _earlier(book: Book) -> dict[str, dict[str, str]]:
    """Who approved the same pixels last: pixel digest -> name and date."""
    found: dict[str, dict[str, str]] = {}
    for entry in book.signoffs:
        for row in entry.get("pictures", []):
            if row.get("decision") == since.APPROVE:
                who = {"name": str(entry.get("name")), "signed": str(entry.get("signed"))}
                found[str(row.get("pixels"))] = who
    return found


def _section(section: leaving.Section, known: frozenset[str] | None) -> dict[str, Any]:
    """A section with every sentence that was not there at the last signature marked as new."""
    paragraphs = []
    for text in section.paragraphs:
        parts, at = [], 0
        for start, end in decided.sentences(text):
            new = known is not None and _digest(text[start:end]) not in known
            parts += [(text[at:start], False), (text[start:end], new)]
            at = end
        paragraphs.append([*parts, (text[at:], False)])
    new = any(is_new for parts in paragraphs for _, is_new in parts)
    told = {"title": section.title, "words": section.words, "prose": section.prose}
    return {**told, "paragraphs": paragraphs, "new": new}


def _digest(sentence: str) -> str:
    return files.digest(" ".join(sentence.split()))[: since.SHORT]


def _report(report: dict[str, Any]) -> dict[str, Any]:
    """What was replaced in the text, and where to read again; places and kinds, never a value."""
    text = report["text"]
    return {
        "replaced": text["replaced"],
        "text_looks": [f"{row['place']}: {row['look']}" for row in text["look"]],
    }
