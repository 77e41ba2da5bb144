"""Outflow: what is written when. One write a connection and turn, in slices, and the slow are found."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence
from typing import Protocol

from server.engine.frames import BINARY, frame
from server.engine.limits import Limits

SMALL_FLUSH = 8
"""Up to so many connections a flush never makes the next one wait."""
TURN_S = 0.004
"""After so long the rest of a slice is left to the next turn; looked at every so many connections."""
LOOK_EVERY = 32
WRITE_COST_S = 11e-6
"""What one connection's write takes; with uvloop it happens behind our back and cannot be measured."""
APART_S = 0.005
"""Between a CONNECT reply and what its handler said. Clients look for the one, and only then listen for the other:
in one write the second comes while nobody listens."""

_log = logging.getLogger("engine")


class Parcel:
    """A packet encoded once for everybody: finished ``frames``, and the same as ``packets`` for polls."""

    __slots__ = ("frames", "packets")

    def __init__(self, text: str, attachments: Sequence[bytes] = ()) -> None:
        head = "4" + text
        self.frames = frame(head.encode())
        self.packets: tuple[str | bytes, ...] = (head,)
        if attachments:
            self.frames += b"".join(frame(attachment, BINARY) for attachment in attachments)
            self.packets += tuple(attachments)


class Outlet(Protocol):
    """A connection, as far as writing goes."""

    def flush(self) -> None:
        """Writes what waits."""

    def unsent(self) -> int:
        """Bytes that it holds now."""

    def too_slow(self) -> None:
        """It holds more than it may."""


class Outflow:
    """Gathers connections that have something to write and lets each write once.

    When a flush was large, the next waits about as long as it cost, so that a busy room puts several
    messages into one write.
    """

    def __init__(self, loop: asyncio.AbstractEventLoop, limits: Limits) -> None:
        self._loop = loop
        self._limits = limits
        self._dirty: list[Outlet] = []
        self._resting: set[Outlet] = set()
        self._is_due = False
        self._written = 0
        self._not_before = 0.0
        self._unsent: dict[Outlet, int] = {}
        self.unsent_total = 0
        """Bytes that wait for slow readers and for polls."""

    def dirtied(self, outlet: Outlet) -> None:
        """``outlet`` has something; called once until it is flushed."""
        self._dirty.append(outlet)
        if self._is_due:
            return
        self._is_due = True
        wait = self._not_before - self._loop.time()
        if wait > 0.0005:
            self._loop.call_later(wait, self._flush)
        else:
            self._loop.call_soon(self._flush)

    def dirtied_later(self, outlet: Outlet) -> None:
        """``outlet`` will have something; it waits a moment, even if it was dirty already."""
        self._resting.add(outlet)
        self._loop.call_later(APART_S, self._rested, outlet)

    def _rested(self, outlet: Outlet) -> None:
        self._resting.discard(outlet)
        self.dirtied(outlet)

    def _flush(self) -> None:
        began = self._loop.time()
        turn, self._dirty = self._dirty[: self._limits.slice], self._dirty[self._limits.slice :]
        for place, outlet in enumerate(turn, start=1):
            try:
                if outlet not in self._resting:
                    outlet.flush()
            except Exception:  # one that fails must not keep the others from writing
                _log.exception("a write failed")
            # asyncio writes at once, three times as slowly as uvloop does later; with that, time stands still here.
            if not place % LOOK_EVERY and self._loop.time() - began > TURN_S:
                self._dirty[:0] = turn[place:]
                del turn[place:]
        self._written += len(turn)
        if self._dirty:
            self._loop.call_soon(self._flush)
            return
        cost = min(self._limits.pause_s, self._written * WRITE_COST_S)
        self._not_before = began + cost if self._written > SMALL_FLUSH else 0.0
        self._is_due, self._written = False, 0

    def holds(self, outlet: Outlet, size: int) -> None:
        """``outlet`` has ``size`` bytes that its reader does not take. The largest go when all is too much."""
        if size > self._limits.out_bytes:
            outlet.too_slow()
            return
        self._note(outlet, size)
        while self.unsent_total > self._limits.out_total and self._unsent:
            largest = max(self._unsent, key=self._unsent.__getitem__)
            # What was noted may have gone out since, unheard; nobody is cut for that.
            if (now := largest.unsent()) < self._unsent[largest]:
                self._note(largest, now)
                continue
            self.forget(largest)
            largest.too_slow()

    def _note(self, outlet: Outlet, size: int) -> None:
        self.unsent_total += size - self._unsent.get(outlet, 0)
        if size:
            self._unsent[outlet] = size
        else:
            self._unsent.pop(outlet, None)

    def total(self) -> int:
        """Bytes unsent, looked at now: what was noted may have gone out since, unheard."""
        for outlet in list(self._unsent):
            self._note(outlet, outlet.unsent())
        return self.unsent_total

    def forget(self, outlet: Outlet) -> None:
        """``outlet`` holds nothing any more."""
        self.unsent_total -= self._unsent.pop(outlet, 0)
