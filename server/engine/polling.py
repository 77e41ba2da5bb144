"""Polling: how a client that polls is answered, and how it goes over to a WebSocket."""

from __future__ import annotations

import asyncio
from abc import abstractmethod
from collections.abc import Callable
from typing import Any

from server.engine.frames import NORMAL, PROTOCOL_ERROR, frame
from server.engine.inbox import Inbox
from server.engine.payload import NOOP, PING, UPGRADE, joined
from server.engine.shared import TRANSPORT_CLOSE, Link, Shared, answered

POLLING, UPGRADING, WEBSOCKET = range(3)
REAP_S = 5.0
"""How long what was said last may lie unread before the transport is cut."""

Whereabouts = Callable[[], asyncio.Transport | None]


class Polling(Inbox):
    """The half of a connection that polls, and upgrades.

    ``waiter`` is the poll that waits; ``link`` the WebSocket, which is the connection's own only in the
    state ``WEBSOCKET``.
    """

    __slots__ = ("_out", "_out_size", "_read_from", "_where", "closed", "link", "probed", "sid", "state", "waiter")

    def __init__(self, house: Shared[Any], sid: str) -> None:
        self.sid = sid
        self.state = POLLING
        self.link: Link | None = None
        self.closed = self.probed = False
        self.waiter: asyncio.Future[str] | None = None
        self._out: Any = None  # packets for a poll; frames for a WebSocket
        self._out_size = 0
        self._where: Whereabouts | None = None
        self._read_from: asyncio.Transport | None = None
        super().__init__(house)

    @abstractmethod
    def push(self, packet: str | bytes) -> None:
        """Sends one Engine.IO packet."""

    @abstractmethod
    def close(self, reason: str, *, code: int = NORMAL, abort: bool = False) -> None:
        """Ends the connection."""

    @abstractmethod
    def flush(self) -> None:
        """Writes what waits."""

    @abstractmethod
    def unsent(self) -> int:
        """Bytes that wait."""

    @abstractmethod
    def too_slow(self) -> None:
        """They are too many."""

    # Polls

    def poll(self, where: Whereabouts) -> asyncio.Future[str]:
        """Waits for the next answer. ``where()`` is the transport of whoever polled, None when it has gone."""
        self.waiter = waiter = self._shared.loop.create_future()
        self._where = where
        if self._out:
            self._answer_poll()
        return waiter

    def end_poll(self, answer: str) -> None:
        """Answers a waiting poll with something else than what waits."""
        waiter, self.waiter, self._where = self.waiter, None, None
        answered(waiter, answer)

    def unread(self) -> int:
        """Bytes of the last answer that its client has not taken yet."""
        return self._read_from.get_write_buffer_size() if self._read_from is not None else 0

    def cut_unread(self) -> None:
        """Waits no longer for a client to take them, and forgets where they went."""
        if self._read_from is not None and self.unread():
            self._read_from.abort()
        self._read_from = None

    def _answer_poll(self) -> None:
        where = self._where() if self._where is not None else None
        if where is None:
            self.close(TRANSPORT_CLOSE)  # abandoned: what waits has nobody to go to
            return
        self._read_from = where
        self.end_poll(self._payload())

    def _payload(self) -> str:
        most = self._shared.limits.poll_packets
        waiting = self._out or []
        taken, self._out = waiting[:most], waiting[most:] or None
        self._out_size -= sum(len(packet) for packet in taken)
        self._shared.outflow.holds(self, self._out_size)
        self._shared.counters.writes += 1
        self._shared.counters.coalesced += len(taken) - 1
        return joined(taken)

    # Upgrade

    def probe(self, link: Link, packet: str | bytes) -> None:
        """A packet on a WebSocket that is not this connection's yet."""
        if self.closed or self.link is not link:
            self._shared.say_last_words(self.sid, link)
            link.shut(NORMAL if self.closed else PROTOCOL_ERROR)
        elif packet == PING + "probe" and not self.probed:  # once: its answers are not counted
            self.probed = True
            link.write(frame(b"3probe"))
            self.end_poll(NOOP)
        elif packet == UPGRADE and self.probed:
            self._upgrade()
        else:
            link.shut(PROTOCOL_ERROR)

    def _upgrade(self) -> None:
        self.state = WEBSOCKET
        self.probed = False
        self.cut_unread()
        if self.is_excused:
            self.hold_input()
        self._shared.counters.opened["upgraded"] += 1
        waiting, self._out, self._out_size = self._out or (), None, 0
        self._shared.outflow.forget(self)
        self.end_poll(NOOP)
        for packet in waiting:
            self.push(packet)

    def probe_over(self, link: Link) -> None:
        """The WebSocket went away before the upgrade: polling goes on."""
        if self.link is link and self.state == UPGRADING:
            self.state, self.link, self.probed = POLLING, None, False
