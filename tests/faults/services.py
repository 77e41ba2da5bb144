"""The services of a run, each a real one of its own: Redis, PostgreSQL and nginx, killed, frozen and restarted."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import subprocess
from pathlib import Path
from typing import Self

import psycopg

from tests.postgres_server import PostgresServer
from tests.redis_under_test import RedisProcess
from tests.services_under_test import listens, start_nginx

WRITER = "madang writer"
_IN_TRANSACTION = """
select pid from pg_stat_activity where application_name = %s and datname = %s
and xact_start is not null and (wait_event = 'ClientRead' or state like 'idle in transaction%%')
"""


class OwnRedis:
    """A Redis of the run's own."""

    can_flush = True

    def __init__(self, process: RedisProcess) -> None:
        self._process = process
        self._is_frozen = False

    async def kill(self) -> str:
        self._process.kill()
        return "" if listens(self._process.port) else "Redis was killed"

    async def start(self) -> None:
        if not listens(self._process.port):
            await asyncio.to_thread(self._process.start)

    async def freeze(self) -> str:
        self._process.freeze()
        self._is_frozen = True
        return "Redis stood still"

    async def thaw(self) -> None:
        if self._is_frozen:
            self._process.thaw()
            self._is_frozen = False

    async def flush(self) -> str:
        async with self._process.client() as client:
            done = await client.flushall()
        return "Redis was flushed" if done else ""

    async def kick(self) -> str:
        async with self._process.client() as client:
            ended = await client.client_kill_filter(_type="pubsub", skipme=True)
        return f"{ended} listeners were thrown out" if ended else ""


class OwnPostgres:
    """A PostgreSQL of the run's own, with one database."""

    can_restart = True

    def __init__(self, server: PostgresServer, address: str) -> None:
        self._server = server
        self._address = address
        self._watching: psycopg.AsyncConnection | None = None

    async def restart(self, mode: str) -> str:
        await self.close()
        before = self._started()
        await asyncio.to_thread(self._server.restart, mode)
        return f"PostgreSQL was restarted ({mode})" if self._started() != before else ""

    async def end_backends(self) -> str:
        ended = await asyncio.to_thread(self._server.end_backends, self._address)
        return f"{ended} backends were ended" if ended else ""

    async def in_transaction(self) -> set[int]:
        if self._watching is None or self._watching.closed:
            self._watching = await psycopg.AsyncConnection.connect(self._server.address("postgres"), autocommit=True)
        found = await self._watching.execute(_IN_TRANSACTION, (WRITER, self._address.rpartition("/")[2]))
        return {pid for (pid,) in await found.fetchall()}

    async def close(self) -> None:
        """Ends the connection that watches."""
        if self._watching is not None:
            await self._watching.close()
            self._watching = None

    def _started(self) -> object:
        return self._server.execute("select pg_postmaster_start_time()")[0][0]


class OwnNginx:
    """nginx with the configuration in ``folder``, which listens on ``port``. Runs within its ``with`` block."""

    def __init__(self, folder: Path, port: int) -> None:
        self._folder = folder
        self._port = port
        self._process: subprocess.Popen[bytes]

    async def reload(self) -> str:
        before = _children(self._process.pid)
        self._process.send_signal(signal.SIGHUP)
        async with asyncio.timeout(60):
            while not (new := _children(self._process.pid) - before):  # noqa: ASYNC110
                await asyncio.sleep(0.02)
        return f"nginx serves from {len(new)} new process"

    async def restart(self) -> str:
        gone = self._process.pid
        self._kill()
        async with asyncio.timeout(60):
            while listens(self._port):  # noqa: ASYNC110
                await asyncio.sleep(0.02)
        self._process = await asyncio.to_thread(start_nginx, self._port, self._folder)
        return f"nginx was killed (process {gone}) and started"

    def __enter__(self) -> Self:
        self._process = start_nginx(self._port, self._folder)
        return self

    def __exit__(self, *_: object) -> None:
        self._kill()

    def _kill(self) -> None:
        # A master that is killed leaves its children behind.
        children = _children(self._process.pid)
        self._process.kill()
        self._process.wait()
        for child in children:
            with contextlib.suppress(ProcessLookupError):
                os.kill(child, signal.SIGKILL)


def _children(pid: int) -> set[int]:
    return {int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()}
