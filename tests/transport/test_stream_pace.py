"""A stream at the pace of its reader: the idle ones hear a heartbeat, and the slow ones are cut off."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator
from types import SimpleNamespace
from typing import Any

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from server import records
from server.protocol.notifications import Counts
from server.realtime.online import Online
from server.realtime.streams import News, Reading, Streams
from server.transport import guard
from server.transport.origins import Origins
from server.transport.rates import MessageRate
from server.transport.routes import stream as stream_routes
from tests.event_stream import reading
from tests.fakes import SteppedClock

LARGE = b'{"text":"' + b"x" * 50_000 + b'"}'


class Talk:
    """A log in which somebody talks without end, while ``goes_on``."""

    def __init__(self) -> None:
        self.position = 0
        self.reads = 0
        self.goes_on = False

    async def news(self, account_id: int, position: int, *_: Any) -> News:
        self.reads += 1
        self.position += self.goes_on
        new = range(position + 1, self.position + 1)
        entries = [records.Entry(at, 7, at, "message_created", 1, 0, LARGE) for at in new]
        return News(self.position, 0, entries, [], Counts(head_seq=0, unseen=0, unread=0))

    async def inside(self, account_id: int) -> tuple[int, set[int]]:
        return 0, {7}


class Small:
    """The door alone, with a reader that needs no account."""

    def __init__(self, talk: Talk) -> None:
        self.talk = talk
        self.streams = Streams(Online(), SteppedClock())
        self.streams.start("e", Reading(news=talk.news, inside=talk.inside))
        self.app = web.Application()
        guard.install(self.app, Origins([]))
        me = SimpleNamespace(account=SimpleNamespace(id=1), session=SimpleNamespace(id=1))

        async def of_request(request: web.Request) -> Any:
            return me

        identity: Any = SimpleNamespace(of_request=of_request)
        self.app.add_routes(
            stream_routes.routes(self.streams, identity, MessageRate(None), heartbeat_s=0.05, slow_s=0.3)
        )


@pytest.fixture
async def small(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[tuple[Small, TestServer]]:
    monkeypatch.setattr(stream_routes, "LOOK_S", 0.02)
    small = Small(Talk())
    async with TestServer(small.app) as server:
        yield small, server


async def test_an_idle_stream_beats_and_moves_its_id(small: tuple[Small, TestServer]) -> None:
    _, server = small
    async with reading(str(server.make_url("/api/v1/stream")), {}) as stream:
        first = await stream.event("ready")
        async with asyncio.timeout(60):
            while stream.beats < 3:  # noqa: ASYNC110 - a comment wakes nobody
                await asyncio.sleep(0.01)
        assert stream.last_id == first.id
        assert stream.events == [first]


async def test_a_reader_that_takes_nothing_is_cut_off_and_holds_little(small: tuple[Small, TestServer]) -> None:
    yard, server = small
    host, port = server.host, server.port
    assert port is not None
    with socket.socket() as lazy:
        lazy.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        lazy.connect((host, port))
        lazy.sendall(b"GET /api/v1/stream HTTP/1.1\r\nHost: x\r\n\r\n")
        async with asyncio.timeout(60):
            while not yard.streams.count():  # noqa: ASYNC110 - another task's request
                await asyncio.sleep(0.01)
        yard.talk.goes_on = True
        async with asyncio.timeout(60):
            while yard.streams.count():
                yard.streams.stir(7)
                await asyncio.sleep(0.01)
        # It reads no further while its reader takes nothing: what the system's own buffers hold, and no more.
        reads = yard.talk.reads
        assert reads < 300
        for _ in range(10):
            yard.streams.stir(7)
            await asyncio.sleep(0)
        assert yard.talk.reads == reads
