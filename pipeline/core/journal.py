"""A journal's profile: a folder with a profile.yaml, every value with its source and how sure it is.

Profiles come with the program (templates/journals/) or lie in a folder `journals/` where the command is run:
that is where an institution keeps its own. The own one counts if both have the same name.
"""

from __future__ import annotations

import difflib
import re
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

from pipeline.core import findings, profile, resources, yamltext
from pipeline.core.errors import InputError, UsageError

SURE = {"confirmed", "dated"}  # only these may block; everything else warns (facts gathered at second hand)
SHIPPED = "templates/journals"
STYLES = "templates/manuscript/csl"
OWN = Path("journals")
PROFILE = "profile.yaml"


@dataclass(frozen=True, slots=True)
class Journal:
    """One profile. `rules` maps a name to {value, source, status}; `layout` is ours and needs no source."""

    id: str
    folder: Path
    name: str
    rules: dict[str, dict[str, Any]] = field(repr=False)
    layout: dict[str, Any] = field(repr=False)

    def value(self, rule: str, default: Any = None) -> Any:
        """What the journal asks for, or our working default where it could not be found out."""
        row = self.rules.get(rule, {})
        found = row.get("value")
        return row.get("working_default", default) if found is None else found

    def sure(self, rule: str) -> bool:
        """May this rule block a build? Only if it was read on the journal's own page and is no advice."""
        row = self.rules.get(rule, {})
        return row.get("status") in SURE and row.get("value") is not None and not row.get("advice", False)

    def title(self, title: str) -> str:
        """The title as this journal prints it: without what its layout drops (": a case report")."""
        drops = self.layout.get("title_drops")
        return re.sub(drops, "", title, flags=re.IGNORECASE).strip() or title if drops else title

    def source(self, rule: str) -> str:
        """Where the value comes from and how sure we are, in words."""
        row = self.rules.get(rule, {})
        said = f"{self.name}: {row.get('source', 'no source')} ({row.get('status', 'unknown')})"
        return said if self.sure(rule) else f"{said}; not certain: ask the editor"


def known() -> tuple[str, ...]:
    """Ids of every profile: those that came with the program and those of this folder."""
    own = [p.parent.name for p in OWN.glob(f"*/{PROFILE}")]
    return tuple(sorted({*resources.names(SHIPPED), *own}))


def load(journal_id: str) -> Journal:
    """The profile of a journal.

    Raises UsageError with near names when there is none, InputError (JRN010, FILE010) with the line when what
    its profile says is not understood.
    """
    if journal_id not in known():
        near = difflib.get_close_matches(journal_id, known(), 1)
        hint = f"did you mean '{near[0]}'? " if near else ""
        raise UsageError(f"no journal profile '{journal_id}'", fix=f"{hint}known: {', '.join(known())}")
    folder = OWN / journal_id
    if not (folder / PROFILE).is_file():
        folder = resources.path(f"{SHIPPED}/{journal_id}")
    shown = f"{journal_id}/{PROFILE}"
    name, rules, layout = _read((folder / PROFILE).read_bytes(), shown)
    _style(folder, str(layout["csl"]), shown)
    return Journal(journal_id, folder, name, rules, layout)


def _style(folder: Path, csl: str, shown: str) -> None:
    """Raises InputError (JRN012) unless the citation style is there and is one: its own, or one of ours."""
    own = folder / f"{csl}.csl"
    if not own.is_file():
        known = [Path(name).stem for name in resources.names(STYLES) if name.endswith(".csl")]
        if csl in known:
            return
        raise findings.stop(
            InputError, "JRN012", (shown, 0), what="there is no such style", known=", ".join(known)
        )
    try:
        root = ElementTree.parse(own).getroot()  # noqa: S314 - a file of the user's own; expat limits expansion
    except (ElementTree.ParseError, OSError):
        root = None
    if root is None or not root.tag.endswith("}style"):
        raise findings.stop(InputError, "JRN012", (own.name, 0), what="it is no CSL style", known="")


@cache
def _read(content: bytes, name: str) -> tuple[str, dict[str, dict[str, Any]], dict[str, Any]]:
    """Shared between callers: do not change what it returns."""
    defaults = resources.path(f"{SHIPPED}/_layout.yaml").read_bytes()
    layout, _ = yamltext.load(defaults, "_layout.yaml")
    raw, places = yamltext.load(content, name)
    return profile.read(raw, layout, places)
