"""Inboxes: every change has a number and is told; marks, pages and the work of reading a conversation."""

from typing import Any

import msgspec
import pytest

from server import records
from server.storage import notifications, telling
from server.storage.unit import fetch_all
from tests.followers.yard import Yard, yard

__all__ = ["yard"]


def call(account_id: int, group: str = "conversation:1", **different: Any) -> list[tuple[telling.Call, int]]:
    """Ana calls one person in conversation 1, unless told otherwise."""
    fields: dict[str, Any] = {
        "type": "mention",
        "group": group,
        "title": "Ana mentioned you",
        "body": "look",
        "url": "/c/1/m/5",
        "at": 1000,
        "actor_id": 99,
        "conversation_id": 1,
        "message_seq": 5,
        "data": {"actor_name": "Ana"},
    }
    return [(telling.Call(**fields | different), account_id)]


async def with_rows(yard: Yard, number: int) -> int:
    """Ben, with so many unread rows of different sources."""
    ben = await yard.person("Ben")

    def work() -> None:
        for index in range(1, number + 1):
            telling.tell(call(ben, f"conversation:{index}", conversation_id=index, at=1000 + index))

    await yard.db.write(work)
    yard.facts.clear()
    return ben


async def test_a_new_row_takes_the_accounts_next_number_and_is_announced(yard: Yard) -> None:
    ben, cleo = await yard.person("Ben"), await yard.person("Cleo")
    yard.facts.clear()
    await yard.db.write(telling.tell, call(ben))
    await yard.db.write(telling.tell, call(ben, "conversation:2"))
    await yard.db.write(telling.tell, call(cleo))
    assert yard.announced(ben) == [(1, True), (2, True)]
    assert yard.announced(cleo) == [(1, True)]
    assert (await yard.counts(ben)).head_seq == 2


async def test_calls_that_come_together_fold_as_if_they_came_one_by_one(yard: Yard) -> None:
    inboxes = []
    for name, together in (("Ben", False), ("Cleo", True)):
        person = await yard.person(name)
        bodies = [("mention", "one", 1), ("reply", "two", 2), ("mention", "three", 2), ("mention", "four", 1)]
        calls = [
            one
            for type_, body, actor in bodies
            for one in call(person, type=type_, body=body, actor_id=actor, at=actor)
        ]
        yard.facts.clear()
        for some in [calls] if together else [[one] for one in calls]:
            await yard.db.write(telling.tell, some)
        rows = [msgspec.structs.replace(row, id=0) for row in await yard.rows(person)]
        told = [fact for fact in yard.facts if isinstance(fact, records.NotificationChange)]
        inboxes.append((rows, [(fact.seq, fact.created, without_id(fact.notification)) for fact in told]))
    assert inboxes[0] == inboxes[1]
    assert [(row.type, row.count, row.body) for row in inboxes[0][0]] == [("reply", 1, "two"), ("mention", 3, "four")]


def without_id(notification: bytes) -> dict[str, Any]:
    row: dict[str, Any] = msgspec.json.decode(notification)
    assert row.pop("id") > 0
    return row


async def test_nobody_is_told_who_is_not_there(yard: Yard) -> None:
    ben = await yard.person("Ben")
    yard.facts.clear()
    await yard.db.write(telling.tell, [*call(999), *call(ben)])
    assert [fact.account_id for fact in yard.facts if isinstance(fact, records.NotificationChange)] == [ben]


async def test_rows_of_another_type_or_source_stand_for_themselves(yard: Yard) -> None:
    ben = await yard.person("Ben")
    for different in ({}, {"type": "reply"}, {"group": "conversation:2"}, {}):
        await yard.db.write(lambda different=different: telling.tell(call(ben, **different)))
    assert sorted(row.count for row in await yard.rows(ben)) == [1, 1, 2]


async def test_folding_changes_the_row_and_says_so(yard: Yard) -> None:
    ben = await yard.person("Ben")
    await yard.db.write(telling.tell, call(ben))
    yard.facts.clear()
    await yard.db.write(telling.tell, call(ben, body="look again"))
    assert yard.announced(ben) == [(2, False)]
    row = await yard.row(ben)
    assert (row.seq, row.count, row.body) == (2, 2, "look again")


async def test_many_are_told_at_once_each_in_their_own_inbox(yard: Yard) -> None:
    people = [await yard.person(name) for name in ("Ben", "Cleo", "Dana")]
    await yard.db.write(telling.tell, call(people[1]))
    yard.facts.clear()
    again = [one for person in people for one in call(person, body="look again")]
    await yard.db.write(telling.tell, again)
    assert [(await yard.row(person)).count for person in people] == [1, 2, 1]
    assert {(await yard.row(person)).body for person in people} == {"look again"}
    assert [yard.announced(person) for person in people] == [[(1, True)], [(2, False)], [(1, True)]]


async def test_at_most_twenty_people_are_told_apart(yard: Yard) -> None:
    ben = await yard.person("Ben")
    for actor in range(100, 130):
        await yard.db.write(lambda actor=actor: telling.tell(call(ben, actor_id=actor)))
    row = await yard.row(ben)
    assert row.count == 30
    assert row.data["actor_ids"] == [*range(129, 109, -1)]
    assert row.data["actor_count"] == 20


