"""What authors state about themselves (ICMJE II.A, II.B): roles, disclosures, AI, reviewers they suggest.

Software compares what is written with what is written; whether somebody is an author, only authors can say.
"""

from __future__ import annotations

import re
from typing import Any

from pipeline.check.schema import Form
from pipeline.core import findings
from pipeline.core.fold import letters
from pipeline.core.journal import Journal
from pipeline.core.model import Case, Finding
from pipeline.core.record import Disclosures

WRITING = {"writing-original-draft", "writing-review-editing"}
KINDS = tuple(Disclosures.model_fields)
NONE = "none"
NOTHING = re.compile(  # "None.", "No AI was used", "… declare that they have no competing interests"
    r"^\s*(none|nil|no|not)\b|\bno\s+(\w+\s+){0,2}(competing|conflict|interest|disclos|financial)|\bnothing\b"
    r"|\bnot used\b",
    re.IGNORECASE,
)
PUBLIC_MAIL = {"gmail.com", "googlemail.com", "yahoo.com", "yahoo.co.in", "yahoo.in", "hotmail.com"} | {
    "outlook.com",
    "live.com",
    "icloud.com",
    "rediffmail.com",
    "proton.me",
    "protonmail.com",
}


def check(case: Case, form: Form, journal: Journal) -> list[Finding]:
    """Roles, disclosures against the statement, AI use against the journal's statements, reviewers."""
    authors = list(form.items("authors"))
    declarations = form.get("declarations")
    found = [
        findings.make("REC060", case.where("authors", n, "credit"), number=n + 1)
        for n, author in authors
        if not WRITING & set(author.credit)
    ]
    guarantors = sum(author.guarantor for _, author in authors)
    wanted = any("guarantor" in (row, *_entry(row)) for row in journal.layout.get("title_page") or ())
    if authors and (guarantors > 1 or (wanted and not guarantors)):
        found.append(findings.make("REC066", case.where("authors"), count=guarantors))
    if declarations:
        found += _interests(case, authors, bool(NOTHING.search(declarations.conflicts)))
        printed = {row["from"] for row in journal.layout.get("statements") or ()}
        if printed and "ai_use" not in printed and not NOTHING.search(declarations.ai_use):
            found.append(findings.make("REC064", case.where("declarations", "ai_use")))
    return [*found, *_reviewers(case, form, [author for _, author in authors])]


def _entry(row: Any) -> tuple[Any, ...]:
    """The entry a row of `title_page` names, when it gives a heading of its own."""
    return (row["entry"],) if isinstance(row, dict) else ()


def disclosed(author: Any) -> tuple[list[str], list[str]]:
    """The kinds of which an author discloses something, and those left unsaid."""
    stated = {kind: getattr(author.disclosures, kind, None) for kind in KINDS}
    some = [kind for kind, entries in stated.items() if entries and entries != [NONE]]
    return some, [kind for kind, entries in stated.items() if entries is None]


def _interests(case: Case, authors: list[tuple[int, Any]], says_none: bool) -> list[Finding]:
    """Authors' disclosures beside the statement of the manuscript, and how many are not stated."""
    place = case.where("declarations", "conflicts")
    told = [(n, *disclosed(author)) for n, author in authors]
    found = [
        findings.make("REC061", place, number=n + 1, kinds=", ".join(some))
        for n, some, _ in told
        if some and says_none
    ]
    silent = sum(bool(unsaid) for _, _, unsaid in told)
    if silent:
        found.append(findings.make("REC063", case.where("authors"), count=silent))
    elif told and not says_none and not any(some for _, some, _ in told):
        found.append(findings.make("REC062", place))
    return found


def _reviewers(case: Case, form: Form, authors: list[Any]) -> list[Finding]:
    """Suggested reviewers who are authors, or share an institution or an e-mail domain with one."""
    places = {key: letters(place.institution) for key, place in (form.get("affiliations") or {}).items()}
    found = []
    for n, reviewer in enumerate(form.get("suggested_reviewers") or []):
        where = letters(reviewer.affiliation)
        for number, author in enumerate(authors, 1):
            homes = [places.get(key, "") for key in author.affiliations]
            domain = _domain(reviewer.email)
            if letters(reviewer.name).endswith(letters(f"{author.given} {author.family}")):
                what = "the same person"
            elif any(home and home in where for home in homes):
                what = "the same institution"
            elif domain and domain == _domain(author.email):
                what = "the same e-mail domain"
            else:
                continue
            place = case.where("suggested_reviewers", n)
            found.append(findings.make("REC065", place, number=n + 1, what=what, author=number))
            break
    return found


def _domain(email: str | None) -> str:
    """What stands behind the @, or "" where anybody can have an address."""
    domain = (email or "").rpartition("@")[2].lower()
    return "" if domain in PUBLIC_MAIL else domain
