"""The notifications namespace: the inbox, its commands and its events."""

from __future__ import annotations

from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta

from server.protocol.base import NO_NUL, Body, Command, Cursor, Id, Milliseconds, Position, Seq
from server.protocol.chat.things import Notify

TypeOfOurs = Literal[
    "message",
    "mention",
    "reply",
    "reaction",
    "invitation",
    "contact_request",
    "contact_accepted",
    "system",
]
RuledType = Literal["message", "mention", "reply", "reaction", "invitation", "contact_request", "contact_accepted"]
"""What one may choose not to be told of: everything but the server's own words."""
ClockTime = Annotated[str, Meta(pattern=r"^([01][0-9]|2[0-3]):[0-5][0-9]$(?!\n)", description="`22:00`")]
Group = Annotated[str, Meta(min_length=1, max_length=200, pattern=NO_NUL)]


class Notification(Body):
    """Something that calls for a person. Unread ones with the same ``type`` and ``group`` fold into one row."""

    id: int
    seq: Annotated[int, Meta(description="of its last change, in the account's own count")]
    type: str
    group: str
    title: str
    body: str
    url: str
    created_at: int
    count: int
    data: dict[str, Any]
    actor_id: int | None = None
    conversation_id: int | None = None
    message_seq: int | None = None
    seen_at: int | None = None
    read_at: int | None = None
    archived_at: int | None = None


class QuietHours(Command):
    """From ``begin`` until ``end`` on every day in ``time_zone``, an IANA name like `Asia/Seoul`; over midnight, too.

    What comes then is in the inbox, with `quiet` in its ``data``, and makes no sound and no notice.
    """

    on: bool
    begin: ClockTime
    end: ClockTime
    time_zone: Annotated[str, Meta(min_length=1, max_length=64, pattern=NO_NUL)]


class QuietSpan(Body):
    """It is quiet from ``begin`` until ``end``."""

    begin: int
    end: int


class ConversationRule(Body):
    """What one wants to be told of in a conversation; the same as in its ``preferences``."""

    conversation_id: int
    notify: Notify
    muted_until: int | None = None


class NotificationRules(Body):
    """What one wants to be told of, and when.

    ``off`` are types that one is not told of. Until ``muted_until`` everything is quiet, and in ``quiet_hours``.
    ``conversations`` are those where one has chosen something else than everything. ``quiet`` are all quiet spans that
    end after now and begin before ``quiet_known_until``, by the server's reckoning: nobody else has to know time zones.
    """

    off: list[RuledType]
    conversations: list[ConversationRule]
    quiet: list[QuietSpan]
    quiet_known_until: int
    quiet_hours: QuietHours | None = None
    muted_until: int | None = None


class GetRules(Command):
    """What one wants to be told of, and when."""


class ChangeConversationRule(Command):
    """One's choices for a conversation; what is left out stays. ``muted_until`` 0 ends a mute."""

    conversation_id: Id
    notify: Notify | None = None
    muted_until: Milliseconds | None = None


class SetRules(Command):
    """What is left out stays. ``off`` replaces the whole list; ``muted_until`` 0 ends the quiet. All or nothing."""

    off: Annotated[list[RuledType], Meta(max_length=7)] | None = None
    quiet_hours: QuietHours | None = None
    muted_until: Milliseconds | None = None
    conversations: Annotated[list[ChangeConversationRule], Meta(max_length=100)] = msgspec.field(default_factory=list)


class ListNotifications(Command):
    """The inbox, newest first."""

    filter: Literal["all", "unread", "mentions", "requests"] = "all"
    limit: Annotated[int, Meta(ge=1, le=100)] = 50
    cursor: Cursor | None = None


class FetchNotifications(Command):
    """What changed in the inbox after ``after_seq``, oldest change first."""

    after_seq: Position
    limit: Annotated[int, Meta(ge=1, le=200)] = 200


class MarkSeen(Command):
    """The bell has been looked at up to ``up_to_seq``."""

    up_to_seq: Seq


class MarkNotificationsRead(Command):
    """Read by ``ids``, by ``group``, or ``all``: exactly one of them."""

    ids: Annotated[list[Id], Meta(min_length=1, max_length=200)] | None = None
    group: Group | None = None
    all: bool | None = None


class Archive(Command):
    """Put away by ``ids``, by ``group``, or ``all_read``: exactly one of them."""

    ids: Annotated[list[Id], Meta(min_length=1, max_length=200)] | None = None
    group: Group | None = None
    all_read: bool | None = None


class NotificationsPage(Body):
    """Notifications, newest first; ``cursor`` is there when there are more."""

    notifications: list[Notification]
    cursor: str | None = None


class NotificationChanges(Body):
    """Notifications as they stand now, in the order of their last change."""

    notifications: list[Notification]
    head_seq: int
    more: bool


class Counts(Body):
    """What the bell shows."""

    head_seq: int
    unseen: int
    unread: int


class InboxReady(Counts):
    """The first event, or behind a recovery the first after what was missed: what the bell shows."""

    recovered: bool


COMMANDS: dict[str, tuple[type[Command], type[Body]]] = {
    "list_notifications": (ListNotifications, NotificationsPage),
    "fetch_notifications": (FetchNotifications, NotificationChanges),
    "mark_seen": (MarkSeen, Counts),
    "mark_read": (MarkNotificationsRead, Counts),
    "archive": (Archive, Counts),
    "get_rules": (GetRules, NotificationRules),
    "set_rules": (SetRules, NotificationRules),
}
"""Every command of the namespace: what it takes, and what its reply carries in ``data``."""

EVENTS: dict[str, tuple[type, ...]] = {
    "ready": (InboxReady,),
    "notification_created": (Notification, str),
    "notification_changed": (Notification, str),
    "counts": (Counts,),
}
"""Every event of the namespace with its arguments; a notification comes with its offset."""