async def test_reading_a_conversation_reads_its_rows_up_to_there(yard: Yard) -> None:
    ben = await yard.person("Ben")
    for type_, seq in (("mention", 5), ("reply", 6), ("message", 9)):
        await yard.db.write(lambda t=type_, s=seq: telling.tell(call(ben, type=t, message_seq=s)))
    await yard.db.write(telling.tell, call(ben, "conversation:2", conversation_id=2))
    yard.facts.clear()
    await yard.db.write(notifications.read_up_to, ben, 1, 6, 2000)
    read = {(row.type, row.group): row.read_at for row in await yard.rows(ben)}
    assert read == {
        ("mention", "conversation:1"): 2000,
        ("reply", "conversation:1"): 2000,
        ("message", "conversation:1"): None,
        ("mention", "conversation:2"): None,
    }
    assert yard.announced(ben) == [(5, False), (6, False)]


async def test_reading_where_nothing_is_unread_changes_nothing(yard: Yard) -> None:
    ben = await with_rows(yard, 3)
    await yard.db.write(notifications.read_up_to, ben, 77, 6, 2000)
    assert yard.facts == []
    assert (await yard.counts(ben)).head_seq == 3


@pytest.mark.parametrize("place", ["sqlite"], indirect=True)
async def test_reading_a_conversation_uses_the_index_of_unread_rows(yard: Yard) -> None:
    await yard.person("Ben")
    plan = await yard.db.read(
        fetch_all,
        "explain query plan select id from notification where account_id = 1 and type in ('message', 'mention') "
        "and group_key = 'conversation:1' and read_at is null and archived_at is null and message_seq <= 5",
    )
    assert "notification_unread" in plan[0][3]


async def test_looking_at_the_bell_leaves_rows_unread(yard: Yard) -> None:
    ben = await with_rows(yard, 3)
    await yard.db.write(notifications.mark_seen, ben, 2, 2000)
    counts = await yard.counts(ben)
    assert (counts.head_seq, counts.unseen, counts.unread) == (5, 1, 3)
    assert yard.announced(ben) == [(4, False), (5, False)]
    yard.facts.clear()
    await yard.db.write(notifications.mark_seen, ben, 1, 3000)
    assert yard.facts == []


async def test_a_mark_beyond_the_head_does_not_cover_what_comes_later(yard: Yard) -> None:
    ben = await with_rows(yard, 1)
    await yard.db.write(notifications.mark_seen, ben, 1_000_000, 2000)
    await yard.db.write(telling.tell, call(ben, "conversation:2"))
    assert (await yard.counts(ben)).unseen == 1


async def test_nobody_marks_the_rows_of_others(yard: Yard) -> None:
    ben = await with_rows(yard, 2)
    cleo = await yard.person("Cleo")
    ids = [row.id for row in await yard.rows(ben)]
    await yard.db.write(notifications.mark_read_ids, cleo, ids, 2000)
    await yard.db.write(notifications.archive_ids, cleo, ids, 2000)
    assert (await yard.counts(ben)).unread == 2
    assert yard.facts == []


async def test_many_are_counted_at_once(yard: Yard) -> None:
    ben = await with_rows(yard, 3)
    cleo, dan = await yard.person("Cleo"), await yard.person("Dan")
    await yard.db.write(telling.tell, call(cleo))
    found = await yard.inbox.counts_of([ben, cleo, dan, 999])
    assert {account_id: (one.head_seq, one.unseen, one.unread) for account_id, one in found.items()} == {
        ben: (3, 3, 3),
        cleo: (1, 1, 1),
        dan: (0, 0, 0),
    }
    assert await yard.inbox.counts_of([]) == {}


async def test_reading_also_counts_as_having_been_seen(yard: Yard) -> None:
    ben = await with_rows(yard, 1)
    await yard.db.write(notifications.mark_read_all, ben, 2000)
    row = await yard.row(ben)
    assert (row.seen_at, row.read_at, row.archived_at) == (2000, 2000, None)


async def test_what_is_put_away_leaves_the_list_but_not_the_changes(yard: Yard) -> None:
    ben = await with_rows(yard, 2)
    [newer, older] = await yard.rows(ben)
    await yard.db.write(notifications.archive_ids, ben, [newer.id], 2000)
    assert [row.id for row in await yard.rows(ben)] == [older.id]
    [change] = await yard.db.read(notifications.changes_after, ben, 2, 10)
    assert (change.id, change.archived_at, change.read_at) == (newer.id, 2000, 2000)


async def test_putting_away_what_was_read_leaves_the_unread(yard: Yard) -> None:
    ben = await with_rows(yard, 3)
    await yard.db.write(notifications.mark_read_group, ben, "conversation:2", 2000)
    await yard.db.write(notifications.archive_all_read, ben, 3000)
    assert [row.group for row in await yard.rows(ben)] == ["conversation:3", "conversation:1"]


@pytest.mark.parametrize("number", [50, 51])
async def test_a_change_of_very_many_rows_is_told_by_the_counts_alone(yard: Yard, number: int) -> None:
    ben = await with_rows(yard, number)
    await yard.db.write(notifications.mark_read_all, ben, 2000)
    if number == 50:
        assert yard.announced(ben) == [(seq, False) for seq in range(51, 101)]
    else:
        assert yard.facts == [records.CountsChanged(ben, 2 * number, number)]
    changes = await yard.db.read(notifications.changes_after, ben, number, 200)
    assert [row.seq for row in changes] == [*range(number + 1, 2 * number + 1)]
    assert all(row.read_at == 2000 for row in changes)
