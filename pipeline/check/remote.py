"""Ask a public service over HTTPS and get JSON, or a plain "no answer". Used with --online only.

One request at a time with a pause between them, as Crossref and NCBI ask (Crossref REST API, "Etiquette";
NCBI E-utilities, "Frequency": at most three a second). Nothing is kept.
"""

from __future__ import annotations

import http.client
import json
import time
import urllib.error
import urllib.request
from typing import Any
from urllib.parse import urlsplit

from pipeline import __version__
from pipeline.core.errors import UsageError

AGENT = f"casereport/{__version__} (checks reference lists; one request at a time)"
SECONDS = 20.0  # for one answer
LARGEST = 8_000_000  # bytes of one answer; the longest Crossref records have 2 MB
ATTEMPTS = 3
LONGEST_WAIT = 30.0  # seconds, whatever a service asks for
GAP = 0.4  # seconds between two requests
AGAIN = {429, 500, 502, 503, 504}  # answers that may be different a little later
LOOPBACK = {"127.0.0.1", "localhost", "::1"}
GIVE_UP = 2  # requests without an answer, one after the other: the service is not asked again


class NoAnswerError(Exception):
    """The service did not answer, or with something else than it should."""


class Service:
    """A service and the address its paths begin with. Raises UsageError unless that is https."""

    def __init__(self, name: str, base: str, *, pause: float = 1.0, seconds: float = SECONDS) -> None:
        split = urlsplit(base)
        here = split.hostname in LOOPBACK
        if split.scheme != "https" and not (split.scheme == "http" and here):
            raise UsageError(
                f"{name} is asked over https only", fix="write an address that begins with https://"
            )
        self.name, self._base, self._host = name, base.rstrip("/"), split.netloc
        self._pause, self._seconds = pause, seconds
        self._silent = 0
        self._asked = 0.0
        proxy = [urllib.request.ProxyHandler({})] if here else []
        self._opener = urllib.request.build_opener(_SameHost(split.netloc), *proxy)

    def ask(self, path: str) -> Any:
        """The JSON at `path`, None when there is no such thing (404). Raises NoAnswerError."""
        if self._silent >= GIVE_UP:
            raise NoAnswerError
        for attempt in range(ATTEMPTS):
            try:
                found = self._once(path)
            except _LaterError as later:
                if attempt + 1 < ATTEMPTS:
                    time.sleep(min(later.seconds or self._pause * 2**attempt, LONGEST_WAIT))
            except NoAnswerError:
                break
            else:
                self._silent = 0
                return found
        self._silent += 1
        raise NoAnswerError

    def _once(self, path: str) -> Any:
        time.sleep(max(0.0, self._asked + min(GAP, self._pause) - time.monotonic()))
        self._asked = time.monotonic()
        headers = {"User-Agent": AGENT, "Accept": "application/json"}
        request = urllib.request.Request(self._base + path, headers=headers)  # noqa: S310 - https, or this computer
        try:
            with self._opener.open(request, timeout=self._seconds) as answer:
                content = self._read(answer)
        except urllib.error.HTTPError as e:
            with e:
                if e.code == 404:
                    return None
                if e.code in AGAIN:
                    after = e.headers.get("Retry-After", "")
                    raise _LaterError(float(after) if after.isdigit() else 0.0) from None
            raise NoAnswerError from None
        except (OSError, http.client.HTTPException):  # refused, timed out, broken off
            raise _LaterError(0.0) from None
        try:
            found = json.loads(content)
        except (ValueError, RecursionError):
            raise NoAnswerError from None
        if found is None:
            raise NoAnswerError
        return found

    def _read(self, answer: Any) -> bytes:
        """The whole answer, unless it is too long or comes too slowly."""
        until = time.monotonic() + self._seconds
        content = b""
        while piece := answer.read1(1 << 16):
            content += piece
            if len(content) > LARGEST or time.monotonic() > until:
                raise NoAnswerError
        return content


class _LaterError(Exception):
    """Worth asking again, after so many seconds if the service said so."""

    def __init__(self, seconds: float) -> None:
        super().__init__()
        self.seconds = seconds


class _SameHost(urllib.request.HTTPRedirectHandler):
    """Follows a redirection only to the same host and scheme; any other is no answer."""

    def __init__(self, host: str) -> None:
        self._host = host

    def redirect_request(self, req: Any, fp: Any, code: Any, msg: Any, headers: Any, newurl: str) -> Any:
        split = urlsplit(newurl)
        if (split.scheme, split.netloc) != (req.type, self._host):
            raise NoAnswerError
        return super().redirect_request(req, fp, code, msg, headers, newurl)
