"""A client that is cut off again and again hears everything once: while somebody talks, while the server is slow
to tell what it has committed, and when another process writes.
"""

from __future__ import annotations

import asyncio
import random
import secrets
import sys
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path

import pytest

from server.clock import now
from server.storage.appending import Draft, append_message
from tests.chat_client import ChatClient
from tests.journeys.returning import NOTIFICATIONS, ReturningClient
from tests.journeys.stored import database_of
from tests.journeys.yard import Yard, begun
from tests.people import Person, make_people_in, write_beside
from tests.services_under_test import MadangProcess

Make = Callable[..., dict[str, Person]]


@pytest.fixture
async def yard(madang: MadangProcess, people: Make) -> AsyncIterator[Yard]:
    made = people("ana", "ben", "cleo")
    async with ChatClient(madang.url, made["ana"].token) as ana:
        yield await begun(madang.url, ana, made)


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
        await _hears_all_once_over_cuts(await begun(slow.url, ana, people), transports, cuts=3)


async def _hears_all_once_over_cuts(yard: Yard, transports: str, cuts: int = 6) -> None:
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
        for _ in range(cuts):
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
        _beside(place, yard, "beside 1")
        await yard.say(yard.direct)
        await ben.hears("word 0")
        await ben.cut()
        _beside(place, yard, "beside 2")
        await ben.back()
        assert ben.recovered()[0] is True
        await yard.say(yard.group)
        await ben.hears("word 1")
        _beside(place, yard, "beside 3")
        await ben.hears("beside 3")  # found by itself
        assert ben.texts() == ["beside 1", "word 0", "beside 2", "word 1", "beside 3"]


def _beside(place: Path | str, yard: Yard, text: str) -> None:
    """cleo says something in the group without the server."""
    draft = Draft(yard.group, text.replace(" ", "-"), text)
    write_beside(place, append_message, yard.cleo.id, draft, now(), lambda *rules: None, lambda *rules: False)
