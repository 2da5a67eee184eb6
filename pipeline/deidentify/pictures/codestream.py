"""Compressed frames: what they carry beside the pixels, and the one encoding that pydicom leaves out."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import numpy.typing as npt

from pipeline.deidentify.pictures.picturekind import rules
from pipeline.deidentify.pictures.pixels import Stored

NAMED = 32  # bytes of application data that can hold the encoder's settings and no thumbnail
_HARMLESS = ((0xE0, b"JFIF\x00"), (0xEE, b"Adobe"), (0xE8, b"mrfx"), (0xE8, b"SPIFF"), (0xE8, b"\0\0\0\1"))


def says_more(stream: bytes) -> bool:
    """Comments (COM), application data (APPn), or bytes behind the end: they may name the patient.

    JPEG and JPEG-LS: ITU-T T.81 B.2.4; JPEG 2000: T.800 A.9.2. A thumbnail in JFIF counts.
    """
    if stream[:2] == b"\xff\xd8":
        at = 2
        while at + 4 <= len(stream) and stream[at] == 0xFF and stream[at + 1] != 0xDA:
            marker, length = stream[at + 1], int.from_bytes(stream[at + 2 : at + 4], "big")
            body = stream[at + 4 : at + 2 + length]
            named = any(marker == m and body.startswith(start) for m, start in _HARMLESS)
            if marker == 0xFE and not _of_encoder(body):
                return True
            if 0xE0 <= marker <= 0xEF and not (named and len(body) <= NAMED):
                return True
            at += 2 + max(length, 2)
        end = stream.find(b"\xff\xd9", at)  # coded data never holds a marker (B.1.1.5)
        return end < 0 or len(stream) - (end + 2) > 2
    if stream[:4] == b"\xff\x4f\xff\x51":
        at = 2
        while at + 4 <= len(stream) and stream[at : at + 2] != b"\xff\x90":
            length = int.from_bytes(stream[at + 2 : at + 4], "big")
            body = stream[at + 4 : at + 2 + length]
            if stream[at + 1] == 0x64 and not _of_encoder(body[2:]):
                return True
            at += 2 + max(length, 2)
        return len(stream) - (stream.rfind(b"\xff\xd9") + 2) > 2
    return stream[4:8] == b"jP  "  # a whole file with boxes of its own


def runs_say_more(stream: bytes, size: int) -> bool:
    """Whether an RLE frame (PS3.5 Annex G) holds anything but its segments of `size` bytes each."""
    header = [int.from_bytes(stream[n : n + 4], "little") for n in range(0, 64, 4)]
    count, starts = header[0], header[1:]
    if not 1 <= count <= len(starts) or any(starts[count:]) or starts[0] != 64:
        return True
    ends = [*starts[1:count], len(stream)]
    return any(_behind(stream, start, end, size) for start, end in zip(starts, ends, strict=False))


def _behind(stream: bytes, at: int, end: int, size: int) -> bool:
    """Whether bytes are left in a segment once `size` of them are unpacked; one zero to pad is none."""
    made = 0
    while at < end and made < size:
        run = stream[at]
        if run < 128:
            at, made = at + 2 + run, made + 1 + run
        else:
            at, made = at + (2 if run > 128 else 1), made + (257 - run if run > 128 else 0)
    return any(stream[at:end]) or end - at > 1


def _of_encoder(comment: bytes) -> bool:
    """Whether a comment is the name that an encoder signs with, and nothing else."""
    text = comment.rstrip(b"\0 \n").decode("latin-1")
    return not text or any(re.fullmatch(pattern, text) for pattern in rules()["encoders"])


def twelve_bits(stream: bytes, stored: Stored) -> npt.NDArray[Any]:
    """A grey frame of JPEG Extended with 12 bits (PS3.5 8.2.1), rows x columns of uint16.

    GDCM decodes it; pydicom does not ask it to. Raises ValueError for anything but the whole frame.
    """
    import gdcm  # type: ignore[import-untyped]

    fragment = gdcm.Fragment()
    fragment.SetByteStringValue(stream)
    fragments = gdcm.SequenceOfFragments.New()
    fragments.AddFragment(fragment)
    element = gdcm.DataElement(gdcm.Tag(0x7FE0, 0x0010))
    element.SetValue(fragments.__ref__())
    image = gdcm.Image()
    image.SetNumberOfDimensions(2)
    image.SetDimensions((stored.columns, stored.rows, 1))
    image.SetDataElement(element)
    kind = gdcm.PhotometricInterpretation.GetPIType(stored.photometric)
    image.SetPhotometricInterpretation(gdcm.PhotometricInterpretation(kind))
    image.SetTransferSyntax(gdcm.TransferSyntax(gdcm.TransferSyntax.GetTSType(stored.syntax)))
    image.SetPixelFormat(gdcm.PixelFormat(1, 16, stored.bits_stored, stored.bits_stored - 1, 0))
    decoded = image.GetBuffer().encode("utf-8", "surrogateescape")
    if stored.samples != 1 or stored.bits_allocated != 16 or len(decoded) != 2 * stored.rows * stored.columns:
        raise ValueError("not one grey frame")
    return np.frombuffer(decoded, "<u2").reshape(stored.rows, stored.columns)
