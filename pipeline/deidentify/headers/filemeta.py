"""The file meta information of a copy (PS3.10 7.1), made new: nothing of the source comes along unread."""

from __future__ import annotations

from pipeline.core import resources
from pipeline.core.picture import NoPictureError
from pipeline.deidentify.headers import dictionary
from pipeline.deidentify.headers.elements import Dicom
from pipeline.deidentify.headers.encoding import BIG_ENDIAN, EXPLICIT, FILE_META, IMPLICIT, Encoding
from pipeline.deidentify.headers.rules import CHOICES

IMPLEMENTATION = b"2.25.302114109179930622245367147692873000389"  # ours; a random UUID (PS3.5 B.2)
NAME = b"CASEREPORT"
BIG_PIXELS = "1.2.840.113619.5.2"  # of GE: implicit little endian, its pixels big endian
_NATIVE = {Encoding(): EXPLICIT, Encoding(implicit=True): IMPLICIT}


def syntax(file: Dicom) -> str:
    """The transfer syntax of a copy whose pixels are copied as they are.

    What the source states counts only where a registry has it: it could be any text. Raises NoPictureError
    for compressed pixels that state another.
    """
    if not file.encapsulated:
        return BIG_PIXELS if file.syntax == BIG_PIXELS else native(file)
    if file.syntax in dictionary.transfer_syntaxes() | set(resources.data(CHOICES)["transfer_syntaxes"]):
        return file.syntax
    raise NoPictureError("IMG027", syntax="not in the registry")


def native(file: Dicom) -> str:
    """The transfer syntax of a copy whose pixels are not compressed."""
    return _NATIVE.get(file.encoding, BIG_ENDIAN)


def written(sop_class: bytes, sop_instance: bytes, stated: str) -> bytes:
    """Preamble and file meta information."""
    write = FILE_META.element
    rows = (
        write(0x00020001, b"OB", b"\0\1")
        + write(0x00020002, b"UI", sop_class)
        + write(0x00020003, b"UI", sop_instance)
        + write(0x00020010, b"UI", stated.encode())
        + write(0x00020012, b"UI", IMPLEMENTATION)
        + write(0x00020013, b"SH", NAME)
    )
    return b"\0" * 128 + b"DICM" + write(0x00020000, b"UL", len(rows).to_bytes(4, "little")) + rows
