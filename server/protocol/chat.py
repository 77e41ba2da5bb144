"""The chat namespace: what people, conversations, messages and entries look like, commands and events."""

from __future__ import annotations

from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta

from server.protocol.base import (
    MAX_FILES_PER_MESSAGE,
    Body,
    ClientId,
    Command,
    Cursor,
    Description,
    Emoji,
    Id,
    MessageText,
    Milliseconds,
    Name,
    Position,
    Query,
    Seq,
)

Role = Literal["owner", "admin", "member"]
ServerRole = Literal["owner", "admin", "person", "bot"]
Availability = Literal["online", "away", "busy", "offline"]
Notify = Literal["all", "mentions", "nothing"]
EntryKind = Literal[
    "message_created",
    "message_edited",
    "message_deleted",
    "reaction_added",
    "reaction_removed",
    "member_added",
    "member_removed",
    "role_changed",
    "conversation_changed",
]


# What things look like


class Account(Body):
    """A person or a bot, as others see them."""

    id: int
    username: str
    display_name: str
    role: ServerRole
    picture_url: str | None = None


class Rules(Body):
    """Who may do what in a group, and what new members see of the past."""

    post: Literal["member", "admin"]
    invite: Literal["member", "admin"]
    mention_all: Literal["member", "admin"]
    history: Literal["all", "joined"]


class Preferences(Body):
    """One member's own choices for one conversation."""

    notify: Notify
    pinned: bool
    archived: bool
    muted_until: int | None = None


class File(Body):
    """A stored file; ``url`` is relative to the server and checked for membership at each download."""

    id: int
    name: str
    media_type: str
    size_bytes: int
    url: str
    width: int | None = None
    height: int | None = None
    duration_ms: int | None = None
    alt: str | None = None
    thumbnail_url: str | None = None
    blur: Annotated[str, Meta(description="mean colour, #rrggbb: the ground while the picture loads")] | None = None


class Quote(Body):
    """The message that is answered; ``excerpt`` is at most 200 characters, empty once it is deleted."""

    seq: int
    sender_id: int
    excerpt: str


class Reaction(Body):
    """One emoji under a message; ``account_ids`` names the first 20."""

    emoji: str
    count: int
    mine: bool
    account_ids: list[int]


class Message(Body):
    """What was said. A deleted message keeps its ``seq`` with empty ``text``."""

    conversation_id: int
    seq: int
    client_id: str
    sender_id: int
    sent_at: int
    text: str
    attachments: list[File]
    mentions: list[int | Literal["all"]]
    reactions: list[Reaction]
    reply_to: Quote | None = None
    edited_at: int | None = None
    deleted_at: int | None = None


class LastMessage(Body):
    """The newest message of a conversation for the list; ``text`` is cut at 200 characters."""

    seq: int
    sender_id: int
    sent_at: int
    text: str
    attachment_count: int
    deleted: bool


class Conversation(Body):
    """A conversation as one member sees it."""

    id: int
    kind: Literal["direct", "group", "open"]
    title: str
    head_seq: int
    read_seq: int
    unread: int
    mentions: int
    member_count: int
    role: Role
    rules: Rules
    preferences: Preferences
    created_at: int
    last_active_at: int
    description: str | None = None
    picture_url: str | None = None
    last_message: LastMessage | None = None
    # Named `with` on the wire: the other person of a direct conversation.
    with_account: Account | None = msgspec.field(default=None, name="with")


class Member(Body):
    """Who belongs to a conversation, and how far they have read."""

    account: Account
    role: Role
    joined_at: int
    read_seq: int


class Entry(Body):
    """One line of a conversation's log; ``data`` is of the type that its ``kind`` names."""

    conversation_id: int
    seq: int
    kind: EntryKind
    actor_id: int
    at: int
    data: Any


class MessageEdited(Body):
    """A message's text was changed by its sender."""

    target_seq: int
    text: str
    mentions: list[int | Literal["all"]]
    edited_at: int


class MessageDeleted(Body):
    """A message was deleted; its text and files are gone for everybody."""

    target_seq: int


class ReactionChanged(Body):
    """The actor put an emoji under a message, or took it back."""

    target_seq: int
    emoji: str


