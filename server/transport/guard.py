"""What stands before every HTTP route: refusals as JSON, headers, and bodies within bounds."""

from __future__ import annotations

import asyncio
import math
from typing import Any, TypeVar

import msgspec
import structlog
from aiohttp import web
from aiohttp.typedefs import Handler

from server.errors import ChatError, Internal, Invalid, NotFound, TooLarge, Unsupported
from server.logs import log_bug
from server.protocol.base import MAX_SAFE_INTEGER, Body, convert, decode_json
from server.protocol.reply import error_body
from server.transport import origins
from server.transport.origins import Origins
from server.transport.peers import Peers
from server.transport.rates import MessageRate

__all__ = [
    "MAX_BODY_BYTES", "MessageRate", "Origins", "Peers", "body_of", "id_in", "install", "query_of", "refusal", "reply",
]  # fmt: skip

MAX_BODY_BYTES = 1_000_000
BODY_TIMEOUT_S = 30

_SECURITY_HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "X-Frame-Options": "SAMEORIGIN",
}
_API_POLICY = "default-src 'none'; frame-ancestors 'none'; sandbox"

_STARTED: web.RequestKey[bool] = web.RequestKey("answer_started", bool)
_log = structlog.get_logger(__name__)

T = TypeVar("T")


def install(app: web.Application, allowed: Origins) -> None:
    """Put the guard before all routes of ``app``."""
    app.middlewares.append(answer_refusals)
    app.middlewares.append(origins.cors(allowed))

    async def add_headers(request: web.Request, response: web.StreamResponse) -> None:
        request[_STARTED] = True
        response.headers["Server"] = "Madang"
        origins.mark(request, response, allowed)
        for name, value in _SECURITY_HEADERS.items():
            response.headers.setdefault(name, value)
        if request.path.startswith("/api/"):
            response.headers.setdefault("Cache-Control", "no-store")
            response.headers.setdefault("Content-Security-Policy", _API_POLICY)

    app.on_response_prepare.append(add_headers)


@web.middleware
async def answer_refusals(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Every refusal becomes the one error object; a bug is logged once and answered as ``internal``."""
    try:
        return await handler(request)
    except ChatError as error:
        failure: Exception = error
        answer = refusal(error)
    except web.HTTPException as error:
        if not request.path.startswith("/api/") or error.status < 400:
            raise
        failure, answer = error, _refusal_of(error)
    except (ConnectionError, asyncio.CancelledError):
        raise  # nobody is there to be answered
    except Exception as error:
        log_bug(_log, "a request failed", error, method=request.method, path=request.path)
        failure, answer = error, refusal(Internal("Something went wrong here. It has been noted."))
    if request.get(_STARTED):
        # Half an answer is out already: a second one behind it would be taken for its end.
        if request.transport:
            request.transport.close()
        raise ConnectionResetError("the answer broke off") from failure
    return answer


def refusal(error: ChatError) -> web.Response:
    """The answer to a request that is refused."""
    answer = web.Response(
        body=msgspec.json.encode({"error": error_body(error)}),
        status=error.http_status,
        content_type="application/json",
    )
    if error.retry_after_ms is not None:
        answer.headers["Retry-After"] = str(math.ceil(error.retry_after_ms / 1000))
    if error.http_status == 401:
        answer.headers["WWW-Authenticate"] = "Bearer"
    return answer


def reply(body: Body | None, status: int = 200) -> web.Response:
    """A body of ours as JSON, or nothing at all (204)."""
    if body is None:
        return web.Response(status=204)
    return web.Response(body=msgspec.json.encode(body), status=status, content_type="application/json")


async def body_of(request: web.Request, kind: type[T] | Any) -> T:
    """The request's JSON as a ``kind``. Raises Invalid naming the field, or TooLarge."""
    if (request.content_length or 0) > MAX_BODY_BYTES:
        raise _too_large()
    body = bytearray()
    try:
        async with asyncio.timeout(BODY_TIMEOUT_S):
            async for chunk in request.content.iter_any():
                body += chunk
                if len(body) > MAX_BODY_BYTES:
                    raise _too_large()
    except TimeoutError:
        raise Invalid("The body did not arrive in time.") from None
    except web.RequestPayloadError:
        raise Invalid("The body cannot be read.") from None
    return decode_json(bytes(body), kind)  # type: ignore[no-any-return]


def query_of(request: web.Request, kind: type[T], **fields: Any) -> T:
    """What stands behind the path as a ``kind``, beside ``fields`` that are known. Raises Invalid naming the field."""
    asked = dict(request.query)
    if named := next((name for name in fields if name in asked), None):
        raise Invalid(f"There is no field `{named}` here.", field=named)
    return convert(asked | fields, kind, strict=False)


def id_in(request: web.Request, missing: NotFound) -> int:
    """The number that stands as ``id`` in the path. Raises ``missing`` for what is none."""
    text = request.match_info["id"]
    if text.isascii() and text.isdigit() and len(text) <= 16 and 1 <= int(text) <= MAX_SAFE_INTEGER:
        return int(text)
    raise missing


def _too_large() -> TooLarge:
    return TooLarge(f"The body is too large: at most {MAX_BODY_BYTES} bytes.")


def _refusal_of(error: web.HTTPException) -> web.Response:
    kinds: dict[int, type[ChatError]] = {404: NotFound, 405: Unsupported, 413: TooLarge, 415: Unsupported}
    sentence = {
        404: "There is nothing at this address.",
        405: "This address does not know that method.",
        413: "The body is too large.",
    }.get(error.status, error.reason)
    answer = refusal(kinds.get(error.status, Invalid if error.status < 500 else Internal)(sentence))
    answer.set_status(error.status)
    if "Allow" in error.headers:
        answer.headers["Allow"] = error.headers["Allow"]
    return answer
