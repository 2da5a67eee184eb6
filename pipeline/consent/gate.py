"""Is there a valid consent for exactly what would be published? Every reason against it is found at once.

The record's consent entry is what a person read off the paper; the scan proves which form, which pages and
which pictures and facts it was printed for, and shows which boxes are marked. Whether a mark means yes and a
signature is genuine, software cannot tell.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from pipeline.consent import addenda, binding, boxes, elements, entry, paper, who
from pipeline.consent import signed as signed_file
from pipeline.consent.boxes import BoxReading
from pipeline.consent.scan import ScanPage
from pipeline.core import findings
from pipeline.core.errors import ConsentError
from pipeline.core.identity import Identifier, Kind, identifiers
from pipeline.core.match import Matcher
from pipeline.core.model import Case, CleanCase, Finding, Place, Report, Severity
from pipeline.core.permission import Consent
from pipeline.core.record import Record


@dataclass(frozen=True, slots=True)
class Reading:
    """What the gate found: reasons for and against, and the paper it read."""

    report: Report
    signed: Mapping[str, Any]  # the manifest that was signed; {} when it could not be established
    changes: binding.Changes
    pages: tuple[ScanPage, ...] = ()  # in the order of the form
    boxes: tuple[BoxReading, ...] = ()  # none without the form.json that says where they are
    language: str = ""  # of the form that was signed
    whole: addenda.Signed | None = None  # the form and its addenda put together
    digital: signed_file.Signed | None = None  # what its digital signatures prove

    @property
    def shown(self) -> Mapping[str, Any] | None:
        """The facts and words that were signed for, where they were kept."""
        return self.whole.shown if self.whole else None

    def stop_if_blocking(self) -> None:
        """Raise ConsentError for the first reason against, naming all of them."""
        if not self.report.blocking:
            return
        first, *others = self.report.blocking
        more = f" (and {len(others)} more)" if others else ""
        listed = "".join(f"\n        {other}" for other in others)
        where = f"{first.path}:{first.line}" if first.line else first.path
        what, fix = first.message + more, first.fix + listed
        raise ConsentError(what, code=first.code, where=where, why=first.why, fix=fix)


def read(case: Case, clean: CleanCase) -> Reading:
    """Judge the consent of a case against its clean copies. Raises NotReady when the record has mistakes."""
    record = elements.read(case)
    consent = record.consent
    if consent is None:
        nobody = findings.make("CON001", case.where("consent"))
        return Reading(Report((nobody, *who.hopeless(case, record))), {}, binding.Changes())
    stated = tuple(of_entry(case, clean, record, consent))
    if consent.method == "digital":
        digital = signed_file.read(case, record, consent)
        stated += digital.findings
        if digital.closed:
            return Reading(Report(stated), {}, binding.Changes())
    else:
        digital = None
    stack = paper.read(case, paper.Entry.of(consent))
    if stack.root is None:
        return Reading(Report((*stated, *stack.findings)), {}, binding.Changes(), stack.pages)
    now = binding.manifest(case, clean, record, stack.language)
    form = paper.printed_for(case, stack)
    signed = now if binding.root(now) == stack.root else form and form["manifest"]
    if signed is None:
        lost = findings.make("CON020", case.where("consent", "form"))
        return Reading(Report((*stated, *stack.findings, lost)), {}, binding.Changes(), stack.pages)
    spots, at = paper.spots(form), ("consent",)
    scanned = not any(page.printed for page in stack.pages)
    read_off = boxes.read(stack.pages, spots) if scanned else ()
    on_paper = [
        *(
            paper.ink_missing(case, at, stack.pages, spots, elements.must_sign(elements.facts(record)))
            if scanned
            else ()
        ),
        *entry.differ(case, at, consent.agreed, consent.marked_by_eye, read_off),
    ]
    whole = addenda.put_together(case, consent, signed, paper.shown(form, signed))
    changes = binding.compare(whole.manifest, now)
    if whole.shown and binding.same_words(whole.shown["text"], binding.shown(clean)["text"], changes):
        changes = changes.without_text()
    bound = (*_binding(case, consent, whole.manifest, changes), *_translation(case, stack.language))
    report = Report((*stated, *stack.findings, *bound, *on_paper, *whole.findings))
    return Reading(
        report,
        signed,
        changes,
        (*stack.pages, *whole.pages),
        (*read_off, *whole.boxes),
        stack.language,
        whole,
        digital,
    )


def of_entry(case: Case, clean: CleanCase, record: Record, consent: Consent) -> Iterator[Finding]:
    """What the consent entry alone tells, without opening the scan."""
    if consent.withdrawn:
        yield findings.make("CON070", case.where("consent", "withdrawn"))
    yield from who.who(case, record)
    yield from _agreed(case, record, consent)
    yield from who.dates(case, record, consent)
    yield from _free_text(case, clean, consent)


def of_signatures(case: Case, record: Record, consent: Consent) -> list[str]:
    """What digital signatures tell today: certificates expire and are revoked while no file changes."""
    if consent.method != "digital":
        return []
    return [str(finding) for finding in signed_file.read(case, record, consent).findings]


def _translation(case: Case, language: str) -> Iterator[Finding]:
    """A form that was signed in a draft of a translation."""
    if elements.wording(language)["translation"]["status"] == "draft":
        yield findings.make("CON058", case.where("consent", "language"), language=language)


def _agreed(case: Case, record: Record, consent: Consent) -> Iterator[Finding]:
    agreed = consent.agreed
    if not agreed.text:
        yield findings.make("CON031", case.where("consent", "agreed", "text"))
    if not agreed.seen_final:
        yield findings.make("CON032", case.where("consent", "agreed", "seen_final"))
    later = {figure for addendum in consent.addenda for figure in addendum.agreed.figures}
    for figure in record.figures:
        if figure.id not in agreed.figures and figure.id not in later:
            yield findings.make("CON030", case.where("consent", "agreed", "figures"), id=figure.id)


def _free_text(case: Case, clean: CleanCase, consent: Consent) -> Iterator[Finding]:
    """The two free lines that the nameless attestation repeats must name nobody, the authors included."""
    authors = (Identifier(Kind.DOCTOR, author["family"], "authors") for author in clean.byline["authors"])
    places = (
        Identifier(Kind.HOSPITAL, place["institution"], "affiliations")
        for place in clean.byline["affiliations"].values()
    )
    matcher = Matcher((*identifiers(case.private), *authors, *places))
    for field in ("original_kept", "explained_by"):
        if matcher.find(getattr(consent, field)):  # doubtful finds too: a role is easily written
            yield findings.make("CON081", case.where("consent", field), field=f"consent.{field}")


def _binding(
    case: Case, consent: Consent, signed: Mapping[str, Any], changes: binding.Changes
) -> Iterator[Finding]:
    """What differs between what was signed and what would be published, part by part."""

    def at(part: str) -> Place:
        return case.where("consent", part)

    for figure in consent.agreed.figures:
        if figure not in signed["figures"]:
            yield findings.make("CON033", case.where("consent", "agreed", "figures"), id=figure)
    for code, ids in (("CON021", changes.changed), ("CON022", changes.added), ("CON023", changes.dropped)):
        for figure in ids:
            yield findings.make(code, _figure_place(case, figure), id=figure)
    if changes.facts:
        yield findings.make("CON024", at("form"))
    if changes.scope:
        yield findings.make("CON025", at("form"))
    if changes.text:
        allowed = consent.agreed.wording_may_be_edited
        yield findings.make(
            "CON027" if allowed else "CON026", case.where("consent", "agreed", "wording_may_be_edited")
        )
    if changes.untold:
        yield findings.make("CON028", at("form"), ids=", ".join(changes.untold))


def _figure_place(case: Case, figure: str) -> Place:
    """The line of a figure in the record; of the list when it is no longer there."""
    listed = case.record.get("figures")
    ids = [entry["id"] for entry in listed] if isinstance(listed, list) else []
    return case.where("figures", *([ids.index(figure)] if figure in ids else []))


def warnings(report: Report) -> tuple[Finding, ...]:
    """What a person must still confirm."""
    return tuple(f for f in report if f.severity is Severity.WARNING)
