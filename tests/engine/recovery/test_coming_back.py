"""A client that comes back with its pid has its session again, and everything it missed, once and in order."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
import socketio

from server.engine import NoRecovery
from server.engine.outflow import Parcel
from server.engine.packets import EVENT, encode
from server.engine.rooms import offset_of
from tests.engine.recovery.conftest import OpenStage
from tests.engine.recovery.stage import Gate, Guest, Stage
from tests.engine.running import eventually

both = pytest.mark.parametrize("transport", ["websocket", "polling"])


async def test_without_a_recovery_the_reply_is_the_session_id_alone(opened: OpenStage) -> None:
    async with opened(recovery=NoRecovery()) as (stage, visitor):
        guest = Guest(visitor)
        await guest.comes()
        assert list(guest.reply) == ["sid"]
        guest.goes_away()
        guest.pid = "made up"
        before = guest.sid
        await guest.comes()
        assert list(guest.reply) == ["sid"]
        assert guest.sid != before
        assert stage.outcomes() == {}


@both
async def test_a_session_is_had_back_again_and_again(opened: OpenStage, transport: str) -> None:
    async with opened() as (stage, visitor):
        guest = Guest(visitor, transport)
        await guest.comes()
        first = guest.reply
        assert list(first) == ["sid", "pid"]
        # Nothing was received before the first cut: it counts from the start.
        for count in (30, 5, 3):
            guest.goes_away()
            await stage.tell(count)
            await guest.comes()
            assert guest.is_recovered
            assert guest.reply == first
            await stage.tell(2)
            for _ in range(count + 1):
                await guest.hears()
        await stage.finish()
        assert await guest.hears_all() == list(range(44))
        assert stage.outcomes() == {"recovered": 3}
        came = [what for what in stage.happened if what[0] == "came"]
        assert came == [("came", guest.sid, False), *[("came", guest.sid, True)] * 3]


@both
async def test_whoever_still_holds_the_session_leaves_first_and_stays_away(opened: OpenStage, transport: str) -> None:
    async with opened() as (stage, visitor):
        old = Guest(visitor, transport)
        await old.comes()
        hears = asyncio.create_task(old.packet())
        if transport == "polling":
            [connection] = stage.server.eio.sockets.values()
            await eventually(lambda: connection.waiter)
        new = Guest(visitor)
        new.pid = old.pid
        await new.comes()
        assert new.is_recovered
        assert new.sid == old.sid
        assert stage.happened == [
            ("came", old.sid, False),
            ("left", old.sid, "server disconnect"),
            ("came", old.sid, True),
        ]
        # A stock client that hears this does not come back by itself, and the two do not fight.
        assert await hears == "41"
        await stage.tell()
        await stage.finish()
        assert await new.hears_all() == [0]


@pytest.mark.parametrize("pid", ["unknown", "x" * 2000, 7, None, ""])
async def test_an_unknown_pid_begins_a_session(opened: OpenStage, pid: Any) -> None:
    async with opened() as (stage, visitor):
        guest = Guest(visitor)
        guest.pid = pid
        await guest.comes()
        assert not guest.is_recovered
        assert guest.pid not in (pid, None)
        assert stage.happened == [("came", guest.sid, False)]
        # What cannot be one is not even looked for.
        assert stage.outcomes() == ({"unknown": 1} if pid == "unknown" else {})


@pytest.mark.parametrize("offset", ["other.1", "end", "{epoch}.99", "{epoch}.-1", "{epoch}.x", "x" * 2000, 1])
async def test_an_offset_that_nobody_can_place_begins_a_session(opened: OpenStage, offset: Any) -> None:
    async with opened() as (stage, visitor):
        guest = Guest(visitor)
        await guest.comes()
        old = guest.reply
        await stage.tell(2)
        guest.goes_away()
        guest.offset = offset.format(epoch=stage.memory._epoch) if isinstance(offset, str) else offset
        await guest.comes()
        assert not guest.is_recovered
        assert guest.sid != old["sid"]
        await stage.finish()
        assert await guest.hears_all() == []


async def test_an_offset_from_the_session_before_counts_from_the_start(opened: OpenStage) -> None:
    async with opened() as (stage, visitor):
        guest = Guest(visitor)
        await guest.comes()
        await stage.tell(3)
        for _ in range(3):
            await guest.hears()
        guest.goes_away()
        await stage.tell(2)
        guest.pid = "lost"
        await guest.comes()
        # It has fetched 3 and 4 by other means; the stock client keeps its offset all the same.
        guest.goes_away()
        await stage.tell(2)
        await guest.comes()
        assert guest.is_recovered
        await stage.finish()
        assert await guest.hears_all() == [0, 1, 2, 5, 6]


async def test_what_was_held_behind_a_lost_reply_is_in_the_session(opened: OpenStage) -> None:
    async with opened() as (stage, visitor):

        async def welcome(sid: str) -> None:
            await stage.tell(2)

        stage.welcome = welcome
        guest = Guest(visitor)
        await guest.comes()
        guest.goes_away()
        await guest.comes()
        assert guest.is_recovered
        await stage.finish()
        assert await guest.hears_all() == [0, 1, 2, 3]


@both
async def test_what_is_both_missed_and_held_comes_once(opened: OpenStage, transport: str) -> None:
    async with opened() as (stage, visitor):
        guest = Guest(visitor, transport)
        await guest.comes()
        guest.goes_away()
        await stage.tell(2)

        async def live() -> None:
            await stage.server.emit("typing", "ana", room="room")
            await stage.tell(2)

        stage.memory.before["replay"] = live
        stage.memory.after["replay"] = live
        stage.memory.after["remember"] = live
        await guest.comes()
        await stage.finish()
        assert await guest.hears_all() == list(range(8))
        assert sum(event[0] == "typing" for event in guest.heard) == 3
        assert guest.is_recovered


async def test_attachments_are_missed_and_held_too(opened: OpenStage) -> None:
    async with opened() as (stage, visitor):
        guest = Guest(visitor)
        await guest.comes()
        guest.goes_away()

        async def live() -> None:
            await stage.server.emit("b", stage.memory.numbered("b", b"\1", room="room"), room="room")

        await live()
        stage.memory.before["replay"] = live
        await guest.comes()
        await stage.server.emit("end", 0)
        assert guest.socket
        epoch = stage.memory._epoch
        for number in (1, 2):
            assert await guest.socket.hears() == f'451-["b",{{"_placeholder":true,"num":0}},"{epoch}.{number}"]'
            assert await guest.socket.hears() == b"\1"
        assert await guest.socket.hears() == '42["end",0]'


async def test_rooms_are_had_back_though_no_handler_enters_them(opened: OpenStage) -> None:
    async with opened() as (stage, visitor):
        guest = Guest(visitor)
        await guest.comes()
        await stage.server.enter_room(guest.sid, "late")
        guest.goes_away()
        await stage.until("left", guest.sid, "transport close")
        await stage.server.emit("n", stage.memory.numbered("n", 1, room="late"), room="late")
        await stage.server.emit("n", stage.memory.numbered("n", 2, room="elsewhere"), room="elsewhere")
        await guest.comes()
        await stage.server.emit("n", stage.memory.numbered("n", 3, room="late"), room="late")
        await stage.finish()
        assert await guest.hears_all() == [1, 3]


@pytest.mark.parametrize("namespace", ["/", "/other", "/odd[name"])
@pytest.mark.parametrize(
    ("arguments", "offset"),
    [
        (["n", 1, "é-1"], "é-1"),
        (["n", "1/2,[3"], "1/2,[3"),
        (["n", {"x": "y"}, 'quoted"]'], 'quoted"]'),
        (["n", b"bytes", "after"], "after"),
        (["n", "before", b"bytes"], None),
        (["n", ["x"]], None),
        (["n", 1], None),
        (["an event without arguments"], None),
    ],
)
def test_the_offset_of_an_event_is_its_last_argument(namespace: str, arguments: list[Any], offset: str | None) -> None:
    assert offset_of(Parcel(*encode(EVENT, namespace, None, arguments))) == offset
    assert offset_of(Parcel(*encode(EVENT, namespace, 12, arguments))) == offset


# When it is not had back


async def refused_once(stage: Stage) -> None:
    async def welcome(sid: str) -> None:
        stage.welcome = stage._says_hello
        raise socketio.exceptions.ConnectionRefusedError("not now")

    stage.welcome = welcome


async def test_the_handler_may_refuse_and_the_session_waits(opened: OpenStage) -> None:
    async with opened() as (stage, visitor):
        guest = Guest(visitor)
        await guest.comes()
        guest.goes_away()
        await stage.until("left", guest.sid, "transport close")
        await stage.tell(2)
        await refused_once(stage)
        await guest.asks()
        assert await guest.refused() == {"message": "not now"}
        assert stage.connected() == []
        await guest.comes()
        assert guest.is_recovered
        await stage.finish()
        assert await guest.hears_all() == [0, 1]


async def test_the_handler_may_end_the_recall_and_go_on(opened: OpenStage) -> None:
    async with opened() as (stage, visitor):
        guest = Guest(visitor)
        await guest.comes()
        await stage.server.enter_room(guest.sid, "old")
        old = guest.reply
        guest.goes_away()
        await stage.tell(2)
        sids: list[str] = []

        async def welcome(sid: str) -> None:
            sids.append(stage.server.end_recall(sid, "/"))
            assert stage.server.recalled(sids[0], "/") is None
            await stage.server.emit("hello", 1, to=sids[0])

        stage.welcome = welcome
        await guest.comes()
        assert not guest.is_recovered
        assert sids == [guest.sid]
        assert guest.sid != old["sid"]
        assert stage.server.rooms(guest.sid) == [guest.sid, "room"]
        assert stage.server.end_recall(guest.sid, "/") == guest.sid
        await stage.tell()
        await stage.finish()
        assert await guest.hears_all() == [2]
        assert guest.heard[0] == ["hello", 1]
        guest.goes_away()
        await stage.until("left", guest.sid, "transport close")


async def test_what_cannot_be_replayed_begins_a_session_with_a_handler_that_knows(opened: OpenStage) -> None:
    async with opened() as (stage, visitor):
        guest = Guest(visitor)
        await guest.comes()
        old = guest.sid
        guest.goes_away()
        await stage.until("left", old, "transport close")
        stage.happened.clear()

        async def welcome(sid: str) -> None:
            await stage.server.emit("ready", {"recovered": stage.server.recalled(sid, "/") is not None}, to=sid)

        stage.welcome = welcome
        guest.offset = "of another epoch"
        await guest.comes()
        assert guest.sid != old
        assert not guest.is_recovered
        assert stage.happened == [
            ("came", old, True),
            ("left", old, "server disconnect"),
            ("came", guest.sid, False),
        ]
        assert await guest.hears() == ["ready", {"recovered": False}]
        assert stage.connected() == [guest.sid]
        assert stage.outcomes() == {"not replayed": 1}


@pytest.mark.parametrize("call", ["recall", "replay"])
async def test_too_much_meanwhile_costs_the_session_and_not_the_connection(opened: OpenStage, call: str) -> None:
    async with opened(held=10, recovery_held=50, connect_s=1000) as (stage, visitor):
        guest = Guest(visitor)
        await guest.comes()
        old = guest.sid
        guest.goes_away()
        await stage.until("left", old, "transport close")

        async def flood() -> None:
            for _ in range(55):
                await stage.server.emit("loud", 0)

        stage.memory.before[call] = flood
        stage.memory.after[call] = Gate()
        await guest.comes()
        assert not guest.is_recovered
        assert guest.sid != old
        assert stage.outcomes() == {"overrun": 1}
        await stage.tell()
        await stage.finish()
        assert await guest.hears_all() == [0]
        # Those of before belong to a session that the client does not have, or to all that it hears.
        assert len(guest.heard) == (57 if call == "recall" else 2)


@pytest.mark.parametrize(("transport", "limits"), [("polling", {"out_packets": 20}), ("websocket", {"out_bytes": 800})])
async def test_more_than_a_connection_may_wait_for_begins_a_session(
    opened: OpenStage, transport: str, limits: dict[str, int]
) -> None:
    async with opened(**limits) as (stage, visitor):
        guest = Guest(visitor, transport)
        await guest.comes()
        guest.goes_away()
        await stage.tell(10)
        await guest.comes()
        assert guest.is_recovered
        guest.goes_away()
        await stage.tell(30)
        await guest.comes()
        assert not guest.is_recovered
        assert stage.outcomes() == {"recovered": 1, "too much": 1}
        await stage.finish()
        assert await guest.hears_all() == []
