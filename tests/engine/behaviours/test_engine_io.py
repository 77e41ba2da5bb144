"""Engine.IO v4 as its protocol document has it, one test for each behaviour that the official suite looks at."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator

import aiohttp
import pytest

from tests.engine.conformance import engine_app
from tests.engine.running import Visitor, serving

POLLING = "?EIO=4&transport=polling"
WEBSOCKET = "?EIO=4&transport=websocket"
PING_TIMEOUT_S = 2.0


@pytest.fixture
async def visitor(take_over: bool) -> AsyncIterator[Visitor]:
    async with serving(engine_app(PING_TIMEOUT_S, take_over=take_over), "engine.io") as visitor:
        yield visitor


async def test_polling_opens_a_session(visitor: Visitor) -> None:
    status, text = await visitor.ask(POLLING)
    assert status == 200
    assert text[0] == "0"
    hello = json.loads(text[1:])
    assert isinstance(hello.pop("sid"), str)
    assert hello == {"upgrades": ["websocket"], "pingInterval": 300, "pingTimeout": 2000, "maxPayload": 1_000_000}


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ("?transport=polling", 5),
        ("?EIO=abc&transport=polling", 5),
        ("?EIO=3&transport=polling", 5),
        ("?EIO=4", 0),
        ("?EIO=4&transport=abc", 0),
        ("?EIO=4&transport=websocket", 3),
        (POLLING + "&sid=unknown", 1),
    ],
)
async def test_a_bad_handshake_is_refused(visitor: Visitor, query: str, code: int) -> None:
    status, text = await visitor.ask(query)
    assert status == 400
    assert json.loads(text)["code"] == code


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "HEAD"])
async def test_a_handshake_by_another_method_is_refused(visitor: Visitor, method: str) -> None:
    assert (await visitor.ask(POLLING, method))[0] == 400


async def test_websocket_opens_a_session(visitor: Visitor) -> None:
    socket = await visitor.socket()
    assert isinstance(socket.hello.pop("sid"), str)
    assert socket.hello == {"upgrades": [], "pingInterval": 300, "pingTimeout": 2000, "maxPayload": 1_000_000}


@pytest.mark.parametrize(
    "query",
    ["?transport=websocket", "?EIO=abc&transport=websocket", "?EIO=4", "?EIO=4&transport=abc", WEBSOCKET + "&sid=x"],
)
async def test_a_bad_websocket_handshake_is_refused(visitor: Visitor, query: str) -> None:
    with pytest.raises(aiohttp.WSServerHandshakeError) as refusal:
        await visitor.socket(query)
    assert refusal.value.status == 400


@pytest.mark.parametrize(
    ("sent", "echoed"),
    [
        ("4hello", ["4hello"]),
        ("4test1\x1e4test2\x1e4test3", ["4test1", "4test2", "4test3"]),
        ("4hello\x1ebAQIDBA==", ["4hello", "bAQIDBA=="]),
    ],
)
async def test_packets_go_both_ways_by_polling(visitor: Visitor, sent: str, echoed: list[str]) -> None:
    poller = await visitor.poller()
    assert await poller.post(sent) == (200, "ok")
    heard: list[str] = []
    while len(heard) < len(echoed):
        heard += (await poller.hears()).split("\x1e")
    assert heard == echoed


@pytest.mark.parametrize("packet", ["abc", "", "9", "b***", "0{}", "2", "5", "6"])
async def test_an_invalid_packet_by_polling_ends_the_session(visitor: Visitor, packet: str) -> None:
    poller = await visitor.poller()
    assert (await poller.post(packet))[0] == 400
    assert (await poller.get())[0] == 400


async def test_two_polls_at_once_end_the_session(visitor: Visitor) -> None:
    poller = await visitor.poller()
    first = asyncio.create_task(poller.get())
    second = asyncio.create_task(poller.get())
    answers = sorted(await asyncio.gather(first, second))
    assert answers[0] == (200, "1")
    assert answers[1][0] == 400
    assert (await poller.get())[0] == 400


async def test_a_poll_that_is_given_up_ends_the_session(visitor: Visitor) -> None:
    poller = await visitor.poller()
    _, writer = await visitor.raw()
    writer.write(f"GET /engine.io/{poller.query} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
    await visitor.ask(POLLING)  # answered later, so the poll waits by now
    writer.transport.abort()
    assert (await poller.get())[0] == 400
    assert (await poller.get())[0] == 400


async def test_text_and_bytes_go_both_ways_by_websocket(visitor: Visitor) -> None:
    socket = await visitor.socket()
    await socket.says("4hello", b"\1\2\3\4", "4" + "é" * 50_000)
    assert [await socket.hears() for _ in range(3)] == ["4hello", b"\1\2\3\4", "4" + "é" * 50_000]


@pytest.mark.parametrize("packet", ["abc", "", "0{}", "2", "5", "6", "bAQID"])
async def test_an_invalid_packet_ends_a_websocket(visitor: Visitor, packet: str) -> None:
    socket = await visitor.socket()
    await socket.says(packet)
    assert await socket.ended() == 1002


async def test_pings_come_by_polling(visitor: Visitor) -> None:
    poller = await visitor.poller()
    for _ in range(3):
        assert await poller.hears() == "2"
        assert await poller.post("3") == (200, "ok")


async def test_a_polling_client_without_pong_is_let_go(visitor: Visitor) -> None:
    poller = await visitor.poller()
    assert await poller.hears() == "2"
    # Nothing more is said, so the next poll ends with the session.
    assert await poller.hears() == "1"
    assert (await poller.get())[0] == 400


async def test_pings_come_by_websocket(visitor: Visitor) -> None:
    socket = await visitor.socket()
    for _ in range(3):
        assert await socket.hears() == "2"
        await socket.says("3")


async def test_a_websocket_without_pong_is_let_go(visitor: Visitor) -> None:
    socket = await visitor.socket()
    await socket.ended()


async def test_a_close_by_post_ends_a_waiting_poll(visitor: Visitor) -> None:
    poller = await visitor.poller()
    poll = asyncio.create_task(poller.get())
    await asyncio.sleep(0)
    assert await poller.post("1") == (200, "ok")
    assert await poll == (200, "6")
    assert (await poller.get())[0] == 400


async def test_a_close_that_overtakes_its_poll_ends_it_too(visitor: Visitor) -> None:
    poller = await visitor.poller()
    assert await poller.post("1") == (200, "ok")
    assert await poller.get() == (200, "6")
    assert (await poller.get())[0] == 400


async def test_a_close_ends_a_websocket(visitor: Visitor) -> None:
    socket = await visitor.socket()
    await socket.says("1")
    assert await socket.ended() == 1000


async def test_polling_becomes_a_websocket(visitor: Visitor) -> None:
    poller = await visitor.poller()
    socket = await poller.upgrade()
    await socket.says("2probe")
    assert await socket.hears() == "3probe"
    await socket.says("5", "4hello")
    assert await socket.hears_until("4") == "4hello"
    assert (await poller.get())[0] == 400
    assert (await poller.post("4x"))[0] == 400


async def test_a_waiting_poll_is_released_by_the_probe(visitor: Visitor) -> None:
    poller = await visitor.poller()
    poll = asyncio.create_task(poller.get())
    socket = await poller.upgrade()
    await socket.says("2probe")
    assert await socket.hears() == "3probe"
    assert (await poll)[1] in ("6", "2")
    assert await poller.hears() in ("6", "2")
    await socket.says("5", "4hello")
    assert await socket.hears_until("4") == "4hello"


async def test_what_is_sent_during_an_upgrade_arrives_once_after_it(visitor: Visitor) -> None:
    poller = await visitor.poller()
    socket = await poller.upgrade()
    await socket.says("2probe")
    assert await socket.hears() == "3probe"
    assert await poller.post("4during") == (200, "ok")
    await socket.says("5", "4after")
    assert await socket.hears_until("4") == "4during"
    assert await socket.hears_until("4") == "4after"


async def test_a_second_websocket_is_accepted_and_closed(visitor: Visitor) -> None:
    poller = await visitor.poller()
    socket = await poller.upgrade()
    await socket.says("2probe", "5", "4still here")
    second = await poller.upgrade()
    await second.ended()
    assert await socket.hears_until("4") == "4still here"
