"""Messages appended in groups: what many people say at once is written by a few statements."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field

import msgspec

from server import records
from server.errors import ChatError, ClientIdConflict, Invalid
from server.protocol import chat
from server.storage import files, log, membership, mentions
from server.storage.known import Known, known
from server.storage.models import Message
from server.storage.unit import (
    Query,
    Rows,
    execute_many,
    hold,
    holding,
    repeatable,
    several_write,
    together,
    wanted,
)

EXCERPT = 200

MayPost = Callable[[records.Conversation, records.Membership], None]
MayMentionAll = Callable[[records.Conversation, records.Membership], bool]


class Draft(msgspec.Struct, frozen=True):
    """What somebody wants to say; ``names`` are the folded usernames that its text may call."""

    conversation_id: int
    client_id: str
    text: str
    reply_to_seq: int | None = None
    file_ids: tuple[int, ...] = ()
    forward_of: chat.Origin | None = None
    shared: tuple[records.StoredFile, ...] = ()
    """The files of a message that is forwarded: the new one has their bytes in common with it."""
    names: frozenset[str] = frozenset()
    everyone: bool = False

    def content_hash(self) -> bytes:
        """Tells a repeat from another message under the same ``client_id``.

        What is forwarded is told by where it comes from: its words may have been changed since.
        """
        content: tuple[object, ...] = (self.conversation_id, self.text, self.reply_to_seq, self.file_ids)
        if self.forward_of is not None:
            content = (self.conversation_id, self.forward_of)
        return hashlib.blake2b(msgspec.json.encode(content), digest_size=16).digest()


Piece = tuple[int, Draft, int, MayPost, MayMentionAll]
"""A call of ``append_message``: sender, draft, time, and the two rules."""


def append_messages(pieces: Sequence[Piece]) -> list[chat.MessageSent | ChatError]:
    """Appends messages of many senders in their order, with a few statements for all of them.

    Outcomes are in the order of ``pieces``: the place, or the refusal that only this sender hears.
    """
    if several_write():
        hold(*_rows_of(pieces))
    places = ((draft.conversation_id, sender) for sender, draft, *_ in pieces)
    earlier = _earlier_query((sender, draft.client_id) for sender, draft, *_ in pieces)
    with known(places, earlier) as (found, rows):
        group = _Group(
            known=found,
            earlier={(row[0], row[1]): _Earlier(*row[2:]) for row in rows},
            position=log.position_before(),
        )
        outcomes: list[chat.MessageSent | ChatError] = []
        for piece in pieces:
            try:
                outcomes.append(group.place(*piece))
            except ChatError as error:
                outcomes.append(error)
        group.write()
    return outcomes


def _rows_of(pieces: Iterable[Piece]) -> Rows:
    """Behind these locks a look finds every repeat, removal and message that another process has committed."""
    places = {(draft.conversation_id, sender_id) for sender_id, draft, *_ in pieces}
    return Rows(conversations={conversation_id for conversation_id, _ in places}, memberships=places)


@repeatable
@holding(lambda *piece: _rows_of([piece]))
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

    known: Known
    earlier: dict[tuple[int, str], _Earlier]
    position: int
    entries: list[records.Entry] = field(default_factory=list)
    rows: list[tuple[object, ...]] = field(default_factory=list)
    mentions: list[tuple[int, int, int]] = field(default_factory=list)
    read_marks: dict[tuple[int, int], int] = field(default_factory=dict)
    last_at: dict[int, tuple[int, int]] = field(default_factory=dict)
    first_words: list[tuple[int, int]] = field(default_factory=list)

    def place(
        self, sender_id: int, draft: Draft, now: int, may_post: MayPost, may_mention_all: MayMentionAll
    ) -> chat.MessageSent:
        """Takes the next place for one draft, or finds the one it already has."""
        earlier = self.earlier.get((sender_id, draft.client_id))
        if earlier is not None:
            return _repeated(earlier, draft)
        conversation, member = self.known.of(draft.conversation_id, sender_id)
        may_post(conversation, member)
        quote = _quote(draft, member) if draft.reply_to_seq else None
        everyone = draft.everyone and may_mention_all(conversation, member)
        called = mentions.called(conversation.id, draft.names, everyone) if draft.names or everyone else []
        seq = self.known.heads[conversation.id] + 1
        # The last thing that can refuse, since it writes.
        attached = _attached(draft, sender_id, seq) if draft.file_ids or draft.shared else ()
        self.known.heads[conversation.id] = seq
        body = chat.Message(
            conversation_id=conversation.id,
            seq=seq,
            client_id=draft.client_id,
            sender_id=sender_id,
            sent_at=now,
            text=draft.text,
            attachments=[files.body(stored) for stored in attached],
            mentions=mentions.shown(called),
            reactions=[],
            reply_to=quote,
            forward_of=draft.forward_of,
        )
        self._note(draft, body)
        self.mentions += [(conversation.id, seq, account_id) for account_id in called]
        if seq == 1 and conversation.kind == "direct":
            self.first_words.append((conversation.id, sender_id))
        return chat.MessageSent(conversation_id=conversation.id, seq=seq, sent_at=now, duplicate=False)

    def _note(self, draft: Draft, body: chat.Message) -> None:
        """What is to be written for one message."""
        conversation_id, seq, sender_id, at = body.conversation_id, body.seq, body.sender_id, body.sent_at
        self.position += 1
        data = msgspec.json.encode(body)
        self.entries.append(records.Entry(self.position, conversation_id, seq, "message_created", sender_id, at, data))
        content_hash = draft.content_hash()
        places = (draft.reply_to_seq, seq, len(body.attachments))
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
        mentions.add(self.mentions)
        execute_many(
            "update conversation set head_seq = ?, last_message_seq = ?, last_active_at = ? where id = ?",
            [(seq, seq, at, conversation_id) for conversation_id, (seq, at) in self.last_at.items()],
        )
        # Whoever writes has read what is above.
        execute_many(
            "update membership set read_seq = ? where conversation_id = ? and account_id = ?",
            [(seq, conversation_id, account_id) for (conversation_id, account_id), seq in self.read_marks.items()],
        )
        for conversation_id, sender_id in self.first_words:
            membership.announce_direct(conversation_id, sender_id)
        # Last, so that the conversation has appeared when its first words arrive.
        log.insert(self.entries)


def _earlier_query(keys: Iterable[tuple[int, str]]) -> Query:
    begin, parameters = wanted("sender_id, client_id", keys)
    return (
        f"{begin} select m.sender_id, m.client_id, m.conversation_id, m.seq, m.sent_at, m.content_hash from wanted w "
        "cross join message m where m.sender_id = w.sender_id and m.client_id = w.client_id",
        parameters,
    )


def _repeated(earlier: _Earlier, draft: Draft) -> chat.MessageSent:
    # A deleted message has no hash any more: the repeat cannot be told apart, and its first answer is still right.
    if earlier.content_hash is not None and earlier.content_hash != draft.content_hash():
        raise ClientIdConflict("This client_id already labels another message of yours.", field="client_id")
    return chat.MessageSent(
        conversation_id=earlier.conversation_id, seq=earlier.seq, sent_at=earlier.sent_at, duplicate=True
    )


def _attached(draft: Draft, sender_id: int, seq: int) -> list[records.StoredFile]:
    if draft.shared:
        return files.share(draft.shared, sender_id, draft.conversation_id, seq)
    return files.attach(draft.file_ids, sender_id, draft.conversation_id, seq)


def _quote(draft: Draft, member: records.Membership) -> chat.Quote:
    found = Message.get_or_none(
        (Message.conversation_id == draft.conversation_id) & (Message.seq == draft.reply_to_seq)
    )
    if found is None or found.seq < member.history_from_seq:
        raise Invalid("The message that is answered does not exist.", field="reply_to_seq")
    return chat.Quote(seq=found.seq, sender_id=found.sender_id, excerpt=found.text[:EXCERPT])
