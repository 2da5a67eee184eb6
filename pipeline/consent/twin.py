"""The form for programs: which elements stand on the paper, where, why, and which this case did not need.

The register is consent/elements.yaml; where things stand, typst says. Whoever asks an ethics committee can
answer from form.json alone what a person was told and on which page.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from pipeline.consent import elements
from pipeline.core.conditions import holds
from pipeline.core.model import CleanCase

FIGURE = "figure:"


def elements_of(
    known: Mapping[str, Any],
    told: Sequence[Mapping[str, Any]],
    spots: Sequence[Mapping[str, Any]],
    pages: int,
) -> dict[str, Any]:
    """{"elements": what stands on the paper, "not_needed": what another case would need, and when}.

    `spots` as from `with_elements`.
    """
    on: dict[str, set[int]] = {}
    for place in told:
        on.setdefault(place["id"], set()).add(place["page"])
    for spot in spots:
        for element in spot["elements"]:
            on.setdefault(element, set()).add(spot["page"])
    here, elsewhere = {}, {}
    for row in elements.register()["elements"]:
        if "as" not in row:
            continue
        if holds(row.get("when", {}), known):
            where = range(1, pages + 1) if row["as"] == "page" else on.get(row["id"], ())
            about = {"as": row["as"], "section": row.get("section"), "pages": sorted(where)}
            here[row["id"]] = {**about, "sources": row["sources"]}
        else:
            elsewhere[row["id"]] = {"when": row["when"], "sources": row["sources"]}
    return {"elements": here, "not_needed": elsewhere}


def with_elements(clean: CleanCase, spots: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Every box, line and place to sign with the elements it answers."""
    seen = {figure["id"] for figure in clean.record["figures"] if figure["recognisable"]}
    return [
        {**spot, "elements": _asked(spot["id"], recognisable=spot["id"].removeprefix(FIGURE) in seen)}
        for spot in spots
    ]


def _asked(spot: str, *, recognisable: bool) -> list[str]:
    """What a place answers: "figure:arm", "text", "parent:relationship", "witness:signature" …"""
    register = elements.register()
    if spot.startswith(FIGURE):
        return ["D2", "B4"] if recognisable else ["D2"]
    who, _, line = spot.partition(":")
    if not line:
        return [row["element"] for row in register["choices"] if row["id"] == who]
    if line in register["lines"]:
        return [register["lines"][line]]
    return [element for row in register["signatures"] if row["id"] == who for element in row["elements"]]
