"""The catalogue of everything that can be wrong (templates/findings/): severity, sentence, rule, next step.

A code that is not in the catalogue is our bug and raises KeyError.
"""

from __future__ import annotations

from functools import cache
from typing import Any, TypeVar

from pipeline.core import resources
from pipeline.core.errors import PipelineError
from pipeline.core.model import Finding, Place, Severity

Stop = TypeVar("Stop", bound=PipelineError)


@cache
def catalogue() -> dict[str, dict[str, str]]:
    """Every finding code with its severity, message, why and fix."""
    table: dict[str, dict[str, str]] = {}
    for name in resources.names("templates/findings"):
        rows = resources.data(f"templates/findings/{name}")
        if twice := set(rows) & set(table):
            raise KeyError(f"finding codes catalogued twice: {sorted(twice)}")
        table.update(rows)
    return table


def make(code: str, place: Place = ("", 0), *, severity: Severity | None = None, **words: Any) -> Finding:
    """One finding. `words` fill the sentence: field names, ids and counts only, never a value of the record.

    `severity` overrides the catalogue, for rules that only block when their source is certain.
    """
    row = catalogue()[code]
    return Finding(
        code=code,
        severity=severity or Severity(row["severity"]),
        message=row["message"].format(**words),
        path=place[0],
        line=place[1],
        why=row.get("why", "").format(**words),
        fix=row.get("fix", "").format(**words),
    )


def stop(kind: type[Stop], code: str, place: Place = ("", 0), **words: Any) -> Stop:
    """The error of class `kind` for one finding, to be raised; arguments as for `make`."""
    said = make(code, place, **words)
    where = f"{said.path}:{said.line}" if said.line else said.path
    return kind(said.message, code=code, where=where or None, why=said.why, fix=said.fix)
