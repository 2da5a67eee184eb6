"""The consent form for digital signatures: choices drawn, places for signatures made, nothing else moves.

Fields to fill in are not used: they cannot hold Devanagari or Gurmukhi, and a field can be ticked after
signing while the signature stays valid (FormFilling, ISO 32000-2, 12.8.2.2). What is signed is what was
printed, byte for byte: its digest is in form.json, under the seal of the case.
"""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pipeline.consent import binding, content, elements, fields, form
from pipeline.core import files, findings
from pipeline.core.errors import NotReady
from pipeline.core.model import Case, CleanCase
from pipeline.core.permission import Agreed, Consent

MAX_FORM_RECORD = 1 << 20  # bytes


@dataclass(frozen=True, slots=True)
class Printed:
    """The part of a form.json that is about the form for digital signatures."""

    sha256: str
    size: int  # bytes
    fields: tuple[str, ...]
    marked: tuple[str, ...]  # the boxes drawn as crosses


def print_form(
    case: Case, clean: CleanCase, dest: Path, language: str | None = None, *, large: bool = False
) -> str:
    """Write form.pdf with the choices of the record drawn, and form.json, into `dest`.

    The language is `language`, or the one of the consent entry; `large` is print of 18 point. Raises NotReady
    (CON100) without a consent entry that says `method: digital`, and as form.print_form does.
    """
    record = elements.read(case)
    consent = record.consent
    if consent is None or consent.method != "digital":
        raise findings.stop(NotReady, "CON100", case.where("consent", "method"))
    known = elements.facts(record)
    language = language or consent.language
    stated = binding.manifest(case, clean, record, language)
    digest = binding.root(stated)
    text = content.build(clean, known, stated, digest, nameless=False)
    crosses = marks(consent.agreed)
    text = {**text, "marked": crosses, "sections": _filled(text["sections"], consent, text["language"])}
    text["size"] = content.LARGE if large else content.USUAL
    printed = form.typeset(text, stated, digest, dest)
    titles = elements.wording(language)["signers"]
    places = [
        fields.Place(
            _area(spot), titles[_area(spot)]["title"], *(spot[name] for name in ("page", "x", "y", "w", "h"))
        )
        for spot in printed.spots
        if spot["kind"] == "sign"
    ]
    pdf = fields.prepared(printed.pdf, places)
    (dest / "form.pdf").write_bytes(pdf)
    said = {
        "sha256": hashlib.sha256(pdf).hexdigest(),
        "size": len(pdf),
        "fields": [place.name for place in places],
        "marked": crosses,
    }
    seal = binding.seal(case, {"root": digest, "digital": said})
    files.write_json(
        dest / "form.json",
        {**form.record_of(case, printed, clean, known, stated, digest), "digital": said, "seal": seal},
    )
    return f"{form.said(printed, digest)}, {len(places)} places for signatures"


def printed_for(case: Case, signed: Path) -> Printed | None:
    """The form that a signed file begins with, of those that a form.json in consent/ vouches for.

    When it begins with none of them, the first; None when no form.json of a digital form is there as we
    wrote it.
    """
    known = list(_printed(case))
    for one in known:
        with signed.open("rb") as file:
            if hashlib.sha256(file.read(one.size)).hexdigest() == one.sha256:
                return one
    return known[0] if known else None


def _printed(case: Case) -> Iterator[Printed]:
    for source in case.used_as("consent"):
        if not source.path.endswith(".json") or source.kind != "text" or source.size > MAX_FORM_RECORD:
            continue
        try:
            written = json.loads(case.file(source).read_bytes())
            root, said, seal = written["root"], written["digital"], written["seal"]
            whole = hmac.compare_digest(seal, binding.seal(case, {"root": root, "digital": said}))
        except (ValueError, KeyError, TypeError, RecursionError):  # not one of our files
            continue
        if whole:  # it is what we wrote, so its shape is known
            yield Printed(said["sha256"], said["size"], tuple(said["fields"]), tuple(said["marked"]))


def marks(agreed: Agreed) -> list[str]:
    """The boxes that are crossed for these choices, by the names they have on the form."""
    chosen = [row["id"] for row in elements.register()["choices"] if getattr(agreed, row["id"])]
    return sorted([*chosen, *(f"figure:{figure}" for figure in agreed.figures)])


def _area(spot: Mapping[str, Any]) -> str:
    return str(spot["id"]).partition(":")[0]


def _filled(sections: Any, consent: Consent, language: str) -> list[dict[str, Any]]:
    """What the record knows of the lines that are written by hand on paper. Names are in the certificates."""
    known = {
        "relationship": consent.signed_by,
        "role": consent.explained_by,
        "language": elements.wording(language)["name"],
    }

    def area(one: dict[str, Any]) -> dict[str, Any]:
        lines = [
            {**line, "value": known[line["id"]]} if line["id"] in known else line for line in one["lines"]
        ]
        return {**one, "lines": lines}

    return [{**section, "areas": [area(one) for one in section["areas"]]} for section in sections]
