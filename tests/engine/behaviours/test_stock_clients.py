"""The stock Python client notices no difference, except that it works."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest
import socketio
from aiohttp import web

from server.engine import Limits, SocketServer
from tests.engine.running import PATIENCE_S, Visitor, serving


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


@pytest.mark.parametrize("transports", [["websocket"], ["polling"], ["polling", "websocket"]], ids=str)
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
