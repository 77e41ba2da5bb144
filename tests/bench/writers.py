"""Durable sends on PostgreSQL by writers alone: no sockets, no rules, only the log; one process beside two."""

from __future__ import annotations

import asyncio
import contextlib
import functools
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from tests.bench.peers import LOAD_CORE, SERVER_CORE, Peer
from tests.postgres_server import PostgresServer
from tests.storage.crowd import check_log, make_crowd
from tests.storage.worker import Worker, run_together

PLACES = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Writers(Peer):
    """A PostgreSQL that waits for the disk, and how many processes are to write to it."""

    postgres: PostgresServer
    address: str
    count: int
    senders: int


@contextlib.contextmanager
def writers(folder: Path, people: int, group_size: int, *, count: int) -> Iterator[Writers]:
    """``people`` senders for each process; all of them and PostgreSQL share the machine's cores."""
    with _on_all_cores(), PostgresServer(fsync=True) as postgres:
        address = postgres.new_database()
        make_crowd(address, people * count, PLACES)
        yield Writers(os.getpid, 0, (), postgres=postgres, address=address, count=count, senders=people)


one = functools.partial(writers, count=1)
two = functools.partial(writers, count=2)


async def measure(peer: Writers, seconds: float) -> dict[str, float]:
    """Each sender has one message on its way. The log is read back and has to be what was answered."""
    senders = range(1, peer.senders * peer.count + 1)
    with contextlib.ExitStack() as stack:
        processes = [
            stack.enter_context(
                Worker(
                    peer.address,
                    senders=list(senders[number :: peer.count]),
                    conversations=list(range(1, PLACES + 1)),
                    seconds=seconds,
                )
            )
            for number in range(peer.count)
        ]
        answers = await asyncio.to_thread(run_together, *processes)
    check_log(peer.postgres, peer.address, answers)
    sent = sum(len(one.sent) for one in answers)
    return {
        "writes_per_s": round(sum(len(one.sent) / one.seconds for one in answers), 1),
        "cpu_us_per_write": round(sum(one.cpu_s for one in answers) / sent * 1e6, 2),
        "answer_p50_ms": round(max(one.p50_s for one in answers) * 1000, 2),
        "answer_p99_ms": round(max(one.p99_s for one in answers) * 1000, 2),
        "load_percent": 0.0,
    }


@contextlib.contextmanager
def _on_all_cores() -> Iterator[None]:
    """What is started inside may use every core."""
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {SERVER_CORE, LOAD_CORE})
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)
