"""Pins, forwarded messages whose files share their bytes, and cards under links."""

from typing import Any

from peewee import PostgresqlDatabase


def up(migrator: Any, db: Any) -> None:
    is_postgres = isinstance(db, PostgresqlDatabase)
    number, text = ("BIGINT", 'TEXT COLLATE "C"') if is_postgres else ("INTEGER", "TEXT")
    for column, kind in (
        ("pinned_at", number),
        ("forward_sender_id", number),
        ("forward_sent_at", number),
        ("previews", text),
    ):
        db.execute_sql(f'alter table "message" add column "{column}" {kind}')
    db.execute_sql(
        'CREATE INDEX "message_pinned" ON "message" ("conversation_id", "pinned_at") WHERE ("pinned_at" IS NOT NULL)'
    )
    # A key stood for one row; now several may have the bytes in common.
    db.execute_sql("drop index file_key")
    db.execute_sql('CREATE INDEX "file_key" ON "file" ("key")')
