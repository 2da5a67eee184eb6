"""Files of every kind a resident may want to test, with words planted in all their slots."""

from __future__ import annotations

import base64
import bz2
import gzip
import io
import json
import lzma
import struct
import tarfile
import zipfile
from email.message import EmailMessage

import numpy as np
import pi_heif  # noqa: F401 - what reads HEIC must be there
import pikepdf
import pydicom
from docx import Document
from PIL import Image, ImageDraw, ImageFont, PngImagePlugin
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.uid import ExplicitVRLittleEndian, SecondaryCaptureImageStorage, generate_uid
from reportlab.pdfgen.canvas import Canvas

NAME = "Meera Testwala"


def archive(members: dict[str, bytes | str], comment: bytes = b"") -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as z:
        for name, content in members.items():
            z.writestr(name, content)
        z.comment = comment
    return out.getvalue()


def docx(text: str = "", creator: str = "", comment: str = "") -> bytes:
    document = Document()
    paragraph = document.add_paragraph("A ring on the arm. ")
    for half in (text[: len(text) // 2], text[len(text) // 2 :]):
        paragraph.add_run(half)  # one name in two runs
    document.core_properties.author = creator
    document.core_properties.comments = comment
    out = io.BytesIO()
    document.save(out)
    return out.getvalue()


def pptx(text: str, notes: str = "", member: dict[str, bytes] | None = None) -> bytes:
    slide = (
        '<p:sld xmlns:a="a" xmlns:p="p"><a:p><a:r><a:t>{}</a:t></a:r><a:r><a:t>{}</a:t></a:r></a:p>'
        "<a:p><a:r><a:t>ring</a:t></a:r></a:p></p:sld>"
    )
    half = len(text) // 2
    return archive(
        {
            "[Content_Types].xml": "<Types/>",
            "ppt/slides/slide1.xml": slide.format(text[:half], text[half:]),
            "ppt/notesSlides/notesSlide1.xml": slide.format(notes, ""),
            **(member or {}),
        }
    )


def xlsx(text: str) -> bytes:
    return archive({"xl/sharedStrings.xml": f"<sst><si><t>x</t></si><si><t>{text}</t></si></sst>"})


def pdf(text: str = "", title: str = "", note: bytes = b"", picture: Image.Image | None = None) -> bytes:
    out = io.BytesIO()
    canvas = Canvas(out, invariant=1)
    canvas.setTitle(title)
    canvas.drawString(72, 700, text)
    if picture:
        canvas.drawInlineImage(picture, 72, 300, 400, 200)
    canvas.save()
    document = pikepdf.open(out)
    if note:  # a file pinned to the page, not in the list of attachments
        held = document.make_stream(note, Type=pikepdf.Name.EmbeddedFile)
        spec = pikepdf.Dictionary(Type=pikepdf.Name.Filespec, F="x", EF=pikepdf.Dictionary(F=held))
        pin = pikepdf.Dictionary(
            Type=pikepdf.Name.Annot, Subtype=pikepdf.Name.FileAttachment, Rect=[0, 0, 9, 9], FS=spec
        )
        document.pages[0].Annots = document.make_indirect(pikepdf.Array([document.make_indirect(pin)]))
    packed = io.BytesIO()
    document.save(packed)
    return packed.getvalue()


def locked_pdf() -> bytes:
    out = io.BytesIO()
    pikepdf.open(io.BytesIO(pdf("x"))).save(out, encryption=pikepdf.Encryption(owner="o", user="u"))
    return out.getvalue()


def written(text: str, size: int = 40, wide: int = 720) -> Image.Image:
    """A picture with writing in its pixels."""
    picture = Image.new("RGB", (wide, 200), (30, 30, 34))
    font = ImageFont.load_default(size)
    ImageDraw.Draw(picture).text((30, 70), text, fill=(240, 240, 240), font=font)
    return picture


def png(picture: Image.Image | None = None, **chunks: str) -> bytes:
    info = PngImagePlugin.PngInfo()
    for key, value in chunks.items():
        info.add_itxt(key, value, zip=True)
    out = io.BytesIO()
    (picture or Image.new("RGB", (64, 64), (9, 9, 9))).save(out, "PNG", pnginfo=info)
    return out.getvalue()


def saved(picture: Image.Image, kind: str) -> bytes:
    out = io.BytesIO()
    picture.save(out, kind)
    return out.getvalue()


def cropped(kind: str) -> bytes:
    """A picture without writing; its Exif has a small one from before."""
    small = jpeg(written(NAME, 30, 420))
    rows = ((0x201, 4, 1, 44), (0x202, 4, 1, len(small)))
    ifd = struct.pack("<H", 2) + b"".join(struct.pack("<HHII", *row) for row in rows)
    exif = b"Exif\0\0II*\0" + struct.pack("<IHI", 8, 0, 14) + ifd + struct.pack("<I", 0) + small
    out = io.BytesIO()
    Image.new("RGB", (64, 64), (9, 90, 9)).save(out, kind, exif=exif)
    return out.getvalue()


def see_through(picture: Image.Image) -> Image.Image:
    picture.putalpha(0)
    return picture


def lying(picture: Image.Image) -> bytes:
    """Turned by its Exif orientation (6) when it is shown."""
    exif = Image.Exif()
    exif[0x0112] = 6
    out = io.BytesIO()
    picture.transpose(Image.Transpose.ROTATE_90).save(out, "JPEG", exif=exif, quality=92)
    return out.getvalue()


def hung_pdf(text: str) -> bytes:
    """A stream that no page shows."""
    document = pikepdf.open(io.BytesIO(pdf("x")))
    document.Root.Hung = document.make_stream(text.encode())
    out = io.BytesIO()
    document.save(out)
    return out.getvalue()


def icon_dicom() -> bytes:
    dataset = pydicom.dcmread(io.BytesIO(dicom("X")))
    icon, pixels = Dataset(), np.asarray(written(NAME, 30, 420).convert("L"))
    icon.Rows, icon.Columns = pixels.shape
    icon.SamplesPerPixel, icon.PhotometricInterpretation = 1, "MONOCHROME2"
    icon.BitsAllocated, icon.BitsStored, icon.HighBit, icon.PixelRepresentation = 8, 8, 7, 0
    icon.PixelData = pixels.tobytes()
    dataset.IconImageSequence = [icon]
    out = io.BytesIO()
    dataset.save_as(out, enforce_file_format=True)
    return out.getvalue()


def overlay_dicom() -> bytes:
    dataset = pydicom.dcmread(io.BytesIO(dicom("X")))
    bits = np.asarray(written(NAME, 30, 424).convert("L")) > 100
    rows = ((0x10, "US", bits.shape[0]), (0x11, "US", bits.shape[1]), (0x40, "CS", "G"), (0x50, "SS", [1, 1]))
    packed = np.packbits(bits.ravel(), bitorder="little").tobytes()
    for number, kind, value in (*rows, (0x100, "US", 1), (0x102, "US", 0), (0x3000, "OW", packed)):
        dataset.add_new((0x6000, number), kind, value)
    out = io.BytesIO()
    dataset.save_as(out, enforce_file_format=True)
    return out.getvalue()


def jpeg(picture: Image.Image | None = None, artist: str = "", comment: bytes = b"") -> bytes:
    exif = Image.Exif()
    if artist:
        exif[0x013B] = artist
    out = io.BytesIO()
    (picture or Image.new("RGB", (64, 64), (200, 90, 90))).save(
        out, "JPEG", exif=exif, comment=comment, quality=92
    )
    return out.getvalue()


def dicom(name: str = "", deflated: bool = False, charset: str = "ISO_IR 192", **more: str) -> bytes:
    meta = FileMetaDataset()
    meta.MediaStorageSOPClassUID = SecondaryCaptureImageStorage
    meta.MediaStorageSOPInstanceUID = generate_uid()
    meta.TransferSyntaxUID = (
        pydicom.uid.DeflatedExplicitVRLittleEndian if deflated else ExplicitVRLittleEndian
    )
    ds = Dataset()
    ds.file_meta = meta
    ds.SpecificCharacterSet = charset
    ds.SOPClassUID, ds.SOPInstanceUID = meta.MediaStorageSOPClassUID, meta.MediaStorageSOPInstanceUID
    ds.PatientName = name
    for key, value in more.items():
        setattr(ds, key, value)
    ds.Rows, ds.Columns, ds.SamplesPerPixel = 64, 64, 1
    ds.PhotometricInterpretation, ds.BitsAllocated, ds.BitsStored, ds.HighBit = "MONOCHROME2", 8, 8, 7
    ds.PixelRepresentation = 0
    ds.PixelData = np.zeros((64, 64), np.uint8).tobytes()
    out = io.BytesIO()
    ds.save_as(out, enforce_file_format=True)
    return out.getvalue()


def mail(text: str, subject: str = "rings", attachment: bytes = b"", charset: str = "utf-8") -> bytes:
    message = EmailMessage()
    message["Subject"], message["From"], message["To"] = subject, "a@example.org", "b@example.org"
    message.set_content(text, charset=charset, cte="quoted-printable")
    if attachment:
        message.add_attachment(attachment, maintype="application", subtype="zip", filename="notes.zip")
    return message.as_bytes()


def rtf(text: str) -> bytes:
    half = len(text) // 2
    said = "".join(f"\\u{ord(c)}?" if ord(c) > 126 else c for c in text[:half]) + "}{\\b " + text[half:]
    return b"{\\rtf1\\ansi {\\i " + said.encode("ascii", "replace") + b"}\\par end}"


def compound(streams: dict[str, bytes]) -> bytes:
    """A compound file (MS-CFB) whose streams are scattered: every second sector belongs to another."""
    size = 512
    padded = {
        name: data.ljust(max(4096, -(-len(data) // size) * size), b"\0") for name, data in streams.items()
    }
    rows = {name: [data[at : at + size] for at in range(0, len(data), size)] for name, data in padded.items()}
    order = sorted((n, name) for name, parts in rows.items() for n in range(len(parts)))
    at = {(name, n): 2 + k for k, (n, name) in enumerate(order)}
    fat = [0xFFFFFFFD, 0xFFFFFFFE] + [0] * len(order)
    for (name, n), sector in at.items():
        fat[sector] = at.get((name, n + 1), 0xFFFFFFFE)
    fat += [0xFFFFFFFF] * (size // 4 - len(fat))

    def entry(name: str, kind: int, start: int, length: int) -> bytes:
        wide = name.encode("utf-16-le") + b"\0\0"
        return (
            wide.ljust(64, b"\0")
            + struct.pack("<HB", len(wide), kind)
            + b"\0" * 49
            + struct.pack("<IQ", start, length)
        )

    entries = entry("Root Entry", 5, 0xFFFFFFFE, 0)
    entries += b"".join(entry(name, 2, at[name, 0], len(padded[name])) for name in streams)
    head = (
        b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
        + b"\0" * 16
        + struct.pack("<HHHHH", 62, 3, 0xFFFE, 9, 6)
        + b"\0" * 6
    )
    head += struct.pack("<IIIIIIIII", 0, 1, 1, 0, 4096, 0xFFFFFFFE, 0, 0xFFFFFFFE, 0)
    head += struct.pack("<109I", 0, *[0xFFFFFFFF] * 108)
    body = struct.pack(f"<{len(fat)}I", *fat) + entries.ljust(size, b"\0")
    return head + body + b"".join(rows[name][n] for n, name in order)


def tar(name: str, content: bytes) -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as t:
        info = tarfile.TarInfo(name)
        info.size = len(content)
        t.addfile(info, io.BytesIO(content))
    return out.getvalue()


WIDE = NAME.encode("utf-16-le")
LONG_WORD = b"\0" * 500 + WIDE + b"\0" * 5000  # over the edge of a sector
HIDING = {
    "plain.txt": f"seen by {NAME} today".encode(),
    "wide.txt": b"\xff\xfe" + f"मरीज {NAME}".encode("utf-16-le"),
    "latin.txt": f"caf\xe9 {NAME} na\xefve".encode("latin-1"),
    "hindi.txt": "मीरा टेस्टवाला आई".encode(),
    "page.html": b"<p title='x'>Meera&nbsp;&#84;estwala</p>",
    "comment.html": f"<p>ring</p><!-- {NAME} -->".encode(),
    "address.html": b"<a href='https://x.example/?q=%4Deera%20Testwala'>x</a>",
    "escaped.json": json.dumps({"who": "मीरा टेस्टवाला"}).encode(),
    "drawing.svg": f"<svg><text>{NAME}</text></svg>".encode(),
    "card.vcf": f"BEGIN:VCARD\r\nFN:{NAME}\r\nEND:VCARD".encode(),
    "base64.txt": b"x " + base64.b64encode(f"the patient is {NAME}, of course".encode()),
    "short64.txt": base64.b64encode(f"it is {NAME}".encode()),
    "double64.txt": base64.b64encode(base64.b64encode(f"it is {NAME}".encode())),
    "hexed.txt": f"the patient is {NAME}".encode().hex().encode(),
    "nested.txt": base64.b64encode(gzip.compress(f"it is {NAME}".encode())),
    "paper.docx": docx(NAME),
    "properties.docx": docx(creator="x", comment=NAME),
    "talk.pptx": pptx(NAME),
    "notes.pptx": pptx("ring", notes=NAME),
    "object.pptx": pptx("ring", member={"ppt/embeddings/oleObject1.bin": compound({"Workbook": LONG_WORD})}),
    "book.xlsx": xlsx(NAME),
    "old.doc": compound({"WordDocument": LONG_WORD, "1Table": b"x" * 5000}),
    "message.msg": compound({"__substg1.0_0037001F": LONG_WORD}),
    "rich.rtf": rtf(NAME),
    "letter.eml": mail(f"Dear all, =Meera= {NAME}"),
    "subject.eml": mail("rings", subject=f"{NAME} \u0930"),
    "attached.eml": mail("rings", attachment=archive({"a.txt": NAME})),
    "text.pdf": pdf(NAME),
    "title.pdf": pdf(title=NAME),
    "pinned.pdf": pdf(note=gzip.compress(NAME.encode())),
    "scanned.pdf": pdf(picture=written(NAME)),
    "burned.png": png(written(NAME)),
    "upside_down.jp2": saved(written(NAME, 30, 420).transpose(Image.Transpose.ROTATE_180), "JPEG2000"),
    "lying.jpg": lying(written(NAME, 30, 420)),
    "cropped.jpg": cropped("JPEG"),
    "cropped.webp": cropped("WEBP"),
    "see_through.png": png(see_through(written(NAME, 30, 420))),
    "behind.jpg": jpeg() + archive({"a.txt": NAME}),
    "behind.pdf": pdf("x") + archive({"a.txt": NAME}),
    "hung.pdf": hung_pdf(f"it is {NAME}"),
    "icon.dcm": icon_dicom(),
    "overlay.dcm": overlay_dicom(),
    "chunk.png": png(Description=NAME),
    "owner.jpg": jpeg(artist=NAME),
    "comment.jpg": jpeg(comment=NAME.encode()),
    "in_zip.zip": archive({"a/deep.zip": archive({"b.txt": NAME})}),
    "zip_comment.zip": archive({"a.txt": "ring"}, NAME.encode()),
    "member_name.zip": archive({f"{NAME}.txt": "ring"}),
    "folder.tar": tar("a.txt", NAME.encode()),
    "name.tar": tar(f"{NAME}.txt", b"ring"),
    "a.txt.gz": gzip.compress(NAME.encode()),
    "a.tar.bz2": bz2.compress(tar("a.txt", NAME.encode())),
    "a.xz": lzma.compress(NAME.encode()),
    "slice.dcm": dicom("Testwala^Meera"),
    "deflated.dcm": dicom("Testwala^Meera", deflated=True),
    "hindi.dcm": dicom("X^Y=मीरा^टेस्टवाला"),
    "remark.dcm": dicom("X", ImageComments=f"for {NAME}"),
    f"{NAME.replace(' ', '')}_2.txt": b"ring",
    "WhatsApp Chat.zip": archive({"_chat.txt": f"[14/03/25, 10:15:00] Dr X: {NAME} ka report bhejo"}),
}
NOISE = np.random.default_rng(2).bytes(900)
CLOSED = {
    "small.gpg": b"\x85\x02\x0c\x03" + NOISE,
    "small.age": b"age-encryption.org/v1\n-> X25519 abcdefgh\n--- abcdefgh\n" + NOISE,
    "armoured.txt": b"-----BEGIN PGP MESSAGE-----\n\n"
    + base64.encodebytes(NOISE)
    + b"-----END PGP MESSAGE-----\n",
    "openssl.enc": b"Salted__" + NOISE[:40],
    "small.zst": b"\x28\xb5\x2f\xfd" + NOISE,
    "small.br": NOISE,
    "small.cab": b"MSCF\0\0\0\0" + NOISE,
    "box.pst": b"!BDN" + NOISE,
    "broken.psd": b"8BPS\0\1" + NOISE,
    "drawing.wmf": b"\xd7\xcd\xc6\x9a" + NOISE,
    "broken.dcm": b"\0" * 128 + b"DICM" + NOISE,
    "late.txt": b"A ring on the arm. " * 500 + NOISE,
    "locked.pdf": locked_pdf(),
    "archive.7z": b"7z\xbc\xaf\x27\x1c" + b"\0" * 60,
    "archive.rar": b"Rar!\x1a\x07\x01\0" + b"\0" * 60,
    "voice.opus": b"OggS" + bytes(range(256)) * 8,
    "film.mp4": b"\0\0\0\x18ftypisom\0\0\0\0isommp42" + b"\0" * 400,
    "locked.docx": compound({"EncryptedPackage": b"x" * 5000, "EncryptionInfo": b"y" * 5000}),
    "locked.doc": compound({"WordDocument": b"\xec\xa5" + b"\0" * 8 + b"\0\x01" + b"x" * 5000}),
    "half.zip": archive({"a": b"x" * 4000})[:-30],
    "half.png": png(written("x"))[:700],
    "noise.bin": np.random.default_rng(1).bytes(40_000),
    "cut.gz": gzip.compress(b"x" * 9000)[:-20],
}
