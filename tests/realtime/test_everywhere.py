"""Presence over workers: each tells its own, each knows all; who is silent is gone, and the deaf forgets nobody."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import AsyncIterator, Callable
from typing import Any

import msgspec
import pytest

from server.realtime.everywhere import Everywhere
from server.realtime.online import Connection, Online
from server.realtime.rooms import CHAT, NOTIFICATIONS
from tests.engine.running import eventually

ANA, BEN = 1, 2
EXPIRY_S = 2.0
"""So long nothing here may stand still: who is silent for longer is gone."""


class Street:
    """What is said by one worker is heard by all others at once."""

    def __init__(self) -> None:
        self.workers: list[Worker] = []


class Worker:
    """One worker, and what it told its watchers."""

    def __init__(self, street: Street, name: str) -> None:
        self.worker = name
        self.deaf_s = 0.0
        self.is_up = True
        self.street = street
        self.hears: dict[str, Callable[[str, msgspec.Raw], None]] = {}
        self.told: list[tuple[int, str]] = []
        self.remembered: list[int] = []
        self.online = Online(grace_s=0)
        self.everywhere = Everywhere(self.online, every_s=EXPIRY_S / 5, expiry_s=EXPIRY_S)
        self.everywhere.on_change = self._changed
        self._numbers = itertools.count()
        street.workers.append(self)
        self.everywhere.start(self)

    def _changed(self, account_id: int, tell: bool, remember: bool) -> None:
        if tell:
            self.told.append((account_id, self.everywhere.state(account_id)))
        if remember:
            self.remembered.append(account_id)

    def say(self, room: str | None, kind: str, body: Any, *, fleeting: bool = False) -> None:
        for other in self.street.workers if self.is_up else ():
            if other is not self and other.is_up and kind in other.hears:
                other.hears[kind](self.worker, msgspec.Raw(msgspec.json.encode(body)))

    def on(self, kind: str, hear: Callable[[str, msgspec.Raw], None]) -> None:
        self.hears[kind] = hear

    def come(self, account_id: int = ANA, session_id: int = 1, namespace: str = CHAT) -> Connection:
        sid = f"{self.worker}.{next(self._numbers)}"
        connection = Connection(sid, namespace, account_id, session_id, 0)
        self.online.add(connection)
        return connection

    def go(self, connection: Connection) -> None:
        self.online.remove(connection.sid)


@pytest.fixture
async def street() -> AsyncIterator[Street]:
    street = Street()
    yield street
    for worker in street.workers:
        worker.online.close()
        await worker.everywhere.stop()


async def test_whoever_is_alone_knows_its_own() -> None:
    online = Online(grace_s=0)
    everywhere = Everywhere(online)
    heard: list[tuple[int, bool, bool]] = []
    everywhere.on_change = lambda *change: heard.append(change)
    online.add(Connection("a", CHAT, ANA, 5, 0))
    assert (everywhere.state(ANA), everywhere.is_connected(5)) == ("online", True)
    online.close()
    assert (everywhere.state(ANA), heard) == ("offline", [(ANA, True, False), (ANA, True, True)])


async def test_coming_and_going_is_told_by_every_worker_to_its_own(street: Street) -> None:
    here, there = Worker(street, "a"), Worker(street, "b")
    ana = here.come()
    await eventually(lambda: there.told == [(ANA, "online")])
    assert there.everywhere.is_connected(1)
    here.go(ana)
    await eventually(lambda: there.told == [(ANA, "online"), (ANA, "offline")])
    assert here.told == there.told
    assert not there.everywhere.is_connected(1)
    # Where she was, she is remembered; once.
    assert (here.remembered, there.remembered) == ([ANA], [])


async def test_whoever_comes_later_is_told_who_is_there(street: Street) -> None:
    Worker(street, "a").come()
    late = Worker(street, "b")
    assert late.told == [(ANA, "online")]


async def test_somebody_at_two_workers_is_there_until_the_last_has_gone(street: Street) -> None:
    here, there = Worker(street, "a"), Worker(street, "b")
    desk, phone = here.come(session_id=1), there.come(session_id=2)
    await eventually(lambda: there.everywhere.is_connected(1) and here.everywhere.is_connected(2))
    here.go(desk)
    await eventually(lambda: not there.everywhere.is_connected(1))
    assert here.told == there.told == [(ANA, "online")]
    there.go(phone)
    await eventually(lambda: here.told == there.told == [(ANA, "online"), (ANA, "offline")])


async def test_attention_anywhere_counts(street: Street) -> None:
    here, there = Worker(street, "a"), Worker(street, "b")
    here.online._away_s = there.online._away_s = 0
    here.online.set_active(here.come(), False)
    await eventually(lambda: there.told[-1:] == [(ANA, "away")])
    phone = there.come(session_id=2)
    assert there.everywhere.state(ANA) == "online"
    there.go(phone)
    await eventually(lambda: here.told[-1] == there.told[-1] == (ANA, "away"))


async def test_a_bell_alone_is_a_connected_device_and_nobody_online(street: Street) -> None:
    here, there = Worker(street, "a"), Worker(street, "b")
    here.come(namespace=NOTIFICATIONS, session_id=7)
    await eventually(lambda: there.everywhere.is_connected(7))
    assert there.told == []


async def test_the_people_of_a_killed_worker_go_and_one_remembers_them(street: Street) -> None:
    killed, here, there = Worker(street, "c"), Worker(street, "a"), Worker(street, "b")
    killed.come(ANA)
    killed.come(BEN, 2)
    here.come(BEN, 3)
    await eventually(lambda: len(there.told) == 2)
    killed.is_up = False
    await eventually(lambda: here.told[-1] == there.told[-1] == (ANA, "offline"))
    assert (here.remembered, there.remembered) == ([ANA], [])
    assert here.everywhere.state(BEN) == there.everywhere.state(BEN) == "online"
    assert not there.everywhere.is_connected(1)


async def test_after_a_goodbye_people_have_a_moment_to_come_back_elsewhere(street: Street) -> None:
    ending, here, there = Worker(street, "c"), Worker(street, "a"), Worker(street, "b")
    ending.come()
    await eventually(lambda: len(there.told) == 1)
    await ending.everywhere.stop()
    ending.is_up = False
    here.come(session_id=2)
    await eventually(lambda: "c" not in there.everywhere._workers)
    assert there.told == here.told == [(ANA, "online")]


async def test_whoever_hears_nothing_forgets_nobody(street: Street) -> None:
    here, there = Worker(street, "a"), Worker(street, "b")
    here.come()
    await eventually(lambda: there.told == [(ANA, "online")])
    there.is_up, there.deaf_s = False, EXPIRY_S
    await asyncio.sleep(2 * EXPIRY_S)  # it is the passing of time that must do nothing
    assert there.told == [(ANA, "online")]
    there.is_up, there.deaf_s = True, 0
    there.everywhere.back()
    await asyncio.sleep(2 * EXPIRY_S)
    assert there.told == [(ANA, "online")]


async def test_news_that_was_missed_comes_with_the_next_list(street: Street) -> None:
    here, there = Worker(street, "a"), Worker(street, "b")
    ana = here.come()
    await eventually(lambda: there.told == [(ANA, "online")])
    there.is_up = False
    here.go(ana)
    here.come(BEN, 2)
    await eventually(lambda: len(here.told) == 3 and not here.everywhere._changed)
    there.is_up = True
    await eventually(lambda: sorted(there.told[1:]) == [(ANA, "offline"), (BEN, "online")])
