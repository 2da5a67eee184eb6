"""Is the holder of a certificate known, was it alive, was it revoked?

Judged with what the user trusts and the file carries. Nothing is fetched. Run in the worker.
"""

from __future__ import annotations

import asyncio
import datetime as dt
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from pipeline.core.trust import Trust

# Revoked is revoked however old the list is; a list that came after a signature counts too.
ANY_AGE = dt.timedelta(days=365_000)
REVINFO = "adobe_revocation_info_archival"  # proofs inside a signature (ISO 32000-2, 12.8.3.3.2)


@dataclass(frozen=True, slots=True)
class Signature:
    """One signature and what holds of it, without a name: a signer is known by the digest of the key."""

    field: str
    intact: bool  # the bytes it signs are the bytes of the file
    certified: bool  # it forbids changes (DocMDP)
    obeyed: bool  # and none that it forbids was made later
    problem: str  # why the signer is not trusted: revoked self-signed unknown expired unfit; "" = trusted
    key: str  # SHA-256 of the signer's public key
    issuer: str
    valid_from: str
    valid_to: str
    claimed: str  # the day and time the signer's computer said, with its time zone; "" = nothing said
    stamped: str  # the time a trusted clock put on it; "" = none
    stamp: str  # none | trusted | untrusted
    lists: bool  # a list of revoked certificates, or an answer about this one, could be looked into


class Evidence:
    """Certificates, lists of revoked ones and answers about them: the user's and those in the file."""

    def __init__(self, reader: Any, trust: Trust) -> None:
        from asn1crypto import crl, ocsp, x509
        from pyhanko.sign.validation.dss import DocumentSecurityStore
        from pyhanko_certvalidator.registry import SimpleTrustManager

        self.now = dt.datetime.now(dt.UTC)
        self.certs = [x509.Certificate.load(der) for der in trust.helpers]
        self.crls = [crl.CertificateList.load(der) for der in trust.lists]
        self.ocsps: list[Any] = []
        self.roots = SimpleTrustManager.build(trust_roots=[x509.Certificate.load(der) for der in trust.roots])
        if "/DSS" in reader.root:
            store = DocumentSecurityStore.read_dss(reader)
            self.certs += list(store.load_certs())
            self.crls += [crl.CertificateList.load(ref.get_object().data) for ref in store.crls]
            self.ocsps += [ocsp.OCSPResponse.load(ref.get_object().data) for ref in store.ocsps]

    def time_of(self, stamp: Any) -> dt.datetime | None:
        """The time of a timestamp over the whole document, if its clock is trusted and it fits the file."""
        from pyhanko.sign.validation import validate_pdf_timestamp

        return self._vouched(validate_pdf_timestamp(stamp, self._context(), skip_diff=True))

    def judge(self, signed: Any, times: Sequence[tuple[int, dt.datetime | None]]) -> Signature:
        """Everything about one signature, judged at the earliest time a trusted clock vouches for, or now.

        `times`: (revision, time) of the timestamps over the document.
        """
        from pyhanko.sign.validation import validate_pdf_signature
        from pyhanko.sign.validation.settings import KeyUsageConstraints

        use = KeyUsageConstraints(
            key_usage={"digital_signature", "non_repudiation"}, match_all_key_usages=False
        )
        self._take_along(signed.signer_info)
        now = validate_pdf_signature(signed, self._context(), key_usage_settings=use)
        own = now.timestamp_validity
        later = [time for revision, time in times if revision > signed.signed_revision]
        moment = min(filter(None, [*later, self._vouched(own) if own else None]), default=None)
        context, status = self._context(moment), now
        if moment is not None:
            status = validate_pdf_signature(
                signed, context, self._context(), key_usage_settings=use, skip_diff=True
            )
        certificate, said = signed.signer_cert, signed.self_reported_timestamp
        revoked, lists = self._revoked(status.validation_path, context)
        return Signature(
            field=str(signed.field_name),
            intact=bool(now.intact and now.valid),
            certified=signed.docmdp_level is not None,
            obeyed=now.docmdp_ok is not False,
            problem="revoked" if revoked else _problem(status, certificate, moment or self.now),
            key=hashlib.sha256(certificate.public_key.dump()).hexdigest(),
            issuer=certificate.issuer.human_friendly,
            valid_from=_utc(certificate.not_valid_before),
            valid_to=_utc(certificate.not_valid_after),
            claimed=said.isoformat(timespec="seconds") if said else "",
            stamped=_utc(moment) if moment else "",
            stamp="trusted" if moment else "untrusted" if own or later else "none",
            lists=lists,
        )

    def _vouched(self, status: Any) -> dt.datetime | None:
        """The time a timestamp says, if it fits and its clock is trusted, today, and not revoked."""
        fits = status.trusted and not self._revoked(status.validation_path, self._context())[0]
        return status.timestamp if fits else None

    def _context(self, moment: dt.datetime | None = None) -> Any:
        from pyhanko_certvalidator import ValidationContext
        from pyhanko_certvalidator import policy_decl as policy

        checks = policy.CertRevTrustPolicy(
            policy.NO_REVOCATION,  # ours below: this one looks only where a certificate says so
            freshness=ANY_AGE,
            freshness_req_type=policy.FreshnessReqType.MAX_DIFF_REVOCATION_VALIDATION,
        )
        return ValidationContext(
            trust_manager=self.roots,
            other_certs=self.certs,
            crls=self.crls,
            ocsps=self.ocsps,
            moment=moment,
            allow_fetching=False,
            revinfo_policy=checks,
        )

    def _take_along(self, signer_info: Any) -> None:
        from pyhanko.sign.general import NonexistentAttributeError, find_unique_cms_attribute

        try:
            inside = find_unique_cms_attribute(signer_info["signed_attrs"], REVINFO)
        except NonexistentAttributeError:
            return
        self.crls += list(inside["crl"] or ())
        self.ocsps += list(inside["ocsp"] or ())

    def _revoked(self, path: Any, context: Any) -> tuple[bool, bool]:
        """(Is a certificate between the root and the signer revoked? Was there word about the signer's own?)

        A list or an answer counts only if its own signature leads to the issuer.
        """
        from pyhanko_certvalidator import errors
        from pyhanko_certvalidator.revinfo.validate_crl import verify_crl
        from pyhanko_certvalidator.revinfo.validate_ocsp import verify_ocsp_response

        no_word = (errors.CRLValidationError, errors.OCSPValidationError, errors.ValidationError)
        word, chain = False, list(path.iter_certs(include_root=False)) if path else []
        context.certificate_registry.register_multiple(chain)  # where the issuers of lists are looked for
        for certificate in chain:
            upto, word = path.truncate_to_issuer_and_append(certificate), False
            for look in (verify_crl, verify_ocsp_response):
                try:
                    asyncio.run(look(certificate, upto, context))
                    word = True
                except errors.RevokedError:
                    return True, True
                except no_word:  # no list of this issuer, or one that does not hold
                    continue
        return False, word


def _problem(status: Any, certificate: Any, moment: dt.datetime) -> str:
    if status.trusted:
        return ""
    if certificate.self_signed != "no":
        return "self-signed"
    if status.validation_path is None:
        return "unknown"
    if not certificate.not_valid_before <= moment <= certificate.not_valid_after:
        return "expired"
    return "unfit"


def _utc(time: dt.datetime) -> str:
    return time.astimezone(dt.UTC).isoformat(timespec="seconds")
