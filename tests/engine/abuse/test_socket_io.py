"""What a client may do to the Socket.IO level: every malformed packet, binary, floods of faults, joins that fail."""

from __future__ import annotations

import asyncio
import re

import pytest

from tests.engine.abuse.hall import OpenHall, joined
from tests.engine.running import eventually
from tests.engine.test_packets import REFUSED

HEAD = re.compile(r"^([56]\d*-|\d)")
"""Type and number of attachments: the namespace belongs behind them."""
SHAPES = {name: text for name, text in REFUSED.items() if text and len(text) < 10_000}


@pytest.mark.parametrize("name", SHAPES)
async def test_a_malformed_packet_ends_the_connection_and_runs_nothing(hall: OpenHall, name: str) -> None:
    async with hall() as (events, visitor):
        socket, _ = await joined(visitor)
        text = SHAPES[name]
        await socket.says("4" + (text if "/" in text else HEAD.sub(r"\1/plain,", text, count=1)))
        assert await socket.ended() == 1002
        await events.until(lambda: events.reasons == ["parse error"])
        assert events.echoed == []


# R11: a broken payload in a sound envelope


@pytest.mark.parametrize("raw", ['"\\ud83d"', "NaN", "1e400", '"text"', "1,2", "[" * 50 + "]" * 50])
async def test_a_decoder_answers_what_it_cannot_read(hall: OpenHall, raw: str) -> None:
    async with hall() as (events, visitor):
        socket, _ = await joined(visitor, "/typed")
        await socket.says(f'42/typed,7["echo",{raw}]')
        assert await socket.hears() == '43/typed,7[{"refused":"echo"}]'
        await socket.says('42/typed,8["echo",5]')
        assert await socket.hears() == "43/typed,8[5]"
        assert events.echoed == [(5,)]


async def test_what_cannot_be_sent_is_refused_at_the_sender_and_touches_nobody(hall: OpenHall) -> None:
    async with hall() as (events, visitor):
        one, _ = await joined(visitor)
        other, _ = await joined(visitor)
        await one.says('42/plain,1["nan"]', '42/plain,2["echo","after"]')
        assert await one.hears() == '43/plain,2["after"]'
        await events.server.emit("fine", 1, room="hall", namespace="/plain")
        assert await other.hears() == '42/plain,["fine",1]'


# R12: binary

PLACE = '{"_placeholder":true,"num":0}'


async def test_text_instead_of_an_attachment_ends_the_connection(hall: OpenHall) -> None:
    async with hall() as (events, visitor):
        socket, _ = await joined(visitor)
        await socket.says(f'451-/plain,["echo",{PLACE}]', '42/plain,["echo"]')
        assert await socket.ended() == 1002
        assert events.echoed == []


async def test_attachments_share_the_bound_of_a_message(hall: OpenHall) -> None:
    async with hall(max_payload=10_000) as (_, visitor):
        socket, _sid = await joined(visitor)
        await socket.says(f'452-/plain,["echo",{PLACE},{PLACE.replace("0", "1")}]', b"x" * 6000, b"y" * 6000)
        assert await socket.ended() == 1002


async def test_bytes_out_of_nowhere_end_the_connection(hall: OpenHall) -> None:
    async with hall() as (_, visitor):
        socket, _sid = await joined(visitor)
        await socket.says(b"123")
        assert await socket.ended() == 1002


async def test_a_missing_attachment_is_waited_for_so_long_and_no_longer(hall: OpenHall) -> None:
    async with hall(attachment_s=0.1, ping_timeout_s=1) as (events, visitor):
        socket, _ = await joined(visitor)
        await socket.says(f'451-/plain,["echo",{PLACE}]')
        assert await socket.ended() == 1002
        await events.until(lambda: events.reasons == ["parse error"])


async def test_a_namespace_without_bytes_says_so(hall: OpenHall) -> None:
    async with hall() as (_, visitor):
        socket, _sid = await joined(visitor, "/typed")
        await socket.says(f'451-/typed,3["echo",{PLACE}]', b"x", '42/typed,4["echo",1]')
        assert [await socket.hears(), await socket.hears()] == ['43/typed,3["no bytes here"]', "43/typed,4[1]"]


# R13: lesser faults


@pytest.mark.parametrize(
    "packet",
    [
        '42/plain,["unknown"]',
        "43/plain,5[]",
        "43/plain,0[]",
        '42/typed,["echo",1]',
        "40/secret,",
        '42/plain,["raises"]',
    ],
)
async def test_lesser_faults_are_counted_and_too_many_end_the_connection(
    hall: OpenHall, packet: str, caplog: pytest.LogCaptureFixture
) -> None:
    async with hall() as (events, visitor):
        socket, _ = await joined(visitor)
        await socket.says(*[packet] * 10, '42/plain,1["echo"]')
        await socket.hears_until("43")
        assert sum("Traceback" in (record.exc_text or "") for record in caplog.records) <= 1
        await socket.says(packet)
        assert await socket.ended() == 1008
        await events.until(lambda: events.reasons == ["too many errors"])


