"""What a server has stored, looked at beside it: in its folder, or on its PostgreSQL."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import psycopg

from tests.services_under_test import MadangProcess


def database_of(madang: MadangProcess) -> Path | str:
    """The file, or the address."""
    return madang.environment.get("MADANG_DATABASE_URL") or madang.data_dir / "madang.db"


def rows(madang: MadangProcess, sql: str, *parameters: Any) -> list[tuple[Any, ...]]:
    """The answer to a query, with ``?`` for its parameters on either kind."""
    place = database_of(madang)
    if isinstance(place, str):
        with psycopg.connect(place) as connection:
            return connection.execute(sql.replace("?", "%s"), parameters).fetchall()  # type: ignore[arg-type]
    with closing(sqlite3.connect(place)) as db:
        return db.execute(sql, parameters).fetchall()


def columns(madang: MadangProcess) -> dict[str, list[str]]:
    """Every table with the names of its columns, both in order."""
    if isinstance(database_of(madang), str):
        found = rows(
            madang,
            "select table_name, column_name from information_schema.columns where table_schema = 'public' "
            "order by table_name, ordinal_position",
        )
    else:
        found = rows(
            madang,
            "select m.name, c.name from sqlite_master m, pragma_table_info(m.name) c where m.type = 'table' "
            "order by m.name, c.cid",
        )
    tables: dict[str, list[str]] = {}
    for table, column in found:
        tables.setdefault(table, []).append(column)
    return tables


def is_sound(madang: MadangProcess) -> bool:
    """Whether the database finds nothing wrong with its own files; PostgreSQL has no such question."""
    return isinstance(database_of(madang), str) or rows(madang, "pragma integrity_check") == [("ok",)]
