"""The door of /notifications: one line per command."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from server.protocol.base import Command
from server.protocol.notifications import (
    Archive,
    FetchNotifications,
    ListNotifications,
    MarkNotificationsRead,
    MarkSeen,
)
from server.services.notifications import Notifications

Handler = Callable[[int, Any], Awaitable[Any]]


def commands(notifications: Notifications) -> dict[str, tuple[type[Command], Handler]]:
    """Every command of the namespace: what it takes, and who answers it (account id, command)."""
    return {
        "list_notifications": (ListNotifications, notifications.list),
        "fetch_notifications": (FetchNotifications, notifications.fetch),
        "mark_seen": (MarkSeen, notifications.mark_seen),
        "mark_read": (MarkNotificationsRead, notifications.mark_read),
        "archive": (Archive, notifications.archive),
    }
