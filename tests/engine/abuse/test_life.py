"""How connections end: why, when, once; and what stays behind. How the server ends is in test_drain."""

from __future__ import annotations

import asyncio
import gc
import time
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from aiohttp import web
from aiohttp.web_protocol import RequestHandler

from tests.engine.abuse.hall import Hall, OpenHall, joined
from tests.engine.abuse.yard import HANDSHAKE, Open
from tests.engine.client_frames import client_frame
from tests.engine.running import Socket, eventually

# R21: every end has its reason

End = Callable[[Hall, Socket, str], Awaitable[None]]


async def says_close(hall: Hall, socket: Socket, sid: str) -> None:
    await socket.says("1")


async def leaves(hall: Hall, socket: Socket, sid: str) -> None:
    await socket.says("41/plain,")


async def is_shown_out(hall: Hall, socket: Socket, sid: str) -> None:
    hall.server.disconnect_connection(sid)


async def is_cut(hall: Hall, socket: Socket, sid: str) -> None:
    socket.cut()


async def says_too_much(hall: Hall, socket: Socket, sid: str) -> None:
    await socket.says("4" + "x" * 20_000)


async def says_nothing(hall: Hall, socket: Socket, sid: str) -> None:
    hall.server.manager.member(sid, "/plain").connection.look_alive(asyncio.get_running_loop().time() + 20)
    assert await socket.hears() == "2"
    hall.server.manager.member(sid, "/plain").connection.look_alive(asyncio.get_running_loop().time() + 31)


async def says_nonsense(hall: Hall, socket: Socket, sid: str) -> None:
    await socket.says("4nonsense")


async def is_held_too_long(hall: Hall, socket: Socket, sid: str) -> None:
    hall.server.manager.member(sid, "/plain").connection.too_slow()


async def errs_often(hall: Hall, socket: Socket, sid: str) -> None:
    await socket.says(*['42/plain,["unknown"]'] * 11)


async def sees_the_server_stop(hall: Hall, socket: Socket, sid: str) -> None:
    await hall.server.drain()


ENDS: dict[str, End] = {
    "client disconnect": says_close,
    "client namespace disconnect": leaves,
    "server disconnect": is_shown_out,
    "transport close": is_cut,
    "transport error": says_too_much,
    "ping timeout": says_nothing,
    "parse error": says_nonsense,
    "slow consumer": is_held_too_long,
    "too many errors": errs_often,
    "server shutting down": sees_the_server_stop,
}


@pytest.mark.parametrize("reason", ENDS)
async def test_every_end_has_its_reason_and_is_told_once(hall: OpenHall, reason: str) -> None:
    """R21, R30."""
    async with hall(max_payload=10_000) as (events, visitor):
        socket, sid = await joined(visitor)
        connection = events.server.manager.member(sid, "/plain").connection
        await ENDS[reason](events, socket, sid)
        await events.until(lambda: events.reasons == [reason])
        connection.close("another")
        await events.server.drain()
        assert events.reasons == [reason]
        if reason != "client namespace disconnect":
            assert events.server.counters.closed == {reason: 1}
        assert events.server.counters.faults["slow"] == (reason == "slow consumer")
        assert events.server.counters.faults["protocol"] == (reason == "parse error")
        assert events.server.counters.faults["frame"] == (reason == "transport error")


async def test_who_joins_nothing_ends_by_that_reason(hall: OpenHall) -> None:
    """R18, R21: nobody has joined, so no handler hears of it; the counter does."""
    async with hall(auth_s=0.1, ping_timeout_s=1) as (events, visitor):
        socket = await visitor.socket()
        assert await socket.ended() == 1008
        assert events.server.counters.closed == {"auth deadline": 1}
        assert events.reasons == []


async def test_an_end_is_told_in_the_next_turns_of_the_loop(hall: OpenHall) -> None:
    """R21: within 50 ms of the loop learning of it; turns do not depend on the machine."""
    async with hall() as (events, visitor):
        _, sid = await joined(visitor)
        connection = events.server.manager.member(sid, "/plain").connection
        connection.link.connection_lost(None)
        turns = 0
        while not events.reasons:
            await asyncio.sleep(0)
            turns += 1
        assert turns <= 3


async def test_a_closed_side_is_an_end_though_the_other_does_not_read(opened: Open) -> None:
    """R21: what is still unsent must not keep a client who has gone. aiohttp does not tell, so with take-over only."""
    async with opened(take_over=True) as (yard, visitor):
        reader, writer = await visitor.raw()
        writer.write(HANDSHAKE + b"\r\n")
        await reader.readuntil(b"}")
        writer.transport.pause_reading()
        link = yard.server.sockets[yard.sid].link
        while not link.unsent():
            await yard.server.send(yard.sid, "y" * 90_000)
            await asyncio.sleep(0)
        writer.write_eof()
        await eventually(lambda: yard.left)
        assert yard.left == ["transport close"]
        assert link.unsent()
        writer.close()


async def test_a_handler_may_still_look_into_the_session_that_ends(hall: OpenHall) -> None:
    """R21: as under the stock server."""
    async with hall() as (events, visitor):
        found: list[Any] = []

        async def disconnect(sid: str, reason: str) -> None:
            found.append(await events.server.get_session(sid, "/plain"))

        socket, sid = await joined(visitor)
        events.server.on("disconnect", disconnect, "/plain")
        await events.server.save_session(sid, {"name": "Ann"}, "/plain")
        socket.cut()
        await eventually(lambda: found)
        assert found == [{"name": "Ann"}]
        with pytest.raises(KeyError):
            await events.server.eio.get_session(sid)


