"""Text burned into the pixels of a DICOM file: which frames are read, what is filled, and what is held back.

The kind of picture decides first (templates/rules/dicom-pixels.yaml): some are always read, others get a
cheap look at every frame, and only frames with text-like marks are read, once per distinct overlay. What was
filled is read again; what still reads is filled once more, and after that the file is held back.
"""

from __future__ import annotations

import functools
import hashlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np

from pipeline.core.match import Matcher
from pipeline.deidentify.pictures import reencode, shades
from pipeline.deidentify.pictures.boxes import Area, Box, Do, on_sight
from pipeline.deidentify.pictures.joined import SLACK, around, inside, joined
from pipeline.deidentify.pictures.picturekind import Kind, is_label, kind_of, rules, words
from pipeline.deidentify.pictures.pixels import Looked, Stored
from pipeline.deidentify.pictures.reencode import Source, UnreadableError, Values

__all__ = ["Looked", "Stored", "examine", "is_label"]
STILL, AGAIN = "still readable after filling", "text, found when read again"
Cache = dict[bytes, tuple[Box, ...]]


def examine(
    stored: Stored,
    scratch: Path,
    known: Matcher | None,
    cache: Cache,
    *,
    clear_high_bits: bool = False,
    shown: Sequence[Area] = (),
) -> Looked:
    """Look at the pixels of one file, and write them anew into `scratch` where they must change.

    `scratch` is a private folder, or the path of a file to write. `cache` holds the boxes of overlays that
    were read in other files. `clear_high_bits` clears what lies outside of the pixel values (retired overlays
    in unused bits), as is done where something is seen there. For text in an area of `shown` an author
    answers. Run it in the worker.
    """
    kind = kind_of(stored)
    if not stored.bits_allocated:
        return Looked(frames=stored.frames, notes=(words("not_read"),))
    try:
        with reencode.opened(stored) as source:
            reading = _Reading(stored, source, kind, known, cache, shown)
            reading.all_frames()
            return _result(reading, scratch, clear=clear_high_bits or reading.hidden)
    except UnreadableError as e:  # whatever the header says of them: that is no proof
        return Looked(frames=stored.frames, held=e.code)


# --- reading ------------------------------------------------------------------------------------------


