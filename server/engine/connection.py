"""Connection: one client, polling or WebSocket. What comes in, what goes out, whether it lives, how it ends."""

from __future__ import annotations

import asyncio
from collections import deque
from typing import Any

from server.engine.frames import BINARY, NORMAL, POLICY, PROTOCOL_ERROR, frame
from server.engine.heartbeat import LIVENESS
from server.engine.outflow import Parcel
from server.engine.packets import ProtocolError
from server.engine.payload import BASE64, CLOSE, MESSAGE, NOOP, PING, PONG, unwrapped
from server.engine.polling import POLLING, REAP_S, UPGRADING, WEBSOCKET, Polling
from server.engine.reading import Assembly
from server.engine.shared import (
    AUTH_DEADLINE,
    CLIENT_DISCONNECT,
    PARSE_ERROR,
    PING_TIMEOUT,
    SHUTTING_DOWN,
    SLOW_CONSUMER,
    TOO_MANY_ERRORS,
    TRANSPORT_CLOSE,
    Shared,
)

__all__ = ["POLLING", "UPGRADING", "WEBSOCKET", "Connection"]

PING_FRAME = frame(b"2")
JOINING, ENDING, ATTACHMENTS, UNREAD = range(LIVENESS + 1, LIVENESS + 5)
"""What a connection asks to be woken for."""

EAGER_BYTES = 65536
"""So much in one turn is written at once: what the transport cannot pass on is looked at."""
ERRORS_S = 60.0
# Whoever says goodbye themselves has a right to what they said before.
_KEEPS_INPUT = frozenset((CLIENT_DISCONNECT, TRANSPORT_CLOSE))


