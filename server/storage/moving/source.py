"""The embedded database that is moved: held by nobody else, read and never written."""

from __future__ import annotations

import contextlib
import hashlib
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import Self, cast
from urllib.parse import quote

from server.storage import alone
from server.storage.engine import MIGRATIONS
from server.storage.moving import CannotMove
from server.storage.moving.tables import TABLES, Cleaner, Repairs, Row, Table

_MODULUS = 1_000_003
"""Sums of numbers modulo this stay far below what SQLite can add up, whatever the numbers."""


class Source:
    """A SQLite file that this process alone has open, in the state that it has; use it in a ``with``.

    ``repairs`` counts what could not be read out as it is: see ``Cleaner``. Raises CannotMove when the
    file is none of ours, of another version, or open elsewhere.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._cursors: list[sqlite3.Cursor] = []
        if not path.is_file():
            raise CannotMove(f"There is no file {path}.")
        try:
            self._connection = sqlite3.connect(
                f"file:{quote(str(path.resolve()))}?mode=rw", uri=True, isolation_level=None, timeout=alone.PATIENCE_S
            )
        except sqlite3.Error as error:
            raise CannotMove(f"{path} cannot be opened: {error}.") from None
        self._connection.text_factory = bytes
        try:
            self._hold()
            self._check()
            self.epoch = self._epoch()
        except BaseException:
            self._connection.close()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        # A query that was not read to its end would keep the file held.
        for cursor in self._cursors:
            cursor.close()
        self._connection.close()

    def counts(self) -> dict[str, int]:
        """How many rows each table has."""
        return {table.name: self._one(f'select count(*) from "{table.name}"') for table in TABLES}

    def size_bytes(self) -> int:
        """Of the whole file."""
        return self._one("pragma page_count") * self._one("pragma page_size")

    def files(self) -> tuple[int, int]:
        """How many uploaded files it knows, and their bytes."""
        return self._one("select count(*) from file"), self._one("select coalesce(sum(size_bytes), 0) from file")

    def fingerprint(self) -> str:
        """Changes when anything is written, as good as always: made of the numbers in all rows, in one scan."""
        made = hashlib.sha256()
        for table in TABLES:
            numbers = [name for name, kind in zip(table.columns, table.kinds, strict=True) if kind.startswith("int")]
            sums = ", ".join(["count(*)", "max(rowid)", *(f'sum("{name}" % {_MODULUS})' for name in numbers)])
            made.update(repr(list(self._rows(f'select {sums} from "{table.name}"'))).encode())
        return made.hexdigest()

    def rows_after(self, table: Table, rowid: int) -> Iterator[tuple[int, Row]]:
        """The rows behind ``rowid`` as they lie in the file, each with its rowid; texts that had to be
        repaired are counted when the databases are compared.
        """
        clean = Cleaner(table, Repairs()).clean
        query = f'select rowid, {_list(table.columns)} from "{table.name}" where rowid > ? order by rowid'
        for number, *row in self._rows(query, (rowid,)):
            yield cast(int, number), clean(tuple(row))

    def ordered(self, table: Table, repairs: Repairs, conversation_id: int | None = None) -> Iterator[Row]:
        """The rows in the table's order; of one conversation, if it is named."""
        clean = Cleaner(table, repairs).clean
        where = "" if conversation_id is None else "where conversation_id = ?"
        query = f'select {_list(table.columns)} from "{table.name}" {where} order by {_list(table.order)}'
        for row in self._rows(query, () if conversation_id is None else (conversation_id,)):
            yield clean(row)

    def _rows(self, query: str, parameters: tuple[int, ...] = ()) -> Iterator[tuple[object, ...]]:
        try:
            cursor = self._connection.execute(query, parameters)
            self._cursors.append(cursor)
            # Not `yield from`, which would close the cursor after the connection.
            for row in cursor:  # noqa: UP028
                yield row
            self._cursors.remove(cursor)
        except sqlite3.DatabaseError as error:
            raise CannotMove(f"{self.path} cannot be read to its end: {error}.") from None

    def _one(self, query: str) -> int:
        [(value,)] = self._rows(query)
        assert isinstance(value, int)
        return value

    def _hold(self) -> None:
        """Takes the file for this process alone, until it is closed."""
        try:
            alone.hold(self._connection)
            self._connection.execute("pragma query_only = 1")
        except alone.OpenElsewhere:
            raise CannotMove(
                f"{self.path} is open in another program. Stop the server that uses it, then move."
            ) from None
        except sqlite3.OperationalError as error:
            raise CannotMove(f"{self.path} cannot be held for the move: {error}.") from None
        except sqlite3.DatabaseError:
            raise CannotMove(f"{self.path} is no SQLite database.") from None

    def _check(self) -> None:
        with contextlib.suppress(sqlite3.OperationalError):
            rows = self._connection.execute("select name from schema_migration").fetchall()
            applied = {name.decode() for (name,) in rows}
            known = {script.stem for script in MIGRATIONS.glob("[0-9]*.py")}
            if missing := sorted(known - applied):
                raise CannotMove(
                    f"{self.path} was last used by an older Madang (it lacks {missing[0]}). Upgrade it with this one "
                    f"first, for instance by `madang account list --data {self.path.parent}`, then move."
                )
            if newer := sorted(applied - known):
                raise CannotMove(f"{self.path} comes from a newer Madang (it has {newer[0]}); move it with that one.")
            return
        raise CannotMove(f"{self.path} is no database of Madang's.")

    def _epoch(self) -> str:
        row = self._connection.execute("select value from server_value where name = 'epoch'").fetchone()
        return row[0].decode() if row else ""


def _list(columns: tuple[str, ...]) -> str:
    return ", ".join(f'"{name}"' for name in columns)
