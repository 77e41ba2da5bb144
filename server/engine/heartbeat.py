"""Heartbeat: whether a client is still there, by a clock that nobody can set."""

from __future__ import annotations

import random
from abc import ABC, abstractmethod

from server.engine.limits import Limits
from server.engine.wheel import Wheel

LIVENESS = 0
"""The kind of timer that comes back to ``look_alive``."""


class Heartbeat(ABC):
    """The half of a connection that pings. A pong only writes down a time; the wheel moves one entry."""

    __slots__ = ("_awaits_pong", "_dead_at", "_limits", "_ping_at", "_wheel", "is_excused")

    def __init__(self, wheel: Wheel, now: float, limits: Limits) -> None:
        self._wheel = wheel
        self._limits = limits
        self._awaits_pong = False
        self.is_excused = False
        """We are the ones who do not read: a missing pong is not held against the client."""
        # A restart brings everybody back at once; their pings need not come in step.
        self._ping_at = now + limits.ping_interval_s * random.uniform(0.8, 1.0)
        self._dead_at = self._ping_at + limits.ping_timeout_s
        wheel.at(self._ping_at, self, LIVENESS)

    @abstractmethod
    def timer(self, kind: int, now: float) -> None:
        """The wheel's call."""

    @abstractmethod
    def ping(self) -> None:
        """Asks whether the client is there."""

    @abstractmethod
    def missed(self) -> None:
        """The client has not answered in time."""

    def look_alive(self, now: float) -> None:
        """Pings, waits for the pong, or gives up; and comes back when that is due."""
        # Nobody pays for a loop that was blocked: what they sent meanwhile has not been read yet.
        was_blocked = now - (self._dead_at if self._awaits_pong else self._ping_at) > 2 * self._wheel.resolution
        if not self._awaits_pong:
            if now >= self._ping_at:
                self._awaits_pong = True
                self._dead_at = (now if was_blocked else self._ping_at) + self._limits.ping_timeout_s
                self.ping()
        elif self.is_excused:
            self._dead_at = now + self._limits.ping_timeout_s
        elif was_blocked:
            self._dead_at = now + self._wheel.resolution
        elif now >= self._dead_at:
            self.missed()
            return
        self._wheel.at(self._dead_at if self._awaits_pong else self._ping_at, self, LIVENESS)

    def ponged(self, now: float) -> None:
        """The client is there."""
        if self._awaits_pong:
            self._awaits_pong = False
            self._ping_at = now + self._limits.ping_interval_s
            self._dead_at = self._ping_at + self._limits.ping_timeout_s

    def excused(self, excused: bool, now: float) -> None:
        """We stop reading, or read again: then the pong may lie in the kernel, and the wait for it begins anew."""
        self.is_excused = excused
        if not excused:
            self._dead_at = max(self._dead_at, now + self._limits.ping_timeout_s)

    def is_overdue(self, now: float) -> bool:
        """Whether its time is over though the timer has not said so yet.

        Much later the timer would have said so, had the loop not been blocked: nobody pays for that.
        """
        return not self.is_excused and 0 <= now - self._dead_at <= 2 * self._wheel.resolution
