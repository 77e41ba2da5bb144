"""Messages: appended in groups, edited, deleted, reacted to. Each change is a line of the log."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Literal

import msgspec

from server import records
from server.errors import ChatError, ClientIdConflict, Forbidden, Invalid, NotFound
from server.protocol import chat
from server.storage import files, log, membership
from server.storage.database import execute_many, fetch_all, padded, together
from server.storage.models import Mention, Message, Reaction

EXCERPT = 200
EVERYONE = 0
"""Stands for ``@all`` where an account is mentioned."""

MAX_EMOJI_PER_MESSAGE = 20

MayPost = Callable[[records.Conversation, records.Membership], None]
MayMentionAll = Callable[[records.Conversation, records.Membership], bool]
MayDelete = Callable[[records.Conversation, records.Membership, int], None]


class Draft(msgspec.Struct, frozen=True):
    """What somebody wants to say; ``names`` are the folded usernames that its text may call."""

    conversation_id: int
    client_id: str
    text: str
    reply_to_seq: int | None = None
    file_ids: tuple[int, ...] = ()
    names: frozenset[str] = frozenset()
    everyone: bool = False

    def content_hash(self) -> bytes:
        """Tells a repeat from another message under the same ``client_id``."""
        content = msgspec.json.encode((self.conversation_id, self.text, self.reply_to_seq, self.file_ids))
        return hashlib.blake2b(content, digest_size=16).digest()


Piece = tuple[int, Draft, int, MayPost, MayMentionAll]
"""A call of ``append_message``: sender, draft, time, and the two rules."""


def append_messages(pieces: Sequence[Piece]) -> list[chat.MessageSent | ChatError]:
    """Appends messages of many senders in their order, with a few statements for all of them.

    Outcomes are in the order of ``pieces``: the place, or the refusal that only this sender hears.
    """
    group = _Group.looked_up(pieces)
    outcomes: list[chat.MessageSent | ChatError] = []
    for piece in pieces:
        try:
            outcomes.append(group.place(*piece))
        except ChatError as error:
            outcomes.append(error)
    group.write()
    return outcomes


@together(append_messages)
def append_message(
    sender_id: int, draft: Draft, now: int, may_post: MayPost, may_mention_all: MayMentionAll
) -> chat.MessageSent:
    """Appends one message. The same ``client_id`` and content gets its first place again.

    Raises NotFound, ClientIdConflict, Invalid (``reply_to_seq``, ``file_ids``), or what the rules raise.
    """
    [outcome] = append_messages([(sender_id, draft, now, may_post, may_mention_all)])
    if isinstance(outcome, ChatError):
        raise outcome
    return outcome


class _Earlier(msgspec.Struct, frozen=True):
    conversation_id: int
    seq: int
    sent_at: int
    content_hash: bytes | None


@dataclass(slots=True)
class _Group:
    """What a group of appends needs to know and is about to write."""

    conversations: dict[int, records.Conversation]
    memberships: dict[tuple[int, int], records.Membership]
    earlier: dict[tuple[int, str], _Earlier]
    heads: dict[int, int]
    position: int
    entries: list[records.Entry] = field(default_factory=list)
    rows: list[tuple[object, ...]] = field(default_factory=list)
    mentions: list[tuple[int, int, int]] = field(default_factory=list)
    read_marks: dict[tuple[int, int], int] = field(default_factory=dict)
    last_at: dict[int, tuple[int, int]] = field(default_factory=dict)
    first_words: dict[int, int] = field(default_factory=dict)

    @classmethod
    def looked_up(cls, pieces: Sequence[Piece]) -> _Group:
        """A group with everything read that its pieces refer to, by a statement each."""
        ids = {draft.conversation_id for _, draft, *_ in pieces}
        conversations = membership.conversations(ids)
        return cls(
            conversations=conversations,
            memberships=membership.memberships((draft.conversation_id, sender) for sender, draft, *_ in pieces),
            earlier=_earlier((sender, draft.client_id) for sender, draft, *_ in pieces),
            heads={id_: conversation.head_seq for id_, conversation in conversations.items()},
            position=log.last_position(),
        )

    def place(
        self, sender_id: int, draft: Draft, now: int, may_post: MayPost, may_mention_all: MayMentionAll
    ) -> chat.MessageSent:
        """Takes the next place for one draft, or finds the one it already has."""
        earlier = self.earlier.get((sender_id, draft.client_id))
        if earlier is not None:
            return _repeated(earlier, draft)
        conversation = self.conversations.get(draft.conversation_id)
        member = self.memberships.get((draft.conversation_id, sender_id))
        if conversation is None or member is None:
            raise NotFound("There is no such conversation.", field="conversation_id")
        may_post(conversation, member)
        quote = _quote(draft, member) if draft.reply_to_seq else None
        everyone = draft.everyone and may_mention_all(conversation, member)
        mentions = _mentions(conversation.id, draft.names, everyone)
        seq = self.heads[conversation.id] + 1
        # The last thing that can refuse, since it writes.
        attached = files.attach(draft.file_ids, sender_id, conversation.id, seq) if draft.file_ids else ()
        self.heads[conversation.id] = seq
        body = chat.Message(
            conversation_id=conversation.id,
            seq=seq,
            client_id=draft.client_id,
            sender_id=sender_id,
            sent_at=now,
            text=draft.text,
            attachments=[files.body(stored) for stored in attached],
            mentions=shown_mentions(mentions),
            reactions=[],
            reply_to=quote,
        )
        self._note(draft, body)
        self.mentions += [(conversation.id, seq, account_id) for account_id in mentions]
        if conversation.kind == "direct" and conversation.head_seq == 0:
            self.first_words.setdefault(conversation.id, sender_id)
        return chat.MessageSent(conversation_id=conversation.id, seq=seq, sent_at=now, duplicate=False)

    def _note(self, draft: Draft, body: chat.Message) -> None:
        """What is to be written for one message."""
        conversation_id, seq, sender_id, at = body.conversation_id, body.seq, body.sender_id, body.sent_at
        self.position += 1
        data = msgspec.json.encode(body)
        self.entries.append(records.Entry(self.position, conversation_id, seq, "message_created", sender_id, at, data))
        content_hash = draft.content_hash()
        places = (draft.reply_to_seq, seq, len(draft.file_ids))
        self.rows.append((conversation_id, seq, sender_id, draft.client_id, content_hash, at, draft.text, *places))
        self.read_marks[conversation_id, sender_id] = seq
        self.last_at[conversation_id] = (seq, at)
        self.earlier[sender_id, draft.client_id] = _Earlier(conversation_id, seq, at, content_hash)

    def write(self) -> None:
        """Everything noted, by a statement a table."""
        execute_many(
            "insert into message (conversation_id, seq, sender_id, client_id, content_hash, sent_at, text, "
            "reply_to_seq, changed_seq, file_count) values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            self.rows,
        )
        execute_many("insert into mention (conversation_id, seq, account_id) values (?, ?, ?)", self.mentions)
        execute_many(
            "update conversation set head_seq = ?, last_message_seq = ?, last_active_at = ? where id = ?",
            [(self.heads[id_], seq, at, id_) for id_, (seq, at) in self.last_at.items()],
        )
        # Whoever writes has read what is above.
        execute_many(
            "update membership set read_seq = ? where conversation_id = ? and account_id = ?",
            [(seq, conversation_id, account_id) for (conversation_id, account_id), seq in self.read_marks.items()],
        )
        for conversation_id, sender_id in self.first_words.items():
            membership.announce_direct(conversation_id, sender_id)
        # Last, so that the conversation has appeared when its first words arrive.
        log.insert(self.entries)


def _earlier(keys: Iterable[tuple[int, str]]) -> dict[tuple[int, str], _Earlier]:
    pairs = padded(keys)
    marks = ", ".join(["(?, ?)"] * len(pairs))
    rows = fetch_all(
        # `(a, b) in (values ...)` would read the whole index: joined from the wanted side, each is one look-up.
        f"with wanted (sender_id, client_id) as (values {marks}) "
        "select m.sender_id, m.client_id, m.conversation_id, m.seq, m.sent_at, m.content_hash from wanted w "
        "cross join message m where m.sender_id = w.sender_id and m.client_id = w.client_id",
        [value for pair in pairs for value in pair],
    )
    return {(row[0], row[1]): _Earlier(*row[2:]) for row in rows}


def _repeated(earlier: _Earlier, draft: Draft) -> chat.MessageSent:
    # A deleted message has no hash any more: the repeat cannot be told apart, and its first answer is still right.
    if earlier.content_hash is not None and earlier.content_hash != draft.content_hash():
        raise ClientIdConflict("This client_id already labels another message of yours.", field="client_id")
    return chat.MessageSent(
        conversation_id=earlier.conversation_id, seq=earlier.seq, sent_at=earlier.sent_at, duplicate=True
    )


def _quote(draft: Draft, member: records.Membership) -> chat.Quote:
    found = Message.get_or_none(
        (Message.conversation_id == draft.conversation_id) & (Message.seq == draft.reply_to_seq)
    )
    if found is None or found.seq < member.history_from_seq:
        raise Invalid("The message that is answered does not exist.", field="reply_to_seq")
    return chat.Quote(seq=found.seq, sender_id=found.sender_id, excerpt=found.text[:EXCERPT])


def _mentions(conversation_id: int, names: frozenset[str], everyone: bool) -> list[int]:
    called = membership.named(conversation_id, names) if names else []
    return [*called, EVERYONE] if everyone else called


def shown_mentions(account_ids: Iterable[int]) -> list[int | Literal["all"]]:
    """Mentions as the wire has them: account ids, and ``all``."""
    return ["all" if account_id == EVERYONE else account_id for account_id in account_ids]


def edit_message(
    actor_id: int,
    conversation_id: int,
    seq: int,
    draft: Draft,
    now: int,
    may_mention_all: MayMentionAll,
) -> int:
    """Changes a message of one's own to ``draft.text``; returns the ``seq`` of the entry that says so."""
    conversation, member, message = _message(actor_id, conversation_id, seq)
    if message.sender_id != actor_id:
        raise Forbidden("You can edit your own messages only.")
    if message.deleted_at is not None:
        raise Forbidden("This message has been deleted.")
    if not draft.text.strip() and not message.file_count:
        raise Invalid("A message needs a text or a file.", field="text")
    if message.text == draft.text:
        return int(message.changed_seq)
    mentions = _mentions(conversation_id, draft.names, draft.everyone and may_mention_all(conversation, member))
    body = chat.MessageEdited(target_seq=seq, text=draft.text, mentions=shown_mentions(mentions), edited_at=now)
    entry = log.append(conversation_id, "message_edited", actor_id, now, body, seq)
    _update(message, text=draft.text, edited_at=now, changed_seq=entry.seq)
    _forget_mentions(conversation_id, seq)
    execute_many(
        "insert into mention (conversation_id, seq, account_id) values (?, ?, ?)",
        [(conversation_id, seq, account_id) for account_id in mentions],
    )
    return entry.seq


