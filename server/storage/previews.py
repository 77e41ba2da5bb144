"""The cards under messages: put there, taken away, and their pictures."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass

import msgspec

from server.errors import Forbidden
from server.protocol import chat
from server.storage import files, log, messages
from server.storage.models import Message
from server.storage.unit import fetch_all, hold, repeatable

_PREVIEWS = msgspec.json.Decoder(list[chat.Preview])


@dataclass(frozen=True, slots=True)
class Picture:
    """A copy that has been stored under ``key``, and not yet belongs to a message."""

    key: str
    media_type: str
    size_bytes: int
    width: int
    height: int
    blur: str | None


def read(text: str | None) -> list[chat.Preview]:
    """What a message's column holds."""
    return _PREVIEWS.decode(text) if text else []


def written(cards: list[chat.Preview]) -> str:
    """The same for the column."""
    return msgspec.json.encode(cards).decode()


def put(
    conversation_id: int,
    seq: int,
    is_current: Callable[[str], bool],
    card: chat.Preview | None,
    picture: Picture | None,
    now: int,
) -> list[str]:
    """Puts a card under a message, or takes away what is there; returns the keys whose bytes may go.

    Nothing happens, and the picture may go, when the text is another one by now: ``is_current`` is asked.
    """
    spare = [picture.key] if picture else []
    hold(conversations=[conversation_id])
    message = messages.find(conversation_id, seq)
    if message is None or message.deleted_at is not None or not is_current(message.text):
        return spare
    if card is None and not read(message.previews):
        return spare
    gone = files.release_pictures(conversation_id, seq)
    if card is not None and picture is not None:
        stored = files.add_picture(
            conversation_id, seq, account_id=message.sender_id, created_at=now, **asdict(picture)
        )
        card = msgspec.structs.replace(card, image=files.body(stored))
    # In the sender's name, who need not belong to the conversation any more.
    _change(message, message.sender_id, [card] if card else [], now)
    return gone


@repeatable
def remove(actor_id: int, conversation_id: int, seq: int, now: int) -> tuple[int, list[str]]:
    """Takes the cards away from a message of one's own.

    Returns the ``seq`` of the entry that says so, the earlier one if there were none, and the keys whose bytes may go.
    """
    _, _, message = messages.held(actor_id, conversation_id, seq)
    if message.sender_id != actor_id:
        raise Forbidden("You can take previews away from your own messages only.")
    if message.deleted_at is not None:
        raise Forbidden("This message has been deleted.")
    if not read(message.previews):
        return log.newest_about(conversation_id, seq, "previews_changed") or message.changed_seq, []
    gone = files.release_pictures(conversation_id, seq)
    return _change(message, actor_id, [], now), gone


def text_before(conversation_id: int, target_seq: int, seq: int) -> str:
    """What a message said before the entry at ``seq`` changed it."""
    rows = fetch_all(
        "select data from entry where conversation_id = ? and seq < ? "
        "and (seq = ? or (target_seq = ? and kind = 'message_edited')) order by seq desc limit 1",
        (conversation_id, seq, target_seq, target_seq),
    )
    return str(msgspec.json.decode(rows[0][0], type=_Said).text) if rows else ""


class _Said(msgspec.Struct):
    text: str


def _change(message: Message, actor_id: int, cards: list[chat.Preview], now: int) -> int:
    body = chat.PreviewsChanged(target_seq=message.seq, previews=cards)
    entry = log.append(message.conversation_id, "previews_changed", actor_id, now, body, message.seq)
    place = (Message.conversation_id == message.conversation_id) & (Message.seq == message.seq)
    Message.update(previews=written(cards)).where(place).execute()
    return entry.seq
