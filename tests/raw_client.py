"""A Socket.IO client that sends any text whatsoever: frames are written by the test."""

from __future__ import annotations

import asyncio
import json
from typing import Any, Self

import aiohttp

PATIENCE_S = 60.0


class RawClient:
    """One WebSocket, joined to /chat and /notifications; ``ask`` puts raw JSON into a command's frame."""

    def __init__(self, url: str, token: str) -> None:
        self._url = url.replace("http", "ws") + "/socket.io/?EIO=4&transport=websocket"
        self._token = token
        self._next_id = 0
        self._session = aiohttp.ClientSession()

    async def __aenter__(self) -> Self:
        self._socket = await self._session.ws_connect(self._url, max_msg_size=0)
        await self._until("0")
        for namespace in ("/chat", "/notifications"):
            await self.send(f"40{namespace}," + json.dumps({"token": self._token}))
            await self._until(f"40{namespace},")
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._session.close()

    async def send(self, text: str) -> None:
        """A frame as it stands."""
        await self._socket.send_str(text)

    async def ask(self, namespace: str, command: str, raw: str) -> list[Any]:
        """Every reply to a command with ``raw`` as its arguments: one, if all is well.

        A second question behind it shows that nothing more comes.
        """
        self._next_id += 2
        first, second = self._next_id, self._next_id + 1
        await self.send(f'42{namespace},{first}["{command}",{raw}]')
        await self.send(f'42{namespace},{second}["no_such_command",{{}}]')
        replies = []
        while True:
            text = await self._until(f"43{namespace},")
            number, _, body = text.removeprefix(f"43{namespace},").partition("[")
            if int(number) == second:
                return replies
            assert int(number) == first
            replies += json.loads("[" + body)

    async def closed(self) -> None:
        """Returns when the server has closed the connection."""
        async with asyncio.timeout(PATIENCE_S):
            while (await self._socket.receive()).type == aiohttp.WSMsgType.TEXT:
                pass

    async def _until(self, head: str) -> str:
        async with asyncio.timeout(PATIENCE_S):
            while True:
                message = await self._socket.receive()
                assert message.type == aiohttp.WSMsgType.TEXT, f"the connection ended: {message}"
                if message.data == "2":
                    await self.send("3")
                if message.data.startswith(head):
                    return str(message.data)
