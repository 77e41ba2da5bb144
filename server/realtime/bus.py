"""The bus between workers: python-socketio's Redis manager with our rooms, and a channel for each room."""

from __future__ import annotations

import asyncio
import secrets
import time
from collections import Counter
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from typing import Any

import msgspec
import socketio

from server.engine import Rooms
from server.metrics import Metrics
from server.realtime.listener import Listener
from server.realtime.outbox import Outbox
from server.realtime.rooms import is_shared

SOCKETIO = "socketio"
"""The kind of what python-socketio's managers tell each other."""
_PING, _MISSED = "ping", "missed"
_encode = msgspec.json.Encoder().encode


class Message(msgspec.Struct, frozen=True):
    """What travels: strict JSON. ``kind`` says who reads ``body``."""

    worker: str
    kind: str
    body: msgspec.Raw


@dataclass(frozen=True, slots=True)
class Timing:
    """Seconds; ``waiting`` messages are kept while Redis is away."""

    ping_s: float = 5.0
    """Between two messages to ourselves."""
    deaf_s: float = 15.0
    """Without hearing ourselves: not ready."""
    check_s: float = 1.0
    timeout_s: float = 1.0
    grace_s: float = 2.0
    """A room whose last member has gone is listened to a little longer: many come back at once."""
    start_s: float = 3.0
    """The server opens its doors when it listens, and after so long without."""
    waiting: int = 10_000


_decode = msgspec.json.Decoder(Message).decode
Hear = Callable[[str, msgspec.Raw], None]


