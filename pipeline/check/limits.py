"""The journal's limits. Only a value read on the journal's own page may block; everything else warns."""

from __future__ import annotations

import re
from typing import Any

from pipeline.check import references
from pipeline.check.schema import Form
from pipeline.core import findings, words
from pipeline.core.journal import Journal
from pipeline.core.model import Case, Finding, Place, Severity


def check(case: Case, form: Form, journal: Journal) -> list[Finding]:
    """Words, abstract, keywords, references, figures, tables and the title against the profile."""
    found: list[Finding] = []

    def over(rule: str, what: str, count: int, limit: Any, place: Place, code: str = "JRN001") -> None:
        breaks = limit is not None and (count > int(limit) if code == "JRN001" else count < int(limit))
        if breaks:
            severity = Severity.ERROR if journal.sure(rule) else Severity.WARNING
            source = journal.source(rule)
            found.append(
                findings.make(
                    code, place, severity=severity, what=what, count=count, limit=limit, source=source
                )
            )

    counted = journal.layout.get("counted", words.SECTIONS)
    body = sum(words.count(prose) for (_, section), prose in form.prose() if section in counted)
    over("words_max", "words in the text", body, journal.value("words_max"), case.where("text"))
    if abstract := form.get("abstract"):
        count = sum(words.count(part) for part in abstract.model_dump().values())
        limit = (journal.value("abstract") or {}).get("words_max")
        over("abstract", "words in the abstract", count, limit, case.where("abstract"))
    keywords, bounds = form.get("keywords"), journal.value("keywords")
    if keywords and bounds:
        least, most = bounds
        over("keywords", "keywords", len(keywords), most, case.where("keywords"))
        over("keywords", "keywords", len(keywords), least, case.where("keywords"), "JRN002")
    figures = (journal.value("figures") or {}).get("max")
    over("figures", "figures", len(list(form.items("figures"))), figures, case.where("figures"))
    tables = journal.value("tables_max")
    over("tables_max", "tables", len(list(form.items("tables"))) + 1, tables, case.where("tables"))
    for source in case.used_as("references"):
        limit = (journal.value("references") or {}).get("max")
        over("references", "references", len(references.listed(case)), limit, (source.path, 0))
    return [*found, *_title(case, form, journal), *_promised(case, form, journal)]


def _promised(case: Case, form: Form, journal: Journal) -> list[Finding]:
    """A journal's own sentence that the editor may see the signed form, where the signer did not allow it."""
    consent = form.get("consent")
    if not journal.layout.get("promises_copy") or consent is None or consent.agreed.journal_copy:
        return []
    return [findings.make("JRN004", case.where("consent", "agreed", "journal_copy"))]


def _title(case: Case, form: Form, journal: Journal) -> list[Finding]:
    """Patterns that the profile forbids in the title, each with the rule in words."""
    title = form.get("title")
    severity = Severity.ERROR if journal.sure("title_forbids") else Severity.WARNING
    return [
        findings.make(
            "JRN003",
            case.where("title"),
            severity=severity,
            rule=row["rule"],
            source=journal.source("title_forbids"),
        )
        for row in journal.value("title_forbids") or []
        if title and re.search(row["pattern"], title, re.IGNORECASE)
    ]
