"""Copies of one healthy database: it is made once, and damaged as often as there are ways to."""

from __future__ import annotations

import asyncio
import contextlib
import re
import shutil
import sqlite3
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, LiteralString

import psycopg

from server.files.disk import DiskStore
from server.storage.checking.findings import Findings
from server.storage.database import Database
from tests.checking.street import lived_in
from tests.fakes import SteppedClock
from tests.postgres_server import PostgresServer

_TIME = re.compile(r"\b1700\d{9}\b")


class FileCopies:
    """SQLite files in a folder."""

    def __init__(self, folder: Path) -> None:
        self.store = DiskStore(folder / "files")
        self._folder = folder
        self._first = folder / "first.db"
        self._count = 0
        asyncio.run(_make(self._first, self.store))

    @contextlib.contextmanager
    def copy(self, *statements: str) -> Iterator[Path]:
        """A copy to which these statements have been done."""
        self._count += 1
        path = self._folder / f"copy{self._count}" / "madang.db"
        path.parent.mkdir()
        shutil.copy(self._first, path)
        done(path, statements)
        yield path


class ServerCopies:
    """Databases of a PostgreSQL."""

    def __init__(self, server: PostgresServer, folder: Path) -> None:
        self.store = DiskStore(folder / "files")
        self._server = server
        self._first = server.new_database()
        asyncio.run(_make(self._first, self.store))

    @contextlib.contextmanager
    def copy(self, *statements: str) -> Iterator[str]:
        """A copy to which these statements have been done."""
        address = self._server.empty_database(f"template {self._first.rpartition('/')[2]}")
        done(address, statements)
        yield address
        self._server.drop(address)


Copies = FileCopies | ServerCopies


async def _make(place: Path | str, store: DiskStore) -> None:
    db = Database(place)
    await db.open()
    await lived_in(db, store, SteppedClock())
    await db.close()


def rows(place: Path | str, sql: LiteralString) -> list[tuple[Any, ...]]:
    """What a query finds in a copy."""
    if isinstance(place, Path):
        with contextlib.closing(sqlite3.connect(place)) as file:
            return file.execute(sql).fetchall()
    with psycopg.connect(place) as connection:
        return connection.execute(sql).fetchall()


def count(place: Path | str, table: LiteralString) -> int:
    """How many rows it has there."""
    return int(rows(place, f"select count(*) from {table}")[0][0])


def done(place: Path | str, statements: Sequence[str]) -> None:
    """Each statement has changed something."""
    if isinstance(place, Path):
        with contextlib.closing(sqlite3.connect(place)) as file, file:
            for sql in statements:
                assert file.execute(sql).rowcount, sql
    else:
        with psycopg.connect(place) as connection:
            for sql in statements:
                assert connection.execute(sql).rowcount, sql  # type: ignore[call-overload]


def said(found: Findings) -> list[str]:
    """All sentences, with one word for every time."""
    return [_TIME.sub("TIME", sentence) for sentence in found.sentences]
