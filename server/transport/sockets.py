"""The Socket.IO server: the engine with our namespaces, limits and words."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection
from typing import Any

import msgspec
from aiohttp import web

from server import engine
from server.engine import Limits, Recovery, Rooms
from server.errors import ChatError, Unavailable
from server.metrics import Metrics
from server.protocol.base import MAX_PAYLOAD_BYTES
from server.protocol.reply import error_body
from server.realtime.rooms import CHAT, NOTIFICATIONS

CANNOT_TELL = Unavailable("The server cannot tell who you are just now. Try again.")
LIMITS = Limits(max_payload=MAX_PAYLOAD_BYTES, held=1000)
"""A connection that reads its conversations while it joins may be behind by more than a hundred events."""


class SocketServer(engine.SocketServer):
    """The engine under ``/chat`` and ``/notifications``.

    ``origins`` are the pages that may connect, ``peer_of(request)`` is the address behind trusted proxies,
    ``worker`` heads session ids, ``rooms`` are those of several workers, ``recovery`` knows who comes back.
    """

    def __init__(
        self,
        origins: Collection[str],
        peer_of: Callable[[web.Request], str],
        limits: Limits = LIMITS,
        *,
        worker: str = "w1",
        rooms: Rooms | None = None,
        recovery: Recovery | None = None,
    ) -> None:
        super().__init__(
            [CHAT, NOTIFICATIONS],
            limits=limits,
            origins=origins,
            worker=worker,
            peer_of=peer_of,
            unavailable=connect_error(CANNOT_TELL),
            rooms=rooms,
            recovery=recovery,
        )

    async def emit_here(
        self, event: str, data: Any, *, room: str | list[str], namespace: str, skip_sid: list[str] | None = None
    ) -> None:
        """Sends an event to the members of a room, or of several, here; other workers are told in their own way."""
        await self.manager.emit(event, data, namespace=namespace, room=room, skip_sid=skip_sid, ignore_queue=True)

    def sids_in(self, room: str, namespace: str) -> list[str]:
        """Who is in a room, here."""
        return [sid for sid, _ in self.manager.get_participants(namespace, room)]

    async def enter_room(self, sid: str, room: str, namespace: str | None = None) -> None:
        """Puts a connection into a room; nothing happens when it has gone meanwhile."""
        if self.manager.member(sid, namespace or "/") is not None:
            await super().enter_room(sid, room, namespace)

    def greet(self, sid: str, event: str, data: msgspec.Struct, namespace: str) -> None:
        """Sends what a connection hears first, whatever has happened while it joined."""
        self.manager.greet(sid, namespace, event, msgspec.Raw(msgspec.json.encode(data)))

    def is_polled(self, sid: str, namespace: str) -> bool:
        """Whether a connection fetches what it is sent."""
        member = self.manager.member(sid, namespace)
        return member is not None and not member.connection.upgraded

    async def end_connection(self, sid: str, namespace: str) -> None:
        """Says goodbye and closes the transport, whatever the client does."""
        self.disconnect_connection(sid, namespace)

    async def take_leave(self, farewell: msgspec.Struct, namespace: str) -> None:
        """Tells everybody that this process stops, then closes every connection; ten seconds at most."""
        await self.emit("draining", farewell, namespace=namespace, ignore_queue=True)
        await self.drain()

    def counted_by(self, metrics: Metrics) -> None:
        """Shows the engine's counters among the metrics."""
        counters, gauge = self.counters, self.eio.gauge
        for name, sentence, label, read in (
            ("opened", "Connections opened, by transport.", "transport", lambda: counters.opened),
            ("closed", "Connections ended, by reason.", "reason", lambda: counters.closed),
            ("refused", "Requests and joins refused, by reason.", "reason", lambda: counters.refused),
            ("faults", "What clients did wrong, by kind.", "kind", lambda: counters.faults),
        ):
            metrics.counted(f"madang_engine_{name}", sentence, read, label)
        for name, sentence, one in (
            ("madang_sends", "Events and replies written to connections.", lambda: counters.packets_out),
            ("madang_engine_received", "Packets that came in.", lambda: counters.packets_in),
            ("madang_engine_writes", "Writes that the packets shared.", lambda: counters.writes),
            (
                "madang_engine_inbox_pauses",
                "How often a connection was not read for a while.",
                lambda: counters.inbox_pauses,
            ),
            (
                "madang_engine_held_events",
                "Events held for connections that were joining.",
                lambda: counters.held_events,
            ),
        ):
            metrics.counted(name, sentence, one)
        metrics.measured(
            "madang_engine_connections", "Connections now, by transport.", lambda: _transports(gauge()), "transport"
        )
        metrics.measured("madang_rooms", "Rooms with somebody in them.", self.manager.count)
        metrics.measured("madang_tasks", "Tasks of the event loop.", lambda: len(asyncio.all_tasks()))
        metrics.measured("madang_engine_unsent_bytes", "Bytes that wait to be sent.", lambda: gauge()["unsent_bytes"])


def connect_error(error: ChatError) -> dict[str, Any]:
    """What ``connect_error`` carries: the code as its message, the error object as its data."""
    return {"message": error.code, "data": error_body(error)}


def _transports(gauge: dict[str, int]) -> dict[str, int]:
    return {name: gauge[name] for name in ("websocket", "polling")}
