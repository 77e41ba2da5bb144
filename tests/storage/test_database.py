"""The open database: groups of writes, each all or nothing; facts behind the commit; trouble, and its end."""

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
from peewee import IntegrityError

from server.errors import Busy, ChatError, Forbidden, Unavailable
from server.records import CountsChanged, Fact
from server.storage import database
from server.storage.database import Database, announce, execute_many, fetch_all, together
from server.storage.models import ServerValue
from tests.fakes import RecordingPublisher

PATIENCE_S = 20


class Held:
    """The writer kept busy inside a piece of its own, so that everything asked meanwhile waits together."""

    def __init__(self) -> None:
        self._entered = threading.Event()
        self._release = threading.Event()

    def piece(self) -> None:
        """What the writer is busy with."""
        self._entered.set()
        assert self._release.wait(PATIENCE_S)

    async def entered(self) -> None:
        assert await asyncio.to_thread(self._entered.wait, PATIENCE_S)

    def let_go(self) -> None:
        self._release.set()


async def together_in_one_group(db: Database, *pieces: tuple[Any, ...]) -> list[Any]:
    """The outcomes of writes that all waited while the writer was held; refusals among them."""
    held = Held()
    first = asyncio.create_task(db.write(held.piece))
    await held.entered()
    waiting = [asyncio.create_task(db.write(*piece)) for piece in pieces]
    await asyncio.sleep(0)  # each of them has put itself into the queue now
    held.let_go()
    await first
    return await asyncio.gather(*waiting, return_exceptions=True)


def put(name: str, value: str = "") -> str:
    ServerValue.create(name=name, value=value)
    announce(CountsChanged(len(name)))
    return name


def put_and_refuse(name: str) -> None:
    put(name)
    raise Forbidden("No.")


def put_and_break(name: str) -> None:
    put(name)
    raise KeyError(name)


def put_what_nobody_can(name: str) -> None:
    put(name)
    fetch_all("select no_such_column from server_value")


def names() -> list[str]:
    return [row[0] for row in fetch_all("select name from server_value order by rowid")]


@pytest.fixture
def batches() -> list[int]:
    """How many pieces each transaction had."""
    return []


@pytest.fixture
async def db(tmp_path: Path, published: RecordingPublisher, batches: list[int]) -> AsyncIterator[Database]:
    """An open database that waits for others for a moment only, and counts its transactions."""
    opened = Database(
        tmp_path / "madang.db", busy_timeout_ms=50, on_batch=lambda pieces, seconds: batches.append(pieces)
    )
    opened.after_commit = published.publish
    await opened.open()
    yield opened
    await opened.close()


@contextlib.contextmanager
def locked(db: Database) -> Iterator[None]:
    """Another process holds the database's write lock."""
    with contextlib.closing(sqlite3.connect(db.path, isolation_level=None)) as other:
        other.execute("begin immediate")
        yield
        other.execute("rollback")


# Groups


async def test_what_waits_is_committed_together_in_its_order(db: Database, batches: list[int]) -> None:
    wanted = [f"name-{n}" for n in range(20)]
    assert await together_in_one_group(db, *((put, name) for name in wanted)) == wanted
    await db.close()
    assert batches == [1, 20]
    assert stored(db) == wanted


