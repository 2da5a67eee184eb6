"""Seal what the editor gets: one zip, the same bytes every time, with the hash of every file in it.

Needs the clean copies and four things bound to them: the manuscript, the consent, the sign-off and the proof.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from pipeline.core import journal
from pipeline.core.model import CleanCase, Grant, Manuscript, Package, Proof, SignOff


def needs(
    clean: CleanCase,
    paper: Manuscript,
    grant: Grant,
    signoff: SignOff,
    proof: Proof,
    *,
    policy: Sequence[Mapping[str, Any]] = (),
) -> dict[str, Any]:
    """What the package depends on: every file of the earlier rooms, the sign-off and the journal's layout.

    Read from the receipts; `make` hashes the files again. Raises PrivacyError (PKG002) where there is none.
    """
    from pipeline.pack import locks

    return {
        "files": {
            step: locks.recorded(step, folder)
            for step, folder in locks.folders(clean, paper, grant, proof).items()
        },
        "signoff": asdict(signoff),
        "journal": journal.load(paper.journal).layout,
        "policy": [dict(row) for row in policy],
    }


def make(
    clean: CleanCase,
    paper: Manuscript,
    grant: Grant,
    signoff: SignOff,
    proof: Proof,
    dest: Path,
    *,
    policy: Sequence[Mapping[str, Any]] = (),
) -> str:
    """Write `submission-<journal>.zip`, its `.sha256` and `upload/` into the empty folder `dest`.

    `upload/` holds copies of members, numbered in the order in which the journal's system asks for them.
    `policy` are the verdicts shown on the editor's page: facts.collect.

    Raises ConsentError or PrivacyError (PKG001 to PKG010) unless everything is bound to the same clean
    copies, the consent covers every figure, and every file is on the allow-list.
    """
    from pipeline.pack import contents, locks, seal, submission

    locks.check(clean, paper, grant, signoff, proof)
    members, plan = contents.gather(clean, paper, grant, signoff, proof, policy)
    target = dest / f"submission-{paper.journal}.zip"
    size = seal.write(target, members)
    (dest / f"{target.name}.sha256").write_text(seal.sum_line(target), encoding="ascii")
    copies = submission.write(dest / "upload", plan, members)
    return f"{target.name}, {len(members) + 1} files, {size / 1e6:.1f} MB; {copies} to upload"


def load(folder: Path) -> Package:
    """The package a finished step left in `folder`."""
    checksum = next(folder.glob("submission-*.zip.sha256"))
    digest, _, name = checksum.read_text(encoding="ascii").strip().partition("  ")
    return Package(folder, folder / name, digest)
