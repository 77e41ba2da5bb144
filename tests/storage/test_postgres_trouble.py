"""A PostgreSQL in trouble: connections ended, restarted, gone, unsafe; a guilty piece; commits that are none."""

from __future__ import annotations

import asyncio
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest

from server.errors import Unavailable
from server.protocol import chat
from server.records import Entry
from server.storage import appending, commit_order, database, log, postgres_connection
from server.storage import postgres as postgres_module
from server.storage.database import Database
from server.storage.postgres import PostgresEngine
from server.storage.unit import Rows, execute_many, fetch_all, holding, repeatable
from tests.fakes import RecordingPublisher
from tests.postgres_server import PostgresServer
from tests.services_under_test import ROOT, plain_environment
from tests.storage.crowd import check_log, make_crowd
from tests.storage.worker import ALLOW, Answers, Load, Options
from tests.storage.writer import PATIENCE_S, Held, names, put, stored, together_in_one_group


@pytest.fixture
async def db(postgres_address: str, published: RecordingPublisher) -> AsyncIterator[Database]:
    """An open database that waits for PostgreSQL for a moment only."""
    opened = Database(postgres_address, patience_s=5.0)
    opened.after_commit = published.publish
    await opened.open()
    yield opened
    await opened.close()


@pytest.fixture
def own_server() -> Iterator[PostgresServer]:
    """A PostgreSQL that a test may stop, and that has everything on the disk before it answers."""
    with PostgresServer(fsync=True) as server:
        yield server


def engine_of(db: Database) -> PostgresEngine:
    assert isinstance(db.engine, PostgresEngine)
    return db.engine


def send(db: Database, sender: int, where: int, label: str, text: str = "hello") -> Awaitable[chat.MessageSent]:
    return db.write(appending.append_message, sender, appending.Draft(where, label, text), 1, *ALLOW)


# A guilty piece


async def test_only_the_guilty_one_of_a_bulk_hears_of_it(
    db: Database, postgres: PostgresServer, postgres_address: str, published: RecordingPublisher
) -> None:
    make_crowd(postgres_address, 4, 2)
    pieces = [
        (appending.append_message, person, appending.Draft(1, f"label-{person}", text), 1, *ALLOW)
        # The door refuses such a text; PostgreSQL does too, and only when the whole bulk is written.
        for person, text in ((1, "one"), (2, "\0"), (3, "three"), (4, "four"))
    ]
    one, guilty, three, four = await together_in_one_group(db, *pieces)
    assert [sent.seq for sent in (one, three, four)] == [1, 2, 3]
    assert isinstance(guilty, psycopg.DataError)
    answered = Answers([(1, "label-1", 1, 1), (3, "label-3", 1, 2), (4, "label-4", 1, 3)], {}, 0, 0, 0, 0, 0)
    assert check_log(postgres, postgres_address, [answered]) == 3
    assert [(entry.seq, entry.position > 0) for entry in published.of(log.records.Entry)] == [
        (1, True),
        (2, True),
        (3, True),
    ]


@holding(lambda *about: Rows())
def insert_twice(name: str) -> str:
    """Fails with its last statement, which has no answer."""
    execute_many("insert into server_value (name, value) values (?, ?)", [(name, ""), (name, "")])
    return name


async def test_a_failure_of_a_statement_without_an_answer_is_its_own_pieces(db: Database) -> None:
    one, guilty, two = await together_in_one_group(db, (put, "one"), (insert_twice, "guilty"), (put, "two"))
    assert (one, two) == ("one", "two")
    assert isinstance(guilty, psycopg.IntegrityError)
    assert await db.read(names) == ["one", "two"]


# What counts as a commit


async def test_a_commit_of_a_failed_transaction_says_so_and_raises_nothing(postgres_address: str) -> None:
    raw = postgres_connection.connect(postgres_address, postgres_connection.WRITER)
    connection = postgres_connection.PostgresConnection(raw, writes=True)
    connection.ask("begin")
    with pytest.raises(psycopg.errors.DivisionByZero):
        connection.ask("select 1 / 0")
    assert commit_order.commit(connection, []) == "ROLLBACK"
    connection.ask("begin")
    assert commit_order.commit(connection, []) == "COMMIT"
    raw.close()


