"""Whom the user trusts: certificates and lists of revoked ones in a folder of the user's own. Nothing else.

The folder is $CASEREPORT_ROOTS, or ~/.config/casereport/roots. A certificate in it that signs itself is a
root; any other one helps to find the way from a signer to a root. Programs' own lists of roots are not
used: who may vouch for a patient is for the hospital to say.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from pipeline.core import files
from pipeline.core.errors import UsageError

SETTING = "CASEREPORT_ROOTS"
CERTIFICATES, LISTS = {".pem", ".crt", ".cer", ".der"}, {".crl"}
MAX_BYTES = 64 << 20  # lists of a national authority have some megabytes


@dataclass(frozen=True, slots=True)
class Trust:
    """Certificates and lists, as DER."""

    roots: tuple[bytes, ...] = ()
    helpers: tuple[bytes, ...] = ()
    lists: tuple[bytes, ...] = ()


def folder() -> Path:
    """Where the user's roots are."""
    if named := os.environ.get(SETTING):
        return Path(named)
    return Path(os.environ.get("XDG_CONFIG_HOME") or Path.home() / ".config") / "casereport" / "roots"


def read() -> Trust:
    """What the user trusts; nothing when there is no such folder.

    Raises UsageError for a folder that was named and is not there, and for a file in it that is no
    certificate.
    """
    where = folder()
    if not where.is_dir():
        if os.environ.get(SETTING):
            raise UsageError(f"{SETTING} names a folder that is not there", fix="create it, or unset it")
        return Trust()
    roots: list[bytes] = []
    helpers: list[bytes] = []
    lists: list[bytes] = []
    for path in files.plain_files(where):
        kind = path.suffix.lower()
        if kind not in CERTIFICATES | LISTS:
            continue
        if path.stat().st_size > MAX_BYTES:
            raise _not_one(path, "is too large")
        for der, is_list, is_root in _parsed(path):
            (lists if is_list else roots if is_root else helpers).append(der)
    return Trust(tuple(roots), tuple(helpers), tuple(lists))


def _parsed(path: Path) -> list[tuple[bytes, bool, bool]]:
    """(DER, is it a list, does it sign itself) of every certificate and list in a file."""
    from asn1crypto import crl, pem, x509

    content = path.read_bytes()
    found = []
    try:
        ders = (
            [(kind, der) for kind, _, der in pem.unarmor(content, multiple=True)]
            if (pem.detect(content))
            else [("X509 CRL" if path.suffix.lower() in LISTS else "CERTIFICATE", content)]
        )
        for kind, der in ders:
            if kind == "X509 CRL":
                _ = crl.CertificateList.load(der, strict=True).issuer.native
                found.append((der, True, False))
            elif kind == "CERTIFICATE":
                certificate = x509.Certificate.load(der, strict=True)
                _ = certificate.subject.native
                found.append((der, False, certificate.self_signed in {"yes", "maybe"}))
    except (ValueError, TypeError):
        raise _not_one(path, "is no certificate and no list of revoked ones") from None
    return found


def _not_one(path: Path, problem: str) -> UsageError:
    fix = (
        f"put PEM or DER certificates ({' '.join(sorted(CERTIFICATES))}) and lists (.crl) there, nothing else"
    )
    return UsageError(f"a file in the folder of trusted roots {problem}", where=path.name, fix=fix)
