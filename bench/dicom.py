"""A CT series of 500 slices cleaned, beside a copy, a pydicom no-op and other tools: make bench-dicom.

CPU seconds (user and system, all processes), wall seconds and the largest process. Peers come from a virtual
environment: --peers-venv PATH, or --peers to make one; otherwise they are "not measured". With --planted also
what each tool leaks and keeps on the corpus of tests/planted.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import platform
import shutil
import statistics
import subprocess
import sys
import tempfile
import venv
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))  # tests.planted is no installed package

from tests.planted import command, corpus, score  # noqa: E402

PEERS = ("dicognito", "dicom-anonymizer")
LOOP = """
import sys, warnings, pydicom
from pathlib import Path
warnings.simplefilter("ignore")
{prepare}
source, target = map(Path, sys.argv[1:])
for path in sorted(p for p in source.rglob("*") if p.is_file()):
    to = target / path.relative_to(source)
    to.parent.mkdir(parents=True, exist_ok=True)
    try:
        ds = pydicom.dcmread(path)
        {work}
        ds.save_as(to)
    except Exception as error:
        to.unlink(missing_ok=True)
        print(type(error).__name__)
"""
LOOPS = {
    "pydicom no-op": LOOP.format(prepare="", work="pass"),
    "dicognito": LOOP.format(
        prepare="from dicognito.anonymizer import Anonymizer; tool = Anonymizer()", work="tool.anonymize(ds)"
    ),
    "dicom-anonymizer": LOOP.format(
        prepare="from dicomanonymizer import anonymize_dataset", work="anonymize_dataset(ds)"
    ),
}


def series(folder: Path, slices: int) -> None:
    """CT slices of 512 by 512 int16 with CT_small's header and its private elements; no two are alike."""
    import numpy as np
    import pydicom
    from pydicom.data import get_testdata_file
    from pydicom.uid import UID

    folder.mkdir(parents=True)
    rng = np.random.default_rng(1)
    y, x = np.mgrid[:512, :512]
    ds = pydicom.dcmread(str(get_testdata_file("CT_small.dcm")))
    ds.Rows = ds.Columns = 512
    for n in range(slices):
        z = n / slices
        body = np.hypot((x - 256) / (200 + 20 * z), (y - 256) / (150 + 30 * z)) < 1
        bone = np.hypot(x - 256, y - 340 - 20 * z) < 28
        lung = np.hypot((x - 256) / 1.0, (y - 230) / 1.3) < 70 + 30 * np.sin(3 * z)
        image = np.where(body, 40, -1000) + 600 * bone - 800 * (lung & body & ~bone)
        image = image + rng.normal(0, 12, image.shape)
        ds.PixelData = image.astype("<i2").tobytes()
        ds.SOPInstanceUID = ds.file_meta.MediaStorageSOPInstanceUID = UID(
            f"1.2.826.0.1.3680043.9.7777.5.{n + 1}"
        )
        ds.InstanceNumber, ds.SliceLocation = n + 1, f"{n * 1.25:.2f}"
        ds.ImagePositionPatient = [-158.0, -179.0, n * 1.25]
        ds.save_as(folder / f"IM{n:04d}.dcm")


def peers(args: argparse.Namespace, scratch: Path) -> Path | None:
    """The interpreter of a virtual environment with the peers, or None."""
    if args.peers_venv:
        return Path(args.peers_venv) / "bin" / "python"
    if not args.peers:
        return None
    venv.create(scratch / "peers", with_pip=True)
    python = scratch / "peers" / "bin" / "python"
    subprocess.run([python, "-m", "pip", "install", "--quiet", *PEERS], check=True)
    return python


def versions(python: Path | None) -> dict[str, str]:
    """Version of each tool; "not measured" for peers without an environment."""
    found = {"pydicom no-op": f"pydicom {version('pydicom')}", "casereport": version("casereport")}
    for name in PEERS:
        ask = f"from importlib.metadata import version as v; print(v({name!r}), 'pydicom', v('pydicom'))"
        done = subprocess.run([python or "false", "-c", ask], capture_output=True, text=True, check=False)
        found[name] = done.stdout.strip() or "not measured"
    return found


Tool = Callable[[Path, Path, Path], command.Cleaned]


def looped(name: str, python: Path | str) -> Tool:
    """A tool that is a Python library, called for every file of a folder."""

    def work(source: Path, out: Path, scratch: Path) -> command.Cleaned:
        out.mkdir()
        return command.measured([str(python), "-c", LOOPS[name], str(source), str(out)], scratch)

    return work


def ours(*words: str) -> Tool:
    """`casereport clean` with these options."""
    return lambda source, out, scratch: command.clean(source, out, *words)  # noqa: ARG005


