"""EngineServer: python-engineio's server with our connections behind it: the table, session ids, drain."""

from __future__ import annotations

import asyncio
import contextlib
import inspect
import secrets
from collections.abc import Callable, Collection
from typing import Any

import engineio
from aiohttp import web

from server.engine.connection import Connection
from server.engine.counters import Counters
from server.engine.frames import RESTARTING
from server.engine.front import Front
from server.engine.limits import Limits
from server.engine.shared import SERVER_DISCONNECT, SHUTTING_DOWN, Shared

SECRET_BYTES = 15
_HEADERS = ("Cookie", "Origin", "User-Agent", "Authorization", "Accept-Language", "Host")


def socket_peer(request: web.Request) -> str:
    """The address that the socket itself names."""
    return request.remote or ""


class EngineServer(engineio.AsyncServer):  # type: ignore[misc]
    """Engine.IO v4 over aiohttp, bounded and strict.

    ``worker`` heads every session id, so that a proxy can pin requests. ``peer_of(request)`` is the address
    behind trusted proxies. Handlers are registered as python-engineio has it: ``connect``, ``message``,
    ``disconnect``.
    """

    def __init__(
        self,
        *,
        limits: Limits | None = None,
        origins: Collection[str] = (),
        worker: str = "w1",
        peer_of: Callable[[web.Request], str] = socket_peer,
        **options: Any,
    ) -> None:
        limits = limits or Limits()
        options.setdefault("async_mode", "aiohttp")
        super().__init__(
            ping_interval=limits.ping_interval_s,
            ping_timeout=limits.ping_timeout_s,
            max_http_buffer_size=limits.max_payload,
            cors_allowed_origins=sorted(origins),
            http_compression=False,
            monitor_clients=False,
            **options,
        )
        self.limits = limits
        self.worker = worker
        self.house: Shared[Connection] = Shared(limits)
        self.house.receive = self._receive_bare
        self.house.lost = self._lost_bare
        self.sockets = self.house.connections
        self._peer_of = peer_of
        self._has_begun = False
        self._front = Front(
            self.house,
            origins=origins,
            transports=self.transports if self.allow_upgrades else self.transports[:1],
            new_sid=self.generate_id,
            opened=self._opened,
        )

    @property
    def counters(self) -> Counters:
        """What happened so far."""
        return self.house.counters

    def gauge(self) -> dict[str, int]:
        """Connections by transport, and bytes that wait to be sent."""
        websockets = sum(connection.upgraded for connection in self.sockets.values())
        unsent = self.house.outflow.total() if self._has_begun else 0
        return {"websocket": websockets, "polling": len(self.sockets) - websockets, "unsent_bytes": unsent}

    # Doors

    def attach(self, app: web.Application, engineio_path: str = "engine.io") -> None:
        """Answers under ``engineio_path`` of ``app``, and drains when it shuts down."""
        app.router.add_route("*", f"/{engineio_path.strip('/')}/", self.handle_request)
        app.on_shutdown.append(self._shut_down_with)

    async def handle_request(self, request: web.Request) -> web.StreamResponse:
        """One HTTP request."""
        if not self._has_begun:
            self._has_begun = True
            self.house.begin()
        return await self._front.handle(request)

    def generate_id(self) -> str:
        """A new session id: its worker, and 120 random bits. It is a key."""
        return f"{self.worker}.{secrets.token_urlsafe(SECRET_BYTES)}"

    # What python-socketio calls

    async def send(self, sid: str, data: str | bytes) -> None:
        """Sends one message."""
        connection = self.sockets.get(sid)
        if connection is not None:
            connection.push("4" + data if isinstance(data, str) else data)

    async def send_packet(self, sid: str, pkt: Any) -> None:
        """Sends one of python-engineio's own packets."""
        connection = self.sockets.get(sid)
        if connection is not None:
            connection.push(pkt.encode())

    async def get_session(self, sid: str) -> dict[str, Any]:
        """The application's own notes about a connection, also while its end is told. KeyError when it is gone."""
        connection = self.sockets.get(sid) or self.house.ending[sid]
        if connection.session is None:
            connection.session = {}
        return connection.session

    async def disconnect(self, sid: str | None = None) -> None:
        """Closes a connection for real, or all of them."""
        chosen = list(self.sockets.values()) if sid is None else [self.sockets.get(sid)]
        for connection in chosen:
            if connection is not None:
                connection.close(SERVER_DISCONNECT)

    async def shutdown(self) -> None:
        """The same as drain."""
        await self.drain()

    # Drain

    async def drain(self) -> None:
        """Stops, within ten seconds whatever clients do.

        New handshakes are refused; running handlers get their time; everybody is told; what is still unsent
        gets a moment; the rest is cut.
        """
        self.house.draining = True
        if not self._has_begun:
            return
        running = [connection.task for connection in self.sockets.values() if connection.task is not None]
        if running:
            await asyncio.wait(running, timeout=self.limits.drain_s)
        await self._close_all(set(running))
        await self._flushed()
        for link in list(self.house.transports):
            link.cut()
        await self._abandoned()

    async def _close_all(self, running: set[asyncio.Task[None]]) -> None:
        for number, connection in enumerate(list(self.sockets.values()), start=1):
            connection.close(SHUTTING_DOWN, code=RESTARTING)
            if number % self.limits.slice == 0:
                await asyncio.sleep(0)
        for task in running:
            task.cancel()

    async def _flushed(self) -> None:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(self.limits.flush_s):
                while self.house.transports or self.house.tasks or self.house.ending:
                    self.house.ended.clear()
                    await self.house.ended.wait()

    async def _abandoned(self) -> None:
        """Ends what still runs for connections that are closed."""
        tasks = {connection.task for connection in self.house.ending.values() if connection.task is not None}
        for task in tasks:
            task.cancel()
        if tasks:
            await asyncio.wait(tasks, timeout=self.limits.flush_s)

    async def _shut_down_with(self, app: web.Application) -> None:
        await self.drain()

    # Bare Engine.IO: handlers registered with ``on``

    async def _opened(self, connection: Connection, request: web.Request) -> bool:
        handler = self.handlers.get("connect")
        if handler is None:
            return True
        return await _result(handler(connection.sid, self._environ(request))) is not False

    async def _receive_bare(self, connection: Connection, data: str | bytes) -> None:
        handler = self.handlers.get("message")
        if handler is not None:
            await _result(handler(connection.sid, data))

    async def _lost_bare(self, connection: Connection, reason: str) -> None:
        handler = self.handlers.get("disconnect")
        if handler is not None:
            await _result(handler(connection.sid, reason))

    def _environ(self, request: web.Request) -> dict[str, Any]:
        """What a connect handler may ask, under WSGI's names; kept as long as the connection, so it is little."""
        environ: dict[str, Any] = {
            "REQUEST_METHOD": request.method,
            "PATH_INFO": request.path,
            "QUERY_STRING": request.query_string,
            "REMOTE_ADDR": self._peer_of(request),
        }
        for name in _HEADERS:
            value = request.headers.get(name)
            if value is not None:
                environ["HTTP_" + name.upper().replace("-", "_")] = value
        return environ


async def _result(outcome: Any) -> Any:
    return await outcome if inspect.isawaitable(outcome) else outcome
