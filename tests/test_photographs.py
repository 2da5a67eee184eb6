"""Photographs and scans: only pixels come out, and they are the right ones; or the file is refused."""

from __future__ import annotations

import io
import struct
import zlib
from functools import partial
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageCms, ImageOps, TiffImagePlugin

from pipeline.core import kinds, photo, worker
from pipeline.core.picture import NoPictureError, Trouble, guarded
from pipeline.deidentify.pictures import carried, photograph, textboxes
from pipeline.deidentify.pictures.boxes import Box, Do
from tests import drawn_faces, photo_canaries

DATA = Path(__file__).parent / "data"
encoded = photo_canaries.encoded


@pytest.fixture
def quiet(monkeypatch):
    """No reading of text and no looking for faces: for what is about containers and colours only."""
    monkeypatch.setattr("pipeline.deidentify.pictures.faces.find", lambda _: [])
    monkeypatch.setattr(textboxes, "find", lambda _, **__: [])
    monkeypatch.setattr(textboxes, "residue", lambda *_: [])


def cleaned(folder: Path, data: bytes, kind: str, **how) -> tuple[photograph.Cleaned, list[np.ndarray]]:
    """The report and the pages, opened again."""
    source, out = folder / "source", folder / "out"
    out.mkdir(exist_ok=True)
    source.write_bytes(data)
    result = photograph.clean(source, kind, out / "copy", **how)
    assert sorted(p.name for p in out.iterdir()) == sorted(result.pages)
    return result, [np.asarray(Image.open(out / name)) for name in result.pages]


def chunks(data: bytes) -> list[bytes]:
    at, names = 8, []
    while at < len(data):
        names.append(data[at + 4 : at + 8])
        at += 12 + struct.unpack(">I", data[at : at + 4])[0]
    return names


# --- nothing but pixels -------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", photo_canaries.FORMATS)
def test_no_canary_survives(kind, tmp_path, quiet):
    data, planted = photo_canaries.FORMATS[kind]()
    assert kinds.sniff(data) == kind
    assert set(photo_canaries.hunted(data)) >= set(planted.values()), "the hunt does not see what is planted"
    result, pages = cleaned(tmp_path, data, kind)
    assert len(pages) == (2 if kind == "tiff" else 1)
    for path in (tmp_path / "out").iterdir():
        copy = path.read_bytes()
        assert photo_canaries.hunted(copy) == []
        assert set(chunks(copy)) == {b"IHDR", b"IDAT", b"IEND"}
    said = repr((result.removed, result.notes, result.look, result.boxes))
    assert photo_canaries.hunted(said.encode()) == []


SAID = {
    "jpeg": "exif gps thumbnail xmp icc iptc photoshop comment video second_image maker_note",
    "png": "text xmp exif gps icc iptc time trailing_bytes private_chunk palette_name thumbnail",
    "tiff": "text xmp icc iptc photoshop private_tag trailing_bytes",
    "heic": "exif gps xmp icc thumbnail second_image private_box trailing_bytes",
    "webp": "exif gps xmp icc private_chunk trailing_bytes",
    "gif": "comment xmp application_data text trailing_bytes",
    "bmp": "gap_bytes trailing_bytes",
}


@pytest.mark.parametrize("kind", SAID)
def test_what_was_removed_is_said_by_class(kind, tmp_path, quiet):
    result, _ = cleaned(tmp_path, photo_canaries.FORMATS[kind]()[0], kind)
    assert set(SAID[kind].replace("_", " ").split(" ")) <= set(" ".join(result.removed).split(" "))
    assert all(count > 0 for count in result.removed.values())
    assert ("dropped" in " ".join(result.notes)) == (kind in {"jpeg", "png", "heic", "webp"})


@pytest.mark.parametrize("kind", ["jpeg", "png", "tiff", "webp", "gif", "bmp"])
def test_a_bare_picture_loses_nothing(kind, tmp_path, quiet):
    image = photo_canaries.picture()
    data = encoded(image.quantize(64) if kind == "gif" else image, kind.upper())
    result, (copy,) = cleaned(tmp_path, data, kind)
    assert result.removed == {}
    assert np.array_equal(copy, np.asarray(Image.open(io.BytesIO(data)).convert("RGB")))


def test_cleaning_a_copy_again_changes_nothing(tmp_path, quiet):
    cleaned(tmp_path, photo_canaries.jpeg()[0], "jpeg")
    copy = (tmp_path / "out" / "copy.png").read_bytes()
    (tmp_path / "second").mkdir()
    result, _ = cleaned(tmp_path / "second", copy, "png")
    assert (tmp_path / "second" / "out" / "copy.png").read_bytes() == copy
    assert result.removed == {}


