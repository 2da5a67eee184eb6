"""Words typed -> rooms called. Results go to stdout, talk to stderr. No logic lives here."""

from __future__ import annotations

import argparse
import difflib
import json
import os
import re
import shutil
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, NoReturn

from pipeline import __version__, options
from pipeline.core import signals
from pipeline.core.errors import Exit, PipelineError, UsageError
from pipeline.core.tell import Tell, colour, plain

DEFAULT_JOURNAL = "aujmsr"
EPOCH = "315532800"  # 1980-01-01, the first date a zip can hold
CODES = "exit codes: " + " · ".join(f"{code.value} {code.name.lower().replace('_', ' ')}" for code in Exit)


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        typed = next((a for a in sys.argv[1:] if not a.startswith("-")), "")
        near = difflib.get_close_matches(typed, VERBS, 1) if typed not in VERBS else []
        hint = f"\n  next: did you mean 'casereport {near[0]}'?" if near else "\n  next: casereport --help"
        print(plain(f"casereport: {message}{hint}"), file=sys.stderr)
        raise SystemExit(Exit.USAGE)


def _new(args: argparse.Namespace, tell: Tell) -> tuple[Exit, Any]:
    from pipeline import new

    made = new.make(args.case)
    tell.say(
        f"next: fill in {made / 'record.yaml'} and {made / 'private.yaml'}, then run `make` in that folder"
    )
    return Exit.OK, {"case": str(made)}


def _check(args: argparse.Namespace, tell: Tell) -> tuple[Exit, Any]:
    from pipeline import check, intake
    from pipeline.core import journal

    case = intake.read(_folder(args))
    if args.online:
        tell.say("asking Crossref and PubMed: DOIs and PubMed numbers are sent, nothing of the case")
    report = check.check(case, journal.load(args.journal), online=args.online, at=args.online_at)
    if not args.json:
        for finding in report:
            print(plain(_own_command(args, _finding_text(finding))))
        stop = len(report.blocking)
        tell.say(f"{check.summary(report)}; " + (f"{stop} to fix" if stop else "ready"))
    answer = {
        "ready": not report.blocking,
        "findings": [_fields(f) for f in report],
        "care": [_fields(line) for line in report.care],
    }
    return (Exit.NOT_READY if report.blocking else Exit.OK), answer


def _deidentify(args: argparse.Namespace, tell: Tell) -> tuple[Exit, Any]:
    with _clean(args, tell) as (job, _case, _report, clean, proof):
        return Exit.OK, {
            "folder": str(job.path("deidentify")),
            "clean": clean.digest,
            "pictures": len(clean.panels),
            "identifiers_hunted": proof.identifiers,
            "cannot_judge": list(proof.cannot_judge),
        }


def _clean_folder(args: argparse.Namespace, tell: Tell) -> tuple[Exit, Any]:
    from pipeline.deidentify.folder import run, told, wish

    if args.json and args.json != "-":
        told.check_place(Path(args.json), args.source, args.clean_copies)
    asked = wish.read(args.options, args.private, args.key, args.faces_agreed, args.jobs, bool(args.json))
    done = run.clean(args.source, args.clean_copies, asked, tell)
    code, answer = told.exit_code(done), told.report(done)
    if args.json and args.json != "-":
        told.write(Path(args.json), {"version": 1, "verb": "clean", "exit": int(code), **answer})
    if args.json != "-":
        print(plain(told.to_text(done, args.clean_copies, names=args.names)))
    return code, answer


def _consent(args: argparse.Namespace, tell: Tell) -> tuple[Exit, Any]:
    from pipeline import consent
    from pipeline.core import files

    if args.language:
        consent.check_language(args.language)  # before the pictures are cleaned
    with _clean(args, tell) as (job, case, _report, clean, _proof):
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
    from pipeline import consent, review

    with _clean(args, tell) as (_job, case, _report, clean, _proof):
        boxes, points = consent.to_confirm(case, clean)
        review.serve(case, clean, tell, boxes, points, browser=not args.no_browser)
        signoff = review.gate(case, clean, boxes, points)
        return Exit.OK, {"by": signoff.by, "on": signoff.on, "clean": signoff.clean}


