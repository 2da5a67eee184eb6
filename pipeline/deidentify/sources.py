"""Which files of the case an `image:` of the record stands for."""

from __future__ import annotations

from typing import Any

from pipeline.core.model import Case, Source


def files_of(case: Case, name: str) -> list[Source]:
    """The ledger lines: that very file, or the DICOM files directly in that folder (one series)."""
    wanted = name.rstrip("/")
    images = case.used_as("image")
    if one := [source for source in images if source.path == wanted]:
        return one
    return [s for s in images if s.kind == "dicom" and s.path.rpartition("/")[0] == wanted]


def used(case: Case, record: dict[str, Any]) -> list[Source]:
    """Every file that ends up in the clean copies: the figures' images, by path, then the references."""
    names = {panel["image"] for figure in record["figures"] for panel in figure["panels"]}
    found = {source.path: source for name in names for source in files_of(case, name)}
    return [*(found[path] for path in sorted(found)), *case.used_as("references")[:1]]
