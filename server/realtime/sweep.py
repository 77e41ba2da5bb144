"""The sweep: a worker verifies against the log that it has delivered everything, and delivers what it was not told."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from server.realtime.complaint import Complaint
from server.realtime.online import Online
from server.realtime.order import Order
from server.realtime.rooms import CHAT

INTERVAL_S = 2.0
PATIENCE_S = 0.2
ALONE = 10
"""So often whoever is alone waits: it has told itself, or somebody at the command line has written."""
SOON_S = 0.1
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Written:
    """What the log has got since a position: heads by conversation, and who has come: (conversation, account)."""

    position: int
    heads: dict[int, int]
    added: list[tuple[int, int]]


class Sweep:
    """Asks the log every ``interval_s`` for what came after the last time.

    What is behind gets ``patience_s`` to arrive by itself, ten times as long where there is one worker.
    ``on_healed(conversation_id)`` hears what did not. ``written_since(position)`` is one range query; a worker that is
    alone asks for the ``newest()`` position only, and as a rule has seen it.
    """

    def __init__(
        self,
        order: Order,
        online: Online,
        written_since: Callable[[int], Awaitable[Written]],
        newest: Callable[[], Awaitable[int]],
        *,
        interval_s: float = INTERVAL_S,
        patience_s: float = PATIENCE_S,
    ) -> None:
        self.on_healed: Callable[[int], None] = lambda conversation_id: None
        self._order = order
        self._online = online
        self._written_since = written_since
        self._newest = newest
        self._interval_s = interval_s
        self._patience_s = patience_s
        self._position = 0
        self._behind: dict[int, int] = {}
        self._begun: set[object] = set()
        self._complaint = Complaint(_log, "looking for what was not delivered failed; it comes round again")
        self._early = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    def start(self, position: int) -> None:
        """Begins with what comes after ``position``."""
        self._position = position
        self._task = asyncio.create_task(self._run(), name="sweep")

    async def stop(self) -> None:
        """Ends."""
        if self._task:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    def soon(self) -> None:
        """Looks in a moment: something may have been missed."""
        self._early.set()

    async def _run(self) -> None:
        while True:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(self._interval_s):
                    await self._early.wait()
                    await asyncio.sleep(min(SOON_S, self._interval_s))  # others may ask for it too
            self._early.clear()
            try:
                await self._look()
            except Exception as error:
                self._complaint.about(error)
            else:
                self._complaint.withdrawn()

    async def _look(self) -> None:
        order = self._order
        if not order.is_shared:
            await self._look_alone()
            return
        self._behind = order.behind(self._behind)  # reading them has failed
        if not self._behind and not self._begun & order.reading():
            order.verified = self._position  # what was found missing last time has been delivered
        written = await self._written_since(self._position)
        behind = order.behind(self._behind | written.heads)
        if behind:
            await asyncio.sleep(self._patience_s)
            behind = order.behind(behind)
        for conversation_id, head in behind.items():
            order.catch_up(conversation_id, head)
            self.on_healed(conversation_id)
        self._behind = behind
        for conversation_id, account_id in written.added:
            if self._online.of_account(account_id, CHAT):
                order.catch_up(conversation_id, written.heads[conversation_id], [account_id])
        # A conversation that opens is taken up from where everything was verified a round ago: what has just
        # been written may have been announced to nobody here.
        order.position, self._position = self._position, written.position
        self._begun = order.reading()
        if not self._behind and not self._begun:
            order.verified = self._position

    async def _look_alone(self) -> None:
        newest = await self._newest()
        for _ in range(ALONE):
            if self._order.seen >= newest:
                return
            await asyncio.sleep(self._patience_s)
        await self._order.read_up_to(newest)
