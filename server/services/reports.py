"""Telling those who look after a group, or after the server, about a message."""

from __future__ import annotations

import math
import time
from collections.abc import Callable

from limits import RateLimitItemPerHour
from limits.storage import MemoryStorage
from limits.strategies import MovingWindowRateLimiter

from server.clock import Now
from server.errors import Invalid, RateLimited
from server.protocol import chat
from server.storage import reports
from server.storage.database import Database

PER_HOUR = 10
"""More than anybody needs, and too few to bury an inbox."""


class Reports:
    """Takes reports of messages, so many of one person in an hour.

    ``on_taken(account_id)`` hears of each that is taken here; ``count`` is for those taken at other workers.
    """

    def __init__(self, db: Database, now: Now, per_hour: int = PER_HOUR) -> None:
        self.on_taken: Callable[[int], None] = lambda account_id: None
        self._db = db
        self._now = now
        self._limiter = MovingWindowRateLimiter(MemoryStorage())
        self._per_account = RateLimitItemPerHour(per_hour)

    async def report(self, account_id: int, command: chat.ReportMessage) -> chat.Nothing:
        """Puts it into the inboxes of the admins. Raises Invalid without a reason, RateLimited after too many."""
        reason = command.reason.strip()
        if not reason:
            raise Invalid("Say what is wrong with the message.", field="reason")
        if not self._limiter.test(self._per_account, str(account_id)):
            reset_time, _ = self._limiter.get_window_stats(self._per_account, str(account_id))
            wait_s = max(1, math.ceil(reset_time - time.time()))
            raise RateLimited(
                "That were many reports. The admins look at them; try again later.", retry_after_ms=wait_s * 1000
            )
        await self._db.write(reports.report, account_id, command.conversation_id, command.seq, reason, self._now())
        self.count(account_id, 1)
        self.on_taken(account_id)
        return chat.Nothing()

    def count(self, account_id: int, number: int) -> None:
        """Somebody has reported so many messages."""
        for _ in range(number):
            self._limiter.hit(self._per_account, str(account_id))