def test_a_jpeg_with_a_second_picture(tmp_path, quiet):
    out = io.BytesIO()
    photo_canaries.picture().save(out, "MPO", save_all=True, append_images=[photo_canaries.picture(9)])
    result, pages = cleaned(tmp_path, out.getvalue(), "jpeg")
    assert len(pages) == 1
    assert result.removed["second image"] == 1
    assert any("gain maps" in note for note in result.notes)


def test_the_scan_of_a_container_never_fails():
    draw = np.random.default_rng(5)
    for kind, make in photo_canaries.FORMATS.items():
        data = make()[0]
        for _ in range(40):
            broken = bytearray(data[: draw.integers(1, len(data))])
            for at in draw.integers(0, len(broken), 8):
                broken[at] = draw.integers(256)
            found = carried.Carried()
            try:
                carried._SCANS[kind](bytes(broken), found)
            except (struct.error, IndexError):
                continue  # scan() turns these into "damaged part"
            assert all(name == "" or name.replace(" ", "").isalnum() for name in found.removed)


# --- the right pixels ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("kind", ["jpeg", "png", "tiff", "webp"])
def test_orientation_is_applied_once(kind, orientation, tmp_path, quiet):
    image = Image.new("RGB", (64, 48), (20, 20, 20))
    image.paste((240, 60, 60), (0, 0, 32, 24))
    image.paste((60, 60, 240), (32, 24, 64, 48))
    exif = Image.Exif()
    exif[274] = orientation
    lossless = {"lossless": True} if kind == "webp" else {"quality": 98} if kind == "jpeg" else {}
    data = encoded(image, kind.upper(), exif=exif, **lossless)
    result, (copy,) = cleaned(tmp_path, data, kind)
    turned = image.copy()
    turned.getexif()[274] = orientation
    expected = np.asarray(ImageOps.exif_transpose(turned))
    assert copy.shape == expected.shape == (result.height, result.width, 3)
    assert np.abs(copy.astype(int) - expected).mean() < 3
    assert any("upright" in note for note in result.notes) == (orientation != 1)


def test_a_damaged_exif_block_does_not_refuse_the_picture(tmp_path, quiet):
    plain = encoded(photo_canaries.picture(), "JPEG")
    beyond, endless = b"II*\0\xff\xff\xff\x7f", b"II*\0\x08\0\0\0\xff\xff" + b"\x12\x01" * 40
    for block in (b"garbage that is no TIFF", beyond, endless, b""):
        segment = struct.pack(">HH", 0xFFE1, len(block) + 8) + b"Exif\0\0" + block
        _, (copy,) = cleaned(tmp_path, plain[:2] + segment + plain[2:], "jpeg")
        assert copy.shape == (120, 160, 3)


def test_a_large_text_chunk_does_not_refuse_the_picture(tmp_path, quiet):
    plain = encoded(photo_canaries.picture(), "PNG")
    body = b"Comment\0\0" + zlib.compress(b"x" * (3 << 20))
    chunk = struct.pack(">I", len(body)) + b"zTXt" + body + struct.pack(">I", zlib.crc32(b"zTXt" + body))
    result, (copy,) = cleaned(tmp_path, plain[:33] + chunk + plain[33:], "png")
    assert copy.shape == (120, 160, 3)
    assert result.removed == {"text": 1}


def test_colours_become_srgb(tmp_path, quiet):
    lab = ImageCms.ImageCmsProfile(ImageCms.createProfile("LAB"))
    wide = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    at = wide.index(b"rXYZ")
    offset = struct.unpack(">I", wide[at + 4 : at + 8])[0]
    swapped = bytearray(wide)  # red and blue primaries exchanged: no viewer without a profile would show that
    other = struct.unpack(">I", wide[wide.index(b"bXYZ") + 4 :][:4])[0]
    swapped[offset : offset + 20] = wide[other : other + 20]
    swapped[other : other + 20] = wide[offset : offset + 20]
    red = Image.new("RGB", (40, 30), (220, 30, 30))
    result, (copy,) = cleaned(tmp_path, encoded(red, "PNG", icc_profile=bytes(swapped)), "png")
    assert copy[0, 0, 2] > 180 > 100 > copy[0, 0, 0]
    assert any("sRGB" in note for note in result.notes)
    result, (copy,) = cleaned(tmp_path, encoded(red, "PNG", icc_profile=lab.tobytes()), "png")
    assert tuple(copy[0, 0]) == (220, 30, 30), "a profile of another colour space must be ignored"
    assert any("does not fit" in note for note in result.notes)


