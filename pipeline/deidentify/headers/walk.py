"""One walk through a data set: every element is decided, at every depth, and written anew or left out.

By the table where it has a row; else private elements go unless they are safe, dates shift, UIDs are
replaced, numbers stay, and text stays as far as no identifier is found in it. Works on bytes, so that what is
not changed is copied exactly.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, field
from operator import itemgetter
from typing import Any

from pipeline.core.match import Matcher
from pipeline.core.picture import NoPictureError
from pipeline.deidentify.headers import binary, charset, dictionary, documents, numbers, uids
from pipeline.deidentify.headers.elements import MAX_DEPTH, PIXELS, Dicom, Element
from pipeline.deidentify.headers.encoding import SEQUENCE, VRS, Encoding
from pipeline.deidentify.headers.pseudonym import Pseudonyms
from pipeline.deidentify.headers.rules import Action, Rules
from pipeline.deidentify.words import values

CHARACTER_SET, PATIENT_ID = 0x00080005, 0x00100020
OFFSETS = frozenset((0x7FE00001, 0x7FE00002, 0x7FE00003))  # of encapsulated frames
DOCUMENT, DOCUMENT_LENGTH = 0x00420011, 0x00420015
REMEMBERED, MANY = 4096, 20_000  # bytes of a value, number of values: what is kept for the next file
NUMBERS = frozenset((b"US", b"SS", b"UL", b"SL", b"FL", b"FD", b"AT", b"UV", b"SV"))
IMPLICIT = Encoding(implicit=True)

# Where a value stands decides what its text may hold.
UNLISTED, DESCRIBED, DUMMIES, RETAINED = "unlisted", "described", "dummies", "retained"
Decided = tuple[bytes, str]  # the element as written (b"" when it goes), the class of what was removed
Remembered = tuple[bytes, tuple[tuple[str, int], ...]]


@dataclass
class Memory:
    """Elements decided before, for the next file of a patient: headers of a series are much the same."""

    decided: dict[tuple[Any, ...], dict[bytes, Remembered]] = field(default_factory=dict)

    def of(self, *where: Any) -> dict[bytes, Remembered]:
        """What was decided in one place, encoding and character set."""
        found = self.decided.setdefault(where, {})
        if len(found) > MANY:
            found.clear()
        return found


@dataclass
class Walk:
    """The walk through one file. `counts` is what was removed, by class."""

    rules: Rules
    pseudonyms: Pseudonyms
    known: Matcher
    patient: str  # pseudonym of the patient of this file, number and name
    file: Dicom
    memory: Memory
    document: str = ""  # MIME type of an encapsulated document
    dates: frozenset[str] = frozenset()  # of this file, as eight digits
    counts: Counter[str] = field(default_factory=Counter)
    written: list[tuple[int, bytes]] = field(default_factory=list)  # the top of the data set, by tag

    def run(self) -> None:
        """Decide every element in front of the pixels."""
        self.written = self._dataset(self.file.elements, self.file.encoding, UNLISTED, 0, b"")

    def add(self, tag: int, vr: bytes, value: bytes) -> None:
        """Set one attribute at the top, instead of what stood there."""
        self.written = [row for row in self.written if row[0] != tag]
        self.written.append((tag, self.file.encoding.element(tag, vr, value)))

    def _dataset(
        self, elements: list[Element], source: Encoding, place: str, depth: int, chars: bytes
    ) -> list[tuple[int, bytes]]:
        buffer, counts = self.file.buffer, self.counts
        for element in elements:
            if element.tag == CHARACTER_SET:
                chars = self.file.value(element)
                break
        here = (self.patient, self.document, self.dates, source, self.file.encoding, place, chars, depth > 0)
        remembered = self.memory.of(*here)
        written: list[tuple[int, bytes]] = []
        creators: dict[int, str] = {}
        private, safe = 0, self.rules.private
        for element in elements:
            tag = element.tag
            if tag & 0x10000:
                if 0x10 <= tag & 0xFFFF <= 0xFF:
                    creator = buffer[element.at : element.end].strip(b" \0").decode("latin-1")
                    if creator in self.rules.creators and place is not DUMMIES:
                        creators[tag >> 16 << 8 | tag & 0xFF] = creator
                    continue
                owner = creators.get(tag >> 16 << 8 | tag >> 8 & 0xFF)
                listed = safe.get((owner, tag & 0xFFFF00FF)) if owner else None
                kept = (
                    self._private(element, owner or "", listed, source, chars) if listed is not None else None
                )
                if kept:
                    written += [row for row in kept if row not in written[-_BLOCK:]]
                else:
                    private += 1
                continue
            raw = buffer[element.start : element.end]
            decided = remembered.get(raw)
            if decided is None:
                decided = self._counted(element, source, place, depth, chars)
                if len(raw) <= REMEMBERED:
                    remembered[raw] = decided
            value, removed = decided
            for what, number in removed:
                counts[what] += number
            if value:
                written.append((tag, value))
        if private:
            counts["private"] += private
        written.sort(key=itemgetter(0))
        return written

    def _counted(
        self, element: Element, source: Encoding, place: str, depth: int, chars: bytes
    ) -> Remembered:
        """One element decided, with all that was removed in it."""
        outside, self.counts = self.counts, Counter()
        try:
            value, removed = self._decide(element, source, place, depth, chars)
            if removed:
                self.counts[removed] += 1
            return value, tuple(self.counts.items())
        finally:
            self.counts = outside

    def _decide(self, element: Element, source: Encoding, place: str, depth: int, chars: bytes) -> Decided:
        tag, rules = element.tag, self.rules
        if tag >> 24 in rules.removed_groups:
            return b"", "overlays and curves"
        if not tag & 0xFFFF or tag >> 16 < 8:
            return b"", "group lengths"
        if tag >> 16 == 0x7FE0:
            kept = tag in OFFSETS and self.file.encapsulated and not depth and element.vr.startswith(b"O")
            kept = kept and not binary.named(self.file.value(element), self.known)
            return (self._as_it_is(element, element.vr), "") if kept else (b"", "beside the pixels")
        vr = self._vr(element)
        if not vr.isalpha() or self._text_as_number(element, vr):
            return b"", "not what it says"
        action = rules.actions.get(tag, Action.KEEP)
        if place is DUMMIES and action in _LET_THROUGH:
            return self._dummy_inside(element, vr, source, depth, chars)
        if place is RETAINED and action in _LET_THROUGH and vr.decode() in rules.text:
            return self._as_it_is(element, vr), ""
        if action is Action.KEEP:
            return self._unlisted(element, vr, source, place, depth, chars)
        return self._listed(element, vr, source, place, action, depth, chars)

    def _listed(
        self,
        element: Element,
        vr: bytes,
        source: Encoding,
        place: str,
        action: Action,
        depth: int,
        chars: bytes,
    ) -> Decided:
        tag, write = element.tag, self.file.encoding.element
        if action is Action.REMOVE or vr == b"UN":
            return b"", "identity"
        if action is Action.DESCEND and vr == SEQUENCE:
            return self._sequence(element, source, DESCRIBED, depth, chars), ""
        if action is Action.DUMMY and vr == SEQUENCE:
            return self._sequence(element, source, DUMMIES, depth, chars), "identity"
        if action is Action.RETAIN:
            if vr == SEQUENCE:
                return self._sequence(element, source, RETAINED, depth, chars), ""
            return self._as_it_is(element, vr), ""
        value = self.file.value(element)
        empty = not value.strip(b" \0")
        if action is Action.EMPTY or (action is Action.DUMMY and vr.decode() not in self.rules.dummies):
            return (write(tag, vr, b"") if vr != SEQUENCE else self._sequence_of(tag, [])), (
                "" if empty else "identity"
            )
        if action is Action.DUMMY:
            dummy = self.rules.dummies[vr.decode()].encode()
            return write(tag, vr, dummy), "" if value.strip(b" \0") == dummy else "identity"
        if action is Action.PSEUDONYM:
            other = charset.decoded(value, chars).strip(" \0") if depth and tag == PATIENT_ID else ""
            pseudonym = self.pseudonyms.patient(other) if other else self.patient
            return write(tag, vr, pseudonym.encode()), "identity"
        if action in (Action.UID, Action.CLASS):
            return self._uids(element, b"UI", value)
        if action is Action.SHIFT:
            return self._dates(element, vr, value)
        if action is Action.DESCRIBE and vr not in NUMBERS and vr != SEQUENCE:
            return self._text(element, vr, value, "described", chars)
        if action is Action.CODE and vr.decode() in self.rules.text:
            return self._text(element, vr, value, "described" if place is DESCRIBED else "code", chars)
        if action is Action.CHARSET:
            stated = {term.strip() for term in value.decode("latin-1").strip(" \0").split("\\")}
            return (
                (self._as_it_is(element, vr), "") if stated <= self.rules.charsets | {""} else (b"", "text")
            )
        if action is Action.DOCUMENT:
            blank = documents.blank(self.document)
            if tag == DOCUMENT:
                return write(tag, vr, blank), "" if value.rstrip(b"\0 ") == blank.rstrip() else "document"
            order = "big" if self.file.encoding.big else "little"
            return write(tag, b"UL", len(blank).to_bytes(4, order)), ""  # type: ignore[arg-type]
        return self._unlisted(element, vr, source, place, depth, chars)

    def _unlisted(
        self, element: Element, vr: bytes, source: Encoding, place: str, depth: int, chars: bytes
    ) -> Decided:
        """What is not listed, or may stay: numbers as they are, text as far as it is harmless."""
        if element.tag in PIXELS:
            return b"", "beside the pixels"
        if vr in NUMBERS:
            long = element.end - element.at >= _NAME and binary.named(self.file.value(element), self.known)
            return (b"", "not what it says") if long else (self._as_it_is(element, vr), "")
        if vr == SEQUENCE:
            return self._sequence(element, source, place, depth, chars), ""
        value = self.file.value(element)
        if vr in (b"DA", b"DT"):
            return self._dates(element, vr, value)
        if vr == b"UI":
            return self._uids(element, vr, value)
        name = vr.decode()
        if name in self.rules.grammar:
            return self._conforming(element, vr, value)
        if vr == b"PN":
            return self.file.encoding.element(element.tag, vr, b""), "text" if value.strip(b" \0") else ""
        if name in self.rules.text:
            how = "described" if place is DESCRIBED or vr in _LONG_TEXT else "unlisted"
            return self._text(element, vr, value, how, chars)
        if vr == b"UN":
            return b"", "unknown"
        if binary.named(value, self.known):
            return b"", "text"
        return self._as_it_is(element, vr), ""

    def _dummy_inside(
        self, element: Element, vr: bytes, source: Encoding, depth: int, chars: bytes
    ) -> Decided:
        """In a sequence that must be a dummy, every value becomes one."""
        if vr == SEQUENCE:
            return self._sequence(element, source, DUMMIES, depth, chars), ""
        if vr == b"UI":
            return self._uids(element, vr, self.file.value(element))
        if vr in (b"DA", b"DT"):
            return self._dates(element, vr, self.file.value(element))
        dummy = self.rules.dummies.get(vr.decode())
        if legal := self.rules.enumerated.get(element.tag):
            stated = self.file.value(element).decode("latin-1").strip(" \0")
            dummy = stated if stated in legal else legal[0]
        if dummy is None:
            return (self._as_it_is(element, vr), "") if vr in NUMBERS else (b"", "identity")
        return self.file.encoding.element(element.tag, vr, dummy.encode()), ""

    def _private(
        self, element: Element, creator: str, listed: str, source: Encoding, chars: bytes
    ) -> list[tuple[int, bytes]]:
        """A private element with its creator where PS3.15 Table E.3.10-1 calls it safe; else nothing."""
        tag, number = element.tag, element.tag & 0xFFFF
        allowed = listed.encode().split(b"/") if listed else [element.vr]  # some rows leave it to the file
        vr = element.vr if element.vr in allowed else allowed[0]
        foreign = vr in NUMBERS and self.file.encoding.big and element.vr != vr  # in UN: little endian
        if vr not in VRS or vr == b"UN" or element.vr not in (vr, b"UN", b"") or foreign:
            return []
        kept, _ = self._unlisted(element, vr, source, UNLISTED, 1, chars)
        if not kept:
            return []
        named = tag >> 16 << 16 | number >> 8
        return [(named, self.file.encoding.element(named, b"LO", creator.encode())), (tag, kept)]

    # --- values ---------------------------------------------------------------------------------------

    def _vr(self, element: Element) -> bytes:
        """The value representation; from the table or the dictionary where the file does not say."""
        if element.vr and element.vr != b"UN":
            return element.vr
        if element.items is not None:
            return SEQUENCE
        return (self.rules.vrs.get(element.tag) or dictionary.vr(element.tag) or "UN").encode()

    def _text_as_number(self, element: Element, vr: bytes) -> bool:
        """Whether readable text stands under a VR for numbers or bytes that this attribute does not have."""
        if vr not in NUMBERS and not vr.startswith(b"O"):
            return False
        value = self.file.value(element).rstrip(b" \0")
        if len(value) < _WORD or not _PRINTABLE.fullmatch(value):
            return False
        stated = self.rules.vrs.get(element.tag) or dictionary.vr(element.tag)
        return stated in self.rules.text or stated in self.rules.grammar or stated in ("SQ", "DA", "DT")

    def _as_it_is(self, element: Element, vr: bytes) -> bytes:
        if element.vr == vr or (self.file.encoding.implicit and not element.vr):
            return self.file.buffer[element.start : element.end]
        if vr in NUMBERS and self.file.encoding.big:
            return b""  # little endian numbers in a big endian file: UN, as nobody writes it
        return self.file.encoding.element(element.tag, vr, self.file.value(element))

    def _sequence(self, element: Element, source: Encoding, place: str, depth: int, chars: bytes) -> bytes:
        if depth >= MAX_DEPTH:
            raise NoPictureError("IMG072", depth=MAX_DEPTH)
        inside = IMPLICIT if element.vr == b"UN" else source
        items = self.file.items(element, inside, depth)
        return self._sequence_of(element.tag, [self._item(i, inside, place, depth + 1, chars) for i in items])

    def _item(self, item: list[Element], source: Encoding, place: str, depth: int, chars: bytes) -> bytes:
        return b"".join(value for _, value in self._dataset(item, source, place, depth, chars))

    def _sequence_of(self, tag: int, items: list[bytes]) -> bytes:
        return self.file.encoding.sequence(tag, items)

    def _uids(self, element: Element, vr: bytes, value: bytes) -> Decided:
        new = uids.all_public(value, self.pseudonyms, retained="uids" in self.rules.on)
        if new == value.strip(b" \0"):
            return self._as_it_is(element, vr), ""
        return self.file.encoding.element(element.tag, vr, new), "UIDs"

    def _dates(self, element: Element, vr: bytes, value: bytes) -> Decided:
        stripped = value.decode("latin-1").strip(" \0")
        if not stripped:
            return self._as_it_is(element, vr), ""
        if "full-dates" in self.rules.on:
            return self._conforming(element, vr, value)
        if "modified-dates" not in self.rules.on:  # some attributes must have a value
            return self.file.encoding.element(
                element.tag, vr, self.rules.dummies[vr.decode()].encode()
            ), "dates"
        moved = [self.pseudonyms.date(part, self.patient) for part in re.split(r"[\\]", stripped)]
        return self.file.encoding.element(element.tag, vr, "\\".join(moved).encode()), "dates"

    def _conforming(self, element: Element, vr: bytes, value: bytes) -> Decided:
        """Numbers, times and ages: kept when they are what they say and nobody's."""
        text = value.decode("latin-1").strip(" \0")
        if not self.rules.grammar[vr.decode()].fullmatch(text):
            return b"", "not what it says"
        if vr == b"AS" and any(map(numbers.over_89, text.split("\\"))):
            oldest = self.file.encoding.element(element.tag, vr, numbers.OLDEST.encode())
            return oldest, "ages over 89" if text != numbers.OLDEST else ""
        if vr not in (b"DA", b"DT") and numbers.somebodys(text, self.known, self.dates):
            return b"", "text"
        return self._as_it_is(element, vr), ""

    def _text(self, element: Element, vr: bytes, value: bytes, how: str, chars: bytes) -> Decided:
        text = charset.decoded(value, chars).strip(" \0")
        if not text:
            return self._as_it_is(element, vr), ""
        cleaned = self._cleaned(text, how)
        if cleaned == text:
            return self._as_it_is(element, vr), ""
        left = charset.encoded(cleaned, chars)
        if not left:  # some attributes must have a value
            left = self.rules.dummies.get(vr.decode(), "").encode()
        return self.file.encoding.element(element.tag, vr, left), "text"

    def _cleaned(self, text: str, how: str) -> str:
        """A text as it may stay. UIDs in it are replaced like others: the links that they make stay."""

        def clean(piece: str) -> str:
            return values.clean(piece, self.known, how=how).text

        return clean(text) if "uids" in self.rules.on else uids.apart(text, self.pseudonyms, clean)


_BLOCK = 300  # elements of one private block, its creator among them
_NAME = 6  # bytes of numbers in which a name could be spelled
_WORD = 4  # letters; shorter ones are any number
_PRINTABLE = re.compile(rb"[\x20-\x7e\x80-\xff\r\n\t]+")
_LONG_TEXT = frozenset((b"LT", b"ST", b"UT"))
_LET_THROUGH = frozenset(
    (Action.KEEP, Action.DESCRIBE, Action.DESCEND, Action.CODE, Action.CHARSET, Action.DOCUMENT)
)
