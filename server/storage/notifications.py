"""Inboxes: rows that fold, what has been seen, read and put away. Every change has a number of its own.

A change takes the account's next ``notification_seq`` as the row's ``seq`` and is announced, so that a device
that was away fetches what changed after the last number it knows.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import groupby
from typing import Any, Literal

import msgspec

from server.protocol.notifications import Counts, Notification
from server.records import CountsChanged, NotificationChange
from server.storage.unit import among, announce, execute_many, fetch_all, hold, several_write

Filter = Literal["all", "unread", "mentions", "requests"]

MOST_ANNOUNCED = 50
"""When more rows change at once, other devices are told the counts alone and fetch the rows when they are shown."""

# In the order of the protocol's fields.
_COLUMNS = (
    "id, seq, type, group_key, title, body, url, created_at, count, data, actor_id, conversation_id, message_seq, "
    "seen_at, read_at, archived_at"
)
UNREAD = "read_at is null and archived_at is null"
_OF_CONVERSATIONS = "('message', 'mention', 'reply', 'reaction', 'invitation')"
_FILTERS = {
    "all": "",
    "unread": "and read_at is null",
    "mentions": "and type in ('mention', 'reply')",
    "requests": "and type = 'contact_request'",
}


# Writing


def forget_message(conversation_id: int, message_seq: int, now: int) -> None:
    """Takes a deleted message's words out of every inbox that shows them.

    An unread row that was about this message alone counts as read: there is nothing left to read.
    """
    for account_id, row in _showing(conversation_id, message_seq):
        gone = msgspec.json.encode(row.data | {"deleted": True}).decode()
        execute_many("update notification set body = '', data = ? where id = ?", [(gone, row.id)])
        if row.count == 1 and row.read_at is None:
            execute_many(_SET_READ, [(now, now, row.id)])
        _renumber(account_id, [row.id])


def reword_message(conversation_id: int, message_seq: int, body: str) -> None:
    """Shows an edited message's new words in the inboxes of those who may still see it."""
    may_see = (
        "and exists (select 1 from membership where conversation_id = notification.conversation_id "
        "and account_id = notification.account_id and history_from_seq <= message_seq)"
    )
    for account_id, row in _showing(conversation_id, message_seq, f"and type <> 'reaction' {may_see}"):
        if row.body != body and not row.data.get("deleted"):
            execute_many("update notification set body = ? where id = ?", [(body, row.id)])
            _renumber(account_id, [row.id])


def sender_of(conversation_id: int, message_seq: int) -> int | None:
    """Who has said a message that stands; None when it was deleted."""
    rows = fetch_all(
        "select sender_id from message where conversation_id = ? and seq = ? and deleted_at is null",
        (conversation_id, message_seq),
    )
    return rows[0][0] if rows else None


def take_back_reaction(conversation_id: int, message_seq: int, actor_id: int, emoji: str, now: int) -> None:
    """Reads the unread row that tells of this reaction alone: there is nothing left to be told."""
    alone = f"and type = 'reaction' and actor_id = ? and body = ? and count = 1 and {UNREAD}"
    for account_id, row in _showing(conversation_id, message_seq, alone, (actor_id, emoji)):
        _mark(account_id, _SET_READ, [row.id], now)


# Marks

_SET_SEEN = "update notification set seen_at = ? where id = ?"
_SET_READ = "update notification set read_at = ?, seen_at = coalesce(seen_at, ?) where id = ?"
_SET_ARCHIVED = (
    "update notification set archived_at = ?, read_at = coalesce(read_at, ?), seen_at = coalesce(seen_at, ?) "
    "where id = ?"
)


def read_up_to(account_id: int, conversation_id: int, seq: int, now: int) -> None:
    """Reading a conversation up to ``seq`` reads what the inbox says about it."""
    ids = _ids(
        f"account_id = ? and type in {_OF_CONVERSATIONS} and group_key = ? and {UNREAD} and message_seq <= ?",
        (account_id, group_of(conversation_id), seq),
    )
    if ids:
        _mark(account_id, _SET_READ, ids, now)


