"""A server on a free port, and clients that say exactly what a test tells them to."""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator, Callable
from typing import Any, Self

import aiohttp
from aiohttp import web

PATIENCE_S = 60.0


async def eventually(condition: Callable[[], Any]) -> None:
    """Lets the loop turn until ``condition`` is true: for what nobody announces."""
    async with asyncio.timeout(PATIENCE_S):
        while not condition():  # noqa: ASYNC110
            await asyncio.sleep(0)


class Visitor:
    """Speaks to one server, by HTTP and by WebSocket."""

    def __init__(self, port: int, path: str) -> None:
        self.port = port
        self.base = f"http://127.0.0.1:{port}/{path}/"
        self._http = aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0))

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._http.close()

    async def ask(self, query: str, method: str = "GET", **options: Any) -> tuple[int, str]:
        """Status and text of one request."""
        async with asyncio.timeout(PATIENCE_S), self._http.request(method, self.base + query, **options) as response:
            return response.status, await response.text()

    async def headers(self, query: str, method: str = "GET", **options: Any) -> tuple[int, Any]:
        """Status and headers."""
        async with asyncio.timeout(PATIENCE_S), self._http.request(method, self.base + query, **options) as response:
            return response.status, response.headers

    async def poller(self, **options: Any) -> Poller:
        """A new polling session."""
        status, text = await self.ask("?EIO=4&transport=polling", **options)
        assert status == 200, text
        return Poller(self, json.loads(text[1:])["sid"])

    async def socket(self, query: str = "?EIO=4&transport=websocket", **options: Any) -> Socket:
        """A WebSocket; with a session of its own it has heard its handshake."""
        socket = Socket(await self._http.ws_connect(self.base + query, max_msg_size=0, **options))
        if "sid=" not in query:
            socket.hello = json.loads((await socket.hears())[1:])
        return socket

    async def raw(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        """A plain TCP connection."""
        return await asyncio.open_connection("127.0.0.1", self.port)


class Poller:
    """A polling session; nothing is asked on its own."""

    def __init__(self, visitor: Visitor, sid: str) -> None:
        self._visitor = visitor
        self.sid = sid
        self.query = f"?EIO=4&transport=polling&sid={sid}"

    async def get(self) -> tuple[int, str]:
        """One poll."""
        return await self._visitor.ask(self.query)

    async def hears(self) -> str:
        """The text of a poll that must be answered."""
        status, text = await self.get()
        assert status == 200, text
        return text

    async def post(self, body: Any, **options: Any) -> tuple[int, str]:
        """One POST."""
        return await self._visitor.ask(self.query, "POST", data=body, **options)

    async def upgrade(self) -> Socket:
        """A WebSocket beside it, not probed yet."""
        return await self._visitor.socket(f"?EIO=4&transport=websocket&sid={self.sid}")


class Socket:
    """A WebSocket that answers nothing on its own."""

    def __init__(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        self._socket = socket
        self.hello: dict[str, Any] = {}

    async def says(self, *texts: str | bytes) -> None:
        """Sends frames."""
        for text in texts:
            if isinstance(text, str):
                await self._socket.send_str(text)
            else:
                await self._socket.send_bytes(text)

    async def hears(self) -> Any:
        """The next message; the connection must not end."""
        message = await self._socket.receive(timeout=PATIENCE_S)
        assert message.type in (aiohttp.WSMsgType.TEXT, aiohttp.WSMsgType.BINARY), f"ended: {message}"
        return message.data

    async def hears_until(self, head: str, *, ponging: bool = True) -> str:
        """The next message that begins so; pings before it are answered."""
        while not (text := await self.hears()).startswith(head):
            if text == "2" and ponging:
                await self.says("3")
        return str(text)

    async def ended(self) -> int | None:
        """Returns when the server has closed it: its code."""
        while True:
            message = await self._socket.receive(timeout=PATIENCE_S)
            if message.type not in (aiohttp.WSMsgType.TEXT, aiohttp.WSMsgType.BINARY):
                return self._socket.close_code

    async def ping(self, payload: bytes) -> None:
        """A WebSocket ping."""
        await self._socket.ping(payload)

    async def close(self) -> None:
        """Says goodbye."""
        await self._socket.close()

    def cut(self) -> None:
        """Loses the connection without a word."""
        connection = self._socket._response.connection
        assert connection is not None
        assert connection.transport is not None
        connection.transport.abort()


@contextlib.asynccontextmanager
async def serving(app: web.Application, path: str, port: int = 0) -> AsyncIterator[Visitor]:
    """Runs ``app`` while inside, on a free port unless one is given."""
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", port)
    await site.start()
    port = runner.addresses[0][1]
    try:
        async with Visitor(port, path) as visitor:
            yield visitor
    finally:
        await runner.cleanup()
