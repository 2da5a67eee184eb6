"""Pictures come out as the right pixels and nothing else; what cannot be shown rightly is refused."""

from __future__ import annotations

import io
import struct
import zlib
from pathlib import Path
from typing import Any

import numpy as np
import pydicom
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image, ImageCms, ImageDraw, PngImagePlugin
from pydicom.data import get_testdata_file
from pydicom.dataset import Dataset
from pydicom.sequence import Sequence

from pipeline.core.dicomview import Wanted, render
from pipeline.core.picture import Picture, Trouble, each
from tests.test_deidentify_dicom import blank, saved

CASES = Path(__file__).parents[1] / "cases"


def shown(path: Path, kind: str = "dicom", **asked: Any) -> Picture:
    result = each(render, [Wanted(path, kind, **asked)], path.name)[0]
    assert isinstance(result, Picture), result
    return result


def refused(path: Path, kind: str = "dicom", **asked: Any) -> Trouble:
    result = each(render, [Wanted(path, kind, **asked)], path.name)[0]
    assert isinstance(result, Trouble), result
    return result


def array(picture: Picture) -> np.ndarray[Any, Any]:
    samples = 3 if picture.mode == "RGB" else 1
    return np.frombuffer(picture.data, np.uint8).reshape(picture.height, picture.width, samples).squeeze()


# --- DICOM ------------------------------------------------------------------------------------------------


def ramp(folder: Path, **attributes: Any) -> Path:
    """64 × 64 pixels with the stored values 0 … 4095, in Hounsfield units from -1024."""
    ds = blank()
    ds.Rows = ds.Columns = 64
    ds.PixelData = np.arange(4096, dtype="<u2").tobytes()
    ds.RescaleIntercept, ds.RescaleSlope = "-1024", "1"
    for keyword, value in attributes.items():
        setattr(ds, keyword, value)
    return saved(ds, folder)


def linear(centre: float, width: float) -> np.ndarray[Any, Any]:
    """PS3.3 C.11.2.1.2.1, written out value by value."""
    out = []
    for stored in range(4096):
        x = stored - 1024
        if x <= centre - 0.5 - (width - 1) / 2:
            y = 0.0
        elif x > centre - 0.5 + (width - 1) / 2:
            y = 255.0
        else:
            y = ((x - (centre - 0.5)) / (width - 1) + 0.5) * 255
        out.append(int(y + 0.5))
    return np.array(out, np.uint8).reshape(64, 64)


def test_the_given_window_is_applied_after_rescale(tmp_path):
    assert np.array_equal(array(shown(ramp(tmp_path), window=(40, 400))), linear(40, 400))


def test_the_window_of_the_header_is_used_when_none_is_given(tmp_path):
    path = ramp(tmp_path, WindowCenter=["300", "40"], WindowWidth=["1500", "400"])
    assert np.array_equal(array(shown(path)), linear(300, 1500))
    assert np.array_equal(array(shown(path, window=(40, 400))), linear(40, 400))


def test_without_any_window_the_bulk_of_the_values_fills_the_range(tmp_path):
    shades = array(shown(ramp(tmp_path)))
    assert shades.min() == 0
    assert shades.max() == 255
    assert 35 < np.count_nonzero(shades == 0) < 60
    assert 35 < np.count_nonzero(shades == 255) < 60


def test_monochrome1_is_inverted(tmp_path):
    path = ramp(tmp_path, PhotometricInterpretation="MONOCHROME1")
    assert np.array_equal(array(shown(path, window=(40, 400))), 255 - linear(40, 400))


def test_enhanced_files_keep_rescale_window_and_spacing_per_frame(tmp_path):
    ds = blank()
    ds.Rows = ds.Columns = 64
    ds.NumberOfFrames = 2
    ds.PixelData = np.concatenate([np.arange(4096), np.arange(4096)[::-1]]).astype("<u2").tobytes()

    def one(keyword: str, **values: Any) -> Sequence:
        item = Dataset()
        for name, value in values.items():
            setattr(item, name, value)
        holder.add(pydicom.DataElement(pydicom.tag.Tag(keyword), "SQ", Sequence([item])))
        return Sequence([item])

    frames = []
    for centre in ("40", "300"):
        holder = Dataset()
        one("FrameVOILUTSequence", WindowCenter=centre, WindowWidth="400")
        frames.append(holder)
    ds.PerFrameFunctionalGroupsSequence = Sequence(frames)
    holder = Dataset()
    one("PixelValueTransformationSequence", RescaleIntercept="-1024", RescaleSlope="1")
    one("PixelMeasuresSequence", PixelSpacing=["0.5", "0.5"])
    ds.SharedFunctionalGroupsSequence = Sequence([holder])
    path = saved(ds, tmp_path)
    second = shown(path, frame=2)
    assert np.array_equal(array(second), linear(300, 400)[::-1, ::-1])
    assert second.mm_per_pixel == 0.5
    assert refused(path) == Trouble("IMG025", {"frames": 2})
    assert refused(path, frame=3) == Trouble("IMG025", {"frames": 2})


