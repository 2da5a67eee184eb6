"""What a PDF carries besides pages. Run in the worker."""

from __future__ import annotations

import io
from typing import Any

# Keys of a PDF that can carry a second document or start something (ISO 32000-2: 7.11.4, 12.6.4, 13.7).
ACTIVE = {
    "/EmbeddedFile": "a file attached",
    "/EmbeddedFiles": "a file attached",
    "/JavaScript": "JavaScript",
    "/JS": "JavaScript",
    "/Launch": "a program to start",
    "/RichMedia": "rich media",
    "/XFA": "an XFA form",
    "/SubmitForm": "a form that sends data",
}


def besides_pages(content: bytes) -> list[str]:
    """What it carries besides pages, in words. Looks into every object, not only where viewers look.

    Raises pikepdf.PasswordError for a locked PDF and pikepdf.PdfError for what is none.
    """
    import pikepdf

    found: set[str] = set()

    def look(value: Any) -> None:
        if isinstance(value, pikepdf.Stream):
            value = value.stream_dict
        if isinstance(value, pikepdf.Dictionary):
            kinds = {
                str(value.get(k))
                for k in ("/S", "/Type", "/Subtype")
                if isinstance(value.get(k), pikepdf.Name)
            }
            found.update(ACTIVE[key] for key in {*value.keys(), *kinds} & ACTIVE.keys())
        if isinstance(value, (pikepdf.Dictionary, pikepdf.Array)):
            for child in (
                value.as_dict().values() if isinstance(value, pikepdf.Dictionary) else value.as_list()
            ):
                if isinstance(child, pikepdf.Object) and not child.is_indirect:
                    look(child)

    with pikepdf.open(io.BytesIO(content)) as pdf:
        if not len(pdf.pages):
            found.add("no page")
        for value in pdf.objects:
            look(value)
    return sorted(found)
