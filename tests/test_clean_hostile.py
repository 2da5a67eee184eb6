"""Bad input to `casereport clean`: a clear line per file, the others still cleaned, nothing half-written."""

from __future__ import annotations

from pathlib import Path

import pydicom
import pytest

from tests.conftest import some
from tests.planted import command, hostile

STATES = {"clean", "held", "unreadable", "left out", "dropped", "not an image"}
MEGABYTE = 1 << 20


def sound(run: command.Cleaned, number: int) -> None:
    """What holds after every run: an entry per file, copies only of clean files, all of them readable."""
    assert run.code in (0, 1, 5), run.said
    assert "Traceback" not in run.said
    assert "Vandolipathi" not in run.everything
    assert len(run.report["files"]) == number
    for entry in run.report["files"]:
        assert entry["state"] in STATES
        assert bool(entry["outputs"]) == (entry["state"] == "clean"), entry
        assert entry["state"] == "clean" or (entry["code"] and entry["why"]), entry
    told = sorted(name for entry in run.report["files"] for name in entry["outputs"])
    there = [p for p in run.out.rglob("*") if not p.is_dir()] if run.out.exists() else []
    assert sorted(str(p.relative_to(run.out)) for p in there) == told
    assert [p.name for p in run.out.parent.iterdir() if p.name.startswith(".")] == [], "left behind"


def test_oddities_are_told_and_the_good_files_cleaned(tmp_path: Path) -> None:
    hostile.oddities(tmp_path / "in")
    before = sorted(p.name for p in (tmp_path / "in").iterdir())
    run = command.clean(tmp_path / "in", tmp_path / "out")
    sound(run, len(before))
    assert sorted(p.name for p in (tmp_path / "in").iterdir()) == before
    assert run.code != 0
    names = {entry["sha256"] for entry in run.entries("clean")}
    wanted = command.digests(tmp_path / "in")
    good = {wanted[name] for name in ("a-good.dcm", "really-dicom.jpg", "no-suffix", "z-good.dcm")}
    assert names == good, run.said
    assert run.rss < 700 * MEGABYTE


@pytest.mark.parametrize("part", some(range(5), 5))
def test_fuzzed_files_do_no_harm(tmp_path: Path, part: int) -> None:
    seeds = range(part * 100, part * 100 + 100)
    hostile.fuzzed(tmp_path / "in", seeds)
    (tmp_path / "in" / "good.dcm").write_bytes(hostile.good())
    run = command.clean(tmp_path / "in", tmp_path / "out")
    sound(run, 101)
    assert run.report["files"][-1]["state"] == "clean"
    for entry in run.entries("clean"):
        for name in entry["outputs"]:
            ds = pydicom.dcmread(run.out / name)
            assert ds.get("PatientName", "") == "" or str(ds.PatientName).startswith("P"), name


@pytest.mark.slow
def test_ten_thousand_files(tmp_path: Path) -> None:
    hostile.many(tmp_path / "in")
    run = command.clean(tmp_path / "in", tmp_path / "out")
    sound(run, 10_000)
    assert len(run.entries("clean")) == 10_000
    assert run.rss < 300 * MEGABYTE


@pytest.mark.slow
def test_two_gigabytes_do_not_fill_the_memory(tmp_path: Path) -> None:
    """Sparse zeros: 4096 frames. Memory stays what a small file takes."""
    (tmp_path / "small").mkdir()
    (tmp_path / "huge").mkdir()
    hostile.huge(tmp_path / "small" / "a.dcm", 4)
    hostile.huge(tmp_path / "huge" / "a.dcm", 4096)
    small = command.clean(tmp_path / "small", tmp_path / "small-out", "--options", "no-pixels")
    large = command.clean(tmp_path / "huge", tmp_path / "huge-out", "--options", "no-pixels")
    sound(small, 1)
    sound(large, 1)
    assert large.entries("clean")
    assert large.rss < small.rss + 40 * MEGABYTE
    (tmp_path / "huge-out" / large.entries("clean")[0]["outputs"][0]).unlink()
    read = command.clean(tmp_path / "huge", tmp_path / "read-out")
    sound(read, 1)
    assert read.rss < 700 * MEGABYTE
