"""How far a member's devices have received a conversation, beside how far they have read."""

from typing import Any

from peewee import PostgresqlDatabase


def up(migrator: Any, db: Any) -> None:
    kind = "BIGINT" if isinstance(db, PostgresqlDatabase) else "INTEGER"
    db.execute_sql(f'alter table "membership" add column "received_seq" {kind} NOT NULL DEFAULT 0')
