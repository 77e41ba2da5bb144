"""Two worlds for the fuzzer: wires in memory with a clock that leaps, and real sockets; both end in the real server.

A ``Wire`` is a client's end: ``gives`` bytes, collects ``output``, and ``is_over`` once the server has closed it.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable
from typing import Any, Protocol, cast

from aiohttp import web

TURNS = 2000
"""A visit that is not quiet after so many turns of the loop never will be."""
PATIENCE_S = 60.0
HIGH_WATER = 65536


class Wire(Protocol):
    """A client's end of a connection."""

    output: bytearray
    is_over: bool

    def gives(self, data: bytes) -> None:
        """Sends."""

    def half_closes(self) -> None:
        """Sends nothing more."""

    def cut(self) -> None:
        """Is gone."""


class World(Protocol):
    """Where visits take place."""

    leaps: bool
    """Whether time can be moved on."""

    async def wire(self, *, reads: bool = True) -> Wire:
        """A new connection to the server; ``reads=False`` never takes what it is sent."""

    async def breathe(self) -> None:
        """Lets the server do something."""

    async def until(self, condition: Callable[[], bool], turns: int = TURNS) -> bool:
        """Lets the server go on until ``condition()``; False when that does not come."""

    async def leap(self, seconds: float) -> None:
        """Moves time on."""


class LeapingLoop(asyncio.SelectorEventLoop):
    """A loop whose time moves only by leaps, so that a run depends on its seed alone."""

    def __init__(self) -> None:
        super().__init__()
        self.now = 1000.0

    def time(self) -> float:
        """Seconds."""
        return self.now

    @property
    def is_quiet(self) -> bool:
        """Whether nothing is about to run."""
        return not cast(Any, self)._ready


class MemoryWire(asyncio.Transport):
    """The server's transport and the client's end in one."""

    def __init__(self, loop: asyncio.AbstractEventLoop, protocol: asyncio.Protocol, reads: bool) -> None:
        super().__init__({"peername": ("127.0.0.1", 1)})
        self.output = bytearray()
        self.is_over = False
        self._loop = loop
        self._protocol: Any = protocol
        self._reads = reads
        self._unread = 0
        self._is_closing = self._is_paused = self._is_congested = False
        self._held: list[bytes] = []
        protocol.connection_made(self)

    # The client

    def gives(self, data: bytes) -> None:
        """Sends."""
        if self._is_closing:
            return
        if self._is_paused:
            self._held.append(data)
            return
        self._told(lambda: self._protocol.data_received(data))

    def half_closes(self) -> None:
        """Sends nothing more."""
        if not self._is_closing:
            self._told(self._half_closed)

    def cut(self) -> None:
        """Is gone."""
        self.abort()

    def _half_closed(self) -> None:
        if not self._protocol.eof_received():
            self.close()

    def _told(self, tell: Callable[[], None]) -> None:
        # What a real loop does with a protocol that raises.
        try:
            tell()
        except Exception as error:
            self._loop.call_exception_handler({"message": "a protocol failed", "exception": error})
            self.abort()

    # The server

    def write(self, data: Any) -> None:
        """Takes what is sent."""
        if self._is_closing:
            return
        if self._reads:
            self.output += data
            return
        self._unread += len(data)
        if self._unread > HIGH_WATER and not self._is_congested:
            self._is_congested = True
            self._told(self._protocol.pause_writing)

    def get_write_buffer_size(self) -> int:
        """What nobody has read."""
        return self._unread

    def set_write_buffer_limits(self, high: int | None = None, low: int | None = None) -> None:
        """They are as they are."""

    def is_closing(self) -> bool:
        """Whether it has ended, or will when all is read."""
        return self._is_closing

    def pause_reading(self) -> None:
        """Keeps what comes."""
        self._is_paused = True

    def resume_reading(self) -> None:
        """Gives it, later."""
        if self._is_paused:
            self._is_paused = False
            self._loop.call_soon(self._give_held)

    def _give_held(self) -> None:
        held, self._held = self._held, []
        for data in held:
            self.gives(data)

    def close(self) -> None:
        """Ends when all is read."""
        if not self._is_closing:
            self._is_closing = True
            if not self._unread:
                self._end()

    def abort(self) -> None:
        """Ends."""
        self._is_closing, self._unread = True, 0
        self._end()

    def _end(self) -> None:
        if not self.is_over:
            self.is_over = True
            self._held.clear()
            self._loop.call_soon(self._lost)

    def _lost(self) -> None:
        protocol, self._protocol = self._protocol, None
        protocol.connection_lost(None)

    def set_protocol(self, protocol: asyncio.BaseProtocol) -> None:
        """Who hears of what comes."""
        self._protocol = protocol

    def get_protocol(self) -> asyncio.BaseProtocol:
        """The same."""
        return cast(asyncio.BaseProtocol, self._protocol)