def speed(args: argparse.Namespace, python: Path | None, scratch: Path) -> list[str]:
    """The table of times."""
    series(scratch / "in", args.slices)
    size = sum(p.stat().st_size for p in (scratch / "in").iterdir()) / 1e6
    tools: list[tuple[str, Tool]] = [
        ("cp -r", lambda s, o, t: command.measured([shutil.which("cp") or "cp", "-r", str(s), str(o)], t)),
        ("pydicom no-op", looped("pydicom no-op", sys.executable)),
        ("casereport clean --jobs 1", ours("-q", "--jobs", "1")),
        ("casereport clean --jobs 2", ours("-q", "--jobs", "2")),
        ("casereport clean, pixels not read, --jobs 1", ours("-q", "--options", "no-pixels", "--jobs", "1")),
        ("casereport clean, pixels not read, --jobs 2", ours("-q", "--options", "no-pixels", "--jobs", "2")),
    ]
    tools += [(name, looped(name, python)) for name in PEERS if python]
    lines = [
        f"{args.slices} CT slices of 512×512 int16, {size:.0f} MB, median of {args.runs} runs, cache warm",
        "",
        "| tool | CPU s | wall s | files per CPU-s | largest process MB |",
        "| --- | ---: | ---: | ---: | ---: |",
    ]
    for name, tool in tools:
        runs = []
        for _ in range(args.runs):
            shutil.rmtree(scratch / "out", ignore_errors=True)
            runs.append(tool(scratch / "in", scratch / "out", scratch))
            made = len([p for p in (scratch / "out").rglob("*") if p.is_file()]) if runs[-1].code == 0 else 0
            if made != args.slices:
                sys.exit(f"{name} made {made} of {args.slices} files (exit code {runs[-1].code})")
        cpu, wall = (statistics.median(getattr(r, what) for r in runs) for what in ("cpu", "wall"))
        rss = max(r.rss for r in runs) / 1e6
        lines.append(f"| {name} | {cpu:.2f} | {wall:.2f} | {args.slices / cpu:.0f} | {rss:.0f} |")
    lines += [f"| {name} | not measured | | | |" for name in PEERS if not python]
    return lines


def planted(python: Path | None, scratch: Path) -> list[str]:
    """The table of leaks and losses on the planted corpus."""
    answers = corpus.build(scratch / "planted")
    tools: list[tuple[str, Tool]] = [("casereport clean", ours("-q"))]
    tools += [(name, looped(name, python)) for name in PEERS if python]
    verdicts = []
    for name, tool in tools:
        run = tool(scratch / "planted", scratch / name, scratch)
        where = score.by_digest(run.report) if run.report else _mirrored(scratch / "planted", scratch / name)
        verdicts.append(score.score(answers, scratch / name, where, run.everything))
    rows = ["| | " + " | ".join(name for name, _ in tools) + " |", "| --- |" + " ---: |" * len(tools)]
    for group in sorted({group for v in verdicts for group in v.checked}):
        rows += [_row(f"leaked: {group}", [f"{v.leaked[group]} of {v.checked[group]}" for v in verdicts])]
    total = " | ".join(f"{100 * v.total(v.leaked) / v.total(v.checked):.2f} %" for v in verdicts)
    rows.append(f"| **leaked, all** | {total} |")
    for group in sorted({group for v in verdicts for group in v.wanted}):
        rows += [_row(f"kept: {group}", [f"{v.percent(group):.1f} %" for v in verdicts])]
    rows.append("| files lost | " + " | ".join(str(len(v.lost) + len(v.unreadable)) for v in verdicts) + " |")
    rows.append("| held back, text in the pixels | " + " | ".join(str(len(v.held)) for v in verdicts) + " |")
    return [
        f"{len(answers.files)} files, {verdicts[0].total(verdicts[0].checked)} canaries checked",
        "",
        *rows,
    ]


def _row(name: str, cells: list[str]) -> str:
    return f"| {name} | {' | '.join(cells)} |"


def _mirrored(source: Path, out: Path) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for path in source.rglob("*"):
        inside = path.relative_to(source)
        if path.is_file() and (out / inside).is_file():
            found.setdefault(hashlib.sha256(path.read_bytes()).hexdigest(), []).append(str(inside))
    return found


def main() -> None:
    """Print the tables as markdown."""
    ask = argparse.ArgumentParser(description=__doc__)
    ask.add_argument("--slices", type=int, default=500)
    ask.add_argument("--runs", type=int, default=3)
    ask.add_argument("--peers-venv", help="a virtual environment that has the peers")
    ask.add_argument("--peers", action="store_true", help="install the peers into a temporary one")
    ask.add_argument("--planted", action="store_true", help="also leaks and losses on the planted corpus")
    args = ask.parse_args()
    with tempfile.TemporaryDirectory(prefix="bench-dicom-") as folder:
        scratch = Path(folder)
        python = peers(args, scratch)
        lines = speed(args, python, scratch) if args.slices else []
        if args.planted:
            lines += ["", *planted(python, scratch)]
        names = ", ".join(f"{name} {number}" for name, number in versions(python).items())
        print("\n".join(lines))
        print(f"\nPython {platform.python_version()}, {os.cpu_count()} processors; {names}")
        print(f"Command: python bench/dicom.py {' '.join(sys.argv[1:])}".rstrip())


if __name__ == "__main__":
    main()
