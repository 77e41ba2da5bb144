"""Madang on PostgreSQL: several processes write, each by one connection, in groups.

A transaction holds its rows first and looks at them afterwards; entries of the log and their positions come last.
See ``docs/postgresql.md``.
"""

from __future__ import annotations

import contextlib
import logging
import time
from collections.abc import Callable, Iterator
from typing import Any, TypeVar, cast

import psycopg
from playhouse.migrations import Runner
from psycopg import errors

from server.errors import ChatError, Unavailable
from server.storage import commit_order, engine
from server.storage.engine import Engine, Piece
from server.storage.postgres_connection import (
    MIGRATIONS,
    READER,
    WRITER,
    Part,
    PostgresConnection,
    RawConnection,
    assert_options,
)
from server.storage.postgres_threads import ThreadDatabase
from server.storage.postgres_trouble import PASSING, NotCommitted, cause_of, is_trouble, spoils_connection
from server.storage.unit import Rows, here

R = TypeVar("R")

OLDEST_VERSION = 13
UNFINISHED_MOVE = "unfinished_move"
"""The table that is there while `madang move` fills the others; see ``server.storage.moving``."""
MOST_CHARACTERS = 200_000
"""Of text in one transaction, unless a single piece has more: its locks are kept for as long as it is on its way."""
FIRST_WAIT_S = 0.05
LONGEST_WAIT_S = 1.0
IN_VAIN_S = 0.25
"""So long nobody asks again where nobody answered: a dead host takes seconds, and many may be waiting for theirs."""

_SAVEPOINT = "savepoint piece"
_END_FROZEN = """
select pg_terminate_backend(pid) from pg_stat_activity
where datname = current_database() and usename = current_user and application_name = %s and pid <> pg_backend_pid()
  and wait_event = 'ClientRead' and xact_start is not null
  and greatest(state_change, query_start) < clock_timestamp() - interval '0.4 s'
"""
# Whatever it complains of is raised as well.
logging.getLogger("psycopg").setLevel(logging.ERROR)
_log = logging.getLogger(__name__)


