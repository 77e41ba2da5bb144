"""A server for stock clients: it echoes, counts, and remembers who came and went."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

from aiohttp import web

from server.engine import Limits, SocketServer
from tests.engine.running import PATIENCE_S


class Host:
    """One namespace, ``/``. ``app`` serves it under /socket.io/."""

    def __init__(self, limits: Limits | None = None) -> None:
        self.server = SocketServer(["/"], limits=limits)
        self.came: list[str] = []
        self.left: list[tuple[str, str]] = []
        self.counted: list[int] = []
        self.during: list[tuple[int, bool]] = []
        """Numbers sent during an upgrade, and whether it was over when they arrived."""
        self._news = asyncio.Condition()
        for handler in (self._connect, self._disconnect, self._echo, self._nothing, self._count, self._counted):
            self.server.on(handler.__name__.lstrip("_"), handler)
        for handler in (self._numbers, self._next, self._during):
            self.server.on(handler.__name__.lstrip("_"), handler)
        self.app = web.Application()
        self.server.attach(self.app)

    async def until(self, condition: Callable[[], Any]) -> None:
        """Returns when something that was noted makes it true."""
        async with asyncio.timeout(PATIENCE_S), self._news:
            await self._news.wait_for(condition)

    def is_settled(self, sid: str, transports: str) -> bool:
        """Whether a client has upgraded, if it is to, and its WebSocket or its poll is there."""
        connection = self.server.manager.member(sid, "/").connection
        return connection.upgraded or (transports == "polling" and connection.waiter is not None)

    async def asks(self, sid: str, *question: Any) -> tuple[Any, ...]:
        """What a client acknowledges ``question`` with."""
        answer: asyncio.Future[tuple[Any, ...]] = asyncio.get_running_loop().create_future()
        await self.server.emit("question", question, to=sid, callback=lambda *said: answer.set_result(said))
        return await asyncio.wait_for(answer, PATIENCE_S)

    async def _note(self, where: list[Any], what: Any) -> None:
        async with self._news:
            where.append(what)
            self._news.notify_all()

    async def _connect(self, sid: str, environ: Any, auth: Any) -> None:
        await self._note(self.came, sid)

    async def _disconnect(self, sid: str, reason: str) -> None:
        await self._note(self.left, (sid, reason))

    async def _echo(self, sid: str, *arguments: Any) -> tuple[Any, ...]:
        return arguments

    async def _nothing(self, sid: str) -> None:
        return None

    async def _count(self, sid: str, number: int) -> None:
        await self._note(self.counted, number)

    async def _counted(self, sid: str) -> tuple[int, ...]:
        return tuple(self.counted)

    async def _numbers(self, sid: str, most: int) -> None:
        for number in range(most):
            await self.server.emit("number", number, to=sid)

    async def _next(self, sid: str, number: int) -> None:
        await self._note(self.counted, number)
        await self.server.emit("number", number, to=sid)

    async def _during(self, sid: str, number: int) -> None:
        member = self.server.manager.member(sid, "/")
        await self._note(self.during, (number, member.connection.upgraded))
