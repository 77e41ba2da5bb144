"""A crowd of bare clients: python -m tests.prove.crowd PORT CORE. Asked and answered by lines of JSON.

{"join": 1000}               they connect and join /plain
{"hears": 7}                 answered when everybody has heard seven packets since it joined
{"leaves": 2.0, "seed": 1}   everybody goes within two seconds: cut, half closed or with a farewell, some after an event
"""

from __future__ import annotations

import asyncio
import json
import os
import random
import sys
from typing import Any, cast

import uvloop

from tests.engine.client_frames import client_frame

AT_ONCE = 100
_PACKET = b"42/plain,"
_JOINED = b"40/plain,"
HANDSHAKE = (
    b"GET /socket.io/?EIO=4&transport=websocket HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n"
)


class Guest(asyncio.Protocol):
    """One client that counts packets, answers pings and looks at nothing else."""

    def __init__(self, news: asyncio.Event) -> None:
        self.heard = 0
        self.is_in = False
        self._news = news
        self._tail = b""
        self.transport: asyncio.Transport

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast(asyncio.Transport, transport)
        self.transport.write(HANDSHAKE + client_frame(b"40/plain,"))

    def data_received(self, data: bytes) -> None:
        if data == b"\x81\x012":
            self.transport.write(client_frame(b"3"))
            return
        data = self._tail + data
        self.is_in = self.is_in or _JOINED in data
        self.heard += data.count(_PACKET)
        self._tail = data[-len(_PACKET) + 1 :]
        if b"\x81\x012" in data:
            self.transport.write(client_frame(b"3"))
        self._news.set()


class Crowd:
    """All of them."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._guests: list[Guest] = []
        self._news = asyncio.Event()

    async def join(self, count: int) -> None:
        """They connect, a hundred at a time."""
        loop = asyncio.get_running_loop()
        for start in range(0, count, AT_ONCE):
            made = await asyncio.gather(
                *(
                    loop.create_connection(lambda: Guest(self._news), "127.0.0.1", self._port)
                    for _ in range(min(AT_ONCE, count - start))
                )
            )
            guests = [guest for _, guest in made]
            await self._until(lambda guests=guests: all(guest.is_in for guest in guests))
            self._guests += guests

    async def hears(self, count: int) -> None:
        """Returns when everybody has heard so much."""
        await self._until(lambda: all(guest.heard >= count for guest in self._guests))

    async def leaves(self, seconds: float, seed: int) -> None:
        """They go, each when and how the dice say."""
        dice = random.Random(seed)
        await asyncio.gather(*(self._goes(guest, dice, dice.uniform(0, seconds)) for guest in self._guests))
        self._guests.clear()

    async def _goes(self, guest: Guest, dice: random.Random, after: float) -> None:
        await asyncio.sleep(after)
        if dice.random() < 0.3:
            guest.transport.write(client_frame(b'42/plain,["echo","last"]'))
        how = dice.random()
        if how < 0.5:
            guest.transport.abort()
        elif how < 0.75:
            guest.transport.write(client_frame(b"\x03\xe8", 8))
        else:
            guest.transport.write_eof()

    async def _until(self, condition: Any) -> None:
        while not condition():
            self._news.clear()
            await self._news.wait()


async def main(port: int) -> None:
    """Does what each line asks."""
    crowd = Crowd(port)
    loop = asyncio.get_running_loop()
    reader = asyncio.StreamReader()
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    while line := await reader.readline():
        asked = json.loads(line)
        if "join" in asked:
            await crowd.join(asked["join"])
        elif "hears" in asked:
            await crowd.hears(asked["hears"])
        else:
            await crowd.leaves(asked["leaves"], asked["seed"])
        print(json.dumps({"done": True}), flush=True)


if __name__ == "__main__":
    os.sched_setaffinity(0, {int(sys.argv[2])})
    uvloop.run(main(int(sys.argv[1])))
