"""What a client may do with a WebSocket: frames, floods, not reading. How it ends is in test_life."""

from __future__ import annotations

import asyncio
import socket as sockets

import pytest

from tests.engine.abuse.yard import HANDSHAKE, Open
from tests.engine.client_frames import client_frame
from tests.engine.running import eventually

# R8: frames


async def test_no_extension_is_agreed_on_and_frames_must_be_masked(opened: Open) -> None:
    async with opened() as (yard, visitor):
        reader, writer = await visitor.raw()
        writer.write(HANDSHAKE + b"Sec-WebSocket-Extensions: permessage-deflate\r\n\r\n")
        head = await reader.readuntil(b"\r\n\r\n")
        assert b"s3pPLMBiTxaQ9kYGzzhZRbK+xOo=" in head
        assert b"xtensions" not in head
        await reader.readuntil(b"}")
        writer.write(client_frame(b"4x", mask=None))
        assert await reader.readexactly(4) == b"\x88\x02\x03\xea"
        await yard.until(lambda: yard.left == ["transport error"])
        writer.close()


async def test_a_frame_right_behind_the_handshake_is_heard(opened: Open) -> None:
    async with opened() as (yard, visitor):
        _, writer = await visitor.raw()
        writer.write(HANDSHAKE + b"\r\n" + client_frame(b"4early"))
        await yard.until(lambda: yard.heard == ["early"])
        writer.close()


async def test_a_message_in_fragments_one_byte_at_a_time(opened: Open) -> None:
    async with opened() as (yard, visitor):
        reader, writer = await visitor.raw()
        writer.write(HANDSHAKE + b"\r\n")
        await reader.readuntil(b"}")
        for byte in client_frame(b"4he", final=False) + client_frame(b"llo", 0):
            writer.write(bytes((byte,)))
            await writer.drain()
        await yard.until(lambda: yard.heard == ["hello"])
        writer.close()


BROKEN = {
    "no mask": (client_frame(b"4x", mask=None), 1002),
    "first reserved bit": (client_frame(b"4x", rsv=4), 1002),
    "second reserved bit": (client_frame(b"4x", rsv=2), 1002),
    "third reserved bit": (client_frame(b"4x", rsv=1), 1002),
    "reserved data frame": (client_frame(b"4x", 3), 1002),
    "reserved control frame": (client_frame(b"", 11), 1002),
    "ping in fragments": (client_frame(b"", 9, final=False), 1002),
    "ping of 126 bytes": (client_frame(b"x" * 126, 9), 1002),
    "continuation of nothing": (client_frame(b"x", 0), 1002),
    "message inside a message": (client_frame(b"4x", final=False) + client_frame(b"4y"), 1002),
    "length written too long": (b"\x81\xfe\x00\x05", 1002),
    "length with its first bit": (b"\x81\xff" + b"\xff" * 8, 1009),
    "bad text": (client_frame(b"4\xff"), 1007),
    "half a character": (client_frame("4é".encode()[:-1]), 1007),
    "a surrogate": (client_frame(b"4\xed\xa0\x80"), 1007),
    "over the bound, announced": (b"\x81\xfe\x27\x11", 1009),
    "over the bound in fragments": (client_frame(b"4" * 6000, final=False) + client_frame(b"x" * 6000, 0), 1009),
    "goodbye of one byte": (client_frame(b"x", 8), 1002),
    "goodbye with a code of nobody": (client_frame(b"\x03\xed", 8), 1002),
    "goodbye in bad text": (client_frame(b"\x03\xe8\xff", 8), 1007),
}


@pytest.mark.parametrize("name", BROKEN)
async def test_a_broken_frame_ends_the_connection_with_its_code(opened: Open, name: str) -> None:
    """R8: told once, whatever comes behind it."""
    sent, code = BROKEN[name]
    async with opened(max_payload=10_000) as (yard, visitor):
        reader, writer = await visitor.raw()
        writer.write(HANDSHAKE + b"\r\n")
        await reader.readuntil(b"}")
        writer.write(sent + client_frame(b"4never heard") + client_frame(b"hi", 9))
        assert await reader.read() == b"\x88\x02" + code.to_bytes(2, "big")
        await yard.until(lambda: yard.left == ["transport error"])
        assert yard.heard == []
        writer.close()


async def test_a_goodbye_is_answered_with_one(opened: Open) -> None:
    """R8."""
    async with opened() as (yard, visitor):
        reader, writer = await visitor.raw()
        writer.write(HANDSHAKE + b"\r\n" + client_frame(b"\x0b\xb8bye", 8))
        await reader.readuntil(b"}")
        assert await reader.read() == b"\x88\x02\x03\xe8"
        await yard.until(lambda: yard.left == ["transport close"])
        writer.close()


