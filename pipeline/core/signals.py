"""A request to end is answered like Ctrl-C: what is half-written is removed first."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import NoReturn

ENDING = (signal.SIGTERM, signal.SIGHUP)  # the system goes down or kill asks; the terminal was closed


@contextmanager
def heeded() -> Iterator[None]:
    """Inside, these signals raise KeyboardInterrupt, unless whoever started us has them ignored (nohup)."""
    if threading.current_thread() is not threading.main_thread():  # only that one may set handlers
        yield
        return
    before = {number: signal.getsignal(number) for number in ENDING}
    ours = [number for number in ENDING if before[number] is not signal.SIG_IGN]
    for number in ours:
        signal.signal(number, _end)
    try:
        yield
    finally:
        for number in ours:
            signal.signal(number, before[number] or signal.SIG_DFL)


def _end(*_: object) -> NoReturn:
    for number in ENDING:  # asking twice must not disturb the tidying up
        signal.signal(number, signal.SIG_IGN)
    raise KeyboardInterrupt