def test_cmyk_palette_bilevel_and_grey(tmp_path, quiet):
    image = photo_canaries.picture()
    inks, video, few = image.convert("CMYK"), image.convert("YCbCr"), image.quantize(256)
    for stored, kind in ((inks, "jpeg"), (inks, "tiff"), (few, "png"), (few, "tiff"), (video, "tiff")):
        _, (copy,) = cleaned(tmp_path, encoded(stored, kind.upper()), kind)
        assert np.abs(copy.astype(int) - np.asarray(image)).mean() < 12, stored.mode
    for mode in ("1", "L"):
        _, (copy,) = cleaned(tmp_path, encoded(image.convert(mode), "TIFF"), "tiff")
        assert copy.ndim == 2
        assert np.array_equal(copy, np.asarray(image.convert(mode).convert("L")))


def test_every_sampling_and_progressive(tmp_path, quiet):
    image = photo_canaries.picture(size=(161, 119))
    for sampling in (0, 1, 2, "4:1:1"):
        data = encoded(image, "JPEG", subsampling=sampling, quality=95, progressive=sampling == 1)
        _, (copy,) = cleaned(tmp_path, data, "jpeg")
        assert np.abs(copy.astype(int) - np.asarray(image)).mean() < 4


def test_what_is_transparent_shows_white(tmp_path, quiet):
    for mode, colour in (("RGBA", (200, 0, 0, 0)), ("LA", (40, 0)), ("RGBA", (0, 0, 0, 128))):
        image = Image.new(mode, (9, 9), colour)
        image.paste((0,) * (len(mode) - 1) + (255,), (0, 0, 9, 1))
        result, (copy,) = cleaned(tmp_path, encoded(image, "PNG"), "png")
        assert np.all(copy[1:] == (255 if colour[-1] == 0 else 127))
        assert not copy[0].any()
        assert any("transparent" in note for note in result.notes)
    palette = Image.new("P", (9, 9), 1)
    palette.putpalette([0, 0, 0, 9, 9, 9])
    palette.paste(0, (0, 0, 9, 1))
    _, (copy,) = cleaned(tmp_path, encoded(palette, "PNG", transparency=1), "png")
    assert np.all(copy[1:] == 255)
    for dtype in (np.uint8, np.uint16):
        keyed = Image.fromarray(np.array([[7, 200], [200, 7]], dtype))
        result, (copy,) = cleaned(tmp_path, encoded(keyed, "PNG", transparency=7), "png")
        assert copy.tolist() == [[255, 200], [200, 255]]
        assert any("transparent" in note for note in result.notes)


def alpha_of_nothing(version: int) -> bytes:
    """A BMP of 32 bits whose fourth bytes are all zero, as many programs write them."""
    pixels = np.full((8, 8, 4), (90, 60, 30, 0), np.uint8).tobytes()
    head = struct.pack("<IiiHHIIiiII", version, 8, 8, 1, 32, 3, len(pixels), 0, 0, 0, 0)
    masks = struct.pack("<IIII", 0xFF0000, 0xFF00, 0xFF, 0xFF000000)
    head = (head + masks).ljust(version, b"\0")
    return b"BM" + struct.pack("<IHHI", 14 + version + len(pixels), 0, 0, 14 + version) + head + pixels


@pytest.mark.parametrize("version", [56, 108, 124])
def test_a_bmp_whose_alpha_is_zero_everywhere_has_none(version, tmp_path, quiet):
    result, (copy,) = cleaned(tmp_path, alpha_of_nothing(version), "bmp")
    assert np.all(copy == (30, 60, 90))
    assert not any("transparent" in note for note in result.notes)


def test_a_picture_that_is_transparent_everywhere_is_held(tmp_path, quiet):
    """It would become a white page and be called clean."""
    hidden, shown = Image.new("RGBA", (9, 9), (200, 0, 0, 0)), Image.new("RGBA", (9, 9), (200, 0, 0, 255))
    for kind in ("png", "tiff", "webp"):
        result, pages = cleaned(tmp_path, encoded(hidden, kind.upper()), kind)
        assert (result.held, pages) == ("IMG087", [])
    result, pages = cleaned(tmp_path, encoded(hidden, "TIFF", save_all=True, append_images=[shown]), "tiff")
    assert [int(page.min()) for page in pages] == [255, 0]
    assert any("transparent everywhere" in note for note in result.notes)


@pytest.mark.parametrize("bits", [8, 10, 12, 14, 16])
@pytest.mark.parametrize("kind", ["png", "tiff"])
def test_deep_grey_keeps_its_shades(kind, bits, tmp_path, quiet):
    ramp = np.linspace(0, (1 << bits) - 1, 4096).astype(np.uint16).reshape(64, 64)
    result, (copy,) = cleaned(tmp_path, encoded(Image.fromarray(ramp), kind.upper()), kind)
    assert copy.dtype == np.uint8
    assert np.array_equal(copy, ramp >> (bits - 8))
    assert copy.min() == 0
    assert copy.max() == 255
    assert any("reduced to 8" in note for note in result.notes)