async def test_a_group_is_bounded(db: Database, batches: list[int], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(database, "GROUP_SIZE", 8)
    await together_in_one_group(db, *((put, f"name-{n}") for n in range(20)))
    await db.close()
    assert batches == [1, 8, 8, 4]


@pytest.mark.parametrize(
    ("failing", "kind"),
    [
        (put_and_refuse, Forbidden),
        (put_and_break, KeyError),
        (put_what_nobody_can, sqlite3.OperationalError),
        (lambda name: put("before"), IntegrityError),
    ],
)
async def test_a_failing_piece_leaves_its_neighbours_and_no_trace(
    db: Database, batches: list[int], published: RecordingPublisher, failing: Any, kind: type[Exception]
) -> None:
    before, failed, after = await together_in_one_group(db, (put, "before"), (failing, "between"), (put, "later"))
    assert (before, after) == ("before", "later")
    assert isinstance(failed, kind)
    assert await db.read(names) == ["before", "later"]
    assert published.facts == [CountsChanged(len("before")), CountsChanged(len("later"))]
    await db.close()
    assert batches == [1, 3]


async def test_a_caller_who_has_gone_harms_nobody(db: Database) -> None:
    held = Held()
    first = asyncio.create_task(db.write(held.piece))
    await held.entered()
    impatient, patient = asyncio.create_task(db.write(put, "one")), asyncio.create_task(db.write(put, "two"))
    await asyncio.sleep(0)
    impatient.cancel()
    held.let_go()
    await first
    assert await patient == "two"
    # It was asked for before its caller went: the outcome was unknown to them, and it is stored.
    assert await db.read(names) == ["one", "two"]


async def test_counting_that_fails_does_not_end_the_writer(tmp_path: Path) -> None:
    def count(pieces: int, seconds: float) -> None:
        raise RuntimeError("no counter")

    db = Database(tmp_path / "madang.db", on_batch=count)
    await db.open()
    for name in ("one", "two"):
        assert await db.write(put, name) == name
    await db.close()


# Neighbours that are done at once


class Bulk:
    """A write with a bulk path, and what has been asked of it."""

    def __init__(self) -> None:
        self.runs: list[list[str]] = []
        self.singles: list[str] = []
        self.breaks = False

        @together(self.many)
        def one(name: str) -> str:
            self.singles.append(name)
            if name.startswith("never"):
                raise Forbidden("Never.")
            return put(name)

        self.one = one

    def many(self, calls: Sequence[tuple[Any, ...]]) -> list[str | ChatError]:
        self.runs.append([name for (name,) in calls])
        execute_many("insert into server_value (name, value) values (?, '')", calls)
        announce(CountsChanged(1000 + len(calls)))
        if self.breaks:
            raise RuntimeError("not together")
        return [Forbidden("Refused.") if name.startswith("refused") else name for (name,) in calls]


async def test_neighbours_are_done_at_once_and_cut_where_the_work_changes(
    db: Database, published: RecordingPublisher
) -> None:
    bulk = Bulk()
    pieces = [(bulk.one, "a"), (bulk.one, "b"), (put, "c"), (bulk.one, "d"), (bulk.one, "refused"), (bulk.one, "f")]
    *outcomes, refused, last = await together_in_one_group(db, *pieces)
    assert (outcomes, last) == (["a", "b", "c", "d"], "f")
    assert isinstance(refused, Forbidden)
    assert bulk.runs == [["a", "b"], ["d", "refused", "f"]]
    assert bulk.singles == []
    assert published.facts == [CountsChanged(1002), CountsChanged(1), CountsChanged(1003)]


async def test_one_alone_takes_the_single_path(db: Database) -> None:
    bulk = Bulk()
    assert await db.write(bulk.one, "alone") == "alone"
    assert (bulk.runs, bulk.singles) == ([], ["alone"])


async def test_a_broken_bulk_leaves_no_trace_and_its_pieces_are_done_singly(
    db: Database, published: RecordingPublisher
) -> None:
    bulk = Bulk()
    bulk.breaks = True
    one, never, two = await together_in_one_group(db, *((bulk.one, name) for name in ("one", "never-mind", "two")))
    assert (one, two) == ("one", "two")
    assert isinstance(never, Forbidden)
    assert bulk.singles == ["one", "never-mind", "two"]
    assert await db.read(names) == ["one", "two"]
    assert published.facts == [CountsChanged(3), CountsChanged(3)]


# Facts


async def test_facts_come_after_the_commit_in_its_order_and_before_callers_go_on(db: Database) -> None:
    happened: list[str] = []

    def after_commit(facts: list[Fact]) -> None:
        with contextlib.closing(sqlite3.connect(db.path)) as other:
            [(visible,)] = other.execute("select count(*) from server_value")
        happened.append(f"{len(facts)} facts, {visible} rows")

    async def ask(name: str) -> None:
        await db.write(put, name)
        happened.append(name)

    db.after_commit = after_commit
    held = Held()
    first = asyncio.create_task(db.write(held.piece))
    await held.entered()
    asking = [asyncio.create_task(ask(name)) for name in ("one", "two", "three")]
    await asyncio.sleep(0)
    held.let_go()
    await asyncio.gather(first, *asking)
    await ask("four")
    assert happened == ["3 facts, 3 rows", "one", "two", "three", "1 facts, 4 rows", "four"]


async def test_publishing_that_fails_is_not_the_writers_trouble(db: Database) -> None:
    def after_commit(facts: list[Fact]) -> None:
        raise RuntimeError("nobody listens")

    db.after_commit = after_commit
    assert await db.write(put, "one") == "one"
    assert await db.read(names) == ["one"]


async def test_a_failed_commit_is_heard_by_all_and_forgotten(
    db: Database, published: RecordingPublisher, monkeypatch: pytest.MonkeyPatch
) -> None:
    sound = iter([db._db.commit])  # for the piece that the others wait behind

    def fail() -> None:
        raise OSError("the disk went away")

    def commit() -> None:
        next(sound, fail)()

    with monkeypatch.context() as patched:
        patched.setattr(db._db, "commit", commit)
        # The refusal rests on a neighbour that is not stored after all: it is no final answer.
        outcomes = await together_in_one_group(db, (put, "one"), (put_and_refuse, "two"), (put, "three"))
        assert [type(outcome) for outcome in outcomes] == [Unavailable] * 3
    assert published.facts == []
    assert await db.read(names) == []
    assert await db.write(put, "one") == "one"
    assert published.facts == [CountsChanged(3)]


# Trouble


async def test_a_locked_database_is_busy_for_all_and_works_again(db: Database, published: RecordingPublisher) -> None:
    await db.write(put, "before")
    with locked(db):
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


async def test_closing_commits_what_waits(db: Database) -> None:
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
    assert stored(db) == [f"name-{n}" for n in range(5)]


async def test_a_closed_database_refuses(db: Database) -> None:
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
    monkeypatch.setitem(database._PRAGMAS, name, weak[name])
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


async def test_a_read_sees_one_moment(db: Database) -> None:
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
    db = Database(pathlib.Path(sys.argv[1]))
    sys.stdin.readline()
    await db.open()
    print(await db.write(server_values.get_or_put, "epoch", sys.argv[2]))
    await db.close()

asyncio.run(main())
"""


def test_two_processes_start_on_the_same_new_folder(tmp_path: Path) -> None:
    path = tmp_path / "data" / "madang.db"
    processes = [
        subprocess.Popen(
            [sys.executable, "-c", OPEN, str(path), name],
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


def stored(db: Database) -> list[str]:
    """What a closed database holds."""
    with contextlib.closing(sqlite3.connect(db.path)) as other:
        return [row[0] for row in other.execute("select name from server_value order by rowid")]
