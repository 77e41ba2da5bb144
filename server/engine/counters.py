"""Counters: what was refused, closed and put off, and why; and log lines that a flood cannot multiply."""

from __future__ import annotations

import logging
import traceback
from collections import Counter

SAY_AGAIN_S = 60.0
REMEMBERED = 1000

_log = logging.getLogger("engine")


class Counters:
    """Numbers by reason, for whoever shows them. They only grow."""

    def __init__(self) -> None:
        self.opened: Counter[str] = Counter()
        """Connections by transport; ``upgraded`` too."""
        self.closed: Counter[str] = Counter()
        """Connections by the reason of their end."""
        self.refused: Counter[str] = Counter()
        """Requests, and joins of a namespace, by why they were refused."""
        self.faults: Counter[str] = Counter()
        """What clients did wrong, by kind."""
        self.recoveries: Counter[str] = Counter()
        """Attempts of clients to get their session back, by what came of them."""
        self.inbox_pauses = 0
        self.held_events = 0
        self.packets_in = 0
        self.packets_out = 0
        """One for each connection it went to."""
        self.writes = 0
        self.coalesced = 0
        """Packets that left in the write of another."""


class SampledLog:
    """One line for each connection and kind a minute, however often it happens."""

    def __init__(self) -> None:
        self._said: dict[tuple[str, str], float] = {}

    def note(self, now: float, sid: str, kind: str, sentence: str) -> None:
        """Logs ``sentence`` unless this was said a moment ago. A sid is a key: only its head is shown."""
        if self._is_new(now, sid, kind):
            _log.info("%s (%s, connection %s)", sentence, kind, shortened(sid))

    def failed(self, now: float, sid: str, kind: str, error: BaseException) -> None:
        """Logs where a bug of a handler is, under the same rule; an error's own words may quote what was sent."""
        if self._is_new(now, sid, kind):
            name, place = type(error).__name__, "".join(traceback.format_tb(error.__traceback__))
            _log.error("a handler failed with %s (%s, connection %s)\n%s", name, kind, shortened(sid), place)

    def _is_new(self, now: float, sid: str, kind: str) -> bool:
        last = self._said.pop((sid, kind), None)
        if last is not None and now - last < SAY_AGAIN_S:
            self._said[sid, kind] = last
            return False
        self._said[sid, kind] = now
        if len(self._said) > REMEMBERED:
            del self._said[next(iter(self._said))]
        return True


def shortened(sid: str) -> str:
    """As much of a session id as may be seen: its worker and four characters."""
    worker, _, secret = sid.rpartition(".")
    return f"{worker}.{secret[:4]}" if worker else secret[:4]
