"""What a client may do with a connection: frames, floods, not reading, not answering, leaving."""

from __future__ import annotations

import asyncio
import time

import pytest

from tests.engine.abuse.yard import HANDSHAKE, POLLING, Open
from tests.engine.client_frames import client_frame
from tests.engine.running import PATIENCE_S, eventually

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


async def test_whom_we_do_not_read_may_be_late_with_a_pong(opened: Open) -> None:
    async with opened(ping_interval_s=0.1, ping_timeout_s=0.1) as (yard, visitor):
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
    async with opened(ping_interval_s=0.1, ping_timeout_s=0.15) as (yard, visitor):
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


# R20, R21, R22: ends


async def test_a_cut_is_known_at_once(opened: Open) -> None:
    async with opened() as (yard, visitor):
        socket = await visitor.socket()
        socket.cut()
        began = time.monotonic()
        await yard.until(lambda: yard.left == ["transport close"])
        assert time.monotonic() - began < PATIENCE_S / 10


async def test_nobody_sets_our_clock(opened: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    async with opened(ping_interval_s=0.1, ping_timeout_s=0.3) as (yard, visitor):
        socket = await visitor.socket()
        real = time.time
        monkeypatch.setattr(time, "time", lambda: real() + 86_400)
        for _ in range(3):
            assert await socket.hears() == "2"
            await socket.says("3")
        assert yard.left == []


async def test_a_half_open_link_ends_with_its_time(opened: Open) -> None:
    async with opened(ping_interval_s=0.2, ping_timeout_s=0.2) as (yard, visitor):
        socket = await visitor.socket()
        await yard.until(lambda: yard.left == ["ping timeout"])
        await socket.close()


async def test_what_was_said_before_a_goodbye_is_handled(opened: Open) -> None:
    async with opened() as (yard, visitor):
        reader, writer = await visitor.raw()
        writer.write(HANDSHAKE + b"\r\n")
        await reader.readuntil(b"}")
        writer.write(client_frame(b"4last words") + client_frame(b"", 8))
        await yard.until(lambda: yard.left == ["transport close"])
        assert yard.heard == ["last words"]
        writer.close()


async def test_a_server_disconnect_closes_for_real_and_drops_what_waits(opened: Open) -> None:
    async with opened() as (yard, visitor):
        yard.gate.clear()
        socket = await visitor.socket()
        await socket.says("4first", "4second", "4third")
        await eventually(lambda: len(yard.server.sockets[yard.sid]._inbox or ()) == 2)
        await yard.server.disconnect(yard.sid)
        assert await socket.ended() == 1000
        assert yard.left == []  # behind the running handler
        yard.gate.set()
        await yard.until(lambda: yard.left == ["server disconnect"])
        assert yard.heard == ["first"]


async def test_a_handler_without_end_is_given_its_time(opened: Open) -> None:
    async with opened(handler_s=0.1, ping_timeout_s=0.2) as (yard, visitor):
        yard.gate.clear()
        socket = await visitor.socket()
        await socket.says("4for ever")
        await eventually(lambda: yard.server.sockets[yard.sid].task is not None)
        socket.cut()
        await yard.until(lambda: yard.left == ["transport close"])
        assert yard.heard == []


# R23: drain


async def test_a_drain_lets_handlers_end_tells_everybody_and_refuses_newcomers(opened: Open) -> None:
    async with opened() as (yard, visitor):
        yard.gate.clear()
        sockets = [await visitor.socket() for _ in range(50)]
        poller = await visitor.poller()
        poll = asyncio.create_task(poller.get())
        await sockets[0].says("4work")
        await eventually(lambda: any(connection.task for connection in yard.server.sockets.values()))
        ends = [asyncio.create_task(socket.ended()) for socket in sockets]
        draining = asyncio.create_task(yard.server.drain())
        await asyncio.sleep(0)
        assert (await visitor.ask(POLLING))[0] == 503
        yard.gate.set()
        await draining
        assert yard.heard == ["work"]
        assert set(await asyncio.gather(*ends)) == {1012}
        assert await poll == (200, "1")
        assert yard.left == ["server shutting down"] * 51


async def test_a_drain_waits_for_no_reader(opened: Open) -> None:
    async with opened(flush_s=0.1) as (yard, visitor):
        _, writer = await visitor.raw()
        writer.transport.pause_reading()
        writer.write(HANDSHAKE + b"\r\n" + client_frame(b"4x"))
        await yard.until(lambda: yard.heard == ["x"])
        for _ in range(90):
            await yard.server.send(yard.sid, "y" * 10_000)
        await yard.server.drain()
        assert not yard.server.house.transports or yard.left == ["server shutting down"]
        writer.close()
