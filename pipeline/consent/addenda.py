"""What is signed for once every addendum is read: each adds the parts whose boxes were marked on it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from pipeline.consent import binding, boxes, elements, entry, paper, who
from pipeline.consent.boxes import BoxReading
from pipeline.consent.scan import ScanPage
from pipeline.core import findings
from pipeline.core.model import Case, Finding
from pipeline.core.permission import Consent


@dataclass(frozen=True, slots=True)
class Signed:
    """The form and its addenda put together."""

    manifest: Mapping[str, Any]
    shown: Mapping[str, Any] | None  # the facts and words it stands for; None when nobody kept them
    findings: tuple[Finding, ...] = ()
    pages: tuple[ScanPage, ...] = ()  # of the addenda, in order
    boxes: tuple[BoxReading, ...] = ()  # the same, their ids as in "addendum 1 figure:arm"


def put_together(
    case: Case, consent: Consent, signed: Mapping[str, Any], shown: Mapping[str, Any] | None
) -> Signed:
    """Read the addenda of a consent entry, in order, on top of the manifest that the form was signed for."""
    result = Signed(signed, shown)
    for number in range(len(consent.addenda)):
        result = _with(case, consent, number, result)
    return result


def _with(case: Case, consent: Consent, number: int, so_far: Signed) -> Signed:
    said, at = consent.addenda[number], ("consent", "addenda", number)
    stack = paper.read(case, paper.Entry.of(consent, number))
    found = [
        *so_far.findings,
        *_dates(case, consent, number),
        *who.who_again(case, consent, number),
        *stack.findings,
    ]
    form = paper.printed_for(case, stack) if stack.root else None
    if form is None or form["manifest"].get("base") != binding.root(so_far.manifest):
        if stack.root is not None:
            code = "CON067" if form else "CON066"
            found.append(findings.make(code, case.where(*at, "form"), number=number + 1))
        return Signed(
            so_far.manifest, so_far.shown, tuple(found), (*so_far.pages, *stack.pages), so_far.boxes
        )
    spots = paper.spots(form)
    scanned = not any(page.printed for page in stack.pages)
    read = boxes.read(stack.pages, spots) if scanned else ()
    found += (
        findings.make("CON075", case.where(*at, "agreed", "figures"), id=figure, number=number + 1)
        for figure in sorted(set(said.agreed.figures) - set(form["manifest"]["figures"]))
    )
    if scanned:
        known = elements.facts(elements.read(case).model_copy(update={"consent": consent.of(number)}))
        found += paper.ink_missing(case, at, stack.pages, spots, elements.must_sign(known))
        found += entry.differ(case, at, said.agreed, said.marked_by_eye, read)
    manifest = binding.added(so_far.manifest, form["manifest"], said.agreed)
    shown = paper.shown(form, manifest) or so_far.shown
    named = tuple(box.named(f"addendum {number + 1} {box.id}") for box in read)
    return Signed(manifest, shown, tuple(found), (*so_far.pages, *stack.pages), (*so_far.boxes, *named))


def _dates(case: Case, consent: Consent, number: int) -> Iterator[Finding]:
    """An addendum comes after the form and after the addendum before it, and not in the future."""
    place, field = case.where("consent", "addenda", number, "signed_on"), f"consent.addenda {number + 1}"
    day = dt.date.fromisoformat(consent.addenda[number].signed_on)
    earlier = consent.signed_on if number == 0 else consent.addenda[number - 1].signed_on
    if day < dt.date.fromisoformat(earlier):
        yield findings.make("CON068", place, number=number + 1)
    if day > dt.date.today():  # noqa: DTZ011 - the signer's own calendar day is meant
        yield findings.make("CON062", place, field=field)
