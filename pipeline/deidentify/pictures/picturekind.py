"""What kind of picture a DICOM file holds, and so how its pixels are looked at. The kinds are data."""

from __future__ import annotations

import functools
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from pipeline.core import resources
from pipeline.core.fold import letters
from pipeline.deidentify.pictures.pixels import Stored


def rules() -> dict[str, Any]:
    """templates/rules/dicom-pixels.yaml."""
    table: dict[str, Any] = resources.data("templates/rules/dicom-pixels.yaml")
    return table


def words(key: str) -> str:
    """One of the sentences a person is told."""
    said: str = rules()["words"][key]
    return said


@dataclass(frozen=True, slots=True)
class Kind:
    """How pictures of one kind are looked at: one row of `classes`."""

    name: str
    how: str
    spread: str
    beyond: str
    faces: str
    photo: bool
    shared: bool


def kind_of(stored: Stored) -> Kind:
    """The first row of the rules that fits."""
    colour = stored.samples > 1 or stored.photometric == "PALETTE COLOR"
    return _kind(
        _Facts(
            stored.sop_class,
            stored.modality.strip().upper(),
            frozenset(word.strip().upper() for word in stored.image_type),
            letters(stored.body),
            stored.burned_in.strip().upper(),
            colour,
            stored.bits_allocated,
        )
    )


@dataclass(frozen=True, slots=True)
class _Facts:
    """What the rules may ask about; the same for all slices of a series, so that it is looked up once."""

    sop: str
    modality: str
    image_type: frozenset[str]
    body: str
    burned_in: str
    colour: bool
    bits: int


@functools.lru_cache(maxsize=256)
def _kind(facts: _Facts) -> Kind:
    table = rules()
    row = next(row for row in table["classes"] if all(_FITS[k](facts, v) for k, v in row["when"].items()))
    return Kind(**{key: {**table["defaults"], **row}[key] for key in Kind.__slots__})


_FITS: dict[str, Callable[[_Facts, list[Any]], bool]] = {
    "sop": lambda f, uids: any(f.sop == u or (u[-1] == "." and f.sop.startswith(u)) for u in uids),
    "words": lambda f, words: any(letters(word) in f.body for word in words),
    "image_type": lambda f, words: not f.image_type.isdisjoint(words),
    "modality": lambda f, known: f.modality in known,
    "burned_in": lambda f, known: f.burned_in in known,
    "colour": lambda f, known: f.colour in known,
    "bits": lambda f, known: f.bits in known,
}


def is_label(stored: Stored) -> bool:
    """Whether this is the label or the overview of a slide (PS3.3 C.8.12.4.1.1), which name the patient."""
    slide = stored.modality == "SM" or stored.sop_class.startswith("1.2.840.10008.5.1.4.1.1.77.1.6")
    return slide and bool({"LABEL", "OVERVIEW"} & {word.strip().upper() for word in stored.image_type})
