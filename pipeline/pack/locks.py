"""Do consent, sign-off, proof and manuscript all belong to the clean copies that would leave?

The types say that each step was taken; the digests say that it was taken for these very copies.
"""

from __future__ import annotations

from pathlib import Path

from pipeline.core import files, findings
from pipeline.core.errors import ConsentError, PrivacyError
from pipeline.core.model import CleanCase, Grant, Manuscript, Proof, SignOff


def folders(clean: CleanCase, paper: Manuscript, grant: Grant, proof: Proof) -> dict[str, Path]:
    """Step -> the folder it left; a package is made from these four and nothing else."""
    return {"clean": clean.folder, "manuscript": paper.folder, "consent": grant.folder, "proof": proof.folder}


def recorded(step: str, folder: Path) -> dict[str, str]:
    """The hash of every file as the step's receipt has it. Raises PrivacyError (PKG002) without a receipt."""
    try:
        hashes: dict[str, str] = files.read_json(folder / files.RECEIPT)["files"]
    except (OSError, ValueError, KeyError, TypeError):
        raise findings.stop(PrivacyError, "PKG002", (folder.name, 0), step=step) from None
    return hashes


def check(clean: CleanCase, paper: Manuscript, grant: Grant, signoff: SignOff, proof: Proof) -> None:
    """Return only if a package may be made. Raises ConsentError or PrivacyError otherwise."""
    for step, folder in folders(clean, paper, grant, proof).items():
        if files.receipt(folder) is None:
            raise findings.stop(PrivacyError, "PKG002", (folder.name, 0), step=step)
    if proof.clean != clean.digest:
        raise findings.stop(PrivacyError, "PKG001", what="proof that no identifier remains")
    if proof.identifiers < 1:
        raise findings.stop(PrivacyError, "PKG004", ("private.yaml", 0), count=proof.identifiers)
    if paper.clean != clean.digest:
        raise findings.stop(PrivacyError, "PKG001", what="manuscript")
    if grant.clean != clean.digest:
        raise findings.stop(ConsentError, "PKG001", what="consent")
    for figure in clean.record.get("figures", []):
        if figure["id"] not in grant.figures:
            raise findings.stop(ConsentError, "PKG003", figure=figure["id"])
    if grant.summary.get("withdrawn") is not False:
        raise findings.stop(ConsentError, "PKG009")
    if signoff.clean != clean.digest:
        raise findings.stop(PrivacyError, "PKG001", what="sign-off")
    if signoff.accepted_unseen and clean.record.get("synthetic") is not True:
        raise findings.stop(PrivacyError, "PKG008")
