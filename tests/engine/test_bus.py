"""Rooms behind a bus between workers: python-socketio's own over a real Redis, and one that carries finished text."""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator, Iterator
from typing import Any, NamedTuple

import pytest
import redis.asyncio
import socketio
from aiohttp import web

from server.engine import Rooms, SocketServer
from server.engine.packets import EVENT, encode
from tests.engine.running import PATIENCE_S, Socket, Visitor, eventually, serving
from tests.services_under_test import redis_server

NUMBERS = list(range(50))


class Bus(socketio.AsyncRedisManager, Rooms):  # type: ignore[misc]
    """Nothing but the order of the two."""


class TextBus(Rooms):
    """A channel for each room, listened to while somebody is in it; what is published there is written as it is."""

    def __init__(self, address: str) -> None:
        super().__init__()
        self._redis = redis.asyncio.Redis.from_url(address, decode_responses=True)
        self._pubsub = self._redis.pubsub(ignore_subscribe_messages=True)
        self._wishes: asyncio.Queue[tuple[Any, str]] = asyncio.Queue()
        self._tasks: list[asyncio.Task[None]] = []
        self.heard: list[str] = []
        """Every channel that something came by."""
        self.on_first = lambda *where: self._wishes.put_nowait((self._pubsub.subscribe, " ".join(where)))
        self.on_last = lambda *where: self._wishes.put_nowait((self._pubsub.unsubscribe, " ".join(where)))

    async def say(self, namespace: str, room: str, *event: Any) -> int:
        """Sends an event through the bus, to whoever listens; how many workers that are."""
        text, _ = encode(EVENT, namespace, None, list(event), 16)
        return int(await self._redis.publish(f"{namespace} {room}", text))

    def start(self) -> None:
        """Listens where it should, and writes what comes."""
        self._tasks.append(asyncio.create_task(self._subscribe()))

    async def _subscribe(self) -> None:
        while True:
            ask, channel = await self._wishes.get()
            await ask(channel)
            if len(self._tasks) == 1:
                self._tasks.append(asyncio.create_task(self._follow()))

    async def _follow(self) -> None:
        async for message in self._pubsub.listen():
            self.heard.append(message["channel"])
            namespace, room = message["channel"].split()
            self.write_encoded(namespace, room, message["data"])

    async def stop(self) -> None:
        """Listens no more."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._pubsub.aclose()
        await self._redis.aclose()


class Worker(NamedTuple):
    server: SocketServer
    visitor: Visitor
    announced: list[tuple[str, str, str]]
    """``first`` or ``last``, namespace, room."""

    async def member(self) -> tuple[Socket, str]:
        """A client that has joined ``/``, and its session id there."""
        socket = await self.visitor.socket()
        await socket.says("40")
        return socket, json.loads((await socket.hears_until("40"))[2:])["sid"]


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with redis_server(tmp_path_factory.mktemp("redis")) as address:
        yield address


@contextlib.asynccontextmanager
async def working(rooms: Rooms, name: str) -> AsyncIterator[Worker]:
    """One worker of several."""
    server = SocketServer(["/"], worker=name, rooms=rooms)
    announced: list[tuple[str, str, str]] = []
    first, last = rooms.on_first, rooms.on_last
    rooms.on_first = lambda *where: (announced.append(("first", *where)), first(*where))[1]
    rooms.on_last = lambda *where: (announced.append(("last", *where)), last(*where))[1]
    app = web.Application()
    server.attach(app)
    async with serving(app, "socket.io") as visitor:
        yield Worker(server, visitor, announced)


@pytest.fixture
async def workers(address: str) -> AsyncIterator[list[Worker]]:
    """Two, with the stock manager between them, which listens from its first client on."""
    buses = [Bus(address, channel="engine") for _ in range(2)]
    async with working(buses[0], "w1") as one, working(buses[1], "w2") as two:
        yield [one, two]
    for bus in buses:
        bus.thread.cancel()
        await asyncio.gather(bus.thread, return_exceptions=True)
        await bus.pubsub.aclose()
        await bus.redis.aclose()


async def listening(address: str, channel: str, count: int) -> None:
    """Returns when so many listen."""
    async with asyncio.timeout(PATIENCE_S), redis.asyncio.Redis.from_url(address) as client:
        while (await client.pubsub_numsub(channel))[0][1] != count:  # noqa: ASYNC110
            await asyncio.sleep(0)


async def one_on_each(workers: list[Worker], address: str) -> list[tuple[Socket, str]]:
    members = [await worker.member() for worker in workers]
    await listening(address, "engine", 2)
    return members


async def test_everybody_hears_everything_in_order(workers: list[Worker], address: str) -> None:
    members = await one_on_each(workers, address)
    for worker, (_, sid) in zip(workers, members, strict=True):
        await worker.server.enter_room(sid, "r")
    for number in NUMBERS:
        await workers[0].server.emit("n", number, room="r")
    for socket, _ in members:
        assert [await socket.hears() for _ in NUMBERS] == [f'42["n",{number}]' for number in NUMBERS]


async def test_bytes_and_acknowledgements_cross_it(workers: list[Worker], address: str) -> None:
    (_, (socket, sid)) = await one_on_each(workers, address)
    answers: list[Any] = []
    await workers[0].server.emit("picture", {"of": b"\1\2"}, to=sid)
    assert await socket.hears() == '451-["picture",{"of":{"_placeholder":true,"num":0}}]'
    assert await socket.hears() == b"\1\2"
    await workers[0].server.emit("question", (1, "two"), to=sid, callback=lambda *answer: answers.append(answer))
    question = await socket.hears()
    ack_id = question.removeprefix("42").partition("[")[0]
    await socket.says(f'43{ack_id}["yes",3]')
    await eventually(lambda: answers)
    assert answers == [("yes", 3)]


async def test_another_workers_member_is_moved_and_sent_away(workers: list[Worker], address: str) -> None:
    (_, (socket, sid)) = await one_on_each(workers, address)
    here, there = workers
    await here.server.enter_room(sid, "r")
    await eventually(lambda: there.announced == [("first", "/", "r")])
    await here.server.emit("n", 1, room="r")
    assert await socket.hears() == '42["n",1]'
    await here.server.leave_room(sid, "r")
    await eventually(lambda: there.announced[1:] == [("last", "/", "r")])
    await here.server.disconnect(sid)
    assert await socket.hears() == "41"
    await eventually(lambda: there.server.manager.member(sid, "/") is None)
    assert here.announced == []


async def test_the_first_and_the_last_of_a_room_are_announced_once_a_worker(
    workers: list[Worker], address: str
) -> None:
    for worker in workers:
        (first, first_sid), (second, second_sid) = [await worker.member() for _ in range(2)]
        for sid in (first_sid, second_sid, first_sid):
            await worker.server.enter_room(sid, "r")
        assert worker.announced == [("first", "/", "r")]
        await worker.server.leave_room(second_sid, "r")
        assert len(worker.announced) == 1
        first.cut()
        await eventually(lambda: worker.announced == [("first", "/", "r"), ("last", "/", "r")])  # noqa: B023
        await worker.server.close_room("r")
        await second.close()
    assert [len(worker.announced) for worker in workers] == [2, 2]


async def test_a_bus_of_ones_own_carries_finished_text_where_somebody_is(address: str) -> None:
    one, two = TextBus(address), TextBus(address)
    async with working(one, "w1") as here, working(two, "w2") as there:
        for bus in (one, two):
            bus.start()
        (ana, ana_sid), (ben, ben_sid) = await here.member(), await there.member()
        await here.server.enter_room(ana_sid, "both")
        await there.server.enter_room(ben_sid, "both")
        await there.server.enter_room(ben_sid, "ben's")
        await listening(address, "/ both", 2)
        await listening(address, "/ ben's", 1)
        for number in NUMBERS:
            assert await one.say("/", "both", "n", number, "안녕") == 2
        for socket in (ana, ben):
            assert [await socket.hears() for _ in NUMBERS] == [f'42["n",{number},"안녕"]' for number in NUMBERS]
        assert await one.say("/", "ben's", "n", 50) == 1
        assert await ben.hears() == '42["n",50]'
        assert set(one.heard) == {"/ both"}
        await there.server.leave_room(ben_sid, "both")
        await listening(address, "/ both", 1)
        assert await two.say("/", "both", "n", 51) == 1
        assert await ana.hears() == '42["n",51]'
        await one.stop()
        await two.stop()
