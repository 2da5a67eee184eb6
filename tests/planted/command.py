"""`casereport clean` as a user runs it: exit code, words, report, CPU seconds and memory of all processes."""

from __future__ import annotations

import hashlib
import json
import subprocess
import sys
import tempfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.conftest import ROOT

KEY = "5a" * 32


@dataclass(frozen=True)
class Cleaned:
    """One run of the command."""

    code: int
    out: Path
    said: str  # stdout and stderr
    report: dict[str, Any] = field(repr=False)
    cpu: float = 0.0  # user and system seconds of the whole process tree
    wall: float = 0.0
    rss: int = 0  # bytes of the largest process

    @property
    def everything(self) -> str:
        """All that the command said, report included."""
        return self.said + json.dumps(self.report, ensure_ascii=False)

    def entries(self, state: str) -> list[dict[str, Any]]:
        """Report entries with this state."""
        return [entry for entry in self.report.get("files", []) if entry["state"] == state]


def clean(source: Path, out: Path, *words: str, key: str = KEY) -> Cleaned:
    """Run the command. The report is {} when none was written."""
    with tempfile.TemporaryDirectory() as scratch:
        (Path(scratch) / "key").write_text(key)
        report = Path(scratch) / "report.json"
        args = ["clean", str(source), str(out), "--key", f"{scratch}/key", "--json", str(report), *words]
        run = measured([sys.executable, "-m", "pipeline", *args], Path(scratch))
        said = json.loads(report.read_text(encoding="utf-8")) if report.exists() else {}
    return Cleaned(run.code, out, run.said, said, run.cpu, run.wall, run.rss)


# A process remembers the memory of the one that started it, so a small one starts what is measured.
_LAUNCH = """
import os, sys, time
began = time.perf_counter()
child = os.posix_spawn(sys.argv[2], sys.argv[2:], os.environ)
_, status, used = os.wait4(child, 0)
with open(sys.argv[1], "w") as out:
    print(used.ru_utime + used.ru_stime, time.perf_counter() - began, used.ru_maxrss, file=out)
sys.exit(os.waitstatus_to_exitcode(status) & 255)
"""


def measured(command: list[str], scratch: Path) -> Cleaned:
    """Run a command (by its full path) and measure all its processes: those that were waited for count."""
    words, numbers = scratch / "said", scratch / "numbers"
    with words.open("wb") as log:
        launch = [sys.executable, "-I", "-S", "-c", _LAUNCH, str(numbers), *command]
        done = subprocess.run(launch, stdout=log, stderr=log, cwd=ROOT, stdin=subprocess.DEVNULL, check=False)
    cpu, wall, rss = map(float, numbers.read_text().split())
    said = words.read_text(encoding="utf-8", errors="replace")
    return Cleaned(done.returncode, scratch, said, {}, cpu, wall, int(rss) * 1024)


def digests(folder: Path) -> dict[str, str]:
    """SHA-256 of every file by its path below `folder`."""
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and not path.is_symlink()
    }


def state(folder: Path) -> dict[str, tuple[str, int]]:
    """Digest and time of change of every file."""
    return {name: (digest, (folder / name).stat().st_mtime_ns) for name, digest in digests(folder).items()}
