"""The public address as `madang doctor` visits it, with an nginx that does one thing wrong."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from server.doctor.visit import look_at_address
from server.settings import Settings
from tests.services_under_test import free_port, nginx, nginx_in_front_of
from tests.supervisor.running import Workers


@pytest.fixture(scope="module")
def front(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, str, Path]]:
    """The address of an nginx that does not run now, its configuration and its folder; two workers that know it do."""
    folder = tmp_path_factory.mktemp("visit")
    workers = Workers(folder / "data", 2, trusted_proxies="127.0.0.1")
    with nginx_in_front_of([workers.port, workers.port + 1], folder / "nginx") as address:
        config = (folder / "nginx" / "nginx.conf").read_text()
    workers.environment["MADANG_PUBLIC_URL"] = address
    with workers:
        yield address, config, folder / "nginx"


async def visited(front: tuple[str, str, Path], public_url: str | None = None, **changes: str) -> str:
    """What is said of the address when these words of the configuration are replaced."""
    address, config, folder = front
    for old, new in changes.items():
        assert old in config
        config = config.replace(old, new)
    with nginx(config, urlsplit(address).port or 80, folder):
        [finding] = await look_at_address(Settings(public_url=public_url or address))
    return f"{finding.state}: {finding.said}"


async def test_as_it_stands_all_is_well(front: tuple[str, str, Path]) -> None:
    assert await visited(front) == f"ok: {front[0]} answers, sessions stay with their worker, WebSockets pass"


async def test_sessions_that_are_spread(front: tuple[str, str, Path]) -> None:
    assert (
        await visited(front, **{"http://$worker": "http://workers"})
        == "wrong: A session does not stay with its worker."
    )


async def test_websockets_that_do_not_pass(front: tuple[str, str, Path]) -> None:
    assert await visited(front, **{"websocket upgrade": 'websocket ""'}) == "wrong: WebSockets do not pass."


async def test_workers_that_nginx_does_not_find(front: tuple[str, str, Path]) -> None:
    said = await visited(front, **{"server 127.0.0.1:": "server 127.0.0.2:"})
    assert said == f"wrong: {front[0]} answers 502, and not as Madang."


async def test_pages_that_may_not_connect(front: tuple[str, str, Path]) -> None:
    other = front[0].replace("127.0.0.1", "localhost")
    assert await visited(front, other) == "wrong: Pages of the public address may not open a session."


async def test_nobody_there() -> None:
    [finding] = await look_at_address(Settings(public_url=f"http://127.0.0.1:{free_port()}"))
    assert finding.state == "note"
