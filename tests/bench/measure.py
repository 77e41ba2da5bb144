"""What is measured: a process's CPU time and memory, and the middle and the edge of what people wait for."""

from __future__ import annotations

import asyncio
import os
import statistics
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Self

_TICK_S = 1 / os.sysconf("SC_CLK_TCK")
_PAGE = os.sysconf("SC_PAGE_SIZE")
_QUIET = 0.04
_LOOK_S = 0.3


class Window:
    """A stretch of time: ``seconds`` of the clock, and the share of it that the server and the load computed.

    with Window(peer.pid) as window:
        ...                              # let it work
    """

    def __init__(self, pid: int) -> None:
        self._pid = pid
        self.started = self.ended = 0.0
        self.cpu_s = self._load_s = 0.0

    def __enter__(self) -> Self:
        self.cpu_s, self._load_s, self.started = cpu_seconds(self._pid), time.process_time(), time.perf_counter()
        return self

    def __exit__(self, *_: object) -> None:
        self.cpu_s = cpu_seconds(self._pid) - self.cpu_s
        self._load_s = time.process_time() - self._load_s
        self.ended = time.perf_counter()

    @property
    def seconds(self) -> float:
        return self.ended - self.started

    @property
    def cpu_percent(self) -> float:
        """The server's share of a core."""
        return round(self.cpu_s / self.seconds * 100, 1)

    @property
    def load_percent(self) -> float:
        """The load's own share of its core; near 100 it is the load that is measured."""
        return round(self._load_s / self.seconds * 100, 1)

    def cpu_us(self, count: float) -> float:
        """The server's CPU for each of ``count``, in microseconds."""
        return round(self.cpu_s / max(1, count) * 1e6, 2)

    def per_second(self, count: float) -> float:
        return round(count / self.seconds, 1)


def cpu_seconds(pid: int) -> float:
    """User and system time of a process, all its threads."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) * _TICK_S


def resident_bytes(pid: int) -> int:
    """The memory of a process that is really there."""
    return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * _PAGE


async def quiet(pid: int, patience_s: float = 60) -> None:
    """Waits until a process has nothing left to do: what it still does of its own must not be counted."""
    deadline = time.monotonic() + patience_s
    while time.monotonic() < deadline:
        before = cpu_seconds(pid)
        await asyncio.sleep(_LOOK_S)
        if cpu_seconds(pid) - before < _QUIET * _LOOK_S:
            return
    print(f"The server {pid} did not come to rest within {patience_s:g} s.", file=sys.stderr)


def percentile_ms(seconds: Sequence[float], percent: int) -> float:
    """The time that ``percent`` of 100 did not exceed, in milliseconds."""
    if not seconds:
        return 0.0
    ordered = sorted(seconds)
    return round(ordered[min(len(ordered) - 1, len(ordered) * percent // 100)] * 1000, 2)


def medians(rounds: Sequence[dict[str, float]]) -> dict[str, float]:
    """The median of every figure over the rounds."""
    return {name: round(statistics.median(figures[name] for figures in rounds), 2) for name in rounds[0]}
