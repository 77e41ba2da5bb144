"""What a client may do by HTTP, and what it costs: origins, bodies, polls, upgrades."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import pytest

from tests.engine.abuse.yard import POLLING, Open
from tests.engine.running import eventually

# R3, R4: who comes in


async def test_a_hostile_origin_is_refused_on_both_transports(opened: Open) -> None:
    async with opened(origins=["https://talk.example.org"]) as (_, visitor):
        forged = {"Origin": "https://evil.example", "X-Forwarded-Host": "evil.example", "X-Forwarded-Proto": "https"}
        status, headers = await visitor.headers(POLLING, headers=forged)
        assert status == 403
        assert "Access-Control-Allow-Origin" not in headers
        with pytest.raises(aiohttp.WSServerHandshakeError) as refusal:
            await visitor.socket(headers=forged)
        assert refusal.value.status == 403


async def test_a_listed_origin_gets_its_headers_and_none_is_fine(opened: Open) -> None:
    async with opened(origins=["https://talk.example.org"]) as (yard, visitor):
        mine = {"Origin": "https://talk.example.org"}
        for query, method, expected in ((POLLING, "GET", 200), (POLLING + "&sid=x", "GET", 400), ("", "OPTIONS", 204)):
            status, headers = await visitor.headers(query, method, headers=mine)
            assert (status, headers["Access-Control-Allow-Origin"]) == (expected, mine["Origin"])
        assert (await visitor.ask(POLLING))[0] == 200
        assert yard.joined[-1]["REMOTE_ADDR"] == "127.0.0.1"


async def test_the_house_may_be_full(opened: Open) -> None:
    async with opened(max_connections=2) as (_, visitor):
        await visitor.poller()
        socket = await visitor.socket()
        assert (await visitor.ask(POLLING))[0] == 503
        await socket.close()


# R5: POST


async def test_a_body_in_pieces_or_chunks_arrives_whole(opened: Open) -> None:
    async with opened() as (yard, visitor):
        poller = await visitor.poller()
        reader, writer = await visitor.raw()
        body = b"4" + b"a" * 5000
        path = f"/engine.io/{poller.query}".encode()
        writer.write(b"POST " + path + b" HTTP/1.1\r\nHost: x\r\nContent-Length: 5001\r\n\r\n" + body[:2000])
        await writer.drain()
        await visitor.ask(POLLING)  # the first piece has been read meanwhile
        writer.write(body[2000:])
        assert b"200" in await reader.readline()
        writer.close()

        async def pieces() -> AsyncIterator[bytes]:
            yield b"4chu"
            yield b"nked"

        assert await poller.post(pieces()) == (200, "ok")
        assert await poller.post("4" + "b" * 900_000) == (200, "ok")
        await yard.until(lambda: len(yard.heard) == 3)
        assert [len(text) for text in yard.heard] == [5000, 7, 900_000]


async def test_a_burst_in_one_body_arrives_whole(opened: Open) -> None:
    async with opened() as (yard, visitor):
        poller = await visitor.poller()
        assert await poller.post("\x1e".join(f"4{number}" for number in range(800))) == (200, "ok")
        await yard.until(lambda: len(yard.heard) == 800)
        assert yard.heard == [str(number) for number in range(800)]


@pytest.mark.parametrize(
    ("body", "headers", "status"),
    [
        ("4" + "x" * 1_000_000, {}, 413),
        (b"4\xff\xfe", {}, 400),
        ("\x1e".join(["4x"] * 1001), {}, 400),
    ],
    ids=["too large", "bad text", "too many packets"],
)
async def test_a_bad_body_ends_the_session(opened: Open, body: Any, headers: dict[str, str], status: int) -> None:
    async with opened() as (yard, visitor):
        poller = await visitor.poller()
        assert (await poller.post(body, headers=headers))[0] == status
        assert (await poller.get())[0] == 400
        await yard.until(lambda: yard.left == ["transport error"])
        assert yard.heard == []


async def test_a_compressed_body_is_refused_unread(opened: Open) -> None:
    async with opened() as (yard, visitor):
        poller = await visitor.poller()
        assert (await poller.post(b"4x", headers={"Content-Encoding": "gzip"}))[0] == 415
        assert yard.heard == []


async def test_a_body_that_does_not_come_is_not_waited_for(opened: Open) -> None:
    async with opened(body_s=0.1) as (yard, visitor):
        poller = await visitor.poller()
        reader, writer = await visitor.raw()
        path = f"/engine.io/{poller.query}".encode()
        writer.write(b"POST " + path + b" HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n4x")
        assert b"400" in await reader.readline()
        await yard.until(lambda: yard.left == ["transport error"])
        writer.close()


async def test_packets_before_a_bad_one_are_handled(opened: Open) -> None:
    async with opened() as (yard, visitor):
        poller = await visitor.poller()
        assert (await poller.post("4one\x1e4two\x1ezzz\x1e4three"))[0] == 400
        assert yard.heard == ["one", "two"]
        assert (await poller.get())[0] == 400


async def test_two_posts_at_once_end_the_session(opened: Open) -> None:
    async with opened() as (yard, visitor):
        yard.gate.clear()
        poller = await visitor.poller()
        first = asyncio.create_task(poller.post("\x1e".join(["4x"] * 100)))
        await eventually(lambda: yard.server.sockets[poller.sid].posting)
        assert (await poller.post("4y"))[0] == 400
        assert (await poller.get())[0] == 400
        yard.gate.set()
        await first


# R6, R7: GET and upgrade


async def test_an_abandoned_poll_swallows_nothing_and_ends_the_session(opened: Open) -> None:
    async with opened() as (yard, visitor):
        poller = await visitor.poller()
        connection = yard.server.sockets[poller.sid]
        _, writer = await visitor.raw()
        writer.write(f"GET /engine.io/{poller.query} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
        await eventually(lambda: connection.waiter is not None)
        writer.transport.abort()
        await eventually(lambda: not connection._is_there())
        await yard.server.send(poller.sid, "lost?")
        await yard.until(lambda: yard.left == ["transport close"])
        assert (await poller.get())[0] == 400


async def test_an_abandoned_poll_may_be_asked_again(opened: Open) -> None:
    async with opened() as (yard, visitor):
        poller = await visitor.poller()
        connection = yard.server.sockets[poller.sid]
        _, writer = await visitor.raw()
        writer.write(f"GET /engine.io/{poller.query} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
        await eventually(lambda: connection.waiter is not None)
        writer.transport.abort()
        await eventually(lambda: not connection._is_there())
        abandoned = connection.waiter
        again = asyncio.create_task(poller.get())
        await eventually(lambda: connection.waiter is not abandoned)
        await yard.server.send(poller.sid, "kept")
        assert await again == (200, "4kept")


async def test_an_answer_has_at_most_sixteen_packets(opened: Open) -> None:
    async with opened() as (yard, visitor):
        poller = await visitor.poller()
        for number in range(40):
            await yard.server.send(poller.sid, str(number))
        sizes = [len((await poller.hears()).split("\x1e")) for _ in range(3)]
        assert sizes == [16, 16, 8]


@pytest.mark.parametrize("limits", [{"out_packets": 100}, {"out_bytes": 10_000}])
async def test_who_does_not_poll_is_let_go(opened: Open, limits: dict[str, int]) -> None:
    async with opened(**limits) as (yard, visitor):
        poller = await visitor.poller()
        for _ in range(101):
            await yard.server.send(poller.sid, "x" * 100)
        await yard.until(lambda: yard.left == ["slow consumer"])
        assert (await poller.get())[0] == 400


async def test_an_upgrade_dropped_before_its_probe_is_forgotten(opened: Open) -> None:
    async with opened() as (yard, visitor):
        poller = await visitor.poller()
        socket = await poller.upgrade()
        await socket.close()
        await yard.server.send(poller.sid, "by polling")
        assert await poller.hears() == "4by polling"


async def test_an_upgrade_that_stops_at_its_probe_is_forgotten(opened: Open) -> None:
    async with opened(upgrade_s=0.2, ping_timeout_s=0.5) as (yard, visitor):
        for words in ([], ["2probe"]):
            poller = await visitor.poller()
            socket = await poller.upgrade()
            await socket.says(*words)
            assert await socket.ended() == 1008
            await yard.server.send(poller.sid, "still polling")
            assert await poller.hears() == "4still polling"


@pytest.mark.parametrize("packet", ["4hello", "5", "2", b"x"])
async def test_a_strange_probe_ends_the_websocket_only(opened: Open, packet: str | bytes) -> None:
    async with opened() as (yard, visitor):
        poller = await visitor.poller()
        socket = await poller.upgrade()
        await socket.says(packet)
        assert await socket.ended() == 1002
        await yard.server.send(poller.sid, "x")
        assert await poller.hears() == "4x"
        assert yard.left == []
