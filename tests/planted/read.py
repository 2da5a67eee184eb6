"""A file as a snooper reads it: raw bytes, what inflates, every value that decodes, in usual encodings."""

from __future__ import annotations

import io
import re
import warnings
import zlib
from collections.abc import Iterator
from functools import cached_property
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pydicom
from pydicom.dataset import Dataset

from tests.planted.answers import Place

DEFLATED = b"1.2.840.10008.1.2.1.99"
ENCODINGS = ("utf-8", "utf-16-le", "utf-16-be", "latin-1", "iso8859-5", "iso8859-6", "iso8859-7", "iso8859-8",
             "gb18030", "euc_kr", "euc_jp", "shift_jis", "iso2022_jp")  # fmt: skip
STREAM = re.compile(rb"stream\r?\n(.*?)endstream", re.DOTALL)


class Seen:
    """One file that came out (or went in)."""

    def __init__(self, data: bytes) -> None:
        self.raw = data

    @cached_property
    def ds(self) -> Dataset:
        """The data set, all of it decoded. Raises what pydicom raises for a file that it cannot read."""
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            ds = pydicom.dcmread(io.BytesIO(self.raw), force=True)
            if not len(ds):
                raise ValueError("holds nothing")
            for _ in walk(ds):
                pass
        return ds

    @cached_property
    def bytes(self) -> bytes:
        """All bytes, also those packed inside, lower case."""
        parts = [self.raw]
        if DEFLATED in self.raw[:1000]:
            length = int.from_bytes(self.raw[140:144], "little")
            parts.append(_inflate(self.raw[144 + length :]))
        parts += [_inflate(m[1], 15) for m in STREAM.finditer(self.raw)]
        return b"\n".join(parts).lower()

    @cached_property
    def text(self) -> str:
        """Every value that is text, lower case."""
        found = []
        for _, element in walk(self.ds):
            if element.VR == "SQ":
                continue  # what is in it follows
            values = (
                element.value
                if isinstance(element.value, (list, pydicom.multival.MultiValue))
                else [element.value]
            )
            found += [str(v) for v in values if not isinstance(v, (bytes, int, float))]
        return "\n".join(found).casefold()

    def holds(self, needle: str) -> bool:
        """Does this text stand anywhere? Phones also without country code, record numbers without letters."""
        forms = {needle, needle.removeprefix("+91 ")}
        if needle.startswith("UHID"):
            forms.add(needle[4:])
        return any(form.casefold() in self.text or self._raw(form) for form in forms)

    def _raw(self, form: str) -> bool:
        for encoding in ENCODINGS[:3] if form.isascii() else ENCODINGS:
            try:
                if form.lower().encode(encoding).lower() in self.bytes:
                    return True
            except UnicodeEncodeError:
                continue
        return False

    def at(self, place: Place) -> Any:
        """The value at a place, None where there is none."""
        return value_at(self.ds, place)

    def has(self, place: Place) -> bool:
        """Is there an element at a place, be it empty?"""
        return place in self._places

    @cached_property
    def _places(self) -> set[Place]:
        return {place for place, _ in walk(self.ds)}

    @cached_property
    def dates(self) -> set[str]:
        """Everything that looks like a day."""
        return {m.decode() for m in re.findall(rb"(?=((?:19|20)\d{6}))", self.bytes)}


def value_at(ds: Dataset, place: Place) -> Any:
    """The value of the element at `place`, None where it is missing."""
    for n in range(0, len(place) - 2, 2):
        element = ds.get(place[n])
        if element is None or element.VR != "SQ" or len(element.value) <= place[n + 1]:
            return None
        ds = element.value[place[n + 1]]
    if place[-1] >> 16 == 2:
        ds = ds.file_meta
    try:
        element = ds.get(place[-1])
    except Exception:  # does not fit its VR
        return ds.get_item(place[-1]).value
    return None if element is None else element.value


def walk(ds: Dataset, at: Place = ()) -> Iterator[tuple[Place, Any]]:
    """Every element with its place, sequences before their items."""
    for tag in sorted(ds.keys()):
        try:
            element: Any = ds[tag]
        except (
            Exception
        ):  # a value that does not fit its VR: its bytes are looked at, the file stays readable
            raw = ds.get_item(tag)
            element = SimpleNamespace(tag=tag, VR="UN", value=raw.value, keyword="")
        place = (*at, int(element.tag))
        yield place, element
        if element.VR == "SQ":
            for n, item in enumerate(element.value):
                yield from walk(item, (*place, n))


def read(path: Path) -> Seen:
    return Seen(path.read_bytes())


def _inflate(data: bytes, bits: int = -15) -> bytes:
    try:
        return zlib.decompressobj(bits).decompress(data, 1 << 26)
    except zlib.error:
        return b""
