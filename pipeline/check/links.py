"""Does everything that is named exist, and is everything that exists named? Figures, tables, authors."""

from __future__ import annotations

import difflib
from typing import Any

from pipeline.check import drawings
from pipeline.check.schema import ALONE, Form, apart, called, spot
from pipeline.core import findings, numbering, words
from pipeline.core.model import Case, Finding

KINDS = {"fig": ("figure", "figures"), "table": ("table", "tables")}


def check(case: Case, form: Form) -> list[Finding]:
    """Cross-references in the narrative, duplicate ids, authors and their affiliations."""
    return [*_references(case, form), *_authors(case, form)]


def _references(case: Case, form: Form) -> list[Finding]:
    found = []
    mentions: dict[str, list[str]] = {"fig": [], "table": []}
    ids = {short: [x.id for _, x in form.items(part)] for short, (_, part) in KINDS.items()}
    generated = {"fig": drawings.typed(case.record), "table": numbering.generated(form.get("timeline_as"))}
    names = {short: [*_typed_ids(case, part), *generated[short]] for short, (_, part) in KINDS.items()}
    sizes = {figure.id: len(figure.panels) for _, figure in form.items("figures")}
    for path, prose in (*form.prose(), *apart(form)):
        found += [
            findings.make("REC086", spot(case, path, down), field=called(path))
            for down in words.misreferred(prose)
        ]
        for short, name, panels, down in words.panels(prose):
            count = sizes.get(name, 0) if short == "fig" else 0
            if name in ids[short] and (lacking := words.absent(panels, count)):
                said: dict[str, Any] = {"field": called(path), "kind": KINDS[short][0], "id": name}
                place = spot(case, path, down)
                found.append(findings.make("REC087", place, **said, panel=lacking.upper(), count=count))
        for short, wanted, down in words.referred(prose):
            if path[0] == "text":
                mentions[short].append(wanted)
            elif path[0] == "abstract":
                found.append(findings.make("REC088", spot(case, path, down), kind=KINDS[short][0]))
            elif path[0] in ALONE:
                place = spot(case, path, down)
                found.append(findings.make("REC097", place, field=called(path), kind=KINDS[short][0]))
                continue
            if wanted not in names[short]:
                near = difflib.get_close_matches(wanted, names[short], 1)
                hint = f"; did you mean '{near[0]}'?" if near else ""
                place = spot(case, path, down)
                found.append(
                    findings.make(
                        "REC020", place, field=called(path), kind=KINDS[short][0], id=wanted, hint=hint
                    )
                )
    for short, (kind, part) in KINDS.items():
        for i, item in form.items(part):
            again = ids[short].index(item.id) != [n for n, _ in form.items(part)].index(i)
            if again or item.id in generated[short]:
                found.append(findings.make("REC023", case.where(part, i, "id"), kind=kind, id=item.id))
            elif item.id not in mentions[short] and form.get("text"):
                found.append(findings.make("REC021", case.where(part, i), kind=kind, id=item.id, short=short))
        first = [x for x in dict.fromkeys(mentions[short]) if x in ids[short]]
        expected = [x for x in dict.fromkeys(ids[short]) if x in first]
        if early := next((a for a, b in zip(first, expected, strict=True) if a != b), None):
            at = case.where(part, names[short].index(early))
            found.append(findings.make("REC022", at, kind=kind, id=early))
    return found


def _typed_ids(case: Case, part: str) -> list[str]:
    """Ids as typed, also of entries that have other mistakes: those must not raise a second finding."""
    entries = case.record.get(part)
    rows = entries if isinstance(entries, list) else []
    return [str(row.get("id", "")) if isinstance(row, dict) else "" for row in rows]


def _authors(case: Case, form: Form) -> list[Finding]:
    found = []
    institutions = case.record.get("affiliations")
    known = institutions if isinstance(institutions, dict) else {}
    authors = list(form.items("authors"))
    for i, author in authors:
        for wanted in author.affiliations:
            if wanted not in known:
                place = case.where("authors", i, "affiliations")
                found.append(findings.make("REC024", place, section=f"authors {i + 1}", id=wanted))
    typed = case.record.get("authors")
    if authors and isinstance(typed, list) and len(authors) == len(typed):
        answering = [(i, a) for i, a in authors if a.corresponding]
        if len(answering) != 1:
            found.append(findings.make("REC025", case.where("authors"), count=len(answering)))
        elif not answering[0][1].email:
            found.append(findings.make("REC026", case.where("authors", answering[0][0])))
    return found
