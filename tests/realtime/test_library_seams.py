"""Where the bus enters python-socketio's Redis manager and redis-py: a release that moves a seam fails here by name."""

from __future__ import annotations

import asyncio
import contextlib
import inspect
import json
import re
from collections.abc import AsyncIterator, Iterator
from typing import Any, NamedTuple

import pytest
import redis.asyncio.connection as redis_connection
import socketio
from aiohttp import web
from socketio.async_pubsub_manager import AsyncPubSubManager

from server.engine import Rooms, SocketServer
from server.realtime.bus import Bus, Timing
from tests.engine.running import Socket, Visitor, eventually, serving
from tests.redis_under_test import RedisProcess

REDIS, PUBSUB = socketio.AsyncRedisManager, AsyncPubSubManager
QUICK = Timing(ping_s=0.1, check_s=0.2, grace_s=0.05)


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with RedisProcess(tmp_path_factory.mktemp("redis")) as server:
        yield server.url


def test_the_library_manager_comes_before_our_rooms() -> None:
    order = [kind for kind in Bus.__mro__ if kind in (Bus, REDIS, PUBSUB, Rooms, socketio.AsyncManager)]
    assert order == [Bus, REDIS, PUBSUB, Rooms, socketio.AsyncManager], "bus.py: Bus(AsyncRedisManager, Rooms)"


@pytest.mark.parametrize("name", ["_publish", "_listen", "initialize"])
def test_the_hooks_that_the_bus_overrides_are_there(name: str) -> None:
    assert callable(getattr(REDIS, name, None)), f"AsyncRedisManager.{name} is gone: bus.py overrides it"
    assert name in vars(Bus), f"bus.py no longer overrides {name}"


def test_the_managers_own_ways_to_redis_are_used_by_the_overridden_hooks_alone() -> None:
    private = {name for name, _ in inspect.getmembers(REDIS, inspect.isfunction) if name[0] == "_" != name[1]}
    known = {"_get_redis_module", "_redis_connect", "_publish", "_redis_listen_with_retries", "_listen"}
    known |= {"_handle_emit", "_handle_callback", "_return_callback", "_handle_disconnect", "_handle_enter_room"}
    known |= {"_handle_leave_room", "_handle_close_room", "_thread", "_generate_ack_id", "_get_logger"}
    assert private == known, f"AsyncRedisManager has other methods: {private ^ known}; look whether bus.py needs them"
    for name in ("emit", "can_disconnect", "disconnect", "enter_room", "leave_room", "close_room", "_thread"):
        used = set(re.findall(r"self\.(redis|pubsub|_redis_\w+)\b", inspect.getsource(getattr(REDIS, name))))
        assert not used, f"AsyncRedisManager.{name} speaks to Redis by itself: the bus would connect twice"


def test_a_manager_takes_its_messages_from_listen_as_bytes_or_text() -> None:
    source = inspect.getsource(PUBSUB._thread)
    assert "self._listen()" in source, "AsyncPubSubManager._thread no longer asks _listen"
    assert "self.json.loads(message)" in source, "AsyncPubSubManager._thread reads messages in another way"


def test_emits_can_stay_here() -> None:
    source = inspect.getsource(PUBSUB.emit)
    assert "ignore_queue" in source, "AsyncPubSubManager.emit knows no ignore_queue: everything would go out twice"


async def test_redis_py_gives_its_streams(address: str) -> None:
    connection = redis_connection.ConnectionPool.from_url(address, protocol=2).make_connection()
    await connection.connect()
    assert isinstance(connection._reader, asyncio.StreamReader), "redis-py: Connection._reader; line.py reads there"
    assert isinstance(connection._writer, asyncio.StreamWriter), "redis-py: Connection._writer; line.py writes there"
    await connection.disconnect()


# What the library's manager does over our bus


class Worker(NamedTuple):
    server: SocketServer
    visitor: Visitor

    async def member(self) -> tuple[Socket, str]:
        socket = await self.visitor.socket()
        await socket.says("40")
        return socket, json.loads((await socket.hears_until("40"))[2:])["sid"]


@contextlib.asynccontextmanager
async def working(address: str, name: str) -> AsyncIterator[Worker]:
    bus = Bus(address, QUICK)
    await bus.start("seams")
    server = SocketServer(["/"], worker=name, rooms=bus)
    app = web.Application()
    server.attach(app)
    async with serving(app, "socket.io") as visitor:
        yield Worker(server, visitor)
    await bus.stop()


@pytest.fixture
async def pair(address: str) -> AsyncIterator[list[Worker]]:
    async with working(address, "w1") as one, working(address, "w2") as two:
        yield [one, two]


async def heard_by(worker: Worker, room: str) -> None:
    """Returns when Redis has confirmed the room's channel."""
    listener = worker.server.manager.listener
    wanted = worker.server.manager._channel(room)
    await eventually(lambda: wanted in listener._asked and not listener._expected)


async def test_an_emit_to_a_room_reaches_members_of_other_workers(pair: list[Worker]) -> None:
    here, there = pair
    ben, sid = await there.member()
    await there.server.enter_room(sid, "room:1")
    await heard_by(there, "room:1")
    await here.server.emit("n", (1, {"text": "안녕"}), room="room:1")
    assert await ben.hears() == '42["n",1,{"text":"안녕"}]'
    await here.server.emit("picture", b"\1\2", room="room:1")
    assert await ben.hears() == '451-["picture",{"_placeholder":true,"num":0}]'
    assert await ben.hears() == b"\1\2"


async def test_callbacks_come_back(pair: list[Worker]) -> None:
    here, there = pair
    ben, sid = await there.member()
    answers: list[Any] = []
    await here.server.emit("question", 1, to=sid, callback=lambda *answer: answers.append(answer))
    number = (await ben.hears()).removeprefix("42").partition("[")[0]
    await ben.says(f'43{number}["yes"]')
    await eventually(lambda: answers == [("yes",)])


async def test_members_of_other_workers_are_moved_and_sent_away(pair: list[Worker]) -> None:
    here, there = pair
    ben, sid = await there.member()
    await here.server.enter_room(sid, "room:2")
    await eventually(lambda: there.server.manager.get_rooms(sid, "/") == [sid, "room:2"])
    await here.server.leave_room(sid, "room:2")
    await eventually(lambda: there.server.manager.get_rooms(sid, "/") == [sid])
    await there.server.enter_room(sid, "room:3")
    await here.server.close_room("room:3")
    await eventually(lambda: there.server.manager.get_rooms(sid, "/") == [sid])
    await here.server.disconnect(sid)
    assert await ben.hears() == "41"


async def test_what_stays_here_is_not_told(pair: list[Worker]) -> None:
    here, there = pair
    ben, sid = await there.member()
    await there.server.enter_room(sid, "room:4")
    await heard_by(there, "room:4")
    await here.server.emit("mine", 1, room="room:4", ignore_queue=True)
    await here.server.emit("ours", 2, room="room:4")
    assert await ben.hears() == '42["ours",2]'
