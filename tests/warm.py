"""A process that has imported everything and forks one child per command, so that no test waits for imports.

Every run is still a process of its own, with its own folder, environment, exit code and output; only Python's
start is shared. Nothing is called before the fork, so no run sees what another left in memory. How a user's
own process starts is shown by the runs with `real=True` (conftest.casereport).
"""

from __future__ import annotations

import atexit
import gc
import importlib
import json
import os
import runpy
import subprocess
import sys
import tempfile
import time
import traceback
from pathlib import Path
from typing import Any

HEAVY = (
    "PIL.Image",
    "gdcm",
    "jinja2",
    "lxml.etree",
    "matplotlib.backends.backend_agg",
    "matplotlib.figure",
    "onnxruntime",
    "pi_heif",
    "pikepdf",
    "pipeline.core.signatures",
    "pipeline.core.dicomview",
    "pipeline.core.opencv",
    "pipeline.deidentify.images",
    "pipeline.flow",
    "pipeline.standalone",
    "pipeline.verbs",
    "pydicom",
    "pydicom.datadict",
    "pyhanko.pdf_utils.reader",
    "pyhanko.sign.diff_analysis",
    "pyhanko.sign.validation",
    "pyhanko.sign.validation.dss",
    "pyhanko_certvalidator",
    "pypandoc",
    "pypdfium2",
    "rapidocr.main",
    "reportlab.pdfgen.canvas",
    "typst",
    "zxingcpp",
)
STARTS = ("PYTHON", "LC_", "LANG", "LD_")  # what Python heeds only when it starts


class Warm:
    """The process, started when first asked."""

    def __init__(self) -> None:
        self._process: subprocess.Popen[bytes] | None = None
        self._env: dict[str, str] = {}

    def takes(self) -> bool:
        """Whether a run with today's environment may be forked."""
        return self._process is None or _start(self._env) == _start(dict(os.environ))

    def run(self, arguments: list[str], cwd: Path, seconds: float) -> tuple[int, str, str]:
        """Exit code, output and errors of `casereport arguments`."""
        if self._process is None or self._process.poll() is not None:
            self._env = dict(os.environ)
            path = os.pathsep.join(
                [str(Path(__file__).parents[1]), *filter(None, [os.environ.get("PYTHONPATH")])]
            )
            self._process = subprocess.Popen(
                [sys.executable, str(Path(__file__))],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                env=os.environ | {"PYTHONPATH": path},
            )
            atexit.register(self._process.communicate)  # an end of its input is the end of it
        with tempfile.TemporaryDirectory() as folder:
            asked = {
                "argv": arguments,
                "cwd": str(cwd),
                "env": dict(os.environ),
                "to": folder,
                "seconds": seconds,
            }
            assert self._process.stdin
            assert self._process.stdout
            self._process.stdin.write(json.dumps(asked).encode() + b"\n")
            self._process.stdin.flush()
            code = json.loads(self._process.stdout.readline())
            if code is None:
                raise subprocess.TimeoutExpired(arguments, seconds)
            out, err = ((Path(folder) / name).read_text(encoding="utf-8") for name in ("out", "err"))
        return code, out, err


def _start(env: dict[str, str]) -> dict[str, str]:
    return {name: value for name, value in env.items() if name.startswith(STARTS) and name != "PYTHONPATH"}


def load() -> None:
    """Import what capped children would each import for themselves."""
    for name in HEAVY:
        importlib.import_module(name)


def serve() -> None:
    """Fork a child for every line of standard input; answer with its exit code, or null: it took too long."""
    load()
    gc.collect()
    gc.freeze()
    for line in sys.stdin.buffer:
        asked = json.loads(line)
        child = os.fork()
        if not child:
            _run(asked)
        print(json.dumps(_code(child, asked["seconds"])), flush=True)


def _code(child: int, seconds: float) -> int | None:
    end, pause = time.monotonic() + seconds, 0.002
    while time.monotonic() < end:
        ended, status = os.waitpid(child, os.WNOHANG)
        if ended:
            return os.waitstatus_to_exitcode(status)
        time.sleep(pause)
        pause = min(0.02, pause * 1.5)
    os.kill(child, 9)
    os.waitpid(child, 0)
    return None


def _run(asked: dict[str, Any]) -> None:
    """Become what `python -m pipeline …` would be in that folder and environment; never returns."""
    code = 1
    try:
        for handle, where, flags in (
            (0, os.devnull, os.O_RDONLY),
            (1, f"{asked['to']}/out", os.O_WRONLY | os.O_CREAT),
            (2, f"{asked['to']}/err", os.O_WRONLY | os.O_CREAT),
        ):
            opened = os.open(where, flags, 0o600)
            os.dup2(opened, handle)
            os.close(opened)
        sys.stdin, sys.stdout, sys.stderr = open(0), open(1, "w"), open(2, "w", buffering=1)  # noqa: SIM115
        os.chdir(asked["cwd"])
        sys.path[0] = asked["cwd"]
        os.environ.clear()
        os.environ.update(asked["env"])
        time.tzset()
        sys.argv = ["casereport", *asked["argv"]]
        runpy.run_module("pipeline", run_name="__main__", alter_sys=True)
    except SystemExit as stop:
        code = stop.code if isinstance(stop.code, int) else int(stop.code is not None)
    except BaseException:
        traceback.print_exc()
    finally:
        atexit._run_exitfuncs()
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)


if __name__ == "__main__":
    serve()
