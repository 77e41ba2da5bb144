"""`madang chaos`: an operator's setup is tried on a copy, and nothing of theirs is touched."""

from __future__ import annotations

import hashlib
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from click.testing import CliRunner
from redis import Redis

from server.chaos import options
from tests.people import make_people_in
from tests.postgres_server import PostgresServer
from tests.redis_under_test import RedisProcess
from tests.services_under_test import ROOT, plain_environment

PATIENCE_S = 120


def command(folder: Path, *arguments: str) -> list[str]:
    folder.mkdir(exist_ok=True)
    return [sys.executable, "-m", "server", "chaos", "--short", "--runs", "1", "--folder", str(folder), *arguments]


def chaos(folder: Path, *arguments: str, **settings: str) -> subprocess.CompletedProcess[str]:
    """What it said, and how it ended."""
    return subprocess.run(
        command(folder, *arguments),
        cwd=ROOT,
        env=environment(**settings),
        capture_output=True,
        text=True,
        timeout=PATIENCE_S,
        check=False,
    )


def environment(**settings: str) -> dict[str, str]:
    return plain_environment() | {f"MADANG_{name.upper()}": value for name, value in settings.items()}


@pytest.fixture
def redis(tmp_path: Path) -> Iterator[RedisProcess]:
    with RedisProcess(tmp_path / "redis") as process:
        yield process


@pytest.mark.slow
def test_sqlite_is_tried_beside_their_folder(tmp_path: Path) -> None:
    theirs = tmp_path / "theirs"
    theirs.mkdir()
    make_people_in(theirs, "ana", "ben")
    before = contents(theirs)
    done = chaos(tmp_path / "chaos", "--fault", "worker_killed", "--fault", "no_writing", data_dir=str(theirs))
    assert done.returncode == 0, done.stdout + done.stderr
    assert "seed 1 on sqlite, 1 worker: clean" in done.stdout
    assert "nginx is not part of it" in done.stdout
    assert contents(theirs) == before
    assert not list((tmp_path / "chaos").iterdir())


@pytest.mark.slow
def test_postgresql_and_redis_are_tried_beside_theirs(
    tmp_path: Path, postgres: PostgresServer, redis: RedisProcess
) -> None:
    theirs = postgres.new_database()
    make_people_in(theirs, "ana", "ben")
    faults = ("redis_killed", "postgres_restarted", "backends_ended")
    with Redis.from_url(redis.url) as client, psycopg.connect(theirs, application_name="madang writer") as connected:
        client.set("theirs", "kept")
        listener = client.pubsub()
        listener.subscribe("theirs")
        before, found = rows(postgres, theirs), databases(postgres)
        done = chaos(
            tmp_path / "chaos",
            *(word for fault in faults for word in ("--fault", fault)),
            database_url=theirs,
            redis_url=redis.url,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        assert "seed 1 on postgres, 3 workers: clean" in done.stdout
        assert rows(postgres, theirs) == before
        assert databases(postgres) == found
        # Nobody of theirs was thrown out, and nothing was forgotten.
        assert connected.execute("select 1").fetchone() == (1,)
        assert client.keys() == [b"theirs"]
        client.publish("theirs", "still here")
        heard = [listener.get_message(timeout=60) for _ in range(2)]
        assert [one["type"] for one in heard if one] == ["subscribe", "message"]
        listener.close()
    assert not list((tmp_path / "chaos").iterdir())


@pytest.mark.slow
def test_whoever_stops_it_finds_everything_cleared_away(tmp_path: Path, postgres: PostgresServer) -> None:
    theirs = postgres.new_database()
    found = databases(postgres)
    process = subprocess.Popen(
        command(tmp_path / "chaos", "--fault", "half_open"),
        cwd=ROOT,
        env=environment(database_url=theirs),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    assert process.stdout is not None
    try:
        said = [next(line for line in process.stdout if "half_open ..." in line)]
        [copy] = databases(postgres) - found
        assert copy.startswith("madang_chaos_")
        process.send_signal(signal.SIGTERM)
        said += process.stdout.readlines()
        assert process.wait(PATIENCE_S) == 1, said
    finally:
        process.kill()
        process.wait()
    assert "Traceback" not in "".join(said), said
    assert databases(postgres) == found
    assert not list((tmp_path / "chaos").iterdir())


def refused(*arguments: str, **settings: str) -> str:
    """What was said instead of doing anything."""
    done = CliRunner().invoke(options.chaos, ["--short", *arguments], env=environment(**settings))
    assert (done.exit_code, done.stdout) == (2, "")
    return done.stderr


def test_whoever_may_make_no_database_is_told_so(tmp_path: Path, postgres: PostgresServer) -> None:
    theirs = postgres.new_database()
    postgres.execute("drop role if exists modest")
    postgres.execute("create role modest login nocreatedb")
    said = refused("--folder", str(tmp_path), database_url=theirs.replace("madang@", "modest@"))
    assert "Error: The user of MADANG_DATABASE_URL may not make a database" in said
    assert "CREATEDB" in said
    assert not list(tmp_path.iterdir())


def test_what_cannot_be_done_is_said(tmp_path: Path) -> None:
    folder = ("--folder", str(tmp_path))
    assert "There is no fault earthquake. There are worker_killed, " in refused(*folder, "--fault", "earthquake")
    assert "Not possible here: redis_killed. Possible: " in refused(*folder, "--fault", "redis_killed")
    assert refused(*folder, database_url="mysql://nowhere").startswith("MADANG_DATABASE_URL: ")
    said = refused(*folder, database_url="postgresql://madang@127.0.0.1:1/madang")
    assert said.startswith("Error: PostgreSQL (MADANG_DATABASE_URL) does not make a database: ")
    assert not list(tmp_path.iterdir())


def contents(folder: Path) -> dict[str, str]:
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in folder.rglob("*") if path.is_file()}


def rows(postgres: PostgresServer, address: str) -> list[tuple[object, ...]]:
    """What is in the tables that a run would write to."""
    return [
        postgres.execute(f"select md5(coalesce(string_agg({table}::text, ','), '')) from {table}", address)[0]
        for table in ("account", "session", "conversation", "entry", "message", "server_value")
    ]


def databases(postgres: PostgresServer) -> set[str]:
    return {name for (name,) in postgres.execute("select datname from pg_database")}
