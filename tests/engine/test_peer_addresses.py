"""R4: whose address a connect handler sees, behind proxies and without, on both transports."""

from __future__ import annotations

import ipaddress
from typing import Any

import pytest
from aiohttp import web

from server.engine import SocketServer
from server.transport.peers import Peers
from tests.engine.running import Visitor, eventually, serving

LOOPBACK, PROXIES = ipaddress.ip_network("127.0.0.0/8"), ipaddress.ip_network("198.51.100.0/24")
CASES = [
    pytest.param([], None, "127.0.0.1", id="nobody in between"),
    pytest.param([], "203.0.113.9", "127.0.0.1", id="anybody may write headers"),
    pytest.param([PROXIES], "203.0.113.9", "127.0.0.1", id="not from a trusted proxy"),
    pytest.param([LOOPBACK], "203.0.113.9", "203.0.113.9", id="one proxy"),
    pytest.param([LOOPBACK], "2001:db8::7", "2001:db8::7", id="IPv6"),
    pytest.param([LOOPBACK, PROXIES], "203.0.113.9, 198.51.100.4", "203.0.113.9", id="two proxies"),
    pytest.param([LOOPBACK], "127.0.0.1, 10.0.0.1, 203.0.113.9", "203.0.113.9", id="a visitor who forges the rest"),
    pytest.param([LOOPBACK], None, "127.0.0.1", id="a proxy that says nothing"),
]


async def polls(visitor: Visitor, headers: dict[str, str]) -> None:
    poller = await visitor.poller(headers=headers)
    await poller.post("40", headers={"X-Forwarded-For": "192.0.2.66"})  # counts for nothing: the handshake did


async def has_a_websocket(visitor: Visitor, headers: dict[str, str]) -> None:
    socket = await visitor.socket(headers=headers)
    await socket.says("40")
    await socket.hears_until("40")


@pytest.mark.parametrize("comes", [polls, has_a_websocket])
@pytest.mark.parametrize(("trusted", "forwarded_for", "address"), CASES)
async def test_a_connect_handler_sees_the_visitors_address(
    comes: Any, trusted: list[Any], forwarded_for: str | None, address: str
) -> None:
    seen: list[str] = []
    server = SocketServer(["/"], peer_of=Peers(trusted).of)

    async def connect(sid: str, environ: dict[str, Any], auth: Any) -> None:
        seen.append(environ["REMOTE_ADDR"])

    server.on("connect", connect)
    app = web.Application()
    server.attach(app)
    async with serving(app, "socket.io") as visitor:
        await comes(visitor, {} if forwarded_for is None else {"X-Forwarded-For": forwarded_for})
        await eventually(lambda: seen)
    assert seen == [address]
