"""The contract, served: a page for people, and OpenAPI and AsyncAPI for programs. Nothing comes from elsewhere."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Awaitable, Callable

import msgspec
from aiohttp import web

from server.protocol.schema.asyncapi import asyncapi
from server.protocol.schema.openapi import openapi
from server.protocol.schema.page import STYLE, page
from server.transport.routes.assets import Asset

_STYLE_HASH = base64.b64encode(hashlib.sha256(STYLE.encode()).digest()).decode()

PAGE_POLICY = (
    f"default-src 'none'; style-src 'sha256-{_STYLE_HASH}'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)


def routes() -> list[web.RouteDef]:
    """``/docs`` and the two documents; all are made once, here."""
    return [
        web.get("/docs", _served(page().encode(), "text/html", {"Content-Security-Policy": PAGE_POLICY})),
        web.get("/docs/openapi.json", _served(_pretty(openapi()), "application/json", {})),
        web.get("/docs/asyncapi.json", _served(_pretty(asyncapi()), "application/json", {})),
    ]


def _pretty(document: object) -> bytes:
    return msgspec.json.format(msgspec.json.encode(document), indent=2)


def _served(
    content: bytes, media_type: str, headers: dict[str, str]
) -> Callable[[web.Request], Awaitable[web.Response]]:
    asset = Asset.of(content, media_type)

    async def answer(request: web.Request) -> web.Response:
        response = asset.answer(request)
        response.headers.update(headers)
        return response

    return answer
