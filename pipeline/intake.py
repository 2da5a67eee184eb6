"""Read a case folder. Names and sizes first; nothing is opened before it is known to be a plain file.

Every file of the folder gets a line in the ledger: what it is by content, and what it is used for or why not.
"""

from __future__ import annotations

import difflib
from pathlib import Path
from typing import Any

from pipeline.core import files, findings, kinds, yamltext
from pipeline.core.errors import InputError
from pipeline.core.model import Case, Finding, Path_, Place, Source
from pipeline.core.words import SECTIONS

SUPPORT = {"Makefile", ".gitignore", "record.schema.json", "private.schema.json", "README.md"}
SEALED = {f"sealed/dossier/{leaf}" for leaf in ("dossier.pdf", "dossier.json", "receipt.json")}
REFERENCES = ("references.bib", "references.ris", "references.nbib", "references.json")
NOT_TEXT = "not UTF-8 text"
START = "start a case with `casereport new` under a new name, or name the folder that holds record.yaml"
MAX_PIXELS = 60_000_000  # more than any camera phone needs for print; a decompression bomb has more


def read(folder: Path) -> Case:
    """Return the case in `folder`; what is wrong with single files is in `Case.findings`.

    Raises InputError when the folder is not a case or its record is not YAML.
    """
    if not folder.is_dir():
        raise InputError("is not a folder", code="FILE004", where=folder, fix="run: casereport new CASE")
    noticed: list[Finding] = []
    ledger = tuple(_line(folder, path, noticed) for path in files.walk(folder))
    uses = {source.path: source.use for source in ledger}
    if uses.get("record.yaml", "record") != "record":
        raise InputError(
            "not UTF-8 text", code="FILE011", where="record.yaml", fix="save the file as UTF-8 text"
        )
    if "record.yaml" not in uses:
        raise InputError("no record.yaml here", code="FILE005", where=folder.name, fix=START)
    record, places = yamltext.load((folder / "record.yaml").read_bytes(), "record.yaml")
    private: dict[str, Any] = {}
    private_places: dict[Path_, Place] = {(): ("private.yaml", 1)}
    if uses.get("private.yaml") == "private":
        private, private_places = yamltext.load((folder / "private.yaml").read_bytes(), "private.yaml")
    elif "private.yaml" not in uses:
        noticed.append(findings.make("PRV001", ("private.yaml", 0)))
    _add_sections(folder, ledger, record, places, noticed)
    return Case(folder, folder.name, record, private, places, private_places, ledger, tuple(noticed))


def summary(case: Case) -> str:
    """A few words for the step line."""
    out = len(case.used_as("left-out"))
    pictures = len(case.used_as("image"))
    return f"{len(case.ledger)} files, {pictures} pictures" + (f", {out} left out" if out else "")


def _line(folder: Path, path: Path, noticed: list[Finding]) -> Source:
    name = path.relative_to(folder).as_posix()
    if problem := files.unsafe(path):
        noticed.append(findings.make("FILE001", (name, 0), problem=problem))
        return Source(name, "unsafe", 0, "left-out", problem)
    size = path.lstat().st_size
    try:
        seen = kinds.look(path)
    except OSError:
        noticed.append(findings.make("FILE006", (name, 0)))
        return Source(name, "unreadable", size, "left-out", "may not be read")
    use, why = _use(name, seen.kind)
    if use == "image":
        noticed += _picture_problems(name, seen)
    if use == "left-out" and why == NOT_TEXT:
        noticed.append(findings.make("FILE011", (name, 0)))
    elif use == "left-out" and why:
        noticed.append(findings.make("FILE002", (name, 0), why=why))
    return Source(name, seen.kind, size, use, why)


def _use(name: str, kind: str) -> tuple[str, str]:
    """What a file is used for, or ("left-out", reason)."""
    folder, _, leaf = name.rpartition("/")
    top = name.split("/")[0]
    exact = {"record.yaml": "record", "private.yaml": "private", "decisions.yaml": "decisions"}
    if name in exact:
        return (exact[name], "") if kind in {"text", "empty"} else ("left-out", NOT_TEXT)
    if name in SUPPORT:
        return "support", ""
    if leaf.startswith(".") or leaf in {"Thumbs.db", "desktop.ini"}:
        return "left-out", "a file of the operating system"
    if folder == "text" and leaf.endswith(".md"):
        return ("text", "") if kind in {"text", "empty"} else ("left-out", NOT_TEXT)
    if name in REFERENCES:
        return ("references", "") if kind in {"text", "empty"} else ("left-out", NOT_TEXT)
    if top == "images":
        return ("image", "") if kind in kinds.IMAGES else ("left-out", f"not a picture (it is: {kind})")
    if name in SEALED and kind in {"pdf", "text"}:
        return "sealed", ""
    if top == "consent":
        wanted = kind in kinds.IMAGES | {"pdf"} or (kind == "text" and leaf.endswith(".json"))
        return (
            ("consent", "") if wanted else ("left-out", f"not a scan, a PDF or a form record (it is: {kind})")
        )
    return "left-out", "the case has no use for it"


def _picture_problems(name: str, seen: kinds.Look) -> list[Finding]:
    found = []
    if not seen.whole:
        found.append(findings.make("FILE021", (name, 0), kind=seen.kind.upper()))
    if seen.pixels and seen.pixels[0] * seen.pixels[1] > MAX_PIXELS:
        megapixels = seen.pixels[0] * seen.pixels[1] // 1_000_000
        found.append(
            findings.make("FILE022", (name, 0), megapixels=megapixels, limit=MAX_PIXELS // 1_000_000)
        )
    return found


def _add_sections(
    folder: Path,
    ledger: tuple[Source, ...],
    record: dict[str, Any],
    places: dict[Path_, Place],
    noticed: list[Finding],
) -> None:
    """Put text/<section>.md under record["text"], as if it had been typed there."""
    chapters = [source for source in ledger if source.use == "text"]
    if not chapters:
        return
    typed: dict[str, Any] = record["text"] if isinstance(record.get("text"), dict) else {}
    record["text"] = typed
    for source in chapters:
        section = Path(source.path).stem
        if section not in SECTIONS:
            near = difflib.get_close_matches(section, SECTIONS, 1)
            hint = f"did you mean text/{near[0]}.md? " if near else ""
            noticed.append(findings.make("REC011", (source.path, 0), hint=hint, known=", ".join(SECTIONS)))
            continue
        if section in typed:
            noticed.append(findings.make("REC012", (source.path, 1), section=section))
            continue
        try:
            prose = (folder / source.path).read_bytes().decode("utf-8-sig")
        except UnicodeDecodeError:
            noticed.append(findings.make("FILE011", (source.path, 0)))
            continue
        typed[section] = prose.replace("\r\n", "\n").rstrip()
        places[("text", section)] = (source.path, 1)
