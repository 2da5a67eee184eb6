"""One line per case: where it stands and what is next. Judged by findings, by the digests in the receipts and
by the gate that a run asks too, never by the times of files; makes nothing.

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
from types import ModuleType
from typing import Any

from pipeline import check, consent, deidentify, flow, identify, intake, pack, policy, render, review, verify
from pipeline.core import decisions, files, journal, pages, worker
from pipeline.core.errors import InputError, PipelineError, UsageError
from pipeline.core.job import Job, own_code
from pipeline.core.model import Case, CleanCase, Finding, Grant, Proof, SignOff
from pipeline.core.tell import Tell

TEMPLATE = "templates/status/status.html.j2"
STYLES, SCRIPT = ("templates/package/index.css", "templates/status/status.css"), "templates/status/status.js"
FIRST = 3  # findings shown of a case; the others are counted
MEMORY = ".readiness.json"  # in the results folder: digests of cases -> journals, and how far they have got
WITHDRAWN, UNREADABLE = "withdrawn", "unreadable"
TOO_MUCH = "reading it took too long or too much memory: look for a very large file"
DAY = 24 * 3600  # seconds
UNREAD = "decisions.yaml cannot be read"
REMEMBERED = 500  # states of cases
FIRST_JOURNAL = "aujmsr"  # asked about a case that is packed for none
NO_CONSENT = "consent: no signed form is recorded"
UNCHECKED = "consent: the signed form is not checked for the case as it is now"
UNSIGNED = "sign-off: nobody has signed"
Known = dict[str, dict[str, Any]]
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
    open: tuple[str, ...] = ()  # of consent, words and sign-off
    packed: tuple[str, ...] = ()  # journals it is packed for as it is now
    count: int = 0  # of all findings that stop it
    ready: tuple[str, ...] | None = None  # journals; None: not asked, or not known


@dataclass(frozen=True, slots=True)
class Stand:
    """How far the results of a case have got, for the case as it is now. Plain: it is remembered as JSON."""

    checked: bool = False  # the consent, for these clean copies
    signed: bool = False
    open: tuple[str, ...] = ()
    packed: tuple[str, ...] = ()  # "submission-jpgm.zip" is as the case is now
    old: tuple[str, ...] = ()  # packed once for these; the case has changed since


def read(folder: Path, out: Path, journal_id: str = "", *, everywhere: bool = False) -> tuple[Row, ...]:
    """The state of `folder` if it is a case, else of every case directly under it.

    Without a `journal_id`: for the journals it is packed for. `everywhere` asks each case against every
    journal too. Raises UsageError for no folder, no journal.
    """
    if not folder.is_dir():
        raise UsageError("no such folder", where=folder)
    if journal_id:
        journal.load(journal_id)
    if (folder / "record.yaml").is_file():
        found = [folder]
    else:
        found = sorted(p.parent for p in folder.glob("*/record.yaml"))
    cases = [case.resolve() for case in found]
    known = _remembered(out)
    one = partial(_row, out=out.resolve(), journal_id=journal_id, known=known, everywhere=everywhere)
    if not everywhere:
        found_out = [one(case) for case in cases]
    else:
        answers = dict(worker.each(one, cases, jobs=os.cpu_count() or 1))
        found_out = [_answered(case, answers[number]) for number, case in enumerate(cases)]
    keep = {key: value for _, kept in found_out for key, value in kept.items()}
    if everywhere or (out.is_dir() and any(known.get(key) != value for key, value in keep.items())):
        pages.save(out / MEMORY, json.dumps(dict([*known.items(), *keep.items()][-REMEMBERED:])))
    return tuple(row for row, _ in found_out)


def others(folder: Path) -> int:
    """How many folders directly under `folder` are no cases; 0 where it is a case itself."""
    if (folder / "record.yaml").is_file():
        return 0
    inside = [p for p in folder.iterdir() if p.is_dir() and not p.name.startswith(".")]
    return sum(not (p / "record.yaml").is_file() for p in inside)


def not_cases(count: int) -> str:
    """In words, or "" for none."""
    return f"{count} folder{' is no case' if count == 1 else 's are not cases'}: no record.yaml in it" * bool(
        count
    )


def _answered(case: Path, answer: Any) -> tuple[Row, Known]:
    if isinstance(answer, worker.Failed):
        return Row(case.name, UNREADABLE, TOO_MUCH, missing=(TOO_MUCH,), count=1), {}
    row: tuple[Row, Known] = answer
    return row


def table(rows: tuple[Row, ...], strange: int = 0) -> str:
    """The rows as aligned text; `strange` folders beside them are no cases."""
    if not rows:
        none = "no cases here (a case is a folder with a record.yaml)"
        return "\n".join([none, *[not_cases(strange)] * bool(strange)])
    wide = max(len(r.case) for r in rows)
    stage = max(len(r.stage) for r in rows)
    lines = [f"{r.case:{wide}}  {r.stage:{stage}}  next: {r.next}" for r in rows]
    return "\n".join([*lines, *[not_cases(strange)] * bool(strange)])


def save(rows: Sequence[Row], out: Path, strange: int = 0) -> Path:
    """Write the page of all cases to `out`/status.html. Raises OutputError."""
    path = out / "status.html"
    pages.save(path, page(rows, strange))
    return path


def page(rows: Sequence[Row], strange: int = 0) -> str:
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
        strange=not_cases(strange),
    )
    return html


def _kind(row: Row) -> str:
    """The stage without its numbers and journals, to count and filter by."""
    return "record to fix" if row.stage.startswith("record: ") else row.stage.partition(" for ")[0]


def _ago(days: int | None) -> str:
    if days is None:
        return "not known"
    return {0: "today", 1: "yesterday"}.get(days, f"{days} days ago")


def _row(
    folder: Path, out: Path, journal_id: str, known: Known, *, everywhere: bool = False
) -> tuple[Row, Known]:
    """One case, and what is to be remembered of it; `everywhere`: also the journals it is ready for."""
    try:
        case = intake.read(folder)
        seen = _seen(case, out / folder.name)
        kept = dict(known.get(seen, {}))
        if "stand" not in kept:
            kept["stand"] = asdict(_standing(case, out / folder.name))
        stand = _kept(kept["stand"])
        asked = [journal_id] if journal_id else [*stand.packed, *stand.old][:1] or [FIRST_JOURNAL]
        target = journal.load(asked[0])
        stop = check.check(case, target).joined(policy.check(case, target)).blocking
        if everywhere and "ready" not in kept:
            kept["ready"] = _ready(case)
    except PipelineError as e:
        words = f"{e.where}: {e.what}"
        return Row(folder.name, UNREADABLE, words, missing=(words,), count=1), {}
    row = _stage(case, out / folder.name, stand, journal_id, stop)
    newest = max((folder / s.path).stat().st_mtime for s in case.ledger if s.use != "left-out")
    ready = tuple(kept["ready"]) if everywhere else None
    row = replace(
        row,
        days=max(0, int((time.time() - newest) // DAY)),
        missing=tuple(map(_told, stop[:FIRST])),
        count=len(stop),
        ready=() if ready and row.stage == WITHDRAWN else ready,
        open=() if row.stage == WITHDRAWN else stand.open,
    )
    return row, {seen: kept}


def _kept(said: dict[str, Any]) -> Stand:
    listed = {name: tuple(said[name]) for name in ("open", "packed", "old")}
    return Stand(said["checked"], said["signed"], **listed)


def _stage(case: Case, out: Path, stand: Stand, journal_id: str, stop: Sequence[Finding]) -> Row:
    name = case.folder.name
    if (case.record.get("consent") or {}).get("withdrawn") in {True, "yes"} and not stop:
        packed = ", ".join(sorted(f"{p.parent.name}/{p.name}" for p in out.glob("*-pack-*/*.zip")))
        return Row(name, WITHDRAWN, f"delete {packed}" if packed else "nothing may be sent")
    if stop:
        return Row(name, f"record: {len(stop)} to fix", _told(stop[0]))
    asked = {journal_id} if journal_id else {*stand.packed, *stand.old}
    packed_for = tuple(one for one in stand.packed if one in asked)
    if packed_for:
        send = ", ".join(f"submission-{one}.zip" for one in packed_for)
        return Row(name, f"packed for {', '.join(packed_for)}", f"send {send}", 5, packed=packed_for)
    if asked & {*stand.old}:
        return Row(name, "changed since it was packed", "run submit again", 4)
    if not case.record.get("consent"):
        following = "print the consent form (casereport consent) and have it signed"
        return Row(name, "record complete", following, 1)
    if not stand.checked:
        broken = [words for words in stand.open if words.startswith(UNREAD)]
        following = broken[0] if broken else "run submit: it checks the signed form"
        return Row(name, "consent recorded", following, 2)
    if not stand.signed:
        return Row(name, "to sign off", "look at the pictures and sign off (casereport review)", 3)
    return Row(name, "signed off", "run submit", 4)


def _standing(case: Case, out: Path) -> Stand:
    """What the results folder holds for the case as it is now: receipts must name what a run would need."""
    names = [p.name.partition("-pack-")[2] for p in sorted(out.glob("*-pack-*")) if any(p.glob("*.zip"))]
    known = tuple(name for name in names if name in journal.known())
    recorded = bool(case.record.get("consent"))
    try:
        decisions.read(case.folder)
        proved = _proved(case, out)
    except PipelineError as e:
        unread = (f"{UNREAD}: {_said(e)}",) if str(e.where).startswith(decisions.NAME) else (_said(e),)
        return Stand(open=(*[NO_CONSENT] * (not recorded), *unread, UNSIGNED), old=known)
    if proved is None:
        return Stand(open=(UNCHECKED if recorded else NO_CONSENT, UNSIGNED), old=known)
    clean, proof, grant, words = proved
    signoff, open_ = _signed(case, clean, grant, words)
    if grant is None:
        asked = UNCHECKED if recorded else NO_CONSENT
        return Stand(open=(asked, *open_), old=known)
    packed = [name for name in known if signoff and _is_packed(case, out, name, clean, proof, grant, signoff)]
    old = tuple(name for name in known if name not in packed)
    return Stand(True, not open_, open_, tuple(packed), old)


def _proved(case: Case, out: Path) -> tuple[CleanCase, Proof, Grant | None, tuple[Any, ...]] | None:
    """Clean copies, proof, open words, and the grant if there is one, made for the case as it is now."""
    job = Job(case.folder, out, journal.load(FIRST_JOURNAL), Tell(quiet=True))
    if not _fresh(job, deidentify, case):
        return None
    clean = deidentify.load(job.path("deidentify"))
    if not _fresh(job, verify, case, clean):
        return None
    asked = identify.load(job.path("identify")) if _fresh(job, identify, case, clean) else ()
    proof = verify.load(job.path("verify"))
    grant = consent.load(job.path("consent")) if _fresh(job, consent, case, clean) else None
    return clean, proof, grant, flow.open_questions(proof, asked)


def _fresh(job: Job, room: ModuleType, *inputs: Any, **more: Any) -> bool:
    """Is the result of a room whole and made from these inputs?"""
    kept = files.receipt(job.path(room.__name__.rpartition(".")[2]))
    return kept is not None and kept["made_from"]["needs"] == files.digest(room.needs(*inputs, **more))


def _signed(
    case: Case, clean: CleanCase, grant: Grant | None, words: tuple[Any, ...]
) -> tuple[SignOff | None, tuple[str, ...]]:
    """The sign-off that holds, and what is open: of the words, and of the sign-off itself."""
    open_: dict[str, None] = {}
    signoff: SignOff | None = None
    asked = (grant.marks, grant.points) if grant else ()
    for queries in (words, ()):
        try:
            signoff = review.gate(case, clean, *asked, queries=queries)
        except PipelineError as e:
            open_[_said(e)] = None
    if not open_:
        return signoff, ()
    made_up = clean.record.get("synthetic") is True  # it may have been packed unseen, and says so
    return review.gate(case, clean, accept_all=True) if made_up else None, tuple(open_)


def _is_packed(
    case: Case, out: Path, name: str, clean: CleanCase, proof: Proof, grant: Grant, signoff: SignOff
) -> bool:
    job = Job(case.folder, out, journal.load(name), Tell(quiet=True))
    if not _fresh(job, render, clean, job.journal, check.check(case, job.journal).care):
        return False
    paper = render.load(job.path("render"))
    told = policy.verdicts(case)
    return _fresh(job, pack, clean, paper, grant, signoff, proof, policy=told)


def _said(error: PipelineError) -> str:
    return " ".join(
        part for part in (f"{error.where}:" if error.where else "", error.code, error.what) if part
    )


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


def _seen(case: Case, out: Path) -> str:
    """Digest of what decides about a case, to know that nothing has to be read again: our code, profiles,
    the day, and of each file of the case and its results what the disk changes whenever its bytes change.
    """
    own = [files.sha256(path) for path in sorted(journal.OWN.glob(f"*/{journal.PROFILE}"))]
    made = [p for p in files.walk(out) if p.name != ".lock"] if out.is_dir() else []
    paths = [*(case.folder / s.path for s in case.ledger), *made]
    marks = [
        (str(p), st.st_size, st.st_mtime_ns, st.st_ctime_ns, st.st_ino) for p in paths if (st := p.lstat())
    ]
    uses = [(s.path, s.kind, s.use) for s in case.ledger]
    return files.digest([own_code(), time.strftime("%F"), own, uses, marks])


def _remembered(out: Path) -> Known:
    """What was found the last time; nothing if that is not there or not readable."""
    try:
        known: Known = files.read_json(out / MEMORY)
        return {str(key): dict(row) for key, row in known.items()}
    except (OSError, ValueError, AttributeError, TypeError):
        return {}
