"""The heads beacon tells those whom it concerns, nothing when nothing changed, and again what it could not tell."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import msgspec
import pytest

from server.protocol import chat
from server.realtime import heads
from server.realtime.heads import Beacon, Changed
from server.realtime.online import Online
from server.realtime.rooms import account_room
from tests.realtime.room_book import RoomBook, connect

ANA, BEN, CLEO = 1, 2, 3


def read(body: Any) -> tuple[int, dict[int, int]]:
    """The account's version and the heads in what is sent."""
    told = msgspec.json.decode(body, type=chat.Heads)
    assert told.epoch == "epoch"
    return told.account_version, told.heads


class Yard:
    """A beacon over a log that the test writes; each round is begun by the test."""

    def __init__(self) -> None:
        self.book = RoomBook()
        self.online = Online()
        self.asked: list[tuple[int, list[int]]] = []
        self.changed = Changed(10, {}, {ANA: (1, 0), BEN: (1, 0)})
        self.inboxes: list[dict[int, int]] = []
        self.beacon = Beacon(self.book, self.online, self.changed_since, self.inboxes.append, interval_s=3600)

    async def changed_since(self, position: int, account_ids: list[int]) -> Changed:
        self.asked.append((position, sorted(account_ids)))
        return self.changed

    async def told(self) -> list[tuple[str, int, dict[int, int]]]:
        """What one round tells: room, account version, heads."""
        self.book.emitted.clear()
        await self.beacon._tell()
        return [(room, *read(body)) for _, body, room in self.book.emitted]


@pytest.fixture
async def yard() -> AsyncIterator[Yard]:
    yard = Yard()
    connect(yard.book, yard.online, ANA, "ana")
    connect(yard.book, yard.online, BEN, "ben")
    yard.beacon.start("epoch", 10)
    await yard.told()
    yield yard
    await yard.beacon.stop()
    yard.online.close()


async def test_nothing_is_told_when_nothing_changed(yard: Yard) -> None:
    assert await yard.told() == []
    assert yard.asked[-1] == (10, [ANA, BEN])


async def test_only_those_whom_it_concerns_are_told(yard: Yard) -> None:
    yard.changed = Changed(15, {BEN: {7: 30, 8: 2}}, {ANA: (1, 0), BEN: (1, 0)})
    assert await yard.told() == [(account_room(BEN), 1, {7: 30, 8: 2})]
    yard.changed = Changed(15, {}, {ANA: (1, 0), BEN: (1, 0)})
    assert await yard.told() == []
    assert yard.asked[-1][0] == 15


async def test_a_changed_account_is_told_without_heads(yard: Yard) -> None:
    yard.changed = Changed(10, {}, {ANA: (2, 0), BEN: (1, 0)})
    assert await yard.told() == [(account_room(ANA), 2, {})]


async def test_whoever_has_come_is_told_their_version_once(yard: Yard) -> None:
    connect(yard.book, yard.online, CLEO, "cleo")
    yard.changed = Changed(10, {}, {ANA: (1, 0), BEN: (1, 0), CLEO: (4, 0)})
    assert await yard.told() == [(account_room(CLEO), 4, {})]
    assert await yard.told() == []


async def test_the_newest_changes_of_inboxes_are_handed_on(yard: Yard) -> None:
    yard.inboxes.clear()
    yard.changed = Changed(10, {}, {ANA: (1, 7), BEN: (1, 9)})
    assert await yard.told() == []
    assert yard.inboxes == [{ANA: 7, BEN: 9}]


async def test_equals_are_told_together_and_others_have_their_turn_in_between(
    yard: Yard, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(heads, "AT_ONCE", 10)
    many = range(100, 200)
    yard.changed = Changed(20, {one: {7: 30} for one in many}, {one: (1 + one % 2, 0) for one in many})
    emits: list[int] = []
    turns = 0

    async def emit_here(event: str, data: Any, *, room: str | list[str], namespace: str) -> None:
        emits.append(turns)
        assert len(room) == 5, "every second one of ten"

    async def others() -> None:
        nonlocal turns
        while True:
            turns += 1
            await asyncio.sleep(0)

    monkeypatch.setattr(yard.book, "emit_here", emit_here)
    going = asyncio.create_task(others())
    await asyncio.sleep(0)
    await yard.beacon._tell()
    going.cancel()
    assert len(emits) == 20
    assert len(set(emits)) == 10, "ten people in a turn"


async def test_who_has_gone_is_not_asked_for(yard: Yard) -> None:
    yard.online.remove("ben")
    await yard.told()
    assert yard.asked[-1] == (10, [ANA])


async def test_what_could_not_be_told_is_told_in_the_next_round(yard: Yard) -> None:
    yard.changed = Changed(15, {ANA: {7: 30}}, {ANA: (1, 0), BEN: (1, 0)})
    yard.book.fails = lambda event: True
    with pytest.raises(RuntimeError):
        await yard.told()
    yard.book.fails = lambda event: False
    assert await yard.told() == [(account_room(ANA), 1, {7: 30})]
    assert [position for position, _ in yard.asked[-2:]] == [10, 10]


async def test_it_comes_round_again_after_a_failure() -> None:
    book, online = RoomBook(), Online()
    connect(book, online, ANA, "ana")
    rounds: list[int] = []

    async def changed_since(position: int, account_ids: list[int]) -> Changed:
        rounds.append(position)
        if len(rounds) == 1:
            raise RuntimeError("the database does not answer")
        return Changed(len(rounds), {ANA: {7: len(rounds)}}, {ANA: (1, 0)})

    beacon = Beacon(book, online, changed_since, interval_s=0.001)
    beacon.start("epoch", 0)
    await book.until(lambda: len(book.emitted) == 2)
    await beacon.stop()
    online.close()
    assert [read(body)[1] for _, body, _ in book.emitted[:2]] == [{7: 2}, {7: 3}]
    assert not [task for task in asyncio.all_tasks() if task.get_name() == "heads beacon"]
