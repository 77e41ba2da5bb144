"""The names of the fan-out groups."""

from __future__ import annotations

CHAT = "/chat"
NOTIFICATIONS = "/notifications"


def conversation_room(conversation_id: int) -> str:
    """Every connection of every member."""
    return f"conversation:{conversation_id}"


def account_room(account_id: int) -> str:
    """Every connection of one person."""
    return f"account:{account_id}"


def presence_room(account_id: int) -> str:
    """Every connection that watches one person."""
    return f"presence:{account_id}"
