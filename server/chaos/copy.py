"""A throw-away copy of an operator's setup: workers, database and folder of its own, their services by proxies."""

from __future__ import annotations

import asyncio
import contextlib
import os
import socket
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from urllib.parse import parse_qs, quote, unquote, urlsplit, urlunsplit

from server.chaos.proxy import Proxy
from server.chaos.setup import Clock, Setup
from server.chaos.workers import Worker
from server.settings import PREFIX, Settings

USUAL_WORKERS = 3
_COMMAND = (sys.executable, "-P", "-m", "server.chaos.launcher")
"""-P: a folder named `server` where somebody happens to stand is not ours."""


@contextlib.asynccontextmanager
async def copied(settings: Settings, folder: Path, workers: int | None = None) -> AsyncIterator[Setup]:
    """Workers like those of ``settings``, not started: one on a new SQLite file in ``folder``, or several on a new
    database beside theirs, which is dropped in the end. Raises CannotMake.
    """
    data = folder / "data"
    data.mkdir(parents=True)
    async with contextlib.AsyncExitStack() as stack:
        clock = Clock(folder / "clock")
        stack.callback(clock.close)
        command = [*_COMMAND, "--clock", str(clock.path)]
        if settings.database_url is None:
            yield _on_sqlite(folder, data, command, clock)
        else:
            yield await _on_postgres(settings, folder, data, command, clock, workers, stack)


def _on_sqlite(folder: Path, data: Path, command: list[str], clock: Clock) -> Setup:
    [worker] = _workers(folder, data, command, [{}])
    return Setup(
        name="sqlite",
        folder=folder,
        database=data / "madang.db",
        workers=[worker],
        doors=[worker.address],
        clock=clock,
        lacking=[
            "One worker on SQLite: what several workers, Redis and PostgreSQL do is not looked at.",
            "nginx is not part of it: clients come to the worker itself.",
            "The disk is not filled up; the worker is kept from writing instead.",
        ],
    )


async def _on_postgres(
    settings: Settings,
    folder: Path,
    data: Path,
    command: list[str],
    clock: Clock,
    wanted: int | None,
    stack: contextlib.AsyncExitStack,
) -> Setup:
    from server.chaos.stand_ins import PostgresByProxy, RedisByProxy  # noqa: PLC0415 - psycopg is an extra
    from server.storage import throwaway  # noqa: PLC0415

    assert settings.database_url is not None
    database = throwaway.Throwaway(settings.database_url)
    host, port = database.server_place()
    await asyncio.to_thread(stack.enter_context, database)
    postgres_line = _line_to(host, port, f"{host}/.s.PGSQL.{port}")
    await _opened(postgres_line, stack)
    count = wanted or (max(settings.workers, USUAL_WORKERS) if settings.redis_url else 1)
    common = {"database_url": throwaway.through(database.address, postgres_line.port)}
    lines, urls, lacking = await _redis_lines(settings.redis_url, count, stack)
    environments = [common | ({"redis_url": url} if url else {}) for url in urls]
    postgres = PostgresByProxy(database, postgres_line)
    stack.push_async_callback(postgres.close)
    started = _workers(folder, data, command, environments)
    return Setup(
        name="postgres",
        folder=folder,
        # The driver looks at it while the workers cannot.
        database=database.address,
        workers=started,
        doors=[worker.address for worker in started],
        redis=RedisByProxy(lines) if lines else None,
        one_line=lines[0] if len(lines) > 1 else None,
        postgres=postgres,
        clock=clock,
        lacking=[
            *lacking,
            "Redis is not emptied: it is yours." if lines else "",
            "PostgreSQL is not restarted; its connections are cut and refused instead.",
            "nginx is not part of it: clients come to the workers themselves.",
        ],
    )


async def _redis_lines(
    url: str | None, count: int, stack: contextlib.AsyncExitStack
) -> tuple[list[Proxy], list[str | None], list[str]]:
    """A line to Redis for each worker, the address by which it gets there, and what cannot be done."""
    if url is None:
        return [], [None] * count, ["There is no MADANG_REDIS_URL: one worker, and nothing of Redis is looked at."]
    parts = urlsplit(url)
    if parts.scheme == "rediss":
        return [], [url] * count, ["Redis is reached by TLS, which a proxy would spoil: it is used, and left in peace."]
    lines = []
    for _ in range(count):
        path = unquote(parts.path) if parts.scheme == "unix" else ""
        line = _line_to(parts.hostname or "127.0.0.1", parts.port or 6379, path) if not path else Proxy(path=path)
        await _opened(line, stack)
        lines.append(line)
    return lines, [redis_by_line(url, line.port) for line in lines], []


def redis_by_line(url: str, port: int) -> str:
    """The address of the same Redis by a proxy on this machine."""
    parts = urlsplit(url)
    user, _, _ = parts.netloc.rpartition("@")
    if parts.scheme != "unix":
        where, path = user, parts.path
    else:
        given = parse_qs(parts.query)
        password = given.get("password", [""])[0]
        where, path = user or (f":{quote(password, safe='')}" if password else ""), f"/{given.get('db', ['0'])[0]}"
    return urlunsplit(("redis", f"{where}@127.0.0.1:{port}" if where else f"127.0.0.1:{port}", path, "", ""))


def _line_to(host: str, port: int, path: str) -> Proxy:
    return Proxy(path=path) if host.startswith("/") else Proxy(host, port)


async def _opened(line: Proxy, stack: contextlib.AsyncExitStack) -> None:
    await line.start()
    stack.push_async_callback(line.stop)


def _workers(folder: Path, data: Path, command: list[str], settings: list[dict[str, str]]) -> list[Worker]:
    """Nothing of the operator's own settings reaches them but what is given."""
    plain = {name: value for name, value in os.environ.items() if not name.startswith(PREFIX)}
    plain |= {f"{PREFIX}MESSAGE_RATE": "off", f"{PREFIX}REGISTRATION": "closed"}
    ports = _free_ports(len(settings))
    return [
        Worker(
            name=f"w{number}",
            port=port,
            command=command,
            environment=plain
            | {f"{PREFIX}{name.upper()}": value for name, value in given.items()}
            | ({f"{PREFIX}WORKER": f"w{number}"} if given.get("redis_url") else {}),
            log=folder / f"w{number}.log",
            folder=data,
        )
        for number, (port, given) in enumerate(zip(ports, settings, strict=True), 1)
    ]


def _free_ports(count: int) -> list[int]:
    """Ports on loopback that nobody listens on."""
    probes = [socket.socket() for _ in range(count)]
    try:
        for probe in probes:
            probe.bind(("127.0.0.1", 0))
        return [int(probe.getsockname()[1]) for probe in probes]
    finally:
        for probe in probes:
            probe.close()
