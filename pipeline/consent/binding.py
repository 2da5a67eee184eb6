"""What a signature is bound to: digests of what will be published, at the grain that matters to the patient.

Each picture with its legend, the facts about the patient, the words, the scope and what the person was told
have a digest of their own, so that a change names itself. The root over them is printed on every page (the
first sixteen characters for eyes, all of it in the QR code). No digest is ever taken of a name or a number:
those can be guessed.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pipeline.consent import elements
from pipeline.core import files
from pipeline.core.model import Case, CleanCase
from pipeline.core.record import Record

SCHEMA = "casereport-consent/1"
FACTS = (
    "day0",
    "history",
    "examination",
    "diagnosis",
    "interventions",
    "changes",
    "outcomes",
    "timeline",
    "tables",
)
ABOUT_PATIENT = ("age_years", "sex", "deceased")
WORDS = ("title", "running_title", "keywords", "novelty", "abstract")
# Upper case only: QR's alphanumeric mode (ISO/IEC 18004, 7.4.4) keeps the modules large.
CODE = re.compile(
    r"CC1:(?P<case>[0-9A-F]{12}):(?P<form>[0-9A-Z]+)\.(?P<language>[A-Z]{2}):(?P<version>\d+\.\d+)"
    r":(?P<page>\d{1,2})/(?P<pages>\d{1,2}):(?P<root>[0-9A-F]{64})"
)


@dataclass(frozen=True, slots=True)
class PageCode:
    """What the code on one page says."""

    case: str
    form: str
    language: str  # "en"
    version: str
    page: int  # from 1
    pages: int
    root: str  # 64 lower-case hex

    def __str__(self) -> str:
        return (
            f"CC1:{self.case}:{self.form}.{self.language.upper()}:{self.version}"
            f":{self.page}/{self.pages}:{self.root.upper()}"
        )


def page_code(text: str) -> PageCode | None:
    """Read the text of a QR code; None when it is not one of ours."""
    found = CODE.fullmatch(text)
    if not found:
        return None
    return PageCode(
        case=found["case"],
        form=found["form"],
        language=found["language"].lower(),
        version=found["version"],
        page=int(found["page"]),
        pages=int(found["pages"]),
        root=found["root"].lower(),
    )


def case_id(case: Case) -> str:
    """A name for the case that says nothing: twelve hex digits keyed by the case's secret (HMAC-SHA-256)."""
    secret = bytes.fromhex(case.private["key"])
    return hmac.new(secret, b"casereport consent case", hashlib.sha256).hexdigest()[:12].upper()


def seal(case: Case, stated: Mapping[str, Any]) -> str:
    """HMAC-SHA-256 over something we wrote and will read back, keyed by the case's secret: edited by hand it shows."""
    secret = bytes.fromhex(case.private["key"])
    return hmac.new(secret, b"casereport seal" + files.digest(stated).encode(), hashlib.sha256).hexdigest()


def manifest(case: Case, clean: CleanCase, record: Record, language: str) -> dict[str, Any]:
    """What would be published, for the form in `language`, as JSON of digests and ids only."""
    words = elements.wording(language)
    return {
        "schema": SCHEMA,
        "form": {"id": words["id"], "version": words["version"], "language": language},
        "case": case_id(case),
        "figures": figures(clean),
        "facts": files.digest(_facts(clean.record)),
        "text": files.digest(_text(clean.record)),
        "scope": files.digest(elements.register()["scope"]),
        "told": elements.told(elements.facts(record)),
    }


def figures(clean: CleanCase) -> dict[str, str]:
    """Figure id -> digest over its pictures, its legend and whether the patient can be recognised in it."""
    return {
        figure["id"]: files.digest(
            {
                "panels": sorted([p.letter, p.pixels] for p in clean.panels if p.figure == figure["id"]),
                "legend": figure["legend"],
                "recognisable": figure["recognisable"],
            }
        )
        for figure in clean.record["figures"]
    }


def _facts(record: Mapping[str, Any]) -> dict[str, Any]:
    patient = {name: record["patient"].get(name) for name in ABOUT_PATIENT}
    perspective = record["text"].get("perspective")
    return {"patient": patient, "perspective": perspective, **{name: record.get(name) for name in FACTS}}


def _text(record: Mapping[str, Any]) -> dict[str, Any]:
    narrative = {name: prose for name, prose in record["text"].items() if name != "perspective"}
    alt = {figure["id"]: figure["alt"] for figure in record["figures"]}
    return {"text": narrative, "alt": alt, **{name: record.get(name) for name in WORDS}}


def root(stated: Mapping[str, Any]) -> str:
    """SHA-256 of a manifest, 64 hex digits."""
    return files.digest(stated)


def form_code(digest: str) -> str:
    """The sixteen characters of a root that people copy."""
    return digest[:16]


def grouped(code: str) -> str:
    """'3f9c12ab…' -> '3f9c 12ab …': in groups of four a person reads a code without losing the place."""
    return " ".join(code[i : i + 4] for i in range(0, len(code), 4))


@dataclass(frozen=True, slots=True)
class Changes:
    """How what would be published now differs from what was signed."""

    changed: tuple[str, ...] = ()  # figures whose picture, legend or recognisability differs
    added: tuple[str, ...] = ()  # figures nobody was asked about
    dropped: tuple[str, ...] = ()  # figures no longer published: needs no new consent
    facts: bool = False
    text: bool = False
    scope: bool = False
    untold: tuple[str, ...] = ()  # elements this case needs now that were not on the form

    def __bool__(self) -> bool:
        return self != Changes()


def compare(signed: Mapping[str, Any], now: Mapping[str, Any]) -> Changes:
    """Name every part in which two manifests of the same case and form differ."""
    before, after = signed["figures"], now["figures"]
    return Changes(
        changed=tuple(sorted(f for f in after if f in before and after[f] != before[f])),
        added=tuple(sorted(set(after) - set(before))),
        dropped=tuple(sorted(set(before) - set(after))),
        facts=signed["facts"] != now["facts"],
        text=signed["text"] != now["text"],
        scope=signed["scope"] != now["scope"],
        untold=tuple(sorted(set(now["told"]) - set(signed["told"]))),
    )
