"""What is new to somebody since a place in the log and in their inbox: read in one go for those who read along."""

from __future__ import annotations

from server import records
from server.protocol.notifications import Counts, Notification
from server.storage import log, notifications, replay

Entries = list[records.Entry] | None
Since = tuple[int, int, Entries, list[Notification], Counts]


def news(account_id: int, position: int, seq: int, limit: int, characters: int, is_whole: bool) -> Since:
    """The place that was come to, as position of the log and number of the inbox; entries, rows, counts.

    The entries are all up to that position, or None: more than ``limit`` or ``characters``, or the log has not come
    so far as ``position``. The rows are the next ``limit`` changes, and the number that of the last of them. Without
    ``is_whole`` no entries are looked for.
    """
    newest = log.last_position()
    counts = notifications.counts(account_id)
    changed = notifications.changes_after(account_id, seq, limit) if counts.head_seq > seq else []
    come_to = changed[-1].seq if len(changed) == limit else counts.head_seq
    entries: Entries = []
    if is_whole and newest != position:
        entries = replay.entries(account_id, position, limit, characters)
    return newest, come_to, entries, changed, counts
