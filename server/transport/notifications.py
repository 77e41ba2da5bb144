"""The door of /notifications: one line per command."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from server.protocol.base import Command
from server.protocol.notifications import (
    Archive,
    FetchNotifications,
    GetRules,
    InboxReady,
    ListNotifications,
    MarkNotificationsRead,
    MarkSeen,
    SetRules,
)
from server.realtime.online import Connection
from server.realtime.rooms import NOTIFICATIONS
from server.services.notification_rules import Rules
from server.services.notifications import Notifications
from server.transport.namespace import Recovered
from server.transport.sockets import SocketServer

Handler = Callable[[int, Any], Awaitable[Any]]


def commands(notifications: Notifications, rules: Rules) -> dict[str, tuple[type[Command], Handler]]:
    """Every command of the namespace: what it takes, and who answers it (account id, command)."""
    return {
        "list_notifications": (ListNotifications, notifications.list),
        "fetch_notifications": (FetchNotifications, notifications.fetch),
        "mark_seen": (MarkSeen, notifications.mark_seen),
        "mark_read": (MarkNotificationsRead, notifications.mark_read),
        "archive": (Archive, notifications.archive),
        "get_rules": (GetRules, rules.get),
        "set_rules": (SetRules, rules.set),
    }


class Welcome:
    """What a connection of the inbox hears first."""

    def __init__(self, sockets: SocketServer, notifications: Notifications) -> None:
        self._sockets = sockets
        self._notifications = notifications

    async def __call__(self, connection: Connection, recovered: Recovered) -> None:
        """Reads what the bell shows, and again behind what was missed; the connection is in its room."""
        now = await self._notifications.counts(connection.account_id)
        connection.heard = now.head_seq  # what comes from here on is told, or was missed
        is_recovered = await recovered()
        if is_recovered:
            now = await self._notifications.counts(connection.account_id)
        connection.start = now.head_seq
        ready = InboxReady(head_seq=now.head_seq, unseen=now.unseen, unread=now.unread, recovered=is_recovered)
        self._sockets.greet(connection.sid, "ready", ready, NOTIFICATIONS)
