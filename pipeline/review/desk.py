"""What lies on the desk, and what has been decided about it so far.

Nothing is remembered here: every decision is written to decisions.yaml at once and read back from it, so a
closed tab, a second one or a dead process loses nothing.
"""

from __future__ import annotations

import hashlib
import secrets
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from pipeline.core import decided, decisions, files, retouch
from pipeline.core.decisions import Book, Row, stop
from pipeline.core.errors import InputError, NotReady
from pipeline.core.model import Case, CleanCase, Mark
from pipeline.core.proposal import Query
from pipeline.review import before, bound, lying, since, stacks
from pipeline.review.lying import KINDS, Picture, Spot, Stack
from pipeline.review.signoff import APPROVE, EMPTY, MARKED, REJECT, questions

Made = tuple[CleanCase, Sequence[Mark], Sequence[str], Sequence[Query]]
Again = Callable[[], Made]


@dataclass
class Desk:
    """The state of one review."""

    case: Case
    clean: CleanCase
    marks: Sequence[Mark] = ()  # the boxes of the signed consent form
    points: Sequence[str] = ()  # what else about the consent software could not prove
    queries: Sequence[Query] = ()  # words that may identify someone
    again: Again | None = None  # makes the clean copies anew
    held: bound.Held | None = None  # what is against the consent of clean copies
    pictures: dict[str, Picture] = field(default_factory=dict)
    stacks: dict[str, Stack] = field(default_factory=dict)
    words: dict[str, Query] = field(default_factory=dict)  # the queries by their opaque ids
    signed: bool = False

    def __post_init__(self) -> None:
        self._lay_out()

    def _lay_out(self) -> None:
        self.receipt = files.receipt(self.clean.folder)
        self.lapsed = bound.lapsed(self.case, self.clean, self.held)
        book = self.book
        self._replaced = {row.get("id") for row in book.words if row.get("decision") == decided.REPLACE}
        self._applied, self._boxes = self.effects(book), self._by_picture(book)
        self._digests: dict[str, str] = {}
        self._kept = before.Kept()
        shown = lying.pictures(self.case, self.clean)
        self.pictures = {picture.id: picture for picture in shown}
        self.stacks = {stack.id: stack for stack in lying.stacks(self.clean, shown)}
        self.words = {secrets.token_hex(8): query for query in self.queries}
        self.spots = {spot.id: (picture, spot) for picture in shown for spot in picture.spots}
        self.shelf = stacks.Shelf({id_: stack.slices for id_, stack in self.stacks.items()})

    @property
    def book(self) -> Book:
        """decisions.yaml as it is now."""
        return decisions.read(self.case.folder)

    # --- what can be looked at

    def before(self, picture: Picture, *, full: bool = False) -> before.Shown:
        """The original. Raises InputError when it cannot be shown."""
        return self._kept.preview(self.case, picture.source, full=full)

    def after(self, picture: Picture) -> bytes:
        """The clean copy. Raises NotReady (REV009) if it is not the file it was when the page was opened."""
        name = picture.panel.file.relative_to(self.clean.folder).as_posix()
        if self.receipt is None or not picture.panel.file.is_file():
            raise stop("REV009", (name, 0))
        content = picture.panel.file.read_bytes()
        if hashlib.sha256(content).hexdigest() != self.receipt["files"].get(name):
            raise stop("REV009", (name, 0))
        return content

    def crop(self, picture: Picture) -> dict[str, int] | None:
        """What the copy shows of the original: the crop that was decided here, else that of the record."""
        rows = self._boxes.get((picture.panel.figure, picture.panel.letter), [])
        decided_here = [
            row for row in rows if row.get("do") == "crop" and row.get("image") == self._image(picture)
        ]
        asked = decided_here[-1] if decided_here else picture.source.get("crop")
        return retouch.area(asked) if asked else None

    def size_of_copy(self, picture: Picture) -> tuple[int, int]:
        """Width and height of the clean copy, as its file says."""
        with picture.panel.file.open("rb") as f:
            return before.png_size(f.read(24))

    # --- the queue

    def questions(self) -> list[dict[str, str]]:
        """What the person vouches for."""
        law = self.clean.record.get("questions", {})
        return questions(pictures=bool(self.pictures), points=self.points, law=law)

    def stops(self, book: Book) -> dict[str, dict[str, Any]]:
        """Everything there is to decide, in the order of the queue: kind and what was decided ("" = open)."""
        out: dict[str, dict[str, Any]] = {}
        carried = since.approved(book)
        for picture in self.pictures.values():
            for spot in picture.spots:
                if spot.asked:
                    out[spot.id] = {"kind": spot.kind, "state": self.judged(picture, spot, book)}
            out[picture.id] = {"kind": "picture", **self._decision(picture, book, carried)}
        for stack in self.stacks.values():
            out[stack.id] = {"kind": "picture", **self._looked_through(stack, book)}
        for id_, query in self.words.items():
            out[id_] = {"kind": "soft" if query.known else "words", **self._said(query, book)}
        for number, mark in enumerate(self.marks):
            out[f"mark-{number}"] = {"kind": "mark", "state": self._seen(mark, book)}
        for asked in self.questions():
            kind = "law" if asked["about"] == "law" else "vouch"
            out[asked["id"]] = {"kind": kind, "state": self._answer(asked["id"], book)}
        order = list(KINDS)
        return dict(sorted(out.items(), key=lambda row: order.index(row[1]["kind"])))

    def state(self) -> dict[str, Any]:
        """What the page shows of it all."""
        book = self.book
        stops = self.stops(book)
        counts = {
            kind: [
                sum(bool(s["state"]) for s in stops.values() if s["kind"] == kind),
                sum(s["kind"] == kind for s in stops.values()),
            ]
            for kind in KINDS
        }
        return {
            "revision": book.revision,
            "stops": stops,
            "counts": {kind: both for kind, both in counts.items() if both[1]},
            "done": sum(done for done, _ in counts.values()),
            "all": len(stops),
            "stale": self.stale(book),
            "can_undo": bool(book.rows["history"]),
            "boxes": {p.id: self.boxes(p, book) for p in self.pictures.values()},
            "voids": self.voids(stops, book),
            "pending": [p.id for p in self.pictures.values() if self.pending(p, book)],
        }

    def progress(self) -> Counter[str]:
        """How many of each kind are open."""
        return Counter(s["kind"] for s in self.stops(self.book).values() if not s["state"])

    @staticmethod
    def effects(book: Book) -> str:
        """What decisions do to the copies; words that were kept change nothing."""
        told = decisions.in_copies(book)
        words = [row for row in told["words"] if row.get("decision") == decided.REPLACE]
        return files.digest([words, told["boxes"]])

    def stale(self, book: Book) -> bool:
        """Must the copies be made again to hold what was decided?"""
        return self.effects(book) != self._applied

    def pending(self, picture: Picture, book: Book) -> bool:
        """Does this very picture change when the copies are made again?"""
        key = (picture.panel.figure, picture.panel.letter)
        return self._by_picture(book).get(key) != self._boxes.get(key)

    def voids(self, stops: dict[str, dict[str, Any]], book: Book) -> dict[str, str]:
        """Decisions, not in the copies yet, that change what was signed for: stop -> what is said there."""
        out = {p.id: bound.picture(self.case, p) for p in self.pictures.values() if self.pending(p, book)}
        for id_, (picture, _) in self.spots.items():
            if picture.id in out and stops.get(id_, {}).get("state") == "cover":
                out[id_] = out[picture.id]
        for id_, query in self.words.items():
            out[id_] = bound.words(self.case, query, stops[id_])
        return {id_: said for id_, said in out.items() if said}

    @staticmethod
    def _by_picture(book: Book) -> dict[tuple[Any, Any], list[Row]]:
        out: dict[tuple[Any, Any], list[Row]] = {}
        for row in decisions.in_copies(book)["boxes"]:
            out.setdefault((row.get("figure"), row.get("panel")), []).append(row)
        return out

    def boxes(self, picture: Picture, book: Book) -> list[Row]:
        """What people decided about places in this very picture, with where it lies as numbers."""
        rows = retouch.about(book.boxes, picture.panel.figure, picture.panel.letter)
        mine = [row for row in rows if row.get("image") == self._image(picture)] if rows else []
        return [{"do": row.get("do"), **retouch.area(row)} for row in mine]

    def _image(self, picture: Picture) -> str:
        name = picture.source["image"]
        if name not in self._digests:
            self._digests[name] = retouch.digest(self.case, name)
        return self._digests[name]

    def judged(self, picture: Picture, spot: Spot, book: Book) -> str:
        """What was decided about a place: cover, leave or "" (open)."""
        rows = [row for row in self.boxes(picture, book) if spot.at.items() <= row.items()]
        return next((str(row["do"]) for row in rows if row["do"] in ("cover", "leave")), "")

    def _decision(self, picture: Picture, book: Book, carried: dict[Any, Row]) -> dict[str, Any]:
        row = book.find("pictures", **picture.key, pixels=picture.panel.pixels)
        if row and row.get("decision") in (APPROVE, REJECT):
            told = {"reason": str(row.get("reason", "")), "recognisable": str(row.get("recognisable", ""))}
            return {"state": row["decision"], **told}
        if row := carried.get((*picture.key.values(), picture.panel.pixels)):
            return {"state": APPROVE, "carried": True, "recognisable": str(row.get("recognisable", ""))}
        return {"state": "", "recognisable": "" if picture.recognisable else "no"}

    def _looked_through(self, stack: Stack, book: Book) -> dict[str, Any]:
        if row := book.find("series", image=stack.name, copies=stack.copies):
            return {"state": str(row.get("decision")), "reason": str(row.get("reason", ""))}
        rows = since.last(book).get("series", [])
        same = {"image": stack.name, "copies": stack.copies, "decision": APPROVE}
        return {"state": APPROVE if any(same.items() <= row.items() for row in rows) else ""}

    def _said(self, query: Query, book: Book) -> dict[str, Any]:
        row = book.find("words", id=query.id) or next(
            (
                row
                for row in book.words
                if row.get("found") == query.found and str(row.get("everywhere")) in decided.YES
            ),
            None,
        )
        if not row or row.get("decision") not in (decided.KEEP, decided.REPLACE):
            return {"state": ""}
        if row["decision"] == decided.REPLACE and row.get("id") in self._replaced:
            return {"state": ""}  # the copies were made with it, and the words are still there
        everywhere = str(row.get("everywhere")) in decided.YES
        return {"state": row["decision"], "with": str(row.get("with", "")), "everywhere": everywhere}

    def _seen(self, mark: Mark, book: Book) -> str:
        here = {"box": mark.box, "scan": mark.scan}
        rows = [*book.rows["marks"], *since.last(book).get("boxes", [])]
        seen = next((row.get("seen") for row in rows if here.items() <= row.items()), "")
        return str(seen) if seen in (MARKED, EMPTY) else ""

    def _answer(self, question: str, book: Book) -> str:
        row = book.find("answers", question=question)
        if row and str(row.get("about") or "") == self.about(question):
            return "yes" if row.get("answer") == "yes" else "no"
        last = since.last(book)
        same = question.startswith("law-") or last.get("clean") == self.clean.digest
        return "yes" if same and last.get("answers", {}).get(question) == "yes" else ""

    def about(self, question: str) -> str:
        """What an answer holds for: the record's own is in the id, all others are about these copies."""
        return "" if question.startswith("law-") else self.clean.digest[:20]

    def stop_of(self, row: Row) -> str:
        """The id of what a row of decisions.yaml is about, or ""."""
        for picture in self.pictures.values():
            if picture.key.items() <= row.items():
                spots = (s.id for s in picture.spots if s.asked and _same(s.at, row))
                return next(spots, picture.id)
        named = {stack.name: id_ for id_, stack in self.stacks.items()}
        named |= {query.id: id_ for id_, query in self.words.items()}
        named |= {mark.box: f"mark-{number}" for number, mark in enumerate(self.marks)}
        keys = (row.get("image"), row.get("id"), row.get("box"))
        return next((named[key] for key in keys if key in named), str(row.get("question", "")))

    def box(self, picture: Picture, do: str, at: dict[str, int]) -> Row:
        """One decision about a place in a picture, as it is written."""
        sides = {side: str(at[side]) for side in retouch.SIDES}
        return {**picture.key, "image": self._image(picture), "do": do, **sides}

    def size(self, picture: Picture) -> tuple[int, int]:
        """Width and height of the original; where it cannot be shown, of the copy, which then has no crop."""
        try:
            shown = self.before(picture)
        except InputError:
            return before.png_size(self.after(picture))
        return shown.wide, shown.high

    def make_again(self) -> dict[str, Any]:
        """Make the clean copies anew with what was decided, and lay them out. Raises what the rooms raise."""
        if self.again is None:
            raise NotReady("close this page and run again: casereport review CASE")
        self.clean, self.marks, self.points, self.queries = self.again()
        self._lay_out()
        return {"reload": True}


def _same(at: dict[str, int], row: Row) -> bool:
    return all(str(at[side]) == str(row.get(side)) for side in retouch.SIDES)
