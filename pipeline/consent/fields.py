"""Places for signatures in a PDF, made before anyone signs; and the password, put on before as well.

A field that is added after the first signature would be a change of what was signed; so would a password. The
file is written whole here, once, and from then on only appended to (ISO 32000-2, 12.7.5.5 and 7.5.6).
"""

from __future__ import annotations

import io
import secrets
from collections.abc import Sequence
from dataclasses import dataclass

POINTS = 72 / 25.4  # per mm
PRINTED, LOCKED = 4, 128  # annotation flags (ISO 32000-2, table 167)
APPEND_ONLY = 3  # SignaturesExist and AppendOnly (table 225): a viewer saves by appending
UA = "pdfuaid:part"


@dataclass(frozen=True, slots=True)
class Place:
    """An empty signature field: its name, what a reader calls it, page (from 1), place in mm from the top."""

    name: str
    title: str
    page: int
    x: float
    y: float
    w: float
    h: float


def prepared(pdf: bytes, places: Sequence[Place], password: str = "") -> bytes:
    """The PDF with these empty signature fields, locked by AES-256 (ISO 32000-2, 7.6: revision 6) if asked.

    Without a password the same input gives the same bytes. The fields are outside the tagged structure, so
    the mark of PDF/UA is taken off.
    """
    import pikepdf
    from pikepdf import Array, Dictionary, Name

    with pikepdf.open(io.BytesIO(pdf)) as document:
        made = Array()
        for place in places:
            page = document.pages[place.page - 1]
            top = float(page.mediabox[3])
            box = [place.x, top / POINTS - place.y - place.h, place.x + place.w, top / POINTS - place.y]
            widget = Dictionary(
                Type=Name.Annot,
                Subtype=Name.Widget,
                FT=Name.Sig,
                T=place.name,
                TU=place.title,
                F=PRINTED | LOCKED,
                P=page.obj,
                Rect=Array([round(measure * POINTS, 2) for measure in box]),
            )
            field = document.make_indirect(widget)
            made.append(field)
            page.obj.Annots = Array([*page.obj.get("/Annots", Array()), field])
        document.Root.AcroForm = document.make_indirect(Dictionary(Fields=made, SigFlags=APPEND_ONLY))
        if "/Metadata" in document.Root:
            with document.open_metadata(set_pikepdf_as_editor=False, update_docinfo=False) as about:
                if UA in about:
                    del about[UA]
        out = io.BytesIO()
        if password:
            owner = secrets.token_urlsafe(24)  # known to nobody: who has the password may do everything
            lock = pikepdf.Encryption(user=password, owner=owner, R=6, aes=True, metadata=True)
            document.save(out, encryption=lock, object_stream_mode=pikepdf.ObjectStreamMode.disable)
        else:
            document.save(out, deterministic_id=True, object_stream_mode=pikepdf.ObjectStreamMode.disable)
    return out.getvalue()