async def test_a_message_over_the_bound_ends_the_connection(opened: Open) -> None:
    async with opened(max_payload=10_000) as (yard, visitor):
        socket = await visitor.socket()
        await socket.says("4" + "x" * 10_000)
        assert await socket.ended() == 1009
        await yard.until(lambda: yard.left == ["transport error"])


async def test_a_websocket_ping_has_its_pong(opened: Open) -> None:
    async with opened() as (_, visitor):
        reader, writer = await visitor.raw()
        writer.write(HANDSHAKE + b"\r\n" + client_frame(b"hi", 9))
        await reader.readuntil(b"}")
        assert await reader.readexactly(4) == b"\x8a\x02hi"
        writer.close()


# R14, R15: floods


async def test_a_flood_waits_outside_and_arrives_in_order(opened: Open) -> None:
    async with opened() as (yard, visitor):
        yard.gate.clear()
        socket = await visitor.socket()
        connection = yard.server.sockets[yard.sid]

        async def flood() -> None:
            for number in range(5000):
                await socket.says(f"4{number}")

        flooding = asyncio.create_task(flood())
        await eventually(lambda: connection.is_excused)
        for _ in range(50):
            await asyncio.sleep(0)
        assert len(connection._inbox) <= 64
        yard.gate.set()
        await flooding
        await yard.until(lambda: len(yard.heard) == 5000)
        assert yard.heard == [str(number) for number in range(5000)]
        assert connection.task is None


async def test_a_flood_of_large_messages_waits_outside(opened: Open) -> None:
    """R15: sixty-four of the largest would be sixty-four times the bound of one."""
    async with opened(max_payload=50_000) as (yard, visitor):
        yard.gate.clear()
        socket = await visitor.socket()
        connection = yard.server.sockets[yard.sid]
        flooding = asyncio.create_task(socket.says(*("4" + str(number) * 40_000 for number in range(9))))
        await eventually(lambda: connection.is_excused)
        for _ in range(50):
            await asyncio.sleep(0)
        assert connection._inbox_bytes < 2 * 50_000
        yard.gate.set()
        await flooding
        await yard.until(lambda: len(yard.heard) == 9)
        assert [text[0] for text in yard.heard] == [str(number) for number in range(9)]
        assert yard.server.counters.inbox_pauses > 0


async def test_a_flood_right_behind_the_handshake_waits_outside_too(opened: Open) -> None:
    """R15: aiohttp hands these bytes over, and then reads again of its own accord."""
    frames = b"".join(client_frame(f"4{number:05}".encode() + b"x" * 500) for number in range(5000))
    async with opened() as (yard, visitor):
        door = asyncio.Event()

        async def connect(sid: str, environ: object) -> None:
            await door.wait()

        yard.server.handlers["connect"] = connect
        yard.gate.clear()
        _, writer = await visitor.raw()
        writer.write(HANDSHAKE + b"\r\n" + frames)
        await eventually(lambda: yard.server.sockets)
        for _ in range(200):  # until aiohttp holds all it takes
            await asyncio.sleep(0)
        door.set()
        await eventually(lambda: yard.server.sockets[yard.sid].is_excused)
        for _ in range(200):
            await asyncio.sleep(0)
        connection = yard.server.sockets[yard.sid]
        assert len(connection._inbox) <= 64
        assert len(connection.link._reader._partial) < 1_000_000  # three reads of the loop
        yard.gate.set()
        await yard.until(lambda: len(yard.heard) == 5000)
        assert [int(text[:5]) for text in yard.heard] == list(range(5000))
        writer.close()


async def test_small_messages_behind_a_large_one_are_all_heard(opened: Open) -> None:
    """R15: what stood still goes on by itself, without more bytes to push it."""
    async with opened() as (yard, visitor):
        reader, writer = await visitor.raw()
        writer.write(HANDSHAKE + b"\r\n")
        await reader.readuntil(b"}")
        large = client_frame(b"4" + b"x" * 100_000)
        writer.write(large[:50])
        await eventually(lambda: yard.server.sockets[yard.sid].link._reader._need)
        yard.gate.clear()
        writer.write(large[50:] + b"".join(client_frame(f"4{number}".encode()) for number in range(70)))
        await eventually(lambda: yard.server.sockets[yard.sid].is_excused)
        yard.gate.set()
        await yard.until(lambda: len(yard.heard) == 71)
        writer.close()


async def test_whom_we_do_not_read_may_be_late_with_a_pong(opened: Open) -> None:
    async with opened(ping_interval_s=0.1, ping_timeout_s=1) as (yard, visitor):
        yard.gate.clear()
        socket = await visitor.socket()
        connection = yard.server.sockets[yard.sid]
        await socket.says(*(f"4{number}" for number in range(70)))
        await eventually(lambda: connection._awaits_pong)
        began = connection._dead_at
        await eventually(lambda: connection._dead_at != began)
        yard.gate.set()
        await socket.says("3")
        await socket.hears_until("2")
        await socket.says("3")
        await yard.until(lambda: len(yard.heard) == 70)
        assert yard.left == []


