"""The hunter notices an identifier wherever it hides, and what it cannot open is an error, not a pass."""

from __future__ import annotations

import base64
import io
import zipfile
import zlib
from pathlib import Path

import pikepdf
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image, PngImagePlugin
from reportlab.pdfgen.canvas import Canvas

from pipeline.core.identity import Identifier, Kind
from pipeline.verify import blind, hunt, pieces

NAME = Identifier(Kind.NAME, "Meera Testwala", "name")
NUMBER = Identifier(Kind.NUMBER, "UH-0099812", "numbers.hospital.0")
HINDI = Identifier(Kind.NAME, "मीरा टेस्टवाला", "aliases.0")
KNOWN = (NAME, NUMBER, HINDI)


def png(**chunks: str) -> bytes:
    info = PngImagePlugin.PngInfo()
    for key, value in chunks.items():
        info.add_text(key, value, zip=key.startswith("z"))
        info.add_itxt(f"i{key}", value, zip=True)
    out = io.BytesIO()
    Image.new("RGB", (8, 8), (9, 9, 9)).save(out, "PNG", pnginfo=info)
    return out.getvalue()


def jpeg(comment: bytes = b"", after: bytes = b"") -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (16, 16), (200, 90, 90)).save(out, "JPEG", comment=comment)
    return out.getvalue() + after


def tiff(text: str) -> bytes:
    out = io.BytesIO()
    Image.new("L", (8, 8)).save(out, "TIFF", tiffinfo={270: text})
    return out.getvalue()


def pdf(text: str = "", title: str = "", attachment: bytes = b"", compress: int = 1) -> bytes:
    out = io.BytesIO()
    canvas = Canvas(out, pageCompression=compress, invariant=1)
    canvas.setTitle(title)
    canvas.drawString(72, 700, text)
    canvas.save()
    if not attachment:
        return out.getvalue()
    document = pikepdf.open(out)
    document.attachments["notes.txt"] = attachment
    packed = io.BytesIO()
    document.save(packed)
    return packed.getvalue()


def archive(members: dict[str, bytes], comment: bytes = b"", before: bytes = b"") -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as z:
        z.comment = comment
        for name, data in members.items():
            z.writestr(name, data)
    return before + out.getvalue()


DOCX = b"<w:p><w:r><w:t>Mee</w:t></w:r><w:r><w:t>ra Test</w:t></w:r><w:r><w:t>wala</w:t></w:r></w:p>"
HIDING_PLACES = {
    "plain text": b"seen by Meera Testwala",
    "capitals, order, hyphen break": b"TEST-\nWALA, MEERA",
    "dicom style": b"x\0\0TESTWALA^MEERA\0\0\xff\xfe",
    "number with spaces": b"number UH 0099812.",
    "number without its zeros and letters": b"MRD 99812 only is too short; UH0099812 is not",
    "utf-16": "\u200bMeera Testwala".encode("utf-16-le") + b"\xff\x00\x01",
    "utf-16 big end": b"\x01\xff" + "Meera Testwala".encode("utf-16-be"),
    "latin-1": "Señora Meera Testwala, né".encode("latin-1"),
    "devanagari": "रोगी मीरा टेस्टवाला".encode(),
    "zip member": archive({"a/b.txt": b"Meera Testwala"}),
    "zip in zip": archive({"in.zip": archive({"b.txt": b"Meera Testwala"})}),
    "zip member name": archive({"Meera-Testwala.txt": b"x"}),
    "zip comment": archive({"a": b"x"}, comment=b"for Meera Testwala"),
    "before the zip": archive({"a": b"x"}, before=b"PK\x03\x04"[:0]) + b"Meera Testwala",
    "word runs": archive({"word/document.xml": DOCX, "[Content_Types].xml": b"<Types/>"}),
    "word properties": archive({"docProps/core.xml": b"<dc:creator>Meera Testwala</dc:creator>"}),
    "pdf page": pdf("Meera Testwala"),
    "pdf title": pdf("x", title="Meera Testwala"),
    "pdf title in utf-16": pdf("x", title="Meera Testwala é न"),
    "pdf attachment": pdf("x", attachment=b"Meera Testwala"),
    "png text": png(Author="Meera Testwala"),
    "png compressed text": png(zAuthor="Meera Testwala"),
    "after a png": png() + b"Meera Testwala",
    "jpeg comment": jpeg(comment=b"Meera Testwala"),
    "after a jpeg": jpeg(after=b"Meera Testwala"),
    "tiff description": tiff("Meera Testwala"),
    "base64": b"data: " + base64.b64encode(b"the patient is Meera Testwala today"),
    "base64, shifted": b'{"x":"AB' + base64.b64encode(b"the patient is Meera Testwala today") + b'"}',
    "picture in html": b'<img src="data:image/png;base64,'
    + base64.b64encode(png(Author="Meera Testwala"))
    + b'">',
    "hexadecimal": b"<" + b"Meera Testwala".hex().encode() + b">",
    "html tags between": b"<p>Meera <b>Test</b>wala</p>",
}


