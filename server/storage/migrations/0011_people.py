"""What people show of themselves: a status with its end, how reachable they choose to be, and what they hide."""

from typing import Any

from peewee import PostgresqlDatabase


def up(migrator: Any, db: Any) -> None:
    is_postgres = isinstance(db, PostgresqlDatabase)
    text, number, flag = ('TEXT COLLATE "C"', "BIGINT", "BOOLEAN") if is_postgres else ("TEXT", "INTEGER", "INTEGER")
    for column in (
        f"\"status_text\" {text} NOT NULL DEFAULT ''",
        f"\"status_emoji\" {text} NOT NULL DEFAULT ''",
        f'"status_until" {number}',
        f"\"availability\" {text} NOT NULL DEFAULT 'auto'",
        f'"hides_last_seen" {flag} NOT NULL DEFAULT false',
        f'"hides_receipts" {flag} NOT NULL DEFAULT false',
    ):
        db.execute_sql(f'alter table "account" add column {column}')
    db.execute_sql('CREATE INDEX "account_hides_receipts" ON "account" ("id") WHERE "hides_receipts"')
