"""The HTTP half of Engine.IO: who may come in, handshake, poll, post, upgrade, refusals."""

from __future__ import annotations

import asyncio
import base64
import binascii
import contextlib
import hashlib
import json
import socket
from collections.abc import Awaitable, Callable, Collection
from typing import Any

from aiohttp import web

from server.engine.connection import POLLING, UPGRADING, WEBSOCKET, Connection
from server.engine.frames import POLICY, close_frame, frame
from server.engine.link import WebSocketLink
from server.engine.payload import CLOSE, NOOP, SEPARATOR
from server.engine.shared import PING_TIMEOUT, SERVER_DISCONNECT, TRANSPORT_CLOSE, TRANSPORT_ERROR, Shared

_GUID = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
_WRITE_HIGH = 65536
_FOR_PAGES = ("Access-Control-Allow-Origin", "Access-Control-Allow-Credentials")
# The words and numbers of the protocol's own server; clients show them.
UNKNOWN_TRANSPORT = (0, "Transport unknown")
UNKNOWN_SESSION = (1, "Session ID unknown")
BAD_METHOD = (2, "Bad handshake method")
BAD_REQUEST = (3, "Bad request")
FORBIDDEN = (4, "Forbidden")
BAD_VERSION = (5, "Unsupported protocol version")

Opened = Callable[[Connection, web.Request], Awaitable[bool]]


