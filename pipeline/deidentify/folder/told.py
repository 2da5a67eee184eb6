"""What a run of `casereport clean` tells: a report as JSON, and a few lines for the person who ran it.

Neutral names, classes, counts and places; never a value of a file, and a name of the folder only where asked
for.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from pipeline.core import files, findings, resources
from pipeline.core.errors import Exit, UsageError
from pipeline.deidentify.folder.run import Done, Item
from pipeline.deidentify.pictures.boxes import Do

NAMED = 3  # files that a note names
UNJUDGED = (
    "Faces, tattoos, scars, jewellery, clothing, rooms, handwriting: a person has to look at every picture.",
    "Text that was not found or was taken for a mark of the scanner: compare each picture with its original.",
    "A picture can be linked to another one of the same patient by matching pixels.",
    "A story or an appearance so rare that it is known.",
)


def check_place(path: Path, source: Path, out: Path) -> None:
    """Raises UsageError where a report must not be written: over what is none, or among the pictures."""
    real = path.resolve()
    if not real.parent.is_dir():
        raise UsageError("the folder for the report does not exist", where=path.name)
    if any(real.is_relative_to(folder.resolve()) for folder in (source, out)):
        raise UsageError("the report must not lie among the pictures or the copies", where=path.name)
    if path.is_symlink() or (path.exists() and not _is_report(path)):
        raise UsageError("is there already and is no report", where=path.name, fix="name a new file")


def _is_report(path: Path) -> bool:
    try:
        found = json.loads(path.read_bytes()) if path.is_file() else None
    except (OSError, ValueError):
        return False
    return isinstance(found, dict) and found.get("verb") == "clean"


def write(path: Path, answer: dict[str, Any]) -> None:
    """Write the report aside and put it in place whole."""
    part = path.with_name(f".{path.name}.part")
    files.write_json(part, answer)
    part.replace(path)


def exit_code(done: Done) -> Exit:
    """0 only when every picture has a copy."""
    states = {item.state for item in done.items}
    if "unreadable" in states:
        return Exit.INPUT
    return Exit.NOT_READY if "held" in states or not states else Exit.OK


def report(done: Done) -> dict[str, Any]:
    """The run as JSON."""
    return {
        "edition": done.rules.edition,
        "options": [meaning for _, meaning in done.rules.codes],
        "totals": totals(done.items),
        "files": [_entry(n, item) for n, item in enumerate(done.items, 1)],
        "cannot_judge": list(UNJUDGED),
    }


def totals(items: Iterable[Item]) -> dict[str, int]:
    """How many files ended how."""
    return dict(sorted(Counter(item.state for item in items).items()))


def to_text(done: Done, out: Path, *, names: bool) -> str:
    """What to tell the person at the terminal. `names` shows the names of the sources."""
    lines = []
    for item in done.items:
        if item.code:
            said = findings.make(item.code, **item.words)
            lines.append(f"{_called(item, names)}: {item.state}: {said.code} {said.message}")
            lines += [f"  next: {said.fix}"] if item.state != "left out" else []
    copied = [item for item in done.items if item.state == "clean"]
    usual: dict[str, Any] = resources.data("templates/rules/photographs.yaml")
    for item in copied:
        filled = sum(box.do is Do.FILL for _, box in item.boxes)
        others = len(item.boxes) - filled
        counted = [f"{filled} filled"] * bool(filled) + [f"{others} left as they are"] * bool(others)
        what = [f"places in the picture: {', '.join(counted)}"] if counted else []
        what += [words for words in item.look if words not in usual["look"]]
        lines += [f"{_called(item, names)}: look: {'; '.join(what)}"] if what else []
    lines += _notes(copied, names, {usual["notes"]["rebuilt"]})
    if any(words in item.look for item in copied for words in usual["look"]):
        lines += ["every photograph: look:", *(f"  - {words}" for words in usual["look"])]
    ended = ", ".join(f"{number} {state}" for state, number in totals(done.items).items()) or "no files"
    lines.append(
        f"{ended}; copies in {out}" if any(i.outputs for i in done.items) else f"{ended}; nothing copied"
    )
    stopped = any(item.state in {"held", "unreadable"} for item in done.items)
    if stopped and not names:
        lines.append(
            "  next: run again with --names to see which files these are (their names may name the patient)"
        )
    return "\n".join(lines)


def _notes(items: list[Item], names: bool, unsaid: set[str]) -> list[str]:
    """Each note once, with the first files it is about."""
    about: dict[str, list[Item]] = {}
    for item in items:
        for words in item.notes:
            about.setdefault(words, []).append(item)
    lines = []
    for words, of in about.items():
        first = ", ".join(_called(item, names) for item in of[:NAMED])
        more = f" and {len(of) - NAMED} more" if len(of) > NAMED else ""
        lines += [f"{first}{more}: note: {words}"] if words not in unsaid else []
    return lines


def _called(item: Item, names: bool) -> str:
    return f"{item.name} ({item.source})" if names else item.name


def _entry(number: int, item: Item) -> dict[str, Any]:
    said = findings.make(item.code, **item.words) if item.code else None
    return {
        "n": number,
        "name": item.name,
        "kind": item.kind,
        "sha256": item.sha256,
        "state": item.state,
        "outputs": item.outputs,
        "code": item.code,
        "why": said.message if said else "",
        "next": said.fix if said else "",
        "removed": item.removed,
        "frames_read": item.read,
        "boxes": [
            {
                "frame": frame,
                "left": box.left,
                "top": box.top,
                "right": box.right,
                "bottom": box.bottom,
                "what": box.what,
                "done": box.do.value,
                "reason": box.reason,
                "confidence": round(float(box.confidence), 2),
            }
            for frame, box in item.boxes
        ],
        "look": item.look,
        "notes": item.notes,
    }
