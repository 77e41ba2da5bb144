"""``curl -N`` on the stream behind nginx, with two workers: it prints what happens, and goes on after a cut."""

from __future__ import annotations

import asyncio
import secrets
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.chat_client import ChatClient
from tests.event_stream import EventStream, curl
from tests.journeys.deployment import Deployment, deployed
from tests.people import Person
from tests.postgres_server import PostgresServer

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
