"""For journals that blind their reviewers: does the text say who the authors are? Told early, with the line.

A warning only: the built manuscript is judged at render (REN004) and again before a package is published.
"""

from __future__ import annotations

from typing import Any

from pipeline.check.schema import Form, apart, called, spot
from pipeline.core import authors, findings
from pipeline.core.journal import Journal
from pipeline.core.model import Case, Finding, Path_

WHO = {"name": "an author", "institution": "an institution", "city": "an institution’s city"}
UNSEEN = {"novelty"}  # stands in the letter to the editor only


def check(case: Case, form: Form, journal: Journal) -> list[Finding]:
    """A finding for each line of the prose in which an author, an institution or its city is named."""
    people, places = [author for _, author in form.items("authors")], form.get("affiliations")
    if not journal.layout.get("blinded") or not people or not places:
        return []
    byline: dict[str, Any] = {
        "authors": [person.model_dump() for person in people],
        "affiliations": {key: place.model_dump() for key, place in places.items()},
    }
    signs = authors.signs(byline)
    found: dict[Finding, None] = {}
    titles: list[tuple[Path_, str]] = [
        ((name,), form.get(name)) for name in ("title", "running_title") if form.get(name)
    ]
    for path, prose in (*titles, *form.prose(), *apart(form)):
        if path[0] in UNSEEN:
            continue
        text = authors.plain(prose)
        for sign in signs:
            for hit in sign.pattern.finditer(text):
                what, place = sign.what.rpartition(" ")[2], spot(case, path, text.count("\n", 0, hit.start()))
                found[findings.make("REC096", place, field=called(path), what=WHO[what])] = None
    return list(found)