class MemoryWorld:
    """Everything but the kernel, in a LeapingLoop."""

    leaps = True

    def __init__(self, runner: web.AppRunner) -> None:
        self._runner = runner
        self._loop = cast(LeapingLoop, asyncio.get_running_loop())

    async def wire(self, *, reads: bool = True) -> Wire:
        """A new connection to the server; ``reads=False`` never takes what it is sent."""
        assert self._runner.server is not None
        return MemoryWire(self._loop, self._runner.server(), reads)

    async def breathe(self) -> None:
        """One turn."""
        await asyncio.sleep(0)

    async def until(self, condition: Callable[[], bool], turns: int = TURNS) -> bool:
        """Lets the server go on until ``condition()``; False when that has not come after so many turns."""
        for _ in range(turns):
            if condition():
                return True
            if self._loop.is_quiet:
                self._loop.now += 0.01
            await asyncio.sleep(0)
        return condition()

    async def leap(self, seconds: float) -> None:
        """Moves time on, a second at a time, as a loop has it that is not blocked."""
        for _ in range(round(seconds)):
            self._loop.now += 1.0
            await asyncio.sleep(0)
            await asyncio.sleep(0)


class RealWire(asyncio.Protocol):
    """A TCP connection."""

    def __init__(self) -> None:
        self.output = bytearray()
        self.is_over = False
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)

    def data_received(self, data: bytes) -> None:
        self.output += data

    def connection_lost(self, error: Exception | None) -> None:
        self.is_over = True

    def stops_reading(self) -> None:
        """Lets everything lie in the kernel."""
        assert self._transport is not None
        self._transport.pause_reading()

    def gives(self, data: bytes) -> None:
        """Sends."""
        if self._transport is not None and not self._transport.is_closing():
            self._transport.write(data)

    def half_closes(self) -> None:
        """Sends nothing more."""
        if self._transport is not None and not self._transport.is_closing():
            with contextlib.suppress(OSError):  # the server was quicker
                self._transport.write_eof()

    def cut(self) -> None:
        """Is gone."""
        if self._transport is not None:
            self._transport.abort()


class RealWorld:
    """TCP on loopback, and the clock on the wall."""

    leaps = False

    def __init__(self, port: int) -> None:
        self._port = port

    async def wire(self, *, reads: bool = True) -> Wire:
        """A new connection to the server; ``reads=False`` never takes what it is sent."""
        _, wire = await asyncio.get_running_loop().create_connection(RealWire, "127.0.0.1", self._port)
        if not reads:
            wire.stops_reading()
        return wire

    async def breathe(self) -> None:
        """A few turns."""
        for _ in range(3):
            await asyncio.sleep(0)

    async def until(self, condition: Callable[[], bool], turns: int = TURNS) -> bool:
        """Lets the server go on until ``condition()``; False when patience ends."""
        try:
            async with asyncio.timeout(PATIENCE_S):
                while not condition():  # noqa: ASYNC110
                    await asyncio.sleep(0)
        except TimeoutError:
            return False
        return True

    async def leap(self, seconds: float) -> None:
        """Nobody moves this time on."""
