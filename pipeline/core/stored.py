"""How the pixels of a DICOM file are stored: encoding, exact length, overlays in their unused bits."""

from __future__ import annotations

import numpy as np
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.uid import UID, ExplicitVRBigEndian, ExplicitVRLittleEndian, ImplicitVRLittleEndian

DEFLATED = "1.2.840.10008.1.2.1.99"
PLAIN = (ImplicitVRLittleEndian, ExplicitVRLittleEndian, ExplicitVRBigEndian, DEFLATED)


def transfer_syntax(ds: Dataset) -> UID:
    """How the file is encoded; files without file meta are what the reader found them to be."""
    stated = getattr(ds, "file_meta", FileMetaDataset()).get("TransferSyntaxUID")
    if stated:
        return UID(stated)
    implicit, little = ds.original_encoding
    if not little:
        return ExplicitVRBigEndian
    return ImplicitVRLittleEndian if implicit else ExplicitVRLittleEndian


def compressed(ds: Dataset) -> bool:
    """Whether the pixels are encapsulated frames and not plain numbers."""
    return transfer_syntax(ds) not in PLAIN


def plain_length(ds: Dataset) -> int:
    """Bytes that uncompressed pixels take, before padding to an even number (PS3.5 8.1.1, 8.2)."""
    frames = int(ds.get("NumberOfFrames") or 1)
    bits = ds.Rows * ds.Columns * ds.get("SamplesPerPixel", 1) * frames * ds.BitsAllocated
    if "422" in ds.get("PhotometricInterpretation", ""):
        bits = bits * 2 // 3
    return int(bits + 7) // 8


def clear_overlay_bits(ds: Dataset) -> bool:
    """Clear what old files drew into the unused bits of plain 16-bit pixels (retired, PS3.5 8.1.2).

    The pixel is the BitsStored bits up to HighBit. True when there were overlays to clear.
    """
    if ds.get("BitsAllocated") != 16 or not isinstance(ds.get("PixelData"), bytes) or compressed(ds):
        return False
    if not any(_drawn_in_pixels(ds, group) for group in range(0x6000, 0x6020, 2)):
        return False
    order = ">" if transfer_syntax(ds) == ExplicitVRBigEndian else "<"
    high = int(ds.get("HighBit", ds.BitsStored - 1))
    above, below = 15 - high, max(high + 1 - ds.BitsStored, 0)
    signed = "i" if ds.PixelRepresentation else "u"
    pixels = np.frombuffer(ds.PixelData, dtype=f"{order}u2")
    moved_up = (pixels >> below << (above + below)).astype(f"{order}u2").view(f"{order}{signed}2")
    ds.PixelData = (moved_up >> above).astype(f"{order}{signed}2").tobytes()
    return True


def _drawn_in_pixels(ds: Dataset, group: int) -> bool:
    """Whether an overlay has no data of its own, or says that its bit is another than the lowest."""
    if (group, 0x0102) not in ds:
        return False
    return bool(ds[group, 0x0102].value) or (group, 0x3000) not in ds
