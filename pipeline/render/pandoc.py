"""Run pandoc, shut in: no files but those named on the command line, no network, an empty environment.

Without --sandbox pandoc embeds /etc/passwd for a picture of that name; with it, pictures must be data URIs,
and `--csl` and `--reference-doc` still work. Its messages quote the text, so they are never shown.
"""

from __future__ import annotations

import json
import os
import subprocess
from functools import cache

from pipeline.core.errors import ToolError
from pipeline.render.tree import Node

SECONDS = 120.0
EPOCH = 315_532_800  # 1980-01-01 in Unix seconds: the date of everything we write
FIX = "run: casereport doctor"


class StoppedError(ToolError):
    """pandoc ran and ended with an error: what it was given may be at fault."""


@cache
def program() -> str:
    """The full path of pandoc. Raises ToolError when it is not installed."""
    import pypandoc

    try:
        return str(pypandoc.get_pandoc_path())
    except OSError:
        raise ToolError("pandoc is not installed", fix=FIX) from None


def run(source: bytes, reader: str, writer: str, *options: str, strict: bool = True) -> bytes:
    """`source` read as `reader`, written as `writer`. With `strict`, a warning is a failure.

    Raises ToolError in our own words when pandoc fails, hangs or is missing.
    """
    command = [program(), "--sandbox", "-f", reader, "-t", writer, "-o", "-", *options]
    if strict:
        command.append("--fail-if-warnings")
    environment = {"PATH": os.defpath, "LANG": "C.UTF-8", "SOURCE_DATE_EPOCH": str(EPOCH)}
    try:
        done = subprocess.run(
            command, input=source, capture_output=True, timeout=SECONDS, env=environment, check=False
        )
    except subprocess.TimeoutExpired:
        raise ToolError(f"pandoc took longer than {SECONDS:.0f} s to write {writer}", fix=FIX) from None
    except OSError as e:
        raise ToolError(f"pandoc could not be started ({e.strerror})", fix=FIX) from None
    if done.returncode:
        raise StoppedError(f"pandoc stopped with code {done.returncode} while writing {writer}", fix=FIX)
    return done.stdout


def write(document: Node, writer: str, *options: str) -> bytes:
    """A document tree written by pandoc. Raises ToolError as `run` does."""
    return run(json.dumps(document, ensure_ascii=False).encode(), "json", writer, *options)
