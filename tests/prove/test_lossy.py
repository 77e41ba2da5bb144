"""Sends over a lossy link, a few hundred long; and what it would say of a log that is wrong."""

from __future__ import annotations

import asyncio
import random
import re

import aiohttp
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from tests.prove import lossy, lossy_link
from tests.prove.lossy_link import LATE_S, LossyLink
from tests.prove.proof import Proof

LOG = {7: [(1, "1 7 1"), (2, "2 7 1"), (4, "1 7 2")]}
WRITTEN = {"1 7 1", "1 7 2", "2 7 1"}
SCREEN = {"person": 1, "conversation": 7, "lines": [[2, "2 7 1"], [4, "1 7 2"]]}


def test_a_few_hundred_sends_over_a_lossy_link_with_reloads() -> None:
    size = lossy.Size(sends=200, people=5, conversations=5, each_in=3, life_ms=(600, 3000))
    proof = lossy.proved(size, seed=20261121)
    assert not proof.failures, proof.figures
    assert proof.figures["rows"] == 200


@pytest.mark.parametrize(
    ("log", "written", "screens", "failure"),
    [
        (LOG, WRITTEN, [SCREEN], None),
        (LOG, WRITTEN | {"2 7 2"}, [], "lost: ['2 7 2']"),
        (LOG, {"1 7 1", "1 7 2"}, [], "something is stored that nobody wrote"),
        ({7: [*LOG[7], (5, "1 7 2")]}, WRITTEN, [], "stored twice: ['1 7 2']"),
        ({7: LOG[7], 8: [(1, "1 7 2")]}, WRITTEN, [], "stored twice: ['1 7 2']"),
        ({7: [(1, "1 7 2"), (2, "1 7 1"), (3, "2 7 1")]}, WRITTEN, [], "1 messages are stored before"),
        (LOG, WRITTEN, [SCREEN | {"lines": [[2, "2 7 1"]]}], "screens differ"),
        (LOG, WRITTEN, [SCREEN | {"lines": [[1, "1 7 1"], [4, "1 7 2"]]}], "screens differ"),
        (LOG, WRITTEN, [SCREEN | {"lines": [[4, "1 7 2"], [4, "1 7 2"]]}], "screens differ"),
        (LOG, WRITTEN, [SCREEN | {"lines": []}], "screens differ"),
    ],
)
def test_what_is_wrong_is_named(
    log: dict[int, list[tuple[int, str]]], written: set[str], screens: list[dict[str, object]], failure: str | None
) -> None:
    proof = Proof()
    lossy.Found(log, written, screens).judged(proof)
    assert len(proof.failures) == (failure is not None)
    if failure:
        assert failure in proof.failures[0]


class Talker:
    """A server that tells the entry of each send and answers it; ``got`` has every packet."""

    def __init__(self) -> None:
        self.got: list[str] = []

    async def talk(self, request: web.Request) -> web.WebSocketResponse:
        socket = web.WebSocketResponse()
        await socket.prepare(request)
        async for message in socket:
            self.got.append(message.data)
            if send := re.match(r'42/chat,(\d+)\["send_message",{"client_id":"(\w+)"', message.data):
                await socket.send_str(f'42/chat,["message_created",{{"data":{{"client_id":"{send[2]}"}}}}]')
                await socket.send_str(f'43/chat,{send[1]}[{{"ok":true}}]')
            else:
                await socket.send_str(message.data)
        return socket

    async def page(self, request: web.Request) -> web.Response:
        return web.Response(text="a page")


async def test_the_link_passes_pages_and_loses_and_repeats_as_much_as_it_says(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lossy_link, "CUT", 0)
    talker = Talker()
    app = web.Application()
    app.add_routes([web.get("/socket", talker.talk), web.get("/page", talker.page)])
    sends = [f'42/chat,{n}["send_message",{{"client_id":"c{n}","text":"{"가" * 60}"}}]' for n in range(400)]
    async with TestServer(app) as server, aiohttp.ClientSession() as http:
        assert server.port
        async with LossyLink(server.port, random.Random(3)).open() as link:
            async with http.get(f"{link.url}/page") as answer:
                assert await answer.text() == "a page"
            async with http.ws_connect(f"{link.url}/socket") as socket:
                for send in sends:
                    await socket.send_str(send)
                await asyncio.sleep(LATE_S)
                await socket.send_str("end")
                heard: list[str] = []
                async with asyncio.timeout(20):
                    while "end" not in heard:
                        heard.append(await socket.receive_str())
    losses = link.losses
    assert set(talker.got) == {*sends, "end"}
    answers = {line for line in heard if line.startswith("43")}
    entries = {line for line in heard if line.startswith("42")}
    assert 80 < 400 - len(answers) < 160
    assert 30 < 400 - len(entries) <= losses.entries_dropped
    assert len(talker.got) > 410
    assert len(heard) > len(set(heard)) + 30
    assert 60 < losses.repeated < 160
