"""Where a loop is run again and again: a SQLite file, or a database on a server of its own, looked at from outside."""

from __future__ import annotations

import contextlib
import shutil
import sqlite3
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import psycopg

from server.files.store import place_of
from server.storage.checking.checking import check

_PATIENCE_S = 60.0


@dataclass(frozen=True)
class State:
    """Every row of every table."""

    tables: dict[str, list[dict[str, Any]]]

    def difference(self, other: State) -> str:
        """What this one has that the other has not, and the reverse, in the first table that differs; or nothing."""
        for name in sorted(self.tables.keys() | other.tables.keys()):
            mine, theirs = self.tables.get(name), other.tables.get(name)
            if mine != theirs:
                more = [row for row in mine or () if row not in (theirs or ())]
                less = [row for row in theirs or () if row not in (mine or ())]
                return f"in {name} too much: {more}, too little: {less}"
        return ""

    def others_than(self, other: State) -> list[str]:
        """The tables that differ."""
        return [name for name, rows in self.tables.items() if rows != other.tables.get(name)]


class Place(Protocol):
    """A database to begin with from nothing, and the folder of the data; ``url`` is None for a file in there."""

    url: str | None
    folder: Path
    memory: Path

    def begin_anew(self) -> None:
        """There is nothing."""

    def restore(self, state: State) -> None:
        """It holds this again."""

    def give_numbers_again(self) -> None:
        """The next new row gets the number that was lost with one that did not come to stand."""

    def wait_until_alone(self) -> None:
        """Returns when whoever was killed has let go of it."""

    def state(self) -> State:
        """What it holds."""

    def damages(self, state: State) -> list[str]:
        """What the database itself finds wrong, and files without bytes."""

    def findings(self) -> list[str]:
        """What `madang check` finds wrong."""


def place_at(database: str, folder: Path) -> Place:
    """``sqlite``, or the address of a PostgreSQL server that nobody else uses."""
    return SqlitePlace(folder) if database == "sqlite" else PostgresPlace(database, folder)


class SqlitePlace:
    """A file."""

    def __init__(self, folder: Path) -> None:
        self.url = None
        self.folder = folder / "data"
        self.memory = folder / "memory"
        self._path = self.folder / "madang.db"

    def begin_anew(self) -> None:
        shutil.rmtree(self.folder, ignore_errors=True)

    def restore(self, state: State) -> None:
        if not state.tables:
            return self.begin_anew()
        now = self.state()
        with contextlib.closing(sqlite3.connect(self._path)) as db, db:
            for name in state.others_than(now):
                db.execute(f"delete from {name}")
                for row in state.tables[name]:
                    db.execute(
                        f"insert into {name} ({', '.join(row)}) values ({', '.join('?' * len(row))})",
                        list(row.values()),
                    )
        _give_bytes(state, self.folder)

    def give_numbers_again(self) -> None: ...

    def wait_until_alone(self) -> None: ...

    def state(self) -> State:
        if not self._path.exists():
            return State({})
        with contextlib.closing(sqlite3.connect(self._path)) as db:
            # A virtual table shows what others hold.
            tables = "select name from sqlite_master where type = 'table' and sql not like 'create virtual table%'"
            names = [name for (name,) in db.execute(tables)]
            return State({name: _rows(db.execute(f"select * from {name}")) for name in names})

    def damages(self, state: State) -> list[str]:
        if not self._path.exists():
            return []
        with contextlib.closing(sqlite3.connect(self._path)) as db:
            said = [row for (row,) in db.execute("pragma integrity_check") if row != "ok"]
            said += [str(row) for row in db.execute("pragma foreign_key_check")]
        return said + _without_bytes(state, self.folder)

    def findings(self) -> list[str]:
        return _found_in(self._path)


class PostgresPlace:
    """A database on a server."""

    def __init__(self, server: str, folder: Path) -> None:
        self._server = psycopg.connect(server, autocommit=True)
        self._name = "cut_points"
        self._beside: psycopg.Connection[tuple[Any, ...]] | None = None
        self.url = f"{server.rpartition('/')[0]}/{self._name}"
        self.folder = folder / "data"
        self.memory = folder / "memory"

    def begin_anew(self) -> None:
        shutil.rmtree(self.folder, ignore_errors=True)
        if self._beside is not None:
            self._beside.close()
        self._server.execute(f"drop database if exists {self._name} with (force)")
        self._server.execute(f"create database {self._name}")
        # Nothing is prepared: migrations change tables between two looks at them.
        self._beside = psycopg.connect(self.url, autocommit=True, prepare_threshold=None)

    def restore(self, state: State) -> None:
        if not state.tables:
            return self.begin_anew()
        now = self.state()
        with self._db.transaction():
            for name in state.others_than(now):
                self._db.execute(f"delete from {name}")
                for row in state.tables[name]:
                    self._db.execute(
                        f"insert into {name} ({', '.join(row)}) values ({', '.join(['%s'] * len(row))})",
                        list(row.values()),
                    )
        _give_bytes(state, self.folder)

    def give_numbers_again(self) -> None:
        for (name,) in self._db.execute("select sequencename from pg_sequences where schemaname = 'public'").fetchall():
            table, _, column = name.removesuffix("_seq").rpartition("_")
            self._db.execute(f"select setval('{name}', coalesce(max({column}), 0) + 1, false) from {table}")

    def wait_until_alone(self) -> None:
        asked = "select 1 from pg_stat_activity where datname = %s and application_name like 'madang%%'"
        until = time.monotonic() + _PATIENCE_S
        while self._server.execute(asked, (self._name,)).fetchall():
            assert time.monotonic() < until, "a killed process keeps its connections"
            time.sleep(0.002)

    def state(self) -> State:
        names = self._db.execute("select tablename from pg_tables where schemaname = 'public'").fetchall()
        return State({name: _rows(self._db.execute(f"select * from {name}")) for (name,) in names})

    def damages(self, state: State) -> list[str]:
        return _without_bytes(state, self.folder)

    def findings(self) -> list[str]:
        return _found_in(self.url)

    @property
    def _db(self) -> psycopg.Connection[tuple[Any, ...]]:
        assert self._beside is not None
        return self._beside


def _rows(cursor: Any) -> list[dict[str, Any]]:
    names = [column[0] for column in cursor.description]
    rows = [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]
    for row in rows:
        row.pop("applied", None)  # when a migration was done
    return sorted(rows, key=repr)


def _found_in(database: Path | str) -> list[str]:
    found = check(database)
    return [f"madang check: {sentence}" for sentence in found.sentences]


def _bytes_of(state: State, folder: Path) -> list[Path]:
    return [folder / "files" / place_of(row["key"]) for row in state.tables.get("file", ())]


def _without_bytes(state: State, folder: Path) -> list[str]:
    return [f"the bytes of {path.name} are not there" for path in _bytes_of(state, folder) if not path.exists()]


def _give_bytes(state: State, folder: Path) -> None:
    """A later step may have removed them, and an upload may have been cut, whose name is certain to come again."""
    shutil.rmtree(folder / "files" / "incoming", ignore_errors=True)
    for path in _bytes_of(state, folder):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
