"""Made-up certificates for tests: a root, an issuer, people, a clock that stamps, lists of revoked keys.

Every key is made when first asked for and kept for the run. Nothing here is trusted by anyone.
"""

from __future__ import annotations

import datetime as dt
import io
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from asn1crypto import keys as asn1_keys
from asn1crypto import x509 as asn1_x509
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import pkcs12
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.sign import PdfSignatureMetadata, PdfSigner, SimpleSigner
from pyhanko.sign.fields import MDPPerm, SigSeedSubFilter
from pyhanko.sign.timestamps.dummy_client import DummyTimeStamper
from pyhanko_certvalidator.registry import SimpleCertificateStore

NOW = dt.datetime.now(dt.UTC).replace(microsecond=0)
DAY = dt.timedelta(days=1)
ESIGN = dt.timedelta(minutes=30)  # the life of an Indian eSign certificate
LONG_AGO = NOW - 200 * DAY


@dataclass(frozen=True)
class Identity:
    """A certificate with its key and whoever issued it."""

    cert: x509.Certificate
    key: Any
    issuer: Identity | None = None

    @property
    def asn1(self) -> asn1_x509.Certificate:
        return asn1_x509.Certificate.load(self.cert.public_bytes(serialization.Encoding.DER))

    @property
    def pem(self) -> bytes:
        return self.cert.public_bytes(serialization.Encoding.PEM)

    @property
    def asn1_key(self) -> asn1_keys.PrivateKeyInfo:
        plain = serialization.NoEncryption()
        form = serialization.PrivateFormat.PKCS8
        return asn1_keys.PrivateKeyInfo.load(self.key.private_bytes(serialization.Encoding.DER, form, plain))

    def chain(self) -> SimpleCertificateStore:
        store, at = SimpleCertificateStore(), self.issuer
        while at:
            store.register(at.asn1)
            at = at.issuer
        return store

    def p12(self, path: Path, password: str) -> Path:
        above = [at.cert for at in (self.issuer, self.issuer.issuer if self.issuer else None) if at]
        lock = serialization.BestAvailableEncryption(password.encode())
        path.write_bytes(pkcs12.serialize_key_and_certificates(b"key", self.key, self.cert, above, lock))
        return path


def issue(
    name: str,
    issuer: Identity | None = None,
    *,
    ca: bool = False,
    start: dt.datetime | None = None,
    end: dt.datetime | None = None,
    purpose: Any = None,
) -> Identity:
    """A new certificate; without an issuer it signs itself."""
    key = rsa.generate_private_key(65537, 2048)
    subject = x509.Name(
        [
            x509.NameAttribute(NameOID.COUNTRY_NAME, "IN"),
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, "Made up, not a real CA"),
            x509.NameAttribute(NameOID.COMMON_NAME, name),
        ]
    )
    usage = [not ca, not ca and purpose is None, False, False, False, ca, ca, False, False]
    made = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer.cert.subject if issuer else subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(start or NOW - 3 * 365 * DAY)
        .not_valid_after(end or NOW + 3650 * DAY)
        .add_extension(x509.BasicConstraints(ca, None), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(x509.KeyUsage(*usage), critical=True)
    )
    if issuer:
        above = x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer.key.public_key())
        made = made.add_extension(above, critical=False)
    if purpose:
        made = made.add_extension(x509.ExtendedKeyUsage([purpose]), critical=True)
    return Identity(made.sign(issuer.key if issuer else key, hashes.SHA256()), key, issuer)


@cache
def root() -> Identity:
    return issue("Made-up Root", ca=True)


@cache
def authority() -> Identity:
    return issue("Made-up Issuer", root(), ca=True)


@cache
def person(name: str) -> Identity:
    return issue(name, authority())


@cache
def short_lived(name: str) -> Identity:
    """Alive for 30 minutes, 200 days ago."""
    return issue(name, authority(), start=LONG_AGO, end=LONG_AGO + ESIGN)


@cache
def stranger(name: str) -> Identity:
    """Signs itself."""
    return issue(name)


@cache
def clock() -> Identity:
    return issue("Made-up Clock", authority(), purpose=ExtendedKeyUsageOID.TIME_STAMPING)


def stamper(at: dt.datetime | None = None, by: Identity | None = None) -> DummyTimeStamper:
    """A timestamp authority in this process that says it is `at`."""
    by = by or clock()
    return DummyTimeStamper(by.asn1, by.asn1_key, certs_to_embed=by.chain(), fixed_dt=at or NOW)


def revoked(
    *people: Identity, on: dt.datetime, made: dt.datetime, by: Identity | None = None, key: Any = None
) -> bytes:
    """A list of revoked certificates (PEM), good for 30 days; `key` is that of somebody who forges it."""
    by = by or authority()
    listed = (
        x509.CertificateRevocationListBuilder()
        .issuer_name(by.cert.subject)
        .last_update(made)
        .next_update(made + 30 * DAY)
        .add_extension(x509.CRLNumber(1), critical=False)
        .add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_public_key(by.key.public_key()), critical=False
        )
    )
    for one in people:
        entry = x509.RevokedCertificateBuilder().serial_number(one.cert.serial_number).revocation_date(on)
        listed = listed.add_revoked_certificate(entry.build())
    return listed.sign(key or by.key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)


def roots(folder: Path, *more: tuple[str, bytes]) -> Path:
    """A folder of trusted roots: ours, and files named in `more`."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "root.pem").write_bytes(root().pem)
    for name, content in more:
        (folder / name).write_bytes(content)
    return folder


def sign(
    pdf: bytes,
    field: str,
    who: Identity,
    *,
    at: dt.datetime | None = None,
    clock: DummyTimeStamper | None = None,
    certify: MDPPerm | None = None,
    password: str | None = None,
    **more: Any,
) -> bytes:
    """Sign as other programs do: a PAdES signature in an existing field, appended to the file."""
    from freezegun import freeze_time

    writer = IncrementalPdfFileWriter(io.BytesIO(pdf))
    if password is not None:
        writer.encrypt(password)
    about = PdfSignatureMetadata(
        field_name=field,
        subfilter=SigSeedSubFilter.PADES,
        md_algorithm="sha256",
        certify=certify is not None,
        docmdp_permissions=certify or MDPPerm.FILL_FORMS,
        **more.pop("meta", {}),
    )
    signer = SimpleSigner(signing_cert=who.asn1, signing_key=who.asn1_key, cert_registry=who.chain())
    out = io.BytesIO()
    with freeze_time(at or NOW):
        PdfSigner(about, signer=signer, timestamper=clock, **more).sign_pdf(writer, output=out)
    return out.getvalue()
