"""The server that is fuzzed: quick handlers, and books that tell what it forgot."""

from __future__ import annotations

import asyncio
import gc
import logging
from collections import Counter
from collections.abc import Sequence
from typing import Any
from urllib.parse import parse_qs

import msgspec
from aiohttp import web

from server.engine import Limits, SocketServer, Unreadable
from server.engine.connection import Connection
from server.engine.link import WebSocketLink
from server.engine.reading import Assembly
from server.engine.recovery import Missed, Recalled
from server.engine.rooms import Member
from server.engine.shared import (
    AUTH_DEADLINE,
    CLIENT_DISCONNECT,
    CLIENT_LEAVES,
    PARSE_ERROR,
    PING_TIMEOUT,
    SERVER_DISCONNECT,
    SLOW_CONSUMER,
    TOO_MANY_ERRORS,
    TRANSPORT_CLOSE,
    TRANSPORT_ERROR,
)
from tests.engine.abuse.streams import MOST, MOST_PACKETS

REASONS = {
    *(AUTH_DEADLINE, CLIENT_DISCONNECT, CLIENT_LEAVES, PARSE_ERROR, PING_TIMEOUT, SERVER_DISCONNECT),
    *(SLOW_CONSUMER, TOO_MANY_ERRORS, TRANSPORT_CLOSE, TRANSPORT_ERROR),
}
COUNTED = (Connection, Member, WebSocketLink, Assembly, asyncio.Task)


