"""The open database: units of work for readers in a small pool, and one writer that commits in groups."""

from __future__ import annotations

import asyncio
import contextlib
import fcntl
import logging
import queue
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ParamSpec, TypeVar, cast

from peewee import InterfaceError, SqliteDatabase
from playhouse.migrations import Runner

from server.errors import Busy, ChatError, Unavailable
from server.records import Fact
from server.storage.models import database as open_database
from server.storage.unit import here

P = ParamSpec("P")
R = TypeVar("R")

MIGRATIONS = Path(__file__).parent / "migrations"
GROUP_SIZE = 512
"""At most so many pieces in one transaction: a bound on how long a sender waits for its neighbours."""
LINGER_S = 0.002
"""About what a commit takes: so long at most a piece waits for its neighbours to come."""

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

_log = logging.getLogger(__name__)


@dataclass(slots=True)
class _Piece:
    """One caller's write, and what became of it."""

    work: Callable[..., Any]
    args: tuple[Any, ...]
    future: asyncio.Future[Any]
    value: Any = None
    error: BaseException | None = None
    facts: Sequence[Fact] = ()

    def settle(self) -> None:
        """Wake the caller, who may have gone in the meantime."""
        if self.future.done():
            return
        if self.error is not None:
            self.future.set_exception(self.error)
        else:
            self.future.set_result(self.value)


