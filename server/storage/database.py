"""The open database: units of work for readers in a small pool, and one writer that commits in groups."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import queue
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import ParamSpec, TypeVar

from server.errors import Unavailable
from server.records import Fact
from server.storage.engine import Engine, Piece
from server.storage.models import database as open_database
from server.storage.sqlite import SqliteEngine

P = ParamSpec("P")
R = TypeVar("R")

GROUP_SIZE = 512
"""At most so many pieces in one transaction: a bound on how long a sender waits for its neighbours."""
LINGER_S = 0.002
"""About what a commit takes: so long at most a piece waits for its neighbours to come."""
PATIENCE_S = 8.0
"""So long a write waits for a PostgreSQL that does not answer, before its caller hears of it."""

_log = logging.getLogger(__name__)


class Database:
    """A SQLite file or a PostgreSQL database, with its threads.

    ``address`` is a path, or an address that begins with ``postgresql://`` and needs the extra ``postgres``.
    ``after_commit`` is called on the event loop with what a transaction announced, in commit order and
    before any caller of that transaction goes on. ``after_doubt`` is called there too, when a transaction may have
    been committed whose facts were lost with the connection. ``on_batch(pieces, seconds)`` is for the metrics, in the
    writer's thread. On SQLite another process that writes is waited for, up to ``busy_timeout_ms``.
    """

    def __init__(
        self,
        address: Path | str,
        *,
        readers: int = 4,
        busy_timeout_ms: int = 5000,
        patience_s: float = PATIENCE_S,
        on_batch: Callable[[int, float], None] = lambda pieces, seconds: None,
    ) -> None:
        self.after_commit: Callable[[list[Fact]], None] = lambda facts: None
        self.after_doubt: Callable[[], None] = lambda: None
        self.engine = _engine(address, busy_timeout_ms, patience_s)
        self.engine.on_doubt = self._doubt
        self._on_batch = on_batch
        self._queue: queue.SimpleQueue[Piece | None] = queue.SimpleQueue()
        self._readers = ThreadPoolExecutor(readers, thread_name_prefix="reader", initializer=self.engine.connect_reader)
        self._writer = threading.Thread(target=self._run, name="writer", daemon=True)
        self._loop: asyncio.AbstractEventLoop | None = None
        self._closing = False
        self._usual = 1.0
        self._untold: list[Piece] = []
        # Transactions so far: begun, about to be committed (from then on a reader may see them), and told of.
        self._begun = self._ending = self._told = 0
        self._waiting: list[asyncio.Future[None]] = []

    async def open(self) -> None:
        """Create or upgrade the tables and start the writer. Raises when durability is not what it has to be."""
        self._loop = asyncio.get_running_loop()
        open_database.initialize(self.engine.peewee)
        await asyncio.to_thread(self.engine.prepare)
        self._writer.start()

    async def close(self) -> None:
        """Commit what waits, then close every connection."""
        self._closing = True
        if self._writer.is_alive():
            self._queue.put(None)
            await asyncio.to_thread(self._writer.join)
        await asyncio.to_thread(self._readers.shutdown)
        self.engine.close_readers()

    async def read(self, query: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
        """Run ``query`` in a reader thread, in one consistent view of the database.

        It may be run twice, when the connection is lost in the middle.
        """
        if self._closing:
            raise Unavailable("The server is shutting down.")
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._readers, self._read, partial(query, *args, **kwargs))

    async def write(self, query: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
        """Run ``query`` in the writer's next transaction; returns after the commit.

        It is all or nothing: a refusal or a failure leaves no trace and is raised here alone. It may be run
        again from its beginning, when what it had done had to be rolled back.
        """
        if self._closing:
            raise Unavailable("The server is shutting down.")
        if kwargs:
            raise TypeError("a write takes positional arguments, so that its neighbours can be done together")
        future: asyncio.Future[R] = asyncio.get_running_loop().create_future()
        self._queue.put(Piece(query, args, future))
        return await future

    async def settled(self) -> None:
        """Returns when ``after_commit`` has heard of everything that a read which is over may have seen."""
        last = self._ending
        while self._told < last:
            future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
            self._waiting.append(future)
            await future

    def _read(self, query: Callable[[], R]) -> R:
        try:
            return self.engine.read(query)
        except Exception as error:
            if self.engine.is_trouble(error):
                raise self.engine.refusal(error) from error
            raise

    # The writer

    def _run(self) -> None:
        self.engine.connect_writer()
        going = True
        while going:
            pieces, going = self._take()
            if not all(piece.is_quick for piece in pieces):
                self._tell()
            if pieces:
                started = time.perf_counter()
                self._commit(pieces)
                with contextlib.suppress(Exception):  # counting must not end the only writer
                    self._on_batch(len(pieces), time.perf_counter() - started)
        self._tell()
        self.engine.close_writer()

    def _take(self) -> tuple[list[Piece], bool]:
        """Everything that waits, up to a bound; the second is false when the writer is to end.

        Where many write, it waits a moment for nearly as many as usual: whoever has just been answered is on
        the way with the next piece, and would otherwise wait for two commits.
        """
        pieces: list[Piece] = []
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

    def _next(self, until: float | None) -> Piece | None:
        """The next that waits, or comes before ``until``; with None whenever it comes. Raises queue.Empty."""
        try:
            return self._queue.get_nowait()
        except queue.Empty:
            if until == 0.0:
                raise
        self._tell()  # who does not know of the last commit yet has nothing to say
        return self._queue.get(timeout=None if until is None else max(0.0, until - time.perf_counter()))

    def _commit(self, pieces: list[Piece]) -> None:
        """Whatever happens, every caller is woken."""
        for part in self.engine.parts(pieces):
            self._begun += 1
            self.engine.commit(part, self._about_to_end)
            self._tell()
            self._untold = part

    def _about_to_end(self) -> None:
        self._ending = self._begun
        # Those of the part before hear of it when this one is done but for the commit: the loop works for
        # them while the disk works for these.
        self._tell()

    def _tell(self) -> None:
        """Lets the callers of the last group go on, if they do not yet."""
        pieces, self._untold = self._untold, []
        if pieces:
            assert self._loop is not None
            with contextlib.suppress(RuntimeError):  # the loop is gone: nobody is left to tell
                self._loop.call_soon_threadsafe(self._settle, pieces)

    def _doubt(self) -> None:
        assert self._loop is not None
        with contextlib.suppress(RuntimeError):
            self._loop.call_soon_threadsafe(self.after_doubt)

    def _settle(self, pieces: list[Piece]) -> None:
        # Publishing comes first and follows the commit order: nobody publishes from a service.
        facts = [fact for piece in pieces for fact in piece.facts]
        if facts:
            try:
                self.after_commit(facts)
            except Exception:
                _log.exception("publishing after a commit failed")
        for piece in pieces:
            piece.settle()
        self._told += 1
        waiting, self._waiting = self._waiting, []
        for future in waiting:
            if not future.done():
                future.set_result(None)


def _engine(address: Path | str, busy_timeout_ms: int, patience_s: float) -> Engine:
    if isinstance(address, Path):
        return SqliteEngine(address, busy_timeout_ms)
    try:
        from server.storage.postgres import PostgresEngine  # noqa: PLC0415 - it needs an extra
    except ImportError as error:
        raise RuntimeError(
            "PostgreSQL needs psycopg, which is not installed: pip install 'madang[postgres]'."
        ) from error
    return PostgresEngine(address, patience_s)
