"""What each verb does: words typed -> rooms called. Results to stdout, talk to stderr. No logic lives here.

Every function takes the words typed and the voice of the run, and gives back the exit code and the answer for
`--json`. Rooms are imported where they are used, so that `--help` stays light.
"""

from __future__ import annotations

import argparse
import re
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

from pipeline import standalone
from pipeline.core.errors import Exit, UsageError
from pipeline.core.tell import Tell, plain
from pipeline.standalone import fields

ALL = "all"  # in the place of a journal: every one of them


def _new(args: argparse.Namespace, tell: Tell) -> tuple[Exit, Any]:
    from pipeline import new

    if args.journal:
        if args.case or args.pictures:
            raise UsageError("a case or a journal, not both", fix="run: casereport new --journal my-journal")
        profile = new.make_journal(args.journal)
        tell.say(
            f"next: fill in {profile / 'profile.yaml'}, then: casereport check CASE --journal {profile.name}"
        )
        return Exit.OK, {"journal": str(profile)}
    if args.case is None:
        raise UsageError("say which folder to make", fix="run: casereport new cases/my-case")
    made = new.make(args.case, args.pictures)
    tell.say(
        f"next: fill in {made / 'record.yaml'} and {made / 'private.yaml'}, then run `make` in that folder"
    )
    return Exit.OK, {"case": str(made)}


def _check(args: argparse.Namespace, tell: Tell) -> tuple[Exit, Any]:
    from pipeline import check, intake, policy
    from pipeline.core import journal

    if args.journal == ALL:
        if args.online:
            raise UsageError("--online asks for one journal at a time", fix="leave out --journal all")
        return _check_all(args)
    case = intake.read(_folder(args))
    if args.online:
        tell.say("asking Crossref and PubMed: DOIs and PubMed numbers are sent, nothing of the case")
    asked = journal.load(args.journal)
    report = check.check(case, asked, online=args.online, at=args.online_at)
    report = report.joined(policy.check(case, asked))
    if not args.json:
        for finding in report:
            print(plain(own_command(args, _finding_text(finding))))
        stop = len(report.blocking)
        tell.say(f"{check.summary(report)}; " + (f"{stop} to fix" if stop else "ready"))
    answer = {
        "ready": not report.blocking,
        "findings": [fields(f) for f in report],
        "care": [fields(line) for line in report.care],
    }
    return (Exit.NOT_READY if report.blocking else Exit.OK), answer


def _check_all(args: argparse.Namespace) -> tuple[Exit, Any]:
    """One case against every journal. Done (0) if it is ready for one of them at least."""
    from pipeline import intake, journals

    common, rows = journals.readiness(intake.read(_folder(args)))
    if not args.json:
        print(plain(journals.readiness_text(common, rows)))
    stop = any(f.severity == "error" for f in common)
    ready = [row.journal for row in rows if not stop and not row.errors]
    answer = {
        "ready": ready,
        "findings": [fields(f) for f in common],
        "journals": {
            row.journal: {
                "counts": row.counts,
                "findings": [fields(f) for f in (*row.errors, *row.warnings)],
            }
            for row in rows
        },
    }
    return (Exit.OK if ready else Exit.NOT_READY), answer


def _journals(args: argparse.Namespace, _tell: Tell) -> tuple[Exit, Any]:
    from pipeline import intake, journals
    from pipeline.core import journal

    if not args.what:
        rows = journals.listed()
        if not args.json:
            print(plain(journals.table(rows)))
        return Exit.OK, {"journals": rows}
    verb, *names = args.what
    if verb != "compare" or len(names) not in (2, 3):
        raise UsageError("not understood", fix="run: casereport journals compare aujmsr jmcr [CASE]")
    before, after = journal.load(names[0]), journal.load(names[1])
    case = None
    if len(names) == 3:
        args.case = Path(names[2])
        case = intake.read(_folder(args))
    changes = journals.compare(before, after, case)
    if not args.json:
        print(plain(journals.to_text(before, after, changes)))
    return Exit.OK, {"changes": [fields(change) for change in changes]}


def _deidentify(args: argparse.Namespace, tell: Tell) -> tuple[Exit, Any]:
    with _clean(args, tell) as (job, _case, _report, clean, proof):
        return Exit.OK, {
            "folder": str(job.path("deidentify")),
            "clean": clean.digest,
            "pictures": len(clean.panels),
            "identifiers_hunted": proof.identifiers,
            "cannot_judge": list(proof.cannot_judge),
        }