def delete_message(
    actor_id: int, conversation_id: int, seq: int, now: int, may_delete: MayDelete
) -> tuple[int, list[str]]:
    """Takes a message's words and files away for everybody, in the log and in quotes too.

    Returns the ``seq`` of the entry that says so, and the keys of the files whose bytes may go.
    """
    conversation, member, message = _message(actor_id, conversation_id, seq)
    may_delete(conversation, member, message.sender_id)
    if message.deleted_at is not None:
        return message.changed_seq, []
    entry = log.append(conversation_id, "message_deleted", actor_id, now, chat.MessageDeleted(target_seq=seq), seq)
    _update(message, text="", content_hash=None, deleted_at=now, changed_seq=entry.seq, file_count=0)
    _forget_mentions(conversation_id, seq)
    log.redact(conversation_id, seq)
    quoting = Message.select(Message.seq).where(
        (Message.conversation_id == conversation_id) & (Message.reply_to_seq == seq)
    )
    log.redact_quotes(conversation_id, [quote.seq for quote in quoting])
    return entry.seq, files.release(conversation_id, seq)


def set_reaction(actor_id: int, conversation_id: int, seq: int, emoji: str, active: bool, now: int) -> int:
    """Adds or takes back a reaction; returns the ``seq`` of the entry that says so, the earlier one if it stood."""
    _, _, message = _message(actor_id, conversation_id, seq)
    if message.deleted_at is not None:
        raise Forbidden("This message has been deleted.")
    reactions = (Reaction.conversation_id == conversation_id) & (Reaction.target_seq == seq)
    own = Reaction.get_or_none(reactions & (Reaction.account_id == actor_id) & (Reaction.emoji == emoji))
    if own is not None and own.active == active:
        return int(own.seq)
    if own is None and not active:
        return int(message.changed_seq)
    if active:
        _check_room_for(emoji, {row.emoji for row in Reaction.select().where(reactions & Reaction.active)})
    kind = "reaction_added" if active else "reaction_removed"
    entry = log.append(conversation_id, kind, actor_id, now, chat.ReactionChanged(target_seq=seq, emoji=emoji), seq)
    row = (conversation_id, seq, actor_id, emoji, active, entry.seq)
    execute_many(
        "insert into reaction (conversation_id, target_seq, account_id, emoji, active, seq) values (?, ?, ?, ?, ?, ?) "
        "on conflict (conversation_id, target_seq, account_id, emoji) "
        "do update set active = excluded.active, seq = excluded.seq",
        [row],
    )
    return entry.seq


def _check_room_for(emoji: str, present: set[str]) -> None:
    if emoji not in present and len(present) >= MAX_EMOJI_PER_MESSAGE:
        raise Invalid(f"A message carries at most {MAX_EMOJI_PER_MESSAGE} different reactions.", field="emoji")


def _message(actor_id: int, conversation_id: int, seq: int) -> tuple[records.Conversation, records.Membership, Message]:
    """A message that a member may see, with where it stands. Raises NotFound."""
    conversation, member = membership.of(conversation_id, actor_id)
    message = Message.get_or_none((Message.conversation_id == conversation_id) & (Message.seq == seq))
    if message is None or seq < member.history_from_seq:
        raise NotFound("There is no such message.", field="seq")
    return conversation, member, message


def _update(message: Message, **columns: object) -> None:
    place = (Message.conversation_id == message.conversation_id) & (Message.seq == message.seq)
    Message.update(**columns).where(place).execute()


def _forget_mentions(conversation_id: int, seq: int) -> None:
    Mention.delete().where((Mention.conversation_id == conversation_id) & (Mention.seq == seq)).execute()
