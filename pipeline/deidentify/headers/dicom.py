"""A de-identified copy of one DICOM file: PS3.15 Annex E by the table, at every depth, and its pixels looked
at.

Preamble and file meta are new, nothing behind the pixels comes along, and pixel bytes are copied undecoded
unless something in them has to be covered.
"""

from __future__ import annotations

import hashlib
import os
import sys
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from struct import Struct

from pipeline.core.match import Matcher
from pipeline.core.picture import NoPictureError
from pipeline.deidentify.headers import documents, elements, filemeta, header, numbers, seal, uids
from pipeline.deidentify.headers.elements import Dicom, Element
from pipeline.deidentify.headers.encoding import UNDEFINED, Encoding
from pipeline.deidentify.headers.header import Header
from pipeline.deidentify.headers.pseudonym import Pseudonyms
from pipeline.deidentify.headers.rules import Rules
from pipeline.deidentify.headers.seal import Seal
from pipeline.deidentify.headers.walk import DOCUMENT, OFFSETS, Memory, Walk
from pipeline.deidentify.pictures.boxes import Area, Box
from pipeline.deidentify.pictures.pixels import Looked, Stored

SOP_CLASS, SOP_INSTANCE, BURNED_IN = 0x00080016, 0x00080018, 0x00280301
ROWS, MIME = 0x00280010, 0x00420012
BLANKED = "the document in it is blank now: its text cannot be vouched for"
SLIDE = "1.2.840.10008.5.1.4.1.1.77.1.6"  # VL Whole Slide Microscopy Image Storage
ITEM_START = Struct("<HHI")
COPY = 1 << 22  # bytes copied at once
SOUND = {"1.2.840.10008.5.1.4.1.1.9.4.1", "1.2.840.10008.5.1.4.1.1.9.4.2"}  # a voice names whoever speaks


@dataclass(frozen=True)
class Setting:
    """What all files of one run share."""

    rules: Rules
    pseudonyms: Pseudonyms
    known: Mapping[str, Matcher] = field(repr=False)  # by patient, as Pseudonyms.patients tells them
    everyone: Matcher = field(repr=False)  # for a patient that was not seen before
    pictures_only: bool = False  # refuse files without pixels


@dataclass(frozen=True, slots=True)
class Job:
    """One copy to make."""

    source: Path
    target: Path
    shown: tuple[Area, ...] = ()  # areas of the picture that an author answers for


@dataclass(frozen=True, slots=True)
class Outcome:
    """What one copy took. Where `held` names a finding there is no copy."""

    removed: dict[str, int]
    held: str = ""
    boxes: tuple[tuple[int, Box], ...] = ()  # frame counted from 1, box
    read: int = 0  # frames that were read for text
    look: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    lies: Stored | None = field(default=None, repr=False)  # for rules that need the whole series


def cleaner(setting: Setting, memory: Memory | None = None) -> Callable[[Job], Outcome]:
    """A function that writes one clean copy, for the worker.

    It remembers in `memory` what headers have in common, and the text that it read: a series is read once.
    """
    memory = Memory() if memory is None else memory
    seen: dict[bytes, tuple[Box, ...]] = {}

    def clean(job: Job) -> Outcome:
        scratch = job.target.with_suffix(".scratch")
        try:
            return _clean(job, setting, memory, seen, scratch)
        except BaseException:
            job.target.unlink(missing_ok=True)
            raise
        finally:
            scratch.unlink(missing_ok=True)
            pixels_of(scratch).unlink(missing_ok=True)

    return clean


def pixels_of(scratch: Path) -> Path:
    """The file for new pixels, beside the one for an inflated data set."""
    return scratch.with_suffix(".pixels")


