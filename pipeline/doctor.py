"""Is this computer ready? Versions, fonts, disk, and one tiny real render."""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path

from pipeline.core import resources
from pipeline.core.job import TOOLS

ROOM_NEEDED = 1 << 30  # bytes free for a comfortable run


@dataclass(frozen=True, slots=True)
class Row:
    """One thing that was looked at."""

    what: str
    well: bool
    detail: str


def examine() -> tuple[Row, ...]:
    """Look at everything a run depends on. Never raises: what fails is a row."""
    looks: list[tuple[str, Callable[[], str]]] = [
        ("Python", _python),
        *((name, _version(name)) for name in TOOLS),
        ("own data files", lambda: str(len(resources.names("templates/journals"))) + " journal profiles"),
        ("pandoc", _pandoc),
        ("typst", _typst),
        ("text in pictures", _reader),
        ("faces", _faces),
        ("free disk", _disk),
    ]
    return tuple(_look(name, test) for name, test in looks)


def table(rows: tuple[Row, ...]) -> str:
    """The rows as aligned text, the unwell ones with what to do."""
    lines = [f"{row.what:.<24} {'ok ' if row.well else 'NOT READY'} {row.detail}" for row in rows]
    ill = [row.what for row in rows if not row.well]
    return "\n".join([*lines, f"not ready: {', '.join(ill)}" if ill else "this computer is ready"])


def _look(name: str, test: Callable[[], str]) -> Row:
    try:
        return Row(name, True, test())
    except Exception as e:  # a broken installation can fail in any way; the kind is enough to act on
        return Row(
            name,
            False,
            f"{type(e).__name__}: reinstall with `make clean` and `make demo`, or pip install casereport",
        )


def _python() -> str:
    return sys.version.split()[0]


def _version(name: str) -> Callable[[], str]:
    return lambda: metadata.version(name)


def _pandoc() -> str:
    import pypandoc

    run = subprocess.run(
        [pypandoc.get_pandoc_path(), "--sandbox", "-f", "markdown", "-t", "docx", "-o", "-"],
        input=b"*ready*",
        capture_output=True,
        timeout=120,
        check=True,
    )
    return f"wrote a test document ({len(run.stdout)} bytes)"


def _typst() -> str:
    import typst

    with tempfile.TemporaryDirectory() as folder:
        source = Path(folder, "test.typ")
        source.write_text("#set document(title: [ready])\n= Ready", encoding="utf-8")
        made = typst.compile(str(source), ignore_system_fonts=True, pdf_standards=["a-2a", "ua-1"])
    return f"wrote a test PDF ({len(made)} bytes)"


def _reader() -> str:
    """Draw a word and find it again."""
    import numpy as np
    from PIL import Image, ImageDraw, ImageFont

    from pipeline.deidentify.pictures import textboxes

    picture = Image.new("RGB", (320, 120))
    font = ImageFont.truetype(str(resources.path("consent/fonts/NotoSans_400Regular.ttf")), 40)
    ImageDraw.Draw(picture).text((30, 30), "ready now", "white", font)
    found = textboxes.find(np.asarray(picture))
    if not found:
        raise ValueError("the word was not found")
    return f"found a drawn word ({len(found)} box)"


def _faces() -> str:
    import numpy as np

    from pipeline.deidentify.pictures import faces

    return f"looked at an empty picture ({len(faces.find(np.zeros((64, 64, 3), np.uint8)))} faces)"


def _disk() -> str:
    free = shutil.disk_usage(Path.cwd()).free
    if free < ROOM_NEEDED:
        raise OSError("little room")
    return f"{free >> 30} GB"
