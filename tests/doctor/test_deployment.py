"""`madang doctor` beside a whole deployment: three workers, PostgreSQL, Redis, nginx; and with each of them gone."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.journeys.deployment import Deployment, supervised
from tests.postgres_server import PostgresServer
from tests.redis_under_test import RedisProcess
from tests.services_under_test import free_port
from tests.supervisor.running import madang, workers_of


@pytest.fixture(scope="module")
def deployment(tmp_path_factory: pytest.TempPathFactory, postgres: PostgresServer) -> Iterator[Deployment]:
    with supervised(tmp_path_factory.mktemp("doctor"), postgres.new_database()) as running:
        yield running


Ask = Callable[..., tuple[int, list[str]]]


@pytest.fixture
def ask(deployment: Deployment) -> Ask:
    """The exit code and the lines of ``madang doctor``, with these settings changed."""
    [parent] = deployment.workers

    def asked(**changed: str | int) -> tuple[int, list[str]]:
        inherited = {
            name.removeprefix("MADANG_").lower(): value
            for name, value in parent.environment.items()
            if name.startswith("MADANG_")
        }
        said = madang("doctor", "--port", str(parent.port), "--data", parent.data_dir, **inherited | changed)
        assert "Traceback" not in said.stdout
        return said.returncode, said.stdout.splitlines()

    return asked


def about(lines: list[str], subject: str) -> list[str]:
    """The lines on a subject; what to do follows its line."""
    return [line for line in lines if line[7:17].strip() == subject]


def wrong(lines: list[str]) -> list[str]:
    return [line[7:] for line in lines if line.startswith("WRONG")]


def test_everything_is_well(ask: Ask, deployment: Deployment) -> None:
    code, lines = ask()
    assert (code, wrong(lines)) == (0, []), lines
    assert [line.split()[0] for line in lines] == ["ok"] * len(lines)
    assert [line[7:17].strip() for line in lines] == [
        "settings", "folder", "database", "clock", "worker", "worker", "worker", "redis", "clock", "files", "address",
    ]  # fmt: skip
    assert "PostgreSQL" in about(lines, "database")[0]
    assert about(lines, "redis")[0].endswith("passes messages; answers through it: w1, w2, w3")
    assert about(lines, "address")[0].endswith("answers, sessions stay with their worker, WebSockets pass")


def test_a_redis_that_is_not_there(ask: Ask) -> None:
    code, lines = ask(redis_url=f"redis://ana:a-secret@127.0.0.1:{free_port()}")
    assert code == 1
    assert len(wrong(lines)) == 1
    assert "Redis cannot be used" in wrong(lines)[0]
    assert any(line.strip().startswith("-> Start Redis, or correct MADANG_REDIS_URL") for line in lines)
    assert "a-secret" not in "\n".join(lines)


async def test_a_user_of_redis_who_may_do_little_else(ask: Ask, deployment: Deployment) -> None:
    rights = "on >a-secret resetchannels &madang:* -@all +@connection +publish +subscribe +unsubscribe"
    async with deployment.redis.client() as client:
        await client.execute_command("ACL", "SETUSER", "modest", *rights.split())
    code, lines = ask(redis_url=deployment.redis.url.replace("//", "//modest:a-secret@"))
    assert (code, wrong(lines)) == (0, [])
    assert about(lines, "redis")[0].endswith("Redis passes messages; answers through it: w1, w2, w3")
    assert len(about(lines, "clock")) == 1


def test_another_redis_than_the_workers(ask: Ask, tmp_path: Path) -> None:
    with RedisProcess(tmp_path / "redis") as other:
        code, lines = ask(redis_url=other.url)
    assert code == 1
    assert [line.split(" does not")[0].split()[-1] for line in wrong(lines)] == ["w1", "w2", "w3"]


def test_a_database_that_is_not_there(ask: Ask) -> None:
    code, lines = ask(database_url=f"postgresql://madang:a-secret@127.0.0.1:{free_port()}/madang")
    assert code == 1
    assert "PostgreSQL: It cannot be reached" in wrong(lines)[0]
    assert "a-secret" not in "\n".join(lines)


def test_a_database_that_lets_nobody_in(ask: Ask, deployment: Deployment) -> None:
    code, lines = ask(database_url=deployment.database_url.replace("madang@", "nobody:a-secret@"))
    assert code == 1
    assert "nobody" in wrong(lines)[0]
    assert "a-secret" not in "\n".join(lines)


def test_an_empty_database(ask: Ask, deployment: Deployment) -> None:
    code, lines = ask(database_url=deployment.database_url.rpartition("/")[0] + "/postgres")
    assert code == 1
    assert "is older than" in wrong(lines)[0] or "are older than" in wrong(lines)[0]


def test_a_frozen_worker(ask: Ask, deployment: Deployment) -> None:
    pid = workers_of(deployment.workers[0].pid)["w2"]
    os.kill(pid, signal.SIGSTOP)
    try:
        code, lines = ask()
    finally:
        os.kill(pid, signal.SIGCONT)
    assert code == 1
    assert any(line.startswith("worker    w2 on 127.0.0.1 port") and "does not answer" in line for line in wrong(lines))


def test_nobody_runs(ask: Ask) -> None:
    code, lines = ask(port=free_port(), socket_dir="/nowhere")
    assert about(lines, "workers")[0].startswith("-")
    assert code == 0, lines


def test_settings_that_contradict(ask: Ask) -> None:
    code, lines = ask(public_url="", trusted_proxies="")
    assert code == 1
    assert "MADANG_PUBLIC_URL is not set" in wrong(lines)[0]
    code, lines = ask(trusted_proxies="")
    assert "MADANG_TRUSTED_PROXIES is not set" in wrong(lines)[0]
    code, lines = ask(redis_url="")
    assert "MADANG_REDIS_URL is not set" in wrong(lines)[0]


def test_an_address_that_is_somebody_elses(ask: Ask, deployment: Deployment, tmp_path: Path) -> None:
    code, lines = ask(public_url=f"http://127.0.0.1:{free_port()}")
    assert code == 0
    assert about(lines, "address")[0].startswith("-")