def plain_tiff(samples: np.ndarray, meaning: int, **more: int) -> bytes:
    """An uncompressed little-endian TIFF of one strip, with `more` tags (t254=1)."""
    high, wide = samples.shape[:2]
    many = samples.shape[2] if samples.ndim == 3 else 1
    bits = [samples.dtype.itemsize * 8]
    tags = {256: wide, 257: high, 258: bits * many, 259: 1, 262: meaning, 277: many, 278: high}
    tags |= {273: 0, 279: samples.nbytes, 339: {"u": 1, "i": 2, "f": 3}[samples.dtype.kind]}
    tags |= {int(name[1:]): value for name, value in more.items()}
    behind, rows = b"", b""
    start = 8 + 2 + 12 * len(tags) + 4
    for tag, value in sorted(tags.items()):
        if isinstance(value, list) and len(value) > 2:
            rows += struct.pack("<HHII", tag, 3, len(value), start)
            behind = struct.pack(f"<{len(value)}H", *value)
        else:
            value = value[0] if isinstance(value, list) else value
            rows += struct.pack("<HHII", tag, 4, 1, start + 2 * many if tag == 273 else value)
    behind = behind.ljust(2 * many, b"\0")
    return b"II*\0\x08\0\0\0" + struct.pack("<H", len(tags)) + rows + bytes(4) + behind + samples.tobytes()


@pytest.mark.parametrize("dtype", ["<u1", "<u2", "<f4"])
def test_shades_that_count_down_from_white(dtype, tmp_path, quiet):
    """PhotometricInterpretation 0 (TIFF 6.0, 8): zero is white, in every depth."""
    ramp = np.linspace(0, 255, 256).reshape(16, 16).astype(dtype)
    _, (up,) = cleaned(tmp_path, plain_tiff(ramp, 1), "tiff")
    _, (down,) = cleaned(tmp_path, plain_tiff(ramp, 0), "tiff")
    assert up[0, 0] == 0
    assert up[-1, -1] == 255
    assert np.array_equal(down, 255 - up)


def test_a_hot_pixel_darkens_nothing(tmp_path, quiet):
    ramp = np.linspace(0, 4095, 4096).astype(np.uint16).reshape(64, 64)
    hot = ramp.copy()
    hot[0, 0] = 65535
    for stored in (hot, hot.astype(np.float32)):
        result, (copy,) = cleaned(tmp_path, encoded(Image.fromarray(stored), "TIFF"), "tiff")
        assert copy[0, 0] == 255
        assert np.abs(copy.ravel()[1:].astype(int) - (ramp >> 4).ravel()[1:]).max() <= 1
        assert any("far brighter" in note for note in result.notes)
    result, _ = cleaned(tmp_path, encoded(Image.fromarray(ramp), "TIFF"), "tiff")
    assert not any("far brighter" in note for note in result.notes)


def deep_png(samples: np.ndarray) -> bytes:
    high, wide, many = samples.shape
    head = struct.pack(">IIBBBBB", wide, high, 16, {2: 4, 3: 2, 4: 6}[many], 0, 0, 0)
    rows = zlib.compress(b"".join(b"\0" + row.astype(">u2").tobytes() for row in samples))
    data = b"\x89PNG\r\n\x1a\n"
    for name, body in ((b"IHDR", head), (b"IDAT", rows), (b"IEND", b"")):
        data += struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))
    return data


