"""The consent entry beside the boxes on the paper: does it say what stands there?

The entry is what a person read off the paper, the reading is what software saw. Where they differ somebody
has to look; where software saw an empty box, the entry does not count until a person says that it is marked.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from pipeline.consent import elements
from pipeline.consent.boxes import BoxReading
from pipeline.core import files, findings, numbering
from pipeline.core.model import Case, CleanCase, Finding, Mark
from pipeline.core.permission import Added, Agreed, Consent

FIGURE, ADDENDUM = "figure:", "addendum "


def entered(agreed: Agreed | Added, box: str) -> bool:
    """Whether the record says that a box is marked: "figure:arm", "text", "teaching" …"""
    if box.startswith(FIGURE):
        return box.removeprefix(FIGURE) in agreed.figures
    return bool(getattr(agreed, box, False))


def differ(
    case: Case,
    at: tuple[str | int, ...],
    agreed: Agreed | Added,
    by_eye: Sequence[str],
    readings: Sequence[BoxReading],
) -> Iterator[Finding]:
    """Every box where the entry `at` its place and the paper differ, or where software could not tell."""
    for box in readings:
        yes, figure = entered(agreed, box.id), box.id.startswith(FIGURE)
        place = case.where(*at, "agreed", "figures" if figure else box.id)
        if box.verdict == "look":
            yield findings.make("CON019", place, box=box.id, page=box.page, problem=box.why)
        elif box.verdict == "blank" and yes:
            yield findings.make("CON029" if box.id in by_eye else "CON039", place, box=box.id, page=box.page)
        elif box.verdict == "marked" and not yes:
            yield findings.make("CON064", place, box=box.id, page=box.page)


def stated(consent: Consent, box: str) -> bool:
    """The same for any box of a consent: "figure:arm", or "addendum 1 figure:arm"."""
    if not box.startswith(ADDENDUM):
        return entered(consent.agreed, box)
    number, _, name = box.removeprefix(ADDENDUM).partition(" ")
    return entered(consent.addenda[int(number) - 1].agreed, name)


def for_a_person(
    case: Case,
    clean: CleanCase,
    language: str,
    consent: Consent,
    readings: Sequence[BoxReading],
) -> tuple[Mark, ...]:
    """Every box with its words and its picture, for the page on which a person confirms it."""
    scans = scan_digest(case)
    wording = elements.wording(language)
    number = numbering.narrative(clean.record)["fig"]
    recognisable = {figure["id"]: figure["recognisable"] for figure in clean.record["figures"]}
    return tuple(
        Mark(
            box.id,
            _words(box.id, wording, number, recognisable),
            box.page,
            box.verdict,
            box.why,
            stated(consent, box.id),
            scans,
            box.picture,
        )
        for box in readings
    )


def scan_digest(case: Case) -> str:
    """What a person's word about the marks is bound to: the bytes of all signed pages."""
    return files.digest({s.path: files.sha256(case.file(s)) for s in case.used_as("consent")})


def _words(
    box: str, wording: Mapping[str, Any], number: Mapping[str, int], recognisable: Mapping[str, bool]
) -> str:
    """What stands beside a box, in the language of the form and as the patient says it."""
    before, box = (
        ("", box) if not box.startswith(ADDENDUM) else (wording["addendum"]["title"], box.split(" ", 2)[2])
    )
    if not box.startswith(FIGURE):
        said = wording["choices"].get(box) or wording["addendum"].get(box, box)
    else:
        figure = box.removeprefix(FIGURE)
        kind = "box_recognisable" if recognisable.get(figure) else "box"
        said = wording["pictures"][kind]
    text = str(said["self"] if isinstance(said, Mapping) else said)
    told = text.format(number=number.get(box.removeprefix(FIGURE), "?"))
    return f"{before}: {told}" if before else told


def table(marks: Sequence[Mark], to_confirm: Sequence[str], noted: Sequence[str] = ()) -> str:
    """What `consent --check` prints when the consent holds."""
    lines = [f"{'page':<5} {'box':<28} {'on the paper':<14} in the record"] if marks else []
    for mark in marks:
        read = {"blank": "empty", "look": "look"}.get(mark.read, mark.read)
        lines.append(f"{mark.page:<5} {mark.box:<28} {read:<14} {'marked' if mark.entered else 'empty'}")
    lines += ["", "A person must still confirm, on the review page (casereport review CASE):"]
    lines += [f"  {line}" for line in to_confirm]
    if marks:
        lines.append("  each of these boxes: software sees ink, not what it means")
    if noted:
        lines += ["", "Noted:", *(f"  {line}" for line in noted)]
    return "\n".join(lines)
