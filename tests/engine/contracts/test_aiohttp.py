"""Where the engine enters aiohttp: one test a seam. A release that moves one fails here, and says which."""

from __future__ import annotations

import asyncio
from typing import Any

import aiohttp._websocket.helpers
import pytest
from aiohttp import web
from aiohttp.web_protocol import RequestHandler

from server.engine import frames
from tests.engine.running import eventually


class Wire(asyncio.Transport):
    """A transport that notes whether it was closed."""

    def __init__(self) -> None:
        super().__init__()
        self.was_closed = False

    def close(self) -> None:
        self.was_closed = True

    def is_reading(self) -> bool:
        return True


class Parser:
    """Takes what aiohttp hands over."""

    def __init__(self) -> None:
        self.fed: list[bytes] = []
        self.eofs = 0

    def feed_data(self, data: bytes) -> tuple[bool, bytes]:
        self.fed.append(data)
        return False, b""

    def feed_eof(self) -> None:
        self.eofs += 1


UPGRADE = b"GET / HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n"


@pytest.fixture
async def handler() -> Any:
    async def answer(request: Any) -> web.StreamResponse:
        await asyncio.Event().wait()
        return web.Response()

    server = web.Server(answer)
    handler = server()
    handler.connection_made(Wire())
    yield handler
    handler.transport = None
    handler.connection_lost(None)
    await asyncio.sleep(0)


async def test_what_came_behind_the_request_is_handed_over(handler: Any) -> None:
    handler.data_received(UPGRADE + b"right behind")
    parser = Parser()
    handler.set_parser(parser)
    assert parser.fed == [b"right behind"], (
        "RequestHandler.set_parser no longer hands over what came behind an upgrade: front.py, _handed_over"
    )


async def test_a_parser_gets_all_that_comes_later(handler: Any) -> None:
    handler.data_received(UPGRADE)
    parser = Parser()
    handler.set_parser(parser)
    handler.data_received(b"later")
    assert parser.fed == [b"later"], (
        "RequestHandler.data_received no longer feeds a parser raw bytes: link.py without take-over"
    )


async def test_a_protocol_without_its_transport_lets_it_go(handler: Any) -> None:
    """The take-over: aiohttp believes that the client has gone, and leaves the transport open."""
    wire, manager = handler.transport, handler._manager
    handler.data_received(UPGRADE)
    for _ in range(3):
        await asyncio.sleep(0)
    parser = Parser()
    handler.set_parser(parser)
    handler.transport = None
    handler.connection_lost(None)
    seam = "RequestHandler.connection_lost, for front.py's take-over: "
    assert not wire.was_closed, seam + "it closes a transport that is no longer its own"
    assert parser.eofs == 1, seam + "it no longer tells the parser; link.py expects feed_eof"
    assert handler._keepalive_handle is None or handler._keepalive_handle.cancelled(), seam + "its timer goes on"
    # Its handler still waits; ours has returned by now.
    for task in asyncio.all_tasks() - {asyncio.current_task()}:
        task.cancel()
    await eventually(lambda: len(asyncio.all_tasks()) == 1)
    await asyncio.sleep(0)  # for what is called when a task is done
    assert manager.connections == [], seam + "web.Server still knows the connection"


async def test_a_request_knows_when_its_client_has_gone(handler: Any) -> None:
    """Polls are answered, and abandoned ones found, by this."""
    requests: list[Any] = []

    async def answer(request: Any) -> web.StreamResponse:
        requests.append(request)
        await asyncio.Event().wait()
        return web.Response()

    handler._request_handler = answer
    handler.data_received(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
    await eventually(lambda: requests)
    (request,) = requests
    assert request.protocol is handler, "web.Request.protocol: front.py takes the transport over from it"
    assert request.transport is not None, "web.Request.transport: front.py asks it whether a client is there"
    handler.connection_lost(None)
    assert request.transport is None, (
        "web.Request.transport stays when its client has gone: front.py finds abandoned polls by it"
    )


async def test_keep_alive_can_be_switched_off(handler: Any) -> None:
    handler.keep_alive(False)
    assert handler._keepalive is False, "RequestHandler.keep_alive: front.py, without take-over"
    assert handler._keepalive_handle is None, "RequestHandler.keep_alive leaves its timer: front.py, without take-over"


def test_bad_chunks_have_an_exception_of_their_own() -> None:
    assert issubclass(web.RequestPayloadError, Exception), "aiohttp.web.RequestPayloadError: front.py, a POST's body"


def test_masks_are_applied_in_place() -> None:
    data = bytearray(b"abcd")
    aiohttp._websocket.helpers.websocket_mask(b"\1\2\3\4", data)
    assert data == bytes(byte ^ mask for byte, mask in zip(b"abcd", b"\1\2\3\4", strict=True)), (
        "aiohttp._websocket.helpers.websocket_mask: frames.py"
    )
    assert frames._mask is aiohttp._websocket.helpers.websocket_mask, (
        "aiohttp._websocket.helpers.websocket_mask has gone: frames.py unmasks in Python now, which costs time only"
    )


def test_protocols_are_plain_asyncio() -> None:
    assert issubclass(RequestHandler, asyncio.Protocol), "RequestHandler: front.py sets another protocol in its place"
