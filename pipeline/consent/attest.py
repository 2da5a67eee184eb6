"""The nameless attestation: who agreed in which role, to what, and what was checked."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any

from pipeline.consent import binding, elements, gate
from pipeline.core import findings, resources
from pipeline.core.model import Case, CleanCase
from pipeline.core.record import Consent, Record

SCHEMA = "casereport-attestation/1"


def words() -> dict[str, Any]:
    """The sentences of attestation and dossier."""
    found: dict[str, Any] = resources.data("consent/attestation.yaml")
    return found


def build(case: Case, clean: CleanCase, reading: gate.Reading) -> dict[str, Any]:
    """The attestation as JSON: roles, choices, digests, checks. No name, no calendar date."""
    record = elements.read(case)
    if record.consent is None:  # the gate has raised for this already
        raise ValueError("an attestation needs a consent entry")
    consent, signed, changes = record.consent, reading.signed, reading.changes
    figures = [figure.id for figure in record.figures]
    pages = len({code.page for page in reading.pages for code in page.codes})
    return {
        "schema": SCHEMA,
        "clean": clean.digest,
        "case": signed["case"],
        "form": {**signed["form"], "code": consent.form, "pages": pages},
        "signed_for": dict(signed),
        "published": {"figures": figures, "dropped": list(changes.dropped), "wording_edited": changes.text},
        "signed": {
            "by": consent.signed_by,
            "day": _day(record, consent.signed_on),
            "method": consent.method,
            "explained_by": consent.explained_by,
            "witness": consent.witness,
            "interpreter": consent.interpreter,
            "assent": _assent(record, consent),
        },
        "agreed": consent.agreed.model_dump(),
        "checks": {
            "software": _software(reading, pages, len(figures)),
            "person": list(words()["person"].values()),
            "to_confirm": _to_confirm(case, reading),
            "cannot_prove": list(words()["cannot"]),
        },
        "original": {"kept_by": consent.original_kept, "copy_given": consent.copy_given},
        "withdrawn": consent.withdrawn,
    }


def _to_confirm(case: Case, reading: gate.Reading) -> list[str]:
    """What a person must confirm: never nothing, because no software reads a signature."""
    compare = findings.make("CON035", case.where("consent", "files"))
    return [f"{f.code} {f.message}" for f in (*gate.warnings(reading.report), compare)]


def _day(record: Record, date: str) -> int:
    """Days after day 0: the report tells no calendar dates, so neither does this."""
    return (dt.date.fromisoformat(date) - dt.date.fromisoformat(record.day0.date)).days


def _assent(record: Record, consent: Consent) -> dict[str, Any] | None:
    if consent.assent is None:
        return None
    return {"given": consent.assent.given, "day": _day(record, consent.assent.on)}


def _software(reading: gate.Reading, pages: int, figures: int) -> list[str]:
    said, changes = words()["software"], reading.changes
    checked = [
        said["pages"].format(pages=pages),
        said["case"],
        said["binding"].format(figures=figures),
        said["text_edited" if changes.text else "text_same"],
        said["who"],
        said["dates"],
    ]
    if changes.dropped:
        checked.append(said["dropped"].format(count=len(changes.dropped)))
    return checked


def tables(stated: Mapping[str, Any]) -> list[tuple[str, list[tuple[str, str]]]]:
    """The attestation as a person reads it: headings, each with labelled lines."""
    said = words()
    rows, values = said["rows"], said["values"]
    form, signed, agreed, kept = stated["form"], stated["signed"], stated["agreed"], stated["original"]

    def yes(value: bool) -> str:
        return str(values["yes" if value else "no"])

    def day(number: int) -> str:
        return str(values["day"]).format(day=number)

    who = [
        (rows["by"], signed["by"]),
        (rows["day"], day(signed["day"])),
        (rows["method"], values["on_paper"]),
        (rows["explained"], signed["explained_by"]),
        (rows["witness"], yes(signed["witness"])),
        (rows["interpreter"], yes(signed["interpreter"])),
    ]
    if assent := signed["assent"]:
        who.append((rows["assent"], f"{said['assent'][assent['given']]}, {day(assent['day'])}"))
    what = [
        (rows["figures"], ", ".join(stated["published"]["figures"]) or values["none_recorded"]),
        (rows["text"], yes(agreed["text"])),
        (rows["seen_final"], yes(agreed["seen_final"])),
        (rows["wording"], yes(agreed["wording_may_be_edited"])),
        (rows["teaching"], yes(agreed["teaching"])),
        (rows["journal_copy"], yes(agreed["journal_copy"])),
        (rows["form"], f"{form['id']} {form['version']} ({form['language']}), {form['pages']} pages"),
        (rows["code"], binding.grouped(form["code"])),
        (rows["case"], binding.grouped(stated["case"])),
    ]
    keeping = [
        (rows["original"], kept["kept_by"]),
        (rows["copy"], yes(kept["copy_given"])),
        (rows["withdrawn"], values["not_withdrawn"]),
    ]
    heads = said["headings"]
    return [(heads["signed"], who), (heads["agreed"], what), (heads["keeping"], keeping)]