@pytest.mark.parametrize("bits", [8, 10, 12, 14, 16])
def test_deep_colour_keeps_the_bits_that_were_used(bits, tmp_path, quiet):
    top = (1 << bits) - 1
    ramp = np.linspace(0, top, 4096).astype("<u2").reshape(64, 64)
    colours = np.dstack([ramp, ramp[::-1], ramp // 2])
    for kind, data in (("png", deep_png(colours)), ("tiff", plain_tiff(colours, 2))):
        _, (copy,) = cleaned(tmp_path, data, kind)
        assert np.array_equal(copy, colours >> (bits - 8))
    clear = np.full_like(ramp, top)
    clear[0] = 0
    _, (copy,) = cleaned(tmp_path, deep_png(np.dstack([colours, clear])), "png")
    assert np.array_equal(copy[1:], colours[1:] >> (bits - 8))
    assert np.all(copy[0] == 255)


def test_deep_colour_that_no_second_decoder_reads_the_same_is_held(tmp_path, quiet, monkeypatch):
    colours = np.full((8, 8, 3), 4000, "<u2")
    monkeypatch.setattr("pipeline.core.depth._planes", lambda *_: np.zeros((8, 8, 3), np.uint16))
    with pytest.raises(NoPictureError) as refusal:
        cleaned(tmp_path, plain_tiff(colours, 2), "tiff")
    assert refusal.value.trouble.code == "IMG089"


def grey_profile(gamma: float) -> bytes:
    """A grey ICC profile (ICC.1, 8.3) with one tone curve."""
    whole = struct.pack(">iii", 63190, 65536, 54061)
    bodies = {
        b"desc": b"desc" + bytes(4) + struct.pack(">I", 5) + b"grey\0" + bytes(78),
        b"wtpt": b"XYZ " + bytes(4) + whole,
        b"kTRC": b"curv" + bytes(4) + struct.pack(">IH", 1, round(gamma * 256)),
        b"cprt": b"text" + bytes(4) + b"none",
    }
    table, blob = b"", b""
    for name, body in bodies.items():
        body += bytes(-len(body) % 4)
        table += name + struct.pack(">II", 132 + 12 * len(bodies) + len(blob), len(body))
        blob += body
    head = struct.pack(">I", 132 + len(table) + len(blob)) + b"lcms\x02\x10\0\0mntrGRAYXYZ "
    head = (head + struct.pack(">6H", 2024, 1, 1, 0, 0, 0) + b"acsp").ljust(68, b"\0") + whole
    return head.ljust(128, b"\0") + struct.pack(">I", len(bodies)) + table + blob


@pytest.mark.parametrize("mode", ["L", "LA", "I;16"])
def test_shades_are_what_their_profile_means(mode, tmp_path, quiet):
    """Linear 0.5 is about 188 in sRGB."""
    half = Image.new("L", (8, 8), 128)
    half.paste(255, (0, 0, 8, 4))
    deep = Image.fromarray(np.asarray(half).astype(np.uint16) * 257)
    stored = deep if mode == "I;16" else half.convert(mode)
    result, (copy,) = cleaned(tmp_path, encoded(stored, "PNG", icc_profile=grey_profile(1)), "png")
    assert copy.shape == (8, 8)
    assert abs(int(copy[7, 7]) - 188) <= 1
    assert any("sRGB" in note for note in result.notes)
    colours = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    result, (copy,) = cleaned(tmp_path, encoded(stored, "PNG", icc_profile=colours), "png")
    assert int(copy[7, 7]) == 128
    assert any("does not fit" in note for note in result.notes)


def test_the_profile_of_one_page_is_not_that_of_the_next(tmp_path, quiet):
    half, out = Image.new("L", (8, 8), 128), io.BytesIO()
    with TiffImagePlugin.AppendingTiffWriter(out, True) as pages:
        for profile in (grey_profile(1), None, grey_profile(1)):
            half.save(pages, "TIFF", icc_profile=profile)
            pages.newFrame()
        _, copies = cleaned(tmp_path, out.getvalue(), "tiff")
    assert [round(int(copy[0, 0]) / 4) * 4 for copy in copies] == [188, 128, 188]


def test_adobe_rgb_without_a_profile_is_said(tmp_path, quiet):
    """DCF: only the interoperability index tells."""
    plain = encoded(photo_canaries.picture(), "JPEG")
    row = struct.Struct(">HHII").pack
    for index in (b"R03\0", b"R98\0"):
        block = b"MM\0*\0\0\0\x08" + b"\0\1" + row(34665, 4, 1, 26) + bytes(4)
        block += b"\0\1" + row(40965, 4, 1, 44) + bytes(4)
        block += b"\0\1" + row(1, 2, 4, int.from_bytes(index, "big")) + bytes(4)
        segment = struct.pack(">HH", 0xFFE1, len(block) + 8) + b"Exif\0\0" + block
        result, _ = cleaned(tmp_path, plain[:2] + segment + plain[2:], "jpeg")
        assert any("Adobe RGB" in note for note in result.notes) == (index == b"R03\0")


def test_fractions_and_deep_colour(tmp_path, quiet):
    values = np.linspace(-1, 3, 64 * 64, dtype=np.float32).reshape(64, 64)
    values[0, 0] = np.nan
    _, (copy,) = cleaned(tmp_path, encoded(Image.fromarray(values), "TIFF"), "tiff")
    assert (copy[0, 1], copy[-1, -1]) == (0, 255)
    deep = struct.pack(">IIBBBBB", 2, 1, 16, 2, 0, 0, 0)
    rows = zlib.compress(b"\0" + struct.pack(">6H", 65535, 32768, 0, 256, 511, 0))
    data = b"\x89PNG\r\n\x1a\n"
    for name, body in ((b"IHDR", deep), (b"IDAT", rows), (b"IEND", b"")):
        data += struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))
    result, (copy,) = cleaned(tmp_path, data, "png")
    assert copy.tolist() == [[[255, 128, 0], [1, 1, 0]]]
    assert any("reduced to 8" in note for note in result.notes)


