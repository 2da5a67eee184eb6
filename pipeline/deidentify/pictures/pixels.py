"""How the pixels of one DICOM file are stored, and what looking at them gave."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from pipeline.deidentify.pictures.boxes import Box


@dataclass(frozen=True, slots=True)
class Stored:
    """What the header says of the pixels. Strings are values of the header: never to be shown."""

    path: Path  # the file, or its inflated data set
    offset: int  # of the value of Pixel Data in `path`
    length: int  # bytes of the value; encapsulated: with its offset table, up to behind the delimiter
    syntax: str
    big_endian: bool
    rows: int
    columns: int
    frames: int
    samples: int
    bits_allocated: int  # 0 where the pixels are floating point numbers
    bits_stored: int
    high_bit: int
    signed: bool
    photometric: str
    planar: int
    modality: str = field(repr=False)
    sop_class: str
    image_type: tuple[str, ...] = field(repr=False)
    burned_in: str = field(repr=False)  # YES, NO or ""
    body: str = field(repr=False)  # words on body part, study, series and protocol
    regions: tuple[tuple[int, int, int, int], ...]  # of ultrasound: x0, y0, x1, y1
    window: tuple[float, float] | None  # centre, width
    slope: float
    intercept: float
    padding: int | None
    palette: tuple[bytes, ...] | None  # descriptor of red, then red, green and blue data
    series: str = field(repr=False)
    position: tuple[float, ...]
    orientation: tuple[float, ...]
    spacing: tuple[float, ...]  # mm between rows, columns
    thickness: float


@dataclass(frozen=True, slots=True)
class Looked:
    """What was found in the pixels of one file and what has to change in its header for it."""

    boxes: tuple[tuple[int, Box], ...] = ()  # frame counted from 1 where first seen, box
    read: int = 0  # frames that were read
    frames: int = 0
    replacement: Path | None = None  # new native pixels, little endian; None: copy as they are
    attributes: dict[int, tuple[str, bytes]] = field(default_factory=dict)  # tag -> VR, value, little endian
    held: str = ""  # finding code
    look: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
