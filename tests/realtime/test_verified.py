"""Every worker knows how far the others have verified, and who of them has not been heard for a while."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from typing import Any

import msgspec
import pytest

from server.realtime.verified import Verified
from tests.engine.running import eventually

GROUP = 7
Hear = Callable[[str, msgspec.Raw], None]


class Street:
    """What carries the workers' words; a test may cut somebody off."""

    def __init__(self) -> None:
        self.heard_by: dict[str, dict[str, Hear]] = {}
        self.silent: set[str] = set()


class Door:
    """One worker's end of it."""

    def __init__(self, street: Street, worker: str) -> None:
        self.street, self.worker = street, worker
        self.deaf_s = 0.0
        street.heard_by[worker] = {}

    def say(self, room: str | None, kind: str, body: Any, *, fleeting: bool = False) -> None:
        for worker, heard in self.street.heard_by.items():
            if worker != self.worker and self.worker not in self.street.silent:
                heard[kind](self.worker, msgspec.Raw(msgspec.json.encode(body)))

    def on(self, kind: str, hear: Hear) -> None:
        self.street.heard_by[self.worker][kind] = hear


class Order:
    """A worker that has verified everything up to ``complete``, and delivered ``fresh`` entries besides."""

    def __init__(self) -> None:
        self.complete = 10
        self.fresh: set[int] = set()

    def has_delivered(self, conversation_id: int, seq: int, position: int) -> bool:
        return position <= self.complete or seq in self.fresh


class Workers:
    def __init__(self) -> None:
        self.street = Street()
        self.orders = [Order(), Order()]
        self.doors = [Door(self.street, "one"), Door(self.street, "two")]
        self.all = [Verified(name, every_s=0.01, expiry_s=0.2) for name in ("w1", "w2")]
        for verified, order, door in zip(self.all, self.orders, self.doors, strict=True):
            verified.start(order, door)

    def sent(self, position: int, seq: int = 1) -> dict[str, bool]:
        """Who has handed out an entry, as the first worker knows."""
        return {worker.name: worker.sent for worker in self.all[0].sent(GROUP, seq, position)}


@pytest.fixture
async def workers() -> AsyncIterator[Workers]:
    workers = Workers()
    yield workers
    for verified in workers.all:
        await verified.stop()


async def test_a_worker_knows_how_far_the_others_are(workers: Workers) -> None:
    await eventually(lambda: workers.sent(10) == {"w1": True, "w2": True})
    assert workers.sent(11) == {"w1": False, "w2": False}
    workers.orders[0].fresh.add(5)
    assert workers.sent(11, seq=5) == {"w1": True, "w2": False}
    workers.orders[1].complete = 11
    await eventually(lambda: workers.sent(11, seq=5) == {"w1": True, "w2": True})


async def test_a_silent_worker_is_shown_so_and_forgotten_in_the_end(workers: Workers) -> None:
    await eventually(lambda: "w2" in workers.sent(10))
    workers.street.silent.add("two")
    workers.all[0]._expiry_s = 60
    await asyncio.sleep(0.05)
    [_, other] = workers.all[0].sent(GROUP, 1, 10)
    assert other.name == "w2"
    assert other.silent_s >= 0.04
    workers.all[0]._expiry_s = 0.1
    await eventually(lambda: workers.sent(10) == {"w1": True})


async def test_while_we_are_deaf_nobody_is_forgotten(workers: Workers) -> None:
    await eventually(lambda: "w2" in workers.sent(10))
    workers.street.silent.add("two")
    workers.doors[0].deaf_s = 60
    await asyncio.sleep(0.25)
    assert workers.sent(11) == {"w1": False, "w2": False}


async def test_who_says_goodbye_is_gone_at_once(workers: Workers) -> None:
    await eventually(lambda: "w2" in workers.sent(10))
    await workers.all[1].stop()
    assert workers.sent(10) == {"w1": True}


async def test_two_workers_of_one_name_are_two(workers: Workers) -> None:
    third = Verified("w2", every_s=0.01)
    third.start(Order(), Door(workers.street, "three"))
    await eventually(lambda: len(workers.all[0].sent(GROUP, 1, 10)) == 3)
    await third.stop()
