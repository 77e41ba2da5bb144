"""What the functions of a unit of work have at hand: its statements, rows to hold, announcing."""

from __future__ import annotations

import threading
from collections.abc import Callable, Collection, Iterable, Sequence
from typing import Any, NamedTuple, ParamSpec, Protocol, TypeVar

from server.records import Entry, Fact

P = ParamSpec("P")
R = TypeVar("R")


class Rows(NamedTuple):
    """Rows that a write is about to look at and to change; memberships by (conversation, account)."""

    conversations: Collection[int] = ()
    accounts: Collection[int] = ()
    memberships: Collection[tuple[int, int]] = ()


Query = tuple[str, Sequence[Any]]
"""A text with ``?`` for each parameter, and the parameters."""


class Connection(Protocol):
    """What the statements of one thread run on."""

    @property
    def several_write(self) -> bool:
        """See ``several_write`` below."""

    def fetch_all(self, sql: str, parameters: Sequence[Any]) -> list[tuple[Any, ...]]:
        """See ``fetch_all`` below."""

    def fetch_each(self, queries: Sequence[Query]) -> list[list[tuple[Any, ...]]]:
        """See ``fetch_each`` below."""

    def execute_many(self, sql: str, rows: Sequence[Sequence[Any]]) -> None:
        """See ``execute_many`` below."""

    def hold(self, rows: Rows) -> None:
        """See ``hold`` below."""

    def wanted(self, columns: str, keys: Iterable[tuple[Any, ...]]) -> tuple[str, Sequence[Any]]:
        """See ``wanted`` below."""

    def among(self, column: str, numbers: Iterable[int]) -> tuple[str, Sequence[Any]]:
        """See ``among`` below."""

    def for_update(self) -> str:
        """See ``for_update`` below."""

    def moment(self) -> object:
        """See ``moment`` below."""


class Here(threading.local):
    """What belongs to the thread at work: its connection, what its piece has announced, and the entries that
    its transaction is to write last.
    """

    connection: Connection
    facts: list[Fact]
    entries: list[Entry]


here = Here()


def announce(*facts: Fact) -> None:
    """Tell the world about this once the surrounding write has been committed; forgotten if it is not."""
    here.facts.extend(facts)


def several_write() -> bool:
    """Whether other processes write at the same time, as PostgreSQL lets them."""
    return here.connection.several_write


# Marks on writes


def together(bulk: Callable[[Sequence[tuple[Any, ...]]], list[Any]]) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """Marks a write that can be done for many callers at once.

    ``bulk`` gets the argument tuples of calls that stand side by side in the queue, in their order, and
    returns an outcome for each: a value, or the ChatError that only this caller hears.
    """

    def mark(single: Callable[P, R]) -> Callable[P, R]:
        single.bulk = bulk  # type: ignore[attr-defined]
        return single

    return mark


def holding(rows: Callable[P, Rows]) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """Marks a write of which it is known beforehand which rows it holds, and that does not read the log.

    Where several processes write, such writes share a transaction, which holds all their rows first, in one order
    everywhere, so that no two transactions wait for each other. Any other write has a transaction of its own there.
    """

    def mark(single: Callable[P, R]) -> Callable[P, R]:
        single.rows = rows  # type: ignore[attr-defined]
        return single

    return mark


def repeatable(single: Callable[P, R]) -> Callable[P, R]:
    """Marks a write that may be run again although it may have been committed: the second time changes nothing.

    Where the connection is lost during a commit, such a write finds out by itself what became of it.
    """
    single.repeatable = True  # type: ignore[attr-defined]
    return single


# Statements


def execute_many(sql: str, rows: Sequence[Sequence[Any]]) -> None:
    """One statement for many rows: 8 us a row where a model's ``create`` takes 750."""
    if rows:
        here.connection.execute_many(sql, rows)


def fetch_all(sql: str, parameters: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
    """The rows of a query that is asked often enough to be worth its own text, with ``?`` for each parameter."""
    return here.connection.fetch_all(sql, parameters)


def fetch_each(*queries: Query) -> list[list[tuple[Any, ...]]]:
    """The rows of queries that need nothing of each other: over a network they go together."""
    return here.connection.fetch_each(queries)


def hold(
    conversations: Collection[int] = (), accounts: Collection[int] = (), memberships: Collection[tuple[int, int]] = ()
) -> None:
    """Nobody else changes these rows until the commit, and what is read of them from now on is their newest state.

    Costs nothing where there is one writer, and in a read.
    """
    here.connection.hold(Rows(conversations, accounts, memberships))


def for_update() -> str:
    """The end of a query inside a write whose rows nobody else may change until the commit."""
    return here.connection.for_update()


def wanted(columns: str, keys: Iterable[tuple[Any, ...]]) -> tuple[str, Sequence[Any]]:
    """The beginning of a query that joins ``wanted``, a table of at least one key, and its parameters.

    ``with wanted (columns) as (...)``: joined from this side, each key is one look-up in an index, where
    ``(a, b) in (values ...)`` would read the whole of it. Each key is there once; rows of nulls may stand behind
    them, which equal nothing.
    """
    return here.connection.wanted(columns, keys)


def among(column: str, numbers: Iterable[int]) -> tuple[str, Sequence[Any]]:
    """A condition that ``column`` is one of ``numbers``, and its parameters; of none, it holds for nothing."""
    return here.connection.among(column, numbers)


def moment() -> object:
    """Equal to an earlier one if nobody has changed anything in the database since, in this process or another.

    To be asked inside a write. So what was read then holds now, and need not be read again.
    """
    return here.connection.moment()