class MemberChanged(Body):
    """Somebody joined, left or got another role. Whoever is removed gets this entry as the last one."""

    account_id: int
    role: Role
    by: Literal["invite", "self", "admin"]


class ConversationChanged(Body):
    """What changed about the conversation itself; what is absent stayed."""

    title: str | None = None
    description: str | None = None
    picture_url: str | None = None


ENTRY_DATA: dict[str, type] = {
    "message_created": Message,
    "message_edited": MessageEdited,
    "message_deleted": MessageDeleted,
    "reaction_added": ReactionChanged,
    "reaction_removed": ReactionChanged,
    "member_added": MemberChanged,
    "member_removed": MemberChanged,
    "role_changed": MemberChanged,
    "conversation_changed": ConversationChanged,
}
"""What an entry of each kind carries in ``data``."""


# Commands


class SendMessage(Command):
    """Say something. Answered after the commit; the same ``client_id`` and content gets the first answer again."""

    conversation_id: Id
    client_id: ClientId
    text: MessageText
    reply_to_seq: Seq | None = None
    file_ids: Annotated[list[Id], Meta(max_length=MAX_FILES_PER_MESSAGE)] = msgspec.field(default_factory=list)


class EditMessage(Command):
    """Change the text of a message of one's own."""

    conversation_id: Id
    seq: Seq
    text: MessageText


class DeleteMessage(Command):
    """Delete one's own message, or anybody's as admin of the group. Its text is gone for everybody."""

    conversation_id: Id
    seq: Seq


class ReactToMessage(Command):
    """Add or take back a reaction."""

    conversation_id: Id
    seq: Seq
    emoji: Emoji


class FetchEntries(Command):
    """What a conversation's log holds after ``after_seq``, oldest first."""

    conversation_id: Id
    after_seq: Position
    limit: Annotated[int, Meta(ge=1, le=200)] = 200


class FetchMessages(Command):
    """A page of messages in their current state: before, after or around a place, else the newest."""

    conversation_id: Id
    before_seq: Seq | None = None
    after_seq: Position | None = None
    around_seq: Seq | None = None
    limit: Annotated[int, Meta(ge=1, le=100)] = 50


class MarkRead(Command):
    """Everything up to ``seq`` has been read; the mark only moves forward."""

    conversation_id: Id
    seq: Seq


class InConversation(Command):
    """A command that names a conversation and nothing else."""

    conversation_id: Id


class OpenDirect(Command):
    """The conversation of two people; the same one every time."""

    account_id: Id


class CreateGroup(Command):
    """A new group with its first members; the creator becomes its owner."""

    client_id: ClientId
    title: Name
    account_ids: Annotated[list[Id], Meta(max_length=500)]


class ChangeConversation(Command):
    """Rename or describe a group; what is left out stays."""

    conversation_id: Id
    title: Name | None = None
    description: Description | None = None


class AddMembers(Command):
    """Bring people into a group."""

    conversation_id: Id
    account_ids: Annotated[list[Id], Meta(min_length=1, max_length=100)]


class RemoveMember(Command):
    """Take somebody out of a group."""

    conversation_id: Id
    account_id: Id


class SetRole(Command):
    """Make a member an admin of the group, or an admin a member again."""

    conversation_id: Id
    account_id: Id
    role: Literal["admin", "member"]


class ListConversations(Command):
    """One's conversations, most recently active first."""

    limit: Annotated[int, Meta(ge=1, le=200)] = 100
    cursor: Cursor | None = None


class ListMembers(Command):
    """Who belongs to a conversation, longest-serving first."""

    conversation_id: Id
    limit: Annotated[int, Meta(ge=1, le=200)] = 100
    cursor: Cursor | None = None


class SetPreferences(Command):
    """One's own choices for a conversation; what is left out stays. ``muted_until`` 0 ends a mute."""

    conversation_id: Id
    notify: Notify | None = None
    muted_until: Milliseconds | None = None
    pinned: bool | None = None
    archived: bool | None = None


class FindPeople(Command):
    """People on this server whose name or username begins with, or has a word that begins with, ``query``."""

    query: Query
    limit: Annotated[int, Meta(ge=1, le=50)] = 20


