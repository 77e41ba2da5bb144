"""What every engine of the database does alike: a group of pieces in one transaction, each all or nothing."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

import peewee

from server.errors import ChatError
from server.records import Fact
from server.storage.unit import here

R = TypeVar("R")

MIGRATIONS = Path(__file__).parent / "migrations"

_log = logging.getLogger(__name__)


@dataclass(slots=True)
class Piece:
    """One caller's write, and what became of it."""

    work: Callable[..., Any]
    args: tuple[Any, ...]
    future: asyncio.Future[Any]
    value: Any = None
    error: BaseException | None = None
    facts: Sequence[Fact] = ()
    asked_at: float = field(default_factory=time.monotonic)

    @property
    def is_quick(self) -> bool:
        """Whether others may wait for it: what is done together costs each little."""
        return hasattr(self.work, "bulk")

    @property
    def characters(self) -> int:
        """How much text it brings."""
        return sum(len(getattr(arg, "text", "")) for arg in self.args)

    def settle(self) -> None:
        """Wake the caller, who may have gone in the meantime."""
        if self.future.done():
            return
        if self.error is not None:
            self.future.set_exception(self.error)
        else:
            self.future.set_result(self.value)

    def fail(self, error: BaseException) -> None:
        """Nothing of it stands."""
        # What was refused may have been refused because of a neighbour that is gone now.
        self.error, self.facts = error, ()


class Engine(ABC):
    """A kind of database. Its methods are called in the thread that uses the connection.

    ``on_doubt()`` is called in the writer's when nobody knows whether a transaction was committed, and it writes again.
    """

    peewee: peewee.Database
    on_doubt: Callable[[], None] = staticmethod(lambda: None)

    @abstractmethod
    def prepare(self) -> None:
        """Creates or upgrades the tables. Raises RuntimeError when what durability rests on does not hold."""

    @abstractmethod
    def connect_reader(self) -> None:
        """A connection for the thread at work, which will only read."""

    @abstractmethod
    def connect_writer(self) -> None:
        """A connection for the thread at work, which will be the only one of this process that writes."""

    @abstractmethod
    def close_writer(self) -> None:
        """Closes the writer's connection; called in its thread."""

    @abstractmethod
    def close_readers(self) -> None:
        """Closes what readers had open; called when none of them is at work any more."""

    @abstractmethod
    def read(self, query: Callable[[], R]) -> R:
        """What ``query`` returns, in one consistent view."""

    def parts(self, pieces: list[Piece]) -> Iterator[list[Piece]]:
        """The pieces in their order, cut into transactions."""
        yield pieces

    def commit(self, pieces: list[Piece], before_end: Callable[[], None]) -> None:
        """One transaction for all; afterwards each piece has its value or its error."""
        try:
            self.run(pieces, before_end)
        except BaseException as error:
            self.give_up(pieces, error)

    def give_up(self, pieces: list[Piece], error: BaseException) -> None:
        """A transaction failed as a whole: each of its callers hears so, and the log once."""
        _log.error("a transaction of %d pieces failed", len(pieces), exc_info=error)
        failure = self.refusal(error)
        for piece in pieces:
            piece.fail(failure)

    def run(self, pieces: list[Piece], before_end: Callable[[], None]) -> None:
        """The transaction itself; raises when it fails as a whole, and then nothing of it stands.

        ``before_end`` is called when all is done but the commit, which may take long.
        """
        self.begin(pieces)
        try:
            for run in neighbours(pieces):
                self._do(run)
            before_end()
            self.end()
        except BaseException:
            self.forget()
            raise

    def _do(self, run: list[Piece]) -> None:
        bulk = getattr(run[0].work, "bulk", None)
        if bulk is not None and len(run) > 1 and self._do_together(bulk, run):
            return
        for piece in run:
            self.do_single(piece)

    def _do_together(self, bulk: Callable[[Sequence[tuple[Any, ...]]], list[Any]], run: list[Piece]) -> bool:
        """Whether the whole run could be done at once; if not, nothing of it stands."""
        here.facts = []
        try:
            with self.undone_if_it_fails():
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

    def do_single(self, piece: Piece) -> None:
        """One piece by itself; its failure is its own."""
        here.facts = []
        try:
            with self.undone_if_it_fails():
                piece.value = piece.work(*piece.args)
        except Exception as error:
            self._raise_trouble(error)
            piece.error = error
        else:
            piece.facts = here.facts

    def _raise_trouble(self, error: Exception) -> None:
        """Raises what is the whole transaction's trouble: the database fails, or has ended the transaction."""
        if self.is_trouble(error) or not self.in_transaction():
            raise error

    # One transaction

    @abstractmethod
    def begin(self, pieces: list[Piece]) -> None:
        """Begins a transaction for these pieces."""

    @abstractmethod
    def end(self) -> None:
        """Commits; when it returns, everything is on the disk."""

    @abstractmethod
    def forget(self) -> None:
        """Rolls back, if there still is anything to roll back."""

    @abstractmethod
    def in_transaction(self) -> bool:
        """Whether the transaction still stands."""

    @abstractmethod
    def undone_if_it_fails(self) -> contextlib.AbstractContextManager[None]:
        """What fails inside leaves no trace in the transaction, and what was done before stands."""

    # What went wrong

    @abstractmethod
    def is_trouble(self, error: BaseException) -> bool:
        """Whether the database itself failed, whatever it was asked; other errors concern one statement alone."""

    @abstractmethod
    def refusal(self, error: BaseException) -> ChatError:
        """What callers hear of trouble."""


def neighbours(pieces: list[Piece]) -> Iterator[list[Piece]]:
    """The pieces in their order, cut where the kind of work changes."""
    run: list[Piece] = []
    for piece in pieces:
        if run and piece.work is not run[-1].work:
            yield run
            run = []
        run.append(piece)
    yield run
