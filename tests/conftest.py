"""What every test may use: a small complete made-up case, and the command as a user runs it."""

from __future__ import annotations

import fcntl
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import settings
from PIL import Image

from tests.warm import Warm

ROOT = Path(__file__).parents[1]
settings.register_profile("house", deadline=None)  # no timed assertions; `make bench` measures
settings.load_profile("house")
DATA = Path(__file__).parent / "data"


def some(values: Iterable[Any], one_in: int) -> list[Any]:
    """Parameters of a test: one in so many runs at every push, the others in `make test-all` (slow)."""
    return [v if n % one_in == 0 else pytest.param(v, marks=pytest.mark.slow) for n, v in enumerate(values)]


LONGEST = """ten_journals flow clean_planted consent_gate clean consent_sealing frames gates consent_digital
stops figures_record consent_languages deidentify""".split()  # noqa: SIM905


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The longest files first, so that no process is left with one when the other has done all else."""
    place = {f"test_{name}": n for n, name in enumerate(LONGEST)}
    items.sort(key=lambda item: place.get(item.path.stem, len(place)))


@dataclass(frozen=True)
class Ran:
    """What a command left: exit code, stdout, stderr."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)

    @property
    def everything(self) -> str:
        return self.out + self.err


WARM = Warm()


def casereport(*args: object, cwd: Path = ROOT, real: bool = False) -> Ran:
    """Run the command in a process of its own; `real`: started as a user starts it, not forked (warm.py)."""
    if not real and WARM.takes():
        return Ran(*WARM.run([*map(str, args)], cwd, 280))
    command = [sys.executable, "-m", "pipeline", *map(str, args)]
    run = subprocess.run(command, cwd=cwd, capture_output=True, text=True, timeout=280, check=False)
    return Ran(run.returncode, run.stdout, run.stderr)


@pytest.fixture
def run() -> Callable[..., Ran]:
    return casereport


@pytest.fixture
def case(tmp_path: Path) -> Path:
    """A complete case without consent, in a folder of its own."""
    return make_case(tmp_path / "ring-case")


def make_case(folder: Path) -> Path:
    """Write the small case: one drawn picture, three references, everything filled in."""
    (folder / "images").mkdir(parents=True)
    (folder / "consent").mkdir()
    for name in ("record.yaml", "private.yaml", "references.bib"):
        shutil.copy(DATA / name, folder / name)
    draw_ring(folder / "images" / "ring.png")
    return folder


def draw_ring(path: Path) -> None:
    """A ring on skin-coloured ground, 320 × 240."""
    y, x = np.mgrid[:240, :320]
    away = np.abs(np.hypot(x - 160, y - 120) - 70) < 14
    pixels = np.full((240, 320, 3), (214, 170, 142), np.uint8)
    pixels[away] = (188, 96, 92)
    Image.fromarray(pixels).save(path)


def edit(folder: Path, old: str, new: str, name: str = "record.yaml") -> int:
    """Replace `old` by `new` once in a file of the case; returns the line it was on, counted from 1."""
    path = folder / name
    text = path.read_text(encoding="utf-8")
    assert text.count(old) >= 1, f"{old!r} is not in {name}"
    path.write_text(text.replace(old, new, 1), encoding="utf-8")
    return text[: text.index(old)].count("\n") + 1


CONSENT = """consent:
  signed_by: patient
  language: en
  method: paper
  signed_on: 2025-07-01
  explained_by: senior resident who was not treating the patient
  form: "{form}"
  files: [consent/signed-form.pdf]
  agreed:
    text: yes
    figures: [ring]
    wording_may_be_edited: yes
    seen_final: yes
    teaching: no
    journal_copy: yes
  original_kept: Medical Records Department
  copy_given: yes
  witness: no
  interpreter: no
  withdrawn: no
"""


def sign_case(folder: Path) -> None:
    """Print the small case's form with the command, sign and scan it, and fill in the consent entry."""
    from tests import signing

    out = folder.parent / "print"
    ran = casereport("consent", folder, "-q", "--out", out, real=True)
    assert ran.code == 0, ran.everything
    printed = out / folder.name / "form"
    form = json.loads((printed / "form.json").read_bytes())
    boxes = [spot["id"] for spot in form["spots"] if spot["kind"] == "tick"]
    signers = {spot["id"].split(":")[0] for spot in form["spots"] if spot["kind"] == "sign"}
    signing.save(signing.sign(printed, boxes, signers), folder / "consent" / "signed-form.pdf")
    shutil.copy(printed / "form.json", folder / "consent" / "form.json")
    with (folder / "record.yaml").open("a", encoding="utf-8") as record:
        record.write(CONSENT.format(form=form["code"]))


def once(tmp_path_factory: pytest.TempPathFactory, name: str, make: Callable[[Path], object]) -> Path:
    """A folder that one test process fills and all of them read: nothing may be written in it afterwards."""
    base = tmp_path_factory.getbasetemp()
    folder = (base.parent if "PYTEST_XDIST_WORKER" in os.environ else base) / f"once-{name}"
    with folder.with_suffix(".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not folder.with_suffix(".made").exists():
            shutil.rmtree(folder, ignore_errors=True)
            folder.mkdir()
            make(folder)
            folder.with_suffix(".made").touch()
    return folder


@pytest.fixture(scope="session")
def signed_case(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The small case with a printed, signed and scanned form and the consent entry that goes with it."""
    return once(tmp_path_factory, "signed", lambda to: sign_case(make_case(to / "ring-case"))) / "ring-case"


@pytest.fixture(scope="session")
def built(signed_case: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Ran, Path]:
    """One package made from the small case: what the command said, and the folder of its results."""

    def make(folder: Path) -> None:
        ran = casereport("submit", signed_case, "--accept-all", "--out", folder / "build", real=True)
        assert ran.code == 0, ran.err
        (folder / "said.json").write_text(json.dumps([ran.code, ran.out, ran.err]), encoding="utf-8")

    folder = once(tmp_path_factory, "built", make)
    ran = Ran(*json.loads((folder / "said.json").read_text(encoding="utf-8")))
    return ran, folder / "build" / signed_case.name


@pytest.fixture
def results(built: tuple[Ran, Path], tmp_path: Path) -> Path:
    """A --out folder that holds the results of an earlier good run, which a test may change."""
    out = tmp_path / "results"
    shutil.copytree(built[1], out / built[1].name)
    return out
