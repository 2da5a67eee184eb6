"""Start a case: an annotated folder that checks itself while it is filled in, and that git will not take."""

from __future__ import annotations

import os
import re
import secrets
import shutil
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pipeline.core import files, journal, kinds, profile, resources
from pipeline.core.errors import OutputError, UsageError

FOLDERS = ("images", "text", "consent")
KEY_MARK = "{{key}}"
NO_FIGURES = "\nfigures: []\n"  # the line of the template that pictures take the place of
SUFFIX = {"dicom": "dcm", "jpeg": "jpg", "tiff": "tif"}  # of the others: their kind


def make(folder: Path, pictures: Sequence[Path] = ()) -> Path:
    """Write a new case folder, whole or not at all; `pictures` (files, or folders of a series) are copied in.

    Copies get neutral names: those of the originals may name the patient. Raises UsageError when something is
    already there, or for what is no picture.
    """
    found = [_picture(number, path) for number, path in enumerate(pictures, 1)]

    def fill(part: Path, folder: Path) -> None:
        _fill(part, folder)
        if found:
            _fill_pictures(part, found)

    return _whole(folder, fill, "go on with that case")


@dataclass(frozen=True, slots=True)
class _Picture:
    """One file, or the files of one series, and what the record calls it."""

    files: tuple[Path, ...]
    kind: str
    image: str  # inside the case; a folder ends in "/"


def _picture(number: int, path: Path) -> _Picture:
    """Look at what was named; its name and content stay unread. Raises UsageError when it is no picture."""
    whole = path.is_dir()
    if not path.exists():
        raise UsageError(
            f"picture {number} is not there", fix="name pictures, or folders that hold one series"
        )
    listed = tuple(files.walk(path)) if whole else (path,)
    for one in listed:
        if problem := files.unsafe(one):
            raise UsageError(f"picture {number} is, or holds, {problem}")
    kinds_ = {kinds.look(one).kind for one in listed}
    if not listed or not kinds_ <= kinds.IMAGES or (whole and kinds_ != {"dicom"}):
        raise UsageError(
            f"picture {number} is no picture that can be used here",
            fix="name pictures one by one, DICOM series as a folder; take stills from videos",
        )
    kind = kinds_.pop()
    name = (
        f"images/series-{number:02d}/" if whole else f"images/picture-{number:02d}.{SUFFIX.get(kind, kind)}"
    )
    return _Picture(listed, kind, name)


def _fill_pictures(part: Path, pictures: Sequence[_Picture]) -> None:
    """Copy every picture, and give each a figure in the record that says what is still to be written."""
    for picture in pictures:
        if picture.image.endswith("/"):
            (part / picture.image).mkdir()
            for number, one in enumerate(picture.files, 1):
                shutil.copyfile(one, part / picture.image / f"{number:04d}.dcm")
        else:
            shutil.copyfile(picture.files[0], part / picture.image)
    record = part / "record.yaml"
    text = record.read_text(encoding="utf-8")
    figures = "".join(_figure(number, picture) for number, picture in enumerate(pictures, 1))
    record.write_text(text.replace(NO_FIGURES, f"\nfigures:\n{figures}", 1), encoding="utf-8")


def _figure(number: int, picture: _Picture) -> str:
    series = (
        "        # slice: 12               # which slice, counted from 1\n"
        if picture.image.endswith("/")
        else ""
    )
    return (
        f"  - id: figure-{number}\n    panels:\n      - image: {picture.image}\n{series}"
        '    legend: ""               # what is seen; the text refers to it as '
        f"{{fig:figure-{number}}}\n"
        '    alt: ""                  # the picture in words\n'
        "    recognisable:            # yes or no: could anyone recognise the patient in it?\n"
    )


def make_journal(journal_id: str) -> Path:
    """Write `journals/<id>/` with an annotated profile, to be filled in without Python.

    Raises UsageError when the id is none, is taken, or the folder is already there.
    """
    if not re.fullmatch(r"[a-z][a-z0-9-]{1,39}", journal_id) or journal_id in {"all", "compare"}:
        raise UsageError(
            "a journal's id is small letters, digits and hyphens",
            where=journal_id,
            fix="for example: casereport new --journal my-institution",
        )
    if journal_id in resources.names(journal.SHIPPED):
        raise UsageError("is a journal that comes with casereport", where=journal_id, fix="choose another id")
    return _whole(journal.OWN / journal_id, _fill_journal, "edit that profile")


