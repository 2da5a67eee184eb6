"""Text burned into DICOM pixels, in every way pixels are stored: found, filled, all else left alone."""

from __future__ import annotations

import functools
import io
import struct
import tempfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pydicom
import pytest
from PIL import Image, ImageDraw, ImageFont
from pydicom.data import get_testdata_file
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.encaps import encapsulate, generate_frames
from pydicom.pixels.utils import pixel_array
from pydicom.uid import (
    JPEG2000,
    UID,
    ExplicitVRBigEndian,
    ExplicitVRLittleEndian,
    JPEG2000Lossless,
    JPEGBaseline8Bit,
    JPEGLSLossless,
    RLELossless,
    generate_uid,
)

from pipeline.core import worker
from pipeline.core.identity import Identifier, Kind
from pipeline.core.match import Matcher
from pipeline.deidentify.pictures import frames, screen, shades, textboxes
from pipeline.deidentify.pictures.boxes import Box, Do
from pipeline.deidentify.pictures.joined import joined
from pipeline.deidentify.pictures.picturekind import kind_of, words
from pipeline.deidentify.pictures.pixelmarks import UNREAD
from pipeline.deidentify.pictures.pixels import Looked, Stored
from tests.conftest import some

FONT = Path(__file__).parents[1] / "consent" / "fonts" / "NotoSans_400Regular.ttf"
ROWS, COLUMNS = 160, 320
NAME = "KHOSAN PRITPAL 12.03.1961"
AT = (12, 20)
PLACE = (8, 16, 312, 50)  # left, top, right, bottom: around the name
SC, CT, US, XA = (f"1.2.840.10008.5.1.4.1.1.{n}" for n in ("7", "2", "6.1", "12.1"))


@functools.cache
def drawn(text: str = NAME, at: tuple[int, int] = AT, size: int = 18, shape=(ROWS, COLUMNS)) -> Any:
    """Where the strokes of a text are: 0 to 1."""
    picture = Image.new("L", (shape[1], shape[0]))
    ImageDraw.Draw(picture).text(at, text, 255, ImageFont.truetype(str(FONT), size))
    return np.asarray(picture, np.float32) / 255


@functools.cache
def tissue(shape=(ROWS, COLUMNS), seed: int = 1) -> Any:
    """Something round and noisy, 0 to 1, dark at its border."""
    y, x = np.mgrid[: shape[0], : shape[1]]
    inside = np.hypot((y - shape[0] / 2) / shape[0], (x - shape[1] / 2) / shape[1]) < 0.42
    noise = np.random.default_rng(seed).normal(0.5, 0.03, shape)
    return (np.where(inside, noise, 0.02)).astype(np.float32)


def written(path: Path, values: Any, syntax: str = ExplicitVRLittleEndian, **changed: Any) -> Path:
    """A DICOM file around stored values: frames x rows x columns (x 3), or bytes ready to be written."""
    ds = Dataset()
    ds.file_meta = FileMetaDataset()
    ds.file_meta.TransferSyntaxUID = UID(syntax)
    ds.SOPClassUID, ds.SOPInstanceUID = changed.pop("SOPClassUID", SC), generate_uid()
    ds.Modality, ds.ImageType = "OT", ["ORIGINAL", "PRIMARY"]
    ds.SamplesPerPixel, ds.PhotometricInterpretation = 1, "MONOCHROME2"
    ds.Rows, ds.Columns, ds.BitsAllocated, ds.PixelRepresentation = ROWS, COLUMNS, 8, 0
    if isinstance(values, np.ndarray):
        ds.BitsAllocated = 8 * values.dtype.itemsize
        ds.PixelRepresentation = int(values.dtype.kind == "i")
        order = ">" if syntax == ExplicitVRBigEndian else "<"
        values = values.astype(values.dtype.newbyteorder(order)).tobytes()
    for name, value in changed.items():
        setattr(ds, name, value)
    ds.BitsStored = changed.get("BitsStored", ds.BitsAllocated)
    ds.HighBit = changed.get("HighBit", ds.BitsStored - 1)
    if ds.SamplesPerPixel > 1 and "PlanarConfiguration" not in ds:
        ds.PlanarConfiguration = 0
    ds.PixelData = values + b"\0" * (len(values) % 2)
    wide = ds.BitsAllocated > 8 or changed.get("words")
    ds["PixelData"].VR = "OW" if wide and not UID(syntax).is_encapsulated else "OB"
    ds["PixelData"].is_undefined_length = UID(syntax).is_encapsulated
    ds.save_as(path, enforce_file_format=True)
    return path


def stored(path: Path, **changed: Any) -> Stored:
    """What the header says, read by pydicom."""
    ds = pydicom.dcmread(path, force=True)
    syntax = ds.file_meta.TransferSyntaxUID
    offset = path.read_bytes().find(bytes(ds.PixelData[: 1 << 20]))

    def first(name: str) -> float:
        return float(np.atleast_1d(ds[name].value)[0])

    window = (first("WindowCenter"), first("WindowWidth")) if "WindowCenter" in ds else None
    names = ("RedPaletteColorLookupTableDescriptor", "RedPaletteColorLookupTableData")
    names += ("GreenPaletteColorLookupTableData", "BluePaletteColorLookupTableData")
    palette = [ds.get(name) for name in names]
    if palette[0]:
        palette[0] = struct.pack("<3H", *palette[0])
    said = {
        "path": path,
        "offset": offset,
        "length": len(ds.PixelData) + 8 * syntax.is_encapsulated,
        "syntax": str(syntax),
        "big_endian": syntax == ExplicitVRBigEndian,
        "rows": ds.Rows,
        "columns": ds.Columns,
        "frames": int(ds.get("NumberOfFrames") or 1),
        "samples": ds.get("SamplesPerPixel", 1),
        "bits_allocated": ds.BitsAllocated,
        "bits_stored": ds.BitsStored,
        "high_bit": ds.HighBit,
        "signed": bool(ds.PixelRepresentation),
        "photometric": ds.PhotometricInterpretation,
        "planar": ds.get("PlanarConfiguration", 0),
        "modality": ds.get("Modality", ""),
        "sop_class": ds.get("SOPClassUID", ""),
        "image_type": tuple(ds.get("ImageType", ())),
        "burned_in": ds.get("BurnedInAnnotation", ""),
        "body": ds.get("SeriesDescription", ""),
        "regions": (),
        "window": window,
        "slope": float(ds.get("RescaleSlope", 1)),
        "intercept": float(ds.get("RescaleIntercept", 0)),
        "padding": ds.get("PixelPaddingValue"),
        "palette": tuple(palette) if all(palette) else None,
        "series": ds.get("SeriesInstanceUID", ""),
        "position": (),
        "orientation": (),
        "spacing": (),
        "thickness": 0.0,
    }
    return Stored(**{**said, **changed})


def examined(path: Path, known: Matcher | None = None, cache: Any = None, **changed: Any) -> Looked:
    scratch = path.parent / f"{path.name}-scratch"
    scratch.mkdir(exist_ok=True)
    for left in scratch.iterdir():
        left.unlink()
    high_bits = changed.pop("clear_high_bits", False)
    cache = {} if cache is None else cache
    return frames.examine(stored(path, **changed), scratch, known, cache, clear_high_bits=high_bits)


