"""WebSocketLink: owns the transport after the handshake, reads frames from it and writes frames to it."""

from __future__ import annotations

import asyncio

from server.engine.connection import Connection
from server.engine.frames import NORMAL, POLICY, PONG, FrameReader, close_frame, frame
from server.engine.polling import REAP_S
from server.engine.shared import TRANSPORT_CLOSE, TRANSPORT_ERROR, Shared, answered

PROBE, REAP = range(2)


class WebSocketLink(asyncio.Protocol):
    """The WebSocket of ``connection``; while ``probing`` it is not the connection's yet.

    With take-over it is the transport's protocol. Without, aiohttp hands it the bytes as its parser, and
    ``ended`` tells aiohttp's handler when to let go.
    """

    __slots__ = ("_congested", "_is_shut", "_reader", "_shared", "_transport", "connection", "ended", "probing")

    def __init__(
        self, house: Shared[Connection], transport: asyncio.Transport, connection: Connection, *, probing: bool
    ) -> None:
        self.connection = connection
        self.probing = probing
        self.ended: asyncio.Future[None] | None = None
        self._shared = house
        self._transport: asyncio.Transport | None = transport
        self._reader = FrameReader(self, house.limits.max_payload)
        self._is_shut = False
        self._congested = False
        house.transports.add(self)
        if probing:
            house.wheel.at(house.loop.time() + house.limits.upgrade_s, self, PROBE)

    # From the transport

    def data_received(self, data: bytes) -> None:
        """Bytes came."""
        if self._is_shut:
            return
        self._reader.feed(data)
        # aiohttp reads again when it has handed over what lay behind the request, whatever we asked for.
        if self._reader.is_held and self._transport is not None and not self._transport.is_closing():
            self._transport.pause_reading()

    def feed_data(self, data: bytes) -> tuple[bool, bytes]:
        """Bytes came, by way of aiohttp."""
        self.data_received(data)
        return self._is_shut, b""

    def feed_eof(self) -> None:
        """aiohttp lost the transport; after a take-over it only believes so."""
        if self.ended is not None:
            self.connection_lost(None)

    def eof_received(self) -> bool:
        """The peer closed its side: so do we, and at once: what it does not read must not keep it."""
        if not self._is_shut:
            self._over(TRANSPORT_CLOSE, NORMAL)
        return False

    def connection_lost(self, error: Exception | None) -> None:
        """The transport is gone."""
        self._transport = None
        self._shared.transport_lost(self)
        if not self._is_shut:
            self._end()
            if not self.probing:
                self.connection.close(TRANSPORT_CLOSE)
            else:
                self.connection.probe_over(self)

    def pause_writing(self) -> None:
        """The peer does not keep up."""
        self._congested = True

    def resume_writing(self) -> None:
        """It does again."""
        self._congested = False
        self.connection.drained()

    # From the reader

    def message(self, data: str | bytes) -> None:
        """A whole message."""
        if self._is_shut:
            return
        if self.probing:
            self._probe(data)
        elif not self.connection.received(data):
            self.connection.broke("not an Engine.IO packet")

    def _probe(self, data: str | bytes) -> None:
        self.connection.probe(self, data)
        self.probing = not (self.connection.upgraded and self.connection.link is self)

    def pinged(self, payload: bytes) -> None:
        """A WebSocket ping. Its pong counts like everything else that a client may refuse to read."""
        if not self.probing:
            self.connection.write(frame(payload, PONG))
        elif not self.unsent():
            self.write(frame(payload, PONG))

    def failed(self, code: int) -> None:
        """The peer broke the rules of RFC 6455."""
        self._shared.counters.faults["frame"] += 1
        self._over(TRANSPORT_ERROR, code)

    def closed(self) -> None:
        """The peer said goodbye."""
        self._over(TRANSPORT_CLOSE, NORMAL)

    def _over(self, reason: str, code: int) -> None:
        if self.probing:
            self.shut(code)
        else:
            self.connection.close(reason, code=code)

    # For the connection

    def write(self, data: bytes) -> None:
        """Hands finished frames to the transport."""
        if self._transport is not None and not self._is_shut:
            self._transport.write(data)

    def unsent(self) -> int:
        """Bytes that the transport still holds."""
        return self._transport.get_write_buffer_size() if self._transport is not None else 0

    def is_congested(self) -> bool:
        """Whether the transport has enough for now, and will say when it takes more."""
        return self._congested

    def is_watched(self) -> bool:
        """Whether each write has to be looked at: always where aiohttp hears the transport's signals."""
        return self._congested or self.ended is not None

    def pause(self) -> None:
        """Stops reading."""
        self._reader.hold()
        if self._transport is not None and not self._transport.is_closing():
            self._transport.pause_reading()

    def resume(self) -> None:
        """Reads again, first what had come already."""
        if self._is_shut:
            return
        if self._transport is not None and not self._transport.is_closing():
            self._transport.resume_reading()
        self._reader.release()

    def shut(self, code: int, *, abort: bool = False) -> None:
        """Says goodbye and closes, or cuts; once."""
        if self._is_shut:
            return
        transport = self._transport
        if transport is not None and not transport.is_closing() and not abort:
            transport.write(close_frame(code))
        self._end()
        if transport is not None:
            if abort:
                transport.abort()
            else:
                transport.close()
                self._shared.wheel.at(self._shared.loop.time() + REAP_S, self, REAP)
        if self.probing:
            self.connection.probe_over(self)

    def cut(self) -> None:
        """Nobody waits for what is still unsent."""
        if self._transport is not None:
            self._transport.abort()

    def timer(self, kind: int, now: float) -> None:
        """The wheel's call."""
        if kind == REAP:
            self.cut()
        elif self.probing and not self._is_shut:
            self.shut(POLICY)

    def _end(self) -> None:
        self._is_shut = True
        self._reader.stop()
        answered(self.ended, None)
