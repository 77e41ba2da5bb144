"""What people, conversations, messages and entries look like."""

from __future__ import annotations

from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta

from server import records
from server.protocol.base import Body

Role = Literal["owner", "admin", "member"]
ServerRole = Literal["owner", "admin", "person", "bot"]
Availability = Literal["online", "away", "busy", "offline"]
Chosen = Literal["auto", "away", "busy"]
Notify = Literal["all", "mentions", "nothing"]
Relation = Literal["none", "sent", "received", "contact", "blocked"]
Who = Literal["member", "admin"]
History = Literal["all", "joined"]
EntryKind = Literal[
    "message_created",
    "message_edited",
    "message_deleted",
    "reaction_added",
    "reaction_removed",
    "message_pinned",
    "message_unpinned",
    "previews_changed",
    "member_added",
    "member_removed",
    "role_changed",
    "conversation_changed",
    "conversation_dissolved",
]


class Account(Body):
    """A person or a bot, as others see them. Nobody signs in any more, nor is written to, where it is ``disabled``."""

    id: int
    username: str
    display_name: str
    role: ServerRole
    picture_url: str | None = None
    disabled: bool = False


class Contact(Body):
    """What somebody is to oneself. ``sent`` and ``received`` are requests, with the ``note`` of whoever asked.

    ``blocked``: by oneself. Nobody is told by whom they are blocked.
    """

    account: Account
    relation: Relation
    since: int | None = None
    note: str | None = None


class Status(Body):
    """What somebody shows of themselves, all of it over at ``until``. ``auto``: as reachable as their devices are."""

    text: str = ""
    emoji: str = ""
    availability: Chosen = "auto"
    until: int | None = None


class OwnAccount(Account):
    """One's own account, with what one shows and hides. Whoever hides when they were last here, or how far they have
    read, does not see it of others either.
    """

    status: Status | None = None
    hides_last_seen: bool = False
    hides_receipts: bool = False


class Rules(Body):
    """Who may do what in a group, and what new members see of the past."""

    post: Who
    invite: Who
    mention_all: Who
    history: History


class Preferences(Body):
    """One member's own choices for one conversation."""

    notify: Notify
    pinned: bool
    archived: bool
    muted_until: int | None = None


_BLUR = "What stands for the picture until it is there: a tiny one as a `data:` address, or a colour, #rrggbb."


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
    blur: Annotated[str, Meta(description=_BLUR)] | None = None


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


class Origin(Body):
    """Who first wrote a message that was forwarded, and when."""

    sender_id: int
    sent_at: int


class Preview(Body):
    """The card under a message, about the page that its first link leads to; ``image`` is the server's own copy."""

    url: str
    title: str
    description: str | None = None
    site_name: str | None = None
    image: File | None = None


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
    forward_of: Origin | None = None
    edited_at: int | None = None
    deleted_at: int | None = None
    pinned_at: int | None = None
    previews: list[Preview] = msgspec.field(default_factory=list)


class LastMessage(Body):
    """The newest message of a conversation for the list; ``text`` is cut at 200 characters."""

    seq: int
    sender_id: int
    sent_at: int
    text: str
    attachment_count: int
    deleted: bool


class Conversation(Body):
    """A conversation as one member sees it. One with ``dissolved_at`` can be read, and nobody writes in it."""

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
    dissolved_at: int | None = None
    last_message: LastMessage | None = None
    # Named `with` on the wire: the other person of a direct conversation.
    with_account: Account | None = msgspec.field(default=None, name="with")
    relation: Annotated[Relation | None, Meta(description="to the other person of a direct conversation")] = None


class Member(Body):
    """Who belongs to a conversation, and how far they have read and received.

    In conversations of more than 20 ``received_seq`` is not kept, and what was read is all that is known. Both are left
    out where somebody hides them, and of everybody else where one hides one's own.
    """

    account: Account
    role: Role
    joined_at: int
    read_seq: int | None = None
    received_seq: int | None = None


class Entry(Body):
    """One line of a conversation's log; ``data`` is of the type that its ``kind`` names."""

    conversation_id: int
    seq: int
    kind: EntryKind
    actor_id: int
    at: int
    data: Any

    @classmethod
    def of(cls, entry: records.Entry) -> Entry:
        """A line of the log as the wire has it; its data goes out as it was written."""
        return cls(
            conversation_id=entry.conversation_id,
            seq=entry.seq,
            kind=entry.kind,  # type: ignore[arg-type]
            actor_id=entry.actor_id,
            at=entry.at,
            data=msgspec.Raw(entry.data),
        )


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


class PinChanged(Body):
    """The actor put a message on top of its conversation, or took it down again."""

    target_seq: int


class PreviewsChanged(Body):
    """The cards under a message are these now; they come a moment after it, where the server makes any."""

    target_seq: int
    previews: list[Preview]


class MemberChanged(Body):
    """Somebody joined, left or got another role. Whoever is removed gets this entry as the last one.

    ``by`` invite with the joining person as actor: by a link.
    """

    account_id: int
    role: Role
    by: Literal["invite", "self", "admin"]


class GroupRulesChanged(Body):
    """The rules that have changed; what is absent stayed. ``history`` holds for those who join from then on."""

    post: Who | None = None
    invite: Who | None = None
    mention_all: Who | None = None
    history: History | None = None


class ConversationChanged(Body):
    """What changed about the conversation itself; what is absent stayed. Without a picture its address is empty."""

    title: str | None = None
    description: str | None = None
    picture_url: str | None = None
    rules: GroupRulesChanged | None = None


class ConversationDissolved(Body):
    """Its owner has ended the conversation: it can be read, and nobody writes in it any more."""


ENTRY_DATA: dict[str, type] = {
    "message_created": Message,
    "message_edited": MessageEdited,
    "message_deleted": MessageDeleted,
    "reaction_added": ReactionChanged,
    "reaction_removed": ReactionChanged,
    "message_pinned": PinChanged,
    "message_unpinned": PinChanged,
    "previews_changed": PreviewsChanged,
    "member_added": MemberChanged,
    "member_removed": MemberChanged,
    "role_changed": MemberChanged,
    "conversation_changed": ConversationChanged,
    "conversation_dissolved": ConversationDissolved,
}
"""What an entry of each kind carries in ``data``."""
