"""The journals at a glance: what we know of each, what changes between two, and where a case stands."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from pipeline import check, policy
from pipeline.core import journal, numbering
from pipeline.core.errors import InputError
from pipeline.core.journal import Journal
from pipeline.core.model import Case, Finding, Severity

RULES = {  # rule -> what it is called in a table; the order of the tables
    "words_max": "words in the text",
    "abstract": "abstract",
    "keywords": "keywords",
    "authors_max": "authors",
    "references": "references",
    "figures": "figures",
    "tables_max": "tables",
    "figures_tables_max": "figures and tables",
    "blinding": "blinding",
    "title_forbids": "title",
    "learning_points": "learning points",
    "highlights": "highlights",
    "forms": "also asks for",
    "excluded": "does not take",
}
NOT_KNOWN = "not known"
BROKEN = "its profile cannot be read: casereport check CASE --journal … says where"


@dataclass(frozen=True, slots=True)
class Ready:
    """Where a case stands with one journal: findings that are this journal's own, and what is counted."""

    journal: str
    errors: tuple[Finding, ...]
    warnings: tuple[Finding, ...]
    counts: dict[str, str]  # "words in the text" -> "1406/1500"


@dataclass(frozen=True, slots=True)
class Change:
    """One thing that differs between two journals."""

    what: str
    before: str
    after: str
    case: str = ""  # what it means for the case, if there is one


def listed() -> list[dict[str, Any]]:
    """Every journal: id, name, whether the profile is the user's own, and its main limits in words."""
    rows = []
    for name, one in _readable():
        if one is None:
            rows.append(
                {
                    **dict.fromkeys(("words", "abstract", "references"), NOT_KNOWN),
                    "id": name,
                    "name": BROKEN,
                    "own": True,
                    "blinded": False,
                    "certain": 0,
                    "rules": 0,
                }
            )
            continue
        asked = [rule for rule in one.rules if rule in RULES]
        rows.append(
            {
                "id": name,
                "name": one.name,
                "own": (journal.OWN / name / journal.PROFILE).is_file(),
                "blinded": one.layout["blinded"],
                "certain": sum(one.sure(rule) for rule in asked),
                "rules": len(asked),
                "words": _value(one, "words_max"),
                "abstract": _group(one, "abstract", "words_max", "words"),
                "references": _group(one, "references", "max", ""),
            }
        )
    return rows


def table(rows: list[dict[str, Any]]) -> str:
    """The list as aligned text. Values in brackets are not certain."""
    head = ("journal", "words", "abstract", "references", "blinded", "certain", "name")
    body = [
        (
            row["id"],
            row["words"],
            row["abstract"],
            row["references"],
            "yes" if row["blinded"] else "no",
            f"{row['certain']}/{row['rules']}",
            row["name"] + (" (yours)" if row["own"] else ""),
        )
        for row in rows
    ]
    legend = (
        "(in brackets): not read on the journal's own page, or a default of ours; only warns\n"
        "certain: how many of the rules were read on the journal's own page; docs/journals.md, profile.yaml"
    )
    return f"{aligned([head, *body])}\n\n{legend}"


def compare(before: Journal, after: Journal, case: Case | None) -> tuple[Change, ...]:
    """What changes from one journal to the other; with a case, what that means for it."""
    counts = _counts(case, after) if case else {}
    found = []
    for rule, what in RULES.items():
        one, other = _value(before, rule), _value(after, rule)
        if one != other:
            found.append(Change(what, one, other, counts.get(what, "")))
    found += _layout(before, after)
    if case:
        found += _case(before, after, case)
    return tuple(found)


def to_text(before: Journal, after: Journal, changes: Sequence[Change]) -> str:
    """The changes as aligned text, long ones on lines of their own."""
    if not changes:
        return f"nothing that we know of changes from {before.id} to {after.id}"
    out = []
    for change in changes:
        out.append(f"{change.what}\n    {before.id}: {change.before}\n    {after.id}: {change.after}")
        if change.case:
            out.append(f"    this case: {change.case}")
    return "\n".join(out)