class Database:
    """A SQLite file with its threads.

    ``after_commit`` is called on the event loop with what a transaction announced, in commit order and
    before any caller of that transaction goes on. ``on_batch(pieces, seconds)`` is for the metrics, in the
    writer's thread. Another process that writes is waited for, up to ``busy_timeout_ms``.
    """

    def __init__(
        self,
        path: Path,
        *,
        readers: int = 4,
        busy_timeout_ms: int = 5000,
        on_batch: Callable[[int, float], None] = lambda pieces, seconds: None,
    ) -> None:
        self.path = path
        self.after_commit: Callable[[list[Fact]], None] = lambda facts: None
        self._on_batch = on_batch
        self._db = SqliteDatabase(str(path), pragmas=_PRAGMAS | {"busy_timeout": busy_timeout_ms})
        self._queue: queue.SimpleQueue[_Piece | None] = queue.SimpleQueue()
        self._readers = ThreadPoolExecutor(readers, thread_name_prefix="reader", initializer=self._connect)
        self._writer = threading.Thread(target=self._run, name="writer", daemon=True)
        self._loop: asyncio.AbstractEventLoop | None = None
        self._closing = False
        self._is_fresh = False
        self._usual = 1.0
        self._untold: list[_Piece] = []

    async def open(self) -> None:
        """Create or upgrade the file and start the writer. Raises when the safety pragmas do not hold."""
        self._loop = asyncio.get_running_loop()
        self.path.parent.mkdir(parents=True, exist_ok=True)
        await asyncio.to_thread(self._prepare)
        self._writer.start()

    async def close(self) -> None:
        """Commit what waits, then close every connection."""
        self._closing = True
        if self._writer.is_alive():
            self._queue.put(None)
            await asyncio.to_thread(self._writer.join)
        await asyncio.to_thread(self._readers.shutdown)

    async def read(self, query: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
        """Run ``query`` in a reader thread, in one consistent view of the database."""
        if self._closing:
            raise Unavailable("The server is shutting down.")
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._readers, self._read, query, args, kwargs)

    async def write(self, query: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
        """Run ``query`` in the writer's next transaction; returns after the commit.

        It is all or nothing: a refusal or a failure leaves no trace and is raised here alone.
        """
        if self._closing:
            raise Unavailable("The server is shutting down.")
        if kwargs:
            raise TypeError("a write takes positional arguments, so that its neighbours can be done together")
        future: asyncio.Future[R] = asyncio.get_running_loop().create_future()
        self._queue.put(_Piece(query, args, future))
        return await future

    # Readers

    def _connect(self) -> None:
        """A connection for the thread at work."""
        self._db.connect()
        here.connection = self._connection()

    def _read(self, query: Callable[..., R], args: tuple[Any, ...], kwargs: dict[str, Any]) -> R:
        connection = here.connection
        try:
            connection.execute("begin")
            with connection:
                return query(*args, **kwargs)
        except Exception as error:
            if _is_trouble(error):
                raise _unavailable(error) from error
            raise

    # The writer

    def _prepare(self) -> None:
        open_database.initialize(self._db)
        with _lock_file(self.path.with_suffix(".lock")):
            self._db.connect()
            try:
                self._assert_pragmas()
                Runner(self._db, str(MIGRATIONS)).up()
            finally:
                self._db.close()

    def _assert_pragmas(self) -> None:
        """What durability rests on: a file system without WAL, say, must not go unnoticed."""
        for name, needed in _NEEDED.items():
            found = self._connection().execute(f"pragma {name}").fetchone()[0]
            if str(found).lower() != needed:
                raise RuntimeError(f"SQLite gives {name}={found} for {self.path}, but {needed} is needed.")

    def _run(self) -> None:
        self._connect()
        going = True
        while going:
            pieces, going = self._take()
            if not all(_is_quick(piece) for piece in pieces):
                self._tell()
            if pieces:
                started = time.perf_counter()
                self._commit(pieces)
                with contextlib.suppress(Exception):  # counting must not end the only writer
                    self._on_batch(len(pieces), time.perf_counter() - started)
        self._tell()
        self._db.close()

    def _take(self) -> tuple[list[_Piece], bool]:
        """Everything that waits, up to a bound; the second is false when the writer is to end.

        Where many write, it waits a moment for nearly as many as usual: whoever has just been answered is on
        the way with the next piece, and would otherwise wait for two commits.
        """
        pieces: list[_Piece] = []
        until = 0.0
        piece = self._next(None)
        while piece is not None:
            pieces.append(piece)
            if len(pieces) == GROUP_SIZE:
                break
            until = until or time.perf_counter() + LINGER_S
            try:
                piece = self._next(until if len(pieces) < 0.95 * self._usual else 0.0)
            except queue.Empty:
                break
        self._usual += (len(pieces) - self._usual) / 8
        return pieces, piece is not None

    def _next(self, until: float | None) -> _Piece | None:
        """The next that waits, or comes before ``until``; with None whenever it comes. Raises queue.Empty."""
        try:
            return self._queue.get_nowait()
        except queue.Empty:
            if until == 0.0:
                raise
        self._tell()  # who does not know of the last commit yet has nothing to say
        return self._queue.get(timeout=None if until is None else max(0.0, until - time.perf_counter()))

    def _commit(self, pieces: list[_Piece]) -> None:
        """One transaction for all; whatever happens, every caller is woken."""
        try:
            self._begin()
            try:
                for run in _neighbours(pieces):
                    self._do(run)
                # Those of the group before hear of it now: the loop works for them while the disk works for these.
                self._tell()
                self._end()
            except BaseException:
                self._forget()
                raise
        except BaseException as error:
            _log.exception("a transaction of %d pieces failed", len(pieces))
            failure = _unavailable(error)
            for piece in pieces:
                # What was refused may have been refused because of a neighbour that is gone now.
                piece.error, piece.facts = failure, ()
        self._tell()
        self._untold = pieces

    def _tell(self) -> None:
        """Lets the callers of the last group go on, if they do not yet."""
        pieces, self._untold = self._untold, []
        if pieces:
            assert self._loop is not None
            with contextlib.suppress(RuntimeError):  # the loop is gone: nobody is left to tell
                self._loop.call_soon_threadsafe(self._settle, pieces)

    def _settle(self, pieces: list[_Piece]) -> None:
        # Publishing comes first and follows the commit order: nobody publishes from a service.
        facts = [fact for piece in pieces for fact in piece.facts]
        if facts:
            try:
                self.after_commit(facts)
            except Exception:
                _log.exception("publishing after a commit failed")
        for piece in pieces:
            piece.settle()

    def _do(self, run: list[_Piece]) -> None:
        bulk = getattr(run[0].work, "bulk", None)
        if bulk is not None and len(run) > 1 and self._do_together(bulk, run):
            return
        for piece in run:
            self._do_single(piece)

    def _do_together(self, bulk: Callable[[Sequence[tuple[Any, ...]]], list[Any]], run: list[_Piece]) -> bool:
        """Whether the whole run could be done at once; if not, nothing of it stands."""
        here.facts = []
        try:
            with self._undone_if_it_fails():
                outcomes = bulk([piece.args for piece in run])
        except Exception as error:
            self._raise_trouble(error)
            _log.warning("a bulk write of %d pieces is done singly", len(run), exc_info=True)
            return False
        for piece, outcome in zip(run, outcomes, strict=True):
            if isinstance(outcome, ChatError):
                piece.error = outcome
            else:
                piece.value = outcome
        run[-1].facts = here.facts
        return True

    def _do_single(self, piece: _Piece) -> None:
        here.facts = []
        try:
            with self._undone_if_it_fails():
                piece.value = piece.work(*piece.args)
        except Exception as error:
            self._raise_trouble(error)
            piece.error = error
        else:
            piece.facts = here.facts

    def _raise_trouble(self, error: Exception) -> None:
        """Raises what is the whole transaction's trouble: the database fails, or has ended the transaction."""
        if _is_trouble(error) or not here.connection.in_transaction:
            raise error

    def _connection(self) -> sqlite3.Connection:
        return cast(sqlite3.Connection, cast(Any, self._db).connection())

    # One transaction

    def _begin(self) -> None:
        here.connection.execute("begin immediate")
        self._is_fresh = True

    def _end(self) -> None:
        here.connection.execute("commit")

    def _forget(self) -> None:
        here.undone += 1
        # A full disk may have ended the transaction already; then there is nothing to go back to.
        with contextlib.suppress(sqlite3.OperationalError):
            here.connection.execute("rollback")

    @contextlib.contextmanager
    def _undone_if_it_fails(self) -> Iterator[None]:
        """What fails inside leaves no trace in the transaction, and what was done before stands."""
        connection = here.connection
        if self._is_fresh:
            # The first to come needs no savepoint, which costs a copy of each page that it changes.
            self._is_fresh = False
            try:
                yield
            except BaseException:
                if connection.in_transaction:
                    self._forget()
                    self._begin()
                raise
            return
        connection.execute("savepoint piece")
        try:
            yield
        except BaseException:
            here.undone += 1
            with contextlib.suppress(sqlite3.OperationalError):
                connection.execute("rollback to piece")
                connection.execute("release piece")
            raise
        connection.execute("release piece")


def _neighbours(pieces: list[_Piece]) -> Iterator[list[_Piece]]:
    """The pieces in their order, cut where the kind of work changes."""
    run: list[_Piece] = []
    for piece in pieces:
        if run and piece.work is not run[-1].work:
            yield run
            run = []
        run.append(piece)
    yield run


def _is_quick(piece: _Piece) -> bool:
    """Whether others may wait for it: what is done together costs each little."""
    return hasattr(piece.work, "bulk")


def _is_trouble(error: BaseException) -> bool:
    """Whether the database itself failed; peewee wraps SQLite's own error, raw statements raise it."""
    return isinstance(error, InterfaceError) or _code(error) in _TROUBLE


def _code(error: BaseException) -> int | None:
    """SQLite's primary result code, if there is one behind an error."""
    code: int | None = getattr(getattr(error, "orig", error), "sqlite_errorcode", None)
    return None if code is None else code & 0xFF


def _unavailable(error: BaseException) -> ChatError:
    if _code(error) in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
        return Busy("The database is busy. Try again.", retry_after_ms=500)
    return Unavailable("The database did not take this. Try again.", retry_after_ms=1000)


@contextlib.contextmanager
def _lock_file(path: Path) -> Iterator[None]:
    """Holds off another process that starts with the same folder while the tables are changed."""
    with path.open("w") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