@pytest.mark.parametrize("place", HIDING_PLACES)
def test_found(tmp_path, place):
    (tmp_path / "file.bin").write_bytes(HIDING_PLACES[place])
    found = hunt.hunt(tmp_path, KNOWN)
    assert any(f.hard for f in found), place
    assert all("Meera" not in f.field and "Meera" not in f.rule for f in found)


def test_found_in_a_file_name(tmp_path):
    (tmp_path / "scan_MeeraTestwala_2.txt").write_text("x")
    assert hunt.hunt(tmp_path, KNOWN)


@pytest.mark.parametrize(
    "clean",
    [
        b"",
        b"nothing here",
        png(),
        jpeg(),
        pdf("An annular plaque."),
        tiff("CT"),
        archive({"a": b"x"}),
        zlib.compress(b"x" * 999),
    ],
)
def test_not_found_where_it_is_not(tmp_path, clean):
    (tmp_path / "file.bin").write_bytes(clean)
    assert hunt.hunt(tmp_path, KNOWN) == []


def encrypted_pdf() -> bytes:
    out = io.BytesIO()
    document = pikepdf.open(io.BytesIO(pdf("x")))
    document.save(out, encryption=pikepdf.Encryption(owner="o", user="u"))
    return out.getvalue()


@pytest.mark.parametrize(
    "damaged",
    [
        archive({"a": b"x" * 4000})[:-30],
        b"%PDF-1.7 this is not one",
        encrypted_pdf(),
        b"\xff\xd8\xff\xe0\x00\x04ab" + b"not a marker",
    ],
    ids=["half a zip", "not a PDF", "encrypted PDF", "not a JPEG"],
)
def test_what_cannot_be_opened_is_an_error(tmp_path, damaged):
    (tmp_path / "file.bin").write_bytes(damaged)
    with pytest.raises(pieces.Unreadable):
        hunt.hunt(tmp_path, KNOWN)


def test_a_zip_in_a_zip_without_end_is_refused(tmp_path):
    nested = b"Meera"
    for _ in range(pieces.MAX_DEPTH + 2):
        nested = archive({"x.zip": nested})
    (tmp_path / "file.zip").write_bytes(nested)
    with pytest.raises(pieces.Unreadable):
        hunt.hunt(tmp_path, KNOWN)


def test_authors_are_seen_in_a_blinded_copy_but_not_their_surname_in_references():
    record = {
        "authors": [{"given": "Asha", "family": "Example", "email": "asha@example.org"}],
        "affiliations": {"skin": {"institution": "Example Institute of Medicine"}},
    }
    hidden = blind.who(record)
    listed = pieces.Piece("for-review/manuscript.pdf › page 2", "1. Example A, Other B. Rings. J Test. 2020.")
    assert blind.seen([listed], hidden, "Example, Asha and Other, B") == []
    assert blind.seen([listed], hidden, "Other, B")
    for text in (
        "by Asha EXAMPLE",
        "Example, Asha",
        "Example Institute\u00a0of Medicine",
        "asha@example.org",
    ):
        assert blind.seen([pieces.Piece("x", text)], hidden), text


