"""Hunting a bug: runs with it, seed after seed, until the checker finds it.

python -m tests.faults.hunt NAME ...       prints the seed and the invariants, or that it was not caught
"""

from __future__ import annotations

import argparse
import asyncio
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from server.chaos import driver
from server.chaos.checker import check
from server.chaos.driver import Plan
from server.chaos.history import Journal
from server.chaos.nemeses import table
from tests.faults import setups
from tests.faults.bugs import BUGS, Bug

SEEDS = (1, 2, 3)
PACE = 0.1


@dataclass(frozen=True)
class Found:
    """What one run with a bug has shown."""

    bug: str
    seed: int
    broken: list[str]
    wrong: list[str]
    invalid: list[str]
    sentence: str
    seconds: float

    @property
    def is_caught(self) -> bool:
        """Whether what has to find this bug has found it.

        A fault that shows by what is refused is not seen where the bug hides the refusal; the run need not count.
        """
        return bool(set(self.broken) & set(BUGS[self.bug].caught_by))


async def run_with(bug: Bug, seed: int, folder: Path) -> Found:
    """One run with a bug."""
    began = time.monotonic()
    journal = Journal()
    command = (sys.executable, "-m", "tests.faults.worker", "--bug", bug.name)
    nemeses = table.named(bug.nemeses)
    with bug.planted():
        async with getattr(setups, bug.on)(folder, command) as setup:
            wrong = await driver.run(setup, Plan(seed=seed, nemeses=nemeses, pace=PACE, bug=bug.name), journal)
    verdict = check(journal.records)
    first = verdict.violations[0].sentence if verdict.violations else ""
    return Found(bug.name, seed, verdict.broken, list(wrong), verdict.invalid, first, time.monotonic() - began)


def hunt(bug: Bug) -> list[Found]:
    """Runs up to the one that catches it."""
    tries = []
    for seed in SEEDS:
        with tempfile.TemporaryDirectory() as folder:
            tries.append(asyncio.run(run_with(bug, seed, Path(folder))))
        if tries[-1].is_caught:
            break
    return tries


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.faults.hunt")
    parser.add_argument("names", nargs="*")
    for name in parser.parse_args().names or list(BUGS):
        for found in hunt(BUGS[name]):
            print(found, flush=True)


if __name__ == "__main__":
    main()
