"""Conversations: opened, created, changed, and one member's own choices for them."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from typing import Any

import msgspec

from server import records
from server.errors import ClientIdConflict, Forbidden, Invalid, NotFound
from server.protocol import chat
from server.storage import accounts, contacts, log, membership, views
from server.storage.contacts import MayReach
from server.storage.models import Conversation, Membership
from server.storage.unit import Rows, hold, holding, repeatable

GROUP_RULES = {"post": "member", "invite": "member", "mention_all": "admin", "history": "all"}
DIRECT_RULES = {"post": "member", "invite": "admin", "mention_all": "admin", "history": "all"}


@repeatable
def open_direct(
    account_id: int, other_id: int, now: int, may_reach: MayReach = lambda direct_state: None
) -> chat.Conversation:
    """The conversation of two people, made when there is none yet.

    Raises NotFound for an unknown person, and for a new one what ``may_reach`` raises.
    """
    if other_id == account_id:
        raise Invalid("A direct conversation needs somebody else.", field="account_id")
    if not membership.existing_people([other_id]):
        raise NotFound("There is no such person.", field="account_id")
    key = contacts.direct_key(account_id, other_id)
    found = Conversation.get_or_none(Conversation.direct_key == key)
    if found is None:
        # Whoever blocks meanwhile waits, and then finds it.
        hold(accounts=(account_id, other_id))
        found = Conversation.get_or_none(Conversation.direct_key == key)
    if found is None:
        state = contacts.pair(account_id, other_id).direct_state
        may_reach(state)
        found = _create("direct", account_id, now, DIRECT_RULES, direct_key=key, direct_state=state, member_count=2)
        for member_id in (account_id, other_id):
            Membership.insert(conversation_id=found.id, account_id=member_id, role="member", joined_at=now).execute()
        membership.announce_added(found.id, account_id)
    return views.view(account_id, found.id)


@repeatable
def create_group(
    creator_id: int, client_id: str, title: str, account_ids: Sequence[int], now: int
) -> chat.Conversation:
    """A group with its first members; the same ``client_id`` and content gets the same group again."""
    content = hashlib.blake2b(msgspec.json.encode((title, sorted(set(account_ids)))), digest_size=16).digest()
    found = Conversation.get_or_none((Conversation.created_by == creator_id) & (Conversation.client_id == client_id))
    if found is not None:
        if found.creation_hash != content:
            raise ClientIdConflict("This client_id already labels another group of yours.", field="client_id")
        return views.view(creator_id, found.id)
    _check_people(creator_id, account_ids)
    row = _create("group", creator_id, now, GROUP_RULES, title=title, client_id=client_id, creation_hash=content)
    conversation = membership.conversations([row.id])[row.id]
    membership.add(conversation, creator_id, [creator_id], now, role="owner")
    membership.add(conversation, creator_id, account_ids, now)
    return views.view(creator_id, row.id)


def add_members(
    actor_id: int,
    conversation_id: int,
    account_ids: Sequence[int],
    most: int,
    now: int,
    may: Callable[[records.Conversation, records.Membership], None],
) -> chat.Conversation:
    """Brings people into a group. Raises NotFound, Forbidden, Invalid when it would be too full."""
    conversation, member = membership.held(conversation_id, actor_id)
    may(conversation, member)
    _check_people(actor_id, account_ids)
    if conversation.member_count + len(set(account_ids)) > most:
        raise Invalid(f"A group has at most {most} members.", field="account_ids")
    membership.add(conversation, actor_id, account_ids, now)
    return views.view(actor_id, conversation_id)


def change(
    actor_id: int,
    conversation_id: int,
    changes: chat.ConversationChanged,
    now: int,
    may: Callable[[records.Conversation, records.Membership], None],
) -> chat.Conversation:
    """Renames or describes a group; what stays the same is not written."""
    conversation, member = membership.held(conversation_id, actor_id)
    may(conversation, member)
    new = {
        name: value
        for name, value in (("title", changes.title), ("description", changes.description))
        if value is not None and value != (getattr(conversation, name) or "")
    }
    if new:
        log.append(conversation_id, "conversation_changed", actor_id, now, chat.ConversationChanged(**new))
        Conversation.update(**new, last_active_at=now).where(Conversation.id == conversation_id).execute()
    return views.view(actor_id, conversation_id)


@repeatable
@holding(
    lambda account_id, conversation_id, *_: Rows(accounts=[account_id], memberships=[(conversation_id, account_id)])
)
def set_preferences(account_id: int, conversation_id: int, choices: dict[str, Any]) -> chat.Preferences:
    """One member's own choices; announced to their other devices."""
    membership.of(conversation_id, account_id)
    mine = (Membership.conversation_id == conversation_id) & (Membership.account_id == account_id)
    before = views.view(account_id, conversation_id).preferences
    if choices:
        Membership.update(**choices).where(mine).execute()
    after = views.view(account_id, conversation_id).preferences
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


def _check_people(actor_id: int, account_ids: Sequence[int]) -> None:
    """Raises NotFound for unknown people, Forbidden for those whom a block keeps apart from whoever brings them in."""
    unknown = set(account_ids) - set(membership.existing_people(account_ids))
    if unknown:
        raise NotFound("Some of these people do not exist.", field="account_ids")
    if apart := contacts.kept_apart(actor_id, account_ids):
        names = ", ".join(person.display_name for person in accounts.get_many(apart))
        raise Forbidden(f"You cannot add {names}.", field="account_ids")
