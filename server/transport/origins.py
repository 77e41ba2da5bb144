"""Which pages may use this server from a browser: one list for HTTP and for the sockets."""

from __future__ import annotations

from collections.abc import Iterable

from aiohttp import web
from aiohttp.typedefs import Handler, Middleware

_METHODS = "GET, HEAD, POST, PUT, PATCH, DELETE"
_EXPOSED = (
    "Content-Disposition, Content-Length, Content-Range, ETag, Location, Retry-After, Tus-Extension, Tus-Max-Size, "
    "Tus-Resumable, Tus-Version, Upload-Expires, Upload-Length, Upload-Metadata, Upload-Offset"
)


class Origins:
    """The allow-list. Forwarded headers never enter the comparison."""

    def __init__(self, allowed: Iterable[str]) -> None:
        self.allowed = frozenset(allowed)

    def allows(self, origin: str) -> bool:
        """Whether a page of this origin, as its browser states it, may use cookies here."""
        return origin in self.allowed


def cors(origins: Origins, skip: str = "/socket.io/") -> Middleware:
    """Answers preflights and marks answers for pages of the listed origins; the sockets' path has its own."""

    @web.middleware
    async def middleware(request: web.Request, handler: Handler) -> web.StreamResponse:
        origin = request.headers.get("Origin")
        if origin is None or request.path.startswith(skip):
            return await handler(request)
        if request.method == "OPTIONS" and "Access-Control-Request-Method" in request.headers:
            return _preflight(request, origins.allows(origin))
        return await handler(request)

    return middleware


def mark(request: web.Request, response: web.StreamResponse, origins: Origins, skip: str = "/socket.io/") -> None:
    """Let the page that asked read the answer, if it is on the list. For every answer, refusals too."""
    if request.path.startswith(skip):
        return
    vary = response.headers.get("Vary")
    response.headers["Vary"] = f"{vary}, Origin" if vary else "Origin"
    origin = request.headers.get("Origin")
    if origin is not None and origins.allows(origin):
        response.headers["Access-Control-Allow-Origin"] = origin
        response.headers["Access-Control-Allow-Credentials"] = "true"
        response.headers["Access-Control-Expose-Headers"] = _EXPOSED


def _preflight(request: web.Request, allowed: bool) -> web.Response:
    if not allowed:
        return web.Response(status=403, text="This origin is not on the server's list (MADANG_ALLOWED_ORIGINS).\n")
    headers = {"Access-Control-Allow-Methods": _METHODS, "Access-Control-Max-Age": "600"}
    if wanted := request.headers.get("Access-Control-Request-Headers"):
        headers["Access-Control-Allow-Headers"] = wanted
    return web.Response(status=204, headers=headers)