def _clean(
    job: Job, setting: Setting, memory: Memory, seen: dict[bytes, tuple[Box, ...]], scratch: Path
) -> Outcome:
    job.target.parent.mkdir(parents=True, exist_ok=True)
    file = elements.read(job.source, scratch)
    top, syntax = Header(file), filemeta.syntax(file)
    if file.pixels is None and top.raw(ROWS) and (setting.pictures_only or file.after):
        raise NoPictureError("IMG021")  # cut, and what is missing may have been filled with zeros
    if file.pixels is None and setting.pictures_only:
        raise NoPictureError("IMG028")
    sop_class = top.text(SOP_CLASS) or _meta(file, 0x00020002)
    if not sop_class:
        raise NoPictureError("IMG029")
    if documents.holds_other(sop_class, top.text(MIME), top.raw(DOCUMENT)):
        raise NoPictureError("IMG084")
    if sop_class in SOUND:
        raise NoPictureError("IMG074")
    whose = setting.pseudonyms.patients.whose(header.owner_of(top))
    known = setting.known.get(whose, setting.everyone)
    walk = Walk(
        setting.rules,
        setting.pseudonyms,
        known,
        setting.pseudonyms.patient(whose),
        file,
        memory,
        document=top.text(MIME),
        dates=numbers.dates(top),
    )
    ours = seal.found(file, setting.rules, setting.pseudonyms)
    if ours is Seal.OTHER:
        return Outcome({}, "IMG085")
    if ours:
        walk.written = [(e.tag, file.buffer[e.start : e.end]) for e in file.elements]
    else:
        walk.run()
        _identify(walk, file, sop_class, setting.pseudonyms)
    if any(file.preamble):
        walk.counts["preamble"] += 1
    if file.after:
        walk.counts["behind the pixels" if file.pixels else "behind the data set"] += 1
    lies = header.stored(top, file.path, syntax)
    if lies is not None and _label(lies):
        return Outcome({}, "IMG075")
    looked = _look(file, top, lies, setting, known, seen, scratch, walk.counts, job.shown)
    if looked.held:
        return Outcome(
            dict(walk.counts), looked.held, looked.boxes, looked.read, looked.look, looked.notes, lies
        )
    if looked.replacement or not _offsets(file, lies):
        walk.written = [
            row for row in walk.written if row[0] >> 16 != 0x7FE0
        ]  # offsets of frames that are gone
    for tag, (vr, value) in looked.attributes.items():
        walk.add(tag, vr.encode(), _ordered(vr, value, file.encoding))
    if not ours or looked.attributes:
        seal.declare(walk, setting.rules, setting.pseudonyms)
    _write(job.target, file, filemeta.native(file) if looked.replacement else syntax, walk, lies, looked)
    look = (*looked.look, *([BLANKED] if walk.counts["document"] else []))
    removed = {what: n for what, n in sorted(walk.counts.items()) if n}
    return Outcome(removed, "", looked.boxes, looked.read, look, looked.notes, lies)


def _label(lies: Stored) -> bool:
    """The label or overview of a slide (PS3.3 C.8.12.4.1.1): both show what the label says."""
    slide = lies.modality == "SM" or lies.sop_class.startswith(SLIDE)
    return slide and bool({"LABEL", "OVERVIEW"} & {word.strip().upper() for word in lies.image_type})


def _offsets(file: Dicom, lies: Stored | None) -> bool:
    """Whether the extended offset table (PS3.3 C.7.6.3.1.8), if there is one, can be nothing else."""
    found = {e.tag: file.value(e) for e in file.elements if e.tag in OFFSETS and e.vr.startswith(b"O")}
    if not found or lies is None:
        return True
    lengths = [
        int.from_bytes(found[t][n : n + 8], "little") for t in found for n in range(0, len(found[t]), 8)
    ]
    table = found.get(min(OFFSETS), b"")
    return rising(table, 8, lies.frames, lies.length) and max(lengths, default=0) <= lies.length


def _look(
    file: Dicom,
    top: Header,
    lies: Stored | None,
    setting: Setting,
    known: Matcher,
    seen: dict[bytes, tuple[Box, ...]],
    scratch: Path,
    counts: Counter[str],
    shown: tuple[Area, ...],
) -> Looked:
    """Check that the pixels are all there, and look at them if that is asked for."""
    if lies is None or file.pixels is None:
        return Looked()
    if not file.encapsulated:
        needed = header.plain_length(lies, file.pixels)
        if needed > lies.length or not needed:
            raise NoPictureError("IMG021")
        if lies.length > needed + needed % 2:
            counts["behind the pixels"] += 1
    hidden = header.overlay_in_pixels(top)
    if "pixels" not in setting.rules.on and not hidden:
        return Looked()
    from pipeline.deidentify.pictures import frames

    return frames.examine(lies, pixels_of(scratch), known, seen, clear_high_bits=hidden, shown=shown)


def _identify(walk: Walk, file: Dicom, sop_class: str, pseudonyms: Pseudonyms) -> None:
    """Say in the data set itself what it is; some old writers say it in the file meta only, or not at all."""
    have = {tag for tag, _ in walk.written}
    if SOP_CLASS not in have:
        walk.add(SOP_CLASS, b"UI", uids.public(sop_class, pseudonyms).encode())
    if SOP_INSTANCE not in have:
        stated = _meta(file, 0x00020003) or f"header:{len(file.elements)}:{hash_of(file)}"
        walk.add(SOP_INSTANCE, b"UI", pseudonyms.uid(stated).encode())


