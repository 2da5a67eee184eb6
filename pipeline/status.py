"""One line per case: where it stands and what is next. Looks at receipts and findings; makes nothing."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from pipeline import check, intake, policy
from pipeline.core import files, journal
from pipeline.core.errors import PipelineError, UsageError
from pipeline.core.job import ORDER, Job
from pipeline.core.tell import Tell


@dataclass(frozen=True, slots=True)
class Row:
    """The state of one case."""

    case: str
    stage: str
    next: str


def read(folder: Path, out: Path, journal_id: str) -> tuple[Row, ...]:
    """The state of `folder` if it is a case, else of every case directly under it."""
    if not folder.is_dir():
        raise UsageError("no such folder", where=folder)
    if (folder / "record.yaml").is_file():
        found = [folder]
    else:
        found = sorted(p.parent for p in folder.glob("*/record.yaml"))
    return tuple(_row(case.resolve(), out.resolve(), journal_id) for case in found)


def table(rows: tuple[Row, ...]) -> str:
    """The rows as aligned text."""
    if not rows:
        return "no cases here (a case is a folder with a record.yaml)"
    wide = max(len(r.case) for r in rows)
    stage = max(len(r.stage) for r in rows)
    return "\n".join(f"{r.case:{wide}}  {r.stage:{stage}}  next: {r.next}" for r in rows)


def _row(folder: Path, out: Path, journal_id: str) -> Row:
    job = Job(folder, out / folder.name, journal.load(journal_id), Tell(quiet=True))
    try:
        case = intake.read(folder)
        report = check.check(case, job.journal).joined(policy.check(case, job.journal))
    except PipelineError as e:
        return Row(folder.name, "unreadable", f"{e.where}: {e.what}")
    if stop := report.blocking:
        place = f"{stop[0].path}:{stop[0].line}" if stop[0].line else stop[0].path
        return Row(folder.name, f"record: {len(stop)} to fix", f"{place}: {stop[0].code} {stop[0].message}")
    if (case.record.get("consent") or {}).get("withdrawn") in {True, "yes"}:
        packed = ", ".join(sorted(f"{p.parent.name}/{p.name}" for p in job.out.glob("*-pack-*/*.zip")))
        return Row(folder.name, "withdrawn", f"delete {packed}" if packed else "nothing may be sent")
    done = [step for step in ORDER if files.receipt(job.path(step))]
    reached = next((i for i, step in enumerate(ORDER) if step not in done), len(ORDER))
    if reached == len(ORDER):
        newest = max((folder / s.path).stat().st_mtime for s in case.ledger if s.use != "left-out")
        if newest > job.path("pack").stat().st_mtime:
            return Row(folder.name, "changed since it was packed", "run submit again")
        return Row(
            folder.name, f"packed for {journal_id}", f"send {next(job.path('pack').glob('*.zip')).name}"
        )
    if not case.record.get("consent"):
        return Row(
            folder.name, "record complete", "print the consent form (casereport consent) and have it signed"
        )
    if reached <= ORDER.index("consent"):
        return Row(folder.name, "consent recorded", "run submit: it checks the signed form")
    if not case.used_as("decisions"):
        return Row(folder.name, "consent checked", "look at the pictures and sign off (casereport review)")
    return Row(folder.name, "signed off", "run submit")
