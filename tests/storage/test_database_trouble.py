"""A SQLite file in trouble, and either kind: locked, full, unsafe, opened by several, closed; what is told then."""

from __future__ import annotations

import asyncio
import contextlib
import sqlite3
import subprocess
import sys
import threading
from collections.abc import AsyncIterator, Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from server.errors import Busy, Unavailable
from server.storage import sqlite
from server.storage.database import Database
from server.storage.unit import execute_many, fetch_all, together
from tests.fakes import RecordingPublisher
from tests.postgres_server import PostgresServer
from tests.storage.writer import PATIENCE_S, Held, names, put, stored, together_in_one_group


@pytest.fixture
async def db(tmp_path: Path, published: RecordingPublisher) -> AsyncIterator[Database]:
    """An open database that waits for others for a moment only."""
    opened = Database(tmp_path / "madang.db", busy_timeout_ms=50)
    opened.after_commit = published.publish
    await opened.open()
    yield opened
    await opened.close()


@contextlib.contextmanager
def locked(path: Path) -> Iterator[None]:
    """Another process holds the database's write lock."""
    with contextlib.closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("begin immediate")
        yield
        other.execute("rollback")


async def test_a_locked_database_is_busy_for_all_and_works_again(
    db: Database, tmp_path: Path, published: RecordingPublisher
) -> None:
    await db.write(put, "before")
    with locked(tmp_path / "madang.db"):
        refused = await asyncio.gather(db.write(put, "one"), db.write(put, "two"), return_exceptions=True)
        assert [type(one) for one in refused] == [Busy, Busy]
        assert all(one.retryable and one.retry_after_ms for one in refused if isinstance(one, Busy))
        assert await db.read(names) == ["before"]
    assert await db.write(put, "after") == "after"
    assert await db.read(names) == ["before", "after"]
    assert len(published.facts) == 2


def fill_up() -> None:
    """The file may not grow any further, as on a full disk."""
    [(pages,)] = fetch_all("pragma page_count")
    fetch_all(f"pragma max_page_count = {pages}")


def make_room() -> None:
    fetch_all("pragma max_page_count = 1000000")


@pytest.mark.parametrize("as_bulk", [False, True])
async def test_a_full_disk_is_unavailable_for_the_group_while_reads_work_and_later_writes_too(
    db: Database, published: RecordingPublisher, as_bulk: bool
) -> None:
    much = "x" * 200_000

    def one(name: str) -> str:
        execute_many("insert into server_value (name, value) values (?, ?)", [(name, much)])
        return name

    def many(calls: Sequence[tuple[Any, ...]]) -> list[str]:
        return [one(*call) for call in calls]

    work = together(many)(one) if as_bulk else one
    await db.write(put, "before")
    await db.write(fill_up)
    outcomes = await together_in_one_group(db, (put, "small"), (work, "large"), (work, "larger"), (put, "little"))
    assert [type(outcome) for outcome in outcomes] == [Unavailable] * 4
    assert await db.read(names) == ["before"]
    assert len(published.facts) == 1
    await db.write(make_room)
    assert await db.write(work, "large") == "large"
    assert await db.read(names) == ["before", "large"]
    assert await db.read(fetch_all, "pragma integrity_check") == [("ok",)]


async def test_a_piece_that_ends_the_transaction_takes_the_group_with_it(db: Database) -> None:
    def rolls_back() -> None:
        fetch_all("rollback")
        raise KeyError("and fails")

    outcomes = await together_in_one_group(db, (put, "one"), (rolls_back,), (put, "two"))
    assert [type(outcome) for outcome in outcomes] == [Unavailable] * 3
    assert await db.read(names) == []
    assert await db.write(put, "three") == "three"


# Opening and closing


@pytest.fixture
async def either(place: Path | str) -> AsyncIterator[Database]:
    """An open database of either kind."""
    opened = Database(place)
    await opened.open()
    yield opened
    await opened.close()