class Connection(Polling):
    """One client. ``members``, ``assembly`` and ``session`` belong to the level above."""

    __slots__ = (
        *("members", "assembly", "session", "posting", "body"),
        *("_why", "_faults", "_asked", "_join_by"),
    )

    def __init__(self, house: Shared[Connection], sid: str) -> None:
        self.members: dict[str, Any] | None = None
        self.assembly: Assembly | None = None
        self.posting = False
        self.body: asyncio.Timeout | None = None
        self._why: str | None = None
        self.session: dict[str, Any] | None = None
        self._faults: deque[float] | None = None
        self._asked = 0
        self._join_by = 0.0
        super().__init__(house, sid)
        if house.joins:
            self.must_join()

    @property
    def upgraded(self) -> bool:
        """Whether this is a WebSocket; python-engineio asks by this name."""
        return self.state == WEBSOCKET

    # In

    def received(self, packet: str | bytes) -> bool:
        """Takes one Engine.IO packet; False when it is none, and the connection should end."""
        if self.closed:
            return True
        if isinstance(packet, bytes):
            self.put(packet)
            return True
        kind = packet[:1]
        if kind == MESSAGE:
            self.put(packet[1:])
        elif kind == PONG:
            self.ponged(self._shared.loop.time())
        elif kind == CLOSE:
            self.close(CLIENT_DISCONNECT)
        elif kind == BASE64 and self.state != WEBSOCKET and (data := unwrapped(packet)) is not None:
            self.put(data)
        else:
            return False
        return True

    async def handle(self, data: str | bytes) -> None:
        """One message; a handler that raises costs a fault."""
        try:
            await self._shared.receive(self, data)
        except ProtocolError as error:
            self.broke(str(error))
        except Exception as error:
            self._shared.log.failed(self._shared.loop.time(), self.sid, "handler", error)
            self.fault("handler")

    async def emptied(self) -> None:
        """The end waited for the running handler."""
        if self.closed:
            await self._farewell()

    def hold_input(self) -> None:
        """Stops reading; a POST is answered later."""
        if self.link is not None and self.state == WEBSOCKET:
            self.link.pause()

    def read_on(self) -> None:
        """Reads again."""
        if self.link is not None and self.state == WEBSOCKET and not self.closed:
            self.link.resume()

    def broke(self, what: str) -> None:
        """The peer does not speak the protocol."""
        self._shared.counters.faults["protocol"] += 1
        self._shared.log.note(self._shared.loop.time(), self.sid, "protocol", what)
        self.close(PARSE_ERROR, code=PROTOCOL_ERROR)

    def fault(self, kind: str) -> None:
        """A lesser fault; too many of them in a minute end the connection."""
        now = self._shared.loop.time()
        self._shared.counters.faults[kind] += 1
        self._shared.log.note(now, self.sid, kind, "a client did what it should not")
        most = self._shared.limits.errors
        if self._faults is None:
            self._faults = deque(maxlen=most + 1)
        self._faults.append(now)
        if len(self._faults) > most and now - self._faults[0] <= ERRORS_S:
            self.close(TOO_MANY_ERRORS, code=POLICY)

    # Time

    def timer(self, kind: int, now: float) -> None:
        """The wheel's call; see the constants."""
        self._asked &= ~(1 << kind)
        if kind == ENDING:
            self._end_handler()
        elif kind == UNREAD:
            self.cut_unread()
        elif self.closed:
            return
        elif kind == LIVENESS:
            self.look_alive(now)
        elif kind == JOINING:
            self._look_joined(now)
        elif kind == ATTACHMENTS and self.assembly is not None:
            if now >= self.assembly.until:
                self.broke("an attachment did not come")
            else:
                self._wake_at(self.assembly.until, ATTACHMENTS)

    def _wake_at(self, when: float, kind: int) -> None:
        if not self._asked & 1 << kind:  # one of a kind, and it asks again: a client cannot fill the wheel
            self._asked |= 1 << kind
            self._shared.wheel.at(when, self, kind)

    def must_join(self) -> None:
        """From now on the connection has a while to join something."""
        self._join_by = self._shared.loop.time() + self._shared.limits.auth_s
        self._wake_at(self._join_by, JOINING)

    def expect(self, assembly: Assembly) -> None:
        """The next messages are attachments, and they have to come in time."""
        self.assembly = assembly
        self._wake_at(assembly.until, ATTACHMENTS)

    def ping(self) -> None:
        """Asks whether the client is there."""
        if self.state == WEBSOCKET:
            self.write(PING_FRAME)
        else:
            self.push(PING)

    def missed(self) -> None:
        """The client has not answered a ping in time."""
        self.close(PING_TIMEOUT)

    def _look_joined(self, now: float) -> None:
        if any(member.is_on for member in (self.members or {}).values()):
            return
        if self.members:
            self._join_by = max(self._join_by, now + self._shared.limits.connect_s)
        if now < self._join_by:
            self._wake_at(self._join_by, JOINING)
        else:
            self.close(AUTH_DEADLINE, code=POLICY)

    # Out

    def send(self, parcel: Parcel) -> None:
        """Sends what was encoded once, whatever the transport."""
        if self.closed:
            return
        self._shared.counters.packets_out += 1
        if self.state == WEBSOCKET:
            self.write(parcel.frames)
        else:
            for packet in parcel.packets:
                self.push(packet)

    def push(self, packet: str | bytes) -> None:
        """Sends one Engine.IO packet: text with its type, or bytes."""
        if self.closed:
            return
        if self.state == WEBSOCKET:
            self.write(frame(packet.encode()) if isinstance(packet, str) else frame(packet, BINARY))
            return
        if self._out is None:
            self._out = []
        self._out.append(packet)
        self._out_size += len(packet)
        if len(self._out) > self._shared.limits.out_packets:
            self.too_slow()
            return
        self._shared.outflow.holds(self, self.unsent())
        if self.waiter is not None and len(self._out) == 1:
            self._shared.outflow.dirtied(self)

    def write(self, data: bytes) -> None:
        """Sends finished frames at the end of this turn."""
        if self.closed or self.link is None:
            return
        # One alone waits without a list: ten thousand new lists would wake the garbage collector.
        if self._out is None:
            self._out = data
            self._shared.outflow.dirtied(self)
        elif isinstance(self._out, list):
            self._out.append(data)
        else:
            self._out = [self._out, data]
        self._out_size += len(data)
        if self._out_size > EAGER_BYTES or self.link.is_watched():
            self._look_sent()

    def _look_sent(self) -> None:
        if self._out_size > EAGER_BYTES:
            self.flush()
        self._shared.outflow.holds(self, self.unsent())

    def unsent(self) -> int:
        """Bytes that wait, here and in the transport."""
        link = self.link if self.upgraded else None
        return self._out_size + (link.unsent() if link is not None else self.unread())

    def waiting(self) -> int:
        """Packets that wait for a poll."""
        return len(self._out or ()) if self.state != WEBSOCKET else 0

    def drained(self) -> None:
        """The transport has passed on what it held: what waited here follows."""
        self._shared.outflow.forget(self)
        self.flush()

    def flush(self) -> None:
        """Writes what waits: to the transport, or as the answer to a poll."""
        if self.state == WEBSOCKET:
            # For a slow reader the frames wait here, where all share them; a transport needs half as much again.
            if self.link is None or not self.link.is_congested():
                self._pass_on()
        elif self._out and self.waiter is not None:
            self._answer_poll()

    def _pass_on(self) -> None:
        waiting, self._out, self._out_size = self._out, None, 0
        if waiting and self.link is not None:
            self._shared.counters.writes += 1
            if isinstance(waiting, list):
                self._shared.counters.coalesced += len(waiting) - 1
                waiting = b"".join(waiting)
            self.link.write(waiting)

    def flush_apart(self) -> None:
        """Writes what waits now, and what comes next in a write of its own a moment later."""
        self.flush()
        if self.state == WEBSOCKET:
            self._out = self._out or []
            self._shared.outflow.dirtied_later(self)

    def too_slow(self) -> None:
        """Its reader does not take what it is sent."""
        self._shared.counters.faults["slow"] += 1
        self._out = None
        self.close(SLOW_CONSUMER, abort=True)

    # The end

    def close(self, reason: str, *, code: int = NORMAL, abort: bool = False) -> None:
        """Ends the connection, once: tells the client, frees what waits, lets the level above know."""
        if self.closed:
            return
        # What was written before goes out before the farewell.
        if not abort and self.state == WEBSOCKET:
            self._pass_on()
        self.closed = True
        self._why = reason
        house = self._shared
        house.connections.pop(self.sid, None)
        house.ending[self.sid] = self
        house.counters.closed[reason] += 1
        if self.body is not None and not self.body.expired():
            self.body.reschedule(house.loop.time())  # nobody wants the rest of that POST
        if not self._last_answer(reason) and self.link is not None:
            self.link.shut(code, abort=abort)
        if abort or not self.unread():
            self.cut_unread()
        else:
            self._wake_at(house.loop.time() + REAP_S, UNREAD)
        self._out, self._out_size = None, 0
        house.outflow.forget(self)
        if reason not in _KEEPS_INPUT:
            self.drop_inbox()
        if self.task is None:
            self.task = house.spawn(self._farewell())
        else:
            self._wake_at(house.loop.time() + house.limits.handler_s, ENDING)

    def _last_answer(self, reason: str) -> bool:
        """Answers a poll; what is not said then is left to the next, or (True) to the upgrade that has begun."""
        if self.state == WEBSOCKET:
            return False
        # The end comes apart: JavaScript looks at it first, and then at nothing. After it Python never comes back.
        last = NOOP if reason in (CLIENT_DISCONNECT, SHUTTING_DOWN) else CLOSE
        answers = [self._payload(), last] if self._out and reason != CLIENT_DISCONNECT else [last]
        if self.waiter is not None:
            self.end_poll(answers.pop(0))
        return self._shared.leave_words(self.sid, reason, answers) and self.probed

    def _end_handler(self) -> None:
        """The handler that ran when the connection ended has had its time."""
        if self._why is not None and self.task is not None:
            self.drop_inbox()  # the library swallows the cancellation, and the task would go on with the next
            self.task.cancel()
            self._shared.spawn(self._farewell())

    async def _farewell(self) -> None:
        reason, self._why = self._why, None
        if reason is None:
            return
        try:
            await self._shared.lost(self, reason)
        except Exception as error:
            self._shared.log.failed(self._shared.loop.time(), self.sid, "disconnect handler", error)
        finally:
            # The wheel still knows this connection for a while: it keeps nothing more than itself.
            self.link = self.assembly = self.task = self.session = self.members = self._faults = None
            self._shared.over(self.sid)
