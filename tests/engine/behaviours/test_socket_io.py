"""Socket.IO v5 as its protocol document has it, one test for each behaviour that the official suite looks at."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator

import pytest

from tests.engine.client_frames import client_frame
from tests.engine.conformance import socket_app
from tests.engine.running import Socket, Visitor, serving

HANDSHAKE = (
    b"GET /socket.io/?EIO=4&transport=websocket HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
    b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: MTIzNDU2Nzg5MDEyMzQ1Ng==\r\n\r\n"
)
PING_TIMEOUT_S = 2.0


@pytest.fixture
async def visitor(take_over: bool) -> AsyncIterator[Visitor]:
    async with serving(socket_app(PING_TIMEOUT_S, take_over=take_over), "socket.io") as visitor:
        yield visitor


async def joined(visitor: Visitor, namespace: str = "/") -> Socket:
    socket = await visitor.socket()
    head = "" if namespace == "/" else namespace + ","
    await socket.says("40" + head)
    await socket.hears_until("40" + head)
    await socket.hears_until("42" + head + '["auth"')
    return socket


@pytest.mark.parametrize("head", ["", "/custom,"])
@pytest.mark.parametrize("auth", ["", '{"token":"123"}'])
async def test_a_client_joins_and_hears_what_the_handler_says_after_it(visitor: Visitor, head: str, auth: str) -> None:
    socket = await visitor.socket()
    await socket.says(f"40{head}{auth}")
    reply = await socket.hears()
    assert reply.startswith("40" + head)
    answer = json.loads(reply.removeprefix("40" + head))
    assert list(answer) == ["sid"]
    assert answer["sid"] != socket.hello["sid"]
    assert await socket.hears() == f'42{head}["auth",{auth or "{}"}]'


async def test_the_reply_to_a_join_is_written_apart_from_what_follows(visitor: Visitor) -> None:
    reader, writer = await visitor.raw()
    writer.write(HANDSHAKE)
    while b'"sid"' not in await reader.read(65536):
        pass
    writer.write(client_frame(b"40"))
    assert b"auth" not in await reader.read(65536)
    assert b'42["auth",{}]' in await reader.read(65536)
    writer.close()


@pytest.mark.parametrize("namespace", ["/random", "/custom2", "/*"])
async def test_an_unknown_namespace_is_refused(visitor: Visitor, namespace: str) -> None:
    socket = await visitor.socket()
    await socket.says(f"40{namespace},")
    assert await socket.hears() == f'44{namespace},{{"message":"Invalid namespace"}}'


@pytest.mark.parametrize("packet", ["4abc", "4", "47", "40[]", '40"x"', "4012"])
async def test_an_invalid_handshake_ends_the_connection(visitor: Visitor, packet: str) -> None:
    socket = await visitor.socket()
    await socket.says(packet)
    assert await socket.ended() == 1002


async def test_a_client_that_joins_nothing_is_let_go(visitor: Visitor) -> None:
    socket = await visitor.socket()
    with pytest.raises(AssertionError, match="ended"):
        await socket.hears_until("4")


@pytest.mark.parametrize("namespace", ["/", "/custom"])
async def test_leaving_a_namespace_leaves_the_others(visitor: Visitor, namespace: str) -> None:
    socket = await joined(visitor)
    await socket.says("40/custom,")
    await socket.hears_until('42/custom,["auth"')
    other = "/custom," if namespace == "/" else ""
    await socket.says("41" if namespace == "/" else "41/custom,", f'42{other}["message","x"]')
    assert await socket.hears_until("42") == f'42{other}["message-back","x"]'


@pytest.mark.parametrize("head", ["", "/custom,"])
async def test_events_and_acknowledgements_carry_their_arguments(visitor: Visitor, head: str) -> None:
    socket = await joined(visitor, head.rstrip(",") or "/")
    arguments = '1,"2",{"3":[true]},null'
    await socket.says(f'42{head}["message",{arguments}]')
    assert await socket.hears_until("42") == f'42{head}["message-back",{arguments}]'
    await socket.says(f'42{head}456["message-with-ack",{arguments}]')
    assert await socket.hears_until("43") == f"43{head}456[{arguments}]"
    await socket.says(f'42{head}0["message-with-ack"]')
    assert await socket.hears_until("43") == f"43{head}0[]"


async def test_attachments_go_both_ways(visitor: Visitor) -> None:
    socket = await joined(visitor)
    places = '{"_placeholder":true,"num":0},{"x":[{"_placeholder":true,"num":1}]}'
    await socket.says(f'452-["message",{places}]', b"\1\2\3", b"\4\5")
    assert await socket.hears_until("4") == f'452-["message-back",{places}]'
    assert [await socket.hears(), await socket.hears()] == [b"\1\2\3", b"\4\5"]
    await socket.says(f'452-789["message-with-ack",{places}]', b"\1\2\3", b"\4\5")
    assert await socket.hears_until("4") == f"462-789[{places}]"
    assert [await socket.hears(), await socket.hears()] == [b"\1\2\3", b"\4\5"]


@pytest.mark.parametrize("packet", ["4abc", "42{}", '42abc["message-with-ack",1]', "42", "42[]", "42[{}]", "40"])
async def test_an_invalid_packet_ends_the_connection(visitor: Visitor, packet: str) -> None:
    socket = await joined(visitor)
    await socket.says(packet)
    assert await socket.ended() == 1002


async def test_everything_works_by_polling(visitor: Visitor) -> None:
    poller = await visitor.poller()
    await poller.post('40{"a":1}')
    heard = ""
    while '42["auth",{"a":1}]' not in heard:
        heard += await poller.hears()
    assert heard.startswith("40{")
    await poller.post('451-["message",{"_placeholder":true,"num":0}]\x1ebAQID')
    heard = ""
    while "bAQID" not in heard:
        heard += await poller.hears()
    assert '451-["message-back",{"_placeholder":true,"num":0}]\x1ebAQID' in heard
