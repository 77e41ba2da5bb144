"""What the functions of a unit of work have at hand: its connection, statements for many rows, announcing."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Callable, Iterable, Sequence
from typing import Any, ParamSpec, TypeVar

from server.records import Fact

P = ParamSpec("P")
R = TypeVar("R")
K = TypeVar("K")


class Here(threading.local):
    """What belongs to the thread at work: its connection, what its piece has announced, and how often
    something was rolled back.
    """

    connection: sqlite3.Connection
    facts: list[Fact]
    undone = 0


here = Here()


def announce(*facts: Fact) -> None:
    """Tell the world about this once the surrounding write has been committed; forgotten if it is not."""
    here.facts.extend(facts)


def together(bulk: Callable[[Sequence[tuple[Any, ...]]], list[Any]]) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """Marks a write that can be done for many callers at once.

    ``bulk`` gets the argument tuples of calls that stand side by side in the queue, in their order, and
    returns an outcome for each: a value, or the ChatError that only this caller hears.
    """

    def mark(single: Callable[P, R]) -> Callable[P, R]:
        single.bulk = bulk  # type: ignore[attr-defined]
        return single

    return mark


def execute_many(sql: str, rows: Sequence[Sequence[Any]]) -> None:
    """One statement for many rows: 8 us a row where a model's ``create`` takes 750."""
    if rows:
        here.connection.executemany(sql, rows)


def fetch_all(sql: str, parameters: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
    """The rows of a query that is asked often enough to be worth its own text."""
    return here.connection.execute(sql, parameters).fetchall()


def padded(keys: Iterable[K]) -> list[K]:
    """``keys`` once each, the last one again up to a power of two.

    For queries that have a place for each key: with so few lengths, SQLite has most of them prepared.
    """
    wanted = list(set(keys))
    room = 1 << (len(wanted) - 1).bit_length() if wanted else 0
    return wanted + wanted[-1:] * (room - len(wanted))


def moment() -> tuple[object, ...]:
    """Equal to an earlier one if nobody has changed anything in the database since, in this process or another.

    To be asked inside a write. So what was read then holds now, and need not be read again.
    """
    [(changes_of_others,)] = fetch_all("pragma data_version")
    return here.connection, changes_of_others, here.connection.total_changes, here.undone
