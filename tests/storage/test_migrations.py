"""What migrations make is what the models describe, on both kinds of database, and they are applied once."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from peewee import PostgresqlDatabase, SqliteDatabase

from server import records
from server.protocol import chat
from server.services.members import Members
from server.storage import accounts, conversations, engine, models
from server.storage.checking.checking import check
from server.storage.conversations import NewGroup
from server.storage.database import Database
from server.storage.unit import fetch_all
from tests.postgres_server import PostgresServer
from tests.storage.writer import beside

HISTORY = "schema_migration"
DERIVED = "'search'"
"""How tables of the index for search begin: it is another one on each kind of database, and no model's."""


@pytest.fixture(params=["sqlite", "postgres"])
def new_places(request: pytest.FixtureRequest, tmp_path: Path) -> list[Path | str]:
    """Where two databases are to be made that have no tables yet."""
    if request.param == "sqlite":
        return [tmp_path / "one.db", tmp_path / "other.db"]
    server: PostgresServer = request.getfixturevalue("postgres")
    return [server.empty_database(), server.empty_database()]


def schema_of(place: Path | str) -> dict[Any, Any]:
    """Every table and index by its name, with its definition in one spelling."""
    if isinstance(place, Path):
        rows = beside(
            place,
            f"select type, name, sql from sqlite_master where tbl_name not like '{HISTORY}%' "
            f"and name not like 'sqlite_%' and substr(tbl_name, 1, 6) <> {DERIVED}",
        )
        return {(kind, name): re.sub(r"\s+", " ", sql or "").replace("IF NOT EXISTS ", "") for kind, name, sql in rows}
    columns = beside(
        place,
        "select table_name, column_name, data_type, is_nullable, column_default from information_schema.columns "
        f"where table_schema = 'public' and table_name <> '{HISTORY}' and substr(table_name, 1, 6) <> {DERIVED}",
    )
    indexes = beside(place, f"select indexname, indexdef from pg_indexes where schemaname = 'public' "
                            f"and tablename <> '{HISTORY}' and substr(tablename, 1, 6) <> {DERIVED}")  # fmt: skip
    return {row[:2]: row[2:] for row in columns} | dict(indexes)


def tables_of(place: Path | str) -> set[str]:
    source = (
        "sqlite_master where type = 'table'" if isinstance(place, Path) else "pg_tables where schemaname = 'public'"
    )
    name = "name" if isinstance(place, Path) else "tablename"
    return {row[0] for row in beside(place, f"select {name} from {source}")}


def applied(place: Path | str) -> list[tuple[str, str]]:
    return beside(place, f"select name, applied from {HISTORY} order by name")


async def opened_once(place: Path | str) -> None:
    db = Database(place)
    await db.open()
    await db.close()


def describe(place: Path | str) -> None:
    """Makes the tables that the models describe."""
    fresh: Any = (
        SqliteDatabase(str(place)) if isinstance(place, Path) else PostgresqlDatabase(place, prefer_psycopg3=True)
    )
    with fresh.bind_ctx(models.ALL), fresh.connection_context():
        fresh.create_tables(models.ALL)


async def test_migrations_make_what_the_models_describe(new_places: list[Path | str]) -> None:
    migrated, described = new_places
    await opened_once(migrated)
    describe(described)
    assert schema_of(migrated) == schema_of(described)
    named = {model._meta.table_name for model in models.ALL}  # type: ignore[attr-defined]
    assert tables_of(described) - {"sqlite_sequence"} == named


async def test_every_table_is_listed() -> None:
    assert set(models.ALL) == set(models.Table.__subclasses__())


async def test_on_postgres_text_is_compared_by_its_bytes(postgres_address: str) -> None:
    rows = beside(
        postgres_address,
        "select table_name, column_name, collation_name from information_schema.columns "
        f"where table_schema = 'public' and data_type = 'text' and table_name <> '{HISTORY}'",
    )
    assert len(rows) > 30
    assert {row[2] for row in rows} == {"C"}, 'a migration that adds text says: collate "C"'


async def test_a_second_start_applies_nothing(new_places: list[Path | str]) -> None:
    path = new_places[0]
    await opened_once(path)
    first = applied(path)
    assert [name for name, _ in first] == sorted(one.stem for one in engine.MIGRATIONS.glob("[0-9]*.py"))
    await opened_once(path)
    assert applied(path) == first


async def test_a_migration_that_breaks_off_leaves_nothing_and_is_taken_up_again(
    new_places: list[Path | str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path, folder = new_places[0], tmp_path / "migrations"
    folder.mkdir()
    for script in engine.MIGRATIONS.glob("[0-9]*.py"):
        (folder / script.name).write_text(script.read_text())
    later = folder / "9999_later.py"
    half = "def up(migrator, db):\n    db.execute_sql('create table later (id integer)')\n"
    later.write_text(half + "    raise OSError('the power went')\n")
    monkeypatch.setattr(engine, "MIGRATIONS", folder)
    with pytest.raises(Exception, match="the power went"):
        await opened_once(path)
    assert "later" not in tables_of(path)
    later.write_text(half)
    await opened_once(path)
    assert "later" in tables_of(path)
    assert applied(path)[-1][0] == "9999_later"


async def test_whoever_was_removed_or_disabled_before_is_known_afterwards(new_places: list[Path | str]) -> None:
    place = new_places[0]
    db = Database(place)
    await db.open()
    ana, ben, cleo = [account.id for account in await db.write(_people)]
    direct = (await db.write(conversations.open_direct, ana, cleo, 1)).id
    square = (await db.write(conversations.create_group, ana, NewGroup("square-1", "Square", [ben, cleo]), 1)).id
    members = Members(db, lambda: 1)
    for account_id in (ben, cleo):
        await members.remove(ana, chat.RemoveMember(conversation_id=square, account_id=account_id))
    await members.add(ana, chat.AddMembers(conversation_id=square, account_ids=[ben]))
    await members.leave(ben, chat.InConversation(conversation_id=square))
    removals = "select conversation_id, account_id, seq from conversation_removal"
    remembered = await db.read(fetch_all, removals)
    await db.write(accounts.disable, cleo, 1)
    await db.close()
    beside(place, "drop table conversation_removal")
    beside(place, f"delete from {HISTORY} where name = '0014_closed_doors'")
    db = Database(place)
    await db.open()
    assert [row[:2] for row in remembered] == [(square, cleo)]
    assert await db.read(fetch_all, removals) == remembered
    states = "select id from conversation where direct_state = 'disabled'"
    assert await db.read(fetch_all, states) == [(direct,)]
    await db.close()
    assert check(place).sentences == []


def _people() -> list[records.Account]:
    """Three, of whom the last may be disabled."""
    return [accounts.add(accounts.NewAccount(name, name, "person", None, 1)) for name in ("ana", "ben", "cleo")]
