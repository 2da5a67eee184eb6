"""Do consent, sign-off, proof and manuscript all belong to the clean copies that would leave?

The types say that each step was taken; the digests say that it was taken for these very copies.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from pipeline.core import files, findings
from pipeline.core.errors import ConsentError, PipelineError, PrivacyError
from pipeline.core.model import CleanCase, Grant, Manuscript, Proof, SignOff


def stop(kind: type[PipelineError], code: str, where: str = "", **words: Any) -> PipelineError:
    """The error of class `kind` for a catalogued finding."""
    said = findings.make(code, **words)
    return kind(said.message, code=code, where=where or None, why=said.why, fix=said.fix)


def folders(clean: CleanCase, paper: Manuscript, grant: Grant, proof: Proof) -> dict[str, Path]:
    """Step -> the folder it left; a package is made from these four and nothing else."""
    return {"clean": clean.folder, "manuscript": paper.folder, "consent": grant.folder, "proof": proof.folder}


def recorded(step: str, folder: Path) -> dict[str, str]:
    """The hash of every file as the step's receipt has it. Raises PrivacyError (PKG002) without a receipt."""
    try:
        hashes: dict[str, str] = files.read_json(folder / files.RECEIPT)["files"]
    except (OSError, ValueError, KeyError, TypeError):
        raise stop(PrivacyError, "PKG002", folder.name, step=step) from None
    return hashes


def check(clean: CleanCase, paper: Manuscript, grant: Grant, signoff: SignOff, proof: Proof) -> None:
    """Return only if a package may be made. Raises ConsentError or PrivacyError otherwise."""
    for step, folder in folders(clean, paper, grant, proof).items():
        if files.receipt(folder) is None:
            raise stop(PrivacyError, "PKG002", folder.name, step=step)
    if proof.clean != clean.digest:
        raise stop(PrivacyError, "PKG001", what="proof that no identifier remains")
    if proof.identifiers < 1:
        raise stop(PrivacyError, "PKG004", "private.yaml", count=proof.identifiers)
    if paper.clean != clean.digest:
        raise stop(PrivacyError, "PKG001", what="manuscript")
    if grant.clean != clean.digest:
        raise stop(ConsentError, "PKG001", what="consent")
    for figure in clean.record.get("figures", []):
        if figure["id"] not in grant.figures:
            raise stop(ConsentError, "PKG003", figure=figure["id"])
    if grant.summary.get("withdrawn") is not False:
        raise stop(ConsentError, "PKG009")
    if signoff.clean != clean.digest:
        raise stop(PrivacyError, "PKG001", what="sign-off")
    if signoff.accepted_unseen and clean.record.get("synthetic") is not True:
        raise stop(PrivacyError, "PKG008")
