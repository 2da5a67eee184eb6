"""Pages that are filled in by Jinja: our own templates; every value is escaped and none may be missing.

And what becomes of a page: its style and script under a policy, written whole, opened in the user's browser.
"""

from __future__ import annotations

import base64
import hashlib
import os
import subprocess
import sys
import tempfile
from functools import cache
from pathlib import Path
from typing import Any

from pipeline.core import resources
from pipeline.core.errors import MAKE_ROOM, OutputError


@cache
def template(name: str) -> Any:
    """The template "templates/…" or "consent/…" of that name, ready to `render`.

    Raises jinja2's UndefinedError on rendering when a value is missing.
    """
    from jinja2 import Environment, StrictUndefined

    environment = Environment(
        autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    del environment.filters["safe"]  # a template that let record text through would not compile
    return environment.from_string(resources.text(name))


def own(name: str) -> dict[str, Any]:
    """A style sheet or script of ours: its `text`, and its `hash` for a policy (CSP Level 3, 2.3.1)."""
    from markupsafe import Markup

    text = resources.text(name)
    digest = base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
    return {"text": Markup(text), "hash": digest}  # noqa: S704 - our own file; it cannot be escaped


def save(path: Path, html: str) -> None:
    """Write a page whole or not at all, for its owner only. Raises OutputError when the disk refuses."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, part = tempfile.mkstemp(prefix=f".{path.name}.", suffix=".part", dir=path.parent)
        try:
            with os.fdopen(handle, "w", encoding="utf-8") as f:
                f.write(html)
            Path(part).replace(path)
        except BaseException:
            Path(part).unlink(missing_ok=True)
            raise
    except OSError as e:
        raise OutputError(f"cannot write ({e.strerror})", where=path.name, fix=MAKE_ROOM) from e


def show(path: Path) -> None:
    """Open a page in the user's browser, in a process of its own: some wait until they are closed."""
    quiet, link = subprocess.DEVNULL, path.resolve().as_uri()
    subprocess.Popen([sys.executable, "-m", "webbrowser", link], stdin=quiet, stdout=quiet, stderr=quiet)
