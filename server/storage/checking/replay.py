"""What the log says: a message as its entries leave it, and who belongs to a conversation."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import msgspec

from server.protocol import chat
from server.storage import previews
from server.storage.appending import Draft
from server.storage.files import PICTURE_PLACE
from server.storage.mentions import EVERYONE

MESSAGE_COLUMNS = (
    "sender_id", "client_id", "content_hash", "sent_at", "text", "reply_to_seq", "edited_at", "deleted_at",
    "changed_seq", "file_count", "pinned_at", "forward_sender_id", "forward_sent_at",
    "previews",
)  # fmt: skip
"""What a message's row holds besides its place."""

_PAIR = re.compile("[0-9]+:[0-9]+")
_PICTURE = re.compile(r"\?v=([0-9]+)$")
_CREATED = msgspec.json.Decoder(chat.Message)
_EDITED = msgspec.json.Decoder(chat.MessageEdited)
_PREVIEWS = msgspec.json.Decoder(chat.PreviewsChanged)
_REACTION = msgspec.json.Decoder(chat.ReactionChanged)
_MEMBER = msgspec.json.Decoder(chat.MemberChanged)
_CONVERSATION = msgspec.json.Decoder(chat.ConversationChanged)


@dataclass(frozen=True, slots=True)
class Entry:
    """An entry as far as it matters here."""

    seq: int
    position: int
    kind: str
    actor_id: int
    at: int
    data: str
    is_salted: bool


@dataclass(slots=True)
class Standing:
    """A message as the log has it.

    ``row`` is in the order of ``MESSAGE_COLUMNS``; ``mentions`` are account ids in order, with ``EVERYONE``;
    ``reactions`` are by account and emoji, each with whether it stands and the entry that said so last; ``files``
    come with their places, the picture of a card among them.
    """

    created: chat.Message
    row: tuple[Any, ...]
    mentions: list[int]
    reactions: dict[tuple[int, str], tuple[bool, int]]
    files: list[tuple[int, chat.File]]
    deletion: Entry | None


def standing(created: Entry, changes: Sequence[Entry]) -> Standing:
    """What became of a message. ``changes`` are the entries that name it, in order. Raises msgspec.DecodeError."""
    message = _CREATED.decode(created.data)
    deletion = next((change for change in changes if change.kind == "message_deleted"), None)
    text, mentions, edited_at, changed_seq = message.text, message.mentions, None, created.seq
    pinned_at: int | None = None
    cards: list[chat.Preview] | None = None
    reactions: dict[tuple[int, str], tuple[bool, int]] = {}
    for change in changes:
        if change.kind == "message_edited":
            edit = _EDITED.decode(change.data)
            text, mentions, edited_at, changed_seq = edit.text, edit.mentions, edit.edited_at, change.seq
        elif change.kind in ("reaction_added", "reaction_removed"):
            emoji = _REACTION.decode(change.data).emoji
            reactions[change.actor_id, emoji] = change.kind == "reaction_added", change.seq
        elif change.kind in ("message_pinned", "message_unpinned"):
            pinned_at = change.at if change.kind == "message_pinned" else None
        elif change.kind == "previews_changed":
            cards = _PREVIEWS.decode(change.data).previews
    files: list[chat.File] = message.attachments
    content_hash: bytes | None = _content_hash(message)
    if deletion is not None:
        text, mentions, files, content_hash, changed_seq, pinned_at = "", [], [], None, deletion.seq, None
        cards = None
    reply_to_seq = message.reply_to.seq if message.reply_to else None
    deleted_at = deletion.at if deletion else None
    row = (
        message.sender_id, message.client_id, content_hash, message.sent_at, text, reply_to_seq, edited_at, deleted_at,
        changed_seq, len(files), pinned_at, *_origin(message),
        None if cards is None else previews.written(cards),
    )  # fmt: skip
    called = sorted(EVERYONE if account == "all" else account for account in mentions)
    placed = [*enumerate(files), *((PICTURE_PLACE, card.image) for card in cards or () if card.image)]
    return Standing(message, row, called, reactions, placed, deletion)


def _origin(message: chat.Message) -> tuple[int | None, int | None]:
    origin = message.forward_of
    return (origin.sender_id, origin.sent_at) if origin else (None, None)


def _content_hash(message: chat.Message) -> bytes:
    """Of what was sent first: an edit leaves it."""
    draft = Draft(
        conversation_id=message.conversation_id,
        client_id=message.client_id,
        text=message.text,
        reply_to_seq=message.reply_to.seq if message.reply_to else None,
        file_ids=tuple(file.id for file in message.attachments),
        forward_of=message.forward_of,
    )
    return draft.content_hash()


