"""What a DICOM header says that we need before cleaning: who is named, and where the slice lies."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

from pipeline.core import resources, slices
from pipeline.core.identity import Identifier
from pipeline.deidentify.headers import elements, header


@dataclass(frozen=True, slots=True)
class Header:
    """One file. `identity` is identifying and stays in memory."""

    series: str = field(repr=False)
    identity: tuple[Identifier, ...] = field(repr=False)
    lies: slices.Slice
    modality: str  # one of modalities("known") or ""
    burned_in: str  # YES, NO or "" where the header does not say


@cache
def modalities(group: str) -> frozenset[str]:
    """The defined terms of Modality that are `known`, or those whose pictures `carry_text` as a rule."""
    return frozenset(resources.data("templates/rules/dicom-options.yaml")["modalities"][group])


def read(path: Path) -> Header:
    """The header of one file. Raises NoPictureError when it holds nothing. Run in the worker."""
    ds = slices.header(path)
    with tempfile.TemporaryDirectory() as folder:
        named = header.about(elements.read(path, Path(folder) / "inflated")).identity
    return Header(
        series=str(ds.get("SeriesInstanceUID", "")),
        identity=named,
        lies=slices.of(ds),
        modality=str(ds.get("Modality", "")) if ds.get("Modality") in modalities("known") else "",
        burned_in=ds.get("BurnedInAnnotation", "") if ds.get("BurnedInAnnotation") in {"YES", "NO"} else "",
    )