class GetAccounts(Command):
    """The public face of accounts met by id: senders of old messages, for instance."""

    account_ids: Annotated[list[Id], Meta(min_length=1, max_length=100)]


class SetActive(Command):
    """Whether this device has the person's attention; none active for 5 minutes is ``away``."""

    active: bool


class WatchPresence(Command):
    """The presence of these people now, and ``presence`` events from now on; a new list replaces the old one."""

    account_ids: Annotated[list[Id], Meta(max_length=100)]


class FetchAccountChanges(Command):
    """What happened to one's own account after a version one has seen."""

    after_version: Position


# Replies


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


# Events that are not entries


class ServerInfo(Body):
    """What this server is, and the limits it keeps."""

    name: str
    version: str
    protocol: list[int]
    epoch: str
    limits: dict[str, int]


class Ready(Body):
    """The first event: who one is, and the 200 most recently active conversations."""

    account: Account
    account_version: int
    server: ServerInfo
    recovered: bool
    conversations: list[Conversation]
    more: bool


class Heads(Body):
    """The newest ``seq`` of conversations that changed: whoever has less is behind and fetches."""

    epoch: str
    account_version: int
    heads: dict[int, int]


class Receipt(Body):
    """Somebody has read up to ``read_seq``; one's own comes with ``account_version``."""

    conversation_id: int
    account_id: int
    read_seq: int
    account_version: int | None = None


class Typing(Body):
    """Somebody writes; forget it at ``until`` (0: they have stopped)."""

    conversation_id: int
    account_id: int
    until: int


class ConversationAdded(Body):
    """One belongs to a conversation now."""

    account_version: int
    conversation: Conversation


class ConversationRemoved(Body):
    """One belongs to a conversation no longer."""

    account_version: int
    conversation_id: int


class PreferencesChanged(Body):
    """One's own choices for a conversation, made on another device perhaps."""

    account_version: int
    conversation_id: int
    preferences: Preferences


class AccountChanged(Body):
    """One's own account looks different now."""

    account_version: int
    account: Account


class Draining(Body):
    """This worker stops; reconnect after about that long."""

    retry_after_ms: int


COMMANDS: dict[str, tuple[type[Command], type[Body]]] = {
    "send_message": (SendMessage, MessageSent),
    "edit_message": (EditMessage, EntryAppended),
    "delete_message": (DeleteMessage, EntryAppended),
    "add_reaction": (ReactToMessage, EntryAppended),
    "remove_reaction": (ReactToMessage, EntryAppended),
    "fetch_entries": (FetchEntries, EntriesPage),
    "fetch_messages": (FetchMessages, MessagesPage),
    "mark_read": (MarkRead, ReadState),
    "start_typing": (InConversation, Nothing),
    "stop_typing": (InConversation, Nothing),
    "open_direct": (OpenDirect, Conversation),
    "create_group": (CreateGroup, Conversation),
    "change_conversation": (ChangeConversation, Conversation),
    "leave_conversation": (InConversation, Nothing),
    "add_members": (AddMembers, Conversation),
    "remove_member": (RemoveMember, Nothing),
    "set_role": (SetRole, Nothing),
    "list_conversations": (ListConversations, ConversationsPage),
    "get_conversation": (InConversation, Conversation),
    "list_members": (ListMembers, MembersPage),
    "set_preferences": (SetPreferences, Preferences),
    "find_people": (FindPeople, Accounts),
    "get_accounts": (GetAccounts, Accounts),
    "set_active": (SetActive, Nothing),
    "watch_presence": (WatchPresence, Presences),
    "fetch_account_changes": (FetchAccountChanges, AccountChanges),
}
"""Every command of the namespace: what it takes, and what its reply carries in ``data``."""

EVENTS: dict[str, tuple[type, ...]] = {
    "ready": (Ready,),
    "heads": (Heads,),
    "receipt": (Receipt,),
    "typing": (Typing,),
    "presence": (Presence,),
    "conversation_added": (ConversationAdded,),
    "conversation_removed": (ConversationRemoved,),
    "preferences_changed": (PreferencesChanged,),
    "account_changed": (AccountChanged,),
    "draining": (Draining,),
    **{kind: (Entry, str) for kind in ENTRY_DATA},
}
"""Every event of the namespace with its arguments; an entry comes with its offset."""
