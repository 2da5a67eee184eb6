"""Frames of DICOM pixel data one at a time: read as they are stored, written back as they were or natively.

Native frames are read with pread and numpy alone; only compressed ones load pydicom. Nothing keeps more than
one frame. Layouts: PS3.5 8.1 and 8.2 (native), A.4 (encapsulated), PS3.3 C.7.6.3 (what the attributes mean).
"""

from __future__ import annotations

import logging
import os
import struct
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, BinaryIO, Protocol

import numpy as np
import numpy.typing as npt

from pipeline.core import resources
from pipeline.core.picture import MAX_PIXELS
from pipeline.deidentify.pictures import codestream, markers
from pipeline.deidentify.pictures.pixels import Stored
from pipeline.deidentify.pictures.significant import Significant

Values = npt.NDArray[Any]
NATIVE = ("1.2.840.10008.1.2", "1.2.840.10008.1.2.1", "1.2.840.10008.1.2.1.99", "1.2.840.10008.1.2.2")
EXTENDED = "1.2.840.10008.1.2.4.51"
UNSIGNED = tuple(f"1.2.840.10008.1.2.4.{n}" for n in (50, 51, 57, 70))  # JPEG's numbers have no sign
ITEM, DELIMITER = (0xFFFE, 0xE000), (0xFFFE, 0xE0DD)
CONTAINERS = (8, 16, 32, 64)  # bits allocated that numpy knows
RAISED = 1 << 20  # bytes of one frame's fragments that are joined beyond the size of the frame itself
RLE = "1.2.840.10008.1.2.5"


