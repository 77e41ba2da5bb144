"""What a commit announced goes out in its order, to those it concerns, whatever happens on the way."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Collection

import msgspec
import pytest

from server import records
from server.protocol import chat
from server.protocol.notifications import Counts
from server.realtime import bells
from server.realtime.delivery import SMALL_CONVERSATION
from server.realtime.online import Online, Privacy
from server.realtime.publisher import Publisher
from server.realtime.rooms import NOTIFICATIONS, account_room, conversation_room
from tests.realtime.room_book import RoomBook, connect

ANA, BEN, CLEO = 1, 2, 3
GROUP = 7
ROOM = conversation_room(GROUP)


class Yard:
    """ana and ben in a group, each with a device; cleo outside."""

    def __init__(self) -> None:
        self.book = RoomBook()
        self.online = Online()
        self.publisher = Publisher(self.book, self.online, self.counts)
        self.counted: list[int] = []
        self.head_seq = 3
        for account_id, sid in ((ANA, "ana"), (BEN, "ben"), (CLEO, "cleo")):
            connect(self.book, self.online, account_id, sid)
        self.book.rooms[ROOM] = {"ana", "ben"}
        self._position = 0

    async def counts(self, account_ids: Collection[int]) -> dict[int, Counts]:
        self.counted += account_ids
        return {account_id: Counts(head_seq=self.head_seq, unseen=1, unread=1) for account_id in account_ids}

    def entry(self, kind: str = "message_created", account_id: int = 0) -> records.Entry:
        self._position += 1
        data = chat.MemberChanged(account_id=account_id, role="member", by="admin") if account_id else chat.Nothing()
        return records.Entry(self._position, GROUP, self._position, kind, ANA, 1, msgspec.json.encode(data))

    def heard(self, sid: str) -> list[str]:
        return self.book.heard[sid]

    async def publish(self, *facts: records.Fact) -> None:
        """Publishes and waits until all of it is out."""
        self.publisher.publish(facts)
        await self.publisher.stop()
        self.publisher.start("epoch")


@pytest.fixture
async def yard() -> AsyncIterator[Yard]:
    yard = Yard()
    yard.publisher.start("epoch")
    yield yard
    await yard.publisher.stop()
    yard.online.close()


async def test_entries_go_out_in_commit_order_with_their_offset(yard: Yard) -> None:
    entries = [yard.entry() for _ in range(50)]
    for start in range(0, 50, 7):
        yard.publisher.publish(entries[start : start + 7])
    await yard.publish()
    told = [data for event, data, room in yard.book.emitted if room == ROOM]
    sent = [(msgspec.json.decode(body, type=chat.Entry), offset) for body, offset in told]
    assert sent == [(msgspec.structs.replace(chat.Entry.of(one), data={}), f"epoch-{one.position}") for one in entries]
    assert yard.heard("cleo") == []


async def test_the_removal_is_the_last_thing_that_somebody_hears(yard: Yard) -> None:
    connect(yard.book, yard.online, BEN, "ben-phone")
    yard.book.rooms[ROOM].add("ben-phone")
    await yard.publish(yard.entry(), yard.entry("member_removed", BEN), yard.entry())
    for sid in ("ben", "ben-phone"):
        assert yard.heard(sid) == ["message_created", "member_removed"]
    assert yard.heard("ana") == ["message_created", "member_removed", "message_created"]
    assert yard.book.rooms[ROOM] == {"ana"}


async def test_the_addition_is_the_first_thing_that_somebody_hears(yard: Yard) -> None:
    connect(yard.book, yard.online, CLEO, "cleo-phone")
    await yard.publish(yard.entry(), yard.entry("member_added", CLEO), yard.entry())
    for sid in ("cleo", "cleo-phone"):
        assert yard.heard(sid) == ["member_added", "message_created"]


async def test_a_role_changes_no_room(yard: Yard) -> None:
    await yard.publish(yard.entry("role_changed", BEN), yard.entry("conversation_changed"))
    assert yard.book.rooms[ROOM] == {"ana", "ben"}


async def test_a_direct_conversation_is_entered_before_its_first_words(yard: Yard) -> None:
    view = {"conversation": {"id": GROUP}}
    added = records.AccountChange(CLEO, 4, "conversation_added", msgspec.json.encode(view))
    await yard.publish(added, yard.entry())
    assert yard.heard("cleo") == ["conversation_added", "message_created"]
    [(_, payload, room)] = [one for one in yard.book.emitted if one[0] == "conversation_added"]
    assert (payload, room) == ({"account_version": 4, **view}, account_room(CLEO))


async def test_a_read_mark_is_told_to_the_others_of_a_small_conversation(yard: Yard) -> None:
    connect(yard.book, yard.online, BEN, "ben-phone")
    yard.book.rooms[ROOM].add("ben-phone")
    await yard.publish(records.ReadMark(GROUP, BEN, 5, SMALL_CONVERSATION))
    assert [yard.heard(sid) for sid in ("ana", "ben", "ben-phone")] == [["receipt"], [], []]
    await yard.publish(records.ReadMark(GROUP, BEN, 6, SMALL_CONVERSATION + 1))
    assert yard.heard("ana") == ["receipt"]


async def test_a_received_mark_is_told_to_the_others(yard: Yard) -> None:
    connect(yard.book, yard.online, BEN, "ben-phone")
    yard.book.rooms[ROOM].add("ben-phone")
    await yard.publish(records.ReceivedMark(GROUP, BEN, 5))
    assert [yard.heard(sid) for sid in ("ana", "ben", "ben-phone")] == [["receipt"], [], []]
    [(_, receipt, _)] = yard.book.emitted
    assert msgspec.to_builtins(receipt) == {"conversation_id": GROUP, "account_id": BEN, "received_seq": 5}


async def test_whoever_hides_their_own_marks_is_told_of_nobody_s(yard: Yard) -> None:
    connect(yard.book, yard.online, CLEO, "cleo-phone")
    yard.book.rooms[ROOM] |= {"cleo", "cleo-phone"}
    for connection in yard.online.of_account(CLEO, "/chat"):
        yard.online.set_privacy(connection, Privacy(1, hides_receipts=True))
    await yard.publish(records.ReadMark(GROUP, BEN, 5, 3), records.ReceivedMark(GROUP, BEN, 6))
    assert [yard.heard(sid) for sid in ("ana", "cleo", "cleo-phone")] == [["receipt", "receipt"], [], []]


async def test_a_mark_that_the_bus_brings_late_is_not_told_behind_a_later_one(yard: Yard) -> None:
    for seq in (5, 9, 7, 9, 10):
        await yard.publish(records.ReadMark(GROUP, BEN, seq, 2), records.ReceivedMark(GROUP, BEN, seq + 1))
    await yard.publish(records.ReadMark(GROUP, ANA, 6, 2))
    told = [msgspec.to_builtins(receipt) for _, receipt, _ in yard.book.emitted]
    assert [receipt["read_seq"] for receipt in told if "read_seq" in receipt] == [5, 9, 10, 6]
    assert [receipt["received_seq"] for receipt in told if "received_seq" in receipt] == [6, 10, 11]


async def test_counts_come_once_behind_the_notifications(yard: Yard) -> None:
    connect(yard.book, yard.online, BEN, "ben-bell", NOTIFICATIONS)
    new = [records.NotificationChange(BEN, seq, seq == 1, b'{"id":1}') for seq in (1, 2, 3)]
    await yard.publish(*new)
    wanted = ["notification_created", "notification_changed", "notification_changed", "counts"]
    assert yard.heard("ben-bell") == wanted
    assert yard.counted == [BEN]
    await yard.publish(records.CountsChanged(BEN))
    assert yard.heard("ben-bell") == [*wanted, "counts"]


async def test_a_bell_that_is_behind_is_told_again_and_no_other(yard: Yard) -> None:
    bell = connect(yard.book, yard.online, BEN, "ben-bell", NOTIFICATIONS)
    bell.start = 2
    yard.publisher.compare_bells({ANA: 9, BEN: 2})
    await yard.publish()
    assert yard.counted == [], "it began there, and ana has no bell"
    yard.publisher.compare_bells({BEN: 3})
    await yard.publish()
    assert yard.heard("ben-bell") == ["counts"]
    yard.publisher.compare_bells({BEN: 3})
    await yard.publish()
    assert yard.counted == [BEN]
    # Another device that knows more does not make up for what this one missed.
    connect(yard.book, yard.online, BEN, "ben-phone-bell", NOTIFICATIONS, session_id=44).start = 4
    yard.publisher.compare_bells({BEN: 4})
    await yard.publish()
    assert yard.heard("ben-bell") == ["counts", "counts"]


async def test_a_bell_that_was_told_is_not_told_again_by_comparing(yard: Yard) -> None:
    connect(yard.book, yard.online, BEN, "ben-bell", NOTIFICATIONS)
    await yard.publish(records.NotificationChange(BEN, 3, True, b'{"id":1}'))
    yard.publisher.compare_bells({BEN: 3})
    await yard.publish()
    assert yard.heard("ben-bell") == ["notification_created", "counts"]


async def test_nobody_is_counted_for_who_is_not_there(yard: Yard) -> None:
    # ana has a chat and no bell, account 99 nothing at all.
    await yard.publish(records.CountsChanged(ANA), records.CountsChanged(99))
    assert yard.counted == []


async def test_bells_are_counted_together(yard: Yard, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bells, "COUNTED_AT_ONCE", 2)
    for account_id in range(10, 15):
        connect(yard.book, yard.online, account_id, f"bell-{account_id}", NOTIFICATIONS)
    asked: list[int] = []

    async def counts(account_ids: Collection[int]) -> dict[int, Counts]:
        asked.append(len(account_ids))
        if len(asked) == 2:
            raise RuntimeError("the database does not answer")
        return await yard.counts(account_ids)

    yard.publisher._bells._counts_of = counts
    await yard.publish(*(records.CountsChanged(account_id) for account_id in range(10, 15)))
    assert asked == [2, 2, 1]
    assert sum(yard.heard(f"bell-{account_id}") == ["counts"] for account_id in range(10, 15)) == 3


async def test_counting_keeps_no_message_waiting(yard: Yard) -> None:
    connect(yard.book, yard.online, BEN, "ben-bell", NOTIFICATIONS)
    counted = asyncio.Event()

    async def slow(account_ids: Collection[int]) -> dict[int, Counts]:
        await counted.wait()
        return await yard.counts(account_ids)

    yard.publisher._bells._counts_of = slow
    yard.publisher.publish([records.CountsChanged(BEN)])
    yard.publisher.publish([yard.entry()])
    await yard.book.until(lambda: yard.heard("ana") == ["message_created"])
    yard.publisher.publish([yard.entry()])
    await yard.book.until(lambda: yard.heard("ana") == ["message_created"] * 2)
    assert yard.heard("ben-bell") == []
    counted.set()
    await yard.book.until(lambda: yard.heard("ben-bell") == ["counts"])


async def test_counts_that_changed_while_they_were_read_are_read_again(yard: Yard) -> None:
    connect(yard.book, yard.online, BEN, "ben-bell", NOTIFICATIONS)
    reading, go_on = asyncio.Event(), asyncio.Event()

    async def slow(account_ids: Collection[int]) -> dict[int, Counts]:
        reading.set()
        await go_on.wait()
        return await yard.counts(account_ids)

    yard.publisher._bells._counts_of = slow
    yard.publisher.publish([records.CountsChanged(BEN)])
    await reading.wait()
    yard.publisher.publish([records.CountsChanged(BEN), yard.entry()])
    await yard.book.until(lambda: yard.heard("ana") == ["message_created"])
    go_on.set()
    await yard.publisher.stop()
    assert yard.counted == [BEN, BEN]


async def test_ended_sessions_lose_every_connection_and_no_other(yard: Yard) -> None:
    connect(yard.book, yard.online, BEN, "ben-phone", session_id=44)
    connect(yard.book, yard.online, BEN, "ben-phone-bell", NOTIFICATIONS, session_id=44)
    await yard.publish(records.SessionsEnded(BEN, (44, 45), "signed_out"))
    assert set(yard.book.ended) == {"ben-phone", "ben-phone-bell"}


@pytest.mark.parametrize("failing", ["message_edited", "notification_created", "counts"])
async def test_what_cannot_be_delivered_does_not_stop_the_next(yard: Yard, failing: str) -> None:
    connect(yard.book, yard.online, BEN, "ben-bell", NOTIFICATIONS)
    yard.book.fails = lambda event: event == failing
    facts = [yard.entry(), yard.entry("message_edited"), records.NotificationChange(BEN, 1, True, b"{}"), yard.entry()]
    await yard.publish(*facts)
    assert yard.heard("ben")[0] == yard.heard("ben")[-1] == "message_created"
    yard.book.fails = lambda event: False
    await yard.publish(*facts)
    assert yard.heard("ben-bell")[-2:] == ["notification_created", "counts"]


async def test_an_entry_that_cannot_be_read_does_not_stop_the_next(yard: Yard) -> None:
    broken = msgspec.structs.replace(yard.entry("member_removed"), data=b"not json")
    await yard.publish(broken, yard.entry())
    assert yard.heard("ben") == ["message_created"]


async def test_stopping_delivers_what_waits(yard: Yard) -> None:
    connect(yard.book, yard.online, BEN, "ben-bell", NOTIFICATIONS)
    yard.book.slow = asyncio.Event()
    yard.publisher.publish([*(yard.entry() for _ in range(20)), records.CountsChanged(BEN)])
    stopping = asyncio.create_task(yard.publisher.stop())
    await asyncio.sleep(0)
    assert not stopping.done()
    yard.book.slow.set()
    await stopping
    assert yard.heard("ana") == ["message_created"] * 20
    assert yard.heard("ben-bell") == ["counts"]


async def test_followers_are_woken_by_every_commit(yard: Yard) -> None:
    woken: list[str] = []
    yard.publisher.wake += [lambda: woken.append("notifier"), lambda: woken.append("search")]
    yard.publisher.publish([yard.entry()])
    assert woken == ["notifier", "search"]
