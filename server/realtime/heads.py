"""The heads beacon: tells each connection how far its conversations have come, so that a loss is noticed."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from server.protocol import chat
from server.realtime.online import Online
from server.realtime.publisher import Sockets
from server.realtime.rooms import CHAT, account_room

INTERVAL_S = 15.0
_log = logging.getLogger(__name__)


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
        epoch: str,
        changed_since: Callable[[int, list[int]], Awaitable[Changed]],
        interval_s: float = INTERVAL_S,
    ) -> None:
        self._sockets = sockets
        self._online = online
        self._epoch = epoch
        self._changed_since = changed_since
        self._interval_s = interval_s
        self._versions: dict[int, int] = {}
        self._task: asyncio.Task[None] | None = None

    def start(self, position: int) -> None:
        """Begins with what comes after ``position``."""
        self._task = asyncio.create_task(self._run(position), name="heads beacon")

    async def stop(self) -> None:
        """Ends."""
        if self._task:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    async def _run(self, position: int) -> None:
        while True:
            await asyncio.sleep(self._interval_s)
            try:
                position = await self._tell(position)
            except Exception:
                _log.exception("the heads beacon failed; the next one tells more")

    async def _tell(self, position: int) -> int:
        account_ids = self._online.accounts()
        changed = await self._changed_since(position, account_ids)
        for account_id, version in changed.versions.items():
            heads = changed.heads.get(account_id, {})
            if not heads and self._versions.get(account_id) == version:
                continue
            body = chat.Heads(epoch=self._epoch, account_version=version, heads=heads)
            await self._sockets.emit("heads", body, room=account_room(account_id), namespace=CHAT)
        self._versions = changed.versions
        return changed.position