async def test_only_a_commit_counts(db: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    commit, asked = commit_order.commit, []

    def rolls_back_first(connection: Any, entries: Any) -> str:
        asked.append(entries)
        if len(asked) == 1:
            connection.drop()
            connection.ask("rollback")
            return "ROLLBACK"
        return commit(connection, entries)

    monkeypatch.setattr(commit_order, "commit", rolls_back_first)
    assert await db.write(put, "one") == "one"
    assert len(asked) == 2
    assert await db.read(names) == ["one"]


class LostAnswer:
    """The connection goes when a commit has been done, and before anybody hears of it."""

    def __init__(self, db: Database, monkeypatch: pytest.MonkeyPatch) -> None:
        self.left = 1
        commit = commit_order.commit

        def commit_and_lose(connection: Any, entries: Any) -> str:
            tag = commit(connection, entries)
            if self.left:
                self.left -= 1
                connection.raw.close()
                raise psycopg.OperationalError("the connection is lost")
            return tag

        monkeypatch.setattr(commit_order, "commit", commit_and_lose)


async def test_a_send_whose_commit_was_not_answered_finds_itself(
    db: Database, postgres_address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_crowd(postgres_address, 1, 1)
    LostAnswer(db, monkeypatch)
    told: list[object] = []
    doubts: list[int] = []
    db.after_commit, db.after_doubt = told.extend, lambda: doubts.append(1)
    sent = await send(db, 1, 1, "label-1")
    assert (sent.seq, sent.duplicate) == (1, True)
    await send(db, 1, 1, "label-2")
    # Nobody was told of the first: it has to be looked for.
    assert [fact.seq for fact in told if isinstance(fact, Entry)] == [2]
    assert doubts == [1]


async def test_what_cannot_be_repeated_is_unavailable_when_its_commit_was_not_answered(
    db: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    LostAnswer(db, monkeypatch)
    with pytest.raises(Unavailable):
        await db.write(put, "one")
    assert await db.read(names) == ["one"], "its outcome was unknown, and it is stored once"
    assert await db.write(put, "two") == "two"


async def test_what_was_lost_before_its_commit_is_done_again(db: Database) -> None:
    runs: list[int] = []

    def loses_its_connection_once() -> str:
        runs.append(1)
        put("one")
        if len(runs) == 1:
            fetch_all("select pg_terminate_backend(pg_backend_pid())")
        return "done"

    assert await db.write(loses_its_connection_once) == "done"
    assert len(runs) == 2
    assert await db.read(names) == ["one"]


# Connections ended, servers stopped


async def under_load(db: Database, seconds: float, meanwhile: Callable[[], None]) -> Answers:
    load = Load(db, Options(senders=list(range(1, 21)), conversations=list(range(1, 11)), seconds=seconds))
    sending = asyncio.create_task(load.run())
    await asyncio.to_thread(meanwhile)
    return await sending


async def test_ended_connections_lose_nothing(postgres: PostgresServer, postgres_address: str) -> None:
    make_crowd(postgres_address, 20, 10)
    db = Database(postgres_address)
    await db.open()
    ended: list[int] = []

    def end_some() -> None:
        for _ in range(8):
            time.sleep(0.25)
            ended.append(postgres.end_backends(postgres_address))

    answered = await under_load(db, 2.5, end_some)
    await db.close()
    assert sum(ended) >= 4
    assert answered.refused == {}
    assert check_log(postgres, postgres_address, [answered]) == len(answered.sent)


async def test_a_sudden_restart_loses_nothing_that_was_answered(own_server: PostgresServer) -> None:
    address = own_server.new_database()
    make_crowd(address, 20, 10)
    db = Database(address)
    await db.open()

    def restart_twice() -> None:
        for _ in range(2):
            time.sleep(0.7)
            own_server.restart("immediate")

    answered = await under_load(db, 5, restart_twice)
    await db.close()
    assert answered.refused == {}
    assert len(answered.sent) > 100
    assert check_log(own_server, address, [answered]) == len(answered.sent)


async def test_who_waits_too_long_hears_that_it_is_unavailable_and_later_all_works_again(
    own_server: PostgresServer,
) -> None:
    address = own_server.new_database()
    db = Database(address, patience_s=1.0)
    await db.open()
    await db.write(put, "before")
    assert await db.read(names) == ["before"]
    own_server.stop("immediate")
    began = time.monotonic()
    outcomes = await asyncio.gather(
        db.write(put, "one"), db.write(put_or_find, "two"), db.read(names), return_exceptions=True
    )
    assert [type(outcome) for outcome in outcomes] == [Unavailable] * 3
    assert time.monotonic() - began > 0.9
    assert all(outcome.retryable for outcome in outcomes if isinstance(outcome, Unavailable))
    own_server.start()
    assert await db.write(put, "after") == "after"
    assert await db.read(names) == ["before", "after"]
    await db.close()
    assert stored(address) == ["before", "after"]


async def test_many_who_wait_for_a_dead_host_hear_of_it_together(
    db: Database, postgres: PostgresServer, postgres_address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[float] = []

    def silence(**given: Any) -> Any:
        asked.append(time.monotonic())
        time.sleep(0.2)
        raise psycopg.OperationalError("nobody answers")

    await db.write(put, "before")
    postgres.end_backends(postgres_address)
    with monkeypatch.context() as patched:
        patched.setattr(postgres_connection.BoundedConnection, "connect", silence)
        patched.setattr(database, "GROUP_SIZE", 8)
        outcomes = await asyncio.gather(
            *(db.read(names) for _ in range(200)),
            *(db.write(put, f"name-{n}") for n in range(200)),
            return_exceptions=True,
        )
    assert {type(outcome) for outcome in outcomes} == {Unavailable}
    assert len(asked) < 30
    await asyncio.sleep(postgres_module.IN_VAIN_S)
    assert await db.write(put, "after") == "after"
    assert await db.read(names) == ["before", "after"]


@repeatable
def put_or_find(name: str) -> str:
    return put(name)


async def test_a_read_whose_connection_is_ended_in_the_middle_is_done_once_more(
    db: Database, postgres: PostgresServer, postgres_address: str
) -> None:
    await db.write(put, "one")
    runs: list[int] = []

    def read() -> list[str]:
        runs.append(1)
        found = names()
        if len(runs) == 1:
            postgres.end_backends(postgres_address, "madang reader")
        return found + names()

    assert await db.read(read) == ["one", "one"]
    assert len(runs) == 2


async def test_idle_connections_that_were_ended_are_not_noticed(
    db: Database, postgres: PostgresServer, postgres_address: str
) -> None:
    for number in range(3):
        await db.write(put, f"name-{number}")
        assert len((await asyncio.gather(*(db.read(names) for _ in range(8))))[0]) == number + 1
        assert postgres.end_backends(postgres_address) >= 2


async def test_a_lock_that_others_hold_is_waited_for(db: Database, postgres_address: str) -> None:
    make_crowd(postgres_address, 1, 1)
    with psycopg.connect(postgres_address) as other:
        other.execute("select 1 from conversation where id = 1 for update")
        sending = asyncio.create_task(asyncio.wait_for(send(db, 1, 1, "label-1"), PATIENCE_S))
        with pytest.raises(Unavailable):
            await sending  # not a writer of ours, so it is left in peace
    assert (await send(db, 1, 1, "label-1")).seq == 1


async def test_a_reader_cannot_write(db: Database) -> None:
    with pytest.raises(Unavailable):
        await db.read(put, "one")
    assert await db.read(names) == []


async def test_callers_behind_a_lost_connection_are_answered_in_their_order(db: Database) -> None:
    held = Held()
    first = asyncio.create_task(db.write(held.piece))
    await held.entered()
    waiting = [asyncio.create_task(db.write(put, f"name-{n}")) for n in range(5)]
    await asyncio.sleep(0)
    engine_of(db)._writing.raw.close()
    held.let_go()
    await asyncio.gather(first, *waiting)
    assert await db.read(names) == [f"name-{n}" for n in range(5)]


# What is not safe is not opened


@pytest.mark.parametrize(
    ("name", "weak"), [("synchronous_commit", "off"), ("lock_timeout", "0"), ("statement_timeout", "7")]
)
async def test_a_session_without_its_options_is_not_used(
    postgres_address: str, monkeypatch: pytest.MonkeyPatch, name: str, weak: str
) -> None:
    connect = postgres_connection.BoundedConnection.connect

    def without(**given: Any) -> Any:
        """As through a pooler that has ideas of its own."""
        return connect(**given | {"options": f"{given['options']} -c {name}={weak}"})

    monkeypatch.setattr(postgres_connection.BoundedConnection, "connect", without)
    with pytest.raises(RuntimeError, match=f"{name}={weak}"):
        await Database(postgres_address).open()


async def test_another_encoding_is_not_opened(postgres: PostgresServer) -> None:
    address = postgres.empty_database("encoding 'LATIN1' locale 'C' template template0")
    with pytest.raises(RuntimeError, match="LATIN1"):
        await Database(address).open()


async def test_an_address_where_nobody_answers_is_said_without_its_password(postgres: PostgresServer) -> None:
    address = f"postgresql://madang:hunter2@127.0.0.1:{postgres.port}/no_such_database"
    with pytest.raises(RuntimeError, match="no_such_database") as raised:
        await Database(address).open()
    assert "hunter2" not in str(raised.value)


def test_without_its_driver_the_command_line_names_the_extra(tmp_path: Path) -> None:
    program = "import sys; sys.modules['psycopg'] = None; from server.__main__ import main; main()"
    command = [sys.executable, "-c", program, "account", "list", "--data", str(tmp_path)]
    environment = plain_environment() | {"MADANG_DATABASE_URL": "postgresql://madang:hunter2@localhost/madang"}
    ended = subprocess.run(command, capture_output=True, text=True, check=False, env=environment, cwd=ROOT)
    assert (ended.returncode, ended.stderr) == (
        1,
        "Error: MADANG_DATABASE_URL: PostgreSQL needs psycopg, which is not installed: "
        "pip install 'madang[postgres]'.\n",
    )


async def test_what_was_to_be_prepared_behind_a_failure_is_prepared_later(db: Database) -> None:
    def fails_in_front_of(number: int) -> None:
        """``number`` decides what would be prepared just now: psycopg prepares what it has seen five times."""
        execute_many("insert into server_value (name, value) values (?, ?)", [("taken", str(number))])
        names()

    await db.write(put, "taken")
    for number in range(12):
        with pytest.raises(psycopg.IntegrityError):
            await db.write(fails_in_front_of, number)
        assert await db.write(names) == ["taken"]
