"""Madang on PostgreSQL and Redis: workers that share a deployment, each pinned to the servers' core."""

from __future__ import annotations

import asyncio
import contextlib
import functools
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from server.storage.database import Database
from tests.bench.peers import PINNED_SERVER, Peer
from tests.bench.peers.crowd import Person, write_people
from tests.postgres_server import PostgresServer
from tests.redis_under_test import RedisProcess
from tests.services_under_test import MadangProcess


@dataclass(frozen=True, slots=True, kw_only=True)
class Shared(Peer):
    """A deployment: its first worker, all its ``workers``, and the Redis between them."""

    redis: RedisProcess


@contextlib.contextmanager
def workers(folder: Path, people: int, group_size: int, *, serving: int) -> Iterator[Shared]:
    """So many workers, and one more behind them that may be left without members."""
    with contextlib.ExitStack() as stack:
        postgres = stack.enter_context(PostgresServer())
        redis = stack.enter_context(RedisProcess(folder / "redis"))
        url = postgres.new_database()
        members = asyncio.run(_settle(url, people, group_size))
        started = [
            stack.enter_context(
                MadangProcess(
                    folder / "data",
                    command=PINNED_SERVER,
                    worker=f"w{number + 1}",
                    database_url=url,
                    redis_url=redis.url,
                    message_rate="off",
                    log_level="warning",
                )
            )
            for number in range(serving + 1)
        ]
        peers = tuple(Peer(functools.partial(_pid, worker), worker.port, members) for worker in started)
        yield Shared(peers[0].process, peers[0].port, members, workers=peers, redis=redis)


one = functools.partial(workers, serving=1)
two = functools.partial(workers, serving=2)


def _pid(worker: MadangProcess) -> int:
    return worker.pid


async def _settle(url: str, people: int, group_size: int) -> tuple[Person, ...]:
    db = Database(url)
    await db.open()
    try:
        return await db.write(write_people, people, group_size)
    finally:
        await db.close()
