"""The PostgreSQL database that is moved into: filled batch by batch, each with the note how far it is."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterable, Iterator
from types import TracebackType
from typing import Any, Self, cast
from urllib.parse import urlsplit

import msgspec
import psycopg
from peewee import PeeweeException
from psycopg.conninfo import conninfo_to_dict

from server.storage.engine import MIGRATIONS
from server.storage.moving import CannotMove
from server.storage.moving.tables import TABLES, Row, Table
from server.storage.postgres import UNFINISHED_MOVE, PostgresEngine
from server.storage.postgres_connection import Part, connect

MOVE = Part(
    "madang move",
    # A cursor here is read to its end.
    {"synchronous_commit": "on", "cursor_tuple_fraction": "1", "lock_timeout": "0", "statement_timeout": "0"},
)
KNOWN = {script.stem for script in MIGRATIONS.glob("[0-9]*.py")}
PATIENCE_S = 5.0
"""So long PostgreSQL may take to notice that an earlier move has died."""
_PAGE = 1000
"""Rows that are fetched at once."""


class Done(msgspec.Struct):
    """How far a table is: the source's number of the last row that was copied, and how many were."""

    rowid: int = 0
    rows: int = 0


class Target:
    """A connection to the database that is moved into; use it in a ``with``.

    Raises CannotMove, here and in every method, when PostgreSQL cannot be reached any more or refuses.
    """

    def __init__(self, url: str) -> None:
        self.name = described(url)
        self._url = url
        self._has_begun = False
        self._done: dict[str, Done] = {}
        with self._in_words():
            self._connection = connect(url, MOVE)
        try:
            self._check()
        except BaseException:
            self._connection.close()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._connection.close()

    def begin(self, epoch: str, fingerprint: str, *, anew: bool) -> bool:
        """Notes that the deployment ``epoch`` in its state ``fingerprint`` is moved here, into tables as a new server
        has them. Whether an earlier move of it goes on: see ``rows`` and ``rowid``.

        ``anew`` throws away what an unfinished move has left. Raises CannotMove when anything else is in the database.
        """
        with self._in_words():
            earlier = self._earlier()
            if earlier is not None and anew:
                self._throw_away()
                earlier = None
            if earlier is None:
                self._make_tables()
                self._refuse_if_used(epoch)
                self._note(epoch, fingerprint)
            else:
                self._refuse_another(earlier, (epoch, fingerprint))
        self._has_begun = True
        return earlier is not None

    def rows(self) -> int:
        """How many have been copied, by this move and an earlier one."""
        return sum(done.rows for done in self._done.values())

    def rowid(self, table: Table) -> int:
        """The source's number of the last row that was copied."""
        return self._of(table).rowid

    def write(self, table: Table, rows: Iterable[tuple[int, Row]]) -> int:
        """How many there were: all of them are committed, with the note of it, or none."""
        done = self._of(table)
        rowid, count = done.rowid, 0
        columns = ", ".join(f'"{name}"' for name in table.columns)
        with self._in_words(table), self._connection.transaction(), self._connection.cursor() as cursor:
            with cursor.copy(f'copy "{table.name}" ({columns}) from stdin (format binary)') as copy:
                copy.set_types(table.kinds)
                for rowid, row in rows:  # noqa: B007 - the last one is noted
                    copy.write_row(row)
                    count += 1
            after = self._done | {table.name: Done(rowid, done.rows + count)}
            cursor.execute(f"update {UNFINISHED_MOVE} set done = %s", (msgspec.json.encode(after).decode(),))
        self._done = after
        return count

    def count_on(self) -> None:
        """Sets every sequence behind what has been copied, and lets PostgreSQL learn what the tables are like."""
        with self._in_words():
            for table in TABLES:
                if table.counts_ids:
                    self._set(f"pg_get_serial_sequence('\"{table.name}\"', 'id')", table.name, "id")
            self._set("to_regclass('entry_position')", "entry", "position")
            self._connection.execute("analyze")

    @contextlib.contextmanager
    def one_view(self) -> Iterator[None]:
        """Everything read inside is of one moment."""
        with self._in_words(), self._connection.transaction():
            self._connection.execute("set transaction isolation level repeatable read, read only")
            yield

    def ordered(self, table: Table, conversation_id: int | None = None) -> Iterator[Row]:
        """The rows in the table's order; of one conversation, if it is named. Inside ``one_view``."""
        columns = ", ".join(f'"{name}"' for name in table.columns)
        where = "" if conversation_id is None else "where conversation_id = %s"
        # The order of SQLite and of Python is that of the characters' numbers, whatever this database's language is.
        kinds = dict(zip(table.columns, table.kinds, strict=True))
        order = ", ".join(f'"{name}"' + (' collate "C"' if kinds[name] == "text" else "") for name in table.order)
        with self._connection.cursor(f"{table.name}_{conversation_id}", row_factory=_row_factory) as cursor:
            cursor.execute(
                cast(Any, f'select {columns} from "{table.name}" {where} order by {order}'),
                None if conversation_id is None else (conversation_id,),
                binary=True,
            )
            while rows := cursor.fetchmany(_PAGE):
                yield from rows

    def finish(self) -> None:
        """The note goes: from now on this is a database like any other."""
        with self._in_words():
            self._connection.execute(f"drop table {UNFINISHED_MOVE}")

    def _check(self) -> None:
        """Holds off other moves into the same database. Raises CannotMove when it cannot be one of ours."""
        with self._in_words():
            if self._value("show server_encoding") != "UTF8":
                raise CannotMove(f"{self.name} does not keep texts in UTF-8; make it with `createdb --encoding UTF8`.")
            deadline = time.monotonic() + PATIENCE_S
            while not self._value("select pg_try_advisory_lock(7201, 2)"):
                if time.monotonic() > deadline:
                    raise CannotMove(f"Another move into {self.name} is under way.")
                time.sleep(0.1)

    def _of(self, table: Table) -> Done:
        return self._done.get(table.name) or Done()

    def _throw_away(self) -> None:
        names = ", ".join(f'"{table.name}"' for table in TABLES)
        with self._connection.transaction():
            self._connection.execute(cast(Any, f"truncate {names}"))
            self._connection.execute(f"drop table {UNFINISHED_MOVE}")

    def _make_tables(self) -> None:
        if self._value("select to_regclass('schema_migration')") is None:
            for table in TABLES:
                if self._value(f"select to_regclass('\"{table.name}\"')") is not None:
                    raise CannotMove(f"{self.name} has a table {table.name} that is not Madang's.")
        elif newer := self._applied() - KNOWN:
            raise CannotMove(f"{self.name} belongs to a newer Madang (it has {min(newer)}).")
        try:
            PostgresEngine(self._url, PATIENCE_S).prepare()
        except (RuntimeError, PeeweeException) as error:
            raise CannotMove(f"The tables cannot be made in {self.name}: {str(error).splitlines()[0]}") from None

    def _applied(self) -> set[str]:
        return {str(name) for (name,) in self._connection.execute("select name from schema_migration").fetchall()}

    def _note(self, epoch: str, fingerprint: str) -> None:
        with self._connection.transaction():
            self._connection.execute(
                f"create table {UNFINISHED_MOVE} (epoch text not null, fingerprint text not null, "
                "begun_at timestamptz not null default now(), done text not null)"
            )
            self._connection.execute(
                f"insert into {UNFINISHED_MOVE} (epoch, fingerprint, done) values (%s, %s, '{{}}')",
                (epoch, fingerprint),
            )

    def _refuse_another(self, earlier: tuple[str, str], now: tuple[str, str]) -> None:
        if now[0] != earlier[0]:
            raise CannotMove("The target holds an unfinished move of another database; --anew throws that away.")
        if self._applied() != KNOWN:
            raise CannotMove(
                "The unfinished move in the target was begun by another version of Madang; "
                "go on with that one, or throw it away with --anew."
            )
        if now[1] != earlier[1]:
            raise CannotMove(
                "The source has been written to since the unfinished move in the target began; "
                "--anew throws that away and begins anew."
            )

    def _earlier(self) -> tuple[str, str] | None:
        if self._value(f"select to_regclass('{UNFINISHED_MOVE}')") is None:
            return None
        row = self._connection.execute(f"select epoch, fingerprint, done from {UNFINISHED_MOVE}").fetchone()
        assert row is not None
        self._done = msgspec.json.decode(row[2], type=dict[str, Done])
        return row[0], row[1]

    def _refuse_if_used(self, epoch: str) -> None:
        self._done = {}
        for table in TABLES:
            if not self._value(f'select exists (select from "{table.name}")'):
                continue
            if epoch and self._value("select value from server_value where name = 'epoch'") == epoch:
                raise CannotMove(f"This database has been moved to {self.name} already; nothing was done.")
            raise CannotMove(
                f"{self.name} is not empty: there are rows in {table.name}. Move into a new database (`createdb`)."
            )

    @contextlib.contextmanager
    def _in_words(self, table: Table | None = None) -> Iterator[None]:
        """What PostgreSQL refuses, as a sentence without the address or anybody's data."""
        try:
            yield
        except psycopg.OperationalError as error:
            more = " The same command goes on from there." if self._has_begun else ""
            raise CannotMove(f"{self.name}: {_first_line(error)}.{more}") from None
        except psycopg.Error as error:
            what = f"the rows of {table.name}" if table else "this"
            raise CannotMove(f"{self.name} refuses {what}: {_first_line(error)}.") from None

    def _set(self, sequence: str, table: str, column: str) -> None:
        top = f'max("{column}")'
        query = f'select setval({sequence}::regclass, coalesce({top}, 1), {top} is not null) from "{table}"'
        self._connection.execute(cast(Any, query))

    def _value(self, query: str) -> Any:
        row = self._connection.execute(cast(Any, query)).fetchone()
        return row[0] if row else None


def described(url: str) -> str:
    """The database in words, without its password. Raises CannotMove when ``url`` is no address of one."""
    # What libpq says of an address that it cannot read repeats parts of it, which may be the password's.
    wrong = CannotMove(
        "The address of the target cannot be read. It looks like postgresql://user:password@host:5432/database; "
        "write @, :, / and % inside a password as %40, %3A, %2F and %25."
    )
    try:
        parts = urlsplit(url)
        given = conninfo_to_dict(url)
    except (ValueError, psycopg.Error):
        raise wrong from None
    host, port = str(given.get("host") or "localhost"), str(given.get("port") or 5432)
    if parts.netloc.count("@") > 1 or not all(one.isdigit() for one in port.split(",")):
        raise wrong
    return f"PostgreSQL {given.get('dbname') or given.get('user') or ''} at {host}:{port}"


def _first_line(error: psycopg.Error) -> str:
    said = error.diag.message_primary or (str(error).strip() or type(error).__name__).splitlines()[0]
    return said.rstrip(".")


def _row_factory(cursor: Any) -> Any:
    return tuple