def test_pixels_that_are_not_square_are_made_square(tmp_path):
    picture = shown(ramp(tmp_path, PixelSpacing=["1.5", "0.5"]))
    assert (picture.width, picture.height, picture.mm_per_pixel) == (64, 192, 0.5)
    picture = shown(ramp(tmp_path, PixelAspectRatio=["1", "2"]))
    assert (picture.width, picture.height, picture.mm_per_pixel) == (128, 64, None)


def test_spacing_at_the_detector_is_no_measure_in_the_patient(tmp_path):
    path = ramp(tmp_path, ImagerPixelSpacing=["0.2", "0.2"], PixelSpacing=["0.2", "0.2"])
    assert shown(path).mm_per_pixel is None


def test_crop_is_taken_in_stored_pixels(tmp_path):
    path = ramp(tmp_path)
    box = {"left": 10, "top": 20, "width": 30, "height": 5}
    assert np.array_equal(array(shown(path, window=(40, 400), crop=box)), linear(40, 400)[20:25, 10:40])
    assert refused(path, crop=dict(box, width=60)) == Trouble("IMG026", {"width": 64, "height": 64})


@pytest.mark.parametrize("name", ["SC_rgb_jpeg_dcmtk.dcm", "examples_palette.dcm", "examples_jpeg2k.dcm"])
def test_colour_files_give_the_colours_pydicom_gives(name):
    path = Path(get_testdata_file(name, download=False))
    ds = pydicom.dcmread(path)
    expected = ds.pixel_array
    if ds.PhotometricInterpretation == "PALETTE COLOR":
        expected = pydicom.pixels.apply_color_lut(expected, ds)
        expected = (expected >> 8).astype(np.uint8) if expected.dtype == np.uint16 else expected
    picture = shown(path)
    assert picture.mode == "RGB"
    if ds.PhotometricInterpretation != "YBR_FULL_422":
        assert np.array_equal(array(picture), expected)


def test_deep_colour_is_scaled_by_the_bits_in_use(tmp_path):
    ds = blank()
    ds.SamplesPerPixel, ds.PhotometricInterpretation, ds.PlanarConfiguration = 3, "RGB", 0
    ds.PixelData = np.full((4, 4, 3), 0x800, "<u2").tobytes()
    assert array(shown(saved(ds, tmp_path))).tolist() == np.full((4, 4, 3), 128).tolist()
    ds.BitsStored, ds.HighBit = 16, 15
    assert array(shown(saved(ds, tmp_path))).tolist() == np.full((4, 4, 3), 8).tolist()


@pytest.mark.parametrize("ends", [(0, 2999), (2999, 0)])
def test_a_whole_range_of_padding_is_left_out_of_the_window(tmp_path, ends):
    """PS3.3 C.7.5.1.1.2: padding goes from Pixel Padding Value to Pixel Padding Range Limit."""
    path = ramp(tmp_path, PixelPaddingValue=ends[0], PixelPaddingRangeLimit=ends[1])
    shades = array(shown(path)).ravel()
    assert shades[3010] == 0
    assert shades[3100] > 0
    assert 10 < np.count_nonzero(shades == 255) < 20


def test_a_hundred_megapixels_in_a_header_are_refused_before_decoding(tmp_path):
    path = ramp(tmp_path, Rows=10_000, Columns=10_000)
    assert refused(path) == Trouble("IMG022", {"megapixels": 100, "limit": 60})


def test_a_report_is_no_picture():
    assert refused(Path(get_testdata_file("rtplan.dcm", download=False))).code == "IMG028"


# --- photographs ------------------------------------------------------------------------------------------


def drawing() -> Image.Image:
    """Something without symmetry, so that every rotation shows."""
    image = Image.new("RGB", (60, 40), (200, 170, 150))
    draw = ImageDraw.Draw(image)
    draw.rectangle((4, 4, 20, 10), fill=(180, 20, 30))
    draw.ellipse((35, 20, 55, 36), fill=(20, 60, 160))
    return image


