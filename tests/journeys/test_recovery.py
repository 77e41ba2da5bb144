"""Unmodified JavaScript clients come back with ``socket.recovered``, and with exactly what they missed."""

from __future__ import annotations

import asyncio
import random
import secrets
import sys
import urllib.request
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from server.clock import now
from server.realtime.recovery import MOST, MOST_POLLED
from server.storage.appending import Draft, append_message
from server.storage.database import Database
from tests.chat_client import ChatClient
from tests.journeys.deployment import Deployment, deployed
from tests.journeys.returning import CHAT, NOTIFICATIONS, ReturningClient
from tests.journeys.stored import database_of
from tests.people import Person, make_people_in
from tests.postgres_server import PostgresServer
from tests.services_under_test import MadangProcess

Make = Callable[..., dict[str, Person]]
TRANSPORTS = ["websocket", "polling", "polling websocket"]


@dataclass
class Yard:
    """ana talks; ben is in a group with her and cleo, and has a direct conversation with her."""

    url: str
    ana: ChatClient
    ben: Person
    cleo: Person
    group: int
    direct: int
    said: int = 0

    async def say(self, where: int, count: int = 1) -> list[str]:
        """What ana says now."""
        texts = [f"word {self.said + number}" for number in range(count)]
        self.said += count
        sends = [
            self.ana.do(
                "send_message", conversation_id=where, client_id=text.replace(" ", "-").ljust(8, "-"), text=text
            )
            for text in texts
        ]
        await asyncio.gather(*sends)
        return texts

    def returning(self, transports: str = "websocket") -> ReturningClient:
        """ben's device."""
        return ReturningClient(self.url, self.ben.token, transports)

    async def told_ben(self, text: str) -> None:
        """Returns when ben's inbox says what ana has said to him; who writes it comes behind."""
        async with asyncio.timeout(20), ChatClient(self.url, self.ben.token) as ben:
            while True:
                page = await ben.do("list_notifications", namespace=NOTIFICATIONS)
                if any(row["body"] == text for row in page["notifications"]):
                    return
                await asyncio.sleep(0.05)


async def begun(url: str, ana: ChatClient, people: dict[str, Person]) -> Yard:
    ben, cleo = people["ben"], people["cleo"]
    ids = [ben.id, cleo.id]
    group = await ana.do("create_group", client_id=f"group-of-{ben.name}", title="Yard", account_ids=ids)
    direct = await ana.do("open_direct", account_id=ben.id)
    return Yard(url, ana, ben, cleo, group["id"], direct["id"])


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


@pytest.mark.parametrize("transports", ["websocket", "polling"])
async def test_cut_again_and_again_while_somebody_talks(yard: Yard, transports: str) -> None:
    await _hears_all_once_over_cuts(yard, transports)


@pytest.fixture(scope="module")
def slow(tmp_path_factory: pytest.TempPathFactory) -> Iterator[MadangProcess]:
    """A server that tells late what it has committed."""
    command = (sys.executable, "-m", "tests.journeys.slow_to_tell")
    folder = tmp_path_factory.mktemp("slow") / "data"
    with MadangProcess(folder, command=command, message_rate="off") as server:
        yield server


@pytest.mark.parametrize("transports", ["websocket", "polling"])
async def test_what_is_read_long_before_it_is_told_comes_once(slow: MadangProcess, transports: str) -> None:
    number = secrets.token_hex(3)
    made = make_people_in(database_of(slow), *(f"{name}{number}" for name in ("ana", "ben", "cleo")))
    people = dict(zip(("ana", "ben", "cleo"), made.values(), strict=True))
    async with ChatClient(slow.url, people["ana"].token) as ana:
        await _hears_all_once_over_cuts(await begun(slow.url, ana, people), transports)


async def _hears_all_once_over_cuts(yard: Yard, transports: str) -> None:
    done = asyncio.Event()

    async def talks() -> None:
        while not done.is_set():
            await yard.say(yard.group, 3)
            await yard.say(yard.direct)
            # Whoever looks for what was not told finds somebody who was added.
            name = f"group-of-{yard.ben.name}-{yard.said}"
            await yard.ana.do("create_group", client_id=name, title=name, account_ids=[yard.ben.id])

    chance = random.Random(20261121)
    async with yard.returning(transports) as ben:
        talking = asyncio.create_task(talks())
        for _ in range(6):
            heard = len(ben.texts()) + chance.randint(0, 12)
            await ben.until(lambda heard=heard: len(ben.texts()) >= heard)  # type: ignore[misc]
            await ben.cut()
            await ben.back()
            assert ben.recovered()[0] is True
        done.set()
        await talking
        await ben.hears(f"word {yard.said - 1}")
        times = Counter(ben.texts())
        twice = [line for line in ben.of("message_created") if times[line[0]["data"]["text"]] > 1]
        assert (len(ben.texts()), twice) == (yard.said, [])
        for where in (yard.group, yard.direct):
            places = ben.entries(where)
            assert places == list(range(places[0], places[0] + len(places)))
        assert [line[1] for line in ben.of("message_created") if line[1].endswith("+")] == [], "exact offsets alone"
        _no_change_twice(ben)


def _no_change_twice(ben: ReturningClient) -> None:
    """Each notification is new once, and each change of it comes once, in their order."""
    told = [line[1:] for line in ben.lines if line[0] == NOTIFICATIONS and len(line) == 4]
    changes = [row["seq"] for _, row, _ in told]
    assert changes == sorted(set(changes)), told
    new = Counter(row["id"] for name, row, _ in told if name == "notification_created")
    assert set(new.values()) <= {1}, told


async def test_what_another_process_has_written_comes_once(yard: Yard, madang: MadangProcess) -> None:
    """As somebody at the command line does it: nobody tells the server."""
    place = database_of(madang)
    async with yard.returning() as ben:
        await _beside(place, yard, "beside 1")
        await yard.say(yard.direct)
        await ben.hears("word 0")
        await ben.cut()
        await _beside(place, yard, "beside 2")
        await ben.back()
        assert ben.recovered()[0] is True
        await yard.say(yard.group)
        await ben.hears("word 1")
        await _beside(place, yard, "beside 3")
        await ben.hears("beside 3")  # found by itself
        assert ben.texts() == ["beside 1", "word 0", "beside 2", "word 1", "beside 3"]


async def _beside(place: Path | str, yard: Yard, text: str) -> None:
    """cleo says something in the group without the server."""

    async def write() -> None:
        db = Database(place)
        await db.open()
        draft = Draft(yard.group, text.replace(" ", "-"), text)
        await db.write(append_message, yard.cleo.id, draft, now(), lambda *rules: None, lambda *rules: False)
        await db.close()

    await asyncio.to_thread(asyncio.run, write())


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


def _has_all(ben: ReturningClient, yard: Yard) -> None:
    """Every place, the first time in order; what is heard twice is heard as it was."""
    assert set(ben.texts()) == {f"word {number}" for number in range(yard.said)}
    for where in (yard.group, yard.direct):
        first = list(dict.fromkeys(ben.entries(where)))
        assert first == sorted(first)
        assert first == list(range(first[0], first[0] + len(first)))
