"""Redis away, frozen, forgetful, or never there: every send is answered, and everybody has everything soon after."""

from __future__ import annotations

import asyncio
import itertools
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.chat_client import ChatClient
from tests.people import Person
from tests.postgres_server import PostgresServer
from tests.realtime.deployment import Deployment, group, say
from tests.realtime.quick_server import EXPIRY_S


@pytest.fixture(scope="module")
def yard(tmp_path_factory: pytest.TempPathFactory, postgres: PostgresServer) -> Iterator[Deployment]:
    """Two workers; every test leaves Redis as it found it."""
    address = postgres.new_database()
    with Deployment(tmp_path_factory.mktemp("yard"), 2, database_url=address) as deployment:
        yield deployment
    postgres.drop(address)


class Square:
    """ana and cleo at one worker, ben and dan at the other, in one group."""

    def __init__(self, clients: list[ChatClient], people: list[Person], place: int) -> None:
        self.clients = clients
        self.ana, self.ben, self.cleo, self.dan = clients
        self.people = dict(zip(("ana", "ben", "cleo", "dan"), people, strict=True))
        self.place = place

    async def all_hear(self, text: str) -> None:
        await asyncio.gather(*(client.hears(text) for client in self.clients))

    def all_have_the_same(self) -> None:
        """Everybody has heard all of it once and in order."""
        for client in self.clients:
            seqs = [
                arguments[0]["seq"]
                for name, arguments in client.heard
                if name == "message_created" and arguments[0]["conversation_id"] == self.place
            ]
            assert seqs == list(range(seqs[0], seqs[-1] + 1))
            assert client.messages(self.place) == self.ana.messages(self.place)


@asynccontextmanager
async def square(yard: Deployment) -> AsyncIterator[Square]:
    people = yard.people("ana", "ben", "cleo", "dan")
    async with AsyncExitStack() as stack:
        clients = [
            await stack.enter_async_context(yard.client(number % 2, person)) for number, person in enumerate(people)
        ]
        place = await group(clients[0], "square", *people[1:])
        found = Square(clients, people, place)
        await say(clients[0], place, "here we are")
        await found.all_hear("here we are")
        yield found


class Load:
    """Messages through both workers until it is stopped; every send must be answered before the next one."""

    def __init__(self, of: Square, every_s: float) -> None:
        self.of = of
        self.every_s = every_s
        self.sent: list[str] = []
        self._stop = asyncio.Event()
        self._news = asyncio.Condition()

    async def run(self) -> None:
        await asyncio.gather(self._talk(self.of.ana, "ana"), self._talk(self.of.ben, "ben"))

    async def _talk(self, client: ChatClient, name: str) -> None:
        for number in itertools.count():
            if self._stop.is_set():
                return
            await self._send(client, f"{name} under load {number}")
            await asyncio.sleep(self.every_s)

    async def _send(self, client: ChatClient, text: str) -> None:
        await say(client, self.of.place, text)
        async with self._news:
            self.sent.append(text)
            self._news.notify_all()

    async def goes_on(self) -> None:
        """Returns when each of the two has been answered a few times more."""
        enough = {name: self._answered(name) + 5 for name in ("ana", "ben")}
        async with asyncio.timeout(60), self._news:
            await self._news.wait_for(lambda: all(self._answered(name) >= goal for name, goal in enough.items()))

    def _answered(self, name: str) -> int:
        return sum(text.startswith(name) for text in self.sent)

    async def __aenter__(self) -> Load:
        self._task = asyncio.create_task(self.run())
        return self

    async def __aexit__(self, *_: object) -> None:
        self._stop.set()
        await self._task


@asynccontextmanager
async def broken(yard: Deployment, what: str) -> AsyncIterator[None]:
    """Something happens to Redis and is over at the end of the block."""
    redis = yard.redis
    if what == "killed":
        redis.kill()
        yield
        await asyncio.to_thread(redis.start)
    elif what == "frozen":
        redis.freeze()
        yield
        redis.thaw()
    else:
        async with redis.client() as client:
            if what == "flushed":
                await client.flushall()
            else:
                await client.client_kill_filter(_type=what.split()[1], skipme=True)
        yield


@pytest.mark.parametrize(
    ("what", "for_s"),
    [("killed", 3.0), ("frozen", 3.0), ("flushed", 0.3), ("kicked normal", 0.3), ("kicked pubsub", 0.3)],
)
async def test_everybody_has_everything_soon_after(yard: Deployment, what: str, for_s: float) -> None:
    async with square(yard) as people:
        async with Load(people, 0.04) as load:
            await load.goes_on()
            async with broken(yard, what):
                await asyncio.sleep(for_s)
                await load.goes_on()  # without Redis, and not when it is back
            await say(people.cleo, people.place, "it is back")
            await people.all_hear("it is back")
        await say(people.dan, people.place, "the end")
        await people.all_hear("the end")
        people.all_have_the_same()
        assert len(people.ana.messages(people.place)) == len(load.sent) + 3
        # Nobody had to come again.
        assert all(sum(name == "ready" for name, _ in client.heard) == 1 for client in people.clients)


@pytest.mark.parametrize("is_back", [True, False])
async def test_whoever_is_removed_while_redis_is_away_hears_nothing_that_follows(
    yard: Deployment, is_back: bool
) -> None:
    async with square(yard) as people:
        yard.redis.kill()
        try:
            ben = people.people["ben"]
            await people.ana.do("remove_member", conversation_id=people.place, account_id=ben.id)
            await say(people.ana, people.place, "without ben")
            if is_back:
                await asyncio.to_thread(yard.redis.start)
            await say(people.ana, people.place, "still without ben")
            await people.dan.hears("still without ben")
            await people.ben.event("member_removed")
            assert people.ben.messages(people.place) == ["here we are"]
            assert [name for name, _ in people.ben.heard].count("member_removed") == 1
        finally:
            if not is_back:
                await asyncio.to_thread(yard.redis.start)


