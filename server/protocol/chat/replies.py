"""What the replies of the chat namespace carry in ``data``."""

from __future__ import annotations

from typing import Any, Literal

from server.protocol.base import Body
from server.protocol.chat.things import (
    Account,
    Availability,
    Contact,
    Conversation,
    Entry,
    File,
    Member,
    Message,
    Status,
)


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


class PinsPage(Body):
    """Pinned messages, the last pinned first; ``cursor`` is there when more follow."""

    messages: list[Message]
    cursor: str | None = None


class ReadState(Body):
    """How far one has read, and what that leaves."""

    read_seq: int
    unread: int
    mentions: int


class TraceStored(Body):
    """When the message was committed. ``position``: its place in the log of the whole server, for its admins."""

    at: int
    position: int | None = None
    edited_at: int | None = None
    deleted_at: int | None = None


class TraceWorker(Body):
    """One process of the server: whether it has verified that it handed the message to everybody connected to it.

    Workers verify every 2 s and tell each other; ``silent_s`` since this one was heard.
    """

    name: str
    sent: bool
    silent_s: int = 0


class TraceSent(Body):
    """``everywhere``: every worker has handed the message to the devices that are connected to it."""

    everywhere: bool
    workers: list[TraceWorker] | None = None


NotNotified = Literal[
    "not_called", "waiting", "chose_nothing", "chose_mentions", "turned_off", "muted", "had_read", "deleted", "unknown"
]


class TraceNotified(Body):
    """What somebody's inbox says of the message, or the ``reason`` why it says nothing.

    `not_called`: in groups only mentions and answers call. `waiting`: the notifier has not come so far. The choices
    and the mute are those of now.
    """

    state: Literal["unread", "seen", "read", "archived", "none"]
    type: Literal["message", "mention", "reply"] | None = None
    reason: NotNotified | None = None


class TraceMember(Body):
    """One who could get the message. ``received`` is left out where nobody knows, and ``read`` too where it is hidden.

    ``presence``, ``devices`` (connected now) and ``notified`` are for the server's admins.
    """

    account: Account
    read: bool | None = None
    received: bool | None = None
    presence: Availability | None = None
    devices: int | None = None
    notified: TraceNotified | None = None


class Trace(Body):
    """Where a message is. ``people``: members of now who were there when it was sent, and of whom so many have
    ``received`` and ``read`` it, without those who hide it; in conversations of more than 20 it is told how many have
    read it and not who, and to whoever hides their own marks nothing of both.

    ``as_admin``: one sees everything, as an admin of the server; ``cursor`` is there when there are more members.
    """

    conversation_id: int
    seq: int
    sender_id: int
    as_admin: bool
    stored: TraceStored
    sent: TraceSent
    people: int
    received: int | None = None
    read: int | None = None
    members: list[TraceMember] | None = None
    cursor: str | None = None


class Highlight(Body):
    """Where something that was looked for begins and ends, counted as JavaScript counts a string."""

    start: int
    end: int


class FoundFile(Body):
    """A file of a hit; ``highlights`` are in its name."""

    file: File
    highlights: list[Highlight]


class SearchHit(Body):
    """A message that was found; of a long one ``text`` is a part, with ``…`` where it was cut."""

    conversation_id: int
    seq: int
    sender_id: int
    sent_at: int
    text: str
    highlights: list[Highlight]
    files: list[FoundFile]
    edited_at: int | None = None


class SearchPage(Body):
    """Hits in the order that was asked for; ``cursor`` is there when there may be more, also when a page is not full.

    ``complete``: false while older messages are still being indexed, and more may be found in a moment.
    """

    hits: list[SearchHit]
    complete: bool
    cursor: str | None = None


class ConversationsPage(Body):
    """Conversations, most recently active first; ``cursor`` is there when there are more."""

    conversations: list[Conversation]
    cursor: str | None = None


class MembersPage(Body):
    """Members, longest-serving first; ``cursor`` is there when there are more."""

    members: list[Member]
    cursor: str | None = None


class Invite(Body):
    """A link into a group; its code is told once, when it is made. ``uses_left`` is absent when it has no bound."""

    id: int
    created_by: int
    created_at: int
    expires_at: int
    used: int
    uses_left: int | None = None


class InviteCreated(Body):
    """A new link: ``/join/`` and the code, which nobody can look up later."""

    invite: Invite
    code: str


class Invites(Body):
    """The links into a group that are good now, the newest first: one's own, or everybody's for its admins."""

    invites: list[Invite]


class OpenConversation(Body):
    """A conversation that anybody on this server may join. ``joined``: one belongs to it already."""

    id: int
    title: str
    member_count: int
    last_active_at: int
    joined: bool
    description: str | None = None
    picture_url: str | None = None


class OpenConversationsPage(Body):
    """Open conversations, most recently active first; ``cursor`` is there when there are more."""

    conversations: list[OpenConversation]
    cursor: str | None = None


class Accounts(Body):
    """People, as others see them."""

    accounts: list[Account]


class ContactsPage(Body):
    """What came last is first; ``cursor`` is there when there are more."""

    contacts: list[Contact]
    cursor: str | None = None


class Presence(Body):
    """How reachable somebody is, and what they show of themselves. ``last_seen_at`` is there when they are offline,
    unless they hide it, or one hides one's own.
    """

    account_id: int
    state: Availability
    last_seen_at: int | None = None
    status: Status | None = None


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
