"""The routes of the review page. Pictures have opaque ids: no path of the case is ever part of an address."""

from __future__ import annotations

import hmac
import json
from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from pipeline.core import resources
from pipeline.core.errors import InputError, PipelineError
from pipeline.review import sheet
from pipeline.review.desk import Desk
from pipeline.review.guard import ENTER, Keys

STATIC = {"desk.css": "text/css", "desk.js": "text/javascript"}
Life = Callable[[Starlette], AbstractAsyncContextManager[None]]
Action = Callable[[dict[str, Any]], dict[str, Any]]


def build(desk: Desk, keys: Keys, life: Life | None = None) -> Starlette:
    """The application around one desk. Wrap it in a Guard: it checks nothing about who asks."""

    async def enter(request: Request) -> Response:
        """Exchange the one-time link for a cookie, then go to the page.

        A page that moves on by itself, not a redirect: the cookie is SameSite=Strict, a browser would hold it
        back on a redirect from a link clicked in another program.
        """
        right = hmac.compare_digest(request.path_params["link"].encode(), keys.link.encode())
        if keys.link_used or not right:
            words = (
                "This link has been used, or is not the one that was printed. Run casereport review again."
            )
            return PlainTextResponse(words, 403)
        keys.link_used = True
        answer = HTMLResponse(
            '<!doctype html><title>Review</title><meta http-equiv="refresh" content="0;url=/">'
        )
        answer.set_cookie(keys.cookie_name, keys.cookie, httponly=True, samesite="strict", path="/")
        return answer

    async def page(_: Request) -> Response:
        return HTMLResponse(sheet.render(desk))

    async def static(request: Request) -> Response:
        name = request.path_params["name"]
        if name not in STATIC:
            return PlainTextResponse("No such file.", 404)
        return Response(resources.text(f"templates/review/{name}"), media_type=STATIC[name])

    async def picture(request: Request) -> Response:
        """PNG of one picture, "before" (a preview of the original) or "after" (the clean copy itself)."""
        found, side = desk.pictures.get(request.path_params["id"]), request.path_params["side"]
        if found is None or side not in {"before", "after"}:
            return PlainTextResponse("No such picture.", 404)
        try:
            content = desk.before(found) if side == "before" else desk.after(found)
        except InputError as e:
            return PlainTextResponse(f"The original cannot be shown here: it {e.what}.", 422)
        except PipelineError as e:
            return PlainTextResponse(e.what, 409)
        return Response(content, media_type="image/png")

    async def box(request: Request) -> Response:
        """PNG of one box of the signed consent form, by its number."""
        number = request.path_params["number"]
        if number >= len(desk.marks) or not desk.marks[number].picture:
            return PlainTextResponse("No such box.", 404)
        return Response(desk.marks[number].picture, media_type="image/png")

    return Starlette(
        routes=[
            Route(ENTER + "{link}", enter, methods=["GET"]),
            Route("/", page, methods=["GET"]),
            Route("/static/{name}", static, methods=["GET"]),
            Route("/picture/{id}/{side}", picture, methods=["GET"]),
            Route("/box/{number:int}", box, methods=["GET"]),
            Route("/decide", _post(desk.decide), methods=["POST"]),
            Route("/sign", _post(desk.sign), methods=["POST"]),
            Route("/alive", _post(lambda _: {}), methods=["POST"]),
        ],
        lifespan=life,
    )


def _post(action: Action) -> Callable[[Request], Awaitable[Response]]:
    """A JSON object in, a JSON object out; what the action refuses comes back as 4xx with its words."""

    async def endpoint(request: Request) -> Response:
        try:
            said = json.loads(await request.body() or b"null")
        except (ValueError, RecursionError):
            said = None
        if not isinstance(said, dict):
            return JSONResponse({"problem": "not understood"}, 400)
        try:
            return JSONResponse(action(said))
        except PipelineError as e:
            return JSONResponse({"problem": e.what, "code": e.code, "fix": e.fix}, 409)

    return endpoint
