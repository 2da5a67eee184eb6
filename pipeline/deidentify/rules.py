"""What happens to each DICOM attribute: PS3.15 Table E.1-1 with the options that are on, by tag number.

The table is templates/rules/dicom-basic.yaml, the options and our choices templates/rules/dicom-options.yaml.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from typing import Any

from pipeline.core import resources


class Action(StrEnum):
    """What is done to one attribute, wherever in the file it stands."""

    KEEP = "keep"
    REMOVE = "remove"
    EMPTY = "empty"
    DUMMY = "dummy"
    UID = "uid"
    SHIFT = "shift"
    PSEUDONYM = "pseudonym"


@dataclass(frozen=True, slots=True)
class Rules:
    """The table ready for use."""

    edition: str
    actions: dict[int, Action]
    removed_groups: tuple[int, ...]  # high bytes of repeating groups that go as a whole: 0x50, 0x60
    dummies: dict[str, str]
    characters: dict[str, re.Pattern[str]]  # value representation -> what its values may consist of
    text: frozenset[str]  # value representations in which a name can stand
    codes: tuple[tuple[str, str], ...]  # (code, meaning) that the cleaned file declares, PS3.16 CID 7050


@cache
def rules() -> Rules:
    """The rules of publication, read once."""
    table = resources.data("templates/rules/dicom-basic.yaml")
    ours = resources.data("templates/rules/dicom-options.yaml")
    on = [option["name"] for option in ours["options"]]
    actions = {int(tag, 16): _action(row, on, ours) for tag, row in table["rows"].items()}
    actions |= {int(tag, 16): Action(row["do"]) for tag, row in ours["ours"].items()}
    return Rules(
        edition=table["edition"],
        actions=actions,
        removed_groups=tuple(int(name[:2], 16) for name in table["ranges"]),
        dummies=ours["dummies"],
        characters={vr: re.compile(rf"(?:{chars}|[\\\0])*") for vr, chars in ours["characters"].items()},
        text=frozenset(ours["text"]),
        codes=tuple((option["code"], option["meaning"]) for option in ours["options"]),
    )


def _action(row: dict[str, str], on: list[str], ours: dict[str, Any]) -> Action:
    for option in on:
        if row.get(option) == "K":
            return Action.KEEP
        if row.get(option) == "C" and ours["cleaned_by"][option] != "basic":
            return Action.KEEP if row.get("vr") == "TM" else Action(ours["cleaned_by"][option])
    chosen = ours["alternatives"][row["basic"]]
    if row.get("vr") == "SQ":
        chosen = ours["sequences"].get(row["basic"], ours["sequences"].get(chosen, chosen))
    return Action(chosen)
