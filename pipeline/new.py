"""Start a case: an annotated folder that checks itself while it is filled in, and that git will not take."""

from __future__ import annotations

import os
import re
import secrets
import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from pipeline.core import files, journal, profile, resources
from pipeline.core.errors import OutputError, UsageError

FOLDERS = ("images", "text", "consent")
KEY_MARK = "{{key}}"


def make(folder: Path) -> Path:
    """Write a new case folder, whole or not at all. Raises UsageError when something is already there."""
    return _whole(folder, _fill, "go on with that case")


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
