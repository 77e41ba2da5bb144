"""A move that breaks off goes on where it was, and in the end everything is there once."""

from __future__ import annotations

import asyncio
import io
import os
import re
import signal
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import psycopg
import pytest

from server.moving import move
from server.storage.database import Database
from server.storage.moving import CannotMove, copying
from server.storage.moving.target import Target
from tests.moving.houses import awkward_house, filling, house, rows_of
from tests.services_under_test import ROOT, plain_environment, wait_until


class Cut(BaseException):
    """The process dies here, as far as the rest can tell."""


def asked(url: str, query: str) -> list[tuple[Any, ...]]:
    with psycopg.connect(url) as connection:
        return connection.execute(query).fetchall()  # type: ignore[call-overload, no-any-return]


def test_cut_after_any_batch_it_goes_on(tmp_path: Path, postgres_address: str, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "madang.db"
    awkward_house(path)
    monkeypatch.setattr(copying, "BATCH_ROWS", 20)
    write, written = Target.write, 0

    def writes_and_dies(self: Target, *arguments: Any) -> int:
        nonlocal written
        count = write(self, *arguments)
        if count:
            written += count
            raise Cut
        return count

    monkeypatch.setattr(Target, "write", writes_and_dies)
    cuts, out = 0, io.StringIO()
    while True:
        out = io.StringIO()
        try:
            assert move(f"sqlite:{path}", postgres_address, out=out)
            break
        except Cut:
            cuts += 1
    total = sum(len(rows_of(path, table)) for table in ("entry", "message", "membership", "reaction"))
    assert cuts > total / 20
    assert re.search(rf"An earlier move got to {written:,} of {written:,} rows; going on from there\.", out.getvalue())


def test_cut_inside_any_batch_nothing_of_it_stands(
    tmp_path: Path, postgres_address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "madang.db"
    awkward_house(path)
    monkeypatch.setattr(copying, "BATCH_ROWS", 50)
    write = Target.write

    def dies_inside(self: Target, table: Any, rows: Any) -> int:
        def some() -> Any:
            for at, row in enumerate(rows):
                if at == 30 and (table.name, row[0]) not in died:
                    died.add((table.name, row[0]))
                    raise Cut
                yield row

        return write(self, table, some())

    died: set[tuple[str, int]] = set()
    monkeypatch.setattr(Target, "write", dies_inside)
    for _ in range(100):
        try:
            assert move(f"sqlite:{path}", postgres_address, out=io.StringIO())
            break
        except Cut:
            continue
    assert {name for name, _ in died} >= {"entry", "message", "reaction", "membership"}


def test_killed_for_good_and_taken_up_again(tmp_path: Path, postgres_address: str) -> None:
    path = tmp_path / "madang.db"
    house(path, conversations=50, messages=30_000)
    command = [sys.executable, "-m", "server", "move", "--from", f"sqlite:{path}", "--to", postgres_address]
    places: list[int] = []
    for _ in range(2):
        process = subprocess.Popen(command, cwd=ROOT, env=plain_environment(), stdout=subprocess.PIPE, text=True)
        try:
            wait_until(lambda: _copied(postgres_address) > (places or [0])[-1], 60, lambda: "nothing is copied")
        finally:
            process.kill()
            process.communicate()
        places.append(_copied(postgres_address))
    assert 0 < places[0] < places[1] < 60_000
    done = subprocess.run(
        command, cwd=ROOT, env=plain_environment(), capture_output=True, text=True, timeout=120, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    got = re.search(r"An earlier move got to ([\d,]+) of ([\d,]+) rows", done.stdout)
    assert got
    assert int(got[1].replace(",", "")) >= places[1]
    assert "Moved: both databases are equal." in done.stdout
    assert asked(postgres_address, "select count(*), count(distinct position) from entry") == [(30_000, 30_000)]


def test_ctrl_c_is_answered_in_a_sentence(tmp_path: Path, postgres_address: str) -> None:
    path = tmp_path / "madang.db"
    house(path, conversations=50, messages=30_000)
    command = [sys.executable, "-m", "server", "move", "--from", f"sqlite:{path}", "--to", postgres_address]
    process = subprocess.Popen(
        command, cwd=ROOT, env=plain_environment(), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    wait_until(lambda: _copied(postgres_address) > 0, 60, lambda: "nothing is copied")
    os.kill(process.pid, signal.SIGINT)
    _, said = process.communicate(timeout=30)
    assert process.returncode == 1
    assert said.strip() == "Error: Interrupted. The same command goes on from there."


def test_postgresql_that_goes_away_is_told_and_the_move_goes_on(
    tmp_path: Path, postgres_address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "madang.db"
    house(path, conversations=50, messages=5_000)
    monkeypatch.setattr(copying, "BATCH_ROWS", 500)
    write, batches = Target.write, 0

    def ended(self: Target, table: Any, rows: Any) -> int:
        nonlocal batches
        batches += 1
        if batches == 12:
            rows = list(rows)
            asked(
                postgres_address,
                "select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'madang move'",
            )
        return write(self, table, rows)

    monkeypatch.setattr(Target, "write", ended)
    with pytest.raises(CannotMove, match="The same command goes on from there") as refused:
        move(f"sqlite:{path}", postgres_address, out=io.StringIO())
    assert "postgresql://" not in str(refused.value)
    out = io.StringIO()
    assert move(f"sqlite:{path}", postgres_address, out=out)
    assert "An earlier move got to" in out.getvalue()


def test_a_source_that_was_used_meanwhile_is_noticed(
    tmp_path: Path, postgres_address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "madang.db"
    house(path, conversations=5, messages=500)
    _break_off(path, postgres_address, monkeypatch)
    with filling(path) as connection:
        connection.execute("update membership set read_seq = read_seq - 1 where conversation_id = 3 and account_id = 4")
    with pytest.raises(CannotMove, match="has been written to since the unfinished move"):
        move(f"sqlite:{path}", postgres_address, out=io.StringIO())
    assert move(f"sqlite:{path}", postgres_address, out=io.StringIO(), anew=True)


def test_no_server_starts_on_what_is_half_there(
    tmp_path: Path, postgres_address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "madang.db"
    house(path, conversations=5, messages=500)
    _break_off(path, postgres_address, monkeypatch)
    with pytest.raises(RuntimeError, match="A move into this database is not finished: run `madang move` again"):
        asyncio.run(Database(postgres_address).open())
    assert move(f"sqlite:{path}", postgres_address, out=io.StringIO())
    asyncio.run(_opened_once(postgres_address))


async def _opened_once(address: str) -> None:
    db = Database(address)
    await db.open()
    await db.close()


def test_an_unfinished_move_of_another_database_is_left_alone(
    tmp_path: Path, postgres_address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    house(tmp_path / "one.db", conversations=5, messages=500)
    _break_off(tmp_path / "one.db", postgres_address, monkeypatch)
    house(tmp_path / "other.db", conversations=5, messages=400)
    with filling(tmp_path / "other.db") as connection:
        connection.execute("update server_value set value = 'another' where name = 'epoch'")
    with pytest.raises(CannotMove, match="unfinished move of another database"):
        move(f"sqlite:{tmp_path / 'other.db'}", postgres_address, out=io.StringIO())
    assert move(f"sqlite:{tmp_path / 'one.db'}", postgres_address, out=io.StringIO())


def test_two_moves_at_once_are_one_too_many(
    tmp_path: Path, postgres_address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    house(tmp_path / "one.db", conversations=5, messages=500)
    house(tmp_path / "other.db", conversations=5, messages=500)
    monkeypatch.setattr("server.storage.moving.target.PATIENCE_S", 0.2)
    inside, go_on = threading.Event(), threading.Event()
    write = Target.write

    def waits(self: Target, table: Any, rows: Any) -> int:
        inside.set()
        assert go_on.wait(30)
        return write(self, table, rows)

    monkeypatch.setattr(Target, "write", waits)
    first: list[bool] = []
    url = f"sqlite:{tmp_path / 'one.db'}"
    thread = threading.Thread(target=lambda: first.append(move(url, postgres_address, out=io.StringIO())))
    thread.start()
    assert inside.wait(30)
    with pytest.raises(CannotMove, match=r"Another move into .* is under way"):
        move(f"sqlite:{tmp_path / 'other.db'}", postgres_address, out=io.StringIO())
    go_on.set()
    thread.join()
    assert first == [True]


def _break_off(path: Path, url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patched:
        patched.setattr(Target, "count_on", _dies)
        with pytest.raises(Cut):
            move(f"sqlite:{path}", url, out=io.StringIO())


def _dies(self: Target) -> None:
    raise Cut


def _copied(url: str) -> int:
    """How many rows are noted as copied."""
    with psycopg.connect(url) as connection:
        row = connection.execute("select to_regclass('unfinished_move')").fetchone()
        if row == (None,):
            return 0
        numbers = connection.execute(
            "select coalesce(sum((value ->> 'rows')::bigint), 0) from unfinished_move, json_each(done::json)"
        ).fetchone()
        assert numbers
        return int(numbers[0])
