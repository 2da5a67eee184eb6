"""What may stand in decisions.yaml, row by row: anything else is a mistake of whoever wrote it by hand."""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Mapping
from typing import Any

from pipeline.core.model import Path_

SIDES = ("left", "top", "width", "height")  # of a place in a picture, in pixels of the original
LISTS = ("pictures", "series", "boxes", "words", "answers", "marks", "sign-offs", "history")
KEYS = {  # what a row is about: another row about the same takes its place
    "pictures": ("figure", "panel"),
    "series": ("image",),
    "boxes": ("figure", "panel", "do", *SIDES),
    "words": ("id",),
    "answers": ("question",),
    "marks": ("box", "scan"),
}
MORE = {  # what else a row may say
    "pictures": ("decision", "pixels", "reason", "recognisable"),
    "series": ("decision", "slices", "copies", "reason"),
    "boxes": ("image",),
    "words": ("found", "decision", "with", "everywhere", "on", "by"),
    "answers": ("answer", "about"),
    "marks": ("seen", "read"),
}
NEEDED = {  # without these a row says nothing
    **KEYS,
    "pictures": ("figure", "panel", "decision"),
    "series": ("image", "decision"),
    "words": ("id", "found", "decision"),
    "answers": ("question", "answer"),
    "marks": ("box", "seen"),
}
VALUES: dict[str, dict[str, tuple[str, ...]]] = {  # the words that mean something
    "pictures": {"decision": ("approve", "reject")},
    "series": {"decision": ("approve", "reject")},
    "boxes": {"do": ("cover", "show", "crop", "leave")},
    "words": {"decision": ("keep", "replace"), "everywhere": ("yes", "no", "True", "False")},
    "answers": {"answer": ("yes", "no")},
    "marks": {"seen": ("marked", "empty")},
}
SIGNED = {  # lists of a sign-off: the keys of a row
    "pictures": (*KEYS["pictures"], *MORE["pictures"]),
    "series": (*KEYS["series"], *MORE["series"]),
    "places": ("figure", "panel", *SIDES, "decision"),
    "boxes": (*KEYS["marks"], *MORE["marks"]),
}
SIGNER = ("signed", "name", "role", "clean", "sentences")
SECOND = ("name", "role", "signed", "clean")

Wrong = tuple[Path_, str]  # where it stands; what is wrong there, in field names


def wrong(found: Mapping[str, Any]) -> Iterator[Wrong]:
    """Everything in the file that the review page would not have written."""
    for name in found:
        if name not in LISTS:
            yield (name,), _unknown(name, LISTS)
    for part in LISTS:
        rows = found.get(part) or []
        if not isinstance(rows, list):
            yield (part,), part
            continue
        for number, row in enumerate(rows):
            told = f"{part}, row {number + 1}"
            if not isinstance(row, dict):
                yield (part, number), told
            elif part == "sign-offs":
                yield from _signoff(row, (part, number), told)
            elif part == "history":
                yield from _change(row, (part, number), told)
            else:
                yield from _decided(part, row, (part, number), told)


def is_place(row: Mapping[str, Any]) -> bool:
    """Whether the four sides are whole numbers of pixels, and width and height are some."""
    sides = [str(row.get(side, "")) for side in SIDES]
    whole = all(value.isascii() and value.isdigit() and len(value) < 7 for value in sides)
    return whole and bool(int(sides[2]) and int(sides[3]))


def _decided(part: str, row: Mapping[str, Any], at: Path_, told: str) -> Iterator[Wrong]:
    yield from _keys(row, (*KEYS[part], *MORE[part]), at, told)
    yield from ((at, f"{told}: {key} is missing") for key in NEEDED[part] if not row.get(key))
    for key, known in VALUES[part].items():
        if key in row and row[key] not in known:
            yield (*at, key), f"{told}: {key} (one of {', '.join(known)})"
    if part == "boxes" and not is_place(row):
        yield at, f"{told}: a side that is no number of pixels"


def _signoff(row: Mapping[str, Any], at: Path_, told: str) -> Iterator[Wrong]:
    known = (*SIGNER, *SIGNED, "answers", "countersigned")
    yield from _keys({key: v for key, v in row.items() if key not in known[len(SIGNER) :]}, known, at, told)
    for part, keys in SIGNED.items():
        rows = row.get(part, [])
        if not isinstance(rows, list):
            yield (*at, part), f"{told}: {part}"
            continue
        for number, one in enumerate(rows):
            here = (*at, part, number)
            if isinstance(one, dict):
                yield from _keys(one, keys, here, f"{told}: {part}, row {number + 1}")
            else:
                yield here, f"{told}: {part}, row {number + 1}"
    for part in ("answers", "countersigned"):
        said = row.get(part, {})
        if not isinstance(said, dict):
            yield (*at, part), f"{told}: {part}"
        else:
            yield from _keys(said, tuple(said) if part == "answers" else SECOND, (*at, part), told)


def _change(row: Mapping[str, Any], at: Path_, told: str) -> Iterator[Wrong]:
    yield from _keys({k: v for k, v in row.items() if k != "changes"}, ("at", "what", "changes"), at, told)
    changes = row.get("changes")
    if not isinstance(changes, list):
        yield at, f"{told}: changes"
        return
    for number, one in enumerate(changes):
        here, said = (*at, "changes", number), f"{told}: change {number + 1}"
        part = one.get("list") if isinstance(one, dict) else None
        if not isinstance(part, str) or part not in KEYS:
            yield here, said
            continue
        for side in ("was", "now"):
            if side not in one:
                continue
            if isinstance(one[side], dict):
                yield from _decided(part, one[side], (*here, side), f"{said}: {side}")
            else:
                yield (*here, side), f"{said}: {side}"


def _keys(row: Mapping[str, Any], known: tuple[str, ...], at: Path_, told: str) -> Iterator[Wrong]:
    """Keys that nothing is known of, and values that are not one text."""
    for key, value in row.items():
        if key not in known:
            yield (*at, key), f"{told}: {_unknown(key, known)}"
        elif not isinstance(value, str):
            yield (*at, key), f"{told}: {key}"


def _unknown(name: str, known: tuple[str, ...]) -> str:
    near = difflib.get_close_matches(name, known, 1)
    meant = f" (did you mean {near[0]}?)" if near else ""
    return f"the unknown key “{name[:40]}”{meant}"
