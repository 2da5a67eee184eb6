"""The journey of one case, in order. This is the file to read first."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

from pipeline import check, consent, deidentify, identify, intake, pack, policy, render, review, verify
from pipeline.core import files
from pipeline.core.job import Job
from pipeline.core.model import Case, CleanCase, Package, Proof, Report, Severity
from pipeline.core.proposal import Open, Query


def submit(job: Job, *, accept_all: bool = False) -> Package:
    """Take one case from its folder to a sealed package.

    Every step either finishes and leaves a receipt, or leaves nothing. Raises a PipelineError at the first
    thing that must stop the case. `accept_all` stands in for the person on the review page and is refused for
    any case that is not marked as made up.
    """
    case = intake.read(job.folder)
    job.tell.line("intake", "ok", intake.summary(case))
    report = check.check(case, job.journal)
    report.stop_if_blocking()
    job.claim(case)
    job.tell.line("check", "ok", check.summary(report))
    job.tell.notes(f for f in report if f.severity is Severity.WARNING)
    rules = policy.check(case, job.journal)
    rules.stop_if_blocking()
    job.tell.line("policy", "ok", policy.summary(rules))
    job.tell.notes(rules)
    clean = job.make(deidentify, case)
    proof = job.make(verify, case, clean)
    grant = job.make(consent, case, clean)
    job.tell.notes(consent.notes(grant))
    consent.stop_if_unlocked(grant)
    words = open_questions(proof, job.make(identify, case, clean))
    signoff = review.gate(case, clean, grant.marks, grant.points, queries=words, accept_all=accept_all)
    job.tell.line("review", "ok", review.summary(signoff))
    paper = job.make(render, clean, job.journal, report.care)
    job.tell.notes(render.warnings(paper))
    sealed = verify.guard(case, job.journal, signoff.on)  # the last hunt, over the finished package
    told = policy.verdicts(case)
    package: Package = job.make(pack, clean, paper, grant, signoff, proof, guard=sealed, policy=told)
    return package


@contextlib.contextmanager
def cleaned(job: Job) -> Iterator[tuple[Job, Case, Report, CleanCase, Proof]]:
    """The first half of the journey, for the commands that work on clean copies. Holds the case's lock."""
    with files.lock(job.out):
        case = intake.read(job.folder)
        report = check.check(case, job.journal)
        report.stop_if_blocking()
        job.claim(case)
        clean = job.make(deidentify, case)
        yield job, case, report, clean, job.make(verify, case, clean)


def open_questions(proof: Proof, proposed: tuple[Open, ...]) -> tuple[Open, ...]:
    """The same as open_words without the words, kept from run to run: enough to stop a sign-off."""
    return (*(Open(*row) for row in proof.asked), *proposed)


def open_words(case: Case, clean: CleanCase) -> tuple[Query, ...]:
    """What a person still has to decide about words: soft finds of who is listed, then proposals."""
    known = verify.asked(case, clean)
    about = {(query.part, query.sentence): query for query in known}
    others = (q for q in identify.asked(case, clean) if not _overlaps(q, about.get((q.part, q.sentence))))
    return (*known, *others)


def _overlaps(one: Query, other: Query | None) -> bool:
    return other is not None and one.start < other.end and other.start < one.end
