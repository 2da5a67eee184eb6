"""The verbs that need no case: any folder, file or text. As in verbs.py: words typed -> rooms called."""

from __future__ import annotations

import argparse
import difflib
import re
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
