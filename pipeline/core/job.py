"""One run on one case: where things are, and the receipt chain between steps."""

from __future__ import annotations

import hashlib
import platform
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from importlib import metadata
from pathlib import Path
from types import ModuleType
from typing import Any

from pipeline.core import files, resources
from pipeline.core.errors import OutputError
from pipeline.core.journal import Journal
from pipeline.core.model import Case
from pipeline.core.tell import Tell

ORDER = ("deidentify", "verify", "consent", "render", "pack")  # the rooms that leave a folder
PER_JOURNAL = {"render", "pack"}
TOOLS = (  # whose output, or whose reading of the input, ends up in a package
    *("pydicom", "python-gdcm", "pylibjpeg-openjpeg", "numpy", "pillow", "pi-heif", "pypdfium2", "zxing-cpp"),
    *("rapidocr", "onnxruntime", "opencv-python-headless"),
    *("pyhanko", "pyhanko-certvalidator", "pikepdf"),
    *("pydantic", "jinja2", "lxml", "pypandoc-binary", "typst", "reportlab", "matplotlib"),
)


@dataclass(frozen=True, slots=True)
class Job:
    """A case, a journal and a place for the results."""

    folder: Path  # the case, read-only
    out: Path  # build/<case-id>
    journal: Journal
    tell: Tell
    draft: bool = False  # a watermarked manuscript, made before consent

    def claim(self, case: Case) -> None:
        """Make the results folder this case's. Raises OutputError when it holds another case of this name.

        A case is known by the digest of its secret key, so that it may be moved or renamed.
        """
        owner, mark = files.digest(case.private.get("key", "")), self.out / ".case"
        try:
            known = mark.read_text(encoding="ascii") if mark.exists() else ""
            if not known:
                mark.write_text(owner, encoding="ascii")
        except OSError as e:
            raise OutputError(f"cannot write ({e.strerror})", where=self.out.name) from e
        if known and known != owner:
            fix = "choose another --out folder, or rename the case folder"
            raise OutputError("holds the results of another case of this name", where=self.out.name, fix=fix)

    def path(self, step: str) -> Path:
        """The folder a room's result is published in: 1-deidentify … 5-pack-<journal>."""
        if step == "identify":  # for a person, not a station of the journey
            return self.out / "questions"
        if self.draft and step == "render":
            return self.out / f"draft-{self.journal.id}"
        suffix = f"-{self.journal.id}" if step in PER_JOURNAL else ""
        return self.out / f"{ORDER.index(step) + 1}-{step}{suffix}"

    def make(
        self, room: ModuleType, *inputs: Any, guard: Callable[[Path], None] | None = None, **more: Any
    ) -> Any:
        """Run `room.make(*inputs, dest)` unless the receipt shows the same needs and intact files.

        A room that makes has three functions: `needs(*inputs)` -> JSON value on which its result depends,
        `make(*inputs, dest)` writes into an empty folder and may return a few words for the user,
        `load(folder)` gives the noun back. `more` goes to `needs` and `make` by name. `guard(part)` may veto
        the result before it is published.
        """
        step = room.__name__.rpartition(".")[2]
        final = self.path(step)
        made_from = {"needs": files.digest(room.needs(*inputs, **more)), "with": tools(), "code": own_code()}
        kept = files.receipt(final)
        if kept and kept["made_from"] == made_from:
            self.tell.line(step, "ok", "unchanged")
        else:
            with self.tell.step(step) as line, files.publish(final, made_from) as part:
                line.detail = room.make(*inputs, part, **more) or ""
                if guard:
                    guard(part)
        return room.load(final)


@cache
def tools() -> dict[str, str]:
    """Versions of Python and of the libraries whose output ends up in a package."""
    return {"python": platform.python_version(), **{name: metadata.version(name) for name in TOOLS}}


@cache
def own_code() -> str:
    """Digest of this program and its data files: a result is only kept if the same code made it."""
    seen = hashlib.sha256()
    roots = [resources.HERE, resources.path("templates"), resources.path("consent")]
    for root in roots:
        for path in sorted(p for p in root.rglob("*") if p.is_file() and "__pycache__" not in p.parts):
            seen.update(path.relative_to(root).as_posix().encode() + b"\0" + path.read_bytes())
    return seen.hexdigest()
