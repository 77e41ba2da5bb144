"""Inbox: what a client has sent and nobody has handled yet: in order, one at a time, and only so much."""

from __future__ import annotations

import asyncio
from abc import abstractmethod
from collections import deque
from typing import Any

from server.engine.heartbeat import Heartbeat
from server.engine.shared import Shared, answered


class Inbox(Heartbeat):
    """The half of a connection that takes messages in.

    Costs nothing until something comes. ``task`` handles what is there and lives no longer. When
    ``inbox_packets`` or ``max_payload`` bytes wait, nothing is read until half of it is done.
    """

    __slots__ = ("_inbox", "_inbox_bytes", "_room", "_shared", "task")

    def __init__(self, house: Shared[Any]) -> None:
        self._shared = house
        self.task: asyncio.Task[None] | None = None
        self._inbox: deque[str | bytes] | None = None
        self._inbox_bytes = 0
        self._room: asyncio.Future[None] | None = None
        super().__init__(house.wheel, house.loop.time(), house.limits)

    @abstractmethod
    async def handle(self, data: str | bytes) -> None:
        """One message; raises nothing."""

    @abstractmethod
    async def emptied(self) -> None:
        """Everything that came has been handled."""

    @abstractmethod
    def hold_input(self) -> None:
        """Reads no more for now."""

    @abstractmethod
    def read_on(self) -> None:
        """Reads again."""

    def put(self, data: str | bytes) -> None:
        """Takes one message."""
        house = self._shared
        house.counters.packets_in += 1
        if self._inbox is None:
            self._inbox = deque()
        self._inbox.append(data)
        self._inbox_bytes += len(data)
        if self.task is None:
            self.task = house.loop.create_task(self._work())
        limits = house.limits
        if not self.is_excused and (
            len(self._inbox) >= limits.inbox_packets or self._inbox_bytes >= limits.max_payload
        ):
            self.excused(True, house.loop.time())
            house.counters.inbox_pauses += 1
            self.hold_input()

    def drop_inbox(self) -> None:
        """Handles nothing of what waits."""
        if self._inbox is not None:
            self._inbox.clear()
            self._inbox_bytes = 0

    async def _work(self) -> None:
        try:
            while self._inbox:
                data = self._inbox.popleft()
                self._inbox_bytes -= len(data)
                if self.is_excused and self._is_half_empty(len(self._inbox)):
                    self._go_on_reading()
                await self.handle(data)
        finally:
            self._inbox, self._inbox_bytes = None, 0
            self.task = None
            answered(self._room, None)
            await self.emptied()

    def _is_half_empty(self, waiting: int) -> bool:
        limits = self._shared.limits
        return waiting <= limits.inbox_packets // 2 and self._inbox_bytes <= limits.max_payload // 2

    def _go_on_reading(self) -> None:
        self.excused(False, self._shared.loop.time())
        answered(self._room, None)
        self.read_on()

    async def room(self) -> None:
        """Returns when the inbox takes more."""
        if self.is_excused and self.task is not None:
            self._room = self._shared.loop.create_future()
            try:
                await self._room
            finally:
                self._room = None

    async def idle(self, timeout_s: float) -> None:
        """Returns when everything received has been handled, or after ``timeout_s``."""
        if self.task is not None:
            await asyncio.wait([self.task], timeout=timeout_s)