def _render(args: argparse.Namespace, tell: Tell) -> tuple[Exit, Any]:
    from pipeline import consent, render, review, verify

    with _clean(args, tell) as (job, case, report, clean, _proof):
        if not args.draft:  # without a watermark only what was consented to and signed off
            grant = job.make(consent, case, clean)
            review.gate(case, clean, grant.marks, grant.points)
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
    if not args.json:
        print(package.zip)
    return Exit.OK, {"package": str(package.zip), "sha256": package.sha256}


def _verify(args: argparse.Namespace, tell: Tell) -> tuple[Exit, Any]:
    from pipeline.verify import package

    if args.case.is_dir():
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
    return package.exit_code(verdict), package.to_json(verdict)


def _status(args: argparse.Namespace, _tell: Tell) -> tuple[Exit, Any]:
    from pipeline import status

    rows = status.read(args.case, args.out, args.journal)
    if not args.json:
        print(plain(status.table(rows)))
    return Exit.OK, {"cases": [_fields(row) for row in rows]}


def _explain(args: argparse.Namespace, _tell: Tell) -> tuple[Exit, Any]:
    from pipeline.core import findings

    code = args.code.upper()
    table = findings.catalogue()
    if code not in table:
        near = difflib.get_close_matches(code, table, 3)
        raise UsageError(
            f"no finding is called {code}", fix=f"did you mean {', '.join(near)}?" if near else ""
        )
    row = table[code]
    if not args.json:
        said = {name: re.sub(r"\{\w+\}", "…", text) for name, text in row.items()}
        print(
            f"{code} ({row['severity']}): {said['message']}\n\n   why: {said['why']}\n  next: {said['fix']}"
        )
    return Exit.OK, {"code": code, **row}


def _doctor(args: argparse.Namespace, _tell: Tell) -> tuple[Exit, Any]:
    from pipeline import doctor

    rows = doctor.examine()
    if not args.json:
        print(plain(doctor.table(rows)))
    return (Exit.OK if all(row.well for row in rows) else Exit.TOOL), {"rows": [_fields(row) for row in rows]}


VERBS: dict[str, tuple[str, Callable[[argparse.Namespace, Tell], tuple[Exit, Any]]]] = {
    "new": ("start a case folder", _new),
    "check": ("every gap and risk of a case at once", _check),
    "deidentify": ("make clean copies and hunt for identity in them", _deidentify),
    "clean": ("copies without identity of any folder of images, no case needed", _clean_folder),
    "consent": ("print the form for exactly these pictures; --check reads the signed scan", _consent),
    "review": ("look at every clean copy and sign off (a local page)", _review),
    "render": ("write the manuscript; --draft before consent", _render),
    "submit": ("all of it, up to a sealed package", _submit),
    "verify": ("check a package.zip (needs nothing else), or hunt again in a case", _verify),
    "status": ("one line per case: where it stands, what is next", _status),
    "explain": ("why a finding matters and how to fix it", _explain),
    "doctor": ("is this computer ready?", _doctor),
}


def parser() -> argparse.ArgumentParser:
    """The command line. Verbs, options and help come from here and from options.py, and nowhere else."""
    top = _Parser(
        prog="casereport",
        description="From a patient's case folder to a package an editor can open.",
        epilog=CODES,
    )
    top.add_argument("--version", action="version", version=f"casereport {__version__}")
    verbs = top.add_subparsers(dest="verb", required=True, metavar="VERB")
    for verb, (text, _) in VERBS.items():
        one = verbs.add_parser(verb, help=text, description=text, epilog=CODES)
        one.add_argument("-q", "--quiet", action="store_true", help="no progress")
        one.add_argument("--debug", action="store_true", help="show where in the program an error arose")
        if verb == "clean":
            options.clean(one)
            continue
        if verb == "explain":
            one.add_argument("code", help="for example REC003")
        elif verb == "status":
            help_ = "a case, or a folder of cases"
            one.add_argument("case", type=Path, nargs="?", default=Path("cases"), help=help_)
        elif verb != "doctor":
            help_ = "the case folder" + (" or package.zip" if verb == "verify" else "")
            one.add_argument("case", type=Path, help=help_)
        if verb not in {"new", "explain", "doctor"}:
            help_ = f"journal profile ({DEFAULT_JOURNAL})"
            one.add_argument("-j", "--journal", default=DEFAULT_JOURNAL, help=help_)
            one.add_argument(
                "-o", "--out", type=Path, default=Path("build"), help="where results go (build/)"
            )
        if verb == "check":
            options.check(one)
        if verb == "consent":
            options.consent(one)
        for switch, help_ in options.SWITCHES.get(verb, {}).items():
            one.add_argument(switch, action="store_true", help=help_)
        if verb == "verify":
            one.add_argument(
                "--private", type=Path, help="also hunt for the identifiers in this private.yaml"
            )
        one.add_argument("--json", action="store_true", help="one JSON object on stdout")
    return top


