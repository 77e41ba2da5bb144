"""What accounts have used up, told to the other workers a few times a second."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable

import msgspec

from server.realtime.everywhere import Others

EVERY_S = 0.1
_decode = msgspec.json.Decoder(list[tuple[int, int]]).decode


class Tally:
    """Counts by account. ``hear(account_id, count)`` gets what other workers counted."""

    def __init__(self, others: Others, kind: str, hear: Callable[[int, int], None], every_s: float = EVERY_S) -> None:
        self._others = others
        self._kind = kind
        self._hear = hear
        self._every_s = every_s
        self._counts: Counter[int] = Counter()
        others.on(kind, self._heard)

    def add(self, account_id: int) -> None:
        """One more; the others hear of it in a moment."""
        if not self._counts:
            asyncio.get_running_loop().call_later(self._every_s, self._say)
        self._counts[account_id] += 1

    def _say(self) -> None:
        counts, self._counts = self._counts, Counter()
        self._others.say(None, self._kind, list(counts.items()), fleeting=True)

    def _heard(self, worker: str, body: msgspec.Raw) -> None:
        for account_id, count in _decode(body):
            self._hear(account_id, count)
