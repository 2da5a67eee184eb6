"""What a signature is bound to: digests of what will be published, at the grain that matters to the patient.

Each picture with its legend, the facts about the patient, the words, the scope and what the person was told
have a digest of their own, so that a change names itself. The root over them is printed on every page (the
first sixteen characters for eyes, all of it in the QR code). No digest is ever taken of a name or a number:
those can be guessed.
"""

from __future__ import annotations

import difflib
import hashlib
import hmac
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from pipeline.consent import elements
from pipeline.core import files
from pipeline.core.model import Case, CleanCase
from pipeline.core.permission import Added
from pipeline.core.record import Record

SCHEMA, ADDENDUM = "casereport-consent/1", "casereport-consent-addendum/1"
ADDED = "A"  # behind the id of a form: the same form asking again
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
LISTS = ("highlights", "learning_points")  # few journals print them: part of the words where there are any
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
    """HMAC-SHA-256, keyed by the case's secret, over what we wrote and will read back: an edit shows."""
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
        "facts": files.digest(shown(clean)["facts"]),
        "text": files.digest(shown(clean)["text"]),
        "scope": files.digest(elements.register()["scope"]),
        "told": elements.told(elements.facts(record)),
    }


def shown(clean: CleanCase) -> dict[str, Any]:
    """The facts and the words that a person signs for, kept beside the form so that a change can be named."""
    return {"facts": _facts(clean.record), "text": _text(clean.record)}


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
    stated = {name: record.get(name) for name in FACTS}
    stated["tables"] = [{k: v for k, v in table.items() if k != "plot"} for table in stated["tables"] or []]
    family = {"pedigree": record["pedigree"]} if record.get("pedigree") else {}  # drawn, but a fact
    return {"patient": patient, "perspective": perspective, **stated, **family}


def _text(record: Mapping[str, Any]) -> dict[str, Any]:
    narrative = {name: prose for name, prose in record["text"].items() if name != "perspective"}
    alt = {figure["id"]: figure["alt"] for figure in record["figures"]}
    lists = {name: record[name] for name in LISTS if record.get(name)}
    drawn = {"legends": record["legends"]} if record.get("legends") else {}
    return {"text": narrative, "alt": alt, **drawn, **{name: record.get(name) for name in WORDS}, **lists}


def asked_again(signed: Mapping[str, Any], now: Mapping[str, Any], changes: Changes) -> dict[str, Any]:
    """The manifest of an addendum to `signed`: what it was signed for, and only the parts that changed."""
    parts = {"facts": changes.facts, "text": changes.text, "scope": changes.scope}
    return {
        "schema": ADDENDUM,
        "form": {**now["form"], "id": f"{now['form']['id']}{ADDED}"},
        "case": now["case"],
        "base": root(signed),
        "figures": {f: now["figures"][f] for f in (*changes.changed, *changes.added)},
        **{part: now[part] for part, changed in parts.items() if changed},
        "told": list(changes.untold),
    }


def added(signed: Mapping[str, Any], addendum: Mapping[str, Any], agreed: Added) -> dict[str, Any]:
    """What is signed for after an addendum: its parts as far as their boxes were marked."""
    figures = {f: digest for f, digest in addendum["figures"].items() if f in agreed.figures}
    parts = {p: addendum[p] for p in ("facts", "text", "scope") if p in addendum and getattr(agreed, p)}
    told = sorted({*signed["told"], *addendum["told"]})
    return {**signed, **parts, "figures": {**signed["figures"], **figures}, "told": told}


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

    @property
    def ask(self) -> bool:
        """Whether something must be asked again: anything but a picture that is no longer published."""
        return replace(self, dropped=()) != Changes()

    def without_text(self) -> Changes:
        """The same where the wording may be edited."""
        return replace(self, text=False)


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


def same_words(before: Mapping[str, Any], now: Mapping[str, Any], changes: Changes) -> bool:
    """Whether two texts differ in nothing but the mention and the description of pictures left out or added.

    A picture that is no longer published needs no new consent; a new one is asked about by itself.
    """
    return bool(_without(before, changes.dropped) == _without(now, changes.added))


def _without(text: Mapping[str, Any], figures: Sequence[str]) -> Any:
    alt = {figure: words for figure, words in text["alt"].items() if figure not in figures}
    names = "|".join(map(re.escape, figures))
    mention = re.compile(rf"\{{fig:(?:{names})(?::[a-f])?\}}") if figures else None

    def bare(value: Any) -> Any:
        if isinstance(value, Mapping):
            return {key: bare(part) for key, part in value.items()}
        if isinstance(value, (list, tuple)):
            return [bare(part) for part in value]
        if not isinstance(value, str):
            return value
        left = mention.sub("", value) if mention else value
        return " ".join(re.sub(r"\(\s*[,;]?\s*\)", "", left).split()).replace(" .", ".").replace(" ,", ",")

    return bare({**text, "alt": alt})


def leaves(value: Any, name: str = "") -> Iterator[tuple[str, str]]:
    """(name, text) of every value in a nested record: ("outcomes clinician", "Healed.")."""
    if isinstance(value, Mapping):
        for key, part in sorted(value.items()):
            yield from leaves(part, f"{name} {str(key).replace('_', ' ')}".strip())
    elif isinstance(value, (list, tuple)):
        for number, part in enumerate(value, start=1):
            yield from leaves(part, f"{name} {number}")
    elif value not in (None, ""):
        yield name, ("yes" if value else "no") if isinstance(value, bool) else " ".join(str(value).split())


def words_changed(before: Any, now: Any) -> tuple[int, int]:
    """How many words of a text were taken out, put in or replaced, and how many it had."""
    first, second = ([w for _, text in leaves(side) for w in text.split()] for side in (before, now))
    changes = difflib.SequenceMatcher(None, first, second, autojunk=False).get_opcodes()
    return sum(max(b - a, d - c) for kind, a, b, c, d in changes if kind != "equal"), len(first)
