"""The journal's limits. Only a value read on the journal's own page may block; everything else warns."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from pipeline.check import drawings, references
from pipeline.check.schema import Form
from pipeline.core import ages, findings, layout, numbering, words
from pipeline.core.journal import Journal, known
from pipeline.core.model import Case, Finding, Path_, Place, Severity


@dataclass(frozen=True, slots=True)
class Count:
    """How many there are of something, beside what the journal asks for."""

    what: str  # as printed: "words in the text"
    rule: str  # the rule of the profile
    count: int
    least: int | None
    most: int | None
    place: Place


def check(case: Case, form: Form, journal: Journal) -> list[Finding]:
    """Everything countable, title, abstract and the description of the patient against the profile."""
    found: list[Finding] = []
    allowed = (form.get("editor_allows") or {}).get(journal.id, {})
    for row in counts(case, form, journal):
        said = {"what": row.what, "count": row.count, "source": journal.source(row.rule)}
        severity = Severity.WARNING if row.rule in allowed else _severity(journal, row.rule)
        if row.most is not None and row.count > row.most:
            found.append(findings.make("JRN001", row.place, severity=severity, limit=row.most, **said))
        if row.least is not None and row.count < row.least:
            found.append(findings.make("JRN002", row.place, severity=severity, limit=row.least, **said))
    return [
        *found,
        *_title(case, form, journal),
        *_abstract(case, form, journal),
        *_people(case, form, journal),
        *_promised(case, form, journal),
        *_asked(journal),
        *_points(case, form, journal),
        *_allowances(case, form),
    ]


def counts(case: Case, form: Form, journal: Journal) -> Iterator[Count]:
    """What editors count, in the order of a submission form; parts that could not be read are left out."""
    counted = journal.layout.get("counted", words.SECTIONS)
    body = sum(words.count(prose) for (_, section), prose in form.prose() if section in counted)
    yield Count("words in the text", "words_max", body, None, journal.value("words_max"), case.where("text"))
    if abstract := form.get("abstract"):
        count = sum(words.count(part) for part in abstract.model_dump().values())
        most = (journal.value("abstract") or {}).get("words_max")
        yield Count("words in the abstract", "abstract", count, None, most, case.where("abstract"))
    if keywords := form.get("keywords"):
        least, most = journal.value("keywords") or (None, None)
        yield Count("keywords", "keywords", len(keywords), least, most, case.where("keywords"))
    if authors := form.get("authors"):
        most = journal.value("authors_max")
        yield Count("authors", "authors_max", len(authors), None, most, case.where("authors"))
    for source in case.used_as("references"):
        most = (journal.value("references") or {}).get("max")
        listed = len(references.listed(case))
        yield Count("references", "references", listed, None, most, (source.path, 0))
    figures = len(list(form.items("figures"))) + len(drawings.drawn(form))
    tables = len(list(form.items("tables"))) + len(numbering.generated(form.get("timeline_as")))
    most = (journal.value("figures") or {}).get("max")
    yield Count("figures", "figures", figures, None, most, case.where("figures"))
    yield Count("tables", "tables_max", tables, None, journal.value("tables_max"), case.where("tables"))
    most = journal.value("figures_tables_max")
    both = figures + tables
    yield Count("figures and tables", "figures_tables_max", both, None, most, case.where("figures"))


def _severity(journal: Journal, rule: str) -> Severity:
    return Severity.ERROR if journal.sure(rule) else Severity.WARNING


def _title(case: Case, form: Form, journal: Journal) -> Iterator[Finding]:
    """Patterns that the profile forbids in the title as printed, each with the rule in words."""
    title = journal.title(form.get("title") or "")
    for row in journal.value("title_forbids") or []:
        if re.search(row["pattern"], title, re.IGNORECASE):
            said = {"rule": row["rule"], "source": journal.source("title_forbids")}
            severity = _severity(journal, "title_forbids")
            yield findings.make("JRN003", case.where("title"), severity=severity, **said)


def _abstract(case: Case, form: Form, journal: Journal) -> Iterator[Finding]:
    """A heading of the journal's abstract for which the record has no text."""
    abstract = form.get("abstract")
    labels = journal.layout.get("abstract", {}).get("labels", {}) if abstract else {}
    for part, label in labels.items():
        if not getattr(abstract, part):
            said = {"part": part, "label": label, "source": journal.source("abstract")}
            severity, place = _severity(journal, "abstract"), case.where("abstract")
            yield findings.make("JRN005", place, severity=severity, **said)


