"""What somebody wants to be told of, and when; and when it is quiet, for whoever makes sounds and notices."""

from __future__ import annotations

from server.clock import Now
from server.protocol import quiet_hours
from server.protocol.notifications import ConversationRule, GetRules, NotificationRules, QuietSpan, SetRules
from server.protocol.quiet_hours import Span
from server.storage import notification_rules
from server.storage.database import Database
from server.storage.notification_rules import Stored

KNOWN_MS = 7 * 86_400_000
"""So far ahead it is told when it is quiet."""


class Rules:
    """One person's rules, the same on all their devices."""

    def __init__(self, db: Database, now: Now) -> None:
        self._db = db
        self._now = now

    async def get(self, account_id: int, command: GetRules) -> NotificationRules:
        """As they are."""
        return self._told(*await self._db.read(notification_rules.read, account_id))

    async def set(self, account_id: int, command: SetRules) -> NotificationRules:
        """Changes what is named. Raises Invalid for hours that cannot be, NotFound for a conversation of others."""
        changed: dict[str, object] = {}
        if command.off is not None:
            changed["off"] = tuple(dict.fromkeys(command.off))
        if command.quiet_hours is not None:
            quiet_hours.check(command.quiet_hours)
            changed["quiet_hours"] = command.quiet_hours
        if command.muted_until is not None:
            changed["muted_until"] = command.muted_until or None
        chosen = tuple(command.conversations)
        return self._told(*await self._db.write(notification_rules.change, account_id, changed, chosen))

    def _told(self, stored: Stored, conversations: list[ConversationRule]) -> NotificationRules:
        now = self._now()
        spans = quiet_hours.spans(stored.quiet_hours, now, now + KNOWN_MS) if stored.quiet_hours else []
        if stored.muted_until is not None and stored.muted_until > now:
            spans.append(Span(now, stored.muted_until))
        return NotificationRules(
            off=list(stored.off),
            conversations=conversations,
            quiet=[QuietSpan(begin=span.start, end=span.end) for span in sorted(spans)],
            quiet_known_until=now + KNOWN_MS,
            quiet_hours=stored.quiet_hours,
            muted_until=stored.muted_until if stored.muted_until and stored.muted_until > now else None,
        )
