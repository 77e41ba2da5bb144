"""Unmodified JavaScript clients come back with ``socket.recovered``, and with exactly what they missed."""

from __future__ import annotations

import asyncio
import urllib.request
from collections.abc import AsyncIterator, Callable, Iterator
from typing import Any

import pytest

from server.clock import now
from server.realtime.recovery import MOST, MOST_POLLED
from server.storage import telling
from server.storage.telling import Call
from tests.chat_client import ChatClient
from tests.journeys.deployment import Deployment, deployed
from tests.journeys.returning import CHAT, NOTIFICATIONS, ReturningClient
from tests.journeys.yard import Yard, begun
from tests.people import Person, write_beside
from tests.postgres_server import PostgresServer
from tests.services_under_test import MadangProcess

Make = Callable[..., dict[str, Person]]
TRANSPORTS = ["websocket", "polling", "polling websocket"]


@pytest.fixture
async def yard(madang: MadangProcess, people: Make) -> AsyncIterator[Yard]:
    made = people("ana", "ben", "cleo")
    async with ChatClient(madang.url, made["ana"].token) as ana:
        yield await begun(madang.url, ana, made)


@pytest.mark.parametrize("transports", TRANSPORTS)
async def test_after_a_cut_there_is_exactly_what_was_missed(yard: Yard, transports: str) -> None:
    await yard.told_ben("")  # that he has been invited
    async with yard.returning(transports) as ben:
        await yard.say(yard.group)
        await ben.hears("word 0")
        for _ in range(3):  # of one session
            await ben.cut()
            missed = await yard.say(yard.group, 3) + await yard.say(yard.direct, 2) + await yard.say(yard.group, 2)
            await yard.told_ben(missed[4])
            heard = await ben.back()
            assert ben.recovered() == [True, True]
            since = len(ben.lines) - len(heard)
            assert ben.texts(since) == missed
            [[ready]] = ben.of("ready", since=since)
            assert ready["recovered"] is True
            rows = {row["id"]: row for row in ready["conversations"]}
            assert (rows[yard.direct]["head_seq"], rows[yard.direct]["last_message"]["text"]) == (
                ben.entries(yard.direct)[-1],
                missed[4],
            )
            names = [line[1] for line in heard if line[0] == CHAT]
            assert names.index("ready") > max(place for place, name in enumerate(names) if name == "message_created")
            told = [line[2] for line in heard if line[0] == NOTIFICATIONS and len(line) == 4]
            assert [row["body"] for row in told] == [missed[4]]
            [after] = await yard.say(yard.group)
            await ben.hears(after)
        for where in (yard.group, yard.direct):
            places = ben.entries(where)
            assert places == list(range(places[0], places[0] + len(places))), "once each, in their order"


async def test_a_client_that_has_heard_nothing_yet(yard: Yard) -> None:
    async with yard.returning() as ben:
        await ben.cut()
        missed = await yard.say(yard.group, 2)
        await ben.back()
        assert (ben.recovered()[0], ben.texts()) == (True, missed)


async def test_after_the_server_was_killed(yard: Yard, madang: MadangProcess, people: Make) -> None:
    async with yard.returning() as ben:
        await yard.say(yard.group)
        await ben.hears("word 0")
        await ben.cut()
        missed = await yard.say(yard.group, 2)
        madang.kill()
        await asyncio.to_thread(madang.start)
        async with ChatClient(yard.url, yard.ana.token) as ana:
            yard.ana = ana
            missed += await yard.say(yard.direct, 2)
            await ben.back()
            assert ben.recovered() == [True, True]
            assert ben.texts() == ["word 0", *missed]
            await yard.say(yard.group)
            await ben.hears("word 5")


async def test_who_was_removed_and_who_was_added_meanwhile(yard: Yard) -> None:
    other = (await yard.ana.do("create_group", client_id=f"other-{yard.ben.name}", title="Other", account_ids=[]))["id"]
    async with yard.returning() as ben:
        await ben.cut()
        before = await yard.say(yard.group, 2)
        await yard.ana.do("remove_member", conversation_id=yard.group, account_id=yard.ben.id)
        await yard.say(yard.group)
        await yard.say(other)
        await yard.ana.do("add_members", conversation_id=other, account_ids=[yard.ben.id])
        after = await yard.say(other, 2)
        await ben.back()
        assert ben.recovered()[0] is True
        assert ben.texts() == before + after
        assert [entry["conversation_id"] for entry, _ in ben.of("member_removed")] == [yard.group]
        assert [entry["conversation_id"] for entry, _ in ben.of("member_added")] == [other]
        assert yard.group not in [row["id"] for row in ben.of("ready")[-1][0]["conversations"]]
        await yard.say(yard.group)
        [last] = await yard.say(other)
        await ben.hears(last)
        assert ben.texts() == [*before, *after, last]


