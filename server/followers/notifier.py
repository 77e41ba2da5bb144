"""Who is to be told of what was said: reads the log, writes the inboxes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Literal

import msgspec

from server.clock import Now
from server.protocol import chat
from server.records import Account, Conversation, Entry
from server.storage import accounts, listeners, membership, notifications, telling
from server.storage.listeners import Listener
from server.storage.telling import Call

NAME = "notifier"
SAID = "message_created"
BODY_LENGTH = 200


class _Said(msgspec.Struct):
    """What the notifier needs of a message: less to read for each that calls nobody."""

    text: str
    attachments: list[chat.File]
    mentions: list[int | Literal["all"]]
    reply_to: chat.Quote | None = None


_SAID = msgspec.json.Decoder(_Said)
_EDITED = msgspec.json.Decoder(chat.MessageEdited)
_DELETED = msgspec.json.Decoder(chat.MessageDeleted)
_REACTED = msgspec.json.Decoder(chat.ReactionChanged)
_MEMBER = msgspec.json.Decoder(chat.MemberChanged)


class Notifier:
    """Turns a batch of the log into rows of inboxes. ``handle`` is what a ``Follower`` needs."""

    def __init__(self, now: Now) -> None:
        self.now = now

    def handle(self, entries: Sequence[Entry]) -> None:
        """Writes what these entries mean for people. Runs inside the writer's transaction."""
        batch = _Batch(entries, self.now())
        # In the log's order it would be done one by one; but what stands above a sender's own words in this
        # very batch is below their read mark already, so all of it can be done first, by one query.
        written = {(entry.actor_id, entry.conversation_id): entry.seq for entry in entries if entry.kind == SAID}
        if written:
            notifications.read_by_writers(written, batch.now)
        for entry in entries:
            if rule := _RULES.get(entry.kind):
                rule(batch, entry)
        batch.tell()


class _Batch:
    """Entries with the conversations and people that they speak of."""

    def __init__(self, entries: Sequence[Entry], now: int) -> None:
        self.now = now
        self._entries = entries
        self._conversations = membership.conversations({entry.conversation_id for entry in entries})
        self._people: dict[int, Account] = {}
        self._members: dict[int, list[Listener]] = {}
        self._calls: list[tuple[Call, int]] = []

    def place(self, entry: Entry) -> Conversation:
        return self._conversations[entry.conversation_id]

    def actor(self, entry: Entry) -> Account:
        if not self._people:  # most of what is said calls nobody, and needs no names
            actors = {each.actor_id for each in self._entries}
            self._people = {person.id: person for person in accounts.get_many(actors)}
        return self._people[entry.actor_id]

    def members(self, conversation_id: int) -> list[Listener]:
        """Everybody of a conversation."""
        if conversation_id not in self._members:
            self._members[conversation_id] = listeners.all_of(conversation_id)
        return self._members[conversation_id]

    def call(
        self,
        entry: Entry,
        type: str,
        members: Sequence[Listener],
        body: str = "",
        about_seq: int | None = None,
        **data: str,
    ) -> None:
        """Tells those of these people who want to hear of it; what it is ``about`` may be an earlier message."""
        account_ids = [member.account_id for member in members if member.wants(type, self.now)]
        if not account_ids:
            return
        place, actor = self.place(entry), self.actor(entry)
        call = Call(
            type=type,
            group=notifications.group_of(place.id),
            title=_title(type, actor.display_name, place.title),
            body=body[:BODY_LENGTH],
            url=f"/c/{place.id}" if type == "invitation" else f"/c/{place.id}/m/{about_seq or entry.seq}",
            at=entry.at,
            actor_id=actor.id,
            conversation_id=place.id,
            message_seq=about_seq or entry.seq,
            data={
                "actor_name": actor.display_name,
                "conversation_title": place.title,
                "conversation_kind": place.kind,
                **data,
            },
        )
        self._calls += [(call, account_id) for account_id in account_ids]

    def tell(self) -> None:
        """Writes what was called so far; to be done before anything else looks at the inboxes."""
        calls, self._calls = self._calls, []
        telling.tell(calls)


