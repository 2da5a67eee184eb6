"""package.json: what an editor's program may read about a package.

Counts, ids, roles and digests; no patient value, no name of a source file, no path of this computer.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from pipeline import __version__
from pipeline.core import allowlist, files, job
from pipeline.core.journal import Journal
from pipeline.core.model import CleanCase, Grant, Manuscript, Proof, SignOff

Policy = Sequence[Mapping[str, Any]]

SCHEMA = "casereport-package/1"
DOSSIER = "editor-only/consent-dossier.pdf"
UNSEEN = "ACCEPTED UNSEEN with --accept-all: made-up case"
JUDGED = {  # field of package.json -> of a verdict on a rule
    "rule": "id",
    "clause": "clause",
    "status": "standing",
    "verdict": "state",
    "words": "words",
    "checked_by": "checked_by",
}
COUNTED = {
    "words": "words in the text",
    "abstract": "words in the abstract",
    "keywords": "keywords",
    "figures": "figures",
    "tables": "tables",
    "references": "references",
}


def collect(
    clean: CleanCase,
    paper: Manuscript,
    grant: Grant,
    signoff: SignOff,
    proof: Proof,
    target: Journal,
    members: dict[str, Path | bytes],
    policy: Policy = (),
) -> dict[str, Any]:
    """The sheet as plain data. `members` are described by size, hash and audience.

    `policy` are verdicts on the rules that a case falls under, with the fields that JUDGED names.
    """
    return {
        "schema": SCHEMA,
        "casereport": __version__,
        "tools": job.tools(),
        "title": clean.record["title"],
        "article_type": clean.record["article_type"],
        "made_up": clean.record.get("synthetic") is True,
        "journal": {"id": target.id, "name": target.name, "blinded": paper.blinded},
        "counts": counts(paper.counts),
        "clean": clean.digest,
        "consent": consent(grant, target)
        | {"dossier_sha256": describe(DOSSIER, members[DOSSIER])["sha256"] if DOSSIER in members else ""},
        "numbers": dict(paper.numbers["fig"]),  # figure of the record -> its number in the manuscript
        "drawn": [figure["number"] for figure in paper.drawn],  # from the facts, which consent covers
        "signed_off": signed_off(signoff),
        "checked": {
            "identifiers": proof.identifiers,
            "files": proof.files,
            "bytes": proof.bytes,
            "found": 0,  # a Proof exists only when nothing was found
        },
        "cannot_judge": list(proof.cannot_judge),
        "pages": sum(name.startswith("for-review/pages/") for name in members),
        "policy": [{name: str(row[field]) for name, field in JUDGED.items()} for row in policy],
        "files": {name: describe(name, member) for name, member in sorted(members.items())},
    }


def to_bytes(sheet: dict[str, Any]) -> bytes:
    """The sheet as it is written: readable, the same bytes every time."""
    return (json.dumps(sheet, indent=1, sort_keys=True, ensure_ascii=False) + "\n").encode()


def counts(counted: dict[str, Any]) -> list[dict[str, Any]]:
    """The counts beside the limits, in the order an editor asks for them."""
    return [
        {
            "what": words,
            "count": row["count"],
            "limit": row["limit"],
            "over": row["limit"] is not None and row["count"] > int(row["limit"]),
            "sure": row["sure"],
            "source": row["source"],
        }
        for name, words in COUNTED.items()
        if (row := counted.get(name))
    ]


def describe(name: str, member: Path | bytes) -> dict[str, Any]:
    """Audience, size and hash of one member."""
    row = allowlist.row("package", name)
    if isinstance(member, bytes):
        size, digest = len(member), hashlib.sha256(member).hexdigest()
    else:
        size, digest = member.stat().st_size, files.sha256(member)
    return {"audience": row.audience if row else "", "bytes": size, "sha256": digest}


def signed_off(signoff: SignOff) -> dict[str, Any]:
    """Who looked, or loudly that nobody did."""
    words = (
        UNSEEN
        if signoff.accepted_unseen
        else "Approved every picture and the words, for exactly these copies."
    )
    return {
        "by": signoff.by,
        "role": signoff.role,
        "on": signoff.on,
        "unseen": signoff.accepted_unseen,
        "words": words,
        "countersigned": asdict(signoff.countersigned) if signoff.countersigned else None,
    }


def dossier_travels(grant: Grant, target: Journal) -> bool:
    """May the signed form go into the editor's part? Only if the journal wants it and the signer agreed."""
    wanted = target.layout.get("consent_delivery") == "embed"
    return wanted and grant.summary["agreed"]["journal_copy"] is True


def consent(grant: Grant, target: Journal) -> dict[str, Any]:
    """Who agreed, in what role, to what, and where the signed form is. From the nameless attestation."""
    said = grant.summary
    signed, assent = said["signed"], said["signed"]["assent"]
    return {
        "form": grant.form,
        "form_id": said["form"]["id"],
        "version": said["form"]["version"],
        "language": said["form"]["language"],
        "pages": said["form"]["pages"],
        "signed_by": signed["by"],
        "method": signed["method"],
        "explained_by": signed["explained_by"],
        "witness": signed["witness"],
        "interpreter": signed["interpreter"],
        "assent": assent["given"] if assent else None,
        "figures": list(grant.figures),
        "delivery": target.layout["consent_delivery"],
        "journal_copy": said["agreed"]["journal_copy"],
        "dossier": dossier_travels(grant, target),
        "dossier_locked": dossier_travels(grant, target) and grant.locked,
        "dossier_signed_by": list(grant.sealed_by) if dossier_travels(grant, target) else [],
        "to_confirm": len(said["checks"]["to_confirm"]),
        "original": said["original"]["kept_by"],
        "withdrawn": said["withdrawn"],
    }
