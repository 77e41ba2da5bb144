"""The outermost middleware: one log line and one count for every HTTP request, without what is secret in it."""

from __future__ import annotations

import asyncio
import logging
import time

import structlog
from aiohttp import web
from aiohttp.typedefs import Handler, Middleware

from server.metrics import Metrics

_log = structlog.get_logger("server.access")
# Asked every few seconds by machines, or as long as a connection lives: of interest only when looking for trouble.
_QUIET = ("/socket.io", "/healthz", "/readyz", "/metrics", "/assets/", "/api/v1/stream", "/api/v1/events")

METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
GONE = 499
"""The status that is noted when the client did not wait for its answer."""


def access(metrics: Metrics) -> Middleware:
    """Counts and logs: method, path without its query, status, milliseconds."""

    @web.middleware
    async def middleware(request: web.Request, handler: Handler) -> web.StreamResponse:
        started = time.perf_counter()
        status = 500
        try:
            response = await handler(request)
            status = response.status
            return response
        except web.HTTPException as answer:
            status = answer.status
            raise
        except asyncio.CancelledError:
            status = GONE
            raise
        finally:
            seconds = time.perf_counter() - started
            method = request.method if request.method in METHODS else "other"
            metrics.request(route_of(request), method, status, seconds)
            level = logging.DEBUG if request.path.startswith(_QUIET) and status < 500 else logging.INFO
            _log.log(
                level,
                "request",
                method=method,
                path=shown_path(request.path),
                status=status,
                ms=round(seconds * 1000, 1),
            )

    return middleware


def route_of(request: web.Request) -> str:
    """The pattern that the path was matched by: a label of which there are few, whatever is asked for."""
    resource = request.match_info.route.resource
    return resource.canonical if resource is not None else "none"


def shown_path(path: str) -> str:
    """The path without what opens something: the code of an invitation."""
    head, _, code = path.partition("/join/")
    return f"{head}/join/[masked]" if code else path
