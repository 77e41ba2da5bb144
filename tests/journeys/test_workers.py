"""Three workers behind nginx, with PostgreSQL and Redis: people on different workers are in one place."""

from __future__ import annotations

import asyncio
import secrets
from collections import Counter
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

import aiohttp
import pytest

from server.clock import now
from server.services import reports
from tests.chat_client import ChatClient
from tests.journeys.deployment import Deployment, deployed
from tests.people import Person, disable_in
from tests.postgres_server import PostgresServer
from tests.services_under_test import status_of

TRANSPORTS = ["websocket", "polling"]


@pytest.fixture(scope="module")
def madang(tmp_path_factory: pytest.TempPathFactory, postgres: PostgresServer) -> Iterator[Deployment]:
    """Three workers for all tests here that leave them as they are."""
    folder: Path = tmp_path_factory.mktemp("workers")
    with deployed(folder, postgres.new_database()) as deployment:
        yield deployment


@asynccontextmanager
async def connected(
    urls: Sequence[str], people: dict[str, Person], transports: Sequence[str] = ("websocket",)
) -> AsyncIterator[dict[str, ChatClient]]:
    """Everybody, each at the next address."""
    async with AsyncExitStack() as stack:
        clients = {
            name: ChatClient(urls[number % len(urls)], person.token, [transports[number % len(transports)]])
            for number, (name, person) in enumerate(people.items())
        }
        await asyncio.gather(*(stack.enter_async_context(client) for client in clients.values()))
        yield clients


async def said(client: ChatClient, conversation_id: int, text: str) -> int:
    answer = await client.do(
        "send_message", conversation_id=conversation_id, client_id=secrets.token_hex(12), text=text
    )
    seq: int = answer["seq"]
    return seq


def seqs(client: ChatClient, conversation_id: int) -> list[int]:
    """The places of all entries heard in a conversation, in the order of their arrival."""
    return [entry["seq"] for entry in client.entries(conversation_id)]


def of_workers(madang: Deployment) -> list[str]:
    return [worker.url for worker in madang.workers]


@pytest.mark.parametrize("transport", TRANSPORTS)
async def test_people_on_different_workers_talk(madang: Deployment, transport: str) -> None:
    people = madang.people("ana", "ben", "cleo")
    async with connected(of_workers(madang), people, [transport]) as clients:
        ana, ben, cleo = clients.values()
        assert {client.socket.transport() for client in clients.values()} == {transport}
        direct = (await ana.do("open_direct", account_id=people["ben"].id))["id"]
        await said(ana, direct, f"hello over {transport}")
        await ben.hears(f"hello over {transport}")
        await said(ben, direct, f"and back over {transport}")
        await ana.hears(f"and back over {transport}")
        ids = [people[name].id for name in ("ben", "cleo")]
        group = await ana.do("create_group", client_id=f"workers-{transport}", title="Three", account_ids=ids)
        await cleo.event("conversation_added", lambda one: one["conversation"]["id"] == group["id"])
        await said(cleo, group["id"], f"we are all here over {transport}")
        for client in clients.values():
            await client.hears(f"we are all here over {transport}")


@pytest.mark.parametrize("transport", TRANSPORTS)
async def test_people_talk_through_nginx(madang: Deployment, transport: str) -> None:
    people = madang.people(*(f"guest{number}x" for number in range(6)))
    _, *others = people.values()
    async with connected([madang.address], people, [transport]) as clients:
        host, *guests = clients.values()
        named = {client.socket.eio.sid.partition(".")[0] for client in clients.values()}
        assert named == {"w1", "w2", "w3"}, "new sessions go to the least loaded worker"
        ids = [one.id for one in others]
        group = await host.do("create_group", client_id=f"nginx-{transport}", title="Yard", account_ids=ids)
        for guest in guests:
            await guest.event("conversation_added", lambda one: one["conversation"]["id"] == group["id"])
        for number, client in enumerate(clients.values()):
            await said(client, group["id"], f"{transport} {number}")
        for client in clients.values():
            await client.hears(f"{transport} 5")
            assert sorted(client.messages(group["id"])) == [f"{transport} {number}" for number in range(6)]