# R14: order


async def test_events_of_one_client_are_handled_and_answered_in_order(hall: OpenHall) -> None:
    async with hall() as (events, visitor):
        events.gate.clear()
        socket, _ = await joined(visitor)
        await socket.says('42/plain,0["wait"]', *(f'42/plain,{number}["echo",{number}]' for number in range(1, 30)))
        events.gate.set()
        assert await socket.hears() == "43/plain,0[]"
        assert [await socket.hears() for _ in range(1, 30)] == [f"43/plain,{n}[{n}]" for n in range(1, 30)]


# R18, R19: joining


async def test_who_joins_nothing_is_let_go(hall: OpenHall) -> None:
    async with hall(auth_s=1, ping_timeout_s=1) as (_, visitor):
        socket = await visitor.socket()
        assert await socket.ended() == 1008
        leaver, _sid = await joined(visitor)
        await leaver.says("41/plain,")
        assert await leaver.ended() == 1008


async def test_a_connect_handler_that_fails_or_takes_too_long_refuses(hall: OpenHall) -> None:
    async def fails(sid: str) -> None:
        raise RuntimeError("the database is down")

    async def sleeps(sid: str) -> None:
        await asyncio.Event().wait()

    async def refuses(sid: str) -> bool:
        return False

    async with hall(connect_s=1) as (events, visitor):
        for welcome, message in (
            (fails, "unavailable"),
            (sleeps, "unavailable"),
            (refuses, "Connection rejected by server"),
        ):
            events.welcome = welcome
            socket = await visitor.socket()
            await socket.says("40/plain,")
            assert await socket.hears() == f'44/plain,{{"message":"{message}"}}'
            assert not events.server.manager._members
        assert events.reasons == []


async def test_a_client_that_goes_while_it_joins_leaves_no_ghost(hall: OpenHall) -> None:
    async with hall() as (events, visitor):
        begun = asyncio.Event()

        async def slow(sid: str) -> None:
            begun.set()
            await events.gate.wait()

        events.welcome = slow
        events.gate.clear()
        socket = await visitor.socket()
        await socket.says("40/plain,")
        await begun.wait()
        socket.cut()
        await eventually(lambda: not events.server.eio.sockets)
        events.gate.set()
        await events.until(lambda: events.reasons == ["transport close"])
        await eventually(lambda: not events.server.manager._members)


async def test_what_is_emitted_while_joining_comes_behind_the_reply(hall: OpenHall) -> None:
    async with hall() as (events, visitor):

        async def greets(sid: str) -> None:
            await events.server.emit("to you", to=sid, namespace="/plain")
            await events.server.emit("to all", room="hall", namespace="/plain")

        events.welcome = greets
        socket = await visitor.socket()
        await socket.says("40/plain,")
        assert (await socket.hears()).startswith("40/plain,{")
        assert [await socket.hears(), await socket.hears()] == ['42/plain,["to you"]', '42/plain,["to all"]']


async def test_what_is_held_for_a_joining_client_is_bounded(hall: OpenHall) -> None:
    async with hall() as (events, visitor):

        async def talks(sid: str) -> None:
            for number in range(101):
                await events.server.emit("n", number, to=sid, namespace="/plain")

        events.welcome = talks
        socket = await visitor.socket()
        await socket.says("40/plain,")
        await socket.ended()
        await events.until(lambda: events.reasons == ["slow consumer"])


# R21, R22: ends


async def test_each_end_has_its_reason_once(hall: OpenHall) -> None:
    async with hall() as (events, visitor):
        socket, _ = await joined(visitor)
        await socket.says("41/plain,")
        await events.until(lambda: events.reasons == ["client namespace disconnect"])
        await socket.says("40/plain,")
        await socket.hears_until("40/plain,")
        await socket.says("1")
        await events.until(lambda: events.reasons[1:] == ["client disconnect"])
        _, sid = await joined(visitor)
        await events.server.disconnect(sid, namespace="/plain")
        await events.until(lambda: events.reasons[2:] == ["server disconnect"])


async def test_a_connection_is_ended_for_real_in_all_its_namespaces(hall: OpenHall) -> None:
    async with hall() as (events, visitor):
        socket, sid = await joined(visitor)
        await socket.says("40/typed,")
        await socket.hears_until("40/typed,")
        events.server.disconnect_connection(sid)
        assert {await socket.hears(), await socket.hears()} == {"41/plain,", "41/typed,"}
        assert await socket.ended() == 1000
        await events.until(lambda: events.reasons == ["server disconnect"] * 2)
        await events.server.emit("late", to=sid, namespace="/plain")
