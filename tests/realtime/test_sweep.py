"""The sweep finds what nobody announced, gives it a moment, delivers it, and asks for nothing that it knows."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence

import pytest

from server.realtime.online import Connection, Online
from server.realtime.order import Log, Order
from server.realtime.rooms import CHAT
from server.realtime.sweep import Sweep, Written
from server.records import Entry
from tests.engine.running import eventually

GROUP, OTHER = 7, 8
CLEO = 3


class Yard:
    """A shared log, and a worker that is told nothing unless the test tells it."""

    def __init__(self) -> None:
        self.log: list[Entry] = []
        self.delivered: list[int] = []
        self.entered: list[tuple[int, int]] = []
        self.added: list[tuple[int, int]] = []
        self.asked: list[int] = []
        self.fails = False
        self.looked = 0
        self.go_on = asyncio.Event()
        self.go_on.set()
        self.online = Online()
        self.order = Order(self, Log(self.missed, self.members_among, self.between))
        self.order.is_shared = True
        self.healed: list[int] = []
        self.sweep = self.new_sweep()

    def new_sweep(self, interval_s: float = 3600, patience_s: float = 0.0) -> Sweep:
        sweep = Sweep(
            self.order, self.online, self.written_since, self.newest, interval_s=interval_s, patience_s=patience_s
        )
        sweep.on_healed = self.healed.append
        return sweep

    def write(self, conversation_id: int = GROUP) -> Entry:
        seq = sum(one.conversation_id == conversation_id for one in self.log) + 1
        self.log.append(Entry(len(self.log) + 1, conversation_id, seq, "message_created", 1, 1, b"{}"))
        return self.log[-1]

    async def newest(self) -> int:
        self.looked += 1
        return len(self.log)

    async def written_since(self, position: int) -> Written:
        self.asked.append(position)
        return Written(len(self.log), {one.conversation_id: one.seq for one in self.log[position:]}, self.added)

    async def missed(self, conversation_id: int, after_seq: int | None, position: int, limit: int) -> Sequence[Entry]:
        await self.go_on.wait()
        if self.fails:
            raise OSError("the disk is gone")
        mine = [one for one in self.log if one.conversation_id == conversation_id]
        return [one for one in mine if (one.position > position if after_seq is None else one.seq > after_seq)]

    async def between(self, after: int, up_to: int, limit: int) -> Sequence[tuple[Entry, Sequence[int]]]:
        self.asked.append(after)
        return [(one, []) for one in self.log[after:up_to]]

    async def members_among(self, conversation_id: int, account_ids: Sequence[int]) -> Sequence[int]:
        return account_ids

    async def entry(self, entry: Entry) -> None:
        self.delivered.append(entry.seq)

    async def enter(self, account_id: int, conversation_id: int) -> None:
        self.entered.append((account_id, conversation_id))
        self.order.opened(conversation_id)

    async def look(self) -> None:
        await self.sweep._look()
        await eventually(lambda: not self.order._reading)


@pytest.fixture
async def yard() -> AsyncIterator[Yard]:
    yard = Yard()
    yard.sweep.start(0)
    yard.order.opened(GROUP)
    yield yard
    await yard.sweep.stop()
    await yard.order.stop()
    yard.online.close()


async def test_what_nobody_announced_is_delivered(yard: Yard) -> None:
    for _ in range(3):
        yard.write()
    yard.write(OTHER)
    await yard.look()
    assert (yard.delivered, yard.healed) == ([1, 2, 3], [GROUP])
    yard.write()
    await yard.look()
    assert yard.delivered == [1, 2, 3, 4]
    assert yard.order.healed == {"sweep": 4}


async def test_what_was_delivered_is_left_alone(yard: Yard) -> None:
    await yard.order.take(yard.write())
    await eventually(lambda: yard.delivered)
    await yard.look()
    assert (yard.delivered, yard.healed, yard.order.healed["sweep"]) == ([1], [], 0)


async def test_what_is_on_its_way_gets_a_moment(yard: Yard) -> None:
    yard.sweep = yard.new_sweep(patience_s=0.05)
    looking = asyncio.create_task(yard.sweep._look())
    entry = yard.write()
    await eventually(lambda: yard.asked)
    await yard.order.take(entry)
    await looking
    assert (yard.delivered, yard.healed) == ([1], [])


async def test_whoever_is_alone_and_slow_to_tell_itself_reads_nothing(yard: Yard) -> None:
    yard.order.is_shared = False
    yard.sweep = yard.new_sweep(patience_s=0.02)
    entry = yard.write()
    looking = asyncio.create_task(yard.sweep._look())
    await eventually(lambda: yard.looked)
    await asyncio.sleep(0.05)
    await yard.order.take(entry)
    await looking
    assert (yard.delivered, yard.asked, yard.order.complete) == ([1], [], 1)


async def test_each_position_is_asked_for_once(yard: Yard) -> None:
    for _ in range(2):
        yard.write()
        await yard.look()
    await yard.look()
    assert yard.asked == [0, 1, 2]


async def test_conversations_that_open_are_taken_up_a_round_before(yard: Yard) -> None:
    yard.write(OTHER)
    await yard.look()
    yard.write(OTHER)
    await yard.look()
    yard.order.opened(OTHER)
    await yard.order.take(yard.write(OTHER))
    await eventually(lambda: yard.delivered)
    assert yard.delivered == [2, 3]


async def test_whoever_was_added_without_news_of_it_is_let_in(yard: Yard) -> None:
    yard.online.add(Connection("cleo", CHAT, CLEO, 1, 0))
    yard.write()
    yard.write(OTHER)
    yard.added = [(OTHER, CLEO), (OTHER, 99)]
    await yard.look()
    assert yard.entered == [(CLEO, OTHER)]
    assert yard.delivered == [1, 1], "what was written before the sweep came by is heard too"


async def test_whoever_is_alone_asks_for_nothing_that_it_wrote_itself(yard: Yard) -> None:
    yard.order.is_shared = False
    for _ in range(3):
        await yard.order.take(yard.write())
        await yard.look()
    assert (yard.asked, yard.delivered) == ([], [1, 2, 3])
    # Somebody else writes after all.
    yard.write()
    await yard.look()
    assert yard.order.complete == 4
    await yard.order.take(yard.write())
    await yard.look()
    assert (yard.asked, yard.delivered) == ([3], [1, 2, 3, 4, 5])


async def test_whoever_is_alone_says_exactly_how_far_it_has_told_while_it_is_looked_for(yard: Yard) -> None:
    """Somebody has just been added, and what was written last is still to be told: nothing has to be read for that."""
    yard.order.is_shared = False
    yard.sweep = yard.new_sweep(patience_s=0.01)
    yard.online.add(Connection("cleo", CHAT, CLEO, 1, 0))
    yard.added = [(GROUP, CLEO)]
    yard.go_on.clear()
    for _ in range(3):
        entry = yard.write()
        looking = asyncio.create_task(yard.sweep._look())
        await eventually(lambda: yard.looked)
        await yard.order.take(entry)
        await looking
        assert yard.order.complete == entry.position
        await yard.order.take(yard.write())
        assert yard.order.complete == len(yard.log)
    assert yard.delivered == [1, 2, 3, 4, 5, 6]


async def test_it_looks_by_itself_and_soon_when_asked(yard: Yard) -> None:
    await yard.sweep.stop()
    yard.sweep = yard.new_sweep(interval_s=0.01)
    yard.sweep.start(0)
    yard.write()
    await eventually(lambda: yard.delivered == [1])
    await yard.sweep.stop()
    yard.sweep = yard.new_sweep(interval_s=3600)
    yard.sweep.start(1)
    yard.write()
    yard.sweep.soon()
    await eventually(lambda: yard.delivered == [1, 2])


# What an offset may say


async def test_everything_is_complete_as_soon_as_nothing_was_missing(yard: Yard) -> None:
    await yard.order.take(yard.write())
    await eventually(lambda: yard.delivered)
    assert yard.order.complete == 0
    await yard.look()
    assert yard.order.complete == 1
    yard.write(OTHER)
    await yard.look()
    assert yard.order.complete == 2, "nobody is there"


async def test_what_was_missing_is_complete_when_the_next_look_finds_it_delivered(yard: Yard) -> None:
    yard.write()
    await yard.look()
    assert (yard.delivered, yard.order.complete) == ([1], 0)
    await yard.look()
    assert yard.order.complete == 1


async def test_what_cannot_be_read_is_not_complete_however_often_it_is_looked_for(yard: Yard) -> None:
    await yard.order.take(yard.write())
    await yard.look()
    yard.write()
    yard.fails = True
    for _ in range(3):
        await yard.look()
        yard.write(OTHER)
    assert (yard.delivered, yard.order.complete) == ([1], 1)
    yard.fails = False
    await yard.look()
    await yard.look()
    assert (yard.delivered, yard.order.complete) == ([1, 2], len(yard.log))


async def test_what_is_still_being_read_is_not_complete(yard: Yard) -> None:
    yard.write()
    yard.go_on.clear()
    await yard.sweep._look()
    for _ in range(2):
        yard.write(OTHER)
        await yard.sweep._look()
    assert yard.order.complete == 0
    yard.go_on.set()
    await eventually(lambda: not yard.order._reading)
    await yard.look()
    assert (yard.delivered, yard.order.complete) == ([1], 3)
