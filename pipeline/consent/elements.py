"""Which elements of a consent this case needs, in which words. The register is consent/elements.yaml."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any

from pydantic import ValidationError

from pipeline.core import findings, resources
from pipeline.core.conditions import holds
from pipeline.core.errors import NotReady, UsageError
from pipeline.core.model import Case
from pipeline.core.permission import Consent
from pipeline.core.record import Record

ADULT = 18  # years


def register() -> dict[str, Any]:
    """The whole register: elements, signatures, choices, scope."""
    found: dict[str, Any] = resources.data("consent/elements.yaml")
    return found


def languages() -> tuple[str, ...]:
    """Languages the form exists in."""
    files = resources.names("consent/forms")
    return tuple(name.removesuffix(".yaml") for name in files if name.endswith(".yaml"))


def wording(language: str) -> dict[str, Any]:
    """The words of the form in one language. Raises UsageError when there is no such form."""
    if language not in languages():
        raise UsageError(
            f"there is no consent form in '{language}'", fix=f"languages so far: {', '.join(languages())}"
        )
    found: dict[str, Any] = resources.data(f"consent/forms/{language}.yaml")
    return found


def read(case: Case, on: dt.date | None = None) -> Record:
    """The record with its types and the patient's age on the day of signing, as far as it is known.

    That day is `on`, or the one in the consent entry, or today: a child who has come of age signs. Raises
    NotReady when `check` would find mistakes in it.
    """
    try:
        record = Record.model_validate(case.record)
        return _as_old_as_on(case, record, on)
    except ValidationError as e:
        first = e.errors(include_url=False, include_input=False)[0]
        raise findings.stop(NotReady, "CON009", case.where(*first["loc"])) from None


def _as_old_as_on(case: Case, record: Record, on: dt.date | None) -> Record:
    born = case.private.get("birth_date")
    if not born or record.patient.deceased:
        return record
    entered = dt.date.fromisoformat(record.consent.signed_on) if record.consent else None
    day = on or entered or dt.date.today()  # noqa: DTZ011 - the signer's own calendar day is meant
    birth = dt.date.fromisoformat(str(born))
    years = day.year - birth.year - ((day.month, day.day) < (birth.month, birth.day))
    age = max(record.patient.age_years, years)
    return record.model_copy(update={"patient": record.patient.model_copy(update={"age_years": age})})


def must_sign(known: Mapping[str, Any]) -> list[str]:
    """Who must sign in this case: the signature areas of the register that are not left to circumstances."""
    return [
        row["id"]
        for row in register()["signatures"]
        if holds(row.get("when", {}), known) and holds(row.get("needed", {}), known)
    ]


def facts(record: Record) -> dict[str, Any]:
    """What the conditions of the register and of the signing rules may ask about a case."""
    countries = {place.country_code for place in record.affiliations.values()}
    return {
        "patient": record.patient.model_dump(),
        "questions": record.questions.model_dump(),
        "content": {
            "figures": len(record.figures),
            "recognisable_image": any(figure.recognisable for figure in record.figures),
        },
        "jurisdiction": {
            name: not countries.isdisjoint(members) for name, members in register()["jurisdictions"].items()
        },
        "consent": _entry(record.consent) if record.consent else None,
    }


def _entry(consent: Consent) -> dict[str, Any]:
    """The consent entry, and who signed last: of the form or an addendum."""
    last = consent.of(len(consent.addenda) - 1) if consent.addenda else consent
    return {**consent.model_dump(), "last_signed_by": last.signed_by}


def needed(known: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The elements that this case needs, in the order of the register."""
    return [row for row in register()["elements"] if holds(row.get("when", {}), known)]


def told(known: Mapping[str, Any]) -> list[str]:
    """Ids of the needed elements that stand on the paper: what the person was told and asked."""
    return sorted(row["id"] for row in needed(known) if "as" in row)


def signs_alone(known: Mapping[str, Any]) -> bool:
    """Does the patient sign: an adult, alive and able to decide?"""
    patient = known["patient"]
    return patient["age_years"] >= ADULT and not patient["deceased"] and bool(patient["can_decide"])
