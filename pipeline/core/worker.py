"""Open one untrusted file in a child process with a memory cap and a time limit.

A 1 MB DICOM file can make pydicom ask for 2 GB; library errors quote the file. So: the child is capped, its
output is thrown away, and only our own value or our own words come back.
"""

from __future__ import annotations

import multiprocessing
import os
import resource
import signal
import sys
from collections.abc import Callable
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from pipeline.core.errors import InputError, OutputError

MEMORY = 1 << 30  # bytes the child may use beyond what the parent has
SECONDS = 120.0


class Refused(Exception):  # noqa: N818 - a decision, not a fault
    """Raised inside a worker to refuse a file in our own words."""


def call(
    function: Callable[..., Any], *args: Any, where: str, memory: int = MEMORY, seconds: float = SECONDS
) -> Any:
    """`function(*args)` in a capped child; the result must be picklable.

    Raises InputError naming `where` (a path inside the case) when the file cannot be read safely, OutputError
    when the disk refused a write.
    """
    context = multiprocessing.get_context("fork")
    ours, theirs = context.Pipe(duplex=False)
    child = context.Process(target=_inside, args=(theirs, memory, seconds, function, args), daemon=True)
    child.start()
    theirs.close()
    try:
        outcome, value = ours.recv() if ours.poll(seconds) else ("slow", None)
    except EOFError:
        outcome, value = "died", None
    finally:
        ours.close()
        child.join(timeout=1)  # it has answered, or it is stuck
        child.kill()
        child.join()
    if outcome == "ok":
        return value
    if outcome == "disk":
        raise OutputError(
            f"cannot write ({value})", fix="free some space or check permissions, then run again"
        )
    words = {
        "slow": f"took longer than {seconds:.0f} s to read; it may be damaged",
        "died": "needs more memory than is safe, or crashed its reader; it may be damaged",
        "memory": "needs more memory than is safe; it may be damaged",
        "refused": str(value),
        "unreadable": "cannot be read; it is damaged or not what its name says",
    }[outcome]
    raise InputError(
        words,
        code="FILE020",
        where=where,
        fix="export the file again from its source, or take it out of the case",
    )


def _inside(
    pipe: Connection, memory: int, seconds: float, function: Callable[..., Any], args: tuple[Any, ...]
) -> None:
    _let_go_of_everything_but(pipe.fileno())
    quiet = os.open(os.devnull, os.O_WRONLY)
    os.dup2(quiet, 1)
    os.dup2(quiet, 2)
    sys.stdout = sys.stderr = os.fdopen(quiet, "w")
    _cap(memory)
    signal.signal(signal.SIGALRM, signal.SIG_DFL)
    signal.setitimer(signal.ITIMER_REAL, seconds + 1)  # ends by itself should the parent be gone by then
    try:
        answer: tuple[str, Any] = ("ok", function(*args))
    except Refused as e:
        answer = ("refused", str(e))
    except MemoryError:
        answer = ("memory", None)
    except OSError as e:  # an errno means the disk; image libraries raise bare OSError for bad pictures
        answer = ("disk", e.strerror) if e.errno else ("unreadable", None)
    except Exception:  # whatever the library calls it; its message may quote the file
        answer = ("unreadable", None)
    try:
        pipe.send(answer)
    finally:
        pipe.close()
        os._exit(0)


def _let_go_of_everything_but(kept: int) -> None:
    """Close every other inherited file: an orphan must not hold the case's lock or the pipe's other end."""
    most = os.sysconf("SC_OPEN_MAX")
    os.closerange(3, kept)
    os.closerange(kept + 1, min(most, 65_536) if most > 0 else 65_536)


def _cap(memory: int) -> None:
    """Limit this process's address space to what it has now plus `memory`, where the OS can."""
    try:
        have = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
    except OSError:  # not Linux
        have = 4 << 30
    hard = resource.getrlimit(resource.RLIMIT_AS)[1]
    limit = have + memory if hard == resource.RLIM_INFINITY else min(have + memory, hard)
    try:
        resource.setrlimit(resource.RLIMIT_AS, (limit, hard))
    except (ValueError, OSError):
        return  # macOS refuses; the time limit and the pixel limits still hold