def copied(path: Path, looked: Looked) -> Dataset:
    """The file with the replacement in it, as whoever writes the copy makes it."""
    ds = pydicom.dcmread(path)
    assert looked.replacement is not None
    data = looked.replacement.read_bytes()
    syntax = ds.file_meta.TransferSyntaxUID
    if not ds.file_meta.TransferSyntaxUID.is_encapsulated:
        frame = ds.Rows * ds.Columns * ds.get("SamplesPerPixel", 1) * ds.BitsAllocated
        bits = frame * int(ds.get("NumberOfFrames") or 1)
        assert len(data) == ((bits * 2 // 3 if "422" in ds.PhotometricInterpretation else bits) + 7) // 8
    if syntax == ExplicitVRBigEndian:
        ds = pydicom.dcmread(written(path.with_suffix(".little"), b"", **as_dict(ds)))
    ds.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    for tag, (vr, value) in looked.attributes.items():
        ds.add_new(tag, vr, struct.unpack("<H", value)[0] if vr == "US" else value.decode().strip())
    ds.PixelData = data + b"\0" * (len(data) % 2)
    ds["PixelData"].VR = "OW" if ds.BitsAllocated > 8 else "OB"
    again = io.BytesIO()
    ds.save_as(again, implicit_vr=False, little_endian=True)
    again.seek(0)
    return pydicom.dcmread(again, force=True)


def as_dict(ds: Dataset) -> dict[str, Any]:
    return {e.keyword: e.value for e in ds if e.tag.group == 0x28}


def values(ds: Dataset) -> Any:
    """Stored values, frames first."""
    plain = not ds.file_meta.TransferSyntaxUID.is_encapsulated
    found = pixel_array(ds, raw=True, **({"correct_unused_bits": False} if plain else {}))
    return found if int(ds.get("NumberOfFrames") or 1) > 1 else found[None]


def mask(looked: Looked, shape=(ROWS, COLUMNS)) -> Any:
    covered = np.zeros(shape, bool)
    for _, box in looked.boxes:
        if box.do is Do.FILL:
            covered[box.top : box.bottom, box.left : box.right] = True
    return covered


def the_name(view: Any, *_: Any, **__: Any) -> list[Box]:
    """In place of OCR where only the way pixels are stored is tested: the name, if the view shows it."""
    left, top, right, bottom = PLACE
    grey = view if view.ndim == 2 else view.max(axis=2)
    part, strokes = grey[top:bottom, left:right].astype(int), drawn()[top:bottom, left:right] > 0.9
    seen = abs(np.median(part[strokes]) - np.median(part[drawn()[top:bottom, left:right] == 0])) > 40
    return [Box(*PLACE, what="text", reason="text", confidence=0.9)] if seen else []


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(textboxes, "find", the_name)
    monkeypatch.setattr(textboxes, "residue", the_name)


@pytest.fixture
def marked(monkeypatch: pytest.MonkeyPatch) -> None:
    """In place of the cheap look: what has the greatest value of twelve bits is drawn."""
    monkeypatch.setattr(
        screen, "suspicious", lambda v: ((v == 4095).any() and np.packbits(v == 4095).tobytes()) or None
    )


# --- layouts ------------------------------------------------------------------------------------------


def grey(kind: str, top: int, low: int = 0, *, inverted: bool = False, shift: int = 0) -> Any:
    level = np.maximum(tissue() * 0.5, drawn())
    level = 1 - level if inverted else level
    return ((low + level * (top - low)).astype(kind) << shift)[None]


def rgb(kind: str = "u1", top: int = 255) -> Any:
    level = np.maximum(tissue() * 0.5, drawn())
    return (np.stack([level, level * 0.9, level * 0.4], axis=-1) * top).astype(kind)[None]


def ybr() -> Any:
    return np.asarray(Image.fromarray(rgb()[0]).convert("YCbCr"))[None]


def ybr_422() -> bytes:
    full = ybr()[0]
    pairs = np.empty((ROWS, COLUMNS // 2, 4), np.uint8)
    pairs[..., 0], pairs[..., 1] = full[:, 0::2, 0], full[:, 1::2, 0]
    pairs[..., 2], pairs[..., 3] = full[:, 0::2, 1], full[:, 0::2, 2]
    return pairs.tobytes()


def palette() -> dict[str, Any]:
    ramp = np.arange(256, dtype=np.uint16)[::-1] * 257  # the index 255 is black
    table = {f"{c}PaletteColorLookupTableData": ramp.tobytes() for c in ("Red", "Green", "Blue")}
    named = {f"{c}PaletteColorLookupTableDescriptor": [256, 0, 16] for c in ("Red", "Green", "Blue")}
    return {"PhotometricInterpretation": "PALETTE COLOR", **table, **named}


COLOUR = {"SamplesPerPixel": 3, "PhotometricInterpretation": "RGB"}
CT_LIKE = {"WindowCenter": 40, "WindowWidth": 400, "RescaleSlope": 1, "RescaleIntercept": -1024}
LAYOUTS: dict[str, Callable[[], tuple[Any, str, dict[str, Any]]]] = {
    "8 bits": lambda: (grey("u1", 255), ExplicitVRLittleEndian, {}),
    "12 in 16": lambda: (grey("u2", 4095), ExplicitVRLittleEndian, {"BitsStored": 12}),
    "signed": lambda: (grey("i2", 3000, -1024), ExplicitVRLittleEndian, {}),
    "12 high": lambda: (grey("u2", 4095, shift=4), ExplicitVRLittleEndian, {"BitsStored": 12, "HighBit": 15}),
    "12 of signed, high": lambda: (
        grey("i2", 2000, -1000, shift=4),
        ExplicitVRLittleEndian,
        {"BitsStored": 12, "HighBit": 15},
    ),
    "12 of signed": lambda: (grey("i2", 2000, -1000), ExplicitVRLittleEndian, {"BitsStored": 12}),
    "32 bits": lambda: (grey("u4", 1 << 30), ExplicitVRLittleEndian, {}),
    "monochrome 1": lambda: (
        grey("u2", 1023, inverted=True),
        ExplicitVRLittleEndian,
        {"BitsStored": 10, "PhotometricInterpretation": "MONOCHROME1"},
    ),
    "outside of the window": lambda: (
        np.where(drawn()[None] > 0.5, 4095, 1024 + 300 * tissue()[None]).astype("u2"),
        ExplicitVRLittleEndian,
        {"BitsStored": 12, **CT_LIKE},
    ),
    "below the window": lambda: (
        np.where(drawn()[None] > 0.5, 0, 24 + (tissue()[None] > 0.1) * 1000 + 60 * tissue()[None]).astype(
            "u2"
        ),
        ExplicitVRLittleEndian,
        {"BitsStored": 12, **CT_LIKE},
    ),
    "big endian": lambda: (grey("i2", 3000, -1024), ExplicitVRBigEndian, {}),
    "RGB by pixel": lambda: (rgb(), ExplicitVRLittleEndian, COLOUR),
    "RGB by plane": lambda: (
        np.moveaxis(rgb(), 3, 1).copy(),
        ExplicitVRLittleEndian,
        {**COLOUR, "PlanarConfiguration": 1},
    ),
    "RGB big endian": lambda: (rgb(), ExplicitVRBigEndian, COLOUR),
    "RGB 16": lambda: (rgb("u2", 65535), ExplicitVRLittleEndian, COLOUR),
    "YBR_FULL": lambda: (ybr(), ExplicitVRLittleEndian, {**COLOUR, "PhotometricInterpretation": "YBR_FULL"}),
    "YBR_FULL_422": lambda: (
        ybr_422(),
        ExplicitVRLittleEndian,
        {**COLOUR, "PhotometricInterpretation": "YBR_FULL_422"},
    ),
    "palette": lambda: (grey("u1", 255, inverted=True), ExplicitVRLittleEndian, palette()),
    "single bits": lambda: (
        np.packbits(drawn() > 0.5, bitorder="little").tobytes(),
        ExplicitVRLittleEndian,
        {"BitsAllocated": 1},
    ),
}


@pytest.mark.usefixtures("quick")
@pytest.mark.parametrize("name", LAYOUTS)
def test_every_native_layout_is_filled_and_nothing_else_changes(tmp_path, name):
    data, syntax, changed = LAYOUTS[name]()
    path = written(tmp_path / "1.dcm", data, syntax, **changed)
    looked = examined(path)
    assert (looked.held, looked.read, looked.frames) == ("", 1, 1)
    before, after = values(pydicom.dcmread(path)), values(copied(path, looked))
    covered = mask(looked)
    assert covered[drawn() > 0].all()
    assert before.dtype == after.dtype.newbyteorder(before.dtype.byteorder)
    assert (before[0][~covered] == after[0][~covered]).all()
    assert len(np.unique(after[0][covered].reshape(covered.sum(), -1), axis=0)) == 1
    assert looked.attributes[0x00280301] == ("CS", b"NO")


@pytest.mark.usefixtures("quick")
def test_what_is_filled_is_shown_black(tmp_path):
    for name in ("monochrome 1", "palette", "12 high", "signed"):
        data, syntax, changed = LAYOUTS[name]()
        path = written(tmp_path / f"{name}.dcm", data, syntax, **changed)
        after = values(copied(path, examined(path)))[0]
        inside = after[PLACE[1], PLACE[0]]
        assert inside == (after.max() if name in ("monochrome 1", "palette") else after.min()), name


@pytest.mark.usefixtures("quick")
def test_high_bits_are_cleared_on_request_and_text_in_them_is_seen(tmp_path):
    below = (tissue() * 2000).astype("u2")
    hidden = below | ((drawn() > 0.5).astype("u2") << 14)
    path = written(tmp_path / "1.dcm", hidden[None], BitsStored=12)
    looked = examined(path)
    assert mask(looked)[drawn() > 0.5].all()
    assert (values(copied(path, looked))[0] < 1 << 12).all()
    looked = examined(path, clear_high_bits=True, modality="CT", sop_class=CT)
    assert (values(copied(path, looked))[0] < 1 << 12).all()
    assert words("high_bits") in looked.notes


@functools.cache
def veiled(kind: str, shift: int, low: int = 0) -> Any:
    """Something to draw in the bits outside of a pixel: a name, and noise that hides it from a quick look."""
    noise = np.random.default_rng(3).integers(0, 2, (ROWS, COLUMNS)).astype(kind)
    return ((noise << 1 | (drawn() > 0.5)) << shift) + np.asarray(low, kind)


HIDING: dict[str, Callable[[], tuple[Any, dict[str, Any]]]] = {
    "above": lambda: (grey("u2", 4095)[0] | veiled("u2", 12), {"BitsStored": 12}),
    "above a sign": lambda: (
        (grey("i2", 2000, -1000)[0] & 4095 | veiled("i2", 12)),
        {"BitsStored": 12},
    ),
    "above eight bits": lambda: (grey("u2", 255)[0] | veiled("u2", 8), {"BitsStored": 8}),
    "in a byte": lambda: (grey("u1", 63)[0] | veiled("u1", 6), {"BitsStored": 6}),
    "below": lambda: (
        grey("u2", 4095, shift=4)[0] | veiled("u2", 1),
        {"BitsStored": 12, "HighBit": 15},
    ),
    "above colour": lambda: (
        rgb("u2", 4095)[0] | veiled("u2", 12)[..., None],
        {**COLOUR, "BitsStored": 12},
    ),
}


def pixels_alone(found: Any, stored_bits: int, high: int) -> Any:
    """The bits that are pixel, where they lie."""
    return found.view(f"u{found.dtype.itemsize}") & ((1 << stored_bits) - 1) << (high + 1 - stored_bits)


@pytest.mark.usefixtures("quick")
@pytest.mark.parametrize("syntax", [ExplicitVRLittleEndian, ExplicitVRBigEndian, RLELossless])
@pytest.mark.parametrize("name", HIDING)
def test_what_is_drawn_in_unused_bits_is_cleared(tmp_path, name, syntax):
    data, changed = HIDING[name]()
    content = (
        lossless(data, syntax, **{**changed, "BitsStored": 8 * data.dtype.itemsize})
        if syntax == RLELossless
        else data[None]
    )
    path = written(tmp_path / "1.dcm", content, syntax, **{**_described(data), **changed})
    looked = examined(path, modality="CT", sop_class=CT)
    assert looked.held == ""
    assert words("high_bits") in looked.notes
    after, left = values(copied(path, looked))[0], ~mask(looked)
    bits = changed["BitsStored"], changed.get("HighBit", changed["BitsStored"] - 1)
    assert (pixels_alone(after, *bits)[left] == pixels_alone(data, *bits)[left]).all()
    signed = after.dtype.kind == "i"
    assert ((after << 4 >> 4 == after) if signed else (pixels_alone(after, *bits) == after)).all()


def padded(picture: Any, value: int) -> Any:
    """A round picture with a padding value around it."""
    return np.where(tissue() > 0.1, picture, np.asarray(value).astype(picture.dtype))


def broader(kind: str, low: int, high: int) -> Any:
    """Smooth values from end to end, as bone beside air."""
    y, x = np.mgrid[:ROWS, :COLUMNS]
    wave = 0.5 + 0.5 * np.sin(x / 20) * np.cos(y / 17)
    return (low + (high - low) * wave + 8 * tissue()).astype(kind)


SOUND: dict[str, Callable[[], tuple[Any, dict[str, Any]]]] = {
    "signs": lambda: (broader("i2", -1024, 2000), {"BitsStored": 12}),
    "signs that are not extended": lambda: (broader("i2", -1024, 2000) & 4095, {"BitsStored": 12}),
    "padding": lambda: (padded(broader("u2", 0, 4000), 0x8000), {"BitsStored": 12}),
    "padding of the header": lambda: (
        padded(broader("u2", 0, 5000), 63536),
        {"BitsStored": 12, "PixelPaddingValue": 63536},
    ),
    "signed padding": lambda: (padded(broader("i2", -1000, 1800), -3024), {"BitsStored": 12}),
    "more than is stated": lambda: (broader("u2", 0, 5500), {"BitsStored": 12}),
    "bone of more than is stated": lambda: (broader("i2", -1024, 3071), {"BitsStored": 12}),
    "a wrong high bit": lambda: (broader("u2", 0, 4000), {"BitsStored": 12, "HighBit": 15}),
}


@pytest.mark.parametrize("syntax", [ExplicitVRLittleEndian, RLELossless])
@pytest.mark.parametrize("name", SOUND)
def test_signs_padding_and_values_beyond_what_is_stated_stay(tmp_path, name, syntax):
    data, changed = SOUND[name]()
    whole = {"BitsStored": 8 * data.dtype.itemsize}
    content = lossless(data, syntax, **whole) if syntax == RLELossless else data[None]
    path = written(tmp_path / "1.dcm", content, syntax, **{**_described(data), **changed})
    looked = examined(path, modality="CT", sop_class=CT)
    assert (looked.held, looked.replacement, looked.notes) == ("", None, ())


@pytest.mark.usefixtures("quick")
def test_a_run_length_frame_keeps_its_high_bit_when_it_is_stored_anew(tmp_path):
    data, _, changed = LAYOUTS["12 high"]()
    frame = lossless(data[0], RLELossless)
    path = written(tmp_path / "1.dcm", frame, RLELossless, **{**_described(data), **changed})
    looked = examined(path)
    copy, left = copied(path, looked), ~mask(looked)
    assert copy.HighBit == 15
    assert (np.frombuffer(copy.PixelData, "<u2").reshape(ROWS, COLUMNS)[left] == data[0][left]).all()


@pytest.mark.parametrize("beside", [veiled("u2", 12), (drawn() > 0.5).astype("u2") << 15])
def test_values_that_are_no_picture_have_no_picture_beside_them(tmp_path, beside):
    data = ((tissue() > 0.1).astype("u2") * 3) | beside
    path = written(tmp_path / "1.dcm", data[None], BitsStored=12)
    looked = examined(path, modality="SEG", sop_class="1.2.840.10008.5.1.4.1.1.66.4")
    assert (values(copied(path, looked))[0] == data & 4095).all()
    assert looked.notes == (words("not_read"), words("high_bits"))


# --- compressed ---------------------------------------------------------------------------------------


def lossless(data: Any, syntax: str, **changed: Any) -> bytes:
    from pydicom.pixels.encoders.base import get_encoder

    shape = data.shape
    one = get_encoder(UID(syntax)).encode(
        data,
        index=None,
        rows=shape[0],
        columns=shape[1],
        samples_per_pixel=shape[2] if data.ndim == 3 else 1,
        number_of_frames=1,
        bits_allocated=8 * data.dtype.itemsize,
        bits_stored=changed.get("BitsStored", 8 * data.dtype.itemsize),
        pixel_representation=int(data.dtype.kind == "i"),
        photometric_interpretation=changed.get("PhotometricInterpretation", "MONOCHROME2"),
        planar_configuration=0,
        **({"j2k_psnr": [60]} if syntax == JPEG2000 else {}),
    )
    return encapsulate([one])


def jpeg(data: Any, mode: str | None = None, **how: Any) -> bytes:
    buffer = io.BytesIO()
    Image.fromarray(data, mode).save(buffer, "JPEG", quality=92, **how)
    return encapsulate([buffer.getvalue()])


def by_gdcm(path: Path, target: Path, syntax: int) -> Path:
    import gdcm

    reader = gdcm.ImageReader()
    reader.SetFileName(str(path))
    assert reader.Read()
    change = gdcm.ImageChangeTransferSyntax()
    change.SetTransferSyntax(gdcm.TransferSyntax(syntax))
    change.SetInput(reader.GetImage())
    assert change.Change()
    writer = gdcm.ImageWriter()
    writer.SetFileName(str(target))
    writer.SetFile(reader.GetFile())
    writer.SetImage(change.GetOutput())
    assert writer.Write()
    return target


@pytest.mark.usefixtures("quick")
@pytest.mark.parametrize(
    ("name", "syntax", "data", "changed"),
    [
        ("RLE", RLELossless, grey("u2", 4095)[0], {"BitsStored": 12}),
        ("RLE signed", RLELossless, grey("i2", 3000, -1024)[0], {}),
        ("RLE colour", RLELossless, rgb()[0], COLOUR),
        ("RLE YBR", RLELossless, ybr()[0], {**COLOUR, "PhotometricInterpretation": "YBR_FULL"}),
        ("J2K", JPEG2000Lossless, grey("u2", 4095)[0], {"BitsStored": 12}),
        ("J2K signed", JPEG2000Lossless, grey("i2", 3000, -1024)[0], {}),
        ("J2K colour", JPEG2000Lossless, rgb()[0], {**COLOUR, "PhotometricInterpretation": "YBR_RCT"}),
        ("J2K lossy", JPEG2000, grey("u2", 4095)[0], {"BitsStored": 12}),
    ],
)
def test_compressed_frames_are_stored_natively(tmp_path, name, syntax, data, changed):
    path = written(
        tmp_path / "1.dcm", lossless(data, syntax, **changed), syntax, **_described(data), **changed
    )
    check_decoded(path)


def _described(data: Any) -> dict[str, Any]:
    return {"BitsAllocated": 8 * data.dtype.itemsize, "PixelRepresentation": int(data.dtype.kind == "i")}


def check_decoded(path: Path) -> Looked:
    looked = examined(path)
    assert looked.held == ""
    copy = copied(path, looked)
    assert "RCT" not in copy.PhotometricInterpretation
    assert "422" not in copy.PhotometricInterpretation
    before = values(pydicom.dcmread(path))[0]
    if copy.PhotometricInterpretation == "RGB":
        before = pixel_array(path)
    after, covered = values(copy)[0], mask(looked)
    assert covered[drawn() > 0].all()
    assert (before[~covered] == after[~covered]).all()
    assert words("decoded") in looked.notes
    return looked


@pytest.mark.usefixtures("quick")
@pytest.mark.parametrize(("name", "number"), [("lossless", 4), ("first order", 5), ("LS", 6), ("J2K", 8)])
@pytest.mark.parametrize("layout", ["8 bits", "12 in 16", "12 of signed", "RGB by pixel"])
def test_jpeg_lossless_and_ls(tmp_path, name, number, layout):
    import gdcm

    numbers = [gdcm.TransferSyntax.JPEGLosslessProcess14, gdcm.TransferSyntax.JPEGLosslessProcess14_1]
    numbers += [gdcm.TransferSyntax.JPEGLSLossless, gdcm.TransferSyntax.JPEG2000Lossless]
    data, syntax, changed = LAYOUTS[layout]()
    plain = written(tmp_path / "plain.dcm", data, syntax, **changed)
    path = by_gdcm(plain, tmp_path / "1.dcm", dict(zip((4, 5, 6, 8), numbers, strict=True))[number])
    looked = check_decoded(path)
    covered = mask(looked)
    assert (values(copied(path, looked))[0][~covered] == data[0][~covered]).all()
    assert 0x00282110 not in looked.attributes


@pytest.mark.usefixtures("quick")
@pytest.mark.parametrize(
    "how", [{"subsampling": 0}, {"subsampling": 1}, {"subsampling": 2}, {"progressive": True}]
)
def test_jpeg_baseline_is_decoded_once_and_stays_marked_as_lossy(tmp_path, how):
    data = jpeg(rgb()[0], **how)
    named = "YBR_FULL_422" if how.get("subsampling") else "YBR_FULL"
    changed = {**COLOUR, "PhotometricInterpretation": named}
    looked = check_decoded(written(tmp_path / "1.dcm", data, JPEGBaseline8Bit, **changed))
    assert looked.attributes[0x00282110] == ("CS", b"01")
    assert looked.attributes[0x00280004] == ("CS", b"RGB ")
    assert words("lossy") in looked.notes


@pytest.mark.usefixtures("quick")
def test_grey_jpeg(tmp_path):
    check_decoded(written(tmp_path / "1.dcm", jpeg(grey("u1", 255)[0]), JPEGBaseline8Bit))


OTHERS = ["JPEG2000", "SC_rgb_jpeg_gdcm", "JPEGLSNearLossless_16", "examples_ybr_color"]
OTHERS += ["SC_rgb_rle_16bit_2frame", "693_J2KI", "J2K_pixelrep_mismatch"]


@pytest.mark.parametrize("name", OTHERS)
def test_files_of_other_makers_decode(tmp_path, monkeypatch, name):
    box = Box(2, 2, 8, 8, what="text", reason="text", confidence=1.0)
    monkeypatch.setattr(textboxes, "find", lambda *_, **__: [box])
    monkeypatch.setattr(textboxes, "residue", lambda *_, **__: [])
    path = Path(str(get_testdata_file(f"{name}.dcm")))
    scratch = tmp_path / "pixels"
    looked = frames.examine(stored(path, burned_in="YES"), scratch, None, {})
    assert looked.held == ""
    assert looked.replacement == scratch
    before = pydicom.dcmread(path)
    after = values(copied(path, looked))
    shown = (
        pixel_array(before)
        if looked.attributes[0x00280004][1].startswith(b"RGB")
        else pixel_array(before, raw=True)
    )
    before_values = shown if int(before.get("NumberOfFrames") or 1) > 1 else shown[None]
    before_values, after = before_values.copy(), after.copy()
    before_values[:, 2:8, 2:8], after[:, 2:8, 2:8] = 0, 0
    assert (before_values == after).all()


def test_jpeg_of_twelve_bits(tmp_path, monkeypatch):
    box = Box(2, 2, 8, 8, what="text", reason="text", confidence=1.0)
    monkeypatch.setattr(textboxes, "find", lambda *_, **__: [box])
    monkeypatch.setattr(textboxes, "residue", lambda *_, **__: [])
    path = Path(str(get_testdata_file("JPEG-lossy.dcm")))
    looked = frames.examine(stored(path, burned_in="YES"), tmp_path / "pixels", None, {})
    after = values(copied(path, looked))[0]
    assert (after[420, 140], after[230, 120]) == (244, 95)  # as pydicom's own test of this file has it
    assert looked.attributes[0x00282110] == ("CS", b"01")


# --- what cannot be looked at -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("syntax", "code"),
    [("1.2.840.10008.1.2.4.102", "IMG060"), ("1.2.3.4", "IMG060"), (RLELossless, "IMG061")],
)
def test_what_cannot_be_decoded_is_held_back(tmp_path, syntax, code):
    plain = written(tmp_path / "1.dcm", encapsulate([b"\0" * 64]), RLELossless)
    assert examined(plain, syntax=str(syntax)).held == code
    primary = {"modality": "CT", "sop_class": CT, "syntax": str(syntax)}
    for said in ("", "NO", "YES"):
        assert examined(plain, burned_in=said, **primary).held == code
    segments = {**primary, "modality": "SEG", "sop_class": "1.2.840.10008.5.1.4.1.1.66.4"}
    assert examined(plain, **segments).held == code


@pytest.mark.parametrize("sop", [CT, "1.2.840.10008.5.1.4.1.1.66.4"])
@pytest.mark.parametrize("syntax", ["1.2.840.10008.1.2.4.100", "1.2.840.10008.1.2.4.107"])
def test_videos_are_held_back_whatever_their_header_says(tmp_path, sop, syntax):
    path = written(tmp_path / "1.dcm", encapsulate([b"\0\0\1\xb3" + TEXT]), syntax)
    looked = examined(path, modality="CT", sop_class=sop, burned_in="NO", frames=30)
    assert (looked.held, looked.replacement) == ("IMG060", None)


@pytest.mark.parametrize("sop", [CT, "1.2.840.10008.5.1.4.1.1.66.4"])
@pytest.mark.parametrize(
    ("syntax", "table"), [(RLELossless, True), (RLELossless, False), (JPEGBaseline8Bit, False)]
)
def test_a_fragment_that_is_of_no_frame_is_not_copied(tmp_path, sop, syntax, table):
    level = (tissue() * 100).astype("u1")
    frame = (
        coded()
        if syntax == JPEGBaseline8Bit
        else next(generate_frames(lossless(level, syntax), number_of_frames=1))
    )
    stray = struct.pack("<HHI", 0xFFFE, 0xE000, 64) + TEXT.ljust(64)
    path = written(tmp_path / "1.dcm", encapsulate([frame], has_bot=table) + stray, syntax)
    looked = examined(path, modality="CT", sop_class=sop, burned_in="NO")
    assert looked.held == "IMG061" or b"KHOSAN" not in (looked.replacement or path).read_bytes()
    assert looked.held == ("IMG061" if syntax == RLELossless and not table else "")


def test_short_and_overfull_pixel_data_is_held_back(tmp_path):
    path = written(tmp_path / "1.dcm", grey("u1", 255))
    assert examined(path, frames=2).held == "IMG061"
    assert examined(path, rows=0).held == "IMG061"
    assert examined(path, rows=60000, columns=60000).held == "IMG061"
    assert examined(path, samples=4).held == "IMG060"
    assert examined(path, bits_allocated=12).held == "IMG060"
    two = encapsulate([jpeg(grey("u1", 255)[0])[8 + 4 + 8 :]] * 2)
    more = written(tmp_path / "2.dcm", two, JPEGBaseline8Bit)
    assert examined(more).held == "IMG061"  # a second frame that the header does not declare


def test_the_length_of_an_item_may_lie(tmp_path):
    path = written(tmp_path / "1.dcm", jpeg(grey("u1", 255)[0]), JPEGBaseline8Bit)
    data = bytearray(path.read_bytes())
    at = data.rfind(b"\xff\xd8\xff") - 4
    data[at : at + 4] = struct.pack("<I", 1 << 30)
    (tmp_path / "2.dcm").write_bytes(data)
    assert (
        frames.examine(replace(stored(path), path=tmp_path / "2.dcm"), tmp_path / "s", None, {}).held
        == "IMG061"
    )


@pytest.mark.parametrize("sop", ["66.4", "481.2", "30"])
def test_values_that_are_no_picture_are_not_read(tmp_path, sop):
    path = written(tmp_path / "1.dcm", grey("u1", 255))
    looked = examined(path, sop_class=f"1.2.840.10008.5.1.4.1.1.{sop}", burned_in="YES", modality="SEG")
    assert (looked.read, looked.held, looked.notes) == (0, "", (words("not_read"),))
    assert examined(path, bits_allocated=0).notes == (words("not_read"),)


TEXT = b"PATIENT KHOSAN"


def segment(marker: int, body: bytes) -> bytes:
    return bytes((0xFF, marker)) + (len(body) + 2).to_bytes(2) + body


def within(frame: bytes, marker: bytes, what: bytes, *, behind: int = 0) -> bytes:
    """A frame with something put in front of the last marker of a kind."""
    at = frame.rindex(marker) + behind
    return frame[:at] + what + frame[at:]


def longer(frame: bytes, marker: int, more: bytes) -> bytes:
    """A frame with more in its first segment of a kind, which is as long as it says."""
    at = frame.index(bytes((0xFF, marker)))
    length = int.from_bytes(frame[at + 2 : at + 4])
    end = at + 2 + length
    return frame[: at + 2] + (length + len(more)).to_bytes(2) + frame[at + 4 : end] + more + frame[end:]


@functools.cache
def coded(kind: str = "JPEG", **how: Any) -> bytes:
    """A frame as an ordinary encoder leaves it."""
    level = (tissue() * 100).astype("u1")
    if kind == "JPEG-LS":
        import gdcm

        with tempfile.TemporaryDirectory() as folder:
            plain = written(Path(folder) / "1.dcm", level[None])
            made = by_gdcm(plain, Path(folder) / "2.dcm", gdcm.TransferSyntax.JPEGLSLossless)
            return next(generate_frames(pydicom.dcmread(made).PixelData, number_of_frames=1))
    buffer = io.BytesIO()
    Image.fromarray(level).save(buffer, kind, **({"no_jp2": True} if kind == "JPEG2000" else {}), **how)
    return buffer.getvalue()


SYNTAX = {"JPEG": JPEGBaseline8Bit, "JPEG2000": JPEG2000, "JPEG-LS": JPEGLSLossless}
TILES = {"tile_size": (128, 128)}
ORDINARY = [
    ("JPEG", {}),
    ("JPEG", {"progressive": True}),
    ("JPEG", {"restart_marker_rows": 1}),
    ("JPEG-LS", {}),
]
ORDINARY += [
    ("JPEG2000", {}),
    ("JPEG2000", TILES),
    ("JPEG2000", {"plt": True}),
    ("JPEG2000", {"irreversible": True}),
]


@pytest.mark.parametrize(("kind", "how"), ORDINARY)
def test_compressed_frames_that_say_nothing_more_are_left(tmp_path, kind, how):
    path = written(tmp_path / "1.dcm", encapsulate([coded(kind, **how)]), SYNTAX[kind])
    looked = examined(path, modality="CT", sop_class=CT)
    assert (looked.held, looked.replacement) == ("", None)


STOWED: dict[str, tuple[str, Callable[[], bytes]]] = {
    "comment": ("JPEG", lambda: within(coded(), b"\xff\xdb", segment(0xFE, TEXT))),
    "Exif": ("JPEG", lambda: within(coded(), b"\xff\xdb", segment(0xE1, b"Exif\0\0" + TEXT))),
    "behind": ("JPEG", lambda: coded() + TEXT),
    "behind, with an end of its own": ("JPEG", lambda: coded() + TEXT + b"\xff\xd9"),
    "behind the last pixel": ("JPEG", lambda: within(coded(), b"\xff\xd9", TEXT)),
    "behind the last packet": ("JPEG2000", lambda: in_last_tile(TEXT, b"\xff\xd9")),
    "between scans": ("JPEG", lambda: within(coded(progressive=True), b"\xff\xda", segment(0xFE, TEXT))),
    "application data between scans": (
        "JPEG",
        lambda: within(coded(progressive=True), b"\xff\xda", segment(0xEE, b"Adobe" + TEXT)),
    ),
    "behind JFIF": ("JPEG", lambda: longer(coded(), 0xE0, TEXT)),
    "behind Adobe": ("JPEG", lambda: within(coded(), b"\xff\xdb", segment(0xEE, b"Adobe" + bytes(7) + TEXT))),
    "in place of a transformation": (
        "JPEG",
        lambda: within(coded(), b"\xff\xdb", segment(0xE8, b"mrfx" + TEXT)),
    ),
    "a second table": (
        "JPEG",
        lambda: within(coded(), b"\xff\xdb", segment(0xDB, b"\0" + TEXT.ljust(64, b"!"))),
    ),
    "a comment in JPEG-LS": ("JPEG-LS", lambda: within(coded("JPEG-LS"), b"\xff\xda", segment(0xFE, TEXT))),
    "a comment in JPEG 2000": (
        "JPEG2000",
        lambda: within(coded("JPEG2000"), b"\xff\x52", segment(0x64, b"\0\1" + TEXT)),
    ),
    "in a tile-part": ("JPEG2000", lambda: in_last_tile(segment(0x64, b"\0\1" + TEXT))),
    "as lengths of packets": ("JPEG2000", lambda: in_last_tile(segment(0x58, b"\0" + TEXT))),
    "behind steps": ("JPEG2000", lambda: longer(coded("JPEG2000"), 0x5C, TEXT)),
    "behind JPEG 2000": ("JPEG2000", lambda: coded("JPEG2000") + TEXT + b"\xff\xd9"),
}


def in_last_tile(what: bytes, before: bytes = b"\xff\x93") -> bytes:
    """A frame of several tiles with something in its last tile-part: in its header, if not elsewhere."""
    frame = bytearray(within(coded("JPEG2000", **TILES), before, what))
    at = frame.rindex(b"\xff\x90") + 6
    if size := int.from_bytes(frame[at : at + 4]):
        frame[at : at + 4] = (size + len(what)).to_bytes(4)
    return bytes(frame)


@pytest.mark.parametrize("where", some(STOWED, 4))
def test_text_inside_compressed_frames_makes_them_new(tmp_path, where):
    kind, made = STOWED[where]
    assert b"KHOSAN" in made()
    path = written(tmp_path / "1.dcm", encapsulate([made()]), SYNTAX[kind])
    looked = examined(path, modality="CT", sop_class=CT)
    assert looked.replacement is not None
    assert b"KHOSAN" not in looked.replacement.read_bytes()
    assert words("comments") in looked.notes


# --- which frames are read ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("changed", "name"),
    [
        ({"modality": "US", "sop_class": US}, "ultrasound"),
        ({"modality": "CT", "sop_class": CT}, "radiology"),
        ({"modality": "CT", "sop_class": CT, "burned_in": "YES"}, "said to be burned in"),
        ({"modality": "CT", "sop_class": CT, "samples": 3, "photometric": "RGB"}, "colour"),
        ({"modality": "CT", "sop_class": SC}, "secondary capture"),
        ({"modality": "CT", "sop_class": CT, "body": "Dose Report"}, "dose or protocol page"),
        (
            {"modality": "CT", "sop_class": CT, "image_type": ("DERIVED", "SCREEN SAVE")},
            "screen save or dose page",
        ),
        ({"modality": "XA", "sop_class": XA}, "loop of X-rays"),
        ({"modality": "XC", "sop_class": "1.2.840.10008.5.1.4.1.1.77.1.4"}, "photograph"),
        ({"modality": "SM", "sop_class": "1.2.840.10008.5.1.4.1.1.77.1.6"}, "slide tiles"),
        ({"modality": "MR", "sop_class": "x", "bits_allocated": 1}, "single bit page"),
    ],
)
def test_the_kind_of_picture_decides(tmp_path, changed, name):
    assert kind_of(stored(written(tmp_path / "1.dcm", grey("u1", 255)), **changed)).name == name


def test_labels_of_slides(tmp_path):
    path = written(tmp_path / "1.dcm", grey("u1", 255))
    assert frames.is_label(stored(path, modality="SM", image_type=("ORIGINAL", "PRIMARY", "LABEL", "NONE")))
    assert not frames.is_label(
        stored(path, modality="SM", image_type=("ORIGINAL", "PRIMARY", "VOLUME", "NONE"))
    )
    assert not frames.is_label(stored(path, modality="CT", image_type=("ORIGINAL", "LABEL")))


# --- the real thing: reading with OCR -----------------------------------------------------------------


@pytest.mark.parametrize(
    "name",
    some(["outside of the window", "below the window", "monochrome 1", "palette", "YBR_FULL_422"], 3),
)
def test_text_is_read_whatever_its_value(tmp_path, name):
    data, syntax, changed = LAYOUTS[name]()
    path = written(tmp_path / "1.dcm", data, syntax, **changed)
    looked = examined(path)
    assert looked.held == ""
    assert (mask(looked) & (drawn() > 0.3)).sum() >= 0.95 * (drawn() > 0.3).sum()
    assert mask(looked).mean() < 0.4
    assert textboxes.find(shown(copied(path, looked))) == []


def shown(ds: Dataset) -> Any:
    """As a viewer shows it without a window: 8 bits, least to greatest."""
    found = pixel_array(ds)
    if ds.PhotometricInterpretation == "PALETTE COLOR":
        return found
    if found.ndim == 3:
        return found
    span = max(int(found.max()) - int(found.min()), 1)
    return ((found.astype(float) - found.min()) * 255 / span).astype(np.uint8)


def series(tmp_path: Path, count: int, text: str) -> list[Path]:
    overlay = drawn(text) > 0.5
    made = []
    for n in range(count):
        slice_ = (1024 + 400 * tissue(seed=n)).astype("u2")
        slice_[overlay] = 4095
        primary = {"Modality": "CT", "SOPClassUID": CT, "BitsStored": 12, **CT_LIKE}
        made.append(written(tmp_path / f"{n}.dcm", slice_[None], **primary))
    return made


@pytest.mark.usefixtures("marked")
def test_a_series_with_one_overlay_is_read_once(tmp_path):
    cache: dict[bytes, tuple[Box, ...]] = {}
    looked = [examined(path, cache=cache) for path in series(tmp_path, 6, NAME)]
    assert [one.read for one in looked] == [1, 0, 0, 0, 0, 0]
    assert all(mask(one)[drawn() > 0.5].mean() > 0.95 for one in looked)
    other = Matcher([Identifier(Kind.NAME, "Gurmail Bhullar", "name")])
    assert examined(tmp_path / "0.dcm", other, cache).read == 1  # what is vouched for depends on who is known


@pytest.mark.usefixtures("marked")
def test_a_number_that_changes_within_its_box_is_not_read_in_every_slice(tmp_path):
    cache: dict[bytes, tuple[Box, ...]] = {}
    made = []
    for n in range(4):
        (tmp_path / f"{n}").mkdir()
        made += series(tmp_path / f"{n}", 1, f"KHOSAN PRITPAL {n}8.03.1961")
    looked = [examined(path, cache=cache) for path in made]
    assert [one.read for one in looked] == [1, 0, 0, 0]
    for n, one in enumerate(looked):
        assert mask(one)[drawn(f"KHOSAN PRITPAL {n}8.03.1961") > 0.5].mean() > 0.98
    (tmp_path / "more").mkdir()
    (other,) = series(tmp_path / "more", 1, "KHOSAN PRITPAL 98.03.1961 Ludhiana")
    assert examined(other, cache=cache).read == 1  # it reaches further than what was read


@pytest.mark.usefixtures("marked")
def test_slices_without_text_are_not_read(tmp_path, monkeypatch):
    monkeypatch.setattr(textboxes, "find", lambda *_, **__: pytest.fail("was read"))
    for path in series(tmp_path, 3, ""):
        looked = examined(path)
        assert (looked.read, looked.boxes, looked.replacement, looked.held) == (0, (), None, "")


def test_text_drawn_into_a_real_slice_is_seen_by_the_cheap_look(tmp_path):
    real = np.tile(pydicom.dcmread(str(get_testdata_file("CT_small.dcm"))).pixel_array, (4, 4))
    kind = {"Rows": 512, "Columns": 512, "Modality": "CT", "SOPClassUID": CT}
    assert examined(written(tmp_path / "0.dcm", real[None], **kind)).read == 0
    strokes = drawn(shape=real.shape) > 0.5
    real[strokes] = real.max()
    looked = examined(written(tmp_path / "1.dcm", real[None], **kind))
    assert looked.read == 1
    assert mask(looked, real.shape)[strokes].mean() > 0.95


def test_a_series_that_says_it_is_burned_in_is_not_read_slice_by_slice(tmp_path, monkeypatch):
    monkeypatch.setattr(textboxes, "find", lambda *_, **__: [])
    monkeypatch.setattr(screen, "suspicious", lambda *_: None)
    cache: dict[bytes, tuple[Box, ...]] = {}
    looked = [examined(path, cache=cache, burned_in="YES") for path in series(tmp_path, 3, "")]
    assert [one.read for one in looked] == [1, 0, 0]
    assert all(words("nothing_found") in one.look for one in looked)


def test_a_clock_that_changes_is_filled_in_every_frame(tmp_path):
    times = ["10:04:17", "10:04:18 AM", "KHOSAN", ""]
    loop = np.stack([np.maximum(tissue(seed=n) * 0.4, drawn(t, (200, 120))) for n, t in enumerate(times)])
    path = written(
        tmp_path / "1.dcm",
        (loop * 255).astype("u1"),
        Modality="US",
        SOPClassUID=US,
        NumberOfFrames=4,
    )
    looked = examined(path)
    assert looked.held == ""
    after, covered = values(copied(path, looked)), mask(looked)
    for n, text in enumerate(times):
        strokes = drawn(text, (200, 120)) > 0.3
        assert covered[strokes].all()
        assert len(np.unique(after[n][covered])) == 1
        assert (after[n][~covered] == (loop[n] * 255).astype("u1")[~covered]).all()


@pytest.mark.usefixtures("marked")
def test_only_the_frames_with_the_overlay_are_filled_in_radiology(tmp_path):
    volume = (1024 + 400 * np.stack([tissue(seed=n) for n in range(4)])).astype("u2")
    volume[2][drawn() > 0.5] = 4095
    primary = {
        "Modality": "CT",
        "SOPClassUID": "1.2.840.10008.5.1.4.1.1.2.1",
        "BitsStored": 12,
        "NumberOfFrames": 4,
    }
    path = written(tmp_path / "1.dcm", volume, **primary)
    looked = examined(path)
    assert looked.read == 1
    assert {frame for frame, _ in looked.boxes} == {3}
    after = values(copied(path, looked))
    assert (after[[0, 1, 3]] == volume[[0, 1, 3]]).all()
    assert len(np.unique(after[2][mask(looked)])) == 1


# --- limits -------------------------------------------------------------------------------------------


@pytest.mark.usefixtures("quick")
@pytest.mark.parametrize(("modality", "sop", "held"), [("CT", CT, "IMG063"), ("XA", XA, ""), ("US", US, "")])
def test_more_overlays_than_can_be_read(tmp_path, monkeypatch, modality, sop, held):
    monkeypatch.setattr(screen, "suspicious", lambda values: values.tobytes()[:64])
    count = 90
    loop = np.zeros((count, ROWS, COLUMNS), "u1")
    loop[:, 0, 0] = range(count)
    loop[61][drawn() > 0.5] = 255  # in a frame that is not read by itself
    path = written(tmp_path / "1.dcm", loop, NumberOfFrames=count, Modality=modality, SOPClassUID=sop)
    looked = examined(path)
    assert looked.held == held
    assert words("together") in looked.look
    if not held:
        assert looked.read <= 6
        assert (values(copied(path, looked))[61] < 90).all()
        assert 0x00280301 not in looked.attributes  # not every frame was read


def test_text_that_stays_readable_is_held_back(tmp_path, monkeypatch):
    box = Box(*PLACE, what="text", reason="text", confidence=0.9)
    monkeypatch.setattr(textboxes, "find", lambda *_, **__: [box])
    more = replace(box, top=90, bottom=120)
    monkeypatch.setattr(textboxes, "residue", lambda *_, **__: [more])
    looked = examined(written(tmp_path / "1.dcm", grey("u1", 255)))
    assert (looked.held, looked.replacement) == ("IMG062", None)
    unread = replace(more, reason=UNREAD)  # tissue has such marks too: they are filled, and that is all
    monkeypatch.setattr(textboxes, "residue", lambda *_, **__: [unread])
    looked = examined(written(tmp_path / "1.dcm", grey("u1", 255)))
    assert looked.held == ""
    assert mask(looked)[100, 100]


@pytest.mark.usefixtures("marked")
def test_a_held_overlay_is_held_in_every_file_of_the_series(tmp_path, monkeypatch):
    box = Box(*PLACE, what="text", reason="text", confidence=0.9)
    monkeypatch.setattr(textboxes, "find", lambda *_, **__: [box])
    monkeypatch.setattr(textboxes, "residue", lambda *_, **__: [replace(box, top=90, bottom=120)])
    cache: dict[bytes, tuple[Box, ...]] = {}
    assert {examined(path, cache=cache).held for path in series(tmp_path, 3, NAME)} == {"IMG062"}


def test_what_is_found_at_second_reading_is_filled(tmp_path, monkeypatch):
    box = Box(*PLACE, what="text", reason="text", confidence=0.9)
    more = replace(box, top=90, bottom=120)
    again = iter([[more], []])
    monkeypatch.setattr(textboxes, "find", lambda *_, **__: [box])
    monkeypatch.setattr(textboxes, "residue", lambda *_, **__: next(again))
    looked = examined(written(tmp_path / "1.dcm", grey("u1", 255)))
    assert looked.held == ""
    assert mask(looked)[100, 100]


def test_a_vouched_mark_is_vouched_for_again_only_where_it_is_the_same(tmp_path, monkeypatch):
    kept = Box(*PLACE, what="text", reason="scale", confidence=0.99, do=Do.KEEP)
    reads: list[int] = []
    monkeypatch.setattr(textboxes, "find", lambda *_, **__: reads.append(1) or [kept])
    monkeypatch.setattr(screen, "suspicious", lambda values: b"the same" if values.max() > 4000 else None)
    cache: dict[bytes, tuple[Box, ...]] = {}
    first, second = series(tmp_path / "a", 2, "5 cm") if (tmp_path / "a").mkdir() is None else []
    assert [examined(path, cache=cache).read for path in (first, second)] == [1, 0]
    (tmp_path / "b").mkdir()
    assert examined(series(tmp_path / "b", 1, NAME)[0], cache=cache).read == 1


def test_a_view_that_sees_more_wins_over_a_mark_that_was_vouched_for():
    scale = Box(10, 10, 40, 20, what="text", reason="scale", confidence=0.99, do=Do.KEEP)
    line = Box(10, 10, 200, 20, what="text", reason="text", confidence=0.9)
    same = Box(11, 10, 39, 20, what="text", reason="unread text", confidence=0.5)
    assert joined([scale], [line]) == [line]
    assert joined([same], [scale]) == [scale]


# --- faces --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("sop", "do"), [("1.2.840.10008.5.1.4.1.1.77.1.4", Do.FILL), (SC, Do.LOOK), (US, None), (CT, None)]
)
def test_faces_are_filled_in_photographs_and_proposed_in_captures(tmp_path, monkeypatch, sop, do):
    from pipeline.deidentify.pictures import faces

    face = Box(100, 60, 160, 130, what="face", reason="face", confidence=0.8, do=Do.LOOK)
    monkeypatch.setattr(textboxes, "find", lambda *_, **__: [])
    monkeypatch.setattr(faces, "find", lambda *_: [face])
    modality = {US: "US", CT: "CT"}.get(sop, "XC")
    path = written(tmp_path / "1.dcm", rgb() // 2, Modality=modality, SOPClassUID=sop, **COLOUR)
    looked = (
        examined(path, samples=1, photometric="MONOCHROME2", columns=COLUMNS) if sop == CT else examined(path)
    )
    assert [box.do for _, box in looked.boxes] == ([do] if do else [])
    assert (looked.replacement is not None) == (do is Do.FILL)
    if do:
        assert words("faces" if do is Do.LOOK else "filled") in looked.look


def test_a_film_of_faces_with_unread_frames_is_held_back(tmp_path, monkeypatch):
    from pipeline.deidentify.pictures import faces

    face = Box(100, 60, 160, 130, what="face", reason="face", confidence=0.8, do=Do.LOOK)
    monkeypatch.setattr(textboxes, "find", lambda *_, **__: [])
    monkeypatch.setattr(faces, "find", lambda *_: [face])
    film = np.repeat(rgb() // 2, 5, axis=0)
    kind = {"Modality": "XC", "SOPClassUID": "1.2.840.10008.5.1.4.1.1.77.1.4.1", "NumberOfFrames": 5}
    assert examined(written(tmp_path / "1.dcm", film, **kind, **COLOUR)).held == "IMG065"


# --- in the worker, and large -------------------------------------------------------------------------


def test_it_runs_in_the_capped_worker(tmp_path):
    data, syntax, changed = LAYOUTS["12 in 16"]()
    path = written(tmp_path / "1.dcm", data, syntax, **changed)
    looked = worker.call(examined, path, where="1.dcm")
    assert mask(looked)[drawn() > 0.3].mean() > 0.95


@pytest.mark.usefixtures("marked")
def test_memory_stays_flat_over_many_frames(tmp_path):
    count, side = 1150, 512  # 600 MB of 16-bit frames, almost all of it a hole in the file
    path = written(tmp_path / "1.dcm", np.zeros((1, side, side), "u2"), Rows=side, Columns=side)
    facts = stored(path, frames=count, modality="CT", sop_class=CT, rows=side, columns=side)
    big = tmp_path / "big"
    frame = (1024 + 300 * tissue((side, side))).astype("u2")
    frame[drawn(shape=(side, side)) > 0.5] = 4095
    with big.open("wb") as file:
        file.truncate(count * 2 * side * side)
        for at in (0, count // 2, count - 1):
            file.seek(at * 2 * side * side)
            file.write(frame.tobytes())
    facts = replace(facts, path=big, offset=0, length=big.stat().st_size)
    read, grown, size = worker.call(_measured, facts, tmp_path / "scratch", where="big", memory=1 << 31)
    assert read == 1
    assert size == facts.length
    assert grown < 300 << 20  # the text engine, and not the file


def _measured(facts: Stored, scratch: Path) -> tuple[int, int, int]:
    import resource

    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    looked = frames.examine(facts, scratch, None, {})
    after = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    assert looked.replacement is not None
    return looked.read, (after - before) << 10, looked.replacement.stat().st_size


def test_strokes_at_an_end_of_the_values_are_seen_in_noise_and_areas_are_not():
    noise = (1000 + 300 * np.random.default_rng(2).normal(0.5, 0.1, (512, 512))).astype("i2")
    assert shades.strokes_at_an_end(noise) is None
    for value in (noise.max(), 4000, noise.min(), -2000):
        written_on = noise.copy()
        written_on[drawn(shape=noise.shape) > 0.5] = value
        assert shades.strokes_at_an_end(written_on)
    clipped = noise.copy()
    clipped[300:340, 100:160] = 4095
    assert shades.strokes_at_an_end(clipped) is None