async def test_a_hundred_polling_sessions_at_once(madang: Deployment) -> None:
    people = madang.people(*(f"poll{number}x" for number in range(100)))
    async with connected([madang.address], people, ["polling"]) as clients:
        host, *guests = clients.values()
        assert len({client.socket.eio.sid.partition(".")[0] for client in clients.values()}) == 3
        ids = [one.id for one in list(people.values())[1:]]
        group = await host.do("create_group", client_id="hundred-polling", title="Hundred", account_ids=ids)
        for guest in guests:
            await guest.event("conversation_added", lambda one: one["conversation"]["id"] == group["id"])
        for number, client in enumerate(list(clients.values())[::10]):
            await said(client, group["id"], f"poll {number}")
        for client in clients.values():
            await client.until(lambda client=client: len(client.messages(group["id"])) == 10)  # type: ignore[misc]
            assert client.socket.connected, "an unknown session would have ended it"
            assert seqs(client, group["id"])[-10:] == sorted(seqs(client, group["id"])[-10:])


async def test_a_group_of_fifty_hears_every_message_once_and_in_order(madang: Deployment) -> None:
    people = madang.people(*(f"many{number}x" for number in range(50)))
    async with connected(of_workers(madang), people, ["websocket", "websocket", "polling"]) as clients:
        host, *guests = clients.values()
        ids = [one.id for one in list(people.values())[1:]]
        group = (await host.do("create_group", client_id="fifty-spread", title="Fifty", account_ids=ids))["id"]
        for guest in guests:
            await guest.event("conversation_added", lambda one: one["conversation"]["id"] == group)
        wanted = [f"from {number} the {turn}" for turn in range(4) for number in range(15)]
        await asyncio.gather(
            *(said(client, group, f"from {n} the {turn}") for turn in range(4) for n, client in enumerate(guests[:15]))
        )
        for client in clients.values():
            await client.until(lambda client=client: len(client.messages(group)) >= len(wanted))  # type: ignore[misc]
            assert Counter(client.messages(group)) == Counter(wanted)
            heard = seqs(client, group)
            assert heard == sorted(set(heard))


async def test_who_is_removed_on_one_worker_hears_nothing_more_on_another(madang: Deployment) -> None:
    people = madang.people("ana", "ben", "cleo")
    async with connected(of_workers(madang), people) as clients:
        ana, ben, cleo = clients.values()
        ids = [people["ben"].id, people["cleo"].id]
        group = (await ana.do("create_group", client_id="removal-of-ben", title="Out", account_ids=ids))["id"]
        await ben.event("conversation_added", lambda one: one["conversation"]["id"] == group)
        await said(ana, group, "before")
        await ben.hears("before")
        await ana.do("remove_member", conversation_id=group, account_id=people["ben"].id)
        await ben.event("member_removed", lambda entry: entry["conversation_id"] == group)
        for number in range(20):
            await said(ana if number % 2 else cleo, group, f"after {number}")
        await cleo.hears("after 19")
        # What ben hears of another conversation comes behind all of that.
        direct = (await cleo.do("open_direct", account_id=people["ben"].id))["id"]
        await said(cleo, direct, "are you there")
        await ben.hears("are you there")
        assert ben.messages(group) == ["before"]
        refused = await ben.ask("send_message", conversation_id=group, client_id="too-late-for-ben", text="hello?")
        assert refused["error"]["code"] == "not_found"


async def test_a_session_that_is_ended_on_one_worker_ends_on_another(madang: Deployment) -> None:
    people = madang.people("ana")
    token = people["ana"].token
    async with ChatClient(madang.workers[1].url, token) as here, aiohttp.ClientSession() as http:
        headers = {"Authorization": f"Bearer {token}"}
        sessions = f"{madang.workers[0].url}/api/v1/sessions"
        async with http.get(sessions, headers=headers) as answer:
            [session] = (await answer.json())["sessions"]
        async with http.delete(f"{sessions}/{session['id']}", headers=headers) as answer:
            assert answer.ok, await answer.text()
        await here.ended()


