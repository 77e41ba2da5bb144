"""Conversations: opened, created, changed, and shown as one member sees them."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from typing import Any

import msgspec

from server import records
from server.errors import ClientIdConflict, Invalid, NotFound
from server.protocol import chat
from server.storage import accounts, log, membership
from server.storage.database import fetch_all
from server.storage.models import Conversation, Membership

PREVIEW = 200
GROUP_RULES = {"post": "member", "invite": "member", "mention_all": "admin", "history": "all"}
DIRECT_RULES = {"post": "member", "invite": "admin", "mention_all": "admin", "history": "all"}

_VIEW = """
select c.id, c.kind, c.title, c.description, c.head_seq, c.member_count, c.rules, c.created_at, c.last_active_at,
       c.direct_key, me.read_seq, me.role, me.notify, me.pinned, me.archived, me.muted_until,
       last.seq, last.sender_id, last.sent_at, last.text, last.file_count, last.deleted_at
from membership me
join conversation c on c.id = me.conversation_id
left join message last
  on last.conversation_id = c.id and last.seq = c.last_message_seq and last.seq >= me.history_from_seq
where me.account_id = ? and {which}
order by c.last_active_at desc, c.id desc
limit ?
"""
_UNREAD = """
select me.conversation_id, count(*) from membership me
join message m on m.conversation_id = me.conversation_id and m.seq > me.read_seq and m.deleted_at is null
where me.account_id = ? and me.conversation_id in ({marks}) group by me.conversation_id
"""
_MENTIONS = """
select me.conversation_id, count(distinct n.seq) from membership me
join mention n on n.conversation_id = me.conversation_id and n.seq > me.read_seq and n.account_id in (?, 0)
where me.account_id = ? and me.conversation_id in ({marks}) group by me.conversation_id
"""
# An opened direct conversation appears for the other person with the first words.
_LISTED = "(c.kind <> 'direct' or c.head_seq > 0 or c.created_by = me.account_id)"


def open_direct(account_id: int, other_id: int, now: int) -> chat.Conversation:
    """The conversation of two people, made when there is none yet. Raises NotFound for an unknown person."""
    if other_id == account_id:
        raise Invalid("A direct conversation needs somebody else.", field="account_id")
    if not membership.existing_people([other_id]):
        raise NotFound("There is no such person.", field="account_id")
    key = "{}:{}".format(*sorted((account_id, other_id)))
    found = Conversation.get_or_none(Conversation.direct_key == key)
    if found is None:
        found = _create("direct", account_id, now, DIRECT_RULES, direct_key=key, member_count=2)
        for member_id in (account_id, other_id):
            Membership.insert(conversation_id=found.id, account_id=member_id, role="member", joined_at=now).execute()
        membership.announce_added(found.id, account_id)
    return views(account_id, [found.id])[0]


def create_group(
    creator_id: int, client_id: str, title: str, account_ids: Sequence[int], now: int
) -> chat.Conversation:
    """A group with its first members; the same ``client_id`` and content gets the same group again."""
    content = hashlib.blake2b(msgspec.json.encode((title, sorted(set(account_ids)))), digest_size=16).digest()
    found = Conversation.get_or_none((Conversation.created_by == creator_id) & (Conversation.client_id == client_id))
    if found is not None:
        if found.creation_hash != content:
            raise ClientIdConflict("This client_id already labels another group of yours.", field="client_id")
        return view(creator_id, found.id)
    _check_people(account_ids)
    row = _create("group", creator_id, now, GROUP_RULES, title=title, client_id=client_id, creation_hash=content)
    conversation = membership.conversations([row.id])[row.id]
    membership.add(conversation, creator_id, [creator_id], now, role="owner")
    membership.add(conversation, creator_id, account_ids, now)
    return view(creator_id, row.id)


def add_members(
    actor_id: int,
    conversation_id: int,
    account_ids: Sequence[int],
    most: int,
    now: int,
    may: Callable[[records.Conversation, records.Membership], None],
) -> chat.Conversation:
    """Brings people into a group. Raises NotFound, Forbidden, Invalid when it would be too full."""
    conversation, member = membership.of(conversation_id, actor_id)
    may(conversation, member)
    _check_people(account_ids)
    if conversation.member_count + len(set(account_ids)) > most:
        raise Invalid(f"A group has at most {most} members.", field="account_ids")
    membership.add(conversation, actor_id, account_ids, now)
    return view(actor_id, conversation_id)


def change(
    actor_id: int,
    conversation_id: int,
    changes: chat.ConversationChanged,
    now: int,
    may: Callable[[records.Conversation, records.Membership], None],
) -> chat.Conversation:
    """Renames or describes a group; what stays the same is not written."""
    conversation, member = membership.of(conversation_id, actor_id)
    may(conversation, member)
    new = {
        name: value
        for name, value in (("title", changes.title), ("description", changes.description))
        if value is not None and value != (getattr(conversation, name) or "")
    }
    if new:
        log.append(conversation_id, "conversation_changed", actor_id, now, chat.ConversationChanged(**new))
        Conversation.update(**new, last_active_at=now).where(Conversation.id == conversation_id).execute()
    return view(actor_id, conversation_id)


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


def set_preferences(account_id: int, conversation_id: int, choices: dict[str, Any]) -> chat.Preferences:
    """One member's own choices; announced to their other devices."""
    membership.of(conversation_id, account_id)
    mine = (Membership.conversation_id == conversation_id) & (Membership.account_id == account_id)
    before = view(account_id, conversation_id).preferences
    if choices:
        Membership.update(**choices).where(mine).execute()
    after = view(account_id, conversation_id).preferences
    if after != before:
        accounts.add_account_change(
            account_id, "preferences_changed", {"conversation_id": conversation_id, "preferences": after}
        )
    return after