def main(argv: list[str] | None = None) -> int:
    """Run one command; returns its exit code (core/errors.py). Never shows third-party exception text."""
    os.environ["SOURCE_DATE_EPOCH"] = EPOCH  # no clock, and no one else's idea of it, enters a result
    args = parser().parse_args(argv)
    tell = Tell(args.quiet)
    try:
        with signals.heeded():
            code, answer = VERBS[args.verb][1](args, tell)
        if args.json is True or args.json == "-":
            print(json.dumps({"version": 1, "verb": args.verb, "exit": int(code), **answer}, indent=1))
        return int(code)
    except PipelineError as e:
        _stopped(
            args, e.exit, str(e), {"what": e.what, "code": e.code, "where": str(e.where or ""), "fix": e.fix}
        )
        return _end(args, e.exit)
    except OSError as e:
        words = f"cannot read or write ({e.strerror or type(e).__name__}). Nothing was published."
        _stopped(args, Exit.OUTPUT, words, {"what": words})
        return _end(args, Exit.OUTPUT)
    except KeyboardInterrupt:
        _stopped(
            args,
            Exit.INTERRUPTED,
            "interrupted. Nothing was published; run again to go on.",
            {"what": "interrupted"},
        )
        return int(Exit.INTERRUPTED)
    except Exception as e:  # the message may quote patient data: show only the kind
        words = f"internal error ({type(e).__name__}). Nothing was published."
        _stopped(args, Exit.BUG, f"{words}\n  next: run again with --debug and report it", {"what": words})
        return _end(args, Exit.BUG)


def _stopped(args: argparse.Namespace, code: Exit, text: str, answer: dict[str, str]) -> None:
    text = _own_command(args, text)
    if args.json is True or args.json == "-":
        print(json.dumps({"version": 1, "verb": args.verb, "exit": int(code), "error": answer}, indent=1))
    else:
        print(f"casereport {args.verb}: {colour('stopped')}: {plain(text)}", file=sys.stderr)


def _end(args: argparse.Namespace, code: Exit) -> int:
    """With --debug, show where an error arose: files and lines only; messages may quote the patient."""
    if args.debug:
        import traceback

        trace = sys.exc_info()[2]
        print("".join(traceback.format_tb(trace)), file=sys.stderr)
    return int(code)


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


def _own_command(args: argparse.Namespace, text: str) -> str:
    """Advice as it can be typed here: with this case, and through make if the command is not on the PATH."""
    case = str(getattr(args, "case", "CASE"))
    case = f"'{case}'" if " " in case else case
    if shutil.which("casereport") is None and Path("Makefile").is_file():
        text = re.sub(r"casereport (new|check|consent|review|submit) CASE(?! --)", r"make \1 CASE=CASE", text)
    return re.sub(r"(casereport \w+ |CASE=)CASE\b", lambda found: found[1] + case, text)


def _finding_text(finding: Any) -> str:
    lines = [str(finding)]
    if finding.severity == "error":
        lines += [f"   why: {finding.why}", f"  next: {finding.fix}"]
    elif finding.fix and finding.severity == "warning":
        lines += [f"  next: {finding.fix}"]
    return "\n".join(lines)


def _fields(row: Any) -> dict[str, Any]:
    return {name: getattr(row, name) for name in row.__dataclass_fields__}
