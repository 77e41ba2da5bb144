"""Three workers behind a real nginx, which finds a session's worker by the head of its id: no cookies, no addresses."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import socketio
from aiohttp import web

from server.engine import SocketServer
from tests.engine.running import PATIENCE_S, Visitor, eventually, serving
from tests.services_under_test import nginx_in_front_of

EACH = 30
WAYS = [["polling"], ["polling", "websocket"], ["websocket"]]
NAMES = ["w1", "w2", "w3"]


class Guest:
    """A stock client that says three things and hears one."""

    def __init__(self, ways: list[str]) -> None:
        self._ways = ways
        self._client = socketio.AsyncClient(reconnection=False)
        self.ends: list[str] = []
        self.heard: list[str] = []
        self.sids: list[str] = []
        self._client.on("news", self.heard.append)
        self._client.on("disconnect", self.ends.append)

    async def comes(self, address: str) -> None:
        """Connects, upgrades if it may, and gets three answers."""
        await self._client.connect(address, transports=self._ways, wait_timeout=PATIENCE_S)
        await eventually(lambda: self._client.transport() == self._ways[-1])
        self.sids = [self._client.eio.sid, self._client.get_sid()]
        for number in range(3):
            assert await self._client.call("echo", number, timeout=PATIENCE_S) == number

    async def goes(self) -> None:
        """Leaves."""
        await self._client.disconnect()


@pytest.fixture
async def workers() -> AsyncIterator[list[tuple[SocketServer, Visitor]]]:
    async with AsyncExitStack() as stack:
        workers = []
        for name in NAMES:
            server = SocketServer(["/"], worker=name)
            server.on("echo", _echo)
            app = web.Application()
            server.attach(app)
            workers.append((server, await stack.enter_async_context(serving(app, "socket.io"))))
        yield workers


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "nginx"


@pytest.fixture
def front(workers: list[tuple[SocketServer, Visitor]], folder: Path) -> Iterator[int]:
    """The port of an nginx in front of them, with the project's own configuration."""
    with nginx_in_front_of([visitor.port for _, visitor in workers], folder) as address:
        port = urlsplit(address).port
        assert port is not None
        yield port


async def _echo(sid: str, number: int) -> int:
    return number


async def test_ninety_clients_stay_with_their_workers(
    workers: list[tuple[SocketServer, Visitor]], front: int, folder: Path
) -> None:
    guests = [Guest(ways) for ways in WAYS for _ in range(EACH)]
    await asyncio.gather(*(guest.comes(f"http://127.0.0.1:{front}") for guest in guests))
    for server, _ in workers:
        gauge = server.eio.gauge()
        assert min(gauge["polling"], gauge["websocket"]) > 0
        await server.emit("news", server.eio.worker)
    await eventually(lambda: all(guest.heard for guest in guests))
    # Each heard its own worker, once; and nobody had to begin anew or was refused anything.
    assert [guest.heard for guest in guests] == [[guest.sids[0].partition(".")[0]] for guest in guests]
    assert [guest for guest in guests if guest.ends] == []
    assert sum(len(server.eio.sockets) for server, _ in workers) == len(guests)
    for server, _ in workers:
        assert not server.counters.refused
        assert not server.counters.faults
    await asyncio.gather(*(guest.goes() for guest in guests))
    log = (folder / "access.log").read_text() + (folder / "error.log").read_text()
    assert log.count('"GET /socket.io/" 200') > EACH
    assert '" 400' not in log
    assert not [sid for guest in guests for sid in guest.sids if sid in log]


async def test_a_session_that_is_not_a_workers_own_is_unknown(
    workers: list[tuple[SocketServer, Visitor]], front: int
) -> None:
    (_, first), (_, second), _ = workers
    poller = await first.poller()
    query = "?EIO=4&transport=polling&sid="
    async with Visitor(front, "socket.io") as visitor:
        strangers = ["w9.AAAAAAAAAAAAAAAAAAAA", "w1.AAAAAAAAAAAAAAAAAAAA", "AAAAAAAAAAAAAAAAAAAA", "w1", ""]
        for sid in strangers:
            assert await visitor.ask(query + sid) == (400, json.dumps({"code": 1, "message": "Session ID unknown"}))
        # The right worker is found from outside, and another one does not know it.
        assert await visitor.ask(query + poller.sid, "POST", data="3") == (200, "ok")
        assert (await second.ask(query + poller.sid, "POST", data="3"))[0] == 400
