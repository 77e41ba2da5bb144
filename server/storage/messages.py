"""Messages that stand: edited, deleted, reacted to. Each change is a line of the log."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from server import records
from server.errors import Forbidden, Invalid, NotFound
from server.protocol import chat
from server.storage import files, log, membership, mentions
from server.storage.appending import Draft, MayMentionAll
from server.storage.contacts import MayReach
from server.storage.models import Message, Reaction
from server.storage.unit import Rows, execute_many, holding, repeatable

MAX_EMOJI_PER_MESSAGE = 20
MAX_PINS = 100

MayPin = Callable[[records.Conversation, records.Membership], None]
MayDelete = Callable[[records.Conversation, records.Membership, int], None]


def find(conversation_id: int, seq: int) -> Message | None:
    """The message at a place, if there is one."""
    found: Message | None = Message.get_or_none(_place(conversation_id, seq))
    return found


def held(account_id: int, conversation_id: int, seq: int) -> tuple[records.Conversation, records.Membership, Message]:
    """A message that a member may see, with where it stands, for a write that rests on it. Raises NotFound."""
    conversation, member = membership.held(conversation_id, account_id)
    message = find(conversation_id, seq)
    if message is None or seq < member.history_from_seq:
        raise NotFound("There is no such message.", field="seq")
    return conversation, member, message


@repeatable
@holding(lambda actor_id, conversation_id, *_: Rows(conversations=[conversation_id]))
def edit_message(
    actor_id: int,
    conversation_id: int,
    seq: int,
    draft: Draft,
    now: int,
    may_mention_all: MayMentionAll,
    may_reach: MayReach,
) -> int:
    """Changes a message of one's own to ``draft.text``; returns the ``seq`` of the entry that says so."""
    conversation, member, message = held(actor_id, conversation_id, seq)
    _check_standing(conversation)
    if message.sender_id != actor_id:
        raise Forbidden("You can edit your own messages only.")
    if message.forward_sender_id is not None:
        raise Forbidden("What was forwarded stays as it was written.")
    if message.deleted_at is not None:
        raise Forbidden("This message has been deleted.")
    if not draft.text.strip() and not message.file_count:
        raise Invalid("A message needs a text or a file.", field="text")
    if message.text == draft.text:
        return int(message.changed_seq)
    may_reach(conversation.direct_state)
    everyone = draft.everyone and may_mention_all(conversation, member)
    called = mentions.called(conversation_id, draft.names, everyone)
    body = chat.MessageEdited(target_seq=seq, text=draft.text, mentions=mentions.shown(called), edited_at=now)
    entry = log.append(conversation_id, "message_edited", actor_id, now, body, seq)
    _update(message, text=draft.text, edited_at=now, changed_seq=entry.seq)
    mentions.forget(conversation_id, seq)
    mentions.add([(conversation_id, seq, account_id) for account_id in called])
    return entry.seq


def delete_message(
    actor_id: int, conversation_id: int, seq: int, now: int, may_delete: MayDelete
) -> tuple[int, list[str]]:
    """Takes a message's words and files away for everybody, in the log and in quotes too.

    Returns the ``seq`` of the entry that says so, and the keys of the files whose bytes may go.
    """
    conversation, member, message = held(actor_id, conversation_id, seq)
    may_delete(conversation, member, message.sender_id)
    if message.deleted_at is not None:
        return message.changed_seq, []
    entry = log.append(conversation_id, "message_deleted", actor_id, now, chat.MessageDeleted(target_seq=seq), seq)
    _update(
        message,
        text="",
        content_hash=None,
        deleted_at=now,
        changed_seq=entry.seq,
        file_count=0,
        pinned_at=None,
        previews=None,
    )
    mentions.forget(conversation_id, seq)
    log.redact(conversation_id, seq)
    quoting = Message.select(Message.seq).where(
        (Message.conversation_id == conversation_id) & (Message.reply_to_seq == seq)
    )
    log.redact_quotes(conversation_id, [quote.seq for quote in quoting])
    return entry.seq, files.release(conversation_id, seq)


@repeatable
@holding(lambda actor_id, conversation_id, *_: Rows(conversations=[conversation_id]))
def set_reaction(
    actor_id: int, conversation_id: int, seq: int, emoji: str, active: bool, now: int, may_reach: MayReach
) -> int:
    """Adds or takes back a reaction; returns the ``seq`` of the entry that says so, the earlier one if it stood."""
    conversation, _, message = held(actor_id, conversation_id, seq)
    _check_standing(conversation)
    if message.deleted_at is not None:
        raise Forbidden("This message has been deleted.")
    reactions = (Reaction.conversation_id == conversation_id) & (Reaction.target_seq == seq)
    own = Reaction.get_or_none(reactions & (Reaction.account_id == actor_id) & (Reaction.emoji == emoji))
    if own is not None and own.active == active:
        return int(own.seq)
    if own is None and not active:
        return int(message.changed_seq)
    if active:
        may_reach(conversation.direct_state)
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


@repeatable
def set_pinned(actor_id: int, conversation_id: int, seq: int, pinned: bool, now: int, may_pin: MayPin) -> int:
    """Puts a message on top of its conversation, or takes it down; returns the ``seq`` of the entry that says so,
    the earlier one if it stood.
    """
    conversation, member, message = held(actor_id, conversation_id, seq)
    may_pin(conversation, member)
    if message.deleted_at is not None:
        raise Forbidden("This message has been deleted.")
    if (message.pinned_at is not None) == pinned:
        return log.newest_about(conversation_id, seq, "message_pinned", "message_unpinned") or message.changed_seq
    if pinned and _pin_count(conversation_id) >= MAX_PINS:
        raise Forbidden(f"A conversation has at most {MAX_PINS} pinned messages. Take one down first.")
    kind = "message_pinned" if pinned else "message_unpinned"
    entry = log.append(conversation_id, kind, actor_id, now, chat.PinChanged(target_seq=seq), seq)
    _update(message, pinned_at=now if pinned else None)
    return entry.seq


def _check_standing(conversation: records.Conversation) -> None:
    """One may still take one's own words back where nobody writes any more."""
    if conversation.dissolved_at is not None:
        raise Forbidden("This conversation has been dissolved; it can only be read.")


def _pin_count(conversation_id: int) -> int:
    return (
        Message.select().where((Message.conversation_id == conversation_id) & Message.pinned_at.is_null(False)).count()
    )


def _check_room_for(emoji: str, present: set[str]) -> None:
    if emoji not in present and len(present) >= MAX_EMOJI_PER_MESSAGE:
        raise Invalid(f"A message carries at most {MAX_EMOJI_PER_MESSAGE} different reactions.", field="emoji")


def _update(message: Message, **columns: object) -> None:
    Message.update(**columns).where(_place(message.conversation_id, message.seq)).execute()


def _place(conversation_id: int, seq: int) -> Any:
    return (Message.conversation_id == conversation_id) & (Message.seq == seq)
