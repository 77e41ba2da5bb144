"""Long tables read in the order of a key, a page at a time, and several of them side by side."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from server.storage.unit import fetch_all

Row = tuple[Any, ...]
Key = tuple[int, ...]

PAGE = 500
"""Rows that are in memory at once, of each walk."""
LAST = 2**63 - 1


def walk(sql: str, first: Key, key: Callable[[Row], tuple[Any, ...]], tell: Callable[[int], None]) -> Iterator[Row]:
    """All rows of a query whose text ends with ``(a, b) > (?, ?) order by a, b``, from ``first`` on.

    ``key`` gives those columns of a row; ``tell`` hears how many rows have been read. One query a page: so memory
    stays flat on either kind of database, and rows may be changed behind the walk.
    """
    after: tuple[Any, ...] = first
    # The number stands in the text: PostgreSQL would plan for a tenth of the table where it does not know it.
    while rows := fetch_all(f"{sql} limit {PAGE}", after):
        yield from rows
        tell(len(rows))
        if len(rows) < PAGE:
            return
        after = key(rows[-1])


class Beside:
    """A walk that is followed beside another one: its rows are taken by the other's keys, which only grow.

    ``width`` columns at the head of each row are compared with them.
    """

    def __init__(self, rows: Iterator[Row], width: int) -> None:
        self._rows = rows
        self._width = width
        self._next = next(rows, None)

    def before(self, key: Key) -> Iterator[Row]:
        """The rows with smaller keys that nobody has taken."""
        while self._next is not None and self._next[: self._width] < key:
            row, self._next = self._next, next(self._rows, None)
            yield row

    def at(self, key: Key) -> Iterator[Row]:
        """The rows with this key; those before it must have been taken."""
        while self._next is not None and self._next[: self._width] == key:
            row, self._next = self._next, next(self._rows, None)
            yield row
