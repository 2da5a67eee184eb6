"""Reading the page codes back from what scanners and telephones make of the paper."""

from __future__ import annotations

import io

import numpy as np
import pytest
from PIL import Image, ImageFilter

from pipeline.consent import scan
from pipeline.core.errors import InputError
from tests import consent_cases as cases
from tests.conftest import DATA


@pytest.fixture(scope="module")
def pages(tmp_path_factory):
    return cases.desk(tmp_path_factory.mktemp("scan")).pages


def jpeg(image, quality=60):
    out = io.BytesIO()
    image.save(out, "JPEG", quality=quality)
    return Image.open(io.BytesIO(out.getvalue())).convert("RGB")


def turned(image, degrees):
    return image.rotate(degrees, expand=True, fillcolor="white", resample=Image.Resampling.BICUBIC)


def noisy(image):
    pixels = np.asarray(image, dtype=np.float32) * 0.93 + 10
    pixels += np.random.default_rng(1).normal(0, 8, pixels.shape)
    return Image.fromarray(np.clip(pixels, 0, 255).astype(np.uint8))


def resized(image, dpi):
    return image.resize(
        (round(image.width * dpi / 150), round(image.height * dpi / 150)), Image.Resampling.BOX
    )


def phone(image):
    """A tilted sheet on a dark table in uneven light, 1600 pixels high."""
    wide, high = image.size
    table = (60, 55, 50)
    back = Image.new("RGB", (wide + 160, high + 160), table)
    back.paste(image, (80, 80))
    corners = (20, -30, 10, high + 190, wide + 200, high + 140, wide + 130, 15)
    tilted = back.transform(
        back.size, Image.Transform.QUAD, corners, Image.Resampling.BICUBIC, fillcolor=(60, 55, 50)
    )
    light = np.linspace(1, 0.55, tilted.width)[None, :, None]
    dim = Image.fromarray((np.asarray(tilted) * light).astype(np.uint8))
    return dim.resize((round(1600 * dim.width / dim.height), 1600)).filter(ImageFilter.GaussianBlur(0.8))


CONDITIONS = {
    "150 dpi, 2°, noise, JPEG 60": lambda p: jpeg(noisy(turned(p, 2))),
    "150 dpi, -6°": lambda p: jpeg(turned(p, -6)),
    "upside down": lambda p: jpeg(turned(p, 180)),
    "on its side": lambda p: jpeg(turned(p, 90)),
    "100 dpi": lambda p: jpeg(resized(p, 100)),
    "75 dpi": lambda p: jpeg(resized(p, 75), 75),
    "black and white": lambda p: p.convert("L").point(lambda v: 255 * (v > 150)).convert("RGB"),
    "telephone": lambda p: jpeg(phone(p)),
}


@pytest.mark.parametrize("name", CONDITIONS)
def test_the_code_is_read(pages, tmp_path, name):
    CONDITIONS[name](pages[3]).save(tmp_path / "page.tiff")
    (page,) = scan.read(tmp_path / "page.tiff", "tiff", 0)
    assert [(code.page, code.pages) for code in page.codes] == [(4, len(pages))]


def test_a_heic_photograph():
    """The upper part of a printed form, stored because nothing here can write HEIC."""
    (page,) = scan.read(DATA / "form-page.heic", "heic", 0)
    assert [code.page for code in page.codes] == [1]


def test_many_pages_in_one_tiff(pages, tmp_path):
    path = tmp_path / "all.tiff"
    pages[0].save(path, save_all=True, append_images=pages[1:])
    assert [page.codes[0].page for page in scan.read(path, "tiff", 0)] == [1, 2, 3, 4, 5]


def test_a_foreign_code_on_the_page_is_not_ours(pages, tmp_path):
    import zxingcpp

    sticker = zxingcpp.create_barcode("https://example.org/hospital", zxingcpp.BarcodeFormat.QRCode)
    image = pages[0].copy()
    image.paste(Image.fromarray(np.asarray(sticker.to_image(scale=4))).convert("RGB"), (200, 1400))
    image.save(tmp_path / "p.png")
    (page,) = scan.read(tmp_path / "p.png", "png", 0)
    assert [code.page for code in page.codes] == [1]


def test_what_comes_back_is_a_picture_without_metadata(pages, tmp_path):
    exif = Image.Exif()
    exif[0x010E] = "Kamla Devi Example"
    pages[0].save(tmp_path / "p.jpg", exif=exif)
    (page,) = scan.read(tmp_path / "p.jpg", "jpeg", 0)
    assert b"Kamla" not in page.jpeg
    assert b"Exif" not in page.jpeg
    assert max(Image.open(io.BytesIO(page.jpeg)).size) <= scan.KEPT_SIDE


@pytest.mark.parametrize(
    ("kind", "words"), [("text", "whatever its name says"), ("dicom", "whatever its name says")]
)
def test_other_kinds_are_refused(tmp_path, kind, words):
    (tmp_path / "p").write_text("x")
    with pytest.raises(InputError, match=words):
        scan.read(tmp_path / "p", kind, 0)


def test_a_giant_picture_is_refused_before_it_is_decoded(tmp_path):
    from pipeline.core import files

    Image.new("1", (11_000, 10_000)).save(tmp_path / "p.png")
    assert files.unsafe(tmp_path / "p.png") == ""
    with pytest.raises(InputError, match="larger than 100 megapixels"):
        scan.read(tmp_path / "p.png", "png", 0)


def test_a_giant_page_is_drawn_small(tmp_path):
    import pikepdf

    pdf = pikepdf.new()
    pdf.add_blank_page(page_size=(14_000, 14_000))
    pdf.save(tmp_path / "p.pdf")
    (page,) = scan.read(tmp_path / "p.pdf", "pdf", 0)
    assert page.codes == ()
    assert Image.open(io.BytesIO(page.jpeg)).size == (scan.KEPT_SIDE, scan.KEPT_SIDE)
