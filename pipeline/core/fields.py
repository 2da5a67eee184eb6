"""The kinds of values that people type into record.yaml and private.yaml."""

from __future__ import annotations

import datetime as dt
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

# pydantic reads "yes"/"no" text as booleans by itself.
YesNo = bool


def _real_date(text: str) -> str:
    try:
        dt.date.fromisoformat(text if len(text) == 10 else f"{text}-01")
    except ValueError:
        raise ValueError(
            "is not a date that exists; write it as 2026-03-14, or 2026-03 for a month"
        ) from None
    return text


def listed(value: Any) -> Any:
    """A list part that may be left empty or say "none"."""
    return [] if value in (None, "", "none") else value


Line = Annotated[str, Field(min_length=1, max_length=400, pattern=r"^[^\n]*$")]
Prose = Annotated[str, Field(min_length=1, max_length=20_000)]
Id = Annotated[str, Field(pattern=r"^[a-z][a-z0-9-]{0,39}$", description="small letters, digits and hyphens")]
Date = Annotated[
    str,
    Field(
        pattern=r"^\d{4}-\d{2}(-\d{2})?$", description="2026-03-14, or 2026-03 when only the month is known"
    ),
    AfterValidator(_real_date),
]
FullDate = Annotated[
    str,
    Field(pattern=r"^\d{4}-\d{2}-\d{2}$", description="year-month-day: 2026-03-14"),
    AfterValidator(_real_date),
]


class Part(BaseModel):
    """A block of the record: unknown fields are refused, so that a misspelt one is never silently ignored."""

    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True, frozen=True)
