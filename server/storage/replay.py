"""What somebody missed between a place in the log, or in their inbox, and now. Read in one go, within bounds.

It costs a few look-ups for each of their conversations and for each entry missed, however much was written since.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

import msgspec

from server import records
from server.protocol import chat
from server.protocol.notifications import Notification
from server.storage import log, notifications
from server.storage.unit import fetch_all, fetch_each, wanted

FIRST_STEP = 16
"""So many entries before a conversation's last one are looked at first; then eight times as many."""

_CAME, _WENT = "member_added", "member_removed"
_moved = msgspec.json.Decoder(chat.MemberChanged)


class Span(NamedTuple):
    """Entries of a conversation behind ``after_seq``, up to and with ``up_to_seq``."""

    conversation_id: int
    after_seq: int
    up_to_seq: int


def start(account_id: int) -> tuple[int, set[int]]:
    """How far the log has come, and the conversations that somebody belongs to."""
    newest, mine = fetch_each(
        ("select coalesce(max(position), 0) from entry", ()),
        ("select conversation_id from membership where account_id = ?", (account_id,)),
    )
    return newest[0][0], {row[0] for row in mine}


def entries(account_id: int, after: int, limit: int, characters: int) -> list[records.Entry] | None:
    """What somebody's connection would have heard of the log after the position ``after``, in its order.

    None when it is more than ``limit`` entries or their data more than ``characters``, and when the log has not come
    so far. Of a conversation that they left, everything up to the entry that says so; of one that they joined,
    everything from the entry that says so.
    """
    newest, current, moves = fetch_each(
        ("select coalesce(max(position), 0) from entry", ()),
        (
            # One look at the end of each: joined the other way round, all that was written since would be read.
            "with mine as materialized (select m.conversation_id, m.history_from_seq - 1, c.head_seq from membership m "
            "join conversation c on c.id = m.conversation_id where m.account_id = ?) select * from mine where "
            "(select position from entry where conversation_id = mine.conversation_id and seq = mine.head_seq) > ?",
            (account_id, after),
        ),
        (
            # As their JSON begins; it is read below.
            "select conversation_id, seq, kind, data from entry "
            "where position > ? and kind in ('member_added', 'member_removed') and data like ? order by position",
            (after, f'{{"account_id":{account_id},%'),
        ),
    )
    if newest[0][0] < after:
        return None
    positions = _positions(_spans(account_id, current, moves), after, limit, characters)
    if positions is None:
        return None
    return log.at(positions)


def notifications_after(account_id: int, after_seq: int, limit: int) -> list[Notification] | None:
    """The rows of an inbox that changed after ``after_seq``; None when these are more than ``limit``, or it has not
    come so far.
    """
    head = fetch_all("select notification_seq from account where id = ?", (account_id,))
    if not head or head[0][0] < after_seq:
        return None
    changed = notifications.changes_after(account_id, after_seq, limit + 1)
    return changed if len(changed) <= limit else None


def _spans(account_id: int, current: Iterable[Sequence[int]], moves: Iterable[tuple[int, int, str, str]]) -> list[Span]:
    """Where to look: what they belong to, cut where they came and went meanwhile."""
    open_spans = {row[0]: Span(*row) for row in current}
    done: list[Span] = []
    since: dict[int, int] = {}
    for conversation_id, seq, kind, data in moves:
        if _moved.decode(data).account_id != account_id:
            continue
        if kind == _CAME:
            since[conversation_id] = seq - 1
        else:
            done.append(Span(conversation_id, since.pop(conversation_id, 0), seq))
    for conversation_id, after_seq in since.items():
        if span := open_spans.get(conversation_id):
            open_spans[conversation_id] = span._replace(after_seq=max(after_seq, span.after_seq))
    return [*open_spans.values(), *done]


def _positions(spans: Sequence[Span], after: int, limit: int, characters: int) -> list[int] | None:
    """The positions behind ``after`` in these spans; None when there are too many, or they say too much.

    A position cannot be looked up within a conversation, so it is walked back from its end.
    """
    if len(spans) > limit:
        return None  # each has one at least
    found: dict[int, int] = {}
    step = FIRST_STEP
    while spans:
        looked = {(one.conversation_id, max(one.after_seq, one.up_to_seq - step)): one for one in spans}
        begin, parameters = wanted("place, behind, up_to", [(*key, one.up_to_seq) for key, one in looked.items()])
        rows = fetch_all(
            f"{begin} select position, length(data), place, behind, seq from wanted cross join entry "
            # Not by the index of positions, which would read what was written everywhere.
            "where conversation_id = place and seq > behind and seq <= up_to and position + 0 > ?",
            (*parameters, after),
        )
        found |= {row[0]: row[1] for row in rows}
        if len(found) > limit or sum(found.values()) > characters:
            return None
        whole = {(place, behind) for *_, place, behind, seq in rows if seq == behind + 1}
        # Where everything that was looked at is missed, and there is more.
        spans = [
            Span(place, one.after_seq, behind)
            for (place, behind), one in looked.items()
            if (place, behind) in whole and behind > one.after_seq
        ]
        step *= 8
    return list(found)
