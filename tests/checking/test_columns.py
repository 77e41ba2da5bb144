"""No column is forgotten: what is changed in any of them is found, or nobody else knows it."""

from __future__ import annotations

import pytest

from server.storage.checking.checking import check
from server.storage.moving.tables import TABLES, Table
from tests.checking.copies import FileCopies

_OTHER = {"int4": "4242", "int8": "4242", "bool": 'not "{0}"', "text": "'other'", "bytea": "x'0123'"}

KNOWN_HERE_ALONE = {
    "server_value": {"name", "value"},
    "account": {
        "username", "username_key", "display_name", "search_key", "role", "password_hash", "account_version",
        "notification_seq", "created_at", "disabled_at", "last_seen_at", "status_text", "status_emoji", "status_until",
        "availability", "hides_last_seen", "hides_receipts",
    },
    "account_change": {"event", "data"},
    "session": {"id", "token_hash", "device_name", "created_at", "last_used_at", "expires_at"},
    "invitation": {"id", "code_hash", "created_by", "created_at", "expires_at", "uses_left"},
    "contact": {"blocked_at"},
    "conversation": {"client_id", "creation_hash"},
    "conversation_invite": {"id", "code_hash", "created_at", "expires_at", "used", "uses_left"},
    "entry": {"at"},  # of a reaction, as here
    "membership": {"notify", "pinned", "archived", "muted_until"},
    "file": {"key", "created_at"},
    "upload": {"key", "size_bytes", "metadata", "created_at", "file_id"},
    "notification": {
        "id", "type", "group_key", "title", "body", "url", "actor_id", "data", "created_at", "count", "seen_at",
        "read_at", "archived_at",
    },
    "notification_rules": {"rules"},
    "follower": {"name"},
}  # fmt: skip
"""What nothing else tells, so that no check can find it: names, choices, marks, times, inboxes as they were shown."""

_MORE = (
    "insert into session values (1, 1, x'00', 'phone', 0, 1, 2)",
    "insert into invitation values (1, x'00', 1, 0, 1, 1)",
    "insert into notification_rules values (1, '{}')",
    "insert into upload values ('key', 1, 10, '', 0, null)",
    "insert into conversation_invite values (1, 1, x'00', 1, 0, 1, 0, 1)",
)
# A row that has something in most columns.
_ROWS = {
    "conversation": "id = 1",
    "membership": "conversation_id = 1 and account_id = 2",
    "contact": "account_id = 1 and other_id = 4",
    "entry": "conversation_id = 1 and seq = 10",
    "message": "conversation_id = 1 and seq = 17",
    "file": "conversation_id = 1 and message_seq = 18",
    "notification": "id = (select max(id) from notification where conversation_id is not null)",
}


@pytest.mark.parametrize("table", TABLES, ids=lambda table: table.name)
def test_what_is_changed_is_found(file_copies: FileCopies, table: Table) -> None:
    unnoticed = set()
    for column, kind in zip(table.columns, table.kinds, strict=True):
        where = _ROWS.get(table.name, f'rowid = (select max(rowid) from "{table.name}")')
        other = _OTHER[kind].format(column)
        with file_copies.copy(*_MORE, f'update "{table.name}" set "{column}" = {other} where {where}') as path:
            if not check(path).count:
                unnoticed.add(column)
    assert unnoticed == KNOWN_HERE_ALONE.get(table.name, set())
