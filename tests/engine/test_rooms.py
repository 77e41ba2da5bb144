"""Rooms: encoded once, in order, at the cost of one's own rooms; and behind a bus between workers."""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from typing import Any

import pytest
from aiohttp import web
from socketio.async_pubsub_manager import AsyncPubSubManager

from server.engine import Limits, Rooms, SocketServer, rooms
from server.engine.packets import EVENT, Unsendable, encode
from tests.engine.offline import Note, Offline, at_once
from tests.engine.running import Socket, Visitor, eventually, serving


async def running(stack: AsyncExitStack, server: SocketServer) -> Visitor:
    app = web.Application()
    server.attach(app)
    return await stack.enter_async_context(serving(app, "socket.io"))


async def joined(visitor: Visitor) -> Socket:
    socket = await visitor.socket()
    await socket.says("40")
    await socket.hears_until("40")
    return socket


@pytest.fixture
async def stack() -> AsyncIterator[AsyncExitStack]:
    async with AsyncExitStack() as stack:
        yield stack


def sids(server: SocketServer) -> list[str]:
    return [sid for sid, _ in server.manager.get_participants("/", None)]


async def test_a_broadcast_is_encoded_once_and_refused_before_anybody_has_it(
    stack: AsyncExitStack, monkeypatch: pytest.MonkeyPatch
) -> None:
    """R11, R24."""
    server = SocketServer(["/"])
    visitor = await running(stack, server)
    sockets = [await joined(visitor) for _ in range(20)]
    calls = []
    monkeypatch.setattr(rooms, "encode", lambda *arguments: calls.append(1) or encode(*arguments))
    await server.emit("news", {"bytes": b"x"})
    assert len(calls) == 1
    for socket in sockets:
        assert await socket.hears() == '451-["news",{"bytes":{"_placeholder":true,"num":0}}]'
        assert await socket.hears() == b"x"
    with pytest.raises(Unsendable):
        await server.emit("news", float("inf"))
    await server.emit("after")
    assert {await socket.hears() for socket in sockets} == {'42["after"]'}


async def test_what_one_turn_produces_leaves_as_one_write(stack: AsyncExitStack) -> None:
    """R25, R30."""
    server = SocketServer(["/"])
    visitor = await running(stack, server)
    socket = await joined(visitor)
    await eventually(lambda: not server.eio.house.outflow._is_due)
    before, spared = server.counters.writes, server.counters.coalesced
    for number in range(50):
        await server.emit("n", number)
    for number in range(50):
        assert await socket.hears() == f'42["n",{number}]'
    assert server.counters.writes == before + 1
    assert server.counters.coalesced == spared + 49


@pytest.mark.parametrize("seed", range(3))
async def test_numbered_messages_keep_their_order_whoever_comes_and_goes(stack: AsyncExitStack, seed: int) -> None:
    """R26: over sockets; test_order tries many more ways without."""
    dice = random.Random(seed)
    server = SocketServer(["/"], limits=Limits(slice=3))
    visitor = await running(stack, server)
    sockets = [await joined(visitor) for _ in range(10)]
    expected: dict[str, list[int]] = {sid: [] for sid in sids(server)}
    order = list(expected)
    inside: set[str] = set()
    for number in range(200):
        mover = dice.choice(order)
        if dice.random() < 0.5:
            await server.enter_room(mover, "r")
            inside.add(mover)
        else:
            await server.leave_room(mover, "r")
            inside.discard(mover)
        await server.emit("n", number, room="r")
        for sid in inside:
            expected[sid].append(number)
        if dice.random() < 0.2:
            await asyncio.sleep(0)
    await server.emit("end")
    for socket, sid in zip(sockets, order, strict=True):
        heard = []
        while (text := await socket.hears()) != '42["end"]':
            heard.append(int(text.removeprefix('42["n",')[:-1]))
        assert heard == expected[sid]


async def test_first_and_last_members_are_announced_and_encoded_text_is_delivered(stack: AsyncExitStack) -> None:
    """R27."""
    server = SocketServer(["/"])
    visitor = await running(stack, server)
    heard: list[tuple[str, str, str]] = []
    server.manager.on_first = lambda namespace, room: heard.append(("first", namespace, room))
    server.manager.on_last = lambda namespace, room: heard.append(("last", namespace, room))
    one, two = await joined(visitor), await joined(visitor)
    for sid in sids(server):
        await server.enter_room(sid, "r")
        await server.enter_room(sid, "r")
    assert heard == [("first", "/", "r")]
    text, attachments = encode(EVENT, "/", None, ["from another worker", b"x"])
    server.manager.write_encoded("/", "r", text, attachments, skip_sid=sids(server)[0])
    assert await two.hears() == "4" + text
    assert await two.hears() == b"x"
    await one.says("1")
    await two.says("41")
    await eventually(lambda: not sids(server))
    assert heard == [("first", "/", "r"), ("last", "/", "r")]
    assert not server.manager._rooms


