"""A blank in the place of an encapsulated document (PS3.3 C.24): its text cannot be vouched for."""

from __future__ import annotations

ENCAPSULATED = "1.2.840.10008.5.1.4.1.1.104."  # PDF, CDA, STL, OBJ and MTL Storage
PDF = (
    b"%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n"
    b"2 0 obj<</Type/Pages/Kids[3 0 R]/Count 1>>endobj\n"
    b"3 0 obj<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]>>endobj\nxref\n0 4\n0000000000 65535 f \n"
    b"0000000009 00000 n \n0000000052 00000 n \n0000000101 00000 n \ntrailer<</Size 4/Root 1 0 R>>\n"
    b"startxref\n164\n%%EOF\n"
)
CDA = (
    b'<?xml version="1.0" encoding="UTF-8"?>\n<ClinicalDocument xmlns="urn:hl7-org:v3">'
    b"<title>removed</title></ClinicalDocument>\n"
)


def blank(mime: str) -> bytes:
    """An empty document of this MIME type; no bytes where we know no empty one."""
    kind = mime.partition(";")[0].strip(" \0").casefold()
    if kind == "application/pdf":
        return PDF
    return CDA if kind.endswith(("/xml", "+xml")) else b""


def holds_other(sop_class: str, mime: str, document: bytes) -> bool:
    """Whether a file is a document without an empty one to take its place: a 3D model (STL, OBJ), say.

    Its surface may be a face, and what else it holds nobody looked at. A document in a file that is something
    else is only emptied.
    """
    its_own = sop_class.startswith(ENCAPSULATED) or mime.casefold().startswith("model/")
    return its_own and bool(document.strip(b" \0")) and not blank(mime)