def test_heic_is_the_picture_that_was_encoded(tmp_path, quiet):
    _, (copy,) = cleaned(tmp_path, (DATA / "canaries.heic").read_bytes(), "heic")
    assert np.abs(copy.astype(int) - np.asarray(photo_canaries.picture())).mean() < 8


@pytest.mark.parametrize("brand", [b"avif", b"mif1", b"avis"])
def test_avif_is_read_as_well(brand, tmp_path, quiet):
    film = {"save_all": True, "append_images": [photo_canaries.picture(2)]} if brand == b"avis" else {}
    data = encoded(photo_canaries.picture(), "AVIF", quality=95, **film)
    data = data[:8] + brand + data[12:]
    assert kinds.sniff(data) == "heic"
    _, (copy,) = cleaned(tmp_path, data, "heic")
    assert np.abs(copy.astype(int) - np.asarray(photo_canaries.picture())).mean() < 8


@pytest.mark.parametrize("brand", [b"mif1", b"mif2", b"hevx", b"MiHE"])
def test_heic_of_every_major_brand_is_read(brand, tmp_path, quiet):
    data = (DATA / "canaries.heic").read_bytes()
    data = data[:8] + brand + data[12:]
    assert kinds.sniff(data) == "heic"
    _, (copy,) = cleaned(tmp_path, data, "heic")
    assert copy.shape == (120, 160, 3)


# --- pages and frames ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["tiff", "gif", "webp", "png"])
def test_every_page_is_a_picture(kind, tmp_path, quiet):
    frames = [Image.new("RGB", (40, 30), colour) for colour in ((200, 20, 20), (20, 200, 20), (20, 20, 200))]
    how = {"lossless": True} if kind == "webp" else {}
    data = encoded(frames[0], kind.upper(), save_all=True, append_images=frames[1:], **how)
    result, pages = cleaned(tmp_path, data, kind)
    assert result.pages == ("copy-01.png", "copy-02.png", "copy-03.png")
    assert len(result.boxes) == 3
    for page, frame in zip(pages, frames, strict=True):
        assert np.abs(page.astype(int) - np.asarray(frame)).max() <= 3
    assert any("each page or frame" in note for note in result.notes)


def endless_gif(frames: int) -> bytes:
    one = encoded(Image.new("L", (64, 64), 90), "GIF")
    at = one.index(b"," + b"\0" * 4 + b"\x40\0\x40\0")
    return one[:at] + one[at:-1] * frames + b";"


def test_a_gif_with_ten_thousand_frames_is_refused_soon(tmp_path):
    source = tmp_path / "long.gif"
    source.write_bytes(endless_gif(10_000))
    with pytest.raises(NoPictureError) as refusal:
        photograph.clean(source, "gif", tmp_path / "copy")
    assert refusal.value.trouble == Trouble("IMG050", {"frames": 10_000, "limit": 50})
    assert list(tmp_path.glob("copy*")) == []


def test_frames_that_are_the_same_are_read_once(tmp_path, monkeypatch, quiet):
    reads = []
    monkeypatch.setattr(textboxes, "find", lambda _, **__: reads.append(1) or [])
    result, pages = cleaned(tmp_path, endless_gif(50), "gif")
    assert (len(result.pages), len(reads)) == (50, 1)
    assert all(np.array_equal(page, pages[0]) for page in pages)


# --- text and faces -----------------------------------------------------------------------------------------

MARK = Box(10, 10, 60, 30, "text", "text", 0.9)
LEFT = Box(100, 60, 140, 80, "text", "text", 0.5)


def test_boxes_are_filled_and_nothing_else_is_touched(tmp_path, monkeypatch, quiet):
    asked = {}
    monkeypatch.setattr(textboxes, "find", lambda _, **how: asked.update(how) or [MARK])
    result, (copy,) = cleaned(tmp_path, encoded(photo_canaries.picture(), "PNG"), "png", known="somebody")
    assert asked == {"photo": True, "known": "somebody"}
    assert result.boxes == ((MARK,),)
    expected = np.asarray(photo_canaries.picture()).copy()
    expected[10:30, 10:60] = 0
    assert np.array_equal(copy, expected)


def test_what_still_reads_is_filled_once_more(tmp_path, monkeypatch, quiet):
    monkeypatch.setattr(textboxes, "residue", lambda _, boxes: [] if LEFT in boxes else [LEFT])
    result, (copy,) = cleaned(tmp_path, encoded(photo_canaries.picture(), "PNG"), "png")
    assert result.boxes == ((LEFT,),)
    assert not copy[60:80, 100:140].any()
    assert not result.held


