"""What the bells show: counted for many at once, beside the deliveries."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Collection, Mapping

from server.protocol.notifications import Counts
from server.realtime.delivery import Sockets
from server.realtime.online import Online
from server.realtime.rooms import NOTIFICATIONS, account_room

COUNTED_AT_ONCE = 500
_log = logging.getLogger(__name__)

CountsOf = Callable[[Collection[int]], Awaitable[Mapping[int, Counts]]]


class Bells:
    """Tells ``counts`` to whoever is here. ``counts_of(account_ids)`` reads what the bells show."""

    def __init__(self, sockets: Sockets, online: Online, counts_of: CountsOf) -> None:
        self._sockets = sockets
        self._online = online
        self._counts_of = counts_of
        self._changed: set[int] = set()
        self._task: asyncio.Task[None] | None = None

    def changed(self, account_ids: Collection[int]) -> None:
        """These inboxes are not as their bells show."""
        self._changed.update(account_ids)

    def compare(self, newest: Mapping[int, int]) -> None:
        """Tells those again whose bells are behind; ``newest`` is the number of each inbox's newest change."""
        for account_id, seq in newest.items():
            bells = self._online.of_account(account_id, NOTIFICATIONS)
            if any(max(bell.start, bell.shown) < seq for bell in bells):
                self._changed.add(account_id)
        self.ring()

    def ring(self) -> None:
        """Begins to tell what has changed; reading the counts of many must keep no message waiting."""
        if self._changed and (self._task is None or self._task.done()):
            self._task = asyncio.create_task(self._tell(), name="counts")

    async def rung(self) -> None:
        """Returns when what was begun is told."""
        if self._task:
            await self._task

    async def _tell(self) -> None:
        while self._changed:
            changed, self._changed = self._changed, set()
            here = [account_id for account_id in changed if self._online.of_account(account_id, NOTIFICATIONS)]
            for some in (here[start : start + COUNTED_AT_ONCE] for start in range(0, len(here), COUNTED_AT_ONCE)):
                try:
                    counts = await self._counts_of(some)
                except Exception:
                    _log.exception("reading the counts of %d inboxes failed", len(some))
                    continue
                for account_id, counted in counts.items():
                    await self._tell_one(account_id, counted)
                await asyncio.sleep(0)  # what they hear otherwise goes on in between

    async def _tell_one(self, account_id: int, counted: Counts) -> None:
        try:
            room = account_room(account_id)
            await self._sockets.emit_here("counts", counted, room=room, namespace=NOTIFICATIONS)
            for bell in self._online.of_account(account_id, NOTIFICATIONS):
                bell.shown = max(bell.shown, counted.head_seq)
        except Exception:
            _log.exception("telling the counts of an inbox failed")
