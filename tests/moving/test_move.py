"""A database that has moved holds the same, byte for byte, and goes on counting behind it."""

from __future__ import annotations

import io
import sqlite3
from pathlib import Path
from typing import Any

import psycopg
import pytest

from server.moving import move
from server.storage.models import ALL
from server.storage.moving import CannotMove
from server.storage.moving.tables import TABLES
from tests.moving.houses import AWKWARD, EPOCH, LARGEST, awkward_house, filling, house, rows_of
from tests.postgres_server import PostgresServer


def moved(path: Path, url: str, **more: Any) -> str:
    """What was said while it moved, to a good end."""
    out = io.StringIO()
    assert move(f"sqlite:{path}", url, out=out, **more), out.getvalue()
    return out.getvalue()


def asked(url: str, query: str) -> list[tuple[Any, ...]]:
    with psycopg.connect(url) as connection:
        return connection.execute(query).fetchall()  # type: ignore[call-overload, no-any-return]


def test_every_table_is_moved() -> None:
    assert {table.name for table in TABLES} == {model._meta.table_name for model in ALL}  # type: ignore[attr-defined]
    assert all(len(table.columns) == len(table.kinds) == len(set(table.columns)) for table in TABLES)


def test_everything_is_there_as_it_was(tmp_path: Path, postgres_address: str) -> None:
    path = tmp_path / "madang.db"
    awkward_house(path)
    said = moved(path, postgres_address)
    for table in TABLES:
        ours = rows_of(path, table.name)
        theirs = asked(postgres_address, f'select * from "{table.name}"')
        assert ours, f"{table.name} is empty: nothing is shown of it"
        assert sorted(map(repr, map(_plain, ours))) == sorted(map(repr, map(_plain, theirs))), table.name
        assert f"{table.name:<16}{len(ours):>12,}{len(ours):>12,}" in said
    assert "Logs of conversations with the same digest on both sides: 6 of 6." in said
    assert "Moved: both databases are equal." in said
    assert asked(postgres_address, "select to_regclass('unfinished_move')") == [(None,)]


def _plain(row: tuple[Any, ...]) -> tuple[Any, ...]:
    """Booleans are numbers in SQLite, and what lies there as bytes in a column for text is text."""
    return tuple(
        value.decode()
        if isinstance(value, bytes) and value[:1] == b"{"
        else int(value)
        if value is True or value is False
        else value
        for value in row
    )


def test_texts_numbers_and_bytes_are_exact(tmp_path: Path, postgres_address: str) -> None:
    path = tmp_path / "madang.db"
    awkward_house(path)
    moved(path, postgres_address)
    assert [
        row[0] for row in asked(postgres_address, "select text from message where conversation_id = 77 order by seq")
    ] == AWKWARD
    assert asked(
        postgres_address, "select picture_file_id, account_version, disabled_at from account where id = 1002"
    ) == [(LARGEST - 2, -2, None)]
    assert asked(postgres_address, "select token_hash, device_name, expires_at from session order by id") == [
        (b"\x00\xff\x00\\\n", "", LARGEST),
        (b"", "phone", 2),
    ]
    assert asked(postgres_address, "select data, salt, body_hash from entry where position = 10000") == [
        ('{"text":"","n":9223372036854775807}', None, b"")
    ]
    assert asked(postgres_address, "select distinct data from notification") == [('{"a" :  1}',)]
    assert asked(postgres_address, "select data from account_change") == [('{"a": 1}',)]
    assert asked(postgres_address, "select active, count(*) from reaction group by active order by active") == [
        (False, 54), (True, 45),
    ]  # fmt: skip
    assert asked(postgres_address, "select value from server_value where name = 'epoch'") == [(EPOCH,)]
    assert asked(postgres_address, "select position from follower where name = 'ängstlich'") == [(LARGEST,)]


def test_what_comes_next_is_counted_behind_it(tmp_path: Path, postgres_address: str) -> None:
    path = tmp_path / "madang.db"
    awkward_house(path)
    moved(path, postgres_address)
    sequences = dict(asked(postgres_address, "select sequencename::text, last_value from pg_sequences"))
    assert all(sequences.values()), sequences
    for table in TABLES:
        if table.counts_ids:
            [(highest,)] = asked(postgres_address, f"select max(id) from {table.name}")
            [(following,)] = asked(postgres_address, f"select nextval(pg_get_serial_sequence('{table.name}', 'id'))")
            assert following == highest + 1, table.name
    [(highest,)] = asked(postgres_address, "select max(position) from entry")
    assert asked(postgres_address, "select nextval('entry_position')") == [(highest + 1,)]


def test_an_empty_house_moves_too_and_counts_from_one(tmp_path: Path, postgres_address: str) -> None:
    path = tmp_path / "madang.db"
    house(path, conversations=1, messages=0)
    with filling(path) as connection:
        for table in TABLES:
            connection.execute(f"delete from {table.name}")
    moved(path, postgres_address)
    assert asked(
        postgres_address, "select nextval(pg_get_serial_sequence('account', 'id')), nextval('entry_position')"
    ) == [(1, 1)]


def test_a_folder_names_its_database(tmp_path: Path, postgres_address: str) -> None:
    house(tmp_path / "madang.db", conversations=2, messages=5)
    moved(tmp_path, postgres_address)
    assert asked(postgres_address, "select count(*) from message") == [(5,)]