async def test_pongs_do_not_wait_behind_a_handler(opened: Open) -> None:
    async with opened(ping_interval_s=0.1, ping_timeout_s=1) as (yard, visitor):
        yard.gate.clear()
        socket = await visitor.socket()
        await socket.says("4slow")
        for _ in range(4):
            assert await socket.hears() == "2"
            await socket.says("3")
        yard.gate.set()
        await yard.until(lambda: yard.heard == ["slow"])


# R17: readers that do not read


async def test_a_reader_that_does_not_read_is_cut(opened: Open) -> None:
    async with opened() as (yard, visitor):
        _, writer = await visitor.raw()
        writer.transport.pause_reading()
        writer.write(HANDSHAKE + b"\r\n" + client_frame(b"4x"))
        await yard.until(lambda: yard.heard == ["x"])
        sid = yard.sid
        produced = 0
        while not yard.left:
            await yard.server.send(sid, "y" * 10_000)
            produced += 10_000
            await asyncio.sleep(0)
            assert produced < 30_000_000
            assert yard.server.house.outflow.unsent_total <= 1_000_000
        assert yard.left == ["slow consumer"]
        writer.close()


async def test_all_slow_readers_together_have_a_bound(opened: Open) -> None:
    async with opened(out_bytes=100_000, out_total=250_000) as (yard, visitor):
        pollers = [await visitor.poller() for _ in range(5)]
        for poller in pollers:
            for _ in range(9):
                await yard.server.send(poller.sid, "z" * 10_000)
        assert yard.server.house.outflow.unsent_total <= 250_000
        await yard.until(lambda: len(yard.left) >= 2)


async def test_who_asks_and_does_not_read_the_answers_is_cut(opened: Open) -> None:
    """R17: a WebSocket ping asks for as much as it brings, and its pongs count."""
    async with opened() as (yard, visitor):
        reader, writer = await visitor.raw()
        writer.write(HANDSHAKE + b"\r\n")
        await reader.readuntil(b"}")
        writer.transport.pause_reading()
        pings = client_frame(b"p" * 125, 9) * 2000
        asked = 0
        while not yard.left:
            writer.write(pings)
            asked += len(pings)
            await asyncio.sleep(0)
            assert asked < 60_000_000
            assert yard.server.house.outflow.unsent_total <= 1_000_000
        assert yard.left == ["slow consumer"]
        writer.close()


async def test_of_all_slow_readers_the_largest_goes_first(opened: Open) -> None:
    """R17."""
    async with opened(out_bytes=100_000, out_total=250_000) as (yard, visitor):
        small, large, middle = [await visitor.poller() for _ in range(3)]
        for poller, size in ((small, 70_000), (large, 95_000), (middle, 84_000)):
            await yard.server.send(poller.sid, "z" * size)
        assert yard.server.gauge() == {"websocket": 0, "polling": 3, "unsent_bytes": 249_003}
        await yard.server.send(small.sid, "z" * 2000)
        await yard.until(lambda: yard.left == ["slow consumer"])
        assert large.sid not in yard.server.sockets
        assert yard.server.gauge() == {"websocket": 0, "polling": 2, "unsent_bytes": 156_003}


async def test_the_kernel_is_asked_to_hold_little(opened: Open) -> None:
    """R17: its buffers come on top of our bound. Linux answers with twice what it gives."""
    async with opened(send_buffer=100_000) as (yard, visitor):
        await visitor.socket()
        transport = yard.server.sockets[yard.sid].link._transport
        size = transport.get_extra_info("socket").getsockopt(sockets.SOL_SOCKET, sockets.SO_SNDBUF)
        assert 100_000 <= size <= 200_000


async def test_unsent_bytes_are_counted_as_they_are_now(opened: Open) -> None:
    """R30: the gauge forgets what has gone out since, also where nobody tells us."""
    async with opened() as (yard, visitor):
        reader, writer = await visitor.raw()
        writer.write(HANDSHAKE + b"\r\n")
        await reader.readuntil(b"}")
        writer.transport.pause_reading()
        link = yard.server.sockets[yard.sid].link
        while not yard.server.gauge()["unsent_bytes"]:
            await yard.server.send(yard.sid, "y" * 90_000)
            await asyncio.sleep(0)
        assert yard.server.gauge()["unsent_bytes"] == link.unsent()
        writer.transport.resume_reading()
        while link.unsent():
            await reader.read(1_000_000)
        assert yard.server.gauge()["unsent_bytes"] == 0
        writer.close()
