"""How the worker is, for whoever operates it: alive, ready, and what it has counted."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

import msgspec
from aiohttp import web

from server import __version__
from server.errors import Forbidden
from server.metrics import CONTENT_TYPE, Metrics
from server.protocol.base import Body
from server.protocol.http import Health, HttpError, Readiness
from server.protocol.reply import error_body


def routes(
    ready: Callable[[], Awaitable[list[str]]],
    may_see: Callable[[web.Request], Awaitable[bool]],
    metrics: Metrics,
    lesser: Callable[[], list[str]] = list,
) -> list[web.RouteDef]:
    """``ready()`` returns what keeps this worker from serving; ``may_see(request)`` guards the counters.

    ``lesser()`` returns what is amiss, but leaves it of use: it is told, and the worker stays ready.
    """

    async def healthz(request: web.Request) -> web.Response:
        return _answer(Health(ok=True, version=__version__))

    async def readyz(request: web.Request) -> web.Response:
        complaints = await ready()
        body = Readiness(ready=not complaints, complaints=[*complaints, *lesser()])
        return _answer(body, status=503 if complaints else 200)

    async def counters(request: web.Request) -> web.Response:
        if not await may_see(request):
            refusal = Forbidden("The counters are for admins, and for this machine (MADANG_METRICS_ACCESS).")
            return _answer(HttpError(error=error_body(refusal)), status=refusal.http_status)
        return web.Response(body=metrics.text(), headers={"Content-Type": CONTENT_TYPE, "Cache-Control": "no-store"})

    return [
        web.get("/healthz", healthz),
        web.get("/readyz", readyz),
        web.get("/metrics", counters),
    ]


def _answer(body: Body, status: int = 200) -> web.Response:
    return web.Response(
        body=msgspec.json.encode(body),
        status=status,
        content_type="application/json",
        headers={"Cache-Control": "no-store"},
    )
