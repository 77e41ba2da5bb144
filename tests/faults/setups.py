"""What runs with faults take place on: one worker on SQLite, or three on PostgreSQL behind nginx; all their own.

    async with sqlite(tmp_path) as setup:
        await driver.run(setup, Plan(seed=1), journal)

``command`` is what a worker is started by, to be followed by ``serve`` and its options: a test with a bug of its own
names another one.
"""

from __future__ import annotations

import contextlib
import sys
from collections.abc import AsyncIterator, Iterator, Sequence
from pathlib import Path

from server.chaos.setup import Clock, Setup
from server.chaos.workers import Worker
from tests.services_under_test import ROOT, free_ports, plain_environment

LAUNCHER = (sys.executable, "-m", "server.chaos.launcher")


@contextlib.asynccontextmanager
async def sqlite(folder: Path, command: Sequence[str] = LAUNCHER) -> AsyncIterator[Setup]:
    """One worker on a SQLite file."""
    data = folder / "data"
    data.mkdir(parents=True)
    with clock(folder) as stepped:
        [worker] = workers(folder, data, [*command, "--clock", str(stepped.path)], 1)
        yield Setup(
            name="sqlite",
            folder=folder,
            database=data / "madang.db",
            workers=[worker],
            doors=[worker.address],
            clock=stepped,
        )


def workers(folder: Path, data: Path, command: Sequence[str], count: int, **settings: str) -> list[Worker]:
    """So many that are not started, on ports in a row."""
    first = free_ports(count)
    plain = plain_environment() | {
        "MADANG_MESSAGE_RATE": "off",
        "MADANG_REGISTRATION": "closed",
        # The command is found there, wherever a test is started from.
        "PYTHONPATH": str(ROOT),
    }
    given = {f"MADANG_{name.upper()}": value for name, value in settings.items()}
    return [
        Worker(
            name=f"w{number + 1}",
            port=first + number,
            command=command,
            environment=plain | given | ({"MADANG_WORKER": f"w{number + 1}"} if count > 1 else {}),
            log=folder / f"w{number + 1}.log",
            folder=data,
        )
        for number in range(count)
    ]


@contextlib.contextmanager
def clock(folder: Path) -> Iterator[Clock]:
    """A clock for workers."""
    made = Clock(folder / "clock")
    try:
        yield made
    finally:
        made.close()
