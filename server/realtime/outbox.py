"""What a worker tells the others by way of Redis: handed over at once, published in the background."""

from __future__ import annotations

import asyncio
import logging
import time
from collections import deque
from collections.abc import Callable
from typing import NamedTuple

from server.realtime.line import TROUBLE, Line, words_for

AT_ONCE = 500
MOST_BYTES = 32_000_000
RETRY_S = 0.1
SETTLE_S = 0.5
"""After Redis was away: what is published before the others listen again, they never hear."""
_log = logging.getLogger(__name__)


class Letter(NamedTuple):
    """``fleeting``: worth nothing later; while Redis is away it is not kept."""

    channel: bytes
    data: bytes
    fleeting: bool


class Outbox:
    """A queue to Redis that nobody ever waits for, bounded in messages and bytes; when it is full, the oldest goes.

    What Redis has not confirmed is published again when it is back, so it may be heard twice. ``on_dropped()`` is
    called when messages that are worth something later were given up and Redis takes others again.
    """

    def __init__(self, url: str, *, most: int, timeout_s: float) -> None:
        self.published = 0
        self.dropped = 0
        self.on_dropped: Callable[[], None] = lambda: None
        self._has_dropped = False
        self._url = url
        self._most = most
        self._timeout_s = timeout_s
        self._letters: deque[Letter] = deque()
        self._bytes = 0
        self._some = asyncio.Event()
        self._empty = asyncio.Event()
        self._empty.set()
        self._line: Line | None = None
        self._failing_since: float | None = None
        self._complained = ""
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begins to publish."""
        self._task = asyncio.create_task(self._run(), name="bus outbox")

    async def stop(self) -> None:
        """Publishes what waits, if Redis takes it in a moment, then ends."""
        if self._task is None:
            return
        try:
            async with asyncio.timeout(self._timeout_s):
                await self._empty.wait()
        except TimeoutError:
            _log.warning("%d messages to other workers were not published", len(self._letters))
        self._task.cancel()
        await asyncio.gather(self._task, return_exceptions=True)
        self._hang_up()

    def put(self, channel: bytes, data: bytes, *, fleeting: bool = False) -> None:
        """Takes over a message; never waits, never fails."""
        self._letters.append(Letter(channel, data, fleeting))
        self._bytes += len(data)
        while len(self._letters) > self._most or self._bytes > MOST_BYTES:
            self._drop(self._take())
        self._empty.clear()
        self._some.set()

    async def _run(self) -> None:
        while True:
            await self._some.wait()
            self._some.clear()
            while self._letters:
                batch = [self._take() for _ in range(min(AT_ONCE, len(self._letters)))]
                started = time.monotonic()
                try:
                    await self._publish(batch)
                except Exception as error:
                    self._hang_up()
                    self._complain(words_for(error), None if isinstance(error, TROUBLE) else error)
                    self._put_back(batch)
                    self._failing_since = self._failing_since or started
                    await asyncio.sleep(RETRY_S)
            self._empty.set()

    async def _publish(self, batch: list[Letter]) -> None:
        line = self._line = self._line or await self._connected()
        async with asyncio.timeout(self._timeout_s):
            line.send((b"PUBLISH", letter.channel, letter.data) for letter in batch)
            await self._confirmed(line, len(batch))
        self._failing_since = None
        if self._has_dropped:
            self._has_dropped = False
            self.on_dropped()

    async def _confirmed(self, line: Line, waiting: int) -> None:
        while waiting:
            replies = await line.replies()
            waiting -= len(replies)
            refused = [reply for reply in replies if isinstance(reply, Exception)]
            self.published += len(replies) - len(refused)
            self.dropped += len(refused)
            self._has_dropped |= bool(refused)
            self._complain(f"Redis refuses: {refused[0]}" if refused else "")

    async def _connected(self) -> Line:
        line = await Line.open(self._url, self._timeout_s)
        # A connection that only broke is none of the others' business.
        if self._failing_since is not None and time.monotonic() - self._failing_since > 2 * RETRY_S:
            try:
                await asyncio.sleep(SETTLE_S)
            except BaseException:
                line.close()
                raise
        return line

    def _put_back(self, batch: list[Letter]) -> None:
        kept = [letter for letter in batch if not letter.fleeting]
        room = self._most - len(self._letters)
        self.dropped += len(batch) - min(len(kept), room)
        self._has_dropped |= len(kept) > room
        fitting = kept[max(0, len(kept) - room) :] if room else []
        self._letters.extendleft(reversed(fitting))
        self._bytes += sum(len(letter.data) for letter in fitting)

    def _drop(self, letter: Letter) -> None:
        self.dropped += 1
        self._has_dropped |= not letter.fleeting

    def _take(self) -> Letter:
        letter = self._letters.popleft()
        self._bytes -= len(letter.data)
        return letter

    def _hang_up(self) -> None:
        if self._line is not None:
            self._line.close()
            self._line = None

    def _complain(self, complaint: str, bug: Exception | None = None) -> None:
        if complaint and complaint != self._complained:
            _log.warning("telling other workers failed: %s", complaint, exc_info=bug)
        self._complained = complaint
