"""A Socket.IO server with one namespace of plain handlers, one with a decoder, and a list of what happened."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from typing import Any

import msgspec

from server.engine import Limits, SocketServer, Unreadable
from tests.engine.running import PATIENCE_S, Socket, Visitor


class Hall:
    """``/plain`` reads any JSON; ``/typed`` reads one integer and answers what it cannot read."""

    def __init__(self, limits: Limits) -> None:
        self.server = SocketServer(["/plain", "/typed"], limits=limits, unavailable={"message": "unavailable"})
        self.server.read_with("/typed", _one_integer, binary_answer="no bytes here")
        self.happened: list[tuple[Any, ...]] = []
        self.gate = asyncio.Event()
        self.gate.set()
        self.welcome: Callable[[str], Any] = _silent
        self._news = asyncio.Condition()
        for namespace in ("/plain", "/typed"):
            self._serve(namespace)

    def _serve(self, namespace: str) -> None:
        async def connect(sid: str, environ: Any, auth: Any) -> Any:
            await self.server.enter_room(sid, "hall", namespace=namespace)
            return await self.welcome(sid)

        async def disconnect(sid: str, reason: str) -> None:
            await self._note("left", sid, reason)

        async def echo(sid: str, *arguments: Any) -> Any:
            await self._note("echo", *arguments)
            return arguments

        async def wait(sid: str, *arguments: Any) -> Any:
            await self.gate.wait()
            return arguments

        async def raises(sid: str) -> None:
            raise RuntimeError("a bug")

        async def nan(sid: str) -> None:
            await self.server.emit("nan", float("nan"), room="hall", namespace=namespace)

        for handler in (connect, disconnect, echo, wait, raises, nan):
            self.server.on(handler.__name__, handler, namespace)

    async def _note(self, *what: Any) -> None:
        async with self._news:
            self.happened.append(what)
            self._news.notify_all()

    async def until(self, condition: Callable[[], bool]) -> None:
        """Waits until something that happened makes it true."""
        async with asyncio.timeout(PATIENCE_S), self._news:
            await self._news.wait_for(condition)

    @property
    def reasons(self) -> list[str]:
        """Why members left."""
        return [what[2] for what in self.happened if what[0] == "left"]

    @property
    def echoed(self) -> list[Any]:
        """What the echo handler was called with."""
        return [what[1:] for what in self.happened if what[0] == "echo"]


OpenHall = Callable[..., AbstractAsyncContextManager[tuple[Hall, Visitor]]]


async def joined(visitor: Visitor, namespace: str = "/plain") -> tuple[Socket, str]:
    """A WebSocket that has joined; its session id there."""
    socket = await visitor.socket()
    await socket.says(f"40{namespace},")
    reply = await socket.hears_until(f"40{namespace},")
    return socket, json.loads(reply.removeprefix(f"40{namespace},"))["sid"]


async def _silent(sid: str) -> None:
    return None


def _one_integer(event: str, raw: str) -> list[Any]:
    try:
        return list(msgspec.json.decode(raw, type=tuple[str, int])[1:])
    except (msgspec.DecodeError, UnicodeError):
        raise Unreadable({"refused": event}) from None
