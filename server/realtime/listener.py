"""The ears of a worker: channels of Redis that it listens to, over whatever happens to the connection."""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import Callable, Iterable
from typing import Any

from server.realtime.line import TROUBLE, Line, words_for

JOIN_S = 0.005
"""So long a change waits for others: who connects enters all their rooms at once."""
AT_ONCE = 1000
RETRY_S = 0.2
_log = logging.getLogger(__name__)


class Listener:
    """Hears what is published in ``channels``.

    ``hear(channel, data)`` is called for each message, in Redis's order; ``on_line()`` when everything wanted
    is listened to after a connection was made, or after channels were lost; ``on_added()`` when what was added
    since is. ``own`` is a channel that nobody else listens to: asking for it again every ``check_s`` tells how many
    channels Redis believes we have, so that a lost one is noticed, and whether the connection is alive, within three
    times as long.
    """

    def __init__(
        self, url: str, own: bytes, hear: Callable[[bytes, bytes], None], *, check_s: float, timeout_s: float
    ) -> None:
        self.channels: set[bytes] = set()
        self.on_line: Callable[[], None] = lambda: None
        self.on_added: Callable[[], None] = lambda: None
        self.connects = 0
        self.lost_channels = 0
        self._url = url
        self._own = own
        self._hear = hear
        self._check_s = check_s
        self._timeout_s = timeout_s
        self._line: Line | None = None
        self._changes: dict[bytes, bool] = {}
        self._is_due = False
        self._asked: set[bytes] = set()
        self._expected: deque[int] = deque()
        self._is_greeted = False
        self._has_lost = False
        self._complained = ""
        self._tasks: list[asyncio.Task[None]] = []

    def start(self) -> None:
        """Begins to connect."""
        self._tasks = [
            asyncio.create_task(self._run(), name="bus listener"),
            asyncio.create_task(self._check(), name="bus listener's check"),
        ]

    async def stop(self) -> None:
        """Hears nothing more."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def add(self, channel: bytes) -> None:
        """Listens to one more, in a moment."""
        self.channels.add(channel)
        self._change(channel, True)

    def drop(self, channel: bytes) -> None:
        """Listens to it no more."""
        self.channels.discard(channel)
        self._change(channel, False)

    def again(self, channel: bytes) -> None:
        """Asks again for a channel that seems to be lost; harmless if it is not."""
        if channel in self.channels:
            self._change(channel, True)

    # Asking

    def _change(self, channel: bytes, wanted: bool) -> None:
        self._changes[channel] = wanted
        if not self._is_due:
            self._is_due = True
            asyncio.get_running_loop().call_later(JOIN_S, self._send_changes)

    def _send_changes(self) -> None:
        self._is_due = False
        changes, self._changes = self._changes, {}
        if self._line is None:
            return  # whoever connects asks for all
        added = {channel for channel, wanted in changes.items() if wanted}
        self._ask(b"UNSUBSCRIBE", changes.keys() - added)
        self._asked -= changes.keys() - added
        self._ask_for(added)

    def _ask_for(self, channels: Iterable[bytes]) -> None:
        """Asks for these, and for our own behind them.

        Redis answers in order: with its last answer everything is done, and that one names the number of all.
        """
        self._asked.update(channels, [self._own])
        self._ask(b"SUBSCRIBE", [*channels, self._own])
        self._expected.append(len(self._asked))

    def _ask(self, what: bytes, channels: Iterable[bytes]) -> None:
        listed = list(channels)
        if self._line is not None:
            self._line.send((what, *listed[at : at + AT_ONCE]) for at in range(0, len(listed), AT_ONCE))

    async def _check(self) -> None:
        while True:
            await asyncio.sleep(self._check_s)
            if self._line is not None:
                self._ask_for(())

    # Hearing

    async def _run(self) -> None:
        while True:
            try:
                await self._listen()
            except Exception as error:
                self._complain(error)
            await asyncio.sleep(RETRY_S)

    async def _listen(self) -> None:
        line = await Line.open(self._url, self._timeout_s)
        try:
            self._line, self._is_greeted, self._has_lost = line, False, False
            self._expected.clear()
            self._asked.clear()
            self._changes.clear()
            self._ask_for(self.channels)
            while True:
                async with asyncio.timeout(3 * self._check_s):
                    replies = await line.replies()
                for reply in replies:
                    self._take(reply)
        finally:
            self._line = None
            line.close()

    def _take(self, reply: Any) -> None:
        if isinstance(reply, Exception):
            raise ConnectionError(f"Redis refuses: {reply}")
        kind, channel, data = reply
        if kind == b"message":
            try:
                self._hear(channel, data)
            except Exception:
                _log.exception("a message from another worker could not be handled")
        elif kind == b"subscribe" and channel == self._own:
            self._confirmed(data)

    def _confirmed(self, count: int) -> None:
        expected = self._expected.popleft() if self._expected else count
        if not self._is_greeted:
            self._is_greeted = True
            self.connects += 1
            self._complained = ""
            _log.info("listening to Redis")
            self.on_line()
        elif count < expected:
            self.lost_channels += expected - count
            _log.warning("Redis has lost %d of %d channels: asking for all again", expected - count, expected)
            self._has_lost = True
            self._ask_for(self.channels)
        elif self._has_lost:
            self._has_lost = False
            self.on_line()
        else:
            self.on_added()

    def _complain(self, error: BaseException) -> None:
        complaint = words_for(error)
        if complaint != self._complained:
            self._complained = complaint
            bug = None if isinstance(error, TROUBLE) else error
            _log.warning("Redis cannot be listened to and is tried again: %s", complaint, exc_info=bug)