async def test_reading_on_one_device_is_heard_by_the_other_on_another_worker(madang: Deployment) -> None:
    people = madang.people("ana", "ben")
    one, two, three = of_workers(madang)
    async with (
        ChatClient(one, people["ana"].token) as ana,
        ChatClient(two, people["ben"].token) as desk,
        ChatClient(three, people["ben"].token) as phone,
    ):
        direct = (await ana.do("open_direct", account_id=people["ben"].id))["id"]
        seq = await said(ana, direct, "read me")
        await phone.notice("notification_created")  # nobody is told of what they have read before
        await desk.do("mark_read", conversation_id=direct, seq=seq)
        own = await phone.event("receipt", lambda mark: mark["conversation_id"] == direct)
        assert own["read_seq"] == seq
        receipt = await ana.event("receipt", lambda mark: mark["conversation_id"] == direct)
        assert (receipt["account_id"], receipt["read_seq"]) == (people["ben"].id, seq)


async def test_writing_and_being_here_are_seen_across_workers(madang: Deployment) -> None:
    people = madang.people("ana", "ben")
    one, two, _ = of_workers(madang)
    async with ChatClient(one, people["ana"].token) as ana:
        direct = (await ana.do("open_direct", account_id=people["ben"].id))["id"]
        await said(ana, direct, "come here")
        await ana.do("watch_presence", account_ids=[people["ben"].id])
        async with ChatClient(two, people["ben"].token) as ben:
            await ana.event("presence", lambda seen: seen["state"] == "online")
            [now] = (await ana.do("watch_presence", account_ids=[people["ben"].id]))["presence"]
            assert now["state"] == "online"
            await ben.do("start_typing", conversation_id=direct)
            typing = await ana.event("typing")
            assert (typing["conversation_id"], typing["account_id"]) == (direct, people["ben"].id)
            await people_show_themselves(ana, ben, direct, two, people["ben"])
        await ana.event("presence", lambda seen: seen["state"] == "offline")


def states_of(client: ChatClient, account_id: int) -> list[str]:
    """How reachable somebody was, as a client heard it."""
    heard = [arguments[0] for event, arguments in client.heard if event == "presence"]
    return [one["state"] for one in heard if one["account_id"] == account_id]


async def people_show_themselves(ana: ChatClient, ben: ChatClient, direct: int, url: str, person: Person) -> None:
    """A status until its end, a new name and hidden marks of Ben's reach Ana at another worker."""
    until = now() + 1500
    await ben.do("set_status", text="lunch", emoji="🍚", availability="busy", until=until)
    busy = await ana.event("presence", lambda seen: seen["state"] == "busy")
    assert busy["status"] == {"text": "lunch", "emoji": "🍚", "availability": "busy", "until": until}
    async with (
        aiohttp.ClientSession(headers=person.headers) as http,
        http.patch(f"{url}/api/v1/me", json={"display_name": "Ben B.", "hides_receipts": True}) as response,
    ):
        assert response.status == 200
    assert (await ana.event("person_changed"))["account"]["display_name"] == "Ben B."
    assert (await ana.event("receipts_changed"))["shown"] is False
    await said(ana, direct, "have you seen it?")
    await ben.hears("have you seen it?")
    await ben.do("mark_read", conversation_id=direct, seq=2)
    # It is over by itself, and then nothing has been said of his mark.
    await ana.until(lambda: states_of(ana, person.id)[-2:] == ["busy", "online"])
    assert not [one for event, (one, *_) in ana.heard if event == "receipt" and one["account_id"] == person.id]


