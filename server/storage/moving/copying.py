"""All rows of the source into the target, in batches that stand or fall as a whole."""

from __future__ import annotations

from collections.abc import Callable
from itertools import islice
from typing import TYPE_CHECKING

from server.storage.moving.source import Source
from server.storage.moving.steps import told
from server.storage.moving.tables import TABLES

if TYPE_CHECKING:  # it needs an extra
    from server.storage.moving.target import Target

BATCH_ROWS = 10_000


def copy(source: Source, target: Target, tell: Callable[[str, int], None]) -> None:
    """Copies what ``target.done`` does not have yet, and sets the sequences.

    ``tell(table, rows)`` hears of rows on their way. Whenever it breaks off, the same call goes on.
    """
    for table in TABLES:
        rows = told(source.rows_after(table, target.rowid(table)), table.name, tell)
        while target.write(table, islice(rows, BATCH_ROWS)) == BATCH_ROWS:
            pass
    target.count_on()
