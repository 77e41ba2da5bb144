"""Where a message is: when it was stored, who may see it and how far they are, and whose inbox tells of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import msgspec

from server.protocol import chat
from server.storage import followers
from server.storage.listeners import Listener
from server.storage.unit import among, fetch_all


@dataclass(frozen=True, slots=True)
class Said:
    """A message's place in the log and what it calls people by; what was deleted calls nobody any more."""

    seq: int
    position: int
    sender_id: int
    sent_at: int
    edited_at: int | None
    deleted_at: int | None
    mentions: frozenset[int | Literal["all"]]
    answered_id: int | None


@dataclass(frozen=True, slots=True)
class Reached:
    """One who could get a message, and how far they are."""

    joined_at: int
    received: bool
    read: bool
    listener: Listener


@dataclass(frozen=True, slots=True)
class Told:
    """What somebody's inbox has of a message."""

    type: str
    seen_at: int | None
    read_at: int | None
    archived_at: int | None


class _Data(msgspec.Struct):
    mentions: list[int | Literal["all"]]
    reply_to: chat.Quote | None = None


# Who came later was not sent it, and whoever may not see it is not concerned.
_CONCERNED = "conversation_id = ? and account_id <> ? and joined_at <= ? and history_from_seq <= ?"


def said(conversation_id: int, seq: int) -> Said | None:
    """The message at a place, if there is one."""
    rows = fetch_all(
        "select e.position, m.sender_id, m.sent_at, m.edited_at, m.deleted_at, e.data from message m "
        "join entry e on e.conversation_id = m.conversation_id and e.seq = m.seq "
        "where m.conversation_id = ? and m.seq = ?",
        (conversation_id, seq),
    )
    if not rows:
        return None
    position, sender_id, sent_at, edited_at, deleted_at, data = rows[0]
    body = msgspec.json.decode(data, type=_Data)
    return Said(
        seq=seq,
        position=position,
        sender_id=sender_id,
        sent_at=sent_at,
        edited_at=edited_at,
        deleted_at=deleted_at,
        mentions=frozenset(body.mentions),
        answered_id=body.reply_to.sender_id if body.reply_to else None,
    )


def counts(conversation_id: int, message: Said) -> tuple[int, int, int]:
    """How many could get a message, and how many of them have received and read it."""
    return _counts("membership", conversation_id, message)


def hidden(conversation_id: int, message: Said) -> tuple[int, int, int]:
    """The same of those who hide how far they are."""
    return _counts("account join membership on account_id = id and hides_receipts", conversation_id, message)


def _counts(whose: str, conversation_id: int, message: Said) -> tuple[int, int, int]:
    rows = fetch_all(
        "select count(*), coalesce(sum(case when received_seq >= ? or read_seq >= ? then 1 else 0 end), 0), "
        f"coalesce(sum(case when read_seq >= ? then 1 else 0 end), 0) from {whose} where {_CONCERNED}",
        (message.seq, message.seq, message.seq, *_concerned(conversation_id, message)),
    )
    people, received, read = rows[0]
    return int(people), int(received), int(read)


def reached(conversation_id: int, message: Said, after: tuple[int, int], limit: int) -> list[Reached]:
    """Those who could get it behind the place ``after`` = (joined_at, account id), longest-serving first."""
    rows = fetch_all(
        "select joined_at, received_seq, account_id, notify, muted_until, read_seq from membership "
        f"where {_CONCERNED} and (joined_at, account_id) > (?, ?) order by joined_at, account_id limit ?",
        (*_concerned(conversation_id, message), *after, limit),
    )
    found = [(joined_at, received_seq, Listener(*choices)) for joined_at, received_seq, *choices in rows]
    return [
        Reached(
            joined_at=joined_at,
            received=max(received_seq, listener.read_seq) >= message.seq,
            read=listener.read_seq >= message.seq,
            listener=listener,
        )
        for joined_at, received_seq, listener in found
    ]


def told(conversation_id: int, seq: int, account_ids: Sequence[int]) -> dict[tuple[int, str], Told]:
    """The rows of these people's inboxes that tell of a message, by account and type.

    A row stands for several messages when they came while it was unread; it shows the last of them.
    """
    these, parameters = among("account_id", account_ids)
    rows = fetch_all(
        "select n.account_id, n.type, n.message_seq, n.count, n.data, n.seen_at, n.read_at, n.archived_at "
        "from (select account_id, type, min(message_seq) as nearest_seq from notification "
        f"where conversation_id = ? and message_seq >= ? and {these} group by account_id, type) nearest "
        "join notification n on n.conversation_id = ? and n.message_seq = nearest.nearest_seq "
        "and n.account_id = nearest.account_id and n.type = nearest.type",
        (conversation_id, seq, *parameters, conversation_id),
    )
    return {
        (account_id, type): Told(type, *marks)
        for account_id, type, last_seq, count, data, *marks in rows
        if last_seq == seq or (count > 1 and _first_seq(data, seq) <= seq)
    }


def is_considered(follower: str, message: Said) -> bool:
    """Whether the follower that tells people has come as far as this message."""
    return followers.position_of(follower) >= message.position


def _concerned(conversation_id: int, message: Said) -> tuple[int, int, int, int]:
    return conversation_id, message.sender_id, message.sent_at, message.seq


def _first_seq(data: str, otherwise: int) -> int:
    """The first message that a row stands for; older rows do not say, and are taken to begin early enough."""
    found: Any = msgspec.json.decode(data).get("first_seq")
    return otherwise if found is None else int(found)
