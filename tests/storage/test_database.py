"""The writer: groups of writes, each all or nothing; neighbours done at once; facts behind the commit."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Sequence
from pathlib import Path
from typing import Any

import psycopg
import pytest
from peewee import IntegrityError

from server.errors import ChatError, Forbidden, Unavailable
from server.records import CountsChanged, Fact
from server.storage import database
from server.storage.database import Database
from server.storage.unit import Rows, announce, execute_many, holding, together
from tests.engine.running import eventually
from tests.fakes import RecordingPublisher
from tests.storage.writer import (
    PATIENCE_S,
    Held,
    names,
    put,
    put_and_break,
    put_and_refuse,
    put_what_nobody_can,
    stored,
    together_in_one_group,
)


@pytest.fixture
def batches() -> list[int]:
    """How many pieces each transaction had."""
    return []


@pytest.fixture
async def db(place: Path | str, published: RecordingPublisher, batches: list[int]) -> AsyncIterator[Database]:
    """An open database that waits for others for a moment only, and counts its groups."""
    opened = Database(place, busy_timeout_ms=50, on_batch=lambda pieces, seconds: batches.append(pieces))
    opened.after_commit = published.publish
    await opened.open()
    yield opened
    await opened.close()


# Groups


async def test_what_waits_is_committed_together_in_its_order(
    db: Database, place: Path | str, batches: list[int]
) -> None:
    wanted = [f"name-{n}" for n in range(20)]
    assert await together_in_one_group(db, *((put, name) for name in wanted)) == wanted
    await db.close()
    assert batches == [1, 20]
    assert stored(place) == wanted


async def test_a_group_is_bounded(db: Database, batches: list[int], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(database, "GROUP_SIZE", 8)
    await together_in_one_group(db, *((put, f"name-{n}") for n in range(20)))
    await db.close()
    assert batches == [1, 8, 8, 4]


async def test_where_many_write_the_writer_waits_for_those_who_were_just_answered(
    db: Database, batches: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(database, "GROUP_SIZE", 8)
    await together_in_one_group(db, *((put, f"many-{n}") for n in range(32)))
    # Four groups of 8 taught it to expect three or four more than one.
    monkeypatch.setattr(database, "LINGER_S", PATIENCE_S)
    early = [asyncio.create_task(db.write(put, f"early-{n}")) for n in range(2)]
    await db.read(names)
    assert not any(task.done() for task in early)
    late = [asyncio.create_task(db.write(put, f"late-{n}")) for n in range(2)]
    await asyncio.wait_for(asyncio.gather(*early, *late), PATIENCE_S / 2)
    assert batches[:6] == [1, 8, 8, 8, 8, 4]


async def test_the_writer_waits_for_others_only_a_moment(db: Database, batches: list[int]) -> None:
    await together_in_one_group(db, *((put, f"many-{n}") for n in range(32)))
    assert await asyncio.wait_for(db.write(put, "alone"), PATIENCE_S / 2) == "alone"


async def test_one_who_writes_alone_waits_for_nobody(db: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(database, "LINGER_S", PATIENCE_S)
    for n in range(3):
        await asyncio.wait_for(db.write(put, f"name-{n}"), PATIENCE_S / 2)


@holding(lambda *about: Rows())
def put_again(name: str) -> None:
    put("before")


@pytest.mark.parametrize(
    ("failing", "kind"),
    [
        (put_and_refuse, Forbidden),
        (put_and_break, KeyError),
        (put_what_nobody_can, (sqlite3.OperationalError, psycopg.ProgrammingError)),
        (put_again, IntegrityError),
    ],
)
async def test_a_failing_piece_leaves_its_neighbours_and_no_trace(
    db: Database, batches: list[int], published: RecordingPublisher, failing: Any, kind: Any
) -> None:
    before, failed, after = await together_in_one_group(db, (put, "before"), (failing, "between"), (put, "later"))
    assert (before, after) == ("before", "later")
    assert isinstance(failed, kind)
    assert await db.read(names) == ["before", "later"]
    assert published.facts == [CountsChanged(len("before")), CountsChanged(len("later"))]
    await db.close()
    assert batches == [1, 3]


@pytest.mark.parametrize("failing", [put_and_refuse, put_and_break, put_what_nobody_can])
async def test_a_failing_piece_that_comes_first_leaves_no_trace_either(
    db: Database, batches: list[int], published: RecordingPublisher, failing: Any
) -> None:
    held = Held()

    def fail_when_let_go() -> None:
        held.piece()
        failing("first")

    first = asyncio.create_task(db.write(fail_when_let_go))
    await held.entered()
    assert await together_behind(held, db, (failing, "one"), (failing, "two"), (put, "three"), (failing, "four")) == 3
    assert isinstance((await asyncio.gather(first, return_exceptions=True))[0], Exception)
    assert await db.read(names) == ["three"]
    assert published.facts == [CountsChanged(len("three"))]
    await db.close()
    assert batches == [1, 4]


async def together_behind(held: Held, db: Database, *pieces: tuple[Any, ...]) -> int:
    """How many of these failed, which waited together until the writer was let go."""
    waiting = [asyncio.create_task(db.write(*piece)) for piece in pieces]
    await asyncio.sleep(0)
    held.let_go()
    outcomes = await asyncio.gather(*waiting, return_exceptions=True)
    return sum(isinstance(outcome, Exception) for outcome in outcomes)


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


async def test_what_a_read_has_seen_is_settled_when_everybody_was_told(
    db: Database, published: RecordingPublisher
) -> None:
    settle = db._settle
    late: list[Any] = []
    db._settle = late.append  # type: ignore[method-assign]
    writing = asyncio.create_task(db.write(put, "one"))
    await eventually(lambda: late)
    assert await db.read(names) == ["one"]
    settling = asyncio.create_task(db.settled())
    await asyncio.sleep(0)
    assert not settling.done()
    settle(*late)
    await settling
    assert published.facts == [CountsChanged(3)]
    await writing
    db._settle = settle  # type: ignore[method-assign]
    held = Held()
    holding_up = asyncio.create_task(db.write(held.piece))
    await held.entered()
    await db.settled()  # what is not committed yet nobody has seen
    held.let_go()
    await holding_up
    await db.settled()


async def test_counting_that_fails_does_not_end_the_writer(place: Path | str) -> None:
    def count(pieces: int, seconds: float) -> None:
        raise RuntimeError("no counter")

    db = Database(place, on_batch=count)
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


# Who hears when


async def held_group(db: Database, *pieces: tuple[Any, ...]) -> list[asyncio.Task[Any]]:
    """Writes that wait together, and are let go now."""
    held = Held()
    first = asyncio.create_task(db.write(held.piece))
    await held.entered()
    waiting = [asyncio.create_task(db.write(*piece)) for piece in pieces]
    await asyncio.sleep(0)
    held.let_go()
    await first
    return waiting


async def test_a_group_hears_of_its_commit_while_the_next_one_is_on_its_way_to_the_disk(
    db: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(database, "GROUP_SIZE", 1)
    bulk, disk, end = Bulk(), Held(), db.engine.end
    waits = iter([False, False, True])

    def slow_end() -> None:
        if next(waits):
            disk.piece()
        end()

    monkeypatch.setattr(db.engine, "end", slow_end)
    one, two = await held_group(db, (bulk.one, "one"), (bulk.one, "two"))
    await disk.entered()
    assert await asyncio.wait_for(one, PATIENCE_S / 2) == "one"
    assert not two.done()
    disk.let_go()
    assert await two == "two"


async def test_nobody_waits_for_a_neighbour_that_may_take_long(db: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(database, "GROUP_SIZE", 1)
    bulk, slow = Bulk(), Held()
    one, two = await held_group(db, (bulk.one, "one"), (slow.piece,))
    await slow.entered()
    assert await asyncio.wait_for(one, PATIENCE_S / 2) == "one"
    assert not two.done()
    slow.let_go()
    await two


async def test_a_group_hears_of_its_commit_although_the_next_one_fails(
    db: Database, published: RecordingPublisher, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(database, "GROUP_SIZE", 1)
    bulk, begin = Bulk(), db.engine.begin

    fails = iter([False, False, True])

    def begin_or_fail(pieces: Any) -> None:
        if next(fails):
            raise OSError("the disk went away")
        begin(pieces)

    monkeypatch.setattr(db.engine, "begin", begin_or_fail)
    one, two = await held_group(db, (bulk.one, "one"), (bulk.one, "two"))
    assert await one == "one"
    with pytest.raises(Unavailable):
        await two
    assert published.facts == [CountsChanged(3)]


# Facts


async def test_facts_come_after_the_commit_in_its_order_and_before_callers_go_on(
    db: Database, place: Path | str
) -> None:
    happened: list[str] = []

    def after_commit(facts: list[Fact]) -> None:
        happened.append(f"{len(facts)} facts, {len(stored(place))} rows")

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
    sound = iter([db.engine.end])  # for the piece that the others wait behind

    def fail() -> None:
        raise OSError("the disk went away")

    def commit() -> None:
        next(sound, fail)()

    with monkeypatch.context() as patched:
        patched.setattr(db.engine, "end", commit)
        # The refusal rests on a neighbour that is not stored after all: it is no final answer.
        outcomes = await together_in_one_group(db, (put, "one"), (put_and_refuse, "two"), (put, "three"))
        assert [type(outcome) for outcome in outcomes] == [Unavailable] * 3
    assert published.facts == []
    assert await db.read(names) == []
    assert await db.write(put, "one") == "one"
    assert published.facts == [CountsChanged(3)]
