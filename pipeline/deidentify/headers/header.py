"""What a DICOM header says that we need: who is named in it, and how its pixels are stored. Bytes only, no
pydicom.

Raw values of the header stay in memory; none is shown.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache, cached_property
from pathlib import Path
from struct import unpack
from typing import Literal

from pipeline.core import resources
from pipeline.core.fold import letters
from pipeline.core.identity import Identifier, Kind, words
from pipeline.core.picture import NoPictureError
from pipeline.deidentify.headers import charset
from pipeline.deidentify.headers.elements import Dicom, Element
from pipeline.deidentify.headers.encoding import SEQUENCE, Encoding
from pipeline.deidentify.headers.patients import Owner
from pipeline.deidentify.headers.rules import TABLE
from pipeline.deidentify.pictures.pixels import Stored

# Person names that are not a doctor's: the patient, other and birth names, mother, responsible person.
PEOPLE = {
    0x00100010: Kind.NAME,
    0x00101001: Kind.NAME,
    0x00101005: Kind.NAME,
    0x00101060: Kind.RELATIVE,
    0x00102297: Kind.RELATIVE,
}
OF_THE_PATIENT = {
    0x00100020: Kind.NUMBER,
    0x00101000: Kind.NUMBER,
    0x00080050: Kind.NUMBER,
    0x00380010: Kind.NUMBER,
    0x00080080: Kind.HOSPITAL,
    0x00101040: Kind.ADDRESS,
    0x00102154: Kind.PHONE,
    0x00100030: Kind.DATE,
}
# Of visits, orders, steps, specimens and machines: keys to the archive of a hospital.
NUMBERS = frozenset(
    (
        0x00081010, 0x00101090, 0x00120040, 0x00120042, 0x00181000, 0x00181004, 0x00181007, 0x00181008,
        0x0018700A, 0x00189371, 0x00200010, 0x00380060, 0x00380300, 0x00380400, 0x00400009, 0x00400010,
        0x00400242, 0x00400253, 0x00400512, 0x00400551, 0x00401001, 0x00402006, 0x00402007, 0x00402016,
        0x00402017,
    )
)  # fmt: skip
KINDS = OF_THE_PATIENT | dict.fromkeys(NUMBERS, Kind.NUMBER)
TELLING, TWO = 6, 2  # letters and digits of such a number; so many different ones are too few
CHARACTER_SET = 0x00080005
UNSAID = frozenset((b"", b"UN"))  # what begins with an item there is a sequence (PS3.5 6.2.2, 7.5)
FIRST_ITEM = b"\xfe\xff\x00\xe0"
GROUPS = (0x52009229, 0x52009230)  # shared by all frames, of the first frame
# Pixel measures, plane orientation and position, window, rescaling.
GROUPED = frozenset((0x00289110, 0x00209116, 0x00209113, 0x00289132, 0x00289145))
DIRECTORY = "1.2.840.10008.1.3.10"
SHORT = 4  # letters and digits; shorter values are found everywhere and mean nothing


class Header:
    """The top of one data set, read as it is asked for."""

    def __init__(self, file: Dicom) -> None:
        self.file = file
        self._top = {element.tag: element for element in file.elements}

    @cached_property
    def chars(self) -> bytes:
        """The value of Specific Character Set."""
        element = self._top.get(CHARACTER_SET)
        return self.file.value(element) if element else b""

    def raw(self, tag: int) -> bytes:
        """The bytes of a value, b"" where there is none."""
        element = self._top.get(tag)
        return self.file.value(element) if element else b""

    def text(self, tag: int) -> str:
        """A text value, without padding."""
        return charset.decoded(self.raw(tag), self.chars).strip(" \0")

    def numbers(self, tag: int) -> tuple[float, ...]:
        """The numbers of a DS or IS value; () where it holds none."""
        try:
            return tuple(float(part) for part in self.raw(tag).split(b"\\") if part.strip(b" \0"))
        except ValueError:
            return ()

    def number(self, tag: int, default: float = 0.0) -> float:
        """The first number of a DS or IS value."""
        found = self.numbers(tag)
        return found[0] if found else default

    def short(self, tag: int, default: int = 0) -> int:
        """A US value."""
        value = self.raw(tag)
        return int(unpack(f"{self.file.encoding.order}H", value[:2])[0]) if len(value) >= 2 else default

    def of_first_frame(self) -> Header:
        """The same header with what enhanced files keep in functional groups (PS3.3 C.7.6.16)."""
        groups = [item for tag in GROUPS for item in self.items(tag)[:1]]
        if not groups:
            return self
        found = Header(self.file)
        for element in (e for group in groups for e in group if e.tag in GROUPED):
            for item in self.file.items(element, self.file.encoding, 2)[:1]:
                found._top = {**{e.tag: e for e in item}, **found._top}
        return found

    def items(self, tag: int) -> list[list[Element]]:
        """The items of a sequence at the top."""
        element = self._top.get(tag)
        if element is None or element.vr not in (SEQUENCE, b""):
            return []
        return self.file.items(element, self.file.encoding, 0)


@dataclass(frozen=True, slots=True)
class About:
    """What one file says of itself before anything is cleaned. `identity` stays in memory."""

    owner: Owner
    identity: tuple[Identifier, ...] = field(repr=False)
    directory: bool  # a DICOMDIR
    series: str = field(repr=False)  # its instance UID


def about(file: Dicom) -> About:
    """Who is named in one file. The name of whoever it is goes with the number of the patient."""
    header = Header(file)
    sop_class = header.text(0x00080016) or file.meta.get(0x00020002, b"").decode("latin-1").strip(" \0")
    return About(
        owner=owner_of(header),
        identity=tuple(dict.fromkeys(_identity(file, file.elements, file.encoding, header.chars, 0))),
        directory=sop_class == DIRECTORY,
        series=header.text(0x0020000E),
    )


def owner_of(header: Header) -> Owner:
    """Whose file it says it is."""
    return Owner(header.text(0x00100020), header.text(0x00100010), header.text(0x0020000D))


def _identity(
    file: Dicom, elements: list[Element], encoding: Encoding, chars: bytes, depth: int
) -> Iterator[Identifier]:
    """People, numbers and institutions named anywhere in the header, sequences included."""
    chars = next((file.value(e) for e in elements if e.tag == CHARACTER_SET), chars)
    for element in elements:
        if (
            element.vr == SEQUENCE
            or element.items is not None
            or (element.vr in UNSAID and file.buffer.startswith(FIRST_ITEM, element.at, element.end))
        ):
            if element.tag >> 16 & 1 == 0 and (
                encoding.implicit or element.vr == b"UN" or _TELLS[encoding.big].search(file.value(element))
            ):
                inside = Encoding(implicit=True) if element.vr == b"UN" else encoding
                for item in _items(file, element, inside, depth):
                    yield from _identity(file, item, inside, chars, depth + 1)
            continue
        kind = KINDS.get(element.tag)
        if kind is None and (element.vr == b"PN" or (not element.vr and element.tag in _people())):
            kind = PEOPLE.get(element.tag, Kind.DOCTOR)
        if kind is not None and element.end > element.at:
            yield from _named(kind, charset.decoded(file.value(element), chars).strip(" \0"), element.tag)


def _items(file: Dicom, element: Element, encoding: Encoding, depth: int) -> list[list[Element]]:
    """The items of a sequence; none where one was only guessed and is none."""
    try:
        return file.items(element, encoding, depth)
    except NoPictureError:
        if element.vr == SEQUENCE or element.items is not None:
            raise
        return []


@cache
def _people() -> frozenset[int]:
    """The person names of Table E.1-1, for files that do not say what is one."""
    rows = resources.data(TABLE)["rows"]
    return frozenset(int(tag, 16) for tag, row in rows.items() if row.get("vr") == "PN") | PEOPLE.keys()


def _tells(order: Literal["little", "big"]) -> re.Pattern[bytes]:
    """What the bytes of an explicit sequence hold if somebody is named in it: names, or a tag of ours."""
    tags = (
        (tag >> 16).to_bytes(2, order) + (tag & 0xFFFF).to_bytes(2, order)
        for tag in sorted({*KINDS, *PEOPLE})
    )
    return re.compile(b"|".join((b"PN", *map(re.escape, tags))))


_TELLS = {False: _tells("little"), True: _tells("big")}


def _named(kind: Kind, text: str, tag: int) -> Iterator[Identifier]:
    person = kind in (Kind.NAME, Kind.RELATIVE, Kind.DOCTOR)
    if kind is Kind.DATE:
        text = f"{text[:4]}-{text[4:6]}-{text[6:8]}" if len(text) == 8 and text.isdigit() else ""
    for value in text.split("\\"):
        for part in value.split("=") if person else [value]:  # alphabetic=ideographic=phonetic
            folded = letters(part)
            if tag in NUMBERS and not _telling(folded):
                continue
            if len(folded) >= SHORT and folded not in words("dummies"):
                yield Identifier(kind, part, f"image header {tag:08X}")


def _telling(folded: str) -> bool:
    """Whether a number is found nowhere by chance: "CT01", "000000000" and "100000" are."""
    long = len(folded.lstrip("0")) >= TELLING and len(set(folded)) > TWO
    return long and any(map(str.isdigit, folded))


def stored(h: Header, path: Path, syntax: str) -> Stored | None:
    """How the pixels of a file are stored, for whoever looks at them; None when it has no picture.

    `syntax` is what they are really written in.
    """
    file, pixels = h.file, h.file.pixels
    if pixels is None:
        return None
    h = h.of_first_frame()
    plain = pixels.tag == 0x7FE00010
    window = h.numbers(0x00281050), h.numbers(0x00281051)
    padding = h.raw(0x00280120)
    signed = h.short(0x00280103) == 1
    order = "big" if file.encoding.big else "little"
    allocated = h.short(0x00280100)
    palette = tuple(h.raw(tag) for tag in (0x00281101, 0x00281201, 0x00281202, 0x00281203))
    return Stored(
        path=path,
        offset=pixels.at,
        length=pixels.end - pixels.at,
        syntax=syntax,
        big_endian=file.encoding.big,
        rows=h.short(0x00280010),
        columns=h.short(0x00280011),
        frames=_frames(h),
        samples=h.short(0x00280002, 1),
        bits_allocated=allocated if plain else 0,
        bits_stored=h.short(0x00280101, allocated),
        high_bit=h.short(0x00280102, max(0, h.short(0x00280101, allocated) - 1)),
        signed=signed,
        photometric=h.text(0x00280004),
        planar=h.short(0x00280006),
        modality=h.text(0x00080060),
        sop_class=h.text(0x00080016),
        image_type=tuple(h.text(0x00080008).split("\\")),
        burned_in=h.text(0x00280301),
        body=" ".join(h.text(tag) for tag in (0x00180015, 0x00081030, 0x0008103E, 0x00181030)),
        regions=tuple(_regions(h)),
        window=(window[0][0], window[1][0]) if window[0] and window[1] else None,
        slope=h.number(0x00281053, 1.0),
        intercept=h.number(0x00281052, 0.0),
        padding=int.from_bytes(padding[:2], order, signed=signed) if len(padding) >= 2 else None,  # type: ignore[arg-type]
        palette=palette if all(palette) else None,
        series=h.text(0x0020000E),
        position=h.numbers(0x00200032),
        orientation=h.numbers(0x00200037),
        spacing=h.numbers(0x00280030),
        thickness=h.number(0x00180050),
    )


def _frames(header: Header) -> int:
    """Number of Frames; 1 where the header says nothing. Raises NoPictureError for what is no number."""
    value = header.raw(0x00280008).strip(b" \0")
    if value and not value.removeprefix(b"+").isdigit():
        raise NoPictureError("IMG061")
    return max(1, int(value or 1))


def _regions(header: Header) -> Iterator[tuple[int, int, int, int]]:
    """Rectangles of ultrasound regions (PS3.3 C.8.5.5): x0, y0, x1, y1."""
    for item in header.items(0x00186011):
        found = {e.tag: int.from_bytes(header.file.value(e)[:4], "little") for e in item if e.end - e.at == 4}
        corners = [found.get(tag) for tag in (0x00186018, 0x0018601A, 0x0018601C, 0x0018601E)]
        if all(corner is not None for corner in corners):
            x0, y0, x1, y1 = (int(corner or 0) for corner in corners)
            yield x0, y0, x1, y1


def plain_length(s: Stored, pixels: Element) -> int:
    """Bytes that uncompressed pixels take, before padding to an even number (PS3.5 8.1.1, 8.2)."""
    per_sample = {0x7FE00008: 32, 0x7FE00009: 64}.get(pixels.tag, s.bits_allocated)
    bits = s.rows * s.columns * s.samples * s.frames * per_sample
    if "422" in s.photometric:
        bits = bits * 2 // 3
    return (bits + 7) // 8


def overlay_in_pixels(header: Header) -> bool:
    """Whether an overlay lies in unused bits of the pixels, without data of its own (PS3.5 8.1.2)."""
    return any(
        header.raw(group << 16 | 0x0102)
        and (header.short(group << 16 | 0x0102) or not header.raw(group << 16 | 0x3000))
        for group in range(0x6000, 0x6020, 2)
    )
