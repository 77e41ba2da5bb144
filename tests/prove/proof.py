"""Proof: what was measured, and what did not hold; and the options that all of them share."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
SERVER_CORE, LOAD_CORE = min(os.sched_getaffinity(0)), max(os.sched_getaffinity(0))
_PAGE = os.sysconf("SC_PAGE_SIZE")


@dataclass(frozen=True)
class Options:
    """What the command line may change; None is each proof's own."""

    seed: int = 20261121
    first: int = 0
    inputs: int | None = None
    rounds: int | None = None
    seconds: float | None = None
    setup: str | None = None

    @property
    def is_seed_named(self) -> bool:
        """Whether somebody asked for a certain one."""
        return self.seed != Options.seed


@dataclass
class Proof:
    """``figures`` in the order they were found; no ``failures`` when everything holds."""

    figures: dict[str, object] = field(default_factory=dict)
    failures: list[str] = field(default_factory=list)

    def must(self, holds: bool, sentence: str) -> None:
        """Notes what does not hold."""
        if not holds:
            self.failures.append(sentence)


Prove = Callable[[Options], Proof]


def resident_mb(pid: int | str = "self") -> float:
    """What a process holds in memory."""
    return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * _PAGE / 1e6


def percentile(values: Sequence[float], percent: float) -> float:
    """The value that ``percent`` of 100 do not exceed."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(len(ordered) * percent / 100))] if ordered else 0.0