def read_by_writers(marks: Mapping[tuple[int, int], int], now: int) -> None:
    """Whoever writes has read what is above: the same for many, by (account, conversation) and ``seq``."""
    writers = {account_id for account_id, _ in marks}
    hold(accounts=writers)
    these, parameters = among("account_id", writers)
    rows = fetch_all(
        "select account_id, conversation_id, message_seq, id from notification "
        f"where {these} and type in {_OF_CONVERSATIONS} and {UNREAD} "
        "order by account_id, seq",
        parameters,
    )
    read = [row for row in rows if row[2] <= marks.get((row[0], row[1]), 0)]
    for account_id, group in groupby(read, key=lambda row: row[0]):
        _mark(account_id, _SET_READ, [row[3] for row in group], now)


def mark_seen(account_id: int, up_to_seq: int, now: int) -> None:
    """The bell has been looked at: what was there up to ``up_to_seq`` is no longer new."""
    [(head,)] = fetch_all("select notification_seq from account where id = ?", (account_id,))
    mark = min(up_to_seq, head)
    moved = fetch_all(
        "update account set seen_notification_seq = ? where id = ? and seen_notification_seq < ? returning id",
        (mark, account_id, mark),
    )
    if moved:
        ids = _ids(f"account_id = ? and {UNREAD} and seen_at is null and seq <= ?", (account_id, mark))
        _mark(account_id, _SET_SEEN, ids, now)


def mark_read_ids(account_id: int, ids: Sequence[int], now: int) -> None:
    """Reads these rows; what is not this account's, or read already, is left alone."""
    found = _ids(f"account_id = ? and id in ({_places(ids)}) and read_at is null", (account_id, *ids))
    _mark(account_id, _SET_READ, found, now)


def mark_read_group(account_id: int, group: str, now: int) -> None:
    """Reads all rows of one source."""
    _mark(account_id, _SET_READ, _ids(f"account_id = ? and group_key = ? and {UNREAD}", (account_id, group)), now)


def mark_read_all(account_id: int, now: int) -> None:
    """Reads the whole inbox."""
    _mark(account_id, _SET_READ, _ids(f"account_id = ? and {UNREAD}", (account_id,)), now)


def archive_ids(account_id: int, ids: Sequence[int], now: int) -> None:
    """Puts these rows away. What is put away counts as read."""
    found = _ids(f"account_id = ? and id in ({_places(ids)}) and archived_at is null", (account_id, *ids))
    _mark(account_id, _SET_ARCHIVED, found, now)


def archive_group(account_id: int, group: str, now: int) -> None:
    """Puts all rows of one source away."""
    found = _ids("account_id = ? and group_key = ? and archived_at is null", (account_id, group))
    _mark(account_id, _SET_ARCHIVED, found, now)


def archive_all_read(account_id: int, now: int) -> None:
    """Puts away what has been read."""
    found = _ids("account_id = ? and archived_at is null and read_at is not null", (account_id,))
    _mark(account_id, _SET_ARCHIVED, found, now)


# Reading


def counts(account_id: int) -> Counts:
    """What the bell shows: the number of the newest change, rows not looked at, rows unread."""
    return counts_of([account_id])[account_id]


def counts_of(account_ids: Iterable[int]) -> dict[int, Counts]:
    """What the bells of these accounts show."""
    these, parameters = among("id", account_ids)
    rows = fetch_all(
        "select id, notification_seq, "
        f"(select count(*) from notification where account_id = account.id and {UNREAD} and seen_at is null), "
        f"(select count(*) from notification where account_id = account.id and {UNREAD}) "
        f"from account where {these}",
        parameters,
    )
    return {row[0]: Counts(head_seq=row[1], unseen=row[2], unread=row[3]) for row in rows}