def test_what_reads_after_that_is_held_and_leaves_no_page(tmp_path, monkeypatch, quiet):
    monkeypatch.setattr(textboxes, "residue", lambda pixels, _: [LEFT] if pixels.mean() < 128 else [])
    dark, light = Image.new("RGB", (160, 120), (90, 90, 90)), Image.new("RGB", (160, 120), (230, 230, 230))
    data = encoded(light, "TIFF", save_all=True, append_images=[dark, light])
    result, pages = cleaned(tmp_path, data, "tiff")
    assert (result.held, result.pages, pages) == ("IMG051", (), [])


def test_faces_are_filled_or_proposed(tmp_path):
    picture, eyes, _ = drawn_faces.face(1)
    data = encoded(Image.fromarray(picture), "PNG")
    result, (copy,) = cleaned(tmp_path, data, "png", read_text=False)
    (box,) = result.boxes[0]
    assert (box.do, box.what) == (Do.FILL, "face")
    assert "confirm" in box.reason
    assert "cropping" in box.reason
    assert all(not copy[round(y), round(x)].any() for x, y in eyes)
    assert any("not looked for" in note for note in result.notes)
    result, (copy,) = cleaned(tmp_path, data, "png", read_text=False, fill_faces=False)
    assert [b.do for b in result.boxes[0]] == [Do.LOOK]
    assert np.array_equal(copy, picture)
    for word in ("tattoos", "jewellery", "scars", "clothing", "room", "handwriting", "masked face", "crop"):
        assert word in " ".join(result.look)


@pytest.mark.slow
def test_real_reading_of_a_real_label(tmp_path):
    from PIL import ImageDraw, ImageFont

    font = ImageFont.truetype(str(Path("consent/fonts/NotoSans_400Regular.ttf").resolve()), 30)
    image = photo_canaries.picture(size=(640, 480))
    ImageDraw.Draw(image).text((60, 400), "ROOPA EXAMPLE 12/03/2024", fill=(250, 250, 250), font=font)
    result, (copy,) = cleaned(tmp_path, encoded(image, "JPEG", quality=93), "jpeg")
    assert not result.held
    assert any(box.what == "text" and box.do is Do.FILL for box in result.boxes[0])
    assert copy[400:440, 60:440].max() <= 245, "letters are left"


# --- bad files ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", photo_canaries.FORMATS)
def test_zero_bytes_wrong_kinds_and_stubs_are_refused(kind, tmp_path):
    others = [other for other in photo_canaries.FORMATS if other != kind]
    stubs = [b"", b"\0", photo_canaries.FORMATS[kind]()[0][:40]]
    for data in (*stubs, *(photo_canaries.FORMATS[other]()[0] for other in others)):
        source = tmp_path / "source"
        source.write_bytes(data)
        with pytest.raises(NoPictureError) as refusal:
            photograph.clean(source, kind, tmp_path / "copy")
        assert refusal.value.trouble.code == "IMG021"
    assert list(tmp_path.glob("copy*")) == []


def refusal_of(folder: Path, data: bytes, kind: str) -> Trouble:
    (folder / "source").write_bytes(data)
    with pytest.raises(NoPictureError) as refusal:
        photograph.clean(folder / "source", kind, folder / "copy", read_text=False)
    assert list(folder.glob("copy*")) == []
    return refusal.value.trouble


def test_a_preview_is_not_taken_for_a_camera_raw_file(tmp_path, quiet):
    """NEF, ARW: the first page is a thumbnail; DNG says what it is; CR2 has a mark of its own."""
    thumb = np.full((12, 16, 3), 120, np.uint8)
    raws = (plain_tiff(thumb, 2, t254=1, t330=8), plain_tiff(thumb, 2, t50706=1))
    canon = plain_tiff(thumb, 2)
    at = len(canon) + len(canon) % 2
    directory = canon[8 : -thumb.nbytes - 6]
    canon = canon[:4] + struct.pack("<I", at) + b"CR\2\0" + canon[12:].ljust(at - 12, b"\0") + directory
    for data in (*raws, canon):
        assert refusal_of(tmp_path, data, "tiff") == Trouble("IMG086")
    for data in (plain_tiff(thumb, 2, t330=8), plain_tiff(thumb, 2, t254=1)):  # a pyramid, a lone preview
        assert not cleaned(tmp_path, data, "tiff")[0].held


@pytest.mark.parametrize("dtype", ["<f8", "<f2"])
def test_a_whole_tiff_that_nobody_reads_is_not_called_damaged(dtype, tmp_path):
    data = plain_tiff(np.ones((8, 8), dtype), 1)
    assert refusal_of(tmp_path, data, "tiff") == Trouble("IMG088", {"kind": "TIFF"})
    assert refusal_of(tmp_path, data[:-1], "tiff") == Trouble("IMG021")


