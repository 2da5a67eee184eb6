"""Does every citation resolve, is every reference cited? Keys and lines only; render reads the entries."""

from __future__ import annotations

import difflib
import json
import re

from pipeline.check.schema import Form
from pipeline.core import findings, words
from pipeline.core.model import Case, Finding

BIB_ENTRY = re.compile(
    r"^[ \t]*@(?!comment|string|preamble)(\w+)[ \t]*[{(][ \t]*([^\s,{}()\"]*)[ \t]*,",
    re.IGNORECASE | re.MULTILINE,
)
RIS_START, RIS_KEY, RIS_END = re.compile(r"^TY  - "), re.compile(r"^ID  - *(\S+)"), re.compile(r"^ER  -")
NBIB_KEY = re.compile(r"^PMID- *(\d+)")


def check(case: Case, form: Form) -> list[Finding]:
    """Findings about the reference list and the citations in the narrative."""
    odd = [
        findings.make("REF008", case.where_in(path, down), field=path[-1])
        for path, prose in form.prose()
        for down in words.miscited(prose)
    ]
    return [*odd, *_list(case, form)]


def _list(case: Case, form: Form) -> list[Finding]:
    lists = case.used_as("references")
    cited = [(key, path, down) for path, prose in form.prose() for key, down in words.cited(prose)]
    if not lists:
        return [findings.make("REF004", ("record.yaml", 0))] if cited else []
    if len(lists) > 1:
        return [findings.make("REF007", (lists[0].path, 0), names=", ".join(s.path for s in lists))]
    source = lists[0]
    text = case.file(source).read_text(encoding="utf-8", errors="replace")
    entries = keys(source.path, text)
    if not entries:
        return [findings.make("REF006", (source.path, 0))]
    found = []
    known: dict[str, int] = {}
    for key, line in entries:
        if not key:
            found.append(findings.make("REF005", (source.path, line)))
        elif key in known:
            found.append(findings.make("REF003", (source.path, line), key=key))
        else:
            known[key] = line
    for key, path, down in cited:
        if key not in known:
            near = difflib.get_close_matches(key, known, 1)
            hint = f"; did you mean '@{near[0]}'?" if near else ""
            found.append(findings.make("REF001", case.where_in(path, down), key=key, hint=hint))
    if form.get("text"):
        used = {key for key, _, _ in cited}
        found += [
            findings.make("REF002", (source.path, line), key=k) for k, line in known.items() if k not in used
        ]
    return found


def keys(name: str, text: str) -> list[tuple[str, int]]:
    """Every entry's key ("" when it has none) and line, by the kind of list its name says."""
    if name.endswith(".bib"):
        return [(m.group(2), text.count("\n", 0, m.start(1)) + 1) for m in BIB_ENTRY.finditer(text)]
    if name.endswith(".json"):
        return _csl_keys(text)
    if name.endswith(".nbib"):
        rows = enumerate(text.splitlines(), 1)
        return [(m.group(1), n) for n, row in rows if (m := NBIB_KEY.match(row))]
    return _ris_keys(text)


def _ris_keys(text: str) -> list[tuple[str, int]]:
    found: list[tuple[str, int]] = []
    for n, row in enumerate(text.lstrip("\ufeff").splitlines(), 1):
        if RIS_START.match(row):
            found.append(("", n))
        elif found and (key := RIS_KEY.match(row)):
            found[-1] = (key.group(1), n)
    return found


def _csl_keys(text: str) -> list[tuple[str, int]]:
    try:
        entries = json.loads(text)
    except (ValueError, RecursionError):
        return []
    rows = entries if isinstance(entries, list) else []
    found = []
    for row in rows:
        key = str(row.get("id", "")) if isinstance(row, dict) else ""
        at = text.find(f'"{key}"') if key else -1
        found.append((key, text.count("\n", 0, at) + 1 if at >= 0 else 1))
    return found