class Watched(dict[Any, Any]):
    """Notes which rooms are looked at, and lets nobody walk them all."""

    def __init__(self, inside: dict[Any, Any]) -> None:
        super().__init__(inside)
        self.looked: set[Any] = set()

    def get(self, key: Any, default: Any = None) -> Any:
        self.looked.add(key)
        return super().get(key, default)

    def __getitem__(self, key: Any) -> Any:
        self.looked.add(key)
        return super().__getitem__(key)

    def setdefault(self, key: Any, default: Any = None) -> Any:
        self.looked.add(key)
        return super().setdefault(key, default)

    def __iter__(self) -> Any:
        raise AssertionError("walks every room")

    keys = values = items = __iter__


async def watched(stack: AsyncExitStack) -> tuple[SocketServer, Socket, Socket, str, Watched]:
    """Two thousand rooms, and a member in two of them; what it looks at."""
    server = SocketServer(["/"])
    visitor = await running(stack, server)
    stays, socket = await joined(visitor), await joined(visitor)
    many, few = sids(server)
    for number in range(2000):
        await server.enter_room(many, f"room {number}")
    await server.enter_room(few, "room 1")
    await server.enter_room(few, "room 2")
    rooms = server.manager._rooms["/"] = Watched(server.manager._rooms["/"])
    return server, stays, socket, few, rooms


@pytest.mark.parametrize("how", ["41", "1", "cut"])
async def test_leaving_costs_ones_own_rooms_only(stack: AsyncExitStack, how: str) -> None:
    """R27: a namespace, a connection, or a cut; counted, not timed."""
    server, _, socket, few, rooms = await watched(stack)
    if how == "cut":
        socket.cut()
    else:
        await socket.says(how)
    await eventually(lambda: few not in sids(server))
    assert rooms.looked == {"room 1", "room 2"}


async def test_joining_costs_the_room_joined_only(stack: AsyncExitStack) -> None:
    """R27."""
    server, stays, _, few, rooms = await watched(stack)
    await server.enter_room(few, "room 3")
    await server.leave_room(few, "room 3")
    assert rooms.looked == {"room 3"}
    rooms.looked.clear()
    await server.emit("news", room="room 2")
    assert rooms.looked == {"room 2"}
    await stays.close()


async def test_nobody_enters_a_room_that_is_anothers_own(stack: AsyncExitStack) -> None:
    server = SocketServer(["/"])
    visitor = await running(stack, server)
    socket, other = await joined(visitor), await joined(visitor)
    first, second = sids(server)
    with pytest.raises(ValueError, match="cannot enter"):
        await server.enter_room(second, first)
    await server.emit("to one", to=first)
    await server.emit("to both", to=[first, second], skip_sid=first)
    assert await socket.hears() == '42["to one"]'
    assert await other.hears() == '42["to both"]'
    assert server.rooms(first) == [first]


async def test_a_client_acknowledges_what_it_is_asked(stack: AsyncExitStack) -> None:
    server = SocketServer(["/"])
    visitor = await running(stack, server)
    socket = await joined(visitor)
    answers: list[Any] = []
    await server.emit("question", 1, to=sids(server)[0], callback=lambda *answer: answers.append(answer))
    assert await socket.hears() == '421["question",1]'
    await socket.says('431["yes",2]')
    await eventually(lambda: answers)
    assert answers == [("yes", 2)]


class Bus(AsyncPubSubManager, Rooms):  # type: ignore[misc]
    """A stock pub/sub manager in front of Rooms, over queues instead of Redis."""

    workers: list[asyncio.Queue[Any]]

    def __init__(self, workers: list[asyncio.Queue[Any]]) -> None:
        super().__init__(channel="test")
        self.workers = workers
        self.mine: asyncio.Queue[Any] = asyncio.Queue()
        workers.append(self.mine)

    async def _publish(self, data: Any) -> None:
        for worker in self.workers:
            worker.put_nowait(data)

    async def _listen(self) -> AsyncIterator[Any]:
        while True:
            yield await self.mine.get()


async def test_rooms_work_behind_a_stock_bus_in_order(stack: AsyncExitStack) -> None:
    """R27: as Redis would carry it, and a disconnect of the other worker's member."""
    workers: list[asyncio.Queue[Any]] = []
    servers = [SocketServer(["/"], worker=f"w{number}", rooms=Bus(workers)) for number in (1, 2)]
    visitors = [await running(stack, server) for server in servers]
    sockets = [await joined(visitor) for visitor in visitors]
    for server in servers:
        await server.enter_room(sids(server)[0], "r")
    for number in range(50):
        await servers[0].emit("n", number, room="r")
    for socket in sockets:
        assert [await socket.hears() for _ in range(50)] == [f'42["n",{number}]' for number in range(50)]
    await servers[0].disconnect(sids(servers[1])[0])
    assert await sockets[1].hears() == "41"
    for server in servers:
        server.manager.thread.cancel()


def test_attachments_ride_in_the_same_write() -> None:
    """R24."""
    offline, link = Offline(), Note()
    offline.member(offline.connection(link))
    at_once(offline.server.emit("news", [b"one", b"two"]))
    offline.loop.step(0)
    assert link.writes == 1
    assert link.written.endswith(b"\x82\x03one\x82\x03two")
    assert offline.server.counters.packets_out == 1
