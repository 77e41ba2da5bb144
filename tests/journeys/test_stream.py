"""The stream and the long poll by ``curl`` behind nginx, with two workers: each goes on after a cut."""

from __future__ import annotations

import asyncio
import json
import secrets
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.chat_client import ChatClient
from tests.event_stream import EventStream, curl
from tests.journeys.deployment import Deployment, deployed
from tests.people import Person
from tests.postgres_server import PostgresServer

PATIENCE_S = 60.0
CHANGES = ("notification_created", "notification_changed")


@pytest.fixture(scope="module")
def madang(tmp_path_factory: pytest.TempPathFactory, postgres: PostgresServer) -> Iterator[Deployment]:
    folder: Path = tmp_path_factory.mktemp("stream")
    with deployed(folder, postgres.new_database(), 2) as deployment:
        yield deployment


class Talk:
    """ana says one thing after another to ben, by a worker that stays."""

    def __init__(self, ana: ChatClient, direct: int) -> None:
        self.ana = ana
        self.direct = direct
        self.said: list[str] = []

    async def say(self, count: int) -> None:
        for _ in range(count):
            text = f"word {len(self.said)}"
            self.said.append(text)
            await self.ana.do("send_message", conversation_id=self.direct, client_id=secrets.token_hex(8), text=text)


async def begin(ana: ChatClient, ben: Person) -> Talk:
    return Talk(ana, (await ana.do("open_direct", account_id=ben.id))["id"])


def texts(*streams: EventStream) -> list[str]:
    """What was said, in the order in which it was printed."""
    return [one.data["data"]["text"] for stream in streams for one in stream.named("message_created")]


def changes(*streams: EventStream) -> list[int]:
    """The numbers of the inbox's changes that were printed."""
    return [one.data["seq"] for stream in streams for one in stream.named(*CHANGES)]


def counted(*streams: EventStream) -> int:
    """For how many messages the row of the inbox stands that was printed last."""
    counts = [one.data["count"] for stream in streams for one in stream.named(*CHANGES)]
    return counts[-1] if counts else 0


async def test_curl_prints_live_and_goes_on_after_each_cut(madang: Deployment) -> None:
    people = madang.people("ana", "ben")
    url = f"{madang.address}/api/v1/stream"
    streams: list[EventStream] = []
    async with ChatClient(madang.workers[0].url, people["ana"].token) as ana:
        talk = await begin(ana, people["ben"])
        async with curl(url, people["ben"].headers) as reader:
            await reader.stream.event("ready")
            await talk.say(3)
            await reader.stream.said(talk.said[-1])
            await reader.stream.event("notification_created")
            streams.append(reader.stream)
        for _ in range(4):
            # Cut in the middle of the talk, and back while it goes on: at whichever worker nginx chooses.
            talking = asyncio.create_task(talk.say(12))
            async with curl(url, people["ben"].headers, streams[-1].last_id) as reader:
                await reader.stream.event("ready", lambda ready: ready["recovered"])
                await reader.stream.event("message_created")
                reader.kill()
                await reader.exit_code()
                streams.append(reader.stream)
            await talking
        await talk.say(1)
        async with curl(url, people["ben"].headers, streams[-1].last_id) as reader:
            await reader.stream.said(talk.said[-1])
            streams.append(reader.stream)
            # One row stands for all that ben has not read.
            await reader.stream.until(lambda: counted(*streams) == len(talk.said))
    assert texts(*streams) == talk.said
    seqs = changes(*streams)
    assert seqs == sorted(set(seqs)), "a change of the inbox came twice, or late"
    ids = Counter(one.id for stream in streams for one in stream.named("message_created"))
    assert set(ids.values()) == {1}


async def test_a_killed_worker_costs_a_reader_nothing(madang: Deployment) -> None:
    people = madang.people("ana", "ben")
    stays, falls = madang.workers
    async with ChatClient(stays.url, people["ana"].token) as ana:
        talk = await begin(ana, people["ben"])
        async with curl(f"{falls.url}/api/v1/stream", people["ben"].headers) as reader:
            await reader.stream.event("ready")
            await talk.say(3)
            await reader.stream.said(talk.said[-1])
            falls.kill()
            await talk.say(3)
            assert await reader.exit_code() != 0
            first = reader.stream
        async with curl(f"{madang.address}/api/v1/stream", people["ben"].headers, first.last_id) as reader:
            await reader.stream.event("ready", lambda ready: ready["recovered"])
            await talk.say(3)
            await reader.stream.said(talk.said[-1])
            assert texts(first, reader.stream) == talk.said
        falls.start()
        # And back at the one that was killed: places are in the log, not in anybody's memory.
        async with curl(f"{falls.url}/api/v1/stream", people["ben"].headers, first.last_id) as reader:
            await reader.stream.event("ready")
            assert texts(first, reader.stream) == talk.said


class Poll:
    """``curl`` on the long poll, in a process of its own."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process

    @classmethod
    async def begun(cls, madang: Deployment, person: Person, after: str = "") -> Poll:
        (header,) = [f"{name}: {value}" for name, value in person.headers.items()]
        url = f"{madang.address}/api/v1/events?timeout=15" + (f"&after={after}" if after else "")
        pipe = asyncio.subprocess.PIPE
        return cls(await asyncio.create_subprocess_exec("curl", "-s", "-H", header, url, stdout=pipe, limit=1 << 20))

    async def answer(self) -> Any:
        """What it has printed in the end."""
        async with asyncio.timeout(PATIENCE_S):
            printed, _ = await self._process.communicate()
        return json.loads(printed)

    async def cut(self) -> None:
        """The link is cut, and what was on its way is lost."""
        self._process.kill()
        await self._process.wait()


async def test_a_long_poll_goes_on_after_each_cut(madang: Deployment) -> None:
    people = madang.people("ana", "ben")
    ben = people["ben"]
    events: list[dict[str, Any]] = []
    async with ChatClient(madang.workers[0].url, people["ana"].token) as ana:
        talk = await begin(ana, ben)
        offset = (await (await Poll.begun(madang, ben)).answer())["offset"]

        # An answer that is lost on its way is given again.
        waiting = await Poll.begun(madang, ben, offset)
        await talk.say(1)
        lost = await waiting.answer()
        assert lost["events"]
        again = await (await Poll.begun(madang, ben, offset)).answer()
        assert again["events"][: len(lost["events"])] == lost["events"]
        for _ in range(4):
            # Cut while it waits or is answered, and back while the talk goes on: at whichever worker nginx chooses.
            talking = asyncio.create_task(talk.say(6))
            await (await Poll.begun(madang, ben, offset)).cut()
            page = await (await Poll.begun(madang, ben, offset)).answer()
            events, offset = events + page["events"], page["offset"]
            await talking
        while talk.said[-1] not in polled(events):
            page = await (await Poll.begun(madang, ben, offset)).answer()
            assert page["events"], "nothing more came, and something is missing"
            events, offset = events + page["events"], page["offset"]
    assert polled(events) == talk.said
    seqs = [one["data"]["seq"] for one in events if one["event"] in CHANGES]
    assert seqs == sorted(set(seqs)), "a change of the inbox came twice, or late"


def polled(events: list[dict[str, Any]]) -> list[str]:
    """What was said, in the order in which it was told."""
    return [one["data"]["data"]["text"] for one in events if one["event"] == "message_created"]
