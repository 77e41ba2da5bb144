"""How far each worker has verified that it delivered everything: every worker tells the others every two seconds."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol

import msgspec

from server.realtime.periodic import Periodic

EVERY_S = 2.0
EXPIRY_S = 15.0
"""A worker that is silent for so long is gone, and its connections with it."""

_KIND, _GOODBYE = "verified", "verified_no_more"
_decode = msgspec.json.Decoder(tuple[str, int]).decode


class Others(Protocol):
    """The other workers, as far as this needs them."""

    @property
    def deaf_s(self) -> float:
        """Seconds since anything could be heard."""

    def say(self, room: str | None, kind: str, body: Any, *, fleeting: bool = False) -> None:
        """Tells all workers; never waits."""

    def on(self, kind: str, hear: Callable[[str, msgspec.Raw], None]) -> None:
        """Who hears what they say."""


class Delivered(Protocol):
    """What this worker has delivered itself."""

    @property
    def complete(self) -> int:
        """The last position up to which nothing is still to come."""

    def has_delivered(self, conversation_id: int, seq: int, position: int) -> bool:
        """Whether an entry was handed to everybody here."""


@dataclass(frozen=True, slots=True)
class WorkerSent:
    """Whether a worker has handed an entry to the connections it concerns; ``silent_s`` since it was heard."""

    name: str
    sent: bool
    silent_s: float = 0.0


@dataclass(frozen=True, slots=True)
class _Worker:
    name: str
    position: int
    heard_at: float


class Verified:
    """What is known of every worker. ``name`` is this one's.

    The others are up to a round of their sweep and one of ours behind: what they have just delivered, they have not
    verified yet.
    """

    def __init__(self, name: str, *, every_s: float = EVERY_S, expiry_s: float = EXPIRY_S) -> None:
        self._name = name
        self._expiry_s = expiry_s
        self._delivered: Delivered | None = None
        self._others: Others | None = None
        self._workers: dict[str, _Worker] = {}
        self._job = Periodic("verified positions", every_s, self._say)

    def start(self, delivered: Delivered, others: Others | None) -> None:
        """Begins to tell the others, if there can be any."""
        self._delivered = delivered
        if others is not None:
            self._others = others
            others.on(_KIND, self._hear)
            others.on(_GOODBYE, self._hear_goodbye)
            self._job.start()

    async def stop(self) -> None:
        """Says goodbye: whoever was connected here is connected no longer."""
        await self._job.stop()
        if self._others is not None:
            self._others.say(None, _GOODBYE, None, fleeting=True)

    def sent(self, conversation_id: int, seq: int, position: int) -> list[WorkerSent]:
        """Which workers have handed out an entry, this one first."""
        assert self._delivered is not None
        here = WorkerSent(self._name, self._delivered.has_delivered(conversation_id, seq, position))
        now = _now()
        # While it is we who hear nothing, nobody is gone for that.
        if self._others is not None and self._others.deaf_s < self._expiry_s / 2:
            self._workers = {
                worker: known for worker, known in self._workers.items() if now - known.heard_at < self._expiry_s
            }
        others = [
            WorkerSent(known.name, known.position >= position, now - known.heard_at) for known in self._workers.values()
        ]
        return [here, *sorted(others, key=lambda one: one.name)]

    async def _say(self) -> None:
        if self._others is not None and self._delivered is not None:
            self._others.say(None, _KIND, (self._name, self._delivered.complete), fleeting=True)

    def _hear(self, worker: str, body: msgspec.Raw) -> None:
        self._workers[worker] = _Worker(*_decode(body), _now())

    def _hear_goodbye(self, worker: str, body: msgspec.Raw) -> None:
        self._workers.pop(worker, None)


def _now() -> float:
    return asyncio.get_running_loop().time()
