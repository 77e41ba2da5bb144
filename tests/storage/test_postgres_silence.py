"""A PostgreSQL that stands still: nothing is broken, nothing comes; and how much goes into one transaction."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
from collections.abc import Iterator
from typing import Any, cast

import pytest

from server.storage import appending, postgres_connection
from server.storage.database import Database
from server.storage.engine import Piece
from server.storage.postgres import MOST_CHARACTERS, PostgresEngine
from tests.postgres_server import PostgresServer
from tests.storage.worker import ALLOW
from tests.storage.writer import PATIENCE_S, names, put

BACKENDS = "select pid from pg_stat_activity where datname = %s and application_name like 'madang%%'"


@contextlib.contextmanager
def standing_still(postgres: PostgresServer, address: str) -> Iterator[int]:
    """Every connection of Madang to this database; how many there are."""
    pids = [pid for (pid,) in postgres.execute(BACKENDS, None, (address.rpartition("/")[2],))]
    for pid in pids:
        os.kill(pid, signal.SIGSTOP)
    try:
        yield len(pids)
    finally:
        for pid in pids:
            os.kill(pid, signal.SIGCONT)


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Half a second, where it is twelve."""
    for part in (postgres_connection.READER, postgres_connection.WRITER):
        monkeypatch.setitem(part.options, "statement_timeout", "400")
    monkeypatch.setattr(postgres_connection, "MARGIN_S", 0.1)


async def test_a_connection_that_stands_still_is_left_for_another(
    postgres: PostgresServer, postgres_address: str, impatient: None
) -> None:
    db = Database(postgres_address, readers=1)
    await db.open()
    try:
        await db.write(put, "before")
        assert await db.read(names) == ["before"]
        with standing_still(postgres, postgres_address) as count:
            assert count == 2
            async with asyncio.timeout(PATIENCE_S):
                assert await db.read(names) == ["before"]
                await db.write(put, "meanwhile")
                assert await db.read(names) == ["before", "meanwhile"]
    finally:
        await db.close()


async def test_it_can_be_closed_while_everything_stands_still(
    postgres: PostgresServer, postgres_address: str, impatient: None
) -> None:
    db = Database(postgres_address, readers=1, patience_s=0.2)
    await db.open()
    await db.write(put, "before")
    with standing_still(postgres, postgres_address):
        asking = asyncio.create_task(db.write(put, "unanswered"))
        await asyncio.sleep(0)
        async with asyncio.timeout(PATIENCE_S):
            await db.close()
        assert asking.done()
        await asyncio.gather(asking, return_exceptions=True)


def test_a_transaction_is_bounded_in_text(postgres_address: str) -> None:
    engine = PostgresEngine(postgres_address, 1.0)
    sizes = [MOST_CHARACTERS // 2, MOST_CHARACTERS // 2, 1, 3 * MOST_CHARACTERS, 1, 1]
    pieces = [
        Piece(appending.append_message, (1, appending.Draft(1, f"label-{n}", "x" * size), 1, *ALLOW), cast(Any, None))
        for n, size in enumerate(sizes)
    ]
    parts = [[piece.characters for piece in part] for part in engine.parts(pieces)]
    assert parts == [sizes[:2], sizes[2:3], sizes[3:4], sizes[4:]]
