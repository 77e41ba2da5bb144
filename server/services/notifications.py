"""The inbox's rules: what may be asked of it, and how its pages end."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from typing import Any

import msgspec

from server.clock import Now
from server.errors import Invalid
from server.protocol import reply
from server.protocol.notifications import (
    Archive,
    Counts,
    FetchNotifications,
    ListNotifications,
    MarkNotificationsRead,
    MarkSeen,
    Notification,
    NotificationChanges,
    NotificationsPage,
)
from server.services import cursors
from server.storage import notifications
from server.storage.database import Database
from server.storage.unit import Rows, holding


class Notifications:
    """One person's inbox, shared by their devices. Every mark is answered with the new counts."""

    def __init__(self, db: Database, now: Now) -> None:
        self.db = db
        self.now = now

    async def counts(self, account_id: int) -> Counts:
        """What the bell shows."""
        return await self.db.read(notifications.counts, account_id)

    async def counts_of(self, account_ids: Collection[int]) -> dict[int, Counts]:
        """What the bells of these accounts show."""
        return await self.db.read(notifications.counts_of, account_ids)

    async def list(self, account_id: int, command: ListNotifications) -> NotificationsPage:
        """A page of the inbox, newest first; ``cursor`` is there when more follows."""
        before = cursors.read(command.cursor, cursors.NEWEST)
        rows = await self.db.read(notifications.page, account_id, command.filter, before, command.limit + 1)
        shown = _fitting(rows[: command.limit])
        cursor = cursors.written(shown[-1].created_at, shown[-1].id) if len(shown) < len(rows) else None
        return NotificationsPage(notifications=shown, cursor=cursor)

    async def fetch(self, account_id: int, command: FetchNotifications) -> NotificationChanges:
        """What changed after a number that a device knows, oldest change first."""
        rows, head_seq = await self.db.read(_changes, account_id, command.after_seq, command.limit + 1)
        shown = _fitting(rows[: command.limit])
        return NotificationChanges(notifications=shown, head_seq=head_seq, more=len(shown) < len(rows))

    async def mark_seen(self, account_id: int, command: MarkSeen) -> Counts:
        """The bell has been looked at."""
        return await self._mark(account_id, notifications.mark_seen, command.up_to_seq)

    async def mark_read(self, account_id: int, command: MarkNotificationsRead) -> Counts:
        """Reads rows by ``ids``, by ``group``, or ``all``. Raises Invalid unless exactly one is given."""
        _exactly_one(ids=command.ids, group=command.group, all=command.all)
        if command.ids is not None:
            return await self._mark(account_id, notifications.mark_read_ids, command.ids)
        if command.group is not None:
            return await self._mark(account_id, notifications.mark_read_group, command.group)
        return await self._mark(account_id, notifications.mark_read_all)

    async def archive(self, account_id: int, command: Archive) -> Counts:
        """Puts rows away by ``ids``, by ``group``, or ``all_read``. Raises Invalid unless exactly one is given."""
        _exactly_one(ids=command.ids, group=command.group, all_read=command.all_read)
        if command.ids is not None:
            return await self._mark(account_id, notifications.archive_ids, command.ids)
        if command.group is not None:
            return await self._mark(account_id, notifications.archive_group, command.group)
        return await self._mark(account_id, notifications.archive_all_read)

    async def _mark(self, account_id: int, mark: Callable[..., None], *what: Any) -> Counts:
        return await self.db.write(_marked, account_id, mark, (*what, self.now()))


@holding(lambda account_id, *_: Rows(accounts=[account_id]))
def _marked(account_id: int, mark: Callable[..., None], arguments: tuple[Any, ...]) -> Counts:
    mark(account_id, *arguments)
    return notifications.counts(account_id)


def _changes(account_id: int, after_seq: int, limit: int) -> tuple[list[Notification], int]:
    # One view of the database for both: the head belongs to these rows.
    return notifications.changes_after(account_id, after_seq, limit), notifications.counts(account_id).head_seq


def _exactly_one(**choices: Any) -> None:
    given = [name for name, value in choices.items() if value not in (None, False)]
    if len(given) != 1:
        names = ", ".join(f"`{name}`" for name in choices)
        raise Invalid(f"Give exactly one of {names}.", field=given[1] if given else next(iter(choices)))


def _fitting(rows: Sequence[Notification]) -> list[Notification]:
    """As many rows as go into one reply, at least one."""
    return reply.fitting(rows, [len(msgspec.json.encode(row)) + 1 for row in rows])