TURNED = {
    1: lambda im: im,
    2: lambda im: im.transpose(Image.Transpose.FLIP_LEFT_RIGHT),
    3: lambda im: im.transpose(Image.Transpose.ROTATE_180),
    4: lambda im: im.transpose(Image.Transpose.FLIP_TOP_BOTTOM),
    5: lambda im: im.transpose(Image.Transpose.TRANSPOSE),
    6: lambda im: im.transpose(Image.Transpose.ROTATE_90),
    7: lambda im: im.transpose(Image.Transpose.TRANSVERSE),
    8: lambda im: im.transpose(Image.Transpose.ROTATE_270),
}


@pytest.mark.parametrize("orientation", TURNED)
def test_a_turned_camera_gives_an_upright_picture(tmp_path, orientation):
    exif = Image.Exif()
    exif[0x0112] = orientation
    TURNED[orientation](drawing()).save(tmp_path / "a.png", exif=exif)
    assert np.array_equal(array(shown(tmp_path / "a.png", "png")), np.asarray(drawing()))


@given(st.binary(min_size=12, max_size=12), st.sampled_from(["png", "tiff", "bmp", "webp"]))
def test_lossless_pixels_come_out_as_they_went_in(tmp_path_factory, values, kind):
    image = Image.frombytes("RGB", (2, 2), values)
    path = tmp_path_factory.mktemp("p") / "a"
    image.save(path, kind.upper(), **({"lossless": True, "exact": True} if kind == "webp" else {}))
    assert shown(path, kind).data == values


def test_what_is_transparent_shows_white(tmp_path):
    Image.new("RGBA", (2, 2), (10, 20, 30, 0)).save(tmp_path / "a.png")
    assert array(shown(tmp_path / "a.png", "png")).min() == 255
    palette = Image.new("P", (2, 2), 1)
    palette.putpalette([255, 0, 0, 0, 255, 0])
    palette.save(tmp_path / "b.gif", transparency=1)
    assert array(shown(tmp_path / "b.gif", "gif")).min() == 255


def test_grey_stays_grey_and_deep_grey_keeps_its_scale(tmp_path):
    Image.new("L", (2, 2), 77).save(tmp_path / "l.png")
    assert shown(tmp_path / "l.png", "png").mode == "L"
    for top, stored in ((65535, 0x8000), (4095, 0x800)):
        values = np.array([[0, stored], [stored, top]], np.uint16)
        Image.fromarray(values).save(tmp_path / "d.png")
        assert array(shown(tmp_path / "d.png", "png")).tolist() == [[0, 128], [128, 255]]


def test_colours_are_what_their_profile_means(tmp_path):
    """A Lab-white profile would be odd; swapping gamma is enough to see that the profile was applied."""
    grey = Image.new("RGB", (2, 2), (128, 128, 128))
    linear_rgb = _linear_profile()
    grey.save(tmp_path / "a.png", icc_profile=linear_rgb)
    value = int(array(shown(tmp_path / "a.png", "png"))[0, 0, 0])
    assert 180 <= value <= 195  # linear 0.5 is about 188 in sRGB
    grey.save(tmp_path / "b.png", icc_profile=b"not a profile")
    assert int(array(shown(tmp_path / "b.png", "png"))[0, 0, 0]) == 128


def _linear_profile() -> bytes:
    """The sRGB profile with its tone curves replaced by straight lines."""
    data = bytearray(ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes())
    for n in range(struct.unpack(">I", data[128:132])[0]):
        name, offset, _size = struct.unpack(">4sII", data[132 + 12 * n : 144 + 12 * n])
        if name in (b"rTRC", b"gTRC", b"bTRC"):
            data[offset : offset + 12] = b"para" + bytes(4) + struct.pack(">HH", 0, 0)
            data[offset + 12 : offset + 16] = struct.pack(">i", 1 << 16)
    return bytes(data)


def test_several_pages_need_a_choice(tmp_path):
    pages = [Image.new("RGB", (4, 4), (n, 0, 0)) for n in (10, 20, 30)]
    pages[0].save(tmp_path / "a.tif", save_all=True, append_images=pages[1:])
    assert refused(tmp_path / "a.tif", "tiff") == Trouble("IMG025", {"frames": 3})
    assert array(shown(tmp_path / "a.tif", "tiff", frame=2))[0, 0, 0] == 20
    pages[0].save(tmp_path / "a.jpg", "MPO", save_all=True, append_images=pages[1:], quality=100)
    assert array(shown(tmp_path / "a.jpg", "jpeg"))[0, 0, 0] in range(8, 13)


