"""The built web app: its page for every place in the app, its files, and a clear word when there is none."""

from __future__ import annotations

import mimetypes
import re
from pathlib import Path

import msgspec
from aiohttp import web

from server.errors import ChatError, NotFound, Unsupported
from server.protocol.http import HttpError
from server.protocol.reply import error_body
from server.transport.routes.assets import Asset

PLACES = frozenset(
    {
        "", "c", "search", "notifications", "contacts", "settings", "admin", "sign-in", "create-account", "join",
    }
)  # fmt: skip
"""The first part of every path that the app itself understands."""

API = "/api/{path}"
ANYWHERE = "/{path}"
"""The two patterns here that match whatever no other route does."""

_HOST = re.compile(r"[\w.-]{1,253}(:\d{1,5})?|\[[0-9a-fA-F:.]{2,45}\](:\d{1,5})?", re.ASCII)

mimetypes.add_type("application/manifest+json", ".webmanifest")
mimetypes.add_type("text/javascript", ".js")
mimetypes.add_type("font/woff2", ".woff2")

NOT_BUILT = b"""<!doctype html>
<html lang="en"><meta charset="utf-8"><title>Madang: not built</title>
<h1>The web app has not been built</h1>
<p>The server works, but there is nothing to show here yet. <code>make run</code> builds the app and starts the server;
<code>python tools/build_web.py</code> only builds it, and the server is started again after that.</p>
<p><a href="/docs">The contract with frontends</a> is here already.</p>
</html>
"""

NOT_HERE = b"""<!doctype html>
<html lang="en"><meta charset="utf-8"><title>Madang: not here</title>
<h1>There is nothing at this address</h1><p><a href="/">To the conversations</a></p></html>
"""


def routes(static: Path) -> list[web.RouteDef]:
    """Everything that no other route answers; ``static`` is read once, here."""
    frontend = _Frontend(assets_of(static))
    return [
        web.route("*", _whole(API), frontend.unknown_api),
        web.get(_whole(ANYWHERE), frontend.answer),
    ]


def assets_of(static: Path) -> dict[str, Asset]:
    """The files of the built app by their path; empty when it has not been built.

    They are kept in memory: there are few, they are small, and disks block.
    """
    if not (static / "index.html").is_file():
        return {}
    names = {path.relative_to(static).as_posix(): path for path in sorted(static.rglob("*")) if path.is_file()}
    # What begins with a dot belongs to the build: its manifest and its stamp.
    return {name: _asset(name, path) for name, path in names.items() if "/." not in f"/{name}"}


def content_policy(host: str) -> str:
    """What the app's page may do. Old Safari does not count sockets as ``'self'``: they are named."""
    sockets = f" ws://{host} wss://{host}" if _HOST.fullmatch(host) else ""
    return (
        f"default-src 'self'; img-src 'self' blob: data:; media-src 'self' blob:; connect-src 'self'{sockets}; "
        "frame-ancestors 'none'; object-src 'none'; base-uri 'none'; form-action 'self'"
    )


class _Frontend:
    def __init__(self, assets: dict[str, Asset]) -> None:
        self._assets = assets

    async def unknown_api(self, request: web.Request) -> web.Response:
        """The error object, never a page: whoever asks is a program."""
        if methods := await _methods_elsewhere(request):
            sentence = f"{request.path[:200]} knows {', '.join(methods)}, not {request.method}."
            return _refusal(Unsupported(sentence), 405, {"Allow": ", ".join(methods)})
        return _refusal(NotFound(f"There is no {request.path[:200]} here."), 404, {})

    async def answer(self, request: web.Request) -> web.Response:
        path = request.match_info["path"]
        if (asset := self._assets.get(path)) and path != "index.html":
            return asset.answer(request)
        if path.split("/", 1)[0] not in PLACES:
            return _page(request, NOT_HERE, 404)
        if (index := self._assets.get("index.html")) is None:
            return _page(request, NOT_BUILT, 503)
        response = index.answer(request)
        response.headers.update(_page_headers(request))
        return response


def _whole(pattern: str) -> str:
    """A pattern whose ``path`` may have slashes in it."""
    return pattern.replace("{path}", "{path:.*}")


async def _methods_elsewhere(request: web.Request) -> list[str]:
    """What the other routes would do at this path: it is no unknown path when they know it under another method."""
    known: set[str] = set()
    for resource in request.app.router.resources():
        if resource.canonical not in (API, ANYWHERE):
            _, methods = await resource.resolve(request)
            known |= methods
    return sorted(known)


def _refusal(error: ChatError, status: int, headers: dict[str, str]) -> web.Response:
    body = msgspec.json.encode(HttpError(error=error_body(error)))
    return web.Response(body=body, status=status, content_type="application/json", headers=headers)


def _page(request: web.Request, content: bytes, status: int) -> web.Response:
    headers = {**_page_headers(request), "Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"}
    return web.Response(body=content, status=status, content_type="text/html", charset="utf-8", headers=headers)


def _page_headers(request: web.Request) -> dict[str, str]:
    return {
        "Content-Security-Policy": content_policy(request.host),
        "Referrer-Policy": "same-origin",
        "Cross-Origin-Opener-Policy": "same-origin",
        "X-Frame-Options": "DENY",
    }


def _asset(name: str, path: Path) -> Asset:
    media_type = mimetypes.guess_type(name)[0] or "application/octet-stream"
    # The build names what lies in this folder by its content.
    return Asset.of(path.read_bytes(), media_type, immutable=name.startswith("assets/"))
