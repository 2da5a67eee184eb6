"""The routes of the review page. Pictures have opaque ids: no path of the case is ever part of an address."""

from __future__ import annotations

import hmac
import json
from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager
from functools import partial
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from pipeline.core import resources
from pipeline.core.errors import InputError, PipelineError
from pipeline.review import deeds, sheet, signing, wording
from pipeline.review.desk import Desk
from pipeline.review.guard import ENTER, Keys

STATIC = {
    "desk.css": "text/css",
    **dict.fromkeys(("desk.js", "stage.js", "series.js"), "text/javascript"),
}
LARGEST_WINDOW = 100_000.0  # units of a DICOM window
Life = Callable[[Starlette], AbstractAsyncContextManager[None]]
Action = Callable[[dict[str, Any]], dict[str, Any]]


def build(desk: Desk, keys: Keys, life: Life | None = None) -> Starlette:
    """The application around one desk. Wrap it in a Guard: it checks nothing about who asks."""

    async def enter(request: Request) -> Response:
        """Exchange the one-time link for a cookie, then go to the page.

        A page that moves on by itself, not a redirect: the cookie is SameSite=Strict, a browser would hold it
        back on a redirect from a link clicked in another program.
        """
        if request.method != "GET":  # a program that looks ahead (HEAD) must not use the link up
            return PlainTextResponse("", 405)
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
        """PNG of one picture, "before" (a preview of the original) or "after" (the clean copy itself).

        "size": how large the original is, in pixels as boxes are counted.
        """
        found, side = desk.pictures.get(request.path_params["id"]), request.path_params["side"]
        if found is None or side not in {"before", "after", "size"}:
            return PlainTextResponse("No such picture.", 404)
        try:
            if side == "after":
                return Response(desk.after(found), media_type="image/png")
            shown = desk.before(found, full="full" in request.query_params)
        except InputError as e:
            return PlainTextResponse(f"The original cannot be shown here: it {e.what}.", 422)
        except PipelineError as e:
            return PlainTextResponse(e.what, 409)
        if side == "size":
            return JSONResponse({"wide": shown.wide, "high": shown.high})
        return Response(shown.png, media_type="image/png")

    async def slice_(request: Request) -> Response:
        """PNG of one slice of a series, in the window that is asked for or in its own."""
        try:
            number = request.path_params["number"]
            content = desk.shelf.slice(request.path_params["id"], number, _window(request))
        except KeyError:
            return PlainTextResponse("No such slice.", 404)
        except PipelineError as e:
            return PlainTextResponse(f"This slice cannot be shown here: it {e.what}.", 422)
        return Response(content, media_type="image/png")

    async def all_slices(request: Request) -> Response:
        """PNG of a sheet of small slices."""
        try:
            content = desk.shelf.sheet(request.path_params["id"], request.path_params["page"])
        except KeyError:
            return PlainTextResponse("No such sheet.", 404)
        except PipelineError as e:
            return PlainTextResponse(f"This series cannot be shown here: it {e.what}.", 422)
        return Response(content, media_type="image/png")

    async def state(_: Request) -> Response:
        try:
            return JSONResponse(desk.state())
        except PipelineError as e:
            return JSONResponse({"problem": e.what, "code": e.code, "fix": e.fix}, 409)

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
            Route("/series/{id}/{number:int}", slice_, methods=["GET"]),
            Route("/series/{id}/all/{page:int}", all_slices, methods=["GET"]),
            Route("/state", state, methods=["GET"]),
            Route("/act", _post(partial(deeds.act, desk)), methods=["POST"]),
            Route("/all-no", _post(lambda _: deeds.act_all_no(desk)), methods=["POST"]),
            Route("/boxes", _post(partial(deeds.act_box, desk)), methods=["POST"]),
            Route("/undo", _post(lambda _: deeds.undo(desk)), methods=["POST"]),
            Route("/again", _post(lambda _: desk.make_again()), methods=["POST"]),
            Route("/sign", _post(partial(signing.sign, desk)), methods=["POST"]),
            Route("/countersign", _post(partial(signing.countersign, desk)), methods=["POST"]),
            Route("/alive", _post(lambda _: {}), methods=["POST"]),
        ],
        lifespan=life,
    )


def _window(request: Request) -> tuple[float, float] | None:
    """Centre and width from ?c=40&w=400; anything else is the window of the series."""
    try:
        centre, width = float(request.query_params["c"]), float(request.query_params["w"])
    except (KeyError, ValueError):
        return None
    inside = abs(centre) <= LARGEST_WINDOW and 1 <= width <= LARGEST_WINDOW
    return (centre, width) if inside else None


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
            told = {"problem": e.what, "code": e.code, "fix": e.fix, "again": isinstance(e, wording.Sure)}
            return JSONResponse(told, 409)

    return endpoint
