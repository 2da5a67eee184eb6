"""What is wrong with a digitally signed consent: the form as printed, everyone's signature, no more."""

from __future__ import annotations

import datetime as dt
import shutil
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from pipeline.consent import digital, elements
from pipeline.core import files, findings, signatures, trust, worker
from pipeline.core.errors import InputError
from pipeline.core.evidence import Signature
from pipeline.core.model import Case, Finding, Source
from pipeline.core.permission import Consent
from pipeline.core.record import Record
from pipeline.core.signatures import Facts

PERMITS = ("patient", "parent", "kin", "representative")  # the signature areas of those who give permission
ALONE = {*PERMITS, "witness", "child-written"}  # and those who are nobody else
UNTRUSTED = {
    "unknown": "CON111",
    "self-signed": "CON112",
    "revoked": "CON113",
    "expired": "CON114",
    "unfit": "CON115",
}


@dataclass(frozen=True, slots=True)
class Signed:
    """A digital consent that was looked into."""

    findings: tuple[Finding, ...]
    facts: Facts | None = None
    file: Path | None = None  # the signed PDF

    @property
    def closed(self) -> bool:
        """Is it locked, so that no page can be looked at?"""
        return self.facts is not None and self.facts.locked

    def keep(self, dest: Path) -> tuple[Signature, ...]:
        """Put the signed PDF as it was signed, and the report on it, into `dest`; gives the signatures.

        Raises InputError when the file is not the one that was looked into any more.
        """
        if self.facts is None or self.file is None:
            return ()
        copy = dest / "signed-form.pdf"
        shutil.copyfile(self.file, copy)
        if files.sha256(copy) != self.facts.sha256:
            raise InputError("changed while it was read", where=f"consent/{self.file.name}", fix="run again")
        files.write_json(dest / "signatures.json", asdict(self.facts))
        return self.facts.signatures


def read(case: Case, record: Record, consent: Consent) -> Signed:
    """Look into the signed PDF of a consent. Raises UsageError for a folder of roots that cannot be used."""
    place = case.where("consent", "files")
    if any(all(source.path != name for source in case.ledger) for name in consent.files):
        return Signed(())  # which file is not there, the reading of the pages says
    source = _the_file(case, consent)
    if source is None:
        return Signed((findings.make("CON101", place, count=len(consent.files)),))
    path = case.file(source)
    printed = digital.printed_for(case, path)
    if printed is None:
        return Signed((findings.make("CON102", place),))
    try:
        facts = look(path, printed.size, printed.sha256, printed.fields)
    except InputError as e:  # its words are the worker's or our own, never the file's
        return Signed((findings.make("CON003", place, number=1, problem=e.what),))
    found = tuple(_judged(case, record, consent, printed, facts))
    return Signed(found, facts, path)


def look(path: Path, size: int, sha256: str, fields: tuple[str, ...], password: str = "") -> Facts:
    """The facts about a signed PDF, from the capped child. Raises InputError when it cannot be read."""
    trusted, where = trust.read(), path.name
    facts: Facts = worker.call(signatures.read, path, size, sha256, fields, trusted, password, where=where)
    return facts


def _the_file(case: Case, consent: Consent) -> Source | None:
    if len(consent.files) != 1:
        return None
    named = (source for source in case.used_as("consent") if source.path == consent.files[0])
    return next((source for source in named if source.kind == "pdf"), None)


def _judged(
    case: Case, record: Record, consent: Consent, printed: digital.Printed, facts: Facts
) -> Iterator[Finding]:
    place = case.where("consent", "files")
    broken = [one for one in facts.signatures if not one.intact]
    if facts.locked:
        yield findings.make("CON117", place)
    elif facts.encrypted:
        yield findings.make("CON116" if broken or not facts.signatures else "CON118", place)
    elif not facts.signatures:
        yield findings.make("CON104", place)
    else:
        if not facts.begins_as_printed:
            yield findings.make("CON103", place)
        for one in broken:
            yield findings.make("CON106", place, who=_who(one, printed))
        yield from _additions(case, printed, facts)
        yield from _signers(case, record, consent, printed, facts)
        yield from _choices(case, consent, printed)


def _additions(case: Case, printed: digital.Printed, facts: Facts) -> Iterator[Finding]:
    """What came to the form besides the signatures it has places for."""
    place = case.where("consent", "files")
    if facts.carries:
        yield findings.make("CON107", place, what=", ".join(facts.carries))
    if not facts.begins_as_printed:
        return  # there is nothing to compare with
    if facts.strange_fields:
        yield findings.make("CON108", place, count=facts.strange_fields)
    if facts.altered:
        yield findings.make("CON105", place)
    if facts.appended:
        yield findings.make("CON109", place)
    for one in facts.signatures:
        if one.intact and not one.obeyed and not facts.altered:
            yield findings.make("CON110", place, who=_who(one, printed))


def _signers(
    case: Case, record: Record, consent: Consent, printed: digital.Printed, facts: Facts
) -> Iterator[Finding]:
    """Who must sign has signed, each alone; and someone the user trusts vouches for every one."""
    place = case.where("consent", "files")
    whole = {one.field: one for one in facts.signatures if one.field in printed.fields}
    for who in elements.must_sign(elements.facts(record)):
        if who not in whole:
            yield findings.make("CON119", place, who=who)
    for one in whole.values():
        if one.intact and one.problem:
            yield findings.make(UNTRUSTED[one.problem], place, who=one.field)
        elif one.intact:
            if not one.lists:
                yield findings.make("CON123", place, who=one.field)
            if one.stamp != "trusted":
                yield findings.make("CON124", place, who=one.field)
    yield from _same_key(case, list(whole.values()))
    permits = next((whole[who] for who in PERMITS if who in whole), None)
    if permits and not _on_the_day(permits, consent.signed_on):
        yield findings.make("CON122", case.where("consent", "signed_on"), who=permits.field)


def _same_key(case: Case, signed: list[Signature]) -> Iterator[Finding]:
    for i, one in enumerate(signed):
        for other in signed[i + 1 :]:
            if one.key == other.key and ALONE & {one.field, other.field}:
                place = case.where("consent", "files")
                yield findings.make("CON120", place, who=one.field, other=other.field)


def _on_the_day(one: Signature, day: str) -> bool:
    """A day more or less: the record's day is the signer's, and clocks have time zones."""
    said = one.claimed or one.stamped
    if not said:
        return True
    apart = dt.datetime.fromisoformat(said).date() - dt.date.fromisoformat(day)
    return abs(apart.days) <= 1


def _choices(case: Case, consent: Consent, printed: digital.Printed) -> Iterator[Finding]:
    differ = sorted({*digital.marks(consent.agreed)} ^ {*printed.marked})
    if differ:
        yield findings.make("CON121", case.where("consent", "agreed"), boxes=", ".join(differ))


def _who(one: Signature, printed: digital.Printed) -> str:
    """The place that was signed; a place that is not ours may have been named after anybody."""
    return one.field if one.field in printed.fields else "a place of its own"


def told(facts: Facts) -> list[Mapping[str, Any]]:
    """What may be said of the signatures without saying whose they are, for the attestation."""
    return [
        {
            "by": one.field,
            "time": "timestamp" if one.stamp == "trusted" else "signer's computer",
            "revocation": "looked up" if one.lists else "not looked up",
        }
        for one in sorted(facts.signatures, key=lambda one: one.field)
    ]
