"""`madang doctor` for one process with a SQLite file, and for folders that are not what they should be."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from tests.people import make_people_in
from tests.postgres_server import PostgresServer
from tests.services_under_test import MadangProcess, free_port
from tests.supervisor.running import madang


def examined(folder: Path, **settings: str | int) -> tuple[int, str]:
    said = madang("doctor", "--data", folder, **{"port": free_port(), **settings})
    assert "Traceback" not in said.stdout
    return said.returncode, said.stdout


def test_beside_a_server_all_is_well(tmp_path: Path) -> None:
    with MadangProcess(tmp_path / "data") as server:
        code, said = examined(tmp_path / "data", port=server.port)
    assert code == 0
    assert [line.split()[0] for line in said.splitlines() if "->" not in line] == ["ok"] * 5 + ["-"]
    assert f"w1 on 127.0.0.1 port {server.port} is ready" in said
    assert "madang.db, WAL" in said
    assert not list((tmp_path / "data").rglob("doctor-*"))


def test_before_the_first_start_nothing_is_wrong_and_nothing_is_made(tmp_path: Path) -> None:
    code, said = examined(tmp_path / "data")
    assert code == 0
    assert "WRONG" not in said
    assert not (tmp_path / "data").exists()


def test_what_is_no_database(tmp_path: Path) -> None:
    (tmp_path / "madang.db").write_bytes(b"this is no database, whatever its name says" * 100)
    code, said = examined(tmp_path)
    assert (code, "file is not a database" in said) == (1, True)


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ("delete from schema_migration where name like '0003%'", "0003_labels_first is to come"),
        ("insert into schema_migration (name, applied) values ('0999_later', 0)", "0999_later is unknown here"),
    ],
)
def test_a_database_of_another_version(tmp_path: Path, change: str, sentence: str) -> None:
    make_people_in(tmp_path, "ana")
    with sqlite3.connect(tmp_path / "madang.db") as db:
        db.execute(change)
    db.close()
    code, said = examined(tmp_path)
    assert (code, sentence in said) == (1, True)


def test_a_move_that_is_not_finished(tmp_path: Path, postgres: PostgresServer, postgres_address: str) -> None:
    postgres.execute("create table unfinished_move (epoch text)", postgres_address)
    code, said = examined(tmp_path, database_url=postgres_address)
    assert (code, "A move into it is not finished." in said, "Run `madang move` again" in said) == (1, True, True)


def test_settings_that_cannot_be_used(tmp_path: Path) -> None:
    said = madang("doctor", "--data", tmp_path, port="http", colour="red")
    assert said.returncode == 1
    assert [line.split(":")[0].split() for line in said.stdout.splitlines()] == [
        ["WRONG", "settings", "MADANG_COLOUR"],
        ["WRONG", "settings", "MADANG_PORT"],
    ]


def test_a_store_of_files_that_is_not_there(tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    url = f"s3://pictures?endpoint=http://127.0.0.1:{free_port()}&region=x"
    code, said = examined(tmp_path / "data", files_url=url)
    assert code == 1
    assert "WRONG  files" in said
