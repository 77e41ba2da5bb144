"""Conversations: opened, created, changed, and one member's own choices for them."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import msgspec

from server import records
from server.errors import ClientIdConflict, Forbidden, Invalid, NotFound
from server.protocol import chat
from server.storage import accounts, contacts, files, invites, log, membership, views
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
    if accounts.find(other_id) is None:
        raise NotFound("There is no such person.", field="account_id")
    key = contacts.direct_key(account_id, other_id)
    found = Conversation.get_or_none(Conversation.direct_key == key)
    if found is None:
        # Whoever blocks or is disabled meanwhile waits, and then finds it.
        hold(accounts=(account_id, other_id))
        found = Conversation.get_or_none(Conversation.direct_key == key)
    if found is None:
        state = contacts.direct_state(account_id, other_id)
        may_reach(state)
        found = _create("direct", account_id, now, DIRECT_RULES, direct_key=key, direct_state=state, member_count=2)
        for member_id in (account_id, other_id):
            Membership.insert(conversation_id=found.id, account_id=member_id, role="member", joined_at=now).execute()
        membership.announce_added(found.id, account_id)
    return views.view(account_id, found.id)


@dataclass(frozen=True, slots=True)
class Changes:
    """What is to be changed about a group; ``None`` stays, and picture 0 is taken away."""

    title: str | None = None
    description: str | None = None
    picture_file_id: int | None = None
    rules: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class NewGroup:
    """What a group starts with. ``is_open``: anybody may find and join it."""

    client_id: str
    title: str
    account_ids: Sequence[int]
    is_open: bool = False
    about: Changes = Changes()

    def content_hash(self) -> bytes:
        """Tells a repeat from another group under the same ``client_id``."""
        content: tuple[Any, ...] = (self.title, sorted(set(self.account_ids)))
        if self.is_open or self.about != Changes():
            content += (self.is_open, self.about.description, self.about.picture_file_id)
        return hashlib.blake2b(msgspec.json.encode(content), digest_size=16).digest()


@repeatable
def create_group(creator_id: int, new: NewGroup, now: int) -> chat.Conversation:
    """A group with its first members; the same ``client_id`` and content gets the same group again."""
    found = Conversation.get_or_none(
        (Conversation.created_by == creator_id) & (Conversation.client_id == new.client_id)
    )
    if found is not None:
        if found.creation_hash != new.content_hash():
            raise ClientIdConflict("This client_id already labels another group of yours.", field="client_id")
        return views.view(creator_id, found.id)
    _check_people(creator_id, new.account_ids)
    columns = {"title": new.title, "client_id": new.client_id, "creation_hash": new.content_hash()}
    row = _create("open" if new.is_open else "group", creator_id, now, GROUP_RULES, **columns)
    conversation = membership.conversations([row.id])[row.id]
    membership.add(conversation, creator_id, [creator_id], now, role="owner")
    _apply(conversation, creator_id, new.about, now)
    membership.add(conversation, creator_id, new.account_ids, now)
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
    changes: Changes,
    now: int,
    may: Callable[[records.Conversation, records.Membership], None],
) -> chat.Conversation:
    """Changes what a group is called, its picture or its rules; what stays the same is not written."""
    conversation, member = membership.held(conversation_id, actor_id)
    may(conversation, member)
    _apply(conversation, actor_id, changes, now)
    return views.view(actor_id, conversation_id)


def dissolve(
    actor_id: int,
    conversation_id: int,
    now: int,
    may: Callable[[records.Conversation, records.Membership], None],
) -> None:
    """Ends a group: it can be read, and nobody writes in it or joins it any more."""
    conversation, member = membership.held(conversation_id, actor_id)
    may(conversation, member)
    if conversation.dissolved_at is not None:
        return
    log.append(conversation_id, "conversation_dissolved", actor_id, now, chat.ConversationDissolved())
    Conversation.update(dissolved_at=now, last_active_at=now).where(Conversation.id == conversation_id).execute()
    invites.forget(conversation_id)


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


def _apply(conversation: records.Conversation, actor_id: int, changes: Changes, now: int) -> None:
    """Writes what is to be another from now on; a picture is the actor's own upload."""
    before = Conversation.get(Conversation.id == conversation.id)
    columns: dict[str, Any] = {}
    for name in ("title", "description"):
        value = getattr(changes, name)
        if value is not None and value != (getattr(before, name) or ""):
            columns[name] = value
    said = dict(columns)
    rules = {name: value for name, value in changes.rules.items() if conversation.rules[name] != value}
    if rules:
        columns["rules"] = msgspec.json.encode({**conversation.rules, **rules}).decode()
        said["rules"] = chat.GroupRulesChanged(**rules)  # type: ignore[arg-type]
    picture = changes.picture_file_id
    if picture is not None and picture != (before.picture_file_id or 0):
        if picture:
            files.check_picture(picture, actor_id)
        columns["picture_file_id"] = picture or None
        said["picture_url"] = views.picture_url(conversation.id, picture)
    if columns:
        log.append(conversation.id, "conversation_changed", actor_id, now, chat.ConversationChanged(**said))
        Conversation.update(**columns, last_active_at=now).where(Conversation.id == conversation.id).execute()


def _check_people(actor_id: int, account_ids: Sequence[int]) -> None:
    """Raises NotFound for unknown people, Forbidden for those whom a block keeps apart from whoever brings them in."""
    unknown = set(account_ids) - set(membership.existing_people(account_ids))
    if unknown:
        raise NotFound("Some of these people do not exist.", field="account_ids")
    if apart := contacts.kept_apart(actor_id, account_ids):
        names = ", ".join(person.display_name for person in accounts.get_many(apart))
        raise Forbidden(f"You cannot add {names}.", field="account_ids")
