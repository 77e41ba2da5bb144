"""Conversations as one member sees them: with what is unread, the last message, and who the other person is."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec

from server.errors import NotFound
from server.protocol import chat
from server.storage import accounts, contacts
from server.storage.unit import fetch_all

PREVIEW = 200
_VIEW = """
select c.id, c.kind, c.title, c.description, c.head_seq, c.member_count, c.rules, c.created_at, c.last_active_at,
       c.direct_key, me.read_seq, me.role, me.notify, me.pinned, me.archived, me.muted_until,
       last.seq, last.sender_id, last.sent_at, last.text, last.file_count, last.deleted_at,
       c.picture_file_id, c.dissolved_at
from membership me
join conversation c on c.id = me.conversation_id
left join message last
  on last.conversation_id = c.id and last.seq = c.last_message_seq and last.seq >= me.history_from_seq
where me.account_id = ? and {which}
order by c.last_active_at desc, c.id desc
limit ?
"""
# Both counts read an index alone. The deleted are few: an index of the others would cost every message.
_UNREAD = """
select me.conversation_id,
       (select count(*) from message m where m.conversation_id = me.conversation_id and m.seq > me.read_seq)
       - (select count(*) from message m
          where m.conversation_id = me.conversation_id and m.seq > me.read_seq and m.deleted_at is not null)
from membership me where me.account_id = ? and me.conversation_id in ({marks})
"""
_MENTIONS = """
select me.conversation_id, count(distinct n.seq) from membership me
join mention n on n.conversation_id = me.conversation_id and n.seq > me.read_seq and n.account_id in (?, 0)
where me.account_id = ? and me.conversation_id in ({marks}) group by me.conversation_id
"""
# An opened direct conversation appears for the other person with the first words.
_LISTED = "(c.kind <> 'direct' or c.head_seq > 0 or c.created_by = me.account_id)"


def view(account_id: int, conversation_id: int) -> chat.Conversation:
    """One conversation as a member sees it. Raises NotFound."""
    found = views(account_id, [conversation_id])
    if not found:
        raise NotFound("There is no such conversation.", field="conversation_id")
    return found[0]


def views(account_id: int, conversation_ids: Sequence[int]) -> list[chat.Conversation]:
    """These conversations as a member sees them, most recently active first; others are left out."""
    which = f"c.id in ({', '.join('?' * len(conversation_ids))})"
    rows = fetch_all(_VIEW.format(which=which), (account_id, *conversation_ids, len(conversation_ids)))
    return _shown(account_id, rows)


def page(account_id: int, before: tuple[int, int], limit: int) -> list[chat.Conversation]:
    """Conversations behind the place ``before`` = (last_active_at, id), most recently active first."""
    which = f"{_LISTED} and (c.last_active_at, c.id) < (?, ?)"
    return _shown(account_id, fetch_all(_VIEW.format(which=which), (account_id, *before, limit)))


def unread(account_id: int, conversation_id: int) -> tuple[int, int]:
    """What a member has not read: how many messages, and how many of them call this member."""
    counted = fetch_all(_UNREAD.format(marks="?"), (account_id, conversation_id))
    called = fetch_all(_MENTIONS.format(marks="?"), (account_id, account_id, conversation_id))
    return counted[0][1], called[0][1] if called else 0


def picture_url(conversation_id: int, file_id: int | None) -> str:
    """Where the picture of a conversation is; empty without one."""
    return f"/api/v1/conversations/{conversation_id}/picture?v={file_id}" if file_id else ""


def _shown(account_id: int, rows: Sequence[tuple[Any, ...]]) -> list[chat.Conversation]:
    ids = [row[0] for row in rows]
    marks = ", ".join("?" * len(ids))
    unread = dict(fetch_all(_UNREAD.format(marks=marks), (account_id, *ids)))
    mentions = dict(fetch_all(_MENTIONS.format(marks=marks), (account_id, account_id, *ids)))
    others = _partners(account_id, rows)
    return [_body(row, unread.get(row[0], 0), mentions.get(row[0], 0), others.get(row[0])) for row in rows]


def _partners(account_id: int, rows: Sequence[tuple[Any, ...]]) -> dict[int, tuple[chat.Account, chat.Relation]]:
    """The other person of each direct conversation, and what they are to an account."""
    pairs = {row[0]: next(int(half) for half in row[9].split(":") if int(half) != account_id) for row in rows if row[9]}
    people = {person.id: accounts.public(person) for person in accounts.get_many(list(pairs.values()))}
    relations = contacts.relations(account_id, pairs.values()) if pairs else {}
    return {
        conversation_id: (people[other_id], relations.get(other_id, "none"))
        for conversation_id, other_id in pairs.items()
    }


def _body(
    row: tuple[Any, ...], unread: int, mentions: int, other: tuple[chat.Account, chat.Relation] | None
) -> chat.Conversation:
    partner, relation = other or (None, None)
    id_, kind, title, description, head_seq, member_count, rules, created_at, last_active_at, _, read_seq, role = row[
        :12
    ]
    notify, pinned, archived, muted_until = row[12:16]
    picture_file_id, dissolved_at = row[22:]
    return chat.Conversation(
        id=id_,
        kind=kind,
        title=partner.display_name if partner else title,
        description=description or None,
        picture_url=picture_url(id_, picture_file_id) or None,
        dissolved_at=dissolved_at,
        head_seq=head_seq,
        read_seq=read_seq,
        unread=unread,
        mentions=mentions,
        member_count=member_count,
        role=role,
        rules=msgspec.json.decode(rules, type=chat.Rules),
        preferences=chat.Preferences(
            notify=notify, pinned=bool(pinned), archived=bool(archived), muted_until=muted_until
        ),
        created_at=created_at,
        last_active_at=last_active_at,
        last_message=_last_message(row[16:22]),
        with_account=partner,
        relation=relation,
    )


def _last_message(row: tuple[Any, ...]) -> chat.LastMessage | None:
    seq, sender_id, sent_at, text, file_count, deleted_at = row
    if seq is None:
        return None
    return chat.LastMessage(
        seq=seq,
        sender_id=sender_id,
        sent_at=sent_at,
        text=text[:PREVIEW],
        attachment_count=file_count,
        deleted=deleted_at is not None,
    )
