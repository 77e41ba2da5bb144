"""The names of the fan-out groups."""

from __future__ import annotations

CHAT = "/chat"
NOTIFICATIONS = "/notifications"

_CONVERSATION = "conversation:"
_PRESENCE = "presence:"


def conversation_room(conversation_id: int) -> str:
    """Every connection of every member."""
    return f"{_CONVERSATION}{conversation_id}"


def account_room(account_id: int) -> str:
    """Every connection of one person."""
    return f"account:{account_id}"


def presence_room(account_id: int, *, last_seen: bool = True) -> str:
    """Every connection that watches one person, and may know when they were here last or not. Each worker tells its
    own: they all know who is where.
    """
    return f"{_PRESENCE}{account_id}" if last_seen else f"{_PRESENCE}{account_id}:state"


def conversation_in(room: object) -> int | None:
    """Which conversation a room belongs to, if to any."""
    number = room.removeprefix(_CONVERSATION) if isinstance(room, str) and room.startswith(_CONVERSATION) else ""
    return int(number) if number.isdecimal() else None


def is_shared(room: object) -> bool:
    """Whether other workers have something to say in a room."""
    return isinstance(room, str) and not room.startswith(_PRESENCE)
