"""What migrations make is what the models describe, and they are applied once."""

from __future__ import annotations

import contextlib
import re
import sqlite3
from pathlib import Path

import pytest
from peewee import SqliteDatabase

from server.storage import engine, models
from server.storage.database import Database

HISTORY = "schema_migration"


def schema_of(connection: sqlite3.Connection) -> dict[tuple[str, str], str]:
    """Every table and index by (kind, name), with its definition in one spelling."""
    rows = connection.execute("select type, name, sql from sqlite_master where tbl_name not like ?", (f"{HISTORY}%",))
    return {
        (kind, name): re.sub(r"\s+", " ", sql or "").replace("IF NOT EXISTS ", "")
        for kind, name, sql in rows
        if not name.startswith("sqlite_")
    }


def applied(path: Path) -> list[tuple[str, str]]:
    with contextlib.closing(sqlite3.connect(path)) as connection:
        return connection.execute(f"select name, applied from {HISTORY} order by name").fetchall()


async def opened_once(path: Path) -> None:
    db = Database(path)
    await db.open()
    await db.close()


async def test_migrations_make_what_the_models_describe(tmp_path: Path) -> None:
    await opened_once(tmp_path / "migrated.db")
    with contextlib.closing(sqlite3.connect(tmp_path / "migrated.db")) as connection:
        migrated = schema_of(connection)
    fresh = SqliteDatabase(str(tmp_path / "fresh.db"))
    with fresh.bind_ctx(models.ALL), fresh.connection_context():
        fresh.create_tables(models.ALL)
        described = schema_of(fresh.connection())
    assert {name for kind, name in described if kind == "table"} == {
        model._meta.table_name  # type: ignore[attr-defined]
        for model in models.ALL
    }
    assert migrated == described


async def test_every_table_is_listed() -> None:
    assert set(models.ALL) == set(models.Table.__subclasses__())


async def test_a_second_start_applies_nothing(tmp_path: Path) -> None:
    path = tmp_path / "madang.db"
    await opened_once(path)
    first = applied(path)
    assert [name for name, _ in first] == sorted(one.stem for one in engine.MIGRATIONS.glob("[0-9]*.py"))
    await opened_once(path)
    assert applied(path) == first


async def test_a_migration_that_breaks_off_leaves_nothing_and_is_taken_up_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path, folder = tmp_path / "madang.db", tmp_path / "migrations"
    folder.mkdir()
    for script in engine.MIGRATIONS.glob("[0-9]*.py"):
        (folder / script.name).write_text(script.read_text())
    later = folder / "9999_later.py"
    half = "def up(migrator, db):\n    db.execute_sql('create table later (id integer)')\n"
    later.write_text(half + "    raise OSError('the power went')\n")
    monkeypatch.setattr(engine, "MIGRATIONS", folder)
    with pytest.raises(Exception, match="the power went"):
        await opened_once(path)
    with contextlib.closing(sqlite3.connect(path)) as connection:
        assert ("table", "later") not in schema_of(connection)
    later.write_text(half)
    await opened_once(path)
    with contextlib.closing(sqlite3.connect(path)) as connection:
        assert ("table", "later") in schema_of(connection)
    assert applied(path)[-1][0] == "9999_later"
