"""Whatever is lost, doubled, late or slow: each member hears each conversation once, in order, and to the end."""

from __future__ import annotations

import asyncio
import contextlib
import random

import pytest

from server.realtime.online import Online
from server.realtime.sweep import Sweep, Written
from server.records import Entry
from tests.realtime.test_order import Yard

CONVERSATIONS = (1, 2, 3)


class RandomYard(Yard):
    """A log that answers when it likes, or not at all; rooms that open and close."""

    def __init__(self, chance: random.Random) -> None:
        super().__init__()
        self.chance = chance
        self.late: list[Entry] = []
        self.visits: list[tuple[int, int, list[int]]] = []  # conversation, its head when somebody came, heard since
        self.here: dict[int, list[int]] = {}
        self.online = Online()
        self.sweep = Sweep(self.order, self.online, self.written_since, self.newest, patience_s=0)
        self.is_over = False

    async def newest(self) -> int:
        return len(self.log)

    async def written_since(self, position: int) -> Written:
        heads = {one.conversation_id: one.seq for one in self.log[position:]}
        newest = len(self.log)
        await self.dawdle()
        return Written(newest, heads, [])

    async def missed(self, conversation_id: int, after_seq: int | None, position: int, limit: int) -> list[Entry]:
        await self.dawdle()
        found = list(await super().missed(conversation_id, after_seq, position, self.chance.choice((2, 200))))
        await self.dawdle()
        return found

    async def dawdle(self) -> None:
        if not self.is_over and self.chance.random() < 0.1:
            raise RuntimeError("the database does not answer")
        for _ in range(self.chance.randrange(4)):
            await asyncio.sleep(0)

    async def entry(self, entry: Entry) -> None:
        if entry.conversation_id in self.here:
            self.here[entry.conversation_id].append(entry.seq)

    def come_or_go(self) -> None:
        conversation_id = self.chance.choice(CONVERSATIONS)
        if conversation_id in self.here:
            self.order.closed(conversation_id)
            del self.here[conversation_id]
        else:
            # First into the room, then the heads are read.
            self.order.opened(conversation_id)
            head = sum(one.conversation_id == conversation_id for one in self.log)
            self.here[conversation_id] = []
            self.visits.append((conversation_id, head, self.here[conversation_id]))

    async def step(self) -> None:
        what = self.chance.random()
        if what < 0.6:
            entry = self.write(self.chance.choice(CONVERSATIONS))
            fate = self.chance.random()
            if fate < 0.5:
                await self.order.take(entry)
            if 0.4 < fate < 0.8:
                self.late.append(entry)  # for some of them twice; the others are lost
        elif what < 0.75 and self.late:
            await self.order.take(self.late.pop(self.chance.randrange(len(self.late))))
        elif what < 0.85:
            self.come_or_go()
        elif what < 0.9:
            with contextlib.suppress(RuntimeError):
                await self.sweep._look()
        else:
            await asyncio.sleep(0)


@pytest.mark.parametrize("first_seed", range(0, 300, 50))
async def test_everybody_hears_everything_once_and_in_order(first_seed: int) -> None:
    for seed in range(first_seed, first_seed + 50):
        yard = RandomYard(random.Random(seed))
        for _ in range(200):
            await yard.step()
        yard.is_over = True
        for _ in range(3):
            await yard.settled()
            await yard.sweep._look()
        await yard.settled()
        for conversation_id, head, heard in yard.visits:
            assert heard == sorted(set(heard)), (seed, conversation_id, heard)
            # What came before may be heard again; of what came since, nothing is missing up to the last heard.
            assert not heard or [seq for seq in heard if seq > head] == list(range(head + 1, heard[-1] + 1)), seed
        for conversation_id, heard in yard.here.items():
            end = sum(one.conversation_id == conversation_id for one in yard.log)
            [head] = [head for _, head, its in yard.visits if its is heard]
            assert head == end or heard[-1:] == [end], (seed, conversation_id, heard, end)
        await yard.order.stop()