def _whole(folder: Path, fill: Callable[[Path, Path], None], instead: str) -> Path:
    """`folder`, filled and then moved into its place. Raises UsageError when something is there already."""
    if folder.exists():
        fix = f"choose another name, or {instead}"
        raise UsageError("is already there; nothing was changed", where=folder, fix=fix)
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        part = Path(tempfile.mkdtemp(prefix=f".{folder.name}.", suffix=".part", dir=folder.parent))
    except OSError as e:
        raise OutputError(f"cannot write ({e.strerror})", where=folder.parent) from e
    try:
        fill(part, folder)
        part.chmod(0o700)  # a case is nobody else's business
        part.rename(folder)
    except OSError as e:
        raise OutputError(f"cannot write ({e.strerror})", where=folder) from e
    finally:
        shutil.rmtree(part, ignore_errors=True)
    return folder


def _fill(part: Path, folder: Path) -> None:
    for name in FOLDERS:
        (part / name).mkdir()
    (part / "record.yaml").write_text(resources.text("templates/case/record.yaml"), encoding="utf-8")
    private = resources.text("templates/case/private.yaml").replace(KEY_MARK, secrets.token_hex(32))
    (part / "private.yaml").write_text(private, encoding="utf-8")
    (part / "private.yaml").chmod(0o600)
    (part / ".gitignore").write_text(resources.text("templates/case/gitignore"), encoding="utf-8")
    (part / "Makefile").write_text(_makefile(folder), encoding="utf-8")
    for name, schema in schemas().items():
        files.write_json(part / name, schema)


def _fill_journal(part: Path, folder: Path) -> None:
    text = resources.text(f"{journal.SHIPPED}/_new.yaml").replace("{{id}}", folder.name)
    (part / journal.PROFILE).write_text(text, encoding="utf-8")
    files.write_json(part / "profile.schema.json", profile.schema())


def _makefile(folder: Path) -> str:
    """So that plain `make` works inside the case: through the checkout, else the installed command."""
    checkout = next((p for p in folder.resolve().parents if (p / "pipeline" / "flow.py").is_file()), None)
    if checkout is None:
        return resources.text("templates/case/Makefile.installed")
    back = os.path.relpath(checkout, folder.resolve())
    return resources.text("templates/case/Makefile").replace("{{back}}", back)


def schemas() -> dict[str, dict[str, Any]]:
    """The JSON Schemas an editor uses to complete and underline the two files, from core/record.py."""
    from pipeline.core.private import Private
    from pipeline.core.record import Record

    meanings = resources.data("templates/rules/fields.yaml")
    made = {}
    for name, model in (("record", Record), ("private", Private)):
        schema = model.model_json_schema()
        schema["$schema"] = "https://json-schema.org/draft/2020-12/schema"
        schema["title"] = f"casereport {name}.yaml"
        _annotate(schema, schema, meanings[name], "")
        made[f"{name}.schema.json"] = schema
    return made


def _annotate(node: dict[str, Any], whole: dict[str, Any], meanings: dict[str, str], path: str) -> None:
    """Add meanings, and accept what YAML editors call yes/no and bare numbers (they read YAML 1.2)."""
    target = _follow(node, whole)
    for name, child in target.get("properties", {}).items():
        here = f"{path}.{name}" if path else name
        if here in meanings:
            child["description"] = meanings[here]
        _annotate(child, whole, meanings, here)
    for branch in target.get("anyOf", []):
        _annotate(branch, whole, meanings, path)
    for inner in (
        target.get("items"),
        target.get("additionalProperties"),
        *target.get("patternProperties", {}).values(),
    ):
        if isinstance(inner, dict):
            _annotate(inner, whole, meanings, f"{path}[]")
    if target.get("type") == "boolean":
        target.pop("type")
        target["enum"] = ["yes", "no", True, False]
    elif target.get("type") == "string" and "enum" not in target:
        target["type"] = ["string", "number"]
    elif target.get("type") == "array":
        target.pop("type")
        target["anyOf"] = [{"type": "array", "items": target.pop("items")}, {"const": "none"}]


def _follow(node: dict[str, Any], whole: dict[str, Any]) -> dict[str, Any]:
    reference = node.get("$ref")
    return whole["$defs"][reference.rpartition("/")[2]] if reference else node
