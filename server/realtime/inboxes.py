"""Each inbox strictly by number: a change that this worker was not told of is read before what follows.

So what a stock client has heard last says how far it has come, and it gets the rest when it comes back.
"""

from __future__ import annotations

import asyncio
import logging
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping, Sequence

import msgspec

from server import records
from server.protocol.notifications import Notification
from server.realtime.complaint import Complaint
from server.realtime.online import Online
from server.realtime.recovery import event_of
from server.realtime.rooms import NOTIFICATIONS

MOST_TOLD = 50
"""Whoever has missed more hears the counts alone, as when more rows change at once, and fetches the rows."""

_log = logging.getLogger(__name__)

Ring = Callable[[records.NotificationChange], Awaitable[None]]
ChangesAfter = Callable[[int, int, int], Awaitable[Sequence[Notification] | None]]


class Inboxes:
    """Hands the changes of people's inboxes to ``ring``, each account's in their order.

    ``changes_after(account_id, after_seq, limit)`` are rows as they stand now, by their last change; None: more than
    ``limit``. Whoever is alone has told itself everything in order, and needs none. ``healed`` counts rows that were
    read.
    """

    def __init__(
        self, online: Online, ring: Ring, changes_after: ChangesAfter | None, healed: Counter[str] | None = None
    ) -> None:
        self.is_shared = False
        self.healed = Counter[str]() if healed is None else healed
        self._online = online
        self._ring = ring
        self._changes_after = changes_after
        self._wanted: dict[int, int] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._complaint = Complaint(_log, "an inbox could not be read up to what other workers wrote")

    async def take(self, change: records.NotificationChange) -> None:
        """Rings a change when its turn has come: now, after what is read, or never again."""
        known = self._known(change.account_id) if self.is_shared else None
        if known is None or (change.seq == known + 1 and change.account_id not in self._wanted):
            self._come_to(change.account_id, change.seq)
            await self._ring(change)
        elif change.seq > known:
            self._read(change.account_id, change.seq)

    def skip(self, change: records.CountsChanged) -> None:
        """Goes on behind rows of which the counts alone are told."""
        known = self._known(change.account_id) if self.is_shared else None
        if known is None or known >= change.seq:
            return
        if change.seq - change.rows <= known and change.account_id not in self._wanted:
            self._come_to(change.account_id, change.seq)
        else:
            self._read(change.account_id, change.seq)

    def compare(self, newest: Mapping[int, int]) -> None:
        """Reads what was not told; ``newest`` is the number of each inbox's newest change."""
        if not self.is_shared:
            return
        for account_id, seq in newest.items():
            known = self._known(account_id)
            if known is not None and known < seq:
                self._read(account_id, seq)

    async def stop(self) -> None:
        """Ends what is being read."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def _known(self, account_id: int) -> int | None:
        """Up to here every bell of this account was told everything; None while nobody listens yet."""
        bells = self._online.of_account(account_id, NOTIFICATIONS)
        return min((bell.heard for bell in bells if bell.heard is not None), default=None)

    def _come_to(self, account_id: int, seq: int) -> None:
        for bell in self._online.of_account(account_id, NOTIFICATIONS):
            if bell.heard is not None:
                bell.heard = max(bell.heard, seq)

    def _read(self, account_id: int, seq: int) -> None:
        is_being_read = account_id in self._wanted
        self._wanted[account_id] = max(seq, self._wanted.get(account_id, 0))
        if not is_being_read and self._changes_after is not None:
            task = asyncio.create_task(self._catch_up(self._changes_after, account_id), name="reading an inbox")
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def _catch_up(self, changes_after: ChangesAfter, account_id: int) -> None:
        try:
            while (known := self._known(account_id)) is not None and known < (wanted := self._wanted[account_id]):
                rows = await changes_after(account_id, known, MOST_TOLD) or ()
                for row in rows:
                    await self._tell(account_id, row, known)
                self._come_to(account_id, max(wanted, rows[-1].seq if rows else 0))
            self._complaint.withdrawn()
        except Exception as error:
            self._complaint.about(error)  # it stays behind: the next change or the beacon begins again
        finally:
            del self._wanted[account_id]

    async def _tell(self, account_id: int, row: Notification, known: int) -> None:
        created = event_of(row, known) == "notification_created"
        self.healed["inbox"] += 1
        self._come_to(account_id, row.seq)
        await self._ring(records.NotificationChange(account_id, row.seq, created, msgspec.json.encode(row)))
