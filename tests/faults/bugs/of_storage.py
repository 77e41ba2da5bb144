"""Bugs of what is written: put into a worker's process before it begins."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import msgspec
import psycopg

from server.storage import appending, commit_order, contacts, database, membership, receipts
from server.storage.engine import Engine, Piece
from server.storage.postgres import PostgresEngine
from server.storage.postgres_connection import READER, PostgresConnection, connect
from server.storage.postgres_sql import translated
from server.storage.sqlite import SqliteConnection, SqliteEngine
from server.storage.unit import Rows
from tests.faults.bugs.patching import put, put_text

_UNIQUE = """
select i.indexrelid::regclass::text, c.conname from pg_index i left join pg_constraint c on c.conindid = i.indexrelid
where i.indrelid = %s::regclass and i.indisunique and
(select array_agg(a.attname::text order by a.attname) from pg_attribute a where a.attrelid = i.indexrelid) = %s
"""


def answer_before_commit() -> None:
    """Callers go on when all is done but the commit."""

    def early(run: Callable[..., None]) -> Callable[..., None]:
        def run_and_answer(engine: Engine, pieces: list[Piece], before_end: Callable[[], None]) -> None:
            def answer() -> None:
                before_end()
                pieces[0].future.get_loop().call_soon_threadsafe(lambda: [piece.settle() for piece in pieces])

            run(engine, pieces, answer)

        return run_and_answer

    put(Engine, "run", early)


def emit_before_commit() -> None:
    """Others hear of what is done but not committed."""

    def early(commit: object) -> Callable[..., None]:
        def emit_and_commit(db: database.Database, pieces: list[Piece]) -> None:
            for part in db.engine.parts(pieces):
                db.engine.commit(part, lambda part=part: emit(db, part))
                db._tell()
                db._untold = part

        def emit(db: database.Database, part: list[Piece]) -> None:
            db._tell()
            facts = [fact for piece in part for fact in piece.facts]
            for piece in part:
                piece.facts = ()
            assert db._loop is not None
            db._loop.call_soon_threadsafe(lambda: db.after_commit(facts))

        return emit_and_commit

    put(database.Database, "_commit", early)


def swallowed_commit_error() -> None:
    """A commit that fails looks as if it had worked."""

    def swallowed(end: Callable[[Any], None]) -> Callable[[SqliteEngine], None]:
        def end_somehow(engine: SqliteEngine) -> None:
            try:
                end(engine)
            except Exception:
                engine.forget()

        return end_somehow

    put(SqliteEngine, "end", swallowed)


def commit_in_pieces() -> None:
    """What a write does is committed as it goes."""

    def piecemeal(execute_many: Callable[..., None]) -> Callable[..., None]:
        def execute_and_commit(connection: SqliteConnection, sql: str, rows: Sequence[Sequence[Any]]) -> None:
            execute_many(connection, sql, rows)
            connection.raw.execute("commit")
            connection.raw.execute("begin immediate")

        return execute_and_commit

    put(SqliteConnection, "execute_many", piecemeal)


def no_unique_key() -> None:
    """Repeats are looked for before the lock, and no key stands behind that."""
    _without_unique("message", "client_id", "sender_id")
    beside: dict[str, psycopg.Connection[Any]] = {}

    def at(begin: Callable[..., None]) -> Callable[..., None]:
        def begin_and_connect(engine: PostgresEngine, address: str, patience_s: float) -> None:
            begin(engine, address, patience_s)
            beside["address"] = connect(address, READER)

        return begin_and_connect

    def early(known: Callable[..., Any]) -> Callable[..., Any]:
        @contextlib.contextmanager
        def known_before(keys: Any, query: tuple[str, Sequence[Any]]) -> Iterator[tuple[Any, list[tuple[Any, ...]]]]:
            # The locks of this transaction are asked for with its first question, which is the next one.
            rows = beside["address"].execute(translated(query[0]), query[1]).fetchall()
            with known(keys, ("select 1 where false", ())) as (found, _):
                yield found, rows

        return known_before

    put(PostgresEngine, "__init__", at)
    put(appending, "known", early)


def dedupe_only_in_memory() -> None:
    """Repeats are known to the process that took the first one, as long as it lives."""
    _without_unique("message", "client_id", "sender_id")
    remembered: dict[tuple[int, str], Any] = {}

    def in_memory(group: type[Any]) -> type[Any]:
        @dataclass(slots=True)
        class Remembering(group):  # type: ignore[misc]
            def __post_init__(self) -> None:
                self.earlier = remembered

        return Remembering

    put(appending, "_Group", in_memory)


def seq_outside_the_lock() -> None:
    """The next seq follows from a head that others may move meanwhile, and no key stands behind that."""
    _without_unique("message", "conversation_id", "seq")
    _without_unique("entry", "conversation_id", "seq")

    def lighter(hold: Callable[..., None]) -> Callable[..., None]:
        return lambda connection, rows: hold(connection, Rows(accounts=rows.accounts, memberships=rows.memberships))

    put(PostgresConnection, "hold", lighter)


def position_without_its_lock() -> None:
    """Positions are given before the commit, and commits pass each other. Time passes in between, as on a busy disk."""
    put_text(commit_order, "_LOCK", "pg_advisory_xact_lock(7201, 1)", "1")
    put_text(
        commit_order, "_INSERT", "returning position", "returning position + length(pg_sleep(0.01 * random())::text)"
    )


def block_unknown_to_conversations() -> None:
    """Whoever writes looks at the conversation, and a block does not stand there."""
    put(contacts, "Conversation", lambda model: Nobody)


class Nobody:
    """A conversation that nothing can be written to."""

    direct_key = None

    @classmethod
    def update(cls, **columns: object) -> type[Nobody]:
        return cls

    @classmethod
    def where(cls, condition: object) -> type[Nobody]:
        return cls

    @classmethod
    def execute(cls) -> None: ...


def mark_without_max() -> None:
    """A mark is what was asked for last."""

    class Forgetful:
        @staticmethod
        def of(conversation_id: int, account_id: int) -> Any:
            conversation, member = membership.of(conversation_id, account_id)
            return conversation, msgspec.structs.replace(member, read_seq=0)

    put(receipts, "membership", lambda module: Forgetful)


def _without_unique(table: str, *columns: str) -> None:
    """Takes a unique key away when the tables have been made, whichever worker makes them."""
    put(
        SqliteEngine, "prepare", lambda prepare: lambda engine: (prepare(engine), _drop_in_file(engine, table, columns))
    )
    put(
        PostgresEngine,
        "prepare",
        lambda prepare: lambda engine: (prepare(engine), _drop_on_server(engine, table, columns)),
    )


def _drop_in_file(engine: SqliteEngine, table: str, columns: Sequence[str]) -> None:
    engine.peewee.connect()
    keys = [key for key in engine.peewee.get_indexes(table) if key.unique and set(key.columns) == set(columns)]
    for key in keys:
        engine.peewee.execute_sql(f"drop index {key.name}")
    engine.peewee.execute_sql("create table if not exists seeded_bug (key text)")
    _check_dropped(len(keys), engine.peewee.execute_sql("select key from seeded_bug").fetchall(), table)
    engine.peewee.execute_sql("insert into seeded_bug values (?)", (table,))
    engine.peewee.close()


def _drop_on_server(engine: PostgresEngine, table: str, columns: Sequence[str]) -> None:
    with contextlib.closing(psycopg.connect(engine._database.database)) as server, server:
        server.execute("select pg_advisory_xact_lock(7201, 99)")
        keys = server.execute(_UNIQUE, (table, sorted(columns))).fetchall()
        for index, constraint in keys:
            server.execute(
                f"alter table {table} drop constraint {constraint}" if constraint else f"drop index {index}"  # type: ignore[arg-type]
            )
        server.execute("create table if not exists seeded_bug (key text)")
        _check_dropped(len(keys), server.execute("select key from seeded_bug").fetchall(), table)
        server.execute("insert into seeded_bug values (%s)", (table,))


def _check_dropped(count: int, before: Sequence[tuple[str]], table: str) -> None:
    assert count or (table,) in before, f"there is no such key of {table} any more: this bug needs another place"