def hash_of(file: Dicom) -> str:
    """SHA-256 of everything in front of the pixels."""
    end = file.pixels.start if file.pixels else len(file.buffer)
    return hashlib.sha256(file.buffer[:end]).hexdigest()


def _meta(file: Dicom, tag: int) -> str:
    return file.meta.get(tag, b"").decode("latin-1").strip(" \0")


def _ordered(vr: str, value: bytes, encoding: Encoding) -> bytes:
    """A little endian value in the order of the file."""
    return value[::-1] if encoding.big and vr in ("US", "SS") and len(value) == 2 else value


# --- writing ------------------------------------------------------------------------------------------


def _write(target: Path, file: Dicom, syntax: str, walk: Walk, lies: Stored | None, looked: Looked) -> None:
    values = dict(walk.written)
    out = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o666)
    try:
        head = filemeta.written(_value(values[SOP_CLASS]), _value(values[SOP_INSTANCE]), syntax)
        before = b"".join(value for tag, value in walk.written if tag < 0x7FE00010)
        _all(out, head + before)
        if file.pixels is not None and lies is not None:
            _pixels(out, file, file.pixels, lies, looked)
        _all(out, b"".join(value for tag, value in walk.written if tag > 0x7FE00010))
    finally:
        os.close(out)


def _value(element: bytes) -> bytes:
    """The value of an element with a short header, as UI has in every encoding."""
    return element[8:].strip(b" \0")


def _pixels(out: int, file: Dicom, pixels: Element, lies: Stored, looked: Looked) -> None:
    """Pixel Data: the bytes of the source, cut to their exact length, or their replacement."""
    encoding = file.encoding
    if looked.replacement:
        size = looked.replacement.stat().st_size
        eight = lies.bits_allocated <= 8
        vr = (b"OB" if eight else b"OW") if file.encapsulated else pixels.vr or b"OW"
        _all(out, encoding.start_of_value(0x7FE00010, vr, size + size % 2))
        _copy(out, looked.replacement, 0, size, swap=lies.bits_allocated // 8 if encoding.big else 1)
        _all(out, b"\0" * (size % 2))
        return
    if file.encapsulated:
        _all(out, encoding.start_of_value(pixels.tag, pixels.vr or b"OW", UNDEFINED))
        table, after = _offset_table(file.path, pixels, lies.frames)
        _all(out, table)
        _copy(out, file.path, after, pixels.end - after)
        return
    size = header.plain_length(lies, pixels)
    _all(out, encoding.start_of_value(pixels.tag, pixels.vr or b"OW", size + size % 2))
    _copy(out, file.path, pixels.at, size)
    _all(out, b"\0" * (size % 2))


def _offset_table(path: Path, pixels: Element, frames: int) -> tuple[bytes, int]:
    """The basic offset table item (PS3.5 A.4) to write, and where the frames start in the source.

    One that does not hold rising offsets, one for each frame, is left empty: it could hold anything.
    """
    fd = os.open(path, os.O_RDONLY)
    try:
        size = int.from_bytes(os.pread(fd, 8, pixels.at)[4:], "little")
        table = os.pread(fd, size, pixels.at + 8)
    finally:
        os.close(fd)
    after = pixels.at + 8 + size
    if not rising(table, 4, frames, pixels.end - after):
        table = b""
    return ITEM_START.pack(0xFFFE, 0xE000, len(table)) + table, after


def rising(table: bytes, width: int, count: int, end: int) -> bool:
    """Whether a table of `width`-byte numbers holds `count` rising offsets from 0, all below `end`."""
    numbers = [int.from_bytes(table[n : n + width], "little") for n in range(0, len(table), width)]
    steps = all(a < b for a, b in pairwise(numbers))
    return (
        len(numbers) == count and not len(table) % width and numbers[0] == 0 and numbers[-1] < end and steps
    )


def _all(out: int, data: bytes) -> None:
    view = memoryview(data)
    while view:
        view = view[os.write(out, view) :]


def _copy(out: int, source: Path, at: int, size: int, *, swap: int = 1) -> None:
    """Copy bytes of a file in pieces; each group of `swap` bytes is turned round."""
    fd = os.open(source, os.O_RDONLY)
    try:
        while size:
            if swap < 2 and sys.platform == "linux":  # there the kernel copies from file to file
                moved = os.sendfile(out, fd, at, size)
            else:
                data = os.pread(fd, min(size, COPY), at)
                moved = len(data)
                if swap > 1:
                    turned = bytearray(data)
                    for n in range(swap):
                        turned[n::swap] = data[swap - 1 - n :: swap]
                    data = bytes(turned)
                _all(out, data)
            if not moved:
                raise NoPictureError("IMG021")
            at, size = at + moved, size - moved
    finally:
        os.close(fd)
