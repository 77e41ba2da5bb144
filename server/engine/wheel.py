"""Wheel: one timer for all connections."""

from __future__ import annotations

import logging
from typing import Any, Protocol

_log = logging.getLogger("engine")


class Timed(Protocol):
    """Whoever asked to be woken."""

    def timer(self, kind: int, now: float) -> None:
        """The time has come; look whether it still matters."""


class Clock(Protocol):
    """The loop, as far as time goes."""

    def time(self) -> float:
        """Monotonic seconds."""

    def call_at(self, when: float, callback: Any) -> Any:
        """Calls back at ``when``."""


class Wheel:
    """Wakes many with one timer of the loop.

    An entry is never cancelled: whoever is woken looks whether there is still something to do. Nothing is
    woken before its time, and at most one ``resolution`` after it.
    """

    def __init__(self, clock: Clock, resolution: float, slots: int = 512) -> None:
        self.resolution = resolution
        self._clock = clock
        self._slots: list[list[tuple[int, Timed, int]] | None] = [None] * slots
        self._began = 0.0
        self._turn = 0
        self._waiting = 0
        self._runs = False

    def __len__(self) -> int:
        return self._waiting

    def at(self, when: float, target: Timed, kind: int = 0) -> None:
        """Calls ``target.timer(kind, now)`` soon after ``when``."""
        if not self._runs:
            self._began, self._turn = self._clock.time(), 0
            self._runs = True
            self._sleep()
        turn = max(int((when - self._began) / self.resolution) + 1, self._turn + 1)
        self._put(turn, target, kind)
        self._waiting += 1

    def _put(self, turn: int, target: Timed, kind: int) -> None:
        place = turn % len(self._slots)
        slot = self._slots[place]
        if slot is None:
            self._slots[place] = [(turn, target, kind)]
        else:
            slot.append((turn, target, kind))

    def _sleep(self) -> None:
        self._clock.call_at(self._began + (self._turn + 1) * self.resolution, self._tick)

    def _tick(self) -> None:
        now = self._clock.time()
        # A loop that was blocked makes up for the turns it missed; a timer may also come a hair early.
        last = int((now - self._began) / self.resolution + 1e-6)
        while self._turn < last:
            self._turn += 1
            self._wake(now)
        self._runs = self._waiting > 0
        if self._runs:
            self._sleep()

    def _wake(self, now: float) -> None:
        place = self._turn % len(self._slots)
        due, self._slots[place] = self._slots[place], None
        for turn, target, kind in due or ():
            if turn > self._turn:
                self._put(turn, target, kind)
                continue
            self._waiting -= 1
            try:
                target.timer(kind, now)
            except Exception:  # one that fails must not stop everybody's time
                _log.exception("a timer failed")