async def test_closing_commits_what_waits(either: Database, place: Path | str) -> None:
    db = either
    held = Held()
    first = asyncio.create_task(db.write(held.piece))
    await held.entered()
    waiting = [asyncio.create_task(db.write(put, f"name-{n}")) for n in range(5)]
    await asyncio.sleep(0)
    closing = asyncio.create_task(db.close())
    await asyncio.sleep(0)
    held.let_go()
    await closing
    assert await asyncio.gather(first, *waiting) == [None, *(f"name-{n}" for n in range(5))]
    assert stored(place) == [f"name-{n}" for n in range(5)]


async def test_a_closed_database_refuses(either: Database) -> None:
    db = either
    await db.close()
    with pytest.raises(Unavailable):
        await db.write(put, "late")
    with pytest.raises(Unavailable):
        await db.read(names)


@pytest.mark.parametrize("name", ["journal_mode", "synchronous", "foreign_keys"])
async def test_a_file_that_is_not_safe_is_not_opened(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    weak = {"journal_mode": "delete", "synchronous": 1, "foreign_keys": 0}
    monkeypatch.setitem(sqlite._PRAGMAS, name, weak[name])
    with pytest.raises(RuntimeError, match=name):
        await Database(tmp_path / "madang.db").open()


async def test_every_connection_is_as_safe_as_asserted(db: Database) -> None:
    def pragmas() -> list[Any]:
        return [fetch_all(f"pragma {name}")[0][0] for name in ("journal_mode", "synchronous", "foreign_keys")]

    # A barrier brings the readers together: each of the four threads has its own connection.
    barrier = threading.Barrier(4, timeout=PATIENCE_S)

    def read() -> tuple[int, list[Any]]:
        barrier.wait()
        return threading.get_ident(), pragmas()

    answers = await asyncio.gather(*(db.read(read) for _ in range(4)))
    assert len({thread for thread, _ in answers}) == 4
    assert [found for _, found in answers] == [["wal", 2, 1]] * 4
    assert await db.write(pragmas) == ["wal", 2, 1]


async def test_a_read_sees_one_moment(either: Database) -> None:
    db = either
    await db.write(put, "before")
    started, written = threading.Event(), threading.Event()

    def twice() -> tuple[list[str], list[str]]:
        first = names()
        started.set()
        assert written.wait(PATIENCE_S)
        return first, names()

    reading = asyncio.create_task(db.read(twice))
    assert await asyncio.to_thread(started.wait, PATIENCE_S)
    await db.write(put, "meanwhile")
    written.set()
    assert await reading == (["before"], ["before"])


OPEN = """
import asyncio, pathlib, sys
from server.storage.database import Database
from server.storage import server_values

async def main():
    address = sys.argv[1]
    db = Database(address if address.startswith("postgresql:") else pathlib.Path(address))
    sys.stdin.readline()
    await db.open()
    print(await db.write(server_values.get_or_put, "epoch", sys.argv[2]))
    await db.close()

asyncio.run(main())
"""


@pytest.fixture(params=["sqlite", "postgres"])
def new_place(request: pytest.FixtureRequest, tmp_path: Path) -> Path | str:
    """Where a database is to be made that has no tables yet."""
    if request.param == "sqlite":
        return tmp_path / "data" / "madang.db"
    server: PostgresServer = request.getfixturevalue("postgres")
    return server.empty_database()


def test_several_processes_start_at_once_where_there_is_nothing_yet(new_place: Path | str) -> None:
    processes = [
        subprocess.Popen(
            [sys.executable, "-c", OPEN, str(new_place), name],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for name in ("one", "two", "three")
    ]
    for process in processes:
        assert process.stdin is not None
        process.stdin.write("\n")
        process.stdin.flush()
    ended = [process.communicate(timeout=PATIENCE_S) for process in processes]
    assert [process.returncode for process in processes] == [0, 0, 0], ended
    epochs = {out.strip() for out, _ in ended}
    assert len(epochs) == 1, "each has its own idea of the database"
