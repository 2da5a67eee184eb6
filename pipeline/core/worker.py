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
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from multiprocessing.connection import Connection, wait
from pathlib import Path
from typing import Any

from pipeline.core.errors import MAKE_ROOM, InputError, OutputError

MEMORY = 1 << 30  # bytes the child may use beyond what the parent has
READING = 3 << 30  # the same, where text and faces are looked for: models, and photographs of many megapixels
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
    if outcome == "bug":
        raise RuntimeError(value)
    if outcome == "disk":
        raise OutputError(f"cannot write ({value})", fix=MAKE_ROOM)
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


@dataclass(frozen=True, slots=True)
class Failed:
    """Why one item of `each` gave no answer: "slow", "died", "memory" or "unreadable"."""

    why: str


def each(
    function: Callable[[Any], Any],
    items: Sequence[Any],
    *,
    jobs: int = 1,
    memory: int = MEMORY,
    seconds: Callable[[Any], float] = lambda _: SECONDS,
) -> Iterator[tuple[int, Any]]:
    """`(i, function(items[i]))` as answers come, from `jobs` capped children that go on from item to item.

    An item that brings its child down, or takes longer than `seconds(item)`, gives Failed; another child goes
    on. Raises OutputError when the disk refused a write.
    """
    waiting = list(range(len(items) - 1, -1, -1))
    busy: dict[Any, _Child] = {}
    try:
        while waiting or busy:
            while waiting and len(busy) < max(1, jobs):
                child = _Child(function, items, memory)
                child.ask(waiting.pop(), seconds)
                busy[child.pipe] = child
            soonest = min(child.until for child in busy.values())
            ready = wait(list(busy), timeout=max(0.0, soonest - time.monotonic()))
            late = [pipe for pipe, child in busy.items() if pipe not in ready and child.late()]
            for pipe in (*ready, *late):
                child = busy[pipe]
                at = child.at
                outcome, value = child.answer() if pipe in ready else ("slow", None)
                if outcome == "bug":
                    raise RuntimeError(value)
                if outcome == "disk":
                    raise OutputError(f"cannot write ({value})", fix=MAKE_ROOM)
                if outcome in {"slow", "died", "memory"}:
                    child.end()
                    del busy[pipe]
                elif waiting:
                    child.ask(waiting.pop(), seconds)
                else:
                    child.end()
                    del busy[pipe]
                yield at, value if outcome == "ok" else Failed(outcome)
    finally:
        for child in busy.values():
            child.end()


def processors() -> int:
    """How many children can work at once."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


class _Child:
    """One child of `each` and the item it works on."""

    def __init__(self, function: Callable[[Any], Any], items: Sequence[Any], memory: int) -> None:
        context = multiprocessing.get_context("fork")
        self.pipe, theirs = context.Pipe()
        self._process = context.Process(target=_serve, args=(theirs, memory, function, items), daemon=True)
        self._process.start()
        theirs.close()
        self._items = items
        self.at, self.until = -1, 0.0

    def ask(self, at: int, seconds: Callable[[Any], float]) -> None:
        """Give it item `at`."""
        allowed = seconds(self._items[at])
        self.at, self.until = at, time.monotonic() + allowed
        self.pipe.send((at, allowed))

    def late(self) -> bool:
        """Whether it has taken longer than allowed."""
        return time.monotonic() >= self.until

    def answer(self) -> tuple[str, Any]:
        """What became of its item."""
        try:
            outcome: tuple[str, Any] = self.pipe.recv()
        except (EOFError, ConnectionError):
            return "died", None
        return outcome

    def end(self) -> None:
        """Stop it, whatever it does."""
        self.pipe.close()
        self._process.kill()
        self._process.join()


def _serve(pipe: Connection, memory: int, function: Callable[[Any], Any], items: Sequence[Any]) -> None:
    """Answer one item after the other until the parent closes the pipe or is gone."""
    _alone(pipe, memory)
    _keep_freed_memory()
    signal.signal(signal.SIGALRM, signal.SIG_DFL)
    try:
        while True:
            at, seconds = pipe.recv()
            signal.setitimer(
                signal.ITIMER_REAL, seconds + 1
            )  # ends by itself should the parent be gone by then
            pipe.send(_outcome(function, (items[at],)))
    except (EOFError, ConnectionError):
        os._exit(0)


def _alone(pipe: Connection, memory: int) -> None:
    """Let go of everything inherited, be quiet, and stay under the cap."""
    signal.signal(signal.SIGTERM, signal.SIG_DFL)  # tidying up is the parent's
    _let_go_of_everything_but(pipe.fileno())
    quiet = os.open(os.devnull, os.O_WRONLY)
    os.dup2(quiet, 1)
    os.dup2(quiet, 2)
    sys.stdout = sys.stderr = os.fdopen(quiet, "w")
    _cap(memory)


def _outcome(function: Callable[..., Any], args: tuple[Any, ...]) -> tuple[str, Any]:
    try:
        return "ok", function(*args)
    except Refused as e:
        return "refused", str(e)
    except MemoryError:
        return "memory", None
    except OSError as e:  # an errno means the disk; image libraries raise bare OSError for bad pictures
        return ("disk", e.strerror) if e.errno else ("unreadable", None)
    except (ImportError, NameError) as e:  # no file can cause these
        return "bug", type(e).__name__
    except Exception:  # whatever the library calls it; its message may quote the file
        return "unreadable", None


def _inside(
    pipe: Connection, memory: int, seconds: float, function: Callable[..., Any], args: tuple[Any, ...]
) -> None:
    _alone(pipe, memory)
    signal.signal(signal.SIGALRM, signal.SIG_DFL)
    signal.setitimer(signal.ITIMER_REAL, seconds + 1)  # ends by itself should the parent be gone by then
    try:
        pipe.send(_outcome(function, args))
    finally:
        pipe.close()
        os._exit(0)


def _let_go_of_everything_but(kept: int) -> None:
    """Close every other inherited file: an orphan must not hold the case's lock or the pipe's other end."""
    most = os.sysconf("SC_OPEN_MAX")
    os.closerange(3, kept)
    os.closerange(kept + 1, min(most, 65_536) if most > 0 else 65_536)


def _keep_freed_memory() -> None:
    """Use the memory of one picture again for the next: mapping it anew costs as much as looking at it."""
    if sys.platform != "linux":
        return
    import ctypes

    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)  # glibc has it, musl does not
    if mallopt is not None:
        mallopt(-1, 1 << 28)  # M_TRIM_THRESHOLD, bytes
        mallopt(-3, 1 << 25)  # M_MMAP_THRESHOLD, bytes


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