@dataclass(slots=True)
class Member:
    """Somebody's place in a conversation. ``least_read``: what they have read at least, by joining or writing."""

    role: str
    joined_at: int
    history_from_seq: int
    least_read: int
    joined_seq: int = 1


@dataclass(slots=True)
class Replay:
    """One conversation, entry by entry: who belongs to it, and what its own row says in the end.

    ``removed``: who was taken out by somebody else and is still out, by which entry. ``title`` and ``description`` are
    None as long as no entry has changed them, and ``rules`` has those that one has; ``began_at`` is the time of a
    group's first entry.
    """

    kind: str
    created_at: int
    last_active_at: int
    shows_all_history: bool
    members: dict[int, Member] = field(default_factory=dict)
    removed: dict[int, int] = field(default_factory=dict)
    head_seq: int = 0
    last_message_seq: int = 0
    dissolved_at: int | None = None
    title: str | None = None
    description: str | None = None
    picture_file_id: int | None = None
    rules: dict[str, str] = field(default_factory=dict)
    began_at: int | None = None

    @classmethod
    def beginning(cls, kind: str, created_at: int, rules: str, direct_key: str | None) -> Replay:
        """A new conversation. One of two people has them from the beginning, without entries that say so.

        Raises ValueError with what is wrong with it.
        """
        if kind not in ("direct", "group", "open"):
            raise ValueError(f"nobody knows conversations of the kind {kind}.")
        if (kind == "direct") != (direct_key is not None) or not _PAIR.fullmatch(direct_key or "1:2"):
            raise ValueError(f"its kind is {kind}, but its direct_key is {direct_key or 'nothing'}.")
        shows_all = msgspec.json.decode(rules, type=dict[str, str]).get("history") == "all"
        made = cls(kind, created_at, created_at, shows_all)
        if direct_key:
            made.members = {int(half): Member("member", created_at, 1, 0) for half in direct_key.split(":")}
        return made

    def apply(self, entry: Entry) -> str | None:
        """Takes in the next entry; what is wrong with it in this place, in words. Raises msgspec.DecodeError."""
        self.head_seq = entry.seq
        if entry.seq == 1 and entry.kind == "member_added":
            self.began_at = entry.at
        match entry.kind:
            case "message_created":
                self.last_message_seq, self.last_active_at = entry.seq, entry.at
                return self._wrote(entry, reads=True)
            case "message_edited" | "reaction_added" | "reaction_removed" | "message_pinned" | "message_unpinned":
                return self._wrote(entry)
            case "member_added" | "member_removed" | "role_changed":
                return self._moved(entry, _MEMBER.decode(entry.data))
            case "conversation_changed":
                changed = _CONVERSATION.decode(entry.data)
                self.title = changed.title if changed.title is not None else self.title
                self.description = changed.description if changed.description is not None else self.description
                if changed.picture_url is not None:
                    picture = _PICTURE.search(changed.picture_url)
                    self.picture_file_id = int(picture[1]) if picture else None
                if changed.rules is not None:
                    self._ruled(changed.rules)
                self.last_active_at = entry.at
            case "conversation_dissolved":
                self.dissolved_at = self.last_active_at = entry.at
        return None

    def _ruled(self, changed: chat.GroupRulesChanged) -> None:
        if changed.history is not None:
            if "history" not in self.rules:
                # A change says what it was before, of two: those who have come so far came under that.
                for member in self.members.values():
                    member.history_from_seq = member.joined_seq if changed.history == "all" else 1
            self.shows_all_history = changed.history == "all"
        self.rules |= {name: value for name, value in msgspec.structs.asdict(changed).items() if value is not None}

    def _wrote(self, entry: Entry, *, reads: bool = False) -> str | None:
        member = self.members.get(entry.actor_id)
        if member is None:
            return f"account {entry.actor_id} wrote it without belonging to the conversation."
        if reads:
            member.least_read = entry.seq
        return None

    def _moved(self, entry: Entry, change: chat.MemberChanged) -> str | None:
        account_id = change.account_id
        if entry.kind == "member_added":
            if account_id in self.members:
                return f"it adds account {account_id}, who belonged to the conversation already."
            history_from = 1 if self.shows_all_history else entry.seq
            self.members[account_id] = Member(change.role, entry.at, history_from, entry.seq, entry.seq)
            self.removed.pop(account_id, None)
        elif account_id not in self.members:
            return f"it is about account {account_id}, who did not belong to the conversation."
        elif entry.kind == "member_removed":
            del self.members[account_id]
            if change.by == "admin":
                self.removed[account_id] = entry.seq
            # The last one to go puts out the light, where it still burns.
            if not self.members and self.dissolved_at is None:
                self.dissolved_at = entry.at
        else:
            self.members[account_id].role = change.role
        if entry.kind != "role_changed":
            self.last_active_at = entry.at
        return None
