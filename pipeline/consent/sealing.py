"""The dossier locked with a password, and signed: first by the doctor, then by the records officer.

What people signed lives in the case, in sealed/, beside decisions.yaml: results in build/ can be thrown
away, a signature cannot be made again. dossier.json says, under the seal of the case, which dossier it is
about; for another one it has lapsed. Encrypting comes first: it would break any signature made before it.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import hmac
import io
import logging
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from pipeline.consent import attest, binding, fields, signed
from pipeline.core import files, findings
from pipeline.core.errors import ConsentError, InputError, OutputError, UsageError
from pipeline.core.model import Case, Grant

FOLDER, PDF = (
    "sealed/dossier",
    "dossier.pdf",
)  # of its own: swapping it in touches nothing else
NOTE = "dossier.json"  # beside it, and in the folder of a grant: what became of it
ROLES = ("doctor", "records-officer")  # in this order; also the names of the fields
MAX_NOTE = 1 << 16  # bytes
SHORTEST = 8  # characters of a password
# Where the signatures stand: the lower margin of the cover sheet. Measures in mm on A4.
LEFT, TOP, WIDE, HIGH, APART = 22.0, 278.0, 80.0, 12.0, 6.0


@dataclass(frozen=True, slots=True)
class Seal:
    """Which dossier was locked or signed, and what it became."""

    plain: str  # SHA-256 of the dossier as the consent room makes it
    base: str  # SHA-256 of it with the empty places for signatures, locked or not: the first revision
    size: int  # bytes of that
    file: str  # SHA-256 of the whole file after the last signature made with this program
    protected: bool = False
    roles: tuple[str, ...] = ()


def dossier(case: Case, plain: bytes) -> tuple[bytes, dict[str, Any]]:
    """The dossier that is sent, and how it is sealed: the sealed one if it is about `plain`, else `plain`.

    Raises ConsentError (CON127) for a sealed one that was changed.
    """
    seal = read(case)
    state = {"sealed": False, "lapsed": False, "protected": False, "signed_by": []}
    if seal is None:
        return plain, state
    if seal.plain != hashlib.sha256(plain).hexdigest():
        return plain, {**state, "lapsed": True, "protected_before": seal.protected}
    content, roles = _checked(case, seal)
    return content, {**state, "sealed": True, "protected": seal.protected, "signed_by": list(roles)}


def said(state: Mapping[str, Any]) -> str:
    """A few words about it for the step line; "" when the dossier was never sealed."""
    if state["lapsed"]:
        return "the signature over the dossier has lapsed"
    parts = ["dossier locked with a password"] * state["protected"]
    parts += [f"dossier signed by the {' and the '.join(map(spoken, state['signed_by']))}"] * bool(
        state["signed_by"]
    )
    return ", ".join(parts)


def spoken(role: str) -> str:
    """A role as people say it."""
    return role.replace("-", " ")


def needs(case: Case) -> dict[str, str]:
    """What the result depends on here. Writes nothing: `read` puts back what a killed run left behind."""
    half = {"": "half written"} if _moved_aside(case) else {}
    return half | {s.path: files.sha256(case.file(s)) for s in case.used_as("sealed")}


def protect(case: Case, grant: Grant, password: str) -> str:
    """Lock the dossier of a grant with a password. Raises ConsentError (CON128) once it was sealed."""
    _fresh(case, "cannot be locked any more: it was locked or signed already")
    if len(password) < SHORTEST:
        raise UsageError(f"the password is shorter than {SHORTEST} characters", fix="choose a longer one")
    _begin(case, grant, password)
    return "dossier locked with a password: give it to the editor by telephone, never with the file"


def prepare(case: Case, grant: Grant) -> str:
    """Make the places for signatures, for a program that signs with a token. Raises ConsentError (CON128)."""
    _fresh(case, "has its places for signatures already")
    _begin(case, grant, "")
    return f"sign {FOLDER}/{PDF} in its prepared places, the doctor first, with a program that only appends"


def sign(case: Case, grant: Grant, key: Any, role: str, *, password: str = "", stamps: str = "") -> str:
    """Sign the dossier of a grant with a key (see keys.read); `password` opens a locked one.

    `stamps` is the address of a timestamp authority, which is asked; else nothing leaves this computer.
    Raises ConsentError (CON128) when it is not this role's turn, InputError for a wrong password.
    """
    seal = read(case)
    if seal is None or files.read_json(grant.folder / NOTE)["lapsed"]:
        _fresh(case, "was sealed before, and is another one now")
        seal = _begin(case, grant, "")
    content, done = _checked(case, seal)
    turn = ROLES[len(done)] if len(done) < len(ROLES) else ""
    if role != turn:
        problem = (
            f"is signed by the {role} already" if role in done else f"must be signed by the {turn} first"
        )
        raise findings.stop(ConsentError, "CON128", (f"{FOLDER}/{PDF}", 0), problem=problem)
    written = _signed(content, key, role, password, stamps, first=not done)
    new = replace(seal, file=hashlib.sha256(written).hexdigest(), roles=(*done, role))
    _publish(case, written, new, password)
    return f"dossier signed by the {spoken(role)}" + (
        ", with a timestamp"
        if stamps
        else "; without a timestamp it can be checked as long as the key is valid"
    )


def read(case: Case) -> Seal | None:
    """The note about a sealed dossier; None without one. Raises ConsentError (CON127) when it was edited."""
    _put_back(case)
    there = {source.path: source for source in case.used_as("sealed")}
    if not there:
        return None
    note = there.get(f"{FOLDER}/{NOTE}")
    if note is None or f"{FOLDER}/{PDF}" not in there or note.size > MAX_NOTE:
        raise _damaged("is not there whole")
    try:
        written = files.read_json(case.file(note))
        stated, seal = written["dossier"], written["seal"]
        if not hmac.compare_digest(seal, binding.seal(case, {"dossier": stated})):
            raise _damaged("has a dossier.json that was edited, or is of another case")
        return Seal(**{**stated, "roles": tuple(stated["roles"])})
    except (ValueError, KeyError, TypeError, RecursionError):
        raise _damaged("has a dossier.json that this program did not write") from None


def _put_back(case: Case) -> None:
    """Mend what a killed run left: a signature moved aside. Raises OutputError when there was one."""
    if _moved_aside(case):
        files.sweep((case.folder / FOLDER).parent)
        what = "was being written when a run was stopped; the one before is back"
        raise OutputError(what, where=FOLDER, fix="run the same command again")


def _moved_aside(case: Case) -> bool:
    """Did a killed run leave a signature under another name, and none in its place?"""
    sealed = (case.folder / FOLDER).parent
    return any(sealed.glob(".dossier.*.old")) and not (case.folder / FOLDER).exists()


def _checked(case: Case, seal: Seal) -> tuple[bytes, tuple[str, ...]]:
    """The bytes of the sealed dossier and who signed it. Raises ConsentError (CON127) when it was changed.

    Signed elsewhere (with a token) it is another file than we left: then the signatures themselves are
    looked at.
    """
    path = case.folder / FOLDER / PDF
    content = path.read_bytes()
    if hashlib.sha256(content).hexdigest() == seal.file:
        return content, seal.roles
    if seal.protected:
        raise _damaged("was changed after it was locked")
    return content, _roles(path, seal)


def _roles(path: Path, seal: Seal, password: str = "") -> tuple[str, ...]:
    """Who signed, in order. Raises ConsentError (CON127) unless only signatures were added."""
    try:
        facts = signed.look(path, seal.size, seal.base, ROLES, password)
    except InputError as e:
        raise _damaged(e.what) from None
    good = facts.begins_as_printed and not (facts.altered or facts.appended or facts.strange_fields)
    if not good or facts.carries or not all(one.intact and one.obeyed for one in facts.signatures):
        raise _damaged("was changed, and not only by signatures in its prepared places")
    return tuple(role for role in ROLES if any(one.field == role for one in facts.signatures))


def _fresh(case: Case, problem: str) -> None:
    """Raise ConsentError (CON128) when something is in sealed/ already: a signature is never overwritten."""
    if case.used_as("sealed") or (case.folder / FOLDER).exists():
        raise findings.stop(ConsentError, "CON128", (f"{FOLDER}/{PDF}", 0), problem=problem)


def _begin(case: Case, grant: Grant, password: str) -> Seal:
    plain = (grant.folder / "consent-dossier.pdf").read_bytes()
    titles = attest.words()["seal"]["titles"]
    places = [
        fields.Place(role, titles[role], 1, LEFT + i * (WIDE + APART), TOP, WIDE, HIGH)
        for i, role in enumerate(ROLES)
    ]
    base = fields.prepared(plain, places, password)
    digest = hashlib.sha256(base).hexdigest()
    seal = Seal(hashlib.sha256(plain).hexdigest(), digest, len(base), digest, bool(password))
    _publish(case, base, seal, password)
    return seal


def _signed(content: bytes, key: Any, role: str, password: str, stamps: str, *, first: bool) -> bytes:
    """The dossier with one signature more: PAdES B-B, or B-T. The first one forbids other changes."""
    from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
    from pyhanko.pdf_utils.misc import PdfError
    from pyhanko.sign import PdfSignatureMetadata, PdfSigner
    from pyhanko.sign.fields import MDPPerm, SigSeedSubFilter
    from pyhanko.sign.timestamps import HTTPTimeStamper, TimestampRequestError
    from pyhanko.stamp import TextStampStyle

    logging.getLogger("pyhanko").setLevel(logging.CRITICAL)  # its messages quote certificates
    words = attest.words()["seal"]
    about = PdfSignatureMetadata(
        field_name=role,
        reason=words["reasons"][role],
        subfilter=SigSeedSubFilter.PADES,
        md_algorithm="sha256",
        certify=first,
        docmdp_permissions=MDPPerm.FILL_FORMS,
    )
    style = TextStampStyle(
        stamp_text=f"{words['titles'][role]}\n%(ts)s", timestamp_format="%Y-%m-%d %H:%M %Z"
    )
    stamper = HTTPTimeStamper(stamps) if stamps else None
    out = io.BytesIO()
    try:
        writer = IncrementalPdfFileWriter(io.BytesIO(content))
        if password or writer.prev.encrypted:
            writer.encrypt(password)  # type: ignore[no-untyped-call]
        PdfSigner(about, signer=key, timestamper=stamper, stamp_style=style).sign_pdf(writer, output=out)
    except (TimestampRequestError, ValueError):
        if stamper is None:
            raise
        why = "the timestamp authority gave no timestamp"
        raise OutputError(why, fix="check the address and the network; nothing was signed") from None
    except PdfError:
        raise InputError("the dossier cannot be opened with this password", where=f"{FOLDER}/{PDF}") from None
    return out.getvalue()


def _publish(case: Case, content: bytes, seal: Seal, password: str) -> None:
    """Write sealed/ whole: the old one stays until the new one is there and was looked at."""
    stated = {**asdict(seal), "roles": list(seal.roles)}
    with files.publish(case.folder / FOLDER, {"written": dt.datetime.now(dt.UTC).isoformat()}) as part:
        (part / PDF).write_bytes(content)
        _roles(part / PDF, seal, password)
        files.write_json(part / NOTE, {"dossier": stated, "seal": binding.seal(case, {"dossier": stated})})


def _damaged(problem: str) -> ConsentError:
    return findings.stop(ConsentError, "CON127", (f"{FOLDER}/{PDF}", 0), problem=problem)
