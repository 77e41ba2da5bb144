"""Who is whose contact, who asks for it, who is blocked; and what direct conversations know of it."""

from typing import Any

from peewee import PostgresqlDatabase


def up(migrator: Any, db: Any) -> None:
    is_postgres = isinstance(db, PostgresqlDatabase)
    number, text = ("BIGINT", 'TEXT COLLATE "C"') if is_postgres else ("INTEGER", "TEXT")
    db.execute_sql(
        'CREATE TABLE "contact" ('
        f'"account_id" {number} NOT NULL, "other_id" {number} NOT NULL, "state" {text} NOT NULL, "note" {text}, '
        f'"since" {number}, "blocked_at" {number}, PRIMARY KEY ("account_id", "other_id"))'
    )
    db.execute_sql(f'alter table "conversation" add column "direct_state" {text}')
    db.execute_sql("update conversation set direct_state = 'strangers' where kind = 'direct'")
