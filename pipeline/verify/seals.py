"""Do the digital signatures in a package still hold, and for how long? Judged with the user's own roots.

No signer is named: a certificate may be a patient's. Run in the worker.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from pipeline.core import signatures, worker
from pipeline.core.evidence import Signature
from pipeline.core.trust import Trust
from pipeline.verify.claims import DOSSIER, SHEET, SIGNED, Claim, State, claim
from pipeline.verify.container import UNREADABLE, Zip

NAME = "The digital signatures in it hold"
MARK = b"/ByteRange"  # of every signature (ISO 32000-2, 12.8.1)
MAX_PDF = 200 << 20  # bytes
BAD = {"revoked": "the certificate was revoked"}
UNSURE = {
    "unknown": "nobody you trust vouches for the signer: docs/signatures.md says where to put roots",
    "self-signed": "the signer vouches for themselves only",
    "unfit": "the certificate is not one for signing documents",
    "expired": "the certificate was not valid at that time",
}


@dataclass(frozen=True, slots=True)
class Said:
    """What is to be said of one signature or file."""

    state: State
    words: str


def present(package: Zip) -> bool:
    """Is there a signature, or is there said to be one?"""
    if any(MARK in package.read(name, MAX_PDF) for name in _files(package)):
        return True
    try:
        return bool(package.json(SHEET)["consent"].get("dossier_signed_by"))
    except UNREADABLE:
        return False  # package.json is judged by itself


def judge(package: Zip, trust: Trust) -> Claim:
    """The claim about all of them: altered if one is, else cannot tell if one cannot be judged.

    Raises BadMember for a file that cannot be read.
    """
    said: list[Said] = []
    count = 0
    for name in _files(package):
        content = package.read(name, MAX_PDF)
        if MARK not in content:
            continue
        leaf = name.rpartition("/")[2]
        try:
            facts = signatures.look(content, 0, "", (), trust)
        except worker.Refused as e:
            said.append(Said(State.ALTERED, f"{leaf} {e}"))
            continue
        if facts.locked:
            said.append(Said(State.UNKNOWN, f"{leaf} is locked with a password"))
            continue
        if facts.altered or facts.appended:
            said.append(Said(State.ALTERED, f"{leaf} was added to after it was signed"))
        for number, one in enumerate(facts.signatures, 1):
            count += 1
            found = _one(one, dt.datetime.now(dt.UTC))
            said += [Said(found.state, f"signature {number} of {leaf}: {found.words}")] if found else []
    promised = len(package.json(SHEET)["consent"].get("dossier_signed_by", []))
    if not count and not said and promised:
        said.append(Said(State.ALTERED, f"{promised} are said to be here, but there is none"))
    for state in (State.ALTERED, State.UNKNOWN):
        if words := "; ".join(one.words for one in said if one.state is state):
            return Claim(NAME, state, words)
    return claim(NAME, "", f"{count} signature{'' if count == 1 else 's'}, of signers you trust")


def _files(package: Zip) -> list[str]:
    return [name for name in (DOSSIER, SIGNED) if name in package.names]


def _one(one: Signature, now: dt.datetime) -> Said | None:
    """What keeps one signature from holding; None if nothing does."""
    if not one.intact or not one.obeyed:
        return Said(State.ALTERED, "it does not fit the file")
    if one.problem in BAD:
        return Said(State.ALTERED, BAD[one.problem])
    ends = dt.datetime.fromisoformat(one.valid_to)
    if one.stamped and dt.datetime.fromisoformat(one.stamped) > ends:
        return Said(State.ALTERED, f"expired: it was made after its certificate had ended on {ends.date()}")
    if not one.stamped and now > ends:
        words = (
            f"expired: its certificate ended on {ends.date()}, and no clock you trust says when it was made"
        )
        return Said(State.UNKNOWN, words)
    return Said(State.UNKNOWN, UNSURE[one.problem]) if one.problem else None
