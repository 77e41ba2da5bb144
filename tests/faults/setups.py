"""What runs with faults take place on: one worker on SQLite, or three on PostgreSQL behind nginx; all their own.

    async with sqlite(tmp_path) as setup:
        await driver.run(setup, Plan(seed=1), journal)

``command`` is what a worker is started by, to be followed by ``serve`` and its options: a test with a bug of its own
names another one.
"""

from __future__ import annotations

import asyncio
import contextlib
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator, Sequence
from pathlib import Path

from server.chaos.proxy import Proxy
from server.chaos.setup import Clock, Setup
from server.chaos.workers import Worker
from tests.faults.services import OwnNginx, OwnPostgres, OwnRedis
from tests.postgres_server import PostgresServer
from tests.redis_under_test import RedisProcess
from tests.services_under_test import ROOT, free_port, free_ports, nginx_config, plain_environment

SMALL_DISK_MB = 96
LAUNCHER = (sys.executable, "-m", "server.chaos.launcher")


@contextlib.asynccontextmanager
async def sqlite(folder: Path, command: Sequence[str] = LAUNCHER) -> AsyncIterator[Setup]:
    """One worker on a SQLite file."""
    data = folder / "data"
    data.mkdir(parents=True)
    with clock(folder) as stepped, small_disk(data) as disk:
        [worker] = workers(folder, data, [*command, "--clock", str(stepped.path)], 1)
        yield Setup(
            name="sqlite",
            folder=folder,
            database=data / "madang.db",
            workers=[worker],
            doors=[worker.address],
            clock=stepped,
            small_disk=disk,
        )


@contextlib.asynccontextmanager
async def postgres(folder: Path, command: Sequence[str] = LAUNCHER) -> AsyncIterator[Setup]:
    """Three workers on a PostgreSQL, with a Redis, behind nginx; the first reaches Redis by a line of its own."""
    data = folder / "data"
    data.mkdir(parents=True)
    async with contextlib.AsyncExitStack() as stack:
        stepped = stack.enter_context(clock(folder))
        redis = stack.enter_context(RedisProcess(folder / "redis"))
        # The server and its first tables take a second or two of waiting.
        server = await asyncio.to_thread(stack.enter_context, PostgresServer())
        database = server.new_database()
        watched = OwnPostgres(server, database)
        stack.push_async_callback(watched.close)
        line = Proxy("127.0.0.1", redis.port)
        await line.start()
        stack.push_async_callback(line.stop)
        settings = {"database_url": database, "redis_url": redis.url, "trusted_proxies": "127.0.0.1"}
        started = workers(folder, data, [*command, "--clock", str(stepped.path)], 3, **settings)
        first = dict(started[0].environment) | {"MADANG_REDIS_URL": f"redis://127.0.0.1:{line.port}"}
        started[0].environment = first
        port = free_port()
        around = folder / "nginx"
        around.mkdir()
        (around / "nginx.conf").write_text(nginx_config([worker.port for worker in started], port, around))
        nginx = stack.enter_context(OwnNginx(around, port))
        yield Setup(
            name="postgres",
            folder=folder,
            database=database,
            workers=started,
            # By nginx as people come, and straight to each, so that all are sure to be come by.
            doors=[f"http://127.0.0.1:{port}", *(worker.address for worker in started)],
            redis=OwnRedis(redis),
            one_line=line,
            postgres=watched,
            nginx=nginx,
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


@contextlib.contextmanager
def small_disk(folder: Path) -> Iterator[Path | None]:
    """Puts a disk of its own under the folder, which can be filled up; None where that is not allowed."""
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", f"size={SMALL_DISK_MB}m", "tmpfs", str(folder)], check=False, capture_output=True
    )
    try:
        yield folder if mounted.returncode == 0 else None
    finally:
        if mounted.returncode == 0:
            subprocess.run(["umount", "--lazy", str(folder)], check=True)
