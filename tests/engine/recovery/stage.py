"""A server whose events are numbered, a recovery that can be held up, and clients that keep pid and offset."""

from __future__ import annotations

import asyncio
import json
from collections import deque
from collections.abc import Awaitable, Callable
from typing import Any

from server.engine import Limits, MemoryRecovery, Missed, Recalled, Recovery, SocketServer
from server.engine.rooms import Member
from tests.engine.running import PATIENCE_S, Poller, Socket, Visitor

ROOM = "room"


class Gate:
    """Where something is held up: ``reached`` says that it is there."""

    def __init__(self) -> None:
        self.reached = asyncio.Event()
        self.open = asyncio.Event()

    async def __call__(self) -> None:
        self.reached.set()
        await self.open.wait()


async def nothing() -> None:
    """Holds nothing up."""


class HeldUp(MemoryRecovery):
    """Does something ``before`` or ``after`` it looks."""

    def __init__(self) -> None:
        super().__init__()
        self.before: dict[str, Callable[[], Awaitable[None]]] = {}
        self.after: dict[str, Callable[[], Awaitable[None]]] = {}

    async def recall(self, namespace: str, pid: str) -> Recalled | None:
        return await self._between("recall", super().recall(namespace, pid))

    async def replay(self, recalled: Recalled, offset: str | None) -> list[Missed] | None:
        return await self._between("replay", super().replay(recalled, offset))

    async def remember(self, member: Member) -> str | None:
        return await self._between("remember", super().remember(member))

    async def _between(self, call: str, answer: Any) -> Any:
        try:
            await self.before.get(call, nothing)()
            result = await answer
        finally:
            answer.close()
        await self.after.get(call, nothing)()
        return result


class Stage:
    """Everybody who joins is in one room; ``welcome(sid)`` runs in the connect handler."""

    def __init__(self, limits: Limits | None = None, recovery: Recovery | None = None) -> None:
        self.memory = HeldUp()
        self.server = SocketServer(["/"], limits=limits, recovery=recovery or self.memory)
        self.happened: list[tuple[str, str, Any]] = []
        self.last = -1
        self.welcome: Callable[[str], Awaitable[Any]] = self._says_hello
        self._news = asyncio.Condition()

        async def connect(sid: str, environ: Any, auth: Any) -> Any:
            await self._note("came", sid, self.server.recalled(sid, "/") is not None)
            await self.server.enter_room(sid, ROOM)
            return await self.welcome(sid)

        async def disconnect(sid: str, reason: str) -> None:
            await self._note("left", sid, reason)

        self.server.on("connect", connect)
        self.server.on("disconnect", disconnect)

    async def _says_hello(self, sid: str) -> None:
        return None

    async def tell(self, count: int = 1) -> None:
        """Emits the next numbers."""
        for _ in range(count):
            self.last += 1
            await self.server.emit("n", self.memory.numbered("n", self.last, room=ROOM), room=ROOM)

    async def finish(self) -> None:
        """Tells everybody that no number follows."""
        await self.server.emit("end", 0, room=ROOM)

    async def _note(self, *what: Any) -> None:
        async with self._news:
            self.happened.append(what)
            self._news.notify_all()

    async def until(self, *what: Any) -> None:
        """Waits until this has happened."""
        async with asyncio.timeout(PATIENCE_S), self._news:
            await self._news.wait_for(lambda: what in self.happened)

    def connected(self) -> list[str]:
        """The session ids of those who are on."""
        return [sid for sid, _ in self.server.manager.get_participants("/", None)]

    def outcomes(self) -> dict[str, int]:
        """What came of attempts to come back."""
        return dict(self.server.counters.recoveries)


class Guest:
    """Comes and goes, and keeps what the stock client keeps: the pid, and the last argument that was text."""

    def __init__(self, visitor: Visitor, transport: str = "websocket") -> None:
        self._visitor = visitor
        self.transport = transport
        self.socket: Socket | None = None
        self._poller: Poller | None = None
        self._packets: deque[str] = deque()
        self.sid = ""
        self.pid: str | None = None
        self.offset: str | None = None
        self.is_recovered = False
        self.reply: dict[str, Any] = {}
        self.heard: list[list[Any]] = []

    @property
    def numbers(self) -> list[int]:
        """The numbered events, as they came."""
        return [arguments[0] for name, *arguments in self.heard if name == "n"]

    async def asks(self) -> None:
        """Opens a connection and says CONNECT with what it has kept."""
        self.socket = self._poller = None
        self._packets.clear()
        kept = {"pid": self.pid, "offset": self.offset} if self.pid else {}
        packet = "40" + json.dumps({name: value for name, value in kept.items() if value is not None})
        if self.transport == "websocket":
            self.socket = await self._visitor.socket()
            await self.socket.says(packet)
        else:
            self._poller = await self._visitor.poller()
            assert await self._poller.post(packet) == (200, "ok")

    async def answered(self) -> None:
        """The reply has come."""
        packet = await self.packet()
        assert packet.startswith("40"), packet
        self.reply = json.loads(packet[2:])
        self.is_recovered = self.pid is not None and self.reply.get("pid") == self.pid
        self.sid, self.pid = self.reply["sid"], self.reply.get("pid")

    async def comes(self) -> None:
        """Joins."""
        await self.asks()
        await self.answered()

    async def hears(self) -> list[Any]:
        """The next event."""
        packet = await self.packet()
        assert packet.startswith("42"), packet
        event: list[Any] = json.loads(packet[2:])
        self.heard.append(event)
        if isinstance(event[-1], str):
            self.offset = event[-1]
        return event

    async def hears_all(self) -> list[int]:
        """The numbers up to the end."""
        while (await self.hears())[0] != "end":
            pass
        return self.numbers

    async def refused(self) -> Any:
        """What it is refused with."""
        packet = await self.packet()
        assert packet.startswith("44"), packet
        return json.loads(packet[2:])

    def goes_away(self) -> None:
        """Without a word: by polling the server cannot know."""
        if self.socket is not None:
            self.socket.cut()
        self.socket = self._poller = None

    async def says_goodbye(self) -> None:
        """By a POST."""
        assert self._poller is not None
        await self._poller.post("1")
        self._poller = None

    async def packet(self) -> str:
        """The next packet of any kind; pings are answered."""
        while True:
            if not self._packets:
                self._packets.extend((await self._read()).split("\x1e"))
            packet = self._packets.popleft()
            if packet != "2":
                return packet
            await (self.socket.says("3") if self.socket else self._poller.post("3"))  # type: ignore[union-attr]

    async def _read(self) -> str:
        if self.socket is not None:
            return str(await self.socket.hears())
        assert self._poller is not None
        return await self._poller.hears()
