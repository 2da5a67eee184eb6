"""Stop a run at file-system calls, then run the same command again: nothing torn, nothing lost, same bytes.

Every push samples the calls; `make test-all` (marker slow) takes every one of them, in four ways.
"""

from __future__ import annotations

import hashlib
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

from pipeline.core import files
from pipeline.core.errors import Exit
from tests.conftest import ROOT, some

CODES = {int(code) for code in Exit} | {-9}


@dataclass(frozen=True)
class Lab:
    """One undisturbed run to compare with, and how many calls it made."""

    case: Path
    home: Path
    gold: dict[str, str]
    source: dict[str, tuple[str, int]]
    calls: list[str]


def tree(folder: Path) -> dict[str, str]:
    return {
        p.relative_to(folder).as_posix(): hashlib.sha256(p.read_bytes()).hexdigest()
        for p in sorted(folder.rglob("*"))
        if p.is_file() and p.name != ".lock"
    }


def source(folder: Path) -> dict[str, tuple[str, int]]:
    return {
        p.relative_to(folder).as_posix(): (hashlib.sha256(p.read_bytes()).hexdigest(), p.stat().st_mtime_ns)
        for p in sorted(folder.rglob("*"))
        if p.is_file()
    }


def watched(mode: str, k: int, log: Path, case: Path, out: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "tests/watched.py", mode, str(k), str(log), "--"]
    command += ["submit", str(case), "--accept-all", "-q", "-o", str(out)]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=280, check=False)


@pytest.fixture(scope="module")
def lab(signed_case, tmp_path_factory) -> Lab:
    home = tmp_path_factory.mktemp("lab")
    ran = watched("count", 0, home / "log", signed_case, home / "gold")
    assert ran.returncode == 0, ran.stderr
    calls = (home / "log").read_text().splitlines()
    return Lab(signed_case, home, tree(home / "gold"), source(signed_case), calls)


def test_a_run_writes_nowhere_else_and_calls_nobody(lab):
    """P5 and P6."""
    elsewhere = [row for row in lab.calls if row.startswith(("STRAY", "NET"))]
    assert elsewhere == []


def stop_and_resume(lab: Lab, mode: str, k: int) -> None:
    out = lab.home / f"{mode}-{k}"
    first = watched(mode, k, lab.home / "x", lab.case, out)
    assert first.returncode in CODES
    assert "Traceback" not in first.stderr, first.stderr
    for step in (out / lab.case.name).glob("[0-9]-*"):
        assert files.receipt(step) is not None, f"{step.name} is visible but torn (L2)"
    assert source(lab.case) == lab.source, "a source file changed (L1)"
    again = watched("count", 0, lab.home / "x", lab.case, out)
    assert again.returncode == 0, again.stderr
    assert tree(out) == lab.gold, "the same command ends with other bytes (L4)"
    shutil.rmtree(out)


SAMPLES = 4


@pytest.mark.parametrize("n", some([2, 0, 1, 3], SAMPLES))
def test_killed_somewhere_then_run_again(lab, n):
    total = sum(row[0].isdigit() for row in lab.calls)
    stop_and_resume(lab, "kill", 1 + (n * total) // SAMPLES)


@pytest.mark.parametrize("trouble", some(["enospc-3", "eio-5", "eacces-7"], 3))
def test_disk_trouble_somewhere_then_run_again(lab, trouble):
    mode, part = trouble.split("-")
    total = sum(row[0].isdigit() for row in lab.calls)
    stop_and_resume(lab, mode, int(part) * total // 8)


@pytest.mark.slow
@pytest.mark.timeout(20_000)
@pytest.mark.parametrize("mode", ["kill", "enospc", "eio", "eacces"])
def test_stopped_at_every_call(lab, mode):
    total = sum(row[0].isdigit() for row in lab.calls)
    for k in range(1, total + 1):
        stop_and_resume(lab, mode, k)