def test_it_is_not_moved_twice(tmp_path: Path, postgres_address: str) -> None:
    path = tmp_path / "madang.db"
    house(path, conversations=2, messages=5)
    moved(path, postgres_address)
    for anew in (False, True):
        with pytest.raises(CannotMove, match=r"moved to .* already; nothing was done"):
            moved(path, postgres_address, anew=anew)
    assert asked(postgres_address, "select count(*) from message") == [(5,)]


def test_a_target_in_use_is_left_alone(tmp_path: Path, postgres_address: str) -> None:
    house(tmp_path / "one.db", conversations=2, messages=5)
    moved(tmp_path / "one.db", postgres_address)
    with psycopg.connect(postgres_address) as connection:
        connection.execute("delete from server_value")
    house(tmp_path / "other.db", conversations=3, messages=9)
    for anew in (False, True):
        with pytest.raises(CannotMove, match="is not empty: there are rows in account"):
            moved(tmp_path / "other.db", postgres_address, anew=anew)
    assert asked(postgres_address, "select count(*) from message") == [(5,)]


def test_a_database_without_tables_gets_them(tmp_path: Path, postgres: PostgresServer) -> None:
    house(tmp_path / "madang.db", conversations=2, messages=5)
    address = postgres.empty_database()
    moved(tmp_path / "madang.db", address)
    assert asked(address, "select count(*) from message") == [(5,)]
    postgres.drop(address)


def test_tables_of_somebody_else_are_left_alone(tmp_path: Path, postgres: PostgresServer) -> None:
    house(tmp_path / "madang.db", conversations=1, messages=1)
    address = postgres.empty_database()
    postgres.execute("create table message (words text)", address)
    with pytest.raises(CannotMove, match="a table message that is not Madang's"):
        moved(tmp_path / "madang.db", address)
    assert asked(address, "select count(*) from pg_tables where schemaname = 'public'") == [(1,)]
    postgres.drop(address)


def test_a_database_in_another_encoding_is_refused(tmp_path: Path, postgres: PostgresServer) -> None:
    house(tmp_path / "madang.db", conversations=1, messages=1)
    address = postgres.empty_database("encoding 'SQL_ASCII' locale 'C' template template0")
    with pytest.raises(CannotMove, match="does not keep texts in UTF-8; make it with `createdb --encoding UTF8`"):
        moved(tmp_path / "madang.db", address)
    postgres.drop(address)


def test_whoever_may_not_make_tables_is_told_so(tmp_path: Path, postgres: PostgresServer) -> None:
    house(tmp_path / "madang.db", conversations=1, messages=1)
    address = postgres.empty_database()
    postgres.execute("revoke create on schema public from public", address)
    postgres.execute("create role guest login", address)
    with pytest.raises(CannotMove, match=r"The tables cannot be made in PostgreSQL .*: permission denied for schema"):
        moved(tmp_path / "madang.db", address.replace("madang@", "guest@"))
    postgres.drop(address)
    postgres.execute("drop role guest")


def test_text_that_postgresql_refuses_is_replaced_and_told(tmp_path: Path, postgres_address: str) -> None:
    path = tmp_path / "madang.db"
    house(path, conversations=2, messages=40)
    with filling(path) as connection:
        connection.execute("update message set text = 'a' || char(0) || 'b' || char(0) where seq = 3")
        connection.execute("update account set display_name = cast(x'41ff42' as text) where id = 1")
    said = moved(path, postgres_address)
    assert "U+FFFD stands for it in 3 texts, such as account (id 1), display_name; " in said
    assert "message (conversation_id 2, seq 3), text" in said
    assert asked(postgres_address, "select distinct text from message where seq = 3") == [("a\ufffdb\ufffd",)]
    assert asked(postgres_address, "select display_name from account where id = 1") == [("A\ufffdB",)]


@pytest.mark.parametrize(
    ("table", "column", "value", "shown"),
    [
        ("message", "sent_at", "1.5", "1.5"),
        ("message", "sent_at", "'noon'", "noon"),
        ("message", "file_count", "3000000000", "3000000000"),
        ("membership", "pinned", "2", "2"),
        ("message", "text", "12", ""),
    ],
)
def test_a_value_that_does_not_fit_its_column_is_named(
    tmp_path: Path, postgres_address: str, table: str, column: str, value: str, shown: str
) -> None:
    path = tmp_path / "madang.db"
    house(path, conversations=2, messages=40)
    with filling(path) as connection:
        connection.execute(f"update {table} set {column} = {value} where conversation_id = 2")
    if not shown:  # SQLite itself makes text of it
        moved(path, postgres_address)
        return
    with pytest.raises(CannotMove) as refused:
        moved(path, postgres_address)
    assert f"{table} (conversation_id 2, " in str(refused.value)
    assert f"has {shown} in {column}, which PostgreSQL keeps as" in str(refused.value)


def test_the_source_is_not_changed(tmp_path: Path, postgres_address: str) -> None:
    path = tmp_path / "madang.db"
    awkward_house(path)
    before = path.read_bytes()
    moved(path, postgres_address)
    assert path.read_bytes() == before
    assert [one.name for one in tmp_path.iterdir() if one.suffix != ".lock"] == ["madang.db"]
    with sqlite3.connect(path) as connection:  # and it can be used again
        connection.execute("update account set display_name = 'Ana' where id = 1")
