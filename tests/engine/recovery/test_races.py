"""Whatever goes wrong while somebody comes back: no ghost, one connection a pid, one goodbye for each welcome."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Sequence
from typing import Any

import pytest

from server.engine import Missed, Recalled
from server.engine.rooms import Member
from tests.engine.recovery.conftest import OpenStage
from tests.engine.recovery.stage import Gate, Guest, Stage, nothing
from tests.engine.running import Visitor, eventually

both = pytest.mark.parametrize("transport", ["websocket", "polling"])


async def one_who_left(stage: Stage, visitor: Visitor, transport: str = "websocket") -> Guest:
    """A guest with a session that has missed the numbers 0 and 1."""
    guest = Guest(visitor, transport)
    await guest.comes()
    for connection in list(stage.server.eio.sockets.values()):
        connection.close("transport error")
    await stage.until("left", guest.sid, "transport error")
    guest.goes_away()
    await stage.tell(2)
    stage.happened.clear()
    return guest


def hold_up(stage: Stage, where: str) -> Gate:
    """Holds up the next who comes back, there."""
    gate = Gate()
    if where == "handler":

        async def welcome(sid: str) -> None:
            stage.welcome = stage._says_hello
            await gate()

        stage.welcome = welcome
    else:

        async def once() -> None:
            stage.memory.before[where] = nothing
            await gate()

        stage.memory.before[where] = once
    return gate


@both
@pytest.mark.parametrize("where", ["recall", "handler", "replay", "remember"])
async def test_a_client_that_goes_away_meanwhile_leaves_no_ghost(opened: OpenStage, where: str, transport: str) -> None:
    async with opened() as (stage, visitor):
        guest = await one_who_left(stage, visitor, transport)
        gate = hold_up(stage, where)
        await guest.asks()
        await gate.reached.wait()
        if transport == "websocket":
            guest.goes_away()
        else:
            await guest.says_goodbye()
        await eventually(lambda: not stage.server.eio.sockets)
        gate.open.set()
        again = Guest(visitor)
        again.pid = guest.pid
        await again.comes()
        assert again.is_recovered
        assert stage.connected() == [guest.sid]
        came = [what[0] for what in stage.happened]
        assert came == (["came"] if where == "recall" else ["came", "left", "came"])
        await stage.finish()
        assert await again.hears_all() == [0, 1]


@pytest.mark.parametrize("where", ["recall", "handler", "replay", "remember"])
async def test_of_two_with_one_pid_the_later_has_the_session(opened: OpenStage, where: str) -> None:
    async with opened() as (stage, visitor):
        first = await one_who_left(stage, visitor)
        second = Guest(visitor)
        second.pid = first.pid
        gate = hold_up(stage, where)
        await first.asks()
        await gate.reached.wait()
        await second.asks()
        assert first.socket
        if where == "recall":
            # The Recovery answers the second first: the first must not take the session from it again.
            await second.answered()
            gate.open.set()
            await first.socket.ended()
        else:
            await first.socket.ended()
            gate.open.set()
            await second.answered()
        assert second.is_recovered
        assert second.sid == first.sid
        assert stage.connected() == [second.sid]
        await stage.tell()
        await stage.finish()
        assert await second.hears_all() == [0, 1, 2]


async def test_of_ten_at_once_one_has_the_session_and_nobody_is_left_over(opened: OpenStage) -> None:
    async with opened() as (stage, visitor):
        guest = await one_who_left(stage, visitor)
        gate = Gate()
        stage.memory.before["recall"] = gate
        rivals = [Guest(visitor) for _ in range(10)]
        for rival in rivals:
            rival.pid = guest.pid
            await rival.asks()
        await gate.reached.wait()
        gate.open.set()
        await eventually(lambda: len(stage.server.eio.sockets) == 1 and stage.connected() == [guest.sid])
        await eventually(lambda: not stage.server._recalls._awaited)
        came = [what[0] for what in stage.happened]
        assert came.count("came") == came.count("left") + 1
        assert stage.server.manager.member(guest.sid, "/").is_on
        await stage.finish()
        heard = [await one for one in [asyncio.create_task(_all_of(rival)) for rival in rivals]]
        assert [numbers for numbers in heard if numbers is not None] == [[0, 1]]


async def _all_of(rival: Guest) -> list[int] | None:
    """What it heard up to the end; None when it was sent away."""
    try:
        await rival.answered()
        return await rival.hears_all()
    except AssertionError:
        return None


class Broken:
    """Raises, or never answers, at one of its calls."""

    def __init__(self, stage: Stage, where: str, how: str) -> None:
        async def breaks() -> None:
            if how == "raises":
                raise RuntimeError("a bug")
            await asyncio.Event().wait()

        stage.memory.before[where] = breaks


@pytest.mark.parametrize("how", ["raises", "never answers"])
@pytest.mark.parametrize("where", ["recall", "replay", "remember"])
async def test_a_broken_recovery_costs_the_session_and_not_the_connection(
    opened: OpenStage, where: str, how: str
) -> None:
    async with opened(connect_s=1) as (stage, visitor):
        guest = await one_who_left(stage, visitor)
        old = guest.sid
        Broken(stage, where, how)
        await guest.comes()
        # What has been read is not thrown away because it could not be noted that somebody is there again.
        assert guest.is_recovered == (where == "remember")
        assert (guest.sid == old) == (where == "remember")
        assert stage.connected() == [guest.sid]
        assert stage.outcomes()["failed"] == 1
        await stage.finish()
        assert await guest.hears_all() == ([0, 1] if where == "remember" else [])


async def test_whoever_cannot_be_remembered_has_no_pid(opened: OpenStage) -> None:
    async with opened() as (stage, visitor):
        Broken(stage, "remember", "raises")
        guest = Guest(visitor)
        await guest.comes()
        assert list(guest.reply) == ["sid"]


async def test_a_holder_that_does_not_leave_in_time_keeps_the_session(opened: OpenStage) -> None:
    async with opened(connect_s=1) as (stage, visitor):
        old = Guest(visitor)
        await old.comes()
        gate = Gate()

        async def stuck(sid: str) -> None:
            await gate()

        stage.server.on("stuck", stuck)
        assert old.socket
        await old.socket.says('42["stuck"]')
        await gate.reached.wait()
        new = Guest(visitor)
        new.pid = old.pid
        await new.comes()
        assert not new.is_recovered
        assert new.sid != old.sid
        gate.open.set()
        await stage.until("left", old.sid, "server disconnect")
        assert stage.connected() == [new.sid]


@pytest.mark.parametrize("where", ["recall", "handler", "replay", "remember"])
async def test_draining_meanwhile_ends_in_time_and_says_goodbye_once(opened: OpenStage, where: str) -> None:
    async with opened(drain_s=0.05) as (stage, visitor):
        guest = await one_who_left(stage, visitor)
        gate = hold_up(stage, where)
        await guest.asks()
        await gate.reached.wait()
        assert guest.socket
        _, code = await asyncio.gather(stage.server.drain(), guest.socket.ended())
        assert code == 1012
        await eventually(lambda: not stage.server.manager._members)
        # python-socketio takes the cancellation away from the handler: then it has let somebody in.
        assert [what[0] for what in stage.happened] == ([] if where == "recall" else ["came", "left"])


async def test_draining_waits_for_a_session_that_is_had_back_in_time(opened: OpenStage) -> None:
    async with opened() as (stage, visitor):
        guest = await one_who_left(stage, visitor)
        gate = hold_up(stage, "replay")
        await guest.asks()
        await gate.reached.wait()
        drained = asyncio.create_task(stage.server.drain())
        gate.open.set()
        await guest.answered()
        assert guest.is_recovered
        assert [(await guest.hears())[1] for _ in range(2)] == [0, 1]
        await drained


async def test_a_recovery_that_outlives_its_connection_is_ended_with_one_goodbye(opened: OpenStage) -> None:
    async with opened(handler_s=0.05, ping_interval_s=0.5) as (stage, visitor):
        guest = await one_who_left(stage, visitor)
        gate = hold_up(stage, "replay")
        await guest.asks()
        await gate.reached.wait()
        guest.goes_away()
        await eventually(lambda: not stage.server.manager._members)
        assert stage.happened == [("came", guest.sid, True), ("left", guest.sid, "transport close")]
        assert not any(stage.server._recalls._holders.values())


@pytest.mark.parametrize("where", ["replay", "remember"])
async def test_a_recovery_that_goes_on_regardless_welcomes_nobody_who_has_gone(opened: OpenStage, where: str) -> None:
    async with opened(handler_s=0.05, ping_interval_s=0.5) as (stage, visitor):
        guest = await one_who_left(stage, visitor) if where == "replay" else Guest(visitor)
        gate, ended = Gate(), asyncio.Event()

        async def stubborn() -> None:
            with contextlib.suppress(asyncio.CancelledError):
                await gate()
            # By now the connection has been let go, and its member with it.
            await eventually(lambda: not stage.server.manager._members)
            ended.set()

        stage.memory.before[where] = stubborn
        await guest.asks()
        await gate.reached.wait()
        guest.goes_away()
        await ended.wait()
        await eventually(lambda: not stage.server.eio.house.ending)
        [(_, sid, _), goodbye] = stage.happened
        assert goodbye == ("left", sid, "transport close")
        assert stage.connected() == []
        assert not any(stage.server._recalls._holders.values())


async def test_nobody_asks_again_for_a_client_that_has_gone(opened: OpenStage) -> None:
    async with opened() as (stage, visitor):
        guest = await one_who_left(stage, visitor)
        guest.offset = "of another epoch"
        gate = hold_up(stage, "replay")
        await guest.asks()
        await gate.reached.wait()
        guest.goes_away()
        await eventually(lambda: not stage.server.eio.sockets)
        gate.open.set()
        await eventually(lambda: not stage.server._recalls._attempts)
        assert stage.happened == [("came", guest.sid, True), ("left", guest.sid, "server disconnect")]


class ByPidAlone:
    """A recovery that knows no session ids: its pid says everything, and is stored nowhere."""

    def __init__(self) -> None:
        self.members: list[Member] = []

    async def recall(self, namespace: str, pid: str) -> Recalled | None:
        return Recalled(account=pid.partition(":")[2])

    async def replay(self, recalled: Recalled, offset: str | None) -> list[Missed] | None:
        return [Missed("n", (7, "seq-7")), Missed("n", [8, "other-2"]), Missed("quiet", ())]

    def repeats(self, recalled: Recalled, arguments: Sequence[Any]) -> bool:
        return arguments[:2] == ["n", 7]

    async def remember(self, member: Member) -> str | None:
        self.members.append(member)
        return f"{len(self.members)}:ana"


async def test_a_pid_that_is_stored_nowhere_is_held_by_one_connection(opened: OpenStage) -> None:
    async with opened(recovery=ByPidAlone()) as (stage, visitor):
        seen: list[Any] = []

        async def welcome(sid: str) -> None:
            recalled = stage.server.recalled(sid, "/")
            seen.append(recalled and recalled.account)
            await stage.server.emit("n", (7, "about-6"), to=sid)
            await stage.server.emit("n", (8, "other-2"), to=sid)
            await stage.server.emit("n", (9, "seq-8"), to=sid)

        stage.welcome = welcome
        first, second = Guest(visitor), Guest(visitor)
        await first.comes()
        assert [await first.hears() for _ in range(3)] == [["n", 7, "about-6"], ["n", 8, "other-2"], ["n", 9, "seq-8"]]
        second.pid = first.pid
        await second.comes()
        assert seen == [None, "ana"]
        assert second.is_recovered
        assert second.sid != first.sid
        assert stage.happened[1:] == [("left", first.sid, "server disconnect"), ("came", second.sid, True)]
        await stage.finish()
        assert await second.hears_all() == [7, 8, 9]
        assert second.heard[2] == ["quiet"]
