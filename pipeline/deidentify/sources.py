"""What the clean copies are made from: the record as its schema reads it, and the files that it names.

Kept apart from the cleaning itself, because a run in which nothing changed needs this and no more.
"""

from __future__ import annotations

from typing import Any

from pydantic import ValidationError

from pipeline.core.errors import NotReady
from pipeline.core.model import Case, Source
from pipeline.core.private import Private
from pipeline.core.record import Record


def validated(case: Case) -> tuple[dict[str, Any], dict[str, Any]]:
    """The record and private.yaml as their schemas read them. Raises NotReady when they are not complete."""
    try:
        record = Record.model_validate(case.record).model_dump(mode="json")
        private = Private.model_validate(case.private).model_dump(mode="json")
    except ValidationError:
        raise NotReady(
            "the record or private.yaml has gaps",
            where="record.yaml",
            fix="run `casereport check`: it lists them all",
        ) from None
    return record, private


def used(case: Case, record: dict[str, Any]) -> list[Source]:
    """Every file that ends up in the clean copies: the figures' images, by path, then the references."""
    names = {panel["image"] for figure in record["figures"] for panel in figure["panels"]}
    found = {source.path: source for name in names for source in case.pictures(name)}
    return [*(found[path] for path in sorted(found)), *case.used_as("references")[:1]]
