"""The stock Python client notices no difference, except that it works."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest
import socketio
from aiohttp import web

from server.engine import Limits, SocketServer
from tests.engine.behaviours.host import Host
from tests.engine.cable import cable_to
from tests.engine.running import PATIENCE_S, Visitor, eventually, serving
from tests.services_under_test import free_port

TRANSPORTS = [["websocket"], ["polling"], ["polling", "websocket"]]


@pytest.fixture
async def visitor(take_over: bool) -> AsyncIterator[Visitor]:
    server = SocketServer(["/"], limits=Limits(take_over=take_over))

    async def echo(sid: str, data: Any) -> Any:
        return data

    async def count(sid: str, most: int) -> None:
        for number in range(most):
            await server.emit("number", number, to=sid)

    server.on("echo", echo)
    server.on("count", count)
    app = web.Application()
    server.attach(app)
    async with serving(app, "socket.io") as visitor:
        yield visitor


@pytest.mark.parametrize("transports", TRANSPORTS, ids=str)
async def test_acknowledgements_bytes_and_bursts(visitor: Visitor, transports: list[str]) -> None:
    client = socketio.AsyncClient(reconnection=False)
    numbers: list[int] = []
    everything = asyncio.Event()

    def hear(number: int) -> None:
        numbers.append(number)
        if number == 299:
            everything.set()

    client.on("number", hear)
    await client.connect(f"http://127.0.0.1:{visitor.port}", transports=transports, wait_timeout=PATIENCE_S)
    for number in range(3):
        assert await client.call("echo", {"bytes": b"\0\1", "number": number}, timeout=PATIENCE_S) == {
            "bytes": b"\0\1",
            "number": number,
        }
    await client.call("count", 300, timeout=PATIENCE_S)
    await asyncio.wait_for(everything.wait(), PATIENCE_S)
    assert numbers == list(range(300))
    await client.disconnect()


@pytest.mark.parametrize("transports", TRANSPORTS, ids=str)
async def test_it_comes_back_when_the_cable_was_cut(transports: list[str]) -> None:
    host = Host()
    async with serving(host.app, "socket.io") as visitor, cable_to(visitor.port) as cable:
        client = socketio.AsyncClient(reconnection_delay=0.02, reconnection_delay_max=0.1)
        await client.connect(f"http://127.0.0.1:{cable.port}", transports=transports, wait_timeout=PATIENCE_S)
        first = client.get_sid()
        assert first is not None
        await eventually(lambda: host.is_settled(first, " ".join(transports)))
        cable.cut()
        await host.until(lambda: len(host.came) == 2)
        await eventually(lambda: client.connected and client.get_sid() == host.came[1])
        assert await client.call("echo", "still there?", timeout=PATIENCE_S) == "still there?"
        await client.disconnect()


@pytest.mark.parametrize("transports", TRANSPORTS, ids=str)
async def test_it_comes_back_to_a_server_that_restarts(transports: list[str]) -> None:
    first, second, port = Host(), Host(), free_port()
    client = socketio.AsyncClient(reconnection_delay=0.02, reconnection_delay_max=0.1)
    async with serving(first.app, "socket.io", port):
        await client.connect(f"http://127.0.0.1:{port}", transports=transports, wait_timeout=PATIENCE_S)
    async with serving(second.app, "socket.io", port):
        await second.until(lambda: second.came)
        await eventually(lambda: client.connected and client.get_sid() == second.came[0])
        assert await client.call("echo", "and now?", timeout=PATIENCE_S) == "and now?"
        await client.disconnect()
