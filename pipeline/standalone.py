"""The verbs that need no case: any folder, file or text. As in verbs.py: words typed -> rooms called."""

from __future__ import annotations

import argparse
import difflib
import re
import sys
from pathlib import Path
from typing import Any

from pipeline.core.errors import Exit, UsageError
from pipeline.core.tell import Tell, plain


def clean_folder(args: argparse.Namespace, tell: Tell) -> tuple[Exit, Any]:
    """Copies without identity of any folder of images."""
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


def audit(args: argparse.Namespace, tell: Tell) -> tuple[Exit, Any]:
    """Is anyone in this file or folder whom this private.yaml lists?"""
    from pipeline.verify import audit as engine

    done = engine.audit(args.target, args.private, lambda n, total: tell.progress("audit", n, total))
    if not args.json:
        print(plain(engine.to_text(done)))
    return engine.exit_code(done), engine.to_json(done)


def may_i_post(args: argparse.Namespace, tell: Tell) -> tuple[Exit, Any]:
    """May this be posted, shown or published? On a terminal the few facts that matter are asked."""
    from pipeline import intake, policy
    from pipeline.deidentify.folder import glance, inhouse
    from pipeline.policy import ask, facts, rules, words
    from pipeline.policy import inhouse as urgent

    channel, stated = rules.channel(_channel(args)), ask.typed(args.fact)
    known: dict[str, Any] = {}
    if args.case:
        if not args.case.is_dir():
            raise UsageError("no such case folder", where=args.case)
        known = facts.of_case(intake.read(args.case.resolve()), channel.kind)
    in_a_case = bool(args.case)
    with glance.look(args.files, tell) as looked:
        found, certain = looked.seen.facts, looked.seen.certain
        if args.urgent_in_house:
            found["urgent_inhouse"], certain["urgent_inhouse"] = True, "--urgent-in-house was typed"
        if args.write:
            found["files_clean"], certain["files_clean"] = True, "what --write writes is clean"
        known |= ask.agreed(found, certain, stated)
        person = sys.stdin.isatty() and sys.stderr.isatty() and not args.json
        if person:
            known = ask.on_terminal(known, channel.id, args.mode, tell.ask, input, in_a_case=in_a_case)
        verdicts = policy.judge(known, channel.id, args.mode, in_a_case=in_a_case)
        seen = looked.seen.words()
        answer = {
            **words.to_json(channel, verdicts, args.mode),
            "files": seen,
            "written": None,
            "refused": [],
        }
        if not args.json:
            told = words.to_text(channel, verdicts, args.mode, seen, whole=args.all, in_a_case=in_a_case)
            print(plain(told))
        if args.write:
            answer["refused"] = urgent.refusals(verdicts, known)
            if person and known.get("view_once_set") is None:
                answer["refused"].append("nobody confirmed that View Once is switched on")
        if args.write and answer["refused"]:
            tell.say(f"no picture was written: {'; '.join(answer['refused'])}")
        elif args.write:
            inhouse.write(looked, args.write)
            answer["written"] = str(args.write)
            tell.say(" ".join((f"written: {args.write}.", urgent.vouched(verdicts), words.VIEW_ONCE)))
    return (Exit.OK if answer["clear"] else Exit.NOT_READY), answer


def _channel(args: argparse.Namespace) -> str:
    """The channel that was typed. Raises UsageError where the words do not fit together."""
    from pipeline.deidentify.folder import inhouse
    from pipeline.policy import rules

    name = (args.channel or (rules.IN_HOUSE if args.urgent_in_house else "")).strip().lower()
    if not name:
        raise UsageError("say where", fix=f"--channel with one of: {', '.join(rules.channels())}")
    if args.write and not (args.urgent_in_house and len(args.files) == 1 and name == rules.IN_HOUSE):
        raise UsageError(
            "--write needs --urgent-in-house and one picture under --files",
            fix=f"it is for --channel {rules.IN_HOUSE} only",
        )
    if args.write:
        inhouse.check_place(args.write)
    return str(name)


def find_identifiers(args: argparse.Namespace, tell: Tell) -> tuple[Exit, Any]:
    """Words of a text that may identify someone, proposed; nothing is changed."""
    from pipeline.identify import find, lines

    if bool(args.jsonl) == bool(args.text):
        raise UsageError(
            "needs one text file, or --jsonl IN OUT", fix="casereport find-identifiers --help shows both"
        )
    if args.jsonl:
        source, target = args.jsonl
        if args.json and target == lines.STREAM:
            raise UsageError("--json and OUT cannot both be standard output", fix="name a file for OUT")
        done = lines.convert(source, target, args.region)
        if done.repeated:
            tell.say(f"{done.repeated} ids came more than once: their proposals cannot be told apart")
        tell.say(
            f"{done.texts} texts: {done.proposals} proposals, {done.remove} to remove, {done.ask} to ask"
        )
        return Exit.OK, {**fields(done), "ask": done.ask}
    text = lines.read_text(args.text)
    found = find(text, args.region)
    if not args.json:
        print(plain(lines.table(text, found)))
    return Exit.OK, {"proposals": [lines.row(args.text.name, hit) for hit in found]}


def explain(args: argparse.Namespace, _tell: Tell) -> tuple[Exit, Any]:
    """Why a finding matters and how to fix it."""
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


def doctor(args: argparse.Namespace, _tell: Tell) -> tuple[Exit, Any]:
    """Is this computer ready?"""
    from pipeline import doctor as computer

    rows = computer.examine()
    if not args.json:
        print(plain(computer.table(rows)))
    return (Exit.OK if all(row.well for row in rows) else Exit.TOOL), {"rows": [fields(row) for row in rows]}


def fields(row: Any) -> dict[str, Any]:
    """The fields of a frozen dataclass, for `--json`."""
    return {name: getattr(row, name) for name in row.__dataclass_fields__}
