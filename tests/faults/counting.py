"""Where a process calls its database: every statement; and a commit before, after, and at each step within."""

from __future__ import annotations

import contextlib
import sqlite3
import threading
from collections.abc import Callable, Generator
from typing import Any, Protocol

import psycopg
from psycopg.pq import TransactionStatus

from server.storage import commit_order
from server.storage.postgres_silence import BoundedConnection
from server.storage.postgres_threads import ThreadDatabase
from server.storage.sqlite import SqliteEngine
from tests.storage.syncs import watched

watching = contextlib.ExitStack()
"""Open until this process ends, as it is to."""
_CHANGING = ("create", "alter", "drop", "insert", "update", "delete")


class Cut(Protocol):
    """Who counts."""

    def point(self) -> None:
        """A call, or its end."""

    def change(self) -> contextlib.AbstractContextManager[None]:
        """Inside, what was done becomes visible to others."""


def count_calls(cut: Cut) -> None:
    """Lets ``cut`` hear of every call of this process from now on, whichever the database."""
    _count_sqlite(cut)
    _count_postgres(cut)


def _count_sqlite(cut: Cut) -> None:
    committing: set[int] = set()  # threads

    def hear(file: str, what: str) -> None:
        if threading.get_ident() in committing:
            cut.point()

    with contextlib.suppress(AttributeError):  # where SQLite is a part of Python, a commit is one step
        watching.enter_context(watched(hear))

    class Cursor(sqlite3.Cursor):
        def execute(self, sql: str, *parameters: Any) -> sqlite3.Cursor:
            cut.point()
            is_commit = sql.strip().lower() == "commit"
            alone = not self.connection.in_transaction and _first_word(sql) in _CHANGING
            if not (is_commit or alone):
                return super().execute(sql, *parameters)
            committing.add(threading.get_ident())
            with cut.change():
                super().execute(sql, *parameters)
            committing.clear()
            cut.point()
            return self

        def executemany(self, sql: str, rows: Any) -> sqlite3.Cursor:
            cut.point()
            return super().executemany(sql, rows)

    class Connection(sqlite3.Connection):
        def cursor(self, factory: Any = Cursor) -> Any:
            return super().cursor(factory)

        def execute(self, sql: str, *parameters: Any) -> sqlite3.Cursor:
            return self.cursor().execute(sql, *parameters)

        def executemany(self, sql: str, rows: Any) -> sqlite3.Cursor:
            return self.cursor().executemany(sql, rows)

    begin = SqliteEngine.__init__

    def counted(engine: SqliteEngine, *about: Any) -> None:
        begin(engine, *about)
        engine.peewee.connect_params["factory"] = Connection

    SqliteEngine.__init__ = counted  # type: ignore[method-assign]


def _count_postgres(cut: Cut) -> None:
    execute, wait = psycopg.Cursor.execute, BoundedConnection.wait
    committing: set[int] = set()  # threads

    def counted_execute(cursor: Any, sql: Any, *about: Any, **more: Any) -> Any:
        cut.point()
        is_idle = cursor.connection.info.transaction_status == TransactionStatus.IDLE
        alone = is_idle and _first_word(str(sql)) in _CHANGING
        with cut.change() if alone else contextlib.nullcontext():
            return execute(cursor, sql, *about, **more)

    def counted_wait(connection: Any, gen: Generator[Any, Any, Any], *about: Any, **more: Any) -> Any:
        return wait(
            connection, _in_steps(gen, cut.point) if threading.get_ident() in committing else gen, *about, **more
        )

    psycopg.Cursor.execute = counted_execute  # type: ignore[method-assign]
    BoundedConnection.wait = counted_wait  # type: ignore[method-assign]

    def within(commit: Callable[..., Any]) -> Callable[..., Any]:
        def counted_commit(*about: Any) -> Any:
            committing.add(threading.get_ident())
            with cut.change():
                done = commit(*about)
            committing.clear()
            cut.point()
            return done

        return counted_commit

    commit_order.commit = within(commit_order.commit)
    ThreadDatabase.commit = within(ThreadDatabase.commit)  # type: ignore[method-assign]


def _in_steps(gen: Generator[Any, Any, Any], point: Callable[[], None]) -> Generator[Any, Any, Any]:
    """The same, stopping by whenever something was sent or is waited for."""
    try:
        wanted = next(gen)
        while True:
            point()
            ready = yield wanted
            wanted = gen.send(ready)
    except StopIteration as end:
        return end.value


def _first_word(sql: str) -> str:
    return sql.strip().split(" ", 1)[0].lower()
