"""The consent for programs: an HL7 FHIR R5 Consent, nameless like the attestation it is made from.

Everything is denied unless a box was marked (`decision: deny`, then one permitted provision for each picture
and use). The resource is not the consent: the paper is, and `sourceReference` says where it lies. What was
agreed to is named by SHA-256 as urn:sha256 (FHIR's own Attachment.hash is SHA-1).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

URI = "urn:ietf:rfc:3986"
CATEGORY = {"system": "http://loinc.org", "code": "64292-6", "display": "Release of information consent"}
DISCLOSE = {"system": "http://terminology.hl7.org/CodeSystem/consentaction", "code": "disclose"}
PUBLISH = {"system": "urn:casereport:use", "code": "publish", "display": "Publication as a case report"}
MEDIUM = {"paper": "paper form", "digital": "digitally signed form"}
USES = {
    "teaching": {"system": "urn:casereport:use", "code": "teach", "display": "Teaching"},
    "journal_copy": {
        "system": "urn:casereport:use",
        "code": "verify",
        "display": "Showing the form to an editor",
    },
}


def resource(stated: Mapping[str, Any], root: str) -> dict[str, Any]:
    """The attestation `stated` as a FHIR R5 Consent; `root` is the digest printed on the form."""
    withdrawn = bool(stated["withdrawn"])
    return {
        "resourceType": "Consent",
        "identifier": [{"system": URI, "value": f"urn:sha256:{root}"}],
        "status": "inactive" if withdrawn else "active",
        "category": [{"coding": [CATEGORY]}],
        "subject": {"display": f"the patient of case {stated['case']}"},
        "grantor": [{"display": stated["signed"]["by"]}],
        "controller": [{"display": "the authors' institution"}],
        "sourceReference": [{"display": _source(stated)}],
        "decision": "deny",
        "provision": list(_permits(stated)),
    }


def _source(stated: Mapping[str, Any]) -> str:
    medium = MEDIUM[stated["signed"]["method"]]
    return f"{medium} {stated['form']['code']}, {stated['original']['kept_by']}"


def _permits(stated: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    agreed, signed = stated["agreed"], stated["covers"]
    if agreed["text"]:
        for part in ("text", "facts"):
            yield _permit(PUBLISH, f"the {part} of the report", signed[part])
    for figure in stated["published"]["figures"]:
        if figure in signed["figures"]:
            yield _permit(PUBLISH, f"figure {figure} with its legend", signed["figures"][figure])
    for use, coding in USES.items():
        if agreed[use]:
            yield _permit(coding, "the report" if use == "teaching" else "the signed form", signed["text"])


def _permit(use: Mapping[str, str], what: str, digest: str) -> dict[str, Any]:
    reference = {"identifier": {"system": URI, "value": f"urn:sha256:{digest}"}, "display": what}
    return {
        "action": [{"coding": [DISCLOSE]}],
        "purpose": [dict(use)],
        "data": [{"meaning": "instance", "reference": reference}],
    }
