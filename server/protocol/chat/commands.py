"""What a client may ask in the chat namespace."""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from server.protocol.base import (
    MAX_FILES_PER_MESSAGE,
    NO_NUL,
    ClientId,
    Command,
    Cursor,
    Description,
    Emoji,
    Id,
    InviteCode,
    MessageText,
    Milliseconds,
    Name,
    Note,
    PictureId,
    Position,
    Query,
    Seq,
    StatusEmoji,
    StatusText,
)
from server.protocol.chat.things import Chosen, History, Notify, Who


class SendMessage(Command):
    """Say something. Answered after the commit; the same ``client_id`` and content gets the first answer again."""

    conversation_id: Id
    client_id: ClientId
    text: MessageText
    reply_to_seq: Seq | None = None
    file_ids: Annotated[list[Id], Meta(max_length=MAX_FILES_PER_MESSAGE)] = msgspec.field(default_factory=list)


class EditMessage(Command):
    """Change the text of a message of one's own; what was forwarded stays as it was written."""

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


class PinMessage(Command):
    """Put a message on top of its conversation for everybody, or take it down again.

    Both people of a direct conversation may; in a group whoever may write there.
    """

    conversation_id: Id
    seq: Seq


class ListPins(Command):
    """The pinned messages of a conversation in their current state, the last pinned first."""

    conversation_id: Id
    limit: Annotated[int, Meta(ge=1, le=50)] = 50
    cursor: Cursor | None = None


class ForwardMessage(Command):
    """Say what somebody said in one conversation again in another one, with its files, naming who wrote it first.

    Nobody is called by it. Answered like ``send_message``, under the same rule for ``client_id``.
    """

    conversation_id: Id
    seq: Seq
    to_conversation_id: Id
    client_id: ClientId


class RemovePreviews(Command):
    """Take the cards away from a message of one's own."""

    conversation_id: Id
    seq: Seq


class ReportMessage(Command):
    """Tell the admins of the group and of the server about a message; they see its words, and who reports it."""

    conversation_id: Id
    seq: Seq
    reason: Annotated[str, Meta(max_length=500, pattern=NO_NUL)]


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


class MarkReceived(Command):
    """Everything up to ``seq`` has come to this device; the mark only moves forward.

    Kept only in conversations of up to 20. Clients gather for a second or two and send the last one; what they have
    marked as read needs no such mark.
    """

    conversation_id: Id
    seq: Seq


class TraceMessage(Command):
    """Where is this message? One's own: stored, sent, and as much of who has got it as receipts show. Admins of the
    server may ask about anybody's and see everybody, with reasons; a page of members at a time, longest-serving first.
    """

    conversation_id: Id
    seq: Seq
    limit: Annotated[int, Meta(ge=1, le=200)] = 100
    cursor: Cursor | None = None


class InConversation(Command):
    """A command that names a conversation and nothing else."""

    conversation_id: Id


class OpenDirect(Command):
    """The conversation of two people; the same one every time. With a disabled account none is begun."""

    account_id: Id


class CreateGroup(Command):
    """A new group with its first members; the creator becomes its owner. ``open``: anybody on this server may find and
    join it.
    """

    client_id: ClientId
    title: Name
    account_ids: Annotated[list[Id], Meta(max_length=500)]
    open: bool = False
    description: Description | None = None
    picture_file_id: Id | None = None


class ChangeRules(Command):
    """Who may do what in a group, and what those who join from now on see of the past; what is left out stays."""

    post: Who | None = None
    invite: Who | None = None
    mention_all: Who | None = None
    history: History | None = None


class ChangeConversation(Command):
    """Rename or describe a group, or change its picture or rules; what is left out stays."""

    conversation_id: Id
    title: Name | None = None
    description: Description | None = None
    picture_file_id: PictureId | None = None
    rules: ChangeRules | None = None


class AddMembers(Command):
    """Bring people into a group."""

    conversation_id: Id
    account_ids: Annotated[list[Id], Meta(min_length=1, max_length=100)]


class RemoveMember(Command):
    """Take somebody out of a group. They come back when a member adds them, not by themselves: neither by a link nor
    because it is open.
    """

    conversation_id: Id
    account_id: Id


class SetRole(Command):
    """Make a member an admin of the group, or an admin a member again."""

    conversation_id: Id
    account_id: Id
    role: Literal["admin", "member"]


class HandOver(Command):
    """Make another member the owner of the group; one becomes an admin of it."""

    conversation_id: Id
    account_id: Id


class CreateInvite(Command):
    """A link that brings people into a group: for so long, and for so many, or for as many as come."""

    conversation_id: Id
    good_for_s: Annotated[int, Meta(ge=60, le=31_536_000)] = 604_800
    uses: Annotated[int, Meta(ge=1, le=10_000)] | None = None


class RevokeInvite(Command):
    """Nobody comes in by this link any more."""

    conversation_id: Id
    invite_id: Id


class JoinByInvite(Command):
    """Join a group by the code of a link. Codes that are wrong, too old, used up, or of somebody who has blocked one
    get the same answer.
    """

    code: InviteCode


class FindOpenConversations(Command):
    """The open conversations of this server whose name or description has words that begin with ``query``, most
    recently active first; all of them when it is empty.
    """

    query: Query = ""
    limit: Annotated[int, Meta(ge=1, le=100)] = 50
    cursor: Cursor | None = None


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


class SearchMessages(Command):
    """Messages with all words of ``query``, in their text or in the name of a file, that one may see now.

    A word of three letters or more finds longer ones that begin with it; quotes keep words together as they are. Of
    Korean, Japanese and Chinese any part of a word is found. Case, width and accents do not count. ``query`` may be
    empty beside a filter. ``best`` looks at the newest 300 that fit.
    """

    query: Query = ""
    conversation_id: Id | None = None
    from_id: Id | None = None
    after: Annotated[Milliseconds | None, Meta(description="sent at this time or later")] = None
    before: Annotated[Milliseconds | None, Meta(description="sent earlier than that")] = None
    has: Literal["image", "file", "link", "pin"] | None = None
    order: Literal["newest", "best"] = "newest"
    limit: Annotated[int, Meta(ge=1, le=50)] = 20
    cursor: Cursor | None = None


class ListContacts(Command):
    """People one is connected with, requests, and whom one has blocked; what came last is first.

    Accounts that are no longer in use are left out, but for blocked ones.
    """

    filter: Literal["all", "contacts", "received", "sent", "blocked"] = "all"
    limit: Annotated[int, Meta(ge=1, le=200)] = 100
    cursor: Cursor | None = None


class RequestContact(Command):
    """Ask somebody to be a contact; who has asked oneself is thereby accepted. Asking again changes nothing."""

    account_id: Id
    note: Note | None = None


class AnswerContact(Command):
    """Accept or decline somebody's request."""

    account_id: Id
    accept: bool


class WithPerson(Command):
    """A command that names a person and nothing else."""

    account_id: Id


class SetActive(Command):
    """Whether this device has the person's attention; none active for 5 minutes is ``away``."""

    active: bool


class WatchPresence(Command):
    """The presence of these people now, and ``presence`` events from now on; a new list replaces the old one."""

    account_ids: Annotated[list[Id], Meta(max_length=100)]


class SetStatus(Command):
    """What one shows of oneself from now on, until ``until``; what is left out is empty, or `auto`."""

    text: StatusText = ""
    emoji: StatusEmoji = ""
    availability: Chosen = "auto"
    until: Milliseconds | None = None


class FetchAccountChanges(Command):
    """What happened to one's own account after a version one has seen."""

    after_version: Position
