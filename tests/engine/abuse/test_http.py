"""What a client may do by HTTP, and what it costs: handshakes, refusals, origins, bodies. Polls are in test_polls."""

from __future__ import annotations

import asyncio
import gzip
import json
from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import pytest
from aiohttp import web

from tests.engine.abuse.yard import POLLING, WEBSOCKET, Open
from tests.engine.running import Poller, Visitor, eventually

HOME = {"Origin": "https://talk.example.org"}
KEY = {"Upgrade": "websocket", "Connection": "Upgrade", "Sec-WebSocket-Version": "13"}

# R3: handshake and refusals

REFUSED = {
    "no transport": ("GET", "?EIO=4", {}, 0, "Transport unknown"),
    "another transport": ("GET", "?EIO=4&transport=webtransport", {}, 0, "Transport unknown"),
    "no version": ("GET", "?transport=polling", {}, 5, "Unsupported protocol version"),
    "version 3": ("GET", "?EIO=3&transport=polling", {}, 5, "Unsupported protocol version"),
    "a session of another worker": ("GET", POLLING + "&sid=w9.abcdefghijklmnopqrst", {}, 1, "Session ID unknown"),
    "a POST of nobody": ("POST", POLLING + "&sid=x", {}, 1, "Session ID unknown"),
    "a WebSocket of nobody": ("GET", WEBSOCKET + "&sid=x", {}, 1, "Session ID unknown"),
    "a POST that begins": ("POST", POLLING, {}, 2, "Bad handshake method"),
    "a PUT that begins": ("PUT", POLLING, {}, 2, "Bad handshake method"),
    "a DELETE without anything": ("DELETE", "", {}, 0, "Transport unknown"),
    "a WebSocket that is none": ("GET", WEBSOCKET, {}, 3, "Bad request"),
    "a poll that is a WebSocket": (
        "GET",
        POLLING,
        KEY | {"Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ=="},
        3,
        "Bad request",
    ),
    "a WebSocket without a key": ("GET", WEBSOCKET, KEY, 3, "Bad request"),
    "a WebSocket with half a key": ("GET", WEBSOCKET, KEY | {"Sec-WebSocket-Key": "c2hvcnQ="}, 3, "Bad request"),
}


@pytest.mark.parametrize("name", REFUSED)
async def test_a_refusal_has_its_code_its_words_and_its_cors_headers(opened: Open, name: str) -> None:
    """R3, R29."""
    method, query, headers, code, message = REFUSED[name]
    async with opened(origins=[HOME["Origin"]]) as (yard, visitor):
        status, text = await visitor.ask(query, method, headers=headers | HOME)
        assert (status, json.loads(text)) == (400, {"code": code, "message": message})
        status, answered = await visitor.headers(query, method, headers=headers | HOME)
        assert answered["Access-Control-Allow-Origin"] == HOME["Origin"]
        assert not yard.server.sockets
        assert yard.server.counters.refused == {message.lower(): 2}


async def test_every_polling_answer_has_its_cors_headers(opened: Open) -> None:
    """R3: a browser shows a page nothing of an answer without them, errors included."""
    async with opened(origins=[HOME["Origin"]], max_payload=100) as (yard, visitor):
        poller = await visitor.poller()
        await yard.server.send(poller.sid, "x")
        again = [await visitor.poller() for _ in range(3)]
        for query, options, status in (
            (POLLING, {}, 200),
            (poller.query, {}, 200),
            (poller.query, {"method": "POST", "data": "4x"}, 200),
            (poller.query, {"method": "PATCH"}, 400),
            (again[0].query, {"method": "POST", "data": "nonsense"}, 400),
            (again[1].query, {"method": "POST", "data": "4" + "x" * 200}, 413),
            (
                again[2].query,
                {"method": "POST", "data": gzip.compress(b"4x"), "headers": {"Content-Encoding": "gzip"}},
                415,
            ),
        ):
            options["headers"] = options.get("headers", {}) | HOME
            answered, headers = await visitor.headers(query, **options)
            assert (answered, headers["Access-Control-Allow-Origin"]) == (status, HOME["Origin"])
            assert headers["Access-Control-Allow-Credentials"] == "true"
            assert headers["Vary"] == "Origin"
            assert headers["Cache-Control"] == "no-store"


