"""``madang chaos``: runs with faults on a throw-away copy of an operator's setup, told as they go."""

from __future__ import annotations

import asyncio
import contextlib
import shutil
import signal
import tempfile
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from server.chaos import driver, report
from server.chaos.checker import check
from server.chaos.copy import copied
from server.chaos.driver import DriverFailed, Plan
from server.chaos.history import Journal
from server.chaos.nemeses import table
from server.chaos.nemeses.nemesis import Nemesis
from server.chaos.read_back import Unreadable
from server.chaos.report import Result
from server.chaos.setup import Setup
from server.chaos.workers import NotReady
from server.settings import Settings

DEALT = 4

Say = Callable[[str], None]


class CannotRun(Exception):
    """It cannot be done here; a sentence says why."""


@dataclass(frozen=True, slots=True)
class Wish:
    """What an operator asks for: ``runs`` from the seed ``first`` on, with these ``faults`` or with some of all."""

    runs: int
    first: int
    faults: Sequence[str] = ()
    pace: float = 1.0
    workers: int | None = None
    folder: Path | None = None


def run(settings: Settings, wish: Wish, say: Say) -> bool:
    """Whether all runs count and are clean. Raises CannotRun, before or between them.

    What is left of a run that is not clean stays, and ``say`` tells where. SIGTERM interrupts it as Ctrl-C does, with
    everything cleared away.
    """
    try:
        return asyncio.run(_interruptible(settings, wish, say))
    except asyncio.CancelledError:
        raise KeyboardInterrupt from None


async def _interruptible(settings: Settings, wish: Wish, say: Say) -> bool:
    task = asyncio.current_task()
    assert task is not None
    with contextlib.suppress(NotImplementedError):
        asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, task.cancel)
    return await _run_all(settings, wish, say)


async def _run_all(settings: Settings, wish: Wish, say: Say) -> bool:
    results: list[Result] = []
    for seed in range(wish.first, wish.first + wish.runs):
        results.append(await _run_one(settings, wish, seed, say, tell_all=not results))
        say(report.one(results[-1]))
    if len(results) > 1:
        say(report.many(results))
    return all(result.clean for result in results)


async def _run_one(settings: Settings, wish: Wish, seed: int, say: Say, *, tell_all: bool) -> Result:
    folder = Path(tempfile.mkdtemp(prefix="madang-chaos-", dir=wish.folder))
    keep = True
    try:
        with Journal(folder / "history.jsonl") as journal:
            try:
                await _drive(settings, wish, seed, say, folder, journal, tell_all=tell_all)
            except (NotReady, DriverFailed, Unreadable) as error:
                say(f"Seed {seed} failed: {error}")
            result = Result.of(journal.records, check(journal.records))
        keep = not result.clean
        return result
    except (asyncio.CancelledError, CannotRun):
        keep = False
        raise
    finally:
        if not keep:
            shutil.rmtree(folder, ignore_errors=True)
        else:
            say(f"The history and the logs of seed {seed} stay in {folder}.")


async def _drive(
    settings: Settings, wish: Wish, seed: int, say: Say, folder: Path, journal: Journal, *, tell_all: bool
) -> None:
    async with _copy(settings, wish, folder) as setup:
        nemeses = _chosen(setup, wish, seed)
        if tell_all:
            _introduce(setup, say)
        say(f"Seed {seed}: {', '.join(nemesis.name for nemesis in nemeses)}")
        plan = Plan(seed=seed, nemeses=nemeses, pace=wish.pace, say=lambda sentence: say(f"  {sentence}"))
        await driver.run(setup, plan, journal)


@contextlib.asynccontextmanager
async def _copy(settings: Settings, wish: Wish, folder: Path) -> AsyncIterator[Setup]:
    if settings.database_url is None:
        async with copied(settings, folder, wish.workers) as setup:
            yield setup
        return
    try:
        from server.storage.throwaway import CannotMake  # noqa: PLC0415 - psycopg is an extra
    except ImportError:
        raise CannotRun("PostgreSQL needs psycopg, which is not installed: pip install 'madang[postgres]'.") from None
    try:
        async with copied(settings, folder, wish.workers) as setup:
            yield setup
    except CannotMake as error:
        raise CannotRun(str(error)) from None


def _introduce(setup: Setup, say: Say) -> None:
    count = len(setup.workers)
    where = "a new SQLite file" if isinstance(setup.database, Path) else "a new database, which is dropped in the end"
    say(f"{count} worker{'s' if count > 1 else ''} on {where}; in {setup.folder}.")
    for sentence in filter(None, setup.lacking):
        say(f"- {sentence}")


def _chosen(setup: Setup, wish: Wish, seed: int) -> list[Nemesis]:
    if not wish.faults:
        return table.dealt(setup, seed, DEALT)
    if unknown := sorted(set(wish.faults) - set(table.NAMES)):
        raise CannotRun(f"There is no fault {', '.join(unknown)}. There are {', '.join(table.NAMES)}.")
    possible = {nemesis.name for nemesis in table.possible(setup)}
    if impossible := sorted(set(wish.faults) - possible):
        raise CannotRun(f"Not possible here: {', '.join(impossible)}. Possible: {', '.join(sorted(possible))}.")
    return table.named(wish.faults)
