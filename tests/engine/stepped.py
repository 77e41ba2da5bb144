"""A loop whose time moves only when it is told to."""

from __future__ import annotations

import heapq
from collections.abc import Callable
from typing import Any


class SteppedLoop:
    """``time``, ``call_at``, ``call_later`` and ``call_soon``, without a loop."""

    def __init__(self) -> None:
        self.now = 100.0
        self._timers: list[tuple[float, int, Callable[..., Any], tuple[Any, ...]]] = []
        self._count = 0

    def time(self) -> float:
        """Now."""
        return self.now

    def call_at(self, when: float, callback: Callable[..., Any], *arguments: Any) -> None:
        """Runs when time has been moved there."""
        self._count += 1
        heapq.heappush(self._timers, (when, self._count, callback, arguments))

    def call_later(self, delay: float, callback: Callable[..., Any], *arguments: Any) -> None:
        """The same, from now."""
        self.call_at(self.now + delay, callback, *arguments)

    def call_soon(self, callback: Callable[..., Any], *arguments: Any) -> None:
        """Runs in the next step."""
        self.call_at(self.now, callback, *arguments)

    def step(self, seconds: float) -> None:
        """Moves time on and runs what is due, each at its time."""
        until = self.now + seconds
        while self._timers and self._timers[0][0] <= until:
            when, _, callback, arguments = heapq.heappop(self._timers)
            self.now = max(self.now, when)
            callback(*arguments)
        self.now = until

    def turn(self) -> None:
        """Runs the next callback alone."""
        when, _, callback, arguments = heapq.heappop(self._timers)
        self.now = max(self.now, when)
        callback(*arguments)

    def block(self, seconds: float) -> None:
        """Moves time on while nothing runs, as a busy loop does; what is due runs late."""
        self.now += seconds
        self.step(0)

    @property
    def timers(self) -> int:
        """How many timers wait."""
        return len(self._timers)