class Front:
    """Answers every request under the Engine.IO path.

    ``origins`` are those whose pages may talk to us, ``*`` among them for all; a request without an origin
    is nobody's page. ``opened(connection, request)`` says whether a new connection is welcome.
    """

    def __init__(
        self,
        house: Shared[Connection],
        *,
        origins: Collection[str],
        transports: Collection[str],
        new_sid: Callable[[], str],
        opened: Opened,
    ) -> None:
        self._shared = house
        self._origins = frozenset(origins)
        self._transports = frozenset(transports)
        self._new_sid = new_sid
        self._opened = opened

    async def handle(self, request: web.Request) -> web.StreamResponse:
        """One request of any kind."""
        origin = request.headers.get("Origin")
        if origin is not None and "*" not in self._origins and origin not in self._origins:
            return self._foreign(request)
        if request.method == "OPTIONS":
            return _preflight(request)
        transport = request.query.get("transport")
        if transport not in self._transports:
            return self._refused(request, 400, UNKNOWN_TRANSPORT)
        sid = request.query.get("sid")
        if sid is None:
            return await self._handshake(request, transport)
        connection = self._alive(sid)
        if connection is None:
            return self._unknown(request, transport, sid)
        if transport == "websocket":
            return await self._second_transport(request, connection)
        if connection.state == WEBSOCKET:
            return self._refused(request, 400, BAD_REQUEST)
        if request.method == "GET":
            return await self._poll(request, connection)
        if request.method == "POST":
            return await self._post(request, connection)
        return self._refused(request, 400, BAD_METHOD)

    def _alive(self, sid: str) -> Connection | None:
        connection = self._shared.connections.get(sid)
        if connection is not None and connection.is_overdue(self._shared.loop.time()):
            connection.close(PING_TIMEOUT)
            return None
        return connection

    def _unknown(self, request: web.Request, transport: str, sid: str) -> web.Response:
        if request.method == "GET" and transport == "polling" and (words := self._shared.last_words(sid)):
            return _answer(request, words)
        return self._refused(request, 400, UNKNOWN_SESSION)

    # Handshake

    async def _handshake(self, request: web.Request, transport: str) -> web.StreamResponse:
        if request.method != "GET":
            return self._refused(request, 400, BAD_METHOD)
        if request.query.get("EIO") != "4":
            return self._refused(request, 400, BAD_VERSION)
        if (transport == "websocket") != _wants_websocket(request):
            return self._refused(request, 400, BAD_REQUEST)
        accept = _accept_key(request) if transport == "websocket" else b""
        if accept is None:
            return self._refused(request, 400, BAD_REQUEST)
        if self._shared.draining:
            return self._refused(request, 503, (BAD_REQUEST[0], "Restarting"), named="draining")
        if len(self._shared.connections) >= self._shared.limits.max_connections:
            return self._refused(request, 503, (BAD_REQUEST[0], "Full"), named="full")
        connection = Connection(self._shared, self._new_sid())
        self._shared.connections[connection.sid] = connection
        try:
            is_welcome = await self._opened(connection, request)
        except BaseException:
            connection.close(SERVER_DISCONNECT)
            raise
        if not is_welcome:
            connection.close(SERVER_DISCONNECT)
            return self._refused(request, 403, FORBIDDEN)
        self._shared.counters.opened[transport] += 1
        hello = self._hello(connection.sid, transport)
        if transport == "polling":
            return _answer(request, hello)
        return await self._websocket(request, connection, accept, frame(hello.encode()))

    def _hello(self, sid: str, transport: str) -> str:
        limits = self._shared.limits
        upgrades = ["websocket"] if transport == "polling" and "websocket" in self._transports else []
        words = {
            "sid": sid,
            "upgrades": upgrades,
            "pingInterval": round(limits.ping_interval_s * 1000),
            "pingTimeout": round(limits.ping_timeout_s * 1000),
            "maxPayload": limits.max_payload,
        }
        return "0" + json.dumps(words, separators=(",", ":"))

    # Polling

    async def _poll(self, request: web.Request, connection: Connection) -> web.Response:
        if connection.probed:
            return _answer(request, NOOP)
        if connection.waiter is not None:
            # Also when the first has been given up: no client asks again, and who does may have missed something.
            self._shared.counters.faults["second poll"] += 1
            connection.end_poll(CLOSE)
            connection.close(TRANSPORT_ERROR)
            return self._refused(request, 400, BAD_REQUEST)
        if connection.unread():
            # Nobody asks again who has not read the last answer; it would cost as much as they like.
            connection.too_slow()
            return self._refused(request, 400, BAD_REQUEST)
        waiter = connection.poll(lambda: request.transport)
        try:
            answer = await waiter
        except asyncio.CancelledError:
            connection.close(TRANSPORT_CLOSE)
            raise
        response = _answer(request, answer)
        try:
            if request.transport is not None and len(answer) > _WRITE_HIGH:
                _size_send_buffer(request.transport, self._shared.limits.send_buffer)
            await response.prepare(request)
            await response.write_eof()
        except ConnectionError:
            if answer != NOOP:
                connection.close(TRANSPORT_CLOSE)  # gone since: what it was to get is lost, and must not be a gap
        return response

    async def _post(self, request: web.Request, connection: Connection) -> web.Response:
        if request.headers.get("Content-Encoding", "identity") != "identity":
            return self._refused(request, 415, BAD_REQUEST)
        if connection.posting:
            self._shared.counters.faults["second post"] += 1
            connection.close(TRANSPORT_ERROR)
            return self._refused(request, 400, BAD_REQUEST)
        connection.posting = True
        try:
            packets = await self._packets(request, connection)
            if not self._delivered(connection, packets):
                await connection.idle(self._shared.limits.body_s)
                connection.broke("a packet in a POST is none")
                return self._refused(request, 400, BAD_REQUEST)
            await connection.room()
        except _TooLarge:
            return self._broken_off(request, connection, 413)
        except TimeoutError:
            return await _hung_up(request, self._broken_off(request, connection, 400))
        except (ValueError, ConnectionError, web.HTTPException, web.RequestPayloadError):
            return self._broken_off(request, connection, 400)
        finally:
            connection.posting = False
        return _answer(request, "ok")

    @staticmethod
    def _delivered(connection: Connection, packets: list[str]) -> bool:
        return all(connection.received(packet) for packet in packets)

    async def _packets(self, request: web.Request, connection: Connection) -> list[str]:
        """The packets of a whole body. Raises _TooLarge, ValueError, TimeoutError."""
        limits = self._shared.limits
        announced = request.content_length
        if announced is not None and announced > limits.max_payload:
            raise _TooLarge
        body = bytearray()
        async with asyncio.timeout(limits.body_s) as deadline:
            connection.body = deadline
            try:
                async for chunk in request.content.iter_any():
                    body += chunk
                    if len(body) > limits.max_payload:
                        raise _TooLarge
            finally:
                connection.body = None
        if not body or (announced is not None and len(body) < announced):
            raise ValueError("the body is cut short")
        packets = body.decode().split(SEPARATOR)
        if len(packets) > limits.max_packets:
            raise ValueError("too many packets")
        return packets

    def _broken_off(self, request: web.Request, connection: Connection, status: int) -> web.Response:
        if not connection.closed:
            self._shared.counters.faults["body"] += 1
        connection.close(TRANSPORT_ERROR)
        response = self._refused(request, status, BAD_REQUEST)
        response.force_close()
        return response

    # WebSocket

    async def _second_transport(self, request: web.Request, connection: Connection) -> web.StreamResponse:
        accept = _accept_key(request) if _wants_websocket(request) else None
        if request.method != "GET" or accept is None:
            return self._refused(request, 400, BAD_REQUEST)
        if connection.state != POLLING:
            # A plain refusal raises in the clients that ask twice: accepted, and closed.
            if request.transport is not None:
                request.transport.write(_switching(accept) + close_frame(POLICY))
                request.transport.close()
            return web.Response()
        connection.state = UPGRADING
        return await self._websocket(request, connection, accept, b"")

    async def _websocket(
        self, request: web.Request, connection: Connection, accept: bytes, hello: bytes
    ) -> web.StreamResponse:
        transport = request.transport
        probing = connection.state == UPGRADING
        if transport is None or transport.is_closing() or connection.closed:
            if probing:
                connection.state = POLLING
            else:
                connection.close(TRANSPORT_CLOSE)
            return web.Response()
        link = WebSocketLink(self._shared, transport, connection, probing=probing)
        connection.link = link
        if not probing:
            connection.state = WEBSOCKET
        _size_send_buffer(transport, self._shared.limits.send_buffer)
        transport.write(_switching(accept) + hello)
        return await self._handed_over(request, transport, link)

    async def _handed_over(
        self, request: web.Request, transport: asyncio.Transport, link: WebSocketLink
    ) -> web.StreamResponse:
        protocol: Any = request.protocol
        if not self._shared.limits.take_over:
            link.ended = self._shared.loop.create_future()
            protocol.keep_alive(False)
            protocol.set_parser(link)
            await link.ended
            return web.Response()
        transport.set_write_buffer_limits(high=_WRITE_HIGH)
        transport.set_protocol(link)
        # Hands over bytes that came right behind the request.
        protocol.set_parser(link)
        protocol.transport = None
        protocol.connection_lost(None)
        # Never written: aiohttp believes that the client has gone, and ends its task.
        return web.Response()

    def _foreign(self, request: web.Request) -> web.Response:
        response = self._refused(request, 403, FORBIDDEN, named="origin")
        for name in _FOR_PAGES:
            response.headers.pop(name, None)
        return response

    def _refused(
        self, request: web.Request, status: int, why: tuple[int, str], *, named: str | None = None
    ) -> web.Response:
        code, message = why
        self._shared.counters.refused[named or message.lower()] += 1
        return _answer(request, json.dumps({"code": code, "message": message}), status, "application/json")


