"""Words that may identify someone whom no list knows: proposals for a person to decide about.

`find` reads any text; `asked` the clean copies of a case.
"""

from __future__ import annotations

from pipeline.core.model import Case, CleanCase
from pipeline.core.proposal import Query
from pipeline.identify.engine import REGIONS, find

__all__ = ["REGIONS", "asked", "find"]


def asked(case: Case, clean: CleanCase) -> tuple[Query, ...]:
    """Every open question about words of the case that no list explains, in the order of its fields."""
    from pipeline.identify import queries

    return queries.asked(case, clean, lambda text: find(text))