def _consent(args: argparse.Namespace, tell: Tell) -> tuple[Exit, Any]:
    from pipeline import consent, flow, identify
    from pipeline.core import files

    if args.language:
        consent.check_language(args.language)  # before the pictures are cleaned
    with _clean(args, tell) as (job, case, _report, clean, proof):
        if args.check or args.protect or args.sign is not None:
            grant = job.make(consent, case, clean)
            tell.notes(consent.notes(grant))
            if args.protect:
                tell.line("protect", "ok", consent.protect(case, grant))
            elif not args.check:
                tell.line("sign", "ok", consent.sign(case, grant, args.sign, args.role, args.tsa))
            elif not args.json:
                print(plain(consent.table(grant)))
            return Exit.OK, {
                "form": grant.form,
                "figures": list(grant.figures),
                "valid": True,
                "boxes": grant.summary["boxes"],
                "to_confirm": grant.summary["checks"]["to_confirm"],
            }
        if open_ := flow.open_questions(proof, job.make(identify, case, clean)):
            tell.say(
                f"{len(open_)} places hold words that may identify someone; decide about them before "
                "this form is signed (casereport words CASE): what changes afterwards lapses"
            )
        kind = "addendum" if args.addendum else "digital" if args.digital else "form"
        named = (
            f"{kind}-form" if args.digital else kind,
            args.language,
            "large" if args.large_print else None,
        )
        final = job.out / "-".join(filter(None, named))
        with tell.step("consent form") as line, files.publish(final, {"clean": clean.digest}) as part:
            printing = {
                "addendum": lambda: consent.print_addendum(case, clean, part, large=args.large_print),
                "digital": lambda: consent.print_digital(case, clean, part, large=args.large_print),
                "form": lambda: consent.print_form(case, clean, part, args.language, large=args.large_print),
            }
            line.detail = printing[kind]()
        how = "digitally, put the signed PDF" if args.digital else "on paper, put the scan"
        aloud = " (read-aloud.html: for who cannot read)" if kind != "digital" else ""
        tell.say(f"next: have {final / 'form.pdf'} signed {how} and form.json into consent/{aloud}")
        return Exit.OK, {"form": str(final / "form.pdf")}


def _review(args: argparse.Namespace, tell: Tell) -> tuple[Exit, Any]:
    from pipeline import consent, deidentify, flow, review, verify

    with _clean(args, tell) as (job, case, _report, clean, _proof):

        def lay(copies: Any) -> tuple[Any, Any, Any, Any]:
            boxes, points = consent.to_confirm(case, copies)
            return copies, boxes, points, flow.open_words(case, copies)

        def again() -> tuple[Any, Any, Any, Any]:
            copies = job.make(deidentify, case)
            job.make(verify, case, copies)
            return lay(copies)

        def held(copies: Any) -> Any:
            return consent.check(case, copies).blocking

        laid = lay(clean)
        review.serve(case, laid[0], tell, *laid[1:], again, held=held, browser=not args.no_browser)
        copies, boxes, points, queries = lay(deidentify.load(job.path("deidentify")))
        signoff = review.gate(case, copies, boxes, points, queries=queries)
        return Exit.OK, {"by": signoff.by, "on": signoff.on, "clean": signoff.clean}


def _words(args: argparse.Namespace, tell: Tell) -> tuple[Exit, Any]:
    from pipeline import flow
    from pipeline.review import terminal

    with _clean(args, tell) as (_job, case, _report, clean, _proof):
        queries = flow.open_words(case, clean)
        if not args.json:
            left = terminal.ask(case, queries, args.by, input, print)
            tell.say(
                f"{left} left to decide" if left else "every word is decided; next: casereport review CASE"
            )
        rows = terminal.listed(terminal.open_queries(case, queries))
        return (Exit.NOT_READY if rows else Exit.OK), {"open": rows}


def _render(args: argparse.Namespace, tell: Tell) -> tuple[Exit, Any]:
    from pipeline import consent, flow, identify, render, review, verify

    with _clean(args, tell) as (job, case, report, clean, proof):
        if not args.draft:  # without a watermark only what was consented to and signed off
            grant = job.make(consent, case, clean)
            review.gate(
                case,
                clean,
                grant.marks,
                grant.points,
                queries=flow.open_questions(proof, job.make(identify, case, clean)),
            )
        extra = (True,) if args.draft else ()
        sealed = verify.guard(case, job.journal)
        paper = job.make(render, clean, job.journal, report.care, *extra, guard=sealed)
        return Exit.OK, {"folder": str(paper.folder), "counts": paper.counts}


def _submit(args: argparse.Namespace, tell: Tell) -> tuple[Exit, Any]:
    from pipeline import flow
    from pipeline.core import files

    job = _job(args, tell)
    with files.lock(job.out):
        package = flow.submit(job, accept_all=args.accept_all)
    upload = package.folder / "upload"
    if not args.json:
        print(package.zip)
    tell.say(f"next: {upload / 'how-to-submit.html'} says which file goes where")
    return Exit.OK, {"package": str(package.zip), "sha256": package.sha256, "upload": str(upload)}


