"""Hunting a bug: runs with it, seed after seed, until what has to find it has found it.

python -m tests.faults.hunt NAME ...       prints each run; all bugs when none is named
"""

from __future__ import annotations

import argparse
import asyncio
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from server.chaos import driver
from server.chaos.checker import check
from server.chaos.driver import Plan
from server.chaos.history import Journal
from server.chaos.nemeses import table
from server.chaos.report import Result
from tests.faults import setups
from tests.faults.bugs import ALL, BUGS, Bug

SEEDS = (1, 2, 3)
PACE = 0.1


@dataclass(frozen=True)
class Found:
    """What one run has shown: the invariants that were broken, and the first thing that was said against it."""

    seed: int
    broken: list[str]
    sentence: str
    invalid: list[str]
    seconds: float
    result: Result = field(repr=False)

    def catches(self, bug: Bug) -> list[str]:
        """Those of the bug's own invariants that found it.

        The run itself need not count: where a fault shows by what is refused, a bug may hide just that.
        """
        return [name for name in self.broken if name in bug.caught_by]


def hunt(bug: Bug, seeds: Sequence[int] = SEEDS) -> list[Found]:
    """The runs up to the one that catches it."""
    tries: list[Found] = []
    for seed in seeds:
        command = (sys.executable, "-m", "tests.faults.worker", "--bug", bug.name)
        with bug.planted():
            tries.append(run(bug.on, seed, bug.nemeses, command, bug.name))
        if tries[-1].catches(bug):
            break
    return tries


def run(on: str, seed: int, nemeses: Sequence[str], command: Sequence[str], bug: str | None = None) -> Found:
    """One short run of workers that are started by this command."""
    began = time.monotonic()
    journal = Journal()
    plan = Plan(seed=seed, nemeses=table.named(nemeses), pace=PACE, bug=bug)
    with tempfile.TemporaryDirectory() as folder:
        asyncio.run(_run(on, Path(folder), command, plan, journal))
    verdict = check(journal.records)
    sentence = verdict.violations[0].sentence if verdict.violations else ""
    result = Result.of(journal.records, verdict)
    return Found(seed, verdict.broken, sentence, verdict.invalid, time.monotonic() - began, result)


async def _run(on: str, folder: Path, command: Sequence[str], plan: Plan, journal: Journal) -> None:
    async with getattr(setups, on)(folder, command) as setup:
        await driver.run(setup, plan, journal)


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.faults.hunt")
    parser.add_argument("names", nargs="*", help=", ".join(BUGS))
    for bug in [BUGS[name] for name in parser.parse_args().names] or ALL:
        for found in hunt(bug):
            print(f"{bug.name}: {', '.join(found.catches(bug)) or 'NOT CAUGHT'}; {found}", flush=True)


if __name__ == "__main__":
    main()
