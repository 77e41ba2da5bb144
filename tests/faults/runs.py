"""One run with faults from beginning to end: set up, driven, checked, and kept when something did not hold."""

from __future__ import annotations

import contextlib
import shutil
import tempfile
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import uvloop

from server.chaos import driver
from server.chaos.checker import check
from server.chaos.driver import Plan
from server.chaos.history import Journal
from server.chaos.nemeses import table
from server.chaos.report import Result
from tests.faults import setups
from tests.services_under_test import ROOT

KEPT = ROOT / "build" / "faults"
PAUSE_S = (1.5, 0.6)
"""Between two faults at most: in a full run, and in a short one."""
SETUPS = {"sqlite": setups.sqlite, "postgres": setups.postgres}


def run(
    setup: str, seed: int, *, nemeses: Sequence[str] = (), count: int = 0, pace: float = 1.0, patience: float = 1.0
) -> Result:
    """What came of it: with these nemeses, or with so many as the seed deals.

    The history of a run that is not clean, and what its processes printed, stay in ``build/faults``.
    """
    plan = Plan(seed=seed, pace=pace, patience=patience, pause_s=PAUSE_S[pace < 1])
    with tempfile.TemporaryDirectory(prefix="madang-faults-") as place:
        folder = Path(place)
        with Journal(folder / "history.jsonl") as journal:
            try:
                uvloop.run(_run(setup, plan, nemeses, count, folder, journal))
            except BaseException:
                keep(folder, setup, seed)
                raise
            result = Result.of(journal.records, check(journal.records))
        if not result.clean:
            keep(folder, setup, seed)
    return result


async def _run(name: str, plan: Plan, nemeses: Sequence[str], count: int, folder: Path, journal: Journal) -> None:
    async with SETUPS[name](folder / "run") as setup:
        chosen = table.named(nemeses) if nemeses else table.dealt(setup, plan.seed, count)
        await driver.run(setup, replace(plan, nemeses=chosen), journal)


def keep(folder: Path, setup: str, seed: int) -> Path:
    """Puts what is left of a run where it can be looked at; what an earlier run of that seed left is replaced."""
    kept = kept_in(setup, seed)
    shutil.rmtree(kept, ignore_errors=True)
    kept.mkdir(parents=True)
    for path in [*folder.glob("*.jsonl"), *folder.glob("run/*.log")]:
        with contextlib.suppress(OSError):
            shutil.copy(path, kept)
    return kept


def kept_in(setup: str, seed: int) -> Path:
    """Where the history of a failed run lies."""
    return KEPT / f"{setup}-{seed}"


def repeat(setup: str, seed: int) -> str:
    """How a run of the full set is repeated."""
    return f"python -m tests.prove faults --setup {setup} --seed {seed}"