async def test_deleted_words_do_not_come_back(yard: Yard) -> None:
    async with yard.returning() as ben:
        await ben.cut()
        sent = await yard.ana.do("send_message", conversation_id=yard.group, client_id="a-secret-1", text="a secret")
        await yard.ana.do("delete_message", conversation_id=yard.group, seq=sent["seq"])
        await ben.back()
        assert ben.recovered()[0] is True
        assert ben.entries(yard.group) == [sent["seq"], sent["seq"] + 1]
        assert ben.texts() == [""]


@pytest.mark.parametrize(("transports", "most"), [("websocket", MOST), ("polling", MOST_POLLED)])
async def test_a_gap_that_is_too_large_is_announced(yard: Yard, transports: str, most: int) -> None:
    async with yard.returning(transports) as ben:
        await ben.cut()
        missed = await yard.say(yard.group, most)
        await ben.back()
        assert ben.recovered()[0] is True
        assert sorted(ben.texts()) == sorted(missed)
        await ben.cut()
        since = len(ben.lines)
        await yard.say(yard.group, most + 1)
        await ben.back()
        assert ben.recovered() == [False, True]
        [[ready]] = ben.of("ready", since=since)
        assert ready["recovered"] is False
        assert ben.texts(since) == []
        heads = {row["id"]: row["head_seq"] for row in ready["conversations"]}
        assert heads[yard.group] == ben.entries(yard.group)[-1] + most + 1
        # It has begun a new session, and comes back to that one.
        await ben.cut()
        [word] = await yard.say(yard.group)
        await ben.back()
        assert (ben.recovered()[0], ben.texts(since)) == (True, [word])


async def test_whoever_was_signed_out_meanwhile_is_refused(yard: Yard) -> None:
    async with yard.returning() as ben:
        await ben.cut()
        await yard.say(yard.group)
        await asyncio.to_thread(_sign_out, yard)
        since = len(ben.lines)
        ben.order(do="back")
        await ben.until(lambda: ben.count("connect_error") == 2)
        assert {line[2] for line in ben.lines[since:] if line[1] == "connect_error"} <= {"unauthorized", "expired"}
        assert [line[1] for line in ben.lines[since:] if line[1] != "connect_error"] == []


def _sign_out(yard: Yard) -> None:
    address = f"{yard.url}/api/v1/sessions/current"
    urllib.request.urlopen(urllib.request.Request(address, method="DELETE", headers=yard.ben.headers)).close()


async def test_a_pid_of_somebody_else_is_worth_nothing(yard: Yard) -> None:
    async def joins(person: Person, **brought: Any) -> dict[str, Any]:
        client = ChatClient(yard.url, person.token)
        await client.socket.connect(
            yard.url,
            namespaces=[CHAT],
            auth={"token": person.token, **brought},
            transports=["websocket"],
        )
        try:
            ready: dict[str, Any] = await client.event("ready")
        finally:
            await client.socket.disconnect()
        return ready

    async with yard.returning() as ben:
        stolen = await _pid_of(yard, yard.ben)
        await yard.say(yard.direct)
        await ben.hears("word 0")
    assert (await joins(yard.ben, pid=stolen))["recovered"] is True
    for person, pid in ((yard.cleo, stolen), (yard.ben, stolen[:-2] + "AA"), (yard.ben, "x" * 900)):
        ready = await joins(person, pid=pid)
        assert ready["recovered"] is False
    assert (await joins(yard.ben, pid=stolen, offset="0ther000epoch000-1"))["recovered"] is False


async def _pid_of(yard: Yard, person: Person) -> str:
    """What a connection of theirs is told; the stock Python client throws it away."""
    client = ChatClient(yard.url, person.token)
    pids: list[str] = []
    take = client.socket._handle_connect

    async def noted(namespace: str, data: Any) -> None:
        pids.append(data["pid"])
        await take(namespace, data)

    client.socket._handle_connect = noted
    await client.socket.connect(yard.url, namespaces=[CHAT], auth={"token": person.token}, transports=["websocket"])
    await client.socket.disconnect()
    return pids[0]


