"""The commands as an operator types them: what they print, and how they end."""

from __future__ import annotations

import os
import shutil
import sqlite3
import stat
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import psycopg
import pytest
from click.testing import CliRunner, Result

from server.__main__ import main
from server.storage.checking.checking import check
from server.storage.checking.findings import NAMED
from tests.checking.copies import Copies, FileCopies, ServerCopies, count, done, rows
from tests.postgres_server import PostgresServer
from tests.services_under_test import MadangProcess


def run(*arguments: str | Path, **environment: str) -> Result:
    plain = {name: None for name in os.environ if name.startswith("MADANG_")}
    return CliRunner().invoke(main, [str(one) for one in arguments], env=plain | environment)


@pytest.fixture
def backup(file_copies: FileCopies, tmp_path: Path) -> Path:
    """A folder as the documents make one: the database, and beside it the files."""
    with file_copies.copy() as path:
        with closing(sqlite3.connect(path)) as file:
            file.execute("vacuum into ?", [str(tmp_path / "madang.db")])
    shutil.copytree(file_copies.store.root, tmp_path / "files")
    return tmp_path


def test_a_backup_is_looked_at_with_its_files_and_left_as_it_is(backup: Path) -> None:
    before = {path: path.read_bytes() for path in backup.rglob("*") if path.is_file()}
    outcome = run("check", "--data", backup)
    assert outcome.exit_code == 0, outcome.output
    lines = outcome.output.splitlines()
    assert lines[0] == f"Checking the database in {backup}."
    assert lines[-1] == "Everything is as it must be."
    assert [line.split() for line in lines if line.startswith(("log", "messages", "files"))] == [
        ["log", str(count(backup / "madang.db", "entry")), "0"],
        ["messages", str(count(backup / "madang.db", "message")), "0"],
        ["files", str(count(backup / "madang.db", "file")), "0"],
    ]
    assert {path: path.read_bytes() for path in backup.rglob("*") if path.is_file()} == before


def test_a_backup_in_a_folder_that_nobody_may_write_to_can_be_looked_at(backup: Path) -> None:
    done(backup / "madang.db", ())
    for path in (backup / "madang.db", backup):
        path.chmod(path.stat().st_mode & ~(stat.S_IWUSR | stat.S_IWGRP | stat.S_IWOTH))
    try:
        assert run("check", "--data", backup).exit_code == 0
    finally:
        backup.chmod(0o755)


def test_what_is_wrong_is_told_by_name_with_what_to_do(backup: Path) -> None:
    done(
        backup / "madang.db",
        ("delete from message where conversation_id = 1", "update entry set salt = body_hash where seq = 1"),
    )
    next(path for path in (backup / "files").rglob("*") if path.is_file() and path.suffix == "").unlink()
    outcome = run("check", "--data", backup)
    assert outcome.exit_code == 1
    assert "Conversation 1, seq 4: the message is missing." in outcome.output
    assert "Conversation 2, seq 1: the entry is not what was written: its body hash differs." in outcome.output
    assert ": its bytes are not there." in outcome.output
    assert outcome.output.splitlines()[-1].endswith("nothing here knows what is right; a backup may.")
    assert "Traceback" not in outcome.output
    without = run("check", "--data", backup, "--no-files")
    assert ": its bytes are not there." not in without.output


def test_only_the_first_of_many_are_named(file_copies: FileCopies) -> None:
    with file_copies.copy() as path:
        messages = count(path, "message")
        done(path, ("delete from message", "update conversation set title = 'a secret word' where id = 1"))
        found = check(path)
        assert len(found.named["messages"]) == NAMED < found.wrong["messages"] == messages
        outcome = run("check", "--data", path.parent, "--no-files")
        assert f"... and {messages - NAMED} more of messages." in outcome.output.splitlines()
        assert outcome.output.splitlines()[-1] == (
            f"{messages + 1} things are wrong. {messages + 1} can be made anew from the log: "
            "stop the server and run `madang rebuild`."
        )


