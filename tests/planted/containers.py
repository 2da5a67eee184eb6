"""Files around data sets: transfer syntaxes, preambles, file meta, tails, alphabets, letters in pixels."""

from __future__ import annotations

import io
import struct
import warnings
from pathlib import Path

import numpy as np
import pydicom
from PIL import Image, ImageDraw, ImageFont
from pydicom import config
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.filebase import DicomBytesIO
from pydicom.filewriter import dcmwrite, write_dataset
from pydicom.uid import (
    DeflatedExplicitVRLittleEndian,
    ExplicitVRBigEndian,
    ExplicitVRLittleEndian,
    ImplicitVRLittleEndian,
    JPEG2000Lossless,
    RLELossless,
)

from tests.conftest import ROOT
from tests.planted.answers import Look, Planted
from tests.planted.names import Mint, Person

SYNTAXES = {
    "explicit": ExplicitVRLittleEndian,
    "implicit": ImplicitVRLittleEndian,
    "big": ExplicitVRBigEndian,
    "deflated": DeflatedExplicitVRLittleEndian,
    "rle": RLELossless,
    "j2k": JPEG2000Lossless,
}
BUNDLED = Path(pydicom.data.__file__).parent / "test_files"


def bundled(name: str) -> Dataset:
    """A file of pydicom's wheel, all of it in memory."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        ds = pydicom.dcmread(BUNDLED / name, force=True)
        ds.walk(lambda d, e: d[e.tag].value)
        if "TransferSyntaxUID" not in getattr(ds, "file_meta", {}):
            ds.file_meta = FileMetaDataset()
            ds.file_meta.TransferSyntaxUID = (
                ImplicitVRLittleEndian if ds.original_encoding[0] else ExplicitVRLittleEndian
            )
    return ds


def written(ds: Dataset, to: str = "") -> Dataset:
    """`ds` with the transfer syntax `to` (a key of SYNTAXES), pixels converted."""
    syntax = SYNTAXES[to] if to else ds.file_meta.TransferSyntaxUID
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        if to in ("rle", "j2k"):
            ds.compress(
                syntax, generate_instance_uid=False, encoding_plugin="pydicom" if to == "rle" else "pylibjpeg"
            )
        elif to == "big" and "PixelData" in ds and ds.BitsAllocated == 16:
            ds.add_new(0x7FE00010, "OW", np.frombuffer(ds.PixelData, "<u2").astype(">u2").tobytes())
    ds.file_meta.TransferSyntaxUID = syntax
    return ds


def encode(ds: Dataset, *, preamble: bytes = b"", meta: bool = True, tail: bytes = b"") -> bytes:
    """The bytes of a file. Without `meta` neither preamble nor file meta stand in front."""
    syntax = ds.file_meta.TransferSyntaxUID
    old, config.settings.writing_validation_mode = config.settings.writing_validation_mode, config.IGNORE
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            if not meta:
                buffer = DicomBytesIO()
                buffer.is_little_endian, buffer.is_implicit_VR = True, syntax == ImplicitVRLittleEndian
                write_dataset(buffer, ds)
                return buffer.getvalue() + tail
            if "SOPClassUID" in ds:
                ds.file_meta.MediaStorageSOPInstanceUID = ds.SOPInstanceUID
                ds.file_meta.MediaStorageSOPClassUID = ds.SOPClassUID
            out = io.BytesIO()
            ds.preamble = preamble.ljust(128, b"\0")[:128]
            implicit = syntax == ImplicitVRLittleEndian
            args = (
                {}
                if syntax.is_compressed
                else {"implicit_vr": implicit, "little_endian": syntax != ExplicitVRBigEndian}
            )
            dcmwrite(out, ds, enforce_file_format=True, **args)
            return out.getvalue() + tail
    finally:
        config.settings.writing_validation_mode = old


def meta(ds: Dataset, planted: Planted, mint: Mint) -> None:
    """Canaries in the file meta information (PS3.10 7.1)."""
    info = ds.file_meta
    for tag, vr, length in (
        (0x00020016, "AE", 12),
        (0x00020017, "AE", 12),
        (0x00020018, "AE", 12),
        (0x00020013, "SH", 14),
    ):
        info.add_new(tag, vr, token := mint.token(length))
        planted.hide("file meta", token, (tag,))
    info.add_new(0x00020026, "UR", f"//{(host := mint.token())}/x")
    info.add_new(0x00020012, "UI", implementation := mint.uid())
    info.add_new(0x00020100, "UI", creator := mint.uid())
    info.add_new(0x00020102, "OB", f"{(secret := mint.token())} ".encode())
    planted.hide("file meta", host, (0x00020026,))
    planted.hide("file meta", secret, (0x00020102,))
    for uid, tag in ((implementation, 0x00020012), (creator, 0x00020100)):
        planted.hide("file meta", uid, (tag,), Look.UID)


def preamble(planted: Planted, mint: Mint, *, tiff: bool) -> bytes:
    """128 bytes in front: text, or the start of a TIFF that says who it shows (PS3.10 7.1)."""
    text = f"{mint.token()} {mint.family()}"
    for needle in text.split():
        planted.hide("preamble", needle, note="preamble")
    if not tiff:
        return text.encode()
    entry = struct.pack("<HHIIHHIII", 0x4949, 42, 8, 1, 270, 2, len(text), 26, 0)[:26]
    return entry.ljust(26, b"\0") + text.encode()


SCRIPTS = [
    ("ISO_IR 100", "Jürgënßén^Zoë", "iso8859-1"),
    ("ISO_IR 144", "Люксембургский^Ярослав", "iso8859-5"),
    ("ISO_IR 126", "Διονυσιόπουλος^Ξάνθιππος", "iso8859-7"),
    ("ISO_IR 192", "पाठकवाडीकर^ज़रीशवती", "utf-8"),
    ("ISO_IR 192", "ਪਾਠਕਵਾੜੀਕਰ^ਜ਼ਰੀਸ਼", "utf-8"),
    (["", "ISO 2022 IR 87"], "Yamadazq^Tarouzq=山田織衛門^太郎左衛=やまだおりえ^たろうざえ", "iso2022_jp"),
    (["", "ISO 2022 IR 149"], "Hongzqq^Gildongzq=洪裵玉^吉洞=홍배옥^길동쇠", "euc_kr"),
    ("GB18030", "Wangzqq^XiaoDongzq=王孝廉^小东方=", "gb18030"),
    ("ISO_IR 138", "שרוןזק^דבורהצ", "iso8859-8"),
    ("ISO_IR 127", "قباني^لنزارزق", "iso8859-6"),
]


def script(ds: Dataset, planted: Planted, which: int) -> None:
    """Names in another character set (PS3.3 C.12.1.1.2), also where they are no name attribute."""
    charset, name, _ = SCRIPTS[which]
    ds.SpecificCharacterSet = charset
    ds.PatientName = name
    planted.canaries = [c for c in planted.canaries if c.place != (0x00100010,)]
    parts = [p for p in name.replace("=", "^").split("^") if p]
    shown = parts[2] if "=" in name else parts[0]
    ds.add_new(0x00081030, "LO", f"CT {shown}")  # StudyDescription
    ds.add_new(0x00104000, "LT", f"Note {parts[-1]}")
    ds.add_new(0x00181020, "LO", parts[0])  # SoftwareVersions: not in the table
    ds.add_new(0x00080080, "LO", shown)
    for part in parts:
        planted.hide("character sets", part, (0x00100010,))
    for tag in (0x00081030, 0x00104000, 0x00181020, 0x00080080, 0x00080005):
        planted.touched.add((tag,))


def burn(
    ds: Dataset, planted: Planted, who: Person, *, devanagari: bool = False, only: int | None = None
) -> None:
    """Draw the patient's name and number into every frame, or one; the pixels are not compressed yet."""
    array = ds.pixel_array.copy()
    frames = array if int(ds.get("NumberOfFrames", 1)) > 1 else array[None]
    rows, columns = frames.shape[1:3]
    name = "NotoSansDevanagari_400Regular.ttf" if devanagari else "NotoSans_400Regular.ttf"
    font = ImageFont.truetype(ROOT / "consent" / "fonts" / name, max(14, rows // 14))
    canvas = Image.new("L", (columns, rows))
    draw = ImageDraw.Draw(canvas)
    first = "पाठकवाडीकर ज़रीश" if devanagari else f"{who.family} {who.given}"
    draw.text((6, 4), first, font=font, fill=255)
    draw.text((6, rows - 2 * font.size), who.number, font=ImageFont.truetype(
        ROOT / "consent" / "fonts" / "NotoSans_400Regular.ttf", font.size), fill=255)  # fmt: skip
    ink = np.asarray(canvas) > 128
    full = (1 << int(ds.BitsStored)) - 1
    for frame in frames if only is None else frames[only : only + 1]:
        frame[ink] = full
    ds.PixelData = frames.astype(frames.dtype.newbyteorder("<")).tobytes()
    planted.burned, planted.may_hold, planted.same_pixels = True, True, False
    planted.hide("burned-in text", np.packbits(ink), (0x7FE00010,), Look.INK, note=str(full))
