"""Progress of rows on their way."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TypeVar

T = TypeVar("T")

STEP_ROWS = 500
"""So often the progress is told."""


def told(rows: Iterator[T], name: str, tell: Callable[[str, int], None]) -> Iterator[T]:
    """The same rows; ``tell(name, count)`` hears of those that have gone by since it last did."""
    count = 0
    for row in rows:
        yield row
        count += 1
        if count == STEP_ROWS:
            tell(name, count)
            count = 0
    tell(name, count)
