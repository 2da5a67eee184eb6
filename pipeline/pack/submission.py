"""Which file goes into which slot of the journal's system, and copies ready to be uploaded in that order.

Data: `layout.submission` of the profile over templates/package/submission.yaml. Nothing is copied that the
list `upload` of templates/rules/package.yaml does not name; the signed form is not on it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

from pipeline.core import allowlist, findings, resources
from pipeline.core.errors import PrivacyError, UsageError
from pipeline.core.journal import Journal

PAGE = "how-to-submit.html"
TITLE_PAGE = "editor-only/title-page.docx"
WAYS = ("file", "paste", "held")
SAFE = re.compile(r"[A-Za-z0-9][A-Za-z0-9 ._-]{0,79}")  # a file name that every system takes
FIGURE = re.compile(r"figure-(\d+)\.(\w+)")


@dataclass(frozen=True, slots=True)
class Step:
    """One thing to do. `copy` is the name of the copy in upload/, or "" for what is not copied."""

    number: int
    slot: str
    way: str  # file: upload it · paste: copy the words out of it · held: keep it until asked
    member: str
    copy: str
    reviewers: bool  # may reviewers see it there?
    note: str


@dataclass(frozen=True, slots=True)
class Plan:
    """How a package is handed in."""

    platform: str
    address: str  # of the system or a mailbox; "" when the profile has none
    steps: tuple[Step, ...]
    notes: tuple[str, ...]


def plan(journal: Journal, members: set[str], *, blinded: bool) -> Plan:
    """The steps for the members that this package has.

    Raises PrivacyError (PKG010) if reviewers would be shown a file for the editor's eyes, UsageError for a
    profile that cannot be followed.
    """
    known, said = resources.data("templates/package/submission.yaml"), journal.layout.get("submission", {})
    kind = said.get("platform", "other")
    if kind not in known["platforms"]:
        raise _wrong(journal, f"platform '{kind}' is not one of: {', '.join(known['platforms'])}")
    platform = known["platforms"][kind]
    steps: list[Step] = []
    for row in said.get("slots") or platform["slots"]:
        if row.get("when", "") not in {"", "blinded" if blinded else "open"}:
            continue
        for member in _members(journal, row, members):
            steps.append(_step(journal, row, member, len(steps) + 1, blinded=blinded))
    taken = [step.copy.casefold() for step in steps if step.copy]
    if len({*taken, PAGE}) <= len(taken):
        raise _wrong(journal, "two copies would have one name")
    left = sorted(_unplaced(steps, members))
    spare = [known["unplaced"].format(names=", ".join(left))] if left else []
    notes = (*platform["notes"], *said.get("notes", []), *spare, *known["always"])
    return Plan(platform["name"], str(said.get("address", "")), tuple(steps), notes)


def write(folder: Path, made: Plan, members: dict[str, Path | bytes]) -> int:
    """Put the copies and the page into the new folder. Returns how many copies there are.

    Raises PrivacyError (PKG005) for a file that is not on the list of what may lie there.
    """
    folder.mkdir()
    wanted = {step.copy: step.member for step in made.steps if step.copy} | {PAGE: f"editor-only/{PAGE}"}
    for number, (name, member) in enumerate(wanted.items(), 1):
        if allowlist.row("upload", member) is None:
            said = {"number": number, "step": "upload", "shape": f"a {Path(member).suffix} file"}
            raise findings.stop(PrivacyError, "PKG005", ("upload", 0), **said)
        content = members[member]
        (folder / name).write_bytes(content if isinstance(content, bytes) else content.read_bytes())
    return len(wanted) - 1


def _members(journal: Journal, row: dict[str, Any], members: set[str]) -> list[str]:
    """The members a slot takes, in order of their numbers; of each figure one file; none if it has none."""
    ways = [way for way in WAYS if way in row]
    if len(ways) != 1 or "slot" not in row:
        raise _wrong(journal, "each slot needs `slot` and one of: file, paste, held")
    pattern = row[ways[0]]
    if "*" not in pattern and allowlist.row("package", pattern) is None:
        raise _wrong(journal, f"'{pattern}' is in no package")
    fits = sorted((m for m in members if fnmatchcase(m, pattern)), key=lambda m: (_number(m), m))
    formats = [_format(f) for f in (journal.value("figures") or {}).get("formats") or []]
    return [
        m
        for m in fits
        if not _number(m) or m == _best([f for f in fits if _number(f) == _number(m)], formats)
    ]


def _best(drawn: list[str], formats: list[str]) -> str:
    """The file of one figure to upload: the picture; its lines (PDF) where the journal takes only those."""
    lines = [name for name in drawn if name.endswith(".pdf")]
    pictures = [name for name in drawn if name not in lines]
    wants_lines = {"pdf", "eps"} & set(formats) and not any(_format(p) in formats for p in pictures)
    return ([*lines, *pictures] if wants_lines else [*pictures, *lines])[0]


def _format(name: str) -> str:
    """The format of a picture by its ending or name, as profiles call it."""
    ending = name.rpartition(".")[2].lower()
    return {"tiff": "tif", "jpeg": "jpg"}.get(ending, ending)


def _unplaced(steps: list[Step], members: set[str]) -> set[str]:
    """What reviewers are to get and no slot takes, in this or another format."""

    def work(member: str) -> str:
        return re.split(r"\.|-jats", member, maxsplit=1)[0]

    placed = {work(step.member) for step in steps}
    return {m for m in members if m.startswith("for-review/") and work(m) not in placed}


def _step(journal: Journal, row: dict[str, Any], member: str, number: int, *, blinded: bool) -> Step:
    way = next(way for way in WAYS if way in row)
    allowed = allowlist.row("package", member)
    private = allowed is None or allowed.audience == "editor"
    for_editor = row.get("for_editor") is True
    if private and not for_editor and (blinded or member != TITLE_PAGE):
        raise findings.stop(PrivacyError, "PKG010", (f"journals/{journal.id}", 0), slot=number, name=member)
    leaf, copy = member.rpartition("/")[2], ""
    if way == "file":
        name = str(row.get("name", leaf)).replace("{n}", str(_number(leaf)))
        name = name.replace("{ext}", leaf.rpartition(".")[2])
        if not SAFE.fullmatch(name):
            raise _wrong(journal, "the name of a copy may hold letters, digits, spaces and . _ - only")
        copy = name if "name" in row else f"{number:02}-{name}"
    return Step(number, row["slot"], way, member, copy, not for_editor, str(row.get("note", "")))


def _number(name: str) -> int:
    found = FIGURE.search(name)
    return int(found.group(1)) if found else 0


def _wrong(journal: Journal, what: str) -> UsageError:
    fix = "correct layout.submission in its profile.yaml (docs/journals.md)"
    return UsageError(f"the profile of '{journal.id}' cannot be followed: {what}", fix=fix)
