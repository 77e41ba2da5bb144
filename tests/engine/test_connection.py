"""What a connection costs while it only listens."""

from __future__ import annotations

import asyncio
import gc

from server.engine import SocketServer
from server.engine.connection import WEBSOCKET, Connection
from server.engine.link import WebSocketLink


class Wire(asyncio.Transport):
    """Takes everything at once."""

    def __init__(self) -> None:
        super().__init__()
        self.written = b""

    def write(self, data: bytes) -> None:  # type: ignore[override]
        self.written += data

    def is_closing(self) -> bool:
        return False

    def get_write_buffer_size(self) -> int:
        return 0

    def close(self) -> None:
        pass


def listener(server: SocketServer) -> Wire:
    """A connection that has joined, on a wire of its own."""
    wire = Wire()
    connection = Connection(server.eio.house, server.eio.generate_id())
    connection.link = WebSocketLink(server.eio.house, wire, connection, probing=False)
    connection.state = WEBSOCKET
    server.manager.release(server.manager.add(connection, "/plain", server.eio.generate_id()))
    return wire


async def test_a_broadcast_leaves_the_garbage_collector_asleep() -> None:
    server = SocketServer(["/plain"])
    server.eio.house.begin()
    wires = [listener(server) for _ in range(2000)]
    gc.collect()
    gc.disable()
    try:
        before = gc.get_count()[0]
        await server.emit("news", {"text": "hello"}, namespace="/plain")
        assert gc.get_count()[0] - before < 200
    finally:
        gc.enable()
    await asyncio.sleep(0)
    assert wires[0].written.endswith(b'42/plain,["news",{"text":"hello"}]')


async def test_what_one_turn_says_leaves_together_in_its_order() -> None:
    server = SocketServer(["/plain"])
    server.eio.house.begin()
    wire = listener(server)
    for number in range(3):
        await server.emit("n", number, namespace="/plain")
    assert wire.written == b""
    await asyncio.sleep(0)
    assert wire.written == b"".join(b'\x81\x1042/plain,["n",%d]' % number for number in range(3))
    assert server.counters.writes == 1


def news(*numbers: int) -> bytes:
    return b"".join(b'\x81\x1042/plain,["n",%d]' % number for number in numbers)


async def say(server: SocketServer, *numbers: int) -> None:
    for number in numbers:
        await server.emit("n", number, namespace="/plain")
        await asyncio.sleep(0)


async def test_for_a_reader_that_does_not_keep_up_frames_wait_with_us_and_follow_in_their_order() -> None:
    server = SocketServer(["/plain"])
    server.eio.house.begin()
    wire = listener(server)
    (connection,) = (member.connection for member in server.manager._members["/plain"].values())
    await say(server, 1)
    connection.link.pause_writing()
    await say(server, 2, 3)
    assert wire.written == news(1)
    assert connection.unsent() == server.eio.house.outflow.unsent_total == len(news(2, 3))
    connection.link.resume_writing()
    assert wire.written == news(1, 2, 3)
    assert server.eio.house.outflow.unsent_total == 0
    await say(server, 4)
    assert wire.written == news(1, 2, 3, 4)


async def test_what_waits_goes_out_before_the_farewell_also_to_a_slow_reader() -> None:
    server = SocketServer(["/plain"])
    server.eio.house.begin()
    wire = listener(server)
    (connection,) = (member.connection for member in server.manager._members["/plain"].values())
    connection.link.pause_writing()
    await say(server, 1, 2)
    connection.close("server disconnect")
    assert wire.written == news(1, 2) + b"\x88\x02\x03\xe8"
    assert server.eio.house.outflow.unsent_total == 0