async def test_a_killed_worker_is_passed_over_and_its_people_come_back_elsewhere(
    tmp_path: Path, postgres: PostgresServer
) -> None:
    with deployed(tmp_path, postgres.new_database()) as madang:
        people = madang.people("ana", "ben")
        async with ChatClient(madang.workers[0].url, people["ana"].token) as ana:
            direct = (await ana.do("open_direct", account_id=people["ben"].id))["id"]
            ben = ChatClient(madang.workers[1].url, people["ben"].token)
            await ben.socket.connect(
                ben.url, namespaces=["/chat", "/notifications"], auth={"token": ben.token}, transports=["websocket"]
            )
            await ben.event("ready")
            madang.workers[1].kill()
            await ben.ended()
            await said(ana, direct, "while he was away")
            for number in range(4):
                async with ChatClient(madang.address, people["ben"].token, [TRANSPORTS[number % 2]]) as again:
                    assert again.socket.eio.sid.partition(".")[0] in ("w1", "w3")
                    page = await again.do("fetch_messages", conversation_id=direct)
                    assert [one["text"] for one in page["messages"]] == ["while he was away"]
            madang.workers[1].start()
            assert status_of(madang.workers[1].port, "/readyz") == 200


@pytest.mark.parametrize("how", ["kill", "freeze"])
async def test_while_redis_is_away_everything_is_answered_and_afterwards_everybody_has_it(
    tmp_path: Path, postgres: PostgresServer, how: str
) -> None:
    with deployed(tmp_path, postgres.new_database()) as madang:
        people = madang.people("ana", "ben", "cleo")
        async with connected(of_workers(madang), people) as clients:
            ana, ben, cleo = clients.values()
            ids = [people["ben"].id, people["cleo"].id]
            group = (await ana.do("create_group", client_id="redis-goes-away", title="On", account_ids=ids))["id"]
            await said(ana, group, "before")
            for client in (ben, cleo):
                await client.hears("before")
            (madang.redis.kill if how == "kill" else madang.redis.freeze)()
            wanted = [f"away {number}" for number in range(50)]
            for number, text in enumerate(wanted):
                await said((ana, cleo)[number % 2], group, text)
            # ben is removed while nobody can be told of it by Redis.
            await ana.do("remove_member", conversation_id=group, account_id=people["ben"].id)
            await said(ana, group, "without ben")
            (madang.redis.start if how == "kill" else madang.redis.thaw)()
            for client in (ana, cleo):
                await client.hears("without ben")
            await ben.event("member_removed", lambda entry: entry["conversation_id"] == group)
            await said(cleo, group, "and on")
            for client in (ana, cleo):
                await client.hears("and on")
            assert Counter(ana.messages(group)) == Counter(cleo.messages(group))
            assert sorted(ben.messages(group)) == sorted(["before", *wanted])
            for client in clients.values():
                assert client.socket.connected
                assert seqs(client, group) == sorted(set(seqs(client, group)))


async def test_a_block_holds_at_every_worker_at_once(madang: Deployment) -> None:
    people = madang.people("ana", "ben")
    async with connected(of_workers(madang), people) as here:
        ana, ben = here["ana"], here["ben"]
        direct = (await ana.do("open_direct", account_id=people["ben"].id))["id"]
        await said(ana, direct, "hello")
        await ben.hears("hello")
        [seen] = (await ben.do("watch_presence", account_ids=[people["ana"].id]))["presence"]
        assert seen["state"] == "online"
        await ana.do("block", account_id=people["ben"].id)
        gone = await ben.event("presence", lambda one: one["state"] == "offline")
        assert (gone["account_id"], gone.get("last_seen_at")) == (people["ana"].id, None)
        assert (await ben.do("watch_presence", account_ids=[people["ana"].id]))["presence"] == []
        for client, command, payload in (
            (ben, "send_message", {"conversation_id": direct, "client_id": secrets.token_hex(12), "text": "why?"}),
            (ben, "start_typing", {"conversation_id": direct}),
            (ben, "request_contact", {"account_id": people["ana"].id}),
            (ana, "send_message", {"conversation_id": direct, "client_id": secrets.token_hex(12), "text": "so"}),
        ):
            assert (await client.ask(command, **payload))["error"]["code"] == "forbidden"
        assert not [event for event, _ in ben.heard if event == "contact_changed"]
        await ana.do("unblock", account_id=people["ben"].id)
        await ben.event("presence", lambda one: one["state"] == "online")
        await said(ben, direct, "here again")
        await ana.hears("here again")