def test_no_words_of_people_are_told(copies: Copies) -> None:
    damage = (
        "update message set text = 'the pot is full'",
        "update notification set body = 'the pot is full'",
        'update entry set data = replace(data, \'"text":""\', \'"text":"the pot is full"\')',
    )
    with copies.copy(*damage) as place:
        assert "pot" not in " ".join(check(place).sentences)


def test_a_rebuild_says_what_it_did_and_checks_the_result(backup: Path) -> None:
    done(backup / "madang.db", ("delete from message where conversation_id = 1", "delete from mention"))
    outcome = run("rebuild", "--data", backup)
    assert outcome.exit_code == 0, outcome.output
    assert "Put right: 11. Clients will load everything anew." in outcome.output
    assert outcome.output.splitlines()[-1] == "Everything is as it must be."
    again = run("rebuild", "--data", backup)
    assert again.exit_code == 0
    assert "There was nothing to put right." in again.output
    done(backup / "madang.db", ("delete from entry where conversation_id = 2 and seq = 3",))
    assert run("rebuild", "--data", backup).exit_code == 1


def test_a_rebuild_beside_a_server_is_refused_in_a_sentence(backup: Path) -> None:
    with closing(sqlite3.connect(backup / "madang.db")) as server:
        server.execute("pragma journal_mode = wal")
        server.execute("select count(*) from entry").fetchall()
        outcome = run("rebuild", "--data", backup)
    assert outcome.exit_code == 2
    said = f"Error: {backup}/madang.db is open in another program. Stop the server that uses it first.\n"
    assert outcome.output == said


def test_copies_have_the_same_digests(copies: Copies, backup: Path) -> None:
    ours = run("digests", "--data", backup)
    assert ours.exit_code == 0
    lines = ours.output.splitlines()
    entries = count(backup / "madang.db", "entry")
    in_each = rows(backup / "madang.db", "select conversation_id, count(*) from entry group by 1 order by 1")
    assert lines[0] == f"# up to position {entries}"
    assert [line.split("\t")[:2] for line in lines[2:]] == [
        *([str(conversation_id), str(number)] for conversation_id, number in in_each),
        ["all", str(entries)],
    ]
    with copies.copy() as place:
        if isinstance(place, Path):
            assert run("digests", "--data", place.parent).output == ours.output
            done(place, ("update entry set position = position + 1000 where position > 40",))
            assert run("digests", "--data", place.parent).output != ours.output
            early = run("digests", "--data", place.parent, "--up-to", "40").output
            assert early == run("digests", "--data", backup, "--up-to", "40").output != ours.output
        else:
            # Made a second time, so salts and hashes differ; its shape is the same.
            theirs = run("digests", MADANG_DATABASE_URL=place)
            assert [line.split("\t")[:2] for line in theirs.output.splitlines()] == [
                line.split("\t")[:2] for line in lines
            ]


@pytest.mark.parametrize("command", ["check", "rebuild", "digests"])
def test_what_cannot_be_looked_at_ends_with_2_and_a_sentence(
    command: str, tmp_path: Path, file_copies: FileCopies, postgres: PostgresServer
) -> None:
    (tmp_path / "text").mkdir()
    (tmp_path / "text" / "madang.db").write_text("This is no database, but a letter. " * 100)
    (tmp_path / "other").mkdir()
    with closing(sqlite3.connect(tmp_path / "other" / "madang.db")) as file:
        file.execute("create table letter (words text)")
    empty = postgres.empty_database()
    lacking = "delete from schema_migration where name = '0004_several_writers'"
    unknown = "update schema_migration set name = '9999_later' where name = '0004_several_writers'"
    with file_copies.copy(lacking) as older, file_copies.copy(unknown) as newer:
        said = {
            ("--data", f"{tmp_path}/nowhere"): f"There is no database {tmp_path}/nowhere/madang.db.",
            ("--data", f"{tmp_path}/text"): f"{tmp_path}/text/madang.db is no SQLite database.",
            ("--data", f"{tmp_path}/other"): f"{tmp_path}/other/madang.db is no database of Madang's.",
            ("--data", f"{older.parent}"): f"{older} was last used by an older Madang (it lacks 0004_several_writers).",
            ("--data", f"{newer.parent}"): f"{newer} comes from a newer Madang (it has 9999_later)",
            ("MADANG_DATABASE_URL", empty): "The database is no database of Madang's.",
            ("MADANG_DATABASE_URL", "postgresql://127.0.0.1:9/x"): "PostgreSQL cannot be reached: ",
            ("MADANG_PORT", "many"): "MADANG_PORT: ",
        }
        for (name, value), sentence in said.items():
            outcome = run(command, name, value) if name == "--data" else run(command, **{name: value})
            assert outcome.exit_code == 2, outcome.output
            assert outcome.output.startswith(f"Error: {sentence}"), outcome.output
            assert outcome.output.count("\n") == 1