VERMANI = {
    "authors": [
        {"given": "Rajesh Kumar", "family": "Vermani"},
        {"given": "Li", "family": "Wu"},
        {"given": "Amy", "family": "Brown"},
        {"given": "Zoë", "family": "Müller-Long"},
    ],
    "affiliations": {"x": {"department": "Radiodiagnosis", "institution": "AIMS", "city": "Bathinda"}},
}


@pytest.mark.parametrize(
    "text",
    [
        "read by R. K. Vermani and",
        "R Vermani",
        "RK Vermani",
        "R.K.Vermani",
        "Rajesh K. Vermani",
        "Vermani R",
        "Vermani, R.",
        "VERMANI RK",
        "(Vermani, R. K.)",
        "Dr\u00a0Vermani saw",
        "Professor R. Vermani",
        "DR. VERMANI",
        "by Li Wu.",
        "Wu Li",
        "Dr Brown",
        "A. Brown",
        "Brown A,",
        "Z. Mu\u0308ller‑Long",
        "seen at AIMS in",
        "Department of Radiodiagnosis, Bathinda",
        "our hospital in Bathinda",
        "Bathinda Medical College",
    ],
)
def test_authors_are_seen_however_they_are_named(text):
    assert blind.seen([pieces.Piece("for-review/highlights.docx", text)], blind.who(VERMANI))


@pytest.mark.parametrize(
    "text",
    [
        "A Brown Plaque on the Forearm",
        "Brown and long-standing; a brown A-line",
        "Department of Radiodiagnosis",
        "The bus from Bathinda was late.",
        "Our aims were clear: claims, Liwu, Wuli, Lithium.",
        "Dr Smith; Vermanian; K. Vermanis",
    ],
)
def test_ordinary_words_are_no_authors(text):
    assert blind.seen([pieces.Piece("for-review/manuscript.pdf", text)], blind.who(VERMANI)) == []


def test_authors_who_cite_themselves_are_excused_only_where_a_reference_list_may_stand():
    hidden, cited = blind.who(VERMANI), 'Vermani, R. K. and M{\\"u}ller-Long, Z.'
    said = "1. Vermani RK, Müller-Long Z. Rings."
    for place, count in (("for-review/manuscript.docx › word/document.xml", 0), ("for-review/care.pdf", 2)):
        assert len(blind.seen([pieces.Piece(place, said)], hidden, cited)) == count
    assert blind.seen([pieces.Piece("for-review/manuscript.docx", "Dr Vermani")], hidden, cited)


def test_the_name_of_the_file_is_not_shown_when_found(tmp_path: Path):
    found = hunt.hunt(_written(tmp_path, b"Meera Testwala"), KNOWN)
    assert {f.field for f in found} >= {"name"}


def _written(folder: Path, data: bytes) -> Path:
    (folder / "a.txt").write_bytes(data)
    return folder


@given(
    st.lists(
        st.binary(max_size=40) | st.sampled_from([b"\t\r\n", b"\0", b"plain words; more, of them"]),
        max_size=6,
    ),
    st.sampled_from([NAME.value, HINDI.value, "Zoë Müller-Lüdenscheid", "12"]),
    st.sampled_from(["utf-8", "latin-1", "utf-16-le", "utf-16-be"]),
)
def test_readings_that_are_passed_over_would_say_nothing_new(noise, value, encoding):
    """Plain ASCII is read once, and UTF-16 only where its marks are: nothing else could have been there."""
    data = b"".join(noise) + value.encode(encoding, "ignore") + b"".join(reversed(noise))
    told = "\n".join(piece.text for piece in pieces.runs(data, "x"))
    readings = ((pieces.ASCII_RUN, "ascii"), (pieces.INDIC_RUN, "utf-8"), (pieces.LATIN_RUN, "latin-1"))
    for pattern, how in (*readings, *pieces.WIDE_RUNS):
        for found in pattern.findall(data):
            said = found.decode(how, "ignore")
            if any(c.isalnum() for c in said) and (how != "latin-1" or pieces.like_words(found)):
                assert said in told
