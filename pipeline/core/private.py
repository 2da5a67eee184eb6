"""private.yaml as a schema: who the patient is, and all that leads to them (templates/case/private.yaml)."""

from __future__ import annotations

import re
from typing import Annotated, Any

from pydantic import AfterValidator, BeforeValidator, Field

from pipeline.core.fields import FullDate, Line, Part, listed


class Relative(Part):
    name: Line
    relation: Line


Lines = Annotated[list[Line], BeforeValidator(listed)]


class Numbers(Part):
    """Numbers and addresses that lead to one person (HIPAA Safe Harbor classes plus the Indian ones)."""

    uhid: Lines = []
    ipd: Lines = []
    opd: Lines = []
    mrd: Lines = []
    hospital: Lines = []
    aadhaar: Lines = []
    abha: Lines = []
    pan: Lines = []
    voter_id: Lines = []
    national: Lines = []
    insurance: Lines = []
    accession: Lines = []
    device: Lines = []
    vehicle: Lines = []
    other: Lines = []


def _key(text: str) -> str:
    if not re.fullmatch(r"[0-9a-f]{64}", text):
        raise ValueError("must be 64 hexadecimal characters; copy the line that `casereport new` prints")
    return text


def _no_numbers(value: Any) -> Any:
    """`numbers: none` answers for all of them."""
    return {} if value == "none" else value


class Private(Part):
    """Who the patient is. Git-ignored, never copied: the list that the leak audit hunts for."""

    key: Annotated[str, AfterValidator(_key)]
    name: Line
    aliases: Lines = []
    relatives: Annotated[list[Relative], BeforeValidator(listed)] = []
    birth_date: FullDate | None = None
    numbers: Annotated[Numbers, BeforeValidator(_no_numbers)] = Numbers()
    phones: Lines = []
    emails: Lines = []
    addresses: Lines = []
    villages: Lines = []
    tehsils: Lines = []
    districts: Lines = []
    places: Lines = []
    hospitals: Lines = []
    laboratories: Lines = []
    doctors: Lines = []
    employers: Lines = []
    dates: Annotated[list[FullDate], BeforeValidator(listed)] = []
    posts: Annotated[Lines, Field(description="social-media handles and addresses of earlier posts")] = []
