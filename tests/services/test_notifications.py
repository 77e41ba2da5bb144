"""What an inbox answers: pages, changes, marks by exactly one choice, and the table of the door."""

from collections.abc import Awaitable, Callable
from typing import Any

import msgspec
import pytest

from server.errors import Invalid
from server.protocol import notifications as words
from server.protocol.base import MAX_REPLY_BYTES
from server.services.notification_rules import Rules
from server.storage import telling
from server.transport.notifications import commands
from tests.followers.yard import Yard, yard
from tests.storage.test_notifications import call, with_rows

__all__ = ["yard"]


async def test_the_door_knows_every_command(yard: Yard) -> None:
    table = commands(yard.inbox, Rules(yard.db, yard.now))
    assert {name: kind for name, (kind, _) in table.items()} == {
        name: kind for name, (kind, _) in words.COMMANDS.items()
    }


async def test_a_list_is_paged_without_gap_or_repeat(yard: Yard) -> None:
    ben = await with_rows(yard, 7)
    groups: list[str] = []
    cursor = None
    for _ in range(3):
        page = await yard.inbox.list(ben, words.ListNotifications(limit=3, cursor=cursor))
        groups += [row.group for row in page.notifications]
        cursor = page.cursor
    assert groups == [f"conversation:{index}" for index in range(7, 0, -1)]
    assert cursor is None


async def test_rows_of_the_same_moment_are_paged_too(yard: Yard) -> None:
    ben = await yard.person("Ben")
    for index in range(4):
        await yard.db.write(telling.tell, call(ben, f"conversation:{index}"))
    first = await yard.inbox.list(ben, words.ListNotifications(limit=2))
    second = await yard.inbox.list(ben, words.ListNotifications(limit=2, cursor=first.cursor))
    assert [row.id for row in (*first.notifications, *second.notifications)] == [4, 3, 2, 1]


async def test_filters(yard: Yard) -> None:
    ben = await yard.person("Ben")
    for type_ in ("message", "mention", "reply", "invitation"):
        await yard.db.write(lambda t=type_: telling.tell(call(ben, type=t)))
    mention = (await yard.inbox.list(ben, words.ListNotifications(filter="mentions"))).notifications
    assert [row.type for row in mention] == ["reply", "mention"]
    await yard.inbox.mark_read(ben, words.MarkNotificationsRead(ids=[mention[0].id]))
    unread = (await yard.inbox.list(ben, words.ListNotifications(filter="unread"))).notifications
    assert [row.type for row in unread] == ["invitation", "mention", "message"]
    assert len(await yard.rows(ben)) == 4


@pytest.mark.parametrize("cursor", ["x", "1", "1-", "-1", "1-2-3", "-1-5", "1-²", "9" * 17 + "-1", "1-" + "9" * 30])
async def test_a_cursor_that_is_not_ours_is_refused(yard: Yard, cursor: str) -> None:
    ben = await yard.person("Ben")
    with pytest.raises(Invalid) as refusal:
        await yard.inbox.list(ben, words.ListNotifications(cursor=cursor))
    assert refusal.value.field == "cursor"


async def test_a_device_that_was_away_fetches_what_changed(yard: Yard) -> None:
    ben = await with_rows(yard, 3)
    await yard.inbox.mark_read(ben, words.MarkNotificationsRead(group="conversation:1"))
    first = await yard.inbox.fetch(ben, words.FetchNotifications(after_seq=1, limit=2))
    assert ([row.seq for row in first.notifications], first.head_seq, first.more) == ([2, 3], 4, True)
    rest = await yard.inbox.fetch(ben, words.FetchNotifications(after_seq=3, limit=2))
    assert ([row.seq for row in rest.notifications], rest.head_seq, rest.more) == ([4], 4, False)


async def test_a_page_ends_early_when_a_reply_would_be_too_large(yard: Yard) -> None:
    ben = await yard.person("Ben")
    for index in range(60):
        await yard.db.write(telling.tell, call(ben, f"conversation:{index}", body="마" * 2000))
    page = await yard.inbox.list(ben, words.ListNotifications(limit=60))
    assert len(msgspec.json.encode(page)) < MAX_REPLY_BYTES
    rest = await yard.inbox.list(ben, words.ListNotifications(limit=60, cursor=page.cursor))
    assert len(page.notifications) + len(rest.notifications) == 60
    changes = await yard.inbox.fetch(ben, words.FetchNotifications(after_seq=0))
    assert changes.more
    assert len(msgspec.json.encode(changes)) < MAX_REPLY_BYTES


@pytest.mark.parametrize("fields", [{}, {"all": False}, {"ids": [1], "all": True}, {"ids": [1], "group": "x"}])
async def test_reading_needs_exactly_one_choice(yard: Yard, fields: dict[str, Any]) -> None:
    ben = await with_rows(yard, 1)
    with pytest.raises(Invalid):
        await yard.inbox.mark_read(ben, words.MarkNotificationsRead(**fields))
    put_away = {"all_read" if name == "all" else name: value for name, value in fields.items()}
    with pytest.raises(Invalid):
        await yard.inbox.archive(ben, words.Archive(**put_away))
    assert (await yard.counts(ben)).unread == 1


Mark = Callable[[Yard, int], Awaitable[words.Counts]]


@pytest.mark.parametrize(
    ("mark", "left"),
    [
        (lambda yard, ben: yard.inbox.mark_read(ben, words.MarkNotificationsRead(ids=[1, 2])), 1),
        (lambda yard, ben: yard.inbox.mark_read(ben, words.MarkNotificationsRead(group="conversation:1")), 2),
        (lambda yard, ben: yard.inbox.mark_read(ben, words.MarkNotificationsRead(all=True)), 0),
        (lambda yard, ben: yard.inbox.archive(ben, words.Archive(ids=[3])), 2),
        (lambda yard, ben: yard.inbox.archive(ben, words.Archive(group="conversation:2")), 2),
        (lambda yard, ben: yard.inbox.archive(ben, words.Archive(all_read=True)), 3),
        (lambda yard, ben: yard.inbox.mark_seen(ben, words.MarkSeen(up_to_seq=3)), 3),
    ],
)
async def test_a_mark_is_answered_with_the_new_counts(yard: Yard, mark: Mark, left: int) -> None:
    ben = await with_rows(yard, 3)
    answer = await mark(yard, ben)
    assert answer == await yard.counts(ben)
    assert answer.unread == left


async def test_repeating_a_mark_changes_nothing(yard: Yard) -> None:
    ben = await with_rows(yard, 2)
    first = await yard.inbox.mark_read(ben, words.MarkNotificationsRead(all=True))
    assert await yard.inbox.mark_read(ben, words.MarkNotificationsRead(all=True)) == first
