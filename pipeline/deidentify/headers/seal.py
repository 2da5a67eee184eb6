"""What a copy says of itself (PS3.15 E.1.1; PS3.3 C.7.1.1, C.12.1), sealed with the key: by that it is known
again.

The dates of such a copy have moved and its UIDs are new: to do it twice would break the links to others.
"""

from __future__ import annotations

from enum import Enum

from pipeline.deidentify.headers.elements import Dicom
from pipeline.deidentify.headers.encoding import Encoding
from pipeline.deidentify.headers.pseudonym import Pseudonyms
from pipeline.deidentify.headers.rules import Rules
from pipeline.deidentify.headers.walk import Walk

METHOD = "casereport"
IDENTITY_REMOVED, METHOD_TAG, METHOD_CODES, TIMES_MODIFIED = 0x00120062, 0x00120063, 0x00120064, 0x00280303
TIMES = {"full-dates": b"UNMODIFIED", "modified-dates": b"MODIFIED"}


class Seal(Enum):
    """What a seal says of a file."""

    NONE = ""  # no copy of ours, or one that was changed, or with another key
    SAME = "same"  # made with these options
    OTHER = "other"  # made with others

    def __bool__(self) -> bool:
        return self is not Seal.NONE


def declare(walk: Walk, rules: Rules, pseudonyms: Pseudonyms) -> None:
    """Say in the file what was done."""
    times = next((word for name, word in TIMES.items() if name in rules.on), b"REMOVED")
    walk.add(IDENTITY_REMOVED, b"CS", b"YES")
    walk.add(TIMES_MODIFIED, b"CS", times)
    walk.written = [row for row in walk.written if row[0] not in (METHOD_TAG, METHOD_CODES)]
    walk.written.append((METHOD_CODES, _codes(rules, walk.file.encoding)))
    walk.written.sort(key=lambda row: row[0])
    stated = METHOD, rules.edition, pseudonyms.seal(_content(walk.written))
    walk.add(METHOD_TAG, b"LO", "\\".join(stated).encode())
    walk.written.sort(key=lambda row: row[0])


def found(file: Dicom, rules: Rules, pseudonyms: Pseudonyms) -> Seal:
    """Whether this header is a copy of ours, unchanged and made with this key; and with which options."""
    method = next((e for e in file.elements if e.tag == METHOD_TAG), None)
    stated = file.value(method).decode("latin-1").strip(" \0").split("\\") if method else []
    written = [(e.tag, file.buffer[e.start : e.end]) for e in file.elements]
    if len(stated) != 3 or stated[0] != METHOD or stated[2] != pseudonyms.seal(_content(written)):
        return Seal.NONE
    return Seal.SAME if dict(written).get(METHOD_CODES) == _codes(rules, file.encoding) else Seal.OTHER


def _codes(rules: Rules, encoding: Encoding) -> bytes:
    items = [
        encoding.element(0x00080100, b"SH", code.encode())
        + encoding.element(0x00080102, b"SH", b"DCM")
        + encoding.element(0x00080104, b"LO", meaning.encode())
        for code, meaning in rules.codes
    ]
    return encoding.sequence(METHOD_CODES, items)


def _content(written: list[tuple[int, bytes]]) -> bytes:
    """What is sealed: all that stands in front of the pixels, the options among it as codes."""
    return b"".join(value for tag, value in written if tag != METHOD_TAG)
