"""Do the dates make sense? Birth, onset, day 0, results, pictures, outcome, consent; none in the future."""

from __future__ import annotations

import datetime as dt
import itertools
from collections.abc import Iterator

from pipeline.check.schema import Form
from pipeline.core import findings
from pipeline.core.model import Case, Finding, Path_


def check(case: Case, form: Form) -> list[Finding]:
    """Findings about every date of the record. Compares with today's date, so only check may do it."""
    return [
        *_against_today_and_birth(case, form),
        *_timeline(case, form),
        *_age(case, form),
        *_consent(case, form),
    ]


def _first(date: str) -> dt.date:
    """The first day a date can mean: "2026-03" is the first of March."""
    return dt.date.fromisoformat(date if len(date) == 10 else f"{date}-01")


def _last(date: str) -> dt.date:
    """The last day a date can mean."""
    if len(date) == 10:
        return dt.date.fromisoformat(date)
    month = dt.date.fromisoformat(f"{date}-28") + dt.timedelta(days=4)
    return month - dt.timedelta(days=month.day)


def _dates(form: Form) -> Iterator[tuple[Path_, str]]:
    if day0 := form.get("day0"):
        yield ("day0", "date"), day0.date
    for i, event in form.items("timeline"):
        yield ("timeline", i, "date"), event.date
    for i, figure in form.items("figures"):
        if figure.taken_on:
            yield ("figures", i, "taken_on"), figure.taken_on
    for i, table in form.items("tables"):
        for r, row in enumerate(table.rows):
            for date in row.results:
                yield ("tables", i, "rows", r, "results", date), date
    if consent := form.get("consent"):
        yield ("consent", "signed_on"), consent.signed_on
        if consent.assent:
            yield ("consent", "assent", "on"), consent.assent.on


def _said(path: Path_) -> str:
    """('timeline', 2, 'date') -> 'timeline 3 date'. The date itself is not repeated: it may identify."""
    words = [str(p + 1) if isinstance(p, int) else p for p in path]
    return " ".join(words[:-1] if len(path) > 4 else words)


def _against_today_and_birth(case: Case, form: Form) -> list[Finding]:
    found = []
    today = dt.date.today()  # noqa: DTZ011 - the doctor's own calendar day is meant
    birth = form.private.birth_date if form.private else None
    for path, date in _dates(form):
        if _first(date) > today:
            found.append(findings.make("REC030", case.where(*path), field=_said(path)))
        if birth and _last(date) < _first(birth):
            found.append(findings.make("REC033", case.where(*path), field=_said(path)))
    return found


def _timeline(case: Case, form: Form) -> list[Finding]:
    found = []
    events = list(form.items("timeline"))
    for (_, before), (i, event) in itertools.pairwise(events):
        if _last(event.date) < _first(before.date):
            found.append(findings.make("REC031", case.where("timeline", i, "date"), number=i + 1))
    day0 = form.get("day0")
    if day0 and events and not any(_first(e.date) <= _first(day0.date) <= _last(e.date) for _, e in events):
        found.append(findings.make("REC036", case.where("day0", "date")))
    if not events:
        return found
    onset, outcome = min(_first(e.date) for _, e in events), max(_last(e.date) for _, e in events)
    for path, date in _dates(form):
        if path[0] != "tables" or onset <= _first(date) <= outcome:
            continue
        side = "before" if _first(date) < onset else "after"
        found.append(findings.make("REC037", case.where(*path), field=_said(path), before_or_after=side))
    return found


def _age(case: Case, form: Form) -> list[Finding]:
    patient, day0 = form.get("patient"), form.get("day0")
    birth = form.private.birth_date if form.private else None
    if not (patient and day0 and birth):
        return []
    born, day = _first(birth), _first(day0.date)
    expected = day.year - born.year - ((day.month, day.day) < (born.month, born.day))
    if expected == patient.age_years:
        return []
    return [findings.make("REC032", case.where("patient", "age_years"), expected=expected)]


def _consent(case: Case, form: Form) -> list[Finding]:
    consent, day0 = form.get("consent"), form.get("day0")
    if not case.record.get("consent"):
        return [findings.make("CON000", ("record.yaml", 0))]
    if not consent:
        return []
    found = []
    signed, place = _first(consent.signed_on), case.where("consent", "signed_on")
    if day0 and signed < _first(day0.date):
        found.append(findings.make("REC035", place))
    for _, figure in form.items("figures"):
        if figure.taken_on and signed < _first(figure.taken_on):
            found.append(findings.make("REC034", place, id=figure.id))
    return found