async def test_a_page_of_ours_may_ask_with_headers_of_its_own(opened: Open) -> None:
    """R3: OPTIONS for listed origins, and for no other."""
    async with opened(origins=[HOME["Origin"]]) as (_, visitor):
        asked = {"Access-Control-Request-Headers": "authorization,x-tab", "Access-Control-Request-Method": "POST"}
        status, headers = await visitor.headers(POLLING, "OPTIONS", headers=HOME | asked)
        assert status == 204
        assert headers["Access-Control-Allow-Headers"] == "authorization,x-tab"
        assert headers["Access-Control-Allow-Methods"] == "GET, POST"
        status, headers = await visitor.headers(POLLING, "OPTIONS", headers=asked | {"Origin": "https://evil.example"})
        assert status == 403
        assert "Access-Control-Allow-Origin" not in headers


async def test_fractions_of_a_second_are_announced(opened: Open) -> None:
    """R3: an interval of 0.3 s is 300 ms, and not 0."""
    async with opened(ping_interval_s=0.3, ping_timeout_s=12.3456) as (_, visitor):
        hello = json.loads((await visitor.ask(POLLING))[1][1:])
        assert (hello["pingInterval"], hello["pingTimeout"]) == (300, 12346)


async def test_nobody_comes_in_while_the_server_stops(opened: Open) -> None:
    """R3, R23: 503 on both transports."""
    async with opened(origins=[HOME["Origin"]]) as (yard, visitor):
        yard.server.house.draining = True
        status, headers = await visitor.headers(POLLING, headers=HOME)
        assert (status, headers["Access-Control-Allow-Origin"]) == (503, HOME["Origin"])
        with pytest.raises(aiohttp.WSServerHandshakeError) as refusal:
            await visitor.socket()
        assert refusal.value.status == 503
        assert yard.server.counters.refused == {"draining": 2}


async def test_a_handler_that_fails_at_the_door_leaves_nobody_behind(opened: Open) -> None:
    async with opened() as (yard, visitor):

        async def fails(sid: str, environ: Any) -> None:
            raise RuntimeError("no")

        yard.server.handlers["connect"] = fails
        assert (await visitor.ask(POLLING))[0] == 500
        await eventually(lambda: not yard.server.sockets and not yard.server.house.ending)


# R4: origins


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
        assert (await visitor.headers(POLLING, headers=HOME))[0] == 200
        assert (await visitor.ask(POLLING))[0] == 200
        assert yard.joined[-1]["REMOTE_ADDR"] == "127.0.0.1"


async def test_the_house_may_be_full(opened: Open) -> None:
    """R18: 503 on both transports, until somebody leaves."""
    async with opened(max_connections=2) as (yard, visitor):
        await visitor.poller()
        socket = await visitor.socket()
        assert (await visitor.ask(POLLING))[0] == 503
        with pytest.raises(aiohttp.WSServerHandshakeError) as refusal:
            await visitor.socket()
        assert refusal.value.status == 503
        assert yard.server.counters.refused == {"full": 2}
        await socket.says("1")
        await eventually(lambda: len(yard.server.sockets) == 1)
        assert (await visitor.ask(POLLING))[0] == 200


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
        ("", {}, 400),
    ],
    ids=["too large", "bad text", "too many packets", "nothing"],
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
        assert (await poller.post(gzip.compress(b"4x"), headers={"Content-Encoding": "gzip"}))[0] == 415
        assert yard.heard == []
        assert await poller.post(b"4plain") == (200, "ok")
        await yard.until(lambda: yard.heard == ["plain"])


def request_line(poller: Poller, method: str = "POST") -> bytes:
    return f"{method} /engine.io/{poller.query} HTTP/1.1\r\nHost: x\r\n".encode()


