"""Reading back: pages of messages in their current state, and pages of the log."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec

from server.protocol import chat, reply
from server.storage import files, log, membership, previews
from server.storage.appending import EXCERPT
from server.storage.mentions import shown
from server.storage.unit import fetch_all

NAMED_REACTIONS = 20
_MESSAGE = """
select m.seq, m.sender_id, m.client_id, m.sent_at, m.text, m.reply_to_seq, m.edited_at, m.deleted_at,
       q.sender_id, q.text, m.pinned_at, m.forward_sender_id, m.forward_sent_at,
       m.previews
from message m
left join message q on q.conversation_id = m.conversation_id and q.seq = m.reply_to_seq
where m.conversation_id = ? and m.seq >= ? and {which}
order by {order} limit ?
"""


def entries(account_id: int, conversation_id: int, after_seq: int, limit: int) -> chat.EntriesPage:
    """What the log of a conversation holds after ``after_seq``, for a member. Raises NotFound."""
    conversation, member = membership.of(conversation_id, account_id)
    found = log.read(conversation_id, after_seq, member.history_from_seq, limit + 1)
    shown = reply.fitting(found[:limit], [len(entry.data) + 200 for entry in found[:limit]])
    return chat.EntriesPage(
        entries=[chat.Entry.of(entry) for entry in shown],
        head_seq=conversation.head_seq,
        more=len(found) > len(shown),
    )


def newest(account_id: int, conversation_id: int, limit: int) -> chat.MessagesPage:
    """The last page of a conversation."""
    return before(account_id, conversation_id, None, limit)


def before(account_id: int, conversation_id: int, before_seq: int | None, limit: int) -> chat.MessagesPage:
    """Messages just older than ``before_seq``, oldest first."""
    reader = _Reader(account_id, conversation_id)
    older, more_before = reader.older(before_seq if before_seq is not None else reader.head_seq + 1, limit)
    more_after = before_seq is not None and reader.any_after(before_seq - 1)
    return reader.page(older, more_before, more_after)


def after(account_id: int, conversation_id: int, after_seq: int, limit: int) -> chat.MessagesPage:
    """Messages just newer than ``after_seq``, oldest first."""
    reader = _Reader(account_id, conversation_id)
    newer, more_after = reader.newer(after_seq, limit)
    return reader.page(newer, reader.any_before(after_seq + 1), more_after)


def around(account_id: int, conversation_id: int, seq: int, limit: int) -> chat.MessagesPage:
    """The message at ``seq`` with about as many on either side."""
    reader = _Reader(account_id, conversation_id)
    older, more_before = reader.older(seq, limit // 2)
    newer, more_after = reader.newer(seq - 1, limit - len(older))
    return reader.page([*older, *newer], more_before, more_after)


def pinned(
    account_id: int, conversation_id: int, place: tuple[int, int], limit: int
) -> tuple[list[chat.Message], bool]:
    """Pinned messages behind a ``place`` of time and ``seq``, the last pinned first, and whether there are more."""
    return _Reader(account_id, conversation_id).pinned(place, limit)


class _Reader:
    """One member's view of one conversation's messages."""

    def __init__(self, account_id: int, conversation_id: int) -> None:
        conversation, member = membership.of(conversation_id, account_id)
        self.account_id = account_id
        self.conversation_id = conversation_id
        self.head_seq = conversation.head_seq
        self.from_seq = member.history_from_seq

    def older(self, before_seq: int, limit: int) -> tuple[list[chat.Message], bool]:
        """At most ``limit`` messages before a place, and whether there are more."""
        rows = self._rows("m.seq < ?", "desc", before_seq, limit + 1)
        shown = self._fitting(rows[:limit])
        return shown[::-1], len(rows) > len(shown)

    def newer(self, after_seq: int, limit: int) -> tuple[list[chat.Message], bool]:
        """At most ``limit`` messages after a place, and whether there are more."""
        rows = self._rows("m.seq > ?", "asc", after_seq, limit + 1)
        shown = self._fitting(rows[:limit])
        return shown, len(rows) > len(shown)

    def pinned(self, place: tuple[int, int], limit: int) -> tuple[list[chat.Message], bool]:
        """At most ``limit`` pinned messages behind a place, the last pinned first, and whether there are more."""
        sql = _MESSAGE.format(
            which="m.pinned_at is not null and (m.pinned_at, m.seq) < (?, ?)",
            order="m.pinned_at desc, m.seq desc",
        )
        rows = fetch_all(sql, (self.conversation_id, self.from_seq, *place, limit + 1))
        shown = self._fitting(rows[:limit])
        return shown, len(rows) > len(shown)

    def any_after(self, seq: int) -> bool:
        """Whether a message stands after ``seq``."""
        return bool(self._rows("m.seq > ?", "asc", seq, 1))

    def any_before(self, seq: int) -> bool:
        """Whether a message stands before ``seq``."""
        return bool(self._rows("m.seq < ?", "desc", seq, 1))

    def page(self, messages: list[chat.Message], more_before: bool, more_after: bool) -> chat.MessagesPage:
        """The reply."""
        return chat.MessagesPage(
            messages=messages, more_before=more_before, more_after=more_after, head_seq=self.head_seq
        )

    def _rows(self, which: str, direction: str, seq: int, limit: int) -> list[tuple[Any, ...]]:
        sql = _MESSAGE.format(which=which, order=f"m.seq {direction}")
        return fetch_all(sql, (self.conversation_id, self.from_seq, seq, limit))

    def _fitting(self, rows: Sequence[tuple[Any, ...]]) -> list[chat.Message]:
        messages = self._messages(rows)
        return reply.fitting(messages, [len(msgspec.json.encode(message)) for message in messages])

    def _messages(self, rows: Sequence[tuple[Any, ...]]) -> list[chat.Message]:
        seqs = [row[0] for row in rows]
        attached = files.of_messages(self.conversation_id, seqs)
        called = _mentions(self.conversation_id, seqs)
        reactions = _reactions(self.conversation_id, seqs, self.account_id)
        return [
            chat.Message(
                conversation_id=self.conversation_id,
                seq=row[0],
                sender_id=row[1],
                client_id=row[2],
                sent_at=row[3],
                text=row[4],
                attachments=[files.body(stored) for stored in attached.get(row[0], [])],
                mentions=shown(called.get(row[0], [])),
                reactions=reactions.get(row[0], []),
                reply_to=_quote(row[5], row[8], row[9]),
                forward_of=chat.Origin(sender_id=row[11], sent_at=row[12]) if row[11] is not None else None,
                edited_at=row[6],
                deleted_at=row[7],
                pinned_at=row[10],
                previews=previews.read(row[13]),
            )
            for row in rows
        ]


def _quote(seq: int | None, sender_id: int | None, text: str | None) -> chat.Quote | None:
    if seq is None or sender_id is None:
        return None
    return chat.Quote(seq=seq, sender_id=sender_id, excerpt=(text or "")[:EXCERPT])


def _mentions(conversation_id: int, seqs: Sequence[int]) -> dict[int, list[int]]:
    found: dict[int, list[int]] = {}
    for seq, account_id in _rows_at(
        "seq, account_id from mention", "seq", conversation_id, seqs, "account_id = 0, account_id"
    ):
        found.setdefault(seq, []).append(account_id)
    return found


def _reactions(conversation_id: int, seqs: Sequence[int], account_id: int) -> dict[int, list[chat.Reaction]]:
    """Active reactions by message, each emoji in the order in which it first came."""
    people: dict[int, dict[str, list[int]]] = {}
    rows = _rows_at(
        "target_seq, emoji, account_id from reaction", "target_seq", conversation_id, seqs, "seq", "and active"
    )
    for seq, emoji, reacting_id in rows:
        people.setdefault(seq, {}).setdefault(emoji, []).append(reacting_id)
    return {
        seq: [
            chat.Reaction(emoji=emoji, count=len(ids), mine=account_id in ids, account_ids=ids[:NAMED_REACTIONS])
            for emoji, ids in by_emoji.items()
        ]
        for seq, by_emoji in people.items()
    }


def _rows_at(
    what: str, column: str, conversation_id: int, seqs: Sequence[int], order: str, more: str = ""
) -> list[tuple[Any, ...]]:
    marks = ", ".join("?" * len(seqs))
    sql = f"select {what} where conversation_id = ? and {column} in ({marks}) {more} order by {order}"
    return fetch_all(sql, (conversation_id, *seqs))
