"""Words that may identify someone whom no list knows: proposals for a person to decide about.

`find` reads any text, `asked` the clean copies of a case. As a room it leaves only which questions are open, by
digest and place: the words themselves stay in the case.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from pipeline.core import files
from pipeline.core.errors import InputError
from pipeline.core.model import Case, CleanCase
from pipeline.core.proposal import Open, Proposal, Query

REGIONS = ("IN", "UK", "US")


def find(text: str, region: str = "IN") -> list[Proposal]:
    """What in `text` may identify someone: engine.find."""
    from pipeline.identify import engine

    return engine.find(text, region)


def needs(case: Case, clean: CleanCase) -> Any:
    """What the questions depend on: the words that would leave, what was decided, and where it was typed."""
    known = files.receipt(clean.folder) or {"files": clean.digest}
    places = sorted((list(map(str, path)), *place) for path, place in case.places.items())
    return {"clean": known["files"], "places": places, "byline": case.record.get("authors")}


def make(case: Case, clean: CleanCase, dest: Path) -> str:
    """Write which questions are open into the empty folder `dest`."""
    open_ = asked(case, clean)
    files.write_json(dest / "report.json", [[query.id, *query.place] for query in open_])
    return f"{len(open_)} places where words may identify someone" if open_ else "no words to ask about"


def load(folder: Path) -> tuple[Open, ...]:
    """The open questions. Raises InputError when their list is missing or was changed by hand."""
    if files.receipt(folder) is None:
        what = "the list of open questions is missing or was changed by hand"
        raise InputError(what, where=folder.name, fix="run the command again")
    return tuple(Open(id_, (path, line)) for id_, path, line in files.read_json(folder / "report.json"))


def asked(case: Case, clean: CleanCase) -> tuple[Query, ...]:
    """Every open question about words of the case that no list explains, in the order of its fields."""
    from pipeline.identify import queries

    return queries.asked(case, clean, find)
