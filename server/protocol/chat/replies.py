"""What the replies of the chat namespace carry in ``data``."""

from __future__ import annotations

from typing import Any

from server.protocol.base import Body
from server.protocol.chat.things import Account, Availability, Conversation, Entry, Member, Message


class Nothing(Body):
    """Done; there is nothing more to say."""


class MessageSent(Body):
    """Where the message stands. ``duplicate``: it was there already."""

    conversation_id: int
    seq: int
    sent_at: int
    duplicate: bool


class EntryAppended(Body):
    """The place of the entry that says so."""

    seq: int


class EntriesPage(Body):
    """Entries in the order of their ``seq``; ``more``: ask again after the last one."""

    entries: list[Entry]
    head_seq: int
    more: bool


class MessagesPage(Body):
    """Messages oldest first, and whether there are more on either side."""

    messages: list[Message]
    more_before: bool
    more_after: bool
    head_seq: int


class ReadState(Body):
    """How far one has read, and what that leaves."""

    read_seq: int
    unread: int
    mentions: int


class ConversationsPage(Body):
    """Conversations, most recently active first; ``cursor`` is there when there are more."""

    conversations: list[Conversation]
    cursor: str | None = None


class MembersPage(Body):
    """Members, longest-serving first; ``cursor`` is there when there are more."""

    members: list[Member]
    cursor: str | None = None


class Accounts(Body):
    """People, as others see them."""

    accounts: list[Account]


class Presence(Body):
    """How reachable somebody is. ``last_seen_at`` is there when they are offline."""

    account_id: int
    state: Availability
    last_seen_at: int | None = None


class Presences(Body):
    """How reachable each of them is."""

    presence: list[Presence]


class AccountChange(Body):
    """One thing that happened to one's own account: the event's name and its payload."""

    version: int
    event: str
    data: Any


class AccountChanges(Body):
    """``reload``: too much has happened; load everything anew."""

    changes: list[AccountChange]
    account_version: int
    reload: bool
