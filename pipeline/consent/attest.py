"""The nameless attestation: who agreed in which role, to what, and what was checked."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Mapping
from typing import Any

from pipeline.consent import binding, elements, entry, gate, signed
from pipeline.core import findings, resources
from pipeline.core.model import Case, CleanCase, Severity
from pipeline.core.permission import Consent
from pipeline.core.record import Record
from pipeline.core.signatures import Facts

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
    consent, manifest, changes = record.consent, reading.signed, reading.changes
    figures = [figure.id for figure in record.figures]
    pages = len({code.page for page in reading.pages for code in page.codes})
    digital = reading.digital.facts if reading.digital else None
    said = words()["digital"] if digital else words()
    return {
        "schema": SCHEMA,
        "clean": clean.digest,
        "case": manifest["case"],
        "form": {**manifest["form"], "code": consent.form, "pages": pages},
        "signed_for": dict(manifest),
        "covers": dict(reading.whole.manifest) if reading.whole else dict(manifest),
        "published": {
            "figures": figures,
            "dropped": list(changes.dropped),
            "wording_edited": changes.text,
            "words_changed": _words_changed(clean, reading),
        },
        "addenda": [
            {"code": one.form, "day": _day(record, one.signed_on), "agreed": one.agreed.model_dump()}
            for one in consent.addenda
        ],
        "signed": {
            "by": consent.signed_by,
            "day": _day(record, consent.signed_on),
            "method": consent.method,
            "explained_by": consent.explained_by,
            "witness": consent.witness,
            "interpreter": consent.interpreter,
            "assent": _assent(record, consent),
            **({"signatures": signed.told(digital)} if digital else {}),
        },
        "agreed": consent.agreed.model_dump(),
        "boxes": [
            {
                "box": box.id,
                "page": box.page,
                "read": box.verdict,
                "why": box.why,
                "entered": entry.stated(consent, box.id),
            }
            for box in reading.boxes
        ],
        "checks": {
            "scan": entry.scan_digest(case),
            "software": _software(clean, reading, pages, len(figures)),
            "person": list(said["person"].values()),
            "to_confirm": list(to_confirm(case, reading)),
            "noted": [f"{f.code} {f.message}" for f in reading.report if f.severity is Severity.NOTE],
            "cannot_prove": list(said["cannot"]),
        },
        "original": {"kept_by": consent.original_kept, "copy_given": consent.copy_given},
        "withdrawn": consent.withdrawn,
    }


def to_confirm(case: Case, reading: gate.Reading) -> tuple[str, ...]:
    """What a person must confirm: on paper never nothing, because no software reads a signature."""
    compare = () if reading.digital else (findings.make("CON035", case.where("consent", "files")),)
    return tuple(f"{f.code} {f.message}" for f in (*gate.warnings(reading.report), *compare))


def _day(record: Record, date: str) -> int:
    """Days after day 0: the report tells no calendar dates, so neither does this."""
    return (dt.date.fromisoformat(date) - dt.date.fromisoformat(record.day0.date)).days


def _assent(record: Record, consent: Consent) -> dict[str, Any] | None:
    if consent.assent is None:
        return None
    return {"given": consent.assent.given, "day": _day(record, consent.assent.on)}


def _words_changed(clean: CleanCase, reading: gate.Reading) -> list[int] | None:
    """[changed, of so many] between the text that was shown and this one; None when nobody kept the first."""
    if reading.shown is None:
        return None
    return list(binding.words_changed(reading.shown["text"], binding.shown(clean)["text"]))


def _software(clean: CleanCase, reading: gate.Reading, pages: int, figures: int) -> list[str]:
    said, changes = words()["software"], reading.changes
    edited = _words_changed(clean, reading) if changes.text else None
    checked = [
        said["pages"].format(pages=pages),
        said["case"],
        said["binding"].format(figures=figures),
        said["words_edited"].format(changed=edited[0], words=edited[1])
        if edited
        else said["text_edited" if changes.text else "text_same"],
        said["who"],
        said["dates"],
    ]
    if reading.boxes:
        read = Counter(box.verdict for box in reading.boxes)
        checked.append(said["boxes"].format(**{name: read[name] for name in ("marked", "blank", "look")}))
    if changes.dropped:
        checked.append(said["dropped"].format(count=len(changes.dropped)))
    if reading.digital and reading.digital.facts:
        checked += _digitally(reading.digital.facts)
    return checked


def _digitally(facts: Facts) -> list[str]:
    said, signatures = words()["digital"]["software"], facts.signatures
    return [
        said["printed"],
        said["signatures"].format(fields=", ".join(sorted(one.field for one in signatures))),
        said["times"].format(
            stamped=sum(one.stamp == "trusted" for one in signatures),
            looked=sum(one.lists for one in signatures),
            all=len(signatures),
        ),
    ]


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
        (rows["method"], values[signed["method"]]),
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
        (rows["article_copy"], yes(agreed["article_copy"])),
        (rows["journal_copy"], yes(agreed["journal_copy"])),
        (rows["form"], f"{form['id']} {form['version']} ({form['language']}), {form['pages']} pages"),
        (rows["code"], binding.grouped(form["code"])),
        (rows["case"], binding.grouped(stated["case"])),
    ]
    for number, later in enumerate(stated["addenda"], start=1):
        parts = [part for part, yes in later["agreed"].items() if yes and part != "figures"]
        agreed_to = ", ".join([*later["agreed"]["figures"], *parts]) or values["nothing"]
        what.append((rows["addendum"].format(number=number), f"{agreed_to}, {day(later['day'])}"))
    keeping = [
        (rows["original"], kept["kept_by"]),
        (rows["copy"], yes(kept["copy_given"])),
        (rows["withdrawn"], values["not_withdrawn"]),
    ]
    heads = said["headings"]
    return [(heads["signed"], who), (heads["agreed"], what), (heads["keeping"], keeping)]