async def refused_raw(visitor: Visitor, sent: bytes) -> bytes:
    reader, writer = await visitor.raw()
    writer.write(sent)
    line = await reader.readline()
    writer.close()
    return line


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"Content-Length: 1000001\r\n\r\n", b"413"),
        (b"Transfer-Encoding: chunked\r\n\r\nF4241\r\n4" + b"x" * 1_000_000 + b"\r\n", b"413"),
    ],
    ids=["announced", "in one chunk"],
)
async def test_a_body_is_refused_as_soon_as_that_is_known(opened: Open, body: bytes, status: bytes) -> None:
    """R5: none of these bodies ever ends."""
    async with opened() as (yard, visitor):
        poller = await visitor.poller()
        assert status in await refused_raw(visitor, request_line(poller) + body)
        await yard.until(lambda: yard.left == ["transport error"])
        assert yard.heard == []


async def test_chunks_that_are_none_end_the_session(opened: Open) -> None:
    """R5: aiohttp tells nobody, so the body's deadline does."""
    async with opened(body_s=0.1) as (yard, visitor):
        poller = await visitor.poller()
        reader, writer = await visitor.raw()
        writer.write(request_line(poller) + b"Transfer-Encoding: chunked\r\n\r\n2\r\n4x\r\n")
        await eventually(lambda: yard.server.sockets[poller.sid].posting)
        writer.write(b"ZZ\r\n")
        assert b"400" in await reader.readline()
        await yard.until(lambda: yard.left == ["transport error"])
        assert yard.heard == []
        writer.close()


async def test_a_body_that_aiohttp_cannot_read_ends_the_session(opened: Open) -> None:
    """R5: what its parser in C does not tell, the one in Python raises."""

    class Body:
        async def iter_any(self) -> AsyncIterator[bytes]:
            yield b"4x"
            raise web.RequestPayloadError("no chunk")

    class Request:
        headers: dict[str, str] = {}  # noqa: RUF012
        content_length = None
        content = Body()

    async with opened() as (yard, visitor):
        poller = await visitor.poller()
        request: Any = Request()
        answer = await yard.server._front._post(request, yard.server.sockets[poller.sid])
        assert answer.status == 400
        await yard.until(lambda: yard.left == ["transport error"])
        assert yard.heard == []


async def test_a_body_whose_sender_goes_ends_the_session(opened: Open) -> None:
    """R5."""
    async with opened() as (yard, visitor):
        poller = await visitor.poller()
        _, writer = await visitor.raw()
        writer.write(request_line(poller) + b"Content-Length: 100\r\n\r\n4x")
        await eventually(lambda: yard.server.sockets[poller.sid].posting)
        writer.transport.abort()
        await yard.until(lambda: yard.left == ["transport error"])
        assert yard.heard == []


async def test_a_connection_may_end_in_the_turn_in_which_its_body_is_late(opened: Open) -> None:
    """R5, R21."""
    async with opened() as (yard, visitor):
        poller = await visitor.poller()
        reader, writer = await visitor.raw()
        writer.write(request_line(poller) + b"Content-Length: 100\r\n\r\n4x")
        connection = yard.server.sockets[poller.sid]
        await eventually(lambda: connection.body is not None)
        connection.body._on_timeout()
        connection.close("transport error")
        assert b"400" in await reader.readline()
        await yard.until(lambda: yard.left == ["transport error"])
        writer.close()


async def test_a_thousand_packets_are_as_many_as_a_body_may_have(opened: Open) -> None:
    """R5, R15: the POST is answered when there is room again."""
    async with opened() as (yard, visitor):
        yard.gate.clear()
        poller = await visitor.poller()
        connection = yard.server.sockets[poller.sid]
        post = asyncio.create_task(poller.post("\x1e".join(f"4{number}" for number in range(1000))))
        await eventually(lambda: connection._room is not None)
        assert not post.done()
        yard.gate.set()
        assert await post == (200, "ok")
        await yard.until(lambda: len(yard.heard) == 1000)


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
