"""The command line: what may be typed, how a run ends, what is said when it stops. verbs.py does the rest."""

from __future__ import annotations

import argparse
import difflib
import json
import os
import sys
from typing import NoReturn

from pipeline import __version__, options
from pipeline.core import signals
from pipeline.core.errors import Exit, PipelineError
from pipeline.core.tell import Tell, colour, plain
from pipeline.verbs import VERBS, own_command

EPOCH = "315532800"  # 1980-01-01, the first date a zip can hold
CODES = "exit codes: " + " · ".join(f"{code.value} {code.name.lower().replace('_', ' ')}" for code in Exit)


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        typed = next((a for a in sys.argv[1:] if not a.startswith("-")), "")
        near = difflib.get_close_matches(typed, VERBS, 1) if typed not in VERBS else []
        hint = f"\n  next: did you mean 'casereport {near[0]}'?" if near else "\n  next: casereport --help"
        print(plain(f"casereport: {message}{hint}"), file=sys.stderr)
        raise SystemExit(Exit.USAGE)


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
        options.add(verb, one)
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
    except BrokenPipeError:  # `casereport … | head`: whoever reads has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return int(Exit.OK)
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
    text = own_command(args, text)
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
