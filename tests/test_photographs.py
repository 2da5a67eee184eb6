"""Photographs and scans: only pixels come out, and they are the right ones; or the file is refused."""

from __future__ import annotations

import io
import struct
import zlib
from functools import partial
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageCms, ImageOps

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
    if kind != "tiff":  # Pillow has turned a TIFF by the time it is loaded
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
        result, (copy,) = cleaned(tmp_path, encoded(Image.new(mode, (9, 9), colour), "PNG"), "png")
        assert np.all(copy == (255 if colour[-1] == 0 else 127))
        assert any("transparent" in note for note in result.notes)
    palette = Image.new("P", (9, 9), 1)
    palette.putpalette([0, 0, 0, 9, 9, 9])
    _, (copy,) = cleaned(tmp_path, encoded(palette, "PNG", transparency=1), "png")
    assert np.all(copy == 255)
    keyed = encoded(Image.new("L", (9, 9), 7), "PNG", transparency=7)
    assert np.all(cleaned(tmp_path, keyed, "png")[1][0] == 255)


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


def test_avif_is_read_as_well(tmp_path, quiet):
    data = encoded(photo_canaries.picture(), "AVIF", quality=95)
    assert kinds.sniff(data) == "heic"
    _, (copy,) = cleaned(tmp_path, data, "heic")
    assert np.abs(copy.astype(int) - np.asarray(photo_canaries.picture())).mean() < 8


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
