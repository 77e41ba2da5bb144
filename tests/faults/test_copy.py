"""Addresses of a copy: the same services by proxies, whichever way they are named."""

from __future__ import annotations

from pathlib import Path

import psycopg
import pytest
from psycopg.conninfo import conninfo_to_dict
from redis.asyncio import Redis

from server.addresses import database_at, redis_at
from server.chaos.copy import copied, redis_by_line
from server.chaos.proxy import Proxy
from server.settings import Settings
from server.storage.throwaway import PREFIX, CannotMake, Throwaway, through, with_database
from tests.postgres_server import PostgresServer
from tests.redis_under_test import RedisProcess

SECRET = "postgresql://madang:p%40ss@db.example.org:6432/talk?sslmode=verify-full"


def test_a_copy_has_another_name_and_the_same_way_in() -> None:
    assert with_database(SECRET, "madang_chaos_1") == SECRET.replace("/talk?", "/madang_chaos_1?")


def test_a_certificate_is_still_asked_for_by_the_servers_own_name() -> None:
    given = conninfo_to_dict(database_at(through(SECRET, 7000)))
    expected = {"host": "db.example.org", "hostaddr": "127.0.0.1", "port": "7000", "password": "p@ss"}
    assert expected.items() <= given.items()
    assert (given["sslmode"], given["dbname"]) == ("verify-full", "talk")


def test_several_servers_cannot_be_led_through_one_proxy() -> None:
    with pytest.raises(CannotMake, match="several servers"):
        Throwaway("postgresql://madang@one.example.org,two.example.org/talk").server_place()


async def test_postgresql_on_a_unix_socket_is_reached_by_a_proxy(postgres: PostgresServer) -> None:
    [(folder,)] = postgres.execute("show unix_socket_directories")
    theirs = f"postgresql:///postgres?host={folder}&port={postgres.port}&user=madang"
    copy = Throwaway(theirs)
    host, port = copy.server_place()
    proxy = Proxy(path=f"{host}/.s.PGSQL.{port}")
    await proxy.start()
    try:
        with copy:
            connection = await psycopg.AsyncConnection.connect(through(copy.address, proxy.port))
            found = await (await connection.execute("select current_database()")).fetchone()
            await connection.close()
            assert found == (copy.name,)
            assert copy.name.startswith(PREFIX)
    finally:
        await proxy.stop()


def test_an_address_of_redis_keeps_its_user_and_its_database() -> None:
    assert redis_by_line("redis://me:secret@redis.example.org:6380/3", 7000) == "redis://me:secret@127.0.0.1:7000/3"
    assert redis_by_line("redis://redis.example.org", 7000) == "redis://127.0.0.1:7000"
    assert redis_by_line("unix:///run/redis.sock?db=2&password=x", 7000) == "redis://:x@127.0.0.1:7000/2"
    assert redis_by_line("unix://me:y@/run/redis.sock", 7000) == "redis://me:y@127.0.0.1:7000/0"
    for url in ("redis://me:secret@redis.example.org:6380/3", "unix:///run/redis.sock?db=2&password=x"):
        assert redis_at(redis_by_line(url, 7000))


async def test_redis_on_a_unix_socket_is_reached_by_a_proxy(tmp_path: Path) -> None:
    with RedisProcess(tmp_path, "--unixsocket", str(tmp_path / "redis.sock")):
        proxy = Proxy(path=str(tmp_path / "redis.sock"))
        await proxy.start()
        async with Redis.from_url(redis_by_line(f"unix://{tmp_path}/redis.sock", proxy.port)) as client:
            assert await client.ping()
        await proxy.stop()


async def test_redis_by_tls_is_used_and_left_in_peace(tmp_path: Path, postgres: PostgresServer) -> None:
    settings = Settings(database_url=postgres.new_database(), redis_url="rediss://redis.example.org", workers=4)
    async with copied(settings, tmp_path / "run") as setup:
        assert setup.redis is None
        assert setup.one_line is None
        assert [worker.environment["MADANG_REDIS_URL"] for worker in setup.workers] == [settings.redis_url] * 4
        assert any("TLS" in sentence for sentence in setup.lacking)


async def test_nothing_of_an_operators_settings_reaches_the_workers(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MADANG_FILES_URL", "s3://theirs")
    monkeypatch.setenv("MADANG_DATA_DIR", str(tmp_path / "theirs"))
    async with copied(Settings(data_dir=tmp_path / "theirs"), tmp_path / "run") as setup:
        [worker] = setup.workers
        given = {name for name in worker.environment if name.startswith("MADANG_")}
        assert given == {"MADANG_MESSAGE_RATE", "MADANG_REGISTRATION"}
        assert worker.folder == tmp_path / "run" / "data"
