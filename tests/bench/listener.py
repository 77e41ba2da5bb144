"""People who only listen, as cheaply as Python can: messages are counted by looking for their heads in what arrives.

Nobody sleeps on their sockets: every few milliseconds all that have something are read. A server whose clients are
somewhere else wakes nobody when it writes; here each wake-up would be done, and paid, by the server's own core. And one
core of load hears several times what a server can say.
"""

from __future__ import annotations

import asyncio
import select
import socket
from collections.abc import Sequence
from typing import Self

from tests.bench import wire
from tests.bench.peers.crowd import Person
from tests.bench.wire import Refused

SWEEP_S = 0.005
_AT_ONCE = 50
_BEFORE = len(wire.CREATED) - 1
"""So much of what came last is looked at again: a head may be cut in two."""
_AGREED = b"HTTP/1.1 101 "
_NOTHING = b"\0" * _BEFORE
# One for all: whoever has received something looks at it before the next one receives.
_BUFFER = bytearray(_BEFORE + 262_144)
_ARRIVING = memoryview(_BUFFER)[_BEFORE:]


class Listener:
    """One connection: ``delivered`` messages and ``pings`` so far, and whether it is still ``open``."""

    __slots__ = ("_crowd", "_socket", "_tail", "delivered", "open", "pings")

    def __init__(self, connected: socket.socket, crowd: Crowd) -> None:
        self.delivered = 0
        self.pings = 0
        self.open = True
        self._socket = connected
        self._tail = _NOTHING
        self._crowd = crowd
        crowd.add(connected.fileno(), self)

    @classmethod
    async def joined(cls, port: int, token: str, crowd: Crowd, namespaces: Sequence[str] = wire.BOTH) -> Listener:
        """A listener that has joined its namespaces and has been told by each that it is ready. Raises Refused."""
        own = socket.socket()
        own.setblocking(False)
        try:
            async with asyncio.timeout(60):
                await _join(own, port, token, namespaces)
        except BaseException:
            own.close()
            raise
        return cls(own, crowd)

    def close(self) -> None:
        if self.open:
            self.open = False
            self._crowd.remove(self._socket.fileno())
            self._socket.close()

    def receive(self) -> None:
        try:
            size = self._socket.recv_into(_ARRIVING)
        except BlockingIOError:
            return
        except OSError:
            size = 0
        if not size:
            self.close()
            return
        end = _BEFORE + size
        _BUFFER[:_BEFORE] = self._tail
        self.delivered += _BUFFER.count(wire.CREATED, 0, end)
        # Two bytes more than half a ping can be before.
        if _BUFFER.find(wire.PING, _BEFORE - 2, end) >= 0:
            self.pings += 1
            self._socket.send(wire.frame(b"3"))
        self._tail = bytes(_BUFFER[end - _BEFORE : end])


class Crowd:
    """Listeners by the numbers of their sockets, and who among them has something to read.

    async with Crowd() as crowd:
        await crowd.join(port, people)
    """

    def __init__(self) -> None:
        self._listeners: dict[int, Listener] = {}
        self._arrivals = select.epoll()
        self._sweeping: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Self:
        self._sweeping = asyncio.create_task(self._sweep())
        return self

    async def __aexit__(self, *_: object) -> None:
        assert self._sweeping is not None
        self._sweeping.cancel()
        await asyncio.gather(self._sweeping, return_exceptions=True)
        self.close()
        self._arrivals.close()

    async def join(
        self, port: int, people: Sequence[Person], namespaces: Sequence[str] = wire.BOTH, at_once: int = _AT_ONCE
    ) -> None:
        """Brings these people in, a few at a time so that no queue of waiting connections overflows."""
        for start in range(0, len(people), at_once):
            group = people[start : start + at_once]
            await asyncio.gather(*(Listener.joined(port, person.token, self, namespaces) for person in group))

    def close(self) -> None:
        """Everybody goes."""
        for listener in list(self._listeners.values()):
            listener.close()

    def __len__(self) -> int:
        """How many are still there."""
        return len(self._listeners)

    @property
    def delivered(self) -> int:
        """Messages so far, to all who are still there."""
        return sum(listener.delivered for listener in self._listeners.values())

    @property
    def pings(self) -> int:
        return sum(listener.pings for listener in self._listeners.values())

    def add(self, number: int, listener: Listener) -> None:
        self._listeners[number] = listener
        self._arrivals.register(number, select.EPOLLIN)

    def remove(self, number: int) -> None:
        del self._listeners[number]
        self._arrivals.unregister(number)

    async def _sweep(self) -> None:
        while True:
            for number, _ in self._arrivals.poll(0, max(1, len(self._listeners))):
                self._listeners[number].receive()
            await asyncio.sleep(SWEEP_S)


async def _join(own: socket.socket, port: int, token: str, namespaces: Sequence[str]) -> None:
    loop = asyncio.get_running_loop()
    await loop.sock_connect(own, ("127.0.0.1", port))
    await loop.sock_sendall(own, wire.handshake(port))
    heard = await _hear(own, b"", [wire.OPENED], [])
    await loop.sock_sendall(own, wire.frames([wire.join(namespace, token) for namespace in namespaces]))
    refusals = [wire.refused(namespace) for namespace in namespaces]
    await _hear(own, heard, [wire.ready(namespace) for namespace in namespaces], refusals)


async def _hear(own: socket.socket, heard: bytes, marks: Sequence[bytes], refusals: Sequence[bytes]) -> bytes:
    """All that came, once every mark is in it. Raises Refused when a refusal is, or the handshake failed."""
    loop = asyncio.get_running_loop()
    while not all(mark in heard for mark in marks):
        data = await loop.sock_recv(own, 65_536)
        heard += data
        agreed = _AGREED.startswith(heard[: len(_AGREED)])
        if not data or not agreed or any(refusal in heard for refusal in refusals):
            raise Refused(heard[-500:].decode(errors="replace") or "the connection was closed")
    return heard
