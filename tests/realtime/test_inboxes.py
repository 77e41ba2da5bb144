"""Each inbox goes strictly by number; what a worker was not told of is read before what follows."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field

import msgspec
import pytest

from server import records
from server.errors import Unavailable
from server.protocol.notifications import Notification
from server.realtime.inboxes import MOST_TOLD, Inboxes
from server.realtime.online import Connection, Online
from server.realtime.rooms import NOTIFICATIONS
from tests.realtime.room_book import RoomBook, connect

BEN = 2


def row(seq: int, *, created_seq: int | None = None) -> Notification:
    """A row whose last change was number ``seq``."""
    data = {"created_seq": seq if created_seq is None else created_seq}
    return Notification(
        id=seq, seq=seq, type="message", group="g", title="", body="", url="", created_at=1, count=1, data=data
    )


def change(seq: int) -> records.NotificationChange:
    return records.NotificationChange(BEN, seq, True, msgspec.json.encode(row(seq)))


@dataclass
class Bell:
    """Ben's bell, told everything up to 4. ``stored`` can be read, ``rung`` are the numbers told, and which are new."""

    inboxes: Inboxes = field(init=False)
    connection: Connection = field(init=False)
    stored: list[Notification] = field(default_factory=list)
    rung: list[tuple[int, bool]] = field(default_factory=list)
    asked: list[int] = field(default_factory=list)
    fails: bool = False

    def __post_init__(self) -> None:
        self.online = Online()
        self.connection = connect(RoomBook(), self.online, BEN, "ben-bell", NOTIFICATIONS)
        self.connection.heard = 4
        self.inboxes = Inboxes(self.online, self.ring, self.changes_after)
        self.inboxes.is_shared = True

    async def ring(self, told: records.NotificationChange) -> None:
        self.rung.append((told.seq, told.created))

    async def changes_after(self, account_id: int, after_seq: int, limit: int) -> list[Notification] | None:
        self.asked.append(after_seq)
        await asyncio.sleep(0)
        if self.fails:
            raise Unavailable("The database is away.")
        found = [one for one in self.stored if one.seq > after_seq]
        return found if len(found) <= limit else None

    async def read(self) -> None:
        """Waits for what is being read."""
        while running := [task for task in asyncio.all_tasks() if task.get_name() == "reading an inbox"]:
            await asyncio.gather(*running)


@pytest.fixture
async def bell() -> Bell:
    return Bell()


async def test_what_comes_in_its_turn_is_told_without_reading(bell: Bell) -> None:
    for seq in (5, 6, 7):
        await bell.inboxes.take(change(seq))
    assert (bell.rung, bell.asked, bell.connection.heard) == ([(5, True), (6, True), (7, True)], [], 7)


async def test_what_was_not_told_is_read_before_what_follows(bell: Bell) -> None:
    bell.stored = [row(5, created_seq=2), row(6), row(7)]
    await bell.inboxes.take(change(7))
    await bell.inboxes.take(change(8))  # while that is read
    bell.stored.append(row(8))
    await bell.read()
    assert bell.rung == [(5, False), (6, True), (7, True), (8, True)]
    assert bell.inboxes.healed["inbox"] == 4


async def test_what_two_workers_wrote_comes_once_and_in_order_though_the_bus_turned_it_round(bell: Bell) -> None:
    bell.stored = [row(5), row(6)]
    await bell.inboxes.take(change(6))
    await bell.inboxes.take(change(5))
    await bell.read()
    await bell.inboxes.take(change(7))
    assert bell.rung == [(5, True), (6, True), (7, True)]


async def test_the_beacon_finds_what_was_last_and_not_told(bell: Bell) -> None:
    bell.stored = [row(5)]
    bell.inboxes.compare({BEN: 4, 99: 7})
    assert bell.asked == []
    bell.inboxes.compare({BEN: 5})
    await bell.read()
    assert bell.rung == [(5, True)]
    await bell.inboxes.take(change(5))
    assert bell.rung == [(5, True)]


async def test_of_many_rows_the_counts_alone_are_told_here_too(bell: Bell) -> None:
    bell.inboxes.skip(records.CountsChanged(BEN, 104, 100))
    await bell.inboxes.take(change(105))
    assert (bell.rung, bell.asked) == ([(105, True)], [])
    bell.stored = [row(seq) for seq in range(106, 107 + MOST_TOLD)]
    bell.inboxes.skip(records.CountsChanged(BEN, 306, 100))  # what came before it was not told
    await bell.read()
    await bell.inboxes.take(change(307))
    assert (bell.rung, bell.asked) == ([(105, True), (307, True)], [105])


async def test_whoever_is_just_coming_misses_nothing_and_whoever_is_gone_costs_nothing(bell: Bell) -> None:
    bell.connection.heard = None
    await bell.inboxes.take(change(9))
    bell.inboxes.compare({BEN: 12})
    assert (bell.rung, bell.asked) == ([(9, True)], [])
    bell.connection.heard = 9
    bell.online.remove(bell.connection.sid)
    bell.inboxes.compare({BEN: 12})
    assert bell.asked == []


async def test_a_second_device_that_is_behind_is_brought_up_with_the_first(bell: Bell) -> None:
    connect(RoomBook(), bell.online, BEN, "ben-phone-bell", NOTIFICATIONS, session_id=44).heard = 6
    bell.stored = [row(5), row(6)]
    await bell.inboxes.take(change(7))
    await bell.read()
    assert bell.rung[0] == (5, True)
    assert {one.heard for one in bell.online.of_account(BEN, NOTIFICATIONS)} == {7}


async def test_a_database_that_is_away_costs_only_time(bell: Bell) -> None:
    bell.stored, bell.fails = [row(5), row(6)], True
    await bell.inboxes.take(change(6))
    await bell.read()
    assert (bell.rung, bell.connection.heard) == ([], 4)
    bell.fails = False
    bell.inboxes.compare({BEN: 6})
    await bell.read()
    assert bell.rung == [(5, True), (6, True)]


async def test_whoever_is_alone_reads_nothing(bell: Bell) -> None:
    bell.inboxes.is_shared = False
    await bell.inboxes.take(change(9))
    bell.inboxes.skip(records.CountsChanged(BEN, 20, 3))
    bell.inboxes.compare({BEN: 30})
    assert (bell.rung, bell.asked) == ([(9, True)], [])
