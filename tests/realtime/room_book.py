"""A stand-in for the Socket.IO server that keeps its rooms and everything each connection has heard."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Callable
from typing import Any

from server.realtime.online import Connection, Online
from server.realtime.rooms import CHAT, account_room


class RoomBook:
    """What the publisher needs. ``heard[sid]`` are the names of the events that reached a connection."""

    def __init__(self) -> None:
        self.rooms: dict[str, set[str]] = defaultdict(set)
        self.emitted: list[tuple[str, Any, str]] = []
        self.heard: dict[str, list[str]] = defaultdict(list)
        self.ended: list[str] = []
        self.fails: Callable[[str], bool] = lambda event: False
        self.slow: asyncio.Event | None = None
        self._news = asyncio.Condition()

    async def emit_here(
        self, event: str, data: Any, *, room: str | list[str], namespace: str, skip_sid: list[str] | None = None
    ) -> None:
        if self.slow is not None:
            await self.slow.wait()
        if self.fails(event):
            raise RuntimeError(f"{event} cannot be sent")
        async with self._news:
            for one in [room] if isinstance(room, str) else room:
                self.emitted.append((event, data, one))
                for sid in self.rooms[_key(one, namespace)] - set(skip_sid or ()):
                    self.heard[sid].append(event)
            self._news.notify_all()

    def sids_in(self, room: str, namespace: str) -> list[str]:
        return sorted(self.rooms[_key(room, namespace)])

    async def enter_room(self, sid: str, room: str, namespace: str) -> None:
        self.rooms[_key(room, namespace)].add(sid)

    async def leave_room(self, sid: str, room: str, namespace: str) -> None:
        self.rooms[_key(room, namespace)].discard(sid)

    async def end_connection(self, sid: str, namespace: str) -> None:
        async with self._news:
            self.ended.append(sid)
            self._news.notify_all()

    async def until(self, condition: Callable[[], bool]) -> None:
        """Waits until something sent makes ``condition`` true."""
        async with asyncio.timeout(60), self._news:
            await self._news.wait_for(condition)

    def events(self) -> list[str]:
        """The names of everything sent, in order."""
        return [event for event, _, _ in self.emitted]


def connect(
    book: RoomBook, online: Online, account_id: int, sid: str, namespace: str = CHAT, session_id: int = 0
) -> Connection:
    """Somebody's new device, in the rooms that a connection has from the start."""
    connection = Connection(sid, namespace, account_id, session_id or account_id, 0)
    online.add(connection)
    book.rooms[_key(account_room(account_id), namespace)].add(sid)
    return connection


def _key(room: str, namespace: str) -> str:
    # Rooms of two namespaces are two rooms.
    return room if namespace == CHAT else f"{namespace} {room}"
