"""Bugs of what is told: put into a worker's process before it begins."""

from __future__ import annotations

import copy
from collections.abc import Awaitable, Callable
from typing import Any

from server import records, sharing
from server.protocol import chat
from server.realtime.heads import Beacon
from server.realtime.online import Connection
from server.realtime.order import Order
from server.realtime.recovery import LogRecovery
from server.realtime.rooms import CHAT, conversation_room
from server.realtime.sweep import Sweep
from server.transport.chat import Welcome
from tests.faults.bugs.patching import put


async def _nothing(*about: Any) -> None: ...


def no_catch_up_after_resubscribe() -> None:
    """What Redis lost is not looked for, neither when it is back nor now and then, and no beacon follows."""
    put(Sweep, "_look", lambda look: _nothing)
    put(sharing, "_later", lambda later: lambda beacon: None)


def no_beacon() -> None:
    """Nobody is told how far conversations have come."""
    put(Beacon, "_tell", lambda tell: _nothing)


def join_after_read() -> None:
    """Whoever comes reads first, and enters the rooms then."""

    def the_wrong_way_round(welcome: object) -> Callable[..., Awaitable[None]]:
        async def read_and_join(
            self: Welcome, connection: Connection, recovered: Callable[[], Awaitable[bool]]
        ) -> None:
            connection.start, _ = await self._conversations.start(connection.account_id)
            is_recovered = await recovered()
            now = await self._conversations.standing(connection.account_id)
            for conversation_id in now.conversation_ids:
                await self._sockets.enter_room(connection.sid, conversation_room(conversation_id), CHAT)
            ready = chat.Ready(
                account=now.account,
                account_version=now.account_version,
                server=self._server(),
                recovered=is_recovered,
                conversations=now.page.conversations,
                more=now.page.cursor is not None,
            )
            self._sockets.greet(connection.sid, "ready", ready, CHAT)

        return read_and_join

    put(Welcome, "__call__", the_wrong_way_round)


def removal_only_by_bus() -> None:
    """Whoever is removed leaves the room when the worker that wrote it says so, not when the log does."""

    class Nobody:
        @staticmethod
        def of_account(account_id: int, namespace: str) -> list[Connection]:
            return []

    def without_removal(take: Callable[..., Awaitable[None]]) -> Callable[..., Awaitable[None]]:
        async def take_next(self: Order, entry: records.Entry, why: str) -> None:
            if entry.kind == "member_removed":
                # The same order, with somebody else to deliver.
                deliver, self = copy.copy(self._deliver), copy.copy(self)
                deliver._online = Nobody()  # type: ignore[attr-defined]
                self._deliver = deliver
            await take(self, entry, why)

        return take_next

    put(Order, "_next", without_removal)


def resume_off_by_one() -> None:
    """Whoever comes back gets what follows the next entry, and not that one."""

    def one_more(after: Callable[..., int | None]) -> Callable[..., int | None]:
        def one_behind(self: LogRecovery, given: Any, offset: object) -> int | None:
            place = after(self, given, offset)
            return None if place is None else place + 1

        return one_behind

    put(LogRecovery, "_after", one_more)