def spoilt() -> dict[str, tuple[str, bytes]]:
    jpeg, png = io.BytesIO(), io.BytesIO()
    drawing().resize((600, 400)).save(jpeg, "JPEG")
    drawing().resize((600, 400)).save(png, "PNG")
    return {
        "half a JPEG": ("jpeg", jpeg.getvalue()[: len(jpeg.getvalue()) // 2]),
        "half a PNG": ("png", png.getvalue()[: len(png.getvalue()) // 2]),
        "nothing": ("jpeg", b""),
        "not an image": ("png", b"\x89PNG\r\n\x1a\n" + b"x" * 99),
        "another format than its content": ("tiff", jpeg.getvalue()),
        "half a HEIC": ("heic", (CASES / "dermatology-example/images/leg-after.heic").read_bytes()[:20_000]),
    }


@pytest.mark.parametrize("what", spoilt())
def test_a_spoilt_photograph_is_refused(tmp_path, what):
    kind, data = spoilt()[what]
    (tmp_path / "a").write_bytes(data)
    assert refused(tmp_path / "a", kind).code == "IMG021"


def test_a_hundred_megapixels_are_refused(tmp_path):
    head = struct.pack(">IIBBBBB", 10_000, 10_000, 8, 2, 0, 0, 0)

    def chunk(name: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))

    rows = zlib.compress(bytes(10_000 * 3 + 1) * 10)
    (tmp_path / "a.png").write_bytes(
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", rows) + chunk(b"IEND", b"")
    )
    assert refused(tmp_path / "a.png", "png") == Trouble("IMG022", {"megapixels": 100, "limit": 60})


# --- nothing but pixels -----------------------------------------------------------------------------------


def chunks(data: bytes) -> list[bytes]:
    found, at = [], 8
    while at < len(data):
        length = int.from_bytes(data[at : at + 4])
        found.append(data[at + 4 : at + 8])
        at += 12 + length
    return found


def laden(folder: Path) -> dict[str, Path]:
    """One file per format with a name in every place the format offers."""
    exif = Image.Exif()
    exif[0x010E], exif[0x013B], exif[0x8298] = "Testwala note", "Testwala artist", "Testwala rights"
    exif.get_ifd(0x8769)[0x9286] = b"ASCII\0\0\0Testwala comment"
    exif.get_ifd(0x8825)[0x001D] = "2025:03:14"
    xmp = b"<x:xmpmeta xmlns:x='adobe:ns:meta/'>Testwala</x:xmpmeta>"
    info = PngImagePlugin.PngInfo()
    info.add_text("Author", "Testwala")
    info.add_text("Comment", "Testwala", zip=True)
    info.add_itxt("Title", "Testwala")
    paths = {kind: folder / f"a.{kind}" for kind in ("jpeg", "png", "tiff", "webp", "gif", "bmp")}
    drawing().save(paths["jpeg"], exif=exif, comment=b"Testwala", xmp=xmp, icc_profile=_linear_profile())
    drawing().save(paths["png"], exif=exif, pnginfo=info)
    drawing().save(paths["tiff"], tiffinfo={270: "Testwala", 315: "Testwala", 700: xmp})
    drawing().save(paths["webp"], exif=exif, xmp=xmp)
    drawing().save(paths["gif"], comment=b"Testwala")
    drawing().save(paths["bmp"])
    for path in paths.values():
        path.write_bytes(path.read_bytes() + b"Testwala behind the picture")
    return paths


@pytest.mark.parametrize("kind", ["jpeg", "png", "tiff", "webp", "gif", "bmp"])
def test_only_pixels_are_written(tmp_path, kind):
    path = laden(tmp_path)[kind]
    assert b"Testwala" in path.read_bytes()
    shown(path, kind).save(tmp_path / "out.png")
    data = (tmp_path / "out.png").read_bytes()
    assert set(chunks(data)) == {b"IHDR", b"IDAT", b"IEND"}
    assert b"Testwala" not in data


def test_heic_is_read_and_only_pixels_are_written(tmp_path):
    source = CASES / "dermatology-example/images/leg-after.heic"
    assert b"Dhillon" in source.read_bytes() or b"Gurnoor" in source.read_bytes()
    picture = shown(source, "heic")
    assert picture.width * picture.height > 1_000_000
    picture.save(tmp_path / "out.png")
    assert set(chunks((tmp_path / "out.png").read_bytes())) == {b"IHDR", b"IDAT", b"IEND"}


def test_the_digest_is_of_the_pixels_not_of_the_file(tmp_path):
    picture = Picture("L", 2, 1, b"\x01\x02")
    assert picture.digest == Picture("L", 2, 1, b"\x01\x02", mm_per_pixel=0.5).digest
    assert picture.digest != Picture("L", 1, 2, b"\x01\x02").digest
    for n in (1, 2):
        picture.save(tmp_path / f"{n}.png")
    assert (tmp_path / "1.png").read_bytes() == (tmp_path / "2.png").read_bytes()
    assert shown(tmp_path / "1.png", "png").digest == picture.digest