class _TooLarge(Exception):
    pass


def _answer(request: web.Request, text: str, status: int = 200, kind: str = "text/plain") -> web.Response:
    response = web.Response(text=text, status=status, content_type=kind, charset="UTF-8")
    response.headers["Cache-Control"] = "no-store"
    _allow_origin(request, response)
    return response


async def _hung_up(request: web.Request, response: web.Response) -> web.Response:
    """Sends the answer and closes: aiohttp would wait ten seconds more for the rest of the body."""
    with contextlib.suppress(ConnectionError):  # it may have gone without waiting for an answer
        await response.prepare(request)
        await response.write_eof()
    if request.transport is not None:
        request.transport.close()
    return response


def _allow_origin(request: web.Request, response: web.Response) -> None:
    origin = request.headers.get("Origin")
    if origin is not None:
        response.headers["Access-Control-Allow-Origin"] = origin
        response.headers["Access-Control-Allow-Credentials"] = "true"
        response.headers["Vary"] = "Origin"


def _preflight(request: web.Request) -> web.Response:
    response = web.Response(status=204)
    _allow_origin(request, response)
    response.headers["Access-Control-Allow-Methods"] = "GET, POST"
    # A listed page may send headers of its own, as stock clients let it.
    wanted = request.headers.get("Access-Control-Request-Headers", "Content-Type")
    response.headers["Access-Control-Allow-Headers"] = wanted
    response.headers["Access-Control-Max-Age"] = "86400"
    return response


def _wants_websocket(request: web.Request) -> bool:
    return request.headers.get("Upgrade", "").lower() == "websocket"


def _accept_key(request: web.Request) -> bytes | None:
    """What answers a sound WebSocket handshake (RFC 6455, 4.2), or None."""
    key = request.headers.get("Sec-WebSocket-Key", "")
    try:
        is_sound = len(base64.b64decode(key, validate=True)) == 16
    except (binascii.Error, ValueError):
        is_sound = False
    if not is_sound or request.headers.get("Sec-WebSocket-Version") != "13" or request.version < (1, 1):
        return None
    if "upgrade" not in request.headers.get("Connection", "").lower():
        return None
    return base64.b64encode(hashlib.sha1(key.encode() + _GUID).digest())


def _switching(accept: bytes) -> bytes:
    return (
        b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        b"Sec-WebSocket-Accept: " + accept + b"\r\n\r\n"
    )


def _size_send_buffer(transport: asyncio.Transport, size: int) -> None:
    """What the kernel may keep for a reader that does not read comes on top of our own bound."""
    wire = transport.get_extra_info("socket")
    if wire is not None:
        wire.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, size)