def _people(case: Case, form: Form, journal: Journal) -> Iterator[Finding]:
    """Exact ages and the authors' own towns, for a journal whose layout describes patients without them."""
    wanted, patient = journal.layout.get("people", {}), form.get("patient")
    towns = {place.city for place in (form.get("affiliations") or {}).values()}
    for path, prose in _printed(form):
        style = wanted.get("age", "exact")
        if style != "exact" and patient:
            count = ages.left(ages.rewritten(prose, patient.age_years, patient.sex, style))
            if count:
                source = journal.source("anonymity")
                yield findings.make("JRN006", case.where(*path), field=path[-1], count=count, source=source)
        if wanted.get("place") == "none":
            named = sum(bool(re.search(rf"\b{re.escape(t)}\b", prose, re.IGNORECASE)) for t in towns)
            if named:
                source = journal.source("anonymity" if "anonymity" in journal.rules else "blinding")
                yield findings.make("JRN007", case.where(*path), field=path[-1], source=source)


def _printed(form: Form) -> Iterator[tuple[Path_, str]]:
    """What a reader sees of the prose: title, abstract, narrative, legends, points."""
    for name in ("title", "running_title", "novelty"):
        if said := form.get(name):
            yield (name,), said
    if abstract := form.get("abstract"):
        yield from ((("abstract", part), text) for part, text in abstract.model_dump().items())
    yield from form.prose()
    for n, figure in form.items("figures"):
        yield ("figures", n, "legend"), figure.legend
    for name in ("highlights", "learning_points"):
        yield from (((name,), point) for point in form.get(name) or [])


def _promised(case: Case, form: Form, journal: Journal) -> Iterator[Finding]:
    """A journal's own sentence that the editor may see the signed form, where the signer did not allow it."""
    consent = form.get("consent")
    if journal.layout.get("promises_copy") and consent is not None and not consent.agreed.journal_copy:
        yield findings.make("JRN004", case.where("consent", "agreed", "journal_copy"))


def _allowances(case: Case, form: Form) -> Iterator[Finding]:
    """What an editor is said to allow must be of a journal and a rule that there are."""
    for name, rules in (form.get("editor_allows") or {}).items():
        if name not in known():
            yield findings.make("JRN011", case.where("editor_allows", name), id=name, what="journal we know")
            continue
        for rule in rules:
            if rule not in layout.RULES:
                place = case.where("editor_allows", name, rule)
                yield findings.make("JRN011", place, id=rule, what="rule of a profile")


def _asked(journal: Journal) -> Iterator[Finding]:
    """What a journal also wants and what it does not take: nothing that software can decide, so notes."""
    for rule, code in (("forms", "JRN008"), ("excluded", "JRN009")):
        asked: list[Any] = journal.value(rule) or []
        for what in asked:
            yield findings.make(code, what=what, source=journal.source(rule))


def _points(case: Case, form: Form, journal: Journal) -> Iterator[Finding]:
    """Highlights and learning points: how many, and how long, where the journal prints them."""
    allowed = (form.get("editor_allows") or {}).get(journal.id, {})
    for name in ("highlights", "learning_points"):
        asked, entries = journal.value(name), form.get(name) or []
        if not asked:
            continue
        severity = Severity.WARNING if name in allowed else _severity(journal, name)
        said = {"field": name, "source": journal.source(name)}
        least, most, longest = (asked.get(bound) for bound in ("min", "max", "chars"))
        if len(entries) < int(least or 0) or (most is not None and len(entries) > int(most)):
            bounds = {"least": least or 0, "most": "any number" if most is None else most}
            count = len(entries)
            yield findings.make("JRN020", case.where(name), severity=severity, count=count, **bounds, **said)
        for n, entry in enumerate(entries):
            if longest is not None and len(entry) > int(longest):
                long = {"number": n + 1, "count": len(entry), "limit": longest}
                yield findings.make("JRN021", case.where(name, n), severity=severity, **long, **said)
