"""Places in pictures that a person decided about: what they add to a panel of the record.

A row of decisions.yaml: {figure, panel, image, do, left, top, width, height}, in pixels of the original as it
lies upright, like `cover`, `show` and `crop` of the record. `image` is the digest of the file or series it is
about: another picture under the same name is not touched. `do` is cover, show, crop, or leave: looked at,
and right as it is.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from pipeline.core import decidedrows, files
from pipeline.core.decisions import Row, stop
from pipeline.core.model import Case

SIDES = decidedrows.SIDES


def digest(case: Case, image: str) -> str:
    """What an `image:` of the record is known by: the digest of its files, in path order."""
    return files.digest([files.sha256(case.file(source)) for source in case.pictures(image)])[:32]


def area(row: Row) -> dict[str, int]:
    """The rectangle of a row. Raises NotReady (REV006) when it is none."""
    if not decidedrows.is_place(row):
        raise stop("REV006", field="boxes")
    return {side: int(row[side]) for side in SIDES}


def about(rows: Iterable[Row], figure: str, panel: str) -> list[Row]:
    """The rows about one panel, whatever picture it shows by now."""
    return [row for row in rows if (row.get("figure"), row.get("panel")) == (figure, panel)]


def merged(panel: dict[str, Any], rows: Iterable[Row]) -> dict[str, Any]:
    """A panel of the record with what was decided about its picture. Raises as `area`."""
    out = dict(panel, cover=list(panel["cover"]), show=list(panel["show"]))
    for row in rows:
        if row.get("do") in ("cover", "show"):
            out[row["do"]].append(area(row))
        elif row.get("do") == "crop":
            out["crop"] = area(row)
    return out