async def test_a_handler_that_had_its_time_is_the_last(hall: OpenHall) -> None:
    """R21: the library swallows the cancellation; the next event of a client that is gone is not handled."""
    async with hall(handler_s=0.1, ping_timeout_s=5, ping_interval_s=5) as (events, visitor):
        events.gate.clear()
        socket, _ = await joined(visitor)
        await socket.says('42/plain,["wait"]', '42/plain,["echo"]', '42/plain,["echo"]')
        await eventually(lambda: events.server.counters.packets_in == 4)
        await socket.says("1")
        await events.until(lambda: events.reasons == ["client disconnect"])
        events.gate.set()
        for _ in range(20):
            await asyncio.sleep(0)
        assert events.echoed == []


# R22: disconnect_connection


async def test_whoever_is_shown_out_is_heard_no_more(hall: OpenHall) -> None:
    """R22: neither what waits in the inbox nor what has not been parsed yet."""
    async with hall() as (events, visitor):
        events.gate.clear()
        socket, sid = await joined(visitor)
        connection = events.server.manager.member(sid, "/plain").connection
        await socket.says('42/plain,["wait"]', *['42/plain,["echo"]'] * 200)
        await eventually(lambda: connection.is_excused)
        events.server.disconnect_connection(sid)
        assert await socket.hears() == "41/plain,"
        assert await socket.ended() == 1000
        events.gate.set()
        await events.until(lambda: events.reasons == ["server disconnect"])
        assert events.echoed == []


async def test_whoever_polls_is_shown_out_too(hall: OpenHall) -> None:
    """R22: the goodbyes come with the answer to the poll that waits, and the end with the next."""
    async with hall() as (events, visitor):
        poller = await visitor.poller()
        await poller.post("40/plain,")
        assert (await poller.hears()).startswith("40/plain,{")
        connection = events.server.eio.sockets[poller.sid]
        poll = asyncio.create_task(poller.get())
        await eventually(lambda: connection.waiter is not None)
        events.server.disconnect_connection(next(iter(connection.members.values())).sid)
        assert await poll == (200, "41/plain,")
        assert await poller.get() == (200, "1")
        assert (await poller.post('42/plain,["echo"]'))[0] == 400
        await events.until(lambda: events.reasons == ["server disconnect"])
        assert events.echoed == []


# R16: what stays behind


async def test_an_idle_connection_has_no_task_and_nothing_of_aiohttp(opened: Open, take_over: bool) -> None:
    """R16: after the take-over neither the request nor its handler is kept, and aiohttp knows nobody."""
    async with opened() as (yard, visitor):
        before = asyncio.all_tasks()
        for _ in range(10):
            socket = await visitor.socket()
            await socket.says("4x")
        await yard.until(lambda: len(yard.heard) == 10)
        await eventually(lambda: not any(connection.task for connection in yard.server.sockets.values()))
        if take_over:
            await eventually(lambda: asyncio.all_tasks() == before)
            gc.collect()
            assert not [one for one in gc.get_objects() if type(one) is RequestHandler and one.transport is not None]
            assert not [one for one in gc.get_objects() if type(one) is web.Server and one.connections]


async def test_whoever_has_gone_keeps_nothing(hall: OpenHall) -> None:
    """R16, R17: the wheel knows a connection until its next entry, so it is only a shell."""
    async with hall() as (events, visitor):
        socket, sid = await joined(visitor)
        await events.server.save_session(sid, {"name": "Ann"}, "/plain")
        connection = events.server.manager.member(sid, "/plain").connection
        link = connection.link
        await socket.says('451-/plain,["echo",{"_placeholder":true,"num":0}]')
        await eventually(lambda: connection.assembly is not None)
        link.data_received(client_frame(b"x" * 5000, final=False) + client_frame(b"y" * 5000, 0)[:100])
        assert link._reader._partial
        socket.cut()
        await events.until(lambda: events.reasons == ["transport close"])
        await eventually(lambda: not events.server.eio.house.ending)
        names = {name for kind in type(connection).__mro__ for name in getattr(kind, "__slots__", ())}
        kept = {name: getattr(connection, name) for name in names - {"_shared", "_wheel", "_limits"}}
        assert not {name: value for name, value in kept.items() if not isinstance(value, (int, float, str, type(None)))}
        assert (link._transport, link._reader._partial, link._reader._message) == (None, None, None)


async def test_the_wheel_has_one_entry_of_a_kind_for_each_connection(hall: OpenHall) -> None:
    """R20: joining, leaving and attachments as often as one likes do not fill it."""
    async with hall() as (events, visitor):
        socket, _ = await joined(visitor)
        for _ in range(100):
            await socket.says("41/plain,", "40/plain,")
            await socket.hears_until("40/plain,")
            await socket.says('451-/plain,1["echo",{"_placeholder":true,"num":0}]', b"x")
            assert (await socket.hears()).startswith("461-/plain,")
            assert await socket.hears() == b"x"
        assert len(events.server.eio.house.wheel) <= 3


# R20, R21: time, and goodbyes


async def test_a_cut_is_known_at_once(opened: Open) -> None:
    async with opened() as (yard, visitor):
        socket = await visitor.socket()
        socket.cut()
        await yard.until(lambda: yard.left == ["transport close"])


async def test_nobody_sets_our_clock(opened: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    async with opened(ping_interval_s=0.1, ping_timeout_s=1) as (yard, visitor):
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
