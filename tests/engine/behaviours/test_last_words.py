"""A session that the server ends between two polls, or in the middle of an upgrade: the client hears how."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator

import pytest

from server.engine import Limits
from tests.engine.behaviours.host import Host
from tests.engine.running import Poller, Visitor, eventually, serving


@pytest.fixture
def host(take_over: bool) -> Host:
    return Host(Limits(take_over=take_over, flush_s=0.2))


@pytest.fixture
async def visitor(host: Host) -> AsyncIterator[Visitor]:
    async with serving(host.app, "socket.io") as visitor:
        yield visitor


async def joined(visitor: Visitor) -> tuple[Poller, str]:
    poller = await visitor.poller()
    await poller.post("40")
    return poller, json.loads((await poller.hears())[2:])["sid"]


async def test_who_is_sent_away_between_two_polls_hears_it_by_the_next(host: Host, visitor: Visitor) -> None:
    poller, sid = await joined(visitor)
    await host.server.emit("news", "last", to=sid)
    host.server.disconnect_connection(sid)
    assert await poller.hears() == '42["news","last"]\x1e41'
    assert await poller.hears() == "1"
    assert (await poller.get())[0] == 400


async def test_what_is_too_much_to_keep_is_only_a_goodbye(host: Host, visitor: Visitor) -> None:
    poller, sid = await joined(visitor)
    await host.server.emit("news", "x" * 5000, to=sid)
    host.server.disconnect_connection(sid)
    assert await poller.hears() == "1"


async def test_a_post_to_a_session_that_has_ended_is_refused(host: Host, visitor: Visitor) -> None:
    poller, sid = await joined(visitor)
    host.server.disconnect_connection(sid)
    assert (await poller.post("3"))[0] == 400
    assert await poller.hears() == "41"


async def test_who_is_sent_away_in_the_middle_of_an_upgrade_hears_it_after_it(host: Host, visitor: Visitor) -> None:
    poller, sid = await joined(visitor)
    socket = await poller.upgrade()
    await socket.says("2probe")
    assert await socket.hears() == "3probe"
    await host.server.emit("news", b"\0", to=sid)
    host.server.disconnect_connection(sid)
    await socket.says("5")
    assert [await socket.hears() for _ in range(3)] == ['451-["news",{"_placeholder":true,"num":0}]', "41", "1"]
    assert await socket.ended() == 1000
    await eventually(lambda: not host.server.eio.house.transports)


async def test_an_upgrade_that_is_never_finished_holds_up_no_shutdown(host: Host, visitor: Visitor) -> None:
    poller, _ = await joined(visitor)
    socket = await poller.upgrade()
    await socket.says("2probe")
    assert await socket.hears() == "3probe"
    await host.server.drain()
    await eventually(lambda: not host.server.eio.house.transports)
    assert host.left[0][1] == "server shutting down"
