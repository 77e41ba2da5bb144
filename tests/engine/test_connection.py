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