def test_a_huge_png_is_refused_before_it_is_decoded(tmp_path):
    header = struct.pack(">IIBBBBB", 30_000, 30_000, 8, 2, 0, 0, 0)
    data = b"\x89PNG\r\n\x1a\n"
    for name, body in ((b"IHDR", header), (b"IDAT", zlib.compress(bytes(1 << 20))), (b"IEND", b"")):
        data += struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))
    source = tmp_path / "huge.png"
    source.write_bytes(data)
    job = source, "png", tmp_path / "copy"
    answer = worker.call(partial(guarded, _clean), job, where="huge", memory=256 << 20)
    assert answer == Trouble("IMG022", {"megapixels": 900, "limit": 60})


def _clean(job: tuple[Path, str, Path]) -> photograph.Cleaned:
    return photograph.clean(*job, read_text=False)


def _fuzz(kind: str, folder: Path, seeds: range) -> list[tuple[int, str]]:
    """Damage a small file once per seed and clean it; what came of each. Runs in the worker."""
    from pipeline.deidentify.pictures import faces

    faces.find = lambda _: []  # the network sees arrays, never files
    whole = _small(kind)
    outcomes = []
    for seed in seeds:
        draw = np.random.default_rng(seed)
        data = bytearray(whole)
        if seed % 4 == 0:
            del data[int(draw.integers(len(data))) :]
        else:
            for at in draw.integers(0, len(data), int(draw.integers(1, 6))):
                data[at] = draw.integers(256)
        source, copy = folder / f"{seed}", folder / f"{seed}-out"
        source.write_bytes(bytes(data))
        copy.mkdir()
        answer = guarded(_clean, (source, kind, copy / "copy"))
        written = sorted(path.name for path in copy.iterdir())
        if isinstance(answer, Trouble):
            outcomes.append((seed, "refused" if not written else "partial"))
        else:
            sizes = [Image.open(copy / name).load() is not None for name in answer.pages]
            outcomes.append(
                (seed, "cleaned" if written == sorted(answer.pages) and all(sizes) else "partial")
            )
    return outcomes


def _small(kind: str) -> bytes:
    image = photo_canaries.picture(size=(48, 36))
    if kind == "heic":
        return (DATA / "canaries.heic").read_bytes()
    if kind in {"gif", "tiff"}:
        return encoded(
            image, kind.upper(), save_all=True, append_images=[photo_canaries.picture(2, (48, 36))]
        )
    return encoded(image, kind.upper())


SEEDS = {"jpeg": 90, "png": 80, "tiff": 90, "heic": 60, "webp": 60, "gif": 70, "bmp": 50}  # 500


@pytest.mark.parametrize("kind", SEEDS)
def test_damaged_files_are_cleaned_or_refused_never_half(kind, tmp_path):
    seeds = range(SEEDS[kind])
    outcomes = worker.call(_fuzz, kind, tmp_path, seeds, where=kind)
    assert [seed for seed, _ in outcomes] == list(seeds)
    assert {what for _, what in outcomes} <= {"cleaned", "refused"}
    assert any(what == "refused" for _, what in outcomes)


def test_an_error_while_writing_leaves_nothing(tmp_path, monkeypatch, quiet):
    save = photograph._save
    monkeypatch.setattr(photograph, "_save", lambda pixels, path: save(pixels, path) or _full(path))
    source = tmp_path / "source"
    frames = [photo_canaries.picture(n) for n in range(3)]
    source.write_bytes(encoded(frames[0], "TIFF", save_all=True, append_images=frames[1:]))
    with pytest.raises(OSError, match="full"):
        photograph.clean(source, "tiff", tmp_path / "copy")
    assert [p.name for p in tmp_path.iterdir()] == ["source"]


def _full(path: Path) -> None:
    if path.name == "copy-02.png":
        raise OSError(28, "disk full")


def test_the_input_is_not_changed(tmp_path, quiet):
    data = photo_canaries.jpeg()[0]
    cleaned(tmp_path, data, "jpeg")
    assert (tmp_path / "source").read_bytes() == data


def test_a_picture_is_read_the_same_way_for_the_panel(tmp_path, quiet):
    """core.photo.render (panels of a figure) and pages (copies) give the same pixels."""
    for kind, make in photo_canaries.FORMATS.items():
        source = tmp_path / kind
        source.write_bytes(make()[0])
        panel = photo.render(source, kind, 1 if kind == "tiff" else None, None)
        page = next(photo.pages(source, kind, 50)[1])
        assert panel.data == page.pixels.tobytes()
