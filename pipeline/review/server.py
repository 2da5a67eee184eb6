"""Serve the review page on this machine until it is signed, idle or interrupted.

One process, one thread: previews are made in a forked child, and forking is only safe without other threads.
"""

from __future__ import annotations

import asyncio
import contextlib
import secrets
import socket
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Sequence

import uvicorn
from starlette.applications import Starlette

from pipeline.core.errors import OutputError
from pipeline.core.model import Case, CleanCase, Mark
from pipeline.core.proposal import Query
from pipeline.core.tell import Tell
from pipeline.review import app
from pipeline.review.bound import Held
from pipeline.review.desk import Again, Desk
from pipeline.review.guard import ENTER, Guard, Keys

IDLE = 15 * 60.0  # seconds without a sign of life
CHECK_EVERY = 0.5  # seconds


def serve(
    case: Case,
    clean: CleanCase,
    tell: Tell,
    marks: Sequence[Mark] = (),
    points: Sequence[str] = (),
    queries: Sequence[Query] = (),
    again: Again | None = None,
    *,
    held: Held | None = None,
    browser: bool = True,
    idle: float = IDLE,
) -> bool:
    """Block until signed (True) or idle (False). Ctrl-C raises KeyboardInterrupt. See review.serve."""
    desk = Desk(case, clean, marks, points, queries, again, held)
    with _listen() as listener:
        host = f"127.0.0.1:{listener.getsockname()[1]}"
        keys = Keys(host, link=secrets.token_urlsafe(32), cookie=secrets.token_urlsafe(32))

        @contextlib.asynccontextmanager
        async def life(_: Starlette) -> AsyncIterator[None]:
            link = f"http://{host}{ENTER}{keys.link}"
            tell.say(f"review page (this machine only, the link works once): {link}")
            if browser:
                _open(link)
            watch = asyncio.create_task(_stop_when_done(desk, keys, server, idle))
            yield
            watch.cancel()

        config = uvicorn.Config(
            Guard(app.build(desk, keys, life), keys),
            log_config=None,
            log_level="critical",  # a traceback could quote the case
            access_log=False,
            server_header=False,
            ws="none",
            timeout_graceful_shutdown=2,
        )
        server = uvicorn.Server(config)
        server.run(sockets=[listener])
    if not desk.signed:
        tell.say("review page closed after 15 minutes without a sign of life; decisions so far are kept")
    return desk.signed


def _listen() -> socket.socket:
    """A socket on a free port of 127.0.0.1 only. Raises OutputError when the system gives none."""
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    try:
        listener.bind(("127.0.0.1", 0))
        listener.listen(64)
    except OSError as e:
        listener.close()
        raise OutputError(
            f"no port for the review page ({e.strerror})", fix="close other programs and try again"
        ) from e
    return listener


def _open(link: str) -> None:
    """Start the user's browser in a process of its own: some wait until they are closed."""
    quiet = subprocess.DEVNULL
    subprocess.Popen([sys.executable, "-m", "webbrowser", link], stdin=quiet, stdout=quiet, stderr=quiet)


async def _stop_when_done(desk: Desk, keys: Keys, server: uvicorn.Server, idle: float) -> None:
    """Ask the server to end once the person has signed and read the answer, or has gone away."""
    while not desk.signed and time.monotonic() - keys.touched < idle:
        await asyncio.sleep(CHECK_EVERY)
    await asyncio.sleep(CHECK_EVERY)
    server.should_exit = True
