"""People who come and go: their watchers are told, and it is written down when somebody was here last."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any

from server.clock import Now
from server.errors import ChatError
from server.realtime.everywhere import Everywhere
from server.realtime.online import Online
from server.realtime.watchers import Watchers


class Comings:
    """``remember(account_id, at)`` writes down that somebody was here until then; it may raise a refusal."""

    def __init__(
        self,
        online: Online,
        everywhere: Everywhere,
        watchers: Watchers,
        remember: Callable[[int, int], Awaitable[None]],
        now: Now,
    ) -> None:
        self._online = online
        self._everywhere = everywhere
        self._watchers = watchers
        self._remember = remember
        self._now = now
        self._beside: set[asyncio.Task[None]] = set()

    def start(self) -> None:
        """Begins to hear of them."""
        self._everywhere.on_change = self._changed

    def beside(self, work: Coroutine[Any, Any, None]) -> None:
        """Does what nobody waits for but the end."""
        task = asyncio.get_running_loop().create_task(work)
        self._beside.add(task)
        task.add_done_callback(self._beside.discard)

    async def stop(self) -> None:
        """Whoever was here until the server stops has been here until now."""
        self._online.close()
        await self._everywhere.stop()
        await asyncio.gather(*self._beside, return_exceptions=True)

    def _changed(self, account_id: int, tell: bool, remember: bool) -> None:
        at = self._now()
        if remember:
            self.beside(self._remembered(account_id, at, tell))
        elif tell:
            self._tell(account_id, at)

    async def _remembered(self, account_id: int, at: int, tell: bool) -> None:
        # Others hear of it even when the database is busy: the time is worth less than the news.
        with contextlib.suppress(ChatError):
            await self._remember(account_id, at)
        if tell:
            self._tell(account_id, at)

    def _tell(self, account_id: int, at: int) -> None:
        is_gone = self._everywhere.state(account_id) == "offline"
        self._watchers.changed(account_id, at if is_gone else 0)
