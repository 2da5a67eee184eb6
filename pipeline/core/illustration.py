"""What the record may ask to be drawn: marks on a picture, trend plots, a pedigree. Parts of the record."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field

from pipeline.core import resources
from pipeline.core.fields import Id, Line, Part, YesNo

TIMELINE, PEDIGREE = "timeline", "pedigree"  # ids of what is drawn from the parts of these names
Corner = Literal["top-left", "top-right", "bottom-left", "bottom-right"]
Point = Annotated[list[Annotated[int, Field(ge=0)]], Field(min_length=2, max_length=2)]


class Window(Part):
    """VOI window in stored units after rescale (Hounsfield units for CT); PS3.3 C.11.2.1.2."""

    centre: float
    width: Annotated[float, Field(gt=0)]


def windows() -> dict[str, Any]:
    """The CT windows that have a name (templates/rules/windows.yaml)."""
    found: dict[str, Any] = resources.data("templates/rules/windows.yaml")["windows"]
    return found


def named_window(value: Any) -> Any:
    """A window typed by its name as centre and width; anything else as it is. Raises ValueError."""
    if not isinstance(value, str) or not value:
        return value
    if value not in windows():
        raise ValueError(
            f"no CT window has this name; known: {', '.join(windows())}; or give centre and width"
        )
    return {key: windows()[value][key] for key in ("centre", "width")}


class ScaleBar(Part):
    """A bar of a length in mm. `mm_per_pixel` is for pictures that do not say it: of the clean picture."""

    mm: Annotated[float, Field(gt=0)]
    mm_per_pixel: Annotated[float, Field(gt=0)] | None = None
    corner: Literal["bottom-left", "bottom-right", "top-right"] = "bottom-left"  # top left: the panel letter


class Mark(Part):
    """An arrow, arrowhead or asterisk. `at` is the tip, in pixels of the clean picture: right, down."""

    kind: Literal["arrow", "arrowhead", "asterisk"]
    at: Point
    side: Literal[
        "left", "top-left", "top", "top-right", "right", "bottom-right", "bottom", "bottom-left"
    ] = "top-left"


class Inset(Part):
    """A part of the clean picture, enlarged in a corner of it."""

    left: Annotated[int, Field(ge=0)]
    top: Annotated[int, Field(ge=0)]
    width: Annotated[int, Field(gt=0)]
    height: Annotated[int, Field(gt=0)]
    zoom: Annotated[float, Field(gt=1, le=10)] = 2.0
    corner: Corner = "bottom-right"


def plotted(value: Any) -> Any:
    """`yes` as an empty list (every test), `no` as None, a list of tests as it is. Raises ValueError."""
    if value in (None, "", "no", False):
        return None
    if value in ("yes", True):
        return []
    if not isinstance(value, list):
        raise ValueError("must be yes, no, or a list of tests in brackets: [Haemoglobin, Ferritin]")
    return value


Plot = Annotated[list[Line] | None, BeforeValidator(plotted, json_schema_input_type=bool | list[Line])]


class Individual(Part):
    """One person of a pedigree, without a name. `parents` are two ids, or none."""

    id: Id
    sex: Literal["male", "female", "unknown"]
    parents: Annotated[list[Id], Field(max_length=2)] = []
    affected: YesNo = False
    proband: YesNo = False
    deceased: YesNo = False


class Pedigree(Part):
    """A family in the symbols of Bennett et al. (J Genet Couns 1995;4:267, 2008;17:424, 2022;31:1238)."""

    affected_by: Line
    individuals: Annotated[list[Individual], Field(min_length=2, max_length=60)]


def drawn(record: Mapping[str, Any]) -> tuple[str, ...]:
    """Ids of the figures that are drawn from a record: timeline, plots by the id of their table, pedigree.

    Takes a record as validated or as cleaned.
    """
    return ids(record.get("timeline_as"), record.get("tables") or [], record.get("pedigree"))


def ids(timeline_as: str | None, tables: Sequence[Mapping[str, Any]], pedigree: Any) -> tuple[str, ...]:
    """As `drawn`, from the parts that decide it."""
    return (
        *([TIMELINE] if timeline_as in ("figure", "both") else []),
        *(table["id"] for table in tables if table.get("plot") is not None),
        *([PEDIGREE] if pedigree else []),
    )
