"""Compressed frames that are not of markers: runs (RLE), and the one encoding that pydicom leaves out."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from pipeline.deidentify.pictures.pixels import Stored


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
