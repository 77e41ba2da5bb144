"""R23: how the server stops: handlers get their time, everybody is told, and nobody is waited for longer than that."""

from __future__ import annotations

import asyncio
import itertools
import time

from aiohttp import web

from tests.engine.abuse.yard import HANDSHAKE, POLLING, Open
from tests.engine.client_frames import client_frame
from tests.engine.running import eventually, serving


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
        assert await poll == (200, "6")  # after "1" the stock Python client would not come back
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


async def test_a_drain_ends_handlers_that_do_not_end(opened: Open) -> None:
    """R23."""
    async with opened(drain_s=0.1) as (yard, visitor):
        yard.gate.clear()
        socket = await visitor.socket()
        await socket.says("4for ever")
        await eventually(lambda: yard.server.sockets[yard.sid].task is not None)
        ended = asyncio.create_task(socket.ended())
        await yard.server.drain()
        assert (yard.heard, yard.left) == ([], ["server shutting down"])
        assert await ended == 1012


async def test_a_drain_waits_for_handlers_that_began_meanwhile(opened: Open) -> None:
    """R23: they run when everybody is told, and get the time that what is unsent gets."""
    async with opened() as (yard, visitor):
        yard.gate.clear()
        first, second = await visitor.socket(), await visitor.socket()
        sid, other = yard.server.sockets
        await first.says("4first")
        await eventually(lambda: yard.server.sockets[sid].task is not None)
        drain = asyncio.create_task(yard.server.drain())
        await asyncio.sleep(0)
        await second.says("4second")
        await eventually(lambda: yard.server.sockets[other].task is not None)
        late = yard.server.sockets[other].task
        yard.server.sockets[sid].task.cancel()
        ends = [asyncio.create_task(socket.ended()) for socket in (first, second)]
        await eventually(lambda: not yard.server.house.transports)
        for _ in range(20):
            await asyncio.sleep(0)
        assert not late.done()
        yard.gate.set()
        await drain
        assert yard.heard == ["second"]
        assert yard.left == ["server shutting down"] * 2
        assert await asyncio.gather(*ends) == [1012, 1012]


async def test_a_drain_waits_for_no_farewell_without_end(opened: Open) -> None:
    """R23: it returns whatever handlers do."""
    async with opened(flush_s=0.1) as (yard, visitor):
        await visitor.socket()

        async def never(sid: str, reason: str) -> None:
            await asyncio.Event().wait()

        yard.server.handlers["disconnect"] = never
        await yard.server.drain()
        assert not yard.server.house.ending


async def test_a_drain_is_spread_over_turns_of_the_loop(opened: Open) -> None:
    """R23: nobody else waits until all are told."""
    async with opened(slice=10) as (yard, visitor):
        for _ in range(35):
            await visitor.poller()
        drain = asyncio.create_task(yard.server.drain())
        sizes = [35]
        while sizes[-1]:
            await asyncio.sleep(0)
            sizes.append(len(yard.server.sockets))
        assert max(before - after for before, after in itertools.pairwise(sizes)) == 10
        await drain


async def test_aiohttp_stops_when_we_have_stopped(opened: Open) -> None:
    """R23: taken over or not, its own shutdown finds nobody to wait for: not a poll, not a POST, not a WebSocket."""
    async with opened(body_s=60) as (yard, _):
        app = web.Application()
        yard.server.attach(app)
        async with serving(app, "engine.io") as visitor:
            (reader, poll), (_, post), (_, socket) = [await visitor.raw() for _ in range(3)]
            poller, sender = await visitor.poller(), await visitor.poller()
            poll.write(f"GET /engine.io/{poller.query} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
            post.write(f"POST /engine.io/{sender.query} HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\n4".encode())
            socket.write(HANDSHAKE + b"\r\n")
            await eventually(lambda: yard.server.sockets[sender.sid].body)
            await eventually(lambda: yard.server.sockets[poller.sid].waiter)
            await eventually(lambda: len(yard.server.sockets) == 3)
            began = time.monotonic()
        assert time.monotonic() - began < 30, "it waited for one of them"
        assert (await reader.read()).endswith(b"\r\n\r\n6")
        for writer in (poll, post, socket):
            writer.close()
