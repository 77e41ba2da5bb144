"""CommandNamespace: exactly one reply for whatever is asked, in its order; who may not join is told why."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest
import structlog

from server.errors import Busy, Forbidden
from server.transport.namespace import _entry
from tests.transport.small_server import SmallServer, Word


@pytest.fixture
async def small() -> AsyncIterator[SmallServer]:
    """A server with an echo, a bug and a refusal."""
    small = SmallServer()

    async def echo(account_id: int, command: Word) -> dict[str, str]:
        return {"word": command.word}

    async def break_down(account_id: int, command: Word) -> None:
        raise KeyError("a drawer")

    async def refuse(account_id: int, command: Word) -> None:
        raise Forbidden("Not you.")

    small.commands |= {"echo": echo, "break_down": break_down, "refuse": refuse}
    async with small.open():
        yield small


async def test_a_bug_is_answered_once_and_logged_once_without_what_was_said(small: SmallServer) -> None:
    with structlog.testing.capture_logs() as lines:
        async with small.joined() as wire:
            for number in (1, 2):
                await wire.send(f'42/chat,{number}["break_down",{{"word":"a private word"}}]')
            replies = [await wire.reply(number) for number in (1, 2)]
            await wire.send('42/chat,3["echo",{"word":"still here"}]')
            assert (await wire.reply(3))["data"] == {"word": "still here"}
    assert [reply["error"]["code"] for reply in replies] == ["internal", "internal"]
    assert "drawer" not in str(replies)
    [line] = [one for one in lines if one["log_level"] == "error"]
    assert isinstance(line["exc_info"], KeyError)
    assert line["exc_info"].__traceback__ is not None
    assert line["command"] == "break_down"
    assert "a private word" not in repr(line)


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        ('"unknown",{"word":"x"}', "unsupported"),
        ('"echo"', "invalid"),
        ('"echo",null', "invalid"),
        ('"echo",{"word":"x"},{"word":"y"}', "invalid"),
        ('"echo",[]', "invalid"),
        ('"echo",{"word":1}', "invalid"),
        ('"echo",{"word":"x","more":1}', "invalid"),
        ('"echo",{"word":NaN}', "invalid"),
        ('"refuse",{"word":"x"}', "forbidden"),
    ],
)
async def test_every_command_gets_one_reply(small: SmallServer, arguments: str, code: str) -> None:
    async with small.joined() as wire:
        await wire.send(f"42/chat,1[{arguments}]", '42/chat,2["echo",{"word":"next"}]')
        assert (await wire.reply(1))["error"]["code"] == code
        assert (await wire.reply(2))["ok"]


@pytest.mark.parametrize("name", ["connect", "disconnect", "connect_error", "disconnecting"])
async def test_a_lifecycle_handler_cannot_be_asked_for(small: SmallServer, name: str) -> None:
    async with small.joined() as wire:
        await wire.send(f'42/chat,1["{name}",{{"word":"x"}}]')
        await wire.ended()
    await small.until_nothing_is_left()


async def test_bytes_are_unsupported(small: SmallServer) -> None:
    async with small.joined() as wire:
        await wire.send('451-/chat,1["echo",{"word":{"_placeholder":true,"num":0}}]')
        await wire._socket.send_bytes(b"bytes")
        await wire.send('42/chat,2["echo",{"word":"next"}]')
        head = await wire.until("43/chat,1[")
        assert '"unsupported"' in head
        assert (await wire.reply(2))["ok"]


async def test_commands_of_one_connection_run_one_after_another(small: SmallServer) -> None:
    running: list[str] = []
    may_go_on = asyncio.Event()

    async def slow(account_id: int, command: Word) -> dict[str, list[str]]:
        running.append(command.word)
        await may_go_on.wait()
        running.append(f"end of {command.word}")
        return {"so_far": list(running)}

    small.namespace._table["slow"] = _entry(Word, lambda connection, word: slow(1, word))
    async with small.joined() as wire:
        words = ["one", "two", "three"]
        await wire.send(*(f'42/chat,{n}["slow",{{"word":"{word}"}}]' for n, word in enumerate(words)))
        may_go_on.set()
        assert (await wire.reply(2))["ok"]
    assert running == ["one", "end of one", "two", "end of two", "three", "end of three"]


async def test_another_protocol_is_unsupported(small: SmallServer) -> None:
    async with small.wire() as wire:
        await wire.send('40/chat,{"protocol":2}')
        refusal = await wire.refusal()
        assert refusal["message"] == refusal["data"]["code"] == "unsupported"
        await wire.send('40/chat,{"protocol":1}')
        await wire.until("40/chat,")


@pytest.mark.parametrize(
    ("trouble", "code"), [(Busy("Later."), "busy"), (RuntimeError("the disk is on fire"), "unavailable")]
)
async def test_a_handshake_that_fails_is_told_and_leaves_nothing(
    small: SmallServer, trouble: Exception, code: str
) -> None:
    async def identify(*asked: Any) -> Any:
        raise trouble

    small.identify = identify  # type: ignore[method-assign]
    async with small.wire() as wire:
        await wire.send("40/chat,{}")
        refusal = await wire.refusal()
        assert (refusal["message"], refusal["data"]["retryable"]) == (code, True)
        assert "fire" not in str(refusal)
        assert small.online.accounts() == []
    await small.until_nothing_is_left()


async def test_a_database_that_does_not_answer_is_unavailable() -> None:
    small = SmallServer(connect_s=0.01)

    async def identify(*asked: Any) -> Any:
        await asyncio.Event().wait()

    small.identify = identify  # type: ignore[method-assign]
    async with small.open(), small.wire() as wire:
        await wire.send("40/chat,{}")
        assert (await wire.refusal())["message"] == "unavailable"


async def test_both_namespaces_of_a_socket_ask_once_who_it_is(small: SmallServer) -> None:
    asked: list[Any] = []
    known = small.identify

    async def identify(*about: Any) -> Any:
        asked.append(about[0])
        return await known(*about)

    small.identify = identify  # type: ignore[method-assign]
    mine, other = '{"token":"mine"}', '{"token":"another"}'
    async with small.wire() as wire:
        await wire.send(f"40/chat,{mine}", f"40/notifications,{mine}")
        await wire.until("40/notifications,")
    assert asked == [{"token": "mine"}]
    async with small.wire() as wire:
        await wire.send(f"40/chat,{mine}", f"40/notifications,{other}")
        await wire.until("40/notifications,")
    assert asked[1:] == [{"token": "mine"}, {"token": "another"}]
    async with small.wire() as wire:
        await wire.send(f"40/chat,{mine}", "41/chat,", f"40/notifications,{mine}")
        await wire.until("40/notifications,")
    assert len(asked) == 5, "who has left vouches for nobody"
