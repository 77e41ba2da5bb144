"""A Socket.IO server without sockets: its time and its turns are moved by hand, and its links only note."""

from __future__ import annotations

import asyncio
import concurrent.futures
from collections.abc import Coroutine
from typing import Any

from server.engine import Limits, SocketServer
from server.engine.connection import WEBSOCKET, Connection
from server.engine.outflow import Outflow
from server.engine.rooms import Member
from server.engine.shared import Link
from server.engine.wheel import Wheel
from tests.engine.stepped import SteppedLoop


class OfflineLoop(SteppedLoop):
    """With futures that nobody awaits, and tasks that nobody runs."""

    @property
    def is_due(self) -> bool:
        """Whether something runs in the next turn."""
        return bool(self._timers) and self._timers[0][0] <= self.now

    def create_future(self) -> Any:
        """Takes a result."""
        return concurrent.futures.Future()

    def create_task(self, work: Coroutine[Any, Any, Any]) -> Any:
        """Is never done."""
        work.close()
        return concurrent.futures.Future()


class Wire(asyncio.Transport):
    """Passes everything on at once."""

    def get_write_buffer_size(self) -> int:
        return 0


class Note(Link):
    """A link that takes everything, and looks at each write if it is ``watched``."""

    def __init__(self, *, watched: bool = False) -> None:
        self.written = b""
        self.writes = 0
        self.watched = watched

    def write(self, data: bytes) -> None:
        self.written += data
        self.writes += 1

    def unsent(self) -> int:
        return 0

    def is_congested(self) -> bool:
        return False

    def is_watched(self) -> bool:
        return self.watched

    def pause(self) -> None:
        pass

    def resume(self) -> None:
        pass

    def shut(self, code: int, *, abort: bool = False) -> None:
        pass

    def cut(self) -> None:
        pass

    @property
    def texts(self) -> list[str]:
        """What was written, frame by frame; a server's frames have no mask."""
        found, place = [], 0
        while place < len(self.written):
            length, start = self.written[place + 1], place + 2
            if length > 125:
                wide = 2 if length == 126 else 8
                length, start = int.from_bytes(self.written[start : start + wide], "big"), start + wide
            place = start + length
            found.append(self.written[start:place].decode())
        return found


class Offline:
    """One namespace, ``/``, on a loop that stands still."""

    def __init__(self, **limits: Any) -> None:
        self.server = SocketServer(["/"], limits=Limits(**limits))
        self.house = self.server.eio.house
        self.loop = OfflineLoop()
        self.house.loop = self.loop
        self.house.wheel = Wheel(self.loop, self.house.limits.tick_s)
        self.house.outflow = Outflow(self.loop, self.house.limits)  # type: ignore[arg-type]

    def connection(self, link: Link | None = None) -> Connection:
        """A client: by WebSocket, or polling without a link."""
        connection = Connection(self.house, self.server.eio.generate_id())
        self.house.connections[connection.sid] = connection
        if link is not None:
            connection.link, connection.state = link, WEBSOCKET
        return connection

    def member(self, connection: Connection, *, on: bool = True) -> Member:
        """It has joined, or still waits for its CONNECT reply."""
        member: Member = self.server.manager.add(connection, "/", self.server.eio.generate_id())
        if on:
            self.server.manager.release(member)
        return member


def at_once(work: Coroutine[Any, Any, Any]) -> Any:
    """The result of what never waits."""
    try:
        work.send(None)
    except StopIteration as end:
        return end.value
    raise AssertionError("it waits")
