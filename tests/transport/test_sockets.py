"""The Socket.IO server: who joins nothing or speaks nonsense is let go, and nothing is kept of anybody who has gone."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest

from server.protocol.chat import Nothing
from server.realtime.online import Connection
from server.realtime.rooms import CHAT, conversation_room
from tests.transport.small_server import SmallServer, Word


@pytest.fixture
async def small() -> AsyncIterator[SmallServer]:
    small = SmallServer()

    async def echo(account_id: int, command: Word) -> dict[str, str]:
        return {"word": command.word}

    small.commands["echo"] = echo
    async with small.open():
        yield small


async def test_who_joins_nothing_in_time_is_let_go() -> None:
    small = SmallServer(auth_s=0.02)
    async with small.open(), small.wire() as wire:
        await wire.ended()
        await small.until_nothing_is_left()


async def test_who_has_joined_stays() -> None:
    small = SmallServer(auth_s=3)
    async with small.open(), small.joined() as wire, small.wire() as idle:
        await idle.ended()
        await wire.send('42/chat,1["nothing",{}]')
        assert (await wire.reply(1))["error"]["code"] == "unsupported"


@pytest.mark.parametrize("frame", ["40/chat,{}", "42/chat,1{}", "42/chat,1[1]", "49/chat,", "44/chat,"])
async def test_a_second_connect_and_nonsense_close(small: SmallServer, frame: str) -> None:
    async with small.joined() as wire:
        await wire.send(frame)
        await wire.ended()
    await small.until_nothing_is_left()


async def test_connects_behind_the_end_leave_nothing(small: SmallServer) -> None:
    for _ in range(5):
        async with small.wire() as wire:
            await wire.send("42nonsense", "40/chat,{}", "40/chat,{}")
            await wire.ended()
    await small.until_nothing_is_left()


async def test_an_event_to_what_was_not_joined_is_not_answered_and_harms_nothing(small: SmallServer) -> None:
    async with small.wire() as wire:
        await wire.send('42/chat,1["echo",{"word":"x"}]', '421["echo",{}]', '42/other,1["echo",{}]')
        await wire.send("40/other,{}")
        assert "Invalid namespace" in await wire.until("4")
        await wire.send("40/chat,{}", '42/chat,2["echo",{"word":"now"}]')
        assert (await wire.reply(2))["data"] == {"word": "now"}


async def test_who_leaves_while_asked_who_it_is_is_not_kept(small: SmallServer) -> None:
    asked, answer = asyncio.Event(), asyncio.Event()
    known = small.identify

    async def identify(*about: Any) -> Any:
        asked.set()
        await answer.wait()
        return await known(*about)

    small.identify = identify  # type: ignore[method-assign]
    async with small.wire() as wire:
        await wire.send("40/chat,{}")
        await asked.wait()
        [eio_sid] = small.sockets.environ
        await small.sockets.eio.disconnect(eio_sid)
        answer.set()
        await wire.ended()
    await small.until_nothing_is_left()


async def test_who_leaves_while_being_welcomed_enters_nothing(small: SmallServer) -> None:
    welcomed, go_on = asyncio.Event(), asyncio.Event()
    finished = asyncio.Event()

    async def welcome(connection: Connection) -> None:
        welcomed.set()
        await go_on.wait()
        await small.sockets.enter_room(connection.sid, conversation_room(7), CHAT)
        await small.sockets.emit("ready", {}, room=connection.sid, namespace=CHAT)
        finished.set()

    small.welcome = welcome  # type: ignore[method-assign]
    async with small.wire() as wire:
        await wire.send("40/chat,{}")
        await welcomed.wait()
        [eio_sid] = small.sockets.environ
        await small.sockets.eio.disconnect(eio_sid)
        go_on.set()
        await finished.wait()
        await wire.ended()
    await small.until_nothing_is_left()


async def test_ending_a_connection_closes_it_whatever_the_client_does(small: SmallServer) -> None:
    async with small.joined() as wire, small.joined() as other:
        sid = next(iter(small.online._by_sid))
        await small.sockets.end_connection(sid, CHAT)
        await wire.ended()
        await other.send('42/chat,1["echo",{"word":"x"}]')
        assert (await other.reply(1))["ok"]
    await small.until_nothing_is_left()


async def test_nothing_is_left_of_many_who_came_and_went(small: SmallServer) -> None:
    async def visit() -> None:
        async with small.joined() as wire:
            await wire.send('42/chat,1["echo",{"word":"x"}]')
            await wire.leave()

    await asyncio.gather(*(visit() for _ in range(50)))
    await small.until_nothing_is_left()


async def test_ready_comes_first_whatever_happens_while_it_is_read(small: SmallServer) -> None:
    async def welcome(connection: Connection) -> None:
        await small.sockets.enter_room(connection.sid, conversation_room(7), CHAT)
        await small.sockets.emit("message_created", {"seq": 1}, room=conversation_room(7), namespace=CHAT)
        small.sockets.greet(connection.sid, "ready", Nothing(), CHAT)
        await small.sockets.emit("message_created", {"seq": 2}, room=conversation_room(7), namespace=CHAT)

    small.welcome = welcome  # type: ignore[method-assign]
    async with small.wire() as wire:
        await wire.send("40/chat,{}")
        heard = [await wire.until("4") for _ in range(4)]
    assert heard[0].startswith('40/chat,{"sid"')
    assert heard[1:] == ['42/chat,["ready",{}]', *(f'42/chat,["message_created",{{"seq":{n}}}]' for n in (1, 2))]
