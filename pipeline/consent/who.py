"""Who must have signed the form and every addendum, and when. The rules are data with their sources."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from pipeline.consent import elements
from pipeline.core import findings, resources
from pipeline.core.conditions import holds, names
from pipeline.core.model import Case, Finding, Severity
from pipeline.core.permission import Addendum, Consent
from pipeline.core.record import Record

RULES = "templates/rules/consent-who.yaml"
ENTRY = "consent"
# What an addendum states for itself; all else was asked once, with the form.
OF_AN_ADDENDUM = {"consent.signed_by", "consent.assent.given", "consent.witness", "consent.interpreter"}


def who(case: Case, record: Record) -> Iterator[Finding]:
    """Who must have signed the form, and the special laws."""
    yield from (_said(case, rule, rule["place"].split(".")) for rule in _against(elements.facts(record)))


def who_again(case: Case, consent: Consent, number: int) -> Iterator[Finding]:
    """Who must have signed addendum `number` (from 0), by the patient's age and state on that day."""
    entry = consent.of(number)
    record = elements.read(case, dt.date.fromisoformat(entry.signed_on))
    known = elements.facts(record.model_copy(update={"consent": entry}))
    for rule in _against(known):
        asked = names(rule["when"]) | names(rule.get("require", {}))
        if not asked & OF_AN_ADDENDUM or rule["place"].split(".")[0] != ENTRY:
            continue
        yield _said(case, rule, (ENTRY, "addenda", number, *rule["place"].split(".")[1:]))


def hopeless(case: Case, record: Record) -> Iterator[Finding]:
    """Before anybody is asked: what no signature could mend."""
    lasting = {
        rule["finding"]
        for rule in resources.data(RULES)
        if "require" not in rule and not any(name.startswith("consent.") for name in names(rule["when"]))
    }
    yield from (f for f in who(case, record) if f.code in lasting and f.severity is Severity.ERROR)


def dates(case: Case, record: Record, consent: Consent) -> Iterator[Finding]:
    """Signed after all that was shown, and not in the future. Only here is today's date looked at.

    What an addendum asked about was shown on the day of that addendum.
    """
    signed = [("consent.signed_on", consent.signed_on)]
    if consent.assent:
        signed.append(("consent.assent.on", consent.assent.on))
    for field, text in signed:
        place, day = case.where(*field.split(".")), dt.date.fromisoformat(text)
        if day < dt.date.fromisoformat(record.day0.date):
            yield findings.make("CON060", place, field=field)
        for figure in record.figures:
            shown = _latest(day, [a for a in consent.addenda if figure.id in a.agreed.figures])
            if figure.taken_on and shown < dt.date.fromisoformat(figure.taken_on):
                yield findings.make("CON061", place, field=field, id=figure.id)
        shown = _latest(day, [a for a in consent.addenda if a.agreed.facts])
        if what := next((what for what, told in _told_days(record) if shown < told), None):
            yield findings.make("CON063", place, field=field, what=what)
        if day > dt.date.today():  # noqa: DTZ011 - the signer's own calendar day is meant
            yield findings.make("CON062", place, field=field)


def _against(known: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """The rules that apply and are not satisfied."""
    for rule in resources.data(RULES):
        if holds(rule["when"], known) and not ("require" in rule and holds(rule["require"], known)):
            yield rule


def _said(case: Case, rule: Mapping[str, Any], place: Any) -> Finding:
    sources = resources.data("consent/sources.yaml")
    short = "; ".join(sources[key]["short"] for key in rule["sources"])
    return findings.make(rule["finding"], case.where(*place), sources=short)


def _latest(day: dt.date, covering: Sequence[Addendum]) -> dt.date:
    """The last day on which a part was shown: with the form, or with an addendum that covers it."""
    return max([day, *(dt.date.fromisoformat(one.signed_on) for one in covering)])


def _told_days(record: Record) -> Iterator[tuple[str, dt.date]]:
    """Everything dated that the report tells, with the first day it can mean ("2026-03": 1 March)."""
    for number, event in enumerate(record.timeline, start=1):
        yield f"timeline {number}", _first_day(event.date)
    for table in record.tables:
        for row in table.rows:
            yield from ((f"table '{table.id}'", _first_day(date)) for date in row.results)


def _first_day(date: str) -> dt.date:
    return dt.date.fromisoformat(date if len(date) == len("2026-03-01") else f"{date}-01")
