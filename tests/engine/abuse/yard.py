"""A bare Engine.IO server that notes what it hears."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from typing import Any

from server.engine.engine_server import EngineServer
from server.engine.limits import Limits
from tests.engine.running import PATIENCE_S, Visitor


class Yard:
    """A server that notes what it hears, and who left why."""

    def __init__(self, limits: Limits, origins: list[str]) -> None:
        self.server = EngineServer(limits=limits, origins=origins)
        self.heard: list[Any] = []
        self.left: list[str] = []
        self.joined: list[dict[str, Any]] = []
        self.gate = asyncio.Event()
        self.gate.set()
        self._news = asyncio.Condition()
        self.server.on("connect", self._connect)
        self.server.on("message", self._message)
        self.server.on("disconnect", self._disconnect)

    async def _connect(self, sid: str, environ: dict[str, Any]) -> None:
        self.joined.append(environ)

    async def _message(self, sid: str, data: Any) -> None:
        await self.gate.wait()
        await self._note(self.heard, data)

    async def _disconnect(self, sid: str, reason: str) -> None:
        await self._note(self.left, reason)

    async def _note(self, notes: list[Any], what: Any) -> None:
        async with self._news:
            notes.append(what)
            self._news.notify_all()

    async def until(self, condition: Callable[[], bool]) -> None:
        """Waits until something noted makes it true."""
        async with asyncio.timeout(PATIENCE_S), self._news:
            await self._news.wait_for(condition)

    @property
    def sid(self) -> str:
        """The only connection's."""
        (sid,) = self.server.sockets
        return str(sid)


Open = Callable[..., AbstractAsyncContextManager[tuple[Yard, Visitor]]]
POLLING = "?EIO=4&transport=polling"
WEBSOCKET = "?EIO=4&transport=websocket"
HANDSHAKE = (
    b"GET /engine.io/?EIO=4&transport=websocket HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\n"
    b"Connection: Upgrade\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n"
)
