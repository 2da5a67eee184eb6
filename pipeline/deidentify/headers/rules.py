"""What happens to each DICOM attribute: PS3.15 Table E.1-1 with the options that are on, by tag number.

The table is templates/rules/dicom-basic.yaml, the options and our choices templates/rules/dicom-options.yaml,
the private attributes that may stay templates/rules/dicom-private.yaml.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from typing import Any

from pipeline.core import resources
from pipeline.core.errors import UsageError

TABLE, CHOICES = "templates/rules/dicom-basic.yaml", "templates/rules/dicom-options.yaml"
PRIVATE = "templates/rules/dicom-private.yaml"


class Action(StrEnum):
    """What is done to one attribute, wherever in the file it stands."""

    KEEP = "keep"  # as an attribute that the table does not list
    RETAIN = "retain"  # as it is: an option says that this identity may be seen
    REMOVE = "remove"
    EMPTY = "empty"
    DUMMY = "dummy"
    UID = "uid"
    SHIFT = "shift"
    PSEUDONYM = "pseudonym"
    DESCRIBE = "describe"  # free text: words that can be vouched for stay
    DESCEND = "descend"  # a sequence of descriptions: its text is free text
    CODE = "code"
    CLASS = "class"
    CHARSET = "charset"
    DOCUMENT = "document"


@dataclass(frozen=True, slots=True)
class Option:
    """One option of PS3.15 Annex E.3."""

    name: str
    code: str  # PS3.16 CID 7050
    meaning: str
    why: str
    default: bool
    column: str = ""
    without: str = ""  # the option that it replaces


@dataclass(frozen=True, slots=True)
class Rules:
    """The table ready for use, with its options."""

    edition: str
    on: frozenset[str]
    actions: dict[int, Action]
    vrs: dict[int, str]  # of listed attributes; some are in no dictionary
    removed_groups: tuple[int, ...]  # high bytes of repeating groups that go as a whole: 0x50, 0x60
    dummies: dict[str, str]
    enumerated: dict[int, tuple[str, ...]]  # words that stay inside a dummy; the first is the dummy
    grammar: dict[str, re.Pattern[str]]  # value representation -> what its values look like
    text: frozenset[str]  # value representations in which a name can stand
    charsets: frozenset[str]
    codes: tuple[tuple[str, str], ...]  # (code, meaning) that the cleaned file declares, PS3.16 CID 7050
    private: dict[tuple[str, int], str]  # (creator, tag with block 00) -> VR of what is safe
    creators: frozenset[str]  # of those


@cache
def options() -> tuple[Option, ...]:
    """Every option that can be switched."""
    return tuple(Option(**row) for row in resources.data(CHOICES)["options"])


def chosen(wanted: Iterable[str] = ()) -> frozenset[str]:
    """The options that are on: the defaults, changed by words such as "device" or "no-private".

    Raises UsageError for a word that is none.
    """
    by_name = {option.name: option for option in options()}
    on = {option.name for option in options() if option.default}
    for word in wanted:
        name = word.removeprefix("no-")
        if name not in by_name:
            names = ", ".join(f"{o.name} ({'on' if o.default else 'off'})" for o in options())
            raise UsageError(f"no such option; there are {names}", fix="put no- in front to switch one off")
        if word != name:
            on.discard(name)
        else:
            on -= {by_name[name].without}
            on.add(name)
    return frozenset(on)


@cache
def rules(on: frozenset[str] | None = None) -> Rules:
    """The rules of publication, or those with the options `on`; read once."""
    table, ours = resources.data(TABLE), resources.data(CHOICES)
    on = chosen() if on is None else on
    columns = [option.column for option in options() if option.name in on and option.column]
    actions = {int(tag, 16): _action(row, columns, ours) for tag, row in table["rows"].items()}
    for tag, row in ours["ours"].items():
        if row.get("option") in {None, *on}:
            actions[int(tag, 16)] = Action(row["do"])
    actions |= {int(tag, 16): Action.CODE for tag in ours["codes"]}
    basic, private = ours["basic"], _safe() if "private" in on else {}
    return Rules(
        edition=table["edition"],
        on=on,
        actions=actions,
        vrs={int(tag, 16): row["vr"] for tag, row in table["rows"].items() if "vr" in row},
        removed_groups=tuple(int(name[:2], 16) for name in table["ranges"]),
        dummies=ours["dummies"],
        enumerated={int(tag, 16): tuple(words) for tag, words in ours["enumerated"].items()},
        grammar={vr: _values(one) for vr, one in ours["grammar"].items()},
        text=frozenset(ours["text"]),
        charsets=frozenset(ours["charsets"]),
        codes=(
            (basic["code"], basic["meaning"]),
            *((option.code, option.meaning) for option in options() if option.name in on),
        ),
        private=private,
        creators=frozenset(creator for creator, _ in private),
    )


def _action(row: dict[str, str], columns: list[str], ours: dict[str, Any]) -> Action:
    vr = row.get("vr", "")
    for column in columns:
        if row.get(column) == "K":
            return Action.RETAIN if column in ours["seen"] else Action.KEEP
        if row.get(column) == "C":
            by = (
                ours["sequences_cleaned_by"][column] if vr == "SQ" else ours["cleaned_by"].get(vr, "describe")
            )
            return Action(by)
    if vr == "SQ" and row["basic"] in ours["sequences"]:
        return Action(ours["sequences"][row["basic"]])
    return Action(ours["alternatives"][row["basic"]])


def _values(one: str) -> re.Pattern[str]:
    """Any number of values, each of them padded or empty (PS3.5 6.2, 6.4)."""
    padded = rf"[ \0]*(?:{one})?[ \0]*"
    return re.compile(rf"{padded}(?:\\{padded})*", re.ASCII)


def _safe() -> dict[tuple[str, int], str]:
    rows = resources.data(PRIVATE)["rows"]
    return {(row["creator"], int(row["tag"].replace("xx", "00"), 16)): row["vr"] for row in rows}
