"""One line per case: where it stands and what is next. Looks at receipts and findings; makes nothing.

And the same as a page for whoever looks after many cases. Names of folders are shown as they are.
"""

from __future__ import annotations

import contextlib
import json
import os
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from functools import partial
from pathlib import Path

from pipeline import check, intake, policy
from pipeline.core import files, journal, pages, worker
from pipeline.core.errors import InputError, PipelineError, UsageError
from pipeline.core.job import ORDER, Job, own_code
from pipeline.core.model import Case, Finding
from pipeline.core.tell import Tell

TEMPLATE = "templates/status/status.html.j2"
STYLES, SCRIPT = ("templates/package/index.css", "templates/status/status.css"), "templates/status/status.js"
FIRST = 3  # findings shown of a case; the others are counted
MEMORY = ".readiness.json"  # in the results folder: digests of cases -> journals
READ = (
    "record",
    "private",
    "text",
    "references",
    "consent",
    "decisions",
)  # what is read, and not only listed
WITHDRAWN, UNREADABLE = "withdrawn", "unreadable"
TOO_MUCH = "reading it took too long or too much memory: look for a very large file"
DAY = 24 * 3600  # seconds
Known = dict[str, tuple[str, ...]]
STEPS = ("record", "form signed", "consent checked", "signed off", "packed")  # what a case has behind it


@dataclass(frozen=True, slots=True)
class Row:
    """The state of one case."""

    case: str
    stage: str
    next: str
    done: int = 0  # how many of STEPS
    days: int | None = None  # since a file of the case was changed
    missing: tuple[str, ...] = ()  # the first findings that stop it: "record.yaml:12: REC003 …"
    count: int = 0  # of all findings that stop it
    ready: tuple[str, ...] | None = None  # journals; None: not asked, or not known


def read(folder: Path, out: Path, journal_id: str, *, everywhere: bool = False) -> tuple[Row, ...]:
    """The state of `folder` if it is a case, else of every case directly under it.

    `everywhere` asks each case against every journal too. Raises UsageError for no folder, no journal.
    """
    if not folder.is_dir():
        raise UsageError("no such folder", where=folder)
    journal.load(journal_id)
    if (folder / "record.yaml").is_file():
        found = [folder]
    else:
        found = sorted(p.parent for p in folder.glob("*/record.yaml"))
    cases = [case.resolve() for case in found]
    one = partial(_row, out=out.resolve(), journal_id=journal_id)
    if not everywhere:
        return tuple(one(case)[0] for case in cases)
    asking = partial(one, known=_remembered(out))
    answers = dict(worker.each(asking, cases, jobs=os.cpu_count() or 1))
    rows: list[Row] = []
    keep: dict[str, tuple[str, ...] | None] = {}
    for number, case in enumerate(cases):
        answer = answers[number]
        failed = isinstance(answer, worker.Failed)
        row, key = (
            (Row(case.name, UNREADABLE, TOO_MUCH, missing=(TOO_MUCH,), count=1), "") if failed else answer
        )
        rows.append(row)
        keep |= {key: row.ready} if key else {}
    pages.save(out / MEMORY, json.dumps(keep))
    return tuple(rows)


def table(rows: tuple[Row, ...]) -> str:
    """The rows as aligned text."""
    if not rows:
        return "no cases here (a case is a folder with a record.yaml)"
    wide = max(len(r.case) for r in rows)
    stage = max(len(r.stage) for r in rows)
    return "\n".join(f"{r.case:{wide}}  {r.stage:{stage}}  next: {r.next}" for r in rows)


def save(rows: Sequence[Row], out: Path) -> Path:
    """Write the page of all cases to `out`/status.html. Raises OutputError."""
    path = out / "status.html"
    pages.save(path, page(rows))
    return path


def page(rows: Sequence[Row]) -> str:
    """The page: readable as it is; its script only sorts and filters."""
    ranked = sorted(rows, key=lambda row: row.done)
    stages = Counter(_kind(row) for row in rows)
    html: str = pages.template(TEMPLATE).render(
        styles=[pages.own(name) for name in STYLES],
        script=pages.own(SCRIPT),
        rows=[{**asdict(row), "kind": _kind(row), "ago": _ago(row.days)} for row in rows],
        stages=sorted(stages.items(), key=lambda kind: [_kind(row) for row in ranked].index(kind[0])),
        journals=sorted({name for row in rows for name in row.ready or ()}),
        all_journals=len(journal.known()),
        steps=STEPS,
    )
    return html


