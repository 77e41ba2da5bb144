"""Reading along over plain HTTP: what is told, where a reader goes on, and when it ends."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from aiohttp.test_utils import TestServer

from server.app import PARTS, build_app
from server.realtime import streams as streams_module
from server.settings import Settings
from tests.chat_client import ChatClient
from tests.event_stream import EventStream, reading
from tests.people import Person, make_people_in


class Yard:
    """A running server where ana talks by socket, to ben and to the group of both, and ben reads along."""

    def __init__(self, url: str, people: dict[str, Person], ana: ChatClient, app: Any) -> None:
        self.url = url
        self.people = people
        self.ana = ana
        self.parts = app[PARTS]
        self.direct = self.group = 0

    async def begin(self) -> None:
        self.direct = (await self.ana.do("open_direct", account_id=self.people["ben"].id))["id"]
        ids = [self.people["ben"].id]
        self.group = (await self.ana.do("create_group", client_id="the-yard", title="Yard", account_ids=ids))["id"]

    async def say(self, text: str, where: int | None = None) -> int:
        sent = await self.ana.do(
            "send_message", conversation_id=where or self.direct, client_id=secrets.token_hex(8), text=text
        )
        seq: int = sent["seq"]
        return seq

    def stream(self, name: str = "ben", query: str = "", last_id: str = "") -> Any:
        return reading(f"{self.url}/api/v1/stream{query}", self.people[name].headers, last_id)

    async def poll(self, name: str = "ben", **query: str | int) -> Any:
        async with (
            aiohttp.ClientSession(headers=self.people[name].headers) as http,
            http.get(f"{self.url}/api/v1/events", params=query) as answer,
        ):
            return await answer.json()

    async def until_ben_is_told(self) -> None:
        """Returns when the invitation to the group is in his inbox; who writes it comes behind."""
        async with self.stream(query="?only=notifications") as stream:
            if not (await stream.event("ready")).data["unread"]:
                await stream.event("notification_created")

    async def until_nobody_reads(self) -> None:
        async with asyncio.timeout(60):
            while self.parts.streams.count():  # noqa: ASYNC110 - nobody is told when a client has hung up
                await asyncio.sleep(0.01)


@pytest.fixture
async def yard(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Yard]:
    monkeypatch.setattr("server.transport.routes.stream.LOOK_S", 0.1)
    people = make_people_in(tmp_path, "ana", "ben", "cleo")
    app = build_app(Settings(data_dir=tmp_path, message_rate=None))
    async with AsyncExitStack() as stack:
        server = await stack.enter_async_context(TestServer(app))
        url = str(server.make_url("")).rstrip("/")
        ana = await stack.enter_async_context(ChatClient(url, people["ana"].token))
        yard = Yard(url, people, ana, app)
        await yard.begin()
        yield yard


async def test_a_stream_tells_what_the_sockets_tell(yard: Yard) -> None:
    async with yard.stream() as stream, ChatClient(yard.url, yard.people["ben"].token) as ben:
        first = await stream.event("ready")
        assert first.data.keys() == {"head_seq", "unseen", "unread", "recovered"}
        await yard.say("hello")
        await yard.ana.do("add_reaction", conversation_id=yard.direct, seq=1, emoji="👍")
        entry = await stream.said("hello")
        assert entry.data == await ben.hears("hello")
        reaction = await stream.event("reaction_added")
        assert reaction.data == await ben.event("reaction_added")
        note = await stream.event("notification_created", lambda row: row["type"] == "message")
        assert note.data == await ben.notice("notification_created", lambda row: row["type"] == "message")
        counts = await stream.event("counts", lambda counts: counts["unread"] == 2)
        assert counts.data == await ben.notice("counts", lambda counts: counts["unread"] == 2)


async def test_who_comes_back_gets_what_was_missed_once_and_in_order(yard: Yard) -> None:
    async with yard.stream() as stream:
        await stream.event("ready")
        await yard.say("one")
        await stream.event("notification_created", lambda row: row["body"] == "one")
    await yard.until_nobody_reads()
    for text in ("two", "three"):
        await yard.say(text)
    await yard.say("elsewhere", yard.group)
    await yard.ana.do("edit_message", conversation_id=yard.direct, seq=1, text="one, mended")
    async with yard.stream(last_id=stream.last_id) as later:
        ready = await later.event("ready")
        assert ready.data["recovered"] is True
        missed = later.events[: later.events.index(ready)]
        kinds = ["message_created", "message_created", "message_created", "message_edited"]
        assert [one.name for one in missed if "kind" in one.data] == kinds
        assert [one.data["data"]["text"] for one in missed if one.name == "message_created"] == [
            "two",
            "three",
            "elsewhere",
        ]
        await yard.say("four")
        await later.said("four")
        texts = [one.data["data"]["text"] for one in (stream.events + later.events) if one.name == "message_created"]
        assert texts == ["one", "two", "three", "elsewhere", "four"]
    # From any id in the middle everything behind it comes, and nothing before.
    middle = next(one for one in missed if one.data.get("data", {}).get("text") == "three")
    async with yard.stream(last_id=middle.id) as again:
        await again.event("ready")
        assert [one.data["data"]["text"] for one in again.named("message_created")] == ["elsewhere", "four"]


async def test_notifications_alone_have_the_offset_of_their_namespace(yard: Yard) -> None:
    async with yard.stream(query="?only=notifications") as stream:
        await stream.event("ready")
        await yard.say("to the group", yard.group)
        await yard.say("to you")
        note = await stream.event("notification_created", lambda row: row["body"] == "to you")
        assert not stream.named("message_created")
        epoch, _, seq = note.id.rpartition("-")
        assert (epoch, int(seq)) == (yard.parts.epoch, note.data["seq"])
    await yard.say("once more")
    async with yard.stream(query="?only=notifications", last_id=note.id) as later:
        await later.event("ready", lambda ready: ready["recovered"])
        await later.event("notification_changed", lambda row: row["count"] == 2)
        assert len(later.named("notification_created", "notification_changed")) == 1


@pytest.mark.parametrize(
    ("last_id", "reason"),
    [
        ("nonsense", "unknown_offset"),
        ("$epoch-7", "unknown_offset"),
        ("$epoch-1.999999", "unknown_offset"),
        ("$epoch-999999.1", "unknown_offset"),
        ("0123456789abcdef-3.1", "another_epoch"),
    ],
)
async def test_an_offset_that_says_nothing_is_answered_with_a_reset(yard: Yard, last_id: str, reason: str) -> None:
    last_id = last_id.replace("$epoch", yard.parts.epoch)
    async with yard.stream(last_id=last_id) as stream:
        ready = await stream.event("ready")
        assert [(one.name, one.data.get("reason")) for one in stream.events[:1]] == [("reset", reason)]
        assert ready.data["recovered"] is False
        await yard.say("from now on")
        await stream.said("from now on")
    polled = await yard.poll(after=last_id)
    assert [one["event"] for one in polled["events"]] == ["reset"]


async def test_too_much_is_never_left_out_in_silence(yard: Yard) -> None:
    async with yard.stream() as stream:
        begin = await stream.event("ready")
    yard.parts.streams._most = 5
    for number in range(6):
        await yard.say(f"word {number}")
    async with yard.stream(last_id=begin.id) as later:
        await later.event("ready", lambda ready: not ready["recovered"])
        assert later.events[0].data == {"reason": "too_much"}
        assert not later.named("message_created")


async def test_who_is_removed_hears_of_it_and_nothing_after(yard: Yard) -> None:
    async with yard.stream() as stream, yard.stream("cleo") as newcomer:
        await stream.event("ready")
        await newcomer.event("ready")
        place = {"conversation_id": yard.group}
        await yard.ana.do("add_members", **place, account_ids=[yard.people["cleo"].id])
        await newcomer.event("member_added")
        await yard.say("all of us", yard.group)
        await newcomer.said("all of us")
        await yard.ana.do("remove_member", **place, account_id=yard.people["ben"].id)
        await stream.event("member_removed")
        await yard.say("without ben", yard.group)
        await newcomer.said("without ben")
        await yard.say("to ben alone")
        await stream.said("to ben alone")
        assert "without ben" not in [one.data["data"]["text"] for one in stream.named("message_created")]
        assert "to ben alone" not in [one.data["data"]["text"] for one in newcomer.named("message_created")]


async def test_signing_out_ends_the_stream_at_once(yard: Yard) -> None:
    ben = yard.people["ben"]
    async with yard.stream() as stream, aiohttp.ClientSession(headers=ben.headers) as http:
        await stream.event("ready")
        async with http.delete(f"{yard.url}/api/v1/sessions/current") as answer:
            assert answer.status == 204
        await stream.until_ended()
        async with http.get(f"{yard.url}/api/v1/stream") as answer:
            assert answer.status == 401


async def test_a_worker_that_stops_says_so_and_ends_its_streams(yard: Yard) -> None:
    async with yard.stream() as stream, yard.stream("cleo") as other:
        await stream.event("ready")
        await other.event("ready")
        waiting = asyncio.create_task(yard.poll("ana", after=stream.last_id))
        yard.parts.streams.drain()
        assert (await stream.event("draining")).data == {"retry_after_ms": 2000}
        await stream.until_ended()
        await other.until_ended()
        assert (await waiting).get("events", []) == []
        assert (await yard.poll())["error"]["code"] == "unavailable"


async def test_an_account_has_so_many_streams_and_no_more(yard: Yard) -> None:
    async with AsyncExitStack() as stack:
        streams: list[EventStream] = [
            await stack.enter_async_context(yard.stream()) for _ in range(streams_module.MOST_EACH)
        ]
        await streams[-1].event("ready")
        refused = await yard.poll()
        assert refused["error"]["code"] == "rate_limited"
        assert refused["error"]["retryable"]
        assert refused["error"]["retry_after_ms"] > 0
        async with yard.stream("cleo") as other:
            await other.event("ready")
    await yard.until_nobody_reads()
    assert not yard.parts.streams._by_conversation
    async with yard.stream() as again:
        await again.event("ready")


async def test_a_poll_waits_until_something_happens(yard: Yard) -> None:
    await yard.until_ben_is_told()
    await yard.until_nobody_reads()
    begin = (await yard.poll())["offset"]
    assert await yard.poll(after=begin, timeout=0) == {"events": [], "offset": begin}
    waiting = asyncio.create_task(yard.poll(after=begin))
    async with asyncio.timeout(60):
        while not yard.parts.streams.count():  # noqa: ASYNC110 - another task's request
            await asyncio.sleep(0.01)
    await yard.say("worth waiting for")
    page = await waiting
    assert page["events"][0]["event"] == "message_created"
    assert page["events"][-1]["id"] == page["offset"]
    # The same offsets as the stream's: one goes on where the other has stopped.
    await yard.say("and more")
    async with yard.stream(last_id=page["offset"]) as stream:
        await stream.said("and more")
        assert "worth waiting for" not in [one.data["data"]["text"] for one in stream.named("message_created")]


@pytest.mark.parametrize(
    ("query", "field"), [("only=entries", "only"), ("timeout=600", "timeout"), ("since=1", "since")]
)
async def test_what_is_asked_wrongly_is_named(yard: Yard, query: str, field: str) -> None:
    async with (
        aiohttp.ClientSession(headers=yard.people["ben"].headers) as http,
        http.get(f"{yard.url}/api/v1/events?{query}") as answer,
    ):
        assert answer.status == 422
        assert (await answer.json())["error"]["field"] == field


async def test_the_cookie_counts_from_the_own_pages_alone(yard: Yard) -> None:
    cookie = {"Cookie": f"madang_session={yard.people['ben'].token}"}
    own = next(iter(yard.parts.origins.allowed))
    async with reading(f"{yard.url}/api/v1/stream", cookie | {"Origin": own}) as stream:
        await stream.event("ready")
    async with (
        aiohttp.ClientSession() as http,
        http.get(f"{yard.url}/api/v1/stream", headers=cookie | {"Origin": "https://evil.example"}) as answer,
    ):
        assert answer.status == 401