def readiness(case: Case) -> tuple[tuple[Finding, ...], tuple[Ready, ...]]:
    """Findings whatever the journal, and for each journal its own."""
    loaded = {name: one for name, one in _readable() if one}
    reports = {name: check.check(case, one).joined(policy.check(case, one)) for name, one in loaded.items()}
    everywhere = set.intersection(*(set(report) for report in reports.values()))
    rows = []
    for name, report in reports.items():
        own = [f for f in report if f not in everywhere]
        rows.append(
            Ready(
                name,
                tuple(f for f in own if f.severity is Severity.ERROR),
                tuple(f for f in own if f.severity is Severity.WARNING),
                _counts(case, loaded[name]),
            )
        )
    first = next(iter(reports.values()))
    return tuple(f for f in first if f in everywhere), tuple(rows)


def readiness_text(common: Iterable[Finding], rows: Sequence[Ready]) -> str:
    """The table of journals, then what each of them lacks."""
    stop = [f for f in common if f.severity is Severity.ERROR]
    out = [f"{len(stop)} to fix whatever the journal:", *(f"    {f}" for f in stop), ""] if stop else []
    names = list(dict.fromkeys(what for row in rows for what in row.counts))
    head = ("journal", "ready", "to fix", "to ask", *names)
    body = [
        (
            row.journal,
            "no" if stop or row.errors else "yes",
            str(len(stop) + len(row.errors)),
            str(len(row.warnings)),
            *(row.counts.get(name, "–") for name in names),
        )
        for row in rows
    ]
    out.append(aligned([head, *body]))
    for row in rows:
        if own := [*row.errors, *row.warnings]:
            out += ["", f"{row.journal}:"]
            for finding in own:
                out += [f"    {finding}", f"        {finding.why}"]
    return "\n".join(out)


def _readable() -> Iterator[tuple[str, Journal | None]]:
    """Every journal; None for a profile that cannot be read, which is said when it is chosen."""
    for name in journal.known():
        try:
            yield name, journal.load(name)
        except InputError:
            yield name, None


def aligned(rows: Sequence[Sequence[str]]) -> str:
    """Rows of cells as columns of equal width."""
    wide = [max(len(row[n]) for row in rows) for n in range(len(rows[0]))]
    return "\n".join("  ".join(f"{c:{w}}" for c, w in zip(row, wide, strict=True)).rstrip() for row in rows)


def _counts(case: Case, of: Journal) -> dict[str, str]:
    shown = {}
    for row in check.counts(case, of):
        least, most = row.least, row.most
        limit = f"{least or 0}–{most}" if least and most else f"≥{least}" if least else str(most or "")
        shown[row.what] = f"{row.count}/{limit}" if limit else str(row.count)
    return shown


def _value(of: Journal, rule: str) -> str:
    """A rule in words; in brackets when it is not certain."""
    found = of.value(rule)
    if found is None:
        return NOT_KNOWN
    said = "; ".join(_said(rule, found)) or NOT_KNOWN
    return said if of.sure(rule) or said == NOT_KNOWN else f"({said})"


def _group(of: Journal, rule: str, name: str, unit: str) -> str:
    """One number of a rule that has several, with its unit."""
    found = (of.value(rule) or {}).get(name)
    said = NOT_KNOWN if found is None else f"{found} {unit}".strip()
    return said if of.sure(rule) or said == NOT_KNOWN else f"({said})"


def _said(rule: str, value: Any) -> Iterator[str]:
    if rule == "keywords":
        least, most = value
        yield f"{least} to {most}" if least and most else f"at least {least}" if least else f"at most {most}"
    elif rule == "abstract":
        yield ", ".join(value["structured"]) if value.get("structured") else "unstructured"
        if value.get("words_max"):
            yield f"{value['words_max']} words"
    elif rule == "title_forbids":
        yield from (row["rule"] for row in value)
    elif isinstance(value, dict):
        yield from (
            f"{name.replace('_', ' ')} {', '.join(map(str, v)) if isinstance(v, list) else v}"
            for name, v in value.items()
        )
    elif isinstance(value, list):
        yield from map(str, value)
    else:
        yield str(value)