class UnreadableError(Exception):
    """Pixels that cannot be looked at; `code` is the finding."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


class Source(Protocol):
    """Frames of one file, counted from 0: values in their container, and how they are written natively."""

    frames: int
    photometric: str
    bits_stored: int
    high_bit: int
    signed: bool

    def frame(self, index: int) -> Values:
        """Rows x columns, or rows x columns x 3: the whole containers. May not be writeable."""
        ...

    def pack(self, values: Values) -> Values:
        """The bytes of a frame, or its single bits, in explicit little endian order."""
        ...

    def attributes(self) -> dict[int, tuple[str, bytes]]:
        """What the header must say of the packed frames where that differs."""
        ...

    def comments(self) -> bool:
        """Whether the stored frames carry text of their own beside the pixels."""
        ...


@contextmanager
def opened(stored: Stored) -> Iterator[Source]:
    """The frames of a file. Raises UnreadableError: IMG060 no decoder, IMG061 damaged or not as declared."""
    if min(stored.rows, stored.columns, stored.frames) < 1 or stored.rows * stored.columns > MAX_PIXELS:
        raise UnreadableError("IMG061")
    with stored.path.open("rb", buffering=0) as file:
        native = stored.syntax in NATIVE
        yield Native(stored, file.fileno()) if native else Encapsulated(stored, file.fileno())


class Native:
    """Frames that are plain numbers."""

    def __init__(self, stored: Stored, descriptor: int) -> None:
        self._stored, self._descriptor = stored, descriptor
        self.frames, self.photometric = stored.frames, stored.photometric
        self.bits_stored, self.high_bit, self.signed = stored.bits_stored, stored.high_bit, stored.signed
        self._shared = "422" in stored.photometric
        if stored.samples not in (1, 3) or stored.bits_allocated not in (1, *CONTAINERS):
            raise UnreadableError("IMG060")
        if self._shared and (stored.columns % 2 or stored.bits_allocated != 8 or stored.samples != 3):
            raise UnreadableError("IMG061")
        samples = 2 if self._shared else stored.samples
        self._bits = stored.rows * stored.columns * samples * stored.bits_allocated
        if (self._bits * stored.frames + 7) // 8 > stored.length:
            raise UnreadableError("IMG061")
        self._words = stored.big_endian and stored.bits_allocated <= 8 and self._in_words()

    def _in_words(self) -> bool:
        """Whether bytes lie in big endian 16-bit words (OW): the VR stands 8 bytes before the value."""
        return os.pread(self._descriptor, 2, max(self._stored.offset - 8, 0)) == b"OW"

    def _read(self, start: int, length: int) -> bytes:
        """Bytes of the value, those of 8 bits and less in their logical order."""
        first, last = (start & ~1, start + length + 1 & ~1) if self._words else (start, start + length)
        found = os.pread(self._descriptor, last - first, self._stored.offset + first)
        if len(found) < start + length - first:
            raise UnreadableError("IMG061")
        if self._words:
            found = np.frombuffer(found[: len(found) & ~1], ">u2").astype("<u2").tobytes()
        return found[start - first : start - first + length]

    def frame(self, index: int) -> Values:
        """Rows x columns, or rows x columns x 3."""
        s = self._stored
        if s.bits_allocated == 1:
            start, end = index * self._bits, (index + 1) * self._bits
            held = np.frombuffer(self._read(start // 8, (end + 7) // 8 - start // 8), np.uint8)
            bits = np.unpackbits(held, bitorder="little")[start % 8 :][: self._bits]
            return bits.reshape(s.rows, s.columns)
        size = self._bits // 8
        kind = f"{'>' if s.big_endian else '<'}{'i' if s.signed else 'u'}{s.bits_allocated // 8}"
        flat = np.frombuffer(self._read(index * size, size), kind)
        if s.big_endian:
            flat = flat.astype(flat.dtype.newbyteorder("<"))
        if self._shared:
            return _spread(flat, s.rows, s.columns)
        if s.samples == 1:
            return flat.reshape(s.rows, s.columns)
        if s.planar:
            return np.moveaxis(flat.reshape(3, s.rows, s.columns), 0, 2)
        return flat.reshape(s.rows, s.columns, 3)

    def pack(self, values: Values) -> Values:
        """The frame in the layout it came in, little endian; single bits are not packed yet."""
        if self._shared:
            flat = np.empty((values.shape[0], values.shape[1] // 2, 4), np.uint8)
            flat[..., 0], flat[..., 1] = values[:, 0::2, 0], values[:, 1::2, 0]
            flat[..., 2], flat[..., 3] = values[:, 0::2, 1], values[:, 0::2, 2]
            return flat.reshape(-1)
        if values.ndim == 3 and self._stored.planar:
            values = np.moveaxis(values, 2, 0)
        return np.ascontiguousarray(values, values.dtype.newbyteorder("<")).reshape(-1)

    def attributes(self) -> dict[int, tuple[str, bytes]]:
        """Nothing: the layout stays."""
        return {}

    def comments(self) -> bool:
        """Plain numbers carry no text."""
        return False


def _spread(flat: Values, rows: int, columns: int) -> Values:
    """YBR_FULL_422 (Y Y Cb Cr for two pixels, PS3.3 C.7.6.3.1.2) as three samples of every pixel."""
    pairs = flat.reshape(rows, columns // 2, 4)
    values = np.empty((rows, columns, 3), np.uint8)
    values[:, 0::2, 0], values[:, 1::2, 0] = pairs[..., 0], pairs[..., 1]
    values[:, :, 1:] = np.repeat(pairs[..., 2:], 2, axis=1)
    return values


class Encapsulated:
    """Frames in fragments, decoded one at a time."""

    def __init__(self, stored: Stored, descriptor: int) -> None:
        from pydicom.pixels.decoders.base import get_decoder
        from pydicom.uid import UID

        self._stored, self._descriptor = stored, descriptor
        self.frames, self.photometric = stored.frames, stored.photometric
        self.bits_stored, self.high_bit, self.signed = stored.bits_stored, stored.high_bit, stored.signed
        try:
            self._decoder = get_decoder(UID(stored.syntax))
        except NotImplementedError:
            raise UnreadableError("IMG060") from None
        if not self._decoder.is_available or stored.samples not in (1, 3):
            raise UnreadableError("IMG060")
        self._made: dict[str, Any] = {}
        self._of_frame = self._grouped()

    def _fragments(self) -> tuple[list[tuple[int, int]], tuple[int, ...]]:
        """(offset in the file, length) of every fragment, and the basic offset table."""
        at, end = self._stored.offset, self._stored.offset + self._stored.length
        items: list[tuple[int, int]] = []
        while at + 8 <= end:
            head = os.pread(self._descriptor, 8, at)
            if len(head) < 8:
                raise UnreadableError("IMG061")
            group, element, length = struct.unpack("<HHI", head)
            if (group, element) == DELIMITER:
                break
            if (group, element) != ITEM or at + 8 + length > end:
                raise UnreadableError("IMG061")
            items.append((at + 8, length))
            at += 8 + length
        if len(items) < 2:
            raise UnreadableError("IMG061")
        table = os.pread(self._descriptor, items[0][1], items[0][0])
        return items[1:], struct.unpack(f"<{len(table) // 4}I", table[: len(table) & ~3])

    def _grouped(self) -> list[list[tuple[int, int]]]:
        """The fragments of every frame. As many groups as frames, or the file is not what it says."""
        fragments, table = self._fragments()
        starts = [n for n, (at, _) in enumerate(fragments) if self._begins(at)]
        if len(fragments) == self.frames:
            return [[fragment] for fragment in fragments]
        if len(starts) != self.frames and len(table) == self.frames:
            first = fragments[0][0] - 8
            by_offset = {at - 8 - first: n for n, (at, _) in enumerate(fragments)}
            starts = [by_offset[offset] for offset in table if offset in by_offset]
        if len(starts) != self.frames or starts[0] != 0 or starts != sorted(set(starts)):
            raise UnreadableError("IMG061")
        return [fragments[a:b] for a, b in zip(starts, [*starts[1:], len(fragments)], strict=True)]

    def _begins(self, at: int) -> bool:
        """Whether a fragment starts an image: JPEG and JPEG-LS (SOI) or JPEG 2000 (SOC, or its file box)."""
        head = os.pread(self._descriptor, 8, at)
        return head[:3] == b"\xff\xd8\xff" or head[:4] == b"\xff\x4f\xff\x51" or head[4:8] == b"jP  "

    def _bytes(self, index: int) -> bytes:
        """The compressed bytes of one frame."""
        parts = self._of_frame[index]
        uncompressed = self._stored.rows * self._stored.columns * self._stored.samples * 8
        if sum(length for _, length in parts) > uncompressed + RAISED:
            raise UnreadableError("IMG061")
        return b"".join(os.pread(self._descriptor, length, at) for at, length in parts)

    def frame(self, index: int) -> Values:
        """Rows x columns, or rows x columns x 3: RGB, or YBR_FULL where the encoding is lossless."""
        from pydicom.encaps import encapsulate

        s = self._stored
        transformed = s.syntax in resources.data("templates/rules/dicom-pixels.yaml")["transformed"]
        options: dict[str, Any] = {
            "as_rgb": transformed,
            "rows": s.rows,
            "columns": s.columns,
            "samples_per_pixel": s.samples,
            "number_of_frames": 1,
            "bits_allocated": s.bits_allocated,
            "bits_stored": s.bits_stored,
            "pixel_representation": int(s.signed),
            "photometric_interpretation": s.photometric,
            "pixel_keyword": "PixelData",
            "correct_unused_bits": False,  # what lies in them is to be seen
            **({"planar_configuration": 0} if s.samples > 1 else {}),
        }
        stream = self._bytes(index)
        with _quiet():
            try:
                if s.syntax == EXTENDED and s.bits_stored > 8:
                    values = codestream.twelve_bits(stream, s)
                    self._made = options
                else:
                    whole = encapsulate([stream], has_bot=False)
                    values, self._made = self._decoder.as_array(whole, index=0, **options)
            except MemoryError:
                raise
            except Exception:  # whatever the decoders call it; their words may quote the file
                raise UnreadableError("IMG061") from None
        self.photometric = str(self._made["photometric_interpretation"])
        if values.ndim == 3 and self.photometric.startswith("YBR") and self.photometric != "YBR_FULL":
            self.photometric = "YBR_FULL"  # decoders give three samples of every pixel
        if s.syntax != RLE:  # which keeps whole containers
            self.high_bit = s.bits_stored - 1
        if s.signed and s.syntax in UNSIGNED:
            bits = Significant(8 * values.dtype.itemsize, s.bits_stored, s.bits_stored - 1, signed=True)
            values = bits.extended(values)
        return values

    def pack(self, values: Values) -> Values:
        """The frame as plain numbers, colour by pixel."""
        return np.ascontiguousarray(values, values.dtype.newbyteorder("<")).reshape(-1)

    def attributes(self) -> dict[int, tuple[str, bytes]]:
        """How the decoded frames lie; known once a frame was decoded."""
        name = self.photometric.encode("ascii")
        found = {
            0x00280004: ("CS", name + b" " * (len(name) % 2)),
            0x00280100: ("US", struct.pack("<H", int(self._made["bits_allocated"]))),
            0x00280101: ("US", struct.pack("<H", self.bits_stored)),
            0x00280102: ("US", struct.pack("<H", self.high_bit)),
            0x00280103: ("US", struct.pack("<H", int(self._made["pixel_representation"]))),
        }
        if self._stored.samples > 1:
            found[0x00280006] = ("US", struct.pack("<H", 0))
        return found

    def comments(self) -> bool:
        """Whether a frame's codestream holds anything that its pixels do not need."""
        if self._stored.syntax == RLE:
            size = self._stored.rows * self._stored.columns
            return any(codestream.runs_say_more(self._bytes(index), size) for index in range(self.frames))
        return any(markers.says_more(self._bytes(index)) for index in range(self.frames))


@contextmanager
def _quiet() -> Iterator[None]:
    """Decoders log and warn in words that may quote the file."""
    log = logging.getLogger("pydicom")
    before = log.disabled
    log.disabled = True
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        log.disabled = before


class Writer:
    """Packed frames one behind the other; single bits run on from frame to frame (PS3.5 8.1.1)."""

    def __init__(self, file: BinaryIO, *, single_bits: bool) -> None:
        self._file, self._bits = file, single_bits
        self._left = np.empty(0, np.uint8)

    def add(self, packed: Values) -> None:
        """One frame as Source.pack gives it."""
        if self._bits:
            together = np.concatenate([self._left, packed])
            whole = len(together) & ~7
            self._file.write(np.packbits(together[:whole], bitorder="little").tobytes())
            self._left = together[whole:]
        else:
            self._file.write(packed.tobytes())

    def close(self) -> None:
        """The last bits. The value has its exact length; whoever copies it pads it to an even one."""
        if len(self._left):
            self._file.write(np.packbits(self._left, bitorder="little").tobytes())