def _create(kind: str, creator_id: int, now: int, rules: dict[str, str], **columns: Any) -> Conversation:
    return Conversation.create(
        kind=kind,
        created_by=creator_id,
        rules=msgspec.json.encode(rules).decode(),
        created_at=now,
        last_active_at=now,
        **columns,
    )


def _check_people(account_ids: Sequence[int]) -> None:
    unknown = set(account_ids) - set(membership.existing_people(account_ids))
    if unknown:
        raise NotFound("Some of these people do not exist.", field="account_ids")


def _shown(account_id: int, rows: Sequence[tuple[Any, ...]]) -> list[chat.Conversation]:
    ids = [row[0] for row in rows]
    marks = ", ".join("?" * len(ids))
    unread = dict(fetch_all(_UNREAD.format(marks=marks), (account_id, *ids)))
    mentions = dict(fetch_all(_MENTIONS.format(marks=marks), (account_id, account_id, *ids)))
    others = _partners(account_id, rows)
    return [_body(row, unread.get(row[0], 0), mentions.get(row[0], 0), others.get(row[0])) for row in rows]


def _partners(account_id: int, rows: Sequence[tuple[Any, ...]]) -> dict[int, chat.Account]:
    """The other person of each direct conversation."""
    pairs = {row[0]: next(int(half) for half in row[9].split(":") if int(half) != account_id) for row in rows if row[9]}
    people = {person.id: accounts.public(person) for person in accounts.get_many(list(pairs.values()))}
    return {conversation_id: people[other_id] for conversation_id, other_id in pairs.items()}


def _body(row: tuple[Any, ...], unread: int, mentions: int, partner: chat.Account | None) -> chat.Conversation:
    id_, kind, title, description, head_seq, member_count, rules, created_at, last_active_at, _, read_seq, role = row[
        :12
    ]
    notify, pinned, archived, muted_until = row[12:16]
    return chat.Conversation(
        id=id_,
        kind=kind,
        title=partner.display_name if partner else title,
        description=description or None,
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
        last_message=_last_message(row[16:]),
        with_account=partner,
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
