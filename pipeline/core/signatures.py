"""What a PDF and the signatures in it prove, as plain facts: PAdES (ETSI EN 319 142-1) read with pyHanko.

Hostile files are read here, so `read` runs in the capped worker. Nothing is fetched. Trusted is only what
leads to a certificate of the user's own folder (trust.py). No name of a signer leaves this module: a
certificate is known by the digest of its key.
"""

from __future__ import annotations

import hashlib
import io
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pipeline.core import pdfs, worker
from pipeline.core.evidence import Evidence, Signature
from pipeline.core.trust import Trust

MAX_BYTES = 200 << 20
END = re.compile(rb"startxref\s+(\d+)\s+%%EOF\s*\Z")


@dataclass(frozen=True, slots=True)
class Facts:
    """What a PDF proves about how it came about."""

    sha256: str
    locked: bool = False  # a password is needed to look inside
    encrypted: bool = False
    begins_as_printed: bool = False
    altered: bool = False  # something other than signatures, timestamps and their proofs was added
    appended: bool = False  # bytes after what the last signature covers
    carries: tuple[str, ...] = ()
    strange_fields: int = 0  # form fields that are neither on the printed form nor timestamps
    signatures: tuple[Signature, ...] = ()


def read(
    path: Path, size: int, sha256: str, fields: Sequence[str], trust: Trust, password: str = ""
) -> Facts:
    """Look into a signed PDF whose first `size` bytes should have this digest and these empty fields.

    Run in the worker. Raises worker.Refused in plain words.
    """
    if path.stat().st_size > MAX_BYTES:
        raise worker.Refused(f"is larger than {MAX_BYTES >> 20} MB")
    return look(path.read_bytes(), size, sha256, fields, trust, password)


def look(
    content: bytes, size: int, sha256: str, fields: Sequence[str], trust: Trust, password: str = ""
) -> Facts:
    """The same for a PDF in memory; with a `size` of 0 nothing is known of how it was printed.

    Run in the worker. Raises worker.Refused in plain words.
    """
    import logging

    from pyhanko.pdf_utils.crypt import AuthStatus
    from pyhanko.pdf_utils.misc import PdfError
    from pyhanko.pdf_utils.reader import PdfFileReader
    from pyhanko.sign.validation.errors import SignatureValidationError

    logging.disable(logging.CRITICAL)  # libraries' messages quote certificates
    digest = hashlib.sha256(content).hexdigest()
    try:
        reader = PdfFileReader(io.BytesIO(content))
        if reader.encrypted and reader.decrypt(password).status == AuthStatus.FAILED:
            return Facts(digest, locked=True, encrypted=True)
        first = content[:size]
        printed = hashlib.sha256(first).hexdigest() == sha256 and _starts_with(reader, first)
        return _facts(reader, content, digest, fields, trust, printed=printed)
    except (PdfError, SignatureValidationError, ValueError):
        raise worker.Refused("is a damaged PDF, or holds a signature that cannot be read") from None


def _starts_with(reader: Any, first: bytes) -> bool:
    """Are those bytes the first revision of the document, and not dead weight in front of another one?"""
    end = END.search(first)
    return end is not None and reader.xrefs.get_startxref_for_revision(0) == int(end[1])


def _facts(
    reader: Any, content: bytes, digest: str, fields: Sequence[str], trust: Trust, *, printed: bool
) -> Facts:
    from pyhanko.sign.diff_analysis import DiffResult

    regular, stamps = list(reader.embedded_regular_signatures), list(reader.embedded_timestamp_signatures)
    review = _only_signatures().review_file(reader, 0)
    names = {*fields, *(str(stamp.field_name) for stamp in stamps)}
    evidence = Evidence(reader, trust)
    times = [(stamp.signed_revision, evidence.time_of(stamp)) for stamp in stamps]
    signed = tuple(evidence.judge(one, times) for one in regular)
    return Facts(
        sha256=digest,
        encrypted=bool(reader.encrypted),
        begins_as_printed=printed,
        altered=not isinstance(review, DiffResult),
        appended=bool(regular) and not _whole(reader, content, [*regular, *stamps]),
        carries=() if reader.encrypted else tuple(pdfs.besides_pages(content)),
        strange_fields=sum(name not in names for name in _field_names(reader)),
        signatures=signed,
    )


def _only_signatures() -> Any:
    """What may be added to a form as printed: pyHanko's default rules, and a signature that forbids changes.

    That one is named in the catalogue (/Perms: ISO 32000-2, 12.8.6). What it forbids is looked at with it.
    """
    from pyhanko.sign.diff_analysis import DEFAULT_DIFF_POLICY, CatalogModificationRule, StandardDiffPolicy
    from pyhanko.sign.diff_analysis.constants import ROOT_EXEMPT_STRICT_COMPARISON

    rules = [
        CatalogModificationRule({*ROOT_EXEMPT_STRICT_COMPARISON, "/Perms"})  # type: ignore[no-untyped-call]
        if isinstance(rule, CatalogModificationRule)
        else rule
        for rule in DEFAULT_DIFF_POLICY.global_rules
    ]
    return StandardDiffPolicy(rules, DEFAULT_DIFF_POLICY.form_rule)


def _whole(reader: Any, content: bytes, signed: Sequence[Any]) -> bool:
    """Does the last signature or timestamp cover all of the file, but for proofs of its validity (DSS)?"""
    from pyhanko.sign.diff_analysis import DiffResult, ModificationLevel
    from pyhanko.sign.validation import SignatureCoverageLevel

    last = max(signed, key=lambda one: one.signed_revision)
    last.compute_integrity_info()
    start, before, after, length = last.byte_range
    hole = len(last.pkcs7_content) * 2 + 2
    if (start, after) != (0, before + hole) or after + length > len(content):
        return False
    if last.coverage == SignatureCoverageLevel.ENTIRE_FILE:
        return True
    review = last.diff_result
    proofs_only = (
        isinstance(review, DiffResult) and review.modification_level <= ModificationLevel.LTA_UPDATES
    )
    more = reader.xrefs.total_revisions - 1 > last.signed_revision
    return more and proofs_only and END.search(content[-64:]) is not None


def _field_names(reader: Any) -> Iterator[str]:
    """Every field of the document's form, by its full name."""

    def below(listed: Any, above: str) -> Iterator[str]:
        for reference in listed:
            field = reference.get_object()
            own = str(field["/T"]) if "/T" in field else ""
            name = ".".join(part for part in (above, own) if part)
            if "/Kids" in field and "/FT" not in field:
                yield from below(field["/Kids"], name)
            else:
                yield name

    if "/AcroForm" in reader.root and "/Fields" in reader.root["/AcroForm"]:
        yield from below(reader.root["/AcroForm"]["/Fields"], "")