def _verify(args: argparse.Namespace, tell: Tell) -> tuple[Exit, Any]:
    from pipeline.verify import package

    if args.case.is_dir():
        if args.open:
            raise UsageError("--open is for a package", where=args.case, fix="give the zip that submit made")
        if args.private:
            raise UsageError("a case has its own private.yaml; --private is for a package", where=args.case)
        with _clean(args, tell) as (_job, _case, _report, clean, proof):
            return Exit.OK, {
                "clean": clean.digest,
                "identifiers_hunted": proof.identifiers,
                "bytes": proof.bytes,
            }
    if not args.case.is_file():
        raise UsageError("no such case folder or package", where=args.case)
    verdict = package.check(args.case, args.private)
    if not args.json:
        print(plain(package.to_text(verdict)))
    if args.open:
        from pipeline.verify import verdict as sheet

        _show(args, tell, sheet.save(verdict, args.out / "verdicts"))
    return package.exit_code(verdict), package.to_json(verdict)


def _status(args: argparse.Namespace, tell: Tell) -> tuple[Exit, Any]:
    from pipeline import status

    rows = status.read(args.case, args.out, args.journal, everywhere=args.open)
    strange = status.others(args.case)
    if not args.json:
        print(plain(status.table(rows, strange)))
    if args.open:
        _show(args, tell, status.save(rows, args.out, strange))
    return Exit.OK, {"cases": [fields(row) for row in rows], "not_cases": strange}


def _show(args: argparse.Namespace, tell: Tell, page: Path) -> None:
    """Say where a page is, and open it unless --no-browser."""
    from pipeline.core import pages

    tell.say(f"page: {page}")
    if not args.no_browser:
        pages.show(page)


def _job(args: argparse.Namespace, tell: Tell) -> Any:
    from pipeline.core import journal
    from pipeline.core.job import Job

    folder = _folder(args)
    out = (args.out / folder.name).resolve()
    if out.is_relative_to(folder):
        raise UsageError(
            "results would be written inside the case", where=args.out, fix="choose another --out folder"
        )
    return Job(folder, out, journal.load(args.journal), tell, draft=getattr(args, "draft", False))


def _folder(args: argparse.Namespace) -> Path:
    """The case folder by its full path. Raises UsageError when there is none."""
    folder: Path = args.case.resolve()
    if not folder.is_dir():
        raise UsageError("no such case folder", where=args.case, fix=f"run: casereport new {args.case}")
    return folder


def _clean(args: argparse.Namespace, tell: Tell) -> Any:
    from pipeline import flow

    return flow.cleaned(_job(args, tell))


def _finding_text(finding: Any) -> str:
    lines = [str(finding)]
    if finding.severity == "error":
        lines += [f"   why: {finding.why}", f"  next: {finding.fix}"]
    elif finding.fix and finding.severity == "warning":
        lines += [f"  next: {finding.fix}"]
    return "\n".join(lines)


def own_command(args: argparse.Namespace, text: str) -> str:
    """Advice as it can be typed here: with this case, and through make if the command is not on the PATH."""
    case = str(getattr(args, "case", "CASE"))
    case = f"'{case}'" if " " in case else case
    if shutil.which("casereport") is None and Path("Makefile").is_file():
        text = re.sub(r"casereport (new|check|consent|review|submit) CASE(?! --)", r"make \1 CASE=CASE", text)
    return re.sub(r"(casereport \w+ |CASE=)CASE\b", lambda found: found[1] + case, text)


VERBS: dict[str, tuple[str, Callable[[argparse.Namespace, Tell], tuple[Exit, Any]]]] = {
    "new": ("start a case folder, or with --journal the profile of a journal", _new),
    "check": ("every gap and risk of a case at once", _check),
    "deidentify": ("make clean copies and hunt for identity in them", _deidentify),
    "clean": ("copies without identity of any folder of images, no case needed", standalone.clean_folder),
    "find-identifiers": ("what in a text may identify someone, no case needed", standalone.find_identifiers),
    "consent": ("print the form for exactly these pictures; --check reads the signed scan", _consent),
    "review": ("look at every clean copy and sign off (a local page)", _review),
    "words": ("decide about words that may identify someone, one by one", _words),
    "render": ("write the manuscript; --draft before consent", _render),
    "submit": ("all of it, up to a sealed package", _submit),
    "verify": ("check a package.zip (needs nothing else), or hunt again in a case", _verify),
    "audit": ("is anyone whom private.yaml lists in this file or folder?", standalone.audit),
    "journals": ("every journal we know; compare A B [CASE] shows what changes", _journals),
    "status": ("one line per case: where it stands, what is next", _status),
    "may-i-post": (
        "may this be posted, shown or published? the rule, and the way out",
        standalone.may_i_post,
    ),
    "explain": ("why a finding matters and how to fix it", standalone.explain),
    "doctor": ("is this computer ready?", standalone.doctor),
}