# Several workers


@pytest.fixture(scope="module")
def deployment(tmp_path_factory: pytest.TempPathFactory, postgres: PostgresServer) -> Iterator[Deployment]:
    with deployed(tmp_path_factory.mktemp("recovery"), postgres.new_database()) as running:
        yield running


def worker_of(client: ReturningClient) -> int:
    """Where its connection is now."""
    name: str = client.of("connect")[-1][0]["id"].partition(".")[0]
    return int(name.removeprefix("w")) - 1


@pytest.mark.parametrize("transports", TRANSPORTS)
async def test_when_its_worker_is_killed_it_comes_back_to_another(deployment: Deployment, transports: str) -> None:
    made = deployment.people("ana", "ben", "cleo")
    async with ReturningClient(deployment.address, made["ben"].token, transports) as ben:
        worker = deployment.workers[worker_of(ben)]
        other = next(one for one in deployment.workers if one is not worker)
        async with ChatClient(other.url, made["ana"].token) as ana:
            yard = await begun(deployment.address, ana, made)
            await yard.say(yard.group, 3)
            await ben.hears("word 2")
            worker.kill()
            try:
                missed = await yard.say(yard.group, 4) + await yard.say(yard.direct, 2)
                await ben.ready(2)
                assert ben.recovered() == [True, True]
                assert deployment.workers[worker_of(ben)] is not worker
                await asyncio.gather(*(ben.hears(text) for text in missed))
            finally:
                await asyncio.to_thread(worker.start)
        _has_all(ben, yard)


async def test_after_a_full_restart(deployment: Deployment) -> None:
    made = deployment.people("ana", "ben", "cleo")
    async with ReturningClient(deployment.address, made["ben"].token) as ben:
        async with ChatClient(deployment.workers[0].url, made["ana"].token) as ana:
            yard = await begun(deployment.address, ana, made)
            await yard.say(yard.group, 3)
            await ben.hears("word 2")
            await ben.cut()
            await yard.say(yard.group, 3)
        for worker in deployment.workers:
            worker.kill()
        await asyncio.gather(*(asyncio.to_thread(worker.start) for worker in deployment.workers))
        async with ChatClient(deployment.workers[1].url, made["ana"].token) as ana:
            yard.ana = ana
            await yard.say(yard.direct, 3)
            await ben.back()
            assert ben.recovered() == [True, True]
            await ben.hears("word 8")
        _has_all(ben, yard)


async def test_a_notification_that_no_worker_was_told_of_comes_before_the_next(deployment: Deployment) -> None:
    """As when the bus loses it: what ben has heard last must not hide it from him when he comes back."""
    made = deployment.people("ana", "ben", "cleo")
    async with ChatClient(deployment.workers[0].url, made["ana"].token) as ana:
        yard = await begun(deployment.workers[1].url, ana, made)
        async with yard.returning() as ben:
            await yard.say(yard.direct)
            await ben.until(lambda: "word 0" in _told(ben).values())
            roof = Call("system", "roof", "", "The roof leaks", "/", now(), yard.ben.id, {})
            write_beside(deployment.database_url, telling.tell, [(roof, yard.ben.id)])
            await yard.say(yard.direct)
            await ben.until(lambda: "word 1" in _told(ben).values())
            await ben.cut()
            await ben.back()
            assert ben.recovered() == [True, True]
        numbers = list(_told(ben))
        assert numbers == list(range(numbers[0], numbers[0] + len(numbers)))
        assert list(_told(ben).values())[-3:] == ["word 0", "The roof leaks", "word 1"]


def _told(ben: ReturningClient) -> dict[int, str]:
    """What the inbox has said, by the number of the change, in the order it came."""
    return {line[2]["seq"]: line[2]["body"] for line in ben.lines if line[0] == NOTIFICATIONS and len(line) == 4}


def _has_all(ben: ReturningClient, yard: Yard) -> None:
    """Every place, the first time in order; what is heard twice is heard as it was."""
    assert set(ben.texts()) == {f"word {number}" for number in range(yard.said)}
    for where in (yard.group, yard.direct):
        first = list(dict.fromkeys(ben.entries(where)))
        assert first == sorted(first)
        assert first == list(range(first[0], first[0] + len(first)))