@dataclass
class _Reading:
    """The frames of one file being looked at, one after the other."""

    stored: Stored
    source: Source
    kind: Kind
    known: Matcher | None
    cache: Cache
    shown: Sequence[Area]  # where an author answers for what was taken for text
    boxes: list[tuple[int, Box]] = field(default_factory=list)  # frame counted from 1 where first seen
    of_frame: dict[int, tuple[Box, ...]] = field(default_factory=dict)  # counted from 0
    read: int = 0
    held: str = ""
    look: set[str] = field(default_factory=set)
    seen: Cache = field(default_factory=dict)  # overlays of this file
    group: list[Values] = field(default_factory=list)  # greatest and least of frames read together
    together: bool = False
    hidden: bool = False  # whether something is drawn in bits that are no pixel

    def all_frames(self) -> None:
        """Look at every frame: alone, by an overlay already read, or together with others."""
        limits, count = rules()["limits"], self.source.frames
        if self.kind.how == "no":
            self._unread()
            return
        alone = limits["sampled" if self.kind.beyond == "together" else "readings"]
        if count > 1:  # every view of a frame is a reading
            alone = max(alone // len(shades.views(self.source.frame(0), self.source, self.stored)), 2)
        sampled = set(range(0, count, -(-count // alone))) if self.kind.how == "read" else set()
        each = -(-count // limits["together"])
        for index in range(count):
            raw = self.source.frame(index)
            self.hidden = self.hidden or self._hides(raw)
            due = index in sampled
            sampled.discard(index)
            if not self._one(index, raw, may_read=due or self.read < alone - len(sampled)):
                self._more(raw)
            if self.group and (index % each == each - 1 or index == count - 1):
                self._together(index)
            if self.held == "IMG063":
                return

    def _unread(self) -> None:
        """Values that are no picture can still have one in the bits beside them."""
        if self.stored.bits_stored < self.stored.bits_allocated:
            self.hidden = any(self._hides(self.source.frame(n)) for n in range(self.source.frames))

    def _hides(self, raw: Values) -> bool:
        return shades.bits_of(self.source, raw).hides(raw, self.stored.padding, seen=self.kind.how != "no")

    def _one(self, index: int, raw: Values, *, may_read: bool) -> bool:
        """Whether a frame is done with: nothing to read in it, its overlay known, or read."""
        count, screened = self.source.frames, self.kind.how == "screen"
        shared = screened or self.kind.shared
        digest = _screen(raw) if shared or count > 1 else None
        if digest is None:
            if not screened and index in (0, count // 2, count - 1):
                self._unmarked(index, raw)
            return True
        key = self._key(digest, raw)
        found = self.seen.get(key)
        if found is None and shared:
            found = self._remembered(key, raw) or self._in_the_same_place(raw)
        if found is None:
            if not may_read:
                return False
            found = self._read(raw)
            if shared:
                self._remember(key, raw, found)
        self.seen[key] = found
        self._add(index, found)
        return True

    def _unmarked(self, index: int, raw: Values) -> None:
        """Read a frame in which the cheap look sees nothing: its kind is read whatever that says.

        Where overlays are shared over a series, one such frame without text speaks for the others.
        """
        key = self._key(f"unmarked {self.stored.series}".encode(), raw)
        if self.kind.shared and key in self.cache:
            return
        found = self._read(raw)
        if self.kind.shared and not found:
            self.cache[key] = ()
        self._add(index, found)

    def _add(self, index: int, found: tuple[Box, ...]) -> None:
        """Note the boxes of a frame; the same overlay is reported once."""
        self.of_frame[index] = found
        for box in found:
            alike = (n for n, (_, b) in enumerate(self.boxes) if b.do is box.do and inside(box, b, SLACK))
            n = next(alike, None)
            if n is None:
                self.boxes.append((index + 1, box))
            else:
                self.boxes[n] = (self.boxes[n][0], around(self.boxes[n][1], box))
        if any(box.reason == STILL for box in found):
            self.held = "IMG062"

    def _more(self, raw: Values) -> None:
        """A frame with an overlay beyond those that may be read."""
        self.look.add(words("said" if self.kind.beyond == "say" else "together"))
        if self.kind.beyond == "hold":
            self.held = "IMG063"
        elif self.kind.beyond == "together":
            greatest, least = self.group or (raw, raw)
            self.group = [np.maximum(greatest, raw), np.minimum(least, raw)]

    def _together(self, index: int) -> None:
        """Read what frames show together: bright text is in their greatest values, dark in their least."""
        found = [box for both in self.group for box in self._read(both)]
        self.read -= len(self.group)  # they are no frames of the file
        self.group, self.together = [], True
        self._add(index, tuple(found))

    def _read(self, raw: Values) -> tuple[Box, ...]:
        """The boxes of one frame, faces included; read again after filling, twice at most.

        Everything found is filled. What can still be read after the second time says that there is more than
        is found; marks that cannot be read, which tissue has too, do not say so.
        """
        from pipeline.deidentify.pictures import textboxes
        from pipeline.deidentify.pictures.pixelmarks import UNREAD

        self.read += 1
        find = functools.partial(textboxes.find, photo=self.kind.photo, known=self.known)
        boxes = on_sight(self._even(self._text(raw, find)), self.shown)
        for last in (False, True):
            if not any(box.do is Do.FILL for box in boxes) or self._filled_already(boxes):
                break
            filled = self.filled(raw, boxes)
            left = self._even(self._text(filled, functools.partial(textboxes.residue, boxes=tuple(boxes))))
            boxes += [box for box in left if box.do is Do.LOOK]
            if all(box.do is Do.LOOK for box in left):
                break
            boxes += [
                replace(box, reason=STILL if last and box.reason != UNREAD else AGAIN)
                for box in left
                if box.do is Do.FILL
            ]
        return tuple(boxes + self._faces(raw))

    def _filled_already(self, boxes: list[Box]) -> bool:
        """Whether these boxes are those of an earlier frame, which was read again after filling them."""
        have = [box for _, box in self.boxes if box.do is Do.FILL]
        every = self.kind.spread == "all"
        return every and all(b.do is not Do.FILL or any(inside(b, h, SLACK) for h in have) for b in boxes)

    def _text(self, raw: Values, find: Callable[[Any], list[Box]]) -> list[Box]:
        found: list[Box] = []
        for view in shades.views(raw, self.source, self.stored):
            found = joined(found, find(view))
        return found

    def _faces(self, raw: Values) -> list[Box]:
        """Faces in visible light are filled, elsewhere proposed."""
        if self.kind.faces == "no":
            return []
        from pipeline.deidentify.pictures import faces

        view = shades.views(raw, self.source, self.stored)[0]
        threshold = faces.PHOTOGRAPH if self.kind.photo or view.ndim == 3 else faces.RADIOLOGY
        do = Do.FILL if self.kind.faces == "fill" else Do.LOOK
        return [replace(box, do=do) for box in faces.find(view, threshold)]

    def _even(self, boxes: list[Box]) -> list[Box]:
        """Two neighbours share their colour in YBR_FULL_422: boxes then start and end between such pairs."""
        if "422" not in self.stored.photometric or self.source.photometric != self.stored.photometric:
            return boxes
        return [replace(box, left=box.left & ~1, right=box.right + 1 & ~1) for box in boxes]

    def filled(self, raw: Values, boxes: Sequence[Box]) -> Values:
        """A copy with the FILL boxes painted in the value that is shown darkest."""
        copy = np.array(raw)
        value = shades.black(raw, self.source, self.stored)
        for box in boxes:
            if box.do is Do.FILL:
                copy[box.top : box.bottom, box.left : box.right] = value
        return copy

    # Overlays of other files. What is kept there is kept here only where it is the same mark.

    def _key(self, digest: bytes, raw: Values) -> bytes:
        who = _identity(self.known)
        return hashlib.blake2b(repr((digest, raw.shape, who)).encode(), digest_size=16).digest()

    def _place(self, raw: Values) -> bytes:
        return self._key(f"place {self.stored.series}".encode(), raw)

    def _remembered(self, key: bytes, raw: Values) -> tuple[Box, ...] | None:
        boxes = self.cache.get(key)
        if boxes is not None and any(box.do is Do.KEEP for box in boxes):
            return boxes if key + _marks(raw, boxes) in self.cache else None
        return boxes

    def _in_the_same_place(self, raw: Values) -> tuple[Box, ...] | None:
        """The boxes of the frame of this series read last, where they cover all that looks like text here.

        What is in boxes that are filled may differ, as a slice number does; kept marks must be the same.
        """
        key = self._place(raw)
        boxes = self._remembered(key, raw)
        if not boxes:
            return None
        covered = [replace(box, do=Do.FILL) for box in boxes]
        return boxes if _screen(self.filled(raw, covered)) is None else None

    def _remember(self, key: bytes, raw: Values, boxes: tuple[Box, ...]) -> None:
        held = any(box.reason == STILL for box in boxes)
        for known in (key,) if held else (key, self._place(raw)):
            self.cache[known] = boxes
            if any(box.do is Do.KEEP for box in boxes):
                self.cache[known + _marks(raw, boxes)] = ()


def _screen(raw: Values) -> bytes | None:
    """What the cheap look sees, else strokes at an end of the values, which noise hides from it."""
    from pipeline.deidentify.pictures import screen

    found: bytes | None = screen.suspicious(raw)
    return found or shades.strokes_at_an_end(raw)


@functools.lru_cache(maxsize=64)
def _identity(known: Matcher | None) -> str:
    """What was looked for, so that a mark vouched for one patient is not vouched for another."""
    named = sorted((i.kind.value, i.value) for i in known.identifiers) if known else ()
    return hashlib.blake2b(repr(named).encode(), digest_size=16).hexdigest()


def _marks(raw: Values, boxes: Sequence[Box]) -> bytes:
    """What stands in the boxes that are kept, as drawn: brighter or not than halfway, tissue apart."""
    held = hashlib.blake2b(digest_size=16)
    for box in boxes:
        if box.do is Do.KEEP:
            part = raw[box.top : box.bottom, box.left : box.right].astype(np.float64)
            held.update(np.packbits(part > (part.min() + part.max()) / 2).tobytes())
    return held.digest()


# --- the result ---------------------------------------------------------------------------------------


def _result(reading: _Reading, scratch: Path, *, clear: bool) -> Looked:
    stored, kind = reading.stored, reading.kind
    filling = any(box.do is Do.FILL for _, box in reading.boxes)
    comments = reading.source.comments()
    notes: list[str] = [words("not_read")] if kind.how == "no" else []
    attributes: dict[int, tuple[str, bytes]] = {}
    target = None
    if not reading.held and kind.faces == "fill" and _photographs_unseen(reading):
        reading.held = "IMG065"
    if (filling or clear or comments) and not reading.held:
        target = scratch / "pixels" if scratch.is_dir() else scratch
        _write(reading, target, clear=clear)
        attributes = {**reading.source.attributes(), **_lossy(stored, notes)}
        if filling and not reading.look and all(box.do is not Do.LOOK for _, box in reading.boxes):
            attributes[0x00280301] = ("CS", b"NO")
        notes += [words("comments")] * comments + [words("high_bits")] * clear
        if stored.syntax not in reencode.NATIVE:
            notes.append(words("decoded"))
    filled = [box for _, box in reading.boxes if box.do is Do.FILL]
    return Looked(
        boxes=tuple(
            (n, box)
            for n, box in reading.boxes
            if box.do is not Do.KEEP or not any(inside(box, over, SLACK) for over in filled)
        ),
        read=reading.read,
        frames=reading.source.frames,
        replacement=target,
        attributes=attributes,
        held=reading.held,
        look=tuple(sorted(reading.look | set(_to_look_at(reading)))),
        notes=tuple(notes),
    )


def _photographs_unseen(reading: _Reading) -> bool:
    """Whether faces were found in a film of which not every frame was searched: they move."""
    return reading.read < reading.source.frames and any(
        box.what in ("face", "eyes") for _, box in reading.boxes
    )


def _to_look_at(reading: _Reading) -> Iterator[str]:
    boxes = [box for _, box in reading.boxes]
    if reading.kind.how == "read":
        yield words("must_look")
        if reading.kind.faces == "fill" and reading.read < reading.source.frames:
            yield words("some_faces")
    if reading.stored.burned_in.strip().upper() == "YES" and not boxes:
        yield words("nothing_found")
    if reading.stored.photometric == "PALETTE COLOR" and shades.tables(reading.stored) is None:
        yield words("palette")
    for do, key in ((Do.FILL, "filled"), (Do.KEEP, "kept"), (Do.LOOK, "faces")):
        if any(box.do is do for box in boxes):
            yield words(key)


def _lossy(stored: Stored, notes: list[str]) -> dict[int, tuple[str, bytes]]:
    if stored.syntax in rules()["lossy"]:
        notes.append(words("lossy"))
        return {0x00282110: ("CS", b"01")}
    if stored.syntax in rules()["maybe_lossy"]:
        notes.append(words("lossy"))
    return {}


def _write(reading: _Reading, target: Path, *, clear: bool) -> None:
    """All frames in one pass, each with its boxes painted over."""
    source = reading.source
    everywhere = [box for _, box in reading.boxes if box.do is Do.FILL]
    with target.open("xb") as file:
        writer = reencode.Writer(file, single_bits=reading.stored.bits_allocated == 1)
        for index in range(source.frames):
            raw = source.frame(index)
            boxes = (
                everywhere
                if reading.kind.spread == "all" or reading.together
                else reading.of_frame.get(index, ())
            )
            if any(box.do is Do.FILL for box in boxes):
                raw = reading.filled(raw, boxes)
            if clear and reading.stored.bits_allocated > 1:
                raw = shades.bits_of(source, raw).cleared(raw, reading.stored.padding)
            writer.add(source.pack(raw))
        writer.close()
