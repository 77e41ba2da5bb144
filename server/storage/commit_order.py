"""Positions where several processes write: given last in a transaction, under one lock, so in commit order.

The lock is let go after the commit is visible, so nobody sees a position before a smaller one that is to come. A
crash leaves holes, which mean nothing. Behind this lock nothing waits for a conversation or an account.
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from server.records import Entry
from server.storage import log
from server.storage.postgres_arrays import columns_of
from server.storage.postgres_connection import PostgresConnection

_LOCK = "select pg_advisory_xact_lock(7201, 1)"
_KINDS = ("bigint", "bigint", "text", "bigint", "bigint", "bigint", "text", "bytea", "bytea")
_INSERT = (
    "insert into entry (position, conversation_id, seq, kind, actor_id, at, target_seq, data, salt, body_hash) "
    "select nextval('entry_position'), new.* "
    f"from unnest({', '.join(f'%s::{kind}[]' for kind in _KINDS)}) as new returning position"
)


def commit(connection: PostgresConnection, entries: Sequence[Entry]) -> str:
    """Writes the entries of a transaction and commits, in one round trip; they have their positions then.

    Returns the tag of the commit: only ``COMMIT`` means that it happened.
    """
    if not entries:
        return connection.ask("commit").statusmessage or ""
    columns = columns_of([row[1:] for row in log.rows(entries)], _KINDS)
    connection.later(_LOCK)
    with connection.pipeline():
        places = connection.raw.execute(_INSERT, columns)
        ended = connection.raw.execute("commit")
    for entry, (position,) in zip(entries, places.fetchall(), strict=True):
        # Those who announced it hold this very entry.
        msgspec.structs.force_setattr(entry, "position", position)
    return ended.statusmessage or ""
