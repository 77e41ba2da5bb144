"""R30: whatever clients and handlers do, no payload, no token and no whole session id is in any log line."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator
from typing import Any

import aiohttp
import pytest

from tests.engine.abuse.hall import Hall, OpenHall, joined
from tests.engine.abuse.yard import HANDSHAKE
from tests.engine.client_frames import client_frame
from tests.engine.running import Socket, Visitor, eventually

SECRET = "swordfish"


class Everything(logging.Handler):
    """Keeps every line as it would be printed."""

    def __init__(self) -> None:
        super().__init__(logging.DEBUG)
        self.lines: list[str] = []
        self.setFormatter(logging.Formatter("%(name)s %(levelname)s %(message)s"))

    def emit(self, record: logging.LogRecord) -> None:
        self.lines.append(self.format(record))


@pytest.fixture
def log() -> Iterator[Everything]:
    """Every logger says everything it has to say."""
    everything = Everything()
    loggers = [logging.getLogger(), *(logging.getLogger(name) for name in list(logging.root.manager.loggerDict))]
    levels = [logger.level for logger in loggers]
    for logger in loggers:
        logger.setLevel(logging.DEBUG)
    logging.getLogger().addHandler(everything)
    yield everything
    logging.getLogger().removeHandler(everything)
    for logger, level in zip(loggers, levels, strict=True):
        logger.setLevel(level)


def make_careless(hall: Hall) -> None:
    """Gives it handlers whose errors quote what they were given."""

    async def quotes(sid: str, *arguments: Any) -> None:
        raise RuntimeError(f"{sid} sent {arguments}")

    async def quotes_the_end(sid: str, reason: str) -> None:
        raise RuntimeError(f"{sid} has left with its {SECRET}")

    hall.server.on("quotes", quotes, "/plain")
    hall.server.on("disconnect", quotes_the_end, "/typed")


HOSTILE = [
    f'42/plain,["{SECRET}",1]',
    f'42/plain,7["quotes",{{"token":"{SECRET}"}}]',
    f'43/plain,99["{SECRET}"]',
    f'42/nowhere,["{SECRET}"]',
    f'40/{SECRET},{{"token":"{SECRET}"}}',
    f'42/typed,8["echo","{SECRET}"]',
    f'42/plain,["nan","{SECRET}"]',
    f"4{SECRET}",
]
"""The last is no packet; after it the connection is gone."""


async def in_words(hall: Hall, visitor: Visitor) -> set[str]:
    """A WebSocket that tries everything; its session ids."""
    socket, sid = await joined(visitor)
    await socket.says("40/typed,")
    typed = json.loads((await socket.hears_until("40/typed,")).removeprefix("40/typed,"))["sid"]
    hello = socket.hello["sid"]
    await hall.server.emit("news", SECRET, to=sid, namespace="/plain")
    await hall.server.save_session(sid, {"token": SECRET}, "/plain")
    await hall.server.enter_room(sid, SECRET, "/plain")
    await hall.server.close_room(SECRET, "/plain")
    await socket.says(*HOSTILE)
    assert await socket.ended() == 1002
    return {sid, typed, hello}


async def in_bytes(hall: Hall, visitor: Visitor) -> None:
    """Frames that are none."""
    reader, writer = await visitor.raw()
    writer.write(HANDSHAKE.replace(b"engine.io", b"socket.io") + b"\r\n" + client_frame(SECRET.encode(), rsv=1))
    await reader.read()
    writer.close()


async def in_bodies(hall: Hall, visitor: Visitor) -> set[str]:
    """POSTs that are none, and requests from elsewhere."""
    sids = set()
    for body in (SECRET, f"4{SECRET}", "x" * 20_000, b"\xff"):
        poller = await visitor.poller()
        await poller.post(body)
        sids.add(poller.sid)
    await visitor.ask(f"?EIO=4&transport=polling&sid=w9.{SECRET}")
    await visitor.ask(f"?EIO=4&transport={SECRET}")
    with pytest.raises(aiohttp.WSServerHandshakeError):
        await visitor.socket(headers={"Origin": f"https://{SECRET}.example"})
    return sids


async def refused_at_the_door(hall: Hall, visitor: Visitor) -> set[str]:
    """Its connect handler fails, and quotes it."""

    async def quotes(sid: str) -> None:
        raise RuntimeError(f"{sid} came with a {SECRET}")

    welcome, hall.welcome = hall.welcome, quotes
    socket = await visitor.socket()
    await socket.says(f'40/plain,{{"token":"{SECRET}"}}')
    assert (await socket.hears()).startswith("44/plain,")
    await socket.close()
    hall.welcome = welcome
    return {socket.hello["sid"]}


async def shown_out(hall: Hall, visitor: Visitor) -> set[str]:
    """By the server, in all its ways."""
    sids, sockets = set(), list[Socket]()
    for _ in range(2):
        socket, sid = await joined(visitor, "/typed")
        sids |= {socket.hello["sid"], sid}
        sockets.append(socket)
        await hall.server.disconnect(sid, "/typed") if len(sids) == 2 else hall.server.disconnect_connection(sid)
    return sids


async def test_no_line_holds_what_was_said_or_a_key(hall: OpenHall, log: Everything) -> None:
    async with hall(max_payload=10_000) as (events, visitor):
        sids = await shown_out(events, visitor)
        sids |= await in_words(events, visitor)
        await in_bytes(events, visitor)
        sids |= await in_bodies(events, visitor)
        sids |= await refused_at_the_door(events, visitor)
        make_careless(events)
        sids |= await in_words(events, visitor)
        await eventually(lambda: not events.server.eio.sockets and not events.server.eio.house.ending)
        await events.server.drain()
    assert len(log.lines) > 10, "nothing was logged, so nothing was looked at"
    assert not [line for line in log.lines if SECRET in line]
    assert not [line for line in log.lines if any(sid in line or sid.partition(".")[2] in line for sid in sids)]
