"""How a data element is written (PS3.5 7.1): value representations, byte order, the form of the header."""

from __future__ import annotations

from dataclasses import dataclass
from struct import Struct

from pipeline.core.picture import NoPictureError

IMPLICIT, EXPLICIT = "1.2.840.10008.1.2", "1.2.840.10008.1.2.1"
DEFLATED, BIG_ENDIAN = "1.2.840.10008.1.2.1.99", "1.2.840.10008.1.2.2"
SEQUENCE = b"SQ"
UNDEFINED = 0xFFFFFFFF
SHORT_VRS = frozenset(b"AE AS AT CS DA DS DT FL FD IS LO LT PN SH SL SS ST TM UI UL US".split())
LONG_VRS = frozenset(b"OB OD OF OL OV OW SQ SV UC UN UR UT UV".split())
VRS = SHORT_VRS | LONG_VRS
PADDED_WITH_ZERO = frozenset((b"UI", b"OB", b"UN"))
SHORT = {False: Struct("<HH2sH"), True: Struct(">HH2sH")}
LONG = {False: Struct("<HH2sHI"), True: Struct(">HH2sHI")}
TAG_LENGTH = {False: Struct("<HHI"), True: Struct(">HHI")}
LENGTH = {False: Struct("<I"), True: Struct(">I")}


@dataclass(frozen=True, slots=True)
class Encoding:
    """How a data set is written."""

    implicit: bool = False
    big: bool = False

    @property
    def order(self) -> str:
        """The byte order as struct and numpy spell it."""
        return ">" if self.big else "<"

    def element(self, tag: int, vr: bytes, value: bytes) -> bytes:
        """One element with a value of defined length, padded to an even one (PS3.5 6.2, 7.1)."""
        if len(value) % 2:
            value += b"\0" if vr in PADDED_WITH_ZERO else b" "
        group, number, length = tag >> 16, tag & 0xFFFF, len(value)
        if self.implicit:
            return TAG_LENGTH[self.big].pack(group, number, length) + value
        if vr in LONG_VRS:
            return LONG[self.big].pack(group, number, vr, 0, length) + value
        if length > 0xFFFF:
            raise NoPictureError("IMG071")
        return SHORT[self.big].pack(group, number, vr, length) + value

    def sequence(self, tag: int, items: list[bytes]) -> bytes:
        """A sequence of encoded items, all lengths defined."""
        pack = TAG_LENGTH[self.big].pack
        return self.element(tag, SEQUENCE, b"".join(pack(0xFFFE, 0xE000, len(i)) + i for i in items))

    def start_of_value(self, tag: int, vr: bytes, length: int) -> bytes:
        """What stands in front of a value that is copied behind it; `length` may be UNDEFINED."""
        if self.implicit:
            return TAG_LENGTH[self.big].pack(tag >> 16, tag & 0xFFFF, length)
        return LONG[self.big].pack(tag >> 16, tag & 0xFFFF, vr, 0, length)


FILE_META = Encoding()
