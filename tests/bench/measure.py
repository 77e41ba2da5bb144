"""What is measured: a process's CPU time, and the middle and the edge of what people wait for."""

from __future__ import annotations

import asyncio
import os
import statistics
from collections.abc import Sequence
from pathlib import Path

from tests.bench.client import Client
from tests.bench.peers import Person

_TICK_S = 1 / os.sysconf("SC_CLK_TCK")
_AT_ONCE = 50


def cpu_seconds(pid: int) -> float:
    """User and system time of a process, all its threads."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) * _TICK_S


def percentile_ms(seconds: Sequence[float], percent: int) -> float:
    """The time that ``percent`` of 100 did not exceed, in milliseconds."""
    if not seconds:
        return 0.0
    ordered = sorted(seconds)
    return round(ordered[min(len(ordered) - 1, len(ordered) * percent // 100)] * 1000, 2)


def medians(rounds: Sequence[dict[str, float]]) -> dict[str, float]:
    """The median of every figure over the rounds."""
    return {name: round(statistics.median(figures[name] for figures in rounds), 2) for name in rounds[0]}


async def joined(port: int, people: Sequence[Person]) -> list[Client]:
    """Everybody's connection, made in small crowds so that no queue of waiting connections overflows."""
    clients: list[Client] = []
    for start in range(0, len(people), _AT_ONCE):
        crowd = people[start : start + _AT_ONCE]
        clients += await asyncio.gather(*(Client.joined(port, person.token) for person in crowd))
    return clients