def test_an_unfinished_move_is_not_looked_at(postgres_address: str) -> None:
    with psycopg.connect(postgres_address) as connection:
        connection.execute("create table unfinished_move (epoch text)")
    outcome = run("check", MADANG_DATABASE_URL=postgres_address)
    assert (outcome.exit_code, outcome.output) == (
        2, "Error: A move into this database is not finished: run `madang move` again before this.\n",
    )  # fmt: skip


def test_a_damaged_file_is_told_as_such(file_copies: FileCopies) -> None:
    with file_copies.copy() as path:
        with path.open("r+b") as file:
            file.seek(4096 * 12)
            file.write(b"\xff" * 4096 * 4)
        outcome = run("check", "--data", path.parent, "--no-files")
        assert outcome.exit_code == 1, outcome.output
        assert "The database file is damaged: " in outcome.output
        assert "Traceback" not in outcome.output


def test_values_of_the_wrong_kind_are_told_and_nothing_beyond(file_copies: FileCopies) -> None:
    yesterday = "update message set sent_at = 'yesterday' where seq = 4"
    damage = (yesterday, "update membership set joined_at = x'00' where account_id = 2")
    with file_copies.copy(*damage) as path:
        assert check(path).sentences == [
            "membership has 2 values in joined_at that are no int8.",
            "message has 2 values in sent_at that are no int8.",
        ]


def test_counters_that_are_behind_are_set_again(postgres: PostgresServer, server_copies: ServerCopies) -> None:
    with server_copies.copy() as place:
        [(position,)] = postgres.execute("select max(position) from entry", place)
        postgres.execute("select setval('entry_position', 40)", place)
        postgres.execute("select setval('account_id_seq', 2)", place)
        assert check(place).sentences == [
            "The next id of account would be 3, but there is 5 already.",
            f"The next position of entry would be 41, but there is {position} already.",
        ]
        assert run("rebuild", MADANG_DATABASE_URL=place).exit_code == 0
        assert postgres.execute("select nextval('entry_position'), nextval('account_id_seq')", place) == [
            (position + 1, 6)
        ]


@pytest.fixture(params=["sqlite", "postgres"])
def server(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[tuple[MadangProcess, dict[str, str]]]:
    """A server that does nothing at the moment, and where its database is."""
    settings = {} if request.param == "sqlite" else {"database_url": request.getfixturevalue("postgres_address")}
    with MadangProcess(tmp_path / "data", **settings) as process:
        places = {f"MADANG_{name.upper()}": value for name, value in settings.items()}
        yield process, places | {"MADANG_DATA_DIR": str(tmp_path / "data")}


def test_beside_a_server_a_check_works_and_a_rebuild_does_not(server: tuple[MadangProcess, dict[str, str]]) -> None:
    process, places = server
    assert run("check", **places).exit_code == 0
    refused = run("rebuild", **places)
    assert refused.exit_code == 2
    assert "Stop" in refused.output
    assert process.stop() == 0
    assert run("rebuild", **places).exit_code == 0
