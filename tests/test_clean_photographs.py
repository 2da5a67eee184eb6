"""`casereport clean` and photographs: the time they get, what else lies about, what the terminal says."""

from __future__ import annotations

import struct
import time
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from pipeline.core import picture, worker
from pipeline.core.tell import Tell
from pipeline.deidentify.folder import run, told, wish
from pipeline.deidentify.pictures import photograph
from tests.test_clean import KEY, clean, slice_of
from tests.test_clean import photograph as skin

WISH = wish.Wish(frozenset(), KEY)


@pytest.fixture
def slow(monkeypatch):
    """Three seconds a page, where every file gets two beside what is granted for its size."""
    monkeypatch.setattr(worker, "SECONDS", 0.0)
    real = photograph._Reader.clean
    monkeypatch.setattr(photograph._Reader, "clean", lambda *words: time.sleep(3) or real(*words))


def scan(folder: Path, pages: int = 2) -> Path:
    folder.mkdir()
    sheets = [Image.new("1", (40, 30), 1) for _ in range(pages)]
    sheets[0].save(folder / "scan.tif", save_all=True, append_images=sheets[1:], compression="group4")
    return folder


def test_time_is_granted_by_pages_not_by_bytes(tmp_path, slow):
    done = run.clean(scan(tmp_path / "in"), tmp_path / "out", WISH, Tell(quiet=True))
    assert [item.state for item in done.items] == ["clean"], done.items[0].code
    assert done.items[0].extent == picture.Extent(2, 2400)


def test_what_takes_too_long_is_said_with_what_helps(tmp_path, slow, monkeypatch):
    monkeypatch.setattr(picture, "PER_PAGE_SECONDS", 0.5)
    done = run.clean(scan(tmp_path / "in"), tmp_path / "out", WISH, Tell(quiet=True))
    assert [item.code for item in done.items] == ["IMG078"]
    assert "`-j 1`" in told.to_text(done, tmp_path / "out", names=False)


def test_photographs_of_a_case_get_their_time_too():
    """core.picture.spread asks for each item; who takes longer is told so, not that it crashed."""
    answers = picture.spread(time.sleep, [0.1, 30], seconds=lambda _: 2.0)
    assert answers == [None, picture.Trouble("IMG078", {"seconds": 2})]


def test_no_damage_is_claimed_of_what_is_no_picture(tmp_path):
    folder = tmp_path / "in"
    folder.mkdir()
    brick = struct.pack("<BBBHHBHHHHBB", 0, 0, 2, 0, 0, 0, 0, 0, 1, 1, 24, 0) + b"\x90\x91\x92" + bytes(8)
    contents = {
        "a video": b"\0\0\0\x18ftypmp42\0\0\0\0mp42isom" + bytes(99),
        "an old video": b"\0\0\0\x08wide\0\0\0\x40mdat" + bytes(99),
        "JPEG 2000": b"\0\0\0\x0cjP  \r\n\x87\n" + bytes(99),
        "an icon": b"\0\0\1\0\1\0\x10\x10" + bytes(99),
        "Targa": brick + b"TRUEVISION-XFILE.\0",
        "a text": b"BMI 22, lesion of the left shin\n",
        "empty": b"",
        "damaged at its beginning": b"\x90\x91\x00\xff" * 9,
    }
    for n, content in enumerate(contents.values()):
        (folder / f"{n}").write_bytes(content)
    ran, report = clean(folder, tmp_path / "out")
    assert ran.code == 5
    assert {row["code"] for row in report["files"]} == {"IMG070"}
    for row, words in zip(report["files"], contents, strict=True):
        assert words.removeprefix("an old ") in row["why"]


def test_a_whole_bmp_is_none_of_these(tmp_path):
    (tmp_path / "in").mkdir()
    Image.new("RGB", (9, 9), (90, 60, 30)).save(tmp_path / "in" / "a.bmp")
    assert clean(tmp_path / "in", tmp_path / "out")[1]["totals"] == {"clean": 1}


def test_the_terminal_says_once_what_holds_for_every_photograph(tmp_path):
    folder = tmp_path / "in"
    for n in range(5):
        slice_of(folder, f"{n}.dcm", InstanceNumber=n)
        skin(folder / f"{n}.jpg")
    deep = np.linspace(0, 4095, 64 * 64).astype(np.uint16).reshape(64, 64)
    Image.fromarray(deep).save(folder / "x.png")
    ran, report = clean(folder, tmp_path / "out")
    assert ran.code == 0, ran.everything
    lines = ran.out.splitlines()
    for words in ("tattoos", "bed number", "handwriting", "crop to the lesion"):
        assert sum(words in line for line in lines) == 1
    (lossy,) = [line for line in lines if "stored without further loss" in line]
    assert lossy.startswith("0002, 0004, 0006 and 2 more: note: ")
    assert (
        "0011: note: more than 8 bits per sample were reduced to 8; the order of the shades is kept" in lines
    )
    shown = [row for row in report["files"] if row["kind"] != "dicom"]
    assert all(any("tattoos" in words for words in row["look"]) for row in shown), (
        "the report says it of each"
    )


def test_nothing_is_said_of_photographs_where_there_are_none(tmp_path):
    slice_of(tmp_path / "in", "a.dcm")
    assert "photograph" not in clean(tmp_path / "in", tmp_path / "out")[0].out


def test_what_the_terminal_says_names_no_file_unless_asked(tmp_path):
    folder = tmp_path / "in"
    folder.mkdir()
    skin(folder / "Abel Quillby.jpg")
    assert "Quillby" not in clean(folder, tmp_path / "out")[0].everything
    assert "Quillby.jpg" in clean(folder, tmp_path / "named", "--names")[0].out


def test_no_file_is_granted_hours():
    endless = run.Item(Path(__file__), "0001", extent=picture.Extent(50, 50 * picture.MAX_PIXELS))
    assert run._allowed(endless) < worker.SECONDS + picture.MOST_SECONDS + 9
