"""Following the log: wake, read what is new, handle it, and remember the place in the same transaction."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from collections.abc import Callable, Sequence

from server.records import Entry
from server.storage import followers
from server.storage.database import Database

Handle = Callable[[list[Entry]], None]

LONGEST_WAIT_S = 30.0
LOOK_S = 30.0
_log = logging.getLogger(__name__)


class Follower:
    """Gives every entry of the log to ``handle``, in commit order, each once.

    ``handle`` is plain storage work and runs inside the writer's transaction together with the new
    position, so a crash leaves both or neither. A new follower begins with the first entry there is.
    What fails is tried again, ever more slowly and in smaller pieces, and never passed over. Several
    processes may run the same follower: whoever comes second finds the place moved and does nothing.
    After each batch it rests ``rest`` times as long as that took: others want to write, too.
    """

    def __init__(
        self,
        db: Database,
        name: str,
        handle: Handle,
        batch: int = 500,
        *,
        gather_s: float = 0.25,
        rest: float = 0.0,
        first_wait_s: float = 0.5,
    ) -> None:
        self.name = name
        self._db = db
        self._handle = handle
        self._batch = self._size = batch
        self._gather_s = gather_s
        self._rest = rest
        self._first_wait_s = self._wait_s = first_wait_s
        self._complaint = ""
        self._awake = asyncio.Event()
        self._stopping = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begin with what is waiting already."""
        self._awake.set()
        self._task = asyncio.create_task(self._run(), name=f"follower {self.name}")

    def wake(self) -> None:
        """Something has been committed. To be called on the event loop; costs nothing."""
        self._awake.set()

    async def stop(self) -> None:
        """Finish the batch at hand and end; the rest waits for the next start."""
        self._stopping.set()
        self._awake.set()
        if self._task is not None:
            await self._task
            self._task = None

    async def _run(self) -> None:
        while not self._stopping.is_set():
            with contextlib.suppress(TimeoutError):
                # What a process that has died since did not get to, nobody wakes us for.
                await asyncio.wait_for(self._awake.wait(), LOOK_S)
            self._awake.clear()
            # One transaction for what comes within a moment costs less than one for each.
            await self._pause(self._gather_s)
            await self._catch_up()

    async def _catch_up(self) -> None:
        while not self._stopping.is_set():
            began = time.monotonic()
            try:
                entries = await self._db.read(followers.waiting_for, self.name, self._size)
                if entries:
                    await self._db.write(advance, self.name, self._handle, entries)
            except Exception as error:
                self._complain(error)
                self._size = max(1, self._size // 2)
                await self._pause(self._wait_s)
                self._wait_s = min(2 * self._wait_s, LONGEST_WAIT_S)
                continue
            full = len(entries) == self._size
            if entries:
                self._recover()
            if not full:
                return
            if self._rest:
                await self._pause(self._rest * (time.monotonic() - began))

    def _complain(self, error: Exception) -> None:
        complaint = repr(error)
        if complaint != self._complaint:
            _log.error("follower %s cannot go on and will try again", self.name, exc_info=error)
            self._complaint = complaint

    def _recover(self) -> None:
        self._size = min(2 * self._size, self._batch)
        self._wait_s = self._first_wait_s
        if self._complaint and self._size == self._batch:
            _log.info("follower %s goes on", self.name)
            self._complaint = ""

    async def _pause(self, seconds: float) -> None:
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._stopping.wait(), seconds)


def advance(name: str, handle: Handle, entries: Sequence[Entry]) -> None:
    """A batch of a follower, in a write: the entries that nobody has handled in the meantime, and the new place."""
    done = followers.held_position_of(name)
    new = [entry for entry in entries if entry.position > done]
    if new:
        handle(new)
        followers.move_to(name, new[-1].position)
