"""The stock JavaScript client notices no difference, except that it works."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest

from server.engine import Limits
from server.engine.connection import Connection
from server.engine.shared import Link
from tests.engine.behaviours.host import Host
from tests.engine.behaviours.javascript import TRANSPORTS, JavaScriptClient
from tests.engine.cable import cable_to
from tests.engine.running import Visitor, eventually, serving
from tests.services_under_test import free_port

BURST = list(range(300))


@pytest.fixture
def host() -> Host:
    return Host()


@pytest.fixture
async def visitor(host: Host) -> AsyncIterator[Visitor]:
    async with serving(host.app, "socket.io") as visitor:
        yield visitor


@pytest.mark.parametrize("transports", TRANSPORTS)
async def test_acknowledgements_bytes_and_bursts(host: Host, visitor: Visitor, transports: str) -> None:
    async with JavaScriptClient("talk", visitor.port, transports) as client:
        name, sid = await client.tells("connect")
        assert name in transports.split()
        assert host.came == [sid]
        assert await client.tells("several") == [1, "two", {"three": [True, None]}]
        assert await client.tells("none") == []
        assert await client.tells("bytes") == ["0001ff", {"inside": ["마당".encode().hex()]}]
        assert await client.tells("counted") == BURST
        assert await client.tells("numbers") == BURST
        assert await host.asks(sid, 41, b"\0\xff") == (42, b"\0\xff", {"thanks": True})
        assert not host.left


async def test_nothing_is_lost_or_doubled_by_an_upgrade(
    host: Host, visitor: Visitor, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A number goes to and fro all the time: by polling before it, across it, by WebSocket after it."""
    probe = Connection.probe
    late: list[asyncio.Task[None]] = []

    async def answer_late(*probing: Any) -> None:
        await host.until(lambda: len(host.counted) > 10)
        probe(*probing)

    def answer(connection: Connection, link: Link, packet: str | bytes) -> None:
        if packet == "2probe":
            late.append(asyncio.create_task(answer_late(connection, link, packet)))
        else:
            probe(connection, link, packet)

    monkeypatch.setattr(Connection, "probe", answer)
    async with JavaScriptClient("upgrade", visitor.port, "polling websocket") as client:
        assert (await client.tells("connect"))[0] == "polling"
        numbers = await client.tells("numbers")
        assert numbers == list(range(len(numbers)))
        assert host.counted == numbers
        assert host.during == [(number, True) for number in range(10)]


@pytest.mark.parametrize("transports", TRANSPORTS)
async def test_it_comes_back_when_the_cable_was_cut(host: Host, visitor: Visitor, transports: str) -> None:
    async with cable_to(visitor.port) as cable, JavaScriptClient("stay", cable.port, transports) as client:
        _, sid = await client.tells("connect")
        await eventually(lambda: host.is_settled(sid, transports))
        cable.cut()
        assert (await client.tells("disconnect"))[0] in ("transport close", "transport error")
        await client.tells("connect")
        client.says("still there?")
        assert await client.tells("echo") == ["still there?"]
        await host.until(lambda: host.left)
        # Without a poll it still says goodbye by POST.
        assert host.left == [(sid, "client disconnect" if transports == "polling" else "transport close")]


@pytest.mark.parametrize("transports", TRANSPORTS)
async def test_it_comes_back_to_a_server_that_restarts(transports: str) -> None:
    first, second = Host(Limits(ping_interval_s=2, ping_timeout_s=2)), Host()
    port = free_port()
    is_upgrading = transports == "polling websocket"
    # One that is between its last poll and its WebSocket in that very moment hears nothing, and misses the next ping.
    ends = {"transport close", "transport error"} | ({"ping timeout"} if is_upgrading else set())
    async with JavaScriptClient("stay", port, transports) as client:
        async with serving(first.app, "socket.io", port):
            _, sid = await client.tells("connect")
            # Also in the middle of an upgrade, where a WebSocket that just closes would leave it without either.
            await eventually(lambda: is_upgrading or first.is_settled(sid, transports))
        assert first.left == [(sid, "server shutting down")]
        assert (await client.tells("disconnect"))[0] in ends
        async with serving(second.app, "socket.io", port):
            await client.tells("connect")
            client.says("and now?")
            assert await client.tells("echo") == ["and now?"]


@pytest.mark.parametrize("transports", TRANSPORTS)
@pytest.mark.parametrize("whole", [False, True], ids=["the namespace", "the connection"])
async def test_it_is_told_that_it_was_sent_away(host: Host, visitor: Visitor, transports: str, whole: bool) -> None:
    async with JavaScriptClient("stay", visitor.port, transports) as client:
        _, sid = await client.tells("connect")
        if whole:
            host.server.disconnect_connection(sid)
        else:
            await host.server.disconnect(sid)
        assert await client.tells("disconnect") == ["io server disconnect"]
        await host.until(lambda: host.left)
        assert host.left == [(sid, "server disconnect")]


@pytest.mark.parametrize("transports", TRANSPORTS)
async def test_its_goodbye_is_heard(host: Host, visitor: Visitor, transports: str) -> None:
    async with JavaScriptClient("stay", visitor.port, transports) as client:
        _, sid = await client.tells("connect")
        client.says("leave")
        assert await client.tells("disconnect") == ["io client disconnect"]
        await host.until(lambda: host.left)
        assert host.left == [(sid, "client namespace disconnect")]
        await eventually(lambda: not host.server.eio.sockets)
