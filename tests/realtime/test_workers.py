"""People on different workers: what one does, the others hear, and all the same as if there were one worker."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import AsyncExitStack
from typing import Any

import pytest

from tests.chat_client import ChatClient
from tests.realtime.deployment import Deployment, group, say


@pytest.fixture(scope="module")
def yard(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Deployment]:
    """Three workers that nobody breaks."""
    with Deployment(tmp_path_factory.mktemp("yard"), 3) as deployment:
        yield deployment


@pytest.mark.parametrize("transport", ["websocket", "polling"])
async def test_two_people_on_different_workers_talk(yard: Deployment, transport: str) -> None:
    ana, ben = yard.people("ana", "ben")
    async with yard.client(0, ana, transport) as one, yard.client(1, ben, transport) as two:
        direct = (await one.do("open_direct", account_id=ben.id))["id"]
        await say(one, direct, f"hello by {transport}")
        added = await two.event("conversation_added")
        assert added["conversation"]["id"] == direct
        healed = [yard.counter(worker, "madang_bus_healed_total") for worker in range(2)]
        said = [f"{number}" for number in range(20)]
        for number, text in enumerate(said):
            here, there = (one, two) if number % 2 else (two, one)
            await say(here, direct, text)
            await there.hears(text)
        assert one.messages(direct)[1:] == two.messages(direct)[-20:] == said
        # The bus brought them; the sweep, which would find them as well, had little to find.
        found = [yard.counter(worker, "madang_bus_healed_total") for worker in range(2)]
        assert sum(found) - sum(healed) < 10


async def test_a_group_over_three_workers_gets_every_message_once_and_in_order(yard: Deployment) -> None:
    people = yard.people(*(f"p{number}" for number in range(12)))
    async with AsyncExitStack() as stack:
        clients = [
            await stack.enter_async_context(yard.client(number % 3, person, "polling" if number > 8 else "websocket"))
            for number, person in enumerate(people)
        ]
        place = await group(clients[0], "spread", *people[1:])
        for client in clients[1:]:
            await client.event("conversation_added")

        async def speak(client: ChatClient, name: int) -> None:
            for number in range(25):
                await say(client, place, f"{name} says {number}")

        await asyncio.gather(*(speak(client, name) for name, client in enumerate(clients[:6])))
        for client in clients:
            await client.until(lambda: len(client.messages(place)) >= 150)  # noqa: B023
        seqs = [
            [arguments[0]["seq"] for name, arguments in client.heard if name == "message_created"] for client in clients
        ]
        assert all(heard == seqs[0] for heard in seqs)
        assert seqs[0] == sorted(set(seqs[0]))
        assert len(seqs[0]) == 150


async def test_whoever_is_removed_at_one_worker_hears_nothing_more_at_another(yard: Deployment) -> None:
    ana, ben, cleo = yard.people("ana", "ben", "cleo")
    async with yard.client(0, ana) as one, yard.client(1, ben) as two, yard.client(1, cleo) as three:
        place = await group(one, "removal", ben, cleo)
        for client in (two, three):
            await client.event("conversation_added")
        await say(one, place, "before")
        await two.hears("before")
        await one.do("remove_member", conversation_id=place, account_id=ben.id)
        await say(one, place, "after")
        await three.hears("after")
        await two.event("conversation_removed")
        assert two.messages(place) == ["before"]
        assert [name for name, _ in two.heard if name == "member_removed"] == ["member_removed"]
        refused = await two.ask("send_message", conversation_id=place, client_id="after-removal", text="?")
        assert refused["error"]["code"] == "not_found"
        # And back again: heard from the addition on.
        await one.do("add_members", conversation_id=place, account_ids=[ben.id])
        await two.event("conversation_added", lambda added: added["conversation"]["head_seq"] > 3)
        await say(one, place, "welcome back")
        await two.hears("welcome back")


async def test_typing_read_marks_bells_and_preferences_cross_workers(yard: Deployment) -> None:
    ana, ben = yard.people("ana", "ben")
    async with yard.client(0, ana) as one, yard.client(2, ana) as phone, yard.client(1, ben) as two:
        place = await group(one, "signs", ben)
        await say(one, place, "a first word")
        await two.hears("a first word")
        await one.do("start_typing", conversation_id=place)
        assert (await two.event("typing"))["account_id"] == ana.id
        seq = await say(two, place, f"@{ana.name} look")
        for device in (one, phone):
            await device.hears(f"@{ana.name} look")
            await device.notice("notification_created", lambda told: told["type"] == "mention")
            await device.notice("counts", lambda counts: counts["unread"] == 1)
        await one.do("mark_received", conversation_id=place, seq=seq)
        await two.event("receipt", lambda mark: mark.get("received_seq") == seq and mark["account_id"] == ana.id)
        await phone.do("mark_read", conversation_id=place, seq=seq)
        await one.event("receipt", lambda mark: mark["account_id"] == ana.id and mark["read_seq"] == seq)
        await two.event("receipt", lambda mark: mark["account_id"] == ana.id and mark.get("read_seq") == seq)
        await one.do("set_preferences", conversation_id=place, pinned=True)
        await phone.event("preferences_changed")
        # Her own typing is not told to her phone at the other worker.
        assert not [name for name, _ in phone.heard if name == "typing"]


async def test_a_message_is_sent_when_every_worker_has_verified_it(yard: Deployment) -> None:
    ana, ben = yard.people("ana", "ben")
    async with yard.client(0, ana) as one, yard.client(1, ben) as two:
        place = await group(one, "trace", ben)
        seq = await say(one, place, "where is this?")
        await two.hears("where is this?")
        asked = {"conversation_id": place, "seq": seq}

        async def trace() -> dict[str, Any]:
            found: dict[str, Any] = await one.do("trace_message", **asked)
            return found

        async with asyncio.timeout(60):
            while not (await trace())["sent"]["everywhere"]:  # noqa: ASYNC110 - it has to be asked
                await asyncio.sleep(0.1)
        await two.do("mark_received", **asked)
        found = await trace()
        assert (found["people"], found["received"], found["read"]) == (1, 1, 0)
        assert "workers" not in found["sent"]
        assert (await two.ask("trace_message", **asked))["error"]["code"] == "forbidden"


async def test_presence_is_the_same_at_every_worker(yard: Deployment) -> None:
    ana, ben = yard.people("ana", "ben")
    async with yard.client(0, ana) as one:
        direct = (await one.do("open_direct", account_id=ben.id))["id"]
        await say(one, direct, "hello")
        await one.do("watch_presence", account_ids=[ben.id])
        async with yard.client(1, ben), yard.client(2, ben) as phone:
            await one.event("presence", lambda told: told["state"] == "online")
            # The phone comes by another worker; the desk goes.
            [seen] = (await phone.do("watch_presence", account_ids=[ben.id]))["presence"]
            assert seen["state"] == "online"
        gone = await one.event("presence", lambda told: told["state"] == "offline")
        assert gone["last_seen_at"] > 0

        async def remembered() -> bool:
            [asked] = (await one.do("watch_presence", account_ids=[ben.id]))["presence"]
            return "last_seen_at" in asked and abs(asked["last_seen_at"] - gone["last_seen_at"]) < 2000

        async with asyncio.timeout(60):  # the other worker writes it down
            while not await remembered():  # noqa: ASYNC110
                await asyncio.sleep(0.02)


async def test_a_device_is_seen_and_signed_out_from_another_worker(yard: Deployment) -> None:
    (ana,) = yard.people("ana")
    async with yard.client(1, ana) as device:
        await eventually_true(lambda: yard.devices(0, ana)[0]["connected"])
        session_id = yard.devices(2, ana)[0]["id"]
        await asyncio.to_thread(yard.end_session, 2, ana, session_id)
        await device.ended()


async def test_a_worker_pays_nothing_for_rooms_it_does_not_serve(yard: Deployment) -> None:
    ana, ben, cleo = yard.people("ana", "ben", "cleo")
    async with yard.client(0, ana) as one, yard.client(1, ben) as two, yard.client(2, cleo):
        place = await group(one, "busy", ben)
        await two.event("conversation_added")
        before = yard.counter(2, "madang_bus_received_total")
        await asyncio.gather(*(say(one, place, f"{number}") for number in range(100)))
        await two.until(lambda: len(two.messages(place)) == 100)
        # Its own pings, the lists of people, what was sent by whom: nothing for each message.
        assert yard.counter(2, "madang_bus_received_total") - before < 100


async def test_whoever_comes_while_others_talk_misses_nothing(yard: Deployment) -> None:
    """Between the heads that somebody reads and what they hear there is no hole, whoever was listened to already."""
    ana, ben = yard.people("ana", "ben")
    async with yard.client(0, ana) as one:
        place = await group(one, "square", ben)
        talking = asyncio.create_task(talk(one, place))
        for visit in range(10):
            async with yard.client(1 + visit % 2, ben, "polling" if visit > 7 else "websocket") as two:
                ready = await two.event("ready")
                [head] = [one["head_seq"] for one in ready["conversations"] if one["id"] == place]
                await two.event("message_created", lambda entry: entry["seq"] > head + 20)  # noqa: B023
                seqs = [arguments[0]["seq"] for name, arguments in two.heard if name == "message_created"]
                assert [seq for seq in seqs if seq > head] == list(range(head + 1, seqs[-1] + 1))
        talking.cancel()
        await asyncio.gather(talking, return_exceptions=True)


async def talk(client: ChatClient, place: int) -> None:
    """Says something a hundred times a second."""
    number = 0
    while True:
        number += 1
        await say(client, place, f"talk {number}")
        await asyncio.sleep(0.01)


async def eventually_true(condition: object) -> None:
    """For what is asked over HTTP, in a thread."""
    assert callable(condition)
    async with asyncio.timeout(60):
        while not await asyncio.to_thread(condition):  # noqa: ASYNC110
            await asyncio.sleep(0.02)


# Limits


def test_messages_are_counted_at_all_workers(tmp_path_factory: pytest.TempPathFactory) -> None:
    async def journey(yard: Deployment) -> None:
        (ana,) = yard.people("ana")
        async with yard.client(0, ana) as desk, yard.client(1, ana) as phone:
            place = await group(desk, "limits")
            await phone.event("conversation_added")
            for number in range(5):
                await say(desk, place, f"{number}")

            async def is_refused() -> bool:
                reply = await phone.ask("add_reaction", conversation_id=place, seq=1, emoji="x")
                return bool(reply["error"]["code"] == "rate_limited")

            async with asyncio.timeout(60):
                while not await is_refused():  # noqa: ASYNC110
                    await asyncio.sleep(0)

    with Deployment(tmp_path_factory.mktemp("limits"), message_rate="6:0.001") as yard:
        asyncio.run(journey(yard))


async def test_wrong_passwords_are_counted_at_all_workers(yard: Deployment) -> None:
    import aiohttp

    body = {"username": "nobody-is-called-so", "password": "wrong password"}
    statuses = []
    async with aiohttp.ClientSession() as http:
        for number in range(40):
            url = f"{yard.workers[number % 3].url}/api/v1/sessions"
            async with http.post(url, json=body) as answer:
                statuses.append(answer.status)
            if answer.status == 429:
                break
    # What the others have counted comes a moment after the answer that somebody else may act upon.
    assert statuses[-1] == 429
    assert 10 <= statuses.count(401) <= 15, "each of the three alone would have heard ten"