def _title(type: str, name: str, place: str) -> str:
    """Who did what where, for clients that just print it; the others say it in their own language."""
    where = f" in {place}" if place else ""
    sentences = {
        "message": name,
        "mention": f"{name} mentioned you{where}",
        "reply": f"{name} replied to you{where}",
        "reaction": f"{name} reacted to your message{where}",
        "invitation": f"{name} added you to {place}",
    }
    return sentences[type]


def _message_created(batch: _Batch, entry: Entry) -> None:
    message = _SAID.decode(entry.data)
    body = message.text or ", ".join(file.name for file in message.attachments)
    if not body:
        return  # deleted before it came here
    reasons: dict[str, list[Listener]] = {}
    is_direct = batch.place(entry).kind == "direct"
    answered_id = message.reply_to.sender_id if message.reply_to else None
    for member in _concerned(batch, entry, message):
        reason = listeners.called_by(member.account_id, message.mentions, answered_id, is_direct=is_direct)
        if reason and member.account_id != entry.actor_id and member.read_seq < entry.seq:
            reasons.setdefault(reason, []).append(member)
    for type, members in reasons.items():
        batch.call(entry, type, members, body)


def _concerned(batch: _Batch, entry: Entry, message: _Said) -> list[Listener]:
    """The members whom a message may call: everybody, or those it names and answers."""
    if batch.place(entry).kind == "direct" or "all" in message.mentions:
        return batch.members(entry.conversation_id)
    if not message.mentions and not message.reply_to:
        return []
    named = {account_id for account_id in message.mentions if isinstance(account_id, int)}
    if message.reply_to:
        named.add(message.reply_to.sender_id)
    return listeners.among(entry.conversation_id, sorted(named))


def _message_edited(batch: _Batch, entry: Entry) -> None:
    batch.tell()
    edited = _EDITED.decode(entry.data)
    if edited.text:
        notifications.reword_message(entry.conversation_id, edited.target_seq, edited.text[:BODY_LENGTH])


def _message_deleted(batch: _Batch, entry: Entry) -> None:
    batch.tell()
    deleted = _DELETED.decode(entry.data)
    notifications.forget_message(entry.conversation_id, deleted.target_seq, batch.now)


def _reaction_added(batch: _Batch, entry: Entry) -> None:
    reacted = _REACTED.decode(entry.data)
    author_id = notifications.sender_of(entry.conversation_id, reacted.target_seq)
    if author_id is None or author_id == entry.actor_id:
        return
    # A mark behind the reaction itself: they have been there since.
    members = [one for one in listeners.among(entry.conversation_id, [author_id]) if one.read_seq < entry.seq]
    batch.call(entry, "reaction", members, reacted.emoji, reacted.target_seq, emoji=reacted.emoji)


def _reaction_removed(batch: _Batch, entry: Entry) -> None:
    batch.tell()
    reacted = _REACTED.decode(entry.data)
    notifications.take_back_reaction(
        entry.conversation_id, reacted.target_seq, entry.actor_id, reacted.emoji, batch.now
    )


def _member_added(batch: _Batch, entry: Entry) -> None:
    added = _MEMBER.decode(entry.data)
    if added.account_id == entry.actor_id or batch.place(entry).kind == "direct":
        return
    # Joining sets the read mark to this very entry; only a later mark tells that they have been there.
    members = listeners.among(entry.conversation_id, [added.account_id])
    batch.call(entry, "invitation", [member for member in members if member.read_seq <= entry.seq])


def _member_removed(batch: _Batch, entry: Entry) -> None:
    # What the inbox says of the conversation leads nowhere now.
    batch.tell()
    removed = _MEMBER.decode(entry.data)
    notifications.read_up_to(removed.account_id, entry.conversation_id, entry.seq, batch.now)


_RULES: dict[str, Callable[[_Batch, Entry], None]] = {
    SAID: _message_created,
    "message_edited": _message_edited,
    "message_deleted": _message_deleted,
    "reaction_added": _reaction_added,
    "reaction_removed": _reaction_removed,
    "member_added": _member_added,
    "member_removed": _member_removed,
}