def _layout(before: Journal, after: Journal) -> Iterator[Change]:
    """What a reader of the manuscript sees."""
    for what, told in (
        ("sections", lambda j: ", ".join(s["heading"] for s in j.layout["sections"])),
        ("declarations", lambda j: ", ".join(s["heading"] for s in j.layout["statements"])),
        ("reviewers see names", lambda j: "no" if j.layout["blinded"] else "yes"),
        ("citation style", lambda j: j.layout["csl"]),
        ("age of the patient", lambda j: j.layout["people"]["age"]),
        ("places", lambda j: "as written" if j.layout["people"]["place"] == "any" else "left out"),
        ("consent statement", lambda j: j.layout["consent_statement"].strip()),
        ("signed consent form", lambda j: j.layout["consent_delivery"]),
        ("checklists", lambda j: ", ".join(j.layout.get("checklists", ["care"]))),
        ("a file of highlights", lambda j: "yes" if j.layout["highlights"] else "no"),
        ("title page", lambda j: _entries(j.layout.get("title_page"))),
        ("list of abbreviations", lambda j: "yes" if j.layout.get("abbreviations") else "no"),
        ("handed in through", lambda j: j.layout.get("submission", {}).get("platform", "other")),
        ("figure files", lambda j: _figure(j.layout["figure"])),
        ("page", lambda j: _page(j.layout["page"])),
    ):
        one, other = told(before), told(after)
        if one != other:
            yield Change(what, one, other)


def _entries(rows: list[Any] | None) -> str:
    return ", ".join(r["entry"] if isinstance(r, dict) else r for r in rows) if rows else "the usual entries"


def _figure(form: dict[str, Any]) -> str:
    single, double = form["widths_mm"]
    most = f", at most {form['max_mb']:g} MB" if form.get("max_mb") else ""
    return f"{form['format']}, {form['dpi']} dpi, {single:g} or {double:g} mm wide, {form['colour']}{most}"


def _page(page: dict[str, Any]) -> str:
    lines = "every line numbered" if page["line_numbers"] else "no line numbers"
    return f"{page['paper']}, {page['font_pt']:g} pt, spacing {page['spacing']:g}, {lines}"


def _case(before: Journal, after: Journal, case: Case) -> Iterator[Change]:
    """The title, numbers of figures and tables, and findings that come or go. No words of the record."""
    title = str(case.record.get("title") or "")
    if before.title(title) != after.title(title):
        kept, cut = "as written", "shortened (title_drops)"
        yield Change("the title", *(kept if j.title(title) == title else cut for j in (before, after)))
    was, now = (set(check.check(case, j)) for j in (before, after))
    if not any(f.code.startswith("REC") and f.severity is Severity.ERROR for f in was | now):
        one, other = (_numbers(case, j) for j in (before, after))
        for kind, what in (("fig", "numbers of figures"), ("table", "numbers of tables")):
            moved = [f"{i} {n} → {other[kind][i]}" for i, n in one[kind].items() if other[kind][i] != n]
            if moved:
                yield Change(what, "by the order of its sections", ", ".join(moved))
    serious = {Severity.ERROR, Severity.WARNING}
    gone = sorted(str(f) for f in was - now if f.severity in serious)
    new = sorted(str(f) for f in now - was if f.severity in serious)
    if gone or new:
        yield Change("findings", "\n      ".join(gone) or "none", "\n      ".join(new) or "none")


def _numbers(case: Case, of: Journal) -> dict[str, dict[str, int]]:
    text = case.record["text"]
    order = [row["part"] for section in of.layout["sections"] for row in section["parts"]]
    return numbering.by_mention(case.record, (str(text.get(part) or "") for part in order))
