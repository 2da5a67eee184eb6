"""Does every citation resolve, is every reference cited once, whole and still standing? Reads, never asks.

`check/online.py` asks Crossref and PubMed, and only when told to.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable

from pipeline.check.schema import ALONE, Form, apart, called, spot
from pipeline.core import findings, reflist, words
from pipeline.core.model import Case, Finding, Place, Severity
from pipeline.core.reflist import Entry

# What a reader needs to find a paper (NLM, Citing Medicine, 2nd edition: required parts of a citation).
NEEDED = {
    "article": ("title", "container", "year", "author"),
    "chapter": ("title", "container", "year", "author"),
    "book": ("title", "publisher", "year", "author"),
    "web": ("title", "url"),
    "other": ("title", "year"),
}
CALLED = {"container": "journal or book", "url": "address"}  # a field in a doctor's words
FATES = {"retracted": "REF013", "concern": "REF014", "corrected": "REF015", "notice": "REF016"}


def check(case: Case, form: Form, *, online: bool = False) -> list[Finding]:
    """Findings about the reference list and the citations in the narrative.

    With `online`, the note on what was not checked for retraction is left to those who ask.
    """
    odd = [
        findings.make("REF008", spot(case, path, down), field=called(path))
        for path, prose in (*form.prose(), *apart(form))
        for down in words.miscited(prose)
    ]
    odd += [
        findings.make("REC088", spot(case, path, down), kind="reference")
        for path, prose in apart(form)
        if path[0] == "abstract"
        for _, down in words.cited(prose)
    ]
    odd += [
        findings.make("REC097", spot(case, path, down), field=called(path), kind="reference")
        for path, prose in apart(form)
        if path[0] in ALONE
        for _, down in words.cited(prose)
    ]
    return [*odd, *_list(case, form, online=online)]


def listed(case: Case) -> list[Entry]:
    """Every entry of the case's reference list; none when there is no list, or more than one."""
    lists = case.used_as("references")
    if len(lists) != 1:
        return []
    return reflist.read(lists[0].path, case.file(lists[0]).read_text(encoding="utf-8", errors="replace"))


def cited(case: Case, form: Form) -> list[tuple[str, Place]]:
    """Every citation key in narrative and legends, and where it stands."""
    legends = [(path, text) for path, text in apart(form) if path[0] == "figures"]
    return [
        (key, spot(case, path, down))
        for path, prose in (*form.prose(), *legends)
        for key, down in words.cited(prose)
    ]


def on_purpose(form: Form) -> set[str]:
    """Keys of retracted papers that the authors cite knowingly."""
    return set(form.get("retracted_cited_on_purpose") or [])


def _list(case: Case, form: Form, *, online: bool) -> list[Finding]:
    lists = case.used_as("references")
    citations = cited(case, form)
    if not lists:
        return [findings.make("REF004", ("record.yaml", 0))] if citations else []
    if len(lists) > 1:
        return [findings.make("REF007", (lists[0].path, 0), names=", ".join(s.path for s in lists))]
    name = lists[0].path
    entries = listed(case)
    if not entries:
        return [findings.make("REF006", (name, 0))]
    known: dict[str, Entry] = {}
    found = []
    for entry in entries:
        if not entry.key:
            found.append(findings.make("REF005", (name, entry.line)))
        elif entry.key in known:
            found.append(findings.make("REF003", (name, entry.line), key=entry.key))
        else:
            known[entry.key] = entry
    for key, place in citations:
        if key not in known:
            near = difflib.get_close_matches(key, known, 1)
            hint = f"; did you mean '@{near[0]}'?" if near else ""
            found.append(findings.make("REF001", place, key=key, hint=hint))
    used = {key for key, _ in citations}
    if form.get("text"):
        found += [
            findings.make("REF002", (name, e.line), key=key) for key, e in known.items() if key not in used
        ]
    found += _twice(name, known.values(), used)
    found += [f for key, e in known.items() for f in (*_shape(name, e), *_whole(name, e, key in used))]
    agreed = on_purpose(form)
    found += [f for e in known.values() for f in fates(name, e, e.said, used, agreed)]
    at = case.where("retracted_cited_on_purpose")
    found += [findings.make("REF018", at, key=key) for key in sorted(agreed - (used & set(known)))]
    silent = [key for key in used if key in known and not known[key].told]
    if silent and not online:
        total = len(used & set(known))
        found.append(findings.make("REF017", (name, 0), count=len(silent), total=total))
    return found


def fates(name: str, entry: Entry, said: Iterable[str], used: set[str], agreed: set[str]) -> list[Finding]:
    """What became of a paper (`said`: keys of FATES), as findings: one that is cited unknowingly blocks."""
    found = []
    for what in sorted(said):
        severity = None
        if what == "retracted" and entry.key not in used:
            severity = Severity.WARNING
        if what in {"retracted", "notice"} and entry.key in agreed:
            severity = Severity.NOTE
        found.append(findings.make(FATES[what], (name, entry.line), severity=severity, key=entry.key))
    return found


def _twice(name: str, entries: Iterable[Entry], used: set[str]) -> list[Finding]:
    """The same paper under two keys, by DOI, by PubMed number, or by title and year."""
    first: dict[tuple[str, ...], Entry] = {}
    found = []
    for entry in entries:
        doi, pmid = entry.get("doi").lower(), entry.get("pmid")
        title = reflist.folded(entry.get("title"))
        marks = {
            "DOI": ("doi", doi) if doi else None,
            "PMID": ("pmid", pmid) if pmid else None,
            "title and year": ("title", title, entry.get("year")) if title and entry.get("year") else None,
        }
        for what, mark in marks.items():
            earlier = first.setdefault(mark, entry) if mark else entry
            if earlier is entry or (what == "title and year" and _differ(earlier, entry)):
                continue
            both = {earlier.key, entry.key} <= used
            place = (name, entry.at(what.lower() if what in {"DOI", "PMID"} else "title"))
            said = {"key": entry.key, "other": earlier.key, "line": earlier.line, "what": what}
            found.append(
                findings.make("REF012", place, severity=Severity.ERROR if both else Severity.WARNING, **said)
            )
            break
    return found


def _differ(one: Entry, other: Entry) -> bool:
    """Two DOIs or two PubMed numbers: two papers of the same title, like a paper in two parts."""
    return any(one.get(n) and other.get(n) and one.get(n) != other.get(n) for n in ("doi", "pmid"))


def _shape(name: str, entry: Entry) -> list[Finding]:
    """Identifiers that cannot be what they say they are."""
    rows: tuple[tuple[str, str, bool], ...] = (
        ("REF010", "doi", reflist.is_doi(entry.get("doi"))),
        ("REF011", "pmid", reflist.is_pmid(entry.get("pmid"))),
    )
    return [
        findings.make(code, (name, entry.at(part)), key=entry.key)
        for code, part, good in rows
        if entry.get(part) and not good
    ]


def _whole(name: str, entry: Entry, is_cited: bool) -> list[Finding]:
    """A cited reference without what its style needs; what a BibTeX crossref gives is not looked for."""
    if not is_cited or entry.get("parent"):
        return []
    lacking = [CALLED.get(part, part) for part in NEEDED[entry.kind] if not entry.get(part)]
    place: Place = (name, entry.line)
    return [findings.make("REF009", place, key=entry.key, what=", ".join(lacking))] if lacking else []
