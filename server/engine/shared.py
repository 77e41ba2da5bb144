"""Shared: what all connections of one server have in common, and the words for how they end."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any, Generic, Protocol, TypeVar

from server.engine.counters import Counters, SampledLog
from server.engine.frames import frame
from server.engine.limits import Limits
from server.engine.outflow import Outflow
from server.engine.payload import BASE64, SEPARATOR
from server.engine.wheel import Wheel

CLIENT_DISCONNECT = "client disconnect"
CLIENT_LEAVES = "client namespace disconnect"
SERVER_DISCONNECT = "server disconnect"
TRANSPORT_CLOSE = "transport close"
TRANSPORT_ERROR = "transport error"
PING_TIMEOUT = "ping timeout"
PARSE_ERROR = "parse error"
SLOW_CONSUMER = "slow consumer"
TOO_MANY_ERRORS = "too many errors"
AUTH_DEADLINE = "auth deadline"
SHUTTING_DOWN = "server shutting down"

LAST_WORDS_S = 1.0
"""How long a client that polls may take to hear how its session has ended."""
LAST_WORDS_CHARACTERS = 4096
LAST_WORDS_MOST = 1000
# The client's goodbye may have overtaken its poll on another TCP connection; ours may come between two polls.
_LEAVES_WORDS = frozenset((CLIENT_DISCONNECT, SERVER_DISCONNECT, SHUTTING_DOWN))

C = TypeVar("C")


class Link(Protocol):
    """The WebSocket below a connection."""

    def write(self, data: bytes) -> None:
        """Hands finished frames to the transport."""

    def unsent(self) -> int:
        """Bytes that the transport still holds."""

    def is_congested(self) -> bool:
        """Whether the transport has enough for now, and will say when it takes more."""

    def is_watched(self) -> bool:
        """Whether each write has to be looked at."""

    def pause(self) -> None:
        """Stops reading."""

    def resume(self) -> None:
        """Reads again."""

    def shut(self, code: int, *, abort: bool = False) -> None:
        """Says goodbye and closes, or cuts."""

    def cut(self) -> None:
        """Waits no longer for what is unsent behind a farewell."""


class Shared(Generic[C]):
    """The server as its connections (of type ``C``) see it.

    ``receive(connection, data)`` handles one message and ``lost(connection, reason)`` one end; ``joins``
    says whether a connection has to join something within the deadline.
    """

    loop: asyncio.AbstractEventLoop
    wheel: Wheel
    outflow: Outflow

    def __init__(self, limits: Limits) -> None:
        self.limits = limits
        self.counters = Counters()
        self.log = SampledLog()
        self.connections: dict[str, C] = {}
        self.ending: dict[str, C] = {}
        """Closed, and their end is still being told."""
        self.receive: Callable[[C, str | bytes], Awaitable[None]]
        self.lost: Callable[[C, str], Awaitable[None]]
        self.joins = False
        self.draining = False
        self.tasks: set[asyncio.Task[None]] = set()
        self.transports: set[Link] = set()
        """Links whose transport is still there, though the connection may be gone."""
        self.ended = asyncio.Event()
        """Set whenever one of them, a connection or a task has come to its end."""
        self._last_words: dict[str, tuple[float, list[str]]] = {}

    def begin(self) -> None:
        """Finds the loop; called in it, before anything else."""
        self.loop = asyncio.get_running_loop()
        self.wheel = Wheel(self.loop, self.limits.tick_s)
        self.outflow = Outflow(self.loop, self.limits)

    def spawn(self, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        """Runs ``work`` beside everything else; drain waits for it."""
        task = self.loop.create_task(work)
        self.tasks.add(task)
        task.add_done_callback(self._done)
        return task

    def _done(self, task: asyncio.Task[None]) -> None:
        self.tasks.discard(task)
        self.ended.set()

    def over(self, sid: str) -> None:
        """The end of a connection has been told."""
        self.ending.pop(sid, None)
        self.ended.set()

    def transport_lost(self, link: Link) -> None:
        """The transport of ``link`` is gone."""
        self.transports.discard(link)
        self.ended.set()

    def leave_words(self, sid: str, reason: str, answers: list[str]) -> bool:
        """Keeps ``answers`` to further polls of a session that has ended; whether they are a goodbye of ours."""
        if reason not in _LEAVES_WORDS or not answers:
            return False
        answers = [answer for answer in answers if len(answer) <= LAST_WORDS_CHARACTERS]
        self._last_words[sid] = self.loop.time() + LAST_WORDS_S, answers
        if len(self._last_words) > LAST_WORDS_MOST:
            del self._last_words[next(iter(self._last_words))]
        return reason != CLIENT_DISCONNECT

    def last_words(self, sid: str) -> str | None:
        """What was left for ``sid``: one answer at a time, and not for long."""
        until, answers = self._last_words.get(sid, (0.0, []))
        if len(answers) < 2 or until <= self.loop.time():
            self._last_words.pop(sid, None)
        return answers.pop(0) if until > self.loop.time() else None

    def say_last_words(self, sid: str, link: Link) -> None:
        """Says them to a client that has gone on to its WebSocket meanwhile, and would not poll again."""
        while answer := self.last_words(sid):
            link.write(b"".join(frame(packet.encode()) for packet in answer.split(SEPARATOR) if packet[0] != BASE64))


def answered(waiter: asyncio.Future[Any] | None, answer: Any) -> None:
    """Gives a future its result unless it has one."""
    if waiter is not None and not waiter.done():
        waiter.set_result(answer)
