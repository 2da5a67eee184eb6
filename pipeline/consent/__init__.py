"""Consent: the form out, the signed paper back; a Grant only for exactly what would be published.

elements        which statements, boxes and signatures this case needs (consent/elements.yaml)
binding         what a signature is bound to: digests of pictures, facts, words, scope
content, form   the printed form (consent/form.typ, consent/forms/)
twin, aloud     beside it: every element for programs, and a sheet for whoever reads the form aloud
scan, paper     the pages of a scan, put together by their codes
lay, boxes      how the form lies on a scanned page, and what stands in its boxes
addendum, addenda   asking again for what was changed, and what is signed for then
ink             is there ink where the signer signs? (refuses the empty form)
entry           the consent entry beside the boxes on the paper
gate            every reason against the consent (templates/rules/consent-who.yaml)
attest, fhir, dossier   what the editor gets
receipt         what the patient gets
digital, fields the form for digital signatures: choices drawn, places for signatures made
trust, evidence, signatures, signed   whom the user trusts; what a signed PDF proves; what is wrong with it
sealing, keys   the dossier locked and signed by the doctor and the records officer
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pipeline.core import files, findings
from pipeline.core.errors import ConsentError
from pipeline.core.model import Case, CleanCase, Finding, Grant, Mark, Report

ATTESTATION, SEAL = "attestation.json", "dossier.json"


def check(case: Case, clean: CleanCase) -> Report:
    """Every reason for and against the consent of this case. Raises NotReady when the record has mistakes."""
    from pipeline.consent import gate

    return gate.read(case, clean).report


def to_confirm(case: Case, clean: CleanCase) -> tuple[tuple[Mark, ...], tuple[str, ...]]:
    """Every box that was read on the signed form, and what else a person must confirm about the consent.

    Both are empty without a consent entry, the boxes also without a readable form.
    """
    from pipeline.consent import attest, elements, entry, gate

    reading, consent = gate.read(case, clean), elements.read(case).consent
    if consent is None:
        return (), ()
    boxes = entry.for_a_person(case, clean, reading.language, consent, reading.boxes) if reading.boxes else ()
    return boxes, attest.to_confirm(case, reading)


def table(grant: Grant) -> str:
    """Every box of the signed form on a line: its page, what software read, what the record says."""
    from pipeline.consent import entry

    checks = grant.summary["checks"]
    return entry.table(grant.marks, checks["to_confirm"], checks["noted"])


def needs(case: Case, clean: CleanCase) -> dict[str, Any]:
    """What the result depends on: the clean copies, the consent entry, the scans, the rules about signing."""
    from pipeline.consent import binding, elements, gate, sealing

    record = elements.read(case)
    consent = record.consent
    if consent is None:
        return {"consent": None}
    scans = {s.path: files.sha256(case.file(s)) for s in case.used_as("consent")}
    return {
        "clean": clean.digest,
        "manifest": binding.manifest(case, clean, record, _language(consent.language)),
        "consent": consent.model_dump(),
        "day0": record.day0.date,
        "entry": [str(finding) for finding in gate.of_entry(case, clean, record, consent)],
        "files": scans,
        "signatures": gate.of_signatures(case, record, consent),
        "sealed": sealing.needs(case),
    }


def make(case: Case, clean: CleanCase, dest: Path) -> str:
    """Check the consent and write what the editor may get into `dest`.

    attestation.json, attestation.pdf and consent-fhir.json (no names), blank-form.pdf (the form as it would
    be printed now, without the authors' names), consent-dossier.pdf (the signed form, sealed if people sealed
    it; whether it is sent is the journal's rule and the signer's choice), receipt-for-the-patient.pdf (never
    sent); of a digital consent also signed-form.pdf, as it was signed, and signatures.json, the report of
    what was checked.
    Raises ConsentError when there is no valid consent, NotReady when the record has mistakes.
    """
    from pipeline.consent import attest, binding, dossier, elements, fhir, form, gate, receipt, sealing

    reading = gate.read(case, clean)
    reading.stop_if_blocking()
    stated = attest.build(case, clean, reading)
    files.write_json(dest / ATTESTATION, stated)
    record = elements.read(case)
    known = elements.facts(record)
    now = binding.manifest(case, clean, record, reading.language)
    if record.consent is not None:
        kept = receipt.pdf(clean, known, reading.signed, record.consent, dest)
        (dest / "receipt-for-the-patient.pdf").write_bytes(kept)
    blank = form.blank(clean, known, now, binding.root(now), dest)
    (dest / "blank-form.pdf").write_bytes(blank)
    (dest / "attestation.pdf").write_bytes(dossier.attestation(stated))
    files.write_json(dest / "consent-fhir.json", fhir.resource(stated, binding.root(reading.signed)))
    signatures = reading.digital.keep(dest) if reading.digital else ()
    plain = dossier.dossier(stated, reading.pages, signatures)
    sealed, state = sealing.dossier(case, plain)
    (dest / "consent-dossier.pdf").write_bytes(sealed)
    files.write_json(dest / SEAL, state)
    return "; ".join(filter(None, (_said(stated), sealing.said(state))))


def load(folder: Path) -> Grant:
    """The grant that `make` left. Raises ConsentError when it is not there whole."""
    if files.receipt(folder) is None:
        raise findings.stop(ConsentError, "CON090", (folder.name, 0))
    stated = files.read_json(folder / ATTESTATION)
    figures = tuple(stated["published"]["figures"])
    seal = files.read_json(folder / SEAL)
    sealed_by = tuple(seal["signed_by"])
    code, clean = stated["form"]["code"], stated["clean"]
    return Grant(folder, clean, code, figures, stated, locked=seal["protected"], sealed_by=sealed_by)


def check_language(wanted: str) -> None:
    """Raise UsageError for a language without a form."""
    from pipeline.consent import elements

    elements.wording(wanted)


def print_form(
    case: Case, clean: CleanCase, dest: Path, language: str | None = None, *, large: bool = False
) -> str:
    """Write form.pdf, form.json (what it is bound to, where its boxes are) and read-aloud.html into `dest`.

    Returns a few words for the user. Raises NotReady when the record has mistakes, UsageError for a language
    without a form, ToolError when the form cannot be typeset completely.
    """
    from pipeline.consent import form

    return form.print_form(case, clean, dest, language, large=large)


def print_digital(case: Case, clean: CleanCase, dest: Path, *, large: bool = False) -> str:
    """The same for digital signatures: the choices of the record are drawn, places for signatures made."""
    from pipeline.consent import digital

    return digital.print_form(case, clean, dest, large=large)


def stop_if_unlocked(grant: Grant) -> None:
    """Raise ConsentError (CON130) where a dossier was locked with a password and would now be sent open."""
    if files.read_json(grant.folder / SEAL).get("protected_before"):
        raise findings.stop(ConsentError, "CON130", ("sealed/dossier/dossier.pdf", 0))


def notes(grant: Grant) -> tuple[Finding, ...]:
    """What the user should know although the consent holds: a signature over the dossier that has lapsed."""
    lapsed = files.read_json(grant.folder / SEAL)["lapsed"]
    return (findings.make("CON126", ("sealed/dossier/dossier.pdf", 0)),) if lapsed else ()


def protect(case: Case, grant: Grant) -> str:
    """Lock the dossier with a password that is asked for. Raises ConsentError (CON128) once it was signed."""
    from pipeline.consent import keys, sealing

    return sealing.protect(case, grant, keys.password(keys.DOSSIER, twice=True))


def sign(case: Case, grant: Grant, key: Path, role: str, stamps: str = "") -> str:
    """Sign the dossier as `role` with a key file; without one (Path()) only make the places for signatures.

    Passwords are asked for. Raises ConsentError (CON128) when it is not this role's turn, InputError
    (CON129) for a key that cannot be used.
    """
    from pipeline.consent import keys, sealing

    if not key.name:
        return sealing.prepare(case, grant)
    signer = keys.read(key, keys.password(keys.KEY))
    password = keys.password(keys.DOSSIER) if grant.locked else ""
    return sealing.sign(case, grant, signer, role, password=password, stamps=stamps)


def print_addendum(case: Case, clean: CleanCase, dest: Path, *, large: bool = False) -> str:
    """The same for a form that asks again for exactly what was changed after the first was signed.

    Raises ConsentError when no signed form can be read, or when nothing needs asking again.
    """
    from pipeline.consent import addendum

    return addendum.print_addendum(case, clean, dest, large=large)


def _language(wanted: str) -> str:
    """A language that has a form: a wrong entry is the gate's to report."""
    from pipeline.consent import elements

    return wanted if wanted in elements.languages() else elements.languages()[0]


def _said(stated: Mapping[str, Any]) -> str:
    signed, pictures = stated["signed"], len(stated["published"]["figures"])
    confirm = len(stated["checks"]["to_confirm"])
    return f"signed by {signed['by']} for {pictures} figures" + (
        f", {confirm} point{'s' * (confirm > 1)} to confirm" if confirm else ""
    )
