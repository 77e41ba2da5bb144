"""What tests of the writer share: holding it, small writes that succeed or fail, and a look at what is stored."""

from __future__ import annotations

import asyncio
import contextlib
import sqlite3
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import psycopg

from server.errors import Forbidden
from server.records import CountsChanged
from server.storage.database import Database
from server.storage.models import ServerValue
from server.storage.unit import Rows, announce, fetch_all, holding, several_write

PATIENCE_S = 60


class Held:
    """The writer kept busy inside a piece of its own, so that everything asked meanwhile waits together."""

    def __init__(self) -> None:
        self._entered = threading.Event()
        self._release = threading.Event()

    def piece(self) -> None:
        """What the writer is busy with."""
        self._entered.set()
        assert self._release.wait(PATIENCE_S)

    async def entered(self) -> None:
        assert await asyncio.to_thread(self._entered.wait, PATIENCE_S)

    def let_go(self) -> None:
        self._release.set()


async def together_in_one_group(db: Database, *pieces: tuple[Any, ...]) -> list[Any]:
    """The outcomes of writes that all waited while the writer was held; refusals among them."""
    held = Held()
    first = asyncio.create_task(db.write(held.piece))
    await held.entered()
    waiting = [asyncio.create_task(db.write(*piece)) for piece in pieces]
    await asyncio.sleep(0)  # each of them has put itself into the queue now
    held.let_go()
    await first
    return await asyncio.gather(*waiting, return_exceptions=True)


@holding(lambda *about: Rows())
def put(name: str, value: str = "") -> str:
    ServerValue.create(name=name, value=value)
    announce(CountsChanged(len(name)))
    return name


@holding(lambda *about: Rows())
def put_and_refuse(name: str) -> None:
    put(name)
    raise Forbidden("No.")


@holding(lambda *about: Rows())
def put_and_break(name: str) -> None:
    put(name)
    raise KeyError(name)


@holding(lambda *about: Rows())
def put_what_nobody_can(name: str) -> None:
    put(name)
    fetch_all("select no_such_column from server_value")


def names() -> list[str]:
    """What is stored, in the order in which it came."""
    order = "ctid" if several_write() else "rowid"
    return [row[0] for row in fetch_all(f"select name from server_value order by {order}")]


def beside(place: Path | str, sql: str, parameters: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
    """The rows of a statement of another program, committed when it returns; its parameters are ``?``."""
    if isinstance(place, Path):
        with contextlib.closing(sqlite3.connect(place, isolation_level=None)) as other:
            return other.execute(sql, parameters).fetchall()
    with contextlib.closing(psycopg.connect(place, autocommit=True)) as connection:
        cursor = connection.execute(sql.replace("?", "%s"), parameters)
        return cursor.fetchall() if cursor.description else []


def stored(place: Path | str) -> list[str]:
    """The names that a database holds, as another program sees them."""
    order = "rowid" if isinstance(place, Path) else "ctid"
    return [row[0] for row in beside(place, f"select name from server_value order by {order}")]
