"""Only a database of ours that nobody else has open is moved; everything else is refused by a sentence."""

from __future__ import annotations

import contextlib
import os
import sqlite3
from pathlib import Path

import pytest

from server.moving import move
from server.storage.moving import CannotMove
from server.storage.moving.source import Source
from tests.moving.houses import filling, house
from tests.services_under_test import MadangProcess


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("server.storage.alone.PATIENCE_S", 0.1)


def test_a_server_that_runs_is_noticed_though_it_does_nothing(tmp_path: Path) -> None:
    with MadangProcess(tmp_path) as madang:
        with pytest.raises(CannotMove, match=r"madang\.db is open in another program\. Stop the server"):
            Source(tmp_path / "madang.db")
        madang.kill()  # what it leaves behind does not stand in the way
        Source(tmp_path / "madang.db").__exit__(None, None, None)


def test_nobody_opens_it_while_it_is_moved(tmp_path: Path) -> None:
    path = tmp_path / "madang.db"
    house(path, conversations=1, messages=1)
    with Source(path), contextlib.closing(sqlite3.connect(path, timeout=0.1)) as other:
        with pytest.raises(sqlite3.OperationalError, match="locked"):
            other.execute("select * from entry")
    with contextlib.closing(sqlite3.connect(path, timeout=0.1)) as other, other:
        other.execute("insert into server_value values ('a', 'b')")


def test_it_cannot_be_written_through_the_move(tmp_path: Path) -> None:
    house(tmp_path / "madang.db", conversations=1, messages=1)
    with Source(tmp_path / "madang.db") as source, pytest.raises(sqlite3.OperationalError, match="readonly"):
        source._connection.execute("delete from entry")


def test_other_versions_are_refused_with_what_to_do(tmp_path: Path) -> None:
    path = tmp_path / "madang.db"
    house(path, conversations=1, messages=1)
    with filling(path) as connection:
        [(last,)] = connection.execute("select max(name) from schema_migration").fetchall()
        connection.execute("delete from schema_migration where name = ?", (last,))
    with pytest.raises(CannotMove, match=rf"an older Madang \(it lacks {last}\).*madang account list --data"):
        Source(path)
    with filling(path) as connection:
        connection.executemany(
            "insert into schema_migration (name, applied) values (?, '')", [(last,), ("9999_later",)]
        )
    with pytest.raises(CannotMove, match=r"a newer Madang \(it has 9999_later\)"):
        Source(path)


def test_what_is_no_database_of_ours_is_refused(tmp_path: Path) -> None:
    with pytest.raises(CannotMove, match="There is no file"):
        Source(tmp_path / "madang.db")
    (tmp_path / "words").write_text("this is no database, whatever its name says" * 100)
    with pytest.raises(CannotMove, match="is no SQLite database"):
        Source(tmp_path / "words")
    with contextlib.closing(sqlite3.connect(tmp_path / "other.db")) as connection, connection:
        connection.execute("create table account (id integer)")
    with pytest.raises(CannotMove, match="is no database of Madang's"):
        Source(tmp_path / "other.db")


def test_a_damaged_file_is_told_in_a_sentence(tmp_path: Path) -> None:
    path = tmp_path / "madang.db"
    house(path, conversations=3, messages=3000)
    size = path.stat().st_size
    with path.open("r+b") as file:
        file.seek(size // 2 // 4096 * 4096)
        file.write(os.urandom(size // 4))
    with Source(path) as source, pytest.raises(CannotMove, match="cannot be read"):
        source.fingerprint()


@pytest.mark.parametrize(
    ("source", "target", "sentence"),
    [
        ("madang.db", "postgresql://localhost/x", "--from names an embedded database"),
        ("sqlite:", "postgresql://localhost/x", "--from names an embedded database"),
        ("postgresql://localhost/x", "sqlite:madang.db", "--from names an embedded database"),
        ("sqlite:nowhere.db", "mysql://localhost/x", "--to names a PostgreSQL database"),
        ("sqlite:nowhere.db", "postgresql://localhost/x", "There is no file nowhere.db"),
    ],
)
def test_addresses_are_read_first(source: str, target: str, sentence: str) -> None:
    with pytest.raises(CannotMove, match=sentence):
        move(source, target)


@pytest.mark.parametrize(
    "address",
    [
        "postgresql://ana:hush@hush@127.0.0.1:1/madang",
        "postgresql://ana:hu%zzhush@127.0.0.1/madang",
        "postgresql://ana:hush/more@127.0.0.1/madang",
        "postgresql://ana:hush@127.0.0.1:1/madang",
        "postgresql://ana:hush@[127.0.0.1/madang",
        "postgresql://ana:hush@127.0.0.1:1/madang?hush=1",
    ],
)
def test_a_password_is_never_repeated(tmp_path: Path, address: str) -> None:
    house(tmp_path / "madang.db", conversations=1, messages=1)
    with pytest.raises(CannotMove) as refused:
        move(f"sqlite:{tmp_path}", address)
    assert "hush" not in str(refused.value)