class Bus(socketio.AsyncRedisManager, Rooms):  # type: ignore[misc]
    """Rooms over many workers.

    A worker listens to the channel of a room while it has members in it, and to one channel for everybody.
    ``say`` reaches the other workers and never waits; ``on(kind, hear)`` says who hears. Emits, and
    connections of other workers that are moved or ended, go the way python-socketio knows.

    ``on_back()`` is called whenever everything is listened to, at first and after trouble; ``on_added()`` when that
    is true of rooms that were opened since; ``on_missed()`` when a worker may have failed to tell something.
    ``on_opened(room)`` and ``on_closed(room)`` are called when a room begins and ends to be listened to.
    """

    def __init__(self, url: str, timing: Timing | None = None) -> None:
        super().__init__(url)
        self.timing = timing or Timing()
        self.worker = secrets.token_hex(6)
        self.on_back: list[Callable[[], None]] = []
        self.on_missed: list[Callable[[], None]] = []
        self.on_added: Callable[[], None] = lambda: None
        self.on_opened: Callable[[str], None] = lambda room: None
        self.on_closed: Callable[[str], None] = lambda room: None
        self.received = 0
        self.unreadable = 0
        self.let_fall = 0
        self._hears: dict[str, Hear] = {
            SOCKETIO: self._hear_manager,
            _PING: self._hear_ping,
            _MISSED: lambda worker, body: self._look(),
        }
        self._inside: Counter[str] = Counter()  # room: namespaces with members
        self._closing: dict[str, asyncio.TimerHandle] = {}
        self._opened_some = False
        self._mine = _encode(Message(self.worker, "", msgspec.Raw(b"0")))[: len(self.worker) + 12]
        self._heard_at: float | None = None
        self._back_at = 0.0
        self._heard = asyncio.Event()
        self._for_manager: asyncio.Queue[bytes] = asyncio.Queue(1000)
        self._tasks: list[asyncio.Task[None]] = []
        self.on_first = self._came
        self.on_last = self._went

    async def start(self, deployment: str) -> None:
        """Listens; ``deployment`` heads every channel's name. Returns without Redis too, a little later."""
        timing = self.timing
        self._head = f"madang:{deployment}:"
        self._all = f"{self._head}all".encode()
        own = f"{self._head}worker:{self.worker}".encode()
        self.outbox = Outbox(self.redis_url, most=timing.waiting, timeout_s=timing.timeout_s)
        self.listener = Listener(self.redis_url, own, self._hear, check_s=timing.check_s, timeout_s=timing.timeout_s)
        self._own = own
        self.outbox.on_dropped = self.missed
        self.listener.on_line = self._is_back
        self.listener.on_added = self._has_added
        self.listener.channels.add(self._all)
        self.outbox.start()
        self.listener.start()
        self._tasks = [
            asyncio.create_task(self._ping(), name="bus ping"),
            asyncio.create_task(self._thread(), name="bus manager"),
        ]
        try:
            async with asyncio.timeout(timing.start_s):
                await self._heard.wait()
        except TimeoutError:
            pass

    async def stop(self) -> None:
        """Says what is still to be said and hears nothing more."""
        if not self._tasks:
            return
        for timer in self._closing.values():
            timer.cancel()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self.outbox.stop()
        await self.listener.stop()

    # Said and heard

    def on(self, kind: str, hear: Hear) -> None:
        """``hear(worker, body)`` gets every message of that kind from other workers."""
        self._hears[kind] = hear

    def say(self, room: str | None, kind: str, body: Any, *, fleeting: bool = False) -> None:
        """Tells the workers with members in ``room``, or all. ``body`` is anything that JSON has."""
        raw = body if isinstance(body, msgspec.Raw) else msgspec.Raw(_encode(body))
        channel = self._all if room is None else self._channel(room)
        self.outbox.put(channel, _encode(Message(self.worker, kind, raw)), fleeting=fleeting)

    @property
    def deaf_s(self) -> float:
        """Seconds since this worker heard itself; infinite when it never has."""
        return float("inf") if self._heard_at is None else time.monotonic() - self._heard_at

    @property
    def is_deaf(self) -> bool:
        """Whether so long that it cannot be called ready."""
        return self.deaf_s > self.timing.deaf_s

    def missed(self) -> None:
        """Something that this worker had to tell may not have been told: all look for themselves."""
        self.say(None, _MISSED, None)
        self._look()

    def again(self, room: str) -> None:
        """Listens anew to a room that something was missing from."""
        self.listener.again(self._channel(room))

    def _channel(self, room: str) -> bytes:
        return f"{self._head}room:{room}".encode()

    def _hear(self, channel: bytes, data: bytes) -> None:
        if data.startswith(self._mine) and channel != self._own:
            return  # we listen where we speak
        self.received += 1
        try:
            message = _decode(data)
            hear = self._hears.get(message.kind)
            if hear is not None:
                hear(message.worker, message.body)
        except (msgspec.DecodeError, RecursionError):
            self.unreadable += 1

    async def _ping(self) -> None:
        while True:
            self._say_ping()
            await asyncio.sleep(self.timing.ping_s)

    def _say_ping(self) -> None:
        self.outbox.put(self._own, _encode(Message(self.worker, _PING, msgspec.Raw(b"0"))), fleeting=True)

    def _hear_ping(self, worker: str, body: msgspec.Raw) -> None:
        # Nothing may be missing when our own messages alone did not come; but who knows.
        was_deaf = self._heard_at is not None and self.is_deaf and self._back_at < self._heard_at
        self._heard_at = time.monotonic()
        self._heard.set()
        if was_deaf:
            self._is_back()

    def _look(self) -> None:
        for tell in self.on_missed:
            tell()

    def _is_back(self) -> None:
        self._back_at = time.monotonic()
        self._say_ping()
        for tell in self.on_back:
            tell()

    def _has_added(self) -> None:
        if self._opened_some:
            self._opened_some = False
            self.on_added()

    def counted_by(self, metrics: Metrics) -> None:
        """Shows what went by among the metrics."""
        for name, sentence, read in (
            ("published", "Messages to other workers that Redis took.", lambda: self.outbox.published),
            ("dropped", "Messages to other workers that were given up.", lambda: self.outbox.dropped),
            ("received", "Messages of other workers, and our own pings.", lambda: self.received),
            ("let_fall", "Messages of other workers' Socket.IO managers that came too fast.", lambda: self.let_fall),
            ("unreadable", "Messages that were no JSON of ours.", lambda: self.unreadable),
            ("connects", "Times that everything was listened to anew.", lambda: self.listener.connects),
            ("lost_channels", "Channels that Redis had forgotten.", lambda: self.listener.lost_channels),
        ):
            metrics.counted(f"madang_bus_{name}", sentence, read)
        metrics.measured(
            "madang_bus_deaf_seconds", "Since this worker heard itself through Redis.", lambda: self.deaf_s
        )
        metrics.measured("madang_bus_channels", "Channels listened to.", lambda: len(self.listener.channels))

    # Rooms, of whatever namespace

    def _came(self, namespace: str, room: Any) -> None:
        if not is_shared(room):
            return
        self._inside[room] += 1
        if self._inside[room] > 1:
            return
        timer = self._closing.pop(room, None)
        if timer is not None:
            timer.cancel()
            return
        self.listener.add(self._channel(room))
        self._opened_some = True
        self.on_opened(room)

    def _went(self, namespace: str, room: Any) -> None:
        if not is_shared(room):
            return
        self._inside[room] -= 1
        if not self._inside[room]:
            del self._inside[room]
            loop = asyncio.get_running_loop()
            self._closing[room] = loop.call_later(self.timing.grace_s, self._close, room)

    def _close(self, room: str) -> None:
        del self._closing[room]
        self.listener.drop(self._channel(room))
        self.on_closed(room)

    # What python-socketio's managers tell each other

    def initialize(self) -> None:
        """Nothing: ``start`` has done it before the first connection."""

    async def _publish(self, data: dict[str, Any]) -> None:
        room = data.get("room") if data.get("method") == "emit" else None
        # Ours have a colon; a session id has none, and its worker is not known.
        addressed = room if isinstance(room, str) and ":" in room else None
        self.say(addressed, SOCKETIO, data)

    def _hear_manager(self, worker: str, body: msgspec.Raw) -> None:
        if self._for_manager.full():
            self.let_fall += 1
        else:
            self._for_manager.put_nowait(bytes(body))

    async def _listen(self) -> AsyncIterator[bytes]:
        while True:
            yield await self._for_manager.get()