class PostgresEngine(Engine):
    """A database at an address. What writes to it waits for it, if need be, ``patience_s``."""

    def __init__(self, address: str, patience_s: float) -> None:
        self._database = self.peewee = ThreadDatabase(address)
        self._patience_s = patience_s
        self._readers: list[RawConnection] = []
        self._connection: PostgresConnection | None = None
        self._pieces: list[Piece] = []
        self._in_vain = 0.0, ""
        self._is_fresh = self._is_one_run = self._is_committing = self._is_in_doubt = False

    def prepare(self) -> None:
        raw = self._first_connection()
        try:
            [(encoding,)] = raw.execute("show server_encoding").fetchall()
            if encoding != "UTF8":
                raise RuntimeError(f"The database's encoding is {encoding}, but UTF8 is needed.")
            if (version := raw.info.server_version // 10_000) < OLDEST_VERSION:
                raise RuntimeError(f"PostgreSQL {OLDEST_VERSION} or newer is needed; this is {version}.")
            if raw.execute(f"select to_regclass('{UNFINISHED_MOVE}')").fetchone() != (None,):
                raise RuntimeError("A move into this database is not finished: run `madang move` again before this.")
            # Another worker may start at the same moment; the lock goes with the connection.
            raw.execute("select pg_advisory_lock(7201, 0)")
            Runner(self._database, str(engine.MIGRATIONS)).up()
        finally:
            self._database.drop()
        try:
            assert_options(self._database.connect_as(WRITER), WRITER)
        finally:
            self._database.drop()

    def _first_connection(self) -> RawConnection:
        try:
            return self._database.connect_as(MIGRATIONS)
        except psycopg.Error as error:
            raise RuntimeError(f"PostgreSQL does not let Madang in: {error}") from None

    def _connect_as(self, part: Part) -> RawConnection:
        """A new connection for the thread at work; fails at once where another one has just failed."""
        until, complaint = self._in_vain
        if time.monotonic() < until:
            raise psycopg.OperationalError(complaint)
        try:
            return self._database.connect_as(part)
        except psycopg.OperationalError as error:
            self._in_vain = time.monotonic() + IN_VAIN_S, str(error)
            raise

    # Readers

    def connect_reader(self) -> None:
        """The first read connects: PostgreSQL may not be there just now."""
        here.connection = cast(Any, None)

    def close_readers(self) -> None:
        for raw in self._readers:
            raw.close()

    def read(self, query: Callable[[], R]) -> R:
        try:
            return self._read_once(query)
        except Exception as error:
            connection = cast(PostgresConnection | None, here.connection)
            if connection is None or not (connection.is_lost or spoils_connection(cause_of(error))):
                raise
            connection.raw.close()
        # A connection that was lost says nothing of the query: one more, on another.
        return self._read_once(query)

    def _read_once(self, query: Callable[[], R]) -> R:
        connection = cast(PostgresConnection | None, here.connection)
        if connection is None or connection.is_lost:
            connection = self._new_reader(connection)
        connection.later("begin isolation level repeatable read read only")
        try:
            result = query()
        except BaseException:
            self._roll_back(connection)
            raise
        connection.ask("commit")
        return result

    def _new_reader(self, old: PostgresConnection | None) -> PostgresConnection:
        here.connection = cast(Any, None)
        if old is not None:
            self._readers.remove(old.raw)
        raw = self._connect_as(READER)
        self._readers.append(raw)
        here.connection = connection = PostgresConnection(raw, writes=False)
        return connection

    # The writer

    def connect_writer(self) -> None:
        """The first write connects: PostgreSQL may not be there just now."""
        here.entries = []

    def close_writer(self) -> None:
        self._disconnect()

    def parts(self, pieces: list[Piece]) -> Iterator[list[Piece]]:
        """Those that say what they hold go together, up to a bound; each of the others has a transaction of its own."""
        group: list[Piece] = []
        characters = 0
        for piece in pieces:
            is_shared = hasattr(piece.work, "rows") or piece.is_quick
            if group and (not is_shared or characters + piece.characters > MOST_CHARACTERS):
                yield group
                group, characters = [], 0
            if is_shared:
                group.append(piece)
                characters += piece.characters
            else:
                yield [piece]
        if group:
            yield group

    def commit(self, pieces: list[Piece], before_end: Callable[[], None]) -> None:
        """Runs the transaction until it is committed, fails for good, or has been waited for too long."""
        wait_s = FIRST_WAIT_S
        tries = 0
        while pieces:
            tries += 1
            self._is_committing = False
            try:
                self._reconnect()
                self.run(pieces, before_end)
                return self._no_more_doubt()
            except BaseException as error:
                before_end()  # who knows nothing of the last commit yet need not wait for this one
                cause = cause_of(error)
                if self._is_gone(cause):
                    self._is_in_doubt |= self._is_committing
                    pieces = self._waiting_on(pieces, cause, unknown=self._is_committing)
                    self._disconnect()
                    time.sleep(wait_s if pieces else 0)
                    wait_s = min(LONGEST_WAIT_S, 2 * wait_s)
                elif isinstance(cause, (*PASSING, NotCommitted)):
                    pieces = self._waiting_on(pieces, cause, unknown=False)
                    if isinstance(cause, errors.LockNotAvailable):
                        self._end_frozen()
                elif self.is_trouble(error) or not isinstance(cause, psycopg.Error):
                    return self.give_up(pieces, error)
                elif len(pieces) > 1:
                    # It showed at the end, and could be anybody's.
                    for piece in pieces:
                        self.commit([piece], before_end)
                    return
                elif tries > 1 or not isinstance(cause, psycopg.IntegrityError):
                    return pieces[0].fail(error)

    def _no_more_doubt(self) -> None:
        """An earlier commit had no answer; whoever was to be told of it can look now."""
        if self._is_in_doubt:
            self._is_in_doubt = False
            self.on_doubt()

    def _reconnect(self) -> None:
        if self._connection is None:
            raw = self._connect_as(WRITER)
            assert_options(raw, WRITER)
            self._connection = PostgresConnection(raw, writes=True)
            here.connection = self._connection

    def _disconnect(self) -> None:
        self._connection = None
        self._database.drop()

    def _is_gone(self, cause: BaseException) -> bool:
        """Whether another connection is needed."""
        connection = self._connection
        return isinstance(cause, psycopg.Error) and (
            connection is None or connection.is_lost or spoils_connection(cause)
        )

    def _waiting_on(self, pieces: list[Piece], cause: BaseException, *, unknown: bool) -> list[Piece]:
        """Those that are to be tried again; the others hear of it.

        ``unknown``: it may have been committed. Then only those can be run again that do no harm twice.
        """
        refusal = self.refusal(cause)
        oldest = time.monotonic() - self._patience_s
        stay: list[Piece] = []
        for piece in pieces:
            if piece.asked_at > oldest and (not unknown or hasattr(piece.work, "repeatable")):
                stay.append(piece)
            else:
                piece.fail(refusal)
        if len(stay) < len(pieces):
            _log.warning("PostgreSQL did not take %d of %d pieces: %s", len(pieces) - len(stay), len(pieces), cause)
        return stay

    def _end_frozen(self) -> None:
        """A process that stands still keeps its locks, and nothing else ends it in the middle of a pipeline.

        It was in a transaction and has said nothing for a while; if it lives, it does the same again.
        """
        try:
            assert self._connection is not None
            ended = self._connection.ask(_END_FROZEN, (WRITER.name,)).fetchall()
            if ended:
                _log.warning("ended %d connections that stood still and kept their locks", len(ended))
        except psycopg.Error:
            self._disconnect()

    # One transaction

    @property
    def _writing(self) -> PostgresConnection:
        assert self._connection is not None
        return self._connection

    def begin(self, pieces: list[Piece]) -> None:
        for piece in pieces:
            piece.value, piece.error, piece.facts = None, None, ()
        self._pieces = pieces
        self._is_one_run = all(piece.work is pieces[0].work for piece in pieces) and (
            len(pieces) == 1 or pieces[0].is_quick
        )
        self._begin()

    def _begin(self) -> None:
        here.entries = []
        connection = self._writing
        connection.drop()
        connection.holds_nothing()
        connection.later("begin isolation level read committed read write")
        connection.hold(_rows_of(self._pieces))
        self._is_fresh = True

    def end(self) -> None:
        self._is_committing = not self._writing.is_lost
        tag = commit_order.commit(self._writing, here.entries)
        if tag != "COMMIT":
            raise NotCommitted(f"The commit was answered with {tag or 'nothing'}.")

    def forget(self) -> None:
        self._roll_back(self._writing)

    def _roll_back(self, connection: PostgresConnection) -> None:
        connection.drop()
        if not connection.is_lost:
            try:
                connection.take_back("rollback")
            except psycopg.Error:
                connection.raw.close()

    def in_transaction(self) -> bool:
        return self._connection is not None and self._connection.in_transaction

    @contextlib.contextmanager
    def undone_if_it_fails(self) -> Iterator[None]:
        connection = self._writing
        entries = len(here.entries)
        is_first, self._is_fresh = self._is_fresh, False
        if not is_first:
            connection.later(_SAVEPOINT)
        try:
            yield
            if not is_first:
                connection.later("release savepoint piece")
            if not self._is_one_run:
                connection.flush()  # so that what fails now is known to be this piece's
        except BaseException as error:
            self._is_one_run = False
            if connection.is_lost or self.is_trouble(error):
                pass  # the whole transaction goes
            elif is_first:
                self.forget()
                self._begin()
                connection.flush()
            else:
                del here.entries[entries:]
                connection.holds_nothing()
                if _SAVEPOINT not in connection.drop():  # else nothing of the piece has been sent
                    connection.take_back("rollback to savepoint piece", "release savepoint piece")
            raise

    def do_single(self, piece: Piece) -> None:
        super().do_single(piece)
        if isinstance(cause_of(piece.error), psycopg.IntegrityError):
            # Another process was first: now its row is there to be found.
            piece.error = None
            super().do_single(piece)

    # What went wrong

    def is_trouble(self, error: BaseException) -> bool:
        return is_trouble(error)

    def refusal(self, error: BaseException) -> ChatError:
        return Unavailable("The database did not take this. Try again.", retry_after_ms=1000)


def _rows_of(pieces: list[Piece]) -> Rows:
    """All rows that these pieces say they hold."""
    wanted = [cast(Any, piece.work).rows(*piece.args) for piece in pieces if hasattr(piece.work, "rows")]
    return Rows(*(set().union(*column) for column in zip(*wanted, strict=True))) if wanted else Rows()
