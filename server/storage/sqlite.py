"""Madang on SQLite: one file, one writer, WAL, and an fsync for every commit."""

from __future__ import annotations

import contextlib
import fcntl
import sqlite3
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, TypeVar, cast

import msgspec
from peewee import InterfaceError, SqliteDatabase
from playhouse.migrations import Runner

from server.errors import Busy, ChatError, Unavailable
from server.storage import engine
from server.storage.engine import Engine, Piece
from server.storage.unit import Query, Rows, here

R = TypeVar("R")

MOST_PLACES = 2048
"""Longer lists of numbers are handed over as one JSON text."""

_PRAGMAS = {
    "journal_mode": "wal",
    "synchronous": 2,  # FULL: an answer means that the row is on the disk
    "foreign_keys": 1,
    "cache_size": -16_000,
    "temp_store": 2,
    # Pages that change in every group go back into the file once in 16 MB, not once in 4.
    "wal_autocheckpoint": 4000,
}
_NEEDED = {"journal_mode": "wal", "synchronous": "2", "foreign_keys": "1"}
"""What durability rests on, as SQLite answers it."""

_TROUBLE = {
    sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED, sqlite3.SQLITE_NOMEM, sqlite3.SQLITE_READONLY, sqlite3.SQLITE_IOERR,
    sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_FULL, sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_PROTOCOL,
    sqlite3.SQLITE_NOTADB,
}  # fmt: skip
"""The database itself fails, whatever it was asked; any other code concerns one statement alone."""


class SqliteConnection:
    """The statements of one thread. ``undone`` counts how often something was rolled back."""

    several_write = False

    def __init__(self, raw: sqlite3.Connection) -> None:
        self.raw = raw
        self.undone = 0

    def fetch_all(self, sql: str, parameters: Sequence[Any]) -> list[tuple[Any, ...]]:
        return self.raw.execute(sql, parameters).fetchall()

    def fetch_each(self, queries: Sequence[Query]) -> list[list[tuple[Any, ...]]]:
        return [self.raw.execute(sql, parameters).fetchall() for sql, parameters in queries]

    def execute_many(self, sql: str, rows: Sequence[Sequence[Any]]) -> None:
        self.raw.executemany(sql, rows)

    def hold(self, rows: Rows) -> None:
        """There is one writer: nobody else changes anything."""

    def wanted(self, columns: str, keys: Iterable[tuple[Any, ...]]) -> tuple[str, Sequence[Any]]:
        rows = list(set(keys))
        # Not one of the keys again: whatever it finds would be found twice.
        rows += [(None,) * len(rows[0])] * _room(len(rows))
        marks = f"({', '.join('?' * len(rows[0]))})"
        return (
            f"with wanted ({columns}) as (values {', '.join([marks] * len(rows))})",
            [value for row in rows for value in row],
        )

    def among(self, column: str, numbers: Iterable[int]) -> tuple[str, Sequence[Any]]:
        rows = list(set(numbers))
        rows += rows[-1:] * _room(len(rows))
        if len(rows) > MOST_PLACES:
            # So many places would be a long text to prepare, and SQLite may be built to allow no more than 32,766.
            return f"{column} in (select value from json_each(?))", [msgspec.json.encode(rows).decode()]
        return f"{column} in ({', '.join('?' * len(rows))})", rows

    def for_update(self) -> str:
        return ""

    def moment(self) -> object:
        [(changes_of_others,)] = self.raw.execute("pragma data_version")
        return self.raw, changes_of_others, self.raw.total_changes, self.undone


class SqliteEngine(Engine):
    """A file. Another process that writes is waited for, up to ``busy_timeout_ms``."""

    def __init__(self, path: Path, busy_timeout_ms: int) -> None:
        self.path = path
        self.peewee = SqliteDatabase(str(path), pragmas=_PRAGMAS | {"busy_timeout": busy_timeout_ms})
        self._is_fresh = False
        self._connection: SqliteConnection

    def prepare(self) -> None:
        self.path.parent.mkdir(parents=True, exist_ok=True)
        with _lock_file(self.path.with_suffix(".lock")):
            self.peewee.connect()
            try:
                self._assert_pragmas()
                Runner(self.peewee, str(engine.MIGRATIONS)).up()
            finally:
                self.peewee.close()

    def _assert_pragmas(self) -> None:
        """What durability rests on: a file system without WAL, say, must not go unnoticed."""
        for name, needed in _NEEDED.items():
            found = self._raw().execute(f"pragma {name}").fetchone()[0]
            if str(found).lower() != needed:
                raise RuntimeError(f"SQLite gives {name}={found} for {self.path}, but {needed} is needed.")

    def connect_reader(self) -> None:
        self.peewee.connect()
        here.connection = SqliteConnection(self._raw())

    def connect_writer(self) -> None:
        self.peewee.connect()
        here.connection = self._connection = SqliteConnection(self._raw())

    def close_writer(self) -> None:
        self.peewee.close()

    def close_readers(self) -> None:
        """They go with their threads."""

    def read(self, query: Callable[[], R]) -> R:
        raw = self._raw()
        raw.execute("begin")
        with raw:
            return query()

    def _raw(self) -> sqlite3.Connection:
        return cast(sqlite3.Connection, cast(Any, self.peewee).connection())

    # One transaction

    def begin(self, pieces: list[Piece]) -> None:
        self._begin()

    def _begin(self) -> None:
        self._connection.raw.execute("begin immediate")
        self._is_fresh = True

    def end(self) -> None:
        self._connection.raw.execute("commit")

    def forget(self) -> None:
        self._connection.undone += 1
        # A full disk may have ended the transaction already; then there is nothing to go back to.
        with contextlib.suppress(sqlite3.OperationalError):
            self._connection.raw.execute("rollback")

    def in_transaction(self) -> bool:
        return bool(self._connection.raw.in_transaction)

    @contextlib.contextmanager
    def undone_if_it_fails(self) -> Iterator[None]:
        connection = self._connection
        if self._is_fresh:
            # The first to come needs no savepoint, which costs a copy of each page that it changes.
            self._is_fresh = False
            try:
                yield
            except BaseException:
                if connection.raw.in_transaction:
                    self.forget()
                    self._begin()
                raise
            return
        connection.raw.execute("savepoint piece")
        try:
            yield
        except BaseException:
            connection.undone += 1
            with contextlib.suppress(sqlite3.OperationalError):
                connection.raw.execute("rollback to piece")
                connection.raw.execute("release piece")
            raise
        connection.raw.execute("release piece")

    # What went wrong

    def is_trouble(self, error: BaseException) -> bool:
        # peewee wraps SQLite's own error, raw statements raise it.
        return isinstance(error, InterfaceError) or _code(error) in _TROUBLE

    def refusal(self, error: BaseException) -> ChatError:
        if _code(error) in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
            return Busy("The database is busy. Try again.", retry_after_ms=500)
        return Unavailable("The database did not take this. Try again.", retry_after_ms=1000)


def _room(count: int) -> int:
    """So many places are left up to a power of two: with so few lengths, SQLite has most queries prepared."""
    return (1 << (count - 1).bit_length()) - count if count else 0


def _code(error: BaseException) -> int | None:
    """SQLite's primary result code, if there is one behind an error."""
    code: int | None = getattr(getattr(error, "orig", error), "sqlite_errorcode", None)
    return None if code is None else code & 0xFF


@contextlib.contextmanager
def _lock_file(path: Path) -> Iterator[None]:
    """Holds off another process that starts with the same folder while the tables are changed."""
    with path.open("w") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