def page(account_id: int, filter: Filter, before: tuple[int, int], limit: int) -> list[Notification]:
    """At most ``limit`` rows that are not put away, newest first, behind the place of this time and id."""
    rows = fetch_all(
        f"select {_COLUMNS} from notification where account_id = ? and archived_at is null {_FILTERS[filter]} "
        "and (created_at, id) < (?, ?) order by created_at desc, id desc limit ?",
        (account_id, *before, limit),
    )
    return [_record(row) for row in rows]


def changes_after(account_id: int, after_seq: int, limit: int) -> list[Notification]:
    """At most ``limit`` rows that changed after ``after_seq``, oldest change first, put away ones too."""
    rows = fetch_all(
        f"select {_COLUMNS} from notification where account_id = ? and seq > ? order by seq limit ?",
        (account_id, after_seq, limit),
    )
    return [_record(row) for row in rows]


def group_of(conversation_id: int) -> str:
    """What folds together: everything from one conversation."""
    return f"conversation:{conversation_id}"


# What the rest of an inbox's rows is made with


def rows_of(source: str, parameters: Sequence[Any], before: str = "") -> list[tuple[int, Notification]]:
    """The rows that ``source`` names, each with its account; ``before`` stands in front of the query."""
    found = fetch_all(f"{before} select account_id, {_COLUMNS} from {source}", parameters)
    return [(row[0], _record(row[1:])) for row in found]


def announce_row(account_id: int, row: Notification, *, created: bool) -> None:
    """Tells the account's devices of a row that is new or has changed."""
    announce(NotificationChange(account_id, row.seq, created, msgspec.json.encode(row)))


# Below the surface


def _showing(
    conversation_id: int, message_seq: int, condition: str = "", more: Sequence[Any] = ()
) -> list[tuple[int, Notification]]:
    """The rows that show a message, each with its account; ``more`` are the condition's parameters."""
    source = f"notification where conversation_id = ? and message_seq = ? and type <> 'invitation' {condition}"
    parameters = (conversation_id, message_seq, *more)
    if several_write():
        hold(accounts=[row[0] for row in fetch_all(f"select account_id from {source}", parameters)])
    return rows_of(source, parameters)


def _ids(where: str, parameters: Sequence[Any]) -> list[int]:
    """Rows in the order of their last change, so that new numbers keep that order."""
    return [row[0] for row in fetch_all(f"select id from notification where {where} order by seq", parameters)]


def _places(values: Iterable[Any]) -> str:
    return ", ".join("?" for _ in values)


def _mark(account_id: int, statement: str, ids: Sequence[int], now: int) -> None:
    times = (now,) * (statement.count("?") - 1)
    execute_many(statement, [(*times, row_id) for row_id in ids])
    _renumber(account_id, ids)


def _renumber(account_id: int, ids: Sequence[int]) -> None:
    """Gives changed rows the account's next numbers, and says so."""
    if not ids:
        return
    seqs = _take_seqs(account_id, len(ids))
    execute_many("update notification set seq = ? where id = ?", list(zip(seqs, ids, strict=True)))
    if len(ids) > MOST_ANNOUNCED:
        announce(CountsChanged(account_id, seqs[-1], len(ids)))
        return
    for row in fetch_all(f"select {_COLUMNS} from notification where id in ({_places(ids)}) order by seq", ids):
        announce_row(account_id, _record(row), created=False)


def _take_seqs(account_id: int, number: int) -> range:
    [(head,)] = fetch_all(
        "update account set notification_seq = notification_seq + ? where id = ? returning notification_seq",
        (number, account_id),
    )
    return range(head - number + 1, head + 1)


def _record(row: Sequence[Any]) -> Notification:
    fields = dict(zip(Notification.__struct_fields__, row, strict=True))
    return Notification(**fields | {"data": msgspec.json.decode(row[9])})
