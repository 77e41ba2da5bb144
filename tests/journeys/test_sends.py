"""Nothing answered is lost, nothing is stored twice, order is kept: over real connections, and over a crash."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable
from contextlib import AsyncExitStack, suppress
from pathlib import Path
from typing import Any

import socketio

from tests.chat_client import ChatClient
from tests.journeys.stored import database_of, is_sound, rows
from tests.people import Person, make_people_in
from tests.services_under_test import MadangProcess

Make = Callable[..., dict[str, Person]]


async def test_a_thousand_sends_with_repeats_from_twenty_connections(madang: MadangProcess, people: Make) -> None:
    pair = people("ana", "ben")
    chance = random.Random(7)
    async with AsyncExitStack() as stack:
        clients = [await stack.enter_async_context(ChatClient(madang.url, pair["ana"].token)) for _ in range(20)]
        direct = (await clients[0].do("open_direct", account_id=pair["ben"].id))["id"]
        sends = [f"thousand-{n:04}" for n in range(1000)]
        repeats = chance.sample(sends, 300)
        work = [*sends, *repeats]
        chance.shuffle(work)
        answers: dict[str, list[dict[str, Any]]] = {client_id: [] for client_id in sends}

        async def send_all(client: ChatClient, mine: list[str]) -> None:
            for client_id in mine:
                answer = await client.do("send_message", conversation_id=direct, client_id=client_id, text=client_id)
                answers[client_id].append(answer)

        await asyncio.gather(*(send_all(client, work[n::20]) for n, client in enumerate(clients)))
    stored = rows(madang, "select seq, client_id from message where conversation_id = ? order by seq", direct)
    assert [seq for seq, _ in stored] == list(range(1, 1001))
    assert {client_id for _, client_id in stored} == set(sends)
    for client_id, given in answers.items():
        assert len({(one["seq"], one["sent_at"]) for one in given}) == 1, client_id
        assert sorted(one["duplicate"] for one in given) == [False] + [True] * (len(given) - 1)
    assert sum(map(len, answers.values())) == 1300


async def test_twenty_sends_in_one_tick_are_stored_in_order(madang: MadangProcess, people: Make) -> None:
    pair = people("ana", "ben")
    async with ChatClient(madang.url, pair["ana"].token) as ana:
        direct = (await ana.do("open_direct", account_id=pair["ben"].id))["id"]
        sends = [
            ana.do("send_message", conversation_id=direct, client_id=f"one-tick-{n:02}", text=str(n)) for n in range(20)
        ]
        await asyncio.gather(*sends)
    stored = rows(madang, "select text from message where conversation_id = ? order by seq", direct)
    assert [text for (text,) in stored] == [str(n) for n in range(20)]


async def test_everybody_hears_a_conversation_in_the_same_order(madang: MadangProcess, people: Make) -> None:
    made = people("ana", "ben", "cleo")
    async with AsyncExitStack() as stack:
        clients = [await stack.enter_async_context(ChatClient(madang.url, one.token)) for one in made.values()]
        others = [made["ben"].id, made["cleo"].id]
        group = await clients[0].do("create_group", client_id="same-order", title="Order", account_ids=others)
        sends = [
            client.do("send_message", conversation_id=group["id"], client_id=f"{n}-from-{m}", text=f"{n} {m}")
            for n in range(20)
            for m, client in enumerate(clients)
        ]
        await asyncio.gather(*sends)
        for client in clients:
            await client.until(lambda client=client: len(client.messages(group["id"])) == 60)  # type: ignore[misc]
        heard = [client.messages(group["id"]) for client in clients]
    assert heard[0] == heard[1] == heard[2]
    stored = rows(madang, "select text from message where conversation_id = ? order by seq", group["id"])
    assert heard[0] == [text for (text,) in stored]


async def test_every_answered_send_survives_a_kill(tmp_path: Path, own_database: dict[str, str]) -> None:
    with MadangProcess(tmp_path / "data", message_rate="off", **own_database) as madang:
        pair = make_people_in(database_of(madang), "ana", "ben")
        answered: set[str] = set()
        async with AsyncExitStack() as stack:
            clients = []
            for _ in range(10):
                client = ChatClient(madang.url, pair["ana"].token)
                await stack.enter_async_context(client)
                clients.append(client)
            direct = (await clients[0].do("open_direct", account_id=pair["ben"].id))["id"]
            half = asyncio.Event()

            async def send_all(client: ChatClient, mine: list[str]) -> None:
                with suppress(socketio.exceptions.SocketIOError, TimeoutError):
                    for client_id in mine:
                        await client.do("send_message", conversation_id=direct, client_id=client_id, text=client_id)
                        answered.add(client_id)
                        if len(answered) >= 250:
                            half.set()

            sends = [f"killed-in-between-{n:03}" for n in range(500)]
            sending = [asyncio.create_task(send_all(one, sends[n::10])) for n, one in enumerate(clients)]
            await half.wait()
            madang.kill()
            for client in clients:
                await client.socket.disconnect()
            for task in sending:
                task.cancel()
            await asyncio.gather(*sending, return_exceptions=True)
        assert 250 <= len(answered) < 500
        madang.start()
        stored = rows(madang, "select client_id, seq from message order by seq")
        assert answered <= {client_id for client_id, _ in stored}
        assert len({client_id for client_id, _ in stored}) == len(stored)
        assert [seq for _, seq in stored] == list(range(1, len(stored) + 1))
        assert is_sound(madang)
        async with ChatClient(madang.url, pair["ana"].token) as ana:
            for client_id in sends:
                await ana.do("send_message", conversation_id=direct, client_id=client_id, text=client_id)
        assert rows(madang, "select count(*), max(seq) from message") == [(500, 500)]