class Ring(logging.Handler):
    """A Socket.IO server with ``/plain`` and ``/typed``. ``heard`` counts handler calls by visit.

    As a log handler it notes every error and every traceback among ``faults``; so does the loop.
    """

    def __init__(self, *, take_over: bool) -> None:
        super().__init__(logging.DEBUG)
        limits = Limits(take_over=take_over, max_payload=MOST, max_packets=MOST_PACKETS, out_bytes=100_000)
        self.server = SocketServer(["/plain", "/typed"], limits=limits, recovery=_Known())
        self.server.read_with("/typed", _one_integer, binary_answer="no bytes here")
        self.heard: Counter[int] = Counter()
        self.faults: list[str] = []
        self.let_in: Counter[str] = Counter()
        self.left: Counter[str] = Counter()
        self._visit_of: dict[str, int] = {}
        for namespace in ("/plain", "/typed"):
            self._serve(namespace)
        self.app = web.Application()
        self.server.attach(self.app)

    # What happens

    def emit(self, record: logging.LogRecord) -> None:
        """A line of a log."""
        if record.levelno >= logging.ERROR or record.exc_info:
            self.faults.append(logging.Formatter().format(record))

    def loop_failed(self, _loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        """The loop's handler of exceptions that nobody caught."""
        self.faults.append(f"{context.get('message')}: {context.get('exception')!r}")

    def _serve(self, namespace: str) -> None:
        server = self.server

        async def connect(sid: str, environ: dict[str, Any], auth: Any) -> None:
            self.let_in[sid] += 1
            self._visit_of[sid] = int(parse_qs(environ["QUERY_STRING"]).get("visit", ["-1"])[0])
            await server.enter_room(sid, "ring", namespace=namespace)

        async def disconnect(sid: str, reason: str) -> None:
            self.left[sid] += 1
            if reason not in REASONS:
                self.faults.append(f"somebody left by {reason!r}")

        async def echo(sid: str, *arguments: Any) -> int:
            self._hear(sid)
            return len(arguments)

        async def say(sid: str, *arguments: Any) -> None:
            self._hear(sid)
            await server.emit("said", "x" * 500, room="ring", namespace=namespace)

        async def rest(sid: str, *arguments: Any) -> None:
            self._hear(sid)
            await asyncio.sleep(0)

        async def receive_bytes(sid: str, *arguments: Any) -> tuple[Any, ...]:
            self._hear(sid)
            return tuple(argument for argument in arguments if isinstance(argument, bytes))

        async def kick(sid: str, *arguments: Any) -> None:
            self._hear(sid)
            await server.disconnect(sid, namespace=namespace)

        async def close(sid: str, *arguments: Any) -> None:
            self._hear(sid)
            server.disconnect_connection(sid)

        for handler in (connect, disconnect, echo, say, rest, kick, close):
            server.on(handler.__name__, handler, namespace)
        server.on("bytes", receive_bytes, namespace)

    def _hear(self, sid: str) -> None:
        if self.left[sid] >= self.let_in[sid]:
            self.faults.append("an event was handled after its disconnect")
        self.heard[self._visit_of[sid]] += 1

    # What is left

    def is_empty(self) -> bool:
        """Whether nobody is there and nothing goes on."""
        return not self.leftovers()

    def leftovers(self) -> list[str]:
        """What is still there when everybody has gone."""
        house, rooms = self.server.eio.house, self.server.manager
        tables = {
            "connections": house.connections,
            "transports": house.transports,
            "tasks": house.tasks,
            "environ": self.server.environ,
            "members": rooms._members,
            "rooms": rooms._rooms,
            "callbacks": rooms.callbacks,
            "unsent": house.outflow._unsent,
        }
        left = [f"{len(table)} {name}" for name, table in tables.items() if table]
        if house.outflow.unsent_total:
            left.append(f"{house.outflow.unsent_total} bytes counted as unsent")
        return left

    def ghosts(self) -> list[str]:
        """Members without exactly one end, and connections whose books do not balance."""
        # Whoever is recalled comes again under the same sid.
        wrong = [
            f"{sid[:6]} came {times} times and left {self.left[sid]} times"
            for sid, times in self.let_in.items()
            if self.left[sid] != times
        ]
        wrong += [f"{sid[:6]} left and was never in" for sid in self.left if sid not in self.let_in]
        counters = self.server.counters
        opened = counters.opened["websocket"] + counters.opened["polling"]
        if opened != counters.closed.total():
            wrong.append(f"{opened} connections opened, {counters.closed.total()} closed")
        return wrong

    def forget(self) -> None:
        """Begins new books."""
        self.heard.clear()
        self.let_in.clear()
        self.left.clear()
        self._visit_of.clear()


class _Known:
    """A Recovery that knows four sessions, two of them by their sid, and whatever ``o`` numbers they ask for."""

    def __init__(self) -> None:
        self._given = 0

    async def recall(self, namespace: str, pid: str) -> Recalled | None:
        """Whom a pid names."""
        await asyncio.sleep(0)
        number = pid.removeprefix("known-")
        if number == pid:
            return None
        return Recalled("w1.known" + number * 15 if number in "01" else None, ("ring", "past"))

    async def replay(self, recalled: Recalled, offset: str | None) -> list[Missed] | None:
        """Three events, one or none, or nothing that can be said."""
        await asyncio.sleep(0)
        if offset == "gap":
            return None
        first = {"": 0, "o0": 1, "o1": 2}.get(offset or "", 3)
        return [Missed("said", ("missed", f"o{number}")) for number in range(first, 3)]

    def repeats(self, recalled: Recalled, arguments: Sequence[Any]) -> bool:
        """Nothing but by its offset."""
        return False

    async def remember(self, member: Member) -> str | None:
        """What it came with, or one that nobody brings."""
        self._given += 1
        return member.pid or f"new-{self._given}"


def objects() -> Counter[str]:
    """How many of each costly kind there are, and of everything."""
    gc.collect()
    everything = gc.get_objects()
    found = Counter(type(one).__name__ for one in everything if type(one) in COUNTED or isinstance(one, asyncio.Task))
    found["objects"] = len(everything)
    return found


def _one_integer(event: str, raw: str) -> list[Any]:
    try:
        return list(msgspec.json.decode(raw, type=tuple[str, int])[1:])
    except (msgspec.DecodeError, UnicodeError):
        raise Unreadable({"refused": event}) from None
