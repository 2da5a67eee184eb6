"""Who may talk to the review page: this browser, on this machine, from this page. Nobody else gets anything.

Any website a doctor visits can send requests to 127.0.0.1, and a rebound name can read the answers. So: the
exact Host (against rebinding), a one-time link exchanged for a cookie (against other programs), SameSite and
the exact Origin (against other sites), a small body, and headers that keep pictures out of caches and frames.
"""

from __future__ import annotations

import hmac
import time
from dataclasses import dataclass, field

from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import cookie_parser
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

MAX_BODY = 64 * 1024  # bytes
ENTER = "/enter/"
HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; img-src 'self'; style-src 'self'; script-src 'self'; connect-src 'self'; "
        "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    ),
    "Cache-Control": "no-store",
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}


@dataclass
class Keys:
    """The secrets of one run. `link` works once; `touched` is the last time the person did anything."""

    host: str  # "127.0.0.1:40213"
    link: str
    cookie: str
    link_used: bool = False
    touched: float = field(default_factory=time.monotonic)

    @property
    def cookie_name(self) -> str:
        """Cookies do not know ports: two pages at once need two names."""
        return f"desk_{self.host.rpartition(':')[2]}"


class Guard:
    """ASGI wrapper that answers 4xx itself unless a request comes from the page it belongs to."""

    def __init__(self, app: ASGIApp, keys: Keys) -> None:
        self.app, self.keys = app, keys

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass on what is allowed, with our headers on every answer."""
        if scope["type"] == "lifespan":
            await self.app(scope, receive, send)
            return
        if scope["type"] != "http":
            await send({"type": "websocket.close", "code": 1008})
            return

        async def dressed(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message).update(HEADERS)
            await send(message)

        if refusal := self._refusal(scope):
            status, words = refusal
            await PlainTextResponse(words, status)(scope, receive, dressed)
            return
        if not scope["path"].startswith(ENTER):
            self.keys.touched = time.monotonic()
        await self.app(scope, receive, dressed)

    def _refusal(self, scope: Scope) -> tuple[int, str] | None:
        """Status and words of the refusal, or None when the request may pass."""
        headers, method, path = Headers(scope=scope), scope["method"], scope["path"]
        entering = path.startswith(ENTER)
        if headers.getlist("host") != [self.keys.host]:
            return 421, "This page answers only under the address that was printed."
        if method not in {"GET", "HEAD", "POST"}:
            return 405, "Not done here."
        if headers.get("sec-fetch-site", "none") not in {"same-origin", "none"} and not entering:
            return 403, "Requests from other sites are refused."
        if not entering and not self._knows_cookie(headers):
            return (
                403,
                "Open the link that casereport review printed. It works once; run it again for a new one.",
            )
        return self._refused_body(headers) if method == "POST" else None

    def _knows_cookie(self, headers: Headers) -> bool:
        given = cookie_parser(headers.get("cookie", "")).get(self.keys.cookie_name, "")
        return hmac.compare_digest(given.encode(), self.keys.cookie.encode())

    def _refused_body(self, headers: Headers) -> tuple[int, str] | None:
        if headers.getlist("origin") != [f"http://{self.keys.host}"]:
            return 403, "Requests from other sites are refused."
        if headers.get("content-type") != "application/json":
            return 415, "JSON only."
        length = headers.get("content-length", "")
        if not length.isascii() or not length.isdigit():
            return 411, "The length of the request must be given."
        if int(length) > MAX_BODY:
            return 413, f"More than {MAX_BODY // 1024} kB."
        return None
