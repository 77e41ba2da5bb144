"""The heads beacon: tells each connection how far its conversations have come, so that a loss is noticed."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

import msgspec

from server.protocol import chat
from server.realtime.delivery import Sockets
from server.realtime.online import Online
from server.realtime.periodic import Periodic
from server.realtime.rooms import CHAT, account_room

INTERVAL_S = 15.0


@dataclass(frozen=True, slots=True)
class Changed:
    """What is new since a position: heads by account and conversation, and the accounts' versions."""

    position: int
    heads: dict[int, dict[int, int]]
    versions: dict[int, int]


class Beacon:
    """Asks the log at each interval what has changed, and tells the people it concerns.

    ``changed_since(position, account_ids)`` reads the database: one range query and one for the members.
    """

    def __init__(
        self,
        sockets: Sockets,
        online: Online,
        changed_since: Callable[[int, list[int]], Awaitable[Changed]],
        interval_s: float = INTERVAL_S,
    ) -> None:
        self._sockets = sockets
        self._online = online
        self._epoch = ""
        self._changed_since = changed_since
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
        account_ids = self._online.accounts()
        changed = await self._changed_since(self._position, account_ids)
        for account_id, version in changed.versions.items():
            heads = changed.heads.get(account_id, {})
            if not heads and self._versions.get(account_id) == version:
                continue
            # Finished JSON: its keys are numbers, which the engine would not take for those of an object.
            body = msgspec.Raw(msgspec.json.encode(chat.Heads(epoch=self._epoch, account_version=version, heads=heads)))
            await self._sockets.emit_here("heads", body, room=account_room(account_id), namespace=CHAT)
        self._versions = changed.versions
        self._position = changed.position
