"""Which elements of a consent this case needs, in which words. The register is consent/elements.yaml."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic import ValidationError

from pipeline.consent.conditions import holds
from pipeline.core import findings, resources
from pipeline.core.errors import NotReady, UsageError
from pipeline.core.model import Case
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


def read(case: Case) -> Record:
    """The record with its types. Raises NotReady when `check` would find mistakes in it."""
    try:
        return Record.model_validate(case.record)
    except ValidationError as e:
        first = e.errors(include_url=False, include_input=False)[0]
        raise findings.stop(NotReady, "CON009", case.where(*first["loc"])) from None


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
        "consent": record.consent.model_dump() if record.consent else None,
    }


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
