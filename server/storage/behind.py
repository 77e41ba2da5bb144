"""What a worker asks the log in order to deliver what it has not been told of."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from server import records
from server.protocol import chat
from server.storage import listeners, log, membership
from server.storage.unit import fetch_all


def since(position: int) -> tuple[int, dict[int, int], list[tuple[int, int]]]:
    """What was written after ``position``.

    Returns the newest position, the newest ``seq`` of each conversation that was written to, and who has
    come where in the meantime, as (conversation, account): added, or with a conversation's first entry.
    """
    newest, heads = log.heads_after(position)
    added: list[tuple[int, int]] = []
    if heads:
        rows = fetch_all(
            "select conversation_id, seq, kind, data from entry "
            "where position > ? and position <= ? and (seq = 1 or kind = 'member_added')",
            (position, newest),
        )
        for conversation_id, seq, kind, data in rows:
            if kind == "member_added":
                added.append((conversation_id, msgspec.json.decode(data, type=chat.MemberChanged).account_id))
            if seq == 1:
                added += [(conversation_id, account_id) for account_id in membership.account_ids(conversation_id)]
    return newest, heads, added


def missed(conversation_id: int, after_seq: int | None, position: int, limit: int) -> list[records.Entry]:
    """At most ``limit`` entries of a conversation after ``after_seq``, oldest first.

    With None, those behind the newest entry that had been written when the log had come to ``position``.
    """
    if after_seq is None:
        rows = fetch_all(
            "select seq from entry where conversation_id = ? and position <= ? order by seq desc limit 1",
            (conversation_id, position),
        )
        after_seq = rows[0][0] if rows else 0
    return log.read(conversation_id, after_seq, 0, limit)


def between(after: int, up_to: int, limit: int) -> list[tuple[records.Entry, list[int]]]:
    """At most ``limit`` entries of all conversations behind the position ``after``, up to and with ``up_to``, in
    commit order; each with those who come in with it, without an entry that says so: with a conversation's first.
    """
    found = [entry for entry in log.read_after(after, limit) if entry.position <= up_to]
    return [(entry, membership.account_ids(entry.conversation_id) if entry.seq == 1 else []) for entry in found]


def members_among(conversation_id: int, account_ids: Sequence[int]) -> list[int]:
    """Those of these accounts that belong to a conversation now."""
    return [listener.account_id for listener in listeners.among(conversation_id, account_ids)]