async def test_whoever_is_added_while_redis_is_away_hears_what_follows(yard: Deployment) -> None:
    async with square(yard) as people:
        (eve,) = yard.people("eve")
        async with yard.client(1, eve) as added:
            yard.redis.kill()
            try:
                await people.ana.do("add_members", conversation_id=people.place, account_ids=[eve.id])
                await asyncio.sleep(0)
            finally:
                await asyncio.to_thread(yard.redis.start)
            await heard_at_last(added, people)


async def test_whoever_is_signed_out_while_redis_is_away_is_gone_in_a_moment(yard: Deployment) -> None:
    (ana,) = yard.people("ana")
    async with yard.client(1, ana) as device:
        yard.redis.freeze()
        try:
            [session] = await asyncio.to_thread(yard.devices, 0, ana)
            await asyncio.to_thread(yard.end_session, 0, ana, session["id"])
            await device.ended()
        finally:
            yard.redis.thaw()


async def test_bells_and_heads_are_told_after_redis_was_away(yard: Deployment) -> None:
    async with square(yard) as people:
        ben = people.people["ben"]
        for client in people.clients:
            client.heard.clear()
            client.told.clear()
        yard.redis.kill()
        try:
            await say(people.ana, people.place, f"@{ben.name} look")
            # The notification is written, and told to nobody at the other worker.
            await asyncio.sleep(0.5)
        finally:
            await asyncio.to_thread(yard.redis.start)
        await people.ben.notice("counts", lambda counts: counts["unread"] == 2)
        await people.ben.event("heads", lambda told: str(people.place) in told["heads"])


async def heard_at_last(added: ChatClient, people: Square) -> None:
    number = 0
    async with asyncio.timeout(60):
        while not added.messages(people.place):
            number += 1
            await say(people.ana, people.place, f"welcome {number}")
            await asyncio.sleep(0.1)


async def test_the_last_message_of_a_quiet_room_is_found_by_the_sweep(yard: Deployment) -> None:
    async with square(yard) as people:
        yard.redis.freeze()
        try:
            healed = yard.counter(1, "madang_bus_healed_total")
            await say(people.ana, people.place, "a last word")
            await people.all_hear("a last word")  # while Redis says nothing
        finally:
            yard.redis.thaw()
        assert yard.counter(1, "madang_bus_healed_total") > healed


async def test_without_redis_the_sweep_alone_joins_two_processes(tmp_path: Path) -> None:
    with Deployment(tmp_path, 2, with_redis=False) as yard:
        async with square(yard) as people:
            for number in range(10):
                await say((people.ana, people.ben)[number % 2], people.place, f"{number}")
            await people.all_hear("9")
            people.all_have_the_same()


async def test_a_worker_says_that_it_is_deaf_and_serves_its_own(yard: Deployment) -> None:
    async with square(yard) as people:
        yard.redis.kill()
        try:
            await until(lambda: not yard.readiness(0)["ready"])
            (complaint,) = yard.readiness(1)["complaints"] or [""]
            assert "MADANG_REDIS_URL" in complaint or not complaint
            await say(people.ana, people.place, "we are alone")
            await people.cleo.hears("we are alone")
        finally:
            await asyncio.to_thread(yard.redis.start)
        await until(lambda: yard.readiness(0)["ready"] and yard.readiness(1)["ready"])


async def until(condition: Any) -> None:
    async with asyncio.timeout(60):
        while not await asyncio.to_thread(condition):  # noqa: ASYNC110
            await asyncio.sleep(0.02)


async def test_the_people_of_a_killed_worker_are_offline_within_the_expiry(tmp_path: Path) -> None:
    with Deployment(tmp_path, 3) as yard:
        ana, ben = yard.people("ana", "ben")
        async with yard.client(0, ana) as one:
            direct = (await one.do("open_direct", account_id=ben.id))["id"]
            await say(one, direct, "hello")
            await one.do("watch_presence", account_ids=[ben.id])
            async with yard.client(1, ben) as two:
                await one.event("presence", lambda told: told["state"] == "online")
                killed = time.monotonic()
                yard.workers[1].kill()
                await two.ended()
                gone = await one.event("presence", lambda told: told["state"] == "offline")
                assert time.monotonic() - killed > EXPIRY_S / 2, "a worker that is busy is not gone"

                async def is_remembered() -> bool:
                    [asked] = (await one.do("watch_presence", account_ids=[ben.id]))["presence"]
                    return "last_seen_at" in asked and abs(asked["last_seen_at"] - gone["last_seen_at"]) < 2000

                async with asyncio.timeout(60):
                    while not await is_remembered():  # noqa: ASYNC110
                        await asyncio.sleep(0.02)


async def test_a_worker_that_was_frozen_catches_up_in_order(tmp_path: Path) -> None:
    with Deployment(tmp_path, 2) as yard:
        async with square(yard) as people:
            yard.workers[1].freeze()
            try:
                for number in range(50):
                    await say(people.ana, people.place, f"{number}")
                await people.ana.do("remove_member", conversation_id=people.place, account_id=people.people["ben"].id)
                await say(people.ana, people.place, "without ben")
            finally:
                yard.workers[1].thaw()
            for client in (people.ana, people.dan):
                await client.hears("without ben")
            await people.ben.event("member_removed")
            assert people.dan.messages(people.place) == people.ana.messages(people.place)
            assert people.ben.messages(people.place) == people.ana.messages(people.place)[:-1]
