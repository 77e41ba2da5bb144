"""What a nemesis is: something that breaks, with the proof that it did, and what must be seen meanwhile."""

from __future__ import annotations

import itertools
import os
import random
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field

import aiohttp

from server.chaos import history
from server.chaos.cast import Cast
from server.chaos.client import Client
from server.chaos.history import Journal
from server.chaos.proxy import Proxy
from server.chaos.setup import Setup
from server.chaos.workload import Workload

OVERLOADED = 3
"""So many that run or wait for each processor: a run itself makes about half of it, on two."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """``fired``: it was seen to have done what it is for. ``wrong``: sentences about what was promised and not kept."""

    fired: bool
    detail: str
    wrong: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class Scene:
    """Where a nemesis acts. ``lines`` are the proxies of those clients that have one; ``patience`` is the plan's."""

    setup: Setup
    cast: Cast
    clients: Sequence[Client]
    lines: Mapping[str, Proxy]
    workload: Workload
    journal: Journal
    http: aiohttp.ClientSession
    chance: random.Random
    pace: float
    patience: float = 1.0

    def lasting(self, full_s: float, least_s: float = 0.5) -> float:
        """How long something takes at this run's pace."""
        return max(least_s, full_s * self.pace)

    def client(self, name: str) -> Client:
        """The client of that name."""
        return next(client for client in self.clients if client.name == name)

    def since(self, t: float) -> Sequence[history.AnyRecord]:
        """What was written down since that moment of the history."""
        return self.journal.records[_first_after(self.journal, t) :]

    def sends_since(self, t: float, workers: Sequence[str] = ()) -> Waits:
        """The sends that were answered since that moment of the history, by these workers or by any."""
        return self.waits_since(t, history.Send, workers)

    def waits_since(self, t: float, kind: type[history.Call], workers: Sequence[str] = ()) -> Waits:
        """The same for calls of any kind."""
        asked: dict[int, float] = {}
        waits = Waits(t, self.journal.now())
        for record in self.since(t):
            if isinstance(record, history.Invoke) and isinstance(record.call, kind):
                if not workers or record.worker in workers:
                    asked[record.op] = record.t
            elif isinstance(record, history.Ok) and record.op in asked:
                waits.seconds.append(record.t - asked.pop(record.op))
                waits.moments.append(record.t)
        return waits


@dataclass(slots=True)
class Waits:
    """How long answers took, and when they came, between two moments."""

    start: float
    end: float
    seconds: list[float] = field(default_factory=list)
    moments: list[float] = field(default_factory=list)

    @property
    def p99_ms(self) -> float:
        """What 99 of 100 did not exceed; 0 when there were none."""
        ordered = sorted(self.seconds)
        return 1000 * ordered[min(len(ordered) - 1, int(len(ordered) * 0.99))] if ordered else 0.0

    @property
    def longest_pause_s(self) -> float:
        """The longest time without an answer."""
        edges = [self.start, *self.moments, self.end]
        return max(after - before for before, after in itertools.pairwise(edges))


@dataclass(frozen=True, slots=True)
class Nemesis:
    """``can(setup)``: whether it is possible. ``act`` breaks something, waits, mends it, and says what was seen."""

    name: str
    can: Callable[[Setup], bool]
    act: Callable[[Scene], Awaitable[Outcome]]


def is_overloaded() -> bool:
    """Whether so much else waits for this machine's processors that times say nothing: they are told, not judged."""
    return os.getloadavg()[0] > OVERLOADED * (os.cpu_count() or 1)


def _first_after(journal: Journal, t: float) -> int:
    records = journal.records
    index = len(records)
    while index and records[index - 1].t >= t:
        index -= 1
    return index
