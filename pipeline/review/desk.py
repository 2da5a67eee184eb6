"""What lies on the desk: the pictures in order, and what has been decided about them so far.

Every decision is written to decisions.yaml at once, so a closed tab or a dead process loses nothing.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import secrets
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from pipeline.core import decisions, files, identity, numbering, words
from pipeline.core.decisions import Data, stop
from pipeline.core.errors import NotReady
from pipeline.core.model import Case, CleanCase, CleanPanel, Mark
from pipeline.review import before
from pipeline.review.signoff import APPROVE, EMPTY, MARKED, REJECT, questions

LONGEST_REASON, LONGEST_NAME = 400, 120  # characters


@dataclass
class Picture:
    """One panel on the desk."""

    id: str  # opaque, new in every run
    number: int  # of its figure, counted from 1
    panel: CleanPanel
    source: dict[str, Any]  # the panel as the record has it: image, slice, frame, window
    legend: str
    alt: str
    recognisable: bool
    alone: bool  # the only panel of its figure
    decision: str = ""
    reason: str = ""

    @property
    def name(self) -> str:
        """What the page calls it: "Figure 2B"."""
        return f"Figure {self.number}{'' if self.alone else self.panel.letter.upper()}"


@dataclass
class Desk:
    """The state of one review."""

    case: Case
    clean: CleanCase
    marks: Sequence[Mark] = ()  # the boxes of the signed consent form
    points: Sequence[str] = ()  # what else about the consent software could not prove
    pictures: dict[str, Picture] = field(default_factory=dict)
    revision: str = ""
    signed: bool = False

    def __post_init__(self) -> None:
        self._receipt = files.receipt(self.clean.folder)
        book = decisions.read(self.case.folder)
        self.revision = book.revision
        kept = {(r.get("figure"), r.get("panel"), r.get("pixels")): r for r in book.pictures}
        for picture in _lay_out(self.case, self.clean):
            row = kept.get((picture.panel.figure, picture.panel.letter, picture.panel.pixels), {})
            if row.get("decision") in {APPROVE, REJECT}:
                picture.decision, picture.reason = row["decision"], str(row.get("reason", ""))
            self.pictures[picture.id] = picture

    def before(self, picture: Picture) -> bytes:
        """PNG preview of the original. Raises InputError when it cannot be shown."""
        return before.preview(self.case, picture.source)

    def after(self, picture: Picture) -> bytes:
        """The clean copy. Raises NotReady (REV009) if it is not the file it was when the page was opened."""
        name = picture.panel.file.relative_to(self.clean.folder).as_posix()
        if self._receipt is None or not picture.panel.file.is_file():
            raise stop("REV009", (name, 0))
        content = picture.panel.file.read_bytes()
        if hashlib.sha256(content).hexdigest() != self._receipt["files"].get(name):
            raise stop("REV009", (name, 0))
        return content

    def decide(self, said: dict[str, Any]) -> dict[str, Any]:
        """Approve or reject one picture, and write it down. `said`: picture, decision, reason.

        Raises NotReady for a picture or decision that does not exist, or a rejection without a reason.
        """
        picture = self.pictures.get(str(said.get("picture")))
        decision, reason = said.get("decision"), _line(said.get("reason"), LONGEST_REASON)
        if picture is None or decision not in {APPROVE, REJECT, ""}:
            raise NotReady("no such picture or decision")
        if decision == REJECT and not reason:
            raise NotReady("say why it is rejected; the author needs to know what to change")
        picture.decision, picture.reason = str(decision), reason if decision == REJECT else ""

        def edit(data: Data) -> None:
            same = (picture.panel.figure, picture.panel.letter)
            rows = [row for row in data["pictures"] if (row.get("figure"), row.get("panel")) != same]
            row = decisions.about(picture.panel, picture.decision, picture.reason)
            data["pictures"] = [*rows, row] if picture.decision else rows

        self.revision = decisions.change(self.case.folder, edit)
        return {**self.progress(), "revision": self.revision}

    def sign(self, said: dict[str, Any]) -> dict[str, Any]:
        """Write the sign-off. `said`: name, role, answers {id: true}, boxes {box: marked or empty}, revision.

        Raises NotReady when something is still open, when another page wrote in the meantime (REV008), or
        when the clean copies are no longer the ones on the page (REV009).
        """
        name, role = _line(said.get("name"), LONGEST_NAME), _line(said.get("role"), LONGEST_NAME)
        answers = said.get("answers")
        if self.signed:
            raise NotReady("already signed")
        if undecided := [p.name for p in self.pictures.values() if not p.decision]:
            raise NotReady(f"not decided yet: {', '.join(undecided)}")
        if len(name) < 2 or len(role) < 2:
            raise NotReady("name and role of the person who vouches are needed")
        if self._hunted_for(f"{name}, {role}"):
            raise NotReady(
                "this name is on the list of what must not leave (private.yaml); a package states who signed",
                fix="let an author sign, or somebody who did not treat the patient",
            )
        rejected = [p.name for p in self.pictures.values() if p.decision == REJECT]
        asked = [q["id"] for q in self.questions()]
        agreed = {i: isinstance(answers, dict) and answers.get(i) is True for i in asked}
        if not rejected and not all(agreed.values()):
            raise NotReady(f"{sum(not yes for yes in agreed.values())} of the questions are not answered")
        seen = self._seen(said.get("boxes"), complete=not rejected)
        if self._receipt is None or files.receipt(self.clean.folder) != self._receipt:
            raise stop("REV009", (self.clean.folder.name, 0))
        entry = {
            "signed": dt.datetime.now().astimezone().date().isoformat(),
            "name": name,
            "role": role,
            "clean": self.clean.digest,
            "pictures": [decisions.about(p.panel, p.decision, p.reason) for p in self.pictures.values()],
            "answers": {i: "yes" if yes else "no" for i, yes in agreed.items()},
            "boxes": [
                {"box": m.box, "seen": seen[m.box], "read": m.read, "scan": m.scan}
                for m in self.marks
                if m.box in seen
            ],
        }

        def edit(data: Data) -> None:
            data["sign-offs"].append(entry)
            data["pictures"] = []

        self.revision = decisions.change(self.case.folder, edit, seen=str(said.get("revision", "")))
        self.signed = True
        return {"signed": True, "rejected": rejected, "pictures": len(self.pictures)}

    def _seen(self, said: Any, *, complete: bool) -> dict[str, str]:
        """What the person sees in each box of the consent form. Raises NotReady for one left open."""
        told = said if isinstance(said, dict) else {}
        seen = {mark.box: told[mark.box] for mark in self.marks if told.get(mark.box) in (MARKED, EMPTY)}
        if complete and len(seen) < len(self.marks):
            raise NotReady("say of every box of the consent form whether it is marked or empty")
        return seen

    def _hunted_for(self, typed: str) -> bool:
        """Would the last hunt find this in the package? What authors publish of themselves is not hunted."""
        from pipeline.core.match import Matcher

        known = identity.identifiers(self.case.private)
        others = identity.outside_byline(known, identity.byline_lines(self.case.record))
        return any(hit.hard for hit in Matcher(others).find(typed))

    def questions(self) -> list[dict[str, str]]:
        """What the person vouches for."""
        return questions(pictures=bool(self.pictures), points=self.points)

    def progress(self) -> dict[str, int]:
        """How many pictures are decided, and how many there are."""
        return {"decided": sum(bool(p.decision) for p in self.pictures.values()), "all": len(self.pictures)}


def _lay_out(case: Case, clean: CleanCase) -> list[Picture]:
    """The panels of the clean copies beside what the record says about them, by number of figure."""
    numbers = numbering.narrative(clean.record)
    cleaned = {figure["id"]: figure for figure in clean.record.get("figures", [])}
    typed = {figure["id"]: figure for figure in case.record.get("figures") or []}
    out = []
    for panel in clean.panels:
        figure = cleaned[panel.figure]
        panels = typed[panel.figure]["panels"]
        source = panels["abcdef".index(panel.letter)]
        out.append(
            Picture(
                id=secrets.token_hex(8),
                number=numbers["fig"][panel.figure],
                panel=panel,
                source=source,
                legend=words.plain(figure["legend"], numbers),
                alt=words.plain(figure["alt"], numbers),
                recognisable=figure.get("recognisable") is True,
                alone=len(panels) == 1,
            )
        )
    return sorted(out, key=lambda picture: (picture.number, picture.panel.letter))


def _line(value: Any, longest: int) -> str:
    """One line of typed text without control characters."""
    text = value if isinstance(value, str) else ""
    return " ".join("".join(c if c.isprintable() else " " for c in text).split())[:longest]
