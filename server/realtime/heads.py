"""The heads beacon: tells each connection how far its conversations have come, so that a loss is noticed."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from itertools import islice

import msgspec

from server.protocol import chat
from server.realtime.delivery import Sockets
from server.realtime.online import Online
from server.realtime.periodic import Periodic
from server.realtime.rooms import CHAT, account_room

INTERVAL_S = 14.0
"""A round takes its time as well: everybody is told within 15 s."""
AT_ONCE = 100
"""So many people are told in one turn of the loop: a millisecond."""


@dataclass(frozen=True, slots=True)
class Changed:
    """What is new since a position: heads by account and conversation; and of every account that was asked for its
    version, and the number of the newest change of its inbox.
    """

    position: int
    heads: dict[int, dict[int, int]]
    standings: dict[int, tuple[int, int]]


class Beacon:
    """Asks the log at each interval what has changed, and tells the people it concerns.

    ``changed_since(position, account_ids)`` reads the database once. Whoever has come since the last round is told
    their version once, whatever they have been told. ``inboxes(newest)`` hears the numbers of the newest changes of
    people's inboxes, to compare them with what their bells show.
    """

    def __init__(
        self,
        sockets: Sockets,
        online: Online,
        changed_since: Callable[[int, list[int]], Awaitable[Changed]],
        inboxes: Callable[[Mapping[int, int]], None] = lambda newest: None,
        interval_s: float = INTERVAL_S,
    ) -> None:
        self._sockets = sockets
        self._online = online
        self._epoch = ""
        self._changed_since = changed_since
        self._inboxes = inboxes
        self._versions: dict[int, int] = {}
        self._position = 0
        self._job = Periodic("heads beacon", interval_s, self._tell)

    def start(self, epoch: str, position: int) -> None:
        """Begins with what comes after ``position``."""
        self._epoch = epoch
        self._position = position
        self._job.start()

    async def stop(self) -> None:
        """Ends."""
        await self._job.stop()

    def tell_now(self) -> None:
        """A round at once: something may have been missed."""
        self._job.now()

    async def _tell(self) -> None:
        changed = await self._changed_since(self._position, self._online.accounts())
        standings = iter(changed.standings.items())
        while some := list(islice(standings, AT_ONCE)):
            await self._tell_some(changed.heads, {account_id: version for account_id, (version, _) in some})
            self._inboxes({account_id: newest for account_id, (_, newest) in some})
            await asyncio.sleep(0)  # others have something to say too
        # What failed half-way is told again from the same position.
        self._versions = {account_id: version for account_id, (version, _) in changed.standings.items()}
        self._position = changed.position

    async def _tell_some(self, heads: Mapping[int, dict[int, int]], versions: Mapping[int, int]) -> None:
        """Tells these people, equals together: they are sent the same bytes."""
        equals: dict[tuple[int, tuple[tuple[int, int], ...]], list[str]] = {}
        for account_id, version in versions.items():
            news = heads.get(account_id, {})
            if news or self._versions.get(account_id) != version:
                equals.setdefault((version, tuple(news.items())), []).append(account_room(account_id))
        for (version, changed), rooms in equals.items():
            # Finished JSON: its keys are numbers, which the engine would not take for those of an object.
            told = chat.Heads(epoch=self._epoch, account_version=version, heads=dict(changed))
            await self._sockets.emit_here("heads", msgspec.Raw(msgspec.json.encode(told)), room=rooms, namespace=CHAT)