def _kind(row: Row) -> str:
    """The stage without its numbers and journals, to count and filter by."""
    return "record to fix" if row.stage.startswith("record: ") else row.stage.partition(" for ")[0]


def _ago(days: int | None) -> str:
    if days is None:
        return "not known"
    return {0: "today", 1: "yesterday"}.get(days, f"{days} days ago")


def _row(folder: Path, out: Path, journal_id: str, known: Known | None = None) -> tuple[Row, str]:
    """One case; with `known`, what is remembered of the last time, also the journals it is ready for and the
    digest of what that depends on.
    """
    job = Job(folder, out / folder.name, journal.load(journal_id), Tell(quiet=True))
    try:
        case = intake.read(folder)
        stop = check.check(case, job.journal).joined(policy.check(case, job.journal)).blocking
        key = _key(case) if known is not None else ""
        ready = known[key] if known and key in known else _ready(case) if key else None
    except PipelineError as e:
        words = f"{e.where}: {e.what}"
        return Row(folder.name, UNREADABLE, words, missing=(words,), count=1), ""
    row = _stage(case, job, stop)
    newest = max((folder / s.path).stat().st_mtime for s in case.ledger if s.use != "left-out")
    row = replace(
        row,
        days=max(0, int((time.time() - newest) // DAY)),
        missing=tuple(map(_told, stop[:FIRST])),
        count=len(stop),
        ready=() if ready and row.stage == WITHDRAWN else ready,
    )
    return row, key


def _stage(case: Case, job: Job, stop: Sequence[Finding]) -> Row:
    name, journal_id = case.folder.name, job.journal.id
    if stop:
        return Row(name, f"record: {len(stop)} to fix", _told(stop[0]))
    if (case.record.get("consent") or {}).get("withdrawn") in {True, "yes"}:
        packed = ", ".join(sorted(f"{p.parent.name}/{p.name}" for p in job.out.glob("*-pack-*/*.zip")))
        return Row(name, WITHDRAWN, f"delete {packed}" if packed else "nothing may be sent")
    done = [step for step in ORDER if files.receipt(job.path(step))]
    reached = next((i for i, step in enumerate(ORDER) if step not in done), len(ORDER))
    if reached == len(ORDER):
        newest = max((case.folder / s.path).stat().st_mtime for s in case.ledger if s.use != "left-out")
        if newest > job.path("pack").stat().st_mtime:
            return Row(name, "changed since it was packed", "run submit again", 4)
        return Row(name, f"packed for {journal_id}", f"send {next(job.path('pack').glob('*.zip')).name}", 5)
    if not case.record.get("consent"):
        following = "print the consent form (casereport consent) and have it signed"
        return Row(name, "record complete", following, 1)
    if reached <= ORDER.index("consent"):
        return Row(name, "consent recorded", "run submit: it checks the signed form", 2)
    if not case.used_as("decisions"):
        return Row(name, "consent checked", "look at the pictures and sign off (casereport review)", 3)
    return Row(name, "signed off", "run submit", 4)


def _told(finding: Finding) -> str:
    place = f"{finding.path}:{finding.line}" if finding.line else finding.path
    return f"{place}: {finding.code} {finding.message}"


def _ready(case: Case) -> tuple[str, ...]:
    """The journals that nothing stops the case for. A profile that cannot be read takes no case."""
    found = []
    for name in journal.known():
        with contextlib.suppress(InputError):  # said when that journal is chosen
            if not check.check(case, journal.load(name)).blocking:
                found.append(name)
    return tuple(found)


def _key(case: Case) -> str:
    """Digest of what decides for which journals a case is ready: our code and data, profiles, the case."""
    read = [files.sha256(case.file(s)) for use in READ for s in case.used_as(use)]
    others = [(s.path, s.kind, s.size, s.use) for s in case.ledger]
    own = [files.sha256(path) for path in sorted(journal.OWN.glob(f"*/{journal.PROFILE}"))]
    return files.digest([own_code(), own, read, others])


def _remembered(out: Path) -> Known:
    """What was found the last time; nothing if that is not there or not readable."""
    try:
        return {key: tuple(ready) for key, ready in files.read_json(out / MEMORY).items()}
    except (OSError, ValueError, AttributeError, TypeError):
        return {}
