"""Both namespaces on a port of their own, with commands that a test defines and people who need no account."""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import aiohttp
from aiohttp import web
from aiohttp.test_utils import TestServer

from server.metrics import Metrics
from server.protocol.base import Command
from server.realtime.online import Connection, Online
from server.realtime.rooms import CHAT, NOTIFICATIONS
from server.transport.namespace import CommandNamespace
from server.transport.peers import Peers
from server.transport.sockets import LIMITS, SocketServer
from tests.fakes import SteppedClock

PATIENCE_S = 60


class Word(Command):
    """What every command of the small server takes."""

    word: str


class SmallServer:
    """``commands`` by name; ``identify`` and ``welcome`` may be replaced before anybody comes."""

    def __init__(self, **limits: float) -> None:
        self.online = Online(grace_s=0)
        self.metrics = Metrics()
        self.sockets = SocketServer([], Peers().of, replace(LIMITS, **{"auth_s": 60, **limits}))
        self.sockets.counted_by(self.metrics)
        self.commands: dict[str, Callable[[int, Word], Awaitable[Any]]] = {}

    async def identify(self, auth: Any, cookies: str | None, origin: str | None) -> Any:
        return SimpleNamespace(account=SimpleNamespace(id=1), session=SimpleNamespace(id=1))

    async def welcome(self, connection: Connection) -> None:
        await self.sockets.emit("ready", {}, room=connection.sid, namespace=CHAT)

    @contextlib.asynccontextmanager
    async def open(self) -> AsyncIterator[SmallServer]:
        app = web.Application()
        self.sockets.attach(app, socketio_path="socket.io")
        self.namespace = self._namespace(CHAT)
        self._namespace(NOTIFICATIONS)
        async with TestServer(app) as server, aiohttp.ClientSession() as self.http:
            self.url = str(server.make_url("/socket.io/?EIO=4&transport=websocket"))
            yield self
        self.online.close()

    def _namespace(self, name: str) -> CommandNamespace:
        # Looked up at each call: a test replaces them.
        identity: Any = SimpleNamespace(of_handshake=lambda *asked: self.identify(*asked))  # noqa: PLW0108
        return CommandNamespace(
            name,
            sockets=self.sockets,
            identity=identity,
            online=self.online,
            metrics=self.metrics,
            now=SteppedClock(),
            commands={name: (Word, handle) for name, handle in self.commands.items()},
            connection_commands={},
            welcome=lambda connection, recovered: self.welcome(connection),
        )

    @contextlib.asynccontextmanager
    async def wire(self) -> AsyncIterator[Wire]:
        """A WebSocket that has joined nothing yet."""
        async with self.http.ws_connect(self.url) as socket:
            wire = Wire(socket)
            await wire.until("0")
            yield wire

    @contextlib.asynccontextmanager
    async def joined(self) -> AsyncIterator[Wire]:
        """One that has joined /chat and is ready."""
        async with self.wire() as wire:
            await wire.send("40/chat,{}")
            await wire.until('42/chat,["ready"')
            yield wire

    def left_behind(self) -> dict[str, Any]:
        """Everything that the server still keeps of connections; empty when all have gone."""
        manager, online = self.sockets.manager, self.online
        kept = {
            "members": manager._members,
            "rooms": manager._rooms,
            "connections": self.sockets.eio.sockets,
            "environments": self.sockets.environ,
            "online": online._by_sid,
            "people": {one: person for one, person in online._people.items() if person.connections},
        }
        return {name: dict(what) for name, what in kept.items() if what}

    async def until_nothing_is_left(self) -> None:
        """Returns when every connection has been forgotten."""
        async with asyncio.timeout(PATIENCE_S):
            while self.left_behind():  # noqa: ASYNC110 - the library tells nobody when it is done
                await asyncio.sleep(0.005)


class Wire:
    """A WebSocket on which the test writes frames."""

    def __init__(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        self._socket = socket

    async def send(self, *frames: str) -> None:
        for frame in frames:
            await self._socket.send_str(frame)

    async def until(self, head: str) -> str:
        """The first frame to come that begins so."""
        async with asyncio.timeout(PATIENCE_S):
            while True:
                frame = await self._socket.receive()
                assert frame.type == aiohttp.WSMsgType.TEXT, f"the connection ended: {frame}"
                if str(frame.data).startswith(head):
                    return str(frame.data)

    async def reply(self, number: int) -> Any:
        """The one reply to the command of that number."""
        head = f"43/chat,{number}["
        [reply] = json.loads("[" + (await self.until(head)).removeprefix(head))
        return reply

    async def refusal(self) -> Any:
        """What ``connect_error`` carries."""
        return json.loads((await self.until("44/chat,")).removeprefix("44/chat,"))

    async def ended(self) -> None:
        """Returns when the server has closed."""
        async with asyncio.timeout(PATIENCE_S):
            while (await self._socket.receive()).type == aiohttp.WSMsgType.TEXT:
                pass

    async def leave(self) -> None:
        await self._socket.close()
