"""The signer's key, and passwords: asked for at the keyboard, or taken from the environment by scripts.

Never from the command line: other users of a computer can read it (ps), and shells keep it.
"""

from __future__ import annotations

import datetime as dt
import getpass
import os
import sys
from pathlib import Path
from typing import Any

from pipeline.core import files, findings
from pipeline.core.errors import InputError, UsageError

KEY, DOSSIER = "CASEREPORT_KEY_PASSWORD", "CASEREPORT_DOSSIER_PASSWORD"
WHAT = {KEY: "Password of the key", DOSSIER: "Password of the dossier"}
MAX_BYTES = 1 << 20


def password(setting: str, *, twice: bool = False) -> str:
    """The password in this setting, or as typed. Raises UsageError without a keyboard, or when two differ."""
    if setting in os.environ:
        return os.environ[setting]
    if not sys.stdin.isatty():
        raise UsageError("a password is needed, and nobody is at the keyboard", fix=f"set {setting}")
    typed = getpass.getpass(f"{WHAT[setting]}: ")
    if twice and getpass.getpass("The same again: ") != typed:
        raise UsageError("the two passwords differ", fix="type it again")
    return typed


def read(path: Path, secret: str) -> Any:
    """The key in a PKCS #12 file, ready to sign. Raises InputError (CON129) when it cannot be used today."""
    from cryptography.hazmat.primitives.serialization import pkcs12

    if not path.is_file() or files.unsafe(path) or path.stat().st_size > MAX_BYTES:
        raise _unusable("is not there, or is no plain file")
    try:
        held = pkcs12.load_pkcs12(path.read_bytes(), secret.encode())
    except ValueError:
        raise _unusable("does not open: the password is wrong, or it is no PKCS #12 file") from None
    if held.key is None or held.cert is None:
        raise _unusable("holds no key with its certificate")
    certificate, now = held.cert.certificate, dt.datetime.now(dt.UTC)
    if not certificate.not_valid_before_utc <= now <= certificate.not_valid_after_utc:
        raise _unusable("holds a certificate that is not valid today")
    if not _may_sign(certificate):
        raise _unusable("holds a certificate that is not for signing documents")
    return _signer(held)


def _may_sign(certificate: Any) -> bool:
    from cryptography import x509

    try:
        use = certificate.extensions.get_extension_for_class(x509.KeyUsage).value
    except x509.ExtensionNotFound:
        return True
    return bool(use.digital_signature or use.content_commitment)


def _signer(held: Any) -> Any:
    from asn1crypto import keys, x509
    from cryptography.hazmat.primitives import serialization as form
    from pyhanko.sign import SimpleSigner
    from pyhanko_certvalidator.registry import SimpleCertificateStore

    def certificate(one: Any) -> Any:
        return x509.Certificate.load(one.certificate.public_bytes(form.Encoding.DER))

    plain = held.key.private_bytes(form.Encoding.DER, form.PrivateFormat.PKCS8, form.NoEncryption())
    above = SimpleCertificateStore()  # type: ignore[no-untyped-call]
    above.register_multiple([certificate(one) for one in held.additional_certs])
    return SimpleSigner(
        signing_cert=certificate(held.cert),
        signing_key=keys.PrivateKeyInfo.load(plain),
        cert_registry=above,
    )


def _unusable(problem: str) -> InputError:
    return findings.stop(InputError, "CON129", problem=problem)
