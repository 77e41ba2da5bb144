"""Polls and upgrades: abandoned ones, two at once, queues that nobody fetches, probes that do not end."""

from __future__ import annotations

import asyncio
import socket as sockets
from typing import Any

import pytest

from server.engine import connection as connections
from tests.engine.abuse.yard import Open
from tests.engine.client_frames import client_frame
from tests.engine.running import Poller, Visitor, eventually

# R6: GET


async def test_an_abandoned_poll_swallows_nothing_and_ends_the_session(opened: Open) -> None:
    async with opened() as (yard, visitor):
        poller = await visitor.poller()
        connection = yard.server.sockets[poller.sid]
        _, writer = await visitor.raw()
        writer.write(f"GET /engine.io/{poller.query} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
        await eventually(lambda: connection.waiter is not None)
        writer.transport.abort()
        await eventually(lambda: not connection._where())
        await yard.server.send(poller.sid, "lost?")
        await yard.until(lambda: yard.left == ["transport close"])
        assert (await poller.get())[0] == 400


async def test_who_asks_again_after_an_abandoned_poll_has_no_session(opened: Open) -> None:
    async with opened() as (yard, visitor):
        poller = await visitor.poller()
        connection = yard.server.sockets[poller.sid]
        _, writer = await visitor.raw()
        writer.write(f"GET /engine.io/{poller.query} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
        await eventually(lambda: connection.waiter is not None)
        writer.transport.abort()
        await eventually(lambda: not connection._where())
        assert (await poller.get())[0] == 400
        await yard.until(lambda: yard.left == ["transport error"])
        assert (await poller.get())[0] == 400


async def abandoned(visitor: Visitor, poller: Poller, connection: Any) -> None:
    """A poll whose client is gone."""
    _, writer = await visitor.raw()
    writer.write(f"GET /engine.io/{poller.query} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
    await eventually(lambda: connection.waiter is not None)
    writer.transport.abort()
    await eventually(lambda: not connection._where())


async def test_an_abandoned_poll_ends_the_session_at_the_next_ping(opened: Open) -> None:
    """R6: not a timeout later; nothing is ever sent here but the ping."""
    async with opened(ping_interval_s=0.2, ping_timeout_s=15) as (yard, visitor):
        poller = await visitor.poller()
        await abandoned(visitor, poller, yard.server.sockets[poller.sid])
        await yard.until(lambda: yard.left == ["transport close"])


async def test_a_poll_that_is_lost_on_its_way_ends_the_session(opened: Open) -> None:
    """R6: its packets are gone, and a session that went on would have a gap."""
    async with opened() as (yard, visitor):
        poller = await visitor.poller()
        connection = yard.server.sockets[poller.sid]
        _, writer = await visitor.raw()
        writer.write(f"GET /engine.io/{poller.query} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
        await eventually(lambda: connection.waiter is not None)
        connection.push("4to nobody")
        transport = connection._where()
        connection.flush()
        transport.abort()
        await yard.until(lambda: yard.left == ["transport close"])
        writer.close()


async def test_a_poll_that_is_lost_halfway_ends_the_session(opened: Open) -> None:
    """R6: a part of the answer has been written."""
    async with opened() as (yard, visitor):
        poller = await visitor.poller()
        writer = await unread_answer(visitor, poller, yard.server.sockets[poller.sid])
        writer.transport.abort()
        await yard.until(lambda: yard.left == ["transport close"])


async def test_two_polls_at_once_end_the_session(opened: Open) -> None:
    """R6: the first hears CLOSE, the second 400."""
    async with opened() as (yard, visitor):
        poller = await visitor.poller()
        connection = yard.server.sockets[poller.sid]
        first = asyncio.create_task(poller.get())
        await eventually(lambda: connection.waiter is not None)
        assert (await poller.get())[0] == 400
        assert await first == (200, "1")
        await yard.until(lambda: yard.left == ["transport error"])


async def test_a_poll_is_late_as_soon_as_its_time_is_over(opened: Open) -> None:
    """R20: exact for polls, though the wheel turns coarsely."""
    async with opened() as (yard, visitor):
        poller = await visitor.poller()
        yard.server.sockets[poller.sid]._dead_at = yard.server.house.loop.time()
        status, text = await poller.get()
        assert status == 400
        assert "Session ID unknown" in text
        await yard.until(lambda: yard.left == ["ping timeout"])


async def unread_answer(visitor: Visitor, poller: Poller, connection: Any) -> asyncio.StreamWriter:
    """A poll of a megabyte on a connection that nobody reads; the kernels take a part of it."""
    wire = sockets.socket()
    wire.setsockopt(sockets.SOL_SOCKET, sockets.SO_RCVBUF, 4096)
    wire.setblocking(False)
    await asyncio.get_running_loop().sock_connect(wire, ("127.0.0.1", visitor.port))
    _, writer = await asyncio.open_connection(sock=wire)
    writer.transport.pause_reading()
    writer.write(f"GET /engine.io/{poller.query} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
    await eventually(lambda: connection.waiter is not None)
    connection.push("4" + "y" * 990_000)
    await eventually(connection.unread)
    return writer


async def test_who_does_not_read_an_answer_gets_no_other(opened: Open) -> None:
    """R17: each would cost a megabyte on a TCP connection of its own."""
    async with opened() as (yard, visitor):
        poller = await visitor.poller()
        connection = yard.server.sockets[poller.sid]
        writer = await unread_answer(visitor, poller, connection)
        assert yard.server.house.outflow.unsent_total == 0
        await yard.server.send(poller.sid, "x")
        assert yard.server.gauge()["unsent_bytes"] > 100_000
        transport = connection._read_from
        assert (await poller.get())[0] == 400
        await yard.until(lambda: yard.left == ["slow consumer"])
        await eventually(transport.is_closing)
        writer.close()


async def test_an_answer_that_nobody_reads_ends_with_its_session(opened: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    """R17: a moment later, for those who read slowly."""
    monkeypatch.setattr(connections, "REAP_S", 0.1)
    async with opened(ping_timeout_s=0.5) as (yard, visitor):
        poller = await visitor.poller()
        connection = yard.server.sockets[poller.sid]
        writer = await unread_answer(visitor, poller, connection)
        assert await poller.post("1") == (200, "ok")
        await yard.until(lambda: yard.left == ["client disconnect"])
        transport = connection._read_from
        assert not transport.is_closing()
        await eventually(transport.is_closing)
        assert connection._read_from is None
        writer.close()


async def test_answers_are_not_compressed(opened: Open) -> None:
    """R6."""
    async with opened() as (yard, visitor):
        poller = await visitor.poller()
        await yard.server.send(poller.sid, "x" * 50_000)
        _, headers = await visitor.headers(poller.query, headers={"Accept-Encoding": "gzip, deflate, br"})
        assert "Content-Encoding" not in headers
        assert headers["Content-Length"] == "50001"


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


# R7: upgrade


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


async def test_a_probe_is_answered_once(opened: Open) -> None:
    """R7: its answers are nobody's packets and nobody counts them, so a flood of probes is none."""
    async with opened() as (yard, visitor):
        poller = await visitor.poller()
        socket = await poller.upgrade()
        await socket.says("2probe", "2probe")
        assert await socket.hears() == "3probe"
        assert await socket.ended() == 1002
        await yard.server.send(poller.sid, "by polling")
        assert await poller.hears() == "4by polling"


async def test_a_second_upgrade_is_accepted_and_closed(opened: Open) -> None:
    """R7: while the first is probing, and after it; it costs the session nothing."""
    async with opened() as (yard, visitor):
        poller = await visitor.poller()
        socket = await poller.upgrade()
        assert await (await poller.upgrade()).ended() == 1008
        await socket.says("2probe")
        assert await socket.hears() == "3probe"
        await socket.says("5", "4x")
        await yard.until(lambda: yard.heard == ["x"])
        assert await (await poller.upgrade()).ended() == 1008
        await yard.server.send(poller.sid, "still here")
        assert await socket.hears() == "4still here"
        assert yard.left == []


async def test_a_full_inbox_stays_full_through_an_upgrade(opened: Open) -> None:
    """R15: what a POST has filled, the WebSocket behind it does not fill further."""
    async with opened() as (yard, visitor):
        yard.gate.clear()
        poller = await visitor.poller()
        connection = yard.server.sockets[poller.sid]
        post = asyncio.create_task(poller.post("\x1e".join(f"4{number}" for number in range(100))))
        await eventually(lambda: connection.is_excused)
        socket = await poller.upgrade()
        await socket.says("2probe")
        assert await socket.hears() == "3probe"
        await socket.says("5", *(f"4{number}" for number in range(100, 400)))
        await eventually(lambda: connection.upgraded)
        for _ in range(50):
            await asyncio.sleep(0)
        assert len(connection._inbox) <= 100
        yard.gate.set()
        assert await post == (200, "ok")
        await yard.until(lambda: len(yard.heard) == 400)
        assert yard.heard == [str(number) for number in range(400)]


async def test_an_upgrade_takes_what_was_never_polled_with_it(opened: Open) -> None:
    """R2, R26."""
    async with opened() as (yard, visitor):
        poller = await visitor.poller()
        for number in range(40):
            await yard.server.send(poller.sid, str(number))
        assert len((await poller.hears()).split("\x1e")) == 16
        socket = await poller.upgrade()
        await socket.says("2probe")
        assert await socket.hears() == "3probe"
        await yard.server.send(poller.sid, "during")
        await socket.says("5", "4x")
        await yard.until(lambda: yard.heard == ["x"])
        await yard.server.send(poller.sid, "after")
        assert [await socket.hears() for _ in range(26)] == [f"4{n}" for n in (*range(16, 40), "during", "after")]


async def test_a_frame_right_behind_the_upgrade_is_heard(opened: Open) -> None:
    """R2: the UPGRADE packet and the first message in one segment."""
    async with opened() as (yard, visitor):
        poller = await visitor.poller()
        reader, writer = await visitor.raw()
        writer.write(
            f"GET /engine.io/?EIO=4&transport=websocket&sid={poller.sid} HTTP/1.1\r\nHost: x\r\n"
            "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
            "Sec-WebSocket-Version: 13\r\n\r\n".encode()
            + b"".join(client_frame(text) for text in (b"2probe", b"5", b"4early"))
        )
        await yard.until(lambda: yard.heard == ["early"])
        assert (await reader.readuntil(b"3probe")).endswith(b"\x81\x063probe")
        writer.close()
