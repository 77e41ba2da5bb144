"""How fast an account may send."""

from __future__ import annotations

import math
from collections.abc import Callable

from server import clock
from server.clock import Now
from server.errors import RateLimited
from server.settings import Rate

_MANY = 10_000


class MessageRate:
    """A bucket for each account: ``burst`` at once, then ``per_second``; no limit without a rate.

    ``on_taken(account_id)`` hears of each that is taken here; ``take_off`` is for those taken at other workers.
    """

    def __init__(self, rate: Rate | None, now: Now = clock.now) -> None:
        self.on_taken: Callable[[int], None] = lambda account_id: None
        self._rate = rate
        self._now = now
        self._most = _MANY
        self._buckets: dict[int, tuple[float, int]] = {}  # account: what is left, and when that was

    def check(self, account_id: int) -> None:
        """Take one. Raises RateLimited with the time to wait when there is none."""
        if self._rate is None:
            return
        now = self._now()
        left = self._left(account_id, now, self._rate)
        if left < 1:
            wait_ms = max(1, math.ceil((1 - left) / self._rate.per_second * 1000))
            raise RateLimited("That was too fast. Wait a moment.", retry_after_ms=wait_ms)
        self._set(account_id, left - 1, now, self._rate)
        self.on_taken(account_id)

    def take_off(self, account_id: int, count: int) -> None:
        """Somebody has sent elsewhere. What was sent in the meantime, before this was known, is owed."""
        if self._rate is not None:
            now = self._now()
            owing = max(self._left(account_id, now, self._rate) - count, -float(self._rate.burst))
            self._set(account_id, owing, now, self._rate)

    def _set(self, account_id: int, left: float, now: int, rate: Rate) -> None:
        self._buckets[account_id] = (left, now)
        if len(self._buckets) > self._most:
            self._forget_full(now, rate)
            # Where that many really send, looking through all of them each time would cost more than it frees.
            self._most = max(_MANY, 2 * len(self._buckets))

    def _left(self, account_id: int, now: int, rate: Rate) -> float:
        left, at = self._buckets.get(account_id, (float(rate.burst), now))
        # A clock that is put back must not take away what somebody has.
        return min(float(rate.burst), left + max(0, now - at) * rate.per_second / 1000)

    def _forget_full(self, now: int, rate: Rate) -> None:
        full = [account_id for account_id in self._buckets if self._left(account_id, now, rate) >= rate.burst]
        for account_id in full:
            del self._buckets[account_id]
