"""Each conversation in its order, whatever arrives; what did not arrive is read from the log first."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence

import msgspec
import pytest

from server.protocol import chat
from server.realtime import order
from server.realtime.order import Log, Order
from server.records import Entry
from tests.engine.running import eventually

GROUP, OTHER = 7, 8
ANA, CLEO = 1, 3


class Yard:
    """A log that the test writes, and what the order let through."""

    def __init__(self) -> None:
        self.log: list[Entry] = []
        self.delivered: list[tuple[int, int]] = []
        self.entered: list[int] = []
        self.members = {ANA, CLEO}
        self.reads = 0
        self.go_on = asyncio.Event()
        self.go_on.set()
        self.fails = False
        self.order = Order(self, Log(self.missed, self.members_among, self.between))
        self.order.is_shared = True

    def write(self, conversation_id: int = GROUP, kind: str = "message_created") -> Entry:
        """A new entry, as some worker commits it."""
        seq = sum(one.conversation_id == conversation_id for one in self.log) + 1
        data = msgspec.json.encode(chat.MemberChanged(account_id=CLEO, role="member", by="admin"))
        self.log.append(Entry(len(self.log) + 1, conversation_id, seq, kind, ANA, 1, data))
        return self.log[-1]

    async def missed(self, conversation_id: int, after_seq: int | None, position: int, limit: int) -> Sequence[Entry]:
        self.reads += 1
        await self.go_on.wait()
        if self.fails:
            raise RuntimeError("the database does not answer")
        mine = [one for one in self.log if one.conversation_id == conversation_id]
        return [one for one in mine if (one.position > position if after_seq is None else one.seq > after_seq)][:limit]

    async def between(self, after: int, up_to: int, limit: int) -> Sequence[tuple[Entry, Sequence[int]]]:
        self.reads += 1
        found = [one for one in self.log if after < one.position <= up_to][:limit]
        await self.go_on.wait()
        if self.fails:
            raise RuntimeError("the database does not answer")
        return [(one, [CLEO] if one.seq == 1 else []) for one in found]

    async def members_among(self, conversation_id: int, account_ids: Sequence[int]) -> Sequence[int]:
        await self.go_on.wait()
        return [account_id for account_id in account_ids if account_id in self.members]

    async def entry(self, entry: Entry) -> None:
        self.delivered.append((entry.conversation_id, entry.seq))

    async def enter(self, account_id: int, conversation_id: int) -> None:
        self.entered.append(account_id)

    def seqs(self, conversation_id: int = GROUP) -> list[int]:
        return [seq for of, seq in self.delivered if of == conversation_id]

    async def settled(self) -> None:
        await eventually(lambda: not self.order._reading)


@pytest.fixture
async def yard() -> AsyncIterator[Yard]:
    yard = Yard()
    yield yard
    await yard.order.stop()


async def opened(yard: Yard, entries: int) -> None:
    """A room that was opened before its first entries came by."""
    yard.order.opened(GROUP)
    for _ in range(entries):
        await yard.order.take(yard.write())
    await yard.settled()
    yard.reads = 0


async def test_what_comes_in_order_needs_no_log(yard: Yard) -> None:
    await opened(yard, 1)
    for _ in range(5):
        await yard.order.take(yard.write())
    assert yard.seqs() == [1, 2, 3, 4, 5, 6]
    assert yard.reads == 0


async def test_what_comes_twice_is_delivered_once(yard: Yard) -> None:
    await opened(yard, 3)
    for entry in yard.log:
        await yard.order.take(entry)
    assert yard.seqs() == [1, 2, 3]


async def test_a_gap_is_read_before_what_follows_it(yard: Yard) -> None:
    await opened(yard, 1)
    yard.write()
    yard.write()
    await yard.order.take(yard.write())
    await yard.order.take(yard.write())
    await yard.settled()
    await yard.order.take(yard.write())
    assert yard.seqs() == [1, 2, 3, 4, 5, 6]
    assert yard.order.healed == {"opening": 1, "gap": 4}


async def test_what_comes_while_a_conversation_is_read_is_neither_lost_nor_doubled(yard: Yard) -> None:
    await opened(yard, 1)
    yard.write()
    yard.go_on.clear()
    await yard.order.take(yard.write())
    await eventually(lambda: yard.reads)
    late = yard.write()
    yard.go_on.set()
    await yard.order.take(late)
    await yard.settled()
    assert yard.seqs() == [1, 2, 3, 4]


async def test_others_go_on_while_one_is_read(yard: Yard) -> None:
    await opened(yard, 1)
    yard.write()
    yard.go_on.clear()
    await yard.order.take(yard.write())
    await yard.order.take(yard.write(OTHER))
    assert (yard.seqs(), yard.seqs(OTHER)) == ([1], [1])
    yard.go_on.set()
    await yard.settled()
    assert yard.seqs() == [1, 2, 3]


async def test_more_than_a_page_is_read_whole(yard: Yard) -> None:
    await opened(yard, 1)
    for _ in range(500):
        last = yard.write()
    await yard.order.take(last)
    await yard.settled()
    assert yard.seqs() == list(range(1, 502))


async def test_a_conversation_that_opens_is_taken_up_where_all_was_verified(yard: Yard) -> None:
    for _ in range(4):
        yard.write()
    yard.order.position = 2
    yard.order.opened(GROUP)
    await yard.order.take(yard.write())
    await yard.settled()
    assert yard.seqs() == [3, 4, 5]


async def test_an_entry_from_before_the_opening_is_old(yard: Yard) -> None:
    old = yard.write()
    yard.order.position = 1
    yard.order.opened(GROUP)
    await yard.order.take(old)
    await yard.settled()
    await yard.order.take(yard.write())
    assert yard.seqs() == [2]


async def test_a_log_that_cannot_be_read_is_read_with_the_next_entry(yard: Yard) -> None:
    await opened(yard, 1)
    yard.write()
    yard.fails = True
    await yard.order.take(yard.write())
    await yard.settled()
    assert yard.seqs() == [1]
    assert yard.order.behind({GROUP: 3}) == {GROUP: 3}
    yard.fails = False
    await yard.order.take(yard.write())
    await yard.settled()
    assert yard.seqs() == [1, 2, 3, 4]


async def test_a_room_that_nobody_is_in_is_not_behind(yard: Yard) -> None:
    await opened(yard, 2)
    assert yard.order.behind({GROUP: 2, OTHER: 5}) == {}
    assert yard.order.behind({GROUP: 3, OTHER: 5}) == {GROUP: 3}
    yard.order.closed(GROUP)
    assert yard.order.behind({GROUP: 3}) == {}


async def test_somebody_added_here_enters_at_once(yard: Yard) -> None:
    await opened(yard, 2)
    await yard.order.join(GROUP, CLEO, 2, is_own=True)
    assert (yard.entered, yard.reads) == ([CLEO], 0)


@pytest.mark.parametrize("belongs", [True, False])
async def test_late_news_of_an_addition_lets_in_only_who_belongs(yard: Yard, belongs: bool) -> None:
    await opened(yard, 5)
    if not belongs:
        yard.members.discard(CLEO)
    await yard.order.join(GROUP, CLEO, 3, is_own=True)
    await yard.order.join(GROUP, CLEO, 5, is_own=False)
    await yard.settled()
    assert set(yard.entered) == ({CLEO} if belongs else set())


async def test_who_enters_hears_what_is_read_behind_the_look(yard: Yard) -> None:
    """Between the look whether she belongs and the read, nothing can be delivered without her."""
    await opened(yard, 1)
    yard.go_on.clear()
    await yard.order.join(GROUP, CLEO, 1, is_own=False)
    await yard.order.take(yard.write())
    assert yard.seqs() == [1]
    yard.go_on.set()
    await yard.settled()
    assert (yard.entered, yard.seqs()) == ([CLEO], [1, 2])


# Without other workers


async def alone(yard: Yard) -> None:
    """A worker without others, which begins behind what is written."""
    yard.order.is_shared = False
    yard.order.begin(len(yard.log))


async def test_whoever_is_alone_reads_nothing_that_it_was_told(yard: Yard) -> None:
    for _ in range(3):
        yard.write()
    await alone(yard)
    for conversation_id in (GROUP, OTHER, GROUP):
        await yard.order.take(yard.write(conversation_id))
        assert yard.order.complete == len(yard.log)
    assert (yard.delivered, yard.reads) == ([(GROUP, 4), (OTHER, 1), (GROUP, 5)], 0)


async def test_whoever_is_alone_delivers_what_others_wrote_before_what_follows_it(yard: Yard) -> None:
    await alone(yard)
    told: list[int] = []

    async def entry(entry: Entry) -> None:
        told.append(yard.order.complete)

    yard.entry = entry  # type: ignore[method-assign]
    await yard.order.take(yard.write())
    yard.write(OTHER)
    yard.write()
    await yard.order.take(yard.write(OTHER))
    assert told == [1, 2, 3, 4], "each offset says that everything before it was told"
    assert yard.entered == [CLEO], "who comes in with the first entry of a conversation"
    for entry_ in yard.log:
        await yard.order.take(entry_)
    assert told == [1, 2, 3, 4]


async def test_whoever_is_alone_goes_over_positions_that_nobody_has(yard: Yard) -> None:
    await alone(yard)
    await yard.order.take(yard.write())
    last = yard.write()
    yard.log[-1] = msgspec.structs.replace(last, position=9)
    await yard.order.take(yard.log[-1])
    assert (yard.seqs(), yard.order.complete, yard.reads) == ([1, 2], 9, 1)


async def test_whoever_is_alone_reads_more_than_a_page(yard: Yard) -> None:
    await alone(yard)
    for _ in range(500):
        last = yard.write()
    await yard.order.take(last)
    assert yard.seqs() == list(range(1, 501))


async def test_what_comes_while_the_log_is_read_is_delivered_once(yard: Yard) -> None:
    await alone(yard)
    first = yard.write()
    yard.write(OTHER)
    yard.go_on.clear()
    reading = [asyncio.create_task(yard.order.read_up_to(2)) for _ in range(2)]
    await eventually(lambda: yard.reads)
    await yard.order.take(first)
    yard.go_on.set()
    await asyncio.gather(*reading)
    await yard.order.take(yard.write())
    assert (yard.delivered, yard.order.complete) == ([(GROUP, 1), (OTHER, 1), (GROUP, 2)], 3)


async def test_what_cannot_be_read_is_waited_for(yard: Yard, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(order, "AGAIN_S", 0.01)
    await alone(yard)
    yard.write()
    yard.fails = True
    taking = asyncio.create_task(yard.order.take(yard.write()))
    await eventually(lambda: yard.reads > 2)
    assert (yard.delivered, yard.order.complete) == ([], 0)
    yard.fails = False
    await taking
    assert yard.seqs() == [1, 2]