async def test_what_is_decided_at_one_worker_holds_at_the_others_at_once(madang: Deployment) -> None:
    people = madang.people("ana", "ben", "cleo")
    async with connected(of_workers(madang), people) as here:
        ana, ben, cleo = here.values()
        square = (
            await ana.do(
                "create_group", client_id="the-square", title="Square", account_ids=[people["ben"].id], open=True
            )
        )["id"]
        await ben.event("conversation_added", lambda one: one["conversation"]["id"] == square)
        # A rule: only admins write.
        await ana.do("change_conversation", conversation_id=square, rules={"post": "admin"})
        assert await refused_words(ben, square) == "forbidden"
        await ben.event("conversation_changed", lambda entry: entry["data"].get("rules") == {"post": "admin"})
        # A link that is revoked, and one whose maker has blocked whoever comes.
        revoked, link = [await ana.do("create_invite", conversation_id=square) for _ in range(2)]
        await ana.do("revoke_invite", conversation_id=square, invite_id=revoked["invite"]["id"])
        assert await refused(cleo, "join_by_invite", code=revoked["code"]) == "not_found"
        await ana.do("block", account_id=people["cleo"].id)
        assert await refused(cleo, "join_by_invite", code=link["code"]) == "not_found"
        await cleo.do("join_open_conversation", conversation_id=square)
        # Who is removed hears that, nothing more, and does not come back alone.
        await ana.do("remove_member", conversation_id=square, account_id=people["ben"].id)
        assert await refused(ben, "fetch_messages", conversation_id=square) == "not_found"
        assert await refused(ben, "join_open_conversation", conversation_id=square) == "forbidden"
        assert await refused(ben, "join_by_invite", code=link["code"]) == "forbidden"
        await ben.event("member_removed", lambda entry: entry["conversation_id"] == square)
        await said(ana, square, "without ben")
        await cleo.hears("without ben")
        # An end.
        await ana.do("dissolve_conversation", conversation_id=square)
        assert await refused_words(ana, square) == await refused_words(cleo, square) == "forbidden"
        await cleo.event("conversation_dissolved", lambda entry: entry["conversation_id"] == square)
        # What ben hears of another conversation comes behind all of that.
        direct = (await cleo.do("open_direct", account_id=people["ben"].id))["id"]
        await said(cleo, direct, "are you there")
        await ben.hears("are you there")
        assert ben.entries(square)[-1]["kind"] == "member_removed"
        # And an account that an operator disables from another process.
        disable_in(madang.database_url, people["ben"])
        assert await refused_words(cleo, direct) == "forbidden"


async def refused(client: ChatClient, command: str, **payload: object) -> str:
    """The code with which a command is refused."""
    code: str = (await client.ask(command, **payload))["error"]["code"]
    return code


async def refused_words(client: ChatClient, conversation_id: int) -> str:
    return await refused(
        client, "send_message", conversation_id=conversation_id, client_id=secrets.token_hex(12), text="hello?"
    )


async def test_reports_count_at_all_workers_together(madang: Deployment) -> None:
    people = madang.people("ana", "ben")
    first, second, _ = of_workers(madang)
    async with ChatClient(first, people["ana"].token) as ana, ChatClient(second, people["ben"].token) as ben:
        direct = (await ana.do("open_direct", account_id=people["ben"].id))["id"]
        seq = await said(ana, direct, "Buy tiles!")
        report = {"conversation_id": direct, "seq": seq, "reason": "An advertisement"}
        for _ in range(reports.PER_HOUR):
            await ben.do("report_message", **report)
        async with ChatClient(first, people["ben"].token) as elsewhere:
            accepted = 0
            # The other worker hears of it within a tenth of a second or so, and is asked ever more seldom.
            while (await elsewhere.ask("report_message", **report))["ok"]:
                accepted += 1
                assert accepted < reports.PER_HOUR, "it would be refused by now for what was said here alone"
                await asyncio.sleep(0.1 * accepted)
